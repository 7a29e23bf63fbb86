/* retransmission.h - segments that are not simply new: what they are, why they were sent, whether they were needed and
 * where the lost copy died (design.md section 4).  The history of the bytes decides first, time second. */
#ifndef TV_RETRANSMISSION_H
#define TV_RETRANSMISSION_H

#include "analyzer/tcp/tracker.h"

/* Classifies a segment of |dir| with sequence space [begin, begin + space) that is not the plain next one; enters it
 * into the ledger, counts it, and leaves a pending record where later evidence can tell more. */
void tv_retransmission_classify(struct tv_tracker *tracker, struct tv_track *track, unsigned dir,
                                const struct tv_segment *seg, uint64_t begin, uint32_t space, struct tv_seen *seen);

/* What two transmissions of the same octets differ in, beside IP ID and TSval: a hash of ACK, TSecr and window. */
uint16_t tv_retransmission_trait(const struct tv_segment *seg);

/* An earlier record of this very packet among the remembered transmissions, or NULL. */
const struct tv_sent *tv_retransmission_twin(const struct tv_endpoint *ep, const struct tv_segment *seg, uint64_t begin,
                                             uint32_t space);

/* The peer of |dir| acknowledged |dir|'s space from |before| up to |ack| with |seg|. */
void tv_retransmission_acked(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, uint64_t before,
                             uint64_t ack, const struct tv_segment *seg);

/* The peer of |dir| reported with |seg| that it received [begin, end) of |dir|'s space twice (RFC 2883). */
void tv_retransmission_dsack(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, uint64_t begin,
                             uint64_t end, const struct tv_segment *seg);

/* The first SACK block of the peer's |seg|, which is no D-SACK, is [begin, end) of |dir|'s space: what arrived last is
 * in it (RFC 2018 section 4).  To be called before the block is added to what is known as received. */
void tv_retransmission_reported(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, uint64_t begin,
                                uint64_t end, const struct tv_segment *seg);

/* A packet of |dir| with [begin, end) was captured a second time: if the network made two of it, the peer may report
 * that as received twice. */
void tv_retransmission_twin_seen(struct tv_tracker *tracker, struct tv_track *track, unsigned dir, uint64_t begin,
                                 uint64_t end);

/* |seg| of |dir|, whose endpoint has had trouble, echoes a time stamp: which of the peer's segments arrived. */
void tv_retransmission_echoed(struct tv_tracker *tracker, struct tv_track *track, unsigned dir,
                              const struct tv_segment *seg);

/* No more evidence will come for |dir|. */
void tv_retransmission_settle_all(struct tv_tracker *tracker, struct tv_track *track, unsigned dir);

/* Of the tracker, for this module: */
struct tv_trouble *tv_track_need_trouble(struct tv_tracker *tracker, struct tv_endpoint *ep);
struct tv_note *tv_track_need_note(struct tv_tracker *tracker, struct tv_endpoint *ep, enum tv_note_kind kind);
struct tv_story *tv_track_need_story(struct tv_tracker *tracker, struct tv_track *track);
void tv_track_remember(struct tv_endpoint *ep, const struct tv_segment *seg, uint64_t begin, uint32_t space,
                       uint8_t bits);
void tv_track_note_loss(struct tv_tracker *tracker, struct tv_track *track, const struct tv_loss *loss);

#endif
