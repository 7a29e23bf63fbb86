/* resync.h - after damage: where does something that makes sense begin again? */
#ifndef TV_RESYNC_H
#define TV_RESYNC_H

#include "analyzer/capture/input.h"

/* tv_resync_find asks |begins| at every offset from |from| on, which must not be released, octet by octet: what damaged
 * a file need not keep any alignment.  Returns true with the first offset at which |begins| says yes, false with the
 * end of the input.  What lies behind is released as the search goes on, so |begins| decides by what it can see from
 * |offset| on; as it looks at a bounded number of octets, the search is linear in what it passes over. */
bool tv_resync_find(struct tv_input *input, uint64_t from, bool (*begins)(void *context, uint64_t offset),
                    void *context, uint64_t *found);

/* Appends to damage->what what the search brought: that the reading goes on at |found|, or (|lost|) that the rest up to
 * |found| is given up. */
void tv_resync_tell(struct tv_damage *damage, uint64_t found, bool lost);

#endif
