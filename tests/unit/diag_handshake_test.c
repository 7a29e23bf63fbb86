/* Findings of the handshake: one cause, one code, with the frames that prove it (design.md section 5). */
#include "analyzer/diagnose/decidability.h"
#include "tests/support/expect.h"

static struct tv_run *
run_of(const char *text)
{
        struct tv_run *run = tv_run_text(text, NULL);

        EXPECT_KEPT(run);
        return run;
}

static void
expect_frames(const struct tv_run *run, const char *code, const uint64_t *frames, unsigned count)
{
        const struct tv_finding *f = tv_run_finding(run, 0, code);

        if (f == NULL)
                tv_run_print(run);
        assert_non_null(f);
        assert_int_equal(f->frame_count, count);
        for (unsigned i = 0; i < count; i++)
                assert_int_equal(tv_frame_number(f->frames[i]), frames[i]);
        assert_true(f->time <= f->until);
        assert_true(f->what[0] != '\0');
}
#define FRAMES(run, code, ...)                                                                                         \
        expect_frames(run, code, (const uint64_t[]){__VA_ARGS__},                                                      \
                      sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void
healthy_handshake_has_no_finding(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S  0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n0.04 a>b . 1:1(0) ack 1\n"
                                    "0.05 a>b P. 1:11(10) ack 1\n0.07 b>a . 1:1(0) ack 11\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "");
        tv_run_free(run);
}

static void
third_segment_that_the_capture_missed_is_no_finding(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S  0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n"
                                    "0.05 a>b P. 1:11(10) ack 1\n0.07 b>a . 1:1(0) ack 11\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "");
        EXPECT_LIFE(run, 0, "complete open");
        tv_run_free(run);
}

static void
third_segment_lost_names_it_and_its_proof(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S  0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n0.04 a>b . 1:1(0) ack 1\n"
                                    "1.02 b>a S. 0:0(0) ack 1\n1.04 a>b . 1:1(0) ack 1\n"
                                    "1.10 b>a P. 1:11(10) ack 1\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.ack-lost");
        FRAMES(run, "handshake.ack-lost", 3, 4);
        assert_int_equal(tv_run_finding(run, 0, "handshake.ack-lost")->end, TV_A);
        assert_int_equal(tv_run_finding(run, 0, "handshake.ack-lost")->blame, TV_BLAME_NETWORK);
        tv_run_free(run);
}

/* Is |code|'s reason to doubt what the table gives for |event|? */
static void
expect_doubt(const struct tv_run *run, const char *code, enum tv_confidence confidence, enum tv_event event)
{
        const struct tv_finding *f = tv_run_finding(run, 0, code);
        const char *why = tv_decidability_why(event, TV_POINT_BEFORE);

        assert_non_null(f);
        assert_int_equal(f->confidence, confidence);
        assert_true(why[0] != '\0');
        assert_non_null(strstr(f->not_, why));
}

static void
what_a_loss_behind_the_capture_point_leaves_open_is_said(void **state)
{
        struct tv_run *ack = run_of("0.00 a>b S  0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n0.04 a>b . 1:1(0) ack 1\n"
                                    "1.02 b>a S. 0:0(0) ack 1\n1.04 a>b . 1:1(0) ack 1\n"
                                    "1.10 b>a P. 1:11(10) ack 1\n");
        struct tv_run *syn = run_of("0.00 a>b S  0:0(0) <mss 1460,sackOK,TS val 100 ecr 0>\n"
                                    "1.00 a>b S  0:0(0) <mss 1460,sackOK,TS val 1100 ecr 0>\n"
                                    "1.02 b>a S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 9 ecr 1100>\n"
                                    "1.04 a>b . 1:1(0) ack 1 <nop,nop,TS val 1140 ecr 9>\n");
        struct tv_run *either = run_of("0.00 a>b S  0:0(0)\n1.00 a>b S  0:0(0)\n1.02 b>a S. 0:0(0) ack 1\n"
                                       "1.04 a>b . 1:1(0) ack 1\n1.05 a>b P. 1:11(10) ack 1\n"
                                       "1.07 b>a . 1:1(0) ack 11\n");

        (void)state;
        /* The host of b may have refused it: a full queue looks no different from here. */
        expect_doubt(ack, "handshake.ack-lost", TV_LIKELY, TV_EVENT_refused_ack1);
        expect_doubt(syn, "handshake.syn-lost", TV_LIKELY, TV_EVENT_refused_syn);
        /* Without timestamps not even which segment it was. */
        expect_doubt(either, "handshake.syn-lost", TV_POSSIBLE, TV_EVENT_loss_syn);
        tv_run_free(ack);
        tv_run_free(syn);
        tv_run_free(either);
}

static void
syn_lost_names_the_copy_that_died(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S  0:0(0) <mss 1460,sackOK,TS val 100 ecr 0>\n"
                                    "1.00 a>b S  0:0(0) <mss 1460,sackOK,TS val 1100 ecr 0>\n"
                                    "1.02 b>a S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 9 ecr 1100>\n"
                                    "1.04 a>b . 1:1(0) ack 1 <nop,nop,TS val 1140 ecr 9>\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.syn-lost");
        FRAMES(run, "handshake.syn-lost", 1, 2);
        tv_run_free(run);
}

static void
syn_ack_lost_is_told_from_a_lost_syn(void **state)
{
        struct tv_run *run = run_of("0.0000 a>b S  0:0(0)\n0.0001 b>a S. 0:0(0) ack 1\n"
                                    "1.0000 a>b S  0:0(0)\n1.0001 b>a S. 0:0(0) ack 1\n1.0400 a>b . 1:1(0) ack 1\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.synack-lost");
        FRAMES(run, "handshake.synack-lost", 2, 3);
        assert_int_equal(tv_run_finding(run, 0, "handshake.synack-lost")->end, TV_B);
        tv_run_free(run);
}

static void
path_slower_than_the_timer_loses_nothing(void **state)
{
        struct tv_run *run = run_of("0.0000 a>b S  0:0(0)\n1.0000 a>b S  0:0(0)\n1.2000 b>a S. 0:0(0) ack 1\n"
                                    "1.2001 a>b . 1:1(0) ack 1\n2.2000 b>a S. 0:0(0) ack 1\n"
                                    "2.2001 a>b . 1:1(0) ack 1\n");

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "handshake.syn-lost"), 0);
        assert_int_equal(tv_run_findings(run, 0, "handshake.synack-lost"), 0);
        assert_int_equal(tv_run_findings(run, 0, "handshake.ack-lost"), 0);
        tv_run_free(run);
}

static void
refusal_blames_nobody_but_the_responder(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S  0:0(0)\n0.02 b>a R. @0:0(0) ack 1\n");
        const struct tv_finding *f = tv_run_finding(run, 0, "handshake.refused");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.refused");
        FRAMES(run, "handshake.refused", 1, 2);
        assert_int_equal(f->end, TV_B);
        assert_int_equal(f->confidence, TV_CERTAIN);
        assert_true(f->advice[0] != '\0');
        tv_run_free(run);
}

static void
repeated_attempts_without_an_answer_are_one_finding(void **state)
{
        struct tv_run *run = run_of("0.0 a>b S 0:0(0)\n1.0 a>b S 0:0(0)\n3.0 a>b S 0:0(0)\n7.0 a>b S 0:0(0)\n");
        const struct tv_finding *f = tv_run_finding(run, 0, "handshake.no-answer");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.no-answer");
        assert_non_null(f);
        assert_true(f->until - f->time >= INT64_C(7000000000));
        tv_run_free(run);
}

/* RFC 6298 5.5: 1, 2, 4 s; the next copy would be due 8 s after the last. */
static void
unanswered_attempts_tell_their_schedule_and_the_limit_that_fits(void **state)
{
        static const char doubled[] = "0.0 a>b S 0:0(0)\n1.0 a>b S 0:0(0)\n3.0 a>b S 0:0(0)\n7.0 a>b S 0:0(0)\n";
        static const struct {
                const char *first, *last, *says, *not_;
        } cases[] = {
                {doubled, "17.0 a2>b2 S 0:0(0)\n", "waits doubled from 1 s; then none for 10.000 s: 3 retries fit",
                 "apart"},
                {doubled, "14.9 a2>b2 S 0:0(0)\n", "waits doubled from 1 s, no answer", "fit"},
                {"0.0 a>b S 0:0(0)\n1.0 a>b S 0:0(0)\n2.0 a>b S 0:0(0)\n3.0 a>b S 0:0(0)\n", "40.0 a2>b2 S 0:0(0)\n",
                 "1 s apart", "fit"},
                {"0.0 a>b S 0:0(0)\n5.0 a>b S 0:0(0)\n10.0 a>b S 0:0(0)\n", "90.0 a2>b2 S 0:0(0)\n",
                 "10.000 s, no answer", "fit"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                char text[400];
                snprintf(text, sizeof text, "%s%s", cases[i].first, cases[i].last);
                struct tv_run *run = run_of(text);
                const struct tv_finding *f = tv_run_finding(run, 0, "handshake.no-answer");
                assert_non_null(f);
                if (strstr(f->what, cases[i].says) == NULL || strstr(f->what, cases[i].not_) != NULL)
                        fail_msg("%zu: %s", i, f->what);
                tv_run_free(run);
        }
}

static void
half_open_is_not_also_an_unanswered_syn(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S 0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n1.02 b>a S. 0:0(0) ack 1\n"
                                    "3.02 b>a S. 0:0(0) ack 1\n");

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "handshake.half-open"), 1);
        assert_int_equal(tv_run_findings(run, 0, "handshake.no-answer"), 0);
        assert_int_equal(tv_run_findings(run, 0, "handshake.ack-lost"), 0);
        tv_run_free(run);
}

static void
reset_by_the_initiator_aborts_the_handshake(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S 0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n0.04 a>b R 1:1(0)\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.aborted");
        assert_int_equal(tv_run_finding(run, 0, "handshake.aborted")->blame, TV_BLAME_A);
        assert_string_equal(tv_run_finding(run, 0, "handshake.aborted")->what,
                            "reset by a before it was established, after 0.040000 s");
        assert_non_null(strstr(tv_run_finding(run, 0, "handshake.aborted")->advice, "10.0.0.1 gave up"));
        FRAMES(run, "handshake.aborted", 1, 3);
        tv_run_free(run);
}

/* Captured at b, which repeats its SYN-ACK although it has the third segment: it waits for data. */
#define AT_B                                                                                                           \
        "0.0000 a>b S  0:0(0)       win 65535 <mss 1000,sackOK,TS val 1000 ecr 0>\n"                                   \
        "0.0001 b>a S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK,TS val 9020 ecr 1000>\n"                                \
        "0.0401 a>b .  1:1(0) ack 1 <TS val 1040 ecr 9020>\n"

static void
acknowledgment_without_effect_is_a_deferred_accept(void **state)
{
        struct tv_run *run = run_of(AT_B "1.0501 b>a S. 0:0(0) ack 1 <mss 1000,sackOK,TS val 10070 ecr 1040>\n"
                                         "1.0901 a>b .  1:1(0) ack 1 <TS val 2090 ecr 9020>\n"
                                         "2.0000 a>b P. 1:101(100) ack 1 <TS val 3000 ecr 9020>\n"
                                         "2.0001 b>a .  1:1(0) ack 101 <TS val 11020 ecr 3000>\n");
        const struct tv_finding *f = tv_run_finding(run, 0, "handshake.ack-ignored");

        (void)state;
        assert_non_null(f);
        assert_non_null(strstr(f->what, "the third segment had been sent, and arrived, the SYN-ACK was repeated once"));
        assert_non_null(strstr(f->what, "cost 1.010 s"));
        assert_non_null(strstr(f->advice, "TCP_DEFER_ACCEPT"));
        tv_run_free(run);
}

/* Captured at a: that b repeats its SYN-ACK may say that the third segment died; what it echoes says that it did not.
 */
static void
echo_in_the_repeated_syn_ack_tells_that_the_third_segment_arrived(void **state)
{
        char text[1000];

        (void)state;
        for (int arrived = 0; arrived <= 1; arrived++) {
                struct tv_run *run;

                snprintf(text, sizeof text,
                         "0.0000 a>b S  0:0(0)       win 65535 <mss 1000,sackOK,TS val 1000 ecr 0>\n"
                         "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK,TS val 9020 ecr 1000>\n"
                         "0.0401 a>b .  1:1(0) ack 1 <TS val 1040 ecr 9020>\n"
                         "1.0801 b>a S. 0:0(0) ack 1 <mss 1000,sackOK,TS val 10060 ecr %u>\n"
                         "1.0802 a>b .  1:1(0) ack 1 <TS val 2080 ecr 9020>\n"
                         "2.0000 a>b P. 1:101(100) ack 1 <TS val 3000 ecr 9020>\n"
                         "2.0400 b>a .  1:1(0) ack 101 <TS val 11020 ecr 3000>\n",
                         arrived != 0 ? 1040U : 1000U);
                run = run_of(text);
                assert_int_equal(tv_run_findings(run, 0, "handshake.ack-ignored"), arrived);
                assert_int_equal(tv_run_findings(run, 0, "handshake.ack-lost"), !arrived);
                tv_run_free(run);
        }
        /* What became of the second one, nothing shows. */
        {
                struct tv_run *run =
                        run_of("0.0000 a>b S  0:0(0)       win 65535 <mss 1000,sackOK,TS val 1000 ecr 0>\n"
                               "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK,TS val 9020 ecr 1000>\n"
                               "0.0401 a>b .  1:1(0) ack 1 <TS val 1040 ecr 9020>\n"
                               "1.0801 b>a S. 0:0(0) ack 1 <mss 1000,sackOK,TS val 10060 ecr 1040>\n"
                               "1.0802 a>b .  1:1(0) ack 1 <TS val 2080 ecr 9020>\n");

                EXPECT_FINDINGS(run, 0, "handshake.ack-ignored");
                tv_run_free(run);
        }
}

/* Data has no effect either: a full accept queue, unless the path loses more than that. */
#define NO_EFFECT                                                                                                      \
        "0.0500 a>b P. 1:101(100) ack 1 <TS val 1050 ecr 9020>\n"                                                      \
        "0.3500 a>b P. 1:101(100) ack 1 <TS val 1350 ecr 9020>\n"                                                      \
        "1.0501 b>a S. 0:0(0) ack 1 <mss 1000,sackOK,TS val 10070 ecr 1000>\n"                                         \
        "1.0901 a>b .  101:101(0) ack 1 <TS val 2090 ecr 9020>\n"                                                      \
        "1.5000 a>b P. 1:101(100) ack 1 <TS val 2500 ecr 9020>\n"                                                      \
        "1.5001 b>a P. 1:501(500) ack 101 <TS val 10520 ecr 2500>\n"                                                   \
        "1.5401 a>b .  101:101(0) ack 501 <TS val 2540 ecr 10520>\n"

static void
path_that_loses_more_makes_a_full_queue_doubtful(void **state)
{
        struct tv_run *run = run_of(AT_B NO_EFFECT);
        const struct tv_finding *f = tv_run_finding(run, 0, "handshake.accept-queue-overflow");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->confidence, TV_LIKELY);
        tv_run_free(run);
        /* The first of these dies on its way to a. */
        run = run_of(AT_B NO_EFFECT "2.0000 b>a .  501:1501(1000) ack 101 <TS val 11020 ecr 2540>\n"
                                    "2.0001 b>a .  1501:2501(1000) ack 101 <TS val 11020 ecr 2540>\n"
                                    "2.0401 a>b .  101:101(0) ack 501 <TS val 3040 ecr 10520,sack 1501:2501>\n"
                                    "2.0601 b>a .  501:1501(1000) ack 101 <TS val 11080 ecr 3040>\n"
                                    "2.1001 a>b .  101:101(0) ack 2501 <TS val 3100 ecr 11080>\n");
        f = tv_run_finding(run, 0, "handshake.accept-queue-overflow");
        assert_non_null(f);
        assert_int_equal(f->confidence, TV_POSSIBLE);
        assert_non_null(strstr(f->not_, "it lost 1 other segment of this connection"));
        tv_run_free(run);
}

static void
simultaneous_open_is_named_and_loses_nothing(void **state)
{
        struct tv_run *run = run_of("b = :50000\n0.000 a>b S 0:0(0)\n0.001 b>a S 0:0(0)\n"
                                    "0.030 a>b S. 0:0(0) ack 1\n0.031 b>a S. 0:0(0) ack 1\n"
                                    "0.100 a>b P. 1:11(10) ack 1\n0.130 b>a . 1:1(0) ack 11\n");

        (void)state;
        EXPECT_FINDINGS(run, 0, "handshake.simultaneous-open");
        FRAMES(run, "handshake.simultaneous-open", 1, 2);
        assert_int_equal(tv_run_finding(run, 0, "handshake.simultaneous-open")->confidence, TV_CERTAIN);
        tv_run_free(run);
        /* Neither answers by SYN and ACK: the second SYN may be a SYN-ACK without its flag. */
        run = run_of("0.000 a>b S 0:0(0)\n0.020 b>a S 0:0(0)\n0.021 a>b . 1:1(0) ack 1\n");
        EXPECT_FINDINGS(run, 0, "handshake.simultaneous-open");
        assert_int_equal(tv_run_finding(run, 0, "handshake.simultaneous-open")->confidence, TV_POSSIBLE);
        tv_run_free(run);
}

/* ---- what a capture cannot know ---- */

#define LATER "2.5 a2>b2 S 0:0(0)\n2.52 b2>a2 S. 0:0(0) ack 1\n2.54 a2>b2 . 1:1(0) ack 1\n"

static void
half_open_takes_a_repeated_question_or_a_wait(void **state)
{
        struct tv_run *cut = run_of("0.00 a>b S 0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n");
        struct tv_run *silent = run_of("0.00 a>b S 0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n" LATER);
        struct tv_run *asked = run_of("0.00 a>b S 0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n1.02 b>a S. 0:0(0) ack 1\n");

        (void)state;
        /* nobody knows what came after the capture */
        assert_int_equal(tv_run_findings(cut, 0, "handshake.half-open"), 0);
        assert_int_equal(cut->connections[0].handshake, TV_HANDSHAKE_HALF_OPEN);
        assert_int_equal(tv_run_findings(silent, 0, "handshake.half-open"), 1);
        assert_int_equal(tv_run_finding(silent, 0, "handshake.half-open")->confidence, TV_LIKELY);
        assert_non_null(strstr(tv_run_finding(silent, 0, "handshake.half-open")->what, "accepted, for 2.540 s"));
        assert_non_null(
                strstr(tv_run_finding(silent, 0, "handshake.half-open")->advice, "net.ipv4.tcp_synack_retries"));
        assert_int_equal(tv_run_findings(asked, 0, "handshake.half-open"), 1);
        assert_int_equal(tv_run_finding(asked, 0, "handshake.half-open")->confidence, TV_CERTAIN);
        tv_run_free(cut);
        tv_run_free(silent);
        tv_run_free(asked);
}

/* Another connection shows that this capture misses packets. */
#define MISSES                                                                                                         \
        "-1.00 a9>b9 S 0:0(0)\n-0.95 b9>a9 S. 0:0(0) ack 1\n-0.94 a9>b9 . 1:1(0) ack 1\n"                              \
        "-0.90 b9>a9 . 1001:2001(1000) ack 1\n-0.89 a9>b9 . 1:1(0) ack 2001\n"

static void
what_rests_on_an_absent_packet_is_not_certain_where_packets_are_missing(void **state)
{
        struct tv_run *run;

        (void)state;
        run = run_of("-1 a8>b8 S 0:0(0)\n0.00 a>b S 0:0(0)\n1.0 a>b S 0:0(0)\n9 a7>b7 S 0:0(0)\n");
        assert_int_equal(tv_run_finding(run, 1, "handshake.no-answer")->confidence, TV_CERTAIN);
        tv_run_free(run);
        run = run_of(MISSES "0.0 a>b S 0:0(0)\n1.0 a>b S 0:0(0)\n9 a7>b7 S 0:0(0)\n");
        assert_int_equal(tv_run_finding(run, 1, "handshake.no-answer")->confidence, TV_LIKELY);
        tv_run_free(run);
        run = run_of(MISSES "0.00 a>b S 0:0(0)\n0.02 b>a S. 0:0(0) ack 1\n1.02 b>a S. 0:0(0) ack 1\n");
        assert_int_equal(tv_run_finding(run, 1, "handshake.half-open")->confidence, TV_LIKELY);
        tv_run_free(run);
}

/* The SYN-ACK echoes the first SYN: that one had arrived, so its answer was lost before the capture point. */
static void
place_of_a_loss_is_unknown_where_the_capture_may_have_missed_it(void **state)
{
#define ANSWER_LOST                                                                                                    \
        "0.00 a>b S 0:0(0) <mss 1460,TS val 100 ecr 0>\n1.00 a>b S 0:0(0) <mss 1460,TS val 1100 ecr 0>\n"              \
        "1.02 b>a S. 0:0(0) ack 1 <mss 1460,TS val 9 ecr 100>\n1.03 a>b . 1:1(0) ack 1 <TS val 1130 ecr 9>\n"          \
        "1.10 a>b . 1:11(10) ack 1 <TS val 1200 ecr 9>\n1.12 b>a . 1:1(0) ack 11 <TS val 109 ecr 1200>\n"
        struct tv_run *clean = run_of(ANSWER_LOST), *gaps = run_of(MISSES ANSWER_LOST);
        const struct tv_finding *f = tv_run_finding(clean, 0, "handshake.synack-lost");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->confidence, TV_CERTAIN);
        assert_non_null(strstr(f->what, "before the capture point"));
        f = tv_run_finding(gaps, 1, "handshake.synack-lost");
        assert_non_null(f);
        assert_int_equal(f->confidence, TV_LIKELY);
        assert_null(strstr(f->what, "before the capture point"));
        assert_true(f->not_[0] != '\0');
        tv_run_free(clean);
        tv_run_free(gaps);
}

/* The SYN-ACK may as well be the answer to the first SYN, on a way longer than the timer; what follows measures it. */
static void
answer_to_the_first_syn_is_late_where_the_way_is_long(void **state)
{
#define LATE                                                                                                           \
        "0.00 a>b S 0:0(0) <mss 1460,TS val 100 ecr 0>\n1.00 a>b S 0:0(0) <mss 1460,TS val 1100 ecr 0>\n"              \
        "1.30 b>a S. 0:0(0) ack 1 <mss 1460,TS val 9 ecr 100>\n1.31 a>b . 1:1(0) ack 1 <TS val 1410 ecr 9>\n"
        struct tv_run *open = run_of(LATE);
        struct tv_run *told = run_of(LATE "1.40 a>b . 1:11(10) ack 1 <TS val 1500 ecr 9>\n"
                                          "2.70 b>a . 1:1(0) ack 11 <TS val 1409 ecr 1500>\n");

        (void)state;
        assert_int_equal(tv_run_finding(open, 0, "handshake.synack-lost")->confidence, TV_POSSIBLE);
        assert_null(tv_run_finding(told, 0, "handshake.synack-lost"));
        assert_non_null(tv_run_finding(told, 0, "handshake.spurious-retry"));
        tv_run_free(open);
        tv_run_free(told);
}

static void
capture_that_ends_too_soon_leaves_the_answer_open(void **state)
{
        struct tv_run *soon = run_of("0.0 a>b S 0:0(0)\n1.0 a>b S 0:0(0)\n2.5 a2>b2 S 0:0(0)\n");
        struct tv_run *waited = run_of("0.0 a>b S 0:0(0)\n1.0 a>b S 0:0(0)\n3.5 a2>b2 S 0:0(0)\n");

        (void)state;
        assert_int_equal(tv_run_finding(soon, 0, "handshake.no-answer")->confidence, TV_POSSIBLE);
        assert_int_equal(tv_run_finding(waited, 0, "handshake.no-answer")->confidence, TV_CERTAIN);
        tv_run_free(soon);
        tv_run_free(waited);
}

static void
second_records_are_no_attempts(void **state)
{
        struct tv_run *one = run_of("0.000 a>b S 0:0(0) {id 7}\n0.0001 a>b S 0:0(0) {id 7}\n");
        struct tv_run *two = run_of("0.000 a>b S 0:0(0) {id 7}\n0.0001 a>b S 0:0(0) {id 7}\n"
                                    "1.000 a>b S 0:0(0) {id 8}\n1.0001 a>b S 0:0(0) {id 8}\n");

        (void)state;
        assert_int_equal(tv_run_all_findings(one, "handshake."), 0);
        assert_int_equal(tv_run_finding(two, 0, "handshake.no-answer")->count, 2);
        tv_run_free(one);
        tv_run_free(two);
}

/* The retry stands 5 ms behind the answer to the first SYN.  How long the way to a is, nothing tells. */
static void
retry_just_behind_the_answer_shows_no_loss(void **state)
{
        struct tv_run *run = run_of("0.000 a>b S 0:0(0)\n0.995 b>a S. 0:0(0) ack 1\n1.000 a>b S 0:0(0)\n"
                                    "1.100 a>b . 1:1(0) ack 1\n");

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "handshake.synack-lost"), 0);
        tv_run_free(run);
}

/* The capture missed the SYN-ACK: b's data show that there was one. */
static void
responder_that_speaks_has_accepted(void **state)
{
        struct tv_run *run = run_of("0.00 a>b S 0:0(0)\n0.03 b>a P. 1:51(50) ack 1\n0.04 a>b . 1:1(0) ack 51\n");
        struct tv_run *reset = run_of("0.00 a>b S 0:0(0)\n0.03 b>a P. 1:51(50) ack 1\n0.04 b>a R. 51:51(0) ack 1\n");

        (void)state;
        assert_int_equal(run->connections[0].handshake, TV_HANDSHAKE_COMPLETE);
        assert_int_equal(tv_run_all_findings(run, "handshake."), 0);
        assert_int_equal(reset->connections[0].handshake, TV_HANDSHAKE_COMPLETE);
        assert_int_equal(tv_run_all_findings(reset, "handshake."), 0);
        tv_run_free(run);
        tv_run_free(reset);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(healthy_handshake_has_no_finding),
                cmocka_unit_test(third_segment_that_the_capture_missed_is_no_finding),
                cmocka_unit_test(third_segment_lost_names_it_and_its_proof),
                cmocka_unit_test(what_a_loss_behind_the_capture_point_leaves_open_is_said),
                cmocka_unit_test(syn_lost_names_the_copy_that_died),
                cmocka_unit_test(syn_ack_lost_is_told_from_a_lost_syn),
                cmocka_unit_test(path_slower_than_the_timer_loses_nothing),
                cmocka_unit_test(refusal_blames_nobody_but_the_responder),
                cmocka_unit_test(repeated_attempts_without_an_answer_are_one_finding),
                cmocka_unit_test(unanswered_attempts_tell_their_schedule_and_the_limit_that_fits),
                cmocka_unit_test(half_open_is_not_also_an_unanswered_syn),
                cmocka_unit_test(reset_by_the_initiator_aborts_the_handshake),
                cmocka_unit_test(acknowledgment_without_effect_is_a_deferred_accept),
                cmocka_unit_test(echo_in_the_repeated_syn_ack_tells_that_the_third_segment_arrived),
                cmocka_unit_test(path_that_loses_more_makes_a_full_queue_doubtful),
                cmocka_unit_test(simultaneous_open_is_named_and_loses_nothing),
                cmocka_unit_test(half_open_takes_a_repeated_question_or_a_wait),
                cmocka_unit_test(what_rests_on_an_absent_packet_is_not_certain_where_packets_are_missing),
                cmocka_unit_test(place_of_a_loss_is_unknown_where_the_capture_may_have_missed_it),
                cmocka_unit_test(answer_to_the_first_syn_is_late_where_the_way_is_long),
                cmocka_unit_test(capture_that_ends_too_soon_leaves_the_answer_open),
                cmocka_unit_test(second_records_are_no_attempts),
                cmocka_unit_test(retry_just_behind_the_answer_shows_no_loss),
                cmocka_unit_test(responder_that_speaks_has_accepted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
