#include "report/seconds.h"

#include "analyzer/tcp/tcp_state.h"
#include "report/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PLACES  4
#define ROWS    4096 /* of a place; more are left out, and then the table */
#define COLUMNS 8
#define LABEL   26
#define WIDTH   7
#define SECOND  INT64_C(1000000000)

struct place {
        struct tv_address address;
        uint16_t port;
        bool state[TV_STATES]; /* to be shown */
        bool too_many, printed;
        struct tv_series_row *row;
        size_t rows, room;
};

struct tv_seconds {
        struct place place[PLACES];
        size_t places;
};

struct tv_seconds *
tv_seconds_new(void)
{
        return calloc(1, sizeof(struct tv_seconds));
}

void
tv_seconds_free(struct tv_seconds *seconds)
{
        for (size_t i = 0; seconds != NULL && i < seconds->places; i++)
                free(seconds->place[i].row);
        free(seconds);
}

static struct place *
find(struct tv_seconds *seconds, const struct tv_address *address, uint16_t port)
{
        for (size_t i = 0; i < seconds->places; i++) {
                struct place *p = &seconds->place[i];

                if (p->port == port && p->address.ipv6 == address->ipv6 &&
                    memcmp(p->address.byte, address->byte, address->ipv6 ? 16 : 4) == 0)
                        return p;
        }
        return NULL;
}

/* The state that the course of a finding is about; TV_NO_STATE: events tell it.  False: it has no course. */
static bool
course_of(const char *code, enum tv_tcp_state *state)
{
        static const struct {
                const char *code;
                enum tv_tcp_state state;
        } known[] = {{"host.syn-flood", TV_SYN_RCVD},
                     {"host.syn-backlog", TV_SYN_RCVD},
                     {"host.accept-queue-overflow", TV_SYN_RCVD},
                     {"host.service-down", TV_NO_STATE},
                     {"host.shutdown", TV_ESTABLISHED},
                     {"host.close-wait-pileup", TV_CLOSE_WAIT},
                     {"host.fin-wait-1-pileup", TV_FIN_WAIT_1},
                     {"host.fin-wait-2-pileup", TV_FIN_WAIT_2},
                     {"host.last-ack-pileup", TV_LAST_ACK},
                     {"host.time-wait-pileup", TV_TIME_WAIT}};

        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
                if (strcmp(known[i].code, code) == 0) {
                        *state = known[i].state;
                        return true;
                }
        return false;
}

void
tv_seconds_want(struct tv_seconds *seconds, const struct tv_finding *f)
{
        enum tv_tcp_state state;
        struct place *p;

        if (!f->has_address || f->port == 0 || !course_of(f->code, &state))
                return;
        p = find(seconds, &f->address, f->port);
        if (p == NULL) {
                if (seconds->places == PLACES)
                        return;
                p = &seconds->place[seconds->places++];
                p->address = f->address;
                p->port = f->port;
        }
        p->state[state] = true;
}

void
tv_seconds_add(struct tv_seconds *seconds, const struct tv_series_row *row)
{
        struct place *p = row->of_host ? NULL : find(seconds, &row->address, row->port);

        if (p == NULL || p->too_many)
                return;
        if (p->rows == p->room) {
                size_t room = p->room == 0 ? 16 : p->room * 2;
                struct tv_series_row *more = room <= ROWS ? realloc(p->row, room * sizeof *more) : NULL;

                if (more == NULL) {
                        p->too_many = true;
                        return;
                }
                p->row = more;
                p->room = room;
        }
        p->row[p->rows++] = *row;
}

/* ---- printing ---- */

struct table {
        const struct tv_layout *layout;
        const struct place *place;
        tv_time start, step;
        unsigned columns;
};

/* Which column a second falls into; it may have begun before the capture did. */
static unsigned
column_of(const struct table *t, tv_time time)
{
        tv_time column = time > t->start ? (time - t->start) / t->step : 0;

        return column < t->columns ? (unsigned)column : t->columns - 1;
}

static void
print_cell(const struct table *t, uint64_t value)
{
        char text[24];

        /* A blank stays before each. */
        if (value == 0)
                snprintf(text, sizeof text, ".");
        else if (value < 1000000)
                snprintf(text, sizeof text, "%" PRIu64, value);
        else if (value < 100000000)
                snprintf(text, sizeof text, "%" PRIu64 "k", value / 1000);
        else
                snprintf(text, sizeof text, "%" PRIu64 "M", value / 1000000);
        tv_out_printf(t->layout->out, "%*s", WIDTH, text);
}

static void
print_row(const struct table *t, const char *label, const uint64_t *value, uint64_t total)
{
        if (total == 0)
                return;
        tv_out_printf(t->layout->out, "    %-*s", LABEL, label);
        for (unsigned i = 0; i < t->columns; i++)
                print_cell(t, value[i]);
        print_cell(t, total);
        tv_out_text(t->layout->out, "\n");
}

static void
print_events(const struct table *t, const char *label, size_t offset)
{
        uint64_t value[COLUMNS] = {0}, total = 0;

        for (size_t i = 0; i < t->place->rows; i++) {
                const char *row = (const char *)&t->place->row[i];
                uint64_t n;

                memcpy(&n, row + offset, sizeof n);
                value[column_of(t, t->place->row[i].time)] += n;
                total += n;
        }
        print_row(t, label, value, total);
}

static void
print_state(const struct table *t, enum tv_tcp_state state)
{
        uint64_t value[COLUMNS] = {0}, most = 0, after = 0;
        unsigned column = 0;
        char label[LABEL + 1];

        for (size_t i = 0; i < t->place->rows; i++) {
                const struct tv_series_row *row = &t->place->row[i];
                unsigned at = column_of(t, row->time);

                /* In seconds without a row nothing changed. */
                while (column < at)
                        if (++column < at || value[column] < after)
                                value[column] = after;
                if (row->state[state] > value[at])
                        value[at] = row->state[state];
                after = row->after[state];
                most = value[at] > most ? value[at] : most;
        }
        while (++column < t->columns)
                value[column] = after;
        snprintf(label, sizeof label, "%s, most", state == TV_SYN_RCVD ? "half-open" : tv_tcp_state_name(state));
        print_row(t, label, value, most);
}

void
tv_seconds_print(struct tv_seconds *seconds, const struct tv_layout *layout, const struct tv_address *address,
                 uint16_t port, tv_time start, tv_time end)
{
        struct place *p = find(seconds, address, port);
        struct table t = {.layout = layout, .place = p};
        struct tv_phrase name;
        tv_time span;

        if (p == NULL || p->printed || p->too_many || p->rows == 0 || start == TV_NO_TIME || end == TV_NO_TIME)
                return;
        p->printed = true;
        t.start = start - ((start % SECOND) + SECOND) % SECOND;
        span = end - t.start;
        t.step = SECOND;
        while (span / t.step >= COLUMNS)
                t.step += SECOND * (span / t.step / COLUMNS > 1 ? span / t.step / COLUMNS : 1);
        t.columns = (unsigned)(span / t.step) + 1;
        tv_phrase_clear(&name);
        tv_phrase_endpoint(&name, address, port);
        tv_out_printf(layout->out, "\n    %-*s", LABEL, name.length <= LABEL ? name.text : "");
        /* Seconds are those of the clock: "17:03" is minute and second, in longer steps hour and minute. */
        for (unsigned i = 0; i < t.columns; i++) {
                char utc[TV_UTC_ROOM + 1];

                *tv_put_utc(utc, t.start + t.step * i) = '\0';
                tv_out_printf(layout->out, "%*.5s", WIDTH, utc + (t.step < 60 * SECOND ? 14 : 11));
        }
        tv_out_printf(layout->out, "%*s\n", WIDTH, "total");
        print_events(&t, "SYN arrived", offsetof(struct tv_series_row, syns));
        print_events(&t, "SYN-ACK sent", offsetof(struct tv_series_row, synacks));
        print_events(&t, "SYN-ACK repeated", offsetof(struct tv_series_row, synacks_again));
        print_events(&t, "handshake completed", offsetof(struct tv_series_row, completed));
        print_events(&t, "connection reset", offsetof(struct tv_series_row, resets));
        for (unsigned state = TV_NO_STATE + 1; state < TV_STATES; state++)
                if (p->state[state])
                        print_state(&t, (enum tv_tcp_state)state);
}
