/* read_pcap.h - pcap and pcapng through libpcap: either byte order, micro- and nanoseconds.
 * libpcap wants all interfaces of a pcapng file to have one link type and one snaplen, and keeps the capturer's drop
 * counters to itself. */
#ifndef TV_READ_PCAP_H
#define TV_READ_PCAP_H

#include "analyzer/capture/input.h"
#include "analyzer/capture/reader.h"

struct tv_pcap;

/* tv_pcap_open reads the file header.  |input| is borrowed until tv_pcap_close.  NULL, with a line in |message|, when
 * libpcap does not take it, or memory ran out. */
struct tv_pcap *tv_pcap_open(struct tv_input *input, char message[TV_READER_MESSAGE]);
void tv_pcap_close(struct tv_pcap *pcap);

/* The next packet, but for its frame number.  Bytes are borrowed until the next call. */
enum tv_read tv_pcap_next(struct tv_pcap *pcap, struct tv_packet *packet);

/* After TV_READ_DAMAGED: libpcap's message, and where the damaged record or block begins.  In pcapng from a pipe this
 * is the first block behind the last good packet. */
const char *tv_pcap_damage(struct tv_pcap *pcap, uint64_t *offset);

/* See tv_reader_format; borrowed until tv_pcap_close. */
const char *tv_pcap_format(const struct tv_pcap *pcap);
int tv_pcap_link_type(const struct tv_pcap *pcap);

/* Bytes of the input that were used up so far. */
uint64_t tv_pcap_position(const struct tv_pcap *pcap);

/* Is this the beginning of a pcap or pcapng file? */
bool tv_pcap_recognizes(const uint8_t *head, size_t bytes);

#endif
