/* link_linux.h - the protocol field of both versions of Linux's cooked capture. */
#ifndef TV_LINK_LINUX_H
#define TV_LINK_LINUX_H

#include "analyzer/decode/walk.h"

/* |device| is the ARPHRD_ number of the interface, |protocol| what its frames carry. */
static inline struct tv_next
tv_link_linux_protocol(uint16_t device, uint16_t protocol)
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
                return tv_walk_stop();
        if (protocol == LINUX_P_802_2)
                return (struct tv_next){tv_llc};
        return protocol < TV_ETHERTYPE_MIN ? tv_walk_stop() : tv_next_ethertype(protocol);
}

#endif
