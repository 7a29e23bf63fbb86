#include "analyzer/capture/resync.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool
tv_resync_find(struct tv_input *input, uint64_t from, bool (*begins)(void *context, uint64_t offset), void *context,
               uint64_t *found)
{
        uint64_t at = from;
        size_t have;

        for (; tv_input_view(input, at, 1, &have) != NULL; at++) {
                if (begins(context, at)) {
                        *found = at;
                        return true;
                }
                tv_input_release(input, at);
        }
        *found = input->end;
        return false;
}

void
tv_resync_tell(struct tv_damage *damage, uint64_t found, bool lost)
{
        const size_t used = strlen(damage->what), room = sizeof damage->what - used;
        const uint64_t bytes = found > damage->offset ? found - damage->offset : 0;

        if (lost)
                snprintf(damage->what + used, room,
                         "; nothing behind it makes sense: the last %" PRIu64 " bytes are given up", bytes);
        else if (bytes > 0)
                snprintf(damage->what + used, room, "; %" PRIu64 " bytes skipped, reading goes on at byte %" PRIu64,
                         bytes, found);
        else
                snprintf(damage->what + used, room,
                         "; the packet before it says it is longer than it is: reading goes on at byte %" PRIu64,
                         found);
}
