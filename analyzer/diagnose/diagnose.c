#include "analyzer/diagnose/diagnose.h"

#include "analyzer/diagnose/decidability.h"
#include "analyzer/diagnose/diag_close.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct known {
        const char *code;
        enum tv_severity severity;
        const char *meaning;
};

static const struct known known[] = {
#define TV_FINDING(code, severity, meaning) {code, TV_##severity, meaning},
#include "analyzer/diagnose/finding_list.def"
#undef TV_FINDING
};

const char *
tv_finding_meaning(const char *code, enum tv_severity *severity)
{
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
                if (strcmp(known[i].code, code) == 0) {
                        *severity = known[i].severity;
                        return known[i].meaning;
                }
        return NULL;
}

struct tv_finding *
tv_finding_new(struct tv_findings *findings, const struct tv_case *subject, const char *code,
               enum tv_confidence confidence, enum tv_blame blame)
{
        struct tv_finding *f;
        enum tv_severity severity = TV_INFO;

        if (findings->count == TV_CONN_FINDINGS)
                return NULL;
        tv_finding_meaning(code, &severity);
        f = &findings->at[findings->count++];
        f->conn = subject->conn->number;
        f->end = TV_NO_END;
        f->severity = (uint8_t)severity;
        f->confidence = (uint8_t)confidence;
        f->blame = (uint8_t)blame;
        f->code = code;
        f->has_address = false;
        f->port = 0;
        f->time = subject->row->start;
        f->until = subject->row->start + subject->row->duration;
        f->count = 1;
        f->caused_by = TV_UNKNOWN;
        f->cause_back = 0;
        f->explains = NULL;
        f->frame_count = 0;
        f->what[0] = f->not_[0] = f->advice[0] = '\0';
        return f;
}

void
tv_finding_frame(struct tv_finding *finding, tv_frame frame)
{
        unsigned at = 0;

        if (tv_frame_number(frame) == 0 || finding->frame_count == TV_FINDING_FRAMES)
                return;
        while (at < finding->frame_count && finding->frames[at] < frame)
                at++;
        if (at < finding->frame_count && finding->frames[at] == frame)
                return;
        memmove(&finding->frames[at + 1], &finding->frames[at],
                (finding->frame_count - at) * sizeof finding->frames[0]);
        finding->frames[at] = frame;
        finding->frame_count++;
}

void
tv_finding_text(char text[TV_FINDING_TEXT], const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(text, TV_FINDING_TEXT, format, arguments);
        va_end(arguments);
}

bool
tv_diagnose_is_skew(const struct tv_case *subject, const struct tv_loss *loss)
{
        /* The order of both proves nothing when one of them can have been recorded so much later than it passed. */
        return loss->time != TV_NO_TIME && loss->until - loss->time < 2 * subject->doubts.skew;
}

uint8_t
tv_diagnose_where(const struct tv_case *subject, const struct tv_loss *loss, struct tv_finding *finding)
{
        if (loss->where != TV_LOST_UPSTREAM || !subject->doubts.misses)
                return loss->where;
        if (finding != NULL) {
                finding->confidence = TV_LIKELY;
                tv_finding_text(finding->not_,
                                "recorded wrongly only: the repetition shows that something was lost. On which side of "
                                "the capture point is unknown: %s",
                                tv_decidability_why(TV_EVENT_lost_upstream, TV_POINT_BEHIND));
        }
        return TV_LOST_UNKNOWN;
}

/* What is asked about a lost segment. */
static enum tv_event
event_of(const struct tv_case *subject, const struct tv_loss *loss)
{
        bool first = loss->sender == (subject->row->closed_first == TV_CLOSED_FIRST_B ? !tv_conn_a(subject->conn)
                                                                                      : tv_conn_a(subject->conn));

        switch (loss->segment) {
        case TV_LOST_SYN:
                return TV_EVENT_loss_syn;
        case TV_LOST_SYNACK:
                return TV_EVENT_loss_synack;
        case TV_LOST_ACK1:
                return TV_EVENT_loss_ack1;
        case TV_LOST_FIN:
                return first ? TV_EVENT_loss_fin1 : TV_EVENT_loss_fin2;
        case TV_LOST_ACK2:
                return first ? TV_EVENT_loss_fin2_ack : TV_EVENT_loss_fin1_ack;
        default:
                return TV_EVENTS;
        }
}

void
tv_diagnose_open(const struct tv_case *subject, const struct tv_loss *loss, struct tv_finding *finding)
{
        const tv_time *delay = subject->row->delay;
        enum tv_end end = loss->sender == tv_conn_a(subject->conn) ? TV_A : TV_B;
        enum tv_point point = tv_decidability_point(delay[end], delay[!end]);
        enum tv_event event = event_of(subject, loss);

        if (event == TV_EVENTS)
                return;
        /* The copy passed, or it did not, whatever the delays say. */
        if (loss->lost != 0 && point == TV_POINT_PEER)
                point = TV_POINT_BEFORE;
        else if (loss->lost == 0 && point != TV_POINT_PEER)
                point = TV_POINT_BEHIND;
        tv_finding_text(finding->not_, "unknown which of both died: %s", tv_decidability_why(event, point));
}

const char *
tv_finding_times(unsigned count, char text[20])
{
        if (count <= 2)
                return count == 1 ? "once" : "twice";
        snprintf(text, 20, "%u times", count);
        return text;
}

const char *
tv_finding_places(const unsigned count[TV_LOST_UNKNOWN + 1], char text[TV_FINDING_PLACES])
{
        unsigned up = count[TV_LOST_UPSTREAM], down = count[TV_LOST_DOWNSTREAM], other = 0;
        char times[3][20];

        for (unsigned i = 0; i <= TV_LOST_UNKNOWN; i++)
                other += i != TV_LOST_UPSTREAM && i != TV_LOST_DOWNSTREAM ? count[i] : 0;
        if (up != 0 && down == 0)
                snprintf(text, TV_FINDING_PLACES, "at least %s before the capture point%s%s",
                         tv_finding_times(up, times[0]), other != 0 ? ", and where is unknown " : "",
                         other != 0 ? tv_finding_times(other, times[1]) : "");
        else if (down != 0)
                snprintf(text, TV_FINDING_PLACES, "%s behind the capture point%s%s%s%s%s",
                         tv_finding_times(down, times[0]), up != 0 ? ", at least " : "",
                         up != 0 ? tv_finding_times(up, times[1]) : "", up != 0 ? " before it" : "",
                         other != 0 ? ", and where is unknown " : "",
                         other != 0 ? tv_finding_times(other, times[2]) : "");
        else
                snprintf(text, TV_FINDING_PLACES, "%s", tv_finding_times(other, times[0]));
        return text;
}

/* What a full accept queue dropped is no loss of its own. */
static void
drop_symptoms(const struct tv_case *subject, struct tv_findings *findings, size_t from)
{
        const struct tv_opening *opening = subject->opening;
        size_t kept = from;

        for (size_t i = from; i < findings->count; i++) {
                const struct tv_finding *f = &findings->at[i];
                bool loss = strcmp(f->code, "data.loss") == 0 || strcmp(f->code, "data.lost-retransmission") == 0 ||
                            strcmp(f->code, "data.spurious-retransmission") == 0;

                if (loss && (!opening->done || f->until <= opening->answered))
                        continue;
                if (kept != i) {
                        findings->at[kept] = *f;
                        /* What it follows from stands before those that are dropped. */
                        if (f->cause_back != 0 && i - f->cause_back < from)
                                findings->at[kept].cause_back = (uint16_t)(f->cause_back - (i - kept));
                }
                kept++;
        }
        findings->count = kept;
}

static bool
has_full_queue(const struct tv_findings *findings)
{
        for (size_t i = 0; i < findings->count; i++)
                if (strcmp(findings->at[i].code, "handshake.accept-queue-overflow") == 0)
                        return true;
        return false;
}

/* What follows from what, in one direction and at one time; the cause stands before its effect. */
static const struct {
        const char *effect, *cause;
} consequences[] = {
        {"data.loss", "data.recovered-after-outage"},
        {"data.lost-retransmission", "data.recovered-after-outage"},
        {"data.spurious-retransmission", "data.reordering"},
        {"data.window-limited", "data.zero-window"},
        {"teardown.time-wait-restarted", "teardown.ack1-lost"},
        {"teardown.time-wait-restarted", "teardown.ack2-lost"},
};

static void
link_consequences(struct tv_findings *findings)
{
        for (size_t i = 1; i < findings->count; i++) {
                struct tv_finding *effect = &findings->at[i];

                for (size_t k = 0; k < sizeof consequences / sizeof consequences[0]; k++) {
                        if (strcmp(effect->code, consequences[k].effect) != 0)
                                continue;
                        for (size_t j = 0; j < i; j++)
                                if (strcmp(findings->at[j].code, consequences[k].cause) == 0 &&
                                    findings->at[j].end == effect->end && findings->at[j].time <= effect->until &&
                                    effect->time <= findings->at[j].until)
                                        effect->cause_back = (uint16_t)(i - j);
                }
        }
}

void
tv_diagnose_connection(const struct tv_case *subject, struct tv_findings *findings)
{
        size_t from;

        tv_diagnose_handshake(subject, findings);
        from = findings->count;
        tv_diagnose_data(subject, findings);
        if (subject->opening != NULL && has_full_queue(findings))
                drop_symptoms(subject, findings, from);
        if (subject->conn->track.story != 0) {
                tv_diagnose_teardown(subject, findings);
                tv_diagnose_reset(subject, findings);
                tv_diagnose_time_wait(subject, findings);
        }
        tv_diagnose_stuck(subject, findings);
        link_consequences(findings);
}
