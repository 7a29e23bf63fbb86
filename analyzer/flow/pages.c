#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, madvise */

#include "analyzer/flow/pages.h"

#include <stdint.h>
#include <sys/mman.h>

void
tv_pages_unmap(void *pages, size_t bytes)
{
        if (pages != NULL && bytes > 0)
                munmap(pages, bytes);
}

void *
tv_pages_map(size_t bytes, bool huge)
{
        size_t extra = huge && bytes >= TV_HUGE_PAGE ? TV_HUGE_PAGE : 0;
        size_t before;
        unsigned char *pages;

        if (bytes > SIZE_MAX - TV_HUGE_PAGE)
                return NULL;
        pages = mmap(NULL, bytes + extra, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED)
                return NULL;
        if (extra == 0) {
                if (bytes >= TV_HUGE_PAGE)
                        (void)madvise(pages, bytes, MADV_NOHUGEPAGE); /* where the system would use them unasked */
                return pages;
        }
        before = (TV_HUGE_PAGE - (uintptr_t)pages % TV_HUGE_PAGE) % TV_HUGE_PAGE;
        tv_pages_unmap(pages, before);
        tv_pages_unmap(pages + before + bytes, extra - before);
        /* Huge pages are a matter of speed: without them everything works the same. */
        (void)madvise(pages + before, bytes, MADV_HUGEPAGE);
        return pages + before;
}

void
tv_pages_small(void *pages, size_t bytes)
{
        (void)madvise(pages, bytes, MADV_NOHUGEPAGE);
}
