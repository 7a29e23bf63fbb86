#include "analyzer/flow/stream_table.h"

#include "analyzer/flow/flow_key.h"

struct shared {
        struct tv_flow_key key;
        uint32_t users;
        struct tv_stream stream;
        bool ipv6;
};

void
tv_stream_see(struct tv_stream *stream, const struct tv_segment *seg, unsigned dir, uint32_t *next)
{
        uint32_t bit = UINT32_C(1) << dir;

        if ((seg->flags & (TV_SYN | TV_ACK)) == TV_SYN && (stream->based & bit) != 0 && seg->seq != stream->base[dir]) {
                stream->based = 0;
                stream->now = (*next)++;
        }
        if ((stream->based & bit) == 0) {
                stream->based |= bit;
                stream->base[dir] = (seg->flags & TV_SYN) != 0 ? seg->seq : seg->seq - 1;
        }
}

void
tv_stream_table_init(struct tv_stream_table *table, const uint64_t key[2])
{
        *table = (struct tv_stream_table){.key = key};
        tv_pool_init(&table->pool, sizeof(struct shared), 10);
}

void
tv_stream_table_clear(struct tv_stream_table *table)
{
        tv_flow_table_clear(&table->index);
        tv_pool_clear(&table->pool);
}

static struct shared *
find(const struct tv_stream_table *table, const struct tv_flow_key *key, bool ipv6, uint32_t hash, uint32_t *number)
{
        struct tv_flow_cursor cursor;

        if (table->index.slot == NULL)
                return NULL;
        for (*number = tv_flow_table_first(&table->index, hash, &cursor); *number != 0;
             *number = tv_flow_table_next(&table->index, &cursor)) {
                struct shared *shared = tv_pool_at(&table->pool, *number);

                if (tv_flow_key_equal(&shared->key, key) && shared->ipv6 == ipv6)
                        return shared;
        }
        return NULL;
}

struct tv_stream *
tv_stream_table_take(struct tv_stream_table *table, const struct tv_flow_key *key, bool ipv6, bool *is_new)
{
        uint32_t hash = tv_flow_hash(key, ipv6, table->key), number;
        struct shared *shared = find(table, key, ipv6, hash, &number);

        *is_new = shared == NULL;
        if (shared == NULL) {
                if (table->index.slot == NULL && !tv_flow_table_init(&table->index))
                        return NULL;
                number = tv_pool_take_zeroed(&table->pool);
                if (number == 0)
                        return NULL;
                if (!tv_flow_table_insert(&table->index, hash, number)) {
                        tv_pool_give(&table->pool, number);
                        return NULL;
                }
                shared = tv_pool_at(&table->pool, number);
                shared->key = *key;
                shared->ipv6 = ipv6;
        }
        shared->users++;
        return &shared->stream;
}

struct tv_stream *
tv_stream_table_find(const struct tv_stream_table *table, const struct tv_flow_key *key, bool ipv6)
{
        uint32_t number;
        struct shared *shared = find(table, key, ipv6, tv_flow_hash(key, ipv6, table->key), &number);

        return shared != NULL ? &shared->stream : NULL;
}

void
tv_stream_table_give(struct tv_stream_table *table, const struct tv_flow_key *key, bool ipv6)
{
        uint32_t hash = tv_flow_hash(key, ipv6, table->key), number;
        struct shared *shared = find(table, key, ipv6, hash, &number);

        if (shared == NULL || --shared->users != 0)
                return;
        tv_flow_table_remove(&table->index, hash, number);
        tv_pool_give(&table->pool, number);
}
