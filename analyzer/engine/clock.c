#include "analyzer/engine/clock.h"

#include <string.h>

#define SECOND   INT64_C(1000000000)
#define AGREEING 3
/* So many packets in a row below the highest time are no reordering: the clock was set back. */
#define BEHIND_STEP 12
/* A hostile file can leap again and again.  After a month without a packet every timer is over, so a leap counts for no
 * more; and in all the clock runs for 18 years at most, so that sums of times stay within 64 bits. */
#define LEAP_LIMIT (30 * 86400 * SECOND)
#define RUN_LIMIT  (INT64_C(1) << 59)

void
tv_clock_init(struct tv_clock *clock)
{
        memset(clock, 0, sizeof *clock);
        clock->raw = clock->now = clock->doubtful = clock->highest = clock->paused = TV_NO_TIME;
}

/* The clock went back by |by|, first seen in |frame|. */
static void
step_back(struct tv_clock *clock, tv_time by, tv_frame frame)
{
        clock->steps++;
        if (clock->step_frame == 0) {
                clock->step_frame = frame;
                clock->step_time = clock->highest;
        }
        if (by > clock->most_back)
                clock->most_back = by;
}

static void
judge_order(struct tv_clock *clock, tv_time raw, tv_frame frame)
{
        if (raw >= clock->highest) {
                clock->reordered += clock->behind;
                clock->behind = 0;
                clock->highest = raw;
                return;
        }
        if (clock->behind == 0) {
                if (clock->highest - raw > SECOND) { /* no network and no capture reorders by that much */
                        step_back(clock, clock->highest - raw, frame);
                        clock->highest = raw;
                        return;
                }
                if (clock->reordered_frame == 0)
                        clock->reordered_frame = frame;
                clock->behind_by = clock->highest - raw;
        }
        clock->behind++;
        if (clock->behind >= BEHIND_STEP) {
                step_back(clock, clock->behind_by, frame - BEHIND_STEP + 1);
                if (clock->reordered == 0)
                        clock->reordered_frame = 0;
                clock->behind = 0;
                clock->highest = raw;
        }
}

static void
advance(struct tv_clock *clock, tv_time step)
{
        clock->now += step < LEAP_LIMIT ? step : LEAP_LIMIT;
        if (clock->now - clock->begun > RUN_LIMIT)
                clock->now = clock->begun + RUN_LIMIT;
}

tv_time
tv_clock_tick(struct tv_clock *clock, tv_time raw, tv_frame frame)
{
        tv_time step;

        if (clock->raw == TV_NO_TIME) {
                clock->raw = clock->now = clock->begun = clock->highest = raw;
                return clock->now;
        }
        judge_order(clock, raw, frame);
        step = raw - clock->raw;
        if (step >= -SECOND && step <= 60 * SECOND) {
                if (step > 0) {
                        advance(clock, step);
                        clock->raw = raw;
                }
                clock->agree = 0;
                return clock->now;
        }
        if (clock->agree != 0 && (step > 0 ? raw >= clock->doubtful : raw >= clock->doubtful - SECOND)) {
                clock->agree++;
        } else {
                clock->agree = 1;
        }
        clock->doubtful = raw;
        if (clock->agree >= AGREEING) {
                if (step > 0) {
                        advance(clock, step);
                        clock->paused = clock->raw;
                }
                clock->raw = raw;
                clock->agree = 0;
        }
        return clock->now;
}

void
tv_clock_finish(struct tv_clock *clock)
{
        clock->reordered += clock->behind;
        clock->behind = 0;
}
