/* What evidence proves, and what it does not: cases where the tempting conclusion is wrong. */
#include "analyzer/diagnose/diagnose.h"
#include "tests/support/expect.h"

#define OPENED                                                                                                         \
        "0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"                                                             \
        "0.002 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"                                                             \
        "0.042 a>b .  1:1(0) ack 1\n"                                                                                  \
        "0.043 a>b P. 1:11(10) ack 1\n"                                                                                \
        "0.045 b>a P. 1:21(20) ack 11\n"                                                                               \
        "0.085 a>b .  11:11(0) ack 21\n"

#define ENDS                                                                                                           \
        "a  = :40000 isn 100000000\nb  = :80    isn 300000000\n"                                                       \
        "a2 = :40000 isn 1500000000\nb2 = :80    isn 2600000000\n"
#define OPENED2                                                                                                        \
        ENDS "0.0000 a>b S  0:0(0)       win 65535 <mss 1460>\n"                                                       \
             "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"                                                       \
             "0.0401 a>b .  1:1(0) ack 1\n"                                                                            \
             "0.0500 a>b P. 1:101(100) ack 1\n"                                                                        \
             "0.0900 b>a P. 1:201(200) ack 101\n"                                                                      \
             "0.0901 a>b .  101:101(0) ack 201\n"

/* The SYN that met the live connection and was answered begins connection 1: its row, its counters and its options are
 * there, not with the connection that it met. */
static void
answered_syn_into_a_live_connection_belongs_to_the_new_one(void **state)
{
        struct tv_run *run = tv_run_text(OPENED2 "1.0000 a2>b2 S  0:0(0)       win 65535 <mss 1400>\n"
                                                 "1.0400 b2>a2 S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                                 "1.0401 a2>b2 .  1:1(0) ack 1\n",
                                         NULL);
        (void)state;
        assert_int_equal(tv_run_all_findings(run, "capture.mid-start"), 0); /* its SYN was captured */
        assert_int_equal(tv_run_connection(run, 1)->initiator, TV_INITIATOR_SYN);
        assert_int_equal(tv_run_row(run, 7)->conn, 1);
        assert_int_equal(tv_run_row(run, 7)->data_class, TV_DATA_NEW);
        assert_int_equal(tv_run_connection(run, 1)->dir[0].segments, 2);
        assert_int_equal(tv_run_connection(run, 1)->dir[0].mss, 1400);
        EXPECT_STEP(run, 1, TV_A, TV_SYN_SENT, "observed cause 7 proof 0 from - to 1.0000");
        tv_run_free(run);
}

/* design.md section 4: "echoing the later one proves nothing (D-SACK may)"; design.md section 3: "for a cause sent in
 * several copies: the first copy that can be the cause".  b is in TIME_WAIT by frame 5, its ACK dies before the capture
 * point; a repeats its FIN, and by RFC 7323 appendix D (which saves the TSval before it looks at SEG.SEQ) the answer
 * echoes the repeated one. */
static void
echo_of_the_later_fin_proves_nothing_of_the_first(void **state)
{
        struct tv_run *run = tv_run_text("0.0006 a>b S 0:0(0) <mss 1460,TS val 1000 ecr 0>\n"
                                         "0.0034 b>a S. 0:0(0) ack 1 <mss 1460,TS val 900002 ecr 1000>\n"
                                         "0.0046 a>b . 1:1(0) ack 1 <TS val 1004 ecr 900002>\n"
                                         "0.5074 b>a F. 1:1(0) ack 1 <TS val 900506 ecr 1004> {id 9002}\n"
                                         "0.5086 a>b F. 1:1(0) ack 2 <TS val 1508 ecr 900506>\n"
                                         "0.7186 a>b F. 1:1(0) ack 2 <TS val 1718 ecr 900506>\n"
                                         "0.7214 b>a . 2:2(0) ack 2 <TS val 900720 ecr 1718> {id 9004}\n",
                                         NULL);
        (void)state;
        assert_int_equal(tv_run_row(run, 6)->needed, TV_NEEDED_UNKNOWN);
        assert_true(tv_run_transition(run, 0, TV_B, TV_TIME_WAIT)->earliest <= TV_EXPECT_START + INT64_C(508600000));
        tv_run_free(run);
}

/* design.md section 4, `needed` yes: no earlier copy was accepted.  The hole was reported before copy 1 (frame 11) was
 * sent; its acknowledgment died before the capture point; copy 2 (frame 12) was not needed, and nothing captured says
 * so: `unknown`. */
static void
old_report_of_a_hole_says_nothing_of_the_second_copy(void **state)
{
        struct tv_run *run =
                tv_run_text("0.0000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK>\n"
                            "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK>\n"
                            "0.0401 a>b .  1:1(0) ack 1\n"
                            "0.1000 a>b . 1:1001(1000) ack 1\n"
                            "0.1001 a>b . 1001:2001(1000) ack 1\n"
                            "0.1002 a>b . 2001:3001(1000) ack 1\n"
                            "0.1003 a>b . 3001:4001(1000) ack 1\n"
                            "0.1401 b>a . 1:1(0) ack 1 <nop,nop,sack 1001:2001>\n"
                            "0.1402 b>a . 1:1(0) ack 1 <nop,nop,sack 1001:3001>\n"
                            "0.1403 b>a . 1:1(0) ack 1 <nop,nop,sack 1001:4001> {id 9004}\n"
                            "0.1404 a>b . 1:1001(1000) ack 1\n"
                            "0.4400 a>b . 1:1001(1000) ack 1\n"
                            "0.6000 b>a P. 1:101(100) ack 4001 {id 9006}\n" /* the D-SACK before it was lost */
                            "0.6001 a>b . 4001:4001(0) ack 101\n",
                            NULL);
        (void)state;
        assert_int_equal(tv_run_row(run, 11)->needed, TV_NEEDED_YES);
        assert_int_not_equal(tv_run_row(run, 12)->needed, TV_NEEDED_YES);
        tv_run_free(run);
}

/* A single round trip that was measured behind a loss (here: a's third ACK and its first data died before the capture
 * point, so that the SYN-ACK seems to take 0.22 s) makes the acknowledgment of a needed copy look too early.
 * Truth: frame 6 was needed, frame 5 died downstream. */
static void
one_doubtful_round_trip_judges_nothing(void **state)
{
        struct tv_run *run = tv_run_text("1.005001 a>b S 0:0(0) <mss 1460,sackOK,TS val 2000 ecr 0>\n"
                                         "1.015003 b>a S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 901010 ecr 2000>\n"
                                         "1.235005 a>b P. 1:101(100) ack 1 <TS val 2230 ecr 901010>\n"
                                         "1.245007 b>a P. 1:501(500) ack 101 <TS val 901240 ecr 2230>\n"
                                         "1.455007 b>a P. 1:501(500) ack 101 <TS val 901450 ecr 2230>\n"
                                         "1.465009 a>b . 101:101(0) ack 501 <TS val 2460 ecr 901450>\n",
                                         NULL);
        (void)state;
        assert_int_not_equal(tv_run_row(run, 5)->needed, TV_NEEDED_NO);
        tv_run_free(run);
}

/* RFC 9293 3.10.8 and design.md section 3 (retries2 15, orphan retries; teardown `abandoned`: retries or timer over):
 * after 15 repetitions into silence the sender has given up. */
static void
retries_exhausted_close_an_established_connection(void **state)
{
        char text[4000];
        double t = 0.1, rto = 0.2;
        int n = snprintf(text, sizeof text, "0.0 a>b S 0:0(0)\n0.04 b>a S. 0:0(0) ack 1\n0.05 a>b . 1:1(0) ack 1\n");
        struct tv_run *run;
        (void)state;
        for (int i = 0; i <= 15; i++) {
                n += snprintf(text + n, sizeof text - (size_t)n, "%.3f a>b P. 1:101(100) ack 1\n", t);
                t += rto;
                rto = rto * 2 > 120 ? 120 : rto * 2;
        }
        for (int i = 0; i < 20; i++)
                n += snprintf(text + n, sizeof text - (size_t)n, "%.3f a2>b2 S 0:0(0)\n", t + i * 50);
        run = tv_run_text(text, NULL);
        EXPECT_LIFE(run, 0, "complete abandoned");
        assert_int_equal(tv_run_connection(run, 0)->state[TV_A], TV_CLOSED);
        tv_run_free(run);
}

/* design.md section 3: "a repeated SYN-ACK disproves the receipt ... only if it was sent after ... and answers no
 * repeated SYN"; the same holds for the loss of the SYN-ACK before it: b's second SYN-ACK 14 us after the first answers
 * the duplicated SYN and was sent by no timer. */
static void
syn_ack_repeated_at_once_is_not_even_possibly_a_loss(void **state)
{
        struct tv_run *run = tv_run_text("0.001001 a>b S 0:0(0) <mss 1460,sackOK> {id 7}\n"
                                         "0.001786 a>b S 0:0(0) <mss 1460,sackOK> {id 7}\n"
                                         "0.003774 b>a S. 0:0(0) ack 1 <mss 1460,sackOK> {id 30}\n"
                                         "0.003788 b>a S. 0:0(0) ack 1 <mss 1460,sackOK> {id 31}\n"
                                         "0.005776 a>b . 1:1(0) ack 1\n"
                                         "0.005777 a>b P. 1:1001(1000) ack 1\n"
                                         "0.007778 b>a . 1:1(0) ack 1001\n",
                                         NULL);
        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.duplicated data.network-duplicates");
        tv_run_free(run);
}

/* design.md section 3: "On the FIN's first transmission [the acknowledgment number] tells LAST_ACK from FIN_WAIT_1."
 * The network swapped b's FIN and the ACK that b sent after it.  The FIN acknowledges less than b had acknowledged
 * before in the file, so it was sent before that (no stack takes an acknowledgment back): it is the original, b was in
 * FIN_WAIT_1, then CLOSING. */
static void
late_fin_that_acknowledges_less_was_sent_before_the_peers_fin_came(void **state)
{
        struct tv_run *run = tv_run_text("0.001001 a>b S 0:0(0) <mss 1460,TS val 1000 ecr 0>\n"
                                         "0.003003 b>a S. 0:0(0) ack 1 <mss 1460,TS val 900002 ecr 1000> {id 34}\n"
                                         "0.005005 a>b . 1:1(0) ack 1 <TS val 1004 ecr 900002>\n"
                                         "0.505005 a>b F. 1:1(0) ack 1 <TS val 1504 ecr 900002>\n"
                                         "0.507467 b>a . 2:2(0) ack 2 <TS val 900506 ecr 1504> {id 36}\n"
                                         "0.508547 b>a F. 1:1(0) ack 1 <TS val 900506 ecr 1004> {id 35}\n"
                                         "0.511841 a>b . 2:2(0) ack 2 <TS val 1509 ecr 900506>\n",
                                         NULL);
        (void)state;
        assert_null(tv_run_transition(run, 0, TV_B, TV_LAST_ACK));
        /* Swapped before the capture point, they may have been swapped back behind it: in which order a got them is not
         * proved; rather in this one. */
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2? TIME_WAIT!",
                     "LISTEN! SYN_RCVD! ESTABLISHED! FIN_WAIT_1! CLOSING! TIME_WAIT?");
        tv_run_free(run);
}
/* A reset that was forged nearby, outside the window or not, says nothing of how far away its purported sender is. */
static void
forged_reset_gives_no_round_trip(void **state)
{
        struct tv_run *run = tv_run_text(OPENED "0.200 b>a P. 21:41(20) ack 11\n"
                                                "0.201 a>b R. 5000:5000(0) ack 41\n"
                                                "0.240 a>b .  11:11(0) ack 41\n"
                                                "0.250 a>b P. 11:21(10) ack 41\n",
                                         NULL);
        (void)state;
        assert_true(tv_run_connection(run, 0)->dir[TV_B].rtt_min >= INT64_C(38000000));
        tv_run_free(run);
}

/* A capture that has only a segment here and there of a long connection: numbers leap by more than a window, and each
 * segment is acknowledged, so each is the stream's, and what lies between is missing from the capture. */
static void
leaping_numbers_that_are_acknowledged_are_gaps_of_the_capture(void **state)
{
        struct tv_run *run = tv_run_text("0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                         "0.002 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                         "0.042 a>b .  1:1(0) ack 1\n"
                                         "0.043 b>a .  1:1001(1000) ack 1\n"
                                         "0.045 a>b .  1:1(0) ack 1001\n"
                                         "9.000 b>a .  1500000001:1500001001(1000) ack 1\n"
                                         "9.040 a>b .  1:1(0) ack 1500001001\n"
                                         "19.000 a>b .  1:1(0) ack 2900000001\n"
                                         "19.001 b>a .  2900000001:2900001001(1000) ack 1\n"
                                         "19.040 a>b .  1:1(0) ack 2900001001\n",
                                         NULL);
        (void)state;
        EXPECT_ROW(run, 6, "new, same");
        EXPECT_ROW(run, 7, "none, advance");
        EXPECT_ROW(run, 8, "none, unseen");
        EXPECT_ROW(run, 9, "new, same");
        assert_int_equal(tv_run_connection(run, 0)->dir[TV_B].missing_bytes, UINT64_C(2900001001) - 1 - 3000);
        assert_int_equal(tv_run_connection(run, 0)->dir[TV_B].retransmissions, 0);
        tv_run_free(run);
}

/* Equal octets, equal TSval, no IP ID, but another ACK number: the stack wrote this segment anew. */
static void
copy_with_another_acknowledgment_is_no_duplicate(void **state)
{
        struct tv_run *run = tv_run_text("0.000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 100 ecr 0> {id 0}\n"
                                         "0.002 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 900 ecr 100> {id 0}\n"
                                         "0.042 a>b .  1:1(0) ack 1 <TS val 104 ecr 900> {id 0}\n"
                                         "0.100 b>a P. 1:11(10) ack 1 <TS val 910 ecr 104> {id 0}\n"
                                         "0.101 a>b F. 1:1(0) ack 1 <TS val 110 ecr 900> {id 0}\n"
                                         "0.102 a>b F. 1:1(0) ack 11 <TS val 110 ecr 910> {id 0}\n",
                                         NULL);
        (void)state;
        assert_int_equal(tv_run_row(run, 6)->data_class, TV_DATA_RETRANSMISSION);
        tv_run_free(run);
}

/* Before any data, the octet below SND.NXT is the SYN's: a keepalive there is a keepalive all the same. */
static void
keepalive_before_any_data_is_no_repeated_syn(void **state)
{
        struct tv_run *run = tv_run_text("0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                         "0.002 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                         "0.042 a>b .  1:1(0) ack 1\n"
                                         "120.0 b>a .  0:1(1) ack 1\n"
                                         "120.04 a>b .  1:1(0) ack 1\n",
                                         NULL);
        (void)state;
        EXPECT_ROW(run, 4, "keepalive, same");
        EXPECT_ROW(run, 5, "none, keepalive-reply");
        tv_run_free(run);
}

/* A segment without data tells the order of sending, too: here its SEQ shows that the FIN was sent before it. */
static void
fin_behind_an_acknowledgment_that_was_sent_later_is_out_of_order(void **state)
{
        struct tv_run *run = tv_run_text(OPENED "0.100 a>b F. 11:11(0) ack 21\n"
                                                "0.142 b>a .  22:22(0) ack 12\n"
                                                "0.143 b>a F. 21:21(0) ack 11\n",
                                         NULL);
        (void)state;
        assert_int_equal(tv_run_row(run, 9)->data_class, TV_DATA_OUT_OF_ORDER);
        tv_run_free(run);
}

static void
data_in_the_syn_that_is_acknowledged_is_a_fast_open(void **state)
{
        struct tv_run *run = tv_run_text("0.000 a>b S  0:100(100)   win 65535 <mss 1460>\n"
                                         "0.002 b>a S. 0:0(0) ack 101 win 65535 <mss 1460>\n"
                                         "0.042 a>b .  101:101(0) ack 1\n",
                                         NULL);
        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "handshake.fast-open"), 1);
        assert_non_null(strstr(tv_run_finding(run, 0, "handshake.fast-open")->what, "accepted"));
        tv_run_free(run);
        run = tv_run_text("0.000 a>b S  0:100(100)   win 65535 <mss 1460>\n"
                          "0.002 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                          "0.042 a>b .  1:1(0) ack 1\n",
                          NULL);
        assert_non_null(strstr(tv_run_finding(run, 0, "handshake.fast-open")->what, "refused"));
        tv_run_free(run);
}

/* A listener that ignored acknowledgments and data takes one in the end: what it then sends proves that, and the cause
 * is the first segment that came after it last said otherwise. */
static void
listener_that_ignored_acknowledgments_is_established_by_proof_only(void **state)
{
#define IGNORED                                                                                                        \
        "0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"                                                             \
        "0.0001 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"                                                            \
        "0.040 a>b .  1:1(0) ack 1\n"                                                                                  \
        "0.041 a>b P. 1:11(10) ack 1\n"                                                                                \
        "1.0001 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"                                                            \
        "1.040 a>b .  11:11(0) ack 1\n"                                                                                \
        "1.300 a>b P. 1:11(10) ack 1\n"
        struct tv_run *run = tv_run_text(IGNORED, NULL);

        (void)state;
        assert_int_equal(tv_run_connection(run, 0)->state[TV_B], TV_SYN_RCVD);
        assert_int_equal(tv_run_connection(run, 0)->handshake, TV_HANDSHAKE_HALF_OPEN);
        tv_run_free(run);
        run = tv_run_text(IGNORED "1.3001 b>a .  1:1(0) ack 11\n", NULL);
        EXPECT_STEP(run, 0, TV_B, TV_ESTABLISHED, "confirmed cause 6 proof 8 from 1.0400 to 1.3001");
        assert_int_equal(tv_run_connection(run, 0)->handshake, TV_HANDSHAKE_COMPLETE);
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(answered_syn_into_a_live_connection_belongs_to_the_new_one),
                cmocka_unit_test(echo_of_the_later_fin_proves_nothing_of_the_first),
                cmocka_unit_test(old_report_of_a_hole_says_nothing_of_the_second_copy),
                cmocka_unit_test(one_doubtful_round_trip_judges_nothing),
                cmocka_unit_test(retries_exhausted_close_an_established_connection),
                cmocka_unit_test(syn_ack_repeated_at_once_is_not_even_possibly_a_loss),
                cmocka_unit_test(forged_reset_gives_no_round_trip),
                cmocka_unit_test(leaping_numbers_that_are_acknowledged_are_gaps_of_the_capture),
                cmocka_unit_test(copy_with_another_acknowledgment_is_no_duplicate),
                cmocka_unit_test(keepalive_before_any_data_is_no_repeated_syn),
                cmocka_unit_test(fin_behind_an_acknowledgment_that_was_sent_later_is_out_of_order),
                cmocka_unit_test(data_in_the_syn_that_is_acknowledged_is_a_fast_open),
                cmocka_unit_test(listener_that_ignored_acknowledgments_is_established_by_proof_only),
                cmocka_unit_test(late_fin_that_acknowledges_less_was_sent_before_the_peers_fin_came),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
