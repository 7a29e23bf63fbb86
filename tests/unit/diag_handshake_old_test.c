/* Findings about what older connections leave behind: a SYN that meets one, and an old SYN that is answered. */
#include "tests/support/expect.h"

static struct tv_run *
run_of(const char *text)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        return run;
}

static void
expect_frames(const struct tv_run *run, uint64_t conn, const char *code, const uint64_t *frames, unsigned count)
{
        const struct tv_finding *f = tv_run_finding(run, conn, code);

        if (f == NULL)
                tv_run_print(run);
        assert_non_null(f);
        assert_int_equal(f->frame_count, count);
        for (unsigned i = 0; i < count; i++)
                assert_int_equal(tv_frame_number(f->frames[i]), frames[i]);
        assert_true(f->time <= f->until);
        assert_true(f->what[0] != '\0' && f->not_[0] != '\0' && f->advice[0] != '\0');
}
#define FRAMES(run, conn, code, ...)                                                                                   \
        expect_frames(run, conn, code, (const uint64_t[]){__VA_ARGS__},                                                \
                      sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

#define MET "handshake.met-old-connection"

/* a2 and b2 have the addresses and ports of a and b, and other numbers: the new connection. */
#define ENDS                                                                                                           \
        "a = 10.0.0.1:40000 isn 1000000\nb = 10.0.0.2:80 isn 2000000\n"                                                \
        "a2 = 10.0.0.1:40000 isn 900000000\nb2 = 10.0.0.2:80 isn 700000000\n"
#define OLD                                                                                                            \
        "0.00 a>b S 0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n0.04 a>b . 1:1(0) ack 1\n"                                       \
        "0.05 a>b P. 1:101(100) ack 1\n0.07 b>a . 1:1(0) ack 101\n"

static void
syn_into_a_live_connection_is_challenged_and_tried_again(void **state)
{
        struct tv_run *run = run_of(ENDS OLD "1.00 a2>b2 S 0:0(0)\n1.02 b>a . 1:1(0) ack 101\n1.04 a>b R 101:101(0)\n"
                                             "1.06 a2>b2 S 0:0(0)\n1.08 b2>a2 S. 0:0(0) ack 1\n"
                                             "1.10 a2>b2 . 1:1(0) ack 1\n1.11 a2>b2 P. 1:11(10) ack 1\n"
                                             "1.13 b2>a2 . 1:1(0) ack 11\n");
        const struct tv_finding *f;

        (void)state;
        EXPECT_FINDINGS(run, 1, MET);
        FRAMES(run, 1, MET, 6, 7, 8, 10);
        f = tv_run_finding(run, 1, MET);
        assert_int_equal(f->confidence, TV_CERTAIN);
        assert_non_null(strstr(f->what, "ack 1000101"));
        assert_non_null(strstr(f->what, "cost 0.080 s"));
        tv_run_free(run);
}

static void
syn_into_time_wait_that_is_not_taken(void **state)
{
        struct tv_run *run = run_of(ENDS OLD "0.10 b>a F. 1:1(0) ack 101\n0.12 a>b F. 101:101(0) ack 2\n"
                                             "0.14 b>a . 2:2(0) ack 102\n1.00 a2>b2 S 0:0(0)\n"
                                             "1.02 b>a . 2:2(0) ack 102\n1.04 a>b R 102:102(0)\n"
                                             "2.00 a2>b2 S 0:0(0)\n2.02 b2>a2 S. 0:0(0) ack 1\n"
                                             "2.04 a2>b2 . 1:1(0) ack 1\n");

        (void)state;
        EXPECT_FINDINGS(run, 1, MET);
        FRAMES(run, 1, MET, 9, 10, 11, 13);
        assert_int_equal(tv_run_finding(run, 1, MET)->confidence, TV_CERTAIN);
        EXPECT_LIFE(run, 1, "complete open");
        tv_run_free(run);
}

/* The capture begins after it: that there was one, its answer says. */
static void
old_connection_need_not_be_in_the_capture(void **state)
{
        struct tv_run *run = run_of(ENDS "1.00 a2>b2 S 0:0(0)\n1.02 b>a . 501:501(0) ack 101\n1.04 a>b R 101:101(0)\n"
                                         "1.06 a2>b2 S 0:0(0)\n1.08 b2>a2 S. 0:0(0) ack 1\n"
                                         "1.10 a2>b2 . 1:1(0) ack 1\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, MET);
        FRAMES(run, 0, MET, 1, 2, 3, 5);
        assert_int_equal(tv_run_finding(run, 0, MET)->confidence, TV_LIKELY);
        tv_run_free(run);
}

static void
attempt_that_never_gets_past_the_old_connection(void **state)
{
        struct tv_run *run = run_of(ENDS "1.00 a2>b2 S 0:0(0)\n1.02 b>a . 501:501(0) ack 101\n1.04 a>b R 101:101(0)\n"
                                         "2.00 a2>b2 S 0:0(0)\n2.02 b>a . 501:501(0) ack 101\n2.04 a>b R 101:101(0)\n");

        (void)state;
        assert_non_null(tv_run_finding(run, 0, MET));
        assert_int_equal(tv_run_finding(run, 0, MET)->count, 2);
        assert_null(tv_run_finding(run, 0, "handshake.no-answer"));
        assert_null(tv_run_finding(run, 0, "handshake.syn-lost"));
        tv_run_free(run);
}

/* The nearest rival: the acknowledgment only came late, and b took the first SYN. */
static void
acknowledgment_that_comes_late_is_no_old_connection(void **state)
{
        struct tv_run *run = run_of(ENDS "1.00 a2>b2 S 0:0(0)\n1.01 b>a . 501:501(0) ack 101\n1.02 a>b R 101:101(0)\n"
                                         "1.03 b2>a2 S. 0:0(0) ack 1\n1.04 a2>b2 . 1:1(0) ack 1\n"
                                         "1.05 a2>b2 P. 1:11(10) ack 1\n1.08 b2>a2 . 1:1(0) ack 11\n");
        /* a, reset in its turn, repeats its SYN at once; the answer to the first one was already on its way. */
        struct tv_run *twice = run_of(ENDS "1.00 a2>b2 S 0:0(0)\n1.005 b>a . 501:501(0) ack 101\n"
                                           "1.006 a>b R 101:101(0)\n1.026 a2>b2 S 0:0(0)\n"
                                           "1.030 b2>a2 S. 0:0(0) ack 1\n1.031 a2>b2 . 1:1(0) ack 1\n"
                                           "1.050 a2>b2 P. 1:11(10) ack 1\n1.080 b2>a2 . 1:1(0) ack 11\n");

        (void)state;
        assert_null(tv_run_finding(run, 0, MET));
        assert_null(tv_run_finding(twice, 0, MET));
        tv_run_free(run);
        tv_run_free(twice);
}

static void
stray_syn_into_a_live_connection_is_no_attempt(void **state)
{
        struct tv_run *run = run_of(ENDS OLD "1.00 a2>b2 S 0:0(0)\n1.02 b>a . 1:1(0) ack 101\n"
                                             "1.50 a>b P. 101:201(100) ack 1\n1.52 b>a . 1:1(0) ack 201\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "data.syn-in-connection");
        assert_int_equal(run->connection_count, 1);
        tv_run_free(run);
}

static void
lost_syn_stays_a_lost_syn(void **state)
{
        struct tv_run *run = run_of(ENDS OLD "0.10 b>a F. 1:1(0) ack 101\n0.12 a>b F. 101:101(0) ack 2\n"
                                             "0.14 b>a . 2:2(0) ack 102\n1.00 a2>b2 S 0:0(0)\n"
                                             "2.00 a2>b2 S 0:0(0)\n2.02 b2>a2 S. 0:0(0) ack 1\n"
                                             "2.04 a2>b2 . 1:1(0) ack 1\n2.05 a2>b2 P. 1:11(10) ack 1\n"
                                             "2.07 b2>a2 . 1:1(0) ack 11\n");

        (void)state;
        EXPECT_FINDINGS(run, 1, "handshake.syn-lost");
        tv_run_free(run);
}

/* ---- an old SYN ---- */

#define STALE "handshake.stale-syn"

/* Figure 8 of RFC 9293, seen from between: the old SYN (seq 1000000) overtakes the attempt (900000000). */
static void
old_syn_between_two_copies_of_the_real_one(void **state)
{
        struct tv_run *run = run_of(ENDS "0.00 a2>b2 S 0:0(0)\n0.01 a>b S 0:0(0)\n0.03 b>a S. 0:0(0) ack 1\n"
                                         "0.05 a>b R 1:1(0)\n0.06 a2>b2 S 0:0(0)\n0.08 b2>a2 S. 0:0(0) ack 1\n"
                                         "0.10 a2>b2 . 1:1(0) ack 1\n");

        (void)state;
        EXPECT_FINDINGS(run, 1, STALE);
        FRAMES(run, 1, STALE, 2, 3, 4, 5);
        EXPECT_FINDINGS(run, 2, "");
        EXPECT_LIFE(run, 2, "complete open");
        tv_run_free(run);
}

static void
at_the_client_the_old_syn_itself_is_not_seen(void **state)
{
        struct tv_run *run = run_of(ENDS "0.00 a2>b2 S 0:0(0)\n0.04 b>a S. 0:0(0) ack @1000001\n"
                                         "0.0401 a>b R 1:1(0)\n0.05 a2>b2 S 0:0(0)\n0.09 b2>a2 S. 0:0(0) ack 1\n"
                                         "0.0901 a2>b2 . 1:1(0) ack 1\n0.10 a2>b2 P. 1:11(10) ack 1\n"
                                         "0.14 b2>a2 . 1:1(0) ack 11\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, STALE); /* that the SYN was sent again shows no loss: the reset made a do it */
        FRAMES(run, 0, STALE, 1, 2, 3);
        assert_int_equal(tv_run_finding(run, 0, STALE)->confidence, TV_LIKELY);
        assert_non_null(strstr(tv_run_finding(run, 0, STALE)->what, "number 1000000"));
        tv_run_free(run);
}

static void
real_syn_that_is_repeated_by_its_timer_was_lost_beside_the_old_one(void **state)
{
        struct tv_run *run = run_of(ENDS "0.00 a2>b2 S 0:0(0) <mss 1460,TS val 100 ecr 0>\n"
                                         "0.04 b>a S. 0:0(0) ack @1000001\n0.0401 a>b R 1:1(0)\n"
                                         "1.00 a2>b2 S 0:0(0) <mss 1460,TS val 1100 ecr 0>\n"
                                         "1.04 b2>a2 S. 0:0(0) ack 1 <mss 1460,TS val 9 ecr 1100>\n"
                                         "1.0401 a2>b2 . 1:1(0) ack 1 <TS val 1140 ecr 9>\n"
                                         "1.05 a2>b2 P. 1:11(10) ack 1 <TS val 1150 ecr 9>\n"
                                         "1.09 b2>a2 . 1:1(0) ack 11 <TS val 49 ecr 1150>\n");

        (void)state;
        assert_non_null(tv_run_finding(run, 0, STALE));
        assert_non_null(tv_run_finding(run, 0, "handshake.syn-lost"));
        tv_run_free(run);
}

/* Its nearest rival: an application that gives up and tries again with the next number.  At the responder, where the
 * real SYN comes only after the reset, an old SYN looks the same. */
static void
attempt_that_is_given_up_is_aborted(void **state)
{
        struct tv_run *run = run_of(ENDS "0.00 a>b S 0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n0.04 a>b R 1:1(0)\n"
                                         "0.06 a2>b2 S 0:0(0)\n0.08 b2>a2 S. 0:0(0) ack 1\n"
                                         "0.10 a2>b2 . 1:1(0) ack 1\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.aborted");
        EXPECT_FINDINGS(run, 1, "");
        tv_run_free(run);
}

/* A copy of the SYN comes late: b, for which the connection is over, takes it for a new attempt. */
static void
copy_of_the_syn_when_all_is_over(void **state)
{
        struct tv_run *reset = run_of(ENDS OLD "0.20 a>b R. 101:101(0) ack 1\n1.00 a>b S 0:0(0)\n"
                                               "1.02 b>a S. @5000:@5000(0) ack 1\n1.04 a>b R 1:1(0)\n");
        /* Seen at a, which is in TIME_WAIT; the copy came behind this capture point. */
        struct tv_run *closed = run_of(ENDS OLD "0.20 a>b F. 101:101(0) ack 1\n0.22 b>a F. 1:1(0) ack 102\n"
                                                "0.2201 a>b . 102:102(0) ack 2\n"
                                                "1.00 b>a S. @5000:@5000(0) ack 1\n1.0001 a>b . 102:102(0) ack 2\n"
                                                "1.02 b>a R 2:2(0)\n");
        /* In the connection it is another matter. */
        struct tv_run *open = run_of(ENDS OLD "1.00 b>a S. @5000:@5000(0) ack 1\n1.0001 a>b . 101:101(0) ack 1\n"
                                              "1.50 a>b P. 101:201(100) ack 1\n1.52 b>a . 1:1(0) ack 201\n");

        (void)state;
        EXPECT_FINDINGS(reset, 0, STALE " reset.abort");
        assert_non_null(strstr(tv_run_finding(reset, 0, STALE)->what, "0.820 s after the connection was over"));
        assert_non_null(tv_run_finding(closed, 0, STALE));
        assert_int_equal(tv_run_findings(closed, 0, "data.syn-in-connection"), 0);
        EXPECT_FINDINGS(open, 0, "data.syn-in-connection");
        tv_run_free(reset);
        tv_run_free(closed);
        tv_run_free(open);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(syn_into_a_live_connection_is_challenged_and_tried_again),
                cmocka_unit_test(syn_into_time_wait_that_is_not_taken),
                cmocka_unit_test(old_connection_need_not_be_in_the_capture),
                cmocka_unit_test(attempt_that_never_gets_past_the_old_connection),
                cmocka_unit_test(acknowledgment_that_comes_late_is_no_old_connection),
                cmocka_unit_test(stray_syn_into_a_live_connection_is_no_attempt),
                cmocka_unit_test(lost_syn_stays_a_lost_syn),
                cmocka_unit_test(old_syn_between_two_copies_of_the_real_one),
                cmocka_unit_test(at_the_client_the_old_syn_itself_is_not_seen),
                cmocka_unit_test(real_syn_that_is_repeated_by_its_timer_was_lost_beside_the_old_one),
                cmocka_unit_test(attempt_that_is_given_up_is_aborted),
                cmocka_unit_test(copy_of_the_syn_when_all_is_over),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
