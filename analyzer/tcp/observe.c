#include "analyzer/tcp/observe.h"

#include "analyzer/tcp/retransmission.h"

/* So many repetitions that nothing answers are more than bad luck. */
#define OUTAGE_RETRIES 3

void
tv_observe_retry(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                 uint64_t begin, uint64_t end, const struct tv_sent *newest)
{
        struct tv_trouble *trouble = tv_track_trouble(tracker, &track->ep[dir]);
        struct tv_silence *run = &trouble->silence;

        if (run->retries == 0) {
                run->since = newest != NULL ? newest->time : seg->time;
                run->first = newest != NULL ? newest->frame : 0;
                run->retry = seg->time;
                run->octets = (uint32_t)(end - begin);
                run->retry_frame = seg->frame;
                run->gap = 0;
        } else {
                run->gap = seg->time - run->last;
        }
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
        if (run.last_octets + 20 < run.octets && run.retries >= 2) {
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
        return true;
}

static tv_time
last_of_both(const struct tv_track *track)
{
        return track->ep[0].last_time > track->ep[1].last_time ? track->ep[0].last_time : track->ep[1].last_time;
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
        if (note->count == 0)
                note->low = (uint64_t)(seg->time > last_of_both(track) ? seg->time - last_of_both(track) : 0);
        if (note->amount != 0 && peer->last_time > note->end)
                note->amount = 0; /* something came since the last one */
        if (note->amount != 0)
                note->high = (uint64_t)(seg->time > note->end ? seg->time - note->end : 0);
        tv_note_count(note, TV_NO_TIME, seg->time, seg->frame, 0);
        note->amount++;
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
            (note = tv_track_need_note(tracker, ep, TV_NOTE_UPDATE_LOST)) != NULL)
                tv_note_count(note, peer->last_time, seg->time, peer->last_frame, seg->frame);
}

void
tv_observe_zero_window(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        const struct tv_trouble *waiting = tv_track_trouble(tracker, peer);
        uint32_t probes = waiting != NULL ? waiting->window_probes : 0;
        struct tv_note *note = tv_track_need_note(tracker, ep, TV_NOTE_ZERO_WINDOW);

        if (note == NULL)
                return;
        if (seg->window == 0) {
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
                tv_note_frame(note, seg->frame);
        }
}
