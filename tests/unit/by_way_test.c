/* Networks behind tags and tunnels that use the same addresses and ports at the same time: what tells them apart
 * without and with --key, and what must not. */
#include "tests/support/expect.h"

#include <stdlib.h>

/* Of one network a and b, of the other a2 and b2. */
#define ENDS                                                                                                           \
        "a  = :40000 isn 100000000\n"                                                                                  \
        "b  = :80    isn 300000000\n"                                                                                  \
        "a2 = 10.0.0.1:40000 isn 1500000000\n"                                                                         \
        "b2 = 10.0.0.2:80    isn 2600000000\n"

/* What is expected, with half-open records and with whole connections from the first SYN on (which rows need). */
static struct tv_run *
run_key(const char *text, bool no_segments, unsigned key)
{
        struct tv_run *run = tv_run_text(text, &(struct tv_run_options){.no_segments = no_segments, .key = key});

        EXPECT_KEPT(run);
        return run;
}

static void
expect_segments(const struct tv_run *run, uint64_t conn, uint64_t a, uint64_t b, uint32_t stream)
{
        const struct tv_connection *c = tv_run_connection(run, conn);

        if (c == NULL || c->dir[TV_A].segments != a || c->dir[TV_B].segments != b || c->tcp_stream != stream) {
                tv_run_print(run);
                fail_msg("connection %u is another one", (unsigned)conn);
        }
}

static void
overlapping_networks_are_two_connections(void **state)
{
        (void)state;
        for (int plain = 0; plain < 2; plain++) {
                struct tv_run *run = run_key(ENDS "0.00 a>b   S  0:0(0) {vxlan 1}\n"
                                                  "0.01 a2>b2 S  0:0(0) {vxlan 2}\n"
                                                  "0.02 b>a   S. 0:0(0) ack 1 {vxlan 1}\n"
                                                  "0.03 b2>a2 S. 0:0(0) ack 1 {vxlan 2}\n"
                                                  "0.04 a>b   .  1:1(0) ack 1 {vxlan 1}\n"
                                                  "0.05 a2>b2 .  1:1(0) ack 1 {vxlan 2}\n"
                                                  "0.06 a2>b2 P. 1:11(10) ack 1 {vxlan 2}\n"
                                                  "0.07 a>b   R. 1:1(0) ack 1 {vxlan 1}\n"
                                                  "0.08 b2>a2 .  1:1(0) ack 11 {vxlan 2}\n",
                                             plain != 0, 0);

                assert_int_equal(run->connection_count, 2);
                EXPECT_LIFE(run, 0, "complete reset first a");
                EXPECT_LIFE(run, 1, "complete open");
                expect_segments(run, 0, 3, 1, 0);
                expect_segments(run, 1, 3, 2, 1);
                tv_run_free(run);
        }
}

/* From the servers only plain packets were captured: their way tells nothing, numbers do. */
static void
where_ways_are_equal_numbers_tell(void **state)
{
        (void)state;
        for (int plain = 0; plain < 2; plain++) {
                struct tv_run *run = run_key(ENDS "0.00 a>b   S  0:0(0) {vxlan 1}\n"
                                                  "0.01 a2>b2 S  0:0(0) {vxlan 2}\n"
                                                  "0.02 b>a   S. 0:0(0) ack 1\n"
                                                  "0.03 b2>a2 S. 0:0(0) ack 1\n"
                                                  "0.04 a>b   P. 1:11(10) ack 1 {vxlan 1}\n"
                                                  "0.05 a2>b2 P. 1:11(10) ack 1 {vxlan 2}\n"
                                                  "0.06 b>a   .  1:1(0) ack 11\n"
                                                  "0.07 b>a   P. 1:21(20) ack 11\n"
                                                  "0.08 b2>a2 F. 1:1(0) ack 11\n"
                                                  "0.09 b>a   R. 21:21(0) ack 11\n",
                                             plain != 0, 0);

                assert_int_equal(run->connection_count, 2);
                EXPECT_LIFE(run, 0, "complete reset first b");
                EXPECT_LIFE(run, 1, "complete half-closed first b");
                expect_segments(run, 0, 2, 4, 0);
                expect_segments(run, 1, 2, 2, 1);
                tv_run_free(run);
        }
}

/* A way of its own for each direction, and servers that refuse: RST with SEQ 0. */
static void
the_refusal_goes_to_whom_it_acknowledges(void **state)
{
        (void)state;
        for (int plain = 0; plain < 2; plain++) {
                struct tv_run *run = run_key(ENDS "0.00 a>b   S  0:0(0) {gtp 1}\n"
                                                  "0.01 a2>b2 S  0:0(0) {gtp 2}\n"
                                                  "0.02 b>a   R. @0:0(0) ack 1 {gtp 11}\n"
                                                  "0.03 b2>a2 S. 0:0(0) ack 1 {gtp 12}\n",
                                             plain != 0, 0);

                assert_int_equal(run->connection_count, 2);
                EXPECT_LIFE(run, 0, "refused reset first b");
                expect_segments(run, 0, 1, 1, 0);
                expect_segments(run, 1, 1, 1, 1);
                tv_run_free(run);
        }
}

#define LIVE                                                                                                           \
        ENDS "0.00 a>b S  0:0(0) {vlan 1}\n"                                                                           \
             "0.02 b>a S. 0:0(0) ack 1 {vlan 1}\n"                                                                     \
             "0.04 a>b .  1:1(0) ack 1 {vlan 1}\n"

static void
expect_count(const char *text, size_t count)
{
        for (int plain = 0; plain < 2; plain++) {
                struct tv_run *run = run_key(text, plain != 0, 0);

                if (run->connection_count != count)
                        tv_run_print(run);
                assert_int_equal(run->connection_count, count);
                tv_run_free(run);
        }
}

static void
what_is_no_contradiction_stays_one_connection(void **state)
{
        (void)state;
        /* a stray SYN on the same way */
        expect_count(LIVE "1 a2>b2 S 0:0(0) {vlan 1}\n2 a>b P. 1:11(10) ack 1 {vlan 1}\n", 1);
        /* ... that a mirror port shows in another VLAN too */
        expect_count(LIVE "1 a2>b2 S 0:0(0) {vlan 1}\n1.00001 a2>b2 S 0:0(0) {vlan 2}\n", 1);
        /* a client that moves: its SYN again, or the rest of the connection */
        expect_count(ENDS "0 a>b S 0:0(0) {vlan 1}\n1 a>b S 0:0(0) {vlan 2}\n1.1 b>a S. 0:0(0) ack 1 {vlan 2}\n", 1);
        expect_count(LIVE "1 a>b P. 1:11(10) ack 1 {vlan 2}\n2 b>a P. 1:11(10) ack 11 {vlan 2}\n", 1);
        /* a direction that has used several ways says nothing */
        expect_count(LIVE "1 a>b P. 1:11(10) ack 1 {vlan 3}\n2 a2>b2 S 0:0(0) {vlan 2}\n", 1);
        /* two answers to one SYN */
        expect_count(LIVE "1 b2>a S. 0:0(0) ack 1 {vlan 2}\n", 1);
        /* the contradiction */
        expect_count(LIVE "1 a2>b2 S 0:0(0) {vlan 2}\n2 a>b P. 1:11(10) ack 1 {vlan 1}\n", 2);
}

static void
after_the_end_another_way_is_reuse(void **state)
{
        (void)state;
        for (int plain = 0; plain < 2; plain++) {
                struct tv_run *run = run_key(LIVE "1.00 a>b   F. 1:1(0) ack 1 {vlan 1}\n"
                                                  "1.02 b>a   F. 1:1(0) ack 2 {vlan 1}\n"
                                                  "1.04 a>b   .  2:2(0) ack 2 {vlan 1}\n"
                                                  "5.00 a2>b2 S  0:0(0) {vlan 2}\n"
                                                  "5.02 b2>a2 S. 0:0(0) ack 1 {vlan 2}\n",
                                             plain != 0, 0);

                assert_int_equal(run->connection_count, 2);
                expect_segments(run, 0, 4, 2, 0);
                expect_segments(run, 1, 1, 1, 1);
                /* it was replaced, and did not wait for 2MSL */
                assert_int_equal(run->finals[0], 0);
                tv_run_free(run);
        }
}

/* Both end; a late copy of each comes when connections that are over are packed, if they are alone. */
static void
what_trails_goes_to_its_own(void **state)
{
        struct tv_run *run = run_key(LIVE "0.50 a2>b2 S  0:0(0) {vlan 2}\n"
                                          "0.52 b2>a2 S. 0:0(0) ack 1 {vlan 2}\n"
                                          "0.54 a2>b2 .  1:1(0) ack 1 {vlan 2}\n"
                                          "1.00 a>b   F. 1:1(0) ack 1 {vlan 1}\n"
                                          "1.02 b>a   F. 1:1(0) ack 2 {vlan 1}\n"
                                          "1.04 a>b   .  2:2(0) ack 2 {vlan 1}\n"
                                          "2.00 a2>b2 F. 1:1(0) ack 1 {vlan 2}\n"
                                          "2.02 b2>a2 F. 1:1(0) ack 2 {vlan 2}\n"
                                          "2.04 a2>b2 .  2:2(0) ack 2 {vlan 2}\n"
                                          "9.00 b>a   F. 1:1(0) ack 2 {vlan 1}\n"
                                          "9.01 b2>a2 F. 1:1(0) ack 2 {vlan 2}\n"
                                          "9.02 a>b   .  2:2(0) ack 2 {vlan 1}\n"
                                          "200  a3>b3 S  0:0(0)\n"
                                          "201 a4>b4 S 0:0(0)\n"
                                          "202 a5>b5 S 0:0(0)\n"
                                          "203 a6>b6 S 0:0(0)\n",
                                     true, 0);

        (void)state;
        assert_int_equal(run->connection_count, 6);
        EXPECT_LIFE(run, 0, "complete orderly first a");
        EXPECT_LIFE(run, 1, "complete orderly first a");
        expect_segments(run, 0, 5, 3, 0);
        expect_segments(run, 1, 4, 3, 1);
        /* 2MSL after the last segment of each: the last one of the second is a little older */
        assert_int_equal(run->finals[0], 1);
        assert_int_equal(run->finals[1], 0);
        tv_run_free(run);
}

/* Ports are used again in one of the networks, while the other goes on. */
static void
reuse_on_one_way_leaves_the_other_alone(void **state)
{
        struct tv_run *run = run_key(LIVE "a3 = 10.0.0.1:40000 isn 3500000000\n"
                                          "0.50 a2>b2 S  0:0(0) {vlan 2}\n"
                                          "0.52 b2>a2 S. 0:0(0) ack 1 {vlan 2}\n"
                                          "1.00 a>b   R. 1:1(0) ack 1 {vlan 1}\n"
                                          "1.10 a3>b  S  0:0(0) {vlan 1}\n"
                                          "1.20 a2>b2 .  1:1(0) ack 1 {vlan 2}\n"
                                          "1.30 a3>b  S  0:0(0) {vlan 1}\n",
                                     true, 0);

        (void)state;
        assert_int_equal(run->connection_count, 3);
        EXPECT_LIFE(run, 0, "complete reset first a");
        expect_segments(run, 0, 3, 1, 0);
        expect_segments(run, 1, 2, 1, 1);
        expect_segments(run, 2, 2, 0, 2);
        tv_run_free(run);
}

/* Wireshark's rule takes every SYN with another number than the one before for a new stream: the third and the fifth
 * frame begin streams, though they repeat SYNs. */
static void
stream_numbers_follow_all_networks_together(void **state)
{
        static const char text[] = "0.0 a>b   S 0:0(0) {vlan 1}\n"
                                   "0.1 a2>b2 S 0:0(0) {vlan 2}\n"
                                   "1.0 a>b   S 0:0(0) {vlan 1}\n"
                                   "1.1 a2>b2 S 0:0(0) {vlan 2}\n"
                                   "2.0 a3>b3 S 0:0(0) {vlan 1}\n"
                                   "2.1 a4>b4 S 0:0(0) {vlan 3}\n"
                                   "2.2 b>a   R. @0:0(0) ack 1 {vlan 1}\n"
                                   "2.3 a4>b4 S 0:0(0) {vlan 4}\n";
        char whole[1000];

        (void)state;
        snprintf(whole, sizeof whole, "%sa4 = 10.0.0.1:40000 isn 4000000000\nb4 = 10.0.0.2:80 isn 1\n%s", ENDS, text);
        for (int plain = 0; plain < 2; plain++)
                for (unsigned key = 0; key < 4; key++) {
                        struct tv_run *run = run_key(whole, plain != 0, key);

                        /* VLAN 4 has the ISN of VLAN 3: only who asks for tags sees two connections there */
                        assert_int_equal(run->connection_count, (key & TV_WAY_VLAN) != 0 ? 5 : 4);
                        expect_segments(run, 0, 2, 1, 0);
                        expect_segments(run, 1, 2, 0, 1);
                        expect_segments(run, 2, 1, 0, 4);
                        expect_segments(run, 3, (key & TV_WAY_VLAN) != 0 ? 1 : 2, 0, 5);
                        if ((key & TV_WAY_VLAN) != 0)
                                expect_segments(run, 4, 1, 0, 5);
                        tv_run_free(run);
                }
}

/* Of more networks than are told apart the rest is with the newest, as it would be without any rule; nothing is lost.
 */
static void
there_is_an_end_to_it(void **state)
{
        static char text[40000];
        size_t n = 0;

        (void)state;
        for (unsigned i = 0; i < 100; i++)
                n += (size_t)snprintf(text + n, sizeof text - n,
                                      "a%u = 10.0.0.1:40000 isn %u\n0.%03u a%u>b S 0:0(0) {vxlan %u}\n", i,
                                      1000000 + i * 10000000, i, i, i + 1);
        for (int plain = 0; plain < 2; plain++) {
                struct tv_run *run = run_key(text, plain != 0, 0);
                uint64_t segments = 0;

                for (size_t c = 0; c < run->connection_count; c++)
                        segments += run->connections[c].dir[TV_A].segments;
                assert_int_equal(segments, 100);
                assert_int_equal(run->connection_count, 100); /* SYNs that were never answered make room */
                for (size_t c = 0; c < 36; c++)               /* ... one after the other, each of them the 64th */
                        assert_int_equal(run->finals[c], 63 + c);
                tv_run_free(run);
        }
        for (int plain = 0; plain < 2; plain++) {
                struct tv_run *run = run_key(text, plain != 0, TV_WAY_TUNNEL);

                assert_int_equal(run->connection_count, 100);
                for (size_t c = 0; c < 100; c++) {
                        assert_int_equal(run->finals[c], c);
                        assert_int_equal(run->connections[c].tcp_stream, c);
                }
                tv_run_free(run);
        }
}

static void
memory_that_runs_short_evicts_them_like_others(void **state)
{
        struct tv_run_feed *feed = tv_run_begin(&(struct tv_run_options){.no_segments = true, .max_memory = 3 << 20});
        struct tv_run *run;
        uint64_t segments = 0, evicted = 0, both = 0;
        char error[TV_DIALOGUE_ERROR], text[300];

        (void)state;
        for (unsigned i = 0; i < 6000; i++) {
                struct tv_dialogue *d;

                snprintf(text, sizeof text,
                         "start %u\n" ENDS "a = 10.1.%u.%u:40000 isn 5\na2 = 10.1.%u.%u:40000 isn 500000000\n"
                         "0.1 a>b S 0:0(0) {vlan 1}\n0.2 a2>b S 0:0(0) {vlan 2}\n",
                         1000 + i % 7, i >> 8, i & 255, i >> 8, i & 255);
                d = tv_dialogue_new(text, NULL, error);
                assert_non_null(d);
                for (size_t k = 0; k < 2; k++) {
                        struct tv_packet p = tv_dialogue_packet(d, k);

                        p.frame = tv_frame_make(1, 2 * i + k + 1);
                        p.time = (tv_time)p.frame;
                        tv_run_push(feed, &p);
                }
                tv_dialogue_free(d);
        }
        run = tv_run_end(feed);
        EXPECT_KEPT(run);
        for (size_t c = 0; c < run->connection_count; c++) {
                segments += run->connections[c].dir[TV_A].segments;
                evicted += run->connections[c].evicted;
                both += run->connections[c].dir[TV_A].segments == 2;
        }
        assert_int_equal(run->connection_count, 12000);
        assert_int_equal(segments, 12000);
        assert_int_equal(both, 0);
        assert_true(evicted > 1000);
        tv_run_free(run);
}

static void
an_error_goes_to_the_network_that_it_came_from(void **state)
{
        (void)state;
        for (int plain = 0; plain < 2; plain++)
                for (unsigned key = 0; key < 2; key++) {
                        /* frames 3 and 4 quote segments that only one of them sent; the network of frame 5 sent both */
                        struct tv_run *run = run_key(ENDS "0.0 a>b   S 0:0(0) {vlan 1}\n"
                                                          "0.1 a2>b2 S 0:0(0) {vlan 2}\n"
                                                          "0.2 a>b   S 0:0(0) {vlan 1} {icmp 3/1 from 192.0.2.9}\n"
                                                          "0.3 a2>b2 S 0:0(0) {vlan 2} {icmp 3/1 from 192.0.2.9}\n"
                                                          "0.4 a2>b2 S 0:0(0) {vlan 2} {icmp 3/1 from 192.0.2.9}\n",
                                                     plain != 0, key);

                        assert_int_equal(run->connection_count, 2);
                        EXPECT_LIFE(run, 0, "unreachable open");
                        EXPECT_LIFE(run, 1, "unreachable open");
                        assert_int_equal(tv_run_connection(run, 0)->icmp_errors, 1);
                        assert_int_equal(tv_run_connection(run, 1)->icmp_errors, 2);
                        assert_int_equal(run->quality.icmp_unmatched, 0);
                        tv_run_free(run);
                }
        /* Of two networks whose numbers both fit, the way tells; a way of neither tells nothing. */
        for (unsigned way = 1; way < 4; way++) {
                char text[600];
                struct tv_run *run;

                snprintf(text, sizeof text,
                         ENDS "a2 = 10.0.0.1:40000 isn 100070000\n"
                              "0.0 a>b   S 0:0(0) {vlan 1}\n"
                              "0.1 a2>b2 S 0:0(0) {vlan 2}\n"
                              "0.2 b>a   S. 0:0(0) ack 1 {vlan 1}\n"
                              "0.2 a>b   P. 1:60001(60000) ack 1 {vlan 1} {caplen 100}\n"
                              "0.2 a>b   P. 60001:80001(20000) ack 1 {vlan 1} {caplen 100}\n"
                              "0.2 a2>b2 S 0:0(0) {icmp 3/1 from 192.0.2.9} {vlan %u}\n",
                         way);
                run = run_key(text, true, 0);
                assert_int_equal(run->connection_count, 2);
                assert_int_equal(tv_run_connection(run, 0)->icmp_errors, way == 1);
                assert_int_equal(tv_run_connection(run, 1)->icmp_errors, way == 2);
                assert_int_equal(run->quality.icmp_unmatched, way == 3);
                tv_run_free(run);
        }
}

/* What --key asks for, no more: mirrors in several networks are connections of their own, and so are directions whose
 * tunnels have different numbers. */
static void
a_key_tells_by_what_it_names(void **state)
{
        static const struct {
                const char *text;
                size_t connections[4]; /* by enum tv_way_part */
        } cases[] = {
                {"0 a>b S 0:0(0) {vlan 1}\n0.1 a>b S 0:0(0) {vlan 2}\n", {1, 2, 1, 2}},
                {"0 a>b S 0:0(0)\n0.1 a>b S 0:0(0) {vlan 2}\n", {1, 2, 1, 2}},
                {"0 a>b S 0:0(0) {vlan 1} {vlan 2}\n0.1 a>b S 0:0(0) {vlan 2} {vlan 1}\n", {1, 2, 1, 2}},
                {"0 a>b S 0:0(0) {vxlan 1}\n0.1 b>a S. 0:0(0) ack 1 {vxlan 2}\n", {1, 1, 2, 2}},
                {"0 a>b S 0:0(0) {gtp 1}\n0.1 b>a S. 0:0(0) ack 1 {gtp 2}\n0.2 a>b . 1:1(0) ack 1 {gtp 1}\n",
                 {1, 1, 2, 2}},
                {"0 a>b S 0:0(0) {vxlan 1}\n0.1 a>b S 0:0(0) {geneve 1}\n", {1, 1, 2, 2}},
                {"0 a>b S 0:0(0) {vlan 5} {vxlan 1} {vlan 3}\n0.1 a>b S 0:0(0) {vlan 5} {vlan 3}\n", {1, 1, 2, 2}},
                {"0 a>b S 0:0(0) {vlan 5} {vxlan 1} {vlan 3}\n0.1 a>b S 0:0(0) {vlan 5} {vxlan 1} {vlan 3}\n",
                 {1, 1, 1, 1}},
                {"0 a>b S 0:0(0) {v6} {vlan 1}\n0.1 a>b S 0:0(0) {v6} {vlan 2}\n", {1, 2, 1, 2}},
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                for (unsigned key = 0; key < 4; key++)
                        for (int plain = 0; plain < 2; plain++) {
                                struct tv_run *run = run_key(cases[i].text, plain != 0, key);

                                if (run->connection_count != cases[i].connections[key])
                                        fail_msg("case %zu, key %u: %zu connections", i, key, run->connection_count);
                                for (size_t c = 0; c < run->connection_count; c++)
                                        assert_int_equal(run->connections[c].tcp_stream, 0);
                                tv_run_free(run);
                        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(overlapping_networks_are_two_connections),
                cmocka_unit_test(where_ways_are_equal_numbers_tell),
                cmocka_unit_test(the_refusal_goes_to_whom_it_acknowledges),
                cmocka_unit_test(what_is_no_contradiction_stays_one_connection),
                cmocka_unit_test(after_the_end_another_way_is_reuse),
                cmocka_unit_test(what_trails_goes_to_its_own),
                cmocka_unit_test(reuse_on_one_way_leaves_the_other_alone),
                cmocka_unit_test(stream_numbers_follow_all_networks_together),
                cmocka_unit_test(there_is_an_end_to_it),
                cmocka_unit_test(memory_that_runs_short_evicts_them_like_others),
                cmocka_unit_test(an_error_goes_to_the_network_that_it_came_from),
                cmocka_unit_test(a_key_tells_by_what_it_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
