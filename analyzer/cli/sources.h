/* sources.h - the captures of the command line as one stream of packets, merged by time.
 *
 * A source is one capture: a file, what a compressed file holds, or one of an archive's members ("ARCHIVE/MEMBER").
 * Each is looked into once for the time of its first packet, which decides about the order of numbers, not the command
 * line; equal times are ordered by path.  A capture is opened when its time has come, and captures that overlap are
 * merged: always the packet of the earliest is next, where a capture is as far as the latest time it came to, so that
 * its own order is kept and a clock that steps back holds nothing up.
 *
 * What cannot be read twice (standard input, pipes) is read as it comes: the members of an archive there one after the
 * other, from where the first one belongs. */
#ifndef TV_SOURCES_H
#define TV_SOURCES_H

#include "analyzer/capture/reader.h"

#include <stdbool.h>
#include <stddef.h>

struct tv_source {
        const char *path;         /* as given, with the member's name for an archive */
        uint32_t number;          /* row in files.csv, from 1; captures that cannot be read come last */
        const char *message;      /* of TV_SOURCES_FAILED and TV_SOURCES_BROKEN: why */
        struct tv_reader *reader; /* from TV_SOURCES_BEGIN to TV_SOURCES_FINISH; NULL before and after */
        void *record;             /* the caller's */
};

enum tv_sources_event {
        TV_SOURCES_BEGIN,   /* a capture was opened */
        TV_SOURCES_PACKET,  /* *packet is its next packet, whose frame carries its number */
        TV_SOURCES_DAMAGED, /* as TV_READ_DAMAGED: tv_reader_damage tells */
        TV_SOURCES_FINISH,  /* it was read to its end */
        TV_SOURCES_FAILED,  /* it cannot be read at all */
        TV_SOURCES_BROKEN,  /* a part of an archive cannot be read; other members are sources of their own */
        TV_SOURCES_END      /* all were read */
};

struct tv_sources;

/* tv_sources_open looks into every file, until a signal comes (interrupt.h).  |paths| are borrowed.  NULL when memory
 * runs out. */
struct tv_sources *tv_sources_open(const char *const *paths, size_t count);
void tv_sources_free(struct tv_sources *sources);

/* Goes on.  |*source| is whom the event is about; |*packet| is valid until the next call. */
enum tv_sources_event tv_sources_next(struct tv_sources *sources, const struct tv_packet **packet,
                                      struct tv_source **source);

/* Source number |i| + 1; NULL: there are fewer.  There may come more while an archive is read from standard input. */
struct tv_source *tv_sources_at(const struct tv_sources *sources, size_t i);

/* Is there, or may there be, more than one? */
bool tv_sources_are_many(const struct tv_sources *sources);

/* How many captures overlapped at once where that were more than can be open at once, so that they are merged
 * incompletely; 0: all are merged. */
size_t tv_sources_overlap(const struct tv_sources *sources);

/* The notes on archives: path |i| holds members that are no captures, |*names| are the first of them.  Returns how
 * many; 0: none. */
uint64_t tv_sources_strangers(const struct tv_sources *sources, size_t i, const char **names);

/* Bytes of all files, 0 when not known, and those used up, for progress. */
uint64_t tv_sources_size(const struct tv_sources *sources);
uint64_t tv_sources_position(const struct tv_sources *sources);

#endif
