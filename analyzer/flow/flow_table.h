/* flow_table.h - keyed hash -> number of a record: an open-addressing index of 8-byte slots.
 *
 * Keys live in the records, not here: different keys (and the incarnations of one key) may share a hash, so a lookup
 * walks all values of a hash and the caller compares.  Linear probing, at most 11/16 full, deletion without tombstones;
 * the table doubles and never shrinks. */
#ifndef TV_FLOW_TABLE_H
#define TV_FLOW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tv_flow_slot {
        uint32_t hash, value; /* value 0: empty */
};

/* Read |used| and |allocations| freely; the rest is private. */
struct tv_flow_table {
        struct tv_flow_slot *slot;
        uint32_t mask; /* number of slots, a power of two, less one */
        uint32_t used;
        uint64_t allocations; /* requests for memory so far */
};

/* Where a walk stands.  Any change of the table ends it. */
struct tv_flow_cursor {
        uint32_t hash, position;
};

/* An empty table of 1024 slots.  Returns false when memory runs out; the table is then good for tv_flow_table_clear
 * only. */
bool tv_flow_table_init(struct tv_flow_table *table);

/* Frees the table; twice is harmless. */
void tv_flow_table_clear(struct tv_flow_table *table);

/* Asks for the cache line where a lookup of |hash| begins. */
static inline void
tv_flow_table_prefetch(const struct tv_flow_table *table, uint32_t hash)
{
        __builtin_prefetch(&table->slot[hash & table->mask]);
}

/* The next value with the cursor's hash, or 0 when there is none left. */
static inline uint32_t
tv_flow_table_next(const struct tv_flow_table *table, struct tv_flow_cursor *cursor)
{
        for (;;) {
                struct tv_flow_slot slot = table->slot[cursor->position];

                if (slot.value == 0)
                        return 0;
                cursor->position = (cursor->position + 1) & table->mask;
                if (slot.hash == cursor->hash)
                        return slot.value;
        }
}

/* Starts a walk over the values of |hash|, in no particular order: the first one, or 0 when there is none. */
static inline uint32_t
tv_flow_table_first(const struct tv_flow_table *table, uint32_t hash, struct tv_flow_cursor *cursor)
{
        cursor->hash = hash;
        cursor->position = hash & table->mask;
        return tv_flow_table_next(table, cursor);
}

/* Adds |value| (not 0) under |hash|; the same pair twice is two entries.
 * Returns false, and changes nothing, when memory runs out. */
bool tv_flow_table_insert(struct tv_flow_table *table, uint32_t hash, uint32_t value);

/* Replaces |old_value| under |hash| by |new_value| (not 0) in its place.  Returns false when there is no such entry. */
bool tv_flow_table_replace(struct tv_flow_table *table, uint32_t hash, uint32_t old_value, uint32_t new_value);

/* Removes |value| under |hash|.  Returns false when there is no such entry. */
bool tv_flow_table_remove(struct tv_flow_table *table, uint32_t hash, uint32_t value);

/* Bytes of memory that the table holds. */
static inline size_t
tv_flow_table_bytes(const struct tv_flow_table *table)
{
        return table->slot ? ((size_t)table->mask + 1) * sizeof *table->slot : 0;
}

#endif
