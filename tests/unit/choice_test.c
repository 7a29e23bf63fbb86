/* The numbers of chosen connections. */
#include "analyzer/cli/choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
holds_what_was_added_and_nothing_else(void **state)
{
        struct tv_choice choice = {0};
        bool added[70000] = {false};
        uint32_t random = 1;
        (void)state;
        assert_false(tv_choice_has(&choice, 0));
        for (unsigned i = 0; i < 3000; i++) {
                random = random * 1664525 + 1013904223;
                uint64_t conn = (random >> 8) % (i < 100 ? 50 : 70000);
                assert_true(tv_choice_add(&choice, conn));
                added[conn] = true;
        }
        for (uint64_t conn = 0; conn < 70000; conn++)
                assert_int_equal(tv_choice_has(&choice, conn), added[conn]);
        assert_false(tv_choice_has(&choice, UINT64_MAX));
        tv_choice_clear(&choice);
        assert_false(tv_choice_has(&choice, 0));
        tv_choice_clear(&choice);
}

static void
edges_of_words_and_of_growth_are_their_own(void **state)
{
        static const uint64_t edges[] = {0, 63, 64, 4095, 4096, 8191, 8192, 1000000};
        (void)state;
        for (unsigned i = 0; i < sizeof edges / sizeof *edges; i++) {
                struct tv_choice choice = {0};
                assert_true(tv_choice_add(&choice, edges[i]));
                assert_true(tv_choice_has(&choice, edges[i]));
                assert_false(tv_choice_has(&choice, edges[i] + 1));
                assert_false(tv_choice_has(&choice, edges[i] - 1));
                tv_choice_clear(&choice);
        }
}

static void
number_beyond_memory_is_refused_and_changes_nothing(void **state)
{
        struct tv_choice choice = {0};
        (void)state;
        assert_true(tv_choice_add(&choice, 7));
        assert_false(tv_choice_add(&choice, UINT64_MAX));
        assert_true(tv_choice_has(&choice, 7));
        assert_false(tv_choice_has(&choice, UINT64_MAX));
        tv_choice_clear(&choice);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(holds_what_was_added_and_nothing_else),
                cmocka_unit_test(edges_of_words_and_of_growth_are_their_own),
                cmocka_unit_test(number_beyond_memory_is_refused_and_changes_nothing),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
