/* half_open.h - a flow of which only SYNs of one end were seen: a small record of its own kind, promoted to a
 * connection by the first answer (or by anything that it cannot hold).  A flood is mostly these. */
#ifndef TV_HALF_OPEN_H
#define TV_HALF_OPEN_H

#include "analyzer/decode/segment.h"

#include <stdbool.h>

#define TV_HALF_OPEN_REPEATS 4

/* A repeated SYN, as far as it differs from the first. */
struct tv_half_open_repeat {
        uint32_t frame_step; /* frames after the first */
        uint32_t tsval;
        uint64_t time_step : 48; /* nanoseconds after the first */
        uint64_t ip_id : 16;
};

/* All of them, kept apart from the record: most SYNs of a flood are never repeated. */
struct tv_half_open_repeats {
        struct tv_half_open_repeat at[TV_HALF_OPEN_REPEATS];
};

struct tv_half_open {
        struct tv_flow_key key;
        uint32_t hash;
        tv_frame frame;
        tv_time time, last_time; /* of the first SYN and of the newest */
        uint64_t number;         /* of the connection */
        uint32_t stream;         /* Wireshark's */
        uint32_t prev, next;     /* oldest-first list of all half-open records */
        uint32_t seq, tsval;
        uint32_t repeats_at; /* where the engine keeps the repeats; 0: nowhere yet */
        uint32_t icmp;       /* number in the tracker's pool of struct tv_icmp_notes, 0: none */
        uint16_t options, window, header_bytes, ip_id, mss;
        uint8_t ttl, traffic_class, bits, checksum, wscale;
        uint8_t flags; /* ECE and CWR of the first SYN */
        uint8_t repeats;
        uint8_t shares_stream; /* as TV_CONN_SHARES_STREAM */
        uint16_t way;          /* of all its SYNs (context_table.h) */
};
_Static_assert(sizeof(struct tv_half_open) == 120,
               "with its index slots, well below 192 bytes for each flow of a flood");

/* Can |seg| begin a half-open record: a SYN without anything else?  |more| may be NULL. */
bool tv_half_open_fits(const struct tv_segment *seg);

void tv_half_open_start(struct tv_half_open *half, const struct tv_segment *seg, const struct tv_segment_more *more);

/* Takes a repeated SYN in; |more| may be NULL.  Returns false when the record cannot hold it: promote it first.
 * TV_SEG_CHOSEN of one SYN becomes that of all of them: it must not change what the record holds. */
bool tv_half_open_repeat(struct tv_half_open *half, struct tv_half_open_repeats *repeats, const struct tv_segment *seg,
                         const struct tv_segment_more *more);

/* The |i|-th SYN again, 0 .. half->repeats, as it was; |repeats| may be NULL for the first. */
void tv_half_open_replay(const struct tv_half_open *half, const struct tv_half_open_repeats *repeats, unsigned i,
                         struct tv_segment *seg, struct tv_segment_more *more);

#endif
