/* link_atm.c - packets over ATM: RFC 2684 with LLC, or IP alone on a circuit of its own; Sun's interfaces put a header
 * of theirs before it. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_link_atm(struct tv_walk *w)
{
        return tv_llc_or_ip(w);
}

/* Direction and kind of traffic, virtual path, virtual channel
 * (https://www.tcpdump.org/linktypes/LINKTYPE_SUNATM.html). */
struct tv_next
tv_link_sunatm(struct tv_walk *w)
{
        enum { KIND = 0x0f, LANE = 1, LLC = 2, LANE_CONTROL = 0xff00 };
        const uint8_t *header = tv_take(&w->c, 4);

        if (!header)
                return tv_walk_stop();
        switch (header[0] & KIND) {
        case LANE: /* LAN emulation of Ethernet: the client's number, then the frame */
                return tv_cursor_left(&w->c) < 2 || tv_take_be16(&w->c) == LANE_CONTROL ? tv_walk_stop()
                                                                                        : tv_walk_on(tv_link_ethernet);
        case LLC:
                return tv_llc_or_ip(w);
        default:
                return tv_walk_stop();
        }
}
