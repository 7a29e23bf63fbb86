#include "tests/support/dialogue.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
        LINK_NULL = 0,
        LINK_ETHERNET = 1,
        LINK_PPP = 9,
        LINK_RAW = 12,
        LINK_LOOP = 108,
        LINK_SLL = 113,
        LINK_RADIOTAP = 127,
        LINK_USER = 147, /* a bare IP packet, of which the link type says nothing */
        LINK_SLL2 = 276,
};

enum { MAX_ENDS = 1024, MAX_TEXT_FILE = 1 << 22, MAX_TCP_OPTIONS = 40 };

struct host_end {
        char letter;
        unsigned number; /* 1 for plain 'a' and 'b' */
        uint8_t addr[16];
        bool ipv6, set;
        uint16_t port;
        uint32_t isn;
        uint16_t window, ip_id;
};

struct parser {
        const struct tv_dialogue_options *options;
        struct tv_dialogue *dialogue;
        char *error;
        const char *p; /* in the current line, which ends with a NUL */
        unsigned line;
        bool failed;
        tv_time start, twice;
        bool ipv6;
        uint32_t snaplen;
        size_t ends;
        struct host_end end[MAX_ENDS];
};

/* One segment as written, before it becomes octets. */
struct written {
        tv_time time;
        struct host_end *from, *to;
        uint16_t flags;
        uint32_t seq, length, ack;
        int64_t offset; /* of the first octet in the stream; names the octets of the payload */
        uint16_t window;
        uint8_t option[MAX_TCP_OPTIONS];
        size_t option_octets;
        uint16_t ip_id, urgent;
        uint8_t ttl, tos;
        bool ipv6, df, bad_checksum, offload, has_iplen;
        uint16_t iplen;
        enum tv_passed passed;
        char comment[TV_DIALOGUE_COMMENT];
        uint64_t drops;
        uint32_t caplen;
        uint64_t other_payload; /* 0: the stream's own octets */
        struct {
                uint8_t kind; /* enum tv_step */
                uint32_t id;
        } step[TV_MAX_STEPS];
        uint8_t steps;
        bool icmp; /* the packet is an ICMP error that quotes the segment */
        uint8_t icmp_type, icmp_code, icmp_from[16];
        uint32_t icmp_mtu, icmp_quote; /* octets of the segment that are quoted */
};

static void
fail(struct parser *parser, const char *format, ...)
{
        if (parser->failed)
                return; /* the first mistake is the one to mend */
        parser->failed = true;
        int used = snprintf(parser->error, TV_DIALOGUE_ERROR, "line %u: ", parser->line);
        va_list args;
        va_start(args, format);
        vsnprintf(parser->error + used, TV_DIALOGUE_ERROR - (size_t)used, format, args);
        va_end(args);
}

static void
skip_space(struct parser *parser)
{
        while (*parser->p == ' ' || *parser->p == '\t')
                parser->p++;
}

/* Takes |word| when it comes next and no letter or digit follows it. */
static bool
take_word(struct parser *parser, const char *word)
{
        skip_space(parser);
        size_t size = strlen(word);
        if (strncmp(parser->p, word, size) != 0)
                return false;
        if (isalnum((unsigned char)word[size - 1]) && isalnum((unsigned char)parser->p[size]))
                return false;
        parser->p += size;
        return true;
}

static void
need(struct parser *parser, const char *mark)
{
        skip_space(parser);
        size_t size = strlen(mark);
        if (strncmp(parser->p, mark, size) != 0)
                fail(parser, "'%s' expected at '%.20s'", mark, parser->p);
        else
                parser->p += size;
}

static uint64_t
take_number(struct parser *parser, uint64_t limit)
{
        skip_space(parser);
        uint64_t value = 0;
        const char *begin = parser->p;
        while (isdigit((unsigned char)*parser->p)) {
                value = value * 10 + (uint64_t)(*parser->p++ - '0');
                if (value > limit) {
                        fail(parser, "number too large at '%.20s'", begin);
                        return 0;
                }
        }
        if (parser->p == begin)
                fail(parser, "number expected at '%.20s'", begin);
        return value;
}

/* Seconds with up to nine decimals, in nanoseconds. */
static tv_time
take_time(struct parser *parser)
{
        skip_space(parser);
        bool negative = *parser->p == '-';
        if (negative)
                parser->p++;
        tv_time ns = (tv_time)take_number(parser, 4000000000) * 1000000000;
        if (*parser->p == '.') {
                tv_time unit = 100000000;
                for (parser->p++; isdigit((unsigned char)*parser->p); parser->p++, unit /= 10)
                        ns += (*parser->p - '0') * unit;
        }
        return negative ? -ns : ns;
}

/* A sequence number: relative to |isn|, or absolute after '@'.  |*relative| is the number as written. */
static uint32_t
take_sequence(struct parser *parser, uint32_t isn, int64_t *relative)
{
        skip_space(parser);
        if (*parser->p == '@') {
                parser->p++;
                *relative = (int64_t)take_number(parser, UINT32_MAX);
                return (uint32_t)*relative;
        }
        bool negative = *parser->p == '-';
        if (negative)
                parser->p++;
        int64_t value = (int64_t)take_number(parser, UINT64_C(1) << 50);
        *relative = negative ? -value : value;
        return (uint32_t)((uint64_t)*relative + isn);
}

static int
hex_digit(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return -1;
}

static size_t
take_hex(struct parser *parser, uint8_t *octets, size_t room)
{
        skip_space(parser);
        size_t size = 0;
        while (hex_digit(parser->p[0]) >= 0 && hex_digit(parser->p[1]) >= 0) {
                if (size == room) {
                        fail(parser, "too many hexadecimal digits");
                        return size;
                }
                octets[size++] = (uint8_t)(hex_digit(parser->p[0]) * 16 + hex_digit(parser->p[1]));
                parser->p += 2;
        }
        return size;
}

/* ---- the ends ---- */

static uint32_t
mix(uint32_t value)
{
        value = (value ^ value >> 16) * 0x45d9f3b;
        value = (value ^ value >> 16) * 0x45d9f3b;
        return value ^ value >> 16;
}

static void
set_default_address(const struct parser *parser, struct host_end *end, bool ipv6)
{
        const bool first = (end->letter == 'a') != parser->options->swap_addresses;
        const uint8_t host = first ? 1 : 2;
        memset(end->addr, 0, sizeof end->addr);
        end->ipv6 = ipv6;
        if (ipv6)
                memcpy(end->addr, (const uint8_t[]){0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host}, 16);
        else
                memcpy(end->addr, (const uint8_t[]){10, 0, 0, host}, 4);
        end->port = (uint16_t)(first ? 40000 + end->number - 1 : 80);
}

static struct host_end *
find_end(struct parser *parser, char letter, unsigned number)
{
        for (size_t i = 0; i < parser->ends; i++)
                if (parser->end[i].letter == letter && parser->end[i].number == number)
                        return &parser->end[i];
        if (parser->ends == MAX_ENDS) {
                fail(parser, "more than %d ends", MAX_ENDS);
                return &parser->end[0];
        }
        struct host_end *end = &parser->end[parser->ends++];
        *end = (struct host_end){.letter = letter, .number = number, .window = 65535};
        set_default_address(parser, end, parser->ipv6);
        const struct tv_dialogue_options *options = parser->options;
        /* the top bit stays free, so that no dialogue wraps unless it says so or is shifted */
        end->isn = mix(number * 2 + (letter == 'b')) >> 1;
        end->isn += letter == 'a' ? options->shift_a : options->shift_b;
        return end;
}

static struct host_end *
take_end(struct parser *parser)
{
        skip_space(parser);
        char letter = *parser->p;
        if (letter != 'a' && letter != 'b') {
                fail(parser, "an end (a, b, a2 ...) expected at '%.20s'", parser->p);
                return &parser->end[0];
        }
        parser->p++;
        unsigned number = isdigit((unsigned char)*parser->p) ? (unsigned)take_number(parser, 20000) : 1;
        return find_end(parser, letter, number);
}

static bool
parse_ipv6(const char *text, uint8_t addr[16])
{
        uint16_t group[8];
        int count = 0, gap = -1;
        if (text[0] == ':' && text[1] == ':') {
                gap = 0;
                text += 2;
        }
        while (*text != '\0' && count < 8) {
                unsigned value = 0;
                int digits = 0;
                for (; hex_digit(*text) >= 0; text++, digits++)
                        value = value << 4 | (unsigned)hex_digit(*text);
                if (digits == 0 || digits > 4)
                        return false;
                group[count++] = (uint16_t)value;
                if (*text == '\0')
                        break;
                if (*text++ != ':')
                        return false;
                if (*text == ':') {
                        if (gap >= 0)
                                return false;
                        gap = count;
                        text++;
                }
        }
        if (*text != '\0' || (gap < 0) != (count == 8))
                return false;
        memset(addr, 0, 16);
        for (int i = 0; i < count; i++) {
                int at = gap >= 0 && i >= gap ? 8 - count + i : i;
                addr[2 * at] = (uint8_t)(group[i] >> 8);
                addr[2 * at + 1] = (uint8_t)group[i];
        }
        return true;
}

/* Takes 192.0.2.1 or [2001:db8::1], when one comes next. */
static void
take_address(struct parser *parser, uint8_t addr[16], bool *ipv6)
{
        skip_space(parser);
        if (*parser->p == '[') {
                char text[48];
                size_t size = strcspn(++parser->p, "]");
                if (size >= sizeof text || parser->p[size] != ']') {
                        fail(parser, "IPv6 address expected");
                        return;
                }
                memcpy(text, parser->p, size);
                text[size] = '\0';
                parser->p += size + 1;
                *ipv6 = true;
                if (!parse_ipv6(text, addr))
                        fail(parser, "IPv6 address expected at '%s'", text);
        } else if (isdigit((unsigned char)*parser->p)) {
                memset(addr, 0, 16);
                *ipv6 = false;
                for (int i = 0; i < 4; i++) {
                        if (i > 0)
                                need(parser, ".");
                        addr[i] = (uint8_t)take_number(parser, 255);
                }
        }
}

static void
parse_end_setting(struct parser *parser, struct host_end *end)
{
        struct host_end *named = end;
        if (parser->options->swap_addresses)
                end = find_end(parser, named->letter == 'a' ? 'b' : 'a', named->number);
        end->set = true;
        take_address(parser, end->addr, &end->ipv6);
        if (take_word(parser, ":"))
                end->port = (uint16_t)take_number(parser, 65535);
        if (take_word(parser, "isn")) {
                named->isn = (uint32_t)take_number(parser, UINT32_MAX);
                named->isn += named->letter == 'a' ? parser->options->shift_a : parser->options->shift_b;
        }
}

/* ---- octets ---- */

static uint8_t *
be16(uint8_t *p, uint32_t value)
{
        p[0] = (uint8_t)(value >> 8);
        p[1] = (uint8_t)value;
        return p + 2;
}

static uint8_t *
be32(uint8_t *p, uint32_t value)
{
        return be16(be16(p, value >> 16), value);
}

static uint32_t
sum_words(const uint8_t *p, size_t size)
{
        uint32_t sum = 0;
        for (size_t i = 0; i + 1 < size; i += 2)
                sum += (uint32_t)p[i] << 8 | p[i + 1];
        if (size % 2 != 0)
                sum += (uint32_t)p[size - 1] << 8;
        return sum;
}

static uint16_t
fold(uint64_t sum)
{
        while (sum > 0xffff)
                sum = (sum & 0xffff) + (sum >> 16);
        return (uint16_t)sum;
}

static uint8_t
payload_octet(char letter, int64_t offset, uint64_t other)
{
        uint32_t word = mix((uint32_t)((uint64_t)offset >> 2) ^ (uint32_t)other * 0x9e3779b1 ^
                            (letter == 'a' ? 0 : 0x55555555));
        return (uint8_t)(word >> 8 * ((uint64_t)offset & 3));
}

/* Of the machine that captured. */
static uint8_t
linux_packet_type(const struct written *w)
{
        static const uint8_t types[] = {[TV_PASSED_IN] = 0, [TV_PASSED_OUT] = 4, [TV_PASSED_BY] = 3};
        if (w->passed != TV_PASSED_UNKNOWN)
                return types[w->passed];
        return w->from->letter == 'a' ? 4 : 0;
}

static uint8_t *
put_mac(uint8_t *p, char letter)
{
        memcpy(p, (const uint8_t[]){2, 0, 0, 0, 0, letter == 'a' ? 0x0a : letter == 'b' ? 0x0b : 0x0c}, 6);
        return p + 6;
}

/* What stands before a step, and so how it is announced. */
enum announced { LINK_ETHERNET_BEGINS, BY_ETHERTYPE, BY_PPP, BY_VERSION, BY_LABEL };

static uint8_t *
announce(uint8_t *p, enum announced how, uint16_t ether_type)
{
        if (how == BY_PPP)
                return be16(p, ether_type == 0x86dd ? 0x0057 : 0x0021);
        return how == BY_ETHERTYPE ? be16(p, ether_type) : p;
}

/* The header of an IP packet between the gateways 192.0.2.1 and 192.0.2.2, of |octets| behind it. */
static uint8_t *
put_gateways(uint8_t *p, const struct written *w, uint8_t protocol, size_t octets)
{
        uint8_t *begin = p;
        const uint8_t from = w->from->letter == 'a' ? 1 : 2;

        p = be16(p, 0x4500);
        p = be16(p, (uint32_t)(20 + octets));
        p = be32(p, 0);
        *p++ = 64;
        *p++ = protocol;
        p = be16(p, 0);
        memcpy(p, (const uint8_t[]){192, 0, 2, from, 192, 0, 2, (uint8_t)(3 - from)}, 8);
        be16(begin + 10, (uint16_t)~fold(sum_words(begin, 20)));
        return p + 8;
}

static uint8_t *
put_udp(uint8_t *p, uint16_t port, size_t octets)
{
        p = be16(p, 49152);
        p = be16(p, port);
        p = be16(p, (uint32_t)(8 + octets));
        return be16(p, 0);
}

/* Everything from step |i| on up to the innermost IP packet, which has |inner| octets. */
static uint8_t *
put_way(uint8_t *p, const struct written *w, uint8_t i, enum announced how, size_t inner)
{
        static uint8_t scratch[4096];
        const uint8_t kind = i < w->steps ? w->step[i].kind : TV_STEPS;
        const uint8_t next = i + 1 < w->steps ? w->step[i + 1].kind : TV_STEPS;
        const uint32_t id = i < w->steps ? w->step[i].id : 0;
        size_t behind;

        if (how == LINK_ETHERNET_BEGINS)
                return put_way(put_mac(put_mac(p, w->to->letter), w->from->letter), w, i, BY_ETHERTYPE, inner);
        switch (kind) {
        case TV_STEPS:
                return announce(p, how, w->ipv6 ? 0x86dd : 0x0800);
        case TV_STEP_VLAN:
                p = be16(p, next == TV_STEP_VLAN ? 0x88a8 : 0x8100); /* an outer tag is a service tag (802.1ad) */
                return put_way(be16(p, id), w, i + 1, BY_ETHERTYPE, inner);
        case TV_STEP_MPLS:
                p = be32(announce(p, how, 0x8847), id << 12 | (next == TV_STEP_MPLS ? 0 : 0x100) | 64);
                return put_way(p, w, i + 1, next == TV_STEP_MPLS ? BY_LABEL : BY_VERSION, inner);
        case TV_STEP_PPPOE:
                behind = (size_t)(put_way(scratch, w, i + 1, BY_PPP, inner) - scratch) + inner;
                p = be16(be16(be16(announce(p, how, 0x8864), 0x1100), id), (uint32_t)behind);
                return put_way(p, w, i + 1, BY_PPP, inner);
        case TV_STEP_IPV4:
                behind = (size_t)(put_way(scratch, w, i + 1, BY_VERSION, inner) - scratch) + inner;
                p = put_gateways(announce(p, how, 0x0800), w, w->ipv6 ? 41 : 4, behind);
                return put_way(p, w, i + 1, BY_VERSION, inner);
        case TV_STEP_GRE:
        case TV_STEP_GRE_KEY:
                behind = (size_t)(put_way(scratch, w, i + 1, BY_ETHERTYPE, inner) - scratch) + inner + 2;
                behind += kind == TV_STEP_GRE_KEY ? 4 : 0;
                p = put_gateways(announce(p, how, 0x0800), w, 47, behind);
                if (kind == TV_STEP_GRE)
                        return put_way(be16(p, 0), w, i + 1, BY_ETHERTYPE, inner);
                /* The key stands behind the type, which is that of an IP packet. */
                return be32(be16(be16(p, 0x2000), w->ipv6 ? 0x86dd : 0x0800), id);
        case TV_STEP_VXLAN:
        case TV_STEP_GENEVE:
                behind = (size_t)(put_way(scratch, w, i + 1, LINK_ETHERNET_BEGINS, inner) - scratch) + inner + 8;
                p = put_gateways(announce(p, how, 0x0800), w, 17, behind + 8);
                p = put_udp(p, kind == TV_STEP_VXLAN ? 4789 : 6081, behind);
                p = be32(be32(p, kind == TV_STEP_VXLAN ? 0x08000000 : 0x00006558), id << 8);
                return put_way(p, w, i + 1, LINK_ETHERNET_BEGINS, inner);
        default: /* TV_STEP_GTP */
                behind = (size_t)(put_way(scratch, w, i + 1, BY_VERSION, inner) - scratch) + inner;
                p = put_gateways(announce(p, how, 0x0800), w, 17, behind + 8 + 8);
                p = be32(be16(be16(put_udp(p, 2152, behind + 8), 0x30ff), (uint32_t)behind), id);
                return put_way(p, w, i + 1, BY_VERSION, inner);
        }
}

static uint8_t *
put_link_header(uint8_t *p, const struct written *w, int link, bool big_endian, size_t inner_octets)
{
        const uint16_t ether_type = w->ipv6 ? 0x86dd : 0x0800;
        switch (link) {
        case LINK_ETHERNET:
                return put_way(p, w, 0, LINK_ETHERNET_BEGINS, inner_octets);
        case LINK_SLL:
                p = be16(p, linux_packet_type(w));
                p = be16(p, 1);
                p = be16(p, 6);
                p = put_mac(p, w->from->letter);
                p = be16(p, 0);
                return be16(p, ether_type);
        case LINK_SLL2:
                p = be16(p, ether_type);
                p = be16(p, 0);
                p = be32(p, 2);
                p = be16(p, 1);
                *p++ = linux_packet_type(w);
                *p++ = 6;
                p = put_mac(p, w->from->letter);
                return be16(p, 0);
        case LINK_PPP:
                return be32(p, w->ipv6 ? 0xff030057 : 0xff030021);
        case LINK_RADIOTAP: {
                /* No field of radiotap; data from a station (a) or to one (b), whose access point is between both. */
                const bool to_access_point = w->from->letter == 'a';
                static const uint8_t radiotap[8] = {0, 0, 8}, snap[6] = {0xaa, 0xaa, 3};
                memcpy(p, radiotap, sizeof radiotap);
                p = be16(p + sizeof radiotap, to_access_point ? 0x0801 : 0x0802);
                p = be16(p, 0);
                p = put_mac(p, to_access_point ? 'x' : w->to->letter);
                p = put_mac(p, to_access_point ? w->from->letter : 'x');
                p = put_mac(p, to_access_point ? w->to->letter : w->from->letter);
                p = be16(p, 0);
                memcpy(p, snap, sizeof snap);
                return be16(p + sizeof snap, ether_type);
        }
        case LINK_NULL: {
                uint8_t family = w->ipv6 ? 30 : 2;
                memset(p, 0, 4);
                p[big_endian ? 3 : 0] = family;
                return p + 4;
        }
        case LINK_LOOP:
                return be32(p, w->ipv6 ? 30 : 2);
        default:
                return p;
        }
}

static uint8_t *
put_ip_header(uint8_t *p, const struct written *w, uint8_t protocol, uint32_t octets)
{
        if (w->ipv6) {
                p = be32(p, 0x60000000u | (uint32_t)w->tos << 20);
                p = be16(p, w->has_iplen ? w->iplen : octets);
                *p++ = protocol;
                *p++ = w->ttl;
                memcpy(p, w->from->addr, 16);
                memcpy(p + 16, w->to->addr, 16);
                return p + 32;
        }
        uint8_t *begin = p;
        *p++ = 0x45;
        *p++ = w->tos;
        p = be16(p, w->has_iplen ? w->iplen : 20 + octets);
        p = be16(p, w->ip_id);
        p = be16(p, w->df ? 0x4000 : 0);
        *p++ = w->ttl;
        *p++ = protocol;
        p = be16(p, 0);
        memcpy(p, w->from->addr, 4);
        memcpy(p + 4, w->to->addr, 4);
        be16(begin + 10, (uint16_t)~fold(sum_words(begin, 20)));
        return p + 8;
}

static int
compare_ends(const struct host_end *x, const struct host_end *y)
{
        int order = memcmp(x->addr, y->addr, 16);
        return order != 0 ? order : (int)x->port - (int)y->port;
}

/* The segment that a decoder has to find in the packet. */
static void
describe(struct tv_dialogue_packet *packet, const struct written *w, uint32_t headers_before_payload,
         uint32_t ip_and_tcp_octets, size_t frame)
{
        struct tv_segment *seg = &packet->segment;
        struct tv_segment_more *more = &packet->more;
        const struct host_end *low = w->from, *high = w->to;
        seg->frame = tv_frame_make(1, frame);
        seg->time = packet->time;
        if (compare_ends(w->from, w->to) > 0) {
                low = w->to;
                high = w->from;
                seg->bits |= TV_SEG_FROM_HIGH;
        }
        memcpy(seg->key.addr[0], low->addr, 16);
        memcpy(seg->key.addr[1], high->addr, 16);
        seg->key.port[0] = low->port;
        seg->key.port[1] = high->port;
        seg->seq = w->seq;
        seg->ack = w->ack;
        seg->length = w->length;
        seg->flags = w->flags;
        seg->window = w->window;
        seg->header_bytes = (uint16_t)ip_and_tcp_octets;
        seg->ttl = w->ttl;
        seg->traffic_class = w->tos;
        if (w->ipv6) {
                seg->bits |= TV_SEG_IPV6 | TV_SEG_ATOMIC;
        } else {
                seg->ip_id = w->ip_id;
                seg->bits |= TV_SEG_HAS_IP_ID | (w->df ? TV_SEG_ATOMIC : 0);
        }
        if (w->has_iplen && w->iplen == 0)
                seg->bits |= TV_SEG_LENGTH_GUESSED;
        uint32_t payload = packet->captured > headers_before_payload ? packet->captured - headers_before_payload : 0;
        if (payload < w->length)
                seg->bits |= TV_SEG_CUT;
        seg->payload_sum = sum_words(packet->bytes + headers_before_payload, payload);
        seg->checksum = packet->captured < packet->length ? TV_CHECKSUM_UNCHECKED
                        : w->bad_checksum                 ? TV_CHECKSUM_WRONG
                        : w->offload                      ? TV_CHECKSUM_OFFLOADED
                                                          : TV_CHECKSUM_GOOD;

        for (size_t i = 0; i < w->option_octets && w->option[i] != 0;) {
                const uint8_t *option = w->option + i;
                if (option[0] == 1) {
                        i++;
                        continue;
                }
                switch (option[0]) {
                case 2:
                        seg->options |= TV_OPT_MSS;
                        more->mss = (uint16_t)(option[2] << 8 | option[3]);
                        seg->bits |= TV_SEG_MORE;
                        break;
                case 3:
                        seg->options |= TV_OPT_WSCALE;
                        seg->wscale = option[2];
                        break;
                case 4:
                        seg->options |= TV_OPT_SACK_OK;
                        break;
                case 5:
                        seg->options |= TV_OPT_SACK;
                        seg->bits |= TV_SEG_MORE;
                        for (unsigned k = 0; k < (option[1] - 2u) / 8; k++) {
                                const uint8_t *edge = option + 2 + 8 * k;
                                more->sack_left[k] = (uint32_t)edge[0] << 24 | (uint32_t)edge[1] << 16 |
                                                     (uint32_t)edge[2] << 8 | edge[3];
                                more->sack_right[k] = (uint32_t)edge[4] << 24 | (uint32_t)edge[5] << 16 |
                                                      (uint32_t)edge[6] << 8 | edge[7];
                                seg->sack_blocks = (uint8_t)(k + 1);
                        }
                        break;
                case 8:
                        seg->options |= TV_OPT_TIMESTAMPS;
                        seg->tsval = (uint32_t)option[2] << 24 | (uint32_t)option[3] << 16 | (uint32_t)option[4] << 8 |
                                     option[5];
                        seg->tsecr = (uint32_t)option[6] << 24 | (uint32_t)option[7] << 16 | (uint32_t)option[8] << 8 |
                                     option[9];
                        break;
                case 34:
                        seg->options |= TV_OPT_FAST_OPEN;
                        more->fast_open_cookie = (uint8_t)(option[1] - 2);
                        seg->bits |= TV_SEG_MORE;
                        break;
                default:
                        seg->options |= TV_OPT_UNKNOWN;
                        break;
                }
                i += option[1];
        }
        if (w->urgent != 0) {
                more->urgent = w->urgent;
                seg->bits |= TV_SEG_MORE;
        }
        if (w->steps > 0) {
                more->context.steps = w->steps;
                for (unsigned i = 0; i < w->steps; i++) {
                        more->context.kind[i] = w->step[i].kind;
                        more->context.id[i] = w->step[i].id;
                }
                seg->bits |= TV_SEG_MORE;
        }
}

static struct tv_dialogue_packet *
new_packet(struct parser *parser)
{
        struct tv_dialogue *dialogue = parser->dialogue;
        if (dialogue->count == dialogue->room) {
                size_t room = dialogue->room == 0 ? 32 : dialogue->room * 2;
                struct tv_dialogue_packet *grown = realloc(dialogue->packets, room * sizeof *grown);
                if (grown == NULL) {
                        fail(parser, "out of memory");
                        return NULL;
                }
                dialogue->packets = grown;
                dialogue->room = room;
        }
        struct tv_dialogue_packet *packet = &dialogue->packets[dialogue->count];
        *packet = (struct tv_dialogue_packet){.line = parser->line};
        return packet;
}

/* The IP packet at |ip|, which has room for 100 octets and the payload.  Returns its end. */
static uint8_t *
put_segment(uint8_t *ip, const struct written *w, uint8_t **payload)
{
        const uint32_t tcp_header = (uint32_t)(20 + w->option_octets);
        uint8_t *tcp = put_ip_header(ip, w, 6, tcp_header + w->length);
        uint8_t *p = be16(tcp, w->from->port);
        p = be16(p, w->to->port);
        p = be32(p, w->seq);
        p = be32(p, w->ack);
        p = be16(p, (tcp_header / 4) << 12 | w->flags);
        p = be16(p, w->window);
        p = be16(p, 0);
        p = be16(p, w->urgent);
        memcpy(p, w->option, w->option_octets);
        p += w->option_octets;
        *payload = p;
        for (uint32_t i = 0; i < w->length; i++)
                *p++ = payload_octet(w->from->letter, w->offset + i, w->other_payload);

        const size_t address_octets = w->ipv6 ? 16 : 4;
        uint64_t sum = sum_words(w->from->addr, address_octets) + (uint64_t)sum_words(w->to->addr, address_octets) + 6 +
                       tcp_header + w->length;
        uint16_t pseudo = fold(sum);
        uint16_t checksum = (uint16_t)~fold(pseudo + (uint64_t)sum_words(tcp, tcp_header + w->length));
        be16(tcp + 16, w->offload ? pseudo : w->bad_checksum ? checksum ^ 0x1234u : checksum);
        return p;
}

/* The ICMP error that quotes |w|, to its sender. */
static uint8_t *
put_icmp(uint8_t *ip, const struct written *w, uint8_t *segment)
{
        struct host_end sender = *w->to;
        struct written outer = {.from = &sender, .to = w->from, .ipv6 = w->ipv6, .df = true, .ttl = 64};
        const size_t address_octets = w->ipv6 ? 16 : 4;
        const uint8_t protocol = w->ipv6 ? 58 : 1;
        uint8_t *ignored;
        uint32_t quoted = (uint32_t)(put_segment(segment, w, &ignored) - segment);
        const uint32_t quote = (w->ipv6 ? 40 : 20) + w->icmp_quote;

        if (quote < quoted)
                quoted = quote;
        memcpy(sender.addr, w->icmp_from, sizeof sender.addr);
        uint8_t *icmp = put_ip_header(ip, &outer, protocol, 8 + quoted), *p = icmp;
        *p++ = w->icmp_type;
        *p++ = w->icmp_code;
        p = be16(p, 0);
        p = be32(p, w->icmp_mtu);
        memcpy(p, segment, quoted);
        p += quoted;
        uint64_t sum = sum_words(icmp, (size_t)(p - icmp));
        if (w->ipv6)
                sum += sum_words(sender.addr, address_octets) + (uint64_t)sum_words(w->from->addr, address_octets) +
                       protocol + (uint64_t)(p - icmp);
        be16(icmp + 2, (uint16_t)~fold(sum));
        return p;
}

static void
add_packet(struct parser *parser, const struct written *w, tv_time time)
{
        struct tv_dialogue_packet *packet = new_packet(parser);
        if (packet == NULL)
                return;
        enum { WAY_MAX = 768 }; /* octets before the innermost IP packet */
        uint8_t *octets = malloc(WAY_MAX + 256 + (size_t)w->length), *segment = malloc(128 + (size_t)w->length);
        if (octets == NULL || segment == NULL) {
                free(octets);
                free(segment);
                fail(parser, "out of memory");
                return;
        }
        struct written link = *w;
        if (w->icmp) {
                link.from = w->to;
                link.to = w->from;
        }
        /* The IP packet first: what is around it tells its length. */
        uint8_t *ip = octets + WAY_MAX;
        uint8_t *payload = NULL;
        uint8_t *p = w->icmp ? put_icmp(ip, w, segment) : put_segment(ip, w, &payload);
        const size_t ip_octets = (size_t)(p - ip);
        uint8_t *end = put_link_header(octets, &link, parser->dialogue->file.link_type,
                                       parser->dialogue->file.big_endian, ip_octets);
        memmove(end, ip, ip_octets);
        payload = w->icmp ? NULL : end + (payload - ip);
        ip = end;
        p = end + ip_octets;
        free(segment);

        packet->time = time;
        packet->bytes = octets;
        packet->length = (uint32_t)(p - octets);
        packet->captured = packet->length;
        packet->link_type = parser->dialogue->file.link_type;
        parser->dialogue->file.links_differ |= packet->link_type != parser->dialogue->packets[0].link_type;
        packet->passed = w->passed;
        memcpy(packet->comment, w->comment, sizeof packet->comment);
        packet->drops = w->drops;
        if (w->caplen < packet->captured)
                packet->captured = w->caplen;
        if (parser->snaplen != 0 && parser->snaplen < packet->captured)
                packet->captured = parser->snaplen;
        parser->dialogue->count++;
        if (!w->icmp)
                describe(packet, w, (uint32_t)(payload - octets), (uint32_t)(payload - ip), parser->dialogue->count);
}

/* ---- the text ---- */

static void
parse_flags(struct parser *parser, struct written *w)
{
        if (take_word(parser, "none"))
                return;
        skip_space(parser);
        static const char letters[] = "FSRP.UEWe";
        const char *begin = parser->p;
        for (; *parser->p != '\0' && *parser->p != ' ' && *parser->p != '\t'; parser->p++) {
                const char *letter = strchr(letters, *parser->p == 'C' ? 'W' : *parser->p);
                if (letter == NULL) {
                        fail(parser, "unknown flag '%c'", *parser->p);
                        return;
                }
                w->flags |= (uint16_t)(1u << (letter - letters));
        }
        if (parser->p == begin)
                fail(parser, "flags expected");
}

static uint8_t *
new_option(struct parser *parser, struct written *w, uint8_t kind, size_t octets)
{
        static uint8_t unused[MAX_TCP_OPTIONS + 1];
        if (w->option_octets + octets > MAX_TCP_OPTIONS) {
                fail(parser, "more than %d octets of options", MAX_TCP_OPTIONS);
                return unused + 2;
        }
        uint8_t *option = w->option + w->option_octets;
        w->option_octets += octets;
        option[0] = kind;
        if (octets > 1)
                option[1] = (uint8_t)octets;
        return option + 2;
}

static void
parse_sack(struct parser *parser, struct written *w)
{
        uint8_t edges[8 * TV_MAX_SACK_BLOCKS];
        size_t blocks = 0;
        int64_t ignored;
        for (skip_space(parser); isdigit((unsigned char)*parser->p) || *parser->p == '-' || *parser->p == '@';
             skip_space(parser)) {
                if (blocks == TV_MAX_SACK_BLOCKS) {
                        fail(parser, "more than %d SACK blocks", TV_MAX_SACK_BLOCKS);
                        return;
                }
                be32(edges + 8 * blocks, take_sequence(parser, w->to->isn, &ignored));
                need(parser, ":");
                be32(edges + 8 * blocks + 4, take_sequence(parser, w->to->isn, &ignored));
                blocks++;
        }
        if (blocks == 0)
                fail(parser, "SACK without blocks");
        else
                memcpy(new_option(parser, w, 5, 2 + 8 * blocks), edges, 8 * blocks);
}

static void
parse_options(struct parser *parser, struct written *w)
{
        while (!parser->failed && !take_word(parser, ">")) {
                uint8_t octets[MAX_TCP_OPTIONS];
                if (take_word(parser, ",")) {
                        continue;
                } else if (take_word(parser, "mss")) {
                        be16(new_option(parser, w, 2, 4), (uint32_t)take_number(parser, 65535));
                } else if (take_word(parser, "ws")) {
                        *new_option(parser, w, 3, 3) = (uint8_t)take_number(parser, 255);
                } else if (take_word(parser, "sackOK")) {
                        new_option(parser, w, 4, 2);
                } else if (take_word(parser, "sack")) {
                        parse_sack(parser, w);
                } else if (take_word(parser, "TS")) {
                        need(parser, "val");
                        uint32_t value = (uint32_t)take_number(parser, UINT32_MAX);
                        need(parser, "ecr");
                        uint32_t echo = (uint32_t)take_number(parser, UINT32_MAX);
                        be32(be32(new_option(parser, w, 8, 10), value), echo);
                } else if (take_word(parser, "fo")) {
                        size_t size = take_hex(parser, octets, 16);
                        memcpy(new_option(parser, w, 34, 2 + size), octets, size);
                } else if (take_word(parser, "opt")) {
                        uint8_t kind = (uint8_t)take_number(parser, 255);
                        size_t size = take_hex(parser, octets, 38);
                        memcpy(new_option(parser, w, kind, 2 + size), octets, size);
                } else if (take_word(parser, "nop")) {
                        new_option(parser, w, 1, 1);
                } else if (take_word(parser, "eol")) {
                        new_option(parser, w, 0, 1);
                } else {
                        fail(parser, "unknown option at '%.20s'", parser->p);
                }
        }
        while (w->option_octets % 4 != 0)
                new_option(parser, w, 1, 1);
}

/* |most|: the largest number of such a step; 0: it has none. */
static void
add_step(struct parser *parser, struct written *w, enum tv_step kind, uint32_t most)
{
        if (w->steps == TV_MAX_STEPS) {
                fail(parser, "more than %d tags and tunnels", TV_MAX_STEPS);
                return;
        }
        /* What an Ethernet type announces needs one before it; behind a GRE key nothing but IP is written. */
        const uint8_t before = w->steps > 0 ? w->step[w->steps - 1].kind : TV_STEP_VLAN;
        const bool typed = before == TV_STEP_VLAN || before == TV_STEP_GRE || before == TV_STEP_VXLAN ||
                           before == TV_STEP_GENEVE || (before == TV_STEP_MPLS && kind == TV_STEP_MPLS);
        if (before == TV_STEP_GRE_KEY ||
            (!typed && (kind == TV_STEP_VLAN || kind == TV_STEP_MPLS || kind == TV_STEP_PPPOE))) {
                fail(parser, "this cannot stand in that");
                return;
        }
        w->step[w->steps].kind = (uint8_t)kind;
        w->step[w->steps++].id = most != 0 ? (uint32_t)take_number(parser, most) : 0;
}

static void
parse_extra(struct parser *parser, struct written *w)
{
        if (take_word(parser, "id")) {
                w->ip_id = (uint16_t)take_number(parser, 65535);
                w->from->ip_id = w->ip_id;
        } else if (take_word(parser, "ttl")) {
                w->ttl = (uint8_t)take_number(parser, 255);
        } else if (take_word(parser, "tos")) {
                w->tos = (uint8_t)take_number(parser, 255);
        } else if (take_word(parser, "vlan")) {
                add_step(parser, w, TV_STEP_VLAN, 4095);
        } else if (take_word(parser, "mpls")) {
                add_step(parser, w, TV_STEP_MPLS, 0xfffff);
        } else if (take_word(parser, "pppoe")) {
                add_step(parser, w, TV_STEP_PPPOE, 0xffff);
        } else if (take_word(parser, "ipip")) {
                add_step(parser, w, TV_STEP_IPV4, 0);
        } else if (take_word(parser, "gre")) {
                add_step(parser, w, TV_STEP_GRE, 0);
        } else if (take_word(parser, "grekey")) {
                add_step(parser, w, TV_STEP_GRE_KEY, UINT32_MAX);
        } else if (take_word(parser, "vxlan")) {
                add_step(parser, w, TV_STEP_VXLAN, 0xffffff);
        } else if (take_word(parser, "geneve")) {
                add_step(parser, w, TV_STEP_GENEVE, 0xffffff);
        } else if (take_word(parser, "gtp")) {
                add_step(parser, w, TV_STEP_GTP, UINT32_MAX);
        } else if (take_word(parser, "v6")) {
                if (!w->from->set)
                        set_default_address(parser, w->from, true);
                if (!w->to->set)
                        set_default_address(parser, w->to, true);
                w->ipv6 = true;
        } else if (take_word(parser, "nodf")) {
                w->df = false;
        } else if (take_word(parser, "badsum")) {
                w->bad_checksum = true;
        } else if (take_word(parser, "offload")) {
                w->offload = true;
        } else if (take_word(parser, "caplen")) {
                w->caplen = (uint32_t)take_number(parser, 262144);
        } else if (take_word(parser, "iplen")) {
                w->has_iplen = true;
                w->iplen = (uint16_t)take_number(parser, 65535);
        } else if (take_word(parser, "urg")) {
                w->urgent = (uint16_t)take_number(parser, 65535);
        } else if (take_word(parser, "icmp")) {
                bool ipv6 = w->ipv6;
                w->icmp = true;
                w->icmp_type = (uint8_t)take_number(parser, 255);
                need(parser, "/");
                w->icmp_code = (uint8_t)take_number(parser, 255);
                memcpy(w->icmp_from, w->to->addr, sizeof w->icmp_from);
                w->icmp_quote = w->ipv6 ? 1192 : 8; /* RFC 4443 section 2.4 (c); RFC 792 */
                if (take_word(parser, "from"))
                        take_address(parser, w->icmp_from, &ipv6);
                if (ipv6 != w->ipv6)
                        fail(parser, "the sender of the error has another IP version");
                if (take_word(parser, "mtu"))
                        w->icmp_mtu = (uint32_t)take_number(parser, UINT32_MAX);
                if (take_word(parser, "quote"))
                        w->icmp_quote = (uint32_t)take_number(parser, 1192);
                if (w->ip_id == w->from->ip_id) /* no packet of this end: its last one is quoted */
                        w->ip_id = --w->from->ip_id;
        } else if (take_word(parser, "in")) {
                w->passed = TV_PASSED_IN;
        } else if (take_word(parser, "out")) {
                w->passed = TV_PASSED_OUT;
        } else if (take_word(parser, "by")) {
                w->passed = TV_PASSED_BY;
        } else if (take_word(parser, "drops")) {
                w->drops = take_number(parser, UINT32_MAX);
        } else if (take_word(parser, "comment")) {
                size_t n = 0;
                for (skip_space(parser); *parser->p != '}' && *parser->p != '\0' && n + 1 < sizeof w->comment;
                     parser->p++)
                        w->comment[n++] = *parser->p;
        } else if (take_word(parser, "payload")) {
                w->other_payload = take_number(parser, UINT32_MAX - 1) + 1;
        } else {
                fail(parser, "unknown extra at '%.20s'", parser->p);
        }
        need(parser, "}");
}

static void
parse_segment(struct parser *parser)
{
        struct written w = {.ttl = 64, .df = true, .caplen = UINT32_MAX};
        int64_t end, ignored;
        w.time = take_time(parser);
        w.from = take_end(parser);
        need(parser, ">");
        w.to = take_end(parser);
        if (parser->failed)
                return;
        if (w.from == w.to) {
                fail(parser, "an end cannot send to itself");
                return;
        }
        parse_flags(parser, &w);
        w.seq = take_sequence(parser, w.from->isn, &w.offset);
        need(parser, ":");
        (void)take_sequence(parser, w.from->isn, &end);
        need(parser, "(");
        w.length = (uint32_t)take_number(parser, 262000);
        need(parser, ")");
        if (!parser->failed && end != w.offset + (int64_t)w.length) {
                fail(parser, "%lld:%lld is not %u octets", (long long)w.offset, (long long)end, w.length);
                return;
        }
        if ((w.flags & TV_SYN) != 0)
                w.offset++; /* data in a SYN are the stream's first octets, which begin at 1 */
        if (take_word(parser, "ack"))
                w.ack = take_sequence(parser, w.to->isn, &ignored);
        else if ((w.flags & TV_ACK) != 0)
                fail(parser, "'ack N' expected: the segment has the flag '.'");
        w.window = take_word(parser, "win") ? (uint16_t)take_number(parser, 65535) : w.from->window;
        w.from->window = w.window;
        if (take_word(parser, "<"))
                parse_options(parser, &w);
        w.ipv6 = w.from->ipv6;
        w.ip_id = ++w.from->ip_id;
        while (!parser->failed && take_word(parser, "{"))
                parse_extra(parser, &w);
        skip_space(parser);
        if (*parser->p != '\0' && *parser->p != '#')
                fail(parser, "cannot read '%.30s'", parser->p);
        if (!parser->failed && w.from->ipv6 != w.to->ipv6)
                fail(parser, "one end has an IPv4 address and the other an IPv6 address");
        const uint32_t all = (uint32_t)(20 + w.option_octets) + w.length + (w.ipv6 ? 0 : 20);
        if (!parser->failed && all > 65535 && !w.has_iplen)
                fail(parser, "%u octets do not fit the IP length field: {iplen 0}", all);
        if (parser->failed)
                return;
        tv_time time = parser->start + w.time + parser->options->shift_time;
        add_packet(parser, &w, time);
        if (parser->twice != 0 && !parser->failed)
                add_packet(parser, &w, time + parser->twice);
}

static void
parse_setting(struct parser *parser)
{
        struct tv_pcap_options *file = &parser->dialogue->file;
        if (take_word(parser, "start")) {
                parser->start = take_time(parser);
        } else if (take_word(parser, "v6")) {
                parser->ipv6 = true;
        } else if (take_word(parser, "snaplen")) {
                parser->snaplen = (uint32_t)take_number(parser, 262144);
                file->snaplen = parser->snaplen;
        } else if (take_word(parser, "twice")) {
                parser->twice = take_time(parser);
        } else if (take_word(parser, "cut")) {
                parser->dialogue->cut = take_number(parser, 1 << 20);
        } else if (take_word(parser, "link")) {
                static const struct {
                        const char *name;
                        int type;
                } links[] = {{"ethernet", LINK_ETHERNET}, {"sll2", LINK_SLL2},         {"sll", LINK_SLL},
                             {"null", LINK_NULL},         {"loop", LINK_LOOP},         {"raw", LINK_RAW},
                             {"ppp", LINK_PPP},           {"radiotap", LINK_RADIOTAP}, {"user", LINK_USER}};
                size_t i = 0;
                while (i < sizeof links / sizeof *links && !take_word(parser, links[i].name))
                        i++;
                if (i == sizeof links / sizeof *links)
                        fail(parser, "unknown link type '%.20s'", parser->p);
                else
                        file->link_type = links[i].type;
        } else if (take_word(parser, "format")) {
                file->pcapng = take_word(parser, "pcapng");
                if (!file->pcapng)
                        need(parser, "pcap");
        } else if (take_word(parser, "clock")) {
                file->nanoseconds = take_word(parser, "ns");
                if (!file->nanoseconds)
                        need(parser, "us");
        } else if (take_word(parser, "order")) {
                file->big_endian = take_word(parser, "big");
                if (!file->big_endian)
                        need(parser, "little");
        } else {
                struct host_end *end = take_end(parser);
                need(parser, "=");
                parse_end_setting(parser, end);
        }
        skip_space(parser);
        if (!parser->failed && *parser->p != '\0' && *parser->p != '#')
                fail(parser, "cannot read '%.30s'", parser->p);
}

static void
parse_lines(struct parser *parser, char *text)
{
        for (char *line = text; line != NULL && !parser->failed;) {
                char *next = strchr(line, '\n');
                if (next != NULL)
                        *next++ = '\0';
                parser->line++;
                parser->p = line;
                skip_space(parser);
                if (isdigit((unsigned char)*parser->p) || *parser->p == '-') {
                        parse_segment(parser);
                } else if (*parser->p != '\0' && *parser->p != '#') {
                        parse_setting(parser);
                }
                line = next;
        }
}

struct tv_dialogue *
tv_dialogue_new(const char *text, const struct tv_dialogue_options *options, char error[TV_DIALOGUE_ERROR])
{
        static const struct tv_dialogue_options none;
        struct tv_dialogue *dialogue = calloc(1, sizeof *dialogue);
        struct parser *parser = calloc(1, sizeof *parser);
        size_t size = strlen(text);
        char *copy = malloc(size + 1);
        if (dialogue == NULL || parser == NULL || copy == NULL) {
                snprintf(error, TV_DIALOGUE_ERROR, "out of memory");
                free(dialogue);
                free(parser);
                free(copy);
                return NULL;
        }
        memcpy(copy, text, size + 1);
        for (char *c = copy; *c != '\0'; c++)
                if (*c == '\r')
                        *c = ' ';
        dialogue->file.link_type = LINK_ETHERNET;
        parser->dialogue = dialogue;
        parser->options = options != NULL ? options : &none;
        parser->error = error;
        parser->start = INT64_C(1700000000) * 1000000000;
        error[0] = '\0';
        parse_lines(parser, copy);
        bool failed = parser->failed;
        free(parser);
        free(copy);
        if (failed) {
                tv_dialogue_free(dialogue);
                return NULL;
        }
        return dialogue;
}

struct tv_dialogue *
tv_dialogue_read(const char *path, const struct tv_dialogue_options *options, char error[TV_DIALOGUE_ERROR])
{
        FILE *file = fopen(path, "rb");
        char *text = malloc(MAX_TEXT_FILE);
        struct tv_dialogue *dialogue = NULL;
        if (file == NULL || text == NULL) {
                snprintf(error, TV_DIALOGUE_ERROR, "cannot be read");
        } else {
                size_t size = fread(text, 1, MAX_TEXT_FILE - 1, file);
                text[size] = '\0';
                dialogue = tv_dialogue_new(text, options, error);
        }
        free(text);
        if (file != NULL)
                fclose(file);
        return dialogue;
}

void
tv_dialogue_free(struct tv_dialogue *dialogue)
{
        if (dialogue == NULL)
                return;
        for (size_t i = 0; i < dialogue->count; i++)
                free(dialogue->packets[i].bytes);
        free(dialogue->packets);
        free(dialogue);
}

struct tv_packet
tv_dialogue_packet(const struct tv_dialogue *dialogue, size_t index)
{
        const struct tv_dialogue_packet *packet = &dialogue->packets[index];
        return (struct tv_packet){.data = packet->bytes,
                                  .captured = packet->captured,
                                  .length = packet->length,
                                  .time = packet->time,
                                  .frame = tv_frame_make(1, index + 1),
                                  .link_type = packet->link_type,
                                  .passed = (uint8_t)packet->passed,
                                  .comment = packet->comment[0] != '\0' ? packet->comment : NULL};
}

void
tv_dialogue_capture(const struct tv_dialogue *dialogue, struct tv_pcap_buffer *buffer)
{
        tv_pcap_buffer_init(buffer, &dialogue->file);
        for (size_t i = 0; i < dialogue->count; i++) {
                struct tv_packet packet = tv_dialogue_packet(dialogue, i);
                tv_pcap_buffer_add_dropping(buffer, &packet, dialogue->packets[i].drops);
        }
        tv_pcap_buffer_cut(buffer, dialogue->cut);
}

bool
tv_dialogue_save(const struct tv_dialogue *dialogue, const char *path)
{
        struct tv_pcap_buffer buffer;
        tv_dialogue_capture(dialogue, &buffer);
        bool saved = tv_pcap_buffer_save(&buffer, path);
        tv_pcap_buffer_clear(&buffer);
        return saved;
}
