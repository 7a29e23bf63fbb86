#include "analyzer/cli/sysctl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static char message[TV_SYSCTL_MESSAGE];

static bool
read_octets(const char *text, size_t length, struct tv_sysctl *settings)
{
        FILE *in = tmpfile();
        assert_non_null(in);
        assert_int_equal(fwrite(text, 1, length, in), length);
        rewind(in);
        bool good = tv_sysctl_read(in, settings, message);
        fclose(in);
        assert_true(good == (message[0] == '\0'));
        assert_null(strchr(message, '\n'));
        return good;
}

static bool
read_text(const char *text, struct tv_sysctl *settings)
{
        return read_octets(text, strlen(text), settings);
}

static void
what_a_host_says_replaces_the_defaults(void **state)
{
        (void)state;
        struct tv_sysctl s;
        struct tv_profile profile = tv_profile_linux;
        char text[TV_SYSCTL_TEXT];
        assert_true(read_text("kernel.hostname = h\n"
                              "net.core.somaxconn = 128\n"
                              "net.ipv4.ip_local_port_range = 40000\t40059\n"
                              "net.ipv4.tcp_fin_timeout = 20\n"
                              "net.ipv4.tcp_keepalive_intvl = 30\n"
                              "net.ipv4.tcp_keepalive_probes = 4\n"
                              "net.ipv4.tcp_keepalive_time = 600\n"
                              "net.ipv4.tcp_orphan_retries = 0\n"
                              "net.ipv4.tcp_retries2 = 8\n"
                              "net.ipv4.tcp_rmem = 4096\t131072\t6291456\n"
                              "net.ipv4.tcp_rto_min_us = 50000\n"
                              "net.ipv4.tcp_syn_linear_timeouts = 4\n"
                              "net.ipv4.tcp_syn_retries = 2\n"
                              "net.ipv4.tcp_synack_retries=1", /* no space, no end of the line */
                              &s));
        tv_sysctl_apply(&s, &profile);
        assert_int_equal(profile.syn_retries, 2);
        assert_int_equal(profile.syn_linear_retries, 4);
        assert_int_equal(profile.synack_retries, 1);
        assert_int_equal(profile.retries2, 8);
        assert_true(profile.keepalive_time == 600 * SECOND);
        assert_true(profile.keepalive_interval == 30 * SECOND);
        assert_int_equal(profile.keepalive_probes, 4);
        assert_int_equal(profile.orphan_retries, 8); /* what the kernel takes 0 for */
        assert_true(profile.fin_wait_2 == 20 * SECOND);
        assert_true(profile.rto_min == SECOND / 20);
        assert_true(profile.two_msl == 60 * SECOND); /* no setting changes it */
        assert_true(profile.somaxconn.told && profile.somaxconn.value == 128);
        assert_false(profile.max_syn_backlog.told);
        assert_true(profile.port_low.told && profile.port_low.value == 40000);
        assert_true(profile.port_high.told && profile.port_high.value == 40059);
        tv_sysctl_tell(&s, text);
        assert_string_equal(
                text, "tcp_syn_retries 2 (default 6), tcp_synack_retries 1 (default 5), tcp_retries2 8 (default 15), "
                      "tcp_fin_timeout 20 (default 60), tcp_keepalive_time 600 (default 7200), tcp_keepalive_intvl 30 "
                      "(default 75), tcp_keepalive_probes 4 (default 9), tcp_rto_min_us 50000 (default 200000), "
                      "somaxconn 128 (default 4096), ip_local_port_range 40000 to 40059 (default 32768 to 60999)");
}

static void
what_it_does_not_say_stays(void **state)
{
        (void)state;
        struct tv_sysctl s;
        struct tv_profile profile = tv_profile_rfc;
        char text[TV_SYSCTL_TEXT];
        assert_true(read_text("net.ipv4.tcp_syn_retries = 6\n", &s));
        tv_sysctl_apply(&s, &profile);
        assert_true(profile.fin_wait_2 == tv_profile_rfc.fin_wait_2);
        assert_int_equal(profile.orphan_retries, tv_profile_rfc.orphan_retries);
        tv_sysctl_tell(&s, text);
        assert_string_equal(text, "all as by default");
}

static void
of_a_setting_that_comes_twice_the_last_counts(void **state)
{
        (void)state;
        struct tv_sysctl s;
        assert_true(read_text("net.ipv4.tcp_retries2 = 3\r\n\n  net.ipv4.tcp_retries2 = 5  \r\n", &s));
        assert_int_equal(s.value[TV_SYSCTL_RETRIES2], 5);
}

static void
a_value_that_a_setting_cannot_have_is_an_error_with_its_line(void **state)
{
        (void)state;
        static const char *const bad[] = {"", "six", "6 7", "-1", "0x6", "0", "128", "99999999999999999999999", "6;"};
        struct tv_sysctl s;
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                char text[200];
                snprintf(text, sizeof text, "a = b\nnet.ipv4.tcp_syn_retries = %s\n", bad[i]);
                assert_false(read_text(text, &s));
                assert_non_null(strstr(message, "line 2: net.ipv4.tcp_syn_retries is a number from 1 to 127"));
        }
}

static void
other_lines_are_passed_over(void **state)
{
        (void)state;
        struct tv_sysctl s;
        assert_true(read_text("sysctl: permission denied on key 'net.ipv4.tcp_fastopen_key'\n"
                              "net.ipv4.tcp_syn_retries\n"
                              "# net.ipv4.tcp_syn_retries = x\n"
                              "net.ipv4.tcp_syn_retries_x = x\n"
                              "xnet.ipv4.tcp_syn_retries = x\n"
                              "= 4\n"
                              "net.ipv4.tcp_retries2 = 4\n",
                              &s));
        for (int i = 0; i < TV_SYSCTLS; i++)
                assert_true(s.given[i] == (i == TV_SYSCTL_RETRIES2));
}

static void
what_is_no_output_of_sysctl_is_an_error(void **state)
{
        (void)state;
        struct tv_sysctl s;
        assert_false(read_text("", &s));
        assert_false(read_text("kernel.hostname = h\n", &s));
        static const char zeros[3000];
        assert_false(read_octets(zeros, sizeof zeros, &s));
        /* A line that is too long to be taken whole. */
        char text[1000] = "net.ipv4.tcp_retries2 = 4";
        memset(text + 25, ' ', sizeof text - 26);
        assert_false(read_text(text, &s));
        memcpy(text, "kernel.nothing_of_it = 4 ", 25);
        assert_false(read_text(text, &s));

        FILE *in = fopen("/dev/zero", "r");
        if (in != NULL) {
                assert_false(tv_sysctl_read(in, &s, message));
                fclose(in);
        }
}

/* What the kernel's documentation says of its defaults: 127 s and 63 s; 131 s with linear retries. */
static void
an_end_gives_up_when_its_last_wait_is_over(void **state)
{
        (void)state;
        const struct tv_profile *linux_hosts = &tv_profile_linux;
        assert_true(tv_profile_gives_up(linux_hosts, 0, 6) == 127 * SECOND);
        assert_true(tv_profile_gives_up(linux_hosts, 4, 6) == 131 * SECOND);
        assert_true(tv_profile_gives_up(linux_hosts, 0, 5) == 63 * SECOND);
        /* No wait is longer than 120 s. */
        assert_true(tv_profile_gives_up(linux_hosts, 0, 7) == 247 * SECOND);
        assert_true(tv_profile_gives_up(linux_hosts, 127, 255) == (127 + 127 + 249 * 120) * SECOND);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_a_host_says_replaces_the_defaults),
                cmocka_unit_test(what_it_does_not_say_stays),
                cmocka_unit_test(of_a_setting_that_comes_twice_the_last_counts),
                cmocka_unit_test(a_value_that_a_setting_cannot_have_is_an_error_with_its_line),
                cmocka_unit_test(other_lines_are_passed_over),
                cmocka_unit_test(what_is_no_output_of_sysctl_is_an_error),
                cmocka_unit_test(an_end_gives_up_when_its_last_wait_is_over),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
