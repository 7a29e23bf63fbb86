/* read_pcap.c - see read_pcap.h.
 *
 * libpcap reads from a stdio stream of ours, which has a large buffer and no lock: pcap_next_ex() makes two small reads
 * per packet, and locking takes a quarter of its time.  A file is read by stdio itself, which copies fastest; anything
 * else through functions of ours, so that the first bytes can be put back and the position is known in a pipe, too. */
#include "analyzer/capture/read_pcap.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STREAM_BUFFER = 64 * 1024, SETTLE_EVERY = 4096 };

/* pcapng could tell any time; what classic pcap cannot say either, before 1970 or after 2106, is set to the nearest. */
#define TIME_LIMIT ((tv_time)UINT32_MAX * 1000000000)

struct variant {
        uint32_t magic;
        const char *name;
        unsigned record_bytes; /* before the packet's; 0: blocks of various sizes */
        unsigned unit_ns;      /* what libpcap gives as a fraction of a second */
};

/* The magic numbers that libpcap knows, as a machine of the writer's byte order reads them. */
static const struct variant variants[] = {
        {0xa1b2c3d4, "pcap, microseconds", 16, 1000},
        {0xa1b23c4d, "pcap, nanoseconds", 16, 1},
        {0xa1b2cd34, "pcap (Kuznetzov's), microseconds", 24, 1000},
        {0x0a0d0d0a, "pcapng", 0, 1},
};

struct tv_pcap {
        pcap_t *libpcap;
        FILE *stream;
        struct tv_input *input;
        const struct variant *variant;
        uint64_t position;  /* behind the last packet, as far as it is known; see settle() */
        uint64_t settled;   /* a record begins here, for certain */
        unsigned unsettled; /* packets since */
        bool always_settle;
        bool big_endian;
        int link_type;
        char format[64];
};

static uint32_t
read32(const uint8_t *p, bool big_endian)
{
        return big_endian ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
                          : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static const struct variant *
recognize(const uint8_t *head, size_t bytes, bool *big_endian)
{
        const size_t n = sizeof variants / sizeof *variants;

        if (bytes < 4)
                return NULL;
        for (size_t i = 0; i < n; i++) {
                *big_endian = read32(head, true) == variants[i].magic;
                if (*big_endian || read32(head, false) == variants[i].magic) {
                        /* The first word of pcapng reads the same in both byte orders, the third one does not. */
                        if (variants[i].record_bytes == 0)
                                *big_endian = bytes >= 12 && head[8] == 0x1a;
                        return &variants[i];
                }
        }
        return NULL;
}

bool
tv_pcap_recognizes(const uint8_t *head, size_t bytes)
{
        bool big_endian;

        return recognize(head, bytes, &big_endian) != NULL;
}

static ssize_t
stream_read(void *cookie, char *buffer, size_t bytes)
{
        return tv_input_read(cookie, buffer, bytes);
}

/* Enough for ftello(). */
static int
stream_seek(void *cookie, off64_t *offset, int whence)
{
        const struct tv_input *input = cookie;

        if (whence != SEEK_CUR || *offset != 0) {
                errno = ESPIPE;
                return -1;
        }
        *offset = (off64_t)input->consumed;
        return 0;
}

static FILE *
open_stream(struct tv_input *input)
{
        int fd = input->seekable ? tv_input_again(input) : -1;
        FILE *stream;

        if (fd < 0)
                return fopencookie(input, "r", (cookie_io_functions_t){.read = stream_read, .seek = stream_seek});
        stream = fdopen(fd, "r");
        if (!stream)
                close(fd);
        return stream;
}

struct tv_pcap *
tv_pcap_open(struct tv_input *input, char message[TV_READER_MESSAGE])
{
        char error[PCAP_ERRBUF_SIZE] = "out of memory";
        struct tv_pcap *pcap = calloc(1, sizeof *pcap);

        if (!pcap)
                goto fail;
        pcap->input = input;
        pcap->variant = recognize(input->head, input->head_bytes, &pcap->big_endian);
        if (!pcap->variant) {
                snprintf(error, sizeof error, "is neither pcap nor pcapng");
                goto fail;
        }
        pcap->stream = open_stream(input);
        if (!pcap->stream)
                goto fail;
        setvbuf(pcap->stream, NULL, _IOFBF, STREAM_BUFFER);
        __fsetlocking(pcap->stream, FSETLOCKING_BYCALLER);
        /* libpcap scales times in 32 bits, which wraps for the strange ones: it gives them as they are. */
        pcap->libpcap = pcap_fopen_offline_with_tstamp_precision(
                pcap->stream, pcap->variant->unit_ns == 1 ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO,
                error);
        if (!pcap->libpcap) {
                fclose(pcap->stream);
                goto fail;
        }
        pcap->link_type = pcap_datalink(pcap->libpcap);
        pcap->position = pcap->settled = (uint64_t)ftello(pcap->stream);
        pcap->always_settle = pcap->variant->record_bytes == 0 && !input->seekable;
        snprintf(pcap->format, sizeof pcap->format, "%s, %s-endian", pcap->variant->name,
                 pcap->big_endian ? "big" : "little");
        return pcap;
fail:
        snprintf(message, TV_READER_MESSAGE, "%.*s", TV_READER_MESSAGE - 1, error);
        free(pcap);
        return NULL;
}

void
tv_pcap_close(struct tv_pcap *pcap)
{
        if (!pcap)
                return;
        pcap_close(pcap->libpcap); /* and the stream */
        free(pcap);
}

static tv_time
time_of(const struct tv_pcap *pcap, const struct timeval *ts)
{
        tv_time ns;

        /* Classic pcap has unsigned 32-bit fields, which libpcap gives with a sign. */
        if (pcap->variant->record_bytes != 0)
                return (tv_time)(uint32_t)ts->tv_sec * 1000000000 +
                       (tv_time)(uint32_t)ts->tv_usec * pcap->variant->unit_ns;
        if (__builtin_mul_overflow((tv_time)ts->tv_sec, (tv_time)1000000000, &ns) ||
            __builtin_add_overflow(ns, (tv_time)ts->tv_usec, &ns))
                return ts->tv_sec < 0 ? 0 : TIME_LIMIT;
        return ns > TIME_LIMIT ? TIME_LIMIT : ns < 0 ? 0 : ns;
}

/* Asking the stream where it is costs more than decoding, so it is asked now and then, and the damage is searched from
 * there.  Between, and in a pipe, sizes of records are summed up: exact but for records longer than the file's snaplen,
 * which libpcap shortens.  Blocks of pcapng tell no size, so a pipe has to be asked after each. */
static void
settle(struct tv_pcap *pcap)
{
        pcap->settled = (uint64_t)ftello(pcap->stream);
        pcap->unsettled = 0;
        if (pcap->settled != pcap->position && !pcap->input->seekable)
                pcap->always_settle = true;
        pcap->position = pcap->settled;
}

enum tv_read
tv_pcap_next(struct tv_pcap *pcap, struct tv_packet *packet)
{
        struct pcap_pkthdr *header;
        const u_char *data;
        int status = pcap_next_ex(pcap->libpcap, &header, &data);

        if (status != 1)
                return status == PCAP_ERROR_BREAK ? TV_READ_END : TV_READ_DAMAGED;
        packet->data = data;
        packet->captured = header->caplen;
        packet->length = header->len;
        packet->time = time_of(pcap, &header->ts);
        packet->link_type = pcap->link_type;
        pcap->position += pcap->variant->record_bytes + header->caplen;
        if (++pcap->unsettled == SETTLE_EVERY || pcap->always_settle)
                settle(pcap);
        return TV_READ_PACKET;
}

/* Records or blocks without packets may stand between the settled position and the damage.  libpcap reads one after
 * the other (and no section in another byte order): the damaged one is that in which it |stopped|. */
static uint64_t
find_damage(const struct tv_pcap *pcap, uint64_t stopped)
{
        const unsigned record_bytes = pcap->variant->record_bytes;
        uint64_t at = pcap->settled, bytes;
        uint8_t head[12];

        while (tv_input_peek(pcap->input, at, head, sizeof head)) {
                bytes = read32(head + (record_bytes != 0 ? 8 : 4), pcap->big_endian) + (uint64_t)record_bytes;
                if (bytes < sizeof head || bytes >= stopped - at)
                        break;
                at += bytes;
        }
        return at;
}

const char *
tv_pcap_damage(struct tv_pcap *pcap, uint64_t *offset)
{
        uint64_t stopped = (uint64_t)ftello(pcap->stream);

        *offset = pcap->input->seekable && stopped > pcap->settled ? find_damage(pcap, stopped) : pcap->position;
        return pcap_geterr(pcap->libpcap);
}

uint64_t
tv_pcap_position(const struct tv_pcap *pcap)
{
        return (uint64_t)ftello(pcap->stream);
}

const char *
tv_pcap_format(const struct tv_pcap *pcap)
{
        return pcap->format;
}

int
tv_pcap_link_type(const struct tv_pcap *pcap)
{
        return pcap->link_type;
}
