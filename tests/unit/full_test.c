/* Listeners whose accept queue was full: found by address, port and time; a bounded number is kept. */
#include "analyzer/host/full.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct tv_address
address_of(uint8_t last)
{
        struct tv_address address = {.byte = {10, 0, 0, last}};

        return address;
}

static void
entry_is_found_by_listener_and_time(void **state)
{
        static struct tv_full_list list;
        struct tv_full full = {.address = address_of(2), .port = 80, .conn = 7, .from = 100, .until = 200};
        struct tv_address other = address_of(3);

        (void)state;
        assert_null(tv_full_find(&list, &full.address, 80, 150));
        tv_full_note(&list, &full);
        assert_int_equal(tv_full_find(&list, &full.address, 80, 100)->conn, 7);
        assert_int_equal(tv_full_find(&list, &full.address, 80, 200)->conn, 7);
        assert_null(tv_full_find(&list, &full.address, 80, 99));
        assert_null(tv_full_find(&list, &full.address, 80, 201));
        assert_null(tv_full_find(&list, &full.address, 81, 150));
        assert_null(tv_full_find(&list, &other, 80, 150));
}

static void
news_of_a_connection_replace_what_it_showed(void **state)
{
        static struct tv_full_list list;
        struct tv_full full = {.address = address_of(2), .port = 80, .conn = 7, .from = 100, .until = 200};

        (void)state;
        tv_full_note(&list, &full);
        full.until = 300;
        tv_full_note(&list, &full);
        assert_int_equal(list.count, 1);
        assert_non_null(tv_full_find(&list, &full.address, 80, 250));
}

static void
newest_are_kept(void **state)
{
        static struct tv_full_list list;
        struct tv_full full = {.address = address_of(2), .port = 80};

        (void)state;
        for (unsigned i = 0; i < 3 * TV_FULL_KEPT + 5; i++) {
                full.conn = i;
                full.from = full.until = i;
                tv_full_note(&list, &full);
        }
        assert_null(tv_full_find(&list, &full.address, 80, 2 * TV_FULL_KEPT + 4));
        for (unsigned i = 2 * TV_FULL_KEPT + 5; i < 3 * TV_FULL_KEPT + 5; i++)
                assert_int_equal(tv_full_find(&list, &full.address, 80, i)->conn, i);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(entry_is_found_by_listener_and_time),
                cmocka_unit_test(news_of_a_connection_replace_what_it_showed),
                cmocka_unit_test(newest_are_kept),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
