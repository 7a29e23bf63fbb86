/* link_raw_ip.c - no link header at all: the IP version tells which. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_link_raw_ip(struct tv_walk *w)
{
        return tv_next_ip_version(w);
}
