#include "reassembly/seqnum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
an_offset_keeps_the_sequence_number_in_its_low_half(void **state)
{
        (void)state;
        assert_int_equal((uint32_t)tv_seq_start(0xdeadbeef), 0xdeadbeef);
        assert_int_equal((uint32_t)tv_seq_unwrap(tv_seq_start(1), 0xfffffff0), 0xfffffff0);
}

static void
unwrapping_passes_the_wrap_in_both_directions(void **state)
{
        uint64_t start = tv_seq_start(0xffffff00);

        (void)state;
        assert_int_equal(tv_seq_unwrap(start, 0x00000100), start + 0x200);
        assert_int_equal(tv_seq_unwrap(start + 0x200, 0xffffff00), start);
        assert_int_equal(tv_seq_unwrap(tv_seq_start(0), 0xffffffff), tv_seq_start(0) - 1);
}

static void
unwrapping_gives_the_nearest_offset_and_the_lower_of_two(void **state)
{
        uint64_t near = tv_seq_start(0x12345678);

        (void)state;
        assert_int_equal(tv_seq_unwrap(near, (uint32_t)near), near);
        assert_int_equal(tv_seq_unwrap(near, (uint32_t)near + 0x7fffffff), near + 0x7fffffff);
        assert_int_equal(tv_seq_unwrap(near, (uint32_t)near + 0x80000000), near - 0x80000000);
        assert_int_equal(tv_seq_unwrap(near, (uint32_t)near + 0x80000001), near - 0x7fffffff);
}

static void
a_stream_longer_than_4_gib_never_wraps(void **state)
{
        uint64_t offset = tv_seq_start(4000000000U), start = offset;
        uint32_t seq = 4000000000U;

        (void)state;
        for (unsigned i = 0; i < 100; i++) {
                seq += 1500000000U;
                offset = tv_seq_unwrap(offset, seq);
        }
        assert_int_equal(offset - start, UINT64_C(150000000000));
}

static void
before_and_after_are_modular(void **state)
{
        (void)state;
        assert_true(tv_seq_before(0xffffffff, 0));
        assert_true(tv_seq_after(0, 0xffffffff));
        assert_true(tv_seq_before(1, 2));
        assert_false(tv_seq_before(2, 1));
        assert_false(tv_seq_before(7, 7));
        assert_false(tv_seq_after(7, 7));
        assert_false(tv_seq_after(1, 2));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_offset_keeps_the_sequence_number_in_its_low_half),
                cmocka_unit_test(unwrapping_passes_the_wrap_in_both_directions),
                cmocka_unit_test(unwrapping_gives_the_nearest_offset_and_the_lower_of_two),
                cmocka_unit_test(a_stream_longer_than_4_gib_never_wraps),
                cmocka_unit_test(before_and_after_are_modular),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
