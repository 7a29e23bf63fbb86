#include "analyzer/capture/reader.h"

#include "tests/support/blocks.h"
#include "tests/support/pcap_writer.h"

#include <fcntl.h>
#include <pcap/dlt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static char folder[] = "/tmp/reader_test_XXXXXX";
static char path[64];

static int
make_folder(void **state)
{
        (void)state;
        if (!mkdtemp(folder))
                return -1;
        snprintf(path, sizeof path, "%s/file", folder);
        return 0;
}

static int
remove_folder(void **state)
{
        (void)state;
        unlink(path);
        return rmdir(folder);
}

static void
save(const void *bytes, size_t n)
{
        FILE *f = fopen(path, "wb");

        assert_non_null(f);
        assert_int_equal(fwrite(bytes, 1, n, f), n);
        assert_int_equal(fclose(f), 0);
}

enum way { FROM_FILE, FROM_PIPE, WAYS };

/* Bytes as an input that cannot seek: a child writes them into a pipe, which is opened by its number. */
static struct tv_reader *
open_pipe(const void *bytes, size_t n, char message[TV_READER_MESSAGE])
{
        struct tv_reader *reader;
        char name[32];
        int ends[2];
        pid_t child;

        assert_int_equal(pipe(ends), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                const char *p = bytes;
                close(ends[0]);
                while (n > 0) {
                        ssize_t written = write(ends[1], p, n);
                        if (written <= 0)
                                break;
                        p += written;
                        n -= (size_t)written;
                }
                _exit(0);
        }
        close(ends[1]);
        snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
        reader = tv_reader_open(name, 3, message);
        close(ends[0]);
        return reader;
}

static struct tv_reader *
open_bytes(enum way way, const void *bytes, size_t n, char message[TV_READER_MESSAGE])
{
        if (way == FROM_PIPE)
                return open_pipe(bytes, n, message);
        save(bytes, n);
        return tv_reader_open(path, 3, message);
}

static void
close_reader(struct tv_reader *reader)
{
        tv_reader_close(reader);
        while (waitpid(-1, NULL, 0) > 0)
                ;
}

/* Packet |i| of the test's captures: sizes and times differ, every third is cut by the snaplen. */
static struct tv_packet
sample(size_t i, uint8_t bytes[200])
{
        uint32_t n = 20 + (uint32_t)(i * 7 % 100);

        for (uint32_t j = 0; j < n; j++)
                bytes[j] = (uint8_t)(i + j * 3);
        return (struct tv_packet){.data = bytes,
                                  .captured = n,
                                  .length = i % 3 == 0 ? n + 1000 : n,
                                  .time = 1700000000 * SECOND + (tv_time)i * 1234567};
}

static void
assert_is_sample(const struct tv_packet *p, size_t i, bool nanoseconds, int link_type)
{
        uint8_t bytes[200];
        struct tv_packet expected = sample(i, bytes);

        assert_int_equal(p->captured, expected.captured);
        assert_int_equal(p->length, expected.length);
        assert_memory_equal(p->data, bytes, expected.captured);
        assert_int_equal(p->time, nanoseconds ? expected.time : expected.time / 1000 * 1000);
        assert_int_equal(p->frame, tv_frame_make(3, i + 1));
        assert_int_equal(p->link_type, link_type);
}

/* A capture of |n| samples; offsets[i] is where record i begins. */
static struct tv_pcap_buffer
capture(const struct tv_pcap_options *options, size_t n, size_t offsets[])
{
        struct tv_pcap_buffer buffer;
        uint8_t bytes[200];

        tv_pcap_buffer_init(&buffer, options);
        for (size_t i = 0; i < n; i++) {
                struct tv_packet p = sample(i, bytes);
                offsets[i] = buffer.size;
                tv_pcap_buffer_add(&buffer, &p);
        }
        offsets[n] = buffer.size;
        assert_false(buffer.failed);
        return buffer;
}

static void
every_variant_gives_the_packets_that_were_written(void **state)
{
        static const int links[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_NULL, DLT_LOOP, DLT_RAW, DLT_IPV4};
        enum { COUNT = 10 };

        (void)state;
        for (unsigned variant = 0; variant < 8; variant++)
                for (int way = 0; way < WAYS; way++)
                        for (size_t l = 0; l < sizeof links / sizeof *links; l++) {
                                struct tv_pcap_options options = {.pcapng = variant & 1,
                                                                  .nanoseconds = (variant & 2) != 0,
                                                                  .big_endian = (variant & 4) != 0,
                                                                  .link_type = links[l]};
                                size_t offsets[COUNT + 1];
                                struct tv_pcap_buffer buffer = capture(&options, COUNT, offsets);
                                char message[TV_READER_MESSAGE], format[64];
                                struct tv_packet p;
                                struct tv_reader *reader = open_bytes((enum way)way, buffer.data, buffer.size, message);

                                assert_non_null(reader);
                                assert_int_equal(tv_reader_info(reader)->link_type, links[l]);
                                snprintf(format, sizeof format, "%s%s, %s-endian", options.pcapng ? "pcapng" : "pcap",
                                         options.pcapng        ? ""
                                         : options.nanoseconds ? ", nanoseconds"
                                                               : ", microseconds",
                                         options.big_endian ? "big" : "little");
                                assert_string_equal(tv_reader_info(reader)->format, format);
                                assert_int_equal(tv_reader_size(reader), way == FROM_FILE ? buffer.size : 0);
                                assert_true(tv_reader_info(reader)->drops == UINT64_MAX);
                                for (size_t i = 0; i < COUNT; i++) {
                                        assert_int_equal(tv_reader_next(reader, &p), TV_READ_PACKET);
                                        assert_is_sample(&p, i, options.nanoseconds, links[l]);
                                }
                                assert_int_equal(tv_reader_next(reader, &p), TV_READ_END);
                                assert_int_equal(tv_reader_next(reader, &p), TV_READ_END);
                                assert_int_equal(tv_reader_position(reader), buffer.size);
                                close_reader(reader);
                                tv_pcap_buffer_clear(&buffer);
                        }
}

static void
a_capture_without_packets_just_ends(void **state)
{
        (void)state;
        for (int pcapng = 0; pcapng < 2; pcapng++) {
                struct tv_pcap_options options = {.pcapng = pcapng, .link_type = DLT_EN10MB};
                size_t offsets[1];
                struct tv_pcap_buffer buffer = capture(&options, 0, offsets);
                char message[TV_READER_MESSAGE];
                struct tv_packet p;
                struct tv_reader *reader = open_bytes(FROM_FILE, buffer.data, buffer.size, message);

                assert_non_null(reader);
                assert_int_equal(tv_reader_next(reader, &p), TV_READ_END);
                close_reader(reader);
                tv_pcap_buffer_clear(&buffer);
        }
}

static void
standard_input_is_called_dash(void **state)
{
        struct tv_pcap_options options = {.link_type = DLT_EN10MB};
        size_t offsets[3];
        struct tv_pcap_buffer buffer = capture(&options, 2, offsets);
        char message[TV_READER_MESSAGE];
        struct tv_packet p;
        int kept = dup(STDIN_FILENO), ends[2];

        (void)state;
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], buffer.data, buffer.size), buffer.size);
        close(ends[1]);
        assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
        close(ends[0]);
        struct tv_reader *reader = tv_reader_open("-", 3, message);
        assert_non_null(reader);
        assert_int_equal(tv_reader_next(reader, &p), TV_READ_PACKET);
        assert_is_sample(&p, 0, false, DLT_EN10MB);
        assert_int_equal(tv_reader_next(reader, &p), TV_READ_PACKET);
        assert_int_equal(tv_reader_next(reader, &p), TV_READ_END);
        tv_reader_close(reader);
        assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* standard input is not the reader's to close */
        if (kept >= 0) {
                dup2(kept, STDIN_FILENO);
                close(kept);
        }
        tv_pcap_buffer_clear(&buffer);
}

/* Reads to the end; returns the number of packets. */
static size_t
read_all(struct tv_reader *reader, enum tv_read *status)
{
        struct tv_packet p;
        size_t n = 0;

        while ((*status = tv_reader_next(reader, &p)) == TV_READ_PACKET)
                n++;
        return n;
}

static void
assert_damaged(struct tv_reader *reader, size_t frames, uint64_t offset)
{
        enum tv_read status;

        assert_int_equal(read_all(reader, &status), frames);
        assert_int_equal(status, TV_READ_DAMAGED);
        const struct tv_damage *damage = tv_reader_damage(reader);
        assert_true(strlen(damage->what) > 0);
        assert_null(strchr(damage->what, '\n'));
        assert_int_equal(damage->offset, offset);
        assert_int_equal(damage->frame, frames);
        assert_int_equal(read_all(reader, &status), 0);
        assert_int_equal(status, TV_READ_END);
}

static void
a_file_cut_anywhere_gives_its_whole_packets_and_the_place_of_the_damage(void **state)
{
        enum { COUNT = 6 };

        (void)state;
        for (int pcapng = 0; pcapng < 2; pcapng++)
                for (int way = 0; way < WAYS; way++) {
                        struct tv_pcap_options options = {.pcapng = pcapng, .link_type = DLT_EN10MB};
                        size_t offsets[COUNT + 1], whole = 0;
                        struct tv_pcap_buffer buffer = capture(&options, COUNT, offsets);

                        for (size_t n = offsets[0]; n <= buffer.size; n += n < offsets[2] ? 1 : 5) {
                                char message[TV_READER_MESSAGE];
                                enum tv_read status;
                                struct tv_reader *reader = open_bytes((enum way)way, buffer.data, n, message);

                                while (whole < COUNT && offsets[whole + 1] <= n)
                                        whole++;
                                assert_non_null(reader);
                                if (n == offsets[whole]) {
                                        assert_int_equal(read_all(reader, &status), whole);
                                        assert_int_equal(status, TV_READ_END);
                                } else {
                                        assert_damaged(reader, whole, offsets[whole]);
                                }
                                close_reader(reader);
                        }
                        tv_pcap_buffer_clear(&buffer);
                }
}

static void
a_file_cut_inside_its_header_is_refused_with_a_reason(void **state)
{
        (void)state;
        for (int pcapng = 0; pcapng < 2; pcapng++) {
                struct tv_pcap_options options = {.pcapng = pcapng, .link_type = DLT_EN10MB};
                size_t offsets[1];
                struct tv_pcap_buffer buffer = capture(&options, 0, offsets);

                for (size_t n = 1; n < buffer.size; n++) {
                        char message[TV_READER_MESSAGE] = "";
                        if (pcapng && n == 28)
                                continue; /* a section without interfaces, but whole */
                        assert_null(open_bytes(FROM_FILE, buffer.data, n, message));
                        assert_true(strlen(message) > 0);
                        assert_null(strchr(message, '\n'));
                }
                tv_pcap_buffer_clear(&buffer);
        }
}

static void
a_length_that_cannot_be_is_damage(void **state)
{
        enum { COUNT = 5 };

        (void)state;
        for (int way = 0; way < WAYS; way++) {
                struct tv_pcap_options options = {.link_type = DLT_EN10MB};
                size_t offsets[COUNT + 1];
                struct tv_pcap_buffer buffer = capture(&options, COUNT, offsets);
                char message[TV_READER_MESSAGE];

                memset(buffer.data + offsets[3] + 8, 0xff, 4); /* the captured length */
                struct tv_reader *reader = open_bytes((enum way)way, buffer.data, buffer.size, message);
                enum tv_read status;

                assert_non_null(reader);
                assert_int_equal(read_all(reader, &status), 3);
                assert_int_equal(status, TV_READ_DAMAGED);
                assert_int_equal(tv_reader_damage(reader)->offset, offsets[3]);
                assert_int_equal(tv_reader_damage(reader)->frame, 3);
                /* What lies behind it is found again. */
                assert_int_equal(read_all(reader, &status), 1);
                assert_int_equal(status, TV_READ_END);
                close_reader(reader);
                tv_pcap_buffer_clear(&buffer);
        }
}

static void
damage_behind_many_packets_is_found(void **state)
{
        enum { COUNT = 9000 };
        static size_t offsets[COUNT + 1];

        (void)state;
        for (int pcapng = 0; pcapng < 2; pcapng++)
                for (int way = 0; way < WAYS; way++) {
                        struct tv_pcap_options options = {.pcapng = pcapng, .link_type = DLT_EN10MB};
                        struct tv_pcap_buffer buffer = capture(&options, COUNT, offsets);
                        char message[TV_READER_MESSAGE];
                        struct tv_reader *reader =
                                open_bytes((enum way)way, buffer.data, offsets[COUNT - 1] + 5, message);

                        assert_non_null(reader);
                        assert_damaged(reader, COUNT - 1, offsets[COUNT - 1]);
                        close_reader(reader);
                        tv_pcap_buffer_clear(&buffer);
                }
}

static void
records_longer_than_the_snaplen_are_read_whole(void **state)
{
        enum { COUNT = 5000 };
        static size_t offsets[COUNT + 1];

        (void)state;
        for (int way = 0; way < WAYS; way++) {
                /* Writers set the snaplen carelessly; what is there is read. */
                struct tv_pcap_options options = {.link_type = DLT_EN10MB, .snaplen = 40};
                struct tv_pcap_buffer buffer = capture(&options, COUNT, offsets);
                char message[TV_READER_MESSAGE];
                struct tv_reader *reader = open_bytes((enum way)way, buffer.data, offsets[COUNT - 1] + 5, message);
                struct tv_packet p;

                assert_non_null(reader);
                for (size_t i = 0; i < COUNT - 1; i++) {
                        assert_int_equal(tv_reader_next(reader, &p), TV_READ_PACKET);
                        assert_is_sample(&p, i, false, DLT_EN10MB);
                }
                assert_int_equal(tv_reader_next(reader, &p), TV_READ_DAMAGED);
                assert_int_equal(tv_reader_damage(reader)->offset, offsets[COUNT - 1]);
                assert_int_equal(tv_reader_damage(reader)->frame, COUNT - 1);
                close_reader(reader);
                tv_pcap_buffer_clear(&buffer);
        }
}

/* One packet in a classic capture with these words as its time. */
static tv_time
time_of(uint32_t magic, uint32_t seconds, uint32_t fraction)
{
        struct blocks b = {.big_endian = true};
        char message[TV_READER_MESSAGE];
        struct tv_packet p;

        put32(&b, magic);
        put16(&b, 2);
        put16(&b, 4);
        put32(&b, 0);
        put32(&b, 0);
        put32(&b, 65535);
        put32(&b, 1);
        put32(&b, seconds);
        put32(&b, fraction);
        put32(&b, 4);
        put32(&b, 4);
        put32(&b, 0);
        struct tv_reader *reader = open_bytes(FROM_FILE, b.data, b.size, message);
        assert_non_null(reader);
        assert_int_equal(tv_reader_next(reader, &p), TV_READ_PACKET);
        close_reader(reader);
        return p.time;
}

static void
fractions_above_a_second_are_added_up(void **state)
{
        (void)state;
        assert_int_equal(time_of(0xa1b2c3d4, 100, 1000000), 101 * SECOND);
        assert_int_equal(time_of(0xa1b2c3d4, 100, 0x80000000), 100 * SECOND + 2147483648000);
        assert_int_equal(time_of(0xa1b2c3d4, 100, 0xffffffff), 100 * SECOND + 4294967295000);
        assert_int_equal(time_of(0xa1b23c4d, 100, 1000000000), 101 * SECOND);
        assert_int_equal(time_of(0xa1b23c4d, 100, 0xffffffff), 100 * SECOND + 4294967295);
}

static void
seconds_do_not_become_negative_in_2038(void **state)
{
        (void)state;
        assert_int_equal(time_of(0xa1b2c3d4, 0x80000000, 1), 0x80000000 * SECOND + 1000);
        assert_int_equal(time_of(0xa1b23c4d, 0xffffffff, 999999999), 0xffffffff * SECOND + 999999999);
}

static void
what_is_no_capture_is_refused_with_a_reason(void **state)
{
        static const struct {
                const char *bytes;
                size_t n;
                const char *word;
        } cases[] = {
                {"hello, world\n", 13, "is not a capture"},
                {"x", 1, "is not a capture"},
                {"", 0, "empty"},
                {"\x1f\x8b\x08\0\0\0\0\0", 8, "gzip"},
                {"\xfd"
                 "7zXZ\0\0\4",
                 8, "xz"},
                {"\x28\xb5\x2f\xfd\0\0\0\0", 8, "zstd"},
                {"BZh91AY&SY", 10, "bzip2"},
                {"\x04\x22\x4d\x18\0\0\0\0", 8, "lz4"},
                {"PK\x03\x04\x14\0\0\0", 8, "zip"},
                {"snoop\0\0\0\0\0\0\1\0\0\0\4", 16, "snoop capture of version 1"},
                {"\xa1\xb2\xc3\xd4\0\1\0\2\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0\0\1", 24, "archaic"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                for (int way = 0; way < WAYS; way++) {
                        char message[TV_READER_MESSAGE] = "";
                        assert_null(open_bytes((enum way)way, cases[i].bytes, cases[i].n, message));
                        if (!strstr(message, cases[i].word))
                                fail_msg("\"%s\" does not say \"%s\"", message, cases[i].word);
                        while (waitpid(-1, NULL, 0) > 0)
                                ;
                }
}

static void
what_cannot_be_opened_is_refused_with_a_reason(void **state)
{
        char message[TV_READER_MESSAGE];

        (void)state;
        assert_null(tv_reader_open("/nonexistent/file.pcap", 1, message));
        assert_non_null(strstr(message, "No such file"));
        assert_null(tv_reader_open(folder, 1, message));
        assert_non_null(strstr(message, "directory"));
        if (geteuid() != 0) { /* root reads everything */
                save("x", 1);
                assert_int_equal(chmod(path, 0), 0);
                assert_null(tv_reader_open(path, 1, message));
                assert_non_null(strstr(message, "Permission denied"));
                assert_int_equal(chmod(path, 0600), 0);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_variant_gives_the_packets_that_were_written),
                cmocka_unit_test(a_capture_without_packets_just_ends),
                cmocka_unit_test(standard_input_is_called_dash),
                cmocka_unit_test(a_file_cut_anywhere_gives_its_whole_packets_and_the_place_of_the_damage),
                cmocka_unit_test(a_file_cut_inside_its_header_is_refused_with_a_reason),
                cmocka_unit_test(a_length_that_cannot_be_is_damage),
                cmocka_unit_test(damage_behind_many_packets_is_found),
                cmocka_unit_test(records_longer_than_the_snaplen_are_read_whole),
                cmocka_unit_test(fractions_above_a_second_are_added_up),
                cmocka_unit_test(seconds_do_not_become_negative_in_2038),
                cmocka_unit_test(what_is_no_capture_is_refused_with_a_reason),
                cmocka_unit_test(what_cannot_be_opened_is_refused_with_a_reason),
        };
        return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
