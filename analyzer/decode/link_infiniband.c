/* link_infiniband.c - Infiniband packets that carry IP: local and global routing headers, the base transport header,
 * and RFC 4391's (datagrams) or RFC 4755's (connections) Ethernet type. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_link_infiniband(struct tv_walk *w)
{
        enum { NEXT = 0x03, TRANSPORT = 2, GLOBAL_TRANSPORT = 3 };
        enum { SEND_ONLY = 0x04, SEND_ONLY_IMMEDIATE = 0x05, DATAGRAM = 0x60, DATAGRAM_BYTES = 8, IMMEDIATE_BYTES = 4 };
        const uint8_t *local = tv_take(&w->c, 8), *transport, *header;

        if (!local || (local[1] & NEXT) < TRANSPORT || ((local[1] & NEXT) == GLOBAL_TRANSPORT && !tv_take(&w->c, 40)) ||
            !(transport = tv_take(&w->c, 12)))
                return tv_walk_stop();
        switch (transport[0]) {
        case DATAGRAM | SEND_ONLY_IMMEDIATE:
                tv_take(&w->c, IMMEDIATE_BYTES);
                /* fall through */
        case DATAGRAM | SEND_ONLY:
                tv_take(&w->c, DATAGRAM_BYTES);
                break;
        case SEND_ONLY_IMMEDIATE:        /* of a reliable connection, */
        case 0x20 | SEND_ONLY_IMMEDIATE: /* or an unreliable one */
                tv_take(&w->c, IMMEDIATE_BYTES);
                break;
        case SEND_ONLY:
        case 0x20 | SEND_ONLY:
                break;
        default:
                return tv_walk_stop();
        }
        header = tv_take(&w->c, 4);
        if (!header || tv_be16(header) < TV_ETHERTYPE_MIN || tv_be16(header + 2) != 0)
                return tv_walk_stop();
        return tv_next_ethertype(tv_be16(header));
}
