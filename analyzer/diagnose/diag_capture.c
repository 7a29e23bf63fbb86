/* diag_capture.c - what the capture itself suffers from: never a fault of the network or of a host. */
#include "analyzer/diagnose/diagnose.h"

#include <inttypes.h>
#include <string.h>

typedef void emit_function(void *context, const struct tv_finding *finding);

struct output {
        const struct tv_capture_case *subject;
        emit_function *emit;
        void *context;
};

static void
start(struct tv_finding *f, const struct output *out, const char *code, uint64_t count, tv_frame frame)
{
        enum tv_severity severity = TV_INFO;

        memset(f, 0, sizeof *f);
        tv_finding_meaning(code, &severity);
        f->conn = f->caused_by = TV_UNKNOWN;
        f->end = TV_NO_END;
        f->severity = (uint8_t)severity;
        f->confidence = TV_CERTAIN;
        f->blame = TV_BLAME_CAPTURE;
        f->code = code;
        f->time = out->subject->quality->start;
        f->until = out->subject->quality->end;
        f->count = count;
        tv_finding_frame(f, frame);
}

static void
finish(const struct output *out, const struct tv_finding *f)
{
        out->emit(out->context, f);
}

void
tv_diagnose_capture(const struct tv_capture_case *subject, emit_function *emit, void *context)
{
        const struct tv_capture_quality *q = subject->quality;
        struct output out = {subject, emit, context};
        struct tv_finding f;

        if (subject->damaged != NULL) {
                start(&f, &out, "capture.damaged", 1, subject->damaged_frame);
                tv_finding_text(f.what, "%s", subject->damaged);
                tv_finding_text(f.advice, "what comes after that place is not in this report");
                finish(&out, &f);
        }
        if (subject->truncated != NULL) {
                start(&f, &out, "capture.truncated", 1, subject->truncated_frame);
                tv_finding_text(f.what, "%s", subject->truncated);
                tv_finding_text(f.advice,
                                "the capture was stopped hard, or the disk was full; tcpdump -U writes whole packets");
                finish(&out, &f);
        }
        if (q->missing_bytes != 0 || subject->drops != 0) {
                start(&f, &out, "capture.gap", q->missing_gaps != 0 ? q->missing_gaps : subject->drops,
                      subject->first[TV_EVIDENCE_GAP]);
                if (q->missing_bytes == 0)
                        tv_finding_text(f.what,
                                        "the capturer reports %" PRIu64
                                        " dropped packets; none of the connections shows it",
                                        subject->drops);
                else
                        tv_finding_text(f.what,
                                        "%" PRIu64 " octets in %" PRIu64
                                        " direction%s were acknowledged by their receiver and are not in the capture",
                                        q->missing_bytes, q->missing_gaps, q->missing_gaps == 1 ? "" : "s");
                tv_finding_text(f.not_, "loss in the network: the receiver has these octets");
                tv_finding_text(
                        f.advice,
                        "a larger capture buffer (tcpdump -B), a shorter snaplen, or a capture closer to the host");
                finish(&out, &f);
        }
        if (q->capture_duplicates != 0) {
                start(&f, &out, "capture.duplicates", q->capture_duplicates, subject->first[TV_EVIDENCE_DUPLICATE]);
                tv_finding_text(f.what, "%" PRIu64 " of %" PRIu64 " segments were recorded twice",
                                q->capture_duplicates, q->tcp_segments);
                tv_finding_text(f.not_,
                                "retransmission or duplication by the network: nearly every packet is there twice, and "
                                "nobody reacts to the second one");
                tv_finding_text(f.advice,
                                "mirror one direction of the port only, or capture on one interface instead of any");
                finish(&out, &f);
        }
        if (q->early_acks != 0) {
                start(&f, &out, "capture.skew", q->early_acks, subject->first[TV_EVIDENCE_SKEW]);
                tv_finding_text(f.what,
                                "%" PRIu64 " acknowledgments stand in the file before the data that they acknowledge",
                                q->early_acks);
                tv_finding_text(f.not_, "retransmission: these octets are captured once");
                tv_finding_text(f.advice, "two taps or queues were merged with different delays");
                finish(&out, &f);
        }
        if (q->reordered_frames != 0) {
                start(&f, &out, "capture.reordered", q->reordered_frames, subject->first[TV_EVIDENCE_REORDERED]);
                tv_finding_text(f.what, "%" PRIu64 " frames have an earlier time than the frame before them",
                                q->reordered_frames);
                finish(&out, &f);
        }
        if (q->clock_steps != 0) {
                start(&f, &out, "capture.time-backwards", q->clock_steps, subject->first[TV_EVIDENCE_STEP]);
                tv_finding_text(f.what, "the capture clock stepped %" PRIu64 " time%s", q->clock_steps,
                                q->clock_steps == 1 ? "" : "s");
                tv_finding_text(f.advice, "durations and round-trip times across the step are not to be trusted");
                finish(&out, &f);
        }
        if (q->cut_off != 0) {
                start(&f, &out, "capture.cut-off", q->cut_off, subject->first[TV_EVIDENCE_CUT_OFF]);
                tv_finding_text(f.what, "%" PRIu64 " connection%s in mid-transfer when the capture stopped", q->cut_off,
                                q->cut_off == 1 ? " was" : "s were");
                finish(&out, &f);
        }
        if (q->cut_packets != 0) {
                start(&f, &out, "capture.snaplen", q->cut_packets, subject->first[TV_EVIDENCE_SNAPLEN]);
                tv_finding_text(f.what,
                                "%" PRIu64 " of %" PRIu64
                                " packets were cut by the snaplen: lengths come from their headers, "
                                "checksums and contents cannot be checked",
                                q->cut_packets, q->packets);
                finish(&out, &f);
        }
        if (q->offload_checksums != 0 || q->super_segments != 0) {
                start(&f, &out, "capture.offload", q->offload_checksums + q->super_segments,
                      subject->first[TV_EVIDENCE_OFFLOAD]);
                tv_finding_text(f.what,
                                "%" PRIu64 " checksums hold the pseudo-header only and %" PRIu64
                                " segments are larger than any "
                                "packet: taken before the network card finished them",
                                q->offload_checksums, q->super_segments);
                tv_finding_text(f.not_, "damaged packets: the receiver accepts them");
                finish(&out, &f);
        }
        if (q->one_way != 0) {
                start(&f, &out, "capture.one-way", q->one_way, subject->first[TV_EVIDENCE_ONE_WAY]);
                tv_finding_text(f.what, "%" PRIu64 " connection%s with one direction only", q->one_way,
                                q->one_way == 1 ? "" : "s");
                tv_finding_text(f.advice,
                                "asymmetric routing, or a tap of one direction: the other end's acts are inferred");
                finish(&out, &f);
        }
        if (q->mid_start != 0) {
                start(&f, &out, "capture.mid-start", q->mid_start, subject->first[TV_EVIDENCE_MID_START]);
                tv_finding_text(f.what, "%" PRIu64 " connection%s under way before the capture began: no SYN",
                                q->mid_start, q->mid_start == 1 ? " was" : "s were");
                finish(&out, &f);
        }
        if (subject->unknown_link != 0) {
                start(&f, &out, "capture.unknown-link", subject->unknown_link,
                      subject->first[TV_EVIDENCE_UNKNOWN_LINK]);
                tv_finding_text(f.what, "%" PRIu64 " packet%s of a link type that is not decoded",
                                subject->unknown_link, subject->unknown_link == 1 ? "" : "s");
                finish(&out, &f);
        }
        if (q->evicted != 0) {
                start(&f, &out, "capture.evicted", q->evicted, subject->first[TV_EVIDENCE_EVICTED]);
                tv_finding_text(f.what,
                                "%" PRIu64
                                " connections were written before they were final, to keep within the memory limit",
                                q->evicted);
                tv_finding_text(f.advice, "raise --max-memory");
                finish(&out, &f);
        }
}
