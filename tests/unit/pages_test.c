#include "analyzer/flow/pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
memory_is_zeroed_and_usable_to_its_last_byte(void **state)
{
        const size_t sizes[] = {1, 4096, 100000, TV_HUGE_PAGE - 1, TV_HUGE_PAGE, 3 * TV_HUGE_PAGE};

        (void)state;
        for (unsigned i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
                size_t bytes = sizes[i / 2];
                unsigned char *pages = tv_pages_map(bytes, i % 2 == 1);

                assert_non_null(pages);
                assert_int_equal(pages[0], 0);
                assert_int_equal(pages[bytes - 1], 0);
                memset(pages, 0xa5, bytes);
                tv_pages_unmap(pages, bytes);
        }
}

static void
huge_memory_is_aligned_to_huge_pages_and_goes_back_in_parts(void **state)
{
        unsigned char *pages = tv_pages_map(4 * TV_HUGE_PAGE, true);

        (void)state;
        assert_non_null(pages);
        assert_int_equal((uintptr_t)pages % TV_HUGE_PAGE, 0);
        tv_pages_unmap(pages, TV_HUGE_PAGE);
        pages[TV_HUGE_PAGE] = 1;
        tv_pages_unmap(pages + TV_HUGE_PAGE, 3 * TV_HUGE_PAGE);
        tv_pages_unmap(NULL, 4096);
}

static void
more_than_there_is_gives_null(void **state)
{
        (void)state;
        assert_null(tv_pages_map(SIZE_MAX, true));
        assert_null(tv_pages_map(SIZE_MAX / 2, false));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(memory_is_zeroed_and_usable_to_its_last_byte),
                cmocka_unit_test(huge_memory_is_aligned_to_huge_pages_and_goes_back_in_parts),
                cmocka_unit_test(more_than_there_is_gives_null),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
