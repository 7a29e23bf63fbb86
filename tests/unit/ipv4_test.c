#include "tests/support/packet_builder.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct tv_segment seg;
static struct tv_segment_more more;

static enum tv_bucket
decode(const struct tv_build *b)
{
        return tv_build_decode(b, DLT_EN10MB, &seg, &more);
}

static struct tv_build
packet(uint8_t protocol, uint16_t fragment, size_t options, size_t payload)
{
        struct tv_build b = {.length = 0};

        tv_build_ethernet(&b, 0x0800);
        tv_build_ipv4(&b, protocol, fragment, options);
        tv_build_tcp(&b, TV_ACK, NULL, 0);
        tv_build_payload(&b, payload);
        tv_build_finish(&b);
        return b;
}

static void
fields_of_the_header_are_kept(void **state)
{
        struct tv_build b = packet(6, 0x4000, 0, 100);

        (void)state;
        assert_int_equal(decode(&b), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 100);
        assert_int_equal(seg.header_bytes, 40);
        assert_int_equal(seg.ip_id, 0x1234);
        assert_int_equal(seg.ttl, 64);
        assert_int_equal(seg.traffic_class, 0x2e);
        assert_int_equal(seg.bits, TV_SEG_HAS_IP_ID | TV_SEG_ATOMIC);
        assert_int_equal(seg.frame, tv_frame_make(1, 7));
        assert_int_equal(seg.time, 1234567890123456789);
        assert_int_equal(seg.hash, 0);
        assert_memory_equal(seg.key.addr[0], "\x0a\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 16);
        assert_memory_equal(seg.key.addr[1], "\x0a\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}

static void
without_df_the_ip_id_means_something(void **state)
{
        struct tv_build b = packet(6, 0, 0, 0);

        (void)state;
        assert_int_equal(decode(&b), TV_BUCKET_tcp);
        assert_int_equal(seg.bits, TV_SEG_HAS_IP_ID);
}

static void
options_are_stepped_over(void **state)
{
        (void)state;
        for (size_t options = 4; options <= 40; options += 4) {
                struct tv_build b = packet(6, 0, options, 5);
                assert_int_equal(decode(&b), TV_BUCKET_tcp);
                assert_int_equal(seg.length, 5);
                assert_int_equal(seg.header_bytes, 40 + options);
                assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
        }
}

static void
a_source_route_names_the_final_destination(void **state)
{
        (void)state;
        for (int strict = 0; strict < 2; strict++) {
                struct tv_build b = packet(6, 0, 12, 8);
                uint8_t *option = b.bytes + b.ip + 20;
                uint8_t tcp_destination[4] = {10, 0, 0, 9}, ip_destination[4];

                memcpy(option, (const uint8_t[]){1, strict ? 137 : 131, 11, 4, 10, 0, 0, 8, 10, 0, 0, 9}, 12);
                /* The sender summed with the final destination where the IP header has the next hop. */
                memcpy(ip_destination, b.bytes + b.ip + 16, 4);
                memcpy(b.bytes + b.ip + 16, tcp_destination, 4);
                tv_build_finish(&b);
                memcpy(b.bytes + b.ip + 16, ip_destination, 4);
                assert_int_equal(decode(&b), TV_BUCKET_tcp);
                assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
                assert_memory_equal(seg.key.addr[1], tcp_destination, 4);

                option[3] = 12; /* all hops visited */
                assert_int_equal(decode(&b), TV_BUCKET_tcp);
                assert_memory_equal(seg.key.addr[1], ip_destination, 4);
                option[3] = 4;
                option[2] = 12; /* longer than the header */
                assert_int_equal(decode(&b), TV_BUCKET_tcp);
                assert_memory_equal(seg.key.addr[1], ip_destination, 4);
        }
}

static void
protocols_have_their_buckets(void **state)
{
        static const struct {
                uint8_t protocol;
                enum tv_bucket bucket;
        } cases[] = {{17, TV_BUCKET_udp},       {1, TV_BUCKET_icmp},       {47, TV_BUCKET_other_ip},
                     {4, TV_BUCKET_other_ip},   {41, TV_BUCKET_other_ip},  {50, TV_BUCKET_other_ip},
                     {132, TV_BUCKET_other_ip}, {255, TV_BUCKET_other_ip}, {0, TV_BUCKET_other_ip}};

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct tv_build b = packet(cases[i].protocol, 0, 0, 0);
                assert_int_equal(decode(&b), cases[i].bucket);
        }
}

static void
fragments_are_counted_and_not_read(void **state)
{
        struct tv_build first = packet(6, 0x2000, 0, 24), middle = packet(6, 0x2001, 0, 24), last = packet(6, 3, 0, 24);

        (void)state;
        assert_int_equal(decode(&first), TV_BUCKET_fragment);
        assert_int_equal(decode(&middle), TV_BUCKET_fragment);
        assert_int_equal(decode(&last), TV_BUCKET_fragment);
}

static void
ethernet_padding_is_no_payload(void **state)
{
        struct tv_build b = packet(6, 0, 0, 1);

        (void)state;
        tv_build_bytes(&b, "\xde\xad\xbe\xef\xff", 5);
        assert_int_equal(decode(&b), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 1);
        assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
        assert_int_equal(seg.payload_sum, 1);
}

static void
total_length_zero_means_the_whole_frame(void **state)
{
        struct tv_build b = packet(6, 0x4000, 0, 3000);

        (void)state;
        tv_build_poke16(&b, b.ip + 2, 0);
        assert_int_equal(decode(&b), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 3000);
        assert_true(seg.bits & TV_SEG_LENGTH_GUESSED);
        assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
        /* By the length on the wire, which may be more than 16 bits can hold, and not by what the snaplen left. */
        assert_int_equal(tv_build_decode_cut(&b, DLT_EN10MB, 100, 90054, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 90000);
        assert_true(seg.bits & TV_SEG_CUT);
}

static void
a_total_beyond_the_frame_is_believed_if_the_header_checksum_agrees(void **state)
{
        struct tv_build b = packet(6, 0, 0, 1000);

        (void)state;
        /* A mirror port cut the frame and wrote the cut length. */
        assert_int_equal(tv_build_decode_cut(&b, DLT_EN10MB, 128, 128, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 1000);
        assert_int_equal(seg.bits, TV_SEG_HAS_IP_ID | TV_SEG_CUT);
        assert_int_equal(seg.checksum, TV_CHECKSUM_UNCHECKED);

        b.bytes[b.ip + 2] ^= 0x40; /* a damaged length */
        assert_int_equal(decode(&b), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 1000);
        assert_true(seg.bits & TV_SEG_LENGTH_GUESSED);
}

static void
the_snaplen_does_not_change_the_length(void **state)
{
        struct tv_build b = packet(6, 0, 0, 1000);

        (void)state;
        for (size_t captured = 54; captured < b.length; captured += 31) {
                assert_int_equal(tv_build_decode_cut(&b, DLT_EN10MB, captured, b.length, &seg, &more), TV_BUCKET_tcp);
                assert_int_equal(seg.length, 1000);
                assert_true(seg.bits & TV_SEG_CUT);
        }
}

static void
a_wire_length_below_the_captured_one_is_not_believed(void **state)
{
        struct tv_build b = packet(6, 0, 0, 10);

        (void)state;
        assert_int_equal(tv_build_decode_cut(&b, DLT_EN10MB, b.length, 0, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 10);
        assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
}

static void
headers_that_contradict_themselves_are_malformed(void **state)
{
        struct tv_build version = packet(6, 0, 0, 0), ihl = packet(6, 0, 0, 0), total = packet(6, 0, 0, 0),
                        options = packet(6, 0, 0, 0), tcp = packet(6, 0, 0, 0), frame = packet(6, 0, 0, 0);

        (void)state;
        version.bytes[version.ip] = 0x55;
        assert_int_equal(decode(&version), TV_BUCKET_malformed);
        ihl.bytes[ihl.ip] = 0x44;
        assert_int_equal(decode(&ihl), TV_BUCKET_malformed);
        tv_build_poke16(&total, total.ip + 2, 19);
        assert_int_equal(decode(&total), TV_BUCKET_malformed);
        options.bytes[options.ip] = 0x4f; /* 60 octets of header in a packet of 40 */
        assert_int_equal(decode(&options), TV_BUCKET_malformed);
        tv_build_poke16(&tcp, tcp.ip + 2, 39); /* no room for the TCP header */
        assert_int_equal(decode(&tcp), TV_BUCKET_malformed);
        frame.length = frame.ip + 19; /* a frame too short for the header, and not cut */
        assert_int_equal(decode(&frame), TV_BUCKET_malformed);
}

static void
headers_that_the_snaplen_cut_are_cut(void **state)
{
        struct tv_build b = packet(6, 0, 12, 100);

        (void)state;
        for (size_t captured = 14; captured < 14 + 32 + 20; captured++)
                assert_int_equal(tv_build_decode_cut(&b, DLT_EN10MB, captured, b.length, &seg, &more), TV_BUCKET_cut);
        assert_int_equal(tv_build_decode_cut(&b, DLT_EN10MB, 14 + 32 + 20, b.length, &seg, &more), TV_BUCKET_tcp);
}

static void
tcp_behind_an_authentication_header_is_found(void **state)
{
        struct tv_build b = {.length = 0};

        (void)state;
        tv_build_ethernet(&b, 0x0800);
        tv_build_ipv4(&b, 51, 0, 0);
        tv_build_bytes(&b, "\6\4", 2); /* 24 octets */
        tv_build_zeros(&b, 22);
        tv_build_tcp(&b, TV_ACK, NULL, 0);
        tv_build_payload(&b, 3);
        tv_build_finish(&b);
        assert_int_equal(decode(&b), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 3);
        assert_int_equal(seg.header_bytes, 64);
        assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
        assert_int_equal(tv_build_decode_cut(&b, DLT_EN10MB, 14 + 20 + 23, b.length, &seg, &more), TV_BUCKET_cut);
        b.bytes[b.ip + 21] = 255;
        assert_int_equal(decode(&b), TV_BUCKET_malformed);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(fields_of_the_header_are_kept),
                cmocka_unit_test(without_df_the_ip_id_means_something),
                cmocka_unit_test(options_are_stepped_over),
                cmocka_unit_test(a_source_route_names_the_final_destination),
                cmocka_unit_test(protocols_have_their_buckets),
                cmocka_unit_test(fragments_are_counted_and_not_read),
                cmocka_unit_test(ethernet_padding_is_no_payload),
                cmocka_unit_test(total_length_zero_means_the_whole_frame),
                cmocka_unit_test(a_total_beyond_the_frame_is_believed_if_the_header_checksum_agrees),
                cmocka_unit_test(the_snaplen_does_not_change_the_length),
                cmocka_unit_test(a_wire_length_below_the_captured_one_is_not_believed),
                cmocka_unit_test(headers_that_contradict_themselves_are_malformed),
                cmocka_unit_test(headers_that_the_snaplen_cut_are_cut),
                cmocka_unit_test(tcp_behind_an_authentication_header_is_found),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
