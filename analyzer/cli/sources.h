/* sources.h - the files of the command line in the order in which they are read: by the time of their first packet. */
#ifndef TV_SOURCES_H
#define TV_SOURCES_H

#include "analyzer/capture/reader.h"

#include <stdbool.h>
#include <stddef.h>

struct tv_source {
        const char *path;
        uint32_t number; /* row in files.csv, from 1: in reading order, those that cannot be read last */
        bool failed;     /* cannot be read at all; |message| says why */
        char message[TV_READER_MESSAGE];
        uint64_t size; /* bytes; 0: unknown */

        struct tv_reader *reader;
        /* The first thing read, when it was read already: a pipe cannot be opened twice. */
        bool looked;
        enum tv_read status;
        struct tv_packet packet;

        size_t place;  /* on the command line */
        tv_time first; /* of the first packet; TV_NO_TIME: there is none */
};

/* tv_sources_open looks into every file.  Returns |count| sources in reading order, or NULL when memory runs out. */
struct tv_source *tv_sources_open(const char *const *paths, size_t count);

/* tv_source_start opens the source to be read from its first packet on.  Returns false with source->failed and
 * source->message set when that fails. */
bool tv_source_start(struct tv_source *source);

/* tv_source_next is tv_reader_next of a source that was started; packet->frame carries source->number. */
enum tv_read tv_source_next(struct tv_source *source, struct tv_packet *packet);

/* Closes the reader, if there is one. */
void tv_source_stop(struct tv_source *source);

void tv_sources_free(struct tv_source *sources, size_t count);

#endif
