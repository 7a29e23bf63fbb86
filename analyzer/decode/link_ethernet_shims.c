/* link_ethernet_shims.c - link layers that are Ethernet behind, or with, a few octets more. */
#include "analyzer/decode/walk.h"

static struct tv_next
ethernet_behind(struct tv_walk *w, size_t bytes)
{
        return tv_walk_skip(w, bytes, tv_link_ethernet);
}

/* Hilscher's analyzers: a header of four octets (LINKTYPE_NETANALYZER), and the preamble. */
struct tv_next
tv_link_netanalyzer(struct tv_walk *w)
{
        return ethernet_behind(w, 4);
}

struct tv_next
tv_link_netanalyzer_transparent(struct tv_walk *w)
{
        return ethernet_behind(w, 4 + 8);
}

/* Passive optical networks: a preamble that names the link (LINKTYPE_EPON). */
struct tv_next
tv_link_epon(struct tv_walk *w)
{
        return ethernet_behind(w, 8);
}

/* IEEE 802.3br: preamble, then the delimiter of an express frame or of a preemptable one's beginning; the other
 * delimiters announce the rest of a frame. */
struct tv_next
tv_link_mpacket(struct tv_walk *w)
{
        for (unsigned i = 0; i < 8 && tv_cursor_left(&w->c) > 0; i++) {
                switch (tv_take_u8(&w->c)) {
                case 0x55:
                        continue;
                case 0xd5: /* express */
                case 0xe6: /* preemptable, numbers 0 to 3 */
                case 0x4c:
                case 0x7f:
                case 0xb3:
                        return tv_walk_on(tv_link_ethernet);
                default:
                        return tv_walk_stop();
                }
        }
        return tv_walk_stop();
}

/* A switch's own tag between the addresses and the Ethernet type, or before all (LINKTYPE_DSA_TAG_*). */
static struct tv_next
tag_behind_addresses(struct tv_walk *w, size_t bytes)
{
        const uint8_t *header = tv_take(&w->c, 12 + bytes + 2);

        return header ? tv_next_ethertype(tv_be16(header + 12 + bytes)) : tv_walk_stop();
}

struct tv_next
tv_link_dsa_broadcom(struct tv_walk *w)
{
        return tag_behind_addresses(w, 4);
}

struct tv_next
tv_link_dsa_broadcom_prepended(struct tv_walk *w)
{
        return ethernet_behind(w, 4);
}

/* Marvell: four octets that take an 802.1Q tag's place and tell whether there was one. */
static struct tv_next
marvell(struct tv_walk *w, const uint8_t *tag)
{
        enum { TAGGED = 0x20 };

        if (tag[0] & TAGGED)
                tv_walk_step(w, TV_STEP_VLAN, tv_be16(tag + 2) & 0x0fff);
        return tv_next_ethertype(tv_be16(tag + 4));
}

struct tv_next
tv_link_dsa_marvell(struct tv_walk *w)
{
        const uint8_t *header = tv_take(&w->c, 12 + 4 + 2);

        return header ? marvell(w, header + 12) : tv_walk_stop();
}

/* ... behind an Ethernet type of its own, and two zeros. */
struct tv_next
tv_edsa(struct tv_walk *w)
{
        const uint8_t *header = tv_take(&w->c, 2 + 4 + 2);

        return header ? marvell(w, header + 2) : tv_walk_stop();
}

struct tv_next
tv_link_dsa_marvell_ethertype(struct tv_walk *w)
{
        return tv_walk_skip(w, 14, tv_edsa);
}
