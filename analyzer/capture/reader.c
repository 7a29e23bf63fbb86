/* reader.c - finds out what an input is, and numbers its packets. */
#include "analyzer/capture/reader.h"

#include "analyzer/capture/input.h"
#include "analyzer/capture/read_pcap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tv_reader {
        struct tv_input input;
        struct tv_pcap *pcap;
        uint32_t file;
        uint64_t packets;
        bool damaged;
        uint64_t damage_offset;
        char damage[TV_READER_MESSAGE];
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
refusal(const struct tv_input *input)
{
        for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
                if (input->head_bytes >= strangers[i].bytes &&
                    memcmp(input->head, strangers[i].magic, strangers[i].bytes) == 0)
                        return strangers[i].message;
        return "is not a capture (neither pcap nor pcapng)";
}

struct tv_reader *
tv_reader_open(const char *path, uint32_t file, char message[TV_READER_MESSAGE])
{
        struct tv_reader *reader = calloc(1, sizeof *reader);

        if (!reader) {
                snprintf(message, TV_READER_MESSAGE, "out of memory");
                return NULL;
        }
        reader->file = file;
        if (!tv_input_open(&reader->input, path, message)) {
                free(reader);
                return NULL;
        }
        if (!tv_pcap_recognizes(reader->input.head, reader->input.head_bytes))
                snprintf(message, TV_READER_MESSAGE, "%s", refusal(&reader->input));
        else if ((reader->pcap = tv_pcap_open(&reader->input, message)) != NULL)
                return reader;
        tv_reader_close(reader);
        return NULL;
}

void
tv_reader_close(struct tv_reader *reader)
{
        if (!reader)
                return;
        tv_pcap_close(reader->pcap);
        tv_input_close(&reader->input);
        free(reader);
}

enum tv_read
tv_reader_next(struct tv_reader *reader, struct tv_packet *packet)
{
        enum tv_read status = reader->damaged ? TV_READ_DAMAGED : tv_pcap_next(reader->pcap, packet);

        if (status == TV_READ_PACKET) {
                packet->frame = tv_frame_make(reader->file, ++reader->packets);
        } else if (status == TV_READ_DAMAGED && !reader->damaged) {
                reader->damaged = true;
                snprintf(reader->damage, sizeof reader->damage, "%s",
                         tv_pcap_damage(reader->pcap, &reader->damage_offset));
        }
        return status;
}

const char *
tv_reader_damage(const struct tv_reader *reader, uint64_t *offset, uint64_t *frame)
{
        *offset = reader->damage_offset;
        *frame = reader->packets;
        return reader->damage;
}

const char *
tv_reader_format(const struct tv_reader *reader)
{
        return tv_pcap_format(reader->pcap);
}

int
tv_reader_link_type(const struct tv_reader *reader)
{
        return tv_pcap_link_type(reader->pcap);
}

uint64_t
tv_reader_drops(const struct tv_reader *reader)
{
        (void)reader; /* pcap has no place for it, and libpcap does not hand out pcapng's interface statistics */
        return UINT64_MAX;
}

uint64_t
tv_reader_position(const struct tv_reader *reader)
{
        return tv_pcap_position(reader->pcap);
}

uint64_t
tv_reader_size(const struct tv_reader *reader)
{
        return reader->input.size;
}
