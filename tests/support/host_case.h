/* host_case.h - what tests of findings about hosts have in common. */
#ifndef TV_TEST_HOST_CASE_H
#define TV_TEST_HOST_CASE_H

#include "tests/support/crowd.h"
#include "tests/support/expect.h"

#define ROUND 0.02 /* there and back, seconds */

/* The one finding |code| that belongs to no connection. */
static inline const struct tv_finding *
only(const struct tv_run *run, const char *code)
{
        if (tv_run_findings(run, TV_UNKNOWN, code) != 1)
                tv_run_print(run);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, code), 1);
        return tv_run_finding(run, TV_UNKNOWN, code);
}

/* No finding of that kind has a code that begins so. */
static inline void
expect_none(const struct tv_run *run, const char *prefix)
{
        if (tv_run_all_findings(run, prefix) != 0)
                tv_run_print(run);
        assert_int_equal(tv_run_all_findings(run, prefix), 0);
}

#endif
