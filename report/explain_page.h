/* explain_page.h - a page of `tcpverdict explain`, or the list of all of them, for a terminal. */
#ifndef TV_EXPLAIN_PAGE_H
#define TV_EXPLAIN_PAGE_H

#include "analyzer/diagnose/explain.h"

#include <stdio.h>

/* The page with its title, its severity and what makes it certain.  Errors of |out|: see ferror(). */
void tv_explain_page_print(FILE *out, const struct tv_explain_page *page);

/* Every finding and every state with its meaning in a line. */
void tv_explain_list_print(FILE *out);

#endif
