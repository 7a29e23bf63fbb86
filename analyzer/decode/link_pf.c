/* link_pf.c - what OpenBSD's packet filter and IPsec show of packets: PFLOG, ENC. */
#include "analyzer/decode/walk.h"

/* Length without padding, address family, what was decided
 * (https://www.tcpdump.org/linktypes/LINKTYPE_PFLOG.html). */
struct tv_next
tv_link_pflog(struct tv_walk *w)
{
        enum { LENGTH_MIN = 45 };
        const uint8_t *header = w->c.p;
        size_t bytes;

        if (tv_cursor_left(&w->c) < 2 || header[0] < LENGTH_MIN)
                return tv_walk_stop();
        bytes = (header[0] + 3u) & ~3u;
        return tv_take(&w->c, bytes) ? tv_next_family(header[1]) : tv_walk_stop();
}

/* Address family, security parameter index and flags of IPsec, then the packet as it is inside. */
struct tv_next
tv_link_enc(struct tv_walk *w)
{
        return tv_take(&w->c, 12) ? tv_next_ip_version(w) : tv_walk_stop();
}
