/* reader.h - opens any input and hands out its packets, numbered, in file order.  Damage is a status, not an exit. */
#ifndef TV_READER_H
#define TV_READER_H

#include "analyzer/capture/packet.h"

#include <stdint.h>

struct tv_reader;

enum tv_read {
        TV_READ_PACKET, /* *packet was filled in; its bytes are borrowed until the next call */
        TV_READ_END,    /* the file ended as it should */
        TV_READ_DAMAGED /* the file ends early or makes no sense from here on; tv_reader_damage tells.  No more packets
                         */
};

#define TV_READER_MESSAGE 256

/* tv_reader_open opens |path| ("-": standard input) as file number |file| (from 1).
 * Returns NULL when it is missing, empty, unreadable or no capture, with one line for the user in |message| (without
 * the path and without a newline). */
struct tv_reader *tv_reader_open(const char *path, uint32_t file, char message[TV_READER_MESSAGE]);
void tv_reader_close(struct tv_reader *reader);

enum tv_read tv_reader_next(struct tv_reader *reader, struct tv_packet *packet);

/* After TV_READ_DAMAGED: what is wrong (one line, valid until tv_reader_close), at which byte of the file (of the
 * decompressed stream), after which frame.  The byte is where the damaged record or block begins; in pcapng from a
 * pipe, where the first block behind the last good packet does. */
const char *tv_reader_damage(const struct tv_reader *reader, uint64_t *offset, uint64_t *frame);

/* "pcap" or "pcapng", with what matters of the variant ("pcap, nanoseconds, big-endian"). */
const char *tv_reader_format(const struct tv_reader *reader);
/* libpcap DLT_ value of the file. */
int tv_reader_link_type(const struct tv_reader *reader);
/* Packets that the capturer says it dropped; UINT64_MAX when the format does not tell. */
uint64_t tv_reader_drops(const struct tv_reader *reader);
/* Bytes consumed and bytes in all, for progress; total is 0 when unknown (pipe). */
uint64_t tv_reader_position(const struct tv_reader *reader);
uint64_t tv_reader_size(const struct tv_reader *reader);

#endif
