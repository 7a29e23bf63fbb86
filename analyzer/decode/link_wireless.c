/* link_wireless.c - IEEE 802.11 data frames, and what capturers write before a frame: radiotap, Prism, AVS, PPI. */
#include "analyzer/decode/walk.h"

enum { FCS_BYTES = 4, DLT_WIRELESS = 105 };

static void
drop_fcs(struct tv_walk *w)
{
        if (tv_walk_length(w) >= FCS_BYTES)
                tv_walk_limit(w, tv_walk_length(w) - FCS_BYTES);
        w->bounded = false; /* by the frame's end only */
}

/* IEEE 802.11-2020 section 9.2 and 9.3.2.1.  |aligned|: the capturer filled the header up to a multiple of four. */
static struct tv_next
data_frame(struct tv_walk *w, bool aligned)
{
        enum { VERSION_AND_TYPE = 0x0f, DATA = 0x08, NO_DATA = 0x40, QOS = 0x80 }; /* of the first octet */
        enum { TO_DS = 0x01, FROM_DS = 0x02, MORE_FRAGMENTS = 0x04, PROTECTED = 0x40, ORDER = 0x80 };
        enum { SHORT_HEADER = 24, FRAGMENT = 22, FRAGMENT_NUMBER = 0x0f, ADDRESS = 6, QOS_CONTROL = 2, HT_CONTROL = 4 };
        enum { AGGREGATE = 0x80, SUBFRAME_HEADER = 14 }; /* A-MSDU: of the QoS control field, section 9.3.2.2 */
        const uint8_t *header = tv_take(&w->c, SHORT_HEADER), *qos;
        size_t bytes = SHORT_HEADER;
        bool aggregate = false;

        if (!header || (header[0] & (VERSION_AND_TYPE | NO_DATA)) != DATA ||
            (header[1] & (PROTECTED | MORE_FRAGMENTS)) || (header[FRAGMENT] & FRAGMENT_NUMBER))
                return tv_walk_stop();
        if ((header[1] & (TO_DS | FROM_DS)) == (TO_DS | FROM_DS)) {
                tv_take(&w->c, ADDRESS);
                bytes += ADDRESS;
        }
        if (header[0] & QOS) {
                qos = tv_take(&w->c, QOS_CONTROL);
                aggregate = qos && (qos[0] & AGGREGATE);
                bytes += QOS_CONTROL;
                if (header[1] & ORDER) {
                        tv_take(&w->c, HT_CONTROL);
                        bytes += HT_CONTROL;
                }
        }
        if (aligned && bytes % 4 != 0)
                tv_take(&w->c, 4 - bytes % 4);
        if (aggregate)
                tv_take(&w->c, SUBFRAME_HEADER);
        return tv_walk_on(tv_llc);
}

struct tv_next
tv_link_wireless(struct tv_walk *w)
{
        return data_frame(w, false);
}

/* https://www.radiotap.org/: version, length, words that say which fields follow, the fields, each at a multiple of its
 * own size. */
struct tv_next
tv_link_wireless_radiotap(struct tv_walk *w)
{
        enum { TIME_PRESENT = 0x01, FLAGS_PRESENT = 0x02, MORE_WORDS = 0x80, HAS_FCS = 0x10, PADDED = 0x20 };
        const uint8_t *p = w->c.p;
        size_t bytes, at = 4, last;
        uint8_t flags = 0;

        if (tv_cursor_left(&w->c) < 8 || p[0] != 0 || (bytes = tv_le16(p + 2)) < 8 || !tv_take(&w->c, bytes))
                return tv_walk_stop();
        do {
                last = at;
                at += 4;
        } while ((p[last + 3] & MORE_WORDS) && at + 4 <= bytes);
        if (p[4] & FLAGS_PRESENT) {
                if (p[4] & TIME_PRESENT)
                        at = ((at + 7) & ~(size_t)7) + 8;
                if (at < bytes)
                        flags = p[at];
        }
        if (flags & HAS_FCS)
                drop_fcs(w);
        return data_frame(w, (flags & PADDED) != 0);
}

/* AVS: a magic number and the length of all before the frame (LINKTYPE_IEEE802_11_AVS). */
struct tv_next
tv_link_wireless_avs(struct tv_walk *w)
{
        const uint8_t *p = w->c.p;

        if (tv_cursor_left(&w->c) < 8 || tv_be32(p + 4) < 8 || !tv_take(&w->c, tv_be32(p + 4)))
                return tv_walk_stop();
        return data_frame(w, false);
}

/* Prism: 144 octets, or AVS where drivers changed their mind (LINKTYPE_IEEE802_11_PRISM). */
struct tv_next
tv_link_wireless_prism(struct tv_walk *w)
{
        enum { AVS_MAGIC = 0x80211, PRISM_BYTES = 144 };

        if (tv_cursor_left(&w->c) >= 4 && tv_be32(w->c.p) >> 12 == AVS_MAGIC)
                return tv_link_wireless_avs(w);
        return tv_take(&w->c, PRISM_BYTES) ? data_frame(w, false) : tv_walk_stop();
}

/* Per-Packet Information: version, flags, length, the link type behind it (LINKTYPE_PPI). */
struct tv_next
tv_link_ppi(struct tv_walk *w)
{
        enum { COMMON_80211 = 2, COMMON_FLAGS = 8, HAS_FCS = 0x01 };
        const uint8_t *p = w->c.p;
        size_t bytes;

        if (tv_cursor_left(&w->c) < 8 || p[0] != 0 || (bytes = tv_le16(p + 2)) < 8 || !tv_take(&w->c, bytes))
                return tv_walk_stop();
        int link_type = (int)(tv_le32(p + 4) & 0xffff);
        if (link_type == DLT_WIRELESS && bytes >= 8 + 4 + COMMON_FLAGS + 2 && tv_le16(p + 8) == COMMON_80211 &&
            (p[8 + 4 + COMMON_FLAGS] & HAS_FCS))
                drop_fcs(w);
        return tv_next_link(link_type);
}
