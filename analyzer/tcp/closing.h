/* closing.h - what is noted of resets: what each one answered, in which phase it came, and who went on after it.  A
 * record is taken from a pool with the first reset of a connection. */
#ifndef TV_CLOSING_H
#define TV_CLOSING_H

#include "analyzer/capture/packet.h"

#include <stdint.h>

enum tv_reset_bit {
        TV_RESET_OWN_FIN = 0x01,         /* its sender had sent a FIN */
        TV_RESET_OWN_FIN_ACKED = 0x02,   /* ... which was acknowledged */
        TV_RESET_PEER_FIN = 0x04,        /* the other end had sent a FIN */
        TV_RESET_PEER_FIN_ACKED = 0x08,  /* ... which the reset's sender had acknowledged */
        TV_RESET_HAS_ACK = 0x10,         /* it carries an acknowledgment: a connection was known when it was sent */
        TV_RESET_ANSWERS = 0x20,         /* without one, and SEQ is the ACK of the other end's last segment: so an end
                                            answers that has no such connection (RFC 9293 3.10.7.1) */
        TV_RESET_OTHER_TTL = 0x40,       /* another TTL than its sender's first segment */
        TV_RESET_IN_WINDOW = 0x80,       /* not acceptable, but inside the window (RFC 5961 3.2) */
        TV_RESET_LATE_DATA = 0x100,      /* the other end sent new octets after it had acknowledged the sender's FIN */
        TV_RESET_CROSSED = 0x200,        /* ... or before, and the sender has not acknowledged them */
        TV_RESET_TO_DATA = 0x400,        /* the other end's last segment carried octets */
        TV_RESET_TO_FIN = 0x800,         /* ... or was a FIN */
        TV_RESET_TO_PROBE = 0x1000,      /* ... or a keepalive */
        TV_RESET_TO_RETRY = 0x2000,      /* ... which was repeated by timer */
        TV_RESET_ACKED = 0x4000,         /* the sender had acknowledged all that the other end had sent */
        TV_RESET_WINDOW_JUMPED = 0x8000, /* its window is larger than the one before: a buffer was emptied */
        TV_RESET_PEER_TALKED = 0x10000,  /* the last octets before it were the other end's */
        TV_RESET_TO_COPY = 0x20000,      /* the other end's last segment repeated what it had sent before */
};

struct tv_reset {
        tv_frame frame;                 /* 0: none */
        tv_frame answers;               /* the other end's last segment before it, 0: none */
        tv_time time, answered, spoke;  /* of both, and of its sender's own last segment; TV_NO_TIME: none */
        uint64_t peer_nxt;              /* SND.NXT of the other end then */
        uint64_t peer_una;              /* ... and what the sender had acknowledged of it before this reset */
        uint32_t bits;                  /* enum tv_reset_bit */
        uint16_t window, window_before; /* unscaled */
        uint8_t ttl, usual_ttl;
};

struct tv_closing {
        /* By direction of the sender: the first one that is acceptable (RFC 5961), and the first that is not. */
        struct tv_reset accepted[2], refused[2];
        uint32_t refused_count[2], refused_seq[2]; /* of different SEQ, one after the other; the last of them */
        /* That end sent something else afterwards that it cannot have sent before: new octets, or an acknowledgment of
         * what came later. */
        tv_frame went_on[2];
        /* Segments of the receiver of direction's reset after it, and the first and last of them. */
        uint32_t ignored[2];
        tv_frame ignored_frame[2], ignored_last[2];
        tv_time ignored_time[2]; /* of the last */
        tv_frame challenge[2];   /* the challenge ACK that the reset of this direction met */
};

#endif
