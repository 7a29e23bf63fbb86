#include "analyzer/cli/say.h"

#include <stdarg.h>
#include <stdio.h>

void
tv_say(const char *format, ...)
{
        char line[5000];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(line, sizeof line, format, arguments);
        va_end(arguments);
        for (char *p = line; *p != '\0'; p++) {
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        *p = '?';
        }
        fprintf(stderr, "tcpverdict: %s\n", line);
}
