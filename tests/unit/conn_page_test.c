/* What the page of a connection says of what is not known: in the words of decidability_list.def. */
#include "report/conn_page.h"

#include "analyzer/diagnose/decidability.h"
#include "tests/support/expect.h"

#include <stdlib.h>

/* The page's part on the ends, or that on the states, of the only connection of |text|; of the heap. */
static char *
page(const char *text, bool states)
{
        static const char *const names[2] = {"", ""};
        struct tv_run *run = tv_run_text(text, NULL);
        struct tv_out out;
        struct tv_layout layout = {.out = &out, .columns = 1000};
        char *written;

        EXPECT_KEPT(run);
        assert_true(tv_out_borrow(&out, -1));
        if (states)
                tv_conn_page_states(&layout, tv_run_connection(run, 0), false);
        else
                tv_conn_page_ends(&layout, tv_run_connection(run, 0), names);
        written = calloc(1, out.used + 1);
        assert_non_null(written);
        memcpy(written, out.buffer, out.used);
        tv_out_clear(&out);
        tv_run_free(run);
        return written;
}

/* How often |line| stands in |text|. */
static unsigned
count(const char *text, const char *line)
{
        unsigned found = 0;

        for (; (text = strstr(text, line)) != NULL; text += strlen(line))
                found++;
        return found;
}

static void
expect_line(char *written, const char *before, enum tv_event event, enum tv_point point)
{
        char line[TV_FINDING_TEXT];

        snprintf(line, sizeof line, "%s: %s\n", before, tv_decidability_why(event, point));
        if (count(written, line) != 1)
                fail_msg("not once: %s\n%s", line, written);
        free(written);
}

#define SYN     "0.0000 a>b S  0:0(0)       win 65535 <mss 1460>\n"
#define SYN_ACK "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
#define OPEN                                                                                                           \
        SYN SYN_ACK "0.0401 a>b .  1:1(0) ack 1\n"                                                                     \
                    "0.0500 a>b P. 1:11(10) ack 1\n"                                                                   \
                    "0.0900 b>a .  1:1(0) ack 11\n"

static void
an_assumed_state_says_what_is_missing(void **state)
{
        (void)state;
        expect_line(page(SYN SYN_ACK, true), "     ESTABLISHED is assumed", TV_EVENT_state_synack_received,
                    TV_POINT_BEFORE);
        expect_line(page(OPEN "0.1000 a>b F. 11:11(0) ack 1\n", true), "     CLOSE_WAIT is assumed",
                    TV_EVENT_state_fin_received, TV_POINT_BEFORE);
        expect_line(page(OPEN "0.1000 a>b F. 11:11(0) ack 1\n"
                              "0.1400 b>a F. 1:1(0) ack 12\n"
                              "0.1401 a>b .  12:12(0) ack 2\n",
                         true),
                    "     CLOSED is assumed", TV_EVENT_state_fin_acked, TV_POINT_BEFORE);
        expect_line(page(OPEN "0.1000 a>b R. 11:11(0) ack 1\n", true), "     CLOSED is assumed",
                    TV_EVENT_state_rst_received, TV_POINT_BEFORE);
}

static void
each_assumed_state_has_a_reason_of_its_own(void **state)
{
        /* b's FIN and its acknowledgment of a's: nothing tells that a has got either. */
        char *written = page(OPEN "0.1000 a>b F. 11:11(0) ack 1\n"
                                  "0.1400 b>a .  1:1(0) ack 12\n"
                                  "0.2400 b>a F. 1:1(0) ack 12\n",
                             true);

        (void)state;
        assert_int_equal(count(written, "FIN_WAIT_2 is assumed: "), 1);
        assert_int_equal(count(written, "TIME_WAIT is assumed: "), 1);
        assert_int_equal(count(written, " assumed: "), 2);
        free(written);
}

static void
of_a_reset_that_is_perhaps_not_its_senders_that_is_said(void **state)
{
        /* Its TTL is not that of b's other segments. */
        (void)state;
        expect_line(page(OPEN "0.1000 b>a R. 1:1(0) ack 11 {ttl 200}\n", true), "     CLOSED is assumed",
                    TV_EVENT_state_rst_sent, TV_POINT_BEFORE);
}

static void
of_a_fin_that_certainly_arrived_only_the_order_is_unknown(void **state)
{
        /* Captured at b.  Both FINs cross; a answers b's second copy and echoes it: it has got everything, and whether
         * the acknowledgment or the first copy came before, nothing tells. */
        (void)state;
        expect_line(page("0.0200 a>b S  0:0(0)       win 65535 <mss 1460,TS val 1000 ecr 0>\n"
                         "0.0201 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 9020 ecr 1000>\n"
                         "0.0600 a>b .  1:1(0) ack 1 <nop,nop,TS val 1040 ecr 9020>\n"
                         "0.2100 b>a F. 1:1(0) ack 1 <nop,nop,TS val 9210 ecr 1040>\n"
                         "0.2200 a>b F. 1:1(0) ack 1 <nop,nop,TS val 1200 ecr 9020>\n"
                         "0.2201 b>a .  2:2(0) ack 2 <nop,nop,TS val 9220 ecr 1200>\n"
                         "0.4550 b>a F. 1:1(0) ack 2 <nop,nop,TS val 9455 ecr 1200>\n"
                         "0.4950 a>b .  2:2(0) ack 2 <nop,nop,TS val 1475 ecr 9455>\n",
                         true),
                    "     FIN_WAIT_2 is assumed", TV_EVENT_state_closing, TV_POINT_PEER);
}

static void
what_is_proved_needs_no_reason(void **state)
{
        char *written = page(OPEN, true);

        (void)state;
        assert_int_equal(count(written, "assumed"), 0);
        assert_int_equal(count(written, "unknown"), 0);
        free(written);
        written = page(OPEN, false);
        assert_int_equal(count(written, "unknown"), 0);
        free(written);
}

static void
an_end_that_never_spoke_is_unknown(void **state)
{
        (void)state;
        expect_line(page(SYN "1.0000 a>b S 0:0(0) win 65535 <mss 1460>\n", true), "\nb  unknown",
                    TV_EVENT_state_unanswered, TV_POINT_BEFORE);
        /* It spoke, but a bare acknowledgment answers no SYN. */
        expect_line(page(SYN "0.0400 b>a . 77:77(0) ack 55\n", true), "\nb  unknown", TV_EVENT_state_unfitting,
                    TV_POINT_BEFORE);
}

static void
a_need_that_nothing_tells_is_counted_and_explained(void **state)
{
        char *written = page(OPEN "1.0000 a>b P. 11:21(10) ack 1\n"
                                  "1.3000 a>b P. 11:21(10) ack 1\n"
                                  "1.3400 b>a .  1:1(0) ack 21 {id 777}\n",
                             false);

        (void)state;
        assert_int_equal(count(written, "1 segment (10 B), 1 unknown"), 1);
        expect_line(written, "\nunknown       whether 1 of a's retransmissions was needed", TV_EVENT_needed_unknown,
                    TV_POINT_BEFORE);
        written = page(OPEN "1.0000 a>b P. 11:21(10) ack 1\n"
                            "1.3000 a>b P. 11:21(10) ack 1\n"
                            "1.9000 a>b P. 11:21(10) ack 1\n"
                            "1.9400 b>a P. 1:11(10) ack 21 {id 777}\n"
                            "2.3000 b>a P. 1:11(10) ack 21\n"
                            "2.3400 a>b .  21:21(0) ack 11 {id 777}\n",
                       false);
        expect_line(written,
                    "\nunknown       whether 2 of a's retransmissions and 1 of b's retransmissions were needed",
                    TV_EVENT_needed_unknown, TV_POINT_BEFORE);
}

/* Who closed first, and by what. */
static void
expect_close(const char *text, const char *told)
{
        char *written = page(text, false);

        if (count(written, told) != 1)
                fail_msg("not once: %s\n%s", told, written);
        free(written);
}

static void
who_closed_first_and_how(void **state)
{
        (void)state;
        expect_close(OPEN "0.1000 b>a F. 1:1(0) ack 11\n"
                          "0.1001 a>b F. 11:11(0) ack 2\n"
                          "0.1400 b>a . 2:2(0) ack 12\n",
                     "closed first by b, orderly\n");
        expect_close(OPEN "0.1000 b>a R. 1:1(0) ack 11\n", "closed first by b with a reset\n");
        expect_close(OPEN "0.1000 a>b F. 11:11(0) ack 1\n"
                          "0.1400 b>a . 1:1(0) ack 12\n"
                          "0.5000 b>a P. 1:11(10) ack 12\n"
                          "0.5001 a>b R 12:12(0)\n",
                     "closed first by a with a FIN, reset\n");
        /* Another TTL: it may be anybody's. */
        expect_close(OPEN "0.1000 b>a R. 1:1(0) ack 11 {ttl 51}\n", "closed first by b, reset\n");
        expect_close(OPEN, "open at the end\n");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_assumed_state_says_what_is_missing),
                cmocka_unit_test(each_assumed_state_has_a_reason_of_its_own),
                cmocka_unit_test(of_a_reset_that_is_perhaps_not_its_senders_that_is_said),
                cmocka_unit_test(who_closed_first_and_how),
                cmocka_unit_test(of_a_fin_that_certainly_arrived_only_the_order_is_unknown),
                cmocka_unit_test(what_is_proved_needs_no_reason),
                cmocka_unit_test(an_end_that_never_spoke_is_unknown),
                cmocka_unit_test(a_need_that_nothing_tells_is_counted_and_explained),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
