/* read_pcapng.c - pcapng (draft-ietf-opsawg-pcapng): sections of either byte order, any number of interfaces, each with
 * its link type, snaplen and clock.
 *
 * A file is a chain of blocks, each with its length at both ends.  Where the chain is broken, what a damaged block
 * says of itself is tried first, then the bytes are searched for the next block that makes sense.
 *
 * Blocks without packets that are not looked into: secrets, journal entries, custom blocks and what nobody knows yet.
 */
#include "analyzer/capture/format.h"
#include "analyzer/capture/link_type.h"
#include "analyzer/capture/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;
__extension__ typedef __int128 signed_wide;

enum block_type {
        INTERFACE_DESCRIPTION = 1,
        PACKET = 2, /* obsolete */
        SIMPLE_PACKET = 3,
        NAME_RESOLUTION = 4,
        INTERFACE_STATISTICS = 5,
        ENHANCED_PACKET = 6,
        JOURNAL_ENTRY = 9,
        CUSTOM = 0x0bad,
        CUSTOM_NOT_COPIED = 0x40000bad,
        SECTION_HEADER = 0x0a0d0d0a /* reads the same in both byte orders */
};

/* Bytes of a block before its options or its packet, and the least that a block can have. */
enum {
        HEADER = 8,
        TRAILER = 4,
        SECTION_FIXED = HEADER + 16,
        INTERFACE_FIXED = HEADER + 8,
        PACKET_FIXED = HEADER + 20,
        SIMPLE_FIXED = HEADER + 4,
        STATISTICS_FIXED = HEADER + 12
};

enum option { END_OF_OPTIONS = 0, COMMENT = 1 };
enum section_option { HARDWARE = 2, SYSTEM = 3, PROGRAM = 4 };
enum interface_option { NAME = 2, DESCRIPTION = 3, RESOLUTION = 9, INTERFACE_SYSTEM = 12, TIME_OFFSET = 14 };
enum packet_option { PACKET_FLAGS = 2, DROP_COUNT = 4 };
enum packet_flags { DIRECTION = 0x3, INBOUND = 1, OUTBOUND = 2, RECEPTION = 0x1c, PROMISCUOUS = 4 << 2 };
enum name_record { END_OF_NAMES = 0, NAME_OF_IPV4 = 1, NAME_OF_IPV6 = 2 };
enum statistics_option { INTERFACE_DROPS = 5, SYSTEM_DROPS = 7 };

#define BYTE_ORDER_MAGIC UINT32_C(0x1a2b3c4d)

#define LARGEST_BLOCK   (UINT32_C(16) << 20) /* of those that are read; others are skipped whatever their size */
#define LARGEST_FOUND   (UINT32_C(1) << 20)  /* of those that a search after damage believes in: bounds its memory */
#define INTERFACE_NAME  64                   /* bytes kept of a name, with the NUL */
#define MOST_INTERFACES 65536                /* of one section */

struct interface {
        /* Nanoseconds are (units * multiplier / divisor) >> shift, and the offset is added. */
        uint64_t multiplier, divisor;
        unsigned shift;
        int64_t offset_s;
        int link_type;
        uint32_t snaplen;               /* 0: none */
        bool packets_tell, block_tells; /* how many were dropped */
        uint64_t dropped_by_packets, dropped_by_block;
        char name[INTERFACE_NAME];
};

struct pcapng_reader {
        struct tv_input *input;
        struct tv_capture_info *info;
        uint64_t at; /* the next block */
        bool in_section;
        bool big_endian;
        bool unreadable; /* the section's version is not known */
        bool ended;
        bool too_many_said;
        struct interface *interfaces; /* of the section */
        size_t count, room;
        uint32_t interfaces_before; /* in earlier sections */
        wide drops;                 /* of all interfaces of all sections */
        tv_time time;               /* of the latest packet that has one */
        uint64_t tolerated;         /* the block there was said to have bad options or an odd version */
        uint64_t other_frames;      /* since the latest packet */
        uint64_t looked_ahead;      /* bytes, in searches that may come over the same ones again */
        bool has_pending;           /* damage found while opening */
        struct tv_damage pending;
        struct tv_names *names;              /* NULL before the first */
        char comment[TV_PACKET_COMMENT + 1]; /* on the latest packet */
};

struct block {
        const uint8_t *p;
        uint32_t type;
        uint32_t bytes;
};

static uint32_t
word(const struct pcapng_reader *reader, const uint8_t *p)
{
        return tv_read32(p, reader->big_endian);
}

static uint16_t
half(const struct pcapng_reader *reader, const uint8_t *p)
{
        return tv_read16(p, reader->big_endian);
}

static uint64_t
long_word(const struct pcapng_reader *reader, const uint8_t *p)
{
        const uint64_t first = word(reader, p), second = word(reader, p + 4);

        return reader->big_endian ? first << 32 | second : second << 32 | first;
}

static uint32_t
padded(uint32_t bytes)
{
        return (bytes + 3) & ~UINT32_C(3);
}

/* ---- options ---- */

struct options {
        const uint8_t *p, *end;
        bool bad; /* one is longer than its block */
        uint16_t code, length;
        const uint8_t *value;
};

static struct options
options_of(const struct block *block, uint32_t fixed)
{
        return (struct options){.p = block->p + fixed, .end = block->p + block->bytes - TRAILER};
}

static bool
next_option(const struct pcapng_reader *reader, struct options *o)
{
        if (o->end - o->p < 4)
                return false;
        o->code = half(reader, o->p);
        o->length = half(reader, o->p + 2);
        if (o->code == END_OF_OPTIONS)
                return false;
        o->value = o->p + 4;
        if (o->end - o->value < o->length) {
                o->bad = true;
                return false;
        }
        o->p = o->end - o->value < padded(o->length) ? o->end : o->value + padded(o->length);
        return true;
}

/* ---- what was dropped ---- */

static uint64_t
dropped(const struct interface *interface)
{
        return interface->block_tells ? interface->dropped_by_block : interface->dropped_by_packets;
}

/* |before| is what |interface| had told before. */
static void
update_drops(struct pcapng_reader *reader, const struct interface *interface, uint64_t before)
{
        reader->drops = reader->drops - before + dropped(interface);
        reader->info->drops = reader->drops < UINT64_MAX ? (uint64_t)reader->drops : UINT64_MAX - 1;
}

static uint64_t
add(uint64_t a, uint64_t b)
{
        return b < UINT64_MAX - a ? a + b : UINT64_MAX - 1;
}

static void
count_drops(struct pcapng_reader *reader, struct interface *interface, uint64_t drops)
{
        const uint64_t before = dropped(interface);

        interface->packets_tell = true;
        interface->dropped_by_packets = add(interface->dropped_by_packets, drops);
        update_drops(reader, interface, before);
}

/* ---- blocks without packets ---- */

/* False: the block was said to be damaged, in |what|, and is to be read again. */
static bool
tolerate(struct pcapng_reader *reader, char what[TV_READER_MESSAGE], const char *text)
{
        if (reader->tolerated == reader->at)
                return true;
        reader->tolerated = reader->at;
        snprintf(what, TV_READER_MESSAGE, "%s", text);
        return false;
}

static const char bad_options[] = "an option is longer than its block; the options from there on are left out";

static bool
read_section(struct pcapng_reader *reader, const struct block *block, char what[TV_READER_MESSAGE])
{
        const uint16_t major = half(reader, block->p + 12), minor = half(reader, block->p + 14);
        struct options o = options_of(block, SECTION_FIXED);
        struct tv_capture_info *info = reader->info;

        if (reader->tolerated != reader->at) {
                reader->interfaces_before += (uint32_t)reader->count;
                reader->count = 0;
                reader->in_section = true;
                reader->too_many_said = false;
        }
        reader->unreadable = major != 1;
        /* 1.2 was written by mistake for 1.0. */
        if (major != 1 || (minor != 0 && minor != 2)) {
                char text[TV_READER_MESSAGE];
                snprintf(text, sizeof text, "a section is of version %u.%u, which is not known%s", major, minor,
                         major != 1 ? "; it is left out" : "");
                if (!tolerate(reader, what, text))
                        return false;
        }
        if (reader->unreadable)
                return true;
        while (next_option(reader, &o)) {
                if (o.code == COMMENT)
                        tv_text_add(info->comments, sizeof info->comments, " | ", o.value, o.length);
                else if (o.code == HARDWARE || o.code == SYSTEM || o.code == PROGRAM)
                        tv_text_add(info->capturer, sizeof info->capturer, "; ", o.value, o.length);
        }
        return !o.bad || tolerate(reader, what, bad_options);
}

static uint64_t
power_of_ten(unsigned exponent)
{
        uint64_t power = 1;

        while (exponent-- > 0)
                power *= 10;
        return power;
}

/* |resolution| is a power of 10, with the highest bit set one of 2 (if_tsresol). */
static void
set_clock(struct interface *interface, uint8_t resolution)
{
        const unsigned exponent = resolution & 0x7f;

        interface->shift = 0;
        interface->multiplier = interface->divisor = 1;
        if (resolution & 0x80) {
                interface->multiplier = 1000000000;
                interface->shift = exponent;
        } else if (exponent <= 9) {
                interface->multiplier = power_of_ten(9 - exponent);
        } else if (exponent <= 28) {
                interface->divisor = power_of_ten(exponent - 9);
        } else {
                interface->multiplier = 0; /* all that fits 64 bits is less than a nanosecond */
        }
}

static bool
read_interface(struct pcapng_reader *reader, const struct block *block, char what[TV_READER_MESSAGE])
{
        struct tv_capture_info *info = reader->info;
        struct options o = options_of(block, INTERFACE_FIXED);
        const uint8_t *name = NULL;
        size_t name_bytes = 0;
        bool named = false;

        if (reader->count == MOST_INTERFACES) {
                if (reader->too_many_said)
                        return true;
                reader->too_many_said = true;
                return tolerate(reader, what, "a section has more than 65536 interfaces; the others are left out");
        }
        if (reader->count == reader->room) {
                size_t room = reader->room > 0 ? reader->room * 2 : 4;
                struct interface *larger = realloc(reader->interfaces, room * sizeof *larger);

                if (!larger) {
                        reader->ended = true;
                        snprintf(what, TV_READER_MESSAGE, "out of memory");
                        return false;
                }
                reader->interfaces = larger;
                reader->room = room;
        }
        struct interface *interface = &reader->interfaces[reader->count];
        *interface = (struct interface){.link_type = tv_link_type_dlt(half(reader, block->p + 8)),
                                        .snaplen = word(reader, block->p + 12)};
        set_clock(interface, 6);
        while (next_option(reader, &o)) {
                if (o.code == COMMENT)
                        tv_text_add(info->comments, sizeof info->comments, " | ", o.value, o.length);
                else if (o.code == INTERFACE_SYSTEM)
                        tv_text_add(info->capturer, sizeof info->capturer, "; ", o.value, o.length);
                else if (o.code == RESOLUTION && o.length >= 1)
                        set_clock(interface, o.value[0]);
                else if (o.code == TIME_OFFSET && o.length >= 8)
                        interface->offset_s = (int64_t)long_word(reader, o.value);
                if (o.code == NAME || (o.code == DESCRIPTION && !named)) {
                        name = o.value;
                        name_bytes = o.length;
                        named = o.code == NAME;
                }
        }
        if (o.bad && !tolerate(reader, what, bad_options))
                return false;
        if (name) {
                tv_text_add(info->interfaces, sizeof info->interfaces, ";", name, name_bytes);
                tv_text_add(interface->name, sizeof interface->name, "", name, name_bytes);
        }
        if (info->link_type < 0)
                info->link_type = interface->link_type;
        reader->count++;
        return true;
}

static bool
read_statistics(struct pcapng_reader *reader, const struct block *block, char what[TV_READER_MESSAGE])
{
        const uint32_t number = word(reader, block->p + 8);
        struct options o = options_of(block, STATISTICS_FIXED);
        struct tv_capture_info *info = reader->info;
        uint64_t drops = 0;
        bool tells = false;

        while (next_option(reader, &o)) {
                if (o.code == COMMENT) {
                        tv_text_add(info->comments, sizeof info->comments, " | ", o.value, o.length);
                } else if ((o.code == INTERFACE_DROPS || o.code == SYSTEM_DROPS) && o.length >= 8 &&
                           long_word(reader, o.value) != UINT64_MAX) { /* "not known" */
                        drops = add(drops, long_word(reader, o.value));
                        tells = true;
                }
        }
        if (o.bad && !tolerate(reader, what, bad_options))
                return false;
        if (tells && number < reader->count) {
                struct interface *interface = &reader->interfaces[number];
                const uint64_t before = dropped(interface);

                /* Counted from the beginning: a later block replaces an earlier one. */
                interface->block_tells = true;
                interface->dropped_by_block = drops;
                update_drops(reader, interface, before);
        }
        return true;
}

static bool
read_names(struct pcapng_reader *reader, const struct block *block, char what[TV_READER_MESSAGE])
{
        const uint8_t *p = block->p + HEADER, *end = block->p + block->bytes - TRAILER;

        while (end - p >= 4) {
                const uint16_t type = half(reader, p), bytes = half(reader, p + 2);
                const uint16_t address = type == NAME_OF_IPV6 ? 16 : 4;

                p += 4;
                if (type == END_OF_NAMES)
                        break;
                if (end - p < bytes)
                        return tolerate(reader, what,
                                        "a name is longer than its block; the names from there on are left out");
                if ((type == NAME_OF_IPV4 || type == NAME_OF_IPV6) && bytes > address) {
                        if (!reader->names)
                                reader->info->names = reader->names = calloc(1, sizeof *reader->names);
                        if (reader->names)
                                tv_names_add(reader->names, type == NAME_OF_IPV6, p, p + address,
                                             (size_t)bytes - address);
                }
                p = end - p < (ptrdiff_t)padded(bytes) ? end : p + padded(bytes);
        }
        return true;
}

/* ---- packets ---- */

static tv_time
time_of(const struct interface *interface, uint64_t units)
{
        wide ns = (wide)units * interface->multiplier;
        signed_wide sum;

        if (interface->divisor != 1)
                ns /= interface->divisor;
        ns >>= interface->shift;
        sum = (signed_wide)ns + (signed_wide)interface->offset_s * 1000000000;
        return sum < 0 ? 0 : sum > TV_TIME_LIMIT ? TV_TIME_LIMIT : (tv_time)sum;
}

static enum tv_passed
passed(uint32_t flags)
{
        switch (flags & DIRECTION) {
        case INBOUND:
                return (flags & RECEPTION) == PROMISCUOUS ? TV_PASSED_BY : TV_PASSED_IN;
        case OUTBOUND:
                return TV_PASSED_OUT;
        default:
                return TV_PASSED_UNKNOWN;
        }
}

static bool
read_packet_options(struct pcapng_reader *reader, struct interface *interface, const struct block *block,
                    uint32_t before, struct tv_packet *packet, char what[TV_READER_MESSAGE])
{
        struct options o = options_of(block, before);
        uint64_t drops = 0;
        bool commented = false, tells = false;

        reader->comment[0] = '\0';
        while (next_option(reader, &o)) {
                if (o.code == COMMENT) {
                        commented = true;
                        tv_text_add(reader->comment, sizeof reader->comment, " | ", o.value, o.length);
                } else if (o.code == PACKET_FLAGS && o.length >= 4) {
                        packet->passed = (uint8_t)passed(word(reader, o.value));
                } else if (o.code == DROP_COUNT && o.length >= 8 && block->type == ENHANCED_PACKET) {
                        drops = add(drops, long_word(reader, o.value));
                        tells = true;
                }
        }
        if (o.bad && !tolerate(reader, what, bad_options))
                return false;
        if (tells)
                count_drops(reader, interface, drops);
        reader->info->packet_comments += commented;
        packet->comment = reader->comment[0] != '\0' ? reader->comment : NULL;
        return true;
}

static const char *
name_of(const struct interface *interface)
{
        return interface->name[0] != '\0' ? interface->name : NULL;
}

static bool
no_interface(uint32_t number, char what[TV_READER_MESSAGE])
{
        snprintf(what, TV_READER_MESSAGE, "a packet of interface %u, which the section does not describe", number);
        return false;
}

static bool
no_room(uint32_t captured, const struct block *block, char what[TV_READER_MESSAGE])
{
        snprintf(what, TV_READER_MESSAGE, "a packet of %u bytes in a block of %u bytes", captured, block->bytes);
        return false;
}

/* Enhanced packet blocks, and the obsolete ones, which differ in what stands in place of the interface. */
static bool
read_packet(struct pcapng_reader *reader, const struct block *block, struct tv_packet *packet,
            char what[TV_READER_MESSAGE])
{
        const uint8_t *p = block->p;
        const bool obsolete = block->type == PACKET;
        const uint32_t number = obsolete ? half(reader, p + 8) : word(reader, p + 8);
        const uint32_t captured = word(reader, p + 20);

        if (number >= reader->count)
                return no_interface(number, what);
        if (captured > block->bytes - PACKET_FIXED - TRAILER)
                return no_room(captured, block, what);
        struct interface *interface = &reader->interfaces[number];
        packet->data = p + PACKET_FIXED;
        packet->captured = captured;
        packet->length = word(reader, p + 24);
        packet->link_type = interface->link_type;
        packet->interface = reader->interfaces_before + number;
        packet->passed = TV_PASSED_UNKNOWN;
        packet->interface_name = name_of(interface);
        packet->comment = NULL;
        /* Two words, the higher one first in either byte order. */
        packet->time = time_of(interface, (uint64_t)word(reader, p + 12) << 32 | word(reader, p + 16));
        if (PACKET_FIXED + padded(captured) + TRAILER < block->bytes &&
            !read_packet_options(reader, interface, block, PACKET_FIXED + padded(captured), packet, what))
                return false;
        if (obsolete && half(reader, p + 10) != UINT16_MAX) /* "not known" */
                count_drops(reader, interface, half(reader, p + 10));
        reader->time = packet->time;
        return true;
}

/* A simple packet is of the first interface and has no time (Wireshark shows none).  It gets that of the packet before
 * it: whatever else would invent a pause. */
static bool
read_simple_packet(struct pcapng_reader *reader, const struct block *block, struct tv_packet *packet,
                   char what[TV_READER_MESSAGE])
{
        const uint32_t length = word(reader, block->p + 8);

        if (reader->count == 0)
                return no_interface(0, what);
        const uint32_t snaplen = reader->interfaces[0].snaplen;
        const uint32_t captured = snaplen > 0 && snaplen < length ? snaplen : length;
        if (captured > block->bytes - SIMPLE_FIXED - TRAILER)
                return no_room(captured, block, what);
        packet->data = block->p + SIMPLE_FIXED;
        packet->captured = captured;
        packet->length = length;
        packet->link_type = reader->interfaces[0].link_type;
        packet->interface = reader->interfaces_before;
        packet->passed = TV_PASSED_UNKNOWN;
        packet->interface_name = name_of(&reader->interfaces[0]);
        packet->comment = NULL;
        packet->time = reader->time;
        return true;
}

/* ---- the chain of blocks ---- */

static uint32_t
least_bytes(uint32_t type)
{
        switch (type) {
        case SECTION_HEADER:
                return SECTION_FIXED + TRAILER;
        case INTERFACE_DESCRIPTION:
                return INTERFACE_FIXED + TRAILER;
        case PACKET:
        case ENHANCED_PACKET:
                return PACKET_FIXED + TRAILER;
        case SIMPLE_PACKET:
                return SIMPLE_FIXED + TRAILER;
        case INTERFACE_STATISTICS:
                return STATISTICS_FIXED + TRAILER;
        default:
                return HEADER + TRAILER;
        }
}

static bool
is_known(uint32_t type)
{
        return (type >= INTERFACE_DESCRIPTION && type <= ENHANCED_PACKET) || type == SECTION_HEADER;
}

/* Wireshark gives such a block a frame number, too. */
static bool
is_frame(uint32_t type)
{
        return type == JOURNAL_ENTRY || type == CUSTOM || type == CUSTOM_NOT_COPIED;
}

/* The byte order that a section header tells; false, and nothing changes, when it has none. */
static bool
order_of(const uint8_t *block, bool *big_endian)
{
        const bool big = tv_read32(block + HEADER, true) == BYTE_ORDER_MAGIC;

        if (!big && tv_read32(block + HEADER, false) != BYTE_ORDER_MAGIC)
                return false;
        *big_endian = big;
        return true;
}

/* Is there a whole block at |offset|, of a kind that has a meaning, without any contradiction, before another such or
 * the end?  Its length goes to |bytes|. */
static bool
is_plausible(struct pcapng_reader *reader, uint64_t offset, uint32_t *bytes)
{
        size_t have;
        const uint8_t *p = tv_input_view(reader->input, offset, HEADER + TRAILER, &have);
        bool big_endian = reader->big_endian;

        if (!p || have < HEADER + TRAILER)
                return false;
        const uint32_t type = tv_read32(p, big_endian);
        if (!is_known(type) ||
            (type == SECTION_HEADER ? !order_of(p, &big_endian) : !reader->in_section || reader->unreadable))
                return false;
        *bytes = tv_read32(p + 4, big_endian);
        if (*bytes < least_bytes(type) || *bytes % 4 != 0 || *bytes > LARGEST_FOUND)
                return false;
        p = tv_input_view(reader->input, offset, *bytes, &have);
        if (!p || have < *bytes || tv_read32(p + *bytes - TRAILER, big_endian) != *bytes)
                return false;
        if ((type == ENHANCED_PACKET || type == PACKET) &&
            ((type == PACKET ? half(reader, p + 8) : word(reader, p + 8)) >= reader->count ||
             word(reader, p + 20) > *bytes - PACKET_FIXED - TRAILER))
                return false;
        p = tv_input_view(reader->input, offset + *bytes, 4, &have);
        return !p || have < 4 || is_known(tv_read32(p, big_endian));
}

/* So many bytes, and so many for each byte read, are looked at ahead, so that a file of nothing but damage takes no
 * longer than it must. */
enum { AHEAD_AT_LEAST = 128 * 1024 * 1024, AHEAD_PER_BYTE = 16 };

static bool
may_look_ahead(const struct pcapng_reader *reader)
{
        return reader->looked_ahead / AHEAD_PER_BYTE <= reader->at + AHEAD_AT_LEAST / AHEAD_PER_BYTE;
}

/* Where the damaged block at |at| ends by its own account: the length at its end is the distance to its beginning. */
static bool
find_own_end(struct pcapng_reader *reader, uint64_t at, uint64_t *found)
{
        size_t have;
        const uint8_t *p = may_look_ahead(reader) ? tv_input_view(reader->input, at, LARGEST_FOUND, &have) : NULL;
        uint32_t bytes;

        for (uint32_t i = HEADER + TRAILER; p && i <= have && i <= LARGEST_FOUND; i += 4) {
                reader->looked_ahead += 4;
                if (word(reader, p + i - TRAILER) != i)
                        continue;
                if ((i == have && reader->input->ended) || is_plausible(reader, at + i, &bytes)) {
                        *found = at + i;
                        return true;
                }
                p = tv_input_view(reader->input, at, LARGEST_FOUND, &have);
        }
        return false;
}

/* The next block behind |at| and before |limit| that is plausible.  Without a limit, what is behind is released. */
static bool
search(struct pcapng_reader *reader, uint64_t at, uint64_t limit, uint64_t *found)
{
        const size_t zeros = reader->big_endian ? 0 : 1; /* where type and length of a usual block have theirs */
        const size_t low = reader->big_endian ? 3 : 0;
        const uint8_t *p;
        uint32_t bytes;
        size_t have;

        for (uint64_t s = at + 1;
             s < limit && (p = tv_input_view(reader->input, s, LARGEST_FOUND / 16, &have)) != NULL &&
             have >= HEADER + TRAILER;
             s += have - (HEADER + TRAILER) + 1) {
                if (limit == UINT64_MAX)
                        tv_input_release(reader->input, s);
                for (size_t i = 0; i <= have - (HEADER + TRAILER); i++) {
                        if (p[i + 1] == 0x0d) {
                                if (tv_read32(p + i, false) != SECTION_HEADER)
                                        continue;
                        } else if (p[i + zeros] != 0 || p[i + zeros + 1] != 0 || p[i + zeros + 2] != 0 ||
                                   !is_known(p[i + low])) {
                                continue;
                        }
                        if (is_plausible(reader, s + i, &bytes)) {
                                *found = s + i;
                                return true;
                        }
                        p = tv_input_view(reader->input, s, have, &have);
                        if (!p)
                                return false;
                }
        }
        return false;
}

static void
go_on_at(struct pcapng_reader *reader, struct tv_damage *damage, uint64_t offset)
{
        const size_t used = strlen(damage->what);

        snprintf(damage->what + used, sizeof damage->what - used, "; %" PRIu64 " bytes are skipped",
                 offset - reader->at);
        reader->at = offset;
}

/* Sets |at| to where reading can go on behind the damage at it, and says so in |damage|. */
static void
recover(struct pcapng_reader *reader, struct tv_damage *damage, bool from_own_end)
{
        const uint64_t at = reader->at;
        const size_t used = strlen(damage->what);
        uint64_t found = at;

        if (reader->ended)
                return;
        if ((from_own_end && find_own_end(reader, at, &found)) || search(reader, at, UINT64_MAX, &found)) {
                damage->cut = false;
                go_on_at(reader, damage, found);
        } else {
                reader->ended = true;
                if (!damage->cut)
                        snprintf(damage->what + used, sizeof damage->what - used, "; nothing can be read behind it");
        }
}

/* The rest of the file is less than a block says that it has. */
static void
note_cut(struct pcapng_reader *reader, struct tv_damage *damage, const uint8_t *p, size_t have)
{
        damage->cut = true;
        if (reader->input->error[0] != '\0') {
                reader->ended = true;
                snprintf(damage->what, sizeof damage->what, "%s", reader->input->error);
                return;
        }
        if (!reader->input->ended) {
                reader->ended = true;
                snprintf(damage->what, sizeof damage->what, "out of memory");
                return;
        }
        if (have < HEADER)
                snprintf(damage->what, sizeof damage->what, "the file ends inside the header of a block");
        else
                snprintf(damage->what, sizeof damage->what, "the file ends inside a block: %zu of %u bytes", have,
                         word(reader, p + 4));
        /* Where the block agrees with itself, its packet is what was cut; packets have whatever in them. */
        if (have >= PACKET_FIXED && word(reader, p) == ENHANCED_PACKET && word(reader, p + 8) < reader->count &&
            word(reader, p + 4) >= word(reader, p + 20) &&
            word(reader, p + 4) - word(reader, p + 20) < PACKET_FIXED + TRAILER + 64) {
                reader->ended = true;
                return;
        }
        recover(reader, damage, true);
}

/* What to do with the next block. */
enum step {
        STEP_BLOCK,  /* read |block| */
        STEP_PASSED, /* nothing: it is behind */
        STEP_DAMAGED,
        STEP_END
};

/* Is there a chain of blocks in the first MiB behind |at|? */
static bool
has_chain(struct pcapng_reader *reader, uint64_t at)
{
        enum { ENOUGH = 4 };
        const uint64_t begin = at, limit = at + LARGEST_FOUND;

        while (search(reader, at, limit, &at)) {
                uint64_t offset = at;
                uint32_t bytes;
                int n = 0;

                while (n < ENOUGH && is_plausible(reader, offset, &bytes)) {
                        offset += bytes;
                        n++;
                }
                if (n == ENOUGH) {
                        reader->looked_ahead += at - begin;
                        return true;
                }
        }
        reader->looked_ahead += LARGEST_FOUND;
        return false;
}

/* A block of a kind that is not read and that is too large to be looked at as a whole.  Nothing tells whether its
 * length is true before it is passed, and what follows a wrong one would be lost: so its beginning must not look like
 * blocks itself. */
static enum step
pass_large(struct pcapng_reader *reader, uint32_t type, uint64_t bytes, struct tv_damage *damage)
{
        const uint64_t end = reader->at + bytes;
        size_t have;
        const uint8_t *p;

        if (reader->input->size > 0 && end > reader->input->size) {
                snprintf(damage->what, sizeof damage->what,
                         "the file ends inside a block: %" PRIu64 " of %" PRIu64 " bytes",
                         reader->input->size - reader->at, bytes);
                damage->cut = true;
                recover(reader, damage, true);
                return STEP_DAMAGED;
        }
        /* Without a look where too many say that they are large. */
        if (!may_look_ahead(reader) || has_chain(reader, reader->at)) {
                snprintf(damage->what, sizeof damage->what,
                         "%" PRIu64 " bytes of a block of type %u would hide other blocks", bytes, type);
                recover(reader, damage, true);
                return STEP_DAMAGED;
        }
        tv_input_release(reader->input, end - TRAILER);
        p = tv_input_view(reader->input, end - TRAILER, TRAILER, &have);
        if (!p || have < TRAILER) {
                reader->ended = true;
                damage->cut = true;
                snprintf(damage->what, sizeof damage->what, "%s",
                         reader->input->error[0] != '\0' ? reader->input->error : "the file ends inside a block");
                return STEP_DAMAGED;
        }
        if (padded(word(reader, p)) != bytes) {
                snprintf(damage->what, sizeof damage->what,
                         "the lengths at the ends of a block differ: %" PRIu64 " and %u", bytes, word(reader, p));
                reader->at = end - TRAILER;
                recover(reader, damage, false);
                return STEP_DAMAGED;
        }
        reader->other_frames += is_frame(type);
        reader->at = end;
        return STEP_PASSED;
}

static enum step
next_block(struct pcapng_reader *reader, struct block *block, struct tv_damage *damage)
{
        size_t have;
        const uint8_t *p = tv_input_view(reader->input, reader->at, HEADER + TRAILER, &have);

        damage->offset = reader->at;
        damage->cut = false;
        if (!p && reader->input->ended && reader->input->error[0] == '\0')
                return STEP_END;
        if (!p || have < HEADER + TRAILER) {
                note_cut(reader, damage, p, have);
                return STEP_DAMAGED;
        }
        block->type = word(reader, p);
        if (block->type == SECTION_HEADER && !order_of(p, &reader->big_endian)) {
                snprintf(damage->what, sizeof damage->what, "the header of a section has no byte order");
                recover(reader, damage, false);
                return STEP_DAMAGED;
        }
        const uint32_t bytes = word(reader, p + 4);
        const uint64_t rounded = ((uint64_t)bytes + 3) & ~UINT64_C(3); /* some do not count the padding */
        if (rounded < least_bytes(block->type)) {
                snprintf(damage->what, sizeof damage->what, "a block of type %u says that it has %u bytes", block->type,
                         bytes);
                recover(reader, damage, true);
                return STEP_DAMAGED;
        }
        if (rounded > LARGEST_BLOCK) {
                if (!is_known(block->type) || block->type == NAME_RESOLUTION)
                        return pass_large(reader, block->type, rounded, damage);
                snprintf(damage->what, sizeof damage->what, "a block of type %u says that it has %u bytes", block->type,
                         bytes);
                recover(reader, damage, true);
                return STEP_DAMAGED;
        }
        block->bytes = (uint32_t)rounded;
        block->p = tv_input_view(reader->input, reader->at, block->bytes, &have);
        if (!block->p || have < block->bytes) {
                note_cut(reader, damage, block->p, have);
                return STEP_DAMAGED;
        }
        const uint32_t trailer = word(reader, block->p + block->bytes - TRAILER);
        if (trailer != bytes && trailer != block->bytes) {
                uint32_t next;
                snprintf(damage->what, sizeof damage->what, "the lengths at the ends of a block differ: %u and %u",
                         bytes, trailer);
                if (is_plausible(reader, reader->at + block->bytes, &next))
                        go_on_at(reader, damage, reader->at + block->bytes);
                else
                        recover(reader, damage, true);
                return STEP_DAMAGED;
        }
        return STEP_BLOCK;
}

/* Reads on up to the next packet; with |packet| NULL up to the first interface, for which it returns
 * TV_READ_PACKET, too. */
static enum tv_read
walk(struct pcapng_reader *reader, struct tv_packet *packet, struct tv_damage *damage)
{
        struct block block = {0};

        for (;;) {
                bool fine = true;

                if (reader->ended)
                        return TV_READ_END;
                tv_input_release(reader->input, reader->at);
                switch (next_block(reader, &block, damage)) {
                case STEP_PASSED:
                        continue;
                case STEP_DAMAGED:
                        return TV_READ_DAMAGED;
                case STEP_END:
                        reader->ended = true;
                        return TV_READ_END;
                case STEP_BLOCK:
                        break;
                }
                const bool is_packet =
                        block.type == ENHANCED_PACKET || block.type == SIMPLE_PACKET || block.type == PACKET;
                if (is_packet && !packet)
                        return TV_READ_PACKET;
                if (block.type == SECTION_HEADER)
                        fine = read_section(reader, &block, damage->what);
                else if (reader->unreadable)
                        fine = true;
                else if (block.type == ENHANCED_PACKET || block.type == PACKET)
                        fine = read_packet(reader, &block, packet, damage->what);
                else if (block.type == SIMPLE_PACKET)
                        fine = read_simple_packet(reader, &block, packet, damage->what);
                else if (block.type == INTERFACE_DESCRIPTION)
                        fine = read_interface(reader, &block, damage->what);
                else if (block.type == INTERFACE_STATISTICS)
                        fine = read_statistics(reader, &block, damage->what);
                else if (block.type == NAME_RESOLUTION)
                        fine = read_names(reader, &block, damage->what);
                else if (is_frame(block.type))
                        reader->other_frames++;
                if (!fine && reader->tolerated == reader->at)
                        return TV_READ_DAMAGED; /* and then what is good of it */
                reader->at += block.bytes;
                if (!fine)
                        return TV_READ_DAMAGED;
                if (is_packet && !reader->unreadable) {
                        packet->frame = reader->other_frames;
                        reader->other_frames = 0;
                        return TV_READ_PACKET;
                }
                if (!packet && block.type == INTERFACE_DESCRIPTION)
                        return TV_READ_PACKET;
        }
}

/* ---- the format ---- */

static bool
recognizes(const uint8_t *head, size_t bytes)
{
        return bytes >= 4 && tv_read32(head, false) == SECTION_HEADER;
}

static void
close_reader(void *context)
{
        struct pcapng_reader *reader = context;

        free(reader->interfaces);
        free(reader->names);
        free(reader);
}

static void *
open_reader(struct tv_input *input, struct tv_capture_info *info, char message[TV_READER_MESSAGE])
{
        struct pcapng_reader *reader = calloc(1, sizeof *reader);

        if (!reader) {
                snprintf(message, TV_READER_MESSAGE, "out of memory");
                return NULL;
        }
        reader->input = input;
        reader->info = info;
        reader->tolerated = UINT64_MAX;
        reader->has_pending = walk(reader, NULL, &reader->pending) == TV_READ_DAMAGED;
        if (reader->has_pending && reader->ended) {
                snprintf(message, TV_READER_MESSAGE, "%s", reader->pending.what);
                close_reader(reader);
                return NULL;
        }
        info->packet_comments = 0;
        snprintf(info->format, sizeof info->format, "pcapng, %s-endian", reader->big_endian ? "big" : "little");
        return reader;
}

static enum tv_read
next_packet(void *context, struct tv_packet *packet, struct tv_damage *damage)
{
        struct pcapng_reader *reader = context;

        if (reader->has_pending) {
                reader->has_pending = false;
                *damage = reader->pending;
                return TV_READ_DAMAGED;
        }
        return walk(reader, packet, damage);
}

const struct tv_format tv_format_pcapng = {recognizes, open_reader, next_packet, close_reader};
