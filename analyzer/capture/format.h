/* format.h - what the reader of one file format offers.  One reader per file read_<name>.c, listed in format_list.def;
 * reader.c asks each whether it knows the first bytes. */
#ifndef TV_FORMAT_H
#define TV_FORMAT_H

#include "analyzer/capture/input.h"
#include "analyzer/capture/reader.h"

struct tv_format {
        /* Does a file of this format begin so?  |bytes| is TV_FORMAT_HEAD, or all there is. */
        bool (*recognizes)(const uint8_t *head, size_t bytes);

        /* open reads what stands before the first packet, and fills in |info| as far as it is known then.  |input|
         * (from offset 0) and |info| are borrowed until close.  NULL, with a line in |message|, when nothing can be
         * read. */
        void *(*open)(struct tv_input *input, struct tv_capture_info *info, char message[TV_READER_MESSAGE]);

        /* The next packet, but for its frame number: |packet|'s frame is 0, or the number of records since the packet
         * before that are no packets and that Wireshark numbers all the same.  After TV_READ_DAMAGED, with |damage|
         * filled in but for its frame, next may be called again: it goes on where a record can be found, or returns
         * TV_READ_END.  Why the input failed (input->error) is for the reader to tell. */
        enum tv_read (*next)(void *reader, struct tv_packet *packet, struct tv_damage *damage);

        void (*close)(void *reader);
};

#define TV_FORMAT_HEAD 64

#define TV_FORMAT(name) extern const struct tv_format tv_format_##name;
#include "analyzer/capture/format_list.def"
#undef TV_FORMAT

/* The format that recognizes what begins with |head|; NULL: none does. */
const struct tv_format *tv_format_find(const uint8_t *head, size_t bytes);

/* pcapng could tell any time; what classic pcap cannot say either, before 1970 or after 2106, is set to the nearest. */
#define TV_TIME_LIMIT ((tv_time)UINT32_MAX * 1000000000)

/* Bytes of records are in the order of the machine that wrote them. */
static inline uint16_t
tv_read16(const uint8_t *p, bool big_endian)
{
        return (uint16_t)(big_endian ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

static inline uint32_t
tv_read32(const uint8_t *p, bool big_endian)
{
        return big_endian ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
                          : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

#endif
