/* comments.h - comments that somebody wrote on packets: the first ones of a capture, by frame and by connection.
 * Memory is taken once, with the first comment; what a frame belongs to is told when it has been tracked. */
#ifndef TV_COMMENTS_H
#define TV_COMMENTS_H

#include "analyzer/capture/packet.h"
#include "analyzer/engine/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TV_COMMENTS_KEPT  4096
#define TV_COMMENTS_SHOWN 10 /* of one connection */

/* All zero at first. */
struct tv_comments {
        tv_frame next; /* the first frame for which tv_comments_pass is still to come; 0: none */
        struct tv_comment_table *table;
        uint64_t left_out; /* comments beyond TV_COMMENTS_KEPT, or without memory */
};

void tv_comments_clear(struct tv_comments *comments);

/* Keeps |text| (TV_PACKET_COMMENT octets at most), if there is room.  Frames come once, in the order of tracking. */
void tv_comments_add(struct tv_comments *comments, tv_frame frame, const char *text);

/* tv_comments_belong: the comment on |frame|, if there is one, belongs to connection |conn| now.  tv_comments_pass: the
 * frame |next| has been tracked. */
void tv_comments_belong(struct tv_comments *comments, tv_frame frame, uint64_t conn);
void tv_comments_pass(struct tv_comments *comments);

/* The comment on |frame|, NULL: none.  Stays until tv_comments_clear. */
const char *tv_comments_find(const struct tv_comments *comments, tv_frame frame);

/* Has connection |conn| any? */
bool tv_comments_any(const struct tv_comments *comments, uint64_t conn);

/* Copies those of connection |conn| that came first into |seen|.  Returns how many; |*more| is the number of others. */
size_t tv_comments_of(const struct tv_comments *comments, uint64_t conn, struct tv_comment_seen seen[TV_COMMENTS_SHOWN],
                      uint64_t *more);

#endif
