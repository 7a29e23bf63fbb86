/* context_table.h - the ways that packets took through tags and tunnels (struct tv_context), numbered, so that a
 * connection keeps two bytes of each instead of 44.  Bounded: a capture has few ways, a forged one as many as it likes.
 */
#ifndef TV_CONTEXT_TABLE_H
#define TV_CONTEXT_TABLE_H

#include "analyzer/decode/segment.h"

#include <stdint.h>

#define TV_CONTEXT_PLAIN    0     /* no tag and no tunnel */
#define TV_CONTEXT_NOT_KEPT 65535 /* the table is full, or there is no memory: some way */

struct tv_context_table {
        struct tv_context *at; /* number n is at[n - 1]; steps that are not used are zero */
        uint16_t *slot;        /* open addressing, linear probing; 0: free */
        uint32_t count, room;  /* of |at|; |slot| has twice as many */
        uint16_t newest;       /* what was asked for last */
        uint64_t key[2];
        uint64_t allocations;
};

/* |key| keys the hash: whoever wrote the capture cannot choose ways that collide.  Allocates nothing. */
void tv_context_table_init(struct tv_context_table *table, const uint64_t key[2]);
void tv_context_table_clear(struct tv_context_table *table);

/* The number of |context|, the same for equal ones as long as the table lives; TV_CONTEXT_PLAIN without steps,
 * TV_CONTEXT_NOT_KEPT when it is new and there is no room. */
uint16_t tv_context_table_number(struct tv_context_table *table, const struct tv_context *context);

/* A number for those steps of |context| that |parts| (enum tv_way_part) names, in their order: equal steps have equal
 * numbers, different ones have different ones but for one chance in 2^32, no step at all has 0. */
uint32_t tv_context_digest(const struct tv_context *context, unsigned parts, const uint64_t key[2]);

/* The way with that number, NULL for TV_CONTEXT_PLAIN and TV_CONTEXT_NOT_KEPT.  Valid until the next new one. */
const struct tv_context *tv_context_table_at(const struct tv_context_table *table, uint16_t number);

uint64_t tv_context_table_bytes(const struct tv_context_table *table);

#endif
