/* Counts over time: exact while they are few, coarser when they are many, never lost. */
#include "analyzer/host/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define MILLISECOND INT64_C(1000000)
#define START       INT64_C(1700000000000000000)

static void
sums_are_kept_by_subject_time_and_kind(void **state)
{
        struct tv_tally tally;
        struct tv_tally_entry *list;
        size_t count;

        (void)state;
        tv_tally_init(&tally, 7);
        assert_true(tv_tally_add(&tally, 2, 3, START + 5 * MILLISECOND, 1));
        assert_true(tv_tally_add(&tally, 1, 4, START + 9 * MILLISECOND, 5));
        assert_true(tv_tally_add(&tally, 2, 3, START + 5 * MILLISECOND + 999999, 2));
        assert_true(tv_tally_add(&tally, 2, 3, START - 60000 * MILLISECOND, -1));
        assert_true(tv_tally_add(&tally, 2, 2, START + 5 * MILLISECOND, 1));
        assert_true(tv_tally_add(&tally, 3, 3, START, 1));
        assert_true(tv_tally_add(&tally, 3, 3, START, -1)); /* nothing is left of it */
        list = tv_tally_sorted(&tally, &count);
        assert_int_equal(count, 4);
        assert_int_equal(tv_tally_subject(&list[0]), 1);
        assert_int_equal(list[0].sum, 5);
        assert_int_equal(tv_tally_time(&tally, &list[0]), START + 9 * MILLISECOND);
        assert_int_equal(tv_tally_subject(&list[1]), 2);
        assert_int_equal(list[1].sum, -1);
        assert_int_equal(tv_tally_time(&tally, &list[1]), START - 60000 * MILLISECOND);
        assert_int_equal(tv_tally_kind(&list[2]), 2);
        assert_int_equal(tv_tally_kind(&list[3]), 3);
        assert_int_equal(list[3].sum, 3);
        free(list);
        tv_tally_clear(&tally);
}

static void
a_full_one_becomes_coarser_and_loses_nothing(void **state)
{
        struct tv_tally tally;
        struct tv_tally_entry *list;
        int64_t sum = 0, early = 0;
        size_t count;

        (void)state;
        tv_tally_init(&tally, 1);
        for (unsigned i = 0; i < 100000; i++) {
                while (!tv_tally_add(&tally, 1, 1, START + i * MILLISECOND, 1))
                        assert_true(tv_tally_coarsen(&tally));
                assert_true(tally.used <= TV_TALLY_LEAST);
        }
        assert_true(tv_tally_step(&tally) > MILLISECOND);
        list = tv_tally_sorted(&tally, &count);
        for (size_t i = 0; i < count; i++) {
                tv_time time = tv_tally_time(&tally, &list[i]);

                assert_int_equal(time % tv_tally_step(&tally), 0); /* steps begin at whole multiples */
                assert_true(i == 0 || time > tv_tally_time(&tally, &list[i - 1]));
                sum += list[i].sum;
                early += time < START + 50000 * MILLISECOND ? list[i].sum : 0;
        }
        assert_int_equal(sum, 100000);
        assert_int_equal(early, 50000);
        free(list);
        tv_tally_clear(&tally);
}

static void
the_sums_do_not_depend_on_when_it_became_coarser(void **state)
{
        struct tv_tally one, other;
        struct tv_tally_entry *a, *b;
        size_t count, same;
        uint32_t random = 1;

        (void)state;
        tv_tally_init(&one, 1);
        tv_tally_init(&other, 2);
        for (unsigned i = 0; i < 3; i++)
                assert_true(tv_tally_coarsen(&other));
        for (unsigned i = 0; i < 5000; i++) {
                random = random * 1664525u + 1013904223u;
                assert_true(
                        tv_tally_add(&one, random >> 30, random >> 28 & 3, START + (random >> 8) * INT64_C(1000), 1));
                assert_true(
                        tv_tally_add(&other, random >> 30, random >> 28 & 3, START + (random >> 8) * INT64_C(1000), 1));
        }
        for (unsigned i = 0; i < 3; i++)
                assert_true(tv_tally_coarsen(&one));
        a = tv_tally_sorted(&one, &count);
        b = tv_tally_sorted(&other, &same);
        assert_int_equal(count, same);
        for (size_t i = 0; i < count; i++) {
                assert_int_equal(a[i].key, b[i].key);
                assert_int_equal(a[i].sum, b[i].sum);
        }
        free(a);
        free(b);
        tv_tally_clear(&one);
        tv_tally_clear(&other);
}

static void
subjects_that_give_way_leave_their_sums_to_another(void **state)
{
        const uint32_t to[] = {0, 0, 1};
        struct tv_tally tally;
        struct tv_tally_entry *list;
        size_t count;

        (void)state;
        tv_tally_init(&tally, 3);
        tv_tally_add(&tally, 0, 1, START, 1);
        tv_tally_add(&tally, 1, 1, START, 2);
        tv_tally_add(&tally, 2, 1, START, 4);
        tv_tally_rename(&tally, to, 3);
        list = tv_tally_sorted(&tally, &count);
        assert_int_equal(count, 2);
        assert_int_equal(list[0].sum, 3);
        assert_int_equal(tv_tally_subject(&list[1]), 1);
        assert_int_equal(list[1].sum, 4);
        free(list);
        tv_tally_clear(&tally);
}

static void
times_that_are_centuries_away_harm_nothing(void **state)
{
        struct tv_tally tally;
        struct tv_tally_entry *list;
        size_t count;

        (void)state;
        tv_tally_init(&tally, 3);
        assert_true(tv_tally_add(&tally, 1, 1, START, 1));
        assert_true(tv_tally_add(&tally, 1, 1, INT64_MAX, 2));
        assert_true(tv_tally_add(&tally, 1, 1, INT64_MIN + 1, 4));
        while (tv_tally_coarsen(&tally))
                ;
        list = tv_tally_sorted(&tally, &count);
        assert_int_equal(count, 3);
        assert_int_equal(list[0].sum, 4);
        assert_int_equal(list[2].sum, 2);
        free(list);
        tv_tally_clear(&tally);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sums_are_kept_by_subject_time_and_kind),
                cmocka_unit_test(a_full_one_becomes_coarser_and_loses_nothing),
                cmocka_unit_test(the_sums_do_not_depend_on_when_it_became_coarser),
                cmocka_unit_test(subjects_that_give_way_leave_their_sums_to_another),
                cmocka_unit_test(times_that_are_centuries_away_harm_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
