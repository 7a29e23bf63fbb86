/* diag_data_stall.c - pauses in the middle of the dialogue, and who was waited for. */
#include "analyzer/diagnose/diag_data.h"

#include <inttypes.h>

#define SECOND INT64_C(1000000000)

/* Pauses of what is kept for a stall: |cause| in words. */
static struct tv_finding *
stall(const struct tv_data_case *c, struct tv_findings *findings, const struct tv_note *note, enum tv_blame blame,
      enum tv_confidence confidence)
{
        struct tv_finding *f = tv_data_finding(c, findings, "data.stall", confidence, blame, note);

        /* Whoever waits for a second notices. */
        if (f != NULL && note->longest < SECOND)
                f->severity = TV_INFO;
        return f;
}

void
tv_data_stall(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *reply = tv_data_note(c, TV_NOTE_PAUSE_REPLY);
        const struct tv_note *own = tv_data_note(c, TV_NOTE_PAUSE_OWN);
        const struct tv_note *ack = tv_data_note(c, TV_NOTE_PAUSE_ACK);
        enum tv_confidence confidence =
                c->subject->doubts.stepped || c->subject->doubts.misses ? TV_POSSIBLE : TV_LIKELY;
        bool known = (c->subject->conn->bits & TV_CONN_ROLE_KNOWN) != 0;
        /* Elsewhere, a first segment that died before it could pass, and its repetition, look the same. */
        bool here = tv_data_at_sender(c);
        enum tv_blame blame = here ? tv_data_blame(c) : TV_BLAME_UNKNOWN;
        struct tv_finding *f;

        /* A client that thinks before its next request stalls nothing. */
        if (reply != NULL && c->end == TV_B && known) {
                f = stall(c, findings, reply, blame, here ? confidence : TV_POSSIBLE);
                if (f != NULL) {
                        tv_finding_text(f->what,
                                        "%" PRIu32
                                        " time%s the application at %c took long to answer: %.3f s in all, %.3f s "
                                        "at most",
                                        reply->count, reply->count == 1 ? "" : "s", c->name,
                                        tv_data_seconds(reply->total), tv_data_seconds(reply->longest));
                        tv_finding_text(
                                f->not_,
                                "the network: nothing was repeated, and what %c had been sent had reached it, as "
                                "its acknowledgments say, or was answered without loss",
                                c->name);
                        tv_finding_text(
                                f->advice,
                                "what did the process on %s port %u wait for then: its disks, a database, locks "
                                "(its log at that time; ss -tn 'sport = :%u': Recv-Q)",
                                c->address, c->port, c->port);
                }
        }
        if (own != NULL && c->end == TV_B && known && own->longest >= SECOND) {
                f = stall(c, findings, own, blame, here ? confidence : TV_POSSIBLE);
                if (f != NULL) {
                        f->severity = TV_INFO;
                        tv_finding_text(
                                f->what,
                                "%" PRIu32 " time%s %c paused in what it was sending, with nothing under way and the "
                                "window open: %.3f s in all, %.3f s at most: its application had nothing to send",
                                own->count, own->count == 1 ? "" : "s", c->name, tv_data_seconds(own->total),
                                tv_data_seconds(own->longest));
                        tv_finding_text(f->not_,
                                        "loss or a closed window: all had been acknowledged, and the window was open");
                        tv_finding_text(f->advice,
                                        "normal for an application that sends when something happens; else look at the "
                                        "process on %s port %u",
                                        c->address, c->port);
                }
        }
        if (ack != NULL && ack->low * 2 >= ack->count && ack->low != 0 && c->peer->mss != 0) {
                bool nagle = ack->high < (uint64_t)(c->ep->mss != 0 ? c->ep->mss : 536) * 2;

                f = stall(c, findings, ack, tv_data_blame_peer(c),
                          confidence == TV_LIKELY && nagle ? TV_LIKELY : TV_POSSIBLE);
                if (f == NULL)
                        return;
                tv_finding_text(f->what,
                                "%" PRIu32
                                " time%s %c acknowledged late (%.3f s at most, %.3f s in all), and %c had held back "
                                "what it sent right then: Nagle's algorithm met delayed acknowledgments",
                                ack->count, ack->count == 1 ? "" : "s", c->name, tv_data_seconds(ack->longest),
                                tv_data_seconds(ack->total), c->other_name);
                tv_finding_text(f->not_,
                                "loss: nothing was repeated. A slow application at %c: it went on at once %" PRIu64
                                " times",
                                c->other_name, ack->low);
                tv_finding_text(f->advice,
                                "let the application on %s write each message at once (writev, TCP_CORK), or set "
                                "TCP_NODELAY; TCP_QUICKACK on %s helps too",
                                c->peer_address, c->address);
        }
}
