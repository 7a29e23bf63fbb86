/* diag_handshake.c - which of SYN, SYN-ACK and ACK was lost, where, and what became of the attempt. */
#include "analyzer/diagnose/diag_handshake.h"
#include "analyzer/diagnose/decidability.h"
#include "analyzer/flow/address.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- what ICMP errors say of the SYN ---- */

static const char *
address_text(const uint8_t *address, bool ipv6, char text[INET6_ADDRSTRLEN])
{
        if (inet_ntop(ipv6 ? AF_INET6 : AF_INET, address, text, INET6_ADDRSTRLEN) == NULL)
                text[0] = '\0';
        return text;
}

/* The end that sent the message, or TV_NO_END: somebody on the way. */
static enum tv_end
icmp_sender(const struct tv_connection *row, const struct tv_icmp_note *note)
{
        for (unsigned end = TV_A; end <= TV_B; end++)
                if (row->addr[end].ipv6 == note->ipv6 &&
                    memcmp(row->addr[end].byte, note->sender, sizeof note->sender) == 0)
                        return (enum tv_end)end;
        return TV_NO_END;
}

static enum tv_blame
icmp_blame(const struct tv_connection *row, const struct tv_icmp_notes *icmp)
{
        enum tv_end first = icmp_sender(row, &icmp->syn_at[0]), last = icmp_sender(row, &icmp->syn_at[1]);

        if (first != last || first == TV_A) /* a's own host says only that it has no way */
                return TV_BLAME_UNKNOWN;
        return first == TV_B ? TV_BLAME_B : TV_BLAME_NETWORK;
}

#define SAID_ROOM 160

/* "host unreachable from 192.0.2.9, a router on the way" */
static const char *
icmp_said(const struct tv_connection *row, const struct tv_icmp_note *note, char text[SAID_ROOM])
{
        static const char *const who[] = {[TV_A] = "a's own host", [TV_B] = "the destination itself"};
        enum tv_end sender = icmp_sender(row, note);
        char address[INET6_ADDRSTRLEN];

        snprintf(text, SAID_ROOM, "%s from %s, %s", tv_icmp_meaning(note->ipv6, note->type, note->code),
                 address_text(note->sender, note->ipv6, address),
                 sender == TV_NO_END ? "a router on the way" : who[sender]);
        return text;
}

/* How many copies of the SYN were captured before |frame|, and the newest of them; 0: not known any more. */
static unsigned
syns_before(const struct tv_endpoint *ea, tv_frame frame, tv_time time, const struct tv_sent **newest)
{
        const struct tv_sent *sent;
        unsigned count = 0;

        *newest = NULL;
        for (uint32_t i = 0; (sent = tv_ledger_recent(&ea->sent, i)) != NULL; i++) {
                if (!tv_frame_earlier(sent->frame, sent->time, frame, time))
                        continue;
                if (count++ == 0)
                        *newest = sent;
        }
        return count;
}

static void
unreachable_advice(const struct tv_case *subject, const struct tv_icmp_note *note, struct tv_finding *f)
{
        const struct tv_connection *row = subject->row;
        const char *said = tv_icmp_meaning(note->ipv6, note->type, note->code);
        enum tv_end sender = icmp_sender(row, note);
        char target[INET6_ADDRSTRLEN], who[INET6_ADDRSTRLEN];

        address_text(row->addr[TV_B].byte, row->addr[TV_B].ipv6, target);
        address_text(note->sender, note->ipv6, who);
        if (note->type == (note->ipv6 ? 3 : 11))
                tv_finding_text(f->advice,
                                "a routing loop, or a TTL too small to get there (traceroute): traceroute -n %s",
                                target);
        else if (sender == TV_A)
                tv_finding_text(
                        f->advice,
                        "on a: ip route get %s; ip neigh (no answer to ARP or neighbour discovery?); iptables -S "
                        "OUTPUT",
                        target);
        else if (sender == TV_B)
                tv_finding_text(f->advice,
                                "a closed port would answer with a reset, so a rule rejects: on b, iptables -S | grep "
                                "REJECT, or nft list ruleset | grep reject; ss -lnt 'sport = :%u'",
                                row->port[TV_B]);
        else if (strstr(said, "prohibited") != NULL || strstr(said, "policy") != NULL ||
                 strstr(said, "port unreachable") != NULL)
                tv_finding_text(
                        f->advice,
                        "a packet filter at %s rejects it: iptables -S FORWARD | grep REJECT there, or its access "
                        "lists",
                        who);
        else
                tv_finding_text(f->advice,
                                "%s has no way to b: on it, ip route get %s; ip neigh show %s; is b up and its network "
                                "routed?",
                                who, target, target);
}

static void
unreachable(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_connection *row = subject->row;
        const struct tv_endpoint *ea = &subject->conn->track.ep[tv_conn_a(subject->conn)];
        const struct tv_icmp_notes *icmp = tv_track_icmp_notes(subject->tracker, &subject->conn->track);
        char first[SAID_ROOM], last[SAID_ROOM], which[80] = "", mixed[SAID_ROOM + 20] = "", times[20], after[80] = "";
        const struct tv_sent *quoted, *ignored;
        unsigned copy, all, before_last;
        struct tv_finding *f;

        if (icmp == NULL || icmp->syn_count == 0)
                return;
        f = tv_finding_new(findings, subject, "handshake.unreachable", TV_CERTAIN, icmp_blame(row, icmp));
        if (f == NULL)
                return;
        f->end = TV_B;
        f->count = icmp->syn_count;
        if (icmp->syn_at[1].time > f->until)
                f->until = icmp->syn_at[1].time;
        all = syns_before(ea, UINT64_MAX, INT64_MAX, &ignored);
        before_last = syns_before(ea, icmp->syn_at[1].frame, icmp->syn_at[1].time, &ignored);
        copy = syns_before(ea, icmp->syn_at[0].frame, icmp->syn_at[0].time, &quoted);
        tv_finding_frame(f, ea->first_frame);
        if (quoted != NULL) {
                tv_finding_frame(f, quoted->frame);
                if (icmp->syn_at[0].time >= quoted->time)
                        snprintf(which, sizeof which, "; %s%.6f s after SYN %u of %u",
                                 icmp->syn_count > 1 ? "the first " : "",
                                 tv_handshake_seconds(icmp->syn_at[0].time - quoted->time), copy, all);
        }
        tv_finding_frame(f, icmp->syn_at[0].frame);
        tv_finding_frame(f, icmp->syn_at[1].frame);
        if (icmp->syn_differ)
                snprintf(mixed, sizeof mixed, "; not all alike, the last: %s", icmp_said(row, &icmp->syn_at[1], last));
        if (before_last != 0 && all > before_last)
                snprintf(after, sizeof after, "; a repeated its SYN after the last one all the same");
        tv_finding_text(f->what, "ICMP %s, %s%s%s%s", icmp_said(row, &icmp->syn_at[0], first),
                        tv_finding_times(icmp->syn_count, times), which, mixed, after);
        tv_finding_text(f->not_, "refused: that is a reset; no-answer: the ICMP error is an answer to the SYN that it "
                                 "quotes");
        unreachable_advice(subject, &icmp->syn_at[0], f);
}

/* The losses of one kind of handshake segment become one finding: |what| was lost, or |either| where nothing tells
 * which. */
static void
losses_of(const struct tv_case *subject, struct tv_findings *findings, enum tv_lost_segment segment, const char *code,
          const char *what, const char *either, enum tv_blame blame)
{
        const struct tv_losses *losses = tv_track_losses(subject->tracker, &subject->conn->track);
        const struct tv_connection *row = subject->row;
        const struct tv_icmp_notes *icmp = tv_track_icmp_notes(subject->tracker, &subject->conn->track);
        char text[SAID_ROOM], said[SAID_ROOM + 20] = "";
        struct tv_finding *f = NULL;
        unsigned count = 0, places[TV_LOST_UNKNOWN + 1] = {0};
        char times[TV_FINDING_PLACES];
        tv_time cost = 0;
        uint8_t where = TV_LOST_UNKNOWN;
        bool missed = false;

        for (unsigned i = 0; losses != NULL && i < losses->count && i < TV_LOSSES; i++) {
                const struct tv_loss *loss = &losses->at[i];

                if (loss->segment != segment || tv_diagnose_is_skew(subject, loss) ||
                    tv_handshake_met_something(subject, loss) || tv_handshake_answers_twice(subject, loss) ||
                    tv_handshake_dropped_syn(subject, loss))
                        continue;
                if (f == NULL) {
                        f = tv_finding_new(findings, subject, code, TV_CERTAIN, blame);
                        if (f == NULL)
                                return;
                        f->time = loss->time != TV_NO_TIME ? loss->time : loss->until;
                        where = tv_diagnose_where(subject, loss, f);
                        missed = where != loss->where;
                        if (where == TV_LOST_UNKNOWN && !missed)
                                tv_diagnose_open(subject, loss, f);
                        f->end = loss->sender == tv_conn_a(subject->conn) ? TV_A : TV_B;
                }
                f->until = loss->until;
                if (loss->time != TV_NO_TIME && loss->until > loss->time)
                        cost += loss->until - loss->time;
                tv_finding_frame(f, loss->lost);
                tv_finding_frame(f, loss->proof);
                places[tv_diagnose_where(subject, loss, NULL)]++;
                count++;
        }
        if (f == NULL)
                return;
        f->count = count;
        if (where == TV_LOST_UNKNOWN && !missed)
                f->confidence = TV_POSSIBLE; /* it, or its answer; or nothing, and the timer was too fast */
        else if (segment == TV_LOST_SYN)
                f->confidence = TV_LIKELY; /* its answer may have been lost before the capture point instead */
        /* Captured at the responder: what is lost behind that point was lost in its host.  The delays tell, unless the
         * directions are recorded differently. */
        if (where == TV_LOST_DOWNSTREAM && segment == TV_LOST_SYN && subject->doubts.skew == 0 &&
            row->delay[TV_B] != TV_NO_TIME && row->delay[TV_B] < 250000 &&
            (row->delay[TV_A] == TV_NO_TIME || row->delay[TV_B] * 4 < row->delay[TV_A])) {
                f->blame = TV_BLAME_B;
                tv_finding_text(f->not_,
                                "lost on the path: it was captured at the responder, whose host did not take it");
        } else if (where == TV_LOST_DOWNSTREAM && (segment == TV_LOST_SYN || segment == TV_LOST_ACK1)) {
                if (f->confidence == TV_CERTAIN)
                        f->confidence = TV_LIKELY;
                tv_finding_text(
                        f->not_, "unknown whether the host of %s refused it: %s", f->end == TV_A ? "b" : "a",
                        tv_decidability_why(segment == TV_LOST_SYN ? TV_EVENT_refused_syn : TV_EVENT_refused_ack1,
                                            TV_POINT_BEFORE));
        }
        if (segment == TV_LOST_SYN && icmp != NULL && icmp->syn_count != 0) {
                /* No loss, but a refusal by whoever says so, which a later copy did not meet. */
                snprintf(said, sizeof said, "; ICMP %s", icmp_said(row, &icmp->syn_at[0], text));
                f->blame = (uint8_t)icmp_blame(row, icmp);
                tv_finding_frame(f, icmp->syn_at[0].frame);
                f->not_[0] = '\0';
        }
        tv_finding_text(f->what, "%s %s; cost %.3f s%s", where == TV_LOST_UNKNOWN && !missed ? either : what,
                        segment == TV_IGNORED_ACK1 ? tv_finding_times(count, times) : tv_finding_places(places, times),
                        tv_handshake_seconds(cost), said);
}

/* The responder repeated its SYN-ACK although it had been answered: the answer died behind the capture point, or it
 * arrived and was ignored.  Which of both, delays and the order of both directions tell, where these can be trusted. */
static void
answers_without_effect(const struct tv_case *subject, struct tv_findings *findings)
{
        static const char either[] = "the third segment was lost, or ignored by b,";
        static const char ignored[] = "although the third segment had been sent, and arrived, the SYN-ACK was repeated";
        const struct tv_losses *losses = tv_track_losses(subject->tracker, &subject->conn->track);
        bool echoed = false;
        struct tv_finding *f;
        size_t before;
        char host[TV_ADDRESS_TEXT];

        for (unsigned i = 0; losses != NULL && i < losses->count && i < TV_LOSSES; i++)
                echoed |= losses->at[i].segment == TV_IGNORED_ACK1 && losses->at[i].where == TV_LOST_NONE;
        losses_of(subject, findings, TV_LOST_ACK1, "handshake.ack-lost", "the third segment was lost", either,
                  TV_BLAME_NETWORK);
        before = findings->count;
        if (subject->doubts.skew != 0 && !echoed) {
                losses_of(subject, findings, TV_IGNORED_ACK1, "handshake.ack-lost", either, either, TV_BLAME_UNKNOWN);
                if (findings->count > before)
                        findings->at[before].confidence = TV_POSSIBLE;
                return;
        }
        losses_of(subject, findings, TV_IGNORED_ACK1, "handshake.ack-ignored", ignored, ignored, TV_BLAME_B);
        if (findings->count == before)
                return;
        f = &findings->at[before];
        /* Else that it arrived is concluded from delays, which a skew that nothing shows would change too. */
        f->confidence = echoed ? TV_CERTAIN : TV_LIKELY;
        tv_finding_text(f->not_,
                        "a lost third segment: %s. A full accept queue: that drops the data which follows, too, and %s",
                        echoed ? "the repeated SYN-ACK echoes its TSval" : "by the delays it was there in time",
                        subject->opening != NULL && subject->opening->ignored_data
                                ? "here that were so few segments that it is possible"
                                : "no dropped data is known here");
        tv_address_text(&subject->row->addr[TV_B], host);
        tv_finding_text(f->advice,
                        "on %s, port %u: does the listener defer (TCP_DEFER_ACCEPT, \"deferred\", an accept filter)? "
                        "Then the acknowledgment alone opens nothing until data comes or the time is over; nstat -az "
                        "TcpExtTCPDeferAcceptDrop. Else ss -lnt 'sport = :%u' (Recv-Q above Send-Q) and nstat -az "
                        "TcpExtListenOverflows",
                        host, subject->row->port[TV_B], subject->row->port[TV_B]);
}

/* Did |ep| send its SYN-ACK again? */
static bool
repeated(const struct tv_case *subject, const struct tv_endpoint *ep)
{
        const struct tv_trouble *trouble = tv_track_trouble(subject->tracker, ep);

        return trouble != NULL && trouble->retransmissions != 0;
}

/* No third segment.  Either the responder itself says so, by asking again, or it was not seen to come in a time in
 * which it should have.  A capture that ends before shows nothing. */
static void
half_open(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_track *track = &subject->conn->track;
        unsigned a = tv_conn_a(subject->conn);
        const struct tv_endpoint *ea = &track->ep[a], *eb = &track->ep[!a];
        bool asked_again = repeated(subject, eb), misses = subject->doubts.misses;
        struct tv_finding *f;

        if (!asked_again && subject->doubts.watched < subject->profile->rto_initial)
                return;
        /* That b ignores acknowledgments tells it already, and a later one may have been taken. */
        for (size_t i = 0; i < findings->count; i++)
                if (strcmp(findings->at[i].code, "handshake.ack-ignored") == 0)
                        return;
        f = tv_finding_new(findings, subject, "handshake.half-open",
                           asked_again && !misses   ? TV_CERTAIN
                           : asked_again || !misses ? TV_LIKELY
                                                    : TV_POSSIBLE,
                           TV_BLAME_UNKNOWN);
        if (f == NULL)
                return;
        f->end = TV_A;
        tv_finding_frame(f, ea->first_frame);
        tv_finding_frame(f, eb->first_frame);
        tv_finding_text(f->what, "SYN and SYN-ACK, and no third segment that b accepted, for %.3f s",
                        tv_handshake_seconds(subject->row->duration + (asked_again ? 0 : subject->doubts.watched)));
        if (asked_again)
                tv_finding_text(f->not_, "third segment missed by the capture: b itself asked for it again");
        else if (misses)
                tv_finding_text(f->not_,
                                "unknown whether the capture missed the third segment: %s, and b did not ask again",
                                tv_decidability_why(TV_EVENT_lost_upstream, TV_POINT_BEHIND));
}

/* How many SYNs |ep| sent, whatever the capture or the network made two of. */
static uint32_t
attempts(const struct tv_endpoint *ep)
{
        return ep->segments - ep->twins;
}

/* Which schedule of repetitions |syns| in |span| fit, and which limit, if no further one came although it was due. */
static void
retry_schedule(const struct tv_case *subject, uint32_t syns, tv_time span, char text[TV_FINDING_TEXT / 2])
{
        const struct tv_profile *profile = subject->profile;
        unsigned retries = syns - 1;
        tv_time doubled = 0, wait = profile->rto_initial, linear = (tv_time)retries * profile->rto_initial;
        for (unsigned i = 0; i < retries; i++) {
                doubled += wait;
                wait = 2 * wait < profile->rto_max ? 2 * wait : profile->rto_max;
        }
        text[0] = '\0';
        if (retries < 2)
                return;
        if (span >= linear - linear / 20 && span <= linear + linear / 8) {
                /* How many of these are tcp_syn_retries is not known. */
                snprintf(text, TV_FINDING_TEXT / 2, ", %.3g s apart (as tcp_syn_linear_timeouts has it)",
                         tv_handshake_seconds(profile->rto_initial));
                return;
        }
        if (span < doubled - doubled / 20 || span > doubled + doubled / 8)
                return;
        int length = snprintf(text, TV_FINDING_TEXT / 2, ", the waits doubled from %.3g s",
                              tv_handshake_seconds(profile->rto_initial));
        /* The kernel's timers come late, never early; so may this one. */
        if (subject->doubts.misses || subject->doubts.stepped || subject->doubts.watched < wait + wait / 8)
                return;
        snprintf(text + length, TV_FINDING_TEXT / 2 - (size_t)length,
                 "; then none for %.3f s: %u retries fit tcp_syn_retries = %u%s, or the application gave up",
                 tv_handshake_seconds(subject->doubts.watched), retries, retries,
                 retries == profile->syn_retries ? " (as assumed)" : "");
}

static void
no_answer(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_connection *row = subject->row;
        const struct tv_endpoint *ea = &subject->conn->track.ep[tv_conn_a(subject->conn)];
        uint32_t syns = attempts(ea);
        unsigned retries = subject->profile->syn_linear_retries + subject->profile->syn_retries;
        /* The next attempt is due twice as long after this one as this one was after the one before. */
        tv_time wait = subject->profile->rto_initial;
        for (unsigned i = 1; i < syns && i <= retries && wait < subject->profile->rto_max; i++)
                wait *= 2;
        bool enough = syns > retries || subject->doubts.watched >= wait;
        char missed[TV_FINDING_TEXT / 2] = "";
        struct tv_finding *f;

        /* A client that wants an answer asks again.  A single SYN may be a scan, a flood, or the last thing in the
         * capture: the connection's row says that it was not answered, and that is all there is to say. */
        if (syns < 2)
                return;
        f = tv_finding_new(findings, subject, "handshake.no-answer",
                           enough && !subject->doubts.misses ? TV_CERTAIN
                           : enough                          ? TV_LIKELY
                                                             : TV_POSSIBLE,
                           TV_BLAME_UNKNOWN);
        if (f == NULL)
                return;
        f->end = TV_B;
        f->count = syns;
        tv_finding_frame(f, ea->first_frame);
        tv_finding_frame(f, row->last_frame);
        char schedule[TV_FINDING_TEXT / 2];
        retry_schedule(subject, syns, row->duration, schedule);
        tv_finding_text(f->what, "%u SYNs in %.3f s%s, no answer of any kind%s", syns,
                        tv_handshake_seconds(row->duration), schedule,
                        enough ? "" : "; the capture stops before the next one is due");
        if (subject->doubts.misses)
                snprintf(missed, sizeof missed,
                         ". Unknown whether it missed an answer: %s; that the client had none, its repetitions show",
                         tv_decidability_why(TV_EVENT_lost_upstream, TV_POINT_BEHIND));
        tv_finding_text(f->not_, "refused: a closed port answers with a reset; nothing came back here%s", missed);
        tv_finding_text(f->advice, "is the host up, and does a packet filter drop silently? capture at the "
                                   "responder to see whether the SYN arrives");
}

/* Each end answers the SYN of the other with a SYN-ACK then.  Where both did without, the second SYN may have been a
 * SYN-ACK that lost its flag. */
static void
simultaneous(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_track *track = &subject->conn->track;
        const struct tv_endpoint *ea = &track->ep[tv_conn_a(subject->conn)],
                                 *eb = &track->ep[!tv_conn_a(subject->conn)];
        bool answered = ((ea->bits | eb->bits) & TV_EP_SYN_WITH_ACK) != 0;
        struct tv_finding *f = tv_finding_new(findings, subject, "handshake.simultaneous-open",
                                              answered ? TV_CERTAIN : TV_POSSIBLE, TV_BLAME_UNKNOWN);

        if (f == NULL)
                return;
        tv_finding_frame(f, ea->first_frame);
        tv_finding_frame(f, eb->first_frame);
        tv_finding_text(f->what, "both ends sent a SYN without ACK (RFC 9293 figure 7)%s",
                        answered ? "" : ", and neither answered the other's with a SYN-ACK");
        tv_finding_text(f->not_, "a handshake in the usual order: the second SYN would have an ACK%s",
                        answered ? ""
                                 : ". That it lost the flag on the way, or was sent by a faulty stack, is possible");
}

static bool
has(const struct tv_findings *findings, size_t from)
{
        return findings->count > from;
}

void
tv_diagnose_handshake(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_connection *row = subject->row;
        const struct tv_track *track = &subject->conn->track;
        unsigned a = tv_conn_a(subject->conn);
        const struct tv_endpoint *ea = &track->ep[a], *eb = &track->ep[!a];
        struct tv_finding *f;
        size_t before = findings->count;
        bool queue, old; /* what came back was another connection's */

        if (row->handshake == TV_HANDSHAKE_NOT_CAPTURED)
                return;
        queue = tv_handshake_full_queue(subject, findings);
        if (track->story != 0) {
                losses_of(subject, findings, TV_LOST_SYN, "handshake.syn-lost", "the SYN was lost",
                          "the SYN or its answer was lost", TV_BLAME_NETWORK);
                losses_of(subject, findings, TV_LOST_SYNACK, "handshake.synack-lost", "the SYN-ACK was lost",
                          "the SYN-ACK or its answer was lost", TV_BLAME_NETWORK);
                if (!queue)
                        answers_without_effect(subject, findings);
                if (!has(findings, before)) {
                        losses_of(subject, findings, TV_SPURIOUS_SYN, "handshake.spurious-retry",
                                  "before its answer could arrive, the SYN was repeated",
                                  "before its answer could arrive, the SYN was repeated", TV_BLAME_UNKNOWN);
                        losses_of(subject, findings, TV_SPURIOUS_SYNACK, "handshake.spurious-retry",
                                  "before its answer could arrive, the SYN-ACK was repeated",
                                  "before its answer could arrive, the SYN-ACK was repeated", TV_BLAME_UNKNOWN);
                }
        }
        tv_handshake_duplicated(subject, findings);
        old = tv_handshake_met_old(subject, findings);
        old |= tv_handshake_stale_syn(subject, findings);
        tv_handshake_fast_open(subject, findings);
        tv_handshake_slow(subject, findings);
        tv_handshake_stripped(subject, findings);
        switch ((enum tv_handshake)row->handshake) {
        case TV_HANDSHAKE_NO_ANSWER:
                if (!old)
                        no_answer(subject, findings);
                break;
        case TV_HANDSHAKE_UNREACHABLE:
                unreachable(subject, findings);
                break;
        case TV_HANDSHAKE_REFUSED:
                f = tv_finding_new(findings, subject, "handshake.refused", TV_CERTAIN, TV_BLAME_B);
                if (f == NULL)
                        break;
                f->end = TV_B;
                tv_finding_frame(f, ea->first_frame);
                tv_finding_frame(f, eb->first_frame);
                tv_finding_text(f->what, "the SYN was answered by a reset after %.6f s",
                                tv_handshake_seconds(row->duration));
                tv_finding_text(f->not_, "filtered silently: an answer came back");
                tv_finding_text(f->advice,
                                "nothing listens on port %u, or a packet filter rejects: ss -lnt 'sport = :%u'",
                                row->port[TV_B], row->port[TV_B]);
                break;
        case TV_HANDSHAKE_HALF_OPEN:
                half_open(subject, findings);
                break;
        case TV_HANDSHAKE_ABORTED:
                if (tv_handshake_was_stale(subject, findings))
                        break;
                f = tv_finding_new(findings, subject, "handshake.aborted",
                                   subject->doubts.misses ? TV_LIKELY : TV_CERTAIN, /* the ACK may have been missed */
                                   row->closed_first == TV_CLOSED_FIRST_B ? TV_BLAME_B : TV_BLAME_A);
                if (f == NULL)
                        break;
                tv_finding_frame(f, ea->first_frame);
                tv_finding_frame(f, row->last_frame);
                tv_finding_text(f->what, "reset by %c before it was established, after %.6f s",
                                f->blame == TV_BLAME_B ? 'b' : 'a', tv_handshake_seconds(row->duration));
                break;
        case TV_HANDSHAKE_SIMULTANEOUS:
                simultaneous(subject, findings);
                break;
        default:
                break;
        }
        for (size_t i = before; i < findings->count; i++)
                tv_handshake_advise(subject, &findings->at[i]);
}
