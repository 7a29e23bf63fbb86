/* link_raw_ip.c - no link header at all: the IP version tells which. */
#include "analyzer/decode/link.h"

enum tv_net
tv_link_raw_ip(struct tv_cursor *c, struct tv_link_tags *tags)
{
        (void)tags;
        if (tv_cursor_left(c) == 0)
                return TV_NET_OTHER;
        switch (c->p[0] >> 4) {
        case 4:
                return TV_NET_IPV4;
        case 6:
                return TV_NET_IPV6;
        default:
                return TV_NET_OTHER;
        }
}
