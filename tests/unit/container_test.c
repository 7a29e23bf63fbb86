/* Captures inside compressed files and archives, made here by libarchive. */
#define _GNU_SOURCE /* memfd_create */
#include "analyzer/capture/container.h"
#include "analyzer/capture/reader.h"

#include "tests/support/pcap_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <pcap/dlt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { COUNT = 40, ROOM = 1 << 20 };

static int memory;
static char path[64];
static struct tv_pcap_buffer capture;

static struct tv_packet
sample(size_t i, uint8_t bytes[100])
{
        for (size_t j = 0; j < 100; j++)
                bytes[j] = (uint8_t)(i * 37 + j * j);
        return (struct tv_packet){.data = bytes,
                                  .captured = 50 + (uint32_t)i,
                                  .length = 50 + (uint32_t)i,
                                  .time = INT64_C(1700000000000000000) + (tv_time)i * 1000000};
}

static int
make_capture(void **state)
{
        struct tv_pcap_options options = {.link_type = DLT_EN10MB};
        uint8_t bytes[100];

        (void)state;
        memory = memfd_create("capture", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
        tv_pcap_buffer_init(&capture, &options);
        for (size_t i = 0; i < COUNT; i++) {
                struct tv_packet p = sample(i, bytes);
                tv_pcap_buffer_add(&capture, &p);
        }
        return memory < 0 || capture.failed ? -1 : 0;
}

static int
free_capture(void **state)
{
        (void)state;
        tv_pcap_buffer_clear(&capture);
        return close(memory);
}

static void
save(const void *data, size_t size)
{
        assert_int_equal(ftruncate(memory, 0), 0);
        assert_int_equal(pwrite(memory, data, size, 0), size);
}

struct member {
        const char *name;
        const void *data;
        size_t size;
};

static const char *const compressions[] = {"gzip", "xz", "lzma", "zstd", "bzip2", "lz4", "compress"};

/* Packs |count| members; |format| "raw" has one without a name.  Returns the size. */
static size_t
pack(uint8_t *out, const char *filter, const char *format, const struct member *members, size_t count)
{
        struct archive *a = archive_write_new();
        size_t used = 0;

        assert_int_equal(archive_write_set_format_by_name(a, format), ARCHIVE_OK);
        if (filter)
                assert_int_equal(archive_write_add_filter_by_name(a, filter), ARCHIVE_OK);
        archive_write_set_bytes_per_block(a, 0);
        assert_int_equal(archive_write_open_memory(a, out, ROOM, &used), ARCHIVE_OK);
        for (size_t i = 0; i < count; i++) {
                struct archive_entry *e = archive_entry_new();
                archive_entry_set_pathname(e, members[i].name);
                archive_entry_set_filetype(e, members[i].data ? AE_IFREG : AE_IFDIR);
                archive_entry_set_perm(e, 0644);
                archive_entry_set_size(e, (la_int64_t)members[i].size);
                assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
                if (members[i].data)
                        assert_int_equal(archive_write_data(a, members[i].data, members[i].size), members[i].size);
                archive_entry_free(e);
        }
        assert_int_equal(archive_write_close(a), ARCHIVE_OK);
        archive_write_free(a);
        return used;
}

static size_t
compress(uint8_t *out, const char *filter, const void *data, size_t size)
{
        struct member member = {"data", data, size};

        return pack(out, filter, "raw", &member, 1);
}

/* Reads all; the packets must be the first ones of the capture.  Returns how many. */
static size_t
read_packets(struct tv_reader *reader, size_t *damages)
{
        struct tv_packet p;
        enum tv_read status;
        uint8_t bytes[100];
        size_t n = 0;

        *damages = 0;
        while ((status = tv_reader_next(reader, &p)) != TV_READ_END) {
                if (status == TV_READ_DAMAGED) {
                        assert_true(strlen(tv_reader_damage(reader)->what) > 0);
                        ++*damages;
                        continue;
                }
                struct tv_packet expected = sample(n++, bytes);
                assert_int_equal(p.captured, expected.captured);
                assert_int_equal(p.time, expected.time);
                assert_memory_equal(p.data, bytes, p.captured);
        }
        return n;
}

static size_t
read_saved(size_t *damages)
{
        char message[TV_READER_MESSAGE] = "";
        struct tv_reader *reader = tv_reader_open(path, 1, message);
        size_t n;

        *damages = 0;
        if (!reader) {
                assert_true(strlen(message) > 0);
                return 0;
        }
        n = read_packets(reader, damages);
        tv_reader_close(reader);
        return n;
}

static uint8_t packed[ROOM], again[ROOM];

static void
every_compression_is_undone_twice_over_too(void **state)
{
        const size_t kinds = sizeof compressions / sizeof *compressions;
        size_t damages;

        (void)state;
        for (size_t i = 0; i < kinds; i++) {
                size_t size = compress(packed, compressions[i], capture.data, capture.size);
                save(packed, size);
                assert_int_equal(read_saved(&damages), COUNT);
                assert_int_equal(damages, 0);
                for (size_t j = 0; j < kinds; j++) {
                        save(again, compress(again, compressions[j], packed, size));
                        assert_int_equal(read_saved(&damages), COUNT);
                        assert_int_equal(damages, 0);
                }
        }
}

static void
members_of_a_compressed_file_follow_each_other(void **state)
{
        static const char *const joined[] = {"gzip", "xz", "zstd", "bzip2", "lz4"};
        size_t damages;

        (void)state;
        for (size_t i = 0; i < sizeof joined / sizeof *joined; i++) {
                size_t size = compress(packed, joined[i], capture.data, 1234);
                size += compress(again, joined[i], capture.data + 1234, capture.size - 1234);
                size_t second = size;
                size = compress(packed, joined[i], capture.data, 1234);
                memcpy(packed + size, again, second - size);
                save(packed, second);
                assert_int_equal(read_saved(&damages), COUNT);
                assert_int_equal(damages, 0);
        }
}

static void
a_gzip_file_cut_anywhere_gives_what_came_before(void **state)
{
        size_t size = compress(packed, "gzip", capture.data, capture.size), damages, before = 0;

        (void)state;
        for (size_t n = 1; n < size; n++) {
                save(packed, n);
                size_t packets = read_saved(&damages);
                assert_true(packets >= before);
                before = packets;
                if (packets > 0)
                        assert_int_equal(damages, 1);
        }
        assert_int_equal(before, COUNT); /* only the checksum is missing */
}

static void
harm_to_compressed_data_is_noticed_or_harmless(void **state)
{
        static const char *const checked[] = {"gzip", "xz", "bzip2"};
        char message[TV_READER_MESSAGE];

        (void)state;
        for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
                size_t size = compress(packed, checked[i], capture.data, capture.size);
                /* Behind gzip's header, whose time and system may be anything. */
                for (size_t at = 10; at < size; at++) {
                        struct tv_packet p;
                        size_t damages = 0, packets = 0;
                        enum tv_read status;

                        packed[at] ^= 0x10;
                        save(packed, size);
                        struct tv_reader *reader = tv_reader_open(path, 1, message);
                        while (reader && (status = tv_reader_next(reader, &p)) != TV_READ_END) {
                                uint8_t bytes[100];
                                struct tv_packet expected = sample(packets, bytes);
                                damages += status == TV_READ_DAMAGED;
                                packets += status == TV_READ_PACKET && p.captured == expected.captured &&
                                           memcmp(p.data, bytes, p.captured) == 0;
                        }
                        tv_reader_close(reader);
                        /* The last bits of deflate's last octet mean nothing. */
                        if (reader && damages == 0 && packets != COUNT)
                                fail_msg("%s: a bit changed at %zu, and nobody noticed", checked[i], at);
                        packed[at] ^= 0x10;
                }
        }
}

static void
what_follows_compressed_data_is_told(void **state)
{
        static const char *const tolerant[] = {"bzip2", "lzma", "lz4", "gzip"};

        (void)state;
        for (size_t i = 0; i < sizeof tolerant / sizeof *tolerant; i++)
                for (size_t tail = 0; tail < 600; tail += 1 + tail / 3)
                        for (int zeros = 0; zeros < 2; zeros++) {
                                size_t size = compress(packed, tolerant[i], capture.data, capture.size), damages;
                                memset(packed + size, zeros ? 0 : 'x', tail);
                                save(packed, size + tail);
                                assert_int_equal(read_saved(&damages), COUNT);
                                if (damages != (tail > 0 && !zeros))
                                        fail_msg("%s, %zu %s: %zu damages", tolerant[i], tail, zeros ? "zeros" : "x",
                                                 damages);
                        }
}

static void
what_is_no_capture_says_what_it_is(void **state)
{
        char message[TV_READER_MESSAGE], expected[TV_READER_MESSAGE];
        static const char text[] = "hello, this is no capture, whatever else it may be\n";

        (void)state;
        for (size_t i = 0; i < sizeof compressions / sizeof *compressions; i++) {
                save(packed, compress(packed, compressions[i], text, sizeof text));
                assert_null(tv_reader_open(path, 1, message));
                snprintf(expected, sizeof expected, "is compressed by %s", compressions[i]);
                assert_int_equal(strncmp(message, expected, strlen(expected)), 0);
        }
        struct member member = {"README", text, sizeof text};
        save(packed, pack(packed, NULL, "ustar", &member, 1));
        assert_null(tv_reader_open(path, 1, message));
        assert_non_null(strstr(message, "README"));
        /* An archive without members is zeros, and so is much else. */
        save(packed, pack(packed, NULL, "ustar", NULL, 0));
        assert_null(tv_reader_open(path, 1, message));
        assert_string_equal(message, "is not a capture");
        memset(packed, 0, 512);
        save(packed, 512);
        assert_null(tv_reader_open(path, 1, message));
        assert_string_equal(message, "is not a capture");
        for (size_t i = 0; i < sizeof compressions / sizeof *compressions; i++) {
                size_t size = compress(again, compressions[i], memset(packed, 0, 512), 512);
                save(again, size);
                assert_null(tv_reader_open(path, 1, message));
                if (!strstr(message, "holds no capture") && !strstr(message, "is an archive without captures"))
                        fail_msg("%s: %s", compressions[i], message);
        }
}

static void
members_come_in_stored_order_with_their_names(void **state)
{
        static const char text[] = "notes";
        char message[TV_READER_MESSAGE];
        const char *names;
        size_t damages;

        (void)state;
        for (int zip = 0; zip < 2; zip++)
                for (int outer = 0; outer < 2; outer++) {
                        size_t gz = compress(again, "gzip", capture.data, capture.size);
                        struct member inner_members[] = {{"in\x1b[1m.pcap", capture.data, capture.size}};
                        size_t inner = pack(again + gz, "xz", "zip", inner_members, 1);
                        struct member members[] = {{"dir/", NULL, 0},
                                                   {"dir/b.pcap", capture.data, capture.size},
                                                   {"notes.txt", text, sizeof text},
                                                   {"a.pcap.gz", again, gz},
                                                   {"in.zip.xz", again + gz, inner}};
                        size_t size = pack(packed, outer && !zip ? "bzip2" : NULL, zip ? "zip" : "ustar", members, 5);
                        static const char *const expected[] = {"dir/b.pcap", "a.pcap.gz", "in.zip.xz/in?[1m.pcap"};

                        save(packed, size);
                        struct tv_container *c = tv_container_open(path, message);
                        assert_non_null(c);
                        for (size_t i = 0; i < 3; i++) {
                                assert_int_equal(tv_container_next(c, message), TV_MEMBER_CAPTURE);
                                assert_true(tv_container_is_archive(c));
                                assert_string_equal(tv_container_name(c), expected[i]);
                                assert_int_equal(tv_container_captures(c), i + 1);
                                struct tv_reader *reader = tv_reader_open_member(c, 1, message);
                                assert_non_null(reader);
                                /* The second one is left before its end. */
                                if (i != 1)
                                        assert_int_equal(read_packets(reader, &damages), COUNT);
                                tv_reader_close(reader);
                        }
                        assert_int_equal(tv_container_next(c, message), TV_MEMBER_END);
                        assert_int_equal(tv_container_next(c, message), TV_MEMBER_END);
                        assert_int_equal(tv_container_strangers(c, &names), 1);
                        assert_string_equal(names, "notes.txt");
                        tv_container_close(c);
                }
}

static void
no_harm_to_an_archive_breaks_more_than_the_reading(void **state)
{
        char message[TV_READER_MESSAGE];

        (void)state;
        for (int zip = 0; zip < 2; zip++) {
                struct member members[] = {{"a.pcap", capture.data, 300}, {"b.pcap", capture.data, 500}};
                size_t size = pack(packed, zip ? NULL : "gzip", zip ? "zip" : "ustar", members, 2);
                for (size_t at = 0; at < size; at++)
                        for (int how = 0; how < 3; how++) {
                                memcpy(again, packed, size);
                                again[at] = how == 0 ? 0xff : how == 1 ? (uint8_t)(again[at] ^ 1) : again[at];
                                save(again, how == 2 ? at + 1 : size);
                                struct tv_container *c = tv_container_open(path, message);
                                enum tv_member found;
                                size_t steps = 0;
                                while (c && (found = tv_container_next(c, message)) != TV_MEMBER_END) {
                                        assert_true(++steps < 10);
                                        struct tv_reader *reader = found == TV_MEMBER_CAPTURE
                                                                           ? tv_reader_open_member(c, 1, message)
                                                                           : NULL;
                                        struct tv_packet p;
                                        while (reader && tv_reader_next(reader, &p) != TV_READ_END)
                                                continue;
                                        tv_reader_close(reader);
                                }
                                tv_container_close(c);
                        }
        }
}

/* Few bytes of an archive can be any number of zeros: those of a member end somewhere, and the next one is read. */
static void
holes_of_sparse_members_are_zeros_up_to_a_limit(void **state)
{
        enum { SMALL = 1 << 20, LARGE = 80 << 20 };
        static const size_t holes[] = {SMALL, LARGE};
        char message[TV_READER_MESSAGE];
        uint8_t *data = calloc(1, capture.size + LARGE + 24);
        size_t damages;

        (void)state;
        assert_non_null(data);
        for (size_t i = 0; i < 2; i++) {
                const size_t size = capture.size + holes[i] + 24;
                struct archive *a = archive_write_new();
                size_t used = 0;

                memset(data, 0, size);
                memcpy(data, capture.data, capture.size);
                memset(data + size - 24, 0xff, 24);
                assert_int_equal(archive_write_set_format_pax(a), ARCHIVE_OK);
                archive_write_set_bytes_per_block(a, 0);
                assert_int_equal(archive_write_open_memory(a, packed, ROOM, &used), ARCHIVE_OK);
                for (int member = 0; member < 2; member++) {
                        struct archive_entry *e = archive_entry_new();
                        const size_t bytes = member == 0 ? size : capture.size;
                        archive_entry_set_pathname(e, member == 0 ? "sparse.pcap" : "whole.pcap");
                        archive_entry_set_filetype(e, AE_IFREG);
                        archive_entry_set_size(e, (la_int64_t)bytes);
                        if (member == 0) {
                                archive_entry_sparse_add_entry(e, 0, (la_int64_t)capture.size);
                                archive_entry_sparse_add_entry(e, (la_int64_t)size - 24, 24);
                        }
                        assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
                        assert_int_equal(archive_write_data(a, data, bytes), bytes);
                        archive_entry_free(e);
                }
                assert_int_equal(archive_write_close(a), ARCHIVE_OK);
                archive_write_free(a);
                assert_true(used < 2 * capture.size + 8192);
                save(packed, used);

                struct tv_container *c = tv_container_open(path, message);
                assert_non_null(c);
                assert_int_equal(tv_container_next(c, message), TV_MEMBER_CAPTURE);
                struct tv_reader *reader = tv_reader_open_member(c, 1, message);
                assert_non_null(reader);
                assert_int_equal(read_packets(reader, &damages), COUNT);
                assert_int_equal(damages, 1 + i);
                assert_int_equal(strstr(tv_reader_damage(reader)->what, "sparse") != NULL, i);
                tv_reader_close(reader);
                assert_int_equal(tv_container_next(c, message), TV_MEMBER_CAPTURE);
                assert_string_equal(tv_container_name(c), "whole.pcap");
                reader = tv_reader_open_member(c, 1, message);
                assert_int_equal(read_packets(reader, &damages), COUNT);
                assert_int_equal(damages, 0);
                tv_reader_close(reader);
                assert_int_equal(tv_container_next(c, message), TV_MEMBER_END);
                tv_container_close(c);
        }
        free(data);
}

static void
what_is_packed_too_deep_is_not_unpacked(void **state)
{
        size_t size = capture.size, damages;

        (void)state;
        memcpy(packed, capture.data, size);
        for (size_t i = 1; i <= TV_CONTAINER_DEPTH + 1; i++) {
                size = compress(again, "gzip", packed, size);
                memcpy(packed, again, size);
                save(packed, size);
                assert_int_equal(read_saved(&damages), i <= TV_CONTAINER_DEPTH ? COUNT : 0);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_compression_is_undone_twice_over_too),
                cmocka_unit_test(members_of_a_compressed_file_follow_each_other),
                cmocka_unit_test(a_gzip_file_cut_anywhere_gives_what_came_before),
                cmocka_unit_test(harm_to_compressed_data_is_noticed_or_harmless),
                cmocka_unit_test(what_follows_compressed_data_is_told),
                cmocka_unit_test(what_is_no_capture_says_what_it_is),
                cmocka_unit_test(members_come_in_stored_order_with_their_names),
                cmocka_unit_test(no_harm_to_an_archive_breaks_more_than_the_reading),
                cmocka_unit_test(holes_of_sparse_members_are_zeros_up_to_a_limit),
                cmocka_unit_test(what_is_packed_too_deep_is_not_unpacked),
        };
        return cmocka_run_group_tests(tests, make_capture, free_capture);
}
