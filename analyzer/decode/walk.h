/* walk.h - the road of one packet through its headers, from the link layer to TCP, through any tunnels.
 *
 * Each decoder is one function in one file.  It finds its header at the cursor, moves behind it, and returns the
 * decoder of what comes next; how the next one is known (a link type, an Ethernet type, an IP protocol, a UDP port) is
 * a line in a list.  Decoders allocate nothing and trust no length. */
#ifndef TV_WALK_H
#define TV_WALK_H

#include "analyzer/decode/cursor.h"
#include "analyzer/decode/decode.h"

#include <stdbool.h>
#include <stdint.h>

enum tv_ip_protocol {
        TV_IP_HOP_BY_HOP = 0,
        TV_IP_ICMP = 1,
        TV_IP_TCP = 6,
        TV_IP_UDP = 17,
        TV_IP_ROUTING = 43,
        TV_IP_FRAGMENT = 44,
        TV_IP_AH = 51,
        TV_IP_ICMPV6 = 58,
        TV_IP_DESTINATION = 60,
        TV_IP_MOBILITY = 135,
        TV_IP_HIP = 139,
        TV_IP_SHIM6 = 140,
};

enum tv_ethertype {
        TV_ETHERTYPE_MIN = 0x0600, /* smaller values are lengths (IEEE 802.3 clause 3.2.6) */
        TV_ETHERTYPE_IPV4 = 0x0800,
        TV_ETHERTYPE_IPV6 = 0x86dd,
        TV_ETHERTYPE_BRIDGED = 0x6558, /* an Ethernet frame (RFC 1701 section "protocol types") */
        TV_ETHERTYPE_MPLS = 0x8847,
};

struct tv_walk {
        struct tv_cursor c; /* captured bytes that no header was made of yet */
        uint32_t missing;   /* so many more follow on the wire, which the snaplen cut */

        enum tv_bucket bucket; /* what the packet is if nothing more is found in it */
        struct tv_context context;

        bool bounded;           /* a header says where it all ends, and the frame goes so far */
        bool tunnelled;         /* the cursor is inside of another packet's payload */
        bool guessed;           /* what follows was taken for a packet by no more than a UDP port or a look */
        bool filled;            /* the innermost IPv6 header promises just the octets that those around it do */
        enum tv_bucket outside; /* with |guessed|: what the packet is if the guess was wrong */

        /* The innermost IP header so far. */
        bool in_ip;
        uint32_t ip_bytes;          /* octets of the IP header and its extension headers */
        const uint8_t *source;      /* 4 or 16 octets (TV_SEG_IPV6 in seg->bits) */
        const uint8_t *destination; /* as the pseudo-header wants it */

        struct tv_segment *seg;
        struct tv_segment_more *more;
        union tv_aside *aside;
};

/* What comes next: its decoder, NULL at the end of the road. */
struct tv_next {
        struct tv_next (*decode)(struct tv_walk *walk);
};

#define TV_WALK_MAX 256 /* headers of one packet; more is an attack */

/* Bytes that the headers so far promise behind the cursor, captured or not. */
static inline uint32_t
tv_walk_length(const struct tv_walk *w)
{
        return (uint32_t)tv_cursor_left(&w->c) + w->missing;
}

/* A header says that only |length| bytes follow (the rest is padding or a trailer), or more than there were. */
static inline void
tv_walk_limit(struct tv_walk *w, uint32_t length)
{
        uint32_t have = (uint32_t)tv_cursor_left(&w->c);

        w->bounded |= length <= tv_walk_length(w);
        if (have >= length) {
                w->c.end = w->c.p + length;
                w->missing = 0;
        } else {
                w->missing = length - have;
        }
}

/* Only |length| bytes follow, if there are so many: of headers whose lengths are known to be wrong at times, such as
 * those that a network card was to fill in. */
static inline void
tv_walk_trim(struct tv_walk *w, uint32_t length)
{
        if (length < tv_walk_length(w))
                tv_walk_limit(w, length);
}

/* tv_walk_step notes a tag on the way, tv_walk_tunnel a packet inside of a packet: the IP header so far, if any, is
 * part of the way. */
static inline void
tv_walk_step(struct tv_walk *w, enum tv_step kind, uint32_t id)
{
        if (w->context.steps < TV_MAX_STEPS) {
                w->context.kind[w->context.steps] = (uint8_t)kind;
                w->context.id[w->context.steps++] = id;
        }
}

static inline void
tv_walk_tunnel(struct tv_walk *w, enum tv_step kind, uint32_t id)
{
        w->tunnelled |= w->in_ip;
        w->in_ip = false;
        tv_walk_step(w, kind, id);
}

/* What follows is a packet only if the guess is right: a UDP port is anybody's, a label stack does not tell.  An IPv6
 * header proves little by itself, so TCP in one is looked at closely then (tcp.c). */
static inline void
tv_walk_guess(struct tv_walk *w)
{
        if (!w->guessed)
                w->outside = w->bucket;
        w->guessed = true;
}

/* The innermost IP header so far as a step, for a packet in it that no other header announces. */
static inline enum tv_step
tv_step_of_ip(const struct tv_walk *w)
{
        return (w->seg->bits & TV_SEG_IPV6) != 0 ? TV_STEP_IPV6 : TV_STEP_IPV4;
}

/* The road ends here: the packet is in |bucket|.  Inside a tunnel a packet that makes no sense proves nothing but that
 * this is no such tunnel: then it stays what it was outside. */
struct tv_next tv_walk_end(struct tv_walk *w, enum tv_bucket bucket);

/* ... and is what it is known to be so far. */
struct tv_next tv_walk_stop(void);

/* ... since a header of |need| bytes does not fit: into what the headers before promise, then it makes no sense, or
 * only into what the snaplen left. */
struct tv_next tv_walk_short(struct tv_walk *w, uint32_t need);

/* It goes on with |decode|; tv_walk_skip: behind |bytes| more, or ends where there are fewer. */
static inline struct tv_next tv_walk_on(struct tv_next (*decode)(struct tv_walk *walk))
{
        return (struct tv_next){decode};
}

static inline struct tv_next
tv_walk_skip(struct tv_walk *w, size_t bytes, struct tv_next (*decode)(struct tv_walk *walk))
{
        return tv_walk_on(tv_take(&w->c, bytes) ? decode : NULL);
}

/* The decoder that a number stands for; none: the packet stays what it is so far.  tv_next_protocol also sets the
 * bucket of an IP packet with such contents. */
struct tv_next tv_next_link(int link_type);
struct tv_next tv_next_ethertype(uint16_t type);
struct tv_next tv_next_protocol(struct tv_walk *w, uint8_t protocol);
struct tv_next tv_next_udp_port(uint16_t port);

/* IP from its version field on. */
struct tv_next tv_next_ip_version(const struct tv_walk *w);

/* Does an IP header begin |at| bytes behind the cursor?  Where nothing announces what follows, or only a port that
 * anybody may use: the header must be captured whole, its checksum right (IPv4) and the packet must fit into what the
 * headers so far promise; |exact|: fill it.  Chance passes IPv4 once in 2^24 times or less; IPv6, that has no checksum,
 * once in 2^13 times, exactly filled once in 2^24: TCP in it needs tv_walk_guess. */
bool tv_looks_like_ip(const struct tv_walk *w, uint32_t at, bool exact);

/* The same at the cursor, but that a wrong header checksum of IPv4, as generators and offload leave it, is made up for
 * by a length that fits exactly: chance passes once in 2^20 times. */
bool tv_fits_as_ip(const struct tv_walk *w);

/* Does an Ethernet frame begin there that holds an IP packet, directly, with VLAN tags or with LLC and SNAP? */
bool tv_looks_like_ethernet(const struct tv_walk *w, uint32_t at);

/* A session of layer 2 behind a header that tells neither the size of its cookie nor what it carries (L2TPv3, RFC 3931
 * section 4.1.1): Ethernet or PPP, wherever IP is found in it. */
struct tv_next tv_l2tpv3_session(struct tv_walk *w);

/* GRE, from its flags on. */
struct tv_next tv_gre(struct tv_walk *w);

/* ERSPAN types II and III, from its header on. */
struct tv_next tv_erspan(struct tv_walk *w);

#define TV_LINK(decoder, dlt, name) struct tv_next tv_link_##decoder(struct tv_walk *w);
#include "analyzer/decode/link_list.def"
#undef TV_LINK
#define TV_BY_ETHERTYPE(type, decoder)    struct tv_next tv_##decoder(struct tv_walk *w);
#define TV_BY_PROTOCOL(protocol, decoder) struct tv_next tv_##decoder(struct tv_walk *w);
#define TV_BY_UDP_PORT(port, decoder)     struct tv_next tv_##decoder(struct tv_walk *w);
#include "analyzer/decode/tunnel_list.def"
#undef TV_BY_ETHERTYPE
#undef TV_BY_PROTOCOL
#undef TV_BY_UDP_PORT

/* IEEE 802.2, with SNAP. */
struct tv_next tv_llc(struct tv_walk *w);

/* What follows when nothing but its first octets tells: 802.2 or IP (classical IP over ATM, RFC 2684). */
struct tv_next tv_llc_or_ip(struct tv_walk *w);

/* From the octet on that ISO/IEC TR 9577 names protocols by (RFC 2427). */
struct tv_next tv_nlpid(struct tv_walk *w);

/* IP behind an address family as one of the BSDs, macOS or Linux numbers them. */
struct tv_next tv_next_family(uint32_t family);

/* PPP from its protocol field on, of one or two octets, with or without address and control (ff 03) before it. */
struct tv_next tv_ppp(struct tv_walk *w);

/* Extension headers of IPv6 from one of kind |next| on (RFC 8200 section 4). */
struct tv_next tv_ipv6_extensions(struct tv_walk *w, uint8_t next);

/* What the header at |p| tells about the segment; sets source and destination, too. */
void tv_ipv4_fields(struct tv_walk *w, const uint8_t *p);
void tv_ipv6_fields(struct tv_walk *w, const uint8_t *p);

/* What IP hands to TCP. */
struct tv_transport {
        const uint8_t *p;      /* the TCP header */
        uint32_t have;         /* bytes at |p|, at most |length| */
        uint32_t length;       /* octets of TCP header and payload */
        uint32_t ip_bytes;     /* octets of IP header and extension headers */
        const uint8_t *source; /* 4 or 16 octets (TV_SEG_IPV6 in seg->bits) */
        const uint8_t *destination;
};

/* tv_tcp_decode fills in what TCP tells, and the key; frame and time are set already. */
enum tv_bucket tv_tcp_decode(const struct tv_transport *t, struct tv_segment *seg, struct tv_segment_more *more);

/* Canonical order of both ends (see struct tv_flow_key).  Returns true when the source is the higher one. */
bool tv_flow_key_set(struct tv_flow_key *key, bool ipv6, const uint8_t *source, const uint8_t *destination,
                     uint16_t source_port, uint16_t destination_port);

/* The bucket of a header of |need| bytes for which |length| were promised and fewer than |need| captured. */
static inline enum tv_bucket
tv_short_bucket(uint32_t need, uint32_t length)
{
        return need > length ? TV_BUCKET_malformed : TV_BUCKET_cut;
}

/* |more| becomes valid, empty at first. */
static inline struct tv_segment_more *
tv_segment_more_use(struct tv_segment *seg, struct tv_segment_more *more)
{
        if (!(seg->bits & TV_SEG_MORE)) {
                seg->bits |= TV_SEG_MORE;
                *more = (struct tv_segment_more){0};
        }
        return more;
}

#endif
