/* number.h - numbers as text, fast.  Each function writes at |p|, without a terminating NUL, and returns where the text
 * ends; the caller has made sure of the room that the function states.  No locale, no time zone. */
#ifndef TV_NUMBER_H
#define TV_NUMBER_H

#include "analyzer/engine/result.h"
#include "analyzer/flow/address.h"

#include <stdbool.h>
#include <stdint.h>

#define TV_U64_ROOM     20 /* "18446744073709551615" */
#define TV_SECONDS_ROOM 21 /* "-9223372036.854775807" */
#define TV_FRAME_ROOM   24 /* "16777215:1099511627775" */
#define TV_UTC_ROOM     24 /* "2026-11-20 22:17:38.189" */

/* tv_put_u64_long is tv_put_u64 for numbers of three digits and more. */
char *tv_put_u64_long(char *p, uint64_t value);

/* Decimal, no leading zeros.  TV_U64_ROOM. */
static inline char *
tv_put_u64(char *p, uint64_t value)
{
        if (value < 10) {
                *p = (char)('0' + value);
                return p + 1;
        }
        return tv_put_u64_long(p, value);
}

/* |time| nanoseconds as seconds with always nine decimals: "1700000000.123456789", "0.000001500".  Times since the
 * epoch, durations and round-trip times all have this one form, so that a column of them lines up and loses nothing.
 * TV_NO_TIME writes nothing.  TV_SECONDS_ROOM. */
char *tv_put_seconds(char *p, tv_time time);

/* The same for many times that lie close together: |*second| keeps the digits of the second of the last one.  Begin
 * with TV_NO_SECOND.  Writes up to TV_SECONDS_ROOM + 8 bytes, whatever the length. */
struct tv_second {
        uint64_t begin; /* nanoseconds */
        uint8_t length;
        char text[15];
};
#define TV_NO_SECOND ((struct tv_second){.begin = UINT64_C(1) << 63}) /* later than any time */
char *tv_put_seconds_near(char *p, tv_time time, struct tv_second *second);

/* The frame's number, or with |many_files| "FILE:NUMBER"; nothing for frame 0.  TV_FRAME_ROOM. */
char *tv_put_frame(char *p, tv_frame frame, bool many_files);

/* UTC as "2026-11-20 22:17:38.189", rounded down to milliseconds; any time that an int64_t of nanoseconds can hold
 * (years 1677 to 2262). TV_UTC_ROOM. */
char *tv_put_utc(char *p, tv_time time);

#endif
