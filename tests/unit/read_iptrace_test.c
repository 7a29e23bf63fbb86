#include "tests/support/blocks.h"

#include <pcap/dlt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static struct readout out;
static struct blocks b = {.big_endian = true};

static void
start(int version)
{
        b.size = 0;
        put_bytes(&b, version == 1 ? "iptrace 1.0" : "iptrace 2.0", 11);
}

static void
put_record(const char *prefix, uint8_t unit, uint8_t type, bool sent, uint32_t seconds, uint32_t nanoseconds,
           const char *data)
{
        const bool version_2 = b.data[8] == '2';
        const size_t begin = b.size;

        put32(&b, 0);
        put32(&b, version_2 ? 1 : seconds);
        put_bytes(&b, "\0\0", 3);
        put8(&b, unit);
        for (size_t i = 0; i < 4; i++)
                put8(&b, (uint8_t)(i < strlen(prefix) ? prefix[i] : 0));
        put_bytes(&b, "some text   ", 12);
        put8(&b, type);
        put8(&b, sent);
        if (version_2) {
                put16(&b, 0);
                put32(&b, seconds);
                put32(&b, nanoseconds);
        }
        if (type == 15)
                put_bytes(&b, "\0\0", 3);
        put_bytes(&b, data, strlen(data));
        const size_t end = b.size;
        b.size = begin;
        put32(&b, (uint32_t)(end - begin - 8));
        b.size = end;
}

static void
read_all(void)
{
        read_bytes(b.data, b.size, &out);
        assert_true(out.opened);
}

static void
assert_packet(size_t i, tv_time time, uint32_t interface, int link_type, enum tv_passed passed, const char *data)
{
        assert_true(i < out.packets);
        assert_int_equal(out.packet[i].time, time);
        assert_int_equal(out.packet[i].interface, interface);
        assert_int_equal(out.packet[i].link_type, link_type);
        assert_int_equal(out.packet[i].passed, passed);
        assert_int_equal(out.packet[i].captured, strlen(data));
        assert_int_equal(out.packet[i].length, strlen(data));
        assert_memory_equal(out.packet[i].data, data, strlen(data));
}

static void
records_of_both_versions_are_read(void **state)
{
        (void)state;
        for (int version = 1; version <= 2; version++) {
                const tv_time ns = version == 2 ? 1 : 0;
                start(version);
                put_record("en", 0, 6, false, 1000, 123456789, "ethernet");
                put_record("fi", 3, 15, true, 1001, 5, "fddi");
                put_record("lo", 0, 24, true, 1002, 999999999, "loop");
                put_record("en", 0, 6, true, 0xffffffff, 999999999, "ethernet again");
                put_record("xy", 0, 99, false, 1003, 0, "who knows");
                put_record("tr", 0, 9, false, 1004, 0, "token ring");
                read_all();
                assert_int_equal(out.damages, 0);
                assert_int_equal(out.packets, 6);
                assert_packet(0, 1000 * SECOND + ns * 123456789, 0, DLT_EN10MB, TV_PASSED_IN, "ethernet");
                assert_packet(1, 1001 * SECOND + ns * 5, 1, DLT_FDDI, TV_PASSED_OUT, "fddi");
                assert_packet(2, 1002 * SECOND + ns * 999999999, 2, 12, TV_PASSED_OUT, "loop");
                assert_packet(3, UINT32_MAX * SECOND, 0, DLT_EN10MB, TV_PASSED_OUT, "ethernet again");
                assert_packet(4, 1003 * SECOND, 3, 0x10000 + 99, TV_PASSED_IN, "who knows");
                assert_packet(5, 1004 * SECOND, 4, DLT_IEEE802, TV_PASSED_IN, "token ring");
                assert_string_equal(out.info.format, version == 1 ? "iptrace 1.0" : "iptrace 2.0");
                assert_string_equal(out.info.interfaces, "en0;fi3;lo0;xy0;tr0");
                assert_int_equal(out.info.link_type, DLT_EN10MB);
        }
}

static void
interfaces_without_end_share_a_number(void **state)
{
        (void)state;
        start(2);
        for (unsigned i = 0; i < 70; i++)
                put_record("en", (uint8_t)i, 6, false, 1000, 0, "x");
        put_record("en", 1, 6, false, 1000, 0, "x");
        read_all();
        assert_int_equal(out.packets, 71);
        assert_int_equal(out.packet[63].interface, 63);
}

enum { RECORDS = 6 };

static void
damage_and_cuts_leave_the_packets_before_them(void **state)
{
        static const uint8_t changes[] = {0xff, 0x01, 0x80};

        (void)state;
        for (int version = 1; version <= 2; version++) {
                size_t begins[RECORDS + 1];

                start(version);
                for (uint32_t i = 0; i < RECORDS; i++) {
                        begins[i] = b.size;
                        put_record("en", 0, 6, false, 1000 + i, 0, "abcdefgh");
                }
                begins[RECORDS] = b.size;
                for (size_t at = begins[0], record = 0; at < b.size; at++) {
                        while (begins[record + 1] <= at)
                                record++;
                        for (size_t c = 0; c < sizeof changes; c++) {
                                b.data[at] ^= changes[c];
                                read_all();
                                b.data[at] ^= changes[c];
                                for (uint32_t i = 0; i < record; i++)
                                        assert_packet(i, (1000 + i) * SECOND, 0, DLT_EN10MB, TV_PASSED_IN, "abcdefgh");
                                /* The bytes of a length that make it too large. */
                                if (at < begins[record] + 2 && changes[c] != 0x01) {
                                        assert_int_equal(out.damages, 1);
                                        assert_int_equal(out.damage[0].offset, begins[record]);
                                        assert_int_equal(out.packets, record >= RECORDS - 1 ? record : RECORDS - 1);
                                }
                        }
                        read_bytes(b.data, at, &out);
                        assert_int_equal(out.packets, record);
                        assert_int_equal(out.damages, at != begins[record]);
                        if (at != begins[record]) {
                                assert_true(out.damage[0].cut);
                                assert_int_equal(out.damage[0].offset, begins[record]);
                        }
                }
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(records_of_both_versions_are_read),
                cmocka_unit_test(interfaces_without_end_share_a_number),
                cmocka_unit_test(damage_and_cuts_leave_the_packets_before_them),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
