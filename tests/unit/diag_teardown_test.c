/* Which of FIN, ACK, FIN and ACK was lost, and where (design.md section 5: fin1 is the FIN sent first). */
#include "analyzer/diagnose/decidability.h"
#include "tests/support/expect.h"

#include <stdio.h>

/* Captured at a: b is 40 ms away, there and back. */
#define AT_A                                                                                                           \
        "0.0000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 1000 ecr 0>\n"                                          \
        "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 9000 ecr 1000>\n"                                       \
        "0.0401 a>b .  1:1(0) ack 1 <nop,nop,TS val 1040 ecr 9000>\n"                                                  \
        "0.0500 a>b P. 1:11(10) ack 1 <nop,nop,TS val 1050 ecr 9000>\n"                                                \
        "0.0900 b>a .  1:1(0) ack 11 <nop,nop,TS val 9050 ecr 1050>\n"

/* Captured at b: a is 40 ms away. */
#define AT_B                                                                                                           \
        "0.0000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 1000 ecr 0>\n"                                          \
        "0.0001 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 9020 ecr 1000>\n"                                       \
        "0.0400 a>b .  1:1(0) ack 1 <nop,nop,TS val 1040 ecr 9020>\n"                                                  \
        "0.0500 a>b P. 1:11(10) ack 1 <nop,nop,TS val 1050 ecr 9020>\n"                                                \
        "0.0501 b>a .  1:1(0) ack 11 <nop,nop,TS val 9070 ecr 1050>\n"

static struct tv_run *
run_of(const char *text)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        return run;
}

static void
expect_only(const char *text, const char *code, enum tv_end end, uint64_t count)
{
        struct tv_run *run = run_of(text);
        const struct tv_finding *f = tv_run_finding(run, 0, code);

        EXPECT_FINDINGS(run, 0, code);
        assert_int_equal(f->end, end);
        assert_int_equal(f->count, count);
        assert_int_equal(f->blame, TV_BLAME_NETWORK);
        assert_true(f->not_[0] != '\0' && strstr(f->advice, "from 10.0.0.") != NULL);
        tv_run_free(run);
}

static void
orderly_close_has_no_finding(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1100 ecr 9050>\n"
                                         "0.1400 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9100 ecr 1100>\n"
                                         "0.1401 a>b . 12:12(0) ack 2 <nop,nop,TS val 1140 ecr 9100>\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "");
        tv_run_free(run);
}

static void
first_fin_lost(void **state)
{
        (void)state;
        expect_only(AT_A "0.1000 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1100 ecr 9050>\n"
                         "0.3500 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1350 ecr 9050>\n"
                         "0.3900 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9350 ecr 1350>\n"
                         "0.3901 a>b . 12:12(0) ack 2 <nop,nop,TS val 1390 ecr 9350>\n",
                    "teardown.fin1-lost", TV_A, 1);
}

static void
acknowledgment_of_the_first_fin_lost(void **state)
{
        (void)state;
        expect_only(AT_B "0.1000 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1100 ecr 9070>\n"
                         "0.1001 b>a . 1:1(0) ack 12 <nop,nop,TS val 9120 ecr 1100>\n"
                         "0.3500 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1350 ecr 9070>\n"
                         "0.3501 b>a . 1:1(0) ack 12 <nop,nop,TS val 9370 ecr 1100>\n"
                         "0.5000 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9520 ecr 1100>\n"
                         "0.5400 a>b . 12:12(0) ack 2 <nop,nop,TS val 1540 ecr 9520>\n",
                    "teardown.ack1-lost", TV_B, 1);
}

static void
second_fin_lost(void **state)
{
        /* captured at b: its FIN passes and dies, and goes again */
        (void)state;
        expect_only(AT_B "0.1000 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1100 ecr 9070>\n"
                         "0.1001 b>a . 1:1(0) ack 12 <nop,nop,TS val 9120 ecr 1100>\n"
                         "0.2000 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9220 ecr 1100>\n"
                         "0.4500 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9470 ecr 1100>\n"
                         "0.4900 a>b . 12:12(0) ack 2 <nop,nop,TS val 1490 ecr 9470>\n",
                    "teardown.fin2-lost", TV_B, 1);
}

static void
a_fin_that_nothing_tells_from_its_acknowledgment_says_so(void **state)
{
        /* b's FIN goes twice, and a, in TIME_WAIT, echoes the later one whatever it has got. */
        struct tv_run *run = run_of(AT_B "0.1000 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1100 ecr 9070>\n"
                                         "0.1001 b>a . 1:1(0) ack 12 <nop,nop,TS val 9120 ecr 1100>\n"
                                         "0.2000 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9220 ecr 1100>\n"
                                         "0.4500 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9470 ecr 1100>\n"
                                         "0.4900 a>b . 12:12(0) ack 2 <nop,nop,TS val 1490 ecr 9470> {id 777}\n");
        const struct tv_finding *f = tv_run_finding(run, 0, "teardown.fin2-lost");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->confidence, TV_POSSIBLE);
        assert_non_null(strstr(f->not_, tv_decidability_why(TV_EVENT_loss_fin2, TV_POINT_OWN)));
        tv_run_free(run);
}

static void
last_acknowledgment_lost_twice(void **state)
{
        (void)state;
        expect_only(AT_A "0.1000 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1100 ecr 9050>\n"
                         "0.1400 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9100 ecr 1100>\n"
                         "0.1401 a>b . 12:12(0) ack 2 <nop,nop,TS val 1140 ecr 9100>\n"
                         "0.3800 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9340 ecr 1100>\n"
                         "0.3801 a>b . 12:12(0) ack 2 <nop,nop,TS val 1380 ecr 9340>\n"
                         "0.8600 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9820 ecr 1100>\n"
                         "0.8601 a>b . 12:12(0) ack 2 <nop,nop,TS val 1860 ecr 9820>\n",
                    "teardown.ack2-lost", TV_A, 2);
}

/* The FIN goes again at its sender: that host's timers count it, and the acknowledgment travels towards it. */
static void
advice_names_the_way_and_the_host(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1100 ecr 9050>\n"
                                         "0.1400 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9100 ecr 1100>\n"
                                         "0.1401 a>b . 12:12(0) ack 2 <nop,nop,TS val 1140 ecr 9100>\n"
                                         "0.3800 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9340 ecr 1100>\n"
                                         "0.3801 a>b . 12:12(0) ack 2 <nop,nop,TS val 1380 ecr 9340>\n");
        const struct tv_finding *f = tv_run_finding(run, 0, "teardown.ack2-lost");

        (void)state;
        assert_non_null(f);
        assert_non_null(strstr(f->not_, "a lost FIN: it was acknowledged"));
        assert_non_null(strstr(f->advice, "from 10.0.0.1 to 10.0.0.2. on 10.0.0.2: nstat"));
        tv_run_free(run);
}

static void
responders_fin_is_the_first_when_it_closes_first(void **state)
{
        (void)state;
        expect_only(AT_A "0.1000 b>a F. 1:1(0) ack 11 <nop,nop,TS val 9100 ecr 1050>\n"
                         "0.1001 a>b . 11:11(0) ack 2 <nop,nop,TS val 1100 ecr 9100>\n"
                         "0.2000 a>b F. 11:11(0) ack 2 <nop,nop,TS val 1200 ecr 9100>\n"
                         "0.4500 a>b F. 11:11(0) ack 2 <nop,nop,TS val 1450 ecr 9100>\n"
                         "0.4900 b>a . 2:2(0) ack 12 <nop,nop,TS val 9450 ecr 1450>\n",
                    "teardown.fin2-lost", TV_A, 1);
}

/* Data met silence before the FIN was sent, and goes again together with it: the outage tells it all. */
static void
fin_lost_in_an_outage_of_its_data(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b P. 11:21(10) ack 1 <nop,nop,TS val 1100 ecr 9050>\n"
                                         "0.3500 a>b P. 11:21(10) ack 1 <nop,nop,TS val 1350 ecr 9050>\n"
                                         "0.8500 a>b P. 11:21(10) ack 1 <nop,nop,TS val 1850 ecr 9050>\n"
                                         "0.9000 a>b F. 21:21(0) ack 1 <nop,nop,TS val 1900 ecr 9050>\n"
                                         "1.8500 a>b FP. 11:21(10) ack 1 <nop,nop,TS val 2850 ecr 9050>\n"
                                         "3.8500 a>b FP. 11:21(10) ack 1 <nop,nop,TS val 4850 ecr 9050>\n"
                                         "7.8500 a>b FP. 11:21(10) ack 1 <nop,nop,TS val 8850 ecr 9050>\n"
                                         "7.8900 b>a F. 1:1(0) ack 22 <nop,nop,TS val 16850 ecr 8850>\n"
                                         "7.8901 a>b . 22:22(0) ack 2 <nop,nop,TS val 8890 ecr 16850>\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "data.recovered-after-outage");
        tv_run_free(run);
        /* Only the FIN and what was sent with it. */
        run = run_of(AT_A "0.1000 a>b FP. 11:21(10) ack 1 <nop,nop,TS val 1100 ecr 9050>\n"
                          "0.3500 a>b FP. 11:21(10) ack 1 <nop,nop,TS val 1350 ecr 9050>\n"
                          "0.3900 b>a F. 1:1(0) ack 22 <nop,nop,TS val 9350 ecr 1350>\n"
                          "0.3901 a>b . 22:22(0) ack 2 <nop,nop,TS val 1390 ecr 9350>\n");
        assert_int_equal(tv_run_findings(run, 0, "teardown.fin1-lost"), 1);
        tv_run_free(run);
}

static void
fin_delivered_twice_is_no_loss(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1100 ecr 9050>\n"
                                         "0.1400 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9100 ecr 1100> {id 900}\n"
                                         "0.1401 a>b . 12:12(0) ack 2 <nop,nop,TS val 1140 ecr 9100>\n"
                                         "0.2200 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9100 ecr 1100> {id 900}\n");

        (void)state;
        assert_int_equal(tv_run_row(run, 9)->data_class, TV_DATA_NETWORK_DUPLICATE);
        assert_int_equal(tv_run_all_findings(run, "teardown."), 0);
        assert_int_equal(tv_run_connection(run, 0)->state[TV_B], TV_CLOSED);
        tv_run_free(run);
}

static void
simultaneous_close_is_named(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1100 ecr 9050>\n"
                                         "0.1100 b>a F. 1:1(0) ack 11 <nop,nop,TS val 9070 ecr 1050>\n"
                                         "0.1101 a>b . 12:12(0) ack 2 <nop,nop,TS val 1110 ecr 9070>\n"
                                         "0.1400 b>a . 2:2(0) ack 12 <nop,nop,TS val 9100 ecr 1100>\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "teardown.simultaneous-close");
        assert_int_equal(tv_run_finding(run, 0, "teardown.simultaneous-close")->frame_count, 2);
        tv_run_free(run);
}

static void
reset_is_no_teardown_loss(void **state)
{
        struct tv_run *run = run_of(AT_A "0.1000 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1100 ecr 9050>\n"
                                         "0.1400 b>a R. 1:1(0) ack 12 <nop,nop,TS val 9100 ecr 1100>\n");

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "teardown."), 0);
        tv_run_free(run);
}

static void
a_lost_fin_that_acknowledged_the_other_is_no_lost_acknowledgment(void **state)
{
        (void)state;
        expect_only(AT_B "0.1000 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1100 ecr 9070>\n"
                         "0.1001 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9120 ecr 1100>\n"
                         "0.3300 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1330 ecr 9070>\n"
                         "0.3301 b>a . 2:2(0) ack 12 <nop,nop,TS val 9350 ecr 1330>\n"
                         "0.3400 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9360 ecr 1330>\n"
                         "0.3800 a>b . 12:12(0) ack 2 <nop,nop,TS val 1380 ecr 9360>\n",
                    "teardown.fin2-lost", TV_B, 1);
}

static void
a_fin_as_the_first_answer_does_not_tell_which_was_lost(void **state)
{
        /* b's FIN, sent before a's second one came, may be the first copy, behind a lost acknowledgment, or a
         * repetition of one that died with it. */
        struct tv_run *run = run_of(AT_A "0.1000 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1100 ecr 9050>\n"
                                         "0.3500 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1350 ecr 9050>\n"
                                         "0.3600 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9320 ecr 1100>\n"
                                         "0.3601 a>b . 12:12(0) ack 2 <nop,nop,TS val 1360 ecr 9320>\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "");
        assert_int_equal(tv_run_row(run, 7)->needed, TV_NEEDED_NO);
        tv_run_free(run);
}

static void
of_a_fin_repeated_twice_one_acknowledgment_was_lost_for_certain(void **state)
{
        /* The echo is of the first copy: that arrived.  The second one died, or its answer did. */
        struct tv_run *run = run_of(AT_B "0.1000 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1100 ecr 9070>\n"
                                         "0.1001 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9120 ecr 1100>\n"
                                         "0.3300 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9350 ecr 1100>\n"
                                         "0.7900 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9810 ecr 1100>\n"
                                         "0.8300 a>b . 12:12(0) ack 2 <nop,nop,TS val 1830 ecr 9120> {id 777}\n");
        const struct tv_finding *ack = tv_run_finding(run, 0, "teardown.ack2-lost");

        (void)state;
        assert_null(tv_run_finding(run, 0, "teardown.fin2-lost"));
        assert_non_null(ack);
        assert_int_equal(ack->confidence, TV_CERTAIN);
        assert_int_equal(ack->count, 1);
        assert_non_null(strstr(ack->what, ", and once more it or the FIN"));
        tv_run_free(run);
}

static void
first_of_two_crossing_fins_lost_before_the_capture_point(void **state)
{
        /* a acknowledges b's FIN from behind its own, which did not come. */
        struct tv_run *run = run_of(AT_B "0.1000 b>a F. 1:1(0) ack 11 <nop,nop,TS val 9120 ecr 1050>\n"
                                         "0.1400 a>b . 12:12(0) ack 2 <nop,nop,TS val 1140 ecr 9120>\n"
                                         "0.3500 a>b F. 11:11(0) ack 2 <nop,nop,TS val 1350 ecr 9120>\n"
                                         "0.3501 b>a . 2:2(0) ack 12 <nop,nop,TS val 9370 ecr 1350>\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "teardown.fin1-lost teardown.simultaneous-close");
        assert_int_equal(tv_run_finding(run, 0, "teardown.fin1-lost")->end, TV_A);
        tv_run_free(run);
}

/* a sends its FIN three times; the answer to the third one is the second packet that b sent since, by its IP IDs.  So
 * one copy died, and one answer. */
static void
fewer_answers_than_copies_tell_a_lost_fin(void **state)
{
        const char *text = "0.0000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK,TS val 1000 ecr 0>\n"
                           "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 9000 ecr 1000>\n"
                           "0.0401 a>b .  1:1(0) ack 1 <TS val 1040 ecr 9000>\n"
                           "0.0500 a>b P. 1:11(10) ack 1 <TS val 1050 ecr 9000>\n"
                           "0.0900 b>a .  1:1(0) ack 11 <TS val 9050 ecr 1050> {id 40}\n"
                           "0.0910 b>a P. 1:11(10) ack 11 <TS val 9051 ecr 1050> {id 41}\n"
                           "0.0920 b>a P. 11:21(10) ack 11 <TS val 9052 ecr 1050> {id 42}\n"
                           "0.0921 a>b .  11:11(0) ack 21 <TS val 1092 ecr 9052>\n"
                           "0.2000 a>b F. 11:11(0) ack 21 <TS val 1200 ecr 9052>\n"
                           "0.4300 a>b F. 11:11(0) ack 21 <TS val 1430 ecr 9052>\n"
                           "0.6600 a>b F. 11:11(0) ack 21 <TS val 1660 ecr 9052>\n"
                           "0.7000 b>a .  21:21(0) ack 12 <TS val 9660 ecr 1660,sack 11:12> {id %u}\n"
                           "1.0000 b>a F. 21:21(0) ack 12 <TS val 9960 ecr 1660> {id %u}\n"
                           "1.0001 a>b .  12:12(0) ack 22 <TS val 2000 ecr 9960>\n";
        char dialogue[2000];
        struct tv_run *run;

        (void)state;
        snprintf(dialogue, sizeof dialogue, text, 44U, 45U);
        run = run_of(dialogue);
        EXPECT_FINDINGS(run, 0, "teardown.fin1-lost teardown.ack1-lost");
        assert_int_equal(tv_run_finding(run, 0, "teardown.fin1-lost")->count, 1);
        assert_int_equal(tv_run_finding(run, 0, "teardown.ack1-lost")->count, 1);
        tv_run_free(run);
        /* Two packets died: all three copies may have been answered. */
        snprintf(dialogue, sizeof dialogue, text, 45U, 46U);
        run = run_of(dialogue);
        EXPECT_FINDINGS(run, 0, "teardown.ack1-lost");
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(orderly_close_has_no_finding),
                cmocka_unit_test(first_fin_lost),
                cmocka_unit_test(fewer_answers_than_copies_tell_a_lost_fin),
                cmocka_unit_test(acknowledgment_of_the_first_fin_lost),
                cmocka_unit_test(second_fin_lost),
                cmocka_unit_test(a_fin_that_nothing_tells_from_its_acknowledgment_says_so),
                cmocka_unit_test(last_acknowledgment_lost_twice),
                cmocka_unit_test(advice_names_the_way_and_the_host),
                cmocka_unit_test(responders_fin_is_the_first_when_it_closes_first),
                cmocka_unit_test(fin_lost_in_an_outage_of_its_data),
                cmocka_unit_test(fin_delivered_twice_is_no_loss),
                cmocka_unit_test(simultaneous_close_is_named),
                cmocka_unit_test(reset_is_no_teardown_loss),
                cmocka_unit_test(a_lost_fin_that_acknowledged_the_other_is_no_lost_acknowledgment),
                cmocka_unit_test(a_fin_as_the_first_answer_does_not_tell_which_was_lost),
                cmocka_unit_test(of_a_fin_repeated_twice_one_acknowledgment_was_lost_for_certain),
                cmocka_unit_test(first_of_two_crossing_fins_lost_before_the_capture_point),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
