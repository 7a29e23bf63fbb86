/* diag_teardown.c - which of FIN, ACK, FIN and ACK was lost, and where. */
#include "analyzer/diagnose/diagnose.h"
#include "analyzer/flow/address.h"

#include <inttypes.h>
#include <stdio.h>

/* Is the loss of an acknowledgment that |sender| sent for a FIN known? */
static bool
acknowledgment_lost(const struct tv_case *subject, const struct tv_losses *losses, unsigned sender)
{
        for (unsigned i = 0; losses != NULL && i < losses->count && i < TV_LOSSES; i++)
                if (losses->at[i].segment == TV_LOST_ACK2 && losses->at[i].sender == sender &&
                    !tv_diagnose_is_skew(subject, &losses->at[i]))
                        return true;
        return false;
}

/* Octets before the FIN had met silence when it was first sent, and went again together with it until the silence
 * ended: that outage is told, and tells this as well. */
static bool
is_of_an_outage(const struct tv_case *subject, const struct tv_loss *loss)
{
        const struct tv_endpoint *ep = &subject->conn->track.ep[loss->sender];
        const struct tv_note *outage = tv_track_note(subject->tracker, ep, TV_NOTE_OUTAGE);
        const struct tv_milestone *fin =
                tv_track_milestone(subject->tracker, &subject->conn->track, loss->sender, TV_DID_FIN);

        return loss->segment == TV_LOST_FIN && outage != NULL && outage->count == 1 && fin->cause != 0 &&
               outage->begin < fin->latest && outage->begin <= loss->time && loss->until <= outage->end;
}

static double
seconds(tv_time t)
{
        return (double)t / 1e9;
}

/* What it is not, where the evidence has not said that already, and what to do. */
static void
say_what_to_do(const struct tv_case *subject, struct tv_finding *f, enum tv_lost_segment segment)
{
        const struct tv_connection *row = subject->row;
        bool fin = segment == TV_LOST_FIN;
        enum tv_end sender = (enum tv_end)f->end, other = sender == TV_A ? TV_B : TV_A;
        enum tv_end again = fin ? sender : other; /* who sends the FIN again */
        char from[TV_ADDRESS_TEXT], to[TV_ADDRESS_TEXT], who[TV_ADDRESS_TEXT];

        tv_address_text(&row->addr[sender], from);
        tv_address_text(&row->addr[other], to);
        tv_address_text(&row->addr[again], who);
        if (f->not_[0] == '\0')
                tv_finding_text(f->not_, "%s",
                                fin ? "a slow answer, and a timer that was too fast: had the lost one arrived, its "
                                      "acknowledgment would have come before. An application that does not close: its "
                                      "FIN was sent"
                                    : "a lost FIN: it was acknowledged. A timer that was too fast: it came again later "
                                      "than the acknowledgment should have taken");
        tv_finding_text(f->advice,
                        "one loss costs one timer and nothing more; in many connections look for what drops packets "
                        "from %s to %s. on %s: nstat -az TcpExtTCPTimeouts (%" PRIu64 " of them here)",
                        from, to, who, f->count);
}

void
tv_diagnose_teardown(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_track *track = &subject->conn->track;
        const struct tv_losses *losses = tv_track_losses(subject->tracker, track);
        unsigned a = tv_conn_a(subject->conn), first, open = 0;
        struct tv_finding *f;

        if (subject->row->closed_first == TV_CLOSED_FIRST_NONE)
                return;
        /* fin1 is the FIN sent first; in a simultaneous close the initiator's is taken for it. */
        first = subject->row->closed_first == TV_CLOSED_FIRST_B ? !a : a;
        for (unsigned kind = 0; kind < 4; kind++) {
                static const char *const codes[] = {"teardown.fin1-lost", "teardown.ack1-lost", "teardown.fin2-lost",
                                                    "teardown.ack2-lost"};
                static const char *const names[] = {"the first FIN", "the acknowledgment of the first FIN",
                                                    "the second FIN", "the acknowledgment of the second FIN"};
                enum tv_lost_segment segment = kind % 2 == 0 ? TV_LOST_FIN : TV_LOST_ACK2;
                /* FINs are sent by their owner, their acknowledgments by the other end. */
                unsigned sender = kind == 0 || kind == 3 ? first : !first;
                uint8_t where = TV_LOST_UNKNOWN;
                tv_time cost = 0;
                char times[TV_FINDING_PLACES];
                unsigned places[TV_LOST_UNKNOWN + 1] = {0};
                bool missed = false;

                f = NULL;
                for (unsigned i = 0; losses != NULL && i < losses->count && i < TV_LOSSES; i++) {
                        const struct tv_loss *loss = &losses->at[i];

                        if (loss->segment != segment || loss->sender != sender || tv_diagnose_is_skew(subject, loss) ||
                            is_of_an_outage(subject, loss))
                                continue;
                        if (f == NULL) {
                                f = tv_finding_new(findings, subject, codes[kind], TV_CERTAIN, TV_BLAME_NETWORK);
                                if (f == NULL)
                                        return;
                                f->end = sender == a ? TV_A : TV_B;
                                f->count = 0;
                                f->time = loss->time != TV_NO_TIME ? loss->time : loss->until;
                                where = tv_diagnose_where(subject, loss, f);
                                missed = where != loss->where;
                                if (where == TV_LOST_UNKNOWN && !missed)
                                        tv_diagnose_open(subject, loss, f);
                        }
                        f->count++;
                        places[tv_diagnose_where(subject, loss, NULL)]++;
                        f->until = loss->until;
                        if (loss->time != TV_NO_TIME && loss->until > loss->time)
                                cost += loss->until - loss->time;
                        tv_finding_frame(f, loss->lost);
                        tv_finding_frame(f, loss->proof);
                }
                /* Of two repetitions one shows that the acknowledgment died, the other one that it did, or the FIN. */
                if (f != NULL && segment == TV_LOST_FIN && places[TV_LOST_UNKNOWN] == f->count && !missed &&
                    acknowledgment_lost(subject, losses, !sender)) {
                        open = (unsigned)f->count;
                        findings->count--;
                        continue;
                }
                if (f != NULL && where == TV_LOST_UNKNOWN && !missed)
                        f->confidence = TV_POSSIBLE;
                if (f != NULL) {
                        char more[60] = "", again[20];

                        if (open != 0)
                                snprintf(more, sizeof more, ", and %s more it or the FIN",
                                         tv_finding_times(open, again));
                        open = 0;
                        say_what_to_do(subject, f, segment);
                        tv_finding_text(f->what, "%s%s was lost %s%s; cost %.3f s", names[kind],
                                        where == TV_LOST_UNKNOWN && !missed ? " or its acknowledgment" : "",
                                        tv_finding_places(places, times), more, seconds(cost));
                }
        }
        if (subject->row->teardown == TV_TEARDOWN_SIMULTANEOUS) {
                f = tv_finding_new(findings, subject, "teardown.simultaneous-close", TV_CERTAIN, TV_BLAME_UNKNOWN);
                tv_time sent[2];

                if (f == NULL)
                        return;
                for (unsigned dir = 0; dir < 2; dir++) {
                        const struct tv_milestone *fin = tv_track_milestone(subject->tracker, track, dir, TV_DID_FIN);

                        tv_finding_frame(f, fin->cause != 0 ? fin->cause : fin->proof);
                        sent[dir] = fin->latest;
                }
                if (sent[0] != TV_NO_TIME && sent[1] != TV_NO_TIME) {
                        f->time = sent[0] < sent[1] ? sent[0] : sent[1];
                        f->until = sent[0] < sent[1] ? sent[1] : sent[0];
                }
                tv_finding_text(f->what,
                                "each end sent its FIN before it had the other's (RFC 9293 figure 13): both passed "
                                "within %.3f s",
                                seconds(f->until - f->time));
                tv_finding_text(f->not_, "an end that answers the other's close: neither FIN acknowledges the other");
                tv_finding_text(f->advice,
                                "harmless; both ends go through CLOSING into TIME_WAIT. Where these pile up, let one "
                                "side of the protocol close first: ss -tan state time-wait");
        }
}
