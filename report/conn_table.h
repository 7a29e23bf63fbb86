/* conn_table.h - connections as a table of at most 100 columns.  Rows that are alike may be folded into one, and only
 * the worst kept, so that a flood takes a line and no memory. */
#ifndef TV_CONN_TABLE_H
#define TV_CONN_TABLE_H

#include "report/finding_groups.h"
#include "report/phrase.h"

struct tv_conn_table;

/* tv_conn_table_new: |folded| tables keep the worst TV_TABLE_KEPT kinds of rows; others keep every connection.
 * NULL when memory runs out. */
#define TV_TABLE_KEPT 64
struct tv_conn_table *tv_conn_table_new(bool folded);
void tv_conn_table_free(struct tv_conn_table *table);

/* tv_conn_table_add adds a connection and the groups that its findings are in (TV_NO_GROUP entries are skipped). */
void tv_conn_table_add(struct tv_conn_table *table, const struct tv_connection *connection, const uint16_t *group,
                       size_t groups, unsigned severity);

/* Connections added. */
uint64_t tv_conn_table_connections(const struct tv_conn_table *table);
/* False when memory ran out on the way: rows are missing. */
bool tv_conn_table_is_complete(const struct tv_conn_table *table);

/* tv_conn_table_print prints the title and at most |most| rows (0: all); |zero| is the time that starts count from.  A
 * folded table leaves out what was never opened and follows from a finding about a host, which has a number, if that
 * makes many rows; with nothing else in it, not even the title is printed.
 * Returns how many connections the printed rows stand for. */
uint64_t tv_conn_table_print(struct tv_conn_table *table, const struct tv_layout *layout, const char *title,
                             const struct tv_groups *groups, tv_time zero, size_t most);

#endif
