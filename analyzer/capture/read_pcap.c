/* read_pcap.c - classic pcap in all its variants, either byte order, micro- and nanoseconds.
 *
 * libpcap judges the file's header and tells the link type.  The records are read here, out of the input's window
 * without a copy: libpcap stops at the first damage, and knows neither where that is nor all variants. */
#include "analyzer/capture/format.h"
#include "analyzer/capture/pcap_record.h"
#include "analyzer/capture/resync.h"

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct variant {
        uint32_t magic;
        const char *name;
        unsigned record_bytes; /* before the packet's */
        unsigned unit_ns;      /* of the fraction of a second */
        unsigned header_bytes; /* of the file */
};

/* The magic numbers, as a machine of the writer's byte order reads them.  Ixia's have the file's size behind the
 * header. */
static const struct variant variants[] = {
        {0xa1b2c3d4, "pcap, microseconds", 16, 1000, 24},
        {0xa1b23c4d, "pcap, nanoseconds", 16, 1, 24},
        {0xa1b2cd34, "pcap (Kuznetzov's), microseconds", 24, 1000, 24},
        {0x1c0001ac, "pcap (Ixia's), nanoseconds", 16, 1, 28},
        {0x1c0001ab, "pcap (Ixia's), microseconds", 16, 1000, 28},
};

enum { FILE_HEADER = 24, SNAPLEN = 16, LINK_TYPE = 20 };

struct pcap_reader {
        struct tv_input *input;
        const struct variant *variant;
        struct tv_pcap_layout layout;
        struct tv_pcap_habits habits;
        uint8_t header[FILE_HEADER]; /* as libpcap gets it */
        uint64_t record;             /* where the record begins that comes next */
        uint64_t before;             /* where the one before began */
        unsigned doubts;             /* chains within that one which led nowhere, in the present search */
        bool before_agrees;          /* as agrees() */
        int link_type;
        bool big_endian;
};

static const struct variant *
find_variant(const uint8_t *head, size_t bytes, bool *big_endian)
{
        if (bytes < 4)
                return NULL;
        for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
                *big_endian = tv_read32(head, true) == variants[i].magic;
                if (*big_endian || tv_read32(head, false) == variants[i].magic)
                        return &variants[i];
        }
        return NULL;
}

static bool
recognizes(const uint8_t *head, size_t bytes)
{
        bool big_endian;

        return find_variant(head, bytes, &big_endian) != NULL;
}

static void
put32(uint8_t *p, uint32_t value, bool big_endian)
{
        for (unsigned i = 0; i < 4; i++)
                p[i] = (uint8_t)(value >> (big_endian ? 24 - 8 * i : 8 * i));
}

/* Can what follows the usual fields of the first record be what the variant has there?  Interfaces counted from 1 and
 * were few, and Linux had five types of packets; in Nokia's the bits are always of one pattern. */
static bool
has_more_fields(const uint8_t *more, unsigned record_bytes, bool big_endian)
{
        const uint32_t word = tv_read32(more, big_endian);

        if (record_bytes == 20)
                return (word & 0xdfff90f0) == 0x9fbf9000;
        return word >= 1 && word <= 10000 && more[6] <= 4;
}

/* Which layout has the file's first records make sense?  Some were written with more in each record, and the usual
 * magic number.  Returns the size of a record's header. */
static unsigned
find_record_bytes(const struct pcap_reader *reader)
{
        static const unsigned usual[] = {16, 24, 20}, modified[] = {24, 28};
        const bool is_modified = reader->variant->magic == 0xa1b2cd34;
        const unsigned *sizes = is_modified ? modified : usual;
        struct tv_pcap_layout layout = reader->layout;

        for (unsigned i = 0; i < (is_modified ? 2 : 3); i++) {
                const uint8_t *p;
                size_t have;

                layout.header_bytes = sizes[i];
                if (tv_pcap_record_begins(reader->input, &layout, &reader->habits, FILE_HEADER) &&
                    (p = tv_input_view(reader->input, FILE_HEADER, 24, &have)) != NULL && have >= 24 &&
                    (i == 0 || has_more_fields(p + 16, sizes[i], reader->big_endian)))
                        return sizes[i];
        }
        return reader->variant->record_bytes;
}

/* Reads the header of a classic file, and makes of it what libpcap is to see.  Returns the name of the variant. */
static const char *
read_header(struct pcap_reader *reader, const uint8_t *head)
{
        const struct variant *variant = reader->variant;
        const unsigned major = tv_read16(head + 4, reader->big_endian), minor = tv_read16(head + 6, reader->big_endian);
        const uint32_t link_type = tv_read32(head + LINK_TYPE, reader->big_endian);
        const char *name = variant->name;
        bool alone = variant->header_bytes != FILE_HEADER || (major == 2 && minor > 4) || (major > 2 && major != 543);

        reader->layout = (struct tv_pcap_layout){.header_bytes = variant->record_bytes,
                                                 .unit_ns = variant->unit_ns,
                                                 .big_endian = reader->big_endian,
                                                 .snaplen = tv_read32(head + SNAPLEN, reader->big_endian)};
        memcpy(reader->header, head, FILE_HEADER);
        if (major < 2)
                return name; /* libpcap says why not */
        if ((major == 2 && minor < 3) || major == 543)
                reader->layout.lengths = TV_PCAP_LENGTH_FIRST;
        else if (major == 2 && minor == 3)
                reader->layout.lengths = TV_PCAP_SMALLER_FIRST;
        if (variant->magic == 0xa1b2c3d4 && major == 2 && minor == 2 &&
            (link_type == 6 || link_type == 9 || link_type == 15 || link_type == 24)) {
                /* AIX writes nanoseconds, and types of interfaces (RFC 1573) for link types. */
                name = "pcap (AIX's), nanoseconds";
                reader->layout.unit_ns = 1;
                alone = true;
                put32(reader->header + LINK_TYPE,
                      link_type == 6    ? 1
                      : link_type == 9  ? 6
                      : link_type == 15 ? 10
                                        : 0,
                      reader->big_endian);
        } else if ((variant->magic == 0xa1b2c3d4 || variant->magic == 0xa1b2cd34) && major == 2 && minor == 4) {
                reader->layout.header_bytes = find_record_bytes(reader);
                if (reader->layout.header_bytes != variant->record_bytes) {
                        alone = true;
                        name = reader->layout.header_bytes == 20 ? "pcap (Nokia's), microseconds"
                                                                 : "pcap (modified), microseconds";
                }
        }
        if (alone) {
                /* What libpcap does not know it shall not refuse. */
                put32(reader->header, 0xa1b2c3d4, reader->big_endian);
                put32(reader->header + 4, reader->big_endian ? 0x00020004 : 0x00040002, reader->big_endian);
        }
        return name;
}

/* What libpcap makes of the header: its DLT_ value, or -1 with libpcap's |error|. */
static int
link_type_of(uint8_t header[FILE_HEADER], char error[PCAP_ERRBUF_SIZE])
{
        FILE *stream = fmemopen(header, FILE_HEADER, "rb");
        pcap_t *libpcap = stream ? pcap_fopen_offline(stream, error) : NULL;
        int link_type = -1;

        if (libpcap) {
                link_type = pcap_datalink(libpcap);
                pcap_close(libpcap); /* and the stream */
        } else if (stream) {
                fclose(stream);
        }
        return link_type;
}

static void *
open_reader(struct tv_input *input, struct tv_capture_info *info, char message[TV_READER_MESSAGE])
{
        char error[PCAP_ERRBUF_SIZE] = "out of memory";
        struct pcap_reader *reader = calloc(1, sizeof *reader);
        size_t have;
        const uint8_t *head = tv_input_view(input, 0, TV_FORMAT_HEAD, &have);
        const char *name;

        if (!reader)
                goto fail;
        reader->input = input;
        reader->habits.last = TV_NO_TIME;
        reader->variant = find_variant(head, have, &reader->big_endian);
        if (!reader->variant)
                goto fail;
        if (have < reader->variant->header_bytes) {
                snprintf(error, sizeof error, "the file ends within its header: %zu of %u bytes are there", have,
                         reader->variant->header_bytes);
                goto fail;
        }
        name = read_header(reader, head);
        reader->link_type = link_type_of(reader->header, error);
        if (reader->link_type < 0)
                goto fail;
        reader->record = reader->before = reader->variant->header_bytes;
        info->link_type = reader->link_type;
        snprintf(info->format, sizeof info->format, "%s, %s-endian", name, reader->big_endian ? "big" : "little");
        return reader;
fail:
        snprintf(message, TV_READER_MESSAGE, "%.*s", TV_READER_MESSAGE - 1, error);
        free(reader);
        return NULL;
}

/* Does the record have all of the packet that the snaplen lets it have?  A damaged length hardly does. */
static bool
agrees(const struct tv_pcap_layout *layout, const struct tv_pcap_record *record)
{
        return record->captured ==
               (layout->snaplen > 0 && layout->snaplen < record->length ? layout->snaplen : record->length);
}

/* Do records follow each other from |offset| within the record before out of it, and on?  Those of a capture that it
 * carries as its data do not. */
static bool
leads_out(struct pcap_reader *reader, uint64_t offset)
{
        struct tv_pcap_record record;
        size_t have;

        while (offset < reader->record) {
                if (!tv_pcap_record_get(reader->input, &reader->layout, offset, &record) || record.captured == 0 ||
                    record.captured > TV_PCAP_LARGEST)
                        return false;
                offset += reader->layout.header_bytes + record.captured;
        }
        if (offset > reader->record && !tv_input_view(reader->input, offset, 1, &have))
                return reader->input->end == offset;
        return offset > reader->record &&
               tv_pcap_record_begins(reader->input, &reader->layout, &reader->habits, offset);
}

static bool
begins(void *context, uint64_t offset)
{
        enum { DOUBTS_MAX = 64 }; /* each takes as long as the record before has bytes */
        struct pcap_reader *reader = context;

        if (!tv_pcap_record_begins(reader->input, &reader->layout, &reader->habits, offset))
                return false;
        if (offset >= reader->record)
                return true;
        if (reader->doubts >= DOUBTS_MAX)
                return false;
        reader->doubts++;
        return leads_out(reader, offset);
}

/* The record at reader->record is no record, or not whole: finds the next one.  It may lie within the one before, whose
 * length nobody doubted. */
static enum tv_read
skip_damage(struct pcap_reader *reader, struct tv_damage *damage)
{
        uint64_t found;
        const bool first = reader->record == reader->before;

        reader->doubts = 0;
        const bool any =
                tv_resync_find(reader->input, first ? reader->record + 1 : reader->before + 1, begins, reader, &found);

        /* Not the same again. */
        damage->offset = reader->record;
        damage->cut &= !any;
        if (any || !damage->cut)
                tv_resync_tell(damage, found, !any);
        reader->record = reader->before = found;
        tv_input_release(reader->input, found);
        return TV_READ_DAMAGED;
}

/* The file ends in the record at reader->record.  Where nothing else is odd, that is all: a search would only find what
 * looks like records in the data of packets. */
static enum tv_read
skip_cut(struct pcap_reader *reader, bool nothing_odd, struct tv_damage *damage)
{
        if (!nothing_odd || !reader->input->ended)
                return skip_damage(reader, damage);
        damage->offset = reader->record;
        reader->record = reader->before = reader->input->end;
        return TV_READ_DAMAGED;
}

static enum tv_read
next_record(void *context, struct tv_packet *packet, struct tv_damage *damage)
{
        struct pcap_reader *reader = context;
        const struct tv_pcap_layout *layout = &reader->layout;
        struct tv_pcap_record record;
        size_t have;

        tv_input_release(reader->input, reader->before);
        damage->cut = false;
        if (!tv_pcap_record_get(reader->input, layout, reader->record, &record)) {
                if (!tv_input_view(reader->input, reader->record, 1, &have))
                        return TV_READ_END;
                damage->cut = true;
                snprintf(damage->what, sizeof damage->what,
                         "the file ends within a record's header: %zu of %u bytes are there", have,
                         layout->header_bytes);
                return skip_cut(reader, reader->before_agrees, damage);
        }
        const bool usual = tv_pcap_record_is_usual(layout, &reader->habits, &record);
        if (!usual && !tv_pcap_record_is_confirmed(reader->input, layout, &reader->habits, reader->record)) {
                /* Odd, but the last one and cut off: it is what it seems if only its time is odd. */
                snprintf(damage->what, sizeof damage->what,
                         "no record makes sense there (time %" PRIu32 ".%" PRIu32 ", %" PRIu32 " of %" PRIu32 " bytes)",
                         record.seconds, record.fraction, record.captured, record.length);
                return skip_damage(reader, damage);
        }
        const size_t bytes = layout->header_bytes + record.captured;
        const uint8_t *p = tv_input_view(reader->input, reader->record, bytes, &have);
        if (!p || have < bytes) {
                damage->cut = true;
                snprintf(damage->what, sizeof damage->what,
                         "the file ends within a packet: %zu of %" PRIu32 " bytes are there",
                         have > layout->header_bytes ? have - layout->header_bytes : 0, record.captured);
                return skip_cut(reader, usual && agrees(layout, &record), damage);
        }
        packet->data = p + layout->header_bytes;
        packet->time = tv_pcap_record_time(layout, &record);
        tv_pcap_habits_note(&reader->habits, &record, packet->time, usual, 1000000000 / layout->unit_ns);
        packet->captured = record.captured;
        packet->length = record.length;
        packet->link_type = reader->link_type;
        packet->interface = 0;
        packet->passed = TV_PASSED_UNKNOWN;
        reader->before = reader->record;
        reader->before_agrees = agrees(layout, &record);
        reader->record += layout->header_bytes + record.captured;
        return TV_READ_PACKET;
}

static void
close_reader(void *reader)
{
        free(reader);
}

const struct tv_format tv_format_pcap = {recognizes, open_reader, next_record, close_reader};
