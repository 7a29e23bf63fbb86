/* finding_groups.h - findings of one kind are one entry of the text report, however many connections have them. */
#ifndef TV_FINDING_GROUPS_H
#define TV_FINDING_GROUPS_H

#include "analyzer/engine/result.h"

#include <stdbool.h>

#define TV_GROUP_VICTIMS 5
#define TV_GROUP_PLACES  8
#define TV_NO_GROUP      UINT16_MAX

struct tv_group {
        const char *code;
        uint8_t blame, severity;
        uint8_t worst;                  /* severity of the worst of it and of what it causes, once it has a number */
        unsigned number;                /* as printed, from 1; 0: none given yet */
        uint64_t findings;              /* rows of findings.csv */
        uint64_t count;                 /* what they count together, TV_UNKNOWN when one of them does not */
        uint64_t connections;           /* different ones; 0 when it belongs to none */
        uint64_t first_conn, last_conn; /* smallest and largest number */
        uint64_t latest_conn;           /* the one added last */
        tv_time time, until;            /* of all together; TV_NO_TIME unknown */
        tv_time latest, earliest;       /* when the last of them began, and the first of them ended; likewise */
        bool one_place;                 /* all at this address and port */
        bool has_address;
        struct tv_address address;
        uint16_t port;
        /* With connections: their ends, as far as all have the same address, and the same port. */
        struct {
                struct tv_address address;
                uint16_t port;
                bool one_address, one_port;
        } end[2];
        bool one_service;          /* only findings of connections to end[TV_B] come here */
        uint16_t merged_into;      /* index of the group that this one is part of now, or TV_NO_GROUP */
        uint16_t caused_by;        /* index of a group, or TV_NO_GROUP */
        struct tv_finding example; /* the worst of them */
        /* The worst connections, with Wireshark's number. */
        struct {
                uint64_t conn, stream, count;
        } victim[TV_GROUP_VICTIMS];
        unsigned victims;
        /* Findings of a kind about several hosts or services: how many, and those that count most, |address| the first
         * of them. */
        unsigned place_count;
        struct tv_group_place {
                struct tv_address address;
                uint16_t port;
                uint64_t count;
        } place[TV_GROUP_PLACES];
};

struct tv_groups;

/* NULL when memory runs out. */
struct tv_groups *tv_groups_new(void);
void tv_groups_free(struct tv_groups *groups);

/* tv_groups_add takes the next finding in output order.  |connection| is the one it belongs to, or NULL.
 * Returns the index of its group; TV_NO_GROUP when there are too many kinds or memory ran out (it is then counted in
 * tv_groups_left_out). */
uint16_t tv_groups_add(struct tv_groups *groups, const struct tv_finding *finding,
                       const struct tv_connection *connection);

/* tv_groups_link settles what the finding that was added as number |number| (from 1) follows from, when both are among
 * the last ones added. */
void tv_groups_link(struct tv_groups *groups, uint64_t number, uint64_t caused_by);

/* tv_groups_explain lets findings of connections follow from the finding of a host that explains their code, where all
 * of a group are connections to its address and port, in its time.  Up to then groups are about one service each, as
 * long as there are few; now those that are alike, and follow from the same, become one.  So do findings of hosts where
 * many places have the same.  Call it when all have been added. */
void tv_groups_explain(struct tv_groups *groups);

size_t tv_groups_count(const struct tv_groups *groups);
/* The group of that index, or the one that it was merged into; NULL: there is none. */
const struct tv_group *tv_groups_at(const struct tv_groups *groups, size_t index);
/* Is it still a group of its own? */
bool tv_groups_stands(const struct tv_groups *groups, size_t index);
uint64_t tv_groups_left_out(const struct tv_groups *groups);

/* tv_groups_number gives the printed numbers, worst first, those that follow from another one just below that, to the
 * groups that |wanted| accepts, and fills in their indices in that order; |order| has room for tv_groups_count. Returns
 * how many there are. */
size_t tv_groups_number(struct tv_groups *groups, bool (*wanted)(const struct tv_group *), uint16_t *order);

#endif
