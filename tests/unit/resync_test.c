/* Damaged classic captures: what lies before the damage is all there, and what lies well behind it is found again. */
#define _GNU_SOURCE /* memfd_create */
#include "analyzer/capture/reader.h"

#include "tests/support/pcap_writer.h"

#include <pcap/dlt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

enum { COUNT = 12, PACKET = 90 };

static int memory;
static char path[64];

static int
make_memory(void **state)
{
        (void)state;
        memory = memfd_create("capture", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
        return memory < 0 ? -1 : 0;
}

static int
close_memory(void **state)
{
        (void)state;
        return close(memory);
}

static struct tv_reader *
open_bytes(const uint8_t *data, size_t size)
{
        char message[TV_READER_MESSAGE];
        struct tv_reader *reader;

        assert_int_equal(ftruncate(memory, 0), 0);
        assert_int_equal(pwrite(memory, data, size, 0), size);
        reader = tv_reader_open(path, 1, message);
        assert_non_null(reader);
        return reader;
}

static struct tv_packet
sample(size_t i, uint8_t bytes[PACKET])
{
        uint32_t n = 40 + (uint32_t)(i * 11 % 50);

        for (uint32_t j = 0; j < n; j++)
                bytes[j] = (uint8_t)(i * 31 + j * 7);
        return (struct tv_packet){
                .data = bytes, .captured = n, .length = n, .time = 1700000000 * SECOND + (tv_time)i * 1234000};
}

/* Which sample is it? COUNT: none. */
static size_t
which(const struct tv_packet *p)
{
        uint8_t bytes[PACKET];

        for (size_t i = 0; i < COUNT; i++) {
                struct tv_packet expected = sample(i, bytes);
                if (p->time == expected.time && p->captured == expected.captured && p->length == expected.length &&
                    memcmp(p->data, bytes, expected.captured) == 0)
                        return i;
        }
        return COUNT;
}

enum harm { FLIPPED, SET, ZEROED, INSERTED, CUT_OUT, HARMS };

/* Harms |*size| bytes at |at|. */
static void
harm(enum harm how, uint8_t *data, size_t *size, size_t at)
{
        static const uint8_t garbage[] = {0xa5, 0x5a, 0x17, 0xc3, 0x99, 0x42, 0xee};
        size_t left = *size - at, n;

        switch (how) {
        case FLIPPED:
                data[at] ^= 0x80;
                break;
        case SET:
                data[at] = 0xff;
                break;
        case ZEROED:
                memset(data + at, 0, left < 24 ? left : 24);
                break;
        case INSERTED:
                memmove(data + at + sizeof garbage, data + at, left);
                memcpy(data + at, garbage, sizeof garbage);
                *size += sizeof garbage;
                break;
        case CUT_OUT:
                n = left < 5 ? left : 5;
                memmove(data + at, data + at + n, left - n);
                *size -= n;
                break;
        case HARMS:
                break;
        }
}

static void
harm_anywhere_costs_no_packet_before_it_and_few_behind_it(void **state)
{
        (void)state;
        for (int big_endian = 0; big_endian < 2; big_endian++) {
                struct tv_pcap_options options = {
                        .link_type = DLT_EN10MB, .big_endian = big_endian, .snaplen = big_endian ? 65535 : 0};
                struct tv_pcap_buffer buffer;
                size_t offsets[COUNT + 1];
                uint8_t bytes[PACKET];

                tv_pcap_buffer_init(&buffer, &options);
                for (size_t i = 0; i < COUNT; i++) {
                        struct tv_packet p = sample(i, bytes);
                        offsets[i] = buffer.size;
                        tv_pcap_buffer_add(&buffer, &p);
                }
                offsets[COUNT] = buffer.size;
                for (int how = 0; how < HARMS; how++)
                        for (size_t at = offsets[0]; at < offsets[COUNT]; at++) {
                                uint8_t data[4096];
                                size_t size = buffer.size, harmed = 0, strange = 0;
                                bool seen[COUNT + 1] = {false};
                                struct tv_packet p;
                                enum tv_read status;

                                memcpy(data, buffer.data, size);
                                harm((enum harm)how, data, &size, at);
                                while (offsets[harmed + 1] <= at)
                                        harmed++;
                                struct tv_reader *reader = open_bytes(data, size);
                                while ((status = tv_reader_next(reader, &p)) != TV_READ_END) {
                                        if (status == TV_READ_DAMAGED) {
                                                assert_true(tv_reader_damage(reader)->offset + 120 >= at);
                                                continue;
                                        }
                                        size_t i = which(&p);
                                        strange += i == COUNT;
                                        assert_false(i < COUNT && seen[i]);
                                        seen[i] = true;
                                }
                                tv_reader_close(reader);
                                for (size_t i = 0; i < COUNT; i++)
                                        if (!seen[i] && (i < harmed || i > harmed + 2))
                                                fail_msg("harm %d at %zu (record %zu): packet %zu is missing", how, at,
                                                         harmed, i);
                                /* Some change the end of one packet and the time of the next. */
                                if (strange > (how == ZEROED || how == CUT_OUT ? 2 : 1))
                                        fail_msg("harm %d at %zu: %zu packets that nobody wrote", how, at, strange);
                        }
                tv_pcap_buffer_clear(&buffer);
        }
}

static void
what_was_skipped_is_told(void **state)
{
        struct tv_pcap_options options = {.link_type = DLT_EN10MB};
        struct tv_pcap_buffer buffer;
        uint8_t bytes[PACKET], data[4096];
        size_t middle = 0;
        char text[64];

        (void)state;
        tv_pcap_buffer_init(&buffer, &options);
        for (size_t i = 0; i < COUNT; i++) {
                struct tv_packet p = sample(i, bytes);
                if (i == COUNT / 2)
                        middle = buffer.size;
                tv_pcap_buffer_add(&buffer, &p);
        }
        memcpy(data, buffer.data, middle);
        memset(data + middle, 0xee, 1001);
        memcpy(data + middle + 1001, buffer.data + middle, buffer.size - middle);

        struct tv_reader *reader = open_bytes(data, buffer.size + 1001);
        struct tv_packet p;
        for (size_t i = 0; i < COUNT; i++) {
                if (i == COUNT / 2) {
                        assert_int_equal(tv_reader_next(reader, &p), TV_READ_DAMAGED);
                        const struct tv_damage *damage = tv_reader_damage(reader);
                        assert_int_equal(damage->offset, middle);
                        assert_int_equal(damage->frame, COUNT / 2);
                        assert_false(damage->cut);
                        snprintf(text, sizeof text, "1001 bytes skipped, reading goes on at byte %zu", middle + 1001);
                        assert_non_null(strstr(damage->what, text));
                }
                assert_int_equal(tv_reader_next(reader, &p), TV_READ_PACKET);
                assert_int_equal(which(&p), i);
                assert_int_equal(p.frame, tv_frame_make(1, i + 1));
        }
        assert_int_equal(tv_reader_next(reader, &p), TV_READ_END);
        tv_reader_close(reader);

        /* Nothing behind the garbage. */
        reader = open_bytes(data, middle + 1001);
        for (size_t i = 0; i < COUNT / 2; i++)
                assert_int_equal(tv_reader_next(reader, &p), TV_READ_PACKET);
        assert_int_equal(tv_reader_next(reader, &p), TV_READ_DAMAGED);
        assert_non_null(strstr(tv_reader_damage(reader)->what, "the last 1001 bytes are given up"));
        assert_int_equal(tv_reader_next(reader, &p), TV_READ_END);
        tv_reader_close(reader);
        tv_pcap_buffer_clear(&buffer);
}

static void
put32(uint8_t *p, uint32_t value)
{
        memcpy(p, &value, sizeof value);
}

/* Packets that carry a capture: nothing in it is a packet, wherever the file ends or is harmed behind one of them. */
static void
records_in_the_data_of_packets_are_not_read(void **state)
{
        enum { INNER = 8, CARRIERS = 4 };
        struct tv_pcap_options options = {.link_type = DLT_EN10MB};
        struct tv_pcap_buffer inner, outer;
        uint8_t bytes[PACKET], copy[8192];
        size_t ends[CARRIERS + 1];

        (void)state;
        tv_pcap_buffer_init(&inner, &options);
        for (size_t i = 0; i < INNER; i++) {
                struct tv_packet p = sample(i, bytes);
                tv_pcap_buffer_add(&inner, &p);
        }
        tv_pcap_buffer_init(&outer, &options);
        ends[0] = outer.size;
        for (size_t i = 0; i < CARRIERS; i++) {
                /* The last record in it goes on in the next packet, as in a stream. */
                struct tv_packet p = sample(i, bytes);
                p.data = inner.data;
                p.captured = p.length = (uint32_t)inner.size - 7;
                tv_pcap_buffer_add(&outer, &p);
                ends[i + 1] = outer.size;
        }
        assert_false(inner.failed || outer.failed);
        assert_true(outer.size <= sizeof copy);

        for (size_t size = ends[0] + 1; size < outer.size; size++) {
                struct tv_reader *reader = open_bytes(outer.data, size);
                struct tv_packet p;
                enum tv_read status;
                size_t packets = 0, damages = 0, whole = 0;
                while (ends[whole + 1] <= size)
                        whole++;
                while ((status = tv_reader_next(reader, &p)) != TV_READ_END) {
                        packets += status == TV_READ_PACKET;
                        damages += status == TV_READ_DAMAGED;
                        assert_true(status != TV_READ_DAMAGED || tv_reader_damage(reader)->cut);
                }
                tv_reader_close(reader);
                assert_int_equal(packets, whole);
                assert_int_equal(damages, size > ends[whole]);
        }

        /* Rubbish between two: what is before and what is behind, and nothing else. */
        memcpy(copy, outer.data, ends[1]);
        memset(copy + ends[1], 0xa5, 21);
        memcpy(copy + ends[1] + 21, outer.data + ends[1], outer.size - ends[1]);
        struct tv_reader *reader = open_bytes(copy, outer.size + 21);
        struct tv_packet p;
        enum tv_read status;
        size_t packets = 0;
        while ((status = tv_reader_next(reader, &p)) != TV_READ_END) {
                if (status != TV_READ_PACKET)
                        continue;
                assert_int_equal(p.captured, inner.size - 7);
                packets++;
        }
        assert_int_equal(packets, CARRIERS);
        tv_reader_close(reader);
        tv_pcap_buffer_clear(&inner);
        tv_pcap_buffer_clear(&outer);
}

static void
near_misses_do_not_make_the_search_slow(void **state)
{
        enum { SIZE = 50 * 1024 * 1024 };
        uint8_t *data = malloc(SIZE);
        struct timespec begin, end;
        struct tv_packet p;
        uint64_t damages = 0;
        enum tv_read status;

        (void)state;
        assert_non_null(data);
        /* Headers that point to one that fits and to one that does not, at every 16 octets. */
        for (size_t i = 0; i < SIZE; i += 16) {
                put32(data + i, 1700000000);
                put32(data + i + 4, i / 16 % 3 == 2 ? 0xffffffff : 5);
                put32(data + i + 8, 240000);
                put32(data + i + 12, 240000);
        }
        static const uint32_t header[] = {0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1};
        memcpy(data, header, sizeof header);
        struct tv_reader *reader = open_bytes(data, SIZE);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
        while ((status = tv_reader_next(reader, &p)) != TV_READ_END)
                damages += status == TV_READ_DAMAGED;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
        tv_reader_close(reader);
        free(data);
        assert_true(damages > 0);
        /* Some seconds with sanitizers; a quadratic search would take hours. */
        assert_true(end.tv_sec - begin.tv_sec < 100);
}

/* A file of |n| records with |extra| octets behind each of their headers. */
static size_t
write_variant(uint8_t *data, uint32_t magic, uint32_t version, uint32_t link_type, size_t file_extra,
              const uint8_t *extra, size_t extra_bytes, bool swapped, size_t n)
{
        const uint32_t header[] = {magic, version, 0, 0, 65535, link_type};
        uint8_t bytes[PACKET];
        size_t size = sizeof header;

        memcpy(data, header, sizeof header);
        memset(data + size, 0x11, file_extra);
        size += file_extra;
        for (size_t i = 0; i < n; i++) {
                struct tv_packet p = sample(i, bytes);
                put32(data + size, 1700000000);
                put32(data + size + 4, (uint32_t)(i * 1234));
                put32(data + size + (swapped ? 12 : 8), p.captured);
                put32(data + size + (swapped ? 8 : 12), p.captured + 100);
                size += 16;
                memcpy(data + size, extra, extra_bytes);
                size += extra_bytes;
                memcpy(data + size, bytes, p.captured);
                size += p.captured;
        }
        return size;
}

static void
variants_are_told_apart(void **state)
{
        static const uint8_t linux_fields[] = {2, 0, 0, 0, 0, 8, 4, 0, 0, 0, 0, 0}, nokia[] = {1, 0xb6, 0xbf, 0x9f};
        static const struct {
                uint32_t magic, version, link_type;
                size_t file_extra, extra_bytes;
                const uint8_t *extra;
                bool swapped;
                tv_time unit;
                const char *format;
        } cases[] = {
                {0xa1b2c3d4, 0x00040002, 1, 0, 0, linux_fields, false, 1000, "pcap, microseconds, little-endian"},
                {0xa1b2c3d4, 0x00000002, 1, 0, 0, linux_fields, true, 1000, "pcap, microseconds, little-endian"},
                {0xa1b2c3d4, 0x00020002, 1, 0, 0, linux_fields, true, 1000, "pcap, microseconds, little-endian"},
                {0xa1b2c3d4, 0x00030002, 1, 0, 0, linux_fields, true, 1000, "pcap, microseconds, little-endian"},
                {0xa1b2c3d4, 0x00030002, 1, 0, 0, linux_fields, false, 1000, "pcap, microseconds, little-endian"},
                {0xa1b2c3d4, 0x00050002, 1, 0, 0, linux_fields, false, 1000, "pcap, microseconds, little-endian"},
                {0xa1b2c3d4, 0x0000021f, 1, 0, 0, linux_fields, true, 1000, "pcap, microseconds, little-endian"},
                {0xa1b2c3d4, 0x00020002, 6, 0, 0, linux_fields, true, 1, "pcap (AIX's), nanoseconds, little-endian"},
                {0xa1b2c3d4, 0x00040002, 1, 0, 8, linux_fields, false, 1000,
                 "pcap (modified), microseconds, little-endian"},
                {0xa1b2cd34, 0x00040002, 1, 0, 8, linux_fields, false, 1000,
                 "pcap (Kuznetzov's), microseconds, little-endian"},
                {0xa1b2cd34, 0x00040002, 1, 0, 12, linux_fields, false, 1000,
                 "pcap (modified), microseconds, little-endian"},
                {0xa1b2c3d4, 0x00040002, 1, 0, 4, nokia, false, 1000, "pcap (Nokia's), microseconds, little-endian"},
                {0x1c0001ac, 0x00040002, 1, 4, 0, linux_fields, false, 1, "pcap (Ixia's), nanoseconds, little-endian"},
                {0x1c0001ab, 0x00040002, 1, 4, 0, linux_fields, false, 1000,
                 "pcap (Ixia's), microseconds, little-endian"},
        };

        (void)state;
        for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
                for (size_t n = 0; n < 5; n++) {
                        uint8_t data[4096], bytes[PACKET];
                        size_t size = write_variant(data, cases[c].magic, cases[c].version, cases[c].link_type,
                                                    cases[c].file_extra, cases[c].extra, cases[c].extra_bytes,
                                                    cases[c].swapped, n);
                        struct tv_reader *reader = open_bytes(data, size);
                        struct tv_packet p;

                        if (n > 0)
                                assert_string_equal(tv_reader_info(reader)->format, cases[c].format);
                        assert_int_equal(tv_reader_info(reader)->link_type, DLT_EN10MB);
                        for (size_t i = 0; i < n; i++) {
                                struct tv_packet expected = sample(i, bytes);
                                assert_int_equal(tv_reader_next(reader, &p), TV_READ_PACKET);
                                assert_int_equal(p.captured, expected.captured);
                                assert_int_equal(p.length, expected.captured + 100);
                                assert_memory_equal(p.data, bytes, p.captured);
                                assert_int_equal(p.time, 1700000000 * SECOND + (tv_time)i * 1234 * cases[c].unit);
                        }
                        assert_int_equal(tv_reader_next(reader, &p), TV_READ_END);
                        tv_reader_close(reader);
                }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(harm_anywhere_costs_no_packet_before_it_and_few_behind_it),
                cmocka_unit_test(what_was_skipped_is_told),
                cmocka_unit_test(records_in_the_data_of_packets_are_not_read),
                cmocka_unit_test(near_misses_do_not_make_the_search_slow),
                cmocka_unit_test(variants_are_told_apart),
        };
        return cmocka_run_group_tests(tests, make_memory, close_memory);
}
