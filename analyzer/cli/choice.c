#include "analyzer/cli/choice.h"

#include <stdlib.h>
#include <string.h>

/* No capture has so many connections; their bits would take 2 TiB. */
#define LIMIT (UINT64_C(1) << 44)

bool
tv_choice_add(struct tv_choice *choice, uint64_t conn)
{
        uint64_t at = conn / 64;
        if (conn >= LIMIT)
                return false;
        if (at >= choice->words) {
                uint64_t words = choice->words == 0 ? 64 : choice->words;
                while (words <= at)
                        words *= 2;
                if (words > SIZE_MAX / sizeof choice->word[0])
                        return false;
                uint64_t *more = realloc(choice->word, (size_t)words * sizeof more[0]);
                if (more == NULL)
                        return false;
                memset(more + choice->words, 0, ((size_t)words - choice->words) * sizeof more[0]);
                choice->word = more;
                choice->words = (size_t)words;
        }
        choice->word[at] |= UINT64_C(1) << conn % 64;
        return true;
}

bool
tv_choice_has(const struct tv_choice *choice, uint64_t conn)
{
        return conn / 64 < choice->words && (choice->word[conn / 64] >> conn % 64 & 1) != 0;
}

void
tv_choice_clear(struct tv_choice *choice)
{
        free(choice->word);
        *choice = (struct tv_choice){.word = NULL};
}
