/* link_juniper.c - captures on Juniper's routers: "MGC", flags, extensions, a cookie of the hardware that many kinds of
 * interface have, and the link layer proper or IP. */
#include "analyzer/decode/walk.h"

enum { UNNUMBERED = 0x03, LINK_SERVICES = 0x54, ADAPTIVE_SERVICES = 0x47, MPLS = 0x8847 };

/* The header and |cookie_bytes|, more of which some cookies announce themselves.  Returns where the cookie begins, or
 * NULL with |*next| set when the rest is decided: no link layer, or no such header. */
static const uint8_t *
begin(struct tv_walk *w, size_t cookie_bytes, struct tv_next *next)
{
        enum { NO_LINK_LAYER = 0x02, EXTENSIONS = 0x80, MAGIC = 0x4d4743 };
        const uint8_t *header = tv_take(&w->c, 4);

        *next = tv_walk_stop();
        if (!header || tv_be32(header) >> 8 != MAGIC)
                return NULL;
        if ((header[3] & EXTENSIONS) && !tv_take(&w->c, tv_take_be16(&w->c)))
                return NULL;
        if (header[3] & NO_LINK_LAYER) {
                if (tv_take(&w->c, 4))
                        *next = tv_next_ip_version(w);
                return NULL;
        }
        if (cookie_bytes > 0 && tv_cursor_left(&w->c) > 0) {
                if (w->c.p[0] == LINK_SERVICES)
                        cookie_bytes += 2;
                else if (w->c.p[0] == ADAPTIVE_SERVICES)
                        cookie_bytes = 8;
        }
        return tv_take(&w->c, cookie_bytes);
}

/* Kinds without a cookie, and those behind whose cookie IP comes at once. */
#define PLAIN(name, cookie_bytes, following)                                                                           \
        struct tv_next tv_link_juniper_##name(struct tv_walk *w)                                                       \
        {                                                                                                              \
                struct tv_next next;                                                                                   \
                                                                                                                       \
                return begin(w, cookie_bytes, &next) ? (following) : next;                                             \
        }

PLAIN(ethernet, 0, tv_walk_on(tv_link_ethernet))
PLAIN(ppp, 0, tv_walk_on(tv_ppp))
PLAIN(frame_relay, 0, tv_walk_on(tv_link_frame_relay))
PLAIN(cisco_hdlc, 0, tv_walk_on(tv_link_cisco_hdlc))
PLAIN(pppoe_atm, 0, (tv_cursor_left(&w->c) < 2 ? tv_walk_stop() : tv_next_ethertype(tv_take_be16(&w->c))))
PLAIN(services, 8, tv_next_ip_version(w))

/* Encryption services: the association's number, kind and tunnel ends before a packet in the clear. */
struct tv_next
tv_link_juniper_es(struct tv_walk *w)
{
        enum { KIND = 3, FIRST_WITH_HEADER = 3, LAST_WITH_HEADER = 5, HEADER = 16 };
        struct tv_next next;

        if (!begin(w, 0, &next))
                return next;
        if (tv_cursor_left(&w->c) > HEADER && w->c.p[KIND] >= FIRST_WITH_HEADER && w->c.p[KIND] <= LAST_WITH_HEADER)
                tv_take(&w->c, HEADER);
        return tv_next_ip_version(w);
}

/* What the encapsulations of a circuit begin with: 802.2, Cisco's NLPID, PPP, IP. */
static struct tv_next
circuit(struct tv_walk *w)
{
        const uint8_t *p = w->c.p;

        if (tv_cursor_left(&w->c) < 3)
                return tv_walk_stop();
        if (p[0] == UNNUMBERED) {
                tv_take(&w->c, 1);
                return tv_walk_on(tv_nlpid);
        }
        if (p[0] == 0 || (p[0] == 0xff && p[1] == UNNUMBERED))
                return tv_walk_on(tv_ppp);
        return tv_llc_or_ip(w);
}

struct tv_next
tv_link_juniper_atm1(struct tv_walk *w)
{
        enum { MAINTENANCE = 0x80 };
        struct tv_next next;
        const uint8_t *cookie = begin(w, 4, &next);

        if (!cookie)
                return next;
        return cookie[0] == MAINTENANCE ? tv_walk_stop() : circuit(w);
}

struct tv_next
tv_link_juniper_atm2(struct tv_walk *w)
{
        enum { KIND = 7, MAINTENANCE = 0x70 };
        struct tv_next next;
        const uint8_t *cookie = begin(w, 8, &next);

        if (!cookie)
                return next;
        return cookie[KIND] & MAINTENANCE ? tv_walk_stop() : circuit(w);
}

/* Bundles on a services card: its cookie tells the protocol. */
static struct tv_next
by_services_cookie(const uint8_t *cookie)
{
        enum {
                PROTOCOL = 5,
                MASK = 0x70,
                IPV4 = 0x00,
                IPV6 = 0x10,
                LABELS = 0x20,
                FLAGS = 4,
                TO_ROUTING_ENGINE = 0x0c
        };

        switch (cookie[PROTOCOL] & MASK) {
        case IPV4:
                return cookie[FLAGS] == TO_ROUTING_ENGINE ? tv_walk_on(tv_ppp) : tv_next_ethertype(TV_ETHERTYPE_IPV4);
        case IPV6:
                return tv_next_ethertype(TV_ETHERTYPE_IPV6);
        case LABELS:
                return tv_next_ethertype(MPLS);
        default:
                return tv_walk_stop();
        }
}

struct tv_next
tv_link_juniper_mlppp(struct tv_walk *w)
{
        struct tv_next next;
        const uint8_t *cookie = begin(w, 2, &next);

        if (!cookie)
                return next;
        return cookie[0] == ADAPTIVE_SERVICES ? by_services_cookie(cookie) : tv_walk_on(tv_ppp);
}

/* Bundles of Frame Relay, behind whose cookie the address is missing. */
static struct tv_next
frame_relay_bundle(struct tv_walk *w, size_t cookie_bytes)
{
        struct tv_next next;
        const uint8_t *cookie = begin(w, cookie_bytes, &next);

        if (!cookie)
                return next;
        if (cookie[0] == ADAPTIVE_SERVICES)
                return by_services_cookie(cookie);
        return tv_take_u8(&w->c) == UNNUMBERED ? tv_walk_on(tv_nlpid) : tv_walk_stop();
}

struct tv_next
tv_link_juniper_mlfr(struct tv_walk *w)
{
        return frame_relay_bundle(w, 2);
}

struct tv_next
tv_link_juniper_mfr(struct tv_walk *w)
{
        enum { WHOLE = 0xc0 };
        struct tv_walk probe = *w;
        struct tv_next next;

        /* The links of a bundle have no cookie, and begin as their frames do. */
        if (!begin(&probe, 0, &next))
                return begin(w, 0, &next) ? tv_walk_stop() : next;
        if (tv_cursor_left(&probe.c) > 0 && (probe.c.p[0] & WHOLE) == WHOLE) {
                w->c = probe.c;
                return tv_walk_on(tv_link_mfr);
        }
        return frame_relay_bundle(w, 4);
}
