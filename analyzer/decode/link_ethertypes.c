/* link_ethertypes.c - tags that stand between Ethernet's addresses and its type, each announced by an Ethernet type of
 * its own, and frames inside of frames. */
#include "analyzer/decode/walk.h"

/* |bytes| of a tag, of which the last two are the next Ethernet type. */
static struct tv_next
tag(struct tv_walk *w, size_t bytes)
{
        const uint8_t *p = tv_take(&w->c, bytes);

        return p ? tv_next_ethertype(tv_be16(p + bytes - 2)) : tv_walk_stop();
}

/* Cisco's virtual interfaces (VN-Tag). */
struct tv_next
tv_vn_tag(struct tv_walk *w)
{
        return tag(w, 6);
}

/* IEEE 802.1BR section 7.5. */
struct tv_next
tv_e_tag(struct tv_walk *w)
{
        return tag(w, 8);
}

/* Redundant rings, IEC 62439-3: path and size, sequence number. */
struct tv_next
tv_hsr(struct tv_walk *w)
{
        return tag(w, 6);
}

/* IEEE 802.1AE section 9.3, where it protects but does not hide: flags, short length, packet number, perhaps the
 * channel's number.  The integrity check behind the payload is beyond IP's length. */
struct tv_next
tv_macsec(struct tv_walk *w)
{
        enum { VERSION = 0x80, HAS_CHANNEL = 0x20, ENCRYPTED = 0x08, CHANGED = 0x04, CHANNEL_BYTES = 8 };
        const uint8_t *p = tv_take(&w->c, 6);

        if (!p || (p[0] & (VERSION | ENCRYPTED | CHANGED)) || ((p[0] & HAS_CHANNEL) && !tv_take(&w->c, CHANNEL_BYTES)))
                return tv_walk_stop();
        return tag(w, 2);
}

/* IEEE 802.1ah: the service's number, then the customer's frame. */
struct tv_next
tv_backbone(struct tv_walk *w)
{
        const uint8_t *p = tv_take(&w->c, 4);

        if (!p)
                return tv_walk_stop();
        tv_walk_step(w, TV_STEP_SERVICE, tv_be32(p) & 0xffffff);
        return tv_walk_on(tv_link_ethernet);
}

/* Cisco MetaData: version, length of the options in words of four octets, options, Ethernet type. */
struct tv_next
tv_cisco_metadata(struct tv_walk *w)
{
        const uint8_t *p = tv_take(&w->c, 2);

        if (!p || p[0] != 1 || !tv_take(&w->c, p[1] * 4u))
                return tv_walk_stop();
        return tag(w, 2);
}

/* RFC 6325 section 3: version, length of options in words, hop count, two nicknames; then the frame. */
struct tv_next
tv_trill(struct tv_walk *w)
{
        enum { VERSION = 0xc000, OPTIONS_SHIFT = 6, OPTIONS = 0x1f };
        const uint8_t *p = tv_take(&w->c, 6);

        if (!p || (tv_be16(p) & VERSION) || !tv_take(&w->c, (tv_be16(p) >> OPTIONS_SHIFT & OPTIONS) * 4u))
                return tv_walk_stop();
        return tv_walk_on(tv_link_ethernet);
}

/* RFC 8300 section 2: the length in words of four octets is in the first, the next protocol in the fourth octet. */
struct tv_next
tv_nsh(struct tv_walk *w)
{
        enum { VERSION = 0xc0, LENGTH = 0x3f, IPV4 = 1, IPV6 = 2, ETHERNET = 3, NSH = 4, LABELS = 5, MPLS = 0x8847 };
        const uint8_t *p = w->c.p;
        size_t bytes;

        if (tv_cursor_left(&w->c) < 8 || (p[0] & VERSION) || (bytes = (p[1] & LENGTH) * 4u) < 8 ||
            !tv_take(&w->c, bytes))
                return tv_walk_stop();
        tv_walk_step(w, TV_STEP_SERVICE_PATH, tv_be32(p + 4) >> 8);
        switch (p[3]) {
        case IPV4:
                return tv_next_ethertype(TV_ETHERTYPE_IPV4);
        case IPV6:
                return tv_next_ethertype(TV_ETHERTYPE_IPV6);
        case ETHERNET:
                return tv_walk_on(tv_link_ethernet);
        case NSH:
                return tv_walk_on(tv_nsh);
        case LABELS:
                return tv_next_ethertype(MPLS);
        default:
                return tv_walk_stop();
        }
}
