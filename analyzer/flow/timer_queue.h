/* timer_queue.h - what becomes due when, in capture time: a priority queue that knows its usual work.
 *
 * Timers of one kind are set a fixed time ahead of a clock that hardly ever steps back, so they arrive in order.  Each
 * such kind gets a run, a plain sorted list that costs a few nanoseconds to push and pop; what fits no run goes to a
 * binary heap.  The order in which timers come out is the same either way.  There is no removal: the owner of a timer
 * that no longer applies recognises it when it comes out. */
#ifndef TV_TIMER_QUEUE_H
#define TV_TIMER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Timers come out by deadline, then by order, then by value. */
struct tv_timer {
        int64_t deadline; /* nanoseconds */
        uint64_t order;   /* breaks ties: the connection's number */
        uint32_t value;   /* whose timer it is */
};

#define TV_TIMER_RUNS  4
#define TV_TIMER_BLOCK 170 /* items; a block is a page */

/* A run is a list of blocks: it takes as much memory as it has items, and gives it back. */
struct tv_timer_block {
        struct tv_timer_block *next;
        struct tv_timer at[TV_TIMER_BLOCK];
};

struct tv_timer_run {
        struct tv_timer_block *first, *last; /* NULL: empty */
        unsigned head, tail;                 /* the first item in |first|, one past the last item in |last| */
};

/* Zero-initialised: empty.  Read |count| and |allocations| freely; the rest is private. */
struct tv_timer_queue {
        struct tv_timer next; /* the earliest, when count > 0 */
        size_t count;
        unsigned source; /* which run has it; TV_TIMER_RUNS: the heap */
        struct tv_timer_run run[TV_TIMER_RUNS];
        struct tv_timer_block *spare; /* the last block given back */
        struct tv_timer *heap;
        size_t heap_count, heap_capacity, blocks;
        uint64_t allocations; /* requests for memory so far */
};

/* Sets a timer.  Returns false, and changes nothing, when memory runs out. */
bool tv_timer_push(struct tv_timer_queue *queue, int64_t deadline, uint64_t order, uint32_t value);

/* Copies the earliest timer to |*item| and leaves it there.  Returns false when the queue is empty. */
static inline bool
tv_timer_peek(const struct tv_timer_queue *queue, struct tv_timer *item)
{
        if (queue->count == 0)
                return false;
        *item = queue->next;
        return true;
}

/* Takes the earliest timer out; the queue must not be empty. */
void tv_timer_pop(struct tv_timer_queue *queue);

/* Bytes of heap held. */
size_t tv_timer_bytes(const struct tv_timer_queue *queue);

/* Empties the queue and frees what it owns; twice is harmless. */
void tv_timer_clear(struct tv_timer_queue *queue);

#endif
