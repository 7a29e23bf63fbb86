#include "analyzer/host/series.h"

#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

void
tv_series_init(struct tv_series *series, const struct tv_hosts *hosts)
{
        series->hosts = hosts;
        series->entry = tv_tally_sorted(&hosts->tally, &series->count);
}

void
tv_series_clear(struct tv_series *series)
{
        free(series->entry);
        series->entry = NULL;
        series->count = 0;
}

/* The first entry whose subject is not below |subject|. */
static size_t
first_of(const struct tv_series *series, uint32_t subject)
{
        size_t low = 0, high = series->count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (tv_tally_subject(&series->entry[middle]) < subject)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

const struct tv_tally_entry *
tv_series_of(const struct tv_series *series, uint32_t subject, size_t *count)
{
        size_t first = first_of(series, subject);

        *count = first_of(series, subject + 1) - first;
        return *count != 0 ? &series->entry[first] : NULL;
}

static bool
is_open(unsigned kind)
{
        return kind == TV_SYN_RCVD || kind == TV_ESTABLISHED || kind == TV_FIN_WAIT_1 || kind == TV_FIN_WAIT_2 ||
               kind == TV_CLOSE_WAIT || kind == TV_CLOSING || kind == TV_LAST_ACK || kind == TV_SYN_SENT;
}

void
tv_series_peak(const struct tv_series *series, uint32_t subject, enum tv_tcp_state state, int64_t threshold,
               struct tv_peak *peak)
{
        const struct tv_tally *tally = &series->hosts->tally;
        size_t count;
        const struct tv_tally_entry *entry = tv_series_of(series, subject, &count);
        int64_t now[TV_STATES] = {0};
        tv_time above = TV_NO_TIME, longest = -1;

        memset(peak, 0, sizeof *peak);
        peak->at = peak->first = peak->above_from = peak->above_to = TV_NO_TIME;
        for (size_t i = 0; i < count;) {
                tv_time time = tv_tally_time(tally, &entry[i]);

                for (; i < count && tv_tally_time(tally, &entry[i]) == time; i++)
                        if (tv_tally_kind(&entry[i]) < TV_STATES)
                                now[tv_tally_kind(&entry[i])] += entry[i].sum;
                if (now[state] > 0 && peak->first == TV_NO_TIME)
                        peak->first = time;
                if (now[state] > peak->most) {
                        peak->most = now[state];
                        peak->at = time;
                        peak->open_then = 0;
                        for (unsigned kind = 0; kind < TV_STATES; kind++)
                                peak->open_then += is_open(kind) ? now[kind] : 0;
                        memcpy(peak->other_then, now, sizeof now);
                }
                if (now[state] >= threshold && above == TV_NO_TIME) {
                        above = time;
                } else if (now[state] < threshold && above != TV_NO_TIME) {
                        if (time - above > longest) {
                                longest = time - above;
                                peak->above_from = above;
                                peak->above_to = time;
                        }
                        above = TV_NO_TIME;
                }
        }
        if (above != TV_NO_TIME && series->hosts->end != TV_NO_TIME && series->hosts->end - above > longest) {
                peak->above_from = above;
                peak->above_to = series->hosts->end;
        }
        peak->at_end = now[state];
}

/* ---- rows ---- */

struct order {
        const struct tv_hosts *hosts;
        uint32_t subject;
};

static int
compare_address(const struct tv_address *a, const struct tv_address *b)
{
        if (a->ipv6 != b->ipv6)
                return a->ipv6 - b->ipv6;
        return memcmp(a->byte, b->byte, a->ipv6 ? 16 : 4);
}

static int
by_place(const void *x, const void *y)
{
        const struct order *a = x, *b = y;
        const struct tv_subject *sa = &a->hosts->subject[a->subject], *sb = &b->hosts->subject[b->subject];
        int address = compare_address(&sa->address, &sb->address);

        return address != 0 ? address : (sa->port > sb->port) - (sa->port < sb->port);
}

static int
by_moment(const void *x, const void *y)
{
        const struct tv_tally_entry *a = x, *b = y;
        uint64_t ka = a->key << 20, kb = b->key << 20; /* without the subject */

        return (ka > kb) - (ka < kb);
}

static tv_time
floor_to(tv_time time, tv_time step)
{
        tv_time steps = time / step - (time % step < 0);

        return (steps < INT64_MIN / step ? INT64_MIN / step : steps) * step;
}

static void
add_event(struct tv_series_row *row, unsigned kind, int64_t sum)
{
        uint64_t n = sum > 0 ? (uint64_t)sum : 0;

        row->syns += kind == TV_COUNT_SYN ? n : 0;
        row->synacks += kind == TV_COUNT_SYNACK ? n : 0;
        row->synacks_again += kind == TV_COUNT_SYNACK_AGAIN ? n : 0;
        row->completed += kind == TV_COUNT_COMPLETED ? n : 0;
        row->resets += kind == TV_COUNT_RESET ? n : 0;
}

/* The rows of one list of entries in order of time. */
static void
rows_of(const struct tv_series *series, const struct tv_tally_entry *entry, size_t count, struct tv_series_row *row,
        void (*emit)(void *context, const struct tv_series_row *row), void *context)
{
        const struct tv_tally *tally = &series->hosts->tally;
        int64_t now[TV_STATES] = {0};
        tv_time step = tv_tally_step(tally) > SECOND ? tv_tally_step(tally) : SECOND;

        row->step = step;
        for (size_t i = 0; i < count;) {
                tv_time second = floor_to(tv_tally_time(tally, &entry[i]), step);
                bool any = false;

                row->time = second;
                row->syns = row->synacks = row->synacks_again = row->completed = row->resets = 0;
                for (unsigned kind = 0; kind < TV_STATES; kind++)
                        row->state[kind] = now[kind] > 0 ? (uint64_t)now[kind] : 0;
                while (i < count && floor_to(tv_tally_time(tally, &entry[i]), step) == second) {
                        tv_time time = tv_tally_time(tally, &entry[i]);

                        for (; i < count && tv_tally_time(tally, &entry[i]) == time; i++) {
                                int64_t sum = entry[i].sum;
                                unsigned kind = tv_tally_kind(&entry[i]);

                                any |= kind != TV_COUNT_ALIVE;
                                if (kind < TV_STATES)
                                        now[kind] += sum;
                                add_event(row, kind, sum);
                        }
                        for (unsigned kind = 0; kind < TV_STATES; kind++)
                                if (now[kind] > 0 && (uint64_t)now[kind] > row->state[kind])
                                        row->state[kind] = (uint64_t)now[kind];
                }
                for (unsigned kind = 0; kind < TV_STATES; kind++)
                        row->after[kind] = now[kind] > 0 ? (uint64_t)now[kind] : 0;
                if (any)
                        emit(context, row);
        }
}

bool
tv_subject_is_shown(const struct tv_subject *subject)
{
        uint64_t vain = subject->handshake[TV_HANDSHAKE_NO_ANSWER] + subject->handshake[TV_HANDSHAKE_REFUSED] +
                        subject->handshake[TV_HANDSHAKE_UNREACHABLE];

        return subject->role == TV_SUBJECT_CLIENT ||
               (subject->role == TV_SUBJECT_SERVICE && (subject->connections > 2 || subject->connections > vain));
}

/* The subjects that are shown, by address and port; a host's client side comes before its listeners.  NULL without
 * memory; the caller frees it. */
static struct order *
in_order(const struct tv_hosts *hosts, uint32_t *count)
{
        struct order *order = malloc((hosts->subjects + 1) * sizeof *order);

        *count = 0;
        for (uint32_t i = 1; order != NULL && i < hosts->subjects; i++)
                if (tv_subject_is_shown(&hosts->subject[i]))
                        order[(*count)++] = (struct order){hosts, i};
        if (*count != 0)
                qsort(order, *count, sizeof *order, by_place);
        return order;
}

void
tv_series_rows(const struct tv_series *series, void (*emit)(void *context, const struct tv_series_row *row),
               void *context)
{
        const struct tv_hosts *hosts = series->hosts;
        struct tv_tally_entry *merged = malloc((series->count + 1) * sizeof *merged);
        uint32_t count;
        struct order *order = in_order(hosts, &count);

        for (uint32_t i = 0; merged != NULL && i < count;) {
                const struct tv_address *address = &hosts->subject[order[i].subject].address;
                struct tv_series_row row = {.address = *address, .of_host = true};
                size_t entries = 0, n;
                uint32_t k;

                for (k = i; k < count && tv_address_equal(&hosts->subject[order[k].subject].address, address); k++) {
                        const struct tv_tally_entry *entry = tv_series_of(series, order[k].subject, &n);

                        if (n != 0)
                                memcpy(&merged[entries], entry, n * sizeof *entry);
                        entries += n;
                }
                if (entries != 0)
                        qsort(merged, entries, sizeof *merged, by_moment);
                rows_of(series, merged, entries, &row, emit, context);
                for (; i < k; i++) {
                        const struct tv_subject *subject = &hosts->subject[order[i].subject];
                        const struct tv_tally_entry *entry = tv_series_of(series, order[i].subject, &n);

                        if (subject->role != TV_SUBJECT_SERVICE || n == 0)
                                continue;
                        row.of_host = false;
                        row.port = subject->port;
                        rows_of(series, entry, n, &row, emit, context);
                }
        }
        free(order);
        free(merged);
}

/* ---- listeners and hosts ---- */

static void
widen(tv_time *first, tv_time *last, tv_time from, tv_time until)
{
        if (from != TV_NO_TIME && (*first == TV_NO_TIME || from < *first))
                *first = from;
        if (until != TV_NO_TIME && (*last == TV_NO_TIME || until > *last))
                *last = until;
}

static struct tv_place_row
empty_row(void)
{
        return (struct tv_place_row){.first = TV_NO_TIME,
                                     .last = TV_NO_TIME,
                                     .half_open_time = TV_NO_TIME,
                                     .rtt_min = TV_NO_TIME,
                                     .rtt_p50 = TV_NO_TIME,
                                     .rtt_p95 = TV_NO_TIME,
                                     .rtt_max = TV_NO_TIME};
}

static void
add_subject(struct tv_place_row *row, const struct tv_subject *s)
{
        bool client = s->role == TV_SUBJECT_CLIENT;

        widen(&row->first, &row->last, s->first, s->last);
        row->connections += s->connections;
        row->opened += client ? s->connections : 0;
        row->taken += client ? 0 : s->connections;
        for (unsigned i = 0; i <= TV_HANDSHAKE_NOT_CAPTURED; i++)
                row->handshake[i] += s->handshake[i];
        for (unsigned i = 0; i <= TV_TEARDOWN_OPEN; i++)
                row->teardown[i] += s->teardown[i];
        for (unsigned i = 0; i < TV_STATES; i++)
                row->state[i] += s->final_state[i];
        row->syns += s->syns;
        row->syns_again += s->syns_again;
        row->synacks += s->synacks;
        row->synacks_again += s->synacks_again;
        row->ignored += client ? 0 : s->ignored;
        row->first_by_it += s->closed_first[client ? TV_CLOSED_FIRST_A : TV_CLOSED_FIRST_B];
        row->first_by_peer += s->closed_first[client ? TV_CLOSED_FIRST_B : TV_CLOSED_FIRST_A];
        row->first_by_both += s->closed_first[TV_CLOSED_FIRST_BOTH];
        row->sent_resets += s->sent_resets;
        row->got_resets += s->got_resets;
        row->sent_bytes += s->sent_bytes;
        row->got_bytes += s->got_bytes;
        row->sent_again += s->sent_again;
        row->got_again += s->got_again;
        if (s->rtt.count != 0) {
                /* Percentiles of several lists are not known. */
                bool only = row->rtt_samples == 0;

                row->rtt_min = only || s->rtt.min < row->rtt_min ? s->rtt.min : row->rtt_min;
                row->rtt_max = only || s->rtt.max > row->rtt_max ? s->rtt.max : row->rtt_max;
                row->rtt_p50 = only ? tv_rtt_percentile(&s->rtt, 50) : TV_NO_TIME;
                row->rtt_p95 = only ? tv_rtt_percentile(&s->rtt, 95) : TV_NO_TIME;
                row->rtt_samples += s->rtt.count;
        }
}

static void
add_half_open(const struct tv_series *series, uint32_t subject, struct tv_place_row *row)
{
        struct tv_peak peak;

        tv_series_peak(series, subject, TV_SYN_RCVD, INT64_MAX, &peak);
        if (peak.most > 0 && (uint64_t)peak.most > row->half_open_most) {
                row->half_open_most = (uint64_t)peak.most;
                row->half_open_time = peak.at;
        }
}

/* All that have no row; |clients|: also those that opened connections. */
static bool
all_others(const struct tv_hosts *hosts, bool clients, struct tv_place_row *row)
{
        *row = empty_row();
        row->places = hosts->given_way;
        if (hosts->subjects != 0)
                add_subject(row, &hosts->subject[0]);
        if (clients)
                add_subject(row, &hosts->stranger);
        for (uint32_t i = 1; i < hosts->subjects; i++)
                if (!tv_subject_is_shown(&hosts->subject[i])) {
                        add_subject(row, &hosts->subject[i]);
                        row->places++;
                }
        return row->connections != 0;
}

void
tv_listener_rows(const struct tv_series *series, void (*emit)(void *context, const struct tv_place_row *row),
                 void *context)
{
        const struct tv_hosts *hosts = series->hosts;
        struct tv_place_row row;
        uint32_t count;
        struct order *order = in_order(hosts, &count);

        for (uint32_t i = 0; i < count; i++) {
                const struct tv_subject *subject = &hosts->subject[order[i].subject];

                if (subject->role != TV_SUBJECT_SERVICE)
                        continue;
                row = empty_row();
                row.has_address = true;
                row.address = subject->address;
                row.port = subject->port;
                row.places = 1;
                add_subject(&row, subject);
                add_half_open(series, order[i].subject, &row);
                emit(context, &row);
        }
        free(order);
        if (all_others(hosts, false, &row))
                emit(context, &row);
}

void
tv_host_rows(const struct tv_series *series, void (*emit)(void *context, const struct tv_place_row *row), void *context)
{
        const struct tv_hosts *hosts = series->hosts;
        struct tv_place_row row;
        uint32_t count;
        struct order *order = in_order(hosts, &count);

        for (uint32_t i = 0; i < count;) {
                const struct tv_address *address = &hosts->subject[order[i].subject].address;

                row = empty_row();
                row.has_address = true;
                row.address = *address;
                for (; i < count && tv_address_equal(&hosts->subject[order[i].subject].address, address); i++) {
                        const struct tv_subject *subject = &hosts->subject[order[i].subject];

                        row.places += subject->role == TV_SUBJECT_SERVICE;
                        add_subject(&row, subject);
                        if (subject->role == TV_SUBJECT_SERVICE)
                                add_half_open(series, order[i].subject, &row);
                }
                emit(context, &row);
        }
        free(order);
        if (all_others(hosts, true, &row))
                emit(context, &row);
}
