/* tunnel_vxlan.c - VXLAN (RFC 7348 section 5), with the group policy's bits, which do not matter here, and the generic
 * protocol extension (draft-ietf-nvo3-vxlan-gpe). */
#include "analyzer/decode/walk.h"

enum { HEADER = 8, HAS_VNI = 0x08, HAS_NEXT_PROTOCOL = 0x04 };
enum { IPV4 = 1, IPV6 = 2, ETHERNET = 3, NSH = 4, MPLS = 5, ETHERTYPE_NSH = 0x894f };

static const uint8_t *
take_header(struct tv_walk *w)
{
        const uint8_t *p = tv_take(&w->c, HEADER);

        /* Some leave the flag out; then the frame must be there to be seen. */
        if (!p || (!(p[0] & HAS_VNI) && !tv_looks_like_ethernet(w, 0)))
                return NULL;
        tv_walk_tunnel(w, TV_STEP_VXLAN, tv_be32(p + 4) >> 8);
        return p;
}

struct tv_next
tv_vxlan(struct tv_walk *w)
{
        return (struct tv_next){take_header(w) ? tv_link_ethernet : NULL};
}

/* Numbered as in the network service header (RFC 8300 section 2.2). */
static struct tv_next
next_protocol(const struct tv_walk *w, uint8_t number)
{
        switch (number) {
        case IPV4:
        case IPV6:
                return tv_fits_as_ip(w) ? tv_next_ip_version(w) : tv_walk_stop();
        case ETHERNET:
                return (struct tv_next){tv_link_ethernet};
        case NSH:
                return tv_next_ethertype(ETHERTYPE_NSH);
        case MPLS:
                return (struct tv_next){tv_mpls};
        default:
                return tv_walk_stop();
        }
}

struct tv_next
tv_vxlan_gpe(struct tv_walk *w)
{
        enum { VERSION = 0x30 };
        const uint8_t *p = take_header(w);

        if (!p || p[0] & VERSION)
                return tv_walk_stop();
        return next_protocol(w, p[0] & HAS_NEXT_PROTOCOL ? p[3] : ETHERNET);
}
