/* Findings about SYN-ACKs of one listener that are poorer than its others, or stamped too early: SYN cookies, and
 * options that are lost on the way. */
#include "tests/support/expect.h"

#define COOKIE   "handshake.syncookie"
#define STRIPPED "handshake.options-stripped"

static struct tv_run *
run_of(const char *text)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        return run;
}

/* Adds the |n|-th connection, |n| * 0.1 s after the start, captured at b: the options of its SYN and SYN-ACK, and by
 * how many milliseconds the SYN-ACK's TSval is too old (with |stamps|). */
static void
add(char *text, size_t room, unsigned n, const char *offers, const char *answers, bool stamps, unsigned early,
    unsigned ttl)
{
        unsigned ms = n * 100, mine = 5000 + ms, its = 90000 + ms;
        char ts[5][60] = {"", "", "", "", ""};
        size_t used = strlen(text);

        if (stamps) {
                snprintf(ts[0], sizeof ts[0], ",TS val %u ecr 0", mine);
                snprintf(ts[1], sizeof ts[1], ",TS val %u ecr %u", its - early, mine);
                snprintf(ts[2], sizeof ts[2], "<nop,nop,TS val %u ecr %u>", mine + 20, its - early);
                snprintf(ts[3], sizeof ts[3], "<nop,nop,TS val %u ecr %u>", mine + 21, its - early);
                snprintf(ts[4], sizeof ts[4], "<nop,nop,TS val %u ecr %u>", its + 21, mine + 21);
        }
        snprintf(text + used, room - used,
                 "a%u = 10.0.0.%u:41000\n%u.%03u0 a%u>b S 0:0(0) <mss 1460%s%s>\n"
                 "%u.%03u1 b>a%u S. 0:0(0) ack 1 <mss 1460%s%s> {ttl %u}\n%u.%03u0 a%u>b . 1:1(0) ack 1 %s\n"
                 "%u.%03u0 a%u>b P. 1:11(10) ack 1 %s\n%u.%03u1 b>a%u . 1:1(0) ack 11 %s {ttl %u}\n",
                 n, n + 20, ms / 1000, ms % 1000, n, offers, ts[0], ms / 1000, ms % 1000, n, answers, ts[1], ttl,
                 (ms + 20) / 1000, (ms + 20) % 1000, n, ts[2], (ms + 21) / 1000, (ms + 21) % 1000, n, ts[3],
                 (ms + 21) / 1000, (ms + 21) % 1000, n, ts[4], ttl);
}

static void
stamps_of_before_the_syn_are_of_cookies(void **state)
{
        static const unsigned early[] = {5, 41, 63, 28, 12, 55};
        char text[4000] = "";
        struct tv_run *run;
        const struct tv_finding *f;

        (void)state;
        for (unsigned i = 0; i < 6; i++)
                add(text, sizeof text, i + 1, ",sackOK,ws 7", ",sackOK,ws 7", true, early[i], 64);
        run = run_of(text);
        f = tv_run_finding(run, TV_UNKNOWN, COOKIE);
        if (f == NULL)
                tv_run_print(run);
        assert_non_null(f);
        assert_int_equal(f->confidence, TV_LIKELY);
        assert_int_equal(f->count, 4); /* 41, 63, 28 and 55 ms */
        assert_int_equal(f->port, 80);
        assert_int_equal(f->frame_count, 6);
        assert_non_null(strstr(f->what, "4 of 6 SYN-ACKs with timestamps"));
        assert_true(f->not_[0] != '\0' && f->advice[0] != '\0');
        tv_run_free(run);
}

/* The nearest rival: clocks that move in steps of 10 ms; and two strange answers are not several. */
static void
clock_of_coarse_steps_is_no_cookie(void **state)
{
        static const unsigned steps[] = {9, 3, 7, 10, 1, 8}, few[] = {41, 0, 0, 28, 0, 0};
        char coarse[4000] = "", two[4000] = "";
        struct tv_run *run;

        (void)state;
        for (unsigned i = 0; i < 6; i++) {
                add(coarse, sizeof coarse, i + 1, ",sackOK,ws 7", ",sackOK,ws 7", true, steps[i], 64);
                add(two, sizeof two, i + 1, ",sackOK,ws 7", ",sackOK,ws 7", true, few[i], 64);
        }
        run = run_of(coarse);
        assert_null(tv_run_finding(run, TV_UNKNOWN, COOKIE));
        tv_run_free(run);
        run = run_of(two);
        assert_null(tv_run_finding(run, TV_UNKNOWN, COOKIE));
        tv_run_free(run);
}

/* Without timestamps a cookie keeps the MSS alone; before and afterwards the listener answers like SYNs in full. */
static void
bare_answers_for_a_while_are_of_cookies(void **state)
{
        char text[4000] = "", mixed[4000] = "";
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        for (unsigned i = 1; i <= 6; i++) {
                add(text, sizeof text, i, ",sackOK,ws 7", i == 3 || i == 4 ? "" : ",sackOK,ws 7", false, 0, 64);
                add(mixed, sizeof mixed, i, ",sackOK,ws 7", i % 2 == 0 ? "" : ",sackOK,ws 7", false, 0, 64);
        }
        run = run_of(text);
        f = tv_run_finding(run, TV_UNKNOWN, COOKIE);
        assert_non_null(f);
        assert_int_equal(f->confidence, TV_LIKELY);
        assert_int_equal(f->count, 2);
        assert_null(tv_run_finding(run, TV_UNKNOWN, STRIPPED));
        tv_run_free(run);
        run = run_of(mixed);
        assert_int_equal(tv_run_finding(run, TV_UNKNOWN, COOKIE)->confidence, TV_POSSIBLE);
        tv_run_free(run);
}

/* The nearest rival: a host that never answers with more. */
static void
host_that_knows_no_options_sends_no_cookies(void **state)
{
        char text[4000] = "";
        struct tv_run *run;

        (void)state;
        for (unsigned i = 1; i <= 6; i++)
                add(text, sizeof text, i, ",sackOK,ws 7", "", false, 0, 64);
        run = run_of(text);
        assert_null(tv_run_finding(run, TV_UNKNOWN, COOKIE));
        assert_null(tv_run_finding(run, TV_UNKNOWN, STRIPPED));
        tv_run_free(run);
}

/* With timestamps cookies keep the options: one that is missing was lost. */
static void
option_that_others_get_is_lost_on_the_way(void **state)
{
        char text[4000] = "", far[4000] = "";
        const struct tv_finding *f;
        struct tv_run *run;

        (void)state;
        for (unsigned i = 1; i <= 6; i++) {
                add(text, sizeof text, i, ",sackOK,ws 7", i == 4 ? ",ws 7" : ",sackOK,ws 7", true, 0, 64);
                /* Another host answers, nearer or further away. */
                add(far, sizeof far, i, ",sackOK,ws 7", i == 4 ? ",ws 7" : ",sackOK,ws 7", true, 0, i == 4 ? 250 : 64);
        }
        run = run_of(text);
        f = tv_run_finding(run, TV_UNKNOWN, STRIPPED);
        if (f == NULL)
                tv_run_print(run);
        assert_non_null(f);
        assert_int_equal(f->confidence, TV_POSSIBLE);
        assert_int_equal(f->count, 1);
        assert_non_null(strstr(f->what, "offered SACK were answered without"));
        assert_null(tv_run_finding(run, TV_UNKNOWN, COOKIE));
        tv_run_free(run);
        run = run_of(far);
        assert_null(tv_run_finding(run, TV_UNKNOWN, STRIPPED));
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(stamps_of_before_the_syn_are_of_cookies),
                cmocka_unit_test(clock_of_coarse_steps_is_no_cookie),
                cmocka_unit_test(bare_answers_for_a_while_are_of_cookies),
                cmocka_unit_test(host_that_knows_no_options_sends_no_cookies),
                cmocka_unit_test(option_that_others_get_is_lost_on_the_way),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
