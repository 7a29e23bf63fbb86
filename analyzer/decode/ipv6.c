/* ipv6.c - RFC 8200 header and the extension headers that may stand before TCP. */
#include "analyzer/decode/cursor.h"
#include "analyzer/decode/walk.h"

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

void
tv_ipv6_fields(struct tv_walk *w, const uint8_t *p)
{
        w->seg->bits = (uint8_t)((w->seg->bits & TV_SEG_LENGTH_GUESSED) | TV_SEG_IPV6 | TV_SEG_ATOMIC);
        w->seg->ip_id = 0;
        w->seg->ttl = p[7];
        w->seg->traffic_class = (uint8_t)(p[0] << 4 | p[1] >> 4);
        w->source = p + 8;
        w->destination = p + 24;
}

/* A fragment whose header is |p|, behind all that stands before it. */
static struct tv_next
fragment(struct tv_walk *w, const uint8_t *p)
{
        const uint16_t field = tv_be16(p + 2);

        w->aside->fragment = (struct tv_fragment){.ipv6 = true,
                                                  .more = (field & 1) != 0,
                                                  .protocol = p[0],
                                                  .id = tv_be32(p + 4),
                                                  .offset = field & 0xfff8u,
                                                  .length = tv_walk_length(w),
                                                  .have = (uint32_t)tv_cursor_left(&w->c),
                                                  .header_bytes = w->ip_bytes,
                                                  .header = p - w->ip_bytes,
                                                  .payload = w->c.p,
                                                  .source = w->source,
                                                  .destination = w->destination,
                                                  .context = w->context};
        return tv_walk_end(w, TV_BUCKET_fragment);
}

struct tv_next
tv_ipv6_extensions(struct tv_walk *w, uint8_t next)
{
        for (;;) {
                const uint8_t *p = w->c.p;
                uint32_t have = (uint32_t)tv_cursor_left(&w->c), bytes;

                switch (next) {
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
                        return tv_next_protocol(w, next);
                }

                if (have < 8)
                        return tv_walk_short(w, 8);
                bytes = next == TV_IP_FRAGMENT ? 8 : next == TV_IP_AH ? (p[1] + 2u) * 4 : (p[1] + 1u) * 8;
                if (have < bytes)
                        return tv_walk_short(w, bytes);
                if (next == TV_IP_HOP_BY_HOP && w->seg->bits & TV_SEG_LENGTH_GUESSED) {
                        uint32_t jumbo = jumbo_length(p, bytes), before = w->ip_bytes - HEADER;
                        if (jumbo != 0 && (jumbo < before + bytes || jumbo > UINT32_MAX - HEADER))
                                return tv_walk_end(w, TV_BUCKET_malformed);
                        if (jumbo != 0) {
                                w->seg->bits &= (uint8_t)~TV_SEG_LENGTH_GUESSED;
                                tv_walk_limit(w, jumbo - before);
                        }
                }
                tv_take(&w->c, bytes);
                if (next == TV_IP_FRAGMENT && (tv_be16(p + 2) & 0xfff9) != 0)
                        return fragment(w, p); /* not an atomic one (RFC 6946), which is a whole packet */
                if (next == TV_IP_ROUTING) {
                        const uint8_t *end = final_destination(p, bytes);
                        if (end)
                                w->destination = end;
                }
                next = p[0];
                w->ip_bytes += bytes;
        }
}

struct tv_next
tv_ipv6(struct tv_walk *w)
{
        const uint8_t *p = w->c.p;
        uint32_t wire = tv_walk_length(w), payload;

        if (w->in_ip)
                tv_walk_tunnel(w, tv_step_of_ip(w), 0);
        if (!tv_take(&w->c, HEADER)) {
                w->c.truncated = false; /* lengths still count */
                return tv_walk_short(w, HEADER);
        }
        if (p[0] >> 4 != 6)
                return tv_walk_end(w, TV_BUCKET_malformed);
        payload = tv_be16(p + 4);
        w->seg->bits = payload == 0 ? TV_SEG_LENGTH_GUESSED : 0;
        w->filled = HEADER + payload == wire;
        if (HEADER + payload > wire && w->bounded) { /* a header around it denies that */
                w->seg->bits = TV_SEG_LENGTH_GUESSED;
                payload = wire - HEADER;
        }
        /* 0: segmentation offload or a jumbogram; a jumbo option overrules the frame. */
        tv_walk_limit(w, payload != 0 ? payload : wire - HEADER);
        tv_ipv6_fields(w, p);
        w->in_ip = true;
        w->ip_bytes = HEADER;
        return tv_ipv6_extensions(w, p[6]);
}
