/* resting.h - connections that are over and only wait for 2MSL to pass, packed small.
 *
 * Nothing is lost: packing keeps every bit of the record.  It works on 64-bit words, of which most are equal to, or a
 * little different from, another word of the same record: times and frames repeat from milestone to milestone, and
 * half of the words are zero.  likeness.h knows which word is like which. */
#ifndef TV_RESTING_H
#define TV_RESTING_H

#include <stddef.h>
#include <stdint.h>

#define TV_RESTING_WORDS 240

/* The most bytes that packing |words| words can take. */
#define TV_RESTING_BOUND(words) ((words)*9 + 1)

/* Packs |count| words (at most TV_RESTING_WORDS) into |out|, which has room for TV_RESTING_BOUND(count) bytes and seven
 * more.  words[like[i]] is what words[i] is probably like, with like[i] < i; words[0] is 0 and is not packed, so that
 * words without a likeness have like[i] 0.  Returns the bytes used. */
size_t tv_resting_pack(const uint64_t *words, const uint8_t *like, size_t count, uint8_t *out);

/* Unpacks what tv_resting_pack made of |count| words with the same |like|.  Returns the bytes consumed.
 * |in| must be readable for seven bytes more. */
size_t tv_resting_unpack(const uint8_t *in, const uint8_t *like, uint64_t *words, size_t count);

#endif
