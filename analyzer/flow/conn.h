/* conn.h - one incarnation of a 4-tuple: its key, its number, its two ends, and whether a segment belongs to it. */
#ifndef TV_CONN_H
#define TV_CONN_H

#include "analyzer/decode/segment.h"
#include "analyzer/flow/half_open.h"
#include "analyzer/flow/zeek.h"
#include "analyzer/tcp/tracker.h"

#include <stdbool.h>
#include <stddef.h>

enum tv_conn_bit {
        TV_CONN_IPV6 = 0x01,
        TV_CONN_A_IS_HIGH = 0x02,  /* the initiator is key.addr[1] */
        TV_CONN_ROLE_KNOWN = 0x04, /* ... and it is known, not just taken to be so */
        TV_CONN_BY_SYNACK = 0x08,  /* the initiator follows from a SYN-ACK, its SYN was not captured */
        TV_CONN_LINGERING = 0x10,  /* over; a timer will make it final */
        TV_CONN_REPLACED = 0x20,   /* a new incarnation took its place */
        TV_CONN_EVICTED = 0x40,    /* made final early to make memory */
        TV_CONN_FAST_OPEN = 0x80,
        TV_CONN_SYN_FIN_SEEN = 0x100, /* Wireshark's rule: a FIN or RST was seen in its stream */
        TV_CONN_BASE_0 = 0x200,       /* Wireshark's rule: base[0] is set */
        TV_CONN_BASE_1 = 0x400,
        TV_CONN_ZEEK_DATA_0 = 0x800, /* more data of direction 0 no longer changes |zeek| */
        TV_CONN_ZEEK_DATA_1 = 0x1000,
        TV_CONN_ZEEK_ACK_0 = 0x2000, /* nor do more acknowledgments */
        TV_CONN_ZEEK_ACK_1 = 0x4000,
        TV_CONN_CHOSEN = 0x8000,       /* one of its segments was TV_SEG_CHOSEN, or an ICMP error about it */
        TV_CONN_TUNNELLED = 0x10000,   /* at least one segment came with tags or through a tunnel */
        TV_CONN_OTHER_WAY_0 = 0x20000, /* direction 0 had another way than way[0], too */
        TV_CONN_OTHER_WAY_1 = 0x40000,
        TV_CONN_BY_WAY = 0x80000,         /* others have its key at the same time: ways tell them apart */
        TV_CONN_SHARES_STREAM = 0x100000, /* the stream table, not |base|, has what Wireshark's rule needs */
        TV_CONN_OPENING = 0x200000,       /* |opening| still counts */
        TV_CONN_CLOSED = 0x400000,        /* a FIN or RST was seen: |close_idle| is set */
        TV_CONN_SLOW_THIRD = 0x1000000, /* a bare third segment came TV_CONN_SILENCE_LEAST or more behind the SYN-ACK */
        TV_CONN_ODD_RESET = 0x800000,   /* a reset came with another TTL than the first segment of its end */
};

/* Unit of the silences below, in nanoseconds: 32 bits of it are 19 hours. */
#define TV_CONN_SILENCE_UNIT INT64_C(16384)
/* Shorter ones are none. */
#define TV_CONN_SILENCE_LEAST INT64_C(200000000)

struct tv_conn {
        /* Hot: with the first fields of |track| one cache line. */
        struct tv_flow_key key;
        uint32_t bits; /* enum tv_conn_bit */
        tv_time idle;  /* silence before the last segment */
        struct tv_track track;

        /* Cold. */
        uint64_t number;
        tv_frame first_frame;
        tv_time start;
        struct tv_zeek zeek;
        uint32_t hash;
        uint32_t stream;     /* Wireshark's number, of its first segment */
        uint32_t stream_now; /* ... of its newest */
        uint32_t base[2];    /* first sequence number that Wireshark would take for each direction */
        uint16_t way[2];     /* by direction: how its first segment came (context_table.h) */
        uint32_t other; /* number of the half-open record of the last SYN that did not fit into this connection: stray,
                           forged, or the beginning of the next one; 0: none */
        uint32_t opening;        /* number in the engine's pool of struct tv_opening, 0: none */
        uint32_t silence;        /* the longest that something new ended, in TV_CONN_SILENCE_UNIT; 0: none */
        uint32_t silence_before; /* the longest of the others */
        uint32_t close_idle;     /* 1 + silence before the first FIN or RST, in the same unit; 0: none came */
        tv_time silence_end;     /* when |silence| ended */
};
_Static_assert(offsetof(struct tv_conn, track.ep) == 64, "the ends begin where the first cache line ends");

/* Direction index of the end that spoke last. */
static inline unsigned
tv_conn_last(const struct tv_conn *conn)
{
        const struct tv_endpoint *ep = conn->track.ep;

        if (ep[0].last_frame == 0 || ep[1].last_frame == 0)
                return ep[0].last_frame == 0;
        return tv_frame_earlier(ep[0].last_frame, ep[0].last_time, ep[1].last_frame, ep[1].last_time);
}

static inline tv_time
tv_conn_last_time(const struct tv_conn *conn)
{
        return conn->track.ep[tv_conn_last(conn)].last_time;
}

enum tv_belongs {
        TV_BELONGS,        /* to this incarnation */
        TV_NEW_CONNECTION, /* it begins another one */
};

/* Does |seg| belong to |conn|?  |other| is the record of conn->other, or NULL.  A new incarnation needs evidence
 * (design.md section 2): a new ISN after the old one ended or was refused, an answered SYN, or numbers that cannot
 * belong to the old one.  Silence is none. */
enum tv_belongs tv_conn_belongs(const struct tv_tracker *tracker, const struct tv_conn *conn,
                                const struct tv_half_open *other, const struct tv_segment *seg);

/* Is |seg|, a SYN or SYN-ACK that came by |way|, of another network, which uses the addresses and ports of |conn| at
 * the same time?  So it is when its direction has used another way alone, its ISN is not that of the direction, and
 * |conn| is not over.  |other| as for tv_conn_belongs. */
bool tv_conn_is_elsewhere(const struct tv_tracker *tracker, const struct tv_conn *conn,
                          const struct tv_half_open *other, const struct tv_segment *seg, uint16_t way);

/* How well does |seg|, which came by |way|, go with |conn|, one of several with the same key (TV_CONN_BY_WAY)?  The
 * most is the best; equal ones tell nothing.  What counts most is that its direction used this way, unless the sequence
 * numbers are foreign; then sequence numbers alone. */
uint64_t tv_conn_affinity(const struct tv_conn *conn, const struct tv_segment *seg, uint16_t way);

/* Are both ends done with it: closed, refused or reset? */
bool tv_conn_ended(const struct tv_tracker *tracker, const struct tv_conn *conn);

/* Notes who opened the connection, as far as |seg| tells. */
void tv_conn_roles(struct tv_conn *conn, const struct tv_segment *seg);

/* Direction index of the initiator. */
static inline unsigned
tv_conn_a(const struct tv_conn *conn)
{
        return (conn->bits & TV_CONN_A_IS_HIGH) != 0;
}

#endif
