/* The ledger against a model that remembers every octet and every transmission for ever. */
#include "reassembly/sent_ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MILLISECOND INT64_C(1000000)

static uint32_t seed;

static uint32_t
random_below(uint32_t limit)
{
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        return seed % limit;
}

enum { SPACE = 6000, SENT = 3000 };

struct model {
        uint64_t base; /* offset of octet 0 */
        uint32_t nxt, una;
        bool captured[SPACE];
        uint32_t count;
        struct {
                uint32_t begin, end;
                bool again;
        } sent[SENT];
};

static struct tv_overlap
model_add(struct model *m, uint32_t begin, uint32_t end)
{
        struct tv_overlap o = {0, 0, 0};

        for (uint32_t i = begin; i < end; i++) {
                if (i >= m->nxt)
                        o.fresh++;
                else if (m->captured[i])
                        o.old++;
                else
                        o.hole++;
                m->captured[i] = true;
        }
        if (end > m->nxt)
                m->nxt = end;
        return o;
}

static uint64_t
model_missing(const struct model *m)
{
        uint64_t missing = m->una > m->nxt ? m->una - m->nxt : 0;

        for (uint32_t i = 0; i < m->una && i < m->nxt; i++)
                missing += !m->captured[i];
        return missing;
}

static void
same_holes(const struct model *m, const struct tv_ledger *ledger)
{
        uint64_t holes = 0;

        for (uint32_t i = 0; i < m->nxt; i++) {
                bool hole = tv_range_set_contains(&ledger->holes, m->base + i, m->base + i + 1);

                assert_true(hole == !m->captured[i]);
                holes += hole;
        }
        assert_true(tv_range_set_bytes(&ledger->holes) == holes);
}

static void
remember(struct model *m, struct tv_ledger *ledger, uint32_t begin, uint32_t end, int64_t now,
         const struct tv_overlap *o)
{
        struct tv_sent *sent = tv_ledger_remember(ledger, now, false);

        assert_non_null(sent);
        memset(sent, 0, sizeof *sent);
        sent->time = now;
        sent->frame = m->count + 1;
        sent->begin = m->base + begin;
        sent->length = end - begin;
        /* what the tracker does: no RTT sample from octets that went more than once (Karn) */
        if (o->old != 0 || o->hole != 0)
                sent->bits = TV_SENT_AGAIN;
        m->sent[m->count].begin = begin;
        m->sent[m->count].end = end;
        m->sent[m->count].again = sent->bits != 0;
        for (uint32_t i = 0; o->old != 0 && i < m->count; i++)
                if (m->sent[i].begin < end && begin < m->sent[i].end) {
                        struct tv_sent *older;

                        m->sent[i].again = true;
                        for (uint32_t k = 0; (older = tv_ledger_recent(ledger, k)) != NULL; k++)
                                if (older->frame == i + 1)
                                        older->bits |= TV_SENT_AGAIN;
                }
        m->count++;
}

/* For space that is not acknowledged the ledger must know the first and the newest transmission. */
static void
same_transmissions(const struct model *m, const struct tv_ledger *ledger)
{
        for (uint32_t offset = m->una; offset < m->nxt; offset += 1 + random_below(40)) {
                const struct tv_sent *first = tv_ledger_find(ledger, m->base + offset, true);
                const struct tv_sent *newest = tv_ledger_find(ledger, m->base + offset, false);
                uint32_t expected_first = 0, expected_newest = 0;

                for (uint32_t i = 0; i < m->count; i++)
                        if (m->sent[i].begin <= offset && offset < m->sent[i].end) {
                                expected_newest = i + 1;
                                if (expected_first == 0)
                                        expected_first = i + 1;
                        }
                assert_int_equal(newest == NULL ? 0 : newest->frame, expected_newest);
                assert_int_equal(first == NULL ? 0 : first->frame, expected_first);
        }
}

static void
random_traffic_gives_what_the_model_gives(void **state)
{
        static struct model m;

        (void)state;
        for (uint32_t round = 1; round <= 400; round++) {
                struct tv_ledger ledger;
                int64_t now = 0;

                seed = round * 2654435761u;
                memset(&ledger, 0, sizeof ledger);
                memset(&m, 0, sizeof m);
                m.base = (UINT64_C(1) << 32) + (round % 3 == 0 ? UINT64_C(0xfffff000) : round * 1000);
                tv_ledger_start(&ledger, m.base);
                while (m.nxt < SPACE - 600 && m.count < SENT) {
                        uint32_t what = random_below(10), begin = m.nxt, end;
                        struct tv_overlap expected, o;

                        now += random_below(2000000);
                        if (what >= 8) {
                                uint32_t ack = m.una + random_below(m.nxt - m.una + 1);
                                const struct tv_sent *sample = tv_ledger_acknowledge(&ledger, m.base + ack);

                                if (ack > m.una)
                                        m.una = ack;
                                if (sample != NULL) { /* Karn: sent once, and it ends where the number points */
                                        assert_true(sample->begin + sample->length == m.base + ack);
                                        assert_false(m.sent[sample->frame - 1].again);
                                }
                                assert_true(ledger.una == m.base + m.una);
                                assert_true(tv_ledger_missing(&ledger, 0) == model_missing(&m));
                                continue;
                        }
                        if (what == 0)
                                begin += 1 + random_below(200); /* a gap */
                        else if (what <= 2)
                                begin = random_below(m.nxt + 1); /* old space, perhaps with new octets behind */
                        end = begin + 1 + random_below(200);
                        expected = model_add(&m, begin, end);
                        o = tv_ledger_add(&ledger, m.base + begin, m.base + end);
                        assert_true(o.old == expected.old);
                        assert_true(o.hole == expected.hole);
                        assert_true(o.fresh == expected.fresh);
                        assert_true(ledger.nxt == m.base + m.nxt);
                        remember(&m, &ledger, begin, end, now, &o);
                        if (random_below(20) == 0) {
                                same_holes(&m, &ledger);
                                same_transmissions(&m, &ledger);
                        }
                }
                same_holes(&m, &ledger);
                assert_true(tv_ledger_missing(&ledger, 0) == model_missing(&m));
                tv_ledger_clear(&ledger);
                tv_ledger_clear(&ledger); /* twice is harmless */
        }
}

static void
in_order_traffic_gives_a_sample_for_each_acknowledgment(void **state)
{
        struct tv_ledger ledger = {0};
        uint64_t base = (UINT64_C(1) << 32) + 4294967000u;

        (void)state;
        tv_ledger_start(&ledger, base);
        for (uint64_t i = 0; i < 10000; i++) {
                struct tv_sent *sent;
                const struct tv_sent *sample;

                tv_ledger_add(&ledger, base + i * 100, base + i * 100 + 100);
                sent = tv_ledger_remember(&ledger, (int64_t)i * MILLISECOND, false);
                assert_non_null(sent);
                *sent = (struct tv_sent){
                        .time = (int64_t)i * MILLISECOND, .frame = i + 1, .begin = base + i * 100, .length = 100};
                sample = tv_ledger_acknowledge(&ledger, base + i * 100 + 100);
                assert_non_null(sample);
                assert_int_equal(sample->frame, i + 1);
                assert_null(tv_ledger_acknowledge(&ledger, base + i * 100 + 100)); /* the same again tells nothing */
        }
        assert_int_equal(tv_ledger_missing(&ledger, 0), 0);
        assert_int_equal(ledger.holes.count, 0);
        tv_ledger_clear(&ledger);
}

static void
send_octets(struct tv_ledger *ledger, uint64_t begin, uint64_t end, uint8_t bits)
{
        struct tv_sent *sent;

        tv_ledger_add(ledger, begin, end);
        sent = tv_ledger_remember(ledger, 0, false);
        assert_non_null(sent);
        *sent = (struct tv_sent){.begin = begin, .length = (uint32_t)(end - begin), .bits = bits};
}

/* The acknowledgment of what came behind a hole has waited for the hole to be filled: it measures no round trip. */
static void
acknowledgment_that_waited_gives_no_sample(void **state)
{
        struct tv_ledger again = {0}, filled = {0}, missed = {0};

        (void)state;
        tv_ledger_start(&again, 5000); /* the first segment goes twice */
        send_octets(&again, 5000, 5100, TV_SENT_AGAIN);
        send_octets(&again, 5100, 5200, 0);
        send_octets(&again, 5000, 5100, TV_SENT_COPY | TV_SENT_AGAIN);
        assert_null(tv_ledger_acknowledge(&again, 5200));
        send_octets(&again, 5200, 5300, 0);
        assert_non_null(tv_ledger_acknowledge(&again, 5300)); /* and then all is well again */

        tv_ledger_start(&filled, 5000); /* lost before it was captured; more is in flight when it comes again */
        send_octets(&filled, 5100, 5200, 0);
        send_octets(&filled, 5200, 5300, 0);
        send_octets(&filled, 5000, 5100, TV_SENT_AGAIN);
        assert_null(tv_ledger_acknowledge(&filled, 5200));

        tv_ledger_start(&missed, 5000); /* missed by the capture alone: the same picture, so no sample either */
        send_octets(&missed, 5100, 5200, 0);
        assert_null(tv_ledger_acknowledge(&missed, 5200));
        tv_ledger_clear(&again);
        tv_ledger_clear(&filled);
        tv_ledger_clear(&missed);
}

static void
newest_come_first(void **state)
{
        struct tv_ledger ledger = {0};

        (void)state;
        tv_ledger_start(&ledger, UINT64_C(5000000000));
        assert_null(tv_ledger_recent(&ledger, 0));
        assert_null(tv_ledger_find(&ledger, UINT64_C(5000000000), true));
        for (unsigned i = 0; i < 300; i++) {
                struct tv_sent *sent = tv_ledger_remember(&ledger, i, false);

                *sent = (struct tv_sent){.frame = i + 1, .begin = UINT64_C(5000000000) + i, .length = 1};
                for (unsigned k = 0; k <= i; k++)
                        assert_int_equal(tv_ledger_recent(&ledger, k)->frame, i + 1 - k);
                assert_null(tv_ledger_recent(&ledger, i + 1));
        }
        tv_ledger_clear(&ledger);
}

static void
unacknowledged_transmissions_are_bounded(void **state)
{
        struct tv_ledger ledger = {0};
        unsigned remembered = 0;

        (void)state;
        tv_ledger_start(&ledger, UINT64_C(5000000000));
        for (unsigned i = 0; i < 3 * TV_SENT_RING_MAX; i++) {
                struct tv_sent *sent = tv_ledger_remember(&ledger, i, false);

                assert_non_null(sent);
                *sent = (struct tv_sent){.frame = i + 1, .begin = UINT64_C(5000000000) + i, .length = 1};
        }
        while (tv_ledger_recent(&ledger, remembered) != NULL)
                remembered++;
        assert_int_equal(remembered, TV_SENT_RING_MAX);
        assert_int_equal(tv_ledger_recent(&ledger, 0)->frame, 3 * TV_SENT_RING_MAX);
        tv_ledger_clear(&ledger);
}

static void
missing_octets_are_counted_beyond_the_limit_of_holes(void **state)
{
        struct tv_ledger ledger = {0};
        uint64_t base = UINT64_C(5000000000), missing = 0;

        (void)state;
        tv_ledger_start(&ledger, base);
        for (uint64_t i = 0; i < 20 * TV_LEDGER_HOLES; i++) {
                uint64_t begin = base + i * 100 + 7;

                tv_ledger_add(&ledger, begin, begin + 93);
                missing += 7;
                tv_ledger_acknowledge(&ledger, begin + 93);
                assert_true(tv_ledger_missing(&ledger, 0) == missing);
        }
        assert_true(ledger.holes.count <= TV_LEDGER_HOLES);
        tv_ledger_clear(&ledger);
}

static void
acknowledgment_beyond_what_was_captured_is_missing(void **state)
{
        struct tv_ledger ledger = {0};

        (void)state;
        tv_ledger_start(&ledger, 5000);
        tv_ledger_add(&ledger, 5000, 5100);
        tv_ledger_acknowledge(&ledger, 5250);
        assert_int_equal(tv_ledger_missing(&ledger, 0), 150);
        /* it comes after all: two taps merged */
        tv_ledger_add(&ledger, 5100, 5250);
        assert_int_equal(tv_ledger_missing(&ledger, 0), 0);
        tv_ledger_clear(&ledger);
}

static void
older_segment_moves_the_beginning_down(void **state)
{
        struct tv_ledger ledger = {0};
        struct tv_overlap o;

        (void)state;
        tv_ledger_start(&ledger, 5000);
        tv_ledger_add(&ledger, 5000, 5100);
        o = tv_ledger_add(&ledger, 4800, 4900); /* begun in the middle; 4900 to 5000 is still to come */
        assert_int_equal(ledger.begin, 4800);
        assert_int_equal(o.old, 0);
        assert_int_equal(o.hole, 100);
        assert_int_equal(tv_range_set_bytes(&ledger.holes), 100);
        o = tv_ledger_add(&ledger, 4900, 5050);
        assert_int_equal(o.hole, 100);
        assert_int_equal(o.old, 50);
        assert_int_equal(tv_range_set_bytes(&ledger.holes), 0);
        tv_ledger_clear(&ledger);
}

static void
echoed_time_stamps_need_not_be_kept(void **state)
{
        struct tv_ledger ledger = {0};

        (void)state;
        tv_ledger_start(&ledger, 5000);
        for (uint32_t i = 0; i < 10; i++) {
                struct tv_sent *sent = tv_ledger_remember(&ledger, i * MILLISECOND, true);

                *sent = (struct tv_sent){
                        .begin = 5000, .tsval = 4294967290u + i, .bits = TV_SENT_PURE | TV_SENT_HAS_TS};
        }
        /* TSvals wrap: 4294967290 + 5 is -1 modulo 2^32, so five of them are older than 4294967295 */
        tv_ledger_echoed(&ledger, 4294967295u);
        assert_int_equal(ledger.pushed - ledger.done, 5);
        tv_ledger_echoed(&ledger, 4294967290u); /* an older echo takes nothing back */
        assert_int_equal(ledger.pushed - ledger.done, 5);
        tv_ledger_clear(&ledger);
}

static void
forgetting_single_transmissions_keeps_the_holes(void **state)
{
        struct tv_ledger ledger = {0};

        (void)state;
        tv_ledger_start(&ledger, 5000);
        tv_ledger_add(&ledger, 5100, 5200);
        *tv_ledger_remember(&ledger, 0, false) = (struct tv_sent){.begin = 5100, .length = 100};
        tv_ledger_forget(&ledger);
        assert_null(tv_ledger_recent(&ledger, 0));
        assert_null(tv_ledger_find(&ledger, 5150, true));
        tv_ledger_acknowledge(&ledger, 5200);
        assert_int_equal(tv_ledger_missing(&ledger, 0), 100);
        tv_ledger_clear(&ledger);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(random_traffic_gives_what_the_model_gives),
                cmocka_unit_test(in_order_traffic_gives_a_sample_for_each_acknowledgment),
                cmocka_unit_test(acknowledgment_that_waited_gives_no_sample),
                cmocka_unit_test(newest_come_first),
                cmocka_unit_test(unacknowledged_transmissions_are_bounded),
                cmocka_unit_test(missing_octets_are_counted_beyond_the_limit_of_holes),
                cmocka_unit_test(acknowledgment_beyond_what_was_captured_is_missing),
                cmocka_unit_test(older_segment_moves_the_beginning_down),
                cmocka_unit_test(echoed_time_stamps_need_not_be_kept),
                cmocka_unit_test(forgetting_single_transmissions_keeps_the_holes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
