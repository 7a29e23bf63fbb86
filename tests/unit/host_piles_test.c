/* States that pile up, who closes first, and in which pattern; ports that are used up. */
#include "tests/support/host_case.h"

static void
expect_at(tv_time time, double seconds)
{
        tv_time expected = TV_EXPECT_START + (tv_time)(seconds * 1e6 + 0.5) * 1000;

        assert_in_range(time - expected + 2000000, 0,
                        4000000); /* nanoseconds: the close is dated by what surrounds it */
}

/* Clients with an address each. */
static void
clients(struct tv_crowd *crowd, unsigned count)
{
        for (unsigned n = 1; n <= count; n++)
                tv_crowd_set(crowd, "a%u = 192.0.2.%u:%u", n, n, 40000 + n);
}

/* Opened at |time|; |turns| exchanges, one every 50 ms; closed by |first| |wait| after the last, |late| by the other.
 */
static void
talk(struct tv_crowd *crowd, unsigned n, double time, unsigned turns, char first, double wait, double late)
{
        double now = time + ROUND + 0.001;

        tv_crowd_open(crowd, n, time, ROUND);
        for (unsigned turn = 0; turn < turns; turn++) {
                tv_crowd_ask(crowd, n, turn, now, ROUND);
                now += turn + 1 < turns ? 0.05 : 0;
        }
        tv_crowd_close(crowd, n, first, turns, now + ROUND + wait, ROUND, late);
}

static void
servers_that_close_late_pile_up_close_wait(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        /* One every 50 ms, in CLOSE_WAIT for 2 s: 40 at once, and next to nothing else. */
        clients(&crowd, 90);
        for (unsigned n = 1; n <= 90; n++)
                talk(&crowd, n, 0.05 * n, 1, 'a', 0.001, 2.0);
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.close-wait-pileup");
        assert_int_equal(f->count, 90);
        assert_int_equal(f->port, 80);
        assert_int_equal(f->blame, TV_BLAME_B);
        expect_at(f->time, 0.05 + 2 * ROUND + 0.002);
        assert_non_null(strstr(f->what, "90 ends in CLOSE_WAIT, at most 40 at once"));
        assert_non_null(strstr(f->what, "median 2.000 s"));
        assert_non_null(strstr(f->what, "0 still there"));
        assert_non_null(strstr(f->what, "closes, but late"));
        expect_none(run, "host.fin-wait");
        expect_none(run, "host.last-ack");
        expect_none(run, "host.time-wait");
        expect_none(run, "host.shutdown");
        tv_run_free(run);
}

static void
an_application_that_never_serves_is_told_so(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        clients(&crowd, 30);
        for (unsigned n = 1; n <= 30; n++) {
                tv_crowd_open(&crowd, n, 0.05 * n, ROUND);
                tv_crowd_say(&crowd, 0.05 * n + 0.1, "a%u>b%u P. 1:101(100) ack 1", n, n);
                tv_crowd_say(&crowd, 0.05 * n + 0.1001, "b%u>a%u . 1:1(0) ack 101", n, n);
                tv_crowd_say(&crowd, 0.05 * n + 1, "a%u>b%u F. 101:101(0) ack 1", n, n);
                tv_crowd_say(&crowd, 0.05 * n + 1.0001, "b%u>a%u . 1:1(0) ack 102", n, n);
        }
        tv_crowd_open(&crowd, 31, 6, ROUND);
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.close-wait-pileup");
        assert_int_equal(f->count, 30);
        assert_non_null(strstr(f->what, "never sent a byte"));
        assert_non_null(strstr(f->what, "30 still there"));
        tv_run_free(run);
}

/* The capture ends 0.6 s after the first FIN: none of the ends left the state by then. */
static void
what_only_grows_until_the_end_is_a_pile_up_already(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        clients(&crowd, 60);
        for (unsigned n = 1; n <= 60; n++) {
                double time = 0.01 * n;

                tv_crowd_open(&crowd, n, time, ROUND);
                tv_crowd_ask(&crowd, n, 0, time + ROUND, ROUND);
                tv_crowd_say(&crowd, time + 2.1 * ROUND, "a%u>b%u F. 101:101(0) ack 201", n, n);
                tv_crowd_say(&crowd, time + 2.1 * ROUND + 0.0001, "b%u>a%u . 201:201(0) ack 102", n, n);
        }
        run = tv_crowd_run(&crowd, NULL);
        assert_int_equal(only(run, "host.close-wait-pileup")->count, 60);
        tv_run_free(run);
}

static void
busy_servers_that_close_at_once_pile_up_nothing(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        clients(&crowd, 240);
        /* 2000 a second, and each takes a round trip to close: 40 in LAST_ACK at once, for a moment. */
        for (unsigned n = 1; n <= 240; n++)
                talk(&crowd, n, 0.0005 * n, 1, 'a', 0.001, 0);
        talk(&crowd, 241, 5, 1, 'a', 0.001, 0);
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.");
        tv_run_free(run);
}

static void
half_of_them_is_no_pile_up(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        /* 25 in CLOSE_WAIT beside 30 that are well. */
        clients(&crowd, 55);
        for (unsigned n = 1; n <= 25; n++)
                talk(&crowd, n, 1 + 0.01 * n, 1, 'a', 0.001, 4.0);
        for (unsigned n = 26; n <= 55; n++)
                talk(&crowd, n, 0.01 * n, 1, 'a', 6, 0);
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.close-wait");
        tv_run_free(run);
}

static void
no_keep_alive_is_the_pattern_of_one_exchange(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *pattern, *pile;
        struct tv_run *run;

        (void)state;
        clients(&crowd, 60);
        for (unsigned n = 1; n <= 60; n++)
                talk(&crowd, n, 0.05 * n, 1, 'b', -ROUND + 0.0002, 0);
        run = tv_crowd_run(&crowd, NULL);
        pattern = only(run, "host.closes-first");
        pile = only(run, "host.time-wait-pileup");
        assert_int_equal(pattern->count, 60);
        assert_int_equal(pattern->blame, TV_BLAME_B);
        assert_non_null(strstr(pattern->what, "no keep-alive"));
        assert_int_equal(pile->count, 60);
        assert_non_null(strstr(pile->what, "at most 60 at once"));
        assert_int_equal(pile->cause_back, 1);
        expect_none(run, "host.shutdown");
        expect_none(run, "host.idle-timeout");
        tv_run_free(run);
}

static void
a_limit_of_requests_is_the_pattern_of_their_number(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *pattern;
        struct tv_run *run;

        (void)state;
        clients(&crowd, 60);
        for (unsigned n = 1; n <= 60; n++)
                talk(&crowd, n, 0.05 * n, 5, 'b', -ROUND + 0.0002, 0);
        run = tv_crowd_run(&crowd, NULL);
        pattern = only(run, "host.closes-first");
        assert_non_null(strstr(pattern->what, "request limit"));
        assert_non_null(strstr(pattern->what, "exchange number 5"));
        tv_run_free(run);
}

static void
an_idle_timeout_is_the_pattern_of_its_silence(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *pattern;
        struct tv_run *run;

        (void)state;
        clients(&crowd, 60);
        for (unsigned n = 1; n <= 60; n++)
                talk(&crowd, n, 0.05 * n, 1 + n % 4, 'b', 2.0, 0);
        run = tv_crowd_run(&crowd, NULL);
        pattern = only(run, "host.closes-first");
        assert_non_null(strstr(pattern->what, "idle timeout"));
        assert_non_null(strstr(pattern->what, "after 2.000 s of silence"));
        /* The server's own: nobody on the way forgot anything. */
        expect_none(run, "host.idle-timeout");
        expect_none(run, "host.shutdown");
        tv_run_free(run);
}

static void
a_reconnecting_client_has_the_time_wait_itself(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *pattern, *pile;
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 60; n++)
                talk(&crowd, n, 0.1 * n, 1, 'a', 0.001, 0);
        run = tv_crowd_run(&crowd, NULL);
        pattern = only(run, "host.closes-first");
        assert_non_null(strstr(pattern->what, "reconnecting client"));
        assert_int_equal(pattern->blame, TV_BLAME_A);
        pile = only(run, "host.time-wait-pileup");
        assert_int_equal(pile->address.byte[3], 1);
        assert_int_equal(pile->port, 0);
        expect_none(run, "host.port-exhaustion");
        tv_run_free(run);
}

/* One end of connection |n|, after a request and its answer, sends its FIN |times| times, each wait twice the one
 * before; |ack|: what it has heard of the other end. */
static void
fins(struct tv_crowd *crowd, unsigned n, char end, unsigned ack, double time, unsigned times)
{
        char other = end == 'a' ? 'b' : 'a';
        unsigned seq = end == 'a' ? 101 : 201;

        for (unsigned i = 0; i < times; i++)
                tv_crowd_say(crowd, time + 0.25 * (double)((1u << i) - 1), "%c%u>%c%u F. %u:%u(0) ack %u", end, n,
                             other, n, seq, seq, ack);
}

static void
fins_without_acknowledgment_pile_up_fin_wait_1(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        clients(&crowd, 60);
        for (unsigned n = 1; n <= 60; n++) {
                double time = 0.05 * n;

                tv_crowd_open(&crowd, n, time, ROUND);
                tv_crowd_ask(&crowd, n, 0, time + 0.05, ROUND);
                fins(&crowd, n, 'b', 101, time + 0.2, 5);
        }
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.fin-wait-1-pileup");
        assert_int_equal(f->count, 60);
        assert_non_null(strstr(f->what, "at most 60 at once"));
        assert_non_null(strstr(f->what, "60 of 60 peers silent"));
        assert_int_equal(f->blame, TV_BLAME_A);
        expect_none(run, "host.close-wait");
        expect_none(run, "host.fin-wait-2");
        tv_run_free(run);
}

/* One client, and a different service each time: the advice names none of them. */
static void
a_client_of_many_services(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 60; n++) {
                double time = 0.05 * n;

                tv_crowd_set(&crowd, "b%u = 10.0.1.%u:80", n, n);
                tv_crowd_open(&crowd, n, time, ROUND);
                tv_crowd_ask(&crowd, n, 0, time + 0.05, ROUND);
                fins(&crowd, n, 'a', 201, time + 0.2, 5);
        }
        run = tv_crowd_run(&crowd, NULL);
        f = tv_run_finding(run, TV_UNKNOWN, "host.fin-wait-1-pileup");
        assert_non_null(f);
        assert_non_null(strstr(f->advice, "on 10.0.0.1: ss -tnp state fin-wait-1 | wc -l"));
        tv_run_free(run);
}

/* The peers answer in the end: until then they said nothing, which is no shut window. */
static void
fins_that_are_acknowledged_late(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        clients(&crowd, 60);
        for (unsigned n = 1; n <= 60; n++) {
                double time = 0.05 * n;

                tv_crowd_open(&crowd, n, time, ROUND);
                tv_crowd_ask(&crowd, n, 0, time + 0.05, ROUND);
                fins(&crowd, n, 'b', 101, time + 0.2, 5);
                tv_crowd_say(&crowd, time + 8, "a%u>b%u . 101:101(0) ack 202", n, n);
        }
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.fin-wait-1-pileup");
        assert_non_null(strstr(f->what, "0 of 60 peers silent: most left it in the end"));
        assert_int_equal(f->blame, TV_BLAME_UNKNOWN);
        tv_run_free(run);
}

static void
clients_that_do_not_close_pile_up_fin_wait_2(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        clients(&crowd, 60);
        for (unsigned n = 1; n <= 60; n++)
                talk(&crowd, n, 0.05 * n, 1, 'b', 0.001, 8.0);
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.fin-wait-2-pileup");
        assert_int_equal(f->count, 60);
        assert_int_equal(f->blame, TV_BLAME_A);
        expect_none(run, "host.fin-wait-1");
        expect_none(run, "host.close-wait"); /* each client has one */
        tv_run_free(run);
}

static void
last_fins_without_acknowledgment_pile_up_last_ack(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        clients(&crowd, 60);
        for (unsigned n = 1; n <= 60; n++) {
                double time = 0.05 * n;

                tv_crowd_open(&crowd, n, time, ROUND);
                tv_crowd_ask(&crowd, n, 0, time + 0.05, ROUND);
                tv_crowd_say(&crowd, time + 0.2, "a%u>b%u F. 101:101(0) ack 201", n, n);
                fins(&crowd, n, 'b', 102, time + 0.2001, 5);
        }
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.last-ack-pileup");
        assert_int_equal(f->count, 60);
        expect_none(run, "host.close-wait");
        tv_run_free(run);
}

/* What an end did with a FIN is not known when its peer repeats the FIN and hears nothing, however often. */
static void
fins_in_vain_pile_up_nothing_at_the_other_end(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 60; n++) { /* of one client */
                double time = 0.05 * n;

                tv_crowd_open(&crowd, n, time, ROUND);
                tv_crowd_ask(&crowd, n, 0, time + 0.05, ROUND);
                fins(&crowd, n, 'b', 101, time + 0.2, 5);
        }
        run = tv_crowd_run(&crowd, NULL);
        only(run, "host.fin-wait-1-pileup");
        expect_none(run, "host.close-wait");
        tv_run_free(run);

        for (unsigned n = 1; n <= 60; n++) {
                double time = 0.05 * n;

                tv_crowd_open(&crowd, n, time, ROUND);
                tv_crowd_ask(&crowd, n, 0, time + 0.05, ROUND);
                tv_crowd_say(&crowd, time + 0.2, "a%u>b%u F. 101:101(0) ack 201", n, n);
                fins(&crowd, n, 'b', 102, time + 0.2001, 5);
        }
        run = tv_crowd_run(&crowd, NULL);
        only(run, "host.last-ack-pileup");
        expect_none(run, "host.time-wait");
        tv_run_free(run);
}

static void
a_client_that_does_not_close_explains_the_servers_fin_wait_2(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 60; n++) /* of one client */
                talk(&crowd, n, 0.05 * n, 1, 'b', 0.001, 8.0);
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.fin-wait-2-pileup");
        assert_int_equal(f->port, 80);
        assert_non_null(strstr(f->what, "close late"));
        assert_int_equal(only(run, "host.close-wait-pileup")->address.byte[3], 1);
        assert_int_not_equal(f->cause_back, 0);
        tv_run_free(run);
}

/* FINs that are acknowledged only after two repetitions: nobody is silent, nobody keeps a window shut. */
static void
fins_that_are_acknowledged_late_are_told_so(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        clients(&crowd, 60);
        for (unsigned n = 1; n <= 60; n++) {
                double time = 0.01 * n;

                tv_crowd_open(&crowd, n, time, ROUND);
                tv_crowd_ask(&crowd, n, 0, time + 0.05, ROUND);
                fins(&crowd, n, 'b', 101, time + 0.2, 3);
                tv_crowd_say(&crowd, time + 0.2 + 0.25 * 3 + ROUND, "a%u>b%u F. 101:101(0) ack 202", n, n);
                tv_crowd_say(&crowd, time + 0.2 + 0.25 * 3 + ROUND + 0.0001, "b%u>a%u . 202:202(0) ack 102", n, n);
        }
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.fin-wait-1-pileup");
        assert_non_null(strstr(f->what, "most left it in the end"));
        assert_null(strstr(f->what, "window"));
        assert_int_equal(f->blame, TV_BLAME_UNKNOWN);
        tv_run_free(run);
}

/* Connection |n| once more, with the next ISN. */
static void
again(struct tv_crowd *crowd, unsigned n, unsigned as, unsigned port)
{
        tv_crowd_set(crowd, "a%u = 10.0.0.1:%u isn %u", as, port, 5000000 + 1000 * as);
        tv_crowd_set(crowd, "b%u = 10.0.0.2:80 isn %u", as, 9000000 + 1000 * as);
        (void)n;
}

static void
ports_that_are_used_again_too_soon_are_used_up(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        /* 24 ports for 72 connections. */
        for (unsigned n = 1; n <= 72; n++) {
                again(&crowd, n, n, 50000 + n * 7 % 24);
                talk(&crowd, n, 0.3 * n, 1, 'a', 0.001, 0);
        }
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.port-exhaustion");
        assert_int_equal(f->count, 48);
        assert_int_equal(f->address.byte[3], 1);
        assert_non_null(strstr(f->what, "24 ports (50000 to 50023)"));
        tv_run_free(run);
}

/* All 30 ports from 50000 on, in no order, each once; then the client is silent. */
static void
a_range_without_a_gap_is_used_up(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 30; n++) {
                again(&crowd, n, n, 50000 + n * 7 % 30);
                talk(&crowd, n, 0.1 * n, 1, 'a', 0.001, 0);
        }
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.port-exhaustion");
        assert_int_equal(f->count, 30);
        assert_int_equal(f->confidence, TV_POSSIBLE);
        assert_non_null(strstr(f->what, "every port from 50000 to 50029"));
        tv_run_free(run);

        /* One is left; or the ports come one after the other, as some systems choose them; or it takes them so slowly
         * that the first are free again. */
        for (unsigned kind = 0; kind < 3; kind++) {
                for (unsigned n = 1; n <= 30; n++) {
                        if (kind == 0 && n == 15)
                                continue;
                        again(&crowd, n, n, kind == 1 ? 50000 + n : 50000 + n * 7 % 30);
                        talk(&crowd, n, (kind == 2 ? 3 : 0.1) * n, 1, 'a', 0.001, 0);
                }
                run = tv_crowd_run(&crowd, NULL);
                expect_none(run, "host.port-exhaustion");
                tv_run_free(run);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(servers_that_close_late_pile_up_close_wait),
                cmocka_unit_test(an_application_that_never_serves_is_told_so),
                cmocka_unit_test(what_only_grows_until_the_end_is_a_pile_up_already),
                cmocka_unit_test(busy_servers_that_close_at_once_pile_up_nothing),
                cmocka_unit_test(half_of_them_is_no_pile_up),
                cmocka_unit_test(no_keep_alive_is_the_pattern_of_one_exchange),
                cmocka_unit_test(a_limit_of_requests_is_the_pattern_of_their_number),
                cmocka_unit_test(an_idle_timeout_is_the_pattern_of_its_silence),
                cmocka_unit_test(a_reconnecting_client_has_the_time_wait_itself),
                cmocka_unit_test(fins_without_acknowledgment_pile_up_fin_wait_1),
                cmocka_unit_test(fins_that_are_acknowledged_late),
                cmocka_unit_test(a_client_of_many_services),
                cmocka_unit_test(clients_that_do_not_close_pile_up_fin_wait_2),
                cmocka_unit_test(last_fins_without_acknowledgment_pile_up_last_ack),
                cmocka_unit_test(ports_that_are_used_again_too_soon_are_used_up),
                cmocka_unit_test(a_range_without_a_gap_is_used_up),
                cmocka_unit_test(fins_in_vain_pile_up_nothing_at_the_other_end),
                cmocka_unit_test(a_client_that_does_not_close_explains_the_servers_fin_wait_2),
                cmocka_unit_test(fins_that_are_acknowledged_late_are_told_so),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
