/* community_id.h - Community ID version 1 of a TCP flow: one name for a 4-tuple across tools (Zeek, Suricata,
 * Wireshark). https://github.com/corelight/community-id-spec
 *
 * "1:" and the base64 of SHA-1 over: seed (16 bits), lower address, higher address, protocol, a zero byte, port of the
 * lower, port of the higher, all in network order.  "Lower" is by address and then by port, compared as byte strings:
 * the canonical order of struct tv_flow_key. */
#ifndef TV_COMMUNITY_ID_H
#define TV_COMMUNITY_ID_H

#include "analyzer/decode/segment.h"

#include <stdbool.h>

#define TV_COMMUNITY_ID_BYTES 31 /* with the terminating NUL */

/* Writes the Community ID of |key| for TCP with seed 0 to |id|.  |ipv6|: see tv_flow_hash. */
void tv_community_id(const struct tv_flow_key *key, bool ipv6, char id[TV_COMMUNITY_ID_BYTES]);

#endif
