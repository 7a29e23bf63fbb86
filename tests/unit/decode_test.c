#include "analyzer/decode/decode.h"

#include "tests/support/dialogue.h"
#include "tests/support/packet_builder.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct tv_segment seg;
static struct tv_segment_more more;

static const char syn_options[] = "\x02\x04\x05\xb4\x04\x02\x08\x0a\0\0\0\1\0\0\0\0\x01\x03\x03\x07";
static const char sack_options[] = "\x01\x01\x08\x0a\0\0\0\1\0\0\0\2\x01\x01\x05\x0a\0\0\0\3\0\0\0\4";

static void
set_ends(struct tv_build *b, const char *source, uint16_t source_port, const char *destination,
         uint16_t destination_port)
{
        memcpy(b->bytes + b->ip + 12, source, 4);
        memcpy(b->bytes + b->ip + 16, destination, 4);
        tv_build_poke16(b, b->tcp, source_port);
        tv_build_poke16(b, b->tcp + 2, destination_port);
        tv_build_finish(b);
}

static void
fields_of_the_tcp_header_are_kept(void **state)
{
        struct tv_build b = tv_build_segment(77);

        (void)state;
        tv_build_poke16(&b, b.tcp + 12, 0x5fff);
        tv_build_poke16(&b, b.tcp + 18, 0xbeef);
        tv_build_finish(&b);
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.seq, 1000);
        assert_int_equal(seg.ack, 2000);
        assert_int_equal(seg.window, 512);
        assert_int_equal(seg.flags, 0xfff);
        assert_int_equal(seg.length, 77);
        assert_true(seg.bits & TV_SEG_MORE);
        assert_int_equal(more.urgent, 0xbeef);
        assert_int_equal(more.mss, 0);
        assert_int_equal(more.context.steps, 0);
}

static void
the_urgent_field_means_nothing_without_its_flag(void **state)
{
        struct tv_build b = tv_build_segment(77);

        (void)state;
        tv_build_poke16(&b, b.tcp + 18, 0xbeef);
        tv_build_finish(&b);
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
        assert_false(seg.bits & TV_SEG_MORE);
}

static void
both_directions_have_the_same_key_and_opposite_bits(void **state)
{
        static const struct {
                const char *low;
                uint16_t low_port;
                const char *high;
                uint16_t high_port;
        } cases[] = {
                {"\x0a\0\0\1", 40000, "\x0a\0\0\2", 80},  {"\x0a\0\0\2", 80, "\x0b\0\0\1", 40000},
                {"\x09\xff\xff\xff", 9, "\x0a\0\0\0", 8}, /* the first octet counts most */
                {"\x0a\0\0\xff", 9, "\x0a\0\1\0", 8},     {"\x7f\0\0\1", 1, "\xff\0\0\1", 1}, /* octets have no sign */
                {"\x7f\0\0\1", 80, "\x7f\0\0\1", 40000}, /* ports decide between equal addresses */
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct tv_build b = tv_build_segment(0);
                struct tv_flow_key key;

                set_ends(&b, cases[i].low, cases[i].low_port, cases[i].high, cases[i].high_port);
                assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
                assert_false(tv_segment_direction(&seg));
                assert_memory_equal(seg.key.addr[0], cases[i].low, 4);
                assert_memory_equal(seg.key.addr[1], cases[i].high, 4);
                assert_int_equal(seg.key.port[0], cases[i].low_port);
                assert_int_equal(seg.key.port[1], cases[i].high_port);
                key = seg.key;

                set_ends(&b, cases[i].high, cases[i].high_port, cases[i].low, cases[i].low_port);
                assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
                assert_true(tv_segment_direction(&seg));
                assert_memory_equal(&seg.key, &key, sizeof key);
        }
}

static void
both_directions_have_the_same_key_over_ipv6(void **state)
{
        struct tv_flow_key key = {.port = {0, 0}};

        (void)state;
        for (int swap = 0; swap < 2; swap++) {
                struct tv_build b = {.length = 0};
                tv_build_ethernet(&b, 0x86dd);
                tv_build_ipv6(&b, 6);
                tv_build_tcp(&b, TV_ACK, NULL, 0);
                if (swap) {
                        memcpy(b.bytes + b.ip + 8, tv_build_ipv6_destination, 16);
                        memcpy(b.bytes + b.ip + 24, tv_build_ipv6_source, 16);
                        tv_build_poke16(&b, b.tcp, 80);
                        tv_build_poke16(&b, b.tcp + 2, 40000);
                }
                tv_build_finish(&b);
                assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
                assert_int_equal(tv_segment_direction(&seg), swap);
                if (swap)
                        assert_memory_equal(&seg.key, &key, sizeof key);
                key = seg.key;
        }
}

static void
a_connection_with_oneself_has_one_direction(void **state)
{
        struct tv_build b = tv_build_segment(0);

        (void)state;
        set_ends(&b, "\x7f\0\0\1", 80, "\x7f\0\0\1", 80);
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
        assert_false(tv_segment_direction(&seg));
}

static void
the_payload_sum_covers_what_was_captured(void **state)
{
        struct tv_build b = tv_build_segment(100), other = tv_build_segment(100);
        uint32_t whole, cut;

        (void)state;
        tv_build_decode(&b, DLT_EN10MB, &seg, &more);
        whole = seg.payload_sum;
        tv_build_decode_cut(&b, DLT_EN10MB, b.length - 50, b.length, &seg, &more);
        cut = seg.payload_sum;
        assert_int_not_equal(whole, cut);

        other.bytes[other.length - 1] ^= 1;
        tv_build_finish(&other);
        tv_build_decode(&other, DLT_EN10MB, &seg, &more);
        assert_int_not_equal(seg.payload_sum, whole);
        tv_build_decode_cut(&other, DLT_EN10MB, other.length - 50, other.length, &seg, &more);
        assert_int_equal(seg.payload_sum, cut);
}

static void
a_data_offset_that_cannot_be_is_malformed(void **state)
{
        struct tv_build small = tv_build_segment(10), large = tv_build_segment(10);

        (void)state;
        small.bytes[small.tcp + 12] = 0x40;
        assert_int_equal(tv_build_decode(&small, DLT_EN10MB, &seg, &more), TV_BUCKET_malformed);
        large.bytes[large.tcp + 12] = 0x80; /* 32 octets of header in a segment of 30 */
        assert_int_equal(tv_build_decode(&large, DLT_EN10MB, &seg, &more), TV_BUCKET_malformed);
        large.bytes[large.tcp + 12] = 0x70;
        assert_int_equal(tv_build_decode(&large, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 2);
}

static void
twenty_octets_of_tcp_header_are_enough(void **state)
{
        struct tv_build b = {.length = 0};

        (void)state;
        tv_build_ethernet(&b, 0x0800);
        tv_build_ipv4(&b, 6, 0, 0);
        tv_build_tcp(&b, TV_SYN, syn_options, 20);
        tv_build_finish(&b);
        assert_int_equal(tv_build_decode_cut(&b, DLT_EN10MB, 54, b.length, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.options, TV_OPT_CUT);
        assert_int_equal(tv_build_decode_cut(&b, DLT_EN10MB, 53, b.length, &seg, &more), TV_BUCKET_cut);
}

/* A packet of every shape. */
static size_t
make_zoo(struct tv_build zoo[], int link_types[], size_t room)
{
        size_t n = 0;

        for (int link = 0; link < 6; link++)
                for (int version = 4; version <= 6; version += 2)
                        for (int shape = 0; shape < 4; shape++) {
                                static const int types[] = {DLT_EN10MB,     DLT_EN10MB, DLT_LINUX_SLL,
                                                            DLT_LINUX_SLL2, DLT_NULL,   DLT_RAW};
                                uint16_t type = version == 4 ? 0x0800 : 0x86dd;
                                struct tv_build *b = &zoo[n];

                                assert_true(n < room);
                                *b = (struct tv_build){.length = 0};
                                link_types[n++] = types[link];
                                switch (link) {
                                case 0:
                                        tv_build_ethernet(b, 0x88a8);
                                        tv_build_be16(b, 1);
                                        tv_build_be16(b, 0x8100);
                                        tv_build_be16(b, 2);
                                        tv_build_be16(b, type);
                                        break;
                                case 1:
                                        tv_build_ethernet(b, 60);
                                        tv_build_bytes(b, "\xaa\xaa\x03\0\0\0", 6);
                                        tv_build_be16(b, type);
                                        break;
                                case 2:
                                        tv_build_zeros(b, 14);
                                        tv_build_be16(b, type);
                                        break;
                                case 3:
                                        tv_build_be16(b, type);
                                        tv_build_zeros(b, 18);
                                        break;
                                case 4:
                                        tv_build_bytes(b, version == 4 ? "\2\0\0\0" : "\x1e\0\0\0", 4);
                                        break;
                                }
                                if (version == 4) {
                                        tv_build_ipv4(b, shape == 3 ? 51 : 6, 0x4000, shape == 2 ? 40 : 0);
                                } else {
                                        tv_build_ipv6(b, shape < 2 ? 6 : shape == 2 ? 0 : 43);
                                        if (shape == 2)
                                                tv_build_bytes(b, "\x3c\0\1\4\0\0\0\0\6\0\1\4\0\0\0\0", 16);
                                        if (shape == 3) {
                                                tv_build_bytes(b, "\x33\2\0\1\0\0\0\0", 8);
                                                tv_build_zeros(b, 16);
                                        }
                                }
                                if (shape == 3) {
                                        tv_build_bytes(b, "\6\4", 2);
                                        tv_build_zeros(b, 22);
                                }
                                if (shape == 1)
                                        tv_build_tcp(b, TV_ACK | TV_URG, sack_options, 24);
                                else
                                        tv_build_tcp(b, TV_SYN, syn_options, 20);
                                tv_build_payload(b, 37);
                                tv_build_finish(b);
                        }
        return n;
}

static void
no_prefix_of_any_packet_is_read_past_its_end(void **state)
{
        static struct tv_build zoo[64];
        int link_types[64];
        size_t n = make_zoo(zoo, link_types, 64);

        (void)state;
        assert_int_equal(n, 48);
        for (size_t i = 0; i < n; i++) {
                const struct tv_build *b = &zoo[i];

                assert_int_equal(tv_build_decode(b, link_types[i], &seg, &more), TV_BUCKET_tcp);
                assert_int_equal(seg.length, 37);
                for (size_t captured = 0; captured < b->length; captured++) {
                        enum tv_bucket bucket = tv_build_decode_cut(b, link_types[i], captured, b->length, &seg, &more);
                        if (captured >= b->tcp + 20)
                                assert_int_equal(bucket, TV_BUCKET_tcp);
                        else if (captured > b->ip)
                                assert_int_equal(bucket, TV_BUCKET_cut);
                        else
                                assert_true(bucket == TV_BUCKET_not_ip || bucket == TV_BUCKET_cut);
                        /* The same octets as a whole frame: nothing may be said about cutting by the snaplen. */
                        tv_build_decode_cut(b, link_types[i], captured, captured, &seg, &more);
                }
        }
}

static void
no_changed_octet_makes_the_decoder_read_past_the_end(void **state)
{
        static struct tv_build zoo[64];
        int link_types[64];
        size_t n = make_zoo(zoo, link_types, 64);
        size_t buckets[TV_BUCKETS] = {0};

        (void)state;
        for (size_t i = 0; i < n; i++)
                for (size_t at = 0; at < zoo[i].length; at++)
                        for (unsigned value = 0; value < 256; value += 17) {
                                struct tv_build b = zoo[i];
                                b.bytes[at] = (uint8_t)value;
                                buckets[tv_build_decode(&b, link_types[i], &seg, &more)]++;
                        }
        /* The changes went where they should. */
        assert_true(buckets[TV_BUCKET_tcp] > 0 && buckets[TV_BUCKET_malformed] > 0 && buckets[TV_BUCKET_not_ip] > 0);
        assert_true(buckets[TV_BUCKET_other_ip] > 0 && buckets[TV_BUCKET_udp] > 0);
        assert_int_equal(buckets[TV_BUCKET_unknown_link], 0);
}

static void
buckets_have_names_and_meanings_of_their_own(void **state)
{
        (void)state;
        assert_string_equal(tv_bucket_name(TV_BUCKET_tcp), "tcp");
        assert_string_equal(tv_bucket_name(TV_BUCKET_unknown_link), "unknown_link");
        for (unsigned i = 0; i < TV_BUCKETS; i++) {
                assert_true(strlen(tv_bucket_meaning((enum tv_bucket)i)) > 0);
                for (unsigned j = 0; j < i; j++) {
                        assert_string_not_equal(tv_bucket_name((enum tv_bucket)i), tv_bucket_name((enum tv_bucket)j));
                        assert_string_not_equal(tv_bucket_meaning((enum tv_bucket)i),
                                                tv_bucket_meaning((enum tv_bucket)j));
                }
        }
}

/* Fields of the rare rest count only where something says that they are there. */
static void
assert_same_more(const struct tv_segment *s, const struct tv_segment_more *m, const struct tv_segment_more *expected)
{
        assert_int_equal(m->context.steps, expected->context.steps);
        for (unsigned i = 0; i < m->context.steps; i++) {
                assert_int_equal(m->context.kind[i], expected->context.kind[i]);
                assert_int_equal(m->context.id[i], expected->context.id[i]);
        }
        if (s->options & TV_OPT_MSS)
                assert_int_equal(m->mss, expected->mss);
        if (s->flags & TV_URG)
                assert_int_equal(m->urgent, expected->urgent);
        if (s->options & TV_OPT_FAST_OPEN)
                assert_int_equal(m->fast_open_cookie, expected->fast_open_cookie);
        for (unsigned i = 0; i < s->sack_blocks; i++) {
                assert_int_equal(m->sack_left[i], expected->sack_left[i]);
                assert_int_equal(m->sack_right[i], expected->sack_right[i]);
        }
}

static void
what_a_dialogue_says_is_what_its_packets_decode_to(void **state)
{
        static const char *const headers[] = {"",
                                              "link sll\n",
                                              "link sll2\n",
                                              "link null\n",
                                              "link loop\n",
                                              "link raw\n",
                                              "v6\n",
                                              "link sll2\nv6\n",
                                              "link null\nv6\n",
                                              "link ppp\n",
                                              "link ppp\nv6\n",
                                              "link radiotap\n",
                                              "link radiotap\nv6\n"};
        static const char dialogue[] = "0.000 a>b S  0:0(0)         win 65535 <mss 1460,sackOK,ws 7>\n"
                                       "0.020 b>a S. 0:0(0)   ack 1 win 4000 <mss 1400>\n"
                                       "0.040 a>b .  1:1(0)   ack 1 <TS val 5 ecr 6> {ttl 3} {nodf}\n"
                                       "0.041 a>b P. 1:101(100) ack 1 {id 77} {badsum}\n"
                                       "0.042 b>a .  1:1(0) ack 101 {offload} {tos 3}\n"
                                       "0.043 b>a .  1:1(0) ack 51 <sack 61:71 81:91>\n"
                                       "0.044 a>b PU. 101:1601(1500) ack 1 {urg 9} {caplen 100}\n"
                                       "0.045 a>b RF.EWe 1601:1601(0) ack 1 <fo 0102030405060708>\n"
                                       "0.045 a>b F. 1601:1601(0) ack 1 <opt 200 0102>\n";

        (void)state;
        for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
                char text[1200], error[TV_DIALOGUE_ERROR];
                strcpy(text, headers[i]);
                strcat(text, dialogue);
                struct tv_dialogue *d = tv_dialogue_new(text, NULL, error);
                if (!d)
                        fail_msg("%s", error);
                assert_int_equal(d->count, 9);
                for (size_t j = 0; j < d->count; j++) {
                        const struct tv_segment *expected = &d->packets[j].segment;
                        struct tv_packet packet = tv_dialogue_packet(d, j);
                        union tv_aside aside;

                        assert_int_equal(tv_decode(&packet, &seg, &more, &aside), TV_BUCKET_tcp);
                        assert_int_equal(seg.frame, expected->frame);
                        assert_int_equal(seg.time, expected->time);
                        assert_memory_equal(&seg.key, &expected->key, sizeof seg.key);
                        assert_int_equal(seg.seq, expected->seq);
                        assert_int_equal(seg.ack, expected->ack);
                        assert_int_equal(seg.length, expected->length);
                        assert_int_equal(seg.flags, expected->flags);
                        assert_int_equal(seg.window, expected->window);
                        assert_int_equal(seg.options, expected->options);
                        assert_int_equal(seg.header_bytes, expected->header_bytes);
                        assert_int_equal(seg.ttl, expected->ttl);
                        assert_int_equal(seg.traffic_class, expected->traffic_class);
                        assert_int_equal(seg.checksum, expected->checksum);
                        assert_int_equal(seg.ip_id, expected->ip_id);
                        assert_int_equal(seg.tsval, expected->tsval);
                        assert_int_equal(seg.tsecr, expected->tsecr);
                        assert_int_equal(seg.wscale, expected->wscale);
                        assert_int_equal(seg.sack_blocks, expected->sack_blocks);
                        assert_int_equal(seg.bits, expected->bits);
                        if (seg.bits & TV_SEG_MORE)
                                assert_same_more(&seg, &more, &d->packets[j].more);
                }
                tv_dialogue_free(d);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(fields_of_the_tcp_header_are_kept),
                cmocka_unit_test(the_urgent_field_means_nothing_without_its_flag),
                cmocka_unit_test(both_directions_have_the_same_key_and_opposite_bits),
                cmocka_unit_test(both_directions_have_the_same_key_over_ipv6),
                cmocka_unit_test(a_connection_with_oneself_has_one_direction),
                cmocka_unit_test(the_payload_sum_covers_what_was_captured),
                cmocka_unit_test(a_data_offset_that_cannot_be_is_malformed),
                cmocka_unit_test(twenty_octets_of_tcp_header_are_enough),
                cmocka_unit_test(no_prefix_of_any_packet_is_read_past_its_end),
                cmocka_unit_test(no_changed_octet_makes_the_decoder_read_past_the_end),
                cmocka_unit_test(buckets_have_names_and_meanings_of_their_own),
                cmocka_unit_test(what_a_dialogue_says_is_what_its_packets_decode_to),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
