/* observe.h - what the tracker notes about the data phase beside what each segment was: silence that repetitions meet,
 * probes, windows that close.  Everything here is rare, or is asked for by what is: the common path pays a comparison.
 * Each function is called with |seg| of direction |dir| before the ends count it as sent. */
#ifndef TV_OBSERVE_H
#define TV_OBSERVE_H

#include "analyzer/tcp/tracker.h"

/* |seg| repeats [begin, end), the lowest octets that are not acknowledged, because a timer ran out; |newest| is the
 * copy before it, NULL when it is not known. */
void tv_observe_retry(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                      uint64_t begin, uint64_t end, const struct tv_sent *newest);

/* |seg|, of the peer, acknowledges what |dir| repeated by timer.  Returns whether it ends an outage: three or more
 * repetitions that nothing answered. */
bool tv_observe_answer(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg);

/* |seg| is a keepalive or a window probe; or the answer to one. */
void tv_observe_probe(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                      bool window);
void tv_observe_probe_reply(struct tv_tracker *tracker, struct tv_track *track, unsigned dir,
                            const struct tv_segment *seg, bool window);

/* The window that |seg| advertises is zero and the one before was not, or the reverse. */
void tv_observe_zero_window(struct tv_tracker *tracker, struct tv_track *track, unsigned dir,
                            const struct tv_segment *seg);

#endif
