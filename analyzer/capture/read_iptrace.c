/* read_iptrace.c - what AIX's iptrace writes, 1.0 (seconds) and 2.0 (nanoseconds).  IBM documents the commands, not the
 * file; the layout is the one that Wireshark's developers found in files.
 *
 * A record is its length without these first eight bytes, the time in seconds, what AIX tells of the packet (unit and
 * prefix of the interface, its type as SNMP numbers them, the direction), and the packet. */
#include "analyzer/capture/chain.h"
#include "analyzer/capture/text.h"

#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_HEADER = 11, RECORD_HEADER = 8, LARGEST_PACKET = 262144 };
enum { FDDI_PADDING = 3, NO_LINK = 0x10000 };
enum { UNIT = 3, PREFIX = 4, PREFIX_BYTES = 4, TYPE = 20, SENT = 21, SECONDS = 24, NANOSECONDS = 28 };
enum { MOST_INTERFACES = 64 };

struct iptrace_reader {
        struct tv_chain chain;
        struct tv_chain_format format;
        bool version_2;
        struct tv_capture_info *info;
        uint8_t interfaces[MOST_INTERFACES][1 + PREFIX_BYTES]; /* as in a record; those behind share the last number */
        uint32_t count, latest;
};

/* The DLT_ value for an ifType; what is not known keeps its number, which no decoder knows. */
static int
link_of(unsigned type)
{
        switch (type) {
        case 6: /* Ethernet */
        case 7:
                return DLT_EN10MB;
        case 9: /* token ring */
                return DLT_IEEE802;
        case 15:
                return DLT_FDDI;
        case 4:            /* X.25 */
        case 12:           /* the switch of an SP */
        case 24:           /* loopback */
        case 0x3d:         /* host fabric interface */
                return 12; /* DLT_RAW */
        default:
                return NO_LINK + (int)type;
        }
}

static bool
parse(void *context, const uint8_t *header, bool strict, struct tv_record *record, char what[TV_READER_MESSAGE])
{
        const struct iptrace_reader *reader = context;
        const uint32_t length = tv_read32(header, true);
        const uint8_t *more = header + RECORD_HEADER;
        struct tv_packet *packet = &record->packet;

        packet->link_type = link_of(more[TYPE]);
        record->data = reader->format.header_bytes + (packet->link_type == DLT_FDDI ? FDDI_PADDING : 0);
        if (length + RECORD_HEADER < record->data || length > LARGEST_PACKET) {
                snprintf(what, TV_READER_MESSAGE, "a record says that it has %u bytes", length);
                return false;
        }
        record->bytes = RECORD_HEADER + length;
        packet->captured = packet->length = record->bytes - record->data;
        packet->passed = more[SENT] ? TV_PASSED_OUT : TV_PASSED_IN;
        packet->time = (tv_time)tv_read32(reader->version_2 ? more + SECONDS : header + 4, true) * 1000000000;
        if (reader->version_2)
                packet->time += tv_read32(more + NANOSECONDS, true);
        if (packet->time > TV_TIME_LIMIT)
                packet->time = TV_TIME_LIMIT;
        if (!strict)
                return true;
        for (int i = 0; i < 2; i++) /* interfaces are en0, tr1, lo0, sit0 ... */
                if (more[PREFIX + i] < 'a' || more[PREFIX + i] > 'z')
                        return false;
        return more[SENT] <= 1 && packet->captured > 0 && packet->link_type < NO_LINK;
}

/* The number of the interface. */
static void
finish(void *context, const uint8_t *bytes, struct tv_record *record)
{
        struct iptrace_reader *reader = context;
        const uint8_t *name = bytes + RECORD_HEADER + UNIT;

        if (reader->count == 0 || memcmp(reader->interfaces[reader->latest], name, 1 + PREFIX_BYTES) != 0) {
                uint32_t i = 0;

                while (i < reader->count && memcmp(reader->interfaces[i], name, 1 + PREFIX_BYTES) != 0)
                        i++;
                if (i == reader->count && i < MOST_INTERFACES) {
                        char text[PREFIX_BYTES + 4];
                        const int n =
                                snprintf(text, sizeof text, "%.*s%u", PREFIX_BYTES, (const char *)name + 1, name[0]);

                        memcpy(reader->interfaces[i], name, 1 + PREFIX_BYTES);
                        reader->count++;
                        tv_text_add(reader->info->interfaces, sizeof reader->info->interfaces, ";",
                                    (const uint8_t *)text, (size_t)n);
                }
                reader->latest = i < MOST_INTERFACES ? i : MOST_INTERFACES - 1;
        }
        record->packet.interface = reader->latest;
        if (reader->info->link_type < 0)
                reader->info->link_type = record->packet.link_type;
}

static bool
recognizes(const uint8_t *head, size_t bytes)
{
        return bytes >= FILE_HEADER &&
               (memcmp(head, "iptrace 1.0", FILE_HEADER) == 0 || memcmp(head, "iptrace 2.0", FILE_HEADER) == 0);
}

static void *
open_reader(struct tv_input *input, struct tv_capture_info *info, char message[TV_READER_MESSAGE])
{
        struct iptrace_reader *reader = calloc(1, sizeof *reader);
        size_t have;
        const uint8_t *p = tv_input_view(input, 0, FILE_HEADER, &have);

        if (!reader || !p) {
                snprintf(message, TV_READER_MESSAGE, "out of memory");
                free(reader);
                return NULL;
        }
        reader->info = info;
        reader->version_2 = p[8] == '2';
        reader->format = (struct tv_chain_format){RECORD_HEADER + (reader->version_2 ? 32 : 22), parse, finish};
        reader->chain = (struct tv_chain){.format = &reader->format,
                                          .context = reader,
                                          .input = input,
                                          .info = info,
                                          .at = FILE_HEADER,
                                          .end = UINT64_MAX};
        snprintf(info->format, sizeof info->format, "%.*s", FILE_HEADER, (const char *)p);
        return reader;
}

static enum tv_read
next_packet(void *context, struct tv_packet *packet, struct tv_damage *damage)
{
        struct iptrace_reader *reader = context;

        return tv_chain_next(&reader->chain, packet, damage);
}

const struct tv_format tv_format_iptrace = {recognizes, open_reader, next_packet, free};
