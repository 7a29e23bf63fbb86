/* Tests of analyzer/flow/resting.h and likeness.h: packing loses nothing, whatever the words are. */
#include "analyzer/flow/likeness.h"
#include "analyzer/flow/resting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t
next(uint64_t *seed)
{
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        return *seed;
}

static size_t
there_and_back(const uint64_t *words, const uint8_t *like, size_t count)
{
        /* Exactly as large as promised, so that a sanitizer sees what goes beyond. */
        uint8_t *packed = malloc(TV_RESTING_BOUND(count) + 7);
        uint64_t *back = malloc(count * sizeof *back);
        size_t bytes;

        assert_non_null(packed);
        assert_non_null(back);
        memset(packed, 0xa5, TV_RESTING_BOUND(count) + 7);
        bytes = tv_resting_pack(words, like, count, packed);
        assert_in_range(bytes, 1, TV_RESTING_BOUND(count));
        assert_int_equal(tv_resting_unpack(packed, like, back, count), bytes);
        assert_memory_equal(back, words, count * sizeof *back);
        free(packed);
        free(back);
        return bytes;
}

static void
any_words_survive(void **state)
{
        uint64_t words[TV_RESTING_WORDS], seed = 88172645463325252;
        uint8_t like[TV_RESTING_WORDS] = {0};

        (void)state;
        for (unsigned round = 0; round < 2000; round++) {
                size_t count = 1 + next(&seed) % TV_RESTING_WORDS;

                words[0] = 0;
                for (size_t i = 1; i < count; i++) {
                        uint64_t kind = next(&seed) % 8;

                        like[i] = (uint8_t)(next(&seed) % i);
                        words[i] = kind < round % 8 ? words[like[i]] : next(&seed) >> next(&seed) % 64;
                        if (kind == 7)
                                words[i] = (uint64_t)INT64_MIN;
                }
                there_and_back(words, like, count);
        }
}

static void
the_extremes_survive(void **state)
{
        uint64_t words[TV_RESTING_WORDS] = {0};
        uint8_t like[TV_RESTING_WORDS] = {0};

        (void)state;
        assert_int_equal(there_and_back(words, like, TV_RESTING_WORDS), 1);
        for (size_t i = 1; i < TV_RESTING_WORDS; i++)
                words[i] = UINT64_MAX;
        there_and_back(words, like, TV_RESTING_WORDS);
        for (size_t i = 1; i < TV_RESTING_WORDS; i++)
                words[i] = (uint64_t)INT64_MIN;
        there_and_back(words, like, TV_RESTING_WORDS);
        memset(words, 0, sizeof words);
        words[TV_RESTING_WORDS - 1] = 1; /* a gap longer than one entry can tell */
        there_and_back(words, like, TV_RESTING_WORDS);
}

static void
every_likeness_is_an_earlier_word(void **state)
{
        (void)state;
        for (size_t i = 1; i < TV_CONN_WORDS + TV_STORY_WORDS; i++)
                assert_true(tv_likeness[i] < i);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(any_words_survive),
                cmocka_unit_test(the_extremes_survive),
                cmocka_unit_test(every_likeness_is_an_earlier_word),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
