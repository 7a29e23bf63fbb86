/* link_erf.c - Endace's records: time, kind, flags, lengths, then what the kind says
 * (https://www.tcpdump.org/linktypes/LINKTYPE_ERF.html). */
#include "analyzer/decode/walk.h"

struct tv_next
tv_link_erf(struct tv_walk *w)
{
        enum { KIND = 8, HAS_EXTENSION = 0x80, CHANNEL_BYTES = 4, ETHERNET_PAD = 2, EXTENSION = 8 };
        const uint8_t *header = tv_take(&w->c, 16), *extension = header ? header + KIND : NULL;

        while (extension && (*extension & HAS_EXTENSION))
                extension = tv_take(&w->c, EXTENSION);
        if (!extension)
                return tv_walk_stop();
        switch (header[KIND] & 0x7f) {
        case 5:  /* HDLC in a channel */
        case 17: /* ... with colour */
                if (!tv_take(&w->c, CHANNEL_BYTES))
                        return tv_walk_stop();
                return tv_walk_on(tv_link_ppp);
        case 1:  /* HDLC */
        case 10: /* ... with colour, */
        case 15: /* other colours, */
        case 19: /* colour and hash */
                return tv_walk_on(tv_link_ppp);
        case 2:  /* Ethernet */
        case 11: /* ... with the same */
        case 16:
        case 20:
                return tv_walk_skip(w, ETHERNET_PAD, tv_link_ethernet);
        case 4: /* AAL5, behind a cell's header */
                return tv_take(&w->c, 4) ? tv_llc_or_ip(w) : tv_walk_stop();
        case 9: /* ... in a channel */
                return tv_take(&w->c, CHANNEL_BYTES + 4) ? tv_llc_or_ip(w) : tv_walk_stop();
        case 21:
                return tv_walk_on(tv_link_infiniband);
        case 22:
        case 23:
                return tv_next_ip_version(w);
        default:
                return tv_walk_stop();
        }
}
