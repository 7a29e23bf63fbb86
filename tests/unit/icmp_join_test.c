/* ICMP errors and the connections that they quote: joined by addresses, ports and SEQ, never counted as segments. */
#include "tests/support/expect.h"

#include <stdlib.h>

static struct tv_run *
run_of(const char *text, bool no_segments)
{
        struct tv_run *run = tv_run_text(text, &(struct tv_run_options){.no_segments = no_segments});

        EXPECT_KEPT(run);
        return run;
}

static void
expect_frames(const struct tv_finding *f, const uint64_t *frames, unsigned count)
{
        assert_non_null(f);
        assert_int_equal(f->frame_count, count);
        for (unsigned i = 0; i < count; i++)
                assert_int_equal(tv_frame_number(f->frames[i]), frames[i]);
}
#define FRAMES(f, ...)                                                                                                 \
        expect_frames(f, (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/* Half-open records and whole connections (which rows of segments need) tell the same. */
static void
syn_answered_by_a_router_is_unreachable(void **state)
{
        (void)state;
        for (int plain = 0; plain < 2; plain++) {
                struct tv_run *run = run_of("0.000 a>b S 0:0(0)\n"
                                            "0.012 a>b S 0:0(0) {icmp 3/1 from 192.0.2.9}\n"
                                            "1.010 a>b S 0:0(0)\n"
                                            "1.022 a>b S 0:0(0) {icmp 3/1 from 192.0.2.9}\n",
                                            plain != 0);
                const struct tv_connection *c = tv_run_connection(run, 0);
                const struct tv_finding *f = tv_run_finding(run, 0, "handshake.unreachable");

                assert_int_equal(run->connection_count, 1);
                EXPECT_LIFE(run, 0, "unreachable open");
                EXPECT_FINDINGS(run, 0, "handshake.unreachable");
                FRAMES(f, 1, 2, 4);
                assert_int_equal(f->count, 2);
                assert_int_equal(f->blame, TV_BLAME_NETWORK);
                assert_int_equal(f->confidence, TV_CERTAIN);
                assert_int_equal(f->until, TV_EXPECT_START + 1022000000);
                assert_string_equal(f->what, "ICMP host unreachable from 192.0.2.9, a router on the way, twice; the "
                                             "first 0.012000 s after SYN 1 of 2");
                /* Whether a closed is not known: a hard error for one stack is a soft one for another. */
                EXPECT_PATHS(run, 0, "CLOSED! SYN_SENT", "");
                assert_int_equal(c->icmp_errors, 2);
                assert_int_equal(c->dir[TV_A].segments, 2);
                assert_int_equal(c->dir[TV_B].segments, 0);
                assert_int_equal(tv_frame_number(c->last_frame), 3);
                assert_int_equal(run->bucket[TV_BUCKET_icmp], 2);
                assert_int_equal(run->quality.one_way, 0);
                assert_int_equal(run->quality.icmp_unmatched, 0);
                tv_run_free(run);
        }
}

static void
rejection_by_the_destination_blames_it(void **state)
{
        (void)state;
        for (int plain = 0; plain < 2; plain++) {
                struct tv_run *run = run_of("0.00 a>b S 0:0(0)\n0.05 a>b S 0:0(0) {icmp 3/3}\n", plain != 0);
                const struct tv_finding *f = tv_run_finding(run, 0, "handshake.unreachable");

                EXPECT_LIFE(run, 0, "unreachable open");
                FRAMES(f, 1, 2);
                assert_int_equal(f->blame, TV_BLAME_B);
                assert_int_equal(f->count, 1);
                assert_string_equal(f->what, "ICMP port unreachable from 10.0.0.2, the destination itself, once; "
                                             "0.050000 s after SYN 1 of 1");
                tv_run_free(run);
        }
}

static void
errors_that_differ_are_told_apart(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S 0:0(0)\n0.01 a>b S 0:0(0) {icmp 3/1 from 192.0.2.9}\n"
                                    "1.00 a>b S 0:0(0)\n1.05 a>b S 0:0(0) {icmp 3/3}\n"
                                    "3.00 a>b S 0:0(0)\n",
                                    true);
        const struct tv_connection *c = tv_run_connection(run, 0);
        const struct tv_finding *f = tv_run_finding(run, 0, "handshake.unreachable");

        (void)state;
        FRAMES(f, 1, 2, 4);
        assert_int_equal(f->blame, TV_BLAME_UNKNOWN);
        assert_string_equal(f->what,
                            "ICMP host unreachable from 192.0.2.9, a router on the way, twice; the first 0.010000 s "
                            "after SYN 1 of 3; not all alike, the last: port unreachable from 10.0.0.2, the "
                            "destination itself; a repeated its SYN after the last one all the same");
        assert_true(c->icmp_differ);
        assert_int_equal(c->icmp[0].code, 1);
        assert_int_equal(c->icmp[1].code, 3);
        assert_int_equal(tv_frame_number(c->icmp[1].frame), 4);
        tv_run_free(run);
}

static void
later_copy_that_is_answered_completes_the_handshake(void **state)
{
        (void)state;
        for (int plain = 0; plain < 2; plain++) {
                struct tv_run *run = run_of("0.000 a>b S 0:0(0) <TS val 100 ecr 0>\n"
                                            "0.012 a>b S 0:0(0) <TS val 100 ecr 0> {icmp 3/1 from 192.0.2.9}\n"
                                            "1.010 a>b S 0:0(0) <TS val 1110 ecr 0>\n"
                                            "1.030 b>a S. 0:0(0) ack 1 <TS val 9 ecr 1110>\n"
                                            "1.031 a>b . 1:1(0) ack 1 <TS val 1130 ecr 9>\n",
                                            plain != 0);

                EXPECT_LIFE(run, 0, "complete open");
                EXPECT_FINDINGS(run, 0, "handshake.syn-lost");
                assert_non_null(strstr(tv_run_finding(run, 0, "handshake.syn-lost")->what,
                                       "; ICMP host unreachable from 192.0.2.9, a router on the way"));
                assert_int_equal(tv_run_connection(run, 0)->icmp_errors, 1);
                tv_run_free(run);
        }
}

static void
reset_after_an_error_is_a_refusal(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S 0:0(0)\n0.01 a>b S 0:0(0) {icmp 3/1 from 192.0.2.9}\n"
                                    "1.00 a>b S 0:0(0)\n1.02 b>a R. @0:0(0) ack 1\n",
                                    true);

        (void)state;
        EXPECT_LIFE(run, 0, "refused reset first b");
        assert_int_equal(tv_run_findings(run, 0, "handshake.unreachable"), 0);
        assert_int_equal(tv_run_connection(run, 0)->icmp_errors, 1);
        tv_run_free(run);
}

static void
advice_about_the_path_is_no_refusal(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S 0:0(0)\n0.01 a>b S 0:0(0) {icmp 5/1 from 192.0.2.9}\n"
                                    "1.00 a>b S 0:0(0)\n1.01 a>b S 0:0(0) {icmp 4/0 from 192.0.2.9}\n",
                                    true);

        (void)state;
        EXPECT_LIFE(run, 0, "no-answer open");
        EXPECT_FINDINGS(run, 0, "handshake.no-answer");
        assert_int_equal(tv_run_connection(run, 0)->icmp_errors, 2);
        tv_run_free(run);
}

static void
error_for_another_syn_is_not_joined(void **state)
{
        (void)state;
        for (int plain = 0; plain < 2; plain++) {
                struct tv_run *run = run_of("0.00 a>b S 0:0(0)\n"
                                            "0.01 a>b S 1:1(0) {icmp 3/1 from 192.0.2.9}\n" /* another SEQ */
                                            "0.02 b>a S 0:0(0) {icmp 3/1 from 192.0.2.9}\n" /* the other way */
                                            "0.03 a2>b2 S 0:0(0) {icmp 3/1 from 192.0.2.9}\n"
                                            "1.00 a>b S 0:0(0)\n",
                                            plain != 0);

                assert_int_equal(run->connection_count, 1);
                EXPECT_LIFE(run, 0, "no-answer open");
                assert_int_equal(tv_run_connection(run, 0)->icmp_errors, 0);
                assert_int_equal(run->quality.icmp_unmatched, 3);
                tv_run_free(run);
        }
}

#define OPENED                                                                                                         \
        "0.00 a>b S  0:0(0)       win 64240 <mss 1460>\n"                                                              \
        "0.02 b>a S. 0:0(0) ack 1 win 65160 <mss 1460>\n"                                                              \
        "0.04 a>b .  1:1(0) ack 1\n"                                                                                   \
        "0.05 a>b P. 1:1461(1460) ack 1\n"

static void
error_about_data_is_noted_and_changes_nothing(void **state)
{
        struct tv_run *run = run_of(OPENED "0.06 a>b P. 1:1461(1460) ack 1 {icmp 3/4 from 192.0.2.1 mtu 1400}\n"
                                           "0.07 a>b .  1:1361(1360) ack 1\n"
                                           "0.08 a>b P. 1361:1461(100) ack 1\n"
                                           "0.10 b>a .  1:1(0) ack 1461\n",
                                    false);
        struct tv_run *without = run_of(OPENED "0.07 a>b .  1:1361(1360) ack 1\n"
                                               "0.08 a>b P. 1361:1461(100) ack 1\n"
                                               "0.10 b>a .  1:1(0) ack 1461\n",
                                        false);
        const struct tv_connection *c = tv_run_connection(run, 0), *d = tv_run_connection(without, 0);

        (void)state;
        assert_int_equal(c->icmp_errors, 1);
        assert_int_equal(d->icmp_errors, 0);
        assert_int_equal(c->icmp[0].mtu, 1400);
        assert_int_equal(c->icmp[0].type, 3);
        assert_int_equal(c->icmp[0].code, 4);
        assert_memory_equal(c->icmp[0].sender.byte, "\xc0\0\2\1", 4);
        assert_int_equal(tv_frame_number(c->icmp[0].frame), 5);
        assert_int_equal(run->row_count, without->row_count);
        assert_int_equal(c->transition_count, d->transition_count);
        for (unsigned end = 0; end < 2; end++) {
                assert_int_equal(c->state[end], d->state[end]);
                assert_int_equal(c->dir[end].segments, d->dir[end].segments);
                assert_int_equal(c->dir[end].retransmissions, d->dir[end].retransmissions);
        }
        assert_string_equal(c->zeek_history, d->zeek_history);
        tv_run_free(run);
        tv_run_free(without);
}

/* RFC 5927 section 4.1: the quoted SEQ must be of what is in flight, or was a moment ago. */
static void
quoted_seq_must_have_been_sent(void **state)
{
        static const struct {
                const char *quote;
                unsigned joined;
        } cases[] = {
                {"1:1461(1460)", 1},     {"0:0(0)", 1},
                {"1461:1461(0)", 1}, /* SND.NXT: a pure acknowledgment */
                {"1462:1463(1)", 0},     {"@4294967295:4294967295(0)", 0},
                {"-1:-1(0)", 0},         {"500000:500000(0)", 0},
                {"-70000:-70000(0)", 0},
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                char text[600];

                snprintf(text, sizeof text, "%s0.06 a>b . %s ack 1 {icmp 3/2 from 192.0.2.66}\n", OPENED,
                         cases[i].quote);
                struct tv_run *run = run_of(text, true);
                if (tv_run_connection(run, 0)->icmp_errors != cases[i].joined)
                        print_error("quote %s\n", cases[i].quote);
                assert_int_equal(tv_run_connection(run, 0)->icmp_errors, cases[i].joined);
                assert_int_equal(run->quality.icmp_unmatched, 1 - cases[i].joined);
                EXPECT_LIFE(run, 0, "complete open");
                tv_run_free(run);
        }
}

static void
quote_of_what_the_capture_missed_is_joined(void **state)
{
        /* b acknowledged 2920 octets of which the capture lacks the second half: it lacks more, perhaps. */
        struct tv_run *run = run_of(OPENED "0.07 b>a . 1:1(0) ack 2921 win 65160\n"
                                           "0.09 a>b . 4381:5841(1460) ack 1 {icmp 3/1 from 192.0.2.9}\n",
                                    true);

        (void)state;
        assert_int_equal(tv_run_connection(run, 0)->icmp_errors, 1);
        tv_run_free(run);
}

/* Recorded by two interfaces, or a mirror port that copies both ways. */
static void
message_recorded_twice_counts_once(void **state)
{
        struct tv_run *run = run_of("0.000000 a>b S 0:0(0)\n0.012000 a>b S 0:0(0) {icmp 3/1 from 192.0.2.9}\n"
                                    "0.012005 a>b S 0:0(0) {icmp 3/1 from 192.0.2.9}\n",
                                    true);

        (void)state;
        assert_int_equal(tv_run_connection(run, 0)->icmp_errors, 1);
        assert_int_equal(tv_run_finding(run, 0, "handshake.unreachable")->count, 1);
        tv_run_free(run);
}

/* Merged taps: the error stands in the file before what it quotes. */
static void
error_a_moment_before_its_syn_is_joined(void **state)
{
        (void)state;
        for (int plain = 0; plain < 2; plain++) {
                struct tv_run *run = run_of("0.000 a>b S 0:0(0) {icmp 3/13}\n0.005 a>b S 0:0(0)\n"
                                            "0.006 a2>b2 S 0:0(0) {icmp 3/13}\n0.200 a2>b2 S 0:0(0)\n",
                                            plain != 0);

                EXPECT_LIFE(run, 0, "unreachable open");
                FRAMES(tv_run_finding(run, 0, "handshake.unreachable"), 1, 2);
                EXPECT_LIFE(run, 1, "no-answer open"); /* 194 ms are no moment */
                assert_int_equal(run->quality.icmp_unmatched, 1);
                tv_run_free(run);
        }
}

/* An error about a connection that is over and rests: noted, and its end stays where it was. */
static void
error_about_a_connection_at_rest_is_noted(void **state)
{
        struct tv_run *run = run_of(OPENED "0.06 b>a R 1:1(0)\n"
                                           "0.30 a2>b2 S 0:0(0)\n"
                                           "0.40 a>b P. 1:1461(1460) ack 1 {icmp 3/3}\n"
                                           "0.45 a2>b2 R 1:1(0)\n"
                                           "9.00 a3>b3 S 0:0(0)\n",
                                    true);

        (void)state;
        assert_int_equal(tv_run_connection(run, 0)->icmp_errors, 1);
        assert_int_equal(run->finals[0], 0);
        EXPECT_LIFE(run, 0, "complete reset first b");
        tv_run_free(run);
}

static void
flood_answered_by_icmp_is_counted_to_the_last(void **state)
{
        enum { FLOWS = 500, LINE = 100 };
        char *text = malloc(2 * FLOWS * LINE);
        size_t n = 0;

        (void)state;
        assert_non_null(text);
        for (unsigned i = 0; i < FLOWS; i++) {
                n += (size_t)snprintf(text + n, LINE, "%u.%03u a%u>b%u S 0:0(0)\n", i / 500, i % 500, i + 1, i + 1);
                n += (size_t)snprintf(text + n, LINE, "%u.%03u a%u>b%u S 0:0(0) {icmp 3/1 from 192.0.2.9}\n", i / 500,
                                      i % 500, i + 1, i + 1);
        }
        struct tv_run *run = run_of(text, true);

        assert_int_equal(run->connection_count, FLOWS);
        for (uint64_t i = 0; i < FLOWS; i++) {
                assert_int_equal(tv_run_connection(run, i)->handshake, TV_HANDSHAKE_UNREACHABLE);
                assert_int_equal(tv_run_connection(run, i)->icmp_errors, 1);
        }
        assert_int_equal(run->quality.icmp_unmatched, 0);
        tv_run_free(run);
        free(text);
}

/* Errors do not hold up the segments behind them: the answer is the same wherever they stand. */
static void
errors_between_segments_keep_their_order(void **state)
{
        enum { LINE = 90 };
        char *text = malloc(400 * LINE);
        size_t n;

        (void)state;
        assert_non_null(text);
        n = (size_t)snprintf(text, 400, "%s", OPENED);
        for (unsigned i = 0; i < 100; i++) {
                unsigned at = 1461 + i * 10;

                n += (size_t)snprintf(text + n, LINE, "0.%u a>b P. %u:%u(10) ack 1\n", 1000 + i, at, at + 10);
                if (i % 7 == 0)
                        n += (size_t)snprintf(text + n, LINE,
                                              "0.%u a>b P. %u:%u(10) ack 1 {icmp 11/0 from 192.0.2.9}\n", 1000 + i, at,
                                              at + 10);
        }
        struct tv_run *run = run_of(text, false);
        const struct tv_connection *c = tv_run_connection(run, 0);

        assert_int_equal(run->connection_count, 1);
        assert_int_equal(c->icmp_errors, 15);
        assert_int_equal(c->dir[TV_A].segments, 103);
        assert_int_equal(c->dir[TV_A].payload_bytes, 2460);
        assert_int_equal(run->row_count, 104);
        for (size_t i = 1; i < run->row_count; i++)
                assert_true(run->rows[i - 1].frame < run->rows[i].frame);
        tv_run_free(run);
        free(text);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(syn_answered_by_a_router_is_unreachable),
                cmocka_unit_test(rejection_by_the_destination_blames_it),
                cmocka_unit_test(errors_that_differ_are_told_apart),
                cmocka_unit_test(later_copy_that_is_answered_completes_the_handshake),
                cmocka_unit_test(reset_after_an_error_is_a_refusal),
                cmocka_unit_test(advice_about_the_path_is_no_refusal),
                cmocka_unit_test(error_for_another_syn_is_not_joined),
                cmocka_unit_test(error_about_data_is_noted_and_changes_nothing),
                cmocka_unit_test(quoted_seq_must_have_been_sent),
                cmocka_unit_test(quote_of_what_the_capture_missed_is_joined),
                cmocka_unit_test(message_recorded_twice_counts_once),
                cmocka_unit_test(error_a_moment_before_its_syn_is_joined),
                cmocka_unit_test(error_about_a_connection_at_rest_is_noted),
                cmocka_unit_test(flood_answered_by_icmp_is_counted_to_the_last),
                cmocka_unit_test(errors_between_segments_keep_their_order),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
