/* input.c - the window, and files and pipes as its source. */
#include "analyzer/capture/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Read at once: large enough for few system calls, small enough for the cache. */
enum { CHUNK = 128 * 1024 };

/* ---- files and pipes ---- */

static int
descriptor(const struct tv_input *input)
{
        return (int)(intptr_t)input->context;
}

static ssize_t
file_read(struct tv_input *input, void *buffer, size_t bytes)
{
        /* EINTR ends the input: only a program that catches signals without SA_RESTART sees it, and such a program
         * wants to stop waiting for a pipe. */
        ssize_t n = read(descriptor(input), buffer, bytes);

        if (n < 0)
                snprintf(input->error, sizeof input->error, "cannot be read: %s", strerror(errno));
        return n;
}

static void
file_close(struct tv_input *input)
{
        if (descriptor(input) > STDIN_FILENO)
                close(descriptor(input));
}

static uint64_t
file_position(const struct tv_input *input)
{
        return input->end;
}

static bool
file_seek(struct tv_input *input, uint64_t offset)
{
        return input->size != 0 && offset <= INT64_MAX && lseek(descriptor(input), (off_t)offset, SEEK_SET) >= 0;
}

static const struct tv_input_source file_source = {file_read, file_close, file_position, file_seek};

struct tv_input *
tv_input_new(const struct tv_input_source *source, void *context, uint64_t size)
{
        struct tv_input *input = calloc(1, sizeof *input);

        if (!input)
                return NULL;
        input->source = source;
        input->context = context;
        input->size = size;
        return input;
}

struct tv_input *
tv_input_open(const char *path, char message[TV_READER_MESSAGE])
{
        struct tv_input *input = calloc(1, sizeof *input);
        int fd = STDIN_FILENO;
        struct stat st;
        size_t have;

        if (!input) {
                snprintf(message, TV_READER_MESSAGE, "out of memory");
                return NULL;
        }
        if (strcmp(path, "-") != 0 && (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
                snprintf(message, TV_READER_MESSAGE, "cannot be opened: %s", strerror(errno));
                free(input);
                return NULL;
        }
        input->source = &file_source;
        input->context = (void *)(intptr_t)fd;
        if (fstat(fd, &st) == 0) {
                if (S_ISDIR(st.st_mode)) {
                        snprintf(message, TV_READER_MESSAGE, "is a directory, not a capture");
                        goto fail;
                }
                if (S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_CUR) == 0) {
                        input->size = (uint64_t)st.st_size;
                        posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* read further ahead */
                }
        }
        if (tv_input_view(input, 0, 1, &have))
                return input;
        snprintf(message, TV_READER_MESSAGE, "%s", input->error[0] != '\0' ? input->error : "is empty");
fail:
        tv_input_close(input);
        return NULL;
}

/* ---- the window ---- */

void
tv_input_close(struct tv_input *input)
{
        if (!input)
                return;
        input->source->close(input);
        free(input->buffer);
        free(input);
}

uint64_t
tv_input_position(const struct tv_input *input)
{
        return input->source->position(input);
}

/* Makes room for |bytes| bytes from |offset| on, and for some more to read at once.  False when memory runs out. */
static bool
make_room(struct tv_input *input, uint64_t offset, size_t bytes)
{
        uint64_t keep = input->released < offset ? input->released : offset;
        size_t drop, wanted;

        if (keep < input->begin)
                keep = input->begin;
        if (keep > input->end)
                keep = input->end;
        drop = (size_t)(keep - input->begin);
        wanted = (size_t)(offset - keep) + bytes + CHUNK;
        if (wanted > input->room) {
                uint8_t *larger = malloc(wanted);

                if (!larger)
                        return false;
                if (input->buffer)
                        memcpy(larger, input->buffer + drop, (size_t)(input->end - keep));
                free(input->buffer);
                input->buffer = larger;
                input->room = wanted;
        } else if (drop > 0) {
                memmove(input->buffer, input->buffer + drop, (size_t)(input->end - keep));
        }
        input->begin = keep;
        return true;
}

const uint8_t *
tv_input_fill(struct tv_input *input, uint64_t offset, size_t bytes, size_t *have)
{
        *have = 0;
        if (bytes > TV_INPUT_VIEW_MAX || offset < input->begin)
                return NULL;
        /* What nobody wants any more and lies before |offset| is read and dropped. */
        while (!input->ended && offset > input->end && input->released > input->end) {
                uint64_t skip = (input->released < offset ? input->released : offset) - input->end;

                input->begin = input->end;
                /* Not beyond the end, which would then seem to be there. */
                if (skip > CHUNK && input->source->seek && input->size > input->end) {
                        uint64_t jump = skip < input->size - input->end ? skip : input->size - input->end;

                        if (jump > CHUNK && input->source->seek(input, input->end + jump)) {
                                input->begin = input->end += jump;
                                continue;
                        }
                }
                if (!make_room(input, input->end, 0))
                        return NULL;
                ssize_t n = input->source->read(input, input->buffer, skip < CHUNK ? (size_t)skip : CHUNK);
                if (n <= 0)
                        input->ended = true;
                else
                        input->begin = input->end += (uint64_t)n;
        }
        if (offset > input->end + TV_INPUT_VIEW_MAX)
                return NULL;
        if (!input->ended && input->end < offset + bytes && !make_room(input, offset, bytes))
                return NULL;
        while (!input->ended && input->end < offset + bytes) {
                size_t used = (size_t)(input->end - input->begin);
                ssize_t n = input->source->read(input, input->buffer + used, input->room - used);

                if (n <= 0)
                        input->ended = true;
                else
                        input->end += (uint64_t)n;
        }
        if (offset >= input->end)
                return NULL;
        *have = (size_t)(input->end - offset);
        return input->buffer + (offset - input->begin);
}

bool
tv_input_seek(struct tv_input *input, uint64_t offset)
{
        if (offset < input->begin || offset > input->end) {
                if (!input->source->seek || !input->source->seek(input, offset))
                        return false;
                input->begin = input->end = offset;
                input->ended = false;
        }
        input->released = offset;
        return true;
}
