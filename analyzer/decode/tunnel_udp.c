/* tunnel_udp.c - UDP (RFC 768), for what its ports announce.  Anybody may use any port, so a decoder found by one looks
 * whether it is at home, and says no by having nothing next: then the datagram is just a datagram. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_udp(struct tv_walk *w)
{
        enum { HEADER = 8 };
        const uint8_t *p = w->c.p;
        uint32_t length;

        if (tv_cursor_left(&w->c) < HEADER)
                return tv_walk_stop();
        length = tv_be16(p + 4);
        if (length != 0) { /* 0: a jumbogram (RFC 2675 section 4), or segmentation offload */
                if (length < HEADER)
                        return tv_walk_stop();
                tv_walk_trim(w, length);
        }
        tv_take(&w->c, HEADER);
        /* The destination's port, then the source's. */
        for (uint32_t at = 2;; at = 0) {
                struct tv_next next = tv_next_udp_port(tv_be16(p + at));

                if (next.decode != NULL) {
                        const struct tv_walk before = *w;

                        tv_walk_guess(w);
                        next = next.decode(w);
                        if (next.decode != NULL)
                                return next;
                        *w = before;
                }
                if (at == 0)
                        return tv_walk_stop();
        }
}
