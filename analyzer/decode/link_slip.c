/* link_slip.c - Serial Line IP as the BSDs hand it to capturers: the direction, fifteen octets of what was on the line
 * (a header after RFC 1144 perhaps), then the packet as it is without that compression. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_link_slip(struct tv_walk *w)
{
        return tv_take(&w->c, 16) ? tv_next_ip_version(w) : tv_walk_stop();
}
