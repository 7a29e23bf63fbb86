/* input.c - read(2) with the first bytes put back. */
#include "analyzer/capture/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* False and errno when nothing can be read from the descriptor. */
static bool
read_head(struct tv_input *input)
{
        while (input->head_bytes < sizeof input->head) {
                ssize_t n = read(input->fd, input->head + input->head_bytes, sizeof input->head - input->head_bytes);
                if (n < 0)
                        return false;
                if (n == 0)
                        break;
                input->head_bytes += (size_t)n;
        }
        return true;
}

bool
tv_input_open(struct tv_input *input, const char *path, char message[TV_READER_MESSAGE])
{
        struct stat st;
        const char *what;

        *input = (struct tv_input){.fd = STDIN_FILENO};
        if (strcmp(path, "-") != 0 && (input->fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
                snprintf(message, TV_READER_MESSAGE, "cannot be opened: %s", strerror(errno));
                return false;
        }
        if (fstat(input->fd, &st) == 0) {
                if (S_ISDIR(st.st_mode)) {
                        what = "is a directory, not a capture";
                        goto fail;
                }
                if (S_ISREG(st.st_mode) && lseek(input->fd, 0, SEEK_CUR) == 0) {
                        input->seekable = true;
                        input->size = (uint64_t)st.st_size;
                        posix_fadvise(input->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* read further ahead */
                }
        }
        if (!read_head(input)) {
                snprintf(message, TV_READER_MESSAGE, "cannot be read: %s", strerror(errno));
                tv_input_close(input);
                return false;
        }
        if (input->head_bytes > 0)
                return true;
        what = "is empty";
fail:
        snprintf(message, TV_READER_MESSAGE, "%s", what);
        tv_input_close(input);
        return false;
}

void
tv_input_close(struct tv_input *input)
{
        if (input->fd > STDIN_FILENO)
                close(input->fd);
        input->fd = -1;
}

int
tv_input_again(struct tv_input *input)
{
        int fd = fcntl(input->fd, F_DUPFD_CLOEXEC, 0);

        if (fd >= 0 && lseek(fd, 0, SEEK_SET) != 0) {
                close(fd);
                fd = -1;
        }
        return fd;
}

ssize_t
tv_input_read(struct tv_input *input, void *buffer, size_t bytes)
{
        ssize_t n;

        if (input->consumed < input->head_bytes) {
                size_t left = input->head_bytes - (size_t)input->consumed;
                n = (ssize_t)(bytes < left ? bytes : left);
                memcpy(buffer, input->head + input->consumed, (size_t)n);
        } else {
                n = read(input->fd, buffer, bytes);
        }
        if (n > 0)
                input->consumed += (uint64_t)n;
        return n;
}

bool
tv_input_peek(const struct tv_input *input, uint64_t offset, void *buffer, size_t bytes)
{
        return input->seekable && pread(input->fd, buffer, bytes, (off_t)offset) == (ssize_t)bytes;
}
