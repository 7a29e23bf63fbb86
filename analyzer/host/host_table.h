/* host_table.h - hosts and listeners: counts, states over time, and a sample of their connections.
 *
 * Everything is bounded, whatever the capture holds, and what is not kept is counted:
 *   - a subject is a service (address and port that connections were opened to) or a host as a client; of at most
 *     TV_SUBJECTS_LEAST or more, those that tell least (few connections, none completed) give way and are counted
 * together;
 *   - states over time are a tally (tally.h), whose steps grow;
 *   - of each subject's connections a sample is kept as digests, all of them while they are few: those that were
 *     completed, and those that were not, apart, so that a flood takes no room from the others.
 * Nothing depends on the order of connections but which subjects give way, so tables can be merged. */
#ifndef TV_HOST_TABLE_H
#define TV_HOST_TABLE_H

#include "analyzer/host/digest.h"
#include "analyzer/host/tally.h"
#include "reassembly/rtt.h"

/* What is kept: the least, and one for so many connections, up to the most. */
#define TV_KEEP_EACH      32
#define TV_SUBJECTS_LEAST 1024
#define TV_SUBJECTS_MOST  65536
#define TV_DIGESTS_LEAST  2048  /* of each of both kinds */
#define TV_DIGESTS_MOST   16384 /* of each of both kinds */

enum tv_subject_role { TV_SUBJECT_OTHER, TV_SUBJECT_SERVICE, TV_SUBJECT_CLIENT };

/* What the tally counts beside the states, whose kind is enum tv_tcp_state. */
enum tv_host_count {
        TV_COUNT_SYN = TV_STATES, /* with repetitions */
        TV_COUNT_SYNACK,
        TV_COUNT_SYNACK_AGAIN,
        TV_COUNT_COMPLETED,
        TV_COUNT_RESET, /* by either end */
        TV_COUNT_ALIVE, /* a packet that a service sent; not all of them */
        TV_COUNTS
};

struct tv_subject {
        struct tv_address address;
        uint16_t port;    /* of a service */
        uint8_t role;     /* enum tv_subject_role */
        bool chosen;      /* one of its connections was */
        uint8_t shift[2]; /* of its connections one in 2^shift is kept */
        uint32_t kept[2];
        uint64_t connections;
        uint64_t handshake[TV_HANDSHAKE_NOT_CAPTURED + 1], teardown[TV_TEARDOWN_OPEN + 1];
        uint64_t closed_first[TV_CLOSED_FIRST_NONE + 1]; /* enum tv_closed_first: a is the client, b the service */
        uint64_t final_state[TV_STATES];                 /* of its own ends */
        uint64_t entered[TV_STATES];                     /* its own ends, that were in the state */
        uint64_t syns, syns_again, synacks, synacks_again;
        uint64_t ignored; /* segments that it dropped without a word (services) */
        uint64_t sent_resets, got_resets;
        uint64_t sent_bytes, got_bytes, sent_again, got_again;
        uint64_t reuses; /* addresses and ports used again while the old connection was in TIME_WAIT (clients) */
        tv_time reuse_least, reuse_first, reuse_last; /* the shortest time after which; when */
        tv_time first, last;                          /* first and last segment of its connections */
        tv_time last_sent;                            /* the last that it sent itself; TV_NO_TIME */
        struct tv_rtt rtt;
};

struct tv_digest_log {
        struct tv_digest *at;
        uint32_t count, room;
        uint8_t shift; /* one in 2^shift is kept of every subject, at most */
};

/* A host was heard of again on a connection, after others had repeated what they sent to it. */
struct tv_outage {
        struct tv_address address;
        tv_time from, until; /* the last before, the first after */
        tv_time asked;       /* the first of what had no answer; TV_NO_TIME: not known */
        uint64_t conn;
        tv_frame frame;
};
#define TV_OUTAGES 1024

enum tv_digest_kind { TV_DIGEST_OPENED, TV_DIGEST_FAILED };

struct tv_hosts {
        struct tv_subject *subject; /* [0]: all other services */
        struct tv_subject stranger; /* all other clients, senders of lone SYNs among them */
        uint32_t subjects, room;
        uint32_t *index; /* hash -> subject + 1 */
        uint32_t mask;
        struct tv_tally tally;
        struct tv_digest_log log[2]; /* by enum tv_digest_kind */
        uint64_t seed;
        struct tv_outage *outage; /* the first TV_OUTAGES of them */
        uint32_t outages;
        uint64_t given_way; /* services counted in subject 0 */
        uint64_t lost;      /* changes of state that had no room */
        tv_time end;        /* of the capture */
        uint64_t connections, chosen;
};

/* Empty tables; |seed| keys hashes, results do not depend on it.  Allocates nothing. */
void tv_hosts_init(struct tv_hosts *hosts, uint64_t seed);
void tv_hosts_clear(struct tv_hosts *hosts);

/* Takes a connection in. */
void tv_hosts_add(struct tv_hosts *hosts, struct tv_passage *passage);

/* Takes an outage in. */
void tv_hosts_outage(struct tv_hosts *hosts, const struct tv_outage *outage);

/* The subject of that address and port (0 for a client), or 0. */
uint32_t tv_hosts_find(const struct tv_hosts *hosts, enum tv_subject_role role, const struct tv_address *address,
                       uint16_t port);

/* How many connections each kept one of |kind| stands for. */
static inline uint64_t
tv_hosts_weight(const struct tv_hosts *hosts, uint32_t service, enum tv_digest_kind kind)
{
        uint8_t own = hosts->subject[service].shift[kind], all = hosts->log[kind].shift;

        return UINT64_C(1) << (own > all ? own : all);
}

/* Octets held. */
uint64_t tv_hosts_bytes(const struct tv_hosts *hosts);

bool tv_address_equal(const struct tv_address *a, const struct tv_address *b);

#endif
