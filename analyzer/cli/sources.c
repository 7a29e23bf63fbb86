#include "analyzer/cli/sources.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Opens |source| and, when there are others to be put in order with, looks at its first packet. */
static void
look(struct tv_source *source, bool alone)
{
        struct stat info;
        bool regular = strcmp(source->path, "-") != 0 && stat(source->path, &info) == 0 && S_ISREG(info.st_mode);
        if (regular && info.st_size > 0)
                source->size = (uint64_t)info.st_size;
        if (alone)
                return;
        source->reader = tv_reader_open(source->path, 1, source->message);
        if (source->reader == NULL) {
                source->failed = true;
                return;
        }
        source->status = tv_reader_next(source->reader, &source->packet);
        if (source->status == TV_READ_PACKET)
                source->first = source->packet.time;
        /* Thousands of open files are too many; a pipe has only one first packet. */
        if (regular)
                tv_source_stop(source);
        else
                source->looked = true;
}

static int
by_first_time(const void *x_pointer, const void *y_pointer)
{
        const struct tv_source *x = x_pointer, *y = y_pointer;
        if (x->failed != y->failed)
                return x->failed ? 1 : -1;
        /* Files without packets are read last. */
        if ((x->first == TV_NO_TIME) != (y->first == TV_NO_TIME))
                return x->first == TV_NO_TIME ? 1 : -1;
        if (x->first != y->first)
                return x->first < y->first ? -1 : 1;
        return x->place < y->place ? -1 : 1;
}

struct tv_source *
tv_sources_open(const char *const *paths, size_t count)
{
        struct tv_source *sources = calloc(count, sizeof sources[0]);
        if (sources == NULL)
                return NULL;
        for (size_t i = 0; i < count; i++) {
                sources[i].path = paths[i];
                sources[i].place = i;
                sources[i].first = TV_NO_TIME;
                look(&sources[i], count == 1);
        }
        qsort(sources, count, sizeof sources[0], by_first_time);
        for (size_t i = 0; i < count; i++)
                sources[i].number = (uint32_t)(i + 1);
        return sources;
}

bool
tv_source_start(struct tv_source *source)
{
        if (!source->failed && source->reader == NULL) {
                source->reader = tv_reader_open(source->path, source->number, source->message);
                source->failed = source->reader == NULL;
        }
        return !source->failed;
}

enum tv_read
tv_source_next(struct tv_source *source, struct tv_packet *packet)
{
        enum tv_read status;
        if (source->looked) {
                source->looked = false;
                *packet = source->packet;
                status = source->status;
        } else {
                status = tv_reader_next(source->reader, packet);
        }
        /* A reader that was opened for a look did not know the number yet. */
        if (status == TV_READ_PACKET)
                packet->frame = tv_frame_make(source->number, tv_frame_number(packet->frame));
        return status;
}

void
tv_source_stop(struct tv_source *source)
{
        tv_reader_close(source->reader);
        source->reader = NULL;
}

void
tv_sources_free(struct tv_source *sources, size_t count)
{
        for (size_t i = 0; sources != NULL && i < count; i++) {
                if (sources[i].reader != NULL)
                        tv_source_stop(&sources[i]);
        }
        free(sources);
}
