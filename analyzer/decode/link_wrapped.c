/* link_wrapped.c - headers that name the link type of what follows: Apple's PKTAP, TaZmen Sniffer Protocol, and what
 * Wireshark exports. */
#include "analyzer/decode/walk.h"

#include <pcap/dlt.h>

/* Length, kind of record, link type, all little-endian; more follows (LINKTYPE_PKTAP, from a private header). */
struct tv_next
tv_link_pktap(struct tv_walk *w)
{
        enum { HEADER_MIN = 108, PACKET = 1 };
        const uint8_t *p = w->c.p;

        if (tv_cursor_left(&w->c) < 12 || tv_le32(p) < HEADER_MIN || tv_le32(p + 4) != PACKET ||
            tv_le32(p + 8) > UINT16_MAX || !tv_take(&w->c, tv_le32(p)))
                return tv_walk_stop();
        return tv_next_link((int)tv_le32(p + 8));
}

/* Version, kind, protocol, fields of one octet of kind and one of length; kinds 0 and 1 have no length. */
struct tv_next
tv_link_tzsp(struct tv_walk *w)
{
        enum { VERSION = 1, RECEIVED = 0, TO_SEND = 1, PADDING = 0, END = 1 };
        const uint8_t *header = tv_take(&w->c, 4);

        if (!header || header[0] != VERSION || (header[1] != RECEIVED && header[1] != TO_SEND))
                return tv_walk_stop();
        while (tv_cursor_left(&w->c) > 0) {
                uint8_t field = tv_take_u8(&w->c);
                if (field == PADDING)
                        continue;
                if (field != END) {
                        tv_take(&w->c, tv_take_u8(&w->c));
                        continue;
                }
                switch (tv_be16(header + 2)) {
                case 1:
                        return tv_walk_on(tv_link_ethernet);
                case 18:
                        return tv_walk_on(tv_link_wireless);
                case 119:
                        return tv_walk_on(tv_link_wireless_prism);
                case 127:
                        return tv_walk_on(tv_link_wireless_avs);
                default:
                        return tv_walk_stop();
                }
        }
        return tv_walk_stop();
}

static struct tv_next
dissector(const uint8_t *name, size_t length)
{
        static const struct {
                const char *name;
                int link_type;
        } known[] = {
                {"ip", DLT_IPV4},
                {"ipv6", DLT_IPV6},
                {"eth_withoutfcs", DLT_EN10MB},
                {"eth_withfcs", DLT_EN10MB},
                {"eth_maybefcs", DLT_EN10MB},
                {"ppp", DLT_PPP},
                {"wlan", DLT_IEEE802_11},
                {"wlan_radio", DLT_IEEE802_11},
        };

        while (length > 0 && name[length - 1] == '\0') /* filled up to a multiple of four */
                length--;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
                const char *k = known[i].name;
                size_t same = 0;
                while (same < length && k[same] != '\0' && (uint8_t)k[same] == name[same])
                        same++;
                if (same == length && k[same] == '\0')
                        return tv_next_link(known[i].link_type);
        }
        return tv_walk_stop();
}

/* Tags of two octets of kind and two of length, up to kind 0 (LINKTYPE_WIRESHARK_UPPER_PDU).  Segments without their IP
 * header are left alone: their addresses are in other tags, their lengths nowhere. */
struct tv_next
tv_link_upper_pdu(struct tv_walk *w)
{
        enum { END = 0, PROTOCOL = 12 };
        const uint8_t *name = NULL;
        size_t name_length = 0;

        while (tv_cursor_left(&w->c) >= 4) {
                uint16_t tag = tv_take_be16(&w->c), length = tv_take_be16(&w->c);
                const uint8_t *value = tv_take(&w->c, length);

                if (!value)
                        break;
                if (tag == PROTOCOL) {
                        name = value;
                        name_length = length;
                } else if (tag == END) {
                        return name ? dissector(name, name_length) : tv_walk_stop();
                }
        }
        return tv_walk_stop();
}
