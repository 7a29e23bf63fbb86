/* Wireshark's stream numbers where connections share them. */
#include "analyzer/flow/stream_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint64_t hash_key[2] = {3, 4};

static struct tv_flow_key
key_of(unsigned n)
{
        struct tv_flow_key key = {.port = {40000, 80}};

        key.addr[0][2] = (uint8_t)(n >> 8);
        key.addr[0][3] = (uint8_t)n;
        return key;
}

static uint32_t
see(struct tv_stream *stream, uint16_t flags, uint32_t seq, unsigned dir, uint32_t *next)
{
        struct tv_segment seg = {.flags = flags, .seq = seq};

        tv_stream_see(stream, &seg, dir, next);
        return stream->now;
}

static void
a_syn_with_another_number_begins_a_stream(void **state)
{
        struct tv_stream stream = {.now = 7};
        uint32_t next = 8;

        (void)state;
        assert_int_equal(see(&stream, TV_SYN, 100, 0, &next), 7);
        assert_int_equal(see(&stream, TV_SYN, 100, 0, &next), 7);
        assert_int_equal(see(&stream, TV_SYN | TV_ACK, 500, 1, &next), 7);
        assert_int_equal(see(&stream, TV_SYN | TV_ACK, 900, 1, &next), 7); /* only a SYN alone does */
        assert_int_equal(see(&stream, TV_ACK, 5555, 0, &next), 7);
        assert_int_equal(see(&stream, TV_SYN, 101, 0, &next), 8);
        assert_int_equal(see(&stream, TV_SYN, 100, 0, &next), 9);
        assert_int_equal(see(&stream, TV_SYN, 42, 1, &next), 9); /* its first since */
        assert_int_equal(see(&stream, TV_SYN, 43, 1, &next), 10);
        assert_int_equal(next, 11);
        /* begun in the middle: the segment before has the number of the SYN */
        stream = (struct tv_stream){.now = 3};
        assert_int_equal(see(&stream, TV_ACK, 1000, 0, &next), 3);
        assert_int_equal(see(&stream, TV_SYN, 999, 0, &next), 3);
        assert_int_equal(see(&stream, TV_SYN, 1000, 0, &next), 11);
}

static void
a_stream_lives_as_long_as_its_last_user(void **state)
{
        struct tv_stream_table table;
        struct tv_flow_key key = key_of(1), other = key_of(2);
        struct tv_stream *stream;
        bool is_new;

        (void)state;
        tv_stream_table_init(&table, hash_key);
        assert_null(tv_stream_table_find(&table, &key, false));
        tv_stream_table_give(&table, &key, false); /* nobody's */
        stream = tv_stream_table_take(&table, &key, false, &is_new);
        assert_true(is_new && stream->now == 0 && stream->based == 0);
        stream->now = 5;
        assert_ptr_equal(tv_stream_table_take(&table, &key, false, &is_new), stream);
        assert_false(is_new);
        /* neither of other addresses nor of the other IP version */
        assert_null(tv_stream_table_find(&table, &other, false));
        assert_null(tv_stream_table_find(&table, &key, true));
        tv_stream_table_give(&table, &key, false);
        assert_ptr_equal(tv_stream_table_find(&table, &key, false), stream);
        tv_stream_table_give(&table, &key, false);
        assert_null(tv_stream_table_find(&table, &key, false));
        stream = tv_stream_table_take(&table, &key, false, &is_new);
        assert_true(is_new && stream->now == 0);
        tv_stream_table_clear(&table);
        tv_stream_table_clear(&table);
}

static void
many_are_kept_apart(void **state)
{
        struct tv_stream_table table;
        bool is_new;

        (void)state;
        tv_stream_table_init(&table, hash_key);
        for (unsigned i = 0; i < 20000; i++) {
                struct tv_flow_key key = key_of(i);

                tv_stream_table_take(&table, &key, i % 2 != 0, &is_new)->now = i;
                assert_true(is_new);
        }
        for (unsigned i = 0; i < 20000; i += 3) {
                struct tv_flow_key key = key_of(i);

                tv_stream_table_give(&table, &key, i % 2 != 0);
        }
        for (unsigned i = 0; i < 20000; i++) {
                struct tv_flow_key key = key_of(i);
                struct tv_stream *stream = tv_stream_table_find(&table, &key, i % 2 != 0);

                if (i % 3 == 0)
                        assert_null(stream);
                else
                        assert_int_equal(stream->now, i);
        }
        assert_int_equal(table.pool.in_use, 20000 - 6667);
        tv_stream_table_clear(&table);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_syn_with_another_number_begins_a_stream),
                cmocka_unit_test(a_stream_lives_as_long_as_its_last_user),
                cmocka_unit_test(many_are_kept_apart),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
