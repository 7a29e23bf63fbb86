#include "analyzer/cli/time_option.h"

#include <stddef.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

/* Takes exactly |digits| digits; false, with nothing said about |*text|, when they are not there. */
static bool
take_digits(const char **text, unsigned digits, int64_t *value)
{
        *value = 0;
        for (unsigned i = 0; i < digits; i++, (*text)++) {
                if (**text < '0' || **text > '9')
                        return false;
                *value = *value * 10 + (**text - '0');
        }
        return true;
}

static bool
take_char(const char **text, const char *any_of)
{
        if (**text == '\0' || strchr(any_of, **text) == NULL)
                return false;
        (*text)++;
        return true;
}

/* What follows the decimal point, in nanoseconds: one to nine digits. */
static bool
take_fraction(const char **text, int64_t *ns)
{
        int64_t unit = SECOND;
        *ns = 0;
        for (; **text >= '0' && **text <= '9' && unit > 1; (*text)++) {
                unit /= 10;
                *ns += (**text - '0') * unit;
        }
        return unit < SECOND && (**text < '0' || **text > '9');
}

/* Nanoseconds of |seconds| and |ns|; false when they are negative or more than |most|. */
static bool
join(int64_t seconds, int64_t ns, tv_time most, tv_time *time)
{
        if (seconds < 0 || seconds > most / SECOND || (seconds == most / SECOND && ns > most % SECOND))
                return false;
        *time = seconds * SECOND + ns;
        return true;
}

/* "1700000000.123456789", all of |text|. */
static bool
parse_seconds(const char *text, tv_time most, tv_time *time)
{
        int64_t seconds = 0, ns = 0;
        const char *p = text;
        for (; *p >= '0' && *p <= '9'; p++) {
                if (seconds > most / SECOND)
                        return false;
                seconds = seconds * 10 + (*p - '0');
        }
        if (p == text || (take_char(&p, ".") && !take_fraction(&p, &ns)))
                return false;
        return *p == '\0' && join(seconds, ns, most, time);
}

static bool
is_leap(int64_t year)
{
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01 to this one in the Gregorian calendar, from the year 1 on. */
static int64_t
days_to(int64_t year, int64_t month, int64_t day)
{
        static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
        int64_t past = year - 1;
        return past * 365 + past / 4 - past / 100 + past / 400 - 719162 + before[month - 1] +
               (month > 2 && is_leap(year)) + day - 1;
}

static bool
take_date(const char **text, int64_t *days)
{
        static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        int64_t year, month, day;
        if (!take_digits(text, 4, &year) || !take_char(text, "-") || !take_digits(text, 2, &month) ||
            !take_char(text, "-") || !take_digits(text, 2, &day))
                return false;
        if (year < 1 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1] + (month == 2 && is_leap(year)))
                return false;
        *days = days_to(year, month, day);
        return true;
}

/* "22:15", "22:15:29", "22:15:29.718": seconds since midnight, and nanoseconds. */
static bool
take_time_of_day(const char **text, int64_t *seconds, int64_t *ns)
{
        int64_t hour, minute, second = 0;
        if (!take_digits(text, 2, &hour) || !take_char(text, ":") || !take_digits(text, 2, &minute))
                return false;
        if (take_char(text, ":")) {
                if (!take_digits(text, 2, &second) || (take_char(text, ".,") && !take_fraction(text, ns)))
                        return false;
        }
        *seconds = hour * 3600 + minute * 60 + second;
        return hour < 24 && minute < 60 && second <= 60;
}

/* Nothing, "Z", " UTC", "+01:00", "+0100", "+01": how far that clock is ahead of UTC. */
static bool
take_zone(const char **text, int64_t *ahead)
{
        *ahead = 0;
        const char *word = *text + (**text == ' ');
        if (strcmp(word, "UTC") == 0) {
                *text = word + 3;
                return true;
        }
        if (take_char(text, "Zz") || **text == '\0')
                return true;
        bool behind = **text == '-';
        int64_t hours, minutes = 0;
        if (!take_char(text, "+-") || !take_digits(text, 2, &hours))
                return false;
        bool colon = take_char(text, ":");
        if ((colon || **text != '\0') && !take_digits(text, 2, &minutes))
                return false;
        *ahead = (hours * 60 + minutes) * (behind ? -60 : 60);
        return hours < 24 && minutes < 60;
}

static bool
parse_calendar(const char *text, tv_time *time)
{
        int64_t days, seconds = 0, ns = 0, ahead = 0;
        if (!take_date(&text, &days))
                return false;
        if (*text != '\0' && (!take_char(&text, "Tt_ ") || !take_time_of_day(&text, &seconds, &ns) ||
                              !take_zone(&text, &ahead) || *text != '\0'))
                return false;
        return join(days * 86400 + seconds - ahead, ns, INT64_MAX, time);
}

bool
tv_time_option_parse(const char *text, struct tv_time_option *option)
{
        *option = (struct tv_time_option){.given = true, .relative = text[0] == '+'};
        if (option->relative)
                return parse_seconds(text + 1, INT64_MAX / 2, &option->time);
        return parse_seconds(text, INT64_MAX, &option->time) || parse_calendar(text, &option->time);
}
