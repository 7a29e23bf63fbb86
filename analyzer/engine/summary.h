/* summary.h - the row of a connection, computed from what the tracker knows when it becomes final. */
#ifndef TV_SUMMARY_H
#define TV_SUMMARY_H

#include "analyzer/engine/distance.h"
#include "analyzer/engine/engine.h"
#include "analyzer/flow/conn.h"
#include "analyzer/tcp/timeline.h"

/* Tells |distances| what |conn| measured so far. */
void tv_summary_distance(struct tv_distances *distances, const struct tv_conn *conn);

/* The options that tv_timeline needs, at moment |now| of the capture. */
struct tv_timeline_options tv_summary_options(const struct tv_profile *profile, const struct tv_distances *distances,
                                              const struct tv_conn *conn, tv_time now);

/* Fills in everything of |out| but the findings.  |rows| keeps the transitions that |out| points to. */
void tv_summary(const struct tv_tracker *tracker, const struct tv_profile *profile,
                const struct tv_distances *distances, const struct tv_conn *conn, tv_time now,
                struct tv_transition rows[2 * TV_PATH_MAX], struct tv_connection *out);

/* An address of |key| for printing. */
struct tv_address tv_summary_address(const struct tv_flow_key *key, unsigned which, bool ipv6);

#endif
