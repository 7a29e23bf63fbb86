#include "analyzer/flow/pool.h"

#include "analyzer/flow/pages.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PAGE ((size_t)4096)

static size_t
round_up(size_t bytes, size_t unit)
{
        return (bytes + unit - 1) / unit * unit;
}

/* Slabs that can use huge pages are whole ones of them. */
static size_t
slab_bytes(const struct tv_pool *pool)
{
        size_t bytes = pool->item_bytes << pool->slab_log2;

        return round_up(bytes, bytes >= TV_HUGE_PAGE ? TV_HUGE_PAGE : PAGE);
}

void
tv_pool_init(struct tv_pool *pool, size_t item_bytes, unsigned items_per_slab_log2)
{
        assert(item_bytes >= sizeof pool->free && item_bytes <= PAGE && items_per_slab_log2 <= 24);
        *pool = (struct tv_pool){
                .item_bytes = item_bytes, .slab_log2 = items_per_slab_log2, .next = 1, /* 0 is no item */
        };
}

static bool
add_slab(struct tv_pool *pool)
{
        if (pool->slabs == pool->slab_capacity) {
                uint32_t capacity = pool->slab_capacity == 0 ? 16 : 2 * pool->slab_capacity;
                unsigned char **slab = realloc(pool->slab, capacity * sizeof *slab);

                if (slab == NULL)
                        return false;
                pool->slab = slab;
                pool->slab_capacity = capacity;
                pool->allocations++;
        }
        pool->slab[pool->slabs] = tv_pages_map(slab_bytes(pool), true);
        if (pool->slab[pool->slabs] == NULL)
                return false;
        if (pool->slabs == 0) /* a small capture stays small: the beginning takes room page by page */
                tv_pages_small(pool->slab[0], slab_bytes(pool) < TV_HUGE_PAGE ? slab_bytes(pool) : TV_HUGE_PAGE);
        pool->slabs++;
        pool->allocations++;
        return true;
}

/* An item that was never used: all zero. */
static uint32_t
take_fresh(struct tv_pool *pool)
{
        if (pool->next == UINT32_MAX || (pool->next >> pool->slab_log2 == pool->slabs && !add_slab(pool)))
                return 0;
        pool->in_use++;
        return pool->next++;
}

static uint32_t
take_used(struct tv_pool *pool)
{
        uint32_t index = pool->free;

        memcpy(&pool->free, tv_pool_at(pool, index), sizeof pool->free);
        pool->in_use++;
        return index;
}

uint32_t
tv_pool_take(struct tv_pool *pool)
{
        return pool->free != 0 ? take_used(pool) : take_fresh(pool);
}

uint32_t
tv_pool_take_zeroed(struct tv_pool *pool)
{
        uint32_t index;

        if (pool->free == 0)
                return take_fresh(pool);
        index = take_used(pool);
        memset(tv_pool_at(pool, index), 0, pool->item_bytes);
        return index;
}

void
tv_pool_give(struct tv_pool *pool, uint32_t index)
{
        assert(index > 0 && index < pool->next && pool->in_use > 0);
        memcpy(tv_pool_at(pool, index), &pool->free, sizeof pool->free);
        pool->free = index;
        pool->in_use--;
}

size_t
tv_pool_bytes(const struct tv_pool *pool)
{
        size_t slab = slab_bytes(pool);
        size_t items = pool->next == 1 ? 0 : pool->next; /* item 0 takes room, too */
        size_t full = items >> pool->slab_log2;
        size_t rest = (items - (full << pool->slab_log2)) * pool->item_bytes;

        return full * slab + round_up(rest, full > 0 && slab >= TV_HUGE_PAGE ? TV_HUGE_PAGE : PAGE) +
               pool->slab_capacity * sizeof *pool->slab;
}

void
tv_pool_clear(struct tv_pool *pool)
{
        for (uint32_t i = 0; i < pool->slabs; i++)
                tv_pages_unmap(pool->slab[i], slab_bytes(pool));
        free(pool->slab);
        tv_pool_init(pool, pool->item_bytes, pool->slab_log2);
}
