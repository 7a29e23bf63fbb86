/* seconds.h - what happened at a listener in the course of time: a small table under a finding about it. */
#ifndef TV_SECONDS_H
#define TV_SECONDS_H

#include "analyzer/engine/result.h"
#include "report/phrase.h"

#include <stdbool.h>

struct tv_seconds;

/* NULL when memory runs out. */
struct tv_seconds *tv_seconds_new(void);
void tv_seconds_free(struct tv_seconds *seconds);

/* A finding of a host: its listener gets a table, if it is one that time explains and there is room. */
void tv_seconds_want(struct tv_seconds *seconds, const struct tv_finding *finding);

/* The next row of the series; those of other places are left out. */
void tv_seconds_add(struct tv_seconds *seconds, const struct tv_series_row *row);

/* Prints the table of |address| and |port| once; nothing when there is none.  Times are from |start|. */
void tv_seconds_print(struct tv_seconds *seconds, const struct tv_layout *layout, const struct tv_address *address,
                      uint16_t port, tv_time start, tv_time end);

#endif
