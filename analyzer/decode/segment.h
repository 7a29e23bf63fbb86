/* segment.h - one decoded TCP segment: host byte order, options parsed, a plain value without pointers, so that it can
 * be queued, copied or sent to another machine.  Field names follow RFC 9293 section 3.1 and 3.3.1. */
#ifndef TV_SEGMENT_H
#define TV_SEGMENT_H

#include "analyzer/capture/packet.h"

#include <stdbool.h>
#include <stdint.h>

/* Bits of the TCP header, RFC 9293 section 3.1; AE is RFC 7560's/AccECN's former NS bit. */
enum tv_tcp_flag {
        TV_FIN = 0x001,
        TV_SYN = 0x002,
        TV_RST = 0x004,
        TV_PSH = 0x008,
        TV_ACK = 0x010,
        TV_URG = 0x020,
        TV_ECE = 0x040,
        TV_CWR = 0x080,
        TV_AE = 0x100,
        TV_RESERVED_BITS = 0xe00,
};

/* Which options the header carries. */
enum tv_tcp_option {
        TV_OPT_MSS = 0x0001,        /* RFC 9293 3.7.1 */
        TV_OPT_WSCALE = 0x0002,     /* RFC 7323 2 */
        TV_OPT_SACK_OK = 0x0004,    /* SACK-permitted, RFC 2018 2 */
        TV_OPT_SACK = 0x0008,       /* RFC 2018 3; blocks in tv_segment_more */
        TV_OPT_TIMESTAMPS = 0x0010, /* RFC 7323 3 */
        TV_OPT_FAST_OPEN = 0x0020,  /* RFC 7413, also its experimental form */
        TV_OPT_MD5 = 0x0040,        /* RFC 2385 */
        TV_OPT_AO = 0x0080,         /* RFC 5925 */
        TV_OPT_MPTCP = 0x0100,      /* RFC 8684 */
        TV_OPT_USER_TIMEOUT = 0x0200,
        TV_OPT_UNKNOWN = 0x0400,   /* a kind that this program does not know; ignored (RFC 9293 MUST-6) */
        TV_OPT_MALFORMED = 0x0800, /* a length that is impossible; what came before it is kept */
        TV_OPT_CUT = 0x1000,       /* the snaplen cut the option list; options may be missing */
};

enum tv_checksum {
        TV_CHECKSUM_UNCHECKED, /* packet cut by the snaplen, or a fragment */
        TV_CHECKSUM_GOOD,
        TV_CHECKSUM_OFFLOADED, /* the pseudo-header sum only, or 0: the network card was to fill it in */
        TV_CHECKSUM_WRONG,
};

enum tv_segment_flag {
        TV_SEG_IPV6 = 0x01,
        TV_SEG_FROM_HIGH = 0x02,      /* sent by address/port [1] of the ordered pair */
        TV_SEG_MORE = 0x04,           /* tv_segment_more was filled in */
        TV_SEG_CUT = 0x08,            /* the snaplen cut the payload: |payload_sum| does not cover it all */
        TV_SEG_LENGTH_GUESSED = 0x10, /* length taken from the frame: IP total length 0 (TSO), one beyond the frame's
                                         end under a wrong header checksum, or one that a header around it denies */
        TV_SEG_ATOMIC = 0x20,         /* IPv4 with DF, or IPv6: its IP ID need not mean anything (RFC 6864 4) */
        TV_SEG_HAS_IP_ID = 0x40,      /* IPv4 */
        TV_SEG_CHOSEN = 0x80,         /* the engine's user chose its packet (tv_engine_choose); not of the decoder */
};

/* Addresses and ports of both ends in canonical order, so that both directions have the same key.  IPv4 addresses are
 * stored in the first four bytes, the rest is zero.  Bytes are in network order; ports in host order. */
struct tv_flow_key {
        uint8_t addr[2][16];
        uint16_t port[2];
};

/* What the hot path needs of every segment; the rest is in tv_segment_more. */
struct tv_segment {
        tv_frame frame;
        tv_time time;
        struct tv_flow_key key;
        uint32_t seq;          /* SEG.SEQ */
        uint32_t ack;          /* SEG.ACK; meaningless without TV_ACK */
        uint32_t length;       /* octets of payload by the headers, cut or not; SYN and FIN not counted */
        uint32_t tsval, tsecr; /* with TV_OPT_TIMESTAMPS */
        uint32_t hash;         /* keyed hash of |key| and IP version (flow_key.h); filled in by the flow table's user */
        uint32_t payload_sum;  /* ones' complement sum of the captured payload, unfolded to 32 bits: differing sums of
                                  equal ranges prove differing bytes */
        uint16_t flags;        /* enum tv_tcp_flag */
        uint16_t window;       /* as in the header, unscaled */
        uint16_t options;      /* enum tv_tcp_option */
        uint16_t header_bytes; /* innermost IP and TCP headers with options; no tunnel around them */
        uint16_t ip_id;
        uint8_t ttl;           /* or hop limit */
        uint8_t traffic_class; /* DSCP and ECN */
        uint8_t bits;          /* enum tv_segment_flag */
        uint8_t checksum;      /* enum tv_checksum */
        uint8_t wscale;        /* with TV_OPT_WSCALE, as sent (may exceed 14) */
        uint8_t sack_blocks;   /* with TV_OPT_SACK, 0..4 */
};
_Static_assert(sizeof(struct tv_segment) <= 96, "a descriptor fits one and a half cache lines");

#define TV_MAX_SACK_BLOCKS 4
#define TV_MAX_STEPS       8

/* What lay around the innermost IP packet; the names are in step_list.def. */
enum tv_step {
#define TV_STEP(name, text, id) TV_STEP_##name,
#include "analyzer/decode/step_list.def"
#undef TV_STEP
        TV_STEPS
};

/* The way to the innermost IP packet: tags and tunnels, outermost first; steps beyond TV_MAX_STEPS are passed over, not
 * kept.  An attribute of a segment: it is no part of a connection's key, since directions often differ in it, unless
 * the user asks for it (tv_engine_config) or connections contradict each other (tv_conn_is_elsewhere). */
struct tv_context {
        uint8_t steps;
        uint8_t kind[TV_MAX_STEPS]; /* enum tv_step */
        uint32_t id[TV_MAX_STEPS];  /* VLAN ID, label, VNI, TEID ...; 0 where the kind has none */
};

/* What of a way may be part of a connection's key. */
enum tv_way_part {
        TV_WAY_VLAN = 1,   /* all VLAN tags */
        TV_WAY_TUNNEL = 2, /* all other steps */
};

/* The rare rest: filled in (and TV_SEG_MORE set) when the segment has SACK blocks, SYN options, an urgent pointer, VLAN
 * tags or came through a tunnel. */
struct tv_segment_more {
        uint32_t sack_left[TV_MAX_SACK_BLOCKS], sack_right[TV_MAX_SACK_BLOCKS];
        uint16_t mss;
        uint16_t urgent;
        uint16_t way;             /* number of |context|; filled in by the context table's user (context_table.h) */
        uint8_t fast_open_cookie; /* octets of the cookie, with TV_OPT_FAST_OPEN; 0 is a cookie request */
        struct tv_context context;
};

static inline bool
tv_segment_direction(const struct tv_segment *seg)
{
        return (seg->bits & TV_SEG_FROM_HIGH) != 0;
}

/* The number of the way that |seg| came; 0 is TV_CONTEXT_PLAIN. */
static inline uint16_t
tv_segment_way(const struct tv_segment *seg, const struct tv_segment_more *more)
{
        return (seg->bits & TV_SEG_MORE) != 0 ? more->way : 0;
}

/* SEG.LEN: octets of sequence space, SYN and FIN counting one each (RFC 9293 section 3.4). */
static inline uint32_t
tv_segment_space(const struct tv_segment *seg)
{
        return seg->length + ((seg->flags & TV_SYN) != 0) + ((seg->flags & TV_FIN) != 0);
}

#endif
