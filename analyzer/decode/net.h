/* net.h - the walks of decode.c behind the link layer, in the order in which a packet meets them.
 *
 * Each gets the bytes at hand (|have|) and the bytes that the header before it promises (the "length"): a header that
 * does not fit into the promise is malformed, one that does not fit into the bytes at hand was cut by the snaplen. */
#ifndef TV_NET_H
#define TV_NET_H

#include "analyzer/decode/decode.h"

#include <stdint.h>

enum tv_ip_protocol {
        TV_IP_HOP_BY_HOP = 0,
        TV_IP_ICMP = 1,
        TV_IP_TCP = 6,
        TV_IP_UDP = 17,
        TV_IP_ROUTING = 43,
        TV_IP_FRAGMENT = 44,
        TV_IP_AH = 51,
        TV_IP_ICMPV6 = 58,
        TV_IP_DESTINATION = 60,
        TV_IP_MOBILITY = 135,
        TV_IP_HIP = 139,
        TV_IP_SHIM6 = 140,
};

/* What IP hands to TCP. */
struct tv_transport {
        const uint8_t *p;      /* the TCP header */
        uint32_t have;         /* bytes at |p|, at most |length| */
        uint32_t length;       /* octets of TCP header and payload */
        uint32_t ip_bytes;     /* octets of IP header and extension headers */
        const uint8_t *source; /* 4 or 16 octets (TV_SEG_IPV6 in seg->bits) */
        const uint8_t *destination;
};

/* tv_ipv4_decode and tv_ipv6_decode read an IP packet of which |have| bytes at |p| were captured and |wire| bytes
 * (never fewer) were in the frame, up to its end, padding included.  They fill in what |seg| says about IP and go on
 * to tv_tcp_decode.  seg->bits must be 0 before. */
enum tv_bucket tv_ipv4_decode(const uint8_t *p, uint32_t have, uint32_t wire, struct tv_segment *seg,
                              struct tv_segment_more *more);
enum tv_bucket tv_ipv6_decode(const uint8_t *p, uint32_t have, uint32_t wire, struct tv_segment *seg,
                              struct tv_segment_more *more);

/* tv_tcp_decode fills in the rest, but for frame and time. */
enum tv_bucket tv_tcp_decode(const struct tv_transport *t, struct tv_segment *seg, struct tv_segment_more *more);

/* The bucket of a protocol number that is not TCP. */
static inline enum tv_bucket
tv_net_bucket(uint8_t protocol)
{
        switch (protocol) {
        case TV_IP_UDP:
                return TV_BUCKET_udp;
        case TV_IP_ICMP:
        case TV_IP_ICMPV6:
                return TV_BUCKET_icmp;
        default:
                return TV_BUCKET_other_ip;
        }
}

/* The bucket of a packet that ends |need| bytes too early for a header; see above. */
static inline enum tv_bucket
tv_net_short(uint32_t need, uint32_t length)
{
        return need > length ? TV_BUCKET_malformed : TV_BUCKET_cut;
}

/* |more| becomes valid, empty at first. */
static inline struct tv_segment_more *
tv_net_more(struct tv_segment *seg, struct tv_segment_more *more)
{
        if (!(seg->bits & TV_SEG_MORE)) {
                seg->bits |= TV_SEG_MORE;
                *more = (struct tv_segment_more){0};
        }
        return more;
}

#endif
