#include "analyzer/capture/link_type.h"

/* The systems gave the same numbers to different links before LINKTYPE_ values were agreed on; those links have two. */
int
tv_link_type_dlt(uint16_t linktype)
{
        switch (linktype) {
        case 100: /* LINKTYPE_ATM_RFC1483 */
                return 11;
        case 101: /* LINKTYPE_RAW */
                return 12;
        case 102: /* LINKTYPE_SLIP_BSDOS */
                return 15;
        case 103: /* LINKTYPE_PPP_BSDOS */
                return 16;
        case 106: /* LINKTYPE_ATM_CLIP */
                return 19;
        default:
                return linktype;
        }
}
