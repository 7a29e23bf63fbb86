/* The times of --from and --to.  Expected numbers are those of `date -u -d TIME +%s`. */
#include "analyzer/cli/time_option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void
expect(const char *text, bool relative, int64_t seconds, int64_t ns)
{
        struct tv_time_option option;
        if (!tv_time_option_parse(text, &option))
                fail_msg("%s is a time", text);
        assert_true(option.given);
        if (option.relative != relative || option.time != seconds * 1000000000 + ns)
                fail_msg("%s is %lld, not %lld.%09lld", text, (long long)option.time, (long long)seconds,
                         (long long)ns);
}

static void
expect_none(const char *text)
{
        struct tv_time_option option;
        if (tv_time_option_parse(text, &option))
                fail_msg("\"%s\" is no time, not %lld", text, (long long)option.time);
}

static void
calendar_times_are_utc_without_a_zone(void **state)
{
        (void)state;
        setenv("TZ", "America/New_York", 1);
        tzset();
        expect("2026-11-20T22:15:29.718Z", false, 1795212929, 718000000);
        expect("2026-11-20T22:15:29.718", false, 1795212929, 718000000);
        expect("2026-11-20 22:15:29,718", false, 1795212929, 718000000);
        expect("2026-11-20 22:15:29.718 UTC", false, 1795212929, 718000000);
        expect("2026-11-20_22:15:29UTC", false, 1795212929, 0);
        expect("2026-11-20t22:15:29z", false, 1795212929, 0);
        expect("2026-11-20T22:15", false, 1795212900, 0);
        expect("2026-11-20T22:15Z", false, 1795212900, 0);
        expect("2026-11-20", false, 1795132800, 0);
        expect("2026-11-20T22:15:29.000000001Z", false, 1795212929, 1);
        expect("2026-11-20T22:15:29.123456789Z", false, 1795212929, 123456789);
        expect("2026-11-20T22:15:29.1", false, 1795212929, 100000000);
}

static void
offsets_are_taken_off(void **state)
{
        (void)state;
        expect("2026-11-20T22:15:29+01:00", false, 1795212929 - 3600, 0);
        expect("2026-11-20T22:15:29+0100", false, 1795212929 - 3600, 0);
        expect("2026-11-20T22:15:29+01", false, 1795212929 - 3600, 0);
        expect("2026-11-20T22:15-05:30", false, 1795212900 + 19800, 0);
        expect("2026-11-20T22:15:29.5-0000", false, 1795212929, 500000000);
        expect("2026-11-20T23:59:59-23:59", false, 1795132800 + 86399 + 86340, 0);
}

static void
days_are_those_of_the_calendar(void **state)
{
        (void)state;
        expect("1970-01-01", false, 0, 0);
        expect("1970-01-01T01:00+01:00", false, 0, 0);
        expect("1972-02-29", false, 68169600, 0);
        expect("2000-02-29", false, 951782400, 0);
        expect("2000-03-01", false, 951868800, 0);
        expect("2024-02-29T12:00", false, 1709208000, 0);
        expect("2024-12-31T23:59:60", false, 1735689600, 0);
        expect("2025-01-01", false, 1735689600, 0);
        expect("2100-03-01", false, 4107542400, 0);
        expect_none("2023-02-29");
        expect_none("2100-02-29");
        expect_none("2026-04-31");
        expect_none("2026-13-01");
        expect_none("2026-00-01");
        expect_none("2026-01-00");
        expect_none("2026-01-32");
}

/* Each day from 1970 to 2262, beside the machine's own calendar. */
static void
every_day_is_what_the_c_library_says(void **state)
{
        (void)state;
        for (time_t day = 0; day < 106751; day++) {
                time_t seconds = day * 86400;
                struct tm tm;
                char text[32];
                assert_non_null(gmtime_r(&seconds, &tm));
                strftime(text, sizeof text, "%Y-%m-%d", &tm);
                expect(text, false, seconds, 0);
        }
}

static void
seconds_since_the_epoch_keep_their_nanoseconds(void **state)
{
        (void)state;
        expect("1700000000.123456789", false, 1700000000, 123456789);
        expect("1700000000", false, 1700000000, 0);
        expect("0", false, 0, 0);
        expect("0.000000001", false, 0, 1);
        expect("1700000000.5", false, 1700000000, 500000000);
}

static void
plus_is_from_the_first_packet(void **state)
{
        (void)state;
        expect("+3.4", true, 3, 400000000);
        expect("+0", true, 0, 0);
        expect("+86400", true, 86400, 0);
        struct tv_time_option option;
        assert_true(tv_time_option_parse("+1.5", &option));
        assert_true(tv_time_option_get(&option, INT64_C(1700000000000000000)) == INT64_C(1700000001500000000));
        assert_true(tv_time_option_parse("1.5", &option));
        assert_true(tv_time_option_get(&option, INT64_C(1700000000000000000)) == INT64_C(1500000000));
}

static void
what_a_time_cannot_hold_is_none(void **state)
{
        (void)state;
        expect("9223372036.854775807", false, 9223372036, 854775807);
        expect_none("9223372036.854775808");
        expect_none("9223372037");
        expect_none("1700000000000"); /* milliseconds */
        expect_none("99999999999999999999999999999999999999");
        expect("2262-04-11T23:47:16.854775807Z", false, 9223372036, 854775807);
        expect_none("2262-04-11T23:47:16.854775808Z");
        expect_none("2262-04-12");
        expect_none("9999-12-31");
        expect_none("1969-12-31T23:59:59");
        expect_none("1970-01-01T00:00:00+00:01");
        expect("1969-12-31T23:59:59-00:01", false, 59, 0);
        expect_none("0000-01-01");
        expect("+4611686018.427387903", true, 4611686018, 427387903);
        expect_none("+4611686018.427387904");
        expect_none("+9999999999999999999999");
}

static void
garbage_is_none(void **state)
{
        static const char *const garbage[] = {"",
                                              " ",
                                              "+",
                                              "-",
                                              "-1",
                                              "+-1",
                                              "++1",
                                              "now",
                                              ".5",
                                              "5.",
                                              "+5.",
                                              "5,5",
                                              "1e9",
                                              "0x10",
                                              " 5",
                                              "5 ",
                                              "1.0000000000",
                                              "1.2.3",
                                              "2026-1-1",
                                              "2026-11",
                                              "26-11-20",
                                              "2026/11/20",
                                              "2026-11-20T",
                                              "2026-11-20T22",
                                              "2026-11-20T2:15",
                                              "2026-11-20T22:1",
                                              "2026-11-20T24:00",
                                              "2026-11-20T22:60",
                                              "2026-11-20T22:15:61",
                                              "2026-11-20T22:15:",
                                              "2026-11-20T22:15:29.",
                                              "2026-11-20T22:15:29.1234567890",
                                              "2026-11-20T22:15.5",
                                              "2026-11-20T22:15:29 ",
                                              "2026-11-20T22:15:29ZZ",
                                              "2026-11-20T22:15:29Z ",
                                              "2026-11-20T22:15:29 CET",
                                              "2026-11-20T22:15:29+1",
                                              "2026-11-20T22:15:29+01:0",
                                              "2026-11-20T22:15:29+01:",
                                              "2026-11-20T22:15:29+24:00",
                                              "2026-11-20T22:15:29+01:60",
                                              "2026-11-20T22:15:29+01000",
                                              "2026-11-20Z",
                                              "2026-11-20  22:15",
                                              "+2026-11-20",
                                              "\xef\xbc\x91"};
        (void)state;
        for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
                expect_none(garbage[i]);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(calendar_times_are_utc_without_a_zone),
                cmocka_unit_test(offsets_are_taken_off),
                cmocka_unit_test(days_are_those_of_the_calendar),
                cmocka_unit_test(every_day_is_what_the_c_library_says),
                cmocka_unit_test(seconds_since_the_epoch_keep_their_nanoseconds),
                cmocka_unit_test(plus_is_from_the_first_packet),
                cmocka_unit_test(what_a_time_cannot_hold_is_none),
                cmocka_unit_test(garbage_is_none),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
