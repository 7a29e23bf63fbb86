/* ICMP errors (RFC 792, RFC 4443): which TCP segment they quote, at every length that a snaplen can leave. */
#include "tests/support/packet_builder.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ETHERNET = 14, IPV4 = 20, IPV6 = 40, ICMP = 8 };

static union tv_aside aside;

/* From a heap buffer of the exact size, with rubbish in |aside|. */
static enum tv_bucket
decode_cut(const struct tv_build *b, size_t captured)
{
        uint8_t *exact = malloc(captured > 0 ? captured : 1);
        struct tv_segment_more more;
        struct tv_segment seg;
        enum tv_bucket bucket;

        assert_non_null(exact);
        memcpy(exact, b->bytes, captured);
        memset(&aside, 0xa5, sizeof aside);

        struct tv_packet packet = {.data = exact,
                                   .captured = (uint32_t)captured,
                                   .length = (uint32_t)b->length,
                                   .frame = tv_frame_make(1, 7),
                                   .link_type = DLT_EN10MB};
        bucket = tv_decode(&packet, &seg, &more, &aside);
        free(exact);
        return bucket;
}

static enum tv_bucket
decode(const struct tv_build *b)
{
        return decode_cut(b, b->length);
}

/* What 10.0.0.2:5555 sent to 10.0.0.1:80 with SEQ 0x01020304, as far as RFC 792 promises it. */
static void
quote_v4(struct tv_build *b, uint8_t protocol, uint16_t fragment, size_t options)
{
        size_t at = b->length;

        tv_build_bytes(b, (const uint8_t[]){(uint8_t)(0x45 + options / 4), 0, 0, 60, 0, 1}, 6);
        tv_build_be16(b, fragment);
        tv_build_bytes(b, (const uint8_t[]){63, protocol, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1}, 12);
        for (size_t i = 0; i < options; i++)
                tv_build_bytes(b, (const uint8_t[]){1}, 1);
        tv_build_poke16(b, at + 10, (uint16_t)~tv_build_sum(b->bytes + at, IPV4 + options));
        tv_build_be16(b, 5555);
        tv_build_be16(b, 80);
        tv_build_be32(b, 0x01020304);
}

/* The message of 10.0.0.1 to 10.0.0.2 up to what it quotes. */
static struct tv_build
message_v4(uint8_t type, uint8_t code, uint32_t rest)
{
        struct tv_build b = {.length = 0};

        tv_build_ethernet(&b, 0x0800);
        tv_build_ipv4(&b, 1, 0, 0);
        tv_build_bytes(&b, (const uint8_t[]){type, code, 0xab, 0xcd}, 4);
        tv_build_be32(&b, rest);
        return b;
}

static struct tv_build
error_v4(uint8_t type, uint8_t code, uint32_t rest)
{
        struct tv_build b = message_v4(type, code, rest);

        quote_v4(&b, 6, 0x4000, 0);
        tv_build_finish(&b);
        return b;
}

static void
unreachable_names_the_segment_that_it_quotes(void **state)
{
        struct tv_build b = error_v4(3, 1, 0);

        (void)state;
        assert_int_equal(decode(&b), TV_BUCKET_icmp);
        assert_int_equal(aside.icmp.kind, TV_ICMP_UNREACHABLE);
        assert_int_equal(aside.icmp.type, 3);
        assert_int_equal(aside.icmp.code, 1);
        assert_int_equal(aside.icmp.checksum, 0xabcd);
        assert_int_equal(aside.icmp.mtu, 0);
        assert_int_equal(aside.icmp.seq, 0x01020304);
        assert_false(aside.icmp.ipv6);
        assert_true(aside.icmp.from_high); /* 10.0.0.2 sent it */
        assert_memory_equal(aside.icmp.sender, "\x0a\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 16);
        assert_memory_equal(aside.icmp.key.addr[0], "\x0a\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 16);
        assert_memory_equal(aside.icmp.key.addr[1], "\x0a\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0", 16);
        assert_int_equal(aside.icmp.key.port[0], 80);
        assert_int_equal(aside.icmp.key.port[1], 5555);
}

static void
types_have_their_kinds(void **state)
{
        static const struct {
                uint8_t type, code;
                enum tv_icmp_kind kind;
        } cases[] = {
                {3, 0, TV_ICMP_UNREACHABLE},    {3, 3, TV_ICMP_UNREACHABLE}, {3, 4, TV_ICMP_TOO_BIG},
                {3, 13, TV_ICMP_UNREACHABLE},   {4, 0, TV_ICMP_QUENCH},      {5, 1, TV_ICMP_REDIRECT},
                {11, 0, TV_ICMP_TIME_EXCEEDED}, {12, 0, TV_ICMP_PARAMETER},  {0, 0, TV_ICMP_NONE},
                {8, 0, TV_ICMP_NONE},           {13, 0, TV_ICMP_NONE},       {30, 0, TV_ICMP_NONE},
                {1, 0, TV_ICMP_NONE},           {2, 0, TV_ICMP_NONE},
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct tv_build b = error_v4(cases[i].type, cases[i].code, 1400);

                assert_int_equal(decode(&b), TV_BUCKET_icmp);
                assert_int_equal(aside.icmp.kind, cases[i].kind);
                if (cases[i].kind != TV_ICMP_NONE)
                        assert_int_equal(aside.icmp.mtu, cases[i].kind == TV_ICMP_TOO_BIG ? 1400 : 0);
        }
}

static void
mtu_has_16_bits(void **state)
{
        struct tv_build b = error_v4(3, 4, 0xdead0578);

        (void)state;
        decode(&b);
        assert_int_equal(aside.icmp.mtu, 0x0578);
}

static void
every_cut_but_the_last_leaves_nothing(void **state)
{
        struct tv_build b = error_v4(3, 1, 0);

        (void)state;
        assert_int_equal(b.length, ETHERNET + IPV4 + ICMP + IPV4 + 8);
        for (size_t captured = ETHERNET + IPV4; captured < b.length; captured++) {
                assert_int_equal(decode_cut(&b, captured), TV_BUCKET_icmp);
                assert_int_equal(aside.icmp.kind, TV_ICMP_NONE);
        }
        assert_int_equal(decode_cut(&b, b.length), TV_BUCKET_icmp);
        assert_int_equal(aside.icmp.kind, TV_ICMP_UNREACHABLE);
}

static void
what_the_ip_length_excludes_is_no_quote(void **state)
{
        struct tv_build b = error_v4(3, 1, 0);

        (void)state;
        /* Eight octets of Ethernet padding behind a message that ends before the ports. */
        tv_build_poke16(&b, b.ip + 2, IPV4 + ICMP + IPV4);
        assert_int_equal(decode(&b), TV_BUCKET_icmp);
        assert_int_equal(aside.icmp.kind, TV_ICMP_NONE);
}

static void
quoted_options_are_stepped_over(void **state)
{
        (void)state;
        for (size_t options = 4; options <= 40; options += 4) {
                struct tv_build b = message_v4(3, 1, 0);

                quote_v4(&b, 6, 0, options);
                tv_build_finish(&b);
                decode(&b);
                assert_int_equal(aside.icmp.kind, TV_ICMP_UNREACHABLE);
                assert_int_equal(aside.icmp.seq, 0x01020304);
                for (size_t captured = b.length - options - 8; captured < b.length; captured++) {
                        decode_cut(&b, captured);
                        assert_int_equal(aside.icmp.kind, TV_ICMP_NONE);
                }
        }
}

static void
quotes_without_a_tcp_header_are_none(void **state)
{
        static const uint8_t other[] = {1, 17, 4, 41, 47, 50, 0, 255}; /* tunnels among them */
        struct tv_build b;

        (void)state;
        for (size_t i = 0; i < sizeof other; i++) {
                b = message_v4(3, 1, 0);
                quote_v4(&b, other[i], 0, 0);
                tv_build_finish(&b);
                assert_int_equal(decode(&b), TV_BUCKET_icmp);
                assert_int_equal(aside.icmp.kind, TV_ICMP_NONE);
        }
        b = message_v4(11, 1, 0);
        quote_v4(&b, 6, 0x2000, 0); /* the first fragment has the ports */
        tv_build_finish(&b);
        decode(&b);
        assert_int_equal(aside.icmp.kind, TV_ICMP_TIME_EXCEEDED);
        b = message_v4(11, 1, 0);
        quote_v4(&b, 6, 0x2001, 0);
        tv_build_finish(&b);
        decode(&b);
        assert_int_equal(aside.icmp.kind, TV_ICMP_NONE);
        b = message_v4(3, 1, 0);
        quote_v4(&b, 6, 0x0040, 0); /* 512 octets into the datagram, says a header whose checksum is right */
        tv_build_finish(&b);
        decode(&b);
        assert_int_equal(aside.icmp.kind, TV_ICMP_NONE);
}

static void
quoted_lengths_need_not_be_right(void **state)
{
        static const uint16_t totals[] = {0, 1, 20, 0x3c00, 0xffff};
        struct tv_build b;

        (void)state;
        for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
                b = error_v4(3, 1, 0);
                tv_build_poke16(&b, ETHERNET + IPV4 + ICMP + 2, totals[i]);
                decode(&b);
                assert_int_equal(aside.icmp.kind, TV_ICMP_UNREACHABLE);
        }
        /* Length and DF both in the order of a little-endian host. */
        b = error_v4(3, 1, 0);
        tv_build_poke16(&b, ETHERNET + IPV4 + ICMP + 2, 0x3c00);
        tv_build_poke16(&b, ETHERNET + IPV4 + ICMP + 6, 0x0040);
        decode(&b);
        assert_int_equal(aside.icmp.kind, TV_ICMP_UNREACHABLE);
}

static void
quoted_header_that_is_none_is_not_read(void **state)
{
        static const uint8_t first[] = {0x44, 0x40, 0x65, 0x05, 0x00, 0x4f};

        (void)state;
        for (size_t i = 0; i < sizeof first; i++) {
                struct tv_build b = error_v4(3, 1, 0);

                b.bytes[ETHERNET + IPV4 + ICMP] = first[i]; /* 0x4f: 40 octets of options that are not there */
                assert_int_equal(decode(&b), TV_BUCKET_icmp);
                assert_int_equal(aside.icmp.kind, TV_ICMP_NONE);
        }
}

static void
error_to_somebody_else_is_none(void **state)
{
        struct tv_build b = error_v4(3, 1, 0);

        (void)state;
        b.bytes[ETHERNET + IPV4 + ICMP + 15] = 3; /* sent by 10.0.0.3, told to 10.0.0.2 */
        decode(&b);
        assert_int_equal(aside.icmp.kind, TV_ICMP_NONE);
}

/* 2001:db8::1 tells 2001:db8::2 about its segment to 2001:db8::1, behind |extension|. */
static struct tv_build
error_v6(uint8_t type, uint8_t code, uint32_t rest, uint8_t next, const void *extension, size_t bytes)
{
        struct tv_build b = {.length = 0};

        tv_build_ethernet(&b, 0x86dd);
        tv_build_ipv6(&b, 58);
        tv_build_bytes(&b, (const uint8_t[]){type, code, 0xab, 0xcd}, 4);
        tv_build_be32(&b, rest);
        tv_build_be32(&b, 0x60000000);
        tv_build_bytes(&b, (const uint8_t[]){0xff, 0xff, next, 63}, 4); /* a wrong length */
        tv_build_bytes(&b, tv_build_ipv6_destination, 16);
        tv_build_bytes(&b, tv_build_ipv6_source, 16);
        tv_build_bytes(&b, extension, bytes);
        tv_build_be16(&b, 5555);
        tv_build_be16(&b, 80);
        tv_build_be32(&b, 0x01020304);
        tv_build_finish(&b);
        return b;
}

static void
icmpv6_types_have_their_kinds(void **state)
{
        static const struct {
                uint8_t type;
                enum tv_icmp_kind kind;
        } cases[] = {{1, TV_ICMP_UNREACHABLE}, {2, TV_ICMP_TOO_BIG}, {3, TV_ICMP_TIME_EXCEEDED}, {4, TV_ICMP_PARAMETER},
                     {0, TV_ICMP_NONE},        {5, TV_ICMP_NONE},    {100, TV_ICMP_NONE},        {128, TV_ICMP_NONE},
                     {135, TV_ICMP_NONE},      {137, TV_ICMP_NONE}};

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct tv_build b = error_v6(cases[i].type, 0, 0x00012345, 6, NULL, 0);

                assert_int_equal(decode(&b), TV_BUCKET_icmp);
                assert_int_equal(aside.icmp.kind, cases[i].kind);
                if (cases[i].kind == TV_ICMP_NONE)
                        continue;
                assert_int_equal(aside.icmp.mtu, cases[i].kind == TV_ICMP_TOO_BIG ? 0x00012345 : 0);
                assert_true(aside.icmp.ipv6);
                assert_true(aside.icmp.from_high);
                assert_int_equal(aside.icmp.seq, 0x01020304);
                assert_memory_equal(aside.icmp.sender, tv_build_ipv6_source, 16);
                assert_memory_equal(aside.icmp.key.addr[1], tv_build_ipv6_destination, 16);
                assert_int_equal(aside.icmp.key.port[1], 5555);
        }
}

static void
every_cut_of_icmpv6_but_the_last_leaves_nothing(void **state)
{
        static const uint8_t hop_by_hop[8] = {6, 0, 1, 4};
        struct tv_build b = error_v6(1, 4, 0, 0, hop_by_hop, sizeof hop_by_hop);

        (void)state;
        for (size_t captured = ETHERNET + IPV6; captured < b.length; captured++) {
                assert_int_equal(decode_cut(&b, captured), TV_BUCKET_icmp);
                assert_int_equal(aside.icmp.kind, TV_ICMP_NONE);
        }
        assert_int_equal(decode(&b), TV_BUCKET_icmp);
        assert_int_equal(aside.icmp.kind, TV_ICMP_UNREACHABLE);
        assert_int_equal(aside.icmp.seq, 0x01020304);
}

static void
quoted_ipv6_fragments_count_from_the_first(void **state)
{
        static const uint8_t first[8] = {6, 0, 0, 1}, second[8] = {6, 0, 0, 9}, udp[8] = {17, 0, 1, 4};
        struct tv_build b = error_v6(3, 1, 0, 44, second, sizeof second);

        (void)state;
        decode(&b);
        assert_int_equal(aside.icmp.kind, TV_ICMP_NONE);
        b = error_v6(3, 1, 0, 44, first, sizeof first);
        assert_int_equal(decode(&b), TV_BUCKET_icmp);
        assert_int_equal(aside.icmp.kind, TV_ICMP_TIME_EXCEEDED);
        assert_int_equal(aside.icmp.seq, 0x01020304);
        decode_cut(&b, b.length - 1);
        assert_int_equal(aside.icmp.kind, TV_ICMP_NONE);
        b = error_v6(1, 4, 0, 0, udp, sizeof udp);
        decode(&b);
        assert_int_equal(aside.icmp.kind, TV_ICMP_NONE);
}

static void
icmp_of_the_other_ip_version_is_none(void **state)
{
        struct tv_build b = error_v4(3, 1, 0);

        (void)state;
        b.bytes[ETHERNET + 9] = 58;
        assert_int_equal(decode(&b), TV_BUCKET_icmp);
        assert_int_equal(aside.icmp.kind, TV_ICMP_NONE);
        b = error_v6(3, 0, 0, 6, NULL, 0);
        b.bytes[ETHERNET + 6] = 1;
        assert_int_equal(decode(&b), TV_BUCKET_icmp);
        assert_int_equal(aside.icmp.kind, TV_ICMP_NONE);
}

static void
every_message_has_words(void **state)
{
        (void)state;
        assert_string_equal(tv_icmp_meaning(false, 3, 1), "host unreachable");
        assert_string_equal(tv_icmp_meaning(false, 3, 3), "port unreachable");
        assert_string_equal(tv_icmp_meaning(false, 3, 13), "administratively prohibited");
        assert_string_equal(tv_icmp_meaning(false, 11, 0), "TTL exceeded in transit");
        assert_string_equal(tv_icmp_meaning(true, 1, 3), "address unreachable");
        assert_string_equal(tv_icmp_meaning(true, 1, 4), "port unreachable");
        assert_string_equal(tv_icmp_meaning(true, 2, 0), "packet too big");
        for (unsigned ipv6 = 0; ipv6 < 2; ipv6++)
                for (unsigned type = 0; type < 256; type++)
                        for (unsigned code = 0; code < 256; code++)
                                assert_true(tv_icmp_meaning(ipv6 != 0, (uint8_t)type, (uint8_t)code)[0] != '\0');
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(unreachable_names_the_segment_that_it_quotes),
                cmocka_unit_test(types_have_their_kinds),
                cmocka_unit_test(mtu_has_16_bits),
                cmocka_unit_test(every_cut_but_the_last_leaves_nothing),
                cmocka_unit_test(what_the_ip_length_excludes_is_no_quote),
                cmocka_unit_test(quoted_options_are_stepped_over),
                cmocka_unit_test(quotes_without_a_tcp_header_are_none),
                cmocka_unit_test(quoted_lengths_need_not_be_right),
                cmocka_unit_test(quoted_header_that_is_none_is_not_read),
                cmocka_unit_test(error_to_somebody_else_is_none),
                cmocka_unit_test(icmpv6_types_have_their_kinds),
                cmocka_unit_test(every_cut_of_icmpv6_but_the_last_leaves_nothing),
                cmocka_unit_test(quoted_ipv6_fragments_count_from_the_first),
                cmocka_unit_test(icmp_of_the_other_ip_version_is_none),
                cmocka_unit_test(every_message_has_words),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
