/* tunnel_ayiya.c - AYIYA, the tunnels of former IPv6 brokers (draft-massar-v6ops-ayiya-02 section 3). */
#include "analyzer/decode/walk.h"

struct tv_next
tv_ayiya(struct tv_walk *w)
{
        enum { FIXED = 8, FORWARD = 1, PROTOCOL_IPV4 = 4, PROTOCOL_IPV6 = 41, HASHES = 3, METHODS = 3 };
        const uint8_t *p = tv_take(&w->c, FIXED);

        if (!p || (p[1] & 0x0f) >= HASHES || p[2] >> 4 >= METHODS || (p[2] & 0x0f) != FORWARD)
                return tv_walk_stop();
        /* The identity has a power of two of octets, the signature a number of 32-bit words. */
        if (!tv_take(&w->c, (size_t)1 << (p[0] >> 4)) || !tv_take(&w->c, (p[1] >> 4) * 4u))
                return tv_walk_stop();
        if ((p[3] != PROTOCOL_IPV4 && p[3] != PROTOCOL_IPV6) || !tv_looks_like_ip(w, 0, true))
                return tv_walk_stop();
        tv_walk_tunnel(w, TV_STEP_AYIYA, 0);
        return tv_next_ip_version(w);
}
