/* diag_time_wait.c - what the first end to close goes through: data that comes too late, FIN_WAIT_2 that ends by timer,
 * a process that died, and a TIME_WAIT that is prolonged, missing or cut short. */
#include "analyzer/diagnose/diag_close.h"

#include <inttypes.h>
#include <stdio.h>

#define SECOND INT64_C(1000000000)
/* Fewer repetitions than this may be bad luck. */
#define VAIN_RETRIES 3

/* When its own octets had last been heard of, if it closed only after they had been repeated in vain, several times;
 * else TV_NO_TIME. */
static tv_time
unheard_since(const struct tv_close_end *c, tv_time closed)
{
        const struct tv_trouble *trouble = tv_track_trouble(c->subject->tracker, c->ep);
        const struct tv_note *outage = tv_track_note(c->subject->tracker, c->ep, TV_NOTE_OUTAGE);

        if (trouble != NULL && trouble->silence.retries >= VAIN_RETRIES && trouble->silence.since < closed)
                return trouble->silence.since;
        if (outage != NULL && outage->begin < closed && closed <= outage->end)
                return outage->begin;
        return TV_NO_TIME;
}

/* A reset that meets what came after its sender's FIN. */
static void
late_data(const struct tv_close_end *c, struct tv_findings *findings, const struct tv_reset *reset,
          enum tv_reset_cause cause)
{
        const struct tv_milestone *fin = tv_close_own(c, TV_DID_FIN), *acked = tv_close_own(c, TV_GOT_ACK2);
        uint64_t last = (c->peer->bits & TV_EP_FIN_KNOWN) != 0 && reset->peer_nxt > c->story->fin[!c->dir]
                                ? c->story->fin[!c->dir]
                                : reset->peer_nxt;
        uint64_t octets = last > reset->peer_una ? last - reset->peer_una : 0;
        tv_time unheard = unheard_since(c, fin->latest);
        char vain[80] = "";
        bool exited = cause == TV_CAUSE_EXIT, timer = cause == TV_CAUSE_FIN_WAIT_2;
        tv_time from = timer && acked->earliest != TV_NO_TIME ? acked->earliest : fin->latest;
        struct tv_finding *f =
                tv_close_finding(c, findings,
                                 timer    ? "teardown.fin-wait-2-timeout"
                                 : exited ? "teardown.process-exit"
                                          : "teardown.data-after-close",
                                 tv_close_confidence(c->subject, exited  ? TV_POSSIBLE
                                                                 : timer ? TV_LIKELY
                                                                         : TV_CERTAIN),
                                 unheard != TV_NO_TIME ? TV_BLAME_UNKNOWN : tv_close_blame(timer ? c->other : c->end),
                                 from, reset->time);

        if (f == NULL)
                return;
        if (unheard != TV_NO_TIME)
                snprintf(vain, sizeof vain, ". It closed when its own data had met silence for %.3f s",
                         tv_close_seconds(fin->latest - unheard));
        tv_finding_frame(f, fin->cause);
        tv_finding_frame(f, acked->cause);
        tv_finding_frame(f, reset->answers);
        tv_finding_frame(f, reset->frame);
        if (timer) {
                tv_finding_text(f->what,
                                "%c closed and waited for the FIN of %c; %.3f s after the acknowledgment of its own, "
                                "what came met a reset: FIN_WAIT_2 had ended by timer",
                                c->name, c->other_name, tv_close_seconds(reset->time - from));
                tv_finding_text(f->not_, "data after close alone: it came later than FIN_WAIT_2 lasts (%.0f s)",
                                tv_close_seconds(c->subject->profile->fin_wait_2));
                tv_finding_text(
                        f->advice,
                        "on %s: why did the application not close for so long? ss -tanp state close-wait. on %s: "
                        "net.ipv4.tcp_fin_timeout (default 60 s) is about FIN_WAIT_2 after close(), not about "
                        "TIME_WAIT",
                        c->peer_address, c->address);
        } else if (exited) {
                char under_way[48] = "what was"; /* the reset acknowledged it */

                if (octets != 0)
                        snprintf(under_way, sizeof under_way, "%" PRIu64 " octets that were", octets);
                tv_finding_text(f->what,
                                "%c sent a FIN while %c was still sending and had no answer; %s under way met a "
                                "reset: so a process ends that dies%s",
                                c->name, c->other_name, under_way, vain);
                tv_finding_text(f->not_,
                                "an orderly close: the dialogue was not over. That the application closed early "
                                "by itself looks the same");
                tv_finding_text(f->advice,
                                "on %s, port %u: did a process die then (dmesg, journal, core)? else find the "
                                "close() before end of file",
                                c->address, c->port);
        } else {
                tv_finding_text(f->what,
                                "%c had closed (both directions); %.3f s after its FIN it met %" PRIu64
                                " octet%s of %c, which nobody could read any more, with a reset%s",
                                c->name, tv_close_seconds(reset->time - fin->latest), octets, octets == 1 ? "" : "s",
                                c->other_name, vain);
                tv_finding_text(f->not_,
                                "a half-close: that end would take what comes. A FIN_WAIT_2 that timed out: that lasts "
                                "%.0f s",
                                tv_close_seconds(c->subject->profile->fin_wait_2));
                tv_finding_text(f->advice,
                                "%s lost these octets: which end should close first in this protocol? on %s: "
                                "shutdown(SHUT_WR) and read to end of file instead of close(); an idle timeout there "
                                "must be longer than that of %s. nstat -az TcpExtTCPAbortOnData",
                                c->peer_address, c->address, c->peer_address);
        }
}

/* Both FINs are acknowledged, and then a reset comes. */
static void
after_all(const struct tv_close_end *c, struct tv_findings *findings, const struct tv_reset *reset, bool skipped)
{
        const struct tv_milestone *fin = tv_close_own(c, TV_DID_FIN);
        struct tv_finding *f = tv_close_finding(
                c, findings, skipped ? "teardown.time-wait-skipped" : "teardown.time-wait-assassinated",
                tv_close_confidence(c->subject, TV_LIKELY), skipped ? tv_close_blame(c->end) : TV_BLAME_NETWORK,
                reset->answered, reset->time);

        if (f == NULL)
                return;
        f->end = (uint8_t)(skipped ? c->end : c->other);
        tv_finding_frame(f, fin->cause);
        tv_finding_frame(f, reset->answers);
        tv_finding_frame(f, reset->frame);
        if (skipped) {
                tv_finding_text(f->what,
                                "%c closed first and should be in TIME_WAIT; %.3f s after its FIN it answered %c by a "
                                "reset: it was not",
                                c->name, tv_close_seconds(reset->time - fin->latest), c->other_name);
                tv_finding_text(f->advice,
                                "on %s: nstat -az TcpExtTCPTimeWaitOverflow; net.ipv4.tcp_max_tw_buckets (default by "
                                "memory, 262144 at most) is full, or the host restarted. TIME_WAIT is no waste: old "
                                "segments would reach new connections",
                                c->address);
        } else {
                /* It may also have sent its FIN again, or octets behind it, for which no old segment asks. */
                bool copy = (reset->bits & TV_RESET_TO_COPY) != 0, more = (reset->bits & TV_RESET_ACKED) == 0;

                if (copy || more)
                        f->blame = (uint8_t)tv_close_blame(c->other);
                tv_finding_text(f->what,
                                "%c was in TIME_WAIT and %s; %c, closed, answered that by a reset, which ends "
                                "TIME_WAIT early (RFC 1337)",
                                c->other_name,
                                copy   ? "sent its FIN once more, although that was acknowledged"
                                : more ? "sent a segment with numbers behind its own FIN"
                                       : "answered an old segment",
                                c->name);
                tv_finding_text(f->advice, "on %s: net.ipv4.tcp_rfc1337 (default 0) = 1 ignores such resets; %s",
                                c->peer_address,
                                copy || more ? "no stack sends that in TIME_WAIT: a proxy with its address?"
                                             : "what delays or duplicates segments on the way?");
        }
        tv_finding_text(f->not_, "an abort: both FINs were acknowledged before");
}

/* The FIN of |c|'s peer comes again in TIME_WAIT, much later. */
static void
restarted(const struct tv_close_end *c, struct tv_findings *findings)
{
        const struct tv_losses *losses = tv_track_losses(c->subject->tracker, &c->subject->conn->track);
        const struct tv_milestone *entered = tv_close_own(c, TV_GOT_FIN);
        const struct tv_loss *last = NULL;
        struct tv_finding *f;
        uint64_t count = 0;

        if (c->subject->row->state[c->end] != TV_TIME_WAIT && c->subject->row->state[c->end] != TV_CLOSED)
                return;
        if (!tv_milestone_reached(tv_close_own(c, TV_GOT_ACK2)) || (c->peer->bits & TV_EP_FIN_SAW_FIN) == 0)
                return;
        for (unsigned i = 0; losses != NULL && i < losses->count && i < TV_LOSSES; i++)
                if (losses->at[i].segment == TV_LOST_ACK2 && losses->at[i].sender == c->dir) {
                        last = &losses->at[i];
                        count++;
                }
        if (c->subject->doubts.stepped || last == NULL || entered->earliest == TV_NO_TIME ||
            last->until - entered->earliest < SECOND || last->until - entered->earliest >= c->subject->profile->two_msl)
                return;
        f = tv_close_finding(c, findings, "teardown.time-wait-restarted", tv_close_confidence(c->subject, TV_LIKELY),
                             TV_BLAME_NETWORK, entered->earliest, last->until);
        if (f == NULL)
                return;
        f->count = count;
        tv_finding_frame(f, entered->cause);
        tv_finding_frame(f, last->proof);
        tv_finding_text(f->what,
                        "the FIN of %c came again %.3f s after the first: TIME_WAIT of %c began anew and ends so much "
                        "later",
                        c->other_name, tv_close_seconds(last->until - entered->earliest), c->name);
        tv_finding_text(f->not_, "a new connection: it is the same FIN");
        tv_finding_text(
                f->advice,
                "harmless, and what TIME_WAIT is for: on %s: ss -tano state time-wait shows timer:(timewait,...) "
                "begun anew (2MSL: %.0f s). Look at the path from %c to %c, on which the answers to the FIN die",
                c->address, tv_close_seconds(c->subject->profile->two_msl), c->name, c->other_name);
}

/* Another connection of the same addresses and ports begins while an end is in TIME_WAIT. */
static void
reused(const struct tv_case *subject, struct tv_findings *findings)
{
        enum tv_end end = subject->row->state[TV_A] == TV_TIME_WAIT ? TV_A : TV_B;
        tv_time over = tv_conn_last_time(subject->conn);
        const struct tv_milestone *fin;
        struct tv_close_end c;
        struct tv_finding *f;

        if (subject->doubts.stepped || subject->next_frame == 0 || subject->row->state[end] != TV_TIME_WAIT ||
            subject->next_time < over || subject->next_time - over >= subject->profile->two_msl)
                return;
        tv_close_end_of(subject, end, &c);
        fin = tv_close_own(&c, TV_DID_FIN);
        f = tv_close_finding(&c, findings, "teardown.time-wait-reuse", tv_close_confidence(subject, TV_LIKELY),
                             subject->next_by_low == (c.dir == 0) ? tv_close_blame(c.end) : tv_close_blame(c.other),
                             over, subject->next_time);
        if (f == NULL)
                return;
        tv_finding_frame(f, fin->cause);
        tv_finding_frame(f, subject->row->last_frame);
        tv_finding_frame(f, subject->next_frame);
        tv_finding_text(
                f->what,
                "%c was in TIME_WAIT for %.3f s (of %.0f s, as Linux has it) when a SYN for the same addresses and "
                "ports came: the port was used again, and TIME_WAIT was cut short",
                c.name, tv_close_seconds(subject->next_time - over), tv_close_seconds(subject->profile->two_msl));
        tv_finding_text(f->not_,
                        "an old duplicate: the SYN has another ISN. That %s keeps TIME_WAIT for less is possible "
                        "(macOS and iOS: 30 s)",
                        c.address);
        tv_finding_text(f->advice,
                        "harmless where timestamps or a larger ISN tell old segments apart (RFC 6191). A client comes "
                        "back so soon when its ports run short, or it binds a fixed one: keep connections open; "
                        "net.ipv4.ip_local_port_range (default 32768 60999), net.ipv4.tcp_tw_reuse (default 2: "
                        "loopback); never tcp_tw_recycle (gone since Linux 4.12)");
}

void
tv_diagnose_time_wait(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_reset *reset;
        enum tv_reset_cause cause;
        struct tv_close_end c;
        enum tv_end sender;

        reset = tv_close_reset(subject, &sender, &cause);
        for (int end = TV_A; end <= TV_B; end++) {
                /* It was not in TIME_WAIT: it answered by a reset. */
                if (reset != NULL && cause == TV_CAUSE_NO_TIME_WAIT && sender == (enum tv_end)end)
                        continue;
                tv_close_end_of(subject, (enum tv_end)end, &c);
                restarted(&c, findings);
        }
        reused(subject, findings);
        if (reset == NULL)
                return;
        tv_close_end_of(subject, sender, &c);
        if (cause == TV_CAUSE_DATA || cause == TV_CAUSE_EXIT || cause == TV_CAUSE_FIN_WAIT_2)
                late_data(&c, findings, reset, cause);
        else if (cause == TV_CAUSE_NO_TIME_WAIT || cause == TV_CAUSE_ASSASSIN)
                after_all(&c, findings, reset, cause == TV_CAUSE_NO_TIME_WAIT);
}
