/* Several captures as one stream: merged by time, whatever the order on the command line. */
#include "analyzer/cli/sources.h"

#include "tests/support/pcap_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <pcap/dlt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define BEGIN  (INT64_C(1700000000) * SECOND)

static char folder[] = "/tmp/sources_test_XXXXXX";

static int
make_folder(void **state)
{
        (void)state;
        return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int
remove_folder(void **state)
{
        (void)state;
        return chdir("/") == 0 ? rmdir(folder) : -1;
}

/* A capture with packets at these milliseconds; their first octet is |mark|. */
static void
build(struct tv_pcap_buffer *buffer, uint8_t mark, const int *ms, size_t count)
{
        struct tv_pcap_options options = {.link_type = DLT_EN10MB};

        tv_pcap_buffer_init(buffer, &options);
        for (size_t i = 0; i < count; i++) {
                uint8_t bytes[4] = {mark, (uint8_t)i};
                struct tv_packet p = {
                        .data = bytes, .captured = 4, .length = 4, .time = BEGIN + (tv_time)ms[i] * 1000000};
                tv_pcap_buffer_add(buffer, &p);
        }
        assert_false(buffer->failed);
}

static void
write_capture(const char *path, uint8_t mark, const int *ms, size_t count)
{
        struct tv_pcap_buffer buffer;

        build(&buffer, mark, ms, count);
        assert_true(tv_pcap_buffer_save(&buffer, path));
        tv_pcap_buffer_clear(&buffer);
}

/* What a run gave: for each packet its mark and place in its capture; '!' and a path for what failed. */
static void
run(const char *const *paths, size_t count, char *text, size_t room)
{
        struct tv_sources *sources = tv_sources_open(paths, count);
        const struct tv_packet *packet;
        struct tv_source *source;
        enum tv_sources_event event;
        size_t used = 0;

        assert_non_null(sources);
        text[0] = '\0';
        while ((event = tv_sources_next(sources, &packet, &source)) != TV_SOURCES_END) {
                assert_true(used + 64 < room);
                assert_ptr_equal(tv_sources_at(sources, source->number - 1), source);
                if (event == TV_SOURCES_PACKET) {
                        assert_int_equal(tv_frame_file(packet->frame), source->number);
                        assert_int_equal(tv_frame_number(packet->frame), packet->data[1] + 1);
                        used += (size_t)snprintf(text + used, room - used, "%c%u ", packet->data[0], packet->data[1]);
                } else if (event == TV_SOURCES_FAILED || event == TV_SOURCES_BROKEN) {
                        assert_non_null(source->message);
                        used += (size_t)snprintf(text + used, room - used, "%c%s ",
                                                 event == TV_SOURCES_FAILED ? '!' : '?', source->path);
                } else if (event == TV_SOURCES_DAMAGED) {
                        used += (size_t)snprintf(text + used, room - used, "~ ");
                } else {
                        assert_non_null(source->reader);
                }
        }
        tv_sources_free(sources);
}

static void
captures_are_merged_by_time_in_any_order_of_the_command_line(void **state)
{
        static const int a[] = {0, 10, 20, 30}, b[] = {5, 15, 25, 26, 40}, c[] = {50, 51}, none[] = {0};
        static const char expected[] = "a0 b0 a1 b1 a2 b2 b3 a3 b4 c0 c1 !missing ";
        const char *paths[] = {"a", "b", "c", "none", "missing"};
        char text[1024];

        (void)state;
        write_capture("a", 'a', a, 4);
        write_capture("b", 'b', b, 5);
        write_capture("c", 'c', c, 2);
        write_capture("none", 'n', none, 0);
        for (size_t turn = 0; turn < 5; turn++) {
                const char *turned[5];
                for (size_t i = 0; i < 5; i++)
                        turned[i] = paths[(i + turn) % 5];
                run(turned, 5, text, sizeof text);
                assert_string_equal(text, expected);
        }
        for (size_t i = 0; i < 4; i++)
                unlink(paths[i]);
}

static void
equal_times_follow_the_paths_and_a_clock_that_steps_back_holds_nothing_up(void **state)
{
        /* b's clock steps back: its packets stay in their order, from where they are. */
        static const int a[] = {0, 10, 20, 30, 40}, b[] = {0, 15, 2, 3, 25};
        const char *paths[] = {"b", "a"};
        char text[1024];

        (void)state;
        write_capture("a", 'a', a, 5);
        write_capture("b", 'b', b, 5);
        run(paths, 2, text, sizeof text);
        assert_string_equal(text, "a0 b0 a1 b1 b2 b3 a2 b4 a3 a4 ");
        unlink("a");
        unlink("b");
}

static void
more_captures_than_can_be_open_are_told_and_none_is_lost(void **state)
{
        enum { FILES = 300 };
        static char names[FILES][16];
        const char *paths[FILES];
        const struct tv_packet *packet;
        struct tv_source *source;
        enum tv_sources_event event;
        struct rlimit limit, small;
        uint64_t packets = 0;

        (void)state;
        for (int i = 0; i < FILES; i++) {
                const int ms[] = {i, 100000};
                snprintf(names[i], sizeof names[i], "f%03d", i);
                paths[i] = names[i];
                write_capture(names[i], 'x', ms, 2);
        }
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
        small = limit;
        small.rlim_cur = 64;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
        struct tv_sources *sources = tv_sources_open(paths, FILES);
        assert_non_null(sources);
        while ((event = tv_sources_next(sources, &packet, &source)) != TV_SOURCES_END) {
                assert_int_not_equal(event, TV_SOURCES_FAILED);
                packets += event == TV_SOURCES_PACKET;
        }
        assert_int_equal(packets, 2 * FILES);
        assert_true(tv_sources_overlap(sources) > 64);
        tv_sources_free(sources);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        for (int i = 0; i < FILES; i++)
                unlink(names[i]);
}

static void
write_tar(const char *path, const struct tv_pcap_buffer *members, const char *const *names, size_t count)
{
        struct archive *a = archive_write_new();

        archive_write_set_format_ustar(a);
        archive_write_add_filter_gzip(a);
        assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
        for (size_t i = 0; i < count; i++) {
                struct archive_entry *e = archive_entry_new();
                archive_entry_set_pathname(e, names[i]);
                archive_entry_set_filetype(e, AE_IFREG);
                archive_entry_set_perm(e, 0644);
                archive_entry_set_size(e, (la_int64_t)members[i].size);
                assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
                assert_int_equal(archive_write_data(a, members[i].data, members[i].size), members[i].size);
                archive_entry_free(e);
        }
        assert_int_equal(archive_write_close(a), ARCHIVE_OK);
        archive_write_free(a);
}

static void
members_of_an_archive_are_captures_of_their_own(void **state)
{
        static const int p[] = {100, 110, 120}, q[] = {0, 10, 105}, r[] = {50, 60};
        static const char *const names[] = {"p", "q", "r", "s"};
        const char *paths[] = {"tar"}, *both[] = {"r", "tar"};
        struct tv_pcap_buffer members[4] = {{.size = 0}};
        static uint8_t text[] = "this is no capture";
        char got[1024];

        (void)state;
        build(&members[0], 'p', p, 3);
        build(&members[1], 'q', q, 3);
        build(&members[2], 'r', r, 2);
        members[3].data = text;
        members[3].size = sizeof text;
        write_tar("tar", members, names, 4);
        run(paths, 1, got, sizeof got);
        assert_string_equal(got, "q0 q1 r0 r1 p0 q2 p1 p2 ");
        write_capture("r", 'z', r, 2);
        run(both, 2, got, sizeof got);
        assert_string_equal(got, "q0 q1 z0 r0 z1 r1 p0 q2 p1 p2 ");
        struct tv_sources *sources = tv_sources_open(paths, 1);
        const char *strangers;
        assert_true(tv_sources_are_many(sources));
        assert_string_equal(tv_sources_at(sources, 0)->path, "tar/q");
        assert_int_equal(tv_sources_strangers(sources, 0, &strangers), 1);
        assert_string_equal(strangers, "s");
        tv_sources_free(sources);

        /* From a pipe they come as they are stored. */
        int kept = dup(STDIN_FILENO), fd = open("tar", O_RDONLY), ends[2];
        const char *input[] = {"-"}, *with[] = {"r", "-"};
        for (int turn = 0; turn < 2; turn++) {
                uint8_t bytes[4096];
                assert_int_equal(pipe(ends), 0);
                ssize_t n = pread(fd, bytes, sizeof bytes, 0);
                assert_int_equal(write(ends[1], bytes, (size_t)n), n);
                close(ends[1]);
                dup2(ends[0], STDIN_FILENO);
                close(ends[0]);
                run(turn == 0 ? input : with, turn == 0 ? 1 : 2, got, sizeof got);
                assert_string_equal(got, turn == 0 ? "p0 p1 p2 q0 q1 q2 r0 r1 " : "z0 z1 p0 p1 p2 q0 q1 q2 r0 r1 ");
        }
        close(fd);
        if (kept >= 0) {
                dup2(kept, STDIN_FILENO);
                close(kept);
        }
        for (size_t i = 0; i < 3; i++)
                tv_pcap_buffer_clear(&members[i]);
        unlink("tar");
        unlink("r");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(captures_are_merged_by_time_in_any_order_of_the_command_line),
                cmocka_unit_test(equal_times_follow_the_paths_and_a_clock_that_steps_back_holds_nothing_up),
                cmocka_unit_test(more_captures_than_can_be_open_are_told_and_none_is_lost),
                cmocka_unit_test(members_of_an_archive_are_captures_of_their_own),
        };
        return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
