#include "analyzer/engine/row_queue.h"

#include "reassembly/data_class.h"

#include <stdlib.h>

struct entry {
        struct tv_segment_row row;
        uint64_t before; /* place of the row that came before into the same bucket */
        unsigned waits;
};

/* Places count the rows ever pushed, from 1; a row is entry[place % TV_ROW_QUEUE_DEPTH].  Frames do not grow from row
 * to row, since captures that overlap are merged by time: so rows are found by a hash of their frames. */
struct tv_row_queue {
        void (*write)(void *context, const struct tv_segment_row *row);
        void *context;
        size_t stay, count;
        uint64_t head;                       /* place of the oldest row */
        uint64_t bucket[TV_ROW_QUEUE_DEPTH]; /* place of the newest row in it, 0: none came yet */
        struct entry entry[TV_ROW_QUEUE_DEPTH];
};

struct tv_row_queue *
tv_row_queue_new(void (*write)(void *context, const struct tv_segment_row *row), void *context, size_t stay)
{
        struct tv_row_queue *queue = calloc(1, sizeof *queue);

        if (queue == NULL)
                return NULL;
        queue->write = write;
        queue->context = context;
        queue->stay = stay;
        queue->head = 1;
        return queue;
}

void
tv_row_queue_free(struct tv_row_queue *queue)
{
        free(queue);
}

static struct entry *
at(struct tv_row_queue *queue, size_t i)
{
        return &queue->entry[(queue->head + i) % TV_ROW_QUEUE_DEPTH];
}

static void
leave(struct tv_row_queue *queue)
{
        struct entry *entry = at(queue, 0);

        if ((entry->waits & TV_ROW_CLASS) != 0) /* too few packets to tell: taken as the network's */
                entry->row.data_class = TV_DATA_NETWORK_DUPLICATE;
        queue->write(queue->context, &entry->row);
        queue->head++;
        queue->count--;
}

static void
drain(struct tv_row_queue *queue)
{
        while (queue->count > queue->stay && at(queue, 0)->waits == 0)
                leave(queue);
}

/* Frames of one file fall into buckets of their own, those of another elsewhere. */
static uint64_t *
bucket_of(struct tv_row_queue *queue, tv_frame frame)
{
        return &queue->bucket[(tv_frame_number(frame) + tv_frame_file(frame) * UINT64_C(0x9e3779b1)) %
                              TV_ROW_QUEUE_DEPTH];
}

void
tv_row_queue_push(struct tv_row_queue *queue, const struct tv_segment_row *row, unsigned waits)
{
        struct entry *entry;
        uint64_t *bucket;

        if (queue->count == TV_ROW_QUEUE_DEPTH) {
                leave(queue);
                drain(queue);
        }
        bucket = bucket_of(queue, row->frame);
        entry = at(queue, queue->count++);
        entry->row = *row;
        entry->waits = waits;
        entry->before = *bucket;
        *bucket = queue->head + queue->count - 1;
        drain(queue);
}

static struct entry *
find(struct tv_row_queue *queue, tv_frame frame)
{
        uint64_t place = *bucket_of(queue, frame);

        while (place >= queue->head) {
                struct entry *entry = &queue->entry[place % TV_ROW_QUEUE_DEPTH];

                if (entry->row.frame == frame)
                        return entry;
                place = entry->before;
        }
        return NULL;
}

static void
apply(struct entry *entry, const struct tv_settlement *news)
{
        if (news->data_class != 0) {
                entry->row.data_class = news->data_class;
                entry->waits &= ~(unsigned)TV_ROW_CLASS;
        }
        if (news->reason != 0)
                entry->row.reason = news->reason;
        if (news->needed != 0) {
                entry->row.needed = news->needed;
                entry->row.lost = news->lost;
        }
        if (news->final_needed)
                entry->waits &= ~(unsigned)TV_ROW_NEEDED;
        if (news->ack_class != 0) {
                entry->row.ack_class = news->ack_class;
                entry->waits &= ~(unsigned)TV_ROW_ACK;
        }
}

void
tv_row_queue_settle(struct tv_row_queue *queue, uint64_t conn, const struct tv_settlement *news)
{
        struct entry *entry;

        if (news->frame == 0) {
                for (size_t i = 0; i < queue->count; i++)
                        if (at(queue, i)->row.conn == conn && (at(queue, i)->waits & TV_ROW_CLASS) != 0)
                                apply(at(queue, i), news);
        } else if ((entry = find(queue, news->frame)) != NULL && entry->row.conn == conn) {
                apply(entry, news);
        }
        drain(queue);
}

void
tv_row_queue_move(struct tv_row_queue *queue, tv_frame frame, uint64_t to)
{
        struct entry *entry = find(queue, frame);

        if (entry == NULL)
                return;
        entry->row.conn = to;
        entry->row.sender = TV_A;
        entry->row.data_class = TV_DATA_NEW;
        entry->row.has_expected_seq = entry->row.has_expected_ack = false;
        entry->row.state[TV_A] = TV_SYN_SENT;
        entry->row.state[TV_B] = TV_NO_STATE;
}

void
tv_row_queue_flush(struct tv_row_queue *queue)
{
        while (queue->count != 0)
                leave(queue);
}
