/* address.h - IP addresses as people write them.  Here rather than inet_ntop(), which costs a hundred times as much: an
 * address is written several times for each connection. */
#ifndef TV_ADDRESS_H
#define TV_ADDRESS_H

#include "analyzer/engine/result.h"

#define TV_ADDRESS_ROOM 45 /* "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255" */
#define TV_ADDRESS_TEXT (TV_ADDRESS_ROOM + 1)

/* Dotted decimal, or RFC 5952 (lower case, the longest run of zero groups shortened, IPv4-mapped addresses with a
 * dotted end).  TV_ADDRESS_ROOM.  Returns the end; writes no zero. */
char *tv_put_address(char *p, const struct tv_address *address);

/* The same as a string, in |text|, which is returned. */
const char *tv_address_text(const struct tv_address *address, char text[TV_ADDRESS_TEXT]);

#endif
