/* Data lost, sent again without need, late, delivered twice: which of these, how often, and where. */
#include "tests/support/data_case.h"

#include <stdio.h>

/* Two of four segments die behind the capture point; SACKs ask for both. */
static const char two_lost[] = AT_SENDER "0.1000 a>b . 1001:2001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                         "0.1001 a>b . 2001:3001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                         "0.1002 a>b . 3001:4001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                         "0.1003 a>b . 4001:5001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                         "0.1402 b>a . 1:1(0) ack 1001 <TS val 9100 ecr 1050,sack 2001:3001>\n"
                                         "0.1403 b>a . 1:1(0) ack 1001 <TS val 9100 ecr 1050,sack 4001:5001 sack "
                                         "2001:3001>\n"
                                         "0.1600 a>b . 1001:2001(1000) ack 1 <TS val 1160 ecr 9100>\n"
                                         "0.1601 a>b . 3001:4001(1000) ack 1 <TS val 1160 ecr 9100>\n"
                                         "0.2000 b>a . 1:1(0) ack 3001 <TS val 9160 ecr 1160,sack 4001:5001>\n"
                                         "0.2001 b>a . 1:1(0) ack 5001 <TS val 9160 ecr 1160>\n"
                                         "0.4000 a>b . 5001:6001(1000) ack 1 <TS val 1400 ecr 9160>\n"
                                         "0.4400 b>a . 1:1(0) ack 6001 <TS val 9400 ecr 1400>\n";

static void
lost_behind_the_capture_point(void **state)
{
        struct tv_run *run = tv_run_text(two_lost, NULL);
        const struct tv_finding *f = only(run, "data.loss", TV_A, 2, TV_BLAME_NETWORK, "6 8 12 13");

        (void)state;
        assert_int_equal(f->confidence, TV_CERTAIN);
        assert_int_equal(f->time - TV_EXPECT_START, 100000000);
        assert_int_equal(f->until - TV_EXPECT_START, 160100000);
        said(run, f->what, "2 of 10 segments (2000 octets) lost on the way from a to b behind this capture point");
        /* from 0.1000 to 0.1601: both holes were open at the same time */
        said(run, f->what, "fast retransmit 2; b waited 0.060 s for them, 0.060 s at most, until a fast retransmit");
        tv_run_free(run);
}

static void
lost_before_the_capture_point(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_RECEIVER "0.1000 a>b . 2001:3001(1000) ack 1 <TS val 1080 ecr 9070> {id 102}\n"
                                        "0.1001 b>a . 1:1(0) ack 1001 <TS val 9120 ecr 1050,sack "
                                        "2001:3001>\n"
                                        "0.1401 a>b . 1001:2001(1000) ack 1 <TS val 1120 ecr 9120> {id 103}\n"
                                        "0.1402 b>a . 1:1(0) ack 3001 <TS val 9160 ecr 1120>\n",
                            NULL);
        const struct tv_finding *f = only(run, "data.loss", TV_A, 1, TV_BLAME_NETWORK, "6 8");

        (void)state;
        said(run, f->what, "before this capture point");
        said(run, f->what, "b waited 0.040 s");
        tv_run_free(run);
}

static void
late_original_is_reordering(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_RECEIVER "0.1000 a>b . 2001:3001(1000) ack 1 <TS val 1080 ecr 9070> {id 102}\n"
                                        "0.1001 b>a . 1:1(0) ack 1001 <TS val 9120 ecr 1050,sack "
                                        "2001:3001>\n"
                                        "0.1021 a>b . 1001:2001(1000) ack 1 <TS val 1080 ecr 9070> {id 101}\n"
                                        "0.1022 b>a . 1:1(0) ack 3001 <TS val 9122 ecr 1080>\n",
                            NULL);
        const struct tv_finding *f = only(run, "data.reordering", TV_A, 1, TV_BLAME_NETWORK, "6 8");

        (void)state;
        said(run, f->what, "by 2.100 ms at most");
        tv_run_free(run);
}

/* The first repetition dies too; the second one follows after a timeout. */
static void
repetition_lost_too(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 a>b P. 1001:2001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                                   "0.3500 a>b P. 1001:2001(1000) ack 1 <TS val 1350 ecr 9050>\n"
                                                   "0.8500 a>b P. 1001:2001(1000) ack 1 <TS val 1850 ecr 9050>\n"
                                                   "0.8900 b>a . 1:1(0) ack 2001 <TS val 9850 ecr 1850>\n"
                                                   "1.2000 a>b P. 2001:3001(1000) ack 1 <TS val 2200 ecr 9850>\n"
                                                   "1.2400 b>a . 1:1(0) ack 3001 <TS val 10200 ecr 2200>\n",
                                         NULL);
        const struct tv_finding *f;

        (void)state;
        EXPECT_FINDINGS(run, 0, "data.loss data.lost-retransmission");
        f = tv_run_finding(run, 0, "data.loss");
        assert_int_equal(f->count, 2);
        said(run, f->what, "timeout 2; b waited 0.750 s for them, 0.500 s at most, until a timeout");
        f = tv_run_finding(run, 0, "data.lost-retransmission");
        assert_int_equal(f->count, 1);
        said(run, f->what, "0.500 s after it");
        tv_run_free(run);
}

/* The answer comes after the timer, echoes the first copy, and the second copy is reported received twice. */
static void
impatient_timer_is_no_loss(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 a>b P. 1001:2001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                                   "0.3500 a>b P. 1001:2001(1000) ack 1 <TS val 1350 ecr 9050>\n"
                                                   "0.4500 b>a . 1:1(0) ack 2001 <TS val 9430 ecr 1100>\n"
                                                   "0.4600 b>a . 1:1(0) ack 2001 <TS val 9440 ecr 1100,sack "
                                                   "1001:2001>\n",
                                         NULL);
        const struct tv_finding *f = only(run, "data.spurious-retransmission", TV_A, 1, TV_BLAME_UNKNOWN, "6 7");

        (void)state;
        said(run, f->what, "1 segment (1000 octets) sent again by a without need, by a timer");
        tv_run_free(run);
}

/* The original comes after its repetition, which duplicate acknowledgments had asked for. */
static void
overtaken_by_its_repetition(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_SENDER "0.1000 a>b . 1001:2001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                      "0.1001 a>b . 2001:3001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                      "0.1401 b>a . 1:1(0) ack 1001 <TS val 9100 ecr 1050,sack 2001:3001>\n"
                                      "0.1600 a>b . 1001:2001(1000) ack 1 <TS val 1160 ecr 9100>\n"
                                      "0.2000 b>a . 1:1(0) ack 3001 <TS val 9160 ecr 1160>\n"
                                      "0.2200 b>a . 1:1(0) ack 3001 <TS val 9180 ecr 1160,sack "
                                      "1001:2001>\n",
                            NULL);
        const struct tv_finding *f = only(run, "data.spurious-retransmission", TV_A, 1, TV_BLAME_NETWORK, "6 9");

        (void)state;
        assert_int_equal(f->confidence, TV_LIKELY);
        said(run, f->what, "by fast retransmit: what came late looked lost");
        tv_run_free(run);
}

/* The only acknowledgment is that of the repetition, which it reports as received twice. */
static void
lost_acknowledgment_is_no_lost_data(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 a>b P. 1001:2001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                                   "0.7500 a>b P. 1001:2001(1000) ack 1 <TS val 1750 ecr 9050>\n"
                                                   "0.7900 b>a . 1:1(0) ack 2001 <TS val 9750 ecr 1750,sack "
                                                   "1001:2001> {id 777}\n",
                                         NULL);
        const struct tv_finding *f = only(run, "data.ack-loss", TV_A, 1, TV_BLAME_NETWORK, "6 7");

        (void)state;
        assert_int_equal(f->confidence, TV_LIKELY);
        said(run, f->what, "lost on the way from b to a before this capture point");
        tv_run_free(run);
}

/* Captured at the receiver: its acknowledgment passes, and yet the data come again, half a second later. */
static void
acknowledgment_lost_behind_the_capture_point(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_RECEIVER "0.1000 a>b P. 1001:2001(1000) ack 1 <TS val 1080 ecr 9070> {id 101}\n"
                                        "0.1001 b>a . 1:1(0) ack 2001 <TS val 9120 ecr 1080>\n"
                                        "0.5000 a>b P. 1001:2001(1000) ack 1 <TS val 1480 ecr 9070> {id 102}\n"
                                        "0.5001 b>a . 1:1(0) ack 2001 <TS val 9520 ecr 1080,sack "
                                        "1001:2001>\n",
                            NULL);
        const struct tv_finding *f = only(run, "data.ack-loss", TV_A, 1, TV_BLAME_NETWORK, "6 8");

        (void)state;
        said(run, f->what, "behind this capture point");
        tv_run_free(run);
}

/* The same, but what a sends next echoes the acknowledgment: it had been on its way for longer than a's timer. */
static void
acknowledgment_late_behind_the_capture_point(void **state)
{
        char text[2000];
        struct tv_run *run;

        (void)state;
        for (int lost = 0; lost <= 1; lost++) {
                snprintf(text, sizeof text,
                         AT_RECEIVER "0.1000 a>b P. 1001:2001(1000) ack 1 <TS val 1080 ecr 9070> {id 101}\n"
                                     "0.1001 b>a . 1:1(0) ack 2001 <TS val 9120 ecr 1080>\n"
                                     "0.5000 a>b P. 1001:2001(1000) ack 1 <TS val 1480 ecr 9070> {id 102}\n"
                                     "0.5001 b>a . 1:1(0) ack 2001 <TS val 9520 ecr 1080,sack 1001:2001>\n"
                                     "0.5600 a>b P. 2001:3001(1000) ack 1 <TS val 1540 ecr %u> {id 103}\n"
                                     "0.5601 b>a . 1:1(0) ack 3001 <TS val 9580 ecr 1540>\n",
                         lost != 0 ? 9520U : 9120U);
                run = tv_run_text(text, NULL);
                assert_int_equal(tv_run_all_findings(run, "data.ack-loss"), lost);
                assert_int_equal(tv_run_all_findings(run, "data.spurious-retransmission"), !lost);
                assert_int_equal(tv_run_row(run, 8)->needed, TV_NEEDED_NO);
                assert_int_equal(tv_run_row(run, 8)->lost, lost != 0 ? TV_LOST_ACK : TV_LOST_NONE);
                tv_run_free(run);
        }
}

static void
one_packet_delivered_twice(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_RECEIVER "0.1000 a>b P. 1001:2001(1000) ack 1 <TS val 1080 ecr 9070> {id 101}\n"
                                        "0.1001 b>a . 1:1(0) ack 2001 <TS val 9120 ecr 1080>\n"
                                        "0.1050 a>b P. 1001:2001(1000) ack 1 <TS val 1080 ecr 9070> {id 101}\n"
                                        "0.1051 b>a . 1:1(0) ack 2001 <TS val 9125 ecr 1080,sack "
                                        "1001:2001>\n",
                            NULL);
        const struct tv_finding *f = only(run, "data.network-duplicates", TV_A, 1, TV_BLAME_NETWORK, "6 8");

        (void)state;
        said(run, f->what, "1 packet of a passed twice");
        said(run, f->what, "5.000 ms later");
        tv_run_free(run);
        /* At the same moment no packet comes twice. */
        run = tv_run_text(AT_RECEIVER "0.1000 a>b P. 1001:2001(1000) ack 1 <TS val 1080 ecr 9070> {id 101}\n"
                                      "0.1000 a>b P. 1001:2001(1000) ack 1 <TS val 1080 ecr 9070> {id 101}\n"
                                      "0.1001 b>a . 1:1(0) ack 2001 <TS val 9120 ecr 1080>\n",
                          NULL);
        assert_int_equal(tv_run_all_findings(run, "data."), 0);
        tv_run_free(run);
}

/* The same traffic, each packet recorded twice: the capture's doing. */
static void
everything_twice_is_the_captures_doing(void **state)
{
        struct tv_run *run = tv_run_text("twice 0.000005\n" AT_RECEIVER, NULL);

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "data."), 0);
        assert_int_equal(tv_run_all_findings(run, "capture.duplicates"), 1);
        tv_run_free(run);
}

/* Damaged on the way to b, which discards it; a sends it again. */
static void
wrong_checksum_is_named_not_loss(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_RECEIVER "0.1000 a>b P. 1001:2001(1000) ack 1 <TS val 1080 ecr 9070> {id 101} "
                                        "{badsum}\n"
                                        "0.3500 a>b P. 1001:2001(1000) ack 1 <TS val 1350 ecr 9070> {id 102}\n"
                                        "0.3501 b>a . 1:1(0) ack 2001 <TS val 9390 ecr 1350>\n",
                            NULL);
        const struct tv_finding *f = only(run, "data.bad-checksum", TV_A, 1, TV_BLAME_NETWORK, "6 7");

        (void)state;
        assert_int_equal(f->severity, TV_WARNING);
        tv_run_free(run);
}

/* A checksum that the capture shows wrong, of data that b took: the network card filled it in later. */
static void
wrong_checksum_that_was_taken_is_none(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_SENDER "0.1000 a>b P. 1001:2001(1000) ack 1 <TS val 1100 ecr 9050> {badsum}\n"
                                      "0.1400 b>a . 1:1(0) ack 2001 <TS val 9100 ecr 1100>\n",
                            NULL);

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "data."), 0);
        tv_run_free(run);
}

/* Contents were changed after the capture and the checksums were not: b took another such segment.  Then no checksum
 * tells why one was sent again. */
static void
wrong_checksums_that_b_takes_tell_nothing(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_RECEIVER "0.1000 a>b P. 1001:2001(1000) ack 1 <TS val 1080 ecr 9070> {id 101} {badsum}\n"
                                        "0.1001 b>a . 1:1(0) ack 2001 <TS val 9120 ecr 1080>\n"
                                        "0.2000 a>b P. 2001:3001(1000) ack 1 <TS val 1180 ecr 9120> {id 102} {badsum}\n"
                                        "0.4500 a>b P. 2001:3001(1000) ack 1 <TS val 1430 ecr 9120> {id 103} {badsum}\n"
                                        "0.4501 b>a . 1:1(0) ack 3001 <TS val 9470 ecr 1430>\n",
                            NULL);

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "data.bad-checksum"), 0);
        assert_int_equal(tv_run_findings(run, 0, "data.loss"), 1);
        tv_run_free(run);
}

/* The same, but b is seen to take such a segment only afterwards. */
static void
wrong_checksums_that_b_takes_later_tell_nothing(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_RECEIVER "0.1000 a>b P. 1001:2001(1000) ack 1 <TS val 1080 ecr 9070> {id 101} {badsum}\n"
                                        "0.3500 a>b P. 1001:2001(1000) ack 1 <TS val 1330 ecr 9070> {id 102}\n"
                                        "0.3501 b>a . 1:1(0) ack 2001 <TS val 9370 ecr 1330>\n"
                                        "0.4000 a>b P. 2001:3001(1000) ack 1 <TS val 1380 ecr 9370> {id 103} {badsum}\n"
                                        "0.4001 b>a . 1:1(0) ack 3001 <TS val 9420 ecr 1380>\n",
                            NULL);

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "data.bad-checksum"), 0);
        tv_run_free(run);
}

/* Without SACK and time stamps: the first repetition may answer a loss, or a late acknowledgment; the second, of a
 * segment alone, a loss. */
static void
repetitions_that_nothing_decides_are_counted(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)       win 65535 <mss 1000>\n"
                                         "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1000>\n"
                                         "0.0401 a>b .  1:1(0) ack 1\n"
                                         "0.1000 a>b .  1:1001(1000) ack 1\n"
                                         "0.1001 a>b .  1001:2001(1000) ack 1\n"
                                         "0.3500 a>b .  1:1001(1000) ack 1\n"
                                         "0.3900 b>a .  1:1(0) ack 2001\n"
                                         "1.0000 a>b .  2001:3001(1000) ack 1\n"
                                         "1.2500 a>b .  2001:3001(1000) ack 1\n"
                                         "1.2900 b>a .  1:1(0) ack 3001\n",
                                         NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "data.loss");
        unsigned undecided = 0;

        (void)state;
        assert_non_null(f);
        for (uint64_t frame = 6; frame <= 9; frame += 3)
                undecided += tv_run_row(run, frame)->needed == TV_NEEDED_UNKNOWN;
        assert_int_equal(undecided, 1);
        said(run, f->not_, "Of 1 more repetition nothing tells whether it was needed");
        tv_run_free(run);
}

/* The capture missed what b acknowledged; nothing was sent again. */
static void
what_the_capture_missed_is_no_loss(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_RECEIVER "0.1000 a>b . 2001:3001(1000) ack 1 <TS val 1080 ecr 9070> {id 102}\n"
                                        "0.1001 b>a . 1:1(0) ack 3001 <TS val 9120 ecr 1080>\n",
                            NULL);

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "data."), 0);
        assert_int_equal(tv_run_all_findings(run, "capture.gap"), 1);
        tv_run_free(run);
}

/* The acknowledgment passed 300 ms before the timer of a ran out: a goes on, and what it echoes is older than the
 * answer to the repetition. */
#define REPEATED_UNHEARD                                                                                               \
        AT_RECEIVER "0.1000 a>b P. 1001:2001(1000) ack 1 <TS val 1080 ecr 9070> {id 101}\n"                            \
                    "0.1001 b>a . 1:1(0) ack 2001 <TS val 9120 ecr 1080>\n"                                            \
                    "0.1010 a>b P. 2001:3001(1000) ack 1 <TS val 1081 ecr 9070> {id 102}\n"                            \
                    "0.1011 b>a . 1:1(0) ack 3001 <TS val 9121 ecr 1081>\n"                                            \
                    "0.4000 a>b . 1001:2001(1000) ack 1 <TS val 1380 ecr 9070> {id 103}\n"                             \
                    "0.4001 b>a . 1:1(0) ack 3001 <TS val 9420 ecr 1081,sack 1001:2001>\n"

static void
acknowledgment_that_came_late_is_not_lost(void **state)
{
        struct tv_run *run =
                tv_run_text(REPEATED_UNHEARD "0.5500 a>b P. 3001:4001(1000) ack 1 <TS val 1530 ecr 9120> {id 104}\n"
                                             "0.5501 b>a . 1:1(0) ack 4001 <TS val 9570 ecr 1530>\n",
                            NULL);

        (void)state;
        only(run, "data.spurious-retransmission", TV_A, 1, TV_BLAME_UNKNOWN, "6 10");
        EXPECT_ROW(run, 10, "retransmission rto needed no lost none of 6, same");
        tv_run_free(run);
}

/* a has not heard of the answer to its repetition either when it goes on: something else told it. */
static void
sender_that_goes_on_after_a_timeout_has_heard(void **state)
{
        struct tv_run *run =
                tv_run_text(REPEATED_UNHEARD "0.5500 a>b P. 3001:4001(1000) ack 1 <TS val 1530 ecr 9070> {id 104}\n"
                                             "0.5501 b>a . 1:1(0) ack 4001 <TS val 9570 ecr 1530>\n",
                            NULL);

        (void)state;
        only(run, "data.spurious-retransmission", TV_A, 1, TV_BLAME_UNKNOWN, "6 10");
        tv_run_free(run);
}

static void
acknowledgment_that_never_came_is_lost(void **state)
{
        struct tv_run *run =
                tv_run_text(REPEATED_UNHEARD "0.5500 a>b P. 3001:4001(1000) ack 1 <TS val 1530 ecr 9420> {id 104}\n"
                                             "0.5501 b>a . 1:1(0) ack 4001 <TS val 9570 ecr 1530>\n",
                            NULL);

        (void)state;
        only(run, "data.ack-loss", TV_A, 1, TV_BLAME_NETWORK, "6 10");
        EXPECT_ROW(run, 10, "retransmission rto needed no lost ack of 6, same");
        tv_run_free(run);
}

/* The last acknowledgment and the answer to the repetition share a time stamp: its echo tells nothing. */
static void
coarse_time_stamps_do_not_tell_late_from_lost(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_RECEIVER "0.1000 a>b P. 1001:2001(1000) ack 1 <TS val 1080 ecr 9070> {id 101}\n"
                                        "0.1001 b>a . 1:1(0) ack 2001 <TS val 9120 ecr 1080>\n"
                                        "0.4000 a>b P. 1001:2001(1000) ack 1 <TS val 1380 ecr 9070> {id 103}\n"
                                        "0.4001 b>a . 1:1(0) ack 2001 <TS val 9120 ecr 1080,sack 1001:2001>\n"
                                        "0.5500 a>b P. 2001:3001(1000) ack 1 <TS val 1530 ecr 9120> {id 104}\n"
                                        "0.5501 b>a . 1:1(0) ack 3001 <TS val 9570 ecr 1530>\n",
                            NULL);

        (void)state;
        only(run, "data.spurious-retransmission", TV_A, 1, TV_BLAME_UNKNOWN, "6 8");
        EXPECT_ROW(run, 8, "retransmission tlp needed no lost unknown of 6, same");
        tv_run_free(run);
}

/* At b, the repetition that fills the hole passes twice: the report that it came twice is of the second one. */
static void
doubled_repetition_was_needed(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_RECEIVER "0.1000 a>b . 2001:3001(1000) ack 1 <TS val 1080 ecr 9070> {id 102}\n"
                                        "0.1001 b>a . 1:1(0) ack 1001 <TS val 9120 ecr 1050,sack 2001:3001>\n"
                                        "0.1401 a>b . 1001:2001(1000) ack 1 <TS val 1120 ecr 9120> {id 103}\n"
                                        "0.1402 b>a . 1:1(0) ack 3001 <TS val 9160 ecr 1120>\n"
                                        "0.1421 a>b . 1001:2001(1000) ack 1 <TS val 1120 ecr 9120> {id 103}\n"
                                        "0.1422 b>a . 1:1(0) ack 3001 <TS val 9162 ecr 1120,sack 1001:2001>\n"
                                        "0.5000 a>b . 3001:4001(1000) ack 1 <TS val 1480 ecr 9162> {id 104}\n"
                                        "0.5001 b>a . 1:1(0) ack 4001 <TS val 9520 ecr 1480>\n",
                            NULL);

        (void)state;
        EXPECT_FINDINGS(run, 0, "data.loss data.network-duplicates");
        EXPECT_ROW(run, 8, "retransmission fast needed yes lost upstream, same");
        tv_run_free(run);
}

/* Captured at a: the repetition filled the hole, by its echo, and 2 ms later b reports another copy of it.  A late
 * original, or a copy that the network made of the repetition?  Nothing tells. */
static void
second_copy_at_once_leaves_it_open(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_SENDER "0.1000 a>b . 1001:2001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                      "0.1001 a>b . 2001:3001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                      "0.1401 b>a . 1:1(0) ack 1001 <TS val 9100 ecr 1050,sack 2001:3001>\n"
                                      "0.1600 a>b . 1001:2001(1000) ack 1 <TS val 1160 ecr 9100>\n"
                                      "0.2000 b>a . 1:1(0) ack 3001 <TS val 9160 ecr 1160>\n"
                                      "0.2020 b>a . 1:1(0) ack 3001 <TS val 9162 ecr 1160,sack 1001:2001>\n",
                            NULL);

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "data."), 0);
        EXPECT_ROW(run, 9, "retransmission fast needed unknown lost unknown of 6, same");
        tv_run_free(run);
}

/* At a, without time stamps: the acknowledgment of the first copy was held up on its way, and passes long after the
 * timer; the report of the second copy follows it. */
static void
acknowledgment_held_up_is_no_proof_of_loss(void **state)
{
        static const char opening[] = "0.0000 a>b S  0:0(0)       win 65535 <mss 1000,sackOK>\n"
                                      "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK>\n"
                                      "0.0401 a>b .  1:1(0) ack 1\n"
                                      "0.0500 a>b .  1:1001(1000) ack 1\n"
                                      "0.0900 b>a .  1:1(0) ack 1001\n"
                                      "0.0910 a>b .  1001:2001(1000) ack 1\n"
                                      "0.1310 b>a .  1:1(0) ack 2001\n"
                                      "0.1320 a>b .  2001:3001(1000) ack 1\n"
                                      "0.1330 a>b .  3001:4001(1000) ack 1\n"
                                      "0.4200 a>b .  2001:3001(1000) ack 1\n"
                                      "0.6000 b>a .  1:1(0) ack 3001\n"
                                      "0.6001 b>a .  1:1(0) ack 4001\n";
        char text[2000];
        struct tv_run *run;

        (void)state;
        snprintf(text, sizeof text, "%s0.6002 b>a .  1:1(0) ack 4001 <sack 2001:3001>\n", opening);
        run = tv_run_text(text, NULL);
        assert_int_equal(tv_run_all_findings(run, "data.loss"), 0);
        assert_int_equal(tv_run_row(run, 10)->needed, TV_NEEDED_NO);
        tv_run_free(run);
        run = tv_run_text(opening, NULL);
        assert_int_equal(tv_run_all_findings(run, "data.loss"), 0);
        assert_int_equal(tv_run_row(run, 10)->needed, TV_NEEDED_UNKNOWN);
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(lost_behind_the_capture_point),
                cmocka_unit_test(acknowledgment_that_came_late_is_not_lost),
                cmocka_unit_test(sender_that_goes_on_after_a_timeout_has_heard),
                cmocka_unit_test(acknowledgment_that_never_came_is_lost),
                cmocka_unit_test(coarse_time_stamps_do_not_tell_late_from_lost),
                cmocka_unit_test(doubled_repetition_was_needed),
                cmocka_unit_test(acknowledgment_held_up_is_no_proof_of_loss),
                cmocka_unit_test(second_copy_at_once_leaves_it_open),
                cmocka_unit_test(lost_before_the_capture_point),
                cmocka_unit_test(late_original_is_reordering),
                cmocka_unit_test(repetition_lost_too),
                cmocka_unit_test(impatient_timer_is_no_loss),
                cmocka_unit_test(overtaken_by_its_repetition),
                cmocka_unit_test(lost_acknowledgment_is_no_lost_data),
                cmocka_unit_test(acknowledgment_lost_behind_the_capture_point),
                cmocka_unit_test(acknowledgment_late_behind_the_capture_point),
                cmocka_unit_test(one_packet_delivered_twice),
                cmocka_unit_test(everything_twice_is_the_captures_doing),
                cmocka_unit_test(wrong_checksum_is_named_not_loss),
                cmocka_unit_test(wrong_checksum_that_was_taken_is_none),
                cmocka_unit_test(wrong_checksums_that_b_takes_tell_nothing),
                cmocka_unit_test(wrong_checksums_that_b_takes_later_tell_nothing),
                cmocka_unit_test(repetitions_that_nothing_decides_are_counted),
                cmocka_unit_test(what_the_capture_missed_is_no_loss),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
