/* gzip.c - decompression while reading; members follow each other as if they were one (RFC 1952 section 2.2). */
#include "analyzer/capture/gzip.h"

#define ZLIB_CONST
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

struct gzip {
        z_stream stream;
        struct tv_input *below;
        uint64_t at;  /* next byte of |below| */
        bool between; /* two members, or behind the last one */
        uint64_t members;
};

bool
tv_gzip_recognizes(const uint8_t *head, size_t bytes)
{
        return bytes >= 3 && head[0] == 0x1f && head[1] == 0x8b && head[2] == 8;
}

static ssize_t
fail(struct tv_input *input, bool corrupt, const char *what, const char *why)
{
        input->corrupt = corrupt;
        snprintf(input->error, sizeof input->error, "%s%s", what, why);
        return -1;
}

/* What follows a member: another one, or zeros that fill up a tape's block.  1: go on; 0: the end. */
static ssize_t
begin_member(struct tv_input *input, struct gzip *gzip)
{
        const uint8_t *p;
        size_t have;

        while ((p = tv_input_view(gzip->below, gzip->at, 3, &have)) != NULL && gzip->members > 0 && p[0] == 0) {
                gzip->at++;
                tv_input_release(gzip->below, gzip->at);
        }
        if (!p)
                return gzip->below->error[0] == '\0' ? 0 : fail(input, gzip->below->corrupt, gzip->below->error, "");
        if (!tv_gzip_recognizes(p, have))
                return fail(input, true, "what follows the compressed data is not gzip", "");
        gzip->members++;
        gzip->between = false;
        return inflateReset(&gzip->stream) == Z_OK ? 1 : fail(input, true, "cannot be unpacked further", "");
}

static ssize_t
gzip_read(struct tv_input *input, void *buffer, size_t bytes)
{
        struct gzip *gzip = input->context;
        z_stream *stream = &gzip->stream;

        stream->next_out = buffer;
        stream->avail_out = bytes < UINT_MAX ? (uInt)bytes : UINT_MAX;
        bytes = stream->avail_out;
        while (stream->avail_out == bytes) {
                size_t have;
                const uint8_t *p;
                int status;

                if (gzip->between) {
                        ssize_t more = begin_member(input, gzip);
                        if (more <= 0)
                                return more;
                }
                p = tv_input_view(gzip->below, gzip->at, 1, &have);
                if (!p)
                        return gzip->below->error[0] != '\0' ? fail(input, gzip->below->corrupt, gzip->below->error, "")
                                                             : fail(input, false, "the gzip file is cut off", "");
                stream->next_in = p;
                stream->avail_in = have < UINT_MAX ? (uInt)have : UINT_MAX;
                have = stream->avail_in;
                status = inflate(stream, Z_NO_FLUSH);
                gzip->at += have - stream->avail_in;
                tv_input_release(gzip->below, gzip->at);
                if (status == Z_STREAM_END)
                        gzip->between = true;
                else if (status != Z_OK && stream->avail_out == bytes)
                        return fail(input, true,
                                    "cannot be unpacked further: ", stream->msg ? stream->msg : "no reason given");
        }
        return (ssize_t)(bytes - stream->avail_out);
}

static void
gzip_close(struct tv_input *input)
{
        struct gzip *gzip = input->context;

        inflateEnd(&gzip->stream);
        free(gzip);
}

static uint64_t
gzip_position(const struct tv_input *input)
{
        return input->end;
}

static const struct tv_input_source gzip_source = {gzip_read, gzip_close, gzip_position, NULL};

struct tv_input *
tv_gzip_open(struct tv_input *below)
{
        struct gzip *gzip = calloc(1, sizeof *gzip);
        struct tv_input *input;

        if (!gzip)
                return NULL;
        gzip->below = below;
        gzip->between = true;
        /* 15 bits of window, and 16: with the header and trailer of gzip, whose checksum zlib compares. */
        if (inflateInit2(&gzip->stream, 15 + 16) != Z_OK) {
                free(gzip);
                return NULL;
        }
        input = tv_input_new(&gzip_source, gzip, 0);
        if (!input) {
                inflateEnd(&gzip->stream);
                free(gzip);
        }
        return input;
}
