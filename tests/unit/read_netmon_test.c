#include "analyzer/capture/format.h"
#include "tests/support/blocks.h"

#include <pcap/dlt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static struct readout out;
static struct blocks b;
static size_t offsets[64];
static uint32_t frames;

/* Begun on 2024-02-29 at 12:34:56.789, which is 1709210096.789 s after 1970. */
static const tv_time begun = 1709210096 * SECOND + 789000000;

static void
start(unsigned major, unsigned minor, uint16_t network)
{
        static const uint16_t time[] = {2024, 2, 4, 29, 12, 34, 56, 789};

        b.size = 0;
        frames = 0;
        put_bytes(&b, major == 1 ? "RTSS" : "GMBU", 4);
        put8(&b, (uint8_t)minor);
        put8(&b, (uint8_t)major);
        put16(&b, network);
        for (size_t i = 0; i < 8; i++)
                put16(&b, time[i]);
        while (b.size < 128)
                put8(&b, 0);
}

static void
put_frame(uint64_t delta, uint32_t length, const char *data)
{
        const uint32_t captured = (uint32_t)strlen(data);

        offsets[frames++] = b.size;
        if (b.data[5] == 1) {
                put32(&b, (uint32_t)delta);
                put16(&b, (uint16_t)length);
                put16(&b, (uint16_t)captured);
        } else {
                put64(&b, delta);
                put32(&b, length);
                put32(&b, captured);
        }
        put_bytes(&b, data, captured);
}

/* What stands behind a packet from 2.1 on. */
static void
put_trailer(uint16_t network, uint64_t filetime)
{
        put16(&b, network);
        if (b.data[4] >= 2)
                put32(&b, 7);
        if (b.data[4] >= 3) {
                put64(&b, filetime);
                put8(&b, 1);
        }
}

/* The table of frames, and where it is. */
static void
put_table(void)
{
        size_t end = b.size;

        b.size = 24;
        put32(&b, (uint32_t)end);
        put32(&b, frames * 4);
        b.size = end;
        for (uint32_t i = 0; i < frames; i++)
                put32(&b, (uint32_t)offsets[i]);
}

static void
read_all(void)
{
        read_bytes(b.data, b.size, &out);
        assert_true(out.opened);
}

static void
assert_packet(size_t i, tv_time time, int link_type, const char *data)
{
        assert_true(i < out.packets);
        assert_int_equal(out.packet[i].time, time);
        assert_int_equal(out.packet[i].link_type, link_type);
        assert_int_equal(out.packet[i].captured, strlen(data));
        assert_memory_equal(out.packet[i].data, data, strlen(data));
}

static void
version_1_has_milliseconds(void **state)
{
        (void)state;
        start(1, 1, 1);
        put_frame(0, 60, "one");
        put_frame(1500, 3, "two");
        put_table();
        read_all();
        assert_int_equal(out.damages, 0);
        assert_int_equal(out.packets, 2);
        assert_packet(0, begun, DLT_EN10MB, "one");
        assert_int_equal(out.packet[0].length, 60);
        assert_packet(1, begun + 1500000000, DLT_EN10MB, "two");
        assert_string_equal(out.info.format, "NetMon 1.1");
        assert_int_equal(out.info.link_type, DLT_EN10MB);
}

static void
version_2_has_microseconds_before_and_after_the_beginning(void **state)
{
        const int64_t before = -5000000;

        (void)state;
        start(2, 0, 3);
        put_frame(7, 3, "one");
        put_frame((uint64_t)before, 3, "two");
        put_table();
        read_all();
        assert_int_equal(out.damages, 0);
        assert_packet(0, begun + 7000, DLT_FDDI, "one");
        assert_packet(1, begun - 5 * SECOND, DLT_FDDI, "two");
        assert_string_equal(out.info.format, "NetMon 2.0");
}

static void
dates_beyond_all_reason_are_within_bounds(void **state)
{
        static const uint16_t years[] = {0, 1, 1601, 1677, 1969, 2107, 2200, 2262, 65535};

        (void)state;
        for (size_t i = 0; i < sizeof years / sizeof *years; i++) {
                start(2, 0, 1);
                put_frame(0, 3, "one");
                put_table();
                b.data[8] = (uint8_t)years[i];
                b.data[9] = (uint8_t)(years[i] >> 8);
                read_all();
                if (years[i] < 1970) /* the first year that times can have */
                        assert_true(out.packet[0].time >= 0 && out.packet[0].time < 366 * 24 * 3600 * SECOND);
                else
                        assert_int_equal(out.packet[0].time, TV_TIME_LIMIT);
        }
}

static void
frames_come_in_the_order_of_the_table(void **state)
{
        (void)state;
        start(2, 0, 1);
        put_frame(3, 1, "c");
        put_bytes(&b, "a hole", 6);
        put_frame(1, 1, "a");
        put_frame(2, 1, "b");
        size_t last = offsets[0];
        offsets[0] = offsets[1];
        offsets[1] = offsets[2];
        offsets[2] = last;
        put_table();
        read_all();
        assert_int_equal(out.damages, 0);
        assert_int_equal(out.packets, 3);
        assert_packet(0, begun + 1000, DLT_EN10MB, "a");
        assert_packet(1, begun + 2000, DLT_EN10MB, "b");
        assert_packet(2, begun + 3000, DLT_EN10MB, "c");
}

static void
since_2_1_each_packet_has_its_network(void **state)
{
        static const struct {
                uint16_t network;
                int link_type;
        } cases[] = {{1, DLT_EN10MB},  {0, DLT_EN10MB},    {2, DLT_IEEE802},
                     {9, 12},          {0xe000 | 101, 12}, {0xe000 | 113, 113},
                     {0xe080, 105},    {6, 0x10006},       {0xe081, 0x10000 | 0xe081},
                     {0xffe0, 0x1ffe0}};

        (void)state;
        for (unsigned minor = 1; minor < 4; minor++) {
                start(2, minor, 1);
                for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                        put_frame(i, 5, "abcde");
                        put_trailer(cases[i].network, UINT64_C(133536836967890000) + i); /* |begun| */
                }
                put_table();
                read_all();
                assert_int_equal(out.damages, 0);
                assert_int_equal(out.packets, sizeof cases / sizeof *cases);
                for (size_t i = 0; i < out.packets; i++)
                        assert_packet(i, begun + (tv_time)i * (minor == 3 ? 100 : 1000), cases[i].link_type, "abcde");
        }
}

static void
records_that_are_no_packets_are_left_out_and_numbered_as_in_wireshark(void **state)
{
        (void)state;
        start(2, 2, 1);
        for (uint16_t network = 0xfffb; network != 0; network++) {
                put_frame(0, 1, "x");
                put_trailer(network, 0);
                put_frame(0, 4, "abcd");
                put_trailer(1, 0);
        }
        put_table();
        read_all();
        assert_int_equal(out.damages, 0);
        assert_int_equal(out.packets, 5);
        assert_int_equal(tv_frame_number(out.packet[0].frame), 2); /* adapters */
        assert_int_equal(tv_frame_number(out.packet[1].frame), 3);
        assert_int_equal(tv_frame_number(out.packet[2].frame), 4);
        assert_int_equal(tv_frame_number(out.packet[3].frame), 5);
        assert_int_equal(tv_frame_number(out.packet[4].frame), 7); /* a filter */
}

static void
without_its_table_a_file_is_read_in_the_order_of_its_frames(void **state)
{
        (void)state;
        start(2, 2, 1);
        for (int i = 0; i < 5; i++) {
                put_frame(1000, 4, "abcd");
                put_trailer(1, 0);
        }
        const size_t table = b.size;
        put_table();
        for (size_t n = table; n < b.size; n++) {
                read_bytes(b.data, n, &out);
                assert_int_equal(out.damages, 1);
                assert_int_equal(out.damage[0].offset, table);
                assert_true(out.damage[0].cut);
                assert_int_equal(out.packets, 5);
        }
        for (size_t n = 128; n < table; n++) {
                read_bytes(b.data, n, &out);
                assert_int_equal(out.packets, (n - 128) / 26);
                assert_int_equal(out.damages, (n - 128) % 26 == 0 ? 1 : 2);
        }
}

static void
frames_that_are_not_there_are_damage(void **state)
{
        (void)state;
        start(2, 0, 1);
        put_frame(1, 1, "a");
        put_frame(2, 1, "b");
        put_frame(3, 1, "c");
        const size_t long_one = offsets[1];
        offsets[frames++] = 1 << 20;
        put_table();
        b.data[long_one + 12] = 200;
        b.data[long_one + 14] = 4;
        read_all();
        assert_int_equal(out.packets, 2);
        assert_int_equal(out.damages, 2);
        assert_int_equal(out.damage[0].offset, long_one);
        assert_false(out.damage[0].cut);
        assert_int_equal(out.damage[1].offset, 1 << 20);
        assert_true(out.damage[1].cut);
}

static void
a_table_cannot_make_more_of_a_file_than_it_is(void **state)
{
        (void)state;
        start(2, 0, 1);
        put_frame(1, 1000, "a packet, a packet, a packet, a packet, a packet, a packet, a packet, a packet");
        for (frames = 1; frames < 64; frames++)
                offsets[frames] = offsets[0];
        put_table();
        read_all();
        assert_int_equal(out.damages, 1);
        assert_non_null(strstr(out.damage[0].what, "more bytes than the file"));
        assert_int_equal(out.packets, b.size / 94);
}

static void
damage_at_any_byte_is_no_accident(void **state)
{
        static const uint8_t changes[] = {0xff, 0x01, 0x80};

        (void)state;
        for (unsigned minor = 0; minor < 4; minor++) {
                start(2, minor, 1);
                for (int i = 0; i < 5; i++) {
                        put_frame(1000, 4, "abcd");
                        if (minor > 0)
                                put_trailer(1, 133536836967890000);
                }
                put_table();
                for (size_t at = 6; at < b.size; at++)
                        for (size_t c = 0; c < sizeof changes; c++) {
                                b.data[at] ^= changes[c];
                                read_all();
                                b.data[at] ^= changes[c];
                                /* A frame costs itself, its entry in the table as much. */
                                if (at >= 128)
                                        assert_true(out.packets >= 4);
                        }
                for (size_t n = 1; n < 128; n++) {
                        read_bytes(b.data, n, &out);
                        assert_false(out.opened);
                }
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(version_1_has_milliseconds),
                cmocka_unit_test(version_2_has_microseconds_before_and_after_the_beginning),
                cmocka_unit_test(dates_beyond_all_reason_are_within_bounds),
                cmocka_unit_test(frames_come_in_the_order_of_the_table),
                cmocka_unit_test(since_2_1_each_packet_has_its_network),
                cmocka_unit_test(records_that_are_no_packets_are_left_out_and_numbered_as_in_wireshark),
                cmocka_unit_test(without_its_table_a_file_is_read_in_the_order_of_its_frames),
                cmocka_unit_test(frames_that_are_not_there_are_damage),
                cmocka_unit_test(a_table_cannot_make_more_of_a_file_than_it_is),
                cmocka_unit_test(damage_at_any_byte_is_no_accident),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
