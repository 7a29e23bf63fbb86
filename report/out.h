/* out.h - a buffered writer over a file descriptor, for reports.
 *
 * Writers format straight into the buffer (tv_out_reserve, tv_out_commit) and never check for errors: the first error
 * is kept, what follows is dropped, and whoever closes the writer learns of it once.
 *
 * A file is written under NAME.partial and gets its name only when all of it is on its way to the disk, so that a full
 * disk never leaves half a report that looks whole. */
#ifndef TV_OUT_H
#define TV_OUT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes of the buffer; also the most that one tv_out_reserve may ask for. */
#define TV_OUT_BUFFER ((size_t)256 * 1024)
/* More than so many bytes are written out at the next occasion, while they are in the processor's cache. */
#define TV_OUT_FULL    ((size_t)64 * 1024)
#define TV_OUT_MESSAGE 512

struct tv_out {
        char *buffer;
        size_t used;
        int fd;           /* -1: closed */
        int error;        /* errno of the first failure, 0: none */
        bool pipe_closed; /* the reader of a pipe is gone: no error, but nothing more need be written */
        bool published;   /* the file has its name */
        char *path;       /* the name to get; NULL: the descriptor is borrowed */
        char *partial;    /* the name until then */
};

/* tv_out_open starts the file |path| as |path|.partial, truncating what a killed run may have left there.
 * Returns false with out->error set when it cannot be created or memory runs out; |out| then drops everything.
 * tv_out_clear or tv_out_close is due in either case. */
bool tv_out_open(struct tv_out *out, const char *path);

/* tv_out_borrow writes to |fd|, which stays open after tv_out_close.  The process must ignore SIGPIPE: EPIPE then sets
 * out->pipe_closed.  Returns false when memory runs out. */
bool tv_out_borrow(struct tv_out *out, int fd);

/* tv_out_flush writes the buffer out.  False once there is an error or the pipe's reader is gone. */
bool tv_out_flush(struct tv_out *out);

/* tv_out_finish writes the rest and closes the file, which keeps its partial name: the caller may have other files to
 * finish before any of them counts.  Returns true when everything was written without an error. */
bool tv_out_finish(struct tv_out *out);

/* tv_out_edit_lines shortens lines of a finished file that has no name yet, or takes them out.  |edit| sees every line
 * once, in order, with its line end, and returns how many of the |bytes| bytes there, from the first, the line has now;
 * 0: it goes.  It may change them where that is fewer.  It is done in place, so that no disk is too full for it.
 * Returns true when all went well; a file whose last line has no end, or with a line of more than TV_OUT_BUFFER bytes,
 * is not what was written: EIO. */
bool tv_out_edit_lines(struct tv_out *out, size_t (*edit)(void *context, char *line, size_t bytes), void *context);

/* tv_out_publish gives a finished file its name.  False when there was an error, or is one now. */
bool tv_out_publish(struct tv_out *out);

/* tv_out_clear removes the file unless it was published, and frees the memory.  Twice is harmless. */
void tv_out_clear(struct tv_out *out);

/* tv_out_close finishes, publishes and clears.  Returns true when everything was written (to a borrowed descriptor also
 * when its reader is gone); otherwise |message|, when not NULL, holds one line for the user. */
bool tv_out_close(struct tv_out *out, char message[TV_OUT_MESSAGE]);

/* tv_out_message writes one line about out->error: "cannot write out/files.csv: No space left on device".  Valid
 * until tv_out_clear, which frees the name. */
void tv_out_message(const struct tv_out *out, char message[TV_OUT_MESSAGE]);

/* Makes room for |bytes| when there is not enough; used by tv_out_reserve. */
void tv_out_make_room(struct tv_out *out, size_t bytes);

/* tv_out_reserve returns where |bytes| (at most TV_OUT_BUFFER) may be written, also after an error.  NULL never, as
 * long as tv_out_open or tv_out_borrow found memory. */
static inline char *
tv_out_reserve(struct tv_out *out, size_t bytes)
{
        if (out->used > TV_OUT_FULL || TV_OUT_BUFFER - out->used < bytes)
                tv_out_make_room(out, bytes);
        return out->buffer + out->used;
}

/* tv_out_commit takes what was written from the reserved place up to |end|. */
static inline void
tv_out_commit(struct tv_out *out, const char *end)
{
        out->used = (size_t)(end - out->buffer);
}

/* tv_out_write appends |bytes| bytes, any number. */
void tv_out_write(struct tv_out *out, const void *data, size_t bytes);

static inline void
tv_out_text(struct tv_out *out, const char *text)
{
        tv_out_write(out, text, strlen(text));
}

/* tv_out_printf appends formatted text of at most TV_OUT_LINE - 1 bytes; the rest is cut off. */
#define TV_OUT_LINE 4096
void tv_out_printf(struct tv_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tv_out_vprintf(struct tv_out *out, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));

#endif
