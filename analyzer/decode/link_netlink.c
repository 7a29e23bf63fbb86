/* link_netlink.c - packets that Linux's netfilter hands to programs: log and queue (the kernel's headers
 * nfnetlink_log.h and nfnetlink_queue.h; https://www.tcpdump.org/linktypes/LINKTYPE_NFLOG.html). */
#include "analyzer/decode/link_linux.h"
#include "analyzer/decode/walk.h"

enum { FAMILY_MESSAGE = 4, ATTRIBUTE = 4, TYPE = 0x3fff };

/* Lengths are in the order of the machine that captured. */
static uint16_t
host16(const uint8_t *p, bool big_endian)
{
        return big_endian ? tv_be16(p) : tv_le16(p);
}

/* Finds attribute |wanted| among |bytes| octets; false when they make no sense in that byte order. */
static bool
find_attribute(const uint8_t *p, size_t bytes, bool big_endian, uint16_t wanted, struct tv_cursor *found)
{
        found->p = NULL;
        while (bytes >= ATTRIBUTE) {
                size_t length = host16(p, big_endian), room = (length + 3) & ~(size_t)3;

                if (length < ATTRIBUTE)
                        return false;
                if ((host16(p + 2, big_endian) & TYPE) == wanted) {
                        *found = tv_cursor_make(p + ATTRIBUTE, (length < bytes ? length : bytes) - ATTRIBUTE);
                        return true;
                }
                if (length > bytes)
                        return false;
                room = room < bytes ? room : bytes;
                p += room;
                bytes -= room;
        }
        return bytes == 0;
}

/* A message of netfilter: address family, version, resource, attributes, of which |wanted| is the packet. */
static struct tv_next
message(struct tv_walk *w, uint16_t wanted)
{
        const uint8_t *header = tv_take(&w->c, FAMILY_MESSAGE);
        size_t left = tv_cursor_left(&w->c);
        struct tv_cursor found;

        if (!header || header[1] != 0)
                return tv_walk_stop();
        if ((!find_attribute(w->c.p, left, false, wanted, &found) &&
             !find_attribute(w->c.p, left, true, wanted, &found)) ||
            found.p == NULL)
                return tv_walk_stop();
        uint32_t behind = (uint32_t)(w->c.end - found.end);
        w->c = found;
        if (behind > 0)
                w->missing = 0;
        return tv_next_ip_version(w);
}

struct tv_next
tv_link_nflog(struct tv_walk *w)
{
        enum { PAYLOAD = 9 };

        return message(w, PAYLOAD);
}

/* Netlink messages of |family|; the first is looked at. */
struct tv_next
tv_link_netlink_family(struct tv_walk *w, uint16_t family)
{
        enum { NETFILTER = 12, LOG_PACKET = 0x0400, QUEUE_PACKET = 0x0300, LOG_PAYLOAD = 9, QUEUE_PAYLOAD = 10 };
        const uint8_t *header = tv_take(&w->c, 16); /* length, type, flags, sequence number, port */

        if (!header || family != NETFILTER)
                return tv_walk_stop();
        bool big_endian = tv_le32(header) > UINT16_MAX; /* no message is so long */
        switch (host16(header + 4, big_endian)) {
        case LOG_PACKET:
                return message(w, LOG_PAYLOAD);
        case QUEUE_PACKET:
                return message(w, QUEUE_PAYLOAD);
        default:
                return tv_walk_stop();
        }
}

/* A header as of Linux's cooked capture before the message (LINKTYPE_NETLINK). */
struct tv_next
tv_link_netlink(struct tv_walk *w)
{
        const uint8_t *header = tv_take(&w->c, 16);

        return header ? tv_link_netlink_family(w, tv_be16(header + 14)) : tv_walk_stop();
}
