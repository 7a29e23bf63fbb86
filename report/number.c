#include "report/number.h"

#include <string.h>

#define NS_PER_S 1000000000U

/* The hundred pairs of digits: halves the divisions. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                            "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

static inline void
put2(char *p, uint32_t value)
{
        memcpy(p, pairs + 2 * (size_t)value, 2);
}

/* Exactly eight digits. */
static inline void
put8(char *p, uint32_t value)
{
        uint32_t high = value / 10000, low = value % 10000;

        put2(p, high / 100);
        put2(p + 2, high % 100);
        put2(p + 4, low / 100);
        put2(p + 6, low % 100);
}

/* At most eight digits, no leading zeros. */
static inline char *
put_short(char *p, uint32_t value)
{
        if (value < 10) {
                *p = (char)('0' + value);
                return p + 1;
        }
        if (value < 100) {
                put2(p, value);
                return p + 2;
        }
        if (value < 1000) {
                *p = (char)('0' + value / 100);
                put2(p + 1, value % 100);
                return p + 3;
        }
        if (value < 10000) {
                put2(p, value / 100);
                put2(p + 2, value % 100);
                return p + 4;
        }
        p = put_short(p, value / 10000);
        value %= 10000;
        put2(p, value / 100);
        put2(p + 2, value % 100);
        return p + 4;
}

char *
tv_put_u64_long(char *p, uint64_t value)
{
        const uint64_t eight = 100000000;

        if (value < eight)
                return put_short(p, (uint32_t)value);
        if (value < eight * eight) {
                p = put_short(p, (uint32_t)(value / eight));
        } else {
                p = put_short(p, (uint32_t)(value / (eight * eight)));
                put8(p, (uint32_t)(value / eight % eight));
                p += 8;
        }
        put8(p, (uint32_t)(value % eight));
        return p + 8;
}

char *
tv_put_seconds(char *p, tv_time time)
{
        uint64_t ns, seconds;
        uint32_t rest;

        if (time == TV_NO_TIME)
                return p;
        ns = (uint64_t)time;
        if (time < 0) {
                *p++ = '-';
                ns = 0 - ns;
        }
        seconds = ns / NS_PER_S; /* at most ten digits: fits 34 bits */
        rest = (uint32_t)(ns % NS_PER_S);
        if (seconds == 0)
                *p++ = '0';
        else
                p = tv_put_u64(p, seconds);
        *p++ = '.';
        *p++ = (char)('0' + rest / 100000000);
        put8(p, rest % 100000000);
        return p + 8;
}

char *
tv_put_seconds_near(char *p, tv_time time, struct tv_second *second)
{
        uint64_t rest = (uint64_t)time - second->begin;
        uint32_t ns, high;

        if (time < 0)
                return tv_put_seconds(p, time);
        if (rest >= NS_PER_S) {
                char *end;

                rest = (uint64_t)time % NS_PER_S;
                second->begin = (uint64_t)time - rest;
                end = tv_put_u64(second->text, second->begin / NS_PER_S);
                *end = '.';
                second->length = (uint8_t)(end + 1 - second->text);
        }
        memcpy(p, second->text, sizeof second->text);
        p += second->length;
        ns = (uint32_t)rest;
        high = ns / 100000000;
        *p = (char)('0' + high);
        put8(p + 1, ns - high * 100000000);
        return p + 9;
}

char *
tv_put_frame(char *p, tv_frame frame, bool many_files)
{
        if (frame == 0)
                return p;
        if (many_files) {
                p = tv_put_u64(p, tv_frame_file(frame));
                *p++ = ':';
        }
        return tv_put_u64(p, tv_frame_number(frame));
}

char *
tv_put_utc(char *p, tv_time time)
{
        int64_t seconds = time / NS_PER_S, ms = time % NS_PER_S;
        int64_t days, day_second, era, day_of_era, year_of_era, day_of_year, month, day, year;

        if (ms < 0) {
                ms += NS_PER_S;
                seconds--;
        }
        ms /= 1000000;
        days = seconds / 86400;
        day_second = seconds % 86400;
        if (day_second < 0) {
                day_second += 86400;
                days--;
        }
        /* Civil date from a day count, with years that begin in March and eras of 400 years; gmtime() is avoided for
         * its static buffer. */
        days += 719468;
        era = days / 146097; /* never negative: year 1677 is the earliest */
        day_of_era = days % 146097;
        year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
        day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        month = (5 * day_of_year + 2) / 153;
        day = day_of_year - (153 * month + 2) / 5 + 1;
        month = month < 10 ? month + 3 : month - 9;
        year = era * 400 + year_of_era + (month <= 2);

        put2(p, (uint32_t)(year / 100));
        put2(p + 2, (uint32_t)(year % 100));
        p[4] = '-';
        put2(p + 5, (uint32_t)month);
        p[7] = '-';
        put2(p + 8, (uint32_t)day);
        p[10] = ' ';
        put2(p + 11, (uint32_t)(day_second / 3600));
        p[13] = ':';
        put2(p + 14, (uint32_t)(day_second / 60 % 60));
        p[16] = ':';
        put2(p + 17, (uint32_t)(day_second % 60));
        p[19] = '.';
        p[20] = (char)('0' + ms / 100);
        put2(p + 21, (uint32_t)(ms % 100));
        return p + 23;
}
