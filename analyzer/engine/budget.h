/* budget.h - where a connection's time went: each moment between its first and its last segment is one of six parts. */
#ifndef TV_BUDGET_H
#define TV_BUDGET_H

#include "analyzer/engine/result.h"
#include "analyzer/flow/conn.h"

/* Fills in the six parts of |row|, whose other fields are complete; they sum up to its duration.  Where only one
 * direction was captured, or the clock stepped, they stay TV_NO_TIME.
 *
 *   handshake    from the first SYN until the third segment, or to the end where there was none
 *   teardown     from the first FIN, or the reset, to the end
 *   a_app, b_app an end had nothing under way and sent nothing, the time that its answer travels taken off; or it kept
 * its window closed recovery     the receiver waited for what had died: from the segment that showed the hole, or from
 * the copy that died, until its repetition, or as long as repetitions met silence network      the rest: data and
 * acknowledgments under way, or waiting for each other */
void tv_budget(const struct tv_tracker *tracker, const struct tv_conn *conn, bool stepped, struct tv_connection *row);

#endif
