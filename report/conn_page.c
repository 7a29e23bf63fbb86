#include "report/conn_page.h"

#include "analyzer/diagnose/decidability.h"
#include "analyzer/tcp/transition.h"
#include "report/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LABEL 14 /* columns before the values */

struct tv_connection *
tv_connection_copy(const struct tv_connection *connection)
{
        struct tv_connection *copy = malloc(sizeof *copy);
        struct tv_transition *transitions = NULL;
        struct tv_comment_seen *comments = NULL;

        if (copy == NULL)
                return NULL;
        *copy = *connection;
        copy->findings = NULL;
        copy->finding_count = 0;
        copy->transitions = NULL;
        copy->comments = NULL;
        if (connection->comment_count > 0) {
                comments = malloc(connection->comment_count * sizeof *comments);
                if (comments == NULL) {
                        free(copy);
                        return NULL;
                }
                memcpy(comments, connection->comments, connection->comment_count * sizeof *comments);
                copy->comments = comments;
        }
        if (connection->transition_count > 0) {
                transitions = malloc(connection->transition_count * sizeof *transitions);
                if (transitions == NULL) {
                        free(comments);
                        free(copy);
                        return NULL;
                }
                memcpy(transitions, connection->transitions, connection->transition_count * sizeof *transitions);
                copy->transitions = transitions;
        }
        return copy;
}

void
tv_connection_free(struct tv_connection *copy)
{
        if (copy != NULL) {
                free((void *)(uintptr_t)copy->transitions);
                free((void *)(uintptr_t)copy->comments);
        }
        free(copy);
}

/* ---- both directions ---- */

static void
add(struct tv_phrase *p, uint64_t value, const char *what)
{
        if (value == 0 || value == TV_UNKNOWN)
                return;
        tv_phrase_separate(p, ", ");
        tv_phrase_count(p, value);
        tv_phrase_add(p, TV_GLUED "%s", what);
}

static void
put_payload(struct tv_phrase *p, const struct tv_direction *d)
{
        if (d->payload_bytes == TV_UNKNOWN || d->payload_bytes == 0)
                return;
        if (d->unique_bytes != TV_UNKNOWN && d->unique_bytes != d->payload_bytes) {
                tv_phrase_count(p, d->unique_bytes);
                tv_phrase_add(p, TV_GLUED "B unique, ");
                tv_phrase_count(p, d->payload_bytes);
                tv_phrase_add(p, TV_GLUED "B sent");
        } else {
                tv_phrase_count(p, d->payload_bytes);
                tv_phrase_add(p, TV_GLUED "B");
        }
}

/* Retransmissions of which it is not known whether they were needed. */
static uint64_t
unknown_need(const struct tv_direction *d)
{
        if (d->retransmissions == TV_UNKNOWN || d->needed + d->spurious >= d->retransmissions)
                return 0;
        return d->retransmissions - d->needed - d->spurious;
}

static void
put_retransmitted(struct tv_phrase *p, const struct tv_direction *d)
{
        if (d->retransmissions == 0 || d->retransmissions == TV_UNKNOWN)
                return;
        tv_phrase_counted(p, d->retransmissions, "segment");
        if (d->retransmitted_bytes != 0 && d->retransmitted_bytes != TV_UNKNOWN) {
                tv_phrase_add(p, " (");
                tv_phrase_count(p, d->retransmitted_bytes);
                tv_phrase_add(p, TV_GLUED "B)");
        }
        if (d->needed == d->retransmissions)
                tv_phrase_add(p, ", all needed");
        else if (d->spurious == d->retransmissions)
                tv_phrase_add(p, ", none needed");
        else {
                add(p, d->needed, "needed");
                add(p, d->spurious, "not needed");
                add(p, unknown_need(d), "unknown");
        }
        if (d->lost_upstream == d->retransmissions) {
                tv_phrase_add(p, ", all lost upstream");
        } else if (d->lost_downstream == d->retransmissions) {
                tv_phrase_add(p, ", all lost downstream");
        } else {
                add(p, d->lost_upstream, "lost upstream");
                add(p, d->lost_downstream, "lost downstream");
        }
}

static void
put_trouble(struct tv_phrase *p, const struct tv_direction *d)
{
        add(p, d->out_of_order, "out of order");
        add(p, d->network_duplicates, "delivered twice");
        add(p, d->capture_duplicates, "captured twice");
        if (d->missing_bytes != 0 && d->missing_bytes != TV_UNKNOWN) {
                tv_phrase_separate(p, ", ");
                tv_phrase_count(p, d->missing_bytes);
                tv_phrase_add(p, TV_GLUED "B not captured");
        }
        add(p, d->zero_windows, d->zero_windows == 1 ? "zero window" : "zero windows");
        add(p, d->resets, d->resets == 1 ? "reset" : "resets");
}

/* In milliseconds, with as many decimals as there is something to see. */
static void
put_ms(struct tv_phrase *p, tv_time ns)
{
        tv_phrase_seconds(p, ns > INT64_MAX / 1000 ? ns : ns * 1000, ns < 100000 ? 3 : 1);
}

static void
put_rtt(struct tv_phrase *p, const struct tv_direction *d)
{
        if (d->rtt_min == TV_NO_TIME)
                return;
        put_ms(p, d->rtt_min);
        tv_phrase_add(p, TV_GLUED "ms" TV_GLUED "min");
        if (d->rtt_samples < 2 || d->rtt_p50 == TV_NO_TIME || d->rtt_max == TV_NO_TIME)
                return;
        tv_phrase_add(p, ", ");
        put_ms(p, d->rtt_p50);
        tv_phrase_add(p, TV_GLUED "median, ");
        put_ms(p, d->rtt_max);
        tv_phrase_add(p, TV_GLUED "max");
}

static void
put_options(struct tv_phrase *p, const struct tv_direction *d)
{
        if (d->isn == TV_UNKNOWN)
                return; /* no SYN, nothing to tell */
        if (d->mss != TV_UNKNOWN)
                tv_phrase_add(p, "MSS" TV_GLUED "%" PRIu64, d->mss);
        if (d->wscale != TV_UNKNOWN) {
                tv_phrase_separate(p, ", ");
                tv_phrase_add(p, "scale" TV_GLUED "%" PRIu64, d->wscale);
        }
        if (d->sack == 1) {
                tv_phrase_separate(p, ", ");
                tv_phrase_add(p, "SACK");
        }
        if (d->timestamps == 1) {
                tv_phrase_separate(p, ", ");
                tv_phrase_add(p, "timestamps");
        }
        if (p->length == 0)
                tv_phrase_add(p, "none");
}

static void
put_segments(struct tv_phrase *p, const struct tv_direction *d)
{
        if (d->segments != TV_UNKNOWN)
                tv_phrase_count(p, d->segments);
}

static void
put_in_flight(struct tv_phrase *p, const struct tv_direction *d)
{
        if (d->max_in_flight != TV_UNKNOWN && d->max_in_flight != 0) {
                tv_phrase_count(p, d->max_in_flight);
                tv_phrase_add(p, TV_GLUED "B at most");
        }
}

static void
put_way(struct tv_phrase *p, const struct tv_direction *d)
{
        tv_phrase_way(p, &d->way);
}

static const struct {
        const char *label;
        void (*put)(struct tv_phrase *, const struct tv_direction *);
} lines[] = {
        {"segments", put_segments}, {"payload", put_payload}, {"retransmitted", put_retransmitted},
        {"trouble", put_trouble},   {"RTT", put_rtt},         {"in flight", put_in_flight},
        {"options", put_options},   {"way", put_way},
};

#define LINES (sizeof lines / sizeof lines[0])

/* The table of both directions.  What does not fit beside each other is written below each other. */
static void
print_directions(const struct tv_layout *layout, const struct tv_connection *conn)
{
        struct tv_phrase p;
        size_t width = strlen("a > b"), right = 0;

        for (size_t i = 0; i < LINES; i++) {
                for (int end = TV_A; end <= TV_B; end++) {
                        size_t columns;

                        tv_phrase_clear(&p);
                        lines[i].put(&p, &conn->dir[end]);
                        columns = tv_phrase_columns(p.text);
                        if (end == TV_A && columns > width && columns <= 40)
                                width = columns;
                        if (end == TV_B && columns > right)
                                right = columns;
                }
        }
        if (width < 24 && LABEL + 24 + 2 + right <= layout->columns)
                width = 24;
        {
                struct tv_cells cells = {.at = LABEL};

                tv_layout_cell(layout, &cells, width, false, TV_BOLD, "a > b");
                tv_layout_cell(layout, &cells, width, false, TV_BOLD, "b > a");
                tv_out_text(layout->out, "\n");
        }
        for (size_t i = 0; i < LINES; i++) {
                struct tv_phrase a, b;
                struct tv_cells cells = {0};
                size_t columns;

                tv_phrase_clear(&a);
                tv_phrase_clear(&b);
                lines[i].put(&a, &conn->dir[TV_A]);
                lines[i].put(&b, &conn->dir[TV_B]);
                if (a.length == 0 && b.length == 0)
                        continue;
                columns = tv_phrase_columns(a.text);
                tv_layout_cell(layout, &cells, 0, false, TV_PLAIN, lines[i].label);
                cells.at = LABEL;
                if (columns > width) {
                        tv_out_printf(layout->out, "%*s", (int)(LABEL - cells.written), "");
                        tv_layout_wrap(layout, LABEL, LABEL, a.text);
                        if (b.length == 0)
                                continue;
                        cells = (struct tv_cells){.at = LABEL + width + 2};
                } else {
                        tv_layout_cell(layout, &cells, width, false, TV_PLAIN, a.text);
                }
                if (b.length == 0) {
                        tv_out_text(layout->out, "\n");
                        continue;
                }
                tv_out_printf(layout->out, "%*s", (int)(cells.at - cells.written), "");
                tv_layout_wrap(layout, cells.at, LABEL + width + 2, b.text);
        }
}

/* Why the need of some retransmissions is not known. */
static void
print_unknown_need(const struct tv_layout *layout, const struct tv_connection *conn)
{
        struct tv_phrase p;
        uint64_t all = 0;

        tv_phrase_clear(&p);
        for (int end = TV_A; end <= TV_B; end++) {
                uint64_t unknown = unknown_need(&conn->dir[end]);

                if (unknown == 0)
                        continue;
                tv_phrase_add(&p, p.length == 0 ? "whether " : " and ");
                tv_phrase_count(&p, unknown);
                tv_phrase_add(&p, " of %s's retransmissions", tv_end_word((unsigned)end));
                all += unknown;
        }
        if (p.length == 0)
                return;
        /* The same at every capture point. */
        tv_phrase_add(&p, " %s needed: %s", all == 1 ? "was" : "were",
                      tv_decidability_why(TV_EVENT_needed_unknown, TV_POINT_BEFORE));
        tv_layout_labelled(layout, "unknown", LABEL, p.text);
}

/* By what |end| closed; "" where nothing shows it. */
static const char *
how_closed(const struct tv_connection *conn, unsigned end)
{
        for (size_t i = 0; i < conn->transition_count; i++) {
                const struct tv_transition *t = &conn->transitions[i];

                if (t->end != end || t->certainty == TV_ASSUMED)
                        continue;
                if (strcmp(t->trigger, tv_stimulus_name(TV_SENT_FIN)) == 0)
                        return " with a FIN";
                if (strcmp(t->trigger, tv_stimulus_name(TV_SENT_RST)) == 0)
                        return " with a reset";
        }
        return "";
}

static void
put_teardown(struct tv_phrase *p, const struct tv_connection *conn)
{
        const char *closed = tv_closed_first_word(conn->closed_first);
        bool told = false;

        if (conn->handshake != TV_HANDSHAKE_COMPLETE) {
                tv_phrase_separate(p, ", ");
                tv_phrase_add(p,
                              conn->handshake == TV_HANDSHAKE_NOT_CAPTURED ? "handshake not captured" : "handshake %s",
                              tv_handshake_word(conn->handshake));
        }
        if (closed[0] != '\0') {
                tv_phrase_separate(p, ", ");
                tv_phrase_add(p, "closed first by %s", closed);
                /* An orderly close begins with a FIN: where a reset comes, how it began makes the difference. */
                if (conn->teardown == TV_TEARDOWN_RESET && conn->closed_first <= TV_CLOSED_FIRST_B) {
                        const char *how = how_closed(conn, conn->closed_first == TV_CLOSED_FIRST_A ? TV_A : TV_B);

                        tv_phrase_add(p, "%s", how);
                        told = strcmp(how, " with a reset") == 0;
                }
        }
        if (!told) {
                tv_phrase_separate(p, ", ");
                tv_phrase_add(p, conn->teardown == TV_TEARDOWN_OPEN ? "open at the end" : "%s",
                              tv_teardown_word(conn->teardown));
        }
        if (conn->evicted)
                tv_phrase_add(p, ", partly analysed (memory)");
}

static void
put_end(struct tv_phrase *p, const struct tv_connection *conn, unsigned end, const char *name)
{
        tv_phrase_add(p, "%s" TV_GLUED, tv_end_word(end));
        tv_phrase_endpoint(p, &conn->addr[end], conn->port[end]);
        if (name[0] != '\0') {
                tv_phrase_add(p, " (");
                tv_phrase_foreign(p, name);
                tv_phrase_add(p, ")");
        }
}

void
tv_conn_page_ends(const struct tv_layout *layout, const struct tv_connection *conn, const char *const names[2])
{
        struct tv_phrase p;

        tv_phrase_clear(&p);
        put_end(&p, conn, TV_A, names[TV_A]);
        tv_phrase_add(&p, " >" TV_GLUED);
        put_end(&p, conn, TV_B, names[TV_B]);
        tv_phrase_add(&p, "     opened by a%s",
                      conn->initiator == TV_INITIATOR_INFERRED ? " (inferred: no SYN here)" : "");
        put_teardown(&p, conn);
        {
                struct tv_phrase label;

                tv_phrase_clear(&label);
                tv_phrase_add(&label, "conn %" PRIu64, conn->conn);
                tv_layout_put(layout, TV_BOLD, label.text);
                tv_out_printf(layout->out, "%*s", label.length < LABEL ? (int)(LABEL - label.length) : 1, "");
                tv_layout_wrap(layout, label.length < LABEL ? LABEL : label.length + 1, LABEL, p.text);
        }
        print_directions(layout, conn);
        print_unknown_need(layout, conn);
}

/* ---- ICMP errors ---- */

static void
put_icmp_words(struct tv_phrase *p, const struct tv_icmp_seen *seen)
{
        tv_phrase_add(p, "%s", tv_icmp_meaning(seen->sender.ipv6, seen->type, seen->code));
        if (seen->mtu != 0)
                tv_phrase_add(p, "," TV_GLUED "MTU" TV_GLUED "%" PRIu32, seen->mtu);
}

static void
put_icmp_sender(struct tv_phrase *p, const struct tv_connection *conn, const struct tv_icmp_seen *seen)
{
        tv_phrase_add(p, "from" TV_GLUED);
        tv_phrase_address(p, &seen->sender);
        for (int end = TV_A; end <= TV_B; end++)
                if (conn->addr[end].ipv6 == seen->sender.ipv6 &&
                    memcmp(conn->addr[end].byte, seen->sender.byte, sizeof seen->sender.byte) == 0)
                        tv_phrase_add(p, TV_GLUED "(%s)", tv_end_word((uint8_t)end));
}

void
tv_conn_page_icmp(const struct tv_layout *layout, const struct tv_connection *conn, bool many_files)
{
        const struct tv_icmp_seen *first = &conn->icmp[0], *last = &conn->icmp[1];
        struct tv_phrase p;

        if (conn->icmp_errors == 0)
                return;
        tv_phrase_clear(&p);
        tv_phrase_count(&p, conn->icmp_errors);
        if (conn->icmp_differ) {
                for (unsigned i = 0; i < 2; i++) {
                        tv_phrase_add(&p, i == 0 ? ": the first " : ", the last ");
                        put_icmp_sender(&p, conn, &conn->icmp[i]);
                        tv_phrase_add(&p, ": ");
                        put_icmp_words(&p, &conn->icmp[i]);
                        tv_phrase_add(&p, " (frame" TV_GLUED);
                        tv_phrase_frame(&p, conn->icmp[i].frame, many_files);
                        tv_phrase_add(&p, ")");
                }
        } else {
                tv_phrase_add(&p, TV_GLUED);
                put_icmp_sender(&p, conn, first);
                tv_phrase_add(&p, ": ");
                put_icmp_words(&p, first);
                tv_phrase_add(&p, first->frame == last->frame ? " (frame" TV_GLUED : " (frames" TV_GLUED);
                tv_phrase_frame(&p, first->frame, many_files);
                if (first->frame != last->frame) {
                        tv_phrase_add(&p, TV_GLUED "%s" TV_GLUED, conn->icmp_errors == 2 ? "and" : "to");
                        tv_phrase_frame(&p, last->frame, many_files);
                }
                tv_phrase_add(&p, ")");
        }
        tv_layout_labelled(layout, "ICMP", LABEL, p.text);
}

/* ---- comments ---- */

void
tv_conn_page_comments(const struct tv_layout *layout, const struct tv_connection *conn, uint64_t left_out,
                      bool many_files)
{
        struct tv_phrase p;

        for (size_t i = 0; i < conn->comment_count; i++) {
                tv_phrase_clear(&p);
                tv_phrase_add(&p, "frame" TV_GLUED);
                tv_phrase_frame(&p, conn->comments[i].frame, many_files);
                tv_phrase_add(&p, ": ");
                tv_phrase_foreign(&p, conn->comments[i].text);
                tv_layout_labelled(layout, i == 0 ? "comment" : "", LABEL, p.text);
        }
        tv_phrase_clear(&p);
        if (conn->comments_more != 0) {
                tv_phrase_add(&p, "and ");
                tv_phrase_counted(&p, conn->comments_more, "comment");
                tv_phrase_add(&p, " more: segments.csv (--segments) has them");
        }
        if (left_out != 0) {
                tv_phrase_separate(&p, "; ");
                tv_phrase_counted(&p, left_out, "comment");
                tv_phrase_add(&p, " of the capture not kept, maybe on packets of this connection");
        }
        if (p.length != 0)
                tv_layout_labelled(layout, conn->comment_count == 0 ? "comment" : "", LABEL, p.text);
}

/* ---- time ---- */

#define BAR 64 /* columns of 100 % */

void
tv_conn_page_time(const struct tv_layout *layout, const struct tv_connection *conn)
{
        static const char *const labels[] = {"handshake", "application a", "application b",
                                             "network",   "recovery",      "teardown"};
        const tv_time part[] = {conn->time_handshake, conn->time_a_app,    conn->time_b_app,
                                conn->time_network,   conn->time_recovery, conn->time_teardown};
        tv_time sum = 0;
        struct tv_phrase p;

        for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
                if (part[i] == TV_NO_TIME || part[i] < 0)
                        return;
                sum += part[i];
        }
        if (sum <= 0)
                return;
        tv_out_text(layout->out, "\n");
        tv_layout_put(layout, TV_BOLD, "TIME");
        tv_phrase_clear(&p);
        tv_phrase_seconds(&p, sum, 3);
        tv_out_printf(layout->out, "%*s s = 100 %%\n", 17, p.text);
        for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
                unsigned per_mille = (unsigned)((double)part[i] * 1000.0 / (double)sum + 0.5);

                if (part[i] == 0)
                        continue;
                tv_phrase_clear(&p);
                tv_phrase_seconds(&p, part[i], 3);
                tv_out_printf(layout->out, "%-13s%8s  %3u %%", labels[i], p.text, (per_mille + 5) / 10);
                if (per_mille * BAR / 1000 > 0)
                        tv_out_text(layout->out, "  ");
                for (unsigned k = 0; k < per_mille * BAR / 1000; k++)
                        tv_out_text(layout->out, "#");
                tv_out_text(layout->out, "\n");
        }
}

/* ---- states ---- */

static void
put_evidence(struct tv_phrase *p, const struct tv_transition *t, bool many_files)
{
        if (t->cause_frame != 0) {
                tv_phrase_add(p, TV_GLUED);
                tv_phrase_frame(p, t->cause_frame, many_files);
        }
        if (t->confirm_frame != 0 && t->confirm_frame != t->cause_frame) {
                tv_phrase_add(p, TV_GLUED "(");
                tv_phrase_frame(p, t->confirm_frame, many_files);
                tv_phrase_add(p, ")");
        } else if (t->certainty == TV_ASSUMED || t->certainty == TV_TIMER) {
                tv_phrase_add(p, TV_GLUED "(%s)", tv_certainty_word(t->certainty));
        }
}

static bool
same_evidence(const struct tv_transition *a, const struct tv_transition *b)
{
        return a->cause_frame == b->cause_frame && a->confirm_frame == b->confirm_frame &&
               a->certainty == b->certainty && a->cause_frame != 0;
}

/* What is unknown about transition |i|, which is assumed. */
static enum tv_event
open_question(const struct tv_connection *conn, size_t i)
{
        const struct tv_transition *t = &conn->transitions[i];
        const struct tv_decidable *row =
                t->trigger != NULL ? tv_decidability_of("transitions.trigger", t->trigger) : NULL;

        if (t->to == TV_LAST_ACK)
                return TV_EVENT_state_saw_fin;
        /* That the FIN arrived is certain where what comes after it is: only the order is not. */
        for (size_t k = i + 1; (t->to == TV_CLOSING || t->to == TV_FIN_WAIT_2) && k < conn->transition_count; k++)
                if (conn->transitions[k].end == t->end && conn->transitions[k].certainty == TV_CONFIRMED &&
                    (t->to == TV_CLOSING || conn->transitions[k].to == TV_TIME_WAIT))
                        return TV_EVENT_state_closing;
        return row != NULL ? tv_decidability_event(row) : TV_EVENTS;
}

/* Where the place would make it certain and the program found it was not, another place's reason holds. */
static const char *
why_open(enum tv_event question, enum tv_point place)
{
        const char *why = tv_decidability_why(question, place);

        for (unsigned point = TV_POINT_BEFORE; why[0] == '\0' && point < TV_POINTS; point++)
                why = tv_decidability_why(question, (enum tv_point)point);
        return why;
}

/* Why the assumed states of |end| are no more than that. */
static void
print_assumed(const struct tv_layout *layout, const struct tv_connection *conn, int end)
{
        enum tv_point point = tv_decidability_point(conn->delay[end], conn->delay[!end]);

        for (size_t i = 0; i < conn->transition_count; i++) {
                const struct tv_transition *t = &conn->transitions[i];
                enum tv_event question = open_question(conn, i);
                struct tv_phrase p;

                if (t->end != end || t->certainty != TV_ASSUMED || question == TV_EVENTS)
                        continue;
                if (question == TV_EVENT_state_rst_sent)
                        point = TV_POINT_BEFORE; /* it passed */
                tv_phrase_clear(&p);
                tv_phrase_add(&p, "%s is assumed: %s", tv_tcp_state_name((enum tv_tcp_state)t->to),
                              why_open(question, point));
                tv_layout_labelled(layout, "", 5, p.text);
        }
}

void
tv_conn_page_states(const struct tv_layout *layout, const struct tv_connection *conn, bool many_files)
{
        bool title = false;

        for (int end = TV_A; end <= TV_B; end++) {
                const struct tv_transition *before = NULL;
                struct tv_phrase p;

                tv_phrase_clear(&p);
                for (size_t i = 0; i < conn->transition_count; i++) {
                        const struct tv_transition *t = &conn->transitions[i];

                        if (t->end != end)
                                continue;
                        /* Two states of one moment share their evidence. */
                        if (before != NULL && same_evidence(before, t)) {
                                tv_phrase_add(&p, "," TV_GLUED);
                        } else if (before != NULL) {
                                put_evidence(&p, before, many_files);
                                tv_phrase_add(&p, " > ");
                        }
                        tv_phrase_add(&p, "%s", tv_tcp_state_name((enum tv_tcp_state)t->to));
                        before = t;
                }
                if (before != NULL)
                        put_evidence(&p, before, many_files);
                else if (conn->transition_count != 0)
                        tv_phrase_add(&p, "unknown: %s",
                                      tv_decidability_why(conn->dir[end].segments == 0 ? TV_EVENT_state_unanswered
                                                                                       : TV_EVENT_state_unfitting,
                                                          tv_decidability_point(conn->delay[end], conn->delay[!end])));
                else
                        continue;
                if (!title) {
                        tv_out_text(layout->out, "\n");
                        tv_layout_put(layout, TV_BOLD, "STATES");
                        tv_out_text(layout->out,
                                    "     frame that caused it, and in brackets the frame that proves it\n");
                        title = true;
                }
                tv_layout_labelled(layout, tv_end_word((unsigned)end), 3, p.text);
                print_assumed(layout, conn, end);
        }
}
