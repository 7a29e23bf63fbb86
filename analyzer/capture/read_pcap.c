/* read_pcap.c - classic pcap through libpcap: either byte order, micro- and nanoseconds.
 *
 * libpcap reads from a stdio stream of ours, which copies from the input's window.  The sizes of records tell where
 * each begins. */
#include "analyzer/capture/format.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

struct variant {
        uint32_t magic;
        const char *name;
        unsigned record_bytes; /* before the packet's */
        unsigned unit_ns;      /* what libpcap gives as a fraction of a second */
};

/* The magic numbers that libpcap knows, as a machine of the writer's byte order reads them. */
static const struct variant variants[] = {
        {0xa1b2c3d4, "pcap, microseconds", 16, 1000},
        {0xa1b23c4d, "pcap, nanoseconds", 16, 1},
        {0xa1b2cd34, "pcap (Kuznetzov's), microseconds", 24, 1000},
};

enum { FILE_HEADER = 24, SNAPLEN = 16, LARGEST_RECORD = 262144, STREAM_BUFFER = 32 * 1024 };

struct pcap_reader {
        pcap_t *libpcap;
        FILE *stream;
        struct tv_input *input;
        const struct variant *variant;
        uint64_t at;     /* what the stream has read */
        uint64_t record; /* where the record begins that libpcap reads */
        int link_type;
        bool big_endian;
        bool ended;
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

static ssize_t
stream_read(void *cookie, char *buffer, size_t bytes)
{
        struct pcap_reader *reader = cookie;
        size_t have;
        /* What is there already, so that packets from a pipe do not wait for those behind them.  The header is patched,
         * so it must come at once. */
        const uint8_t *p = tv_input_view(reader->input, reader->at, reader->at == 0 ? FILE_HEADER : 1, &have);

        if (!p)
                return 0;
        if (have > bytes)
                have = bytes;
        memcpy(buffer, p, have);
        /* libpcap drops what a record has beyond the snaplen of the file's header, which many writers set carelessly.
         */
        if (reader->at == 0 && have >= FILE_HEADER) {
                const uint32_t snaplen = reader->big_endian ? __builtin_bswap32(LARGEST_RECORD) : LARGEST_RECORD;
                memcpy(buffer + SNAPLEN, &snaplen, sizeof snaplen);
        }
        reader->at += have;
        return (ssize_t)have;
}

static void
close_reader(void *context)
{
        struct pcap_reader *reader = context;

        if (reader->libpcap)
                pcap_close(reader->libpcap); /* and the stream */
        else if (reader->stream)
                fclose(reader->stream);
        free(reader);
}

static void *
open_reader(struct tv_input *input, struct tv_capture_info *info, char message[TV_READER_MESSAGE])
{
        char error[PCAP_ERRBUF_SIZE] = "out of memory";
        struct pcap_reader *reader = calloc(1, sizeof *reader);
        size_t have;
        const uint8_t *head = tv_input_view(input, 0, TV_FORMAT_HEAD, &have);

        if (!reader)
                goto fail;
        reader->input = input;
        reader->variant = find_variant(head, have, &reader->big_endian);
        reader->stream = fopencookie(reader, "r", (cookie_io_functions_t){.read = stream_read});
        if (!reader->stream || !reader->variant)
                goto fail;
        setvbuf(reader->stream, NULL, _IOFBF, STREAM_BUFFER);
        __fsetlocking(reader->stream, FSETLOCKING_BYCALLER);
        /* libpcap scales times in 32 bits, which wraps for the strange ones: it gives them as they are. */
        reader->libpcap = pcap_fopen_offline_with_tstamp_precision(
                reader->stream,
                reader->variant->unit_ns == 1 ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO, error);
        if (!reader->libpcap)
                goto fail;
        reader->record = FILE_HEADER;
        info->link_type = reader->link_type = pcap_datalink(reader->libpcap);
        snprintf(info->format, sizeof info->format, "%s, %s-endian", reader->variant->name,
                 reader->big_endian ? "big" : "little");
        return reader;
fail:
        snprintf(message, TV_READER_MESSAGE, "%.*s", TV_READER_MESSAGE - 1, error);
        if (reader)
                close_reader(reader);
        return NULL;
}

static tv_time
time_of(const struct pcap_reader *reader, const struct timeval *ts)
{
        /* The fields are unsigned 32-bit ones, which libpcap gives with a sign. */
        return (tv_time)(uint32_t)ts->tv_sec * 1000000000 + (tv_time)(uint32_t)ts->tv_usec * reader->variant->unit_ns;
}

static enum tv_read
next_packet(void *context, struct tv_packet *packet, struct tv_damage *damage)
{
        struct pcap_reader *reader = context;
        struct pcap_pkthdr *header;
        const u_char *data;
        int status;

        if (reader->ended)
                return TV_READ_END;
        tv_input_release(reader->input, reader->record);
        status = pcap_next_ex(reader->libpcap, &header, &data);
        if (status != 1) {
                reader->ended = true;
                if (status == PCAP_ERROR_BREAK && reader->input->error[0] == '\0')
                        return TV_READ_END;
                damage->offset = reader->record;
                damage->cut = reader->input->ended;
                snprintf(damage->what, sizeof damage->what, "%s",
                         reader->input->error[0] != '\0' ? reader->input->error : pcap_geterr(reader->libpcap));
                return TV_READ_DAMAGED;
        }
        reader->record += reader->variant->record_bytes + header->caplen;
        packet->data = data;
        packet->captured = header->caplen;
        packet->length = header->len;
        packet->time = time_of(reader, &header->ts);
        packet->link_type = reader->link_type;
        packet->interface = 0;
        packet->passed = TV_PASSED_UNKNOWN;
        return TV_READ_PACKET;
}

const struct tv_format tv_format_pcap = {recognizes, open_reader, next_packet, close_reader};
