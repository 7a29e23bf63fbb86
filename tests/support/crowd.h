/* crowd.h - many connections at once, as dialogues: lines are given in any order and sorted by time. */
#ifndef TV_TEST_CROWD_H
#define TV_TEST_CROWD_H

#include "tests/support/engine_run.h"

struct tv_crowd {
        char *settings; /* "a7 = 198.51.100.7:1024" and the like */
        size_t settings_length;
        struct tv_crowd_line {
                double time;
                size_t order;
                char *text; /* without the time */
        } * line;
        size_t lines;
};

/* An empty crowd: {0}.  tv_crowd_set adds a setting, tv_crowd_say a line at |time| seconds. */
void tv_crowd_set(struct tv_crowd *crowd, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tv_crowd_say(struct tv_crowd *crowd, double time, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Whole pieces of connection aN > bN; |round| is there and back, seconds; captured at b. */
void tv_crowd_open(struct tv_crowd *crowd, unsigned n, double time, double round); /* until the third segment */
/* The |turn|-th exchange (from 0): 100 octets are answered by 200 at once. */
void tv_crowd_ask(struct tv_crowd *crowd, unsigned n, unsigned turn, double time, double round);
/* |first|, 'a' or 'b', closes after |turns| exchanges, the other one |late| seconds after it got the FIN. */
void tv_crowd_close(struct tv_crowd *crowd, unsigned n, char first, unsigned turns, double time, double round,
                    double late);

/* Runs it through the engine, and empties it. */
struct tv_run *tv_crowd_run(struct tv_crowd *crowd, const struct tv_run_options *options);

#endif
