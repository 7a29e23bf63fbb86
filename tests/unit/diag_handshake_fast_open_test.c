/* Findings about data in the SYN (RFC 7413). */
#include "tests/support/expect.h"

#define OPEN "handshake.fast-open"

static struct tv_run *
run_of(const char *text)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        return run;
}

static const struct tv_finding *
said(const struct tv_run *run, const char *what, enum tv_confidence confidence, unsigned frames)
{
        const struct tv_finding *f = tv_run_finding(run, 0, OPEN);

        if (f == NULL || strstr(f->what, what) == NULL)
                tv_run_print(run);
        assert_non_null(f);
        assert_non_null(strstr(f->what, what));
        assert_int_equal(f->confidence, confidence);
        assert_int_equal(f->frame_count, frames);
        assert_true(f->not_[0] != '\0' && f->advice[0] != '\0' && f->time <= f->until);
        return f;
}

static void
data_that_the_syn_ack_acknowledges_was_taken(void **state)
{
        struct tv_run *all = run_of("0.00 a>b S 0:200(200) <mss 1460,fo 0102030405060708>\n"
                                    "0.02 b>a S. 0:0(0) ack 201\n0.04 a>b . 201:201(0) ack 1\n"
                                    "0.05 b>a P. 1:11(10) ack 201\n0.07 a>b . 201:201(0) ack 11\n");
        struct tv_run *some = run_of("0.00 a>b S 0:200(200) <mss 1460,fo 0102030405060708>\n"
                                     "0.02 b>a S. 0:0(0) ack 101\n0.04 a>b P. 101:201(100) ack 1\n"
                                     "0.06 b>a . 1:1(0) ack 201\n");

        (void)state;
        EXPECT_FINDINGS(all, 0, OPEN);
        said(all, "carried 200 octets, and the SYN-ACK acknowledged all 200", TV_CERTAIN, 2);
        EXPECT_FINDINGS(some, 0, OPEN);
        said(some, "acknowledged 100 of them", TV_CERTAIN, 2);
        tv_run_free(all);
        tv_run_free(some);
}

/* Captured at the responder, where it is plain that the SYN with all its data arrived: no loss. */
static void
data_that_is_not_acknowledged_with_the_syn_was_refused(void **state)
{
        struct tv_run *run = run_of("0.0000 a>b S 0:200(200) <mss 1460,TS val 100 ecr 0,fo 0102030405060708>\n"
                                    "0.0001 b>a S. 0:0(0) ack 1 <mss 1460,TS val 900 ecr 100>\n"
                                    "0.0200 a>b P. 1:201(200) ack 1 <TS val 120 ecr 900>\n"
                                    "0.0201 b>a . 1:1(0) ack 201 <TS val 920 ecr 120>\n"
                                    "0.0210 b>a P. 1:11(10) ack 201 <TS val 921 ecr 120>\n"
                                    "0.0400 a>b . 201:201(0) ack 11 <TS val 141 ecr 921>\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, OPEN);
        said(run, "acknowledged the SYN alone: fast open refused", TV_CERTAIN, 2);
        tv_run_free(run);
}

/* One direction only: that there was a SYN-ACK follows from what a sends, and what it acknowledged from nothing. */
static void
answer_that_was_not_captured_tells_nothing(void **state)
{
        struct tv_run *run = run_of("0.0 a>b S 0:200(200)\n"
                                    "0.1 a>b P. 201:401(200) ack 201\n"
                                    "0.2 a>b P. 401:601(200) ack 401\n");

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "handshake.fast-open"), 0);
        tv_run_free(run);
}

static void
syn_with_data_that_has_no_answer_may_be_swallowed(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S 0:200(200) <mss 1460,TS val 100 ecr 0,fo 0102030405060708>\n"
                                    "1.00 a>b S 0:0(0) <mss 1460,TS val 1100 ecr 0>\n"
                                    "1.02 b>a S. 0:0(0) ack 1 <mss 1460,TS val 9 ecr 1100>\n"
                                    "1.04 a>b P. 1:201(200) ack 1 <TS val 1140 ecr 9>\n"
                                    "1.06 b>a . 1:1(0) ack 201 <TS val 49 ecr 1140>\n");

        (void)state;
        assert_int_equal(said(run, "a copy without data was answered", TV_POSSIBLE, 3)->severity, TV_NOTICE);
        assert_int_equal(tv_run_findings(run, 0, "data.loss"), 0); /* the octets died with the SYN */
        tv_run_free(run);
}

/* Nearest rivals: the SYN-ACK died, which its echo shows; and a SYN without data that is lost. */
static void
answer_that_died_swallows_nothing(void **state)
{
        struct tv_run *answer = run_of("0.00 a>b S 0:200(200) <mss 1460,TS val 100 ecr 0,fo 0102030405060708>\n"
                                       "1.00 a>b S 0:0(0) <mss 1460,TS val 1100 ecr 0>\n"
                                       "1.02 b>a S. 0:0(0) ack 1 <mss 1460,TS val 9 ecr 100>\n"
                                       "1.04 a>b P. 1:201(200) ack 1 <TS val 1140 ecr 9>\n"
                                       "1.06 b>a . 1:1(0) ack 201 <TS val 49 ecr 1140>\n");
        struct tv_run *plain = run_of("0.00 a>b S 0:0(0) <mss 1460,TS val 100 ecr 0,fo>\n"
                                      "1.00 a>b S 0:0(0) <mss 1460,TS val 1100 ecr 0>\n"
                                      "1.02 b>a S. 0:0(0) ack 1 <mss 1460,TS val 9 ecr 1100>\n"
                                      "1.04 a>b P. 1:201(200) ack 1 <TS val 1140 ecr 9>\n"
                                      "1.06 b>a . 1:1(0) ack 201 <TS val 49 ecr 1140>\n");

        (void)state;
        assert_non_null(tv_run_finding(answer, 0, "handshake.synack-lost"));
        assert_null(tv_run_finding(answer, 0, OPEN));
        EXPECT_FINDINGS(plain, 0, "handshake.syn-lost");
        tv_run_free(answer);
        tv_run_free(plain);
}

static void
without_an_answer_nothing_is_known_of_the_data(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S 0:200(200) <mss 1460,fo 0102030405060708>\n1.00 a>b S 0:0(0)\n"
                                    "3.00 a>b S 0:0(0)\n");

        (void)state;
        assert_null(tv_run_finding(run, 0, OPEN));
        assert_non_null(tv_run_finding(run, 0, "handshake.no-answer"));
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(data_that_the_syn_ack_acknowledges_was_taken),
                cmocka_unit_test(data_that_is_not_acknowledged_with_the_syn_was_refused),
                cmocka_unit_test(answer_that_was_not_captured_tells_nothing),
                cmocka_unit_test(syn_with_data_that_has_no_answer_may_be_swallowed),
                cmocka_unit_test(answer_that_died_swallows_nothing),
                cmocka_unit_test(without_an_answer_nothing_is_known_of_the_data),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
