/* timeline.h - milestones to states: the path of one end as transition rows.
 *
 * Nothing here is remembered between calls: the path is computed from the milestones as they stand, so a milestone that
 * was refuted simply has no row.  Every row is an arrow of transition.h, except the first, which says where the path
 * begins. */
#ifndef TV_TIMELINE_H
#define TV_TIMELINE_H

#include "analyzer/tcp/state_row.h"
#include "analyzer/tcp/tcp_state.h"
#include "analyzer/tcp/tracker.h"

#include <stddef.h>

#define TV_PATH_MAX 12

struct tv_timeline_options {
        tv_time delay[2]; /* from the capture point to the end of that direction index; TV_NO_TIME: unknown */
        tv_time now; /* last moment of the capture on the monotone clock, as a capture time; timers count up to it */
        tv_time two_msl;
        tv_time syn_timeout; /* from the first SYN until a connecting end gives up */
        tv_time synack_timeout;
        tv_time fin_wait_2;                /* of an orphan */
        unsigned retries2, orphan_retries; /* retransmissions until an end gives up: with data, after its own FIN */
        tv_time rto_max;                   /* the wait after the last of them, at most */
};

/* Writes the path of direction |dir|, reported as |end|, to |rows|.  Returns the number of rows, at most TV_PATH_MAX;
 * 0 when nothing is known of that end. */
size_t tv_timeline(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir, enum tv_end end,
                   const struct tv_timeline_options *options, struct tv_transition rows[TV_PATH_MAX]);

/* Can |dir| have sent a FIN that was not captured?  Its last octet that the peer acknowledged, or that the capture
 * began behind, was not captured; a FIN takes one, too (RFC 9293 3.4).  False where its FIN is known. */
bool tv_timeline_may_have_closed(const struct tv_track *track, unsigned dir);

/* The delay from the capture point to end |dir|: half of the shortest way there and back, TV_NO_TIME if unmeasured. */
tv_time tv_timeline_delay(const struct tv_track *track, unsigned dir);

#endif
