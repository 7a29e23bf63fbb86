#include "analyzer/capture/format.h"
#include "tests/support/blocks.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static struct readout out;
static struct blocks b;

static void
start(bool big_endian)
{
        b.size = 0;
        b.big_endian = big_endian;
        put_section(&b);
}

static void
read_all(void)
{
        read_bytes(b.data, b.size, &out);
        assert_true(out.opened);
}

static void
assert_no_damage(void)
{
        if (out.damages > 0)
                fail_msg("damaged at %" PRIu64 ": %s", out.damage[0].offset, out.damage[0].what);
}

static void
assert_damage(size_t i, uint64_t offset, uint64_t frame, bool cut, const char *words)
{
        assert_true(i < out.damages);
        assert_int_equal(out.damage[i].offset, offset);
        assert_int_equal(out.damage[i].frame, frame);
        assert_int_equal(out.damage[i].cut, cut);
        assert_null(strchr(out.damage[i].what, '\n'));
        if (!strstr(out.damage[i].what, words))
                fail_msg("\"%s\" does not say \"%s\"", out.damage[i].what, words);
}

/* ---- blocks with more in them ---- */

static void
put_link(uint16_t link_type, uint32_t snaplen)
{
        size_t begin = begin_block(&b, 1);

        put16(&b, link_type);
        put16(&b, 0);
        put32(&b, snaplen);
        end_block(&b, begin);
}

static size_t
begin_packet(uint32_t interface, uint64_t time, const char *data)
{
        size_t begin = begin_block(&b, 6);

        put32(&b, interface);
        put32(&b, (uint32_t)(time >> 32));
        put32(&b, (uint32_t)time);
        put32(&b, (uint32_t)strlen(data));
        put32(&b, (uint32_t)strlen(data));
        put_bytes(&b, data, strlen(data));
        while (b.size % 4 != 0)
                put8(&b, 0);
        return begin;
}

static void
put_named(uint32_t interface, uint64_t time, const char *data)
{
        end_block(&b, begin_packet(interface, time, data));
}

static void
assert_packet(size_t i, uint32_t interface, tv_time time, const char *data)
{
        assert_true(i < out.packets);
        assert_int_equal(out.packet[i].interface, interface);
        assert_int_equal(out.packet[i].time, time);
        assert_int_equal(out.packet[i].captured, strlen(data));
        assert_memory_equal(out.packet[i].data, data, strlen(data));
}

static void
put_simple(uint32_t length, const char *data)
{
        size_t begin = begin_block(&b, 3);

        put32(&b, length);
        put_bytes(&b, data, strlen(data));
        end_block(&b, begin);
}

static void
put_statistics(uint32_t interface, uint16_t code, uint64_t value, uint16_t second_code, uint64_t second)
{
        size_t begin = begin_block(&b, 5);

        put32(&b, interface);
        put64(&b, 0);
        put16(&b, code);
        put16(&b, 8);
        put64(&b, value);
        if (second_code != 0) {
                put16(&b, second_code);
                put16(&b, 8);
                put64(&b, second);
        }
        end_block(&b, begin);
}

/* ---- times ---- */

static void
times_have_any_resolution_and_offset(void **state)
{
        static const struct {
                uint8_t resolution;
                uint32_t offset;
                uint64_t time;
                tv_time expected;
        } cases[] = {
                {6, 0, 1700000000123456, 1700000000 * SECOND + 123456000},
                {9, 0, 1700000000123456789, 1700000000 * SECOND + 123456789},
                {3, 0, 1700000000123, 1700000000 * SECOND + 123000000},
                {0, 0, 1700000000, 1700000000 * SECOND},
                {0x80, 0, 1700000000, 1700000000 * SECOND},
                {0x80 | 10, 0, (UINT64_C(1700000000) << 10) + 512, 1700000000 * SECOND + 500000000},
                {0x80 | 32, 0, (UINT64_C(1700000000) << 32) + 0xc0000000, 1700000000 * SECOND + 750000000},
                {0x80 | 63, 7, UINT64_C(3) << 62, 8 * SECOND + 500000000},
                {0x80 | 64, 0, UINT64_C(1) << 63, 500000000},
                {0x80 | 127, 3, UINT64_MAX, 3 * SECOND},
                {6, 1000, 1700000000123456, 1700001000 * SECOND + 123456000},
                {12, 0, 1700000000123456789, 1700000 * SECOND + 123456},
                {19, 0, UINT64_C(12345678901234567890), SECOND + 234567890},
                {28, 0, UINT64_C(18000000000000000000), 1},
                {29, 5, UINT64_MAX, 5 * SECOND},
                {127, 5, UINT64_MAX, 5 * SECOND},
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                for (int big = 0; big < 2; big++) {
                        start(big);
                        put_interface(&b, cases[i].resolution, cases[i].offset);
                        put_packet(&b, cases[i].time);
                        read_all();
                        assert_no_damage();
                        assert_int_equal(out.packets, 1);
                        assert_packet(0, 0, cases[i].expected, "abcd");
                        assert_int_equal(out.packet[0].length, 60);
                }
}

static void
times_before_1970_and_after_2106_are_the_nearest_ones(void **state)
{
        static const uint64_t late[] = {UINT64_MAX, UINT64_C(1) << 63, UINT64_MAX / 3, UINT64_C(1) << 40};

        (void)state;
        for (size_t i = 0; i < sizeof late / sizeof *late; i++) {
                start(false);
                put_interface(&b, 0, 0);
                put_packet(&b, late[i]);
                read_all();
                assert_int_equal(out.packet[0].time, TV_TIME_LIMIT);
        }
        /* An offset is signed. */
        for (int big = 0; big < 2; big++) {
                const int64_t minus = -1000;
                start(big);
                size_t begin = begin_block(&b, 1);
                put16(&b, 1);
                put16(&b, 0);
                put32(&b, 0);
                put16(&b, 14);
                put16(&b, 8);
                put64(&b, (uint64_t)minus);
                end_block(&b, begin);
                put_packet(&b, 1000000001);
                put_packet(&b, 999000000);
                read_all();
                assert_int_equal(out.packet[0].time, 1000);
                assert_int_equal(out.packet[1].time, 0);
        }
}

/* ---- sections and interfaces ---- */

static void
interfaces_have_links_snaplens_and_clocks_of_their_own(void **state)
{
        (void)state;
        for (int big = 0; big < 2; big++) {
                start(big);
                put_link(1, 128);
                put_named(0, 1000000, "one");
                put_link(113, 96);
                put_interface(&b, 9, 0);
                put_link(101, 0);
                put_named(3, 4000000, "four");
                put_named(2, 3000000000, "three");
                put_named(1, 2000000, "two");
                put_named(0, 5000000, "one again");
                read_all();
                assert_no_damage();
                assert_int_equal(out.packets, 5);
                assert_packet(0, 0, 1 * SECOND, "one");
                assert_packet(1, 3, 4 * SECOND, "four");
                assert_packet(2, 2, 3 * SECOND, "three");
                assert_packet(3, 1, 2 * SECOND, "two");
                assert_packet(4, 0, 5 * SECOND, "one again");
                assert_int_equal(out.packet[0].link_type, 1);
                assert_int_equal(out.packet[1].link_type, 12); /* DLT_RAW, where the file has LINKTYPE_RAW */
                assert_int_equal(out.packet[2].link_type, 1);
                assert_int_equal(out.packet[3].link_type, 113);
                assert_int_equal(out.info.link_type, 1);
                assert_string_equal(out.info.format, big ? "pcapng, big-endian" : "pcapng, little-endian");
        }
}

static void
sections_may_have_either_byte_order_and_number_their_interfaces_anew(void **state)
{
        (void)state;
        for (int big = 0; big < 2; big++) {
                start(big);
                put_link(1, 0);
                put_link(1, 0);
                put_named(1, 1000000, "first section");
                put_unknown(&b);
                b.big_endian = !big;
                put_section(&b);
                put_link(101, 0);
                put_named(0, 2000000, "second section");
                b.big_endian = big;
                put_section(&b);
                put_link(113, 0);
                put_named(0, 3000000, "third section");
                read_all();
                assert_no_damage();
                assert_int_equal(out.packets, 3);
                assert_packet(0, 1, 1 * SECOND, "first section");
                assert_packet(1, 2, 2 * SECOND, "second section");
                assert_packet(2, 3, 3 * SECOND, "third section");
                assert_int_equal(out.packet[1].link_type, 12);
                assert_int_equal(out.packet[2].link_type, 113);
                assert_string_equal(out.info.format, big ? "pcapng, big-endian" : "pcapng, little-endian");
        }
}

static void
a_section_without_interfaces_is_an_empty_capture(void **state)
{
        (void)state;
        start(false);
        read_all();
        assert_no_damage();
        assert_int_equal(out.packets, 0);
        assert_int_equal(out.info.link_type, -1);
}

static void
a_section_of_an_unknown_version_is_left_out(void **state)
{
        (void)state;
        start(false);
        put_link(1, 0);
        put_named(0, 1000000, "before");
        size_t section = b.size;
        put_section(&b);
        b.data[section + 12] = 2; /* version 2.0 */
        put_link(1, 0);
        put_named(0, 2000000, "inside");
        put_simple(6, "inside");
        put_section(&b);
        put_link(1, 0);
        put_named(0, 3000000, "behind");
        read_all();
        assert_int_equal(out.damages, 1);
        assert_damage(0, section, 1, false, "version 2.0");
        assert_int_equal(out.packets, 2);
        assert_packet(0, 0, 1 * SECOND, "before");
        assert_packet(1, 1, 3 * SECOND, "behind");
}

static void
a_minor_version_that_nobody_defined_is_said_and_read(void **state)
{
        (void)state;
        for (uint8_t minor = 0; minor < 4; minor++) {
                start(false);
                b.data[14] = minor;
                put_link(1, 0);
                put_named(0, 1000000, "a packet");
                read_all();
                assert_int_equal(out.packets, 1);
                assert_int_equal(out.damages, minor == 1 || minor == 3); /* 1.2 is in files, and the same as 1.0 */
        }
}

static void
a_section_has_no_more_than_65536_interfaces(void **state)
{
        enum { COUNT = 65536 + 2, BYTES = 20 };
        uint8_t *file = malloc(28 + COUNT * BYTES + 2 * 36);
        size_t n;

        (void)state;
        assert_non_null(file);
        start(false);
        memcpy(file, b.data, n = b.size);
        b.size = 0;
        put_link(1, 0);
        for (size_t i = 0; i < COUNT; i++, n += BYTES)
                memcpy(file + n, b.data, b.size);
        b.size = 0;
        put_named(65535, 1000000, "abcd");
        put_named(65536, 1000000, "abcd");
        memcpy(file + n, b.data, b.size);
        read_bytes(file, n + b.size, &out);
        assert_int_equal(out.packets, 1);
        assert_int_equal(out.packet[0].interface, 65535);
        assert_int_equal(out.damages, 2);
        assert_damage(0, 28 + 65536 * BYTES, 0, false, "more than 65536 interfaces");
        assert_damage(1, n + 36, 1, false, "interface 65536");
        free(file);
}

/* ---- packets ---- */

static void
simple_packets_are_of_the_first_interface_and_have_the_time_before(void **state)
{
        (void)state;
        for (int big = 0; big < 2; big++) {
                start(big);
                put_link(101, 6);
                put_link(1, 0);
                put_simple(4, "abcd");
                put_named(1, 7000000, "other");
                put_simple(100, "abcdef");
                read_all();
                assert_no_damage();
                assert_int_equal(out.packets, 3);
                assert_packet(0, 0, 0, "abcd");
                assert_int_equal(out.packet[0].length, 4);
                assert_int_equal(out.packet[0].link_type, 12);
                assert_packet(2, 0, 7 * SECOND, "abcdef");
                assert_int_equal(out.packet[2].length, 100);
        }
}

static void
obsolete_packet_blocks_are_read_with_their_drops(void **state)
{
        (void)state;
        for (int big = 0; big < 2; big++) {
                static const uint16_t drops[] = {3, 0, UINT16_MAX, 4};
                start(big);
                put_link(1, 0);
                put_link(101, 0);
                for (size_t i = 0; i < 4; i++) {
                        const uint32_t flags = 2;
                        size_t begin = begin_block(&b, 2);
                        put16(&b, 1);
                        put16(&b, drops[i]);
                        put32(&b, 0);
                        put32(&b, 5000000);
                        put32(&b, 3);
                        put32(&b, 77);
                        put_bytes(&b, "abc", 4);
                        put16(&b, 2);
                        put16(&b, 4);
                        put32(&b, flags);
                        end_block(&b, begin);
                }
                read_all();
                assert_no_damage();
                assert_int_equal(out.packets, 4);
                assert_packet(3, 1, 5 * SECOND, "abc");
                assert_int_equal(out.packet[3].length, 77);
                assert_int_equal(out.packet[3].link_type, 12);
                assert_int_equal(out.packet[3].passed, TV_PASSED_OUT);
                assert_int_equal(out.info.drops, 7);
        }
}

static void
packets_tell_their_direction_and_comments(void **state)
{
        static const enum tv_passed expected[] = {TV_PASSED_UNKNOWN, TV_PASSED_IN, TV_PASSED_OUT, TV_PASSED_UNKNOWN};

        (void)state;
        for (int big = 0; big < 2; big++) {
                start(big);
                put_link(1, 0);
                for (uint32_t i = 0; i < 4; i++) {
                        size_t begin = begin_packet(0, 0, "abc");
                        put16(&b, 2);
                        put16(&b, 4);
                        put32(&b, 0xfffffffc | i);
                        if (i >= 2)
                                put_option(&b, 1, "a comment", 9);
                        if (i == 3)
                                put_option(&b, 1, "another", 7);
                        put_option(&b, 0, "", 0);
                        put_option(&b, 1, "behind the end", 14);
                        end_block(&b, begin);
                }
                put_named(0, 0, "abc");
                read_all();
                assert_no_damage();
                assert_int_equal(out.packets, 5);
                for (size_t i = 0; i < 4; i++)
                        assert_int_equal(out.packet[i].passed, expected[i]);
                assert_int_equal(out.packet[4].passed, TV_PASSED_UNKNOWN);
                assert_int_equal(out.info.packet_comments, 2);
                assert_string_equal(out.info.comments, "");
                assert_null(out.packet[0].comment);
                assert_null(out.packet[1].comment);
                assert_string_equal(out.packet[2].comment, "a comment");
                assert_string_equal(out.packet[3].comment, "a comment | another");
                assert_null(out.packet[4].comment);
        }
}

/* Bits 2 to 4 of the flags tell how the packet was addressed: 1 to 3 to this machine, 4 to another one. */
static void
packets_to_other_machines_passed_by(void **state)
{
        static const enum tv_passed expected[] = {TV_PASSED_IN, TV_PASSED_IN, TV_PASSED_IN, TV_PASSED_IN, TV_PASSED_BY};

        (void)state;
        start(false);
        put_link(1, 0);
        for (uint32_t i = 0; i < 10; i++) {
                size_t begin = begin_packet(0, 0, "abc");
                put16(&b, 2);
                put16(&b, 4);
                put32(&b, (i % 5) << 2 | (i < 5 ? 1 : 2));
                end_block(&b, begin);
        }
        read_all();
        assert_no_damage();
        assert_int_equal(out.packets, 10);
        for (size_t i = 0; i < 10; i++)
                assert_int_equal(out.packet[i].passed, i < 5 ? expected[i] : TV_PASSED_OUT);
}

static void
comments_are_cleaned_and_cut_between_characters(void **state)
{
        char text[400], expected[TV_PACKET_COMMENT + 1] = "";

        (void)state;
        start(false);
        put_link(1, 0);
        size_t begin = begin_packet(0, 0, "abc");
        put_option(&b, 1, "two\nlines\x1b[31m", 14);
        end_block(&b, begin);
        /* 199 octets, then a character of two */
        memset(text, 'x', 199);
        memcpy(text + 199, "\xc3\xa4 and more", 12);
        memset(expected, 'x', 199);
        begin = begin_packet(0, 0, "abc");
        put_option(&b, 1, text, 211);
        end_block(&b, begin);
        memset(text, 'y', 300);
        begin = begin_packet(0, 0, "abc");
        put_option(&b, 1, text, 300);
        put_option(&b, 1, "no room", 7);
        end_block(&b, begin);
        /* An empty one is none to be shown. */
        begin = begin_packet(0, 0, "abc");
        put_option(&b, 1, "", 0);
        end_block(&b, begin);
        read_all();
        assert_no_damage();
        assert_string_equal(out.packet[0].comment, "two lines?[31m");
        assert_string_equal(out.packet[1].comment, expected);
        memset(expected, 'y', 200);
        assert_string_equal(out.packet[2].comment, expected);
        assert_null(out.packet[3].comment);
}

static void
packets_tell_the_names_of_their_interfaces(void **state)
{
        size_t begin;

        (void)state;
        start(false);
        put_link(1, 0);
        begin = begin_block(&b, 1);
        put32(&b, 1);
        put32(&b, 0);
        put_option(&b, 3, "described", 9);
        put_option(&b, 2, "eth7", 4);
        end_block(&b, begin);
        put_named(1, 0, "abc");
        put_named(0, 0, "abc");
        begin = begin_block(&b, 3); /* a simple packet is of the first interface */
        put32(&b, 3);
        put_bytes(&b, "abc", 3);
        end_block(&b, begin);
        put_named(1, 0, "abc");
        read_all();
        assert_no_damage();
        assert_string_equal(out.packet[0].interface_name, "eth7");
        assert_null(out.packet[1].interface_name);
        assert_null(out.packet[2].interface_name);
        assert_string_equal(out.packet[3].interface_name, "eth7");
}

/* ---- names of hosts ---- */

static void
put_name(uint16_t type, const char *address, uint16_t octets, const char *names, uint16_t bytes)
{
        put16(&b, type);
        put16(&b, (uint16_t)(octets + bytes));
        put_bytes(&b, address, octets);
        put_bytes(&b, names, bytes);
        while (b.size % 4 != 0)
                put8(&b, 0);
}

static void
assert_name(size_t i, bool ipv6, const char *address, const char *text)
{
        uint8_t expected[16] = {0};

        memcpy(expected, address, ipv6 ? 16 : 4);
        assert_true(i < out.names.count);
        assert_int_equal(out.names.at[i].ipv6, ipv6);
        assert_memory_equal(out.names.at[i].address, expected, 16);
        assert_string_equal(out.names.at[i].text, text);
}

static void
hosts_have_names(void **state)
{
        static const char ip6[] = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01";

        (void)state;
        for (int big = 0; big < 2; big++) {
                start(big);
                put_link(1, 0);
                put_named(0, 0, "abc");
                size_t begin = begin_block(&b, 4);
                put_name(1, "\x0a\0\0\1", 4, "client.example", 15);
                put_name(1, "\x0a\0\0\2", 4, "first\0second", 13);
                put_name(2, ip6, 16, "six.example", 11);
                put_name(77, "????", 4, "of a type to come", 17);
                put_name(1, "\x0a\0\0\1", 4, "another name", 13);
                put_name(1, "\x0a\0\0\3", 4, "", 0);
                put_name(1, "\x0a\0\0\4", 4, "\0", 1);
                put_name(1, "\x0a\0", 2, "", 0);
                put_name(2, ip6, 15, "", 0);
                put_name(0, "", 0, "", 0);
                put_option(&b, 2, "name server", 11);
                end_block(&b, begin);
                begin = begin_block(&b, 4);
                put_name(1, "\x0a\0\0\5", 4, "without an end\x07", 16);
                end_block(&b, begin);
                read_all();
                assert_no_damage();
                assert_int_equal(out.names.count, 4);
                assert_name(0, false, "\x0a\0\0\1", "client.example");
                assert_name(1, false, "\x0a\0\0\2", "first");
                assert_name(2, true, ip6, "six.example");
                assert_name(3, false, "\x0a\0\0\5", "without an end?");
        }
}

static void
names_that_do_not_fit_are_left_out(void **state)
{
        (void)state;
        start(false);
        put_link(1, 0);
        const size_t begin = begin_block(&b, 4);
        put_name(1, "\x0a\0\0\1", 4, "good", 5);
        put16(&b, 1);
        put16(&b, 64); /* of which 8 are here */
        put_bytes(&b, "\x0a\0\0\2bad", 8);
        end_block(&b, begin);
        put_named(0, 0, "abc");
        read_all();
        assert_int_equal(out.packets, 1);
        assert_int_equal(out.damages, 1);
        assert_damage(0, begin, 0, false, "a name is longer than its block");
        assert_int_equal(out.names.count, 1);
        assert_name(0, false, "\x0a\0\0\1", "good");

        start(false);
        put_link(1, 0);
        for (unsigned i = 0; i < 1030; i++) {
                const size_t one = begin_block(&b, 4);
                put_name(1, (const char[]){10, 1, (char)(i >> 8), (char)i}, 4, "n", 2);
                end_block(&b, one);
        }
        read_all();
        assert_no_damage();
        assert_int_equal(out.names.count, TV_NAMES_MAX);
}

static void
packets_beyond_the_snaplen_are_read_whole(void **state)
{
        (void)state;
        start(false);
        put_link(1, 4);
        put_named(0, 1000000, "longer than four");
        read_all();
        assert_no_damage();
        assert_packet(0, 0, 1 * SECOND, "longer than four");
}

/* ---- what the file says about itself ---- */

static void
put_drops(uint32_t interface, uint64_t drops)
{
        size_t begin = begin_packet(interface, 0, "abcd");

        put16(&b, 4);
        put16(&b, 8);
        put64(&b, drops);
        end_block(&b, begin);
}

static void
drops_are_those_of_the_latest_statistics_else_of_the_packets(void **state)
{
        (void)state;
        for (int big = 0; big < 2; big++) {
                start(big);
                put_link(1, 0);
                put_named(0, 0, "abcd");
                read_all();
                assert_true(out.info.drops == UINT64_MAX); /* nobody tells */
                put_statistics(0, 4, 1000, 6, 17);         /* received and accepted */
                put_statistics(7, 5, 1000, 0, 0);          /* an interface that is none */
                put_statistics(0, 5, UINT64_MAX, 0, 0);
                read_all();
                assert_no_damage();
                assert_true(out.info.drops == UINT64_MAX);

                put_drops(0, 3);
                put_drops(0, 0);
                put_drops(0, 2);
                read_all();
                assert_int_equal(out.info.drops, 5);
                put_statistics(0, 5, 10, 7, 1);
                put_statistics(0, 5, 20, 7, 4);
                put_statistics(0, 4, 1000, 0, 0); /* says nothing of drops */
                put_drops(0, 100);                /* in them already */
                read_all();
                assert_int_equal(out.info.drops, 24);
                put_link(1, 0);
                put_drops(1, 30);
                put_section(&b);
                put_link(1, 0);
                put_statistics(0, 5, 0, 0, 0);
                put_link(1, 0);
                put_statistics(1, 7, 500, 0, 0);
                read_all();
                assert_int_equal(out.info.drops, 24 + 30 + 500);
                put_statistics(1, 7, UINT64_MAX - 1, 5, UINT64_MAX - 1);
                read_all();
                assert_true(out.info.drops == UINT64_MAX - 1);
                assert_no_damage();
        }
}

static void
texts_are_kept(void **state)
{
        (void)state;
        for (int big = 0; big < 2; big++) {
                b.size = 0;
                b.big_endian = big;
                for (int i = 0; i < 2; i++) { /* the second section says the same */
                        size_t begin = begin_block(&b, 0x0a0d0d0a);
                        put32(&b, 0x1a2b3c4d);
                        put16(&b, 1);
                        put16(&b, 0);
                        put64(&b, UINT64_MAX);
                        put_option(&b, 1, "of the\nfile", 11);
                        put_option(&b, 2, "machine", 7);
                        put_option(&b, 3, "system", 6);
                        put_option(&b, 4, "program\0and rest", 16);
                        put_option(&b, 1, "another", 7);
                        end_block(&b, begin);
                        begin = begin_block(&b, 1);
                        put16(&b, 1);
                        put16(&b, 0);
                        put32(&b, 0);
                        put_option(&b, 3, "what it is", 10);
                        put_option(&b, 2, "eth0", 4);
                        put_option(&b, 3, "what it is", 10);
                        put_option(&b, 12, "its system", 10);
                        put_option(&b, 1, "of the interface", 16);
                        end_block(&b, begin);
                        begin = begin_block(&b, 1);
                        put16(&b, 1);
                        put16(&b, 0);
                        put32(&b, 0);
                        put_option(&b, 3, "only \x1b[1mdescribed\x7f", 19);
                        end_block(&b, begin);
                        begin = begin_block(&b, 5);
                        put32(&b, 0);
                        put64(&b, 0);
                        put_option(&b, 1, "of the statistics", 17);
                        end_block(&b, begin);
                }
                read_all();
                assert_no_damage();
                assert_string_equal(out.info.capturer, "machine; system; program; its system");
                assert_string_equal(out.info.interfaces, "eth0;only ?[1mdescribed?");
                assert_string_equal(out.info.comments, "of the file | another | of the interface | of the statistics");
        }
}

static void
long_texts_are_cut_between_characters(void **state)
{
        char text[2000];

        (void)state;
        for (size_t i = 0; i + 1 < sizeof text; i += 2)
                memcpy(text + i, "\xc3\xa4", 2);
        for (int first = 0; first < 2; first++) {
                b.size = 0;
                size_t begin = begin_block(&b, 0x0a0d0d0a);
                put32(&b, 0x1a2b3c4d);
                put16(&b, 1);
                put16(&b, 0);
                put64(&b, UINT64_MAX);
                put_option(&b, 1, first ? "x" : "xy", first ? 1 : 2);
                put_option(&b, 1, text, sizeof text);
                put_option(&b, 1, "no room", 7);
                end_block(&b, begin);
                read_all();
                assert_no_damage();
                const size_t n = strlen(out.info.comments);
                assert_true(n + 2 >= sizeof out.info.comments);
                assert_int_equal((unsigned char)out.info.comments[n - 1], 0xa4);
                assert_int_equal((n - (first ? 1 : 2) - 3) % 2, 0);
        }
}

/* ---- blocks that are passed over ---- */

static void
blocks_without_packets_are_passed_over_and_do_not_hide_the_damage(void **state)
{
        static const uint32_t types[] = {4, 7, 8, 9, 10, 0x0bad, 0x40000bad, 0x80000001, 0x0badcafe, 0};

        (void)state;
        for (int big = 0; big < 2; big++) {
                start(big);
                put_interface(&b, 6, 0);
                for (uint32_t i = 0; i < sizeof types / sizeof *types; i++) {
                        size_t begin = begin_block(&b, types[i]);
                        put_bytes(&b, "what is inside", i); /* whatever it is */
                        end_block(&b, begin);
                        put_packet(&b, 1000000 * i);
                }
                put_unknown(&b);
                put_unknown(&b);
                const size_t last = b.size;
                put_packet(&b, 99);
                read_bytes(b.data, b.size - 3, &out);
                assert_int_equal(out.packets, 10);
                for (uint32_t i = 0; i < 10; i++)
                        assert_packet(i, 0, i * SECOND, "abcd");
                assert_int_equal(out.damages, 1);
                /* Three of the blocks are frames to Wireshark. */
                assert_damage(0, last, 13, true, "the file ends inside a block");

                /* The last four octets repeat the length. */
                b.data[b.size - 1] ^= 0x40;
                read_all();
                assert_int_equal(out.packets, 10);
                assert_int_equal(out.damages, 1);
                assert_damage(0, last, 13, false, "the lengths at the ends of a block differ");
        }
}

static void
frames_are_numbered_as_wireshark_does(void **state)
{
        static const struct {
                uint32_t type;
                bool counts;
        } cases[] = {{4, false}, {9, true},           {10, false},         {0x0bad, true}, {0x40000bad, true},
                     {5, false}, {0x77777777, false}, {0x80000001, false}, {1, false}};

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                start(false);
                put_interface(&b, 6, 0);
                for (int j = 0; j < 3; j++) {
                        size_t begin = begin_block(&b, cases[i].type);
                        for (int k = 0; k < 16; k++)
                                put8(&b, 0);
                        end_block(&b, begin);
                        if (j > 0)
                                put_packet(&b, 0);
                }
                read_all();
                assert_int_equal(out.packets, 2);
                assert_int_equal(tv_frame_number(out.packet[0].frame), cases[i].counts ? 3 : 1);
                assert_int_equal(tv_frame_number(out.packet[1].frame), cases[i].counts ? 5 : 2);
        }
}

static void
blocks_of_any_size_are_passed_over(void **state)
{
        enum { LARGE = 40 << 20 };
        uint8_t *file = calloc(1, LARGE + 1024);
        size_t large;

        (void)state;
        assert_non_null(file);
        start(false);
        put_interface(&b, 6, 0);
        put_packet(&b, 1000000);
        large = b.size;
        put32(&b, 0x40000bad);
        put32(&b, LARGE);
        memcpy(file, b.data, b.size);
        const size_t end = large + LARGE;
        b.size = 0;
        put32(&b, LARGE);
        put_packet(&b, 2000000);
        put_packet(&b, 3000000);
        memcpy(file + end - 4, b.data, b.size);
        const size_t size = end - 4 + b.size;
        read_bytes(file, size, &out);
        assert_no_damage();
        assert_int_equal(out.packets, 3);

        /* A wrong length at its end: the blocks behind it are found. */
        file[end - 1] = 1;
        read_bytes(file, size, &out);
        assert_int_equal(out.packets, 3);
        assert_int_equal(out.damages, 1);
        assert_damage(0, large, 1, false, "differ");

        /* The file ends in it. */
        read_bytes(file, end - 5, &out);
        assert_int_equal(out.packets, 1);
        assert_int_equal(out.damages, 1);
        assert_damage(0, large, 1, true, "ends inside a block");
        free(file);
}

/* ---- damage ---- */

static void
what_stands_between_blocks_is_skipped(void **state)
{
        static const char *const rubbish[] = {"\x01\x02\x03\x04\x05", "some text that was printed\n",
                                              "\xab\xab\xab\xab\xab\xab\xab\xab\xab\xab\xab\xab\xab"};

        (void)state;
        for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++)
                for (int big = 0; big < 2; big++) {
                        start(big);
                        put_interface(&b, 6, 0);
                        put_packet(&b, 1000000);
                        const size_t at = b.size;
                        put_bytes(&b, rubbish[i], strlen(rubbish[i]));
                        put_packet(&b, 2000000);
                        put_packet(&b, 3000000);
                        put_packet(&b, 4000000);
                        put_packet(&b, 5000000);
                        read_all();
                        assert_int_equal(out.damages, 1);
                        assert_damage(0, at, 1, false, "bytes are skipped");
                        assert_int_equal(out.packets, 5);
                        assert_packet(1, 0, 2 * SECOND, "abcd");
                        assert_packet(4, 0, 5 * SECOND, "abcd");
                }
}

static void
damaged_lengths_cost_one_packet(void **state)
{
        static const uint32_t lengths[] = {
                0, 3, 11, 12, 13, 40, 64, 100, 1 << 20, 1 << 24, (1 << 24) + 4, 0xfffffff0, 0xffffffff};

        (void)state;
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
                for (int last = 0; last < 2; last++)
                        for (int big = 0; big < 2; big++) {
                                start(big);
                                put_interface(&b, 6, 0);
                                put_packet(&b, 1000000);
                                const size_t at = b.size;
                                put_packet(&b, 2000000);
                                const size_t end = b.size;
                                put_packet(&b, 3000000);
                                put_packet(&b, 4000000);
                                const size_t size = b.size;
                                b.size = last ? end - 4 : at + 4;
                                put32(&b, lengths[i]);
                                b.size = size;
                                read_all();
                                assert_int_equal(out.damages, 1);
                                assert_damage(0, at, 1, false, "block");
                                assert_int_equal(out.packets, 3);
                                assert_packet(0, 0, 1 * SECOND, "abcd");
                                assert_packet(1, 0, 3 * SECOND, "abcd");
                                assert_packet(2, 0, 4 * SECOND, "abcd");
                        }
}

/* A length that the file does not have hides nothing, also where hardly a block follows. */
static void
blocks_larger_than_the_file_hide_no_others(void **state)
{
        (void)state;
        for (int big = 0; big < 2; big++)
                for (size_t behind = 1; behind < 8; behind++) {
                        start(big);
                        put_interface(&b, 6, 0);
                        put_packet(&b, 1000000);
                        const size_t at = b.size;
                        put32(&b, 0x99);
                        put32(&b, 0xfffffff0);
                        for (size_t i = 0; i < behind; i++)
                                put_packet(&b, 2000000 + i);
                        read_all();
                        assert_int_equal(out.damages, 1);
                        assert_damage(0, at, 1, false, "8 bytes are skipped");
                        assert_int_equal(out.packets, 1 + behind);
                }
}

/* Each of these blocks could end anywhere by its own account: looking for that a MiB ahead, every time, took hours. */
static void
a_file_full_of_damage_is_read_in_time(void **state)
{
        enum { PLACES = 1000000, BYTES = 12 + 20 };
        uint8_t *file = malloc((size_t)PLACES * BYTES + 1024);

        (void)state;
        assert_non_null(file);
        start(false);
        put_interface(&b, 6, 0);
        memcpy(file, b.data, b.size);
        size_t size = b.size;
        b.size = 0;
        put32(&b, 6);
        put32(&b, 8);
        put32(&b, 0);
        size_t begin = begin_block(&b, 1);
        put32(&b, 1);
        put32(&b, 0);
        end_block(&b, begin);
        assert_int_equal(b.size, BYTES);
        for (size_t i = 0; i < PLACES; i++, size += BYTES)
                memcpy(file + size, b.data, BYTES);
        read_bytes(file, size, &out);
        free(file);
        /* And one more for interfaces beyond the most that there can be. */
        assert_int_equal(out.damages, PLACES + 1);
}

static void
captures_inside_of_packets_are_not_taken_for_blocks(void **state)
{
        static struct blocks inner;

        (void)state;
        inner = (struct blocks){.big_endian = false};
        put_section(&inner);
        put_interface(&inner, 6, 0);
        for (int i = 0; i < 10; i++)
                put_packet(&inner, 1);
        for (int last = 0; last < 2; last++) {
                start(false);
                put_interface(&b, 6, 0);
                put_packet(&b, 1000000);
                const size_t at = b.size;
                size_t begin = begin_block(&b, 6);
                put32(&b, 0);
                put32(&b, 0);
                put32(&b, 2000000);
                put32(&b, (uint32_t)inner.size);
                put32(&b, (uint32_t)inner.size);
                put_bytes(&b, inner.data, inner.size);
                end_block(&b, begin);
                const size_t end = b.size;
                put_packet(&b, 3000000);
                read_all();
                assert_no_damage();
                assert_int_equal(out.packets, 3);
                b.data[last ? end - 4 : at + 4] ^= 0x10;
                read_all();
                assert_int_equal(out.packets, 2);
                assert_packet(1, 0, 3 * SECOND, "abcd");
                /* Cut, it is the packet that is cut. */
                b.data[last ? end - 4 : at + 4] ^= 0x10;
                read_bytes(b.data, end - 8, &out);
                assert_int_equal(out.packets, 1);
                assert_int_equal(out.damages, 1);
                assert_damage(0, at, 1, true, "ends inside a block");
        }
}

static void
packets_that_contradict_their_blocks_are_left_out(void **state)
{
        (void)state;
        start(false);
        put_interface(&b, 6, 0);
        put_packet(&b, 1000000);
        size_t interface = b.size;
        put_named(1, 2000000, "abcd");
        size_t captured = b.size;
        put_packet(&b, 3000000);
        b.data[captured + 20] = 5;
        size_t simple = b.size;
        put_simple(5, "abcd");
        put_packet(&b, 5000000);
        read_all();
        assert_int_equal(out.packets, 2);
        assert_packet(1, 0, 5 * SECOND, "abcd");
        assert_int_equal(out.damages, 3);
        assert_damage(0, interface, 1, false, "interface 1");
        assert_damage(1, captured, 1, false, "a packet of 5 bytes in a block of 36 bytes");
        assert_damage(2, simple, 1, false, "a packet of 5 bytes in a block of 20 bytes");
}

static void
options_longer_than_their_block_are_said_and_cost_nothing_else(void **state)
{
        (void)state;
        start(false);
        size_t interface = b.size;
        size_t begin = begin_block(&b, 1);
        put16(&b, 1);
        put16(&b, 0);
        put32(&b, 0);
        put_option(&b, 2, "eth0", 4);
        put16(&b, 3);
        put16(&b, 400);
        end_block(&b, begin);
        size_t packet = b.size;
        begin = begin_packet(0, 1000000, "abcd");
        put_option(&b, 1, "comment", 7);
        put16(&b, 1);
        put16(&b, 1);
        end_block(&b, begin);
        put_packet(&b, 2000000);
        read_all();
        assert_int_equal(out.damages, 2);
        assert_damage(0, interface, 0, false, "option");
        assert_damage(1, packet, 0, false, "option");
        assert_int_equal(out.packets, 2);
        assert_packet(0, 0, 1 * SECOND, "abcd");
        assert_string_equal(out.info.interfaces, "eth0");
        assert_int_equal(out.info.packet_comments, 1);
}

static void
blocks_that_do_not_count_their_padding_are_read(void **state)
{
        (void)state;
        start(false);
        put_interface(&b, 6, 0);
        const size_t at = b.size;
        put_named(0, 1000000, "abc");
        put_packet(&b, 2000000);
        b.data[at + 4] = b.data[at + 32] = 35;
        read_all();
        assert_no_damage();
        assert_int_equal(out.packets, 2);
        assert_packet(0, 0, 1 * SECOND, "abc");
}

/* A capture with each kind of block; begins[i] is where block i begins, packets[i] how many packets are before it. */
enum { SAMPLE_BLOCKS = 12 };

static void
make_sample(bool big_endian, size_t begins[SAMPLE_BLOCKS + 1], size_t packets[SAMPLE_BLOCKS + 1])
{
        size_t n = 0, before = 0;

        b.size = 0;
        b.big_endian = big_endian;
        for (int i = 0; i < SAMPLE_BLOCKS; i++) {
                begins[n] = b.size;
                packets[n++] = before;
                switch (i) {
                case 0:
                case 8:
                        put_section(&b);
                        break;
                case 1:
                case 9:
                        put_interface(&b, 6, 0);
                        break;
                case 4:
                        put_unknown(&b);
                        break;
                case 6:
                        put_statistics(0, 5, 3, 0, 0);
                        break;
                case 7:
                        put_simple(4, "simp");
                        before++;
                        break;
                default:
                        put_named(0, 1000000 * (uint64_t)i, "abcdef");
                        before++;
                }
        }
        begins[n] = b.size;
        packets[n] = before;
}

static void
damage_at_any_byte_leaves_the_packets_before_it(void **state)
{
        static const uint8_t changes[] = {0xff, 0x01, 0x80, 0x04};
        static struct readout whole;
        size_t begins[SAMPLE_BLOCKS + 1], packets[SAMPLE_BLOCKS + 1];

        (void)state;
        for (int big = 0; big < 2; big++) {
                make_sample(big, begins, packets);
                read_bytes(b.data, b.size, &whole);
                assert_int_equal(whole.packets, packets[SAMPLE_BLOCKS]);
                assert_int_equal(whole.damages, 0);
                for (size_t at = begins[1], block = 1; at < b.size; at++) {
                        while (begins[block + 1] <= at)
                                block++;
                        for (size_t c = 0; c < sizeof changes; c++) {
                                b.data[at] ^= changes[c];
                                read_all();
                                b.data[at] ^= changes[c];
                                assert_true(out.packets >= packets[block]);
                                assert_true(out.packets <= whole.packets + 1);
                                for (size_t i = 0; i < packets[block]; i++) {
                                        assert_int_equal(out.packet[i].time, whole.packet[i].time);
                                        assert_int_equal(out.packet[i].captured, whole.packet[i].captured);
                                        assert_memory_equal(out.bytes[i], whole.bytes[i], READOUT_BYTES);
                                }
                                /* The last section is whole whatever happened before it. */
                                if (block < 8) {
                                        assert_true(out.packets >= 2);
                                        assert_int_equal(out.packet[out.packets - 1].time, 11 * SECOND);
                                        assert_int_equal(out.packet[out.packets - 2].time, 10 * SECOND);
                                }
                        }
                }
        }
}

static void
a_file_cut_at_any_byte_gives_its_whole_packets(void **state)
{
        size_t begins[SAMPLE_BLOCKS + 1], packets[SAMPLE_BLOCKS + 1];

        (void)state;
        for (int big = 0; big < 2; big++) {
                make_sample(big, begins, packets);
                for (size_t n = begins[2], block = 2; n < b.size; n++) {
                        while (begins[block + 1] <= n)
                                block++;
                        read_bytes(b.data, n, &out);
                        assert_int_equal(out.packets, packets[block]);
                        assert_int_equal(out.damages, n != begins[block]);
                        if (n != begins[block])
                                assert_damage(0, begins[block], packets[block], true, "the file ends inside");
                }
        }
}

/* Whoever makes files to annoy must not be able to make the search take more than some passes over the file. */
static void
a_search_through_what_looks_like_blocks_takes_no_time(void **state)
{
        enum { BYTES = 8 << 20 };
        uint8_t *file = calloc(1, BYTES);
        clock_t before = clock();

        (void)state;
        assert_non_null(file);
        for (int kind = 0; kind < 2; kind++) {
                start(false);
                put_interface(&b, 6, 0);
                put32(&b, 6);
                put32(&b, 1);
                memcpy(file, b.data, b.size);
                /* The beginnings of blocks, one in the other; lengths that lead far ahead. */
                for (size_t i = b.size; i + 8 <= BYTES; i += 8) {
                        const uint32_t words[2] = {kind == 0 ? 6 : 4, kind == 0 ? 1 << 20 : 12};
                        for (size_t j = 0; j < 8; j++)
                                file[i + j] = (uint8_t)(words[j / 4] >> (j % 4 * 8));
                }
                read_bytes(file, BYTES, &out);
                assert_true(out.damages > 0);
                assert_int_equal(out.packets, 0);
        }
        assert_true((clock() - before) / CLOCKS_PER_SEC < 60);
        free(file);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(times_have_any_resolution_and_offset),
                cmocka_unit_test(times_before_1970_and_after_2106_are_the_nearest_ones),
                cmocka_unit_test(interfaces_have_links_snaplens_and_clocks_of_their_own),
                cmocka_unit_test(sections_may_have_either_byte_order_and_number_their_interfaces_anew),
                cmocka_unit_test(a_section_without_interfaces_is_an_empty_capture),
                cmocka_unit_test(a_section_of_an_unknown_version_is_left_out),
                cmocka_unit_test(a_minor_version_that_nobody_defined_is_said_and_read),
                cmocka_unit_test(a_section_has_no_more_than_65536_interfaces),
                cmocka_unit_test(simple_packets_are_of_the_first_interface_and_have_the_time_before),
                cmocka_unit_test(obsolete_packet_blocks_are_read_with_their_drops),
                cmocka_unit_test(packets_tell_their_direction_and_comments),
                cmocka_unit_test(packets_to_other_machines_passed_by),
                cmocka_unit_test(comments_are_cleaned_and_cut_between_characters),
                cmocka_unit_test(packets_tell_the_names_of_their_interfaces),
                cmocka_unit_test(hosts_have_names),
                cmocka_unit_test(names_that_do_not_fit_are_left_out),
                cmocka_unit_test(packets_beyond_the_snaplen_are_read_whole),
                cmocka_unit_test(drops_are_those_of_the_latest_statistics_else_of_the_packets),
                cmocka_unit_test(texts_are_kept),
                cmocka_unit_test(long_texts_are_cut_between_characters),
                cmocka_unit_test(blocks_without_packets_are_passed_over_and_do_not_hide_the_damage),
                cmocka_unit_test(frames_are_numbered_as_wireshark_does),
                cmocka_unit_test(blocks_of_any_size_are_passed_over),
                cmocka_unit_test(what_stands_between_blocks_is_skipped),
                cmocka_unit_test(damaged_lengths_cost_one_packet),
                cmocka_unit_test(blocks_larger_than_the_file_hide_no_others),
                cmocka_unit_test(a_file_full_of_damage_is_read_in_time),
                cmocka_unit_test(captures_inside_of_packets_are_not_taken_for_blocks),
                cmocka_unit_test(packets_that_contradict_their_blocks_are_left_out),
                cmocka_unit_test(options_longer_than_their_block_are_said_and_cost_nothing_else),
                cmocka_unit_test(blocks_that_do_not_count_their_padding_are_read),
                cmocka_unit_test(damage_at_any_byte_leaves_the_packets_before_it),
                cmocka_unit_test(a_file_cut_at_any_byte_gives_its_whole_packets),
                cmocka_unit_test(a_search_through_what_looks_like_blocks_takes_no_time),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
