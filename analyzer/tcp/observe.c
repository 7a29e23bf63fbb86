#include "analyzer/tcp/observe.h"

#include "analyzer/tcp/retransmission.h"
#include "reassembly/seqnum.h"

#define MILLISECOND INT64_C(1000000)

/* After so long a silence the clock may have leapt, or the capture have paused (design.md section 3). */
#define STANDSTILL (60 * 1000 * MILLISECOND)

/* So many repetitions that nothing answers are more than bad luck. */
#define OUTAGE_RETRIES 3

void
tv_observe_retry(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                 uint64_t begin, uint64_t end, const struct tv_sent *newest, bool probe)
{
        const struct tv_endpoint *ep = &track->ep[dir];
        struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
        struct tv_silence *run = &trouble->silence;
        bool front = begin <= ep->sent.una;

        /* What was only probed for was answered, if not acknowledged. */
        if (run->retries == run->probes && track->ep[!dir].last_time != TV_NO_TIME &&
            track->ep[!dir].last_time >= run->retry)
                run->retries = 0;
        if (run->retries == 0) {
                *run = (struct tv_silence){0};
                run->since = newest != NULL ? newest->time : seg->time;
                run->first = newest != NULL ? newest->frame : 0;
                run->retry = seg->time;
                run->retry_frame = seg->frame;
        } else {
                run->gap = seg->time - run->last;
        }
        /* The tail was sent after what is waited for. */
        if (front && run->octets == 0) {
                run->octets = (uint32_t)(end - begin);
                if (newest != NULL && newest->time < run->since) {
                        run->since = newest->time;
                        run->first = newest->frame;
                }
        }
        /* By now the first one is known to have been a timeout. */
        if (trouble->never_probes && run->probes != 0) {
                run->probes = 0;
                run->timeout = run->retry;
        }
        if (probe)
                run->probes++;
        else if (run->retries == run->probes)
                run->timeout = seg->time;
        run->last = seg->time;
        run->last_octets = (uint32_t)(end - begin);
        run->last_frame = seg->frame;
        run->retries++;
}

bool
tv_observe_answer(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        struct tv_endpoint *ep = &track->ep[dir];
        const struct tv_endpoint *peer = &track->ep[!dir];
        struct tv_silence run = tv_track_trouble(tracker, ep)->silence;
        bool silent = run.retries >= OUTAGE_RETRIES && peer->last_time < run.retry;
        struct tv_note *note;

        tv_track_trouble(tracker, ep)->silence.retries = 0;
        if (run.last_octets + 20 < run.octets && run.retries - run.probes >= 2) {
                /* Smaller pieces got through. */
                note = tv_track_need_note(tracker, ep, TV_NOTE_SHRUNK);
                if (note != NULL) {
                        tv_note_count(note, run.since, run.last, run.first, run.last_frame);
                        note->low = run.octets;
                        note->high = run.last_octets;
                        note->amount = run.retries;
                }
                return silent;
        }
        if (!silent)
                return false;
        note = tv_track_need_note(tracker, ep, TV_NOTE_OUTAGE);
        if (note == NULL)
                return false;
        tv_note_count(note, run.since, seg->time, run.first, run.retry_frame);
        tv_note_frame(note, run.last_frame);
        tv_note_frame(note, seg->frame);
        note->amount += run.retries;
        note->low += run.probes;
        return true;
}

/* ---- a SYN that meets something old ---- */

/* A SYN, and the data of one flight behind it, account for so many octets. */
#define ONE_FLIGHT (UINT32_C(1) << 20)

bool
tv_observe_foreign_answer(struct tv_tracker *tracker, struct tv_track *track, unsigned dir,
                          const struct tv_segment *seg)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        bool syn = (seg->flags & TV_SYN) != 0;
        struct tv_note *note;

        if ((seg->flags & (TV_ACK | TV_RST)) != TV_ACK || tv_ledger_started(&ep->sent) ||
            (ep->bits & TV_EP_ISS_KNOWN) != 0 || (peer->bits & TV_EP_SYN_SEEN) == 0 ||
            seg->ack - (peer->iss + 1) <= ONE_FLIGHT)
                return false;
        /* An end that has acknowledged something has a connection, whatever its SYN was. */
        if (!syn && (seg->length != 0 || (seg->flags & TV_FIN) != 0 || (peer->bits & TV_EP_ACKED) != 0))
                return false;
        note = tv_track_need_note(tracker, ep, syn ? TV_NOTE_OLD_SYNACK : TV_NOTE_OLD_ACK);
        if (note != NULL) {
                tv_note_count(note, peer->last_time, seg->time, peer->last_frame, seg->frame);
                note->low = seg->ack;
        }
        return true;
}

bool
tv_observe_foreign_reset(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        static const enum tv_note_kind kinds[] = {TV_NOTE_OLD_ACK, TV_NOTE_OLD_SYNACK};
        const struct tv_endpoint *peer = &track->ep[!dir];
        struct tv_trouble *trouble = tv_track_trouble(tracker, peer);

        if ((seg->flags & TV_RST) == 0 || trouble == NULL || trouble->notes == 0)
                return false;
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
                struct tv_note *note = tv_track_note(tracker, peer, kinds[i]) != NULL
                                               ? tv_note_need(&tracker->notes, &trouble->notes, kinds[i])
                                               : NULL;

                if (note == NULL || note->low != seg->seq || note->last != peer->last_frame)
                        continue;
                note->high++;
                note->end = seg->time > note->end ? seg->time : note->end;
                tv_note_frame(note, seg->frame);
                return true;
        }
        return false;
}

void
tv_observe_met_old(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, tv_frame syn, tv_time time,
                   tv_frame answer, tv_time answered, uint32_t ack, tv_frame reset)
{
        struct tv_note *note = tv_track_need_note(tracker, &track->ep[dir], TV_NOTE_OLD_ACK);

        if (note == NULL)
                return;
        tv_note_count(note, time, answered, syn, answer);
        tv_note_frame(note, reset);
        note->high += reset != 0;
        note->low = ack;
}

void
tv_observe_fast_open(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        bool with_ack = (seg->flags & TV_ACK) != 0;
        struct tv_endpoint *ep = &track->ep[with_ack ? !dir : dir];
        struct tv_note *note = tv_track_need_note(tracker, ep, TV_NOTE_FAST_OPEN);
        uint32_t acked = seg->ack - (ep->iss + 1);

        if (note == NULL)
                return;
        if (with_ack) {
                if ((track->ep[dir].bits & TV_EP_SYN_WITH_ACK) != 0)
                        return; /* not the first */
                note->low = acked < note->amount ? acked : note->amount;
                note->high = 1;
                tv_note_frame(note, seg->frame);
        } else if (seg->length != 0) {
                tv_note_count(note, seg->time, TV_NO_TIME, seg->frame, 0);
                note->amount = seg->length > note->amount ? seg->length : note->amount;
        } else if (note->end == TV_NO_TIME) {
                note->end = seg->time;
                tv_note_frame(note, seg->frame);
        }
}

static tv_time
last_of_both(const struct tv_track *track)
{
        return track->ep[0].last_time > track->ep[1].last_time ? track->ep[0].last_time : track->ep[1].last_time;
}

/* When either end last said something before |now|: a probe of the other, and its answer, are nothing. */
static tv_time
last_talk(const struct tv_track *track, tv_time now)
{
        tv_time last = TV_NO_TIME;

        for (unsigned i = 0; i < 2; i++) {
                tv_time sent = tv_endpoint_last_space_time(&track->ep[i]), acked = track->ep[i].una_time;

                last = sent > last ? sent : last;
                /* The probe itself may acknowledge something. */
                last = acked > last && acked < now ? acked : last;
        }
        /* Never since the capture began. */
        for (unsigned i = 0; i < 2 && last == TV_NO_TIME; i++) {
                const struct tv_endpoint *other = &track->ep[!i];

                if ((track->ep[i].bits & TV_EP_SEEN) != 0 &&
                    ((other->bits & TV_EP_SEEN) == 0 || track->ep[i].first_time <= other->first_time))
                        last = track->ep[i].first_time;
        }
        return last;
}

void
tv_observe_probe(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                 bool window)
{
        struct tv_endpoint *ep = &track->ep[dir];
        const struct tv_endpoint *peer = &track->ep[!dir];
        struct tv_note *note = tv_track_need_note(tracker, ep, window ? TV_NOTE_WINDOW_PROBE : TV_NOTE_KEEPALIVE);

        if (note == NULL)
                return;
        if (note->count == 0) {
                tv_time since = last_talk(track, seg->time);

                note->low = (uint64_t)(seg->time > since ? seg->time - since : 0);
        }
        if (window) {
                struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
                const struct tv_note *closed = tv_track_note(tracker, peer, TV_NOTE_ZERO_WINDOW);
                tv_time way = tv_track_round_trip(track, dir);

                trouble->waits = true;
                /* The window was opened so long ago that it would have heard of it. */
                if (peer->raw_window != 0 && trouble->unheard == 0 && track->ep[!dir].rtt.count != 0 &&
                    closed != NULL && closed->amount == 0 && seg->time - closed->end > way + way / 4 + 10 * MILLISECOND)
                        trouble->unheard = seg->frame;
        }
        if (note->amount != 0 && peer->last_time > note->end)
                note->amount = 0; /* something came since the last one */
        if (note->amount != 0)
                note->high = (uint64_t)(seg->time > note->end ? seg->time - note->end : 0);
        tv_note_count(note, TV_NO_TIME, seg->time, seg->frame, 0);
        note->amount++;
}

/* No stack lets more time pass between two probes of a window (RFC 9293 3.8.6.1 with RFC 6298 2.5, and some slack). */
#define PROBES_APART (150 * 1000 * MILLISECOND)
/* TCP_KEEPIDLE counts seconds. */
#define KEEPALIVE_LEAST (990 * MILLISECOND)

bool
tv_observe_waits(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir,
                 const struct tv_segment *seg)
{
        const struct tv_endpoint *ep = &track->ep[dir];
        const struct tv_trouble *trouble = tv_track_trouble(tracker, ep);

        const struct tv_note *closed = tv_track_note(tracker, &track->ep[!dir], TV_NOTE_ZERO_WINDOW);

        if (trouble != NULL && trouble->waits)
                return seg->time - ep->last_time < PROBES_APART;
        /* The window was closed since it spoke last, and nobody sets a keepalive to less than a second. */
        return closed != NULL && closed->amount == 0 && closed->end > ep->last_time &&
               seg->time - ep->last_time < KEEPALIVE_LEAST;
}

bool
tv_observe_in_time(const struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        tv_time way = tv_track_round_trip(track, dir);

        return track->ep[!dir].rtt.count == 0 ||
               seg->time - track->ep[!dir].last_time <= way + way / 4 + 50 * MILLISECOND;
}

/* |seg|, of |dir|, are the first new octets since it probed a window.  Did only the answer to a probe set them going,
 * although the window had been open for longer? */
static void
probed_until_answered(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        struct tv_trouble *trouble = tv_track_trouble(tracker, &track->ep[dir]);
        struct tv_endpoint *peer = &track->ep[!dir];
        const struct tv_note *closed = tv_track_note(tracker, peer, TV_NOTE_ZERO_WINDOW);
        const struct tv_note *probes = tv_track_note(tracker, &track->ep[dir], TV_NOTE_WINDOW_PROBE);
        tv_time way = tv_track_round_trip(track, dir), answered = peer->last_time;
        tv_frame probe = trouble->unheard;
        struct tv_note *note;

        trouble->waits = false;
        trouble->unheard = 0;
        if (probe == 0 || closed == NULL || closed->amount != 0 || probes == NULL || answered < probes->end ||
            seg->time - answered > way + way / 4 + 20 * MILLISECOND)
                return;
        note = tv_track_need_note(tracker, peer, TV_NOTE_UPDATE_LOST);
        if (note == NULL)
                return;
        tv_note_count(note, closed->end, seg->time - way, closed->last, probe);
        tv_note_frame(note, peer->last_frame);
        tv_note_frame(note, seg->frame);
        note->high++;
}

void
tv_observe_probe_reply(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                       bool window)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        struct tv_note *note =
                tv_track_need_note(tracker, peer, window ? TV_NOTE_WINDOW_REPLY : TV_NOTE_KEEPALIVE_REPLY);

        if (note == NULL)
                return;
        tv_note_count(note, peer->last_time, seg->time, seg->frame, 0);
        /* The window was closed, and nothing but this answer says that it is open: what had said so died on the way. */
        if (window && ep->raw_window == 0 && seg->window != 0 &&
            (note = tv_track_need_note(tracker, ep, TV_NOTE_UPDATE_LOST)) != NULL) {
                tv_note_count(note, TV_NO_TIME, seg->time, peer->last_frame, seg->frame);
                note->low++;
                note->amount += tv_track_ids(tracker, track, dir, seg) == TV_IDS_SOME_LOST;
        }
}

void
tv_observe_zero_window(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        struct tv_trouble *waiting = tv_track_trouble(tracker, peer);
        uint32_t probes = waiting != NULL ? waiting->window_probes : 0;
        struct tv_note *note = tv_track_need_note(tracker, ep, TV_NOTE_ZERO_WINDOW);

        if (note == NULL)
                return;
        if (seg->window == 0) {
                if (waiting != NULL)
                        waiting->unheard = 0;
                tv_note_count(note, seg->time, seg->time, seg->frame, 0);
                note->amount = (uint64_t)seg->time;
                note->low = probes;
        } else if (note->amount != 0) {
                tv_time closed = seg->time - (tv_time)note->amount;

                note->amount = 0;
                note->high += probes - note->low;
                if (closed <= 0)
                        return;
                note->total += closed;
                if (closed > note->longest)
                        note->longest = closed;
                note->end = seg->time;
                note->last = seg->frame;
                tv_note_frame(note, seg->frame);
        }
}

/* The first segment of |ep| after |since|, of those that are remembered. */
static tv_time
went_on(const struct tv_endpoint *ep, tv_time since)
{
        tv_time first = ep->last_time;
        const struct tv_sent *sent;

        for (uint32_t i = 0; (sent = tv_ledger_recent(&ep->sent, i)) != NULL && sent->time > since; i++)
                first = sent->time;
        return first;
}

void
tv_observe_window_full(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        tv_time way = tv_track_round_trip(track, !dir);
        uint32_t window = (uint32_t)peer->wnd_right - ep->last_ack;
        struct tv_note *note;

        if (ep->raw_window == 0 || peer->last_time == TV_NO_TIME || (peer->bits & TV_EP_HAS_DATA) == 0 ||
            seg->time < peer->last_time || seg->time - peer->last_time + way < MILLISECOND)
                return;
        note = tv_track_need_note(tracker, peer, TV_NOTE_WINDOW_FULL);
        if (note == NULL)
                return;
        /* It has gone on since the last wait, so that one was over: the way to it may be shorter than was measured. */
        if (note->count != 0) {
                tv_time resumed = went_on(peer, note->end);

                if ((tv_time)note->amount > resumed)
                        note->total -= (tv_time)note->amount - resumed;
        }
        note->amount = (uint64_t)(seg->time + way);
        tv_note_count(note, peer->last_time, seg->time + way, peer->last_frame, seg->frame);
        note->end = seg->time;
        if (note->low == 0 || window < note->low)
                note->low = window;
        if (window > note->high)
                note->high = window;
}

void
tv_observe_slow(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                tv_time round_trip, uint64_t flight)
{
        struct tv_endpoint *peer = &track->ep[!dir];
        bool loaded = flight * 2 >= peer->max_in_flight && flight >= 4096;
        struct tv_note *note = tv_track_need_note(tracker, peer, loaded ? TV_NOTE_SLOW_LOADED : TV_NOTE_SLOW_LIGHT);

        if (note == NULL)
                return;
        tv_note_count(note, seg->time - round_trip, seg->time, seg->frame, 0);
}

static void
count_one(struct tv_tracker *tracker, struct tv_endpoint *ep, enum tv_note_kind kind, const struct tv_segment *seg)
{
        struct tv_note *note = tv_track_need_note(tracker, ep, kind);

        if (note != NULL)
                tv_note_count(note, seg->time, seg->time, seg->frame, 0);
}

void
tv_observe_marks(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                 const struct tv_segment_more *more)
{
        struct tv_endpoint *ep = &track->ep[dir];

        if ((seg->flags & TV_RST) != 0)
                return;
        if ((seg->flags & TV_SYN) != 0) {
                /* On a SYN these bits offer ECN (RFC 3168 6.1.1), with AE accurate ECN (RFC 9768). */
                if ((seg->flags & TV_AE) != 0)
                        count_one(tracker, ep, TV_NOTE_ACCECN, seg);
                return;
        }
        if ((seg->traffic_class & 3) == 3)
                count_one(tracker, ep, TV_NOTE_MARKED, seg);
        if ((seg->flags & (TV_ECE | TV_ACK)) == (TV_ECE | TV_ACK))
                count_one(tracker, ep, TV_NOTE_ECHOED, seg);
        if ((seg->flags & TV_CWR) != 0)
                count_one(tracker, ep, TV_NOTE_REDUCED, seg);
        if ((seg->flags & TV_URG) != 0) {
                struct tv_note *note = tv_track_need_note(tracker, ep, TV_NOTE_URGENT);

                if (note != NULL) {
                        tv_note_count(note, seg->time, seg->time, seg->frame, 0);
                        note->amount = more != NULL ? more->urgent : 0;
                }
        }
}

void
tv_observe_odd(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
               enum tv_note_kind kind, tv_frame of)
{
        struct tv_endpoint *ep = &track->ep[dir];
        struct tv_note *note = tv_track_need_note(tracker, ep, kind);

        if (note == NULL)
                return;
        tv_note_count(note, seg->time, seg->time, of, seg->frame);
        note->low += (ep->bits & TV_EP_SEEN) != 0 && seg->ttl != ep->ttl;
        note->high += (seg->flags & (TV_SYN | TV_ACK)) == (TV_SYN | TV_ACK);
        note->amount += seg->length;
}

/* By its time stamps, had the sender of |seg| heard of an acknowledgment of the peer that goes further than |seg|
 * begins? */
static bool
had_heard(const struct tv_endpoint *peer, const struct tv_segment *seg)
{
        const struct tv_sent *sent, *first = NULL, *before = NULL;

        if ((seg->options & TV_OPT_TIMESTAMPS) == 0 || seg->tsecr == 0)
                return false;
        for (uint32_t i = 0; (sent = tv_ledger_recent(&peer->sent, i)) != NULL; i++)
                if ((sent->bits & (TV_SENT_PURE | TV_SENT_HAS_TS)) == (TV_SENT_PURE | TV_SENT_HAS_TS) &&
                    tv_seq_after(sent->sum, seg->seq + 1) && !tv_seq_after(sent->tsval, seg->tsecr)) {
                        first = sent;
                        before = tv_ledger_recent(&peer->sent, i + 1);
                }
        /* A time stamp that several segments share says that the first of them came. */
        return first != NULL && (first->tsval != seg->tsecr || (before != NULL && before->tsval != first->tsval));
}

/* Says |seg| nothing that its sender had not said, and can only be its answer to a bare acknowledgment of the peer?
 * That is how one of octets that were never sent is met (RFC 9293 3.10.7.4 fifth). */
static bool
answers_acknowledgment(const struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        tv_time way = tv_track_round_trip(track, dir), spoke = tv_endpoint_last_space_time(peer);
        tv_time after;

        if (ep->una_time == TV_NO_TIME || peer->rtt.count == 0 || seg->ack != ep->last_ack ||
            seg->window != ep->raw_window || seg->sack_blocks != 0 || peer->last_time <= ep->last_time ||
            spoke == TV_NO_TIME || spoke >= ep->last_time)
                return false;
        if ((ep->bits & TV_EP_EARLY_ACK) != 0)
                return seg->time - peer->last_time <= way * 2 + MILLISECOND;
        after = seg->time - ep->una_time;
        /* What passed before in its name is acknowledged.  It is no bare acknowledgment that was overtaken by that: by
         * its IP ID it follows the one before it, and it comes just when the answer does. */
        return track->ids[dir].step == 1 && way > MILLISECOND && after >= way - way / 8 &&
               after <= way + way / 4 + MILLISECOND;
}

void
tv_observe_behind(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                  uint64_t begin)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        const struct tv_sent *foreign;
        struct tv_note *note;

        /* Its SEQ is its SND.NXT; a probe's is one less. */
        if (begin + 1 >= ep->sent.una || begin < ep->sent.begin || seg->length != 0 ||
            (seg->flags & (TV_SYN | TV_FIN | TV_RST)) != 0 ||
            !(had_heard(peer, seg) || answers_acknowledgment(track, dir, seg)))
                return;
        note = tv_track_need_note(tracker, ep, TV_NOTE_FOREIGN);
        if (note == NULL)
                return;
        foreign = tv_ledger_find(&ep->sent, begin, true);
        if (note->count == 0)
                note->amount = ep->sent.una - begin;
        tv_note_count(note, foreign != NULL ? foreign->time : TV_NO_TIME, seg->time,
                      foreign != NULL ? foreign->frame : 0, peer->last_frame);
        tv_note_frame(note, seg->frame);
}

void
tv_observe_turn(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        tv_time way = tv_track_round_trip(track, dir), since = tv_endpoint_last_space_time(peer);
        const struct tv_note *closed = tv_track_note(tracker, peer, TV_NOTE_ZERO_WINDOW);

        if (ep->trouble != 0 && tv_track_trouble(tracker, ep)->waits)
                probed_until_answered(tracker, track, dir, seg);
        if (((ep->bits | peer->bits) & TV_EP_FIN_KNOWN) != 0 || (peer->bits & TV_EP_ACKED) == 0)
                return;
        if (ep->una_time > since)
                since = ep->una_time;
        if (since == TV_NO_TIME)
                since = peer->last_time;
        if (since == TV_NO_TIME || seg->time <= since)
                return;
        if (closed != NULL && closed->end > since && closed->end <= seg->time) {
                /* The window was closed until then: its receiver's application was waited for. */
                track->waited[!dir] += closed->end - since;
                since = closed->end;
        }
        /* Who goes on with what it was saying may have waited for its congestion window, or a timer, up to a while. */
        if (seg->time - since > way + (track->talker == dir + 1 ? TV_PAUSE : 0))
                track->waited[dir] += seg->time - since - way;
        if (peer->trouble != 0) {
                /* Only a late acknowledgment had held this back. */
                const struct tv_note *late = tv_track_note(tracker, peer, TV_NOTE_PAUSE_ACK);

                if (late != NULL && late->end == ep->una_time && seg->time - late->end < way + 5 * MILLISECOND)
                        tv_track_need_note(tracker, peer, TV_NOTE_PAUSE_ACK)->low++;
        }
}

void
tv_observe_before_pause(const struct tv_track *track, struct tv_paused *paused)
{
        paused->since = last_of_both(track);
        paused->frame = track->ep[track->ep[1].last_time == paused->since].last_frame;
        for (unsigned i = 0; i < 2; i++) {
                const struct tv_ledger *sent = &track->ep[i].sent;

                paused->flight[i] = sent->nxt > sent->una ? sent->nxt - sent->una : 0;
        }
        paused->talker = track->talker;
        paused->closed = track->ep[0].raw_window == 0 || track->ep[1].raw_window == 0;
}

/* Does the time stamp of |seg| say that |ep| sent it much sooner than it passed?  |*in_time|: it says that it did not.
 * Clocks that do not count milliseconds say neither. */
static bool
held_up(const struct tv_endpoint *ep, const struct tv_segment *seg, bool *in_time)
{
        const struct tv_sent *before = tv_ledger_recent(&ep->sent, 1);
        tv_time passed, ticked;

        *in_time = false;
        if ((seg->options & TV_OPT_TIMESTAMPS) == 0 || before == NULL || (before->bits & TV_SENT_HAS_TS) == 0)
                return false;
        passed = seg->time - before->time;
        ticked = (tv_time)(int32_t)(seg->tsval - before->tsval) * MILLISECOND;
        *in_time = ticked >= passed - passed / 4 - 2 * MILLISECOND && ticked <= passed + passed / 4 + 2 * MILLISECOND;
        return ticked >= passed / 100 && ticked < passed / 2;
}

void
tv_observe_pause(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                 const struct tv_seen *seen, const struct tv_paused *paused)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        tv_time ways = tv_track_round_trip(track, 0) + tv_track_round_trip(track, 1);
        enum tv_note_kind kind;
        struct tv_note *note;
        bool in_time = false;

        if (paused->closed || ((ep->bits | peer->bits) & TV_EP_FIN_KNOWN) != 0 ||
            (seg->flags & (TV_SYN | TV_RST | TV_FIN)) != 0 || (ep->bits & peer->bits & TV_EP_SEEN) == 0 ||
            seg->time - paused->since <= 2 * ways || seg->time - paused->since > STANDSTILL)
                return;
        if (seg->length != 0 && seen->data_class == TV_DATA_NEW && paused->flight[dir] == 0)
                kind = paused->talker == dir + 1 ? TV_NOTE_PAUSE_OWN : TV_NOTE_PAUSE_REPLY;
        else if (seg->length == 0 && seen->data_class == TV_DATA_NONE && seen->ack_class == TV_ACK_ADVANCE &&
                 paused->flight[!dir] != 0)
                kind = TV_NOTE_PAUSE_ACK;
        else
                return;
        if (paused->talker == 0) /* nobody has said anything yet: who should begin, nothing tells */
                return;
        if (kind != TV_NOTE_PAUSE_ACK && held_up(ep, seg, &in_time)) /* the path stood still, not the application */
                return;
        note = tv_track_need_note(tracker, ep, kind);
        if (note == NULL)
                return;
        tv_note_count(note, paused->since, seg->time, paused->frame, seg->frame);
        if (kind == TV_NOTE_PAUSE_ACK && paused->flight[!dir] > note->high)
                note->high = paused->flight[!dir];
        /* By its IP ID it sent nothing in between that could have died, and it sent this one now. */
        if (kind != TV_NOTE_PAUSE_ACK)
                note->amount += track->ids[dir].step == 1 && in_time;
}
