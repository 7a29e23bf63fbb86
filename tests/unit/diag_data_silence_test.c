/* Repetitions and probes that nothing answers: vanished, given up, back again, too large, kept alive. */
#include "tests/support/data_case.h"

/* a's data met silence from 0.1000 on. */
#define INTO_SILENCE                                                                                                   \
        "0.1000 a>b P. 1001:1101(100) ack 1 <TS val 1100 ecr 9050>\n"                                                  \
        "0.3500 a>b P. 1001:1101(100) ack 1 <TS val 1350 ecr 9050>\n"                                                  \
        "0.8500 a>b P. 1001:1101(100) ack 1 <TS val 1850 ecr 9050>\n"                                                  \
        "1.8500 a>b P. 1001:1101(100) ack 1 <TS val 2850 ecr 9050>\n"                                                  \
        "3.8500 a>b P. 1001:1101(100) ack 1 <TS val 4850 ecr 9050>\n"

/* Another connection, so that the capture goes on. */
#define MUCH_LATER                                                                                                     \
        "20.000 a2>b2 S  0:0(0)       win 65535 <mss 1000>\n"                                                          \
        "20.040 b2>a2 S. 0:0(0) ack 1 win 65535 <mss 1000>\n"                                                          \
        "20.041 a2>b2 .  1:1(0) ack 1\n"

static void
silence_to_the_end(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER INTO_SILENCE, NULL);
        const struct tv_finding *f = only(run, "data.peer-vanished", TV_A, 4, TV_BLAME_UNKNOWN, "5 6 7 10");

        (void)state;
        assert_int_equal(f->severity, TV_ERROR);
        assert_int_equal(f->time - TV_EXPECT_START, 100000000);
        said(run, f->what, "a sent its data 4 times again in 3.750 s, the waits growing from 0.250 s to 2.000 s");
        tv_run_free(run);
}

/* A stack that caps its timer early does not double its waits: only what was waited is said. */
static void
waits_that_do_not_grow(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 a>b P. 1001:1101(100) ack 1 <TS val 1100 ecr 9050>\n"
                                                   "1.1000 a>b P. 1001:1101(100) ack 1 <TS val 2100 ecr 9050>\n"
                                                   "2.1000 a>b P. 1001:1101(100) ack 1 <TS val 3100 ecr 9050>\n"
                                                   "3.1000 a>b P. 1001:1101(100) ack 1 <TS val 4100 ecr 9050>\n",
                                         NULL);
        const struct tv_finding *f = only(run, "data.peer-vanished", TV_A, 3, TV_BLAME_UNKNOWN, "5 6 7 9");

        (void)state;
        said(run, f->what, "a sent its data 3 times again in 3.000 s, the last wait 1.000 s");
        tv_run_free(run);
}

static void
capture_goes_on_and_the_sender_does_not(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER INTO_SILENCE MUCH_LATER, NULL);
        const struct tv_finding *f = only(run, "data.retries-exhausted", TV_A, 4, TV_BLAME_UNKNOWN, "5 6 7 10");

        (void)state;
        assert_int_equal(f->confidence, TV_LIKELY);
        /* From the first timeout at 0.350 s it went on for 3.5 s, and not for 7.5 s: 3.0 s are too few for that, 12.6 s
         * too many (0.2 s, doubled each time), 6.2 s are not. */
        said(run, f->advice, "tcp_retries2 = 4 fits (default 15: 925 s)");
        /* The last repetition is at 3.850 s, the capture ends at 20.041 s. */
        said(run, f->what, "gave up: no further try in the 16.191 s that the capture went on");
        tv_run_free(run);
}

static void
sender_resets_in_the_end(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_SENDER INTO_SILENCE "7.8500 a>b R. 1101:1101(0) ack 1 <TS val 8850 ecr 9050>\n", NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "data.retries-exhausted");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->confidence, TV_CERTAIN);
        said(run, f->what, "and gave up with a reset, 4.000 s after the last try");
        said(run, f->advice, "Linux gives up without a reset");
        assert_int_equal(tv_run_findings(run, 0, "data.peer-vanished"), 0);
        tv_run_free(run);
}

/* Two repetitions at the end of the capture may be bad luck. */
static void
two_repetitions_are_no_proof(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 a>b P. 1001:1101(100) ack 1 <TS val 1100 ecr 9050>\n"
                                                   "0.3500 a>b P. 1001:1101(100) ack 1 <TS val 1350 ecr 9050>\n"
                                                   "0.8500 a>b P. 1001:1101(100) ack 1 <TS val 1850 ecr 9050>\n",
                                         NULL);

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "data."), 0);
        tv_run_free(run);
}

static void
reset_by_a_rebooted_peer_is_an_answer(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER INTO_SILENCE "3.8900 b>a R 1:1(0)\n", NULL);

        (void)state;
        assert_int_equal(tv_run_all_findings(run, "data.peer-vanished"), 0);
        assert_int_equal(tv_run_all_findings(run, "data.retries-exhausted"), 0);
        tv_run_free(run);
}

static void
answer_after_all_ends_an_outage(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_SENDER INTO_SILENCE "3.8900 b>a . 1:1(0) ack 1101 <TS val 12850 ecr 4850>\n"
                                                   "3.9000 a>b P. 1101:1201(100) ack 1 <TS val 4900 ecr "
                                                   "12850>\n"
                                                   "3.9400 b>a . 1:1(0) ack 1201 <TS val 12900 ecr 4900>\n",
                            NULL);
        const struct tv_finding *f = only(run, "data.recovered-after-outage", TV_A, 1, TV_BLAME_UNKNOWN, "6 7 10 11");

        (void)state;
        said(run, f->what, "nothing came back from b for 3.790 s, while a sent its data 4 times again; then");
        tv_run_free(run);
}

/* A FIN sent meanwhile leaves the timer of the data running: the repetition soon after it is the timer's. */
static void
close_amid_an_outage(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 a>b P. 1001:1101(100) ack 1 <TS val 1100 ecr 9050>\n"
                                                   "1.2000 a>b F. 1101:1101(0) ack 1 <TS val 2200 ecr 9050>\n"
                                                   "1.3000 a>b FP. 1001:1101(100) ack 1 <TS val 2300 ecr 9050>\n"
                                                   "2.5000 a>b FP. 1001:1101(100) ack 1 <TS val 3500 ecr 9050>\n"
                                                   "4.9000 a>b FP. 1001:1101(100) ack 1 <TS val 5900 ecr 9050>\n"
                                                   "9.7000 a>b FP. 1001:1101(100) ack 1 <TS val 10700 ecr 9050>\n"
                                                   "9.7400 b>a . 1:1(0) ack 1102 <TS val 18700 ecr 10700>\n",
                                         NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "data.recovered-after-outage");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->time - TV_EXPECT_START, 100000000);
        said(run, f->what, "nothing came back from b for 9.640 s, while a sent its data 4 times again; then");
        tv_run_free(run);
}

/* Segments of 1000 octets were acknowledged before: it is not their size. */
#define BLACKHOLE                                                                                                      \
        "0.0000 a>b S  0:0(0)       win 65535 <mss 1460,sackOK,TS val 1000 ecr 0>\n"                                   \
        "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 9000 ecr 1000>\n"                                \
        "0.0401 a>b .  1:1(0) ack 1 <TS val 1040 ecr 9000>\n"                                                          \
        "0.0500 a>b P. 1:101(100) ack 1 <TS val 1050 ecr 9000>\n"                                                      \
        "0.0900 b>a P. 1:101(100) ack 101 <TS val 9050 ecr 1050>\n"                                                    \
        "0.1000 a>b .  101:1549(1448) ack 101 <TS val 1100 ecr 9050>\n"                                                \
        "0.3500 a>b .  101:1549(1448) ack 101 <TS val 1350 ecr 9050>\n"                                                \
        "0.8500 a>b .  101:1549(1448) ack 101 <TS val 1850 ecr 9050>\n"                                                \
        "1.8500 a>b .  101:1549(1448) ack 101 <TS val 2850 ecr 9050>\n"

static void
only_large_segments_vanish(void **state)
{
        struct tv_run *run = tv_run_text(BLACKHOLE, NULL);
        const struct tv_finding *f = only(run, "data.pmtu-blackhole", TV_A, 3, TV_BLAME_NETWORK, "6 7 9");

        (void)state;
        assert_int_equal(f->confidence, TV_LIKELY);
        said(run, f->what, "no segment of 1448 octets of a was ever acknowledged");
        said(run, f->what, "small data");
        said(run, f->advice, "ping -M do -s 1472 10.0.0.2");
        tv_run_free(run);
}

static void
smaller_pieces_get_through(void **state)
{
        struct tv_run *run = tv_run_text(BLACKHOLE "3.8500 a>b . 101:613(512) ack 101 <TS val 4850 ecr 9050>\n"
                                                   "3.8900 b>a . 101:101(0) ack 613 <TS val 12850 ecr 4850>\n"
                                                   "3.8901 a>b . 613:1125(512) ack 101 <TS val 4890 ecr 12850>\n"
                                                   "3.9301 b>a . 101:101(0) ack 1125 <TS val 12890 ecr 4890>\n",
                                         NULL);

        (void)state;
        assert_non_null(tv_run_finding(run, 0, "data.pmtu-reduced"));
        said(run, tv_run_finding(run, 0, "data.pmtu-reduced")->what, "1448 octets in a segment of a met silence");
        said(run, tv_run_finding(run, 0, "data.pmtu-reduced")->what, "of 512 octets got through");
        assert_int_equal(tv_run_all_findings(run, "data.pmtu-blackhole"), 0);
        tv_run_free(run);
}

static void
icmp_says_what_was_too_large(void **state)
{
        char path[512];
        struct tv_run *run;
        const struct tv_finding *f;

        (void)state;
        snprintf(path, sizeof path, "%s/icmp-fragmentation-needed.pcap", TV_TESTDATA);
        run = tv_run_capture(path, NULL);
        f = only(run, "data.pmtu-reduced", TV_A, 3, TV_BLAME_NETWORK, "4 5 6 8 9 10");
        said(run, f->what, "a link of 1400 octets, said 192.0.2.1 by ICMP");
        tv_run_free(run);
}

#define IDLE                                                                                                           \
        "60.0900 a>b . 1000:1000(0) ack 1 <TS val 61050 ecr 9050>\n"                                                   \
        "60.1300 b>a . 1:1(0) ack 1001 <TS val 69050 ecr 1050>\n"

static void
probes_answered(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER IDLE, NULL);
        const struct tv_finding *f = only(run, "data.keepalive-alive", TV_A, 1, TV_BLAME_UNKNOWN, "6 7");

        (void)state;
        assert_int_equal(f->severity, TV_INFO);
        said(run, f->what, "a probed the idle connection once, the first time after 60.000 s of silence; 1 answer:");
        tv_run_free(run);
}

/* Neither end's probe, and no answer to one, ends the silence that makes the other probe; not even just before. */
static void
both_ends_probe(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.0950 b>a P. 1:11(10) ack 1001 <TS val 9055 ecr 1050>\n"
                                                   "0.0951 a>b .  1001:1001(0) ack 11 <TS val 1095 ecr 9055>\n"
                                                   "60.0950 a>b . 1000:1000(0) ack 11 <TS val 61095 ecr 9055>\n"
                                                   "60.1350 b>a . 11:11(0) ack 1001 <TS val 69095 ecr 1095>\n"
                                                   "60.2150 b>a . 10:10(0) ack 1001 <TS val 69175 ecr 1095>\n"
                                                   "60.2151 a>b . 1001:1001(0) ack 11 <TS val 61215 ecr 9055>\n",
                                         NULL);
        const struct tv_connection *c = tv_run_connection(run, 0);
        int seen = 0;

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "data.keepalive-alive"), 2);
        for (size_t i = 0; i < c->finding_count; i++) {
                const struct tv_finding *f = &c->findings[i];

                if (strcmp(f->code, "data.keepalive-alive") != 0)
                        continue;
                seen++;
                if (f->end == TV_A)
                        said(run, f->what, "a probed the idle connection once, the first time after 60.000 s");
                else
                        said(run, f->what, "b probed the idle connection once, the first time after 60.120 s");
        }
        assert_int_equal(seen, 2);
        tv_run_free(run);
}

#define DEAD                                                                                                           \
        "120.1300 a>b . 1000:1000(0) ack 1 <TS val 121050 ecr 69050>\n"                                                \
        "135.1300 a>b . 1000:1000(0) ack 1 <TS val 136050 ecr 69050>\n"                                                \
        "150.1300 a>b . 1000:1000(0) ack 1 <TS val 151050 ecr 69050>\n"

static void
probes_meet_silence_and_a_resets(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_SENDER IDLE DEAD "165.1300 a>b R. 1001:1001(0) ack 1 <TS val 166050 ecr 69050>\n", NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "data.keepalive-dead");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->confidence, TV_CERTAIN);
        said(run, f->what, "3 keepalive probes of a, 15.000 s apart, met silence");
        tv_run_free(run);
}

static void
probes_meet_silence_to_the_end(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER IDLE DEAD, NULL);

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "data.keepalive-dead"), 0);
        assert_non_null(tv_run_finding(run, 0, "data.peer-vanished"));
        assert_int_equal(tv_run_finding(run, 0, "data.peer-vanished")->confidence, TV_POSSIBLE);
        said(run, tv_run_finding(run, 0, "data.peer-vanished")->what, "3 keepalive probes of a, 15.000 s apart");
        tv_run_free(run);
}

/* A probe answered by a reset: that end has forgotten the connection. */
static void
probe_answered_by_a_reset(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER IDLE "120.1300 a>b . 1000:1000(0) ack 1 <TS val 121050 ecr 69050>\n"
                                                        "120.1700 b>a R 1:1(0)\n",
                                         NULL);

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "data.keepalive-dead"), 0);
        assert_int_equal(tv_run_findings(run, 0, "data.peer-vanished"), 0);
        tv_run_free(run);
}

/* The tail is probed for once, and then the timer runs out twice before anything comes back: three copies in a row. */
static void
probe_of_the_tail_counts_as_a_try(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 a>b . 1001:2001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                                   "0.1001 a>b P. 2001:2501(500) ack 1 <TS val 1100 ecr 9050>\n"
                                                   "0.2100 a>b P. 2001:2501(500) ack 1 <TS val 1210 ecr 9050>\n"
                                                   "0.4600 a>b . 1001:2001(1000) ack 1 <TS val 1460 ecr 9050>\n"
                                                   "0.9600 a>b . 1001:2001(1000) ack 1 <TS val 1960 ecr 9050>\n"
                                                   "1.0000 b>a . 1:1(0) ack 2001 <TS val 9960 ecr 1960>\n"
                                                   "1.0001 a>b P. 2001:2501(500) ack 1 <TS val 2000 ecr 9960>\n"
                                                   "1.0401 b>a . 1:1(0) ack 2501 <TS val 10000 ecr 2000>\n",
                                         NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "data.recovered-after-outage");

        (void)state;
        assert_non_null(f);
        assert_int_equal(f->time - TV_EXPECT_START, 100000000);
        said(run, f->what,
             "nothing came back from b for 0.900 s, while a sent its data twice again by timeout (its tail once");
        said(run, f->advice, "TcpExtTCPTimeouts TcpExtTCPLossProbes (this capture explains 2 and 1)");
        tv_run_free(run);
}

/* b reports the tail that a probed with: it is there, and what died are single segments. */
static void
probe_that_is_answered_ends_the_silence(void **state)
{
        struct tv_run *run =
                tv_run_text(AT_SENDER "0.1000 a>b . 1001:2001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                      "0.1001 a>b P. 2001:2501(500) ack 1 <TS val 1100 ecr 9050>\n"
                                      "0.2100 a>b P. 2001:2501(500) ack 1 <TS val 1210 ecr 9050>\n"
                                      "0.2500 b>a . 1:1(0) ack 1001 <TS val 9210 ecr 1050,sack 2001:2501>\n"
                                      "0.4600 a>b . 1001:2001(1000) ack 1 <TS val 1460 ecr 9210>\n"
                                      "0.9600 a>b . 1001:2001(1000) ack 1 <TS val 1960 ecr 9210>\n"
                                      "1.0000 b>a . 1:1(0) ack 2501 <TS val 9960 ecr 1960>\n",
                            NULL);

        (void)state;
        assert_int_equal(tv_run_findings(run, 0, "data.recovered-after-outage"), 0);
        assert_non_null(tv_run_finding(run, 0, "data.loss"));
        tv_run_free(run);
}

/* What dies after the outage began, and is sent again when it is over, follows from it. */
static void
losses_follow_from_the_outage(void **state)
{
        struct tv_run *run = tv_run_text(AT_SENDER "0.1000 a>b . 1001:2001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                                   "0.1001 a>b . 2001:3001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                                   "0.1002 a>b P. 3001:4001(1000) ack 1 <TS val 1100 ecr 9050>\n"
                                                   "0.3500 a>b . 1001:2001(1000) ack 1 <TS val 1350 ecr 9050>\n"
                                                   "0.8500 a>b . 1001:2001(1000) ack 1 <TS val 1850 ecr 9050>\n"
                                                   "1.8500 a>b . 1001:2001(1000) ack 1 <TS val 2850 ecr 9050>\n"
                                                   "1.8900 b>a . 1:1(0) ack 2001 <TS val 10850 ecr 2850>\n"
                                                   "1.8901 a>b . 2001:3001(1000) ack 1 <TS val 2890 ecr 10850>\n"
                                                   "1.8902 a>b P. 3001:4001(1000) ack 1 <TS val 2890 ecr 10850>\n"
                                                   "1.9301 b>a . 1:1(0) ack 3001 <TS val 10890 ecr 2890>\n"
                                                   "1.9302 b>a . 1:1(0) ack 4001 <TS val 10890 ecr 2890>\n",
                                         NULL);
        const struct tv_connection *c = tv_run_connection(run, 0);

        (void)state;
        EXPECT_FINDINGS(run, 0, "data.recovered-after-outage data.loss");
        assert_string_equal(c->findings[0].code, "data.recovered-after-outage");
        assert_string_equal(c->findings[1].code, "data.loss");
        assert_int_equal(c->findings[0].cause_back, 0);
        assert_int_equal(c->findings[1].cause_back, 1);
        tv_run_free(run);
}

/* The settings of the host, or of its application. */
static void
settings_behind_keepalive(void **state)
{
        static const char text[] = AT_SENDER IDLE DEAD "165.1300 a>b R. 1001:1001(0) ack 1 <TS val 166050 ecr 69050>\n";
        struct tv_profile profile = tv_profile_linux;
        struct tv_run_options options = {.profile = &profile};
        struct tv_run *run = tv_run_text(text, NULL);
        const struct tv_finding *f = tv_run_finding(run, 0, "data.keepalive-dead");

        (void)state;
        assert_non_null(f);
        said(run, f->advice,
             "3 probes fit TCP_KEEPCNT (tcp_keepalive_probes: default 9), 15 s apart TCP_KEEPINTVL "
             "(tcp_keepalive_intvl: default 75 s), 60 s of silence before TCP_KEEPIDLE");
        tv_run_free(run);
        profile.keepalive_time = INT64_C(60000000000);
        profile.keepalive_interval = INT64_C(15000000000);
        profile.keepalive_probes = 3;
        run = tv_run_text(text, &options);
        f = tv_run_finding(run, 0, "data.keepalive-dead");
        assert_non_null(f);
        said(run, f->advice,
             "3 probes fit tcp_keepalive_probes (here 3), 15 s apart tcp_keepalive_intvl (here 15 s), "
             "60 s of silence before net.ipv4.tcp_keepalive_time (here 60 s)");
        tv_run_free(run);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(silence_to_the_end),
                cmocka_unit_test(probe_of_the_tail_counts_as_a_try),
                cmocka_unit_test(probe_that_is_answered_ends_the_silence),
                cmocka_unit_test(losses_follow_from_the_outage),
                cmocka_unit_test(settings_behind_keepalive),
                cmocka_unit_test(waits_that_do_not_grow),
                cmocka_unit_test(capture_goes_on_and_the_sender_does_not),
                cmocka_unit_test(sender_resets_in_the_end),
                cmocka_unit_test(two_repetitions_are_no_proof),
                cmocka_unit_test(reset_by_a_rebooted_peer_is_an_answer),
                cmocka_unit_test(answer_after_all_ends_an_outage),
                cmocka_unit_test(close_amid_an_outage),
                cmocka_unit_test(only_large_segments_vanish),
                cmocka_unit_test(smaller_pieces_get_through),
                cmocka_unit_test(icmp_says_what_was_too_large),
                cmocka_unit_test(probes_answered),
                cmocka_unit_test(both_ends_probe),
                cmocka_unit_test(probes_meet_silence_and_a_resets),
                cmocka_unit_test(probes_meet_silence_to_the_end),
                cmocka_unit_test(probe_answered_by_a_reset),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
