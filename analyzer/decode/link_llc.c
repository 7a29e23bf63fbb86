/* link_llc.c - IEEE 802.2: service access points, and SNAP behind them; what ISO names by one octet. */
#include "analyzer/decode/walk.h"

enum { UNNUMBERED = 0x03 };

/* An organisation's number and its protocol's.  Frames of a bridge follow behind |padding| octets. */
static struct tv_next
snap(struct tv_walk *w, size_t padding)
{
        enum { ENCAPSULATED_ETHERNET = 0x000000, BRIDGE_TUNNEL = 0x0000f8, IEEE_802_1 = 0x0080c2 };
        enum { ETHERNET_WITH_FCS = 1, ETHERNET = 7 }; /* protocols of IEEE 802.1 */
        const uint8_t *header = tv_take(&w->c, 5);

        if (!header)
                return tv_walk_stop();
        uint16_t protocol = tv_be16(header + 3);
        switch ((uint32_t)header[0] << 16 | tv_be16(header + 1)) {
        case ENCAPSULATED_ETHERNET: /* RFC 1042 */
        case BRIDGE_TUNNEL:         /* IEEE 802.1H */
                return protocol < TV_ETHERTYPE_MIN ? tv_walk_stop() : tv_next_ethertype(protocol);
        case IEEE_802_1:
                if ((protocol != ETHERNET_WITH_FCS && protocol != ETHERNET) || !tv_take(&w->c, padding))
                        return tv_walk_stop();
                return tv_walk_on(tv_link_ethernet);
        default:
                return tv_walk_stop();
        }
}

struct tv_next
tv_nlpid(struct tv_walk *w)
{
        enum { SNAP = 0x80, IPV6 = 0x8e, IP = 0xcc, PPP = 0xcf };

        switch (tv_take_u8(&w->c)) {
        case IP:
                return tv_next_ethertype(TV_ETHERTYPE_IPV4);
        case IPV6:
                return tv_next_ethertype(TV_ETHERTYPE_IPV6);
        case SNAP:
                return snap(w, 0); /* RFC 2427 section 4.2 */
        case PPP:                  /* RFC 1973 */
                return tv_walk_on(tv_ppp);
        default:
                return tv_walk_stop();
        }
}

struct tv_next
tv_llc(struct tv_walk *w)
{
        enum { SAP_IP = 0x06, SAP_SNAP = 0xaa, SAP_ISO = 0xfe };
        const uint8_t *llc = tv_take(&w->c, 3);

        if (!llc || llc[0] != llc[1] || llc[2] != UNNUMBERED)
                return tv_walk_stop();
        switch (llc[0]) {
        case SAP_IP:
                return tv_next_ethertype(TV_ETHERTYPE_IPV4);
        case SAP_SNAP:
                return snap(w, 2); /* RFC 2684 section 5.2 */
        case SAP_ISO:
                return tv_walk_on(tv_nlpid);
        default:
                return tv_walk_stop();
        }
}

struct tv_next
tv_llc_or_ip(struct tv_walk *w)
{
        const uint8_t *p = w->c.p;

        if (tv_cursor_left(&w->c) >= 3 && p[0] == p[1] && p[2] == UNNUMBERED)
                return tv_walk_on(tv_llc);
        return tv_next_ip_version(w);
}
