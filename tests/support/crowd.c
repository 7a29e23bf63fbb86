#include "tests/support/crowd.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
need(void *memory)
{
        if (memory == NULL) {
                fprintf(stderr, "test: out of memory\n");
                exit(EXIT_FAILURE);
        }
        return memory;
}

void
tv_crowd_set(struct tv_crowd *crowd, const char *format, ...)
{
        va_list arguments;
        char line[200];

        va_start(arguments, format);
        vsnprintf(line, sizeof line, format, arguments);
        va_end(arguments);
        crowd->settings = need(realloc(crowd->settings, crowd->settings_length + strlen(line) + 2));
        crowd->settings_length +=
                (size_t)snprintf(crowd->settings + crowd->settings_length, strlen(line) + 2, "%s\n", line);
}

void
tv_crowd_say(struct tv_crowd *crowd, double time, const char *format, ...)
{
        va_list arguments;
        char line[200];

        va_start(arguments, format);
        vsnprintf(line, sizeof line, format, arguments);
        va_end(arguments);
        if ((crowd->lines & (crowd->lines - 1)) == 0)
                crowd->line =
                        need(realloc(crowd->line, (crowd->lines == 0 ? 1 : 2 * crowd->lines) * sizeof *crowd->line));
        crowd->line[crowd->lines] = (struct tv_crowd_line){time, crowd->lines, need(strdup(line))};
        crowd->lines++;
}

void
tv_crowd_open(struct tv_crowd *crowd, unsigned n, double time, double round)
{
        tv_crowd_say(crowd, time, "a%u>b%u S 0:0(0) win 64240 <mss 1460>", n, n);
        tv_crowd_say(crowd, time + 0.00002, "b%u>a%u S. 0:0(0) ack 1 win 65160 <mss 1460>", n, n);
        tv_crowd_say(crowd, time + round, "a%u>b%u . 1:1(0) ack 1", n, n);
}

void
tv_crowd_ask(struct tv_crowd *crowd, unsigned n, unsigned turn, double time, double round)
{
        unsigned a = 1 + 100 * turn, b = 1 + 200 * turn;

        tv_crowd_say(crowd, time, "a%u>b%u P. %u:%u(100) ack %u", n, n, a, a + 100, b);
        tv_crowd_say(crowd, time + 0.0001, "b%u>a%u P. %u:%u(200) ack %u", n, n, b, b + 200, a + 100);
        tv_crowd_say(crowd, time + round, "a%u>b%u . %u:%u(0) ack %u", n, n, a + 100, a + 100, b + 200);
}

void
tv_crowd_close(struct tv_crowd *crowd, unsigned n, char first, unsigned turns, double time, double round, double late)
{
        unsigned a = 1 + 100 * turns, b = 1 + 200 * turns;

        if (first == 'a') {
                tv_crowd_say(crowd, time, "a%u>b%u F. %u:%u(0) ack %u", n, n, a, a, b);
                if (late > 0)
                        tv_crowd_say(crowd, time + 0.00003, "b%u>a%u . %u:%u(0) ack %u", n, n, b, b, a + 1);
                tv_crowd_say(crowd, time + 0.00005 + late, "b%u>a%u F. %u:%u(0) ack %u", n, n, b, b, a + 1);
                tv_crowd_say(crowd, time + 0.00005 + late + round, "a%u>b%u . %u:%u(0) ack %u", n, n, a + 1, a + 1,
                             b + 1);
        } else {
                tv_crowd_say(crowd, time, "b%u>a%u F. %u:%u(0) ack %u", n, n, b, b, a);
                if (late > 0)
                        tv_crowd_say(crowd, time + round, "a%u>b%u . %u:%u(0) ack %u", n, n, a, a, b + 1);
                tv_crowd_say(crowd, time + round + late, "a%u>b%u F. %u:%u(0) ack %u", n, n, a, a, b + 1);
                tv_crowd_say(crowd, time + round + late + 0.00003, "b%u>a%u . %u:%u(0) ack %u", n, n, b + 1, b + 1,
                             a + 1);
        }
}

static int
by_time(const void *x, const void *y)
{
        const struct tv_crowd_line *a = x, *b = y;

        if (a->time < b->time || a->time > b->time)
                return a->time < b->time ? -1 : 1;
        return (a->order > b->order) - (a->order < b->order);
}

struct tv_run *
tv_crowd_run(struct tv_crowd *crowd, const struct tv_run_options *options)
{
        size_t room = crowd->settings_length + 1, used = 0;
        struct tv_run *run;
        char *text;

        for (size_t i = 0; i < crowd->lines; i++)
                room += strlen(crowd->line[i].text) + 32;
        text = need(malloc(room));
        text[0] = '\0';
        if (crowd->settings != NULL)
                used = (size_t)snprintf(text, room, "%s", crowd->settings);
        if (crowd->lines != 0)
                qsort(crowd->line, crowd->lines, sizeof *crowd->line, by_time);
        for (size_t i = 0; i < crowd->lines; i++)
                used += (size_t)snprintf(text + used, room - used, "%.6f %s\n", crowd->line[i].time,
                                         crowd->line[i].text);
        run = tv_run_text(text, options);
        for (size_t i = 0; i < crowd->lines; i++)
                free(crowd->line[i].text);
        free(crowd->line);
        free(crowd->settings);
        free(text);
        memset(crowd, 0, sizeof *crowd);
        return run;
}
