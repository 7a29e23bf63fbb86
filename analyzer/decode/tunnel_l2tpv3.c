/* tunnel_l2tpv3.c - L2TP version 3 over IP (RFC 3931 section 4.1.1). */
#include "analyzer/decode/walk.h"

#include <string.h>

static bool
looks_like_ppp(const struct tv_walk *w, uint32_t at)
{
        static const uint8_t ipv4[4] = {0xff, 0x03, 0x00, 0x21}, ipv6[4] = {0xff, 0x03, 0x00, 0x57};

        if (tv_cursor_left(&w->c) < (size_t)at + 4)
                return false;
        if (memcmp(w->c.p + at, ipv4, 4) != 0 && memcmp(w->c.p + at, ipv6, 4) != 0)
                return false;
        return tv_looks_like_ip(w, at + 4, false);
}

struct tv_next
tv_l2tpv3_session(struct tv_walk *w)
{
        /* Cookies of 0, 4 or 8 octets, and a sublayer of none or 4. */
        enum { STEP = 4, MOST = 12 };
        const uint8_t *session = tv_take(&w->c, 4);

        if (!session || tv_be32(session) == 0) /* 0: a control message */
                return tv_walk_stop();
        for (uint32_t at = 0; at <= MOST; at += STEP) {
                bool ethernet = tv_looks_like_ethernet(w, at);

                if (!ethernet && !looks_like_ppp(w, at))
                        continue;
                tv_take(&w->c, at);
                tv_walk_tunnel(w, TV_STEP_L2TP, tv_be32(session));
                return (struct tv_next){ethernet ? tv_link_ethernet : tv_ppp};
        }
        return tv_walk_stop();
}

struct tv_next
tv_l2tpv3(struct tv_walk *w)
{
        return tv_l2tpv3_session(w);
}
