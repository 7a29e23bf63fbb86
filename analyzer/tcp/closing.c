#include "analyzer/tcp/closing.h"

#include "analyzer/tcp/observe.h"
#include "reassembly/seqnum.h"

/* Captures at hosts with several queues swap neighbours by this much. */
#define SWAPPED INT64_C(500000)

/* A host needs some room of its buffer for each packet, however small (a page or less). */
#define BUFFER_LEAST 4096

static struct tv_closing *
need_closing(struct tv_tracker *tracker, const struct tv_track *track)
{
        struct tv_story *story = tv_track_story(tracker, track);

        if (story == NULL)
                return NULL;
        if (story->closing == 0)
                story->closing = tv_pool_take_zeroed(&tracker->closing);
        return story->closing != 0 ? tv_pool_at(&tracker->closing, story->closing) : NULL;
}

/* What the other end of |dir| sent last, and what had become of it: up to |peer_una| it was acknowledged before |seg|,
 * which may acknowledge the rest and refuse it all the same. */
static uint32_t
provocation(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir, const struct tv_segment *seg,
            uint64_t peer_una)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        const struct tv_story *story = tv_track_story(tracker, track);
        const struct tv_trouble *waiting = tv_track_trouble(tracker, peer);
        const struct tv_sent *sent = tv_ledger_recent(&peer->sent, 0);
        bool space = sent != NULL && sent->frame == peer->last_frame && sent->length != 0;
        uint32_t bits = 0;

        if ((peer->bits & TV_EP_SEEN) == 0)
                return 0;
        if ((seg->flags & TV_ACK) == 0 && seg->seq == peer->last_ack)
                bits |= TV_RESET_ANSWERS;
        if ((peer->bits & TV_EP_PROBED_ALIVE) != 0)
                bits |= TV_RESET_TO_PROBE;
        if (space && (sent->flags & TV_FIN) != 0)
                bits |= TV_RESET_TO_FIN;
        if (space && sent->length > ((sent->flags & (TV_FIN | TV_SYN)) != 0))
                bits |= TV_RESET_TO_DATA;
        if (waiting != NULL && waiting->silence.retries != 0 && waiting->silence.last_frame == peer->last_frame)
                bits |= TV_RESET_TO_RETRY;
        if (waiting != NULL && waiting->retransmissions != 0 && waiting->last_retransmission == peer->last_time)
                bits |= TV_RESET_TO_COPY;
        if (peer->sent.una >= peer->sent.nxt)
                bits |= TV_RESET_ACKED;
        if (peer_una < peer->sent.nxt && (ep->bits & TV_EP_FIN_KNOWN) != 0) {
                uint64_t last = peer->sent.nxt;

                /* Beyond |ack2_mark| is what was sent with the acknowledgment of the FIN or after it. */
                if ((peer->bits & TV_EP_FIN_KNOWN) != 0 && last > story->fin[!dir])
                        last = story->fin[!dir];
                if (tv_milestone_reached(&story->end[dir][TV_GOT_ACK2 - TV_OPEN_MILESTONES]) &&
                    last > story->ack2_mark[dir] && last > peer_una)
                        bits |= TV_RESET_LATE_DATA;
                else if (last > peer_una)
                        bits |= TV_RESET_CROSSED;
        }
        return bits;
}

/* Does the window grow by what lay in the buffer?  That is at most what the peer sent, and what it takes to hold that.
 * Some middleboxes write a code of their own there. */
static bool
makes_room(const struct tv_endpoint *ep, const struct tv_endpoint *peer, const struct tv_segment *seg)
{
        uint64_t held = peer->sent.nxt - peer->sent.begin;
        uint64_t grown = seg->window > ep->raw_window ? (uint64_t)(seg->window - ep->raw_window) : 0;

        if ((ep->bits & TV_EP_SCALED) != 0)
                grown <<= ep->wscale;
        return grown != 0 && grown <= 2 * held + BUFFER_LEAST;
}

/* What |ep| had acknowledged of |peer|'s space before it sent |seg|. */
static uint64_t
una_before(const struct tv_endpoint *ep, const struct tv_endpoint *peer, const struct tv_segment *seg)
{
        uint64_t una = peer->sent.una, last = tv_seq_unwrap(una, ep->last_ack);

        /* Only one that acknowledges something took more than that; a bare one before it has left nothing to go by. */
        return (seg->flags & TV_ACK) != 0 && (ep->bits & TV_EP_ACKED) != 0 && last > peer->sent.begin && last < una
                       ? last
                       : una;
}

void
tv_observe_reset(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                 enum tv_rst_verdict verdict)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        const struct tv_story *story = tv_track_story(tracker, track);
        struct tv_closing *closing = need_closing(tracker, track);
        uint64_t peer_una = una_before(ep, peer, seg);
        struct tv_reset *reset;

        /* A damaged one is discarded, whatever its flags say. */
        if (closing == NULL || seg->checksum == TV_CHECKSUM_WRONG)
                return;
        /* One in the handshake is about that, or about another connection. */
        if (verdict != TV_RST_ACCEPTED && (ep->bits & peer->bits & TV_EP_ACK1_REACHED) == 0 &&
            ((ep->bits | peer->bits) & TV_EP_HAS_DATA) == 0)
                return;
        /* A second record of a reset looks like a second reset, but for another SEQ. */
        if (verdict != TV_RST_ACCEPTED && (closing->refused_count[dir] == 0 || closing->refused_seq[dir] != seg->seq)) {
                closing->refused_count[dir]++;
                closing->refused_seq[dir] = seg->seq;
        }
        reset = verdict == TV_RST_ACCEPTED ? &closing->accepted[dir] : &closing->refused[dir];
        if (reset->frame != 0)
                return;
        reset->frame = seg->frame;
        reset->time = seg->time;
        reset->answers = peer->last_frame;
        reset->answered = peer->last_time;
        reset->spoke = ep->last_time;
        reset->peer_nxt = peer->sent.nxt;
        reset->window = seg->window;
        reset->window_before = ep->raw_window;
        reset->ttl = seg->ttl;
        reset->usual_ttl = ep->ttl;
        reset->peer_una = peer_una;
        reset->bits = provocation(tracker, track, dir, seg, peer_una);
        if ((seg->flags & TV_ACK) != 0)
                reset->bits |= TV_RESET_HAS_ACK;
        if ((ep->bits & TV_EP_SEEN) != 0 && seg->ttl != ep->ttl)
                reset->bits |= TV_RESET_OTHER_TTL;
        if (verdict == TV_RST_CHALLENGED)
                reset->bits |= TV_RESET_IN_WINDOW;
        if (track->talker == !dir + 1u)
                reset->bits |= TV_RESET_PEER_TALKED;
        if ((seg->flags & TV_ACK) != 0 && (ep->bits & TV_EP_ACKED) != 0 && makes_room(ep, peer, seg))
                reset->bits |= TV_RESET_WINDOW_JUMPED;
        if ((ep->bits & TV_EP_FIN_KNOWN) != 0) {
                reset->bits |= TV_RESET_OWN_FIN;
                if (ep->sent.una > story->fin[dir])
                        reset->bits |= TV_RESET_OWN_FIN_ACKED;
        }
        if ((peer->bits & TV_EP_FIN_KNOWN) != 0) {
                reset->bits |= TV_RESET_PEER_FIN;
                if (peer->sent.una > story->fin[!dir])
                        reset->bits |= TV_RESET_PEER_FIN_ACKED;
        }
}

void
tv_observe_after_reset(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        struct tv_closing *closing = tv_track_closing(tracker, track);
        const struct tv_reset *own, *got;
        tv_time way;

        if (closing == NULL)
                return;
        own = closing->accepted[dir].frame != 0 ? &closing->accepted[dir] : &closing->refused[dir];
        if (own->frame != 0 && closing->went_on[dir] == 0 && seg->time - own->time > SWAPPED) {
                bool octets = tv_segment_space(seg) != 0 && !tv_seq_before(seg->seq, (uint32_t)ep->sent.nxt);
                bool acknowledges = (seg->flags & TV_ACK) != 0 &&
                                    tv_seq_unwrap(peer->sent.una, seg->ack) > own->peer_nxt &&
                                    tv_seq_unwrap(peer->sent.una, seg->ack) <= peer->sent.nxt;

                if ((octets || acknowledges) && (seg->flags & TV_SYN) == 0)
                        closing->went_on[dir] = seg->frame;
        }
        got = closing->accepted[!dir].frame != 0 ? &closing->accepted[!dir] : &closing->refused[!dir];
        way = tv_track_round_trip(track, dir);
        if (got->frame != 0 && (seg->flags & TV_SYN) == 0 && seg->time - got->time > way + way / 4 + SWAPPED) {
                if (closing->ignored[!dir]++ == 0)
                        closing->ignored_frame[!dir] = seg->frame;
                closing->ignored_last[!dir] = seg->frame;
                closing->ignored_time[!dir] = seg->time;
        }
}

void
tv_observe_challenge(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        struct tv_closing *closing = tv_track_closing(tracker, track);

        if (closing != NULL && closing->refused[!dir].frame != 0 && closing->challenge[!dir] == 0)
                closing->challenge[!dir] = seg->frame;
}
