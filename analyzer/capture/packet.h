/* packet.h - one packet as a reader hands it over: borrowed bytes, the time, and where it came from. */
#ifndef TV_PACKET_H
#define TV_PACKET_H

#include <stdbool.h>
#include <stdint.h>

/* A frame is named by its file and by its number in that file, as Wireshark counts (from 1, every packet counts).
 * Both fit one word, so that evidence can be stored and compared without a lookup; 0 is "no frame". */
typedef uint64_t tv_frame;

#define TV_FRAME_NUMBER_BITS 40

/* |file| counts from 1 (the row in files.csv), |number| from 1. */
static inline tv_frame
tv_frame_make(uint32_t file, uint64_t number)
{
        return (uint64_t)file << TV_FRAME_NUMBER_BITS | (number & ((UINT64_C(1) << TV_FRAME_NUMBER_BITS) - 1));
}

static inline uint32_t
tv_frame_file(tv_frame frame)
{
        return (uint32_t)(frame >> TV_FRAME_NUMBER_BITS);
}

static inline uint64_t
tv_frame_number(tv_frame frame)
{
        return frame & ((UINT64_C(1) << TV_FRAME_NUMBER_BITS) - 1);
}

/* Nanoseconds since the epoch; TV_NO_TIME where there is none. */
typedef int64_t tv_time;
#define TV_NO_TIME INT64_MIN

/* Did frame |x|, captured at |x_time|, come before frame |y|?  Numbers tell the order within one file; of files that
 * were merged, times do. */
static inline bool
tv_frame_earlier(tv_frame x, tv_time x_time, tv_frame y, tv_time y_time)
{
        return tv_frame_file(x) == tv_frame_file(y) || x_time == y_time ? x < y : x_time < y_time;
}

/* Which way the packet went, where the capturer says so.  TV_PASSED_BY came in, too, but was meant for another host. */
enum tv_passed { TV_PASSED_UNKNOWN, TV_PASSED_IN, TV_PASSED_OUT, TV_PASSED_BY };

#define TV_PACKET_COMMENT 200 /* octets of a comment at most */

struct tv_packet {
        const uint8_t *data; /* |captured| bytes, borrowed until the next read */
        uint32_t captured;   /* bytes in the file */
        uint32_t length; /* bytes on the wire; more than |captured| when the snaplen cut the packet; strange files say
                            less */
        tv_time time;    /* from 1970 to 2106: under half of INT64_MAX, so that two can be added or subtracted */
        tv_frame frame;
        int link_type;      /* libpcap's DLT_ value, which the decoder looks up */
        uint32_t interface; /* in the order in which the file describes them, from 0 */
        uint8_t passed;     /* enum tv_passed */
        /* Texts, borrowed as |data| is; NULL: none.  UTF-8 as it came, without control characters. */
        const char *interface_name;
        const char *comment; /* all comments on the packet, joined by " | ", cut to TV_PACKET_COMMENT octets */
};

#endif
