/* link_linux.h - the protocol field of both versions of Linux's cooked capture. */
#ifndef TV_LINK_LINUX_H
#define TV_LINK_LINUX_H

#include "analyzer/decode/link.h"

/* |device| is the ARPHRD_ number of the interface, |protocol| what its frames carry. */
static inline enum tv_net
tv_link_linux_protocol(uint16_t device, uint16_t protocol, struct tv_cursor *c, struct tv_link_tags *tags)
{
        enum {
                ARPHRD_IEEE80211 = 801,
                ARPHRD_IEEE80211_PRISM,
                ARPHRD_IEEE80211_RADIOTAP,
                ARPHRD_NETLINK = 824,
                LINUX_P_802_2 = 4
        };

        /* On these devices the number is no Ethernet type: a netlink family, or a radio frame follows. */
        if (device == ARPHRD_NETLINK || (device >= ARPHRD_IEEE80211 && device <= ARPHRD_IEEE80211_RADIOTAP))
                return TV_NET_OTHER;
        if (protocol == LINUX_P_802_2)
                return tv_link_llc(c, tags);
        return protocol < TV_ETHERTYPE_MIN ? TV_NET_OTHER : tv_link_ethertype(protocol, c, tags);
}

#endif
