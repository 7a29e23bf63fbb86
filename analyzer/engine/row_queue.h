/* row_queue.h - rows of segments.csv on their way out: in the order in which they were read, each held until what it is
 * has been settled, and no longer than the queue is deep; then it leaves with "unknown". */
#ifndef TV_ROW_QUEUE_H
#define TV_ROW_QUEUE_H

#include "analyzer/engine/result.h"
#include "analyzer/tcp/tracker.h"

#include <stdbool.h>
#include <stddef.h>

#define TV_ROW_QUEUE_DEPTH 16384

enum tv_row_wait {
        TV_ROW_NEEDED = 0x1, /* needed and lost */
        TV_ROW_CLASS = 0x2,  /* capture-duplicate or network-duplicate */
        TV_ROW_ACK = 0x4,    /* early, unseen or unsent */
};

struct tv_row_queue;

/* |write| is called for each row that leaves.  The |stay| newest rows stay in any case: a later segment can show that
 * one was not what it seemed.  NULL when memory runs out. */
struct tv_row_queue *tv_row_queue_new(void (*write)(void *context, const struct tv_segment_row *row), void *context,
                                      size_t stay);
void tv_row_queue_free(struct tv_row_queue *queue);

/* Appends a row that waits for |waits| (enum tv_row_wait). */
void tv_row_queue_push(struct tv_row_queue *queue, const struct tv_segment_row *row, unsigned waits);

/* Applies news about a row of connection |conn|; about all its undecided copies when news->frame is 0. */
void tv_row_queue_settle(struct tv_row_queue *queue, uint64_t conn, const struct tv_settlement *news);

/* Moves the row of |frame| to connection |to|: a SYN turned out to begin it. */
void tv_row_queue_move(struct tv_row_queue *queue, tv_frame frame, uint64_t to);

/* Nothing more will be settled: writes everything. */
void tv_row_queue_flush(struct tv_row_queue *queue);

#endif
