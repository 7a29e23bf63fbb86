/* link_vlan.c - one VLAN tag (IEEE 802.1Q); more of them follow as Ethernet types of their own. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_vlan(struct tv_walk *w)
{
        const uint8_t *tag = tv_take(&w->c, 4);

        if (!tag)
                return tv_walk_stop();
        tv_walk_step(w, TV_STEP_VLAN, tv_be16(tag) & 0x0fff);
        return tv_next_ethertype(tv_be16(tag + 2));
}
