/* interrupt.h - SIGINT and SIGTERM ask the analysis to end with reports of what was read. */
#ifndef TV_INTERRUPT_H
#define TV_INTERRUPT_H

#include <stdbool.h>

/* From now on the first SIGINT or SIGTERM is only noted; it also ends a read that waits for a pipe.  The second one
 * kills the program, as it would without this.  SIGPIPE and SIGXFSZ are ignored, so that a write tells of a closed pipe
 * or of a file that may not grow. */
void tv_interrupt_install(void);

bool tv_interrupted(void);

#endif
