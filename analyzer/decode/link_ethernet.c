/* link_ethernet.c - Ethernet II and IEEE 802.3: two addresses, then a type or a length. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_link_ethernet(struct tv_walk *w)
{
        const uint8_t *header = tv_take(&w->c, 14);

        return header ? tv_next_ethertype(tv_be16(header + 12)) : tv_walk_stop();
}
