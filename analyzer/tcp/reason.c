#include "analyzer/tcp/reason.h"

#include "analyzer/tcp/retransmission.h"
#include "reassembly/seqnum.h"

#define MILLISECOND INT64_C(1000000)
/* Timers are late by this much at most: an eighth for coarse timer wheels, and this. */
#define TIMER_LATE (10 * MILLISECOND)

/* How long before |seg| its sender sent |sent|: by the capture's clock, and at least what the sender's own one tells,
 * where the network held the first of them up.  No clock of time stamps ticks faster than in milliseconds (RFC 7323
 * 5.4). */
static tv_time
sent_before(const struct tv_segment *seg, const struct tv_sent *sent)
{
        tv_time age = seg->time - sent->time, ticks;

        if ((seg->options & TV_OPT_TIMESTAMPS) == 0 || (sent->bits & TV_SENT_HAS_TS) == 0 ||
            tv_seq_before(seg->tsval, sent->tsval))
                return age;
        ticks = (tv_time)(seg->tsval - sent->tsval) * MILLISECOND - MILLISECOND;
        return ticks > age && ticks - age < 1000 * MILLISECOND ? ticks : age;
}

static const struct tv_sent *
last_with_space(const struct tv_endpoint *ep)
{
        const struct tv_sent *sent;

        for (uint32_t i = 0; (sent = tv_ledger_recent(&ep->sent, i)) != NULL; i++)
                if (sent->length != 0)
                        return sent;
        return NULL;
}

/* The largest and the smallest round trip between the ends that the capture point can have shown. */
static tv_time
shortest_loop(const struct tv_endpoint *ep, const struct tv_endpoint *peer)
{
        return (ep->rtt.count != 0 ? ep->rtt.min : 0) + (peer->rtt.count != 0 ? peer->rtt.min : 0);
}

static tv_time
longest_loop(const struct tv_endpoint *ep, const struct tv_endpoint *peer)
{
        return (ep->rtt.count != 0 ? ep->rtt.max : 0) + (peer->rtt.count != 0 ? peer->rtt.max : 0);
}

/* ---- recovery: from the first retransmission until everything is acknowledged that had been sent by then ---- */

static void
enter(const struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
      bool after_rto)
{
        struct tv_endpoint *ep = &track->ep[dir];
        struct tv_trouble *trouble = tv_track_trouble(tracker, ep);

        ep->bits &= ~(uint32_t)TV_EP_AFTER_RTO;
        ep->bits |= TV_EP_IN_RECOVERY;
        trouble->is_left = trouble->is_next = false;
        if (after_rto)
                ep->bits |= TV_EP_AFTER_RTO;
        trouble->recovery_point = ep->sent.nxt;
        /* What it sent just before died on its way here. */
        if (tv_track_ids(tracker, track, dir, seg) == TV_IDS_SOME_LOST)
                trouble->recovery_point++;
}

static void
leave(struct tv_endpoint *ep, struct tv_trouble *trouble)
{
        ep->bits &= ~(uint32_t)(TV_EP_IN_RECOVERY | TV_EP_AFTER_RTO);
        trouble->is_left = trouble->is_next = false;
}

/* Had the acknowledgment that left the recovery reached the sender when it sent |seg|?  The newest time stamp that it
 * had got says so, else the time does. */
static bool
knew(const struct tv_trouble *trouble, const struct tv_segment *seg, tv_time way)
{
        tv_time known = trouble->recovery_left + way;

        if (seg->time < known - way / 8)
                return false;
        /* An echo can lag behind (RFC 7323 4.3), where octets of the peer are missing. */
        return (seg->options & TV_OPT_TIMESTAMPS) == 0 || trouble->recovery_left_tsval == 0 ||
               !tv_seq_before(seg->tsecr, trouble->recovery_left_tsval) || seg->time > known + way / 4 + MILLISECOND;
}

/* The sender knows what left the recovery at trouble->recovery_left.  If another repetition was still without an answer
 * then, it entered the next one at once. */
static void
learn(struct tv_endpoint *ep, struct tv_trouble *trouble, tv_time way)
{
        tv_time known = trouble->recovery_left + way;
        const struct tv_sent *sent;
        uint64_t point = 0;
        bool again = false;

        for (uint32_t i = 0; (sent = tv_ledger_recent(&ep->sent, i)) != NULL; i++) {
                uint64_t end = sent->begin + sent->length;

                if (sent->length == 0 || sent->time > known)
                        continue;
                if ((sent->bits & TV_SENT_COPY) == 0)
                        point = end > point ? end : point;
                else if (end > ep->sent.una &&
                         !(trouble->sacked.count != 0 && tv_range_set_contains(&trouble->sacked, sent->begin, end)))
                        again = true;
        }
        if (again && (ep->bits & TV_EP_AFTER_RTO) == 0 && point > trouble->recovery_point && point > ep->sent.una) {
                trouble->recovery_point = point;
                trouble->is_left = false;
                trouble->is_next = true;
        } else {
                leave(ep, trouble);
        }
}

/* Is a repetition without an answer? */
static bool
outstanding(const struct tv_endpoint *ep, const struct tv_trouble *trouble)
{
        const struct tv_sent *sent;

        for (uint32_t i = 0; (sent = tv_ledger_recent(&ep->sent, i)) != NULL; i++)
                if ((sent->bits & TV_SENT_COPY) != 0 && sent->begin + sent->length > ep->sent.una &&
                    !(trouble->sacked.count != 0 &&
                      tv_range_set_contains(&trouble->sacked, sent->begin, sent->begin + sent->length)))
                        return true;
        return false;
}

void
tv_reason_acked(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, uint64_t ack,
                const struct tv_segment *seg, bool undone)
{
        struct tv_endpoint *ep = &track->ep[dir];
        struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
        tv_time way = tv_track_round_trip(track, dir);

        if ((ep->bits & TV_EP_IN_RECOVERY) == 0)
                return;
        if (trouble->is_left && seg->time >= trouble->recovery_left + way)
                learn(ep, trouble, way);
        if ((ep->bits & TV_EP_IN_RECOVERY) == 0 || trouble->is_left ||
            !(ack >= trouble->recovery_point || (undone && !outstanding(ep, trouble))))
                return;
        trouble->is_left = true;
        trouble->recovery_left = seg->time;
        trouble->recovery_left_tsval = (seg->options & TV_OPT_TIMESTAMPS) != 0 ? seg->tsval : 0;
}

void
tv_reason_shrunk(struct tv_tracker *tracker, struct tv_track *track, unsigned dir)
{
        struct tv_endpoint *ep = &track->ep[dir];
        struct tv_trouble *trouble = tv_track_need_trouble(tracker, ep);

        if (trouble == NULL || ep->sent.una >= ep->sent.nxt)
                return;
        ep->bits |= TV_EP_IN_RECOVERY | TV_EP_AFTER_RTO;
        trouble->is_left = trouble->is_next = false;
        trouble->recovery_point = ep->sent.nxt;
}

void
tv_reason_needless(struct tv_endpoint *ep, struct tv_trouble *trouble)
{
        if ((ep->bits & TV_EP_IN_RECOVERY) == 0 || trouble->is_left || ep->una_time == TV_NO_TIME ||
            outstanding(ep, trouble))
                return;
        trouble->is_left = true;
        trouble->recovery_left = ep->una_time;
        trouble->recovery_left_tsval = 0;
}

/* ---- timers ---- */

/* Everything outstanding was sent once, and is repeated at the |age| of its probe.  A sender that probes the tail (RFC
 * 8985 7.2) does so after two round trips and, of a single segment, the time of a delayed acknowledgment, or when its
 * retransmission timer would expire, whichever is sooner; so its probe is always the first. */
static bool
can_be_probe(const struct tv_tracker *tracker, const struct tv_endpoint *ep, const struct tv_endpoint *peer,
             tv_time age)
{
        tv_time loop = longest_loop(ep, peer), latest = 2 * loop + tracker->rto_min;

        if ((ep->bits & TV_EP_SYN_SEEN) != 0 && (peer->bits & TV_EP_SYN_SEEN) != 0 &&
            (ep->options & peer->options & TV_OPT_SACK_OK) == 0)
                return false;
        return !tv_track_trouble(tracker, ep)->never_probes && (loop == 0 || age <= latest + latest / 8 + TIMER_LATE);
}

/* What was taken for a probe is followed by a timeout after |age|.  After a probe that takes one RTO; after a timeout
 * twice as long as the first did (RFC 6298 5.5). */
static void
judge_probe(struct tv_tracker *tracker, const struct tv_endpoint *ep, const struct tv_endpoint *peer,
            struct tv_trouble *trouble, tv_time age)
{
        struct tv_settlement news = {0};

        if (trouble->probe_frame == 0 || trouble->retries != 2)
                return;
        if (age > trouble->probe_age * 9 / 5 && age < trouble->probe_age * 23 / 10) {
                /* Where round trips vary much, a timeout may be twice as long as a probe waits. */
                bool varies = longest_loop(ep, peer) - shortest_loop(ep, peer) > tracker->rto_min / 2;

                news.frame = trouble->probe_frame;
                news.reason = varies ? TV_REASON_UNKNOWN : TV_REASON_RTO;
                for (uint8_t i = 0; i < trouble->pending_count; i++)
                        if (trouble->pending[i].frame == news.frame)
                                trouble->pending[i].reason = news.reason;
                if (!varies)
                        trouble->never_probes = true;
                if (tracker->settle != NULL)
                        tracker->settle(tracker->context, &news);
        }
        trouble->probe_frame = 0;
}

static enum tv_reason
timer_of(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg, uint64_t begin,
         uint64_t end, tv_time age, tv_time silence, bool hole_known)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
        tv_time rto = tracker->rto_min - tracker->rto_min / 10, loop = shortest_loop(ep, peer);
        bool at_una = begin <= ep->sent.una, tail = end >= ep->sent.nxt;

        if (at_una && silence >= rto && age >= rto) {
                /* The timer was started again when the acknowledgment before came. */
                tv_time waited =
                        ep->una_time != TV_NO_TIME && seg->time - ep->una_time < age && seg->time - ep->una_time >= rto
                                ? seg->time - ep->una_time
                                : age;

                if (tail && !hole_known && trouble->retries <= 1 && can_be_probe(tracker, ep, peer, waited)) {
                        trouble->probe_frame = seg->frame;
                        trouble->probe_age = age;
                        return TV_REASON_TLP;
                }
                judge_probe(tracker, ep, peer, trouble, age);
                return TV_REASON_RTO;
        }
        /* What is sent meanwhile does not start the timer of the oldest octets anew (RFC 6298 5.1). */
        if (tail && age >= loop && silence >= MILLISECOND && !hole_known)
                return at_una && age >= rto && !can_be_probe(tracker, ep, peer, age) ? TV_REASON_RTO : TV_REASON_TLP;
        return TV_REASON_UNKNOWN;
}

enum tv_reason
tv_reason_of(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
             uint64_t begin, uint64_t end, const struct tv_sent *newest, bool hole_known)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
        const struct tv_sent *last = last_with_space(ep);
        tv_time way = tv_track_round_trip(track, dir), loop = shortest_loop(ep, peer);
        tv_time silence = last != NULL ? sent_before(seg, last) : 0;
        tv_time age = newest != NULL ? sent_before(seg, newest) : silence;
        tv_time due = loop + tracker->rto_min - tracker->rto_min / 10;
        /* Sent at once when news of the peer came, or soon after. */
        bool prompted =
                (peer->bits & TV_EP_SEEN) != 0 && seg->time - peer->last_time < way + way / 4 + loop / 4 + TIMER_LATE;
        bool timer = begin <= ep->sent.una && age >= due && !prompted &&
                     (ep->una_time == TV_NO_TIME || seg->time - ep->una_time >= due);
        enum tv_reason reason;

        if ((seg->flags & TV_SYN) != 0)
                return (seg->flags & TV_ACK) != 0 ? TV_REASON_SYNACK : TV_REASON_SYN;
        if ((seg->flags & TV_FIN) != 0 && seg->length == 0)
                return TV_REASON_FIN;
        if (trouble->is_left && knew(trouble, seg, way))
                learn(ep, trouble, way);
        if ((ep->bits & TV_EP_IN_RECOVERY) != 0) {
                if ((ep->bits & TV_EP_AFTER_RTO) != 0 || timer) {
                        if (timer) {
                                judge_probe(tracker, ep, peer, trouble, age);
                                enter(tracker, track, dir, seg, true);
                        }
                        return TV_REASON_RTO;
                }
                if (!trouble->is_next)
                        return TV_REASON_RECOVERY;
                trouble->is_next = false;
                return TV_REASON_FAST;
        }
        /* The peer took no data from the SYN (RFC 7413 4.1.3): what the SYN-ACK left out is sent again at once, as what
         * a timeout takes for lost. */
        if ((ep->bits & (TV_EP_SYN_DATA | TV_EP_FAST_OPEN)) == TV_EP_SYN_DATA && begin == ep->sent.begin + 1 &&
            trouble->retries <= 1 && !timer && ep->una_time != TV_NO_TIME &&
            seg->time - ep->una_time < way + way / 4 + TIMER_LATE)
                return TV_REASON_RTO;
        if (hole_known && !timer && (peer->dup_acks >= 3 || trouble->sacked.count != 0 || begin < ep->sent.una))
                reason = TV_REASON_FAST;
        else
                reason = timer_of(tracker, track, dir, seg, begin, end, age, silence, hole_known);
        if (reason == TV_REASON_UNKNOWN && hole_known && peer->dup_acks > 0)
                reason = TV_REASON_FAST;
        if (reason == TV_REASON_FAST || reason == TV_REASON_RTO)
                enter(tracker, track, dir, seg, reason == TV_REASON_RTO);
        /* It comes long after the news: the first repetition died before the capture point, as the original did. */
        if (reason == TV_REASON_FAST && newest == NULL && way > MILLISECOND && trouble->hole_since != 0 &&
            seg->time - trouble->hole_since > 2 * way - way / 4 + 2 * MILLISECOND &&
            seg->time - trouble->hole_since > peer->rtt.max + way / 4 + 2 * MILLISECOND)
                reason = TV_REASON_RECOVERY;
        return reason;
}
