#include "analyzer/flow/address.h"

#include <string.h>

static char *
put_ipv4(char *p, const uint8_t byte[4])
{
        for (int i = 0; i < 4; i++) {
                unsigned value = byte[i];

                if (i > 0)
                        *p++ = '.';
                if (value >= 100)
                        *p++ = (char)('0' + value / 100);
                if (value >= 10)
                        *p++ = (char)('0' + value / 10 % 10);
                *p++ = (char)('0' + value % 10);
        }
        return p;
}

static char *
put_hex(char *p, uint32_t group)
{
        static const char digits[] = "0123456789abcdef";

        if (group >= 0x1000)
                *p++ = digits[group >> 12];
        if (group >= 0x100)
                *p++ = digits[group >> 8 & 15];
        if (group >= 0x10)
                *p++ = digits[group >> 4 & 15];
        *p++ = digits[group & 15];
        return p;
}

static char *
put_ipv6(char *p, const uint8_t byte[16])
{
        static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
        int best = 8, best_length = 1; /* one zero group is not shortened (RFC 5952 4.2.2) */
        int groups = 8;

        if (memcmp(byte, mapped, sizeof mapped) == 0)
                groups = 6; /* RFC 5952 5 */
        for (int i = 0, run = 0; i < groups; i++) {
                run = byte[2 * i] == 0 && byte[2 * i + 1] == 0 ? run + 1 : 0;
                if (run > best_length) {
                        best = i + 1 - run;
                        best_length = run;
                }
        }
        for (int i = 0; i < groups;) {
                if (i == best) {
                        *p++ = ':';
                        *p++ = ':';
                        i += best_length;
                } else {
                        if (i > 0 && p[-1] != ':')
                                *p++ = ':';
                        p = put_hex(p, (uint32_t)byte[2 * i] << 8 | byte[2 * i + 1]);
                        i++;
                }
        }
        if (groups == 8)
                return p;
        *p++ = ':';
        return put_ipv4(p, byte + 12);
}

char *
tv_put_address(char *p, const struct tv_address *address)
{
        return address->ipv6 ? put_ipv6(p, address->byte) : put_ipv4(p, address->byte);
}

const char *
tv_address_text(const struct tv_address *address, char text[TV_ADDRESS_TEXT])
{
        *tv_put_address(text, address) = '\0';
        return text;
}
