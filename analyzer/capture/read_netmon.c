/* read_netmon.c - Microsoft Network Monitor 1.x and 2.x.  The layout of 2.x is in the help of Network Monitor 3
 * ("Capture File Format").
 *
 * A table at the end of the file tells where the frames are and in which order.  Where it is missing, or so far ahead
 * that a window on the file does not reach it, the frames are read as they stand.
 *
 * Before version 2.3, times are relative to the local time at which the capture began, of an unknown time zone: UTC is
 * assumed. */
#include "analyzer/capture/chain.h"
#include "analyzer/capture/link_type.h"

#include <inttypes.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_HEADER = 128, HEADER_USED = 32, LARGEST_PACKET = 262144 };
#define FILETIME_1970 INT64_C(116444736000000000) /* in units of 100 ns since 1601 */

/* What stands in place of a network's number where the record is no packet. */
enum {
        FILTER = 0xffff,
        DNS_CACHE = 0xfffe,
        NETWORK_INFO = 0xfffd,
        PAYLOAD_HEADER = 0xfffc,
        NETWORK_INFO_EX = 0xfffb,
        PCAP_BASE = 0xe000 /* plus a LINKTYPE_ value */
};

struct netmon_reader {
        struct tv_chain chain;
        struct tv_chain_format format;
        unsigned major, minor;
        uint32_t trailer_bytes;
        int link_type;
        int64_t start_ns;
        uint32_t *table; /* offsets of frames; NULL: as they stand */
        uint32_t count, next;
        uint64_t bytes_left; /* that frames of the table can have, as none shares its bytes with another */
        bool lacks_table;    /* to be said */
        uint64_t table_at;
};

static uint64_t
read64(const uint8_t *p)
{
        return (uint64_t)tv_read32(p + 4, false) << 32 | tv_read32(p, false);
}

/* The DLT_ value for a network; what is not known keeps its number, which no decoder knows. */
static int
link_of(unsigned network)
{
        switch (network) {
        case 0: /* in captures of VPNs, which have Ethernet headers, too */
        case 1:
                return DLT_EN10MB;
        case 2:
                return DLT_IEEE802;
        case 3:
                return DLT_FDDI;
        case 7: /* tunnels */
        case 8: /* wireless WAN */
        case 9:
                return tv_link_type_dlt(101);
        default:
                break;
        }
        if ((network & 0xf000) == PCAP_BASE && !(network >= 0xe081 && network <= 0xe08a))
                return tv_link_type_dlt(network == 0xe080 ? DLT_IEEE802_11 : network & 0xfff);
        return (int)(0x10000 | network);
}

static tv_time
nearest(int64_t ns)
{
        return ns < 0 ? 0 : ns > TV_TIME_LIMIT ? TV_TIME_LIMIT : ns;
}

static bool
parse(void *context, const uint8_t *header, bool strict, struct tv_record *record, char what[TV_READER_MESSAGE])
{
        const struct netmon_reader *reader = context;
        struct tv_packet *packet = &record->packet;
        int64_t delta, ns;

        if (reader->major == 1) {
                delta = (int64_t)tv_read32(header, false) * 1000000;
                packet->length = tv_read16(header + 4, false);
                packet->captured = tv_read16(header + 6, false);
        } else {
                /* Microseconds; times ten, they are a signed number, as frames can be older than the capture. */
                if (__builtin_mul_overflow((int64_t)(read64(header) * 10), INT64_C(100), &delta))
                        delta = (int64_t)(read64(header) * 10) < 0 ? INT64_MIN : INT64_MAX;
                packet->length = tv_read32(header + 8, false);
                packet->captured = tv_read32(header + 12, false);
        }
        if (packet->captured > LARGEST_PACKET) {
                snprintf(what, TV_READER_MESSAGE, "a packet of %u bytes", packet->captured);
                return false;
        }
        if (__builtin_add_overflow(reader->start_ns, delta, &ns))
                ns = delta < 0 ? 0 : TV_TIME_LIMIT;
        packet->time = nearest(ns);
        packet->link_type = reader->link_type;
        record->data = reader->format.header_bytes;
        record->bytes = record->data + packet->captured + reader->trailer_bytes;
        return !strict || (packet->captured > 0 && packet->captured <= packet->length);
}

/* Since 2.1 the network stands behind each packet, since 2.2 the process, since 2.3 the time (UTC). */
static void
finish(void *context, const uint8_t *bytes, struct tv_record *record)
{
        const struct netmon_reader *reader = context;
        const uint8_t *trailer = bytes + record->data + record->packet.captured;

        if (reader->trailer_bytes == 0)
                return;
        const unsigned network = tv_read16(trailer, false);
        record->skip = network >= NETWORK_INFO_EX;
        /* Those two have a frame number in Wireshark. */
        record->packet.frame = network == NETWORK_INFO_EX || network == FILTER;
        record->packet.link_type = link_of(network);
        if (reader->minor >= 3) {
                int64_t ns;
                const uint64_t units = read64(trailer + 6);
                if (units > INT64_MAX || __builtin_mul_overflow((int64_t)units - FILETIME_1970, INT64_C(100), &ns))
                        ns = TV_TIME_LIMIT;
                record->packet.time = nearest(ns);
        }
}

static unsigned
between(unsigned least, unsigned value, unsigned most)
{
        return value < least ? least : value > most ? most : value;
}

/* Nanoseconds from 1970 to a time as Windows has it (SYSTEMTIME): year, month, day of the week, day, hour, minute,
 * second, millisecond. */
static int64_t
system_time(const uint8_t *p)
{
        const unsigned month = between(1, tv_read16(p + 2, false), 12), day = between(1, tv_read16(p + 6, false), 31);
        /* Years begin in March, so that the leap day is the last one. */
        const int64_t y = (int64_t)between(1970, tv_read16(p, false), 2200) - (month <= 2), m = (month + 9) % 12;
        const int64_t days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
        const int64_t minutes = days * 1440 + tv_read16(p + 8, false) * INT64_C(60) + tv_read16(p + 10, false);

        return ((minutes * 60 + tv_read16(p + 12, false)) * 1000 + tv_read16(p + 14, false)) * 1000000;
}

static bool
recognizes(const uint8_t *head, size_t bytes)
{
        return bytes >= HEADER_USED &&
               ((memcmp(head, "RTSS", 4) == 0 && head[5] == 1) || (memcmp(head, "GMBU", 4) == 0 && head[5] == 2));
}

static void
close_reader(void *context)
{
        struct netmon_reader *reader = context;

        free(reader->table);
        free(reader);
}

/* False when memory ran out. */
static bool
read_table(struct netmon_reader *reader, uint32_t bytes)
{
        struct tv_input *input = reader->chain.input;
        const uint8_t *p;
        size_t have;

        if (bytes > TV_INPUT_VIEW_MAX || reader->table_at > TV_INPUT_VIEW_MAX)
                return true;
        p = tv_input_view(input, reader->table_at, bytes, &have);
        if (!p || have < bytes || bytes < 4) {
                reader->lacks_table = bytes > 0;
                return true;
        }
        reader->count = bytes / 4;
        reader->table = malloc(reader->count * sizeof *reader->table);
        if (!reader->table)
                return false;
        for (uint32_t i = 0; i < reader->count; i++)
                reader->table[i] = tv_read32(p + 4 * i, false);
        reader->bytes_left = input->size > 0 ? input->size : UINT32_MAX;
        reader->chain.end = UINT64_MAX;
        return true;
}

static void *
open_reader(struct tv_input *input, struct tv_capture_info *info, char message[TV_READER_MESSAGE])
{
        struct netmon_reader *reader = calloc(1, sizeof *reader);
        size_t have;
        const uint8_t *p = tv_input_view(input, 0, FILE_HEADER, &have);

        snprintf(message, TV_READER_MESSAGE, "out of memory");
        if (!reader)
                goto fail;
        if (!p || have < FILE_HEADER) {
                snprintf(message, TV_READER_MESSAGE, "is a NetMon capture that ends inside its header");
                goto fail;
        }
        reader->minor = p[4];
        reader->major = p[5];
        reader->trailer_bytes = reader->major == 1 || reader->minor == 0 ? 0
                                : reader->minor == 1                     ? 2
                                : reader->minor == 2                     ? 6
                                                                         : 15;
        info->link_type = reader->link_type = link_of(tv_read16(p + 6, false));
        reader->start_ns = system_time(p + 8);
        reader->table_at = tv_read32(p + 24, false);
        reader->format = (struct tv_chain_format){reader->major == 1 ? 8 : 16, parse, finish};
        reader->chain = (struct tv_chain){.format = &reader->format,
                                          .context = reader,
                                          .input = input,
                                          .info = info,
                                          .at = FILE_HEADER,
                                          .end = reader->table_at > FILE_HEADER ? reader->table_at : UINT64_MAX};
        snprintf(info->format, sizeof info->format, "NetMon %u.%u", reader->major, reader->minor);
        if (!read_table(reader, tv_read32(p + 28, false)))
                goto fail;
        return reader;
fail:
        if (reader)
                close_reader(reader);
        return NULL;
}

static enum tv_read
next_packet(void *context, struct tv_packet *packet, struct tv_damage *damage)
{
        struct netmon_reader *reader = context;
        uint64_t other_frames = 0;

        if (reader->lacks_table) {
                reader->lacks_table = false;
                damage->offset = reader->table_at;
                damage->cut = true;
                snprintf(damage->what, sizeof damage->what,
                         "the table of frames is missing: they are read in the order in which they stand");
                return TV_READ_DAMAGED;
        }
        if (!reader->table)
                return tv_chain_next(&reader->chain, packet, damage);
        while (reader->next < reader->count) {
                const uint64_t offset = reader->table[reader->next++];
                struct tv_record record;

                if (!tv_chain_read(&reader->chain, offset, &record, damage))
                        return TV_READ_DAMAGED;
                if (record.bytes > reader->bytes_left) {
                        reader->next = reader->count;
                        snprintf(damage->what, sizeof damage->what, "the frames have more bytes than the file");
                        return TV_READ_DAMAGED;
                }
                reader->bytes_left -= record.bytes;
                other_frames += record.packet.frame;
                if (record.skip)
                        continue;
                *packet = record.packet;
                packet->frame = other_frames;
                return TV_READ_PACKET;
        }
        return TV_READ_END;
}

const struct tv_format tv_format_netmon = {recognizes, open_reader, next_packet, close_reader};
