/* decode.c - the road of one packet through link layer, IP and TCP. */
#include "analyzer/decode/decode.h"

#include "analyzer/decode/link.h"
#include "analyzer/decode/net.h"

#include <pcap/dlt.h>
#include <stdbool.h>
#include <string.h>

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

enum tv_bucket
tv_decode(const struct tv_packet *packet, struct tv_segment *seg, struct tv_segment_more *more)
{
        struct tv_cursor c = tv_cursor_make(packet->data, packet->captured);
        struct tv_link_tags tags;
        enum tv_bucket bucket;
        enum tv_net net;

        if (is_plain(packet))
                return decode_plain(packet, seg, more);
        tags.vlans = 0;
        net = tv_link_decode(packet->link_type, &c, &tags);
        if (net == TV_NET_UNKNOWN_LINK)
                return TV_BUCKET_unknown_link;
        if (net == TV_NET_OTHER || c.truncated)
                return TV_BUCKET_not_ip;

        /* Some writers claim fewer bytes on the wire than they captured. */
        uint32_t wire = packet->length > packet->captured ? packet->length : packet->captured;
        uint32_t have = (uint32_t)(c.end - c.p);
        wire -= packet->captured - have;

        seg->bits = 0;
        bucket = net == TV_NET_IPV4 ? tv_ipv4_decode(c.p, have, wire, seg, more)
                                    : tv_ipv6_decode(c.p, have, wire, seg, more);
        if (bucket != TV_BUCKET_tcp)
                return bucket;
        seg->frame = packet->frame;
        seg->time = packet->time;
        if (tags.vlans > 0) {
                tv_net_more(seg, more)->vlans = tags.vlans;
                memcpy(more->vlan, tags.vlan, tags.vlans * sizeof *tags.vlan);
        }
        return TV_BUCKET_tcp;
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
