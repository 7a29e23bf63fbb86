/* The row of a connection: counters by octets, unknown is not zero, how it began and ended (design.md section 6). */
#include "tests/support/expect.h"

#define OPENED                                                                                                         \
        "0.0000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK,nop,ws 7>\n"                                            \
        "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1400,sackOK,nop,ws 9>\n"                                            \
        "0.0401 a>b .  1:1(0) ack 1\n"

static struct tv_run *
run_of(const char *text)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        return run;
}

static void
octets_are_counted_at_three_levels(void **state)
{
        struct tv_run *run = run_of(OPENED "0.05 a>b P. 1:101(100) ack 1\n0.35 a>b P. 1:101(100) ack 1\n"
                                           "0.39 b>a . 1:1(0) ack 101\n");
        const struct tv_direction *a = &tv_run_connection(run, 0)->dir[0], *b = &tv_run_connection(run, 0)->dir[1];

        (void)state;
        assert_int_equal(a->segments, 4);
        /* IPv4 and TCP headers and options: 60 octets the SYN, 40 the others */
        assert_int_equal(a->ip_bytes, 40 + 12 + 40 + 140 + 140);
        assert_int_equal(a->payload_bytes, 200);
        assert_int_equal(a->unique_bytes, 100);
        assert_int_equal(a->retransmissions, 1);
        assert_int_equal(a->retransmitted_bytes, 100);
        assert_int_equal(b->segments, 2);
        assert_int_equal(b->payload_bytes, 0);
        assert_int_equal(b->unique_bytes, 0);
        tv_run_free(run);
}

static void
options_come_from_the_syn_alone(void **state)
{
        struct tv_run *run = run_of(OPENED);
        struct tv_run *middle = run_of("0 a>b P. 1:101(100) ack 1\n0.04 b>a . 1:1(0) ack 101\n");
        const struct tv_direction *a = &tv_run_connection(run, 0)->dir[0], *b = &tv_run_connection(run, 0)->dir[1];
        const struct tv_direction *m = &tv_run_connection(middle, 0)->dir[0];

        (void)state;
        assert_int_equal(a->mss, 1460);
        assert_int_equal(b->mss, 1400);
        assert_int_equal(a->wscale, 7);
        assert_int_equal(b->wscale, 9);
        assert_int_equal(a->sack, 1);
        assert_int_equal(a->timestamps, 0);
        assert_true(m->mss == TV_UNKNOWN && m->wscale == TV_UNKNOWN && m->sack == TV_UNKNOWN);
        assert_true(m->timestamps == TV_UNKNOWN && m->isn == TV_UNKNOWN && m->initial_window == TV_UNKNOWN);
        tv_run_free(run);
        tv_run_free(middle);
}

/* RFC 9293 3.7.1: the absence of the option is not an MSS of 536. */
static void
absent_option_is_unknown(void **state)
{
        struct tv_run *run = run_of("0 a>b S 0:0(0)\n0.04 b>a S. 0:0(0) ack 1\n");
        const struct tv_direction *a = &tv_run_connection(run, 0)->dir[0];

        (void)state;
        assert_true(a->mss == TV_UNKNOWN && a->wscale == TV_UNKNOWN);
        assert_int_equal(a->sack, 0);
        assert_int_equal(a->timestamps, 0);
        assert_true(a->isn != TV_UNKNOWN);
        tv_run_free(run);
}

static void
round_trips_are_measured_from_the_capture_point(void **state)
{
        struct tv_run *run = run_of(OPENED "0.0500 a>b P. 1:101(100) ack 1\n0.1000 b>a . 1:1(0) ack 101\n"
                                           "0.2000 b>a P. 1:101(100) ack 101\n0.2003 a>b . 101:101(0) ack 101\n");
        const struct tv_connection *c = tv_run_connection(run, 0);

        (void)state;
        assert_int_equal(c->dir[0].rtt_samples, 2); /* SYN 40 ms, data 50 ms */
        assert_true(c->dir[0].rtt_min == 40000000 && c->dir[0].rtt_max == 50000000);
        assert_int_equal(c->dir[1].rtt_samples, 2); /* SYN-ACK 0.1 ms, data 0.3 ms */
        assert_true(c->dir[1].rtt_min == 100000 && c->dir[1].rtt_max == 300000);
        /* half of the shortest way there and back */
        assert_true(c->delay[TV_B] == 20000000 && c->delay[TV_A] == 50000);
        tv_run_free(run);
}

/* RFC 6298 section 3 (Karn): no sample from what was sent twice. */
static void
retransmitted_octets_give_no_sample(void **state)
{
        struct tv_run *run =
                run_of("0.0 a>b S 0:0(0)\n1.0 a>b S 0:0(0)\n1.04 b>a S. 0:0(0) ack 1\n1.05 a>b . 1:1(0) ack 1\n"
                       "2.0 a>b P. 1:101(100) ack 1\n2.3 a>b P. 1:101(100) ack 1\n2.34 b>a . 1:1(0) ack 101\n");

        (void)state;
        assert_int_equal(tv_run_connection(run, 0)->dir[0].rtt_samples, 0);
        assert_true(tv_run_connection(run, 0)->dir[0].rtt_min == TV_NO_TIME);
        assert_int_equal(tv_run_connection(run, 0)->dir[1].rtt_samples, 1);
        tv_run_free(run);
}

static void
flight_is_what_is_sent_and_not_acknowledged(void **state)
{
        struct tv_run *run = run_of(OPENED "0.0500 a>b . 1:1001(1000) ack 1\n0.0501 a>b . 1001:2001(1000) ack 1\n"
                                           "0.0900 b>a . 1:1(0) ack 2001\n"
                                           "0.1000 a>b . 2001:3001(1000) ack 1\n0.1001 a>b . 3001:4001(1000) ack 1\n"
                                           "0.1002 a>b . 4001:5001(1000) ack 1\n0.1400 b>a . 1:1(0) ack 5001\n");

        (void)state;
        assert_int_equal(tv_run_connection(run, 0)->dir[0].initial_window, 2000);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].max_in_flight, 3000);
        tv_run_free(run);
}

static void
gap_of_the_capture_is_missing_and_not_unique(void **state)
{
        struct tv_run *run = run_of(OPENED "0.0500 a>b . 1:1001(1000) ack 1\n0.0502 a>b . 2001:3001(1000) ack 1\n"
                                           "0.0900 b>a . 1:1(0) ack 3001\n");

        (void)state;
        assert_int_equal(tv_run_connection(run, 0)->dir[0].missing_bytes, 1000);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].unique_bytes, 2000);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmissions, 0);
        tv_run_free(run);
}

static void
hole_that_nobody_acknowledged_is_not_missing(void **state)
{
        struct tv_run *run = run_of(OPENED "0.0500 a>b . 1:1001(1000) ack 1\n0.0502 a>b . 2001:3001(1000) ack 1\n"
                                           "0.0900 b>a . 1:1(0) ack 1001\n");

        (void)state;
        assert_int_equal(tv_run_connection(run, 0)->dir[0].missing_bytes, 0);
        tv_run_free(run);
}

static void
zero_windows_are_counted_when_they_close(void **state)
{
        struct tv_run *run = run_of(OPENED "0.0500 a>b . 1:1001(1000) ack 1\n0.0900 b>a . 1:1(0) ack 1001 win 0\n"
                                           "0.0910 b>a . 1:1(0) ack 1001 win 0\n0.2000 b>a . 1:1(0) ack 1001 win 100\n"
                                           "0.2500 a>b . 1001:2001(1000) ack 1\n0.2900 b>a . 1:1(0) ack 2001 win 0\n");

        (void)state;
        assert_int_equal(tv_run_connection(run, 0)->dir[1].zero_windows, 2);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].zero_windows, 0);
        tv_run_free(run);
}

static void
life_of_each_kind(void **state)
{
        static const struct {
                const char *text, *life;
        } cases[] = {
                {OPENED, "complete open"},
                {OPENED "1 a>b F. 1:1(0) ack 1\n", "complete half-closed first a"},
                {OPENED "1 b>a F. 1:1(0) ack 1\n1.1 a>b . 1:1(0) ack 2\n", "complete half-closed first b"},
                {OPENED "1 a>b F. 1:1(0) ack 1\n1.04 b>a F. 1:1(0) ack 2\n1.05 a>b . 2:2(0) ack 2\n",
                 "complete orderly first a"},
                {OPENED "1 a>b F. 1:1(0) ack 1\n1.01 b>a F. 1:1(0) ack 1\n1.02 a>b . 2:2(0) ack 2\n"
                        "1.04 b>a . 2:2(0) ack 2\n",
                 "complete simultaneous first both"},
                {OPENED "1 a>b R 1:1(0)\n", "complete reset first a"},
                {OPENED "1 b>a R. 1:1(0) ack 1\n", "complete reset first b"},
                {"0 a>b S 0:0(0)\n", "no-answer open"},
                {"0 a>b S 0:0(0)\n0.1 b>a S. 0:0(0) ack 1\n", "half-open open"},
                {"0 a>b S 0:0(0)\n0.1 b>a R. @0:0(0) ack 1\n", "refused reset first b"},
                {"0 a>b S 0:0(0)\n0.1 b>a S. 0:0(0) ack 1\n0.2 a>b R 1:1(0)\n", "aborted reset first a"},
                {"0 a>b . 1:1(0) ack 1\n0.1 b>a . 1:1(0) ack 1\n", "not-captured open"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct tv_run *run = run_of(cases[i].text);

                EXPECT_LIFE(run, 0, cases[i].life);
                tv_run_free(run);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(octets_are_counted_at_three_levels),
                cmocka_unit_test(options_come_from_the_syn_alone),
                cmocka_unit_test(absent_option_is_unknown),
                cmocka_unit_test(round_trips_are_measured_from_the_capture_point),
                cmocka_unit_test(retransmitted_octets_give_no_sample),
                cmocka_unit_test(flight_is_what_is_sent_and_not_acknowledged),
                cmocka_unit_test(gap_of_the_capture_is_missing_and_not_unique),
                cmocka_unit_test(hole_that_nobody_acknowledged_is_not_missing),
                cmocka_unit_test(zero_windows_are_counted_when_they_close),
                cmocka_unit_test(life_of_each_kind),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
