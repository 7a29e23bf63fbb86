/* link_type_name.h - what libpcap calls a link type. */
#ifndef TV_LINK_TYPE_NAME_H
#define TV_LINK_TYPE_NAME_H

/* The description of DLT_ value |link_type| ("IEEE 802.15.4 with FCS"), or NULL where libpcap knows none. */
const char *tv_link_type_name(int link_type);

#endif
