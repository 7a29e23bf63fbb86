/* link_ppp.c - the Point-to-Point Protocol: RFC 1661 section 2 (protocol field), RFC 1662 section 3.1 (address and
 * control), and how captures wrap it. */
#include "analyzer/decode/walk.h"

enum { ALL_STATIONS = 0xff, UNNUMBERED = 0x03 };

/* The protocol field has two octets, or one where its compression was agreed on: only the last octet is odd
 * (RFC 1661 section 6.5). */
static uint16_t
take_protocol(struct tv_cursor *c)
{
        uint16_t first = tv_take_u8(c);

        return (uint16_t)(first & 1 ? first : first << 8 | tv_take_u8(c));
}

/* A frame of a bridge (RFC 3518 section 4.2): flags, kind of LAN, the LAN's number if the flags say so, the frame. */
static struct tv_next
bridged(struct tv_walk *w)
{
        enum { HAS_LAN_ID = 0x40, IEEE_802_3 = 1 };
        const uint8_t *header = tv_take(&w->c, 2);

        if (!header || header[1] != IEEE_802_3 || ((header[0] & HAS_LAN_ID) && !tv_take(&w->c, 4)))
                return tv_walk_stop();
        return tv_walk_on(tv_link_ethernet);
}

struct tv_next
tv_ppp(struct tv_walk *w)
{
        enum { MPLS = 0x8847, MPLS_MULTICAST = 0x8848 };

        if (tv_cursor_left(&w->c) >= 2 && w->c.p[0] == ALL_STATIONS && w->c.p[1] == UNNUMBERED)
                tv_take(&w->c, 2);
        switch (take_protocol(&w->c)) {
        case 0x0021:
                return tv_next_ethertype(TV_ETHERTYPE_IPV4);
        case 0x0057: /* RFC 5072 */
                return tv_next_ethertype(TV_ETHERTYPE_IPV6);
        case 0x0031:
                return bridged(w);
        case 0x0281: /* RFC 3032 section 4.1 */
                return tv_next_ethertype(MPLS);
        case 0x0283:
                return tv_next_ethertype(MPLS_MULTICAST);
        default: /* control protocols; compressed and encrypted packets */
                return tv_walk_stop();
        }
}

/* Serial lines carry either; Cisco's framing has other addresses (link_cisco_hdlc.c). */
struct tv_next
tv_link_ppp(struct tv_walk *w)
{
        if (tv_cursor_left(&w->c) >= 2 && (w->c.p[0] == 0x0f || w->c.p[0] == 0x8f) && w->c.p[1] == 0)
                return tv_walk_on(tv_link_cisco_hdlc);
        return tv_walk_on(tv_ppp);
}

/* An octet for the direction, then PPP (https://www.tcpdump.org/linktypes/LINKTYPE_PPP_WITH_DIR.html). */
struct tv_next
tv_link_ppp_with_dir(struct tv_walk *w)
{
        return tv_walk_skip(w, 1, tv_link_ppp);
}

/* Linux's pppd writes the direction over the address, 0 or 1, or before it (LINKTYPE_PPP_PPPD). */
struct tv_next
tv_link_ppp_pppd(struct tv_walk *w)
{
        if (tv_cursor_left(&w->c) >= 2 && w->c.p[0] <= 1)
                tv_take(&w->c, w->c.p[1] == UNNUMBERED ? 2 : 1);
        return tv_walk_on(tv_ppp);
}

/* PPPoE without Ethernet before it (LINKTYPE_PPP_ETHER, RFC 2516). */
struct tv_next
tv_link_ppp_ether(struct tv_walk *w)
{
        enum { PPPOE_SESSION = 0x8864 };

        (void)w;
        return tv_next_ethertype(PPPOE_SESSION);
}
