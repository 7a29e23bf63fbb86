/* tunnel_teredo.c - Teredo (RFC 4380 section 5.1.1): IPv6 in UDP, perhaps behind an authentication and an origin
 * indication. */
#include "analyzer/decode/walk.h"

/* One end at least is a Teredo client, whose address begins with Teredo's prefix (RFC 4380 section 2.6), or with the
 * one of before the standard. */
static bool
is_clients(const uint8_t *address)
{
        return tv_be32(address) == 0x20010000 || tv_be32(address) == 0x3ffe831f;
}

struct tv_next
tv_teredo(struct tv_walk *w)
{
        enum { AUTHENTICATION = 0x0001, ORIGIN = 0x0000, FIXED = 4, NONCE_AND_CONFIRMATION = 9, ORIGIN_BYTES = 8 };
        enum { SOURCE = 8, DESTINATION = 24 };
        const uint8_t *p = w->c.p;

        if (tv_cursor_left(&w->c) >= FIXED && tv_be16(p) == AUTHENTICATION &&
            !tv_take(&w->c, FIXED + (size_t)p[2] + p[3] + NONCE_AND_CONFIRMATION))
                return tv_walk_stop();
        p = w->c.p;
        if (tv_cursor_left(&w->c) >= 2 && tv_be16(p) == ORIGIN && !tv_take(&w->c, ORIGIN_BYTES))
                return tv_walk_stop();
        if (tv_cursor_left(&w->c) == 0 || w->c.p[0] >> 4 != 6 || !tv_looks_like_ip(w, 0, false))
                return tv_walk_stop();
        p = w->c.p;
        if (!is_clients(p + SOURCE) && !is_clients(p + DESTINATION))
                return tv_walk_stop();
        tv_walk_tunnel(w, TV_STEP_TEREDO, 0);
        return (struct tv_next){tv_ipv6};
}
