/* How far away hosts are, as connections between them told. */
#include "analyzer/engine/distance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define NONE   TV_NO_TIME

static struct tv_distances distances;

static int
forget(void **state)
{
        (void)state;
        memset(&distances, 0, sizeof distances);
        return 0;
}

/* Between 10.0.0.|x| and 10.0.0.|y|, in this order. */
static struct tv_flow_key
key_of(uint8_t x, uint8_t y, uint16_t port)
{
        struct tv_flow_key key = {{{10, 0, 0, x}, {10, 0, 0, y}}, {port, 80}};

        return key;
}

static void
note(uint8_t x, uint8_t y, uint16_t port, tv_time to_x, tv_time to_y, tv_time when)
{
        struct tv_flow_key key = key_of(x, y, port);

        tv_distances_note(&distances, &key, false, (const tv_time[]){to_x, to_y}, when);
}

static tv_time
ask(uint8_t x, uint8_t y, uint16_t port, unsigned dir)
{
        struct tv_flow_key key = key_of(x, y, port);

        return tv_distances_round_trip(&distances, &key, false, dir);
}

static void
shortest_way_counts_whichever_connection_showed_it(void **state)
{
        (void)state;
        assert_true(ask(1, 2, 4000, 0) == NONE);
        note(1, 2, 4000, 50, NONE, 0);
        assert_true(ask(1, 2, 4001, 0) == 50);
        assert_true(ask(1, 2, 4001, 1) == NONE);
        note(1, 2, 4001, 60, 900, SECOND);
        assert_true(ask(1, 2, 4000, 0) == 50);
        assert_true(ask(1, 2, 4000, 1) == 900);
        note(1, 2, 4002, 40, 950, 2 * SECOND);
        assert_true(ask(1, 2, 4000, 0) == 40);
        assert_true(ask(1, 2, 4000, 1) == 900);
        /* ports decide which end of a key is which: here the other address comes first */
        assert_true(ask(2, 1, 4000, 0) == 900);
        assert_true(ask(2, 1, 4000, 1) == 40);
        note(2, 1, 4000, 800, 30, 3 * SECOND);
        assert_true(ask(1, 2, 4000, 0) == 30);
        assert_true(ask(1, 2, 4000, 1) == 800);
}

static void
old_ways_give_way_to_new_ones(void **state)
{
        (void)state;
        note(1, 2, 4000, 50, 50, 0);
        note(1, 2, 4000, 90, NONE, 60 * SECOND);
        assert_true(ask(1, 2, 4000, 0) == 50);
        note(1, 2, 4000, 90, NONE, 61 * SECOND);
        assert_true(ask(1, 2, 4000, 0) == 90);
        assert_true(ask(1, 2, 4000, 1) == 50);
}

static void
other_hosts_and_families_are_apart(void **state)
{
        struct tv_flow_key key = key_of(1, 2, 4000);

        (void)state;
        note(1, 2, 4000, 50, 50, 0);
        assert_true(ask(1, 3, 4000, 0) == NONE);
        assert_true(tv_distances_round_trip(&distances, &key, true, 0) == NONE);
}

static void
host_that_talks_to_itself_tells_nothing(void **state)
{
        (void)state;
        note(1, 1, 4000, 50, 60, 0);
        assert_true(ask(1, 1, 4000, 0) == NONE);
        assert_true(ask(1, 1, 4000, 1) == NONE);
}

/* More pairs than there is room for: each is as it was noted, or forgotten. */
static void
table_never_mixes_pairs_up(void **state)
{
        unsigned known = 0;

        (void)state;
        for (unsigned i = 0; i < 100; i++)
                for (unsigned k = 101; k < 200; k++)
                        note((uint8_t)i, (uint8_t)k, 1, i + 1, k + 1, 0);
        for (unsigned i = 0; i < 100; i++)
                for (unsigned k = 101; k < 200; k++) {
                        tv_time x = ask((uint8_t)i, (uint8_t)k, 1, 0);

                        assert_true(x == NONE || (x == i + 1 && ask((uint8_t)i, (uint8_t)k, 1, 1) == k + 1));
                        known += x != NONE;
                }
        assert_in_range(known, TV_DISTANCES * 9 / 10, TV_DISTANCES);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(shortest_way_counts_whichever_connection_showed_it, forget),
                cmocka_unit_test_setup(old_ways_give_way_to_new_ones, forget),
                cmocka_unit_test_setup(other_hosts_and_families_are_apart, forget),
                cmocka_unit_test_setup(host_that_talks_to_itself_tells_nothing, forget),
                cmocka_unit_test_setup(table_never_mixes_pairs_up, forget),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
