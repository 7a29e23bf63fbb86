/* resting.h - connections that are over and only wait for 2MSL to pass, packed small.
 *
 * Nothing is lost: packing keeps every bit of the record.  It works on 64-bit words, since that is what makes these
 * records so large and so compressible: half of the words are zero, times and frames repeat from milestone to
 * milestone, and those that do not repeat differ little from the one before. */
#ifndef TV_RESTING_H
#define TV_RESTING_H

#include <stddef.h>
#include <stdint.h>

/* The most bytes that packing |words| words can take. */
#define TV_RESTING_BOUND(words) ((words)*9)

/* Packs |count| words into |out|, which has room for TV_RESTING_BOUND(count) bytes.  Returns the bytes used. */
size_t tv_resting_pack(const uint64_t *words, size_t count, uint8_t *out);

/* Unpacks what tv_resting_pack made of |count| words.  Returns the bytes consumed.
 * |in| must be readable for seven bytes more. */
size_t tv_resting_unpack(const uint8_t *in, uint64_t *words, size_t count);

#endif
