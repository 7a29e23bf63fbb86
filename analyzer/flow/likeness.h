/* likeness.h - a connection and its story as a row of 64-bit words, and which of these are like which: what makes it
 * small in resting.h.  A wrong likeness costs bytes, never correctness. */
#ifndef TV_LIKENESS_H
#define TV_LIKENESS_H

#include "analyzer/flow/conn.h"
#include "analyzer/tcp/story.h"

#define TV_CONN_WORDS  (sizeof(struct tv_conn) / 8)
#define TV_STORY_WORDS (sizeof(struct tv_story) / 8) /* behind those of the connection */

/* For each word the one that it is like, an earlier one; 0: none. */
extern const uint8_t tv_likeness[TV_CONN_WORDS + TV_STORY_WORDS];

#endif
