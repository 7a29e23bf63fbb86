/* diag_handshake_path.c - what else the path does to a handshake than to lose a part of it: it doubles it, or takes
 * much longer than for all that follows. */
#include "analyzer/diagnose/decidability.h"
#include "analyzer/diagnose/diag_handshake.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- doubled ---- */

/* Whatever its responder does, and whatever round trip it remembers: a SYN-ACK is not repeated sooner by a timer. */
static tv_time
least_timer(const struct tv_case *subject)
{
        return subject->profile->rto_min < 200000000 ? subject->profile->rto_min : 200000000;
}

/* Can a SYN-ACK that was sent again at |again| be no repetition by a timer?  A second SYN of a's own is answered, too.
 */
static bool
is_second_answer(const struct tv_case *subject, tv_time again)
{
        const struct tv_track *track = &subject->conn->track;
        const struct tv_endpoint *eb = &track->ep[!tv_conn_a(subject->conn)];
        tv_time answered = eb->open[TV_DID_SYN].latest;
        const struct tv_opening *opening = subject->opening;

        if (answered == TV_NO_TIME || (eb->bits & TV_EP_SYN_ALONE) != 0 || subject->doubts.stepped ||
            again <= answered || again - answered >= least_timer(subject))
                return false;
        for (unsigned i = 0; opening != NULL && i < opening->syns && i < TV_OPENING_TIMES; i++)
                if (opening->syn_again[i] <= again)
                        return false;
        return true;
}

bool
tv_handshake_answers_twice(const struct tv_case *subject, const struct tv_loss *loss)
{
        return loss->segment == TV_SPURIOUS_SYNACK && loss->proof != 0 && is_second_answer(subject, loss->until);
}

void
tv_handshake_duplicated(const struct tv_case *subject, struct tv_findings *findings)
{
        static const char *const names[2] = {"a", "b"};
        const struct tv_opening *opening = subject->opening;
        unsigned a = tv_conn_a(subject->conn);
        const struct tv_endpoint *eb = &subject->conn->track.ep[!a];
        tv_time again = TV_NO_TIME;
        const struct tv_note *notes[2];
        char passed[2][100] = {"", ""}, answered[160] = "";
        uint64_t count = 0;
        tv_time lag = 0, from = INT64_MAX, until = INT64_MIN;
        struct tv_finding *f;

        if (opening != NULL && opening->synacks != 0 && is_second_answer(subject, opening->synack_again[0]))
                again = opening->synack_again[0];
        for (unsigned end = TV_A; end <= TV_B; end++) {
                const struct tv_note *note = tv_track_note(
                        subject->tracker, &subject->conn->track.ep[end == TV_A ? a : !a], TV_NOTE_TWIN_OPENING);

                /* One packet recorded twice is the capture's doing where that is the rule. */
                notes[end] = note != NULL && subject->row->dir[end].network_duplicates != 0 ? note : NULL;
                if (notes[end] == NULL)
                        continue;
                count += note->count;
                lag = note->longest > lag ? note->longest : lag;
                from = note->begin < from ? note->begin : from;
                until = note->end > until ? note->end : until;
                snprintf(passed[end], sizeof passed[end], "%s%" PRIu32 " packet%s of %s passed twice, %.3f ms apart",
                         end == TV_B && notes[TV_A] != NULL ? ", " : "", note->count, note->count == 1 ? "" : "s",
                         names[end], (double)note->longest / 1e6);
        }
        if (count == 0 && again == TV_NO_TIME)
                return;
        /* So close together, a capturer at two places of one host records them too; it gets no second answer. */
        f = tv_finding_new(findings, subject, "handshake.duplicated",
                           again == TV_NO_TIME && lag <= TV_PLACES_APART ? TV_POSSIBLE : TV_LIKELY,
                           again == TV_NO_TIME && lag <= TV_PLACES_APART ? TV_BLAME_UNKNOWN : TV_BLAME_NETWORK);
        if (f == NULL)
                return;
        if (again != TV_NO_TIME) {
                snprintf(
                        answered, sizeof answered,
                        "%sb sent its SYN-ACK twice, %.3f ms apart, sooner than by any timer: the SYN reached it twice",
                        count != 0 ? "; " : "", (double)(again - eb->open[TV_DID_SYN].latest) / 1e6);
                from = eb->open[TV_DID_SYN].latest < from ? eb->open[TV_DID_SYN].latest : from;
                until = again > until ? again : until;
        }
        f->end = (uint8_t)(again != TV_NO_TIME || notes[TV_A] != NULL ? TV_A
                                                                      : TV_B); /* whose segment was doubled first */
        f->count = count != 0 ? count : 1;
        f->time = from;
        f->until = until;
        for (unsigned end = TV_A; end <= TV_B; end++)
                for (unsigned i = 0; notes[end] != NULL && i < notes[end]->frames; i++)
                        tv_finding_frame(f, notes[end]->frame[i]);
        if (again != TV_NO_TIME) {
                tv_finding_frame(f, eb->open[TV_DID_SYN].cause);
                tv_finding_frame(f, opening->synacks == 1 ? opening->synack_frame : 0);
        }
        tv_finding_text(f->what, "%s%s%s", passed[TV_A], passed[TV_B], answered);
        tv_finding_text(f->not_, "a repetition: that waits for its timer (1 s), and has another IP ID or time stamp. "
                                 "Recorded twice by the capture: that would happen to every packet");
        tv_finding_text(f->advice,
                        "nothing on the hosts: look for a loop, a flooding switch, or a redundant path (PRP, "
                        "HSR, bonding in broadcast mode) on the way");
}
