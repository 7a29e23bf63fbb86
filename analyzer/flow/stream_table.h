/* stream_table.h - Wireshark's stream numbers.  Its rule knows addresses and ports alone: where ways tell connections
 * with the same ones apart, they share what the rule needs, and here it is. */
#ifndef TV_STREAM_TABLE_H
#define TV_STREAM_TABLE_H

#include "analyzer/decode/segment.h"
#include "analyzer/flow/flow_table.h"
#include "analyzer/flow/pool.h"

#include <stdbool.h>
#include <stdint.h>

/* What the rule needs of one pair of addresses and ports. */
struct tv_stream {
        uint32_t now;     /* the number of its newest segment */
        uint32_t base[2]; /* first sequence number that Wireshark would take for each direction, */
        uint32_t based;   /* where bit 1 << direction is set */
};

/* The rule of Wireshark 4.0, applied to |seg| of direction |dir|: a SYN with another sequence number than its
 * direction's first begins a stream, *next, which is counted up; nothing else does. */
void tv_stream_see(struct tv_stream *stream, const struct tv_segment *seg, unsigned dir, uint32_t *next);

/* Read |pool| and |index| for what they count; the rest is private. */
struct tv_stream_table {
        struct tv_flow_table index;
        struct tv_pool pool;
        const uint64_t *key;
};

/* |key| keys the hash, and is borrowed.  Allocates nothing. */
void tv_stream_table_init(struct tv_stream_table *table, const uint64_t key[2]);
void tv_stream_table_clear(struct tv_stream_table *table);

/* The stream of these addresses and ports, for one more user; NULL without memory.  A new one is all zero, and *is_new.
 * Pointers stay valid until the last user gives the stream back. */
struct tv_stream *tv_stream_table_take(struct tv_stream_table *table, const struct tv_flow_key *key, bool ipv6,
                                       bool *is_new);
/* The same without another user; NULL when it has none. */
struct tv_stream *tv_stream_table_find(const struct tv_stream_table *table, const struct tv_flow_key *key, bool ipv6);
/* A user is done with it. */
void tv_stream_table_give(struct tv_stream_table *table, const struct tv_flow_key *key, bool ipv6);

#endif
