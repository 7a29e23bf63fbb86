/* read_snoop.c - what Solaris snoop writes (RFC 1761), and Shomiti's (Finisar's) Surveyor with other numbers for links
 * and a trailer in the padding. */
#include "analyzer/capture/chain.h"

#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_HEADER = 16, RECORD_HEADER = 24, SHOMITI_TRAILER = 16, LARGEST_PACKET = 262144, LARGEST_PADDING = 64 };
struct snoop_reader {
        struct tv_chain chain;
        int link_type;
};

/* The DLT_ value for a datalink type (https://www.iana.org/assignments/snoop-datalink-types), -1: none that carries
 * TCP and of which the layout is known. */
static int
link_of(uint32_t type, bool shomiti)
{
        switch (type) {
        case 0: /* IEEE 802.3 */
        case 4: /* Ethernet */
                return DLT_EN10MB;
        case 2: /* token ring */
                return DLT_IEEE802;
        case 8:
                return DLT_FDDI;
        default:
                break;
        }
        if (shomiti)
                return type == 10 || type == 12 || type == 19   ? DLT_EN10MB /* of 100, 1000 and 10000 Mbit/s */
                       : type == 11 || type == 13 || type == 14 ? DLT_IEEE802
                                                                : -1;
        switch (type) {
        case 9: /* "other" and loopback as UNICOS/mp uses them */
        case 14:
                return DLT_NULL;
        case 16: /* Fibre Channel */
                return DLT_IP_OVER_FC;
        case 18: /* ATM */
                return DLT_SUNATM;
        case 0x80000005: /* ipnet(7D), which observes a zone's loopback, too */
                return DLT_IPNET;
        default:
                return -1;
        }
}

static bool
parse(void *context, const uint8_t *header, bool strict, struct tv_record *record, char what[TV_READER_MESSAGE])
{
        struct snoop_reader *reader = context;
        const uint32_t captured = tv_read32(header + 4, true), seconds = tv_read32(header + 16, true),
                       microseconds = tv_read32(header + 20, true);
        struct tv_packet *packet = &record->packet;

        packet->length = tv_read32(header, true);
        packet->captured = captured;
        record->bytes = tv_read32(header + 8, true);
        record->data = RECORD_HEADER;
        packet->time = (tv_time)seconds * 1000000000 + (tv_time)microseconds * 1000;
        packet->link_type = reader->link_type;
        if (captured > LARGEST_PACKET) {
                snprintf(what, TV_READER_MESSAGE, "a packet of %u bytes", captured);
                return false;
        }
        record->drops = tv_read32(header + 12, true);
        return !strict || (captured > 0 && captured <= packet->length && packet->length <= LARGEST_PACKET &&
                           record->bytes <= RECORD_HEADER + captured + LARGEST_PADDING && microseconds < 1000000);
}

static const struct tv_chain_format format = {RECORD_HEADER, parse, NULL};

static bool
recognizes(const uint8_t *head, size_t bytes)
{
        return bytes >= 8 && memcmp(head, "snoop\0\0", 8) == 0;
}

static void *
open_reader(struct tv_input *input, struct tv_capture_info *info, char message[TV_READER_MESSAGE])
{
        struct snoop_reader *reader;
        bool shomiti = false;
        size_t have;
        const uint8_t *p = tv_input_view(input, 0, FILE_HEADER + RECORD_HEADER, &have);

        if (!p || have < FILE_HEADER) {
                snprintf(message, TV_READER_MESSAGE, "is a snoop capture that ends inside its header");
                return NULL;
        }
        const uint32_t version = tv_read32(p + 8, true), link = tv_read32(p + 12, true);
        if (version < 2 || version > 5) { /* from 3 on Surveyor with cards of its own */
                snprintf(message, TV_READER_MESSAGE, "is a snoop capture of version %u, which is not known", version);
                return NULL;
        }
        /* Nothing else tells Shomiti's from Sun's: both have version 2, and Sun pads by less. */
        if (have >= FILE_HEADER + RECORD_HEADER) {
                const uint64_t captured = tv_read32(p + FILE_HEADER + 4, true);
                shomiti = tv_read32(p + FILE_HEADER + 8, true) >= RECORD_HEADER + captured + SHOMITI_TRAILER;
        }
        if (link_of(link, shomiti) < 0) {
                snprintf(message, TV_READER_MESSAGE, "is a snoop capture of datalink type %u, which is not supported",
                         link);
                return NULL;
        }
        reader = calloc(1, sizeof *reader);
        if (!reader) {
                snprintf(message, TV_READER_MESSAGE, "out of memory");
                return NULL;
        }
        reader->chain = (struct tv_chain){.format = &format,
                                          .context = reader,
                                          .input = input,
                                          .info = info,
                                          .at = FILE_HEADER,
                                          .end = UINT64_MAX};
        info->link_type = reader->link_type = link_of(link, shomiti);
        snprintf(info->format, sizeof info->format, "snoop%s", shomiti ? " (Shomiti's)" : "");
        return reader;
}

static enum tv_read
next_packet(void *context, struct tv_packet *packet, struct tv_damage *damage)
{
        struct snoop_reader *reader = context;

        return tv_chain_next(&reader->chain, packet, damage);
}

const struct tv_format tv_format_snoop = {recognizes, open_reader, next_packet, free};
