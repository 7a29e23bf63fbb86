/* pool.h - many items of one size, named by 32-bit numbers instead of pointers.
 *
 * Items live in slabs, which never move and are never given back before tv_pool_clear.  The first slab takes RAM as it
 * is used, page by page, so that a small capture stays small; later ones use huge pages where they are large enough.
 * Freed items are reused last in, first out, while they are warm. */
#ifndef TV_POOL_H
#define TV_POOL_H

#include <stddef.h>
#include <stdint.h>

/* Read in_use and allocations freely; the rest is private. */
struct tv_pool {
        unsigned char **slab;
        size_t item_bytes;
        uint32_t slab_log2; /* items per slab, as a power of two */
        uint32_t slabs, slab_capacity;
        uint32_t next; /* the lowest number never taken */
        uint32_t free; /* head of the free list, 0: none */
        uint32_t in_use;
        uint64_t allocations; /* requests for memory so far */
};

/* An empty pool of items of |item_bytes| (at least 4; a multiple of the alignment that they need, at most a page),
 * 2^|items_per_slab_log2| of them to the slab (0 .. 24).  Allocates nothing. */
void tv_pool_init(struct tv_pool *pool, size_t item_bytes, unsigned items_per_slab_log2);

/* The item |index|, which tv_pool_take returned and tv_pool_give has not got back.  The address stays valid until then.
 */
static inline void *
tv_pool_at(const struct tv_pool *pool, uint32_t index)
{
        return pool->slab[index >> pool->slab_log2] +
               (size_t)(index & ((UINT32_C(1) << pool->slab_log2) - 1)) * pool->item_bytes;
}

/* The number of an unused item, from 1; 0 when memory runs out.  tv_pool_take leaves its bytes as they are,
 * tv_pool_take_zeroed zeroes them. */
uint32_t tv_pool_take(struct tv_pool *pool);
uint32_t tv_pool_take_zeroed(struct tv_pool *pool);

/* Gives item |index| back. */
void tv_pool_give(struct tv_pool *pool, uint32_t index);

/* Bytes of RAM that the pool holds at most: what was ever touched, in whole pages. */
size_t tv_pool_bytes(const struct tv_pool *pool);

/* Gives everything back; the pool is empty and usable, as after tv_pool_init. */
void tv_pool_clear(struct tv_pool *pool);

#endif
