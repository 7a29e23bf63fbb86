/* Which reset its receiver acts on: RFC 9293 section 3.10.7.4 and RFC 5961 section 3.2.  b's window is 1000 octets, so
 * that inside and outside are near each other. */
#include "tests/support/expect.h"

#define OPENED                                                                                                         \
        "0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"                                                             \
        "0.002 b>a S. 0:0(0) ack 1 win 1000 <mss 1460>\n"                                                              \
        "0.042 a>b .  1:1(0) ack 1\n"                                                                                  \
        "0.043 a>b P. 1:11(10) ack 1\n"                                                                                \
        "0.045 b>a P. 1:21(20) ack 11 win 1000\n"                                                                      \
        "0.085 a>b .  11:11(0) ack 21\n"

static struct tv_run *
run_of(const char *text)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        return run;
}

static const char *
path_after(const char *text, enum tv_end end)
{
        static char path[TV_RUN_PATH];
        struct tv_run *run = run_of(text);

        tv_run_path(run, 0, end, path);
        tv_run_free(run);
        return path;
}

#define B_OPEN "LISTEN! SYN_RCVD! ESTABLISHED!"

static void
reset_at_rcv_nxt_is_accepted(void **state)
{
        (void)state;
        assert_string_equal(path_after(OPENED "0.1 a>b R 11:11(0)\n", TV_B), B_OPEN " CLOSED?");
        assert_string_equal(path_after(OPENED "0.1 a>b R. 11:11(0) ack 21\n", TV_B), B_OPEN " CLOSED?");
}

static void
reset_behind_octets_in_flight_is_accepted(void **state)
{
        /* whether b has the ten octets before the reset comes, nobody knows: SEQ is where b's RCV.NXT can be */
        (void)state;
        assert_string_equal(path_after(OPENED "0.1 a>b P. 11:21(10) ack 21\n0.101 a>b R 21:21(0)\n", TV_B),
                            B_OPEN " CLOSED?");
        assert_string_equal(path_after(OPENED "0.1 a>b P. 11:21(10) ack 21\n0.101 a>b R 11:11(0)\n", TV_B),
                            B_OPEN " CLOSED?");
}

static void
reset_inside_the_window_is_challenged(void **state)
{
        struct tv_run *run = run_of(OPENED "0.1 a>b R 12:12(0)\n0.102 b>a . 21:21(0) ack 11\n"
                                           "0.2 a>b P. 11:21(10) ack 21\n0.202 b>a . 21:21(0) ack 21\n");

        (void)state;
        assert_string_equal(path_after(OPENED "0.1 a>b R 12:12(0)\n", TV_B), B_OPEN);
        assert_string_equal(path_after(OPENED "0.1 a>b R 1010:1010(0)\n", TV_B), B_OPEN); /* the last octet of it */
        EXPECT_ROW(run, 8, "none, challenge");
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED!", B_OPEN);
        EXPECT_LIFE(run, 0, "complete open");
        assert_int_equal(tv_run_connection(run, 0)->dir[0].resets, 1);
        tv_run_free(run);
}

static void
reset_outside_the_window_is_dropped(void **state)
{
        struct tv_run *run = run_of(OPENED "0.1 a>b R 1011:1011(0)\n0.2 a>b P. 11:21(10) ack 21\n"
                                           "0.202 b>a . 21:21(0) ack 21\n");

        (void)state;
        assert_string_equal(path_after(OPENED "0.1 a>b R 1011:1011(0)\n", TV_B), B_OPEN); /* one behind it */
        assert_string_equal(path_after(OPENED "0.1 a>b R 10:10(0)\n", TV_B), B_OPEN);     /* one before it */
        assert_string_equal(path_after(OPENED "0.1 a>b R @0:0(0)\n", TV_B), B_OPEN);
        /* dropped silently: what b sends next is no challenge */
        EXPECT_ROW(run, 9, "none, advance");
        EXPECT_LIFE(run, 0, "complete open");
        tv_run_free(run);
}

static void
ignored_reset_is_no_act_of_its_purported_sender_either(void **state)
{
        /* a goes on as if nothing had been: it never sent it */
        (void)state;
        assert_string_equal(path_after(OPENED "0.1 a>b R 500:500(0)\n0.2 a>b P. 11:21(10) ack 21\n", TV_A),
                            "CLOSED! SYN_SENT ESTABLISHED!");
}

static void
reset_whose_sender_goes_on_was_forged(void **state)
{
        struct tv_run *run = run_of(OPENED "0.1000 a>b R 11:11(0)\n"
                                           "0.2000 a>b P. 11:21(10) ack 21\n"
                                           "0.2020 b>a . 21:21(0) ack 21\n");

        (void)state;
        EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT ESTABLISHED!", B_OPEN);
        EXPECT_LIFE(run, 0, "complete open");
        tv_run_free(run);
}

static void
reset_in_syn_sent_needs_the_acknowledgment_of_the_syn(void **state)
{
        (void)state;
        assert_string_equal(path_after("0.0 a>b S 0:0(0)\n0.1 b>a R. @0:0(0) ack 1\n", TV_A),
                            "CLOSED! SYN_SENT CLOSED?");
        assert_string_equal(path_after("0.0 a>b S 0:0(0)\n0.1 b>a R. @0:0(0) ack 2\n", TV_A), "CLOSED! SYN_SENT");
        assert_string_equal(path_after("0.0 a>b S 0:0(0)\n0.1 b>a R. @0:0(0) ack 0\n", TV_A), "CLOSED! SYN_SENT");
        assert_string_equal(path_after("0.0 a>b S 0:0(0)\n0.1 b>a R @0:0(0)\n", TV_A), "CLOSED! SYN_SENT");
        /* any SEQ will do: a knows none of b's numbers */
        assert_string_equal(path_after("0.0 a>b S 0:0(0)\n0.1 b>a R. @777:777(0) ack 1\n", TV_A),
                            "CLOSED! SYN_SENT CLOSED?");
        /* data in the SYN: anything from the SYN to the last octet */
        assert_string_equal(path_after("0.0 a>b S 0:10(10) <fo>\n0.1 b>a R. @0:0(0) ack 11\n", TV_A),
                            "CLOSED! SYN_SENT CLOSED?");
        assert_string_equal(path_after("0.0 a>b S 0:10(10) <fo>\n0.1 b>a R. @0:0(0) ack 12\n", TV_A),
                            "CLOSED! SYN_SENT");
}

static void
reset_in_syn_rcvd_is_judged_by_its_sequence_number(void **state)
{
        static const char half[] = "0.0 a>b S 0:0(0)\n0.1 b>a S. 0:0(0) ack 1 win 1000\n";
        char text[300];

        (void)state;
        snprintf(text, sizeof text, "%s0.2 a>b R 1:1(0)\n", half);
        assert_string_equal(path_after(text, TV_B), "LISTEN! SYN_RCVD! CLOSED?");
        snprintf(text, sizeof text, "%s0.2 a>b R 5000:5000(0)\n", half);
        assert_string_equal(path_after(text, TV_B), "LISTEN! SYN_RCVD!");
}

static void
closed_window_takes_a_reset_at_rcv_nxt_only(void **state)
{
        (void)state;
        assert_string_equal(path_after(OPENED "0.1 b>a . 21:21(0) ack 11 win 0\n0.2 a>b R 11:11(0)\n", TV_B),
                            B_OPEN " CLOSED?");
        /* the window that was once advertised may not be taken back for judging: the right edge stays */
        assert_string_equal(path_after(OPENED "0.1 b>a . 21:21(0) ack 11 win 0\n0.2 a>b R 3000:3000(0)\n", TV_B),
                            B_OPEN);
}

static void
reset_of_a_connection_begun_in_the_middle_is_judged_by_what_was_seen(void **state)
{
        struct tv_run *run = run_of("0.00 a>b P. 100:200(100) ack 500\n0.02 b>a . 500:500(0) ack 200\n"
                                    "0.10 b>a R. 500:500(0) ack 200\n");

        (void)state;
        EXPECT_PATHS(run, 0, "ESTABLISHED! CLOSED?", "ESTABLISHED! CLOSED");
        tv_run_free(run);
}

static void
reset_alone_shows_that_its_sender_knows_no_connection(void **state)
{
        struct tv_run *run = run_of("0.00 a>b R. 100:100(0) ack 500\n");

        (void)state;
        assert_int_equal(run->connection_count, 1);
        assert_int_equal(tv_run_connection(run, 0)->state[TV_A], TV_CLOSED);
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reset_at_rcv_nxt_is_accepted),
                cmocka_unit_test(reset_behind_octets_in_flight_is_accepted),
                cmocka_unit_test(reset_inside_the_window_is_challenged),
                cmocka_unit_test(reset_outside_the_window_is_dropped),
                cmocka_unit_test(ignored_reset_is_no_act_of_its_purported_sender_either),
                cmocka_unit_test(reset_whose_sender_goes_on_was_forged),
                cmocka_unit_test(reset_in_syn_sent_needs_the_acknowledgment_of_the_syn),
                cmocka_unit_test(reset_in_syn_rcvd_is_judged_by_its_sequence_number),
                cmocka_unit_test(closed_window_takes_a_reset_at_rcv_nxt_only),
                cmocka_unit_test(reset_of_a_connection_begun_in_the_middle_is_judged_by_what_was_seen),
                cmocka_unit_test(reset_alone_shows_that_its_sender_knows_no_connection),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
