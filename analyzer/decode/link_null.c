/* link_null.c - loopback of the BSDs and macOS: an address family in four bytes, in the byte order of the machine that
 * captured (NULL) or of the network (LOOP).  The families are small numbers, so both orders can be told apart. */
#include "analyzer/decode/link.h"

enum tv_net
tv_link_null(struct tv_cursor *c, struct tv_link_tags *tags)
{
        uint32_t family = tv_take_be32(c);

        (void)tags;
        if (family > 0xffff)
                family = __builtin_bswap32(family);
        switch (family) {
        case 2: /* AF_INET everywhere */
                return TV_NET_IPV4;
        case 10: /* AF_INET6: Linux, */
        case 24: /* NetBSD, OpenBSD, */
        case 28: /* FreeBSD, */
        case 30: /* macOS */
                return TV_NET_IPV6;
        default:
                return TV_NET_OTHER;
        }
}
