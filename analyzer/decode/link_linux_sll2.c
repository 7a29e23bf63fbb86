/* link_linux_sll2.c - Linux cooked capture, version 2: 20 bytes that begin with the protocol and name the interface
 * (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html). */
#include "analyzer/decode/link_linux.h"

enum tv_net
tv_link_linux_sll2(struct tv_cursor *c, struct tv_link_tags *tags)
{
        const uint8_t *header = tv_take(c, 20);

        return header ? tv_link_linux_protocol(tv_be16(header + 8), tv_be16(header), c, tags) : TV_NET_OTHER;
}
