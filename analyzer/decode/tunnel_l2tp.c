/* tunnel_l2tp.c - L2TP version 2 (RFC 2661 section 3.1), whose payload is PPP, and version 3 over UDP (RFC 3931
 * section 4.1.2). */
#include "analyzer/decode/walk.h"

enum {
        CONTROL = 0x8000,
        LENGTH = 0x4000,
        SEQUENCE = 0x0800,
        OFFSET = 0x0200,
        PRIORITY = 0x0100,
        VERSION = 0x000f,
        RESERVED = 0x34f0,
};

static struct tv_next
version_2(struct tv_walk *w, uint16_t flags)
{
        const uint8_t *start = w->c.p, *p, *ids, *offset;
        uint32_t all = tv_walk_length(w);

        if (!tv_take(&w->c, 2))
                return tv_walk_stop();
        if (flags & LENGTH) {
                uint32_t length;

                if (!(p = tv_take(&w->c, 2)))
                        return tv_walk_stop();
                length = tv_be16(p);
                if (length < (uint32_t)(w->c.p - start) || length > all)
                        return tv_walk_stop();
                tv_walk_limit(w, length - (uint32_t)(w->c.p - start));
        }
        ids = tv_take(&w->c, 4); /* of tunnel and session */
        if (!ids || (flags & SEQUENCE && !tv_take(&w->c, 4)))
                return tv_walk_stop();
        if (flags & OFFSET && (!(offset = tv_take(&w->c, 2)) || !tv_take(&w->c, tv_be16(offset))))
                return tv_walk_stop();
        tv_walk_tunnel(w, TV_STEP_L2TP, tv_be16(ids + 2));
        return (struct tv_next){tv_ppp};
}

struct tv_next
tv_l2tp(struct tv_walk *w)
{
        uint16_t flags;

        if (tv_cursor_left(&w->c) < 8)
                return tv_walk_stop();
        flags = tv_be16(w->c.p);
        if (flags & CONTROL)
                return tv_walk_stop();
        switch (flags & VERSION) {
        case 2:
                return flags & RESERVED ? tv_walk_stop() : version_2(w, flags);
        case 3:
                if (flags != 3 || !tv_take(&w->c, 4)) /* flags and version, reserved */
                        return tv_walk_stop();
                return tv_l2tpv3_session(w);
        default:
                return tv_walk_stop();
        }
}
