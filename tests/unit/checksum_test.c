#include "analyzer/decode/checksum.h"

#include "tests/support/packet_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static uint32_t
next_random(uint32_t *x)
{
        *x = *x * 1664525 + 1013904223;
        return *x >> 8;
}

/* The 16-bit sum in network order, from a sum in memory order. */
static uint16_t
network_order(uint32_t sum)
{
        uint16_t folded = tv_sum_fold16(sum);
        uint8_t bytes[2];

        memcpy(bytes, &folded, 2);
        return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void
the_sum_is_that_of_rfc_1071_for_every_length_and_alignment(void **state)
{
        uint8_t buffer[400];
        uint32_t x = 1;

        (void)state;
        for (size_t i = 0; i < sizeof buffer; i++)
                buffer[i] = (uint8_t)next_random(&x);
        for (size_t at = 0; at < 17; at++)
                for (size_t n = 0; n < 300; n++)
                        assert_int_equal(network_order(tv_sum(buffer + at, n)), tv_build_sum(buffer + at, n));
}

static void
carries_of_a_large_segment_are_not_lost(void **state)
{
        static uint8_t buffer[100001];

        (void)state;
        memset(buffer, 0xff, sizeof buffer);
        for (size_t n = sizeof buffer; n > sizeof buffer - 40; n--) {
                /* The model's 32-bit accumulator is too small for so many: pieces of even length add up. */
                uint32_t sum = 0;
                for (size_t at = 0; at < n; at += 1000)
                        sum += tv_build_sum(buffer + at, n - at < 1000 ? n - at : 1000);
                while (sum >> 16)
                        sum = (sum & 0xffff) + (sum >> 16);
                assert_int_equal(network_order(tv_sum(buffer, n)), sum);
        }
}

static void
equal_bytes_have_equal_sums_wherever_they_lie(void **state)
{
        uint8_t buffer[2000];
        uint32_t x = 7;

        (void)state;
        for (size_t n = 1; n < 200; n++) {
                uint8_t model[200];
                for (size_t i = 0; i < n; i++)
                        model[i] = (uint8_t)next_random(&x);
                for (size_t at = 0; at < 33; at++) {
                        memcpy(buffer + at, model, n);
                        assert_int_equal(tv_sum(buffer + at, n), tv_sum(model, n));
                }
        }
}

static void
one_changed_octet_changes_the_sum(void **state)
{
        uint8_t buffer[100];

        (void)state;
        memset(buffer, 0x55, sizeof buffer);
        uint32_t sum = tv_sum(buffer, sizeof buffer);
        for (size_t i = 0; i < sizeof buffer; i++) {
                buffer[i] ^= 0x10;
                assert_int_not_equal(tv_sum(buffer, sizeof buffer), sum);
                buffer[i] ^= 0x10;
        }
}

static enum tv_checksum
judge(const struct tv_build *b)
{
        struct tv_segment seg;
        struct tv_segment_more more;

        assert_int_equal(tv_build_decode(b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
        return (enum tv_checksum)seg.checksum;
}

static void
a_right_checksum_is_good_for_every_payload_length(void **state)
{
        (void)state;
        for (size_t n = 0; n < 200; n++) {
                struct tv_build b = tv_build_segment(n);
                assert_int_equal(judge(&b), TV_CHECKSUM_GOOD);
        }
}

static void
a_flipped_bit_makes_the_checksum_wrong(void **state)
{
        struct tv_build b = tv_build_segment(33);

        (void)state;
        for (size_t at = b.tcp + 20; at < b.length; at++) {
                b.bytes[at] ^= 0x04;
                assert_int_equal(judge(&b), TV_CHECKSUM_WRONG);
                b.bytes[at] ^= 0x04;
        }
}

static void
the_pseudo_header_sum_alone_is_offload(void **state)
{
        struct tv_build b = tv_build_segment(1000);

        (void)state;
        tv_build_poke16(&b, b.tcp + 16, tv_build_pseudo_sum(&b, b.length - b.tcp));
        assert_int_equal(judge(&b), TV_CHECKSUM_OFFLOADED);
}

static void
the_pseudo_header_sum_without_the_length_is_offload(void **state)
{
        struct tv_build b = tv_build_segment(1000);

        (void)state;
        tv_build_poke16(&b, b.tcp + 16, tv_build_pseudo_sum(&b, 0));
        assert_int_equal(judge(&b), TV_CHECKSUM_OFFLOADED);
}

static void
a_field_of_zero_was_never_filled_in(void **state)
{
        struct tv_build b = tv_build_segment(10);

        (void)state;
        tv_build_poke16(&b, b.tcp + 16, 0);
        assert_int_equal(judge(&b), TV_CHECKSUM_OFFLOADED);
}

static void
the_complemented_pseudo_header_sum_is_wrong(void **state)
{
        struct tv_build b = tv_build_segment(1000);

        (void)state;
        tv_build_poke16(&b, b.tcp + 16, (uint16_t)~tv_build_pseudo_sum(&b, b.length - b.tcp));
        assert_int_equal(judge(&b), TV_CHECKSUM_WRONG);
}

static void
ipv6_has_its_own_pseudo_header(void **state)
{
        (void)state;
        for (size_t n = 0; n < 50; n++) {
                struct tv_build b = {.length = 0};
                tv_build_ethernet(&b, 0x86dd);
                tv_build_ipv6(&b, 6);
                tv_build_tcp(&b, TV_ACK, NULL, 0);
                tv_build_payload(&b, n);
                tv_build_finish(&b);
                assert_int_equal(judge(&b), TV_CHECKSUM_GOOD);
                tv_build_poke16(&b, b.tcp + 16, tv_build_pseudo_sum(&b, b.length - b.tcp));
                assert_int_equal(judge(&b), TV_CHECKSUM_OFFLOADED);
                b.bytes[b.ip + 8] ^= 1; /* the source address */
                assert_int_equal(judge(&b), TV_CHECKSUM_WRONG);
        }
}

static void
a_cut_segment_is_not_judged(void **state)
{
        struct tv_build b = tv_build_segment(100);
        struct tv_segment seg;
        struct tv_segment_more more;

        (void)state;
        assert_int_equal(tv_build_decode_cut(&b, DLT_EN10MB, b.length - 1, b.length, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.checksum, TV_CHECKSUM_UNCHECKED);
        assert_true(seg.bits & TV_SEG_CUT);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_sum_is_that_of_rfc_1071_for_every_length_and_alignment),
                cmocka_unit_test(carries_of_a_large_segment_are_not_lost),
                cmocka_unit_test(equal_bytes_have_equal_sums_wherever_they_lie),
                cmocka_unit_test(one_changed_octet_changes_the_sum),
                cmocka_unit_test(a_right_checksum_is_good_for_every_payload_length),
                cmocka_unit_test(a_flipped_bit_makes_the_checksum_wrong),
                cmocka_unit_test(the_pseudo_header_sum_alone_is_offload),
                cmocka_unit_test(the_pseudo_header_sum_without_the_length_is_offload),
                cmocka_unit_test(a_field_of_zero_was_never_filled_in),
                cmocka_unit_test(the_complemented_pseudo_header_sum_is_wrong),
                cmocka_unit_test(ipv6_has_its_own_pseudo_header),
                cmocka_unit_test(a_cut_segment_is_not_judged),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
