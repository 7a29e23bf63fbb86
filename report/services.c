#include "report/services.h"

#include <inttypes.h>
#include <stdlib.h>

/* A scan may touch millions of ports.  When the table is full, services with least connections are forgotten (only
 * counted), so that those that go on being used stay. */
#define SLOTS  4096 /* a power of two */
#define FILLED (SLOTS / 2)
#define SHOWN  10

struct service {
        uint64_t connections; /* 0: free slot */
        uint64_t unopened;    /* of these: refused, unanswered, or given up before they were established */
        uint64_t closed_first[TV_CLOSED_FIRST_NONE + 1];
        uint64_t turns;
        tv_time reply, rtt_min; /* reply: the responder's time over all turns */
        uint32_t state[2][TV_STATES];
        struct tv_address address;
        uint16_t port;
};

struct tv_services {
        size_t count;
        uint64_t forgotten; /* connections of services that are no longer in the table */
        struct service slot[SLOTS];
};

struct tv_services *
tv_services_new(void)
{
        return calloc(1, sizeof(struct tv_services));
}

void
tv_services_free(struct tv_services *services)
{
        free(services);
}

static struct service *
find(struct tv_services *services, const struct tv_address *address, uint16_t port)
{
        uint64_t words[2], hash;

        memcpy(words, address->byte, sizeof words);
        hash = (words[0] * UINT64_C(0x9e3779b97f4a7c15) ^ words[1]) + port;
        hash = (hash ^ hash >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
        for (size_t i = (size_t)(hash >> 40);; i++) {
                struct service *s = &services->slot[i % SLOTS];

                if (s->connections == 0 || (s->port == port && s->address.ipv6 == address->ipv6 &&
                                            memcmp(s->address.byte, address->byte, 16) == 0))
                        return s;
        }
}

/* Forgets at least half of the services, those with fewest connections. */
static void
forget_small(struct tv_services *services)
{
        static const size_t half = FILLED / 2;
        struct service *old = malloc(sizeof services->slot);
        uint64_t least = 1;

        if (old == NULL) {
                /* Without memory to move them: begin again. */
                for (size_t i = 0; i < SLOTS; i++)
                        services->forgotten += services->slot[i].connections;
                memset(services->slot, 0, sizeof services->slot);
                services->count = 0;
                return;
        }
        memcpy(old, services->slot, sizeof services->slot);
        for (;; least *= 2) {
                size_t above = 0;

                for (size_t i = 0; i < SLOTS; i++)
                        above += old[i].connections > least;
                if (above <= half)
                        break;
        }
        memset(services->slot, 0, sizeof services->slot);
        services->count = 0;
        for (size_t i = 0; i < SLOTS; i++) {
                if (old[i].connections > least) {
                        *find(services, &old[i].address, old[i].port) = old[i];
                        services->count++;
                } else {
                        services->forgotten += old[i].connections;
                }
        }
        free(old);
}

void
tv_services_add(struct tv_services *services, const struct tv_connection *conn)
{
        struct tv_address address = conn->addr[TV_B];
        struct service *s;
        tv_time rtt;

        if (!address.ipv6)
                memset(address.byte + 4, 0, 12);
        s = find(services, &address, conn->port[TV_B]);
        if (s->connections == 0) {
                if (services->count == FILLED) {
                        forget_small(services);
                        s = find(services, &address, conn->port[TV_B]);
                }
                services->count++;
                *s = (struct service){.address = address, .port = conn->port[TV_B], .rtt_min = TV_NO_TIME};
        }
        s->connections++;
        s->unopened += conn->handshake != TV_HANDSHAKE_COMPLETE && conn->handshake != TV_HANDSHAKE_SIMULTANEOUS &&
                       conn->handshake != TV_HANDSHAKE_NOT_CAPTURED;
        s->closed_first[conn->closed_first <= TV_CLOSED_FIRST_NONE ? conn->closed_first : TV_CLOSED_FIRST_NONE]++;
        for (int end = TV_A; end <= TV_B; end++)
                s->state[end][conn->state[end] < TV_STATES ? conn->state[end] : TV_NO_STATE]++;
        /* To b and back to the capture point, and to a and back: only together they are the whole way. */
        if (conn->dir[TV_A].rtt_min != TV_NO_TIME && conn->dir[TV_B].rtt_min != TV_NO_TIME) {
                rtt = conn->dir[TV_A].rtt_min + conn->dir[TV_B].rtt_min;
                if (s->rtt_min == TV_NO_TIME || rtt < s->rtt_min)
                        s->rtt_min = rtt;
        }
        if (conn->turns != TV_UNKNOWN && conn->turns > 0 && conn->time_b_app != TV_NO_TIME) {
                s->turns += conn->turns;
                s->reply += conn->time_b_app;
        }
}

/* ---- printing ---- */

enum column { COL_SERVICE, COL_CONNS, COL_CLOSED, COL_RTT, COL_REPLY, COL_A_STATE, COL_B_STATE, COLUMNS };

static const struct {
        const char *title;
        bool right;
} columns[COLUMNS] = {
        [COL_SERVICE] = {"service", false},     [COL_CONNS] = {"conns", true},
        [COL_CLOSED] = {"closed first", false}, [COL_RTT] = {"RTT min", true},
        [COL_REPLY] = {"reply after", true},    [COL_A_STATE] = {"a ends in", false},
        [COL_B_STATE] = {"b ends in", false},
};

/* The state of all, or of most and how many of a hundred those are. */
static void
put_state(struct tv_phrase *p, const struct service *s, int end)
{
        int most = TV_NO_STATE;

        for (int state = 0; state < TV_STATES; state++)
                if (s->state[end][state] > s->state[end][most])
                        most = state;
        tv_phrase_add(p, "%s", most == TV_NO_STATE ? "unknown" : tv_tcp_state_name((enum tv_tcp_state)most));
        if (s->state[end][most] < s->connections)
                tv_phrase_add(p, " %" PRIu64 " %%", s->state[end][most] * UINT64_C(100) / s->connections);
}

static void
put_cell(const struct service *s, enum column column, struct tv_phrase *p)
{
        static const char *const closed[] = {"a", "b", "both"};

        tv_phrase_clear(p);
        switch (column) {
        case COL_SERVICE:
                tv_phrase_endpoint(p, &s->address, s->port);
                break;
        case COL_CONNS:
                tv_phrase_count(p, s->connections);
                break;
        case COL_CLOSED:
                for (int i = 0; i < TV_CLOSED_FIRST_NONE; i++) {
                        if (s->closed_first[i] == 0)
                                continue;
                        tv_phrase_separate(p, ", ");
                        tv_phrase_add(p, "%s ", closed[i]);
                        tv_phrase_count(p, s->closed_first[i]);
                }
                break;
        case COL_RTT:
                if (s->rtt_min != TV_NO_TIME)
                        tv_phrase_duration(p, s->rtt_min);
                break;
        case COL_REPLY:
                if (s->turns > 0)
                        tv_phrase_duration(p, s->reply / (tv_time)s->turns);
                break;
        case COL_A_STATE:
        case COL_B_STATE:
                put_state(p, s, column == COL_A_STATE ? TV_A : TV_B);
                break;
        case COLUMNS:
                break;
        }
}

static bool
goes_before(const struct service *a, const struct service *b)
{
        int order;

        if (a->connections != b->connections)
                return a->connections > b->connections;
        order = memcmp(a->address.byte, b->address.byte, 16);
        return order != 0 ? order < 0 : a->port < b->port;
}

void
tv_services_print(const struct tv_services *services, const struct tv_layout *layout)
{
        const struct service *shown[SHOWN];
        size_t count = 0, width[COLUMNS] = {0}, total = 0;
        uint64_t rest = services->forgotten, unopened = 0, never = 0;
        struct tv_phrase p;

        for (size_t i = 0; i < SLOTS; i++)
                never += services->slot[i].connections != 0 &&
                         services->slot[i].unopened == services->slot[i].connections;
        for (size_t i = 0; i < SLOTS; i++) {
                const struct service *s = &services->slot[i];
                size_t at;

                if (s->connections == 0)
                        continue;
                /* What a scan only touches is no service. */
                if (never > SHOWN && s->unopened == s->connections) {
                        unopened += s->connections;
                        continue;
                }
                if (count == SHOWN && !goes_before(s, shown[SHOWN - 1])) {
                        rest += s->connections;
                        continue;
                }
                if (count == SHOWN)
                        rest += shown[SHOWN - 1]->connections;
                else
                        count++;
                for (at = count - 1; at > 0 && goes_before(s, shown[at - 1]); at--)
                        shown[at] = shown[at - 1];
                shown[at] = s;
        }
        for (size_t i = 0; i < count; i++) {
                for (int c = 0; c < COLUMNS; c++) {
                        size_t columns_of_cell;

                        put_cell(shown[i], (enum column)c, &p);
                        columns_of_cell = tv_phrase_columns(p.text);
                        if (columns_of_cell > 0 && columns_of_cell < strlen(columns[c].title))
                                columns_of_cell = strlen(columns[c].title);
                        if (columns_of_cell > width[c])
                                width[c] = columns_of_cell;
                }
        }
        for (int c = 0; c < COLUMNS; c++)
                total += width[c] > 0 ? width[c] + 2 : 0;
        /* A long IPv6 address leaves no room for everything. */
        for (int c = COL_REPLY; total > layout->columns + 2 && c >= COL_RTT; c--) {
                total -= width[c] > 0 ? width[c] + 2 : 0;
                width[c] = 0;
        }
        for (size_t i = 0; i <= count && count > 0; i++) {
                struct tv_cells cells = {0};

                for (int c = 0; c < COLUMNS; c++) {
                        if (width[c] == 0)
                                continue;
                        if (i > 0)
                                put_cell(shown[i - 1], (enum column)c, &p);
                        tv_layout_cell(layout, &cells, width[c], columns[c].right, i == 0 ? TV_BOLD : TV_PLAIN,
                                       i == 0 ? columns[c].title : p.text);
                }
                tv_out_text(layout->out, "\n");
        }
        if (rest > 0) {
                tv_phrase_clear(&p);
                tv_phrase_add(&p, "and ");
                tv_phrase_counted(&p, rest, "connection");
                tv_phrase_add(&p, " to other services");
                tv_layout_wrap(layout, 0, 0, p.text);
        }
        if (unopened > 0) {
                tv_phrase_clear(&p);
                tv_phrase_add(&p, "%s", count > 0 || rest > 0 ? "and " : "");
                tv_phrase_counted(&p, unopened, "connection");
                tv_phrase_add(&p, " to ");
                tv_phrase_counted(&p, never, "place");
                tv_phrase_add(&p, " where none was established");
                tv_layout_wrap(layout, 0, 0, p.text);
        }
}
