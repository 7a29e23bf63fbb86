/* tunnel_etherip.c - EtherIP (RFC 3378 section 3): Ethernet frames in IP. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_etherip(struct tv_walk *w)
{
        const uint8_t *p = tv_take(&w->c, 2);

        if (!p || tv_be16(p) != 0x3000) /* version 3, the rest reserved */
                return tv_walk_stop();
        tv_walk_tunnel(w, TV_STEP_ETHERIP, 0);
        return (struct tv_next){tv_link_ethernet};
}
