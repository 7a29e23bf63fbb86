/* Every arrow of RFC 9293 figure 5, reached by traffic: who went where, how that is known, and between which times.
 * The expectations follow design.md section 3: `earliest` is a happened-before bound (own earlier segments count only
 * where the capture is at that end), `latest` the first segment that shows the new state. */
#include "tests/support/expect.h"

/* Captured close to b: a is 20 ms away, b 1 ms, so that neither end is at the capture point. */
#define OPENED                                                                                                         \
        "0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"                                                             \
        "0.002 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"                                                             \
        "0.042 a>b .  1:1(0) ack 1\n"                                                                                  \
        "0.043 a>b P. 1:11(10) ack 1\n"                                                                                \
        "0.045 b>a P. 1:21(20) ack 11\n"                                                                               \
        "0.085 a>b .  11:11(0) ack 21\n"

static struct tv_run *
run_of(const char *text)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        return run;
}

static void
active_open_goes_through_syn_sent(void **state)
{
        struct tv_run *run = run_of(OPENED);

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED!", "LISTEN! SYN_RCVD! ESTABLISHED!");
        EXPECT_STEP(run, 0, TV_A, TV_SYN_SENT, "observed cause 1 proof 0 from - to 0.0000");
        EXPECT_STEP(run, 0, TV_A, TV_ESTABLISHED, "confirmed cause 2 proof 3 from 0.0020 to 0.0420");
        EXPECT_STEP(run, 0, TV_B, TV_SYN_RCVD, "confirmed cause 1 proof 2 from 0.0000 to 0.0020");
        /* the third ACK or the data behind it: the first can be the cause, b's answer to the data proves it */
        EXPECT_STEP(run, 0, TV_B, TV_ESTABLISHED, "confirmed cause 3 proof 5 from 0.0420 to 0.0450");
        tv_run_free(run);
}

static void
listener_listened_when_the_first_syn_came(void **state)
{
        /* A closed port would have answered that SYN with a reset. */
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 1000 ecr 0>\n"
                                    "1.000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 2000 ecr 0>\n"
                                    "1.001 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 7000 ecr 2000>\n"
                                    "1.040 a>b .  1:1(0) ack 1 <TS val 2040 ecr 7000>\n");
        const struct tv_transition *listen = tv_run_transition(run, 0, TV_B, TV_LISTEN);

        (void)state;
        assert_non_null(listen);
        assert_true(listen->estimate == TV_EXPECT_START);
        assert_true(listen->latest == TV_EXPECT_START + INT64_C(1001000000));
        tv_run_free(run);
}

static void
third_ack_alone_is_an_assumption(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "0.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "0.040 a>b .  1:1(0) ack 1\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED!", "LISTEN! SYN_RCVD! ESTABLISHED?");
        EXPECT_STEP(run, 0, TV_B, TV_ESTABLISHED, "assumed cause 3 proof 0 from 0.0400 to -");
        tv_run_free(run);
}

static void
syn_ack_without_an_answer_is_an_assumption_at_a(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "0.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED?", "LISTEN! SYN_RCVD!");
        EXPECT_STEP(run, 0, TV_A, TV_ESTABLISHED, "assumed cause 2 proof 0 from 0.0200 to -");
        tv_run_free(run);
}

/* RFC 9293 figure 7. */
static void
simultaneous_open_goes_through_syn_rcvd_at_both_ends(void **state)
{
        struct tv_run *run = run_of("a = :40000\nb = :50000\n"
                                    "0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "0.001 b>a S  0:0(0)       win 65535 <mss 1460>\n"
                                    "0.030 a>b S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "0.031 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "0.100 a>b P. 1:11(10) ack 1\n"
                                    "0.101 b>a P. 1:11(10) ack 11\n"
                                    "0.160 a>b .  11:11(0) ack 11\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT SYN_RCVD! ESTABLISHED!", "CLOSED! SYN_SENT SYN_RCVD! ESTABLISHED!");
        EXPECT_STEP(run, 0, TV_A, TV_SYN_RCVD, "confirmed cause 2 proof 3 from 0.0010 to 0.0300");
        EXPECT_STEP(run, 0, TV_B, TV_SYN_RCVD, "confirmed cause 1 proof 4 from 0.0000 to 0.0310");
        EXPECT_ROW(run, 3, "new, advance");
        EXPECT_ROW(run, 4, "new, advance");
        EXPECT_LIFE(run, 0, "simultaneous open");
        tv_run_free(run);
}

static void
orderly_close_in_four_segments(void **state)
{
        struct tv_run *run = run_of(OPENED "0.100 a>b F. 11:11(0) ack 21\n"
                                           "0.102 b>a .  21:21(0) ack 12\n"
                                           "0.202 b>a F. 21:21(0) ack 12\n"
                                           "0.242 a>b .  12:12(0) ack 22\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2! TIME_WAIT!",
                     "LISTEN! SYN_RCVD! ESTABLISHED! CLOSE_WAIT! LAST_ACK CLOSED?");
        EXPECT_STEP(run, 0, TV_A, TV_FIN_WAIT_1, "observed cause 7 proof 0 from 0.0450 to 0.1000");
        EXPECT_STEP(run, 0, TV_A, TV_FIN_WAIT_2, "confirmed cause 8 proof 10 from 0.1020 to 0.2420");
        EXPECT_STEP(run, 0, TV_A, TV_TIME_WAIT, "confirmed cause 9 proof 10 from 0.2020 to 0.2420");
        EXPECT_STEP(run, 0, TV_B, TV_CLOSE_WAIT, "confirmed cause 7 proof 8 from 0.1000 to 0.1020");
        EXPECT_STEP(run, 0, TV_B, TV_LAST_ACK, "observed cause 9 proof 0 from 0.1000 to 0.2020");
        EXPECT_STEP(run, 0, TV_B, TV_CLOSED, "assumed cause 10 proof 0 from 0.2420 to -");
        EXPECT_LIFE(run, 0, "complete orderly first a");
        tv_run_free(run);
}

static void
fin_with_ack_in_fin_wait_1_takes_two_rows_at_one_time(void **state)
{
        struct tv_run *run = run_of(OPENED "0.100 a>b F. 11:11(0) ack 21\n"
                                           "0.102 b>a F. 21:21(0) ack 12\n"
                                           "0.142 a>b .  12:12(0) ack 22\n");
        const struct tv_transition *fw2, *tw;

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2! TIME_WAIT!",
                     "LISTEN! SYN_RCVD! ESTABLISHED! CLOSE_WAIT! LAST_ACK CLOSED?");
        EXPECT_STEP(run, 0, TV_A, TV_FIN_WAIT_2, "confirmed cause 8 proof 9 from 0.1020 to 0.1420");
        EXPECT_STEP(run, 0, TV_A, TV_TIME_WAIT, "confirmed cause 8 proof 9 from 0.1020 to 0.1420");
        fw2 = tv_run_transition(run, 0, TV_A, TV_FIN_WAIT_2);
        tw = tv_run_transition(run, 0, TV_A, TV_TIME_WAIT);
        assert_true(fw2->estimate == tw->estimate);
        EXPECT_STEP(run, 0, TV_B, TV_CLOSE_WAIT, "confirmed cause 7 proof 8 from 0.1000 to 0.1020");
        EXPECT_LIFE(run, 0, "complete orderly first a");
        tv_run_free(run);
}

/* RFC 9293 figure 13. */
static void
simultaneous_close_goes_through_closing(void **state)
{
        struct tv_run *run = run_of(OPENED "0.100 a>b F. 11:11(0) ack 21\n"
                                           "0.101 b>a F. 21:21(0) ack 11\n"
                                           "0.103 b>a .  22:22(0) ack 12\n"
                                           "0.141 a>b .  12:12(0) ack 22\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 CLOSING! TIME_WAIT?",
                     "LISTEN! SYN_RCVD! ESTABLISHED! FIN_WAIT_1 CLOSING! TIME_WAIT?");
        EXPECT_STEP(run, 0, TV_A, TV_CLOSING, "confirmed cause 8 proof 10 from 0.1010 to 0.1410");
        EXPECT_STEP(run, 0, TV_B, TV_CLOSING, "confirmed cause 7 proof 9 from 0.1000 to 0.1030");
        EXPECT_LIFE(run, 0, "complete simultaneous first both");
        tv_run_free(run);
}

static void
acknowledgment_number_of_the_first_fin_tells_last_ack_from_fin_wait_1(void **state)
{
        /* b's FIN covers a's: b was in CLOSE_WAIT, though it never sent a pure ACK. */
        struct tv_run *covers = run_of(OPENED "0.100 a>b F. 11:11(0) ack 21\n"
                                              "0.120 b>a F. 21:21(0) ack 12\n");
        /* it does not: b sent its FIN before a's came, although the capture has them in the same order. */
        struct tv_run *crosses = run_of(OPENED "0.100 a>b F. 11:11(0) ack 21\n"
                                               "0.101 b>a F. 21:21(0) ack 11\n"
                                               "0.301 b>a F. 21:21(0) ack 12\n");

        (void)state;
        EXPECT_PATHS(covers, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2? TIME_WAIT?",
                     "LISTEN! SYN_RCVD! ESTABLISHED! CLOSE_WAIT! LAST_ACK");
        /* the acknowledgment on the repeated FIN is newer: it shows CLOSING, not that the first one was a LAST_ACK's */
        EXPECT_PATHS(crosses, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 CLOSING? TIME_WAIT?",
                     "LISTEN! SYN_RCVD! ESTABLISHED! FIN_WAIT_1 CLOSING!");
        tv_run_free(covers);
        tv_run_free(crosses);
}

/* b's FIN left without having seen a's.  Its first copy is answered late, after b acknowledged a's FIN and sent its own
 * again: rather a got that second copy only, and went through FIN_WAIT_2.  Nothing proves either. */
static void
order_of_fins_that_nothing_proves_is_assumed(void **state)
{
        struct tv_run *run = run_of(OPENED "0.300 b>a F. 21:21(0) ack 11\n"
                                           "0.320 a>b F. 11:11(0) ack 21\n"
                                           "0.322 b>a .  22:22(0) ack 12\n"
                                           "0.510 b>a F. 21:21(0) ack 12\n"
                                           "0.550 a>b .  12:12(0) ack 22\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2? TIME_WAIT?",
                     "LISTEN! SYN_RCVD! ESTABLISHED! FIN_WAIT_1 CLOSING! TIME_WAIT?");
        tv_run_free(run);
}

/* The same, but a's data behind its FIN shows that it had the acknowledgment before the FIN. */
static void
acknowledgment_proved_before_the_fin_leads_through_fin_wait_2(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 1000 ecr 0>\n"
                                    "0.002 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 9000 ecr 1000>\n"
                                    "0.042 a>b .  1:1(0) ack 1 <nop,nop,TS val 1042 ecr 9000>\n"
                                    "0.300 b>a F. 101:101(0) ack 1 <nop,nop,TS val 9300 ecr 1042>\n" /* behind a hole */
                                    "0.320 a>b F. 1:1(0) ack 1 <nop,nop,TS val 1320 ecr 9000>\n"
                                    "0.322 b>a .  102:102(0) ack 2 <nop,nop,TS val 9322 ecr 1320>\n"
                                    "0.500 b>a P. 1:51(50) ack 2 <nop,nop,TS val 9500 ecr 1320>\n"
                                    "0.540 a>b .  2:2(0) ack 51 <nop,nop,TS val 1540 ecr 9500>\n"
                                    "0.700 b>a P. 51:101(50) ack 2 <nop,nop,TS val 9700 ecr 1540>\n"
                                    "0.740 a>b .  2:2(0) ack 102 <nop,nop,TS val 1740 ecr 9700>\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2! TIME_WAIT!",
                     "LISTEN! SYN_RCVD! ESTABLISHED! FIN_WAIT_1 CLOSING! TIME_WAIT?");
        EXPECT_STEP(run, 0, TV_A, TV_FIN_WAIT_2, "confirmed cause 6 proof 8 from 0.3220 to 0.5400");
        tv_run_free(run);
}

static void
half_close_stays_in_fin_wait_2_and_close_wait_while_data_flows(void **state)
{
        struct tv_run *run = run_of(OPENED "0.100 a>b F. 11:11(0) ack 21\n"
                                           "0.102 b>a .  21:21(0) ack 12\n"
                                           "0.202 b>a P. 21:1021(1000) ack 12\n"
                                           "0.242 a>b .  12:12(0) ack 1021\n");

        (void)state;
        assert_int_equal(tv_run_connection(run, 0)->state[TV_A], TV_FIN_WAIT_2);
        assert_int_equal(tv_run_connection(run, 0)->state[TV_B], TV_CLOSE_WAIT);
        EXPECT_STEP(run, 0, TV_B, TV_CLOSE_WAIT, "confirmed cause 7 proof 8 from 0.1000 to 0.1020");
        EXPECT_LIFE(run, 0, "complete half-closed first a");
        tv_run_free(run);
}

static void
responder_that_closes_first_has_the_time_wait(void **state)
{
        struct tv_run *run = run_of(OPENED "0.100 b>a F. 21:21(0) ack 11\n"
                                           "0.140 a>b F. 11:11(0) ack 22\n"
                                           "0.141 b>a .  22:22(0) ack 12\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! CLOSE_WAIT! LAST_ACK CLOSED?",
                     "LISTEN! SYN_RCVD! ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2! TIME_WAIT!");
        EXPECT_LIFE(run, 0, "complete orderly first b");
        tv_run_free(run);
}

static void
time_wait_ends_by_the_timer_of_the_profile(void **state)
{
        static const char text[] = OPENED "0.100 a>b F. 11:11(0) ack 21\n"
                                          "0.102 b>a F. 21:21(0) ack 12\n"
                                          "0.142 a>b .  12:12(0) ack 22\n"
                                          "50.00 a2>b2 S 0:0(0)\n"
                                          "90.00 a2>b2 S 0:0(0)\n"
                                          "130.0 a2>b2 S 0:0(0)\n";
        struct tv_run *linux_run = run_of(text);
        struct tv_run_options options = {.profile = &tv_profile_rfc};
        struct tv_run *rfc_run = tv_run_text(text, &options);

        (void)state;
        EXPECT_PATHS(linux_run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2! TIME_WAIT! CLOSED~",
                     "LISTEN! SYN_RCVD! ESTABLISHED! CLOSE_WAIT! LAST_ACK CLOSED?");
        EXPECT_STEP(linux_run, 0, TV_A, TV_CLOSED, "timer cause 0 proof 0 from - to -");
        /* 240 s are not over when the capture ends, and a timer is never written past its last packet */
        EXPECT_PATHS(rfc_run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2! TIME_WAIT!",
                     "LISTEN! SYN_RCVD! ESTABLISHED! CLOSE_WAIT! LAST_ACK CLOSED?");
        tv_run_free(linux_run);
        tv_run_free(rfc_run);
}

/* RFC 9293 3.10.7.4 eighth: a FIN in TIME_WAIT is acknowledged and restarts the 2MSL timer. */
static void
repeated_fin_restarts_the_2msl_timer(void **state)
{
        struct tv_run *run = run_of(OPENED "0.100 a>b F. 11:11(0) ack 21\n"
                                           "0.102 b>a F. 21:21(0) ack 12\n"
                                           "0.142 a>b .  12:12(0) ack 22\n"
                                           "30.00 b>a F. 21:21(0) ack 12\n"
                                           "30.04 a>b .  12:12(0) ack 22\n"
                                           "55.00 a2>b2 S 0:0(0)\n"
                                           "85.00 a2>b2 S 0:0(0)\n"
                                           "99.00 a2>b2 S 0:0(0)\n");
        const struct tv_transition *closed;

        (void)state;
        closed = tv_run_transition(run, 0, TV_A, TV_CLOSED);
        assert_int_equal(closed->from, TV_TIME_WAIT);
        assert_int_equal(closed->certainty, TV_TIMER);
        assert_true(closed->estimate >= TV_EXPECT_START + INT64_C(90000000000));
        assert_true(closed->estimate <= TV_EXPECT_START + INT64_C(90100000000));
        tv_run_free(run);
}

static void
closing_answered_ends_in_time_wait(void **state)
{
        /* a echoes the time stamp of the segment that acknowledged its FIN: that proves the receipt. */
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK,TS val 100 ecr 0>\n"
                                    "0.002 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 900 ecr 100>\n"
                                    "0.042 a>b .  1:1(0) ack 1 <nop,nop,TS val 142 ecr 900>\n"
                                    "0.100 a>b F. 1:1(0) ack 1 <nop,nop,TS val 200 ecr 900>\n"
                                    "0.101 b>a F. 1:1(0) ack 1 <nop,nop,TS val 1000 ecr 142>\n"
                                    "0.103 b>a .  2:2(0) ack 2 <nop,nop,TS val 1002 ecr 200>\n"
                                    "0.141 a>b .  2:2(0) ack 2 <nop,nop,TS val 241 ecr 1000>\n"
                                    "0.350 b>a F. 1:1(0) ack 2 <nop,nop,TS val 1250 ecr 200>\n"
                                    "0.390 a>b .  2:2(0) ack 2 <nop,nop,TS val 490 ecr 1250>\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 CLOSING! TIME_WAIT!",
                     "LISTEN! SYN_RCVD! ESTABLISHED! FIN_WAIT_1 CLOSING! TIME_WAIT?");
        EXPECT_STEP(run, 0, TV_A, TV_TIME_WAIT, "confirmed cause 6 proof 9 from 0.1030 to 0.3900");
        tv_run_free(run);
}

static void
reset_closes_whoever_sends_it_for_sure_and_its_peer_perhaps(void **state)
{
        struct tv_run *by_a = run_of(OPENED "0.100 a>b R. 11:11(0) ack 21\n");
        struct tv_run *by_b = run_of(OPENED "0.100 b>a R. 21:21(0) ack 11\n");

        (void)state;
        EXPECT_PATHS(by_a, 0, "CLOSED! SYN_SENT ESTABLISHED! CLOSED", "LISTEN! SYN_RCVD! ESTABLISHED! CLOSED?");
        EXPECT_STEP(by_a, 0, TV_A, TV_CLOSED, "observed cause 7 proof 0 from 0.0450 to 0.1000");
        EXPECT_STEP(by_a, 0, TV_B, TV_CLOSED, "assumed cause 7 proof 0 from 0.1000 to -");
        EXPECT_LIFE(by_a, 0, "complete reset first a");
        EXPECT_PATHS(by_b, 0, "CLOSED! SYN_SENT ESTABLISHED! CLOSED?", "LISTEN! SYN_RCVD! ESTABLISHED! CLOSED");
        EXPECT_LIFE(by_b, 0, "complete reset first b");
        tv_run_free(by_a);
        tv_run_free(by_b);
}

static void
reset_in_each_state_of_the_close(void **state)
{
        struct tv_run *run;

        (void)state;
        run = run_of(OPENED "0.100 a>b F. 11:11(0) ack 21\n0.102 b>a R. 21:21(0) ack 12\n"); /* FIN_WAIT_1 */
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2? CLOSED?",
                     "LISTEN! SYN_RCVD! ESTABLISHED! CLOSE_WAIT! CLOSED");
        tv_run_free(run);
        run = run_of(OPENED "0.100 a>b F. 11:11(0) ack 21\n0.101 b>a R. 21:21(0) ack 11\n"); /* before the FIN came */
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 CLOSED?",
                     "LISTEN! SYN_RCVD! ESTABLISHED! CLOSED");
        tv_run_free(run);
        run = run_of(OPENED "0.100 a>b F. 11:11(0) ack 21\n0.102 b>a . 21:21(0) ack 12\n"
                            "0.300 a>b R 12:12(0)\n"); /* FIN_WAIT_2, by its owner */
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2? CLOSED",
                     "LISTEN! SYN_RCVD! ESTABLISHED! CLOSE_WAIT! CLOSED?");
        tv_run_free(run);
        run = run_of(OPENED "0.100 a>b F. 11:11(0) ack 21\n0.102 b>a . 21:21(0) ack 12\n"
                            "0.200 b>a F. 21:21(0) ack 12\n0.240 a>b R 12:12(0)\n"); /* LAST_ACK, answered by RST */
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2? TIME_WAIT? CLOSED",
                     "LISTEN! SYN_RCVD! ESTABLISHED! CLOSE_WAIT! LAST_ACK CLOSED?");
        tv_run_free(run);
}

static void
reset_in_the_handshake(void **state)
{
        struct tv_run *refused = run_of("0.000 a>b S 0:0(0)\n0.020 b>a R. @0:0(0) ack 1\n");
        struct tv_run *by_a = run_of("0.000 a>b S 0:0(0)\n0.020 b>a S. 0:0(0) ack 1\n0.040 a>b R 1:1(0)\n");
        struct tv_run *given_up = run_of("0.000 a>b S 0:0(0)\n0.100 a>b R. 1:1(0) ack 0\n");

        (void)state;
        EXPECT_PATHS(refused, 0, "CLOSED! SYN_SENT CLOSED?", "CLOSED!");
        EXPECT_LIFE(refused, 0, "refused reset first b");
        EXPECT_STEP(refused, 0, TV_A, TV_CLOSED, "assumed cause 2 proof 0 from 0.0200 to -");
        EXPECT_PATHS(by_a, 0, "CLOSED! SYN_SENT ESTABLISHED? CLOSED", "LISTEN! SYN_RCVD! CLOSED?");
        EXPECT_LIFE(by_a, 0, "aborted reset first a");
        EXPECT_PATHS(given_up, 0, "CLOSED! SYN_SENT CLOSED", "");
        tv_run_free(refused);
        tv_run_free(by_a);
        tv_run_free(given_up);
}

static void
unanswered_syn_gives_up_when_its_retries_are_over(void **state)
{
        static const char text[] = "0.0 a>b S 0:0(0)\n"
                                   "1.0 a>b S 0:0(0)\n"
                                   "3.0 a>b S 0:0(0)\n"
                                   "7.0 a>b S 0:0(0)\n"
                                   "15.0 a>b S 0:0(0)\n"
                                   "31.0 a>b S 0:0(0)\n"
                                   "63.0 a>b S 0:0(0)\n";
        struct tv_run *early = run_of(text), *late;
        char longer[600];

        (void)state;
        snprintf(longer, sizeof longer, "%s110.0 a2>b2 S 0:0(0)\n130.0 a2>b2 S 0:0(0)\n", text);
        late = run_of(longer);
        EXPECT_PATHS(early, 0, "CLOSED! SYN_SENT", "");
        EXPECT_LIFE(early, 0, "no-answer open");
        /* 1 + 2 + 4 + ... + 64 = 127 s after the first one (RFC 6298 5.5, six retries) */
        EXPECT_PATHS(late, 0, "CLOSED! SYN_SENT CLOSED~", "");
        assert_true(tv_run_transition(late, 0, TV_A, TV_CLOSED)->estimate == TV_EXPECT_START + INT64_C(127000000000));
        EXPECT_LIFE(late, 0, "no-answer abandoned");
        tv_run_free(early);
        tv_run_free(late);
}

static void
path_begun_in_the_middle_has_no_earliest(void **state)
{
        struct tv_run *run = run_of("0.000 a>b P. 100:200(100) ack 500\n"
                                    "0.020 b>a P. 500:900(400) ack 200\n"
                                    "0.040 a>b .  200:200(0)   ack 900\n");

        (void)state;
        EXPECT_PATHS(run, 0, "ESTABLISHED!", "ESTABLISHED!");
        EXPECT_STEP(run, 0, TV_A, TV_ESTABLISHED, "confirmed cause 0 proof 1 from - to 0.0000");
        EXPECT_LIFE(run, 0, "not-captured open");
        assert_int_equal(tv_run_connection(run, 0)->initiator, TV_INITIATOR_INFERRED);
        tv_run_free(run);
}

static void
rows_chain_for_ipv6_as_for_ipv4(void **state)
{
        struct tv_run *run = run_of("v6\n" OPENED "0.100 a>b F. 11:11(0) ack 21\n"
                                    "0.102 b>a F. 21:21(0) ack 12\n"
                                    "0.142 a>b .  12:12(0) ack 22\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2! TIME_WAIT!",
                     "LISTEN! SYN_RCVD! ESTABLISHED! CLOSE_WAIT! LAST_ACK CLOSED?");
        assert_true(tv_run_connection(run, 0)->addr[0].ipv6);
        tv_run_free(run);
}

static void
own_segments_bound_an_act_only_where_the_capture_is(void **state)
{
        /* captured at a: the answers of b take 40 ms, those of a none */
        struct tv_run *run = run_of("0.0000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "0.0401 a>b .  1:1(0) ack 1\n"
                                    "0.0500 a>b P. 1:11(10) ack 1\n"
                                    "0.0900 b>a P. 1:21(20) ack 11\n"
                                    "0.0901 a>b .  11:11(0) ack 21\n"
                                    "0.2000 a>b P. 11:21(10) ack 21\n"
                                    "0.2100 a>b F. 21:21(0) ack 21\n"
                                    "0.2400 b>a .  21:21(0) ack 21\n"
                                    "0.2500 b>a F. 21:21(0) ack 22\n"
                                    "0.2501 a>b .  22:22(0) ack 22\n");

        (void)state;
        /* a's segment of 0.2000, less the 0.1 ms that an answer of a takes to come back: it was sent that much earlier
         * at most */
        EXPECT_STEP(run, 0, TV_A, TV_FIN_WAIT_1, "observed cause 8 proof 0 from 0.1999 to 0.2100");
        /* b's own acknowledgment of 0.2400 does not count: a's FIN is what it had provably received */
        EXPECT_STEP(run, 0, TV_B, TV_LAST_ACK, "observed cause 10 proof 0 from 0.2100 to 0.2500");
        tv_run_free(run);
}

/* a acknowledges b's data, which carried ack 12: it had the acknowledgment of its FIN, even if frame 8 was lost. */
static void
data_that_carries_the_ack_of_the_fin_proves_it_when_acknowledged(void **state)
{
        struct tv_run *run = tv_run_text(OPENED "0.100 a>b F. 11:11(0) ack 21\n"
                                                "0.102 b>a .  21:21(0) ack 12\n"
                                                "0.202 b>a P. 21:1021(1000) ack 12\n"
                                                "0.242 a>b .  12:12(0) ack 1021\n",
                                         NULL);
        (void)state;
        EXPECT_STEP(run, 0, TV_A, TV_FIN_WAIT_2, "confirmed cause 8 proof 10 from 0.1020 to 0.2420");
        tv_run_free(run);
}

/* SEQ 12 is FIN + 1: the FIN of frame 9 is a later copy of one that the capture lacks. */
static void
seq_behind_the_fin_proves_an_earlier_fin(void **state)
{
        struct tv_run *run = tv_run_text(OPENED "0.110 b>a P. 21:31(10) ack 11\n"
                                                "0.150 a>b .  12:12(0) ack 31\n"
                                                "0.300 a>b F. 11:11(0) ack 31\n"
                                                "0.302 b>a .  31:31(0) ack 12\n",
                                         NULL);
        const struct tv_transition *t = tv_run_transition(run, 0, TV_A, TV_FIN_WAIT_1);
        (void)state;
        assert_true(t->latest == TV_EXPECT_START + INT64_C(150000000));
        tv_run_free(run);
}

/* The capture is 0.1 ms from b, not at b: b sent its burst and its FIN at 0.650006. */
static void
own_segment_bounds_an_act_by_when_it_was_sent(void **state)
{
        struct tv_run *run = tv_run_text("0.049901 a>b S 0:0(0) <mss 1460>\n"
                                         "0.050103 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                         "0.150000 a>b . 1:1(0) ack 1\n"
                                         "0.649905 a>b F. 1:1(0) ack 1\n"
                                         "0.650107 b>a . 1:1001(1000) ack 1\n"
                                         "0.650107 b>a F. 1001:1001(0) ack 2\n",
                                         NULL);
        const struct tv_transition *t = tv_run_transition(run, 0, TV_B, TV_LAST_ACK);
        (void)state;
        assert_true(t->earliest <= TV_EXPECT_START + INT64_C(650006000));
        tv_run_free(run);
}

static void
expect_estimate(const struct tv_run *run, enum tv_end end, enum tv_tcp_state state, tv_time wanted, const char *file,
                int line)
{
        const struct tv_transition *t = tv_run_transition(run, 0, end, state);

        if (t == NULL || t->estimate - TV_EXPECT_START < (wanted - 1) * 1000000 ||
            t->estimate - TV_EXPECT_START > (wanted + 1) * 1000000) {
                tv_run_print(run);
                _fail(file, line);
        }
}
#define EXPECT_ESTIMATE(run, end, state, milliseconds)                                                                 \
        expect_estimate(run, end, state, milliseconds, __FILE__, __LINE__)

/* a is at the capture point, b 20 ms away, so that b got the SYN at 20 ms and sent its FIN at 300.  Its SYN-ACK took 60
 * ms longer than that, its FIN 30.  |%u| is b's TSval at 0, 20, 120, 300 and 420 ms. */
#define DELAYED                                                                                                        \
        "0.000 a>b S  0:0(0)       <mss 1460,sackOK,TS val 100 ecr 0>\n"                                               \
        "0.100 b>a S. 0:0(0) ack 1 <mss 1460,sackOK,TS val %u ecr 100>\n"                                              \
        "0.100 a>b .  1:1(0) ack 1 <TS val 200 ecr %u>\n"                                                              \
        "0.100 a>b P. 1:11(10) ack 1 <TS val 200 ecr %u>\n"                                                            \
        "0.140 b>a .  1:1(0) ack 11 <TS val %u ecr 200>\n"                                                             \
        "0.350 b>a F. 1:1(0) ack 11 <TS val %u ecr 200>\n"                                                             \
        "0.350 a>b .  11:11(0) ack 2 <TS val 450 ecr %u>\n"                                                            \
        "0.400 a>b F. 11:11(0) ack 2 <TS val 500 ecr %u>\n"                                                            \
        "0.440 b>a .  2:2(0) ack 12 <TS val %u ecr 500>\n"

static struct tv_run *
delayed_run(unsigned per_second)
{
        char text[1024];
        unsigned at[4] = {5000 + per_second * 20 / 1000, 5000 + per_second * 120 / 1000, 5000 + per_second * 300 / 1000,
                          5000 + per_second * 420 / 1000};

        snprintf(text, sizeof text, DELAYED, at[0], at[0], at[0], at[1], at[2], at[2], at[2], at[3]);
        return run_of(text);
}

static void
timestamps_date_what_was_delayed_on_its_way(void **state)
{
        struct tv_run *run = delayed_run(1000);

        (void)state;
        EXPECT_ESTIMATE(run, TV_B, TV_SYN_RCVD, 20);
        EXPECT_ESTIMATE(run, TV_B, TV_FIN_WAIT_1, 300);
        EXPECT_ESTIMATE(run, TV_B, TV_TIME_WAIT, 420);
        /* bounds are of another kind: what was captured before, and the segment itself */
        EXPECT_STEP(run, 0, TV_B, TV_SYN_RCVD, "confirmed cause 1 proof 2 from 0.0000 to 0.1000");
        EXPECT_STEP(run, 0, TV_B, TV_FIN_WAIT_1, "observed cause 6 proof 0 from 0.1000 to 0.3500");
        tv_run_free(run);
}

static void
timestamps_that_do_not_count_milliseconds_date_nothing(void **state)
{
        static const unsigned per_second[] = {250, 100, 1000000, 0};

        (void)state;
        for (size_t i = 0; i < sizeof per_second / sizeof per_second[0]; i++) {
                struct tv_run *run = delayed_run(per_second[i]);

                EXPECT_ESTIMATE(run, TV_B, TV_SYN_RCVD, 80);
                EXPECT_ESTIMATE(run, TV_B, TV_FIN_WAIT_1, 330);
                tv_run_free(run);
        }
}

/* b's clock loses 100 microseconds each second: after 100 s it is 10 ms behind, and b's FIN no later than others. */
static void
clocks_that_part_delay_nothing(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460,sackOK,TS val 100 ecr 0>\n"
                                    "0.040 b>a S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 5020 ecr 100>\n"
                                    "0.040 a>b .  1:1(0) ack 1 <TS val 140 ecr 5020>\n"
                                    "100.000 a>b F. 1:1(0) ack 1 <TS val 100100 ecr 5020>\n"
                                    "100.040 b>a F. 1:1(0) ack 2 <TS val 105010 ecr 100100>\n"
                                    "100.040 a>b .  2:2(0) ack 2 <TS val 100140 ecr 105010>\n");

        (void)state;
        EXPECT_ESTIMATE(run, TV_B, TV_LAST_ACK, 100020);
        tv_run_free(run);
}

/* a is 20 ms away, b's FIN took 50: a answered it at once, as it had nothing more to send. */
static void
fin_is_answered_at_once_by_an_end_that_has_sent_its_own(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460>\n"
                                    "0.000 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "0.040 a>b .  1:1(0) ack 1\n"
                                    "0.100 a>b F. 1:1(0) ack 1\n"
                                    "0.100 b>a F. 1:1(0) ack 2\n"
                                    "0.170 a>b .  2:2(0) ack 2\n");

        (void)state;
        EXPECT_ESTIMATE(run, TV_A, TV_FIN_WAIT_2, 150);
        EXPECT_ESTIMATE(run, TV_A, TV_TIME_WAIT, 150);
        tv_run_free(run);
}

/* Captured at a.  The first connection was delayed on all its ways by 10 ms; the second one shows that b is 20 ms away.
 */
static void
other_connections_between_the_hosts_tell_how_far_they_are(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460>\n"
                                    "0.060 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "0.060 a>b .  1:1(0) ack 1\n"
                                    "0.100 a2>b2 S  0:0(0)       <mss 1460>\n"
                                    "0.140 b2>a2 S. 0:0(0) ack 1 <mss 1460>\n"
                                    "0.140 a2>b2 .  1:1(0) ack 1\n"
                                    "0.150 a2>b2 F. 1:1(0) ack 1\n"
                                    "0.190 b2>a2 F. 1:1(0) ack 2\n"
                                    "0.190 a2>b2 .  2:2(0) ack 2\n"
                                    "0.200 b>a F. 1:1(0) ack 1\n"
                                    "0.200 a>b F. 1:1(0) ack 2\n"
                                    "0.260 b>a .  2:2(0) ack 2\n");

        (void)state;
        EXPECT_ESTIMATE(run, TV_B, TV_FIN_WAIT_1, 180);
        EXPECT_ESTIMATE(run, TV_B, TV_TIME_WAIT, 240);
        /* what a connection itself showed is reported as that */
        assert_true(tv_run_connection(run, 0)->delay[TV_B] == 30000000);
        tv_run_free(run);
}

/* Captured at b, where the data before the FIN comes after it: only then b has the FIN, RFC 9293 section 3.10.7.4. */
static void
fin_is_received_when_everything_before_it_is(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460>\n"
                                    "0.000 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "0.040 a>b .  1:1(0) ack 1\n"
                                    "0.100 a>b F. 11:11(0) ack 1\n"
                                    "0.100 b>a .  1:1(0) ack 1\n"
                                    "0.110 a>b P. 1:11(10) ack 1\n"
                                    "0.110 b>a .  1:1(0) ack 12\n");

        (void)state;
        EXPECT_STEP(run, 0, TV_B, TV_CLOSE_WAIT, "confirmed cause 4 proof 7 from 0.1100 to 0.1100");
        tv_run_free(run);
}

/* Captured at a, b is 20 ms away and lacks the data until 0.220: it says so, and gets another copy.  Where the first
 * one is, nothing proves. */
static void
fin_behind_a_loss_is_received_with_the_copy_that_mends_it(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460,sackOK>\n"
                                    "0.040 b>a S. 0:0(0) ack 1 <mss 1460,sackOK>\n"
                                    "0.040 a>b .  1:1(0) ack 1\n"
                                    "0.100 a>b P. 1:11(10) ack 1\n"
                                    "0.100 a>b F. 11:11(0) ack 1\n"
                                    "0.140 b>a .  1:1(0) ack 1 <sack 11:12>\n"
                                    "0.200 a>b P. 1:11(10) ack 1\n"
                                    "0.240 b>a .  1:1(0) ack 12\n");

        (void)state;
        EXPECT_STEP(run, 0, TV_B, TV_CLOSE_WAIT, "confirmed cause 5 proof 8 from 0.1000 to 0.2400");
        EXPECT_ESTIMATE(run, TV_B, TV_CLOSE_WAIT, 220);
        tv_run_free(run);
}

/* Captured at a, b is 20 ms away.  What b sent at 190 ms does not acknowledge the FIN, so b got it later, but before it
 * answered at 200. */
static void
fin_is_received_after_what_was_sent_without_it(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460,sackOK,TS val 100 ecr 0>\n"
                                    "0.040 b>a S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 5020 ecr 100>\n"
                                    "0.040 a>b .  1:1(0) ack 1 <TS val 140 ecr 5020>\n"
                                    "0.150 a>b F. 1:1(0) ack 1 <TS val 250 ecr 5020>\n"
                                    "0.210 b>a P. 1:11(10) ack 1 <TS val 5190 ecr 140>\n"
                                    "0.210 a>b .  2:2(0) ack 11 <TS val 310 ecr 5190>\n"
                                    "0.220 b>a .  11:11(0) ack 2 <TS val 5200 ecr 250>\n");

        (void)state;
        EXPECT_STEP(run, 0, TV_B, TV_CLOSE_WAIT, "confirmed cause 4 proof 7 from 0.1500 to 0.2200");
        EXPECT_ESTIMATE(run, TV_B, TV_CLOSE_WAIT, 190);
        tv_run_free(run);
}

/* Captured in the middle, 10 ms from each end.  Somebody on the way resets both, in the other's name. */
static void
reset_with_another_ttl_may_be_anybodys(void **state)
{
        static const char both[] = "0.000 a>b S  0:0(0)       <mss 1460> {ttl 60}\n"
                                   "0.020 b>a S. 0:0(0) ack 1 <mss 1460> {ttl 61}\n"
                                   "0.040 a>b .  1:1(0) ack 1 {ttl 60}\n"
                                   "0.050 a>b P. 1:11(10) ack 1 {ttl 60}\n"
                                   "0.070 b>a .  1:1(0) ack 11 {ttl 61}\n"
                                   "0.100 a>b R. 11:11(0) ack 1 {ttl 57}\n"
                                   "0.101 b>a R. 1:1(0) ack 11 {ttl 57}\n";
        char one[sizeof both];
        struct tv_run *run = run_of(both);

        (void)state;
        EXPECT_STEP(run, 0, TV_A, TV_CLOSED, "assumed cause 7 proof 0 from 0.1010 to -");
        EXPECT_STEP(run, 0, TV_B, TV_CLOSED, "assumed cause 6 proof 0 from 0.1000 to -");
        EXPECT_ESTIMATE(run, TV_A, TV_CLOSED, 111);
        EXPECT_ESTIMATE(run, TV_B, TV_CLOSED, 110);
        tv_run_free(run);

        /* of one alone nothing proves whose it is */
        memcpy(one, both, sizeof both);
        *strstr(one, "0.101") = '\0';
        run = run_of(one);
        EXPECT_STEP(run, 0, TV_A, TV_CLOSED, "assumed cause 6 proof 0 from 0.0200 to -");
        EXPECT_ESTIMATE(run, TV_A, TV_CLOSED, 100);
        EXPECT_STEP(run, 0, TV_B, TV_CLOSED, "assumed cause 6 proof 0 from 0.1000 to -");
        tv_run_free(run);
}

/* Captured at b, where a round trip takes 1.3 s: a repeated its SYN before the answer could arrive, and echoes the
 * first one. */
static void
echo_of_the_first_syn_ack_proves_that_it_arrived(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460,sackOK,TS val 100 ecr 0>\n"
                                    "0.000 b>a S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 5000 ecr 100>\n"
                                    "1.010 a>b S  0:0(0)       <mss 1460,sackOK,TS val 1110 ecr 0>\n"
                                    "1.010 b>a S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 6010 ecr 100>\n"
                                    "1.300 a>b .  1:1(0) ack 1 <TS val 1400 ecr 5000>\n"
                                    "2.310 a>b .  1:1(0) ack 1 <TS val 2410 ecr 5000>\n");

        (void)state;
        EXPECT_STEP(run, 0, TV_A, TV_ESTABLISHED, "confirmed cause 2 proof 5 from 0.0000 to 1.3000");
        for (size_t i = 0; i < tv_run_connection(run, 0)->finding_count; i++)
                assert_string_not_equal(tv_run_connection(run, 0)->findings[i].code, "handshake.synack-lost");
        tv_run_free(run);
}

/* The same at a: b repeated its SYN-ACK before the third segment could arrive. */
static void
syn_ack_repeated_on_a_long_way_disproves_nothing(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460,sackOK,TS val 100 ecr 0>\n"
                                    "1.010 a>b S  0:0(0)       <mss 1460,sackOK,TS val 1110 ecr 0>\n"
                                    "1.300 b>a S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 5000 ecr 100>\n"
                                    "1.300 a>b .  1:1(0) ack 1 <TS val 1400 ecr 5000>\n"
                                    "2.310 b>a S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 6010 ecr 100>\n"
                                    "2.310 a>b .  1:1(0) ack 1 <TS val 2410 ecr 5000>\n");

        (void)state;
        EXPECT_STEP(run, 0, TV_B, TV_ESTABLISHED, "assumed cause 4 proof 0 from 1.3000 to -");
        tv_run_free(run);
}

/* Captured at b: nothing ever answers its SYN-ACKs, of which the last one may have arrived, too. */
static void
unanswered_syn_ack_is_assumed_received_in_its_last_copy(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460>\n"
                                    "0.000 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "1.000 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "3.000 b>a S. 0:0(0) ack 1 <mss 1460>\n");

        (void)state;
        EXPECT_STEP(run, 0, TV_A, TV_ESTABLISHED, "assumed cause 2 proof 0 from 0.0000 to -");
        EXPECT_ESTIMATE(run, TV_A, TV_ESTABLISHED, 3000);
        tv_run_free(run);
}

/* Captured at b, whose accept queue is full: it ignores what comes and repeats its SYN-ACK until there is room.  What
 * it takes then, it answers at once. */
static void
end_that_ignored_segments_takes_the_one_that_it_answers(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460>\n"
                                    "0.000 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "0.020 a>b .  1:1(0) ack 1\n"
                                    "0.021 a>b P. 1:11(10) ack 1\n"
                                    "0.230 a>b P. 1:11(10) ack 1\n"
                                    "1.000 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "1.020 a>b .  11:11(0) ack 1\n"
                                    "1.700 a>b P. 1:11(10) ack 1\n"
                                    "1.700 b>a .  1:1(0) ack 11\n");

        (void)state;
        EXPECT_STEP(run, 0, TV_B, TV_ESTABLISHED, "confirmed cause 7 proof 9 from 1.0200 to 1.7000");
        EXPECT_ESTIMATE(run, TV_B, TV_ESTABLISHED, 1700);
        tv_run_free(run);
}

/* Captured at a.  An old SYN reached b first: its answer is no answer to a's SYN, and a resets it. */
static void
syn_ack_to_another_syn_is_none_of_the_connection(void **state)
{
        struct tv_run *run = run_of("a = :40000 isn 300000000\nb = :80 isn 4187763466\n"
                                    "0.000 a>b S  0:0(0)       <mss 1460>\n"
                                    "0.040 b>a S. 0:0(0) ack @299000001 <mss 1460>\n"
                                    "0.040 a>b R  @299000001:299000001(0)\n"
                                    "0.050 a>b S  0:0(0)       <mss 1460>\n"
                                    "b = :80 isn 4188519923\n"
                                    "0.090 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "0.090 a>b .  1:1(0) ack 1\n"
                                    "0.100 a>b P. 1:11(10) ack 1\n"
                                    "0.140 b>a .  1:1(0) ack 11\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED!", "LISTEN! SYN_RCVD! ESTABLISHED!");
        EXPECT_STEP(run, 0, TV_B, TV_SYN_RCVD, "confirmed cause 1 proof 5 from 0.0000 to 0.0900");
        EXPECT_ROW(run, 2, "outside-window, unsent");
        tv_run_free(run);
}

/* a dials again from the port of a connection that b still has in TIME_WAIT: b's answer is of the old one, RFC 9293
 * section 3.10.7.4 first. */
static void
acknowledgment_by_the_old_connection_proves_nothing_about_the_new_one(void **state)
{
        struct tv_run *run = run_of("a = :40000 isn 1342177280\nb = :80 isn 1578963059\n"
                                    "0.000 a>b S  0:0(0)       <mss 1460>\n"
                                    "0.020 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "0.020 a>b .  1:1(0) ack 1\n"
                                    "0.040 b>a F. 1:1(0) ack 1\n"
                                    "0.040 a>b F. 1:1(0) ack 2\n"
                                    "0.060 b>a .  2:2(0) ack 2\n"
                                    "a = :40000 isn 536870912\n"
                                    "1.000 a>b S  0:0(0)       <mss 1460>\n"
                                    "1.020 b>a .  @1578963061:1578963061(0) ack @1342177282\n"
                                    "1.020 a>b R  @1342177282:1342177282(0)\n"
                                    "1.100 a>b S  0:0(0)       <mss 1460>\n"
                                    "b = :80 isn 1582054902\n"
                                    "1.120 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "1.120 a>b .  1:1(0) ack 1\n"
                                    "1.140 a>b F. 1:1(0) ack 1\n"
                                    "1.160 b>a F. 1:1(0) ack 2\n"
                                    "1.160 a>b .  2:2(0) ack 2\n");

        (void)state;
        EXPECT_PATHS(run, 1, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2! TIME_WAIT!",
                     "LISTEN! SYN_RCVD! ESTABLISHED! CLOSE_WAIT! LAST_ACK CLOSED?");
        EXPECT_STEP(run, 1, TV_B, TV_SYN_RCVD, "confirmed cause 7 proof 11 from 1.0000 to 1.1200");
        tv_run_free(run);
}

/* a crashed and dials again; b still has the old connection, and a resets that (RFC 9293 section 3.5.1).  a's first SYN
 * is of the new one. */
static void
syn_that_met_the_old_connection_begins_the_new_one(void **state)
{
        struct tv_run *run = run_of("a = :40000 isn 820049293\nb = :80 isn 2035557712\n"
                                    "0.000 a>b S  0:0(0)       <mss 1460>\n"
                                    "0.020 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "0.020 a>b .  1:1(0) ack 1\n"
                                    "0.030 a>b P. 1:11(10) ack 1\n"
                                    "0.050 b>a .  1:1(0) ack 11\n"
                                    "a = :40000 isn 822426513\n"
                                    "1.000 a>b S  0:0(0)       <mss 1460>\n"
                                    "1.020 b>a .  @2035557713:2035557713(0) ack @820049304\n"
                                    "1.020 a>b R  @820049304:820049304(0)\n"
                                    "1.030 a>b S  0:0(0)       <mss 1460>\n"
                                    "b = :80 isn 2038386745\n"
                                    "1.050 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "1.050 a>b .  1:1(0) ack 1\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! CLOSED", "LISTEN! SYN_RCVD! ESTABLISHED! CLOSED?");
        EXPECT_STEP(run, 1, TV_A, TV_SYN_SENT, "observed cause 6 proof 0 from - to 1.0000");
        assert_int_equal(tv_run_row(run, 6)->conn, 1);
        assert_int_equal(tv_run_row(run, 9)->data_class, TV_DATA_RETRANSMISSION);
        tv_run_free(run);
}

/* Captured at b, whose FIN is lost on its way at 100 ms; a gets the copy of 330 and echoes that. */
static void
echo_tells_which_copy_of_a_fin_arrived(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460,sackOK,TS val 100 ecr 0>\n"
                                    "0.000 b>a S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 5000 ecr 100>\n"
                                    "0.040 a>b .  1:1(0) ack 1 <TS val 140 ecr 5000>\n"
                                    "0.050 a>b F. 1:1(0) ack 1 <TS val 150 ecr 5000>\n"
                                    "0.090 b>a .  1:1(0) ack 2 <TS val 5090 ecr 150>\n"
                                    "0.100 b>a F. 1:1(0) ack 2 <TS val 5100 ecr 150>\n"
                                    "0.330 b>a F. 1:1(0) ack 2 <TS val 5330 ecr 150>\n"
                                    "0.790 b>a F. 1:1(0) ack 2 <TS val 5790 ecr 150>\n"
                                    "0.830 a>b .  2:2(0) ack 2 <TS val 930 ecr 5330>\n");

        (void)state;
        EXPECT_ESTIMATE(run, TV_A, TV_TIME_WAIT, 350);
        tv_run_free(run);
}

/* The same, but a says by D-SACK that it has had the FIN before. */
static void
duplicate_fin_is_not_the_one_that_arrived_first(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460,sackOK,TS val 100 ecr 0>\n"
                                    "0.000 b>a S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 5000 ecr 100>\n"
                                    "0.040 a>b .  1:1(0) ack 1 <TS val 140 ecr 5000>\n"
                                    "0.100 b>a F. 1:1(0) ack 1 <TS val 5100 ecr 140>\n"
                                    "0.330 b>a F. 1:1(0) ack 1 <TS val 5330 ecr 140>\n"
                                    "0.370 a>b .  1:1(0) ack 2 <TS val 470 ecr 5330,sack 1:2>\n");

        (void)state;
        EXPECT_STEP(run, 0, TV_A, TV_CLOSE_WAIT, "confirmed cause 4 proof 6 from 0.1000 to 0.3700");
        EXPECT_ESTIMATE(run, TV_A, TV_CLOSE_WAIT, 120);
        tv_run_free(run);
}

/* Captured at a, whose path dies: of its FINs, which nothing answers, the last one may have arrived. */
static void
unanswered_fin_is_assumed_received_in_its_last_copy(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460>\n"
                                    "0.040 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "0.040 a>b .  1:1(0) ack 1\n"
                                    "0.100 a>b F. 1:1(0) ack 1\n"
                                    "0.330 a>b F. 1:1(0) ack 1\n"
                                    "0.790 a>b F. 1:1(0) ack 1\n");

        (void)state;
        EXPECT_STEP(run, 0, TV_B, TV_CLOSE_WAIT, "assumed cause 4 proof 0 from 0.1000 to -");
        EXPECT_ESTIMATE(run, TV_B, TV_CLOSE_WAIT, 810);
        tv_run_free(run);
}

/* Captured at b, behind the place where a's FIN died.  What a sends when it gets b's FIN has a number behind a's own:
 * a FIN that came after b's would have acknowledged that itself. */
static void
lost_fin_that_crossed_its_peers_leads_to_closing(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460>\n"
                                    "0.000 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "0.060 a>b .  1:1(0) ack 1\n"
                                    "0.300 b>a F. 1:1(0) ack 1\n"
                                    "0.360 a>b .  2:2(0) ack 2\n"
                                    "0.590 a>b F. 1:1(0) ack 2\n"
                                    "0.590 b>a .  2:2(0) ack 2\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1! CLOSING! TIME_WAIT?",
                     "LISTEN! SYN_RCVD! ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2? TIME_WAIT!");
        tv_run_free(run);
}

/* Captured at b: a goes on after "its" reset, when another one sent to a would long have reached it. */
static void
reset_with_another_ttl_is_forged_where_its_sender_goes_on(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460> {ttl 60}\n"
                                    "0.000 b>a S. 0:0(0) ack 1 <mss 1460> {ttl 64}\n"
                                    "0.040 a>b .  1:1(0) ack 1 {ttl 60}\n"
                                    "0.100 a>b R. 1:1(0) ack 1 {ttl 57}\n"
                                    "0.130 a>b .  1:1(0) ack 1 {ttl 60}\n"
                                    "0.160 a>b .  1:1(0) ack 1 {ttl 60}\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED!", "LISTEN! SYN_RCVD! ESTABLISHED? CLOSED?");
        tv_run_free(run);
}

/* Somebody between a and b answers in b's name, sooner than b and without b's timestamps. */
static void
forged_answer_gives_no_round_trip(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460,TS val 100 ecr 0>\n"
                                    "0.040 b>a S. 0:0(0) ack 1 <mss 1460,TS val 5000 ecr 100>\n"
                                    "0.040 a>b .  1:1(0) ack 1 <TS val 140 ecr 5000>\n"
                                    "0.050 a>b P. 1:11(10) ack 1 <TS val 150 ecr 5000>\n"
                                    "0.060 b>a P. 1:11(10) ack 11\n"
                                    "0.090 b>a .  1:1(0) ack 11 <TS val 5070 ecr 150>\n");

        (void)state;
        assert_true(tv_run_connection(run, 0)->delay[TV_B] == 20000000);
        tv_run_free(run);
}

/* Captured at b, 100 ms from a.  b's FIN at 300 ms brings the acknowledgment of a's and dies, its copy at 900 does not:
 * that was still under way when a repeated its own FIN, which so disproves nothing about it. */
static void
repeated_fin_disproves_only_what_can_have_arrived(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460>\n"
                                    "0.000 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "0.200 a>b .  1:1(0) ack 1\n"
                                    "0.300 a>b F. 1:1(0) ack 1\n"
                                    "0.300 b>a F. 1:1(0) ack 2\n"
                                    "0.900 b>a F. 1:1(0) ack 2\n"
                                    "1.050 a>b F. 1:1(0) ack 1\n"
                                    "1.050 b>a .  2:2(0) ack 2\n"
                                    "1.100 a>b .  2:2(0) ack 2\n");

        (void)state;
        EXPECT_STEP(run, 0, TV_A, TV_FIN_WAIT_2, "confirmed cause 6 proof 9 from 0.9000 to 1.1000");
        EXPECT_ESTIMATE(run, TV_A, TV_FIN_WAIT_2, 1000);
        EXPECT_ESTIMATE(run, TV_A, TV_TIME_WAIT, 1000);
        tv_run_free(run);
}

/* Captured in the middle, where a's FIN and b's reset cross: b had not got the FIN, as its acknowledgment number says.
 */
static void
reset_that_does_not_acknowledge_the_fin_was_sent_without_it(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       <mss 1460>\n"
                                    "0.020 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                                    "0.040 a>b .  1:1(0) ack 1\n"
                                    "0.050 a>b P. 1:11(10) ack 1\n"
                                    "0.070 b>a .  1:1(0) ack 11\n"
                                    "0.100 a>b F. 11:11(0) ack 1\n"
                                    "0.101 b>a R. 1:1(0) ack 11\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 CLOSED?",
                     "LISTEN! SYN_RCVD! ESTABLISHED! CLOSED");
        EXPECT_ESTIMATE(run, TV_B, TV_CLOSED, 91);
        tv_run_free(run);
}

/* Where the capture begins with a FIN, the octet of the other end that it acknowledges may be that end's own FIN. */
static void
fin_behind_an_octet_never_captured_may_be_the_second_one(void **state)
{
        struct tv_run *run = tv_run_text("0.3000 b>a F. 1:1(0) ack 2\n"
                                         "0.5000 a>b .  2:2(0) ack 2\n",
                                         NULL);

        (void)state;
        EXPECT_PATHS(run, 0, "ESTABLISHED! CLOSE_WAIT?", "ESTABLISHED! FIN_WAIT_1? FIN_WAIT_2?");
        assert_int_equal(run->connections[0].closed_first, TV_CLOSED_FIRST_NONE);
        tv_run_free(run);
        run = tv_run_text("0.1000 a>b P. 1:2(1) ack 1\n"
                          "0.3000 b>a F. 1:1(0) ack 2\n"
                          "0.5000 a>b .  2:2(0) ack 2\n",
                          NULL);
        EXPECT_PATHS(run, 0, "ESTABLISHED! CLOSE_WAIT!", "ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2?");
        assert_int_equal(run->connections[0].closed_first, TV_CLOSED_FIRST_B);
        tv_run_free(run);
        /* It has more to say: that octet was no FIN. */
        run = tv_run_text("0.3000 b>a F. 1:1(0) ack 2\n"
                          "0.5000 a>b P. 2:12(10) ack 2\n",
                          NULL);
        EXPECT_PATHS(run, 0, "ESTABLISHED! CLOSE_WAIT!", "ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2?");
        assert_int_equal(run->connections[0].closed_first, TV_CLOSED_FIRST_B);
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(active_open_goes_through_syn_sent),
                cmocka_unit_test(listener_listened_when_the_first_syn_came),
                cmocka_unit_test(third_ack_alone_is_an_assumption),
                cmocka_unit_test(syn_ack_without_an_answer_is_an_assumption_at_a),
                cmocka_unit_test(simultaneous_open_goes_through_syn_rcvd_at_both_ends),
                cmocka_unit_test(orderly_close_in_four_segments),
                cmocka_unit_test(fin_with_ack_in_fin_wait_1_takes_two_rows_at_one_time),
                cmocka_unit_test(simultaneous_close_goes_through_closing),
                cmocka_unit_test(acknowledgment_number_of_the_first_fin_tells_last_ack_from_fin_wait_1),
                cmocka_unit_test(order_of_fins_that_nothing_proves_is_assumed),
                cmocka_unit_test(acknowledgment_proved_before_the_fin_leads_through_fin_wait_2),
                cmocka_unit_test(half_close_stays_in_fin_wait_2_and_close_wait_while_data_flows),
                cmocka_unit_test(responder_that_closes_first_has_the_time_wait),
                cmocka_unit_test(time_wait_ends_by_the_timer_of_the_profile),
                cmocka_unit_test(repeated_fin_restarts_the_2msl_timer),
                cmocka_unit_test(closing_answered_ends_in_time_wait),
                cmocka_unit_test(reset_closes_whoever_sends_it_for_sure_and_its_peer_perhaps),
                cmocka_unit_test(reset_in_each_state_of_the_close),
                cmocka_unit_test(reset_in_the_handshake),
                cmocka_unit_test(unanswered_syn_gives_up_when_its_retries_are_over),
                cmocka_unit_test(path_begun_in_the_middle_has_no_earliest),
                cmocka_unit_test(rows_chain_for_ipv6_as_for_ipv4),
                cmocka_unit_test(own_segments_bound_an_act_only_where_the_capture_is),
                cmocka_unit_test(data_that_carries_the_ack_of_the_fin_proves_it_when_acknowledged),
                cmocka_unit_test(seq_behind_the_fin_proves_an_earlier_fin),
                cmocka_unit_test(own_segment_bounds_an_act_by_when_it_was_sent),
                cmocka_unit_test(timestamps_date_what_was_delayed_on_its_way),
                cmocka_unit_test(timestamps_that_do_not_count_milliseconds_date_nothing),
                cmocka_unit_test(clocks_that_part_delay_nothing),
                cmocka_unit_test(fin_is_answered_at_once_by_an_end_that_has_sent_its_own),
                cmocka_unit_test(other_connections_between_the_hosts_tell_how_far_they_are),
                cmocka_unit_test(fin_is_received_when_everything_before_it_is),
                cmocka_unit_test(fin_behind_a_loss_is_received_with_the_copy_that_mends_it),
                cmocka_unit_test(fin_is_received_after_what_was_sent_without_it),
                cmocka_unit_test(reset_with_another_ttl_may_be_anybodys),
                cmocka_unit_test(echo_of_the_first_syn_ack_proves_that_it_arrived),
                cmocka_unit_test(syn_ack_repeated_on_a_long_way_disproves_nothing),
                cmocka_unit_test(unanswered_syn_ack_is_assumed_received_in_its_last_copy),
                cmocka_unit_test(end_that_ignored_segments_takes_the_one_that_it_answers),
                cmocka_unit_test(syn_ack_to_another_syn_is_none_of_the_connection),
                cmocka_unit_test(acknowledgment_by_the_old_connection_proves_nothing_about_the_new_one),
                cmocka_unit_test(syn_that_met_the_old_connection_begins_the_new_one),
                cmocka_unit_test(echo_tells_which_copy_of_a_fin_arrived),
                cmocka_unit_test(duplicate_fin_is_not_the_one_that_arrived_first),
                cmocka_unit_test(unanswered_fin_is_assumed_received_in_its_last_copy),
                cmocka_unit_test(lost_fin_that_crossed_its_peers_leads_to_closing),
                cmocka_unit_test(reset_with_another_ttl_is_forged_where_its_sender_goes_on),
                cmocka_unit_test(forged_answer_gives_no_round_trip),
                cmocka_unit_test(repeated_fin_disproves_only_what_can_have_arrived),
                cmocka_unit_test(reset_that_does_not_acknowledge_the_fin_was_sent_without_it),
                cmocka_unit_test(fin_behind_an_octet_never_captured_may_be_the_second_one),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
