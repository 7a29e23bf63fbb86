#include "analyzer/flow/timer_queue.h"

#include <assert.h>
#include <stdlib.h>

#define HEAP       TV_TIMER_RUNS
#define FIRST_HEAP 64

_Static_assert(sizeof(struct tv_timer_block) <= 4096, "a block is a page");

static bool
before(const struct tv_timer *x, const struct tv_timer *y)
{
        if (x->deadline != y->deadline)
                return x->deadline < y->deadline;
        if (x->order != y->order)
                return x->order < y->order;
        return x->value < y->value;
}

/* ---- runs ---- */

static const struct tv_timer *
run_back(const struct tv_timer_run *run)
{
        return &run->last->at[run->tail - 1];
}

static bool
run_push(struct tv_timer_queue *queue, struct tv_timer_run *run, const struct tv_timer *item)
{
        if (run->last == NULL || run->tail == TV_TIMER_BLOCK) {
                struct tv_timer_block *block = queue->spare;

                if (block == NULL) {
                        block = malloc(sizeof *block);
                        if (block == NULL)
                                return false;
                        queue->allocations++;
                        queue->blocks++;
                }
                queue->spare = NULL;
                block->next = NULL;
                if (run->last == NULL) {
                        run->first = block;
                        run->head = 0;
                } else {
                        run->last->next = block;
                }
                run->last = block;
                run->tail = 0;
        }
        run->last->at[run->tail++] = *item;
        return true;
}

/* The last block given back is kept, so that a run that only moves on does not allocate. */
static void
run_pop(struct tv_timer_queue *queue, struct tv_timer_run *run)
{
        struct tv_timer_block *block = run->first;

        run->head++;
        if (run->head < (block == run->last ? run->tail : TV_TIMER_BLOCK))
                return;
        run->first = block->next;
        run->head = 0;
        if (run->first == NULL)
                run->last = NULL;
        if (queue->spare != NULL) {
                free(queue->spare);
                queue->blocks--;
        }
        queue->spare = block;
}

/* ---- the heap ---- */

static bool
heap_resize(struct tv_timer_queue *queue, size_t capacity)
{
        struct tv_timer *heap;

        if (capacity > SIZE_MAX / sizeof *heap)
                return false;
        heap = realloc(queue->heap, capacity * sizeof *heap);
        if (heap == NULL)
                return false;
        queue->heap = heap;
        queue->heap_capacity = capacity;
        queue->allocations++;
        return true;
}

static bool
heap_push(struct tv_timer_queue *queue, const struct tv_timer *item)
{
        size_t i = queue->heap_count, parent;

        if (i == queue->heap_capacity && !heap_resize(queue, i == 0 ? FIRST_HEAP : 2 * i))
                return false;
        queue->heap_count++;
        while (i > 0 && before(item, &queue->heap[parent = (i - 1) / 2])) {
                queue->heap[i] = queue->heap[parent];
                i = parent;
        }
        queue->heap[i] = *item;
        return true;
}

static void
heap_pop(struct tv_timer_queue *queue)
{
        struct tv_timer *heap = queue->heap;
        size_t count = --queue->heap_count, i = 0, child;
        struct tv_timer item = heap[count];

        while ((child = 2 * i + 1) < count) {
                if (child + 1 < count && before(&heap[child + 1], &heap[child]))
                        child++;
                if (!before(&heap[child], &item))
                        break;
                heap[i] = heap[child];
                i = child;
        }
        heap[i] = item;
        if (queue->heap_capacity > FIRST_HEAP && count < queue->heap_capacity / 8)
                (void)heap_resize(queue, queue->heap_capacity / 2); /* too large is no harm */
}

/* ---- the queue ---- */

/* Where |item| belongs: the run whose last item is the latest that is not behind it, else an empty run, else the heap.
 * So each kind of timer keeps to its own run, and a kind with long delays does not close a run to the others. */
static unsigned
choose(const struct tv_timer_queue *queue, const struct tv_timer *item)
{
        const struct tv_timer *best_back = NULL;
        unsigned best = HEAP;

        for (unsigned i = 0; i < TV_TIMER_RUNS; i++) {
                const struct tv_timer_run *run = &queue->run[i];
                const struct tv_timer *back;

                if (run->last == NULL) {
                        if (best == HEAP)
                                best = i;
                        continue;
                }
                back = run_back(run);
                if (!before(item, back) && (best_back == NULL || before(best_back, back))) {
                        best = i;
                        best_back = back;
                }
        }
        return best;
}

bool
tv_timer_push(struct tv_timer_queue *queue, int64_t deadline, uint64_t order, uint32_t value)
{
        const struct tv_timer item = {.deadline = deadline, .order = order, .value = value};
        unsigned which = choose(queue, &item);

        if (which == HEAP ? !heap_push(queue, &item) : !run_push(queue, &queue->run[which], &item))
                return false;
        if (queue->count++ == 0 || before(&item, &queue->next)) {
                queue->next = item;
                queue->source = which;
        }
        return true;
}

void
tv_timer_pop(struct tv_timer_queue *queue)
{
        const struct tv_timer *first = NULL;

        assert(queue->count > 0);
        if (queue->source == HEAP)
                heap_pop(queue);
        else
                run_pop(queue, &queue->run[queue->source]);
        queue->count--;
        for (unsigned i = 0; i < TV_TIMER_RUNS; i++) {
                const struct tv_timer_run *run = &queue->run[i];

                if (run->first == NULL || (first != NULL && !before(&run->first->at[run->head], first)))
                        continue;
                first = &run->first->at[run->head];
                queue->source = i;
        }
        if (queue->heap_count > 0 && (first == NULL || before(&queue->heap[0], first))) {
                first = &queue->heap[0];
                queue->source = HEAP;
        }
        if (first != NULL)
                queue->next = *first;
}

size_t
tv_timer_bytes(const struct tv_timer_queue *queue)
{
        return queue->blocks * sizeof(struct tv_timer_block) + queue->heap_capacity * sizeof *queue->heap;
}

void
tv_timer_clear(struct tv_timer_queue *queue)
{
        for (unsigned i = 0; i < TV_TIMER_RUNS; i++) {
                struct tv_timer_block *block = queue->run[i].first;

                while (block != NULL) {
                        struct tv_timer_block *next = block->next;

                        free(block);
                        block = next;
                }
        }
        free(queue->spare);
        free(queue->heap);
        *queue = (struct tv_timer_queue){0};
}
