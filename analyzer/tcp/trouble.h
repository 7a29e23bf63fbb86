/* trouble.h - what an endpoint needs only when something goes wrong on its way; taken from a pool with the first
 * retransmission, SACK block, duplicate or reset, so that healthy connections stay small. */
#ifndef TV_TROUBLE_H
#define TV_TROUBLE_H

#include "analyzer/capture/packet.h"
#include "reassembly/range_set.h"

#include <stdbool.h>
#include <stdint.h>

enum tv_pending_bit {
        TV_PENDING_ORIGINAL = 0x01,   /* an earlier copy was captured */
        TV_PENDING_TS = 0x02,         /* |tsval| and |first_tsval| are valid and differ */
        TV_PENDING_ACKED = 0x04,      /* acknowledged since; waits for a D-SACK that would settle it */
        TV_PENDING_HOLE_KNOWN = 0x08, /* the receiver itself reported the hole (SACK above it, or duplicate ACKs) */
        TV_PENDING_SYN = 0x10,
        TV_PENDING_FIN = 0x20,
        TV_PENDING_SYNACK = 0x40,
        TV_PENDING_FROM_CLOSED = 0x80, /* the acknowledgment came from an end that had sent its own FIN */
        TV_PENDING_AGAIN = 0x200,      /* the copy before this one was a repetition itself */
        TV_PENDING_OUTAGE = 0x400,     /* no note: of an outage, which is told as a whole, or not to be believed */
        TV_PENDING_LATE =
                0x100, /* it came too late to be the answer to this copy: that one, with its D-SACK, may be lost */
        TV_PENDING_ALONE =
                0x1000, /* the peer sent nothing that acknowledged less or as much and was lost, by its IP IDs */
        TV_PENDING_TIME_WAIT = 0x800,  /* acknowledged with IP ID 0 by an end whose other packets have one */
        TV_PENDING_ARRIVED = 0x10000,  /* an earlier copy arrived; |wait| tells more once the way is measured */
        TV_PENDING_PASSED = 0x20000,   /* ... and its acknowledgment had passed before this copy did */
        TV_PENDING_ACK_LOST = 0x2000,  /* ... it sent something that may have done so */
        TV_PENDING_TWIN = 0x4000,      /* some packet with these octets was captured twice */
        TV_PENDING_BY_FIN = 0x40000,   /* a FIN: the peer's own FIN was the first to acknowledge it */
        TV_PENDING_REPORTED = 0x80000, /* the peer's first report of it came as soon as this copy brought it */
        TV_PENDING_HOLE = 0x8000,      /* some of these octets had never been captured */
        /* Everything before it had been acknowledged, for so long, or so long after its earlier copy, that this one,
         * had it arrived, would have been acknowledged, too. */
        TV_PENDING_FRONT = 0x100000,
        /* All of it was acknowledged before this copy passed; the next echo of its sender tells whether that was lost
         * or only late.  |first_tsval|: what this copy echoed, |wait|: the newest TSval of the peer by then. */
        TV_PENDING_ECHO = 0x200000,
        TV_PENDING_HELD = 0x800000,  /* ... for any copy: the acknowledgment was held up on its way, or by the peer */
        TV_PENDING_FEWER = 0x400000, /* a FIN: the peer sent fewer answers than it was sent copies; one more died */
};

/* A retransmission whose need is not settled yet. */
struct tv_pending {
        uint64_t begin, end;         /* offsets */
        tv_frame frame, first_frame; /* this copy, and the first one (0: never captured) */
        tv_time time, first_time;
        /* Since when the peer waited for it, as far as captured: of the copy that died, or, where that was never
         * captured, of what was captured above the hole; and the frame that shows it. */
        tv_time since;
        tv_frame since_frame;
        uint32_t first_octets; /* of the copy before this one, 0: not known */
        /* With TV_PENDING_ARRIVED: for the acknowledgment, or after it with TV_PENDING_PASSED.  With TV_PENDING_ACKED:
         * when that was captured. */
        tv_time wait;
        tv_frame acked; /* the first acknowledgment of it, with TV_PENDING_ACKED */
        uint32_t tsval, first_tsval;
        uint32_t bits;
        uint8_t reason;
};
#define TV_PENDING_MAX 24

/* Repetitions by timer since SND.UNA last moved. */
struct tv_silence {
        uint32_t retries;                /* 0: the rest means nothing */
        uint32_t octets, last_octets;    /* of the first repetition and of the last; |octets| 0: only the tail's */
        uint32_t probes;                 /* of |retries|, tail loss probes: no timeouts (RFC 8985 7.3) */
        tv_time timeout;                 /* the first that is none */
        tv_time since, retry, last, gap; /* the copy before, the first and the last one; the last two apart */
        tv_frame first, retry_frame, last_frame; /* 0: not captured */
};
#define TV_EARLY_MAX 6

struct tv_trouble {
        uint64_t retransmitted_bytes;
        uint64_t odd_bytes;   /* payload that is in no ledger: probes, outside the window, older incarnations */
        uint64_t again_bytes; /* payload sent in segments of old space: what payload_bytes has beyond unique_bytes */
        uint32_t retransmissions, needed, spurious, lost_upstream, lost_downstream;
        uint32_t out_of_order, hole_fills, duplicate_acks, zero_windows, resets;
        uint32_t keepalives, window_probes, outside, conflicts, stale, early_acks, unseen_acks;
        tv_frame early_frame[TV_EARLY_MAX]; /* pending acknowledgments beyond what was captured of this end */
        tv_time early_time;                 /* of the first of them */
        uint8_t early_count;
        uint64_t beyond; /* where a segment without sequence space began, behind octets never captured */
        uint32_t beyond_tsval;
        uint16_t beyond_options, beyond_id;
        tv_frame beyond_frame;
        tv_time beyond_time;
        uint64_t origin; /* where this end's space began before older segments came, in a capture begun in the middle;
                            what they leave out below was sent before the capture; 0: no such segments */
        uint64_t early_nxt;                  /* SND.NXT at that moment */
        uint64_t recovery_point;             /* SND.NXT when the recovery began */
        uint64_t outside_begin, outside_end; /* the last segment outside the window, as offsets ahead of the rest */
        tv_frame outside_frame, far_frame;   /* and an acknowledgment too far ahead to be believed */
        uint32_t far_ack, outside_payload;
        bool is_left;                 /* ... but then everything below recovery_point was acknowledged, as captured */
        bool is_next;                 /* it went on to another recovery, without a retransmission so far */
        bool never_probes;            /* its first timeout was no tail loss probe */
        uint32_t recovery_left_tsval; /* TSval of what showed that it is left; 0: none */
        tv_time recovery_left;        /* with is_left: when that was captured */
        tv_frame probe_frame;         /* the first repetition since SND.UNA moved, where it may be a probe */
        tv_time probe_age;            /* and how long after the original it came */
        tv_frame hole_frame;
        tv_time hole_since; /* the first of those since there was none; 0: none */
        tv_time hole_time;  /* when the peer last reported a hole: SACK above it, or a duplicate ACK */
        uint32_t retries;   /* retransmissions since SND.UNA last moved */
        tv_time last_retransmission;
        struct tv_silence silence;
        uint32_t notes;                   /* list of struct tv_note in the tracker's pool, 0: empty */
        tv_time recovery, recovery_until; /* how long the peer waited for what was lost, and up to when that counts */
        struct tv_range_set sacked;       /* of this end's space, above SND.UNA, reported by the peer */
        struct tv_pending *pending;       /* TV_PENDING_MAX entries, NULL until needed */
        uint8_t pending_count;
        /* Copies of [told_begin, told_end) that are known to be one too many, and whose D-SACK is still to come. */
        uint16_t told;
        uint64_t told_begin, told_end;
        bool doubled;     /* the peer reported a duplicate of octets that were sent but once */
        bool waits;       /* it probed a closed window, and has sent nothing new since */
        tv_frame unheard; /* with |waits|: its first probe after the window's opening should have reached it; 0: none */
};

#endif
