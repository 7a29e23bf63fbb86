#include "analyzer/cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FIRST_MS 400 /* what is done by then needs no progress */
#define EVERY_MS 200

static uint64_t
now_ms(void)
{
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void
tv_progress_start(struct tv_progress *progress, bool quiet, uint64_t total_bytes)
{
        *progress = (struct tv_progress){.on = !quiet && isatty(STDERR_FILENO), .total = total_bytes};
        if (progress->on)
                progress->begun_ms = progress->shown_ms = now_ms();
}

bool
tv_progress_due(struct tv_progress *progress)
{
        if (!progress->on)
                return false;
        uint64_t now = now_ms();
        if (now - progress->begun_ms < FIRST_MS || now - progress->shown_ms < EVERY_MS)
                return false;
        progress->shown_ms = now;
        return true;
}

/* "512", "1.2 k", "12 M": three digits at most. */
static void
put_short(char *text, size_t room, uint64_t value)
{
        static const char units[] = " kMGTPE";
        size_t unit = 0;
        double number = (double)value;
        while (number >= 999.5) {
                number /= 1000;
                unit++;
        }
        if (unit == 0)
                snprintf(text, room, "%u ", (unsigned)value);
        else
                snprintf(text, room, number < 9.95 ? "%.1f %c" : "%.0f %c", number, units[unit]);
}

void
tv_progress_line(char line[TV_PROGRESS_LINE], uint64_t total, uint64_t done, uint64_t packets, uint64_t elapsed_ms,
                 const char *path)
{
        char bytes[16], all[16], count[16], rate[16], share[48] = "", left[48] = "";
        put_short(bytes, sizeof bytes, done);
        put_short(count, sizeof count, packets);
        if (elapsed_ms == 0)
                elapsed_ms = 1;
        double per_ms = (double)done / (double)elapsed_ms;
        put_short(rate, sizeof rate, (uint64_t)(per_ms * 1000));
        if (total > 0 && done <= total) {
                put_short(all, sizeof all, total);
                snprintf(share, sizeof share, "%3.0f %%  of %sB  ", 100.0 * (double)done / (double)total, all);
                if (done > 0) {
                        uint64_t seconds = (uint64_t)((double)(total - done) / per_ms / 1000) + 1,
                                 hours = seconds / 3600;
                        unsigned minutes = (unsigned)(seconds / 60 % 60);
                        if (hours == 0)
                                snprintf(left, sizeof left, "  %u:%02u left", minutes, (unsigned)(seconds % 60));
                        else
                                snprintf(left, sizeof left, "  %" PRIu64 " h %02u min left", hours, minutes);
                }
        }
        int width = snprintf(line, TV_PROGRESS_LINE, "%s%sB  %spackets  %sB/s%s", share, bytes, count, rate, left);
        if (width < 0 || width + 6 >= TV_PROGRESS_LINE)
                return;
        /* The end of a path tells more than its beginning. */
        size_t room = TV_PROGRESS_LINE - 3 - (size_t)width, length = strlen(path);
        snprintf(line + width, TV_PROGRESS_LINE - (size_t)width, "  %s", length > room ? path + length - room : path);
        for (char *p = line + width; *p != '\0'; p++) {
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        *p = '?';
        }
}

void
tv_progress_show(struct tv_progress *progress, uint64_t done, uint64_t packets, const char *path)
{
        char line[TV_PROGRESS_LINE];
        tv_progress_line(line, progress->total, done, packets, progress->shown_ms - progress->begun_ms, path);
        fprintf(stderr, "\r%-*s", TV_PROGRESS_LINE - 1, line);
        progress->shown = true;
}

void
tv_progress_erase(struct tv_progress *progress)
{
        if (progress->shown)
                fprintf(stderr, "\r%*s\r", TV_PROGRESS_LINE - 1, "");
        progress->shown = false;
}
