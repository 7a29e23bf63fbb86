/* reader.c - finds out what an input is, and numbers its packets. */
#include "analyzer/capture/reader.h"

#include "analyzer/capture/format.h"
#include "analyzer/capture/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tv_reader {
        struct tv_input *input;
        const struct tv_format *format;
        void *packets_of;
        uint32_t file;
        uint64_t frames;
        struct tv_damage damage;
        struct tv_capture_info info;
};

static const struct tv_format *const formats[] = {
#define TV_FORMAT(name) &tv_format_##name,
#include "analyzer/capture/format_list.def"
#undef TV_FORMAT
};

/* What is often given instead of a capture, and what to do about it. */
static const struct {
        const char *magic;
        size_t bytes;
        const char *message;
} strangers[] = {
        {"\x1f\x8b", 2, "is compressed by gzip; unpack it first (gzip -dc FILE | tcpverdict -)"},
        {"\xfd"
         "7zXZ",
         5, "is compressed by xz; unpack it first (xz -dc FILE | tcpverdict -)"},
        {"\x28\xb5\x2f\xfd", 4, "is compressed by zstd; unpack it first (zstd -dc FILE | tcpverdict -)"},
        {"BZh", 3, "is compressed by bzip2; unpack it first (bzip2 -dc FILE | tcpverdict -)"},
        {"\x04\x22\x4d\x18", 4, "is compressed by lz4; unpack it first (lz4 -dc FILE | tcpverdict -)"},
        {"PK\x03\x04", 4, "is a zip archive; unpack it first"},
        {"snoop\0\0", 8, "is a Solaris snoop capture; convert it first (editcap -F pcap FILE NEW)"},
};

static const char *
refusal(const uint8_t *head, size_t bytes)
{
        for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
                if (bytes >= strangers[i].bytes && memcmp(head, strangers[i].magic, strangers[i].bytes) == 0)
                        return strangers[i].message;
        return "is not a capture (neither pcap nor pcapng)";
}

struct tv_reader *
tv_reader_open(const char *path, uint32_t file, char message[TV_READER_MESSAGE])
{
        struct tv_reader *reader = calloc(1, sizeof *reader);
        const uint8_t *head;
        size_t bytes;

        if (!reader) {
                snprintf(message, TV_READER_MESSAGE, "out of memory");
                return NULL;
        }
        reader->file = file;
        reader->info.drops = UINT64_MAX;
        reader->info.link_type = -1;
        reader->input = tv_input_open(path, message);
        if (!reader->input)
                goto fail;
        head = tv_input_view(reader->input, 0, TV_FORMAT_HEAD, &bytes);
        for (size_t i = 0; i < sizeof formats / sizeof *formats && head && !reader->format; i++)
                if (formats[i]->recognizes(head, bytes))
                        reader->format = formats[i];
        if (!reader->format) {
                snprintf(message, TV_READER_MESSAGE, "%s", refusal(head, head ? bytes : 0));
                goto fail;
        }
        reader->packets_of = reader->format->open(reader->input, &reader->info, message);
        if (reader->packets_of)
                return reader;
fail:
        tv_reader_close(reader);
        return NULL;
}

void
tv_reader_close(struct tv_reader *reader)
{
        if (!reader)
                return;
        if (reader->packets_of)
                reader->format->close(reader->packets_of);
        tv_input_close(reader->input);
        free(reader);
}

enum tv_read
tv_reader_next(struct tv_reader *reader, struct tv_packet *packet)
{
        enum tv_read status;

        packet->frame = 0;
        status = reader->format->next(reader->packets_of, packet, &reader->damage);
        if (status == TV_READ_PACKET) {
                reader->frames += packet->frame + 1;
                packet->frame = tv_frame_make(reader->file, reader->frames);
        } else if (status == TV_READ_DAMAGED) {
                reader->damage.frame = reader->frames;
        }
        return status;
}

const struct tv_damage *
tv_reader_damage(const struct tv_reader *reader)
{
        return &reader->damage;
}

const struct tv_capture_info *
tv_reader_info(const struct tv_reader *reader)
{
        return &reader->info;
}

uint64_t
tv_reader_position(const struct tv_reader *reader)
{
        return tv_input_position(reader->input);
}

uint64_t
tv_reader_size(const struct tv_reader *reader)
{
        return reader->input->size;
}
