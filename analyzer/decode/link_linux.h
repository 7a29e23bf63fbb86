/* link_linux.h - the protocol field of both versions of Linux's cooked capture. */
#ifndef TV_LINK_LINUX_H
#define TV_LINK_LINUX_H

#include "analyzer/decode/walk.h"

/* Messages of netlink's |family| at the cursor. */
struct tv_next tv_link_netlink_family(struct tv_walk *w, uint16_t family);

/* |device| is the ARPHRD_ number of the interface, |protocol| what its frames carry. */
static inline struct tv_next
tv_link_linux_protocol(struct tv_walk *w, uint16_t device, uint16_t protocol)
{
        enum {
                ARPHRD_FRAD = 770,
                ARPHRD_IEEE80211 = 801,
                ARPHRD_IEEE80211_PRISM = 802,
                ARPHRD_IEEE80211_RADIOTAP = 803,
                ARPHRD_NETLINK = 824,
                LINUX_P_ETHERNET = 3,
                LINUX_P_802_2 = 4,
                LINUX_P_PPP = 7,
        };

        /* On these devices the number is no Ethernet type. */
        switch (device) {
        case ARPHRD_FRAD:
                return tv_walk_on(tv_link_frame_relay);
        case ARPHRD_IEEE80211:
        case ARPHRD_IEEE80211_PRISM:
                return tv_walk_stop();
        case ARPHRD_IEEE80211_RADIOTAP:
                return tv_walk_on(tv_link_wireless_radiotap);
        case ARPHRD_NETLINK:
                return tv_link_netlink_family(w, protocol);
        default:
                break;
        }
        switch (protocol) {
        case LINUX_P_ETHERNET:
                return tv_walk_on(tv_link_ethernet);
        case LINUX_P_802_2:
                return tv_walk_on(tv_llc);
        case LINUX_P_PPP:
                return tv_walk_on(tv_ppp);
        default:
                return protocol < TV_ETHERTYPE_MIN ? tv_walk_stop() : tv_next_ethertype(protocol);
        }
}

#endif
