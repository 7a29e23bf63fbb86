/* link_ethernet.c - Ethernet II and IEEE 802.3: two addresses, then a type or a length. */
#include "analyzer/decode/walk.h"

/* Cisco's Inter-Switch Link: 26 octets that look like 802.3 with SNAP, then the frame, then a second checksum.  The
 * destination is 01:00:0c:00:00 or 03:00:0c:00:00 and four bits of kind, 0 for Ethernet. */
static struct tv_next
inter_switch_link(struct tv_walk *w, const uint8_t *header)
{
        enum { KIND = 0xf0, VLAN = 6, BRIDGE_BIT = 1 };
        const uint8_t *rest = tv_take(&w->c, 12); /* SNAP, manufacturer, VLAN, port, reserved */

        if (!rest || (header[5] & KIND) != 0 || tv_be16(rest) != 0xaaaa || rest[2] != 0x03)
                return tv_walk_stop();
        tv_walk_step(w, TV_STEP_VLAN, (uint32_t)tv_be16(rest + VLAN) >> BRIDGE_BIT);
        return tv_walk_on(tv_link_ethernet);
}

struct tv_next
tv_link_ethernet(struct tv_walk *w)
{
        const uint8_t *header = tv_take(&w->c, 14);

        if (!header)
                return tv_walk_stop();
        uint16_t type = tv_be16(header + 12);
        if (type < TV_ETHERTYPE_MIN && (header[0] & 0xfd) == 0x01 && tv_be32(header + 1) == 0x000c0000)
                return inter_switch_link(w, header);
        return tv_next_ethertype(type);
}
