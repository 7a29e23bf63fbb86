/* Traffic on which other tools are known to go wrong, and every kind of handshake and close: what the right answer is,
 * by the definitions of the documentation.  The traffic is in testdata/dialogues/, one text each, with its story. */
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
        char path[512], error[TV_DIALOGUE_ERROR];
        snprintf(path, sizeof path, "%s/dialogues/%s.txt", TV_TESTDATA, name);
        struct tv_dialogue *dialogue = tv_dialogue_read(path, NULL, error);
        if (dialogue == NULL)
                fail_msg("%s: %s", path, error);
        struct tv_run *run = tv_run_dialogue(dialogue, NULL);
        tv_dialogue_free(dialogue);
        if (getenv("TV_TEST_PRINT") != NULL) {
                fprintf(stderr, "== %s\n", name);
                tv_run_print(run);
        }
        assert_string_equal(run->broken, "");
        return run;
}

/* The states of one end in order, without the marks of certainty. */
static void
expect_path(const struct tv_run *run, uint64_t conn, enum tv_end end, const char *expected)
{
        char path[TV_RUN_PATH], plain[TV_RUN_PATH];
        size_t used = 0;
        tv_run_path(run, conn, end, path);
        for (const char *p = path; *p != '\0'; p++)
                if (strchr("!?~", *p) == NULL)
                        plain[used++] = *p;
        plain[used] = '\0';
        if (strcmp(plain, expected) != 0) {
                tv_run_print(run);
                fail_msg("conn %u, end %c went %s, not %s", (unsigned)conn, end == TV_A ? 'a' : 'b', path, expected);
        }
}

static void
expect_transition(const struct tv_run *run, uint64_t conn, enum tv_end end, enum tv_tcp_state to,
                  enum tv_certainty certainty, uint64_t cause, uint64_t confirm)
{
        const struct tv_transition *t = tv_run_transition(run, conn, end, to);
        if (t == NULL || t->certainty != certainty || tv_frame_number(t->cause_frame) != cause ||
            tv_frame_number(t->confirm_frame) != confirm) {
                tv_run_print(run);
                fail_msg("%s of end %c: certainty %d, cause %u, proof %u; expected %d, %u, %u", tv_tcp_state_name(to),
                         end == TV_A ? 'a' : 'b', t == NULL ? -1 : t->certainty,
                         t == NULL ? 0 : (unsigned)tv_frame_number(t->cause_frame),
                         t == NULL ? 0 : (unsigned)tv_frame_number(t->confirm_frame), (int)certainty, (unsigned)cause,
                         (unsigned)confirm);
        }
}

/* The classes of all frames from the first on, as words with a space between; "*" is any. */
static void
expect_words(const struct tv_run *run, const char *expected, bool of_ack)
{
        const char *p = expected;
        for (uint64_t number = 1; *p != '\0'; number++) {
                size_t size = strcspn(p, " ");
                const struct tv_segment_row *row = tv_run_row(run, number);
                assert_non_null(row);
                const char *got = of_ack ? tv_ack_class_name(row->ack_class) : tv_data_class_name(row->data_class);
                if (!(size == 1 && *p == '*') && (strlen(got) != size || strncmp(got, p, size) != 0)) {
                        tv_run_print(run);
                        fail_msg("frame %u is %s, not %.*s", (unsigned)number, got, (int)size, p);
                }
                p += size;
                while (*p == ' ')
                        p++;
        }
}

static void
expect_classes(const struct tv_run *run, const char *expected)
{
        expect_words(run, expected, false);
}

static void
expect_acks(const struct tv_run *run, const char *expected)
{
        expect_words(run, expected, true);
}

static void
expect_retransmission(const struct tv_run *run, uint64_t number, uint64_t of, enum tv_needed needed, enum tv_lost lost)
{
        const struct tv_segment_row *row = tv_run_row(run, number);
        assert_non_null(row);
        if (row->data_class != TV_DATA_RETRANSMISSION || tv_frame_number(row->of_frame) != of ||
            row->needed != needed || row->lost != lost) {
                tv_run_print(run);
                fail_msg("frame %u is a retransmission of %u, needed %s, lost %s", (unsigned)number, (unsigned)of,
                         tv_needed_name(needed), tv_lost_name(lost));
        }
}

static void
expect_finding(const struct tv_run *run, uint64_t conn, const char *code)
{
        if (tv_run_findings(run, conn, code) == 0) {
                tv_run_print(run);
                fail_msg("%s is missing", code);
        }
}

/* No finding that begins so, of any connection or of the capture. */
static void
expect_none(const struct tv_run *run, const char *prefix)
{
        if (tv_run_all_findings(run, prefix) != 0) {
                tv_run_print(run);
                fail_msg("%s where there is none", prefix);
        }
}

static const struct tv_connection *
only_connection(const struct tv_run *run)
{
        if (run->connection_count != 1) {
                tv_run_print(run);
                fail_msg("%u connections, not 1", (unsigned)run->connection_count);
        }
        return tv_run_connection(run, 0);
}

static void
expect_outcome(const struct tv_run *run, uint64_t conn, enum tv_handshake handshake, enum tv_teardown teardown)
{
        const struct tv_connection *c = tv_run_connection(run, conn);
        assert_non_null(c);
        if (c->handshake != handshake || c->teardown != teardown) {
                tv_run_print(run);
                fail_msg("conn %u: handshake %u, teardown %u; expected %u, %u", (unsigned)conn, c->handshake,
                         c->teardown, (unsigned)handshake, (unsigned)teardown);
        }
}

#define A_CLOSES_FIRST  "CLOSED SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT"
#define B_CLOSES_SECOND "LISTEN SYN_RCVD ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED"
#define BASE_CLASSES    "new new none new new new none new none new none new none"

/* What every variant of the base has in common: one orderly connection and not one segment sent again. */
static void
expect_clean(const struct tv_run *run)
{
        const struct tv_connection *c = only_connection(run);
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_ORDERLY);
        assert_int_equal(c->closed_first, TV_CLOSED_FIRST_A);
        assert_int_equal(c->state[TV_A], TV_TIME_WAIT);
        assert_int_equal(c->state[TV_B], TV_CLOSED);
        for (unsigned end = 0; end < 2; end++) {
                assert_int_equal(c->dir[end].retransmissions, 0);
                assert_int_equal(c->dir[end].retransmitted_bytes, 0);
                assert_int_equal(c->dir[end].spurious, 0);
                assert_int_equal(c->dir[end].duplicate_acks, 0);
                assert_int_equal(c->dir[end].missing_bytes, 0);
        }
        expect_none(run, "handshake.");
        expect_none(run, "data.loss");
        expect_none(run, "data.spurious");
        expect_none(run, "data.reordering");
        expect_none(run, "teardown.");
        expect_none(run, "reset.");
}

static void
clean_connection_has_nothing_to_report(void **state)
{
        (void)state;
        struct tv_run *run = run_of("base");
        expect_clean(run);
        expect_classes(run, BASE_CLASSES);
        expect_acks(run, "none advance advance same advance same advance same advance same advance same advance");
        expect_path(run, 0, TV_A, A_CLOSES_FIRST);
        expect_path(run, 0, TV_B, B_CLOSES_SECOND);
        expect_transition(run, 0, TV_A, TV_SYN_SENT, TV_OBSERVED, 1, 0);
        expect_transition(run, 0, TV_A, TV_ESTABLISHED, TV_CONFIRMED, 2, 3);
        expect_transition(run, 0, TV_A, TV_FIN_WAIT_1, TV_OBSERVED, 10, 0);
        expect_transition(run, 0, TV_A, TV_TIME_WAIT, TV_CONFIRMED, 12, 13);
        expect_transition(run, 0, TV_B, TV_ESTABLISHED, TV_CONFIRMED, 3, 5);
        expect_transition(run, 0, TV_B, TV_CLOSE_WAIT, TV_CONFIRMED, 10, 11);
        expect_transition(run, 0, TV_B, TV_LAST_ACK, TV_OBSERVED, 12, 0);
        expect_transition(run, 0, TV_B, TV_CLOSED, TV_ASSUMED, 13, 0);
        expect_none(run, "capture.");
        const struct tv_direction *b = &tv_run_connection(run, 0)->dir[TV_B];
        assert_int_equal(b->payload_bytes, 3000);
        assert_int_equal(b->unique_bytes, 3000);
        tv_run_free(run);
}

static void
third_ack_that_the_capture_missed_is_not_lost(void **state)
{
        (void)state;
        struct tv_run *run = run_of("handshake-ack-not-captured");
        expect_clean(run);
        expect_classes(run, "new new new new new none new none new none new none");
        expect_path(run, 0, TV_A, A_CLOSES_FIRST);
        expect_path(run, 0, TV_B, B_CLOSES_SECOND);
        expect_transition(run, 0, TV_B, TV_ESTABLISHED, TV_CONFIRMED, 3, 4);
        tv_run_free(run);
}

static void
direction_follows_the_syn_ack_when_the_syn_is_missing(void **state)
{
        (void)state;
        struct tv_run *run = run_of("handshake-syn-not-captured");
        const struct tv_connection *c = only_connection(run);
        assert_int_equal(c->initiator, TV_INITIATOR_SYNACK);
        assert_int_equal(c->port[TV_A], 40000);
        assert_int_equal(c->port[TV_B], 80);
        assert_int_equal(c->state[TV_A], TV_TIME_WAIT);
        assert_int_equal(c->state[TV_B], TV_CLOSED);
        assert_int_equal(c->dir[TV_A].retransmissions + c->dir[TV_B].retransmissions, 0);
        expect_none(run, "handshake.");
        tv_run_free(run);
}

static void
syn_ack_that_the_capture_missed_is_proved_by_the_ack(void **state)
{
        (void)state;
        struct tv_run *run = run_of("handshake-synack-not-captured");
        const struct tv_connection *c = only_connection(run);
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_ORDERLY);
        assert_int_equal(c->initiator, TV_INITIATOR_SYN);
        assert_int_equal(c->dir[TV_B].missing_bytes, 0);
        assert_int_equal(c->dir[TV_A].retransmissions + c->dir[TV_B].retransmissions, 0);
        expect_none(run, "handshake.synack-lost");
        tv_run_free(run);
}

static void
syn_lost_is_reported_when_only_a_later_copy_is_answered(void **state)
{
        (void)state;
        struct tv_run *run = run_of("handshake-syn-lost");
        only_connection(run);
        expect_classes(run, "new retransmission new none new new new new none");
        assert_int_equal(tv_run_row(run, 2)->reason, TV_REASON_SYN);
        assert_int_equal(tv_frame_number(tv_run_row(run, 2)->of_frame), 1);
        expect_finding(run, 0, "handshake.syn-lost");
        expect_none(run, "handshake.synack-lost");
        expect_none(run, "handshake.ack-lost");
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_ORDERLY);
        tv_run_free(run);
}

static void
synack_lost_is_reported_when_syn_and_syn_ack_repeat(void **state)
{
        (void)state;
        struct tv_run *run = run_of("handshake-synack-lost");
        const struct tv_connection *c = only_connection(run);
        expect_classes(run, "new new retransmission retransmission none new new new new none");
        /* frame 2 proves that the first SYN arrived; what died is its acknowledgment, the SYN-ACK */
        expect_retransmission(run, 3, 1, TV_NEEDED_NO, TV_LOST_ACK);
        expect_retransmission(run, 4, 2, TV_NEEDED_YES, TV_LOST_DOWNSTREAM);
        assert_int_equal(tv_run_row(run, 3)->reason, TV_REASON_SYN);
        assert_int_equal(tv_run_row(run, 4)->reason, TV_REASON_SYNACK);
        expect_finding(run, 0, "handshake.synack-lost");
        expect_none(run, "handshake.syn-lost");
        expect_none(run, "handshake.ack-lost");
        expect_transition(run, 0, TV_A, TV_ESTABLISHED, TV_CONFIRMED, 4, 5);
        assert_int_equal(c->dir[TV_A].retransmitted_bytes + c->dir[TV_B].retransmitted_bytes, 0);
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_ORDERLY);
        tv_run_free(run);
}

static void
ack_lost_is_reported_when_syn_ack_repeats(void **state)
{
        (void)state;
        struct tv_run *run = run_of("handshake-ack-lost");
        only_connection(run);
        expect_finding(run, 0, "handshake.ack-lost");
        expect_none(run, "handshake.synack-lost");
        expect_none(run, "handshake.syn-lost");
        /* a had the first SYN-ACK: frame 3 acknowledges it; the acknowledgment died */
        expect_retransmission(run, 4, 2, TV_NEEDED_NO, TV_LOST_ACK);
        assert_int_equal(tv_run_row(run, 4)->reason, TV_REASON_SYNACK);
        /* the repeated SYN-ACK disproves the receipt of frame 3; frame 5 brought b to ESTABLISHED, frame 6 proves it */
        expect_path(run, 0, TV_B, B_CLOSES_SECOND);
        expect_transition(run, 0, TV_B, TV_ESTABLISHED, TV_CONFIRMED, 5, 6);
        expect_transition(run, 0, TV_A, TV_ESTABLISHED, TV_CONFIRMED, 2, 3);
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_ORDERLY);
        tv_run_free(run);
}

static void
last_ack_lost_is_reported_when_the_second_fin_repeats(void **state)
{
        (void)state;
        struct tv_run *run = run_of("close-last-ack-lost");
        const struct tv_connection *c = only_connection(run);
        expect_classes(run, "new new none new new none new none new none retransmission none retransmission none");
        expect_retransmission(run, 11, 9, TV_NEEDED_NO, TV_LOST_ACK);
        expect_retransmission(run, 13, 9, TV_NEEDED_NO, TV_LOST_ACK);
        assert_int_equal(tv_run_row(run, 11)->reason, TV_REASON_FIN);
        expect_finding(run, 0, "teardown.ack2-lost");
        expect_none(run, "teardown.fin");
        expect_none(run, "teardown.ack1");
        expect_path(run, 0, TV_A, A_CLOSES_FIRST);
        expect_path(run, 0, TV_B, B_CLOSES_SECOND);
        /* the repeated FINs disprove the receipt of frames 10 and 12; nothing proves that of 14 */
        expect_transition(run, 0, TV_B, TV_CLOSED, TV_ASSUMED, 14, 0);
        assert_int_equal(c->dir[TV_B].retransmitted_bytes, 0);
        tv_run_free(run);
}

static void
first_fin_lost_is_reported_when_it_repeats_without_an_answer(void **state)
{
        (void)state;
        struct tv_run *run = run_of("close-fin-lost");
        only_connection(run);
        expect_classes(run, "new new none new new none new retransmission none new none");
        assert_int_equal(tv_run_row(run, 8)->reason, TV_REASON_FIN);
        assert_int_equal(tv_frame_number(tv_run_row(run, 8)->of_frame), 7);
        expect_finding(run, 0, "teardown.fin1-lost");
        expect_none(run, "teardown.fin2");
        expect_none(run, "teardown.ack2");
        expect_path(run, 0, TV_A, A_CLOSES_FIRST);
        expect_path(run, 0, TV_B, B_CLOSES_SECOND);
        expect_transition(run, 0, TV_A, TV_FIN_WAIT_1, TV_OBSERVED, 7, 0);
        tv_run_free(run);
}

static void
port_reuse_with_new_isns_makes_two_connections(void **state)
{
        (void)state;
        struct tv_run *run = run_of("reuse-new-isn");
        assert_int_equal(run->connection_count, 2);
        expect_classes(run, "new new none new new new new none new new none new new new new none");
        for (uint64_t conn = 0; conn < 2; conn++) {
                const struct tv_connection *c = tv_run_connection(run, conn);
                assert_int_equal(tv_frame_number(c->first_frame), conn * 8 + 1);
                assert_int_equal(tv_frame_number(c->last_frame), conn * 8 + 8);
                assert_int_equal(c->tcp_stream, conn);
                assert_int_equal(c->dir[TV_A].retransmissions + c->dir[TV_B].retransmissions, 0);
                assert_int_equal(c->dir[TV_A].missing_bytes + c->dir[TV_B].missing_bytes, 0);
                expect_outcome(run, conn, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_ORDERLY);
        }
        tv_run_free(run);
}

static void
port_reuse_is_seen_without_its_syn(void **state)
{
        (void)state;
        struct tv_run *run = run_of("reuse-syn-not-captured");
        assert_int_equal(run->connection_count, 2);
        expect_classes(run, "new new none new new new new none new none new new new new none");
        const struct tv_connection *first = tv_run_connection(run, 0), *second = tv_run_connection(run, 1);
        assert_int_equal(tv_frame_number(first->last_frame), 8);
        assert_int_equal(tv_frame_number(second->first_frame), 9);
        assert_int_equal(second->initiator, TV_INITIATOR_SYNACK);
        assert_int_equal(second->port[TV_A], 40000);
        assert_int_equal(first->dir[TV_A].missing_bytes + first->dir[TV_B].missing_bytes, 0);
        assert_int_equal(second->dir[TV_A].missing_bytes + second->dir[TV_B].missing_bytes, 0);
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_ORDERLY);
        assert_int_equal(second->teardown, TV_TEARDOWN_ORDERLY);
        expect_none(run, "data.");
        tv_run_free(run);
}

static void
packets_recorded_twice_are_the_captures_doing(void **state)
{
        (void)state;
        struct tv_run *run = run_of("span-duplicates");
        expect_clean(run);
        const struct tv_connection *c = tv_run_connection(run, 0);
        for (uint64_t number = 2; number <= 26; number += 2)
                if (tv_run_row(run, number)->data_class != TV_DATA_CAPTURE_DUPLICATE) {
                        tv_run_print(run);
                        fail_msg("frame %u is a copy made by the capture", (unsigned)number);
                }
        assert_int_equal(c->dir[TV_A].capture_duplicates + c->dir[TV_B].capture_duplicates, 13);
        assert_int_equal(c->dir[TV_A].network_duplicates + c->dir[TV_B].network_duplicates, 0);
        assert_int_equal(c->dir[TV_B].unique_bytes, 3000);
        expect_path(run, 0, TV_A, A_CLOSES_FIRST);
        expect_path(run, 0, TV_B, B_CLOSES_SECOND);
        expect_finding(run, TV_UNKNOWN, "capture.duplicates");
        tv_run_free(run);
}

static void
late_original_is_out_of_order_and_nothing_is_lost(void **state)
{
        (void)state;
        struct tv_run *run = run_of("reordering");
        const struct tv_connection *c = only_connection(run);
        expect_classes(run, "new new none new new new none out-of-order none new none new none");
        expect_acks(run, "none advance advance same advance same advance same advance same advance same advance");
        assert_int_equal(c->dir[TV_B].out_of_order, 1);
        assert_int_equal(c->dir[TV_B].retransmissions, 0);
        assert_int_equal(c->dir[TV_B].missing_bytes, 0);
        expect_none(run, "data.loss");
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_ORDERLY);
        tv_run_free(run);
}

static void
second_hole_resent_at_once_is_a_retransmission(void **state)
{
        (void)state;
        struct tv_run *run = run_of("sack-two-holes");
        only_connection(run);
        /* both were captured before: the history of the octets decides, not the time */
        expect_retransmission(run, 19, 6, TV_NEEDED_YES, TV_LOST_DOWNSTREAM);
        expect_retransmission(run, 20, 8, TV_NEEDED_YES, TV_LOST_DOWNSTREAM);
        assert_int_equal(tv_run_row(run, 19)->reason, TV_REASON_FAST);
        assert_int_not_equal(tv_run_row(run, 20)->reason, TV_REASON_RTO);
        const struct tv_direction *b = &tv_run_connection(run, 0)->dir[TV_B];
        assert_int_equal(b->retransmissions, 2);
        assert_int_equal(b->retransmitted_bytes, 2000);
        assert_int_equal(b->out_of_order, 0);
        assert_int_equal(b->spurious, 0);
        assert_int_equal(b->unique_bytes, 8000);
        expect_acks(run,
                    "* * * * * * * * * * * * advance duplicate duplicate duplicate duplicate duplicate * * advance "
                    "advance");
        tv_run_free(run);
}

static void
ack_captured_before_its_data_is_early(void **state)
{
        (void)state;
        struct tv_run *run = run_of("ack-before-data");
        expect_clean(run);
        expect_classes(run, "new new none new none none new new none none new new new new none");
        expect_acks(run, "none advance advance same early early * * early early * * same advance advance");
        expect_finding(run, TV_UNKNOWN, "capture.skew");
        assert_int_equal(run->quality.early_acks, 4);
        tv_run_free(run);
}

static void
simultaneous_open_and_close_repeat_nothing(void **state)
{
        (void)state;
        struct tv_run *run = run_of("handshake-simultaneous");
        const struct tv_connection *c = only_connection(run);
        expect_outcome(run, 0, TV_HANDSHAKE_SIMULTANEOUS, TV_TEARDOWN_SIMULTANEOUS);
        assert_int_equal(c->closed_first, TV_CLOSED_FIRST_BOTH);
        assert_int_equal(c->port[TV_A], 5000);
        expect_classes(run, "new new new new new none new none new new none none");
        assert_int_equal(c->dir[TV_A].retransmissions + c->dir[TV_B].retransmissions, 0);
        expect_path(run, 0, TV_A, "CLOSED SYN_SENT SYN_RCVD ESTABLISHED FIN_WAIT_1 CLOSING TIME_WAIT");
        expect_path(run, 0, TV_B, "CLOSED SYN_SENT SYN_RCVD ESTABLISHED FIN_WAIT_1 CLOSING TIME_WAIT");
        expect_transition(run, 0, TV_A, TV_SYN_RCVD, TV_CONFIRMED, 2, 3);
        expect_transition(run, 0, TV_A, TV_CLOSING, TV_CONFIRMED, 10, 11);
        expect_transition(run, 0, TV_A, TV_TIME_WAIT, TV_ASSUMED, 12, 0);
        expect_transition(run, 0, TV_B, TV_CLOSING, TV_CONFIRMED, 9, 12);
        expect_transition(run, 0, TV_B, TV_TIME_WAIT, TV_ASSUMED, 11, 0);
        expect_none(run, "handshake.syn");
        tv_run_free(run);
}

static void
segment_with_ip_length_0_is_whole(void **state)
{
        (void)state;
        struct tv_run *run = run_of("offload-length-0");
        expect_clean(run);
        assert_int_equal(tv_run_row(run, 5)->length, 3000);
        assert_int_equal(tv_run_connection(run, 0)->dir[TV_B].payload_bytes, 3000);
        expect_finding(run, TV_UNKNOWN, "capture.offload");
        expect_none(run, "capture.gap");
        assert_int_equal(run->quality.wrong_checksums, 0);
        tv_run_free(run);
}

static void
one_time_stamp_an_hour_back_splits_nothing(void **state)
{
        (void)state;
        struct tv_run *run = run_of("clock-one-packet-back");
        expect_clean(run);
        expect_classes(run, BASE_CLASSES);
        expect_path(run, 0, TV_A, A_CLOSES_FIRST);
        expect_path(run, 0, TV_B, B_CLOSES_SECOND);
        tv_run_free(run);
}

static void
clock_set_back_splits_nothing_and_is_told(void **state)
{
        (void)state;
        struct tv_run *run = run_of("clock-steps-back");
        expect_clean(run);
        expect_classes(run, BASE_CLASSES);
        expect_path(run, 0, TV_A, A_CLOSES_FIRST);
        expect_path(run, 0, TV_B, B_CLOSES_SECOND);
        expect_finding(run, TV_UNKNOWN, "capture.time-backwards");
        tv_run_free(run);
}

static void
syns_without_an_answer_are_one_connection_without_data(void **state)
{
        (void)state;
        struct tv_run *run = run_of("handshake-no-answer");
        const struct tv_connection *c = only_connection(run);
        expect_outcome(run, 0, TV_HANDSHAKE_NO_ANSWER, TV_TEARDOWN_OPEN);
        expect_classes(run, "new retransmission retransmission retransmission");
        for (uint64_t number = 2; number <= 4; number++) {
                assert_int_equal(tv_run_row(run, number)->reason, TV_REASON_SYN);
                assert_int_equal(tv_frame_number(tv_run_row(run, number)->of_frame), 1);
        }
        expect_path(run, 0, TV_A, "CLOSED SYN_SENT");
        expect_path(run, 0, TV_B, "");
        assert_int_equal(c->state[TV_B], TV_NO_STATE);
        assert_int_equal(c->dir[TV_A].payload_bytes, 0);
        assert_int_equal(c->dir[TV_A].retransmitted_bytes, 0);
        expect_finding(run, 0, "handshake.no-answer");
        expect_none(run, "handshake.syn-lost");
        tv_run_free(run);
}

static void
headers_alone_tell_the_same_story(void **state)
{
        (void)state;
        struct tv_run *run = run_of("snaplen-54");
        expect_clean(run);
        expect_classes(run, BASE_CLASSES);
        expect_path(run, 0, TV_A, A_CLOSES_FIRST);
        expect_path(run, 0, TV_B, B_CLOSES_SECOND);
        assert_int_equal(tv_run_connection(run, 0)->dir[TV_B].payload_bytes, 3000);
        expect_finding(run, TV_UNKNOWN, "capture.snaplen");
        tv_run_free(run);
}

static void
refused_connection_ends_in_closed_at_both_ends(void **state)
{
        (void)state;
        struct tv_run *run = run_of("handshake-refused");
        const struct tv_connection *c = only_connection(run);
        assert_int_equal(c->handshake, TV_HANDSHAKE_REFUSED);
        expect_path(run, 0, TV_A, "CLOSED SYN_SENT CLOSED");
        expect_path(run, 0, TV_B, "CLOSED");
        expect_transition(run, 0, TV_A, TV_CLOSED, TV_ASSUMED, 2, 0);
        expect_finding(run, 0, "handshake.refused");
        tv_run_free(run);
}

static void
half_open_handshake_leaves_b_in_syn_rcvd(void **state)
{
        (void)state;
        struct tv_run *run = run_of("handshake-half-open");
        const struct tv_connection *c = only_connection(run);
        expect_outcome(run, 0, TV_HANDSHAKE_HALF_OPEN, TV_TEARDOWN_OPEN);
        expect_classes(run, "new new retransmission retransmission retransmission");
        for (uint64_t number = 3; number <= 5; number++)
                assert_int_equal(tv_run_row(run, number)->reason, TV_REASON_SYNACK);
        expect_path(run, 0, TV_B, "LISTEN SYN_RCVD");
        assert_int_equal(c->state[TV_B], TV_SYN_RCVD);
        expect_finding(run, 0, "handshake.half-open");
        expect_none(run, "handshake.ack-lost");
        tv_run_free(run);
}

static void
fast_open_data_are_new_and_acknowledged_by_the_syn_ack(void **state)
{
        (void)state;
        struct tv_run *run = run_of("handshake-fast-open");
        const struct tv_connection *c = only_connection(run);
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_ORDERLY);
        expect_classes(run, "new new new none none new new none");
        assert_int_equal(c->dir[TV_A].unique_bytes, 100);
        assert_int_equal(c->dir[TV_B].unique_bytes, 500);
        assert_int_equal(c->dir[TV_A].missing_bytes + c->dir[TV_B].missing_bytes, 0);
        expect_path(run, 0, TV_A, A_CLOSES_FIRST);
        expect_path(run, 0, TV_B, B_CLOSES_SECOND);
        tv_run_free(run);
}

static void
split_handshake_keeps_the_one_that_began_as_initiator(void **state)
{
        (void)state;
        struct tv_run *run = run_of("handshake-split");
        const struct tv_connection *c = only_connection(run);
        assert_int_equal(c->port[TV_A], 40000);
        assert_int_equal(c->initiator, TV_INITIATOR_SYN);
        assert_int_equal(c->dir[TV_A].retransmissions + c->dir[TV_B].retransmissions, 0);
        assert_int_equal(c->state[TV_A], TV_TIME_WAIT);
        assert_int_equal(c->state[TV_B], TV_CLOSED);
        assert_non_null(tv_run_transition(run, 0, TV_A, TV_SYN_RCVD));
        tv_run_free(run);
}

static void
old_syn_that_is_answered_and_reset_is_a_connection_of_its_own(void **state)
{
        (void)state;
        struct tv_run *run = run_of("handshake-stale-syn");
        assert_int_equal(run->connection_count, 2);
        assert_int_equal(tv_run_connection(run, 0)->handshake, TV_HANDSHAKE_ABORTED);
        assert_int_equal(tv_frame_number(tv_run_connection(run, 1)->first_frame), 4);
        expect_outcome(run, 1, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_ORDERLY);
        tv_run_free(run);
}

static void
fin_that_acknowledges_a_fin_is_sent_from_close_wait(void **state)
{
        (void)state;
        struct tv_run *run = run_of("close-three-segments");
        const struct tv_connection *c = only_connection(run);
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_ORDERLY);
        assert_int_equal(c->closed_first, TV_CLOSED_FIRST_B);
        expect_path(run, 0, TV_A, "CLOSED SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED");
        expect_path(run, 0, TV_B, "LISTEN SYN_RCVD ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT");
        expect_transition(run, 0, TV_A, TV_CLOSE_WAIT, TV_CONFIRMED, 5, 6);
        expect_transition(run, 0, TV_A, TV_LAST_ACK, TV_OBSERVED, 6, 0);
        /* FIN+ACK in FIN_WAIT_1: two rows at one time, proved by one frame */
        expect_transition(run, 0, TV_B, TV_FIN_WAIT_2, TV_CONFIRMED, 6, 7);
        expect_transition(run, 0, TV_B, TV_TIME_WAIT, TV_CONFIRMED, 6, 7);
        tv_run_free(run);
}

static void
fins_that_cross_are_a_simultaneous_close(void **state)
{
        (void)state;
        struct tv_run *run = run_of("close-simultaneous");
        const struct tv_connection *c = only_connection(run);
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_SIMULTANEOUS);
        assert_int_equal(c->closed_first, TV_CLOSED_FIRST_BOTH);
        expect_path(run, 0, TV_A, "CLOSED SYN_SENT ESTABLISHED FIN_WAIT_1 CLOSING TIME_WAIT");
        expect_path(run, 0, TV_B, "LISTEN SYN_RCVD ESTABLISHED FIN_WAIT_1 CLOSING TIME_WAIT");
        tv_run_free(run);
}

static void
half_closed_connection_carries_data_the_other_way(void **state)
{
        (void)state;
        struct tv_run *run = run_of("close-half");
        const struct tv_connection *c = only_connection(run);
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_ORDERLY);
        expect_path(run, 0, TV_A, A_CLOSES_FIRST);
        expect_path(run, 0, TV_B, B_CLOSES_SECOND);
        /* a's acknowledgment of data sent in CLOSE_WAIT proves that it had the ACK of its FIN, which they carry */
        expect_transition(run, 0, TV_A, TV_FIN_WAIT_2, TV_CONFIRMED, 5, 7);
        assert_int_equal(c->dir[TV_B].unique_bytes, 1500);
        tv_run_free(run);

        run = run_of("close-half-until-the-end");
        c = only_connection(run);
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_HALF_CLOSED);
        assert_int_equal(c->state[TV_B], TV_CLOSE_WAIT);
        expect_path(run, 0, TV_A, "CLOSED SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2");
        expect_transition(run, 0, TV_A, TV_FIN_WAIT_2, TV_ASSUMED, 8, 0);
        tv_run_free(run);
}

static void
reset_ends_a_connection_only_where_it_is_acceptable(void **state)
{
        (void)state;
        struct tv_run *run = run_of("close-reset");
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_RESET);
        expect_path(run, 0, TV_A, "CLOSED SYN_SENT ESTABLISHED CLOSED");
        expect_path(run, 0, TV_B, "LISTEN SYN_RCVD ESTABLISHED CLOSED");
        expect_transition(run, 0, TV_A, TV_CLOSED, TV_OBSERVED, 7, 0);
        expect_transition(run, 0, TV_B, TV_CLOSED, TV_ASSUMED, 7, 0);
        tv_run_free(run);

        run = run_of("reset-exact");
        only_connection(run);
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_RESET);
        assert_int_equal(tv_run_connection(run, 0)->state[TV_A], TV_CLOSED);
        assert_int_equal(tv_run_connection(run, 0)->state[TV_B], TV_CLOSED);
        tv_run_free(run);

        static const char *const survived[] = {"reset-outside-window", "reset-in-window"};
        for (size_t i = 0; i < 2; i++) {
                run = run_of(survived[i]);
                only_connection(run);
                expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_ORDERLY);
                expect_path(run, 0, TV_A, A_CLOSES_FIRST);
                if (i == 1)
                        assert_int_equal(tv_run_row(run, 8)->ack_class, TV_ACK_CHALLENGE);
                tv_run_free(run);
        }
}

static void
capture_that_begins_in_the_middle_gives_one_record(void **state)
{
        (void)state;
        struct tv_run *run = run_of("mid-stream");
        const struct tv_connection *c = only_connection(run);
        assert_int_equal(c->initiator, TV_INITIATOR_INFERRED);
        expect_outcome(run, 0, TV_HANDSHAKE_NOT_CAPTURED, TV_TEARDOWN_OPEN);
        expect_classes(run, "new new none new new none");
        expect_path(run, 0, TV_A, "ESTABLISHED");
        expect_path(run, 0, TV_B, "ESTABLISHED");
        assert_true(c->transitions[0].earliest == TV_NO_TIME);
        assert_int_equal(c->dir[TV_A].missing_bytes + c->dir[TV_B].missing_bytes, 0);
        expect_finding(run, TV_UNKNOWN, "capture.mid-start");
        tv_run_free(run);
}

static void
one_direction_alone_gives_one_record(void **state)
{
        (void)state;
        struct tv_run *run = run_of("one-way");
        const struct tv_connection *c = only_connection(run);
        assert_int_equal(c->dir[TV_B].segments, 0);
        assert_int_equal(c->port[TV_A], 40000);
        assert_int_equal(c->dir[TV_A].retransmissions, 0);
        expect_finding(run, TV_UNKNOWN, "capture.one-way");
        expect_none(run, "handshake.no-answer");
        tv_run_free(run);
}

static void
keepalives_and_silence_split_nothing(void **state)
{
        (void)state;
        struct tv_run *run = run_of("keepalive");
        expect_clean(run);
        expect_classes(run, "new new none new new none keepalive none keepalive none new new none");
        expect_acks(run, "none advance advance same advance advance same keepalive-reply same keepalive-reply");
        tv_run_free(run);
}

static void
probes_of_a_closed_window_are_no_retransmissions(void **state)
{
        (void)state;
        struct tv_run *run = run_of("zero-window");
        only_connection(run);
        expect_classes(run, "new new none new new none window-probe none window-probe none none");
        expect_acks(run, "none advance advance same same advance same probe-reply same probe-reply window-update");
        assert_true(tv_run_connection(run, 0)->dir[TV_A].zero_windows >= 1);
        tv_run_free(run);
}

static void
sequence_numbers_wrap(void **state)
{
        (void)state;
        struct tv_run *run = run_of("sequence-wraparound");
        const struct tv_connection *c = only_connection(run);
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_ORDERLY);
        expect_classes(run, "new new none new new new new none retransmission none new new none");
        assert_int_equal(tv_frame_number(tv_run_row(run, 9)->of_frame), 7);
        assert_int_equal(tv_run_row(run, 9)->needed, TV_NEEDED_NO);
        assert_int_equal(c->dir[TV_B].unique_bytes, 3000);
        assert_int_equal(c->dir[TV_B].missing_bytes, 0);
        tv_run_free(run);
}

static void
wrong_checksum_is_discarded_by_its_receiver(void **state)
{
        (void)state;
        struct tv_run *run = run_of("checksums");
        only_connection(run);
        expect_retransmission(run, 6, 5, TV_NEEDED_YES, TV_LOST_DOWNSTREAM);
        assert_int_equal(run->quality.wrong_checksums, 1);
        assert_int_equal(run->quality.offload_checksums, 1);
        tv_run_free(run);
}

static void
vlan_is_no_part_of_the_key(void **state)
{
        (void)state;
        struct tv_run *run = run_of("vlan-stack");
        only_connection(run);
        expect_outcome(run, 0, TV_HANDSHAKE_COMPLETE, TV_TEARDOWN_ORDERLY);
        tv_run_free(run);
}

static void
every_link_type_and_format_tells_the_same(void **state)
{
        (void)state;
        static const char *const names[] = {
                "ipv6",     "link-sll", "link-sll2",     "link-null",     "link-null-big-endian",         "link-loop",
                "link-raw", "link-ppp", "link-radiotap", "format-pcapng", "format-pcapng-two-interfaces", "vlan-stack"};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                struct tv_run *run = run_of(names[i]);
                expect_clean(run);
                assert_int_equal(run->bucket[TV_BUCKET_tcp], 8);
                expect_classes(run, "new new none new new new new none");
                expect_path(run, 0, TV_A, A_CLOSES_FIRST);
                expect_path(run, 0, TV_B, B_CLOSES_SECOND);
                tv_run_free(run);
        }
}

/* 200 us are long on a fast network: everything up to the last acknowledgment has passed when the first copy comes. */
static void
bursts_recorded_twice_are_recognized_whole(void **state)
{
        (void)state;
        struct tv_run *run = run_of("span-burst");
        expect_clean(run);
        const struct tv_connection *c = tv_run_connection(run, 0);
        assert_int_equal(run->row_count, 36);
        for (unsigned end = 0; end < 2; end++) {
                assert_int_equal(c->dir[end].retransmissions, 0);
                assert_int_equal(c->dir[end].network_duplicates, 0);
        }
        assert_int_equal(c->dir[TV_B].unique_bytes, 8000);
        assert_int_equal(c->teardown, TV_TEARDOWN_ORDERLY);
        assert_true(run->quality.duplicate_lag_typical == 200000);
        tv_run_free(run);
}

/* Nothing was sent in vain, b closed first, and both ends ended as they should, though a's SYN and FIN stand behind
 * their answers. */
static void
late_direction_hides_neither_the_loss_nor_who_closed(void **state)
{
        (void)state;
        struct tv_run *run = run_of("skew-and-loss");
        const struct tv_connection *c = tv_run_connection(run, 0);
        assert_int_equal(run->connection_count, 1);
        assert_int_equal(c->finding_count, 0);
        assert_int_equal(c->initiator, TV_INITIATOR_SYN);
        assert_int_equal(c->handshake, TV_HANDSHAKE_COMPLETE);
        assert_int_equal(c->teardown, TV_TEARDOWN_ORDERLY);
        assert_int_equal(c->closed_first, TV_CLOSED_FIRST_B);
        assert_int_equal(c->state[TV_A], TV_CLOSED);
        assert_int_equal(c->state[TV_B], TV_TIME_WAIT);
        assert_int_equal(c->dir[TV_A].spurious, 0);
        assert_int_equal(c->dir[TV_A].missing_bytes, 0);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.skew"), 1);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.gap"), 0);
        assert_int_equal(run->quality.early_acks_of[TV_B], 0);
        assert_true(run->quality.early_acks_of[TV_A] >= 3); /* of the SYN, of data, of the FIN */
        assert_true(run->quality.skew_most == 4900000);
        tv_run_free(run);
}

/* What was in flight when the capture began is not missing from it, even where a repetition shows a part of it. */
static void
octets_sent_before_the_capture_are_not_missing(void **state)
{
        (void)state;
        struct tv_run *run = tv_run_text("0.000 a>b . 20001:21001(1000) ack 1 <nop,nop,TS val 10 ecr 5>\n"
                                         "0.001 b>a . 1:1(0) ack 15001 <nop,nop,TS val 6 ecr 1>\n"
                                         "0.020 a>b . 15001:16001(1000) ack 1 <nop,nop,TS val 30 ecr 6>\n"
                                         "0.040 b>a . 1:1(0) ack 21001 <nop,nop,TS val 40 ecr 30>\n"
                                         "0.050 a>b . 23001:24001(1000) ack 1 <nop,nop,TS val 60 ecr 40>\n"
                                         "0.070 b>a . 1:1(0) ack 24001 <nop,nop,TS val 60 ecr 60>\n",
                                         NULL);
        /* ... and what was sent later is. */
        assert_int_equal(run->connection_count, 1);
        assert_int_equal(run->connections[0].dir[TV_A].missing_bytes, 2000);
        assert_int_equal(run->quality.missing_gaps, 1);
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(octets_sent_before_the_capture_are_not_missing),
                cmocka_unit_test(bursts_recorded_twice_are_recognized_whole),
                cmocka_unit_test(late_direction_hides_neither_the_loss_nor_who_closed),
                cmocka_unit_test(clean_connection_has_nothing_to_report),
                cmocka_unit_test(third_ack_that_the_capture_missed_is_not_lost),
                cmocka_unit_test(direction_follows_the_syn_ack_when_the_syn_is_missing),
                cmocka_unit_test(syn_ack_that_the_capture_missed_is_proved_by_the_ack),
                cmocka_unit_test(syn_lost_is_reported_when_only_a_later_copy_is_answered),
                cmocka_unit_test(synack_lost_is_reported_when_syn_and_syn_ack_repeat),
                cmocka_unit_test(ack_lost_is_reported_when_syn_ack_repeats),
                cmocka_unit_test(last_ack_lost_is_reported_when_the_second_fin_repeats),
                cmocka_unit_test(first_fin_lost_is_reported_when_it_repeats_without_an_answer),
                cmocka_unit_test(port_reuse_with_new_isns_makes_two_connections),
                cmocka_unit_test(port_reuse_is_seen_without_its_syn),
                cmocka_unit_test(packets_recorded_twice_are_the_captures_doing),
                cmocka_unit_test(late_original_is_out_of_order_and_nothing_is_lost),
                cmocka_unit_test(second_hole_resent_at_once_is_a_retransmission),
                cmocka_unit_test(ack_captured_before_its_data_is_early),
                cmocka_unit_test(simultaneous_open_and_close_repeat_nothing),
                cmocka_unit_test(segment_with_ip_length_0_is_whole),
                cmocka_unit_test(one_time_stamp_an_hour_back_splits_nothing),
                cmocka_unit_test(clock_set_back_splits_nothing_and_is_told),
                cmocka_unit_test(syns_without_an_answer_are_one_connection_without_data),
                cmocka_unit_test(headers_alone_tell_the_same_story),
                cmocka_unit_test(refused_connection_ends_in_closed_at_both_ends),
                cmocka_unit_test(half_open_handshake_leaves_b_in_syn_rcvd),
                cmocka_unit_test(fast_open_data_are_new_and_acknowledged_by_the_syn_ack),
                cmocka_unit_test(split_handshake_keeps_the_one_that_began_as_initiator),
                cmocka_unit_test(old_syn_that_is_answered_and_reset_is_a_connection_of_its_own),
                cmocka_unit_test(fin_that_acknowledges_a_fin_is_sent_from_close_wait),
                cmocka_unit_test(fins_that_cross_are_a_simultaneous_close),
                cmocka_unit_test(half_closed_connection_carries_data_the_other_way),
                cmocka_unit_test(reset_ends_a_connection_only_where_it_is_acceptable),
                cmocka_unit_test(capture_that_begins_in_the_middle_gives_one_record),
                cmocka_unit_test(one_direction_alone_gives_one_record),
                cmocka_unit_test(keepalives_and_silence_split_nothing),
                cmocka_unit_test(probes_of_a_closed_window_are_no_retransmissions),
                cmocka_unit_test(sequence_numbers_wrap),
                cmocka_unit_test(wrong_checksum_is_discarded_by_its_receiver),
                cmocka_unit_test(vlan_is_no_part_of_the_key),
                cmocka_unit_test(every_link_type_and_format_tells_the_same),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
