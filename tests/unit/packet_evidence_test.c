/* What is known of packets besides their bytes, through the whole engine: which of them were chosen, what was written
 * on them, and which way they passed the capturer. */
#include "tests/support/expect.h"
#include "tests/support/packet_builder.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the choice ---- */

static uint64_t the_chosen;

static bool
is_the_chosen(uint64_t packet)
{
        return packet == the_chosen;
}

/* The segment of tv_build_segment cut into pieces of 16 octets behind the IP header; piece |at| of them. */
static struct tv_build
piece_of(const struct tv_build *whole, uint32_t at)
{
        enum { ETHERNET = 14, IPV4 = 20, PIECE = 16 };
        const uint32_t length = (uint32_t)whole->length - ETHERNET - IPV4, offset = at * PIECE;
        const uint32_t n = length - offset < PIECE ? length - offset : PIECE;
        struct tv_build b = {.length = 0};

        tv_build_bytes(&b, whole->bytes, ETHERNET + IPV4);
        tv_build_poke16(&b, ETHERNET + 2, (uint16_t)(IPV4 + n));
        tv_build_poke16(&b, ETHERNET + 6, (uint16_t)((offset + n < length ? 0x2000 : 0) | offset / 8));
        tv_build_bytes(&b, whole->bytes + ETHERNET + IPV4 + offset, n);
        return b;
}

static void
push_built(struct tv_run_feed *feed, const struct tv_build *b, uint64_t frame)
{
        struct tv_packet packet = {.data = b->bytes,
                                   .captured = (uint32_t)b->length,
                                   .length = (uint32_t)b->length,
                                   .time = (tv_time)(TV_EXPECT_START + frame * 1000),
                                   .frame = tv_frame_make(1, frame),
                                   .link_type = DLT_EN10MB};

        tv_run_push(feed, &packet);
}

/* 20 octets of TCP header and 30 of payload: four pieces, of which any may come last. */
static void
any_fragment_chooses_the_connection(void **state)
{
        static const uint32_t orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 0, 3, 2}};
        struct tv_build whole = tv_build_segment(30);

        (void)state;
        for (size_t order = 0; order < sizeof orders / sizeof orders[0]; order++)
                for (the_chosen = 0; the_chosen < 6; the_chosen++) {
                        struct tv_run_feed *feed = tv_run_begin(&(struct tv_run_options){.chosen = is_the_chosen});

                        for (uint32_t i = 0; i < 4; i++) {
                                struct tv_build piece = piece_of(&whole, orders[order][i]);

                                push_built(feed, &piece, i + 1);
                        }
                        /* The choice of a packet says nothing about another datagram. */
                        struct tv_build other = tv_build_segment(10);

                        tv_build_poke16(&other, other.tcp, 40001);
                        push_built(feed, &other, 5);
                        struct tv_run *run = tv_run_end(feed);

                        EXPECT_KEPT(run);
                        assert_int_equal(run->connection_count, 2);
                        assert_int_equal(run->bucket[TV_BUCKET_fragment], 3);
                        assert_int_equal(run->connections[0].chosen, the_chosen < 4);
                        assert_int_equal(run->connections[1].chosen, the_chosen == 4);
                        tv_run_free(run);
                }
}

static void
icmp_error_chooses_the_connection_it_is_joined_to(void **state)
{
        /* half-open, whole, and one whose error comes before it (merged captures) */
        static const struct {
                const char *text;
                uint64_t error;
        } cases[] = {
                {"0.0 a>b S 0:0(0)\n0.1 a>b S 0:0(0) {icmp 3/3}\n0.2 a2>b2 S 0:0(0)\n", 1},
                {"0.0 a>b S 0:0(0)\n0.1 b>a S. 0:0(0) ack 1\n0.2 a>b . 1:1(0) ack 1\n0.3 a>b P. 1:11(10) ack 1\n"
                 "0.4 a>b P. 1:11(10) ack 1 {icmp 3/4 mtu 1400}\n0.5 a2>b2 S 0:0(0)\n",
                 4},
                {"0.0 a>b S 0:0(0) {icmp 3/3}\n0.001 a>b S 0:0(0)\n0.2 a2>b2 S 0:0(0)\n", 0},
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
                for (int plain = 0; plain < 2; plain++)
                        for (int chosen = 0; chosen < 2; chosen++) {
                                struct tv_run_options options = {.chosen = is_the_chosen, .no_segments = plain != 0};

                                the_chosen = chosen != 0 ? cases[i].error : UINT64_MAX;
                                struct tv_run *run = tv_run_text(cases[i].text, &options);

                                EXPECT_KEPT(run);
                                assert_int_equal(run->connection_count, 2);
                                assert_int_equal(run->connections[0].icmp_errors, 1);
                                assert_int_equal(run->connections[0].chosen, chosen);
                                assert_false(run->connections[1].chosen);
                                tv_run_free(run);
                        }
}

static void
icmp_error_of_no_connection_chooses_none(void **state)
{
        struct tv_run *run;

        (void)state;
        the_chosen = 1;
        run = tv_run_text("0.0 a>b S 0:0(0)\n0.1 a>b S 77:77(0) {icmp 3/3}\n",
                          &(struct tv_run_options){.chosen = is_the_chosen});
        assert_int_equal(run->quality.icmp_unmatched, 1);
        assert_false(run->connections[0].chosen);
        tv_run_free(run);
}

/* ---- comments ---- */

/* "3 hello|5 there+2": frames and texts of connection |conn|, and how many more. */
static const char *
comments_of(const struct tv_run *run, uint64_t conn)
{
        static char text[4096];
        const struct tv_connection *c = tv_run_connection(run, conn);
        size_t n = 0;

        assert_non_null(c);
        text[0] = '\0';
        for (size_t i = 0; i < c->comment_count; i++)
                n += (size_t)snprintf(text + n, sizeof text - n, "%s%u %s", i > 0 ? "|" : "",
                                      (unsigned)tv_frame_number(c->comments[i].frame), c->comments[i].text);
        if (c->comments_more != 0)
                snprintf(text + n, sizeof text - n, "+%u", (unsigned)c->comments_more);
        return text;
}

static void
comments_belong_to_the_connection_of_their_packet(void **state)
{
        (void)state;
        for (int plain = 0; plain < 2; plain++) {
                struct tv_run *run = tv_run_text("0.0 a>b S 0:0(0) {comment one}\n"
                                                 "0.1 a2>b2 S 0:0(0) {comment two}\n"
                                                 "0.2 b>a S. 0:0(0) ack 1 {comment three}\n"
                                                 "0.3 a>b . 1:1(0) ack 1\n"
                                                 "0.4 a2>b2 S 0:0(0) {icmp 3/3} {comment four}\n"
                                                 "0.5 a>b S 99:99(0) {icmp 3/3} {comment of none}\n"
                                                 "1.1 a2>b2 S 0:0(0) {comment five}\n"
                                                 "1.2 a3>b3 S 0:0(0)\n",
                                                 &(struct tv_run_options){.no_segments = plain != 0});

                EXPECT_KEPT(run);
                assert_string_equal(comments_of(run, 0), "1 one|3 three");
                assert_string_equal(comments_of(run, 1), "2 two|5 four|7 five");
                assert_string_equal(comments_of(run, 2), "");
                assert_int_equal(run->quality.comments_left_out, 0);
                tv_run_free(run);
        }
}

/* Rows of lone SYNs are copied from each other. */
static void
lone_syns_do_not_share_comments(void **state)
{
        struct tv_run *run = tv_run_text("0.0 a>b S 0:0(0)\n0.1 a2>b2 S 0:0(0) {comment mine}\n0.2 a3>b3 S 0:0(0)\n"
                                         "0.3 a4>b4 S 0:0(0) {comment own}\n0.4 a5>b5 S 0:0(0)\n",
                                         &(struct tv_run_options){.no_segments = true});

        (void)state;
        assert_string_equal(comments_of(run, 0), "");
        assert_string_equal(comments_of(run, 1), "2 mine");
        assert_string_equal(comments_of(run, 2), "");
        assert_string_equal(comments_of(run, 3), "4 own");
        assert_string_equal(comments_of(run, 4), "");
        tv_run_free(run);
}

/* The SYN of a connection that is to replace another one is at first that other one's. */
static void
comment_follows_a_syn_into_its_connection(void **state)
{
        struct tv_run *run = tv_run_text("a1 = :40000 isn 1\na2 = :40000 isn 1000000000\nb1 = :80 isn 2000000000\n"
                                         "b2 = :80 isn 9\n"
                                         "0.0 a1>b1 S 0:0(0)\n0.1 b1>a1 S. 0:0(0) ack 1\n0.2 a1>b1 . 1:1(0) ack 1\n"
                                         "0.3 a1>b1 P. 1:11(10) ack 1 {comment old}\n"
                                         "9.0 a2>b2 S 0:0(0) {comment new}\n9.1 b2>a2 S. 0:0(0) ack 1\n"
                                         "9.2 a2>b2 . 1:1(0) ack 1\n",
                                         NULL);

        (void)state;
        assert_int_equal(run->connection_count, 2);
        assert_string_equal(comments_of(run, 0), "4 old");
        assert_string_equal(comments_of(run, 1), "5 new");
        tv_run_free(run);
}

static void
ten_comments_are_shown_and_the_others_counted(void **state)
{
        char text[8192];
        size_t n = 0;

        (void)state;
        for (unsigned i = 0; i < 13; i++)
                n += (size_t)snprintf(text + n, sizeof text - n, "%u a>b P. %u:%u(10) ack 1 {comment c%u}\n", i,
                                      1 + 10 * i, 11 + 10 * i, i);
        struct tv_run *run = tv_run_text(text, NULL);

        assert_string_equal(comments_of(run, 0), "1 c0|2 c1|3 c2|4 c3|5 c4|6 c5|7 c6|8 c7|9 c8|10 c9+3");
        tv_run_free(run);
}

static void
comments_beyond_4096_are_counted(void **state)
{
        size_t room = 1 << 20, n = 0;
        char *text = malloc(room);

        (void)state;
        assert_non_null(text);
        for (unsigned i = 0; i < 5000; i++)
                n += (size_t)snprintf(text + n, room - n, "%u.%03u a%u>b%u S 0:0(0) {comment c%u}\n", i / 1000,
                                      i % 1000, i % 500 + 1, i % 500 + 1, i);
        struct tv_run *run = tv_run_text(text, &(struct tv_run_options){.no_segments = true});
        uint64_t kept = 0;

        EXPECT_KEPT(run);
        assert_int_equal(run->quality.comments_left_out, 5000 - 4096);
        for (size_t i = 0; i < run->connection_count; i++)
                kept += run->connections[i].comment_count + run->connections[i].comments_more;
        assert_int_equal(kept, 4096);
        assert_string_equal(comments_of(run, 7), "8 c7|508 c507|1008 c1007|1508 c1507|2008 c2007|2508 c2507|"
                                                 "3008 c3007|3508 c3507|4008 c4007");
        tv_run_free(run);
        free(text);
}

/* ---- which way packets passed ---- */

static void
rows_tell_which_way_packets_passed(void **state)
{
        char text[4096];
        size_t n = (size_t)snprintf(text, sizeof text,
                                    "0.0 a>b S 0:0(0) {out}\n0.1 b>a S. 0:0(0) ack 1 {in}\n"
                                    "0.2 a>b . 1:1(0) ack 1\n0.3 b>a . 1:1(0) ack 1 {by}\n");

        (void)state;
        for (unsigned i = 0; i < 40; i++) /* more than wait to be tracked */
                n += (size_t)snprintf(text + n, sizeof text - n, "%u a>b P. %u:%u(10) ack 1%s\n", i + 1, 1 + 10 * i,
                                      11 + 10 * i, i % 3 == 0 ? " {out}" : "");
        struct tv_run *run = tv_run_text(text, NULL);

        assert_int_equal(run->rows[0].passed, TV_PASSED_OUT);
        assert_int_equal(run->rows[1].passed, TV_PASSED_IN);
        assert_int_equal(run->rows[2].passed, TV_PASSED_UNKNOWN);
        assert_int_equal(run->rows[3].passed, TV_PASSED_BY);
        for (unsigned i = 0; i < 40; i++)
                assert_int_equal(run->rows[4 + i].passed, i % 3 == 0 ? TV_PASSED_OUT : TV_PASSED_UNKNOWN);
        tv_run_free(run);
}

#define A 10, 0, 0, 1
#define B 10, 0, 0, 2

static void
expect_place(const char *text, const uint8_t place[4])
{
        struct tv_run *run = tv_run_text(text, NULL);

        if (run->quality.has_taken_at != (place != NULL))
                fail_msg("%s\ntaken at %d", text, run->quality.taken_at.byte[3]);
        if (place != NULL)
                assert_memory_equal(run->quality.taken_at.byte, place, 4);
        tv_run_free(run);
}
#define AT(...) ((const uint8_t[]){__VA_ARGS__})

/* No delays are known here: data in one direction only, in mid-connection. */
static void
what_goes_out_from_an_address_and_comes_in_to_it_tells_the_place(void **state)
{
        (void)state;
        expect_place("0 a>b P. 1:2(1) ack 1 {out}\n1 b>a . 1:1(0) ack 1 {in}\n", AT(A));
        expect_place("0 a>b P. 1:2(1) ack 1 {in}\n1 b>a . 1:1(0) ack 1 {out} {ttl 128}\n", AT(B));
        expect_place("link sll\n0 a>b P. 1:2(1) ack 1 {in}\n1 b>a . 1:1(0) ack 1 {out} {ttl 255}\n", AT(B));
        expect_place("link sll2\n0 a>b P. 1:2(1) ack 1 {out}\n1 b>a . 1:1(0) ack 1 {in}\n", AT(A));
        /* One way alone is what a router's port shows of anybody. */
        expect_place("0 a>b P. 1:2(1) ack 1 {out}\n1 b>a . 1:1(0) ack 1\n", NULL);
        expect_place("0 a>b P. 1:2(1) ack 1\n1 b>a . 1:1(0) ack 1 {in}\n", NULL);
        expect_place("0 a>b P. 1:2(1) ack 1\n1 b>a . 1:1(0) ack 1\n", NULL);
}

static void
contradicting_ways_tell_no_place(void **state)
{
        (void)state;
        /* A router's port: what goes out was sent by somebody else. */
        expect_place("0 a>b P. 1:2(1) ack 1 {in}\n1 b>a . 1:1(0) ack 1 {out} {ttl 63}\n", NULL);
        /* All ports of a router. */
        expect_place("0 a>b P. 1:2(1) ack 1 {in}\n0.1 a>b P. 1:2(1) ack 1 {out}\n"
                     "1 b>a . 1:1(0) ack 1 {in}\n1.1 b>a . 1:1(0) ack 1 {out}\n",
                     NULL);
        /* The capturer saw a packet to this address that was none of its own. */
        expect_place("0 a>b P. 1:2(1) ack 1 {out}\n1 b>a . 1:1(0) ack 1 {in}\n2 b>a . 1:1(0) ack 1 {by}\n", NULL);
        /* Two addresses are here. */
        expect_place("a2 = 10.0.0.7:5000\n0 a>b P. 1:2(1) ack 1 {out}\n1 b>a . 1:1(0) ack 1 {in}\n"
                     "2 a2>b P. 1:2(1) ack 1 {out}\n3 b>a2 . 1:1(0) ack 1 {in}\n",
                     NULL);
        /* Loopback. */
        expect_place("a = 127.0.0.1:40000\nb = 127.0.0.1:80\n0 a>b P. 1:2(1) ack 1 {out}\n1 b>a . 1:1(0) ack 1 {in}\n",
                     NULL);
        /* Inside of a tunnel. */
        expect_place("0 a>b P. 1:2(1) ack 1 {out} {ipip}\n1 b>a . 1:1(0) ack 1 {in} {ipip}\n", NULL);
}

#define DELAYS(out, in)                                                                                                \
        "0.000 a>b S 0:0(0)" out "\n0.050 b>a S. 0:0(0) ack 1" in "\n0.0501 a>b . 1:1(0) ack 1" out                    \
        "\n0.051 a>b P. 1:11(10) ack 1" out "\n0.101 b>a P. 1:11(10) ack 11" in "\n0.1011 a>b . 11:11(0) ack 11" out   \
        "\n"

static void
ways_and_delays_must_agree(void **state)
{
        (void)state;
        expect_place(DELAYS("", ""), AT(A));
        expect_place(DELAYS(" {out}", " {in}"), AT(A));
        expect_place(DELAYS(" {in}", " {out}"), NULL);
        /* An end that takes its time, where the capturer says that it is here. */
        expect_place("0.000 a>b S 0:0(0) {in}\n0.003 b>a S. 0:0(0) ack 1 {out}\n0.008 a>b . 1:1(0) ack 1 {in}\n",
                     AT(B));
        expect_place("0.000 a>b S 0:0(0)\n0.003 b>a S. 0:0(0) ack 1\n0.008 a>b . 1:1(0) ack 1\n", NULL);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(any_fragment_chooses_the_connection),
                cmocka_unit_test(icmp_error_chooses_the_connection_it_is_joined_to),
                cmocka_unit_test(icmp_error_of_no_connection_chooses_none),
                cmocka_unit_test(comments_belong_to_the_connection_of_their_packet),
                cmocka_unit_test(lone_syns_do_not_share_comments),
                cmocka_unit_test(comment_follows_a_syn_into_its_connection),
                cmocka_unit_test(ten_comments_are_shown_and_the_others_counted),
                cmocka_unit_test(comments_beyond_4096_are_counted),
                cmocka_unit_test(rows_tell_which_way_packets_passed),
                cmocka_unit_test(what_goes_out_from_an_address_and_comes_in_to_it_tells_the_place),
                cmocka_unit_test(contradicting_ways_tell_no_place),
                cmocka_unit_test(ways_and_delays_must_agree),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
