/* pages.h - zeroed memory straight from the kernel, for what grows to many megabytes: pools and tables. */
#ifndef TV_PAGES_H
#define TV_PAGES_H

#include <stdbool.h>
#include <stddef.h>

#define TV_HUGE_PAGE ((size_t)2 << 20)

/* |bytes| (more than 0) of zeroed memory, aligned to a page.  It takes room in RAM only as it is touched.  With |huge|
 * and at least TV_HUGE_PAGE bytes it is aligned to that and the kernel is asked for huge pages: fewer TLB misses, but a
 * touch takes 2 MiB.  NULL when memory runs out. */
void *tv_pages_map(size_t bytes, bool huge);

/* Gives |bytes| at |pages| back: all that tv_pages_map gave, or whole pages of it (whole huge pages with |huge|).
 * NULL is harmless. */
void tv_pages_unmap(void *pages, size_t bytes);

/* Takes the wish for huge pages back for the first |bytes| of a mapping. */
void tv_pages_small(void *pages, size_t bytes);

#endif
