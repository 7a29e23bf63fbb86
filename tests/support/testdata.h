/* testdata.h - the committed dialogues and the captures made from them. */
#ifndef TV_TEST_TESTDATA_H
#define TV_TEST_TESTDATA_H

#include <stddef.h>

#define TV_TEST_PATH 512

/* Names (without folder and ".txt") of all files in |folder|/dialogues, sorted. */
struct tv_test_names {
        char (*name)[64];
        size_t count;
};

/* |folder| is testdata/.  An empty list when the folder cannot be read. */
struct tv_test_names tv_test_dialogues(const char *folder);
void tv_test_names_clear(struct tv_test_names *names);

#endif
