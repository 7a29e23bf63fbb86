#include "report/finding_groups.h"

#include "report/explainer.h"

#include <stdlib.h>
#include <string.h>

#define GROUPS_MAX 256
/* So many may there be before findings of connections to one service more get no group of their own. */
#define GROUPS_OF_SERVICES 128
/* How far back a finding may name its cause: causes stand next to what they explain. */
#define RECENT 64
/* As many places with the same finding are one entry. */
#define PLACES_FOLDED 3
/* A chain of causes is not followed further. */
#define CAUSES_DEEP 4

struct tv_groups {
        struct tv_group *group;
        size_t count, room;
        uint64_t added, left_out;
        uint16_t recent[RECENT]; /* groups of the last findings, by number modulo RECENT */
};

struct tv_groups *
tv_groups_new(void)
{
        return calloc(1, sizeof(struct tv_groups));
}

void
tv_groups_free(struct tv_groups *groups)
{
        if (groups != NULL)
                free(groups->group);
        free(groups);
}

/* Findings of hosts are about their place; those of connections are one group wherever they happen. */
static bool
about_place(const struct tv_finding *f)
{
        return f->has_address && strncmp(f->code, "host.", 5) == 0;
}

static bool
same_place(const struct tv_group *g, const struct tv_finding *f)
{
        return g->has_address == f->has_address &&
               (!f->has_address || (memcmp(g->address.byte, f->address.byte, 16) == 0 &&
                                    g->address.ipv6 == f->address.ipv6 && g->port == f->port));
}

static bool
same_address(const struct tv_address *a, const struct tv_address *b)
{
        return a->ipv6 == b->ipv6 && memcmp(a->byte, b->byte, a->ipv6 ? 16 : 4) == 0;
}

static bool
same_code(const char *a, const char *b)
{
        return a == b || strcmp(a, b) == 0;
}

static bool
same_kind(const struct tv_group *a, const struct tv_group *b)
{
        return a->blame == b->blame && a->severity == b->severity && same_code(a->code, b->code);
}

static struct tv_group *
new_group(struct tv_groups *groups)
{
        if (groups->count == groups->room) {
                size_t room = groups->room == 0 ? 8 : 2 * groups->room;
                struct tv_group *more;

                if (room > GROUPS_MAX)
                        return NULL;
                more = realloc(groups->group, room * sizeof *more);
                if (more == NULL)
                        return NULL;
                groups->group = more;
                groups->room = room;
        }
        return &groups->group[groups->count++];
}

static struct tv_group *
group_of(struct tv_groups *groups, const struct tv_finding *f, const struct tv_connection *conn)
{
        struct tv_group *g, *shared = NULL;
        bool one_service;

        for (size_t i = 0; i < groups->count; i++) {
                g = &groups->group[i];
                if (g->blame != f->blame || g->severity != f->severity || !same_code(g->code, f->code) ||
                    (about_place(f) && !same_place(g, f)))
                        continue;
                if (!g->one_service)
                        shared = g;
                else if (conn != NULL && g->end[TV_B].port == conn->port[TV_B] &&
                         same_address(&g->end[TV_B].address, &conn->addr[TV_B]))
                        return g;
        }
        one_service = conn != NULL && !about_place(f) && groups->count < GROUPS_OF_SERVICES;
        if (shared != NULL && !one_service)
                return shared;
        g = new_group(groups);
        if (g != NULL)
                *g = (struct tv_group){.code = f->code,
                                       .blame = f->blame,
                                       .severity = f->severity,
                                       .time = TV_NO_TIME,
                                       .until = TV_NO_TIME,
                                       .latest = TV_NO_TIME,
                                       .earliest = TV_NO_TIME,
                                       .one_place = true,
                                       .has_address = f->has_address,
                                       .address = f->address,
                                       .port = f->port,
                                       .one_service = one_service,
                                       .merged_into = TV_NO_GROUP,
                                       .caused_by = TV_NO_GROUP};
        return g;
}

/* The larger count is worse; an unknown one least. */
static uint64_t
weight(uint64_t count)
{
        return count == TV_UNKNOWN ? 0 : count;
}

static void
add_victim(struct tv_group *g, uint64_t conn, uint64_t stream, uint64_t count)
{
        unsigned at = g->victims;

        while (at > 0 && weight(count) > weight(g->victim[at - 1].count))
                at--;
        if (at == TV_GROUP_VICTIMS)
                return;
        if (g->victims < TV_GROUP_VICTIMS)
                g->victims++;
        memmove(&g->victim[at + 1], &g->victim[at], (g->victims - 1 - at) * sizeof g->victim[0]);
        g->victim[at].conn = conn;
        g->victim[at].stream = stream;
        g->victim[at].count = count;
}

static bool
is_worse(const struct tv_finding *f, const struct tv_finding *than)
{
        if (f->confidence != than->confidence)
                return f->confidence < than->confidence;
        return weight(f->count) > weight(than->count);
}

static void
note_ends(struct tv_group *g, const struct tv_connection *conn)
{
        for (unsigned end = TV_A; end <= TV_B; end++) {
                if (g->connections == 0) {
                        g->end[end].address = conn->addr[end];
                        g->end[end].port = conn->port[end];
                        g->end[end].one_address = g->end[end].one_port = true;
                }
                g->end[end].one_address =
                        g->end[end].one_address && same_address(&g->end[end].address, &conn->addr[end]);
                g->end[end].one_port = g->end[end].one_port && g->end[end].port == conn->port[end];
        }
}

static void
take_times(struct tv_group *g, tv_time time, tv_time until, tv_time latest, tv_time earliest)
{
        if (time != TV_NO_TIME && (g->time == TV_NO_TIME || time < g->time))
                g->time = time;
        if (until != TV_NO_TIME && (g->until == TV_NO_TIME || until > g->until))
                g->until = until;
        if (latest != TV_NO_TIME && (g->latest == TV_NO_TIME || latest > g->latest))
                g->latest = latest;
        if (earliest != TV_NO_TIME && (g->earliest == TV_NO_TIME || earliest < g->earliest))
                g->earliest = earliest;
}

uint16_t
tv_groups_add(struct tv_groups *groups, const struct tv_finding *f, const struct tv_connection *conn)
{
        struct tv_group *g = group_of(groups, f, conn);
        uint16_t index = g != NULL ? (uint16_t)(g - groups->group) : TV_NO_GROUP;
        bool first;

        groups->recent[groups->added++ % RECENT] = index;
        if (g == NULL) {
                groups->left_out++;
                return index;
        }
        first = g->findings++ == 0;
        g->one_place = g->one_place && same_place(g, f);
        if (first || is_worse(f, &g->example))
                g->example = *f;
        if (f->count == TV_UNKNOWN || g->count == TV_UNKNOWN)
                g->count = TV_UNKNOWN;
        else
                g->count += f->count;
        take_times(g, f->time, f->until, f->time, f->until);
        if (conn != NULL) {
                note_ends(g, conn);
                if (g->connections == 0 || conn->conn < g->first_conn)
                        g->first_conn = conn->conn;
                if (g->connections == 0 || conn->conn > g->last_conn)
                        g->last_conn = conn->conn;
                if (g->connections == 0 || g->latest_conn != conn->conn) {
                        g->connections++;
                        g->latest_conn = conn->conn;
                        add_victim(g, conn->conn, conn->tcp_stream, f->count);
                }
        }
        return index;
}

void
tv_groups_link(struct tv_groups *groups, uint64_t number, uint64_t caused_by)
{
        uint16_t effect, cause;

        if (number == 0 || number > groups->added || groups->added - number >= RECENT || caused_by == 0 ||
            caused_by > groups->added || groups->added - caused_by >= RECENT)
                return;
        effect = groups->recent[(number - 1) % RECENT];
        cause = groups->recent[(caused_by - 1) % RECENT];
        if (effect != TV_NO_GROUP && cause != TV_NO_GROUP && effect != cause)
                groups->group[effect].caused_by = cause;
}

static bool
explains(const struct tv_group *host, const struct tv_group *g)
{
        struct tv_explainer explainer;

        tv_explainer_take(&explainer, &host->example);
        if (g->connections == 0 || !tv_explains_code(&explainer, g->code, strlen(g->code)) ||
            !tv_explains_moment(&explainer, g->latest, g->earliest))
                return false;
        for (unsigned end = TV_A; end <= TV_B; end++)
                if (g->end[end].one_address && (host->port == 0 || g->end[end].one_port) &&
                    tv_explains_place(&explainer, &g->end[end].address, g->end[end].port))
                        return true;
        return false;
}

static void
merge(struct tv_groups *groups, size_t into, size_t index)
{
        struct tv_group *g = &groups->group[into], *other = &groups->group[index];

        other->merged_into = (uint16_t)into;
        if (other->blame != g->blame) /* that of their cause counts */
                g->blame = TV_BLAME_UNKNOWN;
        if (is_worse(&other->example, &g->example))
                g->example = other->example;
        g->findings += other->findings;
        g->count = g->count == TV_UNKNOWN || other->count == TV_UNKNOWN ? TV_UNKNOWN : g->count + other->count;
        g->one_place = g->one_place && other->one_place && same_place(g, &other->example);
        take_times(g, other->time, other->until, other->latest, other->earliest);
        for (unsigned end = TV_A; end <= TV_B; end++) {
                g->end[end].one_address = g->end[end].one_address && other->end[end].one_address &&
                                          same_address(&g->end[end].address, &other->end[end].address);
                g->end[end].one_port =
                        g->end[end].one_port && other->end[end].one_port && g->end[end].port == other->end[end].port;
        }
        if (other->first_conn < g->first_conn)
                g->first_conn = other->first_conn;
        if (other->last_conn > g->last_conn)
                g->last_conn = other->last_conn;
        g->connections += other->connections;
        for (unsigned i = 0; i < other->victims; i++)
                add_victim(g, other->victim[i].conn, other->victim[i].stream, other->victim[i].count);
}

static void
add_place(struct tv_group *g, const struct tv_group *from)
{
        unsigned kept = g->place_count < TV_GROUP_PLACES ? g->place_count : TV_GROUP_PLACES, at = kept;

        while (at > 0 && weight(from->count) > weight(g->place[at - 1].count))
                at--;
        g->place_count++;
        if (at == TV_GROUP_PLACES)
                return;
        memmove(&g->place[at + 1], &g->place[at],
                ((kept < TV_GROUP_PLACES ? kept : TV_GROUP_PLACES - 1) - at) * sizeof g->place[0]);
        g->place[at] = (struct tv_group_place){from->address, from->port, from->count};
}

static bool
is_of_host(const struct tv_group *g)
{
        return g->connections == 0 && g->has_address && g->one_place && g->merged_into == TV_NO_GROUP;
}

/* Groups of hosts that are alike, about |caused| ones or others, become one where they are many: its example is the one
 * that counts most. */
static void
fold_hosts(struct tv_groups *groups, bool caused)
{
        for (size_t into = 0; into < groups->count; into++) {
                struct tv_group *g = &groups->group[into], *most = g;
                size_t alike = 0;

                if (!is_of_host(g) || (g->caused_by != TV_NO_GROUP) != caused)
                        continue;
                for (size_t i = into; i < groups->count; i++) {
                        struct tv_group *other = &groups->group[i];

                        if (!is_of_host(other) || other->caused_by != g->caused_by || !same_kind(g, other))
                                continue;
                        alike++;
                        if (weight(other->count) > weight(most->count))
                                most = other;
                }
                if (alike < PLACES_FOLDED)
                        continue;
                for (size_t i = 0; i < groups->count; i++)
                        if (is_of_host(&groups->group[i]) && groups->group[i].caused_by == g->caused_by &&
                            same_kind(g, &groups->group[i]))
                                add_place(g, &groups->group[i]);
                g->address = most->address;
                g->port = most->port;
                g->example = most->example;
                for (size_t i = into + 1; i < groups->count; i++) {
                        struct tv_group *other = &groups->group[i];
                        struct tv_finding example = g->example;

                        if (!is_of_host(other) || other->caused_by != g->caused_by || !same_kind(g, other))
                                continue;
                        merge(groups, into, i);
                        g->example = example;
                }
                g->one_place = false;
        }
        /* What they cause follows from the one. */
        for (size_t i = 0; i < groups->count; i++) {
                uint16_t *cause = &groups->group[i].caused_by;

                if (*cause != TV_NO_GROUP && groups->group[*cause].merged_into != TV_NO_GROUP)
                        *cause = groups->group[*cause].merged_into;
        }
}

void
tv_groups_explain(struct tv_groups *groups)
{
        for (size_t h = 0; h < groups->count; h++)
                for (size_t i = 0; groups->group[h].has_address && i < groups->count; i++)
                        if (groups->group[i].caused_by == TV_NO_GROUP && explains(&groups->group[h], &groups->group[i]))
                                groups->group[i].caused_by = (uint16_t)h;
        fold_hosts(groups, false);
        fold_hosts(groups, true);
        for (size_t i = 1; i < groups->count; i++) {
                const struct tv_group *g = &groups->group[i];

                for (size_t into = 0; g->connections != 0 && into < i; into++) {
                        const struct tv_group *first = &groups->group[into];

                        if (first->connections != 0 && first->merged_into == TV_NO_GROUP &&
                            first->caused_by == g->caused_by &&
                            (same_kind(first, g) || (g->caused_by != TV_NO_GROUP && same_code(first->code, g->code) &&
                                                     first->severity == g->severity))) {
                                merge(groups, into, i);
                                break;
                        }
                }
        }
}

size_t
tv_groups_count(const struct tv_groups *groups)
{
        return groups->count;
}

const struct tv_group *
tv_groups_at(const struct tv_groups *groups, size_t index)
{
        if (index >= groups->count)
                return NULL;
        if (groups->group[index].merged_into != TV_NO_GROUP)
                index = groups->group[index].merged_into;
        return &groups->group[index];
}

bool
tv_groups_stands(const struct tv_groups *groups, size_t index)
{
        return index < groups->count && groups->group[index].merged_into == TV_NO_GROUP;
}

uint64_t
tv_groups_left_out(const struct tv_groups *groups)
{
        return groups->left_out;
}

/* What |g| is told below: the cause of its causes, as far as those are told; |g| itself when none is. */
static const struct tv_group *
root_of(const struct tv_groups *groups, const struct tv_group *g, bool (*wanted)(const struct tv_group *))
{
        for (unsigned depth = 0; depth < CAUSES_DEEP && g->caused_by != TV_NO_GROUP; depth++) {
                const struct tv_group *cause = tv_groups_at(groups, g->caused_by);

                if (cause == NULL || cause == g || !wanted(cause))
                        break;
                g = cause;
        }
        return g;
}

/* What is severe first; then what has most victims; then what began first. */
static int
order_of(const struct tv_group *a, uint8_t severity_a, const struct tv_group *b, uint8_t severity_b)
{
        if (severity_a != severity_b)
                return severity_a > severity_b ? -1 : 1;
        if (a->connections != b->connections)
                return a->connections > b->connections ? -1 : 1;
        if (a->time != b->time)
                return a->time < b->time ? -1 : 1;
        return strcmp(a->code, b->code);
}

/* A cause comes where the worst of its consequences belongs, and these follow it. */
static bool
goes_before(const struct tv_groups *groups, const struct tv_group *a, const struct tv_group *b,
            bool (*wanted)(const struct tv_group *))
{
        const struct tv_group *above_a = root_of(groups, a, wanted), *above_b = root_of(groups, b, wanted);
        int order;

        if (above_a == above_b)
                return a == above_a || (b != above_b && order_of(a, a->severity, b, b->severity) < 0);
        order = order_of(above_a, above_a->worst, above_b, above_b->worst);
        return order != 0 ? order < 0 : above_a < above_b;
}

size_t
tv_groups_number(struct tv_groups *groups, bool (*wanted)(const struct tv_group *), uint16_t *order)
{
        size_t count = 0;

        for (size_t i = 0; i < groups->count; i++)
                groups->group[i].worst = 0;
        for (size_t i = 0; i < groups->count; i++) {
                const struct tv_group *g = &groups->group[i];
                struct tv_group *root;

                if (g->merged_into != TV_NO_GROUP || !wanted(g))
                        continue;
                root = &groups->group[root_of(groups, g, wanted) - groups->group];
                root->worst = g->severity > root->worst ? g->severity : root->worst;
        }
        for (size_t i = 0; i < groups->count; i++) {
                size_t at = count;

                if (groups->group[i].merged_into != TV_NO_GROUP || !wanted(&groups->group[i]))
                        continue;
                for (; at > 0 && goes_before(groups, &groups->group[i], &groups->group[order[at - 1]], wanted); at--)
                        order[at] = order[at - 1];
                order[at] = (uint16_t)i;
                count++;
        }
        for (size_t i = 0; i < count; i++)
                groups->group[order[i]].number = (unsigned)i + 1;
        return count;
}
