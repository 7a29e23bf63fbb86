#include "tests/support/packet_builder.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct tv_segment seg;
static struct tv_segment_more more;

/* Decodes a SYN that carries |options|, filled up with zeros (end of list) to a multiple of four. */
static void
decode_options(const void *options, size_t bytes)
{
        struct tv_build b = {.length = 0};
        uint8_t padded[40] = {0};

        memcpy(padded, options, bytes);
        tv_build_ethernet(&b, 0x0800);
        tv_build_ipv4(&b, 6, 0x4000, 0);
        tv_build_tcp(&b, TV_SYN, padded, (bytes + 3) / 4 * 4);
        tv_build_payload(&b, 4);
        tv_build_finish(&b);
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 4);
        assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
}
#define DECODE(string) decode_options(string, sizeof string - 1)

static void
no_options_means_no_flags_and_nothing_more(void **state)
{
        struct tv_build b = tv_build_segment(1);

        (void)state;
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.options, 0);
        assert_int_equal(seg.tsval, 0);
        assert_int_equal(seg.tsecr, 0);
        assert_int_equal(seg.wscale, 0);
        assert_int_equal(seg.sack_blocks, 0);
        assert_false(seg.bits & TV_SEG_MORE);
}

static void
the_options_of_a_linux_syn_are_all_read(void **state)
{
        (void)state;
        DECODE("\x02\x04\x05\xb4\x04\x02\x08\x0a\x00\x01\x02\x03\x00\x00\x00\x00\x01\x03\x03\x07");
        assert_int_equal(seg.options, TV_OPT_MSS | TV_OPT_SACK_OK | TV_OPT_TIMESTAMPS | TV_OPT_WSCALE);
        assert_true(seg.bits & TV_SEG_MORE);
        assert_int_equal(more.mss, 1460);
        assert_int_equal(seg.tsval, 0x00010203);
        assert_int_equal(seg.tsecr, 0);
        assert_int_equal(seg.wscale, 7);
        assert_int_equal(more.context.steps, 0);
        assert_int_equal(more.urgent, 0);
}

static void
timestamps_are_read_with_and_without_the_usual_padding(void **state)
{
        (void)state;
        DECODE("\x01\x01\x08\x0a\x80\x00\x00\x01\xff\xff\xff\xfe");
        assert_int_equal(seg.options, TV_OPT_TIMESTAMPS);
        assert_int_equal(seg.tsval, 0x80000001);
        assert_int_equal(seg.tsecr, 0xfffffffe);
        assert_false(seg.bits & TV_SEG_MORE);
        DECODE("\x08\x0a\x80\x00\x00\x01\xff\xff\xff\xfe\x01\x01");
        assert_int_equal(seg.options, TV_OPT_TIMESTAMPS);
        assert_int_equal(seg.tsval, 0x80000001);
        assert_int_equal(seg.tsecr, 0xfffffffe);
        /* More may follow the usual twelve. */
        DECODE("\x01\x01\x08\x0a\x80\x00\x00\x01\xff\xff\xff\xfe\x03\x03\x0e");
        assert_int_equal(seg.options, TV_OPT_TIMESTAMPS | TV_OPT_WSCALE);
        assert_int_equal(seg.wscale, 14);
}

static void
a_window_scale_above_14_is_kept_as_sent(void **state)
{
        (void)state;
        DECODE("\x03\x03\xff");
        assert_int_equal(seg.options, TV_OPT_WSCALE);
        assert_int_equal(seg.wscale, 255);
}

static void
one_to_four_sack_blocks_are_kept(void **state)
{
        (void)state;
        for (unsigned n = 1; n <= 4; n++) {
                uint8_t option[34] = {5, (uint8_t)(2 + 8 * n)};
                for (unsigned i = 0; i < 8 * n; i++)
                        option[2 + i] = (uint8_t)(i + 0x80);
                decode_options(option, 2 + 8 * n);
                assert_int_equal(seg.options, TV_OPT_SACK);
                assert_int_equal(seg.sack_blocks, n);
                for (uint32_t i = 0; i < n; i++) {
                        assert_int_equal(more.sack_left[i], 0x80818283 + i * 0x08080808);
                        assert_int_equal(more.sack_right[i], 0x84858687 + i * 0x08080808);
                }
        }
}

static void
fast_open_has_an_experimental_form_too(void **state)
{
        (void)state;
        DECODE("\x22\x02");
        assert_int_equal(seg.options, TV_OPT_FAST_OPEN);
        assert_int_equal(more.fast_open_cookie, 0);
        DECODE("\x22\x0a"
               "12345678");
        assert_int_equal(seg.options, TV_OPT_FAST_OPEN);
        assert_int_equal(more.fast_open_cookie, 8);
        DECODE("\xfe\x04\xf9\x89");
        assert_int_equal(seg.options, TV_OPT_FAST_OPEN);
        assert_int_equal(more.fast_open_cookie, 0);
        DECODE("\xfd\x0c\xf9\x89"
               "12345678");
        assert_int_equal(seg.options, TV_OPT_FAST_OPEN);
        assert_int_equal(more.fast_open_cookie, 8);
}

static void
signatures_multipath_and_user_timeout_are_noticed(void **state)
{
        (void)state;
        DECODE("\x13\x12"
               "0123456789abcdef");
        assert_int_equal(seg.options, TV_OPT_MD5);
        DECODE("\x1d\x10\x01\x02"
               "0123456789ab");
        assert_int_equal(seg.options, TV_OPT_AO);
        DECODE("\x1e\x0c\x00\x81"
               "01234567");
        assert_int_equal(seg.options, TV_OPT_MPTCP);
        DECODE("\x1c\x04\x80\x3c");
        assert_int_equal(seg.options, TV_OPT_USER_TIMEOUT);
}

static void
an_unknown_kind_is_kept_as_unknown_and_stepped_over(void **state)
{
        (void)state;
        DECODE("\xc8\x05"
               "abc"
               "\x03\x03\x05");
        assert_int_equal(seg.options, TV_OPT_UNKNOWN | TV_OPT_WSCALE);
        assert_int_equal(seg.wscale, 5);
        DECODE("\xfe\x04\x12\x34\x03\x03\x05"); /* another experiment */
        assert_int_equal(seg.options, TV_OPT_UNKNOWN | TV_OPT_WSCALE);
        DECODE("\xfe\x02\x03\x03\x05"); /* an experiment that does not say which */
        assert_int_equal(seg.options, TV_OPT_UNKNOWN | TV_OPT_WSCALE);
}

static void
nothing_is_read_behind_the_end_of_the_list(void **state)
{
        (void)state;
        DECODE("\x04\x02\x00\x03\x03\x05\x08\x00");
        assert_int_equal(seg.options, TV_OPT_SACK_OK);
}

static void
a_length_that_the_kind_cannot_have_is_flagged_and_the_rest_kept(void **state)
{
        static const struct {
                const char *option;
                size_t bytes;
        } cases[] = {
                {"\x02\x03\x05", 3},
                {"\x02\x05\x05\xb4\x00", 5},
                {"\x03\x02", 2},
                {"\x03\x04\x07\x07", 4},
                {"\x04\x03\x00", 3},
                {"\x05\x02", 2},
                {"\x05\x09\0\0\0\0\0\0", 9},
                {"\x08\x09\1\1\1\1\1\1\1", 9},
                {"\x08\x0b\1\1\1\1\1\1\1\1\1", 11},
                {"\x13\x11"
                 "0123456789abcde",
                 17},
                {"\x1c\x03\x00", 3},
                {"\x1d\x03\x00", 3},
                {"\x1e\x02", 2},
                {"\x22\x03\x00", 3},
                {"\x22\x13"
                 "0123456789abcdefg",
                 19},
                {"\xfe\x05\xf9\x89\x00", 5},
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                char options[40] = "\x03\x03\x0b"; /* before, and timestamps after */
                memcpy(options + 3, cases[i].option, cases[i].bytes);
                memcpy(options + 3 + cases[i].bytes, "\x08\x0a\0\0\0\7\0\0\0\x08", 10);
                decode_options(options, 3 + cases[i].bytes + 10);
                assert_int_equal(seg.options, TV_OPT_WSCALE | TV_OPT_MALFORMED | TV_OPT_TIMESTAMPS);
                assert_int_equal(seg.wscale, 11);
                assert_int_equal(seg.tsval, 7);
                assert_int_equal(seg.tsecr, 8);
                assert_int_equal(seg.sack_blocks, 0);
        }
}

static void
five_sack_blocks_cannot_be(void **state)
{
        /* 42 octets do not fit into a header: the length points behind it. */
        (void)state;
        DECODE("\x05\x2a"
               "01234567"
               "01234567"
               "01234567"
               "01234567"
               "012345");
        assert_int_equal(seg.options, TV_OPT_MALFORMED);
        assert_int_equal(seg.sack_blocks, 0);
}

static void
a_length_that_leads_nowhere_ends_the_list(void **state)
{
        (void)state;
        DECODE("\x03\x03\x07\x02\x00\x08\x0a\0\0\0\7\0\0\0\x08\x01"); /* 0 */
        assert_int_equal(seg.options, TV_OPT_WSCALE | TV_OPT_MALFORMED);
        DECODE("\x03\x03\x07\xc8\x01\x08\x0a\0\0\0\7\0\0\0\x08\x01"); /* 1 */
        assert_int_equal(seg.options, TV_OPT_WSCALE | TV_OPT_MALFORMED);
        DECODE("\x03\x03\x07\x02\x06\x05\xb4\x01"); /* one more than there is */
        assert_int_equal(seg.options, TV_OPT_WSCALE | TV_OPT_MALFORMED);
        DECODE("\x03\x03\x07\x01\x01\x01\x01\x02"); /* no room for a length */
        assert_int_equal(seg.options, TV_OPT_WSCALE | TV_OPT_MALFORMED);
        assert_false(seg.bits & TV_SEG_MORE);
}

static void
options_that_the_snaplen_cut_are_flagged_and_what_is_there_is_kept(void **state)
{
        static const char options[] = "\x02\x04\x05\xb4\x03\x03\x07\x01\x08\x0a\0\0\0\1\0\0\0\2\x04\x02";
        struct tv_build b = {.length = 0};

        (void)state;
        tv_build_ethernet(&b, 0x0800);
        tv_build_ipv4(&b, 6, 0x4000, 0);
        tv_build_tcp(&b, TV_SYN, options, 20);
        tv_build_payload(&b, 4);
        tv_build_finish(&b);
        for (size_t have = 0; have <= 20; have++) {
                unsigned expected = 0;
                assert_int_equal(tv_build_decode_cut(&b, DLT_EN10MB, 54 + have, b.length, &seg, &more), TV_BUCKET_tcp);
                expected |= have >= 4 ? TV_OPT_MSS : 0;
                expected |= have >= 7 ? TV_OPT_WSCALE : 0;
                expected |= have >= 18 ? TV_OPT_TIMESTAMPS : 0;
                expected |= have >= 20 ? TV_OPT_SACK_OK : TV_OPT_CUT;
                assert_int_equal(seg.options, expected);
                assert_int_equal(seg.length, 4);
                assert_int_equal(seg.payload_sum, 0);
                assert_true(seg.bits & TV_SEG_CUT);
        }
}

static void
padding_alone_can_be_cut_too(void **state)
{
        struct tv_build b = {.length = 0};

        (void)state;
        tv_build_ethernet(&b, 0x0800);
        tv_build_ipv4(&b, 6, 0x4000, 0);
        tv_build_tcp(&b, TV_ACK, "\x01\x01\x08\x0a\0\0\0\1\0\0\0\2", 12);
        tv_build_finish(&b);
        assert_int_equal(tv_build_decode_cut(&b, DLT_EN10MB, 54 + 2, b.length, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.options, TV_OPT_CUT);
        assert_int_equal(tv_build_decode_cut(&b, DLT_EN10MB, 54 + 11, b.length, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.options, TV_OPT_CUT);
        assert_int_equal(seg.tsval, 0);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(no_options_means_no_flags_and_nothing_more),
                cmocka_unit_test(the_options_of_a_linux_syn_are_all_read),
                cmocka_unit_test(timestamps_are_read_with_and_without_the_usual_padding),
                cmocka_unit_test(a_window_scale_above_14_is_kept_as_sent),
                cmocka_unit_test(one_to_four_sack_blocks_are_kept),
                cmocka_unit_test(fast_open_has_an_experimental_form_too),
                cmocka_unit_test(signatures_multipath_and_user_timeout_are_noticed),
                cmocka_unit_test(an_unknown_kind_is_kept_as_unknown_and_stepped_over),
                cmocka_unit_test(nothing_is_read_behind_the_end_of_the_list),
                cmocka_unit_test(a_length_that_the_kind_cannot_have_is_flagged_and_the_rest_kept),
                cmocka_unit_test(five_sack_blocks_cannot_be),
                cmocka_unit_test(a_length_that_leads_nowhere_ends_the_list),
                cmocka_unit_test(options_that_the_snaplen_cut_are_flagged_and_what_is_there_is_kept),
                cmocka_unit_test(padding_alone_can_be_cut_too),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
