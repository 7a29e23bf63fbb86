/* full.h - listeners whose accept queue was seen to be full, the newest few: so that what befalls other connections to
 * them at that time is understood.  Times are those of the capture. */
#ifndef TV_FULL_H
#define TV_FULL_H

#include "analyzer/engine/result.h"

#define TV_FULL_KEPT 64

struct tv_full {
        struct tv_address address;
        uint16_t port;
        uint64_t conn;       /* that shows it */
        tv_frame frame;      /* the repeated SYN-ACK, which does */
        tv_time from, until; /* of what was dropped; while that goes on, for as long again: the waits double */
};

struct tv_full_list {
        struct tv_full at[TV_FULL_KEPT];
        unsigned count; /* of all that were ever noted; the newest TV_FULL_KEPT are kept */
};

/* Takes in |full|, or what is new about it: one entry for each connection. */
void tv_full_note(struct tv_full_list *list, const struct tv_full *full);

/* The entry of that listener for |time|, or NULL. */
const struct tv_full *tv_full_find(const struct tv_full_list *list, const struct tv_address *address, uint16_t port,
                                   tv_time time);

#endif
