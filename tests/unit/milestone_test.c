/* A milestone is assumed, proved or refuted, and each in the right order (design.md section 3). */
#include "analyzer/tcp/milestone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct tv_milestone empty = {TV_NO_TIME, TV_NO_TIME, 0, 0};

static void
nothing_is_reached_at_first(void **state)
{
        (void)state;
        assert_false(tv_milestone_reached(&empty));
        assert_false(tv_milestone_proved(&empty));
}

static void
assumption_keeps_the_first_cause(void **state)
{
        struct tv_milestone m = empty;

        (void)state;
        tv_milestone_assume(&m, 7, 100);
        tv_milestone_assume(&m, 8, 200);
        assert_true(tv_milestone_reached(&m));
        assert_false(tv_milestone_proved(&m));
        assert_int_equal(m.cause, 7);
        assert_int_equal(m.earliest, 100);
        assert_true(m.latest == TV_NO_TIME); /* empty for `assumed` */
}

static void
proof_keeps_the_first_evidence(void **state)
{
        struct tv_milestone m = empty;

        (void)state;
        tv_milestone_assume(&m, 7, 100);
        tv_milestone_prove(&m, 9, 300);
        tv_milestone_prove(&m, 10, 400);
        assert_true(tv_milestone_proved(&m));
        assert_int_equal(m.cause, 7);
        assert_int_equal(m.earliest, 100);
        assert_int_equal(m.proof, 9);
        assert_int_equal(m.latest, 300);
}

static void
proof_without_a_captured_cause_has_no_earliest(void **state)
{
        struct tv_milestone m = empty;

        (void)state;
        tv_milestone_prove(&m, 9, 300);
        assert_true(tv_milestone_reached(&m));
        assert_true(m.earliest == TV_NO_TIME);
        assert_int_equal(m.cause, 0);
        /* what could have brought it and comes later in the file cannot have */
        tv_milestone_assume(&m, 10, 400);
        assert_int_equal(m.cause, 0);
}

static void
refuted_assumption_leaves_nothing_and_may_be_made_again(void **state)
{
        struct tv_milestone m = empty;

        (void)state;
        tv_milestone_assume(&m, 7, 100);
        assert_true(tv_milestone_refute(&m));
        assert_false(tv_milestone_reached(&m));
        assert_true(m.earliest == TV_NO_TIME);
        tv_milestone_assume(&m, 12, 500);
        assert_int_equal(m.cause, 12);
        assert_int_equal(m.earliest, 500);
}

static void
what_is_proved_cannot_be_refuted(void **state)
{
        struct tv_milestone m = empty;

        (void)state;
        tv_milestone_assume(&m, 7, 100);
        tv_milestone_prove(&m, 9, 300);
        assert_false(tv_milestone_refute(&m));
        assert_int_equal(m.cause, 7);
        assert_int_equal(m.proof, 9);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(nothing_is_reached_at_first),
                cmocka_unit_test(assumption_keeps_the_first_cause),
                cmocka_unit_test(proof_keeps_the_first_evidence),
                cmocka_unit_test(proof_without_a_captured_cause_has_no_earliest),
                cmocka_unit_test(refuted_assumption_leaves_nothing_and_may_be_made_again),
                cmocka_unit_test(what_is_proved_cannot_be_refuted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
