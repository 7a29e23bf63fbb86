/* ip_ah.c - the authentication header (RFC 4302): what follows it is readable. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_ip_ah(struct tv_walk *w)
{
        enum { FIXED = 12 };
        const uint8_t *p = w->c.p;
        uint32_t have = (uint32_t)tv_cursor_left(&w->c), bytes;

        if (have < FIXED)
                return tv_walk_short(w, FIXED);
        bytes = (p[1] + 2u) * 4u; /* the length is in 32-bit words less 2 */
        if (have < bytes)
                return tv_walk_short(w, bytes);
        tv_take(&w->c, bytes);
        w->ip_bytes += bytes;
        return tv_next_protocol(w, p[0]);
}
