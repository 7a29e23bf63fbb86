/* milestone.h - the handful of events that make up the life of one end of a connection.
 *
 * A capture shows segments in flight.  An end's own act (it sent a SYN, a FIN, an RST) is a fact.  What it got is an
 * assumption until something that it sent later proves it, and evidence can refute it too.  States and transition
 * rows follow from the milestones (timeline.h), so that what was refuted was never written. */
#ifndef TV_MILESTONE_H
#define TV_MILESTONE_H

#include "analyzer/capture/packet.h"

#include <stdbool.h>

enum tv_milestone_kind {
        TV_DID_SYN,  /* it sent its SYN (with or without ACK) */
        TV_GOT_SYN,  /* it received the peer's SYN */
        TV_GOT_ACK1, /* it received the acknowledgment of its SYN */
        TV_OPEN_MILESTONES,
        TV_DID_FIN = TV_OPEN_MILESTONES,
        TV_GOT_FIN,
        TV_GOT_ACK2, /* it received the acknowledgment of its FIN */
        TV_DID_RST,
        TV_GOT_RST,
        TV_MILESTONES
};

/* For an act: |cause| is the frame that is the act (0: the capture lacks it, |proof| shows that it happened),
 * |earliest| a happened-before bound, |latest| the capture time.  For a receipt: |cause| is the first frame that can
 * have brought it and |earliest| its capture time; |proof| and |latest| are the first evidence of the receipt. */
struct tv_milestone {
        tv_time earliest, latest; /* TV_NO_TIME: unknown */
        tv_frame cause, proof;    /* 0: none */
};

static inline bool
tv_milestone_reached(const struct tv_milestone *m)
{
        return m->cause != 0 || m->proof != 0;
}

static inline bool
tv_milestone_proved(const struct tv_milestone *m)
{
        return m->proof != 0;
}

/* Notes a segment that can have brought a receipt; the first one stays until it is refuted. */
static inline void
tv_milestone_assume(struct tv_milestone *m, tv_frame cause, tv_time time)
{
        if (m->cause == 0 && m->proof == 0) {
                m->cause = cause;
                m->earliest = time;
                m->latest = TV_NO_TIME;
        }
}

/* Notes the first evidence that the receipt happened. */
static inline void
tv_milestone_prove(struct tv_milestone *m, tv_frame proof, tv_time time)
{
        if (m->proof != 0)
                return;
        if (m->cause == 0)
                m->earliest = TV_NO_TIME;
        m->proof = proof;
        m->latest = time;
}

/* Later evidence disproves the receipt of every copy so far. Returns false when it had been proved. */
static inline bool
tv_milestone_refute(struct tv_milestone *m)
{
        if (m->proof != 0)
                return false;
        m->cause = 0;
        m->earliest = m->latest = TV_NO_TIME;
        return true;
}

#endif
