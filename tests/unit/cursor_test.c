#include "analyzer/decode/cursor.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
numbers_are_read_in_network_order(void **state)
{
        static const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x84, 0x85, 0x86, 0x87};
        struct tv_cursor c = tv_cursor_make(bytes, sizeof bytes);

        (void)state;
        assert_int_equal(tv_take_u8(&c), 0x01);
        assert_int_equal(tv_take_be16(&c), 0x0203);
        assert_int_equal(tv_take_be32(&c), 0x84858687);
        assert_int_equal(tv_cursor_left(&c), 0);
        assert_false(c.truncated);
}

static void
a_read_past_the_end_moves_nothing_and_sticks(void **state)
{
        static const uint8_t bytes[] = {1, 2, 3};
        struct tv_cursor c = tv_cursor_make(bytes, sizeof bytes);

        (void)state;
        assert_int_equal(tv_take_be32(&c), 0);
        assert_true(c.truncated);
        assert_ptr_equal(c.p, bytes);
        assert_int_equal(tv_cursor_left(&c), 0);
        assert_int_equal(tv_take_u8(&c), 0); /* although three octets are there */
        assert_null(tv_take(&c, 0));
}

static void
the_very_end_can_be_taken_but_no_more(void **state)
{
        static const uint8_t bytes[] = {1, 2, 3};
        struct tv_cursor c = tv_cursor_make(bytes, sizeof bytes);

        (void)state;
        assert_ptr_equal(tv_take(&c, 3), bytes);
        assert_non_null(tv_take(&c, 0));
        assert_null(tv_take(&c, 1));
}

static void
a_length_as_large_as_memory_does_not_wrap(void **state)
{
        static const uint8_t bytes[] = {1, 2, 3};
        struct tv_cursor c = tv_cursor_make(bytes, sizeof bytes);

        (void)state;
        assert_null(tv_take(&c, SIZE_MAX));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(numbers_are_read_in_network_order),
                cmocka_unit_test(a_read_past_the_end_moves_nothing_and_sticks),
                cmocka_unit_test(the_very_end_can_be_taken_but_no_more),
                cmocka_unit_test(a_length_as_large_as_memory_does_not_wrap),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
