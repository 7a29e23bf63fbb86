/* decode.h - packet to TCP segment.  The only entry point of the decoders: allocates nothing, prints nothing, trusts no
 * length field, and puts every packet into exactly one bucket. */
#ifndef TV_DECODE_H
#define TV_DECODE_H

#include "analyzer/capture/packet.h"
#include "analyzer/decode/segment.h"

/* Every packet falls into exactly one of these; files.csv has a column for each (bucket_list.def). */
enum tv_bucket {
#define TV_BUCKET(name, meaning) TV_BUCKET_##name,
#include "analyzer/decode/bucket_list.def"
#undef TV_BUCKET
        TV_BUCKETS
};

/* A fragment of an IP packet; pointers go into the packet. */
struct tv_fragment {
        bool ipv6, more;       /* more fragments follow (MF) */
        uint8_t protocol;      /* of the payload's first octet, in the datagram */
        uint32_t id;           /* 16 bits for IPv4 */
        uint32_t offset;       /* octets of the datagram's payload before this one's */
        uint32_t length, have; /* octets of payload, of which so many were captured */
        uint32_t header_bytes; /* IPv4: the header; IPv6: all before the fragment header */
        const uint8_t *header, *payload, *source, *destination;
        struct tv_context context;
};

/* What an ICMP error tells about a TCP segment that it quotes (RFC 792, RFC 4443). */
enum tv_icmp_kind {
        TV_ICMP_NONE, /* no error, or it quotes no TCP segment */
        TV_ICMP_UNREACHABLE,
        TV_ICMP_TOO_BIG, /* fragmentation needed; |mtu| */
        TV_ICMP_TIME_EXCEEDED,
        TV_ICMP_PARAMETER,
        TV_ICMP_QUENCH,
        TV_ICMP_REDIRECT,
};

struct tv_icmp_error {
        uint8_t kind;              /* enum tv_icmp_kind */
        uint8_t type, code;        /* as in the message */
        bool ipv6;                 /* the message and what it quotes */
        bool from_high;            /* the quoted segment's direction, as TV_SEG_FROM_HIGH */
        uint16_t checksum;         /* of the message, which covers what it quotes; not verified */
        uint32_t mtu;              /* of the next hop; 0: not told */
        uint32_t seq;              /* of the quoted segment */
        uint8_t sender[16];        /* of the message: 4 or 16 octets in network order */
        struct tv_flow_key key;    /* of the quoted segment */
        struct tv_context context; /* the way of the message itself */
};

/* What a packet is that is no TCP segment by itself. */
union tv_aside {
        struct tv_fragment fragment; /* with TV_BUCKET_fragment; fragment.payload is NULL when it is of no use */
        struct tv_icmp_error icmp;   /* with TV_BUCKET_icmp */
};

/* tv_decode reads |packet| and, when it is a whole TCP segment, fills in |seg| (and |more|, when there is anything for
 * it; see TV_SEG_MORE).  seg->hash is left 0.
 *
 * Returns the bucket the packet belongs to: TV_BUCKET_tcp when |seg| was filled in; otherwise |seg| and |more| hold
 * nothing of use, and with TV_BUCKET_fragment and TV_BUCKET_icmp |aside| tells more. */
enum tv_bucket tv_decode(const struct tv_packet *packet, struct tv_segment *seg, struct tv_segment_more *more,
                         union tv_aside *aside);

/* tv_decode_datagram goes on where tv_decode met a fragment: the datagram was put together. |fragment| is the one that
 * completed it, its header, payload, have and length those of the whole; |packet| gives the rest. */
enum tv_bucket tv_decode_datagram(const struct tv_packet *packet, const struct tv_fragment *fragment,
                                  struct tv_segment *seg, struct tv_segment_more *more, union tv_aside *aside);

/* Which way |packet| went: as its reader knows, else as its link layer tells (Linux cooked captures, pflog). */
enum tv_passed tv_decode_passed(const struct tv_packet *packet);

/* What an error message says, in words ("port unreachable"). */
const char *tv_icmp_meaning(bool ipv6, uint8_t type, uint8_t code);

/* The column name and the meaning (one sentence) of a bucket. */
const char *tv_bucket_name(enum tv_bucket bucket);
const char *tv_bucket_meaning(enum tv_bucket bucket);

/* The name of a link type as users know it ("Ethernet"), or NULL when this program cannot decode it. */
const char *tv_link_name(int link_type);

/* What reports call a step ("vlan"), and whether it has a number. */
const char *tv_step_name(enum tv_step kind, bool *has_id);

#endif
