/* sent_ledger.h - which sequence space one endpoint put on the wire, as captured, and how far its peer acknowledged it.
 *
 * Offsets are unwrapped sequence numbers (seqnum.h); SYN and FIN occupy one each (RFC 9293 section 3.4).  Two kinds of
 * memory: |holes| knows exactly, for the whole life of the connection, which space was never captured; the ring of
 * recent transmissions knows frame, time and identity of what is unacknowledged, and of a little before that. */
#ifndef TV_SENT_LEDGER_H
#define TV_SENT_LEDGER_H

#include "reassembly/range_set.h"

#include <stdbool.h>
#include <stdint.h>

enum tv_sent_bit {
        TV_SENT_AGAIN = 0x01,   /* some octet of it was transmitted more than once: no RTT sample (Karn) */
        TV_SENT_COPY = 0x02,    /* it is itself a retransmission */
        TV_SENT_DAMAGED = 0x04, /* wrong checksum: the receiving host discards it */
        TV_SENT_HAS_TS = 0x08,
        TV_SENT_HAS_ID = 0x10,
        TV_SENT_PARTIAL = 0x20, /* |sum| does not cover the whole payload */
        TV_SENT_PURE = 0x40,    /* no sequence space: kept for its TSval */
};

/* One captured transmission. */
struct tv_sent {
        int64_t time; /* nanoseconds since the epoch */
        uint64_t frame;
        uint64_t begin;  /* offset */
        uint32_t length; /* of sequence space */
        uint32_t tsval;  /* with TV_SENT_HAS_TS */
        uint32_t sum;    /* of the payload; see tv_segment.payload_sum */
        uint16_t ip_id;  /* with TV_SENT_HAS_ID; else a hash of what else tells two transmissions apart */
        uint8_t bits;    /* enum tv_sent_bit */
        uint8_t flags;   /* low eight TCP flags */
};
_Static_assert(sizeof(struct tv_sent) == 40, "ring entries are many");

/* At most this many transmissions are remembered per direction; beyond, the oldest are forgotten. */
#define TV_SENT_RING_MAX  4096
#define TV_SENT_RING_MIN  4
#define TV_SENT_RING_PURE 64
/* A busy direction also remembers what was acknowledged a moment ago: copies of it may still come. */
#define TV_SENT_RING_YOUNG 256
#define TV_SENT_YOUNG_NS   INT64_C(250000000)
/* Any direction remembers what is younger than second records of a packet are. */
#define TV_SENT_BURST_NS INT64_C(1000000)
/* At most this many holes are kept apart; beyond, the nearest ones melt together. */
#define TV_LEDGER_HOLES 256

struct tv_ledger {
        uint64_t nxt; /* SND.NXT: one past the highest offset captured */
        uint64_t una; /* SND.UNA: highest acknowledgment of the peer that was captured */
        struct tv_sent *ring;
        uint32_t pushed, done;      /* transmissions entered; of them settled by acknowledgment */
        uint32_t mask;              /* capacity - 1, 0 without a ring */
        uint32_t forgotten_missing; /* octets of acknowledged holes that |holes| no longer keeps */
        struct tv_range_set holes;  /* parts of [begin, nxt) that were never captured */
        uint64_t begin;             /* lowest offset captured or proved: the ISN, or where a capture begun in the middle
                                       starts; 0: nothing is known yet */
};
_Static_assert(sizeof(struct tv_ledger) == 64, "one cache line");

static inline bool
tv_ledger_started(const struct tv_ledger *ledger)
{
        return ledger->nxt != 0;
}

/* Where the numbers of this direction stand, whether captured or only acknowledged. */
static inline uint64_t
tv_ledger_front(const struct tv_ledger *ledger)
{
        return ledger->una > ledger->nxt ? ledger->una : ledger->nxt;
}

/* What tv_ledger_add found about [begin, end). */
struct tv_overlap {
        uint64_t old;   /* octets captured before */
        uint64_t hole;  /* octets of old space that had never been captured */
        uint64_t fresh; /* octets above what had been captured */
};

void tv_ledger_clear(struct tv_ledger *ledger);

/* Sets the place where this direction's space begins. */
void tv_ledger_start(struct tv_ledger *ledger, uint64_t begin);

/* Lowers the beginning: an older segment of a capture begun in the middle came late. */
void tv_ledger_extend_down(struct tv_ledger *ledger, uint64_t begin);

/* Marks [begin, end) as captured; a gap before |begin| becomes a hole. */
struct tv_overlap tv_ledger_add(struct tv_ledger *ledger, uint64_t begin, uint64_t end);

/* Remembers one transmission at |now|; |pure|: one without sequence space, for which the ring grows less far.  Returns
 * the new entry, to be filled in by the caller and valid until the next call, or NULL when memory ran out. */
struct tv_sent *tv_ledger_remember(struct tv_ledger *ledger, int64_t now, bool pure);

/* The entries still remembered, newest first: i from 0; NULL when there are no more. */
static inline struct tv_sent *
tv_ledger_recent(const struct tv_ledger *ledger, uint32_t i)
{
        struct tv_sent *sent;

        if (ledger->ring == NULL || i >= ledger->pushed || i > ledger->mask)
                return NULL;
        sent = &ledger->ring[(ledger->pushed - 1 - i) & ledger->mask];
        /* A ring that grew has room for more than it still knows. */
        return sent->frame != 0 ? sent : NULL;
}

/* The oldest (|first|) or newest remembered transmission with sequence space that covers |offset|; NULL if none. */
struct tv_sent *tv_ledger_find(const struct tv_ledger *ledger, uint64_t offset, bool first);

/* The peer acknowledged everything below |ack|: moves una.  Returns the newest entry that ends at |ack| exactly and was
 * sent once, to take an RTT sample from, or NULL. */
const struct tv_sent *tv_ledger_acknowledge(struct tv_ledger *ledger, uint64_t ack);

/* Entries without sequence space whose TSval was echoed need no longer be kept alive. */
void tv_ledger_echoed(struct tv_ledger *ledger, uint32_t tsecr);

/* Octets of sequence space from |from| on acknowledged but never captured: lost by the capture itself. */
uint64_t tv_ledger_missing(const struct tv_ledger *ledger, uint64_t from);

/* Did the peer take what a wrong checksum should have made it discard: is one of the newest transmissions that have
 * one, and were sent but once, acknowledged?  Then the packets were changed after they were captured, or their
 * checksums filled in, and no checksum of this end tells what the peer discarded. */
bool tv_ledger_damaged_taken(const struct tv_ledger *ledger);

/* Releases the ring (not the holes): nothing more will be asked about single transmissions. */
void tv_ledger_forget(struct tv_ledger *ledger);

#endif
