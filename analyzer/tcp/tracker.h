/* tracker.h - applies one segment to both ends of a connection; knows no flow table and no files.
 *
 * Order within a segment: what its ACK number, SACK blocks and timestamp echo prove about its sender is settled first
 * (it is the sender's own RCV.NXT), then the segment counts as sent. */
#ifndef TV_TRACKER_H
#define TV_TRACKER_H

#include "analyzer/decode/segment.h"
#include "analyzer/flow/pool.h"
#include "analyzer/tcp/closing.h"
#include "analyzer/tcp/endpoint.h"
#include "analyzer/tcp/icmp_notes.h"
#include "analyzer/tcp/notes.h"
#include "analyzer/tcp/story.h"
#include "analyzer/tcp/trouble.h"
#include "reassembly/data_class.h"
#include "reassembly/rtt.h"

#include <stdbool.h>
#include <stdint.h>

#define TV_IDS_UNPROVED 0x80
/* The IP IDs of one end's packets, where it counts them one by one. */
struct tv_ids {
        uint16_t newest; /* the highest so far; 0: none */
        uint8_t run;     /* how far it has proved to count */
        uint8_t step; /* from the packet before to its last one, with TV_IDS_UNPROVED: if it counts; 0: nothing can be
                         said */
};

/* What they tell of the time between its last packet and the one before. */
enum tv_ids_tell {
        TV_IDS_NOTHING,
        TV_IDS_ALL_SEEN, /* it sent nothing in between */
        TV_IDS_SOME_LOST /* it sent packets that never passed the capture point */
};

/* Both ends of one connection, by direction index (0: sent by key.addr[0]). */
struct tv_track {
        uint32_t story; /* number in the pool of struct tv_story, 0: none */
        uint32_t turns;
        uint8_t has_stale;
        uint8_t twins_are; /* enum tv_data_class of exact copies, once decided; 0 before */
        uint8_t talker;    /* 1 + direction that sent the last payload; 0: none yet */
        bool any_twins;
        uint32_t twins_since; /* segments of both ends before the first exact copy */
        struct tv_endpoint ep[2];
        uint32_t stale_nxt[2]; /* SND.NXT of the incarnation before this one */
        tv_time waited[2]; /* time between handshake and close in which all waited for the application at this end */
        uint32_t first_tsval[2]; /* of each end's first segment; 0: none */
        struct tv_ids ids[2];
};

/* What one segment was. */
struct tv_seen {
        uint8_t data_class, reason, needed, lost, ack_class;
        bool needed_pending; /* a tv_settlement follows, or the connection ends first */
        bool class_pending;  /* exact copy: capture-duplicate or network-duplicate follows */
        bool ack_pending;    /* early, unseen or unsent follows */
        bool has_expected_seq, has_expected_ack;
        uint32_t expected_seq, expected_ack;
        tv_frame of_frame;
        uint32_t old_bytes; /* octets sent before */
};

/* What turned out later about an earlier segment.  0 in a field: no news about it. */
struct tv_settlement {
        tv_frame frame;
        uint8_t data_class, needed, lost, ack_class, reason;
        bool final_needed; /* needed and lost are settled now */
};

struct tv_tracker {
        struct tv_pool trouble, story, losses, icmp, notes, closing;
        tv_time rto_min;
        /* Called for segments whose tv_seen had something pending; NULL when nobody asks. */
        void (*settle)(void *context, const struct tv_settlement *settlement);
        void *context;
        /* capture-wide counters */
        uint64_t segments, twins, early_acks, allocations;
        tv_frame first_gap; /* the acknowledgment that first showed octets missing from the capture */
        tv_time gap_time;
        tv_frame first_twin, first_early; /* evidence of the first of each */
        bool drops;                       /* the capturer says that it dropped packets */
        /* From each packet to its second record; from an acknowledgment to its data that come later in the file. */
        struct tv_rtt twin_lag, early_lead;
        uint64_t anonymous;       /* segments that nothing tells from a copy: neither IP ID nor TSval */
        uint64_t twins_other_ttl; /* second records whose TTL is not that of their sender's first segment */
};

void tv_tracker_init(struct tv_tracker *tracker, tv_time rto_min);
void tv_tracker_clear(struct tv_tracker *tracker);

/* Starts a connection without segments. */
void tv_track_init(struct tv_track *track);
/* Releases what the connection holds in pools and on the heap. */
void tv_track_clear(struct tv_tracker *tracker, struct tv_track *track);
/* The connection is over: releases what only segments in flight need. */
void tv_track_quiet(struct tv_tracker *tracker, struct tv_track *track);

/* Applies |seg|, sent by direction index |dir|. |more| may be NULL. */
void tv_track_segment(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_segment *seg,
                      const struct tv_segment_more *more, struct tv_seen *seen);

/* An ICMP error quotes a segment of direction |dir|.  tv_track_quotes: can the quote be of this connection's, by its
 * sequence number (RFC 5927 section 4.1)?  tv_track_icmp notes the error, which changes nothing else. */
bool tv_track_quotes(const struct tv_track *track, unsigned dir, uint32_t seq);
void tv_track_icmp(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, const struct tv_icmp_error *error,
                   tv_frame frame, tv_time time);
/* Takes over the notes |icmp| of the pool, which were made before there was a connection. */
void tv_track_take_icmp(struct tv_tracker *tracker, struct tv_track *track, uint32_t icmp);

/* The input ends or the connection is final: settles what is pending as far as the evidence goes. */
void tv_track_settle_all(struct tv_tracker *tracker, struct tv_track *track);

static inline struct tv_trouble *
tv_track_trouble(const struct tv_tracker *tracker, const struct tv_endpoint *ep)
{
        return ep->trouble != 0 ? tv_pool_at(&tracker->trouble, ep->trouble) : 0;
}

static inline struct tv_story *
tv_track_story(const struct tv_tracker *tracker, const struct tv_track *track)
{
        return track->story != 0 ? tv_pool_at(&tracker->story, track->story) : 0;
}

/* The note of |kind| about |ep|; NULL: none. */
static inline const struct tv_note *
tv_track_note(const struct tv_tracker *tracker, const struct tv_endpoint *ep, enum tv_note_kind kind)
{
        const struct tv_trouble *trouble = tv_track_trouble(tracker, ep);

        return trouble != 0 ? tv_note_find(&tracker->notes, trouble->notes, kind) : 0;
}

/* What was lost of the handshake and the close; NULL: nothing. */
static inline const struct tv_losses *
tv_track_losses(const struct tv_tracker *tracker, const struct tv_track *track)
{
        const struct tv_story *story = tv_track_story(tracker, track);

        return story != 0 && story->losses != 0 ? tv_pool_at(&tracker->losses, story->losses) : 0;
}

/* What is noted of its resets; NULL: there were none. */
static inline struct tv_closing *
tv_track_closing(const struct tv_tracker *tracker, const struct tv_track *track)
{
        const struct tv_story *story = tv_track_story(tracker, track);

        return story != 0 && story->closing != 0 ? tv_pool_at(&tracker->closing, story->closing) : 0;
}

/* The ICMP errors that quote its segments; NULL: none. */
static inline const struct tv_icmp_notes *
tv_track_icmp_notes(const struct tv_tracker *tracker, const struct tv_track *track)
{
        const struct tv_story *story = tv_track_story(tracker, track);

        return story != 0 && story->icmp != 0 ? tv_pool_at(&tracker->icmp, story->icmp) : 0;
}

/* A closing milestone of direction |dir|, or an empty one. */
const struct tv_milestone *tv_track_milestone(const struct tv_tracker *tracker, const struct tv_track *track,
                                              unsigned dir, enum tv_milestone_kind kind);

/* How much longer than the least delayed segments of end |dir| one of them took to the capture point that was captured
 * at |time| with TSval |tsval| (0: none): nanoseconds, never more than its timestamp clock shows, and 0 when unknown.
 * Clocks that do not count milliseconds tell nothing. */
tv_time tv_track_lateness(const struct tv_track *track, unsigned dir, tv_time time, uint32_t tsval);

/* The same of the segment that proves that end |dir| got its peer's SYN. */
tv_time tv_track_open_lateness(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir);

/* The shortest time from the capture point to end |dir| and back that was measured; 0 when it was not. */
static inline tv_time
tv_track_round_trip(const struct tv_track *track, unsigned dir)
{
        const struct tv_rtt *rtt = &track->ep[!dir].rtt;

        return rtt->count != 0 ? rtt->min : 0;
}

/* Of the packets of |dir| before |last|, its last one captured. */
enum tv_ids_tell tv_track_ids(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir,
                              const struct tv_segment *last);

/* Is the capture point at end |dir|, so that nothing is lost between them?  By the round trips alone. */
static inline bool
tv_track_is_at(const struct tv_track *track, unsigned dir)
{
        const struct tv_rtt *near = &track->ep[!dir].rtt, *far = &track->ep[dir].rtt;

        return near->count != 0 && far->count != 0 && near->min < 500000 && near->min * 4 < far->min;
}

#endif
