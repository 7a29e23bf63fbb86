/* digest.h - one connection in a few words: what hosts and listeners are judged by.  A plain value. */
#ifndef TV_DIGEST_H
#define TV_DIGEST_H

#include "analyzer/engine/result.h"
#include "analyzer/flow/conn.h"
#include "analyzer/host/opening.h"

#include <stdbool.h>
#include <stdint.h>

#define TV_CLOSING_STATES 3

/* The part that is kept of some connections until the end. */
struct tv_digest {
        uint64_t conn;
        tv_frame first_frame, last_frame;
        tv_frame synack_frame;  /* the last repeated SYN-ACK, else the SYN-ACK; 0: none */
        tv_frame ignored_frame; /* the first segment that b dropped without a word; 0: none */
        tv_frame close_frame;   /* the first FIN or RST; 0: none */
        tv_time start, until;   /* first and last segment */
        tv_time watched_until;  /* the capture shows what happened until then */
        tv_time answered;       /* first segment of b; TV_NO_TIME */
        tv_time last[2];        /* last segment of each end; TV_NO_TIME */
        tv_time last_synack;    /* TV_NO_TIME: none */
        tv_time unmet_syn;      /* the last SYN that had no answer; TV_NO_TIME: none */
        tv_time closed;         /* the first FIN or RST; TV_NO_TIME: none */
        tv_time close_idle;     /* silence before that, TV_NO_TIME */
        tv_time ignored_from, ignored_until;
        tv_time silence, silence_end; /* the longest one that something ended; 0: none to speak of */
        tv_time silence_survived;     /* the longest after which the dialogue went on; 0: none to speak of */
        tv_time rtt;                  /* both ways together; TV_NO_TIME */
        tv_time unanswered_since; /* the first of what an end sent, again and again, without an answer; TV_NO_TIME */
        /* The states of the close that each end went through, and when: entered |closing_at|[i], left [i + 1];
         * TV_NO_TIME: not at all, or not left. */
        tv_time closing_at[2][TV_CLOSING_STATES + 1];
        uint8_t closing[2][TV_CLOSING_STATES]; /* enum tv_tcp_state, TV_NO_STATE behind the last */
        uint64_t payload[2];
        struct tv_address addr[2];
        uint16_t port[2];
        uint32_t service, client; /* subjects (host_table.h) */
        uint32_t syns;            /* sent by a, copies left out */
        uint32_t synacks;         /* sent by b */
        uint32_t ignored;         /* segments that reached b and that it dropped without a word */
        uint32_t turns;
        uint32_t retries;         /* of what is unanswered */
        uint32_t sent_again[2];   /* segments that repeat sequence space */
        uint32_t lost_behind;     /* segments of a that passed here and did not reach b, or that b dropped */
        uint32_t spoken;          /* segments of b beside SYN-ACKs and resets */
        uint32_t looks;           /* of the SYN: window, options, TTL */
        uint16_t window, mss;     /* of the SYN */
        uint32_t window_left;     /* that b offers last, in octets */
        uint8_t options;          /* of the SYN, and of the SYN-ACK that answers it: low bits of enum tv_tcp_option */
        uint8_t answered_options; /* 0: none was captured, or not whole */
        uint8_t ttl;              /* of b's first segment */
        bool early_stamp; /* the SYN-ACK's TSval is of a time before the SYN: no clock gives that, a SYN cookie may */
        uint8_t initiator, handshake, teardown, closed_first, state[2];
        uint8_t reset_by;             /* 1: by a, 2: by b, 3: both */
        uint8_t fin_by;               /* likewise */
        uint8_t unanswered;           /* enum tv_end of who gets no answer; TV_NO_END */
        bool unanswered_fin;          /* and it is a FIN alone */
        bool goes_on;                 /* a sent something beside SYNs and RSTs */
        bool ignored_data;            /* and what b dropped had data */
        bool silence_fatal;           /* |silence| ended with a segment that had no answer, or a reset */
        bool waits_accept;            /* b never answered anything of what a sent after the handshake */
        bool odd_reset;               /* a reset came with another TTL than the end's first segment */
        bool chosen, evicted, reused; /* |reused|: another connection with the same addresses and ports followed */
        tv_time reused_after;         /* so long after the last segment */
};

/* From when to when an end was in a state; |to| TV_NO_TIME: to the end. */
struct tv_stay {
        tv_time from, to;
        uint8_t state, end;
        bool shown; /* it is more than assumed that the end came to be in it */
};
#define TV_STAYS 24

/* A connection as it goes into the tables. */
struct tv_passage {
        struct tv_digest digest;
        struct tv_stay stay[TV_STAYS];
        unsigned stays;
        tv_time syn_again[TV_OPENING_TIMES], synack_again[TV_OPENING_TIMES]; /* the first few repetitions */
        tv_time opened;                                                      /* when b was ESTABLISHED; TV_NO_TIME */
        tv_time reset[2];
        uint64_t resets[2], retransmissions[2];
};

/* What |row|, of a lone SYN or of any connection, tells. */
void tv_passage_of_row(const struct tv_connection *row, tv_time now, bool over, struct tv_passage *out);

/* What the tracker knows beyond the row.  |opening| may be NULL.  |over|: the connection ends at |now|, else the
 * capture does. */
void tv_passage_of_conn(const struct tv_tracker *tracker, const struct tv_conn *conn, const struct tv_connection *row,
                        const struct tv_opening *opening, tv_time now, bool over, struct tv_passage *out);

/* Of the lone SYN |half|, on top of its row. */
void tv_passage_of_half(const struct tv_half_open *half, struct tv_passage *out);

/* How long |end| was in |state| of the close, until |now| if it did not leave; false: it was not.  *left: it did. */
bool tv_digest_stay(const struct tv_digest *digest, enum tv_end end, enum tv_tcp_state state, tv_time now,
                    tv_time *from, tv_time *length, bool *left);

#endif
