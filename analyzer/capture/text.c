#include "analyzer/capture/text.h"

#include <stdbool.h>
#include <string.h>

/* Bytes of the character that begins |text|; 1 for a byte that begins none. */
static size_t
character(const uint8_t *text, size_t bytes)
{
        size_t wanted = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : text[0] >= 0xc2 ? 2 : 1;

        if (text[0] > 0xf4 || wanted > bytes)
                return 1;
        for (size_t i = 1; i < wanted; i++)
                if ((text[i] & 0xc0) != 0x80)
                        return 1;
        return wanted;
}

/* Is |part| of |bytes| bytes one of the parts of |list|? */
static bool
has_part(const char *list, const char *separator, const char *part, size_t bytes)
{
        const size_t gap = strlen(separator);

        while (*list != '\0') {
                const char *end = strstr(list, separator);
                size_t length = end ? (size_t)(end - list) : strlen(list);

                if (length == bytes && memcmp(list, part, bytes) == 0)
                        return true;
                list += length + (end ? gap : 0);
        }
        return false;
}

void
tv_text_add(char *to, size_t room, const char *separator, const uint8_t *text, size_t bytes)
{
        const size_t used = strlen(to), gap = used > 0 ? strlen(separator) : 0;
        size_t n = 0;

        if (used + gap + 1 >= room)
                return;
        char *begin = to + used + gap;
        const size_t left = room - used - gap - 1;
        for (size_t i = 0, length; i < bytes && text[i] != '\0'; i += length) {
                length = character(text + i, bytes - i);
                if (n + length > left)
                        break;
                if (text[i] == '\t' || text[i] == '\n' || text[i] == '\r') {
                        begin[n++] = ' ';
                } else if (text[i] < 0x20 || text[i] == 0x7f ||
                           (length == 2 && text[i] == 0xc2 && text[i + 1] < 0xa0)) {
                        begin[n++] = '?';
                } else {
                        memcpy(begin + n, text + i, length);
                        n += length;
                }
        }
        if (n == 0 || (used > 0 && has_part(to, separator, begin, n)))
                return;
        memcpy(to + used, separator, gap);
        begin[n] = '\0';
}
