#include "tests/support/pcap_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DLT_RAW_LINUX = 12, DLT_RAW_OPENBSD = 14, LINKTYPE_RAW = 101 };

static void
append(struct tv_pcap_buffer *buffer, const void *data, size_t size)
{
        if (buffer->failed)
                return;
        if (buffer->room - buffer->size < size) {
                size_t room = (buffer->size + size) * 2;
                uint8_t *grown = realloc(buffer->data, room);
                if (grown == NULL) {
                        buffer->failed = true;
                        return;
                }
                buffer->data = grown;
                buffer->room = room;
        }
        if (size > 0)
                memcpy(buffer->data + buffer->size, data, size);
        buffer->size += size;
}

static void
put16(struct tv_pcap_buffer *buffer, uint16_t value)
{
        uint8_t low = (uint8_t)value, high = (uint8_t)(value >> 8);
        const uint8_t big[2] = {high, low}, little[2] = {low, high};
        append(buffer, buffer->options.big_endian ? big : little, 2);
}

static void
put32(struct tv_pcap_buffer *buffer, uint32_t value)
{
        uint16_t low = (uint16_t)value, high = (uint16_t)(value >> 16);
        put16(buffer, buffer->options.big_endian ? high : low);
        put16(buffer, buffer->options.big_endian ? low : high);
}

static uint32_t
file_link_type(int dlt)
{
        return dlt == DLT_RAW_LINUX || dlt == DLT_RAW_OPENBSD ? LINKTYPE_RAW : (uint32_t)dlt;
}

/* Interface description block with if_tsresol (9: 10^-digits s) */
static void
describe_interface(struct tv_pcap_buffer *buffer, int dlt)
{
        const uint8_t resolution[4] = {buffer->options.nanoseconds ? 9 : 6};

        if (buffer->link_count == sizeof buffer->links / sizeof *buffer->links) {
                buffer->failed = true;
                return;
        }
        buffer->links[buffer->link_count++] = dlt;
        put32(buffer, 1);
        put32(buffer, 32);
        put16(buffer, (uint16_t)file_link_type(dlt));
        put16(buffer, 0);
        put32(buffer, buffer->options.snaplen != 0 ? buffer->options.snaplen : 262144);
        put16(buffer, 9);
        put16(buffer, 1);
        append(buffer, resolution, 4);
        put32(buffer, 0); /* opt_endofopt */
        put32(buffer, 32);
}

static uint32_t
interface_of(struct tv_pcap_buffer *buffer, int dlt)
{
        uint32_t i = 0;

        if (!buffer->options.links_differ)
                return 0;
        while (i < buffer->link_count && buffer->links[i] != dlt)
                i++;
        if (i == buffer->link_count)
                describe_interface(buffer, dlt);
        return i;
}

void
tv_pcap_buffer_init(struct tv_pcap_buffer *buffer, const struct tv_pcap_options *options)
{
        *buffer = (struct tv_pcap_buffer){.options = *options};
        uint32_t snaplen = options->snaplen != 0 ? options->snaplen : 262144;
        uint32_t link = file_link_type(options->link_type);
        if (!options->pcapng) {
                put32(buffer, options->nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
                put16(buffer, 2);
                put16(buffer, 4);
                put32(buffer, 0);
                put32(buffer, 0);
                put32(buffer, snaplen);
                put32(buffer, link);
                return;
        }
        /* Section header block without options, of unknown section length */
        put32(buffer, 0x0a0d0d0a);
        put32(buffer, 28);
        put32(buffer, 0x1a2b3c4d);
        put16(buffer, 1);
        put16(buffer, 0);
        put32(buffer, UINT32_MAX);
        put32(buffer, UINT32_MAX);
        put32(buffer, 28);
        if (!options->links_differ)
                describe_interface(buffer, options->link_type);
}

static void
put_option(struct tv_pcap_buffer *buffer, uint16_t code, const void *value, uint16_t bytes)
{
        static const uint8_t zeros[4] = {0};
        put16(buffer, code);
        put16(buffer, bytes);
        append(buffer, value, bytes);
        append(buffer, zeros, (4u - bytes % 4u) % 4u);
}

/* Options of an enhanced packet block: comment, flags, drops. */
static void
put_options(struct tv_pcap_buffer *buffer, const struct tv_packet *packet, uint64_t drops)
{
        static const uint32_t flags[] = {[TV_PASSED_IN] = 1 | 1 << 2, [TV_PASSED_OUT] = 2, [TV_PASSED_BY] = 1 | 4 << 2};
        if (packet->comment != NULL)
                put_option(buffer, 1, packet->comment, (uint16_t)strlen(packet->comment));
        if (packet->passed != TV_PASSED_UNKNOWN) {
                put16(buffer, 2);
                put16(buffer, 4);
                put32(buffer, flags[packet->passed]);
        }
        if (drops != 0) {
                put16(buffer, 4);
                put16(buffer, 8);
                put32(buffer, (uint32_t)(buffer->options.big_endian ? drops >> 32 : drops));
                put32(buffer, (uint32_t)(buffer->options.big_endian ? drops : drops >> 32));
        }
        put32(buffer, 0); /* opt_endofopt */
}

void
tv_pcap_buffer_add(struct tv_pcap_buffer *buffer, const struct tv_packet *packet)
{
        tv_pcap_buffer_add_dropping(buffer, packet, 0);
}

void
tv_pcap_buffer_add_dropping(struct tv_pcap_buffer *buffer, const struct tv_packet *packet, uint64_t drops)
{
        const uint64_t ns = (uint64_t)packet->time;
        if (!buffer->options.pcapng) {
                uint32_t fraction = (uint32_t)(ns % 1000000000);
                put32(buffer, (uint32_t)(ns / 1000000000));
                put32(buffer, buffer->options.nanoseconds ? fraction : fraction / 1000);
                put32(buffer, packet->captured);
                put32(buffer, packet->length);
                append(buffer, packet->data, packet->captured);
                return;
        }
        static const uint8_t zeros[4] = {0};
        uint32_t padding = (4 - packet->captured % 4) % 4;
        bool has_options = packet->comment != NULL || packet->passed != TV_PASSED_UNKNOWN || drops != 0;
        uint32_t total = 32 + packet->captured + padding;
        if (has_options)
                total += (packet->comment != NULL ? 4 + ((uint32_t)strlen(packet->comment) + 3) / 4 * 4 : 0) +
                         (packet->passed != TV_PASSED_UNKNOWN ? 8 : 0) + (drops != 0 ? 12 : 0) + 4;
        uint32_t interface = interface_of(buffer, packet->link_type);
        uint64_t stamp = buffer->options.nanoseconds ? ns : ns / 1000;
        put32(buffer, 6); /* enhanced packet block */
        put32(buffer, total);
        put32(buffer, interface);
        put32(buffer, (uint32_t)(stamp >> 32));
        put32(buffer, (uint32_t)stamp);
        put32(buffer, packet->captured);
        put32(buffer, packet->length);
        append(buffer, packet->data, packet->captured);
        append(buffer, zeros, padding);
        if (has_options)
                put_options(buffer, packet, drops);
        put32(buffer, total);
}

void
tv_pcap_buffer_cut(struct tv_pcap_buffer *buffer, size_t octets)
{
        buffer->size -= octets < buffer->size ? octets : buffer->size;
}

bool
tv_pcap_buffer_save(const struct tv_pcap_buffer *buffer, const char *path)
{
        if (buffer->failed)
                return false;
        FILE *file = fopen(path, "wb");
        if (file == NULL)
                return false;
        bool written = fwrite(buffer->data, 1, buffer->size, file) == buffer->size;
        return fclose(file) == 0 && written;
}

void
tv_pcap_buffer_clear(struct tv_pcap_buffer *buffer)
{
        free(buffer->data);
        *buffer = (struct tv_pcap_buffer){0};
}
