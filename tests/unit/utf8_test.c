#include "report/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
well_formed_sequences_are_those_of_unicode_table_3_7(void **state)
{
        (void)state;
        assert_int_equal(tv_utf8_sequence("a", 1), 1);
        assert_int_equal(tv_utf8_sequence("\xc3\xa4", 2), 2);
        assert_int_equal(tv_utf8_sequence("\xe2\x82\xac", 3), 3);
        assert_int_equal(tv_utf8_sequence("\xf0\x9f\x98\x80", 4), 4);
        assert_int_equal(tv_utf8_sequence("\xf4\x8f\xbf\xbf", 4), 4);
        assert_int_equal(tv_utf8_sequence("\xc0\x80", 2), 0);         /* overlong */
        assert_int_equal(tv_utf8_sequence("\xe0\x9f\xbf", 3), 0);     /* overlong */
        assert_int_equal(tv_utf8_sequence("\xf0\x8f\xbf\xbf", 4), 0); /* overlong */
        assert_int_equal(tv_utf8_sequence("\xed\xa0\x80", 3), 0);     /* a surrogate */
        assert_int_equal(tv_utf8_sequence("\xf4\x90\x80\x80", 4), 0); /* above U+10FFFF */
        assert_int_equal(tv_utf8_sequence("\x80", 1), 0);
        assert_int_equal(tv_utf8_sequence("\xff", 1), 0);
        assert_int_equal(tv_utf8_sequence("\xe2\x82", 2), 0); /* cut off */
        assert_int_equal(tv_utf8_sequence("\xe2\x28\xa1", 3), 0);
        assert_int_equal(tv_utf8_sequence("", 0), 0);
}

static void
every_decoded_code_point_is_accepted_and_its_neighbours_in_length_are_not(void **state)
{
        (void)state;
        for (uint32_t c = 0x80; c <= 0x10ffff; c++) {
                char s[4];
                size_t length;

                if (c < 0x800) {
                        s[0] = (char)(0xc0 | c >> 6);
                        length = 2;
                } else if (c < 0x10000) {
                        s[0] = (char)(0xe0 | c >> 12);
                        length = 3;
                } else {
                        s[0] = (char)(0xf0 | c >> 18);
                        length = 4;
                }
                for (size_t i = 1; i < length; i++)
                        s[i] = (char)(0x80 | (c >> 6 * (length - 1 - i) & 0x3f));
                assert_int_equal(tv_utf8_sequence(s, length), c >= 0xd800 && c <= 0xdfff ? 0 : length);
                assert_int_equal(tv_utf8_sequence(s, length - 1), 0);
        }
}

static void
repaired_text_has_a_replacement_for_each_stray_byte(void **state)
{
        char got[64];
        size_t length = tv_utf8_repair(got, "a\xff\xc3\xa4\xe2\x82z", 7);

        (void)state;
        assert_int_equal(length, 1 + 3 + 2 + 3 + 3 + 1);
        assert_memory_equal(got, "a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbdz", length);
}

static void
printable_text_has_no_control_characters(void **state)
{
        char got[64];

        (void)state;
        assert_int_equal(tv_utf8_printable(got, sizeof got, "a\x1b[31m\x7f\n\xc2\x85\xc3\xa4\xc2\xa0\xff"), 12);
        assert_string_equal(got, "a?[31m???\xc3\xa4\xc2\xa0?");
}

static void
printable_text_is_cut_between_characters(void **state)
{
        char got[4];

        (void)state;
        assert_int_equal(tv_utf8_printable(got, sizeof got, "ab\xc3\xa4"), 2);
        assert_string_equal(got, "ab");
        assert_int_equal(tv_utf8_printable(got, sizeof got, "a\xc3\xa4z"), 2);
        assert_string_equal(got, "a\xc3\xa4");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(well_formed_sequences_are_those_of_unicode_table_3_7),
                cmocka_unit_test(every_decoded_code_point_is_accepted_and_its_neighbours_in_length_are_not),
                cmocka_unit_test(repaired_text_has_a_replacement_for_each_stray_byte),
                cmocka_unit_test(printable_text_has_no_control_characters),
                cmocka_unit_test(printable_text_is_cut_between_characters),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
