/* tunnel_mpls.c - MPLS label stacks (RFC 3032), and what is below: IP, or an Ethernet frame of a pseudowire, with or
 * without control word (RFC 4448).  No field says which; the first four bits are all that a router has, too (RFC 4928,
 * RFC 8469), but here the whole packet can be looked at. */
#include "analyzer/decode/walk.h"

enum { ENTRY = 4, CONTROL_WORD = 4, IPV6_HEADER = 40, LABEL_OAM = 14, LABEL_GAL = 13 };

static struct tv_next
bottom(struct tv_walk *w, uint32_t label)
{
        uint8_t nibble;
        bool by_port;

        if (tv_cursor_left(&w->c) == 0 || label == LABEL_GAL || label == LABEL_OAM)
                return tv_walk_stop();
        nibble = w->c.p[0] >> 4;
        by_port = w->guessed;
        tv_walk_guess(w);
        /* An address of a station may begin with 4 or 6 as well, but not be followed by a frame. */
        if (tv_looks_like_ip(w, 0, false))
                return tv_next_ip_version(w);
        if (nibble == 4 && !by_port && !tv_looks_like_ethernet(w, 0))
                return tv_walk_on(tv_ipv4);
        if (nibble == 6 && !by_port && tv_cursor_left(&w->c) < IPV6_HEADER) /* cut */
                return tv_walk_on(tv_ipv6);
        if (tv_looks_like_ethernet(w, 0))
                return (struct tv_next){tv_link_ethernet};
        if (nibble == 0 && tv_looks_like_ethernet(w, CONTROL_WORD)) {
                tv_take(&w->c, CONTROL_WORD);
                return (struct tv_next){tv_link_ethernet};
        }
        return tv_walk_stop();
}

struct tv_next
tv_mpls(struct tv_walk *w)
{
        enum { BOTTOM = 0x100 };

        for (;;) {
                const uint8_t *entry = tv_take(&w->c, ENTRY);

                if (!entry)
                        return tv_walk_stop();
                tv_walk_tunnel(w, TV_STEP_MPLS, tv_be32(entry) >> 12);
                if (tv_be32(entry) & BOTTOM)
                        return bottom(w, tv_be32(entry) >> 12);
        }
}

/* In UDP (RFC 7510), where the port alone proves little. */
struct tv_next
tv_udp_mpls(struct tv_walk *w)
{
        enum { BOTTOM = 0x01, STACK_MAX = 16 };
        uint32_t at = 0;

        for (unsigned i = 0; i < STACK_MAX && tv_cursor_left(&w->c) >= at + ENTRY; i++, at += ENTRY)
                if (w->c.p[at + 2] & BOTTOM) {
                        at += ENTRY;
                        if (tv_looks_like_ip(w, at, true) || tv_looks_like_ethernet(w, at) ||
                            tv_looks_like_ethernet(w, at + CONTROL_WORD))
                                return (struct tv_next){tv_mpls};
                        break;
                }
        return tv_walk_stop();
}
