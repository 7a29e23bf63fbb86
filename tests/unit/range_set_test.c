#include "reassembly/range_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BASE (UINT64_C(1) << 32)

static uint64_t
next_random(uint64_t *seed)
{
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        return *seed;
}

/* Ascending, not empty, not touching. */
static void
assert_well_formed(const struct tv_range_set *set)
{
        assert_true(set->count <= set->capacity);
        for (unsigned i = 0; i < set->count; i++) {
                assert_true(set->at[i].begin < set->at[i].end);
                if (i > 0)
                        assert_true(set->at[i - 1].end < set->at[i].begin);
        }
}

static void
an_empty_set_owns_nothing_and_holds_nothing(void **state)
{
        struct tv_range_set set = {0};

        (void)state;
        assert_int_equal(tv_range_set_covered(&set, 0, UINT64_MAX), 0);
        assert_int_equal(tv_range_set_remove(&set, 0, UINT64_MAX), 0);
        assert_int_equal(tv_range_set_add(&set, 5, 5), 0);
        assert_int_equal(tv_range_set_add(&set, 6, 5), 0);
        tv_range_set_drop_below(&set, 100);
        assert_true(tv_range_set_contains(&set, 5, 5));
        assert_false(tv_range_set_contains(&set, 5, 6));
        assert_int_equal(tv_range_set_heap(&set), 0);
        assert_null(set.at);
        tv_range_set_clear(&set);
}

static void
ranges_that_overlap_or_touch_become_one(void **state)
{
        struct tv_range_set set = {0};

        (void)state;
        assert_int_equal(tv_range_set_add(&set, 100, 200), 100);
        assert_int_equal(tv_range_set_add(&set, 300, 400), 100);
        assert_int_equal(set.count, 2);
        assert_int_equal(tv_range_set_add(&set, 200, 250), 50);
        assert_int_equal(set.count, 2);
        assert_int_equal(tv_range_set_add(&set, 50, 350), 100);
        assert_int_equal(set.count, 1);
        assert_int_equal(set.at[0].begin, 50);
        assert_int_equal(set.at[0].end, 400);
        assert_int_equal(tv_range_set_add(&set, 60, 70), 0);
        assert_int_equal(tv_range_set_bytes(&set), 350);
        assert_false(set.inexact);
        tv_range_set_clear(&set);
}

static void
removing_the_middle_splits_a_range(void **state)
{
        struct tv_range_set set = {0};

        (void)state;
        tv_range_set_add(&set, 100, 200);
        assert_int_equal(tv_range_set_remove(&set, 120, 150), 30);
        assert_int_equal(set.count, 2);
        assert_true(tv_range_set_contains(&set, 100, 120));
        assert_true(tv_range_set_contains(&set, 150, 200));
        assert_false(tv_range_set_contains(&set, 119, 121));
        assert_int_equal(tv_range_set_remove(&set, 0, 1000), 70);
        assert_int_equal(set.count, 0);
        tv_range_set_clear(&set);
}

static void
offsets_at_the_top_of_64_bits_work(void **state)
{
        struct tv_range_set set = {0};

        (void)state;
        assert_int_equal(tv_range_set_add(&set, UINT64_MAX - 10, UINT64_MAX), 10);
        assert_int_equal(tv_range_set_add(&set, 0, UINT64_MAX), UINT64_MAX - 10);
        assert_int_equal(tv_range_set_remove(&set, UINT64_MAX - 1, UINT64_MAX), 1);
        assert_int_equal(tv_range_set_bytes(&set), UINT64_MAX - 1);
        tv_range_set_clear(&set);
}

#define UNIVERSE 600

static void
compare_with_bitmap(uint64_t seed, unsigned longest)
{
        struct tv_range_set set = {0};
        uint8_t bitmap[UNIVERSE] = {0};

        for (unsigned step = 0; step < 4000; step++) {
                unsigned begin = (unsigned)(next_random(&seed) % UNIVERSE);
                unsigned end = begin + (unsigned)(next_random(&seed) % longest);
                unsigned in_set = 0;
                uint64_t low = BASE + begin, high;

                if (end > UNIVERSE)
                        end = UNIVERSE;
                high = BASE + end;
                for (unsigned i = begin; i < end; i++)
                        in_set += bitmap[i];
                assert_int_equal(tv_range_set_covered(&set, low, high), in_set);
                assert_int_equal(tv_range_set_contains(&set, low, high), in_set == end - begin);
                switch (next_random(&seed) % 16) {
                default:
                        assert_int_equal(tv_range_set_add(&set, low, high), end - begin - in_set);
                        memset(bitmap + begin, 1, end - begin);
                        break;
                case 8:
                case 9:
                case 10:
                case 11:
                case 12:
                case 13:
                        assert_int_equal(tv_range_set_remove(&set, low, high), in_set);
                        memset(bitmap + begin, 0, end - begin);
                        break;
                case 14:
                        if (begin < UNIVERSE / 8) {
                                tv_range_set_drop_below(&set, low);
                                memset(bitmap, 0, begin);
                        }
                        break;
                case 15:
                        if (next_random(&seed) % 20 == 0) {
                                tv_range_set_clear(&set);
                                memset(bitmap, 0, sizeof bitmap);
                        }
                        break;
                }
                assert_well_formed(&set);
                in_set = 0;
                for (unsigned i = 0; i < UNIVERSE; i++)
                        in_set += bitmap[i];
                assert_int_equal(tv_range_set_bytes(&set), in_set);
        }
        assert_false(set.inexact);
        tv_range_set_clear(&set);
}

static void
random_operations_agree_with_a_bitmap(void **state)
{
        (void)state;
        for (unsigned longest = 2; longest <= 130; longest *= 2)
                for (uint64_t seed = 1; seed <= 8; seed++)
                        compare_with_bitmap(seed * 7919, longest);
}

static void
a_full_set_merges_the_nearest_two_and_says_so(void **state)
{
        struct tv_range_set set = {0};

        (void)state;
        tv_range_set_add_limited(&set, 0, 10, 4);
        tv_range_set_add_limited(&set, 100, 110, 4);
        tv_range_set_add_limited(&set, 113, 120, 4);
        tv_range_set_add_limited(&set, 200, 210, 4);
        assert_false(set.inexact);
        assert_int_equal(tv_range_set_add_limited(&set, 300, 310, 4), 10);
        assert_true(set.inexact);
        assert_int_equal(set.count, 4);
        assert_true(tv_range_set_contains(&set, 100, 120));
        assert_true(tv_range_set_contains(&set, 300, 310));
        tv_range_set_clear(&set);
        assert_false(set.inexact);
}

static void
a_bounded_set_never_loses_a_byte(void **state)
{
        uint64_t seed = 4711;

        (void)state;
        for (unsigned limit = 2; limit <= 9; limit++) {
                struct tv_range_set set = {0};
                uint8_t bitmap[UNIVERSE] = {0};

                for (unsigned step = 0; step < 3000; step++) {
                        unsigned begin = (unsigned)(next_random(&seed) % (UNIVERSE - 20));
                        unsigned end = begin + (unsigned)(next_random(&seed) % 20);

                        if (next_random(&seed) % 3 != 0) {
                                tv_range_set_add_limited(&set, BASE + begin, BASE + end, limit);
                                memset(bitmap + begin, 1, end - begin);
                        } else {
                                tv_range_set_remove_limited(&set, BASE + begin, BASE + end, limit);
                                memset(bitmap + begin, 0, end - begin);
                                assert_int_equal(tv_range_set_covered(&set, BASE + begin, BASE + end), 0);
                        }
                        assert_well_formed(&set);
                        assert_true(set.count <= limit);
                        for (unsigned i = 0; i < UNIVERSE; i++)
                                if (bitmap[i] != 0)
                                        assert_true(tv_range_set_contains(&set, BASE + i, BASE + i + 1));
                }
                assert_true(set.inexact);
                tv_range_set_clear(&set);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_empty_set_owns_nothing_and_holds_nothing),
                cmocka_unit_test(ranges_that_overlap_or_touch_become_one),
                cmocka_unit_test(removing_the_middle_splits_a_range),
                cmocka_unit_test(offsets_at_the_top_of_64_bits_work),
                cmocka_unit_test(random_operations_agree_with_a_bitmap),
                cmocka_unit_test(a_full_set_merges_the_nearest_two_and_says_so),
                cmocka_unit_test(a_bounded_set_never_loses_a_byte),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
