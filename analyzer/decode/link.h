/* link.h - link layers: strip what is before the IP header.  One decoder per file link_<name>.c, listed in
 * link_list.def. */
#ifndef TV_LINK_H
#define TV_LINK_H

#include "analyzer/decode/cursor.h"
#include "analyzer/decode/segment.h"

/* What follows the link header. */
enum tv_net {
        TV_NET_OTHER, /* no IP, or the bytes end before that can be told */
        TV_NET_IPV4,
        TV_NET_IPV6,
        TV_NET_UNKNOWN_LINK, /* no decoder for this link type */
};

/* VLAN identifiers (12 bits) met on the way, outermost first; tags beyond TV_MAX_VLANS are passed over, not kept. */
struct tv_link_tags {
        uint16_t vlan[TV_MAX_VLANS];
        uint8_t vlans;
};

enum tv_ethertype {
        TV_ETHERTYPE_MIN = 0x0600, /* smaller values are lengths (IEEE 802.3 clause 3.2.6) */
        TV_ETHERTYPE_IPV4 = 0x0800,
        TV_ETHERTYPE_IPV6 = 0x86dd,
        TV_ETHERTYPE_VLAN = 0x8100,    /* IEEE 802.1Q */
        TV_ETHERTYPE_SERVICE = 0x88a8, /* IEEE 802.1ad */
        TV_ETHERTYPE_QINQ = 0x9100,    /* before 802.1ad gave stacks a number of their own */
};

/* tv_link_decode moves |c| from the start of a packet of type |link_type| to the header behind the link layer and tells
 * which header that is.  |tags| must be empty and collects VLAN tags. */
enum tv_net tv_link_decode(int link_type, struct tv_cursor *c, struct tv_link_tags *tags);

/* For decoders: tv_link_ethertype goes on behind a type field that held |type|, through VLAN tags and IEEE 802.2
 * (LLC, SNAP), up to IP.  tv_link_llc does so from an LLC header on. */
enum tv_net tv_link_ethertype(uint16_t type, struct tv_cursor *c, struct tv_link_tags *tags);
enum tv_net tv_link_llc(struct tv_cursor *c, struct tv_link_tags *tags);

#define TV_LINK(decoder, dlt, name) enum tv_net tv_link_##decoder(struct tv_cursor *c, struct tv_link_tags *tags);
#include "analyzer/decode/link_list.def"
#undef TV_LINK

#endif
