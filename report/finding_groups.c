#include "report/finding_groups.h"

#include <stdlib.h>
#include <string.h>

#define GROUPS_MAX 256
/* How far back a finding may name its cause: causes stand next to what they explain. */
#define RECENT 64

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

static struct tv_group *
group_of(struct tv_groups *groups, const struct tv_finding *f)
{
        struct tv_group *g;

        for (size_t i = 0; i < groups->count; i++) {
                g = &groups->group[i];
                if (g->blame == f->blame && g->severity == f->severity &&
                    (g->code == f->code || strcmp(g->code, f->code) == 0) && (!about_place(f) || same_place(g, f)))
                        return g;
        }
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
        g = &groups->group[groups->count++];
        *g = (struct tv_group){.code = f->code,
                               .blame = f->blame,
                               .severity = f->severity,
                               .time = TV_NO_TIME,
                               .until = TV_NO_TIME,
                               .one_place = true,
                               .has_address = f->has_address,
                               .address = f->address,
                               .port = f->port,
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
add_victim(struct tv_group *g, const struct tv_finding *f, const struct tv_connection *conn)
{
        unsigned at = g->victims;

        while (at > 0 && weight(f->count) > weight(g->victim[at - 1].count))
                at--;
        if (at == TV_GROUP_VICTIMS)
                return;
        if (g->victims < TV_GROUP_VICTIMS)
                g->victims++;
        memmove(&g->victim[at + 1], &g->victim[at], (g->victims - 1 - at) * sizeof g->victim[0]);
        g->victim[at].conn = conn->conn;
        g->victim[at].stream = conn->tcp_stream;
        g->victim[at].count = f->count;
}

static bool
is_worse(const struct tv_finding *f, const struct tv_finding *than)
{
        if (f->confidence != than->confidence)
                return f->confidence < than->confidence;
        return weight(f->count) > weight(than->count);
}

static bool
same_address(const struct tv_address *a, const struct tv_address *b)
{
        return a->ipv6 == b->ipv6 && memcmp(a->byte, b->byte, a->ipv6 ? 16 : 4) == 0;
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

uint16_t
tv_groups_add(struct tv_groups *groups, const struct tv_finding *f, const struct tv_connection *conn)
{
        struct tv_group *g = group_of(groups, f);
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
        if (f->time != TV_NO_TIME && (g->time == TV_NO_TIME || f->time < g->time))
                g->time = f->time;
        if (f->until != TV_NO_TIME && (g->until == TV_NO_TIME || f->until > g->until))
                g->until = f->until;
        if (conn != NULL) {
                note_ends(g, conn);
                if (g->connections == 0 || conn->conn < g->first_conn)
                        g->first_conn = conn->conn;
                if (g->connections == 0 || conn->conn > g->last_conn)
                        g->last_conn = conn->conn;
                if (g->connections == 0 || g->latest_conn != conn->conn) {
                        g->connections++;
                        g->latest_conn = conn->conn;
                        add_victim(g, f, conn);
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

/* Is |code| one of |codes|, which blanks separate? */
static bool
is_among(const char *code, const char *codes)
{
        size_t length = strlen(code);

        for (const char *p = codes; (p = strstr(p, code)) != NULL; p += length)
                if ((p == codes || p[-1] == ' ') && (p[length] == ' ' || p[length] == '\0'))
                        return true;
        return false;
}

static bool
explains(const struct tv_group *host, const struct tv_group *g)
{
        const tv_time slack = INT64_C(10000000000); /* what follows may take a few retransmissions */

        if (host->example.explains == NULL || g->connections == 0 || !is_among(g->code, host->example.explains) ||
            g->time == TV_NO_TIME || host->time == TV_NO_TIME || host->until == TV_NO_TIME ||
            g->time > host->until + slack || g->until < host->time - slack)
                return false;
        for (unsigned end = TV_A; end <= TV_B; end++)
                if (g->end[end].one_address && same_address(&g->end[end].address, &host->address) &&
                    (host->port == 0 || (g->end[end].one_port && g->end[end].port == host->port)))
                        return true;
        return false;
}

void
tv_groups_explain(struct tv_groups *groups)
{
        for (size_t h = 0; h < groups->count; h++)
                for (size_t i = 0; groups->group[h].has_address && i < groups->count; i++)
                        if (groups->group[i].caused_by == TV_NO_GROUP && explains(&groups->group[h], &groups->group[i]))
                                groups->group[i].caused_by = (uint16_t)h;
}

size_t
tv_groups_count(const struct tv_groups *groups)
{
        return groups->count;
}

const struct tv_group *
tv_groups_at(const struct tv_groups *groups, size_t index)
{
        return index < groups->count ? &groups->group[index] : NULL;
}

uint64_t
tv_groups_left_out(const struct tv_groups *groups)
{
        return groups->left_out;
}

/* Causes first; then what is severe; then what has most victims; then what began first. */
static bool
goes_before(const struct tv_group *a, const struct tv_group *b)
{
        if ((a->caused_by == TV_NO_GROUP) != (b->caused_by == TV_NO_GROUP))
                return a->caused_by == TV_NO_GROUP;
        if (a->severity != b->severity)
                return a->severity > b->severity;
        if (a->connections != b->connections)
                return a->connections > b->connections;
        if (a->time != b->time)
                return a->time < b->time;
        return strcmp(a->code, b->code) < 0;
}

size_t
tv_groups_number(struct tv_groups *groups, bool (*wanted)(const struct tv_group *), uint16_t *order)
{
        size_t count = 0;

        for (size_t i = 0; i < groups->count; i++) {
                size_t at = count;

                if (!wanted(&groups->group[i]))
                        continue;
                for (; at > 0 && goes_before(&groups->group[i], &groups->group[order[at - 1]]); at--)
                        order[at] = order[at - 1];
                order[at] = (uint16_t)i;
                count++;
        }
        for (size_t i = 0; i < count; i++)
                groups->group[order[i]].number = (unsigned)i + 1;
        return count;
}
