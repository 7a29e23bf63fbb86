/* link_token_ring.c - IEEE 802.5: access control, frame control, two addresses, the route where the source wrote one,
 * and IEEE 802.2. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_link_token_ring(struct tv_walk *w)
{
        enum { KIND = 0xc0, LLC = 0x40, SOURCE = 8, ROUTED = 0x80, ROUTE_BYTES = 0x1f };
        const uint8_t *header = tv_take(&w->c, 14);

        if (!header || (header[1] & KIND) != LLC)
                return tv_walk_stop();
        if (header[SOURCE] & ROUTED) {
                if (tv_cursor_left(&w->c) < 2)
                        return tv_walk_stop();
                size_t route = w->c.p[0] & ROUTE_BYTES;
                if (route < 2 || !tv_take(&w->c, route))
                        return tv_walk_stop();
        }
        return tv_walk_on(tv_llc);
}
