/* place.h - was the capture taken at one of the hosts, and at which?  Two kinds of evidence: delays (the host answers
 * at once, the rest of the world does not), and what the capturer says about which way packets went.  They must not
 * contradict each other, nor themselves. */
#ifndef TV_PLACE_H
#define TV_PLACE_H

#include "analyzer/decode/segment.h"
#include "analyzer/engine/result.h"

#include <stdbool.h>

#define TV_PLACE_HOSTS 4

/* All zero at first. */
struct tv_place {
        struct tv_address near; /* by delays, with has_near */
        bool has_near;
        bool unsure;  /* a connection whose delays tell no place */
        bool differs; /* connections that tell different places */
        /* By flags: the ends on the capturer's side, as long as there are few. */
        struct {
                struct tv_address address;
                bool sent, got, remote;
        } host[TV_PLACE_HOSTS];
        unsigned hosts;
        bool too_many;
};

/* The delays of a connection that became final. */
void tv_place_delays(struct tv_place *place, const struct tv_connection *conn);

/* A segment that |passed| the capturer so; it came without tunnels. */
void tv_place_passed(struct tv_place *place, enum tv_passed passed, const struct tv_segment *seg);

/* The host at which the capture was taken, or NULL: not known. */
const struct tv_address *tv_place_decide(const struct tv_place *place);

#endif
