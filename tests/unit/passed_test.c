/* Which way a packet went, where its reader or its link layer tells. */
#include "analyzer/decode/decode.h"

#include <pcap/dlt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Octet |at| of a packet of |captured| octets is |value|, the others are |rest|; from a buffer of that very size. */
static enum tv_passed
passed(int link_type, size_t captured, size_t at, uint8_t value, uint8_t rest)
{
        uint8_t *bytes = malloc(captured + (captured == 0));
        struct tv_packet packet = {
                .data = bytes, .captured = (uint32_t)captured, .length = 200, .link_type = link_type};
        enum tv_passed result;

        assert_non_null(bytes);
        memset(bytes, rest, captured);
        if (at < captured)
                bytes[at] = value;
        result = tv_decode_passed(&packet);
        free(bytes);
        return result;
}

static void
cooked_captures_have_a_packet_type(void **state)
{
        static const enum tv_passed types[] = {TV_PASSED_IN, TV_PASSED_IN,  TV_PASSED_IN,
                                               TV_PASSED_BY, TV_PASSED_OUT, TV_PASSED_UNKNOWN};

        (void)state;
        for (uint8_t type = 0; type < 6; type++) {
                assert_int_equal(passed(DLT_LINUX_SLL, 16, 1, type, 0), types[type]);
                assert_int_equal(passed(DLT_LINUX_SLL, 15, 1, type, 0), TV_PASSED_UNKNOWN);
                assert_int_equal(passed(DLT_LINUX_SLL2, 20, 10, type, 0xff), types[type]);
                assert_int_equal(passed(DLT_LINUX_SLL2, 19, 10, type, 0xff), TV_PASSED_UNKNOWN);
                assert_int_equal(passed(DLT_EN10MB, 60, 1, type, 0), TV_PASSED_UNKNOWN);
        }
        assert_int_equal(passed(DLT_LINUX_SLL, 16, 0, 1, 4), TV_PASSED_UNKNOWN); /* 0x0104 */
        assert_int_equal(passed(DLT_LINUX_SLL, 0, 0, 0, 0), TV_PASSED_UNKNOWN);
}

static void
pflog_has_a_direction(void **state)
{
        (void)state;
        /* Every octet is 61, the length of the header, but that of the direction. */
        assert_int_equal(passed(DLT_PFLOG, 61, 60, 1, 61), TV_PASSED_IN);
        assert_int_equal(passed(DLT_PFLOG, 61, 60, 2, 61), TV_PASSED_OUT);
        assert_int_equal(passed(DLT_PFLOG, 61, 60, 0, 61), TV_PASSED_UNKNOWN);
        assert_int_equal(passed(DLT_PFLOG, 60, 60, 1, 61), TV_PASSED_UNKNOWN);
        assert_int_equal(passed(DLT_PFLOG, 61, 60, 1, 60), TV_PASSED_UNKNOWN); /* ends before */
        assert_int_equal(passed(DLT_PFLOG, 0, 0, 0, 0), TV_PASSED_UNKNOWN);
}

static void
the_reader_knows_better(void **state)
{
        static const uint8_t outgoing[16] = {0, 4};
        struct tv_packet packet = {
                .data = outgoing, .captured = 16, .length = 16, .link_type = DLT_LINUX_SLL, .passed = TV_PASSED_IN};

        (void)state;
        assert_int_equal(tv_decode_passed(&packet), TV_PASSED_IN);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(cooked_captures_have_a_packet_type),
                cmocka_unit_test(pflog_has_a_direction),
                cmocka_unit_test(the_reader_knows_better),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
