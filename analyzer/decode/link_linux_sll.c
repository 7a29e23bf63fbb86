/* link_linux_sll.c - Linux cooked capture, as of "-i any": 16 bytes of which the last two are an Ethernet type or a
 * number of Linux's own (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html). */
#include "analyzer/decode/link_linux.h"

enum tv_net
tv_link_linux_sll(struct tv_cursor *c, struct tv_link_tags *tags)
{
        const uint8_t *header = tv_take(c, 16);

        return header ? tv_link_linux_protocol(tv_be16(header + 2), tv_be16(header + 14), c, tags) : TV_NET_OTHER;
}
