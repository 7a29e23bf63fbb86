/* tunnel_geneve.c - GENEVE (RFC 8926 section 3.4).  Critical options are for the tunnel's end, not for an onlooker. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_geneve(struct tv_walk *w)
{
        enum { FIXED = 8, VERSION = 0xc0 };
        const uint8_t *p = tv_take(&w->c, FIXED);
        uint16_t type;

        if (!p || !tv_take(&w->c, (p[0] & 0x3fu) * 4u))
                return tv_walk_stop();
        /* Later versions need not look so; where they do, a frame is there to be seen. */
        if (p[0] & VERSION && !tv_looks_like_ethernet(w, 0))
                return tv_walk_stop();
        tv_walk_tunnel(w, TV_STEP_GENEVE, tv_be32(p + 4) >> 8);
        type = tv_be16(p + 2);
        return type < TV_ETHERTYPE_MIN ? tv_walk_stop() : tv_next_ethertype(type);
}
