/* The receiver's window: closed, opened unheard, too small. */
#include "tests/support/data_case.h"

/* b's window of 2000 octets fills at 0.1400; a probes it. */
#define FILLED                                                                                                         \
        "0.0000 a>b S  0:0(0)       win 65535 <mss 1000>\n"                                                            \
        "0.0400 b>a S. 0:0(0) ack 1 win 2000 <mss 1000>\n"                                                             \
        "0.0401 a>b .  1:1(0) ack 1\n"                                                                                 \
        "0.1000 a>b .  1:1001(1000) ack 1\n"                                                                           \
        "0.1001 a>b P. 1001:2001(1000) ack 1\n"                                                                        \
        "0.1400 b>a .  1:1(0) ack 2001 win 0\n"                                                                        \
        "0.3500 a>b .  2000:2000(0) ack 1\n"

static void
application_does_not_read(void **state)
{
        struct tv_run *run = tv_run_text(FILLED "0.3900 b>a . 1:1(0) ack 2001 win 0\n"
                                                "1.1400 b>a . 1:1(0) ack 2001 win 2000\n"
                                                "1.1401 a>b P. 2001:3001(1000) ack 1\n"
                                                "1.1801 b>a . 1:1(0) ack 3001 win 2000\n",
                                         NULL);
        const struct tv_finding *f = only(run, "data.zero-window", TV_B, 1, TV_BLAME_B, "6 9");

        (void)state;
        assert_int_equal(f->severity, TV_NOTICE);
        assert_int_equal(f->confidence, TV_CERTAIN);
        said(run, f->what, "b's receive buffer was full once, 1.000 s in all");
        said(run, f->what, "a probed once");
        said(run, f->advice, "ss -tm 'sport = :80'");
        tv_run_free(run);
}

static void
still_closed_at_the_end(void **state)
{
        struct tv_run *run = tv_run_text(FILLED "0.3900 b>a . 1:1(0) ack 2001 win 0\n"
                                                "0.8500 a>b . 2000:2000(0) ack 1\n"
                                                "0.8900 b>a . 1:1(0) ack 2001 win 0\n",
                                         NULL);
        const struct tv_finding *f = only(run, "data.zero-window", TV_B, 1, TV_BLAME_B, "6");

        (void)state;
        said(run, f->what, "0.750 s in all, 0.750 s at most, and still is; a probed twice");
        tv_run_free(run);
}

/* Only the answer to the probe says that the window is open: the update before it died. */
static void
update_died(void **state)
{
        struct tv_run *run = tv_run_text(FILLED "0.3900 b>a . 1:1(0) ack 2001 win 2000\n"
                                                "0.3901 a>b P. 2001:3001(1000) ack 1\n"
                                                "0.4301 b>a . 1:1(0) ack 3001 win 2000\n",
                                         NULL);

        (void)state;
        EXPECT_FINDINGS(run, 0, "data.zero-window data.window-update-lost");
        /* or the capture alone missed it */
        assert_int_equal(tv_run_finding(run, 0, "data.window-update-lost")->confidence, TV_POSSIBLE);
        assert_int_equal(tv_run_finding(run, 0, "data.window-update-lost")->end, TV_B);
        tv_run_free(run);
}

/* The update passes at 1.1400 and dies behind the capture point: a, which would have gone on 0.1 ms later, probes
 * again, and goes on with the answer. */
static void
update_died_behind_the_capture_point(void **state)
{
        struct tv_run *run = tv_run_text(FILLED "0.3900 b>a . 1:1(0) ack 2001 win 0\n"
                                                "1.1400 b>a . 1:1(0) ack 2001 win 2000\n"
                                                "1.2000 a>b . 2000:2000(0) ack 1\n"
                                                "1.2400 b>a . 1:1(0) ack 2001 win 2000\n"
                                                "1.2401 a>b P. 2001:3001(1000) ack 1\n"
                                                "1.2801 b>a . 1:1(0) ack 3001 win 2000\n",
                                         NULL);
        const struct tv_finding *f;

        (void)state;
        EXPECT_FINDINGS(run, 0, "data.zero-window data.window-update-lost");
        f = tv_run_finding(run, 0, "data.window-update-lost");
        assert_int_equal(f->confidence, TV_CERTAIN);
        assert_int_equal(f->blame, TV_BLAME_NETWORK);
        assert_int_equal(f->end, TV_B);
        assert_int_equal(f->time - TV_EXPECT_START, 1140000000);
        said(run, f->what, "died behind this capture point, 1 time: a went on probing");
        said(run, f->what, "0.100 s late");
        assert_int_equal(tv_run_row(run, 10)->data_class, TV_DATA_WINDOW_PROBE);
        said(run, tv_run_finding(run, 0, "data.zero-window")->what, "1.000 s in all");
        tv_run_free(run);
}

/* The same, but a says nothing new when it is answered: it has nothing to send, and that it had not heard of the open
 * window, nothing tells. */
static void
idle_sender_need_not_have_missed_the_update(void **state)
{
        struct tv_run *run = tv_run_text(FILLED "0.3900 b>a . 1:1(0) ack 2001 win 0\n"
                                                "1.1400 b>a . 1:1(0) ack 2001 win 2000\n"
                                                "1.2000 a>b . 2000:2000(0) ack 1\n"
                                                "1.2400 b>a . 1:1(0) ack 2001 win 2000\n"
                                                "1.4401 a>b P. 2001:3001(1000) ack 1\n"
                                                "1.4801 b>a . 1:1(0) ack 3001 win 2000\n",
                                         NULL);

        (void)state;
        EXPECT_FINDINGS(run, 0, "data.zero-window");
        tv_run_free(run);
}

/* b answered no probe at 0.8500 (RFC 5961 section 7 lets it be silent); what opens the window 0.7 s later is no answer.
 */
static void
late_update_is_no_answer_to_a_probe(void **state)
{
        struct tv_run *run = tv_run_text(FILLED "0.3900 b>a . 1:1(0) ack 2001 win 0\n"
                                                "0.8500 a>b . 2000:2000(0) ack 1\n"
                                                "1.5500 b>a . 1:1(0) ack 2001 win 2000\n"
                                                "1.5501 a>b P. 2001:3001(1000) ack 1\n"
                                                "1.5901 b>a . 1:1(0) ack 3001 win 2000\n",
                                         NULL);

        (void)state;
        EXPECT_FINDINGS(run, 0, "data.zero-window");
        assert_int_equal(tv_run_row(run, 10)->ack_class, TV_ACK_WINDOW_UPDATE);
        tv_run_free(run);
}

/* The first probe comes only after the window was opened again, which a has not heard of. */
static void
update_died_before_any_probe(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)       win 65535 <mss 1000>\n"
                                         "0.0400 b>a S. 0:0(0) ack 1 win 2000 <mss 1000>\n"
                                         "0.0401 a>b .  1:1(0) ack 1\n"
                                         "0.1000 a>b .  1:1001(1000) ack 1\n"
                                         "0.1001 a>b P. 1001:2001(1000) ack 1\n"
                                         "0.1400 b>a .  1:1(0) ack 2001 win 0\n"
                                         "0.2000 b>a .  1:1(0) ack 2001 win 2000\n"
                                         "0.3500 a>b .  2000:2000(0) ack 1\n"
                                         "0.3900 b>a .  1:1(0) ack 2001 win 2000\n"
                                         "0.3901 a>b P. 2001:3001(1000) ack 1\n"
                                         "0.4301 b>a .  1:1(0) ack 3001 win 2000\n",
                                         NULL);

        (void)state;
        assert_int_equal(tv_run_row(run, 8)->data_class, TV_DATA_WINDOW_PROBE);
        assert_int_equal(tv_run_findings(run, 0, "data.window-update-lost"), 1);
        assert_int_equal(tv_run_findings(run, 0, "data.keepalive-alive"), 0);
        tv_run_free(run);
}

/* The window closed with the last octet, and nobody waits for it. */
static void
nobody_waits(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)       win 65535 <mss 1000>\n"
                                         "0.0400 b>a S. 0:0(0) ack 1 win 2000 <mss 1000>\n"
                                         "0.0401 a>b .  1:1(0) ack 1\n"
                                         "0.1000 a>b .  1:1001(1000) ack 1\n"
                                         "0.1001 a>b P. 1001:2001(1000) ack 1\n"
                                         "0.1400 b>a .  1:1(0) ack 2001 win 0\n"
                                         "0.1402 b>a .  1:1(0) ack 2001 win 2000\n",
                                         NULL);

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "data."), 0);
        tv_run_free(run);
}

/* b allows 2000 octets, each time a round trip after a has used them up. */
static void
small_window_on_a_long_path(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)       win 65535 <mss 1000>\n"
                                         "0.0400 b>a S. 0:0(0) ack 1 win 2000 <mss 1000>\n"
                                         "0.0401 a>b .  1:1(0) ack 1\n"
                                         "0.1000 a>b .  1:1001(1000) ack 1\n"
                                         "0.1001 a>b .  1001:2001(1000) ack 1\n"
                                         "0.1401 b>a .  1:1(0) ack 2001 win 2000\n"
                                         "0.1402 a>b .  2001:3001(1000) ack 1\n"
                                         "0.1403 a>b .  3001:4001(1000) ack 1\n"
                                         "0.1803 b>a .  1:1(0) ack 4001 win 2000\n"
                                         "0.1804 a>b .  4001:5001(1000) ack 1\n"
                                         "0.1805 a>b .  5001:6001(1000) ack 1\n"
                                         "0.2205 b>a .  1:1(0) ack 6001 win 2000\n"
                                         "0.2206 a>b .  6001:7001(1000) ack 1\n"
                                         "0.2606 b>a .  1:1(0) ack 7001 win 2000\n",
                                         NULL);
        const struct tv_finding *f = only(run, "data.window-limited", TV_B, 3, TV_BLAME_B, "5 6 8 9 11 12");

        (void)state;
        said(run, f->what,
             "a filled b's window of 2000 octets 3 times and waited 0.120 s in all: at a round trip of 40.1 ms");
        tv_run_free(run);
}

/* The only round trip of a that shows here, of its SYN-ACK, is far too long; b takes octets before its application has
 * read those before, and allows more 0.2 ms later. */
static void
waits_are_no_longer_than_the_connection(void **state)
{
        char text[8192];
        size_t n = 0;
        struct tv_run *run;
        const struct tv_finding *f;

        n += (size_t)snprintf(text, sizeof text,
                              "0.0000 a>b S  0:0(0)       win 8000 <mss 1000>\n"
                              "0.0005 b>a S. 0:0(0) ack 1 win 4000 <mss 1000>\n"
                              "0.0700 a>b .  1:1(0) ack 1\n");
        for (unsigned i = 0; i < 40; i++) {
                unsigned at = 1 + 4000 * i;
                double now = 0.1 + 0.006 * i;

                n += (size_t)snprintf(text + n, sizeof text - n,
                                      "%.4f a>b .  %u:%u(2000) ack 1\n"
                                      "%.4f a>b .  %u:%u(2000) ack 1\n"
                                      "%.4f b>a .  1:1(0) ack %u win 1500\n"
                                      "%.4f b>a .  1:1(0) ack %u win 4000\n",
                                      now, at, at + 2000, now + 0.001, at + 2000, at + 4000, now + 0.004, at + 4000,
                                      now + 0.0042, at + 4000);
        }
        run = tv_run_text(text, NULL);
        f = tv_run_finding(run, 0, "data.window-limited");
        (void)state;
        assert_non_null(f);
        /* From one burst of a to the next are 5 ms; where the last wait ended, nothing shows. */
        said(run, f->what, "a filled b's window of 4000 octets 40 times and waited 0.268 s in all");
        assert_null(strstr(f->what, "slowly"));
        tv_run_free(run);
}

/* The window would allow more: a has no more to say. */
static void
request_and_reply_is_not_limited(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)       win 65535 <mss 1000>\n"
                                         "0.0400 b>a S. 0:0(0) ack 1 win 20000 <mss 1000>\n"
                                         "0.0401 a>b .  1:1(0) ack 1\n"
                                         "0.1000 a>b P. 1:1001(1000) ack 1\n"
                                         "0.1400 b>a .  1:1(0) ack 1001 win 20000\n"
                                         "0.1401 a>b P. 1001:2001(1000) ack 1\n"
                                         "0.1801 b>a .  1:1(0) ack 2001 win 20000\n"
                                         "0.1802 a>b P. 2001:3001(1000) ack 1\n"
                                         "0.2202 b>a .  1:1(0) ack 3001 win 20000\n"
                                         "0.2203 a>b P. 3001:4001(1000) ack 1\n"
                                         "0.2603 b>a .  1:1(0) ack 4001 win 20000\n",
                                         NULL);

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "data."), 0);
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(application_does_not_read),
                cmocka_unit_test(still_closed_at_the_end),
                cmocka_unit_test(update_died),
                cmocka_unit_test(update_died_before_any_probe),
                cmocka_unit_test(update_died_behind_the_capture_point),
                cmocka_unit_test(idle_sender_need_not_have_missed_the_update),
                cmocka_unit_test(late_update_is_no_answer_to_a_probe),
                cmocka_unit_test(nobody_waits),
                cmocka_unit_test(small_window_on_a_long_path),
                cmocka_unit_test(waits_are_no_longer_than_the_connection),
                cmocka_unit_test(request_and_reply_is_not_limited),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
