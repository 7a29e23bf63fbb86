/* diag_handshake_path.c - what else the path does to a handshake than to lose a part of it: it doubles it, takes much
 * longer than for all that follows, or takes options out. */
#include "analyzer/diagnose/decidability.h"
#include "analyzer/diagnose/diag_handshake.h"
#include "analyzer/flow/address.h"

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

/* ---- slow ---- */

/* So much longer than the path is no jitter, and no delayed acknowledgment. */
#define SLOW_LEAST INT64_C(300000000)
#define SLOW_TIMES 4
/* After so long a silence the clock may have leapt, or the capture have paused (design.md section 3). */
#define SLOW_MOST INT64_C(60000000000)

/* Captured at that end?  By the delays, unless the directions are recorded differently. */
static bool
is_at(const struct tv_case *subject, enum tv_end end)
{
        const tv_time *delay = subject->row->delay;
        enum tv_end other = end == TV_A ? TV_B : TV_A;

        return subject->doubts.skew == 0 && delay[end] != TV_NO_TIME && delay[end] < 250000 &&
               (delay[other] == TV_NO_TIME || delay[end] * 4 < delay[other]);
}

/* How long |end| took to answer in the handshake, if that is slow by the shortest round trip there and back that was
 * measured afterwards; 0: it is not, or there is nothing to compare it with. */
static tv_time
slow_answer(const struct tv_case *subject, enum tv_end end, tv_time *way)
{
        const struct tv_track *track = &subject->conn->track;
        unsigned a = tv_conn_a(subject->conn), asker = end == TV_B ? a : !a;
        const struct tv_endpoint *ep = &track->ep[asker];
        tv_time asked = ep->open[TV_DID_SYN].latest, answered, took;

        answered = end == TV_B                                       ? track->ep[!a].open[TV_DID_SYN].latest
                   : (subject->conn->bits & TV_CONN_SLOW_THIRD) != 0 ? track->ep[!a].open[TV_GOT_ACK1].earliest
                                                                     : TV_NO_TIME;
        if (asked == TV_NO_TIME || answered == TV_NO_TIME || ep->rtt.count < 3)
                return 0;
        took = answered - asked;
        *way = ep->rtt.min;
        return took >= SLOW_LEAST && took <= SLOW_MOST && took >= SLOW_TIMES * *way ? took : 0;
}

void
tv_handshake_slow(const struct tv_case *subject, struct tv_findings *findings)
{
        static const char *const legs[] = {[TV_A] = "the third segment came %.3f s after the SYN-ACK",
                                           [TV_B] = "the SYN-ACK came %.3f s after the SYN"};
        const struct tv_track *track = &subject->conn->track;
        unsigned a = tv_conn_a(subject->conn);
        const struct tv_endpoint *ea = &track->ep[a], *eb = &track->ep[!a];
        tv_time took[2] = {0, 0}, way[2] = {0, 0}, timer = subject->profile->rto_initial / 10 * 9;
        char text[2][100] = {"", ""}, host[TV_ADDRESS_TEXT];
        enum tv_end end;
        bool here, timed;
        struct tv_finding *f;

        /* What was repeated has a code of its own. */
        if (subject->row->handshake != TV_HANDSHAKE_COMPLETE || subject->opening != NULL || subject->doubts.stepped ||
            (ea->bits & eb->bits & TV_EP_SYN_SEEN) == 0)
                return;
        for (unsigned i = TV_A; i <= TV_B; i++) {
                took[i] = slow_answer(subject, (enum tv_end)i, &way[i]);
                if (took[i] != 0)
                        snprintf(text[i], sizeof text[i], legs[i], tv_handshake_seconds(took[i]));
        }
        if (took[TV_A] == 0 && took[TV_B] == 0)
                return;
        end = took[TV_B] >= took[TV_A] ? TV_B : TV_A;
        here = is_at(subject, end);
        /* So long waits a timer, too: a copy that the capture point did not see may have been answered. */
        timed = took[end] >= timer && !here;
        f = tv_finding_new(findings, subject, "handshake.slow",
                           timed || subject->doubts.misses ? TV_POSSIBLE : TV_LIKELY,
                           !here         ? TV_BLAME_UNKNOWN
                           : end == TV_A ? TV_BLAME_A
                                         : TV_BLAME_B);
        if (f == NULL)
                return;
        f->end = (uint8_t)end;
        f->time = took[TV_B] != 0 ? ea->open[TV_DID_SYN].latest : eb->open[TV_DID_SYN].latest;
        f->until = took[TV_A] != 0 ? eb->open[TV_GOT_ACK1].earliest : eb->open[TV_DID_SYN].latest;
        if (took[TV_B] != 0)
                tv_finding_frame(f, ea->open[TV_DID_SYN].cause);
        tv_finding_frame(f, eb->open[TV_DID_SYN].cause);
        if (took[TV_A] != 0)
                tv_finding_frame(f, eb->open[TV_GOT_ACK1].cause);
        tv_finding_text(f->what, "%s%s%s; later a round trip from here to %c took %.3f s", text[TV_B],
                        took[TV_A] != 0 && took[TV_B] != 0 ? ", " : "", text[TV_A], end == TV_A ? 'a' : 'b',
                        tv_handshake_seconds(way[end]));
        tv_finding_text(f->not_,
                        "a lost segment: nothing was repeated%s. A long path: it was shorter for all that came "
                        "later",
                        timed ? ", as far as this capture shows" : "");
        tv_address_text(&subject->row->addr[end], host);
        tv_finding_text(f->advice,
                        "%s %s: the first packet may wait for address resolution (ip neigh), a firewall's or load "
                        "balancer's table, a dial-up link, or a host that sleeps or is overloaded",
                        here ? "on" : "on the way to", host);
}

/* ---- options ---- */

void
tv_handshake_stripped(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_track *track = &subject->conn->track;
        unsigned a = tv_conn_a(subject->conn);
        const struct tv_endpoint *ea = &track->ep[a], *eb = &track->ep[!a];
        uint8_t used = (uint8_t)(((eb->bits & TV_EP_TIMESTAMPS) != 0 ? TV_OPT_TIMESTAMPS : 0) |
                                 ((eb->bits & TV_EP_SENT_SACK) != 0 ? TV_OPT_SACK_OK : 0));
        uint8_t lost = (uint8_t)(used & ea->options & ~eb->options);
        struct tv_finding *f;

        /* What dies before a SYN passes here never reaches b, and what dies behind here leaves no trace.  That of the
         * SYN-ACK: b believes in what a's SYN had offered. */
        if ((ea->bits & eb->bits & TV_EP_SYN_SEEN) == 0 || ((ea->options | eb->options) & TV_EP_OPTIONS_CUT) != 0 ||
            lost == 0)
                return;
        f = tv_finding_new(findings, subject, "handshake.options-stripped", TV_LIKELY, TV_BLAME_NETWORK);
        if (f == NULL)
                return;
        f->end = TV_B;
        tv_finding_frame(f, ea->open[TV_DID_SYN].cause);
        tv_finding_frame(f, eb->open[TV_DID_SYN].cause);
        tv_finding_text(f->what,
                        "a's SYN offers %s%s%s, b uses it, and the SYN-ACK does not have it here: it was taken out "
                        "between b and this capture point",
                        (lost & TV_OPT_TIMESTAMPS) != 0 ? "timestamps" : "",
                        lost == (TV_OPT_TIMESTAMPS | TV_OPT_SACK_OK) ? " and " : "",
                        (lost & TV_OPT_SACK_OK) != 0 ? "SACK" : "");
        tv_finding_text(f->not_,
                        "an end that does not know the option: it would not use it. Cut off by the snaplen: the "
                        "options of both SYNs are whole");
        tv_finding_text(
                f->advice,
                "the two ends disagree on what was agreed: look for a firewall (\"TCP normalization\"), proxy or "
                "load balancer that changes SYN-ACKs between b and this capture point; ss -tin on both hosts "
                "shows what each believes");
}
