/* tunnel_lisp.c - LISP data packets (RFC 9300 section 5). */
#include "analyzer/decode/walk.h"

struct tv_next
tv_lisp(struct tv_walk *w)
{
        enum { HEADER = 8, HAS_INSTANCE = 0x08 };
        const uint8_t *p = tv_take(&w->c, HEADER);

        if (!p || !tv_looks_like_ip(w, 0, true))
                return tv_walk_stop();
        tv_walk_tunnel(w, TV_STEP_LISP, p[0] & HAS_INSTANCE ? tv_be32(p + 4) >> 8 : 0);
        return tv_next_ip_version(w);
}
