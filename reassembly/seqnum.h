/* seqnum.h - sequence numbers without their wrap (RFC 9293 section 3.4).
 *
 * An offset is a 64-bit unwrapped sequence number: its low 32 bits are the sequence number on the wire, the rest counts
 * the wraps.  Offsets compare, add and subtract as plain integers.  Offsets of one direction begin in the second 4 GiB
 * (tv_seq_start), so that a segment older than the first one seen still has an offset above zero. */
#ifndef TV_SEQNUM_H
#define TV_SEQNUM_H

#include <stdbool.h>
#include <stdint.h>

/* The offset of the first sequence number that is seen of a direction. */
static inline uint64_t
tv_seq_start(uint32_t seq)
{
        return (UINT64_C(1) << 32) + seq;
}

/* The offset nearest to |near| whose low 32 bits are |seq|; the lower one when two are equally near (2^31 away).
 * |near| is an offset known in this direction, at least 2^31; every offset from tv_seq_start on is. */
static inline uint64_t
tv_seq_unwrap(uint64_t near, uint32_t seq)
{
        uint32_t forward = seq - (uint32_t)near; /* modulo 2^32 */

        return near + forward - (forward >= UINT32_C(0x80000000) ? UINT64_C(1) << 32 : 0);
}

/* tv_seq_before: is |x| before |y|, modulo 2^32?  tv_seq_after: is |x| after |y|?  Both are false for equal numbers; at
 * a distance of exactly 2^31 each is before the other and none is after.  TSvals (RFC 7323 section 5.2) compare the
 * same. */
static inline bool
tv_seq_before(uint32_t x, uint32_t y)
{
        return x - y >= UINT32_C(0x80000000);
}

static inline bool
tv_seq_after(uint32_t x, uint32_t y)
{
        return x != y && x - y < UINT32_C(0x80000000);
}

#endif
