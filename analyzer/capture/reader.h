/* reader.h - opens any input and hands out its packets, numbered, in file order.  Damage is a status, not an exit. */
#ifndef TV_READER_H
#define TV_READER_H

#include "analyzer/capture/names.h"
#include "analyzer/capture/packet.h"

#include <stdbool.h>
#include <stdint.h>

struct tv_container;
struct tv_reader;

enum tv_read {
        TV_READ_PACKET, /* *packet was filled in; its bytes are borrowed until the next call */
        TV_READ_END,    /* no more packets */
        TV_READ_DAMAGED /* something makes no sense or the file ends early: tv_reader_damage tells.  Call again: what
                           can still be found comes next */
};

#define TV_READER_MESSAGE 256

struct tv_damage {
        uint64_t offset; /* byte of the capture (of the decompressed stream) where the damaged record or block begins */
        uint64_t frame;  /* the last frame before it, 0: none */
        bool cut;        /* the file ends early; otherwise something in it makes no sense */
        char what[TV_READER_MESSAGE]; /* one line */
};

/* What a file says about itself, as far as it was read. Texts are UTF-8 as they came, cut to fit, "" when none. */
struct tv_capture_info {
        char format[64];      /* "pcap", "pcapng", with what matters of the variant ("pcap, nanoseconds, big-endian") */
        int link_type;        /* of the file or its first interface: libpcap's DLT_ value; -1: not known */
        uint64_t drops;       /* packets that the capturer says it dropped; UINT64_MAX when it does not tell */
        char interfaces[256]; /* names, joined by ';' */
        char capturer[256];   /* program, system and machine that captured, joined by "; " */
        char comments[1024];  /* of the file and its interfaces, joined by " | " */
        uint64_t packet_comments;     /* packets that carry a comment; UINT64_MAX: the format has no place for any */
        const struct tv_names *names; /* of hosts; NULL: none */
};

/* tv_reader_open opens |path| ("-": standard input) as file number |file| (from 1); of a compressed file or an archive
 * the (first) capture in it.
 * Returns NULL when it is missing, empty, unreadable or no capture, with one line for the user in |message| (without
 * the path and without a newline). */
struct tv_reader *tv_reader_open(const char *path, uint32_t file, char message[TV_READER_MESSAGE]);

/* tv_reader_open_member is the same for the capture at which |container| stands; it is borrowed until tv_reader_close
 * and must not move before. */
struct tv_reader *tv_reader_open_member(struct tv_container *container, uint32_t file, char message[TV_READER_MESSAGE]);
void tv_reader_close(struct tv_reader *reader);

enum tv_read tv_reader_next(struct tv_reader *reader, struct tv_packet *packet);

/* The latest damage, after TV_READ_DAMAGED; valid until the next call. */
const struct tv_damage *tv_reader_damage(const struct tv_reader *reader);

/* Valid until tv_reader_close; complete when all was read. */
const struct tv_capture_info *tv_reader_info(const struct tv_reader *reader);

/* Bytes consumed and bytes in all, for progress; total is 0 when unknown (pipe). */
uint64_t tv_reader_position(const struct tv_reader *reader);
uint64_t tv_reader_size(const struct tv_reader *reader);

#endif
