/* notes.h - what happened to the data of one end and by it: a note for each kind of event, with how often, when, for
 * how long, and the first frames that show it.  Notes are taken from a pool, each with the first event of its kind, so
 * that connections without trouble have none; a direction has at most one of a kind. */
#ifndef TV_NOTES_H
#define TV_NOTES_H

#include "analyzer/capture/packet.h"
#include "analyzer/flow/pool.h"

#include <stdint.h>

/* "This end" is the end that sent the data, unless the comment says otherwise. */
enum tv_note_kind {
        /* A copy that died on the way or was discarded, by what made this end send it again; frames: the dead copy
         * where it was captured, and its repetition; |amount|: octets; |low|: dead upstream, |high|: downstream. */
        TV_NOTE_LOST_TIMER,
        TV_NOTE_LOST_FAST,
        TV_NOTE_LOST_PROBE, /* tail loss probe, RFC 8985 section 7 */
        TV_NOTE_LOST_OTHER,
        TV_NOTE_LOST_SIZE,    /* it was too large, as an ICMP error or smaller repetitions at once say */
        TV_NOTE_LOST_AGAIN,   /* the dead copy was itself a repetition */
        TV_NOTE_LOST_DAMAGED, /* ... and had a wrong checksum */
        /* Sent again although an earlier copy arrives; frames: that copy and its repetition.  |low|: a timer began it,
         * |high|: an acknowledgment showed that, sent for the earlier copy. */
        TV_NOTE_SPURIOUS,
        TV_NOTE_ACK_LOST, /* ... and its acknowledgment died; |low|: upstream, |high|: downstream */
        /* An original behind later ones; |total|, |longest|: how late; |amount|: octets; |low|: the peer reacted. */
        TV_NOTE_LATE,
        /* Repeated by timer until smaller pieces got through: |low|, |high|: octets before and after; |amount|:
           retries. */
        TV_NOTE_SHRUNK,
        /* Nothing came back for three retries or more, then an answer; |amount|: retries, |low|: of them probes;
         * frames: the first copy, its first and last repetition, the answer. */
        TV_NOTE_OUTAGE,
        /* Probes of this end; |low|: nanoseconds of silence before the first one, |high|: between the last two that
         * nothing came between; |amount|: how many in a row nothing answered.  And the answers to them. */
        TV_NOTE_KEEPALIVE,
        TV_NOTE_KEEPALIVE_REPLY,
        TV_NOTE_WINDOW_PROBE,
        TV_NOTE_WINDOW_REPLY,
        /* This end closed its window; frames: closing and opening; |total|, |longest|: for how long; |amount|: since
         * when it is closed, 0: it is open; |high|: probes of the peer meanwhile, |low|: and before. */
        TV_NOTE_ZERO_WINDOW,
        /* This end opened its window, and what said so died; |low|: it never passed, frames: probe and answer,
         * |amount|: of them those where its IP IDs tell of a packet that died; |high|: it passed, and died later,
         * frames: update, probe, answer, and what the answer set going, |total|, |longest|: how long the peer had to
         * wait for that. */
        TV_NOTE_UPDATE_LOST,
        /* The peer's window was used up until it allowed more; |total|: how long this end had to wait; |amount|: when
         * the last wait ended; |low|, |high|: the smallest and the largest window; frames: the last segment that it
         * took, and what allowed more. */
        TV_NOTE_WINDOW_FULL,
        /* Acknowledgments that took more than twice the shortest round trip, while at least half as much was under way
         * as ever was, and while less was; |longest|: the longest round trip. */
        TV_NOTE_SLOW_LOADED,
        TV_NOTE_SLOW_LIGHT,
        TV_NOTE_MARKED,   /* segments of this end that passed with CE (RFC 3168) */
        TV_NOTE_ECHOED,   /* ... with which this end echoes marks (ECE) */
        TV_NOTE_REDUCED,  /* ... with which it says that it slowed down (CWR) */
        TV_NOTE_ACCECN,   /* its SYN speaks of accurate ECN: these bits mean something else */
        TV_NOTE_URGENT,   /* |amount|: the urgent pointer of the last one */
        TV_NOTE_CONFLICT, /* old space with other octets; frames: both; |low|: of another TTL than its first segment,
                             |high|: without the time stamps that it sends, or what it repeats was */
        /* The peer acknowledged octets that this end had not sent, as its next segment says, which had heard of that;
         * |amount|: octets; frames: they, if they passed here, the acknowledgment, and that segment. */
        TV_NOTE_FOREIGN,
        TV_NOTE_SYN_INSIDE, /* a SYN with another ISN; |low|: of another TTL, |high|: SYN-ACKs */
        /* The peer acknowledged less than it had reported by SACK, and that was sent again; |amount|: where it stopped,
         * as long as nothing tells, 0: nowhere; |low|, |high|: time and frame of that. */
        TV_NOTE_RENEGED,
        TV_NOTE_STALE, /* segments of the incarnation before */
        /* Pauses in which nothing was closed, lost or probed, by what ended them; |total|, |longest|; |amount|: those
         * in which this end sent nothing that died before it passed; frames: before and after. */
        TV_NOTE_PAUSE_REPLY,  /* data of this end, to what the peer had said */
        TV_NOTE_PAUSE_OWN,    /* data of this end, which had spoken last */
        TV_NOTE_PAUSE_ACK,    /* an acknowledgment of this end; |low|: the peer went on at once; |high|: the most octets
                                 that it   covered */
        TV_NOTE_TWIN,         /* a packet recorded again; frames: both; |amount|: octets */
        TV_NOTE_TWIN_OPENING, /* ... and it is one of the three that open the connection */
        /* The SYN of this end carried data (RFC 7413); |count|: copies that did; |amount|: octets; |low|: of these the
         * SYN-ACK acknowledged so many, if |high| says that there is one; |begin|, |end|: of the first copy with data
         * and, later than that, of the first without; frames: these, and the SYN-ACK. */
        TV_NOTE_FAST_OPEN,
        /* This end answered its peer's SYN by a bare acknowledgment of another connection, or sent a SYN-ACK that
         * answers a SYN which is not its peer's; |low|: what it acknowledged last; |high|: resets that met this;
         * frames: the peer's SYN, the answer, the reset; |begin|: of that SYN. */
        TV_NOTE_OLD_ACK,
        TV_NOTE_OLD_SYNACK,
        TV_NOTE_KINDS
};

#define TV_NOTE_FRAMES 8

struct tv_note {
        tv_time begin, end;     /* of the first and of the last */
        tv_time total, longest; /* of what lasts */
        uint64_t amount, low, high;
        tv_frame frame[TV_NOTE_FRAMES]; /* of the first ones */
        tv_frame last;                  /* of the last one; of a window, what opened it last */
        uint32_t count;
        uint32_t next; /* number of the next note of this end, 0: none */
        uint8_t kind, frames;
};

/* The note of |kind| in the list |*head|, or a new one at its head; NULL when memory runs out. */
struct tv_note *tv_note_need(struct tv_pool *pool, uint32_t *head, enum tv_note_kind kind);

/* The note of |kind| in the list |head|, or NULL. */
const struct tv_note *tv_note_find(const struct tv_pool *pool, uint32_t head, enum tv_note_kind kind);

/* Counts one event from |begin| to |end| (TV_NO_TIME: unknown) and keeps its frames, 0 for none. */
void tv_note_count(struct tv_note *note, tv_time begin, tv_time end, tv_frame first, tv_frame second);

/* Keeps one more frame, if there is room. */
void tv_note_frame(struct tv_note *note, tv_frame frame);

/* Gives the whole list back. */
void tv_notes_clear(struct tv_pool *pool, uint32_t *head);

#endif
