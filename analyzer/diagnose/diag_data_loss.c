/* diag_data_loss.c - data lost on the way, sent again without need, late, or delivered twice. */
#include "analyzer/diagnose/diag_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What was lost, whatever made the sender notice. */
struct lost {
        const struct tv_note *timer, *fast, *probe, *other;
        const struct tv_note *worst; /* which of these took longest */
        uint64_t count, octets, up, down;
        tv_time longest;
};

static void
add(struct lost *lost, const struct tv_note *note)
{
        if (note == NULL)
                return;
        lost->count += note->count;
        lost->octets += note->amount;
        lost->up += note->low;
        lost->down += note->high;
        if (note->longest > lost->longest) {
                lost->longest = note->longest;
                lost->worst = note;
        }
}

static void
add_to(struct tv_finding *f, const struct tv_note *note)
{
        if (note == NULL)
                return;
        if (note->begin != TV_NO_TIME && note->begin < f->time)
                f->time = note->begin;
        if (note->end != TV_NO_TIME && note->end > f->until)
                f->until = note->end;
        tv_data_frames(f, note);
}

/* " by a timeout 1, by fast retransmit 2" */
static void
add_way(char text[120], size_t *at, const char *name, const struct tv_note *note)
{
        if (note != NULL && *at < 120)
                *at += (size_t)snprintf(text + *at, 120 - *at, "%s%s %" PRIu32, *at == 0 ? " " : ", ", name,
                                        note->count);
}

/* Repetitions of which nothing tells whether they were needed: as many more may have been lost. */
static void
add_undecided(const struct tv_data_case *c, struct tv_finding *f)
{
        uint64_t decided = (uint64_t)c->trouble->needed + c->trouble->spurious;
        size_t length = strlen(f->not_);

        if (c->trouble->retransmissions <= decided)
                return;
        snprintf(f->not_ + length, sizeof f->not_ - length,
                 ". Of %" PRIu64 " more repetition%s nothing tells whether %s needed",
                 c->trouble->retransmissions - decided, c->trouble->retransmissions - decided == 1 ? "" : "s",
                 c->trouble->retransmissions - decided == 1 ? "it was" : "they were");
}

static void
loss(const struct tv_data_case *c, struct tv_findings *findings)
{
        struct lost lost = {.timer = tv_data_note(c, TV_NOTE_LOST_TIMER),
                            .fast = tv_data_note(c, TV_NOTE_LOST_FAST),
                            .probe = tv_data_note(c, TV_NOTE_LOST_PROBE),
                            .other = tv_data_note(c, TV_NOTE_LOST_OTHER)};
        bool misses = c->subject->doubts.misses, at_receiver = tv_data_at_receiver(c), at_sender = tv_data_at_sender(c);
        bool at_host;
        enum tv_blame blame = TV_BLAME_NETWORK;
        struct tv_finding *f;
        char ways[120] = "";
        size_t at = 0;

        add(&lost, lost.timer);
        add(&lost, lost.fast);
        add(&lost, lost.probe);
        add(&lost, lost.other);
        if (lost.count == 0)
                return;
        /* Lost behind a capture at the receiver: in its host.  Lost before one at the sender: not captured, or dropped
         * by the host itself. */
        if (at_receiver && lost.down == lost.count)
                blame = tv_data_blame_peer(c);
        else if (at_sender && lost.up == lost.count)
                blame = TV_BLAME_UNKNOWN;
        at_host = blame != TV_BLAME_NETWORK;
        /* Where the order of the directions tells nothing either, little is certain. */
        if (misses && c->subject->doubts.skew != 0)
                blame = TV_BLAME_UNKNOWN;
        f = tv_data_finding(c, findings, "data.loss",
                            misses && c->subject->doubts.skew != 0            ? TV_POSSIBLE
                            : misses || c->subject->doubts.stepped || at_host ? TV_LIKELY
                                                                              : TV_CERTAIN,
                            blame, NULL);
        if (f == NULL)
                return;
        f->time = INT64_MAX;
        f->until = INT64_MIN;
        add_to(f, lost.fast);
        add_to(f, lost.timer);
        add_to(f, lost.probe);
        add_to(f, lost.other);
        f->count = lost.count;
        add_way(ways, &at, "fast retransmit", lost.fast);
        add_way(ways, &at, "timeout", lost.timer);
        add_way(ways, &at, "tail loss probe", lost.probe);
        add_way(ways, &at, "other", lost.other);
        tv_finding_text(f->what,
                        "%" PRIu64 " of %" PRIu64 " segments (%" PRIu64
                        " octets) lost on the way from %c to %c%s; sent "
                        "again by%s; %c waited %.3f s for them, %.3f s at most%s",
                        lost.count, c->row->segments, lost.octets, c->name, c->other_name,
                        misses ? "" : tv_data_where(lost.up, lost.down, lost.count), ways, c->other_name,
                        tv_data_seconds(c->trouble->recovery), tv_data_seconds(lost.longest),
                        lost.worst == NULL         ? ""
                        : lost.worst == lost.timer ? ", until a timeout"
                        : lost.worst == lost.fast  ? ", until a fast retransmit"
                        : lost.worst == lost.probe ? ", until a tail loss probe"
                                                   : "");
        if (misses)
                tv_finding_text(f->not_,
                                "missed by the capture alone: %c sent them again. But this capture misses packets, so "
                                "which side they died on is unknown",
                                c->name);
        else if (blame == TV_BLAME_UNKNOWN)
                tv_finding_text(f->not_,
                                "lost on the path: a capture at %c itself never saw them pass; %c's own queue "
                                "dropped them, or the capture missed them",
                                c->name, c->name);
        else if (blame != TV_BLAME_NETWORK)
                tv_finding_text(f->not_,
                                "lost on the path: they are in this capture, taken at %c, whose host did not "
                                "take them",
                                c->other_name);
        else
                tv_finding_text(f->not_,
                                "reordering: the repetitions are later transmissions%s. Missed by the capture: %c %s",
                                lost.fast != NULL ? ", sent because of duplicate acknowledgments or SACK" : "",
                                lost.fast != NULL ? c->other_name : c->name,
                                lost.fast != NULL ? "itself asked for these octets" : "had no acknowledgment of them");
        add_undecided(c, f);
        tv_finding_text(f->advice,
                        "on %s: nstat -az TcpRetransSegs (this capture explains %" PRIu64
                        "); ss -ti 'dport = :%u' shows "
                        "retrans and cwnd. The hosts are not at fault: look at the path from %c to %c (queue drops, "
                        "policers, link errors)",
                        c->address, c->row->retransmissions, c->peer_port, c->name, c->other_name);
        if (blame != TV_BLAME_NETWORK)
                tv_finding_text(
                        f->advice,
                        "on %s: nstat -az TcpExtTCPBacklogDrop TcpExtTCPRcvQDrop TcpExtPAWSEstab TcpInCsumErrors; "
                        "ip -s link (rx dropped, tx dropped); tc -s qdisc",
                        blame == TV_BLAME_UNKNOWN ? c->address : c->peer_address);
}

static void
lost_again(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_LOST_AGAIN);
        struct tv_finding *f;

        if (note == NULL)
                return;
        f = tv_data_finding(c, findings, "data.lost-retransmission", c->subject->doubts.misses ? TV_LIKELY : TV_CERTAIN,
                            TV_BLAME_NETWORK, note);
        if (f == NULL)
                return;
        tv_finding_text(f->what,
                        "%" PRIu32 " repetition%s of what %c had sent died too; the next copy came %.3f s after it at "
                        "most",
                        note->count, note->count == 1 ? "" : "s", c->name, tv_data_seconds(note->longest));
        tv_finding_text(f->not_, "an impatient timer: of no copy before the last one did an acknowledgment come back");
        tv_finding_text(f->advice,
                        "on %s: nstat -az TcpExtTCPLostRetransmit (this capture explains %" PRIu32
                        "): heavy loss, or a "
                        "policer that drops in bursts, on the path from %c to %c",
                        c->address, note->count, c->name, c->other_name);
}

static void
damaged(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_LOST_DAMAGED);
        struct tv_finding *f;

        if (note == NULL || tv_ledger_damaged_taken(&c->ep->sent))
                return;
        f = tv_data_finding(c, findings, "data.bad-checksum", TV_CERTAIN, TV_BLAME_NETWORK, note);
        if (f == NULL)
                return;
        tv_finding_text(f->what,
                        "%" PRIu32 " segment%s of %c with a wrong TCP checksum, discarded by %c and sent again",
                        note->count, note->count == 1 ? "" : "s", c->name, c->other_name);
        tv_finding_text(f->not_,
                        "checksum offload (filled in by the network card, after the capture): then %c would have taken "
                        "them, and %c would not have sent them again",
                        c->other_name, c->name);
        tv_finding_text(f->advice,
                        "on %s: nstat -az TcpInCsumErrors (this capture explains %" PRIu32
                        "); a device on the path from "
                        "%c to %c damages packets: memory, a faulty card, or a NAT that recomputes wrongly",
                        c->peer_address, note->count, c->name, c->other_name);
}

static void
unneeded(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_SPURIOUS);
        const struct tv_note *late = tv_data_note(c, TV_NOTE_LATE);
        struct tv_finding *f;
        const char *why;

        if (note == NULL)
                return;
        f = tv_data_finding(c, findings, "data.spurious-retransmission",
                            c->subject->doubts.skew != 0 ? TV_POSSIBLE
                            /* What a D-SACK reports twice may be a copy that the network made of the repetition. */
                            : c->subject->doubts.misses || note->high != 0 ? TV_LIKELY
                                                                           : TV_CERTAIN,
                            TV_BLAME_UNKNOWN, note);
        if (f == NULL)
                return;
        why = note->low == 0 && note->high == 0 ? ""
              : note->low == 0                  ? ", by fast retransmit: what came late looked lost"
              : note->high == 0                 ? ", by a timer that was faster than the answer"
                                                : ", by timers and by fast retransmit";
        if (late != NULL || (note->high != 0 && note->low == 0))
                f->blame = TV_BLAME_NETWORK;
        tv_finding_text(f->what, "%" PRIu32 " segment%s (%" PRIu64 " octets) sent again by %c without need%s",
                        note->count, note->count == 1 ? "" : "s", note->amount, c->name, why);
        tv_finding_text(f->not_,
                        "loss: an earlier copy of each arrived (%c acknowledged it before the repetition can have "
                        "come, echoed its time stamp, or reported it received twice)",
                        c->other_name);
        tv_finding_text(f->advice,
                        "on %s: nstat -az TcpExtTCPSpuriousRTOs TcpExtTCPDSACKRecv TcpExtTCPSACKReorder (this capture "
                        "explains %" PRIu32
                        " D-SACKs at most); it costs little. Look for delay spikes or reordering on "
                        "the path; do not lower rto_min",
                        c->address, note->count);
}

static void
acknowledgment_lost(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_ACK_LOST);
        struct tv_finding *f;

        if (note == NULL)
                return;
        f = tv_data_finding(c, findings, "data.ack-loss", TV_LIKELY, TV_BLAME_NETWORK, note);
        if (f == NULL)
                return;
        tv_finding_text(f->what,
                        "%" PRIu32
                        " segment%s of %c had arrived, but the acknowledgment was lost on the way from %c to "
                        "%c%s, and a timer sent %s again",
                        note->count, note->count == 1 ? "" : "s", c->name, c->other_name, c->name,
                        tv_data_where(note->low, note->high, note->count), note->count == 1 ? "it" : "them");
        tv_finding_text(f->not_,
                        "data lost: %c reported the repetition as received twice, or had acknowledged the first copy. "
                        "Only late: no acknowledgment came before that of the repetition",
                        c->other_name);
        tv_finding_text(f->advice,
                        "look at the path from %c to %c, which loses small packets; on %s: nstat -az TcpExtTCPTimeouts "
                        "TcpExtTCPDSACKRecv",
                        c->other_name, c->name, c->address);
}

static void
late(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_LATE);
        bool reacted, doubtful;
        struct tv_finding *f;

        if (note == NULL)
                return;
        /* A capture at the sender sees the order in which it was handed over: the capture's own doing, or the host's.
         */
        if (tv_data_at_sender(c) || note->longest == 0)
                return;
        reacted = note->low != 0;
        doubtful = c->subject->doubts.misses || c->subject->doubts.skew != 0 || c->subject->doubts.stepped;
        /* Queues do not hold a packet so long. */
        if (note->longest > INT64_C(500000000)) {
                reacted = false;
                doubtful = true;
        }
        f = tv_data_finding(c, findings, "data.reordering",
                            doubtful && !reacted   ? TV_POSSIBLE
                            : doubtful || !reacted ? TV_LIKELY
                                                   : TV_CERTAIN,
                            doubtful && !reacted ? TV_BLAME_UNKNOWN : TV_BLAME_NETWORK, note);
        if (f == NULL)
                return;
        tv_finding_text(f->what,
                        "%" PRIu32 " of %" PRIu64 " segments of %c %s overtaken on the way to this capture point, by "
                        "%.3f ms at most%s",
                        note->count, c->row->segments, c->name, note->count == 1 ? "was" : "were",
                        (double)note->longest / 1e6,
                        reacted ? "; the peer answered with duplicate acknowledgments" : "");
        tv_finding_text(f->not_,
                        "loss and retransmission: the late ones are the originals, by their time stamps, IP IDs, "
                        "acknowledgment numbers, or because no answer can have come back so soon");
        tv_finding_text(
                f->advice,
                "several paths or queues from %c to %c (link aggregation per packet, multi-queue devices); on %s: "
                "ss -ti shows reordering; harmless below 3 segments, beyond it costs spurious retransmissions",
                c->name, c->other_name, c->address);
}

static void
twice(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_TWIN);
        const struct tv_note *opening = tv_data_note(c, TV_NOTE_TWIN_OPENING);
        struct tv_finding *f;
        bool close;

        /* One packet recorded twice is the capture's doing where that is the rule. */
        if (note == NULL || c->row->network_duplicates == 0 || note->amount * 2 > c->row->unique_bytes + 1)
                return;
        /* No two packets come at the same moment: a file that was put together holds them twice. */
        if (note->longest == 0)
                return;
        /* So close together, a capturer at two places of one host records them too. */
        close = note->longest <= TV_PLACES_APART;
        f = tv_data_finding(c, findings, "data.network-duplicates", close ? TV_POSSIBLE : TV_LIKELY,
                            close ? TV_BLAME_UNKNOWN : TV_BLAME_NETWORK, note);
        if (f == NULL)
                return;
        f->count = c->row->network_duplicates;
        /* What it did to the handshake is told there. */
        if (opening != NULL && opening->count == note->count)
                for (size_t i = 0; i + 1 < findings->count; i++)
                        if (strcmp(findings->at[i].code, "handshake.duplicated") == 0)
                                f->cause_back = (uint16_t)(findings->count - 1 - i);
        tv_finding_text(f->what,
                        "%" PRIu32
                        " packet%s of %c passed twice, the same in IP ID, time stamps and content; the second "
                        "came %.3f ms later at most",
                        note->count, note->count == 1 ? "" : "s", c->name, (double)note->longest / 1e6);
        tv_finding_text(f->not_,
                        "retransmission: another transmission has another IP ID or time stamp. Recorded twice by "
                        "the capture: that would happen to every packet");
        tv_finding_text(
                f->advice,
                "a loop, a flooding switch, or a redundant path (PRP, HSR, ECMP with copies) between %c and this "
                "capture point; on %s: nstat -az TcpExtTCPDSACKOldSent",
                c->name, c->peer_address);
}

void
tv_data_loss(const struct tv_data_case *c, struct tv_findings *findings)
{
        loss(c, findings);
        lost_again(c, findings);
        damaged(c, findings);
        late(c, findings);
        unneeded(c, findings);
        acknowledgment_lost(c, findings);
        twice(c, findings);
}
