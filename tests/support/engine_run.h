/* engine_run.h - traffic through the whole engine, with everything it said kept for assertions. */
#ifndef TV_TEST_ENGINE_RUN_H
#define TV_TEST_ENGINE_RUN_H

#include "analyzer/engine/engine.h"
#include "reassembly/data_class.h"
#include "tests/support/dialogue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Everything is a deep copy, owned by the run.  |connections| are sorted by conn; |finals| holds their numbers in the
 * order in which they became final. */
struct tv_run {
        struct tv_connection *connections;
        size_t connection_count;
        uint64_t *finals;
        struct tv_finding *findings; /* of the capture */
        size_t finding_count;
        struct tv_segment_row *rows; /* in the order of the callbacks, which is file order */
        size_t row_count;
        struct tv_place_row *listeners, *hosts;
        size_t listener_count, host_count;
        struct tv_series_row *series;
        size_t series_count;
        uint64_t bucket[TV_BUCKETS];
        uint64_t packets;
        struct tv_capture_quality quality;
        char broken[200]; /* a promise of engine.h that was not kept; "" when all were */
};

struct tv_run_options {
        const struct tv_profile *profile; /* NULL: the engine's default */
        uint64_t max_memory;
        uint64_t hash_key[2];
        unsigned key;     /* enum tv_way_part */
        size_t packets;   /* only so many of the first packets; 0: all */
        bool no_segments; /* the sink has no segment callback */
        bool never_rest;  /* connections that are over stay unpacked; otherwise each is packed, even a single one */
        bool (*chosen)(uint64_t packet); /* is it chosen? counted from 0; NULL: none is */
};

/* tv_run_dialogue pushes every packet of |dialogue|, tv_run_text every packet of a text, tv_run_capture every packet of
 * a file (NULL when it cannot be opened).  |options| may be NULL.  A mistake in the text, or no memory, ends the
 * program: a test cannot go on without its traffic. */
struct tv_run *tv_run_dialogue(const struct tv_dialogue *dialogue, const struct tv_run_options *options);
struct tv_run *tv_run_text(const char *text, const struct tv_run_options *options);
struct tv_run *tv_run_capture(const char *path, const struct tv_run_options *options);
void tv_run_free(struct tv_run *run);

/* tv_run_begin and tv_run_push are for callers that make packets themselves; tv_run_end finishes the engine. */
struct tv_run_feed;
struct tv_run_feed *tv_run_begin(const struct tv_run_options *options);
enum tv_bucket tv_run_push(struct tv_run_feed *feed, const struct tv_packet *packet);
struct tv_run *tv_run_end(struct tv_run_feed *feed);

/* Connection number |conn|, or NULL. */
const struct tv_connection *tv_run_connection(const struct tv_run *run, uint64_t conn);
/* The row of the frame with this number in its file, or NULL. */
const struct tv_segment_row *tv_run_row(const struct tv_run *run, uint64_t number);
/* How many findings have this code: of connection |conn|, or of the capture with TV_UNKNOWN. */
size_t tv_run_findings(const struct tv_run *run, uint64_t conn, const char *code);
const struct tv_finding *tv_run_finding(const struct tv_run *run, uint64_t conn, const char *code);
/* All findings whose code begins with |prefix|, of all connections and of the capture. */
size_t tv_run_all_findings(const struct tv_run *run, const char *prefix);

/* The path of one end, as "LISTEN SYN_RCVD? ESTABLISHED!": each state with the mark of its certainty (observed: none,
 * confirmed: !, assumed: ?, timer: ~), in |text|, which is returned. */
#define TV_RUN_PATH 400
const char *tv_run_path(const struct tv_run *run, uint64_t conn, enum tv_end end, char text[TV_RUN_PATH]);
/* The row of |end| that leads to |to|, the last one when there are several; NULL when there is none. */
const struct tv_transition *tv_run_transition(const struct tv_run *run, uint64_t conn, enum tv_end end,
                                              enum tv_tcp_state to);

/* A message for a failed assertion: the dialogue's connections, findings and rows as text on standard error. */
void tv_run_print(const struct tv_run *run);

#endif
