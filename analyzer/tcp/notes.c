#include "analyzer/tcp/notes.h"

#include <stddef.h>

struct tv_note *
tv_note_need(struct tv_pool *pool, uint32_t *head, enum tv_note_kind kind)
{
        struct tv_note *note;
        uint32_t index;

        for (index = *head; index != 0; index = note->next) {
                note = tv_pool_at(pool, index);
                if (note->kind == kind)
                        return note;
        }
        index = tv_pool_take_zeroed(pool);
        if (index == 0)
                return NULL;
        note = tv_pool_at(pool, index);
        note->kind = (uint8_t)kind;
        note->begin = note->end = TV_NO_TIME;
        note->next = *head;
        *head = index;
        return note;
}

const struct tv_note *
tv_note_find(const struct tv_pool *pool, uint32_t head, enum tv_note_kind kind)
{
        while (head != 0) {
                const struct tv_note *note = tv_pool_at(pool, head);

                if (note->kind == kind)
                        return note;
                head = note->next;
        }
        return NULL;
}

void
tv_note_frame(struct tv_note *note, tv_frame frame)
{
        if (frame != 0 && note->frames < TV_NOTE_FRAMES)
                note->frame[note->frames++] = frame;
}

void
tv_note_count(struct tv_note *note, tv_time begin, tv_time end, tv_frame first, tv_frame second)
{
        note->count++;
        if (begin == TV_NO_TIME)
                begin = end;
        if (begin != TV_NO_TIME && (note->begin == TV_NO_TIME || begin < note->begin))
                note->begin = begin;
        if (end != TV_NO_TIME && (note->end == TV_NO_TIME || end > note->end))
                note->end = end;
        if (end > begin && begin != TV_NO_TIME) {
                note->total += end - begin;
                if (end - begin > note->longest)
                        note->longest = end - begin;
        }
        tv_note_frame(note, first);
        tv_note_frame(note, second);
        note->last = second != 0 ? second : first;
}

void
tv_notes_clear(struct tv_pool *pool, uint32_t *head)
{
        while (*head != 0) {
                uint32_t index = *head;

                *head = ((const struct tv_note *)tv_pool_at(pool, index))->next;
                tv_pool_give(pool, index);
        }
}
