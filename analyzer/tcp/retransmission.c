#include "analyzer/tcp/retransmission.h"

#include "analyzer/tcp/observe.h"
#include "analyzer/tcp/reason.h"
#include "reassembly/seqnum.h"

#include <stdlib.h>
#include <string.h>

#define MILLISECOND INT64_C(1000000)
#define FAR         (UINT64_C(1) << 30)
/* IP IDs of one host further apart than this say nothing about order. */
#define ID_NEAR 1024
/* No receiver waits longer before it acknowledges (RFC 9293 MUST-40). */
#define DELAYED_ACK (500 * MILLISECOND)
/* No two copies of a segment lie further apart (RFC 6298 2.4 with retries): what does comes from an edited capture. */
#define COPIES_APART (600 * 1000 * MILLISECOND)

/* A copy that the network makes comes right behind what it is a copy of. */
#define COPY_BEHIND (5 * MILLISECOND / 2)

uint16_t
tv_retransmission_trait(const struct tv_segment *seg)
{
        uint32_t trait = seg->ack * UINT32_C(0x9e3779b1) ^ seg->tsecr * UINT32_C(0x85ebca6b) ^ seg->window;

        return (uint16_t)(trait ^ trait >> 16);
}

const struct tv_sent *
tv_retransmission_twin(const struct tv_endpoint *ep, const struct tv_segment *seg, uint64_t begin, uint32_t space)
{
        bool has_id = (seg->bits & TV_SEG_HAS_IP_ID) != 0 && seg->ip_id != 0;
        bool has_ts = (seg->options & TV_OPT_TIMESTAMPS) != 0;
        const struct tv_sent *sent;
        uint32_t sum = space != 0 ? seg->payload_sum : seg->ack;

        if (space != 0 && begin >= ep->sent.nxt)
                return NULL;
        for (uint32_t i = 0; (sent = tv_ledger_recent(&ep->sent, i)) != NULL && (space != 0 || i < 16); i++) {
                if (sent->begin != begin || sent->length != space || sent->sum != sum ||
                    sent->flags != (uint8_t)seg->flags)
                        continue;
                if (((sent->bits & TV_SENT_HAS_ID) != 0) != has_id || ((sent->bits & TV_SENT_HAS_TS) != 0) != has_ts)
                        continue;
                if (sent->ip_id != (has_id ? seg->ip_id : tv_retransmission_trait(seg)) ||
                    (has_ts && sent->tsval != seg->tsval))
                        continue;
                return sent;
        }
        return NULL;
}

/* ---- settling: was it needed, and where did the lost copy die? ---- */

static void
tell(struct tv_tracker *tracker, tv_frame frame, enum tv_needed needed, enum tv_lost lost)
{
        struct tv_settlement news = {0};

        if (tracker->settle == NULL)
                return;
        news.frame = frame;
        news.needed = (uint8_t)needed;
        news.lost = (uint8_t)lost;
        news.final_needed = true;
        tracker->settle(tracker->context, &news);
}

static void
count(struct tv_trouble *trouble, enum tv_needed needed, enum tv_lost lost)
{
        if (needed == TV_NEEDED_YES)
                trouble->needed++;
        else if (needed == TV_NEEDED_NO)
                trouble->spurious++;
        if (lost == TV_LOST_UPSTREAM)
                trouble->lost_upstream++;
        else if (lost == TV_LOST_DOWNSTREAM)
                trouble->lost_downstream++;
}

/* Was the dead copy too large?  An ICMP error quotes it, or came between both; or smaller pieces follow that no timer
 * and no report of the receiver asked for. */
static bool
was_too_large(const struct tv_tracker *tracker, const struct tv_track *track, const struct tv_pending *p)
{
        const struct tv_icmp_notes *notes = tv_track_icmp_notes(tracker, track);
        bool smaller = (p->bits & TV_PENDING_HOLE_KNOWN) == 0 && p->end - p->begin < p->first_octets;

        for (unsigned i = 0; notes != NULL && i < 2; i++)
                if (tv_icmp_note_too_large(&notes->at[i]) &&
                    (smaller || notes->at[i].seq - (uint32_t)p->begin < p->end - p->begin ||
                     (notes->at[i].time <= p->time &&
                      (p->first_time == TV_NO_TIME || p->first_time <= notes->at[i].time))))
                        return true;
        return smaller && p->reason == TV_REASON_UNKNOWN;
}

/* A copy of data was needed: notes which one died, and how long the peer waited for this one. */
static void
note_lost(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_pending *p,
          enum tv_lost lost)
{
        enum tv_note_kind kind = p->reason == TV_REASON_RTO                                       ? TV_NOTE_LOST_TIMER
                                 : p->reason == TV_REASON_FAST || p->reason == TV_REASON_RECOVERY ? TV_NOTE_LOST_FAST
                                 : p->reason == TV_REASON_TLP                                     ? TV_NOTE_LOST_PROBE
                                                                                                  : TV_NOTE_LOST_OTHER;
        bool too_large = was_too_large(tracker, track, p);
        struct tv_endpoint *ep = &track->ep[dir];
        struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
        struct tv_note *note;
        tv_time from = p->since;

        /* What came in the SYN was refused, or died with it (RFC 7413): that is told of the handshake. */
        if ((ep->bits & TV_EP_SYN_DATA) != 0 && p->first_frame == ep->first_frame && (p->bits & TV_PENDING_AGAIN) == 0)
                return;
        note = tv_track_need_note(tracker, ep, too_large ? TV_NOTE_LOST_SIZE : kind);
        if (note == NULL)
                return;
        tv_note_count(note, p->since, p->time, p->since_frame, p->frame);
        note->amount += p->end - p->begin;
        note->low += lost == TV_LOST_UPSTREAM;
        note->high += lost == TV_LOST_DOWNSTREAM;
        if ((p->bits & TV_PENDING_AGAIN) != 0 && (note = tv_track_need_note(tracker, ep, TV_NOTE_LOST_AGAIN)) != NULL)
                tv_note_count(note, p->first_time, p->time, p->first_frame, p->frame);
        /* Holes are open at the same time: the time of waiting counts once. */
        if (from == TV_NO_TIME)
                return;
        if (trouble->recovery_until > from)
                from = trouble->recovery_until;
        if (p->time > from) {
                trouble->recovery += p->time - from;
                trouble->recovery_until = p->time;
        }
}

/* A copy of [begin, end) was not needed: an earlier one, |first|, arrives.  |ack_lost|: the peer had said so, and that
 * died. */
static void
note_unneeded(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, tv_time first_time, tv_frame first,
              tv_time time, tv_frame frame, uint64_t octets, uint8_t reason, bool ack_lost, enum tv_lost where)
{
        struct tv_note *note =
                tv_track_need_note(tracker, &track->ep[dir], ack_lost ? TV_NOTE_ACK_LOST : TV_NOTE_SPURIOUS);

        if (note == NULL)
                return;
        tv_note_count(note, first_time, time, first, frame);
        note->amount += octets;
        if (ack_lost) {
                note->low += where == TV_LOST_UPSTREAM;
                note->high += where == TV_LOST_DOWNSTREAM;
        } else {
                note->low += reason == TV_REASON_RTO || reason == TV_REASON_TLP;
                note->high += reason == TV_REASON_FAST || reason == TV_REASON_RECOVERY;
        }
}

/* Was an acknowledgment by |dir| of its peer's FIN lost, as far as noted? */
static bool
lost_its_ack(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir)
{
        const struct tv_losses *losses = tv_track_losses(tracker, track);

        for (uint32_t i = 0; losses != NULL && i < losses->count && i < TV_LOSSES; i++)
                if (losses->at[i].segment == TV_LOST_ACK2 && losses->at[i].sender == dir)
                        return true;
        return false;
}

/* A repeated SYN, SYN-ACK or FIN tells which handshake or teardown segment was lost. */
static void
note_control_loss(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_pending *p,
                  enum tv_needed needed, enum tv_lost lost)
{
        struct tv_loss loss = {p->first_frame, p->frame, p->first_time, p->time, 0, (uint8_t)dir, (uint8_t)lost};
        const struct tv_trouble *peer_trouble = tv_track_trouble(tracker, &track->ep[!dir]);

        if ((p->bits & (TV_PENDING_SYN | TV_PENDING_SYNACK | TV_PENDING_FIN)) == 0)
                return;
        if (needed == TV_NEEDED_YES) {
                /* The peer can have got this copy at the earliest. */
                struct tv_story *story = tv_track_story(tracker, track);
                struct tv_milestone *got = (p->bits & TV_PENDING_FIN) == 0 ? &track->ep[!dir].open[TV_GOT_SYN]
                                           : story != NULL ? &story->end[!dir][TV_GOT_FIN - TV_OPEN_MILESTONES]
                                                           : NULL;

                if (got != NULL && got->cause != 0 && tv_frame_earlier(got->cause, got->earliest, p->frame, p->time) &&
                    (got->proof == 0 || p->time <= got->latest)) {
                        got->cause = p->frame;
                        got->earliest = p->time;
                }
                loss.segment = (p->bits & TV_PENDING_SYN) != 0      ? TV_LOST_SYN
                               : (p->bits & TV_PENDING_SYNACK) != 0 ? TV_LOST_SYNACK
                                                                    : TV_LOST_FIN;
        } else if (needed == TV_NEEDED_NO && lost == TV_LOST_ACK && (p->bits & TV_PENDING_BY_FIN) != 0) {
                /* The peer's FIN is its first answer.  It may have been lost itself, with that. */
                return;
        } else if (needed == TV_NEEDED_NO && lost == TV_LOST_ACK &&
                   (p->bits & (TV_PENDING_FIN | TV_PENDING_AGAIN)) == (TV_PENDING_FIN | TV_PENDING_AGAIN) &&
                   lost_its_ack(tracker, track, !dir)) {
                /* The answer to a copy that arrived was lost, as is known; whether the copy before this one arrived as
                 * well, nothing tells. */
                loss.segment = TV_LOST_FIN;
                loss.where = TV_LOST_UNKNOWN;
        } else if (needed == TV_NEEDED_NO && lost == TV_LOST_ACK) {
                /* The answer to it was lost before it reached the capture point. */
                loss.segment = (p->bits & TV_PENDING_SYN) != 0      ? TV_LOST_SYNACK
                               : (p->bits & TV_PENDING_SYNACK) != 0 ? TV_LOST_ACK1
                                                                    : TV_LOST_ACK2;
                loss.sender = (uint8_t)!dir;
                loss.lost = 0;
                loss.where = TV_LOST_UPSTREAM;
        } else if (needed == TV_NEEDED_UNKNOWN && (p->bits & TV_PENDING_FEWER) != 0) {
                /* This copy or the one before. */
                loss.segment = TV_LOST_FIN;
                loss.where = TV_LOST_DOWNSTREAM;
        } else if (needed == TV_NEEDED_UNKNOWN && (p->bits & TV_PENDING_ACKED) != 0 &&
                   tv_track_losses(tracker, track) == NULL && p->first_time != TV_NO_TIME &&
                   p->time - p->first_time >= tracker->rto_min &&
                   (peer_trouble == NULL || peer_trouble->retransmissions == 0)) {
                /* A later copy was answered; whether the earlier one or its answer died, nothing tells. */
                loss.segment = (p->bits & TV_PENDING_SYN) != 0      ? TV_LOST_SYN
                               : (p->bits & TV_PENDING_SYNACK) != 0 ? TV_LOST_SYNACK
                                                                    : TV_LOST_FIN;
                loss.where = TV_LOST_UNKNOWN;
        } else if (needed == TV_NEEDED_NO && lost == TV_LOST_UNKNOWN && (p->bits & TV_PENDING_ARRIVED) != 0) {
                /* The same, or the way is longer than the timer. */
                loss.segment = (p->bits & TV_PENDING_SYN) != 0 ? TV_LOST_SYNACK : TV_LOST_ACK1;
                loss.sender = (uint8_t)!dir;
                loss.lost = 0;
        } else if (needed == TV_NEEDED_NO && lost == TV_LOST_NONE && (p->bits & TV_PENDING_FIN) == 0) {
                loss.segment = (p->bits & TV_PENDING_SYN) != 0 ? TV_SPURIOUS_SYN : TV_SPURIOUS_SYNACK;
        } else {
                return;
        }
        tv_track_note_loss(tracker, track, &loss);
}

/* Something else than a D-SACK showed that a copy of [begin, end) was not needed: its D-SACK will tell nothing new. */
static void
expect_dsack(struct tv_trouble *trouble, uint64_t begin, uint64_t end)
{
        if (trouble->told == 0) {
                trouble->told_begin = begin;
                trouble->told_end = end;
        } else {
                trouble->told_begin = begin < trouble->told_begin ? begin : trouble->told_begin;
                trouble->told_end = end > trouble->told_end ? end : trouble->told_end;
        }
        if (trouble->told < UINT16_MAX)
                trouble->told++;
}

static void
settle(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, uint8_t i, enum tv_needed needed,
       enum tv_lost lost, bool ack_lost)
{
        struct tv_trouble *trouble = tv_track_trouble(tracker, &track->ep[dir]);
        struct tv_pending p = trouble->pending[i];

        trouble->pending_count--;
        memmove(&trouble->pending[i], &trouble->pending[i + 1], (size_t)(trouble->pending_count - i) * sizeof p);
        count(trouble, needed, lost);
        tell(tracker, p.frame, needed, lost);
        if ((p.bits & TV_PENDING_PASSED) != 0)
                return;
        note_control_loss(tracker, track, dir, &p, needed, lost);
        if ((p.bits & (TV_PENDING_SYN | TV_PENDING_SYNACK | TV_PENDING_FIN | TV_PENDING_OUTAGE)) != 0)
                return;
        if (needed == TV_NEEDED_YES)
                note_lost(tracker, track, dir, &p, lost);
        else if (needed == TV_NEEDED_NO)
                note_unneeded(tracker, track, dir, p.first_time, p.first_frame, p.time, p.frame, p.end - p.begin,
                              p.reason, ack_lost,
                              (p.bits & TV_PENDING_ECHO) != 0 ? TV_LOST_DOWNSTREAM : TV_LOST_UPSTREAM);
}

/* |p| was acknowledged, and nothing shows that an earlier copy of it had arrived.  Would something? */
static bool
was_ignored(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir, const struct tv_pending *p,
            bool dsack)
{
        const struct tv_endpoint *peer = &track->ep[!dir];
        bool echo = (p->bits & TV_PENDING_TS) != 0;

        /* Its answer was not captured; what that echoed is not known. */
        if ((p->bits & TV_PENDING_SYN) != 0 && (peer->bits & (TV_EP_SYN_SEEN | TV_EP_SEEN)) == TV_EP_SEEN)
                return false;
        /* No acknowledgment is delayed for longer than this, and none was lost, nor held up on its way.  What lies
         * above a hole is never acknowledged. */
        if ((p->bits & (TV_PENDING_ALONE | TV_PENDING_FRONT | TV_PENDING_HELD)) ==
                    (TV_PENDING_ALONE | TV_PENDING_FRONT) &&
            p->first_time != TV_NO_TIME && p->time - p->first_time >= tracker->rto_min / 10 * 9)
                return true;
        if ((p->bits & (TV_PENDING_SYN | TV_PENDING_SYNACK)) != 0)
                return echo;
        /* TIME_WAIT sends no D-SACK, and may echo whatever came last (RFC 7323 appendix D).  Linux rejects the copy
         * first (RFC 7323 5.3): what it echoes was the first to arrive. */
        if ((p->bits & TV_PENDING_FIN) != 0 && (p->bits & TV_PENDING_FROM_CLOSED) != 0)
                return echo && (p->bits & TV_PENDING_TIME_WAIT) != 0;
        /* Of what came last a copy may give its time stamp (RFC 7323 4.3), but would be reported by D-SACK. */
        return dsack && (p->bits & (TV_PENDING_LATE | TV_PENDING_ACK_LOST)) == 0 &&
               (echo || (p->bits & TV_PENDING_FIN) == 0);
}

/* An earlier copy of |p|, a SYN, arrived.  Was its answer lost, or is the way as long as that? */
static void
settle_arrived(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, uint8_t i)
{
        const struct tv_pending *p = &tv_track_trouble(tracker, &track->ep[dir])->pending[i];
        unsigned end = (p->bits & TV_PENDING_PASSED) != 0 ? dir : !dir;
        tv_time way = tv_track_round_trip(track, end);

        settle(tracker, track, dir, i, TV_NEEDED_NO,
               track->ep[!end].rtt.count == 0           ? TV_LOST_UNKNOWN
               : p->wait <= way + way / 4 + MILLISECOND ? TV_LOST_NONE
                                                        : TV_LOST_ACK,
               false);
}

/* No evidence that an earlier copy arrived has come, and none will. */
static void
settle_by_default(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, uint8_t i)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
        const struct tv_pending *p = &trouble->pending[i];
        enum tv_needed needed = TV_NEEDED_UNKNOWN;
        enum tv_lost lost = TV_LOST_UNKNOWN;
        bool dsack = (ep->options & peer->options & TV_OPT_SACK_OK) != 0 || (peer->bits & TV_EP_SENT_SACK) != 0;

        if ((p->bits & TV_PENDING_ARRIVED) != 0) {
                settle_arrived(tracker, track, dir, i);
                return;
        }
        if ((p->bits & TV_PENDING_ECHO) != 0) {
                settle(tracker, track, dir, i, TV_NEEDED_NO, TV_LOST_ACK, true);
                return;
        }
        if ((p->bits & TV_PENDING_ORIGINAL) == 0) {
                /* A capture that is known to miss packets may have missed the lost copy too. */
                bool missed = tracker->first_gap != 0 || tracker->drops;

                needed = (p->bits & TV_PENDING_ACKED) != 0 || (p->bits & TV_PENDING_HOLE_KNOWN) != 0
                                 ? TV_NEEDED_YES
                                 : TV_NEEDED_UNKNOWN;
                lost = missed ? TV_LOST_UNKNOWN : TV_LOST_UPSTREAM;
        } else if ((p->bits & (TV_PENDING_HOLE_KNOWN | TV_PENDING_REPORTED)) != 0) {
                needed = TV_NEEDED_YES;
                lost = (p->bits & TV_PENDING_HOLE) != 0 ? TV_LOST_UNKNOWN : TV_LOST_DOWNSTREAM;
        } else if ((p->bits & TV_PENDING_ACKED) != 0 && was_ignored(tracker, track, dir, p, dsack)) {
                needed = TV_NEEDED_YES;
                lost = (p->bits & TV_PENDING_HOLE) != 0 ? TV_LOST_UNKNOWN : TV_LOST_DOWNSTREAM;
        }
        settle(tracker, track, dir, i, needed, lost, false);
}

/* Did |ep| send something with |tsval| after |time|, too? */
static bool
used_again(const struct tv_endpoint *ep, uint32_t tsval, tv_time time)
{
        const struct tv_sent *sent = tv_ledger_recent(&ep->sent, 0);

        /* Of acknowledgments in a row that share one only the first is remembered. */
        if (sent != NULL && sent->tsval == tsval && ep->last_time > time)
                return true;
        for (uint32_t i = 0; (sent = tv_ledger_recent(&ep->sent, i)) != NULL && sent->time >= time; i++)
                if ((sent->bits & TV_SENT_HAS_TS) != 0 && sent->tsval == tsval)
                        return true;
        return false;
}

void
tv_retransmission_echoed(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        struct tv_trouble *trouble = tv_track_trouble(tracker, &track->ep[dir]);

        for (uint8_t i = 0; i < trouble->pending_count;) {
                const struct tv_pending *p = &trouble->pending[i];
                uint32_t newest = (uint32_t)p->wait;
                /* Octets that it had not sent before: after a timeout only what it hears lets it send those (RFC 5681
                 * 3.1). */
                bool goes_on =
                        seg->length != 0 && seg->seq == (uint32_t)track->ep[dir].sent.nxt && p->reason == TV_REASON_RTO;

                if ((p->bits & TV_PENDING_ECHO) == 0 || p->frame == seg->frame ||
                    (!tv_seq_after(seg->tsecr, p->first_tsval) && !goes_on)) {
                        i++;
                        continue;
                }
                /* Something that was under way to it then arrived later: that was late, and what came before it. */
                if (tv_seq_after(seg->tsecr, newest))
                        settle_by_default(tracker, track, dir, i);
                else
                        settle(tracker, track, dir, i, TV_NEEDED_NO,
                               used_again(&track->ep[!dir], seg->tsecr, p->time) ? TV_LOST_UNKNOWN : TV_LOST_NONE,
                               false);
        }
}

void
tv_retransmission_settle_all(struct tv_tracker *tracker, struct tv_track *track, unsigned dir)
{
        struct tv_trouble *trouble = tv_track_trouble(tracker, &track->ep[dir]);

        while (trouble->pending_count != 0)
                settle_by_default(tracker, track, dir, 0);
}

/* Is what |seg| echoes the TSval of a pending copy of the octet |begin|? */
static bool
echoes_a_copy(const struct tv_trouble *trouble, uint64_t begin, const struct tv_segment *seg)
{
        for (uint8_t i = 0; i < trouble->pending_count; i++)
                if (trouble->pending[i].begin == begin && trouble->pending[i].tsval == seg->tsecr &&
                    (trouble->pending[i].bits & TV_PENDING_ECHO) == 0)
                        return (seg->options & TV_OPT_TIMESTAMPS) != 0;
        return false;
}

/* An earlier copy of |p| had arrived, and was not acknowledged before |seg| did so, which answers that one: is the
 * acknowledgment before |seg| lost, or is |seg| itself only late? */
static enum tv_lost
lost_or_late(enum tv_ids_tell tell, const struct tv_pending *p, const struct tv_segment *seg)
{
        if (tell != TV_IDS_NOTHING)
                return tell == TV_IDS_ALL_SEEN ? TV_LOST_NONE : TV_LOST_ACK;
        if ((p->bits & (TV_PENDING_SYN | TV_PENDING_SYNACK | TV_PENDING_FIN)) != 0)
                return TV_LOST_ACK;
        /* Without data of its own the peer sends when something arrives: here that copy. */
        if ((p->bits & TV_PENDING_TS) != 0 && (seg->options & TV_OPT_TIMESTAMPS) != 0 && seg->tsecr == p->first_tsval)
                return seg->length != 0        ? TV_LOST_UNKNOWN
                       : seg->sack_blocks == 0 ? TV_LOST_NONE
                                               : TV_LOST_ACK; /* it reports the second one, too */
        return TV_LOST_ACK;
}

/* |seg| is the first to acknowledge the FIN of |dir|, which was sent in several copies, and by its IP ID some packets
 * of its sender before it died.  Every copy is answered by a packet of its own, at once: what there are fewer packets
 * than copies, so many copies did not arrive. */
static void
count_answers(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir, struct tv_trouble *trouble,
              const struct tv_segment *seg, tv_time way)
{
        unsigned copies = 0, answers = track->ids[!dir].step & ~(unsigned)TV_IDS_UNPROVED;
        struct tv_pending *p;

        if (answers == 0 || tracker->first_gap != 0 || tracker->drops)
                return;
        for (uint8_t i = 0; i < trouble->pending_count; i++) {
                p = &trouble->pending[i];
                if ((p->bits & (TV_PENDING_FIN | TV_PENDING_ACKED)) == TV_PENDING_FIN &&
                    seg->time - p->time >= way - way / 4)
                        copies += copies == 0 && (p->bits & TV_PENDING_ORIGINAL) != 0 ? 2 : 1;
        }
        for (uint8_t i = 0; i < trouble->pending_count && copies > answers; i++) {
                p = &trouble->pending[i];
                if ((p->bits & (TV_PENDING_FIN | TV_PENDING_ACKED)) == TV_PENDING_FIN) {
                        p->bits |= TV_PENDING_FEWER;
                        copies--;
                }
        }
}

/* When the last copy of |p|'s octets passed: if that was needed, no copy before it arrived. */
static tv_time
newest_copy(const struct tv_trouble *trouble, const struct tv_pending *p)
{
        tv_time newest = p->time;

        for (uint8_t i = 0; i < trouble->pending_count; i++)
                if (trouble->pending[i].begin <= p->begin && p->end <= trouble->pending[i].end &&
                    trouble->pending[i].time > newest)
                        newest = trouble->pending[i].time;
        return newest;
}

/* A receiver that holds the octet |ack| acknowledges it (RFC 2018 section 8); some do so step by step.  So whether it
 * has thrown that away shows later, by whether it had to be sent again. */
static void
suspect_reneging(struct tv_tracker *tracker, struct tv_endpoint *ep, uint64_t ack, const struct tv_segment *seg)
{
        struct tv_note *note = tv_track_need_note(tracker, ep, TV_NOTE_RENEGED);

        if (note == NULL)
                return;
        note->amount = ack;
        note->low = (uint64_t)seg->time;
        note->high = seg->frame;
}

static void
settle_reneging(struct tv_tracker *tracker, struct tv_endpoint *ep, uint64_t ack)
{
        const struct tv_note *suspicion = tv_track_note(tracker, ep, TV_NOTE_RENEGED);
        const struct tv_sent *newest;
        struct tv_note *note;

        if (suspicion == NULL || suspicion->amount == 0 || ack <= suspicion->amount)
                return;
        note = tv_track_need_note(tracker, ep, TV_NOTE_RENEGED);
        newest = tv_ledger_find(&ep->sent, note->amount, false);
        if (newest != NULL && newest->time > (tv_time)note->low)
                tv_note_count(note, (tv_time)note->low, (tv_time)note->low, note->high, 0);
        note->amount = 0;
}

void
tv_retransmission_acked(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, uint64_t before, uint64_t ack,
                        const struct tv_segment *seg)
{
        struct tv_endpoint *ep = &track->ep[dir];
        struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
        tv_time way = tv_track_round_trip(track, !dir);
        enum tv_ids_tell tell = tv_track_ids(tracker, track, !dir, seg);
        bool undone = false;

        trouble->retries = 0;
        if (trouble->notes != 0)
                settle_reneging(tracker, ep, ack);
        if (trouble->sacked.count != 0) {
                if (ack < ep->sent.nxt && !trouble->sacked.inexact &&
                    tv_range_set_contains(&trouble->sacked, ack, ack + 1))
                        suspect_reneging(tracker, ep, ack, seg);
                tv_range_set_drop_below(&trouble->sacked, ack);
        }
        if (trouble->silence.retries != 0 && tv_observe_answer(tracker, track, dir, seg))
                for (uint8_t i = 0; i < trouble->pending_count; i++)
                        if (trouble->pending[i].begin < ack)
                                trouble->pending[i].bits |= TV_PENDING_OUTAGE;
        if (tell != TV_IDS_ALL_SEEN && (ep->bits & TV_EP_FIN_KNOWN) != 0 && ack > before &&
            before == tv_track_story(tracker, track)->fin[dir])
                count_answers(tracker, track, dir, trouble, seg, way);
        for (uint8_t i = 0; i < trouble->pending_count;) {
                struct tv_pending *p = &trouble->pending[i];
                bool control = (p->bits & (TV_PENDING_SYN | TV_PENDING_SYNACK | TV_PENDING_FIN)) != 0;
                bool arrived = false, in_time, pure;

                if ((p->bits & TV_PENDING_ECHO) != 0) {
                        i++;
                        continue;
                }
                if ((p->bits & TV_PENDING_ARRIVED) != 0) {
                        if (track->ep[(p->bits & TV_PENDING_PASSED) != 0 ? !dir : dir].rtt.count != 0)
                                settle_arrived(tracker, track, dir, i);
                        else
                                i++;
                        continue;
                }
                if ((p->bits & TV_PENDING_ACKED) != 0) {
                        /* A D-SACK would have come by now; of a SYN or FIN without timestamps a second answer may. */
                        if ((!control || (p->bits & TV_PENDING_TS) != 0) && seg->sack_blocks == 0 &&
                            seg->time - p->time > 2 * way + 50 * MILLISECOND &&
                            seg->time - p->wait > 2 * way + 50 * MILLISECOND) {
                                settle_by_default(tracker, track, dir, i);
                                continue;
                        }
                        i++;
                        continue;
                }
                if (ack < p->end) {
                        i++;
                        continue;
                }
                /* Only a SYN is answered at once for certain: a few other answers may all have been delayed ones. */
                in_time = way <= MILLISECOND || ep->rtt.count < ((ep->bits & TV_EP_SYN_SEEN) != 0 ? 2 : 16) ||
                          seg->time - p->time >= way - way / 3 || seg->time < p->time; /* the clock stepped */
                if (!in_time) /* acknowledged sooner than this copy can have been: an earlier one arrived */
                        arrived = true;
                if ((p->bits & TV_PENDING_TS) != 0 && (seg->options & TV_OPT_TIMESTAMPS) != 0 && before >= p->begin &&
                    tv_seq_before(seg->tsecr, p->tsval))
                        arrived = true; /* echoes an earlier copy (RFC 7323 4.3) */
                if ((p->bits & TV_PENDING_FIN) != 0 && (seg->flags & TV_FIN) != 0)
                        p->bits |= TV_PENDING_BY_FIN;
                if (arrived) {
                        undone = true;
                        expect_dsack(trouble, p->begin, p->end);
                        if ((p->bits & (TV_PENDING_SYN | TV_PENDING_SYNACK)) != 0 && p->first_time != TV_NO_TIME &&
                            (p->bits & TV_PENDING_ORIGINAL) != 0 && tell == TV_IDS_NOTHING && in_time &&
                            p->time - p->first_time >= tracker->rto_min / 10 * 9) {
                                p->bits |= TV_PENDING_ARRIVED;
                                p->wait = seg->time - p->first_time;
                                continue; /* at once, if the way is known */
                        }
                        /* Sent before an answer to the copy before it can have come, or sooner than any timer of a
                         * SYN or FIN: nothing was lost. */
                        settle(tracker, track, dir, i, TV_NEEDED_NO,
                               (in_time || tell == TV_IDS_SOME_LOST) && (p->bits & TV_PENDING_ORIGINAL) != 0 &&
                                               p->time - p->first_time >= (control ? tracker->rto_min / 10 * 9 : way)
                                       ? lost_or_late(tell, p, seg)
                                       : TV_LOST_NONE,
                               tell == TV_IDS_SOME_LOST);
                        continue;
                }
                p->bits |= TV_PENDING_ACKED;
                p->acked = seg->frame;
                p->wait = seg->time;
                /* What echoes a later segment still says nothing about the copies of this one. */
                if (control && !echoes_a_copy(trouble, p->begin, seg))
                        p->bits &= ~(uint32_t)TV_PENDING_TS;
                if ((track->ep[!dir].bits & TV_EP_FIN_KNOWN) != 0)
                        p->bits |= TV_PENDING_FROM_CLOSED;
                /* What acknowledged an earlier copy would have been sent between the peer's packet before, which
                 * acknowledged less, and this one. */
                if (tell == TV_IDS_ALL_SEEN)
                        p->bits |= TV_PENDING_ALONE;
                else if (tell == TV_IDS_SOME_LOST)
                        p->bits |= TV_PENDING_ACK_LOST;
                /* An acknowledgment alone follows from what was received; whatever else makes the peer speak could
                 * follow an answer that was lost. */
                pure = tv_segment_space(seg) == 0 && ack == p->end && seg->window == track->ep[!dir].raw_window;
                if (seg->time - newest_copy(trouble, p) >
                    (pure ? 2 * way + 50 * MILLISECOND : way + way / 4 + 2 * MILLISECOND))
                        p->bits |= TV_PENDING_HELD;
                if (seg->time - ((p->bits & TV_PENDING_TS) != 0 ? newest_copy(trouble, p) : p->time) >
                            (pure ? 2 * way + 50 * MILLISECOND : way + way / 4 + 2 * MILLISECOND) ||
                    /* Or it answers a later copy: what answered this one is missing. */
                    ((p->bits & TV_PENDING_TS) != 0 && (seg->options & TV_OPT_TIMESTAMPS) != 0 &&
                     tv_seq_after(seg->tsecr, p->tsval)))
                        p->bits |= TV_PENDING_LATE;
                /* So Linux answers for a connection in TIME_WAIT, and for no other that is still one. */
                if ((seg->bits & TV_SEG_HAS_IP_ID) != 0 && seg->ip_id == 0 && track->ids[!dir].newest != 0)
                        p->bits |= TV_PENDING_TIME_WAIT;
                i++;
        }
        tv_reason_acked(tracker, track, dir, ack, seg, undone);
}

/* Two copies of |p| arrived: was the acknowledgment of the first one lost? */
static enum tv_lost
lost_ack_of(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir, const struct tv_pending *p,
            const struct tv_segment *seg)
{
        bool overdue = p->first_time != TV_NO_TIME && p->time - p->first_time >= tracker->rto_min / 10 * 9;
        enum tv_ids_tell tell = TV_IDS_NOTHING;

        if (p->reason == TV_REASON_FAST || p->reason == TV_REASON_RECOVERY || p->first_time == TV_NO_TIME)
                return TV_LOST_NONE;           /* others were, or nothing: the peer had to wait for these */
        if ((p->bits & TV_PENDING_ACKED) == 0) /* by the very segment that tells */
                tell = tv_track_ids(tracker, track, !dir, seg);
        else if ((p->bits & (TV_PENDING_ALONE | TV_PENDING_ACK_LOST)) != 0)
                tell = (p->bits & TV_PENDING_ALONE) != 0 ? TV_IDS_ALL_SEEN : TV_IDS_SOME_LOST;
        if (tell != TV_IDS_NOTHING)
                return tell == TV_IDS_ALL_SEEN ? TV_LOST_NONE : TV_LOST_ACK;
        /* It may have been delayed until the second one came. */
        return overdue ? TV_LOST_ACK : p->reason == TV_REASON_TLP ? TV_LOST_UNKNOWN : TV_LOST_NONE;
}

/* Has the network shown that it delivers single transmissions twice? */
static bool
makes_copies(const struct tv_track *track, const struct tv_trouble *trouble)
{
        return trouble->doubled || (track->any_twins && track->twins_are != TV_DATA_CAPTURE_DUPLICATE);
}

/* Without time stamps: was |p| acknowledged just when it can have come? */
static bool
filled_it(const struct tv_track *track, unsigned dir, const struct tv_pending *p)
{
        tv_time way = tv_track_round_trip(track, !dir), after = p->wait - p->time;

        return track->ep[dir].rtt.count != 0 && after >= way - way / 8 && after <= way + way / 4 + 2 * MILLISECOND;
}

void
tv_retransmission_dsack(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, uint64_t begin, uint64_t end,
                        const struct tv_segment *seg)
{
        struct tv_trouble *trouble = tv_track_trouble(tracker, &track->ep[dir]);

        if (trouble == NULL)
                return;
        /* An acknowledgment has one such report, if it answers several copies: of the others it says nothing. */
        for (uint8_t i = 0; i < trouble->pending_count; i++) {
                struct tv_pending *p = &trouble->pending[i];

                if ((p->bits & TV_PENDING_ACKED) != 0 && p->acked == seg->frame && (p->begin >= end || p->end <= begin))
                        p->bits |= TV_PENDING_LATE;
        }
        /* One report speaks of one copy too many: one that is known already, else the newest that is not settled. */
        if (trouble->told != 0 && begin < trouble->told_end && trouble->told_begin < end) {
                trouble->told--;
                return;
        }
        for (uint8_t i = trouble->pending_count; i-- > 0;) {
                struct tv_pending *p = &trouble->pending[i];

                if (p->begin < end && begin < p->end && (p->bits & TV_PENDING_ECHO) == 0) {
                        enum tv_lost lost = lost_ack_of(tracker, track, dir, p, seg);

                        /* It passed here twice, and no copy did before: the second record of it came second. */
                        if ((p->bits & (TV_PENDING_ORIGINAL | TV_PENDING_TWIN | TV_PENDING_HOLE_KNOWN)) ==
                            (TV_PENDING_TWIN | TV_PENDING_HOLE_KNOWN)) {
                                p->bits &= ~(uint32_t)TV_PENDING_TWIN;
                                return;
                        }
                        /* Of octets that passed here but once, it tells of a copy that the network made, or of one
                         * that the capture missed. */
                        if ((p->bits & TV_PENDING_ORIGINAL) == 0 || (p->bits & TV_PENDING_TWIN) != 0 ||
                            /* Or it came to a hole, which it had filled by then, as its echo told.  Who came second:
                             * the late original, or a copy that the network made, on a path that does so, or right
                             * behind it? */
                            ((makes_copies(track, trouble) || seg->time - p->wait <= COPY_BEHIND) &&
                             (p->bits & (TV_PENDING_HOLE_KNOWN | TV_PENDING_ACKED)) ==
                                     (TV_PENDING_HOLE_KNOWN | TV_PENDING_ACKED) &&
                             ((p->bits & TV_PENDING_TS) != 0 || filled_it(track, dir, p)) && p->acked != seg->frame)) {
                                settle(tracker, track, dir, i, TV_NEEDED_UNKNOWN, TV_LOST_UNKNOWN, false);
                                return;
                        }
                        /* Acknowledged by this very report, and by nothing before: what acknowledged the earlier copy
                         * died.  Else that came, too late for the timer. */
                        settle(tracker, track, dir, i, TV_NEEDED_NO, lost,
                               lost == TV_LOST_ACK && p->acked == seg->frame && trouble->sacked.count == 0 &&
                                       (p->reason == TV_REASON_RTO || p->reason == TV_REASON_TLP) &&
                                       (tv_track_ids(tracker, track, !dir, seg) == TV_IDS_SOME_LOST ||
                                        p->time - p->first_time > tv_track_round_trip(track, !dir) + DELAYED_ACK));
                        return;
                }
        }
        trouble->doubled = true;
}

void
tv_retransmission_reported(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, uint64_t begin,
                           uint64_t end, const struct tv_segment *seg)
{
        struct tv_trouble *trouble = tv_track_trouble(tracker, &track->ep[dir]);
        tv_time way = tv_track_round_trip(track, !dir), slack = way / 4 + 2 * MILLISECOND;

        /* No other report must have been lost: whoever reports octets goes on doing so. */
        if (trouble == NULL || track->ep[dir].rtt.count == 0 || makes_copies(track, trouble) ||
            tv_track_ids(tracker, track, !dir, seg) != TV_IDS_ALL_SEEN)
                return;
        for (uint8_t i = 0; i < trouble->pending_count; i++) {
                struct tv_pending *p = &trouble->pending[i];

                if (p->begin < begin || p->end > end || (p->bits & (TV_PENDING_ACKED | TV_PENDING_TWIN)) != 0 ||
                    p->first_time == TV_NO_TIME || newest_copy(trouble, p) != p->time ||
                    (trouble->sacked.count != 0 && tv_range_set_contains(&trouble->sacked, p->begin, p->end)))
                        continue;
                /* Octets above a hole are reported at once (RFC 5681 4.2): an earlier copy would have been before this
                 * one could arrive. */
                if (seg->time - p->time >= way - way / 8 && seg->time - p->time <= way + slack &&
                    p->time - p->first_time > slack + way / 8)
                        p->bits |= TV_PENDING_REPORTED;
        }
}

void
tv_retransmission_twin_seen(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, uint64_t begin,
                            uint64_t end)
{
        struct tv_trouble *trouble = tv_track_trouble(tracker, &track->ep[dir]);

        for (uint8_t i = 0; trouble != NULL && i < trouble->pending_count; i++)
                if (trouble->pending[i].begin < end && begin < trouble->pending[i].end)
                        trouble->pending[i].bits |= TV_PENDING_TWIN;
}

/* ---- classification ---- */

/* Does |ep| number its packets one by one, or nearly so?  Some hosts draw the numbers by lot, of which one in 32 is
 * near another. */
static bool
counts_packets(const struct tv_endpoint *ep)
{
        const struct tv_sent *sent, *newer = NULL;
        unsigned near = 0;

        for (uint32_t i = 0; near < 3 && (sent = tv_ledger_recent(&ep->sent, i)) != NULL; i++) {
                int16_t step;

                if ((sent->bits & TV_SENT_HAS_ID) == 0)
                        continue;
                step = newer != NULL ? (int16_t)(uint16_t)(newer->ip_id - sent->ip_id) : 0;
                if (step <= -ID_NEAR || step >= ID_NEAR)
                        break;
                near += newer != NULL;
                newer = sent;
        }
        return near >= 2;
}

/* Which of |ep|'s was sent first, |seg| or |sent|?  -1: |seg|, 1: |sent|, 0: nothing tells. */
static int
order_by_identity(const struct tv_endpoint *ep, const struct tv_segment *seg, const struct tv_sent *sent)
{
        if ((seg->options & TV_OPT_TIMESTAMPS) != 0 && (sent->bits & TV_SENT_HAS_TS) != 0 && seg->tsval != sent->tsval)
                return tv_seq_before(seg->tsval, sent->tsval) ? -1 : 1;
        if ((seg->bits & TV_SEG_HAS_IP_ID) != 0 && seg->ip_id != 0 && (sent->bits & TV_SENT_HAS_ID) != 0 &&
            counts_packets(ep)) {
                int16_t step = (int16_t)(uint16_t)(seg->ip_id - sent->ip_id);

                if (step > 0 && step < ID_NEAR)
                        return 1;
                if (step < 0 && step > -ID_NEAR)
                        return -1;
        }
        return 0;
}

/* The transmission that revealed the hole [.., end): the first captured one that begins at or after |end|. */
static const struct tv_sent *
hole_revealed_by(const struct tv_ledger *ledger, uint64_t end)
{
        const struct tv_sent *sent, *found = NULL;

        for (uint32_t i = 0; (sent = tv_ledger_recent(ledger, i)) != NULL; i++)
                if (sent->length != 0 && sent->begin >= end)
                        found = sent;
        return found;
}

static enum tv_data_class
class_of_hole_fill(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir,
                   const struct tv_segment *seg, uint64_t end)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        const struct tv_sent *above = hole_revealed_by(&ep->sent, end);
        const struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
        struct tv_sent behind = {0};
        tv_time loop, age;
        int order;

        /* No stack takes an acknowledgment back: it was sent before something that was captured before it. */
        if ((seg->flags & TV_ACK) != 0 && tv_ledger_started(&peer->sent) && (ep->bits & TV_EP_SEEN) != 0 &&
            tv_seq_before(seg->ack, ep->last_ack) && tv_seq_before(seg->ack, (uint32_t)peer->sent.una) &&
            (uint32_t)peer->sent.una - seg->ack < FAR)
                return TV_DATA_OUT_OF_ORDER;
        if (trouble != NULL && trouble->beyond >= end &&
            (above == NULL ||
             tv_frame_earlier(trouble->beyond_frame, trouble->beyond_time, above->frame, above->time))) {
                /* A segment without data, but with a later SEQ. */
                behind.time = trouble->beyond_time;
                behind.tsval = trouble->beyond_tsval;
                behind.ip_id = trouble->beyond_id;
                behind.bits = (uint8_t)(((trouble->beyond_options & TV_OPT_TIMESTAMPS) != 0 ? TV_SENT_HAS_TS : 0) |
                                        (trouble->beyond_id != 0 ? TV_SENT_HAS_ID : 0));
                above = &behind;
        }
        if (above == NULL)
                return TV_DATA_HOLE_FILL;
        order = order_by_identity(ep, seg, above);
        if (order > 0)
                return TV_DATA_RETRANSMISSION;
        if (order < 0)
                return TV_DATA_OUT_OF_ORDER;
        /* The sender cannot know of a loss before its peer saw the segment above the hole and said so. */
        age = seg->time - above->time;
        loop = (ep->rtt.count != 0 ? ep->rtt.min : 0) + (peer->rtt.count != 0 ? peer->rtt.min : 0);
        if (loop > 0 && age < loop - loop / 8)
                return TV_DATA_OUT_OF_ORDER;
        if (end <= ep->sent.una)
                return TV_DATA_HOLE_FILL;
        if (age >= tracker->rto_min || (ep->rtt.count != 0 && peer->rtt.count != 0 &&
                                        (peer->dup_acks >= 3 || (trouble != NULL && trouble->sacked.count != 0))))
                return TV_DATA_RETRANSMISSION;
        return TV_DATA_HOLE_FILL;
}

static void
mark_again(struct tv_ledger *ledger, uint64_t begin, uint64_t end)
{
        struct tv_sent *sent;

        for (uint32_t i = 0; (sent = tv_ledger_recent(ledger, i)) != NULL; i++)
                if (sent->length != 0 && sent->begin < end && begin < sent->begin + sent->length)
                        sent->bits |= TV_SENT_AGAIN;
}

static void
add_pending(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_pending *p)
{
        struct tv_trouble *trouble = tv_track_trouble(tracker, &track->ep[dir]);

        if (trouble->pending == NULL) {
                trouble->pending = malloc(TV_PENDING_MAX * sizeof *trouble->pending);
                tracker->allocations++;
                if (trouble->pending == NULL)
                        return;
        }
        if (trouble->pending_count == TV_PENDING_MAX)
                settle_by_default(tracker, track, dir, 0);
        trouble->pending[trouble->pending_count++] = *p;
}

/* The acknowledgment (or SACK, |sacked|) of |seg|'s octets stands just before |seg|, which repeats them.  Where the two
 * directions are recorded with different delays, it may as well answer |seg|.  Without such a skew it does not, unless
 * it came long after the |newest| copy before, or no copy before was captured. */
static bool
may_answer_this(const struct tv_tracker *tracker, const struct tv_endpoint *ep, const struct tv_segment *seg,
                const struct tv_sent *newest, bool sacked, tv_time way_there)
{
        tv_time skew = tracker->early_lead.count != 0 ? 2 * tracker->early_lead.max : 0;
        tv_time said = sacked ? tv_track_trouble(tracker, ep)->hole_time : ep->una_time;

        if ((seg->flags & TV_SYN) != 0 && (ep->bits & TV_EP_SYN_ECHO_AHEAD) != 0)
                return true;
        if (said == TV_NO_TIME || seg->time - said >= (skew > MILLISECOND ? skew : MILLISECOND))
                return false;
        if (skew != 0)
                return true;
        return !sacked && (newest == NULL || said - newest->time > way_there + way_there / 4 + 50 * MILLISECOND);
}

/* Did the peer report a hole after it can have got |sent|? */
static bool
reported_since(const struct tv_trouble *trouble, const struct tv_sent *sent, tv_time way_there)
{
        if (!tv_frame_earlier(sent->frame, sent->time, trouble->hole_frame, trouble->hole_time))
                return false;
        /* Where the clock was set back in between, the order must do. */
        return trouble->hole_time < sent->time || trouble->hole_time - sent->time >= way_there - way_there / 5;
}

/* Ends that send time stamps do so in every segment but resets (RFC 7323 section 3.2): if only one of both has them,
 * they are not of one sender. */
static bool
other_hand(const struct tv_endpoint *ep, const struct tv_endpoint *peer, const struct tv_segment *seg,
           const struct tv_sent *sent)
{
        return (ep->bits & peer->bits & TV_EP_TIMESTAMPS) != 0 && (seg->flags & TV_SYN) == 0 &&
               (sent->flags & TV_SYN) == 0 &&
               ((sent->bits & TV_SENT_HAS_TS) != 0) != ((seg->options & TV_OPT_TIMESTAMPS) != 0);
}

static void
retransmitted(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
              uint64_t begin, uint64_t end, const struct tv_overlap *o, struct tv_seen *seen)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
        struct tv_sent *first = NULL, *newest = NULL;
        uint64_t old_end = end - o->fresh;
        tv_time way_there = tv_track_round_trip(track, !dir);
        const struct tv_milestone *milestone = NULL;
        tv_time way_back = tv_track_round_trip(track, dir);
        bool hole_known, reported, sacked, damaged, believable, partial = false;
        const struct tv_sent *last_of_peer;
        struct tv_pending p = {0};

        if (o->old != 0) {
                first = tv_ledger_find(&ep->sent, begin, true);
                newest = tv_ledger_find(&ep->sent, begin, false);
                if (first == NULL)
                        first = newest = tv_ledger_find(&ep->sent, old_end - 1, true);
        }
        /* The ring may have forgotten them; the milestones have not. */
        if ((seg->flags & TV_SYN) != 0 && begin == ep->sent.begin)
                milestone = &ep->open[TV_DID_SYN];
        else if ((seg->flags & TV_FIN) != 0 && seg->length == 0 && (ep->bits & TV_EP_FIN_KNOWN) != 0 &&
                 begin == tv_track_story(tracker, track)->fin[dir])
                milestone = tv_track_milestone(tracker, track, dir, TV_DID_FIN);
        sacked = trouble->sacked.count != 0 && tv_range_set_contains(&trouble->sacked, begin, old_end);
        hole_known =
                !sacked && ((trouble->sacked.count != 0 && trouble->sacked.at[trouble->sacked.count - 1].end > begin) ||
                            (peer->dup_acks > 0 && begin == ep->sent.una));
        /* Without SACK: a repetition of an earlier hole brought the acknowledgment to this one, which was sent before
         * that repetition (RFC 6582 3.2). */
        if (!sacked && (ep->bits & (TV_EP_IN_RECOVERY | TV_EP_AFTER_RTO)) == TV_EP_IN_RECOVERY && newest != NULL &&
            (newest->bits & TV_SENT_COPY) == 0 && begin == ep->sent.una && ep->una_time != TV_NO_TIME &&
            newest->time < trouble->last_retransmission &&
            ep->una_time - trouble->last_retransmission >= way_there - way_there / 5)
                partial = true;
        /* A report that is older than the newest copy's arrival says nothing of that copy. */
        if (hole_known && newest != NULL && !reported_since(trouble, newest, way_there))
                hole_known = false;
        hole_known = hole_known || partial;
        seen->of_frame = first != NULL ? first->frame : 0;
        if (milestone != NULL && milestone->cause != 0 &&
            (first == NULL || tv_frame_earlier(milestone->cause, milestone->latest, first->frame, first->time)))
                seen->of_frame = milestone->cause;
        seen->old_bytes = (uint32_t)(o->old != 0 ? o->old : o->hole);
        trouble->retransmissions++;
        trouble->retries++;
        trouble->retransmitted_bytes += seen->old_bytes - ((seg->flags & TV_SYN) != 0) -
                                        ((seg->flags & TV_FIN) != 0 && seen->old_bytes != 0 && o->fresh == 0);
        /* The hole is filled since, but that cannot be known to the sender yet. */
        reported = hole_known ||
                   (old_end <= ep->sent.una && newest != NULL && ep->una_time != TV_NO_TIME &&
                    trouble->hole_frame != 0 && seg->time >= ep->una_time &&
                    seg->time - ep->una_time < way_back + way_back / 8 && reported_since(trouble, newest, way_there));
        seen->reason = (uint8_t)tv_reason_of(tracker, track, dir, seg, begin, end, newest, reported);
        /* Two transmissions do not share an IP ID, and are not so far apart. */
        believable = newest == NULL || (((newest->bits & TV_SENT_HAS_ID) == 0 || seg->ip_id == 0 ||
                                         newest->ip_id != seg->ip_id || (newest->bits & TV_SENT_HAS_TS) != 0) &&
                                        seg->time - newest->time < COPIES_APART);
        /* Nor does one sender repeat what another had sent. */
        if (first != NULL && (seg->flags & TV_SYN) == 0 &&
            (other_hand(ep, peer, seg, first) ||
             tv_note_find(&tracker->notes, trouble->notes, TV_NOTE_FOREIGN) != NULL))
                believable = false;
        trouble->last_retransmission = seg->time;
        if (milestone == NULL && begin <= ep->sent.una && ep->sent.una < end) {
                tv_time last = tv_endpoint_last_space_time(ep);

                /* What is sent meanwhile does not start the timer of the oldest octets anew (RFC 6298 5.1). */
                if (newest != NULL && begin == newest->begin &&
                    (peer->last_time == TV_NO_TIME || peer->last_time <= newest->time))
                        last = newest->time;
                if (last != TV_NO_TIME && seg->time - last >= tracker->rto_min - tracker->rto_min / 10)
                        tv_observe_retry(tracker, track, dir, seg, begin, old_end, newest,
                                         seen->reason == TV_REASON_TLP);
                else if (seen->reason == TV_REASON_TLP && old_end >= ep->sent.nxt)
                        tv_observe_retry(tracker, track, dir, seg, begin, old_end, newest, true);
        } else if (milestone == NULL && seen->reason == TV_REASON_TLP && begin > ep->sent.una &&
                   old_end >= ep->sent.nxt) {
                tv_observe_retry(tracker, track, dir, seg, begin, old_end, newest, true);
        }
        damaged = newest != NULL && (newest->bits & (TV_SENT_DAMAGED | TV_SENT_AGAIN)) == TV_SENT_DAMAGED &&
                  !tv_ledger_damaged_taken(&ep->sent);
        mark_again(&ep->sent, begin, old_end);

        if (ep->sent.una >= old_end || sacked) {
                /* The receiver had said that it has all of it before this copy passed here. */
                tv_time way = tv_track_round_trip(track, dir);
                /* Where the way back was never measured, a retransmission timer has waited for longer than it takes. */
                bool overdue = !sacked && ep->una_time != TV_NO_TIME &&
                               (peer->rtt.count == 0 ? seg->time - ep->una_time >= tracker->rto_min
                                                     : way > MILLISECOND && seg->time - ep->una_time > way + way / 4);

                if (may_answer_this(tracker, ep, seg, newest, sacked, way_there) ||
                    (first != NULL && other_hand(ep, peer, seg, first))) {
                        seen->needed = TV_NEEDED_UNKNOWN;
                        seen->lost = TV_LOST_UNKNOWN;
                        return;
                }
                seen->needed = TV_NEEDED_NO;
                seen->lost = overdue ? TV_LOST_ACK : TV_LOST_NONE;
                if (overdue && (seg->flags & TV_SYN) != 0 && peer->rtt.count == 0 &&
                    (peer->bits & TV_EP_HAS_DATA) == 0) {
                        p.begin = begin;
                        p.end = old_end;
                        p.frame = seg->frame;
                        p.time = seg->time;
                        p.bits = TV_PENDING_ARRIVED | TV_PENDING_PASSED |
                                 ((seg->flags & TV_ACK) != 0 ? TV_PENDING_SYNACK : TV_PENDING_SYN);
                        p.wait = seg->time - ep->una_time;
                        seen->lost = TV_LOST_UNKNOWN;
                        seen->needed_pending = true;
                        add_pending(tracker, track, dir, &p);
                        return;
                }
                if (overdue && milestone == NULL && (seg->flags & (TV_SYN | TV_FIN)) == 0 && believable &&
                    (seg->options & TV_OPT_TIMESTAMPS) != 0 &&
                    (last_of_peer = tv_ledger_recent(&peer->sent, 0)) != NULL &&
                    (last_of_peer->bits & TV_SENT_HAS_TS) != 0 && tv_seq_after(last_of_peer->tsval, seg->tsecr)) {
                        p.begin = begin;
                        p.end = old_end;
                        p.frame = seg->frame;
                        p.time = seg->time;
                        p.first_time = newest != NULL ? newest->time : TV_NO_TIME;
                        p.first_frame = newest != NULL ? newest->frame : 0;
                        p.first_tsval = seg->tsecr;
                        p.wait = last_of_peer->tsval;
                        p.reason = seen->reason;
                        p.bits = TV_PENDING_ECHO;
                        seen->lost = TV_LOST_UNKNOWN;
                        seen->needed_pending = true;
                        tv_reason_needless(ep, trouble);
                        expect_dsack(trouble, begin, old_end);
                        add_pending(tracker, track, dir, &p);
                        return;
                }
                /* With the third segment data have passed, too: all of them died, or they were ignored. */
                if (overdue && (seg->flags & TV_SYN) != 0 && (peer->bits & TV_EP_HAS_DATA) != 0)
                        seen->lost = tv_track_is_at(track, dir) ? TV_LOST_NONE : TV_LOST_UNKNOWN;
                if (!sacked)
                        tv_reason_needless(ep, trouble);
                expect_dsack(trouble, begin, old_end);
                count(trouble, TV_NEEDED_NO, seen->lost);
                if (milestone == NULL && (seg->flags & TV_FIN) == 0 && believable)
                        note_unneeded(tracker, track, dir, newest != NULL ? newest->time : TV_NO_TIME,
                                      newest != NULL ? newest->frame : 0, seg->time, seg->frame, old_end - begin,
                                      seen->reason, overdue, TV_LOST_DOWNSTREAM);
                return;
        }
        if (damaged) {
                seen->needed = TV_NEEDED_YES;
                seen->lost = TV_LOST_DOWNSTREAM;
                count(trouble, TV_NEEDED_YES, TV_LOST_DOWNSTREAM);
                tv_time loop = way_there + tv_track_round_trip(track, dir);

                /* Its sender cannot know sooner. */
                if (milestone == NULL && (seg->flags & TV_FIN) == 0 && believable &&
                    seg->time - newest->time >= (loop > MILLISECOND ? loop - loop / 8 : MILLISECOND)) {
                        struct tv_note *note = tv_track_need_note(tracker, ep, TV_NOTE_LOST_DAMAGED);

                        if (note != NULL) {
                                tv_note_count(note, newest->time, seg->time, newest->frame, seg->frame);
                                note->amount += old_end - begin;
                        }
                }
                return;
        }
        p.begin = begin;
        p.end = old_end;
        p.frame = seg->frame;
        p.time = seg->time;
        p.tsval = seg->tsval;
        p.reason = seen->reason;
        if (first != NULL) {
                p.first_frame = newest->frame;
                p.first_time = newest->time;
                p.first_tsval = first->tsval;
                p.first_octets = newest->length;
                /* An echo tells this copy from the others only if none of them has the same TSval. */
                if ((first->bits & TV_SENT_HAS_TS) != 0 && (seg->options & TV_OPT_TIMESTAMPS) != 0 &&
                    first->tsval != seg->tsval && newest->tsval != seg->tsval)
                        p.bits |= TV_PENDING_TS;
        } else if (milestone != NULL && milestone->cause != 0) {
                p.first_frame = milestone->cause;
                p.first_time = milestone->latest;
        } else {
                p.first_time = TV_NO_TIME;
        }
        p.since = p.first_time;
        p.since_frame = p.first_frame;
        if (p.since == TV_NO_TIME) {
                const struct tv_sent *above = hole_revealed_by(&ep->sent, end);

                p.since = above != NULL ? above->time : TV_NO_TIME;
                p.since_frame = above != NULL ? above->frame : 0;
        }
        if (newest != NULL && (newest->bits & TV_SENT_COPY) != 0)
                p.bits |= TV_PENDING_AGAIN;
        if (!believable)
                p.bits |= TV_PENDING_OUTAGE;
        if (o->old != 0)
                p.bits |= TV_PENDING_ORIGINAL;
        if (o->hole != 0)
                p.bits |= TV_PENDING_HOLE;
        if (begin <= ep->sent.una &&
            (ep->una_time == TV_NO_TIME || seg->time - ep->una_time >= tracker->rto_min / 10 * 9 ||
             (newest != NULL && ep->una_time - newest->time > way_there + way_there / 4 + MILLISECOND)))
                p.bits |= TV_PENDING_FRONT;
        if (hole_known)
                p.bits |= TV_PENDING_HOLE_KNOWN;
        /* The peer asked again for the SYN-ACK that this one repeats: it had not got it. */
        if ((seg->flags & (TV_SYN | TV_ACK)) == (TV_SYN | TV_ACK) && tv_track_losses(tracker, track) != NULL) {
                const struct tv_losses *losses = tv_track_losses(tracker, track);

                for (uint32_t i = 0; i < losses->count && i < TV_LOSSES; i++)
                        if (losses->at[i].segment == TV_LOST_SYNACK && losses->at[i].lost == p.first_frame)
                                p.bits |= TV_PENDING_HOLE_KNOWN;
        }
        if ((seg->flags & TV_SYN) != 0)
                p.bits |= (seg->flags & TV_ACK) != 0 ? TV_PENDING_SYNACK : TV_PENDING_SYN;
        /* Sent together with octets that had been sent apart from it, the FIN need not be what was lost. */
        if ((seg->flags & TV_FIN) != 0 &&
            (seg->length == 0 || (newest != NULL && newest->begin == begin && newest->length == end - begin)))
                p.bits |= TV_PENDING_FIN;
        seen->needed = TV_NEEDED_UNKNOWN;
        seen->lost = TV_LOST_UNKNOWN;
        seen->needed_pending = true;
        add_pending(tracker, track, dir, &p);
}

/* |seg| of |dir| is an original that comes behind |above|, which was sent after it. */
static void
note_late(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg, tv_time above,
          tv_frame above_frame)
{
        struct tv_note *note = tv_track_need_note(tracker, &track->ep[dir], TV_NOTE_LATE);
        const struct tv_trouble *trouble = tv_track_trouble(tracker, &track->ep[dir]);

        if (note == NULL)
                return;
        tv_note_count(note, above, seg->time, above_frame, seg->frame);
        note->amount += seg->length;
        note->low += above != TV_NO_TIME && trouble->hole_time != 0 && trouble->hole_time >= above;
}

/* The original of |copy| comes after all. */
static void
overtaken(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, struct tv_sent *copy,
          const struct tv_segment *seg)
{
        struct tv_trouble *trouble = tv_track_trouble(tracker, &track->ep[dir]);
        struct tv_settlement news = {0};

        trouble->out_of_order++;
        note_late(tracker, track, dir, seg, copy->time, copy->frame);
        for (uint8_t i = 0; i < trouble->pending_count; i++)
                if (trouble->pending[i].frame == copy->frame) {
                        settle(tracker, track, dir, i, TV_NEEDED_NO, TV_LOST_NONE, false);
                        return;
                }
        if ((copy->bits & TV_SENT_COPY) != 0)
                return;
        /* It passed for the original until now. */
        copy->bits |= TV_SENT_COPY;
        trouble->retransmissions++;
        trouble->retries++;
        trouble->retransmitted_bytes += copy->length;
        trouble->spurious++;
        note_unneeded(tracker, track, dir, copy->time, copy->frame, copy->time, seg->frame, copy->length,
                      TV_REASON_UNKNOWN, false, TV_LOST_NONE);
        if (tracker->settle == NULL)
                return;
        news.frame = copy->frame;
        news.data_class = TV_DATA_RETRANSMISSION;
        news.reason = TV_REASON_UNKNOWN;
        news.needed = TV_NEEDED_NO;
        news.lost = TV_LOST_NONE;
        tracker->settle(tracker->context, &news);
}

void
tv_retransmission_classify(struct tv_tracker *tracker, struct tv_track *track, unsigned dir,
                           const struct tv_segment *seg, uint64_t begin, uint32_t space, struct tv_seen *seen)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        struct tv_trouble *trouble = NULL;
        uint64_t end = begin + space, front = tv_ledger_front(&ep->sent);
        uint8_t bits = 0;
        struct tv_overlap o;

        if (begin > ep->sent.nxt || ep->sent.holes.count != 0 || begin < ep->sent.nxt)
                trouble = tv_track_need_trouble(tracker, ep);
        else
                trouble = tv_track_trouble(tracker, ep);
        if (trouble == NULL) {
                /* In order after all (or no memory to keep more). */
                tv_ledger_add(&ep->sent, begin, end);
                seen->data_class = TV_DATA_NEW;
                tv_track_remember(ep, seg, begin, space, 0);
                return;
        }

        /* It begins where the peer's acknowledgment had already gone, too far to be believed alone: both are right, and
         * the capture has missed everything between. */
        if (trouble->far_frame != 0 && seg->seq == trouble->far_ack && seg->seq != (uint32_t)front &&
            (seg->flags & TV_SYN) == 0) {
                struct tv_settlement news = {0};

                if (begin < front)
                        begin += UINT64_C(1) << 32;
                end = begin + space;
                front = ep->sent.una = begin;
                ep->bits &= ~(uint32_t)TV_EP_WINDOW_KNOWN;
                news.frame = trouble->far_frame;
                news.ack_class = TV_ACK_UNSEEN;
                trouble->far_frame = 0;
                if (tracker->settle != NULL)
                        tracker->settle(tracker->context, &news);
        }

        /* Far beyond what the peer ever allowed, or before the connection's first octet: not part of the stream, unless
         * it goes on like that (then the capture has missed a lot). */
        if (((ep->bits & TV_EP_WINDOW_KNOWN) != 0 && (peer->bits & TV_EP_SEEN) != 0 && begin > front &&
             begin >= ep->wnd_right + (tv_endpoint_window(peer) > 65536 ? tv_endpoint_window(peer) : 65536) &&
             begin != trouble->outside_end) ||
            (begin > front && begin - front > FAR) || (begin < front && front - begin > 2 * FAR) ||
            ((ep->bits & TV_EP_ISS_KNOWN) != 0 && begin < ep->sent.begin && ep->sent.begin - begin < FAR &&
             ep->sent.nxt - ep->sent.begin < FAR)) {
                if (begin >= ep->sent.nxt || begin < ep->sent.begin) {
                        seen->data_class = TV_DATA_OUTSIDE_WINDOW;
                        trouble->odd_bytes += seg->length;
                        /* Should the peer acknowledge it, the capture missed what lies between: see take_ack. */
                        trouble->outside_begin = begin >= front ? begin : begin + (UINT64_C(1) << 32);
                        trouble->outside_end = trouble->outside_begin + space;
                        trouble->outside_payload = seg->length;
                        trouble->outside_frame = seg->frame;
                        trouble->outside++;
                        ep->bits |= TV_EP_UNACCEPTABLE;
                        return;
                }
        }

        if ((seg->flags & TV_SYN) != 0 && begin == ep->sent.begin) {
                if ((ep->bits & TV_EP_SYN_SEEN) == 0 ||
                    ((seg->flags & TV_ACK) != 0 && (ep->bits & TV_EP_SYN_WITH_ACK) == 0)) {
                        /* The SYN-ACK of a simultaneous open repeats its SYN's number by design (RFC 9293 figure 7);
                         * and a SYN captured behind what followed it is no repetition. */
                        tv_ledger_add(&ep->sent, begin, end);
                        mark_again(&ep->sent, begin, begin + 1);
                        seen->data_class = TV_DATA_NEW;
                        tv_track_remember(ep, seg, begin, space, TV_SENT_AGAIN);
                        return;
                }
        }

        if (begin < ep->sent.begin && trouble->origin == 0)
                trouble->origin = ep->sent.begin;
        o = tv_ledger_add(&ep->sent, begin, end);
        trouble->again_bytes += o.old < seg->length ? o.old : seg->length;
        if (o.old != 0) {
                struct tv_sent *first = tv_ledger_find(&ep->sent, begin, true);

                seen->data_class = TV_DATA_RETRANSMISSION;
                if (first != NULL && first->begin == begin && seg->length != 0 &&
                    (other_hand(ep, peer, seg, first) ||
                     (first->length == space && first->sum != seg->payload_sum &&
                      (first->bits & (TV_SENT_PARTIAL | TV_SENT_DAMAGED)) == 0 && (seg->bits & TV_SEG_CUT) == 0 &&
                      seg->checksum != TV_CHECKSUM_WRONG))) {
                        seen->data_class = TV_DATA_OVERLAP_CONFLICT;
                        trouble->conflicts++;
                        tv_observe_odd(tracker, track, dir, seg, TV_NOTE_CONFLICT, first->frame);
                        if (other_hand(ep, peer, seg, first))
                                tv_track_need_note(tracker, ep, TV_NOTE_CONFLICT)->high++;
                } else if (first != NULL && (seg->flags & TV_SYN) == 0 && order_by_identity(ep, seg, first) < 0 &&
                           first->begin >= begin) {
                        /* This is the original; the copy that was captured first overtook it, and was not needed. */
                        overtaken(tracker, track, dir, first, seg);
                        seen->data_class = TV_DATA_OUT_OF_ORDER;
                        seen->of_frame = first->frame;
                        mark_again(&ep->sent, begin, end);
                        tv_track_remember(ep, seg, begin, space, TV_SENT_AGAIN);
                        return;
                }
                retransmitted(tracker, track, dir, seg, begin, end, &o, seen);
                bits = TV_SENT_COPY | TV_SENT_AGAIN;
        } else if (o.hole != 0) {
                const struct tv_sent *above = hole_revealed_by(&ep->sent, end);

                seen->data_class = (uint8_t)class_of_hole_fill(tracker, track, dir, seg, end);
                if (seen->data_class == TV_DATA_RETRANSMISSION) {
                        retransmitted(tracker, track, dir, seg, begin, end, &o, seen);
                        bits = TV_SENT_COPY | TV_SENT_AGAIN;
                } else if (seen->data_class == TV_DATA_OUT_OF_ORDER) {
                        trouble->out_of_order++;
                        note_late(tracker, track, dir, seg, above != NULL ? above->time : TV_NO_TIME,
                                  above != NULL ? above->frame : 0);
                } else {
                        trouble->hole_fills++;
                        bits = TV_SENT_AGAIN;
                }
        } else {
                seen->data_class = TV_DATA_NEW;
        }
        tv_track_remember(ep, seg, begin, space, bits);
}
