/* link_frame_relay.c - Frame Relay: the address of ITU-T Q.922, then a protocol as RFC 2427 or as Cisco names it; and
 * bundles of such links (FRF.16). */
#include "analyzer/decode/walk.h"

enum { UNNUMBERED = 0x03 };

struct tv_next
tv_link_frame_relay(struct tv_walk *w)
{
        enum { EXTENDED = 0x01, ADDRESS_MIN = 2, ADDRESS_MAX = 4 };
        const uint8_t *p = w->c.p;
        size_t left = tv_cursor_left(&w->c), octets = 1;

        /* The last octet of the address has its lowest bit set. */
        while (octets < left && octets < ADDRESS_MAX && !(p[octets - 1] & EXTENDED))
                octets++;
        if (octets < ADDRESS_MIN || octets >= left || !(p[octets - 1] & EXTENDED))
                return tv_walk_stop();
        tv_take(&w->c, octets);
        if (w->c.p[0] != UNNUMBERED) {
                uint16_t type = tv_take_be16(&w->c);
                return type < TV_ETHERTYPE_MIN ? tv_walk_stop() : tv_next_ethertype(type);
        }
        tv_take(&w->c, 1);
        if (tv_cursor_left(&w->c) >= 1 && w->c.p[0] == 0) /* for alignment */
                tv_take(&w->c, 1);
        return tv_walk_on(tv_nlpid);
}

struct tv_next
tv_link_frame_relay_with_dir(struct tv_walk *w)
{
        return tv_walk_skip(w, 1, tv_link_frame_relay);
}

/* Multilink Frame Relay: two octets with a sequence number; only frames that no fragmentation cut are read on. */
struct tv_next
tv_link_mfr(struct tv_walk *w)
{
        enum { BEGIN = 0x80, END = 0x40, CONTROL = 0x20 };
        const uint8_t *header = tv_take(&w->c, 2);

        if (!header || (header[0] & (BEGIN | END | CONTROL)) != (BEGIN | END))
                return tv_walk_stop();
        return tv_walk_on(tv_link_frame_relay);
}
