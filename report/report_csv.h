/* report_csv.h - writes files.csv, connections.csv, transitions.csv, findings.csv, segments.csv, listeners.csv,
 * hosts.csv and series.csv of design.md
 * section 6.  Columns: columns.def.  Rows come out in the order of the calls; nothing is decided here. */
#ifndef TV_REPORT_CSV_H
#define TV_REPORT_CSV_H

#include "analyzer/engine/result.h"
#include "report/out.h"

#include <stdbool.h>
#include <stdint.h>

struct tv_csv;

struct tv_csv_options {
        bool segments;   /* also segments.csv */
        bool many_files; /* frames as FILE:FRAME */
};

/* tv_csv_open begins the files in |dir|, which it creates when it is missing (not its parents).
 * Returns NULL and one line for the user in |message| when that fails; nothing is left behind then. */
struct tv_csv *tv_csv_open(const char *dir, const struct tv_csv_options *options, char message[TV_OUT_MESSAGE]);

/* The connection's row, its transitions' and its findings' rows. */
void tv_csv_connection(struct tv_csv *csv, const struct tv_connection *connection);
/* Rows of listeners.csv, hosts.csv and series.csv. */
void tv_csv_listener(struct tv_csv *csv, const struct tv_place_row *row);
void tv_csv_host(struct tv_csv *csv, const struct tv_place_row *row);
void tv_csv_series(struct tv_csv *csv, const struct tv_series_row *row);
/* A finding of no single connection.  Findings are numbered from 1 in the order in which they are written. */
void tv_csv_finding(struct tv_csv *csv, const struct tv_finding *finding);
/* |interface| names that of the packet, |comment| is what somebody wrote on it; NULL: nothing to tell.  Nothing without
 * options.segments. */
void tv_csv_segment(struct tv_csv *csv, const struct tv_segment_row *row, const char *interface, const char *comment);
void tv_csv_file(struct tv_csv *csv, const struct tv_file *file);

/* tv_csv_keep_segments has segments.csv hold, once closed, only rows of connections for which |keep| returns true.  It
 * is asked in tv_csv_close, at the latest then |context| must know.  Nothing without options.segments. */
void tv_csv_keep_segments(struct tv_csv *csv, bool (*keep)(void *context, uint64_t conn), void *context);

/* tv_csv_fail notes that what should be written cannot be: |error| is an errno.  It is as if a write had failed. */
void tv_csv_fail(struct tv_csv *csv, int error);

/* True once something could not be written: reading on is of no use. */
bool tv_csv_failed(const struct tv_csv *csv);

/* tv_csv_close finishes the files and frees |csv|.  Either all of them get their names (returns true), or none does:
 * then the unfinished files are removed, and |message| holds one line for the user.  NULL is closed already. */
bool tv_csv_close(struct tv_csv *csv, char message[TV_OUT_MESSAGE]);

#endif
