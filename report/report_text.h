/* report_text.h - the report for people: what the capture is and how good it is, the verdict in one line, what
 * happened, which connections had trouble; with one connection that connection's page; six lines when all is well.
 * At most 100 columns, plain ASCII (except what the user's own file names hold), UTC.
 *
 * Connections come one by one; only what will be printed is kept (counters, groups of findings, the worst
 * connections, the busiest services), so memory does not grow with their number unless options.all asks for it. */
#ifndef TV_REPORT_TEXT_H
#define TV_REPORT_TEXT_H

#include "analyzer/engine/engine.h"
#include "report/out.h"

#include <stdbool.h>

#define TV_TEXT_COLUMNS 100

struct tv_text_options {
        bool all;      /* a table of all connections at the end; about 130 bytes are kept for each */
        bool selected; /* only some connections were asked for (--conn, a filter): a single one gets its page even when
                          it is healthy, and the report says that the rest is left out */
        bool colour;   /* SGR colours; the words say everything without them */
        bool many_files;      /* frames as FILE:FRAME */
        const char *settings; /* what the hosts were taken to be set to, NULL: the defaults; borrowed while the text
                                 lives */
};

struct tv_text;

/* NULL when memory runs out. */
struct tv_text *tv_text_new(const struct tv_text_options *options);
void tv_text_free(struct tv_text *text);

/* What the report is about, in this order: connections as they become final, findings of the capture, files (each
 * file once, opened or not).  Everything is copied. */
void tv_text_connection(struct tv_text *text, const struct tv_connection *connection);
void tv_text_finding(struct tv_text *text, const struct tv_finding *finding);
/* Behind the findings about hosts: what happened there second by second. */
void tv_text_series(struct tv_text *text, const struct tv_series_row *row);
void tv_text_file(struct tv_text *text, const struct tv_file *file);

/* What the host at |address| is called, after the connections; of an address the first name counts. */
void tv_text_name(struct tv_text *text, const struct tv_address *address, const char *name);

/* The user stopped the reading: the report says that it covers only what was read. */
void tv_text_interrupted(struct tv_text *text);

/* tv_text_print writes the report.  |quality| is of the whole capture (tv_engine_quality). */
void tv_text_print(struct tv_text *text, const struct tv_capture_quality *quality, struct tv_out *out);

#endif
