/* The table of what a capture can tell: is it whole, and does the program keep to it?
 * Also rewrites the page, and prints the table as CSV for the tests of accuracy:
 *   decidability_test --write docs/decidability.md
 *   decidability_test --csv */
#include "analyzer/diagnose/decidability.h"

#include "analyzer/tcp/transition.h"
#include "reassembly/data_class.h"
#include "report/decidability_page.h"
#include "tests/support/expect.h"
#include "tests/support/testdata.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- is it whole? ---- */

static void
every_row_has_an_id_of_its_own_and_says_something(void **state)
{
        (void)state;
        for (unsigned event = 0; event < TV_EVENTS; event++) {
                const struct tv_decidable *row = tv_decidability((enum tv_event)event);

                assert_ptr_equal(tv_decidability_find(row->id), row); /* the first with this id is this one */
                assert_int_not_equal(row->event[0], '\0');
                assert_int_not_equal(row->otherwise[0], '\0');
                if (row->field[0] == '\0')
                        assert_string_equal(row->value, "");
                for (unsigned point = 0; point < TV_POINTS; point++) {
                        const struct tv_clause *clause = row->point[point];
                        bool evidence = clause->verdict == TV_VERDICT_KNOWN || clause->verdict == TV_VERDICT_IF;

                        assert_int_equal(clause->evidence[0] != '\0', evidence);
                        assert_int_equal(clause->why[0] != '\0', clause->verdict != TV_VERDICT_KNOWN);
                        assert_null(strchr(clause->evidence, '|')); /* would break the page's tables */
                        assert_null(strchr(clause->why, '|'));
                        assert_true(strlen(clause->why) < TV_FINDING_TEXT / 2); /* has room in a finding */
                }
        }
}

static void
expect_row_of(const char *field, const char *value)
{
        if (tv_decidability_of(field, value) == NULL)
                fail_msg("no row for %s '%s' in decidability_list.def", field, value);
}

static void
every_word_of_the_segments_has_a_row(void **state)
{
        (void)state;
        for (int i = 0; i < TV_DATA_CLASSES; i++)
                expect_row_of("segments.data_class", tv_data_class_name((enum tv_data_class)i));
        for (int i = TV_REASON_NONE + 1; i < TV_REASONS; i++)
                expect_row_of("segments.reason", tv_reason_name((enum tv_reason)i));
        for (int i = TV_NEEDED_NONE + 1; i <= TV_NEEDED_UNKNOWN; i++)
                expect_row_of("segments.needed", tv_needed_name((enum tv_needed)i));
        for (int i = TV_LOST_EMPTY + 1; i <= TV_LOST_UNKNOWN; i++)
                expect_row_of("segments.lost", tv_lost_name((enum tv_lost)i));
        for (int i = 0; i < TV_ACK_CLASSES; i++)
                expect_row_of("segments.ack_class", tv_ack_class_name((enum tv_ack_class)i));
}

static void
every_finding_has_a_row(void **state)
{
        static const char *const codes[] = {
#define TV_FINDING(code, severity, meaning) code,
#include "analyzer/diagnose/finding_list.def"
#undef TV_FINDING
        };

        (void)state;
        for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
                expect_row_of("findings.code", codes[i]);
}

static void
every_stimulus_of_a_state_has_a_row(void **state)
{
        (void)state;
        for (int i = 0; i < TV_STIMULI; i++)
                expect_row_of("transitions.trigger", tv_stimulus_name((enum tv_stimulus)i));
}

/* The words that no enum holds: those that really occur. */
static void
every_trigger_of_the_dialogues_has_a_row(void **state)
{
        struct tv_test_names names = tv_test_dialogues(TV_TESTDATA);
        char path[TV_TEST_PATH], error[TV_DIALOGUE_ERROR];

        (void)state;
        assert_true(names.count > 50);
        for (size_t i = 0; i < names.count; i++) {
                struct tv_dialogue *dialogue;
                struct tv_run *run;

                snprintf(path, sizeof path, "%s/dialogues/%s.txt", TV_TESTDATA, names.name[i]);
                dialogue = tv_dialogue_read(path, NULL, error);
                assert_non_null(dialogue);
                run = tv_run_dialogue(dialogue, NULL);
                for (size_t c = 0; c < run->connection_count; c++)
                        for (size_t k = 0; k < run->connections[c].transition_count; k++)
                                expect_row_of("transitions.trigger", run->connections[c].transitions[k].trigger);
                tv_run_free(run);
                tv_dialogue_free(dialogue);
        }
        tv_test_names_clear(&names);
}

static void
the_place_comes_from_the_delays(void **state)
{
        const tv_time ms = 1000000;

        (void)state;
        assert_int_equal(tv_decidability_point(ms / 20, 20 * ms), TV_POINT_OWN);
        assert_int_equal(tv_decidability_point(20 * ms, ms / 20), TV_POINT_PEER);
        assert_int_equal(tv_decidability_point(10 * ms, 10 * ms), TV_POINT_BEFORE);
        assert_int_equal(tv_decidability_point(ms / 20, ms / 10), TV_POINT_BEFORE); /* both near: no telling */
        assert_int_equal(tv_decidability_point(TV_NO_TIME, ms / 20), TV_POINT_BEFORE);
        assert_int_equal(tv_decidability_point(ms / 20, TV_NO_TIME), TV_POINT_BEFORE);
}

/* ---- does the program keep to it? ----
 *
 * A scene is a dialogue as its ends see it: times are those of sending, and every segment travels 20 ms.  Behind it may
 * stand what the network does to it halfway: [lost], [late SECONDS], [twice SECONDS]; or [missed] by the capture.  A
 * scene is captured at a, between a and the middle, between the middle and b, and at b; what each capture shows follows
 * from that. */

#define WAY    0.020
#define MIDDLE 0.5
#define LINES  40
#define LINE   160

struct shown {
        double time;
        char text[LINE];
};

/* |text|'s mark "[name SECONDS]", cut off from it; false when it has none. */
static bool
take_mark(char *text, const char *name, double *seconds)
{
        char *mark = strstr(text, name);

        if (mark == NULL)
                return false;
        *seconds = strtod(mark + strlen(name), NULL);
        *mark = '\0';
        return true;
}

static void
show(struct shown *lines, size_t *count, double time, const char *text)
{
        size_t at = (*count)++;

        assert_true(at < LINES);
        while (at > 0 &&
               lines[at - 1].time > time + 1e-7) { /* what comes at once is answered in the order of the scene */
                lines[at] = lines[at - 1];
                at--;
        }
        lines[at].time = time;
        snprintf(lines[at].text, LINE, "%.6f %s\n", time, text);
}

/* The capture of |scene| at |place| of the way from a (0) to b (1), as a dialogue in |to|. */
static void
capture(const char *scene, double place, char to[LINES * LINE])
{
        struct shown lines[LINES];
        size_t count = 0, used = 0;
        unsigned id[2] = {1000, 5000};

        while (*scene != '\0') {
                char text[LINE], with_id[LINE];
                const char *end = strchr(scene, '\n');
                double sent, gone, seconds = 0, time;
                bool late, twice, lost, missed;
                char *rest;

                assert_non_null(end);
                assert_true((size_t)(end - scene) < LINE - 20);
                snprintf(text, sizeof text, "%.*s", (int)(end - scene), scene);
                scene = end + 1;
                sent = strtod(text, &rest);
                rest++;
                lost = take_mark(rest, " [lost]", &seconds);
                late = take_mark(rest, " [late", &seconds);
                twice = take_mark(rest, " [twice", &seconds);
                missed = take_mark(rest, " [missed]", &seconds);
                if (strstr(rest, "{id") != NULL)
                        snprintf(with_id, sizeof with_id, "%.140s", rest);
                else
                        snprintf(with_id, sizeof with_id, "%.120s {id %u}", rest, id[rest[0] == 'b']++);
                if (missed)
                        continue;
                gone = rest[0] == 'b' ? 1 - place : place; /* so much of its way lies behind it here */
                time = sent + gone * WAY;
                if (lost && gone > MIDDLE)
                        continue;
                if (late && gone > MIDDLE)
                        time += seconds;
                show(lines, &count, time, with_id);
                if (twice && gone > MIDDLE)
                        show(lines, &count, time + seconds, with_id);
        }
        to[0] = '\0';
        for (size_t i = 0; i < count; i++)
                used += (size_t)snprintf(to + used, LINES * LINE - used, "%s", lines[i].text);
}

/* What a run says of an event, as a word of |text|. */
#define WORD 80
typedef const char *answer(const struct tv_run *run, char text[WORD]);

/* The evidence that a clause asks for is in the captures of these points. */
enum {
        AT_OWN = 1 << TV_POINT_OWN,
        AT_BEFORE = 1 << TV_POINT_BEFORE,
        AT_BEHIND = 1 << TV_POINT_BEHIND,
        AT_PEER = 1 << TV_POINT_PEER,
        BEFORE = AT_OWN | AT_BEFORE,
        BEHIND = AT_BEHIND | AT_PEER,
        NOWHERE = 0,
        EVERYWHERE = BEFORE | BEHIND
};

static const double places[TV_POINTS] = {0, 0.25, 0.75, 1};

/* Expects, at these |points|, of |scene|, in which |end| is the one that the event is about, that the program says
 * |before| where |event| is known at own and before, |behind| where it is known at behind and peer, and |unknown| where
 * it is not. */
static void
expect_at(unsigned points, enum tv_event event, enum tv_end end, const char *scene, unsigned evidence, answer *ask,
          const char *before, const char *behind, const char *unknown_before, const char *unknown_behind)
{
        for (unsigned point = 0; point < TV_POINTS; point++) {
                const struct tv_clause *clause = tv_decidability(event)->point[point];
                bool known = clause->verdict == TV_VERDICT_KNOWN ||
                             (clause->verdict == TV_VERDICT_IF && (evidence >> point & 1) != 0);
                char text[LINES * LINE], word[WORD], what[WORD];
                struct tv_run *run;

                if (clause->verdict == TV_VERDICT_NEVER || (points >> point & 1) == 0)
                        continue;
                capture(scene, end == TV_A ? places[point] : 1 - places[point], text);
                run = tv_run_text(text, NULL);
                EXPECT_KEPT(run);
                snprintf(what, sizeof what, "%s seen from %s", tv_decidability(event)->id,
                         tv_point_name((enum tv_point)point));
                tv_expect_same(run, what, ask(run, word),
                               point == TV_POINT_OWN || point == TV_POINT_BEFORE ? known ? before : unknown_before
                               : known                                           ? behind
                                                                                 : unknown_behind,
                               __FILE__, __LINE__);
                tv_run_free(run);
        }
}

static void
expect(enum tv_event event, enum tv_end end, const char *scene, unsigned evidence, answer *ask, const char *before,
       const char *behind, const char *unknown_before, const char *unknown_behind)
{
        expect_at(EVERYWHERE, event, end, scene, evidence, ask, before, behind, unknown_before, unknown_behind);
}

/* ---- what to ask ---- */

static const char *
certainty_of(const struct tv_run *run, enum tv_end end, const char *trigger)
{
        static const char *const words[] = {"observed", "confirmed", "assumed", "timer"};
        const struct tv_connection *c = tv_run_connection(run, 0);

        for (size_t i = 0; c != NULL && i < c->transition_count; i++)
                if (c->transitions[i].end == end && strcmp(c->transitions[i].trigger, trigger) == 0)
                        return words[c->transitions[i].certainty];
        return "no row";
}

#define ASK_CERTAINTY(name, end, trigger)                                                                              \
        static const char *name(const struct tv_run *run, char text[WORD])                                             \
        {                                                                                                              \
                (void)text;                                                                                            \
                return certainty_of(run, end, trigger);                                                                \
        }
ASK_CERTAINTY(b_listens, TV_B, "SYN-ACK shows a listener")
ASK_CERTAINTY(b_got_syn, TV_B, "SYN received")
ASK_CERTAINTY(a_got_synack, TV_A, "SYN-ACK received")
ASK_CERTAINTY(b_got_ack1, TV_B, "ACK of SYN received")
ASK_CERTAINTY(a_sent_fin, TV_A, "FIN sent")
ASK_CERTAINTY(b_got_fin, TV_B, "FIN received")
ASK_CERTAINTY(a_got_ack_of_fin, TV_A, "ACK of FIN received")
ASK_CERTAINTY(b_got_ack_of_fin, TV_B, "ACK of FIN received")
ASK_CERTAINTY(b_got_rst, TV_B, "RST received")

static const char *
state_of_b(const struct tv_run *run, char text[WORD])
{
        snprintf(text, WORD, "%s", tv_tcp_state_name((enum tv_tcp_state)tv_run_connection(run, 0)->state[TV_B]));
        return text;
}

/* "downstream", "upstream", "possible", "" for no such finding. */
static const char *
loss(const struct tv_run *run, const char *code)
{
        const struct tv_finding *f = tv_run_finding(run, 0, code);

        return f == NULL                                             ? ""
               : f->confidence == TV_POSSIBLE                        ? "possible"
               : strstr(f->what, "behind the capture point") != NULL ? "downstream"
               : strstr(f->what, "before the capture point") != NULL ? "upstream"
                                                                     : "no place";
}

#define ASK_LOSS(name, code)                                                                                           \
        static const char *name(const struct tv_run *run, char text[WORD])                                             \
        {                                                                                                              \
                (void)text;                                                                                            \
                return loss(run, code);                                                                                \
        }
ASK_LOSS(syn_lost, "handshake.syn-lost")
ASK_LOSS(synack_lost, "handshake.synack-lost")
ASK_LOSS(ack_lost, "handshake.ack-lost")
ASK_LOSS(fin1_lost, "teardown.fin1-lost")
ASK_LOSS(ack1_lost, "teardown.ack1-lost")
ASK_LOSS(fin2_lost, "teardown.fin2-lost")
ASK_LOSS(ack2_lost, "teardown.ack2-lost")

/* The newest row of a's data. */
static const char *
last_data(const struct tv_run *run, char text[WORD])
{
        const struct tv_segment_row *last = NULL;

        for (size_t i = 0; i < run->row_count; i++)
                if (run->rows[i].sender == TV_A && run->rows[i].length != 0)
                        last = &run->rows[i];
        assert_non_null(last);
        snprintf(text, WORD, "%s %s %s %s", tv_data_class_name((enum tv_data_class)last->data_class),
                 tv_reason_name((enum tv_reason)last->reason), tv_needed_name((enum tv_needed)last->needed),
                 tv_lost_name((enum tv_lost)last->lost));
        return text;
}

static const char *
last_class(const struct tv_run *run, char text[WORD])
{
        const struct tv_segment_row *last = NULL;

        for (size_t i = 0; i < run->row_count; i++)
                if (run->rows[i].sender == TV_A && run->rows[i].data_class != TV_DATA_NONE)
                        last = &run->rows[i];
        assert_non_null(last);
        snprintf(text, WORD, "%s", tv_data_class_name((enum tv_data_class)last->data_class));
        return text;
}

static const char *
last_answer(const struct tv_run *run, char text[WORD])
{
        const struct tv_segment_row *last = NULL;

        for (size_t i = 0; i < run->row_count; i++)
                if (run->rows[i].sender == TV_B)
                        last = &run->rows[i];
        assert_non_null(last);
        snprintf(text, WORD, "%s", tv_ack_class_name((enum tv_ack_class)last->ack_class));
        return text;
}

/* How often, of the first loss that was found. */
static const char *
how_often(const struct tv_run *run, char text[WORD])
{
        const struct tv_connection *c = tv_run_connection(run, 0);
        const char *what = c->finding_count != 0 ? c->findings[0].what : "";
        const char *least = strstr(what, "at least ");

        snprintf(text, WORD, "%s%s", least != NULL ? "at least " : "", strstr(what, "twice") != NULL ? "twice" : "");
        return text;
}

static const char *
blamed_for_the_syn(const struct tv_run *run, char text[WORD])
{
        static const char *const words[] = {"a", "b", "network", "capture", "unknown"};
        const struct tv_finding *f = tv_run_finding(run, 0, "handshake.syn-lost");

        snprintf(text, WORD, "%s", f != NULL ? words[f->blame] : "");
        return text;
}

static const char *
path_of_b(const struct tv_run *run, char text[WORD])
{
        char path[TV_RUN_PATH];

        tv_run_path(run, 0, TV_B, path);
        snprintf(text, WORD, "%s",
                 strstr(path, "LAST_ACK") != NULL  ? "LAST_ACK"
                 : strstr(path, "CLOSING") != NULL ? "CLOSING"
                                                   : "");
        return text;
}

static const char *
missing(const struct tv_run *run, char text[WORD])
{
        snprintf(text, WORD, "%" PRIu64, tv_run_connection(run, 0)->dir[TV_A].missing_bytes);
        return text;
}

static const char *
counted_twice(const struct tv_run *run, char text[WORD])
{
        const struct tv_direction *d = &tv_run_connection(run, 0)->dir[TV_A];

        snprintf(text, WORD, "%" PRIu64 " %" PRIu64 " of %" PRIu64, d->retransmissions, d->retransmitted_bytes,
                 d->unique_bytes);
        return text;
}

/* ---- scenes ---- */

/* Each ends with both in ESTABLISHED: with timestamps (T) and without (P). */
#define OPEN_T                                                                                                         \
        "0.000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK,TS val 1000 ecr 0>\n"                                    \
        "0.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 9020 ecr 1000>\n"                                 \
        "0.040 a>b .  1:1(0) ack 1 <nop,nop,TS val 1040 ecr 9020>\n"                                                   \
        "0.041 a>b P. 1:11(10) ack 1 <nop,nop,TS val 1041 ecr 9020>\n"                                                 \
        "0.061 b>a .  1:1(0) ack 11 <nop,nop,TS val 9061 ecr 1041>\n"
#define OPEN_P                                                                                                         \
        "0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"                                                             \
        "0.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"                                                             \
        "0.040 a>b .  1:1(0) ack 1\n"                                                                                  \
        "0.041 a>b P. 1:11(10) ack 1\n"                                                                                \
        "0.061 b>a .  1:1(0) ack 11\n"

static void
receipts_of_the_handshake(void **state)
{
        static const char silent[] = "0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                     "0.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                     "0.040 a>b .  1:1(0) ack 1\n";
        static const char only_syns[] = "0.000 a>b S  0:0(0) win 65535 <mss 1460>\n"
                                        "1.000 a>b S  0:0(0) win 65535 <mss 1460>\n";
        static const char no_third[] = "0.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                       "0.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n";

        (void)state;
        expect(TV_EVENT_state_listen, TV_B, silent, EVERYWHERE, b_listens, "confirmed", "confirmed", "", "");
        expect(TV_EVENT_state_syn_received, TV_B, silent, EVERYWHERE, b_got_syn, "confirmed", "confirmed", "", "");
        expect(TV_EVENT_state_syn_received, TV_B, only_syns, NOWHERE, b_got_syn, "", "", "no row", "no row");
        expect(TV_EVENT_state_unanswered, TV_B, only_syns, NOWHERE, state_of_b, "", "", "", "");
        expect(TV_EVENT_state_synack_received, TV_A, silent, EVERYWHERE, a_got_synack, "confirmed", "confirmed", "",
               "");
        expect(TV_EVENT_state_synack_received, TV_A, no_third, NOWHERE, a_got_synack, "", "", "assumed", "assumed");
        expect(TV_EVENT_state_ack1_received, TV_B, silent, NOWHERE, b_got_ack1, "", "", "assumed", "assumed");
        expect(TV_EVENT_state_ack1_received, TV_B, OPEN_P, EVERYWHERE, b_got_ack1, "confirmed", "confirmed", "", "");
}

static void
receipts_of_the_close(void **state)
{
        static const char whole[] = OPEN_T "0.200 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1200 ecr 9061>\n"
                                           "0.220 b>a .  1:1(0) ack 12 <nop,nop,TS val 9220 ecr 1200>\n"
                                           "0.400 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9400 ecr 1200>\n"
                                           "0.420 a>b .  12:12(0) ack 2 <nop,nop,TS val 1420 ecr 9400>\n";
        static const char half[] = OPEN_T "0.200 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1200 ecr 9061>\n"
                                          "0.220 b>a .  1:1(0) ack 12 <nop,nop,TS val 9220 ecr 1200>\n";
        static const char unanswered[] = OPEN_T "0.200 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1200 ecr 9061>\n";
        static const char reset[] = OPEN_T "0.200 a>b R. 11:11(0) ack 1\n";

        (void)state;
        expect(TV_EVENT_state_fin_sent, TV_A, whole, EVERYWHERE, a_sent_fin, "observed", "observed", "", "");
        expect(TV_EVENT_state_fin_received, TV_B, whole, EVERYWHERE, b_got_fin, "confirmed", "confirmed", "", "");
        expect(TV_EVENT_state_fin_received, TV_B, unanswered, NOWHERE, b_got_fin, "", "", "assumed", "assumed");
        expect(TV_EVENT_state_fin_acked, TV_A, whole, EVERYWHERE, a_got_ack_of_fin, "confirmed", "confirmed", "", "");
        expect(TV_EVENT_state_fin_acked, TV_A, half, NOWHERE, a_got_ack_of_fin, "", "", "assumed", "assumed");
        expect(TV_EVENT_state_fin_acked, TV_B, whole, NOWHERE, b_got_ack_of_fin, "", "", "assumed", "assumed");
        expect(TV_EVENT_state_rst_received, TV_B, reset, NOWHERE, b_got_rst, "", "", "assumed", "assumed");
}

static void
segments_of_the_handshake_lost(void **state)
{
        static const char syn_t[] = "0.000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 1000 ecr 0> [lost]\n"
                                    "1.000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 2000 ecr 0>\n"
                                    "1.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 9020 ecr 2000>\n"
                                    "1.040 a>b .  1:1(0) ack 1 <nop,nop,TS val 2040 ecr 9020>\n"
                                    "1.041 a>b P. 1:11(10) ack 1 <nop,nop,TS val 2041 ecr 9020>\n"
                                    "1.061 b>a .  1:1(0) ack 11 <nop,nop,TS val 9061 ecr 2041>\n";
        static const char syn_p[] = "0.000 a>b S  0:0(0)       win 65535 <mss 1460> [lost]\n"
                                    "1.000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
                                    "1.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
                                    "1.040 a>b .  1:1(0) ack 1\n"
                                    "1.041 a>b P. 1:11(10) ack 1\n"
                                    "1.061 b>a .  1:1(0) ack 11\n";
        static const char synack_t[] = "0.000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 1000 ecr 0>\n"
                                       "0.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 9020 ecr 1000> [lost]\n"
                                       "1.000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 2000 ecr 0>\n"
                                       "1.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 10020 ecr 1000>\n"
                                       "1.040 a>b .  1:1(0) ack 1 <nop,nop,TS val 2040 ecr 10020>\n"
                                       "1.041 a>b P. 1:11(10) ack 1 <nop,nop,TS val 2041 ecr 10020>\n"
                                       "1.061 b>a .  1:1(0) ack 11 <nop,nop,TS val 10061 ecr 2041>\n";
        static const char ack_t[] = "0.000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 1000 ecr 0>\n"
                                    "0.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 9020 ecr 1000>\n"
                                    "0.040 a>b .  1:1(0) ack 1 <nop,nop,TS val 1040 ecr 9020> [lost]\n"
                                    "1.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 10020 ecr 1000>\n"
                                    "1.040 a>b .  1:1(0) ack 1 <nop,nop,TS val 2040 ecr 9020>\n"
                                    "1.100 b>a P. 1:11(10) ack 1 <nop,nop,TS val 10100 ecr 2040>\n"
                                    "1.120 a>b .  1:1(0) ack 11 <nop,nop,TS val 2120 ecr 10100>\n";

        (void)state;
        expect(TV_EVENT_loss_syn, TV_A, syn_t, EVERYWHERE, syn_lost, "downstream", "", "", "");
        expect(TV_EVENT_loss_synack, TV_B, synack_t, EVERYWHERE, synack_lost, "downstream", "upstream", "", "");
        expect(TV_EVENT_loss_ack1, TV_A, ack_t, EVERYWHERE, ack_lost, "downstream", "upstream", "", "");
        /* Without timestamps: the SYN or its answer, where the first copy was seen. */
        expect(TV_EVENT_loss_syn, TV_A, syn_p, NOWHERE, syn_lost, "", "", "possible", "");
}

static void
segments_of_the_close_lost(void **state)
{
        static const char fin1[] = OPEN_T "0.200 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1200 ecr 9061> [lost]\n"
                                          "0.450 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1450 ecr 9061>\n"
                                          "0.470 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9470 ecr 1450>\n"
                                          "0.490 a>b .  12:12(0) ack 2 <nop,nop,TS val 1490 ecr 9470>\n";
        static const char ack1[] = OPEN_T "0.200 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1200 ecr 9061>\n"
                                          "0.220 b>a .  1:1(0) ack 12 <nop,nop,TS val 9220 ecr 1200> [lost]\n"
                                          "0.450 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1450 ecr 9061>\n"
                                          "0.470 b>a .  1:1(0) ack 12 <nop,nop,TS val 9470 ecr 1200>\n"
                                          "0.700 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9700 ecr 1200>\n"
                                          "0.720 a>b .  12:12(0) ack 2 <nop,nop,TS val 1720 ecr 9700>\n";
        static const char fin2[] = OPEN_T "0.200 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1200 ecr 9061>\n"
                                          "0.220 b>a .  1:1(0) ack 12 <nop,nop,TS val 9220 ecr 1200>\n"
                                          "0.300 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9300 ecr 1200> [lost]\n"
                                          "0.550 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9550 ecr 1200>\n"
                                          "0.570 a>b .  12:12(0) ack 2 <nop,nop,TS val 1570 ecr 9550>\n";
        static const char ack2[] = OPEN_T "0.200 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1200 ecr 9061>\n"
                                          "0.220 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9220 ecr 1200>\n"
                                          "0.240 a>b .  12:12(0) ack 2 <nop,nop,TS val 1240 ecr 9220> [lost]\n"
                                          "0.470 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9470 ecr 1200>\n"
                                          "0.490 a>b .  12:12(0) ack 2 <nop,nop,TS val 1490 ecr 9220>\n";
        /* a's numbers are no count. */
        static const char fin2_n[] = OPEN_T "0.200 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1200 ecr 9061>\n"
                                            "0.220 b>a .  1:1(0) ack 12 <nop,nop,TS val 9220 ecr 1200>\n"
                                            "0.300 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9300 ecr 1200> [lost]\n"
                                            "0.550 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9550 ecr 1200>\n"
                                            "0.570 a>b .  12:12(0) ack 2 <nop,nop,TS val 1570 ecr 9550> {id 777}\n";

        (void)state;
        expect(TV_EVENT_loss_fin1, TV_A, fin1, BEFORE, fin1_lost, "downstream", "", "", "");
        expect(TV_EVENT_loss_fin1_ack, TV_B, ack1, EVERYWHERE, ack1_lost, "downstream", "upstream", "", "");
        expect(TV_EVENT_loss_fin2, TV_B, fin2, BEFORE, fin2_lost, "downstream", "", "", "");
        expect(TV_EVENT_loss_fin2, TV_B, fin2_n, NOWHERE, fin2_lost, "", "", "possible", "");
        expect(TV_EVENT_loss_fin2_ack, TV_A, ack2, EVERYWHERE, ack2_lost, "downstream", "upstream", "", "");
}

static void
data_lost(void **state)
{
        /* 11..21 dies, SACK asks for it. */
        static const char asked[] = OPEN_T "0.200 a>b P. 11:21(10) ack 1 <nop,nop,TS val 1200 ecr 9061> [lost]\n"
                                           "0.201 a>b P. 21:31(10) ack 1 <nop,nop,TS val 1201 ecr 9061>\n"
                                           "0.202 a>b P. 31:41(10) ack 1 <nop,nop,TS val 1202 ecr 9061>\n"
                                           "0.203 a>b P. 41:51(10) ack 1 <nop,nop,TS val 1203 ecr 9061>\n"
                                           "0.221 b>a .  1:1(0) ack 11 <nop,nop,TS val 9221 ecr 1041,sack 21:31>\n"
                                           "0.222 b>a .  1:1(0) ack 11 <nop,nop,TS val 9222 ecr 1041,sack 21:41>\n"
                                           "0.223 b>a .  1:1(0) ack 11 <nop,nop,TS val 9223 ecr 1041,sack 21:51>\n"
                                           "0.243 a>b P. 11:21(10) ack 1 <nop,nop,TS val 1243 ecr 9061>\n"
                                           "0.263 b>a .  1:1(0) ack 51 <nop,nop,TS val 9263 ecr 1243>\n";
        /* The newest octets die, and a timer brings them again. */
        static const char tail[] = OPEN_T "1.200 a>b P. 11:21(10) ack 1 <nop,nop,TS val 2200 ecr 9061> [lost]\n"
                                          "1.500 a>b P. 11:21(10) ack 1 <nop,nop,TS val 2500 ecr 9061>\n"
                                          "1.520 b>a .  1:1(0) ack 21 <nop,nop,TS val 10520 ecr 2500>\n";
        /* They arrive, and their acknowledgment dies. */
        static const char ack_t[] = OPEN_T "1.200 a>b P. 11:21(10) ack 1 <nop,nop,TS val 2200 ecr 9061>\n"
                                           "1.220 b>a .  1:1(0) ack 21 <nop,nop,TS val 10220 ecr 2200> [lost]\n"
                                           "1.500 a>b P. 11:21(10) ack 1 <nop,nop,TS val 2500 ecr 9061>\n"
                                           "1.520 b>a .  1:1(0) ack 21 <nop,nop,TS val 10520 ecr 2200,sack 11:21>\n";
        static const char tail_p[] = OPEN_P "1.200 a>b P. 11:21(10) ack 1 [lost]\n"
                                            "1.500 a>b P. 11:21(10) ack 1\n"
                                            "1.520 b>a .  1:1(0) ack 21 {id 777}\n";
        /* Delivered late, behind what was sent after it. */
        static const char overtaken[] =
                OPEN_T "0.200 a>b P. 11:21(10) ack 1 <nop,nop,TS val 1200 ecr 9061> [late 0.004]\n"
                       "0.201 a>b P. 21:31(10) ack 1 <nop,nop,TS val 1201 ecr 9061>\n"
                       "0.221 b>a .  1:1(0) ack 11 <nop,nop,TS val 9221 ecr 1041,sack 21:31>\n"
                       "0.224 b>a .  1:1(0) ack 31 <nop,nop,TS val 9224 ecr 1200>\n";
        static const char twice[] = OPEN_T "0.200 a>b P. 11:21(10) ack 1 <nop,nop,TS val 1200 ecr 9061> [twice 0.001]\n"
                                           "0.220 b>a .  1:1(0) ack 21 <nop,nop,TS val 9220 ecr 1200>\n"
                                           "0.221 b>a .  1:1(0) ack 21 <nop,nop,TS val 9221 ecr 1200,sack 11:21>\n";

        (void)state;
        expect(TV_EVENT_class_retransmission, TV_A, asked, EVERYWHERE, last_data, "retransmission fast yes downstream",
               "retransmission fast yes upstream", "", "");
        expect(TV_EVENT_class_retransmission, TV_A, tail, BEFORE, last_data, "retransmission tlp yes downstream", "",
               "", "new   ");
        expect(TV_EVENT_lost_ack, TV_A, ack_t, EVERYWHERE, last_data, "retransmission tlp no ack",
               "retransmission tlp no ack", "", "");
        expect(TV_EVENT_needed_yes, TV_A, tail_p, NOWHERE, last_data, "", "", "retransmission rto unknown unknown",
               "new   ");
        expect(TV_EVENT_class_out_of_order, TV_A, overtaken, BEHIND, last_data, "", "out-of-order   ", "new   ",
               "new   ");
        expect(TV_EVENT_class_network_duplicate, TV_A, twice, BEHIND, last_data, "", "network-duplicate   ", "new   ",
               "new   ");
}

static void
what_only_the_host_there_knows(void **state)
{
        /* The first copy of the SYN arrives, and b's host refuses it. */
        static const char refused[] = "0.000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 1000 ecr 0>\n"
                                      "1.000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 2000 ecr 0>\n"
                                      "1.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 9020 ecr 2000>\n"
                                      "1.040 a>b .  1:1(0) ack 1 <nop,nop,TS val 2040 ecr 9020>\n"
                                      "1.041 a>b P. 1:11(10) ack 1 <nop,nop,TS val 2041 ecr 9020>\n"
                                      "1.061 b>a .  1:1(0) ack 11 <nop,nop,TS val 9061 ecr 2041>\n";
        static const char twice[] = "0.000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 1000 ecr 0>\n"
                                    "0.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 9020 ecr 1000> [lost]\n"
                                    "1.000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 2000 ecr 0>\n"
                                    "1.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 10020 ecr 1000> [lost]\n"
                                    "3.000 a>b S  0:0(0)       win 65535 <mss 1460,TS val 4000 ecr 0>\n"
                                    "3.020 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 12020 ecr 1000>\n"
                                    "3.040 a>b .  1:1(0) ack 1 <nop,nop,TS val 4040 ecr 12020>\n"
                                    "3.041 a>b P. 1:11(10) ack 1 <nop,nop,TS val 4041 ecr 12020>\n"
                                    "3.061 b>a .  1:1(0) ack 11 <nop,nop,TS val 12061 ecr 4041>\n";

        (void)state;
        expect(TV_EVENT_refused_syn, TV_A, refused, AT_PEER, blamed_for_the_syn, "", "b", "network", "network");
        expect(TV_EVENT_loss_count, TV_B, twice, EVERYWHERE, how_often, "twice", "", "", "at least twice");
}

static void
fins_that_cross(void **state)
{
        /* b's FIN is sent before a's arrives; its first copy dies, and the second covers a's FIN. */
        static const char crossed[] = OPEN_T "0.200 a>b F. 11:11(0) ack 1 <nop,nop,TS val 1200 ecr 9061>\n"
                                             "0.210 b>a F. 1:1(0) ack 11 <nop,nop,TS val 9210 ecr 1041> [lost]\n"
                                             "0.220 b>a .  2:2(0) ack 12 <nop,nop,TS val 9220 ecr 1200> [lost]\n"
                                             "0.455 b>a F. 1:1(0) ack 12 <nop,nop,TS val 9455 ecr 1200>\n"
                                             "0.475 a>b .  12:12(0) ack 2 <nop,nop,TS val 1475 ecr 9455>\n";

        (void)state;
        expect_at(BEFORE, TV_EVENT_state_saw_fin, TV_B, crossed, EVERYWHERE, path_of_b, "CLOSING", "", "", "");
}

static void
probes(void **state)
{
        static const char alive[] = OPEN_P "9.000 a>b .  10:10(0) ack 1\n"
                                           "9.020 b>a .  1:1(0) ack 11\n";
        static const char window[] = OPEN_P "0.100 b>a .  1:1(0) ack 11 win 0\n"
                                            "0.400 a>b .  10:10(0) ack 1\n"
                                            "0.420 b>a .  1:1(0) ack 11 win 0\n";

        (void)state;
        expect(TV_EVENT_class_keepalive, TV_A, alive, EVERYWHERE, last_class, "keepalive", "keepalive", "", "");
        expect(TV_EVENT_class_window_probe, TV_A, window, EVERYWHERE, last_class, "window-probe", "window-probe", "",
               "");
        expect(TV_EVENT_ack_keepalive_reply, TV_B, alive, EVERYWHERE, last_answer, "keepalive-reply", "keepalive-reply",
               "", "");
        expect(TV_EVENT_ack_probe_reply, TV_B, window, EVERYWHERE, last_answer, "probe-reply", "probe-reply", "", "");
}

static void
repetitions_without_identity(void **state)
{
        /* Neither IP ID nor TSval, repeated after more than the round trip and less than a timer. */
        static const char nameless[] = OPEN_P "0.200 a>b P. 11:21(10) ack 1 {id 0} [lost]\n"
                                              "0.201 a>b P. 21:31(10) ack 1 {id 0}\n"
                                              "0.221 b>a .  1:1(0) ack 11\n"
                                              "0.300 a>b P. 11:21(10) ack 1 {id 0}\n"
                                              "0.320 b>a .  1:1(0) ack 31\n";
        /* The same, delivered late. */
        static const char late[] = OPEN_P "0.200 a>b P. 11:21(10) ack 1 {id 0} [late 0.100]\n"
                                          "0.201 a>b P. 21:31(10) ack 1 {id 0}\n"
                                          "0.221 b>a .  1:1(0) ack 11\n"
                                          "0.320 b>a .  1:1(0) ack 31\n";

        (void)state;
        expect(TV_EVENT_class_retransmission, TV_A, nameless, BEFORE, last_class, "retransmission", "", "",
               "hole-fill");
        expect(TV_EVENT_class_out_of_order, TV_A, late, NOWHERE, last_class, "", "", "new", "hole-fill");
        expect(TV_EVENT_class_hole_fill, TV_A, late, NOWHERE, last_class, "", "", "", "hole-fill");
}

static void
what_the_capture_missed(void **state)
{
        static const char acked[] = OPEN_P "0.200 a>b P. 11:21(10) ack 1 [missed]\n"
                                           "0.220 b>a .  1:1(0) ack 21\n";
        static const char unacked[] = OPEN_P "0.200 a>b P. 11:21(10) ack 1 [missed]\n";

        (void)state;
        expect(TV_EVENT_metric_missing_bytes, TV_A, acked, EVERYWHERE, missing, "10", "10", "", "");
        expect(TV_EVENT_metric_missing_bytes, TV_A, unacked, NOWHERE, missing, "", "", "0", "0");
        expect(TV_EVENT_ack_unseen, TV_B, acked, EVERYWHERE, last_answer, "unseen", "unseen", "", "");
}

static void
what_died_before_the_capture_point_is_counted_nowhere(void **state)
{
        static const char tail[] = OPEN_T "1.200 a>b P. 11:21(10) ack 1 <nop,nop,TS val 2200 ecr 9061> [lost]\n"
                                          "1.500 a>b P. 11:21(10) ack 1 <nop,nop,TS val 2500 ecr 9061>\n"
                                          "1.520 b>a .  1:1(0) ack 21 <nop,nop,TS val 10520 ecr 2500>\n";

        (void)state;
        expect(TV_EVENT_metric_retransmitted_bytes, TV_A, tail, BEFORE, counted_twice, "1 10 of 20", "", "",
               "0 0 of 20");
        expect(TV_EVENT_metric_unique_bytes, TV_A, tail, EVERYWHERE, counted_twice, "1 10 of 20", "0 0 of 20", "", "");
}

static void
a_round_trip_is_that_from_the_capture_point_to_the_peer(void **state)
{
        (void)state;
        for (unsigned point = 0; point < TV_POINTS; point++) {
                const struct tv_clause *clause = tv_decidability(TV_EVENT_metric_rtt_min)->point[point];
                char text[LINES * LINE];
                struct tv_run *run;

                assert_int_equal(clause->verdict, TV_VERDICT_IF);
                capture(OPEN_T, places[point], text);
                run = tv_run_text(text, NULL);
                assert_in_range(
                        tv_run_connection(run, 0)->dir[TV_A].rtt_min,
                        (uint64_t)((1 - places[point]) * 2 * WAY * 1e9 - 2000 + 2000 * (point == TV_POINT_PEER)),
                        (uint64_t)((1 - places[point]) * 2 * WAY * 1e9 + 2000));
                tv_run_free(run);
        }
}

/* ---- the page ---- */

static bool
write_to(const char *path, void (*write)(struct tv_out *))
{
        struct tv_out out;
        bool ok = tv_out_open(&out, path);

        if (ok)
                write(&out);
        return tv_out_close(&out, NULL) && ok;
}

static char *
read_whole(const char *path)
{
        FILE *file = fopen(path, "r");
        const size_t room = 1024 * 1024;
        char *text = calloc(1, room);

        assert_non_null(file);
        assert_non_null(text);
        assert_in_range(fread(text, 1, room - 1, file), 1, room - 2);
        fclose(file);
        return text;
}

static void
the_committed_page_is_the_generated_one(void **state)
{
        char path[] = "/tmp/decidability_test.XXXXXX", *generated, *committed;
        int fd = mkstemp(path);

        (void)state;
        assert_true(fd >= 0);
        close(fd);
        assert_true(write_to(path, tv_decidability_page));
        generated = read_whole(path);
        unlink(path);
        committed = read_whole(TV_TESTDATA "/../docs/decidability.md");
        if (strcmp(generated, committed) != 0)
                fail_msg("docs/decidability.md is old: decidability_test --write docs/decidability.md");
        free(generated);
        free(committed);
}

int
main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_row_has_an_id_of_its_own_and_says_something),
                cmocka_unit_test(every_word_of_the_segments_has_a_row),
                cmocka_unit_test(every_finding_has_a_row),
                cmocka_unit_test(every_stimulus_of_a_state_has_a_row),
                cmocka_unit_test(every_trigger_of_the_dialogues_has_a_row),
                cmocka_unit_test(the_place_comes_from_the_delays),
                cmocka_unit_test(receipts_of_the_handshake),
                cmocka_unit_test(receipts_of_the_close),
                cmocka_unit_test(segments_of_the_handshake_lost),
                cmocka_unit_test(segments_of_the_close_lost),
                cmocka_unit_test(data_lost),
                cmocka_unit_test(what_only_the_host_there_knows),
                cmocka_unit_test(fins_that_cross),
                cmocka_unit_test(probes),
                cmocka_unit_test(repetitions_without_identity),
                cmocka_unit_test(what_the_capture_missed),
                cmocka_unit_test(what_died_before_the_capture_point_is_counted_nowhere),
                cmocka_unit_test(a_round_trip_is_that_from_the_capture_point_to_the_peer),
                cmocka_unit_test(the_committed_page_is_the_generated_one),
        };

        if (argc == 3 && strcmp(argv[1], "--write") == 0)
                return write_to(argv[2], tv_decidability_page) ? EXIT_SUCCESS : EXIT_FAILURE;
        if (argc == 2 && strcmp(argv[1], "--csv") == 0) {
                struct tv_out out;
                bool ok = tv_out_borrow(&out, STDOUT_FILENO);

                if (ok)
                        tv_decidability_csv(&out);
                return tv_out_close(&out, NULL) && ok ? EXIT_SUCCESS : EXIT_FAILURE;
        }
        return cmocka_run_group_tests(tests, NULL, NULL);
}
