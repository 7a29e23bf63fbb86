/* blocks.h - captures made byte by byte, and what a reader makes of them. */
#ifndef TV_TEST_BLOCKS_H
#define TV_TEST_BLOCKS_H

#include "analyzer/capture/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file being made. */
struct blocks {
        uint8_t data[32768];
        size_t size;
        bool big_endian;
};

void put8(struct blocks *b, uint8_t v);
void put16(struct blocks *b, uint16_t v);
void put32(struct blocks *b, uint32_t v);
void put64(struct blocks *b, uint64_t v);
void put_bytes(struct blocks *b, const void *bytes, size_t n);

/* The head of a pcapng block, with room for its length; returns where it begins, for end_block. */
size_t begin_block(struct blocks *b, uint32_t type);
/* Pads the block, and writes its length at both ends. */
void end_block(struct blocks *b, size_t begin);
/* One option of a pcapng block. */
void put_option(struct blocks *b, uint16_t code, const void *value, uint16_t bytes);

/* Blocks with the least in them: version 1.0, Ethernet, a packet "abcd" of 60 bytes of interface 0, four bytes of a
 * type that nobody knows. */
void put_section(struct blocks *b);
void put_interface(struct blocks *b, uint8_t resolution, uint32_t offset);
void put_packet(struct blocks *b, uint64_t time);
void put_unknown(struct blocks *b);

/* All that a reader gives for a file. */
enum { READOUT_PACKETS = 64, READOUT_DAMAGES = 16, READOUT_BYTES = 64 };

struct readout {
        bool opened;
        char message[TV_READER_MESSAGE]; /* why not */
        size_t packets, damages;         /* of them the first are kept */
        struct tv_packet packet[READOUT_PACKETS];
        uint8_t bytes[READOUT_PACKETS][READOUT_BYTES]; /* the first of each, which |packet| points to */
        /* What |packet| points to as well, "" where there was NULL. */
        char comment[READOUT_PACKETS][TV_PACKET_COMMENT + 1], interface_name[READOUT_PACKETS][64];
        struct tv_damage damage[READOUT_DAMAGES];
        struct tv_capture_info info; /* |names| points to the next */
        struct tv_names names;
};

/* Reads |n| bytes as a file.  Touches every byte of every packet, so that a sanitizer sees a wrong length. */
void read_bytes(const void *bytes, size_t n, struct readout *out);

#endif
