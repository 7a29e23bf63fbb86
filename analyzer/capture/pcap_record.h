/* pcap_record.h - records of classic pcap in all layouts that were ever written, and whether one makes sense.
 *
 * A record is a time in seconds and a fraction, two lengths, in some variants more, and the packet
 * (pcap-savefile(5), draft-ietf-opsawg-pcap).  Nothing marks where it begins: after damage it is found by being
 * plausible, and by plausible ones that follow. */
#ifndef TV_PCAP_RECORD_H
#define TV_PCAP_RECORD_H

#include "analyzer/capture/input.h"

/* No capturer writes longer packets, whatever the snaplen of the file (libpcap's limit for all link types but D-Bus).
 */
#define TV_PCAP_LARGEST 262144

enum tv_pcap_lengths {
        TV_PCAP_CAPTURED_FIRST,
        TV_PCAP_LENGTH_FIRST,  /* before version 2.3, and DG/UX's 543.0 */
        TV_PCAP_SMALLER_FIRST, /* version 2.3 was written either way */
};

struct tv_pcap_layout {
        unsigned header_bytes; /* of a record: 16, more in variants */
        uint32_t unit_ns;      /* of the fraction */
        bool big_endian;
        enum tv_pcap_lengths lengths;
        uint32_t snaplen; /* of the file's header; 0: none */
};

struct tv_pcap_record {
        uint32_t seconds, fraction, captured, length;
};

/* What the records so far were like, so that oddities which a file is full of are not taken for damage. */
struct tv_pcap_habits {
        tv_time last; /* time of the last record, TV_NO_TIME: none yet */
        uint32_t largest;
        bool longer_than_length, long_fractions;
};

/* False where fewer octets are left than a record's header has. */
bool tv_pcap_record_get(struct tv_input *input, const struct tv_pcap_layout *layout, uint64_t offset,
                        struct tv_pcap_record *record);

tv_time tv_pcap_record_time(const struct tv_pcap_layout *layout, const struct tv_pcap_record *record);

/* tv_pcap_record_is_usual: a record that gives no reason for doubt. */
bool tv_pcap_record_is_usual(const struct tv_pcap_layout *layout, const struct tv_pcap_habits *habits,
                             const struct tv_pcap_record *record);

/* tv_pcap_record_is_confirmed: an odd record at |offset| that is followed by others or by the end, so that it is what
 * it says. */
bool tv_pcap_record_is_confirmed(struct tv_input *input, const struct tv_pcap_layout *layout,
                                 const struct tv_pcap_habits *habits, uint64_t offset);

/* tv_pcap_record_begins: nothing was known about |offset|, and a record begins there: it is usual, and so are two that
 * follow, or the input ends with it; or, were it not for the time of the last record, it and four that follow. */
bool tv_pcap_record_begins(struct tv_input *input, const struct tv_pcap_layout *layout,
                           const struct tv_pcap_habits *habits, uint64_t offset);

/* Notes a record that was accepted. */
static inline void
tv_pcap_habits_note(struct tv_pcap_habits *habits, const struct tv_pcap_record *record, tv_time time, bool usual,
                    uint32_t fractions)
{
        habits->last = time;
        if (usual)
                return;
        if (record->captured > habits->largest)
                habits->largest = record->captured;
        habits->longer_than_length |= record->captured > record->length;
        habits->long_fractions |= record->fraction >= fractions;
}

#endif
