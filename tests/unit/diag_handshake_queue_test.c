/* Findings about a full accept queue, and what looks like one. */
#include "tests/support/expect.h"

#define FULL "handshake.accept-queue-overflow"

static struct tv_run *
run_of(const char *text)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        return run;
}

static const struct tv_finding *
finding(const struct tv_run *run, uint64_t conn, const char *code)
{
        const struct tv_finding *f = tv_run_finding(run, conn, code);

        if (f == NULL)
                tv_run_print(run);
        assert_non_null(f);
        assert_true(f->not_[0] != '\0' && f->advice[0] != '\0');
        return f;
}

#define SYN     "0.000 a>b S 0:0(0)\n"
#define SYN_ACK "0.020 b>a S. 0:0(0) ack 1\n"
#define THIRD   "0.040 a>b . 1:1(0) ack 1\n"
#define DATA                                                                                                           \
        "0.050 a>b P. 1:101(100) ack 1\n0.260 a>b P. 1:101(100) ack 1\n0.500 a>b P. 1:101(100) ack 1\n"                \
        "0.960 a>b P. 1:101(100) ack 1\n"
#define AGAIN "1.030 b>a S. 0:0(0) ack 1\n"
#define TAKEN                                                                                                          \
        "1.050 a>b . 101:101(0) ack 1\n1.880 a>b P. 1:101(100) ack 1\n1.900 b>a . 1:1(0) ack 101\n"                    \
        "1.910 b>a P. 1:11(10) ack 101\n1.930 a>b . 101:101(0) ack 11\n"

static void
data_is_dropped_with_the_third_segment(void **state)
{
        struct tv_run *run = run_of(SYN SYN_ACK THIRD DATA AGAIN TAKEN);

        (void)state;
        EXPECT_FINDINGS(run, 0, FULL);
        assert_int_equal(finding(run, 0, FULL)->frame_count, 2);
        assert_int_equal(tv_frame_number(finding(run, 0, FULL)->frames[0]), 3);
        assert_int_equal(tv_frame_number(finding(run, 0, FULL)->frames[1]), 8);
        tv_run_free(run);
}

static void
one_packet_that_the_capture_missed_does_not_hide_it(void **state)
{
        static const char *const texts[] = {
                SYN_ACK THIRD DATA AGAIN TAKEN,
                SYN THIRD DATA AGAIN TAKEN,
                SYN SYN_ACK DATA AGAIN TAKEN,
        };

        (void)state;
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
                struct tv_run *run = run_of(texts[i]);

                finding(run, 0, FULL);
                assert_int_equal(tv_run_all_findings(run, "data.loss"), 0);
                assert_int_equal(tv_run_all_findings(run, "handshake."), 1);
                tv_run_free(run);
        }
}

/* The directions are recorded 2 ms apart: what is 100 times longer is seen all the same. */
static void
skew_does_not_hide_it(void **state)
{
        struct tv_run *run =
                run_of("-9.000 a9>b9 S 0:0(0)\n-8.9999 b9>a9 S. 0:0(0) ack 1\n-8.980 a9>b9 . 1:1(0) ack 1\n"
                       "-8.9010 b9>a9 . 1:1(0) ack 101\n-8.900 a9>b9 P. 1:101(100) ack 1\n" SYN SYN_ACK THIRD DATA AGAIN
                               TAKEN);

        (void)state;
        assert_non_null(tv_run_finding(run, TV_UNKNOWN, "capture.skew"));
        finding(run, 1, FULL);
        assert_null(tv_run_finding(run, 1, "handshake.ack-lost"));
        assert_null(tv_run_finding(run, 1, "data.loss"));
        tv_run_free(run);
}

/* The nearest rival: the way takes longer than the timer of b; the data was on its way when the SYN-ACK was repeated.
 */
static void
slow_path_is_no_full_queue(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S 0:0(0)\n1.500 b>a S. 0:0(0) ack 1\n1.501 a>b . 1:1(0) ack 1\n"
                                    "1.502 a>b P. 1:101(100) ack 1\n1.503 a>b P. 101:201(100) ack 1\n"
                                    "2.500 b>a S. 0:0(0) ack 1\n2.501 a>b . 201:201(0) ack 1\n"
                                    "3.002 b>a . 1:1(0) ack 201\n3.100 b>a P. 1:11(10) ack 201\n");

        (void)state;
        assert_int_equal(tv_run_all_findings(run, FULL), 0);
        tv_run_free(run);
}

static void
lost_third_segment_is_no_full_queue(void **state)
{
        struct tv_run *run = run_of(SYN SYN_ACK THIRD AGAIN "1.050 a>b . 1:1(0) ack 1\n1.100 a>b P. 1:101(100) ack 1\n"
                                                            "1.120 b>a . 1:1(0) ack 101\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.ack-lost");
        tv_run_free(run);
}

/* The third segment is lost, and then the first data: bad luck, and no SYN-ACK came after the data. */
static void
third_segment_and_data_lost_one_after_the_other(void **state)
{
        struct tv_run *run =
                run_of(SYN SYN_ACK THIRD AGAIN "1.050 a>b . 1:1(0) ack 1\n1.100 a>b P. 1:101(100) ack 1\n"
                                               "1.310 a>b P. 1:101(100) ack 1\n1.330 b>a . 1:1(0) ack 101\n");

        (void)state;
        assert_non_null(tv_run_finding(run, 0, "handshake.ack-lost"));
        assert_int_equal(tv_run_all_findings(run, FULL), 0);
        tv_run_free(run);
}

/* What b said meanwhile is not in the capture; that it was heard is. */
static void
answer_that_the_capture_missed_is_an_answer(void **state)
{
        struct tv_run *run = run_of(SYN SYN_ACK THIRD AGAIN "1.050 a>b . 1:1(0) ack 1\n1.080 a>b . 1:1(0) ack 11\n"
                                                            "1.081 a>b P. 1:7(6) ack 11\n1.082 a>b F. 7:7(0) ack 11\n"
                                                            "1.100 b>a F. 11:11(0) ack 8\n1.120 a>b . 8:8(0) ack 12\n");

        (void)state;
        assert_int_equal(tv_run_all_findings(run, FULL), 0);
        tv_run_free(run);
}

/* ---- SYNs that come meanwhile ---- */

/* |first| is when the SYN of another client comes. */
static struct tv_run *
beside(const char *first)
{
        char text[1200];

        snprintf(text, sizeof text,
                 SYN SYN_ACK THIRD
                 "0.050 a>b P. 1:101(100) ack 1\n0.260 a>b P. 1:101(100) ack 1\n%s a2>b S 0:0(0) <mss 1460,TS val 100 "
                 "ecr 0>\n0.500 a>b P. 1:101(100) ack 1\n0.960 a>b P. 1:101(100) ack 1\n" AGAIN TAKEN
                 "2.000 a2>b S 0:0(0) <mss 1460,TS val 1700 ecr 0>\n"
                 "2.020 b>a2 S. 0:0(0) ack 1 <mss 1460,TS val 9 ecr 1700>\n"
                 "2.040 a2>b . 1:1(0) ack 1 <TS val 1740 ecr 9>\n2.050 a2>b P. 1:11(10) ack 1 <TS val 1750 ecr 9>\n"
                 "2.070 b>a2 . 1:1(0) ack 11 <TS val 59 ecr 1750>\n",
                 first);
        return run_of(text);
}

static void
syn_that_comes_while_the_queue_is_full_is_dropped(void **state)
{
        struct tv_run *run = beside("0.400");
        const struct tv_finding *f = finding(run, 1, FULL);

        (void)state;
        assert_null(tv_run_finding(run, 1, "handshake.syn-lost"));
        assert_int_equal(f->confidence, TV_POSSIBLE); /* taken between the ends: it may have been lost as well */
        assert_int_equal(f->blame, TV_BLAME_B);
        assert_non_null(strstr(f->what, "connection 0 shows"));
        assert_int_equal(f->frame_count, 3);
        tv_run_free(run);
}

/* What is lost before the queue is full has another cause. */
static void
syn_that_comes_before_is_lost(void **state)
{
        struct tv_run *run =
                run_of("-3.000 a2>b S 0:0(0) <mss 1460,TS val 100 ecr 0>\n"
                       "-2.000 a2>b S 0:0(0) <mss 1460,TS val 1100 ecr 0>\n"
                       "-1.980 b>a2 S. 0:0(0) ack 1 <mss 1460,TS val 9 ecr 1100>\n"
                       "-1.960 a2>b . 1:1(0) ack 1 <TS val 1140 ecr 9>\n" SYN SYN_ACK THIRD DATA AGAIN TAKEN
                       "2.050 a2>b P. 1:11(10) ack 1 <TS val 5150 ecr 9>\n"
                       "2.070 b>a2 . 1:1(0) ack 11 <TS val 59 ecr 5150>\n");

        (void)state;
        assert_non_null(tv_run_finding(run, 0, "handshake.syn-lost"));
        assert_null(tv_run_finding(run, 0, FULL));
        tv_run_free(run);
}

/* ---- a deferred accept ---- */

/* Linux before 6.14 echoes what it then ignores: that the third segment arrived is certain wherever this is captured.
 */
static void
echo_of_the_third_segment_shows_that_it_was_ignored(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S 0:0(0) <mss 1460,TS val 100 ecr 0>\n"
                                    "0.020 b>a S. 0:0(0) ack 1 <mss 1460,TS val 900 ecr 100>\n"
                                    "0.040 a>b . 1:1(0) ack 1 <TS val 140 ecr 900>\n"
                                    "1.020 b>a S. 0:0(0) ack 1 <mss 1460,TS val 1900 ecr 140>\n"
                                    "1.040 a>b . 1:1(0) ack 1 <TS val 1140 ecr 900>\n"
                                    "2.000 a>b P. 1:101(100) ack 1 <TS val 2100 ecr 900>\n"
                                    "2.020 b>a . 1:1(0) ack 101 <TS val 2900 ecr 2100>\n");
        const struct tv_finding *f = finding(run, 0, "handshake.ack-ignored");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.ack-ignored");
        assert_int_equal(f->confidence, TV_CERTAIN);
        assert_int_equal(f->frame_count, 2);
        assert_int_equal(f->blame, TV_BLAME_B);
        tv_run_free(run);
}

/* Its nearest rival: with the echo of the SYN, nothing but a delay tells. */
static void
echo_of_the_syn_shows_nothing(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S 0:0(0) <mss 1460,TS val 100 ecr 0>\n"
                                    "0.020 b>a S. 0:0(0) ack 1 <mss 1460,TS val 900 ecr 100>\n"
                                    "0.040 a>b . 1:1(0) ack 1 <TS val 140 ecr 900>\n"
                                    "1.020 b>a S. 0:0(0) ack 1 <mss 1460,TS val 1900 ecr 100>\n"
                                    "1.040 a>b . 1:1(0) ack 1 <TS val 1140 ecr 900>\n"
                                    "2.000 a>b P. 1:101(100) ack 1 <TS val 2100 ecr 900>\n"
                                    "2.020 b>a . 1:1(0) ack 101 <TS val 2900 ecr 2100>\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.ack-lost");
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(data_is_dropped_with_the_third_segment),
                cmocka_unit_test(one_packet_that_the_capture_missed_does_not_hide_it),
                cmocka_unit_test(skew_does_not_hide_it),
                cmocka_unit_test(slow_path_is_no_full_queue),
                cmocka_unit_test(lost_third_segment_is_no_full_queue),
                cmocka_unit_test(third_segment_and_data_lost_one_after_the_other),
                cmocka_unit_test(answer_that_the_capture_missed_is_an_answer),
                cmocka_unit_test(syn_that_comes_while_the_queue_is_full_is_dropped),
                cmocka_unit_test(syn_that_comes_before_is_lost),
                cmocka_unit_test(echo_of_the_third_segment_shows_that_it_was_ignored),
                cmocka_unit_test(echo_of_the_syn_shows_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
