/* Floods, backlogs, full accept queues and scans, and what is none of them. */
#include "tests/support/host_case.h"

static void
expect_at(tv_time time, double seconds)
{
        tv_time expected = TV_EXPECT_START + (tv_time)(seconds * 1e6 + 0.5) * 1000;

        assert_in_range(time - expected + 2000, 0, 4000); /* nanoseconds */
}

/* Sixty SYNs from as many addresses; the first |answered| get a SYN-ACK, |repeats| times. */
static void
flood(struct tv_crowd *crowd, unsigned answered, unsigned repeats)
{
        for (unsigned n = 1; n <= 60; n++) {
                double time = 0.3 + 0.01 * n;

                tv_crowd_set(crowd, "a%u = 198.51.100.%u:%u", n, n, 1024 + n);
                tv_crowd_say(crowd, time, "a%u>b%u S 0:0(0) win 1024 <mss 1460>", n, n);
                for (unsigned i = 0; n <= answered && i < repeats; i++)
                        tv_crowd_say(crowd, time + 0.00003 + (double)((1u << i) - 1),
                                     "b%u>a%u S. 0:0(0) ack 1 win 65160 <mss 1460>", n, n);
        }
}

static void
served(struct tv_crowd *crowd, unsigned n, double time)
{
        tv_crowd_open(crowd, n, time, ROUND);
        tv_crowd_ask(crowd, n, 0, time + ROUND + 0.001, ROUND);
        tv_crowd_close(crowd, n, 'a', 1, time + 3 * ROUND, ROUND, 0);
}

static void
a_flood_and_its_victim_are_told_with_their_numbers(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f, *backlog;
        struct tv_run *run;

        (void)state;
        flood(&crowd, 10, 2);
        served(&crowd, 100, 0.1);
        /* A real client: two SYNs are dropped, the third is answered when places are free. */
        tv_crowd_say(&crowd, 1.0, "a101>b101 S 0:0(0) win 64240 <mss 1460,sackOK>");
        tv_crowd_say(&crowd, 2.0, "a101>b101 S 0:0(0) win 64240 <mss 1460,sackOK>");
        tv_crowd_open(&crowd, 101, 4.0, ROUND);
        tv_crowd_ask(&crowd, 101, 0, 4.1, ROUND);
        tv_crowd_close(&crowd, 101, 'a', 1, 4.2, ROUND, 0);
        served(&crowd, 102, 6.0);
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.syn-flood");
        assert_int_equal(f->count, 60);
        assert_int_equal(f->port, 80);
        assert_int_equal(f->address.byte[3], 2);
        expect_at(f->time, 0.31);
        expect_at(f->until, 0.90);
        assert_int_equal(f->blame, TV_BLAME_A);
        assert_non_null(strstr(f->what, "60 addresses of 198.51.100.0/24"));
        assert_non_null(strstr(f->what, "b answered 10"));
        assert_non_null(strstr(f->what, "at most 10 half-open"));
        /* 50 of the flood, 2 of the client. */
        assert_non_null(strstr(f->advice, "explains 52 of the first"));
        backlog = only(run, "host.syn-backlog");
        assert_int_equal(backlog->count, 1);
        assert_int_equal(backlog->cause_back, 1);
        assert_non_null(strstr(backlog->what, "2 SYNs of 1 real client"));
        expect_none(run, "host.accept-queue");
        expect_none(run, "host.syn-scan");
        expect_none(run, "host.down");
        tv_run_free(run);
}

static void
cookies_are_seen_by_what_is_not_repeated(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        /* All are answered, once: no place is taken, so nothing is repeated. */
        flood(&crowd, 60, 1);
        served(&crowd, 100, 0.5);
        served(&crowd, 101, 4.0);
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.syn-flood");
        assert_non_null(strstr(f->what, "mostly with cookies"));
        assert_non_null(strstr(f->advice, "SyncookiesSent"));
        /* Of the flood 60; real clients came in its time, too, and may have got one. */
        assert_non_null(strstr(f->advice, "explains 60 to 61 of them"));
        expect_none(run, "host.syn-backlog");
        tv_run_free(run);
}

static void
a_burst_of_busy_clients_is_no_flood(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 200; n++)
                served(&crowd, n, 0.1 + 0.001 * n);
        served(&crowd, 201, 5.0);
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.syn");
        expect_none(run, "host.accept-queue");
        expect_none(run, "host.shutdown");
        expect_none(run, "host.close-wait-pileup");
        expect_none(run, "host.fin-wait");
        expect_none(run, "host.last-ack");
        tv_run_free(run);
}

static void
clients_that_nobody_answers_ask_again_and_are_no_flood(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 80; n++) {
                tv_crowd_set(&crowd, "a%u = 192.0.2.%u:%u", n, n, 40000 + n);
                for (unsigned i = 0; i < 3; i++)
                        tv_crowd_say(&crowd, 0.1 + 0.01 * n + (double)((1u << i) - 1),
                                     "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n, n);
        }
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.syn");
        tv_run_free(run);
}

static void
what_the_capture_does_not_show_to_the_end_is_no_flood(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        /* It stops with the last SYN: real clients look like that, too. */
        flood(&crowd, 60, 1);
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.syn-flood");
        tv_run_free(run);
}

/* ---- the accept queue ---- */

/* The third segment and the data, sent four times, have no effect; the SYN-ACK comes again; then it is accepted. */
static void
ignored(struct tv_crowd *crowd, unsigned n, double time)
{
        tv_crowd_open(crowd, n, time, ROUND);
        for (unsigned i = 0; i < 4; i++)
                tv_crowd_say(crowd, time + ROUND + 0.001 + 0.2 * (double)((1u << i) - 1), "a%u>b%u P. 1:101(100) ack 1",
                             n, n);
        tv_crowd_say(crowd, time + 1.5, "b%u>a%u S. 0:0(0) ack 1 win 65160 <mss 1460>", n, n);
        tv_crowd_say(crowd, time + 3.3, "a%u>b%u P. 1:101(100) ack 1", n, n);
        tv_crowd_say(crowd, time + 3.30005, "b%u>a%u P. 1:201(200) ack 101", n, n);
        tv_crowd_say(crowd, time + 3.33, "a%u>b%u . 101:101(0) ack 201", n, n);
        tv_crowd_close(crowd, n, 'a', 1, time + 3.4, ROUND, 0);
}

static void
a_full_accept_queue_is_told_with_the_number_of_drops(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        served(&crowd, 50, 0.1);
        for (unsigned n = 1; n <= 6; n++)
                ignored(&crowd, n, 1.0 + 0.01 * n);
        /* Two whose SYN is dropped once. */
        for (unsigned n = 7; n <= 8; n++) {
                tv_crowd_say(&crowd, 1.2 + 0.01 * n, "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n, n);
                tv_crowd_open(&crowd, n, 2.7 + 0.01 * n, ROUND);
                tv_crowd_ask(&crowd, n, 0, 3.0 + 0.01 * n, ROUND);
                tv_crowd_close(&crowd, n, 'a', 1, 3.2, ROUND, 0);
        }
        served(&crowd, 51, 6.0);
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.accept-queue-overflow");
        /* Six times the third segment and four copies of the data; two SYNs. */
        assert_int_equal(f->count, 6 * 5 + 2);
        assert_int_equal(f->blame, TV_BLAME_B);
        assert_int_equal(f->port, 80);
        expect_at(f->time, 1.01 + ROUND);
        assert_non_null(strstr(f->advice, "explains 32 of them"));
        expect_none(run, "host.syn");
        expect_none(run, "host.down");
        expect_none(run, "host.recovered");
        tv_run_free(run);
}

static void
a_deferred_accept_is_no_full_queue(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 6; n++) {
                double time = 0.1 * n;

                tv_crowd_open(&crowd, n, time, ROUND);
                tv_crowd_say(&crowd, time + 1, "b%u>a%u S. 0:0(0) ack 1 win 65160 <mss 1460>", n, n);
                tv_crowd_say(&crowd, time + 1 + ROUND, "a%u>b%u . 1:1(0) ack 1", n, n);
                tv_crowd_say(&crowd, time + 3, "b%u>a%u S. 0:0(0) ack 1 win 65160 <mss 1460>", n, n);
                tv_crowd_say(&crowd, time + 3 + ROUND, "a%u>b%u . 1:1(0) ack 1", n, n);
                /* Data is what it waits for: accepted at once. */
                tv_crowd_ask(&crowd, n, 0, time + 4, ROUND);
                tv_crowd_close(&crowd, n, 'a', 1, time + 4.2, ROUND, 0);
        }
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.accept-queue");
        expect_none(run, "handshake.accept-queue");
        tv_run_free(run);
}

static void
lost_third_segments_are_no_full_queue(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 6; n++) {
                double time = 0.1 * n;

                /* The SYN-ACK comes again because nothing came; then all is well. */
                tv_crowd_open(&crowd, n, time, ROUND);
                tv_crowd_say(&crowd, time + 1, "b%u>a%u S. 0:0(0) ack 1 win 65160 <mss 1460>", n, n);
                tv_crowd_say(&crowd, time + 1 + ROUND, "a%u>b%u . 1:1(0) ack 1", n, n);
                tv_crowd_ask(&crowd, n, 0, time + 1.1, ROUND);
                tv_crowd_close(&crowd, n, 'a', 1, time + 1.2, ROUND, 0);
        }
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.accept-queue");
        tv_run_free(run);
}

static void
a_full_queue_is_told_by_its_syns_alone(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        served(&crowd, 50, 0.1);
        /* Five are in the queue: acknowledged, and not served before 6 s. */
        for (unsigned n = 1; n <= 5; n++) {
                double time = 1 + 0.1 * n;

                tv_crowd_open(&crowd, n, time, ROUND);
                tv_crowd_say(&crowd, time + 0.03, "a%u>b%u P. 1:101(100) ack 1", n, n);
                tv_crowd_say(&crowd, time + 0.0301, "b%u>a%u . 1:1(0) ack 101", n, n);
                tv_crowd_say(&crowd, 6.0 + 0.01 * n, "b%u>a%u P. 1:201(200) ack 101", n, n);
                tv_crowd_say(&crowd, 6.02 + 0.01 * n, "a%u>b%u . 101:101(0) ack 201", n, n);
                tv_crowd_close(&crowd, n, 'a', 1, 6.2, ROUND, 0);
        }
        /* Four knock with SYNs alone, one after the other; the third or fourth of each is answered. */
        for (unsigned n = 6; n <= 9; n++) {
                double time = 2 + 0.3 * (n - 6);

                tv_crowd_say(&crowd, time, "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n, n);
                tv_crowd_say(&crowd, time + 1, "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n, n);
                tv_crowd_say(&crowd, time + 3, "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n, n);
                tv_crowd_open(&crowd, n, time + 7, ROUND);
                tv_crowd_ask(&crowd, n, 0, time + 7.1, ROUND);
                tv_crowd_close(&crowd, n, 'a', 1, time + 7.2, ROUND, 0);
        }
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.accept-queue-overflow");
        assert_int_equal(f->count, 12);
        assert_int_equal(f->confidence, TV_POSSIBLE);
        expect_at(f->time, 2.0);
        expect_at(f->until, 2.9 + 3);
        assert_non_null(strstr(f->advice, "explains 12 of them"));
        expect_none(run, "host.down");
        expect_none(run, "host.syn");
        tv_run_free(run);
}

/* The application stops twice, and takes its clients in between. */
static void
full_and_knocked_at(struct tv_crowd *crowd, unsigned first, double time)
{
        for (unsigned n = first; n < first + 4; n++) {
                double start = time + 0.1 * (n - first);

                tv_crowd_open(crowd, n, start, ROUND);
                tv_crowd_say(crowd, start + 0.03, "a%u>b%u P. 1:101(100) ack 1", n, n);
                tv_crowd_say(crowd, start + 0.0301, "b%u>a%u . 1:1(0) ack 101", n, n);
                tv_crowd_say(crowd, time + 2.0 + 0.01 * (n - first), "b%u>a%u P. 1:201(200) ack 101", n, n);
                tv_crowd_say(crowd, time + 2.02 + 0.01 * (n - first), "a%u>b%u . 101:101(0) ack 201", n, n);
                tv_crowd_close(crowd, n, 'a', 1, time + 2.1, ROUND, 0);
        }
        for (unsigned n = first + 4; n < first + 9; n++) {
                double start = time + 0.5 + 0.1 * (n - first);

                tv_crowd_say(crowd, start, "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n, n);
                tv_crowd_open(crowd, n, start + 3, ROUND);
                tv_crowd_ask(crowd, n, 0, start + 3.1, ROUND);
                tv_crowd_close(crowd, n, 'a', 1, start + 3.2, ROUND, 0);
        }
}

static void
a_queue_that_is_full_twice_is_told_with_both_times(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        full_and_knocked_at(&crowd, 1, 1);
        for (unsigned n = 30; n < 40; n++)
                served(&crowd, n, 6 + 0.1 * (n - 30));
        full_and_knocked_at(&crowd, 10, 10);
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.accept-queue-overflow");
        assert_int_equal(f->count, 10);
        assert_int_equal(f->confidence, TV_LIKELY);
        expect_at(f->time, 1.9);
        expect_at(f->until, 10.0 + 0.5 + 0.8);
        assert_non_null(strstr(f->what, "2 times (+0.900 to +1.300 s, +9.900 to +10.300 s)"));
        assert_non_null(strstr(f->what, "10 SYNs of 10;"));
        tv_run_free(run);
}

/* A flood into the end of the capture: who was not answered may ask again later, but of those who were nobody goes on,
 * and all look alike. */
static void
a_flood_shows_in_what_was_answered(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        flood(&crowd, 40, 1);
        served(&crowd, 100, 1.2);
        run = tv_crowd_run(&crowd, NULL);
        assert_int_equal(only(run, "host.syn-flood")->count, 60);
        tv_run_free(run);

        /* Of a capture that ends with the SYNs nothing is known. */
        flood(&crowd, 10, 1);
        served(&crowd, 100, 0.1);
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.syn-flood");
        tv_run_free(run);
}

static void
what_the_host_told_of_its_settings_is_in_the_advice(void **state)
{
        struct tv_profile profile = tv_profile_linux;
        struct tv_run_options config = {.profile = &profile};
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        full_and_knocked_at(&crowd, 1, 1);
        run = tv_crowd_run(&crowd, &config);
        f = only(run, "host.accept-queue-overflow");
        assert_non_null(strstr(f->advice, "net.core.somaxconn (4096 by default)"));
        tv_run_free(run);
        profile.somaxconn = (struct tv_setting){true, 128};
        profile.max_syn_backlog = (struct tv_setting){true, 16};
        profile.syncookies = (struct tv_setting){true, 0};
        profile.synack_retries = 3;
        full_and_knocked_at(&crowd, 1, 1);
        run = tv_crowd_run(&crowd, &config);
        f = only(run, "host.accept-queue-overflow");
        assert_non_null(strstr(f->advice, "net.core.somaxconn (128)"));
        tv_run_free(run);
        flood(&crowd, 10, 2);
        served(&crowd, 100, 6);
        run = tv_crowd_run(&crowd, &config);
        f = only(run, "host.syn-flood");
        assert_non_null(strstr(f->advice, "net.ipv4.tcp_max_syn_backlog (16)"));
        assert_non_null(strstr(f->advice, "net.ipv4.tcp_syncookies (0)"));
        assert_non_null(strstr(f->advice, "net.ipv4.tcp_synack_retries is 3"));
        tv_run_free(run);
}

/* The rest of a connection that is answered at |open| and served at |served|. */
static void
asked_and_served(struct tv_crowd *crowd, unsigned n, double open, double served)
{
        tv_crowd_open(crowd, n, open, ROUND);
        tv_crowd_say(crowd, open + 0.021, "a%u>b%u P. 1:101(100) ack 1", n, n);
        tv_crowd_say(crowd, open + 0.0211, "b%u>a%u . 1:1(0) ack 101", n, n);
        tv_crowd_say(crowd, served, "b%u>a%u P. 1:201(200) ack 101", n, n);
        tv_crowd_say(crowd, served + ROUND, "a%u>b%u . 101:101(0) ack 201", n, n);
        tv_crowd_close(crowd, n, 'a', 1, served + 2 * ROUND, ROUND, 0);
}

/* Four places, one client served each quarter of a second, ten new ones a second: who finds no place asks again after a
 * second. */
static void
a_slow_application_is_told_by_when_syns_are_dropped(void **state)
{
        enum { CLIENTS = 30, PLACES = 4 };
        unsigned try_at[CLIENTS + 1], queue[PLACES], waiting = 0, dropped = 0;
        double opened[CLIENTS + 1];
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= CLIENTS; n++)
                try_at[n] = 10 * n + 3;
        for (unsigned step = 0; step < 3000; step++) {
                double time = 0.01 * step;

                if (step % 25 == 0 && waiting != 0) {
                        asked_and_served(&crowd, queue[0], opened[queue[0]], time + 0.001);
                        memmove(queue, queue + 1, --waiting * sizeof queue[0]);
                }
                for (unsigned n = 1; n <= CLIENTS; n++) {
                        if (try_at[n] != step)
                                continue;
                        if (waiting < PLACES) {
                                queue[waiting++] = n;
                                opened[n] = time;
                        } else {
                                tv_crowd_say(&crowd, time, "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n, n);
                                try_at[n] += 101;
                                dropped++;
                        }
                }
        }
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.accept-queue-overflow");
        assert_int_equal(f->count, dropped);
        assert_non_null(strstr(f->what, "only now and then"));
        tv_run_free(run);

        /* Loss meets those who come while nobody waits as well. */
        for (unsigned n = 1; n <= CLIENTS; n++) {
                double time = 0.1 * n;

                if (n % 3 == 0)
                        tv_crowd_say(&crowd, time, "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n, n);
                time += n % 3 == 0 ? 1 : 0;
                asked_and_served(&crowd, n, time, time + (n % 5 == 0 ? 0.5 : 0.025));
        }
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.accept-queue");
        tv_run_free(run);
}

/* A client that asks nine times is as much a victim as one that asks twice. */
static void
every_syn_counts_however_often_it_is_repeated(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 4; n++) {
                double time = 1 + 0.1 * n;

                tv_crowd_open(&crowd, n, time, ROUND);
                tv_crowd_say(&crowd, time + 0.03, "a%u>b%u P. 1:101(100) ack 1", n, n);
                tv_crowd_say(&crowd, time + 0.0301, "b%u>a%u . 1:1(0) ack 101", n, n);
        }
        for (unsigned n = 5; n <= 9; n++) {
                for (unsigned i = 0; i < 9; i++)
                        tv_crowd_say(&crowd, 2 + 0.1 * n + 1.02 * i, "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n, n);
                tv_crowd_open(&crowd, n, 2 + 0.1 * n + 9.2, ROUND);
        }
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.accept-queue-overflow");
        assert_int_equal(f->count, 45);
        tv_run_free(run);
}

/* Two segments that were dropped show that the queue was full only where that is known already. */
static void
a_handshake_that_is_taken_with_the_next_attempt_counts(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        full_and_knocked_at(&crowd, 1, 1);
        for (unsigned n = 10; n <= 11; n++) {
                double time = 1.7 + 0.01 * n;

                tv_crowd_open(&crowd, n, time, ROUND);
                tv_crowd_say(&crowd, time + 0.021, "a%u>b%u P. 1:101(100) ack 1", n, n);
                tv_crowd_say(&crowd, time + 1, "b%u>a%u S. 0:0(0) ack 1 win 65160 <mss 1460>", n, n);
                tv_crowd_say(&crowd, time + 1.02, "a%u>b%u . 101:101(0) ack 1", n, n);
                tv_crowd_say(&crowd, time + 1.03, "a%u>b%u P. 1:101(100) ack 1", n, n);
                tv_crowd_say(&crowd, time + 1.0301, "b%u>a%u . 1:1(0) ack 101", n, n);
        }
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.accept-queue-overflow");
        assert_int_equal(f->count, 5 + 2 * 2);
        assert_non_null(strstr(f->what, "4 packets of 2 that got through with the next attempt"));
        tv_run_free(run);
}

static void
lost_syns_of_a_service_that_serves_are_no_full_queue(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 6; n++) {
                double time = 1 + 0.1 * n;

                tv_crowd_say(&crowd, time, "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n, n);
                tv_crowd_open(&crowd, n, time + 1, ROUND);
                tv_crowd_ask(&crowd, n, 0, time + 1.1, ROUND);
                tv_crowd_close(&crowd, n, 'a', 1, time + 1.2, ROUND, 0);
        }
        for (unsigned n = 7; n <= 30; n++)
                served(&crowd, n, 0.1 * n);
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.accept-queue");
        tv_run_free(run);
}

static void
a_queue_that_turns_away_is_told_by_its_resets(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 10; n++)
                served(&crowd, n, 0.1 * n);
        for (unsigned n = 11; n <= 20; n++) {
                tv_crowd_open(&crowd, n, 1 + 0.1 * n, ROUND);
                tv_crowd_say(&crowd, 1 + 0.1 * n + ROUND + 0.00005, "b%u>a%u R 1:1(0) win 0", n, n);
        }
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.accept-queue-overflow");
        assert_int_equal(f->count, 10);
        assert_int_equal(f->confidence, TV_POSSIBLE);
        assert_non_null(strstr(f->what, "tcp_abort_on_overflow"));
        expect_none(run, "host.shutdown");
        tv_run_free(run);
}

static void
a_connection_says_what_was_dropped(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        ignored(&crowd, 1, 1.0);
        run = tv_crowd_run(&crowd, NULL);
        f = tv_run_finding(run, 0, "handshake.accept-queue-overflow");
        assert_non_null(f);
        assert_int_equal(f->count, 5);
        assert_int_equal(f->blame, TV_BLAME_B);
        assert_int_equal(tv_run_findings(run, 0, "handshake.ack-ignored"), 0);
        tv_run_free(run);
}

/* ---- scans ---- */

static void
a_scan_is_told_by_its_ports(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 40; n++) {
                tv_crowd_set(&crowd, "b%u = 10.0.0.2:%u", n, 100 + n);
                tv_crowd_say(&crowd, 0.01 * n, "a%u>b%u S 0:0(0) win 1024 <mss 1460>", n, n);
                tv_crowd_say(&crowd, 0.01 * n + 0.0001, "b%u>a%u R. 0:0(0) ack 1 win 0", n, n);
        }
        run = tv_crowd_run(&crowd, NULL);
        f = only(run, "host.syn-scan");
        assert_int_equal(f->count, 40);
        assert_int_equal(f->address.byte[3], 1);
        assert_non_null(strstr(f->what, "40 ports of 10.0.0.2 (101 to 140)"));
        assert_non_null(strstr(f->what, "40 refused, 0 silent, 0 open; none was used"));
        expect_none(run, "host.service-down");
        expect_none(run, "host.syn-flood");
        tv_run_free(run);
}

/* What it found is what matters: also where it went in. */
static void
a_scan_tells_what_it_found(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 42; n++) {
                double time = 0.01 * n;

                tv_crowd_set(&crowd, "b%u = 10.0.0.2:%u", n, 100 + n);
                if (n != 10 && n != 20) {
                        tv_crowd_say(&crowd, time, "a%u>b%u S 0:0(0) win 1024 <mss 1460>", n, n);
                        tv_crowd_say(&crowd, time + 0.0001, "b%u>a%u R. 0:0(0) ack 1 win 0", n, n);
                        continue;
                }
                tv_crowd_open(&crowd, n, time, ROUND);
                if (n == 20)
                        tv_crowd_ask(&crowd, n, 0, time + 0.05, ROUND);
                else
                        tv_crowd_say(&crowd, time + 0.05, "a%u>b%u R. 1:1(0) ack 1", n, n);
        }
        run = tv_crowd_run(&crowd, NULL);
        f = tv_run_finding(run, TV_UNKNOWN, "host.syn-scan");
        assert_non_null(f);
        assert_non_null(strstr(f->what, "40 refused, 0 silent, 1 open; 1 other connection of it"));
        assert_non_null(strstr(f->advice, "What it found open (ports 110, 120): ss -lnt"));
        tv_run_free(run);
}

static void
a_client_of_a_service_that_is_down_is_no_scan(void **state)
{
        struct tv_crowd crowd = {0};
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 40; n++) {
                tv_crowd_say(&crowd, 0.1 * n, "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n, n);
                tv_crowd_say(&crowd, 0.1 * n + 0.0001, "b%u>a%u R. 0:0(0) ack 1 win 0", n, n);
        }
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.syn");
        f = only(run, "host.service-down");
        assert_int_equal(f->count, 40);
        expect_at(f->time, 0.1);
        expect_at(f->until, 4.0001);
        tv_run_free(run);
}

static void
refusals_among_successes_are_no_service_that_is_down(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;

        (void)state;
        for (unsigned n = 1; n <= 40; n++) {
                if (n % 4 != 0) {
                        served(&crowd, n, 0.1 * n);
                        continue;
                }
                tv_crowd_say(&crowd, 0.1 * n, "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n, n);
                tv_crowd_say(&crowd, 0.1 * n + 0.0001, "b%u>a%u R. 0:0(0) ack 1 win 0", n, n);
        }
        run = tv_crowd_run(&crowd, NULL);
        expect_none(run, "host.service-down");
        tv_run_free(run);
}

/* ---- the rows ---- */

static void
listeners_and_seconds_are_counted(void **state)
{
        struct tv_crowd crowd = {0};
        struct tv_run *run;
        uint64_t syns = 0, completed = 0, most = 0;

        (void)state;
        flood(&crowd, 10, 2);
        served(&crowd, 100, 0.1);
        served(&crowd, 101, 5.0);
        run = tv_crowd_run(&crowd, NULL);
        assert_int_equal(run->listener_count, 1);
        assert_int_equal(run->listeners[0].connections, 62);
        assert_int_equal(run->listeners[0].handshake[TV_HANDSHAKE_COMPLETE], 2);
        assert_int_equal(run->listeners[0].handshake[TV_HANDSHAKE_HALF_OPEN], 10);
        assert_int_equal(run->listeners[0].handshake[TV_HANDSHAKE_NO_ANSWER], 50);
        assert_int_equal(run->listeners[0].syns, 62);
        assert_int_equal(run->listeners[0].synacks, 22);
        assert_int_equal(run->listeners[0].synacks_again, 10);
        assert_int_equal(run->listeners[0].half_open_most, 11); /* the ten, and a client on its way in */
        assert_int_equal(run->listeners[0].first_by_peer, 2);
        for (size_t i = 0; i < run->series_count; i++) {
                const struct tv_series_row *row = &run->series[i];

                if (row->of_host)
                        continue;
                assert_int_equal(row->port, 80);
                syns += row->syns;
                completed += row->completed;
                most = row->state[TV_SYN_RCVD] > most ? row->state[TV_SYN_RCVD] : most;
        }
        assert_int_equal(syns, 62);
        assert_int_equal(completed, 2);
        assert_int_equal(most, 11);
        /* The client, the host of the listener, and all that sent nothing but a SYN. */
        assert_int_equal(run->host_count, 3);
        assert_false(run->hosts[2].has_address);
        assert_int_equal(run->hosts[2].connections, 60);
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_flood_and_its_victim_are_told_with_their_numbers),
                cmocka_unit_test(cookies_are_seen_by_what_is_not_repeated),
                cmocka_unit_test(a_burst_of_busy_clients_is_no_flood),
                cmocka_unit_test(clients_that_nobody_answers_ask_again_and_are_no_flood),
                cmocka_unit_test(what_the_capture_does_not_show_to_the_end_is_no_flood),
                cmocka_unit_test(a_full_accept_queue_is_told_with_the_number_of_drops),
                cmocka_unit_test(a_full_queue_is_told_by_its_syns_alone),
                cmocka_unit_test(a_queue_that_is_full_twice_is_told_with_both_times),
                cmocka_unit_test(a_flood_shows_in_what_was_answered),
                cmocka_unit_test(a_slow_application_is_told_by_when_syns_are_dropped),
                cmocka_unit_test(every_syn_counts_however_often_it_is_repeated),
                cmocka_unit_test(a_handshake_that_is_taken_with_the_next_attempt_counts),
                cmocka_unit_test(what_the_host_told_of_its_settings_is_in_the_advice),
                cmocka_unit_test(lost_syns_of_a_service_that_serves_are_no_full_queue),
                cmocka_unit_test(a_queue_that_turns_away_is_told_by_its_resets),
                cmocka_unit_test(a_connection_says_what_was_dropped),
                cmocka_unit_test(a_deferred_accept_is_no_full_queue),
                cmocka_unit_test(lost_third_segments_are_no_full_queue),
                cmocka_unit_test(a_scan_is_told_by_its_ports),
                cmocka_unit_test(a_scan_tells_what_it_found),
                cmocka_unit_test(a_client_of_a_service_that_is_down_is_no_scan),
                cmocka_unit_test(refusals_among_successes_are_no_service_that_is_down),
                cmocka_unit_test(listeners_and_seconds_are_counted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
