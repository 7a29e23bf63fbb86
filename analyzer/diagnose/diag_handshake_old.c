/* diag_handshake_old.c - what is left of older connections, and what it does to a new one of the same addresses and
 * ports: a SYN that meets one, and an old SYN that is answered. */
#include "analyzer/diagnose/decidability.h"
#include "analyzer/diagnose/diag_handshake.h"
#include "analyzer/flow/address.h"

#include <inttypes.h>
#include <stdio.h>

/* A host whose reset tells the other end that its answer was wrong repeats its SYN at once, not by its timer. */
#define AT_ONCE INT64_C(200000000)

static const struct tv_note *
note_of_b(const struct tv_case *subject, enum tv_note_kind kind)
{
        const struct tv_track *track = &subject->conn->track;

        return tv_track_note(subject->tracker, &track->ep[!tv_conn_a(subject->conn)], kind);
}

/* When a repeated its SYN after |note|, for the first time; TV_NO_TIME: it did not. */
static tv_time
tried_again(const struct tv_case *subject, const struct tv_note *note)
{
        const struct tv_opening *opening = subject->opening;

        for (unsigned i = 0; opening != NULL && i < opening->syns && i < TV_OPENING_TIMES; i++)
                if (opening->syn_again[i] > note->begin)
                        return opening->syn_again[i];
        return TV_NO_TIME;
}

/* Did the SYN of |note| meet an older connection?  What b answered to it was an acknowledgment for that one, and it
 * accepted no SYN before a had sent another.  An acknowledgment that only came late would be followed by the answer to
 * this SYN. */
static bool
met(const struct tv_case *subject, const struct tv_note *note)
{
        unsigned a = tv_conn_a(subject->conn);
        const struct tv_endpoint *ea = &subject->conn->track.ep[a], *eb = &subject->conn->track.ep[!a];
        tv_time again, answered, way = ea->rtt.count != 0 ? ea->rtt.min : 0;

        if (note == NULL)
                return false;
        if ((eb->bits & TV_EP_SYN_SEEN) == 0)
                return note->high != 0;
        again = tried_again(subject, note);
        answered = eb->open[TV_DID_SYN].latest;
        return again != TV_NO_TIME && answered != TV_NO_TIME && answered > again && answered - again >= way - way / 4;
}

bool
tv_handshake_met_something(const struct tv_case *subject, const struct tv_loss *loss)
{
        const struct tv_note *note = note_of_b(subject, TV_NOTE_OLD_ACK);

        if (loss->segment != TV_LOST_SYN && loss->segment != TV_SPURIOUS_SYN && loss->segment != TV_LOST_SYNACK)
                return false;
        if (met(subject, note) && loss->time <= note->end)
                return true;
        note = note_of_b(subject, TV_NOTE_OLD_SYNACK);
        return note != NULL && note->high != 0 && loss->until >= note->begin && loss->until - note->end < AT_ONCE;
}

bool
tv_handshake_met_old(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_connection *row = subject->row;
        const struct tv_track *track = &subject->conn->track;
        unsigned a = tv_conn_a(subject->conn);
        const struct tv_endpoint *ea = &track->ep[a], *eb = &track->ep[!a];
        const struct tv_note *note = note_of_b(subject, TV_NOTE_OLD_ACK);
        bool opened = (eb->bits & TV_EP_SYN_SEEN) != 0, known;
        char address[2][TV_ADDRESS_TEXT], became[120], times[20];
        tv_time again;
        struct tv_finding *f;

        if (!met(subject, note))
                return false;
        known = (track->has_stale & (1u << a)) != 0 && track->stale_nxt[a] == (uint32_t)note->low;
        f = tv_finding_new(findings, subject, "handshake.met-old-connection",
                           known && note->high != 0 && !subject->doubts.misses ? TV_CERTAIN : TV_LIKELY,
                           TV_BLAME_UNKNOWN);
        if (f == NULL)
                return false;
        f->end = TV_B;
        f->time = note->begin;
        f->until = opened ? eb->open[TV_DID_SYN].latest : note->end;
        f->count = note->count;
        for (unsigned i = 0; i < note->frames; i++)
                tv_finding_frame(f, note->frame[i]);
        again = tried_again(subject, note);
        if (opened) {
                tv_finding_frame(f, eb->open[TV_DID_SYN].cause);
                snprintf(became, sizeof became, "; a sent its SYN again after %.3f s, and b took it: cost %.3f s",
                         tv_handshake_seconds(again - note->begin), tv_handshake_seconds(f->until - note->begin));
        } else {
                snprintf(became, sizeof became, "; the capture shows no SYN of a that b took");
        }
        tv_finding_text(f->what,
                        "b still had a connection of these addresses and ports%s: it answered the SYN (seq %" PRIu32
                        ") by an acknowledgment of that one (ack %" PRIu32 "), %s%s%s",
                        known ? ", which this capture has" : "", ea->iss, (uint32_t)note->low,
                        tv_finding_times(note->count, times), note->high != 0 ? ", which a met with a reset" : "",
                        became);
        tv_finding_text(f->not_, "a lost SYN: it was answered. A stray or forged SYN (data.syn-in-connection): a meant "
                                 "it, and reset the old connection. An acknowledgment that only came late: b answered "
                                 "no SYN before a sent another");
        for (unsigned end = 0; end < 2; end++)
                tv_address_text(&row->addr[end], address[end]);
        tv_finding_text(f->advice,
                        "on %s: nstat -az TcpExtTCPSYNChallenge TcpExtTCPChallengeACK; who uses port %u of %s again so "
                        "soon: a crash, a fixed source port, or a NAT or load balancer that is faster than 2MSL? "
                        "net.ipv4.ip_local_port_range (default 32768 60999) there; never tcp_tw_recycle (gone since "
                        "Linux 4.12)",
                        address[TV_B], row->port[TV_A], address[TV_A]);
        return true;
}

#define STALE_ADVICE                                                                                                   \
        "nothing to do: the third segment exists for this (RFC 9293 section 3.5). If it happens often: what on the "   \
        "way delays or repeats packets by so much, or does somebody forge SYNs?"

bool
tv_handshake_stale_syn(const struct tv_case *subject, struct tv_findings *findings)
{
        unsigned a = tv_conn_a(subject->conn);
        const struct tv_endpoint *ea = &subject->conn->track.ep[a];
        const struct tv_note *note = note_of_b(subject, TV_NOTE_OLD_SYNACK);
        struct tv_finding *f;

        if (note == NULL || note->high == 0)
                return false;
        f = tv_finding_new(findings, subject, "handshake.stale-syn", subject->doubts.misses ? TV_POSSIBLE : TV_LIKELY,
                           TV_BLAME_NETWORK);
        if (f == NULL)
                return false;
        f->end = TV_A;
        f->time = note->begin;
        f->until = note->end;
        f->count = note->count;
        for (unsigned i = 0; i < note->frames; i++)
                tv_finding_frame(f, note->frame[i]);
        tv_finding_text(f->what,
                        "b answered a SYN with the number %" PRIu32 ", which is not that of a's attempt (%" PRIu32
                        "), and a reset the answer: an old SYN, or one that somebody forged",
                        (uint32_t)note->low - 1, ea->iss);
        tv_finding_text(f->not_,
                        "aborted: a's own attempt went on, it has another number. The SYN that was answered is not in "
                        "this connection%s",
                        subject->doubts.misses ? "; this capture misses packets" : "");
        tv_finding_text(f->advice, STALE_ADVICE);
        return true;
}

bool
tv_handshake_was_stale(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_track *track = &subject->conn->track;
        unsigned a = tv_conn_a(subject->conn);
        const struct tv_endpoint *ea = &track->ep[a], *eb = &track->ep[!a];
        struct tv_finding *f;

        /* a had sent another SYN before this one, of which nothing else is known, and sends that again, or has it
         * answered, afterwards: all the time that was its attempt. */
        if (!subject->has_next_seq || (track->has_stale & (1u << a)) == 0 ||
            track->stale_nxt[a] != subject->next_seq + 1 || (ea->bits & (TV_EP_HAS_DATA | TV_EP_ACKED)) != 0 ||
            subject->row->closed_first == TV_CLOSED_FIRST_B || subject->next_seq == ea->iss)
                return false;
        f = tv_finding_new(findings, subject, "handshake.stale-syn", TV_LIKELY, TV_BLAME_NETWORK);
        if (f == NULL)
                return false;
        f->end = TV_A;
        tv_finding_frame(f, ea->first_frame);
        tv_finding_frame(f, eb->first_frame);
        tv_finding_frame(f, subject->row->last_frame);
        tv_finding_frame(f, subject->next_frame);
        tv_finding_text(
                f->what,
                "b answered a SYN (seq %" PRIu32
                "), and a reset the answer after %.3f s: its attempt, before and after, is another (seq %" PRIu32
                "); the SYN was old, or forged",
                ea->iss, tv_handshake_seconds(subject->row->duration), subject->next_seq);
        tv_finding_text(f->not_, "aborted: the application did not give up, its own SYN was sent before this one and "
                                 "stayed valid afterwards");
        tv_finding_text(f->advice, STALE_ADVICE);
        return true;
}
