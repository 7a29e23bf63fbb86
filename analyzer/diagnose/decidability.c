#include "analyzer/diagnose/decidability.h"

#include <string.h>

#define TV_EVENT(...)

/* The number of each clause is needed for nothing but its place. */
enum clause {
#define TV_CLAUSE(name, verdict, evidence, why) CLAUSE_##name,
#include "analyzer/diagnose/decidability_list.def"
#undef TV_CLAUSE
        CLAUSES
};

static const struct tv_clause clauses[CLAUSES] = {
#define TV_CLAUSE(name, verdict, evidence, why) [CLAUSE_##name] = {TV_VERDICT_##verdict, evidence, why},
#include "analyzer/diagnose/decidability_list.def"
#undef TV_CLAUSE
};

#undef TV_EVENT
#define TV_CLAUSE(...)

static const struct tv_decidable rows[TV_EVENTS] = {
#define TV_EVENT(name, family, id, field, value, otherwise, event, own, before, behind, peer)                          \
        [TV_EVENT_##name] = {id,                                                                                       \
                             TV_FAMILY_##family,                                                                       \
                             field,                                                                                    \
                             value,                                                                                    \
                             otherwise,                                                                                \
                             event,                                                                                    \
                             {&clauses[CLAUSE_##own], &clauses[CLAUSE_##before], &clauses[CLAUSE_##behind],            \
                              &clauses[CLAUSE_##peer]}},
#include "analyzer/diagnose/decidability_list.def"
#undef TV_EVENT
};

#undef TV_CLAUSE

const struct tv_decidable *
tv_decidability(enum tv_event event)
{
        return &rows[event];
}

enum tv_event
tv_decidability_event(const struct tv_decidable *row)
{
        return (enum tv_event)(row - rows);
}

const struct tv_decidable *
tv_decidability_find(const char *id)
{
        for (size_t i = 0; i < TV_EVENTS; i++)
                if (strcmp(rows[i].id, id) == 0)
                        return &rows[i];
        return NULL;
}

const struct tv_decidable *
tv_decidability_of(const char *field, const char *value)
{
        for (size_t i = 0; i < TV_EVENTS; i++)
                if (strcmp(rows[i].field, field) == 0 && strcmp(rows[i].value, value) == 0)
                        return &rows[i];
        return NULL;
}

const char *
tv_decidability_why(enum tv_event event, enum tv_point point)
{
        return rows[event].point[point]->why;
}

/* An end that answers on the spot is less than this away. */
#define AT_HOME INT64_C(500000)

enum tv_point
tv_decidability_point(tv_time near, tv_time far)
{
        if (near == TV_NO_TIME || far == TV_NO_TIME)
                return TV_POINT_BEFORE;
        if (near < AT_HOME && near < far / 4)
                return TV_POINT_OWN;
        if (far < AT_HOME && far < near / 4)
                return TV_POINT_PEER;
        return TV_POINT_BEFORE;
}

const char *
tv_point_name(enum tv_point point)
{
        static const char *const names[TV_POINTS] = {"own", "before", "behind", "peer"};

        return names[point];
}

const char *
tv_verdict_name(enum tv_verdict verdict)
{
        static const char *const names[] = {"known", "if", "unknown", "never"};

        return names[verdict];
}

const char *
tv_event_family_name(enum tv_event_family family)
{
        static const char *const names[TV_FAMILIES] = {"state", "class", "need",    "reason",
                                                       "ack",   "loss",  "finding", "metric"};

        return names[family];
}
