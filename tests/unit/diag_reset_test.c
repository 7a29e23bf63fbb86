/* What each reset was: phase, acceptability, cause; and the rival that must win instead. */
#include "tests/support/data_case.h"

static void
expect_codes(const char *text, const char *codes)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        EXPECT_FINDINGS(run, 0, codes);
        tv_run_free(run);
}

/* A reset that acknowledges what had come is made by an application. */
static void
reset_with_acknowledgment_is_an_abort(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.3000 a>b R. 1001:1001(0) ack 1\n", NULL);
        const struct tv_finding *f = only(run, "reset.abort", TV_A, 1, TV_BLAME_A, "5 6");

        (void)state;
        assert_int_equal(f->confidence, TV_LIKELY);
        assert_int_equal(f->time - TV_EXPECT_START, 300000000);
        said(run, f->what, "a reset the connection while it was open, 0.210 s after b's last segment");
        tv_run_free(run);
}

static void
window_that_grows_with_the_reset_shows_unread_data(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 b>a P. 1:501(500) ack 1001\n"
                                                   "0.1001 a>b .  1001:1001(0) ack 501 win 1000\n"
                                                   "0.3000 a>b R. 1001:1001(0) ack 501 win 1500\n",
                                         NULL);
        const struct tv_finding *f = only(run, "reset.unread-data", TV_A, 1, TV_BLAME_A, "6 8");

        (void)state;
        said(run, f->what, "0.200 s after the last octets of b; its window grew from 1000 to 1500");
        tv_run_free(run);
        expect_codes(AT_SENDER "0.1000 b>a P. 1:501(500) ack 1001\n"
                               "0.1001 a>b .  1001:1001(0) ack 501 win 1000\n"
                               "0.3000 a>b R. 1001:1001(0) ack 501 win 1000\n",
                     "reset.abort");
        /* 500 octets cannot have taken that room: some load balancers put a code for the reason there. */
        expect_codes(AT_SENDER "0.1000 b>a P. 1:501(500) ack 1001\n"
                               "0.1001 a>b .  1001:1001(0) ack 501 win 928\n"
                               "0.3000 a>b R. 1001:1001(0) ack 501 win 9701\n",
                     "reset.abort");
}

static void
host_without_the_connection_answers_by_a_bare_reset(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "5.0000 a>b P. 1001:1101(100) ack 1 <TS val 6000 ecr 9050>\n"
                                                   "5.0400 b>a R  1:1(0)\n",
                                         NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "reset.half-open-peer");

        (void)state;
        EXPECT_FINDINGS(run, 0, "reset.half-open-peer");
        assert_int_equal(f->end, TV_B);
        assert_int_equal(f->blame, TV_BLAME_B);
        assert_int_equal(f->frame_count, 2);
        assert_int_equal(f->confidence, TV_LIKELY);
        said(run, f->what, "b answered data of a by a reset without acknowledgment number");
        said(run, f->what, "last heard 4.950 s before");
        tv_run_free(run);
        /* It comes long after what it would answer, which is acknowledged: somebody made it. */
        expect_codes(AT_SENDER "5.0400 b>a R  1:1(0)\n", "reset.abort");
        /* It had closed. */
        expect_codes(AT_SENDER "0.2000 b>a F. 1:1(0) ack 1001 <TS val 9160 ecr 1050>\n"
                               "0.2001 a>b .  1001:1001(0) ack 2 <TS val 1200 ecr 9160>\n"
                               "0.5000 a>b P. 1001:1101(100) ack 2 <TS val 1500 ecr 9160>\n"
                               "0.5400 b>a R  2:2(0)\n",
                     "teardown.data-after-close");
}

static void
repetition_that_is_answered_by_a_reset_proves_a_reboot(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 a>b P. 1001:1101(100) ack 1 <TS val 1100 ecr 9050>\n"
                                                   "0.3500 a>b P. 1001:1101(100) ack 1 <TS val 1350 ecr 9050>\n"
                                                   "0.8500 a>b P. 1001:1101(100) ack 1 <TS val 1850 ecr 9050>\n"
                                                   "0.8900 b>a R  1:1(0)\n",
                                         NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "reset.half-open-peer");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->confidence, TV_CERTAIN);
        said(run, f->what, "no FIN or reset of it had come, and it was last heard 0.800 s before");
        said(run, f->not_, "unless a FIN or reset of it died while earlier copies met silence");
        assert_int_equal(f->blame, TV_BLAME_B);
        tv_run_free(run);
        /* After a long silence the path may have been cut, and b, in vain, have closed meanwhile. */
        run = tv_run_text(AT_SENDER "0.1000 a>b P. 1001:1101(100) ack 1 <TS val 1100 ecr 9050>\n"
                                    "0.3500 a>b P. 1001:1101(100) ack 1 <TS val 1350 ecr 9050>\n"
                                    "0.8500 a>b P. 1001:1101(100) ack 1 <TS val 1850 ecr 9050>\n"
                                    "1.8500 a>b P. 1001:1101(100) ack 1 <TS val 2850 ecr 9050>\n"
                                    "3.8500 a>b P. 1001:1101(100) ack 1 <TS val 4850 ecr 9050>\n"
                                    "3.8900 b>a R  1:1(0)\n",
                          NULL);
        f = tv_run_finding(run, 0, "reset.half-open-peer");
        assert_int_equal(f->blame, TV_BLAME_UNKNOWN);
        said(run, f->what, "3 repetitions had met silence");
        tv_run_free(run);
}

/* Begun in the middle: the window is not known, but none is larger than 1 GiB.  What a answers the second reset to is
 * its own acknowledgment. */
static void
reset_beyond_any_window_is_no_end(void **state)
{
        struct tv_run *run = tv_run_text("b = :80 isn 1000\n"
                                         "0.0000 a>b P. 1:101(100) ack @1001 win 26880\n"
                                         "0.0400 b>a .  @1001:@1001(0) ack 101 win 42127\n"
                                         "13.000 b>a R. @1957145151:@1957145151(0) ack 101 win 42127\n"
                                         "13.001 a>b .  101:101(0) ack @1001 win 26880\n"
                                         "13.041 b>a R  @1001:@1001(0)\n",
                                         NULL);

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "reset.abort"), 0);
        assert_int_equal(tv_run_findings(run, 0, "reset.half-open-peer"), 1);
        said(run, tv_run_finding(run, 0, "reset.half-open-peer")->what,
             "a reset of it 0.041 s before had a SEQ that a did not take");
        tv_run_free(run);
}

static void
probe_that_is_answered_by_a_reset(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "10.000 a>b . 1000:1000(0) ack 1 <TS val 11000 ecr 9050>\n"
                                                   "10.040 b>a R 1:1(0)\n",
                                         NULL);
        const struct tv_finding *f = only(run, "reset.keepalive", TV_B, 1, TV_BLAME_B, "6 7");

        (void)state;
        said(run, f->what, "last been heard 9.950 s before");
        tv_run_free(run);
        expect_codes(AT_SENDER "10.000 a>b . 1000:1000(0) ack 1 <TS val 11000 ecr 9050>\n"
                               "10.040 b>a . 1:1(0) ack 1001 <TS val 19000 ecr 11000>\n",
                     "data.keepalive-alive");
}

static void
end_that_waits_in_vain_resets(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 a>b P. 1001:1101(100) ack 1 <TS val 1100 ecr 9050>\n"
                                                   "0.3500 a>b P. 1001:1101(100) ack 1 <TS val 1350 ecr 9050>\n"
                                                   "0.8500 a>b P. 1001:1101(100) ack 1 <TS val 1850 ecr 9050>\n"
                                                   "1.2000 a>b R. 1101:1101(0) ack 1\n",
                                         NULL);
        const struct tv_finding *f = only(run, "reset.timeout", TV_A, 1, TV_BLAME_UNKNOWN, "6 8 9");

        (void)state;
        said(run, f->what, "a sent its data 2 more times, got no answer for 1.100 s");
        tv_run_free(run);
        /* With more repetitions it is told as what it is: given up. */
        expect_codes(AT_SENDER "0.1000 a>b P. 1001:1101(100) ack 1 <TS val 1100 ecr 9050>\n"
                               "0.3500 a>b P. 1001:1101(100) ack 1 <TS val 1350 ecr 9050>\n"
                               "0.8500 a>b P. 1001:1101(100) ack 1 <TS val 1850 ecr 9050>\n"
                               "1.8500 a>b P. 1001:1101(100) ack 1 <TS val 2850 ecr 9050>\n"
                               "3.8500 a>b R. 1101:1101(0) ack 1\n",
                     "data.retries-exhausted");
}

static void
purported_sender_that_goes_on_sent_no_reset(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 b>a R  1:1(0) {ttl 51}\n"
                                                   "0.2000 a>b P. 1001:1101(100) ack 1 <TS val 1200 ecr 9050>\n"
                                                   "0.2400 b>a P. 1:101(100) ack 1101 <TS val 9200 ecr 1200>\n",
                                         NULL);
        const struct tv_finding *f = only(run, "reset.injected", TV_B, 1, TV_BLAME_NETWORK, "2 6 8");

        (void)state;
        assert_int_equal(f->confidence, TV_CERTAIN);
        said(run, f->what, "TTL 51 where b's segments had 64; its purported sender went on");
        tv_run_free(run);
        /* One that is silent from then on did send it. */
        expect_codes(AT_SENDER "0.1000 b>a R. 1:1(0) ack 1001\n"
                               "0.1001 a>b P. 1001:1101(100) ack 1 <TS val 1200 ecr 9050>\n",
                     "reset.abort");
}

static void
both_ends_are_reset_with_another_ttl(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 b>a R. 1:1(0) ack 1001 {ttl 51}\n"
                                                   "0.1001 a>b R. 1001:1001(0) ack 1 {ttl 51}\n",
                                         NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "reset.injected");

        (void)state;
        EXPECT_FINDINGS(run, 0, "reset.injected");
        assert_int_equal(f->count, 2);
        assert_int_equal(f->confidence, TV_LIKELY);
        tv_run_free(run);
}

#define GOES_ON                                                                                                        \
        "0.2000 a>b P. 1001:1101(100) ack 1 <TS val 1200 ecr 9050>\n"                                                  \
        "0.2400 b>a P. 1:101(100) ack 1101 <TS val 9200 ecr 1200>\n"

static void
reset_outside_the_window_has_no_effect(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 b>a R 200001:200001(0)\n" GOES_ON, NULL);
        const struct tv_finding *f = only(run, "reset.ignored", TV_B, 1, TV_BLAME_UNKNOWN, "6 7 8");

        (void)state;
        said(run, f->what, "a SEQ outside the window: a did not act on it");
        tv_run_free(run);
        /* After the last one nobody goes on: whether it was heeded is not known. */
        expect_codes(AT_SENDER "0.1000 b>a R 200001:200001(0)\n", "");
}

static void
reset_inside_the_window_is_challenged(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 b>a R 1201:1201(0)\n"
                                                   "0.1001 a>b . 1001:1001(0) ack 1 <TS val 1100 ecr 9050>\n" GOES_ON,
                                         NULL);
        const struct tv_finding *f = only(run, "reset.challenge-acked", TV_B, 1, TV_BLAME_UNKNOWN, "6 7 8 9");

        (void)state;
        said(run, f->what, "inside the window, but not the next one: a answered with a challenge ACK");
        tv_run_free(run);
        /* The next one ends the connection: the acknowledgment behind it was sent before. */
        expect_codes(AT_SENDER "0.1000 b>a R. 1:1(0) ack 1001\n"
                               "0.1001 a>b . 1001:1001(0) ack 1 <TS val 1100 ecr 9050>\n",
                     "reset.abort");
}

static void
reset_behind_ones_own_fin(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 a>b F. 1001:1001(0) ack 1 <TS val 1100 ecr 9050>\n"
                                                   "0.1400 b>a .  1:1(0) ack 1002 <TS val 9100 ecr 1100>\n"
                                                   "0.5000 a>b R. 1002:1002(0) ack 1\n",
                                         NULL);
        const struct tv_finding *f = only(run, "reset.after-close", TV_A, 1, TV_BLAME_A, "6 8");

        (void)state;
        assert_int_equal(f->severity, TV_INFO);
        said(run, f->what, "after its own FIN, 0.400 s after its FIN");
        tv_run_free(run);
}

/* A copy of the reset that ended the connection before comes into this one. */
static void
reset_of_the_connection_before_is_ignored(void **state)
{
        struct tv_run *run = tv_run_text("a  = :40000 isn 1000000\nb  = :80 isn 2000000\n"
                                         "a2 = :40000 isn 3000000\nb2 = :80 isn 4000000\n"
                                         "0.0000 a>b S  0:0(0)\n0.0001 b>a S. 0:0(0) ack 1\n"
                                         "0.0401 a>b .  1:1(0) ack 1\n0.0500 a>b P. 1:101(100) ack 1\n"
                                         "0.0501 b>a .  1:1(0) ack 101\n0.1000 a>b R. 101:101(0) ack 1\n"
                                         "0.5000 a2>b2 S  0:0(0)\n0.5001 b2>a2 S. 0:0(0) ack 1\n"
                                         "0.5401 a2>b2 .  1:1(0) ack 1\n0.5500 a2>b2 P. 1:101(100) ack 1\n"
                                         "0.5501 b2>a2 .  1:1(0) ack 101\n"
                                         "0.6000 a>b R. 101:101(0) ack 1\n"
                                         "0.7000 a2>b2 P. 101:201(100) ack 1\n0.7001 b2>a2 .  1:1(0) ack 201\n",
                                         NULL);

        (void)state;
        assert_int_equal(run->connection_count, 2);
        EXPECT_FINDINGS(run, 0, "reset.abort");
        EXPECT_FINDINGS(run, 1, "reset.ignored teardown.open-at-end");
        tv_run_free(run);
}

/* A damaged segment is discarded, whatever its flags say. */
static void
damaged_reset_is_none(void **state)
{
        (void)state;
        expect_codes(AT_SENDER "0.1000 b>a R 1:1(0) {badsum}\n" GOES_ON, "");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reset_with_acknowledgment_is_an_abort),
                cmocka_unit_test(window_that_grows_with_the_reset_shows_unread_data),
                cmocka_unit_test(host_without_the_connection_answers_by_a_bare_reset),
                cmocka_unit_test(repetition_that_is_answered_by_a_reset_proves_a_reboot),
                cmocka_unit_test(reset_beyond_any_window_is_no_end),
                cmocka_unit_test(probe_that_is_answered_by_a_reset),
                cmocka_unit_test(end_that_waits_in_vain_resets),
                cmocka_unit_test(purported_sender_that_goes_on_sent_no_reset),
                cmocka_unit_test(both_ends_are_reset_with_another_ttl),
                cmocka_unit_test(reset_outside_the_window_has_no_effect),
                cmocka_unit_test(reset_inside_the_window_is_challenged),
                cmocka_unit_test(reset_behind_ones_own_fin),
                cmocka_unit_test(reset_of_the_connection_before_is_ignored),
                cmocka_unit_test(damaged_reset_is_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
