/* link_llc.c - IEEE 802.2: service access points, and SNAP behind them. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_llc(struct tv_walk *w)
{
        enum { SAP_IP = 0x06, SAP_SNAP = 0xaa, UNNUMBERED = 0x03 };
        const uint8_t *llc = tv_take(&w->c, 3), *snap;

        if (!llc || llc[0] != llc[1] || llc[2] != UNNUMBERED)
                return tv_walk_stop();
        if (llc[0] == SAP_IP)
                return tv_next_ethertype(TV_ETHERTYPE_IPV4);
        if (llc[0] != SAP_SNAP || !(snap = tv_take(&w->c, 5)))
                return tv_walk_stop();
        /* Organisations whose protocol numbers are Ethernet types: RFC 1042 and IEEE 802.1H. */
        if (snap[0] || snap[1] || (snap[2] != 0x00 && snap[2] != 0xf8) || tv_be16(snap + 3) < TV_ETHERTYPE_MIN)
                return tv_walk_stop();
        return tv_next_ethertype(tv_be16(snap + 3));
}
