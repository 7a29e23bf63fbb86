/* link_linux_sll2.c - Linux cooked capture, version 2: 20 bytes that begin with the protocol and name the interface
 * (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html). */
#include "analyzer/decode/link_linux.h"

struct tv_next
tv_link_linux_sll2(struct tv_walk *w)
{
        const uint8_t *header = tv_take(&w->c, 20);

        return header ? tv_link_linux_protocol(w, tv_be16(header + 8), tv_be16(header)) : tv_walk_stop();
}
