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
begin(uint8_t next)
{
        struct tv_build b = {.length = 0};

        tv_build_ethernet(&b, 0x86dd);
        tv_build_ipv6(&b, next);
        return b;
}

/* A header of the common form: next header, length in 8 octets less one, zeros. */
static void
add_extension(struct tv_build *b, uint8_t next, uint8_t length)
{
        tv_build_bytes(b, (const uint8_t[]){next, length}, 2);
        tv_build_zeros(b, 6u + 8u * length);
}

static void
add_tcp(struct tv_build *b, size_t payload)
{
        tv_build_tcp(b, TV_ACK, NULL, 0);
        tv_build_payload(b, payload);
        tv_build_finish(b);
}

static void
fields_of_the_header_are_kept(void **state)
{
        struct tv_build b = begin(6);

        (void)state;
        add_tcp(&b, 100);
        assert_int_equal(decode(&b), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 100);
        assert_int_equal(seg.header_bytes, 60);
        assert_int_equal(seg.ip_id, 0);
        assert_int_equal(seg.ttl, 64);
        assert_int_equal(seg.traffic_class, 0x2e);
        assert_int_equal(seg.bits, TV_SEG_IPV6 | TV_SEG_ATOMIC);
        assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
        assert_memory_equal(seg.key.addr[0], tv_build_ipv6_source, 16);
        assert_memory_equal(seg.key.addr[1], tv_build_ipv6_destination, 16);
}

static void
a_chain_of_extension_headers_is_walked(void **state)
{
        struct tv_build b = begin(0);

        (void)state;
        add_extension(&b, 60, 1); /* hop-by-hop, then destination options */
        add_extension(&b, 43, 0);
        tv_build_bytes(&b, (const uint8_t[]){44, 2, 0, 0}, 4); /* routing, nothing left to visit */
        tv_build_zeros(&b, 20);
        tv_build_bytes(&b, (const uint8_t[]){51, 0, 0, 0, 9, 9, 9, 9}, 8); /* atomic fragment */
        tv_build_bytes(&b, (const uint8_t[]){135, 1}, 2);                  /* authentication: 12 octets */
        tv_build_zeros(&b, 10);
        add_extension(&b, 139, 0); /* mobility */
        add_extension(&b, 140, 0); /* host identity */
        add_extension(&b, 6, 0);   /* shim6 */
        add_tcp(&b, 9);
        assert_int_equal(decode(&b), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 9);
        assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
        assert_int_equal(seg.header_bytes, b.tcp - b.ip + 20);

        for (size_t captured = b.ip; captured < b.tcp + 20; captured++)
                assert_int_equal(tv_build_decode_cut(&b, DLT_EN10MB, captured, b.length, &seg, &more), TV_BUCKET_cut);
}

static void
protocols_have_their_buckets(void **state)
{
        static const struct {
                uint8_t protocol;
                enum tv_bucket bucket;
        } cases[] = {{17, TV_BUCKET_udp},      {58, TV_BUCKET_icmp},     {59, TV_BUCKET_other_ip},
                     {50, TV_BUCKET_other_ip}, {41, TV_BUCKET_other_ip}, {132, TV_BUCKET_other_ip}};

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct tv_build b = begin(cases[i].protocol), behind = begin(0);
                add_tcp(&b, 0);
                assert_int_equal(decode(&b), cases[i].bucket);
                add_extension(&behind, cases[i].protocol, 0);
                add_tcp(&behind, 0);
                assert_int_equal(decode(&behind), cases[i].bucket);
        }
}

static void
only_atomic_fragments_are_whole(void **state)
{
        static const uint8_t fields[][2] = {{0, 1}, {0, 8}, {0, 9}, {0x10, 0}};

        (void)state;
        for (size_t i = 0; i < 4; i++) {
                struct tv_build b = begin(44);
                tv_build_bytes(&b, (const uint8_t[]){6, 0, fields[i][0], fields[i][1], 1, 2, 3, 4}, 8);
                add_tcp(&b, 24);
                assert_int_equal(decode(&b), TV_BUCKET_fragment);
        }

        struct tv_build reserved = begin(44); /* reserved bits do not matter */
        tv_build_bytes(&reserved, (const uint8_t[]){6, 0, 0, 6, 1, 2, 3, 4}, 8);
        add_tcp(&reserved, 24);
        assert_int_equal(decode(&reserved), TV_BUCKET_tcp);
}

static void
a_routing_header_names_the_final_destination(void **state)
{
        static const uint8_t final[16] = {0x20, 0x01, 0x0d, 0xb8, 9}, other[16] = {0x20, 0x01, 0x0d, 0xb8, 5};
        static const struct {
                uint8_t type;
                bool last; /* which of two addresses is the final one */
        } cases[] = {{0, true}, {2, true}, {4, false}};

        (void)state;
        for (size_t i = 0; i < 3; i++) {
                struct tv_build b = begin(43);
                tv_build_bytes(&b, (const uint8_t[]){6, 4, cases[i].type, 1, 0, 0, 0, 0}, 8);
                tv_build_bytes(&b, cases[i].last ? other : final, 16);
                tv_build_bytes(&b, cases[i].last ? final : other, 16);
                memcpy(b.final_destination, final, 16);
                b.has_final_destination = true;
                add_tcp(&b, 3);
                assert_int_equal(decode(&b), TV_BUCKET_tcp);
                assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
                assert_memory_equal(seg.key.addr[1], final, 16);
        }

        struct tv_build empty = begin(43); /* claims a way to go without room for an address */
        tv_build_bytes(&empty, (const uint8_t[]){6, 0, 0, 200, 0, 0, 0, 0}, 8);
        add_tcp(&empty, 3);
        assert_int_equal(decode(&empty), TV_BUCKET_tcp);
        assert_memory_equal(seg.key.addr[1], tv_build_ipv6_destination, 16);
}

static void
payload_length_zero_means_the_whole_frame(void **state)
{
        struct tv_build b = begin(6);

        (void)state;
        add_tcp(&b, 2000);
        tv_build_poke16(&b, b.ip + 4, 0);
        assert_int_equal(decode(&b), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 2000);
        assert_true(seg.bits & TV_SEG_LENGTH_GUESSED);
        assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
}

static void
a_jumbogram_tells_its_length_itself(void **state)
{
        struct tv_build b = begin(0);

        (void)state;
        tv_build_bytes(&b, (const uint8_t[]){6, 1, 0, 1, 2, 0, 0, 0xc2, 4, 0, 1, 0x86, 0xb4, 1, 1, 0}, 16);
        add_tcp(&b, 100);
        tv_build_poke16(&b, b.ip + 4, 0);
        assert_int_equal(tv_build_decode_cut(&b, DLT_EN10MB, b.length, 100054, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 0x186b4 - 16 - 20);
        assert_false(seg.bits & TV_SEG_LENGTH_GUESSED);
        assert_true(seg.bits & TV_SEG_CUT);
        /* Larger than the address space of a packet, and smaller than the header it stands in. */
        memcpy(b.bytes + b.ip + 40 + 9, "\xff\xff\xff\xff", 4);
        assert_int_equal(decode(&b), TV_BUCKET_malformed);
        memcpy(b.bytes + b.ip + 40 + 9, "\0\0\0\1", 4);
        assert_int_equal(decode(&b), TV_BUCKET_malformed);
}

static void
a_hop_by_hop_header_of_nonsense_is_no_jumbogram(void **state)
{
        static const uint8_t headers[][8] = {{6, 0, 0xc2, 5, 1, 1, 1, 1},
                                             {6, 0, 0xc2, 4, 1, 1, 1, 0xc2},
                                             {6, 0, 5, 3, 0, 0, 0, 0xc2},
                                             {6, 0, 0, 0, 0, 0xc2, 4, 0},
                                             {6, 0, 1, 255, 0, 0, 0, 0}};

        (void)state;
        for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
                struct tv_build b = begin(0);
                tv_build_bytes(&b, headers[i], 8);
                add_tcp(&b, 50);
                tv_build_poke16(&b, b.ip + 4, 0);
                enum tv_bucket bucket = decode(&b);
                if (i == 1) { /* that one is well formed, and larger than the frame */
                        assert_int_equal(bucket, TV_BUCKET_tcp);
                        assert_int_equal(seg.length, 0x010101c2 - 8 - 20);
                        continue;
                }
                assert_int_equal(bucket, TV_BUCKET_tcp);
                assert_int_equal(seg.length, 50);
                assert_true(seg.bits & TV_SEG_LENGTH_GUESSED);
        }
}

static void
headers_that_contradict_themselves_are_malformed(void **state)
{
        struct tv_build version = begin(6), longer = begin(60), none = begin(60), tcp = begin(6);

        (void)state;
        add_tcp(&version, 0);
        version.bytes[version.ip] = 0x42;
        assert_int_equal(decode(&version), TV_BUCKET_malformed);
        add_extension(&longer, 6, 0);
        add_tcp(&longer, 0);
        longer.bytes[longer.ip + 41] = 100; /* longer than the packet */
        assert_int_equal(decode(&longer), TV_BUCKET_malformed);
        tv_build_bytes(&none, "\6\0\0\0", 4); /* half an extension header */
        tv_build_finish(&none);
        assert_int_equal(decode(&none), TV_BUCKET_malformed);
        add_tcp(&tcp, 0);
        tv_build_poke16(&tcp, tcp.ip + 4, 19);
        assert_int_equal(decode(&tcp), TV_BUCKET_malformed);
}

static void
a_chain_without_end_ends_with_the_packet(void **state)
{
        struct tv_build b = begin(60);

        (void)state;
        for (int i = 0; i < 400; i++)
                add_extension(&b, 60, 0);
        tv_build_finish(&b);
        assert_int_equal(decode(&b), TV_BUCKET_malformed);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(fields_of_the_header_are_kept),
                cmocka_unit_test(a_chain_of_extension_headers_is_walked),
                cmocka_unit_test(protocols_have_their_buckets),
                cmocka_unit_test(only_atomic_fragments_are_whole),
                cmocka_unit_test(a_routing_header_names_the_final_destination),
                cmocka_unit_test(payload_length_zero_means_the_whole_frame),
                cmocka_unit_test(a_jumbogram_tells_its_length_itself),
                cmocka_unit_test(a_hop_by_hop_header_of_nonsense_is_no_jumbogram),
                cmocka_unit_test(headers_that_contradict_themselves_are_malformed),
                cmocka_unit_test(a_chain_without_end_ends_with_the_packet),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
