/* opening.h - what was repeated while a connection opened, taken from a pool with the first repeated SYN or SYN-ACK.
 *
 * A responder whose accept queue is full drops the third segment of the handshake and everything after it as if it had
 * not come, and repeats its SYN-ACK.  How many segments met that fate is what the host counts as ListenOverflows. */
#ifndef TV_OPENING_H
#define TV_OPENING_H

#include "analyzer/decode/segment.h"

#include <stdbool.h>
#include <stdint.h>

#define TV_OPENING_TIMES 6

struct tv_opening {
        tv_time syn_again[TV_OPENING_TIMES];    /* when the SYN was repeated: the first few */
        tv_time synack_again[TV_OPENING_TIMES]; /* and the SYN-ACK */
        tv_time last_synack;
        tv_time ignored_from, ignored_until;  /* TV_NO_TIME: none */
        tv_time answered;                     /* when the responder answered something, with |done| */
        tv_time data_from;                    /* the first of them with data; TV_NO_TIME: none */
        tv_time waits_since;                  /* the segments that are not known to be ignored */
        tv_frame ignored_frame, synack_frame; /* the first of them; the last repeated SYN-ACK */
        uint32_t syns, synacks;               /* repeated */
        uint32_t sent;                        /* segments of the initiator that are no SYN */
        uint32_t ignored;                     /* of these, known to have had no effect */
        bool ignored_data;                    /* one of these carried data */
        bool waits_data;                      /* among those that are not known to be ignored is data */
        bool done;                            /* the responder has answered something */
        bool never_done;                      /* set in the end when it has not */
};

/* Does it show a full accept queue?  What was dropped without a word is more than an acknowledgment, and the SYN-ACK
 * was repeated when that data had been sent for longer than |way|, the round trip to the responder: then neither a loss
 * nor a deferred accept, which waits for data, is as likely.  At least three segments: bad luck, too, may meet two. */
static inline bool
tv_opening_is_full(const struct tv_opening *opening, tv_time way)
{
        return opening->synacks != 0 && (opening->done ? opening->ignored : opening->sent) >= 3 &&
               (opening->ignored_data || (!opening->done && opening->waits_data)) && opening->data_from != TV_NO_TIME &&
               opening->last_synack - opening->data_from > way;
}

/* The SYN-ACK was repeated at |time| in |frame|. */
void tv_opening_synack(struct tv_opening *opening, tv_time time, tv_frame frame);

/* The initiator repeated its SYN. */
void tv_opening_syn(struct tv_opening *opening, tv_time time);

/* The initiator sent something else; |again|: data that it had sent before. */
void tv_opening_sent(struct tv_opening *opening, const struct tv_segment *seg, bool again);

#endif
