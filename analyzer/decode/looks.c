/* looks.c - is that a packet?  For places where no header says what follows. */
#include "analyzer/decode/checksum.h"
#include "analyzer/decode/walk.h"

#include <string.h>

static bool
looks_like_ipv4(const uint8_t *p, uint32_t have, uint32_t wire, bool exact)
{
        enum { HEADER_MIN = 20 };
        uint32_t header, total;

        if (have < HEADER_MIN)
                return false;
        header = (p[0] & 0x0fu) * 4u;
        total = tv_be16(p + 2);
        if (header < HEADER_MIN || header > have || total < header || total > wire || (exact && total != wire))
                return false;
        return tv_sum_fold16(tv_sum_words(p, header / 4)) == 0xffff;
}

/* Headers that stand behind that of IPv6; captures hardly have others. */
static bool
known_next(uint8_t next)
{
        switch (next) {
        case TV_IP_HOP_BY_HOP:
        case 4:
        case TV_IP_TCP:
        case TV_IP_UDP:
        case 41:
        case TV_IP_ROUTING:
        case TV_IP_FRAGMENT:
        case 47:
        case 50:
        case TV_IP_AH:
        case TV_IP_ICMPV6:
        case 59:
        case TV_IP_DESTINATION:
        case 132:
        case TV_IP_MOBILITY:
                return true;
        default:
                return false;
        }
}

static bool
looks_like_ipv6(const uint8_t *p, uint32_t have, uint32_t wire, bool exact)
{
        enum { HEADER = 40, MULTICAST = 0xff };
        uint32_t total;

        if (have < HEADER)
                return false;
        total = HEADER + (uint32_t)tv_be16(p + 4);
        return total <= wire && (!exact || total == wire) && known_next(p[6]) && p[8] != MULTICAST;
}

bool
tv_looks_like_ip(const struct tv_walk *w, uint32_t at, bool exact)
{
        uint32_t left = (uint32_t)tv_cursor_left(&w->c);

        if (at >= left)
                return false;
        switch (w->c.p[at] >> 4) {
        case 4:
                return looks_like_ipv4(w->c.p + at, left - at, tv_walk_length(w) - at, exact);
        case 6:
                return looks_like_ipv6(w->c.p + at, left - at, tv_walk_length(w) - at, exact);
        default:
                return false;
        }
}

bool
tv_fits_as_ip(const struct tv_walk *w)
{
        const uint8_t *p = w->c.p;

        if (tv_looks_like_ip(w, 0, false))
                return true;
        return tv_cursor_left(&w->c) >= 20 && p[0] >> 4 == 4 && (p[0] & 0x0f) >= 5 &&
               tv_be16(p + 2) == tv_walk_length(w);
}

bool
tv_looks_like_ethernet(const struct tv_walk *w, uint32_t at)
{
        enum { ADDRESSES = 12, TAG = 4, TAGS_MAX = 4, SNAP = 8 };
        static const uint8_t snap[6] = {0xaa, 0xaa, 0x03, 0, 0, 0};
        const uint32_t left = (uint32_t)tv_cursor_left(&w->c);

        at += ADDRESSES;
        for (unsigned tags = 0; tags <= TAGS_MAX && at + 2 <= left; tags++, at += TAG) {
                uint16_t type = tv_be16(w->c.p + at);

                if (type < TV_ETHERTYPE_MIN) {
                        if (left - at < 2 + SNAP || memcmp(w->c.p + at + 2, snap, sizeof snap) != 0)
                                return false;
                        at += SNAP;
                        type = tv_be16(w->c.p + at);
                }
                switch (type) {
                case TV_ETHERTYPE_IPV4:
                        return at + 2 < left && w->c.p[at + 2] >> 4 == 4 && tv_looks_like_ip(w, at + 2, false);
                case TV_ETHERTYPE_IPV6:
                        return at + 2 < left && w->c.p[at + 2] >> 4 == 6 && tv_looks_like_ip(w, at + 2, false);
                case 0x8100:
                case 0x88a8:
                case 0x9100:
                        break;
                default:
                        return false;
                }
        }
        return false;
}
