#include "reassembly/ip_fragments.h"

#include <stdlib.h>
#include <string.h>

enum {
        UNIT = 8, /* fragments begin at multiples of 8 octets (RFC 791 3.1, RFC 8200 4.5) */
        PAGE = 2048,
        PAGES = 65536 / PAGE,
        PAGE_UNITS = PAGE / UNIT,
        LENGTH_MAX = 65535, /* what the 16 bits of a length field can say */
        IPV4_HEADER = 20,
        IPV6_HEADER = 40,
        RECENT = 1024,        /* pieces */
        ALLOCATION_EXTRA = 16 /* what malloc itself needs; a guess on the safe side for glibc */
};

#define NS_PER_S UINT64_C(1000000000)

/* A stretch of payload, there from the first piece on that touches it. */
struct page {
        uint8_t octets[PAGE];
        uint16_t piece_octets[PAGE_UNITS]; /* length of the first piece that begins at this unit, 0: none does */
        uint8_t captured[PAGE_UNITS];      /* octets of this unit at hand, from its beginning */
};

struct range {
        uint32_t begin, end;
};

/* A piece of a datagram that was put together. */
struct recent {
        uint64_t print; /* 0: none */
        int64_t time_ns;
};

struct datagram {
        struct datagram *next_in_bucket;
        struct datagram *older, *newer; /* by arrival, of the same IP version */
        struct tv_fragment_key key;
        uint32_t hash;
        int64_t since_ns;     /* when its first piece came */
        uint64_t arrival;     /* number among all datagrams */
        uint64_t first_frame; /* of the piece that came first */
        unsigned pieces;
        bool overlapped, conflicting, chosen;
        bool of_copies; /* of pieces of a datagram that was put together a moment before */
        bool has_header;
        uint8_t protocol; /* of the piece with offset 0, as the next two */
        uint8_t *header;
        uint32_t header_bytes;
        uint32_t end;   /* of the payload; 0: the last piece is missing */
        uint32_t reach; /* end of the piece that goes farthest */
        unsigned ranges;
        struct range covered[TV_FRAGMENT_RANGES_MAX]; /* by lengths; ascending, not touching */
        uint64_t print[TV_FRAGMENT_COPIES_MAX];       /* of its first pieces */
        struct page *pages[PAGES];
};

struct age_list {
        struct datagram *oldest, *newest;
};

struct tv_fragments {
        size_t max_bytes, bytes;
        uint64_t seed[2];
        uint64_t arrivals;
        uint32_t bucket_mask;
        struct datagram **buckets; /* from the first piece on that has to wait */
        struct age_list by_age[2]; /* IPv4, IPv6: each has its own time limit, so the oldest expires first */
        uint8_t *handed_out;       /* what the last datagram's |bytes| point to */
        size_t handed_out_bytes;
        struct recent recent[RECENT]; /* by fingerprint, the newer one stays */
        struct tv_fragment_counts counts;
};

static uint32_t
least(uint32_t x, uint32_t y)
{
        return x < y ? x : y;
}

static uint32_t
most(uint32_t x, uint32_t y)
{
        return x > y ? x : y;
}

static void
note(struct tv_fragment_evidence *evidence, uint64_t frame)
{
        if (evidence->count++ == 0)
                evidence->first_frame = frame;
}

/* The key */

static uint64_t
load(const uint8_t *p, unsigned octets)
{
        uint64_t word = 0;

        for (unsigned i = 0; i < octets; i++)
                word |= (uint64_t)p[i] << 8 * i;
        return word;
}

static uint64_t
rotate(uint64_t x, unsigned bits)
{
        return x << bits | x >> (64 - bits);
}

static void
sip_round(uint64_t v[4])
{
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
}

static void
sip_feed(uint64_t v[4], uint64_t word)
{
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
}

/* SipHash-1-3 (Aumasson and Bernstein, 2012) of both addresses, the identification (32 bits, little-endian) and, for
 * IPv4, the protocol; folded to 32 bits. */
static uint32_t
key_hash(const struct tv_fragment_key *key, const uint64_t seed[2])
{
        uint64_t v[4] = {seed[0] ^ UINT64_C(0x736f6d6570736575), seed[1] ^ UINT64_C(0x646f72616e646f6d),
                         seed[0] ^ UINT64_C(0x6c7967656e657261), seed[1] ^ UINT64_C(0x7465646279746573)};

        if (key->ipv6) {
                sip_feed(v, load(key->source, 8));
                sip_feed(v, load(key->source + 8, 8));
                sip_feed(v, load(key->destination, 8));
                sip_feed(v, load(key->destination + 8, 8));
                sip_feed(v, key->id | UINT64_C(36) << 56);
        } else {
                sip_feed(v, load(key->source, 4) | load(key->destination, 4) << 32);
                sip_feed(v, key->id | (uint64_t)key->protocol << 32 | UINT64_C(13) << 56);
        }
        v[2] ^= 0xff;
        for (unsigned i = 0; i < 3; i++)
                sip_round(v);
        v[0] ^= v[1] ^ v[2] ^ v[3];
        return (uint32_t)(v[0] ^ v[0] >> 32);
}

/* A fingerprint of all that makes a piece: the same for copies, never 0. */
static uint64_t
piece_print(const struct tv_fragment_piece *piece, uint32_t hash, const uint64_t seed[2])
{
        uint64_t v[4] = {seed[0] ^ UINT64_C(0x736f6d6570736575), seed[1] ^ UINT64_C(0x646f72616e646f6d),
                         seed[0] ^ UINT64_C(0x6c7967656e657261), seed[1] ^ UINT64_C(0x7465646279746573)};
        uint32_t at = 0;

        sip_feed(v, hash | (uint64_t)piece->offset << 32 | (uint64_t)piece->more << 63);
        sip_feed(v, piece->length | (uint64_t)piece->have << 32);
        for (; piece->have - at >= 8; at += 8)
                sip_feed(v, load(piece->payload + at, 8));
        sip_feed(v, piece->have > at ? load(piece->payload + at, piece->have - at) : 0);
        v[2] ^= 0xff;
        for (unsigned i = 0; i < 3; i++)
                sip_round(v);
        return (v[0] ^ v[1] ^ v[2] ^ v[3]) | 1;
}

static bool
same_key(const struct tv_fragment_key *x, const struct tv_fragment_key *y)
{
        size_t octets = x->ipv6 ? 16 : 4;

        return x->ipv6 == y->ipv6 && x->id == y->id && (x->ipv6 || x->protocol == y->protocol) &&
               memcmp(x->source, y->source, octets) == 0 && memcmp(x->destination, y->destination, octets) == 0;
}

/* Memory */

static size_t
cost(size_t bytes)
{
        return (bytes + 15) / 16 * 16 + ALLOCATION_EXTRA;
}

static void
release(struct tv_fragments *f, void *p, size_t bytes)
{
        if (p == NULL)
                return;
        free(p);
        f->bytes -= cost(bytes);
}

/* Takes |d| out of the table and the list, and frees it. */
static void
drop(struct tv_fragments *f, struct datagram *d)
{
        struct age_list *list = &f->by_age[d->key.ipv6];
        struct datagram **link = &f->buckets[d->hash & f->bucket_mask];

        while (*link != d)
                link = &(*link)->next_in_bucket;
        *link = d->next_in_bucket;
        if (d->older != NULL)
                d->older->newer = d->newer;
        else
                list->oldest = d->newer;
        if (d->newer != NULL)
                d->newer->older = d->older;
        else
                list->newest = d->older;

        f->counts.waiting--;
        f->counts.pieces_waiting -= d->pieces;
        if (d->of_copies)
                f->counts.copies_waiting -= d->pieces;
        for (unsigned i = 0; i < PAGES; i++)
                release(f, d->pages[i], sizeof *d->pages[i]);
        release(f, d->header, d->header_bytes);
        release(f, d, sizeof *d);
}

/* Copies of what was put together before: nothing is lost. */
static void
let_copies_go(struct tv_fragments *f, struct datagram *d)
{
        for (unsigned i = 0; i < d->pieces; i++)
                note(&f->counts.duplicates, d->first_frame);
        f->counts.pieces_used += d->pieces;
        drop(f, d);
}

static void
give_up(struct tv_fragments *f, struct datagram *d, struct tv_fragment_evidence *why)
{
        if (d->of_copies) {
                let_copies_go(f, d);
                return;
        }
        note(why, d->first_frame);
        f->counts.pieces_given_up += d->pieces;
        drop(f, d);
}

/* The datagram other than |keep| that came first, or NULL. */
static struct datagram *
oldest_but(const struct tv_fragments *f, const struct datagram *keep)
{
        struct datagram *oldest = NULL;

        for (unsigned i = 0; i < 2; i++) {
                struct datagram *d = f->by_age[i].oldest;
                if (d != NULL && d == keep)
                        d = d->newer;
                if (d != NULL && (oldest == NULL || d->arrival < oldest->arrival))
                        oldest = d;
        }
        return oldest;
}

/* Zeroed memory.  Gives up others than |keep| for it, the oldest first; NULL if that does not help. */
static void *
allocate(struct tv_fragments *f, size_t bytes, const struct datagram *keep)
{
        while (f->bytes + cost(bytes) > f->max_bytes) {
                struct datagram *oldest = oldest_but(f, keep);
                if (oldest == NULL)
                        return NULL;
                give_up(f, oldest, &f->counts.evicted);
        }
        void *p = calloc(1, bytes);
        if (p != NULL)
                f->bytes += cost(bytes);
        return p;
}

struct tv_fragments *
tv_fragments_new(size_t max_bytes, const uint64_t seed[2])
{
        struct tv_fragments *f;

        if (max_bytes < TV_FRAGMENTS_LEAST_BYTES || (f = calloc(1, sizeof *f)) == NULL)
                return NULL;
        f->max_bytes = max_bytes;
        f->bytes = cost(sizeof *f);
        memcpy(f->seed, seed, sizeof f->seed);

        /* About one for each of the smallest datagrams that fit. */
        uint32_t buckets = 16;
        while (buckets < UINT32_C(1) << 24 && max_bytes / buckets > sizeof(struct datagram) + sizeof(struct page))
                buckets *= 2;
        f->bucket_mask = buckets - 1;
        return f;
}

void
tv_fragments_free(struct tv_fragments *f)
{
        if (f == NULL)
                return;
        for (struct datagram *d; (d = oldest_but(f, NULL)) != NULL;)
                drop(f, d);
        free(f->buckets);
        free(f->handed_out);
        free(f);
}

const struct tv_fragment_counts *
tv_fragments_counts(const struct tv_fragments *f)
{
        return &f->counts;
}

size_t
tv_fragments_bytes(const struct tv_fragments *f)
{
        return f->bytes;
}

/* Time */

static bool
is_late(const struct datagram *d, int64_t now_ns)
{
        uint64_t limit = (d->key.ipv6 ? TV_FRAGMENT_IPV6_SECONDS : TV_FRAGMENT_IPV4_SECONDS) * NS_PER_S;

        return now_ns > d->since_ns && (uint64_t)now_ns - (uint64_t)d->since_ns > limit;
}

/* Where time stepped back, a datagram may stand behind one that seems younger: find() looks at its time again. */
static void
expire(struct tv_fragments *f, int64_t now_ns)
{
        for (unsigned i = 0; i < 2; i++)
                while (f->by_age[i].oldest != NULL && is_late(f->by_age[i].oldest, now_ns))
                        give_up(f, f->by_age[i].oldest, &f->counts.timed_out);
}

static struct datagram *
find(struct tv_fragments *f, const struct tv_fragment_piece *piece, uint32_t hash)
{
        struct datagram *d = f->buckets == NULL ? NULL : f->buckets[hash & f->bucket_mask];

        while (d != NULL && !(d->hash == hash && same_key(&d->key, &piece->key)))
                d = d->next_in_bucket;
        if (d != NULL && is_late(d, piece->time_ns)) {
                give_up(f, d, &f->counts.timed_out);
                return NULL;
        }
        return d;
}

static struct datagram *
start(struct tv_fragments *f, const struct tv_fragment_piece *piece, uint32_t hash)
{
        if (f->buckets == NULL) {
                f->buckets = allocate(f, (f->bucket_mask + (size_t)1) * sizeof *f->buckets, NULL);
                if (f->buckets == NULL)
                        return NULL;
        }
        struct datagram *d = allocate(f, sizeof *d, NULL);
        if (d == NULL)
                return NULL;

        struct age_list *list = &f->by_age[piece->key.ipv6];
        d->key = piece->key;
        d->hash = hash;
        d->since_ns = piece->time_ns;
        d->first_frame = piece->frame;
        d->arrival = f->arrivals++;
        d->next_in_bucket = f->buckets[hash & f->bucket_mask];
        f->buckets[hash & f->bucket_mask] = d;
        d->older = list->newest;
        if (list->newest != NULL)
                list->newest->newer = d;
        else
                list->oldest = d;
        list->newest = d;
        f->counts.waiting++;
        return d;
}

/* What is there of a datagram */

/* Is the octet at |offset| covered?  *until: up to where the answer stays the same. */
static bool
is_covered(const struct datagram *d, uint32_t offset, uint32_t *until)
{
        for (unsigned i = 0; i < d->ranges; i++) {
                if (offset < d->covered[i].begin) {
                        *until = d->covered[i].begin;
                        return false;
                }
                if (offset < d->covered[i].end) {
                        *until = d->covered[i].end;
                        return true;
                }
        }
        *until = UINT32_MAX;
        return false;
}

/* Adds [begin, end) to what is covered; false if that takes more ranges than there may be. */
static bool
cover(struct datagram *d, uint32_t begin, uint32_t end)
{
        unsigned first = 0, behind;

        while (first < d->ranges && d->covered[first].end < begin)
                first++;
        for (behind = first; behind < d->ranges && d->covered[behind].begin <= end; behind++) {
                begin = least(begin, d->covered[behind].begin);
                end = most(end, d->covered[behind].end);
        }
        /* [first, behind) become one; none of them: one more. */
        if (first == behind && d->ranges == TV_FRAGMENT_RANGES_MAX)
                return false;
        memmove(d->covered + first + 1, d->covered + behind, (d->ranges - behind) * sizeof *d->covered);
        d->ranges = d->ranges - (behind - first) + 1;
        d->covered[first] = (struct range){begin, end};
        return true;
}

static bool
is_repeated(const struct datagram *d, const struct tv_fragment_piece *piece)
{
        const struct page *page = d->pages[piece->offset / PAGE];

        return page != NULL && page->piece_octets[piece->offset % PAGE / UNIT] == piece->length;
}

/* Has |piece| other octets than those at hand? */
static bool
conflicts(const struct datagram *d, const struct tv_fragment_piece *piece)
{
        for (uint32_t i = 0; i < piece->have; i += UNIT) {
                uint32_t at = piece->offset + i;
                const struct page *page = d->pages[at / PAGE];
                if (page == NULL)
                        continue;
                uint32_t n = least(least(UNIT, piece->have - i), page->captured[at % PAGE / UNIT]);
                if (memcmp(page->octets + at % PAGE, piece->payload + i, n) != 0)
                        return true;
        }
        return false;
}

static struct page *
page_at(struct tv_fragments *f, struct datagram *d, uint32_t offset)
{
        struct page **page = &d->pages[offset / PAGE];

        if (*page == NULL)
                *page = allocate(f, sizeof **page, d);
        return *page;
}

/* Keeps the octets of |piece| in [begin, end) where there are none yet.  False: no memory. */
static bool
keep_octets(struct tv_fragments *f, struct datagram *d, const struct tv_fragment_piece *piece, uint32_t begin,
            uint32_t end)
{
        for (uint32_t at = begin; at < end; at += UNIT) {
                struct page *page = page_at(f, d, at);
                if (page == NULL)
                        return false;
                uint32_t n = least(UNIT, end - at);
                if (page->captured[at % PAGE / UNIT] < n) {
                        memcpy(page->octets + at % PAGE, piece->payload + (at - piece->offset), n);
                        page->captured[at % PAGE / UNIT] = (uint8_t)n;
                }
        }
        return true;
}

/* Takes in what |piece| has of the payload.  NULL, or why |d| must be given up. */
static struct tv_fragment_evidence *
take_payload(struct tv_fragments *f, struct datagram *d, const struct tv_fragment_piece *piece)
{
        uint32_t end = piece->offset + piece->length, captured_end = piece->offset + piece->have, until;
        bool met = is_covered(d, piece->offset, &until) || until < end;
        bool conflicting = met && conflicts(d, piece);
        bool repeated = met && !conflicting && is_repeated(d, piece);

        if (repeated) {
                note(&f->counts.duplicates, piece->frame);
        } else if (met) {
                d->overlapped = true;
                note(&f->counts.overlapping, piece->frame);
        }
        if (conflicting) {
                d->conflicting = true;
                note(&f->counts.conflicting, piece->frame);
        }

        struct page *page = page_at(f, d, piece->offset);
        if (page == NULL)
                return &f->counts.evicted;
        if (page->piece_octets[piece->offset % PAGE / UNIT] == 0)
                page->piece_octets[piece->offset % PAGE / UNIT] = (uint16_t)piece->length;

        for (uint32_t at = piece->offset; at < captured_end; at = until) {
                bool covered = is_covered(d, at, &until);
                until = least(until, captured_end);
                /* After an overlap nobody knows any more whose octets a cut left out. */
                if ((!covered || (repeated && !d->overlapped)) && !keep_octets(f, d, piece, at, until))
                        return &f->counts.evicted;
        }
        return cover(d, piece->offset, end) ? NULL : &f->counts.scattered;
}

static bool
take_header(struct tv_fragments *f, struct datagram *d, const struct tv_fragment_piece *piece)
{
        if (piece->header_bytes > 0) {
                d->header = allocate(f, piece->header_bytes, d);
                if (d->header == NULL)
                        return false;
                memcpy(d->header, piece->header, piece->header_bytes);
        }
        d->header_bytes = piece->header_bytes;
        d->protocol = piece->key.protocol;
        d->has_header = true;
        return true;
}

static bool
is_whole(const struct datagram *d)
{
        return d->end > 0 && d->ranges == 1 && d->covered[0].begin == 0 && d->covered[0].end == d->end;
}

/* How much of the payload is at hand without a hole. */
static uint32_t
captured_prefix(const struct datagram *d)
{
        uint32_t at = 0;

        while (at < d->end) {
                const struct page *page = d->pages[at / PAGE];
                uint32_t n = page == NULL ? 0 : page->captured[at % PAGE / UNIT];
                at += n;
                if (n < UNIT)
                        break;
        }
        return at;
}

/* Room for a datagram of |bytes| octets to hand out, or NULL.  Exact, so that a sanitizer sees who reads too far. */
static uint8_t *
room_to_hand_out(struct tv_fragments *f, size_t bytes, const struct datagram *keep)
{
        f->handed_out = allocate(f, most((uint32_t)bytes, 1), keep);
        f->handed_out_bytes = most((uint32_t)bytes, 1);
        return f->handed_out;
}

/* Late copies of pieces */

static void
remember(struct tv_fragments *f, const struct datagram *d, int64_t now_ns)
{
        unsigned n = d->pieces < TV_FRAGMENT_COPIES_MAX ? d->pieces : TV_FRAGMENT_COPIES_MAX;

        for (unsigned i = 0; i < n; i++)
                f->recent[d->print[i] / 2 % RECENT] = (struct recent){d->print[i], now_ns};
}

static bool
is_copy(const struct tv_fragments *f, uint64_t print, int64_t now_ns)
{
        const struct recent *r = &f->recent[print / 2 % RECENT];

        return r->print == print && now_ns >= r->time_ns && (uint64_t)now_ns - (uint64_t)r->time_ns < NS_PER_S;
}

/* Puts |d| together and drops it. */
static bool
hand_out(struct tv_fragments *f, struct datagram *d, int64_t now_ns, struct tv_datagram *whole)
{
        uint32_t prefix = captured_prefix(d);
        uint8_t *bytes = room_to_hand_out(f, d->header_bytes + prefix, d);

        if (bytes == NULL) {
                give_up(f, d, &f->counts.evicted);
                return false;
        }
        if (d->header_bytes > 0)
                memcpy(bytes, d->header, d->header_bytes);
        for (uint32_t at = 0; at < prefix; at += PAGE)
                memcpy(bytes + d->header_bytes + at, d->pages[at / PAGE]->octets, least(PAGE, prefix - at));
        *whole = (struct tv_datagram){.bytes = bytes,
                                      .have = d->header_bytes + prefix,
                                      .length = d->header_bytes + d->end,
                                      .header_bytes = d->header_bytes,
                                      .protocol = d->protocol,
                                      .first_frame = d->first_frame,
                                      .pieces = d->pieces,
                                      .overlapped = d->overlapped,
                                      .conflicting = d->conflicting,
                                      .chosen = d->chosen};
        f->counts.datagrams++;
        f->counts.pieces_used += d->pieces;
        remember(f, d, now_ns);
        drop(f, d);
        return true;
}

/* The same for a datagram that came in one piece. */
static bool
hand_out_single(struct tv_fragments *f, const struct tv_fragment_piece *piece, struct tv_datagram *whole)
{
        uint8_t *bytes = room_to_hand_out(f, piece->header_bytes + piece->have, NULL);

        if (bytes == NULL) {
                note(&f->counts.evicted, piece->frame);
                f->counts.pieces_given_up++;
                return false;
        }
        if (piece->header_bytes > 0)
                memcpy(bytes, piece->header, piece->header_bytes);
        if (piece->have > 0)
                memcpy(bytes + piece->header_bytes, piece->payload, piece->have);
        *whole = (struct tv_datagram){.bytes = bytes,
                                      .have = piece->header_bytes + piece->have,
                                      .length = piece->header_bytes + piece->length,
                                      .header_bytes = piece->header_bytes,
                                      .protocol = piece->key.protocol,
                                      .first_frame = piece->frame,
                                      .pieces = 1,
                                      .chosen = piece->chosen};
        f->counts.datagrams++;
        f->counts.pieces_used++;
        return true;
}

/* Which pieces are refused */

static bool
is_valid(const struct tv_fragment_piece *piece)
{
        uint32_t header_max = piece->key.ipv6 ? TV_FRAGMENT_IPV6_HEADER_MAX : TV_FRAGMENT_IPV4_HEADER_MAX;

        return piece->length > 0 && piece->have <= piece->length && piece->offset % UNIT == 0 &&
               (!piece->more || piece->length % UNIT == 0) && piece->header_bytes <= header_max;
}

/* Would the datagram, of which |d| (or NULL) is there, be longer than its length field can say?  The Total Length of
 * IPv4 includes the header (RFC 791 3.1), the Payload Length of IPv6 all but the first 40 octets (RFC 8200 3, 4.5). */
static bool
is_too_long(const struct datagram *d, const struct tv_fragment_piece *piece)
{
        uint32_t fixed = piece->key.ipv6 ? IPV6_HEADER : IPV4_HEADER, header = fixed;
        uint32_t limit = piece->key.ipv6 ? LENGTH_MAX + IPV6_HEADER : LENGTH_MAX;

        if (piece->offset > LENGTH_MAX || piece->length > LENGTH_MAX)
                return true;
        uint32_t end = piece->offset + piece->length;
        if (d != NULL && d->has_header) {
                header = most(fixed, d->header_bytes);
        } else if (piece->offset == 0) {
                header = most(fixed, piece->header_bytes);
                if (d != NULL)
                        end = most(end, d->reach);
        }
        return header + end > limit;
}

/* A piece with more to come ends before the end, the last one at it, and nothing goes beyond. */
static bool
contradicts(const struct datagram *d, const struct tv_fragment_piece *piece)
{
        uint32_t end = piece->offset + piece->length;

        if (d->end > 0)
                return piece->more ? end >= d->end : end != d->end;
        return !piece->more && end <= d->reach;
}

bool
tv_fragments_add(struct tv_fragments *f, const struct tv_fragment_piece *piece, struct tv_datagram *whole)
{
        f->counts.pieces++;
        release(f, f->handed_out, f->handed_out_bytes);
        f->handed_out = NULL;
        expire(f, piece->time_ns);

        if (!is_valid(piece)) {
                note(&f->counts.invalid, piece->frame);
                return false;
        }
        bool single = piece->offset == 0 && !piece->more;
        uint32_t hash = single ? 0 : key_hash(&piece->key, f->seed);
        struct datagram *d = single ? NULL : find(f, piece, hash);

        uint64_t print = single ? 0 : piece_print(piece, hash, f->seed);
        bool copy = !single && is_copy(f, print, piece->time_ns);

        if (d != NULL && d->of_copies && !copy) {
                let_copies_go(f, d);
                d = NULL;
        }
        if (is_too_long(d, piece)) {
                note(&f->counts.too_long, piece->frame);
                return false;
        }
        if (single)
                return hand_out_single(f, piece, whole);
        if (d != NULL && contradicts(d, piece)) {
                note(&f->counts.beyond_end, piece->frame);
                give_up(f, d, &f->counts.contradictory);
                return false;
        }
        if (d == NULL && (d = start(f, piece, hash)) == NULL) {
                note(&f->counts.evicted, piece->frame);
                f->counts.pieces_given_up++;
                return false;
        }
        if (d->pieces == 0)
                d->of_copies = copy;
        if (d->pieces < TV_FRAGMENT_COPIES_MAX)
                d->print[d->pieces] = print;
        d->pieces++;
        d->chosen |= piece->chosen;
        f->counts.pieces_waiting++;
        f->counts.copies_waiting += d->of_copies;

        struct tv_fragment_evidence *trouble = take_payload(f, d, piece);
        if (trouble == NULL && piece->offset == 0 && !d->has_header && !take_header(f, d, piece))
                trouble = &f->counts.evicted;
        if (trouble != NULL) {
                give_up(f, d, trouble);
                return false;
        }
        d->reach = most(d->reach, piece->offset + piece->length);
        if (!piece->more)
                d->end = piece->offset + piece->length;
        return is_whole(d) && hand_out(f, d, piece->time_ns, whole);
}
