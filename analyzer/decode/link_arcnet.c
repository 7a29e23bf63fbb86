/* link_arcnet.c - ARCNET: source, destination, and a protocol of RFC 1051, or of RFC 1201, which cuts long packets. */
#include "analyzer/decode/walk.h"

/* A piece of an IP packet. */
static struct tv_next
split(struct tv_walk *w)
{
        w->aside->fragment = (struct tv_fragment){.payload = NULL};
        return tv_walk_end(w, TV_BUCKET_fragment);
}

static struct tv_next
by_system_code(struct tv_walk *w, bool has_exceptions)
{
        enum { OLD_IP = 0xf0, IP = 0xd4, IPV6 = 0xc4, WHOLE = 0, EXCEPTION = 0xff };
        uint8_t code = tv_take_u8(&w->c);

        if (code == OLD_IP)
                return tv_next_ethertype(TV_ETHERTYPE_IPV4);
        if (code != IP && code != IPV6)
                return tv_walk_stop();
        const uint8_t *header = tv_take(&w->c, 3); /* what it is a part of, sequence number */
        if (header && header[0] == EXCEPTION && has_exceptions) {
                /* Filled up to a length that the hardware can send: the header comes again. */
                header = tv_take(&w->c, 4);
                if (!header || header[0] != code)
                        return tv_walk_stop();
                header++;
        }
        if (!header)
                return tv_walk_stop();
        if (header[0] != WHOLE)
                return split(w);
        return tv_next_ethertype(code == IP ? TV_ETHERTYPE_IPV4 : TV_ETHERTYPE_IPV6);
}

struct tv_next
tv_link_arcnet(struct tv_walk *w)
{
        return tv_take(&w->c, 2) ? by_system_code(w, true) : tv_walk_stop();
}

/* Linux keeps an offset behind the addresses, and has taken exception headers away
 * (https://www.tcpdump.org/linktypes/LINKTYPE_ARCNET_LINUX.html). */
struct tv_next
tv_link_arcnet_linux(struct tv_walk *w)
{
        return tv_take(&w->c, 4) ? by_system_code(w, false) : tv_walk_stop();
}
