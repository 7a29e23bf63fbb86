/* gzip.h - a gzip file (RFC 1952) as an input, by zlib.  libarchive could do it, but it hands out nothing of the block
 * in which a file is cut off, and does not compare the checksum: for the most common compression of captures, often of
 * those whose writer was killed, both matter. */
#ifndef TV_GZIP_H
#define TV_GZIP_H

#include "analyzer/capture/input.h"

/* Does a gzip file begin so? */
bool tv_gzip_recognizes(const uint8_t *head, size_t bytes);

/* tv_gzip_open makes an input of what |below| holds from offset 0 on, all members of it one after the other; |below| is
 * borrowed until the input is closed.  NULL when memory runs out. */
struct tv_input *tv_gzip_open(struct tv_input *below);

#endif
