/* series.h - how many ends were in which state when: what the tally of host_table.h adds up to. */
#ifndef TV_SERIES_H
#define TV_SERIES_H

#include "analyzer/host/host_table.h"

/* The tally's entries in order.  Borrows the tables. */
struct tv_series {
        const struct tv_hosts *hosts;
        struct tv_tally_entry *entry;
        size_t count;
};

void tv_series_init(struct tv_series *series, const struct tv_hosts *hosts);
void tv_series_clear(struct tv_series *series);

/* The entries of |subject|. */
const struct tv_tally_entry *tv_series_of(const struct tv_series *series, uint32_t subject, size_t *count);

/* When most ends of a subject were in a state at once. */
struct tv_peak {
        int64_t most;
        tv_time at;
        int64_t open_then;            /* its ends in any state but TIME_WAIT, CLOSED and LISTEN, at that moment */
        tv_time first;                /* the first of them came; TV_NO_TIME: there is none */
        tv_time above_from, above_to; /* the longest time with at least |threshold| of them; TV_NO_TIME: never; until
                                         the capture's end where there still are */
        int64_t at_end;
        int64_t other_then[TV_STATES]; /* each state at that moment */
};

void tv_series_peak(const struct tv_series *series, uint32_t subject, enum tv_tcp_state state, int64_t threshold,
                    struct tv_peak *peak);

/* Gives the rows of series.csv, of listeners and hosts (tv_subject_is_shown). */
void tv_series_rows(const struct tv_series *series, void (*emit)(void *context, const struct tv_series_row *row),
                    void *context);

/* Does it have rows of its own?  A port that nobody answered from, and that was tried once or twice, has none. */
bool tv_subject_is_shown(const struct tv_subject *subject);

/* Gives the rows of listeners.csv and of hosts.csv, in their order. */
void tv_listener_rows(const struct tv_series *series, void (*emit)(void *context, const struct tv_place_row *row),
                      void *context);
void tv_host_rows(const struct tv_series *series, void (*emit)(void *context, const struct tv_place_row *row),
                  void *context);

#endif
