/* range_set.h - a set of offsets (seqnum.h) as sorted, disjoint, half-open ranges [begin, end) that do not touch.
 *
 * For what is rare in a stream: holes, bytes above a hole, SACKed bytes.  A zero-initialised set is empty and owns
 * nothing; the first range allocates room for four, which doubles.  Adding at or behind the last range costs a few
 * nanoseconds; elsewhere it is a binary search and a move of at most |limit| ranges.
 *
 * A set is bounded: when it holds |limit| ranges (or memory ran out) and needs one more, the two neighbours with the
 * smallest gap between them become one range, gap included, and |inexact| is set for good (until tv_range_set_clear):
 * from then on the set may hold bytes that were never added.  It never loses one that was, except when memory runs out
 * for the very first range; |inexact| tells that too. */
#ifndef TV_RANGE_SET_H
#define TV_RANGE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tv_range {
        uint64_t begin, end; /* begin < end */
};

struct tv_range_set {
        struct tv_range *at; /* at[0 .. count-1], ascending; read it freely, change it only through the functions */
        uint16_t count, capacity;
        bool inexact;
};
_Static_assert(sizeof(struct tv_range_set) == 16, "a set costs two words while it is empty");

#define TV_RANGE_LIMIT 256

/* Adds [begin, end); begin >= end adds nothing.  |limit| is 2 .. 4096.
 * Returns how many bytes of [begin, end) were not in the set. */
uint64_t tv_range_set_add_limited(struct tv_range_set *set, uint64_t begin, uint64_t end, unsigned limit);

/* Takes [begin, end) out; begin >= end takes nothing.  Splitting a range counts against |limit|.
 * Returns how many bytes of [begin, end) were in the set. */
uint64_t tv_range_set_remove_limited(struct tv_range_set *set, uint64_t begin, uint64_t end, unsigned limit);

/* The same with TV_RANGE_LIMIT. */
static inline uint64_t
tv_range_set_add(struct tv_range_set *set, uint64_t begin, uint64_t end)
{
        return tv_range_set_add_limited(set, begin, end, TV_RANGE_LIMIT);
}

static inline uint64_t
tv_range_set_remove(struct tv_range_set *set, uint64_t begin, uint64_t end)
{
        return set->count == 0 ? 0 : tv_range_set_remove_limited(set, begin, end, TV_RANGE_LIMIT);
}

/* How many bytes of [begin, end) are in the set; 0 for begin >= end. */
uint64_t tv_range_set_covered(const struct tv_range_set *set, uint64_t begin, uint64_t end);

/* Is every byte of [begin, end) in the set?  True for begin >= end. */
bool tv_range_set_contains(const struct tv_range_set *set, uint64_t begin, uint64_t end);

/* Takes everything below |offset| out.  Never allocates; keeps the room for later ranges. */
void tv_range_set_drop_below(struct tv_range_set *set, uint64_t offset);

/* Number of bytes in the set. */
uint64_t tv_range_set_bytes(const struct tv_range_set *set);

/* Bytes of heap that the set holds. */
static inline size_t
tv_range_set_heap(const struct tv_range_set *set)
{
        return set->capacity * sizeof *set->at;
}

/* Empties the set and frees what it owns; harmless on an empty one. */
void tv_range_set_clear(struct tv_range_set *set);

#endif
