/* decode.c - the road of one packet through link layer, IP and TCP. */
#include "analyzer/decode/decode.h"

#include "analyzer/decode/link.h"
#include "analyzer/decode/net.h"

#include <string.h>

enum tv_bucket
tv_decode(const struct tv_packet *packet, struct tv_segment *seg, struct tv_segment_more *more)
{
        struct tv_cursor c = tv_cursor_make(packet->data, packet->captured);
        struct tv_link_tags tags;
        enum tv_bucket bucket;
        enum tv_net net;

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
