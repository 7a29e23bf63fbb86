#include "analyzer/flow/timer_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void
timers_come_out_by_deadline_then_order_then_value(void **state)
{
        const struct tv_timer want[] = {{-5, 9, 1}, {1, 0, 7}, {1, 2, 3}, {1, 2, 4}, {1, 3, 1}, {2, 0, 0}};
        const unsigned push_order[] = {4, 5, 1, 3, 0, 2};
        struct tv_timer_queue queue = {0};
        struct tv_timer item;

        (void)state;
        assert_false(tv_timer_peek(&queue, &item));
        for (unsigned i = 0; i < 6; i++) {
                const struct tv_timer *t = &want[push_order[i]];

                assert_true(tv_timer_push(&queue, t->deadline, t->order, t->value));
        }
        for (unsigned i = 0; i < 6; i++) {
                assert_true(tv_timer_peek(&queue, &item));
                assert_int_equal(item.deadline, want[i].deadline);
                assert_int_equal(item.order, want[i].order);
                assert_int_equal(item.value, want[i].value);
                tv_timer_pop(&queue);
        }
        assert_false(tv_timer_peek(&queue, &item));
        tv_timer_clear(&queue);
        tv_timer_clear(&queue);
}

/* The model: search the whole list for the least. */
static unsigned
least(const struct tv_timer *list, unsigned count)
{
        unsigned best = 0;

        for (unsigned i = 1; i < count; i++) {
                const struct tv_timer *x = &list[i], *y = &list[best];

                if (x->deadline < y->deadline ||
                    (x->deadline == y->deadline &&
                     (x->order < y->order || (x->order == y->order && x->value < y->value))))
                        best = i;
        }
        return best;
}

/* |kinds| fixed delays from a running clock; kind 0 means deadlines at random. */
static void
compare_with_list(unsigned kinds, unsigned most, unsigned steps)
{
        struct tv_timer *list = calloc(most, sizeof *list);
        unsigned count = 0;
        int64_t now = 0;
        struct tv_timer_queue queue = {0};

        assert_non_null(list);
        for (unsigned step = 0; step < steps; step++) {
                struct tv_timer item = {0};

                now += rand() % 3;
                if (count < most && rand() % 100 < (step < steps / 2 ? 65 : 40)) {
                        item.deadline = kinds == 0 ? rand() % 1000 : now + 100 * (1 + rand() % (int)kinds);
                        item.order = (uint64_t)rand() % 3;
                        item.value = (uint32_t)rand() % 3;
                        list[count++] = item;
                        assert_true(tv_timer_push(&queue, item.deadline, item.order, item.value));
                } else if (count > 0) {
                        unsigned first = least(list, count);

                        assert_true(tv_timer_peek(&queue, &item));
                        assert_int_equal(item.deadline, list[first].deadline);
                        assert_int_equal(item.order, list[first].order);
                        assert_int_equal(item.value, list[first].value);
                        tv_timer_pop(&queue);
                        list[first] = list[--count];
                }
                assert_int_equal(queue.count, count);
        }
        tv_timer_clear(&queue);
        free(list);
}

static void
random_timers_agree_with_a_list(void **state)
{
        (void)state;
        srand(11);
        for (unsigned kinds = 0; kinds < 8; kinds++) {
                compare_with_list(kinds, 30, 5000);
                compare_with_list(kinds, 1500, 10000);
        }
}

static void
four_kinds_of_timers_need_no_heap(void **state)
{
        const int64_t delay[] = {60, 1000000, 2, 5000};
        struct tv_timer_queue queue = {0};
        struct tv_timer item;

        (void)state;
        for (int64_t now = 0; now < 20000; now++) {
                while (tv_timer_peek(&queue, &item) && item.deadline <= now)
                        tv_timer_pop(&queue);
                for (unsigned i = 0; i < 4; i++)
                        assert_true(tv_timer_push(&queue, now + delay[(i + (unsigned)now) % 4], 0, 0));
        }
        assert_int_equal(queue.heap_capacity, 0);
        tv_timer_clear(&queue);
}

static void
memory_follows_the_timers_that_are_set(void **state)
{
        struct tv_timer_queue queue = {0};
        uint64_t allocations;

        (void)state;
        for (int64_t i = 0; i < 100000; i++)
                assert_true(tv_timer_push(&queue, i, 0, 0));
        assert_in_range(tv_timer_bytes(&queue), 100000 * sizeof(struct tv_timer),
                        100000 * sizeof(struct tv_timer) * 11 / 10);
        for (unsigned i = 0; i < 99000; i++)
                tv_timer_pop(&queue);
        assert_in_range(tv_timer_bytes(&queue), 1, 3000 * sizeof(struct tv_timer));

        /* A run that only moves on neither grows nor allocates. */
        allocations = queue.allocations;
        for (int64_t i = 100000; i < 200000; i++) {
                assert_true(tv_timer_push(&queue, i, 0, 0));
                tv_timer_pop(&queue);
        }
        assert_in_range(queue.allocations, allocations, allocations + 1);

        /* Falling deadlines all land in the heap. */
        for (int64_t i = 100000; i > 0; i--)
                assert_true(tv_timer_push(&queue, i - 100000, 0, 0));
        for (unsigned i = 0; i < 100000; i++)
                tv_timer_pop(&queue);
        assert_in_range(tv_timer_bytes(&queue), 1, 4000 * sizeof(struct tv_timer));
        tv_timer_clear(&queue);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(timers_come_out_by_deadline_then_order_then_value),
                cmocka_unit_test(random_timers_agree_with_a_list),
                cmocka_unit_test(four_kinds_of_timers_need_no_heap),
                cmocka_unit_test(memory_follows_the_timers_that_are_set),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
