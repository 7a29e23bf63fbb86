/* link_docsis.c - cable modems: the MAC header of DOCSIS, then Ethernet in frames that carry packets
 * (CM-SP-MULPIv3.1, section 6.2). */
#include "analyzer/decode/walk.h"

struct tv_next
tv_link_docsis(struct tv_walk *w)
{
        enum { TYPE_AND_PARAMETER = 0xfe, PACKET = 0x00, EXTENDED = 0x01, CHECK_BYTES = 2 };
        enum { PRIVACY_UP = 3, PRIVACY_DOWN = 4, ENCRYPTED = 0x80 };
        const uint8_t *header = tv_take(&w->c, 4), *extended;

        if (!header || (header[0] & TYPE_AND_PARAMETER) != PACKET)
                return tv_walk_stop();
        if (header[0] & EXTENDED) {
                size_t bytes = header[1];
                if (!(extended = tv_take(&w->c, bytes)))
                        return tv_walk_stop();
                /* Elements: kind and length of four bits each, the value. */
                for (size_t at = 0; at < bytes; at += 1u + (extended[at] & 0x0fu)) {
                        unsigned kind = extended[at] >> 4;
                        if ((kind == PRIVACY_UP || kind == PRIVACY_DOWN) && at + 2 < bytes &&
                            (extended[at + 2] & ENCRYPTED))
                                return tv_walk_stop();
                }
        }
        return tv_walk_skip(w, CHECK_BYTES, tv_link_ethernet);
}
