/* Dialogues with known truth (tests/support/simulator.h), recorded at three places, with and without the faults that
 * captures have.  What the program says of them may be "unknown", but not wrong.
 *
 * TV_SIM_RUNS plays so many dialogues instead of the usual few, TV_SIM_FROM names the first seed, TV_SIM_ONLY prints
 * complaints of this kind alone; of each kind the shortest example is printed. */
#include "tests/support/engine_run.h"
#include "tests/support/expect.h"
#include "tests/support/simulator.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MICROSECOND INT64_C(1000)
#define MILLISECOND INT64_C(1000000)

static uint64_t
setting(const char *name, uint64_t otherwise)
{
        const char *value = getenv(name);

        return value != NULL ? strtoull(value, NULL, 10) : otherwise;
}

/* ---- complaints ---- */

struct kind {
        char name[80];
        unsigned count, hush;
        size_t shortest;
        uint64_t seed;
        char *example;
};
static struct kind kinds[200];
static size_t kind_count;

static struct kind *
kind_of(const char *name)
{
        for (size_t i = 0; i < kind_count; i++)
                if (strcmp(kinds[i].name, name) == 0)
                        return &kinds[i];
        assert(kind_count < sizeof kinds / sizeof kinds[0]);
        snprintf(kinds[kind_count].name, sizeof kinds[0].name, "%s", name);
        kinds[kind_count].shortest = SIZE_MAX;
        return &kinds[kind_count++];
}

/* ---- the truth about each transmission ---- */

struct truth {
        uint64_t old;         /* octets of sequence space that were sent before */
        uint64_t old_data;    /* of them payload */
        bool needed;          /* some of these had not been delivered by an earlier one */
        bool unclear;         /* an earlier one came to an end that had no use for it */
        bool again_by_design; /* the SYN-ACK of a simultaneous open */
        bool delivered;
};

struct judge {
        const struct tv_sim *sim;
        const struct truth *truth;
        enum tv_sim_point point;
        const struct tv_sim_faults *faults;
        const struct tv_sim_recording *recording;
        const struct tv_run *run;
        const char *text, *what;
        bool any_reset;
};

static char *
example(const struct judge *j, const char *saying)
{
        static const char *const points[] = {"at a", "between", "at b"};
        size_t room = strlen(j->text) + j->recording->count * (TV_EXPECT_TEXT + 60) + 8000, used;
        char *text = malloc(room), row[TV_EXPECT_TEXT], path[TV_RUN_PATH];
        const char *line = j->text;
        size_t frame = 0;

        assert_non_null(text);
        used = (size_t)snprintf(text, room, "seed %" PRIu64 ", %s, %s: %s\n  %s\n", j->sim->seed, points[j->point],
                                j->what, saying, j->sim->story);
        while (*line != '\0') {
                size_t n = strcspn(line, "\n");

                used += (size_t)snprintf(text + used, room - used, "  %.*s", (int)n, line);
                if (line[0] >= '0' && line[0] <= '9' && frame < j->recording->count) {
                        const struct tv_sim_frame *f = &j->recording->at[frame++];
                        const struct tv_sim_copy *c = &j->sim->copy[f->copy];
                        const struct truth *t = &j->truth[c->sent];

                        used += (size_t)snprintf(text + used, room - used, "   #%zu %s | sent %u%s%s%s%s%s", frame,
                                                 tv_expect_row_text(j->run, frame, row), c->sent,
                                                 t->old != 0 ? " again" : "", t->needed ? " needed" : "",
                                                 c->number != 0 ? " copy" : "", f->again ? " twice" : "",
                                                 t->delivered ? "" : " LOST");
                }
                used += (size_t)snprintf(text + used, room - used, "\n");
                line += n + (line[n] == '\n');
        }
        for (unsigned end = 0; end < 2; end++) {
                used += (size_t)snprintf(text + used, room - used, "  %c was:", "ab"[end]);
                for (size_t i = 0; i < j->sim->steps[end]; i++)
                        used += (size_t)snprintf(text + used, room - used, " %s@%.6f",
                                                 tv_tcp_state_name(j->sim->step[end][i].to),
                                                 (double)j->sim->step[end][i].time / 1e9);
                used += (size_t)snprintf(text + used, room - used, "\n  %c told: %s\n", "ab"[end],
                                         j -> run -> connection_count != 0 ? tv_run_path(j->run, 0, end, path) : "");
        }
        return text;
}

static void complain(const struct judge *j, const char *name, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static void
complain(const struct judge *j, const char *name, const char *format, ...)
{
        struct kind *kind = kind_of(name);
        char saying[300], all[400];
        va_list arguments;

        kind->count++;
        if (j->recording->count >= kind->shortest)
                return;
        va_start(arguments, format);
        vsnprintf(saying, sizeof saying, format, arguments);
        va_end(arguments);
        kind->shortest = j->recording->count;
        free(kind->example);
        snprintf(all, sizeof all, "%s: %s", name, saying);
        kind->example = example(j, all);
}

static struct truth *
truths(const struct tv_sim *sim)
{
        struct truth *truth = calloc(sim->sent_count + 1, sizeof *truth);
        uint64_t most = 0;
        uint8_t *octets[2];
        bool alone[2] = {false, false}, designed[2] = {false, false};

        assert_non_null(truth);
        for (size_t i = 0; i < sim->copy_count; i++)
                if (sim->copy[i].arrived) {
                        truth[sim->copy[i].sent].delivered |= !sim->copy[i].refused;
                        truth[sim->copy[i].sent].unclear |= sim->copy[i].refused;
                }
        for (size_t i = 0; i < sim->sent_count; i++)
                if (sim->sent[i].begin + tv_sim_space(&sim->sent[i]) > most)
                        most = sim->sent[i].begin + tv_sim_space(&sim->sent[i]);
        for (unsigned end = 0; end < 2; end++) {
                octets[end] = calloc(most + 1, 1);
                assert_non_null(octets[end]);
        }
        enum { SENT = 1, DELIVERED = 2, REFUSED = 4 };
        for (size_t i = 0; i < sim->sent_count; i++) {
                const struct tv_sim_sent *s = &sim->sent[i];
                uint8_t *o = octets[s->end];
                bool refused = truth[i].unclear, syn = (s->flags & TV_SYN) != 0;

                truth[i].unclear = false;
                if ((s->flags & TV_RST) != 0)
                        continue;
                if (syn && (s->flags & TV_ACK) == 0)
                        alone[s->end] = true;
                if (syn && (s->flags & TV_ACK) != 0 && alone[s->end] && !designed[s->end])
                        truth[i].again_by_design = designed[s->end] = true;
                for (uint64_t at = s->begin; at < s->begin + tv_sim_space(s); at++) {
                        bool data = at >= s->begin + syn && at < s->begin + syn + s->length;

                        if ((o[at] & SENT) != 0) {
                                truth[i].old++;
                                truth[i].old_data += data;
                                truth[i].needed |= (o[at] & DELIVERED) == 0;
                                truth[i].unclear |= (o[at] & REFUSED) != 0;
                        }
                        o[at] |= SENT;
                        if (truth[i].delivered)
                                o[at] |= DELIVERED;
                        if (refused)
                                o[at] |= REFUSED;
                }
        }
        free(octets[0]);
        free(octets[1]);
        return truth;
}

/* ---- rows ---- */

static bool
is_retransmission(unsigned data_class)
{
        return data_class == TV_DATA_RETRANSMISSION || data_class == TV_DATA_OVERLAP_CONFLICT;
}

/* Was an earlier transmission of |s| octets lost before (|upstream|) or behind the capture point? */
static bool
lost_copy(const struct judge *j, uint32_t sent, bool upstream)
{
        const struct tv_sim *sim = j->sim;
        const struct tv_sim_sent *s = &sim->sent[sent];

        for (uint32_t i = 0; i < sent; i++) {
                const struct tv_sim_sent *e = &sim->sent[i];
                bool recorded = false;

                if (e->end != s->end || (e->flags & TV_RST) != 0 || e->begin >= s->begin + tv_sim_space(s) ||
                    s->begin >= e->begin + tv_sim_space(e) || j->truth[i].delivered)
                        continue;
                /* A frame that the capturer dropped cannot be told from one that never came. */
                for (size_t k = 0; k < j->recording->count; k++)
                        recorded |= sim->copy[j->recording->at[k].copy].sent == i;
                if (recorded != upstream)
                        return true;
        }
        return false;
}

/* Did a segment of the peer die that would have told |sent|'s end of the arrival before it sent that? */
static bool
lost_answer(const struct judge *j, uint32_t sent)
{
        const struct tv_sim *sim = j->sim;
        const struct tv_sim_sent *s = &sim->sent[sent];

        for (uint32_t i = 0; i < sim->sent_count && sim->sent[i].time < s->time; i++) {
                const struct tv_sim_sent *e = &sim->sent[i];

                if (e->end == s->end || (e->flags & TV_ACK) == 0 || j->truth[i].delivered)
                        continue;
                if (e->ack > s->begin)
                        return true;
                for (unsigned k = 0; k < e->sacks; k++)
                        if (e->sack[k][0] <= s->begin && s->begin < e->sack[k][1])
                                return true;
        }
        return false;
}

/* Numbers for people: how often "unknown" is said. */
static unsigned needed_told[2][2][4], lost_told[6];

static void
judge_need(const struct judge *j, size_t frame, const struct tv_segment_row *row, uint32_t sent, uint64_t before)
{
        const struct truth *t = &j->truth[sent];
        const char *fault = j->faults->missing > 0                               ? " (missing)"
                            : j->faults->twice != 0                              ? " (twice)"
                            : j->faults->late[0] != 0 || j->faults->late[1] != 0 ? " (late)"
                            : j->faults->from > 0                                ? " (from)"
                                                                                 : "";
        char name[80];

        if (t->unclear)
                return;
        /* What the network makes two of behind the capture point is reported as received twice, too. */
        for (size_t i = 0; i < j->sim->copy_count && row->needed == TV_NEEDED_NO; i++)
                if (j->sim->copy[i].number != 0 && j->sim->copy[i].passed[j->point] == TV_SIM_NEVER &&
                    j->sim->sent[j->sim->copy[i].sent].end == j->sim->sent[sent].end &&
                    j->sim->sent[j->sim->copy[i].sent].begin <
                            j->sim->sent[sent].begin + tv_sim_space(&j->sim->sent[sent]) &&
                    j->sim->sent[sent].begin < j->sim->sent[j->sim->copy[i].sent].begin +
                                                       tv_sim_space(&j->sim->sent[j->sim->copy[i].sent]))
                        return;
        if (before != 0 && fault[0] == '\0')
                needed_told[j->sim->timestamps][j->sim->sack][row->needed]++;
        lost_told[row->lost]++;
        if ((row->needed == TV_NEEDED_YES && !t->needed) || (row->needed == TV_NEEDED_NO && t->needed)) {
                snprintf(name, sizeof name, "needed %s%s%s%s", tv_needed_name(row->needed),
                         (j->sim->sent[sent].flags & TV_SYN) != 0   ? " syn"
                         : (j->sim->sent[sent].flags & TV_FIN) != 0 ? " fin"
                                                                    : " data",
                         before != 0 ? "" : " first seen", fault);
                complain(j, name, "frame %zu", frame + 1);
                return;
        }
        if (row->lost == TV_LOST_UPSTREAM && row->needed == TV_NEEDED_YES && !lost_copy(j, sent, true)) {
                snprintf(name, sizeof name, "lost upstream%s", fault);
                complain(j, name, "frame %zu", frame + 1);
        }
        if (row->lost == TV_LOST_DOWNSTREAM && !lost_copy(j, sent, false)) {
                snprintf(name, sizeof name, "lost downstream%s", fault);
                complain(j, name, "frame %zu", frame + 1);
        }
        /* Where delays are irregular, an acknowledgment that is late looks like one that died. */
        if (row->lost == TV_LOST_ACK && !j->sim->irregular && !lost_answer(j, sent)) {
                snprintf(name, sizeof name, "lost ack%s", fault);
                complain(j, name, "frame %zu", frame + 1);
        }
        if (row->lost == TV_LOST_UPSTREAM && row->needed != TV_NEEDED_YES && !lost_copy(j, sent, true)) {
                snprintf(name, sizeof name, "lost upstream, not needed%s", fault);
                complain(j, name, "frame %zu", frame + 1);
        }
}

static bool
has_identity(const struct tv_sim *sim, const struct tv_sim_sent *s)
{
        return sim->ids[s->end] != TV_SIM_ID_ZERO || (s->flags & TV_SYN) != 0 ||
               (sim->timestamps && tv_sim_space(s) != 0 && (s->flags & TV_RST) == 0);
}

/* Is |f| the same, octet for octet, as something of another transmission that was recorded before it? */
static bool
looks_recorded(const struct judge *j, size_t f)
{
        const struct tv_sim_sent *s = &j->sim->sent[j->sim->copy[j->recording->at[f].copy].sent];

        for (size_t i = 0; i < f; i++) {
                const struct tv_sim_sent *e = &j->sim->sent[j->sim->copy[j->recording->at[i].copy].sent];

                if (e != s && e->end == s->end && e->begin == s->begin && e->length == s->length &&
                    e->flags == s->flags && e->ack == s->ack && e->window == s->window && e->tsval == s->tsval &&
                    e->tsecr == s->tsecr && e->ip_id == s->ip_id && e->sacks == s->sacks &&
                    memcmp(e->sack, s->sack, sizeof e->sack) == 0)
                        return true;
        }
        return false;
}

static void
judge_rows(const struct judge *j)
{
        const struct tv_sim *sim = j->sim;
        uint8_t *captured[2], *recorded = calloc(sim->sent_count + 1, 1);
        uint64_t top[2] = {0, 0}, most = 0;
        bool any[2] = {false, false};
        uint32_t *newest[2]; /* transmission of which each octet was captured last */

        for (size_t i = 0; i < sim->sent_count; i++)
                if (sim->sent[i].begin + tv_sim_space(&sim->sent[i]) > most)
                        most = sim->sent[i].begin + tv_sim_space(&sim->sent[i]);
        for (unsigned end = 0; end < 2; end++) {
                captured[end] = calloc(most + 1, 1);
                newest[end] = calloc(most + 1, sizeof *newest[end]);
                assert_non_null(captured[end]);
                assert_non_null(newest[end]);
        }
        assert_non_null(recorded);
        for (size_t i = 0; i < j->recording->count; i++) {
                const struct tv_sim_frame *f = &j->recording->at[i];
                const struct tv_sim_copy *c = &sim->copy[f->copy];
                const struct tv_sim_sent *s = &sim->sent[c->sent];
                const struct truth *t = &j->truth[c->sent];
                const struct tv_segment_row *row = tv_run_row(j->run, i + 1);
                uint64_t space = tv_sim_space(s), before = 0;
                const char *said;
                char name[80];
                bool later_seen = false;

                if (row == NULL) {
                        complain(j, "no row", "frame %zu", i + 1);
                        continue;
                }
                said = tv_data_class_name(row->data_class);
                if (row->ack_class == TV_ACK_UNSENT)
                        complain(j, "ack unsent", "frame %zu", i + 1);
                if (row->data_class == TV_DATA_STALE || row->data_class == TV_DATA_OVERLAP_CONFLICT ||
                    row->data_class == TV_DATA_OUTSIDE_WINDOW) {
                        snprintf(name, sizeof name, "class %s%s", said, j->faults->missing > 0 ? " (missing)" : "");
                        complain(j, name, "frame %zu", i + 1);
                }
                if ((s->flags & TV_RST) != 0)
                        continue;
                if (recorded[c->sent]) {
                        bool is_duplicate = row->data_class == TV_DATA_CAPTURE_DUPLICATE ||
                                            row->data_class == TV_DATA_NETWORK_DUPLICATE;

                        if (f->again && row->data_class != TV_DATA_CAPTURE_DUPLICATE &&
                            (has_identity(sim, s) || space != 0)) {
                                snprintf(name, sizeof name, "second record is %s%s", said,
                                         has_identity(sim, s) ? "" : ", no identity");
                                complain(j, name, "frame %zu", i + 1);
                        } else if (j->faults->twice == 0 && row->data_class == TV_DATA_CAPTURE_DUPLICATE) {
                                complain(j, "network's copy is capture-duplicate", "frame %zu", i + 1);
                        } else if (!is_duplicate && has_identity(sim, s) && space != 0) {
                                snprintf(name, sizeof name, "copy is %s", said);
                                complain(j, name, "frame %zu", i + 1);
                        }
                        continue;
                }
                recorded[c->sent] = 1;
                for (uint64_t at = s->begin; at < s->begin + space; at++) {
                        before += captured[s->end][at] != 0;
                        if (captured[s->end][at] != 0)
                                later_seen |= newest[s->end][at] > c->sent;
                        captured[s->end][at] = 1;
                        newest[s->end][at] = c->sent;
                }
                if (row->data_class == TV_DATA_CAPTURE_DUPLICATE || row->data_class == TV_DATA_NETWORK_DUPLICATE) {
                        if (looks_recorded(j, i))
                                continue;
                        snprintf(name, sizeof name, "no copy is %s%s%s", said, space == 0 ? ", pure" : "",
                                 has_identity(sim, s) ? "" : ", no identity");
                        complain(j, name, "frame %zu", i + 1);
                } else if (space == 0) {
                        bool probe = row->data_class == TV_DATA_KEEPALIVE || row->data_class == TV_DATA_WINDOW_PROBE;

                        if (probe != s->probe && (any[s->end] || !s->probe)) {
                                snprintf(name, sizeof name, "%s is %s", s->probe ? "probe" : "pure ACK",
                                         row->data_class == TV_DATA_NONE ? "none" : said);
                                complain(j, name, "frame %zu", i + 1);
                        } else if (!probe && row->data_class != TV_DATA_NONE) {
                                snprintf(name, sizeof name, "pure ACK is %s", said);
                                complain(j, name, "frame %zu", i + 1);
                        }
                } else if (t->again_by_design) {
                        if (row->data_class != TV_DATA_NEW)
                                complain(j, "SYN-ACK of simultaneous open", "frame %zu is %s", i + 1, said);
                } else if (t->old != 0) {
                        if (is_retransmission(row->data_class)) {
                                judge_need(j, i, row, c->sent, before);
                        } else if (before != 0 && !(row->data_class == TV_DATA_OUT_OF_ORDER && later_seen)) {
                                snprintf(name, sizeof name, "retransmission is %s", said);
                                complain(j, name, "frame %zu", i + 1);
                        } else if (row->data_class == TV_DATA_OUT_OF_ORDER && before == 0) {
                                snprintf(name, sizeof name, "retransmission is %s, first seen", said);
                                complain(j, name, "frame %zu", i + 1);
                        }
                } else if (before != 0) {
                        if (row->data_class != TV_DATA_OUT_OF_ORDER && sim->timestamps) {
                                snprintf(name, sizeof name, "overtaken original is %s", said);
                                complain(j, name, "frame %zu", i + 1);
                        }
                } else if (any[s->end] && s->begin < top[s->end]) {
                        if (row->data_class != TV_DATA_OUT_OF_ORDER && row->data_class != TV_DATA_HOLE_FILL) {
                                snprintf(name, sizeof name, "late original is %s", said);
                                complain(j, name, "frame %zu", i + 1);
                        }
                } else if (row->data_class != TV_DATA_NEW) {
                        snprintf(name, sizeof name, "original is %s%s", said, j->faults->from > 0 ? " (from)" : "");
                        complain(j, name, "frame %zu", i + 1);
                }
                if (s->begin + space > top[s->end])
                        top[s->end] = s->begin + space;
                any[s->end] = true;
        }
        for (unsigned end = 0; end < 2; end++) {
                free(captured[end]);
                free(newest[end]);
        }
        free(recorded);
}

/* ---- paths ---- */

static const struct tv_sim_step *
step_to(const struct tv_sim *sim, unsigned end, enum tv_tcp_state to, bool first)
{
        const struct tv_sim_step *found = NULL;

        for (size_t i = 0; i < sim->steps[end]; i++)
                if (sim->step[end][i].to == to) {
                        if (first)
                                return i == 0 || to != TV_CLOSED ? &sim->step[end][i] : NULL;
                        if (i != 0 || to != TV_CLOSED)
                                found = &sim->step[end][i];
                }
        return found;
}

static unsigned assumed[2]; /* false, true */

static void
judge_paths(const struct judge *j, const struct tv_connection *c)
{
        static const char *const certainties[] = {"observed", "confirmed", "assumed", "timer"};
        tv_time slack = j->faults->late[0] > j->faults->late[1] ? j->faults->late[0] : j->faults->late[1];
        const char *fault = j->faults->missing > 0 ? " (missing)"
                            : slack != 0           ? " (late)"
                            : j->faults->from > 0  ? " (from)"
                                                   : "";
        char name[80];

        for (size_t i = 0; i < c->transition_count; i++) {
                const struct tv_transition *t = &c->transitions[i];
                const struct tv_sim_step *step = step_to(j->sim, t->end, t->to, t->from == TV_NO_STATE);
                tv_time time;

                if (t->from == TV_NO_STATE && t->to == TV_CLOSED)
                        continue;
                if (step == NULL) {
                        if (t->certainty == TV_ASSUMED) {
                                assumed[0]++;
                                continue;
                        }
                        snprintf(name, sizeof name, "%s %s did not happen%s", certainties[t->certainty],
                                 tv_tcp_state_name(t->to), fault);
                        complain(j, name, "%c, cause %u, proof %u", "ab"[t->end],
                                 (unsigned)tv_frame_number(t->cause_frame),
                                 (unsigned)tv_frame_number(t->confirm_frame));
                        continue;
                }
                assumed[1] += t->certainty == TV_ASSUMED;
                time = step->time + TV_EXPECT_START;
                if (t->certainty == TV_TIMER)
                        continue;
                /* Where the capturer dropped frames, the one that bounds it may be among them. */
                if (t->earliest != TV_NO_TIME && j->faults->missing <= 0 && t->certainty != TV_ASSUMED &&
                    time < t->earliest - slack) {
                        snprintf(name, sizeof name, "%s %s before earliest%s", certainties[t->certainty],
                                 tv_tcp_state_name(t->to), fault);
                        complain(j, name, "%c at %.6f, earliest %.6f", "ab"[t->end], (double)step -> time / 1e9,
                                 (double)(t->earliest - TV_EXPECT_START) / 1e9);
                }
                if (t->latest != TV_NO_TIME && time > t->latest) {
                        snprintf(name, sizeof name, "%s %s after latest%s", certainties[t->certainty],
                                 tv_tcp_state_name(t->to), fault);
                        complain(j, name, "%c at %.6f, latest %.6f", "ab"[t->end], (double)step -> time / 1e9,
                                 (double)(t->latest - TV_EXPECT_START) / 1e9);
                }
        }
}

/* What the capture shows an end do has to be in its path. */
static void
judge_acts(const struct judge *j)
{
        for (unsigned end = 0; end < 2; end++) {
                bool fin = false;

                for (size_t i = 0; i < j->recording->count; i++) {
                        const struct tv_sim_sent *s = &j->sim->sent[j->sim->copy[j->recording->at[i].copy].sent];

                        fin |= s->end == end && (s->flags & TV_FIN) != 0;
                }
                if (fin && tv_run_transition(j->run, 0, end, TV_FIN_WAIT_1) == NULL &&
                    tv_run_transition(j->run, 0, end, TV_LAST_ACK) == NULL)
                        complain(j, "FIN without a state", "%c", "ab"[end]);
        }
}

/* ---- the life of the connection ---- */

static const struct tv_sim_sent *
first_fin(const struct judge *j, unsigned end)
{
        for (size_t i = 0; i < j->sim->sent_count; i++)
                if (j->sim->sent[i].end == end && (j->sim->sent[i].flags & TV_FIN) != 0)
                        return &j->sim->sent[i];
        return NULL;
}

static void
judge_life(const struct judge *j, const struct tv_connection *c)
{
        static const char *const firsts[] = {"a", "b", "both", "none"};
        const struct tv_sim_sent *fin[2] = {first_fin(j, 0), first_fin(j, 1)};
        bool saw[2];
        unsigned expected = TV_CLOSED_FIRST_NONE;
        char name[80];

        if (j->any_reset)
                return;
        for (unsigned end = 0; end < 2; end++)
                saw[end] =
                        fin[end] != NULL && fin[!end] != NULL && fin[end]->ack > fin[!end]->begin + fin[!end]->length;
        if (fin[0] != NULL && fin[1] != NULL)
                expected = saw[1] ? TV_CLOSED_FIRST_A : saw[0] ? TV_CLOSED_FIRST_B : TV_CLOSED_FIRST_BOTH;
        else if (fin[0] != NULL || fin[1] != NULL)
                expected = fin[0] != NULL ? TV_CLOSED_FIRST_A : TV_CLOSED_FIRST_B;
        if (c->closed_first != TV_CLOSED_FIRST_NONE && c->closed_first != expected) {
                snprintf(name, sizeof name, "closed first%s%s", expected == TV_CLOSED_FIRST_BOTH ? " both" : "",
                         j->faults->missing > 0 ? " (missing)"
                         : j->faults->from > 0  ? " (from)"
                                                : "");
                complain(j, name, "%s, not %s", firsts[c->closed_first], firsts[expected]);
        }
        if (c->handshake == TV_HANDSHAKE_COMPLETE && (step_to(j->sim, 0, TV_ESTABLISHED, false) == NULL))
                complain(j, "handshake complete", "it was not");
        if (c->teardown == TV_TEARDOWN_RESET)
                complain(j, "teardown reset", "nobody sent one");
}

/* ---- losses of handshake and close ---- */

struct lost_kind {
        const char *code;
        uint16_t mask, flags; /* of the lost segment; 0: an acknowledgment of such a one */
        bool acknowledgment;
        unsigned which; /* 0: by a, of b's; 1: by b; 2: of the end that closed first, 3: of the other */
};

/* How many transmissions died before and behind the capture point that this finding can be about? */
static void
judge_losses(const struct judge *j, const struct tv_connection *c)
{
        const struct tv_sim *sim = j->sim;
        unsigned first = c->closed_first == TV_CLOSED_FIRST_B ? 1 : 0;

        for (size_t i = 0; i < c->finding_count; i++) {
                const struct tv_finding *f = &c->findings[i];
                unsigned up = 0, down = 0, sender;
                bool before = strstr(f->what, "before the capture point") != NULL;
                bool behind =
                        strstr(f->what, "behind the capture point") != NULL && strstr(f->what, "before it") == NULL;
                /* Of several losses only some may have a place. */
                bool mixed = strstr(f->what, "where is unknown") != NULL;
                bool answer = strstr(f->code, "ack1-lost") != NULL || strstr(f->code, "ack2-lost") != NULL;
                bool ack1 = strcmp(f->code, "handshake.ack-lost") == 0;
                bool syn = strcmp(f->code, "handshake.syn-lost") == 0;
                bool synack = strcmp(f->code, "handshake.synack-lost") == 0;
                bool fin = strstr(f->code, "teardown.fin") != NULL && strstr(f->code, "-lost") != NULL;
                char name[120];

                if (strncmp(f->code, "capture.", 8) == 0)
                        continue;
                if (strcmp(f->code, "handshake.ack-ignored") == 0) {
                        snprintf(name, sizeof name, "%s", f->code);
                        complain(j, name, "%s", f->what);
                        continue;
                }
                if (!(answer || ack1 || syn || synack || fin) || f->confidence == TV_POSSIBLE)
                        continue;
                if (answer)
                        sender = strstr(f->code, "ack1") != NULL ? !first : first;
                else if (fin)
                        sender = strstr(f->code, "fin1") != NULL ? first : !first;
                else
                        sender = synack ? 1 : 0;
                for (uint32_t k = 0; k < sim->sent_count; k++) {
                        const struct tv_sim_sent *s = &sim->sent[k];
                        bool recorded = false, fits;
                        const struct tv_sim_sent *theirs = first_fin(j, !sender);

                        if (s->end != sender || j->truth[k].delivered)
                                continue;
                        if (syn)
                                fits = (s->flags & (TV_SYN | TV_ACK)) == TV_SYN;
                        else if (synack)
                                fits = (s->flags & (TV_SYN | TV_ACK)) == (TV_SYN | TV_ACK);
                        else if (ack1)
                                fits = (s->flags & (TV_SYN | TV_ACK)) == TV_ACK;
                        else if (fin)
                                fits = (s->flags & TV_FIN) != 0;
                        else
                                fits = theirs != NULL && (s->flags & TV_ACK) != 0 &&
                                       s->ack > theirs->begin + theirs->length;
                        if (!fits)
                                continue;
                        for (size_t r = 0; r < j->recording->count; r++)
                                recorded |= sim->copy[j->recording->at[r].copy].sent == k;
                        if (recorded)
                                down++;
                        else
                                up++;
                }
                if ((before && !mixed && f->count > up) || (behind && !mixed && f->count > down) ||
                    (mixed && ((before && up == 0) || (behind && down == 0))) || f->count > up + down) {
                        snprintf(name, sizeof name, "%s%s%s", f->code,
                                 before   ? " before"
                                 : behind ? " behind"
                                          : "",
                                 j->faults->missing > 0                         ? " (missing)"
                                 : j->faults->twice != 0                        ? " (twice)"
                                 : j->faults->late[0] + j->faults->late[1] != 0 ? " (late)"
                                 : j->faults->from > 0                          ? " (from)"
                                                                                : "");
                        complain(j, name, "%s; %u before, %u behind", f->what, up, down);
                }
        }
}

/* ---- octets ---- */

static void
judge_octets(const struct judge *j, const struct tv_connection *c)
{
        const struct tv_sim *sim = j->sim;
        const char *fault = j->faults->missing > 0                         ? " (missing)"
                            : j->faults->twice != 0                        ? " (twice)"
                            : j->faults->late[0] + j->faults->late[1] != 0 ? " (late)"
                            : j->faults->from > 0                          ? " (from)"
                                                                           : "";

        for (unsigned end = 0; end < 2; end++) {
                uint64_t most = 0, unique = 0, missing = 0, acknowledged = 0, repeated = 0, repetitions = 0;
                uint8_t *captured;
                char name[80];
                bool others = false, any = false;

                for (size_t i = 0; i < sim->sent_count; i++)
                        if (sim->sent[i].begin + tv_sim_space(&sim->sent[i]) > most)
                                most = sim->sent[i].begin + tv_sim_space(&sim->sent[i]);
                captured = calloc(most + 2, 1);
                assert_non_null(captured);
                for (size_t i = 0; i < j->recording->count; i++) {
                        const struct tv_sim_sent *s = &sim->sent[sim->copy[j->recording->at[i].copy].sent];
                        uint64_t data = s->begin + ((s->flags & TV_SYN) != 0);

                        if ((s->flags & TV_RST) != 0)
                                continue;
                        if (s->end != end) {
                                if ((s->flags & TV_ACK) != 0 && s->ack > acknowledged)
                                        acknowledged = s->ack;
                                continue;
                        }
                        any = true;
                        for (uint64_t at = s->begin; at < s->begin + tv_sim_space(s); at++) {
                                bool payload = at >= data && at < data + s->length;

                                unique += payload && captured[at] == 0;
                                captured[at] = 1;
                        }
                }
                for (size_t i = 0; i < sim->sent_count; i++)
                        if (sim->sent[i].end == end && j->truth[i].old != 0 && !j->truth[i].again_by_design) {
                                repeated += j->truth[i].old_data;
                                repetitions++;
                        }
                for (uint64_t at = 0; at < acknowledged; at++)
                        missing += captured[at] == 0;
                for (size_t i = 0; i < sim->copy_count; i++)
                        others |= sim->copy[i].number != 0;
                if (c->dir[end].unique_bytes != unique) {
                        snprintf(name, sizeof name, "unique_bytes%s", fault);
                        complain(j, name, "%c %" PRIu64 ", not %" PRIu64, "ab"[end], c -> dir[end].unique_bytes,
                                 unique);
                }
                if (j->faults->from <= 0 && any && c->dir[end].missing_bytes != missing) {
                        snprintf(name, sizeof name, "missing_bytes%s", fault);
                        complain(j, name, "%c %" PRIu64 ", not %" PRIu64, "ab"[end], c -> dir[end].missing_bytes,
                                 missing);
                }
                if (j->point == (end == 0 ? TV_SIM_AT_A : TV_SIM_AT_B) && j->faults->from <= 0 &&
                    j->faults->missing <= 0 && !others) {
                        if (c->dir[end].retransmitted_bytes != repeated) {
                                snprintf(name, sizeof name, "retransmitted_bytes%s", fault);
                                complain(j, name, "%c %" PRIu64 ", not %" PRIu64, "ab"[end],
                                         c -> dir[end].retransmitted_bytes, repeated);
                        }
                        if (c->dir[end].retransmissions != repetitions) {
                                snprintf(name, sizeof name, "retransmissions%s", fault);
                                complain(j, name, "%c %" PRIu64 ", not %" PRIu64, "ab"[end],
                                         c -> dir[end].retransmissions, repetitions);
                        }
                }
                free(captured);
        }
}

/* What is known to go wrong in the dialogues of the usual seeds, by kind.  None of it may become more, and nothing may
 * be added: who mends one lowers its number. */
static const struct {
        const char *kind;
        unsigned most;
} known[] = {
        {"ack unsent", 1},
        {"closed first both", 3},
        {"closed first both (from)", 1},
        {"closed first both (missing)", 2},
        {"confirmed CLOSE_WAIT before earliest (from)", 1},
        {"confirmed CLOSE_WAIT did not happen", 2},
        {"confirmed CLOSE_WAIT did not happen (from)", 1},
        {"confirmed CLOSE_WAIT did not happen (late)", 1},
        {"confirmed CLOSE_WAIT did not happen (missing)", 2},
        {"confirmed CLOSING did not happen", 5},
        {"confirmed CLOSING did not happen (late)", 1},
        {"confirmed CLOSING did not happen (missing)", 1},
        {"confirmed ESTABLISHED after latest (from)", 1},
        {"confirmed ESTABLISHED after latest (missing)", 1},
        {"confirmed ESTABLISHED before earliest (from)", 1},
        {"confirmed FIN_WAIT_1 did not happen", 3},
        {"confirmed FIN_WAIT_1 did not happen (late)", 1},
        {"confirmed FIN_WAIT_1 did not happen (missing)", 1},
        {"confirmed LAST_ACK did not happen", 1},
        {"confirmed LAST_ACK did not happen (late)", 1},
        {"confirmed LAST_ACK did not happen (missing)", 1},
        {"confirmed LISTEN did not happen (missing)", 1},
        {"connections", 5},
        {"handshake.ack-ignored", 2},
        {"late original is retransmission", 6},
        {"missing_bytes (missing)", 33},
        {"needed no data", 1},
        {"needed no data (late)", 1},
        {"needed no data (twice)", 3},
        {"needed no data first seen (late)", 6},
        {"needed yes data", 5},
        {"needed yes data (late)", 2},
        {"needed yes data (missing)", 2},
        {"needed yes data (twice)", 2},
        {"needed yes data first seen", 1},
        {"needed yes data first seen (from)", 2},
        {"needed yes fin", 4},
        {"needed yes fin (from)", 1},
        {"needed yes fin (missing)", 1},
        {"needed yes fin (twice)", 2},
        {"no copy is capture-duplicate, pure, no identity", 2},
        {"observed FIN_WAIT_1 before earliest", 14},
        {"observed FIN_WAIT_1 before earliest (from)", 3},
        {"observed FIN_WAIT_1 before earliest (late)", 3},
        {"observed LAST_ACK did not happen", 1},
        {"observed LAST_ACK did not happen (from)", 1},
        {"observed LAST_ACK did not happen (missing)", 1},
        {"retransmission is out-of-order, first seen", 15},
        {"retransmissions", 6},
        {"retransmissions (late)", 2},
        {"retransmissions (twice)", 3},
        {"retransmitted_bytes", 2},
        {"retransmitted_bytes (late)", 2},
        {"retransmitted_bytes (twice)", 3},
        {"second record is retransmission, no identity", 1},
};

static unsigned
known_most(const char *kind)
{
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
                if (strcmp(known[i].kind, kind) == 0)
                        return known[i].most;
        return 0;
}

/* ---- runs ---- */

static unsigned recordings;

static void
judge_recording(const struct tv_sim *sim, const struct truth *truth, enum tv_sim_point point,
                const struct tv_sim_faults *faults, const char *what)
{
        struct tv_sim_recording recording = tv_sim_record(sim, point, faults);
        char *text;
        struct tv_run *run;
        struct judge j;

        if (recording.count == 0) {
                free(recording.at);
                return;
        }
        text = tv_sim_text(sim, &recording, faults);
        run = tv_run_text(text, NULL);
        j = (struct judge){sim, truth, point, faults, &recording, run, text, what, false};
        recordings++;
        for (size_t i = 0; i < sim->sent_count; i++)
                j.any_reset |= (sim->sent[i].flags & TV_RST) != 0;
        if (run->broken[0] != '\0')
                complain(&j, "promise", "%s", run->broken);
        if (run->connection_count != 1) {
                complain(&j, "connections", "%zu", run->connection_count);
        } else {
                const struct tv_connection *c = &run->connections[0];

                if (c->port[TV_A] == 80) {
                        if (faults->from <= 0 && sim->step[1][0].to != TV_CLOSED)
                                complain(&j, "initiator", "b, not a");
                } else {
                        judge_rows(&j);
                        judge_paths(&j, c);
                        judge_acts(&j);
                        judge_life(&j, c);
                        judge_losses(&j, c);
                        judge_octets(&j, c);
                }
        }
        tv_run_free(run);
        free(text);
        free(recording.at);
}

static void
judge_seed(uint64_t seed)
{
        static const tv_time lags[] = {3 * MICROSECOND, 40 * MICROSECOND, 300 * MICROSECOND};
        struct tv_sim *sim = tv_sim_new(seed);
        struct truth *truth = truths(sim);
        uint64_t random = seed ^ UINT64_C(0x5eed);
        struct tv_sim_faults faults;

        for (unsigned point = 0; point < TV_SIM_POINTS; point++) {
                faults = (struct tv_sim_faults){.random = seed};
                judge_recording(sim, truth, point, &faults, "faultless");
        }
        faults = (struct tv_sim_faults){.random = seed, .missing = tv_sim_below(&random, 2) != 0 ? 0.03 : 0.12};
        judge_recording(sim, truth, (enum tv_sim_point)tv_sim_below(&random, 3), &faults, "frames missing");
        faults = (struct tv_sim_faults){.random = seed, .twice = lags[tv_sim_below(&random, 3)]};
        judge_recording(sim, truth, (enum tv_sim_point)tv_sim_below(&random, 3), &faults, "recorded twice");
        faults = (struct tv_sim_faults){.random = seed};
        faults.late[tv_sim_below(&random, 2)] = (tv_time)(10 + tv_sim_below(&random, 3000)) * MICROSECOND;
        judge_recording(sim, truth, (enum tv_sim_point)tv_sim_below(&random, 3), &faults, "one direction late");
        faults = (struct tv_sim_faults){.random = seed, .from = (double)tv_sim_below(&random, 90) / 100};
        judge_recording(sim, truth, (enum tv_sim_point)tv_sim_below(&random, 3), &faults, "from the middle on");
        free(truth);
        tv_sim_free(sim);
}

static void
nothing_said_of_simulated_dialogues_is_wrong(void **state)
{
        uint64_t from = setting("TV_SIM_FROM", 1), runs = setting("TV_SIM_RUNS", 250);
        const char *only = getenv("TV_SIM_ONLY");
        unsigned wrong = 0;

        (void)state;
        for (uint64_t seed = from; seed < from + runs; seed++)
                judge_seed(seed);
        for (size_t i = 0; i < kind_count; i++) {
                if (only != NULL ? strstr(kinds[i].name, only) != NULL : kinds[i].count > known_most(kinds[i].name))
                        fprintf(stderr, "%s\n", kinds[i].example);
                free(kinds[i].example);
        }
        for (size_t i = 0; i < kind_count; i++) {
                unsigned most = known_most(kinds[i].name);

                print_message("%6u  %s%s\n", kinds[i].count, kinds[i].name,
                              kinds[i].count > most ? ": more than is known" : "");
                wrong += kinds[i].count > most ? kinds[i].count - most : 0;
        }
        if (getenv("TV_SIM_RUNS") != NULL) {
                print_message("%u recordings; assumed: %u true, %u false\n", recordings, assumed[1], assumed[0]);
                for (unsigned ts = 0; ts < 2; ts++)
                        for (unsigned sack = 0; sack < 2; sack++)
                                print_message("timestamps %u, SACK %u: needed yes %u, no %u, unknown %u\n", ts, sack,
                                              needed_told[ts][sack][TV_NEEDED_YES], needed_told[ts][sack][TV_NEEDED_NO],
                                              needed_told[ts][sack][TV_NEEDED_UNKNOWN]);
        }
        assert_int_equal(wrong, 0);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(nothing_said_of_simulated_dialogues_is_wrong),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
