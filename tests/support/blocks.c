#include "tests/support/blocks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
put8(struct blocks *b, uint8_t v)
{
        if (b->size == sizeof b->data)
                abort();
        b->data[b->size++] = v;
}

void
put16(struct blocks *b, uint16_t v)
{
        put8(b, (uint8_t)(b->big_endian ? v >> 8 : v));
        put8(b, (uint8_t)(b->big_endian ? v : v >> 8));
}

void
put32(struct blocks *b, uint32_t v)
{
        put16(b, (uint16_t)(b->big_endian ? v >> 16 : v));
        put16(b, (uint16_t)(b->big_endian ? v : v >> 16));
}

void
put64(struct blocks *b, uint64_t v)
{
        put32(b, (uint32_t)(b->big_endian ? v >> 32 : v));
        put32(b, (uint32_t)(b->big_endian ? v : v >> 32));
}

void
put_bytes(struct blocks *b, const void *bytes, size_t n)
{
        const uint8_t *p = bytes;

        while (n-- > 0)
                put8(b, *p++);
}

size_t
begin_block(struct blocks *b, uint32_t type)
{
        put32(b, type);
        put32(b, 0);
        return b->size - 8;
}

void
end_block(struct blocks *b, size_t begin)
{
        while ((b->size - begin) % 4 != 0)
                put8(b, 0);
        size_t end = b->size + 4;
        put32(b, (uint32_t)(end - begin));
        b->size = begin + 4;
        put32(b, (uint32_t)(end - begin));
        b->size = end;
}

void
put_option(struct blocks *b, uint16_t code, const void *value, uint16_t bytes)
{
        put16(b, code);
        put16(b, bytes);
        put_bytes(b, value, bytes);
        while (bytes++ % 4 != 0)
                put8(b, 0);
}

void
put_section(struct blocks *b)
{
        size_t begin = begin_block(b, 0x0a0d0d0a);

        put32(b, 0x1a2b3c4d);
        put16(b, 1);
        put16(b, 0);
        put64(b, UINT64_MAX);
        end_block(b, begin);
}

/* |resolution| as in if_tsresol; |offset| in seconds. */
void
put_interface(struct blocks *b, uint8_t resolution, uint32_t offset)
{
        size_t begin = begin_block(b, 1);

        put16(b, 1); /* Ethernet */
        put16(b, 0);
        put32(b, 262144);
        put_option(b, 9, &resolution, 1);
        put16(b, 14);
        put16(b, 8);
        put64(b, offset);
        put32(b, 0);
        end_block(b, begin);
}

void
put_packet(struct blocks *b, uint64_t time)
{
        size_t begin = begin_block(b, 6);

        put32(b, 0);
        put32(b, (uint32_t)(time >> 32));
        put32(b, (uint32_t)time);
        put32(b, 4);
        put32(b, 60);
        put_bytes(b, "abcd", 4);
        end_block(b, begin);
}

void
put_unknown(struct blocks *b)
{
        size_t begin = begin_block(b, 0x0badcafe);

        put32(b, 1);
        put32(b, 2);
        end_block(b, begin);
}

static void
note(struct readout *out, const struct tv_packet *packet)
{
        static volatile uint8_t sum;
        const size_t i = out->packets++;

        for (uint32_t j = 0; j < packet->captured; j++)
                sum = (uint8_t)(sum + packet->data[j]);
        if (i >= READOUT_PACKETS)
                return;
        out->packet[i] = *packet;
        memcpy(out->bytes[i], packet->data, packet->captured < READOUT_BYTES ? packet->captured : READOUT_BYTES);
        out->packet[i].data = out->bytes[i];
        out->packet[i].comment = out->packet[i].interface_name = NULL;
        if (packet->comment)
                out->packet[i].comment = strcpy(out->comment[i], packet->comment);
        if (packet->interface_name)
                out->packet[i].interface_name = strcpy(out->interface_name[i], packet->interface_name);
}

void
read_bytes(const void *bytes, size_t n, struct readout *out)
{
        FILE *file = tmpfile();
        char path[32];
        struct tv_packet packet;
        enum tv_read status;

        memset(out, 0, sizeof *out);
        if (!file || fwrite(bytes, 1, n, file) != n || fflush(file) != 0)
                abort();
        snprintf(path, sizeof path, "/dev/fd/%d", fileno(file));
        struct tv_reader *reader = tv_reader_open(path, 1, out->message);
        out->opened = reader != NULL;
        while (reader && (status = tv_reader_next(reader, &packet)) != TV_READ_END) {
                if (status == TV_READ_PACKET)
                        note(out, &packet);
                else if (out->damages++ < READOUT_DAMAGES)
                        out->damage[out->damages - 1] = *tv_reader_damage(reader);
        }
        if (reader)
                out->info = *tv_reader_info(reader);
        if (reader && out->info.names) {
                out->names = *out->info.names;
                out->info.names = &out->names;
        }
        tv_reader_close(reader);
        fclose(file);
}
