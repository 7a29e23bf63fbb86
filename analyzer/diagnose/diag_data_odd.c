/* diag_data_odd.c - segments that contradict what their sender had said: forged, stale, reneged, urgent. */
#include "analyzer/diagnose/diag_data.h"

#include <inttypes.h>
#include <stdio.h>

static void
injected(const struct tv_data_case *c, struct tv_findings *findings, const struct tv_note *foreign,
         const struct tv_note *conflict)
{
        struct tv_finding *f = tv_data_finding(c, findings, "data.injected", TV_LIKELY, TV_BLAME_UNKNOWN,
                                               foreign != NULL ? foreign : conflict);
        char ways[200] = "";

        if (f == NULL)
                return;
        if (foreign != NULL && conflict != NULL)
                tv_data_frames(f, conflict);
        if (conflict != NULL && (conflict->low != 0 || conflict->high != 0))
                snprintf(ways, sizeof ways, "%s%s%s", conflict->low != 0 ? ", with another TTL" : "",
                         conflict->low != 0 && conflict->high != 0 ? " and"
                         : conflict->high != 0                     ? ","
                                                                   : "",
                         conflict->high != 0 ? " without the time stamps" : "");
        if (foreign != NULL) {
                f->count = 1;
                tv_finding_text(f->what,
                                "%c acknowledged %" PRIu64
                                " octets in the name of %c that %c had not sent: what %c sent when it had heard of "
                                "that still begins before them%s%s",
                                c->other_name, foreign->amount, c->name, c->name, c->name,
                                ways[0] != '\0' ? "; one of both senders is" : "", ways[0] != '\0' ? ways + 1 : "");
        } else {
                tv_finding_text(f->what,
                                "%" PRIu32
                                " segment%s in the name of %c in place of other octets of it, one of both%s that %c's "
                                "segments have: somebody else sent it",
                                conflict->count, conflict->count == 1 ? "" : "s", c->name, ways, c->name);
        }
        tv_finding_text(f->not_,
                        "a retransmission: %s. A middlebox that rewrites data: it would rewrite every copy alike",
                        foreign != NULL ? "nobody repeats what he has not sent, and loss takes no number back"
                                        : "it would be of the same sender, and its octets the same");
        tv_finding_text(f->advice,
                        "compare the frames' TTL, IP ID and options; %c took the octets that came first. Who sits on "
                        "the path between %s and %s? Encryption (TLS, IPsec) makes such octets useless",
                        c->other_name, c->address, c->peer_address);
}

static void
conflict(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_CONFLICT), *foreign = tv_data_note(c, TV_NOTE_FOREIGN);
        struct tv_finding *f;

        if (note == NULL && foreign == NULL)
                return;
        /* The packets come from different distances, or of different stacks. */
        if (foreign != NULL || note->low != 0 || note->high != 0) {
                injected(c, findings, foreign, note);
                return;
        }
        f = tv_data_finding(c, findings, "data.inconsistent-retransmission", TV_CERTAIN, TV_BLAME_UNKNOWN, note);
        if (f == NULL)
                return;
        tv_finding_text(f->what,
                        "%" PRIu32
                        " repetition%s of what %c had sent with other octets in the same place of the stream "
                        "(%" PRIu64 " octets)",
                        note->count, note->count == 1 ? "" : "s", c->name, note->amount);
        tv_finding_text(f->not_,
                        "damage on the way: both copies have right checksums. Cut by the snaplen: both are whole");
        tv_finding_text(f->advice,
                        "a stack or middlebox at fault, or an attempt to evade inspection: %c takes one of the "
                        "copies, an inspector may take the other",
                        c->other_name);
}

/* Another SYN-ACK than the first: somebody else, or another incarnation of the same, answered, too. */
/* When the connection ended, as far as that was before |time|: the later of both ends' last acknowledgments, or a
 * reset; TV_NO_TIME: it was open then. */
static tv_time
over_before(const struct tv_data_case *c, tv_time time)
{
        const struct tv_tracker *tracker = c->subject->tracker;
        const struct tv_track *track = &c->subject->conn->track;
        tv_time closed = TV_NO_TIME;
        unsigned ends = 0;

        if (track->story == 0)
                return TV_NO_TIME;
        for (unsigned dir = 0; dir < 2; dir++) {
                const struct tv_milestone *rst = tv_track_milestone(tracker, track, dir, TV_DID_RST);
                const struct tv_milestone *acked = tv_track_milestone(tracker, track, dir, TV_GOT_ACK2);

                if (tv_milestone_reached(rst) && rst->latest != TV_NO_TIME && rst->latest < time)
                        return rst->latest;
                if (!tv_milestone_reached(acked) || acked->earliest == TV_NO_TIME || acked->earliest >= time)
                        continue;
                ends++;
                closed = acked->earliest > closed ? acked->earliest : closed;
        }
        return ends == 2 ? closed : TV_NO_TIME;
}

/* A copy of the SYN came when all was over, and opened a connection that its sender knows nothing of. */
static void
synack_afterwards(const struct tv_data_case *c, struct tv_findings *findings, const struct tv_note *note, tv_time over)
{
        struct tv_finding *f = tv_data_finding(c, findings, "handshake.stale-syn", TV_LIKELY, TV_BLAME_NETWORK, note);

        if (f == NULL)
                return;
        f->end = (uint8_t)c->other;
        tv_finding_text(
                f->what,
                "%.3f s after the connection was over, %c answered its SYN once more, by a SYN-ACK with another "
                "number (%" PRIu32 " in all): a copy of the SYN came late",
                tv_data_seconds(note->begin - over), c->name, note->count);
        tv_finding_text(f->not_,
                        "a new connection: the SYN has the number of the old one. A SYN in the connection: that was "
                        "closed or reset before");
        tv_finding_text(f->advice,
                        "nothing to do: the third segment exists for this (RFC 9293 section 3.5). What on the way "
                        "delays or repeats packets by so much?");
}

static void
synack_inside(const struct tv_data_case *c, struct tv_finding *f, const struct tv_note *note)
{
        const struct tv_milestone *syn =
                tv_track_milestone(c->subject->tracker, &c->subject->conn->track, c->dir, TV_DID_SYN);

        f->frame_count = 0;
        tv_finding_frame(f, syn->cause);
        tv_data_frames(f, note);
        tv_finding_text(f->what,
                        "%" PRIu32 " SYN-ACK%s of %c with another initial sequence number than the first one%s",
                        note->count, note->count == 1 ? "" : "s", c->name,
                        note->low != 0 ? ", with another TTL than its segments" : "");
        tv_finding_text(f->not_,
                        "a repeated SYN-ACK: that has the same number. A new connection: it answers the same SYN of %c",
                        c->other_name);
        tv_finding_text(f->advice,
                        "the SYN was answered twice: by a proxy or filter in front of %s, by two hosts with its "
                        "address, or by a host without memory of it (SYN cookies) once for each copy; compare TTL, IP "
                        "ID and options of both SYN-ACKs",
                        c->address);
}

static void
syn_inside(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_SYN_INSIDE);
        struct tv_finding *f;
        tv_time over;
        bool cut;

        /* One that was answered began the next connection. */
        if (note == NULL || note->count == 0)
                return;
        over = over_before(c, note->begin);
        if (note->high == note->count && over != TV_NO_TIME) {
                synack_afterwards(c, findings, note, over);
                return;
        }
        /* The capture ends with it: whether it was answered is not in the file. */
        cut = note->end >= tv_conn_last_time(c->subject->conn) &&
              c->subject->doubts.watched < c->subject->profile->rto_initial;
        f = tv_data_finding(c, findings, "data.syn-in-connection", cut ? TV_POSSIBLE : TV_CERTAIN, TV_BLAME_UNKNOWN,
                            note);
        if (f == NULL)
                return;
        if (note->high == note->count) {
                synack_inside(c, f, note);
                return;
        }
        tv_finding_text(f->what,
                        "%" PRIu32 " SYN%s of %c with another initial sequence number came into the connection%s",
                        note->count, note->count == 1 ? "" : "s", c->name,
                        note->low != 0 ? ", with another TTL than its segments" : "");
        tv_finding_text(f->not_, "a repeated SYN: that has the same number. %s",
                        cut ? "A new connection is possible: the capture ends before a SYN-ACK could answer it"
                            : "A new connection: it was not answered by a SYN-ACK");
        tv_finding_text(
                f->advice,
                "a stray or forged SYN, or a host that forgot the connection: %c should answer with a challenge "
                "ACK (RFC 5961 section 4); on %s: nstat -az TcpExtTCPSYNChallenge TcpExtTCPChallengeACK",
                c->other_name, c->peer_address);
}

static void
reneged(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_RENEGED);
        struct tv_finding *f;

        if (note == NULL || note->count == 0)
                return;
        f = tv_data_finding(c, findings, "data.sack-reneging", TV_LIKELY, tv_data_blame_peer(c), note);
        if (f == NULL)
                return;
        f->end = (uint8_t)c->other;
        tv_finding_text(f->what,
                        "%" PRIu32
                        " time%s %c acknowledged only up to octets that it had reported as received by SACK: it "
                        "had thrown them away, and they were sent again",
                        note->count, note->count == 1 ? "" : "s", c->other_name);
        tv_finding_text(
                f->not_,
                "a late acknowledgment: one sent before that report would stand below the hole in front of them");
        tv_finding_text(f->advice,
                        "its receive memory ran out (net.ipv4.tcp_mem, tcp_rmem): on %s: nstat -az "
                        "TcpExtTCPRcvCollapsed TcpExtOfoPruned; on %s: TcpExtTCPSACKReneging",
                        c->peer_address, c->address);
}

static void
stale(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_STALE);
        struct tv_finding *f;

        if (note == NULL)
                return;
        f = tv_data_finding(c, findings, "data.old-duplicate", TV_LIKELY, TV_BLAME_NETWORK, note);
        if (f == NULL)
                return;
        tv_finding_text(f->what,
                        "%" PRIu32 " segment%s of %c belong%s to an earlier connection of the same addresses and ports",
                        note->count, note->count == 1 ? "" : "s", c->name, note->count == 1 ? "s" : "");
        tv_finding_text(f->not_, "data outside the window: its numbers continue those of the earlier connection");
        tv_finding_text(f->advice,
                        "what TIME_WAIT protects from: the ports were used again before old segments had died out "
                        "(net.ipv4.tcp_tw_reuse; do not shorten TIME_WAIT further)");
}

static void
urgent(const struct tv_data_case *c, struct tv_findings *findings)
{
        const struct tv_note *note = tv_data_note(c, TV_NOTE_URGENT);
        struct tv_finding *f;

        if (note == NULL)
                return;
        f = tv_data_finding(c, findings, "data.urgent", TV_CERTAIN, TV_BLAME_UNKNOWN, note);
        if (f == NULL)
                return;
        tv_finding_text(f->what,
                        "%" PRIu32 " segment%s of %c with urgent data (URG), urgent pointer %" PRIu64 " in the last",
                        note->count, note->count == 1 ? "" : "s", c->name, note->amount);
        tv_finding_text(f->not_,
                        "pushed data (PSH): that only asks for delivery; the urgent pointer counts with URG alone");
        tv_finding_text(f->advice,
                        "old applications use it (telnet, rlogin, FTP's ABOR); new ones should not (RFC 6093), and "
                        "middleboxes may clear it, which moves an octet into the stream");
}

void
tv_data_odd(const struct tv_data_case *c, struct tv_findings *findings)
{
        conflict(c, findings);
        syn_inside(c, findings);
        reneged(c, findings);
        stale(c, findings);
        urgent(c, findings);
}
