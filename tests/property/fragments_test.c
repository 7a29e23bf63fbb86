/* A path that cuts packets into IP fragments changes nothing of what the connections were. */
#include "analyzer/decode/cursor.h"
#include "tests/support/engine_run.h"
#include "tests/support/packet_builder.h"
#include "tests/support/testdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Twice as many pieces are still known when they come again: TV_FRAGMENT_COPIES_MAX. */
enum { ETHERNET = 14, PIECE = 56, MAX_PIECES = 30 };

/* Cut behind the header, into pieces of PIECE octets, given in the order of |stride|: frame numbers are those that the
 * whole packet had, so that results can be compared. */
static void
push_in_pieces(struct tv_run_feed *feed, const struct tv_packet *packet, size_t stride, bool twice)
{
        const uint8_t *ip = packet->data + ETHERNET;
        const bool ipv6 = ip[0] >> 4 == 6;
        const uint32_t header = ipv6 ? 40 : (ip[0] & 15u) * 4u, length = packet->length - ETHERNET - header;
        const size_t count = (length + PIECE - 1) / PIECE;

        assert_in_range(count, 1, MAX_PIECES);
        if (count == 1) {
                tv_run_push(feed, packet);
                return;
        }
        /* Every piece once, or all but the last twice in a row; the stride has no divisor in common with the count. */
        for (size_t i = 0; i < (twice ? 2 * count - 1 : count); i++) {
                size_t at = (twice ? i / 2 : i) * stride % count;
                uint32_t offset = (uint32_t)at * PIECE, n = length - offset < PIECE ? length - offset : PIECE;
                bool more = offset + n < length;
                struct tv_build b = {.length = 0};

                tv_build_bytes(&b, packet->data, ETHERNET + header);
                if (ipv6) {
                        b.bytes[ETHERNET + 6] = 44;
                        tv_build_poke16(&b, ETHERNET + 4, (uint16_t)(n + 8));
                        tv_build_bytes(&b, (const uint8_t[]){ip[6], 0}, 2);
                        tv_build_be16(&b, (uint16_t)(offset | more));
                        tv_build_be32(&b, (uint32_t)packet->frame);
                } else {
                        tv_build_poke16(&b, ETHERNET + 2, (uint16_t)(header + n));
                        tv_build_poke16(&b, ETHERNET + 6, (uint16_t)((more ? 0x2000 : 0) | offset / 8));
                }
                tv_build_bytes(&b, ip + header + offset, n);

                struct tv_packet piece = *packet;
                piece.data = b.bytes;
                piece.captured = piece.length = (uint32_t)b.length;
                tv_run_push(feed, &piece);
        }
}

static size_t
stride_for(size_t count)
{
        for (size_t stride = 7; stride > 1; stride--)
                if (count % stride != 0 && (stride == 7 || stride == 5 || stride == 3 || stride == 2))
                        return stride;
        return 1;
}

static void
assert_same(const char *name, const struct tv_run *whole, const struct tv_run *pieces)
{
        char x[TV_RUN_PATH], y[TV_RUN_PATH];

        if (whole->connection_count != pieces->connection_count)
                fail_msg("%s: %zu connections, in pieces %zu", name, whole->connection_count, pieces->connection_count);
        for (size_t i = 0; i < whole->connection_count; i++) {
                const struct tv_connection *p = &whole->connections[i], *q = &pieces->connections[i];

                if (p->handshake != q->handshake || p->teardown != q->teardown || p->start != q->start ||
                    p->duration != q->duration || p->finding_count != q->finding_count ||
                    memcmp(p->dir, q->dir, sizeof p->dir) != 0) {
                        tv_run_print(whole);
                        tv_run_print(pieces);
                        fail_msg("%s: conn %zu differs", name, i);
                }
                for (unsigned end = 0; end < 2; end++) {
                        assert_string_equal(tv_run_path(whole, i, (enum tv_end)end, x),
                                            tv_run_path(pieces, i, (enum tv_end)end, y));
                }
        }
}

static void
a_fragmented_path_changes_no_connection(void **state)
{
        struct tv_test_names names = tv_test_dialogues(TV_TESTDATA);
        size_t tried = 0;

        (void)state;
        for (size_t i = 0; i < names.count; i++) {
                char path[TV_TEST_PATH], error[TV_DIALOGUE_ERROR];
                struct tv_run_feed *plain, *cut;
                bool leaps = false; /* more packets at one time convince the clock sooner (design.md section 3) */

                snprintf(path, sizeof path, "%s/dialogues/%s.txt", TV_TESTDATA, names.name[i]);
                struct tv_dialogue *d = tv_dialogue_read(path, NULL, error);
                assert_non_null(d);
                plain = tv_run_begin(NULL);
                cut = tv_run_begin(NULL);
                for (size_t k = 0; k < d->count; k++) {
                        struct tv_packet packet = tv_dialogue_packet(d, k);
                        uint8_t *ip = d->packets[k].bytes + ETHERNET;
                        bool suits = packet.link_type == DLT_EN10MB && packet.captured == packet.length &&
                                     packet.length > 54 && packet.length < ETHERNET + 40 + MAX_PIECES * PIECE &&
                                     (packet.data[12] == 0x08 || packet.data[12] == 0x86) && packet.data[13] != 0xa8 &&
                                     (ip[0] >> 4 == 6 ? ip[6] == 6 && tv_be16(ip + 4) != 0 : tv_be16(ip + 2) != 0);

                        leaps |= k > 0 && packet.time - d->packets[k - 1].time > 60 * INT64_C(1000000000);
                        /* What may be cut has no DF, and an IP ID that means something. */
                        if (suits && ip[0] >> 4 == 4)
                                ip[6] = 0;
                        tv_run_push(plain, &packet);
                        if (suits) {
                                uint32_t header = ip[0] >> 4 == 6 ? 40 : (ip[0] & 15u) * 4u;
                                push_in_pieces(cut, &packet,
                                               stride_for((packet.length - ETHERNET - header + PIECE - 1) / PIECE),
                                               k % 3 == 0);
                                tried++;
                        } else {
                                tv_run_push(cut, &packet);
                        }
                }
                struct tv_run *whole = tv_run_end(plain), *pieces = tv_run_end(cut);
                /* Of hundreds of pieces recorded twice at once, one may be forgotten before its copy comes, and then
                 * the copy of its datagram is none. */
                if (!leaps && strcmp(names.name[i], "span-burst") != 0)
                        assert_same(names.name[i], whole, pieces);
                tv_run_free(whole);
                tv_run_free(pieces);
                tv_dialogue_free(d);
        }
        assert_true(tried > 300);
        tv_test_names_clear(&names);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(a_fragmented_path_changes_no_connection)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
