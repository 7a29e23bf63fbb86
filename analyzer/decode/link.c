/* link.c - from link type to decoder, and the type fields that link layers have in common. */
#include "analyzer/decode/link.h"

#include "analyzer/decode/decode.h"

#include <pcap/dlt.h>

enum tv_net
tv_link_decode(int link_type, struct tv_cursor *c, struct tv_link_tags *tags)
{
        switch (link_type) {
#define TV_LINK(decoder, dlt, name)                                                                                    \
        case dlt:                                                                                                      \
                return tv_link_##decoder(c, tags);
#include "analyzer/decode/link_list.def"
#undef TV_LINK
        default:
                return TV_NET_UNKNOWN_LINK;
        }
}

const char *
tv_link_name(int link_type)
{
        switch (link_type) {
#define TV_LINK(decoder, dlt, name)                                                                                    \
        case dlt:                                                                                                      \
                return name;
#include "analyzer/decode/link_list.def"
#undef TV_LINK
        default:
                return NULL;
        }
}

enum tv_net
tv_link_ethertype(uint16_t type, struct tv_cursor *c, struct tv_link_tags *tags)
{
        while (type == TV_ETHERTYPE_VLAN || type == TV_ETHERTYPE_SERVICE || type == TV_ETHERTYPE_QINQ) {
                uint16_t tag = tv_take_be16(c);
                type = tv_take_be16(c);
                if (c->truncated)
                        return TV_NET_OTHER;
                if (tags->vlans < TV_MAX_VLANS)
                        tags->vlan[tags->vlans++] = tag & 0x0fff;
        }
        if (type == TV_ETHERTYPE_IPV4)
                return TV_NET_IPV4;
        if (type == TV_ETHERTYPE_IPV6)
                return TV_NET_IPV6;
        return type < TV_ETHERTYPE_MIN ? tv_link_llc(c, tags) : TV_NET_OTHER;
}

enum tv_net
tv_link_llc(struct tv_cursor *c, struct tv_link_tags *tags)
{
        enum { SAP_IP = 0x06, SAP_SNAP = 0xaa, UNNUMBERED = 0x03 };
        const uint8_t *llc = tv_take(c, 3), *snap;

        if (!llc || llc[0] != llc[1] || llc[2] != UNNUMBERED)
                return TV_NET_OTHER;
        if (llc[0] == SAP_IP)
                return TV_NET_IPV4;
        if (llc[0] != SAP_SNAP || !(snap = tv_take(c, 5)))
                return TV_NET_OTHER;
        /* Organisations whose protocol numbers are Ethernet types: RFC 1042 and IEEE 802.1H. */
        if (snap[0] || snap[1] || (snap[2] != 0x00 && snap[2] != 0xf8) || tv_be16(snap + 3) < TV_ETHERTYPE_MIN)
                return TV_NET_OTHER;
        return tv_link_ethertype(tv_be16(snap + 3), c, tags);
}
