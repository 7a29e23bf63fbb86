#include "analyzer/cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

/* A signal handler has no other way to tell. */
static volatile sig_atomic_t interrupted;

static void
note(int signal_number)
{
        (void)signal_number;
        interrupted = 1;
}

/* What a shell's background job is told to ignore stays ignored. */
static void catch (int signal_number)
{
        /* No SA_RESTART: a read that waits for a pipe must return. */
        struct sigaction action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND}, old;
        sigemptyset(&action.sa_mask);
        if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
                sigaction(signal_number, &action, NULL);
}

void
tv_interrupt_install(void)
{
        catch (SIGINT);
        catch (SIGTERM);

        struct sigaction ignore = {.sa_handler = SIG_IGN};
        sigemptyset(&ignore.sa_mask);
        sigaction(SIGPIPE, &ignore, NULL);
        sigaction(SIGXFSZ, &ignore, NULL);
}

bool
tv_interrupted(void)
{
        return interrupted != 0;
}
