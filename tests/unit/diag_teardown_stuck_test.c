/* Closes that do not end, take long or go one way: whose fault, and the rival that must win instead. */
#include "tests/support/data_case.h"

/* Other connections, so that the capture goes on and says so without a pause. */
#define LATER(at, n)                                                                                                   \
        at ".000 a" n ">b" n " S  0:0(0)       win 65535 <mss 1000>\n" at ".040 b" n ">a" n                            \
           " S. 0:0(0) ack 1 win 65535 <mss 1000>\n" at ".041 a" n ">b" n " .  1:1(0) ack 1\n"
#define A_MINUTE_AND_MORE LATER("30", "2") LATER("60", "3") LATER("90", "4")
#define HALF_A_MINUTE     LATER("30", "2")

#define A_CLOSES                                                                                                       \
        "0.1000 a>b F. 1001:1001(0) ack 1 <TS val 1100 ecr 9050>\n"                                                    \
        "0.1400 b>a .  1:1(0) ack 1002 <TS val 9100 ecr 1100>\n"

static void
expect_codes(const char *text, const char *codes)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        EXPECT_FINDINGS(run, 0, codes);
        tv_run_free(run);
}

static void
end_that_never_closes_is_stuck(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER A_CLOSES A_MINUTE_AND_MORE, NULL);
        const struct tv_finding *f = only(run, "teardown.close-wait-stuck", TV_B, 1, TV_BLAME_B, "6 7");

        (void)state;
        assert_int_equal(f->severity, TV_WARNING);
        assert_int_equal(f->time - TV_EXPECT_START, 100000000);
        said(run, f->what, "a closed; b acknowledged that and has not closed for 89.941 s: CLOSE_WAIT");
        said(run, f->what, "it never sent a byte: not accepted, or never read");
        said(run, f->advice, "ss -tanp state close-wait 'sport = :80'");
        tv_run_free(run);
}

static void
what_it_did_before_is_told(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.0950 b>a P. 1:101(100) ack 1001 <TS val 9055 ecr 1050>\n"
                                                   "0.0951 a>b .  1001:1001(0) ack 101 <TS val 1095 ecr 9055>\n"
                                                   "0.1000 a>b F. 1001:1001(0) ack 101 <TS val 1100 ecr 9055>\n"
                                                   "0.1400 b>a .  101:101(0) ack 1002 <TS val 9100 ecr "
                                                   "1100>\n" A_MINUTE_AND_MORE,
                                         NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "teardown.close-wait-stuck");

        (void)state;
        assert_non_null(f);
        said(run, f->what, "it answered what came, and then ignored the end of the stream");
        tv_run_free(run);
}

/* The last two segments of a close that b began look the same, but for what came before. */
static void
end_that_may_have_closed_before_the_capture_is_not_stuck(void **state)
{
        struct tv_run *run = tv_run_text("0.1000 a>b F. 1001:1001(0) ack 1 <TS val 1100 ecr 9050>\n"
                                         "0.1400 b>a .  1:1(0) ack 1002 <TS val 9100 ecr 1100>\n" A_MINUTE_AND_MORE,
                                         NULL);

        (void)state;
        EXPECT_FINDINGS(run, 0, "teardown.open-at-end");
        assert_int_equal(tv_run_finding(run, 0, "teardown.open-at-end")->confidence, TV_POSSIBLE);
        said(run, tv_run_finding(run, 0, "teardown.open-at-end")->what, "unless it had before the capture began");
        tv_run_free(run);
        /* That a still sends its data says a little for it, and octets of b all. */
        run = tv_run_text("0.0500 a>b P. 1:1001(1000) ack 1\n"
                          "0.0900 b>a .  1:1(0) ack 1001\n" A_CLOSES A_MINUTE_AND_MORE,
                          NULL);
        assert_int_equal(tv_run_finding(run, 0, "teardown.close-wait-stuck")->confidence, TV_POSSIBLE);
        tv_run_free(run);
        run = tv_run_text("0.0900 b>a P. 1:101(100) ack 1001\n"
                          "0.1000 a>b F. 1001:1001(0) ack 101\n"
                          "0.1400 b>a .  101:101(0) ack 1002\n" A_MINUTE_AND_MORE,
                          NULL);
        assert_int_equal(tv_run_finding(run, 0, "teardown.close-wait-stuck")->confidence, TV_LIKELY);
        tv_run_free(run);
}

/* At a, b's FIN may have died on the way each time it was sent; at b it would be in the file. */
static void
only_at_its_own_host_it_is_certain_that_an_end_does_not_close(void **state)
{
        struct tv_run *at_a = tv_run_text(AT_SENDER A_CLOSES A_MINUTE_AND_MORE, NULL);
        struct tv_run *at_b = tv_run_text(AT_RECEIVER "0.1000 a>b F. 1001:1001(0) ack 1 <TS val 1080 ecr 9070>\n"
                                                      "0.1001 b>a .  1:1(0) ack 1002 <TS val 9120 ecr "
                                                      "1080>\n" A_MINUTE_AND_MORE,
                                          NULL);
        const struct tv_finding *far = only(at_a, "teardown.close-wait-stuck", TV_B, 1, TV_BLAME_B, "6 7");
        const struct tv_finding *near = only(at_b, "teardown.close-wait-stuck", TV_B, 1, TV_BLAME_B, "6 7");

        (void)state;
        assert_int_equal(far->confidence, TV_LIKELY);
        said(at_a, far->not_, "a path that swallows each copy");
        assert_int_equal(near->confidence, TV_CERTAIN);
        assert_null(strstr(near->not_, "swallows"));
        tv_run_free(at_a);
        tv_run_free(at_b);
}

/* Less than a minute is no proof: open when the capture ends. */
static void
half_a_minute_is_open_at_the_end(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER A_CLOSES HALF_A_MINUTE, NULL);
        const struct tv_finding *f = only(run, "teardown.open-at-end", TV_NO_END, 1, TV_BLAME_UNKNOWN, "7");

        (void)state;
        assert_int_equal(f->severity, TV_INFO);
        said(run, f->what, "29.901 s after its last segment: a is in FIN_WAIT_2, b in CLOSE_WAIT: b has the FIN of a");
        tv_run_free(run);
}

static void
established_to_the_end_is_told_as_that(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER, NULL);

        (void)state;
        EXPECT_FINDINGS(run, 0, "teardown.open-at-end");
        said(run, tv_run_finding(run, 0, "teardown.open-at-end")->what, "a is in ESTABLISHED, b in ESTABLISHED");
        tv_run_free(run);
        run = tv_run_text(AT_SENDER A_CLOSES "0.1500 b>a F. 1:1(0) ack 1002 <TS val 9110 ecr 1100>\n"
                                             "0.1501 a>b . 1002:1002(0) ack 2 <TS val 1150 ecr 9110>\n",
                          NULL);
        assert_int_equal(tv_run_all_findings(run, "teardown."), 0);
        tv_run_free(run);
}

#define UNANSWERED_FIN                                                                                                 \
        "0.1000 a>b F. 1001:1001(0) ack 1 <TS val 1100 ecr 9050>\n"                                                    \
        "0.3500 a>b F. 1001:1001(0) ack 1 <TS val 1350 ecr 9050>\n"                                                    \
        "0.8500 a>b F. 1001:1001(0) ack 1 <TS val 1850 ecr 9050>\n"                                                    \
        "1.8500 a>b F. 1001:1001(0) ack 1 <TS val 2850 ecr 9050>\n"                                                    \
        "3.8500 a>b F. 1001:1001(0) ack 1 <TS val 4850 ecr 9050>\n"

static void
fin_that_nobody_acknowledges(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER UNANSWERED_FIN A_MINUTE_AND_MORE, NULL);
        const struct tv_finding *f = only(run, "teardown.fin-wait-1-stuck", TV_A, 4, TV_BLAME_UNKNOWN, "5 6 10");

        (void)state;
        said(run, f->what, "repeated it 4 times in 3.750 s");
        said(run, f->what, "a is in FIN_WAIT_1 for 89.941 s");
        tv_run_free(run);
        /* Data is unanswered as well: another finding. */
        run = tv_run_text(AT_SENDER "0.1000 a>b FP. 1001:1101(100) ack 1 <TS val 1100 ecr 9050>\n"
                                    "0.3500 a>b FP. 1001:1101(100) ack 1 <TS val 1350 ecr 9050>\n"
                                    "0.8500 a>b FP. 1001:1101(100) ack 1 <TS val 1850 ecr 9050>\n"
                                    "1.8500 a>b FP. 1001:1101(100) ack 1 <TS val 2850 ecr 9050>\n" A_MINUTE_AND_MORE,
                          NULL);
        EXPECT_FINDINGS(run, 0, "data.retries-exhausted");
        tv_run_free(run);
}

static void
second_fin_that_nobody_acknowledges(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.0950 b>a F. 1:1(0) ack 1001 <TS val 9055 ecr 1050>\n"
                                                   "0.1000 a>b F. 1001:1001(0) ack 2 <TS val 1100 ecr 9055>\n"
                                                   "0.3500 a>b F. 1001:1001(0) ack 2 <TS val 1350 ecr 9055>\n"
                                                   "0.8500 a>b F. 1001:1001(0) ack 2 <TS val 1850 ecr 9055>\n"
                                                   "1.8500 a>b F. 1001:1001(0) ack 2 <TS val 2850 ecr "
                                                   "9055>\n" A_MINUTE_AND_MORE,
                                         NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "teardown.last-ack-stuck");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->count, 3);
        assert_int_equal(f->end, TV_A);
        said(run, f->what, "a is in LAST_ACK");
        assert_int_equal(tv_run_findings(run, 0, "teardown.fin-wait-1-stuck"), 0);
        tv_run_free(run);
}

static void
peer_that_acknowledges_the_fin_and_falls_silent(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_SENDER A_CLOSES LATER("30", "2") "40.100 a>b . 1001:1001(0) ack 1 <TS val 41100 ecr "
                                                                "9100>\n"
                                                                "50.100 a>b . 1001:1001(0) ack 1 <TS val 51100 ecr "
                                                                "9100>\n" LATER("60", "3") LATER("90", "4"),
                            NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "teardown.fin-wait-2-stuck");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->count, 2);
        said(run, f->what, "no answer to 2 probes");
        assert_int_equal(tv_run_findings(run, 0, "teardown.close-wait-stuck"), 0);
        tv_run_free(run);
        /* Three probes or more into silence are a peer that vanished: here that is told already. */
        expect_codes(AT_SENDER A_CLOSES LATER("10", "5") "20.100 a>b . 1001:1001(0) ack 1 <TS val 21100 ecr 9100>\n"
                                                         "30.100 a>b . 1001:1001(0) ack 1 <TS val 31100 ecr 9100>\n"
                                                         "40.100 a>b . 1001:1001(0) ack 1 <TS val 41100 ecr 9100>\n"
                                                         "50.100 a>b . 1001:1001(0) ack 1 <TS val 51100 ecr "
                                                         "9100>\n" LATER("60", "3") LATER("90", "4"),
                     "teardown.fin-wait-2-stuck");
}

static void
end_that_goes_on_after_a_reset_that_died(void **state)
{
        struct tv_run *run = tv_run_text(AT_RECEIVER "0.1000 b>a R. 1:1(0) ack 1001 <TS val 9120 ecr 1050>\n"
                                                     "0.5000 a>b P. 1001:1101(100) ack 1 <TS val 1500 ecr 9070>\n"
                                                     "0.7500 a>b P. 1001:1101(100) ack 1 <TS val 1750 ecr 9070>\n"
                                                     "1.2500 a>b P. 1001:1101(100) ack 1 <TS val 2250 ecr 9070>\n",
                                         NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "teardown.one-end-gone");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->end, TV_A);
        assert_int_equal(f->count, 3);
        said(run, f->what, "b reset the connection and is gone; a still believes in it (ESTABLISHED) and sent 3 more");
        tv_run_free(run);
        /* What was under way when the reset was sent shows nothing. */
        expect_codes(AT_RECEIVER "0.1000 b>a R. 1:1(0) ack 1001 <TS val 9120 ecr 1050>\n"
                                 "0.1200 a>b P. 1001:1101(100) ack 1 <TS val 1120 ecr 9070>\n",
                     "reset.abort");
}

static void
one_direction_closed_and_the_other_used(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER A_CLOSES "0.5000 b>a P. 1:501(500) ack 1002 <TS val 9460 ecr 1100>\n"
                                                            "0.5001 a>b . 1002:1002(0) ack 501 <TS val 1500 ecr 9460>\n"
                                                            "2.0000 b>a F. 501:501(0) ack 1002 <TS val 10960 ecr "
                                                            "1500>\n"
                                                            "2.0001 a>b . 1002:1002(0) ack 502 <TS val 3000 ecr "
                                                            "10960>\n",
                                         NULL);
        const struct tv_finding *f = only(run, "teardown.half-close", TV_A, 1, TV_BLAME_UNKNOWN, "6 7 10");

        (void)state;
        said(run, f->what, "a closed its direction and took 500 octets more");
        tv_run_free(run);
        /* b resets instead of closing: nothing is open then. */
        run = tv_run_text(AT_SENDER A_CLOSES "0.5000 b>a P. 1:501(500) ack 1002 <TS val 9460 ecr 1100>\n"
                                             "0.5001 a>b .  1002:1002(0) ack 501 <TS val 1500 ecr 9460>\n"
                                             "0.6000 b>a R. 501:501(0) ack 1002\n",
                          NULL);
        assert_non_null(tv_run_finding(run, 0, "teardown.half-close"));
        said(run, tv_run_finding(run, 0, "teardown.half-close")->what, "; the other direction ended by a reset");
        tv_run_free(run);
        expect_codes(AT_SENDER A_CLOSES "0.5000 b>a P. 1:501(500) ack 1002 <TS val 9460 ecr 1100>\n"
                                        "0.5001 a>b R 1002:1002(0)\n",
                     "teardown.data-after-close");
        /* A client that closes at once: b's SYN comes after its FIN, and is no octet. */
        run = tv_run_text("0.0000 a>b S 0:0(0) win 65535 <mss 1000>\n"
                          "0.0100 a>b F 0:0(0) win 65535\n"
                          "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1000>\n"
                          "0.0401 a>b F. 0:0(0) ack 1\n"
                          "0.0800 b>a R 1:1(0)\n",
                          NULL);
        assert_int_equal(tv_run_findings(run, 0, "teardown.half-close"), 0);
        tv_run_free(run);
}

static void
end_that_closes_late(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER A_CLOSES "5.1400 b>a F. 1:1(0) ack 1002 <TS val 14100 ecr 1100>\n"
                                                            "5.1401 a>b . 1002:1002(0) ack 2 <TS val 6140 ecr "
                                                            "14100>\n",
                                         NULL);
        const struct tv_finding *f = only(run, "teardown.slow-close", TV_B, 1, TV_BLAME_B, "6 7 8");

        (void)state;
        said(run, f->what, "b acknowledged the FIN of a, and closed 5.000 s later");
        tv_run_free(run);
        expect_codes(AT_SENDER A_CLOSES "0.6400 b>a F. 1:1(0) ack 1002 <TS val 9600 ecr 1100>\n"
                                        "0.6401 a>b . 1002:1002(0) ack 2 <TS val 1640 ecr 9600>\n",
                     "");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(end_that_never_closes_is_stuck),
                cmocka_unit_test(what_it_did_before_is_told),
                cmocka_unit_test(end_that_may_have_closed_before_the_capture_is_not_stuck),
                cmocka_unit_test(only_at_its_own_host_it_is_certain_that_an_end_does_not_close),
                cmocka_unit_test(half_a_minute_is_open_at_the_end),
                cmocka_unit_test(established_to_the_end_is_told_as_that),
                cmocka_unit_test(fin_that_nobody_acknowledges),
                cmocka_unit_test(second_fin_that_nobody_acknowledges),
                cmocka_unit_test(peer_that_acknowledges_the_fin_and_falls_silent),
                cmocka_unit_test(end_that_goes_on_after_a_reset_that_died),
                cmocka_unit_test(one_direction_closed_and_the_other_used),
                cmocka_unit_test(end_that_closes_late),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
