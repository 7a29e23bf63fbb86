/* flow_key.h - what makes two segments belong to one 4-tuple: equality and a keyed hash of struct tv_flow_key.
 *
 * The hash is SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; 1 and 3 rounds, as for hash
 * tables elsewhere), so that whoever wrote the capture cannot choose keys that collide.  The message is the packed key:
 * both addresses (4 or 16 bytes each, network order), then both ports (16 bits each, little-endian). */
#ifndef TV_FLOW_KEY_H
#define TV_FLOW_KEY_H

#include "analyzer/decode/segment.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Same addresses and ports?  An IPv4 and an IPv6 key may be equal: compare TV_SEG_IPV6 beside it. */
static inline bool
tv_flow_key_equal(const struct tv_flow_key *x, const struct tv_flow_key *y)
{
        return memcmp(x, y, sizeof *x) == 0;
}
_Static_assert(sizeof(struct tv_flow_key) == 36, "no padding: keys compare and hash as bytes");

/* Eight bytes as a little-endian number; compilers make one load of it. */
static inline uint64_t
tv_flow_load64(const uint8_t *p)
{
        return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
               (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static inline uint64_t
tv_flow_load32(const uint8_t *p)
{
        return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24;
}

#define TV_SIP_ROTATE(x, bits) ((x) << (bits) | (x) >> (64 - (bits)))
#define TV_SIP_ROUND(v)                                                                                                \
        do {                                                                                                           \
                (v)[0] += (v)[1];                                                                                      \
                (v)[2] += (v)[3];                                                                                      \
                (v)[1] = TV_SIP_ROTATE((v)[1], 13) ^ (v)[0];                                                           \
                (v)[3] = TV_SIP_ROTATE((v)[3], 16) ^ (v)[2];                                                           \
                (v)[0] = TV_SIP_ROTATE((v)[0], 32);                                                                    \
                (v)[2] += (v)[1];                                                                                      \
                (v)[0] += (v)[3];                                                                                      \
                (v)[1] = TV_SIP_ROTATE((v)[1], 17) ^ (v)[2];                                                           \
                (v)[3] = TV_SIP_ROTATE((v)[3], 21) ^ (v)[0];                                                           \
                (v)[2] = TV_SIP_ROTATE((v)[2], 32);                                                                    \
        } while (0)
#define TV_SIP_FEED(v, word)                                                                                           \
        do {                                                                                                           \
                uint64_t word_ = (word);                                                                               \
                (v)[3] ^= word_;                                                                                       \
                TV_SIP_ROUND(v);                                                                                       \
                (v)[0] ^= word_;                                                                                       \
        } while (0)

/* The hash of |key| under |k|, folded to 32 bits.  Both directions of a flow have the same key, hence the same hash;
 * the IP version is part of it.  |ipv6|: all 16 bytes of the addresses count, else the first four. */
static inline uint32_t
tv_flow_hash(const struct tv_flow_key *key, bool ipv6, const uint64_t k[2])
{
        uint64_t v[4] = {k[0] ^ UINT64_C(0x736f6d6570736575), k[1] ^ UINT64_C(0x646f72616e646f6d),
                         k[0] ^ UINT64_C(0x6c7967656e657261), k[1] ^ UINT64_C(0x7465646279746573)};
        uint64_t last = (uint64_t)key->port[0] | (uint64_t)key->port[1] << 16;

        if (ipv6) {
                TV_SIP_FEED(v, tv_flow_load64(key->addr[0]));
                TV_SIP_FEED(v, tv_flow_load64(key->addr[0] + 8));
                TV_SIP_FEED(v, tv_flow_load64(key->addr[1]));
                TV_SIP_FEED(v, tv_flow_load64(key->addr[1] + 8));
                last |= UINT64_C(36) << 56; /* SipHash ends with the message's length */
        } else {
                TV_SIP_FEED(v, tv_flow_load32(key->addr[0]) | tv_flow_load32(key->addr[1]) << 32);
                last |= UINT64_C(12) << 56;
        }
        TV_SIP_FEED(v, last);
        v[2] ^= 0xff;
        TV_SIP_ROUND(v);
        TV_SIP_ROUND(v);
        TV_SIP_ROUND(v);
        v[0] ^= v[1] ^ v[2] ^ v[3];
        return (uint32_t)(v[0] ^ v[0] >> 32);
}

#endif
