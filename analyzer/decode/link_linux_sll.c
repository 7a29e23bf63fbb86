/* link_linux_sll.c - Linux cooked capture, as of "-i any": 16 bytes of which the last two are an Ethernet type or a
 * number of Linux's own (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html). */
#include "analyzer/decode/link_linux.h"

struct tv_next
tv_link_linux_sll(struct tv_walk *w)
{
        const uint8_t *header = tv_take(&w->c, 16);

        return header ? tv_link_linux_protocol(w, tv_be16(header + 2), tv_be16(header + 14)) : tv_walk_stop();
}
