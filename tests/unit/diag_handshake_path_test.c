/* Findings about a handshake that the path doubles. */
#include "tests/support/expect.h"

static struct tv_run *
run_of(const char *text)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        return run;
}

static void
expect_frames(const struct tv_run *run, const char *code, const uint64_t *frames, unsigned count)
{
        const struct tv_finding *f = tv_run_finding(run, 0, code);

        if (f == NULL || f->frame_count != count)
                tv_run_print(run);
        assert_non_null(f);
        assert_int_equal(f->frame_count, count);
        for (unsigned i = 0; i < count; i++)
                assert_int_equal(tv_frame_number(f->frames[i]), frames[i]);
        assert_true(f->time <= f->until);
        assert_true(f->what[0] != '\0' && f->not_[0] != '\0' && f->advice[0] != '\0');
}
#define FRAMES(run, code, ...)                                                                                         \
        expect_frames(run, code, (const uint64_t[]){__VA_ARGS__},                                                      \
                      sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

#define TWICE "handshake.duplicated"
/* What follows, so that few packets are copies. */
#define REQUEST(first)                                                                                                 \
        first "0.10 a>b P. 1:101(100) ack 1 {id 11}\n0.12 b>a . 1:1(0) ack 101 {id 71}\n"                              \
              "0.13 b>a P. 1:101(100) ack 101 {id 72}\n0.15 a>b . 101:101(0) ack 101 {id 12}\n"                        \
              "0.20 a>b P. 101:201(100) ack 101 {id 13}\n0.22 b>a . 101:101(0) ack 201 {id 73}\n"                      \
              "0.23 b>a P. 101:201(100) ack 201 {id 74}\n0.25 a>b . 201:201(0) ack 201 {id 14}\n"

static void
syn_that_passes_twice_and_is_answered_twice(void **state)
{
        struct tv_run *run = run_of(REQUEST("0.000 a>b S 0:0(0) <mss 1460,TS val 5 ecr 0> {id 9}\n"
                                            "0.001 b>a S. 0:0(0) ack 1 <mss 1460,TS val 50 ecr 5>\n"
                                            "0.002 a>b S 0:0(0) <mss 1460,TS val 5 ecr 0> {id 9}\n"
                                            "0.003 b>a S. 0:0(0) ack 1 <mss 1460,TS val 52 ecr 5>\n"
                                            "0.040 a>b . 1:1(0) ack 1 {id 10}\n"));

        (void)state;
        EXPECT_FINDINGS(run, 0, TWICE " data.network-duplicates");
        FRAMES(run, TWICE, 1, 2, 3, 4);
        assert_int_equal(tv_run_finding(run, 0, TWICE)->confidence, TV_LIKELY);
        assert_int_equal(tv_run_finding(run, 0, TWICE)->blame, TV_BLAME_NETWORK);
        tv_run_free(run);
}

/* Doubled behind the capture point: one SYN, and two answers that no timer can account for. */
static void
second_answer_tells_of_a_copy_that_does_not_pass(void **state)
{
        struct tv_run *run = run_of(REQUEST("0.000 a>b S 0:0(0) <mss 1460,TS val 5 ecr 0> {id 9}\n"
                                            "0.020 b>a S. 0:0(0) ack 1 <mss 1460,TS val 50 ecr 5>\n"
                                            "0.022 b>a S. 0:0(0) ack 1 <mss 1460,TS val 52 ecr 5>\n"
                                            "0.040 a>b . 1:1(0) ack 1 {id 10}\n"));

        (void)state;
        EXPECT_FINDINGS(run, 0, TWICE);
        FRAMES(run, TWICE, 2, 3);
        assert_int_equal(tv_run_finding(run, 0, TWICE)->end, TV_A);
        tv_run_free(run);
}

static void
syn_ack_and_third_segment_that_pass_twice(void **state)
{
        struct tv_run *run = run_of(REQUEST("0.000 a>b S 0:0(0) <mss 1460,TS val 5 ecr 0> {id 9}\n"
                                            "0.020 b>a S. 0:0(0) ack 1 <mss 1460,TS val 50 ecr 5> {id 70}\n"
                                            "0.023 b>a S. 0:0(0) ack 1 <mss 1460,TS val 50 ecr 5> {id 70}\n"
                                            "0.040 a>b . 1:1(0) ack 1 {id 10}\n0.043 a>b . 1:1(0) ack 1 {id 10}\n"));

        (void)state;
        EXPECT_FINDINGS(run, 0, TWICE " data.network-duplicates data.network-duplicates");
        FRAMES(run, TWICE, 2, 3, 4, 5);
        assert_int_equal(tv_run_finding(run, 0, TWICE)->count, 2);
        tv_run_free(run);
}

/* The nearest rivals. */
static void
copies_of_data_are_told_with_the_data(void **state)
{
        struct tv_run *run =
                run_of(REQUEST("0.000 a>b S 0:0(0) {id 9}\n0.020 b>a S. 0:0(0) ack 1\n"
                               "0.040 a>b . 1:1(0) ack 1 {id 10}\n") "0.30 a>b P. 201:301(100) ack 201 {id 15}\n"
                                                                     "0.302 a>b P. 201:301(100) ack 201 {id 15}\n"
                                                                     "0.32 b>a . 201:201(0) ack 301 {id 75}\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "data.network-duplicates");
        tv_run_free(run);
}

static void
repetition_by_timer_is_no_copy(void **state)
{
        /* The way is longer than the timer of b: nothing is lost, and nothing doubled. */
        struct tv_run *run = run_of("0.0000 a>b S 0:0(0) <mss 1460,TS val 5 ecr 0> {id 9}\n"
                                    "0.0001 b>a S. 0:0(0) ack 1 <mss 1460,TS val 50 ecr 5>\n"
                                    "1.0001 b>a S. 0:0(0) ack 1 <mss 1460,TS val 1050 ecr 5>\n"
                                    "1.4000 a>b . 1:1(0) ack 1 <TS val 705 ecr 50> {id 10}\n"
                                    "2.4000 a>b . 1:1(0) ack 1 <TS val 1705 ecr 1050> {id 11}\n"
                                    "2.5000 a>b P. 1:11(10) ack 1 <TS val 1805 ecr 1050> {id 12}\n"
                                    "2.5001 b>a . 1:1(0) ack 11 <TS val 2550 ecr 1805> {id 72}\n");

        (void)state;
        assert_null(tv_run_finding(run, 0, TWICE));
        tv_run_free(run);
}

static void
syn_that_its_sender_repeats_is_answered_twice(void **state)
{
        struct tv_run *run = run_of(REQUEST("0.000 a>b S 0:0(0) <mss 1460,TS val 5 ecr 0> {id 8}\n"
                                            "0.010 a>b S 0:0(0) <mss 1460,TS val 15 ecr 0> {id 9}\n"
                                            "0.020 b>a S. 0:0(0) ack 1 <mss 1460,TS val 50 ecr 5>\n"
                                            "0.030 b>a S. 0:0(0) ack 1 <mss 1460,TS val 60 ecr 5>\n"
                                            "0.040 a>b . 1:1(0) ack 1 {id 10}\n"));

        (void)state;
        assert_null(tv_run_finding(run, 0, TWICE));
        tv_run_free(run);
}

static void
capture_that_records_everything_twice_doubles_nothing(void **state)
{
        struct tv_run *run = run_of("twice 0.000005\n0.000 a>b S 0:0(0) {id 9}\n0.020 b>a S. 0:0(0) ack 1 {id 70}\n"
                                    "0.040 a>b . 1:1(0) ack 1 {id 10}\n0.10 a>b P. 1:101(100) ack 1 {id 11}\n"
                                    "0.12 b>a . 1:1(0) ack 101 {id 71}\n0.13 b>a P. 1:101(100) ack 101 {id 72}\n"
                                    "0.15 a>b . 101:101(0) ack 101 {id 12}\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "");
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(syn_that_passes_twice_and_is_answered_twice),
                cmocka_unit_test(second_answer_tells_of_a_copy_that_does_not_pass),
                cmocka_unit_test(syn_ack_and_third_segment_that_pass_twice),
                cmocka_unit_test(copies_of_data_are_told_with_the_data),
                cmocka_unit_test(repetition_by_timer_is_no_copy),
                cmocka_unit_test(syn_that_its_sender_repeats_is_answered_twice),
                cmocka_unit_test(capture_that_records_everything_twice_doubles_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
