/* tunnel_ip_in_ip.c - IP in IP (RFC 2003).  The number is that of IPv4, but some write it before IPv6, too. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_ip_in_ip(struct tv_walk *w)
{
        struct tv_next next = tv_next_ip_version(w);

        return next.decode != NULL ? next.decode(w) : next; /* one header, one step of the road */
}
