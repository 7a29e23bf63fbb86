/* tunnel_capwap.c - CAPWAP data (RFC 5415 section 4.3) between access points and their controller: Ethernet frames, or
 * native ones of IEEE 802.11 (RFC 5416).  Of the latter some vendors swap the two octets of the frame control field. */
#include "analyzer/decode/walk.h"

/* A data frame with its control field in either order (IEEE 802.11 clause 9.3.2). */
static struct tv_next
native_frame(struct tv_walk *w)
{
        enum { VERSION_AND_TYPE = 0x0f, DATA = 0x08, NO_DATA = 0x40, QOS = 0x80 };
        enum { TO_AND_FROM_DS = 0x03, MORE_FRAGMENTS = 0x04, PROTECTED = 0x40, ORDER = 0x80, AGGREGATE = 0x80 };
        const uint8_t *p = w->c.p, *qos;
        uint8_t kind, flags;
        bool swapped;

        if (!tv_take(&w->c, 24))
                return tv_walk_stop();
        swapped = (p[0] & VERSION_AND_TYPE) != DATA;
        kind = p[swapped];
        flags = p[!swapped];
        if ((kind & VERSION_AND_TYPE) != DATA || kind & NO_DATA || flags & (MORE_FRAGMENTS | PROTECTED) ||
            p[22] & 0x0f) /* a later fragment's number */
                return tv_walk_stop();
        if ((flags & TO_AND_FROM_DS) == TO_AND_FROM_DS && !tv_take(&w->c, 6))
                return tv_walk_stop();
        if (kind & QOS) {
                qos = tv_take(&w->c, 2);
                if (!qos || qos[0] & AGGREGATE || (flags & ORDER && !tv_take(&w->c, 4)))
                        return tv_walk_stop();
        }
        return (struct tv_next){tv_llc};
}

struct tv_next
tv_capwap(struct tv_walk *w)
{
        enum {
                FIXED = 8,
                PREAMBLE_PLAIN = 0x00,
                NATIVE = 0x01,
                FRAGMENT = 0x80,
                KEEP_ALIVE = 0x08,
                BINDING_802_11 = 1
        };
        const uint8_t *p = tv_take(&w->c, FIXED);
        uint32_t bytes;

        if (!p || p[0] != PREAMBLE_PLAIN)
                return tv_walk_stop();
        bytes = (p[1] >> 3) * 4u;
        if (bytes < FIXED || p[3] & (FRAGMENT | KEEP_ALIVE) || p[3] & 0x07 || !tv_take(&w->c, bytes - FIXED))
                return tv_walk_stop();
        tv_walk_tunnel(w, TV_STEP_CAPWAP, (uint32_t)(p[1] & 0x07) << 2 | p[2] >> 6);
        if (!(p[2] & NATIVE))
                return (struct tv_next){tv_link_ethernet};
        return (p[2] >> 1 & 0x1f) == BINDING_802_11 ? native_frame(w) : tv_walk_stop();
}
