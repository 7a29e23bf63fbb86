/* What later evidence proves and refutes, and every kind of handshake, as dialogues (design.md section 3). */
#include "tests/support/expect.h"

static struct tv_run *
run_of(const char *text)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        return run;
}

/* ---- the third segment of the handshake ---- */

static void
repeated_syn_ack_withdraws_the_receipt_of_the_third_ack(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "0.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "0.040 a>b .  1:1(0) ack 1\n"
                                    "1.020 b>a S. 0:0(0) ack 1\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED!", "LISTEN! SYN_RCVD!");
        EXPECT_LIFE(run, 0, "half-open open");
        assert_int_equal(tv_run_findings(run, 0, "handshake.ack-lost"), 1);
        assert_int_equal(tv_run_findings(run, 0, "handshake.synack-lost"), 0);
        tv_run_free(run);
}

static void
acknowledgment_sent_again_is_the_cause_after_the_first_was_refuted(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "0.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "0.040 a>b .  1:1(0) ack 1\n"
                                    "1.020 b>a S. 0:0(0) ack 1\n"
                                    "1.040 a>b .  1:1(0) ack 1\n"
                                    "1.200 a>b P. 1:11(10) ack 1\n"
                                    "1.220 b>a .  1:1(0) ack 11\n");
        const struct tv_finding *f = tv_run_finding(run, 0, "handshake.ack-lost");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED!", "LISTEN! SYN_RCVD! ESTABLISHED!");
        EXPECT_STEP(run, 0, TV_B, TV_ESTABLISHED, "confirmed cause 5 proof 7 from 1.0400 to 1.2200");
        EXPECT_LIFE(run, 0, "complete open");
        assert_non_null(f);
        assert_int_equal(f->count, 1);
        assert_int_equal(f->end, TV_A);
        assert_int_equal(f->blame, TV_BLAME_NETWORK);
        assert_int_equal(tv_frame_number(f->frames[0]), 3);
        assert_int_equal(tv_frame_number(f->frames[1]), 4);
        tv_run_free(run);
}

/* b sent its second SYN-ACK 0.6 s before it was captured at a: at 1.6, and the ACK arrived at 1.8. */
static void
syn_ack_that_crosses_the_third_ack_refutes_nothing(void **state)
{
        struct tv_run *run = run_of("0.0000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "1.2000 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "1.2001 a>b .  1:1(0) ack 1\n"
                                    "2.2000 b>a S. 0:0(0) ack 1\n"
                                    "2.2001 a>b .  1:1(0) ack 1\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED!", "LISTEN! SYN_RCVD! ESTABLISHED?");
        EXPECT_STEP(run, 0, TV_B, TV_ESTABLISHED, "assumed cause 3 proof 0 from 1.2001 to -");
        assert_int_equal(tv_run_findings(run, 0, "handshake.ack-lost"), 0);
        assert_int_equal(tv_run_findings(run, 0, "handshake.spurious-retry"), 1);
        tv_run_free(run);
}

static void
syn_ack_delivered_twice_by_the_network_refutes_nothing(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "0.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460> {id 700}\n"
                                    "0.040 a>b .  1:1(0) ack 1\n"
                                    "0.080 b>a S. 0:0(0) ack 1 win 65535 <mss 1460> {id 700}\n"
                                    "0.100 a>b .  1:1(0) ack 1\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED!", "LISTEN! SYN_RCVD! ESTABLISHED?");
        EXPECT_STEP(run, 0, TV_B, TV_ESTABLISHED, "assumed cause 3 proof 0 from 0.0400 to -");
        EXPECT_ROW(run, 4, "network-duplicate of 2, same");
        EXPECT_FINDINGS(run, 0, "handshake.duplicated data.network-duplicates");
        tv_run_free(run);
}

static void
syn_ack_that_answers_a_repeated_syn_refutes_nothing(void **state)
{
        /* the SYN is repeated while the first SYN-ACK is on its way; b answers each SYN */
        struct tv_run *run = run_of("0.0000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "1.0000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "1.2000 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "1.2001 a>b .  1:1(0) ack 1\n"
                                    "2.2000 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "2.2001 a>b .  1:1(0) ack 1\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED!", "LISTEN! SYN_RCVD! ESTABLISHED?");
        assert_int_equal(tv_run_findings(run, 0, "handshake.ack-lost"), 0);
        assert_int_equal(tv_run_findings(run, 0, "handshake.syn-lost"), 0);
        tv_run_free(run);
}

static void
third_ack_lost_twice_is_counted_twice(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "0.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "0.040 a>b .  1:1(0) ack 1\n"
                                    "1.020 b>a S. 0:0(0) ack 1\n"
                                    "1.040 a>b .  1:1(0) ack 1\n"
                                    "3.020 b>a S. 0:0(0) ack 1\n"
                                    "3.040 a>b .  1:1(0) ack 1\n"
                                    "3.100 b>a P. 1:11(10) ack 1\n");

        (void)state;
        assert_int_equal(tv_run_finding(run, 0, "handshake.ack-lost")->count, 2);
        EXPECT_STEP(run, 0, TV_B, TV_ESTABLISHED, "confirmed cause 7 proof 8 from 3.0400 to 3.1000");
        tv_run_free(run);
}

/* The network delivers the SYN twice and b answers each: nothing is lost, and no timer was involved. */
static void
syn_ack_that_answers_a_duplicated_syn_tells_of_no_loss(void **state)
{
        struct tv_run *run = run_of("0.0499 a>b S  0:0(0)       win 65535 <mss 1460,TS val 1000 ecr 0> {id 7}\n"
                                    "0.0501 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 9050 ecr 1000> {id 30}\n"
                                    "0.0570 a>b S  0:0(0)       win 65535 <mss 1460,TS val 1000 ecr 0> {id 7}\n"
                                    "0.0572 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 9057 ecr 1000> {id 31}\n"
                                    "0.1499 a>b .  1:1(0) ack 1 <nop,nop,TS val 1100 ecr 9050>\n"
                                    "0.1501 b>a P. 1:501(500) ack 1 <nop,nop,TS val 9150 ecr 1100>\n"
                                    "0.2499 a>b .  1:1(0) ack 501 <nop,nop,TS val 1200 ecr 9150>\n");

        (void)state;
        EXPECT_ROW(run, 3, "network-duplicate of 1");
        assert_int_equal(tv_run_findings(run, 0, "handshake.ack-lost"), 0);
        assert_int_equal(tv_run_findings(run, 0, "handshake.syn-lost"), 0);
        assert_int_equal(tv_run_findings(run, 0, "handshake.synack-lost"), 0);
        assert_int_equal(tv_run_row(run, 4)->lost, TV_LOST_NONE);
        tv_run_free(run);
}

/* ---- SYN and SYN-ACK ---- */

static void
syn_ack_lost_behind_the_capture_point(void **state)
{
        /* captured at b: its first SYN-ACK left, a never got it and repeats its SYN */
        struct tv_run *run = run_of("0.0000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "0.0001 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "1.0000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "1.0001 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "1.0400 a>b .  1:1(0) ack 1\n");

        (void)state;
        EXPECT_STEP(run, 0, TV_A, TV_ESTABLISHED, "confirmed cause 4 proof 5 from 1.0001 to 1.0400");
        assert_int_equal(tv_run_findings(run, 0, "handshake.synack-lost"), 1);
        assert_int_equal(tv_run_findings(run, 0, "handshake.syn-lost"), 0);
        assert_int_equal(tv_run_findings(run, 0, "handshake.ack-lost"), 0);
        tv_run_free(run);
}

static void
syn_lost_behind_the_capture_point(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK,TS val 100 ecr 0>\n"
                                    "1.000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK,TS val 1100 ecr 0>\n"
                                    "1.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 9 ecr 1100>\n"
                                    "1.040 a>b .  1:1(0) ack 1 <nop,nop,TS val 1140 ecr 9>\n");

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "handshake.syn-lost"), 1);
        assert_int_equal(tv_run_findings(run, 0, "handshake.synack-lost"), 0);
        assert_int_equal(tv_run_finding(run, 0, "handshake.syn-lost")->count, 1);
        tv_run_free(run);
}

static void
echo_of_the_first_syn_proves_that_it_arrived(void **state)
{
        /* the SYN-ACK echoes the first copy: nothing of the SYN was lost, its first answer was, before the capture
         * point, or the path is slower than the timer */
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK,TS val 100 ecr 0>\n"
                                    "1.000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK,TS val 1100 ecr 0>\n"
                                    "1.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 9 ecr 100>\n"
                                    "1.040 a>b .  1:1(0) ack 1 <nop,nop,TS val 1140 ecr 9>\n");

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "handshake.syn-lost"), 0);
        EXPECT_STEP(run, 0, TV_B, TV_SYN_RCVD, "confirmed cause 1 proof 3 from 0.0000 to 1.0200");
        tv_run_free(run);
}

/* b answers the repeated SYN at the moment when its own timer fires: two SYN-ACKs with one TSval.  The echo shows that
 * the first of all was lost; of these two it tells nothing. */
static void
copies_that_share_a_tsval_are_not_told_apart_by_its_echo(void **state)
{
        struct tv_run *run = run_of("0.005 a>b S  0:0(0)       win 65535 <mss 1460,TS val 1000 ecr 0>\n"
                                    "0.015 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 9010 ecr 1000>\n"
                                    "1.005 a>b S  0:0(0)       win 65535 <mss 1460,TS val 2000 ecr 0>\n"
                                    "1.015 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 10010 ecr 1000>\n"
                                    "1.0151 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 10010 ecr 1000>\n"
                                    "1.025 a>b .  1:1(0) ack 1 <nop,nop,TS val 2020 ecr 10010>\n"
                                    "1.100 a>b P. 1:11(10) ack 1 <nop,nop,TS val 2095 ecr 10010>\n"
                                    "1.110 b>a .  1:1(0) ack 11 <nop,nop,TS val 10105 ecr 2095>\n");

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "handshake.synack-lost"), 1);
        assert_int_equal(tv_run_finding(run, 0, "handshake.synack-lost")->count, 1);
        assert_int_not_equal(tv_run_row(run, 5)->needed, TV_NEEDED_YES);
        tv_run_free(run);
}

/* ---- FINs ---- */

#define OPENED                                                                                                         \
        "0.0000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK,TS val 1000 ecr 0>\n"                                   \
        "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 9000 ecr 1000>\n"                                \
        "0.0401 a>b .  1:1(0) ack 1 <nop,nop,TS val 1040 ecr 9000>\n"                                                  \
        "0.0500 a>b P. 1:11(10) ack 1 <nop,nop,TS val 1050 ecr 9000>\n"                                                \
        "0.0900 b>a P. 1:21(20) ack 11 <nop,nop,TS val 9050 ecr 1050>\n"                                               \
        "0.0901 a>b .  11:11(0) ack 21 <nop,nop,TS val 1090 ecr 9050>\n"

static void
repeated_fin_withdraws_the_receipt_of_the_last_ack(void **state)
{
        struct tv_run *lost = run_of(OPENED "0.1000 a>b F. 11:11(0) ack 21 <nop,nop,TS val 1100 ecr 9050>\n"
                                            "0.1400 b>a F. 21:21(0) ack 12 <nop,nop,TS val 9100 ecr 1100>\n"
                                            "0.1401 a>b .  12:12(0) ack 22 <nop,nop,TS val 1140 ecr 9100>\n"
                                            "0.3800 b>a F. 21:21(0) ack 12 <nop,nop,TS val 9340 ecr 1100>\n");
        struct tv_run *again = run_of(OPENED "0.1000 a>b F. 11:11(0) ack 21 <nop,nop,TS val 1100 ecr 9050>\n"
                                             "0.1400 b>a F. 21:21(0) ack 12 <nop,nop,TS val 9100 ecr 1100>\n"
                                             "0.1401 a>b .  12:12(0) ack 22 <nop,nop,TS val 1140 ecr 9100>\n"
                                             "0.3800 b>a F. 21:21(0) ack 12 <nop,nop,TS val 9340 ecr 1100>\n"
                                             "0.3801 a>b .  12:12(0) ack 22 <nop,nop,TS val 1380 ecr 9340>\n");

        (void)state;
        EXPECT_PATHS(lost, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2! TIME_WAIT!",
                     "LISTEN! SYN_RCVD! ESTABLISHED! CLOSE_WAIT! LAST_ACK");
        assert_int_equal(tv_run_findings(lost, 0, "teardown.ack2-lost"), 1);
        EXPECT_PATHS(again, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2! TIME_WAIT!",
                     "LISTEN! SYN_RCVD! ESTABLISHED! CLOSE_WAIT! LAST_ACK CLOSED?");
        EXPECT_STEP(again, 0, TV_B, TV_CLOSED, "assumed cause 11 proof 0 from 0.3801 to -");
        assert_int_equal(tv_run_findings(again, 0, "teardown.ack2-lost"), 1);
        assert_int_equal(tv_run_findings(again, 0, "teardown.fin2-lost"), 0);
        assert_int_equal(tv_run_finding(again, 0, "teardown.ack2-lost")->end, TV_A);
        tv_run_free(lost);
        tv_run_free(again);
}

static void
fin_lost_is_told_from_its_acknowledgment_lost(void **state)
{
        /* b answers the second copy only, and echoes it: the first died behind the capture point */
        struct tv_run *fin = run_of(OPENED "0.1000 a>b F. 11:11(0) ack 21 <nop,nop,TS val 1100 ecr 9050>\n"
                                           "0.3500 a>b F. 11:11(0) ack 21 <nop,nop,TS val 1350 ecr 9050>\n"
                                           "0.3900 b>a .  21:21(0) ack 12 <nop,nop,TS val 9350 ecr 1350>\n"
                                           "0.4400 b>a F. 21:21(0) ack 12 <nop,nop,TS val 9400 ecr 1350>\n"
                                           "0.4401 a>b .  12:12(0) ack 22 <nop,nop,TS val 1440 ecr 9400>\n");
        /* b acknowledges the first copy, and the acknowledgment dies behind the capture point (captured at b) */
        struct tv_run *ack = run_of("0.0000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK,TS val 1000 ecr 0>\n"
                                    "0.0001 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 9000 ecr 1000>\n"
                                    "0.0400 a>b .  1:1(0) ack 1 <nop,nop,TS val 1040 ecr 9000>\n"
                                    "0.1000 a>b F. 1:1(0) ack 1 <nop,nop,TS val 1100 ecr 9000>\n"
                                    "0.1001 b>a .  1:1(0) ack 2 <nop,nop,TS val 9100 ecr 1100>\n"
                                    "0.3500 a>b F. 1:1(0) ack 1 <nop,nop,TS val 1350 ecr 9000>\n"
                                    "0.3501 b>a .  1:1(0) ack 2 <nop,nop,TS val 9350 ecr 1100>\n"
                                    "0.5000 b>a F. 1:1(0) ack 2 <nop,nop,TS val 9500 ecr 1100>\n"
                                    "0.5400 a>b .  2:2(0) ack 2 <nop,nop,TS val 1540 ecr 9500>\n");

        (void)state;
        assert_int_equal(tv_run_findings(fin, 0, "teardown.fin1-lost"), 1);
        assert_int_equal(tv_run_findings(fin, 0, "teardown.ack1-lost"), 0);
        EXPECT_ROW(fin, 8, "retransmission fin needed yes lost downstream of 7, same");
        assert_int_equal(tv_run_findings(ack, 0, "teardown.fin1-lost"), 0);
        assert_int_equal(tv_run_findings(ack, 0, "teardown.ack1-lost"), 1);
        EXPECT_ROW(ack, 6, "retransmission fin needed no lost ack of 4, same");
        EXPECT_STEP(ack, 0, TV_A, TV_FIN_WAIT_2, "confirmed cause 7 proof 9 from 0.3501 to 0.5400");
        tv_run_free(fin);
        tv_run_free(ack);
}

static void
fin_repeated_while_its_acknowledgment_is_on_its_way_refutes_nothing(void **state)
{
        /* captured at b, a is 0.4 s away and there and its timer is 0.3 s: the copy was sent before the ACK arrived */
        struct tv_run *run = run_of("0.0000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "0.0001 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "0.4000 a>b .  1:1(0) ack 1\n"
                                    "1.0000 a>b F. 1:1(0) ack 1\n"
                                    "1.0001 b>a .  1:1(0) ack 2\n"
                                    "1.3000 a>b F. 1:1(0) ack 1\n"
                                    "1.3001 b>a .  1:1(0) ack 2\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "");
        EXPECT_STEP(run, 0, TV_A, TV_FIN_WAIT_2, "assumed cause 5 proof 0 from 1.0001 to -");
        tv_run_free(run);
}

/* ---- kinds of handshake ---- */

static void
refused_is_answered_by_a_reset(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)\n0.020 b>a R. @0:0(0) ack 1\n");

        (void)state;
        EXPECT_LIFE(run, 0, "refused reset first b");
        EXPECT_FINDINGS(run, 0, "handshake.refused");
        assert_int_equal(tv_run_connection(run, 0)->state[TV_A], TV_CLOSED);
        assert_int_equal(tv_run_connection(run, 0)->state[TV_B], TV_CLOSED);
        tv_run_free(run);
}

/* RFC 9293 3.10.7.3 second: a reset without an acceptable acknowledgment does not refuse a SYN. */
static void
reset_that_does_not_acknowledge_the_syn_refuses_nothing(void **state)
{
        struct tv_run *no_ack = run_of("0.000 a>b S  0:0(0)\n0.020 b>a R @0:0(0)\n");
        struct tv_run *other_ack = run_of("0.000 a>b S  0:0(0)\n0.020 b>a R. @0:0(0) ack 500\n");

        (void)state;
        assert_int_equal(tv_run_connection(no_ack, 0)->state[TV_A], TV_SYN_SENT);
        assert_int_equal(tv_run_connection(other_ack, 0)->state[TV_A], TV_SYN_SENT);
        assert_int_equal(tv_run_findings(no_ack, 0, "handshake.refused"), 0);
        assert_int_equal(tv_run_findings(other_ack, 0, "handshake.refused"), 0);
        tv_run_free(no_ack);
        tv_run_free(other_ack);
}

static void
half_open_has_a_syn_ack_and_no_third_segment(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)\n0.020 b>a S. 0:0(0) ack 1\n1.020 b>a S. 0:0(0) ack 1\n");

        (void)state;
        EXPECT_LIFE(run, 0, "half-open open");
        assert_int_equal(tv_run_findings(run, 0, "handshake.half-open"), 1);
        assert_int_equal(tv_run_findings(run, 0, "handshake.no-answer"), 0);
        tv_run_free(run);
}

static void
unanswered_syn_has_no_row_for_b(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)\n1.000 a>b S  0:0(0)\n3.000 a>b S  0:0(0)\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT", "");
        assert_int_equal(tv_run_connection(run, 0)->state[TV_B], TV_NO_STATE);
        EXPECT_LIFE(run, 0, "no-answer open");
        EXPECT_FINDINGS(run, 0, "handshake.no-answer");
        EXPECT_ROW(run, 3, "retransmission syn needed unknown lost unknown of 1");
        tv_run_free(run);
}

/* RFC 7413: data in the SYN, acknowledged by the SYN-ACK; b may answer before the third segment comes. */
static void
fast_open_carries_data_in_the_syn(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:10(10) win 65535 <mss 1460,fo 0102030405060708>\n"
                                    "0.020 b>a S. 0:0(0) ack 11 win 65535 <mss 1460>\n"
                                    "0.021 b>a P. 1:101(100) ack 11\n"
                                    "0.040 a>b .  11:11(0) ack 101\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED!", "LISTEN! SYN_RCVD! ESTABLISHED?");
        EXPECT_ROW(run, 1, "new");
        EXPECT_ROW(run, 3, "new, same");
        EXPECT_LIFE(run, 0, "complete open");
        assert_int_equal(tv_run_connection(run, 0)->dir[0].payload_bytes, 10);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].unique_bytes, 10);
        tv_run_free(run);
}

/* The SYN-ACK comes in two: an ACK, then a SYN, which makes a simultaneous open of it for a. */
static void
split_handshake_is_one_connection(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "0.020 b>a S  0:0(0)       win 65535 <mss 1460>\n"
                                    "0.040 a>b S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "0.060 b>a .  1:1(0) ack 1\n"
                                    "0.070 b>a P. 1:11(10) ack 1\n"
                                    "0.090 a>b .  1:1(0) ack 11\n");

        (void)state;
        assert_int_equal(run->connection_count, 1);
        EXPECT_STEP(run, 0, TV_A, TV_SYN_RCVD, "confirmed cause 2 proof 3 from 0.0200 to 0.0400");
        EXPECT_STEP(run, 0, TV_A, TV_ESTABLISHED, "confirmed cause 4 proof 6 from 0.0600 to 0.0900");
        EXPECT_ROW(run, 3, "new, advance");
        tv_run_free(run);
}

static void
handshake_without_its_syn_is_opened_by_who_the_syn_ack_answers(void **state)
{
        struct tv_run *run = run_of("b = :443\n"
                                    "0.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "0.040 a>b .  1:1(0) ack 1\n"
                                    "0.050 a>b P. 1:11(10) ack 1\n"
                                    "0.070 b>a .  1:1(0) ack 11\n");
        const struct tv_connection *c = tv_run_connection(run, 0);

        (void)state;
        assert_int_equal(c->initiator, TV_INITIATOR_SYNACK);
        assert_int_equal(c->port[TV_B], 443);
        /* its SYN is proved by the SYN-ACK, and only its time is missing */
        EXPECT_STEP(run, 0, TV_A, TV_SYN_SENT, "confirmed cause 0 proof 1 from - to 0.0200");
        assert_int_equal(c->state[TV_B], TV_ESTABLISHED);
        assert_true(c->dir[0].isn != TV_UNKNOWN);
        tv_run_free(run);
}

static void
one_direction_alone_tells_what_its_sender_received(void **state)
{
        struct tv_run *a_only = run_of("0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                       "0.040 a>b .  1:1(0) ack 1\n"
                                       "0.050 a>b P. 1:11(10) ack 1\n"
                                       "0.090 a>b .  11:11(0) ack 501\n"
                                       "0.100 a>b F. 11:11(0) ack 501\n"
                                       "0.140 a>b .  12:12(0) ack 502\n");
        struct tv_run *b_only = run_of("0.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                       "0.070 b>a P. 1:501(500) ack 11\n"
                                       "0.120 b>a F. 501:501(0) ack 12\n");
        const struct tv_connection *c = tv_run_connection(a_only, 0);

        (void)state;
        assert_int_equal(a_only->connection_count, 1);
        assert_int_equal(b_only->connection_count, 1);
        EXPECT_STEP(a_only, 0, TV_A, TV_ESTABLISHED, "confirmed cause 0 proof 2 from - to 0.0400");
        assert_int_equal(c->dir[1].segments, 0);
        assert_true(c->dir[1].missing_bytes == TV_UNKNOWN);
        assert_int_equal(a_only->quality.one_way, 1);
        EXPECT_STEP(b_only, 0, TV_B, TV_SYN_RCVD, "confirmed cause 0 proof 1 from - to 0.0200");
        assert_int_equal(tv_run_connection(b_only, 0)->initiator, TV_INITIATOR_SYNACK);
        assert_int_equal(b_only->quality.one_way, 1);
        /* nothing of a direction that was not captured is called a gap of the capture */
        assert_int_equal(tv_run_findings(a_only, TV_UNKNOWN, "capture.gap"), 0);
        assert_int_equal(tv_run_findings(b_only, TV_UNKNOWN, "capture.gap"), 0);
        tv_run_free(a_only);
        tv_run_free(b_only);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(repeated_syn_ack_withdraws_the_receipt_of_the_third_ack),
                cmocka_unit_test(acknowledgment_sent_again_is_the_cause_after_the_first_was_refuted),
                cmocka_unit_test(syn_ack_that_crosses_the_third_ack_refutes_nothing),
                cmocka_unit_test(syn_ack_delivered_twice_by_the_network_refutes_nothing),
                cmocka_unit_test(syn_ack_that_answers_a_repeated_syn_refutes_nothing),
                cmocka_unit_test(syn_ack_that_answers_a_duplicated_syn_tells_of_no_loss),
                cmocka_unit_test(third_ack_lost_twice_is_counted_twice),
                cmocka_unit_test(syn_ack_lost_behind_the_capture_point),
                cmocka_unit_test(syn_lost_behind_the_capture_point),
                cmocka_unit_test(echo_of_the_first_syn_proves_that_it_arrived),
                cmocka_unit_test(copies_that_share_a_tsval_are_not_told_apart_by_its_echo),
                cmocka_unit_test(repeated_fin_withdraws_the_receipt_of_the_last_ack),
                cmocka_unit_test(fin_lost_is_told_from_its_acknowledgment_lost),
                cmocka_unit_test(fin_repeated_while_its_acknowledgment_is_on_its_way_refutes_nothing),
                cmocka_unit_test(refused_is_answered_by_a_reset),
                cmocka_unit_test(reset_that_does_not_acknowledge_the_syn_refuses_nothing),
                cmocka_unit_test(half_open_has_a_syn_ack_and_no_third_segment),
                cmocka_unit_test(unanswered_syn_has_no_row_for_b),
                cmocka_unit_test(fast_open_carries_data_in_the_syn),
                cmocka_unit_test(split_handshake_is_one_connection),
                cmocka_unit_test(handshake_without_its_syn_is_opened_by_who_the_syn_ack_answers),
                cmocka_unit_test(one_direction_alone_tells_what_its_sender_received),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
