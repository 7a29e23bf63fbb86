/* diag_capture.c - what the capture itself suffers from: never a fault of the network or of a host. */
#include "analyzer/diagnose/diagnose.h"

#include <inttypes.h>
#include <stdio.h>
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

/* |ns| as people say it: "5 us", "1.2 ms", "3600.000 s". */
static const char *
span(tv_time ns, char text[32])
{
        if (ns < 1000)
                snprintf(text, 32, "%" PRId64 " ns", ns);
        else if (ns < 1000000)
                snprintf(text, 32, "%" PRId64 " us", (ns + 500) / 1000);
        else if (ns < 1000000000)
                snprintf(text, 32, "%.1f ms", (double)ns / 1e6);
        else
                snprintf(text, 32, "%.3f s", (double)ns / 1e9);
        return text;
}

/* What the capturer says that it dropped and what acknowledgments prove missing are two things: a mirror port drops
 * packets that no capturer knows of, and dropped packets need not be TCP. */
static void
gap(const struct output *out)
{
        const struct tv_capture_quality *q = out->subject->quality;
        uint64_t drops = q->drops != TV_UNKNOWN ? q->drops : 0;
        char proved[160] = "";
        struct tv_finding f;

        if (q->missing_bytes == 0 && drops == 0)
                return;
        start(&f, out, "capture.gap", q->missing_gaps != 0 ? q->missing_gaps : drops,
              q->missing_bytes != 0 ? out->subject->first[TV_EVIDENCE_GAP] : 0);
        if (q->missing_bytes != 0)
                snprintf(proved, sizeof proved,
                         "%" PRIu64 " octet%s in %" PRIu64
                         " gap%s %s acknowledged by %s receiver and %s not in the capture",
                         q->missing_bytes, q->missing_bytes == 1 ? "" : "s", q->missing_gaps,
                         q->missing_gaps == 1 ? "" : "s", q->missing_bytes == 1 ? "was" : "were",
                         q->missing_bytes == 1 ? "its" : "their", q->missing_bytes == 1 ? "is" : "are");
        if (drops == 0)
                tv_finding_text(f.what, "%s%s", proved,
                                q->drops == 0 ? "; the capturer reports no drops: lost before it, or on another way"
                                              : "");
        else if (q->missing_bytes == 0)
                tv_finding_text(f.what,
                                "the capturer reports %" PRIu64
                                " dropped packet%s; no acknowledgment of a connection shows it",
                                drops, drops == 1 ? "" : "s");
        else
                tv_finding_text(f.what, "the capturer reports %" PRIu64 " dropped packet%s; %s", drops,
                                drops == 1 ? "" : "s", proved);
        if (q->missing_bytes != 0)
                tv_finding_text(f.not_, "loss in the network: the receiver has these octets");
        if (q->missing_bytes != 0 && q->drops == 0)
                tv_finding_text(f.advice, "is the mirror port slower than what it mirrors, and does all traffic of "
                                          "these connections pass it?");
        else
                tv_finding_text(f.advice, "a larger capture buffer (tcpdump -B), a shorter snaplen, or a capture "
                                          "closer to the host");
        finish(out, &f);
}

static void
duplicates(const struct output *out)
{
        const struct tv_capture_quality *q = out->subject->quality;
        uint64_t twice = q->capture_duplicates, packets = q->tcp_segments - twice;
        bool routed = q->duplicates_other_ttl * 2 > twice;
        char lag[128] = "", least[32], typical[32], most[32];
        struct tv_finding f;

        if (twice == 0)
                return;
        start(&f, out, "capture.duplicates", twice, out->subject->first[TV_EVIDENCE_DUPLICATE]);
        if (q->duplicate_lag_typical != TV_NO_TIME) {
                int length = snprintf(lag, sizeof lag, ", the second record about %s after the first",
                                      span(q->duplicate_lag_typical, typical));

                if (q->duplicate_lag_min != q->duplicate_lag_max)
                        snprintf(lag + length, sizeof lag - (size_t)length, " (%s to %s)",
                                 span(q->duplicate_lag_min, least), span(q->duplicate_lag_max, most));
        }
        const char *ttl = routed ? "; both differ in TTL: recorded before and after a router" : "";
        if (twice <= packets)
                tv_finding_text(f.what, "%" PRIu64 " of %" PRIu64 " TCP packets (%.0f %%) were recorded twice%s%s",
                                twice, packets, 100.0 * (double)twice / (double)packets, lag, ttl);
        else
                tv_finding_text(f.what, "%" PRIu64 " TCP packets have %" PRIu64 " further records, %.1f each%s%s",
                                packets, twice, packets != 0 ? (double)twice / (double)packets : (double)twice, lag,
                                ttl);
        tv_finding_text(f.not_, "retransmission or duplication by the network: both records are one packet, the "
                                "second one follows systematically, and nobody reacts to it");
        if (!routed && q->duplicate_lag_typical >= TV_PLACES_APART)
                tv_finding_text(f.advice,
                                "two capture points, as far apart as the second record is late, are in this file: keep "
                                "one of them (one interface, one VLAN, one of the merged files)");
        else if (routed)
                tv_finding_text(f.advice, "two capture points are in this file, on both sides of a router: keep one "
                                          "of them (one interface, one VLAN)");
        else if (q->cooked_packets != 0)
                tv_finding_text(f.advice, "the interface \"any\" sees a packet on each interface that it passes, such "
                                          "as a bridge and its port: capture on one interface");
        else
                tv_finding_text(f.advice, "mirror one direction of the port only (ingress, not both), or one member "
                                          "of a bond; or capture on one interface instead of any");
        finish(out, &f);
}

/* Whose packets reach the file late; of many connections, the initiators' or the responders'. */
static void
skew(const struct output *out)
{
        const struct tv_capture_quality *q = out->subject->quality;
        const uint64_t *of = q->early_acks_of;
        const char *late = of[TV_A] > 9 * of[TV_B]   ? "what initiators (a) sent is"
                           : of[TV_B] > 9 * of[TV_A] ? "what responders (b) sent is"
                                                     : "now one direction, now the other is";
        char typical[32], most[32], lead[192] = "";
        struct tv_finding f;

        if (q->early_acks == 0)
                return;
        start(&f, out, "capture.skew", q->early_acks, out->subject->first[TV_EVIDENCE_SKEW]);
        if (q->skew_typical != TV_NO_TIME)
                snprintf(lead, sizeof lead,
                         ": %s recorded late; its acknowledgments lead by %s typically, by %s at most", late,
                         span(q->skew_typical, typical), span(q->skew_most, most));
        tv_finding_text(f.what, "%" PRIu64 " acknowledgment%s in the file before the data that %s%s", q->early_acks,
                        q->early_acks == 1 ? " stands" : "s stand",
                        q->early_acks == 1 ? "it acknowledges" : "they acknowledge", lead);
        tv_finding_text(f.not_, "retransmission: these octets are captured once");
        tv_finding_text(f.advice, "two taps or queues were merged with different delays; round-trip times and the "
                                  "order of both directions are wrong by that much");
        finish(out, &f);
}

static void
describe_steps(const struct tv_capture_quality *q, tv_frame first, struct tv_finding *f)
{
        char by[32] = "";
        bool known = q->clock_step_most > 0;

        if (known)
                span(q->clock_step_most, by);
        if (q->clock_steps == 1)
                tv_finding_text(f->what, "the capture clock stepped back once%s%s, in frame %" PRIu64,
                                known ? " by " : "", by, tv_frame_number(first));
        else
                tv_finding_text(f->what,
                                "the capture clock stepped back %" PRIu64 " times%s%s, first in frame %" PRIu64,
                                q->clock_steps, known ? ", by up to " : "", by, tv_frame_number(first));
        if (q->clock_step_time != TV_NO_TIME)
                f->time = q->clock_step_time;
}

static const char *
name_link_types(const struct tv_capture_case *subject, char text[TV_FINDING_TEXT])
{
        size_t used = 0;

        text[0] = '\0';
        for (unsigned i = 0; i < subject->unknown_link_types && used < TV_FINDING_TEXT; i++) {
                const int type = subject->unknown_link_type[i];
                const char *name = subject->link_type_name ? subject->link_type_name(type) : NULL;
                const char *separator = i > 0 ? ", " : "";

                used += (size_t)(name ? snprintf(text + used, TV_FINDING_TEXT - used, "%s%s", separator, name)
                                      : snprintf(text + used, TV_FINDING_TEXT - used, "%slink type %d", separator,
                                                 type));
        }
        return text;
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
                tv_finding_text(f.advice, "what could not be read there, or from there on, is not in this report: take "
                                          "the file from its source again");
                finish(&out, &f);
        }
        if (subject->truncated != NULL) {
                start(&f, &out, "capture.truncated", 1, subject->truncated_frame);
                tv_finding_text(f.what, "%s", subject->truncated);
                tv_finding_text(f.advice,
                                "the capture was stopped hard, or the disk was full; tcpdump -U writes whole packets");
                finish(&out, &f);
        }
        gap(&out);
        duplicates(&out);
        skew(&out);
        if (q->reordered_frames != 0) {
                start(&f, &out, "capture.reordered", q->reordered_frames, subject->first[TV_EVIDENCE_REORDERED]);
                tv_finding_text(f.what, "%" PRIu64 " frame%s an earlier time than a frame before %s",
                                q->reordered_frames, q->reordered_frames == 1 ? " has" : "s have",
                                q->reordered_frames == 1 ? "it" : "them");
                finish(&out, &f);
        }
        if (q->clock_steps != 0) {
                start(&f, &out, "capture.time-backwards", q->clock_steps, subject->first[TV_EVIDENCE_STEP]);
                describe_steps(q, subject->first[TV_EVIDENCE_STEP], &f);
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
                char sums[80] = "", large[80] = "";

                if (q->offload_checksums != 0)
                        snprintf(sums, sizeof sums, "%" PRIu64 " checksum%s the pseudo-header only",
                                 q->offload_checksums, q->offload_checksums == 1 ? " holds" : "s hold");
                if (q->super_segments != 0)
                        snprintf(large, sizeof large, "%s%" PRIu64 " segment%s larger than any packet",
                                 sums[0] != '\0' ? " and " : "", q->super_segments,
                                 q->super_segments == 1 ? " is" : "s are");
                tv_finding_text(f.what, "%s%s: taken before the network card finished them", sums, large);
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
                char names[TV_FINDING_TEXT];
                tv_finding_text(f.what, "%" PRIu64 " packet%s of a link type that is not decoded: %s",
                                subject->unknown_link, subject->unknown_link == 1 ? "" : "s",
                                name_link_types(subject, names));
                finish(&out, &f);
        }
        if (q->evicted != 0) {
                start(&f, &out, "capture.evicted", q->evicted, subject->first[TV_EVIDENCE_EVICTED]);
                tv_finding_text(f.what,
                                "%" PRIu64
                                " connection%s written before final, to keep within the memory limit: what came later "
                                "of %s stands as another one",
                                q->evicted, q->evicted == 1 ? " was" : "s were", q->evicted == 1 ? "it" : "them");
                tv_finding_text(f.advice, "raise --max-memory");
                finish(&out, &f);
        }
}
