/* clock.h - a monotone clock from capture times that may step (design.md section 3): a jump of more than 60 s forward
 * or 1 s back re-bases it only when further packets agree.  Timers run on it; printed times stay raw. */
#ifndef TV_CLOCK_H
#define TV_CLOCK_H

#include "analyzer/capture/packet.h"

struct tv_clock {
        tv_time raw;      /* newest raw time that counted */
        tv_time now;      /* the monotone clock */
        tv_time begun;    /* where it started */
        tv_time doubtful; /* raw time of a jump that nothing confirmed yet */
        unsigned agree;   /* packets that confirm it */
        /* For the quality of the capture: */
        tv_time highest;                      /* highest raw time so far, restarted by a step */
        unsigned behind;                      /* packets in a row below |highest| */
        uint64_t steps;                       /* times the clock stepped back or leapt for good or for a packet */
        uint64_t reordered;                   /* frames a little out of order */
        tv_frame step_frame, reordered_frame; /* the first of each */
        tv_time step_time;                    /* the highest time before the first step */
        tv_time most_back;                    /* the largest step */
        tv_time paused;    /* newest time before a silence of more than a minute, in which the capture may have paused;
                              TV_NO_TIME: there was none */
        tv_time behind_by; /* how far the first of |behind| packets is below |highest| */
};

/* A clock that starts with the first packet. */
void tv_clock_init(struct tv_clock *clock);

/* Takes the time of the next packet and returns the monotone time. */
tv_time tv_clock_tick(struct tv_clock *clock, tv_time raw, tv_frame frame);

/* The input ends: what was still open about steps is counted. */
void tv_clock_finish(struct tv_clock *clock);

#endif
