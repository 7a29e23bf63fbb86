/* The module is compiled into this test, so that each of its allocations is seen, and can be refused. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static void *ask_calloc(size_t count, size_t bytes);
static void give_back(void *p);

#define calloc ask_calloc
#define free   give_back
/* NOLINTNEXTLINE(bugprone-suspicious-include): the point of this test */
#include "reassembly/ip_fragments.c"
#undef calloc
#undef free

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { LIVE_MAX = 8192 };

static struct {
        void *at;
        size_t bytes;
} live[LIVE_MAX];
static unsigned live_count;
static size_t live_bytes, live_peak; /* with 16 octets for each allocation */
static unsigned requests, refuse_at; /* 0: refuse none */

static void *
ask_calloc(size_t count, size_t bytes)
{
        if (++requests == refuse_at)
                return NULL;
        void *p = calloc(count, bytes);
        assert_non_null(p);
        assert_true(live_count < LIVE_MAX);
        live[live_count].at = p;
        live[live_count++].bytes = count * bytes;
        live_bytes += count * bytes + 16;
        if (live_bytes > live_peak)
                live_peak = live_bytes;
        return p;
}

static unsigned
find_live(const void *p)
{
        unsigned i = 0;
        while (i < live_count && live[i].at != p)
                i++;
        assert_true(i < live_count);
        return i;
}

static void
give_back(void *p)
{
        if (p == NULL)
                return;
        unsigned i = find_live(p);
        live_bytes -= live[i].bytes + 16;
        live[i] = live[--live_count];
        free(p);
}

static int
reset(void **state)
{
        (void)state;
        live_count = 0;
        live_bytes = live_peak = 0;
        requests = refuse_at = 0;
        return 0;
}

/* Pieces of a datagram whose octets everybody knows. */

#define MAX_BYTES ((size_t)4 << 20)

static const uint64_t seed[2] = {1, 2};

static uint64_t
next_random(uint64_t *s)
{
        *s ^= *s << 13;
        *s ^= *s >> 7;
        *s ^= *s << 17;
        return *s;
}

static uint32_t
random_below(uint64_t *s, uint32_t n)
{
        return (uint32_t)((next_random(s) >> 16) % n);
}

static uint8_t truth[65536];
static uint8_t lies[65536]; /* other in every octet */
static uint8_t headers[2 * TV_FRAGMENT_IPV6_HEADER_MAX];

static int
prepare(void **state)
{
        uint64_t s = 42;

        (void)state;
        for (unsigned i = 0; i < sizeof truth; i++) {
                truth[i] = (uint8_t)next_random(&s);
                lies[i] = (uint8_t)~truth[i];
        }
        for (unsigned i = 0; i < sizeof headers; i++)
                headers[i] = (uint8_t)next_random(&s);
        return 0;
}

enum { LAST = 0, MORE = 1 };

static struct tv_fragment_piece
v4(uint32_t begin, uint32_t end, bool more)
{
        static uint64_t frame;

        frame++;
        struct tv_fragment_piece piece = {
                .key = {.source = {192, 0, 2, 1}, .destination = {198, 51, 100, 2}, .id = 0x1234, .protocol = 6},
                .offset = begin,
                .length = end - begin,
                .have = end - begin,
                .more = more,
                .payload = truth + begin,
                .header = headers,
                .header_bytes = 20,
                .time_ns = 1000,
                .frame = frame};
        return piece;
}

static struct tv_fragment_piece
v6(uint32_t begin, uint32_t end, bool more)
{
        struct tv_fragment_piece piece = v4(begin, end, more);
        for (uint8_t i = 0; i < 16; i++) {
                piece.key.source[i] = i;
                piece.key.destination[i] = (uint8_t)(16 + i);
        }
        piece.key.ipv6 = true;
        piece.header_bytes = 40;
        return piece;
}

static uint64_t
refused(const struct tv_fragment_counts *c)
{
        return c->invalid.count + c->too_long.count + c->beyond_end.count;
}

/* What must be true at any time. */
static void
assert_sound(const struct tv_fragments *f)
{
        const struct tv_fragment_counts *c = tv_fragments_counts(f);

        assert_int_equal(c->pieces, c->pieces_used + c->pieces_given_up + c->pieces_waiting + refused(c));
        assert_true(c->waiting <= c->pieces_waiting);
        assert_int_equal(c->beyond_end.count, c->contradictory.count);
        assert_true(tv_fragments_bytes(f) >= live_bytes);
        assert_true(tv_fragments_bytes(f) <= live_bytes + (size_t)15 * live_count);
}

static bool
add(struct tv_fragments *f, struct tv_fragment_piece piece, struct tv_datagram *whole)
{
        /* Copies of their exact size: a sanitizer sees what is read too far, or after the call. */
        uint8_t *payload = malloc(piece.have > 0 ? piece.have : 1);
        uint8_t *header = malloc(piece.header_bytes > 0 ? piece.header_bytes : 1);

        assert_non_null(payload);
        assert_non_null(header);
        if (piece.payload != NULL)
                memcpy(payload, piece.payload, piece.have);
        if (piece.header != NULL)
                memcpy(header, piece.header, piece.header_bytes);
        piece.payload = payload;
        piece.header = header;
        bool done = tv_fragments_add(f, &piece, whole);
        free(payload);
        free(header);
        assert_sound(f);
        if (done)
                assert_int_equal(live[find_live(whole->bytes)].bytes, whole->have);
        return done;
}

static void
assert_adds_nothing(struct tv_fragments *f, struct tv_fragment_piece piece)
{
        struct tv_datagram whole;
        assert_false(add(f, piece, &whole));
}

/* |piece| completes a datagram of |bytes| octets of payload, all at hand, as they should be. */
static struct tv_datagram
assert_completes(struct tv_fragments *f, struct tv_fragment_piece piece, uint32_t bytes)
{
        struct tv_datagram whole;

        assert_true(add(f, piece, &whole));
        assert_int_equal(whole.length, whole.header_bytes + bytes);
        assert_int_equal(whole.have, whole.length);
        assert_memory_equal(whole.bytes, headers, whole.header_bytes);
        assert_memory_equal(whole.bytes + whole.header_bytes, truth, bytes);
        return whole;
}

static struct tv_fragments *
make(void)
{
        struct tv_fragments *f = tv_fragments_new(MAX_BYTES, seed);
        assert_non_null(f);
        return f;
}

static void
finish(struct tv_fragments *f)
{
        tv_fragments_free(f);
        assert_int_equal(live_count, 0);
}

static const struct tv_fragment_counts *
counts(const struct tv_fragments *f)
{
        return tv_fragments_counts(f);
}

/* Putting together */

static void
a_datagram_is_chosen_if_one_of_its_pieces_is(void **state)
{
        (void)state;
        for (unsigned chosen = 0; chosen < 5; chosen++) {
                struct tv_fragments *f = make();
                struct tv_fragment_piece piece[] = {v4(8, 16, MORE), v4(8, 16, MORE), v4(0, 8, MORE), v4(16, 20, LAST)};

                if (chosen < 4)
                        piece[chosen].chosen = true;
                for (unsigned i = 0; i < 3; i++)
                        assert_adds_nothing(f, piece[i]);
                assert_int_equal(assert_completes(f, piece[3], 20).chosen, chosen < 4);
                /* The next one with this key is another: copies come at once. */
                struct tv_fragment_piece next[] = {v4(0, 8, MORE), v4(8, 20, LAST)};
                next[0].time_ns += 2000000000;
                next[1].time_ns += 2000000000;
                assert_adds_nothing(f, next[0]);
                assert_false(assert_completes(f, next[1], 20).chosen);

                struct tv_fragment_piece single = v4(0, 20, LAST);
                single.chosen = chosen == 4;
                assert_int_equal(assert_completes(f, single, 20).chosen, chosen == 4);
                finish(f);
        }
}

static void
two_pieces_in_order_make_a_datagram(void **state)
{
        struct tv_fragments *f = make();
        struct tv_fragment_piece first = v4(0, 1480, MORE), last = v4(1480, 2003, LAST);

        (void)state;
        first.header_bytes = 24;
        last.header = headers + 1;
        assert_adds_nothing(f, first);
        assert_int_equal(counts(f)->waiting, 1);
        struct tv_datagram whole = assert_completes(f, last, 2003);
        assert_int_equal(whole.header_bytes, 24);
        assert_int_equal(whole.length, 2027);
        assert_int_equal(whole.protocol, 6);
        assert_int_equal(whole.first_frame, first.frame);
        assert_int_equal(whole.pieces, 2);
        assert_false(whole.overlapped);
        assert_false(whole.conflicting);
        assert_int_equal(counts(f)->pieces, 2);
        assert_int_equal(counts(f)->pieces_used, 2);
        assert_int_equal(counts(f)->datagrams, 1);
        assert_int_equal(counts(f)->waiting, 0);
        finish(f);
}

static void
the_first_piece_may_come_last_and_gives_the_header(void **state)
{
        struct tv_fragments *f = make();
        struct tv_fragment_piece first = v4(0, 1480, MORE), middle = v4(1480, 2960, MORE), last = v4(2960, 4003, LAST);

        (void)state;
        middle.header = last.header = headers + 1;
        middle.header_bytes = last.header_bytes = 60;
        assert_adds_nothing(f, last);
        assert_adds_nothing(f, middle);
        struct tv_datagram whole = assert_completes(f, first, 4003);
        assert_int_equal(whole.header_bytes, 20);
        assert_int_equal(whole.first_frame, last.frame);
        assert_int_equal(whole.pieces, 3);

        /* A hole in the middle comes last. */
        assert_adds_nothing(f, first);
        assert_adds_nothing(f, last);
        assert_completes(f, middle, 4003);
        finish(f);
}

static void
a_datagram_without_its_first_piece_is_not_whole(void **state)
{
        struct tv_fragments *f = make();

        (void)state;
        assert_adds_nothing(f, v4(8, 16, MORE));
        assert_adds_nothing(f, v4(16, 24, LAST));
        assert_int_equal(counts(f)->waiting, 1);
        assert_completes(f, v4(0, 8, MORE), 24);
        finish(f);
}

static void
a_header_may_be_empty_or_as_long_as_its_kind_can_be(void **state)
{
        static const uint32_t lengths[2][2] = {{0, 60}, {0, 512}};
        struct tv_fragments *f = make();

        (void)state;
        for (unsigned ipv6 = 0; ipv6 < 2; ipv6++)
                for (unsigned i = 0; i < 2; i++) {
                        struct tv_fragment_piece first = ipv6 ? v6(0, 8, MORE) : v4(0, 8, MORE);
                        first.header_bytes = lengths[ipv6][i];
                        assert_adds_nothing(f, first);
                        struct tv_datagram whole = assert_completes(f, ipv6 ? v6(8, 9, LAST) : v4(8, 9, LAST), 9);
                        assert_int_equal(whole.header_bytes, lengths[ipv6][i]);
                }
        finish(f);
}

static void
pieces_of_different_datagrams_do_not_mix(void **state)
{
        (void)state;
        for (unsigned ipv6 = 0; ipv6 < 2; ipv6++)
                for (unsigned what = 0; what < (ipv6 ? 5 : 6); what++) {
                        struct tv_fragments *f = make();
                        struct tv_fragment_piece first = ipv6 ? v6(0, 8, MORE) : v4(0, 8, MORE);
                        struct tv_fragment_piece last = ipv6 ? v6(8, 16, LAST) : v4(8, 16, LAST), other = last;

                        switch (what) {
                        case 0:
                                other.key.id ^= 0x10000;
                                break;
                        case 1:
                                other.key.source[ipv6 ? 15 : 3] ^= 1;
                                break;
                        case 2:
                                other.key.destination[ipv6 ? 15 : 3] ^= 1;
                                break;
                        case 3:
                                memcpy(other.key.source, first.key.destination, 16);
                                memcpy(other.key.destination, first.key.source, 16);
                                break;
                        case 4:
                                other.key.ipv6 = !other.key.ipv6;
                                break;
                        case 5:
                                other.key.protocol = 17;
                                break;
                        }
                        assert_adds_nothing(f, first);
                        assert_adds_nothing(f, other);
                        assert_int_equal(counts(f)->waiting, 2);
                        assert_completes(f, last, 16);
                        assert_int_equal(counts(f)->waiting, 1);
                        finish(f);
                }
}

static void
only_what_belongs_to_the_key_tells_datagrams_apart(void **state)
{
        struct tv_fragments *f = make();
        struct tv_fragment_piece last = v6(8, 16, LAST);

        (void)state;
        last.key.protocol = 17;
        assert_adds_nothing(f, last);
        assert_int_equal(assert_completes(f, v6(0, 8, MORE), 16).protocol, 6);

        last = v4(8, 16, LAST);
        last.key.source[4] = last.key.destination[15] = 0xff;
        assert_adds_nothing(f, last);
        assert_completes(f, v4(0, 8, MORE), 16);
        finish(f);
}

/* Equality would hide a hash that sees too little of the key: all lookups would do, slowly.  The values are CPython's,
 * whose hash of bytes is SipHash-1-3, with PYTHONHASHSEED=0 for a key of zeros. */
static void
the_hash_is_siphash_of_the_whole_key(void **state)
{
        static const uint64_t zero[2];
        struct tv_fragment_key key4 = v4(0, 8, MORE).key, key6 = v6(0, 8, MORE).key;

        (void)state;
        key6.id = 0xdeadbeef;
        assert_int_equal(key_hash(&key4, zero), 0xacf6906d);
        assert_int_equal(key_hash(&key6, zero), 0xae5fbac3);
        assert_int_not_equal(key_hash(&key4, zero), key_hash(&key4, seed));
        for (unsigned i = 0; i < 2; i++) {
                uint64_t other[2] = {seed[0], seed[1]};
                other[i] ^= UINT64_C(1) << 63;
                assert_int_not_equal(key_hash(&key6, other), key_hash(&key6, seed));
        }
}

/* Above, different hashes tell them apart already. */
static void
keys_of_equal_hash_differ_still(void **state)
{
        (void)state;
        for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
                const struct tv_fragment_key key = ipv6 ? v6(0, 8, MORE).key : v4(0, 8, MORE).key;
                for (unsigned i = 0; i < 16; i++) {
                        struct tv_fragment_key source = key, destination = key;
                        source.source[i] ^= 1;
                        destination.destination[i] ^= 1;
                        assert_int_equal(same_key(&key, &source), !ipv6 && i >= 4);
                        assert_int_equal(same_key(&key, &destination), !ipv6 && i >= 4);
                }
                struct tv_fragment_key id = key, protocol = key, version = key;
                id.id ^= UINT32_C(1) << 31;
                protocol.protocol ^= 1;
                version.ipv6 = !version.ipv6;
                assert_true(same_key(&key, &key));
                assert_false(same_key(&key, &id));
                assert_int_equal(same_key(&key, &protocol), ipv6);
                assert_false(same_key(&key, &version));
        }
}

static void
many_datagrams_at_once_are_kept_apart(void **state)
{
        struct tv_fragments *f = make();

        (void)state;
        for (uint32_t i = 0; i < 500; i++) {
                struct tv_fragment_piece first = i % 2 ? v6(0, 8, MORE) : v4(0, 8, MORE);
                first.key.id = i;
                first.payload = truth + 8 * i;
                assert_adds_nothing(f, first);
        }
        for (uint32_t i = 500; i-- > 0;) {
                struct tv_fragment_piece last = i % 2 ? v6(8, 12, LAST) : v4(8, 12, LAST);
                struct tv_datagram whole;
                last.key.id = i;
                last.payload = truth + 8 * i + 8;
                assert_true(add(f, last, &whole));
                assert_memory_equal(whole.bytes + whole.header_bytes, truth + 8 * i, 12);
        }
        assert_int_equal(counts(f)->waiting, 0);
        assert_int_equal(counts(f)->datagrams, 500);
        finish(f);
}

/* RFC 6946 for IPv6; in IPv4 it is no fragment at all. */
static void
a_datagram_in_one_piece_leaves_others_alone(void **state)
{
        (void)state;
        for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
                struct tv_fragments *f = make();
                struct tv_fragment_piece single = ipv6 ? v6(0, 100, LAST) : v4(0, 100, LAST);

                struct tv_datagram whole = assert_completes(f, single, 100);
                assert_int_equal(whole.pieces, 1);
                assert_int_equal(whole.first_frame, single.frame);
                assert_int_equal(whole.protocol, 6);

                assert_adds_nothing(f, ipv6 ? v6(0, 8, MORE) : v4(0, 8, MORE));
                single.payload = lies;
                assert_true(add(f, single, &whole));
                assert_memory_equal(whole.bytes + whole.header_bytes, lies, 100);
                assert_false(whole.overlapped);
                assert_int_equal(counts(f)->waiting, 1);
                assert_false(assert_completes(f, ipv6 ? v6(8, 11, LAST) : v4(8, 11, LAST), 11).overlapped);
                assert_int_equal(counts(f)->datagrams, 3);
                finish(f);
        }
}

static void
a_single_piece_may_be_cut(void **state)
{
        struct tv_fragments *f = make();
        struct tv_fragment_piece single = v6(0, 100, LAST);
        struct tv_datagram whole;

        (void)state;
        single.have = 0;
        single.payload = NULL;
        assert_true(add(f, single, &whole));
        assert_int_equal(whole.have, 40);
        assert_int_equal(whole.length, 140);
        finish(f);
}

static void
after_a_whole_datagram_its_pieces_make_another(void **state)
{
        struct tv_fragments *f = make();

        (void)state;
        for (unsigned i = 0; i < 3; i++) {
                assert_adds_nothing(f, v4(0, 16, MORE));
                struct tv_datagram whole = assert_completes(f, v4(16, 20, LAST), 20);
                assert_int_equal(whole.pieces, 2);
                assert_false(whole.overlapped);
        }
        /* One repeated late waits in vain. */
        struct tv_fragment_piece late = v4(16, 20, LAST);
        assert_adds_nothing(f, late);
        assert_int_equal(counts(f)->waiting, 1);
        assert_int_equal(counts(f)->duplicates.count, 0);
        struct tv_fragment_piece other = v4(0, 16, MORE);
        other.key.id++;
        other.time_ns += 31 * INT64_C(1000000000);
        assert_adds_nothing(f, other);
        assert_int_equal(counts(f)->timed_out.count, 0);
        assert_int_equal(counts(f)->duplicates.count, 1);
        assert_int_equal(counts(f)->duplicates.first_frame, late.frame);
        finish(f);
}

/* A capture that has each packet twice, then the identification once more for other octets. */
static void
late_copies_of_pieces_spoil_no_later_datagram(void **state)
{
        struct tv_fragments *f = tv_fragments_new(MAX_BYTES, seed);
        struct tv_fragment_piece first = v4(0, 800, MORE), last = v4(800, 1400, LAST);
        struct tv_datagram whole;

        (void)state;
        assert_non_null(f);
        for (unsigned order = 0; order < 2; order++) {
                struct tv_fragment_piece *one = order == 0 ? &first : &last, *other = order == 0 ? &last : &first;

                assert_false(tv_fragments_add(f, one, &whole));
                assert_false(tv_fragments_add(f, one, &whole));
                assert_true(tv_fragments_add(f, other, &whole));
                assert_false(tv_fragments_add(f, other, &whole));

                /* In either order: the second time what is left of the first is late, too. */
                other->payload = lies + other->offset;
                one->payload = lies + one->offset;
                first.time_ns += (int64_t)NS_PER_S;
                last.time_ns += (int64_t)NS_PER_S;
                assert_false(tv_fragments_add(f, one, &whole));
                assert_true(tv_fragments_add(f, other, &whole));
                assert_int_equal(whole.have, 20 + 1400);
                assert_memory_equal(whole.bytes + 20, lies, 1400);
                assert_false(whole.overlapped);
                first.payload = truth;
                last.payload = truth + 800;
                first.time_ns += (int64_t)NS_PER_S;
                last.time_ns += (int64_t)NS_PER_S;
        }
        assert_int_equal(tv_fragments_counts(f)->pieces_used, 12);
        assert_int_equal(tv_fragments_counts(f)->pieces_given_up, 0);
        assert_int_equal(tv_fragments_counts(f)->duplicates.count, 4);
        tv_fragments_free(f);
}

/* Copies that nothing follows are no loss; a piece that comes again later is no copy. */
static void
copies_that_wait_in_vain_are_not_given_up(void **state)
{
        struct tv_fragments *f = tv_fragments_new(MAX_BYTES, seed);
        struct tv_fragment_piece first = v4(0, 800, MORE), last = v4(800, 1400, LAST);
        struct tv_datagram whole;

        (void)state;
        assert_non_null(f);
        assert_false(tv_fragments_add(f, &first, &whole));
        assert_true(tv_fragments_add(f, &last, &whole));
        assert_false(tv_fragments_add(f, &last, &whole));
        assert_int_equal(tv_fragments_counts(f)->copies_waiting, 1);
        last.time_ns += 40 * (int64_t)NS_PER_S;
        assert_false(tv_fragments_add(f, &last, &whole));
        assert_int_equal(tv_fragments_counts(f)->pieces_given_up, 0);
        assert_int_equal(tv_fragments_counts(f)->pieces_used, 3);
        assert_int_equal(tv_fragments_counts(f)->duplicates.count, 1);
        last.time_ns += 40 * (int64_t)NS_PER_S;
        assert_false(tv_fragments_add(f, &last, &whole));
        assert_int_equal(tv_fragments_counts(f)->pieces_given_up, 1);
        assert_int_equal(tv_fragments_counts(f)->timed_out.count, 1);
        tv_fragments_free(f);
}

static void
the_octets_handed_out_go_with_the_next_call(void **state)
{
        struct tv_fragments *f = make();

        (void)state;
        assert_completes(f, v4(0, 1000, LAST), 1000);
        size_t bytes = tv_fragments_bytes(f);
        struct tv_fragment_piece empty = v4(0, 0, LAST);
        assert_adds_nothing(f, empty);
        assert_int_equal(tv_fragments_bytes(f), bytes - (1024 + 16));
        assert_completes(f, v4(0, 1000, LAST), 1000);
        finish(f);
        tv_fragments_free(NULL);
}

/* Time */

#define S INT64_C(1000000000)

static void
time_is_limited_from_the_first_piece_on(void **state)
{
        (void)state;
        for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
                const int64_t limit = ipv6 ? 60 * S : 30 * S;
                struct tv_fragment_piece first = ipv6 ? v6(0, 8, MORE) : v4(0, 8, MORE);
                struct tv_fragment_piece middle = ipv6 ? v6(8, 16, MORE) : v4(8, 16, MORE);
                struct tv_fragment_piece last = ipv6 ? v6(16, 24, LAST) : v4(16, 24, LAST);

                /* In time. */
                struct tv_fragments *f = make();
                middle.time_ns = first.time_ns + limit - S;
                last.time_ns = first.time_ns + limit;
                assert_adds_nothing(f, first);
                assert_adds_nothing(f, middle);
                assert_completes(f, last, 24);
                assert_int_equal(counts(f)->timed_out.count, 0);

                /* Too late by a nanosecond, though not so long after the piece before. */
                assert_adds_nothing(f, first);
                assert_adds_nothing(f, middle);
                last.time_ns++;
                assert_adds_nothing(f, last);
                assert_int_equal(counts(f)->timed_out.count, 1);
                assert_int_equal(counts(f)->timed_out.first_frame, first.frame);
                assert_int_equal(counts(f)->pieces_given_up, 2);

                /* The late piece began a new one. */
                assert_int_equal(counts(f)->waiting, 1);
                first.time_ns = middle.time_ns = last.time_ns;
                assert_adds_nothing(f, first);
                assert_int_equal(assert_completes(f, middle, 24).first_frame, last.frame);
                finish(f);
        }
}

static void
a_piece_of_another_datagram_or_a_refused_one_tells_the_time_too(void **state)
{
        struct tv_fragments *f = make();
        struct tv_fragment_piece old4 = v4(0, 8, MORE), old6 = v6(0, 8, MORE), empty = v4(0, 0, MORE);

        (void)state;
        assert_adds_nothing(f, old6);
        assert_adds_nothing(f, old4);
        empty.time_ns = old4.time_ns + 45 * S;
        assert_adds_nothing(f, empty);
        assert_int_equal(counts(f)->timed_out.count, 1);
        assert_int_equal(counts(f)->timed_out.first_frame, old4.frame);
        assert_int_equal(counts(f)->waiting, 1);
        empty.time_ns = old4.time_ns + 61 * S;
        assert_adds_nothing(f, empty);
        assert_int_equal(counts(f)->timed_out.count, 2);
        assert_int_equal(counts(f)->waiting, 0);
        finish(f);
}

static void
time_that_steps_back_is_no_age(void **state)
{
        struct tv_fragments *f = make();
        struct tv_fragment_piece first = v4(0, 8, MORE), last = v4(8, 16, LAST);

        (void)state;
        first.time_ns = INT64_MAX;
        last.time_ns = INT64_MIN;
        assert_adds_nothing(f, first);
        assert_completes(f, last, 16);
        last.payload = lies + 8;
        assert_adds_nothing(f, last);
        assert_adds_nothing(f, first); /* as late as can be */
        assert_int_equal(counts(f)->timed_out.count, 1);
        finish(f);
}

static void
an_old_datagram_behind_one_from_the_future_is_late_all_the_same(void **state)
{
        struct tv_fragments *f = make();
        struct tv_fragment_piece future = v4(0, 8, MORE), first = v4(0, 8, MORE), last = v4(8, 16, LAST);

        (void)state;
        future.key.id++;
        future.time_ns = 1000 * S;
        assert_adds_nothing(f, future);
        assert_adds_nothing(f, first);
        last.time_ns = first.time_ns + 31 * S;
        assert_adds_nothing(f, last);
        assert_int_equal(counts(f)->timed_out.count, 1);
        assert_int_equal(counts(f)->timed_out.first_frame, first.frame);
        assert_int_equal(counts(f)->waiting, 2);
        finish(f);
}

/* Overlaps */

static void
an_exact_duplicate_is_no_overlap(void **state)
{
        struct tv_fragments *f = make();
        struct tv_fragment_piece again = v4(8, 16, MORE), last = v4(16, 19, LAST);

        (void)state;
        assert_adds_nothing(f, v4(8, 16, MORE));
        assert_adds_nothing(f, again);
        assert_adds_nothing(f, last);
        assert_adds_nothing(f, last);
        struct tv_datagram whole = assert_completes(f, v4(0, 8, MORE), 19);
        assert_int_equal(whole.pieces, 5);
        assert_false(whole.overlapped);
        assert_false(whole.conflicting);
        assert_int_equal(counts(f)->duplicates.count, 2);
        assert_int_equal(counts(f)->duplicates.first_frame, again.frame);
        assert_int_equal(counts(f)->overlapping.count, 0);
        assert_int_equal(counts(f)->conflicting.count, 0);
        finish(f);
}

static void
other_octets_in_the_same_place_are_a_conflict_and_the_first_win(void **state)
{
        struct tv_fragments *f = make();
        struct tv_fragment_piece lie = v4(8, 16, MORE);

        (void)state;
        memcpy(headers + sizeof headers - 8, truth + 8, 8);
        lie.payload = headers + sizeof headers - 8;
        headers[sizeof headers - 1] ^= 1; /* the last octet only */
        assert_adds_nothing(f, v4(8, 16, MORE));
        assert_adds_nothing(f, lie);
        assert_adds_nothing(f, v4(0, 8, MORE));
        struct tv_datagram whole = assert_completes(f, v4(16, 24, LAST), 24);
        assert_true(whole.overlapped);
        assert_true(whole.conflicting);
        assert_int_equal(counts(f)->duplicates.count, 0);
        assert_int_equal(counts(f)->overlapping.count, 1);
        assert_int_equal(counts(f)->overlapping.first_frame, lie.frame);
        assert_int_equal(counts(f)->conflicting.count, 1);
        assert_int_equal(counts(f)->conflicting.first_frame, lie.frame);
        finish(f);
}

/* Each way in which one piece may lie over another, equal octets and others. */
static void
where_pieces_overlap_the_first_octets_stay(void **state)
{
        static const struct {
                uint32_t begin, end;
        } overlaps[] = {{0, 24}, {8, 24}, {8, 16}, {0, 16}, {16, 32}, {16, 24}, {0, 32}, {24, 40}, {0, 48}};

        (void)state;
        for (unsigned i = 0; i < sizeof overlaps / sizeof *overlaps; i++)
                for (unsigned lying = 0; lying < 2; lying++) {
                        /* 8..24 and 32..40 are there already. */
                        struct tv_fragments *f = make();
                        struct tv_fragment_piece over = v4(overlaps[i].begin, overlaps[i].end, MORE);
                        bool repeats = overlaps[i].begin == 8 && overlaps[i].end == 24;
                        uint8_t expected[51];
                        struct tv_datagram whole;

                        memcpy(expected, truth, sizeof expected);
                        if (lying) {
                                over.payload = lies + overlaps[i].begin;
                                for (uint32_t at = overlaps[i].begin; at < overlaps[i].end; at++)
                                        if (!(at >= 8 && at < 24) && !(at >= 32 && at < 40))
                                                expected[at] = lies[at];
                        }
                        assert_adds_nothing(f, v4(8, 24, MORE));
                        assert_adds_nothing(f, v4(32, 40, MORE));
                        assert_adds_nothing(f, over);
                        assert_int_equal(counts(f)->duplicates.count, repeats && !lying);
                        assert_int_equal(counts(f)->overlapping.count, !(repeats && !lying));
                        assert_int_equal(counts(f)->conflicting.count, lying);

                        /* The holes that are left, then the end. */
                        for (uint32_t at = 0; at < 48; at += 8) {
                                bool there = (at >= 8 && at < 24) || at == 32 ||
                                             (at >= overlaps[i].begin && at < overlaps[i].end);
                                if (!there)
                                        assert_adds_nothing(f, v4(at, at + 8, MORE));
                        }
                        assert_true(add(f, v4(48, 51, LAST), &whole));
                        assert_int_equal(whole.have, 71);
                        assert_memory_equal(whole.bytes + 20, expected, sizeof expected);
                        assert_int_equal(whole.overlapped, !(repeats && !lying));
                        assert_int_equal(whole.conflicting, lying);
                        finish(f);
                }
}

static void
a_piece_that_covers_several_is_an_overlap(void **state)
{
        struct tv_fragments *f = make();

        (void)state;
        assert_adds_nothing(f, v4(0, 8, MORE));
        assert_adds_nothing(f, v4(8, 16, MORE));
        assert_adds_nothing(f, v4(0, 16, MORE));
        assert_int_equal(counts(f)->duplicates.count, 0);
        assert_int_equal(counts(f)->overlapping.count, 1);
        assert_adds_nothing(f, v4(0, 8, MORE));
        assert_int_equal(counts(f)->duplicates.count, 1);
        struct tv_datagram whole = assert_completes(f, v4(16, 24, LAST), 24);
        assert_true(whole.overlapped);
        assert_false(whole.conflicting);
        finish(f);
}

/* Refused */

static void
what_no_fragment_can_be_is_refused(void **state)
{
        (void)state;
        for (unsigned ipv6 = 0; ipv6 < 2; ipv6++)
                for (unsigned what = 0; what < 7; what++) {
                        struct tv_fragments *f = make();
                        struct tv_fragment_piece bad = ipv6 ? v6(8, 16, MORE) : v4(8, 16, MORE), worse = bad;

                        switch (what) {
                        case 0: /* the end is missing, but the length is no multiple of 8 */
                                bad.length = bad.have = 15;
                                break;
                        case 1:
                                bad.offset = 4;
                                break;
                        case 2:
                                bad.length = bad.have = 0;
                                break;
                        case 3: /* the last piece may have any length but none */
                                bad.length = bad.have = 0;
                                bad.more = false;
                                break;
                        case 4: /* nor may one that stands for itself */
                                bad.length = bad.have = bad.offset = 0;
                                bad.more = false;
                                break;
                        case 5:
                                bad.length = 8;
                                bad.have = 9;
                                break;
                        case 6:
                                bad.header_bytes = ipv6 ? 513 : 61;
                                break;
                        }
                        worse = bad;
                        worse.frame++;
                        assert_adds_nothing(f, bad);
                        assert_int_equal(counts(f)->waiting, 0);
                        assert_int_equal(counts(f)->invalid.count, 1);

                        /* Nor does it disturb a datagram. */
                        assert_adds_nothing(f, ipv6 ? v6(0, 8, MORE) : v4(0, 8, MORE));
                        assert_adds_nothing(f, worse);
                        struct tv_datagram whole = assert_completes(f, ipv6 ? v6(8, 16, LAST) : v4(8, 16, LAST), 16);
                        assert_int_equal(whole.pieces, 2);
                        assert_false(whole.overlapped);
                        assert_int_equal(counts(f)->invalid.count, 2);
                        assert_int_equal(counts(f)->invalid.first_frame, bad.frame);
                        finish(f);
                }
}

static void
no_datagram_is_longer_than_its_length_field_can_say(void **state)
{
        /* IPv4: header and payload make 65535; IPv6: all but the first 40 octets do. */
        static const struct {
                bool ipv6;
                uint32_t header_bytes, payload;
        } cases[] = {{false, 20, 65515}, {false, 60, 65475}, {true, 40, 65535}, {true, 64, 65511}};

        (void)state;
        for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
                for (unsigned order = 0; order < 2; order++)
                        for (uint32_t excess = 0; excess < 2; excess++) {
                                struct tv_fragments *f = make();
                                struct tv_fragment_piece first = v4(0, 65472, MORE);
                                struct tv_fragment_piece last = v4(65472, cases[i].payload + excess, LAST);
                                const struct tv_fragment_piece *late = order == 0 ? &last : &first;

                                if (cases[i].ipv6) {
                                        uint64_t frame = last.frame;
                                        first = v6(0, 65472, MORE);
                                        last = v6(65472, cases[i].payload + excess, LAST);
                                        assert_true(last.frame > frame);
                                }
                                first.header_bytes = last.header_bytes = cases[i].header_bytes;
                                assert_adds_nothing(f, order == 0 ? first : last);
                                if (excess == 0) {
                                        struct tv_datagram whole = assert_completes(f, *late, cases[i].payload);
                                        assert_int_equal(whole.length, cases[i].ipv6 ? 65575 : 65535);
                                        assert_int_equal(counts(f)->too_long.count, 0);
                                } else {
                                        assert_adds_nothing(f, *late);
                                        assert_int_equal(counts(f)->too_long.count, 1);
                                        /* Without options before it, the last piece alone is too long, and was
                                         * refused before. */
                                        bool alone = order == 1 && cases[i].header_bytes == (cases[i].ipv6 ? 40u : 20u);
                                        assert_int_equal(counts(f)->too_long.first_frame,
                                                         alone ? last.frame : late->frame);
                                        assert_int_equal(counts(f)->waiting, 1);
                                }
                                finish(f);
                        }
}

static void
lengths_and_offsets_beyond_all_sense_are_too_long(void **state)
{
        static const struct {
                uint32_t offset, length;
        } cases[] = {
                {UINT32_MAX - 7, 8}, {8, UINT32_MAX - 7}, {UINT32_MAX - 7, UINT32_MAX - 7}, {65528, 8}, {0, 65536}};
        struct tv_fragments *f = make();

        (void)state;
        for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct tv_fragment_piece far = v4(0, 8, MORE);
                far.offset = cases[i].offset;
                far.length = cases[i].length;
                assert_adds_nothing(f, far);
                far.key.ipv6 = true;
                far.more = i > 2;
                assert_adds_nothing(f, far);
        }
        /* And in one piece. */
        struct tv_fragment_piece single = v4(0, 8, LAST);
        single.length = 65516;
        assert_adds_nothing(f, single);
        assert_int_equal(counts(f)->too_long.count, 2 * sizeof cases / sizeof *cases + 1);
        assert_int_equal(counts(f)->waiting, 0);
        finish(f);
}

static void
pieces_that_disagree_on_the_end_are_no_datagram(void **state)
{
        static const struct {
                struct {
                        uint32_t begin, end;
                        bool more;
                } there, refused;
        } cases[] = {
                {{16, 24, LAST}, {16, 32, LAST}}, /* another end, later */
                {{16, 24, LAST}, {16, 23, LAST}}, /* earlier */
                {{16, 24, LAST}, {8, 16, LAST}},  /* earlier, touching */
                {{16, 24, LAST}, {24, 32, MORE}}, /* beyond it */
                {{16, 24, LAST}, {8, 32, MORE}},  /* across it */
                {{16, 24, LAST}, {8, 24, MORE}},  /* up to it, and more is said to come */
                {{16, 24, MORE}, {16, 24, LAST}}, /* the same, the other way round */
                {{16, 24, MORE}, {8, 16, LAST}},  /* before what is there */
                {{16, 24, MORE}, {16, 20, LAST}}, /* within it */
        };

        (void)state;
        for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct tv_fragments *f = make();
                struct tv_fragment_piece there = v4(cases[i].there.begin, cases[i].there.end, cases[i].there.more);
                struct tv_fragment_piece other =
                        v4(cases[i].refused.begin, cases[i].refused.end, cases[i].refused.more);

                assert_adds_nothing(f, there);
                assert_adds_nothing(f, other);
                assert_int_equal(counts(f)->beyond_end.count, 1);
                assert_int_equal(counts(f)->beyond_end.first_frame, other.frame);
                assert_int_equal(counts(f)->contradictory.count, 1);
                assert_int_equal(counts(f)->contradictory.first_frame, there.frame);
                assert_int_equal(counts(f)->pieces_given_up, 1);
                assert_int_equal(counts(f)->waiting, 0);

                /* What comes then is a datagram of its own. */
                assert_adds_nothing(f, v4(0, 8, MORE));
                assert_int_equal(assert_completes(f, v4(8, 13, LAST), 13).pieces, 2);
                finish(f);
        }
}

/* Many pieces */

static void
the_smallest_pieces_make_the_largest_datagram(void **state)
{
        struct tv_fragments *f = make();

        (void)state;
        for (uint32_t at = 0; at < 65512; at += 8)
                assert_adds_nothing(f, v4(at, at + 8, MORE));
        assert_int_equal(assert_completes(f, v4(65512, 65515, LAST), 65515).pieces, 8190);

        assert_adds_nothing(f, v6(65528, 65535, LAST));
        for (uint32_t at = 65528; at > 8; at -= 8)
                assert_adds_nothing(f, v6(at - 8, at, MORE));
        assert_int_equal(assert_completes(f, v6(0, 8, MORE), 65535).pieces, 8192);
        assert_int_equal(counts(f)->duplicates.count + counts(f)->overlapping.count, 0);
        finish(f);
}

static void
a_datagram_in_too_many_stretches_is_given_up(void **state)
{
        struct tv_fragments *f = make();
        uint64_t first_frame = 0;

        (void)state;
        for (unsigned round = 0; round < 2; round++) {
                for (uint32_t i = 0; i < TV_FRAGMENT_RANGES_MAX; i++) {
                        struct tv_fragment_piece piece = v4(16 * i, 16 * i + 8, MORE);
                        if (i == 0 && round == 1)
                                first_frame = piece.frame;
                        if (round == 1) /* no copies */
                                piece.payload = lies + piece.offset;
                        assert_adds_nothing(f, piece);
                }
                assert_int_equal(counts(f)->waiting, 1);
                if (round == 0) {
                        /* So many are fine. */
                        for (uint32_t i = 0; i < TV_FRAGMENT_RANGES_MAX - 1; i++)
                                assert_adds_nothing(f, v4(16 * i + 8, 16 * i + 16, MORE));
                        uint32_t bytes = 16 * (TV_FRAGMENT_RANGES_MAX - 1) + 8;
                        assert_completes(f, v4(bytes, bytes + 1, LAST), bytes + 1);
                }
        }
        assert_adds_nothing(f, v4(16 * TV_FRAGMENT_RANGES_MAX, 16 * TV_FRAGMENT_RANGES_MAX + 8, MORE));
        assert_int_equal(counts(f)->waiting, 0);
        assert_int_equal(counts(f)->scattered.count, 1);
        assert_int_equal(counts(f)->scattered.first_frame, first_frame);
        assert_int_equal(counts(f)->pieces_given_up, TV_FRAGMENT_RANGES_MAX + 1);
        finish(f);
}

/* Cut by the snaplen */

static struct tv_fragment_piece
cut(struct tv_fragment_piece piece, uint32_t have)
{
        piece.have = have;
        if (have == 0)
                piece.payload = NULL;
        return piece;
}

static void
lengths_complete_a_datagram_and_the_prefix_is_at_hand(void **state)
{
        /* Captured of the three pieces 0..1480, 1480..2960 and 2960..4003; at hand without a hole. */
        static const struct {
                uint32_t have[3], prefix;
        } cases[] = {{{1480, 1480, 1043}, 4003}, {{1480, 1480, 1042}, 4002}, {{1480, 1480, 0}, 2960},
                     {{1480, 13, 1043}, 1493},   {{1480, 16, 1043}, 1496},   {{1480, 0, 1043}, 1480},
                     {{76, 76, 76}, 76},         {{0, 1480, 1043}, 0},       {{0, 0, 0}, 0}};

        (void)state;
        for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
                for (unsigned first = 0; first < 3; first++) {
                        struct tv_fragments *f = make();
                        struct tv_fragment_piece pieces[3] = {cut(v4(0, 1480, MORE), cases[i].have[0]),
                                                              cut(v4(1480, 2960, MORE), cases[i].have[1]),
                                                              cut(v4(2960, 4003, LAST), cases[i].have[2])};
                        struct tv_datagram whole;

                        assert_adds_nothing(f, pieces[first]);
                        assert_adds_nothing(f, pieces[(first + 1) % 3]);
                        assert_true(add(f, pieces[(first + 2) % 3], &whole));
                        assert_int_equal(whole.length, 4023);
                        assert_int_equal(whole.header_bytes, 20);
                        assert_int_equal(whole.have, 20 + cases[i].prefix);
                        assert_memory_equal(whole.bytes, headers, 20);
                        assert_memory_equal(whole.bytes + 20, truth, cases[i].prefix);
                        assert_false(whole.overlapped);
                        finish(f);
                }
}

static void
nothing_at_hand_at_all_is_a_datagram_still(void **state)
{
        struct tv_fragments *f = make();
        struct tv_fragment_piece first = cut(v4(0, 8, MORE), 0);
        struct tv_datagram whole;

        (void)state;
        first.header_bytes = 0;
        first.header = NULL;
        assert_false(tv_fragments_add(f, &first, &whole));
        struct tv_fragment_piece last = cut(v4(8, 16, LAST), 0);
        assert_true(tv_fragments_add(f, &last, &whole));
        assert_int_equal(whole.have, 0);
        assert_int_equal(whole.length, 16);
        assert_non_null(whole.bytes);
        first.more = false;
        assert_true(tv_fragments_add(f, &first, &whole));
        assert_int_equal(whole.have, 0);
        assert_non_null(whole.bytes);
        finish(f);
}

static void
a_duplicate_gives_what_a_cut_took(void **state)
{
        struct tv_fragments *f = make();

        (void)state;
        assert_adds_nothing(f, cut(v4(0, 32, MORE), 11));
        assert_adds_nothing(f, cut(v4(0, 32, MORE), 5));
        assert_adds_nothing(f, v4(0, 32, MORE));
        assert_int_equal(counts(f)->duplicates.count, 2);
        assert_false(assert_completes(f, v4(32, 33, LAST), 33).overlapped);
        finish(f);
}

static void
an_overlap_does_not(void **state)
{
        struct tv_fragments *f = make();
        struct tv_datagram whole;

        (void)state;
        assert_adds_nothing(f, cut(v4(0, 32, MORE), 11));
        assert_adds_nothing(f, v4(0, 24, MORE));
        assert_true(add(f, v4(32, 33, LAST), &whole));
        assert_int_equal(whole.have, 20 + 11);
        assert_memory_equal(whole.bytes + 20, truth, 11);
        assert_true(whole.overlapped);
        assert_false(whole.conflicting);

        /* 8..16 is first 8..24's, of which nothing is at hand: not even 0..16 twice may give it. */
        assert_adds_nothing(f, cut(v4(8, 24, MORE), 0));
        assert_adds_nothing(f, v4(0, 16, MORE));
        assert_adds_nothing(f, v4(0, 16, MORE));
        assert_true(add(f, v4(24, 25, LAST), &whole));
        assert_int_equal(whole.have, 20 + 8);
        finish(f);
}

/* Memory */

static void
less_than_the_least_memory_is_refused(void **state)
{
        (void)state;
        assert_null(tv_fragments_new(TV_FRAGMENTS_LEAST_BYTES - 1, seed));
        assert_null(tv_fragments_new(0, seed));
        assert_int_equal(requests, 0);
        refuse_at = 1;
        assert_null(tv_fragments_new(TV_FRAGMENTS_LEAST_BYTES, seed));
}

static void
the_largest_datagram_fits_into_the_least_memory(void **state)
{
        struct tv_fragments *f = tv_fragments_new(TV_FRAGMENTS_LEAST_BYTES, seed);

        (void)state;
        for (unsigned round = 0; round < 3; round++) {
                struct tv_fragment_piece first = v6(0, 32768, MORE);
                first.header_bytes = 512;
                assert_adds_nothing(f, first);
                assert_completes(f, v6(32768, 65063, LAST), 65063);
                assert_true(live_peak <= TV_FRAGMENTS_LEAST_BYTES);
        }
        assert_int_equal(counts(f)->evicted.count, 0);
        finish(f);
}

static void
memory_is_bounded_and_the_oldest_goes_first(void **state)
{
        struct tv_fragments *f = tv_fragments_new(TV_FRAGMENTS_LEAST_BYTES, seed);
        enum { N = 1000 };
        uint64_t first_frame = 0;

        (void)state;
        for (uint32_t i = 0; i < N; i++) {
                struct tv_fragment_piece first = i % 3 ? v4(0, 8, MORE) : v6(0, 8, MORE);
                first.key.id = i;
                if (i == 0)
                        first_frame = first.frame;
                assert_adds_nothing(f, first);
                assert_true(tv_fragments_bytes(f) <= TV_FRAGMENTS_LEAST_BYTES);
        }
        assert_true(live_peak <= TV_FRAGMENTS_LEAST_BYTES);
        assert_true(live_peak > TV_FRAGMENTS_LEAST_BYTES - 8192);
        uint64_t waiting = counts(f)->waiting;
        assert_in_range(waiting, 40, 100);
        assert_int_equal(counts(f)->evicted.count, N - waiting);
        assert_int_equal(counts(f)->evicted.first_frame, first_frame);
        assert_int_equal(counts(f)->pieces_given_up, N - waiting);

        /* Those that came last are there, of both versions. */
        for (uint32_t i = N; i-- > N - (uint32_t)waiting;) {
                struct tv_fragment_piece last = i % 3 ? v4(8, 9, LAST) : v6(8, 9, LAST);
                last.key.id = i;
                assert_completes(f, last, 9);
        }
        assert_int_equal(counts(f)->waiting, 0);
        finish(f);
}

static void
a_datagram_that_grows_or_is_handed_out_gives_up_others_not_itself(void **state)
{
        struct tv_fragments *f = tv_fragments_new(TV_FRAGMENTS_LEAST_BYTES, seed);

        (void)state;
        /* The one that grows is the oldest. */
        assert_adds_nothing(f, v4(0, 8, MORE));
        for (uint32_t i = 1; i <= 80; i++) {
                struct tv_fragment_piece other = i % 2 ? v4(0, 8, MORE) : v6(0, 8, MORE);
                other.key.id = 0x8000 + i;
                assert_adds_nothing(f, other);
                if (counts(f)->evicted.count > 0)
                        break;
                if (tv_fragments_bytes(f) > TV_FRAGMENTS_LEAST_BYTES - 4096)
                        break;
        }
        assert_int_equal(counts(f)->evicted.count, 0);
        assert_true(counts(f)->waiting > 40);
        assert_adds_nothing(f, v4(8, 60000, MORE));
        assert_true(counts(f)->evicted.count > 10);
        assert_completes(f, v4(60000, 65515, LAST), 65515);
        assert_true(live_peak <= TV_FRAGMENTS_LEAST_BYTES);
        finish(f);
}

/* Every allocation refused once. */
static void
without_memory_a_datagram_is_given_up(void **state)
{
        (void)state;
        for (unsigned n = 2;; n++) {
                struct tv_fragments *f = make();
                struct tv_datagram whole;
                bool done = false;

                requests = 1;
                refuse_at = n;
                done |= add(f, v4(0, 4000, MORE), &whole);
                done |= add(f, v4(4000, 8000, MORE), &whole);
                done |= add(f, v4(8000, 8001, LAST), &whole);
                bool refusal = requests >= refuse_at;
                assert_int_equal(counts(f)->evicted.count, refusal);
                assert_int_equal(done, !refusal);
                refuse_at = 0;

                /* It goes on. */
                struct tv_fragment_piece first = v4(0, 8, MORE), last = v4(8, 16, LAST);
                first.key.id = last.key.id = 1;
                assert_adds_nothing(f, first);
                assert_completes(f, last, 16);

                requests = 0;
                refuse_at = refusal ? 0 : 1;
                assert_int_equal(add(f, v4(0, 16, LAST), &whole), refusal);
                finish(f);
                if (!refusal) {
                        assert_true(n > 6); /* table, datagram, pages, header, what is handed out */
                        break;
                }
        }
}

/* A slow model: what is known of each octet */

struct model {
        uint8_t octet[65536];
        bool covered[65536], captured[65536];
        uint32_t end, reach;
        bool has_header, overlapped, conflicting, of_copies;
        struct {
                uint32_t begin, length;
        } pieces[256];
        unsigned count;
};

enum outcome { WAITS, COMPLETE, REFUSED };

static enum outcome
model_add(struct model *m, const struct tv_fragment_piece *piece)
{
        uint32_t stop = piece->offset + piece->length;
        bool met = false, conflict = false, repeated = false;

        if (m->end > 0 ? (piece->more ? stop >= m->end : stop != m->end) : (!piece->more && stop <= m->reach))
                return REFUSED;
        for (uint32_t i = 0; i < piece->length; i++) {
                uint32_t at = piece->offset + i;
                met |= m->covered[at];
                conflict |= i < piece->have && m->captured[at] && m->octet[at] != piece->payload[i];
        }
        for (unsigned i = 0; i < m->count; i++)
                repeated |= m->pieces[i].begin == piece->offset && m->pieces[i].length == piece->length;
        m->overlapped |= met && (conflict || !repeated);
        m->conflicting |= conflict;
        for (uint32_t i = 0; i < piece->length; i++) {
                uint32_t at = piece->offset + i;
                bool take = !m->covered[at] || (repeated && !conflict && !m->overlapped);
                if (take && i < piece->have && !m->captured[at]) {
                        m->octet[at] = piece->payload[i];
                        m->captured[at] = true;
                }
        }
        memset(m->covered + piece->offset, true, piece->length);
        m->pieces[m->count].begin = piece->offset;
        m->pieces[m->count++].length = piece->length;
        m->reach = stop > m->reach ? stop : m->reach;
        m->end = piece->more ? m->end : stop;
        m->has_header |= piece->offset == 0;
        if (m->end == 0 || !m->has_header)
                return WAITS;
        return memchr(m->covered, 0, m->end) == NULL ? COMPLETE : WAITS;
}

static uint32_t
model_prefix(const struct model *m)
{
        uint32_t n = 0;
        while (n < m->end && m->captured[n])
                n++;
        return n;
}

/* What may be wrong with the pieces of a random datagram. */
enum { EQUAL_OVERLAPS = 1, CUTS = 2, LIES = 4, OTHER_ENDS = 8 };

static unsigned
random_pieces(uint64_t *s, unsigned trouble, bool ipv6, struct tv_fragment_piece *pieces)
{
        uint32_t most_bytes = random_below(s, 8) == 0 ? 65535 - 20 : random_below(s, 2) ? 4000 : 200;
        uint32_t bytes = 9 + random_below(s, most_bytes - 8), units = (bytes + 7) / 8;
        bool cut_here[8192] = {0};
        unsigned cuts = 1 + random_below(s, 20), count = 0;

        /* At least one cut: else it is a piece for itself. */
        for (unsigned i = 0; i < cuts; i++)
                cut_here[1 + random_below(s, units - 1)] = true;
        for (uint32_t begin = 0; begin < units;) {
                uint32_t next = begin + 1;
                while (next < units && !cut_here[next])
                        next++;
                uint32_t stop = next == units ? bytes : next * 8;
                pieces[count++] = ipv6 ? v6(begin * 8, stop, next < units) : v4(begin * 8, stop, next < units);
                begin = next;
        }
        unsigned parts = count;
        for (unsigned extra = random_below(s, 6); extra > 0; extra--)
                pieces[count++] = pieces[random_below(s, parts)];
        if (trouble & EQUAL_OVERLAPS)
                for (unsigned extra = random_below(s, 8); extra > 0; extra--) {
                        uint32_t begin = random_below(s, units), next = begin + 1 + random_below(s, units - begin);
                        if (begin == 0 && next == units)
                                continue;
                        uint32_t stop = next == units ? bytes : next * 8;
                        pieces[count++] = ipv6 ? v6(begin * 8, stop, next < units) : v4(begin * 8, stop, next < units);
                }
        for (unsigned i = 0; i < count; i++) {
                if (trouble & CUTS && random_below(s, 4) == 0)
                        pieces[i].have = random_below(s, pieces[i].length + 1);
                if (trouble & LIES && random_below(s, 12) == 0)
                        pieces[i].payload = lies + pieces[i].offset;
                if (trouble & OTHER_ENDS && pieces[i].offset > 0 && random_below(s, 40) == 0) {
                        if (pieces[i].more) {
                                pieces[i].more = false;
                        } else if (pieces[i].length > 8) {
                                pieces[i].length -= 8;
                                pieces[i].have = least(pieces[i].have, pieces[i].length);
                        }
                }
        }
        for (unsigned i = count; i > 1; i--) {
                unsigned j = random_below(s, i);
                struct tv_fragment_piece swap = pieces[i - 1];
                pieces[i - 1] = pieces[j];
                pieces[j] = swap;
        }
        return count;
}

/* Three datagrams at a time, their pieces mixed, against their models. */
static uint64_t
compare_with_model(unsigned trouble, unsigned rounds)
{
        static struct model models[3];
        struct tv_fragment_piece pieces[3][64];
        struct tv_fragments *f = make();
        uint64_t s = 1000 + trouble, complete = 0;

        for (unsigned round = 0; round < rounds; round++) {
                unsigned count[3], at[3] = {0}, completions[3] = {0};
                for (unsigned i = 0; i < 3; i++) {
                        count[i] = random_pieces(&s, trouble, i == 2, pieces[i]);
                        memset(&models[i], 0, sizeof models[i]);
                        for (unsigned j = 0; j < count[i]; j++)
                                pieces[i][j].key.id = 3 * round + i;
                }
                while (at[0] < count[0] || at[1] < count[1] || at[2] < count[2]) {
                        unsigned i = random_below(&s, 3);
                        if (at[i] == count[i])
                                continue;
                        const struct tv_fragment_piece *piece = &pieces[i][at[i]++];
                        struct model *m = &models[i];
                        uint64_t refused_before = refused(counts(f));
                        struct tv_datagram whole;
                        /* Which copies are remembered is not the model's business, only what follows from it. */
                        bool copy = is_copy(f, piece_print(piece, key_hash(&piece->key, seed), seed), piece->time_ns);
                        if (m->of_copies && !copy)
                                memset(m, 0, sizeof *m);
                        if (m->count == 0)
                                m->of_copies = copy;
                        enum outcome expected = model_add(m, piece);

                        assert_int_equal(add(f, *piece, &whole), expected == COMPLETE);
                        assert_int_equal(refused(counts(f)) - refused_before, expected == REFUSED);
                        if (expected == COMPLETE) {
                                uint32_t prefix = model_prefix(m);
                                assert_int_equal(whole.length, piece->header_bytes + m->end);
                                assert_int_equal(whole.have, piece->header_bytes + prefix);
                                assert_memory_equal(whole.bytes + whole.header_bytes, m->octet, prefix);
                                assert_int_equal(whole.overlapped, m->overlapped);
                                assert_int_equal(whole.conflicting, m->conflicting);
                                assert_int_equal(whole.pieces, m->count);
                                if (!(trouble & (CUTS | LIES | OTHER_ENDS))) {
                                        assert_int_equal(prefix, m->end);
                                        assert_memory_equal(whole.bytes + whole.header_bytes, truth, m->end);
                                        assert_false(whole.conflicting);
                                }
                                complete++;
                                completions[i]++;
                        }
                        if (expected != WAITS)
                                memset(m, 0, sizeof *m);
                }
                if (!(trouble & OTHER_ENDS))
                        for (unsigned i = 0; i < 3; i++)
                                assert_true(completions[i] > 0);
        }
        assert_int_equal(counts(f)->scattered.count, 0);
        assert_int_equal(counts(f)->invalid.count, 0);
        assert_int_equal(counts(f)->beyond_end.count > 0, (trouble & OTHER_ENDS) != 0);
        assert_int_equal(counts(f)->conflicting.count > 0, (trouble & LIES) != 0);
        assert_int_equal(counts(f)->overlapping.count > 0, trouble != 0 && trouble != CUTS);
        finish(f);
        return complete;
}

static void
random_pieces_with_duplicates_give_the_payload(void **state)
{
        (void)state;
        assert_true(compare_with_model(0, 150) >= 450);
}

static void
random_pieces_with_equal_overlaps_give_the_payload(void **state)
{
        (void)state;
        assert_true(compare_with_model(EQUAL_OVERLAPS, 150) >= 450);
}

static void
random_pieces_that_are_cut_or_lie_give_what_the_model_says(void **state)
{
        (void)state;
        assert_true(compare_with_model(CUTS, 100) >= 300);
        assert_true(compare_with_model(EQUAL_OVERLAPS | CUTS, 100) >= 300);
        assert_true(compare_with_model(EQUAL_OVERLAPS | LIES, 100) >= 300);
        assert_true(compare_with_model(EQUAL_OVERLAPS | CUTS | LIES | OTHER_ENDS, 200) > 100);
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(a_datagram_is_chosen_if_one_of_its_pieces_is),
                TEST(two_pieces_in_order_make_a_datagram),
                TEST(the_first_piece_may_come_last_and_gives_the_header),
                TEST(a_datagram_without_its_first_piece_is_not_whole),
                TEST(a_header_may_be_empty_or_as_long_as_its_kind_can_be),
                TEST(pieces_of_different_datagrams_do_not_mix),
                TEST(only_what_belongs_to_the_key_tells_datagrams_apart),
                TEST(the_hash_is_siphash_of_the_whole_key),
                TEST(keys_of_equal_hash_differ_still),
                TEST(many_datagrams_at_once_are_kept_apart),
                TEST(a_datagram_in_one_piece_leaves_others_alone),
                TEST(a_single_piece_may_be_cut),
                TEST(after_a_whole_datagram_its_pieces_make_another),
                TEST(late_copies_of_pieces_spoil_no_later_datagram),
                TEST(copies_that_wait_in_vain_are_not_given_up),
                TEST(the_octets_handed_out_go_with_the_next_call),
                TEST(time_is_limited_from_the_first_piece_on),
                TEST(a_piece_of_another_datagram_or_a_refused_one_tells_the_time_too),
                TEST(time_that_steps_back_is_no_age),
                TEST(an_old_datagram_behind_one_from_the_future_is_late_all_the_same),
                TEST(an_exact_duplicate_is_no_overlap),
                TEST(other_octets_in_the_same_place_are_a_conflict_and_the_first_win),
                TEST(where_pieces_overlap_the_first_octets_stay),
                TEST(a_piece_that_covers_several_is_an_overlap),
                TEST(what_no_fragment_can_be_is_refused),
                TEST(no_datagram_is_longer_than_its_length_field_can_say),
                TEST(lengths_and_offsets_beyond_all_sense_are_too_long),
                TEST(pieces_that_disagree_on_the_end_are_no_datagram),
                TEST(the_smallest_pieces_make_the_largest_datagram),
                TEST(a_datagram_in_too_many_stretches_is_given_up),
                TEST(lengths_complete_a_datagram_and_the_prefix_is_at_hand),
                TEST(nothing_at_hand_at_all_is_a_datagram_still),
                TEST(a_duplicate_gives_what_a_cut_took),
                TEST(an_overlap_does_not),
                TEST(less_than_the_least_memory_is_refused),
                TEST(the_largest_datagram_fits_into_the_least_memory),
                TEST(memory_is_bounded_and_the_oldest_goes_first),
                TEST(a_datagram_that_grows_or_is_handed_out_gives_up_others_not_itself),
                TEST(without_memory_a_datagram_is_given_up),
                TEST(random_pieces_with_duplicates_give_the_payload),
                TEST(random_pieces_with_equal_overlaps_give_the_payload),
                TEST(random_pieces_that_are_cut_or_lie_give_what_the_model_says),
        };
        return cmocka_run_group_tests(tests, prepare, NULL);
}
