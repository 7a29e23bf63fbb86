/* link_fddi.c - FDDI (ISO 9314-2): frame control, two addresses, and IEEE 802.2 in frames that carry it. */
#include "analyzer/decode/walk.h"

struct tv_next
tv_link_fddi(struct tv_walk *w)
{
        enum { KIND = 0x70, LLC = 0x50 }; /* of synchronous and asynchronous frames with long addresses */
        const uint8_t *header = tv_take(&w->c, 13);

        return header && (header[0] & KIND) == LLC ? tv_walk_on(tv_llc) : tv_walk_stop();
}
