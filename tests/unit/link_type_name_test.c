#include "analyzer/capture/link_type_name.h"

#include <pcap/dlt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
names_are_those_of_libpcap(void **state)
{
        (void)state;
        assert_string_equal(tv_link_type_name(DLT_EN10MB), "Ethernet");
        assert_string_equal(tv_link_type_name(DLT_IEEE802_15_4_WITHFCS), "IEEE 802.15.4 with FCS");
        assert_string_equal(tv_link_type_name(DLT_MTP2), "SS7 MTP2");
}

static void
numbers_that_libpcap_does_not_know_have_no_name(void **state)
{
        (void)state;
        assert_null(tv_link_type_name(-1));
        assert_null(tv_link_type_name(65000));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_are_those_of_libpcap),
                cmocka_unit_test(numbers_that_libpcap_does_not_know_have_no_name),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
