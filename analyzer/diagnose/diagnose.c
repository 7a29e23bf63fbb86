#include "analyzer/diagnose/diagnose.h"

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
                                "the capture point is unknown, since this capture misses packets that were not lost");
        }
        return TV_LOST_UNKNOWN;
}

const char *
tv_finding_times(unsigned count, char text[20])
{
        if (count <= 2)
                return count == 1 ? "once" : "twice";
        snprintf(text, 20, "%u times", count);
        return text;
}

void
tv_diagnose_connection(const struct tv_case *subject, struct tv_findings *findings)
{
        tv_diagnose_handshake(subject, findings);
        if (subject->conn->track.story != 0)
                tv_diagnose_teardown(subject, findings);
}
