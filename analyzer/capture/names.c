#include "analyzer/capture/names.h"

#include "analyzer/capture/text.h"

#include <string.h>

void
tv_names_add(struct tv_names *names, bool ipv6, const uint8_t *address, const uint8_t *text, size_t bytes)
{
        struct tv_name name = {.ipv6 = ipv6};

        if (names->count == TV_NAMES_MAX)
                return;
        memcpy(name.address, address, ipv6 ? 16 : 4);
        tv_text_add(name.text, sizeof name.text, "", text, bytes);
        if (name.text[0] == '\0')
                return;
        for (size_t i = 0; i < names->count; i++) {
                const struct tv_name *other = &names->at[i];

                if (other->ipv6 == ipv6 && memcmp(other->address, name.address, sizeof name.address) == 0)
                        return;
        }
        names->at[names->count++] = name;
}
