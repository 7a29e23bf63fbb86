/* ipv4.c - RFC 791 header, with options; fragments are counted, not put together. */
#include "analyzer/decode/checksum.h"
#include "analyzer/decode/cursor.h"
#include "analyzer/decode/net.h"

enum { HEADER_MIN = 20, DONT_FRAGMENT = 0x4000, MORE_FRAGMENTS = 0x2000, OFFSET = 0x1fff };

/* Where a source route among the |bytes| octets of options finally sends the packet, as the pseudo-header wants it
 * (RFC 1122 section 3.2.1.8), or NULL when the IP header tells already. */
static const uint8_t *
final_destination(const uint8_t *p, uint32_t bytes)
{
        enum { END = 0, NOP = 1, LOOSE_ROUTE = 131, STRICT_ROUTE = 137 };
        uint32_t at = 0;

        while (at < bytes && p[at] != END) {
                if (p[at] == NOP) {
                        at++;
                        continue;
                }
                if (bytes - at < 2 || p[at + 1] < 2 || p[at + 1] > bytes - at)
                        break;
                uint8_t length = p[at + 1];
                /* Kind, length, a pointer to the next hop (counted from 1, beyond the end when all were visited). */
                if ((p[at] == LOOSE_ROUTE || p[at] == STRICT_ROUTE) && length >= 7 && p[at + 2] <= length - 3)
                        return p + at + length - 4;
                at += length;
        }
        return NULL;
}

enum tv_bucket
tv_ipv4_decode(const uint8_t *p, uint32_t have, uint32_t wire, struct tv_segment *seg, struct tv_segment_more *more)
{
        if (have < HEADER_MIN)
                return tv_net_short(HEADER_MIN, wire);

        uint32_t header = (p[0] & 0x0fu) * 4u, total = tv_be16(p + 2);
        uint16_t fragment = tv_be16(p + 6);
        uint8_t protocol = p[9];

        if (p[0] >> 4 != 4 || header < HEADER_MIN)
                return TV_BUCKET_malformed;
        if (total == 0) {
                /* Segmentation offload: the sender's network card was to write the length of each piece. */
                seg->bits |= TV_SEG_LENGTH_GUESSED;
                total = wire;
        }
        if (total < header)
                return TV_BUCKET_malformed;
        if (have > total)
                have = total; /* the rest is Ethernet padding or a trailer */
        if (have < header)
                return TV_BUCKET_cut;
        if (total > wire && tv_sum_fold16(tv_sum_words(p, header / 4)) != 0xffff) {
                /* Mirror ports and slicing tools cut frames and forget to say so: then the header is right and the
                 * frame is not.  This header is not even right about itself. */
                seg->bits |= TV_SEG_LENGTH_GUESSED;
                total = wire;
        }
        if (fragment & (MORE_FRAGMENTS | OFFSET))
                return TV_BUCKET_fragment;
        const uint8_t *destination = p + 16;
        if (header > HEADER_MIN) {
                const uint8_t *end = final_destination(p + HEADER_MIN, header - HEADER_MIN);
                if (end)
                        destination = end;
        }
        if (protocol == TV_IP_AH) {
                /* RFC 4302: the authentication header's length is in 32-bit words less 2; what follows is readable. */
                if (have - header < 12)
                        return tv_net_short(header + 12, total);
                protocol = p[header];
                header += (p[header + 1] + 2u) * 4u;
                if (have < header)
                        return tv_net_short(header, total);
        }
        if (protocol != TV_IP_TCP)
                return tv_net_bucket(protocol);

        seg->bits |= TV_SEG_HAS_IP_ID | (fragment & DONT_FRAGMENT ? TV_SEG_ATOMIC : 0);
        seg->ip_id = tv_be16(p + 4);
        seg->ttl = p[8];
        seg->traffic_class = p[1];

        struct tv_transport t = {.p = p + header,
                                 .have = have - header,
                                 .length = total - header,
                                 .ip_bytes = header,
                                 .source = p + 12,
                                 .destination = destination};
        return tv_tcp_decode(&t, seg, more);
}
