/* What the capture itself suffers from: never a fault of the network or of a host, and never more than is there. */
#include "analyzer/diagnose/diagnose.h"

#include "tests/support/expect.h"

struct out {
        struct tv_finding finding[16];
        size_t count;
};

static void
keep(void *context, const struct tv_finding *finding)
{
        struct out *out = context;

        assert_true(out->count < 16);
        out->finding[out->count++] = *finding;
}

static struct out
diagnose(const struct tv_capture_quality *quality, void (*change)(struct tv_capture_case *))
{
        struct tv_capture_case subject = {.quality = quality};
        struct out out = {.count = 0};

        for (unsigned i = 0; i < TV_EVIDENCES; i++)
                subject.first[i] = tv_frame_make(1, 100 + i);
        if (change != NULL)
                change(&subject);
        tv_diagnose_capture(&subject, keep, &out);
        for (size_t i = 0; i < out.count; i++) {
                assert_int_equal(out.finding[i].blame, TV_BLAME_CAPTURE);
                assert_true(out.finding[i].conn == TV_UNKNOWN);
                assert_int_equal(out.finding[i].end, TV_NO_END);
                assert_true(out.finding[i].what[0] != '\0');
        }
        return out;
}

#define QUALITY(...)                                                                                                   \
        (&(const struct tv_capture_quality){.packets = 1000, .tcp_segments = 900, .connections = 10, __VA_ARGS__})

static void
clean_capture_has_no_finding(void **state)
{
        (void)state;
        assert_int_equal(diagnose(QUALITY(.evicted = 0), NULL).count, 0);
}

static void
each_fault_has_its_code_its_count_and_its_frame(void **state)
{
        static const struct {
                struct tv_capture_quality quality;
                const char *code;
                enum tv_capture_evidence evidence;
                uint64_t count;
        } cases[] = {
                {{.missing_bytes = 5000, .missing_gaps = 2}, "capture.gap", TV_EVIDENCE_GAP, 2},
                {{.capture_duplicates = 7}, "capture.duplicates", TV_EVIDENCE_DUPLICATE, 7},
                {{.early_acks = 3}, "capture.skew", TV_EVIDENCE_SKEW, 3},
                {{.reordered_frames = 4}, "capture.reordered", TV_EVIDENCE_REORDERED, 4},
                {{.clock_steps = 1}, "capture.time-backwards", TV_EVIDENCE_STEP, 1},
                {{.cut_off = 2}, "capture.cut-off", TV_EVIDENCE_CUT_OFF, 2},
                {{.cut_packets = 9}, "capture.snaplen", TV_EVIDENCE_SNAPLEN, 9},
                {{.offload_checksums = 5, .super_segments = 6}, "capture.offload", TV_EVIDENCE_OFFLOAD, 11},
                {{.one_way = 2}, "capture.one-way", TV_EVIDENCE_ONE_WAY, 2},
                {{.mid_start = 3}, "capture.mid-start", TV_EVIDENCE_MID_START, 3},
                {{.evicted = 8}, "capture.evicted", TV_EVIDENCE_EVICTED, 8},
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct out out = diagnose(&cases[i].quality, NULL);

                assert_int_equal(out.count, 1);
                assert_string_equal(out.finding[0].code, cases[i].code);
                assert_int_equal(out.finding[0].count, cases[i].count);
                assert_int_equal(out.finding[0].frame_count, 1);
                assert_int_equal(tv_frame_number(out.finding[0].frames[0]), 100 + cases[i].evidence);
        }
}

static void
drops_that_the_capturer_reports_are_a_gap(void **state)
{
        struct out out = diagnose(QUALITY(.drops = 12), NULL);

        (void)state;
        assert_int_equal(out.count, 1);
        assert_string_equal(out.finding[0].code, "capture.gap");
        assert_non_null(strstr(out.finding[0].what, "12"));
}

static void
damage(struct tv_capture_case *subject)
{
        subject->damaged = "record of 4294967295 octets";
        subject->damaged_frame = tv_frame_make(2, 77);
        subject->truncated = "file ends in a record";
        subject->truncated_frame = tv_frame_make(3, 5);
}

static void
damage_names_file_and_frame(void **state)
{
        struct out out = diagnose(QUALITY(.evicted = 0), damage);

        (void)state;
        assert_int_equal(out.count, 2);
        assert_string_equal(out.finding[0].code, "capture.damaged");
        assert_true(out.finding[0].frames[0] == tv_frame_make(2, 77));
        assert_non_null(strstr(out.finding[0].what, "4294967295"));
        assert_string_equal(out.finding[1].code, "capture.truncated");
        assert_true(out.finding[1].frames[0] == tv_frame_make(3, 5));
}

static void
every_code_is_in_the_list_with_a_meaning(void **state)
{
        enum tv_severity severity = TV_ERROR;

        (void)state;
#define TV_FINDING(code, level, meaning)                                                                               \
        assert_string_equal(tv_finding_meaning(code, &severity), meaning);                                             \
        assert_int_equal(severity, TV_##level);                                                                        \
        assert_non_null(strchr(code, '.'));
#include "analyzer/diagnose/finding_list.def"
#undef TV_FINDING
        assert_null(tv_finding_meaning("capture.nothing", &severity));
}

static void
snaplen_and_offload_come_from_the_packets(void **state)
{
        struct tv_run *cut = tv_run_text("snaplen 60\n0 a>b S 0:0(0)\n0.1 b>a S. 0:0(0) ack 1\n"
                                         "0.2 a>b P. 1:501(500) ack 1\n",
                                         NULL);
        struct tv_run *offload = tv_run_text("0 a>b S 0:0(0)\n0.1 b>a S. 0:0(0) ack 1 {offload}\n", NULL);

        (void)state;
        assert_int_equal(tv_run_findings(cut, TV_UNKNOWN, "capture.snaplen"), 1);
        assert_int_equal(tv_run_finding(cut, TV_UNKNOWN, "capture.snaplen")->count, 1);
        assert_int_equal(tv_run_findings(offload, TV_UNKNOWN, "capture.offload"), 1);
        assert_string_equal(tv_run_finding(offload, TV_UNKNOWN, "capture.offload")->what,
                            "1 checksum holds the pseudo-header only: taken before the network card finished them");
        assert_int_equal(tv_frame_number(tv_run_finding(offload, TV_UNKNOWN, "capture.offload")->frames[0]), 2);
        tv_run_free(cut);
        tv_run_free(offload);
}

static void
drops_without_a_missing_octet_count_too(void **state)
{
        struct out out = diagnose(QUALITY(.drops = 12), NULL);

        (void)state;
        assert_true(out.finding[0].count > 0);
        assert_null(strstr(out.finding[0].what, "0 octets"));
}

static void
drops_reported_and_gaps_proved_are_told_apart(void **state)
{
        struct out both = diagnose(QUALITY(.drops = 12, .missing_bytes = 2920, .missing_gaps = 2), NULL);
        struct out mirror = diagnose(QUALITY(.drops = 0, .missing_bytes = 1, .missing_gaps = 1), NULL);
        struct out silent = diagnose(QUALITY(.drops = TV_UNKNOWN, .missing_bytes = 1, .missing_gaps = 1), NULL);

        (void)state;
        assert_int_equal(both.count, 1);
        assert_int_equal(both.finding[0].count, 2);
        assert_non_null(strstr(both.finding[0].what, "reports 12 dropped packets"));
        assert_non_null(strstr(both.finding[0].what, "2920 octets in 2 gaps were acknowledged"));
        /* who dropped nothing did not lose this one */
        assert_non_null(strstr(mirror.finding[0].what, "1 octet in 1 gap was acknowledged by its receiver and is not"));
        assert_non_null(strstr(mirror.finding[0].what, "reports no drops"));
        assert_non_null(strstr(mirror.finding[0].advice, "mirror port"));
        assert_null(strstr(silent.finding[0].what, "drops"));
        assert_int_equal(diagnose(QUALITY(.drops = TV_UNKNOWN), NULL).count, 0);
}

/* Frame 5, with octets 1 to 1000 of b, is missing; the capture shows their acknowledgment. */
static void
gap_is_counted_once_however_often_it_is_acknowledged(void **state)
{
        struct tv_run *run = tv_run_text("0.00 a>b S 0:0(0)\n0.05 b>a S. 0:0(0) ack 1\n0.0501 a>b . 1:1(0) ack 1\n"
                                         "0.10 b>a . 1001:2001(1000) ack 1\n0.1001 a>b . 1:1(0) ack 2001\n"
                                         "0.20 b>a . 3001:4001(1000) ack 1\n0.2001 a>b . 1:1(0) ack 4001\n"
                                         "0.30 b>a . 4001:5001(1000) ack 1\n0.3001 a>b . 1:1(0) ack 5001\n",
                                         NULL);

        (void)state;
        assert_int_equal(run->quality.missing_bytes, 2000);
        assert_int_equal(run->quality.missing_gaps, 2);
        assert_true(run->quality.drops == TV_UNKNOWN);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.gap"), 1);
        assert_int_equal(tv_frame_number(tv_run_finding(run, TV_UNKNOWN, "capture.gap")->frames[0]), 5);
        tv_run_free(run);
}

#define OPENING                                                                                                        \
        "0.00 a>b S 0:0(0)\n0.05 b>a S. 0:0(0) ack 1\n0.0501 a>b . 1:1(0) ack 1\n"                                     \
        "0.06 a>b P. 1:101(100) ack 1\n0.11 b>a P. 1:101(100) ack 101\n0.1101 a>b . 101:101(0) ack 101\n"

static void
duplicates_tell_their_rate_and_lag(void **state)
{
        struct tv_run *all = tv_run_text("twice 0.000005\n" OPENING, NULL);
        /* frames 1 to 3 and their copies, 200 us later; the rest once */
        struct tv_run *half = tv_run_text("0.0000 a>b S  0:0(0) {id 7}\n0.0002 a>b S  0:0(0) {id 7}\n"
                                          "0.0500 b>a S. 0:0(0) ack 1 {id 8}\n0.0502 b>a S. 0:0(0) ack 1 {id 8}\n"
                                          "0.0600 a>b .  1:1(0) ack 1 {id 9}\n0.0602 a>b .  1:1(0) ack 1 {id 9}\n"
                                          "0.1 a>b P. 1:11(10) ack 1 {id 10}\n0.2 b>a . 1:1(0) ack 11 {id 11}\n",
                                          NULL);
        const struct tv_finding *f = tv_run_finding(all, TV_UNKNOWN, "capture.duplicates");

        (void)state;
        assert_int_equal(all->quality.capture_duplicates, 6);
        assert_true(all->quality.duplicate_lag_min == 5000 && all->quality.duplicate_lag_typical == 5000 &&
                    all->quality.duplicate_lag_max == 5000);
        assert_int_equal(all->quality.duplicates_other_ttl, 0);
        assert_non_null(f);
        assert_non_null(strstr(f->what, "6 of 6 TCP packets (100 %)"));
        assert_non_null(strstr(f->what, "second record about 5 us after the first"));
        assert_non_null(strstr(f->advice, "mirror"));
        f = tv_run_finding(half, TV_UNKNOWN, "capture.duplicates");
        assert_non_null(f);
        assert_non_null(strstr(f->what, "3 of 5 TCP packets (60 %)"));
        assert_non_null(strstr(f->what, "200 us"));
        tv_run_free(all);
        tv_run_free(half);
}

/* Captures of several places in one file: more second and third records than packets. */
static void
packets_recorded_three_times_are_told_so(void **state)
{
        struct tv_run *run =
                tv_run_text("0.0000 a>b S  0:0(0) {id 7}\n0.0001 a>b S  0:0(0) {id 7}\n0.0002 a>b S  0:0(0) {id 7}\n"
                            "0.0500 b>a S. 0:0(0) ack 1 {id 8}\n0.0501 b>a S. 0:0(0) ack 1 {id 8}\n"
                            "0.0502 b>a S. 0:0(0) ack 1 {id 8}\n0.0600 a>b .  1:1(0) ack 1 {id 9}\n"
                            "0.0601 a>b .  1:1(0) ack 1 {id 9}\n0.0602 a>b .  1:1(0) ack 1 {id 9}\n",
                            NULL);
        const struct tv_finding *f = tv_run_finding(run, TV_UNKNOWN, "capture.duplicates");

        (void)state;
        assert_int_equal(run->quality.capture_duplicates, 6);
        assert_non_null(f);
        assert_non_null(strstr(f->what, "3 TCP packets have 6 further records, 2.0 each"));
        tv_run_free(run);
}

static void
duplicates_tell_their_cause(void **state)
{
        struct tv_run *any = tv_run_text("link sll\ntwice 0.000005\n" OPENING, NULL);
        struct tv_run *routed =
                tv_run_text("0.0000 a>b S  0:0(0) {id 7} {ttl 64}\n0.0002 a>b S  0:0(0) {id 7} {ttl 63}\n"
                            "0.0500 b>a S. 0:0(0) ack 1 {id 8} {ttl 60}\n0.0502 b>a S. 0:0(0) ack 1 {id 8} {ttl 59}\n"
                            "0.0600 a>b .  1:1(0) ack 1 {id 9} {ttl 64}\n0.0602 a>b .  1:1(0) ack 1 {id 9} {ttl 63}\n",
                            NULL);
        struct tv_run *apart = tv_run_text("twice 0.010\n" OPENING, NULL);
        const struct tv_finding *f = tv_run_finding(any, TV_UNKNOWN, "capture.duplicates");

        (void)state;
        assert_non_null(tv_run_finding(apart, TV_UNKNOWN, "capture.duplicates"));
        assert_non_null(strstr(tv_run_finding(apart, TV_UNKNOWN, "capture.duplicates")->advice, "two capture points"));
        assert_false(apart->quality.has_taken_at);
        tv_run_free(apart);
        assert_non_null(f);
        assert_non_null(strstr(f->advice, "\"any\""));
        assert_null(strstr(f->what, "TTL"));
        f = tv_run_finding(routed, TV_UNKNOWN, "capture.duplicates");
        assert_non_null(f);
        assert_non_null(strstr(f->what, "before and after a router"));
        assert_int_equal(routed->quality.duplicates_other_ttl, 3);
        assert_false(routed->quality.has_taken_at); /* two places */
        tv_run_free(any);
        tv_run_free(routed);
}

/* The network doubles one packet of many: no fault of the capture. */
static void
one_packet_twice_is_not_the_capture(void **state)
{
        struct tv_run *run = tv_run_text(OPENING "0.2000 a>b P. 101:201(100) ack 101 {id 70}\n"
                                                 "0.2001 a>b P. 101:201(100) ack 101 {id 70}\n"
                                                 "0.25 b>a . 101:101(0) ack 201\n",
                                         NULL);

        (void)state;
        assert_int_equal(run->quality.capture_duplicates, 0);
        assert_int_equal(run->connections[0].dir[TV_A].network_duplicates, 1);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.duplicates"), 0);
        tv_run_free(run);
}

/* What b sends is recorded 3 ms late: its data follow their acknowledgments, 2.9 ms behind them. */
static void
skew_tells_how_much_and_whose_packets_are_late(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)\n0.0530 b>a S. 0:0(0) ack 1\n0.0531 a>b . 1:1(0) ack 1\n"
                                         "0.0600 a>b P. 1:101(100) ack 1\n"
                                         "0.1101 a>b . 101:101(0) ack 1001\n0.1130 b>a . 1:1001(1000) ack 101\n"
                                         "0.1601 a>b . 101:101(0) ack 2001\n0.1630 b>a . 1001:2001(1000) ack 101\n",
                                         NULL);
        const struct tv_finding *f = tv_run_finding(run, TV_UNKNOWN, "capture.skew");

        (void)state;
        assert_int_equal(run->quality.early_acks, 2);
        assert_int_equal(run->quality.early_acks_of[TV_A], 0);
        assert_int_equal(run->quality.early_acks_of[TV_B], 2);
        assert_true(run->quality.skew_typical == 2900000 && run->quality.skew_most == 2900000);
        assert_false(run->quality.has_taken_at); /* the delays are not what they seem */
        assert_non_null(f);
        assert_non_null(
                strstr(f->what, "what responders (b) sent is recorded late; its acknowledgments lead by 2.9 ms"));
        tv_run_free(run);
}

/* The capture begins with a keepalive probe, which stands on an octet of before. */
static void
octet_of_a_probe_is_no_gap(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b . 1000:1000(0) ack 1\n0.0400 b>a . 1:1(0) ack 1001\n"
                                         "45.000 a>b . 1000:1000(0) ack 1\n45.040 b>a . 1:1(0) ack 1001\n"
                                         "60.000 b>a . 0:0(0) ack 1001\n60.040 a>b . 1001:1001(0) ack 1\n"
                                         "70.000 a>b P. 1001:1101(100) ack 1\n70.040 b>a . 1:1(0) ack 1101\n",
                                         NULL);
        const struct tv_connection *c = tv_run_connection(run, 0);

        (void)state;
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.gap"), 0);
        assert_int_equal(c->dir[TV_A].missing_bytes, 0);
        assert_int_equal(c->dir[TV_A].unique_bytes, 100);
        assert_int_equal(tv_run_findings(run, 0, "data.keepalive-alive"), 2);
        assert_int_equal(tv_run_row(run, 3)->data_class, TV_DATA_KEEPALIVE);
        for (size_t i = 0; i < c->finding_count; i++)
                if (strcmp(c->findings[i].code, "data.keepalive-alive") == 0)
                        assert_non_null(strstr(c->findings[i].what, c->findings[i].end == TV_A
                                                                            ? "the first time after 45.000 s"
                                                                            : "the first time after 60.000 s"));
        tv_run_free(run);
        run = tv_run_text("0.0000 a>b . 1000:1000(0) ack 1\n0.0400 b>a . 1:1(0) ack 1006\n", NULL);
        assert_int_equal(tv_run_findings(run, TV_UNKNOWN, "capture.gap"), 1);
        tv_run_free(run);
}

/* Out of order in the file, not in time: that is no skew. */
static void
frames_in_wrong_order_are_no_skew(void **state)
{
        struct tv_run *run = tv_run_text("0.0000 a>b S  0:0(0)\n0.0530 b>a S. 0:0(0) ack 1\n0.0531 a>b . 1:1(0) ack 1\n"
                                         "0.0600 a>b P. 1:101(100) ack 1\n"
                                         "0.1131 a>b . 101:101(0) ack 1001\n0.1130 b>a . 1:1001(1000) ack 101\n",
                                         NULL);

        (void)state;
        assert_int_equal(run->quality.early_acks, 0);
        assert_null(tv_run_finding(run, TV_UNKNOWN, "capture.skew"));
        assert_non_null(tv_run_finding(run, TV_UNKNOWN, "capture.reordered"));
        assert_string_equal(tv_run_finding(run, TV_UNKNOWN, "capture.reordered")->what,
                            "1 frame has an earlier time than a frame before it");
        tv_run_free(run);
}

/* b's packets come first: its SYN-ACK stands 1 ms before the SYN that it answers. */
static void
syn_behind_its_answer_is_skew(void **state)
{
        struct tv_run *run =
                tv_run_text("0.000 b>a S. 0:0(0) ack 1\n0.001 a>b S 0:0(0)\n0.002 a>b . 1:1(0) ack 1\n", NULL);
        /* repeated after a timeout: the capture missed the first one */
        struct tv_run *late =
                tv_run_text("0.0 b>a S. 0:0(0) ack 1\n0.95 a>b S 0:0(0)\n1.0 b>a S. 0:0(0) ack 1\n", NULL);

        (void)state;
        assert_int_equal(run->quality.early_acks, 1);
        assert_int_equal(run->quality.early_acks_of[TV_A], 1);
        assert_true(run->quality.skew_most == 1000000);
        assert_int_equal(late->quality.early_acks, 0);
        tv_run_free(run);
        tv_run_free(late);
}

static void
clock_step_tells_how_far_and_where(void **state)
{
        struct tv_run *run = tv_run_text("0.00 a>b S 0:0(0)\n0.05 b>a S. 0:0(0) ack 1\n-9.94 a>b . 1:1(0) ack 1\n"
                                         "-9.93 a>b P. 1:101(100) ack 1\n-9.88 b>a . 1:1(0) ack 101\n",
                                         NULL);
        const struct tv_finding *f = tv_run_finding(run, TV_UNKNOWN, "capture.time-backwards");

        (void)state;
        assert_int_equal(run->quality.clock_steps, 1);
        assert_true(run->quality.clock_step_most == INT64_C(9990000000));
        assert_non_null(f);
        assert_non_null(strstr(f->what, "once by 9.990 s, in frame 3"));
        assert_int_equal(tv_frame_number(f->frames[0]), 3);
        assert_true(f->time == run->quality.clock_step_time);
        tv_run_free(run);
}

static const char *
name_of(int link_type)
{
        return link_type == 230 ? "IEEE 802.15.4 without FCS" : link_type == 227 ? "CAN-bus" : NULL;
}

/* Four packets of three link types that are not decoded, one of them without a name, and an Ethernet frame. */
static void
link_types_that_are_not_decoded_are_named(void **state)
{
        static const int types[] = {230, 1, 227, 230, 9999};
        static const uint8_t frame[60] = {[12] = 0x08, [13] = 0x06};
        struct out out = {.count = 0};
        const struct tv_sink sink = {.finding = keep, .context = &out};
        const struct tv_engine_config config = {.link_type_name = name_of};
        struct tv_engine *engine = tv_engine_new(&config, &sink);

        (void)state;
        assert_non_null(engine);
        for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
                struct tv_packet packet = {.data = frame,
                                           .captured = sizeof frame,
                                           .length = sizeof frame,
                                           .time = (tv_time)(1000 + i),
                                           .frame = tv_frame_make(1, i + 1),
                                           .link_type = types[i]};
                assert_int_equal(tv_engine_push(engine, &packet),
                                 types[i] == 1 ? TV_BUCKET_not_ip : TV_BUCKET_unknown_link);
        }
        tv_engine_finish(engine);
        tv_engine_free(engine);
        assert_int_equal(out.count, 1);
        assert_string_equal(out.finding[0].code, "capture.unknown-link");
        assert_string_equal(
                out.finding[0].what,
                "4 packets of a link type that is not decoded: IEEE 802.15.4 without FCS, CAN-bus, link type 9999");
        assert_int_equal(tv_frame_number(out.finding[0].frames[0]), 1);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(clean_capture_has_no_finding),
                cmocka_unit_test(each_fault_has_its_code_its_count_and_its_frame),
                cmocka_unit_test(drops_that_the_capturer_reports_are_a_gap),
                cmocka_unit_test(drops_without_a_missing_octet_count_too),
                cmocka_unit_test(damage_names_file_and_frame),
                cmocka_unit_test(every_code_is_in_the_list_with_a_meaning),
                cmocka_unit_test(snaplen_and_offload_come_from_the_packets),
                cmocka_unit_test(drops_reported_and_gaps_proved_are_told_apart),
                cmocka_unit_test(gap_is_counted_once_however_often_it_is_acknowledged),
                cmocka_unit_test(duplicates_tell_their_rate_and_lag),
                cmocka_unit_test(packets_recorded_three_times_are_told_so),
                cmocka_unit_test(duplicates_tell_their_cause),
                cmocka_unit_test(one_packet_twice_is_not_the_capture),
                cmocka_unit_test(skew_tells_how_much_and_whose_packets_are_late),
                cmocka_unit_test(frames_in_wrong_order_are_no_skew),
                cmocka_unit_test(octet_of_a_probe_is_no_gap),
                cmocka_unit_test(syn_behind_its_answer_is_skew),
                cmocka_unit_test(clock_step_tells_how_far_and_where),
                cmocka_unit_test(link_types_that_are_not_decoded_are_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
