/* passed.c - which way a packet went, where its link layer tells. */
#include "analyzer/decode/cursor.h"
#include "analyzer/decode/decode.h"

#include <pcap/dlt.h>

/* The packet type of Linux (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html): unicast, broadcast and
 * multicast to this machine, to another one, from this machine. */
static enum tv_passed
of_linux(unsigned packet_type)
{
        enum { TO_US, BROADCAST, MULTICAST, TO_OTHER, OUTGOING };

        switch (packet_type) {
        case TO_US:
        case BROADCAST:
        case MULTICAST:
                return TV_PASSED_IN;
        case TO_OTHER:
                return TV_PASSED_BY;
        case OUTGOING:
                return TV_PASSED_OUT;
        default:
                return TV_PASSED_UNKNOWN;
        }
}

enum tv_passed
tv_decode_passed(const struct tv_packet *packet)
{
        enum { SLL = 16, SLL2 = 20, SLL2_TYPE = 10, PFLOG_DIRECTION = 60 };
        const uint8_t *header = packet->data;

        if (packet->passed != TV_PASSED_UNKNOWN)
                return (enum tv_passed)packet->passed;
        switch (packet->link_type) {
        case DLT_LINUX_SLL:
                return packet->captured >= SLL ? of_linux(tv_be16(header)) : TV_PASSED_UNKNOWN;
        case DLT_LINUX_SLL2:
                return packet->captured >= SLL2 ? of_linux(header[SLL2_TYPE]) : TV_PASSED_UNKNOWN;
        case DLT_PFLOG:
                /* A packet filter's view: 1 in, 2 out.  Headers that end before are of old versions. */
                if (packet->captured <= PFLOG_DIRECTION || header[0] <= PFLOG_DIRECTION)
                        return TV_PASSED_UNKNOWN;
                return header[PFLOG_DIRECTION] == 1   ? TV_PASSED_IN
                       : header[PFLOG_DIRECTION] == 2 ? TV_PASSED_OUT
                                                      : TV_PASSED_UNKNOWN;
        default:
                return TV_PASSED_UNKNOWN;
        }
}
