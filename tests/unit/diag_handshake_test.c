/* Findings of the handshake: one cause, one code, with the frames that prove it (design.md section 5). */
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

        if (f == NULL)
                tv_run_print(run);
        assert_non_null(f);
        assert_int_equal(f->frame_count, count);
        for (unsigned i = 0; i < count; i++)
                assert_int_equal(tv_frame_number(f->frames[i]), frames[i]);
        assert_true(f->time <= f->until);
        assert_true(f->what[0] != '\0');
}
#define FRAMES(run, code, ...)                                                                                         \
        expect_frames(run, code, (const uint64_t[]){__VA_ARGS__},                                                      \
                      sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void
healthy_handshake_has_no_finding(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S  0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n0.04 a>b . 1:1(0) ack 1\n"
                                    "0.05 a>b P. 1:11(10) ack 1\n0.07 b>a . 1:1(0) ack 11\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "");
        tv_run_free(run);
}

static void
third_segment_that_the_capture_missed_is_no_finding(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S  0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n"
                                    "0.05 a>b P. 1:11(10) ack 1\n0.07 b>a . 1:1(0) ack 11\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "");
        EXPECT_LIFE(run, 0, "complete open");
        tv_run_free(run);
}

static void
third_segment_lost_names_it_and_its_proof(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S  0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n0.04 a>b . 1:1(0) ack 1\n"
                                    "1.02 b>a S. 0:0(0) ack 1\n1.04 a>b . 1:1(0) ack 1\n"
                                    "1.10 b>a P. 1:11(10) ack 1\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.ack-lost");
        FRAMES(run, "handshake.ack-lost", 3, 4);
        assert_int_equal(tv_run_finding(run, 0, "handshake.ack-lost")->end, TV_A);
        assert_int_equal(tv_run_finding(run, 0, "handshake.ack-lost")->blame, TV_BLAME_NETWORK);
        tv_run_free(run);
}

static void
syn_lost_names_the_copy_that_died(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S  0:0(0) <mss 1460,sackOK,TS val 100 ecr 0>\n"
                                    "1.00 a>b S  0:0(0) <mss 1460,sackOK,TS val 1100 ecr 0>\n"
                                    "1.02 b>a S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 9 ecr 1100>\n"
                                    "1.04 a>b . 1:1(0) ack 1 <nop,nop,TS val 1140 ecr 9>\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.syn-lost");
        FRAMES(run, "handshake.syn-lost", 1, 2);
        tv_run_free(run);
}

static void
syn_ack_lost_is_told_from_a_lost_syn(void **state)
{
        struct tv_run *run = run_of("0.0000 a>b S  0:0(0)\n0.0001 b>a S. 0:0(0) ack 1\n"
                                    "1.0000 a>b S  0:0(0)\n1.0001 b>a S. 0:0(0) ack 1\n1.0400 a>b . 1:1(0) ack 1\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.synack-lost");
        FRAMES(run, "handshake.synack-lost", 2, 3);
        assert_int_equal(tv_run_finding(run, 0, "handshake.synack-lost")->end, TV_B);
        tv_run_free(run);
}

static void
path_slower_than_the_timer_loses_nothing(void **state)
{
        struct tv_run *run = run_of("0.0000 a>b S  0:0(0)\n1.0000 a>b S  0:0(0)\n1.2000 b>a S. 0:0(0) ack 1\n"
                                    "1.2001 a>b . 1:1(0) ack 1\n2.2000 b>a S. 0:0(0) ack 1\n"
                                    "2.2001 a>b . 1:1(0) ack 1\n");

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "handshake.syn-lost"), 0);
        assert_int_equal(tv_run_findings(run, 0, "handshake.synack-lost"), 0);
        assert_int_equal(tv_run_findings(run, 0, "handshake.ack-lost"), 0);
        tv_run_free(run);
}

static void
refusal_blames_nobody_but_the_responder(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S  0:0(0)\n0.02 b>a R. @0:0(0) ack 1\n");
        const struct tv_finding *f = tv_run_finding(run, 0, "handshake.refused");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.refused");
        FRAMES(run, "handshake.refused", 1, 2);
        assert_int_equal(f->end, TV_B);
        assert_int_equal(f->confidence, TV_CERTAIN);
        assert_true(f->advice[0] != '\0');
        tv_run_free(run);
}

static void
repeated_attempts_without_an_answer_are_one_finding(void **state)
{
        struct tv_run *run = run_of("0.0 a>b S 0:0(0)\n1.0 a>b S 0:0(0)\n3.0 a>b S 0:0(0)\n7.0 a>b S 0:0(0)\n");
        const struct tv_finding *f = tv_run_finding(run, 0, "handshake.no-answer");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.no-answer");
        assert_non_null(f);
        assert_true(f->until - f->time >= INT64_C(7000000000));
        tv_run_free(run);
}

static void
half_open_is_not_also_an_unanswered_syn(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S 0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n1.02 b>a S. 0:0(0) ack 1\n"
                                    "3.02 b>a S. 0:0(0) ack 1\n");

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "handshake.half-open"), 1);
        assert_int_equal(tv_run_findings(run, 0, "handshake.no-answer"), 0);
        assert_int_equal(tv_run_findings(run, 0, "handshake.ack-lost"), 0);
        tv_run_free(run);
}

static void
reset_by_the_initiator_aborts_the_handshake(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S 0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n0.04 a>b R 1:1(0)\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.aborted");
        assert_int_equal(tv_run_finding(run, 0, "handshake.aborted")->blame, TV_BLAME_A);
        FRAMES(run, "handshake.aborted", 1, 3);
        tv_run_free(run);
}

static void
simultaneous_open_is_named_and_loses_nothing(void **state)
{
        struct tv_run *run = run_of("b = :50000\n0.000 a>b S 0:0(0)\n0.001 b>a S 0:0(0)\n"
                                    "0.030 a>b S. 0:0(0) ack 1\n0.031 b>a S. 0:0(0) ack 1\n"
                                    "0.100 a>b P. 1:11(10) ack 1\n0.130 b>a . 1:1(0) ack 11\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.simultaneous-open");
        FRAMES(run, "handshake.simultaneous-open", 1, 2);
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(healthy_handshake_has_no_finding),
                cmocka_unit_test(third_segment_that_the_capture_missed_is_no_finding),
                cmocka_unit_test(third_segment_lost_names_it_and_its_proof),
                cmocka_unit_test(syn_lost_names_the_copy_that_died),
                cmocka_unit_test(syn_ack_lost_is_told_from_a_lost_syn),
                cmocka_unit_test(path_slower_than_the_timer_loses_nothing),
                cmocka_unit_test(refusal_blames_nobody_but_the_responder),
                cmocka_unit_test(repeated_attempts_without_an_answer_are_one_finding),
                cmocka_unit_test(half_open_is_not_also_an_unanswered_syn),
                cmocka_unit_test(reset_by_the_initiator_aborts_the_handshake),
                cmocka_unit_test(simultaneous_open_is_named_and_loses_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
