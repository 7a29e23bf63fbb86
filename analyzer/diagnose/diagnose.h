/* diagnose.h - what a person acts on, concluded from what the tracker knows; one file per family. */
#ifndef TV_DIAGNOSE_H
#define TV_DIAGNOSE_H

#include "analyzer/engine/engine.h"
#include "analyzer/flow/conn.h"
#include "analyzer/host/full.h"
#include "analyzer/host/opening.h"

#include <stddef.h>

#define TV_CONN_FINDINGS 24

/* What is known of the capture's faults when a connection becomes final.  What follows from the absence of a packet is
 * certain only where the capture misses none, and what follows from the order of two directions only where they are
 * recorded alike. */
struct tv_capture_doubts {
        bool misses;     /* acknowledged octets were never captured, or the capturer says that it dropped packets */
        bool stepped;    /* the clock stepped, or leapt just now: durations may be wrong */
        tv_time paused;  /* when the last silence of the whole capture of more than a minute began; TV_NO_TIME: none */
        tv_time skew;    /* the most by which an acknowledgment came before its data; 0: never */
        tv_time watched; /* how long the capture went on, for all that is known, after the connection's last segment */
};

/* Everything that a family's function needs to judge one connection. */
struct tv_case {
        const struct tv_tracker *tracker;
        const struct tv_conn *conn;
        const struct tv_connection *row; /* its summary, findings not filled in */
        const struct tv_profile *profile;
        tv_time now; /* end of what was captured, on this connection's time scale */
        struct tv_capture_doubts doubts;
        const struct tv_opening *opening; /* what was repeated in the handshake; NULL: nothing */
        const struct tv_full_list *full;  /* listeners whose accept queue was full */
        bool at_end;                      /* the input ends, and the connection with it */
        /* The SYN of the next incarnation, where that is what ends this one, and whether direction 0 sent it. */
        tv_frame next_frame;
        tv_time next_time;
        bool next_by_low;
        bool has_next_seq; /* what begins it is a SYN or the answer to one, and this is that SYN's number */
        uint32_t next_seq;
};

/* Findings of one connection. */
struct tv_findings {
        struct tv_finding at[TV_CONN_FINDINGS];
        size_t count;
};

/* A new finding of |code| about |subject|'s connection, filled in but for the texts and frames; NULL when full. */
struct tv_finding *tv_finding_new(struct tv_findings *findings, const struct tv_case *subject, const char *code,
                                  enum tv_confidence confidence, enum tv_blame blame);

/* Adds a frame that proves |finding|, in their order; 0 and repetitions are left out. */
void tv_finding_frame(struct tv_finding *finding, tv_frame frame);

/* Sets one of the texts, cut to fit. */
void tv_finding_text(char text[TV_FINDING_TEXT], const char *format, ...) __attribute__((format(printf, 2, 3)));

/* May |loss| be only apparent, because the two directions are recorded with different delays? */
bool tv_diagnose_is_skew(const struct tv_case *subject, const struct tv_loss *loss);

/* Where |loss| happened (enum tv_lost), as far as a capture can tell that may itself have missed the lost segment.
 * When that is not what the tracker took for granted, |finding| says so and is no longer certain; it may be NULL. */
uint8_t tv_diagnose_where(const struct tv_case *subject, const struct tv_loss *loss, struct tv_finding *finding);

/* Nothing tells whether |loss| is that of this segment or of another: |finding| says why (decidability.h). */
void tv_diagnose_open(const struct tv_case *subject, const struct tv_loss *loss, struct tv_finding *finding);

/* "once", "twice", "3 times": in |text|. */
const char *tv_finding_times(unsigned count, char text[20]);

/* How often segments of one kind were lost, and on which side: |count| by enum tv_lost.  What died before the capture
 * point can be counted only from what shows it: "once behind the capture point, at least twice before it". */
#define TV_FINDING_PLACES 160
const char *tv_finding_places(const unsigned count[TV_LOST_UNKNOWN + 1], char text[TV_FINDING_PLACES]);

/* All findings of a connection that became final. */
void tv_diagnose_connection(const struct tv_case *subject, struct tv_findings *findings);

void tv_diagnose_handshake(const struct tv_case *subject, struct tv_findings *findings);
void tv_diagnose_data(const struct tv_case *subject, struct tv_findings *findings);
void tv_diagnose_teardown(const struct tv_case *subject, struct tv_findings *findings);
void tv_diagnose_reset(const struct tv_case *subject, struct tv_findings *findings);

/* What the capture itself suffers from; |first| are frames that show it, in the order of capture_evidence. */
enum tv_capture_evidence {
        TV_EVIDENCE_GAP,
        TV_EVIDENCE_DUPLICATE,
        TV_EVIDENCE_SKEW,
        TV_EVIDENCE_REORDERED,
        TV_EVIDENCE_STEP,
        TV_EVIDENCE_CUT_OFF,
        TV_EVIDENCE_SNAPLEN,
        TV_EVIDENCE_OFFLOAD,
        TV_EVIDENCE_ONE_WAY,
        TV_EVIDENCE_MID_START,
        TV_EVIDENCE_UNKNOWN_LINK,
        TV_EVIDENCE_EVICTED,
        TV_EVIDENCES
};

/* No capturer at one place takes longer for the second record of a packet. */
#define TV_PLACES_APART INT64_C(1000000)

enum { TV_UNKNOWN_LINK_TYPES = 4 };

struct tv_capture_case {
        const struct tv_capture_quality *quality;
        tv_frame first[TV_EVIDENCES];
        uint64_t unknown_link; /* packets of link types that are not decoded: these, in the order of their first packet
                                */
        int unknown_link_type[TV_UNKNOWN_LINK_TYPES];
        unsigned unknown_link_types;                  /* how many; there may be more than have room */
        const char *(*link_type_name)(int link_type); /* as in struct tv_engine_config */
        const char *truncated;                        /* message, NULL: no file was cut off */
        tv_frame truncated_frame;
        const char *damaged;
        tv_frame damaged_frame;
};

void tv_diagnose_capture(const struct tv_capture_case *subject,
                         void (*emit)(void *context, const struct tv_finding *finding), void *context);

/* What hosts and listeners suffer from, from their tables in the end. */
struct tv_hosts;
struct tv_series;
struct tv_host_case {
        const struct tv_hosts *hosts;
        const struct tv_series *series; /* of |hosts| */
        const struct tv_profile *profile;
        const struct tv_capture_quality *quality;
        tv_time end;     /* of the capture */
        unsigned pileup; /* so many ends in a state at once are a pile-up */
        bool misses;     /* as in struct tv_capture_doubts */
};

void tv_diagnose_hosts(const struct tv_host_case *subject,
                       void (*emit)(void *context, const struct tv_finding *finding), void *context);

/* Severity and the one-line meaning of a code; NULL for an unknown one. */
const char *tv_finding_meaning(const char *code, enum tv_severity *severity);

#endif
