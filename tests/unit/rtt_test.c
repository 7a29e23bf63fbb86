#include "reassembly/rtt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MOST 20000

static uint64_t
next_random(uint64_t *seed)
{
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        return *seed;
}

static int
compare(const void *x, const void *y)
{
        int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

        return (a > b) - (a < b);
}

/* The slow way: sort all, take the ceil(n * percent / 100)-th. */
static int64_t
nearest_rank(const int64_t *sorted, size_t n, unsigned percent)
{
        return sorted[(n * percent + 99) / 100 - 1];
}

static void
no_sample_has_no_percentile(void **state)
{
        struct tv_rtt rtt = {0};

        (void)state;
        assert_true(tv_rtt_percentile(&rtt, 50) == INT64_MIN);
        tv_rtt_add(&rtt, -1);
        assert_int_equal(rtt.count, 0);
        tv_rtt_clear(&rtt);
}

static void
few_samples_are_exact_and_take_no_heap(void **state)
{
        const int64_t sample[] = {70000123, 10000001, 30000003, 20000002, 50000005, 40000004, 80000008, 60000006};
        struct tv_rtt rtt = {0};

        (void)state;
        for (unsigned i = 0; i < 8; i++)
                tv_rtt_add(&rtt, sample[i]);
        assert_int_equal(rtt.count, 8);
        assert_int_equal(rtt.min, 10000001);
        assert_int_equal(rtt.max, 80000008);
        assert_int_equal(tv_rtt_percentile(&rtt, 50), 40000004);
        assert_int_equal(tv_rtt_percentile(&rtt, 51), 50000005);
        assert_int_equal(tv_rtt_percentile(&rtt, 95), 80000008);
        assert_int_equal(tv_rtt_percentile(&rtt, 1), 10000001);
        assert_int_equal(tv_rtt_heap(&rtt), 0);
        tv_rtt_clear(&rtt);
        assert_int_equal(rtt.count, 0);
}

static void
assert_within(int64_t got, int64_t wanted, double share)
{
        assert_true((double)got >= (double)wanted * (1 - share) - 1 && (double)got <= (double)wanted * (1 + share) + 1);
}

static void
compare_with_sorting(uint64_t seed, size_t n, unsigned low_bits, unsigned high_bits)
{
        static int64_t sample[MOST];
        struct tv_rtt rtt = {0};
        int64_t min = INT64_MAX, max = 0;

        for (size_t i = 0; i < n; i++) {
                unsigned bits = low_bits + (unsigned)(next_random(&seed) % (high_bits - low_bits + 1));

                sample[i] = (int64_t)(next_random(&seed) >> (64 - bits));
                tv_rtt_add(&rtt, sample[i]);
                min = sample[i] < min ? sample[i] : min;
                max = sample[i] > max ? sample[i] : max;
        }
        assert_int_equal(rtt.count, n);
        assert_int_equal(rtt.min, min);
        assert_int_equal(rtt.max, max);
        qsort(sample, n, sizeof *sample, compare);
        for (unsigned percent = 1; percent <= 100; percent++)
                assert_within(tv_rtt_percentile(&rtt, percent), nearest_rank(sample, n, percent),
                              n <= TV_RTT_FEW ? 0.000002 : 0.032);
        tv_rtt_clear(&rtt);
}

static void
percentiles_agree_with_sorting(void **state)
{
        const size_t sizes[] = {1, 2, 7, 8, 9, 10, 100, 1000, MOST};

        (void)state;
        for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
                for (uint64_t seed = 1; seed < 20; seed++) {
                        compare_with_sorting(seed * 31, sizes[i], 7, 42);  /* 100 ns to over an hour */
                        compare_with_sorting(seed * 37, sizes[i], 24, 26); /* 8 to 64 ms */
                        compare_with_sorting(seed * 41, sizes[i], 1, 9);
                }
}

static void
equal_samples_give_their_value(void **state)
{
        struct tv_rtt rtt = {0};

        (void)state;
        for (unsigned i = 0; i < 100000; i++)
                tv_rtt_add(&rtt, 20000000);
        assert_int_equal(tv_rtt_percentile(&rtt, 50), 20000000); /* clamped to min and max */
        assert_int_equal(tv_rtt_heap(&rtt), 64);
        tv_rtt_clear(&rtt);
}

static void
absurd_times_keep_min_and_max_exact(void **state)
{
        struct tv_rtt rtt = {0};

        (void)state;
        for (unsigned i = 0; i < 20; i++)
                tv_rtt_add(&rtt, INT64_MAX - i);
        assert_true(rtt.max == INT64_MAX);
        assert_true(rtt.min == INT64_MAX - 19);
        assert_true(tv_rtt_percentile(&rtt, 50) >= rtt.min);
        tv_rtt_add(&rtt, 0);
        assert_int_equal(rtt.min, 0);
        assert_true(tv_rtt_heap(&rtt) <= 40 * 64);
        tv_rtt_clear(&rtt);
        for (unsigned i = 0; i < 20; i++)
                tv_rtt_add(&rtt, i % 2 == 0 ? 0 : INT64_MAX);
        assert_int_equal(tv_rtt_percentile(&rtt, 50), 0);
        tv_rtt_clear(&rtt);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(no_sample_has_no_percentile),
                cmocka_unit_test(few_samples_are_exact_and_take_no_heap),
                cmocka_unit_test(percentiles_agree_with_sorting),
                cmocka_unit_test(equal_samples_give_their_value),
                cmocka_unit_test(absurd_times_keep_min_and_max_exact),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
