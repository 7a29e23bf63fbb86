/* Every class, reason, need and loss of design.md section 4, each beside its nearest rival.
 *
 * AT_A is captured at a (b is 40 ms away, there and back), AT_B at b (a is 40 ms away). */
#include "tests/support/expect.h"

#define AT_A                                                                                                           \
        "0.0000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK>\n"                                                     \
        "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK>\n"                                                     \
        "0.0401 a>b .  1:1(0) ack 1\n"                                                                                 \
        "0.0500 a>b .  1:1001(1000) ack 1\n"                                                                           \
        "0.0900 b>a .  1:1(0) ack 1001\n"

#define AT_B                                                                                                           \
        "0.0000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK>\n"                                                     \
        "0.0001 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK>\n"                                                     \
        "0.0400 a>b .  1:1(0) ack 1\n"                                                                                 \
        "0.0500 a>b .  1:1001(1000) ack 1\n"                                                                           \
        "0.0501 b>a .  1:1(0) ack 1001\n"

/* The same with time stamps, a millisecond each. */
#define AT_A_TS                                                                                                        \
        "0.0000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 1000 ecr 0>\n"                                          \
        "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 9000 ecr 1000>\n"                                       \
        "0.0401 a>b .  1:1(0) ack 1 <nop,nop,TS val 1040 ecr 9000>\n"                                                  \
        "0.0500 a>b .  1:1001(1000) ack 1 <nop,nop,TS val 1050 ecr 9000>\n"                                            \
        "0.0900 b>a .  1:1(0) ack 1001 <nop,nop,TS val 9050 ecr 1050>\n"

static struct tv_run *
run_of(const char *text)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        return run;
}

#define ROW(frame, expected) EXPECT_ROW(run, frame, expected)

static void
in_order_is_new(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 b>a P. 1:501(500) ack 1001\n"
                                         "0.1001 a>b .  1001:1001(0) ack 501\n"
                                         "0.1100 a>b F. 1001:1001(0) ack 501\n");

        (void)state;
        ROW(1, "new");
        ROW(2, "new, advance");
        ROW(3, "none, advance");
        ROW(4, "new, same");
        ROW(5, "none, advance");
        ROW(6, "new, same");
        ROW(7, "none, advance");
        ROW(8, "new, same");
        tv_run_free(run);
}

/* ---- reasons ---- */

static void
silence_of_an_rto_makes_it_rto(void **state)
{
        /* not the last one, which a probe would repeat */
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1001 a>b . 2001:3001(1000) ack 1\n"
                                         "0.4000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.4400 b>a . 1:1(0) ack 2001\n"
                                         "0.4401 a>b . 2001:3001(1000) ack 1\n"
                                         "0.4801 b>a . 1:1(0) ack 3001\n"
                                         "0.6000 a>b . 3001:4001(1000) ack 1\n"
                                         "0.6400 b>a . 1:1(0) ack 4001\n");

        (void)state;
        ROW(8, "retransmission rto needed yes lost downstream of 6, same");
        ROW(9, "none, advance");
        ROW(10, "retransmission rto needed yes lost downstream of 7, same");
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmissions, 2);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmitted_bytes, 2000);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].lost_downstream, 2);
        tv_run_free(run);
}

/* RFC 8985 section 7.2: PTO is two round trips, 200 ms more for a single segment, and never later than the RTO; the RTO
 * is counted anew from the probe on. */
static void
first_timeout_of_a_tail_is_its_probe(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.3400 a>b . 1001:2001(1000) ack 1\n"
                                         "0.5800 a>b . 1001:2001(1000) ack 1\n"
                                         "1.0600 a>b . 1001:2001(1000) ack 1\n"
                                         "1.1000 b>a . 1:1(0) ack 2001\n");

        (void)state;
        ROW(7, "retransmission tlp needed yes lost downstream of 6, same");
        ROW(8, "retransmission rto needed yes lost downstream of 6, same");
        ROW(9, "retransmission rto needed yes lost downstream of 6, same");
        tv_run_free(run);
}

/* RFC 6298 section 5.5: each timeout doubles the next; a sender that does so from the first one on sends no probes. */
static void
doubled_timeouts_have_no_probe_before_them(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.3400 a>b . 1001:2001(1000) ack 1\n"
                                         "0.8200 a>b . 1001:2001(1000) ack 1\n"
                                         "0.8600 b>a . 1:1(0) ack 2001\n"
                                         "1.0000 a>b . 2001:3001(1000) ack 1\n"
                                         "1.2400 a>b . 2001:3001(1000) ack 1\n"
                                         "1.2800 b>a . 1:1(0) ack 3001\n");

        (void)state;
        ROW(7, "retransmission rto needed yes lost downstream of 6, same");
        ROW(8, "retransmission rto needed yes lost downstream of 6, same");
        ROW(11, "retransmission rto needed yes lost downstream of 10, same");
        tv_run_free(run);
}

/* RFC 8985 section 7.1: only with SACK. */
static void
timeout_without_sack_is_no_probe(void **state)
{
        struct tv_run *run = run_of("0.0000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "0.0401 a>b .  1:1(0) ack 1\n"
                                    "0.1000 a>b . 1:1001(1000) ack 1\n"
                                    "0.3400 a>b . 1:1001(1000) ack 1\n"
                                    "0.3800 b>a . 1:1(0) ack 1001\n");

        (void)state;
        assert_int_equal(tv_run_row(run, 5)->reason, TV_REASON_RTO);
        tv_run_free(run);
}

/* On a long way the last segment is a round trip old when the news comes; the timer waits 200 ms longer. */
static void
answer_after_a_long_round_trip_is_no_timeout(void **state)
{
        struct tv_run *run = run_of("0.0000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK>\n"
                                    "0.3000 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK>\n"
                                    "0.3001 a>b .  1:1(0) ack 1\n"
                                    "0.4000 a>b . 1:1001(1000) ack 1\n"
                                    "0.4001 a>b . 1001:2001(1000) ack 1\n"
                                    "0.4002 a>b . 2001:3001(1000) ack 1\n"
                                    "0.4003 a>b . 3001:4001(1000) ack 1\n"
                                    "0.7001 b>a . 1:1(0) ack 1 <nop,nop,sack 1001:2001>\n"
                                    "0.7002 b>a . 1:1(0) ack 1 <nop,nop,sack 1001:3001>\n"
                                    "0.7003 b>a . 1:1(0) ack 1 <nop,nop,sack 1001:4001>\n"
                                    "0.7004 a>b . 1:1001(1000) ack 1\n"
                                    "1.0004 b>a . 1:1(0) ack 4001\n");

        (void)state;
        ROW(11, "retransmission fast needed yes lost downstream of 4, same");
        tv_run_free(run);
}

/* RFC 6675: recovery lasts until everything is acknowledged that was sent before it; a hole that is known by then
 * begins the next. */
static void
each_recovery_begins_with_a_fast_one(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1001 a>b . 2001:3001(1000) ack 1\n"
                                         "0.1002 a>b . 3001:4001(1000) ack 1\n"
                                         "0.1003 a>b . 4001:5001(1000) ack 1\n"
                                         "0.1400 b>a . 1:1(0) ack 1001 <nop,nop,sack 2001:3001>\n"
                                         "0.1401 b>a . 1:1(0) ack 1001 <nop,nop,sack 2001:4001>\n"
                                         "0.1402 b>a . 1:1(0) ack 1001 <nop,nop,sack 2001:5001>\n"
                                         "0.1403 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1404 a>b . 5001:6001(1000) ack 1\n"
                                         "0.1405 a>b . 6001:7001(1000) ack 1\n"
                                         "0.1406 a>b . 7001:8001(1000) ack 1\n"
                                         "0.1803 b>a . 1:1(0) ack 5001\n"
                                         "0.1804 b>a . 1:1(0) ack 5001 <nop,nop,sack 6001:7001>\n"
                                         "0.1805 b>a . 1:1(0) ack 5001 <nop,nop,sack 6001:8001>\n"
                                         "0.1806 a>b . 5001:6001(1000) ack 1\n"
                                         "0.2206 b>a . 1:1(0) ack 8001\n");

        (void)state;
        ROW(13, "retransmission fast needed yes lost downstream of 6, same");
        ROW(20, "retransmission fast needed yes lost downstream of 14, same");
        tv_run_free(run);
}

static void
probe_of_the_tail_before_the_rto_is_a_tlp(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1850 a>b . 1001:2001(1000) ack 1\n"
                                         "0.2250 b>a . 1:1(0) ack 2001\n"
                                         "0.6000 a>b . 2001:3001(1000) ack 1\n"
                                         "0.6400 b>a . 1:1(0) ack 3001\n");

        (void)state;
        ROW(7, "retransmission tlp needed yes lost downstream of 6, same");
        tv_run_free(run);
}

static void
third_duplicate_ack_makes_it_fast_and_the_next_hole_recovery(void **state)
{
        /* the second hole is filled 0.2 ms after the first, and was captured before: time alone would call it late */
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1001 a>b . 2001:3001(1000) ack 1\n"
                                         "0.1002 a>b . 3001:4001(1000) ack 1\n"
                                         "0.1003 a>b . 4001:5001(1000) ack 1\n"
                                         "0.1004 a>b . 5001:6001(1000) ack 1\n"
                                         "0.1401 b>a . 1:1(0) ack 1001 <nop,nop,sack 2001:3001>\n"
                                         "0.1403 b>a . 1:1(0) ack 1001 <nop,nop,sack 4001:5001 2001:3001>\n"
                                         "0.1404 b>a . 1:1(0) ack 1001 <nop,nop,sack 4001:6001 2001:3001>\n"
                                         "0.1405 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1407 a>b . 3001:4001(1000) ack 1\n"
                                         "0.1805 b>a . 1:1(0) ack 3001 <nop,nop,sack 4001:6001>\n"
                                         "0.1807 b>a . 1:1(0) ack 6001\n"
                                         "0.4000 a>b . 6001:7001(1000) ack 1\n"
                                         "0.4400 b>a . 1:1(0) ack 7001\n");

        (void)state;
        ROW(11, "none, duplicate");
        ROW(13, "none, duplicate");
        ROW(14, "retransmission fast needed yes lost downstream of 6, same");
        ROW(15, "retransmission recovery needed yes lost downstream of 8, same");
        ROW(17, "none, advance");
        assert_int_equal(tv_run_connection(run, 0)->dir[0].out_of_order, 0);
        assert_int_equal(tv_run_connection(run, 0)->dir[1].duplicate_acks, 3);
        tv_run_free(run);
}

static void
control_segments_have_reasons_of_their_own(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "1.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "1.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "2.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "2.040 a>b .  1:1(0) ack 1\n"
                                    "2.100 a>b F. 1:1(0) ack 1\n"
                                    "2.400 a>b F. 1:1(0) ack 1\n");
        static const char *const reasons[] = {"syn", "synack", "fin"};
        static const unsigned frames[] = {2, 4, 7};

        (void)state;
        for (unsigned i = 0; i < 3; i++) {
                const struct tv_segment_row *row = tv_run_row(run, frames[i]);

                assert_int_equal(row->data_class, TV_DATA_RETRANSMISSION);
                assert_string_equal(tv_reason_name(row->reason), reasons[i]);
        }
        /* no octet was retransmitted: SYN and FIN are not data */
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmissions, 2);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmitted_bytes, 0);
        tv_run_free(run);
}

static void
repetition_without_any_cause_has_reason_unknown(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1200 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1400 b>a . 1:1(0) ack 2001\n");

        (void)state;
        /* acknowledged 20 ms after the copy, and the way there and back takes 40: the first one had arrived */
        ROW(7, "retransmission unknown needed no lost none of 6, same");
        assert_int_equal(tv_run_connection(run, 0)->dir[0].spurious, 1);
        tv_run_free(run);
}

/* ---- needed and lost ---- */

static void
copy_of_what_was_acknowledged_is_not_needed(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1400 b>a . 1:1(0) ack 2001\n"
                                         "0.1410 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1810 b>a . 1:1(0) ack 2001\n");

        (void)state;
        assert_int_equal(tv_run_row(run, 8)->data_class, TV_DATA_RETRANSMISSION);
        assert_int_equal(tv_run_row(run, 8)->needed, TV_NEEDED_NO);
        assert_int_equal(tv_run_row(run, 8)->lost, TV_LOST_NONE);
        tv_run_free(run);
}

static void
acknowledgment_that_died_behind_the_capture_point(void **state)
{
        /* captured at b: its ACK passed, a repeats half a second later */
        struct tv_run *run = run_of(AT_B "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1001 b>a . 1:1(0) ack 2001\n"
                                         "0.6000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.6001 b>a . 1:1(0) ack 2001\n");

        (void)state;
        ROW(8, "retransmission rto needed no lost ack of 6, same");
        tv_run_free(run);
}

/* RFC 2883 section 4: the first block below the acknowledgment number reports octets that came twice. */
static void
d_sack_tells_that_the_copy_was_not_needed(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1400 b>a . 1:1(0) ack 2001 {id 501}\n"
                                         "0.1500 a>b . 2001:3001(1000) ack 1\n"
                                         "0.1900 b>a . 1:1(0) ack 3001\n"
                                         "0.2000 a>b . 3001:4001(1000) ack 1\n"
                                         "0.2400 b>a . 1:1(0) ack 4001\n"
                                         "0.2401 b>a P. 1:11(10) ack 4001\n"
                                         "0.2402 a>b . 4001:4001(0) ack 11\n"
                                         "0.3000 a>b . 4001:5001(1000) ack 11\n"
                                         "0.6000 a>b . 4001:5001(1000) ack 11\n"
                                         "0.6400 b>a . 11:11(0) ack 5001 <nop,nop,sack 4001:5001> {id 506}\n");

        (void)state;
        /* the first copy arrived, and what it was answered with never came here */
        ROW(15, "retransmission tlp needed no lost ack of 14, same");
        assert_int_equal(tv_run_connection(run, 0)->dir[0].spurious, 1);
        tv_run_free(run);
}

/* The second copy is known by its echo to be one too many; its D-SACK, in the same segment, is no news of the first. */
static void
d_sack_of_one_copy_says_nothing_of_another(void **state)
{
        struct tv_run *run =
                run_of("0.0000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK,TS val 1000 ecr 0>\n"
                       "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 9000 ecr 1000>\n"
                       "0.0401 a>b .  1:1(0) ack 1 <nop,nop,TS val 1040 ecr 9000>\n"
                       "0.1000 a>b . 1:1001(1000) ack 1 <nop,nop,TS val 1100 ecr 9000>\n"
                       "0.1001 a>b . 1001:2001(1000) ack 1 <nop,nop,TS val 1100 ecr 9000>\n"
                       "0.1002 a>b . 2001:3001(1000) ack 1 <nop,nop,TS val 1100 ecr 9000>\n"
                       "0.1003 a>b . 3001:4001(1000) ack 1 <nop,nop,TS val 1100 ecr 9000>\n"
                       "0.1401 b>a . 1:1(0) ack 1 <nop,nop,TS val 9100 ecr 1040,nop,nop,sack 1001:2001>\n"
                       "0.1402 b>a . 1:1(0) ack 1 <nop,nop,TS val 9100 ecr 1040,nop,nop,sack 1001:3001>\n"
                       "0.1403 b>a . 1:1(0) ack 1 <nop,nop,TS val 9100 ecr 1040,nop,nop,sack 1001:4001>\n"
                       "0.1404 a>b . 1:1001(1000) ack 1 <nop,nop,TS val 1140 ecr 9100>\n"
                       "0.4400 a>b . 1:1001(1000) ack 1 <nop,nop,TS val 1440 ecr 9100>\n"
                       "0.4800 b>a . 1:1(0) ack 4001 <nop,nop,TS val 9440 ecr 1140,nop,nop,sack 1:1001>\n");

        (void)state;
        assert_int_equal(tv_run_row(run, 11)->needed, TV_NEEDED_YES); /* b had reported the hole */
        assert_int_equal(tv_run_row(run, 11)->lost, TV_LOST_DOWNSTREAM);
        assert_int_equal(tv_run_row(run, 12)->needed, TV_NEEDED_NO);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].spurious, 1);
        tv_run_free(run);
}

/* RFC 2883 section 4.1: a D-SACK above a hole is followed by the block that contains it. */
static void
d_sack_inside_a_larger_block_is_one_too(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1001 a>b . 2001:3001(1000) ack 1\n"
                                         "0.1002 a>b . 3001:4001(1000) ack 1\n"
                                         "0.1201 a>b . 2001:3001(1000) ack 1\n"
                                         "0.1401 b>a . 1:1(0) ack 1001 <nop,nop,sack 2001:4001>\n"
                                         "0.1601 b>a . 1:1(0) ack 1001 <nop,nop,sack 2001:3001 2001:4001>\n"
                                         "0.1700 a>b . 1001:2001(1000) ack 1\n"
                                         "0.2100 b>a . 1:1(0) ack 4001\n");

        (void)state;
        assert_int_equal(tv_run_row(run, 9)->data_class, TV_DATA_RETRANSMISSION);
        assert_int_equal(tv_run_row(run, 9)->needed, TV_NEEDED_NO);
        assert_int_equal(tv_run_row(run, 12)->needed, TV_NEEDED_YES);
        tv_run_free(run);
}

static void
echo_of_the_earlier_copy_proves_that_it_arrived(void **state)
{
        struct tv_run *run = run_of(AT_A_TS "0.1000 a>b . 1001:2001(1000) ack 1 <nop,nop,TS val 1100 ecr 9050>\n"
                                            "0.4000 a>b . 1001:2001(1000) ack 1 <nop,nop,TS val 1400 ecr 9050>\n"
                                            "0.4400 b>a . 1:1(0) ack 2001 <nop,nop,TS val 9400 ecr 1100>\n");

        (void)state;
        assert_int_equal(tv_run_row(run, 7)->data_class, TV_DATA_RETRANSMISSION);
        assert_int_equal(tv_run_row(run, 7)->needed, TV_NEEDED_NO);
        tv_run_free(run);
}

/* b numbers its packets; AT_A_TS has brought three of them. */
#define ACKNOWLEDGED                                                                                                   \
        AT_A_TS "0.0910 a>b . 1001:2001(1000) ack 1 <nop,nop,TS val 1091 ecr 9050>\n"                                  \
                "0.0920 b>a . 1:1(0) ack 2001 <nop,nop,TS val 9051 ecr 1091> {id 501}\n"                               \
                "0.0930 a>b . 2001:3001(1000) ack 1 <nop,nop,TS val 1093 ecr 9051>\n"                                  \
                "0.0940 b>a . 1:1(0) ack 3001 <nop,nop,TS val 9053 ecr 1093> {id 502}\n"                               \
                "0.0950 a>b . 3001:4001(1000) ack 1 <nop,nop,TS val 1095 ecr 9053>\n"                                  \
                "0.0960 b>a . 1:1(0) ack 4001 <nop,nop,TS val 9055 ecr 1095> {id 503}\n"                               \
                "0.0970 a>b . 4001:5001(1000) ack 1 <nop,nop,TS val 1097 ecr 9055>\n"                                  \
                "0.0980 b>a . 1:1(0) ack 5001 <nop,nop,TS val 9057 ecr 1097> {id 504}\n"                               \
                "0.1000 a>b . 5001:6001(1000) ack 1 <nop,nop,TS val 1100 ecr 9057>\n"                                  \
                "0.4000 a>b . 5001:6001(1000) ack 1 <nop,nop,TS val 1400 ecr 9057>\n"

/* The earlier copy arrived: was its acknowledgment lost, or late?  b sent something in between, or nothing. */
static void
ip_ids_tell_a_lost_acknowledgment_from_a_late_one(void **state)
{
        struct tv_run *run;

        (void)state;
        run = run_of(ACKNOWLEDGED "0.4400 b>a . 1:1(0) ack 6001 <nop,nop,TS val 9357 ecr 1100> {id 506}\n");
        ROW(15, "retransmission rto needed no lost ack of 14, same");
        tv_run_free(run);
        run = run_of(ACKNOWLEDGED "0.4400 b>a . 1:1(0) ack 6001 <nop,nop,TS val 9357 ecr 1100> {id 505}\n");
        ROW(15, "retransmission rto needed no lost none of 14, same");
        tv_run_free(run);
}

/* Without SACK the echo of the later copy says nothing of the earlier one (RFC 7323 4.3); that b sent nothing before
 * it does: it had nothing to acknowledge. */
static void
ip_ids_tell_that_nothing_was_acknowledged_before(void **state)
{
        struct tv_run *run;

        (void)state;
        run = run_of(ACKNOWLEDGED "0.4400 b>a . 1:1(0) ack 6001 <nop,nop,TS val 9357 ecr 1400> {id 506}\n");
        ROW(15, "retransmission rto needed unknown lost unknown of 14, same");
        tv_run_free(run);
        run = run_of(ACKNOWLEDGED "0.4400 b>a . 1:1(0) ack 6001 <nop,nop,TS val 9357 ecr 1400> {id 505}\n");
        ROW(15, "retransmission rto needed yes lost downstream of 14, same");
        tv_run_free(run);
}

/* What lies above a hole is not acknowledged, arrived or not: that b did not do so tells nothing. */
static void
ip_ids_tell_nothing_of_what_lies_above_a_hole(void **state)
{
        struct tv_run *run =
                run_of(ACKNOWLEDGED "0.4400 b>a . 1:1(0) ack 6001 <nop,nop,TS val 9357 ecr 1400> {id 505}\n"
                                    "0.5000 a>b . 6001:7001(1000) ack 1 <nop,nop,TS val 1500 ecr 9357>\n"
                                    "0.5001 a>b . 7001:8001(1000) ack 1 <nop,nop,TS val 1500 ecr 9357>\n"
                                    "0.5401 b>a . 1:1(0) ack 6001 <nop,nop,TS val 9457 ecr 1400> {id 506}\n"
                                    "0.9000 a>b . 6001:7001(1000) ack 1 <nop,nop,TS val 1900 ecr 9457>\n"
                                    "0.9001 a>b . 7001:8001(1000) ack 1 <nop,nop,TS val 1900 ecr 9457>\n"
                                    "0.9401 b>a . 1:1(0) ack 8001 <nop,nop,TS val 9857 ecr 1900> {id 507}\n");

        (void)state;
        ROW(20, "retransmission rto needed yes lost downstream of 17, same");
        assert_int_equal(tv_run_row(run, 21)->data_class, TV_DATA_RETRANSMISSION);
        assert_int_equal(tv_run_row(run, 21)->needed, TV_NEEDED_UNKNOWN);
        tv_run_free(run);
}

/* Identical to the block that holds it, a report above the acknowledgment is still one of a duplicate (RFC 2883 4). */
static void
d_sack_that_repeats_its_block_is_one_too(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1001 a>b . 2001:3001(1000) ack 1\n"
                                         "0.4000 a>b . 2001:3001(1000) ack 1\n"
                                         "0.4400 b>a . 1:1(0) ack 1001 <sack 2001:3001 2001:3001>\n"
                                         "0.8000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.8400 b>a . 1:1(0) ack 3001\n");

        (void)state;
        assert_int_equal(tv_run_row(run, 8)->data_class, TV_DATA_RETRANSMISSION);
        assert_int_equal(tv_run_row(run, 8)->needed, TV_NEEDED_NO);
        tv_run_free(run);
}

/* Three copies and one report of a duplicate: the first or the second one arrived, and nothing tells which. */
static void
one_d_sack_for_three_copies_leaves_the_second_open(void **state)
{
        struct tv_run *run = run_of("0.0000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK,TS val 1000 ecr 0>\n"
                                    "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 9000 ecr 1000>\n"
                                    "0.0401 a>b .  1:1(0) ack 1 <nop,nop,TS val 1040 ecr 9000>\n"
                                    "0.0500 a>b P. 1:401(400) ack 1 <nop,nop,TS val 1050 ecr 9000>\n"
                                    "0.2900 a>b P. 1:401(400) ack 1 <nop,nop,TS val 1290 ecr 9000>\n"
                                    "0.5300 a>b P. 1:401(400) ack 1 <nop,nop,TS val 1530 ecr 9000>\n"
                                    "0.5700 b>a . 1:1(0) ack 401 <nop,nop,TS val 9530 ecr 1530,sack 1:401> {id 777}\n");

        (void)state;
        ROW(5, "retransmission tlp needed unknown lost unknown of 4, same");
        ROW(6, "retransmission rto needed no lost ack of 4, same");
        tv_run_free(run);
}

/* RFC 6582: without SACK, the acknowledgment of the first hole's repetition stops at the second hole. */
static void
partial_acknowledgment_reports_the_next_hole(void **state)
{
        struct tv_run *run = run_of("0.0000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "0.0401 a>b .  1:1(0) ack 1\n"
                                    "0.0500 a>b . 1:1001(1000) ack 1\n"
                                    "0.0501 a>b . 1001:2001(1000) ack 1\n"
                                    "0.0502 a>b . 2001:3001(1000) ack 1\n"
                                    "0.0503 a>b . 3001:4001(1000) ack 1\n"
                                    "0.0504 a>b . 4001:5001(1000) ack 1\n"
                                    "0.0505 a>b . 5001:6001(1000) ack 1\n"
                                    "0.0901 b>a . 1:1(0) ack 1\n"
                                    "0.0902 b>a . 1:1(0) ack 1\n"
                                    "0.0903 b>a . 1:1(0) ack 1\n"
                                    "0.0904 a>b . 1:1001(1000) ack 1\n"
                                    "0.1304 b>a . 1:1(0) ack 3001\n"
                                    "0.1305 a>b . 3001:4001(1000) ack 1\n"
                                    "0.1705 b>a . 1:1(0) ack 6001 {id 777}\n");

        (void)state;
        ROW(13, "retransmission fast needed yes lost downstream of 4, same");
        ROW(15, "retransmission recovery needed yes lost downstream of 7, same");
        tv_run_free(run);
}

/* What Linux answers from TIME_WAIT has IP ID 0, and echoes the copy of the FIN that was the first to arrive. */
static void
answer_from_time_wait_echoes_the_first_fin_that_arrived(void **state)
{
#define FINS                                                                                                           \
        AT_A_TS "0.1000 b>a F. 1:1(0) ack 1001 <nop,nop,TS val 9060 ecr 1050>\n"                                       \
                "0.1001 a>b F. 1001:1001(0) ack 2 <nop,nop,TS val 1100 ecr 9060>\n"                                    \
                "0.3401 a>b F. 1001:1001(0) ack 2 <nop,nop,TS val 1340 ecr 9060>\n"
        struct tv_run *run;

        (void)state;
        run = run_of(FINS "0.3801 b>a . 2:2(0) ack 1002 <nop,nop,TS val 9360 ecr 1340> {id 0}\n");
        ROW(8, "retransmission fin needed yes lost downstream of 7, same");
        tv_run_free(run);
        run = run_of(FINS "0.3801 b>a . 2:2(0) ack 1002 <nop,nop,TS val 9360 ecr 1100> {id 0}\n");
        ROW(8, "retransmission fin needed no lost ack of 7, same");
        tv_run_free(run);
}

static void
nothing_tells_when_nothing_more_is_captured(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.4000 a>b . 1001:2001(1000) ack 1\n");

        (void)state;
        ROW(7, "retransmission tlp needed unknown lost unknown of 6, same");
        tv_run_free(run);
}

static void
segment_with_a_wrong_checksum_died_at_the_receiving_host(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1 {badsum}\n"
                                         "0.4000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.4400 b>a . 1:1(0) ack 2001\n");

        (void)state;
        ROW(7, "retransmission tlp needed yes lost downstream of 6, same");
        tv_run_free(run);
}

/* ---- holes ---- */

static void
late_original_is_out_of_order_by_its_ip_id(void **state)
{
        struct tv_run *run = run_of(AT_B "0.1000 a>b . 2001:3001(1000) ack 1 {id 902}\n"
                                         "0.1001 b>a . 1:1(0) ack 1001 <nop,nop,sack 2001:3001>\n"
                                         "0.1900 a>b . 1001:2001(1000) ack 1 {id 901}\n"
                                         "0.1901 b>a . 1:1(0) ack 3001\n");

        (void)state;
        ROW(6, "new, same");
        ROW(8, "out-of-order, same");
        assert_int_equal(tv_run_connection(run, 0)->dir[0].out_of_order, 1);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmissions, 0);
        tv_run_free(run);
}

static void
later_ip_id_makes_it_a_retransmission_of_what_was_lost_upstream(void **state)
{
        struct tv_run *run = run_of(AT_B "0.1000 a>b . 2001:3001(1000) ack 1 {id 902}\n"
                                         "0.1001 b>a . 1:1(0) ack 1001 <nop,nop,sack 2001:3001>\n"
                                         "0.1002 a>b . 3001:4001(1000) ack 1 {id 903}\n"
                                         "0.1003 b>a . 1:1(0) ack 1001 <nop,nop,sack 2001:4001>\n"
                                         "0.1004 a>b . 4001:5001(1000) ack 1 {id 904}\n"
                                         "0.1005 b>a . 1:1(0) ack 1001 <nop,nop,sack 2001:5001>\n"
                                         "0.1405 a>b . 1001:2001(1000) ack 1 {id 905}\n"
                                         "0.1406 b>a . 1:1(0) ack 5001\n");

        (void)state;
        ROW(12, "retransmission fast needed yes lost upstream, same");
        assert_int_equal(tv_run_connection(run, 0)->dir[0].out_of_order, 0);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].lost_upstream, 1);
        tv_run_free(run);
}

static void
hole_filled_sooner_than_the_sender_can_know_is_out_of_order(void **state)
{
        /* IPv6 has no IP ID: 3 ms after the gap showed, and the sender learns of it after 40 */
        struct tv_run *run = run_of("v6\n" AT_B "0.1000 a>b . 2001:3001(1000) ack 1\n"
                                    "0.1030 a>b . 1001:2001(1000) ack 1\n"
                                    "0.1031 b>a . 1:1(0) ack 3001\n");

        (void)state;
        ROW(7, "out-of-order, same");
        tv_run_free(run);
}

static void
hole_filled_without_evidence_is_a_hole_fill(void **state)
{
        /* no IP ID, no time stamp, no round trip ever measured, nobody asked for it */
        struct tv_run *run = run_of("v6\n"
                                    "0.0000 a>b . 1:1001(1000) ack 1\n"
                                    "0.0010 a>b . 2001:3001(1000) ack 1\n"
                                    "0.0600 a>b . 1001:2001(1000) ack 1\n");

        (void)state;
        ROW(3, "hole-fill, same");
        assert_int_equal(tv_run_connection(run, 0)->dir[0].out_of_order, 0);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmissions, 0);
        tv_run_free(run);
}

static void
older_tsval_behind_its_copy_is_the_original(void **state)
{
        struct tv_run *run = run_of(AT_A_TS "0.4000 a>b . 1001:2001(1000) ack 1 <nop,nop,TS val 1390 ecr 9050>\n"
                                            "0.4010 a>b . 1001:2001(1000) ack 1 <nop,nop,TS val 1100 ecr 9050>\n"
                                            "0.4400 b>a . 1:1(0) ack 2001 <nop,nop,TS val 9400 ecr 1390>\n");

        (void)state;
        assert_int_equal(tv_run_row(run, 7)->data_class, TV_DATA_OUT_OF_ORDER);
        assert_int_equal(tv_frame_number(tv_run_row(run, 7)->of_frame), 6);
        /* the copy that overtook it is the retransmission */
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmissions, 1);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].spurious, 1);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].unique_bytes, 2000);
        tv_run_free(run);
}

/* ---- one packet twice ---- */

static void
isolated_copy_with_the_same_ip_id_is_the_networks(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1 {id 500}\n"
                                         "0.1020 a>b . 1001:2001(1000) ack 1 {id 500}\n"
                                         "0.1400 b>a . 1:1(0) ack 2001\n"
                                         "0.2000 a>b . 2001:3001(1000) ack 1\n"
                                         "0.2400 b>a . 1:1(0) ack 3001\n"
                                         "0.3000 a>b . 3001:4001(1000) ack 1\n"
                                         "0.3400 b>a . 1:1(0) ack 4001\n");

        (void)state;
        ROW(7, "network-duplicate of 6, same");
        assert_int_equal(tv_run_connection(run, 0)->dir[0].network_duplicates, 1);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmissions, 0);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.duplicates"), 0);
        tv_run_free(run);
}

static void
other_ip_id_makes_it_a_retransmission(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1 {id 500}\n"
                                         "0.1020 a>b . 1001:2001(1000) ack 1 {id 501}\n"
                                         "0.1400 b>a . 1:1(0) ack 2001\n");

        (void)state;
        assert_int_equal(tv_run_row(run, 7)->data_class, TV_DATA_RETRANSMISSION);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].network_duplicates, 0);
        tv_run_free(run);
}

static void
pure_ack_delivered_twice_is_known_by_its_ip_id(void **state)
{
        struct tv_run *same = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                          "0.1400 b>a . 1:1(0) ack 2001 {id 70}\n"
                                          "0.1420 b>a . 1:1(0) ack 2001 {id 70}\n");
        struct tv_run *other = run_of("v6\n" AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                      "0.1400 b>a . 1:1(0) ack 2001\n"
                                      "0.1420 b>a . 1:1(0) ack 2001\n");

        (void)state;
        EXPECT_ROW(same, 8, "network-duplicate of 7, same");
        assert_int_equal(tv_run_row(other, 8)->data_class, TV_DATA_NONE);
        tv_run_free(same);
        tv_run_free(other);
}

static void
everything_twice_is_the_captures_doing(void **state)
{
        struct tv_run *run = run_of("twice 0.000005\n" AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                    "0.1400 b>a . 1:1(0) ack 2001\n"
                                    "0.2000 a>b . 2001:3001(1000) ack 1\n"
                                    "0.2400 b>a . 1:1(0) ack 3001\n"
                                    "0.3000 a>b F. 3001:3001(0) ack 1\n"
                                    "0.3400 b>a F. 1:1(0) ack 3002\n"
                                    "0.3401 a>b . 3002:3002(0) ack 2\n");

        (void)state;
        for (uint64_t frame = 1; frame < run->row_count; frame += 2) {
                assert_int_not_equal(tv_run_row(run, frame)->data_class, TV_DATA_CAPTURE_DUPLICATE);
                assert_int_equal(tv_run_row(run, frame + 1)->data_class, TV_DATA_CAPTURE_DUPLICATE);
                assert_int_equal(tv_frame_number(tv_run_row(run, frame + 1)->of_frame), frame);
        }
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmissions, 0);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].network_duplicates, 0);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].unique_bytes, 3000);
        assert_int_equal(tv_run_connection(run, 0)->dir[1].duplicate_acks, 0);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.duplicates"), 1);
        assert_int_equal(tv_run_all_findings(run, "teardown."), 0);
        EXPECT_LIFE(run, 0, "complete orderly first a");
        tv_run_free(run);
}

/* ---- probes ---- */

static void
keepalive_is_one_octet_before_the_next(void **state)
{
        struct tv_run *run = run_of(AT_A "7200.00 a>b . 1000:1000(0) ack 1\n"
                                         "7200.04 b>a . 1:1(0) ack 1001\n"
                                         "7275.00 a>b . 1000:1001(1) ack 1\n"
                                         "7275.04 b>a . 1:1(0) ack 1001\n"
                                         "7300.00 a>b . 1001:1001(0) ack 1\n");

        (void)state;
        ROW(6, "keepalive, same");
        ROW(7, "none, keepalive-reply");
        ROW(8, "keepalive, same");
        ROW(9, "none, keepalive-reply");
        ROW(10, "none, same"); /* at SND.NXT it is a pure ACK */
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmissions, 0);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].unique_bytes, 1000);
        tv_run_free(run);
}

static void
old_sequence_number_with_data_in_flight_is_no_keepalive(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1010 a>b . 2000:2000(0) ack 1\n");

        (void)state;
        ROW(7, "none, same");
        tv_run_free(run);
}

static void
closed_window_makes_it_a_window_probe(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1400 b>a . 1:1(0) ack 2001 win 0\n"
                                         "0.4000 a>b . 2000:2000(0) ack 1\n"
                                         "0.4400 b>a . 1:1(0) ack 2001 win 0\n"
                                         "0.8000 a>b . 2001:2002(1) ack 1\n"
                                         "0.8400 b>a . 1:1(0) ack 2001 win 0\n"
                                         "1.0000 b>a . 1:1(0) ack 2001 win 30000\n"
                                         "1.0001 a>b . 2001:3001(1000) ack 1\n");

        (void)state;
        ROW(8, "window-probe, same");
        ROW(9, "none, probe-reply");
        ROW(10, "window-probe, same");
        ROW(11, "none, probe-reply");
        ROW(12, "none, window-update");
        ROW(13, "new, same"); /* the octet of the probe was refused: it goes again, and is none the less new */
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmissions, 0);
        tv_run_free(run);
}

/* ---- overlap ---- */

static void
old_space_with_other_octets_is_a_conflict(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.4000 a>b . 1001:2001(1000) ack 1 {payload 7}\n"
                                         "0.4400 b>a . 1:1(0) ack 2001\n");

        (void)state;
        assert_int_equal(tv_run_row(run, 7)->data_class, TV_DATA_OVERLAP_CONFLICT);
        assert_int_equal(tv_frame_number(tv_run_row(run, 7)->of_frame), 6);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmissions, 1); /* counted as one too */
        tv_run_free(run);
}

static void
damaged_or_cut_octets_are_no_conflict(void **state)
{
        struct tv_run *damaged = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                             "0.4000 a>b . 1001:2001(1000) ack 1 {payload 7} {badsum}\n");
        struct tv_run *cut = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.4000 a>b . 1001:2001(1000) ack 1 {caplen 100}\n");

        (void)state;
        assert_int_equal(tv_run_row(damaged, 7)->data_class, TV_DATA_RETRANSMISSION);
        assert_int_equal(tv_run_row(cut, 7)->data_class, TV_DATA_RETRANSMISSION);
        tv_run_free(damaged);
        tv_run_free(cut);
}

static void
segment_with_old_and_new_octets_is_a_retransmission_of_the_old_ones(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.4000 a>b . 1501:3001(1500) ack 1\n"
                                         "0.4400 b>a . 1:1(0) ack 3001\n");
        const struct tv_direction *d = &tv_run_connection(run, 0)->dir[0];

        (void)state;
        assert_int_equal(tv_run_row(run, 7)->data_class, TV_DATA_RETRANSMISSION);
        assert_int_equal(tv_frame_number(tv_run_row(run, 7)->of_frame), 6);
        assert_int_equal(d->payload_bytes, 3500);
        assert_int_equal(d->unique_bytes, 3000);
        assert_int_equal(d->retransmitted_bytes, 500);
        tv_run_free(run);
}

static void
segments_cut_in_other_places_are_no_conflict(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1001 a>b . 2001:3001(1000) ack 1\n"
                                         "0.4000 a>b . 1001:1501(500) ack 1\n"
                                         "0.4001 a>b . 1501:2501(1000) ack 1\n");

        (void)state;
        assert_int_equal(tv_run_row(run, 8)->data_class, TV_DATA_RETRANSMISSION);
        assert_int_equal(tv_run_row(run, 9)->data_class, TV_DATA_RETRANSMISSION);
        assert_int_equal(tv_frame_number(tv_run_row(run, 9)->of_frame), 6);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmitted_bytes, 1500);
        tv_run_free(run);
}

/* ---- outside, stale ---- */

static void
data_beyond_every_window_is_outside_and_challenged(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 500001:501001(1000) ack 1\n"
                                         "0.1400 b>a . 1:1(0) ack 1001\n"
                                         "0.2000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.2400 b>a . 1:1(0) ack 2001\n");

        (void)state;
        ROW(6, "outside-window, same");
        ROW(7, "none, challenge");
        ROW(8, "new, same");
        assert_int_equal(tv_run_connection(run, 0)->dir[0].missing_bytes, 0);
        tv_run_free(run);
}

/* RFC 5961 section 4: a SYN inside a connection is answered by a challenge ACK. */
static void
syn_with_another_isn_in_a_connection_is_challenged(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b S @123456789:123456789(0) win 65535 <mss 1460>\n"
                                         "0.1400 b>a . 1:1(0) ack 1001\n"
                                         "0.2000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.2400 b>a . 1:1(0) ack 2001\n");

        (void)state;
        assert_int_equal(run->connection_count, 1);
        assert_int_equal(tv_run_row(run, 6)->data_class, TV_DATA_OUTSIDE_WINDOW);
        ROW(7, "none, challenge");
        ROW(8, "new, same");
        tv_run_free(run);
}

static void
segment_of_the_incarnation_before_is_stale(void **state)
{
        struct tv_run *run = run_of("a = :40000 isn 1000\nb = :80 isn 2000\n"
                                    "a2 = :40000 isn 1800000000\nb2 = :80 isn 1900000000\n"
                                    "0.0000 a>b S  0:0(0)       win 65535\n"
                                    "0.0400 b>a S. 0:0(0) ack 1 win 65535\n"
                                    "0.0401 a>b .  1:1(0) ack 1\n"
                                    "0.0500 a>b .  1:1001(1000) ack 1\n"
                                    "0.0900 b>a .  1:1(0) ack 1001\n"
                                    "0.1000 a>b F. 1001:1001(0) ack 1\n"
                                    "0.1400 b>a F. 1:1(0) ack 1002\n"
                                    "0.1401 a>b .  1002:1002(0) ack 2\n"
                                    "1.0000 a2>b2 S  0:0(0)       win 65535\n"
                                    "1.0400 b2>a2 S. 0:0(0) ack 1 win 65535\n"
                                    "1.0401 a2>b2 .  1:1(0) ack 1\n"
                                    "1.0500 a2>b2 .  1:101(100) ack 1\n"
                                    "1.0600 a>b .  1:1001(1000) ack 1\n"
                                    "1.0900 b2>a2 .  1:1(0) ack 101\n");

        (void)state;
        assert_int_equal(run->connection_count, 2);
        assert_int_equal(tv_run_row(run, 13)->data_class, TV_DATA_STALE);
        assert_int_equal(tv_run_connection(run, 1)->dir[0].unique_bytes, 100);
        assert_int_equal(tv_run_connection(run, 1)->dir[0].missing_bytes, 0);
        tv_run_free(run);
}

/* Linux takes the ISN from a clock: half a second later it is only 2000000 or so further. */
static void
segment_of_the_incarnation_before_is_stale_below_the_isn(void **state)
{
        struct tv_run *run = run_of("a = :40000 isn 1000\nb = :80 isn 2000\n"
                                    "a2 = :40000 isn 2001000\nb2 = :80 isn 2002000\n"
                                    "0.0000 a>b S  0:0(0)       win 65535\n"
                                    "0.0400 b>a S. 0:0(0) ack 1 win 65535\n"
                                    "0.0401 a>b .  1:1(0) ack 1\n"
                                    "0.0500 a>b .  1:1001(1000) ack 1\n"
                                    "0.0900 b>a .  1:1(0) ack 1001\n"
                                    "0.1000 b>a F. 1:1(0) ack 1001\n"
                                    "0.1400 a>b F. 1001:1001(0) ack 2\n"
                                    "0.1401 b>a .  2:2(0) ack 1002\n"
                                    "0.5000 a2>b2 S  0:0(0)       win 65535\n"
                                    "0.5400 b2>a2 S. 0:0(0) ack 1 win 65535\n"
                                    "0.5401 a2>b2 .  1:1(0) ack 1\n"
                                    "0.5500 a2>b2 .  1:101(100) ack 1\n"
                                    "0.5600 a>b .  1:1001(1000) ack 1\n"
                                    "0.5900 b2>a2 .  1:1(0) ack 101\n"
                                    /* What TIME_WAIT would answer: no octet came late. */
                                    "0.6000 b>a .  2:2(0) ack 1002\n");

        (void)state;
        assert_int_equal(run->connection_count, 2);
        assert_int_equal(tv_run_row(run, 13)->data_class, TV_DATA_STALE);
        assert_int_equal(tv_run_connection(run, 1)->dir[0].unique_bytes, 100);
        assert_non_null(tv_run_finding(run, 1, "data.old-duplicate"));
        assert_int_equal(tv_run_all_findings(run, "data.old-duplicate"), 1);
        tv_run_free(run);
}

/* ---- acknowledgment numbers ---- */

static void
acknowledgment_of_what_comes_later_in_the_file_is_early(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 b>a . 1:1(0) ack 3001\n"
                                         "0.1010 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1011 a>b . 2001:3001(1000) ack 1\n");

        (void)state;
        ROW(6, "none, early");
        ROW(7, "new, same");
        ROW(8, "new, same");
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmissions, 0);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].missing_bytes, 0);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.skew"), 1);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.gap"), 0);
        tv_run_free(run);
}

static void
acknowledgment_of_what_the_capture_missed_is_unseen(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 b>a . 1:1(0) ack 3001\n"
                                         "0.1010 a>b . 3001:4001(1000) ack 1\n"
                                         "0.1410 b>a . 1:1(0) ack 4001\n");

        (void)state;
        ROW(6, "none, unseen");
        ROW(7, "new, same");
        assert_int_equal(tv_run_connection(run, 0)->dir[0].missing_bytes, 2000);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.gap"), 1);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.skew"), 0);
        tv_run_free(run);
}

static void
acknowledgment_below_an_earlier_one_is_old(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1400 b>a . 1:1(0) ack 2001\n"
                                         "0.1401 b>a . 1:1(0) ack 1001\n");

        (void)state;
        ROW(7, "none, advance");
        ROW(8, "none, old");
        tv_run_free(run);
}

static void
acknowledgment_far_beyond_anything_sent_is_unsent(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 b>a . 1:1(0) ack 2000000000\n"
                                         "0.1010 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1410 b>a . 1:1(0) ack 2001\n");

        (void)state;
        ROW(6, "none, unsent");
        ROW(7, "new, same");
        ROW(8, "none, advance");
        assert_int_equal(tv_run_connection(run, 0)->dir[0].missing_bytes, 0);
        tv_run_free(run);
}

/* RFC 5681 section 2: outstanding data, no payload, no SYN or FIN, the same acknowledgment and the same window. */
static void
duplicate_needs_all_five_conditions_of_rfc_5681(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 b>a . 1:1(0) ack 1001\n" /* nothing outstanding */
                                         "0.1010 a>b . 1001:2001(1000) ack 1\n"
                                         "0.1410 b>a . 1:1(0) ack 1001\n"               /* a duplicate */
                                         "0.1411 b>a . 1:1(0) ack 1001 win 60000\n"     /* another window */
                                         "0.1412 b>a . 1:11(10) ack 1001 win 60000\n"); /* payload */

        (void)state;
        ROW(6, "none, same");
        ROW(8, "none, duplicate");
        ROW(9, "none, window-update");
        ROW(10, "new, same");
        assert_int_equal(tv_run_connection(run, 0)->dir[1].duplicate_acks, 1);
        tv_run_free(run);
}

/* ---- sequence arithmetic ---- */

static void
sequence_numbers_wrap(void **state)
{
        struct tv_run *run = run_of("a = :40000 isn 4294966000\n" AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                                    "0.4000 a>b . 1001:2001(1000) ack 1\n"
                                    "0.4400 b>a . 1:1(0) ack 2001\n"
                                    "0.5000 a>b F. 2001:2001(0) ack 1\n"
                                    "0.5400 b>a F. 1:1(0) ack 2002\n"
                                    "0.5401 a>b . 2002:2002(0) ack 2\n");

        (void)state;
        ROW(6, "new, same");
        ROW(7, "retransmission tlp needed yes lost downstream of 6, same");
        ROW(8, "none, advance");
        assert_int_equal(tv_run_row(run, 8)->expected_ack, (uint32_t)(4294966000u + 2001u));
        assert_int_equal(tv_run_connection(run, 0)->dir[0].unique_bytes, 2000);
        EXPECT_LIFE(run, 0, "complete orderly first a");
        tv_run_free(run);
}

static void
connection_of_more_than_4_gib_counts_every_octet(void **state)
{
        /* nearly all of it was missed by the capture, which the acknowledgments prove */
        struct tv_run *run = run_of(AT_A "1.0 b>a . 1:1(0) ack 1000000001\n"
                                         "1.1 a>b . 1000000001:1000001001(1000) ack 1\n"
                                         "2.0 b>a . 1:1(0) ack 2000000001\n"
                                         "2.1 a>b . 2000000001:2000001001(1000) ack 1\n"
                                         "3.0 b>a . 1:1(0) ack 3000000001\n"
                                         "3.1 a>b . 3000000001:3000001001(1000) ack 1\n"
                                         "4.0 b>a . 1:1(0) ack 4000000001\n"
                                         "4.1 a>b . 4000000001:4000001001(1000) ack 1\n"
                                         "5.0 b>a . 1:1(0) ack 5000000001\n"
                                         "5.1 a>b . 5000000001:5000001001(1000) ack 1\n"
                                         "5.2 b>a . 1:1(0) ack 5000001001\n");
        const struct tv_direction *d = &tv_run_connection(run, 0)->dir[0];

        (void)state;
        assert_int_equal(run->connection_count, 1);
        assert_int_equal(d->payload_bytes, 6000);
        assert_int_equal(d->unique_bytes, 6000);
        assert_true(d->missing_bytes == UINT64_C(5000001000) - 6000);
        assert_int_equal(d->retransmissions, 0);
        tv_run_free(run);
}

static void
expected_numbers_follow_the_two_formulas(void **state)
{
        struct tv_run *run =
                run_of("a = :40000 isn 1000\nb = :80 isn 5000\n" AT_A "0.1000 a>b . 1001:2001(1000) ack 1\n"
                       "0.1001 a>b . 3001:4001(1000) ack 1\n");
        const struct tv_segment_row *row;

        (void)state;
        assert_false(tv_run_row(run, 1)->has_expected_seq);
        assert_false(tv_run_row(run, 1)->has_expected_ack);
        row = tv_run_row(run, 2); /* ACK = received SEQ + length, the SYN counts one */
        assert_true(row->has_expected_ack);
        assert_int_equal(row->expected_ack, 1001);
        row = tv_run_row(run, 3); /* SEQ = previous SEQ + length */
        assert_true(row->has_expected_seq);
        assert_int_equal(row->expected_seq, 1001);
        assert_int_equal(row->expected_ack, 5001);
        row = tv_run_row(run, 7);
        assert_int_equal(row->expected_seq, 3001);
        assert_int_equal(row->seq, 4001);
        tv_run_free(run);
}

static void
scaled_window_counts_only_when_both_syns_offer_it(void **state)
{
        static const char both[] = "0.0000 a>b S  0:0(0)       win 65535 <mss 1460,ws 7>\n"
                                   "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,ws 7>\n"
                                   "0.0401 a>b .  1:1(0) ack 1 win 500\n"
                                   "0.0500 b>a .  1:1(0) ack 1 win 8000\n"
                                   "0.0600 a>b .  500001:501001(1000) ack 1\n";
        static const char one[] = "0.0000 a>b S  0:0(0)       win 65535 <mss 1460,ws 7>\n"
                                  "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                  "0.0401 a>b .  1:1(0) ack 1 win 500\n"
                                  "0.0500 b>a .  1:1(0) ack 1 win 8000\n"
                                  "0.0600 a>b .  500001:501001(1000) ack 1\n";
        struct tv_run *scaled = run_of(both), *plain = run_of(one);

        (void)state;
        assert_int_equal(tv_run_row(scaled, 5)->data_class, TV_DATA_NEW); /* 1024000 octets were allowed */
        assert_int_equal(tv_run_row(plain, 5)->data_class, TV_DATA_OUTSIDE_WINDOW);
        tv_run_free(scaled);
        tv_run_free(plain);
}

static void
copy_that_overtook_its_original_is_the_retransmission(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 1000 ecr 0>\n"
                                         "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 9000 ecr 1000>\n"
                                         "0.0401 a>b .  1:1(0) ack 1 <nop,nop,TS val 1040 ecr 9000>\n"
                                         "0.0500 a>b .  1:1001(1000) ack 1 <nop,nop,TS val 1050 ecr 9000>\n"
                                         "0.0900 b>a .  1:1(0) ack 1001 <nop,nop,TS val 9050 ecr 1050>\n"
                                         "0.4000 a>b . 1001:2001(1000) ack 1 <nop,nop,TS val 1390 ecr 9050>\n"
                                         "0.4010 a>b . 1001:2001(1000) ack 1 <nop,nop,TS val 1100 ecr 9050>\n"
                                         "0.4400 b>a . 1:1(0) ack 2001 <nop,nop,TS val 9400 ecr 1390>\n",
                                         NULL);
        (void)state;
        assert_int_equal(tv_run_row(run, 6)->data_class, TV_DATA_RETRANSMISSION);
        tv_run_free(run);
}

/* The D-SACK of an answer that was lost comes with no later one. */
static void
speaking_for_another_reason_is_no_answer_without_a_d_sack(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)          win 64240 <mss 1460,sackOK>\n"
                                         "0.0400 b>a S. 0:0(0)    ack 1 win 65160 <mss 1460,sackOK>\n"
                                         "0.0401 a>b .  1:1(0)    ack 1\n"
                                         "0.1000 a>b P. 1:101(100) ack 1 {id 7}\n"
                                         "0.4000 a>b P. 1:101(100) ack 1 {id 9}\n"
                                         "0.4800 b>a P. 1:51(50) ack 101 {id 777}\n"
                                         "0.4801 a>b .  101:101(0) ack 51\n"
                                         "0.6000 a>b P. 101:201(100) ack 51 {id 10}\n"
                                         "0.9000 a>b P. 101:201(100) ack 51 {id 11}\n"
                                         "0.9401 b>a .  51:51(0) ack 201\n",
                                         NULL);

        (void)state;
        EXPECT_ROW(run, 5, "retransmission tlp needed unknown lost unknown of 4, same");
        EXPECT_ROW(run, 9, "retransmission tlp needed yes lost downstream of 8, same");
        tv_run_free(run);
}

/* A stack that takes over the timestamp of whatever ends at its last acknowledgment echoes the second copy, though it
 * had the first; without SACK nothing else tells. */
static void
echo_of_the_later_copy_proves_nothing(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)          win 64240 <mss 1460,TS val 1000 ecr 0>\n"
                                         "0.0400 b>a S. 0:0(0)    ack 1 win 65160 <mss 1460,TS val 9000 ecr 1000>\n"
                                         "0.0401 a>b .  1:1(0)    ack 1 <TS val 1040 ecr 9000>\n"
                                         "0.1000 a>b P. 1:101(100) ack 1 <TS val 1100 ecr 9000>\n"
                                         "0.4000 a>b P. 1:101(100) ack 1 <TS val 1400 ecr 9000>\n"
                                         "0.4401 b>a .  1:1(0) ack 101 <TS val 9420 ecr 1400>\n",
                                         NULL);

        (void)state;
        EXPECT_ROW(run, 5, "retransmission rto needed unknown lost unknown of 4, same");
        tv_run_free(run);
}

/* The network makes two of one behind or before the capture point; octets that passed here but once came but once. */
static void
d_sack_for_what_the_network_made_two_of_says_nothing(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)          win 64240 <mss 1460,sackOK>\n"
                                         "0.0400 b>a S. 0:0(0)    ack 1 win 65160 <mss 1460,sackOK>\n"
                                         "0.0401 a>b .  1:1(0)    ack 1 {id 1}\n"
                                         "0.1000 a>b P. 1:101(100) ack 1 {id 7}\n"
                                         "0.4000 a>b P. 1:101(100) ack 1 {id 9}\n"
                                         "0.4100 a>b P. 1:101(100) ack 1 {id 9}\n"
                                         "0.4500 b>a .  1:1(0) ack 101 <sack 1:101>\n",
                                         NULL);

        (void)state;
        EXPECT_ROW(run, 5, "retransmission tlp needed unknown lost unknown of 4, same");
        EXPECT_ROW(run, 6, "network-duplicate of 5, same");
        tv_run_free(run);
}

/* Some hosts draw their IP IDs by lot: now and then two of them are near each other. */
static void
ip_ids_drawn_by_lot_tell_no_order(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)            win 64240 <mss 1460> {id 41000}\n"
                                         "0.1500 b>a S. 0:0(0)      ack 1 win 65160 <mss 1460>\n"
                                         "0.1501 a>b .  1:1(0)      ack 1 {id 20111}\n"
                                         "0.2000 a>b .  1001:2001(1000) ack 1 {id 9000}\n"
                                         "0.2001 a>b .  2001:3001(1000) ack 1 {id 61000}\n"
                                         "0.2002 a>b .  1:1001(1000)    ack 1 {id 9500}\n"
                                         "0.3500 b>a .  1:1(0)      ack 3001\n",
                                         NULL);

        (void)state;
        EXPECT_ROW(run, 6, "out-of-order, same"); /* sooner than the sender can know of a loss */
        tv_run_free(run);
}

/* An octet that was a segment of its own is sent again as that: no keepalive, which has some octet or none. */
static void
one_octet_again_is_no_keepalive(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)       win 64240 <mss 1460>\n"
                                         "0.0400 b>a S. 0:0(0) ack 1 win 65160 <mss 1460>\n"
                                         "0.0401 a>b .  1:1(0) ack 1\n"
                                         "0.1000 a>b P. 1:2(1) ack 1 {id 7}\n"
                                         "0.1400 b>a .  1:1(0) ack 2\n"
                                         "0.3500 a>b P. 1:2(1) ack 1 {id 8}\n"
                                         "9.0000 a>b P. 1:2(1) ack 1 {id 9} {payload 3}\n",
                                         NULL);

        (void)state;
        EXPECT_ROW(run, 6, "retransmission rto needed no lost none of 4, same");
        EXPECT_ROW(run, 7, "keepalive, same");
        tv_run_free(run);
}

/* The third segment of the handshake comes behind the FIN: its SEQ is one below, as a keepalive's. */
static void
late_pure_ack_is_no_keepalive(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)       win 64240 <mss 1460>\n"
                                         "0.0001 b>a S. 0:0(0) ack 1 win 65160 <mss 1460>\n"
                                         "0.2000 a>b F. 1:1(0) ack 1 {id 7}\n"
                                         "0.2001 b>a .  1:1(0) ack 2\n"
                                         "0.2030 a>b .  1:1(0) ack 1 {id 6}\n",
                                         NULL);

        (void)state;
        EXPECT_ROW(run, 5, "none, same");
        tv_run_free(run);
}

/* A segment without sequence space that begins at b's first octet acknowledges nothing of b. */
static void
acknowledgment_is_old_only_below_one_that_its_sender_gave(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 b>a . 2:2(0)       ack 101 <sack 51:101>\n"
                                         "0.4000 a>b P. 51:101(50)  ack 1 {id 9}\n"
                                         "0.4400 b>a . 2:2(0)       ack 101 <sack 51:101>\n",
                                         NULL);

        (void)state;
        assert_int_not_equal(tv_run_row(run, 2)->data_class, TV_DATA_OUT_OF_ORDER);
        tv_run_free(run);
}

/* One side's delay is no round trip: what fills a hole with no more known than that can be late or sent again. */
static void
hole_filled_after_a_report_is_not_judged_without_a_round_trip(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 b>a .  1:537(536)    ack 1 {id 500}\n"
                                         "0.0001 a>b .  1:1(0)        ack 537\n"
                                         "0.1000 b>a .  1073:1609(536) ack 1 {id 9000}\n"
                                         "0.1001 a>b .  1:1(0)        ack 537 <sack 1073:1609>\n"
                                         "0.1015 b>a .  537:1073(536) ack 1 {id 30000}\n"
                                         "0.1016 a>b .  1:1(0)        ack 1609\n",
                                         NULL);

        (void)state;
        EXPECT_ROW(run, 5, "hole-fill, same");
        tv_run_free(run);
}

/* The second record of a packet may come behind later packets, that of a pure ACK too. */
static void
second_record_of_a_pure_ack_comes_behind_others(void **state)
{
        struct tv_run *run = tv_run_text("0.000000 a>b S  0:0(0)       win 64240 <mss 1460> {id 1}\n"
                                         "0.000300 a>b S  0:0(0)       win 64240 <mss 1460> {id 1}\n"
                                         "0.040000 b>a S. 0:0(0) ack 1 win 65160 <mss 1460> {id 50}\n"
                                         "0.040300 b>a S. 0:0(0) ack 1 win 65160 <mss 1460> {id 50}\n"
                                         "0.080000 a>b .  1:1(0) ack 1 {id 2}\n"
                                         "0.080100 a>b F. 1:1(0) ack 1 {id 3}\n"
                                         "0.080120 b>a .  1:1(0) ack 2 {id 51}\n"
                                         "0.080200 b>a F. 1:1(0) ack 2 {id 52}\n"
                                         "0.080300 a>b .  1:1(0) ack 1 {id 2}\n"
                                         "0.080400 a>b F. 1:1(0) ack 1 {id 3}\n"
                                         "0.080420 b>a .  1:1(0) ack 2 {id 51}\n"
                                         "0.080500 b>a F. 1:1(0) ack 2 {id 52}\n",
                                         NULL);

        (void)state;
        EXPECT_ROW(run, 9, "capture-duplicate of 5, same");
        EXPECT_ROW(run, 11, "capture-duplicate of 7, same");
        tv_run_free(run);
}

/* Sent again together, octets that were lost before the capture point and a FIN that had passed it: no FIN was lost. */
static void
fin_repeated_with_octets_that_never_passed_was_not_lost(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)         win 64240 <mss 1460,sackOK>\n"
                                         "0.0001 b>a S. 0:0(0)   ack 1 win 65160 <mss 1460,sackOK>\n"
                                         "0.0400 a>b .  1:1(0)   ack 1\n"
                                         "0.0500 a>b F. 301:301(0) ack 1 {id 6}\n"
                                         "0.0501 b>a .  1:1(0)   ack 1\n"
                                         "0.6000 a>b FP. 1:301(300) ack 1 {id 7}\n"
                                         "0.6001 b>a .  1:1(0)   ack 302\n",
                                         NULL);

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "teardown.fin"), 0);
        tv_run_free(run);
}

static void
what_a_copy_above_a_hole_brought_is_reported_at_once(void **state)
{
        /* Three segments died; the probe repeats the last one.  Had its first copy arrived, it would have been reported
         * before. */
        static const char first[] = AT_A "0.1000 a>b .  1001:2001(1000) ack 1\n"
                                         "0.1001 a>b .  2001:3001(1000) ack 1\n"
                                         "0.1002 a>b P. 3001:4001(1000) ack 1\n"
                                         "0.1902 a>b P. 3001:4001(1000) ack 1\n";
        static const char rest[] = "0.2304 a>b .  1001:2001(1000) ack 1\n"
                                   "0.2704 b>a .  1:1(0) ack 2001 <nop,nop,sack 3001:4001>\n"
                                   "0.4705 a>b .  2001:3001(1000) ack 1\n"
                                   "0.5105 b>a .  1:1(0) ack 4001\n";
        char text[2000];
        struct tv_run *run;

        (void)state;
        snprintf(text, sizeof text, "%s%s%s", first, "0.2303 b>a .  1:1(0) ack 1001 <nop,nop,sack 3001:4001>\n", rest);
        run = run_of(text);
        assert_int_equal(tv_run_row(run, 9)->needed, TV_NEEDED_YES);
        assert_int_equal(tv_run_row(run, 9)->lost, TV_LOST_DOWNSTREAM);
        tv_run_free(run);
        /* It does say so. */
        snprintf(text, sizeof text, "%s%s%s", first,
                 "0.2303 b>a .  1:1(0) ack 1001 <nop,nop,sack 3001:4001 3001:4001>\n", rest);
        run = run_of(text);
        assert_int_not_equal(tv_run_row(run, 9)->needed, TV_NEEDED_YES);
        tv_run_free(run);
        /* It comes before the second copy can have arrived: it is of the first. */
        snprintf(text, sizeof text, "%s%s%s", first, "0.2103 b>a .  1:1(0) ack 1001 <nop,nop,sack 3001:4001>\n", rest);
        run = run_of(text);
        assert_int_not_equal(tv_run_row(run, 9)->needed, TV_NEEDED_YES);
        tv_run_free(run);
}

/* A SYN-ACK has no IP ID and, here, no time stamp.  One is repeated by its timer, the other, 9 ms later, answers the
 * SYN that was repeated as well: two transmissions.  Right behind the first, without a SYN in between, it is a copy. */
static void
syn_ack_that_was_asked_for_is_no_copy(void **state)
{
        struct tv_run *run = run_of("0.0000 a>b S  0:0(0)       win 65535 <mss 1460> {id 1}\n"
                                    "0.0001 b>a S. 0:0(0) ack 1 win 65535 <mss 1460> {id 0}\n"
                                    "1.0000 b>a S. 0:0(0) ack 1 win 65535 <mss 1460> {id 0}\n"
                                    "1.0090 a>b S  0:0(0)       win 65535 <mss 1460> {id 2}\n"
                                    "1.0091 b>a S. 0:0(0) ack 1 win 65535 <mss 1460> {id 0}\n"
                                    "1.0092 b>a S. 0:0(0) ack 1 win 65535 <mss 1460> {id 0}\n"
                                    "1.0490 a>b .  1:1(0) ack 1 {id 3}\n");

        (void)state;
        assert_int_equal(tv_run_row(run, 3)->data_class, TV_DATA_RETRANSMISSION);
        assert_int_equal(tv_run_row(run, 5)->data_class, TV_DATA_RETRANSMISSION);
        assert_int_equal(tv_run_row(run, 6)->data_class, TV_DATA_NETWORK_DUPLICATE);
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(in_order_is_new),
                cmocka_unit_test(syn_ack_that_was_asked_for_is_no_copy),
                cmocka_unit_test(silence_of_an_rto_makes_it_rto),
                cmocka_unit_test(first_timeout_of_a_tail_is_its_probe),
                cmocka_unit_test(doubled_timeouts_have_no_probe_before_them),
                cmocka_unit_test(timeout_without_sack_is_no_probe),
                cmocka_unit_test(answer_after_a_long_round_trip_is_no_timeout),
                cmocka_unit_test(each_recovery_begins_with_a_fast_one),
                cmocka_unit_test(probe_of_the_tail_before_the_rto_is_a_tlp),
                cmocka_unit_test(third_duplicate_ack_makes_it_fast_and_the_next_hole_recovery),
                cmocka_unit_test(control_segments_have_reasons_of_their_own),
                cmocka_unit_test(repetition_without_any_cause_has_reason_unknown),
                cmocka_unit_test(copy_of_what_was_acknowledged_is_not_needed),
                cmocka_unit_test(acknowledgment_that_died_behind_the_capture_point),
                cmocka_unit_test(d_sack_tells_that_the_copy_was_not_needed),
                cmocka_unit_test(d_sack_of_one_copy_says_nothing_of_another),
                cmocka_unit_test(d_sack_inside_a_larger_block_is_one_too),
                cmocka_unit_test(echo_of_the_earlier_copy_proves_that_it_arrived),
                cmocka_unit_test(ip_ids_tell_a_lost_acknowledgment_from_a_late_one),
                cmocka_unit_test(ip_ids_tell_that_nothing_was_acknowledged_before),
                cmocka_unit_test(ip_ids_tell_nothing_of_what_lies_above_a_hole),
                cmocka_unit_test(d_sack_that_repeats_its_block_is_one_too),
                cmocka_unit_test(answer_from_time_wait_echoes_the_first_fin_that_arrived),
                cmocka_unit_test(one_d_sack_for_three_copies_leaves_the_second_open),
                cmocka_unit_test(partial_acknowledgment_reports_the_next_hole),
                cmocka_unit_test(nothing_tells_when_nothing_more_is_captured),
                cmocka_unit_test(segment_with_a_wrong_checksum_died_at_the_receiving_host),
                cmocka_unit_test(late_original_is_out_of_order_by_its_ip_id),
                cmocka_unit_test(later_ip_id_makes_it_a_retransmission_of_what_was_lost_upstream),
                cmocka_unit_test(hole_filled_sooner_than_the_sender_can_know_is_out_of_order),
                cmocka_unit_test(hole_filled_without_evidence_is_a_hole_fill),
                cmocka_unit_test(older_tsval_behind_its_copy_is_the_original),
                cmocka_unit_test(copy_that_overtook_its_original_is_the_retransmission),
                cmocka_unit_test(isolated_copy_with_the_same_ip_id_is_the_networks),
                cmocka_unit_test(other_ip_id_makes_it_a_retransmission),
                cmocka_unit_test(pure_ack_delivered_twice_is_known_by_its_ip_id),
                cmocka_unit_test(everything_twice_is_the_captures_doing),
                cmocka_unit_test(keepalive_is_one_octet_before_the_next),
                cmocka_unit_test(old_sequence_number_with_data_in_flight_is_no_keepalive),
                cmocka_unit_test(closed_window_makes_it_a_window_probe),
                cmocka_unit_test(old_space_with_other_octets_is_a_conflict),
                cmocka_unit_test(damaged_or_cut_octets_are_no_conflict),
                cmocka_unit_test(segment_with_old_and_new_octets_is_a_retransmission_of_the_old_ones),
                cmocka_unit_test(segments_cut_in_other_places_are_no_conflict),
                cmocka_unit_test(data_beyond_every_window_is_outside_and_challenged),
                cmocka_unit_test(syn_with_another_isn_in_a_connection_is_challenged),
                cmocka_unit_test(segment_of_the_incarnation_before_is_stale),
                cmocka_unit_test(segment_of_the_incarnation_before_is_stale_below_the_isn),
                cmocka_unit_test(acknowledgment_of_what_comes_later_in_the_file_is_early),
                cmocka_unit_test(acknowledgment_of_what_the_capture_missed_is_unseen),
                cmocka_unit_test(acknowledgment_below_an_earlier_one_is_old),
                cmocka_unit_test(acknowledgment_far_beyond_anything_sent_is_unsent),
                cmocka_unit_test(duplicate_needs_all_five_conditions_of_rfc_5681),
                cmocka_unit_test(sequence_numbers_wrap),
                cmocka_unit_test(connection_of_more_than_4_gib_counts_every_octet),
                cmocka_unit_test(expected_numbers_follow_the_two_formulas),
                cmocka_unit_test(speaking_for_another_reason_is_no_answer_without_a_d_sack),
                cmocka_unit_test(echo_of_the_later_copy_proves_nothing),
                cmocka_unit_test(d_sack_for_what_the_network_made_two_of_says_nothing),
                cmocka_unit_test(ip_ids_drawn_by_lot_tell_no_order),
                cmocka_unit_test(one_octet_again_is_no_keepalive),
                cmocka_unit_test(late_pure_ack_is_no_keepalive),
                cmocka_unit_test(acknowledgment_is_old_only_below_one_that_its_sender_gave),
                cmocka_unit_test(hole_filled_after_a_report_is_not_judged_without_a_round_trip),
                cmocka_unit_test(second_record_of_a_pure_ack_comes_behind_others),
                cmocka_unit_test(fin_repeated_with_octets_that_never_passed_was_not_lost),
                cmocka_unit_test(scaled_window_counts_only_when_both_syns_offer_it),
                cmocka_unit_test(what_a_copy_above_a_hole_brought_is_reported_at_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
