/* The monotone capture clock (design.md section 3): a jump of more than 60 s forward or 1 s back re-bases it only when
 * further packets agree. */
#include "analyzer/engine/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define BASE   (INT64_C(1700000000) * SECOND)

static struct tv_clock capture_clock;
static tv_frame frame;

static int
start(void **state)
{
        (void)state;
        frame = 0;
        tv_clock_init(&capture_clock);
        return 0;
}

/* Ticks at |ms| milliseconds after the beginning; returns the clock in milliseconds after the beginning. */
static int64_t
tick(int64_t ms)
{
        tv_time now = tv_clock_tick(&capture_clock, BASE + ms * 1000000, ++frame);

        return (now - BASE) / 1000000;
}

static void
follows_the_packets(void **state)
{
        (void)state;
        assert_int_equal(tick(0), 0);
        assert_int_equal(tick(10), 10);
        assert_int_equal(tick(10), 10);
        assert_int_equal(tick(50000), 50000);
        tv_clock_finish(&capture_clock);
        assert_int_equal(capture_clock.steps, 0);
        assert_int_equal(capture_clock.reordered, 0);
}

static void
never_goes_back(void **state)
{
        int64_t before = tick(0);
        uint32_t random = 12345;

        (void)state;
        for (unsigned i = 0; i < 10000; i++) {
                int64_t now;

                random = random * 1664525 + 1013904223;
                now = tick((int64_t)(random >> 8) - (1 << 23));
                assert_true(now >= before);
                before = now;
        }
}

static void
a_little_reordering_is_counted_and_is_no_step(void **state)
{
        (void)state;
        tick(0);
        tick(1000);
        assert_int_equal(tick(999), 1000);
        assert_int_equal(tick(998), 1000);
        assert_int_equal(tick(1001), 1001);
        tv_clock_finish(&capture_clock);
        assert_int_equal(capture_clock.reordered, 2);
        assert_int_equal(capture_clock.reordered_frame, 3);
        assert_int_equal(capture_clock.steps, 0);
}

static void
sixty_seconds_of_silence_are_believed(void **state)
{
        (void)state;
        tick(0);
        assert_int_equal(tick(60000), 60000);
}

static void
one_packet_an_hour_ahead_moves_nothing(void **state)
{
        (void)state;
        tick(0);
        assert_int_equal(tick(3600000), 0);
        assert_int_equal(tick(10), 10);
        assert_int_equal(tick(20), 20);
}

static void
one_packet_an_hour_back_moves_nothing(void **state)
{
        (void)state;
        tick(0);
        tick(100);
        assert_int_equal(tick(-3600000), 100);
        assert_int_equal(tick(110), 110);
        tv_clock_finish(&capture_clock);
        assert_true(capture_clock.steps >= 1); /* it is told all the same */
        assert_int_equal(capture_clock.step_frame, 3);
}

static void
leap_forward_counts_once_further_packets_agree(void **state)
{
        (void)state;
        tick(0);
        tick(3600000);
        tick(3600010);
        assert_int_equal(tick(3600020), 3600020); /* silence of an hour, then traffic again */
        assert_int_equal(tick(3600030), 3600030);
}

static void
step_back_goes_on_from_where_the_clock_was(void **state)
{
        int64_t now;

        (void)state;
        tick(0);
        tick(1000);
        tick(-3600000);
        tick(-3599990);
        now = tick(-3599980);
        assert_int_equal(now, 1000); /* re-based: no time has passed for the timers */
        assert_int_equal(tick(-3599880), 1100);
        assert_int_equal(tick(-3598880), 2100);
        tv_clock_finish(&capture_clock);
        assert_int_equal(capture_clock.steps, 1);
}

static void
doubtful_packets_must_follow_one_another(void **state)
{
        (void)state;
        tick(0);
        /* in doubt, interrupted by an ordinary one: counted afresh */
        tick(3600000);
        tick(3600010);
        assert_int_equal(tick(20), 20);
        assert_int_equal(tick(3600020), 20);
        assert_int_equal(tick(30), 30);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(follows_the_packets, start),
                cmocka_unit_test_setup(never_goes_back, start),
                cmocka_unit_test_setup(a_little_reordering_is_counted_and_is_no_step, start),
                cmocka_unit_test_setup(sixty_seconds_of_silence_are_believed, start),
                cmocka_unit_test_setup(one_packet_an_hour_ahead_moves_nothing, start),
                cmocka_unit_test_setup(one_packet_an_hour_back_moves_nothing, start),
                cmocka_unit_test_setup(leap_forward_counts_once_further_packets_agree, start),
                cmocka_unit_test_setup(step_back_goes_on_from_where_the_clock_was, start),
                cmocka_unit_test_setup(doubtful_packets_must_follow_one_another, start),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
