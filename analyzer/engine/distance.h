/* distance.h - the shortest round-trip times between the capture point and each of two hosts, over all connections that
 * these two had lately.
 *
 * A connection whose own segments were all delayed, or that one end never answered, is placed by what others between
 * the same hosts showed.  Only estimates rest on it, never bounds.  The table is of fixed size; a pair of hosts is
 * forgotten when another takes its place, which then estimates as if it had been alone. */
#ifndef TV_DISTANCE_H
#define TV_DISTANCE_H

#include "analyzer/decode/segment.h"

#include <stdbool.h>
#include <stdint.h>

#define TV_DISTANCES 1024

struct tv_distance {
        uint8_t address[2][16]; /* the smaller one first */
        bool used, ipv6;
        tv_time round_trip[2]; /* by address; TV_NO_TIME: not known */
        tv_time when[2];
};

/* All zero at first. */
struct tv_distances {
        struct tv_distance at[TV_DISTANCES];
};

/* A connection between the hosts of |key| measured |round_trip| nanoseconds to each and back (by direction index;
 * TV_NO_TIME: not at all), until |when|. */
void tv_distances_note(struct tv_distances *distances, const struct tv_flow_key *key, bool ipv6,
                       const tv_time round_trip[2], tv_time when);

/* The shortest round-trip time to host |dir| of |key| that is known; TV_NO_TIME: none is. */
tv_time tv_distances_round_trip(const struct tv_distances *distances, const struct tv_flow_key *key, bool ipv6,
                                unsigned dir);

#endif
