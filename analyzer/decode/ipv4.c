/* ipv4.c - RFC 791 header, with options. */
#include "analyzer/decode/checksum.h"
#include "analyzer/decode/cursor.h"
#include "analyzer/decode/walk.h"

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

void
tv_ipv4_fields(struct tv_walk *w, const uint8_t *p)
{
        w->seg->bits = (uint8_t)((w->seg->bits & TV_SEG_LENGTH_GUESSED) | TV_SEG_HAS_IP_ID |
                                 (tv_be16(p + 6) & DONT_FRAGMENT ? TV_SEG_ATOMIC : 0));
        w->seg->ip_id = tv_be16(p + 4);
        w->seg->ttl = p[8];
        w->seg->traffic_class = p[1];
        w->source = p + 12;
        w->destination = final_destination(p + HEADER_MIN, (p[0] & 0x0fu) * 4u - HEADER_MIN);
        if (!w->destination)
                w->destination = p + 16;
}

static struct tv_next
fragment(struct tv_walk *w, const uint8_t *p, uint32_t header)
{
        const uint16_t field = tv_be16(p + 6);

        w->aside->fragment = (struct tv_fragment){.more = (field & MORE_FRAGMENTS) != 0,
                                                  .protocol = p[9],
                                                  .id = tv_be16(p + 4),
                                                  .offset = (field & OFFSET) * 8u,
                                                  .length = tv_walk_length(w),
                                                  .have = (uint32_t)tv_cursor_left(&w->c),
                                                  .header_bytes = header,
                                                  .header = p,
                                                  .payload = w->c.p,
                                                  .source = p + 12,
                                                  .destination = w->destination,
                                                  .context = w->context};
        return tv_walk_end(w, TV_BUCKET_fragment);
}

struct tv_next
tv_ipv4(struct tv_walk *w)
{
        const uint8_t *p = w->c.p;
        uint32_t have = (uint32_t)tv_cursor_left(&w->c), wire = tv_walk_length(w);

        if (w->in_ip)
                tv_walk_tunnel(w, tv_step_of_ip(w), 0);
        if (have < HEADER_MIN)
                return tv_walk_short(w, HEADER_MIN);

        uint32_t header = (p[0] & 0x0fu) * 4u, total = tv_be16(p + 2);

        if (p[0] >> 4 != 4 || header < HEADER_MIN)
                return tv_walk_end(w, TV_BUCKET_malformed);
        w->seg->bits = 0;
        if (total == 0) {
                /* Segmentation offload: the sender's network card was to write the length of each piece. */
                w->seg->bits |= TV_SEG_LENGTH_GUESSED;
                total = wire;
        }
        if (total < header)
                return tv_walk_end(w, TV_BUCKET_malformed);
        if (have < header)
                return tv_walk_end(w, TV_BUCKET_cut);
        if (total > wire && (w->bounded || tv_sum_fold16(tv_sum_words(p, header / 4)) != 0xffff)) {
                /* Mirror ports and slicing tools cut frames and forget to say so: then the header is right and the
                 * frame is not.  This header is not even right about itself, or denied by one around it. */
                w->seg->bits |= TV_SEG_LENGTH_GUESSED;
                total = wire;
        }
        tv_walk_limit(w, total); /* the rest is Ethernet padding or a trailer */
        tv_take(&w->c, header);
        tv_ipv4_fields(w, p);
        w->in_ip = true;
        w->ip_bytes = header;
        return tv_be16(p + 6) & (MORE_FRAGMENTS | OFFSET) ? fragment(w, p, header) : tv_next_protocol(w, p[9]);
}
