#include "analyzer/flow/community_id.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <string.h>

#define PROTOCOL_TCP 6

static uint8_t *
put16(uint8_t *p, uint16_t value)
{
        p[0] = (uint8_t)(value >> 8);
        p[1] = (uint8_t)value;
        return p + 2;
}

void
tv_community_id(const struct tv_flow_key *key, bool ipv6, char id[TV_COMMUNITY_ID_BYTES])
{
        const size_t address = ipv6 ? 16 : 4;
        uint8_t message[2 + 16 + 16 + 2 + 2 + 2], digest[SHA1_DIGEST_SIZE];
        uint8_t *p = put16(message, 0); /* the seed */
        struct sha1_ctx sha1;

        memcpy(p, key->addr[0], address);
        memcpy(p + address, key->addr[1], address);
        p = put16(p + 2 * address, PROTOCOL_TCP << 8);
        p = put16(p, key->port[0]);
        p = put16(p, key->port[1]);
        sha1_init(&sha1);
        sha1_update(&sha1, (size_t)(p - message), message);
        sha1_digest(&sha1, sizeof digest, digest);

        _Static_assert(2 + BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE) + 1 == TV_COMMUNITY_ID_BYTES, "it fits");
        memcpy(id, "1:", 2);
        base64_encode_raw(id + 2, sizeof digest, digest);
        id[TV_COMMUNITY_ID_BYTES - 1] = '\0';
}
