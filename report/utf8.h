/* utf8.h - text from outside (paths, damage messages) made fit for UTF-8 files and for terminals. */
#ifndef TV_UTF8_H
#define TV_UTF8_H

#include <stddef.h>

/* tv_utf8_sequence returns the length of the well-formed UTF-8 sequence (Unicode table 3-7) that begins |text| of
 * |length| bytes, 1 to 4; 0 when there is none. */
size_t tv_utf8_sequence(const char *text, size_t length);

/* tv_utf8_repair copies |length| bytes and puts U+FFFD for each byte that belongs to no well-formed sequence.
 * |to| has room for TV_UTF8_REPAIRED * |length| bytes.  Returns the bytes written; no NUL is added. */
#define TV_UTF8_REPAIRED 3
size_t tv_utf8_repair(char *to, const char *text, size_t length);

/* tv_utf8_printable copies |text| for a terminal: control characters (C0, DEL, C1) and what is no UTF-8 become '?'.
 * |to| has room for |size| bytes, NUL included; what does not fit is left out.  Returns the columns it takes, counting
 * one for each character. */
size_t tv_utf8_printable(char *to, size_t size, const char *text);

#endif
