/* link_null.c - loopback of the BSDs and macOS: an address family in four bytes, in the byte order of the machine that
 * captured (NULL) or of the network (LOOP).  The families are small numbers, so both orders can be told apart. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_next_family(uint32_t family)
{
        switch (family) {
        case 2: /* AF_INET everywhere */
                return tv_next_ethertype(TV_ETHERTYPE_IPV4);
        case 10: /* AF_INET6: Linux, */
        case 24: /* NetBSD, OpenBSD, */
        case 28: /* FreeBSD, */
        case 30: /* macOS */
                return tv_next_ethertype(TV_ETHERTYPE_IPV6);
        default:
                return tv_walk_stop();
        }
}

struct tv_next
tv_link_null(struct tv_walk *w)
{
        uint32_t family = tv_take_be32(&w->c);

        return tv_next_family(family > 0xffff ? __builtin_bswap32(family) : family);
}
