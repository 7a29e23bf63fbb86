/* tunnel_gtp.c - user data of mobile networks: GTP-U (3GPP TS 29.281 section 5), and its version 0 (TS 09.60
 * section 6).  What a tunnel carries was told when it was set up; here, the packet must tell. */
#include "analyzer/decode/walk.h"

enum { VERSION = 0xe0, NOT_PRIME = 0x10, T_PDU = 0xff };

static struct tv_next
t_pdu(struct tv_walk *w, uint32_t id)
{
        if (tv_cursor_left(&w->c) == 0)
                return tv_walk_stop();
        tv_walk_tunnel(w, TV_STEP_GTP, id);
        if (tv_fits_as_ip(w))
                return tv_next_ip_version(w);
        if (tv_looks_like_ethernet(w, 0)) /* of a 5G session */
                return (struct tv_next){tv_link_ethernet};
        if (w->c.p[0] == 0xff || w->c.p[0] == 0x00 || w->c.p[0] == 0x21 || w->c.p[0] == 0x57)
                return (struct tv_next){tv_ppp};
        return tv_walk_stop();
}

/* Version 1: sequence number, N-PDU number and type of the next extension header stand there as soon as one of them is
 * used; each extension header counts its length in units of four octets and ends with the type of the next. */
static bool
skip_options(struct tv_cursor *c, uint8_t flags)
{
        enum { EXTENSION = 0x04, SEQUENCE = 0x02, N_PDU = 0x01 };
        const uint8_t *p;
        uint8_t next;

        if (!(flags & (EXTENSION | SEQUENCE | N_PDU)))
                return true;
        p = tv_take(c, 4);
        if (!p)
                return false;
        for (next = flags & EXTENSION ? p[3] : 0; next != 0; next = p[p[0] * 4u - 1]) {
                if (tv_cursor_left(c) == 0)
                        return false;
                p = c->p;
                if (p[0] == 0 || !tv_take(c, p[0] * 4u))
                        return false;
        }
        return true;
}

static struct tv_next
version_1(struct tv_walk *w)
{
        enum { FIXED = 8 };
        const uint8_t *p = tv_take(&w->c, FIXED);

        if (!p)
                return tv_walk_stop();
        tv_walk_trim(w, tv_be16(p + 2));
        return skip_options(&w->c, p[0]) ? t_pdu(w, tv_be32(p + 4)) : tv_walk_stop();
}

static struct tv_next
version_0(struct tv_walk *w)
{
        enum { FIXED = 20 };
        const uint8_t *p = tv_take(&w->c, FIXED);

        if (!p)
                return tv_walk_stop();
        tv_walk_trim(w, tv_be16(p + 2));
        return t_pdu(w, tv_be16(p + 6));
}

struct tv_next
tv_gtp(struct tv_walk *w)
{
        const uint8_t *p = w->c.p;

        if (tv_cursor_left(&w->c) < 2 || !(p[0] & NOT_PRIME) || p[1] != T_PDU)
                return tv_walk_stop();
        switch (p[0] & VERSION) {
        case 0x20:
                return version_1(w);
        case 0x00:
                return version_0(w);
        default:
                return tv_walk_stop();
        }
}
