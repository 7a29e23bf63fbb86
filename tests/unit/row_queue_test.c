/* Rows leave in file order, settled, or with what is known when the queue is full. */
#include "analyzer/engine/row_queue.h"
#include "reassembly/data_class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct out {
        struct tv_row_queue *queue;
        struct tv_segment_row *row;
        size_t count, room;
};

static void
write_row(void *context, const struct tv_segment_row *row)
{
        struct out *out = context;

        if (out->count == out->room) {
                out->room = out->room == 0 ? 64 : out->room * 2;
                out->row = realloc(out->row, out->room * sizeof *out->row);
                assert_non_null(out->row);
        }
        out->row[out->count++] = *row;
}

static int
start(void **state)
{
        struct out *out = calloc(1, sizeof *out);

        assert_non_null(out);
        out->queue = tv_row_queue_new(write_row, out, 0);
        assert_non_null(out->queue);
        *state = out;
        return 0;
}

static int
end(void **state)
{
        struct out *out = *state;

        tv_row_queue_free(out->queue);
        free(out->row);
        free(out);
        return 0;
}

static void
push(struct out *out, uint64_t frame, uint64_t conn, unsigned waits)
{
        struct tv_segment_row row = {0};

        row.frame = tv_frame_make(1, frame);
        row.conn = conn;
        row.data_class = TV_DATA_RETRANSMISSION;
        row.needed = TV_NEEDED_UNKNOWN;
        row.lost = TV_LOST_UNKNOWN;
        tv_row_queue_push(out->queue, &row, waits);
}

static void
settle(struct out *out, uint64_t frame, uint64_t conn, enum tv_needed needed, enum tv_lost lost)
{
        struct tv_settlement news = {0};

        news.frame = tv_frame_make(1, frame);
        news.needed = (uint8_t)needed;
        news.lost = (uint8_t)lost;
        news.final_needed = true;
        tv_row_queue_settle(out->queue, conn, &news);
}

static void
row_that_waits_for_nothing_leaves_at_once(void **state)
{
        struct out *out = *state;

        push(out, 1, 0, 0);
        assert_int_equal(out->count, 1);
}

static void
rows_behind_a_waiting_one_wait_with_it(void **state)
{
        struct out *out = *state;

        push(out, 1, 0, TV_ROW_NEEDED);
        push(out, 2, 0, 0);
        push(out, 3, 1, 0);
        assert_int_equal(out->count, 0);
        settle(out, 1, 0, TV_NEEDED_YES, TV_LOST_DOWNSTREAM);
        assert_int_equal(out->count, 3);
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(tv_frame_number(out->row[i].frame), i + 1);
        assert_int_equal(out->row[0].needed, TV_NEEDED_YES);
        assert_int_equal(out->row[0].lost, TV_LOST_DOWNSTREAM);
        assert_int_equal(out->row[1].needed, TV_NEEDED_UNKNOWN);
}

static void
row_that_waits_for_two_things_waits_for_both(void **state)
{
        struct out *out = *state;
        struct tv_settlement news = {0};

        push(out, 1, 0, TV_ROW_NEEDED | TV_ROW_ACK);
        settle(out, 1, 0, TV_NEEDED_NO, TV_LOST_ACK);
        assert_int_equal(out->count, 0);
        news.frame = tv_frame_make(1, 1);
        news.ack_class = TV_ACK_EARLY;
        tv_row_queue_settle(out->queue, 0, &news);
        assert_int_equal(out->count, 1);
        assert_int_equal(out->row[0].needed, TV_NEEDED_NO);
        assert_int_equal(out->row[0].ack_class, TV_ACK_EARLY);
}

static void
news_about_another_connection_or_frame_changes_nothing(void **state)
{
        struct out *out = *state;

        push(out, 1, 0, TV_ROW_NEEDED);
        settle(out, 1, 7, TV_NEEDED_YES, TV_LOST_UPSTREAM);
        settle(out, 2, 0, TV_NEEDED_YES, TV_LOST_UPSTREAM);
        assert_int_equal(out->count, 0);
        tv_row_queue_flush(out->queue);
        assert_int_equal(out->count, 1);
        assert_int_equal(out->row[0].needed, TV_NEEDED_UNKNOWN);
}

static void
decision_about_copies_reaches_all_of_the_connection_and_no_other(void **state)
{
        struct out *out = *state;
        struct tv_settlement news = {0};

        push(out, 1, 0, TV_ROW_CLASS);
        push(out, 2, 1, TV_ROW_CLASS);
        push(out, 3, 0, TV_ROW_CLASS);
        news.data_class = TV_DATA_CAPTURE_DUPLICATE;
        tv_row_queue_settle(out->queue, 0, &news);
        assert_int_equal(out->count, 1);
        tv_row_queue_flush(out->queue);
        assert_int_equal(out->count, 3);
        assert_int_equal(out->row[0].data_class, TV_DATA_CAPTURE_DUPLICATE);
        assert_int_equal(out->row[1].data_class, TV_DATA_NETWORK_DUPLICATE); /* nobody ever decided */
        assert_int_equal(out->row[2].data_class, TV_DATA_CAPTURE_DUPLICATE);
}

static void
row_moves_to_another_connection(void **state)
{
        struct out *out = *state;

        push(out, 1, 0, TV_ROW_NEEDED);
        push(out, 2, 0, 0);
        tv_row_queue_move(out->queue, tv_frame_make(1, 2), 5);
        tv_row_queue_move(out->queue, tv_frame_make(1, 9), 6); /* not there: nothing happens */
        tv_row_queue_flush(out->queue);
        assert_int_equal(out->row[0].conn, 0);
        assert_int_equal(out->row[1].conn, 5);
}

static void
full_queue_lets_the_oldest_go_as_it_is(void **state)
{
        struct out *out = *state;
        const uint64_t all = TV_ROW_QUEUE_DEPTH + 1000;

        push(out, 1, 0, TV_ROW_NEEDED);
        push(out, 2, 0, TV_ROW_NEEDED);
        for (uint64_t frame = 3; frame <= all; frame++)
                push(out, frame, 0, 0);
        assert_true(out->count >= 1);
        settle(out, 1, 0, TV_NEEDED_YES, TV_LOST_UPSTREAM); /* too late for it, and harmless */
        tv_row_queue_flush(out->queue);
        assert_int_equal(out->count, all);
        for (uint64_t i = 0; i < all; i++)
                assert_int_equal(tv_frame_number(out->row[i].frame), i + 1);
        assert_int_equal(out->row[0].needed, TV_NEEDED_UNKNOWN);
}

/* Against the slow obvious model: keep everything, apply every settlement that comes while the row is among the last
 * TV_ROW_QUEUE_DEPTH, write at the end. */
static void
random_settling_gives_what_the_model_gives(void **state)
{
        struct out *out = *state;
        enum { ALL = 60000 };
        static uint8_t needed[ALL + 1];
        uint32_t random = 1;

        for (uint64_t frame = 1; frame <= ALL; frame++) {
                bool waits;

                random = random * 1664525 + 1013904223;
                waits = random >> 24 < 40;
                push(out, frame, frame % 5, waits ? TV_ROW_NEEDED : 0);
                needed[frame] = waits ? 0xff : TV_NEEDED_UNKNOWN;
                for (unsigned i = 0; i < 3; i++) {
                        uint64_t about;

                        random = random * 1664525 + 1013904223;
                        about = frame > 500 ? frame - (random >> 16) % 500 : 1 + (random >> 16) % frame;
                        if (needed[about] != 0xff)
                                continue;
                        needed[about] = TV_NEEDED_YES + (random >> 12) % 2;
                        settle(out, about, about % 5, (enum tv_needed)needed[about], TV_LOST_NONE);
                }
                assert_true(frame - out->count <= TV_ROW_QUEUE_DEPTH);
        }
        tv_row_queue_flush(out->queue);
        assert_int_equal(out->count, ALL);
        for (uint64_t i = 0; i < ALL; i++) {
                assert_int_equal(tv_frame_number(out->row[i].frame), i + 1);
                /* a row that was never settled holds those behind it back until the queue is full: far longer than 500
                 */
                assert_int_equal(out->row[i].needed, needed[i + 1] == 0xff ? TV_NEEDED_UNKNOWN : needed[i + 1]);
        }
}

static void
rows_of_files_that_are_merged_are_found_in_any_order(void **state)
{
        struct out *out = *state;

        /* Two files in turn, and the frames of the second run backwards. */
        for (uint64_t i = 0; i < 1000; i++)
                for (uint32_t file = 1; file <= 2; file++) {
                        struct tv_segment_row row = {.conn = file};

                        row.frame = tv_frame_make(file, file == 1 ? i + 1 : 1000 - i);
                        tv_row_queue_push(out->queue, &row, TV_ROW_NEEDED);
                }
        assert_int_equal(out->count, 0);
        for (uint64_t i = 1; i <= 1000; i++)
                for (uint32_t file = 1; file <= 2; file++) {
                        struct tv_settlement news = {.needed = TV_NEEDED_YES, .final_needed = true};

                        news.frame = tv_frame_make(file, i);
                        tv_row_queue_settle(out->queue, file, &news);
                }
        assert_int_equal(out->count, 2000);
        for (size_t i = 0; i < 2000; i++) {
                assert_int_equal(out->row[i].needed, TV_NEEDED_YES);
                assert_int_equal(tv_frame_file(out->row[i].frame), i % 2 + 1);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(row_that_waits_for_nothing_leaves_at_once, start, end),
                cmocka_unit_test_setup_teardown(rows_behind_a_waiting_one_wait_with_it, start, end),
                cmocka_unit_test_setup_teardown(row_that_waits_for_two_things_waits_for_both, start, end),
                cmocka_unit_test_setup_teardown(news_about_another_connection_or_frame_changes_nothing, start, end),
                cmocka_unit_test_setup_teardown(decision_about_copies_reaches_all_of_the_connection_and_no_other, start,
                                                end),
                cmocka_unit_test_setup_teardown(row_moves_to_another_connection, start, end),
                cmocka_unit_test_setup_teardown(full_queue_lets_the_oldest_go_as_it_is, start, end),
                cmocka_unit_test_setup_teardown(random_settling_gives_what_the_model_gives, start, end),
                cmocka_unit_test_setup_teardown(rows_of_files_that_are_merged_are_found_in_any_order, start, end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
