/* icmp.c - ICMP (RFC 792) and ICMPv6 (RFC 4443): which TCP segment an error message quotes, and what it says. */
#include "analyzer/decode/checksum.h"
#include "analyzer/decode/cursor.h"
#include "analyzer/decode/walk.h"

#include <string.h>

enum {
        HEADER = 8, /* of every error message: type, code, checksum, and a word that depends on the type */
        IPV4_HEADER_MIN = 20,
        IPV6_HEADER = 40,
        TCP_QUOTED = 8, /* ports and SEQ: all that RFC 792 promises of the segment */
};

enum icmp_type {
        UNREACHABLE = 3,
        QUENCH = 4,
        REDIRECT = 5,
        TIME_EXCEEDED = 11,
        PARAMETER = 12,
        FRAGMENTATION_NEEDED = 4, /* a code of UNREACHABLE */
};

enum icmpv6_type { V6_UNREACHABLE = 1, V6_TOO_BIG = 2, V6_TIME_EXCEEDED = 3, V6_PARAMETER = 4 };

/* Fills in the message of |p| (its header) about the TCP segment whose first octets are at |tcp|.  |source| and
 * |destination| are the segment's. */
static void
fill(struct tv_walk *w, const uint8_t *p, enum tv_icmp_kind kind, uint32_t mtu, const uint8_t *source,
     const uint8_t *destination, const uint8_t *tcp)
{
        bool ipv6 = (w->seg->bits & TV_SEG_IPV6) != 0;
        struct tv_icmp_error *error = &w->aside->icmp;

        /* An error goes to who sent what it quotes (RFC 1122 section 3.2.2, RFC 4443 section 2.2). */
        if (memcmp(w->destination, source, ipv6 ? 16 : 4) != 0)
                return;
        *error = (struct tv_icmp_error){
                .kind = (uint8_t)kind,
                .type = p[0],
                .code = p[1],
                .ipv6 = ipv6,
                .mtu = mtu,
                .checksum = tv_be16(p + 2),
                .seq = tv_be32(tcp + 4),
        };
        memcpy(error->sender, w->source, ipv6 ? 16 : 4);
        error->from_high = tv_flow_key_set(&error->key, ipv6, source, destination, tv_be16(tcp), tv_be16(tcp + 2));
}

static enum tv_icmp_kind
kind_of(const uint8_t *p)
{
        switch (p[0]) {
        case UNREACHABLE:
                return p[1] == FRAGMENTATION_NEEDED ? TV_ICMP_TOO_BIG : TV_ICMP_UNREACHABLE;
        case QUENCH:
                return TV_ICMP_QUENCH;
        case REDIRECT:
                return TV_ICMP_REDIRECT;
        case TIME_EXCEEDED:
                return TV_ICMP_TIME_EXCEEDED;
        case PARAMETER:
                return TV_ICMP_PARAMETER;
        default:
                return TV_ICMP_NONE;
        }
}

/* Does the header at |p| of |bytes| octets begin a datagram?  Some old stacks quote length and offset in their own byte
 * order: DF then reads as an offset of 512 octets, which the header's checksum tells from a real one. */
static bool
begins_datagram(const uint8_t *p, uint32_t bytes)
{
        enum { OFFSET = 0x1fff, SWAPPED_DF = 0x0040 };
        uint16_t field = tv_be16(p + 6);

        return (field & OFFSET) == 0 || (field == SWAPPED_DF && tv_sum_fold16(tv_sum_words(p, bytes / 4)) != 0xffff);
}

struct tv_next
tv_icmp(struct tv_walk *w)
{
        const uint8_t *p = tv_take(&w->c, HEADER), *ip = w->c.p;
        size_t have = tv_cursor_left(&w->c);
        enum tv_icmp_kind kind;
        uint32_t header;

        if (p == NULL || (w->seg->bits & TV_SEG_IPV6) != 0)
                return tv_walk_stop();
        kind = kind_of(p);
        if (kind == TV_ICMP_NONE || have < IPV4_HEADER_MIN)
                return tv_walk_stop();
        /* Neither the quoted length nor the quoted checksum need be as they were sent. */
        header = (ip[0] & 0x0fu) * 4u;
        if (ip[0] >> 4 != 4 || header < IPV4_HEADER_MIN || have < header + TCP_QUOTED || ip[9] != TV_IP_TCP ||
            !begins_datagram(ip, header))
                return tv_walk_stop();
        /* RFC 1191 section 4; 0 from routers that do not know of it. */
        fill(w, p, kind, kind == TV_ICMP_TOO_BIG ? tv_be16(p + 6) : 0, ip + 12, ip + 16, ip + header);
        return tv_walk_stop();
}

static enum tv_icmp_kind
kind_of_v6(uint8_t type)
{
        switch (type) {
        case V6_UNREACHABLE:
                return TV_ICMP_UNREACHABLE;
        case V6_TOO_BIG:
                return TV_ICMP_TOO_BIG;
        case V6_TIME_EXCEEDED:
                return TV_ICMP_TIME_EXCEEDED;
        case V6_PARAMETER:
                return TV_ICMP_PARAMETER;
        default:
                return TV_ICMP_NONE;
        }
}

struct tv_next
tv_icmpv6(struct tv_walk *w)
{
        const uint8_t *p = tv_take(&w->c, HEADER), *ip = w->c.p;
        enum tv_icmp_kind kind;
        struct tv_segment_more more;
        union tv_aside aside;
        struct tv_segment seg;
        struct tv_walk quoted;
        struct tv_next next;

        if (p == NULL || (w->seg->bits & TV_SEG_IPV6) == 0)
                return tv_walk_stop();
        kind = kind_of_v6(p[0]);
        if (kind == TV_ICMP_NONE || tv_cursor_left(&w->c) < IPV6_HEADER || ip[0] >> 4 != 6)
                return tv_walk_stop();
        /* A walk of its own finds TCP behind the extension headers; the quoted length need not be right, so that
         * only what was captured counts. */
        seg.bits = 0;
        quoted = (struct tv_walk){.c = w->c, .in_ip = true, .seg = &seg, .more = &more, .aside = &aside};
        quoted.ip_bytes = IPV6_HEADER;
        tv_take(&quoted.c, IPV6_HEADER);
        tv_ipv6_fields(&quoted, ip);
        next = tv_ipv6_extensions(&quoted, ip[6]);
        if (next.decode != tv_tcp && !(quoted.bucket == TV_BUCKET_fragment && aside.fragment.offset == 0 &&
                                       aside.fragment.protocol == TV_IP_TCP))
                return tv_walk_stop();
        if (tv_cursor_left(&quoted.c) < TCP_QUOTED)
                return tv_walk_stop();
        fill(w, p, kind, kind == TV_ICMP_TOO_BIG ? tv_be32(p + 4) : 0, quoted.source, quoted.destination, quoted.c.p);
        return tv_walk_stop();
}

/* By code, in the words of RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7 and RFC 4443. */
static const char *const unreachable[] = {
        "network unreachable",
        "host unreachable",
        "protocol unreachable",
        "port unreachable",
        "fragmentation needed",
        "source route failed",
        "network unknown",
        "host unknown",
        "source host isolated",
        "network administratively prohibited",
        "host administratively prohibited",
        "network unreachable for this type of service",
        "host unreachable for this type of service",
        "administratively prohibited",
        "host precedence violation",
        "precedence cutoff in effect",
};
static const char *const redirect[] = {
        "redirect for the network",
        "redirect for the host",
        "redirect for the type of service and network",
        "redirect for the type of service and host",
};
static const char *const unreachable_v6[] = {
        "no route to destination",
        "administratively prohibited",
        "beyond the scope of the source address",
        "address unreachable",
        "port unreachable",
        "source address failed ingress or egress policy",
        "reject route to destination",
        "error in source routing header",
};

#define WORD(words, code, rest) ((code) < sizeof(words) / sizeof *(words) ? (words)[code] : (rest))

const char *
tv_icmp_meaning(bool ipv6, uint8_t type, uint8_t code)
{
        if (ipv6) {
                switch (type) {
                case V6_UNREACHABLE:
                        return WORD(unreachable_v6, code, "destination unreachable");
                case V6_TOO_BIG:
                        return "packet too big";
                case V6_TIME_EXCEEDED:
                        return code == 0 ? "hop limit exceeded in transit" : "reassembly time exceeded";
                case V6_PARAMETER:
                        return "parameter problem";
                default:
                        return "unknown ICMPv6 message";
                }
        }
        switch (type) {
        case UNREACHABLE:
                return WORD(unreachable, code, "destination unreachable");
        case QUENCH:
                return "source quench";
        case REDIRECT:
                return WORD(redirect, code, "redirect");
        case TIME_EXCEEDED:
                return code == 0 ? "TTL exceeded in transit" : "reassembly time exceeded";
        case PARAMETER:
                return "parameter problem";
        default:
                return "unknown ICMP message";
        }
}
