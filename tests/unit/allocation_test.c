/* No heap allocation per segment, and little memory for a flow that only ever was a SYN. */
#include "analyzer/engine/engine.h"
#include "tests/support/packet_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Every allocation of the process is counted.  A sanitizer brings an allocator with hooks of its own. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#endif

static uint64_t allocations;

#ifdef SANITIZED
/* As in <sanitizer/allocator_interface.h>, which not every compiler brings along. */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *memory, size_t bytes),
                                              void (*on_free)(const volatile void *memory));

static void
on_malloc(const volatile void *memory, size_t bytes)
{
        (void)memory;
        (void)bytes;
        allocations++;
}

static void
on_free(const volatile void *memory)
{
        (void)memory;
}
#else
/* glibc's own names of what is replaced here. */
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *old, size_t bytes);

void *
malloc(size_t bytes)
{
        allocations++;
        return __libc_malloc(bytes);
}

void *
calloc(size_t count, size_t bytes)
{
        allocations++;
        return __libc_calloc(count, bytes);
}

void *
realloc(void *old, size_t bytes)
{
        allocations++;
        return __libc_realloc(old, bytes);
}
#endif

struct kept {
        uint64_t connections, rows, evicted, half_open;
        uint64_t payload, unique;
};

static void
on_connection(void *context, const struct tv_connection *conn)
{
        struct kept *kept = context;

        kept->connections++;
        kept->evicted += conn->evicted;
        kept->half_open += conn->handshake == TV_HANDSHAKE_NO_ANSWER;
        kept->payload = conn->dir[0].payload_bytes;
        kept->unique = conn->dir[0].unique_bytes;
}

static void
on_finding(void *context, const struct tv_finding *finding)
{
        (void)context;
        (void)finding;
}

static void
on_row(void *context, const struct tv_segment_row *row)
{
        struct kept *kept = context;

        (void)row;
        kept->rows++;
}

struct feed {
        struct tv_engine *engine;
        struct kept kept;
        uint64_t packets;
        tv_time now;
};

static void
begin(struct feed *feed, bool rows, uint64_t max_memory)
{
        const struct tv_engine_config config = {.max_memory = max_memory};
        const struct tv_sink sink = {.context = &feed->kept,
                                     .connection = on_connection,
                                     .finding = on_finding,
                                     .segment = rows ? on_row : NULL};

        *feed = (struct feed){.now = INT64_C(1700000000000000000)};
        feed->engine = tv_engine_new(&config, &sink);
        assert_non_null(feed->engine);
}

static void
finish(struct feed *feed)
{
        tv_engine_finish(feed->engine);
        tv_engine_free(feed->engine);
}

static void
push(struct feed *feed, const struct tv_build *b)
{
        const struct tv_packet packet = {.data = b->bytes,
                                         .captured = (uint32_t)b->length,
                                         .length = (uint32_t)b->length,
                                         .link_type = DLT_EN10MB,
                                         .time = feed->now,
                                         .frame = tv_frame_make(1, ++feed->packets)};

        assert_int_equal(tv_engine_push(feed->engine, &packet), TV_BUCKET_tcp);
}

static void
poke32(struct tv_build *b, size_t at, uint32_t v)
{
        tv_build_poke16(b, at, (uint16_t)(v >> 16));
        tv_build_poke16(b, at + 2, (uint16_t)v);
}

/* A segment between 10.0.0.1:40000 (low) and 10.0.0.2:80, with a time stamp option in whole milliseconds if asked. */
static void
send_segment(struct feed *feed, bool from_client, uint16_t flags, uint32_t seq, uint32_t ack, size_t payload,
             bool stamps)
{
        static const uint8_t empty[12] = {1, 1, 8, 10};
        struct tv_build b = {.length = 0};

        tv_build_ethernet(&b, 0x0800);
        tv_build_ipv4(&b, 6, 0x4000, 0);
        tv_build_tcp(&b, flags, empty, stamps ? sizeof empty : 0);
        tv_build_payload(&b, payload);
        tv_build_poke16(&b, b.ip + 4, (uint16_t)feed->packets); /* IP ID */
        if (!from_client) {
                b.bytes[b.ip + 15] = 2;
                b.bytes[b.ip + 19] = 1;
                tv_build_poke16(&b, b.tcp, 80);
                tv_build_poke16(&b, b.tcp + 2, 40000);
        }
        poke32(&b, b.tcp + 4, seq);
        poke32(&b, b.tcp + 8, ack);
        tv_build_poke16(&b, b.tcp + 14, 65535);
        if (stamps) {
                uint32_t ms = (uint32_t)(feed->now / 1000000);

                poke32(&b, b.tcp + 24, ms + (from_client ? 0 : 5000));
                poke32(&b, b.tcp + 28, ms - 1 + (from_client ? 5000 : 0));
        }
        tv_build_finish(&b);
        push(feed, &b);
}

/* |count| times: a segment with data, 0.2 ms later its acknowledgment. */
static void
transfer(struct feed *feed, uint32_t *seq, unsigned count, bool stamps)
{
        for (unsigned i = 0; i < count; i++) {
                feed->now += 100000;
                send_segment(feed, true, TV_PSH | TV_ACK, *seq, 5001, 200, stamps);
                *seq += 200;
                feed->now += 200000;
                send_segment(feed, false, TV_ACK, 5001, *seq, 0, stamps);
        }
}

static void
expect_no_allocation_in_steady_state(bool rows, bool stamps)
{
        struct feed feed;
        uint32_t seq = 4294000001; /* wraps on the way */
        uint64_t before, counted;

        begin(&feed, rows, 0);
        send_segment(&feed, true, TV_SYN, seq - 1, 0, 0, stamps);
        feed.now += 200000;
        send_segment(&feed, false, TV_SYN | TV_ACK, 5000, seq, 0, stamps);
        feed.now += 100000;
        send_segment(&feed, true, TV_ACK, seq, 5001, 0, stamps);
        transfer(&feed, &seq, 2000, stamps);
        before = allocations;
        counted = tv_engine_allocations(feed.engine);
        transfer(&feed, &seq, 100000, stamps);
        assert_int_equal(allocations - before, 0);
        assert_int_equal(tv_engine_allocations(feed.engine) - counted, 0);
        finish(&feed);
        /* it was all tracked, as one connection */
        assert_int_equal(feed.kept.connections, 1);
        assert_int_equal(feed.kept.unique, 102000 * 200);
        assert_int_equal(feed.kept.rows, rows ? feed.packets : 0);
}

static void
allocations_are_counted_at_all(void **state)
{
        uint64_t before = allocations;
        void *volatile memory = malloc(77); /* volatile: a compiler may leave out what nobody uses */

        (void)state;
        assert_non_null(memory);
        free(memory);
        assert_true(allocations > before);
}

static void
in_order_data_and_acks_allocate_nothing(void **state)
{
        (void)state;
        expect_no_allocation_in_steady_state(false, false);
}

static void
time_stamps_allocate_nothing_either(void **state)
{
        (void)state;
        expect_no_allocation_in_steady_state(false, true);
}

static void
nor_do_rows_of_segments(void **state)
{
        (void)state;
        expect_no_allocation_in_steady_state(true, true);
}

static void
flood(struct feed *feed, unsigned flows)
{
        static const uint8_t mss[4] = {2, 4, 5, 180};

        for (unsigned i = 0; i < flows; i++) {
                struct tv_build b = {.length = 0};

                tv_build_ethernet(&b, 0x0800);
                tv_build_ipv4(&b, 6, 0x4000, 0);
                tv_build_tcp(&b, TV_SYN, mss, sizeof mss);
                poke32(&b, b.ip + 12, 0x0b000000 + i * 7919);
                tv_build_poke16(&b, b.tcp, (uint16_t)(1024 + i % 50000));
                poke32(&b, b.tcp + 4, i * 2654435761u);
                tv_build_finish(&b);
                feed->now += 10000;
                push(feed, &b);
        }
}

enum { FLOWS = 100000 };

static void
flow_of_a_flood_costs_at_most_192_bytes(void **state)
{
        struct feed feed;

        (void)state;
        begin(&feed, false, UINT64_C(192) * FLOWS);
        flood(&feed, FLOWS);
        finish(&feed);
        assert_int_equal(feed.kept.connections, FLOWS);
        assert_int_equal(feed.kept.half_open, FLOWS);
        /* the engine gives up connections when it needs more than it may: it did not need more */
        assert_int_equal(feed.kept.evicted, 0);
}

static void
engine_keeps_within_its_memory_by_giving_up_flows(void **state)
{
        struct feed feed;

        (void)state;
        begin(&feed, false, UINT64_C(40) * FLOWS);
        flood(&feed, FLOWS);
        assert_true(feed.kept.evicted > 0); /* before the end */
        finish(&feed);
        assert_int_equal(feed.kept.connections, FLOWS); /* nothing is skipped in silence */
        assert_int_equal(feed.kept.half_open, FLOWS);
}

static void
flood_allocates_by_the_thousand_not_by_the_flow(void **state)
{
        struct feed feed;
        uint64_t before;

        (void)state;
        begin(&feed, false, 0);
        before = allocations;
        flood(&feed, FLOWS);
        assert_true(allocations - before < 200);
        assert_true(tv_engine_allocations(feed.engine) < 1000);
        finish(&feed);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(allocations_are_counted_at_all),
                cmocka_unit_test(in_order_data_and_acks_allocate_nothing),
                cmocka_unit_test(time_stamps_allocate_nothing_either),
                cmocka_unit_test(nor_do_rows_of_segments),
                cmocka_unit_test(flow_of_a_flood_costs_at_most_192_bytes),
                cmocka_unit_test(engine_keeps_within_its_memory_by_giving_up_flows),
                cmocka_unit_test(flood_allocates_by_the_thousand_not_by_the_flow),
        };

#ifdef SANITIZED
        if (__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) == 0)
                return 1;
#endif
        return cmocka_run_group_tests(tests, NULL, NULL);
}
