/* What the containers promise for the day when memory runs out.  They are compiled into this test, so that it can
 * refuse any request for memory and count them. */
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "analyzer/flow/pages.h"

static bool refuse;
static unsigned requests;

static bool
refused(void)
{
        requests++;
        return refuse;
}

static void *
ask_malloc(size_t bytes)
{
        return refused() ? NULL : malloc(bytes);
}

static void *
ask_calloc(size_t count, size_t bytes)
{
        return refused() ? NULL : calloc(count, bytes);
}

static void *
ask_realloc(void *old, size_t bytes)
{
        return refused() ? NULL : realloc(old, bytes);
}

static void *
ask_pages(size_t bytes, bool huge)
{
        return refused() ? NULL : tv_pages_map(bytes, huge);
}

#define malloc       ask_malloc
#define calloc       ask_calloc
#define realloc      ask_realloc
#define tv_pages_map ask_pages
/* NOLINTBEGIN(bugprone-suspicious-include): the point of this test */
#include "analyzer/flow/flow_table.c"
#include "analyzer/flow/pool.c"
#include "analyzer/flow/timer_queue.c"
#include "reassembly/range_set.c"
#include "reassembly/rtt.c"
/* NOLINTEND(bugprone-suspicious-include) */
#undef malloc
#undef calloc
#undef realloc
#undef tv_pages_map

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int
reset(void **state)
{
        (void)state;
        refuse = false;
        requests = 0;
        return 0;
}

static void
a_range_set_without_memory_says_that_it_is_inexact(void **state)
{
        struct tv_range_set set = {0};

        (void)state;
        refuse = true;
        assert_int_equal(tv_range_set_add(&set, 10, 20), 10);
        assert_true(set.inexact);
        assert_int_equal(set.count, 0);
        tv_range_set_clear(&set);

        refuse = false;
        for (uint64_t i = 0; i < 4; i++)
                tv_range_set_add(&set, 100 * i, 100 * i + 10 + i);
        refuse = true;
        assert_int_equal(tv_range_set_add(&set, 1000, 1010), 10);
        assert_true(set.inexact);
        assert_true(tv_range_set_contains(&set, 1000, 1010));
        for (uint64_t i = 0; i < 4; i++)
                assert_true(tv_range_set_contains(&set, 100 * i, 100 * i + 10 + i));
        assert_int_equal(tv_range_set_remove(&set, 1003, 1005), 2);
        assert_false(tv_range_set_contains(&set, 1003, 1004));
        tv_range_set_clear(&set);
}

static void
a_range_set_asks_for_memory_only_when_it_doubles(void **state)
{
        struct tv_range_set set = {0};

        (void)state;
        for (uint64_t i = 0; i < 100000; i++) {
                tv_range_set_add(&set, 10 * i, 10 * i + 5);
                if (i % 3 == 2)
                        tv_range_set_drop_below(&set, 10 * i);
        }
        assert_int_equal(requests, 1);
        for (uint64_t i = 0; i < 200; i++)
                tv_range_set_add(&set, 10000000 + 10 * i, 10000000 + 10 * i + 5);
        assert_int_equal(requests, 7); /* 4, 8, ... 256 */
        assert_int_equal(tv_range_set_heap(&set), 256 * sizeof(struct tv_range));
        tv_range_set_clear(&set);
}

static void
rtts_without_memory_keep_minimum_maximum_and_count(void **state)
{
        struct tv_rtt rtt = {0};

        (void)state;
        refuse = true;
        for (int64_t i = 1; i <= 8; i++)
                tv_rtt_add(&rtt, i * 1000);
        assert_int_equal(requests, 0);
        assert_int_equal(tv_rtt_percentile(&rtt, 50), 4000);
        for (int64_t i = 9; i <= 1000; i++)
                tv_rtt_add(&rtt, i * 1000);
        assert_int_equal(rtt.count, 1000);
        assert_int_equal(rtt.min, 1000);
        assert_int_equal(rtt.max, 1000000);
        assert_true(tv_rtt_percentile(&rtt, 50) == INT64_MIN);
        assert_int_equal(tv_rtt_heap(&rtt), 0);
        tv_rtt_clear(&rtt);

        refuse = false;
        for (int64_t i = 1; i <= 100; i++)
                tv_rtt_add(&rtt, 1000000 + i);
        assert_int_equal(tv_rtt_percentile(&rtt, 50) / 100000, 10);
        refuse = true;
        tv_rtt_add(&rtt, 1); /* another octave, and no memory for it */
        assert_true(tv_rtt_percentile(&rtt, 50) == INT64_MIN);
        assert_int_equal(rtt.min, 1);
        tv_rtt_clear(&rtt);
}

static void
rtts_ask_for_memory_only_when_an_octave_is_new(void **state)
{
        struct tv_rtt rtt = {0};

        (void)state;
        for (int64_t i = 0; i < 1000000; i++)
                tv_rtt_add(&rtt, 20000000 + i % 10000000);
        assert_int_equal(requests, 1);
        tv_rtt_clear(&rtt);
}

static void
a_pool_without_memory_gives_zero_and_goes_on_later(void **state)
{
        struct tv_pool pool;

        (void)state;
        tv_pool_init(&pool, 16, 2);
        refuse = true;
        assert_int_equal(tv_pool_take(&pool), 0);
        assert_int_equal(tv_pool_take_zeroed(&pool), 0);
        assert_int_equal(pool.in_use, 0);
        refuse = false;
        assert_int_equal(tv_pool_take(&pool), 1);
        assert_int_equal(tv_pool_take(&pool), 2);
        assert_int_equal(tv_pool_take(&pool), 3);
        refuse = true;
        assert_int_equal(tv_pool_take(&pool), 0);
        tv_pool_give(&pool, 2);
        assert_int_equal(tv_pool_take_zeroed(&pool), 2);
        tv_pool_clear(&pool);
}

static void
a_table_that_cannot_grow_fills_up_and_then_refuses(void **state)
{
        struct tv_flow_table table;
        struct tv_flow_cursor cursor;
        uint32_t n = 0;

        (void)state;
        refuse = true;
        assert_false(tv_flow_table_init(&table));
        tv_flow_table_clear(&table);
        refuse = false;
        assert_true(tv_flow_table_init(&table));
        refuse = true;
        while (tv_flow_table_insert(&table, n * UINT32_C(2654435761), n + 1))
                n++;
        assert_int_equal(n, 960); /* 15/16 of 1024 */
        for (uint32_t i = 0; i < n; i++)
                assert_int_equal(tv_flow_table_first(&table, i * UINT32_C(2654435761), &cursor), i + 1);
        assert_int_equal(tv_flow_table_first(&table, n * UINT32_C(2654435761), &cursor), 0);
        assert_true(tv_flow_table_remove(&table, 0, 1));
        assert_true(tv_flow_table_insert(&table, 7, 7));
        tv_flow_table_clear(&table);
}

static void
a_timer_queue_without_memory_keeps_what_it_has(void **state)
{
        struct tv_timer_queue queue = {0};
        struct tv_timer item;

        (void)state;
        refuse = true;
        assert_false(tv_timer_push(&queue, 1, 2, 3));
        assert_false(tv_timer_peek(&queue, &item));
        refuse = false;
        /* One item each for the runs, then one for the heap. */
        for (int64_t i = 9; i >= 5; i--)
                assert_true(tv_timer_push(&queue, i, 0, 0));
        refuse = true;
        for (int64_t i = 1; i < FIRST_HEAP; i++)
                assert_true(tv_timer_push(&queue, -i, 0, 0));
        assert_false(tv_timer_push(&queue, -1000, 0, 0));
        assert_int_equal(queue.count, FIRST_HEAP + TV_TIMER_RUNS);
        assert_true(tv_timer_peek(&queue, &item));
        assert_int_equal(item.deadline, 1 - FIRST_HEAP);
        while (tv_timer_peek(&queue, &item))
                tv_timer_pop(&queue);
        assert_int_equal(item.deadline, 9);
        tv_timer_clear(&queue);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(a_range_set_without_memory_says_that_it_is_inexact, reset),
                cmocka_unit_test_setup(a_range_set_asks_for_memory_only_when_it_doubles, reset),
                cmocka_unit_test_setup(rtts_without_memory_keep_minimum_maximum_and_count, reset),
                cmocka_unit_test_setup(rtts_ask_for_memory_only_when_an_octave_is_new, reset),
                cmocka_unit_test_setup(a_pool_without_memory_gives_zero_and_goes_on_later, reset),
                cmocka_unit_test_setup(a_table_that_cannot_grow_fills_up_and_then_refuses, reset),
                cmocka_unit_test_setup(a_timer_queue_without_memory_keeps_what_it_has, reset),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
