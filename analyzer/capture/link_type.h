/* link_type.h - the link-layer numbers in files are LINKTYPE_ values, the same on all systems; packets carry libpcap's
 * DLT_ values (struct tv_packet). */
#ifndef TV_LINK_TYPE_H
#define TV_LINK_TYPE_H

#include <stdint.h>

/* tv_link_type_dlt returns the DLT_ value for a LINKTYPE_ value, on any system what libpcap gives on Linux.  Most are
 * equal; a number that nobody assigned stays as it is.  Source: https://www.tcpdump.org/linktypes.html */
int tv_link_type_dlt(uint16_t linktype);

#endif
