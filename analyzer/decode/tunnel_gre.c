/* tunnel_gre.c - GRE: RFC 1701 (with source routes), RFC 2784, RFC 2890 (key and sequence number), and version 1 as
 * PPTP has it (RFC 2637 section 4.1). */
#include "analyzer/decode/walk.h"

enum {
        CHECKSUM = 0x8000,
        ROUTING = 0x4000,
        KEY = 0x2000,
        SEQUENCE = 0x1000,
        ACKNOWLEDGMENT = 0x0080, /* version 1 only */
        VERSION = 0x0007,
        RESERVED_1 = 0x0078, /* must be 0 in both versions; version 0 has 0x0080 among them, too */
};

enum { ERSPAN_1_OR_2 = 0x88be, ERSPAN_3 = 0x22eb, WCCP = 0x883e };

/* Source route entries up to the one that ends them (RFC 1701). */
static bool
skip_routes(struct tv_cursor *c)
{
        for (;;) {
                const uint8_t *entry = tv_take(c, 4);

                if (!entry)
                        return false;
                if (tv_be16(entry) == 0 && entry[3] == 0)
                        return true;
                if (!tv_take(c, entry[3]))
                        return false;
        }
}

/* WCCP version 2 has a header of four octets before the redirected packet, version 1 none. */
static struct tv_next
redirected(struct tv_walk *w)
{
        if (!tv_looks_like_ip(w, 0, false) && !tv_take(&w->c, 4))
                return tv_walk_stop();
        return tv_next_ip_version(w);
}

static struct tv_next
payload(struct tv_walk *w, uint16_t flags, uint16_t type)
{
        switch (type) {
        case ERSPAN_1_OR_2:
                /* Type I has no sequence number and no header of its own. */
                if (flags & SEQUENCE)
                        return tv_erspan(w);
                return (struct tv_next){tv_link_ethernet};
        case ERSPAN_3:
                return tv_erspan(w);
        case WCCP:
                return redirected(w);
        default:
                /* Numbers below are no lengths here. */
                return type < TV_ETHERTYPE_MIN ? tv_walk_stop() : tv_next_ethertype(type);
        }
}

struct tv_next
tv_gre(struct tv_walk *w)
{
        const uint8_t *p = tv_take(&w->c, 4), *key;
        uint16_t flags, type;

        if (!p)
                return tv_walk_stop();
        flags = tv_be16(p);
        type = tv_be16(p + 2);
        if ((flags & VERSION) > 1 || (flags & RESERVED_1))
                return tv_walk_stop();
        if (flags & (CHECKSUM | ROUTING) && !tv_take(&w->c, 4))
                return tv_walk_stop();
        key = flags & KEY ? tv_take(&w->c, 4) : NULL;
        if (flags & KEY && !key)
                return tv_walk_stop();
        if (flags & SEQUENCE && !tv_take(&w->c, 4))
                return tv_walk_stop();
        if (flags & VERSION) {
                if (!key || (flags & ACKNOWLEDGMENT && !tv_take(&w->c, 4)))
                        return tv_walk_stop();
                tv_walk_trim(w, tv_be16(key));
                tv_walk_tunnel(w, TV_STEP_PPTP, tv_be16(key + 2));
        } else {
                if (flags & ROUTING && !skip_routes(&w->c))
                        return tv_walk_stop();
                tv_walk_tunnel(w, key ? TV_STEP_GRE_KEY : TV_STEP_GRE, key ? tv_be32(key) : 0);
        }
        return payload(w, flags, type);
}
