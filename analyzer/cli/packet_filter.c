#include "analyzer/cli/packet_filter.h"

#include "analyzer/decode/decode.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The longest packet that libpcap lets a file hold. */
#define SNAPLEN 262144
/* Programs that are kept; a file seldom has more than one link type. */
#define PROGRAMS 8
/* Link types are numbers of 16 bits in files. */
#define LINK_TYPES 65536

struct program {
        bool compiled, swapped;
        int link_type;
        struct bpf_program code;
};

struct tv_packet_filter {
        const char *text;
        unsigned newest, next; /* in |program|: the one used last, the one to be replaced next */
        struct program program[PROGRAMS];
        uint8_t unfit[LINK_TYPES / 8]; /* link types for which it does not compile */
};

/* Opens a capture without packets, as a machine of this byte order, or of the other one, would have written it.  From
 * pcap_open_dead() libpcap makes code for a live capture on this machine: its own numbers for the protocols of BSD's
 * loopback, and questions that only a kernel can answer.  NULL with libpcap's reason in |message|. */
static pcap_t *
open_empty(int link_type, bool swapped, char message[TV_PACKET_FILTER_MESSAGE])
{
        /* The file's header: 4 octets, 2 of 2, and again 4 of 4. */
        static const uint8_t sizes[] = {4, 2, 2, 4, 4, 4, 4};
        uint8_t header[24 + 1]; /* a stream over memory may want to write a 0 behind */
        char reason[PCAP_ERRBUF_SIZE] = "out of memory";
        pcap_t *dead = pcap_open_dead(link_type, SNAPLEN), *empty = NULL;
        FILE *stream = dead != NULL ? fmemopen(header, sizeof header, "wb") : NULL;
        if (stream != NULL) {
                pcap_dumper_t *dumper = pcap_dump_fopen(dead, stream);
                if (dumper != NULL) {
                        pcap_dump_close(dumper);
                        stream = fmemopen(header, sizeof header - 1, "rb");
                        for (size_t i = 0, at = 0; swapped && i < sizeof sizes; at += sizes[i++]) {
                                for (size_t k = 0; k < sizes[i] / 2U; k++) {
                                        uint8_t octet = header[at + k];
                                        header[at + k] = header[at + sizes[i] - 1U - k];
                                        header[at + sizes[i] - 1U - k] = octet;
                                }
                        }
                        if (stream != NULL)
                                empty = pcap_fopen_offline(stream, reason);
                } else {
                        snprintf(reason, sizeof reason, "%s", pcap_geterr(dead));
                }
                if (empty == NULL && stream != NULL)
                        fclose(stream);
        }
        if (dead != NULL)
                pcap_close(dead);
        if (empty == NULL)
                snprintf(message, TV_PACKET_FILTER_MESSAGE, "%.300s", reason);
        return empty;
}

/* False with libpcap's reason in |message| when |text| does not compile for |link_type|. */
static bool
compile(const char *text, int link_type, bool swapped, struct bpf_program *code, char message[TV_PACKET_FILTER_MESSAGE])
{
        /* The numbers of other systems, or of files, for DLT_RAW. */
        pcap_t *empty = open_empty(link_type == 14 || link_type == 101 ? DLT_RAW : link_type, swapped, message);
        if (empty == NULL)
                return false;
        bool good = pcap_compile(empty, code, text, 1, PCAP_NETMASK_UNKNOWN) == 0;
        if (!good)
                snprintf(message, TV_PACKET_FILTER_MESSAGE, "%.300s", pcap_geterr(empty));
        pcap_close(empty);
        return good;
}

static bool
compiles(const char *text, int link_type, char message[TV_PACKET_FILTER_MESSAGE])
{
        struct bpf_program code;
        if (!compile(text, link_type, false, &code, message))
                return false;
        pcap_freecode(&code);
        return true;
}

struct tv_packet_filter *
tv_packet_filter_new(const char *text, char message[TV_PACKET_FILTER_MESSAGE])
{
        static const int link_types[] = {
#define TV_LINK(decoder, dlt, name) dlt,
#include "analyzer/decode/link_list.def"
#undef TV_LINK
        };
        bool good = compiles(text, DLT_EN10MB, message);
        for (size_t i = 0; !good && i < sizeof link_types / sizeof link_types[0]; i++) {
                char other[TV_PACKET_FILTER_MESSAGE];
                good = compiles(text, link_types[i], other);
        }
        if (!good)
                return NULL;
        struct tv_packet_filter *filter = calloc(1, sizeof *filter);
        if (filter == NULL)
                snprintf(message, TV_PACKET_FILTER_MESSAGE, "out of memory");
        else
                filter->text = text;
        return filter;
}

static bool
is_unfit(const struct tv_packet_filter *filter, unsigned link_type)
{
        return (filter->unfit[link_type / 8] >> link_type % 8 & 1) != 0;
}

/* BSD's loopback header is the address family in the writer's byte order; none is above 65535. */
static bool
is_swapped(const struct tv_packet *packet)
{
        uint32_t family;
        if (packet->link_type != DLT_NULL || packet->captured < sizeof family)
                return false;
        memcpy(&family, packet->data, sizeof family);
        return family > UINT16_MAX;
}

/* The program for |link_type|, NULL when there is none. */
static const struct bpf_program *
find(struct tv_packet_filter *filter, int link_type, bool swapped, char message[TV_PACKET_FILTER_MESSAGE])
{
        if (link_type < 0 || link_type >= LINK_TYPES || is_unfit(filter, (unsigned)link_type))
                return NULL;
        for (unsigned i = 0; i < PROGRAMS; i++) {
                const struct program *at = &filter->program[i];
                if (at->compiled && at->link_type == link_type && at->swapped == swapped) {
                        filter->newest = i;
                        return &at->code;
                }
        }

        char reason[TV_PACKET_FILTER_MESSAGE];
        struct program fresh = {.compiled = true, .swapped = swapped, .link_type = link_type};
        if (!compile(filter->text, link_type, swapped, &fresh.code, reason)) {
                const char *name = tv_link_name(link_type);
                char number[32];
                snprintf(number, sizeof number, "link type %d", link_type);
                snprintf(message, TV_PACKET_FILTER_MESSAGE,
                         "the filter does not fit %s, no such packet matches: %.300s", name != NULL ? name : number,
                         reason);
                filter->unfit[link_type / 8] |= (uint8_t)(1U << link_type % 8);
                return NULL;
        }
        struct program *old = &filter->program[filter->next];
        if (old->compiled)
                pcap_freecode(&old->code);
        *old = fresh;
        filter->newest = filter->next;
        filter->next = (filter->next + 1) % PROGRAMS;
        return &old->code;
}

bool
tv_packet_filter_match(struct tv_packet_filter *filter, const struct tv_packet *packet,
                       char message[TV_PACKET_FILTER_MESSAGE])
{
        message[0] = '\0';
        const struct program *newest = &filter->program[filter->newest];
        const struct bpf_program *code = &newest->code;
        bool swapped = is_swapped(packet);
        if (!newest->compiled || newest->link_type != packet->link_type || newest->swapped != swapped)
                code = find(filter, packet->link_type, swapped, message);
        const struct pcap_pkthdr header = {.caplen = packet->captured, .len = packet->length};
        return code != NULL && pcap_offline_filter(code, &header, packet->data) != 0;
}

void
tv_packet_filter_free(struct tv_packet_filter *filter)
{
        for (unsigned i = 0; filter != NULL && i < PROGRAMS; i++) {
                if (filter->program[i].compiled)
                        pcap_freecode(&filter->program[i].code);
        }
        free(filter);
}
