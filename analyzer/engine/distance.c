#include "analyzer/engine/distance.h"

#include "analyzer/flow/flow_key.h"

#include <string.h>

/* Routes change: what was measured longer ago than this gives way to what is measured now. */
#define LATELY INT64_C(60000000000)

/* Where the pair of |key| belongs; |swapped| is set when the table has its addresses the other way round.  The place
 * depends on nothing but the addresses, so that results do not depend on a random key. */
static unsigned
place_of(const struct tv_flow_key *key, bool ipv6, struct tv_flow_key *pair, bool *swapped)
{
        static const uint64_t no_key[2] = {0, 0};

        *swapped = memcmp(key->addr[0], key->addr[1], sizeof key->addr[0]) > 0;
        memset(pair, 0, sizeof *pair);
        memcpy(pair->addr[0], key->addr[*swapped], sizeof pair->addr[0]);
        memcpy(pair->addr[1], key->addr[!*swapped], sizeof pair->addr[1]);
        return tv_flow_hash(pair, ipv6, no_key) % TV_DISTANCES;
}

static bool
is_of(const struct tv_distance *distance, const struct tv_flow_key *pair, bool ipv6)
{
        return distance->used && distance->ipv6 == ipv6 &&
               memcmp(distance->address, pair->addr, sizeof distance->address) == 0;
}

void
tv_distances_note(struct tv_distances *distances, const struct tv_flow_key *key, bool ipv6, const tv_time round_trip[2],
                  tv_time when)
{
        struct tv_flow_key pair;
        struct tv_distance *distance;
        bool swapped;

        /* Of a host that talks to itself, nothing tells which end is which. */
        if ((round_trip[0] == TV_NO_TIME && round_trip[1] == TV_NO_TIME) ||
            memcmp(key->addr[0], key->addr[1], sizeof key->addr[0]) == 0)
                return;
        distance = &distances->at[place_of(key, ipv6, &pair, &swapped)];
        if (!is_of(distance, &pair, ipv6)) {
                memcpy(distance->address, pair.addr, sizeof distance->address);
                distance->used = true;
                distance->ipv6 = ipv6;
                distance->round_trip[0] = distance->round_trip[1] = TV_NO_TIME;
        }
        for (unsigned i = 0; i < 2; i++) {
                tv_time now = round_trip[i ^ swapped];

                if (now != TV_NO_TIME && (distance->round_trip[i] == TV_NO_TIME || now <= distance->round_trip[i] ||
                                          when - distance->when[i] > LATELY || distance->when[i] - when > LATELY)) {
                        distance->round_trip[i] = now;
                        distance->when[i] = when;
                }
        }
}

tv_time
tv_distances_round_trip(const struct tv_distances *distances, const struct tv_flow_key *key, bool ipv6, unsigned dir)
{
        struct tv_flow_key pair;
        bool swapped;
        const struct tv_distance *distance = &distances->at[place_of(key, ipv6, &pair, &swapped)];

        return is_of(distance, &pair, ipv6) ? distance->round_trip[dir ^ swapped] : TV_NO_TIME;
}
