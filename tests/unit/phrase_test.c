#include "report/phrase.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void
assert_phrase(struct tv_phrase *phrase, const char *want)
{
        for (char *p = phrase->text; *p != '\0'; p++)
                if (*p == TV_GLUE)
                        *p = ' ';
        assert_string_equal(phrase->text, want);
        tv_phrase_clear(phrase);
}

static void
counts_are_grouped_by_threes(void **state)
{
        static struct tv_phrase p;

        (void)state;
        tv_phrase_clear(&p);
        tv_phrase_count(&p, 0);
        assert_phrase(&p, "0");
        tv_phrase_count(&p, 999);
        assert_phrase(&p, "999");
        tv_phrase_count(&p, 1000);
        assert_phrase(&p, "1 000");
        tv_phrase_count(&p, 1234567);
        assert_phrase(&p, "1 234 567");
        tv_phrase_count(&p, UINT64_MAX);
        assert_phrase(&p, "18 446 744 073 709 551 615");
        tv_phrase_counted(&p, 1, "packet");
        assert_phrase(&p, "1 packet");
        tv_phrase_counted(&p, 2000, "packet");
        assert_phrase(&p, "2 000 packets");
}

static void
seconds_are_rounded_to_the_wanted_decimals(void **state)
{
        static struct tv_phrase p;

        (void)state;
        tv_phrase_clear(&p);
        tv_phrase_seconds(&p, 1234499999, 3);
        assert_phrase(&p, "1.234");
        tv_phrase_seconds(&p, 1234500000, 3);
        assert_phrase(&p, "1.235");
        tv_phrase_seconds(&p, 999999999, 3);
        assert_phrase(&p, "1.000");
        tv_phrase_seconds(&p, 5, 3);
        assert_phrase(&p, "0.000");
        tv_phrase_seconds(&p, -5, 3);
        assert_phrase(&p, "0.000"); /* no minus before nothing */
        tv_phrase_seconds(&p, -1500000000, 1);
        assert_phrase(&p, "-1.5");
        tv_phrase_seconds(&p, 2500000000, 0);
        assert_phrase(&p, "3");
        tv_phrase_seconds(&p, 1, 9);
        assert_phrase(&p, "0.000000001");
        tv_phrase_seconds(&p, INT64_MAX, 3);
        assert_phrase(&p, "9223372036.855");
        tv_phrase_seconds(&p, INT64_MIN, 3);
        assert_phrase(&p, "-9223372036.855");
}

static void
durations_have_the_unit_that_people_would_use(void **state)
{
        static const struct {
                tv_time ns;
                const char *want;
        } cases[] = {
                {0, "0 s"},
                {5, "5 ns"},
                {31000, "0.031 ms"},
                {300000, "0.3 ms"},
                {40300000, "40.3 ms"},
                {123000000, "0.123 s"},
                {4177000000, "4.177 s"},
                {119999000000, "119.999 s"},
                {124850000000, "2 min 4.8 s"},
                {INT64_C(12000) * 1000000000, "3 h 20 min"},
                {INT64_C(187200) * 1000000000, "2 d 4 h"},
                {-1000000, "-1.0 ms"},
                {INT64_MAX, "106751 d 23 h"},
                {INT64_MIN, "-106751 d 23 h"},
        };
        static struct tv_phrase p;

        (void)state;
        tv_phrase_clear(&p);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                tv_phrase_duration(&p, cases[i].ns);
                assert_phrase(&p, cases[i].want);
        }
}

static void
ipv6_endpoints_are_in_brackets(void **state)
{
        const struct tv_address v4 = {.byte = {192, 0, 2, 1}},
                                v6 = {.byte = {0x20, 1, 0xd, 0xb8, [15] = 1}, .ipv6 = true};
        static struct tv_phrase p;

        (void)state;
        tv_phrase_clear(&p);
        tv_phrase_endpoint(&p, &v4, 80);
        assert_phrase(&p, "192.0.2.1:80");
        tv_phrase_endpoint(&p, &v6, 65535);
        assert_phrase(&p, "[2001:db8::1]:65535");
        tv_phrase_address(&p, &v6);
        assert_phrase(&p, "2001:db8::1");
}

static void
a_full_phrase_takes_no_more(void **state)
{
        static struct tv_phrase p;
        const struct tv_address v6 = {.byte = {[15] = 1}, .ipv6 = true};

        (void)state;
        tv_phrase_clear(&p);
        for (int i = 0; i < 1000; i++) {
                tv_phrase_add(&p, "%s", "seventeen octets.");
                tv_phrase_foreign(&p, "\xc3\xa4");
                tv_phrase_count(&p, 1234567);
                tv_phrase_endpoint(&p, &v6, 1);
                assert_int_equal(p.length, strlen(p.text));
                assert_true(p.length < TV_PHRASE_MAX);
        }
        assert_in_range(p.length, TV_PHRASE_MAX - 30, TV_PHRASE_MAX - 1);
}

/* What tv_layout_wrap makes of the text, of the heap. */
static char *
wrapped(size_t columns, size_t at, size_t indent, const char *text)
{
        struct tv_out out;
        const struct tv_layout layout = {.out = &out, .columns = columns};
        char *copy;

        assert_true(tv_out_borrow(&out, -1));
        tv_layout_wrap(&layout, at, indent, text);
        copy = calloc(1, out.used + 1);
        assert_non_null(copy);
        memcpy(copy, out.buffer, out.used);
        tv_out_clear(&out);
        return copy;
}

static void
expect_wrapped(size_t columns, size_t at, size_t indent, const char *text, const char *want)
{
        char *got = wrapped(columns, at, indent, text);

        assert_string_equal(got, want);
        free(got);
}

static void
lines_are_broken_between_words(void **state)
{
        (void)state;
        expect_wrapped(10, 0, 2, "", "\n");
        expect_wrapped(10, 0, 2, "one two", "one two\n");
        expect_wrapped(10, 0, 2, "one two th", "one two th\n");
        expect_wrapped(10, 0, 2, "one two thr", "one two\n  thr\n");
        expect_wrapped(10, 4, 2, "one two thr", "one\n  two thr\n");
        expect_wrapped(10, 8, 2, "one two", "\n  one two\n");
}

static void
gaps_of_several_spaces_stay_within_a_line(void **state)
{
        (void)state;
        expect_wrapped(20, 0, 2, "one   two", "one   two\n");
        expect_wrapped(8, 0, 2, "one   two", "one\n  two\n");
}

static void
glued_words_stay_together(void **state)
{
        (void)state;
        expect_wrapped(10, 0, 2, "one two" TV_GLUED "six", "one\n  two six\n");
}

static void
words_longer_than_a_line_are_broken(void **state)
{
        (void)state;
        expect_wrapped(6, 0, 2, "abcdefghijkl m", "abcdef\n  ghij\n  kl m\n");
        /* between characters, not inside them */
        expect_wrapped(3, 0, 0, "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f", "\xc3\xa4\xc3\xb6\xc3\xbc\n\xc3\x9f\n");
}

static void
any_text_keeps_within_any_width(void **state)
{
        uint64_t random = 88172645463325252U;

        (void)state;
        for (int round = 0; round < 3000; round++) {
                char text[120], *got, *word;
                size_t columns = 4 + (size_t)round % 40, length = 0, indent = (size_t)round % 3;

                while (length < sizeof text - 1) {
                        random ^= random << 13;
                        random ^= random >> 7;
                        random ^= random << 17;
                        text[length++] = random % 5 == 0 ? ' ' : random % 23 == 0 ? TV_GLUE : (char)('a' + random % 26);
                }
                text[length] = '\0';
                got = wrapped(columns, 0, indent, text);
                word = text;
                for (char *line = got; *line != '\0';) {
                        size_t width = strcspn(line, "\n");

                        assert_true(width <= columns);
                        for (size_t i = 0; i < width; i++) {
                                if (line[i] == ' ')
                                        continue;
                                while (*word == ' ' || *word == TV_GLUE)
                                        word++;
                                assert_int_equal(line[i], *word++); /* nothing is lost */
                        }
                        line += width + 1;
                }
                while (*word == ' ' || *word == TV_GLUE)
                        word++;
                assert_int_equal(*word, '\0');
                free(got);
        }
}

static void
ways_are_told_outermost_first(void **state)
{
        static struct tv_phrase p;
        struct tv_way way = {.first = {3, {TV_STEP_VLAN, TV_STEP_GRE, TV_STEP_VXLAN}, {10, 0, 16777215}}};

        (void)state;
        tv_phrase_clear(&p);
        tv_phrase_way(&p, &way);
        assert_phrase(&p, "vlan 10, gre, vxlan 16777215");
        way.others = true;
        tv_phrase_way(&p, &way);
        assert_phrase(&p, "vlan 10, gre, vxlan 16777215; and others");
        way.first.steps = 0;
        tv_phrase_way(&p, &way);
        assert_phrase(&p, "none; and others");
        way.not_kept = true;
        way.others = false;
        tv_phrase_way(&p, &way);
        assert_phrase(&p, "some");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(counts_are_grouped_by_threes),
                cmocka_unit_test(seconds_are_rounded_to_the_wanted_decimals),
                cmocka_unit_test(durations_have_the_unit_that_people_would_use),
                cmocka_unit_test(ipv6_endpoints_are_in_brackets),
                cmocka_unit_test(a_full_phrase_takes_no_more),
                cmocka_unit_test(lines_are_broken_between_words),
                cmocka_unit_test(gaps_of_several_spaces_stay_within_a_line),
                cmocka_unit_test(glued_words_stay_together),
                cmocka_unit_test(words_longer_than_a_line_are_broken),
                cmocka_unit_test(any_text_keeps_within_any_width),
                cmocka_unit_test(ways_are_told_outermost_first),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
