/* ipv6.c - RFC 8200 header and the extension headers that may stand before TCP. */
#include "analyzer/decode/cursor.h"
#include "analyzer/decode/net.h"

#include <stdbool.h>

enum { HEADER = 40, JUMBO_OPTION = 0xc2 };

/* The jumbo payload length (RFC 2675) in a hop-by-hop header of |bytes| octets, or 0. */
static uint32_t
jumbo_length(const uint8_t *p, uint32_t bytes)
{
        uint32_t at = 2;

        while (at < bytes) {
                if (p[at] == 0) { /* Pad1 has no length */
                        at++;
                        continue;
                }
                if (at + 2 > bytes || at + 2 + p[at + 1] > bytes)
                        break;
                if (p[at] == JUMBO_OPTION && p[at + 1] == 4)
                        return tv_be32(p + at + 2);
                at += 2u + p[at + 1];
        }
        return 0;
}

/* Where a routing header of |bytes| octets finally sends the packet, as the pseudo-header wants it (RFC 8200 8.1), or
 * NULL when the IP header tells already.  Type 0 (RFC 5095 forbids it, captures have it) and 2 (RFC 6275) keep the
 * last address at the end, segment routing (RFC 8754) at the beginning. */
static const uint8_t *
final_destination(const uint8_t *p, uint32_t bytes)
{
        uint8_t type = p[2], segments_left = p[3];

        if (segments_left == 0 || bytes < 24)
                return NULL;
        if (type == 0 || type == 2)
                return p + 8 + 16 * ((bytes - 8) / 16 - 1);
        return type == 4 ? p + 8 : NULL;
}

enum tv_bucket
tv_ipv6_decode(const uint8_t *p, uint32_t have, uint32_t wire, struct tv_segment *seg, struct tv_segment_more *more)
{
        if (have < HEADER)
                return tv_net_short(HEADER, wire);
        if (p[0] >> 4 != 6)
                return TV_BUCKET_malformed;

        const uint8_t *destination = p + 24;
        uint8_t next = p[6];
        uint32_t at = HEADER, total = HEADER + tv_be16(p + 4);

        if (total == HEADER) {
                /* Segmentation offload or a jumbogram; a jumbo option below overrules the frame. */
                seg->bits |= TV_SEG_LENGTH_GUESSED;
                total = wire;
        }
        if (have > total)
                have = total;
        for (;;) {
                uint32_t bytes;

                switch (next) {
                case TV_IP_TCP: {
                        seg->bits |= TV_SEG_IPV6 | TV_SEG_ATOMIC;
                        seg->ip_id = 0;
                        seg->ttl = p[7];
                        seg->traffic_class = (uint8_t)(p[0] << 4 | p[1] >> 4);

                        struct tv_transport t = {.p = p + at,
                                                 .have = have - at,
                                                 .length = total - at,
                                                 .ip_bytes = at,
                                                 .source = p + 8,
                                                 .destination = destination};
                        return tv_tcp_decode(&t, seg, more);
                }
                case TV_IP_HOP_BY_HOP:
                case TV_IP_ROUTING:
                case TV_IP_DESTINATION:
                case TV_IP_MOBILITY:
                case TV_IP_HIP:
                case TV_IP_SHIM6:
                case TV_IP_FRAGMENT:
                case TV_IP_AH:
                        break;
                default:
                        return tv_net_bucket(next);
                }

                if (have - at < 8)
                        return tv_net_short(at + 8, total);
                bytes = next == TV_IP_FRAGMENT ? 8 : next == TV_IP_AH ? (p[at + 1] + 2u) * 4 : (p[at + 1] + 1u) * 8;
                if (have - at < bytes)
                        return tv_net_short(at + bytes, total);
                if (next == TV_IP_FRAGMENT && (tv_be16(p + at + 2) & 0xfff9) != 0)
                        return TV_BUCKET_fragment; /* not an atomic one (RFC 6946), which is a whole packet */
                if (next == TV_IP_ROUTING) {
                        const uint8_t *end = final_destination(p + at, bytes);
                        if (end)
                                destination = end;
                }
                if (next == TV_IP_HOP_BY_HOP && seg->bits & TV_SEG_LENGTH_GUESSED) {
                        uint32_t jumbo = jumbo_length(p + at, bytes);
                        if (jumbo > UINT32_MAX - HEADER || (jumbo != 0 && jumbo + HEADER < at + bytes))
                                return TV_BUCKET_malformed;
                        if (jumbo != 0) {
                                seg->bits &= (uint8_t)~TV_SEG_LENGTH_GUESSED;
                                total = HEADER + jumbo;
                                if (have > total)
                                        have = total;
                        }
                }
                next = p[at];
                at += bytes;
        }
}
