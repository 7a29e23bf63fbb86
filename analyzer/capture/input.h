/* input.h - the bytes of one capture, from wherever they come, as a window that moves forward.
 *
 * A file, a pipe and a compressed stream look the same: bytes at an offset can be looked at, as far ahead as anybody
 * likes, and those behind the released offset are forgotten.  So a reader can try what comes next, and after damage
 * search on from where it was, also where nothing can seek. */
#ifndef TV_INPUT_H
#define TV_INPUT_H

#include "analyzer/capture/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* No record or block of a capture is larger (the limit of libpcap and Wireshark for blocks is 16 MiB), and the most
 * that a view can be asked for. */
#define TV_INPUT_VIEW_MAX ((size_t)32 << 20)

struct tv_input;

/* Where an input's bytes come from. */
struct tv_input_source {
        /* As read(2): bytes read, 0 at the end, -1 with a line in input->error on failure. */
        ssize_t (*read)(struct tv_input *input, void *buffer, size_t bytes);
        void (*close)(struct tv_input *input);
        /* Bytes of the file that were used up, for progress. */
        uint64_t (*position)(const struct tv_input *input);
        /* Goes on reading at |offset|; false where that is impossible.  NULL: it always is. */
        bool (*seek)(struct tv_input *input, uint64_t offset);
};

struct tv_input {
        const struct tv_input_source *source;
        void *context; /* the source's */
        uint8_t *buffer;
        size_t room;
        uint64_t begin;                /* offset of buffer[0] */
        uint64_t end;                  /* one past the last byte in |buffer| */
        uint64_t released;             /* what is before may be forgotten */
        uint64_t size;                 /* bytes of the file, compressed or not; 0: unknown */
        bool ended;                    /* nothing comes after |end| */
        bool corrupt;                  /* with |error|: what comes next makes no sense, rather than being missing */
        char error[TV_READER_MESSAGE]; /* why it ended before its end; "": it did not */
};

/* tv_input_new makes an input of anything that |source| can read; |context| is for the source, which also frees it in
 * its close.  |size| as in struct tv_input.  NULL when memory runs out (then close was not called). */
struct tv_input *tv_input_new(const struct tv_input_source *source, void *context, uint64_t size);

/* tv_input_open opens |path| ("-": standard input).  NULL, with a line in |message|, when it is missing, unreadable, a
 * directory or empty, or memory ran out. */
struct tv_input *tv_input_open(const char *path, char message[TV_READER_MESSAGE]);
void tv_input_close(struct tv_input *input);

/* For tv_input_view, where more has to be read. */
const uint8_t *tv_input_fill(struct tv_input *input, uint64_t offset, size_t bytes, size_t *have);

/* tv_input_view returns the bytes from |offset| on and in |have| how many they are: |bytes| or more, fewer only where
 * the input ends (or fails: input->error) or memory runs out; then NULL when there are none.  |offset| must not be
 * below a released one, |bytes| not above TV_INPUT_VIEW_MAX.  Borrowed until the next view. */
static inline const uint8_t *
tv_input_view(struct tv_input *input, uint64_t offset, size_t bytes, size_t *have)
{
        if (offset >= input->begin && offset <= input->end && input->end - offset >= bytes && bytes > 0) {
                *have = (size_t)(input->end - offset);
                return input->buffer + (offset - input->begin);
        }
        return tv_input_fill(input, offset, bytes, have);
}

/* Nobody will ask for bytes below |offset| any more. */
static inline void
tv_input_release(struct tv_input *input, uint64_t offset)
{
        input->released = offset;
}

/* tv_input_seek makes |offset| the place from which on bytes may be viewed, also when it was released; false when the
 * source cannot go there. */
bool tv_input_seek(struct tv_input *input, uint64_t offset);

/* Bytes of the file used up so far, for progress. */
uint64_t tv_input_position(const struct tv_input *input);

#endif
