/* diag_data_stall.c - pauses in the middle of the dialogue, and who was waited for. */
#include "analyzer/diagnose/diag_data.h"

#include <stdio.h>

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

/* Is what ended these pauses the first transmission of it, sent then?  Elsewhere than at its sender one that died
 * before it could pass, and its repetition, or a path that stood still, look the same, unless IP IDs and time stamps
 * tell. */
static bool
sent_first(const struct tv_data_case *c, const struct tv_note *note)
{
        return tv_data_at_sender(c) || note->amount == note->count;
}

/* "once for 1.200 s", "3 times, for 2.400 s in all, 1.200 s at most" */
#define OFTEN 80

static const char *
how_often(const struct tv_note *note, char text[OFTEN])
{
        char times[20];

        if (note->count == 1)
                snprintf(text, OFTEN, "once, for %.3f s", tv_data_seconds(note->longest));
        else
                snprintf(text, OFTEN, "%s, for %.3f s in all, %.3f s at most", tv_finding_times(note->count, times),
                         tv_data_seconds(note->total), tv_data_seconds(note->longest));
        return text;
}

/* Does this end send much more than its peer: is this what the connection is for? */
static bool
is_transfer(const struct tv_data_case *c)
{
        uint64_t segment = c->peer->mss != 0 ? c->peer->mss : 536;
        const struct tv_direction *peer = &c->subject->row->dir[c->other];

        return c->row->unique_bytes >= 10 * segment && c->row->unique_bytes / 4 >= peer->unique_bytes;
}

void
tv_data_stall(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *reply = tv_data_note(c, TV_NOTE_PAUSE_REPLY);
        const struct tv_note *own = tv_data_note(c, TV_NOTE_PAUSE_OWN);
        const struct tv_note *ack = tv_data_note(c, TV_NOTE_PAUSE_ACK);
        enum tv_confidence confidence =
                c->subject->doubts.stepped || c->subject->doubts.misses ? TV_POSSIBLE : TV_LIKELY;
        bool known = (c->subject->conn->bits & TV_CONN_ROLE_KNOWN) != 0, first;
        char often[OFTEN];
        struct tv_finding *f;

        /* A client that thinks before its next request stalls nothing. */
        if (reply != NULL && c->end == TV_B && known) {
                first = sent_first(c, reply);
                /* What the capture misses may be what it waited for, or its end. */
                f = stall(c, findings, reply, first && !c->subject->doubts.misses ? tv_data_blame(c) : TV_BLAME_UNKNOWN,
                          first ? confidence : TV_POSSIBLE);
                if (f != NULL) {
                        tv_finding_text(f->what, "the application at %c took long to answer, %s", c->name,
                                        how_often(reply, often));
                        tv_finding_text(
                                f->not_,
                                "the network: nothing was repeated, and what %c had been sent had reached it, as "
                                "its acknowledgments say, or was answered without loss%s",
                                c->name,
                                first ? ""
                                      : ". That a first answer died before this capture point, or was held up, is "
                                        "possible");
                        tv_finding_text(
                                f->advice,
                                "what did the process on %s port %u wait for then: its disks, a database, locks "
                                "(its log at that time; ss -tn 'sport = :%u': Recv-Q)",
                                c->address, c->port, c->port);
                }
        }
        /* Nor does one that says something now and then; amid an upload every pause counts. */
        if (own != NULL && known && (is_transfer(c) || (c->end == TV_B && own->longest >= SECOND))) {
                first = sent_first(c, own);
                f = stall(c, findings, own, first ? tv_data_blame(c) : TV_BLAME_UNKNOWN,
                          first ? confidence : TV_POSSIBLE);
                if (f != NULL) {
                        f->severity = TV_INFO;
                        tv_finding_text(f->what,
                                        "%c paused in what it was sending, %s, with nothing under way and the window "
                                        "open: its application had nothing to send",
                                        c->name, how_often(own, often));
                        tv_finding_text(f->not_,
                                        "loss or a closed window: all had been acknowledged, and the window was open");
                        tv_finding_text(f->advice,
                                        "normal for an application that sends when something happens; else look at the "
                                        "process on %s port %u",
                                        c->address, c->port);
                }
        }
        if (ack != NULL && ack->low * 2 >= ack->count && ack->low != 0 && c->peer->mss != 0) {
                char at_once[20];
                bool nagle = ack->high < (uint64_t)(c->ep->mss != 0 ? c->ep->mss : 536) * 2;

                f = stall(c, findings, ack, tv_data_blame_peer(c),
                          confidence == TV_LIKELY && nagle ? TV_LIKELY : TV_POSSIBLE);
                if (f == NULL)
                        return;
                tv_finding_text(f->what,
                                "%c acknowledged late, %s, and %c had held back what it sent right then: Nagle's "
                                "algorithm met delayed acknowledgments",
                                c->name, how_often(ack, often), c->other_name);
                tv_finding_text(f->not_, "loss: nothing was repeated. A slow application at %c: it went on at once, %s",
                                c->other_name, tv_finding_times((unsigned)ack->low, at_once));
                tv_finding_text(f->advice,
                                "let the application on %s write each message at once (writev, TCP_CORK), or set "
                                "TCP_NODELAY; TCP_QUICKACK on %s helps too",
                                c->peer_address, c->address);
        }
}
