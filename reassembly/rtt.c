#include "reassembly/rtt.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SUB_LOG2 4 /* buckets per octave, as a power of two: half a bucket is at most 1/32 of its value */
#define SUB      (1 << SUB_LOG2)
#define TOP_BIT  42 /* 2^43 ns are 2.4 hours: longer counts as that, except in min and max */

static uint64_t
held(int64_t ns)
{
        const int64_t longest = (INT64_C(1) << (TOP_BIT + 1)) - 1;

        return (uint64_t)(ns < longest ? ns : longest);
}

/* A held sample in 32 bits: nanoseconds below 2^31 (2.1 s), else units of 4096 ns, marked by the top bit. */
static uint32_t
pack(uint64_t ns)
{
        return ns < UINT64_C(1) << 31 ? (uint32_t)ns : UINT32_C(1) << 31 | (uint32_t)(ns >> 12);
}

static uint64_t
unpack(uint32_t packed)
{
        return packed < UINT32_C(1) << 31 ? packed : (uint64_t)(packed & ~(UINT32_C(1) << 31)) << 12;
}

/* The octave of |ns|, and which bucket of it: octave 0 holds 0 .. 15 ns one by one, octave n > 0 holds
 * [2^(n+3), 2^(n+4)) in 16 equal steps. */
static unsigned
octave_of(uint64_t ns, unsigned *sub)
{
        unsigned top;

        if (ns < SUB) {
                *sub = (unsigned)ns;
                return 0;
        }
        top = 63U - (unsigned)__builtin_clzll(ns);
        *sub = (unsigned)(ns >> (top - SUB_LOG2)) & (SUB - 1);
        return top - SUB_LOG2 + 1;
}

/* The middle of a bucket. */
static int64_t
middle_of(unsigned octave, unsigned sub)
{
        if (octave == 0)
                return (int64_t)sub;
        return ((int64_t)(SUB + sub) << (octave - 1)) + ((INT64_C(1) << (octave - 1)) >> 1);
}

/* Widens the histogram so that it holds |octave|. */
static bool
widen(struct tv_rtt *rtt, unsigned octave)
{
        unsigned first = rtt->u.many.first_octave, octaves = rtt->u.many.octaves;
        unsigned below = octave < first ? first - octave : 0;
        unsigned wanted = octave < first ? octaves + below : octave - first + 1;
        uint32_t *bucket = realloc(rtt->u.many.bucket, (size_t)wanted * SUB * sizeof *bucket);

        if (bucket == NULL) {
                free(rtt->u.many.bucket);
                rtt->u.many.bucket = NULL;
                return false;
        }
        if (below > 0) {
                memmove(bucket + (size_t)below * SUB, bucket, (size_t)octaves * SUB * sizeof *bucket);
                memset(bucket, 0, (size_t)below * SUB * sizeof *bucket);
        } else {
                memset(bucket + (size_t)octaves * SUB, 0, (size_t)(wanted - octaves) * SUB * sizeof *bucket);
        }
        rtt->u.many.bucket = bucket;
        rtt->u.many.first_octave = (uint8_t)(first - below);
        rtt->u.many.octaves = (uint8_t)wanted;
        return true;
}

static void
count(struct tv_rtt *rtt, uint64_t ns)
{
        unsigned sub, octave = octave_of(ns, &sub);
        uint32_t *counter;

        if (rtt->u.many.bucket == NULL) /* memory ran out */
                return;
        if (octave - rtt->u.many.first_octave >= rtt->u.many.octaves && !widen(rtt, octave))
                return;
        counter = &rtt->u.many.bucket[(octave - rtt->u.many.first_octave) * SUB + sub];
        if (*counter < UINT32_MAX)
                ++*counter;
}

/* The few samples move to a histogram; min and max span the sample that is to follow, too. */
static void
start_histogram(struct tv_rtt *rtt)
{
        uint32_t few[TV_RTT_FEW];
        unsigned sub, low = octave_of(held(rtt->min), &sub);
        unsigned high = octave_of(held(rtt->max), &sub);

        memcpy(few, rtt->u.few, sizeof few);
        rtt->u.many.first_octave = (uint8_t)low;
        rtt->u.many.octaves = (uint8_t)(high - low + 1);
        rtt->u.many.bucket = calloc((size_t)rtt->u.many.octaves * SUB, sizeof *rtt->u.many.bucket);
        if (rtt->u.many.bucket == NULL)
                return;
        for (unsigned i = 0; i < TV_RTT_FEW; i++)
                count(rtt, unpack(few[i]));
}

void
tv_rtt_add(struct tv_rtt *rtt, int64_t ns)
{
        if (ns < 0)
                return;
        if (rtt->count == 0 || ns < rtt->min)
                rtt->min = ns;
        if (rtt->count == 0 || ns > rtt->max)
                rtt->max = ns;
        if (rtt->count < TV_RTT_FEW) {
                rtt->u.few[rtt->count++] = pack(held(ns));
                return;
        }
        if (rtt->count++ == TV_RTT_FEW)
                start_histogram(rtt);
        count(rtt, held(ns));
}

/* The |rank|-th smallest, from 1, of the few. */
static int64_t
nth_of_few(const struct tv_rtt *rtt, uint64_t rank)
{
        uint64_t sorted[TV_RTT_FEW] = {0};
        unsigned have = 0;

        for (; have < rtt->count; have++) {
                uint64_t ns = unpack(rtt->u.few[have]);
                unsigned i = have;

                for (; i > 0 && sorted[i - 1] > ns; i--)
                        sorted[i] = sorted[i - 1];
                sorted[i] = ns;
        }
        return (int64_t)sorted[rank - 1];
}

static int64_t
nth_of_many(const struct tv_rtt *rtt, uint64_t rank)
{
        uint64_t below = 0;

        for (unsigned i = 0; i < rtt->u.many.octaves * (unsigned)SUB; i++) {
                below += rtt->u.many.bucket[i];
                if (below >= rank)
                        return middle_of(rtt->u.many.first_octave + i / SUB, i % SUB);
        }
        return rtt->max;
}

int64_t
tv_rtt_percentile(const struct tv_rtt *rtt, unsigned percent)
{
        uint64_t rank;
        int64_t ns;

        if (rtt->count == 0)
                return INT64_MIN;
        if (percent >= 100)
                return rtt->max;
        /* ceil(count * percent / 100) without overflow */
        rank = rtt->count / 100 * percent + (rtt->count % 100 * percent + 99) / 100;
        if (rank <= 1)
                return rtt->min;
        if (rtt->count <= TV_RTT_FEW)
                ns = nth_of_few(rtt, rank);
        else if (rtt->u.many.bucket == NULL)
                return INT64_MIN;
        else
                ns = nth_of_many(rtt, rank);
        return ns < rtt->min ? rtt->min : ns > rtt->max ? rtt->max : ns;
}

size_t
tv_rtt_heap(const struct tv_rtt *rtt)
{
        if (rtt->count <= TV_RTT_FEW || rtt->u.many.bucket == NULL)
                return 0;
        return (size_t)rtt->u.many.octaves * SUB * sizeof *rtt->u.many.bucket;
}

void
tv_rtt_clear(struct tv_rtt *rtt)
{
        if (rtt->count > TV_RTT_FEW)
                free(rtt->u.many.bucket);
        *rtt = (struct tv_rtt){0};
}
