/* packet_builder.h - packets for decoder tests, header by header.  Lengths and checksums are filled in by
 * tv_build_finish; what a test wants wrong it changes afterwards, in |bytes|. */
#ifndef TV_TEST_PACKET_BUILDER_H
#define TV_TEST_PACKET_BUILDER_H

#include "analyzer/capture/packet.h"
#include "analyzer/decode/decode.h"

#include <assert.h>
#include <pcap/dlt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct tv_build {
        uint8_t bytes[4096];
        size_t length;
        size_t ip, tcp; /* where these headers begin; 0: none (tests put a link header first, or set ip_at_start) */
        bool has_ip, has_tcp;
        uint8_t final_destination[16]; /* what the pseudo-header wants, when it is not in the IP header */
        bool has_final_destination;
};

static inline void
tv_build_bytes(struct tv_build *b, const void *bytes, size_t n)
{
        assert(b->length + n <= sizeof b->bytes);
        if (n > 0)
                memcpy(b->bytes + b->length, bytes, n);
        b->length += n;
}

static inline void
tv_build_be16(struct tv_build *b, uint16_t v)
{
        tv_build_bytes(b, (const uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

static inline void
tv_build_be32(struct tv_build *b, uint32_t v)
{
        tv_build_be16(b, (uint16_t)(v >> 16));
        tv_build_be16(b, (uint16_t)v);
}

static inline void
tv_build_zeros(struct tv_build *b, size_t n)
{
        static const uint8_t zeros[256];

        assert(n <= sizeof zeros);
        tv_build_bytes(b, zeros, n);
}

static inline void
tv_build_poke16(struct tv_build *b, size_t at, uint16_t v)
{
        b->bytes[at] = (uint8_t)(v >> 8);
        b->bytes[at + 1] = (uint8_t)v;
}

static inline void
tv_build_ethernet(struct tv_build *b, uint16_t type)
{
        tv_build_bytes(b, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
        tv_build_be16(b, type);
}

/* 10.0.0.1 > 10.0.0.2, ID 0x1234, TTL 64, TOS 0x2e; |options| octets of NOPs follow. */
static inline void
tv_build_ipv4(struct tv_build *b, uint8_t protocol, uint16_t fragment, size_t options)
{
        b->ip = b->length;
        b->has_ip = true;
        tv_build_bytes(b, (const uint8_t[]){(uint8_t)(0x45 + options / 4), 0x2e}, 2);
        tv_build_be16(b, 0);
        tv_build_be16(b, 0x1234);
        tv_build_be16(b, fragment);
        tv_build_bytes(b, (const uint8_t[]){64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, 12);
        for (size_t i = 0; i < options; i++)
                tv_build_bytes(b, "\1", 1);
}

static const uint8_t tv_build_ipv6_source[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
static const uint8_t tv_build_ipv6_destination[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};

/* 2001:db8::1 > 2001:db8::2, traffic class 0x2e, hop limit 64. */
static inline void
tv_build_ipv6(struct tv_build *b, uint8_t next)
{
        b->ip = b->length;
        b->has_ip = true;
        tv_build_be32(b, 0x62e00000);
        tv_build_bytes(b, (const uint8_t[]){0, 0, next, 64}, 4);
        tv_build_bytes(b, tv_build_ipv6_source, 16);
        tv_build_bytes(b, tv_build_ipv6_destination, 16);
}

/* 40000 > 80, SEQ 1000, ACK 2000, window 512; |options| as they are (a multiple of four octets). */
static inline void
tv_build_tcp(struct tv_build *b, uint16_t flags, const void *options, size_t option_bytes)
{
        assert(option_bytes % 4 == 0 && option_bytes <= 40);
        b->tcp = b->length;
        b->has_tcp = true;
        tv_build_be16(b, 40000);
        tv_build_be16(b, 80);
        tv_build_be32(b, 1000);
        tv_build_be32(b, 2000);
        tv_build_be16(b, (uint16_t)((5 + option_bytes / 4) << 12 | flags));
        tv_build_be16(b, 512);
        tv_build_be32(b, 0);
        tv_build_bytes(b, options, option_bytes);
}

static inline void
tv_build_payload(struct tv_build *b, size_t n)
{
        for (size_t i = 0; i < n; i++)
                tv_build_bytes(b, (const uint8_t[]){(uint8_t)(i * 7 + 1)}, 1);
}

/* The sum of RFC 1071 as its section 4.1 has it: the obvious way. */
static inline uint32_t
tv_build_sum(const uint8_t *p, size_t n)
{
        uint32_t sum = 0;

        for (size_t i = 0; i + 1 < n; i += 2)
                sum += (uint32_t)(p[i] << 8 | p[i + 1]);
        if (n % 2)
                sum += (uint32_t)p[n - 1] << 8;
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return sum;
}

/* Not complemented, folded to 16 bits. */
static inline uint16_t
tv_build_pseudo_sum(const struct tv_build *b, size_t tcp_bytes)
{
        uint32_t sum = 6 + (uint32_t)(tcp_bytes >> 16) + (uint32_t)(tcp_bytes & 0xffff);
        const uint8_t *ip = b->bytes + b->ip;

        if (ip[0] >> 4 == 6) {
                sum += tv_build_sum(ip + 8, 16);
                sum += tv_build_sum(b->has_final_destination ? b->final_destination : ip + 24, 16);
        } else {
                sum += tv_build_sum(ip + 12, 8);
        }
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return (uint16_t)sum;
}

/* Fills in the IP length and all checksums, for a packet that ends here. */
static inline void
tv_build_finish(struct tv_build *b)
{
        uint8_t *ip = b->bytes + b->ip;

        if (b->has_ip && ip[0] >> 4 == 4) {
                tv_build_poke16(b, b->ip + 2, (uint16_t)(b->length - b->ip));
                tv_build_poke16(b, b->ip + 10, 0);
                tv_build_poke16(b, b->ip + 10, (uint16_t)~tv_build_sum(ip, (ip[0] & 15u) * 4));
        } else if (b->has_ip) {
                tv_build_poke16(b, b->ip + 4, (uint16_t)(b->length - b->ip - 40));
        }
        if (b->has_tcp) {
                size_t n = b->length - b->tcp;
                tv_build_poke16(b, b->tcp + 16, 0);
                uint32_t sum = tv_build_pseudo_sum(b, n) + tv_build_sum(b->bytes + b->tcp, n);
                sum = (sum & 0xffff) + (sum >> 16);
                tv_build_poke16(b, b->tcp + 16, (uint16_t)~sum);
        }
}

/* An ordinary segment: Ethernet, IPv4 with DF, PSH and ACK, |payload| octets. */
static inline struct tv_build
tv_build_segment(size_t payload)
{
        struct tv_build b = {.length = 0};

        tv_build_ethernet(&b, 0x0800);
        tv_build_ipv4(&b, 6, 0x4000, 0);
        tv_build_tcp(&b, TV_PSH | TV_ACK, NULL, 0);
        tv_build_payload(&b, payload);
        tv_build_finish(&b);
        return b;
}

/* Decodes the first |captured| octets of a packet of |wire| octets, from a heap buffer of that very size, so that a
 * sanitizer sees the first octet read too far.  |seg| and |more| are filled with rubbish before. */
static inline enum tv_bucket
tv_build_decode_cut(const struct tv_build *b, int link_type, size_t captured, size_t wire, struct tv_segment *seg,
                    struct tv_segment_more *more)
{
        uint8_t *exact = malloc(captured > 0 ? captured : 1);
        union tv_aside aside;
        enum tv_bucket bucket;

        assert(exact && captured <= b->length);
        memcpy(exact, b->bytes, captured);
        memset(seg, 0xa5, sizeof *seg);
        memset(more, 0xa5, sizeof *more);

        struct tv_packet packet = {.data = exact,
                                   .captured = (uint32_t)captured,
                                   .length = (uint32_t)wire,
                                   .time = 1234567890123456789,
                                   .frame = tv_frame_make(1, 7),
                                   .link_type = link_type};
        bucket = tv_decode(&packet, seg, more, &aside);
        free(exact);
        return bucket;
}

static inline enum tv_bucket
tv_build_decode(const struct tv_build *b, int link_type, struct tv_segment *seg, struct tv_segment_more *more)
{
        return tv_build_decode_cut(b, link_type, b->length, b->length, seg, more);
}

#endif
