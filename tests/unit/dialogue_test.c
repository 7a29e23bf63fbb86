/* The tests' own tool: traffic as text must become exactly the packets that it says. */
#include "tests/support/dialogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/decode/decode.h"

static struct tv_dialogue *
read_text(const char *text, const struct tv_dialogue_options *options)
{
        char error[TV_DIALOGUE_ERROR];
        struct tv_dialogue *dialogue = tv_dialogue_new(text, options, error);
        if (dialogue == NULL)
                fail_msg("%s", error);
        return dialogue;
}

static void
expect_error(const char *text, const char *expected)
{
        char error[TV_DIALOGUE_ERROR];
        struct tv_dialogue *dialogue = tv_dialogue_new(text, NULL, error);
        assert_null(dialogue);
        assert_string_equal(error, expected);
}

static const char handshake_and_data[] = "a = 192.0.2.7:51000 isn 4294967290\n"
                                         "b = 192.0.2.9:443 isn 77\n"
                                         "0.000 a>b S  0:0(0) win 65535 <mss 1460,sackOK,TS val 9 ecr 0,nop,ws 7>\n"
                                         "0.020 b>a S. 0:0(0) ack 1 win 28960 <mss 1400>\n"
                                         "0.020001 a>b P. 1:11(10) ack 1 {id 500} {ttl 61}\n"
                                         "# a hole, then its edges\n"
                                         "0.060 b>a .  1:1(0) ack 1 <sack 5:11>\n";

static void
relative_numbers_count_from_the_isn_and_wrap(void **state)
{
        (void)state;
        struct tv_dialogue *d = read_text(handshake_and_data, NULL);
        assert_int_equal(d->count, 4);
        assert_int_equal(d->packets[0].segment.seq, 4294967290);
        assert_int_equal(d->packets[1].segment.seq, 77);
        assert_int_equal(d->packets[1].segment.ack, 4294967291);
        assert_int_equal(d->packets[2].segment.seq, 4294967291);
        assert_int_equal(d->packets[2].segment.ack, 78);
        assert_int_equal(d->packets[2].segment.length, 10);
        assert_int_equal(d->packets[2].segment.flags, TV_PSH | TV_ACK);
        assert_int_equal(d->packets[2].segment.window, 65535);
        assert_int_equal(d->packets[2].segment.ip_id, 500);
        assert_int_equal(d->packets[2].segment.ttl, 61);
        assert_int_equal(d->packets[2].time, INT64_C(1700000000020001000));
        assert_int_equal(d->packets[3].more.sack_left[0], 4294967295);
        assert_int_equal(d->packets[3].more.sack_right[0], 5);
        assert_int_equal(d->packets[3].line, 7);
        tv_dialogue_free(d);
}

static void
shifted_isns_move_every_number_of_that_end(void **state)
{
        (void)state;
        struct tv_dialogue *plain = read_text(handshake_and_data, NULL);
        struct tv_dialogue *shifted =
                read_text(handshake_and_data, &(struct tv_dialogue_options){.shift_a = 1000, .shift_b = 0x80000000});
        for (size_t i = 0; i < plain->count; i++) {
                const struct tv_segment *x = &plain->packets[i].segment, *y = &shifted->packets[i].segment;
                const bool from_a = (x->bits & TV_SEG_FROM_HIGH) == 0;
                assert_int_equal(y->seq - x->seq, from_a ? 1000 : 0x80000000);
                if ((x->flags & TV_ACK) != 0)
                        assert_int_equal(y->ack - x->ack, from_a ? 0x80000000 : 1000);
                assert_int_equal(x->payload_sum, y->payload_sum);
        }
        tv_dialogue_free(plain);
        tv_dialogue_free(shifted);
}

static void
swapped_ends_exchange_addresses_and_keep_numbers(void **state)
{
        (void)state;
        struct tv_dialogue *plain = read_text(handshake_and_data, NULL);
        struct tv_dialogue *swapped =
                read_text(handshake_and_data, &(struct tv_dialogue_options){.swap_addresses = true});
        for (size_t i = 0; i < plain->count; i++) {
                const struct tv_segment *x = &plain->packets[i].segment, *y = &swapped->packets[i].segment;
                assert_memory_equal(&x->key, &y->key, sizeof x->key);
                assert_int_equal(x->bits ^ TV_SEG_FROM_HIGH, y->bits);
                assert_int_equal(x->seq, y->seq);
                assert_int_equal(x->ack, y->ack);
        }
        tv_dialogue_free(plain);
        tv_dialogue_free(swapped);
}

static void
mistakes_are_named_with_their_line(void **state)
{
        (void)state;
        expect_error("\n0 a>b S 0:10(5)\n", "line 2: 0:10 is not 5 octets");
        expect_error("0 a>b S. 0:0(0)\n", "line 1: 'ack N' expected: the segment has the flag '.'");
        expect_error("0 a>b Sx 0:0(0)\n", "line 1: unknown flag 'x'");
        expect_error("0 a>a S 0:0(0)\n", "line 1: an end cannot send to itself");
        expect_error("0 a>b S 0:0(0) <mss>\n", "line 1: number expected at '>'");
        expect_error("0 a>b S 0:0(0) {pony}\n", "line 1: unknown extra at 'pony}'");
        expect_error("link token-ring\n", "line 1: unknown link type 'token-ring'");
        expect_error("0 a>b S 0:0(0) later\n", "line 1: cannot read 'later'");
        expect_error("0 a>b . 1:70001(70000) ack 1\n",
                     "line 1: 70040 octets do not fit the IP length field: {iplen 0}");
}

/* Two implementations of one layout: what the dialogue says of a segment is what the decoder finds in its octets. */
static void
decoder_finds_what_the_text_says(void **state)
{
        (void)state;
        static const char *const settings[] = {
                "link ethernet\n", "link sll\n",          "link sll2\n", "link null\n",
                "link loop\n",     "link raw\n",          "v6\n",        "link null\nv6\norder big\n",
                "link sll2\nv6\n", "snaplen 60\n",        "link ppp\n",  "link ppp\nv6\n",
                "link radiotap\n", "link radiotap\nv6\n",
        };
        static const char body[] = "0 a>b SEW 0:0(0) win 64240 <mss 1460,sackOK,TS val 100 ecr 0,nop,ws 7>\n"
                                   "0.1 b>a S.E 0:0(0) ack 1 win 65160 <mss 1460,sackOK,TS val 7 ecr 100,nop,ws 9>\n"
                                   "0.2 a>b P. 1:1002(1001) ack 1 win 502 {tos 2}\n"
                                   "0.3 b>a . 1:1(0) ack 1 <nop,nop,TS val 9 ecr 100,nop,nop,sack 501:1002> {nodf}\n"
                                   "0.4 a>b P.U 1002:1012(10) ack 1 {urg 10} {badsum}\n"
                                   "0.5 a>b . 1012:1022(10) ack 1 {offload}\n"
                                   "0.6 b>a F. 1:1(0) ack 1022 <opt 253 abcd>\n"
                                   "0.7 a>b R 1022:1022(0)\n"
                                   "0.8 a>b S 0:3(3) <fo 0102030405060708>\n";
        for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) {
                char text[2000];
                snprintf(
                        text, sizeof text, "%s%s%s", settings[s], body,
                        s == 0 ? "0.9 a>b . 1:1(0) ack 1 {vlan 5} {vlan 100}\n0.91 a>b . 1:3001(3000) ack 1 {iplen 0}\n"
                               : "");
                struct tv_dialogue *d = read_text(text, NULL);
                for (size_t i = 0; i < d->count; i++) {
                        struct tv_packet packet = tv_dialogue_packet(d, i);
                        struct tv_segment seg;
                        struct tv_segment_more more;
                        union tv_aside aside;
                        memset(&seg, 0, sizeof seg);
                        memset(&more, 0, sizeof more);
                        enum tv_bucket bucket = tv_decode(&packet, &seg, &more, &aside);
                        if (packet.captured < packet.length && bucket == TV_BUCKET_cut)
                                continue;
                        const struct tv_segment *expected = &d->packets[i].segment;
                        assert_int_equal(bucket, TV_BUCKET_tcp);
                        assert_int_equal(seg.frame, expected->frame);
                        assert_int_equal(seg.time, expected->time);
                        assert_memory_equal(&seg.key, &expected->key, sizeof seg.key);
                        assert_int_equal(seg.seq, expected->seq);
                        assert_int_equal(seg.ack, expected->ack);
                        assert_int_equal(seg.length, expected->length);
                        assert_int_equal(seg.flags, expected->flags);
                        assert_int_equal(seg.window, expected->window);
                        assert_int_equal(seg.header_bytes, expected->header_bytes);
                        assert_int_equal(seg.ip_id, expected->ip_id);
                        assert_int_equal(seg.ttl, expected->ttl);
                        assert_int_equal(seg.traffic_class, expected->traffic_class);
                        assert_int_equal(seg.checksum, expected->checksum);
                        /* whether a header that is cut counts as a cut payload of no octets is the decoder's choice */
                        const unsigned bits = TV_SEG_IPV6 | TV_SEG_FROM_HIGH | TV_SEG_LENGTH_GUESSED | TV_SEG_ATOMIC |
                                              TV_SEG_HAS_IP_ID | (seg.length > 0 ? TV_SEG_CUT : 0);
                        assert_int_equal(seg.bits & bits, expected->bits & bits);
                        if (packet.captured < packet.length)
                                continue; /* the snaplen may have cut the options */
                        assert_int_equal(seg.options, expected->options);
                        assert_int_equal(seg.tsval, expected->tsval);
                        assert_int_equal(seg.tsecr, expected->tsecr);
                        assert_int_equal(seg.wscale, expected->wscale);
                        assert_int_equal(seg.sack_blocks, expected->sack_blocks);
                        if ((expected->bits & TV_SEG_MORE) != 0) {
                                assert_true((seg.bits & TV_SEG_MORE) != 0);
                                assert_int_equal(more.mss,
                                                 expected->options & TV_OPT_MSS ? d->packets[i].more.mss : more.mss);
                                assert_int_equal(more.urgent, d->packets[i].more.urgent);
                                assert_int_equal(more.context.steps, d->packets[i].more.context.steps);
                                for (unsigned k = 0; k < expected->sack_blocks; k++) {
                                        assert_int_equal(more.sack_left[k], d->packets[i].more.sack_left[k]);
                                        assert_int_equal(more.sack_right[k], d->packets[i].more.sack_right[k]);
                                }
                        }
                }
                tv_dialogue_free(d);
        }
}

static void
file_header_follows_the_settings(void **state)
{
        (void)state;
        struct tv_dialogue *d = read_text("link raw\nclock ns\norder big\nsnaplen 54\n0 a>b S 0:0(0) <mss 1>\n", NULL);
        struct tv_pcap_buffer file;
        tv_dialogue_capture(d, &file);
        static const uint8_t header[24] = {0xa1, 0xb2, 0x3c, 0x4d, 0, 2, 0, 4,  0, 0, 0, 0,
                                           0,    0,    0,    0,    0, 0, 0, 54, 0, 0, 0, 101};
        assert_memory_equal(file.data, header, sizeof header);
        assert_int_equal(file.size, 24 + 16 + 44);
        tv_pcap_buffer_clear(&file);
        tv_dialogue_free(d);

        d = read_text("cut 5\ntwice 0.00001\n0 a>b S 0:0(0)\n", NULL);
        assert_int_equal(d->count, 2);
        assert_int_equal(d->packets[1].time - d->packets[0].time, 10000);
        assert_int_equal(d->packets[0].segment.ip_id, d->packets[1].segment.ip_id);
        tv_dialogue_capture(d, &file);
        assert_int_equal(file.size, 24 + 2 * (16 + 54) - 5);
        tv_pcap_buffer_clear(&file);
        tv_dialogue_free(d);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(relative_numbers_count_from_the_isn_and_wrap),
                cmocka_unit_test(shifted_isns_move_every_number_of_that_end),
                cmocka_unit_test(swapped_ends_exchange_addresses_and_keep_numbers),
                cmocka_unit_test(mistakes_are_named_with_their_line),
                cmocka_unit_test(decoder_finds_what_the_text_says),
                cmocka_unit_test(file_header_follows_the_settings),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
