/* The recorded incidents against what is known of them: testdata/record/NAME.txt tells what was done to whom. */
#include "tests/support/engine_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tv_run *
run_of(const char *name)
{
        char path[512];
        snprintf(path, sizeof path, "%s/recorded-%s.pcap", TV_TESTDATA, name);
        struct tv_run *run = tv_run_capture(path, NULL);
        if (run == NULL)
                fail_msg("%s cannot be opened", path);
        if (getenv("TV_TEST_PRINT") != NULL) {
                fprintf(stderr, "== %s\n", name);
                tv_run_print(run);
        }
        assert_string_equal(run->broken, "");
        return run;
}

static const struct tv_connection *
with_port(const struct tv_run *run, unsigned port)
{
        for (size_t i = 0; i < run->connection_count; i++)
                if (run->connections[i].port[TV_A] == port)
                        return &run->connections[i];
        fail_msg("no connection of port %u", port);
        return NULL;
}

static void
expect_transition(const struct tv_run *run, uint64_t conn, enum tv_end end, enum tv_tcp_state to,
                  enum tv_certainty certainty, uint64_t cause, uint64_t confirm)
{
        const struct tv_transition *t = tv_run_transition(run, conn, end, to);
        if (t == NULL || t->certainty != certainty || tv_frame_number(t->cause_frame) != cause ||
            tv_frame_number(t->confirm_frame) != confirm) {
                tv_run_print(run);
                fail_msg("conn %u, %s of end %c", (unsigned)conn, tv_tcp_state_name(to), end == TV_A ? 'a' : 'b');
        }
}

static void
expect_finding(const struct tv_run *run, const struct tv_connection *c, const char *code, uint64_t count)
{
        const struct tv_finding *f = tv_run_finding(run, c->conn, code);
        if (f == NULL || (count != 0 && f->count != count)) {
                tv_run_print(run);
                fail_msg("port %u: %s, %u times", c->port[TV_A], code, (unsigned)count);
        }
}

static void
outage_hits_exactly_the_handshakes_that_it_hit(void **state)
{
        (void)state;
        static const struct {
                unsigned port, syns_lost, acks_lost;
        } truth[] = {{46312, 0, 0}, {46320, 0, 0}, {46326, 0, 0}, {46334, 0, 2}, {46344, 2, 0}, {46348, 2, 0},
                     {46352, 2, 0}, {46354, 1, 0}, {46358, 1, 0}, {46374, 1, 0}, {46382, 1, 0}, {46392, 0, 0}};
        struct tv_run *run = run_of("outage");
        assert_int_equal(run->connection_count, 12);
        for (size_t i = 0; i < 12; i++) {
                const struct tv_connection *c = with_port(run, truth[i].port);
                assert_int_equal(c->handshake, TV_HANDSHAKE_COMPLETE);
                assert_int_equal(c->teardown, TV_TEARDOWN_ORDERLY);
                assert_int_equal(c->closed_first, TV_CLOSED_FIRST_A);
                assert_int_equal(c->state[TV_A], TV_TIME_WAIT);
                assert_int_equal(c->state[TV_B], TV_CLOSED);
                if (truth[i].syns_lost > 0)
                        expect_finding(run, c, "handshake.syn-lost", truth[i].syns_lost);
                if (truth[i].acks_lost > 0)
                        expect_finding(run, c, "handshake.ack-lost", truth[i].acks_lost);
                if (c->finding_count != (truth[i].syns_lost > 0 || truth[i].acks_lost > 0 ? 1u : 0u)) {
                        tv_run_print(run);
                        fail_msg("port %u has other findings", truth[i].port);
                }
        }
        /* the third copy of the third segment arrived: frame 130, proved by the greeting in frame 134 */
        expect_transition(run, with_port(run, 46334)->conn, TV_B, TV_ESTABLISHED, TV_CONFIRMED, 130, 134);
        tv_run_free(run);
}

static void
full_accept_queue_loses_nothing_on_the_way(void **state)
{
        (void)state;
        struct tv_run *run = run_of("accept-queue");
        assert_int_equal(run->connection_count, 7);
        for (size_t i = 0; i < 7; i++) {
                const struct tv_connection *c = &run->connections[i];
                assert_int_equal(c->handshake, TV_HANDSHAKE_COMPLETE);
                assert_int_equal(c->teardown, TV_TEARDOWN_ORDERLY);
                assert_int_equal(c->closed_first, TV_CLOSED_FIRST_B);
                assert_int_equal(c->state[TV_B], TV_TIME_WAIT);
                const unsigned syns = c->port[TV_A] == 54124 ? 4 : c->port[TV_A] == 54136 ? 3 : 0;
                assert_int_equal(c->dir[TV_A].retransmissions, syns);
                assert_int_equal(c->dir[TV_B].retransmissions, 0);
                if (syns == 0) /* they waited for accept(), and nothing else */
                        for (size_t k = 0; k < c->finding_count; k++)
                                assert_string_equal(c->findings[k].code, "data.stall");
        }
        tv_run_free(run);
}

static void
refused_connection(void **state)
{
        (void)state;
        struct tv_run *run = run_of("refused");
        assert_int_equal(run->connection_count, 1);
        assert_int_equal(run->connections[0].handshake, TV_HANDSHAKE_REFUSED);
        assert_int_equal(run->connections[0].state[TV_A], TV_CLOSED);
        assert_int_equal(run->connections[0].state[TV_B], TV_CLOSED);
        tv_run_free(run);
}

static void
echoed_time_stamp_tells_that_the_syn_had_arrived(void **state)
{
        (void)state;
        struct tv_run *run = run_of("syn-ack-lost-twice");
        assert_int_equal(run->connection_count, 1);
        const struct tv_connection *c = &run->connections[0];
        /* frame 3 echoes the time stamp of frame 1, not of frame 2: b had the first SYN, its answers died */
        expect_finding(run, c, "handshake.synack-lost", 0);
        assert_int_equal(tv_run_findings(run, 0, "handshake.syn-lost"), 0);
        assert_int_equal(tv_run_row(run, 2)->data_class, TV_DATA_RETRANSMISSION);
        assert_int_equal(tv_run_row(run, 2)->needed, TV_NEEDED_NO);
        assert_int_equal(c->handshake, TV_HANDSHAKE_COMPLETE);
        tv_run_free(run);
}

static void
third_ack_lost(void **state)
{
        (void)state;
        struct tv_run *run = run_of("third-ack-lost");
        assert_int_equal(run->connection_count, 1);
        expect_finding(run, &run->connections[0], "handshake.ack-lost", 1);
        expect_transition(run, 0, TV_B, TV_ESTABLISHED, TV_CONFIRMED, 5, 6);
        assert_int_equal(run->connections[0].teardown, TV_TEARDOWN_ORDERLY);
        tv_run_free(run);
}

static void
first_fin_lost(void **state)
{
        (void)state;
        struct tv_run *run = run_of("fin-lost");
        assert_int_equal(run->connection_count, 1);
        expect_finding(run, &run->connections[0], "teardown.fin1-lost", 1);
        expect_transition(run, 0, TV_A, TV_FIN_WAIT_1, TV_OBSERVED, 8, 0);
        expect_transition(run, 0, TV_B, TV_LAST_ACK, TV_OBSERVED, 10, 0);
        assert_int_equal(run->connections[0].state[TV_A], TV_TIME_WAIT);
        tv_run_free(run);
}

static void
two_lost_segments_are_resent_once_each(void **state)
{
        (void)state;
        struct tv_run *run = run_of("sack-recovery");
        assert_int_equal(run->connection_count, 1);
        static const uint64_t frames[2][2] = {{54, 18}, {56, 30}};
        for (size_t i = 0; i < 2; i++) {
                const struct tv_segment_row *row = tv_run_row(run, frames[i][0]);
                assert_int_equal(row->data_class, TV_DATA_RETRANSMISSION);
                assert_int_equal(tv_frame_number(row->of_frame), frames[i][1]);
                assert_int_equal(row->needed, TV_NEEDED_YES);
                assert_int_equal(row->lost, TV_LOST_DOWNSTREAM);
        }
        const struct tv_direction *b = &run->connections[0].dir[TV_B];
        assert_int_equal(b->retransmissions, 2);
        assert_int_equal(b->spurious, 0);
        assert_int_equal(b->out_of_order, 0);
        assert_int_equal(b->unique_bytes, 100000);
        assert_int_equal(b->retransmitted_bytes, 2 * 1448);
        tv_run_free(run);
}

static void
half_close_is_orderly(void **state)
{
        (void)state;
        struct tv_run *run = run_of("half-close");
        assert_int_equal(run->connection_count, 1);
        assert_int_equal(run->connections[0].teardown, TV_TEARDOWN_ORDERLY);
        assert_int_equal(run->connections[0].dir[TV_B].unique_bytes, 4000);
        /* frame 6 acknowledges the request alone; frame 7 is the first that covers the FIN */
        expect_transition(run, 0, TV_B, TV_CLOSE_WAIT, TV_CONFIRMED, 5, 7);
        expect_transition(run, 0, TV_A, TV_FIN_WAIT_2, TV_CONFIRMED, 7, 9);
        tv_run_free(run);
}

static void
resets_end_in_closed(void **state)
{
        (void)state;
        struct tv_run *run = run_of("unread-data");
        assert_int_equal(run->connections[0].teardown, TV_TEARDOWN_RESET);
        expect_transition(run, 0, TV_B, TV_CLOSED, TV_OBSERVED, 6, 0);
        expect_transition(run, 0, TV_A, TV_CLOSED, TV_ASSUMED, 6, 0);
        tv_run_free(run);

        run = run_of("server-killed");
        assert_int_equal(run->connections[0].teardown, TV_TEARDOWN_RESET);
        assert_int_equal(run->connections[0].closed_first, TV_CLOSED_FIRST_B);
        expect_transition(run, 0, TV_A, TV_CLOSE_WAIT, TV_CONFIRMED, 6, 7);
        expect_transition(run, 0, TV_B, TV_CLOSED, TV_OBSERVED, 8, 0);
        tv_run_free(run);

        run = run_of("keepalive-dead");
        assert_int_equal(run->connection_count, 1);
        assert_int_equal(run->connections[0].teardown, TV_TEARDOWN_RESET);
        for (uint64_t number = 8; number <= 16; number++) {
                const bool probe = number >= 14 || number % 2 == 0;
                assert_int_equal(tv_run_row(run, number)->data_class, probe ? TV_DATA_KEEPALIVE : TV_DATA_NONE);
                if (!probe)
                        assert_int_equal(tv_run_row(run, number)->ack_class, TV_ACK_KEEPALIVE_REPLY);
        }
        expect_transition(run, 0, TV_A, TV_CLOSED, TV_OBSERVED, 17, 0);
        tv_run_free(run);
}

static void
port_reused_in_time_wait_is_a_second_connection(void **state)
{
        (void)state;
        struct tv_run *run = run_of("time-wait-reuse");
        assert_int_equal(run->connection_count, 2);
        for (size_t i = 0; i < 2; i++) {
                const struct tv_connection *c = &run->connections[i];
                assert_int_equal(tv_frame_number(c->first_frame), i * 10 + 1);
                assert_int_equal(c->handshake, TV_HANDSHAKE_COMPLETE);
                assert_int_equal(c->teardown, TV_TEARDOWN_ORDERLY);
                assert_int_equal(c->closed_first, TV_CLOSED_FIRST_B);
                assert_int_equal(c->dir[TV_A].retransmissions + c->dir[TV_B].retransmissions, 0);
        }
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(outage_hits_exactly_the_handshakes_that_it_hit),
                cmocka_unit_test(full_accept_queue_loses_nothing_on_the_way),
                cmocka_unit_test(refused_connection),
                cmocka_unit_test(echoed_time_stamp_tells_that_the_syn_had_arrived),
                cmocka_unit_test(third_ack_lost),
                cmocka_unit_test(first_fin_lost),
                cmocka_unit_test(two_lost_segments_are_resent_once_each),
                cmocka_unit_test(half_close_is_orderly),
                cmocka_unit_test(resets_end_in_closed),
                cmocka_unit_test(port_reused_in_time_wait_is_a_second_connection),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
