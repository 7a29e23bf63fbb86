#include "analyzer/tcp/tracker.h"

#include "analyzer/tcp/acceptability.h"
#include "analyzer/tcp/observe.h"
#include "analyzer/tcp/reason.h"
#include "analyzer/tcp/retransmission.h"
#include "reassembly/seqnum.h"

#include <stdlib.h>
#include <string.h>

#define MILLISECOND INT64_C(1000000)

/* IP IDs this far apart can be of one count, and this many in a row show that there is one. */
#define IDS_APART  64
#define IDS_PROVED 3

/* An acknowledgment or a sequence number further away than this belongs to something else. */
#define FAR (UINT64_C(1) << 30)
/* No end sends more than this before it has an answer. */
#define ONE_FLIGHT (UINT64_C(1) << 20)

void
tv_tracker_init(struct tv_tracker *tracker, tv_time rto_min)
{
        memset(tracker, 0, sizeof *tracker);
        tv_pool_init(&tracker->trouble, sizeof(struct tv_trouble), 15);
        tv_pool_init(&tracker->story, (sizeof(struct tv_story) + 63) / 64 * 64, 15);
        tv_pool_init(&tracker->losses, sizeof(struct tv_losses), 12);
        tv_pool_init(&tracker->icmp, sizeof(struct tv_icmp_notes), 10);
        tv_pool_init(&tracker->notes, sizeof(struct tv_note), 12);
        tv_pool_init(&tracker->closing, sizeof(struct tv_closing), 12);
        tracker->rto_min = rto_min;
}

void
tv_tracker_clear(struct tv_tracker *tracker)
{
        tv_pool_clear(&tracker->trouble);
        tv_pool_clear(&tracker->story);
        tv_pool_clear(&tracker->losses);
        tv_rtt_clear(&tracker->twin_lag);
        tv_rtt_clear(&tracker->early_lead);
        tv_pool_clear(&tracker->icmp);
        tv_pool_clear(&tracker->notes);
        tv_pool_clear(&tracker->closing);
}

void
tv_track_init(struct tv_track *track)
{
        memset(track, 0, sizeof *track);
        for (unsigned dir = 0; dir < 2; dir++) {
                track->ep[dir].last_time = track->ep[dir].una_time = TV_NO_TIME;
                for (unsigned i = 0; i < TV_OPEN_MILESTONES; i++)
                        track->ep[dir].open[i].earliest = track->ep[dir].open[i].latest = TV_NO_TIME;
        }
}

static void
drop_pending(struct tv_trouble *trouble)
{
        free(trouble->pending);
        trouble->pending = NULL;
        trouble->pending_count = 0;
        tv_range_set_clear(&trouble->sacked);
}

void
tv_track_clear(struct tv_tracker *tracker, struct tv_track *track)
{
        for (unsigned dir = 0; dir < 2; dir++) {
                struct tv_endpoint *ep = &track->ep[dir];

                tv_ledger_clear(&ep->sent);
                tv_rtt_clear(&ep->rtt);
                if (ep->trouble != 0) {
                        drop_pending(tv_pool_at(&tracker->trouble, ep->trouble));
                        tv_notes_clear(&tracker->notes, &tv_track_trouble(tracker, ep)->notes);
                        tv_pool_give(&tracker->trouble, ep->trouble);
                        ep->trouble = 0;
                }
        }
        if (track->story != 0) {
                uint32_t losses = tv_track_story(tracker, track)->losses, icmp = tv_track_story(tracker, track)->icmp;
                uint32_t closing = tv_track_story(tracker, track)->closing;

                if (closing != 0)
                        tv_pool_give(&tracker->closing, closing);
                if (losses != 0)
                        tv_pool_give(&tracker->losses, losses);
                if (icmp != 0)
                        tv_pool_give(&tracker->icmp, icmp);
                tv_pool_give(&tracker->story, track->story);
                track->story = 0;
        }
}

bool
tv_track_quotes(const struct tv_track *track, unsigned dir, uint32_t seq)
{
        const struct tv_endpoint *ep = &track->ep[dir];
        const struct tv_ledger *sent = &ep->sent;
        /* What the peer acknowledged since, before the error came. */
        uint64_t slack = ep->max_in_flight > 65535 ? ep->max_in_flight : 65535;
        uint64_t low, high, at;

        if (!tv_ledger_started(sent))
                return false;
        high = tv_ledger_front(sent);
        /* A pure acknowledgment has SND.NXT; there is none before the peer answered. */
        if ((ep->bits & TV_EP_ISS_KNOWN) != 0 && sent->una == sent->begin && high > sent->begin)
                high--;
        at = tv_seq_unwrap(high, seq);
        low = sent->una < sent->nxt ? sent->una : sent->nxt;
        low = low > slack ? low - slack : 0;
        if ((ep->bits & TV_EP_ISS_KNOWN) != 0 && low < sent->begin)
                low = sent->begin;
        /* Where the capture lacks segments, it may lack the quoted one. */
        if ((ep->bits & TV_EP_WINDOW_KNOWN) != 0 && high < ep->wnd_right &&
            ((ep->bits & TV_EP_SEEN) == 0 || tv_ledger_missing(sent, 0) != 0))
                high = ep->wnd_right;
        return low <= at && at <= high;
}

void
tv_track_take_icmp(struct tv_tracker *tracker, struct tv_track *track, uint32_t icmp)
{
        struct tv_story *story = tv_track_need_story(tracker, track);

        if (story != NULL && story->icmp == 0)
                story->icmp = icmp;
        else
                tv_pool_give(&tracker->icmp, icmp);
}

void
tv_track_icmp(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_icmp_error *error,
              tv_frame frame, tv_time time)
{
        const struct tv_endpoint *ep = &track->ep[dir];
        struct tv_story *story = tv_track_need_story(tracker, track);

        if (error->ipv6 ? error->type == 2 : error->type == 3 && error->code == 4)
                tv_reason_shrunk(tracker, track, dir);
        if (story == NULL)
                return;
        if (story->icmp == 0)
                story->icmp = tv_pool_take_zeroed(&tracker->icmp);
        if (story->icmp != 0)
                tv_icmp_notes_add(tv_pool_at(&tracker->icmp, story->icmp), error, frame, time,
                                  (ep->bits & TV_EP_SYN_SEEN) != 0 && error->seq == ep->iss);
}

struct tv_trouble *
tv_track_need_trouble(struct tv_tracker *tracker, struct tv_endpoint *ep)
{
        if (ep->trouble == 0)
                ep->trouble = tv_pool_take_zeroed(&tracker->trouble);
        return tv_track_trouble(tracker, ep);
}

struct tv_story *
tv_track_need_story(struct tv_tracker *tracker, struct tv_track *track)
{
        if (track->story == 0) {
                struct tv_story *story;

                track->story = tv_pool_take_zeroed(&tracker->story);
                story = tv_track_story(tracker, track);
                for (unsigned dir = 0; story != NULL && dir < 2; dir++)
                        for (unsigned i = 0; i < TV_MILESTONES - TV_OPEN_MILESTONES; i++)
                                story->end[dir][i].earliest = story->end[dir][i].latest = TV_NO_TIME;
        }
        return tv_track_story(tracker, track);
}

const struct tv_milestone *
tv_track_milestone(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir,
                   enum tv_milestone_kind kind)
{
        static const struct tv_milestone none = {TV_NO_TIME, TV_NO_TIME, 0, 0};
        const struct tv_story *story;

        if (kind < TV_OPEN_MILESTONES)
                return &track->ep[dir].open[kind];
        story = tv_track_story(tracker, track);
        return story != NULL ? &story->end[dir][kind - TV_OPEN_MILESTONES] : &none;
}

static struct tv_milestone *
closing(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, enum tv_milestone_kind kind)
{
        struct tv_story *story = tv_track_need_story(tracker, track);

        return story != NULL ? &story->end[dir][kind - TV_OPEN_MILESTONES] : NULL;
}

/* ---- the sender's clock ---- */

/* Clocks of two machines part by less than one in this many. */
#define CLOCK_SKEW 4096
/* So many segments of the recent past are looked at. */
#define RECENT_SEGMENTS 64

/* Does a clock that shows |ticks| more after |passed| count milliseconds?  Such segments may have been delayed very
 * differently, but clocks that tick every 4 ms or every microsecond are far away. */
static bool
counts_milliseconds(tv_time passed, int32_t ticks)
{
        if (ticks < 0) {
                passed = -passed;
                ticks = ticks > INT32_MIN ? -ticks : INT32_MAX;
        }
        return passed <= (3 * (tv_time)ticks + 1) * MILLISECOND && passed >= ((tv_time)ticks - 1) * MILLISECOND / 4;
}

/* By how much more than (|than|, |than_tsval|) was (|time|, |tsval|) delayed, at least? */
static tv_time
later_than(tv_time time, uint32_t tsval, tv_time than, uint32_t than_tsval)
{
        tv_time passed = time - than;

        return passed - (int32_t)(tsval - than_tsval) * MILLISECOND - (passed < 0 ? -passed : passed) / CLOCK_SKEW;
}

tv_time
tv_track_lateness(const struct tv_track *track, unsigned dir, tv_time time, uint32_t tsval)
{
        const struct tv_endpoint *ep = &track->ep[dir];
        uint32_t first = track->first_tsval[dir];
        tv_time late, farthest_time = ep->first_time;
        uint32_t farthest = first;
        const struct tv_sent *sent;

        if (tsval == 0 || first == 0 || time == TV_NO_TIME)
                return 0;
        late = later_than(time, tsval, ep->first_time, first);
        for (uint32_t i = 0; i < RECENT_SEGMENTS && (sent = tv_ledger_recent(&ep->sent, i)) != NULL; i++)
                if ((sent->bits & TV_SENT_HAS_TS) != 0) {
                        tv_time more = later_than(time, tsval, sent->time, sent->tsval);

                        late = more > late ? more : late;
                }
        /* Each TSval stands for a millisecond: less than one of difference is none, more is half a one too much. */
        if (late <= MILLISECOND)
                return 0;
        for (uint32_t i = 0; i < RECENT_SEGMENTS && (sent = tv_ledger_recent(&ep->sent, i)) != NULL; i++)
                if ((sent->bits & TV_SENT_HAS_TS) != 0 && sent->time > farthest_time) {
                        farthest_time = sent->time;
                        farthest = sent->tsval;
                }
        if (time > farthest_time) {
                farthest_time = time;
                farthest = tsval;
        }
        if (!counts_milliseconds(farthest_time - ep->first_time, (int32_t)(farthest - first)))
                return 0;
        return late - MILLISECOND / 2;
}

tv_time
tv_track_open_lateness(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        const struct tv_milestone *got_syn = &ep->open[TV_GOT_SYN];
        tv_time late = 0, noted = 0;

        if (got_syn->proof != 0 && got_syn->proof == ep->first_frame)
                late = tv_track_lateness(track, dir, got_syn->latest, track->first_tsval[dir]);
        else if (got_syn->proof != 0 && got_syn->proof == peer->open[TV_GOT_ACK1].cause)
                late = tv_track_lateness(track, dir, got_syn->latest, peer->ack1_tsval);
        if (track->story != 0)
                noted = (tv_time)tv_track_story(tracker, track)->late_us[dir][TV_LATE_OPEN] * 1000;
        return late > noted ? late : noted;
}

static uint32_t
microseconds(tv_time late)
{
        return late / 1000 < UINT32_MAX ? (uint32_t)(late / 1000) : UINT32_MAX;
}

/* |seg| of |dir| is, or proves, a closing milestone of that end: notes how late it was, while there are segments to
 * compare it with. */
static void
note_lateness(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, enum tv_milestone_kind kind,
              const struct tv_segment *seg)
{
        struct tv_story *story = tv_track_story(tracker, track);

        if (story == NULL)
                return;
        story->late_us[dir][TV_LATE(kind)] = microseconds(
                tv_track_lateness(track, dir, seg->time, (seg->options & TV_OPT_TIMESTAMPS) != 0 ? seg->tsval : 0));
}

void
tv_track_quiet(struct tv_tracker *tracker, struct tv_track *track)
{
        struct tv_story *story = tv_track_story(tracker, track);

        /* How late the opening was is told by what is forgotten now. */
        for (unsigned dir = 0; story != NULL && dir < 2; dir++)
                story->late_us[dir][TV_LATE_OPEN] = microseconds(tv_track_open_lateness(tracker, track, dir));
        for (unsigned dir = 0; dir < 2; dir++) {
                struct tv_trouble *trouble = tv_track_trouble(tracker, &track->ep[dir]);

                tv_ledger_forget(&track->ep[dir].sent);
                if (trouble != NULL && trouble->pending_count == 0)
                        drop_pending(trouble);
        }
}

void
tv_track_note_loss(struct tv_tracker *tracker, struct tv_track *track, const struct tv_loss *loss)
{
        struct tv_story *story = tv_track_need_story(tracker, track);
        struct tv_losses *losses;

        if (story == NULL)
                return;
        if (story->losses == 0)
                story->losses = tv_pool_take_zeroed(&tracker->losses);
        if (story->losses == 0)
                return;
        losses = tv_pool_at(&tracker->losses, story->losses);
        /* A repeated SYN-ACK and the repeated SYN that asked for it tell of the same lost segment. */
        for (uint32_t i = 0; i < losses->count && i < TV_LOSSES; i++)
                if (losses->at[i].segment == loss->segment && losses->at[i].sender == loss->sender &&
                    (losses->at[i].proof == loss->proof || (loss->lost != 0 && losses->at[i].lost == loss->lost)))
                        return;
        if (losses->count < TV_LOSSES)
                losses->at[losses->count] = *loss;
        losses->count++;
}

struct tv_note *
tv_track_need_note(struct tv_tracker *tracker, struct tv_endpoint *ep, enum tv_note_kind kind)
{
        struct tv_trouble *trouble = tv_track_need_trouble(tracker, ep);

        return trouble != NULL ? tv_note_need(&tracker->notes, &trouble->notes, kind) : NULL;
}

/* A packet of |dir| was recorded again. */
static void
note_twin(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
          tv_frame first, tv_time first_time)
{
        struct tv_endpoint *ep = &track->ep[dir];
        const struct tv_endpoint *peer = &track->ep[!dir];
        bool third = (ep->bits & peer->bits & TV_EP_SYN_SEEN) != 0 &&
                     ((ep->bits | peer->bits) & (TV_EP_HAS_DATA | TV_EP_FIN_KNOWN)) == 0 &&
                     (peer->bits & TV_EP_SYN_WITH_ACK) != 0 && (seg->flags & TV_RST) == 0 && seg->ack == peer->iss + 1;
        struct tv_note *note;

        /* Where copies are the rule they are the capture's, and no note is needed. */
        if (track->twins_are == TV_DATA_CAPTURE_DUPLICATE)
                return;
        note = tv_track_need_note(tracker, ep, TV_NOTE_TWIN);
        if (note != NULL) {
                tv_note_count(note, first_time, seg->time, first, seg->frame);
                note->amount += seg->length;
        }
        if ((third || (seg->flags & TV_SYN) != 0) &&
            (note = tv_track_need_note(tracker, ep, TV_NOTE_TWIN_OPENING)) != NULL)
                tv_note_count(note, first_time, seg->time, first, seg->frame);
}

/* Payload that is in no ledger: probes, outside the window, of an older incarnation. */
static void
odd(struct tv_tracker *tracker, struct tv_endpoint *ep, const struct tv_segment *seg)
{
        struct tv_trouble *trouble = seg->length != 0 ? tv_track_need_trouble(tracker, ep) : NULL;

        if (trouble != NULL)
                trouble->odd_bytes += seg->length;
}

/* ---- one packet seen twice ---- */

static bool
has_ip_id(const struct tv_segment *seg)
{
        return (seg->bits & TV_SEG_HAS_IP_ID) != 0 && seg->ip_id != 0;
}

/* Counts |seg| among |dir|'s packets by its IP ID.  A stack counts those of a connection, or all of its packets, so
 * that consecutive numbers have nothing between them.  Packets without a connection (RST, and what Linux answers for
 * one in TIME_WAIT) have none or another count. */
static void
take_id(struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        struct tv_ids *ids = &track->ids[dir];
        uint16_t step = (uint16_t)(seg->ip_id - ids->newest), mss = track->ep[!dir].mss;
        bool late = step > UINT16_MAX - IDS_APART, known = ids->newest != 0;

        if (!has_ip_id(seg) || (seg->flags & TV_RST) != 0 || (known && (step == 0 || late))) {
                ids->step = 0;
                return;
        }
        ids->step = 0;
        if (known && step == 1) {
                ids->step = 1;
                if (ids->run < UINT8_MAX)
                        ids->run++;
        } else if (known && ids->run >= IDS_PROVED && step <= IDS_APART &&
                   seg->ip_id > ids->newest) { /* there is no number 0 to be seen */
                ids->step = (uint8_t)step;
                ids->run /= 2;
        } else {
                /* Counting or not, it has sent no more packets than that. */
                if (known && ids->run == IDS_PROVED - 1 && step <= IDS_APART && seg->ip_id > ids->newest)
                        ids->step = (uint8_t)(TV_IDS_UNPROVED | step);
                ids->run = 0;
        }
        ids->newest = seg->ip_id;
        /* What the network card cuts into segments takes as many numbers. */
        if (mss != 0 && (track->ep[dir].options & TV_OPT_MSS) != 0 && track->ep[dir].mss < mss)
                mss = track->ep[dir].mss;
        if ((seg->options & TV_OPT_TIMESTAMPS) != 0 && mss > 12)
                mss = (uint16_t)(mss - 12);
        if (mss == 0 && seg->length > 536)
                ids->newest = 0;
        else if (mss != 0 && seg->length > mss)
                ids->newest = (uint16_t)(ids->newest + (seg->length - 1) / mss);
}

enum tv_ids_tell
tv_track_ids(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir,
             const struct tv_segment *last)
{
        const struct tv_ids *ids = &track->ids[dir];

        if (!has_ip_id(last) || ids->step == 0 || (ids->step == 1 && ids->run < 2) ||
            (ids->step & TV_IDS_UNPROVED) != 0)
                return TV_IDS_NOTHING;
        if (ids->step == 1)
                return TV_IDS_ALL_SEEN;
        /* What the capture itself misses is not lost. */
        return tracker->first_gap == 0 && !tracker->drops ? TV_IDS_SOME_LOST : TV_IDS_NOTHING;
}

/* A copy of a SYN follows within this time, a repeated SYN later (RFC 6298 2.1, in practice 1 s). */
#define SYN_COPY (50 * MILLISECOND)

/* Can two packets be told from two transmissions of the same content?  Without an IP ID or a TSval they cannot,
 * unless they are SYNs: no stack repeats these at once. */
static bool
has_identity(const struct tv_track *track, const struct tv_segment *seg, uint32_t space)
{
        if (has_ip_id(seg) || (seg->flags & TV_SYN) != 0)
                return true;
        if ((seg->options & TV_OPT_TIMESTAMPS) == 0)
                return false;
        return space != 0 || track->twins_are == TV_DATA_CAPTURE_DUPLICATE;
}

/* Neither has an IP ID or TSval: is the second a copy of what was sent at |first_time|?  No stack sends the same octets
 * again so soon by a timer, and the peer, which would have to ask for it, was silent in between; where copies are the
 * rule, it need not be. */
static bool
follows_at_once(const struct tv_track *track, const struct tv_endpoint *peer, const struct tv_segment *seg,
                tv_time first_time)
{
        return seg->time >= first_time && seg->time - first_time < MILLISECOND &&
               ((track->any_twins && track->twins_are != TV_DATA_NETWORK_DUPLICATE) || (peer->bits & TV_EP_SEEN) == 0 ||
                peer->last_time <= first_time);
}

/* Did |peer| send a SYN after |time|?  It is answered by a SYN-ACK of its own, which may have no IP ID. */
static bool
asked_again(const struct tv_endpoint *peer, tv_time time)
{
        const struct tv_sent *last = tv_ledger_recent(&peer->sent, 0);

        return last != NULL && (last->flags & (TV_SYN | TV_ACK)) == TV_SYN && last->time > time;
}

/* What makes a packet that packet, in a word.  Chance meetings are one in 2^32 and need equal neighbours too. */
static uint32_t
mark_of(const struct tv_segment *seg, const struct tv_segment_more *more)
{
        uint64_t m =
                (((uint64_t)seg->seq << 32 | seg->ack) ^ ((uint64_t)seg->ip_id << 48 | (uint64_t)seg->window << 16)) *
                UINT64_C(0x9e3779b97f4a7c15);

        m ^= (((uint64_t)seg->tsval << 32 | seg->tsecr) + seg->payload_sum + ((uint64_t)seg->length << 40) +
              seg->flags) *
             UINT64_C(0xc2b2ae3d27d4eb4f);
        if (seg->sack_blocks != 0 && more != NULL)
                m += ((uint64_t)more->sack_right[0] << 32 ^ more->sack_left[0]) * UINT64_C(0x165667b19e3779f9);
        return (uint32_t)(m >> 32) | 1;
}

/* The network duplicates a packet now and then; a capture that records everything twice does it always.  Counted is
 * from the first copy on: a burst comes whole before the copies of it. */
static void
decide_twins(struct tv_tracker *tracker, struct tv_track *track, bool at_end)
{
        uint32_t segments = track->ep[0].segments + track->ep[1].segments;
        uint32_t twins = track->ep[0].twins + track->ep[1].twins;
        uint32_t since = segments - track->twins_since;
        struct tv_settlement news = {0};
        /* In a capture of a few packets only all of them are enough. */
        bool everywhere = tracker->segments >= 24
                                  ? tracker->twins * 4 >= tracker->segments
                                  : at_end && tracker->twins * 2 + tracker->anonymous >= tracker->segments;

        /* Seen whole, what passed for the network's doing may be systematic. */
        if (track->twins_are == TV_DATA_CAPTURE_DUPLICATE || (track->twins_are != 0 && !at_end))
                return;
        if ((twins * 3 >= since && (everywhere || (twins >= 3 && (twins >= 6 || at_end)))) ||
            (everywhere && twins * 5 >= since))
                track->twins_are = TV_DATA_CAPTURE_DUPLICATE;
        else if (since >= 64 || at_end)
                track->twins_are = TV_DATA_NETWORK_DUPLICATE;
        else
                return;
        if (twins != 0 && tracker->settle != NULL) {
                news.data_class = track->twins_are;
                tracker->settle(tracker->context, &news);
        }
}

/* Was this very packet recorded before?  Returns the frame of the first record, or 0. */
static tv_frame
find_twin(struct tv_endpoint *ep, uint32_t mark, const struct tv_segment *seg)
{
        if (ep->mark == mark && seg->time - ep->last_time < 1000 * MILLISECOND)
                return ep->last_frame;
        return 0;
}

/* ---- the acknowledgment number ---- */

/* Is |round_trip| much longer than the shortest one? */
static inline bool
is_slow(const struct tv_rtt *rtt, tv_time round_trip)
{
        return rtt->count >= 8 && round_trip > 2 * rtt->min + 20 * MILLISECOND;
}

/* An acknowledgment by |dir| goes beyond what was captured of its peer: it is early (two taps merged), or the capture
 * missed packets, or it acknowledges what was never sent.  What the peer sends next tells. */
static void
ack_beyond(struct tv_tracker *tracker, struct tv_endpoint *peer, const struct tv_segment *seg, struct tv_seen *seen)
{
        struct tv_trouble *trouble = tv_track_need_trouble(tracker, peer);

        seen->ack_class = TV_ACK_UNSEEN;
        if (trouble == NULL)
                return;
        if ((peer->bits & TV_EP_EARLY_ACK) == 0) {
                peer->bits |= TV_EP_EARLY_ACK;
                trouble->early_count = 0;
                trouble->early_time = seg->time;
                trouble->early_nxt = peer->sent.nxt;
        }
        if (trouble->early_count < TV_EARLY_MAX) {
                trouble->early_frame[trouble->early_count++] = seg->frame;
                seen->ack_pending = true;
        }
        trouble->unseen_acks++;
}

/* |ep| sends [begin, ...) at |time| while an acknowledgment beyond its SND.NXT is pending. */
static void
settle_early(struct tv_tracker *tracker, struct tv_endpoint *ep, uint64_t begin, tv_time time)
{
        struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
        struct tv_settlement news = {0};

        ep->bits &= ~(uint32_t)TV_EP_EARLY_ACK;
        if (trouble == NULL)
                return;
        /* Do the acknowledged octets come after their acknowledgment? */
        news.ack_class = begin >= ep->sent.una                                 ? TV_ACK_UNSEEN
                         : tv_track_note(tracker, ep, TV_NOTE_FOREIGN) != NULL ? TV_ACK_UNSENT
                                                                               : TV_ACK_EARLY;
        if (news.ack_class == TV_ACK_EARLY) {
                trouble->early_acks += trouble->early_count;
                /* Where their time is earlier, frames are out of order in the file, and no clock runs late. */
                if (time >= trouble->early_time) {
                        if (tracker->early_acks == 0)
                                tracker->first_early = trouble->early_frame[0];
                        tracker->early_acks += trouble->early_count;
                        tv_rtt_add(&tracker->early_lead, time - trouble->early_time);
                }
        }
        for (uint8_t i = 0; i < trouble->early_count && tracker->settle != NULL; i++) {
                news.frame = trouble->early_frame[i];
                tracker->settle(tracker->context, &news);
        }
}

static void
note_hole(struct tv_trouble *trouble, const struct tv_segment *seg, bool first)
{
        if (first)
                trouble->hole_since = seg->time;
        trouble->hole_time = seg->time;
        trouble->hole_frame = seg->frame;
}

static void
take_sack(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
          const struct tv_segment_more *more)
{
        struct tv_endpoint *peer = &track->ep[!dir];
        struct tv_trouble *trouble;
        uint64_t una = peer->sent.una, first_begin = 0, first_end = 0;

        if ((seg->flags & TV_ACK) == 0 || more == NULL || !tv_ledger_started(&peer->sent))
                return;
        track->ep[dir].bits |= TV_EP_SENT_SACK;
        trouble = tv_track_need_trouble(tracker, peer);
        if (trouble == NULL)
                return;
        for (unsigned i = 0; i < seg->sack_blocks && i < TV_MAX_SACK_BLOCKS; i++) {
                uint64_t begin = tv_seq_unwrap(una, more->sack_left[i]), end = tv_seq_unwrap(una, more->sack_right[i]);
                uint64_t ack = tv_seq_unwrap(una, seg->ack);

                if (end <= begin || end - begin > FAR)
                        continue;
                if (i == 0) {
                        first_begin = begin;
                        first_end = end;
                        if (end <= ack) { /* D-SACK (RFC 2883 4): these octets arrived twice */
                                tv_retransmission_dsack(tracker, track, !dir, begin, end, seg);
                                continue;
                        }
                } else if (i == 1 && first_end > una && first_begin >= begin && first_end <= end) {
                        tv_retransmission_dsack(tracker, track, !dir, first_begin, first_end, seg);
                }
                if (begin >= una && end <= peer->sent.nxt + FAR) {
                        bool hole = trouble->sacked.count == 0;

                        /* A first block that lies within the second one is a D-SACK. */
                        if (i == 0 && (seg->sack_blocks < 2 || more->sack_left[0] - more->sack_left[1] >
                                                                       more->sack_right[1] - more->sack_left[1]))
                                tv_retransmission_reported(tracker, track, !dir, begin, end, seg);
                        tv_range_set_add(&trouble->sacked, begin, end);
                        note_hole(trouble, seg, hole);
                }
        }
}

static bool
echo_proves(const struct tv_segment *seg, uint32_t tsval)
{
        return tsval != 0 && (seg->options & TV_OPT_TIMESTAMPS) != 0 && !tv_seq_before(seg->tsecr, tsval);
}

/* Does no earlier segment of |ep| carry this TSval, so that its echo proves the receipt of this one? */
static bool
tsval_is_new(const struct tv_endpoint *ep, const struct tv_segment *seg)
{
        const struct tv_sent *last = tv_ledger_recent(&ep->sent, 0);

        return last == NULL || (last->bits & TV_SENT_HAS_TS) == 0 || last->tsval != seg->tsval;
}

/* The handshake's receipts are mirrored in bits of the endpoint, so that data segments need not look at them. */
static void
prove_open(struct tv_endpoint *ep, enum tv_milestone_kind kind, const struct tv_segment *seg)
{
        tv_milestone_prove(&ep->open[kind], seg->frame, seg->time);
        if (kind == TV_GOT_SYN)
                ep->bits |= TV_EP_GOT_SYN_PROVED;
        else if (kind == TV_GOT_ACK1)
                ep->bits |= TV_EP_ACK1_REACHED | TV_EP_ACK1_PROVED;
}

/* |seg| of |dir| is the first that acknowledges its peer's SYN, which was sent in several copies.  The TSval that it
 * echoes is of a copy that arrived, even if a repeated SYN of |dir| made that one look lost. */
static void
echoed_syn(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        struct tv_milestone *got_syn = &track->ep[dir].open[TV_GOT_SYN];
        struct tv_story *story = tv_track_story(tracker, track);
        struct tv_losses *losses;
        const struct tv_sent *sent;
        bool newer = false;

        for (uint32_t i = 0; (sent = tv_ledger_recent(&track->ep[!dir].sent, i)) != NULL; i++) {
                if ((sent->flags & TV_SYN) == 0 || (sent->bits & TV_SENT_HAS_TS) == 0)
                        continue;
                if (sent->tsval == seg->tsecr)
                        break;
                newer = true;
        }
        if (sent == NULL)
                return;
        if (newer)
                track->ep[dir].bits |= TV_EP_SYN_OLD_ECHO;
        if (got_syn->cause != 0 && sent->time >= got_syn->earliest)
                return;
        got_syn->cause = sent->frame;
        got_syn->earliest = sent->time;
        losses = story != NULL && story->losses != 0 ? tv_pool_at(&tracker->losses, story->losses) : NULL;
        for (uint32_t i = 0; losses != NULL && i < losses->count && i < TV_LOSSES; i++) {
                struct tv_loss *loss = &losses->at[i];

                if (loss->segment == TV_LOST_SYNACK && loss->sender == !dir && loss->lost == sent->frame) {
                        loss->segment = TV_SPURIOUS_SYN;
                        loss->where = TV_LOST_NONE;
                        loss->lost = 0;
                }
        }
}

/* |seg| acknowledges |sent| below |ack|: is some of that not in the capture? */
static void
note_gap(struct tv_tracker *tracker, const struct tv_ledger *sent, uint64_t ack, const struct tv_segment *seg)
{
        if (tracker->first_gap == 0 && (sent->holes.count != 0 ? sent->holes.at[0].begin < ack : ack > sent->nxt)) {
                tracker->first_gap = seg->frame;
                tracker->gap_time = seg->time;
        }
}

/* |dir| got its peer's FIN, as |seg| proves: not before it had all octets below it, while until then it had
 * acknowledged nothing above |before|.  What was captured for the first time only behind the FIN bounds that from
 * below.  A repeated segment that fills a hole of which |dir| spoke, and the acknowledgments that |dir| sent before,
 * tell when it was rather than when it can have been. */
static void
fin_waited(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
           uint64_t before, tv_time before_time)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        const struct tv_trouble *trouble = tv_track_trouble(tracker, peer);
        struct tv_milestone *got_fin = closing(tracker, track, dir, TV_GOT_FIN);
        struct tv_story *story = tv_track_story(tracker, track);
        tv_time way = tv_track_round_trip(track, dir), bound, likely, first;
        const struct tv_sent *sent;
        uint32_t echoed = 0;
        bool reported = trouble != NULL && trouble->hole_time != 0 && trouble->hole_time >= before_time;

        if (got_fin->cause == 0 || peer->rtt.count == 0)
                return;
        bound = likely = got_fin->earliest;
        for (uint32_t i = 0; i < RECENT_SEGMENTS && (sent = tv_ledger_recent(&peer->sent, i)) != NULL; i++) {
                if (sent->time <= got_fin->earliest)
                        break;
                if (sent->length == 0 || sent->begin >= story->fin[!dir] || sent->begin + sent->length <= before ||
                    seg->time - sent->time < way / 4 * 3)
                        continue;
                if ((sent->bits & TV_SENT_COPY) == 0 ||
                    (reported && sent->begin <= before && tv_ledger_find(&peer->sent, before, true) == sent))
                        bound = sent->time > bound ? sent->time : bound;
                else if (reported && sent->begin <= before)
                        likely = sent->time > likely ? sent->time : likely;
        }
        /* Octets that the capture has missed can have come in copies that it has missed, too. */
        if (tv_range_set_covered(&peer->sent.holes, peer->sent.begin, story->fin[!dir]) != 0)
                likely = bound > likely ? bound : likely;
        else
                got_fin->earliest = bound;
        /* Of several copies of the FIN the echoed one arrived, and if one had before, its TSval would rather be kept.
         */
        for (uint32_t i = 0; (seg->options & TV_OPT_TIMESTAMPS) != 0 && i < RECENT_SEGMENTS &&
                             (sent = tv_ledger_recent(&peer->sent, i)) != NULL;
             i++)
                if ((sent->flags & TV_FIN) != 0 && (sent->bits & TV_SENT_HAS_TS) != 0 && sent->tsval == seg->tsecr) {
                        /* A block behind which nothing is to be had is a D-SACK: it had the FIN before. */
                        if (seg->sack_blocks == 0 && sent->time > likely)
                                likely = sent->time;
                        echoed = TV_FIN_ECHOED;
                }
        sent = tv_ledger_recent(&ep->sent, 0);
        if (sent != NULL && (sent->bits & TV_SENT_HAS_TS) != 0) {
                tv_time left = sent->time - way - tv_track_lateness(track, dir, sent->time, sent->tsval);

                likely = left > likely ? left : likely;
        }
        first = story->end[!dir][TV_DID_FIN - TV_OPEN_MILESTONES].latest;
        story->fin_wait_us[dir] = ((likely > first ? microseconds(likely - first) : 0) & ~TV_FIN_ECHOED) | echoed;
}

/* |dir| acknowledged everything of its peer below |ack|, and everything below |before| at |before_time|: milestones of
 * both ends. */
static void
ack_milestones(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
               uint64_t ack, uint64_t before, tv_time before_time)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];

        if ((peer->bits & TV_EP_ISS_KNOWN) != 0 && ack > peer->sent.begin &&
            !tv_milestone_proved(&ep->open[TV_GOT_SYN])) {
                if ((seg->options & TV_OPT_TIMESTAMPS) != 0)
                        echoed_syn(tracker, track, dir, seg);
                prove_open(ep, TV_GOT_SYN, seg);
                /* The peer's SYN-ACK brought the acknowledgment of this end's own SYN with it. */
                if ((peer->bits & (TV_EP_SYN_WITH_ACK | TV_EP_SYN_ALONE)) == TV_EP_SYN_WITH_ACK &&
                    (ep->bits & TV_EP_SYN_ALONE) != 0)
                        prove_open(ep, TV_GOT_ACK1, seg);
        }
        if ((peer->bits & TV_EP_ISS_KNOWN) != 0 && ack > peer->sent.begin && (peer->bits & TV_EP_ACK1_REACHED) == 0 &&
            tv_milestone_reached(&peer->open[TV_DID_SYN])) {
                tv_milestone_assume(&peer->open[TV_GOT_ACK1], seg->frame, seg->time);
                peer->bits |= TV_EP_ACK1_REACHED;
                peer->ack1_tsval = (seg->options & TV_OPT_TIMESTAMPS) != 0 && tsval_is_new(ep, seg) ? seg->tsval : 0;
        }
        if ((peer->bits & TV_EP_FIN_KNOWN) != 0 && ack > tv_track_story(tracker, track)->fin[!dir]) {
                struct tv_milestone *got_fin = closing(tracker, track, dir, TV_GOT_FIN);
                struct tv_milestone *got_ack = closing(tracker, track, !dir, TV_GOT_ACK2);

                if (got_fin == NULL)
                        return;
                if (!tv_milestone_proved(got_fin)) {
                        tv_milestone_prove(got_fin, seg->frame, seg->time);
                        note_lateness(tracker, track, dir, TV_GOT_FIN, seg);
                        fin_waited(tracker, track, dir, seg, before, before_time);
                }
                if (!tv_milestone_reached(got_ack)) {
                        tv_milestone_assume(got_ack, seg->frame, seg->time);
                        tv_track_story(tracker, track)->ack2_mark[!dir] = ep->sent.nxt;
                        tv_track_story(tracker, track)->ack2_tsval[!dir] =
                                (seg->options & TV_OPT_TIMESTAMPS) != 0 && tsval_is_new(ep, seg) ? seg->tsval : 0;
                }
        }
}

/* The segment of |peer| that lay outside the window is acknowledged: it was the stream's after all, and the capture has
 * missed everything up to it.  Returns whether |ack| says that, and then moves the peer's numbers there. */
static bool
outside_acknowledged(struct tv_tracker *tracker, struct tv_endpoint *peer, uint32_t ack)
{
        struct tv_trouble *trouble = tv_track_trouble(tracker, peer);
        struct tv_settlement news = {0};

        if (trouble == NULL || trouble->outside_frame == 0 || trouble->outside_begin < tv_ledger_front(&peer->sent) ||
            ack - (uint32_t)trouble->outside_begin > trouble->outside_end - trouble->outside_begin)
                return false;
        peer->sent.una = trouble->outside_begin;
        tv_ledger_add(&peer->sent, trouble->outside_begin, trouble->outside_end);
        news.frame = trouble->outside_frame;
        news.data_class = TV_DATA_NEW;
        if (tracker->settle != NULL)
                tracker->settle(tracker->context, &news);
        trouble->odd_bytes -= trouble->outside_payload;
        trouble->outside--;
        trouble->outside_frame = 0;
        peer->bits &= ~(uint32_t)(TV_EP_UNACCEPTABLE | TV_EP_WINDOW_KNOWN);
        return true;
}

/* Where both ends send timestamps, they do in every segment but resets (RFC 7323 section 3.2): one without them is not
 * of |ep|. */
static bool
keeps_timestamps(const struct tv_endpoint *ep, const struct tv_endpoint *peer, const struct tv_segment *seg)
{
        return (ep->bits & peer->bits & TV_EP_TIMESTAMPS) == 0 || (seg->options & TV_OPT_TIMESTAMPS) != 0;
}

static void
take_ack(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg, uint32_t space,
         struct tv_seen *seen)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        struct tv_ledger *sent = &peer->sent;
        bool plain = (seg->flags & (TV_SYN | TV_FIN | TV_RST)) == 0, first;
        tv_time before_time = peer->una_time;
        uint64_t ack, before;

        if (!tv_ledger_started(sent)) {
                if ((seg->flags & TV_RST) != 0)
                        return;
                tv_ledger_start(sent, tv_seq_start(seg->ack));
                if ((ep->bits & TV_EP_SYN_ALONE) != 0 && (seg->flags & (TV_SYN | TV_RST)) == 0) {
                        /* One direction only: the first acknowledgment after a SYN answers a SYN-ACK. */
                        peer->bits |= TV_EP_ISS_KNOWN | TV_EP_SYN_WITH_ACK;
                        peer->iss = seg->ack - 1;
                        sent->begin = sent->una - 1;
                        prove_open(peer, TV_DID_SYN, seg);
                        prove_open(peer, TV_GOT_SYN, seg);
                } else if ((seg->flags & TV_SYN) != 0) { /* a SYN-ACK tells the ISS of a SYN that the capture lacks */
                        peer->bits |= TV_EP_ISS_KNOWN;
                        peer->iss = seg->ack - 1;
                        sent->begin = sent->una - 1;
                        prove_open(peer, TV_DID_SYN, seg);
                        prove_open(ep, TV_GOT_SYN, seg);
                }
        }
        first = (ep->bits & TV_EP_ACKED) == 0;
        ep->bits |= TV_EP_ACKED;
        if (peer->trouble != 0 && (seg->flags & TV_RST) == 0 && outside_acknowledged(tracker, peer, seg->ack)) {
                if (tracker->first_gap == 0) {
                        tracker->first_gap = seg->frame;
                        tracker->gap_time = seg->time;
                }
                seen->ack_class = TV_ACK_ADVANCE;
        }
        ack = tv_seq_unwrap(sent->una, seg->ack);
        /* What was in flight when the capture began. */
        if (first && plain && ack < sent->una && sent->una - ack < FAR && sent->una == sent->begin &&
            (peer->bits & TV_EP_ISS_KNOWN) == 0)
                sent->una = ack;
        /* All that was captured of the peer is a bare segment one octet below this: a keepalive probe, and what it
         * repeats was sent before the capture began. */
        if (plain && space == 0 && ack == sent->nxt + 1 && sent->nxt == sent->begin && sent->una == sent->nxt &&
            (peer->bits & (TV_EP_SEEN | TV_EP_ISS_KNOWN)) == TV_EP_SEEN)
                sent->begin = sent->nxt = sent->una = ack;
        before = sent->una;
        if (ack > before) {
                const struct tv_sent *sample;

                note_gap(tracker, sent, ack, seg);
                if (ack > sent->nxt) {
                        /* Where nothing but a SYN and no answer to it was captured, little else can be missing. */
                        bool only_syn = (peer->bits & TV_EP_SYN_SEEN) != 0 && sent->nxt == sent->begin + 1 &&
                                        (ep->bits & (TV_EP_SEEN | TV_EP_ISS_KNOWN)) == 0;

                        if ((seg->flags & TV_RST) != 0 || ack - sent->nxt > (only_syn ? ONE_FLIGHT : FAR)) {
                                struct tv_trouble *trouble =
                                        (seg->flags & TV_RST) == 0 ? tv_track_need_trouble(tracker, peer) : NULL;

                                if (trouble != NULL) {
                                        trouble->far_ack = seg->ack;
                                        trouble->far_frame = seg->frame;
                                        seen->ack_pending = true;
                                }
                                seen->ack_class = TV_ACK_UNSENT;
                                return;
                        }
                        ack_beyond(tracker, peer, seg, seen);
                } else {
                        seen->ack_class = TV_ACK_ADVANCE;
                }
                sample = tv_ledger_acknowledge(sent, ack);
                /* A forged one comes from nearer by. */
                if (sample != NULL && (seg->flags & TV_RST) == 0 && keeps_timestamps(ep, peer, seg)) {
                        tv_rtt_add(&peer->rtt, seg->time - sample->time);
                        if (is_slow(&peer->rtt, seg->time - sample->time))
                                tv_observe_slow(tracker, track, dir, seg, seg->time - sample->time,
                                                sent->nxt > before ? sent->nxt - before : 0);
                }
                ep->dup_acks = 0;
                peer->una_time = seg->time;
                if (peer->trouble != 0)
                        tv_retransmission_acked(tracker, track, !dir, before, ack, seg);
        } else if (ack == sent->una) {
                if (space != 0 || !plain) {
                        seen->ack_class = TV_ACK_SAME;
                } else if ((peer->bits & (TV_EP_PROBED_ALIVE | TV_EP_PROBED_WINDOW)) != 0 &&
                           (seg->window == ep->raw_window || tv_observe_in_time(track, dir, seg))) {
                        seen->ack_class =
                                (peer->bits & TV_EP_PROBED_ALIVE) != 0 ? TV_ACK_KEEPALIVE_REPLY : TV_ACK_PROBE_REPLY;
                        peer->bits &= ~(uint32_t)(TV_EP_PROBED_ALIVE | TV_EP_PROBED_WINDOW);
                        tv_observe_probe_reply(tracker, track, dir, seg, seen->ack_class == TV_ACK_PROBE_REPLY);
                } else if ((peer->bits & TV_EP_UNACCEPTABLE) != 0) {
                        seen->ack_class = TV_ACK_CHALLENGE;
                        tv_observe_challenge(tracker, track, dir, seg);
                        peer->bits &= ~(uint32_t)TV_EP_UNACCEPTABLE;
                } else if (seg->window != ep->raw_window && seg->sack_blocks == 0) {
                        seen->ack_class = TV_ACK_WINDOW_UPDATE;
                } else if (sent->nxt > sent->una && (ep->bits & TV_EP_SEEN) != 0 && ep->last_ack == seg->ack) {
                        seen->ack_class = TV_ACK_DUPLICATE; /* RFC 5681 section 2 */
                        if (ep->dup_acks < 255)
                                ep->dup_acks++;
                } else {
                        seen->ack_class = TV_ACK_SAME;
                }
        } else {
                seen->ack_class = sent->una - ack > FAR ? TV_ACK_UNSENT : TV_ACK_OLD;
                return;
        }
        if (seen->ack_class == TV_ACK_DUPLICATE) {
                struct tv_trouble *trouble = tv_track_need_trouble(tracker, ep);

                if (trouble != NULL)
                        trouble->duplicate_acks++;
                trouble = tv_track_need_trouble(tracker, peer);
                if (trouble != NULL)
                        note_hole(trouble, seg, ep->dup_acks == 1 && trouble->sacked.count == 0);
        }
        if ((peer->bits & TV_EP_FIN_KNOWN) != 0 ||
            ((peer->bits & TV_EP_ISS_KNOWN) != 0 &&
             ((peer->bits & TV_EP_ACK1_REACHED) == 0 || (ep->bits & TV_EP_GOT_SYN_PROVED) == 0)))
                ack_milestones(tracker, track, dir, seg, ack, before, before_time);
        if ((peer->bits & TV_EP_FIRST_FLIGHT) != 0 && sent->una > sent->begin + 1)
                peer->bits &= ~(uint32_t)TV_EP_FIRST_FLIGHT;
}

/* Acts and echoes of |dir| that prove what it had received before. */
static void
take_proofs(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];

        if ((ep->bits & (TV_EP_ACK1_REACHED | TV_EP_ACK1_PROVED)) == TV_EP_ACK1_REACHED &&
            (seg->flags & (TV_SYN | TV_RST)) == 0) {
                /* Data or a FIN from SYN_RCVD is possible in theory; no stack sends it before the third ACK, unless a
                 * fast open let it.  Acknowledging more than the SYN took a segment that carries an ACK. */
                bool spoke = seg->length != 0 || (seg->flags & TV_FIN) != 0;
                bool acked_more = (seg->flags & TV_ACK) != 0 && (peer->bits & TV_EP_ISS_KNOWN) != 0 &&
                                  seg->ack - peer->iss > 1 && (int32_t)(seg->ack - peer->iss) > 0;
                bool fast_open = (peer->bits & TV_EP_HAS_DATA) != 0 && peer->open[TV_DID_SYN].cause != 0 &&
                                 (peer->options & 0x20) != 0;

                if (echo_proves(seg, ep->ack1_tsval) || ((spoke || acked_more) && !fast_open)) {
                        prove_open(ep, TV_GOT_ACK1, seg);
                }
        }
        if ((ep->bits & TV_EP_ACK1_REACHED) == 0 && (ep->bits & TV_EP_SYN_WITH_ACK) != 0 &&
            (seg->flags & (TV_SYN | TV_RST)) == 0 && (seg->length != 0 || (seg->flags & TV_FIN) != 0) &&
            (peer->bits & TV_EP_SEEN) == 0) {
                /* One direction only: what it received shows in what it does. */
                prove_open(ep, TV_GOT_ACK1, seg);
        }
        if (track->story != 0 && (ep->bits & TV_EP_FIN_KNOWN) != 0) {
                struct tv_milestone *ack2 = closing(tracker, track, dir, TV_GOT_ACK2);

                if (ack2 != NULL && ack2->proof == 0) {
                        const struct tv_milestone *got_fin = tv_track_milestone(tracker, track, dir, TV_GOT_FIN);
                        /* Acknowledging a FIN that itself acknowledged this end's FIN. */
                        bool with_data, with_fin = (peer->bits & TV_EP_FIN_SAW_FIN) != 0 &&
                                                   (seg->flags & TV_ACK) != 0 && (peer->bits & TV_EP_FIN_KNOWN) != 0 &&
                                                   peer->sent.una > tv_track_story(tracker, track)->fin[!dir];

                        if (with_fin && ack2->cause == 0 && got_fin->cause != 0)
                                tv_milestone_assume(ack2, got_fin->cause, got_fin->earliest);
                        if (ack2->cause == 0)
                                return;

                        /* Acknowledging octets that were first sent with that acknowledgment or after it. */
                        with_data = tv_ledger_started(&peer->sent) && (seg->flags & TV_ACK) != 0 &&
                                    tv_seq_unwrap(peer->sent.una, seg->ack) >
                                            tv_track_story(tracker, track)->ack2_mark[dir];

                        if (with_fin || with_data ||
                            (echo_proves(seg, tv_track_story(tracker, track)->ack2_tsval[dir]) &&
                             (seg->flags & TV_RST) == 0)) {
                                tv_milestone_prove(ack2, seg->frame, seg->time);
                                note_lateness(tracker, track, dir, TV_GOT_ACK2, seg);
                        }
                }
        }
}

/* ---- the window ---- */

static void
take_window(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        bool both = (ep->bits & peer->bits & TV_EP_SYN_SEEN) != 0, was_open = ep->raw_window != 0;
        uint64_t right;

        if (seg->window == 0 && (seg->flags & (TV_SYN | TV_RST)) == 0 && ep->raw_window != 0) {
                struct tv_trouble *trouble = tv_track_need_trouble(tracker, ep);

                if (trouble != NULL)
                        trouble->zero_windows++;
        }
        if ((seg->window == 0) != (ep->raw_window == 0) && (seg->flags & (TV_SYN | TV_RST)) == 0 &&
            (ep->bits & TV_EP_SEEN) != 0)
                tv_observe_zero_window(tracker, track, dir, seg);
        ep->raw_window = seg->window;
        if ((seg->flags & TV_SYN) == 0 && both && (ep->options & peer->options & TV_OPT_WSCALE) != 0)
                ep->bits |= TV_EP_SCALED;
        if ((seg->flags & TV_RST) != 0 || (seg->flags & TV_ACK) == 0 || !tv_ledger_started(&peer->sent))
                return;
        /* The window of a SYN-ACK is never scaled; later ones are known only when both SYNs told whether they are. */
        if (!both && (seg->flags & TV_SYN) == 0)
                return;
        right = tv_seq_unwrap(peer->sent.una, seg->ack) + tv_endpoint_window(ep);
        if ((peer->bits & TV_EP_WINDOW_KNOWN) == 0 || right > peer->wnd_right) {
                if ((peer->bits & TV_EP_WINDOW_KNOWN) != 0 && peer->wnd_right < peer->sent.nxt + ep->mss && was_open &&
                    (seg->flags & TV_SYN) == 0)
                        tv_observe_window_full(tracker, track, dir, seg);
                peer->wnd_right = right;
                peer->bits |= TV_EP_WINDOW_KNOWN;
        }
}

/* ---- sequence space ---- */

/* A happened-before bound for an act of |dir| (design.md section 3): the newest segment of the peer that it had
 * provably received, or, where the capture is at this end, its own previous segment. */
static tv_time
earliest_of_act(const struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        tv_time bound = TV_NO_TIME, here = tv_track_round_trip(track, dir), there = tv_track_round_trip(track, !dir);
        const struct tv_sent *sent;

        for (uint32_t i = 0; (sent = tv_ledger_recent(&peer->sent, i)) != NULL; i++) {
                bool proved = false;

                if ((seg->flags & TV_ACK) != 0 && sent->length != 0 && (sent->bits & TV_SENT_AGAIN) == 0)
                        proved = tv_seq_unwrap(peer->sent.una, seg->ack) >= sent->begin + sent->length;
                if (!proved && (seg->options & TV_OPT_TIMESTAMPS) != 0 && (sent->bits & TV_SENT_HAS_TS) != 0) {
                        const struct tv_sent *older = tv_ledger_recent(&peer->sent, i + 1);

                        /* Several segments can carry one TSval: only the first of them is certain. */
                        proved =
                                !tv_seq_before(seg->tsecr, sent->tsval) &&
                                (older == NULL || older->tsval != sent->tsval || tv_seq_after(seg->tsecr, sent->tsval));
                }
                if (proved) {
                        bound = sent->time;
                        break;
                }
        }
        /* The capture is at this end when answers come back from it at once, and much faster than from the other.  What
         * passed at last_time was sent a little earlier. */
        if ((ep->bits & TV_EP_SEEN) != 0 && ep->last_time - here > bound && peer->rtt.count != 0 &&
            here < 2 * MILLISECOND && (ep->rtt.count == 0 || here * 4 < there))
                bound = ep->last_time - here;
        return bound;
}

static void
did(struct tv_track *track, struct tv_milestone *m, const struct tv_segment *seg, unsigned dir)
{
        if (m->cause != 0)
                return;
        m->earliest = earliest_of_act(track, dir, seg);
        m->latest = m->proof != 0 && m->latest < seg->time ? m->latest : seg->time;
        m->cause = seg->frame;
}

/* No round-trip time was measured because the SYN to |dir| was repeated.  |seg|, another copy of the SYN-ACK, tells by
 * its echo which copy of the SYN was answered, and so how long that took at most; 0: nothing tells. */
static tv_time
handshake_way(const struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        const struct tv_sent *sent;
        tv_time sent_time;

        if ((seg->flags & (TV_SYN | TV_ACK)) != (TV_SYN | TV_ACK) || (seg->options & TV_OPT_TIMESTAMPS) == 0)
                return 0;
        for (uint32_t i = 0; (sent = tv_ledger_recent(&track->ep[!dir].sent, i)) != NULL; i++)
                if ((sent->flags & TV_SYN) != 0 && (sent->bits & TV_SENT_HAS_TS) != 0 && sent->tsval == seg->tsecr)
                        break;
        if (sent != NULL)
                sent_time = sent->time;
        else if (track->first_tsval[!dir] == seg->tsecr) /* no longer remembered, but it was the first */
                sent_time = track->ep[!dir].first_time;
        else
                return 0;
        return track->ep[dir].first_time > sent_time ? track->ep[dir].first_time - sent_time : 0;
}

/* What arrived at |dir| until it repeated itself is settled: nothing that was captured before |since| brought |m|.
 * Later segments of its peer were still under way.  They bring it as well, being sent after the one of |first|. */
static void
assume_under_way(struct tv_track *track, unsigned dir, struct tv_milestone *m, tv_time first, tv_time since)
{
        const struct tv_ledger *sent = &track->ep[!dir].sent;
        const struct tv_sent *it, *oldest = NULL;

        for (uint32_t i = 0; (it = tv_ledger_recent(sent, i)) != NULL && it->time > first && it->time >= since; i++)
                if (m != &track->ep[dir].open[TV_GOT_SYN] || (it->flags & TV_SYN) != 0)
                        oldest = it;
        if (oldest == NULL)
                return;
        tv_milestone_assume(m, oldest->frame, oldest->time);
        if (m == &track->ep[dir].open[TV_GOT_ACK1])
                track->ep[dir].bits |= TV_EP_ACK1_REACHED;
}

/* The segment whose loss a repeated FIN of |dir| shows: the acknowledgment that |m| stands for, or the peer's FIN where
 * that brought it. */
static enum tv_lost_segment
lost_answer(const struct tv_track *track, unsigned dir, const struct tv_milestone *m)
{
        const struct tv_sent *sent;

        for (uint32_t i = 0; (sent = tv_ledger_recent(&track->ep[!dir].sent, i)) != NULL; i++)
                if (sent->frame == m->cause)
                        return (sent->flags & TV_FIN) != 0 ? TV_LOST_FIN : TV_LOST_ACK2;
        return TV_LOST_ACK2;
}

/* |dir| repeats a segment at |seg|; its peer's answer |m|, assumed received, was captured before.  Was it lost? */
static bool
refute(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, struct tv_milestone *m,
       const struct tv_segment *seg, enum tv_lost_segment lost, enum tv_lost_segment spurious)
{
        struct tv_loss loss = {m->cause, seg->frame, m->earliest, seg->time, 0, (uint8_t)!dir, TV_LOST_DOWNSTREAM};
        tv_time way = tv_track_round_trip(track, dir);

        if (m->cause == 0 || m->proof != 0)
                return false;
        /* A way that was never measured can be longer than this; nothing tells then, nor where the clock went back. */
        if (seg->time < m->earliest)
                return false;
        if (track->ep[!dir].rtt.count == 0) {
                if (seg->time - m->earliest < tracker->rto_min)
                        return false;
                way = handshake_way(track, dir, seg);
        }
        if (seg->time - m->earliest <= way + way / 4 + MILLISECOND / 2) {
                /* Sent before the answer can have arrived. */
                loss.segment = (uint8_t)spurious;
                loss.lost = 0;
                loss.where = TV_LOST_NONE;
                if (spurious != TV_LOST_SEGMENTS)
                        tv_track_note_loss(tracker, track, &loss);
                return false;
        }
        loss.segment = (uint8_t)lost;
        tv_milestone_refute(m);
        if (m == &track->ep[dir].open[TV_GOT_ACK1])
                track->ep[dir].bits &= ~(uint32_t)TV_EP_ACK1_REACHED;
        tv_track_note_loss(tracker, track, &loss);
        assume_under_way(track, dir, m, loss.time, seg->time - (way + way / 4 + MILLISECOND / 2));
        return true;
}

/* Does |seg| echo a TSval newer than any that |peer| was captured to send? */
static bool
echoes_unseen(const struct tv_endpoint *peer, const struct tv_segment *seg)
{
        const struct tv_sent *newest = tv_ledger_recent(&peer->sent, 0);

        return (seg->options & TV_OPT_TIMESTAMPS) != 0 && newest != NULL && (newest->bits & TV_SENT_HAS_TS) != 0 &&
               tv_seq_after(seg->tsecr, newest->tsval);
}

/* Does |seg|, a repeated SYN-ACK of |dir|, echo what its peer sent after its SYN?  Then that arrived (Linux before 6.14
 * takes the TSval of what it then ignores). */
static bool
echoes_third(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        const struct tv_trouble *trouble = tv_track_trouble(tracker, peer);

        return (seg->options & TV_OPT_TIMESTAMPS) != 0 && ep->ack1_tsval != 0 && track->first_tsval[!dir] != 0 &&
               tv_seq_before(track->first_tsval[!dir], ep->ack1_tsval) && !tv_seq_before(seg->tsecr, ep->ack1_tsval) &&
               (trouble == NULL || trouble->retransmissions == 0);
}

/* What was noted last is no guess by delays: the segment arrived, and was ignored. */
static void
third_arrived(struct tv_tracker *tracker, const struct tv_track *track)
{
        struct tv_story *story = tv_track_story(tracker, track);
        struct tv_losses *losses =
                story != NULL && story->losses != 0 ? tv_pool_at(&tracker->losses, story->losses) : NULL;

        if (losses != NULL && losses->count != 0 && losses->count <= TV_LOSSES &&
            losses->at[losses->count - 1].segment == TV_IGNORED_ACK1)
                losses->at[losses->count - 1].where = TV_LOST_NONE;
}

static void
take_syn(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
         const struct tv_segment_more *more)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        bool first = (ep->bits & TV_EP_SYN_SEEN) == 0;
        bool with_ack = (seg->flags & TV_ACK) != 0;

        if (first) {
                ep->bits |= TV_EP_SYN_SEEN | TV_EP_ISS_KNOWN | TV_EP_FIRST_FLIGHT;
                ep->iss = seg->seq;
                if (seg->length != 0 && !with_ack)
                        ep->bits |= TV_EP_SYN_DATA;
                if (with_ack && (peer->bits & TV_EP_SYN_DATA) != 0 && seg->ack - peer->iss > 1)
                        peer->bits |= TV_EP_FAST_OPEN;
                ep->options =
                        (uint8_t)((seg->options & TV_EP_OPTIONS) | ((seg->flags & TV_ECE) != 0 ? TV_EP_ECN : 0) |
                                  ((seg->options & (TV_OPT_CUT | TV_OPT_MALFORMED)) != 0 ? TV_EP_OPTIONS_CUT : 0));
                ep->mss = (seg->options & TV_OPT_MSS) != 0 && more != NULL ? more->mss : 0;
                ep->wscale = (seg->options & TV_OPT_WSCALE) != 0 ? (seg->wscale > 14 ? 14 : seg->wscale) : 0;
                ep->open[TV_DID_SYN].cause = 0; /* an inferred one gives way to the captured one */
                did(track, &ep->open[TV_DID_SYN], seg, dir);
                ep->open[TV_DID_SYN].latest = seg->time;
                tv_milestone_assume(&peer->open[TV_GOT_SYN], seg->frame, seg->time);
        }
        if (with_ack && (ep->bits & TV_EP_SYN_ALONE) != 0 && !tv_milestone_proved(&ep->open[TV_GOT_SYN])) {
                prove_open(ep, TV_GOT_SYN, seg);
        }
        if (!first) {
                /* Repeated: whatever it waits for had not come. */
                if (with_ack && (ep->bits & TV_EP_SYN_ALONE) == 0) {
                        struct tv_milestone *ack1 = &ep->open[TV_GOT_ACK1];
                        /* A repeated SYN of the peer asks for it just the same. */
                        tv_time spoke = tv_endpoint_last_space_time(peer);
                        bool answers_syn = spoke != TV_NO_TIME && (peer->bits & TV_EP_SYN_ALONE) != 0 &&
                                           ack1->earliest != TV_NO_TIME && spoke > ack1->earliest &&
                                           (peer->bits & TV_EP_HAS_DATA) == 0;

                        /* On a path of unknown length, each repeated SYN may have been answered by one of these. */
                        if (peer->rtt.count == 0 && peer->trouble != 0 && ep->trouble != 0 &&
                            (peer->bits & TV_EP_HAS_DATA) == 0 &&
                            tv_track_trouble(tracker, peer)->retransmissions >=
                                    tv_track_trouble(tracker, ep)->retransmissions)
                                answers_syn = true;
                        if (!answers_syn) {
                                /* Several segments that carry an ACK arrived or not; when data was ignored too, it is
                                 * not one lost ACK. */
                                bool echoed = echoes_third(tracker, track, dir, seg);
                                bool ignored = echoed || (peer->bits & TV_EP_HAS_DATA) != 0 ||
                                               (peer->rtt.count != 0 && ep->rtt.count != 0 &&
                                                peer->rtt.min < MILLISECOND / 2 && peer->rtt.min * 4 < ep->rtt.min);
                                bool gone = refute(tracker, track, dir, ack1, seg,
                                                   ignored ? TV_IGNORED_ACK1 : TV_LOST_ACK1, TV_SPURIOUS_SYNACK);

                                if (gone && echoed)
                                        third_arrived(tracker, track);
                                if (gone)
                                        ep->ack1_tsval = 0;
                                if (gone && ignored)
                                        ep->bits |= TV_EP_IGNORES_ACK1;
                        }
                } else if (!with_ack && !tv_milestone_proved(&ep->open[TV_GOT_SYN]) &&
                           (peer->bits & TV_EP_SYN_WITH_ACK) != 0) {
                        if (refute(tracker, track, dir, &ep->open[TV_GOT_SYN], seg, TV_LOST_SYNACK, TV_SPURIOUS_SYN))
                                if (tv_milestone_refute(&ep->open[TV_GOT_ACK1]))
                                        ep->bits &= ~(uint32_t)TV_EP_ACK1_REACHED;
                }
                /* A copy is one more chance to arrive. */
                if (!tv_milestone_reached(&peer->open[TV_GOT_SYN]))
                        tv_milestone_assume(&peer->open[TV_GOT_SYN], seg->frame, seg->time);
        }
        if (((with_ack ? peer : ep)->bits & TV_EP_SYN_DATA) != 0)
                tv_observe_fast_open(tracker, track, dir, seg);
        if (with_ack && echoes_unseen(peer, seg))
                peer->bits |= TV_EP_SYN_ECHO_AHEAD;
        ep->bits |= with_ack ? TV_EP_SYN_WITH_ACK : TV_EP_SYN_ALONE;
}

/* The FIN of |dir| was acknowledged before it was captured: it is recorded late, or this is a copy of one that the
 * capture missed. */
static void
late_fin(struct tv_tracker *tracker, struct tv_track *track, unsigned dir)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        const struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
        struct tv_milestone *got_ack = closing(tracker, track, dir, TV_GOT_ACK2);
        tv_frame acknowledgment = trouble->early_count != 0 ? trouble->early_frame[trouble->early_count - 1] : 0;

        if (acknowledgment == 0 || got_ack == NULL || tv_milestone_reached(got_ack))
                return;
        tv_milestone_prove(closing(tracker, track, !dir, TV_GOT_FIN), acknowledgment, ep->una_time);
        tv_milestone_assume(got_ack, acknowledgment, ep->una_time);
        tv_track_story(tracker, track)->ack2_mark[dir] = peer->sent.nxt;
}

/* Did |ep|'s FIN pass once only?  An acknowledgment may answer the second copy and not be the first of its kind. */
static bool
sent_one_fin(const struct tv_endpoint *ep)
{
        const struct tv_sent *sent;
        unsigned fins = 0;

        for (uint32_t i = 0; (sent = tv_ledger_recent(&ep->sent, i)) != NULL; i++)
                fins += (sent->flags & TV_FIN) != 0;
        return fins == 1;
}

static void
take_fin(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg, uint64_t fin)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        struct tv_milestone *did_fin = closing(tracker, track, dir, TV_DID_FIN);
        struct tv_milestone *got_fin = closing(tracker, track, !dir, TV_GOT_FIN);
        bool crossed = false;

        if (did_fin == NULL)
                return;
        if ((ep->bits & TV_EP_FIN_KNOWN) == 0) {
                ep->bits |= TV_EP_FIN_KNOWN;
                tv_track_story(tracker, track)->fin[dir] = fin;
                if ((peer->bits & TV_EP_FIN_KNOWN) == 0)
                        tv_track_story(tracker, track)->fin_ack = (seg->flags & TV_ACK) != 0 ? seg->ack : (uint32_t)fin;
                else if (tv_seq_after(tv_track_story(tracker, track)->fin_ack, (uint32_t)fin))
                        /* The peer's FIN acknowledges this one, which is recorded late. */
                        peer->bits |= TV_EP_FIN_SAW_FIN;
                if (ep->trouble != 0 && tv_track_trouble(tracker, ep)->beyond == fin + 1) {
                        /* A segment behind it was captured before it: the first copy was sent earlier, and is missing.
                         */
                        did_fin->proof = tv_track_trouble(tracker, ep)->beyond_frame;
                        did_fin->latest = tv_track_trouble(tracker, ep)->beyond_time;
                        /* If that is also what first acknowledges the peer's FIN, the FIN before it did not. */
                        crossed = tv_track_milestone(tracker, track, dir, TV_GOT_FIN)->proof == did_fin->proof;
                        if (crossed && sent_one_fin(peer))
                                ep->bits |= TV_EP_FIN_CROSSED;
                } else {
                        did(track, did_fin, seg, dir);
                        note_lateness(tracker, track, dir, TV_DID_FIN, seg);
                }
                /* By its own acknowledgment number: it may have been captured behind later segments. */
                if ((seg->flags & TV_ACK) != 0 && !crossed && (peer->bits & TV_EP_FIN_KNOWN) != 0 &&
                    tv_seq_unwrap(peer->sent.una, seg->ack) > tv_track_story(tracker, track)->fin[!dir])
                        ep->bits |= TV_EP_FIN_SAW_FIN;
                tv_milestone_assume(got_fin, seg->frame, seg->time);
                if (ep->sent.una > fin && ep->trouble != 0)
                        late_fin(tracker, track, dir);
                return;
        }
        if (fin != tv_track_story(tracker, track)->fin[dir])
                return;
        if (did_fin->cause != 0) {
                struct tv_milestone *ack2 = closing(tracker, track, dir, TV_GOT_ACK2);

                if (refute(tracker, track, dir, ack2, seg, lost_answer(track, dir, ack2), TV_LOST_SEGMENTS))
                        tv_track_story(tracker, track)->ack2_tsval[dir] = 0;
        }
        /* On a repeated FIN the acknowledgment number can be newer than on the first one. */
        if (!tv_milestone_reached(got_fin))
                tv_milestone_assume(got_fin, seg->frame, seg->time);
}

static void
take_rst(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        struct tv_story *story = tv_track_need_story(tracker, track);
        struct tv_trouble *trouble = tv_track_need_trouble(tracker, ep);
        enum tv_rst_verdict verdict = tv_acceptability_rst(track, dir, seg);

        if (story == NULL || trouble == NULL)
                return;
        trouble->resets++;
        tv_observe_reset(tracker, track, dir, seg, verdict);
        if (verdict != TV_RST_ACCEPTED) {
                if (story->rst_frame[dir] == 0)
                        story->rst_frame[dir] = seg->frame;
                ep->bits |= TV_EP_UNACCEPTABLE;
                return;
        }
        /* Its acknowledgment number, where it has one, is the sender's RCV.NXT: without the peer's FIN it never got
         * that. */
        if ((seg->flags & TV_ACK) != 0 && (peer->bits & TV_EP_FIN_KNOWN) != 0 &&
            tv_seq_unwrap(story->fin[!dir], seg->ack) <= story->fin[!dir])
                tv_milestone_refute(&story->end[dir][TV_GOT_FIN - TV_OPEN_MILESTONES]);
        /* Sent in answer to a segment of an unknown connection or to end it: either way its sender has none now. */
        if (story->end[dir][TV_DID_RST - TV_OPEN_MILESTONES].cause == 0) {
                note_lateness(tracker, track, dir, TV_DID_RST, seg);
                ep->bits &= ~(uint32_t)TV_EP_RST_FOREIGN;
                if ((ep->bits & TV_EP_SEEN) != 0 && seg->ttl != ep->ttl)
                        ep->bits |= TV_EP_RST_FOREIGN;
        }
        did(track, &story->end[dir][TV_DID_RST - TV_OPEN_MILESTONES], seg, dir);
        tv_milestone_assume(&story->end[!dir][TV_GOT_RST - TV_OPEN_MILESTONES], seg->frame, seg->time);
}

/* |dir| goes on after an RST: its own, which then was forged, or one that it got, which it then ignored or never got.
 */
static void
doubt_rst(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        struct tv_story *story = tv_track_story(tracker, track);
        struct tv_milestone *did_rst, *got_rst;
        tv_time way = tv_track_round_trip(track, dir);

        if (story == NULL)
                return;
        did_rst = &story->end[dir][TV_DID_RST - TV_OPEN_MILESTONES];
        got_rst = &story->end[dir][TV_GOT_RST - TV_OPEN_MILESTONES];
        if (did_rst->cause != 0 && seg->time - did_rst->latest > MILLISECOND / 2 && tv_segment_space(seg) != 0 &&
            !tv_seq_before(seg->seq, (uint32_t)track->ep[dir].sent.nxt)) {
                /* New data later than the reset: the sender never sent it. */
                did_rst->cause = 0;
                did_rst->earliest = did_rst->latest = TV_NO_TIME;
                if (story->rst_frame[dir] == 0)
                        story->rst_frame[dir] = seg->frame;
                track->ep[dir].bits |= TV_EP_RST_FORGED;
        }
        if (did_rst->cause != 0 && (track->ep[dir].bits & TV_EP_RST_FOREIGN) != 0 && (seg->flags & TV_RST) == 0 &&
            seg->time - did_rst->latest > way + way / 4 + MILLISECOND / 2) {
                /* It goes on even after another such reset, sent to it at that time, would have reached it. */
                did_rst->cause = 0;
                did_rst->earliest = did_rst->latest = TV_NO_TIME;
                if (story->rst_frame[dir] == 0)
                        story->rst_frame[dir] = seg->frame;
                track->ep[dir].bits |= TV_EP_RST_FORGED;
        }
        if (got_rst->cause != 0 && seg->time - got_rst->earliest > way + way / 4 + MILLISECOND / 2 &&
            (seg->flags & TV_RST) == 0) {
                tv_milestone_refute(got_rst);
        }
}

void
tv_track_remember(struct tv_endpoint *ep, const struct tv_segment *seg, uint64_t begin, uint32_t space, uint8_t bits)
{
        struct tv_sent *sent;

        if (space == 0) {
                const struct tv_sent *last = tv_ledger_recent(&ep->sent, 0);

                /* Pure ACKs are kept for their TSval alone, one a millisecond at most. */
                if ((bits & TV_SENT_PURE) == 0 &&
                    ((seg->options & TV_OPT_TIMESTAMPS) == 0 ||
                     (last != NULL && (last->tsval == seg->tsval || seg->time - last->time < MILLISECOND))))
                        return;
                bits |= TV_SENT_PURE;
        }
        sent = tv_ledger_remember(&ep->sent, seg->time, space == 0);
        if (sent == NULL)
                return;
        if ((seg->options & TV_OPT_TIMESTAMPS) != 0)
                bits |= TV_SENT_HAS_TS;
        if ((seg->bits & TV_SEG_HAS_IP_ID) != 0 && seg->ip_id != 0)
                bits |= TV_SENT_HAS_ID;
        if (seg->checksum == TV_CHECKSUM_WRONG)
                bits |= TV_SENT_DAMAGED;
        if ((seg->bits & TV_SEG_CUT) != 0)
                bits |= TV_SENT_PARTIAL;
        sent->time = seg->time;
        sent->frame = seg->frame;
        sent->begin = begin;
        sent->length = space;
        sent->tsval = seg->tsval;
        sent->sum = space != 0 ? seg->payload_sum : seg->ack;
        /* Without an IP ID, what else two transmissions of the same octets differ in. */
        sent->ip_id = (bits & TV_SENT_HAS_ID) != 0 ? seg->ip_id : tv_retransmission_trait(seg);
        sent->bits = bits;
        sent->flags = (uint8_t)seg->flags;
}

/* Finds where this end's space begins and where |seg| lies in it.  Returns false when the segment cannot be placed. */
static bool
place(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg, uint64_t *begin)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        struct tv_ledger *sent = &ep->sent;
        bool syn = (seg->flags & TV_SYN) != 0;

        if (!tv_ledger_started(sent)) {
                if ((seg->flags & TV_RST) != 0)
                        return false;
                tv_ledger_start(sent, tv_seq_start(seg->seq));
                *begin = sent->begin;
                return true;
        }
        *begin = tv_seq_unwrap(tv_ledger_front(sent), seg->seq);
        if (syn) {
                if ((ep->bits & TV_EP_SYN_SEEN) != 0)
                        return *begin == sent->begin;
                if ((ep->bits & TV_EP_ISS_KNOWN) != 0) {
                        if (*begin != sent->begin)
                                return false;
                        /* The capture has the SYN after all, behind its SYN-ACK.  A repeated SYN, whose first copy was
                         * missed, comes after a timeout. */
                        if (peer->first_frame != 0 && seg->time >= peer->first_time &&
                            seg->time - peer->first_time < tracker->rto_min / 10 * 9) {
                                if (tracker->early_acks++ == 0)
                                        tracker->first_early = peer->first_frame;
                                tv_rtt_add(&tracker->early_lead, seg->time - peer->first_time);
                                if (tv_track_need_trouble(tracker, ep) != NULL)
                                        tv_track_trouble(tracker, ep)->early_acks++;
                        }
                        sent->nxt = sent->nxt > *begin + 1 ? sent->nxt : *begin;
                        return true;
                }
                if (*begin + 1 == sent->begin) {
                        sent->begin = *begin;
                        if (sent->nxt == *begin + 1 && (ep->bits & TV_EP_SEEN) == 0)
                                sent->nxt = *begin;
                        return true;
                }
                tv_ledger_start(sent, tv_seq_start(seg->seq));
                *begin = sent->begin;
                return true;
        }
        /* So far this end is known only from what its peer acknowledged: what was in flight when the capture began is
         * not missing from it. */
        if ((ep->bits & (TV_EP_SEEN | TV_EP_ISS_KNOWN)) == 0 && (seg->flags & TV_RST) == 0 &&
            *begin - sent->begin<FAR && * begin> sent->begin && (ep->bits & TV_EP_EARLY_ACK) == 0) {
                uint64_t una = sent->una;

                tv_ledger_start(sent, *begin);
                sent->una = una;
                return true;
        }
        return true;
}

/* Nobody probes sooner after speaking: of a window after an RTO (RFC 9293 3.8.6.1), of a connection later. */
#define PROBE_WAIT (100 * MILLISECOND)

/* Zero or one octet at SND.NXT-1 or SND.NXT: a keepalive or a window probe? */
static bool
is_probe(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir, const struct tv_segment *seg,
         uint64_t begin)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        const struct tv_sent *sent;
        uint64_t nxt = ep->sent.nxt;

        /* What the peer acknowledged was sent, whether captured or not.  An octet that is only recorded late is none.
         */
        if (ep->sent.una > nxt && (seg->length == 0 || (begin == ep->sent.una && peer->raw_window == 0)))
                nxt = ep->sent.una;
        if (seg->length > 1 || (seg->flags & (TV_SYN | TV_FIN | TV_RST)) != 0 || (peer->bits & TV_EP_ACKED) == 0 ||
            (ep->bits & TV_EP_SEEN) == 0)
                return false;
        if (seg->length == 0) {
                tv_time last;

                if (begin + 1 != nxt)
                        return false;
                /* A segment of before the last octet, or the FIN, that comes late: no timer is that short. */
                last = tv_endpoint_last_space_time(ep);
                if (last == TV_NO_TIME || last > seg->time) /* the clock stepped back */
                        last = ep->last_time;
                if (seg->time - last < PROBE_WAIT)
                        return false;
        }
        /* Nor does a probe follow an acknowledgment that is only recorded before what it acknowledges. */
        if (seg->length == 0 && (ep->bits & TV_EP_EARLY_ACK) != 0 &&
            seg->time - tv_track_trouble(tracker, ep)->early_time < PROBE_WAIT)
                return false;
        /* The octet itself again, a segment of its own: it was sent before as that, and what was sent is known. */
        if (seg->length == 1 && begin + 1 == nxt && (sent = tv_ledger_find(&ep->sent, begin, false)) != NULL &&
            sent->begin == begin && sent->length == 1 && (sent->flags & TV_FIN) == 0 &&
            ((sent->bits & TV_SENT_PARTIAL) != 0) == ((seg->bits & TV_SEG_CUT) != 0) && sent->sum == seg->payload_sum)
                return false;
        if (begin + 1 == nxt && ep->sent.una == nxt &&
            (begin > ep->sent.begin || (ep->bits & (TV_EP_SYN_SEEN | TV_EP_ISS_KNOWN)) == 0))
                return true;
        /* Before any data the octet below SND.NXT is the SYN's; nobody means that one after the handshake. */
        if (begin + 1 == nxt && ep->sent.una == nxt && (ep->bits & TV_EP_ACK1_REACHED) != 0 && seg->length == 1)
                return true;
        return seg->length == 1 && begin == nxt && ep->sent.una == nxt && peer->raw_window == 0 &&
               (peer->bits & TV_EP_SEEN) != 0;
}

/* With any of these, of either end, the common path below does not do. */
#define UNCOMMON (TV_EP_EARLY_ACK | TV_EP_PROBED_ALIVE | TV_EP_PROBED_WINDOW | TV_EP_UNACCEPTABLE | TV_EP_FIN_KNOWN)
/* And these it needs of both. */
#define SETTLED (TV_EP_SEEN | TV_EP_GOT_SYN_PROVED | TV_EP_ACK1_PROVED)

/* Most segments of most connections: both ends are known, the handshake is settled, and the segment brings the next
 * octets, or acknowledges more, and nothing else.  Does exactly what the long way would do with it; returns false, and
 * has done nothing, when the segment is not one of these. */
static bool
common_segment(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
               struct tv_seen *seen)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        uint32_t advance = seg->ack - (uint32_t)peer->sent.una;
        uint64_t nxt = ep->sent.nxt, una;

        if ((seg->flags & (TV_SYN | TV_FIN | TV_RST | TV_ACK)) != TV_ACK || seg->sack_blocks != 0 || track->any_twins ||
            track->story != 0 || track->has_stale != 0)
                return false;
        if (((ep->bits | peer->bits) & UNCOMMON) != 0 || (ep->bits & peer->bits & SETTLED) != SETTLED)
                return false;
        if (seg->seq != (uint32_t)nxt || ep->sent.holes.count != 0 || advance > peer->sent.nxt - peer->sent.una ||
            (advance == 0 && seg->length == 0) || seg->window == 0 || ep->raw_window == 0 || peer->raw_window == 0)
                return false;
        if (seg->length != 0 && (ep->bits & TV_EP_WINDOW_KNOWN) != 0 && nxt >= ep->wnd_right)
                return false;

        seen->has_expected_seq = seen->has_expected_ack = true;
        seen->expected_seq = (uint32_t)nxt;
        seen->expected_ack = (uint32_t)peer->sent.nxt;
        tracker->segments++;
        ep->segments++;
        ep->ip_bytes += seg->header_bytes + seg->length;
        take_id(track, dir, seg);
        una = peer->sent.una + advance;
        if (advance != 0) {
                uint64_t before = peer->sent.una;
                const struct tv_sent *sample;

                if (peer->sent.holes.count != 0)
                        note_gap(tracker, &peer->sent, una, seg);
                sample = tv_ledger_acknowledge(&peer->sent, una);
                seen->ack_class = TV_ACK_ADVANCE;
                if (sample != NULL && keeps_timestamps(ep, peer, seg)) {
                        tv_rtt_add(&peer->rtt, seg->time - sample->time);
                        if (is_slow(&peer->rtt, seg->time - sample->time))
                                tv_observe_slow(tracker, track, dir, seg, seg->time - sample->time,
                                                peer->sent.nxt - before);
                }
                ep->dup_acks = 0;
                peer->una_time = seg->time;
                if (una > peer->sent.begin + 1)
                        peer->bits &= ~(uint32_t)TV_EP_FIRST_FLIGHT;
                if (peer->trouble != 0)
                        tv_retransmission_acked(tracker, track, !dir, before, una, seg);
        } else {
                seen->ack_class = TV_ACK_SAME;
        }
        if ((peer->bits & TV_EP_WINDOW_KNOWN) != 0) {
                uint64_t right = una + ((uint64_t)seg->window << ((ep->bits & TV_EP_SCALED) != 0 ? ep->wscale : 0));

                if (right > peer->wnd_right) {
                        if (peer->wnd_right < peer->sent.nxt + ep->mss)
                                tv_observe_window_full(tracker, track, dir, seg);
                        peer->wnd_right = right;
                }
        }
        if ((seg->options & TV_OPT_TIMESTAMPS) != 0) {
                tv_ledger_echoed(&peer->sent, seg->tsecr);
                if (ep->trouble != 0)
                        tv_retransmission_echoed(tracker, track, dir, seg);
                ep->bits |= TV_EP_TIMESTAMPS;
        }
        tv_track_remember(ep, seg, nxt, seg->length, 0);
        if (seg->length != 0) {
                uint64_t flight;

                seen->data_class = TV_DATA_NEW;
                nxt += seg->length;
                ep->sent.nxt = nxt;
                ep->bits |= TV_EP_HAS_DATA;
                if ((ep->bits & TV_EP_FIRST_FLIGHT) != 0)
                        ep->initial_window = (uint32_t)(nxt - ep->sent.begin - 1);
                flight = nxt - ep->sent.una;
                if (flight > ep->max_in_flight)
                        ep->max_in_flight = flight > UINT32_MAX ? UINT32_MAX : (uint32_t)flight;
                if (track->talker != dir + 1) {
                        track->turns += track->talker != 0;
                        track->talker = (uint8_t)(dir + 1);
                }
                ep->mark = 0; /* the ring knows data again */
        } else {
                seen->data_class = TV_DATA_NONE;
                ep->mark = has_identity(track, seg, 0) ? mark_of(seg, NULL) : 0;
        }
        ep->raw_window = seg->window;
        ep->last_ack = seg->ack;
        ep->last_time = seg->time;
        ep->last_frame = seg->frame;
        return true;
}

static void
apply(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
      const struct tv_segment_more *more, struct tv_seen *seen)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        uint32_t space = tv_segment_space(seg), mark = 0;
        uint64_t begin = 0;
        bool placed, identified;

        memset(seen, 0, sizeof *seen);
        if (common_segment(tracker, track, dir, seg, seen))
                return;
        if (tv_ledger_started(&ep->sent)) {
                seen->has_expected_seq = true;
                seen->expected_seq = (uint32_t)ep->sent.nxt;
        }
        if (tv_ledger_started(&peer->sent) && (peer->bits & TV_EP_SEEN) != 0) {
                seen->has_expected_ack = true;
                seen->expected_ack = (uint32_t)peer->sent.nxt;
        }
        tracker->segments++;
        ep->segments++;
        ep->ip_bytes += seg->header_bytes + seg->length;

        /* One packet twice: nothing of it counts again. */
        identified = has_identity(track, seg, space);
        if (identified || space != 0) {
                tv_time first_time = ep->last_time;
                tv_frame twin;

                mark = mark_of(seg, more);
                twin = find_twin(ep, mark, seg);
                if (twin == 0 && (space != 0 || seg->sack_blocks == 0 || has_ip_id(seg)) &&
                    tv_ledger_started(&ep->sent)) {
                        const struct tv_sent *sent =
                                tv_retransmission_twin(ep, seg, tv_seq_unwrap(ep->sent.nxt, seg->seq), space);

                        if (sent != NULL) {
                                twin = sent->frame;
                                first_time = sent->time;
                        }
                }
                if (twin != 0 && (seg->flags & TV_SYN) != 0 && !has_ip_id(seg) &&
                    (seg->options & TV_OPT_TIMESTAMPS) == 0 &&
                    (seg->time - first_time > SYN_COPY || seg->time < first_time || asked_again(peer, first_time)))
                        twin = 0;
                if (twin != 0 && !identified && !follows_at_once(track, peer, seg, first_time))
                        twin = 0;
                if (twin != 0) {
                        if (!track->any_twins)
                                track->twins_since = track->ep[0].segments + track->ep[1].segments - 1;
                        ep->twins++;
                        if (space != 0 && track->twins_are != TV_DATA_CAPTURE_DUPLICATE) {
                                uint64_t at = tv_seq_unwrap(ep->sent.nxt, seg->seq);

                                tv_retransmission_twin_seen(tracker, track, dir, at, at + space);
                        }
                        tv_rtt_add(&tracker->twin_lag, seg->time - first_time);
                        tracker->twins_other_ttl += seg->ttl != ep->ttl;
                        track->any_twins = true;
                        if (tracker->twins++ == 0)
                                tracker->first_twin = seg->frame;
                        note_twin(tracker, track, dir, seg, twin, first_time);
                        seen->of_frame = twin;
                        seen->data_class = track->twins_are;
                        seen->class_pending = track->twins_are == 0;
                        seen->ack_class = (seg->flags & TV_ACK) != 0 ? TV_ACK_SAME : TV_ACK_NONE;
                        if (track->twins_are == 0)
                                decide_twins(tracker, track, false);
                        if (seen->class_pending && track->twins_are != 0) {
                                seen->class_pending = false;
                                seen->data_class = track->twins_are;
                        }
                        ep->last_time = seg->time;
                        ep->last_frame = seg->frame;
                        return;
                }
        }
        take_id(track, dir, seg);
        if (!identified)
                tracker->anonymous++;
        if (track->any_twins && track->twins_are == 0)
                decide_twins(tracker, track, false);

        if ((seg->flags & (TV_SYN | TV_RST)) == TV_SYN && (ep->bits & TV_EP_SYN_SEEN) != 0 &&
            seg->seq != ep->iss) { /* a SYN into a connection that has another ISS: RFC 5961 section 4 */
                seen->data_class = TV_DATA_OUTSIDE_WINDOW;
                odd(tracker, ep, seg);
                ep->bits |= TV_EP_UNACCEPTABLE;
                if (tv_track_need_trouble(tracker, ep) != NULL)
                        tv_track_trouble(tracker, ep)->outside++;
                tv_observe_odd(tracker, track, dir, seg, TV_NOTE_SYN_INSIDE, 0);
                goto counted;
        }

        /* What belongs to an older connection, and the reset that it meets: this one has nothing of it. */
        if (tv_observe_foreign_answer(tracker, track, dir, seg)) {
                seen->data_class = space != 0 ? TV_DATA_OUTSIDE_WINDOW : TV_DATA_STALE;
                seen->ack_class = space != 0 ? TV_ACK_UNSENT : TV_ACK_OLD;
                odd(tracker, ep, seg);
                if (space != 0 && tv_track_need_trouble(tracker, ep) != NULL)
                        tv_track_trouble(tracker, ep)->outside++;
                goto foreign;
        }
        if (peer->trouble != 0 && tv_observe_foreign_reset(tracker, track, dir, seg)) {
                seen->data_class = TV_DATA_STALE;
                if (tv_track_need_trouble(tracker, ep) != NULL)
                        tv_track_trouble(tracker, ep)->resets++;
                goto counted;
        }

        placed = place(tracker, track, dir, seg, &begin);
        if (placed && (track->has_stale & (1u << dir)) != 0 && (seg->flags & (TV_SYN | TV_RST)) == 0 &&
            (ep->bits & TV_EP_SEEN) != 0 && track->stale_nxt[dir] - seg->seq <= 0x10000 &&
            (begin > ep->sent.nxt + FAR / 4 ||
             begin + ((ep->bits & TV_EP_ISS_KNOWN) != 0 ? 0 : FAR / 4) < ep->sent.begin)) {
                seen->data_class = TV_DATA_STALE;
                odd(tracker, ep, seg);
                if (tv_track_need_trouble(tracker, ep) != NULL)
                        tv_track_trouble(tracker, ep)->stale++;
                /* Without octets it may be the answer of an end that still holds the connection before. */
                if (space != 0)
                        tv_observe_odd(tracker, track, dir, seg, TV_NOTE_STALE, 0);
                goto counted;
        }

        if (track->story != 0) {
                if ((seg->flags & TV_RST) == 0)
                        tv_observe_after_reset(tracker, track, dir, seg);
                doubt_rst(tracker, track, dir, seg);
        }
        if ((seg->flags & TV_ACK) != 0) {
                take_ack(tracker, track, dir, seg, space, seen);
                if (seg->sack_blocks != 0)
                        take_sack(tracker, track, dir, seg, more);
                take_proofs(tracker, track, dir, seg);
                if ((seg->options & TV_OPT_TIMESTAMPS) != 0) {
                        tv_ledger_echoed(&peer->sent, seg->tsecr);
                        if (ep->trouble != 0)
                                tv_retransmission_echoed(tracker, track, dir, seg);
                }
        }

        if (!placed) {
                seen->data_class = space != 0 ? TV_DATA_OUTSIDE_WINDOW : TV_DATA_NONE;
                odd(tracker, ep, seg);
                if (space != 0 && tv_track_need_trouble(tracker, ep) != NULL)
                        tv_track_trouble(tracker, ep)->outside++;
        } else if (is_probe(tracker, track, dir, seg, begin)) {
                bool window = (peer->bits & TV_EP_SEEN) != 0 &&
                              (peer->raw_window == 0 || tv_observe_waits(tracker, track, dir, seg));
                struct tv_trouble *trouble = tv_track_need_trouble(tracker, ep);

                seen->data_class = window ? TV_DATA_WINDOW_PROBE : TV_DATA_KEEPALIVE;
                odd(tracker, ep, seg);
                tv_observe_probe(tracker, track, dir, seg, window);
                ep->bits &= ~(uint32_t)(TV_EP_PROBED_ALIVE | TV_EP_PROBED_WINDOW);
                ep->bits |= window ? TV_EP_PROBED_WINDOW : TV_EP_PROBED_ALIVE;
                if (trouble != NULL) {
                        if (window)
                                trouble->window_probes++;
                        else
                                trouble->keepalives++;
                }
                goto proved;
        } else if (space != 0 && (seg->flags & TV_RST) == 0) {
                if (seg->length != 0)
                        ep->bits |= TV_EP_HAS_DATA;
                if (begin == ep->sent.nxt && (ep->bits & TV_EP_EARLY_ACK) == 0 && ep->sent.holes.count == 0 &&
                    (begin < ep->wnd_right || (ep->bits & TV_EP_WINDOW_KNOWN) == 0 || (seg->flags & TV_SYN) != 0 ||
                     seg->length == 0)) {
                        /* In order and within the window, as nearly all segments are. */
                        ep->sent.nxt = begin + space;
                        seen->data_class = TV_DATA_NEW;
                        tv_track_remember(ep, seg, begin, space, 0);
                } else {
                        if ((ep->bits & TV_EP_EARLY_ACK) != 0 && begin >= tv_track_trouble(tracker, ep)->early_nxt)
                                settle_early(tracker, ep, begin, seg->time);
                        tv_retransmission_classify(tracker, track, dir, seg, begin, space, seen);
                }
                if (seen->data_class != TV_DATA_OUTSIDE_WINDOW) {
                        uint64_t flight = ep->sent.nxt - (ep->sent.una < ep->sent.nxt ? ep->sent.una : ep->sent.nxt);

                        if (flight > ep->max_in_flight && (peer->bits & TV_EP_ACKED) != 0 &&
                            ((ep->bits & TV_EP_WINDOW_KNOWN) == 0 || ep->sent.nxt <= ep->wnd_right))
                                ep->max_in_flight = flight > UINT32_MAX ? UINT32_MAX : (uint32_t)flight;
                        if ((ep->bits & TV_EP_FIRST_FLIGHT) != 0 && seg->length != 0)
                                ep->initial_window = (uint32_t)(ep->sent.nxt - ep->sent.begin - 1);
                        if (seg->length != 0 && track->talker != dir + 1) {
                                if (track->talker != 0)
                                        track->turns++;
                                track->talker = (uint8_t)(dir + 1);
                        }
                        if ((seg->flags & TV_SYN) != 0)
                                take_syn(tracker, track, dir, seg, more);
                        if ((seg->flags & TV_FIN) != 0)
                                take_fin(tracker, track, dir, seg, begin + space - 1);
                }
        } else {
                seen->data_class = TV_DATA_NONE;
                /* SEQ beyond everything captured: something with sequence space was not captured before it. */
                if ((seg->flags & TV_RST) == 0) {
                        if (begin > ep->sent.nxt && begin - ep->sent.nxt < FAR && (ep->bits & TV_EP_SEEN) != 0) {
                                struct tv_trouble *trouble = tv_track_need_trouble(tracker, ep);

                                if (trouble != NULL) {
                                        trouble->beyond = begin;
                                        trouble->beyond_tsval = seg->tsval;
                                        trouble->beyond_options = seg->options;
                                        trouble->beyond_id = (seg->bits & TV_SEG_HAS_IP_ID) != 0 ? seg->ip_id : 0;
                                        trouble->beyond_frame = seg->frame;
                                        trouble->beyond_time = seg->time;
                                }
                                tv_ledger_add(&ep->sent, begin, begin);
                        }
                        if (begin + 1 < ep->sent.una)
                                tv_observe_behind(tracker, track, dir, seg, begin);
                        /* Where packets are recorded twice, their second records may come behind others. */
                        tv_track_remember(ep, seg, begin, 0, track->any_twins ? TV_SENT_PURE : 0);
                }
        }
        ep->bits &= ~(uint32_t)(TV_EP_PROBED_ALIVE | TV_EP_PROBED_WINDOW);
proved:
        if ((seg->flags & TV_RST) != 0)
                take_rst(tracker, track, dir, seg);
        take_window(tracker, track, dir, seg);
        if ((seg->options & TV_OPT_TIMESTAMPS) != 0)
                ep->bits |= TV_EP_TIMESTAMPS;
        if ((seg->flags & TV_ACK) != 0)
                ep->last_ack = seg->ack;
counted:
        if ((ep->bits & TV_EP_SEEN) == 0) {
                ep->ttl = seg->ttl;
                ep->first_frame = seg->frame;
                ep->first_time = seg->time;
                if ((seg->options & TV_OPT_TIMESTAMPS) != 0)
                        track->first_tsval[dir] = seg->tsval;
        }
        ep->bits |= TV_EP_SEEN;
foreign:
        ep->mark = mark;
        ep->last_time = seg->time;
        ep->last_frame = seg->frame;
}

void
tv_track_segment(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                 const struct tv_segment_more *more, struct tv_seen *seen)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        struct tv_paused before;

        if (seg->length != 0 && ep->sent.una == ep->sent.nxt && seg->seq == (uint32_t)ep->sent.nxt)
                tv_observe_turn(tracker, track, dir, seg);
        if (tv_observe_has_marks(seg))
                tv_observe_marks(tracker, track, dir, seg, more);
        if (seg->time <= ep->last_time + TV_PAUSE || seg->time <= peer->last_time + TV_PAUSE ||
            ep->last_time == TV_NO_TIME || peer->last_time == TV_NO_TIME) {
                apply(tracker, track, dir, seg, more, seen);
                return;
        }
        tv_observe_before_pause(track, &before);
        apply(tracker, track, dir, seg, more, seen);
        tv_observe_pause(tracker, track, dir, seg, seen, &before);
}

void
tv_track_settle_all(struct tv_tracker *tracker, struct tv_track *track)
{
        if (track->any_twins)
                decide_twins(tracker, track, true);
        for (unsigned dir = 0; dir < 2; dir++) {
                struct tv_endpoint *ep = &track->ep[dir];

                if ((ep->bits & TV_EP_EARLY_ACK) != 0)
                        settle_early(tracker, ep, UINT64_MAX, TV_NO_TIME);
                if (ep->trouble != 0)
                        tv_retransmission_settle_all(tracker, track, dir);
        }
}
