/* reader.c - finds the format of a capture, and numbers its packets. */
#include "analyzer/capture/reader.h"

#include "analyzer/capture/container.h"
#include "analyzer/capture/format.h"
#include "analyzer/capture/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tv_reader {
        struct tv_container *container;
        bool owns_container;
        bool failure_told; /* the damage that input->error is */
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

const struct tv_format *
tv_format_find(const uint8_t *head, size_t bytes)
{
        for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
                if (formats[i]->recognizes(head, bytes))
                        return formats[i];
        return NULL;
}

struct tv_reader *
tv_reader_open(const char *path, uint32_t file, char message[TV_READER_MESSAGE])
{
        struct tv_container *container = tv_container_open(path, message);
        struct tv_reader *reader = NULL;

        if (!container)
                return NULL;
        switch (tv_container_next(container, message)) {
        case TV_MEMBER_CAPTURE:
                reader = tv_reader_open_member(container, file, message);
                break;
        case TV_MEMBER_BROKEN:
                break;
        case TV_MEMBER_END:
                tv_container_why_none(container, message);
                break;
        }
        if (reader)
                reader->owns_container = true;
        else
                tv_container_close(container);
        return reader;
}

struct tv_reader *
tv_reader_open_member(struct tv_container *container, uint32_t file, char message[TV_READER_MESSAGE])
{
        struct tv_reader *reader = calloc(1, sizeof *reader);
        const uint8_t *head;
        size_t bytes;

        if (!reader) {
                snprintf(message, TV_READER_MESSAGE, "out of memory");
                return NULL;
        }
        reader->container = container;
        reader->input = tv_container_input(container);
        reader->file = file;
        reader->info.drops = reader->info.packet_comments = UINT64_MAX;
        reader->info.link_type = -1;
        head = tv_input_view(reader->input, 0, TV_FORMAT_HEAD, &bytes);
        reader->format = head ? tv_format_find(head, bytes) : NULL;
        if (reader->format)
                reader->packets_of = reader->format->open(reader->input, &reader->info, message);
        else
                snprintf(message, TV_READER_MESSAGE, "is not a capture");
        if (reader->packets_of)
                return reader;
        if (reader->input->error[0] != '\0')
                snprintf(message, TV_READER_MESSAGE, "%s", reader->input->error);
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
        if (reader->owns_container)
                tv_container_close(reader->container);
        free(reader);
}

enum tv_read
tv_reader_next(struct tv_reader *reader, struct tv_packet *packet)
{
        enum tv_read status;

        packet->frame = 0;
        packet->interface_name = packet->comment = NULL;
        status = reader->format->next(reader->packets_of, packet, &reader->damage);
        if (status == TV_READ_PACKET) {
                reader->frames += packet->frame + 1;
                packet->frame = tv_frame_make(reader->file, reader->frames);
                return status;
        }
        /* An input that failed ends where it failed, be it between two records. */
        if (reader->input->error[0] != '\0' && !reader->failure_told && (status == TV_READ_END || reader->damage.cut)) {
                if (status == TV_READ_END)
                        reader->damage.offset = reader->input->end;
                status = TV_READ_DAMAGED;
                reader->failure_told = true;
                reader->damage.cut = !reader->input->corrupt;
                snprintf(reader->damage.what, sizeof reader->damage.what, "%s", reader->input->error);
        }
        if (status == TV_READ_DAMAGED)
                reader->damage.frame = reader->frames;
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
        return tv_container_position(reader->container);
}

uint64_t
tv_reader_size(const struct tv_reader *reader)
{
        return tv_container_size(reader->container);
}
