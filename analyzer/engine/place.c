#include "analyzer/engine/place.h"

#include "analyzer/engine/summary.h"

#include <string.h>

#define NEAR INT64_C(500000) /* delays of an end that answers on the spot are less: half a millisecond */

static bool
same(const struct tv_address *x, const struct tv_address *y)
{
        return x->ipv6 == y->ipv6 && memcmp(x->byte, y->byte, sizeof x->byte) == 0;
}

void
tv_place_delays(struct tv_place *place, const struct tv_connection *conn)
{
        tv_time a = conn->delay[TV_A], b = conn->delay[TV_B];
        const struct tv_address *here;

        if (a == TV_NO_TIME || b == TV_NO_TIME)
                return;
        if (a < NEAR && a * 4 < b) {
                here = &conn->addr[TV_A];
        } else if (b < NEAR && b * 4 < a) {
                here = &conn->addr[TV_B];
        } else {
                place->unsure = true;
                return;
        }
        place->differs |= place->has_near && !same(&place->near, here);
        place->has_near = true;
        place->near = *here;
}

static unsigned
find(const struct tv_place *place, const struct tv_address *address)
{
        unsigned i = 0;

        while (i < place->hosts && !same(&place->host[i].address, address))
                i++;
        return i;
}

/* On the loopback interface both ends are here, and a packet passes it in both ways. */
static bool
is_loopback(const struct tv_address *address)
{
        static const uint8_t loopback6[16] = {[15] = 1};

        return address->ipv6 ? memcmp(address->byte, loopback6, sizeof loopback6) == 0 : address->byte[0] == 127;
}

/* Systems send with these; a packet that a router passes on has less. */
static bool
is_first_ttl(uint8_t ttl)
{
        return ttl == 64 || ttl == 128 || ttl == 255;
}

void
tv_place_passed(struct tv_place *place, enum tv_passed passed, const struct tv_segment *seg)
{
        bool ipv6 = (seg->bits & TV_SEG_IPV6) != 0;
        unsigned from = tv_segment_direction(seg), i;
        struct tv_address source = tv_summary_address(&seg->key, from, ipv6);
        struct tv_address destination = tv_summary_address(&seg->key, !from, ipv6);
        const struct tv_address *here = passed == TV_PASSED_OUT ? &source : &destination;
        const struct tv_address *there = passed == TV_PASSED_OUT ? &destination : &source;

        if (is_loopback(&source) || is_loopback(&destination))
                return;
        i = find(place, there);
        if (i < place->hosts)
                place->host[i].remote = true;
        i = find(place, here);
        if (passed == TV_PASSED_BY) {
                if (i < place->hosts)
                        place->host[i].remote = true;
                return;
        }
        if (i == TV_PLACE_HOSTS) {
                place->too_many = true;
                return;
        }
        if (i == place->hosts) {
                place->host[i].address = *here;
                place->host[i].sent = place->host[i].got = place->host[i].remote = false;
                place->hosts++;
        }
        place->host[i].sent |= passed == TV_PASSED_OUT && is_first_ttl(seg->ttl);
        place->host[i].got |= passed == TV_PASSED_IN;
}

const struct tv_address *
tv_place_decide(const struct tv_place *place)
{
        const struct tv_address *only = NULL;
        unsigned i;

        if (place->differs)
                return NULL;
        if (place->has_near && place->hosts != 0) {
                i = find(place, &place->near);
                if (i == place->hosts || place->host[i].remote)
                        return NULL; /* a contradiction */
        }
        if (place->has_near && !place->unsure)
                return &place->near;
        /* A router, too, gets packets to others and sends those of others: those it did not send first.  And with
         * several addresses on this side none is the place. */
        if (place->hosts == 1 && !place->too_many && place->host[0].sent && place->host[0].got &&
            !place->host[0].remote)
                only = &place->host[0].address;
        return only;
}
