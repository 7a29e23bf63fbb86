/* diag_handshake_queue.c - a responder whose accept queue is full.  Linux then drops the third segment and the data
 * after it, repeats its SYN-ACK, and drops further SYNs. */
#include "analyzer/diagnose/decidability.h"
#include "analyzer/diagnose/diag_handshake.h"
#include "analyzer/flow/address.h"
#include "analyzer/host/host_table.h"

#include <inttypes.h>
#include <stdio.h>

/* Captured at the responder?  By the delays, unless the directions are recorded differently. */
static bool
is_at_b(const struct tv_case *subject)
{
        const tv_time *delay = subject->row->delay;

        return subject->doubts.skew == 0 && delay[TV_B] != TV_NO_TIME && delay[TV_B] < 250000 &&
               (delay[TV_A] == TV_NO_TIME || delay[TV_B] * 4 < delay[TV_A]);
}

static void
advice(const struct tv_case *subject, uint32_t dropped, struct tv_finding *f)
{
        char host[TV_ADDRESS_TEXT];

        tv_address_text(&subject->row->addr[TV_B], host);
        tv_finding_text(f->advice,
                        "on %s: ss -lnt 'sport = :%u' (Recv-Q above Send-Q: the accept queue is full); nstat -az "
                        "TcpExtListenOverflows: this connection explains %" PRIu32 " of them",
                        host, subject->row->port[TV_B], dropped);
}

/* The round trip to b, at most, as far as it was measured. */
static tv_time
way_to_b(const struct tv_case *subject, const struct tv_opening *opening)
{
        const struct tv_track *track = &subject->conn->track;
        unsigned a = tv_conn_a(subject->conn);
        const struct tv_rtt *rtt = &track->ep[a].rtt;
        /* Where the first SYN-ACK was not captured, what the SYN waited for another is no round trip. */
        bool missed = track->ep[!a].open[TV_DID_SYN].latest >= opening->synack_again[0];

        return (rtt->count > missed ? rtt->min + rtt->min / 4 : subject->profile->rto_initial / 2) +
               2 * subject->doubts.skew;
}

static void
dropped_syns(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_losses *losses = tv_track_losses(subject->tracker, &subject->conn->track);
        const struct tv_full *full = NULL;
        struct tv_finding *f = NULL;
        char times[20];
        tv_time cost = 0;
        uint32_t count = 0;

        for (unsigned i = 0; losses != NULL && i < losses->count && i < TV_LOSSES; i++) {
                const struct tv_loss *loss = &losses->at[i];

                if (!tv_handshake_dropped_syn(subject, loss))
                        continue;
                if (f == NULL) {
                        f = tv_finding_new(findings, subject, "handshake.accept-queue-overflow",
                                           is_at_b(subject) ? TV_LIKELY : TV_POSSIBLE, TV_BLAME_B);
                        if (f == NULL)
                                return;
                        f->end = TV_A;
                        f->time = loss->time;
                        full = tv_full_find(subject->full, &subject->row->addr[TV_B], subject->row->port[TV_B],
                                            loss->time);
                }
                f->until = loss->until;
                cost += loss->until > loss->time ? loss->until - loss->time : 0;
                count++;
                tv_finding_frame(f, loss->lost);
                tv_finding_frame(f, loss->proof);
        }
        if (f == NULL)
                return;
        f->count = count;
        tv_finding_frame(f, full->frame);
        tv_finding_text(f->what,
                        "the SYN was not taken, %s, while the accept queue of b was full, as connection %" PRIu64
                        " shows: cost %.3f s",
                        tv_finding_times(count, times), full->conn, tv_handshake_seconds(cost));
        tv_finding_text(f->not_, "lost on the way: %s",
                        is_at_b(subject) ? "it was captured at the responder, whose host did not take it"
                                         : "other segments to this listener had no effect at that time either. Nothing "
                                           "else rules a loss out");
        advice(subject, count, f);
}

bool
tv_handshake_dropped_syn(const struct tv_case *subject, const struct tv_loss *loss)
{
        return loss->segment == TV_LOST_SYN && loss->where != TV_LOST_UPSTREAM && loss->time != TV_NO_TIME &&
               subject->full != NULL && subject->full->count != 0 &&
               tv_full_find(subject->full, &subject->row->addr[TV_B], subject->row->port[TV_B], loss->time) != NULL;
}

/* What this connection lost for sure beside what b may have ignored: the path is one that loses. */
static uint64_t
other_losses(const struct tv_case *subject)
{
        const struct tv_track *track = &subject->conn->track;
        const struct tv_losses *losses = tv_track_losses(subject->tracker, track);
        const struct tv_endpoint *eb = &track->ep[!tv_conn_a(subject->conn)];
        const struct tv_trouble *trouble = tv_track_trouble(subject->tracker, eb);
        const struct tv_note *acks = tv_track_note(subject->tracker, eb, TV_NOTE_ACK_LOST);
        uint64_t count = (trouble != NULL ? trouble->needed : 0) + (acks != NULL ? acks->count : 0);

        for (uint32_t i = 0; losses != NULL && i < losses->count && i < TV_LOSSES; i++)
                count += losses->at[i].segment == TV_LOST_FIN && losses->at[i].where != TV_LOST_UNKNOWN;
        return count;
}

/* Does another connection show the same of this listener, at this time? */
static bool
others_show(const struct tv_case *subject, const struct tv_opening *opening)
{
        const struct tv_full_list *list = subject->full;
        unsigned kept = list == NULL ? 0 : list->count < TV_FULL_KEPT ? list->count : TV_FULL_KEPT;

        for (unsigned i = 0; i < kept; i++) {
                const struct tv_full *full = &list->at[i];

                if (full->conn != subject->conn->number && full->port == subject->row->port[TV_B] &&
                    full->from <= opening->last_synack && full->until >= opening->ignored_from &&
                    tv_address_equal(&full->address, &subject->row->addr[TV_B]))
                        return true;
        }
        return false;
}

bool
tv_handshake_full_queue(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_track *track = &subject->conn->track;
        unsigned a = tv_conn_a(subject->conn);
        const struct tv_opening *opening = subject->opening;
        struct tv_opening known;
        struct tv_finding *f;
        char times[20], chance[120] = "";
        uint64_t others;
        uint32_t dropped;
        bool sure;

        dropped_syns(subject, findings);
        if (opening == NULL)
                return false;
        /* It answered after all, which the capture may have missed, or which came with the close. */
        known = *opening;
        known.done |= track->ep[a].sent.una > track->ep[a].sent.begin + 1 ||
                      track->ep[!a].sent.una > track->ep[!a].sent.begin + 1 ||
                      (track->ep[!a].bits & (TV_EP_HAS_DATA | TV_EP_FIN_KNOWN)) != 0;
        opening = &known;
        if (!tv_opening_is_full(opening, way_to_b(subject, opening)))
                return false;
        dropped = opening->done ? opening->ignored : opening->sent;
        /* Where directions are recorded differently, each repeated SYN-ACK may stand behind its own answer. */
        if (subject->doubts.skew != 0 && dropped < 3 + opening->synacks)
                return false;
        others = other_losses(subject);
        sure = others == 0 && (is_at_b(subject) || others_show(subject, opening));
        f = tv_finding_new(findings, subject, "handshake.accept-queue-overflow", sure ? TV_LIKELY : TV_POSSIBLE,
                           TV_BLAME_B);
        if (f == NULL)
                return false;
        if (others != 0)
                snprintf(chance, sizeof chance,
                         ". That the path lost them is possible: it lost %" PRIu64
                         " other segment%s of this connection",
                         others, others == 1 ? "" : "s");
        f->end = TV_A;
        f->time = opening->ignored_from;
        f->until = opening->last_synack;
        f->count = dropped;
        tv_finding_frame(f, opening->ignored_frame);
        tv_finding_frame(f, opening->synack_frame);
        tv_finding_text(f->what,
                        "b dropped %" PRIu32
                        " segments of a without a word, the third of the handshake and data among them, for %.3f "
                        "s, and repeated its SYN-ACK %s",
                        dropped,
                        tv_handshake_seconds((opening->done ? opening->ignored_until : opening->waits_since) -
                                             opening->ignored_from),
                        tv_finding_times(opening->synacks, times));
        tv_finding_text(f->not_,
                        "lost ACK: data after it had no effect either. Deferred accept: data is what that waits for%s",
                        others != 0 ? chance
                        : sure      ? ""
                                    : ". An outage of this direction alone, for as long, looks the same");
        advice(subject, dropped, f);
        return true;
}
