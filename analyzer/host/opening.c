#include "analyzer/host/opening.h"

static void
ignore_all(struct tv_opening *opening)
{
        if (opening->sent > opening->ignored) {
                opening->ignored = opening->sent;
                opening->ignored_until = opening->waits_since;
                opening->ignored_data |= opening->waits_data;
        }
        opening->waits_data = false;
}

void
tv_opening_synack(struct tv_opening *opening, tv_time time, tv_frame frame)
{
        if (opening->synacks < TV_OPENING_TIMES)
                opening->synack_again[opening->synacks] = time;
        opening->synacks++;
        opening->last_synack = time;
        opening->synack_frame = frame;
        ignore_all(opening);
}

void
tv_opening_syn(struct tv_opening *opening, tv_time time)
{
        if (opening->syns < TV_OPENING_TIMES)
                opening->syn_again[opening->syns] = time;
        opening->syns++;
}

void
tv_opening_sent(struct tv_opening *opening, const struct tv_segment *seg, bool again)
{
        /* Data that is sent again was not acknowledged when it came first.  Of an acknowledgment alone nothing tells:
         * it may have opened the connection without a word. */
        if (again && opening->waits_data)
                ignore_all(opening);
        if (opening->sent++ == 0) {
                opening->ignored_from = seg->time;
                opening->ignored_frame = seg->frame;
        }
        if (seg->length != 0 && opening->data_from == TV_NO_TIME)
                opening->data_from = seg->time;
        opening->waits_since = seg->time;
        opening->waits_data |= seg->length != 0;
}
