#include "report/out.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "out-test-XXXXXX";
static char name[64], partial[80];

static int
folder_make(void **state)
{
        (void)state;
        if (mkdtemp(folder) == NULL)
                return -1;
        snprintf(name, sizeof name, "%s/report", folder);
        snprintf(partial, sizeof partial, "%s.partial", name);
        return 0;
}

static int
folder_remove(void **state)
{
        (void)state;
        return rmdir(folder); /* fails when a test left a file behind */
}

static bool
exists(const char *path)
{
        struct stat st;

        return lstat(path, &st) == 0;
}

static void
a_file_has_its_name_only_when_it_is_whole(void **state)
{
        struct tv_out out;
        char got[16] = {0};
        FILE *file;

        (void)state;
        assert_true(tv_out_open(&out, name));
        tv_out_text(&out, "one,two\n");
        assert_true(tv_out_flush(&out));
        assert_false(exists(name));
        assert_true(exists(partial));
        assert_true(tv_out_close(&out, NULL));
        assert_false(exists(partial));
        file = fopen(name, "r");
        assert_non_null(file);
        assert_int_equal(fread(got, 1, sizeof got - 1, file), 8);
        fclose(file);
        assert_string_equal(got, "one,two\n");
        unlink(name);
}

static void
more_than_the_buffer_arrives_whole_and_in_order(void **state)
{
        const unsigned lines = 200000;
        struct tv_out out;
        unsigned value, count = 0;
        FILE *file;

        (void)state;
        assert_true(tv_out_open(&out, name));
        for (unsigned i = 0; i < lines; i++) {
                if (i % 2 == 0) {
                        tv_out_printf(&out, "%u\n", i);
                } else {
                        char *p = tv_out_reserve(&out, 16);

                        tv_out_commit(&out, p + sprintf(p, "%u\n", i));
                }
        }
        assert_true(tv_out_close(&out, NULL));
        file = fopen(name, "r");
        assert_non_null(file);
        while (fscanf(file, "%u", &value) == 1)
                assert_int_equal(value, count++);
        assert_int_equal(count, lines);
        fclose(file);
        unlink(name);
}

static void
a_full_disk_is_told_once_and_leaves_no_file(void **state)
{
        struct tv_out out;
        char message[TV_OUT_MESSAGE];

        (void)state;
        /* A file on a full disk: the name that is written first leads to /dev/full. */
        assert_int_equal(symlink("/dev/full", partial), 0);
        assert_true(tv_out_open(&out, name));
        for (int i = 0; i < 100000; i++)
                tv_out_text(&out, "and on it goes\n");
        assert_int_equal(out.error, ENOSPC);
        assert_false(tv_out_close(&out, message));
        assert_non_null(strstr(message, name));
        assert_non_null(strstr(message, strerror(ENOSPC)));
        assert_false(exists(name));
        assert_false(exists(partial));
}

static void
a_full_disk_is_seen_when_only_the_last_bytes_do_not_fit(void **state)
{
        struct tv_out out;

        (void)state;
        assert_int_equal(symlink("/dev/full", partial), 0);
        assert_true(tv_out_open(&out, name));
        tv_out_text(&out, "short");
        assert_int_equal(out.error, 0);
        assert_false(tv_out_close(&out, NULL));
        assert_int_equal(out.error, ENOSPC);
        assert_false(exists(name));
        assert_false(exists(partial));
}

static void
the_first_error_is_the_one_reported(void **state)
{
        struct tv_out out;

        (void)state;
        assert_int_equal(symlink("/dev/full", partial), 0);
        assert_true(tv_out_open(&out, name));
        tv_out_text(&out, "x");
        assert_false(tv_out_flush(&out));
        close(out.fd); /* would be EBADF from here on */
        tv_out_text(&out, "x");
        assert_false(tv_out_flush(&out));
        assert_int_equal(out.error, ENOSPC);
        tv_out_clear(&out);
}

static void
a_folder_that_is_missing_is_an_error_at_once(void **state)
{
        struct tv_out out;
        char message[TV_OUT_MESSAGE], path[128];

        (void)state;
        snprintf(path, sizeof path, "%s/no/report", folder);
        assert_false(tv_out_open(&out, path));
        assert_int_equal(out.error, ENOENT);
        tv_out_text(&out, "dropped");
        assert_false(tv_out_close(&out, message));
        assert_non_null(strstr(message, strerror(ENOENT)));
}

static void
a_closed_pipe_is_no_error_but_is_remembered(void **state)
{
        struct tv_out out;
        int ends[2];

        (void)state;
        signal(SIGPIPE, SIG_IGN);
        assert_int_equal(pipe(ends), 0);
        close(ends[0]);
        assert_true(tv_out_borrow(&out, ends[1]));
        tv_out_text(&out, "for nobody");
        assert_false(tv_out_flush(&out));
        assert_true(out.pipe_closed);
        assert_int_equal(out.error, 0);
        for (int i = 0; i < 100000; i++)
                tv_out_text(&out, "for nobody");
        assert_true(tv_out_close(&out, NULL));
        assert_true(out.pipe_closed);
        assert_int_not_equal(fcntl(ends[1], F_GETFD), -1); /* borrowed: still open */
        close(ends[1]);
}

static void
a_full_standard_output_is_an_error(void **state)
{
        struct tv_out out;
        char message[TV_OUT_MESSAGE];
        int fd = open("/dev/full", O_WRONLY);

        (void)state;
        assert_true(fd >= 0);
        assert_true(tv_out_borrow(&out, fd));
        tv_out_text(&out, "x");
        assert_false(tv_out_close(&out, message));
        assert_int_equal(out.error, ENOSPC);
        assert_non_null(strstr(message, "standard output"));
        close(fd);
}

static void
an_abandoned_file_disappears(void **state)
{
        struct tv_out out;

        (void)state;
        assert_true(tv_out_open(&out, name));
        tv_out_text(&out, "x");
        tv_out_clear(&out);
        tv_out_clear(&out);
        assert_false(exists(name));
        assert_false(exists(partial));
}

/* Keeps what |context| says, a '1' for each line. */
static size_t
edit_line(void *context, char *line, size_t bytes)
{
        const char **decision = context;

        assert_int_equal(line[bytes - 1], '\n');
        assert_null(memchr(line, '\n', bytes - 1));
        switch (*(*decision)++) {
        case '0':
                return 0;
        case '1':
                return bytes;
        default: /* all but the first byte */
                memmove(line, line + 1, bytes - 1);
                return bytes - 1;
        }
}

static void
lines_are_edited_in_place_by_a_plain_model(void **state)
{
        enum { ROOM = 2000000 };
        char *lines = malloc(ROOM), *model = malloc(ROOM), *back = malloc(ROOM), *decisions = malloc(ROOM);
        uint32_t random = 7;

        (void)state;
        assert_true(lines != NULL && model != NULL && back != NULL && decisions != NULL);
        for (unsigned round = 0; round < 12; round++) {
                size_t length = 0, kept = 0, count = 0;
                struct tv_out out;
                const char *decision = decisions;
                FILE *file;

                /* short lines and long ones; all kept, none, some */
                while (length < (round == 0 ? 0 : 1000000)) {
                        size_t bytes;
                        bool keep, shorter;

                        random = random * 1664525 + 1013904223;
                        bytes = (random >> 8) % (round % 2 != 0 ? 200 : 100000) + 1;
                        keep = round < 3 || (round < 5 ? false : (random >> 28) > round);
                        shorter = keep && bytes > 1 && round % 3 == 2 && random >> 16 & 1;
                        if (round == 11)
                                bytes = TV_OUT_BUFFER;
                        memset(lines + length, 'a' + (int)(random >> 20) % 26, bytes - 1);
                        lines[length + bytes - 1] = '\n';
                        if (keep) {
                                memcpy(model + kept, lines + length + shorter, bytes - shorter);
                                kept += bytes - shorter;
                        }
                        decisions[count++] = shorter ? '-' : keep ? '1' : '0';
                        length += bytes;
                }
                assert_true(tv_out_open(&out, name));
                tv_out_write(&out, lines, length);
                assert_true(tv_out_finish(&out));
                assert_true(tv_out_edit_lines(&out, edit_line, &decision));
                assert_ptr_equal(decision, decisions + count);
                assert_true(tv_out_close(&out, NULL));
                file = fopen(name, "rb");
                assert_non_null(file);
                assert_int_equal(fread(back, 1, ROOM, file), kept);
                fclose(file);
                assert_memory_equal(back, model, kept);
                unlink(name);
        }
        free(lines);
        free(model);
        free(back);
        free(decisions);
}

static void
lines_without_an_end_are_an_error(void **state)
{
        (void)state;
        for (int round = 0; round < 2; round++) {
                struct tv_out out;
                const char *decision = "111";

                assert_true(tv_out_open(&out, name));
                tv_out_text(&out, "one\ntwo\nthree");
                for (size_t i = 0; round == 1 && i < TV_OUT_BUFFER / 10; i++)
                        tv_out_text(&out, "........10");
                assert_true(tv_out_finish(&out));
                assert_false(tv_out_edit_lines(&out, edit_line, &decision));
                assert_int_equal(out.error, EIO);
                assert_false(tv_out_publish(&out));
                tv_out_clear(&out);
                assert_false(exists(name));
                assert_false(exists(partial));
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_file_has_its_name_only_when_it_is_whole),
                cmocka_unit_test(more_than_the_buffer_arrives_whole_and_in_order),
                cmocka_unit_test(a_full_disk_is_told_once_and_leaves_no_file),
                cmocka_unit_test(a_full_disk_is_seen_when_only_the_last_bytes_do_not_fit),
                cmocka_unit_test(the_first_error_is_the_one_reported),
                cmocka_unit_test(a_folder_that_is_missing_is_an_error_at_once),
                cmocka_unit_test(a_closed_pipe_is_no_error_but_is_remembered),
                cmocka_unit_test(a_full_standard_output_is_an_error),
                cmocka_unit_test(an_abandoned_file_disappears),
                cmocka_unit_test(lines_are_edited_in_place_by_a_plain_model),
                cmocka_unit_test(lines_without_an_end_are_an_error),
        };

        return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
