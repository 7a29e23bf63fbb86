/* link_cisco_hdlc.c - Cisco's framing of serial lines: an address (unicast 0f, broadcast 8f), a zero, an Ethernet type
 * (https://www.tcpdump.org/linktypes/LINKTYPE_C_HDLC.html).  Captures of this type may hold PPP. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_link_cisco_hdlc(struct tv_walk *w)
{
        const uint8_t *header;

        if (tv_cursor_left(&w->c) >= 2 && w->c.p[0] == 0xff && w->c.p[1] == 0x03)
                return tv_walk_on(tv_ppp);
        header = tv_take(&w->c, 4);
        if (!header || tv_be16(header + 2) < TV_ETHERTYPE_MIN)
                return tv_walk_stop();
        return tv_next_ethertype(tv_be16(header + 2));
}

struct tv_next
tv_link_cisco_hdlc_with_dir(struct tv_walk *w)
{
        return tv_walk_skip(w, 1, tv_link_cisco_hdlc);
}
