/* The engine as a whole: when connections become final and in which order, clocks that step, memory limits, what the
 * capture is like (design.md sections 2, 3 and 6). */
#include "tests/support/expect.h"

#include <stdlib.h>

static struct tv_run *
run_of(const char *text)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        return run;
}

/* The order in which connections became final, as "1 0 2". */
static const char *
order_of(const struct tv_run *run)
{
        static char text[200];
        size_t used = 0;

        text[0] = '\0';
        for (size_t i = 0; i < run->connection_count && used < sizeof text; i++)
                used += (size_t)snprintf(text + used, sizeof text - used, "%s%" PRIu64, i == 0 ? "" : " ",
                                         run->finals[i]);
        return text;
}

#define OPEN(n, t)                                                                                                     \
        t "00 a" n ">b" n " S  0:0(0)\n" t "20 b" n ">a" n " S. 0:0(0) ack 1\n" t "40 a" n ">b" n " . 1:1(0) ack 1\n"
#define CLOSE(n, t)                                                                                                    \
        t "00 a" n ">b" n " F. 1:1(0) ack 1\n" t "20 b" n ">a" n " F. 1:1(0) ack 2\n" t "40 a" n ">b" n                \
          " . 2:2(0) ack 2\n"

static void
first_to_be_over_for_2msl_is_final_first(void **state)
{
        struct tv_run *run = run_of(OPEN("1", "0.0") OPEN("2", "0.1") OPEN("3", "0.2") CLOSE("2", "1.0") CLOSE(
                "1", "2.0") "30 a4>b4 S 0:0(0)\n59 a4>b4 S 0:0(0)\n100 a4>b4 S 0:0(0)\n");

        (void)state;
        /* 1 and 0 by the timer, at 61 and 62 s; the rest when the input ends, by number */
        assert_string_equal(order_of(run), "1 0 2 3");
        tv_run_free(run);
}

static void
order_of_computed_times_does_not_depend_on_when_the_next_packet_comes(void **state)
{
        /* 40 s of silence more: both are long due, and still come in the order of their times */
        struct tv_run *run = run_of(OPEN("1", "0.0") OPEN("2", "0.1") CLOSE("2", "1.0") CLOSE(
                "1", "2.0") "40 a4>b4 S 0:0(0)\n99 a4>b4 S 0:0(0)\n158 a4>b4 S 0:0(0)\n");

        (void)state;
        assert_string_equal(order_of(run), "1 0 2");
        tv_run_free(run);
}

static void
trailing_segment_begins_the_wait_anew(void **state)
{
        /* conn 0 closes first and is heard of again: 1 is final before it */
        struct tv_run *run =
                run_of(OPEN("1", "0.0") OPEN("2", "0.1") CLOSE("1", "1.0")
                               CLOSE("2", "2.0") "30 b1>a1 F. 1:1(0) ack 2\n30.1 a1>b1 . 2:2(0) ack 2\n"
                                                 "60 a4>b4 S 0:0(0)\n100 a4>b4 S 0:0(0)\n140 a4>b4 S 0:0(0)\n");

        (void)state;
        assert_string_equal(order_of(run), "1 0 2");
        assert_int_equal(tv_run_connection(run, 0)->dir[1].segments, 3);
        tv_run_free(run);
}

static void
reset_connection_is_final_after_two_seconds(void **state)
{
        struct tv_run *run =
                run_of(OPEN("1", "0.0") OPEN("2", "0.1")
                               CLOSE("1", "1.0") "3 a2>b2 R 1:1(0)\n"
                                                 "10 a4>b4 S 0:0(0)\n60 a4>b4 S 0:0(0)\n100 a4>b4 S 0:0(0)\n");

        (void)state;
        assert_string_equal(order_of(run), "1 0 2");
        tv_run_free(run);
}

static void
replaced_connection_is_final_at_once(void **state)
{
        struct tv_run *run = run_of("a1 = :40000 isn 1\na2 = :40001\na3 = :40000 isn 1000000000\nb3 = :80 isn 9\n"
                                    "b1 = :80 isn 2000000000\n" OPEN("1", "0.0") OPEN("2", "0.1") CLOSE("2", "1.0")
                                            CLOSE("1", "2.0") OPEN("3", "3.0"));

        (void)state;
        assert_int_equal(run->connection_count, 3);
        assert_string_equal(order_of(run), "0 1 2");
        tv_run_free(run);
}

static void
unanswered_attempt_is_final_when_its_timer_is_over(void **state)
{
        /* 127 s after its last SYN (six retries), before a connection that lives on */
        struct tv_run *run = run_of(OPEN("1", "0.0") "1 a2>b2 S 0:0(0)\n"
                                                     "50 a1>b1 P. 1:2(1) ack 1\n100 a1>b1 P. 2:3(1) ack 1\n"
                                                     "150 a1>b1 P. 3:4(1) ack 1\n200 a1>b1 P. 4:5(1) ack 1\n");

        (void)state;
        assert_string_equal(order_of(run), "1 0");
        EXPECT_LIFE(run, 1, "no-answer abandoned");
        EXPECT_LIFE(run, 0, "complete open");
        tv_run_free(run);
}

static void
silence_alone_makes_nothing_final(void **state)
{
        struct tv_run *run = run_of(OPEN("1", "0.0") "40 a2>b2 S 0:0(0)\n90 a2>b2 S 0:0(0)\n140 a2>b2 S 0:0(0)\n"
                                                     "190 a3>b3 S 0:0(0)\n240 a3>b3 S 0:0(0)\n290 a3>b3 S 0:0(0)\n"
                                                     "340 a1>b1 P. 1:2(1) ack 1\n");

        (void)state;
        assert_int_equal(tv_run_connection(run, 0)->dir[0].segments, 3);
        tv_run_free(run);
}

static void
state_of_a_silent_end_stays_what_it_was(void **state)
{
        struct tv_run *run = run_of(OPEN("1", "0.0") "50 a2>b2 S 0:0(0)\n100 a2>b2 S 0:0(0)\n");

        (void)state;
        assert_int_equal(tv_run_connection(run, 0)->state[TV_A], TV_ESTABLISHED);
        assert_int_equal(tv_run_connection(run, 0)->state[TV_B], TV_ESTABLISHED);
        tv_run_free(run);
}

/* ---- clocks ---- */

static void
one_packet_an_hour_ahead_ends_nothing(void **state)
{
        struct tv_run *run = run_of(OPEN("1", "0.0") CLOSE("1", "1.0") "3601 a2>b2 S 0:0(0)\n"
                                                                       "2 b1>a1 F. 1:1(0) ack 2\n"
                                                                       "2.1 a1>b1 . 2:2(0) ack 2\n");

        (void)state;
        assert_int_equal(run->connection_count, 2); /* the late FIN found its connection */
        assert_int_equal(tv_run_connection(run, 0)->dir[1].segments, 3);
        assert_int_equal(tv_run_connection(run, 0)->state[TV_A], TV_TIME_WAIT);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.time-backwards"), 1);
        tv_run_free(run);
}

static void
clock_set_back_in_mid_connection_splits_nothing(void **state)
{
        struct tv_run *run = run_of(OPEN("1", "0.0") "0.1 a1>b1 P. 1:101(100) ack 1\n"
                                                     "-3599.88 b1>a1 . 1:1(0) ack 101\n"
                                                     "-3599.80 a1>b1 P. 101:201(100) ack 1\n"
                                                     "-3599.78 b1>a1 . 1:1(0) ack 201\n"
                                                     "-3599.70 a1>b1 F. 201:201(0) ack 1\n"
                                                     "-3599.68 b1>a1 F. 1:1(0) ack 202\n"
                                                     "-3599.66 a1>b1 . 202:202(0) ack 2\n");
        const struct tv_connection *c = tv_run_connection(run, 0);

        (void)state;
        assert_int_equal(run->connection_count, 1);
        EXPECT_LIFE(run, 0, "complete orderly first a");
        assert_int_equal(c->dir[0].retransmissions, 0);
        assert_int_equal(run->quality.clock_steps, 1);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.time-backwards"), 1);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.reordered"), 0);
        /* printed times stay raw */
        assert_true(tv_run_row(run, 5)->time == TV_EXPECT_START - INT64_C(3599880000000));
        assert_true(c->duration >= 0);
        tv_run_free(run);
}

static void
frames_a_little_out_of_order_are_told_and_change_nothing(void **state)
{
        struct tv_run *run = run_of(OPEN("1", "0.0") "0.100 a1>b1 P. 1:101(100) ack 1\n"
                                                     "0.0999 a2>b2 S 0:0(0)\n"
                                                     "0.120 b1>a1 . 1:1(0) ack 101\n");

        (void)state;
        assert_int_equal(run->quality.reordered_frames, 1);
        assert_int_equal(run->quality.clock_steps, 0);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.reordered"), 1);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.time-backwards"), 0);
        tv_run_free(run);
}

/* ---- memory ---- */

/* Every second one of the first SYNs to ports 2 to 499. */
static bool
is_chosen(uint64_t packet)
{
        return packet >= 3 && packet < 3 + 498 && packet % 2 == 0;
}

static void
established_connection_outlives_half_open_ones_when_memory_is_short(void **state)
{
        size_t room = 400000, used;
        char *text = malloc(room);
        struct tv_run_options options = {.max_memory = 24000, .no_segments = true, .chosen = is_chosen};
        struct tv_run *run;
        unsigned evicted = 0;

        (void)state;
        assert_non_null(text);
        used = (size_t)snprintf(text, room, OPEN("1", "0.0"));
        for (unsigned round = 0; round < 12; round++)
                for (unsigned i = 2; i < 500; i++)
                        used += (size_t)snprintf(text + used, room - used, "%u.%03u a%u>b%u S 0:0(0)\n", round + 1, i,
                                                 i, i);
        snprintf(text + used, room - used, "20 a1>b1 P. 1:101(100) ack 1\n20.02 b1>a1 . 1:1(0) ack 101\n");
        run = tv_run_text(text, &options);
        EXPECT_KEPT(run);
        for (size_t i = 0; i < run->connection_count; i++) {
                const struct tv_connection *c = &run->connections[i];

                evicted += c->evicted;
                assert_int_equal(c->chosen, is_chosen(tv_frame_number(c->first_frame) - 1));
        }
        assert_true(evicted > 0);
        assert_int_equal(run->quality.evicted, evicted);
        assert_false(tv_run_connection(run, 0)->evicted);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].payload_bytes, 100);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.evicted"), 1);
        tv_run_free(run);
        free(text);
}

/* What is given up early and goes on has no SYN, but that was in the capture. */
static void
connection_given_up_early_is_none_from_before_the_capture(void **state)
{
        size_t room = 100000, used = 0;
        char *text = malloc(room);
        struct tv_run_options options = {.max_memory = 24000, .no_segments = true};
        struct tv_run *run;

        (void)state;
        assert_non_null(text);
        for (unsigned i = 1; i <= 500; i++)
                used += (size_t)snprintf(text + used, room - used,
                                         "0.%03u1 a%u>b%u S 0:0(0)\n0.%03u2 b%u>a%u S. 0:0(0) ack 1\n"
                                         "0.%03u3 a%u>b%u . 1:1(0) ack 1\n0.%03u4 a%u>b%u P. 1:101(100) ack 1\n"
                                         "0.%03u5 b%u>a%u . 1:1(0) ack 101\n",
                                         i, i, i, i, i, i, i, i, i, i, i, i, i, i, i);
        for (unsigned i = 1; i <= 500; i++)
                used += (size_t)snprintf(text + used, room - used, "2.%03u a%u>b%u P. 101:201(100) ack 1\n", i, i, i);
        run = tv_run_text(text, &options);
        EXPECT_KEPT(run);
        assert_true(run->quality.evicted > 0);
        assert_true(run->connection_count > 500);
        assert_int_equal(run->quality.mid_start, 0);
        tv_run_free(run);
        free(text);
}

/* ---- what the capture is like ---- */

static void
every_packet_falls_into_one_bucket_and_is_counted(void **state)
{
        struct tv_run *run = run_of(OPEN("1", "0.0"));

        (void)state;
        assert_int_equal(run->quality.packets, 3);
        assert_int_equal(run->quality.tcp_segments, 3);
        assert_int_equal(run->bucket[TV_BUCKET_tcp], 3);
        assert_true(run->quality.start == TV_EXPECT_START);
        assert_true(run->quality.end == TV_EXPECT_START + INT64_C(40000000));
        tv_run_free(run);
}

static void
empty_input_gives_nothing(void **state)
{
        struct tv_run *run = run_of("# nobody spoke\n");

        (void)state;
        assert_int_equal(run->connection_count, 0);
        assert_int_equal(run->finding_count, 0);
        assert_true(run->quality.start == TV_NO_TIME);
        tv_run_free(run);
}

static void
mid_start_and_one_way_are_the_captures_matter(void **state)
{
        struct tv_run *run = run_of("0.0 a>b P. 100:200(100) ack 500\n0.1 a>b P. 200:300(100) ack 700\n");

        (void)state;
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.mid-start"), 1);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.one-way"), 1);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.gap"), 0);
        EXPECT_FINDINGS(run, 0, "");
        for (size_t i = 0; i < run->finding_count; i++)
                assert_int_equal(run->findings[i].blame, TV_BLAME_CAPTURE);
        tv_run_free(run);
}

static void
ipv6_and_ipv4_tell_the_same_story(void **state)
{
        static const char text[] = OPEN("1", "0.0") "0.1 a1>b1 P. 1:101(100) ack 1\n0.4 a1>b1 P. 1:101(100) ack 1\n"
                                                    "0.42 b1>a1 . 1:1(0) ack 101\n0.5 b1>a1 F. 1:1(0) ack 101\n"
                                                    "0.52 a1>b1 F. 101:101(0) ack 2\n0.54 b1>a1 . 2:2(0) ack 102\n";
        char six[sizeof text + 4], x[TV_RUN_PATH], y[TV_RUN_PATH], p[TV_EXPECT_TEXT], q[TV_EXPECT_TEXT];
        struct tv_run *v4 = run_of(text), *v6;

        (void)state;
        snprintf(six, sizeof six, "v6\n%s", text);
        v6 = run_of(six);
        assert_int_equal(v6->connection_count, 1);
        for (unsigned end = 0; end < 2; end++)
                assert_string_equal(tv_run_path(v4, 0, (enum tv_end)end, x), tv_run_path(v6, 0, (enum tv_end)end, y));
        for (uint64_t frame = 1; frame <= v4->row_count; frame++)
                assert_string_equal(tv_expect_row_text(v4, frame, p), tv_expect_row_text(v6, frame, q));
        tv_run_free(v4);
        tv_run_free(v6);
}

static void
turns_and_last_idle_are_measured(void **state)
{
        struct tv_run *run = run_of(OPEN("1", "0.0") "0.1 a1>b1 P. 1:101(100) ack 1\n0.2 b1>a1 P. 1:501(500) ack 101\n"
                                                     "0.3 a1>b1 P. 101:201(100) ack 501\n"
                                                     "0.4 b1>a1 P. 501:1001(500) ack 201\n"
                                                     "5.4 a1>b1 . 201:201(0) ack 1001\n");

        (void)state;
        assert_int_equal(tv_run_connection(run, 0)->turns, 2);
        assert_true(tv_run_connection(run, 0)->last_idle == INT64_C(5000000000));
        assert_true(tv_run_connection(run, 0)->duration == INT64_C(5400000000));
        tv_run_free(run);
}

/* A leap of the clock that is still some segments ahead must not reach back: the SYN-ACK belongs to its SYN. */
static void
leap_of_the_clock_does_not_split_what_came_before_it(void **state)
{
        struct tv_run *run = tv_run_text("a2 = :40001 isn 1\nb2 = :81 isn 2\n"
                                         "0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                         "0.040 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                         "0.080 a>b .  1:1(0) ack 1\n"
                                         "90000000.0 a2>b2 S  0:0(0)       win 65535 <mss 1460>\n"
                                         "90000000.1 b2>a2 S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                         "90000000.2 a2>b2 .  1:1(0) ack 1\n",
                                         &(struct tv_run_options){.no_segments = true});

        (void)state;
        assert_int_equal(run->connection_count, 2);
        assert_int_equal(tv_run_connection(run, 0)->dir[TV_A].segments, 2);
        assert_int_equal(tv_run_connection(run, 0)->handshake, TV_HANDSHAKE_COMPLETE);
        tv_run_free(run);
}

/* The same packets twice in one file, the clock stepping back between: over by its reset, laid to rest, woken and laid
 * to rest again, the connection must not be ended by the timer of its first rest. */
static void
clock_set_back_behind_a_reset_does_not_split(void **state)
{
#define ONCE                                                                                                           \
        "0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"                                                             \
        "0.001 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"                                                             \
        "0.002 a>b .  1:1(0) ack 1\n"                                                                                  \
        "1.670 a>b P. 1:19(18) ack 1\n"                                                                                \
        "1.671 b>a P. 1:19(18) ack 19\n"                                                                               \
        "1.860 a>b .  19:19(0) ack 19\n"                                                                               \
        "3.714 a>b P. 19:31(12) ack 19\n"                                                                              \
        "3.900 b>a .  19:19(0) ack 31\n"                                                                               \
        "5.700 a>b R. 31:31(0) ack 19\n"
        struct tv_run *run = tv_run_text(ONCE ONCE, NULL);

        (void)state;
        assert_int_equal(run->connection_count, 1);
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(first_to_be_over_for_2msl_is_final_first),
                cmocka_unit_test(order_of_computed_times_does_not_depend_on_when_the_next_packet_comes),
                cmocka_unit_test(trailing_segment_begins_the_wait_anew),
                cmocka_unit_test(reset_connection_is_final_after_two_seconds),
                cmocka_unit_test(replaced_connection_is_final_at_once),
                cmocka_unit_test(unanswered_attempt_is_final_when_its_timer_is_over),
                cmocka_unit_test(silence_alone_makes_nothing_final),
                cmocka_unit_test(state_of_a_silent_end_stays_what_it_was),
                cmocka_unit_test(one_packet_an_hour_ahead_ends_nothing),
                cmocka_unit_test(clock_set_back_in_mid_connection_splits_nothing),
                cmocka_unit_test(frames_a_little_out_of_order_are_told_and_change_nothing),
                cmocka_unit_test(established_connection_outlives_half_open_ones_when_memory_is_short),
                cmocka_unit_test(connection_given_up_early_is_none_from_before_the_capture),
                cmocka_unit_test(every_packet_falls_into_one_bucket_and_is_counted),
                cmocka_unit_test(empty_input_gives_nothing),
                cmocka_unit_test(mid_start_and_one_way_are_the_captures_matter),
                cmocka_unit_test(ipv6_and_ipv4_tell_the_same_story),
                cmocka_unit_test(leap_of_the_clock_does_not_split_what_came_before_it),
                cmocka_unit_test(clock_set_back_behind_a_reset_does_not_split),
                cmocka_unit_test(turns_and_last_idle_are_measured),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
