#include "reassembly/range_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 4

/* The first range that ends at |offset| or behind it; count when there is none. */
static unsigned
find_end_from(const struct tv_range_set *set, uint64_t offset)
{
        unsigned low = 0, high = set->count;

        while (low < high) {
                unsigned middle = (low + high) / 2;

                if (set->at[middle].end < offset)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* Makes room for one more range, up to |limit|.  Returns false when there is none. */
static bool
reserve(struct tv_range_set *set, unsigned limit)
{
        struct tv_range *at;
        unsigned capacity;

        assert(limit >= 2 && limit <= 4096);
        if (set->count >= limit)
                return false;
        if (set->count < set->capacity)
                return true;
        capacity = set->capacity == 0 ? FIRST_CAPACITY : 2U * set->capacity;
        at = realloc(set->at, capacity * sizeof *at);
        if (at == NULL)
                return false;
        set->at = at;
        set->capacity = (uint16_t)capacity;
        return true;
}

static void
erase(struct tv_range_set *set, unsigned from, unsigned to)
{
        if (to < set->count && from != to)
                memmove(set->at + from, set->at + to, (set->count - to) * sizeof *set->at);
        set->count = (uint16_t)(set->count - (to - from));
}

/* Room must have been reserved. */
static void
insert(struct tv_range_set *set, unsigned index, uint64_t begin, uint64_t end)
{
        if (index < set->count)
                memmove(set->at + index + 1, set->at + index, (set->count - index) * sizeof *set->at);
        set->at[index].begin = begin;
        set->at[index].end = end;
        set->count++;
}

/* Gives up the smallest gap to have one range less.  There are two at least: room for FIRST_CAPACITY comes at once, and
 * no limit is below 2. */
static void
merge_nearest(struct tv_range_set *set)
{
        unsigned best = 0;

        assert(set->count >= 2);
        for (unsigned i = 1; i + 1 < set->count; i++)
                if (set->at[i + 1].begin - set->at[i].end < set->at[best + 1].begin - set->at[best].end)
                        best = i;
        set->at[best].end = set->at[best + 1].end;
        erase(set, best + 1, best + 2);
}

uint64_t
tv_range_set_covered(const struct tv_range_set *set, uint64_t begin, uint64_t end)
{
        uint64_t bytes = 0;

        if (begin >= end || set->count == 0 || begin >= set->at[set->count - 1].end)
                return 0;
        for (unsigned i = find_end_from(set, begin); i < set->count && set->at[i].begin < end; i++) {
                uint64_t from = set->at[i].begin > begin ? set->at[i].begin : begin;
                uint64_t to = set->at[i].end < end ? set->at[i].end : end;

                bytes += to - from;
        }
        return bytes;
}

bool
tv_range_set_contains(const struct tv_range_set *set, uint64_t begin, uint64_t end)
{
        return begin >= end || tv_range_set_covered(set, begin, end) == end - begin;
}

uint64_t
tv_range_set_bytes(const struct tv_range_set *set)
{
        uint64_t bytes = 0;

        for (unsigned i = 0; i < set->count; i++)
                bytes += set->at[i].end - set->at[i].begin;
        return bytes;
}

uint64_t
tv_range_set_add_limited(struct tv_range_set *set, uint64_t begin, uint64_t end, unsigned limit)
{
        uint64_t fresh;
        unsigned first, last;

        if (begin >= end)
                return 0;
        if (set->count > 0) { /* the usual case: the last range grows, or a new one follows it */
                struct tv_range *tail = &set->at[set->count - 1];

                if (begin > tail->end && set->count < set->capacity && set->count < limit) {
                        tail[1].begin = begin;
                        tail[1].end = end;
                        set->count++;
                        return end - begin;
                }
                if (begin >= tail->begin && begin <= tail->end) {
                        fresh = end > tail->end ? end - tail->end : 0;
                        tail->end += fresh;
                        return fresh;
                }
        }
        fresh = end - begin - tv_range_set_covered(set, begin, end);
        for (;;) {
                /* Ranges first .. last-1 overlap or touch [begin, end) and become one with it. */
                first = find_end_from(set, begin);
                last = first;
                while (last < set->count && set->at[last].begin <= end)
                        last++;
                if (last > first || reserve(set, limit))
                        break;
                set->inexact = true;
                if (set->count == 0)
                        return fresh;
                merge_nearest(set);
        }
        if (last == first) {
                insert(set, first, begin, end);
                return fresh;
        }
        if (set->at[first].begin > begin)
                set->at[first].begin = begin;
        if (set->at[last - 1].end > end)
                end = set->at[last - 1].end;
        set->at[first].end = end;
        erase(set, first + 1, last);
        return fresh;
}

uint64_t
tv_range_set_remove_limited(struct tv_range_set *set, uint64_t begin, uint64_t end, unsigned limit)
{
        uint64_t gone = tv_range_set_covered(set, begin, end);
        unsigned first, last;

        if (gone == 0)
                return 0;
        for (;;) {
                first = find_end_from(set, begin + 1); /* the first with bytes at or behind |begin| */
                last = first;
                while (last < set->count && set->at[last].begin < end)
                        last++;
                if (last != first + 1 || set->at[first].begin >= begin || set->at[first].end <= end)
                        break;
                /* One range becomes two. */
                if (reserve(set, limit)) {
                        insert(set, first + 1, end, set->at[first].end);
                        set->at[first].end = begin;
                        return gone;
                }
                set->inexact = true;
                merge_nearest(set);
        }
        if (set->at[first].begin < begin)
                set->at[first++].end = begin;
        if (last > first && set->at[last - 1].end > end)
                set->at[--last].begin = end;
        if (last > first)
                erase(set, first, last);
        return gone;
}

void
tv_range_set_drop_below(struct tv_range_set *set, uint64_t offset)
{
        unsigned keep;

        if (set->count == 0 || set->at[0].begin >= offset)
                return;
        keep = find_end_from(set, offset);
        if (keep < set->count && set->at[keep].end == offset)
                keep++;
        if (keep < set->count && set->at[keep].begin < offset)
                set->at[keep].begin = offset;
        erase(set, 0, keep);
}

void
tv_range_set_clear(struct tv_range_set *set)
{
        free(set->at);
        *set = (struct tv_range_set){0};
}
