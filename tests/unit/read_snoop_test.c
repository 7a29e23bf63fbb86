#include "tests/support/blocks.h"

#include <pcap/dlt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct readout out;
static struct blocks b = {.big_endian = true};

static void
start(uint32_t version, uint32_t link)
{
        b.size = 0;
        put_bytes(&b, "snoop\0\0", 8);
        put32(&b, version);
        put32(&b, link);
}

static void
put_record(uint32_t length, const char *data, uint32_t padding, uint32_t drops, uint32_t seconds, uint32_t microseconds)
{
        const uint32_t captured = (uint32_t)strlen(data);

        put32(&b, length);
        put32(&b, captured);
        put32(&b, 24 + captured + padding);
        put32(&b, drops);
        put32(&b, seconds);
        put32(&b, microseconds);
        put_bytes(&b, data, captured);
        while (padding-- > 0)
                put8(&b, 0);
}

static void
read_all(void)
{
        read_bytes(b.data, b.size, &out);
        assert_true(out.opened);
}

static void
assert_packet(size_t i, tv_time time, const char *data)
{
        assert_true(i < out.packets);
        assert_int_equal(out.packet[i].time, time);
        assert_int_equal(out.packet[i].captured, strlen(data));
        assert_memory_equal(out.packet[i].data, data, strlen(data));
}

static void
records_are_read(void **state)
{
        (void)state;
        start(2, 4);
        put_record(100, "abcde", 3, 0, 1000, 5);
        put_record(4, "four", 0, 3, 0xffffffff, 999999);
        put_record(0, "", 0, 7, 0, 0);
        read_all();
        assert_int_equal(out.damages, 0);
        assert_int_equal(out.packets, 3);
        assert_packet(0, INT64_C(1000000005000), "abcde");
        assert_int_equal(out.packet[0].length, 100);
        assert_packet(1, INT64_C(4294967295999999000), "four");
        assert_packet(2, 0, "");
        assert_int_equal(out.packet[1].link_type, DLT_EN10MB);
        assert_int_equal(out.info.link_type, DLT_EN10MB);
        assert_int_equal(out.info.drops, 7);
        assert_string_equal(out.info.format, "snoop");
        assert_int_equal(tv_frame_number(out.packet[2].frame), 3);

        start(2, 4);
        read_all();
        assert_int_equal(out.packets, 0);
        assert_true(out.info.drops == UINT64_MAX);
}

static void
links_have_the_numbers_of_dlpi_or_of_shomiti(void **state)
{
        static const struct {
                uint32_t type;
                int link, shomiti;
        } cases[] = {{0, DLT_EN10MB, DLT_EN10MB},
                     {2, DLT_IEEE802, DLT_IEEE802},
                     {4, DLT_EN10MB, DLT_EN10MB},
                     {8, DLT_FDDI, DLT_FDDI},
                     {9, DLT_NULL, -1},
                     {12, -1, DLT_EN10MB},
                     {11, -1, DLT_IEEE802},
                     {18, DLT_SUNATM, -1},
                     {0x80000005, DLT_IPNET, -1},
                     {26, -1, -1},
                     {1, -1, -1}};

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                for (int shomiti = 0; shomiti < 2; shomiti++) {
                        const int expected = shomiti ? cases[i].shomiti : cases[i].link;
                        start(shomiti ? 4 : 2, cases[i].type);
                        put_record(5, "abcde", shomiti ? 16 : 15, 0, 1, 0);
                        read_bytes(b.data, b.size, &out);
                        assert_int_equal(out.opened, expected >= 0);
                        if (expected < 0) {
                                assert_non_null(strstr(out.message, "datalink type"));
                                continue;
                        }
                        assert_int_equal(out.packets, 1);
                        assert_int_equal(out.packet[0].link_type, expected);
                        assert_string_equal(out.info.format, shomiti ? "snoop (Shomiti's)" : "snoop");
                }
}

static void
what_cannot_be_read_is_refused(void **state)
{
        (void)state;
        for (uint32_t version = 0; version < 8; version++) {
                start(version, 4);
                read_bytes(b.data, b.size, &out);
                assert_int_equal(out.opened, version >= 2 && version <= 5);
        }
        for (size_t n = 8; n < 16; n++) {
                read_bytes(b.data, n, &out);
                assert_false(out.opened);
                assert_non_null(strstr(out.message, "ends inside its header"));
        }
}

enum { RECORDS = 8 };

static void
make_sample(size_t begins[RECORDS + 1])
{
        start(2, 4);
        for (uint32_t i = 0; i < RECORDS; i++) {
                begins[i] = b.size;
                put_record(60, &"some packet"[i % 3], i % 4, i / 2, 1000000000 + i, i);
        }
        begins[RECORDS] = b.size;
}

static void
a_file_cut_at_any_byte_gives_its_whole_packets(void **state)
{
        size_t begins[RECORDS + 1];

        (void)state;
        make_sample(begins);
        for (size_t n = begins[0], whole = 0; n < b.size; n++) {
                while (begins[whole + 1] <= n)
                        whole++;
                read_bytes(b.data, n, &out);
                assert_int_equal(out.packets, whole);
                assert_int_equal(out.damages, n != begins[whole]);
                if (n == begins[whole])
                        continue;
                assert_true(out.damage[0].cut);
                assert_int_equal(out.damage[0].offset, begins[whole]);
                assert_int_equal(out.damage[0].frame, whole);
        }
}

static void
reading_goes_on_behind_what_makes_no_sense(void **state)
{
        static const uint32_t lengths[] = {0, 23, 24, 34, 1 << 20, (1 << 20) + 1, 0x7fffffff, 0xffffffff};
        size_t begins[RECORDS + 1];

        (void)state;
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
                for (size_t field = 4; field <= 8; field += 4) {
                        make_sample(begins);
                        if (field == 4 && lengths[i] <= 35)
                                continue; /* fits */
                        const size_t size = b.size;
                        b.size = begins[3] + field;
                        put32(&b, lengths[i]);
                        b.size = size;
                        read_all();
                        assert_int_equal(out.damages, 1);
                        assert_int_equal(out.damage[0].offset, begins[3]);
                        assert_int_equal(out.damage[0].frame, 3);
                        assert_false(out.damage[0].cut);
                        assert_non_null(strstr(out.damage[0].what, "bytes are skipped"));
                        assert_int_equal(out.packets, RECORDS - 1);
                        for (uint32_t j = 0, k = 0; j < RECORDS; j++)
                                if (j != 3)
                                        assert_packet(k++, (1000000000 + (tv_time)j) * 1000000000 + j * 1000,
                                                      &"some packet"[j % 3]);
                        assert_int_equal(out.info.drops, (RECORDS - 1) / 2);
                }
}

static void
damage_at_any_byte_leaves_the_packets_before_it(void **state)
{
        static const uint8_t changes[] = {0xff, 0x01, 0x80};
        size_t begins[RECORDS + 1];

        (void)state;
        make_sample(begins);
        for (size_t at = begins[0], record = 0; at < b.size; at++) {
                while (begins[record + 1] <= at)
                        record++;
                for (size_t c = 0; c < sizeof changes; c++) {
                        b.data[at] ^= changes[c];
                        read_all();
                        b.data[at] ^= changes[c];
                        for (uint32_t i = 0; i < record; i++)
                                assert_packet(i, (1000000000 + (tv_time)i) * 1000000000 + i * 1000,
                                              &"some packet"[i % 3]);
                }
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(records_are_read),
                cmocka_unit_test(links_have_the_numbers_of_dlpi_or_of_shomiti),
                cmocka_unit_test(what_cannot_be_read_is_refused),
                cmocka_unit_test(a_file_cut_at_any_byte_gives_its_whole_packets),
                cmocka_unit_test(reading_goes_on_behind_what_makes_no_sense),
                cmocka_unit_test(damage_at_any_byte_leaves_the_packets_before_it),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
