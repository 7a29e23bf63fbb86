/* tunnel_esp.c - ESP (RFC 4303) that does not encrypt (RFC 2410, RFC 4543).  No field says so: the keys' owners know.
 * An onlooker can guess (RFC 5879), and must not guess wrong, since that makes up segments that nobody sent.
 *
 * Taken for plain is what has, in front of an integrity check value of a usual size, a trailer whose padding is the
 * default 1, 2, 3 ... (section 2.4), and, behind the sequence number (and the initialization vector of RFC 4543), the
 * packet that the trailer announces, of the very length that remains:
 *
 *      IPv4    next header 8 bits, padding 8 or more, version and header length 8, total length 16, checksum 16
 *      IPv6    8, 8, version 4, payload length 16, kind of next header 4; TCP right behind it: 4 more, checksum 16
 *      TCP     8, 8, reserved bits 4, no urgent flag nor pointer 17, checksum 16
 *
 * so that, in the 14 places tried, random octets pass once in 2^44 packets or less (IPv6 with TCP
 * behind an extension header; the others in 2^49).  A packet cut by the snaplen has
 * no trailer to look at: it stays ESP. */
#include "analyzer/decode/checksum.h"
#include "analyzer/decode/walk.h"

#include <string.h>

enum { HEADER = 8, TRAILER = 2, IPV4 = 4, IPV6 = 41 };

/* Octets of padding before the trailer at |end| (behind its last octet), or -1. */
static int
padding(const uint8_t *begin, const uint8_t *end)
{
        uint8_t n = end[-2];

        if (end - begin < TRAILER + n)
                return -1;
        for (uint8_t i = 0; i < n; i++)
                if (end[-TRAILER - n + i] != i + 1)
                        return -1;
        return n;
}

static bool
looks_like_tcp(const uint8_t *p, uint32_t length, const uint8_t *source, const uint8_t *destination, bool ipv6)
{
        enum { HEADER_MIN = 20, FLAGS = 13 };
        uint32_t header;
        uint64_t addresses;
        uint16_t field;
        const size_t words = ipv6 ? 4 : 1;

        if (length < HEADER_MIN)
                return false;
        header = (p[12] >> 4) * 4u;
        if (header < HEADER_MIN || header > length || (p[12] & 0x0f) != 0 || p[FLAGS] & TV_URG || tv_be16(p + 18) != 0)
                return false;
        addresses = tv_sum_words(source, words) + tv_sum_words(destination, words);
        memcpy(&field, p + 16, 2);
        return tv_checksum_judge(addresses, length, tv_sum_words(p, header / 4) + tv_sum(p + header, length - header),
                                 field) == TV_CHECKSUM_GOOD;
}

/* Are the |length| octets at |p| what |next| says? */
static bool
is_plain(const struct tv_walk *w, const uint8_t *p, uint32_t length, uint8_t next)
{
        struct tv_walk inner = *w;

        switch (next) {
        case TV_IP_TCP:
                return looks_like_tcp(p, length, w->source, w->destination, (w->seg->bits & TV_SEG_IPV6) != 0);
        case IPV4:
        case IPV6:
                inner.c = tv_cursor_make(p, length);
                inner.missing = 0;
                if (length == 0 || p[0] >> 4 != (next == IPV4 ? 4 : 6) || !tv_looks_like_ip(&inner, 0, true))
                        return false;
                return next == IPV4 || p[6] != TV_IP_TCP || looks_like_tcp(p + 40, length - 40, p + 8, p + 24, true);
        default:
                return false;
        }
}

struct tv_next
tv_esp(struct tv_walk *w)
{
        /* 12: RFC 2404 and 4868; 16: RFC 4543 and 4868; 24, 32: RFC 4868; 20, 8: seen; 0: none. */
        static const uint8_t check_bytes[] = {12, 16, 0, 24, 32, 20, 8}, vector_bytes[] = {0, 8};
        const uint8_t *p = w->c.p;
        const uint32_t have = (uint32_t)tv_cursor_left(&w->c);

        if (w->missing != 0 || have < HEADER)
                return tv_walk_stop();
        for (size_t v = 0; v < sizeof vector_bytes; v++)
                for (size_t i = 0; i < sizeof check_bytes; i++) {
                        const uint32_t before = HEADER + vector_bytes[v], behind = check_bytes[i] + TRAILER;
                        const uint8_t *end;
                        uint32_t length;
                        int pad;

                        if (have < before + behind)
                                continue;
                        end = p + have - check_bytes[i];
                        pad = padding(p + before, end);
                        if (pad < 0)
                                continue;
                        length = have - before - behind - (uint32_t)pad;
                        if (!is_plain(w, p + before, length, end[-1]))
                                continue;
                        tv_take(&w->c, before);
                        tv_walk_limit(w, length);
                        if (end[-1] == TV_IP_TCP) {
                                tv_walk_step(w, TV_STEP_ESP, tv_be32(p));
                                w->ip_bytes += before;
                        } else {
                                tv_walk_tunnel(w, TV_STEP_ESP, tv_be32(p));
                        }
                        return tv_next_protocol(w, end[-1]);
                }
        return tv_walk_stop();
}

/* In UDP (RFC 3948 section 2): where the SPI would be 0, it is a message of IKE. */
struct tv_next
tv_udp_esp(struct tv_walk *w)
{
        if (tv_cursor_left(&w->c) < HEADER || tv_be32(w->c.p) == 0)
                return tv_walk_stop();
        return tv_esp(w);
}
