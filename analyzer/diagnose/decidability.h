/* decidability.h - what a capture can tell, and what it cannot: event x capture point.
 *
 * A segment seen is sent, not yet received; what was lost before the capture point was never seen.  So some questions
 * have an answer in the file, some only with luck, and some never.  This table says which; it is the source of
 * docs/decidability.md, of the reasons that reports give for "unknown", and of tests that hold the program to it: what
 * cannot be known is unknown, never guessed, and what can be known is never unknown.  Entries: decidability_list.def.
 */
#ifndef TV_DECIDABILITY_H
#define TV_DECIDABILITY_H

#include "analyzer/capture/packet.h"

#include <stddef.h>

/* Where the capture was taken, as seen from the end that an event is about: whose state it is, or who sent the segment.
 * Before and behind: on the way of that segment, of the place where it (or its earlier copy) was lost, overtaken or
 * doubled.  Where an event has no such place both are the same. */
enum tv_point {
        TV_POINT_OWN,    /* at that end */
        TV_POINT_BEFORE, /* between the ends, where the segment still passes */
        TV_POINT_BEHIND, /* between the ends, where it does not pass any more */
        TV_POINT_PEER,   /* at the other end */
        TV_POINTS
};

enum tv_verdict {
        TV_VERDICT_KNOWN,   /* the file always tells */
        TV_VERDICT_IF,      /* it tells if the evidence is there, and otherwise it is unknown */
        TV_VERDICT_UNKNOWN, /* no file can tell */
        TV_VERDICT_NEVER    /* it does not happen at this point */
};

enum tv_event_family {
        TV_FAMILY_STATE,
        TV_FAMILY_CLASS,
        TV_FAMILY_NEED,
        TV_FAMILY_REASON,
        TV_FAMILY_ACK,
        TV_FAMILY_LOSS,
        TV_FAMILY_FINDING,
        TV_FAMILY_METRIC,
        TV_FAMILIES
};

enum tv_event {
#define TV_CLAUSE(name, verdict, evidence, why)
#define TV_EVENT(name, ...) TV_EVENT_##name,
#include "analyzer/diagnose/decidability_list.def"
#undef TV_CLAUSE
#undef TV_EVENT
        TV_EVENTS
};

/* One cell of the table. */
struct tv_clause {
        enum tv_verdict verdict;
        const char *evidence; /* what decides; "" for unknown and never */
        const char *why;      /* which argument is missing; "" for known */
};

/* One row.  All strings are static. */
struct tv_decidable {
        const char *id; /* stable: "state.syn-received", "handshake.syn-lost" */
        enum tv_event_family family;
        const char *field;                        /* "segments.lost": the column that tells it; "" for none */
        const char *value;                        /* what the column says then; "" for any */
        const char *otherwise;                    /* what the program says where it is unknown */
        const char *event;                        /* in words, about one end */
        const struct tv_clause *point[TV_POINTS]; /* by enum tv_point; never NULL */
};

const struct tv_decidable *tv_decidability(enum tv_event event);
/* The event of such a row. */
enum tv_event tv_decidability_event(const struct tv_decidable *row);

/* The row with this id, or the first one whose column |field| says |value|; NULL: there is none. */
const struct tv_decidable *tv_decidability_find(const char *id);
const struct tv_decidable *tv_decidability_of(const char *field, const char *value);

/* Why |event| is unknown at |point|, or may be: a clause for reports, to stand behind "unknown: ".  "" where it is
 * always known. */
const char *tv_decidability_why(enum tv_event event, enum tv_point point);

/* Where a capture was taken as seen from the end whose |near| delay from the capture point is given, |far| being the
 * other end's (struct tv_connection): at that end, at the other, or between, where TV_POINT_BEFORE stands for both
 * places.  So it does for delays that are TV_NO_TIME. */
enum tv_point tv_decidability_point(tv_time near, tv_time far);

/* "own", "before", "behind", "peer"; "known", "if", "unknown", "never"; "state", "class", "need" ... */
const char *tv_point_name(enum tv_point point);
const char *tv_verdict_name(enum tv_verdict verdict);
const char *tv_event_family_name(enum tv_event_family family);

#endif
