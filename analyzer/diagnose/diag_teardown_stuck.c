/* diag_teardown_stuck.c - closes that do not end: who has not closed, whose FIN nobody answers, who is gone, and what
 * the capture leaves open; and closes that take long, or go one way only. */
#include "analyzer/diagnose/diag_close.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000000)
/* So long is stuck (design.md section 5), unless the profile's own timer is longer. */
#define STUCK (60 * SECOND)
/* An application that takes longer than this to close was not told in time. */
#define SLOW (1 * SECOND)
#define NEAR INT64_C(250000) /* no network is so fast, but for one within a rack */

/* For how long nothing came of |ep|, as far as the capture goes. */
static tv_time
silence_of(const struct tv_close_end *c, const struct tv_endpoint *ep)
{
        const struct tv_case *subject = c->subject;
        tv_time until = tv_conn_last_time(subject->conn) + subject->doubts.watched;

        return ep->last_time != TV_NO_TIME && until > ep->last_time ? until - ep->last_time : 0;
}

static tv_time
watched_until(const struct tv_case *subject)
{
        return tv_conn_last_time(subject->conn) + subject->doubts.watched;
}

/* Did |ep|, one of both ends, probe the other since that was last heard? */
static bool
asked_in_vain(const struct tv_close_end *c, const struct tv_endpoint *ep)
{
        const struct tv_note *probes = tv_track_note(c->subject->tracker, ep, TV_NOTE_KEEPALIVE);
        const struct tv_endpoint *other = ep == c->ep ? c->peer : c->ep;

        return probes != NULL && probes->amount != 0 && probes->end > other->last_time;
}

/* Octets of payload that this end sent before it had acknowledged its peer's FIN, and after. */
static uint64_t
sent_octets(const struct tv_close_end *c, bool after)
{
        const struct tv_ledger *sent = &c->ep->sent;
        uint64_t mark = c->story->ack2_mark[!c->dir], end = sent->nxt;
        uint64_t begin = sent->begin + ((c->ep->bits & TV_EP_ISS_KNOWN) != 0);

        if ((c->ep->bits & TV_EP_FIN_KNOWN) != 0 && end > c->story->fin[c->dir])
                end = c->story->fin[c->dir];
        if (after)
                return mark != 0 && end > mark ? end - mark : 0;
        return mark != 0 && mark > begin ? mark - begin : 0;
}

static uint64_t
got_octets(const struct tv_close_end *c)
{
        const struct tv_ledger *sent = &c->peer->sent;
        uint64_t begin = sent->begin + ((c->peer->bits & TV_EP_ISS_KNOWN) != 0);

        return c->story->fin[!c->dir] > begin ? c->story->fin[!c->dir] - begin : 0;
}

/* What an end in CLOSE_WAIT did before tells what its application does not do. */
static const char *
habit(const struct tv_close_end *c)
{
        uint64_t sent = sent_octets(c, false), got = got_octets(c);
        const struct tv_note *closed = tv_track_note(c->subject->tracker, c->ep, TV_NOTE_ZERO_WINDOW);

        if ((c->ep->bits & c->peer->bits & TV_EP_ISS_KNOWN) == 0)
                return "what it did is not in the file";
        if (sent == 0 && got == 0)
                return "neither end sent a byte: not accepted, or never looked at";
        if (sent == 0 && closed != NULL && closed->amount != 0)
                return "it never sent a byte and its window is closed: accepted or not, it is never read";
        if (sent == 0)
                return "it never sent a byte: not accepted, or never read";
        if (c->subject->conn->track.talker == c->dir + 1u)
                return "it answered what came, and then ignored the end of the stream";
        /* A client waits for nothing more when it has its reply. */
        return c->end == TV_A ? "the last octets were its peer's, as those of a reply are"
                              : "the last octets were its peer's, and had no answer";
}

/* May this end have closed before the capture began?  Then the segments are those of an orderly close: its last
 * acknowledgment, in TIME_WAIT, looks like one in CLOSE_WAIT.  Only octets of its own, which a FIN would come after,
 * tell that there was none. */
static bool
may_have_closed_before(const struct tv_close_end *c)
{
        return (c->ep->bits & TV_EP_ISS_KNOWN) == 0 && c->ep->sent.nxt <= c->ep->sent.begin;
}

/* Does all that this end sends pass here?  From afar, a FIN of which every copy dies on the way looks like none, and a
 * host that died after its last acknowledgment like one whose application does nothing. */
static bool
captured_here(const struct tv_close_end *c)
{
        const tv_time *delay = c->subject->row->delay;

        return c->subject->doubts.skew == 0 && delay[c->end] != TV_NO_TIME && delay[c->end] < NEAR &&
               delay[c->other] != TV_NO_TIME && delay[c->end] * 4 < delay[c->other];
}

static void
close_wait(const struct tv_close_end *c, struct tv_findings *findings)
{
        const struct tv_milestone *got = tv_close_own(c, TV_GOT_FIN), *fin = tv_close_peer(c, TV_DID_FIN);
        tv_time silent = silence_of(c, c->ep), from = got->earliest != TV_NO_TIME ? got->earliest : got->latest;
        bool before = may_have_closed_before(c), here = captured_here(c);
        struct tv_finding *f;

        if (c->subject->doubts.stepped || silent < STUCK || !tv_milestone_proved(got) ||
            c->ep->sent.una < c->ep->sent.nxt || asked_in_vain(c, c->peer))
                return;
        /* Octets of the peer that came before its FIN make a half-close of long ago less likely, no more. */
        if (before && got_octets(c) == 0)
                return;
        f = tv_close_finding(c, findings, "teardown.close-wait-stuck",
                             tv_close_confidence(c->subject, before ? TV_POSSIBLE
                                                             : here ? TV_CERTAIN
                                                                    : TV_LIKELY),
                             tv_close_blame(c->end), from, watched_until(c->subject));
        if (f == NULL)
                return;
        tv_finding_frame(f, fin->cause);
        tv_finding_frame(f, got->proof);
        tv_finding_frame(f, c->ep->last_frame);
        tv_finding_text(f->what,
                        "%c closed; %c acknowledged that and has not closed for %.3f s: CLOSE_WAIT. Before, %s",
                        c->other_name, c->name, tv_close_seconds(watched_until(c->subject) - from), habit(c));
        tv_finding_text(f->not_,
                        "a half-close: %c sends nothing. A lost FIN: it would be repeated%s. A dead host: it "
                        "acknowledged the FIN%s%s",
                        c->name, c->subject->doubts.misses ? ", unless the capture missed all of it" : "",
                        here ? "" : "; a path that swallows each copy, or a host that died then, would look the same",
                        before ? ". That it had closed before the capture began is possible" : "");
        tv_finding_text(f->advice,
                        "on %s: ss -tanp state close-wait 'sport = :%u' names the process, then find the path that "
                        "does not close() at end of file. No sysctl ends CLOSE_WAIT (tcp_fin_timeout, default 60 s, is "
                        "about the other end), and a restart destroys the evidence: stack dump first",
                        c->address, c->port);
}

/* What says the same of this end's repetitions, with less in it, is not said. */
static void
instead_of_silence(const struct tv_close_end *c, struct tv_findings *findings)
{
        size_t kept = 0;

        for (size_t i = 0; i < findings->count; i++) {
                const struct tv_finding *f = &findings->at[i];
                bool same = f->end == c->end && (strcmp(f->code, "data.peer-vanished") == 0 ||
                                                 strcmp(f->code, "data.retries-exhausted") == 0);

                if (!same && kept != i)
                        findings->at[kept] = *f;
                kept += !same;
        }
        findings->count = kept;
}

/* A FIN, and nothing else, that nobody acknowledges. */
static void
fin_unanswered(const struct tv_close_end *c, struct tv_findings *findings)
{
        const struct tv_case *subject = c->subject;
        const struct tv_milestone *fin = tv_close_own(c, TV_DID_FIN);
        const struct tv_trouble *trouble = tv_track_trouble(subject->tracker, c->ep);
        bool last = (c->ep->bits & TV_EP_FIN_SAW_FIN) != 0;
        uint32_t retries = trouble != NULL ? trouble->retries : 0;
        tv_time waited = watched_until(subject) - fin->latest;
        struct tv_finding *f;

        if (fin->cause == 0 || tv_milestone_reached(tv_close_own(c, TV_GOT_ACK2)) ||
            c->ep->sent.una < c->story->fin[c->dir] || (c->peer->bits & TV_EP_SEEN) == 0 ||
            c->peer->last_time > fin->latest + tv_track_round_trip(&subject->conn->track, c->dir) * 2)
                return;
        if (tv_milestone_reached(tv_close_own(c, TV_DID_RST)) || tv_milestone_reached(tv_close_peer(c, TV_DID_RST)))
                return;
        if (subject->doubts.stepped || waited < STUCK || retries == 0)
                return;
        instead_of_silence(c, findings);
        f = tv_close_finding(c, findings, last ? "teardown.last-ack-stuck" : "teardown.fin-wait-1-stuck",
                             tv_close_confidence(subject, TV_LIKELY), TV_BLAME_UNKNOWN, fin->latest,
                             watched_until(subject));
        if (f == NULL)
                return;
        f->count = retries;
        tv_finding_frame(f, fin->cause);
        tv_finding_frame(f, c->ep->last_frame);
        tv_finding_frame(f, c->peer->last_frame);
        tv_finding_text(
                f->what,
                "%c sent its FIN and repeated it %" PRIu32
                " times in %.3f s; nothing came from %c, though all data before had been acknowledged. %c is in "
                "%s for %.3f s",
                c->name, retries, tv_close_seconds(trouble->last_retransmission - fin->latest), c->other_name, c->name,
                last ? "LAST_ACK" : "FIN_WAIT_1", tv_close_seconds(waited));
        tv_finding_text(f->not_,
                        "a slow application at %c: its host would acknowledge the FIN without it. Data into silence: "
                        "only the FIN is unanswered",
                        c->other_name);
        tv_finding_text(f->advice,
                        "is %s up, and the path to it (a middlebox that forgot the connection drops this, too)? on %s: "
                        "ss -tano state %s 'dport = :%u'; net.ipv4.tcp_orphan_retries (default 0: 8) ends it",
                        c->peer_address, c->address, last ? "last-ack" : "fin-wait-1", c->peer_port);
}

/* Waiting for the other end's FIN, and asking for it in vain: the other end may be gone. */
static void
fin_wait_2(const struct tv_close_end *c, struct tv_findings *findings)
{
        const struct tv_case *subject = c->subject;
        const struct tv_milestone *acked = tv_close_own(c, TV_GOT_ACK2);
        const struct tv_note *probes = tv_track_note(subject->tracker, c->ep, TV_NOTE_KEEPALIVE);
        tv_time silent = silence_of(c, c->peer);
        struct tv_finding *f;

        if (subject->doubts.stepped || silent < STUCK || !asked_in_vain(c, c->ep) ||
            tv_milestone_reached(tv_close_own(c, TV_DID_RST)))
                return;
        instead_of_silence(c, findings);
        f = tv_close_finding(c, findings, "teardown.fin-wait-2-stuck", tv_close_confidence(subject, TV_LIKELY),
                             tv_close_blame(c->other), acked->earliest, watched_until(subject));
        if (f == NULL)
                return;
        f->count = probes->amount;
        tv_finding_frame(f, tv_close_own(c, TV_DID_FIN)->cause);
        tv_finding_frame(f, acked->cause);
        tv_finding_frame(f, probes->last);
        tv_finding_text(f->what,
                        "%c acknowledged the FIN of %c and then fell silent: no FIN of its own for %.3f s, and no "
                        "answer to %" PRIu64 " probes. %c is in FIN_WAIT_2",
                        c->other_name, c->name, tv_close_seconds(silent), probes->amount, c->name);
        tv_finding_text(f->not_, "an application that does not close: its host would answer the probes");
        tv_finding_text(f->advice,
                        "is %s up? on %s: ss -tano state fin-wait-2 'dport = :%u'. tcp_fin_timeout (default 60 s) ends "
                        "it after close() only, not after shutdown()",
                        c->peer_address, c->address, c->peer_port);
}

/* An end goes on although the other has reset the connection, and nothing comes back. */
static void
one_end_gone(const struct tv_close_end *c, struct tv_findings *findings)
{
        const struct tv_closing *closing = tv_track_closing(c->subject->tracker, &c->subject->conn->track);
        const struct tv_reset *reset = closing != NULL ? &closing->accepted[!c->dir] : NULL;
        uint8_t state = c->subject->row->state[c->end];
        struct tv_finding *f;

        if (reset == NULL || reset->frame == 0 || closing->ignored[!c->dir] == 0 || closing->went_on[!c->dir] != 0 ||
            c->peer->last_time != reset->time || state == TV_CLOSED || state == TV_TIME_WAIT || state == TV_NO_STATE ||
            (reset->bits & TV_RESET_OTHER_TTL) != 0)
                return;
        instead_of_silence(c, findings);
        f = tv_close_finding(c, findings, "teardown.one-end-gone", tv_close_confidence(c->subject, TV_LIKELY),
                             TV_BLAME_NETWORK, reset->time, closing->ignored_time[!c->dir]);
        if (f == NULL)
                return;
        f->count = closing->ignored[!c->dir];
        tv_finding_frame(f, reset->frame);
        tv_finding_frame(f, closing->ignored_frame[!c->dir]);
        tv_finding_frame(f, closing->ignored_last[!c->dir]);
        tv_finding_text(f->what,
                        "%c reset the connection and is gone; %c still believes in it (%s) and sent %" PRIu32
                        " more segments in %.3f s, which nothing answered",
                        c->other_name, c->name, tv_close_state(state), closing->ignored[!c->dir],
                        tv_close_seconds(closing->ignored_time[!c->dir] - reset->time));
        tv_finding_text(f->not_,
                        "a vanished peer: it said that it goes. A reset that was refused: its SEQ was the next one; it "
                        "was lost on the way, or filtered");
        tv_finding_text(f->advice,
                        "on %s: ss -tano 'dport = :%u'; does a filter between %s and %s drop resets? keepalive or "
                        "TCP_USER_TIMEOUT finds dead peers",
                        c->address, c->peer_port, c->peer_address, c->address);
}

/* One direction is closed, the other goes on, and what it brings is still taken. */
static void
half_close(const struct tv_close_end *c, struct tv_findings *findings)
{
        const struct tv_milestone *fin = tv_close_own(c, TV_DID_FIN), *end = tv_close_peer(c, TV_DID_FIN);
        const struct tv_closing *closing = tv_track_closing(c->subject->tracker, &c->subject->conn->track);
        const struct tv_reset *reset = closing != NULL ? &closing->accepted[c->dir] : NULL;
        uint64_t mark = c->story->ack2_mark[c->dir], taken = c->peer->sent.una, octets;
        uint64_t first = c->peer->sent.begin + ((c->peer->bits & TV_EP_ISS_KNOWN) != 0);
        struct tv_finding *f;

        if (mark == 0 || !tv_milestone_reached(tv_close_own(c, TV_GOT_ACK2)) || !tv_milestone_reached(fin))
                return;
        /* A SYN is no octet, should it come with the acknowledgment of a FIN. */
        if (mark < first)
                mark = first;
        /* What only its own reset acknowledges was refused by that. */
        if (reset != NULL && reset->frame != 0 && taken > reset->peer_una)
                taken = reset->peer_una;
        if ((c->peer->bits & TV_EP_FIN_KNOWN) != 0 && taken > c->story->fin[!c->dir])
                taken = c->story->fin[!c->dir];
        if (taken <= mark || (c->peer->bits & TV_EP_FIN_SAW_FIN) == 0) {
                if (taken <= mark || (c->peer->bits & TV_EP_FIN_KNOWN) != 0)
                        return;
        }
        octets = taken - mark;
        f = tv_close_finding(c, findings, "teardown.half-close", tv_close_confidence(c->subject, TV_CERTAIN),
                             TV_BLAME_UNKNOWN, fin->latest,
                             end->cause != 0 ? end->latest : tv_conn_last_time(c->subject->conn));
        if (f == NULL)
                return;
        tv_finding_frame(f, fin->cause);
        tv_finding_frame(f, tv_close_own(c, TV_GOT_ACK2)->cause);
        tv_finding_frame(f, end->cause);
        tv_finding_text(f->what,
                        "%c closed its direction and took %" PRIu64
                        " octet%s more, which %c sent after it had acknowledged the FIN: shutdown(SHUT_WR), legal (RFC "
                        "9293 3.6)%s",
                        c->name, octets, octets == 1 ? "" : "s", c->other_name,
                        end->cause != 0 ? ""
                        : tv_milestone_reached(tv_close_peer(c, TV_DID_RST)) ||
                                        tv_milestone_reached(tv_close_own(c, TV_DID_RST))
                                ? "; the other direction ended by a reset"
                                : "; the other direction is still open");
        tv_finding_text(f->not_, "data after close: %c acknowledged what came, and did not reset", c->name);
        tv_finding_text(
                f->advice,
                "nothing to mend where the protocol means it (nc -N, rsh, streams of requests). on %s: ss -tano "
                "state fin-wait-2 has no timer then (tcp_fin_timeout is for close()); a middlebox may forget "
                "it sooner: net.netfilter.nf_conntrack_tcp_timeout_fin_wait (120 s)",
                c->address);
}

static void
slow_close(const struct tv_close_end *c, struct tv_findings *findings)
{
        const struct tv_milestone *got = tv_close_own(c, TV_GOT_FIN), *fin = tv_close_own(c, TV_DID_FIN);
        const struct tv_milestone *first = tv_close_peer(c, TV_DID_FIN);
        tv_time from = got->latest != TV_NO_TIME ? got->latest : got->earliest;
        struct tv_finding *f;

        if (c->subject->doubts.stepped || fin->cause == 0 || first->cause == 0 ||
            (c->ep->bits & TV_EP_FIN_SAW_FIN) == 0 || !tv_milestone_proved(got) || from == TV_NO_TIME ||
            fin->latest - from < SLOW || sent_octets(c, true) != 0 ||
            /* The capture, or its clock, leapt in between. */
            (c->subject->doubts.paused != TV_NO_TIME && c->subject->doubts.paused >= from - SLOW &&
             c->subject->doubts.paused <= fin->latest))
                return;
        f = tv_close_finding(c, findings, "teardown.slow-close", tv_close_confidence(c->subject, TV_CERTAIN),
                             tv_close_blame(c->end), from, fin->latest);
        if (f == NULL)
                return;
        tv_finding_frame(f, first->cause);
        tv_finding_frame(f, got->proof);
        tv_finding_frame(f, fin->cause);
        tv_finding_text(f->what, "%c acknowledged the FIN of %c, and closed %.3f s later (CLOSE_WAIT). Before, %s",
                        c->name, c->other_name, tv_close_seconds(fin->latest - from), habit(c));
        tv_finding_text(f->not_,
                        "a half-close: %c sent nothing meanwhile. A lost FIN: this is its first transmission%s",
                        c->name, c->subject->doubts.misses ? " in this capture" : "");
        tv_finding_text(
                f->advice,
                "on %s, port %u: what keeps the application from close()? a pool that looks at idle connections "
                "now and then is harmless; starved threads, locks and garbage collection are not",
                c->address, c->port);
}

/* The capture ends before the connection does. */
static void
open_at_end(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_connection *row = subject->row;
        unsigned a = tv_conn_a(subject->conn);
        bool open[2], closing, before = false;
        struct tv_close_end b;
        struct tv_finding *f;
        char waits[100] = "";

        if (!subject->at_end || row->evicted || (subject->conn->bits & TV_CONN_REPLACED) != 0)
                return;
        for (int end = TV_A; end <= TV_B; end++) {
                uint8_t state = row->state[end];

                if (state == TV_NO_STATE || state == TV_SYN_SENT || state == TV_SYN_RCVD || state == TV_LISTEN)
                        return;
                open[end] = state != TV_CLOSED && state != TV_TIME_WAIT;
        }
        if (!open[TV_A] && !open[TV_B])
                return;
        /* That an end is silent or gone is told already, and so is that it is open therefore. */
        for (size_t i = 0; i < findings->count; i++)
                if (findings->at[i].severity >= TV_WARNING)
                        return;
        closing = row->state[TV_A] != TV_ESTABLISHED || row->state[TV_B] != TV_ESTABLISHED;
        if (closing)
                for (int end = TV_A; end <= TV_B; end++)
                        if (row->state[end] == TV_CLOSE_WAIT &&
                            tv_milestone_proved(tv_track_milestone(subject->tracker, &subject->conn->track,
                                                                   end == TV_A ? a : !a, TV_GOT_FIN))) {
                                struct tv_close_end c;

                                tv_close_end_of(subject, (enum tv_end)end, &c);
                                before = may_have_closed_before(&c);
                                snprintf(waits, sizeof waits, ": %c has the FIN of %c and has not closed%s", c.name,
                                         c.other_name, before ? ", unless it had before the capture began" : "");
                        }
        f = tv_finding_new(findings, subject, "teardown.open-at-end",
                           tv_close_confidence(subject, before ? TV_POSSIBLE : TV_CERTAIN), TV_BLAME_UNKNOWN);
        if (f == NULL)
                return;
        f->time = tv_conn_last_time(subject->conn);
        f->until = watched_until(subject);
        tv_finding_frame(f, row->last_frame);
        tv_finding_text(f->what, "open when the capture ends, %.3f s after its last segment: a is in %s, b in %s%s",
                        tv_close_seconds(subject->doubts.watched), tv_close_state(row->state[TV_A]),
                        tv_close_state(row->state[TV_B]), waits);
        if (closing)
                tv_finding_text(f->not_,
                                "stuck: that takes %.0f s of silence, and a close may still go on behind the end of "
                                "the capture",
                                tv_close_seconds(STUCK));
        else if (subject->doubts.watched < SECOND)
                tv_finding_text(
                        f->not_,
                        "a lost close: neither end had begun one. A vanished peer: nothing is repeated in vain");
        else
                tv_finding_text(f->not_,
                                "alive for certain: an end that crashed, or whose cable was pulled, in the %.3f s "
                                "since then looks the same, since neither had anything to say",
                                tv_close_seconds(subject->doubts.watched));
        tv_close_end_of(subject, TV_B, &b);
        tv_finding_text(
                f->advice,
                "a longer capture tells how it ends; until then, on %s and %s: ss -tanop '( sport = :%u or dport "
                "= :%u )' shows state, timers and process of both",
                b.peer_address, b.address, b.port, b.port);
}

void
tv_diagnose_stuck(const struct tv_case *subject, struct tv_findings *findings)
{
        for (int end = TV_A; end <= TV_B && subject->conn->track.story != 0; end++) {
                uint8_t state = subject->row->state[end];
                struct tv_close_end c;

                tv_close_end_of(subject, (enum tv_end)end, &c);
                if (state == TV_CLOSE_WAIT)
                        close_wait(&c, findings);
                /* By the profile's timer it may be over, which an end that still probes does not know of. */
                if (tv_milestone_reached(tv_close_own(&c, TV_GOT_ACK2)) &&
                    !tv_milestone_reached(tv_close_peer(&c, TV_DID_FIN)))
                        fin_wait_2(&c, findings);
                if (tv_milestone_reached(tv_close_own(&c, TV_DID_FIN)))
                        fin_unanswered(&c, findings);
                one_end_gone(&c, findings);
                half_close(&c, findings);
                slow_close(&c, findings);
        }
        open_at_end(subject, findings);
}
