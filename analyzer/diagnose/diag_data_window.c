/* diag_data_window.c - the receiver's window: closed, opened unheard, or too small for the path. */
#include "analyzer/diagnose/diag_data.h"

#include <inttypes.h>
#include <stdio.h>

#define MILLISECOND INT64_C(1000000)

static void
zero_window(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_ZERO_WINDOW);
        const struct tv_note *lost = tv_data_note(c, TV_NOTE_UPDATE_LOST);
        const struct tv_trouble *peer = tv_track_trouble(c->subject->tracker, c->peer);
        char often[20], probed[20];
        tv_time total, longest;
        uint64_t probes;
        bool open_end, waited;
        struct tv_finding *f;

        if (note == NULL)
                return;
        total = note->total;
        longest = note->longest;
        probes = note->high;
        open_end = note->amount != 0;
        if (open_end) { /* closed to the end */
                tv_time closed = c->subject->row->start + c->subject->row->duration - (tv_time)note->amount;

                closed = closed > 0 ? closed : 0;
                total += closed;
                longest = closed > longest ? closed : longest;
                probes += peer != NULL ? peer->window_probes - note->low : 0;
        }
        waited = probes != 0;
        /* A window that closes when the last octet came, and nobody waits for it, hurts nobody. */
        if (!waited && total < 10 * MILLISECOND)
                return;
        f = tv_data_finding(c, findings, "data.zero-window", waited ? TV_CERTAIN : TV_LIKELY, tv_data_blame(c), note);
        if (f == NULL)
                return;
        if (!waited && total < 200 * MILLISECOND)
                f->severity = TV_INFO;
        if (open_end)
                f->until = c->subject->row->start + c->subject->row->duration;
        tv_finding_text(f->what,
                        "%c's receive buffer was full %s, %.3f s in all, %.3f s at most%s%s; %c probed %s: the "
                        "application at %c did not read",
                        c->name, tv_finding_times(note->count, often), tv_data_seconds(total), tv_data_seconds(longest),
                        lost != NULL && lost->low != 0 ? " (or less: the news of its opening died)" : "",
                        open_end ? ", and still is" : "", c->other_name,
                        probes != 0 ? tv_finding_times((unsigned)probes, probed) : "never", c->name);
        tv_finding_text(f->not_, "a slow network: %c itself said that it takes no more. A slow sender: it %s", c->name,
                        waited ? "waited and probed" : "had filled the window");
        tv_finding_text(
                f->advice,
                "what did the process on %s port %u do then (top, stack dump)? ss -tm 'sport = :%u': Recv-Q near rb; "
                "nstat -az TcpExtTCPToZeroWindowAdv (this capture explains %" PRIu32 "). A larger net.ipv4.tcp_rmem "
                "(default maximum 6 MiB) only delays it",
                c->address, c->port, c->port, note->count);
}

static void
update_lost(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_UPDATE_LOST);
        struct tv_finding *f;
        bool passed;

        if (note == NULL || c->subject->doubts.misses)
                return;
        /* Those that passed and died behind the capture point are sure; of the others, which never passed, the IP IDs
         * may tell that a packet died. */
        passed = note->high != 0;
        f = tv_data_finding(c, findings, "data.window-update-lost",
                            passed && !c->subject->doubts.stepped ? TV_CERTAIN
                            : note->amount == note->count         ? TV_LIKELY
                                                                  : TV_POSSIBLE,
                            passed || note->amount == note->count ? TV_BLAME_NETWORK : TV_BLAME_UNKNOWN, note);
        if (f == NULL)
                return;
        if (passed)
                tv_finding_text(f->what,
                                "%c opened its window again; what said so died behind this capture point, %" PRIu64
                                " time%s: %c went on probing, and sent its data only when a probe was answered, %.3f s "
                                "late%s",
                                c->name, note->high, note->high == 1 ? "" : "s", c->other_name,
                                tv_data_seconds(note->total), note->low != 0 ? "; others may have died before it" : "");
        else
                tv_finding_text(f->what,
                                "%c opened its window again, and %c learned it only from the answer to its probe, "
                                "%" PRIu32 " time%s: the window update did not pass here",
                                c->name, c->other_name, note->count, note->count == 1 ? "" : "s");
        if (passed)
                tv_finding_text(f->not_,
                                "a slow application at %c: the window was open. An idle one at %c: it sent as soon as "
                                "the answer had come. Keepalive: it had probed the closed window, and had data to send",
                                c->name, c->other_name);
        else if (note->amount == note->count)
                tv_finding_text(f->not_,
                                "an application that read just then: by its IP IDs, %c had sent a packet before the "
                                "answer, which did not pass here",
                                c->name);
        else
                tv_finding_text(
                        f->not_,
                        "an application that read just then: its host would have sent a window update by itself, "
                        "and none passed here. That this capture alone missed it is possible");
        tv_finding_text(f->advice,
                        "window updates are not repeated; the sender's probes (net.ipv4.tcp_retries2 and the "
                        "RTO set their pace) mend it. Look at the path from %c to %c, which loses packets; on %s: "
                        "nstat -az TcpExtTCPWinProbe",
                        c->name, c->other_name, c->peer_address);
}

/* |c| is the sender, whose peer does not allow more. */
static void
window_limited(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_WINDOW_FULL);
        const struct tv_note *closed = tv_track_note(c->subject->tracker, c->peer, TV_NOTE_ZERO_WINDOW);
        const struct tv_connection *row = c->subject->row;
        tv_time loop =
                tv_track_round_trip(&c->subject->conn->track, 0) + tv_track_round_trip(&c->subject->conn->track, 1);
        tv_time total = note != NULL ? note->total : 0, mean, usual;
        bool slow, unscaled;
        char window[48];
        struct tv_finding *f;

        /* Three times and a tenth of the connection's life: else it hardly counts. */
        if (note == NULL || note->count < 3 || total < row->duration / 10 || total < 50 * MILLISECOND)
                return;
        if (closed != NULL && closed->total > total / 2)
                return; /* data.zero-window tells it */
        /* A host whose application reads at once allows more as soon as it acknowledges.  A wait much shorter than the
         * round trip says that this was measured too long. */
        mean = total / note->count;
        usual = tv_rtt_percentile(&c->ep->rtt, 50) + tv_track_round_trip(&c->subject->conn->track, c->dir);
        loop = usual > loop ? usual : loop;
        slow = note->low * 2 <= note->high && mean > 2 * loop;
        if (mean < loop / 2)
                loop = mean;
        if (note->low < note->high)
                snprintf(window, sizeof window, "%" PRIu64 " to %" PRIu64, note->low, note->high);
        else
                snprintf(window, sizeof window, "%" PRIu64, note->high);
        unscaled = (c->peer->bits & TV_EP_SCALED) == 0;
        f = tv_data_finding(c, findings, "data.window-limited", c->subject->doubts.misses ? TV_POSSIBLE : TV_LIKELY,
                            tv_data_blame_peer(c), note);
        if (f == NULL)
                return;
        f->end = (uint8_t)c->other;
        if (slow)
                tv_finding_text(f->what,
                                "%c filled %c's window %" PRIu32
                                " times and waited %.3f s in all: it shrank from %" PRIu64 " to %" PRIu64
                                " octets, since the application at %c reads slowly",
                                c->name, c->other_name, note->count, tv_data_seconds(total), note->high, note->low,
                                c->other_name);
        else
                tv_finding_text(f->what,
                                "%c filled %c's window of %s octets %" PRIu32 " times and waited %.3f s in all: "
                                "at a round trip of %.1f ms no more than %.2f MB/s%s",
                                c->name, c->other_name, window, note->count, tv_data_seconds(total), (double)loop / 1e6,
                                loop > 0 ? (double)note->high * 1e3 / (double)loop : 0.0,
                                unscaled && note->high > 16384 ? "; windows are not scaled" : "");
        tv_finding_text(f->not_,
                        "congestion: %c had sent all that %c allowed. A slow application at %c: it went on as soon as "
                        "the window opened. A closed window: it never was zero for long",
                        c->name, c->other_name, c->name);
        if (slow)
                tv_finding_text(
                        f->advice,
                        "why does the process on %s port %u read slowly? ss -tm 'sport = :%u' there shows Recv-Q and "
                        "rb; a larger buffer only delays it",
                        c->peer_address, c->peer_port, c->peer_port);
        else
                tv_finding_text(
                        f->advice,
                        "on %s: sysctl net.ipv4.tcp_rmem net.ipv4.tcp_window_scaling net.ipv4.tcp_moderate_rcvbuf (1; "
                        "maximum 6 MiB by default); an application that sets SO_RCVBUF turns the tuning off",
                        c->peer_address);
}

void
tv_data_window(const struct tv_data_case *c, struct tv_findings *findings)
{
        zero_window(c, findings);
        update_lost(c, findings);
        window_limited(c, findings);
}
