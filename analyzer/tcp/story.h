/* story.h - the closing milestones of both ends and what was lost on the way; one per connection, taken from a pool
 * with the first FIN, RST, lost handshake segment or ICMP error. */
#ifndef TV_STORY_H
#define TV_STORY_H

#include "analyzer/tcp/milestone.h"

#include <stdint.h>

/* Which segment a loss is about. */
enum tv_lost_segment {
        TV_LOST_SYN,
        TV_LOST_SYNACK,
        TV_LOST_ACK1, /* the third one of the handshake, or what stands in for it */
        TV_LOST_FIN,
        TV_LOST_ACK2,    /* the acknowledgment of a FIN */
        TV_SPURIOUS_SYN, /* nothing was lost: repeated although the answer was on its way */
        TV_SPURIOUS_SYNACK,
        TV_IGNORED_ACK1, /* it arrived, and the responder still repeats its SYN-ACK */
        TV_LOST_SEGMENTS
};

struct tv_loss {
        tv_frame lost;   /* the copy that died, 0 when it never passed the capture point */
        tv_frame proof;  /* the segment that shows it */
        tv_time time;    /* of the lost copy, else of the copy before it */
        tv_time until;   /* of the proof */
        uint8_t segment; /* enum tv_lost_segment */
        uint8_t sender;  /* direction index of who sent the lost segment */
        uint8_t where;   /* enum tv_lost */
};
#define TV_LOSSES 8

/* Taken from a pool of its own with the first loss. */
struct tv_losses {
        struct tv_loss at[TV_LOSSES];
        uint32_t count; /* all of them, also those beyond TV_LOSSES */
};

/* Index of struct tv_story.late_us: a closing milestone, or what follows them. */
#define TV_LATE(kind) ((kind)-TV_OPEN_MILESTONES)
#define TV_LATE_OPEN  (TV_MILESTONES - TV_OPEN_MILESTONES)
#define TV_LATES      (TV_LATE_OPEN + 1)

struct tv_story {
        struct tv_milestone end[2][TV_MILESTONES - TV_OPEN_MILESTONES]; /* by direction index */
        uint32_t losses;       /* number in the pool of struct tv_losses, 0: none */
        uint32_t fin_ack;      /* SEG.ACK of the FIN that was captured first, where it has one */
        uint32_t icmp;         /* number in the pool of struct tv_icmp_notes, 0: none */
        uint32_t closing;      /* number in the pool of struct tv_closing, 0: none */
        uint64_t fin[2];       /* offset of each FIN, with TV_EP_FIN_KNOWN */
        uint64_t ack2_mark[2]; /* SND.NXT of the peer when that segment came */
        /* How much longer than the least delayed segments of its end the segment took to the capture point that is each
         * act, or proves each receipt: microseconds by its TSval, 0 also when unknown.  [..][TV_LATE_OPEN] is for the
         * segment that proves TV_GOT_SYN. */
        uint32_t late_us[2][TV_LATES];
/* In fin_wait_us: the copy of the FIN that was taken is known by its echo. */
#define TV_FIN_ECHOED UINT32_C(0x80000000)
        uint32_t fin_wait_us[2]; /* when what each end's TV_GOT_FIN had to wait for was at the capture point, as far as
                                    is known: microseconds after the first FIN of its peer */
        uint32_t ack2_tsval[2];  /* TSval of the segment assumed to have brought TV_GOT_ACK2; 0: no use */
        tv_frame rst_frame[2];   /* first RST by each end that was not acceptable (RFC 5961), 0: none */
};

#endif
