#include "report/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

size_t
tv_utf8_sequence(const char *text, size_t length)
{
        const uint8_t *s = (const uint8_t *)text;
        uint8_t low = 0x80, high = 0xbf; /* limits of the second byte */
        size_t need;

        if (length == 0)
                return 0;
        if (s[0] < 0x80)
                return 1;
        if (s[0] >= 0xc2 && s[0] <= 0xdf) {
                need = 2;
        } else if (s[0] >= 0xe0 && s[0] <= 0xef) {
                need = 3;
                if (s[0] == 0xe0)
                        low = 0xa0; /* overlong */
                if (s[0] == 0xed)
                        high = 0x9f; /* surrogates */
        } else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
                need = 4;
                if (s[0] == 0xf0)
                        low = 0x90; /* overlong */
                if (s[0] == 0xf4)
                        high = 0x8f; /* above U+10FFFF */
        } else {
                return 0;
        }
        if (length < need || s[1] < low || s[1] > high)
                return 0;
        for (size_t i = 2; i < need; i++)
                if ((s[i] & 0xc0) != 0x80)
                        return 0;
        return need;
}

size_t
tv_utf8_repair(char *to, const char *text, size_t length)
{
        char *p = to;

        for (size_t i = 0; i < length;) {
                size_t n = tv_utf8_sequence(text + i, length - i);

                if (n == 0) {
                        *p++ = '\xef';
                        *p++ = '\xbf';
                        *p++ = '\xbd';
                        i++;
                } else {
                        memcpy(p, text + i, n);
                        p += n;
                        i += n;
                }
        }
        return (size_t)(p - to);
}

size_t
tv_utf8_printable(char *to, size_t size, const char *text)
{
        size_t length = strlen(text), used = 0, columns = 0;

        for (size_t i = 0; i < length; columns++) {
                size_t n = tv_utf8_sequence(text + i, length - i);
                uint8_t first = (uint8_t)text[i];
                bool control = first < 0x20 || first == 0x7f || (first == 0xc2 && (uint8_t)text[i + 1] < 0xa0);

                if (n == 0 || control) {
                        if (used + 1 >= size)
                                break;
                        to[used++] = '?';
                        i += n == 0 ? 1 : n;
                        continue;
                }
                if (used + n >= size)
                        break;
                memcpy(to + used, text + i, n);
                used += n;
                i += n;
        }
        to[used] = '\0';
        return columns;
}
