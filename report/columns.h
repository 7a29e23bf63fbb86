/* columns.h - the tables of design.md section 6 as data: headers, documentation and tests come from columns.def. */
#ifndef TV_COLUMNS_H
#define TV_COLUMNS_H

#include "report/out.h"

#include <stddef.h>

enum tv_table {
        TV_TABLE_files,
        TV_TABLE_connections,
        TV_TABLE_transitions,
        TV_TABLE_findings,
        TV_TABLE_segments,
        TV_TABLE_listeners,
        TV_TABLE_hosts,
        TV_TABLE_series,
        TV_TABLES
};

struct tv_column {
        enum tv_table table;
        char prefix[3]; /* "a_", "b_" or "" */
        const char *name, *unit, *meaning;
};

/* The most columns of all tables together. */
#define TV_COLUMNS_MAX 512

/* tv_columns fills in the columns of all tables, tables one after the other, columns in file order.
 * Returns their number. */
size_t tv_columns(struct tv_column column[TV_COLUMNS_MAX]);

/* "files", "connections", ...: the file is this with ".csv". */
const char *tv_table_name(enum tv_table table);
/* One row of the table is one ... */
const char *tv_table_row(enum tv_table table);

/* tv_columns_header writes the names of |table|'s columns, separated by commas, and CRLF. */
void tv_columns_header(struct tv_out *out, enum tv_table table);

/* tv_columns_dictionary writes docs/data-dictionary.md. */
void tv_columns_dictionary(struct tv_out *out);

#endif
