/* text.h - texts that a file says about itself, put into fields of fixed size. */
#ifndef TV_TEXT_H
#define TV_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* tv_text_add appends |bytes| bytes of |text|, up to the first NUL, behind |separator| to the string in |to|, which has
 * room for |room| bytes with its NUL.  A part that is there already (between separators) is not added again.
 * White space becomes a space and other control characters '?', a byte that is no UTF-8 stays as it is; what does not
 * fit is left out, whole characters at a time. */
void tv_text_add(char *to, size_t room, const char *separator, const uint8_t *text, size_t bytes);

#endif
