#include "analyzer/engine/comments.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY UINT64_MAX /* no connection (yet) */

/* Items are named by their number from 1, in the order in which they came; chains lead from newer to older ones. */
struct tv_comment_table {
        uint16_t count, passed;
        uint16_t by_frame[TV_COMMENTS_KEPT], by_conn[TV_COMMENTS_KEPT]; /* the newest of each chain */
        struct item {
                uint16_t older_of_frame, older_of_conn;
                uint64_t conn;
                struct tv_comment_seen seen;
        } item[TV_COMMENTS_KEPT + 1];
};

void
tv_comments_clear(struct tv_comments *comments)
{
        free(comments->table);
        *comments = (struct tv_comments){0};
}

/* Frames of one file fall into buckets of their own, as do connections. */
static uint16_t *
frame_chain(struct tv_comment_table *table, tv_frame frame)
{
        return &table->by_frame[(tv_frame_number(frame) + tv_frame_file(frame) * UINT64_C(0x9e3779b1)) %
                                TV_COMMENTS_KEPT];
}

void
tv_comments_add(struct tv_comments *comments, tv_frame frame, const char *text)
{
        struct tv_comment_table *table = comments->table;
        struct item *item;
        uint16_t *chain;

        if (table == NULL)
                table = comments->table = calloc(1, sizeof *table);
        if (table == NULL || table->count == TV_COMMENTS_KEPT) {
                comments->left_out++;
                return;
        }
        item = &table->item[++table->count];
        chain = frame_chain(table, frame);
        item->conn = NOBODY;
        item->seen.frame = frame;
        strncat(item->seen.text, text, sizeof item->seen.text - 1);
        item->older_of_frame = *chain;
        *chain = table->count;
        if (comments->next == 0)
                comments->next = frame;
}

void
tv_comments_pass(struct tv_comments *comments)
{
        struct tv_comment_table *table = comments->table;

        if (table == NULL || table->passed == table->count)
                return;
        table->passed++;
        comments->next = table->passed < table->count ? table->item[table->passed + 1].seen.frame : 0;
}

static uint16_t
find(const struct tv_comments *comments, tv_frame frame)
{
        struct tv_comment_table *table = comments->table;
        uint16_t i = table != NULL ? *frame_chain(table, frame) : 0;

        while (i != 0 && table->item[i].seen.frame != frame)
                i = table->item[i].older_of_frame;
        return i;
}

const char *
tv_comments_find(const struct tv_comments *comments, tv_frame frame)
{
        uint16_t i = find(comments, frame);

        return i != 0 ? comments->table->item[i].seen.text : NULL;
}

/* Where number |i| stands in the chain of |conn|, or would stand. */
static uint16_t *
place_of(struct tv_comment_table *table, uint64_t conn, uint16_t i)
{
        uint16_t *place = &table->by_conn[conn % TV_COMMENTS_KEPT];

        while (*place > i)
                place = &table->item[*place].older_of_conn;
        return place;
}

void
tv_comments_belong(struct tv_comments *comments, tv_frame frame, uint64_t conn)
{
        struct tv_comment_table *table = comments->table;
        uint16_t i = find(comments, frame), *place;
        struct item *item;

        if (i == 0)
                return;
        item = &table->item[i];
        if (item->conn != NOBODY)
                *place_of(table, item->conn, i) = item->older_of_conn;
        place = place_of(table, conn, i);
        item->conn = conn;
        item->older_of_conn = *place;
        *place = i;
}

bool
tv_comments_any(const struct tv_comments *comments, uint64_t conn)
{
        const struct tv_comment_table *table = comments->table;
        uint16_t i = table != NULL ? table->by_conn[conn % TV_COMMENTS_KEPT] : 0;

        while (i != 0 && table->item[i].conn != conn)
                i = table->item[i].older_of_conn;
        return i != 0;
}

size_t
tv_comments_of(const struct tv_comments *comments, uint64_t conn, struct tv_comment_seen seen[TV_COMMENTS_SHOWN],
               uint64_t *more)
{
        const struct tv_comment_table *table = comments->table;
        uint16_t first[TV_COMMENTS_SHOWN];
        size_t count = 0, shown;

        if (table != NULL)
                for (uint16_t i = table->by_conn[conn % TV_COMMENTS_KEPT]; i != 0; i = table->item[i].older_of_conn)
                        if (table->item[i].conn == conn)
                                first[count++ % TV_COMMENTS_SHOWN] = i;
        shown = count < TV_COMMENTS_SHOWN ? count : TV_COMMENTS_SHOWN;
        for (size_t k = 0; k < shown; k++)
                seen[k] = table->item[first[(count - 1 - k) % TV_COMMENTS_SHOWN]].seen;
        *more = count - shown;
        return shown;
}
