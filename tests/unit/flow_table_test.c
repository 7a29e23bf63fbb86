#include "analyzer/flow/flow_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
an_empty_table_finds_nothing(void **state)
{
        struct tv_flow_table table;
        struct tv_flow_cursor cursor;

        (void)state;
        assert_true(tv_flow_table_init(&table));
        tv_flow_table_prefetch(&table, 42);
        assert_int_equal(tv_flow_table_first(&table, 42, &cursor), 0);
        assert_false(tv_flow_table_remove(&table, 42, 1));
        assert_false(tv_flow_table_replace(&table, 42, 1, 2));
        tv_flow_table_clear(&table);
        tv_flow_table_clear(&table);
}

static void
a_walk_yields_all_values_of_a_hash_and_no_others(void **state)
{
        struct tv_flow_table table;
        struct tv_flow_cursor cursor;
        unsigned seen = 0;

        (void)state;
        assert_true(tv_flow_table_init(&table));
        assert_true(tv_flow_table_insert(&table, 1023, 1)); /* the last slot: the walk wraps */
        assert_true(tv_flow_table_insert(&table, 1023 + 1024, 8));
        assert_true(tv_flow_table_insert(&table, 1023, 2));
        assert_true(tv_flow_table_insert(&table, 0, 16));
        assert_true(tv_flow_table_insert(&table, 1023, 4));
        for (uint32_t v = tv_flow_table_first(&table, 1023, &cursor); v != 0; v = tv_flow_table_next(&table, &cursor))
                seen += v;
        assert_int_equal(seen, 7);
        assert_true(tv_flow_table_replace(&table, 1023, 2, 64));
        assert_true(tv_flow_table_remove(&table, 1023, 1));
        seen = 0;
        for (uint32_t v = tv_flow_table_first(&table, 1023, &cursor); v != 0; v = tv_flow_table_next(&table, &cursor))
                seen += v;
        assert_int_equal(seen, 68);
        assert_int_equal(tv_flow_table_first(&table, 0, &cursor), 16);
        assert_int_equal(tv_flow_table_next(&table, &cursor), 0);
        tv_flow_table_clear(&table);
}

/* The model: a list of pairs. */
struct pair {
        uint32_t hash, value;
};

static void
assert_same(const struct tv_flow_table *table, const struct pair *pair, unsigned count, uint32_t hash)
{
        uint64_t sum = 0, xor_sum = 0;
        unsigned n = 0;
        struct tv_flow_cursor cursor;

        for (unsigned i = 0; i < count; i++)
                if (pair[i].hash == hash) {
                        sum += pair[i].value;
                        xor_sum ^= pair[i].value;
                        n++;
                }
        for (uint32_t v = tv_flow_table_first(table, hash, &cursor); v != 0; v = tv_flow_table_next(table, &cursor)) {
                sum -= v;
                xor_sum ^= v;
                n--;
        }
        assert_true(sum == 0 && xor_sum == 0 && n == 0);
}

/* |hash_mask| makes collisions of hashes and of slots likely. */
static void
compare_with_list(uint32_t hash_mask, unsigned most, unsigned steps)
{
        struct pair *pair = calloc(most, sizeof *pair);
        unsigned count = 0;
        uint32_t next_value = 1;
        struct tv_flow_table table;

        assert_non_null(pair);
        assert_true(tv_flow_table_init(&table));
        for (unsigned step = 0; step < steps; step++) {
                uint32_t hash = ((uint32_t)rand() << 16 ^ (uint32_t)rand()) & hash_mask;

                if (count < most && rand() % 100 < 60) {
                        pair[count++] = (struct pair){hash, next_value};
                        assert_true(tv_flow_table_insert(&table, hash, next_value++));
                } else if (count > 0) {
                        struct pair *one = &pair[(unsigned)rand() % count];

                        hash = one->hash;
                        if (rand() % 4 == 0) {
                                assert_true(tv_flow_table_replace(&table, hash, one->value, next_value));
                                one->value = next_value++;
                        } else {
                                assert_true(tv_flow_table_remove(&table, hash, one->value));
                                assert_false(tv_flow_table_remove(&table, hash, one->value));
                                *one = pair[--count];
                        }
                }
                assert_int_equal(table.used, count);
                assert_same(&table, pair, count, hash);
        }
        for (unsigned i = 0; i < count; i++)
                assert_same(&table, pair, count, pair[i].hash);
        tv_flow_table_clear(&table);
        free(pair);
}

static void
random_operations_agree_with_a_list(void **state)
{
        (void)state;
        srand(3);
        compare_with_list(0x0000003f, 300, 6000);  /* many equal hashes in one corner */
        compare_with_list(0xff0003f0, 700, 20000); /* crowded homes, nearly full */
        compare_with_list(0xfffffff8, 700, 20000);
        compare_with_list(0xffffffff, 3000, 12000); /* grows */
        compare_with_list(0x000003ff, 600, 20000);  /* wraps around the end */
}

static void
a_million_entries_survive_growth(void **state)
{
        enum { N = 1000000 };
        struct tv_flow_table table;
        struct tv_flow_cursor cursor;

        (void)state;
        assert_true(tv_flow_table_init(&table));
        for (uint32_t i = 1; i <= N; i++)
                assert_true(tv_flow_table_insert(&table, i * UINT32_C(2654435761), i));
        assert_int_equal(table.used, N);
        assert_in_range(tv_flow_table_bytes(&table), N * sizeof(struct tv_flow_slot), 24 * N);
        for (uint32_t i = 1; i <= N; i++)
                assert_int_equal(tv_flow_table_first(&table, i * UINT32_C(2654435761), &cursor), i);
        for (uint32_t i = 1; i <= N; i++)
                assert_true(tv_flow_table_remove(&table, i * UINT32_C(2654435761), i));
        assert_int_equal(table.used, 0);
        tv_flow_table_clear(&table);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_empty_table_finds_nothing),
                cmocka_unit_test(a_walk_yields_all_values_of_a_hash_and_no_others),
                cmocka_unit_test(random_operations_agree_with_a_list),
                cmocka_unit_test(a_million_entries_survive_growth),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
