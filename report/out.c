#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* open, write, pread, pwrite, ftruncate, unlink */
#endif

#include "report/out.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char suffix[] = ".partial";

static bool
fail(struct tv_out *out, int error)
{
        if (out->error == 0)
                out->error = error;
        return false;
}

static bool
start(struct tv_out *out)
{
        /* Aligned as the pages are that the system copies it to: a few octets beside, copying takes several times as
         * long. */
        *out = (struct tv_out){.fd = -1, .buffer = aligned_alloc(4096, TV_OUT_BUFFER)};
        return out->buffer != NULL || fail(out, ENOMEM);
}

bool
tv_out_open(struct tv_out *out, const char *path)
{
        size_t length = strlen(path);

        if (!start(out))
                return false;
        out->path = malloc(length + 1);
        out->partial = malloc(length + sizeof suffix);
        if (out->path == NULL || out->partial == NULL)
                return fail(out, ENOMEM);
        memcpy(out->path, path, length + 1);
        memcpy(out->partial, path, length);
        memcpy(out->partial + length, suffix, sizeof suffix);
        out->fd = open(out->partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        return out->fd >= 0 || fail(out, errno);
}

bool
tv_out_borrow(struct tv_out *out, int fd)
{
        if (!start(out))
                return false;
        out->fd = fd;
        return true;
}

/* Writes the first |bytes| of the buffer out, which the rest then begins; after an error there is no rest. */
static void
write_out(struct tv_out *out, size_t bytes)
{
        size_t done = 0;

        while (done < bytes && out->error == 0 && !out->pipe_closed && out->fd >= 0) {
                ssize_t n = write(out->fd, out->buffer + done, bytes - done);

                if (n >= 0)
                        done += (size_t)n;
                else if (errno == EPIPE && out->path == NULL)
                        out->pipe_closed = true;
                else if (errno != EINTR)
                        fail(out, errno);
        }
        out->used = done == bytes ? out->used - bytes : 0;
        memmove(out->buffer, out->buffer + bytes, out->used);
}

bool
tv_out_flush(struct tv_out *out)
{
        write_out(out, out->used);
        return out->error == 0 && !out->pipe_closed;
}

void
tv_out_make_room(struct tv_out *out, size_t bytes)
{
        assert(bytes <= TV_OUT_BUFFER);
        /* Whole pages cost the system least. */
        write_out(out, out->used & ~(size_t)4095);
        if (TV_OUT_BUFFER - out->used < bytes)
                write_out(out, out->used);
}

void
tv_out_write(struct tv_out *out, const void *data, size_t bytes)
{
        const char *from = data;

        if (out->buffer == NULL)
                return;
        while (bytes > 0) {
                size_t room = TV_OUT_BUFFER - out->used;
                size_t part = bytes < room ? bytes : room;

                memcpy(out->buffer + out->used, from, part);
                out->used += part;
                from += part;
                bytes -= part;
                if (bytes > 0)
                        tv_out_flush(out);
        }
}

void
tv_out_vprintf(struct tv_out *out, const char *format, va_list arguments)
{
        char line[TV_OUT_LINE];
        int n = vsnprintf(line, sizeof line, format, arguments);

        if (n > 0)
                tv_out_write(out, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

void
tv_out_printf(struct tv_out *out, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        tv_out_vprintf(out, format, arguments);
        va_end(arguments);
}

bool
tv_out_finish(struct tv_out *out)
{
        if (out->buffer != NULL)
                tv_out_flush(out);
        /* Some file systems (NFS, quotas) tell of a full disk only here. */
        if (out->path != NULL && out->fd >= 0) {
                if (close(out->fd) != 0)
                        fail(out, errno);
                out->fd = -1;
        }
        return out->error == 0;
}

static bool
write_at(struct tv_out *out, int fd, const char *from, size_t bytes, off_t at)
{
        while (bytes > 0) {
                ssize_t n = pwrite(fd, from, bytes, at);

                if (n < 0 && errno != EINTR)
                        return fail(out, errno);
                if (n > 0) {
                        from += n;
                        bytes -= (size_t)n;
                        at += n;
                }
        }
        return true;
}

/* What is kept moves towards the beginning of the file, never beyond what was read. */
static bool
edit_lines(struct tv_out *out, int fd, size_t (*edit)(void *context, char *line, size_t bytes), void *context)
{
        off_t read_to = 0, written = 0;
        size_t held = 0; /* the beginning of a line, from the last round */

        for (;;) {
                ssize_t n = pread(fd, out->buffer + held, TV_OUT_BUFFER - held, read_to);
                size_t from = 0, kept = 0;
                bool changed = false;
                const char *end;

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return fail(out, errno);
                if (n == 0)
                        break;
                read_to += n;
                held += (size_t)n;
                while ((end = memchr(out->buffer + from, '\n', held - from)) != NULL) {
                        size_t bytes = (size_t)(end + 1 - (out->buffer + from));

                        size_t left = edit(context, out->buffer + from, bytes);

                        assert(left <= bytes);
                        changed = changed || left != bytes;
                        memmove(out->buffer + kept, out->buffer + from, left);
                        kept += left;
                        from += bytes;
                }
                if (from == 0 && held == TV_OUT_BUFFER)
                        return fail(out, EIO);
                /* What is there already need not be written. */
                if ((changed || written + (off_t)held != read_to) && !write_at(out, fd, out->buffer, kept, written))
                        return false;
                written += (off_t)kept;
                held -= from;
                memmove(out->buffer, out->buffer + from, held);
        }
        if (held != 0)
                return fail(out, EIO);
        return ftruncate(fd, written) == 0 || fail(out, errno);
}

bool
tv_out_edit_lines(struct tv_out *out, size_t (*edit)(void *context, char *line, size_t bytes), void *context)
{
        int fd;

        if (out->error != 0 || out->partial == NULL)
                return false;
        assert(out->fd < 0 && !out->published);
        fd = open(out->partial, O_RDWR | O_CLOEXEC);
        if (fd < 0)
                return fail(out, errno);
        (void)edit_lines(out, fd, edit, context);
        if (close(fd) != 0)
                fail(out, errno);
        return out->error == 0;
}

bool
tv_out_publish(struct tv_out *out)
{
        if (out->error == 0 && out->path != NULL && !out->published) {
                if (rename(out->partial, out->path) != 0)
                        return fail(out, errno);
                out->published = true;
        }
        return out->error == 0;
}

void
tv_out_clear(struct tv_out *out)
{
        if (out->path != NULL && out->fd >= 0)
                close(out->fd);
        if (out->partial != NULL && !out->published)
                unlink(out->partial);
        free(out->buffer);
        free(out->path);
        free(out->partial);
        out->buffer = out->path = out->partial = NULL;
        out->used = 0;
        out->fd = -1;
}

bool
tv_out_close(struct tv_out *out, char message[TV_OUT_MESSAGE])
{
        bool ok = tv_out_finish(out) && tv_out_publish(out);

        if (!ok && message != NULL)
                tv_out_message(out, message);
        tv_out_clear(out);
        return ok;
}

void
tv_out_message(const struct tv_out *out, char message[TV_OUT_MESSAGE])
{
        snprintf(message, TV_OUT_MESSAGE, "cannot write %s: %s", out->path != NULL ? out->path : "standard output",
                 strerror(out->error));
}
