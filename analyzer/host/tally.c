#include "analyzer/host/tally.h"

#include <stdlib.h>
#include <string.h>

#define MILLISECOND INT64_C(1000000)

/* A key is subject (20 bits), moment (39 bits), kind (5 bits): so that sorting keys sorts by these. */
#define MOMENT_BITS 39
#define KIND_BITS   5
#define MOMENT_MOST ((INT64_C(1) << MOMENT_BITS) - 1)

static const int32_t steps_ms[] = {1, 5, 25, 125, 1000, 10000, 100000, 1000000, 10000000};
#define STEPS (sizeof steps_ms / sizeof steps_ms[0])

void
tv_tally_init(struct tv_tally *tally, uint64_t seed)
{
        memset(tally, 0, sizeof *tally);
        tally->seed = seed;
        tally->most = TV_TALLY_LEAST;
}

void
tv_tally_clear(struct tv_tally *tally)
{
        uint64_t seed = tally->seed;

        free(tally->slot);
        tv_tally_init(tally, seed);
}

tv_time
tv_tally_step(const struct tv_tally *tally)
{
        return steps_ms[tally->step] * MILLISECOND;
}

static int64_t
floor_to(int64_t value, int64_t step)
{
        int64_t steps = value / step - (value % step < 0);

        return (steps < INT64_MIN / step ? INT64_MIN / step : steps) * step;
}

static int64_t
milliseconds(tv_time time)
{
        return time / MILLISECOND - (time % MILLISECOND < 0);
}

/* The moment of |time| in milliseconds, at the beginning of its step.  Times decades away from the first one, which
 * only a broken clock has, all become one. */
static int64_t
moment_of(const struct tv_tally *tally, tv_time time)
{
        int64_t moment = floor_to(milliseconds(time), steps_ms[tally->step]) - tally->base_ms;

        return moment < 1 ? 1 : moment > MOMENT_MOST ? MOMENT_MOST : moment;
}

static uint32_t
place(const struct tv_tally *tally, uint64_t key)
{
        uint64_t x = (key ^ tally->seed) * UINT64_C(0x9e3779b97f4a7c15);

        x ^= x >> 32;
        return (uint32_t)(x * UINT64_C(0xd6e8feb86659fd93) >> 32) & tally->mask;
}

static void
put(struct tv_tally *tally, uint64_t key, int64_t sum)
{
        uint32_t at = place(tally, key);

        while (tally->slot[at].key != 0 && tally->slot[at].key != key)
                at = (at + 1) & tally->mask;
        tally->used += tally->slot[at].key == 0;
        tally->slot[at].key = key;
        tally->slot[at].sum += sum;
}

/* Moves everything to |slots| new slots, each key changed by |rekey|. */
static bool
rebuild(struct tv_tally *tally, uint32_t slots, uint64_t (*rekey)(const void *context, uint64_t key),
        const void *context)
{
        struct tv_tally_entry *old = tally->slot;
        uint32_t old_slots = old != NULL ? tally->mask + 1 : 0;
        struct tv_tally_entry *slot = calloc(slots, sizeof *slot);

        if (slot == NULL)
                return false;
        tally->allocations++;
        tally->slot = slot;
        tally->mask = slots - 1;
        tally->used = 0;
        for (uint32_t i = 0; i < old_slots; i++)
                if (old[i].key != 0 && old[i].sum != 0)
                        put(tally, rekey != NULL ? rekey(context, old[i].key) : old[i].key, old[i].sum);
        free(old);
        return true;
}

static bool
has_room(struct tv_tally *tally)
{
        uint32_t slots = tally->slot != NULL ? tally->mask + 1 : 0;

        if (slots != 0 && tally->used < slots / 4 * 3)
                return true;
        if (slots < tally->most)
                return rebuild(tally, slots == 0 ? 1024 : slots * 2, NULL, NULL) || tally->used < slots / 8 * 7;
        return false;
}

bool
tv_tally_add(struct tv_tally *tally, uint32_t subject, unsigned kind, tv_time time, int64_t sum)
{
        if (!tally->has_base) {
                /* All steps begin at whole multiples since the epoch. */
                tally->base_ms = milliseconds(time) - MOMENT_MOST / 2;
                tally->base_ms = floor_to(tally->base_ms, steps_ms[STEPS - 1]);
                tally->has_base = true;
        }
        if (!has_room(tally))
                return false;
        put(tally,
            (uint64_t)subject << (MOMENT_BITS + KIND_BITS) | (uint64_t)moment_of(tally, time) << KIND_BITS | kind, sum);
        return true;
}

bool
tv_tally_same(const struct tv_tally *tally, tv_time one, tv_time other)
{
        return floor_to(milliseconds(one), steps_ms[tally->step]) ==
               floor_to(milliseconds(other), steps_ms[tally->step]);
}

uint32_t
tv_tally_subject(const struct tv_tally_entry *entry)
{
        return (uint32_t)(entry->key >> (MOMENT_BITS + KIND_BITS));
}

unsigned
tv_tally_kind(const struct tv_tally_entry *entry)
{
        return entry->key & (TV_TALLY_KINDS - 1);
}

static int64_t
moment_of_key(uint64_t key)
{
        return (int64_t)(key >> KIND_BITS) & MOMENT_MOST;
}

tv_time
tv_tally_time(const struct tv_tally *tally, const struct tv_tally_entry *entry)
{
        return (moment_of_key(entry->key) + tally->base_ms) * MILLISECOND;
}

static uint64_t
coarser(const void *context, uint64_t key)
{
        const struct tv_tally *tally = context;
        int64_t moment = floor_to(moment_of_key(key) + tally->base_ms, steps_ms[tally->step]) - tally->base_ms;

        if (moment < 1)
                moment = 1;
        return (key & ~((uint64_t)MOMENT_MOST << KIND_BITS)) | (uint64_t)moment << KIND_BITS;
}

bool
tv_tally_coarsen(struct tv_tally *tally)
{
        if (tally->step + 1 == STEPS)
                return false;
        tally->step++;
        return tally->slot == NULL || rebuild(tally, tally->mask + 1, coarser, tally);
}

struct names {
        const uint32_t *to;
        uint32_t count;
};

static uint64_t
renamed(const void *context, uint64_t key)
{
        const struct names *names = context;
        uint64_t subject = key >> (MOMENT_BITS + KIND_BITS), rest = (UINT64_C(1) << (MOMENT_BITS + KIND_BITS)) - 1;

        return subject < names->count ? (uint64_t)names->to[subject] << (MOMENT_BITS + KIND_BITS) | (key & rest) : key;
}

void
tv_tally_rename(struct tv_tally *tally, const uint32_t *to, uint32_t count)
{
        struct names names = {to, count};

        if (tally->slot != NULL)
                rebuild(tally, tally->mask + 1, renamed, &names);
}

/* Sorts |list| by key; |spare| has room for as many.  Returns which of both has the result. */
static struct tv_tally_entry *
sort(struct tv_tally_entry *list, struct tv_tally_entry *spare, size_t n)
{
        enum { DIGIT = 11, DIGITS = 1 << DIGIT };
        uint32_t start[DIGITS];
        uint64_t differ = 0;

        for (size_t i = 1; i < n; i++)
                differ |= list[i].key ^ list[0].key;
        for (unsigned shift = 0; shift < 64; shift += DIGIT) {
                struct tv_tally_entry *sorted = spare;
                uint32_t sum = 0;

                if ((differ >> shift & (DIGITS - 1)) == 0)
                        continue;
                memset(start, 0, sizeof start);
                for (size_t i = 0; i < n; i++)
                        start[list[i].key >> shift & (DIGITS - 1)]++;
                for (unsigned i = 0; i < DIGITS; i++) {
                        uint32_t count = start[i];

                        start[i] = sum;
                        sum += count;
                }
                for (size_t i = 0; i < n; i++)
                        sorted[start[list[i].key >> shift & (DIGITS - 1)]++] = list[i];
                spare = list;
                list = sorted;
        }
        return list;
}

struct tv_tally_entry *
tv_tally_sorted(const struct tv_tally *tally, size_t *count)
{
        struct tv_tally_entry *list, *spare, *sorted;
        size_t n = 0;

        *count = 0;
        if (tally->used == 0)
                return NULL;
        list = malloc(tally->used * sizeof *list);
        spare = malloc(tally->used * sizeof *spare);
        if (list == NULL || spare == NULL) {
                free(list);
                free(spare);
                return NULL;
        }
        for (uint32_t i = 0; i <= tally->mask; i++)
                if (tally->slot[i].key != 0 && tally->slot[i].sum != 0)
                        list[n++] = tally->slot[i];
        sorted = sort(list, spare, n);
        free(sorted == list ? spare : list);
        *count = n;
        return sorted;
}
