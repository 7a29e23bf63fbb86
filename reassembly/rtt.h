/* rtt.h - round-trip times of one direction in little memory: exact minimum and maximum, percentiles within 5 %.
 *
 * The first eight samples stay inside the struct.  The ninth moves them to a log-scaled histogram on the heap: 16
 * buckets to the octave, so that a bucket's middle is at most 3.2 % from what it stands for; it holds only the octaves
 * that occurred (64 bytes each, typically three to eight of them, never more than 40).  So an allocation happens when a
 * new octave occurs, not per sample.  When memory runs out, minimum, maximum and count go on and percentiles become
 * unknown.  Which samples are valid (Karn's rule, RFC 6298 section 3; timestamps, RFC 7323 section 4) is the caller's
 * knowledge. */
#ifndef TV_RTT_H
#define TV_RTT_H

#include <stddef.h>
#include <stdint.h>

#define TV_RTT_FEW 8

/* Zero-initialised: no samples.  Read |count|, and |min| and |max| when there are any; the rest is private. */
struct tv_rtt {
        int64_t min, max; /* nanoseconds, exact; valid when count > 0 */
        uint64_t count;
        union {
                uint32_t few[TV_RTT_FEW]; /* while count <= TV_RTT_FEW */
                struct {
                        uint32_t *bucket; /* 16 counters for each of |octaves|; NULL: memory ran out */
                        uint8_t first_octave, octaves;
                } many;
        } u;
};
_Static_assert(sizeof(struct tv_rtt) <= 64, "a direction with few samples costs one cache line");

/* Adds a sample of |ns| nanoseconds.  A negative one (the capture's clock stepped) is ignored. */
void tv_rtt_add(struct tv_rtt *rtt, int64_t ns);

/* The |percent|-th percentile (1 .. 100) by nearest rank: the smallest sample such that at least |percent| percent of
 * all samples are not above it.  Exact (to 1 part in 500,000) up to eight samples, within 3.2 % beyond; 100 is |max|.
 * Returns nanoseconds, or INT64_MIN when there is no sample or memory ran out. */
int64_t tv_rtt_percentile(const struct tv_rtt *rtt, unsigned percent);

/* Bytes of heap held. */
size_t tv_rtt_heap(const struct tv_rtt *rtt);

/* Forgets all samples and frees what they took; harmless when empty. */
void tv_rtt_clear(struct tv_rtt *rtt);

#endif
