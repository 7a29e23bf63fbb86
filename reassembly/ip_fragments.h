/* ip_fragments.h - fragments of IPv4 (RFC 791 3.2) and IPv6 (RFC 8200 4.5) put together to the datagrams they were.
 *
 * It knows neither packets nor files: the caller cuts a fragment out of its packet and gives it as a piece.  What a
 * receiver would do with the same pieces depends on the receiver; here an unknown is better than a guess:
 *
 * - Where pieces overlap, the octets that came first stay, and the datagram says |overlapped|, or |conflicting| if the
 *   octets differed.  Such a datagram is no proof of what arrived: IPv6 receivers must drop it (RFC 5722), and many
 *   drop it in IPv4.  The same piece once more (same place, same length, no other octets) is a duplicate, as RFC 8200
 *   allows, and no overlap.
 * - Pieces that disagree on where the datagram ends belong to two datagrams with one identification (RFC 4963), or
 *   are made up: nothing is delivered.
 * - A snaplen that cuts pieces makes no difference to when a datagram is complete, only to how many octets of it are
 *   at hand.  Octets that the piece there first did not have are taken from a duplicate of it, but not once pieces
 *   overlapped.
 * - Where a capture has each packet twice, the second copies of a datagram that is whole already would wait for ever,
 * or until its identification is used again, and spoil that datagram.  What begins with a copy of a piece that was used
 *   less than a second ago is made of copies only: the first other piece, or the end of its time, makes it go.
 * - A whole datagram in one piece (offset 0, nothing more to come: RFC 6946) is complete by itself and leaves alone
 *   what waits under the same key.
 *
 * A datagram is given up when its pieces did not all come within 30 s (IPv4) or 60 s (IPv6) of the first of them, when
 * its pieces contradict each other, or when memory is needed and no other waits for longer.  Whether a datagram is
 * right only its own checksum can tell: an IPv4 identification is soon used again. */
#ifndef TV_IP_FRAGMENTS_H
#define TV_IP_FRAGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        TV_FRAGMENT_IPV4_SECONDS = 30,       /* Linux's default, ipfrag_time; RFC 1122 3.3.2 has 60 to 120 */
        TV_FRAGMENT_IPV6_SECONDS = 60,       /* RFC 8200 4.5 */
        TV_FRAGMENT_IPV4_HEADER_MAX = 60,    /* RFC 791 3.1: IHL has four bits */
        TV_FRAGMENT_IPV6_HEADER_MAX = 512,   /* no rule; far more than any per-fragment headers seen */
        TV_FRAGMENT_COPIES_MAX = 64,         /* of so many pieces of a datagram late copies are known */
        TV_FRAGMENT_RANGES_MAX = 64,         /* separate stretches of one datagram; with more it is given up */
        TV_FRAGMENTS_LEAST_BYTES = 256 << 10 /* the largest datagram always fits */
};

/* What the pieces of one datagram have in common. */
struct tv_fragment_key {
        uint8_t source[16], destination[16]; /* IPv4: the first four octets */
        uint32_t id;
        uint8_t protocol; /* IPv4: part of the key.  IPv6: Next Header of the fragment header, no part of the key */
        bool ipv6;
};

struct tv_fragment_piece {
        struct tv_fragment_key key;
        uint32_t offset;        /* octets of the datagram's payload before this piece; a multiple of 8 */
        uint32_t length;        /* octets of payload by the IP header; a multiple of 8 if |more| */
        uint32_t have;          /* of these at |payload|; fewer than |length| if the capture cut them off */
        bool more;              /* the flag MF or M: the datagram goes on after this piece */
        const uint8_t *payload; /* |have| octets */
        /* What stands before the payload, |header_bytes| long, all of it captured.  IPv4: the header with its options.
         * IPv6: the header and those after it up to the fragment header, which is left out.  Kept of the piece with
         * offset 0. */
        const uint8_t *header;
        uint32_t header_bytes;
        int64_t time_ns; /* capture time; may step back */
        uint64_t frame;
        bool chosen; /* by the caller, to whom it means something */
};

struct tv_datagram {
        /* Header and payload, |have| octets without a hole.  The header is that of the piece with offset 0 as it was:
         * its length, flags, checksum and Next Header fields speak of the piece. */
        const uint8_t *bytes;
        uint32_t have;         /* at most |length| */
        uint32_t length;       /* header and payload by the headers */
        uint32_t header_bytes; /* of |have| */
        uint8_t protocol;      /* of the piece with offset 0: the only one that counts in IPv6 (RFC 8200 4.5) */
        uint64_t first_frame;  /* of the piece that came first */
        unsigned pieces;       /* duplicates and overlaps included */
        bool overlapped;       /* pieces overlapped and were no duplicates */
        bool conflicting;      /* and had other octets in the same place */
        bool chosen;           /* at least one of the pieces was */
};

struct tv_fragment_evidence {
        uint64_t count;
        uint64_t first_frame; /* 0 while |count| is 0 */
};

/* pieces = pieces_used + pieces_given_up + pieces_waiting + invalid + too_long + beyond_end, at any time. */
struct tv_fragment_counts {
        uint64_t pieces;
        uint64_t pieces_used;     /* of datagrams put together, and late copies of them */
        uint64_t pieces_given_up; /* of datagrams given up */
        uint64_t pieces_waiting;  /* of datagrams that may still become whole */
        uint64_t copies_waiting;  /* of these, late copies of pieces used */
        uint64_t datagrams;       /* put together */
        uint64_t waiting;         /* datagrams that may still become whole */

        /* Datagrams given up, with the frame that came first of the one given up first. */
        struct tv_fragment_evidence timed_out;
        struct tv_fragment_evidence evicted;       /* for want of memory */
        struct tv_fragment_evidence contradictory; /* by a piece of |beyond_end| */
        struct tv_fragment_evidence scattered;     /* more than TV_FRAGMENT_RANGES_MAX stretches */

        /* Pieces refused: they change nothing, but for |beyond_end|. */
        struct tv_fragment_evidence invalid;    /* empty, not in units of 8 octets, more at hand than long, or a header
                                                   longer than any */
        struct tv_fragment_evidence too_long;   /* the datagram would exceed what its length field can say */
        struct tv_fragment_evidence beyond_end; /* disagree with earlier ones on the end of the datagram */

        /* Pieces that came for what was covered already.  One that overlapped may do so again when it is repeated. */
        struct tv_fragment_evidence duplicates;
        struct tv_fragment_evidence overlapping; /* the conflicting ones included */
        struct tv_fragment_evidence conflicting;
};

struct tv_fragments;

/* |max_bytes| bounds all that it ever allocates, itself and the last datagram handed out included; an allocation counts
 * as 16 to 31 octets more than was asked for.  |seed| should be random: it keeps whoever wrote the capture from
 * choosing keys that collide.  NULL when there is no memory or |max_bytes| is less than TV_FRAGMENTS_LEAST_BYTES. */
struct tv_fragments *tv_fragments_new(size_t max_bytes, const uint64_t seed[2]);

/* NULL is fine. */
void tv_fragments_free(struct tv_fragments *fragments);

/* Adds |piece|, of which nothing is borrowed.  True if it completed its datagram: |whole| is filled in, and its octets
 * stay until the next call or tv_fragments_free.  False otherwise, |whole| untouched; the counts tell more. */
bool tv_fragments_add(struct tv_fragments *fragments, const struct tv_fragment_piece *piece, struct tv_datagram *whole);

/* Up to date after each call of tv_fragments_add. */
const struct tv_fragment_counts *tv_fragments_counts(const struct tv_fragments *fragments);

/* Memory in use, never more than |max_bytes|. */
size_t tv_fragments_bytes(const struct tv_fragments *fragments);

#endif
