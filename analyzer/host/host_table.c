#include "analyzer/host/host_table.h"

#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

/* How finely a host's signs of life are kept. */
#define ALIVE_STEP (SECOND / 4)

static struct tv_subject
nobody(enum tv_subject_role role)
{
        return (struct tv_subject){.role = (uint8_t)role,
                                   .first = TV_NO_TIME,
                                   .last = TV_NO_TIME,
                                   .last_sent = TV_NO_TIME,
                                   .reuse_least = TV_NO_TIME,
                                   .reuse_first = TV_NO_TIME,
                                   .reuse_last = TV_NO_TIME};
}

void
tv_hosts_init(struct tv_hosts *hosts, uint64_t seed)
{
        memset(hosts, 0, sizeof *hosts);
        hosts->seed = seed;
        hosts->stranger = nobody(TV_SUBJECT_CLIENT);
        tv_tally_init(&hosts->tally, seed);
        hosts->end = TV_NO_TIME;
}

void
tv_hosts_clear(struct tv_hosts *hosts)
{
        for (uint32_t i = 0; i < hosts->subjects; i++)
                tv_rtt_clear(&hosts->subject[i].rtt);
        tv_rtt_clear(&hosts->stranger.rtt);
        free(hosts->subject);
        free(hosts->index);
        free(hosts->outage);
        free(hosts->log[0].at);
        free(hosts->log[1].at);
        tv_tally_clear(&hosts->tally);
        tv_hosts_init(hosts, hosts->seed);
}

bool
tv_address_equal(const struct tv_address *a, const struct tv_address *b)
{
        return a->ipv6 == b->ipv6 && memcmp(a->byte, b->byte, a->ipv6 ? 16 : 4) == 0;
}

/* ---- subjects ---- */

static uint32_t
hash_of(const struct tv_hosts *hosts, enum tv_subject_role role, const struct tv_address *address, uint16_t port)
{
        uint64_t low = 0, high = 0, x;

        memcpy(&low, address->byte, address->ipv6 ? 8 : 4);
        if (address->ipv6)
                memcpy(&high, address->byte + 8, 8);
        x = (low ^ hosts->seed) * UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ x >> 29 ^ high) * UINT64_C(0xd6e8feb86659fd93);
        x = (x ^ x >> 31 ^ (uint64_t)port << 8 ^ (uint64_t)role) * UINT64_C(0x9e3779b97f4a7c15);
        return (uint32_t)(x >> 32);
}

uint32_t
tv_hosts_find(const struct tv_hosts *hosts, enum tv_subject_role role, const struct tv_address *address, uint16_t port)
{
        uint32_t at;

        if (hosts->index == NULL)
                return 0;
        for (at = hash_of(hosts, role, address, port) & hosts->mask; hosts->index[at] != 0;
             at = (at + 1) & hosts->mask) {
                const struct tv_subject *subject = &hosts->subject[hosts->index[at] - 1];

                if (subject->role == role && subject->port == port && tv_address_equal(&subject->address, address))
                        return hosts->index[at] - 1;
        }
        return 0;
}

static void
enter(struct tv_hosts *hosts, uint32_t number)
{
        const struct tv_subject *subject = &hosts->subject[number];
        uint32_t at = hash_of(hosts, subject->role, &subject->address, subject->port) & hosts->mask;

        while (hosts->index[at] != 0)
                at = (at + 1) & hosts->mask;
        hosts->index[at] = number + 1;
}

static bool
grow(struct tv_hosts *hosts)
{
        uint32_t room = hosts->room == 0 ? 64 : hosts->room * 2;
        struct tv_subject *subject = realloc(hosts->subject, room * sizeof *subject);
        uint32_t *index;

        if (subject == NULL)
                return false;
        hosts->subject = subject;
        hosts->room = room;
        index = calloc((size_t)room * 2, sizeof *index);
        if (index == NULL)
                return false;
        free(hosts->index);
        hosts->index = index;
        hosts->mask = room * 2 - 1;
        if (hosts->subjects == 0) {
                subject[0] = nobody(TV_SUBJECT_OTHER);
                hosts->subjects = 1;
        }
        for (uint32_t i = 1; i < hosts->subjects; i++)
                enter(hosts, i);
        return true;
}

static void
earliest(tv_time *time, tv_time other)
{
        if (other != TV_NO_TIME && (*time == TV_NO_TIME || other < *time))
                *time = other;
}

static void
latest(tv_time *time, tv_time other)
{
        if (other != TV_NO_TIME && (*time == TV_NO_TIME || other > *time))
                *time = other;
}

static void
sum(uint64_t *to, const uint64_t *from, size_t count)
{
        for (size_t i = 0; i < count; i++)
                to[i] += from[i];
}

/* Adds the counts of a subject that gives way to those of all others. */
static void
give_way(struct tv_hosts *hosts, struct tv_subject *from)
{
        struct tv_subject *to = from->role == TV_SUBJECT_CLIENT ? &hosts->stranger : &hosts->subject[0];

        to->chosen |= from->chosen;
        to->connections += from->connections;
        sum(to->handshake, from->handshake, TV_HANDSHAKE_NOT_CAPTURED + 1);
        sum(to->teardown, from->teardown, TV_TEARDOWN_OPEN + 1);
        sum(to->closed_first, from->closed_first, TV_CLOSED_FIRST_NONE + 1);
        sum(to->final_state, from->final_state, TV_STATES);
        sum(to->entered, from->entered, TV_STATES);
        to->syns += from->syns;
        to->syns_again += from->syns_again;
        to->synacks += from->synacks;
        to->synacks_again += from->synacks_again;
        to->ignored += from->ignored;
        to->sent_resets += from->sent_resets;
        to->got_resets += from->got_resets;
        to->sent_bytes += from->sent_bytes;
        to->got_bytes += from->got_bytes;
        to->sent_again += from->sent_again;
        to->got_again += from->got_again;
        earliest(&to->first, from->first);
        latest(&to->last, from->last);
        latest(&to->last_sent, from->last_sent);
        tv_rtt_clear(&from->rtt);
        hosts->given_way += from->role == TV_SUBJECT_SERVICE;
}

static uint64_t
completed(const struct tv_subject *subject)
{
        return subject->handshake[TV_HANDSHAKE_COMPLETE] + subject->handshake[TV_HANDSHAKE_SIMULTANEOUS] +
               subject->handshake[TV_HANDSHAKE_NOT_CAPTURED];
}

/* Who gives way: who has at most so many connections. */
struct mercy {
        uint64_t incomplete; /* and none that was completed */
        uint64_t any;
};

static bool
gives_way(const struct mercy *mercy, const struct tv_subject *subject)
{
        return subject->connections <= mercy->any ||
               (subject->connections <= mercy->incomplete && completed(subject) == 0);
}

static uint32_t
count_kept(const struct tv_hosts *hosts, const struct mercy *mercy)
{
        uint32_t kept = 1;

        for (uint32_t i = 1; i < hosts->subjects; i++)
                kept += !gives_way(mercy, &hosts->subject[i]);
        return kept;
}

/* Makes room for half of all: those that were never completed go before others that have half as many connections. */
static void
sweep(struct tv_hosts *hosts)
{
        uint32_t *to = calloc(hosts->subjects, sizeof *to), kept = 1;
        struct mercy mercy = {0, 0};

        if (to == NULL)
                return;
        for (uint64_t few = 1; count_kept(hosts, &mercy) > hosts->room / 2; few *= 2) {
                mercy.incomplete = few;
                if (few > 2 && count_kept(hosts, &mercy) > hosts->room / 2)
                        mercy.any = few / 2;
        }
        for (uint32_t i = 1; i < hosts->subjects; i++) {
                struct tv_subject *subject = &hosts->subject[i];

                if (gives_way(&mercy, subject)) {
                        give_way(hosts, subject);
                        continue;
                }
                to[i] = kept;
                if (kept != i)
                        hosts->subject[kept] = *subject;
                kept++;
        }
        tv_tally_rename(&hosts->tally, to, hosts->subjects);
        for (unsigned kind = 0; kind < 2; kind++)
                for (uint32_t i = 0; i < hosts->log[kind].count; i++) {
                        struct tv_digest *d = &hosts->log[kind].at[i];

                        d->service = to[d->service];
                        d->client = to[d->client];
                }
        hosts->subjects = kept;
        memset(hosts->index, 0, ((size_t)hosts->mask + 1) * sizeof *hosts->index);
        for (uint32_t i = 1; i < kept; i++)
                enter(hosts, i);
        free(to);
}

/* May a table that has |room| have twice as much? */
static bool
may_grow(const struct tv_hosts *hosts, uint32_t room, uint32_t least, uint32_t most)
{
        return room < least || (room < most && hosts->connections / TV_KEEP_EACH >= 2 * (uint64_t)room);
}

/* The subject, made if need be; 0 without memory. */
static uint32_t
subject_of(struct tv_hosts *hosts, enum tv_subject_role role, const struct tv_address *address, uint16_t port,
           bool make)
{
        uint32_t number = tv_hosts_find(hosts, role, address, port);
        struct tv_subject *subject;

        if (number != 0 || !make)
                return number;
        if (hosts->subjects == hosts->room && may_grow(hosts, hosts->room, TV_SUBJECTS_LEAST, TV_SUBJECTS_MOST) &&
            !grow(hosts))
                return 0;
        if (hosts->subjects == hosts->room)
                sweep(hosts);
        if (hosts->subjects == hosts->room)
                return 0;
        number = hosts->subjects++;
        subject = &hosts->subject[number];
        *subject = nobody(role);
        subject->address = *address;
        if (!address->ipv6)
                memset(&subject->address.byte[4], 0, 12);
        subject->port = port;
        enter(hosts, number);
        return number;
}

/* ---- states over time ---- */

static void
count(struct tv_hosts *hosts, uint32_t subject, unsigned kind, tv_time time, int64_t n)
{
        while (!tv_tally_add(&hosts->tally, subject, kind, time, n))
                if (!tv_tally_coarsen(&hosts->tally)) {
                        hosts->lost++;
                        return;
                }
}

static tv_time
floor_to(tv_time time, tv_time step)
{
        tv_time steps = time / step - (time % step < 0);

        return (steps < INT64_MIN / step ? INT64_MIN / step : steps) * step;
}

static void
note_stays(struct tv_hosts *hosts, const struct tv_passage *passage, uint32_t service, uint32_t client)
{
        const struct tv_digest *d = &passage->digest;

        for (unsigned i = 0; i < passage->stays; i++) {
                const struct tv_stay *stay = &passage->stay[i];
                uint32_t number = stay->end == TV_A ? client : service;

                /* That a got the SYN-ACK is a guess where it never said so. */
                if (stay->end == TV_A && stay->state != TV_SYN_SENT && !d->goes_on && stay->state != TV_CLOSED &&
                    d->initiator == TV_INITIATOR_SYN)
                        continue;
                hosts->subject[number].entered[stay->state]++;
                if (stay->to != TV_NO_TIME && tv_tally_same(&hosts->tally, stay->from, stay->to))
                        continue;
                count(hosts, number, stay->state, stay->from, 1);
                if (stay->to != TV_NO_TIME)
                        count(hosts, number, stay->state, stay->to, -1);
        }
}

static void
note_events(struct tv_hosts *hosts, const struct tv_passage *passage, uint32_t number)
{
        const struct tv_digest *d = &passage->digest;

        if (d->syns != 0)
                count(hosts, number, TV_COUNT_SYN, floor_to(d->start, SECOND), 1);
        for (unsigned i = 0; i + 1 < d->syns && i < TV_OPENING_TIMES; i++)
                count(hosts, number, TV_COUNT_SYN, floor_to(passage->syn_again[i], SECOND), 1);
        if (d->synacks != 0 && d->answered != TV_NO_TIME)
                count(hosts, number, TV_COUNT_SYNACK, floor_to(d->answered, SECOND), 1);
        for (unsigned i = 0; i + 1 < d->synacks && i < TV_OPENING_TIMES; i++)
                count(hosts, number, TV_COUNT_SYNACK_AGAIN, floor_to(passage->synack_again[i], SECOND), 1);
        if (passage->opened != TV_NO_TIME && d->initiator != TV_INITIATOR_INFERRED)
                count(hosts, number, TV_COUNT_COMPLETED, floor_to(passage->opened, SECOND), 1);
        for (unsigned end = 0; end < 2; end++)
                if (passage->reset[end] != TV_NO_TIME)
                        count(hosts, number, TV_COUNT_RESET, floor_to(passage->reset[end], SECOND), 1);
}

/* Moments at which a service is known to have sent something. */
static void
note_life(struct tv_hosts *hosts, const struct tv_digest *d)
{
        const tv_time sent[] = {d->answered, d->last[TV_B], d->synacks > 1 ? d->last_synack : TV_NO_TIME,
                                d->closed_first == TV_CLOSED_FIRST_B ? d->closed : TV_NO_TIME};

        for (unsigned i = 0; i < sizeof sent / sizeof sent[0]; i++)
                if (sent[i] != TV_NO_TIME)
                        count(hosts, d->service, TV_COUNT_ALIVE, floor_to(sent[i], ALIVE_STEP), 1);
}

/* ---- counts ---- */

static void
tell(struct tv_subject *subject, const struct tv_passage *passage, enum tv_end end)
{
        const struct tv_digest *d = &passage->digest;
        enum tv_end other = end == TV_A ? TV_B : TV_A;

        subject->connections++;
        subject->chosen |= d->chosen;
        subject->handshake[d->handshake]++;
        subject->teardown[d->teardown]++;
        subject->closed_first[d->closed_first]++;
        subject->final_state[d->state[end]]++;
        subject->syns += d->syns;
        subject->syns_again += d->syns > 1 ? d->syns - 1 : 0;
        subject->synacks += d->synacks;
        subject->synacks_again += d->synacks > 1 ? d->synacks - 1 : 0;
        subject->ignored += d->ignored;
        subject->sent_resets += passage->resets[end];
        subject->got_resets += passage->resets[other];
        subject->sent_bytes += d->payload[end];
        subject->got_bytes += d->payload[other];
        subject->sent_again += passage->retransmissions[end];
        subject->got_again += passage->retransmissions[other];
        earliest(&subject->first, d->start);
        latest(&subject->last, d->until);
        latest(&subject->last_sent, d->last[end]);
        if (d->rtt != TV_NO_TIME)
                tv_rtt_add(&subject->rtt, d->rtt);
        if (end == TV_A && d->reused && (d->state[TV_A] == TV_TIME_WAIT || d->state[TV_B] == TV_TIME_WAIT)) {
                subject->reuses++;
                earliest(&subject->reuse_least, d->reused_after);
                earliest(&subject->reuse_first, d->until + d->reused_after);
                latest(&subject->reuse_last, d->until + d->reused_after);
        }
}

/* ---- digests ---- */

/* Does the sample of one in 2^|shift| have connection |conn|?  Every finer sample is a part of a coarser one. */
static bool
is_sampled(uint64_t conn, unsigned shift)
{
        return (conn * UINT64_C(0x9e3779b97f4a7c15) >> 20 & ((UINT64_C(1) << shift) - 1)) == 0;
}

static unsigned
shift_of(const struct tv_hosts *hosts, uint32_t service, unsigned kind)
{
        uint8_t own = hosts->subject[service].shift[kind], all = hosts->log[kind].shift;

        return own > all ? own : all;
}

/* Makes room: the service with most digests keeps every other of them; where none has many, all do. */
static void
thin(struct tv_hosts *hosts, unsigned kind)
{
        struct tv_digest_log *log = &hosts->log[kind];
        uint32_t most = 0, kept = 0;

        for (uint32_t i = 1; i < hosts->subjects; i++)
                if (hosts->subject[i].kept[kind] > hosts->subject[most].kept[kind])
                        most = i;
        if (hosts->subject[most].kept[kind] < log->room / 8 || hosts->subject[most].shift[kind] >= 40)
                log->shift++;
        else
                hosts->subject[most].shift[kind]++;
        for (uint32_t i = 0; i < hosts->subjects; i++)
                hosts->subject[i].kept[kind] = 0;
        for (uint32_t i = 0; i < log->count; i++) {
                struct tv_digest *d = &log->at[i];

                if (!is_sampled(d->conn, shift_of(hosts, d->service, kind)))
                        continue;
                hosts->subject[d->service].kept[kind]++;
                if (kept != i)
                        log->at[kept] = *d;
                kept++;
        }
        log->count = kept;
}

static void
keep(struct tv_hosts *hosts, const struct tv_digest *d, unsigned kind)
{
        struct tv_digest_log *log = &hosts->log[kind];

        if (log->count == log->room) {
                uint32_t room = log->room == 0 ? 32 : log->room * 2;
                struct tv_digest *more = may_grow(hosts, log->room, TV_DIGESTS_LEAST, TV_DIGESTS_MOST)
                                                 ? realloc(log->at, room * sizeof *more)
                                                 : NULL;

                if (more != NULL) {
                        log->at = more;
                        log->room = room;
                }
                for (unsigned tries = 0; log->count == log->room && log->count != 0 && tries < 40; tries++)
                        thin(hosts, kind);
        }
        if (log->count == log->room || !is_sampled(d->conn, shift_of(hosts, d->service, kind)))
                return;
        log->at[log->count++] = *d;
        hosts->subject[d->service].kept[kind]++;
}

/* ---- a connection ---- */

void
tv_hosts_add(struct tv_hosts *hosts, struct tv_passage *passage)
{
        struct tv_digest *d = &passage->digest;
        bool open = d->handshake == TV_HANDSHAKE_COMPLETE || d->handshake == TV_HANDSHAKE_SIMULTANEOUS ||
                    d->handshake == TV_HANDSHAKE_NOT_CAPTURED;
        /* Whoever sent a SYN and nothing else may not even exist. */
        bool exists = open || d->goes_on || d->reset_by != 0 || d->syns > 1;

        if (hosts->room == 0 && !grow(hosts))
                return;
        d->service = subject_of(hosts, TV_SUBJECT_SERVICE, &d->addr[TV_B], d->port[TV_B], true);
        d->client = subject_of(hosts, TV_SUBJECT_CLIENT, &d->addr[TV_A], 0, exists);
        if (d->client != 0) /* making room may have changed the number */
                d->service = tv_hosts_find(hosts, TV_SUBJECT_SERVICE, &d->addr[TV_B], d->port[TV_B]);
        hosts->connections++;
        hosts->tally.most = hosts->connections >= TV_TALLY_MOST ? TV_TALLY_MOST : TV_TALLY_LEAST;
        hosts->chosen += d->chosen;
        latest(&hosts->end, d->watched_until);
        tell(&hosts->subject[d->service], passage, TV_B);
        tell(d->client != 0 ? &hosts->subject[d->client] : &hosts->stranger, passage, TV_A);
        note_stays(hosts, passage, d->service, d->client);
        note_events(hosts, passage, d->service);
        note_life(hosts, d);
        keep(hosts, d, open ? TV_DIGEST_OPENED : TV_DIGEST_FAILED);
}

void
tv_hosts_outage(struct tv_hosts *hosts, const struct tv_outage *outage)
{
        if (hosts->outage == NULL)
                hosts->outage = malloc(TV_OUTAGES * sizeof *hosts->outage);
        if (hosts->outage != NULL && hosts->outages < TV_OUTAGES)
                hosts->outage[hosts->outages++] = *outage;
}

uint64_t
tv_hosts_bytes(const struct tv_hosts *hosts)
{
        uint64_t bytes =
                (uint64_t)hosts->room * (sizeof(struct tv_subject) + 2 * sizeof(uint32_t)) +
                ((uint64_t)hosts->log[0].room + hosts->log[1].room) * sizeof(struct tv_digest) +
                (hosts->tally.slot != NULL ? ((uint64_t)hosts->tally.mask + 1) * sizeof(struct tv_tally_entry) : 0);

        for (uint32_t i = 0; i < hosts->subjects; i++)
                bytes += tv_rtt_heap(&hosts->subject[i].rtt);
        return bytes;
}
