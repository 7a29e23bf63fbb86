/* Which segment belongs to which incarnation of the same addresses and ports (design.md sections 2 and 3): a new one
 * needs evidence, and silence is none. */
#include "tests/support/expect.h"

#define ENDS                                                                                                           \
        "a  = :40000 isn 100000000\n"                                                                                  \
        "b  = :80    isn 300000000\n"                                                                                  \
        "a2 = :40000 isn 1500000000\n"                                                                                 \
        "b2 = :80    isn 2600000000\n"

#define OPENED                                                                                                         \
        ENDS "0.0000 a>b S  0:0(0)       win 65535 <mss 1460>\n"                                                       \
             "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"                                                       \
             "0.0401 a>b .  1:1(0) ack 1\n"                                                                            \
             "0.0500 a>b P. 1:101(100) ack 1\n"                                                                        \
             "0.0900 b>a P. 1:201(200) ack 101\n"                                                                      \
             "0.0901 a>b .  101:101(0) ack 201\n"

#define CLOSED                                                                                                         \
        OPENED "0.1000 a>b F. 101:101(0) ack 201\n"                                                                    \
               "0.1400 b>a F. 201:201(0) ack 102\n"                                                                    \
               "0.1401 a>b .  102:102(0) ack 202\n"

static struct tv_run *
run_of(const char *text)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        return run;
}

static void
expect_connections(const char *text, size_t count)
{
        struct tv_run *run = run_of(text);

        if (run->connection_count != count)
                tv_run_print(run);
        assert_int_equal(run->connection_count, count);
        tv_run_free(run);
}

static void
new_isn_after_the_close_begins_a_new_connection(void **state)
{
        struct tv_run *run = run_of(CLOSED "1.0000 a2>b2 S  0:0(0)       win 65535 <mss 1460>\n"
                                           "1.0400 b2>a2 S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                           "1.0401 a2>b2 .  1:1(0) ack 1\n");

        (void)state;
        assert_int_equal(run->connection_count, 2);
        EXPECT_LIFE(run, 0, "complete orderly first a");
        EXPECT_LIFE(run, 1, "complete open");
        assert_int_equal(tv_run_connection(run, 0)->dir[0].segments, 6);
        assert_int_equal(tv_run_connection(run, 1)->dir[0].segments, 2);
        assert_int_equal(tv_frame_number(tv_run_connection(run, 1)->first_frame), 10);
        assert_int_equal(tv_run_connection(run, 1)->dir[0].isn, 1500000000);
        /* Wireshark splits there too */
        assert_int_equal(tv_run_connection(run, 1)->tcp_stream, 1);
        tv_run_free(run);
}

static void
new_isn_after_a_reset_begins_a_new_connection(void **state)
{
        (void)state;
        expect_connections(OPENED "0.1000 a>b R 101:101(0)\n1.0000 a2>b2 S 0:0(0)\n", 2);
}

static void
new_isn_after_a_refusal_begins_a_new_connection(void **state)
{
        struct tv_run *run = run_of(ENDS "0.00 a>b S 0:0(0)\n0.02 b>a R. @0:0(0) ack 1\n"
                                         "1.00 a2>b S 0:0(0)\n1.02 b>a2 R. @0:0(0) ack 1\n");

        (void)state;
        assert_int_equal(run->connection_count, 2);
        EXPECT_LIFE(run, 0, "refused reset first b");
        EXPECT_LIFE(run, 1, "refused reset first b");
        tv_run_free(run);
}

static void
syn_into_a_live_connection_that_is_challenged_begins_nothing(void **state)
{
        struct tv_run *run = run_of(OPENED "1.0000 a2>b S  0:0(0)\n"
                                           "1.0400 b>a .  201:201(0) ack 101\n"
                                           "2.0000 a>b P. 101:201(100) ack 201\n"
                                           "2.0400 b>a .  201:201(0) ack 201\n");

        (void)state;
        assert_int_equal(run->connection_count, 1);
        assert_int_equal(tv_run_row(run, 7)->data_class, TV_DATA_OUTSIDE_WINDOW);
        EXPECT_ROW(run, 8, "none, challenge");
        EXPECT_LIFE(run, 0, "complete open");
        tv_run_free(run);
}

static void
syn_into_a_live_connection_that_is_answered_begins_a_new_one(void **state)
{
        /* b had forgotten the old one (or gave it up for the new SYN): its SYN-ACK tells */
        struct tv_run *run = run_of(OPENED "1.0000 a2>b2 S  0:0(0)       win 65535 <mss 1460>\n"
                                           "1.0400 b2>a2 S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                           "1.0401 a2>b2 .  1:1(0) ack 1\n");
        const struct tv_connection *c = tv_run_connection(run, 1);

        (void)state;
        assert_int_equal(run->connection_count, 2);
        EXPECT_LIFE(run, 0, "complete replaced");
        assert_int_equal(c->dir[0].isn, 1500000000);
        assert_int_equal(tv_frame_number(c->first_frame), 7); /* the SYN belongs to it, as it turned out */
        assert_int_equal(tv_run_row(run, 8)->conn, 1);
        assert_int_equal(tv_run_row(run, 6)->conn, 0);
        assert_true(c->start == TV_EXPECT_START + INT64_C(1000000000));
        assert_int_equal(c->state[TV_A], TV_ESTABLISHED);
        assert_int_equal(c->state[TV_B], TV_ESTABLISHED);
        tv_run_free(run);
}

static void
incarnation_whose_syn_was_not_captured_is_known_by_its_numbers(void **state)
{
        /* neither number can belong to the old one, which had ended */
        struct tv_run *by_data = run_of(CLOSED "1.0500 a2>b2 P. 1:101(100) ack 1\n"
                                               "1.0900 b2>a2 .  1:1(0)     ack 101\n");
        struct tv_run *by_synack = run_of(CLOSED "1.0400 b2>a2 S. 0:0(0) ack 1 win 65535\n"
                                                 "1.0401 a2>b2 .  1:1(0) ack 1\n");

        (void)state;
        assert_int_equal(by_data->connection_count, 2);
        EXPECT_LIFE(by_data, 1, "not-captured open");
        assert_int_equal(tv_run_connection(by_data, 1)->dir[0].missing_bytes, 0);
        assert_int_equal(by_synack->connection_count, 2);
        assert_int_equal(tv_run_connection(by_synack, 1)->initiator, TV_INITIATOR_SYNACK);
        assert_int_equal(tv_run_connection(by_synack, 1)->port[TV_A], 40000);
        /* Wireshark does not split there: both have one stream number */
        assert_int_equal(tv_run_connection(by_data, 1)->tcp_stream, 0);
        tv_run_free(by_data);
        tv_run_free(by_synack);
}

static void
trailing_segments_belong_to_the_connection_that_ended(void **state)
{
        (void)state;
        expect_connections(CLOSED "0.3800 b>a F. 201:201(0) ack 102\n0.3801 a>b . 102:102(0) ack 202\n", 1);
        expect_connections(CLOSED "50.0 b>a F. 201:201(0) ack 102\n", 1); /* within 2MSL */
        expect_connections(OPENED "0.1 a>b R 101:101(0)\n0.14 b>a P. 201:301(100) ack 101\n0.1401 a>b R 101:101(0)\n",
                           1);
}

static void
old_isn_repeated_is_the_old_syn_however_late(void **state)
{
        struct tv_run *run = run_of(ENDS "0.000   a>b S  0:0(0) win 65535\n"
                                         "100.000 a>b S  0:0(0) win 65535\n"
                                         "100.040 b>a S. 0:0(0) ack 1 win 65535\n"
                                         "100.041 a>b .  1:1(0) ack 1\n");

        (void)state;
        assert_int_equal(run->connection_count, 1);
        assert_int_equal(tv_run_row(run, 2)->data_class, TV_DATA_RETRANSMISSION);
        EXPECT_LIFE(run, 0, "complete open");
        tv_run_free(run);
}

static void
silence_ends_nothing(void **state)
{
        (void)state;
        expect_connections(OPENED "86400.0 a>b P. 101:201(100) ack 201\n86400.1 b>a . 201:201(0) ack 201\n", 1);
        expect_connections(OPENED "0.1 a>b F. 101:101(0) ack 201\n0.14 b>a . 201:201(0) ack 102\n"
                                  "40000.0 b>a F. 201:201(0) ack 102\n40000.1 a>b . 102:102(0) ack 202\n",
                           1);
}

static void
far_numbers_alone_begin_nothing_while_the_connection_lives(void **state)
{
        /* one forged or stray segment is no new connection */
        struct tv_run *run = run_of(OPENED "1.0000 a2>b2 P. 1:101(100) ack 1\n"
                                           "2.0000 a>b P. 101:201(100) ack 201\n"
                                           "2.0400 b>a .  201:201(0) ack 201\n");

        (void)state;
        assert_int_equal(run->connection_count, 1);
        assert_int_equal(tv_run_row(run, 7)->data_class, TV_DATA_OUTSIDE_WINDOW);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].missing_bytes, 0);
        assert_int_equal(tv_run_connection(run, 0)->dir[0].retransmissions, 0);
        tv_run_free(run);
}

static void
port_and_address_tell_connections_apart(void **state)
{
        (void)state;
        expect_connections("a2 = 10.0.0.1:40001\nb2 = 10.0.0.2:80\n"
                           "0.0 a>b S 0:0(0)\n0.1 a2>b2 S 0:0(0)\n0.2 a3>b S 0:0(0)\n",
                           3);
        /* the same numbers in the other address family are somebody else */
        expect_connections("a2 = [2001:db8::1]:40000\nb2 = [2001:db8::2]:80\n0.0 a>b S 0:0(0)\n0.1 a2>b2 S 0:0(0)\n",
                           2);
}

static void
vlan_and_tunnel_are_no_part_of_the_key(void **state)
{
        (void)state;
        expect_connections(ENDS "0.0000 a>b S  0:0(0)       win 65535 {vlan 5}\n"
                                "0.0400 b>a S. 0:0(0) ack 1 win 65535 {vlan 6}\n"
                                "0.0401 a>b .  1:1(0) ack 1\n",
                           1);
}

static void
initiator_is_who_sent_the_syn_whatever_the_ports(void **state)
{
        struct tv_run *run = run_of("a = 10.9.9.9:20\nb = 10.0.0.2:50000\n"
                                    "0.0000 a>b S  0:0(0) win 65535\n0.0400 b>a S. 0:0(0) ack 1 win 65535\n");
        struct tv_run *middle = run_of("a = 10.9.9.9:80\nb = 10.0.0.2:50000\n"
                                       "0.0000 a>b P. 1:101(100) ack 1\n0.0400 b>a . 1:1(0) ack 101\n");

        (void)state;
        assert_int_equal(tv_run_connection(run, 0)->initiator, TV_INITIATOR_SYN);
        assert_int_equal(tv_run_connection(run, 0)->port[TV_A], 20);
        /* without a SYN the higher port is taken for the client's */
        assert_int_equal(tv_run_connection(middle, 0)->initiator, TV_INITIATOR_INFERRED);
        assert_int_equal(tv_run_connection(middle, 0)->port[TV_A], 50000);
        tv_run_free(run);
        tv_run_free(middle);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(new_isn_after_the_close_begins_a_new_connection),
                cmocka_unit_test(new_isn_after_a_reset_begins_a_new_connection),
                cmocka_unit_test(new_isn_after_a_refusal_begins_a_new_connection),
                cmocka_unit_test(syn_into_a_live_connection_that_is_challenged_begins_nothing),
                cmocka_unit_test(syn_into_a_live_connection_that_is_answered_begins_a_new_one),
                cmocka_unit_test(incarnation_whose_syn_was_not_captured_is_known_by_its_numbers),
                cmocka_unit_test(trailing_segments_belong_to_the_connection_that_ended),
                cmocka_unit_test(old_isn_repeated_is_the_old_syn_however_late),
                cmocka_unit_test(silence_ends_nothing),
                cmocka_unit_test(far_numbers_alone_begin_nothing_while_the_connection_lives),
                cmocka_unit_test(port_and_address_tell_connections_apart),
                cmocka_unit_test(vlan_and_tunnel_are_no_part_of_the_key),
                cmocka_unit_test(initiator_is_who_sent_the_syn_whatever_the_ports),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
