/* manual.h - what the program says about itself, all of it from the tables of options.h: --help, the manual page, the
 * shell completions.  Nothing here depends on the date, the locale or the machine. */
#ifndef TV_MANUAL_H
#define TV_MANUAL_H

#include "analyzer/cli/options.h"

#include <stdio.h>

/* Each writes to |out|; the caller checks ferror(). */
void tv_manual_help(FILE *out);
void tv_manual_page(FILE *out, const char *version); /* roff, man(7) */
void tv_manual_completion(FILE *out, enum tv_shell shell);

#endif
