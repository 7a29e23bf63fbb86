/* tally.h - counts over time in bounded memory: (subject, kind, moment) -> sum of what was added.
 *
 * Moments are whole steps of one millisecond.  When too many different ones occur, all of them are made coarser, to the
 * next of a fixed list of steps that divide each other, so the sums for a step do not depend on when that happened.
 * Two tallies of the same step are merged by adding every entry of one to the other. */
#ifndef TV_TALLY_H
#define TV_TALLY_H

#include "analyzer/capture/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TV_TALLY_KINDS    32
#define TV_TALLY_SUBJECTS (1u << 20)
/* Slots, of 16 octets each: as many as |most| says, which may grow. */
#define TV_TALLY_LEAST (1u << 15)
#define TV_TALLY_MOST  (1u << 17)

struct tv_tally_entry {
        uint64_t key; /* 0: none */
        int64_t sum;
};

struct tv_tally {
        struct tv_tally_entry *slot; /* NULL before the first */
        uint32_t mask;               /* slots - 1 */
        uint32_t used;
        uint32_t most;   /* slots; a power of two; TV_TALLY_LEAST at first */
        unsigned step;   /* index in the list of steps */
        int64_t base_ms; /* what moment 0 is; set by the first time */
        bool has_base;
        uint64_t seed;
        uint64_t allocations;
};

/* An empty tally; |seed| keys the hash, results do not depend on it.  Allocates nothing. */
void tv_tally_init(struct tv_tally *tally, uint64_t seed);
void tv_tally_clear(struct tv_tally *tally);

/* Adds |sum| at |time|.  False: it is full (tv_tally_coarsen makes room), or memory ran out. */
bool tv_tally_add(struct tv_tally *tally, uint32_t subject, unsigned kind, tv_time time, int64_t sum);

/* Do both times fall into one step?  Then what is added at one and taken at the other need not be. */
bool tv_tally_same(const struct tv_tally *tally, tv_time one, tv_time other);

/* Makes the steps coarser.  False: they are the coarsest already. */
bool tv_tally_coarsen(struct tv_tally *tally);

/* Gives the entries of each subject to subject to[subject], for subjects below |count|. */
void tv_tally_rename(struct tv_tally *tally, const uint32_t *to, uint32_t count);

/* Length of a step, in nanoseconds. */
tv_time tv_tally_step(const struct tv_tally *tally);

/* The entries that are not 0, by subject, then time, then kind; *count of them.  NULL: none, or memory ran out.  The
 * caller frees them. */
struct tv_tally_entry *tv_tally_sorted(const struct tv_tally *tally, size_t *count);

uint32_t tv_tally_subject(const struct tv_tally_entry *entry);
unsigned tv_tally_kind(const struct tv_tally_entry *entry);
/* The beginning of its step. */
tv_time tv_tally_time(const struct tv_tally *tally, const struct tv_tally_entry *entry);

#endif
