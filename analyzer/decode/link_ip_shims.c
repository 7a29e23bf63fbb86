/* link_ip_shims.c - link layers that are a header of one size before an Ethernet type, IEEE 802.2 or IP. */
#include "analyzer/decode/walk.h"

/* The Ethernet type is the last thing in a header of |bytes|. */
static struct tv_next
type_at_end(struct tv_walk *w, size_t bytes)
{
        const uint8_t *header = tv_take(&w->c, bytes);

        if (!header || tv_be16(header + bytes - 2) < TV_ETHERTYPE_MIN)
                return tv_walk_stop();
        return tv_next_ethertype(tv_be16(header + bytes - 2));
}

/* IP over FireWire as macOS captures it: two addresses of eight octets (LINKTYPE_APPLE_IP_OVER_IEEE1394). */
struct tv_next
tv_link_firewire(struct tv_walk *w)
{
        return type_at_end(w, 18);
}

/* IP over Fibre Channel: the network header of RFC 4338 section 3.2, then 802.2. */
struct tv_next
tv_link_ip_over_fc(struct tv_walk *w)
{
        return tv_walk_skip(w, 16, tv_llc);
}

/* IP over Infiniband: a global routing header of 40 octets, Ethernet type, two reserved octets (RFC 4391 section 6). */
struct tv_next
tv_link_ipoib(struct tv_walk *w)
{
        const uint8_t *header = tv_take(&w->c, 44);

        return header && tv_be16(header + 40) >= TV_ETHERTYPE_MIN ? tv_next_ethertype(tv_be16(header + 40))
                                                                  : tv_walk_stop();
}

/* Solaris, between its zones: version, family, interfaces (LINKTYPE_IPNET). */
struct tv_next
tv_link_ipnet(struct tv_walk *w)
{
        return tv_take(&w->c, 24) ? tv_next_ip_version(w) : tv_walk_stop();
}

/* Symantec's firewall, version 2: the Ethernet type in the middle of 44 octets. */
struct tv_next
tv_link_symantec(struct tv_walk *w)
{
        const uint8_t *header = tv_take(&w->c, 44);

        return header && tv_be16(header + 6) >= TV_ETHERTYPE_MIN ? tv_next_ethertype(tv_be16(header + 6))
                                                                 : tv_walk_stop();
}

struct tv_next
tv_link_mpls(struct tv_walk *w)
{
        enum { MPLS = 0x8847 };

        (void)w;
        return tv_next_ethertype(MPLS);
}
