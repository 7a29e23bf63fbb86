/* reason.h - why a sender repeated something: which of its timers, or which news from its peer.
 *
 * The sender acts on what has reached it, which is less than what has passed the capture point; so each piece of news
 * counts for it only a round trip between it and the capture point later.  Timers: RFC 6298; loss recovery: RFC 5681,
 * RFC 6675 and RFC 8985, whose tail loss probe (section 7) comes before the retransmission timer does. */
#ifndef TV_REASON_H
#define TV_REASON_H

#include "analyzer/tcp/tracker.h"

/* The reason of |seg|, which repeats [begin, end) of |dir|'s space; |newest|: the transmission of |begin| before it, or
 * NULL; |hole_known|: the peer reported that it lacks this. */
enum tv_reason tv_reason_of(struct tv_tracker *tracker, struct tv_track *track, unsigned dir,
                            const struct tv_segment *seg, uint64_t begin, uint64_t end, const struct tv_sent *newest,
                            bool hole_known);

/* The peer of |dir| acknowledged up to |ack| with |seg|: its recovery may be over.  |undone|: that showed a repetition
 * to have been needless, for which senders take a recovery back (RFC 4015, RFC 5682) once nothing else of it is under
 * way.
 */
void tv_reason_acked(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, uint64_t ack,
                     const struct tv_segment *seg, bool undone);

/* The same, where the acknowledgment that shows it passed before the repetition did. */
void tv_reason_needless(struct tv_endpoint *ep, struct tv_trouble *trouble);

/* An ICMP error told |dir| that its segments are too large (RFC 1191, RFC 8201): it sends what is outstanding again,
 * smaller, as it does after a timeout. */
void tv_reason_shrunk(struct tv_tracker *tracker, struct tv_track *track, unsigned dir);

#endif
