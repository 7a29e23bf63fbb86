/* Round trips, marks, pauses and contradictions between the segments of one end. */
#include "tests/support/data_case.h"

#include <stdio.h>

#include <stdlib.h>

/* ---- a dialogue that is too long to be written down ---- */

static char long_text[60000];
static size_t long_length;

static void
begin(const char *text)
{
        long_length = (size_t)snprintf(long_text, sizeof long_text, "%s", text);
}

static void __attribute__((format(printf, 1, 2))) add(const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        long_length += (size_t)vsnprintf(long_text + long_length, sizeof long_text - long_length, format, arguments);
        va_end(arguments);
        assert_true(long_length < sizeof long_text);
}

/* Captured at a: RTT 40 ms, the window is large. */
#define OPEN                                                                                                           \
        "0.0000 a>b S  0:0(0)       win 65535 <mss 1000,ws 7>\n"                                                       \
        "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1000,ws 7>\n"                                                       \
        "0.0401 a>b .  1:1(0) ack 1 win 1000\n"

/* |rounds| flights of 16 segments, each acknowledged in pairs |delay| ms after it was sent. */
static void
flights(unsigned rounds, unsigned delay)
{
        unsigned at = 100, next = 1;

        for (unsigned r = 0; r < rounds; r++) {
                for (unsigned i = 0; i < 16; i++)
                        add("%u.%03u%02u a>b . %u:%u(1000) ack 1 win 1000\n", at / 1000, at % 1000, i, next + i * 1000,
                            next + (i + 1) * 1000);
                at += delay;
                for (unsigned i = 2; i <= 16; i += 2)
                        add("%u.%03u%02u b>a . 1:1(0) ack %u win 1000\n", at / 1000, at % 1000, i / 2, next + i * 1000);
                next += 16000;
                at += 1;
        }
}

static void
full_queue(void **state)
{
        struct tv_run *run;
        const struct tv_finding *f;

        (void)state;
        begin(OPEN);
        flights(2, 40);
        /* then 16 segments are always under way, and two of them pass the bottleneck in 20 ms */
        for (unsigned step = 0; step < 48; step++) {
                unsigned at = 500 + 20 * step, sent = 32001 + 2000 * step;

                if (step >= 8)
                        add("%u.%03u00 b>a . 1:1(0) ack %u win 1000\n", at / 1000, at % 1000, sent - 14000);
                for (unsigned i = 0; i < 2; i++)
                        add("%u.%03u%02u a>b . %u:%u(1000) ack 1 win 1000\n", at / 1000, at % 1000, 1 + i,
                            sent + i * 1000, sent + (i + 1) * 1000);
        }
        run = tv_run_text(long_text, NULL);
        f = tv_run_finding(run, 0, "data.rtt-inflation");
        if (f == NULL)
                tv_run_print(run);
        assert_non_null(f);
        assert_int_equal(f->blame, TV_BLAME_NETWORK);
        said(run, f->what, "up to 16000 octets under way");
        /* the last of the first flight: sent at 0.10015, acknowledged at 0.14008 */
        said(run, f->what, "grew from 39.9 ms to 160.0 ms");
        assert_int_equal(tv_run_findings(run, 0, "data.jitter"), 0);
        tv_run_free(run);
}

static void
long_path_is_no_full_queue(void **state)
{
        struct tv_run *run;

        (void)state;
        begin(OPEN);
        flights(8, 160);
        run = tv_run_text(long_text, NULL);
        assert_int_equal(tv_run_all_findings(run, "data.rtt-inflation"), 0);
        tv_run_free(run);
}

/* ---- marks ---- */

static void
marked_and_echoed(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b SEW 0:0(0)       win 65535 <mss 1000>\n"
                                         "0.0001 b>a SE. 0:0(0) ack 1 win 65535 <mss 1000>\n"
                                         "0.0401 a>b .  1:1(0) ack 1\n"
                                         "0.0500 a>b .  1:1001(1000) ack 1 {tos 3}\n"
                                         "0.0501 b>a E. 1:1(0) ack 1001\n"
                                         "0.0901 a>b W. 1001:2001(1000) ack 1 {tos 2}\n"
                                         "0.0902 b>a .  1:1(0) ack 2001\n",
                                         NULL);
        const struct tv_finding *f = only(run, "data.congestion-marks", TV_A, 1, TV_BLAME_NETWORK, "4 5 6");

        (void)state;
        assert_int_equal(f->severity, TV_INFO);
        said(run, f->what,
             "1 segment of a passed here with a congestion mark (CE): 1 acknowledgment of b tells of marks (ECE), a "
             "slowed "
             "down 1 time");
        said(run, f->advice, "on 10.0.0.2: nstat -az IpExtInCEPkts (this capture explains 1)");
        tv_run_free(run);
}

/* Without ECN in the handshake the bits are noise. */
static void
marks_without_ecn(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)       win 65535 <mss 1000>\n"
                                         "0.0001 b>a S. 0:0(0) ack 1 win 65535 <mss 1000>\n"
                                         "0.0401 a>b .  1:1(0) ack 1\n"
                                         "0.0500 a>b .  1:1001(1000) ack 1\n"
                                         "0.0501 b>a E. 1:1(0) ack 1001\n"
                                         "0.0901 a>b .  1001:2001(1000) ack 1\n"
                                         "0.0902 b>a E. 1:1(0) ack 2001\n",
                                         NULL);

        (void)state;
        EXPECT_FINDINGS(run, 0, "teardown.open-at-end");
        tv_run_free(run);
        /* Where the SYNs are not in the file, an acknowledgment can tell; other segments cannot. */
        run = tv_run_text("0.0500 a>b .  1:1001(1000) ack 1\n"
                          "0.0501 b>a E. 1:1(0) ack 1001\n"
                          "0.0901 a>b W. 1001:2001(1000) ack 1\n",
                          NULL);
        said(run, tv_run_finding(run, 0, "data.congestion-marks")->what,
             "behind this capture point segments of a got a congestion mark: 1 acknowledgment of b tells of marks");
        tv_run_free(run);
}

/* Offering ECN, and being able to carry marks, is none. */
static void
capable_is_not_marked(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b SEW 0:0(0)       win 65535 <mss 1000>\n"
                                         "0.0001 b>a SE. 0:0(0) ack 1 win 65535 <mss 1000>\n"
                                         "0.0401 a>b .  1:1(0) ack 1\n"
                                         "0.0500 a>b .  1:1001(1000) ack 1 {tos 2}\n"
                                         "0.0501 b>a .  1:1(0) ack 1001\n",
                                         NULL);

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "data."), 0);
        tv_run_free(run);
}

/* ---- contradictions ---- */

static void
repetition_with_other_octets(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_SENDER "0.1000 a>b P. 1001:1101(100) ack 1 <TS val 1100 ecr 9050>\n"
                                      "0.3500 a>b P. 1001:1101(100) ack 1 <TS val 1350 ecr 9050> {payload 7}\n"
                                      "0.3900 b>a . 1:1(0) ack 1101 <TS val 9350 ecr 1350>\n",
                            NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "data.inconsistent-retransmission");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->count, 1);
        said(run, f->what, "1 repetition of what a had sent with other octets");
        assert_int_equal(tv_run_findings(run, 0, "data.injected"), 0);
        tv_run_free(run);
}

/* Of an end that sends time stamps, one segment has none (RFC 7323 section 3.2); then come its own octets, more of
 * them, at the same place. */
static void
other_octets_without_time_stamps(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 b>a P. 1:23(22) ack 1001 {payload 9}\n"
                                                   "0.1001 a>b . 1001:1001(0) ack 23 <TS val 1100 ecr 9050>\n"
                                                   "0.1600 b>a P. 1:501(500) ack 1001 <TS val 9160 ecr 1050>\n"
                                                   "0.1601 a>b . 1001:1001(0) ack 501 <TS val 1160 ecr 9160>\n",
                                         NULL);
        const struct tv_finding *f;

        (void)state;
        EXPECT_FINDINGS(run, 0, "data.injected");
        f = tv_run_finding(run, 0, "data.injected");
        assert_int_equal(f->end, TV_B);
        said(run, f->what, "without the time stamps that b's segments have");
        assert_int_equal(tv_run_row(run, 8)->needed, TV_NEEDED_UNKNOWN);
        tv_run_free(run);
}

/* The same with time stamps: b's repetition takes in what it had sent before, and more (RFC 9293 3.8.1 lets it). */
static void
longer_repetition_is_no_other_hand(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 b>a P. 1:23(22) ack 1001 <TS val 9100 ecr 1050>\n"
                                                   "0.4000 b>a P. 1:501(500) ack 1001 <TS val 9400 ecr 1050>\n"
                                                   "0.4001 a>b . 1001:1001(0) ack 501 <TS val 1400 ecr 9400>\n",
                                         NULL);

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "data.injected"), 0);
        tv_run_free(run);
}

/* At b: a acknowledges 22 octets that b has not sent, and b, which answers that at once, has not sent them then; nor
 * are they recorded late. */
static void
acknowledged_octets_that_were_never_sent(void **state)
{
        struct tv_run *run = tv_run_text(AT_RECEIVER "0.1000 a>b . 1001:1001(0) ack 23 <TS val 1080 ecr 9070>\n"
                                                     "0.1001 b>a . 1:1(0) ack 1001 <TS val 9120 ecr 1050>\n"
                                                     "0.1500 b>a P. 1:501(500) ack 1001 <TS val 9170 ecr 1050>\n"
                                                     "0.1900 a>b . 1001:1001(0) ack 501 <TS val 1170 ecr 9170>\n",
                                         NULL);
        const struct tv_finding *f;

        (void)state;
        EXPECT_FINDINGS(run, 0, "data.injected");
        f = tv_run_finding(run, 0, "data.injected");
        assert_int_equal(f->end, TV_B);
        said(run, f->what, "a acknowledged 22 octets in the name of b that b had not sent");
        assert_int_equal(tv_run_row(run, 6)->ack_class, TV_ACK_UNSENT);
        assert_int_equal(tv_run_all_findings(run, "capture.skew"), 0);
        tv_run_free(run);
}

/* Its rival: b's octets are recorded 50 ms late, and b says nothing in between. */
static void
octets_recorded_late_were_sent(void **state)
{
        struct tv_run *run = tv_run_text(AT_RECEIVER "0.1000 a>b . 1001:1001(0) ack 23 <TS val 1080 ecr 9070>\n"
                                                     "0.1500 b>a P. 1:23(22) ack 1001 <TS val 9070 ecr 1050>\n"
                                                     "0.1900 a>b P. 1001:1101(100) ack 23 <TS val 1170 ecr 9070>\n",
                                         NULL);

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "data.injected"), 0);
        assert_int_equal(tv_run_row(run, 6)->ack_class, TV_ACK_EARLY);
        tv_run_free(run);
}

/* By its time stamp b had heard of the acknowledgment when it sent less. */
static void
sender_that_had_heard_goes_back(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 b>a P. 1:23(22) ack 1001 <TS val 9100 ecr 1050>\n"
                                                   "0.1001 a>b . 1001:1001(0) ack 23 <TS val 1100 ecr 9100>\n"
                                                   "0.1401 b>a . 1:1(0) ack 1001 <TS val 9140 ecr 1100>\n",
                                         NULL);
        const struct tv_finding *f = only(run, "data.injected", TV_B, 1, TV_BLAME_UNKNOWN, "6 7 8");

        (void)state;
        said(run, f->what, "a acknowledged 22 octets");
        tv_run_free(run);
}

/* A keepalive begins one octet lower, and an acknowledgment that was overtaken had not heard of it. */
static void
keepalives_and_overtaken_acknowledgments_go_back_too(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 b>a P. 1:23(22) ack 1001 <TS val 9100 ecr 1050>\n"
                                                   "0.1001 a>b . 1001:1001(0) ack 23 <TS val 1100 ecr 9100>\n"
                                                   "0.1010 b>a . 1:1(0) ack 1001 <TS val 9099 ecr 1050>\n"
                                                   "9.1000 b>a . 22:22(0) ack 1001 <TS val 18100 ecr 1100>\n"
                                                   "9.1001 a>b . 1001:1001(0) ack 23 <TS val 10100 ecr 18100>\n",
                                         NULL);

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "data.injected"), 0);
        tv_run_free(run);
}

static void
other_octets_from_another_distance(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_SENDER "0.1000 b>a P. 1:101(100) ack 1001 <TS val 9100 ecr 1050> {payload 9} {ttl 33}\n"
                                      "0.1001 a>b . 1001:1001(0) ack 101 <TS val 1100 ecr 9100>\n"
                                      "0.1010 b>a P. 1:101(100) ack 1001 <TS val 9101 ecr 1050> {ttl 64}\n"
                                      "0.1020 b>a P. 1:101(100) ack 1001 <TS val 9102 ecr 1050> {ttl 33} "
                                      "{payload 8}\n",
                            NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "data.injected");

        (void)state;
        if (f == NULL)
                tv_run_print(run);
        assert_non_null(f);
        assert_int_equal(f->end, TV_B);
        assert_int_equal(tv_run_findings(run, 0, "data.inconsistent-retransmission"), 0);
        tv_run_free(run);
}

static void
stray_syn(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 a>b S @5000:@5000(0) win 1024 {ttl 33}\n"
                                                   "0.1400 b>a . 1:1(0) ack 1001 <TS val 9100 ecr 1050>\n"
                                                   "0.2000 a>b P. 1001:1101(100) ack 1 <TS val 1200 ecr 9100>\n"
                                                   "0.2400 b>a . 1:1(0) ack 1101 <TS val 9200 ecr 1200>\n",
                                         NULL);
        const struct tv_finding *f = only(run, "data.syn-in-connection", TV_A, 1, TV_BLAME_UNKNOWN, "6");

        (void)state;
        said(run, f->what, "with another TTL");
        tv_run_free(run);
}

/* The capture ends before an answer could come: a new connection is not ruled out. */
static void
syn_at_the_end(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 a>b S @5000:@5000(0) win 1024\n", NULL);
        const struct tv_finding *f = only(run, "data.syn-in-connection", TV_A, 1, TV_BLAME_UNKNOWN, "6");

        (void)state;
        assert_int_equal(f->confidence, TV_POSSIBLE);
        said(run, f->not_, "A new connection is possible: the capture ends");
        tv_run_free(run);
}

/* Two answer the SYN, as a proxy on the way and the server behind it do. */
static void
two_syn_acks(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)       win 65535 <mss 1000>\n"
                                         "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1000>\n"
                                         "0.0410 b>a S. @5000:@5000(0) ack 1 win 8192 <mss 1000> {ttl 33}\n"
                                         "0.0411 a>b .  1:1(0) ack 1\n"
                                         "0.0500 a>b P. 1:101(100) ack 1\n"
                                         "0.0900 b>a P. 1:101(100) ack 101\n"
                                         "0.0901 a>b .  101:101(0) ack 101\n",
                                         NULL);
        const struct tv_finding *f = only(run, "data.syn-in-connection", TV_B, 1, TV_BLAME_UNKNOWN, "2 3");

        (void)state;
        assert_int_equal(f->confidence, TV_CERTAIN);
        said(run, f->what, "1 SYN-ACK of b with another initial sequence number than the first one, with another TTL");
        said(run, f->not_, "a repeated SYN-ACK: that has the same number");
        tv_run_free(run);
}

/* One that is answered begins the next connection. */
static void
answered_syn_is_a_new_connection(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "5.0000 a>b S @9000000:@9000000(0) win 65535 <mss 1000>\n"
                                                   "5.0400 b>a S. @777:@777(0) ack @9000001 win 65535 <mss 1000>\n"
                                                   "5.0401 a>b . @9000001:@9000001(0) ack @778\n",
                                         NULL);

        (void)state;
        assert_int_equal(run->connection_count, 2);
        assert_int_equal(tv_run_all_findings(run, "data."), 0);
        tv_run_free(run);
}

static void
thrown_away_after_sack(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_SENDER "0.1000 a>b . 1001:2001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                      "0.1001 a>b . 2001:3001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                      "0.1401 b>a . 1:1(0) ack 1001 <TS val 9100 ecr 1050,sack 2001:3001>\n"
                                      "0.3600 a>b . 1001:2001(1000) ack 1 <TS val 1360 ecr 9100>\n"
                                      "0.4000 b>a . 1:1(0) ack 2001 <TS val 9360 ecr 1360>\n"
                                      "0.6000 a>b . 2001:3001(1000) ack 1 <TS val 1600 ecr 9360>\n"
                                      "0.6400 b>a . 1:1(0) ack 3001 <TS val 9600 ecr 1600>\n",
                            NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "data.sack-reneging");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->end, TV_B);
        assert_int_equal(f->blame, TV_BLAME_B);
        assert_int_equal(tv_frame_number(f->frames[0]), 10);
        tv_run_free(run);
}

/* A receiver that works off its queue octet range by octet range: nothing is thrown away, nothing sent again. */
static void
acknowledged_step_by_step_after_sack(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_SENDER "0.1000 a>b . 1001:2001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                      "0.1001 a>b . 2001:3001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                      "0.1401 b>a . 1:1(0) ack 1001 <TS val 9100 ecr 1050,sack 2001:3001>\n"
                                      "0.3600 a>b . 1001:2001(1000) ack 1 <TS val 1360 ecr 9100>\n"
                                      "0.4000 b>a . 1:1(0) ack 2001 <TS val 9360 ecr 1360,sack 2001:3001>\n"
                                      "0.4001 b>a . 1:1(0) ack 3001 <TS val 9360 ecr 1360>\n"
                                      "0.6000 a>b . 3001:4001(1000) ack 1 <TS val 1600 ecr 9360>\n"
                                      "0.6400 b>a . 1:1(0) ack 4001 <TS val 9600 ecr 1600>\n",
                            NULL);

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "data.sack-reneging"), 0);
        tv_run_free(run);
}

static void
urgent_data(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 a>b PU. 1001:1002(1) ack 1 <TS val 1100 ecr 9050> {urg 1}\n"
                                                   "0.1400 b>a . 1:1(0) ack 1002 <TS val 9100 ecr 1100>\n",
                                         NULL);
        const struct tv_finding *f = only(run, "data.urgent", TV_A, 1, TV_BLAME_UNKNOWN, "6");

        (void)state;
        assert_int_equal(f->severity, TV_INFO);
        tv_run_free(run);
        /* Without URG the pointer means nothing (RFC 9293 section 3.1). */
        run = tv_run_text(AT_SENDER "0.1000 a>b P. 1001:1002(1) ack 1 <TS val 1100 ecr 9050> {urg 1}\n"
                                    "0.1400 b>a . 1:1(0) ack 1002 <TS val 9100 ecr 1100>\n",
                          NULL);
        EXPECT_FINDINGS(run, 0, "teardown.open-at-end");
        tv_run_free(run);
}

/* ---- pauses ---- */

/* Captured at b: what it sent passes at once. */
static void
slow_answer(void **state)
{
        struct tv_run *run = tv_run_text(AT_RECEIVER "2.5501 b>a P. 1:501(500) ack 1001 <TS val 11570 ecr 1050>\n"
                                                     "2.5901 a>b . 1001:1001(0) ack 501 <TS val 3590 ecr 11570>\n",
                                         NULL);
        const struct tv_finding *f = only(run, "data.stall", TV_B, 1, TV_BLAME_B, "5 6");

        (void)state;
        assert_int_equal(f->severity, TV_NOTICE);
        assert_int_equal(f->confidence, TV_LIKELY);
        said(run, f->what, "the application at b took long to answer, once, for 2.500 s");
        tv_run_free(run);
}

/* Captured at a: an answer that died before it could pass, and its repetition, would look the same. */
static void
slow_answer_from_afar(void **state)
{
        /* What its IP ID leaves out may have been a first answer, which died. */
        struct tv_run *run =
                tv_run_text(AT_SENDER "2.5900 b>a P. 1:501(500) ack 1001 <TS val 11550 ecr 1050> {id 900}\n"
                                      "2.5901 a>b . 1001:1001(0) ack 501 <TS val 3590 ecr 11550>\n",
                            NULL);
        const struct tv_finding *f = only(run, "data.stall", TV_B, 1, TV_BLAME_UNKNOWN, "5 6");

        (void)state;
        assert_int_equal(f->confidence, TV_POSSIBLE);
        said(run, f->not_, "That a first answer died before this capture point, or was held up, is possible");
        tv_run_free(run);
        run = tv_run_text(AT_SENDER "2.5900 b>a P. 1:501(500) ack 1001 <TS val 11550 ecr 1050>\n"
                                    "2.5901 a>b . 1001:1001(0) ack 501 <TS val 3590 ecr 11550>\n",
                          NULL);
        f = only(run, "data.stall", TV_B, 1, TV_BLAME_B, "5 6");
        assert_int_equal(f->confidence, TV_LIKELY);
        tv_run_free(run);
}

/* A client that thinks before its next request stalls nothing. */
static void
idle_client(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.0910 b>a P. 1:501(500) ack 1001 <TS val 9051 ecr 1050>\n"
                                                   "0.0911 a>b . 1001:1001(0) ack 501 <TS val 1091 ecr 9051>\n"
                                                   "9.0911 a>b P. 1001:1101(100) ack 501 <TS val 10091 ecr 9051>\n"
                                                   "9.1311 b>a P. 501:601(100) ack 1101 <TS val 18091 ecr 10091>\n"
                                                   "9.1312 a>b . 1101:1101(0) ack 601 <TS val 10131 ecr 18091>\n",
                                         NULL);
        const struct tv_connection *c = tv_run_connection(run, 0);

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "data."), 0);
        /* 9.0911 - 0.0910, and the first request 0.0099 after the SYN-ACK's acknowledgment */
        assert_in_range(c->time_a_app, 9000000000, 9012000000);
        tv_run_free(run);
}

/* b's acknowledgment of a small segment comes late, and a had held back the next one for it. */
static void
nagle_and_delayed_acknowledgment(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 a>b P. 1001:1011(10) ack 1 <TS val 1100 ecr 9050>\n"
                                                   "0.4400 b>a . 1:1(0) ack 1011 <TS val 9400 ecr 1100>\n"
                                                   "0.4401 a>b P. 1011:1021(10) ack 1 <TS val 1440 ecr 9400>\n"
                                                   "0.7801 b>a . 1:1(0) ack 1021 <TS val 9740 ecr 1440>\n"
                                                   "0.7802 a>b P. 1021:1031(10) ack 1 <TS val 1780 ecr 9740>\n"
                                                   "0.8202 b>a P. 1:11(10) ack 1031 <TS val 9780 ecr 1780>\n",
                                         NULL);
        const struct tv_finding *f = only(run, "data.stall", TV_B, 2, TV_BLAME_A, "6 7 8 9");

        (void)state;
        said(run, f->what, "Nagle's algorithm met delayed acknowledgments");
        said(run, f->advice, "TCP_NODELAY");
        tv_run_free(run);
}

/* ---- the time budget ---- */

static tv_time
sum_of(const struct tv_connection *c)
{
        return c->time_handshake + c->time_a_app + c->time_b_app + c->time_network + c->time_recovery +
               c->time_teardown;
}

static void
budget_sums_up(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "1.0900 b>a P. 1:501(500) ack 1001 <TS val 10050 ecr 1050>\n"
                                                   "1.0901 a>b P. 1001:1101(100) ack 501 <TS val 2090 ecr 10050>\n"
                                                   "1.3901 a>b P. 1001:1101(100) ack 501 <TS val 2390 ecr 10050>\n"
                                                   "1.4301 b>a . 501:501(0) ack 1101 <TS val 10390 ecr 2390>\n"
                                                   "1.4302 a>b F. 1101:1101(0) ack 501 <TS val 2430 ecr 10390>\n"
                                                   "1.4702 b>a F. 501:501(0) ack 1102 <TS val 10430 ecr 2430>\n"
                                                   "1.4703 a>b . 1102:1102(0) ack 502 <TS val 2470 ecr 10430>\n",
                                         NULL);
        const struct tv_connection *c = tv_run_connection(run, 0);

        (void)state;
        assert_int_equal(sum_of(c), c->duration);
        assert_int_equal(c->time_handshake, 40100000);
        assert_int_equal(c->time_teardown, 40100000);
        assert_int_equal(c->time_recovery, 300000000);
        assert_int_equal(c->time_b_app, 1000000000); /* from its acknowledgment at 0.0900 less 40 ms, to 1.0900 */
        tv_run_free(run);
}

static void
budget_of_one_direction_is_unknown(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)       win 65535 <mss 1000>\n"
                                         "0.0401 a>b .  1:1(0) ack 1\n"
                                         "0.0500 a>b .  1:1001(1000) ack 1\n",
                                         NULL);

        (void)state;
        assert_true(tv_run_connection(run, 0)->time_network == TV_NO_TIME);
        tv_run_free(run);
}

/* By its time stamp the answer was sent 2 s before it passed: the path stood still. */
static void
answer_that_was_held_up_on_its_way(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "2.5900 b>a P. 1:501(500) ack 1001 <TS val 9550 ecr 1050>\n"
                                                   "2.5901 a>b . 1001:1001(0) ack 501 <TS val 3590 ecr 9550>\n",
                                         NULL);

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "data.stall"), 0);
        tv_run_free(run);
}

/* An upload of 11 segments stands still for half a second: a's application had nothing to send.  A client that says
 * something now and then stalls nothing. */
static void
upload_that_pauses(void **state)
{
        char text[4000] = AT_SENDER;
        size_t at = strlen(text);
        struct tv_run *run;
        const struct tv_finding *f;

        (void)state;
        for (int i = 0; i < 11; i++) {
                double time = 0.1 + 0.05 * i + (i > 5 ? 0.5 : 0);

                at += (size_t)snprintf(text + at, sizeof text - at,
                                       "%.4f a>b . %d:%d(1000) ack 1 <TS val %d ecr 9050>\n"
                                       "%.4f b>a . 1:1(0) ack %d <TS val %d ecr %d>\n",
                                       time, 1001 + 1000 * i, 2001 + 1000 * i, (int)(1000 + 1000 * time), time + 0.04,
                                       2001 + 1000 * i, (int)(9000 + 1000 * time), (int)(1000 + 1000 * time));
        }
        run = tv_run_text(text, NULL);
        f = only(run, "data.stall", TV_A, 1, TV_BLAME_A, "17 18");
        assert_int_equal(f->severity, TV_INFO);
        said(run, f->what, "a paused in what it was sending, once, for 0.510 s");
        tv_run_free(run);
        run = tv_run_text(AT_SENDER "5.0900 a>b P. 1001:1501(500) ack 1 <TS val 6090 ecr 9050>\n"
                                    "5.1300 b>a . 1:1(0) ack 1501 <TS val 14090 ecr 6090>\n",
                          NULL);
        assert_int_equal(tv_run_all_findings(run, "data."), 0);
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(full_queue),
                cmocka_unit_test(long_path_is_no_full_queue),
                cmocka_unit_test(marked_and_echoed),
                cmocka_unit_test(marks_without_ecn),
                cmocka_unit_test(capable_is_not_marked),
                cmocka_unit_test(repetition_with_other_octets),
                cmocka_unit_test(other_octets_without_time_stamps),
                cmocka_unit_test(longer_repetition_is_no_other_hand),
                cmocka_unit_test(acknowledged_octets_that_were_never_sent),
                cmocka_unit_test(octets_recorded_late_were_sent),
                cmocka_unit_test(sender_that_had_heard_goes_back),
                cmocka_unit_test(keepalives_and_overtaken_acknowledgments_go_back_too),
                cmocka_unit_test(other_octets_from_another_distance),
                cmocka_unit_test(stray_syn),
                cmocka_unit_test(syn_at_the_end),
                cmocka_unit_test(two_syn_acks),
                cmocka_unit_test(answered_syn_is_a_new_connection),
                cmocka_unit_test(thrown_away_after_sack),
                cmocka_unit_test(acknowledged_step_by_step_after_sack),
                cmocka_unit_test(urgent_data),
                cmocka_unit_test(slow_answer),
                cmocka_unit_test(upload_that_pauses),
                cmocka_unit_test(answer_that_was_held_up_on_its_way),
                cmocka_unit_test(slow_answer_from_afar),
                cmocka_unit_test(idle_client),
                cmocka_unit_test(nagle_and_delayed_acknowledgment),
                cmocka_unit_test(budget_sums_up),
                cmocka_unit_test(budget_of_one_direction_is_unknown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
