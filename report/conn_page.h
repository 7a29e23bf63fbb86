/* conn_page.h - the page of one connection: who talked, what was sent each way, where the time went, which states. */
#ifndef TV_CONN_PAGE_H
#define TV_CONN_PAGE_H

#include "report/phrase.h"

/* tv_connection_copy copies a connection with its transitions and comments and without its findings; NULL when memory
 * runs out. */
struct tv_connection *tv_connection_copy(const struct tv_connection *connection);
void tv_connection_free(struct tv_connection *copy);

/* The first part: both ends, with the names of their hosts (by enum tv_end, "" where none is known), and a table of
 * both directions. */
void tv_conn_page_ends(const struct tv_layout *layout, const struct tv_connection *connection,
                       const char *const names[2]);

/* The ICMP errors about it, a line, if there are any. */
void tv_conn_page_icmp(const struct tv_layout *layout, const struct tv_connection *connection, bool many_files);

/* The comments on its packets, if there are any, a frame a line.  |left_out|: so many of the capture were not kept. */
void tv_conn_page_comments(const struct tv_layout *layout, const struct tv_connection *connection, uint64_t left_out,
                           bool many_files);

/* The second part: the time budget, when it is known, and the states. */
void tv_conn_page_time(const struct tv_layout *layout, const struct tv_connection *connection);
void tv_conn_page_states(const struct tv_layout *layout, const struct tv_connection *connection, bool many_files);

#endif
