#include "analyzer/flow/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
an_empty_pool_holds_no_memory(void **state)
{
        struct tv_pool pool;

        (void)state;
        tv_pool_init(&pool, 64, 4);
        assert_int_equal(tv_pool_bytes(&pool), 0);
        assert_int_equal(pool.allocations, 0);
        tv_pool_clear(&pool);
        tv_pool_clear(&pool);
}

static void
numbers_start_at_one_and_addresses_stay(void **state)
{
        struct tv_pool pool;
        unsigned char *address[100];

        (void)state;
        tv_pool_init(&pool, 48, 3);
        for (uint32_t i = 1; i < 100; i++) {
                assert_int_equal(tv_pool_take(&pool), i);
                address[i] = tv_pool_at(&pool, i);
                memset(address[i], (int)i, 48);
        }
        for (uint32_t i = 1; i < 100; i++) {
                assert_ptr_equal(tv_pool_at(&pool, i), address[i]);
                assert_int_equal(address[i][0], i);
                assert_int_equal(address[i][47], i);
        }
        assert_int_equal(pool.in_use, 99);
        tv_pool_clear(&pool);
}

static void
the_last_given_item_is_taken_first(void **state)
{
        struct tv_pool pool;

        (void)state;
        tv_pool_init(&pool, 32, 4);
        for (unsigned i = 0; i < 5; i++)
                tv_pool_take(&pool);
        tv_pool_give(&pool, 2);
        tv_pool_give(&pool, 4);
        assert_int_equal(pool.in_use, 3);
        assert_int_equal(tv_pool_take(&pool), 4);
        assert_int_equal(tv_pool_take(&pool), 2);
        assert_int_equal(tv_pool_take(&pool), 6);
        tv_pool_clear(&pool);
}

static void
a_zeroed_item_is_zero_even_when_reused(void **state)
{
        static const unsigned char zero[40];
        struct tv_pool pool;
        uint32_t index;

        (void)state;
        tv_pool_init(&pool, sizeof zero, 4);
        index = tv_pool_take_zeroed(&pool);
        assert_memory_equal(tv_pool_at(&pool, index), zero, sizeof zero);
        memset(tv_pool_at(&pool, index), 0xff, sizeof zero);
        tv_pool_give(&pool, index);
        assert_int_equal(tv_pool_take_zeroed(&pool), index);
        assert_memory_equal(tv_pool_at(&pool, index), zero, sizeof zero);
        tv_pool_clear(&pool);
}

static void
memory_follows_the_most_items_ever_in_use(void **state)
{
        struct tv_pool pool;
        uint64_t allocations;

        (void)state;
        tv_pool_init(&pool, 512, 13); /* slabs of 4 MiB */
        tv_pool_take(&pool);
        assert_in_range(tv_pool_bytes(&pool), 512, 8192); /* a small capture stays small */
        for (unsigned i = 0; i < 20000; i++)
                tv_pool_take(&pool);
        assert_in_range(tv_pool_bytes(&pool), 20000 * 512, 20000 * 512 + (2 << 20) + 4096);
        allocations = pool.allocations;
        for (unsigned i = 1; i <= 20000; i++)
                tv_pool_give(&pool, i);
        for (unsigned i = 1; i <= 20000; i++)
                tv_pool_take(&pool);
        assert_int_equal(pool.allocations, allocations);
        tv_pool_clear(&pool);
}

/* Every item holds its own number; a number must never be handed out twice. */
static void
random_taking_and_giving_keeps_items_apart(void **state)
{
        enum { MOST = 3000 };
        static uint32_t held[MOST];
        unsigned count = 0;
        struct tv_pool pool;

        (void)state;
        srand(7);
        tv_pool_init(&pool, 8, 6);
        for (unsigned step = 0; step < 200000; step++) {
                if (count < MOST && rand() % 100 < 52) {
                        uint32_t index = tv_pool_take(&pool);

                        memcpy(tv_pool_at(&pool, index), &index, sizeof index);
                        held[count++] = index;
                } else if (count > 0) {
                        unsigned which = (unsigned)rand() % count;
                        uint32_t content;

                        memcpy(&content, tv_pool_at(&pool, held[which]), sizeof content);
                        assert_int_equal(content, held[which]);
                        tv_pool_give(&pool, held[which]);
                        held[which] = held[--count];
                }
                assert_int_equal(pool.in_use, count);
        }
        tv_pool_clear(&pool);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_empty_pool_holds_no_memory),
                cmocka_unit_test(numbers_start_at_one_and_addresses_stay),
                cmocka_unit_test(the_last_given_item_is_taken_first),
                cmocka_unit_test(a_zeroed_item_is_zero_even_when_reused),
                cmocka_unit_test(memory_follows_the_most_items_ever_in_use),
                cmocka_unit_test(random_taking_and_giving_keeps_items_apart),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
