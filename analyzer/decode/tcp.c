/* tcp.c - TCP header and options (RFC 9293 sections 3.1 and 3.2), checksum, canonical order of both ends. */
#include "analyzer/decode/checksum.h"
#include "analyzer/decode/cursor.h"
#include "analyzer/decode/walk.h"

#include <string.h>

enum { HEADER_MIN = 20 };

enum option_kind {
        KIND_END = 0,
        KIND_NOP = 1,
        KIND_MSS = 2,
        KIND_WSCALE = 3,
        KIND_SACK_OK = 4,
        KIND_SACK = 5,
        KIND_TIMESTAMPS = 8,
        KIND_MD5 = 19,
        KIND_USER_TIMEOUT = 28,
        KIND_AO = 29,
        KIND_MPTCP = 30,
        KIND_FAST_OPEN = 34,
        KIND_EXPERIMENT_1 = 253, /* RFC 6994: two octets tell which experiment */
        KIND_EXPERIMENT_2 = 254,
};
#define EXPERIMENT_FAST_OPEN 0xf989 /* RFC 7413 section 4.1.1 */

static bool
fast_open(unsigned cookie, struct tv_segment *seg, struct tv_segment_more *more)
{
        if (cookie != 0 && (cookie < 4 || cookie > 16)) /* RFC 7413 section 2 */
                return false;
        seg->options |= TV_OPT_FAST_OPEN;
        tv_segment_more_use(seg, more)->fast_open_cookie = (uint8_t)cookie;
        return true;
}

static bool
sack(const uint8_t *p, unsigned length, struct tv_segment *seg, struct tv_segment_more *more)
{
        unsigned blocks = (length - 2) / 8;

        if (blocks == 0 || blocks > TV_MAX_SACK_BLOCKS || length != 2 + 8 * blocks)
                return false;
        tv_segment_more_use(seg, more);
        for (unsigned i = 0; i < blocks; i++) {
                more->sack_left[i] = tv_be32(p + 2 + 8 * i);
                more->sack_right[i] = tv_be32(p + 6 + 8 * i);
        }
        seg->options |= TV_OPT_SACK;
        seg->sack_blocks = (uint8_t)blocks;
        return true;
}

/* One option of |length| >= 2 octets, all at hand.  False when its kind cannot have this length. */
static bool
option(const uint8_t *p, unsigned length, struct tv_segment *seg, struct tv_segment_more *more)
{
        switch (p[0]) {
        case KIND_MSS:
                if (length != 4)
                        return false;
                seg->options |= TV_OPT_MSS;
                tv_segment_more_use(seg, more)->mss = tv_be16(p + 2);
                return true;
        case KIND_WSCALE:
                if (length != 3)
                        return false;
                seg->options |= TV_OPT_WSCALE;
                seg->wscale = p[2];
                return true;
        case KIND_SACK_OK:
                if (length != 2)
                        return false;
                seg->options |= TV_OPT_SACK_OK;
                return true;
        case KIND_SACK:
                return sack(p, length, seg, more);
        case KIND_TIMESTAMPS:
                if (length != 10)
                        return false;
                seg->options |= TV_OPT_TIMESTAMPS;
                seg->tsval = tv_be32(p + 2);
                seg->tsecr = tv_be32(p + 6);
                return true;
        case KIND_MD5:
                if (length != 18)
                        return false;
                seg->options |= TV_OPT_MD5;
                return true;
        case KIND_USER_TIMEOUT:
                if (length != 4)
                        return false;
                seg->options |= TV_OPT_USER_TIMEOUT;
                return true;
        case KIND_AO:
                if (length < 4)
                        return false;
                seg->options |= TV_OPT_AO;
                return true;
        case KIND_MPTCP:
                if (length < 3)
                        return false;
                seg->options |= TV_OPT_MPTCP;
                return true;
        case KIND_FAST_OPEN:
                return fast_open(length - 2, seg, more);
        case KIND_EXPERIMENT_1:
        case KIND_EXPERIMENT_2:
                if (length >= 4 && tv_be16(p + 2) == EXPERIMENT_FAST_OPEN)
                        return fast_open(length - 4, seg, more);
                seg->options |= TV_OPT_UNKNOWN;
                return true;
        default:
                seg->options |= TV_OPT_UNKNOWN;
                return true;
        }
}

/* The option list: |bytes| octets by the header, of which |have| are at hand. */
static void
options(const uint8_t *p, uint32_t bytes, uint32_t have, struct tv_segment *seg, struct tv_segment_more *more)
{
        uint32_t at = 0;

        while (at < bytes) {
                if (at >= have)
                        goto cut;
                if (p[at] == KIND_END)
                        return;
                if (p[at] == KIND_NOP) {
                        at++;
                        continue;
                }
                if (at + 1 >= bytes) {
                        seg->options |= TV_OPT_MALFORMED;
                        return;
                }
                if (at + 1 >= have)
                        goto cut;
                unsigned length = p[at + 1];
                if (length < 2 || length > bytes - at) {
                        /* Where the next option begins, nobody knows. */
                        seg->options |= TV_OPT_MALFORMED;
                        return;
                }
                if (length > have - at)
                        goto cut;
                if (!option(p + at, length, seg, more))
                        seg->options |= TV_OPT_MALFORMED;
                at += length;
        }
        return;
cut:
        seg->options |= TV_OPT_CUT;
}

static inline void
swap_if(bool swap, uint32_t *x, uint32_t *y)
{
        uint32_t change = (*x ^ *y) & (0 - (uint32_t)swap);

        *x ^= change;
        *y ^= change;
}

/* The lower pair of address and port, as byte strings, is [0]. */
static inline bool
set_key(struct tv_flow_key *key, bool ipv6, const uint8_t *source, const uint8_t *destination, uint16_t source_port,
        uint16_t destination_port)
{
        bool from_high;

        if (ipv6) {
                int order = memcmp(source, destination, 16);
                from_high = order > 0 || (order == 0 && source_port > destination_port);
                memcpy(key->addr[from_high], source, 16);
                memcpy(key->addr[!from_high], destination, 16);
        } else {
                /* Both orders are computed: which one it is, no processor can guess. */
                uint64_t a = (uint64_t)tv_be32(source) << 16 | source_port;
                uint64_t b = (uint64_t)tv_be32(destination) << 16 | destination_port;
                uint32_t from, to;

                memcpy(&from, source, 4);
                memcpy(&to, destination, 4);
                from_high = a > b;
                memset(key->addr, 0, sizeof key->addr);
                swap_if(from_high, &from, &to);
                memcpy(key->addr[0], &from, 4);
                memcpy(key->addr[1], &to, 4);
        }
        key->port[from_high] = source_port;
        key->port[!from_high] = destination_port;
        return from_high;
}

bool
tv_flow_key_set(struct tv_flow_key *key, bool ipv6, const uint8_t *source, const uint8_t *destination,
                uint16_t source_port, uint16_t destination_port)
{
        return set_key(key, ipv6, source, destination, source_port, destination_port);
}

enum tv_bucket
tv_tcp_decode(const struct tv_transport *t, struct tv_segment *seg, struct tv_segment_more *more)
{
        const uint8_t *p = t->p;

        if (t->have < HEADER_MIN)
                return tv_short_bucket(HEADER_MIN, t->length);

        uint32_t header = (p[12] >> 4) * 4u;

        if (header < HEADER_MIN || header > t->length)
                return TV_BUCKET_malformed;

        if (set_key(&seg->key, (seg->bits & TV_SEG_IPV6) != 0, t->source, t->destination, tv_be16(p), tv_be16(p + 2)))
                seg->bits |= TV_SEG_FROM_HIGH;
        seg->seq = tv_be32(p + 4);
        seg->ack = tv_be32(p + 8);
        seg->flags = tv_be16(p + 12) & 0x0fff;
        seg->window = tv_be16(p + 14);
        seg->length = t->length - header;
        seg->header_bytes = (uint16_t)(t->ip_bytes > 0xff00 ? 0xffff : t->ip_bytes + header); /* a jumbogram may */
        seg->hash = 0;
        seg->tsval = seg->tsecr = 0;
        seg->options = 0;
        seg->wscale = seg->sack_blocks = 0;
        if (seg->flags & TV_URG)
                tv_segment_more_use(seg, more)->urgent = tv_be16(p + 18);

        uint32_t header_have = t->have < header ? t->have : header;
        if (header == 32 && header_have == 32 && tv_be32(p + 20) == 0x0101080a) {
                /* NOP, NOP, timestamps: nearly all there is (RFC 7323 appendix A). */
                seg->options = TV_OPT_TIMESTAMPS;
                seg->tsval = tv_be32(p + 24);
                seg->tsecr = tv_be32(p + 28);
        } else if (header > HEADER_MIN) {
                options(p + HEADER_MIN, header - HEADER_MIN, header_have - HEADER_MIN, seg, more);
        }

        seg->payload_sum = t->have > header ? tv_sum(p + header, t->have - header) : 0;
        seg->checksum = TV_CHECKSUM_UNCHECKED;
        if (t->have < t->length) {
                seg->bits |= TV_SEG_CUT;
        } else {
                size_t words = seg->bits & TV_SEG_IPV6 ? 4 : 1;
                uint16_t field;

                memcpy(&field, p + 16, 2);
                seg->checksum =
                        (uint8_t)tv_checksum_judge(tv_sum_words(t->source, words) + tv_sum_words(t->destination, words),
                                                   t->length, tv_sum_words(p, header / 4) + seg->payload_sum, field);
        }
        return TV_BUCKET_tcp;
}

/* Is the segment at |p| one, where a guess led to it?  IPv6 has no checksum: of random octets that begin with a 6, one
 * in 2^8 would be TCP, with any addresses.  So it takes TCP's checksum or a length that fits, 14 bits at least, and no
 * reserved bits nor an urgent pointer that the flags deny, another 4. */
static bool
is_credible(const struct tv_walk *w, const uint8_t *p)
{
        const struct tv_segment *seg = w->seg;

        if (seg->flags & TV_RESERVED_BITS || (!(seg->flags & TV_URG) && tv_be16(p + 18) != 0))
                return false;
        return w->filled || seg->checksum == TV_CHECKSUM_GOOD || seg->checksum == TV_CHECKSUM_OFFLOADED;
}

struct tv_next
tv_tcp(struct tv_walk *w)
{
        const struct tv_transport t = {.p = w->c.p,
                                       .have = (uint32_t)tv_cursor_left(&w->c),
                                       .length = tv_walk_length(w),
                                       .ip_bytes = w->ip_bytes,
                                       .source = w->source,
                                       .destination = w->destination};

        const enum tv_bucket bucket = tv_tcp_decode(&t, w->seg, w->more);

        if (bucket == TV_BUCKET_tcp && w->guessed && (w->seg->bits & TV_SEG_IPV6) != 0 && !is_credible(w, t.p)) {
                w->bucket = w->outside;
                return tv_walk_stop();
        }
        return tv_walk_end(w, bucket);
}
