#include "analyzer/flow/resting.h"

#include <assert.h>
#include <string.h>

/* Each word that is not exactly like its likeness is one entry: a byte that holds in its high half how many words there
 * are between it and the entry before, and in its low half in how many low bytes it differs (0: it is NONE), then these
 * bytes.  END ends the list.  An entry for a word that differs in no byte is impossible, so the entry SKIP stands for
 * 15 words without an entry. */
enum { SKIP = 0xf9, END = 0x0f };
#define NONE  (UINT64_C(1) << 63) /* no time */
#define STEPS 15

static inline unsigned
bytes_of(uint64_t word)
{
        return (71 - (unsigned)__builtin_clzll(word)) / 8;
}

/* The word with its low byte first in memory, whatever the machine. */
static inline uint64_t
low_first(uint64_t word)
{
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        return __builtin_bswap64(word);
#else
        return word;
#endif
}

size_t
tv_resting_pack(const uint64_t *words, const uint8_t *like, size_t count, uint8_t *out)
{
        uint64_t differs[TV_RESTING_WORDS];
        uint8_t at[TV_RESTING_WORDS];
        size_t entries = 0, next = 1;
        uint8_t *p = out;

        assert(count <= TV_RESTING_WORDS);
        /* No branch for what depends on chance. */
        for (size_t i = 1; i < count; i++) {
                uint64_t difference = words[i] ^ words[like[i]];

                differs[entries] = difference;
                at[entries] = (uint8_t)i;
                entries += difference != 0;
        }
        for (size_t k = 0; k < entries; k++) {
                uint64_t difference = differs[k];
                size_t gap = at[k] - next;
                unsigned n = words[at[k]] == NONE ? 0 : bytes_of(difference);

                next = at[k] + (size_t)1;
                for (; gap >= STEPS; gap -= STEPS)
                        *p++ = SKIP;
                *p++ = (uint8_t)(gap << 4 | n);
                /* All eight bytes, of which the next entry overwrites what is not needed. */
                difference = low_first(difference);
                memcpy(p, &difference, 8);
                p += n;
        }
        *p++ = END;
        return (size_t)(p - out);
}

size_t
tv_resting_unpack(const uint8_t *in, const uint8_t *like, uint64_t *words, size_t count)
{
        static const uint64_t low[9] = {0,
                                        0xff,
                                        0xffff,
                                        0xffffff,
                                        0xffffffff,
                                        0xffffffffff,
                                        0xffffffffffff,
                                        0xffffffffffffff,
                                        0xffffffffffffffff};
        const uint8_t *p = in;
        uint8_t none[TV_RESTING_WORDS];
        size_t at = 1, nones = 0;

        assert(count <= TV_RESTING_WORDS);
        memset(words, 0, count * sizeof *words);
        for (;;) {
                unsigned head = *p++, n = head & 0x0f;
                uint64_t word;

                if (n > 8) {
                        if (head == END)
                                break;
                        at += STEPS;
                        continue;
                }
                at += head >> 4;
                memcpy(&word, p, 8);
                words[at] = low_first(word) & low[n];
                none[nones] = (uint8_t)at;
                nones += n == 0;
                at++;
                p += n;
        }
        /* A word that is NONE differs by what makes it so. */
        none[nones] = 0;
        for (size_t i = 1, k = 0; i < count; i++) {
                words[i] ^= words[like[i]];
                if (i == none[k]) {
                        words[i] = NONE;
                        k++;
                }
        }
        return (size_t)(p - in);
}
