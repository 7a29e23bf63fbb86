/* checksum.c - one pass over the payload for two purposes: the checksum and tv_segment.payload_sum. */
#include "analyzer/decode/checksum.h"

/* Sixteen bytes a step in any instruction set that has 128-bit registers; both halves of a 64-bit lane are added to
 * accumulators of their own, which cannot overflow before 2^32 steps. */
typedef uint64_t lanes __attribute__((vector_size(16)));

static inline lanes
load(const uint8_t *p)
{
        lanes v;

        memcpy(&v, p, sizeof v);
        return v;
}

uint32_t
tv_sum(const uint8_t *p, size_t n)
{
        uint64_t sum = 0;
        uint32_t word;

        if (n >= 32) {
                lanes low[2] = {{0, 0}, {0, 0}}, high[2] = {{0, 0}, {0, 0}};
                for (; n >= 32; n -= 32, p += 32) {
                        lanes v = load(p), w = load(p + 16);
                        low[0] += v & 0xffffffff;
                        high[0] += v >> 32;
                        low[1] += w & 0xffffffff;
                        high[1] += w >> 32;
                }
                lanes all = low[0] + low[1] + high[0] + high[1];
                sum = tv_sum_fold32(all[0]) + (uint64_t)tv_sum_fold32(all[1]);
        }
        for (; n >= 4; n -= 4, p += 4) {
                memcpy(&word, p, 4);
                sum += word;
        }
        if (n > 0) {
                word = 0;
                memcpy(&word, p, n);
                sum += word;
        }
        return tv_sum_fold32(sum);
}

enum tv_checksum
tv_checksum_judge(uint64_t addresses, uint32_t length, uint64_t segment, uint16_t field)
{
        enum { PROTOCOL_TCP = 6 };
        uint64_t without_length = addresses + tv_sum_be16(PROTOCOL_TCP);
        uint64_t pseudo = without_length + tv_sum_be16((uint16_t)length) + tv_sum_be16((uint16_t)(length >> 16));

        if (tv_sum_fold16(pseudo + segment) == 0xffff)
                return TV_CHECKSUM_GOOD;
        if (field == 0 || field == tv_sum_fold16(pseudo) || field == tv_sum_fold16(without_length))
                return TV_CHECKSUM_OFFLOADED;
        return TV_CHECKSUM_WRONG;
}
