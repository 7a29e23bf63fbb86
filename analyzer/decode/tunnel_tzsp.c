/* tunnel_tzsp.c - frames that an access point or a router heard, streamed to an analyser (TaZmen Sniffer Protocol, as
 * Wireshark's wiki describes it): version, type, what is encapsulated, tagged fields up to an end tag. */
#include "analyzer/decode/walk.h"

#include <pcap/dlt.h>

struct tv_next
tv_tzsp(struct tv_walk *w)
{
        enum { HEADER = 4, VERSION = 1, RECEIVED = 0, TO_SEND = 1, TAG_PADDING = 0, TAG_END = 1 };
        enum { ETHERNET = 1, IEEE_802_11 = 18, PRISM = 119, AVS = 127 };
        const uint8_t *p = tv_take(&w->c, HEADER);
        uint8_t tag;

        if (!p || p[0] != VERSION || (p[1] != RECEIVED && p[1] != TO_SEND))
                return tv_walk_stop();
        while ((tag = tv_take_u8(&w->c)) != TAG_END) {
                if (w->c.truncated || (tag != TAG_PADDING && !tv_take(&w->c, tv_take_u8(&w->c))))
                        return tv_walk_stop();
        }
        tv_walk_tunnel(w, TV_STEP_TZSP, 0);
        switch (tv_be16(p + 2)) {
        case ETHERNET:
                return (struct tv_next){tv_link_ethernet};
        case IEEE_802_11:
                return tv_next_link(DLT_IEEE802_11);
        case PRISM:
                return tv_next_link(DLT_PRISM_HEADER);
        case AVS:
                return tv_next_link(DLT_IEEE802_11_RADIO_AVS);
        default:
                return tv_walk_stop();
        }
}
