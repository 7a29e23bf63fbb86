/* expect.h - what a test expects of a run, written as one line of text; failures show the whole run. */
#ifndef TV_TEST_EXPECT_H
#define TV_TEST_EXPECT_H

#include "tests/support/engine_run.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TV_EXPECT_TEXT 400

/* Where a dialogue's time 0 is, unless it says otherwise. */
#define TV_EXPECT_START INT64_C(1700000000000000000)

static inline void
tv_expect_same(const struct tv_run *run, const char *what, const char *seen, const char *expected, const char *file,
               int line)
{
        if (strcmp(seen, expected) != 0) {
                tv_run_print(run);
                print_error("%s\n  expected: %s\n  seen:     %s\n", what, expected, seen);
                _fail(file, line);
        }
}

static inline size_t
tv_expect_time(char *text, size_t room, tv_time time)
{
        if (time == TV_NO_TIME)
                return (size_t)snprintf(text, room, "-");
        return (size_t)snprintf(text, room, "%.4f", (double)(time - TV_EXPECT_START) / 1e9);
}

/* "retransmission rto needed yes lost downstream of 4, advance": class, reason, needed, lost, of_frame, ack_class;
 * what is empty is left out. */
static inline const char *
tv_expect_row_text(const struct tv_run *run, uint64_t frame, char text[TV_EXPECT_TEXT])
{
        const struct tv_segment_row *row = tv_run_row(run, frame);
        size_t n;

        text[0] = '\0';
        if (row == NULL)
                return "no row";
        n = (size_t)snprintf(text, TV_EXPECT_TEXT, "%s",
                             row->data_class == TV_DATA_NONE ? "none" : tv_data_class_name(row->data_class));
        if (row->reason != 0)
                n += (size_t)snprintf(text + n, TV_EXPECT_TEXT - n, " %s", tv_reason_name(row->reason));
        if (row->needed != 0)
                n += (size_t)snprintf(text + n, TV_EXPECT_TEXT - n, " needed %s", tv_needed_name(row->needed));
        if (row->lost != 0)
                n += (size_t)snprintf(text + n, TV_EXPECT_TEXT - n, " lost %s", tv_lost_name(row->lost));
        if (row->of_frame != 0)
                n += (size_t)snprintf(text + n, TV_EXPECT_TEXT - n, " of %" PRIu64, tv_frame_number(row->of_frame));
        if (row->ack_class != TV_ACK_NONE)
                snprintf(text + n, TV_EXPECT_TEXT - n, ", %s", tv_ack_class_name(row->ack_class));
        return text;
}

static inline void
tv_expect_row(const struct tv_run *run, uint64_t frame, const char *expected, const char *file, int line)
{
        char text[TV_EXPECT_TEXT], what[40];

        snprintf(what, sizeof what, "frame %" PRIu64, frame);
        tv_expect_same(run, what, tv_expect_row_text(run, frame, text), expected, file, line);
}
#define EXPECT_ROW(run, frame, expected) tv_expect_row(run, frame, expected, __FILE__, __LINE__)

/* Both paths, as tv_run_path writes them. */
static inline void
tv_expect_paths(const struct tv_run *run, uint64_t conn, const char *a, const char *b, const char *file, int line)
{
        char text[TV_RUN_PATH];

        tv_expect_same(run, "path of a", tv_run_path(run, conn, TV_A, text), a, file, line);
        tv_expect_same(run, "path of b", tv_run_path(run, conn, TV_B, text), b, file, line);
}
#define EXPECT_PATHS(run, conn, a, b) tv_expect_paths(run, conn, a, b, __FILE__, __LINE__)

/* The step of |end| that leads to |to|: "confirmed cause 1 proof 2 from 0.0000 to 0.0200" (earliest, latest). */
static inline void
tv_expect_step(const struct tv_run *run, uint64_t conn, enum tv_end end, enum tv_tcp_state to, const char *expected,
               const char *file, int line)
{
        static const char *const certainties[] = {"observed", "confirmed", "assumed", "timer"};
        const struct tv_transition *t = tv_run_transition(run, conn, end, to);
        char text[TV_EXPECT_TEXT] = "none", what[60];
        size_t n;

        if (t != NULL) {
                n = (size_t)snprintf(text, sizeof text, "%s cause %" PRIu64 " proof %" PRIu64 " from ",
                                     certainties[t->certainty & 3], tv_frame_number(t->cause_frame),
                                     tv_frame_number(t->confirm_frame));
                n += tv_expect_time(text + n, sizeof text - n, t->earliest);
                n += (size_t)snprintf(text + n, sizeof text - n, " to ");
                tv_expect_time(text + n, sizeof text - n, t->latest);
        }
        snprintf(what, sizeof what, "%c to %s", end == TV_A ? 'a' : 'b', tv_tcp_state_name(to));
        tv_expect_same(run, what, text, expected, file, line);
}
#define EXPECT_STEP(run, conn, end, to, expected) tv_expect_step(run, conn, end, to, expected, __FILE__, __LINE__)

/* "complete orderly first a": handshake, teardown, who closed first. */
static inline void
tv_expect_life(const struct tv_run *run, uint64_t conn, const char *expected, const char *file, int line)
{
        static const char *const handshakes[] = {"complete",    "no-answer", "half-open",    "refused",
                                                 "unreachable", "aborted",   "simultaneous", "not-captured"};
        static const char *const teardowns[] = {"orderly",   "simultaneous", "reset", "half-closed",
                                                "abandoned", "replaced",     "open"};
        static const char *const firsts[] = {" first a", " first b", " first both", ""};
        const struct tv_connection *c = tv_run_connection(run, conn);
        char text[TV_EXPECT_TEXT] = "no connection";

        if (c != NULL)
                snprintf(text, sizeof text, "%s %s%s", handshakes[c->handshake], teardowns[c->teardown],
                         firsts[c->closed_first]);
        tv_expect_same(run, "life", text, expected, file, line);
}
#define EXPECT_LIFE(run, conn, expected) tv_expect_life(run, conn, expected, __FILE__, __LINE__)

/* All finding codes of a connection, in the order given by the engine, joined by blanks; "" for none.  Most dialogues
 * end before the connection does: that finding of theirs is left out, unless it is the one that is expected. */
static inline void
tv_expect_findings(const struct tv_run *run, uint64_t conn, const char *expected, const char *file, int line)
{
        const struct tv_connection *c = tv_run_connection(run, conn);
        char text[TV_EXPECT_TEXT] = "";
        size_t n = 0;

        for (size_t i = 0; c != NULL && i < c->finding_count && n < sizeof text; i++)
                if (strcmp(c->findings[i].code, "teardown.open-at-end") != 0 ||
                    strstr(expected, "teardown.open-at-end") != NULL)
                        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n == 0 ? "" : " ",
                                              c->findings[i].code);
        tv_expect_same(run, "findings", text, expected, file, line);
}
#define EXPECT_FINDINGS(run, conn, expected) tv_expect_findings(run, conn, expected, __FILE__, __LINE__)

/* No promise of engine.h was broken. */
#define EXPECT_KEPT(run) tv_expect_same(run, "promises", (run)->broken, "", __FILE__, __LINE__)

#endif
