/* zeek.h - conn_state and history of a connection, as Zeek's conn.log has them, from one small value per connection.
 * https://docs.zeek.org/en/master/logs/conn.html
 *
 * Zeek's model is not ours: two loosely coupled endpoint states, moved by flags alone.  It is kept beside the real one,
 * so that reports can be compared with a conn.log.  Differences: at most TV_ZEEK_LETTERS letters are kept; counting for
 * the log-scaled letters stops at 65,535; "no bytes" in the rule for REJ means that no payload was seen. */
#ifndef TV_ZEEK_H
#define TV_ZEEK_H

#include "analyzer/decode/segment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TV_ZEEK_LETTERS 24

enum tv_zeek_state {
        TV_ZEEK_INACTIVE, /* nothing seen */
        TV_ZEEK_SYN_SENT,
        TV_ZEEK_SYN_ACK_SENT, /* the originator's first segment was a SYN-ACK */
        TV_ZEEK_PARTIAL,      /* segments, but no SYN */
        TV_ZEEK_ESTABLISHED,
        TV_ZEEK_CLOSED, /* FIN sent */
        TV_ZEEK_RESET,
};

/* What the caller knows of a segment beyond its flags. */
enum tv_zeek_note {
        TV_ZEEK_BAD_CHECKSUM = 0x01,   /* wrong, not offloaded: letter c, and like in Zeek nothing else counts */
        TV_ZEEK_RETRANSMISSION = 0x02, /* letter t, with payload only */
        TV_ZEEK_GAP = 0x04,         /* acknowledges data of the other end that the capture lacks: the other end's g */
        TV_ZEEK_ZERO_WINDOW = 0x08, /* the window field is 0: letter w, unless it is a reset or the other end closed */
        TV_ZEEK_OTHER_SEQ = 0x10,   /* a repeated SYN, FIN or RST whose sequence number differs from the last one of
                                       its kind by this sender: its letter is written again */
};

/* A plain value; zero-initialised: nothing seen.  All of it is private.  Indexed [originator]: 0 responder, 1
 * originator. */
struct tv_zeek {
        uint64_t letters[2];  /* history, 5 bits each, 12 to the word */
        uint16_t count[2][4]; /* of c, g, t, w */
        uint8_t state[2];     /* enum tv_zeek_state in the low half, the one before it in the high half */
        uint8_t seen[2];      /* letters that come once */
        uint8_t length;       /* of the history */
};
_Static_assert(sizeof(struct tv_zeek) <= 40, "small enough for every connection");

/* Counts a segment that can change something; use tv_zeek_segment. */
void tv_zeek_segment_rare(struct tv_zeek *zeek, bool from_originator, uint16_t flags, uint32_t payload, unsigned notes);

#define TV_ZEEK_SEEN_ACK     0x01
#define TV_ZEEK_SEEN_DATA    0x02
#define TV_ZEEK_SEEN_PAYLOAD 0x04

/* Counts one segment: its sender, TCP flags (enum tv_tcp_flag), octets of payload, and notes (enum tv_zeek_note). */
static inline void
tv_zeek_segment(struct tv_zeek *zeek, bool from_originator, uint16_t flags, uint32_t payload, unsigned notes)
{
        unsigned letters = payload > 0             ? TV_ZEEK_SEEN_DATA | TV_ZEEK_SEEN_PAYLOAD
                           : (flags & TV_ACK) != 0 ? TV_ZEEK_SEEN_ACK
                                                   : 0;

        /* Most segments of a connection: data or an acknowledgment, and both letters are there already. */
        if ((flags & (TV_SYN | TV_FIN | TV_RST)) == 0 && notes == 0 && (~zeek->seen[from_originator] & letters) == 0 &&
            (zeek->state[from_originator] & 0x0f) != TV_ZEEK_INACTIVE)
                return;
        tv_zeek_segment_rare(zeek, from_originator, flags, payload, notes);
}

/* The ends were taken for each other: swaps them and appends '^'.  Letters already written keep their case, as in Zeek.
 */
void tv_zeek_flip(struct tv_zeek *zeek);

/* Zeek's conn_state ("SF", "S0", "RSTO", ...), by the endpoint states so far; a static string. */
const char *tv_zeek_conn_state(const struct tv_zeek *zeek);

/* Writes Zeek's history ("ShADadFf") to |buf| of |size| bytes, NUL-terminated, cut to fit; size 0 writes nothing.
 * Returns |buf|. */
char *tv_zeek_history(const struct tv_zeek *zeek, char *buf, size_t size);

#endif
