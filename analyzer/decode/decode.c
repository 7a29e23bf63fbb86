/* decode.c - the road of one packet through link layer, IP and TCP. */
#include "analyzer/decode/decode.h"

#include "analyzer/decode/walk.h"

#include <pcap/dlt.h>
#include <stdbool.h>

/* What nearly every packet is: Ethernet II, an IPv4 header without options, no fragment, TCP, and the packet has the
 * length that IP promises or was cut behind it.  The road below comes to the same result. */
static inline bool
is_plain(const struct tv_packet *packet)
{
        enum { ETHERNET = 14, IPV4 = 20, TCP = 20 };
        const uint8_t *ip = packet->data + ETHERNET;

        return packet->link_type == DLT_EN10MB && packet->captured >= ETHERNET + IPV4 + TCP &&
               packet->data[12] == 0x08 && packet->data[13] == 0x00 && ip[0] == 0x45 && ip[9] == TV_IP_TCP &&
               (tv_be16(ip + 6) & 0x3fff) == 0 && tv_be16(ip + 2) >= IPV4 + TCP &&
               tv_be16(ip + 2) + (uint32_t)ETHERNET <= packet->length;
}

static inline enum tv_bucket
decode_plain(const struct tv_packet *packet, struct tv_segment *seg, struct tv_segment_more *more)
{
        enum { ETHERNET = 14, IPV4 = 20, DONT_FRAGMENT = 0x40 };
        const uint8_t *ip = packet->data + ETHERNET;
        uint32_t total = tv_be16(ip + 2), have = packet->captured - ETHERNET;
        struct tv_transport t = {.p = ip + IPV4,
                                 .have = (have < total ? have : total) - IPV4,
                                 .length = total - IPV4,
                                 .ip_bytes = IPV4,
                                 .source = ip + 12,
                                 .destination = ip + 16};

        seg->bits = (uint8_t)(TV_SEG_HAS_IP_ID | ((ip[6] & DONT_FRAGMENT) != 0 ? TV_SEG_ATOMIC : 0));
        seg->ip_id = tv_be16(ip + 4);
        seg->ttl = ip[8];
        seg->traffic_class = ip[1];
        seg->frame = packet->frame;
        seg->time = packet->time;
        return tv_tcp_decode(&t, seg, more);
}

/* From |next| to the end of the road. */
static enum tv_bucket
walk(struct tv_walk *w, struct tv_next next)
{
        for (unsigned i = 0; next.decode != NULL && i < TV_WALK_MAX; i++)
                next = next.decode(w);
        if (w->bucket == TV_BUCKET_tcp && w->context.steps > 0)
                tv_segment_more_use(w->seg, w->more)->context = w->context;
        else if (w->bucket == TV_BUCKET_icmp)
                w->aside->icmp.context = w->context;
        return w->bucket;
}

static void
begin(struct tv_walk *w, const struct tv_packet *packet, struct tv_segment *seg, struct tv_segment_more *more,
      union tv_aside *aside)
{
        w->context.steps = 0;
        w->bounded = w->tunnelled = w->guessed = w->filled = w->in_ip = false;
        w->outside = TV_BUCKET_not_ip;
        w->bucket = TV_BUCKET_not_ip;
        w->seg = seg;
        w->more = more;
        w->aside = aside;
        aside->icmp.kind = TV_ICMP_NONE; /* until an error that quotes a TCP segment is found */
        seg->bits = 0;
        seg->frame = packet->frame;
        seg->time = packet->time;
}

enum tv_bucket
tv_decode(const struct tv_packet *packet, struct tv_segment *seg, struct tv_segment_more *more, union tv_aside *aside)
{
        struct tv_next next;
        struct tv_walk w;

        if (is_plain(packet))
                return decode_plain(packet, seg, more);
        next = tv_next_link(packet->link_type);
        if (next.decode == NULL)
                return TV_BUCKET_unknown_link;
        begin(&w, packet, seg, more, aside);
        w.c = tv_cursor_make(packet->data, packet->captured);
        /* Some writers claim fewer bytes on the wire than they captured. */
        w.missing = packet->length > packet->captured ? packet->length - packet->captured : 0;
        return walk(&w, next);
}

enum tv_bucket
tv_decode_datagram(const struct tv_packet *packet, const struct tv_fragment *fragment, struct tv_segment *seg,
                   struct tv_segment_more *more, union tv_aside *aside)
{
        const struct tv_fragment whole = *fragment; /* |aside| may be where it is */
        struct tv_walk w;

        begin(&w, packet, seg, more, aside);
        w.context = whole.context;
        /* Its first header was read before, and so was what lay around it. */
        w.in_ip = w.bounded = true;
        w.ip_bytes = whole.header_bytes;
        w.c = tv_cursor_make(whole.payload, whole.have);
        w.missing = whole.length - whole.have;
        if (whole.ipv6) {
                tv_ipv6_fields(&w, whole.header);
                w.destination = whole.destination; /* a routing header may have told */
                return walk(&w, tv_ipv6_extensions(&w, whole.protocol));
        }
        tv_ipv4_fields(&w, whole.header);
        return walk(&w, tv_next_protocol(&w, whole.protocol));
}

static const struct {
        const char *name, *meaning;
} buckets[TV_BUCKETS] = {
#define TV_BUCKET(name, meaning) {#name, meaning},
#include "analyzer/decode/bucket_list.def"
#undef TV_BUCKET
};

const char *
tv_bucket_name(enum tv_bucket bucket)
{
        return buckets[bucket].name;
}

const char *
tv_bucket_meaning(enum tv_bucket bucket)
{
        return buckets[bucket].meaning;
}
