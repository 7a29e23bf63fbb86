/* What befalls the end that closes first: late data, timers, and a TIME_WAIT prolonged, missing or cut short. */
#include "tests/support/data_case.h"

#define LATER(at, n)                                                                                                   \
        at ".000 a" n ">b" n " S  0:0(0)       win 65535 <mss 1000>\n" at ".040 b" n ">a" n                            \
           " S. 0:0(0) ack 1 win 65535 <mss 1000>\n" at ".041 a" n ">b" n " .  1:1(0) ack 1\n"

#define A_CLOSES                                                                                                       \
        "0.1000 a>b F. 1001:1001(0) ack 1 <TS val 1100 ecr 9050>\n"                                                    \
        "0.1400 b>a .  1:1(0) ack 1002 <TS val 9100 ecr 1100>\n"
#define B_CLOSES                                                                                                       \
        "0.2000 b>a F. 1:1(0) ack 1002 <TS val 9160 ecr 1100>\n"                                                       \
        "0.2001 a>b .  1002:1002(0) ack 2 <TS val 1200 ecr 9160>\n"

static void
expect_codes(const char *text, const char *codes)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        EXPECT_FINDINGS(run, 0, codes);
        tv_run_free(run);
}

static void
data_for_an_end_that_has_closed(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER A_CLOSES "0.5000 b>a P. 1:501(500) ack 1002 <TS val 9460 ecr 1100>\n"
                                                            "0.5001 a>b R 1002:1002(0)\n",
                                         NULL);
        const struct tv_finding *f = only(run, "teardown.data-after-close", TV_A, 1, TV_BLAME_A, "6 7 8 9");

        (void)state;
        said(run, f->what, "0.400 s after its FIN it met 500 octets of b, which nobody could read any more, with a");
        tv_run_free(run);
        /* The FIN behind them is no octet. */
        run = tv_run_text(AT_SENDER A_CLOSES "0.5000 b>a FP. 1:501(500) ack 1002 <TS val 9460 ecr 1100>\n"
                                             "0.5001 a>b R 1002:1002(0)\n",
                          NULL);
        said(run, tv_run_finding(run, 0, "teardown.data-after-close")->what, "it met 500 octets of b");
        tv_run_free(run);
        /* a closes since nothing comes through: that is not a's fault. */
        run = tv_run_text(AT_SENDER "0.1000 a>b P. 1001:1101(100) ack 1 <TS val 1100 ecr 9050>\n"
                                    "0.3500 a>b P. 1001:1101(100) ack 1 <TS val 1350 ecr 9050>\n"
                                    "0.8500 a>b P. 1001:1101(100) ack 1 <TS val 1850 ecr 9050>\n"
                                    "1.8500 a>b P. 1001:1101(100) ack 1 <TS val 2850 ecr 9050>\n"
                                    "3.1000 a>b F. 1101:1101(0) ack 1 <TS val 4100 ecr 9050>\n"
                                    "5.0000 b>a P. 1:51(50) ack 1001 <TS val 13960 ecr 1050>\n"
                                    "5.0001 a>b R 1102:1102(0)\n",
                          NULL);
        assert_int_equal(tv_run_finding(run, 0, "teardown.data-after-close")->blame, TV_BLAME_UNKNOWN);
        said(run, tv_run_finding(run, 0, "teardown.data-after-close")->what,
             "It closed when its own data had met silence for 3.000 s");
        tv_run_free(run);
        /* A FIN is no octet. */
        run = tv_run_text(AT_SENDER A_CLOSES "0.5000 b>a FP. 1:501(500) ack 1002 <TS val 9460 ecr 1100>\n"
                                             "0.5001 a>b R 1002:1002(0)\n",
                          NULL);
        assert_non_null(tv_run_finding(run, 0, "teardown.data-after-close"));
        said(run, tv_run_finding(run, 0, "teardown.data-after-close")->what,
             "it met 500 octets of b, which nobody could read any more");
        tv_run_free(run);
        /* A FIN alone brings nothing that is lost. */
        expect_codes(AT_SENDER A_CLOSES "0.5000 b>a F. 1:1(0) ack 1002 <TS val 9460 ecr 1100>\n"
                                        "0.5001 a>b R 1002:1002(0)\n",
                     "reset.after-close");
}

static void
answer_later_than_fin_wait_2_lasts(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_SENDER A_CLOSES LATER("30", "2") LATER("60", "3") "70.100 b>a P. 1:501(500) ack 1002 "
                                                                                 "<TS val 79060 ecr 1100>\n"
                                                                                 "70.101 a>b R 1002:1002(0)\n",
                            NULL);
        const struct tv_finding *f = only(run, "teardown.fin-wait-2-timeout", TV_A, 1, TV_BLAME_B, "6 7 14 15");

        (void)state;
        said(run, f->what, "69.961 s after the acknowledgment of its own");
        tv_run_free(run);
        expect_codes(AT_SENDER A_CLOSES LATER("30", "2") "40.100 b>a P. 1:501(500) ack 1002 <TS val 49060 ecr 1100>\n"
                                                         "40.101 a>b R 1002:1002(0)\n",
                     "teardown.data-after-close");
}

/* b sends on; a, which has answered nothing, closes in the middle of it. */
static void
fin_in_the_middle_of_the_dialogue(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 b>a .  1:1001(1000) ack 1001 <TS val 9060 ecr 1050>\n"
                                                   "0.1001 a>b .  1001:1001(0) ack 1001 <TS val 1100 ecr 9060>\n"
                                                   "0.1050 a>b F. 1001:1001(0) ack 1001 <TS val 1105 ecr 9060>\n"
                                                   "0.1100 b>a .  1001:2001(1000) ack 1001 <TS val 9070 ecr 1050>\n"
                                                   "0.1101 a>b R  1001:1001(0)\n"
                                                   "0.1110 b>a .  2001:3001(1000) ack 1001 <TS val 9071 ecr 1050>\n"
                                                   "0.1111 a>b R  1001:1001(0)\n",
                                         NULL);

        const struct tv_finding *f = tv_run_finding(run, 0, "teardown.process-exit");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->end, TV_A);
        assert_int_equal(f->confidence, TV_POSSIBLE);
        assert_int_equal(f->count, 1);
        said(run, f->what, "a sent a FIN while b was still sending and had no answer; 1000 octets");
        assert_int_equal(tv_run_findings(run, 0, "teardown.data-after-close"), 0);
        tv_run_free(run);
        /* Seen at b: before the first reset comes, b has got the FIN, acknowledged it, and sent more. */
        /* The number 0 in the resets, which acknowledge nothing, lies just ahead of b's. */
        run = tv_run_text("b = 10.0.0.2:80 isn 4294960000\n" AT_RECEIVER
                          "0.1000 b>a .  1:1001(1000) ack 1001 <TS val 9120 ecr 1050>\n"
                          "0.1100 b>a .  1001:2001(1000) ack 1001 <TS val 9130 ecr 1050>\n"
                          "0.1150 a>b F. 1001:1001(0) ack 1 <TS val 1095 ecr 9070>\n"
                          "0.1151 b>a .  2001:2001(0) ack 1002 <TS val 9135 ecr 1095>\n"
                          "0.1200 b>a .  2001:3001(1000) ack 1002 <TS val 9140 ecr 1095>\n"
                          "0.1400 a>b R  1001:1001(0)\n"
                          "0.1500 a>b R  1001:1001(0)\n"
                          "0.1600 a>b R  1002:1002(0)\n",
                          NULL);
        f = tv_run_finding(run, 0, "teardown.process-exit");
        assert_non_null(f);
        assert_int_equal(f->end, TV_A);
        assert_int_equal(tv_run_findings(run, 0, "teardown.data-after-close"), 0);
        tv_run_free(run);
        /* b has said nothing yet when a, which has asked, closes: b's answer comes too late, and interrupts nothing. */
        expect_codes(AT_SENDER "0.0950 a>b F. 1001:1001(0) ack 1 <TS val 1095 ecr 9050>\n"
                               "0.0990 b>a .  1:1001(1000) ack 1001 <TS val 9059 ecr 1050>\n"
                               "0.0991 a>b R  1001:1001(0)\n",
                     "teardown.data-after-close");
        /* The reset acknowledges what it refuses. */
        run = tv_run_text(AT_SENDER A_CLOSES "0.5000 b>a P. 1:93(92) ack 1002 <TS val 9460 ecr 1100>\n"
                                             "0.5001 a>b R. 1002:1002(0) ack 93\n",
                          NULL);
        EXPECT_FINDINGS(run, 0, "teardown.data-after-close");
        said(run, tv_run_finding(run, 0, "teardown.data-after-close")->what, "92 octets");
        tv_run_free(run);
        /* The reset comes before b has acknowledged the FIN. */
        run = tv_run_text(AT_RECEIVER "0.1000 b>a .  1:1001(1000) ack 1001 <TS val 9120 ecr 1050>\n"
                                      "0.1100 b>a .  1001:2001(1000) ack 1001 <TS val 9130 ecr 1050>\n"
                                      "0.1150 a>b F. 1001:1001(0) ack 1 <TS val 1095 ecr 9070>\n"
                                      "0.1180 a>b R  1001:1001(0)\n"
                                      "0.1181 a>b R  1001:1001(0)\n",
                          NULL);
        assert_non_null(tv_run_finding(run, 0, "teardown.process-exit"));
        tv_run_free(run);
        /* b has the FIN and sends all the same. */
        expect_codes(AT_SENDER "0.1000 b>a .  1:1001(1000) ack 1001 <TS val 9060 ecr 1050>\n"
                               "0.1001 a>b .  1001:1001(0) ack 1001 <TS val 1100 ecr 9060>\n"
                               "0.1050 a>b F. 1001:1001(0) ack 1001 <TS val 1105 ecr 9060>\n"
                               "0.1500 b>a .  1001:2001(1000) ack 1002 <TS val 9110 ecr 1105>\n"
                               "0.1501 a>b R  1002:1002(0)\n",
                     "teardown.data-after-close");
}

static void
fin_again_prolongs_time_wait(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_SENDER A_CLOSES B_CLOSES "2.2000 b>a F. 1:1(0) ack 1002 <TS val 11160 ecr 1100>\n"
                                                        "2.2001 a>b .  1002:1002(0) ack 2 <TS val 3200 ecr 11160>\n",
                            NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "teardown.time-wait-restarted");

        (void)state;
        EXPECT_FINDINGS(run, 0, "teardown.ack2-lost teardown.time-wait-restarted");
        assert_int_equal(f->end, TV_A);
        assert_int_equal(f->cause_back, 1);
        said(run, f->what, "the FIN of b came again 2.000 s after the first");
        tv_run_free(run);
        expect_codes(AT_SENDER A_CLOSES B_CLOSES "0.5000 b>a F. 1:1(0) ack 1002 <TS val 9460 ecr 1100>\n"
                                                 "0.5001 a>b .  1002:1002(0) ack 2 <TS val 1500 ecr 9460>\n",
                     "teardown.ack2-lost");
}

static void
reset_where_time_wait_should_be(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_SENDER A_CLOSES B_CLOSES "0.6000 b>a F. 1:1(0) ack 1002 <TS val 9560 ecr 1100>\n"
                                                        "0.6001 a>b R  1002:1002(0)\n",
                            NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "teardown.time-wait-skipped");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->end, TV_A);
        said(run, f->what, "a closed first and should be in TIME_WAIT; 0.500 s after its FIN");
        tv_run_free(run);
        /* However late: what is not there does not begin anew. */
        run = tv_run_text(AT_SENDER A_CLOSES B_CLOSES "2.6000 b>a F. 1:1(0) ack 1002 <TS val 11560 ecr 1100>\n"
                                                      "2.6001 a>b R  1002:1002(0)\n",
                          NULL);
        assert_int_equal(tv_run_findings(run, 0, "teardown.time-wait-skipped"), 1);
        assert_int_equal(tv_run_findings(run, 0, "teardown.time-wait-restarted"), 0);
        tv_run_free(run);
}

static void
old_segment_brings_the_assassin(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.0950 b>a P. 1:101(100) ack 1001 <TS val 9055 ecr 1050> {id 7}\n"
                                                   "0.0951 a>b .  1001:1001(0) ack 101 <TS val 1095 ecr 9055>\n"
                                                   "0.1000 a>b F. 1001:1001(0) ack 101 <TS val 1100 ecr 9055>\n"
                                                   "0.1400 b>a F. 101:101(0) ack 1002 <TS val 9100 ecr 1100>\n"
                                                   "0.1401 a>b .  1002:1002(0) ack 102 <TS val 1140 ecr 9100>\n"
                                                   "0.7500 b>a P. 1:101(100) ack 1001 <TS val 9056 ecr 1050> {id 9}\n"
                                                   "0.7501 a>b .  1002:1002(0) ack 102 <TS val 1750 ecr 9100>\n"
                                                   "0.7900 b>a R  102:102(0)\n",
                                         NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "teardown.time-wait-assassinated");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->end, TV_A);
        assert_int_equal(f->time - TV_EXPECT_START, 750100000);
        assert_int_equal(tv_run_findings(run, 0, "reset.after-close"), 0);
        said(run, f->what, "a was in TIME_WAIT and answered an old segment; b, closed");
        tv_run_free(run);
        /* No old segment: a repeats its FIN, which is acknowledged. */
        run = tv_run_text(AT_SENDER "0.1000 a>b F. 1001:1001(0) ack 1 <TS val 1100 ecr 9050>\n"
                                    "0.1400 b>a F. 1:1(0) ack 1002 <TS val 9100 ecr 1100>\n"
                                    "0.1401 a>b .  1002:1002(0) ack 2 <TS val 1140 ecr 9100>\n"
                                    "0.5000 a>b F. 1001:1001(0) ack 2 <TS val 1500 ecr 9100>\n"
                                    "0.5400 b>a R  2:2(0)\n",
                          NULL);
        f = tv_run_finding(run, 0, "teardown.time-wait-assassinated");
        assert_non_null(f);
        assert_int_equal(f->blame, TV_BLAME_A);
        said(run, f->what, "a was in TIME_WAIT and sent its FIN once more, although that was acknowledged; b, closed");
        tv_run_free(run);
        /* Nor here: its second FIN has the next number. */
        run = tv_run_text(AT_SENDER "0.1000 a>b F. 1001:1001(0) ack 1 <TS val 1100 ecr 9050>\n"
                                    "0.1400 b>a F. 1:1(0) ack 1002 <TS val 9100 ecr 1100>\n"
                                    "0.1401 a>b .  1002:1002(0) ack 2 <TS val 1140 ecr 9100>\n"
                                    "0.1402 a>b F. 1002:1002(0) ack 2 <TS val 1140 ecr 9100>\n"
                                    "0.1802 b>a R  2:2(0)\n",
                          NULL);
        f = tv_run_finding(run, 0, "teardown.time-wait-assassinated");
        assert_non_null(f);
        assert_int_equal(f->blame, TV_BLAME_A);
        said(run, f->what, "a was in TIME_WAIT and sent a segment with numbers behind its own FIN; b, closed");
        tv_run_free(run);
        /* The reset answers the last acknowledgment itself: b was gone before its time. */
        expect_codes(AT_SENDER "0.1000 a>b F. 1001:1001(0) ack 1 <TS val 1100 ecr 9050>\n"
                               "0.1400 b>a F. 1:1(0) ack 1002 <TS val 9100 ecr 1100>\n"
                               "0.1401 a>b .  1002:1002(0) ack 2 <TS val 1140 ecr 9100>\n"
                               "0.1800 b>a R  2:2(0)\n",
                     "reset.after-close");
}

#define AGAIN(at)                                                                                                      \
        "b  = :80    isn 300000000\n"                                                                                  \
        "a2 = :40000 isn 1500000000\n"                                                                                 \
        "b2 = :80    isn 2600000000\n"                                                                                 \
        "0.0000 a>b S  0:0(0)       win 65535 <mss 1000>\n"                                                            \
        "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1000>\n"                                                            \
        "0.0401 a>b .  1:1(0) ack 1\n"                                                                                 \
        "0.0500 a>b F. 1:1(0) ack 1\n"                                                                                 \
        "0.0900 b>a F. 1:1(0) ack 2\n"                                                                                 \
        "0.0901 a>b .  2:2(0) ack 2\n" at

static void
port_used_again_in_time_wait(void **state)
{
        struct tv_run *run = tv_run_text(AGAIN("5.0901 a2>b2 S  0:0(0)       win 65535 <mss 1000>\n"
                                               "5.1300 b2>a2 S. 0:0(0) ack 1 win 65535 <mss 1000>\n"
                                               "5.1301 a2>b2 .  1:1(0) ack 1\n"),
                                         NULL);
        const struct tv_finding *f = only(run, "teardown.time-wait-reuse", TV_A, 1, TV_BLAME_A, "4 6 7");

        (void)state;
        assert_int_equal(f->confidence, TV_LIKELY);
        said(run, f->what, "a was in TIME_WAIT for 5.000 s (of 60 s, as Linux has it) when a SYN");
        tv_run_free(run);
        /* Later than that nothing is cut short. */
        expect_codes(AGAIN("30.000 a3>b3 S 0:0(0) win 65535 <mss 1000>\n"
                           "30.040 b3>a3 R. 0:0(0) ack 1\n"
                           "59.000 a4>b4 S 0:0(0) win 65535 <mss 1000>\n"
                           "59.040 b4>a4 R. 0:0(0) ack 1\n"
                           "65.090 a2>b2 S  0:0(0)       win 65535 <mss 1000>\n"
                           "65.130 b2>a2 S. 0:0(0) ack 1 win 65535 <mss 1000>\n"
                           "65.131 a2>b2 .  1:1(0) ack 1\n"),
                     "");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(data_for_an_end_that_has_closed),
                cmocka_unit_test(answer_later_than_fin_wait_2_lasts),
                cmocka_unit_test(fin_in_the_middle_of_the_dialogue),
                cmocka_unit_test(fin_again_prolongs_time_wait),
                cmocka_unit_test(reset_where_time_wait_should_be),
                cmocka_unit_test(old_segment_brings_the_assassin),
                cmocka_unit_test(port_used_again_in_time_wait),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
