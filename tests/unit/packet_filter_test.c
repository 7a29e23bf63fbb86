/* Filters in libpcap's language, on packets of several link types. */
#include "analyzer/cli/packet_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pcap/dlt.h>

/* A SYN from 192.0.2.1:40000 to 192.0.2.2:80 behind an Ethernet header; what comes before is for other link types. */
static const uint8_t ethernet[] = {
        2,    0,    0, 0,  0, 2, 2,    0, 0,  0, 0, 1, 8,    0, /* Ethernet */
        0x45, 0,    0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 192,  0, 2, 1, 192, 0, 2, 2,
        0x9c, 0x40, 0, 80, 0, 0, 0,    1, 0,  0, 0, 0, 0x50, 2, 1, 0, 0,   0, 0, 0,
};
enum { IP_AT = 14 };

static char message[TV_PACKET_FILTER_MESSAGE];

static struct tv_packet
packet_of(int link_type, const uint8_t *data, uint32_t captured)
{
        return (struct tv_packet){.data = data, .captured = captured, .length = 54, .link_type = link_type};
}

static bool
match(struct tv_packet_filter *filter, int link_type)
{
        struct tv_packet packet = packet_of(link_type, ethernet, sizeof ethernet);
        if (link_type != DLT_EN10MB)
                packet = packet_of(link_type, ethernet + IP_AT, sizeof ethernet - IP_AT);
        return tv_packet_filter_match(filter, &packet, message);
}

static void
accepts_what_libpcap_accepts(void **state)
{
        static const struct {
                const char *text;
                bool accepted;
        } cases[] = {
                {"tcp", true},
                {"udp", false},
                {"tcp port 80", true},
                {"tcp src port 80", false},
                {"host 192.0.2.1", true},
                {"src host 192.0.2.2", false},
                {"tcp[tcpflags] & tcp-syn != 0", true},
                {"tcp[tcpflags] & tcp-ack != 0", false},
                {"net 192.0.2.0/24 and not port 443", true},
                {"len = 54", true},
                {"less 53", false},
                {"ether src 02:00:00:00:00:01", true},
        };
        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct tv_packet_filter *filter = tv_packet_filter_new(cases[i].text, message);
                if (filter == NULL)
                        fail_msg("%s: %s", cases[i].text, message);
                if (match(filter, DLT_EN10MB) != cases[i].accepted)
                        fail_msg("%s is wrong", cases[i].text);
                assert_string_equal(message, "");
                tv_packet_filter_free(filter);
        }
}

static void
wrong_filter_is_none_and_libpcap_says_why(void **state)
{
        static const char *const wrong[] = {"x y z", "tcp port",         "port 99999999",
                                            "(tcp",  "host 300.1.1.1.1", "tcp and"};
        (void)state;
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
                memset(message, 0, sizeof message);
                assert_null(tv_packet_filter_new(wrong[i], message));
                assert_true(strlen(message) > 5);
        }
        tv_packet_filter_free(NULL);
}

static void
one_filter_serves_several_link_types(void **state)
{
        (void)state;
        struct tv_packet_filter *filter = tv_packet_filter_new("dst port 80", message);
        assert_non_null(filter);
        for (int i = 0; i < 3; i++) {
                assert_true(match(filter, DLT_EN10MB));
                assert_true(match(filter, DLT_RAW));
                assert_true(match(filter, DLT_IPV4));
                assert_true(match(filter, 14));
                assert_true(match(filter, 101));
                assert_string_equal(message, "");
        }
        tv_packet_filter_free(filter);
}

static void
more_link_types_than_programs_are_kept_are_still_right(void **state)
{
        static const int link_types[] = {DLT_EN10MB,     DLT_RAW,       DLT_IPV4, DLT_NULL,
                                         DLT_LOOP,       DLT_LINUX_SLL, DLT_PPP,  DLT_IEEE802_11,
                                         DLT_LINUX_SLL2, DLT_C_HDLC,    DLT_FDDI, DLT_PPP_SERIAL};
        (void)state;
        struct tv_packet_filter *filter = tv_packet_filter_new("tcp port 80", message);
        assert_non_null(filter);
        for (int round = 0; round < 3; round++) {
                for (size_t i = 0; i < sizeof link_types / sizeof *link_types; i++) {
                        match(filter, link_types[i]);
                        assert_string_equal(message, "");
                        assert_true(match(filter, DLT_RAW));
                        assert_true(match(filter, DLT_EN10MB));
                }
        }
        tv_packet_filter_free(filter);
}

static void
link_type_that_it_does_not_fit_is_told_once_and_never_matches(void **state)
{
        (void)state;
        struct tv_packet_filter *filter = tv_packet_filter_new("ether src 02:00:00:00:00:01", message);
        assert_non_null(filter);
        assert_false(match(filter, DLT_RAW));
        assert_non_null(strstr(message, "the filter does not fit Raw IP"));
        for (int i = 0; i < 3; i++) {
                assert_false(match(filter, DLT_RAW));
                assert_string_equal(message, "");
                assert_true(match(filter, DLT_EN10MB));
        }
        assert_false(match(filter, DLT_IPV4));
        assert_non_null(strstr(message, "Raw IPv4"));
        /* no number that a file can hold */
        assert_false(match(filter, -1));
        assert_false(match(filter, 1 << 20));
        tv_packet_filter_free(filter);
}

/* "inbound" means nothing on Ethernet, but on Linux's cooked captures. */
static void
filter_need_not_fit_ethernet(void **state)
{
        static const uint8_t cooked[16] = {0, 0 /* to us */}, outgoing[16] = {0, 4};
        (void)state;
        struct tv_packet_filter *filter = tv_packet_filter_new("inbound", message);
        assert_non_null(filter);
        struct tv_packet packet = packet_of(DLT_LINUX_SLL, cooked, sizeof cooked);
        assert_true(tv_packet_filter_match(filter, &packet, message));
        packet.data = outgoing;
        assert_false(tv_packet_filter_match(filter, &packet, message));
        assert_string_equal(message, "");
        assert_false(match(filter, DLT_EN10MB));
        assert_non_null(strstr(message, "Ethernet"));
        tv_packet_filter_free(filter);
}

/* BSD's loopback: the family of IPv6 is 24, 28 or 30, in the byte order of who wrote the file. */
static void
loopback_is_that_of_bsd_in_either_byte_order(void **state)
{
        static const uint8_t families[][4] = {{2, 0, 0, 0},  {0, 0, 0, 2},  {24, 0, 0, 0}, {0, 0, 0, 24},
                                              {28, 0, 0, 0}, {0, 0, 0, 28}, {30, 0, 0, 0}, {0, 0, 0, 30}};
        (void)state;
        struct tv_packet_filter *filter = tv_packet_filter_new("tcp dst port 80", message);
        assert_non_null(filter);
        for (int round = 0; round < 2; round++) {
                for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
                        uint8_t packet[4 + 60] = {0};
                        memcpy(packet, families[i], 4);
                        if (i < 2) {
                                memcpy(packet + 4, ethernet + IP_AT, 40);
                        } else {
                                packet[4] = 0x60;
                                packet[4 + 6] = 6;
                                memcpy(packet + 4 + 40, ethernet + IP_AT + 20, 20);
                        }
                        struct tv_packet null = packet_of(DLT_NULL, packet, sizeof packet);
                        assert_true(tv_packet_filter_match(filter, &null, message));
                        assert_string_equal(message, "");
                        packet[4 + (i < 2 ? 20 : 40) + 3] = 81;
                        assert_false(tv_packet_filter_match(filter, &null, message));
                }
        }
        tv_packet_filter_free(filter);
}

static void
cut_packet_is_accepted_only_by_what_is_there(void **state)
{
        (void)state;
        struct tv_packet_filter *filter = tv_packet_filter_new("tcp dst port 80", message);
        assert_non_null(filter);
        for (uint32_t captured = 0; captured <= sizeof ethernet; captured++) {
                struct tv_packet packet = packet_of(DLT_EN10MB, ethernet, captured);
                assert_int_equal(tv_packet_filter_match(filter, &packet, message), captured >= IP_AT + 20 + 4);
        }
        tv_packet_filter_free(filter);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(accepts_what_libpcap_accepts),
                cmocka_unit_test(wrong_filter_is_none_and_libpcap_says_why),
                cmocka_unit_test(one_filter_serves_several_link_types),
                cmocka_unit_test(more_link_types_than_programs_are_kept_are_still_right),
                cmocka_unit_test(link_type_that_it_does_not_fit_is_told_once_and_never_matches),
                cmocka_unit_test(filter_need_not_fit_ethernet),
                cmocka_unit_test(loopback_is_that_of_bsd_in_either_byte_order),
                cmocka_unit_test(cut_packet_is_accepted_only_by_what_is_there),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
