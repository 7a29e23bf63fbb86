#include "analyzer/decode/walk.h"

#include "tests/support/packet_builder.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct tv_segment seg;
static struct tv_segment_more more;

/* IPv4 and TCP behind whatever link header is there, or IPv6. */
static void
add_ip(struct tv_build *b, int version)
{
        if (version == 4)
                tv_build_ipv4(b, 6, 0x4000, 0);
        else
                tv_build_ipv6(b, 6);
        tv_build_tcp(b, TV_ACK, NULL, 0);
        tv_build_payload(b, 10);
        tv_build_finish(b);
}

static void
assert_is_tcp(const struct tv_build *b, int link_type, int version)
{
        assert_int_equal(tv_build_decode(b, link_type, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.seq, 1000);
        assert_int_equal(seg.length, 10);
        assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
        assert_int_equal((seg.bits & TV_SEG_IPV6) != 0, version == 6);
}

static void
assert_step(unsigned i, enum tv_step kind, uint32_t id)
{
        assert_int_equal(more.context.kind[i], kind);
        assert_int_equal(more.context.id[i], id);
}

static void
ethernet_ii_carries_both_ip_versions(void **state)
{
        struct tv_build four = {.length = 0}, six = {.length = 0};

        (void)state;
        tv_build_ethernet(&four, 0x0800);
        add_ip(&four, 4);
        assert_is_tcp(&four, DLT_EN10MB, 4);
        tv_build_ethernet(&six, 0x86dd);
        add_ip(&six, 6);
        assert_is_tcp(&six, DLT_EN10MB, 6);
        assert_false(seg.bits & TV_SEG_MORE);
}

static void
vlan_tags_of_all_kinds_are_kept_outermost_first(void **state)
{
        struct tv_build b = {.length = 0};

        (void)state;
        tv_build_ethernet(&b, 0x88a8);
        tv_build_be16(&b, 0xe064); /* priority 7: not part of the identifier */
        tv_build_be16(&b, 0x9100);
        tv_build_be16(&b, 200);
        tv_build_be16(&b, 0x8100);
        tv_build_be16(&b, 300);
        tv_build_be16(&b, 0x0800);
        add_ip(&b, 4);
        assert_is_tcp(&b, DLT_EN10MB, 4);
        assert_true(seg.bits & TV_SEG_MORE);
        assert_int_equal(more.context.steps, 3);
        assert_step(0, TV_STEP_VLAN, 100);
        assert_step(1, TV_STEP_VLAN, 200);
        assert_step(2, TV_STEP_VLAN, 300);
}

static void
a_stack_deeper_than_what_is_kept_is_walked_to_its_end(void **state)
{
        struct tv_build b = {.length = 0};

        (void)state;
        tv_build_ethernet(&b, 0x8100);
        for (uint16_t i = 1; i < 100; i++) {
                tv_build_be16(&b, i);
                tv_build_be16(&b, 0x8100);
        }
        tv_build_be16(&b, 100);
        tv_build_be16(&b, 0x86dd);
        add_ip(&b, 6);
        assert_is_tcp(&b, DLT_EN10MB, 6);
        assert_int_equal(more.context.steps, TV_MAX_STEPS);
        assert_step(0, TV_STEP_VLAN, 1);
        assert_step(TV_MAX_STEPS - 1, TV_STEP_VLAN, TV_MAX_STEPS);
}

static void
ieee_802_3_with_snap_or_the_sap_of_ip_carries_ip(void **state)
{
        static const char *const headers[] = {
                "\xaa\xaa\x03\0\0\0\x08\x00",   /* RFC 1042 */
                "\xaa\xaa\x03\0\0\xf8\x08\x00", /* 802.1H */
        };

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                struct tv_build b = {.length = 0};
                tv_build_ethernet(&b, 8 + 50);
                tv_build_bytes(&b, headers[i], 8);
                add_ip(&b, 4);
                assert_is_tcp(&b, DLT_EN10MB, 4);
        }

        struct tv_build sap = {.length = 0};
        tv_build_ethernet(&sap, 3 + 50);
        tv_build_bytes(&sap, "\x06\x06\x03", 3);
        add_ip(&sap, 4);
        assert_is_tcp(&sap, DLT_EN10MB, 4);

        struct tv_build tagged = {.length = 0};
        tv_build_ethernet(&tagged, 0x8100);
        tv_build_be16(&tagged, 5);
        tv_build_be16(&tagged, 8 + 50);
        tv_build_bytes(&tagged, "\xaa\xaa\x03\0\0\0\x86\xdd", 8);
        add_ip(&tagged, 6);
        assert_is_tcp(&tagged, DLT_EN10MB, 6);
        assert_int_equal(more.context.steps, 1);
}

static void
what_is_not_ip_is_counted_as_that(void **state)
{
        static const struct {
                uint16_t type;
                const char *header;
                size_t bytes;
        } cases[] = {
                {0x0806, "", 0},                                 /* ARP */
                {0x0026, "\x42\x42\x03", 3},                     /* spanning tree */
                {0x0026, "\xaa\xaa\x03\x00\x00\x0c\x01\x0b", 8}, /* SNAP of Cisco */
                {0x0026, "\xaa\xaa\x03\x00\x00\x00\x00\x10", 8}, /* SNAP with a number that is no type */
                {0x0026, "\xff\xff\x00\x28", 4},                 /* IPX without LLC */
                {0x8100, "\x00\x05\x08\x06", 4},                 /* ARP in a VLAN */
                {0x88a8, "\x00\x05\x81", 3},                     /* ends inside a tag */
                {0x0026, "\xaa\xaa\x03\x00", 4},                 /* ends inside SNAP */
                {0x0026, "\xaa", 1},                             /* ends inside LLC */
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct tv_build b = {.length = 0};
                tv_build_ethernet(&b, cases[i].type);
                tv_build_bytes(&b, cases[i].header, cases[i].bytes);
                assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_not_ip);
        }
}

static void
linux_cooked_captures_carry_both_ip_versions(void **state)
{
        (void)state;
        for (int version = 4; version <= 6; version += 2) {
                uint16_t type = version == 4 ? 0x0800 : 0x86dd;
                struct tv_build v1 = {.length = 0}, v2 = {.length = 0};

                tv_build_bytes(&v1, "\0\4\0\1\0\6\2\0\0\0\0\1\0\0", 14);
                tv_build_be16(&v1, type);
                add_ip(&v1, version);
                assert_is_tcp(&v1, DLT_LINUX_SLL, version);

                tv_build_be16(&v2, type);
                tv_build_bytes(&v2, "\0\0\0\0\0\2\0\1\4\6\2\0\0\0\0\1\0\0", 18);
                add_ip(&v2, version);
                assert_is_tcp(&v2, DLT_LINUX_SLL2, version);
        }
}

static void
linux_cooked_captures_carry_vlan_tags_and_llc(void **state)
{
        struct tv_build tagged = {.length = 0}, llc = {.length = 0};

        (void)state;
        tv_build_be16(&tagged, 0x8100);
        tv_build_bytes(&tagged, "\0\0\0\0\0\2\0\1\4\6\2\0\0\0\0\1\0\0", 18);
        tv_build_be16(&tagged, 77);
        tv_build_be16(&tagged, 0x0800);
        add_ip(&tagged, 4);
        assert_is_tcp(&tagged, DLT_LINUX_SLL2, 4);
        assert_step(0, TV_STEP_VLAN, 77);

        tv_build_bytes(&llc, "\0\4\0\1\0\6\2\0\0\0\0\1\0\0\0\4", 16);
        tv_build_bytes(&llc, "\xaa\xaa\x03\0\0\0\x08\x00", 8);
        add_ip(&llc, 4);
        assert_is_tcp(&llc, DLT_LINUX_SLL, 4);
}

static void
linux_numbers_that_are_no_ethernet_type_are_not_ip(void **state)
{
        struct tv_build novell = {.length = 0}, netlink = {.length = 0}, radio = {.length = 0};

        (void)state;
        tv_build_bytes(&novell, "\0\4\0\1\0\6\2\0\0\0\0\1\0\0\0\1", 16);
        add_ip(&novell, 4);
        assert_int_equal(tv_build_decode(&novell, DLT_LINUX_SLL, &seg, &more), TV_BUCKET_not_ip);
        tv_build_bytes(&netlink, "\0\4\x03\x38\0\0\0\0\0\0\0\0\0\0\x08\x00", 16);
        add_ip(&netlink, 4);
        assert_int_equal(tv_build_decode(&netlink, DLT_LINUX_SLL, &seg, &more), TV_BUCKET_not_ip);
        tv_build_bytes(&radio, "\x08\x00\0\0\0\0\0\2\x03\x23\4\6\0\0\0\0\0\0\0\0", 20);
        add_ip(&radio, 4);
        assert_int_equal(tv_build_decode(&radio, DLT_LINUX_SLL2, &seg, &more), TV_BUCKET_not_ip);
}

static void
loopback_families_are_read_in_either_byte_order(void **state)
{
        static const struct {
                uint8_t family;
                int version;
        } cases[] = {{2, 4}, {10, 6}, {24, 6}, {28, 6}, {30, 6}};

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct tv_build big = {.length = 0}, little = {.length = 0};

                tv_build_bytes(&big, (const uint8_t[]){0, 0, 0, cases[i].family}, 4);
                add_ip(&big, cases[i].version);
                assert_is_tcp(&big, DLT_NULL, cases[i].version);
                assert_is_tcp(&big, DLT_LOOP, cases[i].version);
                tv_build_bytes(&little, (const uint8_t[]){cases[i].family, 0, 0, 0}, 4);
                add_ip(&little, cases[i].version);
                assert_is_tcp(&little, DLT_NULL, cases[i].version);
        }

        struct tv_build appletalk = {.length = 0};
        tv_build_bytes(&appletalk, (const uint8_t[]){16, 0, 0, 0}, 4);
        add_ip(&appletalk, 4);
        assert_int_equal(tv_build_decode(&appletalk, DLT_NULL, &seg, &more), TV_BUCKET_not_ip);
}

static void
raw_ip_is_told_by_its_version(void **state)
{
        static const int types[] = {12, 14, 101, DLT_IPV4, DLT_IPV6};
        struct tv_build four = {.length = 0}, six = {.length = 0}, other = {.length = 0};

        (void)state;
        add_ip(&four, 4);
        add_ip(&six, 6);
        tv_build_bytes(&other, "\x50\0\0\0", 4);
        for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
                assert_is_tcp(&four, types[i], 4);
                assert_is_tcp(&six, types[i], 6);
                assert_int_equal(tv_build_decode(&other, types[i], &seg, &more), TV_BUCKET_not_ip);
                assert_int_equal(tv_build_decode_cut(&four, types[i], 0, 60, &seg, &more), TV_BUCKET_not_ip);
        }
}

static void
every_packet_of_an_unknown_link_type_is_counted_as_that(void **state)
{
        struct tv_build b = tv_build_segment(10);

        (void)state;
        assert_int_equal(tv_build_decode(&b, DLT_IEEE802_15_4, &seg, &more), TV_BUCKET_unknown_link);
        assert_int_equal(tv_build_decode(&b, -1, &seg, &more), TV_BUCKET_unknown_link);
        assert_int_equal(tv_build_decode_cut(&b, 99999, 0, 0, &seg, &more), TV_BUCKET_unknown_link);
}

static void
names_exist_for_exactly_the_link_types_that_are_decoded(void **state)
{
        (void)state;
        assert_string_equal(tv_link_name(DLT_EN10MB), "Ethernet");
        for (int type = -1; type < 400; type++) {
                assert_int_equal(tv_link_name(type) != NULL, tv_next_link(type).decode != NULL);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(ethernet_ii_carries_both_ip_versions),
                cmocka_unit_test(vlan_tags_of_all_kinds_are_kept_outermost_first),
                cmocka_unit_test(a_stack_deeper_than_what_is_kept_is_walked_to_its_end),
                cmocka_unit_test(ieee_802_3_with_snap_or_the_sap_of_ip_carries_ip),
                cmocka_unit_test(what_is_not_ip_is_counted_as_that),
                cmocka_unit_test(linux_cooked_captures_carry_both_ip_versions),
                cmocka_unit_test(linux_cooked_captures_carry_vlan_tags_and_llc),
                cmocka_unit_test(linux_numbers_that_are_no_ethernet_type_are_not_ip),
                cmocka_unit_test(loopback_families_are_read_in_either_byte_order),
                cmocka_unit_test(raw_ip_is_told_by_its_version),
                cmocka_unit_test(every_packet_of_an_unknown_link_type_is_counted_as_that),
                cmocka_unit_test(names_exist_for_exactly_the_link_types_that_are_decoded),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
