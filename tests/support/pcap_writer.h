/* pcap_writer.h - makes capture files in memory, in every variant that a reader must understand. */
#ifndef TV_TEST_PCAP_WRITER_H
#define TV_TEST_PCAP_WRITER_H

#include "analyzer/capture/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tv_pcap_options {
        bool pcapng;      /* else classic pcap */
        bool nanoseconds; /* else microseconds: times are cut, not rounded */
        bool big_endian;
        int link_type;     /* DLT_ value as in struct tv_packet; written as the LINKTYPE_ value of the file format */
        bool links_differ; /* pcapng: each link type of a packet has an interface, described before its first packet */
        uint32_t snaplen;  /* in the file header only; 0: 262144.  Packets are written with the |captured| they have */
};

/* A file being made.  |data| grows; owned by the buffer. */
struct tv_pcap_buffer {
        struct tv_pcap_options options;
        uint8_t *data;
        size_t size, room;
        int links[8]; /* the interfaces of a pcapng file */
        uint32_t link_count;
        bool failed; /* memory ran out: |data| is incomplete */
};

/* Writes the file header (and, in pcapng, the interface description). */
void tv_pcap_buffer_init(struct tv_pcap_buffer *buffer, const struct tv_pcap_options *options);
/* Appends one record; |packet|'s frame number and (but for links_differ) link type are not looked at. */
void tv_pcap_buffer_add(struct tv_pcap_buffer *buffer, const struct tv_packet *packet);
/* The same, of which the capturer says that it dropped |drops| packets before it; in pcapng only, 0: it says nothing.
 */
void tv_pcap_buffer_add_dropping(struct tv_pcap_buffer *buffer, const struct tv_packet *packet, uint64_t drops);
/* Removes the last |octets| octets, as a full disk or a killed capturer would. */
void tv_pcap_buffer_cut(struct tv_pcap_buffer *buffer, size_t octets);
/* False when memory ran out before or the file cannot be written. */
bool tv_pcap_buffer_save(const struct tv_pcap_buffer *buffer, const char *path);
void tv_pcap_buffer_clear(struct tv_pcap_buffer *buffer);

#endif
