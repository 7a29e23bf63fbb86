/* diag_data_silence.c - repetitions and probes that nothing answers: who gave up, who came back, what is too large. */
#include "analyzer/diagnose/diag_data.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

/* Fewer repetitions than this may be bad luck, or the end of the capture. */
#define VANISHED_RETRIES 3
/* What Linux assumes where nobody sets anything else (ip-sysctl.rst). */
#define RETRIES2           15
#define KEEPALIVE_TIME     (INT64_C(7200) * 1000000000)
#define KEEPALIVE_INTERVAL (INT64_C(75) * 1000000000)
#define KEEPALIVE_PROBES   9

/* Octets of this end that were acknowledged beside SYN and FIN. */
static uint64_t
acknowledged(const struct tv_data_case *c)
{
        const struct tv_ledger *sent = &c->ep->sent;
        uint64_t from = sent->begin + ((c->ep->bits & TV_EP_ISS_KNOWN) != 0);

        return sent->una > from ? sent->una - from : 0;
}

/* Did the reset of this end come after |time|?  *|when| is set then; it may be NULL. */
static tv_frame
reset_after(const struct tv_data_case *c, tv_time time, tv_time *when)
{
        const struct tv_milestone *rst =
                tv_track_milestone(c->subject->tracker, &c->subject->conn->track, c->dir, TV_DID_RST);

        if (rst->cause == 0 || rst->latest < time)
                return 0;
        if (when != NULL)
                *when = rst->latest;
        return rst->cause;
}

/* How its waits went: stacks cap their timers differently, and not every one doubles each time. */
#define WAITS 120

static const char *
waits(const struct tv_silence *run, char text[WAITS])
{
        tv_time first = run->retry - run->since;

        if (first > 0 && run->gap > first + first / 4)
                snprintf(text, WAITS, "the waits growing from %.3f s to %.3f s", tv_data_seconds(first),
                         tv_data_seconds(run->gap));
        else
                snprintf(text, WAITS, "the last wait %.3f s", tv_data_seconds(run->gap));
        return text;
}

/* "sent its data 4 times again", "sent its data 3 times again by timeout (its tail once before, to probe)" */
static const char *
tries(uint64_t retries, uint64_t probes, char text[WAITS])
{
        char often[20], probed[20];

        if (probes == 0)
                snprintf(text, WAITS, "sent its data %s again", tv_finding_times((unsigned)retries, often));
        else
                snprintf(text, WAITS, "sent its data %s again by timeout (its tail %s before, to probe)",
                         tv_finding_times((unsigned)(retries - probes), often),
                         tv_finding_times((unsigned)probes, probed));
        return text;
}

/* For how long Linux tries with tcp_retries2 at |retries|, from the first timeout on: as it would with the least RTO,
 * whatever the real one is (tcp(7), ip-sysctl.rst). */
static tv_time
linux_tries(const struct tv_profile *profile, unsigned retries)
{
        tv_time total = 0, wait = profile->rto_min;

        for (unsigned i = 0; i <= retries; i++) {
                total += wait;
                wait = 2 * wait < profile->rto_max ? 2 * wait : profile->rto_max;
        }
        return total;
}

/* The timers of a host are so exact, in jiffies. */
#define TIMER_STEP (2 * INT64_C(1000000))

/* Which tcp_retries2 ends tries that go on for |run| and no further?  " = 4", " = 4 to 6"; "" if none does. */
static const char *
retries2(const struct tv_data_case *c, const struct tv_silence *run, char text[WAITS])
{
        const struct tv_profile *profile = c->subject->profile;
        tv_time due = 2 * run->gap < profile->rto_max ? 2 * run->gap : profile->rto_max;
        tv_time least = run->last - run->timeout, most = run->last + due - run->timeout;
        unsigned low = 256, high = 0;

        for (unsigned i = 0; i < 256 && run->retries > run->probes; i++) {
                tv_time total = linux_tries(profile, i);

                if (total + TIMER_STEP <= least)
                        continue;
                if (total - TIMER_STEP > most)
                        break;
                low = i < low ? i : low;
                high = i;
        }
        if (low > high)
                text[0] = '\0';
        else if (low == high)
                snprintf(text, WAITS, " = %u", low);
        else
                snprintf(text, WAITS, " = %u to %u", low, high);
        return text;
}

static bool
closed_by_timer(const struct tv_data_case *c)
{
        const struct tv_connection *row = c->subject->row;

        for (size_t i = 0; i < row->transition_count; i++)
                if (row->transitions[i].end == c->end && row->transitions[i].to == TV_CLOSED &&
                    row->transitions[i].certainty == TV_TIMER)
                        return true;
        return false;
}

/* Large segments vanish, small ones do not: is that what the repetitions say? */
static bool
blackhole(const struct tv_data_case *c, struct tv_findings *findings, const struct tv_silence *run, bool alive)
{
        uint64_t passed = acknowledged(c);
        const struct tv_note *probes = tv_data_note(c, TV_NOTE_KEEPALIVE_REPLY);
        /* All that ever was acknowledged together is smaller than one of these. */
        bool never = run->octets > 536 && passed < run->octets && (c->ep->bits & TV_EP_ISS_KNOWN) != 0;
        bool small = passed != 0 || probes != NULL;
        struct tv_finding *f;

        if (!never || c->subject->row->icmp_errors != 0 || (c->ep->bits & TV_EP_GOT_SYN_PROVED) == 0)
                return false;
        f = tv_data_finding(c, findings, "data.pmtu-blackhole",
                            c->subject->doubts.misses ? TV_POSSIBLE
                            : small || alive          ? TV_LIKELY
                                                      : TV_POSSIBLE,
                            TV_BLAME_NETWORK, NULL);
        if (f == NULL)
                return true;
        f->time = run->since;
        f->until = run->last;
        f->count = run->retries;
        tv_finding_frame(f, run->first);
        tv_finding_frame(f, run->retry_frame);
        tv_finding_frame(f, run->last_frame);
        tv_finding_text(f->what,
                        "no segment of %" PRIu32 " octets of %c was ever acknowledged: sent again %" PRIu32
                        " times in %.3f s, in vain; what is smaller got through (the handshake%s)",
                        run->octets, c->name, run->retries, tv_data_seconds(run->last - run->since),
                        passed != 0 ? " and small data" : "");
        tv_finding_text(
                f->not_, "%s. PMTU discovery at work: no ICMP error said that they are too large",
                alive ? "a vanished peer: it still sent segments meanwhile"
                      : "congestion: each copy died, for seconds. That the peer vanished just then is possible");
        tv_finding_text(f->advice,
                        "from %s: ping -M do -s %" PRIu32 " %s, then smaller, tells the size; a tunnel or filter that "
                        "swallows ICMP: allow type 3 code 4 (IPv6: type 2), clamp the MSS, or "
                        "net.ipv4.tcp_mtu_probing=1 (default 0) on %c",
                        c->address, run->octets + 12 + ((c->ep->bits & TV_EP_TIMESTAMPS) != 0 ? 12 : 0),
                        c->peer_address, c->name);
        return true;
}

static void
unanswered(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_case *subject = c->subject;
        struct tv_silence run = c->trouble != NULL ? c->trouble->silence : (struct tv_silence){0};
        bool alive = c->peer->last_time != TV_NO_TIME && c->peer->last_time >= run.retry;
        const struct tv_profile *profile = subject->profile;
        tv_time due = 2 * run.gap < profile->rto_max ? 2 * run.gap : profile->rto_max;
        tv_time reset_time = TV_NO_TIME;
        char gaps[WAITS], tried[WAITS], limit[WAITS], end[80];
        const char *its_own = profile->retries2 == RETRIES2 ? "default" : "here";
        tv_frame reset;
        bool timer, overdue;
        struct tv_finding *f;

        if (run.retries < VANISHED_RETRIES || c->ep->sent.una >= c->ep->sent.nxt || (c->peer->bits & TV_EP_SEEN) == 0 ||
            run.gap <= 0)
                return;
        if (subject->row->state[c->end] == TV_NO_STATE || blackhole(c, findings, &run, alive))
                return;
        if (alive)
                return;
        reset = reset_after(c, run.last, &reset_time);
        timer = closed_by_timer(c);
        overdue = subject->doubts.watched > due + due / 4 + INT64_C(1000000000);
        if (reset != 0 || timer || overdue) {
                f = tv_data_finding(c, findings, "data.retries-exhausted",
                                    subject->doubts.misses || subject->doubts.stepped ? TV_POSSIBLE
                                    : reset != 0                                      ? TV_CERTAIN
                                                                                      : TV_LIKELY,
                                    TV_BLAME_UNKNOWN, NULL);
                if (f == NULL)
                        return;
                if (reset != 0)
                        snprintf(end, sizeof end, "gave up with a reset, %.3f s after the last try",
                                 tv_data_seconds(reset_time - run.last));
                else
                        snprintf(
                                end, sizeof end, "gave up: no further try in the %.3f s that the capture went on",
                                tv_data_seconds(tv_conn_last_time(subject->conn) + subject->doubts.watched - run.last));
                tv_finding_text(f->what, "%c %s in %.3f s, %s, got no answer of any kind from %c, and %s", c->name,
                                tries(run.retries, run.probes, tried), tv_data_seconds(run.last - run.since),
                                waits(&run, gaps), c->other_name, end);
                if (reset != 0)
                        tv_finding_text(
                                f->advice,
                                "was %s down, or the path to it? What limits the tries of %s? Linux gives up "
                                "without a reset (net.ipv4.tcp_retries2, default 15): with one do BSD and macOS "
                                "(after 12), Windows (TcpMaxDataRetransmissions, default 5), or the "
                                "application; there: netstat -s",
                                c->peer_address, c->address);
                else
                        tv_finding_text(f->advice,
                                        "was %s down, or the path to it? on %s: nstat -az TcpExtTCPTimeouts "
                                        "TcpExtTCPAbortOnTimeout; net.ipv4.tcp_retries2%s fits (%s %u: %.0f s), or a "
                                        "TCP_USER_TIMEOUT of up to %.3f s, or an orphan's end",
                                        c->peer_address, c->address,
                                        retries2(c, &run, limit)[0] != '\0' ? limit : ": no value", its_own,
                                        profile->retries2, tv_data_seconds(linux_tries(profile, profile->retries2)),
                                        tv_data_seconds(run.last + due - run.timeout));
        } else {
                /* It may have given up while nothing was captured. */
                f = tv_data_finding(c, findings, "data.peer-vanished",
                                    subject->doubts.misses || subject->doubts.stepped || subject->now - run.last > due
                                            ? TV_POSSIBLE
                                            : TV_CERTAIN,
                                    TV_BLAME_UNKNOWN, NULL);
                if (f == NULL)
                        return;
                tv_finding_text(f->what,
                                "%c %s in %.3f s, %s; nothing came from %c, to the end of the capture: its host "
                                "crashed, or the path to it is cut",
                                c->name, tries(run.retries, run.probes, tried), tv_data_seconds(run.last - run.since),
                                waits(&run, gaps), c->other_name);
                tv_finding_text(
                        f->advice,
                        "is %s up, and the path to it? on %s: ss -to 'dport = :%u' shows timer:(on,...) and the "
                        "retries; net.ipv4.tcp_retries2 (%s %u: %.0f s) or TCP_USER_TIMEOUT sets how long it goes on",
                        c->peer_address, c->address, c->peer_port, its_own, profile->retries2,
                        tv_data_seconds(linux_tries(profile, profile->retries2)));
        }
        f->time = run.since;
        f->until = run.last;
        f->count = run.retries;
        tv_finding_frame(f, c->peer->last_frame);
        tv_finding_frame(f, run.first);
        tv_finding_frame(f, run.retry_frame);
        tv_finding_frame(f, run.last_frame);
        tv_finding_frame(f, reset);
        tv_finding_text(f->not_,
                        "closed or reset by %c: it sent neither%s. Loss by congestion: %" PRIu32
                        " copies in a row did not die by chance",
                        c->other_name,
                        subject->doubts.misses ? ", unless this capture missed it, as it misses other packets" : "",
                        run.retries);
}

static void
outage(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_OUTAGE);
        char often[20], tried[WAITS];
        struct tv_finding *f;

        if (note == NULL)
                return;
        f = tv_data_finding(c, findings, "data.recovered-after-outage",
                            c->subject->doubts.misses || c->subject->doubts.stepped ? TV_LIKELY : TV_CERTAIN,
                            TV_BLAME_UNKNOWN, note);
        if (f == NULL)
                return;
        snprintf(often, sizeof often, "%" PRIu32 " times ", note->count);
        tv_finding_text(f->what, "%snothing came back from %c for %.3f s%s, while %c %s; then it answered",
                        note->count > 1 ? often : "", c->other_name, tv_data_seconds(note->longest),
                        note->count > 1 ? " at most" : "", c->name, tries(note->amount, note->low, tried));
        tv_finding_text(f->not_,
                        "a slow application at %c: its host acknowledges without it. Single losses: %" PRIu64
                        " copies in a row died",
                        c->other_name, note->amount);
        tv_finding_text(
                f->advice,
                "what happened between %s and %s at that time (link, route change, VPN, host suspended)? on %s: "
                "nstat -az TcpExtTCPTimeouts TcpExtTCPLossProbes (this capture explains %" PRIu64 " and %" PRIu64 ")",
                c->address, c->peer_address, c->address, note->amount - note->low, note->low);
}

/* Is what was measured the setting, but for timers and for the way to the capture point? */
static bool
is_setting(uint64_t measured, tv_time setting)
{
        tv_time slack = setting / 50 + INT64_C(500000000);

        return measured <= INT64_MAX && (tv_time)measured >= setting - slack && (tv_time)measured <= setting + slack;
}

/* Which setting it comes from: "tcp_keepalive_time (default 7200 s)", or the application's, beside it. */
static const char *
idle_time(const struct tv_profile *profile, uint64_t measured, char text[WAITS])
{
        const char *whose = profile->keepalive_time == KEEPALIVE_TIME ? "default" : "here";

        snprintf(text, WAITS,
                 is_setting(measured, profile->keepalive_time)
                         ? "net.ipv4.tcp_keepalive_time (%s %.0f s)"
                         : "TCP_KEEPIDLE (net.ipv4.tcp_keepalive_time: %s %.0f s)",
                 whose, tv_data_seconds(profile->keepalive_time));
        return text;
}

static const char *
probe_interval(const struct tv_profile *profile, uint64_t measured, char text[WAITS])
{
        const char *whose = profile->keepalive_interval == KEEPALIVE_INTERVAL ? "default" : "here";

        snprintf(text, WAITS,
                 is_setting(measured, profile->keepalive_interval) ? "tcp_keepalive_intvl (%s %.0f s)"
                                                                   : "TCP_KEEPINTVL (tcp_keepalive_intvl: %s %.0f s)",
                 whose, tv_data_seconds(profile->keepalive_interval));
        return text;
}

static const char *
probe_count(const struct tv_profile *profile, uint64_t measured, char text[WAITS])
{
        const char *whose = profile->keepalive_probes == KEEPALIVE_PROBES ? "default" : "here";

        snprintf(text, WAITS,
                 measured == profile->keepalive_probes ? "tcp_keepalive_probes (%s %u)"
                                                       : "TCP_KEEPCNT (tcp_keepalive_probes: %s %u)",
                 whose, profile->keepalive_probes);
        return text;
}

static void
keepalive(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *probes = tv_data_note(c, TV_NOTE_KEEPALIVE);
        const struct tv_note *replies = tv_data_note(c, TV_NOTE_KEEPALIVE_REPLY);
        const struct tv_profile *profile = c->subject->profile;
        char often[20], idle[WAITS], count[WAITS], interval[WAITS];
        bool silent;
        tv_frame reset;
        struct tv_finding *f;

        if (probes == NULL)
                return;
        silent = probes->amount != 0 && (c->peer->last_time == TV_NO_TIME || c->peer->last_time < probes->end) &&
                 (c->peer->bits & TV_EP_SEEN) != 0;
        reset = reset_after(c, probes->end, NULL);
        if (replies != NULL) {
                f = tv_data_finding(c, findings, "data.keepalive-alive", TV_CERTAIN, TV_BLAME_UNKNOWN, probes);
                if (f != NULL) {
                        f->count = replies->count;
                        f->until = replies->end;
                        tv_data_frames(f, replies);
                        tv_finding_text(f->what,
                                        "%c probed the idle connection %s, the first time after %.3f s of silence; "
                                        "%" PRIu32 " answer%s: %c is alive",
                                        c->name, tv_finding_times(probes->count, often), (double)probes->low / 1e9,
                                        replies->count, replies->count == 1 ? "" : "s", c->other_name);
                        tv_finding_text(f->not_,
                                        "retransmission: what the probes repeat had been acknowledged long before");
                        tv_finding_text(f->advice,
                                        "works as designed, and keeps middleboxes from forgetting the connection: "
                                        "%.0f s of silence fit %s; ss -to on %s shows timer:(keepalive,...)",
                                        (double)probes->low / 1e9, idle_time(profile, probes->low, idle), c->address);
                }
        }
        if (!silent)
                return;
        if (reset != 0) {
                f = tv_data_finding(c, findings, "data.keepalive-dead",
                                    c->subject->doubts.misses ? TV_LIKELY : TV_CERTAIN, TV_BLAME_UNKNOWN, NULL);
                if (f == NULL)
                        return;
                f->time = probes->begin;
                f->until = c->ep->last_time;
                f->count = 1;
                tv_data_frames(f, probes);
                tv_finding_frame(f, probes->last);
                tv_finding_frame(f, reset);
                tv_finding_text(f->what,
                                "%" PRIu64
                                " keepalive probe%s of %c, %.3f s apart, met silence; %c gave up and reset the "
                                "connection. First probe after %.3f s of silence",
                                probes->amount, probes->amount == 1 ? "" : "s", c->name, (double)probes->high / 1e9,
                                c->name, (double)probes->low / 1e9);
                tv_finding_text(f->not_,
                                "a peer that rebooted or closed: it would answer a probe by a reset. An abort by the "
                                "application: the reset follows the last probe by the probes' interval");
                tv_finding_text(
                        f->advice,
                        "is %s up, and the path to it? or did a middlebox forget the connection in less than %.0f s? "
                        "on %s: nstat -az TcpExtTCPAbortOnTimeout TcpExtTCPKeepAlive; %" PRIu64
                        " probes fit %s, %.0f s apart %s, %.0f s of silence before %s",
                        c->peer_address, (double)probes->low / 1e9, c->address, probes->amount,
                        probe_count(profile, probes->amount, count), (double)probes->high / 1e9,
                        probe_interval(profile, probes->high, interval), (double)probes->low / 1e9,
                        idle_time(profile, probes->low, idle));
        } else if (probes->amount >= VANISHED_RETRIES) {
                /* That an answer, or the end of it all, was not captured, nothing tells. */
                f = tv_data_finding(c, findings, "data.peer-vanished", TV_POSSIBLE, TV_BLAME_UNKNOWN, NULL);
                if (f == NULL)
                        return;
                f->time = c->peer->last_time;
                f->until = probes->end;
                tv_data_frames(f, probes);
                tv_finding_frame(f, probes->last);
                tv_finding_text(f->what,
                                "%" PRIu64
                                " keepalive probes of %c, %.3f s apart, met silence to the end of the capture. First "
                                "probe after %.3f s of silence",
                                probes->amount, c->name, (double)probes->high / 1e9, (double)probes->low / 1e9);
                tv_finding_text(f->not_, "an idle but living peer: its host would answer each probe at once");
                tv_finding_text(f->advice,
                                "is %s up, and the path to it? or did a middlebox forget the connection in less than "
                                "%.0f s? on %s: ss -to 'dport = :%u' shows timer:(keepalive,...); it gives up after "
                                "tcp_keepalive_probes (%s %u) or TCP_KEEPCNT",
                                c->peer_address, (double)probes->low / 1e9, c->address, c->peer_port,
                                profile->keepalive_probes == KEEPALIVE_PROBES ? "default" : "here",
                                profile->keepalive_probes);
        }
}

static void
shrunk(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_LOST_SIZE);
        const struct tv_note *smaller = tv_data_note(c, TV_NOTE_SHRUNK);
        const struct tv_icmp_notes *icmp = tv_track_icmp_notes(c->subject->tracker, &c->subject->conn->track);
        struct tv_finding *f;

        if (note != NULL && icmp != NULL) {
                const struct tv_icmp_note *told = tv_icmp_note_too_large(&icmp->at[0]) ? &icmp->at[0] : &icmp->at[1];
                char sender[INET6_ADDRSTRLEN];

                if (inet_ntop(told->ipv6 ? AF_INET6 : AF_INET, told->sender, sender, sizeof sender) == NULL)
                        sender[0] = '\0';
                f = tv_data_finding(c, findings, "data.pmtu-reduced", TV_CERTAIN, TV_BLAME_NETWORK, note);
                if (f == NULL)
                        return;
                tv_finding_frame(f, told->frame);
                tv_finding_text(
                        f->what,
                        "%" PRIu64 " octets of %c were too large for a link of %" PRIu32 " octets, said %s by ICMP; %c "
                        "sent them again in smaller segments (%" PRIu32 "), %.3f s later at most",
                        note->amount, c->name, told->mtu, sender, c->name, note->count, tv_data_seconds(note->longest));
                tv_finding_text(f->not_, "loss by congestion: an ICMP error says why. A black hole: it said so");
                tv_finding_text(f->advice,
                                "works as designed (RFC 1191, RFC 8201); a smaller MTU or MSS at %c saves the round "
                                "trip: ip route get %s shows the cached one",
                                c->name, c->peer_address);
                return;
        }
        if (note != NULL) {
                f = tv_data_finding(c, findings, "data.pmtu-reduced", TV_LIKELY, TV_BLAME_NETWORK, note);
                if (f == NULL)
                        return;
                tv_finding_text(f->what,
                                "%c sent %" PRIu64 " octets again in smaller segments (%" PRIu32
                                "), without waiting for a timer "
                                "and unasked by %c: as after an ICMP error that they are too large",
                                c->name, note->amount, note->count, c->other_name);
                tv_finding_text(f->not_,
                                "loss by congestion: nothing had told %c of one. The ICMP error itself is not in this "
                                "capture",
                                c->name);
                tv_finding_text(f->advice,
                                "works as designed (RFC 1191, RFC 8201): ip route get %s on %c shows the cached MTU",
                                c->peer_address, c->name);
                return;
        }
        if (smaller == NULL)
                return;
        f = tv_data_finding(c, findings, "data.pmtu-reduced", TV_LIKELY, TV_BLAME_NETWORK, smaller);
        if (f == NULL)
                return;
        tv_finding_text(
                f->what,
                "%" PRIu64 " octets in a segment of %c met silence, sent %" PRIu64 " times again; then a repetition "
                "of %" PRIu64 " octets got through, after %.3f s: %c probed for the path's size",
                smaller->low, c->name, smaller->amount, smaller->high, tv_data_seconds(smaller->longest), c->name);
        tv_finding_text(f->not_, "an outage that ended just then: possible, if larger segments pass later");
        tv_finding_text(f->advice,
                        "the path swallows large packets and the ICMP errors about them: ping -M do -s 1472 %s; on "
                        "%s: nstat -az TcpExtTCPMTUPFail TcpExtTCPMTUPSuccess",
                        c->peer_address, c->address);
}

void
tv_data_silence(const struct tv_data_case *c, struct tv_findings *findings)
{
        unanswered(c, findings);
        outage(c, findings);
        keepalive(c, findings);
        shrunk(c, findings);
}
