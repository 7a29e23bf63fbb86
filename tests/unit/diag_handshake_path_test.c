/* Findings about a handshake that the path doubles, delays, or takes options from. */
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

/* ---- slow ---- */

#define SLOW "handshake.slow"
#define LATER(at)                                                                                                      \
        at ".100 a>b P. 1:101(100) ack 1\n" at ".120 b>a . 1:1(0) ack 101\n" at ".130 b>a P. 1:101(100) ack 101\n" at  \
           ".150 a>b . 101:101(0) ack 101\n" at ".200 a>b P. 101:201(100) ack 101\n" at                                \
           ".220 b>a . 101:101(0) ack 201\n" at ".230 b>a P. 101:201(100) ack 201\n" at                                \
           ".250 a>b . 201:201(0) ack 201\n"

static void
answer_that_takes_much_longer_than_the_path(void **state)
{
        struct tv_run *run =
                run_of("0.000 a>b S 0:0(0)\n0.500 b>a S. 0:0(0) ack 1\n0.520 a>b . 1:1(0) ack 1\n" LATER("1"));
        const struct tv_finding *f = tv_run_finding(run, 0, SLOW);

        (void)state;
        EXPECT_FINDINGS(run, 0, SLOW);
        FRAMES(run, SLOW, 1, 2);
        assert_int_equal(f->end, TV_B);
        assert_int_equal(f->confidence, TV_LIKELY);
        assert_int_equal(f->blame, TV_BLAME_UNKNOWN); /* its host or the way */
        assert_non_null(strstr(f->what, "0.500 s after the SYN; later a round trip from here to b took 0.020 s"));
        tv_run_free(run);
}

static void
third_segment_that_takes_long(void **state)
{
        struct tv_run *run =
                run_of("0.000 a>b S 0:0(0)\n0.020 b>a S. 0:0(0) ack 1\n0.620 a>b . 1:1(0) ack 1\n" LATER("1"));

        (void)state;
        EXPECT_FINDINGS(run, 0, SLOW);
        FRAMES(run, SLOW, 2, 3);
        assert_int_equal(tv_run_finding(run, 0, SLOW)->end, TV_A);
        tv_run_free(run);
}

/* At the responder's host it is plain who took so long. */
static void
responder_that_is_slow_is_named_where_it_is_seen(void **state)
{
        struct tv_run *run = run_of("0.0000 a>b S 0:0(0)\n0.5000 b>a S. 0:0(0) ack 1\n0.5400 a>b . 1:1(0) ack 1\n"
                                    "1.1000 a>b P. 1:101(100) ack 1\n1.1001 b>a P. 1:101(100) ack 101\n"
                                    "1.1400 a>b . 101:101(0) ack 101\n1.2000 a>b P. 101:201(100) ack 101\n"
                                    "1.2001 b>a P. 101:201(100) ack 201\n1.2400 a>b . 201:201(0) ack 201\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, SLOW);
        assert_int_equal(tv_run_finding(run, 0, SLOW)->blame, TV_BLAME_B);
        tv_run_free(run);
}

/* The nearest rivals: a path that is always as slow; a SYN that was repeated; nothing to compare with; a third segment
 * that the capture missed, so that the first one seen is data, which waited for the application; a clock that leaps. */
static void
what_is_no_slow_handshake(void **state)
{
        static const char *const texts[] = {
                "0.000 a>b S 0:0(0)\n0.500 b>a S. 0:0(0) ack 1\n0.501 a>b . 1:1(0) ack 1\n"
                "1.100 a>b P. 1:101(100) ack 1\n1.600 b>a P. 1:101(100) ack 101\n1.601 a>b . 101:101(0) ack 101\n"
                "2.100 a>b P. 101:201(100) ack 101\n2.600 b>a P. 101:201(100) ack 201\n2.601 a>b . 201:201(0) ack "
                "201\n",
                "0.000 a>b S 0:0(0) <mss 1460,TS val 1 ecr 0>\n0.500 a>b S 0:0(0) <mss 1460,TS val 501 ecr 0>\n"
                "0.520 b>a S. 0:0(0) ack 1 <mss 1460,TS val 9 ecr 501>\n0.540 a>b . 1:1(0) ack 1\n" LATER("1"),
                "0.000 a>b S 0:0(0)\n0.500 b>a S. 0:0(0) ack 1\n0.520 a>b . 1:1(0) ack 1\n",
                "0.000 a>b S 0:0(0)\n0.020 b>a S. 0:0(0) ack 1\n" LATER("1"),
                "0.000 a>b S 0:0(0)\n0.020 b>a S. 0:0(0) ack 1\n3600.040 a>b . 1:1(0) ack 1\n" LATER("3601"),
        };

        (void)state;
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
                struct tv_run *run = run_of(texts[i]);

                if (tv_run_finding(run, 0, SLOW) != NULL)
                        fail_msg("%zu: %s", i, tv_run_finding(run, 0, SLOW)->what);
                tv_run_free(run);
        }
}

/* ---- options ---- */

#define STRIPPED "handshake.options-stripped"

static void
option_that_b_uses_and_its_syn_ack_lacks_was_taken_out(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S 0:0(0) <mss 1460,sackOK,TS val 5 ecr 0>\n"
                                    "0.02 b>a S. 0:0(0) ack 1 <mss 1460,sackOK>\n0.04 a>b . 1:1(0) ack 1\n"
                                    "0.05 a>b P. 1:11(10) ack 1\n0.07 b>a . 1:1(0) ack 11 <TS val 90 ecr 5>\n");

        (void)state;
        assert_int_equal(tv_run_finding(run, 0, STRIPPED)->confidence, TV_LIKELY);
        FRAMES(run, STRIPPED, 1, 2);
        assert_non_null(strstr(tv_run_finding(run, 0, STRIPPED)->what, "offers timestamps, b uses it"));
        tv_run_free(run);
}

/* The nearest rivals: b does not know it; a did not offer it; the snaplen hides it. */
static void
what_is_no_stripped_option(void **state)
{
        static const char *const texts[] = {
                "0.00 a>b S 0:0(0) <mss 1460,sackOK,TS val 5 ecr 0>\n0.02 b>a S. 0:0(0) ack 1 <mss 1460>\n"
                "0.04 a>b . 1:1(0) ack 1\n0.05 a>b P. 1:11(10) ack 1\n0.07 b>a . 1:1(0) ack 11\n",
                "0.00 a>b S 0:0(0) <mss 1460,sackOK>\n0.02 b>a S. 0:0(0) ack 1 <mss 1460,TS val 9 ecr 0>\n"
                "0.04 a>b . 1:1(0) ack 1 <TS val 5 ecr 9>\n0.05 a>b P. 1:11(10) ack 1 <TS val 6 ecr 9>\n"
                "0.07 b>a . 1:1(0) ack 11 <TS val 90 ecr 6>\n",
                "snaplen 68\n0.00 a>b S 0:0(0) <mss 1460,sackOK,nop,nop,nop,nop,ws 7,TS val 5 ecr 0>\n"
                "0.02 b>a S. 0:0(0) ack 1 <mss 1460,sackOK,nop,nop,nop,nop,ws 7,TS val 9 ecr 5>\n"
                "0.04 a>b . 1:1(0) ack 1 <nop,nop,TS val 8 ecr 9>\n0.05 a>b P. 1:11(10) ack 1 <nop,nop,TS val 9 ecr "
                "9>\n"
                "0.07 b>a . 1:1(0) ack 11 <nop,nop,TS val 90 ecr 9>\n",
        };

        (void)state;
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
                struct tv_run *run = run_of(texts[i]);

                if (tv_run_all_findings(run, STRIPPED) != 0)
                        fail_msg("%zu", i);
                tv_run_free(run);
        }
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
                cmocka_unit_test(answer_that_takes_much_longer_than_the_path),
                cmocka_unit_test(third_segment_that_takes_long),
                cmocka_unit_test(responder_that_is_slow_is_named_where_it_is_seen),
                cmocka_unit_test(what_is_no_slow_handshake),
                cmocka_unit_test(option_that_b_uses_and_its_syn_ack_lacks_was_taken_out),
                cmocka_unit_test(what_is_no_stripped_option),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
