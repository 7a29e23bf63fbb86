/* Hosts that fall silent, come back, shut down; what forgets idle connections; and what is none of it. */
#include "tests/support/host_case.h"

static void
expect_at(tv_time time, double seconds)
{
        tv_time expected = TV_EXPECT_START + (tv_time)(seconds * 1e6 + 0.5) * 1000;

        assert_in_range(time - expected + 2000000, 0, 4000000);
}

static void
clients(struct tv_crowd *crowd, unsigned first, unsigned count)
{
        for (unsigned n = first; n < first + count; n++)
                tv_crowd_set(crowd, "a%u = 192.0.2.%u:%u", n, n, 40000 + n);
}

/* Opened, with one exchange every |every| seconds until |until|. Returns how many. */
static unsigned
chat(struct tv_crowd *crowd, unsigned n, double from, double until, double every)
{
        unsigned turn = 0;

        tv_crowd_open(crowd, n, from, ROUND);
        for (double time = from + 2 * ROUND; time < until; time += every)
                tv_crowd_ask(crowd, n, turn++, time, ROUND);
        return turn;
}

/* The client asks once more at |time|, and again, without an answer; |copies| in all. */
static void
in_vain(struct tv_crowd *crowd, unsigned n, unsigned turns, double time, unsigned copies)
{
        for (unsigned i = 0; i < copies; i++)
                tv_crowd_say(crowd, time + 0.25 * (double)((1u << i) - 1), "a%u>b%u P. %u:%u(100) ack %u", n, n,
                             1 + 100 * turns, 101 + 100 * turns, 1 + 200 * turns);
}

static void
answer(struct tv_crowd *crowd, unsigned n, unsigned turns, double time)
{
        tv_crowd_say(crowd, time, "b%u>a%u P. %u:%u(200) ack %u", n, n, 1 + 200 * turns, 201 + 200 * turns,
                     101 + 100 * turns);
        tv_crowd_say(crowd, time + ROUND, "a%u>b%u . %u:%u(0) ack %u", n, n, 101 + 100 * turns, 101 + 100 * turns,
                     201 + 200 * turns);
}

static void
a_host_that_falls_silent_is_down(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        clients(&crowd, 1, 10);
        for (unsigned n = 1; n <= 8; n++) {
                unsigned turns = chat(&crowd, n, 0.1 * n, 3.0, 0.3);

                in_vain(&crowd, n, turns, 3.1 + 0.01 * n, 6);
        }
        for (unsigned n = 9; n <= 10; n++)
                for (unsigned i = 0; i < 4; i++)
                        tv_crowd_say(&crowd, 4.0 + (double)((1u << i) - 1), "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n,
                                     n);
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.down");
        assert_int_equal(f->address.byte[3], 2);
        assert_int_equal(f->port, 0);
        assert_int_equal(f->count, 10);
        assert_true(f->time >= TV_EXPECT_START + INT64_C(2700000000) &&
                    f->time <= TV_EXPECT_START + INT64_C(3100000000));
        assert_non_null(strstr(f->what, "to the end"));
        expect_none(run, "host.recovered");
        expect_none(run, "host.idle-timeout");
        expect_none(run, "host.shutdown");
        expect_none(run, "host.syn");
        tv_run_free(run);
}

/* The path, or the clients' hosts, do not take FINs; of data that they would not take nothing is known. */
static void
fins_that_nobody_acknowledges_are_no_silence(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 12; n++) {
                double time = 0.1 * n;

                tv_crowd_set(&crowd, "a%u = 192.0.2.1:%u", n, 40000 + n);
                tv_crowd_open(&crowd, n, time, ROUND);
                tv_crowd_ask(&crowd, n, 0, time + 0.05, ROUND);
                tv_crowd_say(&crowd, 2.0 + 0.001 * n, "a%u>b%u F. 101:101(0) ack 201", n, n);
                for (unsigned i = 0; i < 6; i++)
                        tv_crowd_say(&crowd, 2.0001 + 0.001 * n + 0.25 * (double)((1u << i) - 1),
                                     "b%u>a%u F. 201:201(0) ack 102", n, n);
        }
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.down");
        assert_int_equal(tv_run_all_findings(run, "teardown.open-at-end"), 12);
        tv_run_free(run);
}

static void
a_host_that_answers_again_has_recovered(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *down, *back;
        struct tv_run *run;

        (void)state;
        clients(&crowd, 1, 10);
        for (unsigned n = 1; n <= 8; n++) {
                unsigned turns = chat(&crowd, n, 0.1 * n, 3.0, 0.3);

                in_vain(&crowd, n, turns, 3.1 + 0.01 * n, 6);
                answer(&crowd, n, turns, 3.1 + 0.01 * n + 7.7501);
                tv_crowd_close(&crowd, n, 'a', turns + 1, 12, ROUND, 0);
        }
        run = tv_crowd_run(&crowd, NULL);
        down = only(run, "host.down");
        back = only(run, "host.recovered");
        assert_int_equal(down->count, 8);
        expect_at(down->until, 3.11 + 7.7501);
        expect_at(back->time, 3.11 + 7.7501);
        assert_int_equal(back->cause_back, 1);
        expect_none(run, "host.idle-timeout");
        tv_run_free(run);
}

static void
a_host_that_resets_what_it_knew_was_started_anew(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *back;
        struct tv_run *run;

        (void)state;
        clients(&crowd, 1, 10);
        for (unsigned n = 1; n <= 8; n++) {
                unsigned turns = chat(&crowd, n, 0.1 * n, 3.0, 0.3);

                in_vain(&crowd, n, turns, 3.1 + 0.01 * n, 6);
                tv_crowd_say(&crowd, 3.1 + 0.01 * n + 7.7501, "b%u>a%u R %u:%u(0) win 0", n, n, 1 + 200 * turns,
                             1 + 200 * turns);
        }
        run = tv_crowd_run(&crowd, NULL);
        back = only(run, "host.recovered");
        assert_non_null(strstr(back->what, "It resets 8 from before"));
        expect_at(back->time, 3.11 + 7.7501);
        expect_at(back->until, 3.18 + 7.7501);
        assert_non_null(strstr(back->explains, "reset.half-open-peer"));
        tv_run_free(run);
}

static void
one_client_that_is_not_answered_says_nothing_of_the_host(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        clients(&crowd, 1, 6);
        for (unsigned n = 1; n <= 5; n++) {
                unsigned turns = chat(&crowd, n, 0.1 * n, 9.0, 0.3);

                tv_crowd_close(&crowd, n, 'a', turns, 12, ROUND, 0);
        }
        in_vain(&crowd, 6, chat(&crowd, 6, 0.7, 3.0, 0.3), 3.1, 6);
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.");
        tv_run_free(run);
}

static void
clients_of_a_lossy_path_say_nothing_of_the_host(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        /* Five wait for 3.75 s each, while others are served. */
        clients(&crowd, 1, 40);
        for (unsigned n = 1; n <= 5; n++) {
                unsigned turns = chat(&crowd, n, 0.1 * n, 2.0, 0.3);

                in_vain(&crowd, n, turns, 2.1, 5);
                answer(&crowd, n, turns, 2.1 + 3.7501);
                tv_crowd_close(&crowd, n, 'a', turns + 1, 8, ROUND, 0);
        }
        for (unsigned n = 6; n <= 40; n++)
                tv_crowd_close(&crowd, n, 'a', chat(&crowd, n, 0.2 * n, 0.2 * n + 0.5, 0.2), 0.2 * n + 0.8, ROUND, 0);
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.");
        tv_run_free(run);
}

/* ---- shutdown ---- */

static void
a_service_that_ends_all_at_once_is_shut_down(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f, *after;
        struct tv_run *run;

        (void)state;
        clients(&crowd, 1, 30);
        /* Begun over four seconds, ended within 60 ms; then nothing listens. */
        for (unsigned n = 1; n <= 20; n++)
                tv_crowd_close(&crowd, n, 'b', chat(&crowd, n, 0.2 * n, 6.0, 0.5), 6.2 + 0.003 * n, ROUND, 0);
        for (unsigned n = 21; n <= 30; n++) {
                tv_crowd_say(&crowd, 7 + 0.1 * n, "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n, n);
                tv_crowd_say(&crowd, 7 + 0.1 * n + 0.0001, "b%u>a%u R. 0:0(0) ack 1 win 0", n, n);
        }
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.shutdown");
        assert_int_equal(f->count, 20);
        expect_at(f->time, 6.203);
        expect_at(f->until, 6.26);
        assert_non_null(strstr(f->what, "10 SYNs were refused"));
        after = only(run, "host.service-down");
        assert_int_equal(after->count, 10);
        assert_int_equal(after->cause_back, 1);
        expect_none(run, "host.idle-timeout");
        tv_run_free(run);
}

static void
connections_that_began_together_end_together_only_if_nothing_listens_then(void **state)
{
        (void)state;
        for (unsigned refuses = 0; refuses < 2; refuses++) {
                struct tv_crowd crowd = {0};
                struct tv_run *run;

                clients(&crowd, 1, 25);
                for (unsigned n = 1; n <= 20; n++)
                        tv_crowd_close(&crowd, n, 'b', chat(&crowd, n, 0.5 + 0.03 * n, 4.0, 0.5), 4.2 + 0.001 * n,
                                       ROUND, 0);
                for (unsigned n = 21; n <= 25 && refuses != 0; n++) {
                        tv_crowd_say(&crowd, 5 + 0.1 * n, "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n, n);
                        tv_crowd_say(&crowd, 5 + 0.1 * n + 0.0001, "b%u>a%u R. 0:0(0) ack 1 win 0", n, n);
                }
                tv_crowd_set(&crowd, "b40 = 10.0.0.3:80");
                tv_crowd_open(&crowd, 40, 9, ROUND);
                run = tv_crowd_run(&crowd, NULL);
                assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "host.shutdown"), refuses);
                tv_run_free(run);
        }
}

static void
a_service_that_ends_each_in_its_own_time_is_not_shut_down(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        clients(&crowd, 1, 30);
        for (unsigned n = 1; n <= 30; n++)
                tv_crowd_close(&crowd, n, 'b', chat(&crowd, n, 0.2 * n, 0.2 * n + 1, 0.3), 0.2 * n + 3, ROUND, 0);
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.shutdown");
        tv_run_free(run);
}

static void
a_burst_that_is_answered_and_closed_at_once_is_no_shutdown(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        clients(&crowd, 1, 30);
        for (unsigned n = 1; n <= 30; n++)
                tv_crowd_close(&crowd, n, 'b', chat(&crowd, n, 1 + 0.005 * n, 1 + 0.005 * n + 0.05, 0.3),
                               1.15 + 0.005 * n, ROUND, 0);
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.shutdown");
        tv_run_free(run);
}

/* ---- idle timeouts on the way ---- */

/* After |idle| seconds the client asks once more; |how|: 'r' a reset answers, 's' nothing does, 'a' an answer comes. */
static void
idle(struct tv_crowd *crowd, unsigned n, double from, double idle, char how)
{
        unsigned turns = chat(crowd, n, from, from + 0.5, 0.2);
        double time = from + 2 * ROUND + 0.2 * (turns - 1) + ROUND + idle;

        if (how == 'a') {
                tv_crowd_ask(crowd, n, turns, time, ROUND);
                tv_crowd_close(crowd, n, 'a', turns + 1, time + 0.1, ROUND, 0);
                return;
        }
        in_vain(crowd, n, turns, time, how == 'r' ? 1 : 5);
        if (how == 'r')
                tv_crowd_say(crowd, time + 0.0001, "b%u>a%u R %u:%u(0) win 0 {ttl 61}", n, n, 1 + 200 * turns,
                             1 + 200 * turns);
}

static void
connections_that_die_after_the_same_silence_were_forgotten(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        clients(&crowd, 1, 30);
        for (unsigned n = 1; n <= 10; n++)
                idle(&crowd, n, 0.5 * n, 3.0 + 0.1 * n, 'r');
        for (unsigned n = 11; n <= 30; n++)
                idle(&crowd, n, 0.3 * n, 0.5 + 0.05 * n, 'a');
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.idle-timeout");
        assert_int_equal(f->count, 10);
        assert_int_equal(f->blame, TV_BLAME_NETWORK);
        assert_non_null(strstr(f->what, "3.100 s at the least"));
        assert_non_null(strstr(f->what, "4.000 s at the most"));
        assert_non_null(strstr(f->what, "survived is 2.000 s"));
        expect_none(run, "host.shutdown");
        expect_none(run, "host.down");
        tv_run_free(run);
}

static void
silently_forgotten_connections_are_told_too(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        clients(&crowd, 1, 60);
        for (unsigned n = 1; n <= 10; n++)
                idle(&crowd, n, 0.5 * n, 3.0 + 0.1 * n, 's');
        for (unsigned n = 11; n <= 60; n++)
                idle(&crowd, n, 0.25 * n, 0.5 + 0.02 * n, 'a');
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.idle-timeout");
        assert_int_equal(f->count, 10);
        assert_non_null(strstr(f->what, "10 without any answer"));
        expect_none(run, "host.down");
        tv_run_free(run);
}

static void
a_longer_silence_that_is_survived_rules_it_out(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        clients(&crowd, 1, 30);
        for (unsigned n = 1; n <= 10; n++)
                idle(&crowd, n, 0.5 * n, 1.0 + 0.1 * n, 'r');
        for (unsigned n = 11; n <= 30; n++)
                idle(&crowd, n, 0.3 * n, 5.0, 'a');
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.idle-timeout");
        tv_run_free(run);
}

static void
a_silence_after_which_nobody_answers_tells_nothing(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        /* It falls silent at 4 s; whoever asks later has no answer, however long its silence. */
        clients(&crowd, 1, 10);
        for (unsigned n = 1; n <= 10; n++)
                in_vain(&crowd, n, chat(&crowd, n, 0.1 * n, 3.0, 0.3), 4.5 + 0.3 * n, 6);
        run = tv_crowd_run(&crowd, NULL);
        /* Nor can it be told from a middlebox that forgot them all. */
        expect_none(run, "host.");
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_host_that_falls_silent_is_down),
                cmocka_unit_test(fins_that_nobody_acknowledges_are_no_silence),
                cmocka_unit_test(a_host_that_answers_again_has_recovered),
                cmocka_unit_test(a_host_that_resets_what_it_knew_was_started_anew),
                cmocka_unit_test(one_client_that_is_not_answered_says_nothing_of_the_host),
                cmocka_unit_test(clients_of_a_lossy_path_say_nothing_of_the_host),
                cmocka_unit_test(a_service_that_ends_all_at_once_is_shut_down),
                cmocka_unit_test(connections_that_began_together_end_together_only_if_nothing_listens_then),
                cmocka_unit_test(a_service_that_ends_each_in_its_own_time_is_not_shut_down),
                cmocka_unit_test(a_burst_that_is_answered_and_closed_at_once_is_no_shutdown),
                cmocka_unit_test(connections_that_die_after_the_same_silence_were_forgotten),
                cmocka_unit_test(silently_forgotten_connections_are_told_too),
                cmocka_unit_test(a_longer_silence_that_is_survived_rules_it_out),
                cmocka_unit_test(a_silence_after_which_nobody_answers_tells_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
