#include "report/number.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

static void
expect_u64(uint64_t value)
{
        char got[TV_U64_ROOM + 1], want[32];

        *tv_put_u64(got, value) = '\0';
        snprintf(want, sizeof want, "%" PRIu64, value);
        assert_string_equal(got, want);
}

static void
integers_are_written_as_printf_writes_them(void **state)
{
        uint64_t random = 88172645463325252U;

        (void)state;
        for (uint64_t v = 0; v <= 20000; v++)
                expect_u64(v);
        for (uint64_t power = 1, i = 0; i < 20; i++, power *= 10) {
                expect_u64(power - 1);
                expect_u64(power);
                expect_u64(power + 1);
        }
        expect_u64(UINT64_MAX);
        expect_u64(UINT64_MAX - 1);
        for (int i = 0; i < 100000; i++) {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                expect_u64(random >> (i % 64));
        }
}

static void
expect_seconds(tv_time time, const char *want)
{
        char got[TV_SECONDS_ROOM + 1];

        *tv_put_seconds(got, time) = '\0';
        assert_string_equal(got, want);
}

static void
seconds_have_always_nine_decimals(void **state)
{
        (void)state;
        expect_seconds(0, "0.000000000");
        expect_seconds(1, "0.000000001");
        expect_seconds(1500, "0.000001500");
        expect_seconds(999999999, "0.999999999");
        expect_seconds(1000000000, "1.000000000");
        expect_seconds(1700000000123456789, "1700000000.123456789");
        expect_seconds(INT64_MAX, "9223372036.854775807");
}

static void
seconds_near_the_last_ones_are_the_same_text(void **state)
{
        static const tv_time steps[] = {0,          1,          -1,        999999999, 1000000000, -1000000000,
                                        1000000001, 5000000000, 100000000, 99999999,  -123456789, 60000000000};
        static const tv_time starts[] = {0, 1, 999999999, 1700000000000000000, 1700000000999999999, -1, INT64_MAX / 2};
        struct tv_second second = TV_NO_SECOND;

        (void)state;
        for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
                tv_time time = starts[i];

                for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
                        char want[TV_SECONDS_ROOM + 1], got[TV_SECONDS_ROOM + 8];

                        time += steps[k];
                        *tv_put_seconds(want, time) = '\0';
                        *tv_put_seconds_near(got, time, &second) = '\0';
                        assert_string_equal(got, want);
                }
        }
        second = TV_NO_SECOND;
        expect_seconds(INT64_MAX, "9223372036.854775807");
        {
                char got[TV_SECONDS_ROOM + 8];

                *tv_put_seconds_near(got, INT64_MAX, &second) = '\0';
                assert_string_equal(got, "9223372036.854775807");
                *tv_put_seconds_near(got, INT64_MIN + 1, &second) = '\0';
                assert_string_equal(got, "-9223372036.854775807");
        }
}

static void
seconds_before_the_epoch_keep_their_sign(void **state)
{
        (void)state;
        expect_seconds(-1, "-0.000000001");
        expect_seconds(-1500000000, "-1.500000000");
        expect_seconds(INT64_MIN + 1, "-9223372036.854775807");
}

static void
no_time_is_empty(void **state)
{
        (void)state;
        expect_seconds(TV_NO_TIME, "");
}

static void
expect_ipv6(const char *given, const char *want)
{
        struct tv_address address = {.ipv6 = true};
        char got[TV_ADDRESS_ROOM + 1];

        assert_int_equal(inet_pton(AF_INET6, given, address.byte), 1);
        *tv_put_address(got, &address) = '\0';
        assert_string_equal(got, want);
}

static void
ipv6_addresses_follow_rfc_5952(void **state)
{
        (void)state;
        expect_ipv6("::", "::");
        expect_ipv6("::1", "::1");
        expect_ipv6("1::", "1::");
        expect_ipv6("2001:0DB8:0:0:0:0:0:1", "2001:db8::1");
        expect_ipv6("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"); /* 4.2.2: one group is no run */
        expect_ipv6("2001:0:0:1:0:0:0:1", "2001:0:0:1::1");          /* 4.2.3: the longest run */
        expect_ipv6("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");    /* 4.2.3: the first of equals */
        expect_ipv6("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::");
        expect_ipv6("0:0:3:4:5:6:7:8", "::3:4:5:6:7:8");
        expect_ipv6("::ffff:192.0.2.33", "::ffff:192.0.2.33"); /* 5 */
        expect_ipv6("fe80::abcd:ef01:2345:6789", "fe80::abcd:ef01:2345:6789");
        expect_ipv6("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void
ipv6_addresses_read_back_as_what_they_were(void **state)
{
        uint64_t random = 88172645463325252U;

        (void)state;
        for (int i = 0; i < 20000; i++) {
                struct tv_address address = {.ipv6 = true};
                char text[TV_ADDRESS_ROOM + 1];
                uint8_t back[16];

                for (int k = 0; k < 16; k++) {
                        random ^= random << 13;
                        random ^= random >> 7;
                        random ^= random << 17;
                        address.byte[k] = (random & 0x300) == 0 ? (uint8_t)random : 0;
                }
                *tv_put_address(text, &address) = '\0';
                assert_int_equal(inet_pton(AF_INET6, text, back), 1);
                assert_memory_equal(back, address.byte, 16);
        }
}

static void
ipv4_addresses_are_dotted(void **state)
{
        const struct tv_address low = {.byte = {0, 9, 10, 99}}, high = {.byte = {100, 199, 200, 255}};
        char got[TV_ADDRESS_ROOM + 1];

        (void)state;
        *tv_put_address(got, &low) = '\0';
        assert_string_equal(got, "0.9.10.99");
        *tv_put_address(got, &high) = '\0';
        assert_string_equal(got, "100.199.200.255");
}

static void
frames_name_their_file_only_among_several(void **state)
{
        char got[TV_FRAME_ROOM + 1];

        (void)state;
        *tv_put_frame(got, tv_frame_make(3, 12345), false) = '\0';
        assert_string_equal(got, "12345");
        *tv_put_frame(got, tv_frame_make(3, 12345), true) = '\0';
        assert_string_equal(got, "3:12345");
        *tv_put_frame(got, 0, true) = '\0';
        assert_string_equal(got, "");
        *tv_put_frame(got, UINT64_MAX, true) = '\0';
        assert_string_equal(got, "16777215:1099511627775");
}

static void
expect_utc(tv_time time, const char *want)
{
        char got[TV_UTC_ROOM + 1];

        *tv_put_utc(got, time) = '\0';
        assert_string_equal(got, want);
}

static void
dates_are_right_from_1677_to_2262(void **state)
{
        const tv_time second = 1000000000;

        (void)state;
        expect_utc(0, "1970-01-01 00:00:00.000");
        expect_utc(-1, "1969-12-31 23:59:59.999");
        expect_utc(951782400 * second, "2000-02-29 00:00:00.000");
        expect_utc(951868800 * second, "2000-03-01 00:00:00.000");
        expect_utc(1795213058 * second + 189999999, "2026-11-20 22:17:38.189");
        expect_utc(4107542399 * second, "2100-02-28 23:59:59.000");
        expect_utc(4107542400 * second, "2100-03-01 00:00:00.000"); /* 2100 is no leap year */
        expect_utc(INT64_MAX, "2262-04-11 23:47:16.854");
        expect_utc(INT64_MIN + 1, "1677-09-21 00:12:43.145");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(integers_are_written_as_printf_writes_them),
                cmocka_unit_test(seconds_have_always_nine_decimals),
                cmocka_unit_test(seconds_near_the_last_ones_are_the_same_text),
                cmocka_unit_test(seconds_before_the_epoch_keep_their_sign),
                cmocka_unit_test(no_time_is_empty),
                cmocka_unit_test(ipv6_addresses_follow_rfc_5952),
                cmocka_unit_test(ipv6_addresses_read_back_as_what_they_were),
                cmocka_unit_test(ipv4_addresses_are_dotted),
                cmocka_unit_test(frames_name_their_file_only_among_several),
                cmocka_unit_test(dates_are_right_from_1677_to_2262),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
