/* link_ethernet.c - Ethernet II and IEEE 802.3: two addresses, then a type or a length. */
#include "analyzer/decode/link.h"

enum tv_net
tv_link_ethernet(struct tv_cursor *c, struct tv_link_tags *tags)
{
        const uint8_t *header = tv_take(c, 14);

        return header ? tv_link_ethertype(tv_be16(header + 12), c, tags) : TV_NET_OTHER;
}
