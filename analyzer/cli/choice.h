/* choice.h - the numbers of the connections that are reported: one bit each, for rows that were written before their
 * connection was known to be one of them. */
#ifndef TV_CHOICE_H
#define TV_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Empty when zeroed. */
struct tv_choice {
        uint64_t *word;
        size_t words;
};

/* Adds connection |conn|.  False when memory runs out; nothing is changed then. */
bool tv_choice_add(struct tv_choice *choice, uint64_t conn);

/* Was it added? */
bool tv_choice_has(const struct tv_choice *choice, uint64_t conn);

/* Empties it and frees its memory.  Twice is harmless. */
void tv_choice_clear(struct tv_choice *choice);

#endif
