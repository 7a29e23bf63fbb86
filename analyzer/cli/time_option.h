/* time_option.h - the times of --from and --to.  Neither the locale nor the time zone of the machine plays a part. */
#ifndef TV_TIME_OPTION_H
#define TV_TIME_OPTION_H

#include "analyzer/capture/packet.h"

#include <stdbool.h>

struct tv_time_option {
        bool given;
        bool relative; /* to the first packet of the capture */
        tv_time time;  /* nanoseconds since the epoch, or since the first packet */
};

/* tv_time_option_parse reads one of
 *
 *   2026-11-20T22:15:29.718Z   ISO 8601 and RFC 3339: a space or '_' for the T; seconds, fraction (of up to nine
 * digits, after '.' or ',') or the whole time of day may be left out; the zone is Z, "UTC" or an offset +01:00, +0100
 * or +01, and UTC where there is none, since reports print UTC; second 60 is a leap second, the same as the next
 * minute's first 1700000000.123456789       seconds since the epoch, as the CSV files have them +3.4 seconds from the
 * first packet, as the text report has them
 *
 * Returns false for anything else, and for a time before 1970 or of more nanoseconds than a tv_time holds (2262);
 * relative ones reach half as far, so that they can be added to any packet's time. */
bool tv_time_option_parse(const char *text, struct tv_time_option *option);

/* The time itself; |start| is the time of the first packet. */
static inline tv_time
tv_time_option_get(const struct tv_time_option *option, tv_time start)
{
        return option->relative ? start + option->time : option->time;
}

#endif
