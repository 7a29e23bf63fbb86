/* packet_filter.h - which packets a filter in libpcap's language (pcap-filter(7)) accepts; of link types as they come,
 * since a filter is compiled for one of them.  No other part of the program knows libpcap's filters. */
#ifndef TV_PACKET_FILTER_H
#define TV_PACKET_FILTER_H

#include "analyzer/capture/packet.h"

#include <stdbool.h>

#define TV_PACKET_FILTER_MESSAGE 400

struct tv_packet_filter;

/* tv_packet_filter_new compiles |text| (borrowed until tv_packet_filter_free) for Ethernet, or for any other link type
 * that the decoder knows, to check it.  Returns NULL when it compiles for none, with one line for the user in |message|
 * (what libpcap says of Ethernet), or when memory runs out.  Names of hosts and networks in it are looked up by
 * libpcap.
 */
struct tv_packet_filter *tv_packet_filter_new(const char *text, char message[TV_PACKET_FILTER_MESSAGE]);

/* tv_packet_filter_match says whether the filter accepts |packet|, by its captured bytes and its length on the wire.
 * Packets of a link type for which the filter does not compile never match; with the first one of each such type
 * |message| gets one line for the user, else it becomes "". */
bool tv_packet_filter_match(struct tv_packet_filter *filter, const struct tv_packet *packet,
                            char message[TV_PACKET_FILTER_MESSAGE]);

/* NULL is harmless. */
void tv_packet_filter_free(struct tv_packet_filter *filter);

#endif
