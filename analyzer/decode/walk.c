/* walk.c - which decoder a number stands for. */
#include "analyzer/decode/walk.h"

#include <pcap/dlt.h>

struct tv_next
tv_walk_stop(void)
{
        return (struct tv_next){NULL};
}

struct tv_next
tv_walk_end(struct tv_walk *w, enum tv_bucket bucket)
{
        if (bucket == TV_BUCKET_malformed && w->guessed)
                w->bucket = w->outside;
        else if (bucket != TV_BUCKET_malformed || !w->tunnelled)
                w->bucket = bucket;
        return tv_walk_stop();
}

struct tv_next
tv_walk_short(struct tv_walk *w, uint32_t need)
{
        return tv_walk_end(w, tv_short_bucket(need, tv_walk_length(w)));
}

struct tv_next
tv_next_link(int link_type)
{
        switch (link_type) {
#define TV_LINK(decoder, dlt, name)                                                                                    \
        case dlt:                                                                                                      \
                return (struct tv_next){tv_link_##decoder};
#include "analyzer/decode/link_list.def"
#undef TV_LINK
        default:
                return tv_walk_stop();
        }
}

const char *
tv_link_name(int link_type)
{
        switch (link_type) {
#define TV_LINK(decoder, dlt, name)                                                                                    \
        case dlt:                                                                                                      \
                return name;
#include "analyzer/decode/link_list.def"
#undef TV_LINK
        default:
                return NULL;
        }
}

#define TV_BY_ETHERTYPE(number, decoder)
#define TV_BY_PROTOCOL(number, decoder)
#define TV_BY_UDP_PORT(number, decoder)
#define A_CASE(number, decoder)                                                                                        \
        case number:                                                                                                   \
                return (struct tv_next){tv_##decoder};

struct tv_next
tv_next_ethertype(uint16_t type)
{
        switch (type) {
#undef TV_BY_ETHERTYPE
#define TV_BY_ETHERTYPE(number, decoder) A_CASE(number, decoder)
#include "analyzer/decode/tunnel_list.def"
#undef TV_BY_ETHERTYPE
#define TV_BY_ETHERTYPE(number, decoder)
        default:
                return tv_walk_on(type < TV_ETHERTYPE_MIN ? tv_llc : NULL);
        }
}

static struct tv_next
by_protocol(uint8_t protocol)
{
        switch (protocol) {
#undef TV_BY_PROTOCOL
#define TV_BY_PROTOCOL(number, decoder) A_CASE(number, decoder)
#include "analyzer/decode/tunnel_list.def"
#undef TV_BY_PROTOCOL
#define TV_BY_PROTOCOL(number, decoder)
        default:
                return tv_walk_stop();
        }
}

struct tv_next
tv_next_protocol(struct tv_walk *w, uint8_t protocol)
{
        switch (protocol) {
        case TV_IP_UDP:
                w->bucket = TV_BUCKET_udp;
                break;
        case TV_IP_ICMP:
        case TV_IP_ICMPV6:
                w->bucket = TV_BUCKET_icmp;
                break;
        default:
                w->bucket = TV_BUCKET_other_ip;
        }
        return by_protocol(protocol);
}

struct tv_next
tv_next_udp_port(uint16_t port)
{
        switch (port) {
#undef TV_BY_UDP_PORT
#define TV_BY_UDP_PORT(number, decoder) A_CASE(number, decoder)
#include "analyzer/decode/tunnel_list.def"
        default:
                return tv_walk_stop();
        }
}

struct tv_next
tv_next_ip_version(const struct tv_walk *w)
{
        if (tv_cursor_left(&w->c) == 0)
                return tv_walk_stop();
        switch (w->c.p[0] >> 4) {
        case 4:
                return (struct tv_next){tv_ipv4};
        case 6:
                return (struct tv_next){tv_ipv6};
        default:
                return tv_walk_stop();
        }
}

static const struct {
        const char *text;
        bool has_id;
} steps[TV_STEPS] = {
#define TV_STEP(name, text, id) {text, id},
#include "analyzer/decode/step_list.def"
#undef TV_STEP
};

const char *
tv_step_name(enum tv_step kind, bool *has_id)
{
        *has_id = steps[kind].has_id;
        return steps[kind].text;
}
