/* checksum.h - the Internet checksum (RFC 1071) of TCP (RFC 9293 section 3.1), and why it may be wrong on purpose.
 *
 * Sums are ones' complement sums of 32-bit words in host byte order, the last one filled up with zeros.  Folded to 16
 * bits they are the sum of RFC 1071, in memory order: they compare with a field that was read by memcpy. */
#ifndef TV_CHECKSUM_H
#define TV_CHECKSUM_H

#include "analyzer/decode/segment.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The sum of |n| bytes at |p| (any alignment), folded to 32 bits. */
uint32_t tv_sum(const uint8_t *p, size_t n);

static inline uint32_t
tv_sum_fold32(uint64_t sum)
{
        sum = (sum & 0xffffffff) + (sum >> 32);
        return (uint32_t)((sum & 0xffffffff) + (sum >> 32));
}

static inline uint16_t
tv_sum_fold16(uint64_t sum)
{
        uint32_t s = tv_sum_fold32(sum);

        s = (s & 0xffff) + (s >> 16);
        return (uint16_t)((s & 0xffff) + (s >> 16));
}

/* The sum of |words| 32-bit words, unfolded: for headers and addresses. */
static inline uint64_t
tv_sum_words(const uint8_t *p, size_t words)
{
        uint64_t sum = 0, two;
        uint32_t word;

        for (; words >= 2; words -= 2, p += 8) {
                memcpy(&two, p, 8);
                sum += (two & 0xffffffff) + (two >> 32);
        }
        if (words != 0) {
                memcpy(&word, p, 4);
                sum += word;
        }
        return sum;
}

/* What a 16-bit number in network order adds to a sum. */
static inline uint64_t
tv_sum_be16(uint16_t value)
{
        const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
        uint16_t word;

        memcpy(&word, bytes, 2);
        return word;
}

/* tv_checksum_judge tells what the checksum field of a TCP segment is worth.
 * |addresses|: sum of both IP addresses.  |length|: octets of TCP header and payload.  |segment|: sum over these, with
 * the field.  |field|: the two bytes of the field in memory order.
 *
 * A sender that leaves the sum to its network card puts the sum of the pseudo-header there, not complemented: Linux
 * with the length (__tcp_v4_send_check in net/ipv4/tcp_ipv4.c), Windows without it for large segments (LSOv2).  Some
 * drivers leave 0.  A capture at the sender shows such segments; the network never saw them so. */
enum tv_checksum tv_checksum_judge(uint64_t addresses, uint32_t length, uint64_t segment, uint16_t field);

#endif
