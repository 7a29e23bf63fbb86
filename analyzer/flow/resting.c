#include "analyzer/flow/resting.h"

#include <string.h>

/* One byte before each word or run of words:
 *   0x00 | n     a word of n low bytes (1 to 8), as it is
 *   0x10 | n     a word that differs from the last large one in n low bytes (0 to 8)
 *   0x20 | i     the same word as the i-th newest remembered one
 *   0x80 | n     n + 1 zero words
 * A word is remembered when it was written out and took more than two bytes.  A large word is one with any of its three
 * highest bytes set: a time, mostly. */
enum { LITERAL = 0x00, DIFFERENCE = 0x10, AGAIN = 0x20, ZEROS = 0x80 };
#define REMEMBERED  32
#define LARGE(word) ((word) >> 40 != 0)

static unsigned
bytes_of(uint64_t word)
{
        return word == 0 ? 0 : (71 - (unsigned)__builtin_clzll(word)) / 8;
}

#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOW_FIRST(word) __builtin_bswap64(word)
#else
#define LOW_FIRST(word) (word)
#endif

/* Writes all eight bytes, of which the next word overwrites what is not needed: |out| has room for that. */
static inline uint8_t *
put(uint8_t *out, uint64_t word, unsigned n)
{
        word = LOW_FIRST(word);
        memcpy(out, &word, 8);
        return out + n;
}

static inline uint64_t
get(const uint8_t *in, unsigned n)
{
        uint64_t word;

        memcpy(&word, in, 8);
        word = LOW_FIRST(word);
        return n >= 8 ? word : word & ((UINT64_C(1) << 8 * n) - 1);
}

/* Large words come in two families, told apart by their highest byte: times, and frames with their file's number. */
static unsigned
family(uint64_t word)
{
        return word >> 56 != 0;
}

size_t
tv_resting_pack(const uint64_t *words, size_t count, uint8_t *out)
{
        uint64_t memory[REMEMBERED] = {0}, last[2] = {0, 0};
        uint8_t where[64]; /* a hint: which memory has a word with this hash */
        unsigned newest = 0;
        uint8_t *p = out;

        memset(where, 0, sizeof where);
        for (size_t i = 0; i < count;) {
                uint64_t word = words[i];
                unsigned n, hash;

                if (word == 0) {
                        size_t run = 1;

                        while (i + run < count && run < 128 && words[i + run] == 0)
                                run++;
                        *p++ = (uint8_t)(ZEROS | (run - 1));
                        i += run;
                        continue;
                }
                i++;
                n = bytes_of(word);
                if (n > 2) {
                        hash = (unsigned)(word * UINT64_C(0x9e3779b97f4a7c15) >> 58);
                        if (memory[where[hash]] == word) {
                                *p++ = (uint8_t)(AGAIN | where[hash]);
                                continue;
                        }
                        memory[newest] = word;
                        where[hash] = (uint8_t)newest;
                        newest = (newest + 1) % REMEMBERED;
                }
                if (LARGE(word)) {
                        uint64_t difference = word ^ last[family(word)];
                        unsigned d = bytes_of(difference);

                        last[family(word)] = word;
                        if (d < n) {
                                *p++ = (uint8_t)(DIFFERENCE | d | (family(word) != 0 ? 0x40 : 0));
                                p = put(p, difference, d);
                                continue;
                        }
                }
                *p++ = (uint8_t)(LITERAL | n);
                p = put(p, word, n);
        }
        return (size_t)(p - out);
}

size_t
tv_resting_unpack(const uint8_t *in, uint64_t *words, size_t count)
{
        uint64_t memory[REMEMBERED] = {0}, last[2] = {0, 0};
        unsigned newest = 0;
        const uint8_t *p = in;

        for (size_t i = 0; i < count;) {
                unsigned head = *p++, n = head & 0x0f;
                uint64_t word;

                if ((head & ZEROS) != 0) {
                        size_t run = (head & 0x7f) + 1;

                        if (run > count - i)
                                run = count - i;
                        memset(&words[i], 0, run * sizeof *words);
                        i += run;
                        continue;
                }
                if ((head & 0x60) == AGAIN) {
                        words[i++] = memory[head & (REMEMBERED - 1)];
                        continue;
                }
                word = get(p, n);
                p += n;
                if ((head & DIFFERENCE) != 0)
                        word ^= last[(head & 0x40) != 0];
                if (LARGE(word))
                        last[family(word)] = word;
                if (bytes_of(word) > 2) {
                        memory[newest] = word;
                        newest = (newest + 1) % REMEMBERED;
                }
                words[i++] = word;
        }
        return (size_t)(p - in);
}
