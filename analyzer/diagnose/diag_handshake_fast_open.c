/* diag_handshake_fast_open.c - data in the SYN (RFC 7413): taken, refused, or swallowed together with the SYN. */
#include "analyzer/diagnose/diag_handshake.h"
#include "analyzer/flow/address.h"

#include <inttypes.h>

static void
taken(const struct tv_case *subject, const struct tv_note *note, struct tv_finding *f)
{
        char host[TV_ADDRESS_TEXT];

        tv_address_text(&subject->row->addr[TV_B], host);
        tv_finding_text(f->what,
                        "the SYN carried %" PRIu64 " octets, and the SYN-ACK acknowledged %s%" PRIu64
                        " of them: fast open accepted, they waited for no handshake",
                        note->amount, note->low == note->amount ? "all " : "", note->low);
        tv_finding_text(f->not_, "refused: then the SYN-ACK acknowledges the SYN alone");
        tv_finding_text(
                f->advice,
                "nothing to do. On %s: nstat -az TcpExtTCPFastOpenPassive counts it; the application there must "
                "bear that the data of a SYN comes twice (RFC 7413 section 2.1)",
                host);
}

static void
refused(const struct tv_case *subject, const struct tv_note *note, struct tv_finding *f)
{
        char host[TV_ADDRESS_TEXT];

        tv_address_text(&subject->row->addr[TV_B], host);
        tv_finding_text(f->what,
                        "the SYN carried %" PRIu64 " octets, and the SYN-ACK acknowledged the SYN alone: fast open "
                        "refused, the data has to be sent again",
                        note->amount);
        tv_finding_text(f->not_, "a loss: SYN and data are one packet, and the SYN was answered. Swallowed on the way: "
                                 "then it has no answer");
        tv_finding_text(
                f->advice,
                "on %s: nstat -az TcpExtTCPFastOpenPassiveFail TcpExtTCPFastOpenListenOverflow; "
                "net.ipv4.tcp_fastopen must have bit 2 (default 1: client only), and the listener TCP_FASTOPEN; "
                "several hosts behind one address need the same net.ipv4.tcp_fastopen_key, or each refuses the "
                "cookies of the others",
                host);
}

static void
swallowed(const struct tv_case *subject, const struct tv_note *note, tv_time answered, struct tv_finding *f)
{
        char host[TV_ADDRESS_TEXT], times[20];

        tv_address_text(&subject->row->addr[TV_A], host);
        tv_finding_text(f->what,
                        "the SYN with %" PRIu64 " octets, sent %s, had no answer in %.3f s; a copy without data was "
                        "answered after %.3f s: something on the way may swallow SYNs with data",
                        note->amount, tv_finding_times(note->count, times),
                        tv_handshake_seconds(note->end - note->begin), tv_handshake_seconds(answered - note->end));
        tv_finding_text(f->not_, "refused: then the SYN with data has an answer. That one SYN was lost by chance looks "
                                 "the same: it takes several to tell");
        tv_finding_text(f->advice,
                        "on %s: nstat -az TcpExtTCPFastOpenActiveFail TcpExtTCPFastOpenBlackhole; try again without "
                        "fast open (net.ipv4.tcp_fastopen = 0 there), and look for firewalls that drop data in SYNs; "
                        "net.ipv4.tcp_fastopen_blackhole_timeout_sec (default 0: Linux does not give up on it; 3600 "
                        "before 5.14)",
                        host);
}

void
tv_handshake_fast_open(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_track *track = &subject->conn->track;
        unsigned a = tv_conn_a(subject->conn);
        const struct tv_endpoint *ea = &track->ep[a], *eb = &track->ep[!a];
        const struct tv_note *note = tv_track_note(subject->tracker, ea, TV_NOTE_FAST_OPEN);
        tv_time answered = eb->open[TV_DID_SYN].latest, way = ea->rtt.count != 0 ? ea->rtt.min : 0;
        const struct tv_losses *losses = tv_track_losses(subject->tracker, track);
        bool other_copy;
        struct tv_finding *f;

        /* What the SYN-ACK acknowledged is known only where it was captured. */
        if (note == NULL || note->count == 0 || note->high == 0 || (eb->bits & TV_EP_SYN_WITH_ACK) == 0 ||
            answered == TV_NO_TIME || eb->open[TV_DID_SYN].cause == 0)
                return;
        /* A SYN-ACK that comes later than a round trip after the copy without data answers that one; one that comes
         * sooner answers the first. */
        other_copy = note->low == 0 && note->end != TV_NO_TIME && answered >= note->end;
        for (unsigned i = 0; other_copy && losses != NULL && i < losses->count && i < TV_LOSSES; i++)
                if (losses->at[i].segment == TV_LOST_SYNACK)
                        return; /* it was answered, and the answer died */
        if (other_copy && (answered - note->end < way - way / 4 || note->end - note->begin < subject->profile->rto_min))
                return;
        f = tv_finding_new(findings, subject, "handshake.fast-open",
                           other_copy               ? TV_POSSIBLE
                           : subject->doubts.misses ? TV_LIKELY
                                                    : TV_CERTAIN,
                           other_copy ? TV_BLAME_NETWORK : TV_BLAME_UNKNOWN);
        if (f == NULL)
                return;
        f->end = TV_A;
        f->time = note->begin;
        f->until = answered;
        for (unsigned i = 0; i < note->frames; i++)
                tv_finding_frame(f, note->frame[i]);
        if (note->low != 0) {
                taken(subject, note, f);
        } else if (!other_copy) {
                refused(subject, note, f);
        } else {
                f->severity = TV_NOTICE;
                swallowed(subject, note, answered, f);
        }
}
