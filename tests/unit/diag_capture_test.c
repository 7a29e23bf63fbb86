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
drop(struct tv_capture_case *subject)
{
        subject->drops = 12;
}

static void
drops_that_the_capturer_reports_are_a_gap(void **state)
{
        struct out out = diagnose(QUALITY(.evicted = 0), drop);

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
        assert_int_equal(tv_frame_number(tv_run_finding(offload, TV_UNKNOWN, "capture.offload")->frames[0]), 2);
        tv_run_free(cut);
        tv_run_free(offload);
}

static void
drops_without_a_missing_octet_count_too(void **state)
{
        struct out out = diagnose(QUALITY(.evicted = 0), drop);

        (void)state;
        assert_true(out.finding[0].count > 0);
        assert_null(strstr(out.finding[0].what, "0 octets"));
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
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
