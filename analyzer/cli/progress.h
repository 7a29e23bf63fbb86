/* progress.h - one line on a terminal's standard error that tells how far the reading is; rewritten at most five times
 * a second and erased at the end. */
#ifndef TV_PROGRESS_H
#define TV_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Look at the clock once in so many packets (a power of two): a few milliseconds' worth. */
#define TV_PROGRESS_PACKETS 8192

struct tv_progress {
        bool on;                     /* standard error is a terminal and the user did not ask for quiet */
        bool shown;                  /* there is a line to erase */
        uint64_t total;              /* bytes of all files; 0: unknown */
        uint64_t begun_ms, shown_ms; /* monotone clock */
};

void tv_progress_start(struct tv_progress *progress, bool quiet, uint64_t total_bytes);

/* Is a new line due? Cheap enough to be asked every TV_PROGRESS_PACKETS packets. */
bool tv_progress_due(struct tv_progress *progress);

/* Shows |done| bytes of all files, |packets| packets, and |path|, the file that is being read. */
void tv_progress_show(struct tv_progress *progress, uint64_t done, uint64_t packets, const char *path);

/* tv_progress_line writes what tv_progress_show would print |elapsed_ms| after the start, at most 79 columns. */
#define TV_PROGRESS_LINE 80
void tv_progress_line(char line[TV_PROGRESS_LINE], uint64_t total, uint64_t done, uint64_t packets, uint64_t elapsed_ms,
                      const char *path);

/* Erases the line; call it before anything else is printed.  Harmless at any time. */
void tv_progress_erase(struct tv_progress *progress);

#endif
