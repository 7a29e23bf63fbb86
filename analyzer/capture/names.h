/* names.h - names of hosts that captures tell (name resolution blocks of pcapng), as far as a small table goes. */
#ifndef TV_NAMES_H
#define TV_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TV_NAMES_MAX 1024
#define TV_NAME_ROOM 64 /* with the NUL */

struct tv_name {
        uint8_t address[16]; /* network order, the first four octets for IPv4, the others 0 */
        bool ipv6;
        char text[TV_NAME_ROOM]; /* UTF-8 as it came, without control characters, cut to fit */
};

/* All zero at first. */
struct tv_names {
        size_t count;
        struct tv_name at[TV_NAMES_MAX];
};

/* Adds a name of |address| (4 octets, or 16 for IPv6): |bytes| octets of |text|, up to the first NUL.  Nothing when the
 * address has a name already, the table is full, or the name is empty. */
void tv_names_add(struct tv_names *names, bool ipv6, const uint8_t *address, const uint8_t *text, size_t bytes);

#endif
