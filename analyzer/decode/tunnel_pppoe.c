/* tunnel_pppoe.c - PPP over Ethernet, session stage (RFC 2516 section 4). */
#include "analyzer/decode/walk.h"

struct tv_next
tv_pppoe(struct tv_walk *w)
{
        enum { HEADER = 6, VERSION_AND_TYPE = 0x11, SESSION_DATA = 0 };
        const uint8_t *p = tv_take(&w->c, HEADER);

        if (!p || p[0] != VERSION_AND_TYPE || p[1] != SESSION_DATA)
                return tv_walk_stop();
        tv_walk_trim(w, tv_be16(p + 4)); /* padding follows */
        tv_walk_tunnel(w, TV_STEP_PPPOE, tv_be16(p + 2));
        return (struct tv_next){tv_ppp};
}
