/* A half-open record gives its SYNs back as they were, and the engine says the same with and without it: it takes
 * records only when nobody asks for rows of segments. */
#include "analyzer/flow/half_open.h"

#include "tests/support/expect.h"

#include <stdlib.h>

static struct tv_dialogue *
dialogue(const char *text)
{
        char error[TV_DIALOGUE_ERROR];
        struct tv_dialogue *d = tv_dialogue_new(text, NULL, error);

        if (d == NULL)
                fail_msg("%s", error);
        return d;
}

static void
same_segment(const struct tv_segment *x, const struct tv_segment *y)
{
        assert_memory_equal(&x->key, &y->key, sizeof x->key);
        assert_true(x->frame == y->frame);
        assert_true(x->time == y->time);
        assert_int_equal(x->hash, y->hash);
        assert_int_equal(x->seq, y->seq);
        assert_int_equal(x->ack, y->ack);
        assert_int_equal(x->length, y->length);
        assert_int_equal(x->flags, y->flags);
        assert_int_equal(x->window, y->window);
        assert_int_equal(x->header_bytes, y->header_bytes);
        assert_int_equal(x->ip_id, y->ip_id);
        assert_int_equal(x->ttl, y->ttl);
        assert_int_equal(x->traffic_class, y->traffic_class);
        assert_int_equal(x->checksum, y->checksum);
        assert_int_equal(x->bits, y->bits);
        assert_int_equal(x->options, y->options);
        assert_int_equal(x->tsval, y->tsval);
        assert_int_equal(x->tsecr, y->tsecr);
        assert_int_equal(x->wscale, y->wscale);
        assert_int_equal(x->sack_blocks, y->sack_blocks);
        assert_int_equal(x->payload_sum, y->payload_sum);
}

static void
replay_gives_every_syn_back_as_it_was(void **state)
{
        struct tv_dialogue *d = dialogue(
                "0.000000001 a>b SEW 0:0(0) win 64240 <mss 1400,sackOK,TS val 4294967000 ecr 0,nop,ws 7> {id 77} {ttl "
                "61}\n"
                "1.000000007 a>b SEW 0:0(0) win 64240 <mss 1400,sackOK,TS val 704 ecr 0,nop,ws 7> {id 78} {ttl 61}\n"
                "3.1 a>b SEW 0:0(0) win 64240 <mss 1400,sackOK,TS val 2804 ecr 0,nop,ws 7> {id 79} {ttl 61}\n"
                "7.1 a>b SEW 0:0(0) win 64240 <mss 1400,sackOK,TS val 6804 ecr 0,nop,ws 7> {id 80} {ttl 61}\n"
                "15.1 a>b SEW 0:0(0) win 64240 <mss 1400,sackOK,TS val 14804 ecr 0,nop,ws 7> {id 81} {ttl 61}\n");
        struct tv_half_open half;
        struct tv_half_open_repeats repeats;
        struct tv_segment_more more;
        struct tv_segment seg;

        (void)state;
        memset(&half, 0xa5, sizeof half);
        assert_true(tv_half_open_fits(&d->packets[0].segment));
        tv_half_open_start(&half, &d->packets[0].segment, &d->packets[0].more);
        for (size_t i = 1; i < d->count; i++)
                assert_true(tv_half_open_repeat(&half, &repeats, &d->packets[i].segment, &d->packets[i].more));
        assert_int_equal(half.repeats, d->count - 1);
        assert_true(half.last_time == d->packets[d->count - 1].time);
        for (unsigned i = 0; i < d->count; i++) {
                tv_half_open_replay(&half, &repeats, i, &seg, &more);
                same_segment(&seg, &d->packets[i].segment);
                assert_int_equal(more.mss, 1400);
        }
        tv_dialogue_free(d);
}

static void
only_a_bare_syn_fits(void **state)
{
        struct tv_dialogue *d = dialogue("0 a>b S 0:0(0)\n"
                                         "0 a>b S 0:5(5)\n"
                                         "0 a>b S 0:0(0) <fo>\n"
                                         "0 a>b S. 0:0(0) ack 1\n"
                                         "0 a>b SF 0:0(0)\n"
                                         "0 a>b SR 0:0(0)\n"
                                         "0 a>b SP 0:0(0)\n"
                                         "0 a>b . 0:0(0) ack 1\n"
                                         "0 a>b none 0:0(0)\n");

        (void)state;
        assert_true(tv_half_open_fits(&d->packets[0].segment));
        for (size_t i = 1; i < d->count; i++)
                assert_false(tv_half_open_fits(&d->packets[i].segment));
        tv_dialogue_free(d);
}

static void
repeat_that_differs_in_anything_else_does_not_fit(void **state)
{
        static const char first[] = "0 a>b S 0:0(0) win 64240 <mss 1460,sackOK,nop,ws 7>\n";
        static const char *const others[] = {
                "1 a>b S 0:0(0) win 64000 <mss 1460,sackOK,nop,ws 7>\n",
                "1 a>b S 0:0(0) win 64240 <mss 1460,sackOK,nop,ws 8>\n",
                "1 a>b S 0:0(0) win 64240 <mss 1460>\n",
                "1 a>b S 0:0(0) win 64240 <mss 1460,sackOK,nop,ws 7> {ttl 3}\n",
                "1 a>b S 0:0(0) win 64240 <mss 1460,sackOK,nop,ws 7> {tos 8}\n",
                "1 a>b SEW 0:0(0) win 64240 <mss 1460,sackOK,nop,ws 7>\n",
                "1 a>b S 0:0(0) win 64240 <mss 1460,sackOK,nop,ws 7> {badsum}\n",
                "-1 a>b S 0:0(0) win 64240 <mss 1460,sackOK,nop,ws 7>\n",
                "200000 a>b S 0:0(0) win 64240 <mss 1460,sackOK,nop,ws 7>\n", /* beyond 48 bits of nanoseconds */
        };

        (void)state;
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
                char text[300];
                struct tv_dialogue *d;
                struct tv_half_open half;
                struct tv_half_open_repeats repeats;

                snprintf(text, sizeof text, "%s%s", first, others[i]);
                d = dialogue(text);
                tv_half_open_start(&half, &d->packets[0].segment, &d->packets[0].more);
                assert_false(tv_half_open_repeat(&half, &repeats, &d->packets[1].segment, &d->packets[1].more));
                assert_int_equal(half.repeats, 0);
                tv_dialogue_free(d);
        }
}

static void
record_is_full_after_its_repeats(void **state)
{
        struct tv_dialogue *d = dialogue("0 a>b S 0:0(0)\n1 a>b S 0:0(0)\n");
        struct tv_half_open half;
        struct tv_half_open_repeats repeats;

        (void)state;
        tv_half_open_start(&half, &d->packets[0].segment, &d->packets[0].more);
        for (unsigned i = 0; i < TV_HALF_OPEN_REPEATS; i++)
                assert_true(tv_half_open_repeat(&half, &repeats, &d->packets[1].segment, &d->packets[1].more));
        assert_false(tv_half_open_repeat(&half, &repeats, &d->packets[1].segment, &d->packets[1].more));
        tv_dialogue_free(d);
}

static void
record_takes_no_repeat_that_came_another_way(void **state)
{
        struct tv_dialogue *d = dialogue("0 a>b S 0:0(0) {vlan 1}\n1 a>b S 0:0(0) {vlan 2}\n");
        struct tv_half_open half;
        struct tv_half_open_repeats repeats;
        struct tv_segment seg;
        struct tv_segment_more more;

        (void)state;
        d->packets[0].more.way = 7;
        d->packets[1].more.way = 8;
        tv_half_open_start(&half, &d->packets[0].segment, &d->packets[0].more);
        assert_false(tv_half_open_repeat(&half, &repeats, &d->packets[1].segment, &d->packets[1].more));
        assert_true(tv_half_open_repeat(&half, &repeats, &d->packets[1].segment, &d->packets[0].more));
        tv_half_open_replay(&half, &repeats, 1, &seg, &more);
        assert_int_equal(more.way, 7);
        tv_dialogue_free(d);
}

/* ---- the whole engine, by random attempts to connect ---- */

static uint32_t seed;

static uint32_t
random_below(uint32_t limit)
{
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        return seed % limit;
}

struct line {
        double time;
        char text[120];
};

static int
by_time(const void *x, const void *y)
{
        const struct line *a = x, *b = y;

        return (a->time > b->time) - (a->time < b->time);
}

#define ADD(at, ...)                                                                                                   \
        do {                                                                                                           \
                assert_true(count < room);                                                                             \
                lines[count].time = (at);                                                                              \
                snprintf(lines[count++].text, sizeof lines->text, __VA_ARGS__);                                        \
        } while (0)

/* Attempts of many clients: SYNs repeated or changed, then nothing, a reset, a handshake, or something odd. */
static char *
random_attempts(void)
{
        enum { room = 1000, clients = 40 };
        static struct line lines[room];
        size_t count = 0, used = 0;
        char *text = malloc(room * 130);

        assert_non_null(text);
        for (unsigned i = 1; i <= clients; i++) {
                double t = random_below(100000) / 1000.0, wait = 1;
                unsigned repeats = random_below(8), ts = random_below(2) * 1000;
                char options[60];

                for (unsigned r = 0; r <= repeats; r++, t += wait, wait *= 2) {
                        if (ts != 0)
                                snprintf(options, sizeof options, "<mss 1460,sackOK,TS val %u ecr 0>",
                                         ts + (unsigned)(t * 1000));
                        else
                                snprintf(options, sizeof options, "<mss 1460>");
                        ADD(t, "a%u>b%u S%s 0:0(0) win %u %s", i, i, random_below(20) == 0 ? "EW" : "",
                            random_below(20) == 0 ? 1000u : 64240u, options);
                }
                t += 0.01 - wait / 2;
                switch (random_below(8)) {
                case 0:
                        ADD(t, "b%u>a%u R. @0:0(0) ack 1", i, i);
                        break;
                case 1:
                case 2:
                        ADD(t, "b%u>a%u S. 0:0(0) ack 1", i, i);
                        ADD(t + 0.02, "a%u>b%u . 1:1(0) ack 1", i, i);
                        ADD(t + 0.03, "a%u>b%u P. 1:101(100) ack 1", i, i);
                        ADD(t + 0.05, "b%u>a%u . 1:1(0) ack 101", i, i);
                        break;
                case 3:
                        ADD(t, "b%u>a%u S. 0:0(0) ack 1", i, i);
                        break;
                case 4:
                        ADD(t, "a%u>b%u R 1:1(0)", i, i);
                        break;
                case 5:
                        ADD(t, "a%u>b%u S @%u:%u(0) win 64240", i, i, 77u * i, 77u * i); /* another ISN */
                        break;
                case 6:
                        ADD(t, "b%u>a%u S 0:0(0)", i, i);
                        break;
                default:
                        break;
                }
        }
        qsort(lines, count, sizeof lines[0], by_time);
        for (size_t i = 0; i < count; i++)
                used += (size_t)snprintf(text + used, room * 130 - used, "%.6f %s\n", lines[i].time, lines[i].text);
        return text;
}

static void
same_connections(const struct tv_run *x, const struct tv_run *y)
{
        assert_int_equal(x->connection_count, y->connection_count);
        for (size_t i = 0; i < x->connection_count; i++) {
                struct tv_connection a = x->connections[i], b = y->connections[i];

                assert_int_equal(x->finals[i], y->finals[i]);
                assert_int_equal(a.transition_count, b.transition_count);
                for (size_t k = 0; k < a.transition_count; k++) {
                        const struct tv_transition *s = &a.transitions[k], *t = &b.transitions[k];

                        assert_int_equal(s->end, t->end);
                        assert_int_equal(s->from, t->from);
                        assert_int_equal(s->to, t->to);
                        assert_int_equal(s->certainty, t->certainty);
                        assert_string_equal(s->trigger, t->trigger);
                        assert_true(s->cause_frame == t->cause_frame && s->confirm_frame == t->confirm_frame);
                        assert_true(s->earliest == t->earliest && s->latest == t->latest && s->estimate == t->estimate);
                }
                assert_int_equal(a.finding_count, b.finding_count);
                for (size_t k = 0; k < a.finding_count; k++) {
                        assert_string_equal(a.findings[k].code, b.findings[k].code);
                        assert_string_equal(a.findings[k].what, b.findings[k].what);
                }
                assert_true(a.conn == b.conn && a.tcp_stream == b.tcp_stream);
                assert_true(a.first_frame == b.first_frame && a.last_frame == b.last_frame);
                assert_true(a.start == b.start && a.duration == b.duration && a.last_idle == b.last_idle);
                assert_true(a.initiator == b.initiator && a.handshake == b.handshake && a.teardown == b.teardown);
                assert_true(a.closed_first == b.closed_first);
                assert_memory_equal(a.state, b.state, sizeof a.state);
                assert_memory_equal(a.port, b.port, sizeof a.port);
                assert_string_equal(a.zeek_conn_state, b.zeek_conn_state);
                assert_string_equal(a.zeek_history, b.zeek_history);
                for (unsigned d = 0; d < 2; d++) {
                        const struct tv_direction *s = &a.dir[d], *t = &b.dir[d];

                        assert_true(s->segments == t->segments && s->ip_bytes == t->ip_bytes);
                        assert_true(s->retransmissions == t->retransmissions && s->spurious == t->spurious);
                        assert_true(s->network_duplicates == t->network_duplicates);
                        assert_true(s->capture_duplicates == t->capture_duplicates && s->resets == t->resets);
                        assert_true(s->isn == t->isn && s->mss == t->mss && s->wscale == t->wscale);
                        assert_true(s->sack == t->sack && s->timestamps == t->timestamps);
                        assert_true(s->rtt_samples == t->rtt_samples && s->rtt_min == t->rtt_min);
                }
        }
}

static void
records_and_connections_from_the_first_syn_on_give_the_same_rows(void **state)
{
        (void)state;
        for (uint32_t round = 1; round <= 60; round++) {
                char *text;
                struct tv_run *with, *without;
                struct tv_run_options options = {.no_segments = true};

                seed = round * 2654435761u;
                text = random_attempts();
                with = tv_run_text(text, &options);
                without = tv_run_text(text, NULL);
                EXPECT_KEPT(with);
                EXPECT_KEPT(without);
                same_connections(with, without);
                tv_run_free(with);
                tv_run_free(without);
                free(text);
        }
}

/* One packet in nine, by chance. */
static bool
is_chosen(uint64_t packet)
{
        return (packet + 1) * 2654435761u % 9 == 0;
}

static void
records_keep_the_mark_of_chosen_packets(void **state)
{
        unsigned marked = 0, unmarked = 0;

        (void)state;
        for (uint32_t round = 1; round <= 30; round++) {
                char *text;
                struct tv_run *with, *without;
                struct tv_run_options options = {.no_segments = true, .chosen = is_chosen};

                seed = round * 2246822519u;
                text = random_attempts();
                with = tv_run_text(text, &options);
                without = tv_run_text(text, NULL);
                EXPECT_KEPT(with);
                for (size_t i = 0; i < with->connection_count; i++) {
                        bool expected = false;

                        for (size_t k = 0; k < without->row_count; k++)
                                expected |= without->rows[k].conn == i &&
                                            is_chosen(tv_frame_number(without->rows[k].frame) - 1);
                        assert_int_equal(with->connections[i].chosen, expected);
                        *(expected ? &marked : &unmarked) += 1;
                }
                same_connections(with, without);
                tv_run_free(with);
                tv_run_free(without);
                free(text);
        }
        assert_true(marked > 100 && unmarked > 100);
}

/* Lone SYNs share the row that was made for the first of them; the mark must be their own. */
static void
lone_syns_that_differ_in_being_chosen_only(void **state)
{
        struct tv_run *run = tv_run_text("0 a1>b1 S 0:0(0)\n"
                                         "1 a2>b2 S 0:0(0)\n"
                                         "2 a3>b3 S 0:0(0)\n"
                                         "3 a4>b4 S 0:0(0)\n"
                                         "4 a5>b5 S 0:0(0)\n"
                                         "5 a6>b6 S 0:0(0)\n"
                                         "6 a7>b7 S 0:0(0)\n"
                                         "7 a8>b8 S 0:0(0)\n"
                                         "8 a9>b9 S 0:0(0)\n"
                                         "9 a10>b10 S 0:0(0)\n",
                                         &(struct tv_run_options){.no_segments = true, .chosen = is_chosen});

        (void)state;
        EXPECT_KEPT(run);
        for (size_t i = 0; i < run->connection_count; i++)
                assert_int_equal(run->connections[i].chosen, is_chosen(i));
        tv_run_free(run);
}

/* The SYN of a new incarnation meets the old one first: it is the new one's, answered, and the old one's otherwise. */
static bool
is_fourth(uint64_t packet)
{
        return packet == 3;
}

static void
chosen_syn_marks_the_incarnation_that_it_belongs_to(void **state)
{
#define OLD                                                                                                            \
        "0.0 a>b S 0:0(0)\n"                                                                                           \
        "0.1 b>a S. 0:0(0) ack 1\n"                                                                                    \
        "0.2 a>b . 1:1(0) ack 1\n"                                                                                     \
        "9.0 a>b S @777777:777777(0)\n"
        struct tv_run *run;

        (void)state;
        for (int no_segments = 0; no_segments < 2; no_segments++) {
                struct tv_run_options options = {.no_segments = no_segments != 0, .chosen = is_fourth};

                run = tv_run_text(OLD "9.1 b>a S. @555555:555555(0) ack @777778\n", &options);
                assert_int_equal(run->connection_count, 2);
                assert_false(run->connections[0].chosen);
                assert_true(run->connections[1].chosen);
                tv_run_free(run);

                run = tv_run_text(OLD "9.1 b>a . 1:1(0) ack 1\n", &options);
                assert_int_equal(run->connection_count, 1);
                assert_true(run->connections[0].chosen);
                tv_run_free(run);

                /* another SYN takes the place of the one that is kept: the first stays with the old connection */
                run = tv_run_text(OLD "9.2 a>b S @999999:999999(0)\n9.3 b>a S. @555555:555555(0) ack @1000000\n",
                                  &options);
                assert_int_equal(run->connection_count, 2);
                assert_true(run->connections[0].chosen);
                assert_false(run->connections[1].chosen);
                tv_run_free(run);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(replay_gives_every_syn_back_as_it_was),
                cmocka_unit_test(only_a_bare_syn_fits),
                cmocka_unit_test(repeat_that_differs_in_anything_else_does_not_fit),
                cmocka_unit_test(record_is_full_after_its_repeats),
                cmocka_unit_test(record_takes_no_repeat_that_came_another_way),
                cmocka_unit_test(records_and_connections_from_the_first_syn_on_give_the_same_rows),
                cmocka_unit_test(records_keep_the_mark_of_chosen_packets),
                cmocka_unit_test(lone_syns_that_differ_in_being_chosen_only),
                cmocka_unit_test(chosen_syn_marks_the_incarnation_that_it_belongs_to),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
