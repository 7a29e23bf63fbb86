/* measure.c - runs commands in turn, as whole processes, and tells what each cost.
 *
 *   measure ROUNDS NAME=COMMAND ...
 *
 * Each round runs every command once, so that a machine that slows down slows them all; a round before the first is not
 * counted.  For each command one line: NAME, median of user + system time in seconds (with the children it waited for),
 * peak memory of the largest process in KiB, worst exit status.  COMMAND is run by sh with its output discarded. */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_ROUNDS = 99, MAX_COMMANDS = 16 };

static double cpu[MAX_COMMANDS][MAX_ROUNDS];
static long peak[MAX_COMMANDS];
static int worst[MAX_COMMANDS];

static int
by_value(const void *x, const void *y)
{
        double a = *(const double *)x, b = *(const double *)y;
        return (a > b) - (a < b);
}

static double
seconds(struct timeval t)
{
        return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static int
run(const char *command, double *cost, long *memory)
{
        struct rusage usage;
        int status;
        pid_t child = fork();
        if (child == 0) {
                int null = open("/dev/null", O_RDWR);
                dup2(null, 0);
                dup2(null, 1);
                dup2(null, 2);
                execl("/bin/sh", "sh", "-c", command, (char *)NULL);
                _exit(127);
        }
        if (child < 0 || wait4(child, &status, 0, &usage) != child)
                return 126;
        *cost = seconds(usage.ru_utime) + seconds(usage.ru_stime);
        *memory = usage.ru_maxrss;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char **argv)
{
        int rounds = argc > 1 ? atoi(argv[1]) : 0, commands = argc - 2;
        if (rounds < 1 || rounds > MAX_ROUNDS || commands < 1 || commands > MAX_COMMANDS) {
                fprintf(stderr, "usage: measure ROUNDS NAME=COMMAND ...\n");
                return 2;
        }
        for (int round = -1; round < rounds; round++) {
                for (int i = 0; i < commands; i++) {
                        const char *command = strchr(argv[i + 2], '=');
                        double cost = 0;
                        long memory = 0;
                        if (command == NULL) {
                                fprintf(stderr, "measure: NAME=COMMAND expected\n");
                                return 2;
                        }
                        int status = run(command + 1, &cost, &memory);
                        if (status > worst[i])
                                worst[i] = status;
                        if (memory > peak[i])
                                peak[i] = memory;
                        if (round >= 0)
                                cpu[i][round] = cost;
                }
        }
        for (int i = 0; i < commands; i++) {
                qsort(cpu[i], (size_t)rounds, sizeof(double), by_value);
                double median = (cpu[i][rounds / 2] + cpu[i][(rounds - 1) / 2]) / 2;
                printf("%.*s %.4f %ld %d\n", (int)strcspn(argv[i + 2], "="), argv[i + 2], median, peak[i], worst[i]);
        }
        return 0;
}
