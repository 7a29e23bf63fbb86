/* decode_fuzz.c - any bytes as a packet: the first chooses the link type, the second how much longer the frame was on
 * the wire than what was captured; the rest is the packet. */
#include "analyzer/decode/decode.h"

#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

enum { NOT_DECODED = DLT_IEEE802_15_4_WITHFCS };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int claim)
{
        if (!claim)
                abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const int link_types[] = {
#define TV_LINK(decoder, dlt, name) dlt,
#include "analyzer/decode/link_list.def"
#undef TV_LINK
                NOT_DECODED,
        };
        struct tv_segment_more more;
        union tv_aside aside;
        struct tv_segment seg;

        if (size < 2)
                return 0;
        /* Of its exact size, so that a sanitizer sees the first octet read too far. */
        uint8_t *packet = malloc(size - 2 > 0 ? size - 2 : 1);
        if (!packet)
                return 0;
        memcpy(packet, data + 2, size - 2);

        struct tv_packet p = {.data = packet,
                              .captured = (uint32_t)(size - 2),
                              .length = (uint32_t)(size - 2) + (uint32_t)data[1] * 16,
                              .time = 1,
                              .frame = tv_frame_make(1, 1),
                              .link_type = link_types[data[0] % (sizeof link_types / sizeof *link_types)]};
        enum tv_bucket bucket = tv_decode(&p, &seg, &more, &aside);

        require(bucket < TV_BUCKETS);
        require(tv_decode_passed(&p) <= TV_PASSED_BY);
        require((bucket == TV_BUCKET_unknown_link) == (p.link_type == NOT_DECODED));
        if (bucket == TV_BUCKET_tcp) {
                require(seg.sack_blocks <= TV_MAX_SACK_BLOCKS);
                require(seg.header_bytes >= 40);
                require(seg.checksum <= TV_CHECKSUM_WRONG);
                require(memcmp(seg.key.addr[0], seg.key.addr[1], 16) <= 0);
                require(!(seg.bits & TV_SEG_CUT) || seg.checksum == TV_CHECKSUM_UNCHECKED);
                if (seg.bits & TV_SEG_MORE)
                        require(more.context.steps <= TV_MAX_STEPS);
                else
                        require(seg.sack_blocks == 0 && !(seg.options & (TV_OPT_MSS | TV_OPT_FAST_OPEN)));
        }
        if (bucket == TV_BUCKET_icmp && aside.icmp.kind != TV_ICMP_NONE) {
                static const uint8_t zero[12];
                const struct tv_icmp_error *error = &aside.icmp;

                require(error->kind <= TV_ICMP_REDIRECT);
                require(memcmp(error->key.addr[0], error->key.addr[1], 16) <= 0);
                require(error->mtu == 0 || error->kind == TV_ICMP_TOO_BIG);
                require(error->ipv6 || (error->mtu <= UINT16_MAX && memcmp(error->sender + 4, zero, 12) == 0));
                require(tv_icmp_meaning(error->ipv6, error->type, error->code)[0] != '\0');
        }
        free(packet);
        return 0;
}
