/* tunnel_bridged.c - Ethernet frames that a header announces by the type "transparent Ethernet bridging" (RFC 1701). */
#include "analyzer/decode/walk.h"

struct tv_next
tv_bridged(struct tv_walk *w)
{
        return tv_link_ethernet(w);
}
