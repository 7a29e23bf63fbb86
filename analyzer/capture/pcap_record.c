#include "analyzer/capture/pcap_record.h"

#include "analyzer/capture/format.h"

/* Times of neighbours may lie so far apart, or else they need to be confirmed: files of one day are common, and such
 * with a silence of a month are not. */
#define BACK  ((tv_time)86400 * 1000000000)
#define AHEAD (30 * BACK)

/* How many records, and how far ahead, are looked at where one is doubted. */
enum { FOLLOWERS = 2, MANY_FOLLOWERS = 128, LOOK_AHEAD = 2 * 1024 * 1024 };

bool
tv_pcap_record_get(struct tv_input *input, const struct tv_pcap_layout *layout, uint64_t offset,
                   struct tv_pcap_record *record)
{
        size_t have;
        const uint8_t *p = tv_input_view(input, offset, layout->header_bytes, &have);
        uint32_t first, second;

        if (!p || have < layout->header_bytes)
                return false;
        record->seconds = tv_read32(p, layout->big_endian);
        record->fraction = tv_read32(p + 4, layout->big_endian);
        first = tv_read32(p + 8, layout->big_endian);
        second = tv_read32(p + 12, layout->big_endian);
        if (layout->lengths == TV_PCAP_CAPTURED_FIRST ||
            (layout->lengths == TV_PCAP_SMALLER_FIRST && first <= second)) {
                record->captured = first;
                record->length = second;
        } else {
                record->captured = second;
                record->length = first;
        }
        return true;
}

tv_time
tv_pcap_record_time(const struct tv_pcap_layout *layout, const struct tv_pcap_record *record)
{
        return (tv_time)record->seconds * 1000000000 + (tv_time)record->fraction * layout->unit_ns;
}

static bool
is_near(tv_time time, tv_time last)
{
        return last == TV_NO_TIME || (time >= last - BACK && time <= last + AHEAD);
}

bool
tv_pcap_record_is_usual(const struct tv_pcap_layout *layout, const struct tv_pcap_habits *habits,
                        const struct tv_pcap_record *record)
{
        const uint32_t largest = layout->snaplen > habits->largest ? layout->snaplen : habits->largest;

        return record->captured <= TV_PCAP_LARGEST && (record->captured <= largest || layout->snaplen == 0) &&
               record->length <= TV_INPUT_VIEW_MAX &&
               (record->captured <= record->length || habits->longer_than_length) &&
               (record->fraction < 1000000000 / layout->unit_ns || habits->long_fractions) && record->length != 0 &&
               is_near(tv_pcap_record_time(layout, record), habits->last);
}

bool
tv_pcap_record_is_confirmed(struct tv_input *input, const struct tv_pcap_layout *layout,
                            const struct tv_pcap_habits *habits, uint64_t offset)
{
        const uint64_t far = offset + LOOK_AHEAD;
        struct tv_pcap_habits others = *habits;
        struct tv_pcap_record record;
        unsigned usual = 0;
        size_t have;

        if (!tv_pcap_record_get(input, layout, offset, &record) || record.captured > TV_PCAP_LARGEST ||
            (record.captured == 0 && record.seconds == 0 && record.fraction == 0))
                return false;
        /* Those that follow may be odd in the same way, and come from any time. */
        tv_pcap_habits_note(&others, &record, TV_NO_TIME, false, 1000000000 / layout->unit_ns);
        if (record.captured > layout->snaplen)
                others.largest = TV_PCAP_LARGEST;
        for (unsigned i = 0; i < MANY_FOLLOWERS; i++) {
                offset += layout->header_bytes + record.captured;
                /* Lengths that lead exactly to the end are no accident. */
                if (offset > far || !tv_input_view(input, offset, 1, &have))
                        return input->ended && input->end == offset && input->error[0] == '\0';
                if (!tv_pcap_record_get(input, layout, offset, &record) || record.captured > TV_PCAP_LARGEST)
                        return false;
                if (i == usual && record.captured > 0 && tv_pcap_record_is_usual(layout, &others, &record) &&
                    ++usual == FOLLOWERS)
                        return true;
        }
        return false;
}

/* Is there a chain of |followers| + 1 records at |offset|? */
static bool
is_chain(struct tv_input *input, const struct tv_pcap_layout *layout, struct tv_pcap_habits near, uint64_t offset,
         unsigned followers, bool ends_prove)
{
        struct tv_pcap_record record;
        size_t have;

        for (unsigned i = 0; i <= followers; i++) {
                if (i > 0 && !tv_input_view(input, offset, 1, &have))
                        return ends_prove && input->end == offset;
                /* A cut-off one at the end is no proof against two whole ones. */
                if (!tv_pcap_record_get(input, layout, offset, &record))
                        return ends_prove && i >= 2;
                if (record.captured == 0 || record.seconds == 0 || !tv_pcap_record_is_usual(layout, &near, &record))
                        return false;
                near.last = tv_pcap_record_time(layout, &record);
                offset += layout->header_bytes + record.captured;
        }
        return tv_input_view(input, offset - 1, 1, &have) != NULL;
}

bool
tv_pcap_record_begins(struct tv_input *input, const struct tv_pcap_layout *layout, const struct tv_pcap_habits *habits,
                      uint64_t offset)
{
        struct tv_pcap_habits timeless = *habits;

        if (is_chain(input, layout, *habits, offset, FOLLOWERS, true))
                return true;
        /* The last time may be part of the damage: more records then have to agree with each other. */
        timeless.last = TV_NO_TIME;
        return habits->last != TV_NO_TIME && is_chain(input, layout, timeless, offset, 2 * FOLLOWERS, false);
}
