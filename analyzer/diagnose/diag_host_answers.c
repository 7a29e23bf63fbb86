/* diag_host_answers.c - SYN-ACKs of one listener that are poorer than its others, or have a time stamp that no clock
 * gives: SYN cookies, and options that are lost on the way. */
#include "analyzer/diagnose/diag_host.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WEIGHTY (TV_OPT_SACK_OK | TV_OPT_WSCALE | TV_OPT_TIMESTAMPS)

/* Connections of one kind. */
struct kind {
        uint64_t count;
        tv_time first, last;
        tv_frame frame[6];
        unsigned frames;
};

static void
take(struct kind *kind, const struct tv_digest *d)
{
        if (kind->count++ == 0)
                kind->first = d->start;
        kind->last = d->start;
        if (kind->frames + 2 <= 6) {
                kind->frame[kind->frames++] = d->first_frame;
                kind->frame[kind->frames++] = d->synack_frame;
        }
}

static void
add_frames(struct tv_finding *f, const struct kind *kind)
{
        for (unsigned i = 0; i < kind->frames; i++)
                tv_finding_frame(f, kind->frame[i]);
}

/* Was the SYN of |d| answered by a SYN-ACK, both captured? */
static bool
has_both(const struct tv_digest *d)
{
        return d->syns != 0 && d->synacks != 0 && d->answered_options != 0;
}

/* Without timestamps a cookie has no room for any option but the MSS. */
static bool
is_bare(const struct tv_digest *d)
{
        return (d->options & TV_OPT_TIMESTAMPS) == 0 && (d->options & WEIGHTY) != 0 &&
               (d->answered_options & WEIGHTY) == 0;
}

/* What was offered, and is not answered. */
static uint8_t
missing(const struct tv_digest *d)
{
        return (uint8_t)(d->options & WEIGHTY & ~d->answered_options);
}

/* The same SYN, and an answer to all of it. */
static bool
is_rich(const struct tv_digest *d)
{
        return has_both(d) && (d->options & TV_OPT_TIMESTAMPS) == 0 && (d->options & WEIGHTY) != 0 && missing(d) == 0;
}

static const struct tv_finding *
pressure(const struct tv_host_view *view, uint32_t number)
{
        static const char *const codes[] = {"host.syn-flood", "host.accept-queue-overflow", "host.syn-backlog"};
        const struct tv_finding *f = NULL;

        for (size_t i = 0; i < sizeof codes / sizeof codes[0] && f == NULL; i++)
                f = tv_host_found(view, number, codes[i]);
        return f;
}

static void
syncookies(struct tv_host_view *view, uint32_t number, const struct tv_digests *list)
{
        struct kind early = {0}, stamped = {0}, bare = {0}, rich = {0};
        char stamps[180] = "", without[180] = "", place[TV_PLACE_TEXT];
        const struct tv_finding *cause;
        bool by_stamps, by_options, mixed = false;
        struct tv_finding *f;

        for (size_t i = 0; i < list->count; i++) {
                const struct tv_digest *d = list->at[i];

                if (!has_both(d))
                        continue;
                if (d->early_stamp)
                        take(&early, d);
                if ((d->options & d->answered_options & TV_OPT_TIMESTAMPS) != 0)
                        take(&stamped, d);
                if (is_bare(d))
                        take(&bare, d);
                else if (is_rich(d))
                        take(&rich, d);
        }
        by_stamps = early.count >= 3 && view->subject->quality->clock_steps == 0;
        by_options = bare.count >= 2 && rich.count >= 1;
        if (!by_stamps && !by_options)
                return;
        /* From the first to the last of these no such SYN was answered otherwise: then the listener did something else
         * for a while. */
        for (size_t i = 0; i < list->count; i++)
                mixed |= is_rich(list->at[i]) && list->at[i]->start > bare.first && list->at[i]->start < bare.last;
        f = tv_host_finding(view, number, "handshake.syncookie", by_stamps || !mixed ? TV_LIKELY : TV_POSSIBLE,
                            TV_BLAME_UNKNOWN);
        if (f == NULL)
                return;
        f->count = (by_stamps ? early.count : 0) + (by_options ? bare.count : 0);
        f->time = !by_options || (by_stamps && early.first < bare.first) ? early.first : bare.first;
        f->until = !by_options || (by_stamps && early.last > bare.last) ? early.last : bare.last;
        if (by_stamps) {
                add_frames(f, &early);
                snprintf(stamps, sizeof stamps,
                         "%" PRIu64 " of %" PRIu64
                         " SYN-ACKs with timestamps have one of before the SYN that they answer",
                         early.count, stamped.count);
        }
        if (by_options) {
                add_frames(f, &bare);
                add_frames(f, &rich);
                snprintf(without, sizeof without,
                         "%s%" PRIu64 " SYNs without timestamps were answered without any of their options, %" PRIu64
                         " such SYNs with them",
                         by_stamps ? "; " : "", bare.count, rich.count);
        }
        tv_finding_text(f->what, "%s answered with SYN cookies, it seems: %s%s", tv_subject_text(view, number, place),
                        stamps, without);
        tv_finding_text(
                f->not_, "%s. Never certain: a SYN-ACK with a cookie looks like any other",
                by_stamps ? "a SYN-ACK that is only late: it would not have been stamped before its SYN passed"
                          : "options that a middlebox strips: it would strip all SYNs alike, and timestamps, too; "
                            "other hosts behind the same address may answer like this");
        tv_finding_text(
                f->advice,
                "on the host: nstat -az TcpExtSyncookiesSent TcpExtSyncookiesRecv TcpExtSyncookiesFailed; "
                "net.ipv4.tcp_syncookies (default 1: when the SYN or accept queue is full; 2: always). A cookie "
                "has no room for window scale and SACK unless the client sends timestamps; cookies alone are "
                "no flood");
        cause = pressure(view, number);
        if (cause != NULL)
                tv_host_caused_by(view, f, cause);
}

static void
stripped(struct tv_host_view *view, uint32_t number, const struct tv_digests *list)
{
        static const struct {
                uint8_t bit;
                const char *name;
        } options[] = {{TV_OPT_SACK_OK, "SACK"}, {TV_OPT_WSCALE, "window scale"}, {TV_OPT_TIMESTAMPS, "timestamps"}};
        struct kind poor = {0}, rich = {0};
        uint8_t answered[UINT8_MAX + 1] = {0}, lost = 0, ttl = 0;
        char names[60] = "", place[TV_PLACE_TEXT];
        struct tv_finding *f;

        for (size_t i = 0; i < list->count; i++)
                if (has_both(list->at[i]))
                        answered[list->at[i]->ttl] |= list->at[i]->answered_options & WEIGHTY;
        for (size_t i = 0; i < list->count; i++) {
                const struct tv_digest *d = list->at[i];
                uint8_t without;

                if (!has_both(d) || is_bare(d))
                        continue;
                /* What no answer from the same distance has, that host does not know: others may stand before it, or
                 * share its address. */
                without = missing(d) & answered[d->ttl];
                if (without == 0)
                        continue;
                take(&poor, d);
                lost |= without;
                ttl = d->ttl;
        }
        for (size_t i = 0; poor.count != 0 && i < list->count; i++)
                if (has_both(list->at[i]) && list->at[i]->ttl == ttl && (lost & ~list->at[i]->answered_options) == 0)
                        take(&rich, list->at[i]);
        if (poor.count == 0 || rich.count == 0)
                return;
        for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
                if ((lost & options[i].bit) != 0)
                        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s",
                                 names[0] != '\0' ? ", " : "", options[i].name);
        f = tv_host_finding(view, number, "handshake.options-stripped", TV_POSSIBLE, TV_BLAME_NETWORK);
        if (f == NULL)
                return;
        f->count = poor.count;
        f->time = poor.first;
        f->until = poor.last;
        add_frames(f, &poor);
        add_frames(f, &rich);
        tv_finding_text(f->what,
                        "%" PRIu64 " SYN%s that offered %s were answered without by %s, %" PRIu64
                        " that offered as much with: something between here and it takes options out",
                        poor.count, poor.count == 1 ? "" : "s", names, tv_subject_text(view, number, place),
                        rich.count);
        tv_finding_text(f->not_,
                        "a host that does not know them: it answers others with them. SYN cookies: with timestamps "
                        "these keep the options. Unknown whether several hosts, as far away, answer for this address");
        tv_finding_text(f->advice,
                        "capture at the host as well: does the SYN still have its options there? then look at "
                        "firewalls (\"TCP normalization\"), proxies and load balancers between. ss -tin shows "
                        "what was agreed on: sack, wscale, ts");
}

void
tv_diagnose_host_answers(struct tv_host_view *view)
{
        for (uint32_t number = 1; number < view->hosts->subjects; number++) {
                struct tv_digests list;

                if (view->hosts->subject[number].role != TV_SUBJECT_SERVICE || view->hosts->subject[number].synacks < 2)
                        continue;
                list = tv_host_of_service(view, TV_DIGEST_OPENED, number);
                syncookies(view, number, &list);
                stripped(view, number, &list);
        }
}
