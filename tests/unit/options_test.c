#include "analyzer/cli/manual.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char message[TV_OPTIONS_MESSAGE];

/* Parses "tcpverdict" and the words given, up to NULL. */
static bool
parse(struct tv_options *options, ...)
{
        static char name[] = "tcpverdict";
        char *argv[16] = {name};
        int argc = 1;
        va_list words;
        va_start(words, options);
        for (char *word; argc < 15 && (word = va_arg(words, char *)) != NULL;)
                argv[argc++] = word;
        va_end(words);
        return tv_options_parse(options, argc, argv, message);
}

static void
files_and_options_may_be_mixed(void **state)
{
        (void)state;
        struct tv_options o;
        assert_true(parse(&o, "one.pcap", "-q", "two.pcap", "--all", NULL));
        assert_int_equal(o.file_count, 2);
        assert_string_equal(o.files[0], "one.pcap");
        assert_string_equal(o.files[1], "two.pcap");
        assert_true(o.quiet && o.all);
        assert_false(o.fails);
        tv_options_clear(&o);
}

static void
first_operand_may_name_the_command_and_no_later_one(void **state)
{
        (void)state;
        struct tv_options o;
        assert_true(parse(&o, "-q", "analyze", "analyze", NULL));
        assert_int_equal(o.command, TV_COMMAND_analyze);
        assert_int_equal(o.file_count, 1);
        assert_string_equal(o.files[0], "analyze");
        tv_options_clear(&o);
}

static void
two_dashes_end_the_options(void **state)
{
        (void)state;
        struct tv_options o;
        assert_true(parse(&o, "--", "-q", NULL));
        assert_false(o.quiet);
        assert_string_equal(o.files[0], "-q");
        tv_options_clear(&o);
}

static void
values_may_be_attached_or_follow(void **state)
{
        (void)state;
        struct tv_options o;
        assert_true(parse(&o, "-qoout", "--profile=rfc", "--fail-on", "warning", "--colour", "never", "x", NULL));
        assert_true(o.quiet && o.fails);
        assert_string_equal(o.output_dir, "out");
        assert_int_equal(o.profile, TV_PROFILE_RFC);
        assert_int_equal(o.fail_on, TV_WARNING);
        assert_int_equal(o.colour, TV_COLOUR_NEVER);
        tv_options_clear(&o);

        assert_true(parse(&o, "-qo", "out", "x", NULL));
        assert_string_equal(o.output_dir, "out");
        assert_int_equal(o.file_count, 1);
        tv_options_clear(&o);
}

static void
key_takes_a_list(void **state)
{
        static const struct {
                const char *list;
                unsigned key;
        } good[] = {{"vlan", TV_WAY_VLAN},
                    {"tunnel", TV_WAY_TUNNEL},
                    {"vlan,tunnel", TV_WAY_VLAN | TV_WAY_TUNNEL},
                    {"tunnel,vlan,tunnel", TV_WAY_VLAN | TV_WAY_TUNNEL}};
        static const char *const bad[] = {"",    ",",     "vlan,",       ",vlan",        "vlan,,tunnel", "VLAN",
                                          "vla", "vlans", "vlan tunnel", "vlan, tunnel", "mpls"};
        (void)state;
        struct tv_options o;
        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
                assert_true(parse(&o, "--key", good[i].list, "x", NULL));
                assert_int_equal(o.key, good[i].key);
                tv_options_clear(&o);
        }
        assert_true(parse(&o, "x", NULL));
        assert_int_equal(o.key, 0);
        tv_options_clear(&o);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                assert_false(parse(&o, "--key", bad[i], "x", NULL));
                tv_options_clear(&o);
        }
}

static void
dash_is_standard_input_once(void **state)
{
        (void)state;
        struct tv_options o;
        assert_true(parse(&o, "-", NULL));
        assert_string_equal(o.files[0], "-");
        tv_options_clear(&o);
        assert_false(parse(&o, "-", "-", NULL));
        assert_non_null(strstr(message, "only once"));
        tv_options_clear(&o);
}

static void
wrong_usage_is_told_in_one_line_with_a_hint(void **state)
{
        (void)state;
        static char unknown[] = "--fnord", misspelt[] = "--color", letter[] = "-Z", no_value[] = "-o",
                    word[] = "--fail-on=bad", takes_none[] = "--all=yes", conn[] = "--conn=1-2",
                    size[] = "--max-memory=lots", segments[] = "--segments", empty[] = "--output=";
        static const struct {
                char *argument;
                const char *hint;
        } cases[] = {
                {unknown, "--help"},     {misspelt, "did you mean --colour?"},
                {letter, "--help"},      {no_value, "--output DIR"},
                {word, "info|notice"},   {takes_none, "takes no value"},
                {conn, "ADDR:PORT"},     {size, "512M"},
                {segments, "-o DIR"},    {empty, "needs a value"},
                {NULL, "no file given"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                static char name[] = "tcpverdict", file[] = "x.pcap";
                char *argv[] = {name, file, cases[i].argument, NULL};
                struct tv_options o;
                int argc = cases[i].argument != NULL ? 3 : 1;
                assert_false(tv_options_parse(&o, argc, argv, message));
                if (strstr(message, cases[i].hint) == NULL)
                        fail_msg("\"%s\" does not say \"%s\"", message, cases[i].hint);
                assert_null(strchr(message, '\n'));
                tv_options_clear(&o);
        }
}

static void
asking_for_help_needs_no_file(void **state)
{
        (void)state;
        struct tv_options o;
        assert_true(parse(&o, "--help", NULL));
        assert_true(o.help);
        tv_options_clear(&o);
        assert_true(parse(&o, "--completion", "zsh", NULL));
        assert_true(o.completion);
        assert_int_equal(o.shell, TV_SHELL_ZSH);
        tv_options_clear(&o);
}

static void
sizes_have_binary_suffixes_and_a_limit(void **state)
{
        (void)state;
        static const struct {
                const char *text;
                bool valid;
                uint64_t bytes;
        } cases[] = {
                {"1", true, 1},
                {"64k", true, 64 * 1024},
                {"512M", true, UINT64_C(512) << 20},
                {"4GiB", true, UINT64_C(4) << 30},
                {"2TB", true, UINT64_C(2) << 40},
                {"18446744073709551615", true, UINT64_MAX},
                {"18446744073709551616", false, 0},
                {"16777216T", false, 0},
                {"0", false, 0},
                {"", false, 0},
                {"-1", false, 0},
                {"1.5G", false, 0},
                {"12 M", false, 0},
                {"M", false, 0},
                {"5X", false, 0},
                {"5MM", false, 0},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                uint64_t bytes = 0;
                if (tv_size_parse(cases[i].text, &bytes) != cases[i].valid)
                        fail_msg("\"%s\" should %sbe a size", cases[i].text, cases[i].valid ? "" : "not ");
                if (cases[i].valid)
                        assert_true(bytes == cases[i].bytes);
        }
}

static void
connection_is_chosen_by_number_or_by_both_ends(void **state)
{
        (void)state;
        struct tv_conn_choice choice;
        assert_true(tv_conn_choice_parse("17", &choice));
        assert_true(choice.by_number && choice.number == 17);

        assert_true(tv_conn_choice_parse("192.0.2.1:40000-192.0.2.2:80", &choice));
        assert_false(choice.by_number);
        assert_false(choice.addr[0].ipv6);
        assert_int_equal(choice.addr[1].byte[3], 2);
        assert_int_equal(choice.port[0], 40000);
        assert_int_equal(choice.port[1], 80);

        assert_true(tv_conn_choice_parse("[2001:db8::1]:1-[::ffff:192.0.2.2]:65535", &choice));
        assert_true(choice.addr[0].ipv6 && choice.addr[1].ipv6);
        assert_int_equal(choice.addr[0].byte[0], 0x20);
        assert_int_equal(choice.port[1], 65535);

        static const char *const wrong[] = {
                "",
                "1-2",
                "-1",
                "18446744073709551615", /* is the value for "of no connection" */
                "192.0.2.1:1",
                "192.0.2.1:1-192.0.2.2",
                "192.0.2.1:1-192.0.2.2:65536",
                "192.0.2.1:1-192.0.2.2:80x",
                "192.0.2.1:1-192.0.2.256:80",
                "192.0.2.1:-192.0.2.2:80",
                "2001:db8::1:1-2001:db8::2:2",
                "[2001:db8::1]1-[2001:db8::2]:2",
                "[2001:db8::1:1-[2001:db8::2:2",
                "[2001:db8::1]:1-192.0.2.2:2",
                "[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd]:1-[::]:2",
        };
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                if (tv_conn_choice_parse(wrong[i], &choice))
                        fail_msg("\"%s\" should name no connection", wrong[i]);
        }
}

static void
choice_matches_in_either_order_and_nothing_else(void **state)
{
        (void)state;
        struct tv_options o;
        assert_true(parse(&o, "--conn", "5", "--conn", "192.0.2.1:40000-192.0.2.2:80", "x", NULL));
        struct tv_address addr[2] = {{.byte = {192, 0, 2, 1}}, {.byte = {192, 0, 2, 2}}};
        struct tv_address swapped[2] = {addr[1], addr[0]};
        uint16_t port[2] = {40000, 80}, swapped_port[2] = {80, 40000}, other_port[2] = {40001, 80};
        assert_true(tv_options_choose(&o, 0, addr, port));
        assert_true(tv_options_choose(&o, 0, swapped, swapped_port));
        assert_false(tv_options_choose(&o, 0, swapped, port));
        assert_false(tv_options_choose(&o, 0, addr, other_port));
        assert_true(tv_options_choose(&o, 5, addr, other_port));
        tv_options_clear(&o);

        assert_true(parse(&o, "x", NULL));
        assert_true(tv_options_choose(&o, 3, addr, other_port));
        tv_options_clear(&o);
}

static void
worst_exit_status_wins(void **state)
{
        (void)state;
        static const enum tv_exit order[] = {TV_EXIT_done, TV_EXIT_found, TV_EXIT_damaged, TV_EXIT_failed,
                                             TV_EXIT_usage};
        static const int status[] = {0, 1, 4, 3, 2};
        for (size_t i = 0; i < 5; i++) {
                assert_int_equal(order[i], status[i]);
                for (size_t j = 0; j < 5; j++)
                        assert_int_equal(tv_exit_worse(order[i], order[j]), order[i > j ? i : j]);
        }
}

/* What |print| writes, as a string; the caller frees it. */
static char *
printed(void (*print)(FILE *, int), int argument)
{
        FILE *file = tmpfile();
        assert_non_null(file);
        print(file, argument);
        long size = ftell(file);
        assert_true(size > 0);
        rewind(file);
        char *text = calloc((size_t)size + 1, 1);
        assert_non_null(text);
        assert_int_equal(fread(text, 1, (size_t)size, file), size);
        fclose(file);
        return text;
}

static void
print_help(FILE *file, int unused)
{
        (void)unused;
        tv_manual_help(file);
}

static void
print_page(FILE *file, int unused)
{
        (void)unused;
        tv_manual_page(file, "1.2.3");
}

static void
print_completion(FILE *file, int shell)
{
        tv_manual_completion(file, (enum tv_shell)shell);
}

static void
help_names_every_option_within_100_columns(void **state)
{
        (void)state;
        char *help = printed(print_help, 0);
        for (int i = 0; i < TV_OPTIONS; i++) {
                const struct tv_option *option = tv_option_get((enum tv_option_id)i);
                char name[64];
                snprintf(name, sizeof name, "--%s", option->name);
                if (option->help != NULL && (strstr(help, name) == NULL || strstr(help, option->help) == NULL))
                        fail_msg("--help lacks %s", name);
        }
        for (const char *line = help; *line != '\0'; line += strcspn(line, "\n") + 1)
                assert_in_range(strcspn(line, "\n"), 0, 100);
        free(help);
}

static void
manual_page_describes_every_option(void **state)
{
        (void)state;
        char *page = printed(print_page, 0);
        for (int i = 0; i < TV_OPTIONS; i++) {
                const struct tv_option *option = tv_option_get((enum tv_option_id)i);
                assert_non_null(option->manual);
                char name[64] = "\\fB\\-\\-";
                for (const char *p = option->name; *p != '\0'; p++)
                        snprintf(name + strlen(name), sizeof name - strlen(name), *p == '-' ? "\\-" : "%c", *p);
                strcat(name, "\\fR");
                if (strstr(page, name) == NULL)
                        fail_msg("the manual page lacks --%s", option->name);
        }
        assert_non_null(strstr(page, "tcpverdict 1.2.3"));
        free(page);
}

static void
completions_know_every_option_of_the_help(void **state)
{
        (void)state;
        for (int shell = TV_SHELL_BASH; shell <= TV_SHELL_FISH; shell++) {
                char *text = printed(print_completion, shell);
                for (int i = 0; i < TV_OPTIONS; i++) {
                        const struct tv_option *option = tv_option_get((enum tv_option_id)i);
                        char name[64];
                        snprintf(name, sizeof name, "%s%s", shell == TV_SHELL_FISH ? "-l " : "--", option->name);
                        if (option->help != NULL && strstr(text, name) == NULL)
                                fail_msg("completion %d lacks %s", shell, option->name);
                }
                free(text);
        }
}

static void
progress_line_fits_a_terminal_and_adds_up(void **state)
{
        (void)state;
        char line[TV_PROGRESS_LINE];
        tv_progress_line(line, 2000000000, 500000000, 1234567, 1000, "capture.pcap");
        assert_string_equal(line, " 25 %  of 2.0 GB  500 MB  1.2 Mpackets  500 MB/s  0:04 left  capture.pcap");
        /* A pipe has no size: no share and no time left. */
        tv_progress_line(line, 0, 999, 7, 1000, "-");
        assert_string_equal(line, "999 B  7 packets  999 B/s  -");
        tv_progress_line(line, UINT64_MAX, 1, UINT64_MAX, 0,
                         "/a/path/that/is/much/longer/than/the/line/could/ever/hold/\x1b]0;title\a/end.pcap");
        assert_in_range(strlen(line), 1, TV_PROGRESS_LINE - 1);
        assert_null(strpbrk(line, "\x1b\a"));
}

static void
filter_and_times_choose_packets(void **state)
{
        (void)state;
        struct tv_options o;
        assert_true(parse(&o, "x.pcap", NULL));
        assert_false(tv_options_choose_packets(&o));
        tv_options_clear(&o);
        assert_true(parse(&o, "--conn", "1", "x.pcap", NULL));
        assert_false(tv_options_choose_packets(&o));
        tv_options_clear(&o);
        assert_true(parse(&o, "-f", "tcp port 80", "x.pcap", NULL));
        assert_true(tv_options_choose_packets(&o));
        assert_string_equal(o.filter, "tcp port 80");
        assert_false(o.from.given || o.to.given);
        tv_options_clear(&o);
        assert_true(parse(&o, "--from=+1.5", "--to", "2026-11-20T22:15:29Z", "x.pcap", NULL));
        assert_true(tv_options_choose_packets(&o));
        assert_true(o.from.given && o.from.relative && o.from.time == 1500000000);
        assert_true(o.to.given && !o.to.relative && o.to.time == INT64_C(1795212929000000000));
        tv_options_clear(&o);
}

static void
wrong_times_are_told(void **state)
{
        (void)state;
        struct tv_options o;
        assert_false(parse(&o, "--from", "yesterday", "x.pcap", NULL));
        assert_non_null(strstr(message, "--from yesterday: "));
        tv_options_clear(&o);
        assert_false(parse(&o, "--to", "1700000000000", "x.pcap", NULL));
        assert_non_null(strstr(message, "--to 1700000000000: "));
        tv_options_clear(&o);
        assert_false(parse(&o, "--from", "+2", "--to", "+1", "x.pcap", NULL));
        assert_non_null(strstr(message, "--from is later than --to"));
        tv_options_clear(&o);
        assert_true(parse(&o, "--from", "+1", "--to", "+1", "x.pcap", NULL));
        tv_options_clear(&o);
        /* only the capture tells */
        assert_true(parse(&o, "--from", "2026-11-20", "--to", "+1", "x.pcap", NULL));
        tv_options_clear(&o);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(files_and_options_may_be_mixed),
                cmocka_unit_test(first_operand_may_name_the_command_and_no_later_one),
                cmocka_unit_test(two_dashes_end_the_options),
                cmocka_unit_test(values_may_be_attached_or_follow),
                cmocka_unit_test(key_takes_a_list),
                cmocka_unit_test(dash_is_standard_input_once),
                cmocka_unit_test(wrong_usage_is_told_in_one_line_with_a_hint),
                cmocka_unit_test(asking_for_help_needs_no_file),
                cmocka_unit_test(sizes_have_binary_suffixes_and_a_limit),
                cmocka_unit_test(connection_is_chosen_by_number_or_by_both_ends),
                cmocka_unit_test(choice_matches_in_either_order_and_nothing_else),
                cmocka_unit_test(worst_exit_status_wins),
                cmocka_unit_test(help_names_every_option_within_100_columns),
                cmocka_unit_test(manual_page_describes_every_option),
                cmocka_unit_test(completions_know_every_option_of_the_help),
                cmocka_unit_test(progress_line_fits_a_terminal_and_adds_up),
                cmocka_unit_test(filter_and_times_choose_packets),
                cmocka_unit_test(wrong_times_are_told),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
