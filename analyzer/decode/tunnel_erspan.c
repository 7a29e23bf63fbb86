/* tunnel_erspan.c - frames mirrored by a switch over GRE (draft-foschiano-erspan-03): type II has version 1 and eight
 * octets of header, type III has version 2, twelve octets and perhaps eight more of the platform's. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_erspan(struct tv_walk *w)
{
        enum { TYPE_2 = 1, TYPE_3 = 2, FRAME_ETHERNET = 0, FRAME_IP = 2 };
        const uint8_t *p = tv_take(&w->c, 8), *more;

        if (!p)
                return tv_walk_stop();
        tv_walk_tunnel(w, TV_STEP_ERSPAN, tv_be16(p + 2) & 0x3ff);
        switch (p[0] >> 4) {
        case TYPE_2:
                return (struct tv_next){tv_link_ethernet};
        case TYPE_3:
                more = tv_take(&w->c, 4);
                if (!more || (more[3] & 1 && !tv_take(&w->c, 8)))
                        return tv_walk_stop();
                switch (more[2] >> 2 & 0x1f) {
                case FRAME_ETHERNET:
                        return (struct tv_next){tv_link_ethernet};
                case FRAME_IP:
                        return tv_next_ip_version(w);
                default:
                        return tv_walk_stop();
                }
        default:
                return tv_walk_stop();
        }
}
