#include "analyzer/flow/half_open.h"

#include <string.h>

bool
tv_half_open_fits(const struct tv_segment *seg)
{
        return (seg->flags & (TV_SYN | TV_ACK | TV_FIN | TV_RST | TV_URG | TV_PSH)) == TV_SYN && seg->length == 0 &&
               (seg->flags & (TV_AE | TV_RESERVED_BITS)) == 0 && (seg->options & (TV_OPT_FAST_OPEN | TV_OPT_SACK)) == 0;
}

void
tv_half_open_start(struct tv_half_open *half, const struct tv_segment *seg, const struct tv_segment_more *more)
{
        half->key = seg->key;
        half->hash = seg->hash;
        half->frame = seg->frame;
        half->time = half->last_time = seg->time;
        half->seq = seg->seq;
        half->tsval = seg->tsval;
        half->options = seg->options;
        half->window = seg->window;
        half->header_bytes = seg->header_bytes;
        half->ip_id = seg->ip_id;
        half->mss = (seg->options & TV_OPT_MSS) != 0 && (seg->bits & TV_SEG_MORE) != 0 ? more->mss : 0;
        half->ttl = seg->ttl;
        half->traffic_class = seg->traffic_class;
        half->bits = seg->bits;
        half->checksum = seg->checksum;
        half->wscale = seg->wscale;
        half->flags = (uint8_t)seg->flags;
        half->way = tv_segment_way(seg, more);
        half->shares_stream = 0;
        half->repeats = 0;
        half->repeats_at = 0;
        half->icmp = 0;
}

bool
tv_half_open_repeat(struct tv_half_open *half, struct tv_half_open_repeats *repeats, const struct tv_segment *seg,
                    const struct tv_segment_more *more)
{
        struct tv_half_open_repeat *repeat;
        int64_t time_step = seg->time - half->time;
        uint64_t frame_step = seg->frame - half->frame;

        /* Same file, same kind of SYN, and steps that fit; anything else is for a whole connection. */
        if (half->repeats == TV_HALF_OPEN_REPEATS || time_step < 0 || time_step >> 47 != 0 ||
            seg->frame < half->frame || frame_step > UINT32_MAX || seg->options != half->options ||
            seg->window != half->window || seg->header_bytes != half->header_bytes || seg->ttl != half->ttl ||
            ((seg->bits ^ half->bits) & ~TV_SEG_CHOSEN) != 0 || seg->traffic_class != half->traffic_class ||
            seg->checksum != half->checksum || seg->wscale != half->wscale || (uint8_t)seg->flags != half->flags ||
            tv_segment_way(seg, more) != half->way)
                return false;
        repeat = &repeats->at[half->repeats];
        repeat->frame_step = (uint32_t)frame_step;
        repeat->time_step = (uint64_t)time_step & ((UINT64_C(1) << 48) - 1);
        repeat->tsval = seg->tsval;
        repeat->ip_id = seg->ip_id;
        half->repeats++;
        half->bits |= seg->bits & TV_SEG_CHOSEN;
        half->last_time = seg->time;
        return true;
}

void
tv_half_open_replay(const struct tv_half_open *half, const struct tv_half_open_repeats *repeats, unsigned i,
                    struct tv_segment *seg, struct tv_segment_more *more)
{
        memset(seg, 0, sizeof *seg);
        memset(more, 0, sizeof *more);
        seg->key = half->key;
        seg->hash = half->hash;
        seg->frame = half->frame;
        seg->time = half->time;
        seg->seq = half->seq;
        seg->tsval = half->tsval;
        seg->options = half->options;
        seg->window = half->window;
        seg->header_bytes = half->header_bytes;
        seg->ip_id = half->ip_id;
        seg->ttl = half->ttl;
        seg->traffic_class = half->traffic_class;
        seg->bits = half->bits;
        seg->checksum = half->checksum;
        seg->wscale = half->wscale;
        seg->flags = half->flags;
        more->mss = half->mss;
        more->way = half->way;
        if (i != 0 && i <= half->repeats && repeats != NULL) {
                const struct tv_half_open_repeat *repeat = &repeats->at[i - 1];

                seg->frame += repeat->frame_step;
                seg->time += (tv_time)repeat->time_step;
                seg->tsval = repeat->tsval;
                seg->ip_id = (uint16_t)repeat->ip_id;
        }
}
