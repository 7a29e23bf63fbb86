/* container.h - what is inside a file: the file itself when it is a capture, the capture inside a compressed file, or
 * the captures among the members of an archive, one after the other in stored order.
 *
 * Compression (gzip, xz, lzma, zstd, bzip2, lz4, compress) and archives (tar, zip) are recognized by content and undone
 * by libarchive while reading, also when they are stacked; nothing is written to disk.  A file that begins like a
 * capture never comes near libarchive. */
#ifndef TV_CONTAINER_H
#define TV_CONTAINER_H

#include "analyzer/capture/input.h"

/* Archives and compressed files inside each other. */
#define TV_CONTAINER_DEPTH 6
/* Members of all archives of one file, captures among them: beyond that, memory for their names would be the
 * attacker's. */
#define TV_CONTAINER_MEMBERS  UINT64_C(1000000)
#define TV_CONTAINER_CAPTURES UINT64_C(100000)
/* Longest name of a member with those of the archives around it, and of the list of members that are no captures. */
#define TV_CONTAINER_NAME      512
#define TV_CONTAINER_STRANGERS 160

struct tv_container;

enum tv_member {
        TV_MEMBER_CAPTURE, /* tv_container_input is a capture */
        TV_MEMBER_BROKEN,  /* something cannot be read: |message| says what; next may be called again */
        TV_MEMBER_END
};

/* tv_container_open opens |path| ("-": standard input).  NULL, with a line in |message|, when it is missing,
 * unreadable, a directory or empty, or memory ran out. */
struct tv_container *tv_container_open(const char *path, char message[TV_READER_MESSAGE]);
void tv_container_close(struct tv_container *container);

/* Goes on to the next capture.  Members that are none are passed over and counted. */
enum tv_member tv_container_next(struct tv_container *container, char message[TV_READER_MESSAGE]);

/* The capture of the last TV_MEMBER_CAPTURE, from its first byte on; owned by the container, valid until the next call
 * of tv_container_next. */
struct tv_input *tv_container_input(struct tv_container *container);

/* Its name in the archive, after those of the archives around it ("inner.tar/a.pcap"), without control characters; ""
 * when the file is no archive. */
const char *tv_container_name(const struct tv_container *container);

/* How many captures came so far, this one included. */
uint64_t tv_container_captures(const struct tv_container *container);

/* Is the file an archive of members, not only a capture or a compressed one? Known after the first next. */
bool tv_container_is_archive(const struct tv_container *container);

/* Must what was found be unpacked? */
bool tv_container_is_packed(const struct tv_container *container);

/* Members so far that are no captures, and the names of the first ones, joined by ", ". */
uint64_t tv_container_strangers(const struct tv_container *container, const char **names);

/* Why there was no capture at all, after TV_MEMBER_END without one. */
void tv_container_why_none(const struct tv_container *container, char message[TV_READER_MESSAGE]);

/* Bytes of the file used up, and all of them (0: unknown), for progress. */
uint64_t tv_container_position(const struct tv_container *container);
uint64_t tv_container_size(const struct tv_container *container);

#endif
