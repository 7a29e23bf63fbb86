/* Properties that need no expected file: what must not change, and what must change with it, on all committed traffic.
 */
#include "tests/support/engine_run.h"
#include "tests/support/testdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tv_dialogue *
read_dialogue(const char *name, const struct tv_dialogue_options *options)
{
        char path[TV_TEST_PATH], error[TV_DIALOGUE_ERROR];
        snprintf(path, sizeof path, "%s/dialogues/%s.txt", TV_TESTDATA, name);
        struct tv_dialogue *dialogue = tv_dialogue_read(path, options, error);
        if (dialogue == NULL)
                fail_msg("%s: %s", path, error);
        return dialogue;
}

static struct tv_run *
run_with(const char *name, const struct tv_dialogue_options *options, const struct tv_run_options *run_options)
{
        struct tv_dialogue *dialogue = read_dialogue(name, options);
        struct tv_run *run = tv_run_dialogue(dialogue, run_options);
        tv_dialogue_free(dialogue);
        if (run->broken[0] != '\0')
                fail_msg("%s: %s", name, run->broken);
        return run;
}

/* All differences are wanted, not the first one alone. */
static unsigned complaints;

static void
complain(const char *name, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        fprintf(stderr, "%s: ", name);
        vfprintf(stderr, format, args);
        fprintf(stderr, "\n");
        va_end(args);
        complaints++;
}

static int
forget_complaints(void **state)
{
        (void)state;
        complaints = 0;
        return 0;
}

#define SAME(name, field, x, y)                                                                                        \
        do {                                                                                                           \
                if ((x)->field != (y)->field)                                                                          \
                        complain(name, "%s differs", #field);                                                          \
        } while (0)

static void
same_finding(const char *name, const struct tv_finding *x, const struct tv_finding *y)
{
        if (strcmp(x->code, y->code) != 0)
                complain(name, "%s and %s", x->code, y->code);
        SAME(name, end, x, y);
        SAME(name, severity, x, y);
        SAME(name, confidence, x, y);
        SAME(name, blame, x, y);
        SAME(name, time, x, y);
        SAME(name, until, x, y);
        SAME(name, count, x, y);
        SAME(name, frame_count, x, y);
        for (unsigned i = 0; i < x->frame_count; i++)
                SAME(name, frames[i], x, y);
}

static void
same_transition(const char *name, const struct tv_transition *x, const struct tv_transition *y)
{
        SAME(name, end, x, y);
        SAME(name, from, x, y);
        SAME(name, to, x, y);
        SAME(name, certainty, x, y);
        SAME(name, cause_frame, x, y);
        SAME(name, confirm_frame, x, y);
        SAME(name, earliest, x, y);
        SAME(name, latest, x, y);
        SAME(name, estimate, x, y);
        if (strcmp(x->trigger, y->trigger) != 0)
                complain(name, "trigger differs");
}

static void
same_direction(const char *name, const struct tv_direction *x, const struct tv_direction *y)
{
        SAME(name, segments, x, y);
        SAME(name, ip_bytes, x, y);
        SAME(name, payload_bytes, x, y);
        SAME(name, unique_bytes, x, y);
        SAME(name, retransmissions, x, y);
        SAME(name, retransmitted_bytes, x, y);
        SAME(name, spurious, x, y);
        SAME(name, out_of_order, x, y);
        SAME(name, network_duplicates, x, y);
        SAME(name, capture_duplicates, x, y);
        SAME(name, missing_bytes, x, y);
        SAME(name, duplicate_acks, x, y);
        SAME(name, zero_windows, x, y);
        SAME(name, resets, x, y);
        SAME(name, mss, x, y);
        SAME(name, wscale, x, y);
        SAME(name, sack, x, y);
        SAME(name, timestamps, x, y);
        SAME(name, initial_window, x, y);
        SAME(name, rtt_min, x, y);
        SAME(name, rtt_p50, x, y);
        SAME(name, rtt_p95, x, y);
        SAME(name, rtt_max, x, y);
        SAME(name, rtt_samples, x, y);
        SAME(name, max_in_flight, x, y);
}

/* Everything of a connection but addresses, ports, ISNs and numbers of connections and streams. */
static void
same_connection(const char *name, const struct tv_connection *c, const struct tv_connection *d)
{
        SAME(name, first_frame, c, d);
        SAME(name, last_frame, c, d);
        SAME(name, start, c, d);
        SAME(name, duration, c, d);
        SAME(name, initiator, c, d);
        SAME(name, handshake, c, d);
        SAME(name, teardown, c, d);
        SAME(name, closed_first, c, d);
        SAME(name, turns, c, d);
        SAME(name, last_idle, c, d);
        SAME(name, icmp_errors, c, d);
        SAME(name, transition_count, c, d);
        SAME(name, finding_count, c, d);
        if (strcmp(c->zeek_conn_state, d->zeek_conn_state) != 0 || strcmp(c->zeek_history, d->zeek_history) != 0)
                complain(name, "Zeek's columns differ: %s %s, %s %s", c->zeek_conn_state, c->zeek_history,
                         d->zeek_conn_state, d->zeek_history);
        for (unsigned end = 0; end < 2; end++) {
                SAME(name, state[end], c, d);
                SAME(name, delay[end], c, d);
                same_direction(name, &c->dir[end], &d->dir[end]);
        }
        for (size_t k = 0; k < c->transition_count && k < d->transition_count; k++)
                same_transition(name, &c->transitions[k], &d->transitions[k]);
        for (size_t k = 0; k < c->finding_count && k < d->finding_count; k++)
                same_finding(name, &c->findings[k], &d->findings[k]);
}

static void
same_row(const char *name, const struct tv_segment_row *r, const struct tv_segment_row *s)
{
        SAME(name, frame, r, s);
        SAME(name, sender, r, s);
        SAME(name, data_class, r, s);
        SAME(name, reason, r, s);
        SAME(name, needed, r, s);
        SAME(name, lost, r, s);
        SAME(name, of_frame, r, s);
        SAME(name, ack_class, r, s);
        SAME(name, state[0], r, s);
        SAME(name, state[1], r, s);
        SAME(name, has_expected_seq, r, s);
        SAME(name, has_expected_ack, r, s);
        /* how far each number is from what was expected */
        if (r->has_expected_seq && r->seq - r->expected_seq != s->seq - s->expected_seq)
                complain(name, "frame %u: seq against expected_seq differs", (unsigned)tv_frame_number(r->frame));
        if (r->has_expected_ack && (r->flags & TV_ACK) != 0 && r->ack - r->expected_ack != s->ack - s->expected_ack)
                complain(name, "frame %u: ack against expected_ack differs", (unsigned)tv_frame_number(r->frame));
}

/* Everything but addresses, ports, ISNs and what is made of them. */
static void
same_story(const char *name, const struct tv_run *x, const struct tv_run *y)
{
        SAME(name, connection_count, x, y);
        SAME(name, finding_count, x, y);
        SAME(name, row_count, x, y);
        if (x->connection_count != y->connection_count || x->finding_count != y->finding_count ||
            x->row_count != y->row_count)
                return;
        for (size_t i = 0; i < x->connection_count; i++) {
                const struct tv_connection *c = &x->connections[i], *d = &y->connections[i];
                SAME(name, finals[i], x, y);
                SAME(name, conn, c, d);
                SAME(name, tcp_stream, c, d);
                same_connection(name, c, d);
                if (c->finding_count == d->finding_count)
                        for (size_t k = 0; k < c->finding_count; k++) {
                                SAME(name, findings[k].conn, c, d);
                                SAME(name, findings[k].caused_by, c, d);
                        }
        }
        for (size_t i = 0; i < x->finding_count; i++) {
                SAME(name, findings[i].conn, x, y);
                SAME(name, findings[i].caused_by, x, y);
                same_finding(name, &x->findings[i], &y->findings[i]);
        }
        for (size_t i = 0; i < x->row_count; i++) {
                const struct tv_segment_row *r = &x->rows[i], *s = &y->rows[i];
                SAME(name, conn, r, s);
                same_row(name, r, s);
        }
}

static bool
has_absolute_numbers(const char *name)
{
        /* the RST that refuses a SYN has sequence number 0, whatever the ISNs are */
        return strcmp(name, "handshake-refused") == 0 || strcmp(name, "close-abandoned") == 0;
}

static bool
initiator_is_a_guess(const struct tv_run *run)
{
        for (size_t i = 0; i < run->connection_count; i++)
                if (run->connections[i].initiator == TV_INITIATOR_INFERRED)
                        return true;
        return false;
}

static void
adding_to_every_sequence_number_changes_isns_only(void **state)
{
        (void)state;
        struct tv_test_names names = tv_test_dialogues(TV_TESTDATA);
        assert_true(names.count > 50);
        for (size_t i = 0; i < names.count; i++) {
                const char *name = names.name[i];
                struct tv_run *plain = run_with(name, NULL, NULL);
                /* an offset that makes a's numbers wrap in mid-connection where its ISN is the default, and others */
                static const uint32_t shifts[][2] = {
                        {0x80000000, 0x7fffffff}, {1, 0xffffffff}, {0xfffff000, 0x12345678}};
                for (size_t k = 0; k < sizeof shifts / sizeof *shifts; k++) {
                        const struct tv_dialogue_options shift = {.shift_a = shifts[k][0], .shift_b = shifts[k][1]};
                        struct tv_run *shifted = run_with(name, &shift, NULL);
                        same_story(name, plain, shifted);
                        for (size_t c = 0; c < plain->connection_count && !has_absolute_numbers(name); c++) {
                                const struct tv_direction *x = plain->connections[c].dir,
                                                          *y = shifted->connections[c].dir;
                                for (unsigned end = 0; end < 2; end++) {
                                        assert_int_equal(x[end].isn == TV_UNKNOWN, y[end].isn == TV_UNKNOWN);
                                        if (x[end].isn != TV_UNKNOWN)
                                                assert_int_equal((uint32_t)(y[end].isn - x[end].isn),
                                                                 plain->connections[c].port[end] < 1024 ||
                                                                                 plain->connections[c].port[end] == 6000
                                                                         ? shift.shift_b
                                                                         : shift.shift_a);
                                }
                        }
                        tv_run_free(shifted);
                }
                tv_run_free(plain);
        }
        tv_test_names_clear(&names);
        assert_int_equal(complaints, 0);
}

static void
swapped_ends_mirror(void **state)
{
        (void)state;
        struct tv_test_names names = tv_test_dialogues(TV_TESTDATA);
        for (size_t i = 0; i < names.count; i++) {
                struct tv_run *plain = run_with(names.name[i], NULL, NULL);
                struct tv_run *swapped =
                        run_with(names.name[i], &(struct tv_dialogue_options){.swap_addresses = true}, NULL);
                /* Without a SYN the lower port may have been the evidence, and that is swapped too.  Of many
                 * connections to one listener, swapping makes as many listeners, which are judged each for itself. */
                if (!initiator_is_a_guess(plain) && strncmp(names.name[i], "host-", 5) != 0) {
                        same_story(names.name[i], plain, swapped);
                        for (size_t c = 0; c < plain->connection_count; c++) {
                                const struct tv_connection *x = &plain->connections[c], *y = &swapped->connections[c];
                                for (unsigned end = 0; end < 2; end++) {
                                        assert_memory_equal(x->addr[end].byte, y->addr[!end].byte, 16);
                                        assert_int_equal(x->port[end], y->port[!end]);
                                        assert_int_equal(x->dir[end].isn, y->dir[end].isn);
                                }
                                assert_string_equal(x->community_id, y->community_id);
                        }
                }
                tv_run_free(plain);
                tv_run_free(swapped);
        }
        tv_test_names_clear(&names);
        assert_int_equal(complaints, 0);
}

static void
same_packets_twice_give_the_same_whatever_the_hash_key(void **state)
{
        (void)state;
        struct tv_test_names names = tv_test_dialogues(TV_TESTDATA);
        for (size_t i = 0; i < names.count; i++) {
                struct tv_run *first = run_with(names.name[i], NULL, NULL);
                struct tv_run *second =
                        run_with(names.name[i], NULL, &(struct tv_run_options){.hash_key = {1, UINT64_MAX}});
                same_story(names.name[i], first, second);
                tv_run_free(first);
                tv_run_free(second);
        }
        tv_test_names_clear(&names);
        assert_int_equal(complaints, 0);
}

static void
rest_changes_nothing(void **state)
{
        (void)state;
        struct tv_test_names names = tv_test_dialogues(TV_TESTDATA);
        for (size_t i = 0; i < names.count; i++) {
                struct tv_run *packed = run_with(names.name[i], NULL, NULL);
                struct tv_run *whole = run_with(names.name[i], NULL, &(struct tv_run_options){.never_rest = true});
                same_story(names.name[i], packed, whole);
                tv_run_free(packed);
                tv_run_free(whole);
        }
        tv_test_names_clear(&names);
        assert_int_equal(complaints, 0);
}

static void
segment_rows_on_or_off_change_nothing_else(void **state)
{
        (void)state;
        struct tv_test_names names = tv_test_dialogues(TV_TESTDATA);
        for (size_t i = 0; i < names.count; i++) {
                struct tv_run *with = run_with(names.name[i], NULL, NULL);
                struct tv_run *without = run_with(names.name[i], NULL, &(struct tv_run_options){.no_segments = true});
                with->row_count = 0;
                same_story(names.name[i], with, without);
                tv_run_free(with);
                tv_run_free(without);
        }
        tv_test_names_clear(&names);
        assert_int_equal(complaints, 0);
}

/* One packet in |chosen_of|, another one each time. */
static uint64_t chosen_of, chosen_rest;

static bool
is_chosen(uint64_t packet)
{
        return packet * 2654435761u % chosen_of == chosen_rest;
}

static void
choosing_packets_changes_nothing_but_the_mark_of_their_connections(void **state)
{
        (void)state;
        struct tv_test_names names = tv_test_dialogues(TV_TESTDATA);
        unsigned marked = 0, unmarked = 0;
        for (size_t i = 0; i < names.count; i++) {
                struct tv_run *plain = run_with(names.name[i], NULL, NULL);
                for (size_t c = 0; c < plain->connection_count; c++)
                        assert_false(plain->connections[c].chosen);
                for (chosen_of = 1; chosen_of < 20; chosen_of += 3) {
                        chosen_rest = i % chosen_of;
                        const struct tv_run_options choose = {.chosen = is_chosen};
                        const struct tv_run_options choose_without = {.chosen = is_chosen, .no_segments = true};
                        struct tv_run *with = run_with(names.name[i], NULL, &choose);
                        struct tv_run *without = run_with(names.name[i], NULL, &choose_without);
                        same_story(names.name[i], plain, with);
                        for (size_t c = 0; c < with->connection_count; c++) {
                                bool expected = false;
                                for (size_t r = 0; r < with->row_count; r++)
                                        expected |= with->rows[r].conn == c &&
                                                    is_chosen(tv_frame_number(with->rows[r].frame) - 1);
                                /* The first and the last error; no dialogue has more of one connection. */
                                assert_in_range(with->connections[c].icmp_errors, 0, 2);
                                for (unsigned k = 0; k < with->connections[c].icmp_errors; k++)
                                        expected |= is_chosen(tv_frame_number(with->connections[c].icmp[k].frame) - 1);
                                *(expected ? &marked : &unmarked) += 1;
                                if (with->connections[c].chosen != expected ||
                                    without->connections[c].chosen != expected)
                                        complain(names.name[i], "conn %u: chosen is %d, %d without rows; expected %d",
                                                 (unsigned)c, with->connections[c].chosen,
                                                 without->connections[c].chosen, expected);
                        }
                        with->row_count = 0;
                        same_story(names.name[i], with, without);
                        tv_run_free(with);
                        tv_run_free(without);
                }
                tv_run_free(plain);
        }
        tv_test_names_clear(&names);
        assert_true(marked > 100 && unmarked > 50);
        assert_int_equal(complaints, 0);
}

/* ---- captures of each direction, merged ---- */

/* The frame that a packet had before the capture was taken apart: by the file it went to and its number there. */
struct split_frames {
        tv_frame of[2][400];
        size_t count[2];
};

static tv_frame
mended(const struct split_frames *frames, tv_frame frame)
{
        uint32_t file = tv_frame_file(frame);

        return frame == 0 || file > 2 ? frame : frames->of[file - 1][tv_frame_number(frame)];
}

/* Results are const to their users; these are ours. */
static void
mend(struct tv_run *run, const struct split_frames *frames)
{
        for (size_t i = 0; i < run->connection_count; i++) {
                struct tv_connection *c = &run->connections[i];

                c->first_frame = mended(frames, c->first_frame);
                c->last_frame = mended(frames, c->last_frame);
                for (size_t k = 0; k < c->transition_count; k++) {
                        struct tv_transition *t = (struct tv_transition *)&c->transitions[k];
                        t->cause_frame = mended(frames, t->cause_frame);
                        t->confirm_frame = mended(frames, t->confirm_frame);
                }
                for (size_t k = 0; k < c->finding_count; k++) {
                        struct tv_finding *f = (struct tv_finding *)&c->findings[k];
                        for (unsigned j = 0; j < f->frame_count; j++)
                                f->frames[j] = mended(frames, f->frames[j]);
                        /* They are in their own order, which that of the files is not. */
                        for (unsigned j = 1; j < f->frame_count; j++)
                                for (unsigned m = j; m > 0 && f->frames[m - 1] > f->frames[m]; m--) {
                                        tv_frame swap = f->frames[m];
                                        f->frames[m] = f->frames[m - 1];
                                        f->frames[m - 1] = swap;
                                }
                }
        }
        for (size_t i = 0; i < run->row_count; i++) {
                run->rows[i].frame = mended(frames, run->rows[i].frame);
                run->rows[i].of_frame = mended(frames, run->rows[i].of_frame);
        }
}

/* Each direction of every connection was recorded into a file of its own, as taps do; merged by time, the packets come
 * in the order in which they were, but their frames say nothing of it. */
static void
directions_in_files_of_their_own_tell_the_same(void **state)
{
        unsigned compared = 0;
        (void)state;
        struct tv_test_names names = tv_test_dialogues(TV_TESTDATA);
        for (size_t i = 0; i < names.count; i++) {
                struct tv_dialogue *dialogue = read_dialogue(names.name[i], NULL);
                struct split_frames *frames = calloc(1, sizeof *frames);
                struct tv_run_feed *plain = tv_run_begin(NULL), *split = tv_run_begin(NULL);
                bool forwards = true;
                tv_time newest = TV_NO_TIME;

                assert_non_null(frames);
                for (size_t k = 0; k < dialogue->count; k++) {
                        struct tv_packet packet = tv_dialogue_packet(dialogue, k);
                        unsigned file = !tv_segment_direction(&dialogue->packets[k].segment);

                        forwards = forwards && packet.time > newest;
                        newest = packet.time;
                        assert_in_range(frames->count[file], 0, 398);
                        tv_run_push(plain, &packet);
                        frames->of[file][++frames->count[file]] = packet.frame;
                        packet.frame = tv_frame_make(file + 1, frames->count[file]);
                        tv_run_push(split, &packet);
                }
                struct tv_run *x = tv_run_end(plain), *y = tv_run_end(split);
                mend(y, frames);
                x->finding_count = y->finding_count = 0; /* those of the capture are about the file */
                /* Without times that tell, nobody can put two files in order. */
                if (forwards) {
                        same_story(names.name[i], x, y);
                        compared++;
                }
                tv_run_free(x);
                tv_run_free(y);
                tv_dialogue_free(dialogue);
                free(frames);
        }
        tv_test_names_clear(&names);
        assert_true(compared > 50);
        assert_int_equal(complaints, 0);
}

static void
shifted_time_moves_times_only(void **state)
{
        (void)state;
        const int64_t shift = INT64_C(86400000000000) + 123456789;
        struct tv_test_names names = tv_test_dialogues(TV_TESTDATA);
        for (size_t i = 0; i < names.count; i++) {
                struct tv_run *plain = run_with(names.name[i], NULL, NULL);
                struct tv_run *later =
                        run_with(names.name[i], &(struct tv_dialogue_options){.shift_time = shift}, NULL);
                assert_int_equal(plain->connection_count, later->connection_count);
                for (size_t c = 0; c < plain->connection_count; c++) {
                        const struct tv_connection *x = &plain->connections[c], *y = &later->connections[c];
                        assert_true(y->start - x->start == shift);
                        assert_true(y->duration == x->duration);
                        assert_int_equal(x->transition_count, y->transition_count);
                        for (size_t k = 0; k < x->transition_count; k++) {
                                const struct tv_transition *t = &x->transitions[k], *u = &y->transitions[k];
                                assert_int_equal(t->to, u->to);
                                assert_int_equal(t->certainty, u->certainty);
                                assert_true(t->estimate == TV_NO_TIME ? u->estimate == TV_NO_TIME
                                                                      : u->estimate - t->estimate == shift);
                        }
                }
                tv_run_free(plain);
                tv_run_free(later);
        }
        tv_test_names_clear(&names);
        assert_int_equal(complaints, 0);
}

/* Is this row of the shorter run also in the longer one, with the same evidence?  Later evidence may turn an assumption
 * into knowledge or disprove it; what was observed or confirmed by frames that both have stays. */
static bool
row_is_in(const struct tv_connection *c, const struct tv_transition *t)
{
        for (size_t i = 0; i < c->transition_count; i++) {
                const struct tv_transition *u = &c->transitions[i];
                if (u->end == t->end && u->to == t->to && u->certainty == t->certainty &&
                    u->cause_frame == t->cause_frame && u->confirm_frame == t->confirm_frame)
                        return true;
        }
        return false;
}

static void
cut_capture_gives_a_prefix_of_what_is_known(void **state)
{
        (void)state;
        struct tv_test_names names = tv_test_dialogues(TV_TESTDATA);
        for (size_t i = 0; i < names.count; i++) {
                struct tv_dialogue *dialogue = read_dialogue(names.name[i], NULL);
                struct tv_run *whole = tv_run_dialogue(dialogue, NULL);
                for (size_t packets = 1; packets < dialogue->count; packets++) {
                        struct tv_run *part = tv_run_dialogue(dialogue, &(struct tv_run_options){.packets = packets});
                        assert_string_equal(part->broken, "");
                        for (size_t c = 0; c < part->connection_count; c++) {
                                const struct tv_connection *x = &part->connections[c];
                                const struct tv_connection *y = tv_run_connection(whole, x->conn);
                                assert_non_null(y);
                                /* an initiator that was inferred may turn out to be the other one, and a SYN behind its
                                 * SYN-ACK is itself the act that the SYN-ACK had shown */
                                if (x->initiator == TV_INITIATOR_INFERRED || x->initiator != y->initiator)
                                        continue;
                                for (size_t k = 0; k < x->transition_count; k++) {
                                        const struct tv_transition *t = &x->transitions[k];
                                        if (t->certainty != TV_OBSERVED && t->certainty != TV_CONFIRMED)
                                                continue;
                                        if (!row_is_in(y, t))
                                                complain(
                                                        names.name[i],
                                                        "after %u packets conn %u has a row that the whole has not: %c "
                                                        "to %s, cause %u, proof %u",
                                                        (unsigned)packets, (unsigned)x->conn, "ab"[t->end],
                                                        tv_tcp_state_name(t->to),
                                                        (unsigned)tv_frame_number(t->cause_frame),
                                                        (unsigned)tv_frame_number(t->confirm_frame));
                                }
                        }
                        tv_run_free(part);
                }
                tv_run_free(whole);
                tv_dialogue_free(dialogue);
        }
        tv_test_names_clear(&names);
        assert_int_equal(complaints, 0);
}

/* The same traffic in two networks, which are the VLANs 10 and 11 with other ISNs, one packet of each in turn; |of|
 * tells which of the two are captured (bits).  Frames have the same numbers whatever is captured. */
static struct tv_run *
run_networks(const char *name, unsigned of, const struct tv_run_options *options)
{
        struct tv_run_feed *feed = tv_run_begin(options);
        struct tv_dialogue *dialogue[2] = {
                read_dialogue(name, NULL),
                read_dialogue(name, &(struct tv_dialogue_options){.shift_a = 0x6b5fca6b, .shift_b = 0x9e3779b9})};
        for (size_t i = 0; i < dialogue[0]->count; i++) {
                for (unsigned n = 0; n < 2; n++) {
                        struct tv_packet p = tv_dialogue_packet(dialogue[n], i);
                        uint8_t octets[70000];
                        if ((of & 1u << n) == 0)
                                continue;
                        assert_true(p.captured >= 14 && p.captured + 4 <= sizeof octets);
                        memcpy(octets, p.data, 12);
                        memcpy(octets + 12, (const uint8_t[]){0x81, 0x00, 0x00, (uint8_t)(10 + n)}, 4);
                        memcpy(octets + 16, p.data + 12, p.captured - 12);
                        p.data = octets;
                        p.captured += 4;
                        p.length += 4;
                        p.frame = tv_frame_make(1, 2 * i + n + 1);
                        tv_run_push(feed, &p);
                }
        }
        tv_dialogue_free(dialogue[0]);
        tv_dialogue_free(dialogue[1]);
        return tv_run_end(feed);
}

static bool
is_of_network(const struct tv_connection *c, unsigned n)
{
        for (unsigned end = 0; end < 2; end++)
                for (unsigned i = 0; i < c->dir[end].way.first.steps; i++)
                        if (c->dir[end].way.first.kind[i] == TV_STEP_VLAN)
                                return c->dir[end].way.first.id[i] == 10 + n;
        return false;
}

static void
two_networks_with_the_same_addresses_are_as_each_alone(void **state)
{
        (void)state;
        struct tv_test_names names = tv_test_dialogues(TV_TESTDATA);
        size_t compared[2] = {0, 0};
        for (size_t i = 0; i < names.count; i++) {
                const char *name = names.name[i];
                struct tv_dialogue *dialogue = read_dialogue(name, NULL);
                bool ethernet = dialogue->count > 0;
                for (size_t k = 0; k < dialogue->count; k++)
                        ethernet &= dialogue->packets[k].link_type == 1;
                tv_dialogue_free(dialogue);
                for (unsigned mode = 0; mode < 4 && ethernet; mode++) {
                        const struct tv_run_options options = {.no_segments = (mode & 1) != 0,
                                                               .key = (mode & 2) != 0 ? TV_WAY_VLAN : 0};
                        if (options.key == 0 && strcmp(name, "mid-stream") == 0)
                                continue; /* without a SYN nothing contradicts */
                        struct tv_run *both = run_networks(name, 3, &options);
                        if (both->broken[0] != '\0')
                                complain(name, "%s", both->broken);
                        for (unsigned n = 0; n < 2; n++) {
                                struct tv_run *alone = run_networks(name, 1u << n, &options);
                                size_t found = 0, rows = 0;
                                for (size_t c = 0; c < both->connection_count; c++)
                                        if (is_of_network(&both->connections[c], n)) {
                                                if (found < alone->connection_count)
                                                        same_connection(name, &both->connections[c],
                                                                        &alone->connections[found]);
                                                found++;
                                        }
                                if (found != alone->connection_count)
                                        complain(name, "mode %u: %zu connections, alone %zu", mode, found,
                                                 alone->connection_count);
                                for (size_t r = 0; r < both->row_count; r++)
                                        if ((tv_frame_number(both->rows[r].frame) - 1) % 2 == n &&
                                            rows < alone->row_count)
                                                same_row(name, &both->rows[r], &alone->rows[rows++]);
                                assert_int_equal(rows, alone->row_count);
                                compared[options.key != 0] += found;
                                tv_run_free(alone);
                        }
                        tv_run_free(both);
                }
        }
        tv_test_names_clear(&names);
        assert_int_equal(complaints, 0);
        assert_true(compared[0] > 100 && compared[1] > 100);
}

static void
a_key_changes_nothing_where_there_are_no_tags(void **state)
{
        (void)state;
        struct tv_test_names names = tv_test_dialogues(TV_TESTDATA);
        for (size_t i = 0; i < names.count; i++) {
                struct tv_dialogue *dialogue = read_dialogue(names.name[i], NULL);
                bool plain = true;
                for (size_t k = 0; k < dialogue->count; k++)
                        plain &= dialogue->packets[k].more.context.steps == 0;
                tv_dialogue_free(dialogue);
                for (unsigned rows = 0; rows < 2 && plain; rows++) {
                        struct tv_run *without =
                                run_with(names.name[i], NULL, &(struct tv_run_options){.no_segments = rows == 0});
                        struct tv_run *with = run_with(
                                names.name[i], NULL,
                                &(struct tv_run_options){.no_segments = rows == 0, .key = TV_WAY_VLAN | TV_WAY_TUNNEL});
                        same_story(names.name[i], without, with);
                        tv_run_free(without);
                        tv_run_free(with);
                }
        }
        tv_test_names_clear(&names);
        assert_int_equal(complaints, 0);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(adding_to_every_sequence_number_changes_isns_only, forget_complaints),
                cmocka_unit_test_setup(swapped_ends_mirror, forget_complaints),
                cmocka_unit_test_setup(same_packets_twice_give_the_same_whatever_the_hash_key, forget_complaints),
                cmocka_unit_test_setup(rest_changes_nothing, forget_complaints),
                cmocka_unit_test_setup(segment_rows_on_or_off_change_nothing_else, forget_complaints),
                cmocka_unit_test_setup(choosing_packets_changes_nothing_but_the_mark_of_their_connections,
                                       forget_complaints),
                cmocka_unit_test_setup(directions_in_files_of_their_own_tell_the_same, forget_complaints),
                cmocka_unit_test_setup(two_networks_with_the_same_addresses_are_as_each_alone, forget_complaints),
                cmocka_unit_test_setup(a_key_changes_nothing_where_there_are_no_tags, forget_complaints),
                cmocka_unit_test_setup(shifted_time_moves_times_only, forget_complaints),
                cmocka_unit_test_setup(cut_capture_gives_a_prefix_of_what_is_known, forget_complaints),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
