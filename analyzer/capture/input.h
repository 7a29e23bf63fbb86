/* input.h - the bytes of a capture: a file, a pipe or standard input, read in order and counted.  Its first bytes can
 * be looked at before they are read, so that the format is known also where nothing can seek. */
#ifndef TV_INPUT_H
#define TV_INPUT_H

#include "analyzer/capture/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TV_INPUT_HEAD 16

struct tv_input {
        int fd;                      /* -1: not open */
        bool seekable;               /* a regular file, read from its beginning */
        uint64_t size;               /* bytes in all; 0: unknown */
        uint64_t consumed;           /* bytes that tv_input_read returned so far */
        uint8_t head[TV_INPUT_HEAD]; /* the first bytes, */
        size_t head_bytes;           /* fewer only when there are no more */
};

/* tv_input_open opens |path| ("-": standard input).  False, with a line in |message|, when it is missing, unreadable,
 * a directory or empty; then nothing needs to be closed. */
bool tv_input_open(struct tv_input *input, const char *path, char message[TV_READER_MESSAGE]);
void tv_input_close(struct tv_input *input);

/* tv_input_again gives a seekable input away: a descriptor of its own for it, set to the beginning, that the caller
 * reads and closes instead.  -1 and errno when there is none. */
int tv_input_again(struct tv_input *input);

/* As read(2): bytes read, 0 at the end, -1 and errno on failure.  EINTR is one: only a program that catches signals
 * without SA_RESTART sees it, and such a program wants to stop waiting for a pipe. */
ssize_t tv_input_read(struct tv_input *input, void *buffer, size_t bytes);

/* tv_input_peek reads |bytes| bytes at |offset| without moving on.  False where the input cannot seek or is shorter. */
bool tv_input_peek(const struct tv_input *input, uint64_t offset, void *buffer, size_t bytes);

#endif
