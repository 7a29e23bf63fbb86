/* endpoint.h - everything the tracker knows of one end of a connection, hot variables first.
 * Names follow RFC 9293 section 3.3.1; offsets are unwrapped sequence numbers (seqnum.h). */
#ifndef TV_ENDPOINT_H
#define TV_ENDPOINT_H

#include "analyzer/decode/segment.h"
#include "analyzer/tcp/milestone.h"
#include "reassembly/rtt.h"
#include "reassembly/sent_ledger.h"

#include <stddef.h>
#include <stdint.h>

enum tv_endpoint_bit {
        TV_EP_SEEN = 0x0001,              /* a segment of this end was captured */
        TV_EP_SYN_SEEN = 0x0002,          /* its SYN was captured: iss, options and scale are known */
        TV_EP_SYN_WITH_ACK = 0x0004,      /* it sent a SYN that carries an ACK */
        TV_EP_SYN_ALONE = 0x0008,         /* it sent a SYN without ACK */
        TV_EP_ISS_KNOWN = 0x0010,         /* iss is known, from its SYN or because the peer's SYN-ACK tells it */
        TV_EP_FIN_KNOWN = 0x0020,         /* fin is known */
        TV_EP_FIN_SAW_FIN = 0x0040,       /* the FIN's first transmission acknowledged the peer's FIN */
        TV_EP_FIN_CROSSED = 0x40000000,   /* the FIN was not captured before a later segment of its sender, which is the
                                             first to acknowledge the peer's: it was sent before that came */
        TV_EP_TIMESTAMPS = 0x0080,        /* its segments carry timestamps */
        TV_EP_WINDOW_KNOWN = 0x0100,      /* wnd_right is known */
        TV_EP_ACKED = 0x0200,             /* it has sent an acknowledgment number */
        TV_EP_PROBED_ALIVE = 0x0400,      /* its last segment was a keepalive */
        TV_EP_PROBED_WINDOW = 0x0800,     /* its last segment was a window probe */
        TV_EP_SENT_SACK = 0x1000,         /* it sent SACK blocks */
        TV_EP_RST_FORGED = 0x2000,        /* it kept talking after "its" RST */
        TV_EP_UNACCEPTABLE = 0x4000,      /* its last segment calls for a challenge ACK (RFC 5961) */
        TV_EP_EARLY_ACK = 0x8000,         /* early_ack is pending: acknowledged beyond what was captured */
        TV_EP_IN_RECOVERY = 0x10000,      /* it is filling holes below recovery_point */
        TV_EP_AFTER_RTO = 0x20000,        /* ... and a timeout began it */
        TV_EP_SCALED = 0x80000,           /* its windows are scaled by wscale */
        TV_EP_GOT_SYN_PROVED = 0x100000,  /* open[TV_GOT_SYN] is proved */
        TV_EP_ACK1_REACHED = 0x200000,    /* open[TV_GOT_ACK1] is reached */
        TV_EP_ACK1_PROVED = 0x400000,     /* ... and proved */
        TV_EP_FIRST_FLIGHT = 0x800000,    /* nothing of its data is acknowledged */
        TV_EP_IGNORES_ACK1 = 0x1000000,   /* it repeated its SYN-ACK although several acknowledgments had reached it */
        TV_EP_SYN_DATA = 0x2000000,       /* its SYN carried data */
        TV_EP_FAST_OPEN = 0x4000000,      /* ... and the SYN-ACK acknowledged it (RFC 7413) */
        TV_EP_SYN_ECHO_AHEAD = 0x8000000, /* the SYN-ACK echoes a SYN that was not captured before it */
        TV_EP_RST_FOREIGN = 0x10000000,   /* "its" RST came with another TTL than its other segments */
        TV_EP_SYN_OLD_ECHO = 0x20000000,  /* its answer to the SYN-ACK echoes a copy of that before the newest one */
        TV_EP_HAS_DATA = 0x40000,         /* it sent payload */
};

/* What |options| keeps of enum tv_tcp_option: MSS, WSCALE, SACK_OK, SACK, TIMESTAMPS, FAST_OPEN.  And a bit of its own:
 * the SYN has ECE, which offers or accepts ECN (RFC 3168 6.1.1). */
#define TV_EP_OPTIONS 0x3f
/* ... and the snaplen, or an impossible length, hides some of these. */
#define TV_EP_OPTIONS_CUT 0x80
#define TV_EP_ECN         0x40

/* Counters that stay zero on most connections; allocated with the first trouble. */
struct tv_trouble;

struct tv_endpoint {
        /* Hot: every segment reads or writes these, of one end or the other; two cache lines. */
        struct tv_ledger sent; /* nxt (SND.NXT), una (SND.UNA), recent transmissions, holes, begin */

        uint64_t wnd_right; /* highest offset of THIS end's space that the peer ever allowed: SEG.ACK + window */
        tv_time last_time;  /* of its last segment */
        tv_frame last_frame;
        uint64_t ip_bytes;
        uint32_t bits; /* enum tv_endpoint_bit */
        uint32_t segments;
        uint32_t last_ack; /* SEG.ACK of its last segment */
        uint32_t mark;     /* hash of what identifies its last packet, to know it again; 0: nothing does */
        uint32_t max_in_flight;
        uint32_t trouble;    /* number in the pool of struct tv_trouble; 0: none */
        uint16_t raw_window; /* of its last segment, unscaled */
        uint8_t wscale;      /* shift of the windows it advertises; used when both ends offered it */
        uint8_t options;     /* TV_EP_OPTIONS of its SYN, TV_EP_ECN and TV_EP_OPTIONS_CUT */
        uint8_t dup_acks;    /* duplicate acknowledgments in a row that it sent */
        uint8_t ttl;         /* of its first segment */
        uint16_t mss;

        /* Warm: the peer's acknowledgments update it; one cache line. */
        struct tv_rtt rtt; /* capture point -> peer -> capture point, of what this end sent */
        tv_time una_time;  /* when the peer's acknowledgment last advanced, as captured */

        /* Cold: the handshake, the close, and what the rows need. */
        struct tv_milestone open[TV_OPEN_MILESTONES];
        tv_frame first_frame;
        tv_time first_time;
        uint32_t iss;
        uint32_t ack1_tsval;     /* TSval of the segment assumed to have brought open[TV_GOT_ACK1]; 0: no use */
        uint32_t twins;          /* segments that are exact copies of an earlier one */
        uint32_t initial_window; /* octets sent before the first acknowledgment of data */
};
_Static_assert(sizeof(struct tv_endpoint) == 320, "whole cache lines, so that the other end begins with one");
_Static_assert(offsetof(struct tv_endpoint, rtt) == 128, "the hot part fills two cache lines");

/* Did it get the acknowledgment of its SYN, as far as is known?  From an end that has ignored several, nothing less
 * than a proof is taken. */
static inline bool
tv_endpoint_got_ack1(const struct tv_endpoint *ep)
{
        return (ep->bits & TV_EP_IGNORES_ACK1) != 0 ? tv_milestone_proved(&ep->open[TV_GOT_ACK1])
                                                    : tv_milestone_reached(&ep->open[TV_GOT_ACK1]);
}

/* Its last window in octets. */
static inline uint32_t
tv_endpoint_window(const struct tv_endpoint *ep)
{
        return (uint32_t)ep->raw_window << ((ep->bits & TV_EP_SCALED) != 0 ? ep->wscale : 0);
}

/* When it last sent something with sequence space, as far as that is remembered; TV_NO_TIME. */
static inline tv_time
tv_endpoint_last_space_time(const struct tv_endpoint *ep)
{
        const struct tv_sent *sent;

        for (uint32_t i = 0; (sent = tv_ledger_recent(&ep->sent, i)) != 0; i++)
                if (sent->length != 0)
                        return sent->time;
        return TV_NO_TIME;
}

#endif
