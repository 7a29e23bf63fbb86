/* diag_data_path.c - what the path does to round trips and marks. */
#include "analyzer/diagnose/diag_data.h"

#include <inttypes.h>
#include <stdio.h>

#define MILLISECOND INT64_C(1000000)

/* A full queue delays what is sent while much is under way, and only that. */
static void
inflation(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *loaded = tv_data_note(c, TV_NOTE_SLOW_LOADED);
        const struct tv_note *light = tv_data_note(c, TV_NOTE_SLOW_LIGHT);
        const struct tv_rtt *rtt = &c->ep->rtt;
        uint32_t others = light != NULL ? light->count : 0;
        struct tv_finding *f;

        if (loaded == NULL || loaded->count < 10 || loaded->count < 4 * (uint64_t)others ||
            (uint64_t)loaded->count * 5 < rtt->count || c->subject->doubts.stepped)
                return;
        /* A path that stands still once delays all that is under way then; a queue does it for many round trips. */
        if (loaded->end - loaded->begin < 3 * loaded->longest)
                return;
        f = tv_data_finding(c, findings, "data.rtt-inflation", TV_LIKELY, TV_BLAME_NETWORK, loaded);
        if (f == NULL)
                return;
        tv_finding_text(f->what,
                        "while %c had up to %" PRIu32
                        " octets under way, the round trip grew from %.1f ms to %.1f ms (%" PRIu32 " of %" PRIu64
                        " samples over twice the shortest): a queue on the path was full",
                        c->name, c->ep->max_in_flight, (double)rtt->min / 1e6, (double)loaded->longest / 1e6,
                        loaded->count, rtt->count);
        tv_finding_text(f->not_,
                        "a longer path or a slow host: with little under way it is fast (%" PRIu32
                        " slow samples then). "
                        "Delayed acknowledgments: those hold back single segments",
                        others);
        tv_finding_text(
                f->advice,
                "the bottleneck between %s and %s needs active queue management (fq_codel, CAKE), or a shaper below "
                "its rate; on %c: tc -s qdisc, net.ipv4.tcp_congestion_control (cubic fills queues, bbr less)",
                c->address, c->peer_address, c->name);
}

/* Round trips that vary although little is under way. */
static void
jitter(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *light = tv_data_note(c, TV_NOTE_SLOW_LIGHT);
        const struct tv_note *loaded = tv_data_note(c, TV_NOTE_SLOW_LOADED);
        const struct tv_note *replies = tv_track_note(c->subject->tracker, c->peer, TV_NOTE_PAUSE_REPLY);
        const struct tv_rtt *rtt = &c->ep->rtt;
        uint64_t slow = (light != NULL ? light->count : 0) + (loaded != NULL ? loaded->count : 0);
        tv_time median = tv_rtt_percentile(rtt, 50);
        struct tv_finding *f;

        /* A delayed acknowledgment takes up to 0.2 s, a reply as long as it takes: what is longer than that, and not a
         * reply, is the path's doing.  Most of the samples must tell that it can be fast. */
        if (light == NULL || rtt->count < 40 || slow < 10 || slow * 4 > rtt->count || median == INT64_MIN ||
            median > rtt->min + rtt->min / 2 || light->longest < median + 250 * MILLISECOND || replies != NULL ||
            c->row->retransmissions != 0 || c->subject->doubts.stepped || c->subject->doubts.misses)
                return;
        f = tv_data_finding(c, findings, "data.jitter", TV_POSSIBLE, TV_BLAME_NETWORK, light);
        if (f == NULL)
                return;
        tv_finding_text(f->what,
                        "%" PRIu64 " of %" PRIu64
                        " round trips of what %c sent were much longer than the rest: up to %.1f ms, "
                        "half of them below %.1f ms; little was under way",
                        slow, rtt->count, c->name, (double)light->longest / 1e6, (double)median / 1e6);
        tv_finding_text(f->not_,
                        "a full queue of its own making: little was under way. Delayed acknowledgments: those take no "
                        "longer than 0.2 s. A busy host at %c remains possible",
                        c->other_name);
        tv_finding_text(f->advice,
                        "ping %s during it; look for WLAN, radio links, or a bottleneck shared with other traffic",
                        c->peer_address);
}

static void
marks(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *marked = tv_data_note(c, TV_NOTE_MARKED);
        const struct tv_note *echoed = tv_track_note(c->subject->tracker, c->peer, TV_NOTE_ECHOED);
        const struct tv_note *reduced = tv_data_note(c, TV_NOTE_REDUCED);
        bool accurate = tv_data_note(c, TV_NOTE_ACCECN) != NULL ||
                        tv_track_note(c->subject->tracker, c->peer, TV_NOTE_ACCECN) != NULL;
        bool refused = (c->ep->bits & c->peer->bits & TV_EP_SYN_SEEN) != 0 &&
                       (c->ep->options & c->peer->options & TV_EP_ECN) == 0;
        struct tv_finding *f;
        char passed[80], explained[48] = "";

        if (accurate)
                echoed = reduced = NULL;
        /* Without ECN in both SYNs these bits mean nothing. */
        if (refused && !accurate)
                return;
        if (marked == NULL && echoed == NULL)
                return;
        f = tv_data_finding(c, findings, "data.congestion-marks", marked != NULL ? TV_CERTAIN : TV_LIKELY,
                            TV_BLAME_NETWORK, marked != NULL ? marked : echoed);
        if (f == NULL)
                return;
        if (echoed != NULL)
                tv_data_frames(f, echoed);
        if (reduced != NULL)
                tv_data_frames(f, reduced);
        if (marked != NULL) {
                snprintf(passed, sizeof passed, "%" PRIu32 " segment%s of %c passed here with a congestion mark (CE)",
                         marked->count, marked->count == 1 ? "" : "s", c->name);
                snprintf(explained, sizeof explained, " (this capture explains %" PRIu32 ")", marked->count);
        } else {
                snprintf(passed, sizeof passed, "behind this capture point segments of %c got a congestion mark",
                         c->name);
        }
        tv_finding_text(f->what,
                        "%s: %" PRIu32 " acknowledgment%s of %c tell%s of marks (ECE), %c slowed down %" PRIu32
                        " time%s (CWR)",
                        passed, echoed != NULL ? echoed->count : 0, echoed != NULL && echoed->count == 1 ? "" : "s",
                        c->other_name, echoed != NULL && echoed->count == 1 ? "s" : "", c->name,
                        reduced != NULL ? reduced->count : 0, reduced != NULL && reduced->count == 1 ? "" : "s");
        tv_finding_text(f->not_, "loss: marks stand in for it (RFC 3168)%s",
                        marked == NULL ? ". Marked before this capture point: the marks are set behind it" : "");
        tv_finding_text(f->advice,
                        "works as designed: a queue between %s and %s is near its limit; on %s: nstat -az "
                        "IpExtInCEPkts%s",
                        c->address, c->peer_address, c->peer_address, explained);
}

void
tv_data_path(const struct tv_data_case *c, struct tv_findings *findings)
{
        inflation(c, findings);
        jitter(c, findings);
        marks(c, findings);
}
