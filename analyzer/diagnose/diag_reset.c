/* diag_reset.c - what each reset was: in which phase it came, whether it was acceptable (RFC 5961), and why it was
 * sent. Those that a close explains are in diag_teardown.c and diag_time_wait.c. */
#include "analyzer/diagnose/diag_close.h"

#include <inttypes.h>
#include <stdio.h>

/* When in the life of the connection. */
static const char *
phase(const struct tv_reset *reset)
{
        switch (reset->bits & (TV_RESET_OWN_FIN | TV_RESET_PEER_FIN)) {
        case TV_RESET_OWN_FIN | TV_RESET_PEER_FIN:
                return "after both FINs";
        case TV_RESET_OWN_FIN:
                return "after its own FIN";
        case TV_RESET_PEER_FIN:
                return "in answer to a close, instead of a FIN";
        default:
                return "while it was open";
        }
}

static double
since(const struct tv_reset *reset, tv_time before)
{
        return before != TV_NO_TIME && reset->time > before ? tv_close_seconds(reset->time - before) : 0;
}

static const char *
provoked_by(const struct tv_reset *reset)
{
        return (reset->bits & TV_RESET_TO_PROBE) != 0  ? "a keepalive probe"
               : (reset->bits & TV_RESET_TO_FIN) != 0  ? "a FIN"
               : (reset->bits & TV_RESET_TO_DATA) != 0 ? "data"
                                                       : "an acknowledgment";
}

static void
injected(const struct tv_close_end *c, struct tv_findings *findings, const struct tv_reset *reset,
         const struct tv_closing *closing)
{
        tv_frame on = closing->went_on[c->dir];
        bool ttl = (reset->bits & TV_RESET_OTHER_TTL) != 0;
        bool answers = (reset->bits & TV_RESET_ANSWERS) != 0;
        const struct tv_reset *other = &closing->accepted[!c->dir];
        bool refused = reset == &closing->refused[c->dir];
        bool both = other->frame != 0 && (other->bits & TV_RESET_OTHER_TTL) != 0;
        enum tv_confidence sure = on != 0 && ttl ? TV_CERTAIN
                                  : on != 0      ? TV_LIKELY
                                  : both         ? TV_LIKELY
                                  : answers      ? TV_POSSIBLE
                                                 : TV_LIKELY;
        struct tv_finding *f;
        char ttls[80] = "";

        if (on != 0 && !ttl && c->subject->doubts.skew != 0)
                sure = TV_POSSIBLE;
        f = tv_close_finding(c, findings, "reset.injected", tv_close_confidence(c->subject, sure), TV_BLAME_NETWORK,
                             reset->time, both ? other->time : reset->time);
        if (f == NULL)
                return;
        f->count = both ? 2 : 1;
        tv_finding_frame(f, reset->frame);
        tv_finding_frame(f, on);
        if (both)
                tv_finding_frame(f, other->frame);
        tv_finding_frame(f, c->ep->first_frame);
        if (ttl)
                snprintf(ttls, sizeof ttls, "TTL %u where %c's segments had %u", reset->ttl, c->name, reset->usual_ttl);
        tv_finding_text(f->what, "a reset in the name of %c is not %c's: %s%s%s%s", c->name, c->name, ttls,
                        ttl && on != 0 ? "; " : "",
                        on != 0 ? "its purported sender went on with the dialogue afterwards" : "",
                        both      ? "; the other end was reset in the same way"
                        : refused ? "; its SEQ was not the next one, and it had no effect"
                                  : "");
        tv_finding_text(f->not_, "an abort by %c: %s%s", c->name,
                        on != 0 ? "an end that has reset a connection sends nothing more of it"
                                : "a host's resets have the TTL of its other segments",
                        on == 0 ? ". Possible: a load balancer or proxy of its own in front of it" : "");
        tv_finding_text(f->advice,
                        "who between %s and %s resets connections (firewall, IPS, DPI, idle timeout of a NAT)? "
                        "capture on %s: did it send this reset? nstat -az TcpOutRsts there",
                        c->address, c->peer_address, c->address);
}

static void
timed_out(const struct tv_close_end *c, struct tv_findings *findings, const struct tv_reset *reset)
{
        const struct tv_trouble *trouble = tv_track_trouble(c->subject->tracker, c->ep);
        struct tv_finding *f =
                tv_close_finding(c, findings, "reset.timeout", tv_close_confidence(c->subject, TV_LIKELY),
                                 TV_BLAME_UNKNOWN, trouble->silence.since, reset->time);

        if (f == NULL)
                return;
        tv_finding_frame(f, trouble->silence.first);
        tv_finding_frame(f, trouble->silence.last_frame);
        tv_finding_frame(f, reset->frame);
        tv_finding_text(f->what,
                        "%c sent its data %" PRIu32 " more time%s, got no answer for %.3f s, and reset the connection",
                        c->name, trouble->silence.retries, trouble->silence.retries == 1 ? "" : "s",
                        since(reset, trouble->silence.since));
        tv_finding_text(f->not_, "an abort out of the dialogue: it follows unanswered repetitions");
        tv_finding_text(f->advice,
                        "was %s reachable then? on %s: a timeout of the application, or TCP_USER_TIMEOUT, is shorter "
                        "than net.ipv4.tcp_retries2 (default 15) allows; nstat -az TcpExtTCPAbortOnTimeout",
                        c->peer_address, c->address);
}

static void
keepalive(const struct tv_close_end *c, struct tv_findings *findings, const struct tv_reset *reset)
{
        struct tv_finding *f =
                tv_close_finding(c, findings, "reset.keepalive", tv_close_confidence(c->subject, TV_CERTAIN),
                                 tv_close_blame(c->end), reset->answered, reset->time);

        if (f == NULL)
                return;
        tv_finding_frame(f, reset->answers);
        tv_finding_frame(f, reset->frame);
        tv_finding_text(f->what,
                        "%c answered a keepalive probe of %c by a reset: it had no such connection any more. It had "
                        "last been heard %.3f s before",
                        c->name, c->other_name, since(reset, reset->spoke));
        tv_finding_text(f->not_,
                        "a probe that nothing answers: the host is up. An abort: it came %.1f ms after the "
                        "probe, without an acknowledgment number",
                        since(reset, reset->answered) * 1e3);
        tv_finding_text(f->advice,
                        "did %s restart, or does something on the way (NAT, firewall, load balancer) forget idle "
                        "connections and answer for it? on %s: net.ipv4.tcp_keepalive_time (default 7200 s) or "
                        "TCP_KEEPIDLE below that time keeps it alive",
                        c->address, c->peer_address);
}

static void
forgotten(const struct tv_close_end *c, struct tv_findings *findings, const struct tv_reset *reset)
{
        bool retried = (reset->bits & TV_RESET_TO_RETRY) != 0;
        double silent = since(reset, reset->spoke);
        const struct tv_trouble *peer = tv_track_trouble(c->subject->tracker, c->peer);
        /* Whatever swallowed the repetitions may have swallowed its close, too. */
        uint32_t dead = peer != NULL ? peer->silence.retries - (retried && peer->silence.retries != 0) : 0;
        bool cut = dead >= 3;
        struct tv_finding *f = tv_close_finding(
                c, findings, "reset.half-open-peer", tv_close_confidence(c->subject, retried ? TV_CERTAIN : TV_LIKELY),
                cut ? TV_BLAME_UNKNOWN : tv_close_blame(c->end), reset->spoke, reset->time);
        const struct tv_reset *refused =
                &tv_track_closing(c->subject->tracker, &c->subject->conn->track)->refused[c->dir];
        char vain[100] = "", heard[120];

        if (f == NULL)
                return;
        if (refused->frame != 0 && refused->time <= reset->time) {
                /* It had ended the connection, by a reset that its receiver could not take (RFC 5961 3.2). */
                tv_finding_frame(f, refused->frame);
                snprintf(heard, sizeof heard, "a reset of it %.3f s before had a SEQ that %c did not take",
                         tv_close_seconds(reset->time - refused->time), c->other_name);
        } else {
                snprintf(heard, sizeof heard, "no FIN or reset of it had come, and it was last heard %.3f s before",
                         silent);
        }
        tv_finding_frame(f, reset->answers);
        tv_finding_frame(f, reset->frame);
        if (cut)
                snprintf(vain, sizeof vain, ". %" PRIu32 " repetitions had met silence: the path was cut, or %c down",
                         dead, c->name);
        tv_finding_text(
                f->what,
                "%c answered %s of %c by a reset without acknowledgment number, as a host does that has no such "
                "connection; %s%s",
                c->name, provoked_by(reset), c->other_name, heard, vain);
        tv_finding_text(f->not_,
                        "an abort by its application: that reset would acknowledge what had come. A closed port: the "
                        "connection was open%s",
                        c->subject->doubts.misses ? ". A FIN or reset before may be among the packets that this "
                                                    "capture misses"
                        /* Nothing came back for a while: what ended the connection may have been lost then. */
                        : retried ? ", unless a FIN or reset of it died while earlier copies met silence"
                                  : "");
        tv_finding_text(f->advice,
                        "on %s: was the host or container restarted, a process checkpointed, an address moved to "
                        "another host (failover, NAT, load balancer)? uptime; ss -tn 'dport = :%u' on %s shows what "
                        "still believes; nstat -az TcpOutRsts on %s",
                        c->address, c->port, c->peer_address, c->address);
}

static void
aborted(const struct tv_close_end *c, struct tv_findings *findings, const struct tv_reset *reset, bool unread)
{
        struct tv_finding *f = tv_close_finding(
                c, findings, unread ? "reset.unread-data" : "reset.abort",
                tv_close_confidence(c->subject,
                                    !unread && (reset->bits & TV_RESET_HAS_ACK) != 0 ? TV_LIKELY : TV_POSSIBLE),
                tv_close_blame(c->end), reset->time, reset->time);

        if (f == NULL)
                return;
        tv_finding_frame(f, reset->answers);
        tv_finding_frame(f, reset->frame);
        if (unread) {
                tv_finding_text(f->what,
                                "%c reset the connection %s, %.3f s after the last octets of %c; its window grew from "
                                "%u to %u (unscaled) with the reset: what it had not read was thrown away",
                                c->name, phase(reset), since(reset, reset->answered), c->other_name,
                                reset->window_before, reset->window);
                tv_finding_text(f->not_, "SO_LINGER 0 leaves the same reset: but then nothing need have waited in the "
                                         "buffer. A host without this connection: the reset acknowledges its octets");
                tv_finding_text(f->advice,
                                "on %s, port %u: close() or exit() with unread data resets (RFC 2525 2.17). Did the "
                                "process die, or does the protocol end before all was read? nstat -az "
                                "TcpExtTCPAbortOnClose (1 of them is this)",
                                c->address, c->port);
        } else {
                tv_finding_text(f->what, "%c reset the connection %s, %.3f s after %c's last segment", c->name,
                                phase(reset), since(reset, reset->answered), c->other_name);
                tv_finding_text(f->not_,
                                "%s. Injected: TTL %u is that of %c's other segments, and %c sent nothing after it",
                                (reset->bits & TV_RESET_HAS_ACK) != 0
                                        ? "a host that has forgotten the connection: the reset acknowledges what had "
                                          "come"
                                        : "a host that has forgotten the connection: nothing of the other end asked "
                                          "for it",
                                reset->ttl, c->name, c->name);
                tv_finding_text(f->advice,
                                "on %s, port %u: which code sets SO_LINGER 0, or closes with data unread, or shuts "
                                "down by force? nstat -az TcpExtTCPAbortOnData TcpExtTCPAbortOnClose",
                                c->address, c->port);
        }
}

static void
after_close(const struct tv_close_end *c, struct tv_findings *findings, const struct tv_reset *reset)
{
        const struct tv_milestone *fin = tv_close_own(c, TV_DID_FIN);
        struct tv_finding *f =
                tv_close_finding(c, findings, "reset.after-close", tv_close_confidence(c->subject, TV_LIKELY),
                                 tv_close_blame(c->end), reset->time, reset->time);

        if (f == NULL)
                return;
        tv_finding_frame(f, fin->cause);
        tv_finding_frame(f, reset->frame);
        tv_finding_text(f->what, "%c sent a reset %s, %.3f s after its FIN%s%s", c->name, phase(reset),
                        since(reset, fin->latest), (reset->bits & TV_RESET_ANSWERS) != 0 ? ", in answer to " : "",
                        (reset->bits & TV_RESET_ANSWERS) != 0 ? provoked_by(reset) : "");
        tv_finding_text(f->not_, "an abort: it had closed before. Data that came too late: %c sent none after that",
                        c->other_name);
}

/* A reset that its receiver did not act on, as RFC 5961 asks for. */
static void
refused(const struct tv_close_end *c, struct tv_findings *findings, const struct tv_closing *closing)
{
        const struct tv_reset *reset = &closing->refused[c->dir];
        bool window = (reset->bits & TV_RESET_IN_WINDOW) != 0;
        tv_frame challenge = closing->challenge[c->dir];
        bool odd = (reset->bits & TV_RESET_OTHER_TTL) != 0;
        struct tv_finding *f;

        /* An end that resets answers every segment that is still under way to it: these tell nothing more.  And one
         * that answers a segment of another connection means that one. */
        if (reset->frame == 0 || closing->accepted[c->dir].frame != 0 || (reset->bits & TV_RESET_OWN_FIN) != 0)
                return;
        if ((closing->ignored[c->dir] == 0 && challenge == 0) || (reset->bits & TV_RESET_ANSWERS) != 0)
                return;
        if (odd && closing->went_on[c->dir] != 0) {
                injected(c, findings, reset, closing);
                return;
        }
        f = tv_close_finding(c, findings, challenge != 0 && window ? "reset.challenge-acked" : "reset.ignored",
                             tv_close_confidence(c->subject, TV_LIKELY), odd ? TV_BLAME_NETWORK : TV_BLAME_UNKNOWN,
                             reset->time, closing->ignored_time[c->dir]);
        if (f == NULL)
                return;
        f->count = closing->refused_count[c->dir];
        tv_finding_frame(f, reset->frame);
        tv_finding_frame(f, challenge);
        tv_finding_frame(f, closing->ignored_frame[c->dir]);
        tv_finding_frame(f, closing->went_on[c->dir]);
        tv_finding_text(f->what, "a reset in the name of %c had a SEQ %s: %c %s, and sent %" PRIu32 " more segments%s",
                        c->name, window ? "inside the window, but not the next one" : "outside the window",
                        c->other_name, challenge != 0 ? "answered with a challenge ACK" : "did not act on it",
                        closing->ignored[c->dir],
                        odd ? "; its TTL is not that of the other segments: somebody on the way sent it" : "");
        tv_finding_text(f->not_,
                        "the end of the connection: RFC 5961 section 3 lets only a reset with the next SEQ do "
                        "that%s",
                        closing->went_on[c->dir] != 0 ? "; its purported sender went on, too" : "");
        tv_finding_text(f->advice,
                        "guessed numbers are an attack, or a middlebox that has lost track. on %s: nstat -az "
                        "TcpExtTCPChallengeACK; capture on %s to see whether it sent this reset",
                        c->peer_address, c->address);
}

void
tv_diagnose_reset(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_closing *closing = tv_track_closing(subject->tracker, &subject->conn->track);
        const struct tv_reset *reset;
        enum tv_reset_cause cause;
        struct tv_close_end c;
        enum tv_end sender;

        if (closing == NULL)
                return;
        reset = tv_close_reset(subject, &sender, &cause);
        if (reset != NULL)
                tv_close_end_of(subject, sender, &c);
        switch (cause) {
        case TV_CAUSE_INJECTED:
                injected(&c, findings, reset, closing);
                break;
        case TV_CAUSE_TIMEOUT:
                timed_out(&c, findings, reset);
                break;
        case TV_CAUSE_KEEPALIVE:
                keepalive(&c, findings, reset);
                break;
        case TV_CAUSE_FORGOTTEN:
                forgotten(&c, findings, reset);
                break;
        case TV_CAUSE_ABORT:
        case TV_CAUSE_UNREAD:
                aborted(&c, findings, reset, cause == TV_CAUSE_UNREAD);
                break;
        case TV_CAUSE_AFTER_CLOSE:
                after_close(&c, findings, reset);
                break;
        default:
                break;
        }
        for (int end = TV_A; end <= TV_B && subject->row->handshake != TV_HANDSHAKE_REFUSED; end++) {
                tv_close_end_of(subject, (enum tv_end)end, &c);
                if ((c.peer->bits & TV_EP_SEEN) != 0 && c.ep->segments > closing->refused_count[c.dir])
                        refused(&c, findings, closing);
        }
}
