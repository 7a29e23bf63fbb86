/* diag_host.c - what the families of host findings share, and their order. */
#include "analyzer/diagnose/diag_host.h"

#include "analyzer/flow/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
by_start(const struct tv_digest *a, const struct tv_digest *b)
{
        if (a->start != b->start)
                return a->start < b->start ? -1 : 1;
        return (a->conn > b->conn) - (a->conn < b->conn);
}

static int
compare_services(const void *x, const void *y)
{
        const struct tv_digest *a = *(const struct tv_digest *const *)x, *b = *(const struct tv_digest *const *)y;

        return a->service != b->service ? (a->service > b->service) - (a->service < b->service) : by_start(a, b);
}

static int
compare_clients(const void *x, const void *y)
{
        const struct tv_digest *a = *(const struct tv_digest *const *)x, *b = *(const struct tv_digest *const *)y;

        return a->client != b->client ? (a->client > b->client) - (a->client < b->client) : by_start(a, b);
}

static const struct tv_digest **
sorted(const struct tv_digest_log *log, int (*compare)(const void *, const void *))
{
        const struct tv_digest **at = malloc((log->count + 1) * sizeof *at);

        for (uint32_t i = 0; at != NULL && i < log->count; i++)
                at[i] = &log->at[i];
        if (at != NULL && log->count != 0)
                qsort(at, log->count, sizeof *at, compare);
        return at;
}

static struct tv_digests
range(const struct tv_digest **at, size_t count, uint32_t number, bool client)
{
        size_t low = 0, high = count, end;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if ((client ? at[middle]->client : at[middle]->service) < number)
                        low = middle + 1;
                else
                        high = middle;
        }
        for (end = low; end < count && (client ? at[end]->client : at[end]->service) == number;)
                end++;
        return (struct tv_digests){&at[low], end - low};
}

struct tv_digests
tv_host_of_service(const struct tv_host_view *view, enum tv_digest_kind kind, uint32_t number)
{
        return range(view->by_service[kind], view->hosts->log[kind].count, number, false);
}

struct tv_digests
tv_host_of_client(const struct tv_host_view *view, enum tv_digest_kind kind, uint32_t number)
{
        return range(view->by_client[kind], view->hosts->log[kind].count, number, true);
}

struct tv_finding *
tv_host_finding(struct tv_host_view *view, uint32_t number, const char *code, enum tv_confidence confidence,
                enum tv_blame blame)
{
        struct tv_host_findings *findings = view->findings;
        const struct tv_subject *subject = &view->hosts->subject[number];
        enum tv_severity severity = TV_INFO;
        struct tv_finding *f;

        if (findings->count == TV_HOST_FINDINGS) {
                findings->left_out++;
                return NULL;
        }
        tv_finding_meaning(code, &severity);
        findings->cause[findings->count] = 0;
        f = &findings->at[findings->count++];
        memset(f, 0, sizeof *f);
        f->conn = TV_UNKNOWN;
        f->end = TV_NO_END;
        f->severity = (uint8_t)severity;
        f->confidence = (uint8_t)confidence;
        f->blame = (uint8_t)blame;
        f->code = code;
        f->has_address = number != 0;
        f->address = subject->address;
        f->port = subject->port;
        f->time = subject->first;
        f->until = subject->last;
        f->count = 1;
        f->caused_by = TV_UNKNOWN;
        return f;
}

static struct tv_finding *
found(const struct tv_host_view *view, const struct tv_address *address, uint16_t port, const char *code)
{
        for (size_t i = 0; i < view->findings->count; i++) {
                struct tv_finding *f = &view->findings->at[i];

                if (strcmp(f->code, code) == 0 && f->has_address && f->port == port &&
                    tv_address_equal(&f->address, address))
                        return f;
        }
        return NULL;
}

struct tv_finding *
tv_host_found(const struct tv_host_view *view, uint32_t number, const char *code)
{
        const struct tv_subject *subject = &view->hosts->subject[number];

        return found(view, &subject->address, subject->port, code);
}

struct tv_finding *
tv_host_found_at(const struct tv_host_view *view, const struct tv_address *address, const char *code)
{
        return found(view, address, 0, code);
}

void
tv_host_caused_by(struct tv_host_view *view, const struct tv_finding *effect, const struct tv_finding *cause)
{
        view->findings->cause[effect - view->findings->at] = (unsigned)(cause - view->findings->at) + 1;
}

const char *
tv_place_text(const struct tv_address *address, uint16_t port, char text[TV_PLACE_TEXT])
{
        char number[TV_ADDRESS_TEXT];

        tv_address_text(address, number);
        if (port == 0)
                snprintf(text, TV_PLACE_TEXT, "%s", number);
        else
                snprintf(text, TV_PLACE_TEXT, address->ipv6 ? "[%s]:%u" : "%s:%u", number, port);
        return text;
}

const char *
tv_subject_text(const struct tv_host_view *view, uint32_t number, char text[TV_PLACE_TEXT])
{
        const struct tv_subject *subject = &view->hosts->subject[number];

        return tv_place_text(&subject->address, subject->port, text);
}

const char *
tv_setting_text(const struct tv_setting *setting, const char *name, const char *fallback, char text[TV_SETTING_TEXT])
{
        if (setting->told)
                snprintf(text, TV_SETTING_TEXT, "%s (%lld)", name, setting->value);
        else if (fallback != NULL)
                snprintf(text, TV_SETTING_TEXT, "%s (%s by default)", name, fallback);
        else
                snprintf(text, TV_SETTING_TEXT, "%s", name);
        return text;
}

static int
compare_times(const void *x, const void *y)
{
        const tv_time *a = x, *b = y;

        return (*a > *b) - (*a < *b);
}

tv_time
tv_time_percentile(tv_time *times, size_t count, unsigned percent)
{
        size_t rank;

        if (count == 0)
                return 0;
        qsort(times, count, sizeof *times, compare_times);
        rank = (count * percent + 99) / 100;
        return times[rank == 0 ? 0 : rank - 1];
}

bool
tv_host_is_here(const struct tv_host_view *view, const struct tv_address *address)
{
        const struct tv_capture_quality *q = view->subject->quality;

        return q->has_taken_at && tv_address_equal(&q->taken_at, address);
}

/* Findings go out by time, causes before what follows from them. */
static void
emit_all(struct tv_host_view *view, void (*emit)(void *context, const struct tv_finding *finding), void *context)
{
        struct tv_host_findings *findings = view->findings;
        unsigned place[TV_HOST_FINDINGS] = {0};
        unsigned out = 0;

        while (out < findings->count) {
                size_t next = findings->count;

                for (size_t i = 0; i < findings->count; i++) {
                        unsigned cause = findings->cause[i];

                        if (place[i] != 0 || (cause != 0 && place[cause - 1] == 0))
                                continue;
                        if (next == findings->count || findings->at[i].time < findings->at[next].time)
                                next = i;
                }
                if (next == findings->count)
                        break; /* a circle: there is none */
                place[next] = ++out;
                if (findings->cause[next] != 0)
                        findings->at[next].cause_back = (uint16_t)(out - place[findings->cause[next] - 1]);
                emit(context, &findings->at[next]);
        }
}

void
tv_diagnose_hosts(const struct tv_host_case *subject, void (*emit)(void *context, const struct tv_finding *finding),
                  void *context)
{
        struct tv_host_view view = {
                .subject = subject, .hosts = subject->hosts, .series = subject->series, .end = subject->end};
        bool whole = true;

        if (subject->hosts->connections == 0)
                return;
        view.findings = calloc(1, sizeof *view.findings);
        for (unsigned kind = 0; kind < 2; kind++) {
                view.by_service[kind] = sorted(&subject->hosts->log[kind], compare_services);
                view.by_client[kind] = sorted(&subject->hosts->log[kind], compare_clients);
                whole = whole && view.by_service[kind] != NULL && view.by_client[kind] != NULL;
        }
        if (whole && view.findings != NULL) {
                tv_diagnose_host_opening(&view);
                tv_diagnose_host_answers(&view);
                tv_diagnose_host_outage(&view);
                tv_diagnose_host_idle(&view);
                tv_diagnose_host_piles(&view);
                emit_all(&view, emit, context);
        }
        for (unsigned kind = 0; kind < 2; kind++) {
                free(view.by_service[kind]);
                free(view.by_client[kind]);
        }
        free(view.findings);
}
