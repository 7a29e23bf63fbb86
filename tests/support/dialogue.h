/* dialogue.h - TCP traffic written as text, turned into decoded segments and into whole packets.
 *
 * One segment a line, in packetdrill's notation with a sender and a receiver:
 *
 *   0.000 a>b S  0:0(0)         win 65535 <mss 1460,sackOK,ws 7>
 *   0.020 b>a S. 0:0(0)   ack 1 win 65535 <mss 1460>
 *   0.040 a>b .  1:1(0)   ack 1
 *   0.041 a>b P. 1:101(100) ack 1 {id 77} {badsum}
 *
 * time     seconds after the start, up to nine decimals; may step back and may be negative.
 * a>b      sender and receiver: 'a' or 'b' and an optional number (a2>b2 is another pair of ends).
 * flags    S F R P . U E W (or C) e, as tcpdump writes them; "none" for a segment without any.
 * numbers  begin:end(length), relative to the sender's ISN (a SYN is at 0, the first octet of data at 1); end is
 *          begin + length, so SYN and FIN are not in it.  "ack N" is relative to the receiver's ISN.  @N is absolute.
 * win      as in the header, unscaled; when absent, the sender's last one (65535 at first).
 * options  mss N, ws N, sackOK, TS val N ecr N, sack B:E B:E, fo [COOKIE IN HEX], opt KIND [HEX], nop, eol;
 *          comma or space between them.  SACK edges are relative to the receiver's ISN.  Padded with nop.
 * extras   {id N} {ttl N} {tos N} {v6} {nodf} {badsum} {offload} (pseudo-header sum only)
 *          {vlan N} {mpls N} {pppoe N} {ipip} {gre} {grekey N} {vxlan N} {geneve N} {gtp N}: tags and tunnels, the
 *          outermost first (link ethernet only); tunnels are between 192.0.2.1 (a's side) and 192.0.2.2
 *          {in} {out} {by}: which way it passed, as enum tv_passed (cooked links say without it that a captured)
 *          {comment TEXT} {drops N}: a comment on the packet, and packets dropped before it; in pcapng only
 *          {caplen N} {iplen N} {urg N} {payload N} (other octets than the stream's; equal N, equal octets)
 *          {icmp TYPE/CODE [from ADDRESS] [mtu N] [quote N]}: the packet is an ICMP error that quotes this segment, up
 * to N octets of it behind the IP header, sent to the segment's sender, by the receiver if nobody else is named; the
 * segment itself is not in the capture, the IP ID is that of the sender's last packet
 *
 * Other lines: # comment, and settings, which hold from there on:
 *   a2 = 10.0.0.9:40000 isn 77      address, port and ISN of an end ([2001:db8::1]:80 for IPv6)
 *   start 1700000000.5              what time 0 is
 *   v6                              all default addresses are IPv6
 *   link ethernet|sll|sll2|null|loop|raw|ppp|radiotap|user     (user: of a type that nobody decodes; of several in one
 *                                   pcapng file, each is an interface)
 *   snaplen N                       octets kept of each packet
 *   twice 0.000005                  every packet is recorded a second time, so many seconds later
 *   format pcap|pcapng, clock us|ns, order little|big, cut N (octets missing at the end): of the file
 *
 * Without a setting, aN is 10.0.0.1 port 40000+N (a: 40000), bN is 10.0.0.2 port 80; every end has an ISN of its own.
 * Octets of payload depend on the direction and on the offset in the stream alone.
 */
#ifndef TV_TEST_DIALOGUE_H
#define TV_TEST_DIALOGUE_H

#include "analyzer/capture/packet.h"
#include "analyzer/decode/segment.h"
#include "tests/support/pcap_writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TV_DIALOGUE_ERROR   160
#define TV_DIALOGUE_COMMENT 400

struct tv_dialogue_options {
        uint32_t shift_a, shift_b; /* added to the ISNs of all a* and of all b*, modulo 2^32 */
        bool swap_addresses;       /* each aN takes the address and port of bN and the reverse */
        int64_t shift_time;        /* nanoseconds added to every time */
};

struct tv_dialogue_packet {
        struct tv_segment segment; /* what a decoder makes of the packet; |hash| is 0; all zero for an ICMP error */
        struct tv_segment_more more;
        tv_time time;
        uint8_t *bytes; /* |captured| octets from the link header on */
        uint32_t captured, length;
        int link_type;
        enum tv_passed passed;
        char comment[TV_DIALOGUE_COMMENT];
        uint64_t drops; /* before it */
        unsigned line;  /* in the text, from 1 */
};

struct tv_dialogue {
        struct tv_dialogue_packet *packets;
        size_t count, room;
        struct tv_pcap_options file; /* as the settings ask */
        size_t cut;
};

/* tv_dialogue_new reads |text|; |options| may be NULL.  Returns NULL and one line ("line 3: ...") in |error| when the
 * text is wrong or memory runs out.  Frames are numbered from 1 in file 1, in the order of the text. */
struct tv_dialogue *tv_dialogue_new(const char *text, const struct tv_dialogue_options *options,
                                    char error[TV_DIALOGUE_ERROR]);
/* The same for a file. */
struct tv_dialogue *tv_dialogue_read(const char *path, const struct tv_dialogue_options *options,
                                     char error[TV_DIALOGUE_ERROR]);
void tv_dialogue_free(struct tv_dialogue *dialogue);

/* Packet |index| (from 0) as a reader would hand it over; borrows the dialogue's octets. */
struct tv_packet tv_dialogue_packet(const struct tv_dialogue *dialogue, size_t index);

/* The whole file in memory, with the settings of the text.  The caller clears |buffer|. */
void tv_dialogue_capture(const struct tv_dialogue *dialogue, struct tv_pcap_buffer *buffer);
/* The same on disk.  False when it cannot be written. */
bool tv_dialogue_save(const struct tv_dialogue *dialogue, const char *path);

#endif
