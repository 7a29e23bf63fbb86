/* observe.h - what the tracker notes about the data phase beside what each segment was: silence that repetitions meet,
 * probes, windows that close.  Everything here is rare, or is asked for by what is: the common path pays a comparison.
 * Each function is called with |seg| of direction |dir| before the ends count it as sent. */
#ifndef TV_OBSERVE_H
#define TV_OBSERVE_H

#include "analyzer/tcp/acceptability.h"
#include "analyzer/tcp/tracker.h"

/* |seg| repeats [begin, end), the lowest octets that are not acknowledged, because a timer ran out, or those sent last,
 * to probe (|probe|); |newest| is the copy before it, NULL when it is not known. */
void tv_observe_retry(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                      uint64_t begin, uint64_t end, const struct tv_sent *newest, bool probe);

/* |seg|, of the peer, acknowledges what |dir| repeated by timer.  Returns whether it ends an outage: three or more
 * repetitions that nothing answered. */
bool tv_observe_answer(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg);

/* |seg| is a keepalive or a window probe; or the answer to one. */
void tv_observe_probe(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                      bool window);
void tv_observe_probe_reply(struct tv_tracker *tracker, struct tv_track *track, unsigned dir,
                            const struct tv_segment *seg, bool window);

/* Does |dir|, which probes again, still take its peer's window for closed?  It probed before, and has sent nothing new
 * since. */
bool tv_observe_waits(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir,
                      const struct tv_segment *seg);

/* Is |seg|, of |dir|, soon enough after the probe that its peer sent last to be the answer to it? */
bool tv_observe_in_time(const struct tv_track *track, unsigned dir, const struct tv_segment *seg);

/* The window that |seg| advertises is zero and the one before was not, or the reverse. */
void tv_observe_zero_window(struct tv_tracker *tracker, struct tv_track *track, unsigned dir,
                            const struct tv_segment *seg);

/* |seg| allows the peer more octets than before; what it was allowed, up to peer->wnd_right, it had used up. */
void tv_observe_window_full(struct tv_tracker *tracker, struct tv_track *track, unsigned dir,
                            const struct tv_segment *seg);

/* The acknowledgment |seg| took |round_trip| for what the peer sent, much more than others; |flight| octets were under
 * way. */
void tv_observe_slow(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                     tv_time round_trip, uint64_t flight);

/* Does |seg| have anything of what tv_observe_marks notes? */
static inline bool
tv_observe_has_marks(const struct tv_segment *seg)
{
        return (seg->flags & (TV_URG | TV_ECE | TV_CWR)) != 0 || (seg->traffic_class & 3) == 3;
}
void tv_observe_marks(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                      const struct tv_segment_more *more);

/* |seg| has octets of |of|, and they differ; |seg| is a SYN that does not fit; |seg| is of the incarnation before. */
void tv_observe_odd(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                    enum tv_note_kind kind, tv_frame of);

/* Is |seg| of |dir|, of which nothing else is known, an answer to something else than the SYN that its peer was
 * captured to send: a bare acknowledgment, or a SYN-ACK, with a number that this SYN does not account for?  Then it is
 * of an older connection, or answers an older SYN, and its receiver resets it (RFC 9293 3.10.7.3 first): it is noted.
 */
bool tv_observe_foreign_answer(struct tv_tracker *tracker, struct tv_track *track, unsigned dir,
                               const struct tv_segment *seg);
/* Is |seg| the reset that such an answer met? */
bool tv_observe_foreign_reset(struct tv_tracker *tracker, struct tv_track *track, unsigned dir,
                              const struct tv_segment *seg);

/* The SYN |syn| of the peer of |dir|, sent at |time|, was answered by |answer| at |answered|, acknowledging |ack|,
 * which belongs to the connection before and is counted there; so is |reset|, which that met. */
void tv_observe_met_old(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, tv_frame syn, tv_time time,
                        tv_frame answer, tv_time answered, uint32_t ack, tv_frame reset);
/* |seg| of |dir| has no sequence space, and begins at |begin|, below what the peer has acknowledged. */
void tv_observe_behind(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                       uint64_t begin);

/* |seg| is a SYN, or SYN-ACK, of a connection whose first SYN carries data. */
void tv_observe_fast_open(struct tv_tracker *tracker, struct tv_track *track, unsigned dir,
                          const struct tv_segment *seg);

/* |dir| begins to send while nothing of it is under way: all waited for its application. */
void tv_observe_turn(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg);

/* Longer than this without a segment is worth a look. */
#define TV_PAUSE INT64_C(200000000)

/* How things stood before a segment that ended a pause. */
struct tv_paused {
        tv_time since;
        tv_frame frame; /* the last one before it */
        uint64_t flight[2];
        uint8_t talker;
        bool closed; /* a window was */
};
void tv_observe_before_pause(const struct tv_track *track, struct tv_paused *paused);
void tv_observe_pause(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                      const struct tv_seen *seen, const struct tv_paused *paused);

/* |seg| is an RST, judged as |verdict|; or comes after one; or is the challenge ACK that one met (closing.c). */
void tv_observe_reset(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                      enum tv_rst_verdict verdict);
void tv_observe_after_reset(struct tv_tracker *tracker, struct tv_track *track, unsigned dir,
                            const struct tv_segment *seg);
void tv_observe_challenge(struct tv_tracker *tracker, struct tv_track *track, unsigned dir,
                          const struct tv_segment *seg);

#endif
