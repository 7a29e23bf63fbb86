/* diag_host_piles.c - states in which many ends of one host or listener are at once, why they are there, and clients
 * that run out of ports. */
#include "analyzer/diagnose/diag_host.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MILLISECOND INT64_C(1000000)
#define SECOND      INT64_C(1000000000)

/* The connections of one subject whose own end was in a state. */
struct pile {
        uint32_t number;
        enum tv_tcp_state state;
        enum tv_end end; /* the subject's */
        struct tv_digests list;
        struct tv_peak peak;
        uint64_t entered, left, kept;  /* kept: of these as digests */
        uint64_t mute, silent, answer; /* of the digests: it never sent a byte; its peer said nothing more */
        uint64_t peer_fins;            /* of those still there: the peer has sent its FIN */
        tv_time first, last, median, longest;
        tv_frame frame[8];
        unsigned frames;
        uint32_t peer;       /* at the other end of most: the service of a client, the client of a service; 0: none */
        uint32_t usual_peer; /* likewise, where no other is there as often */
        uint64_t peer_count; /* of the digests */
};

static bool
moments(const struct tv_host_view *view, struct pile *p)
{
        tv_time *length = malloc((p->list.count + 1) * sizeof *length);
        size_t count = 0;

        if (length == NULL)
                return false;
        p->first = p->last = TV_NO_TIME;
        for (size_t i = 0; i < p->list.count; i++) {
                const struct tv_digest *d = p->list.at[i];
                enum tv_end other = p->end == TV_A ? TV_B : TV_A;
                tv_time from;
                bool left;

                if (!tv_digest_stay(d, p->end, p->state, view->end, &from, &length[count], &left))
                        continue;
                if (length[count] > p->longest)
                        p->longest = length[count];
                count++;
                p->left += !left;
                p->first = p->first == TV_NO_TIME || from < p->first ? from : p->first;
                if (left && (p->last == TV_NO_TIME || from + length[count - 1] > p->last))
                        p->last = from + length[count - 1];
                p->mute += d->payload[p->end] == 0;
                p->silent += d->last[other] == TV_NO_TIME || d->closed == TV_NO_TIME || d->last[other] <= d->closed;
                p->peer_fins += !left && (d->fin_by >> other & 1) != 0;
                p->answer += d->payload[p->end] != 0 && d->turns != 0;
                if (p->frames < 8)
                        p->frame[p->frames++] = d->close_frame != 0 ? d->close_frame : d->last_frame;
        }
        p->kept = count;
        p->median = tv_time_percentile(length, count, 50);
        free(length);
        return count != 0;
}

static uint32_t
other_subject(const struct pile *p, size_t index)
{
        return p->end == TV_A ? p->list.at[index]->service : p->list.at[index]->client;
}

/* The subject at the other end of most of a pile's connections. */
static void
find_peer(struct pile *p)
{
        uint32_t candidate = 0;
        uint64_t votes = 0;

        for (size_t i = 0; i < p->list.count; i++) {
                if (votes == 0)
                        candidate = other_subject(p, i);
                votes += other_subject(p, i) == candidate ? 1 : (uint64_t)-1;
        }
        for (size_t i = 0; i < p->list.count; i++)
                p->peer_count += other_subject(p, i) == candidate;
        p->usual_peer = candidate;
        p->peer = p->peer_count * 2 > p->list.count ? candidate : 0;
}

/* Is it a pile-up: many at once, and not just because many connections are on their way through the state? */
static bool
measure(const struct tv_host_view *view, struct pile *p)
{
        const struct tv_subject *subject = &view->hosts->subject[p->number];
        int64_t many = view->subject->pileup, few = many * 2 / 5 > 2 ? many * 2 / 5 : 2;
        tv_time round = subject->rtt.count != 0 ? tv_rtt_percentile(&subject->rtt, 50) : 0;

        p->entered = subject->entered[p->state];
        if (p->entered < (uint64_t)few)
                return false;
        tv_series_peak(view->series, p->number, p->state, few, &p->peak);
        /* What is in TIME_WAIT is no open connection, and most of it says nothing. */
        if (p->peak.most < few ||
            (p->peak.most < many && (p->state == TV_TIME_WAIT || p->peak.most * 2 <= p->peak.open_then)))
                return false;
        if (p->peak.most >= many)
                tv_series_peak(view->series, p->number, p->state, many, &p->peak);
        if (!moments(view, p))
                return false;
        if (p->state == TV_TIME_WAIT)
                return true;
        /* For a while, or still so at the end; and each for longer than the network takes.  Where none has left yet,
         * the one that came first tells how long that is. */
        return p->peak.above_from != TV_NO_TIME &&
               (p->peak.above_to - p->peak.above_from >= SECOND / 4 || p->peak.above_to >= view->end) &&
               (p->median >= SECOND / 2 || (p->left == p->kept && p->longest >= SECOND / 2)) && p->median >= 4 * round;
}

static struct tv_finding *
begin(struct tv_host_view *view, const struct pile *p, const char *code, enum tv_confidence confidence,
      enum tv_blame blame)
{
        struct tv_finding *f = tv_host_finding(view, p->number, code, confidence, blame);

        if (f == NULL)
                return NULL;
        f->time = p->first;
        f->until = p->left != 0 || p->last == TV_NO_TIME ? view->end : p->last;
        f->count = p->entered;
        f->end = (uint8_t)p->end;
        for (unsigned i = 0; i < p->frames; i++)
                tv_finding_frame(f, p->frame[i]);
        return f;
}

#define NUMBERS 200

/* "90 ends were in CLOSE_WAIT, at most 39 at once (3.707 s after the start); median 2.039 s, longest 2.481 s, 0 still"
 */
static const char *
numbers(const struct tv_host_view *view, const struct pile *p, char text[NUMBERS])
{
        int64_t open = p->peak.open_then - (p->state == TV_TIME_WAIT ? 0 : p->peak.most);
        char others[40] = "";
        uint64_t left = p->kept != 0 ? p->left * (p->entered / p->kept) : p->left;

        if (left > (uint64_t)(p->peak.at_end > 0 ? p->peak.at_end : 0) || p->entered > p->kept)
                left = (uint64_t)(p->peak.at_end > 0 ? p->peak.at_end : 0);
        if (open != 0)
                snprintf(others, sizeof others, " (%" PRId64 " other%s open)", open, open == 1 ? "" : "s");
        snprintf(text, NUMBERS,
                 "%" PRIu64 " ends in %s, at most %" PRId64
                 " at once, %.3f s after the capture began%s; median %.3f s, "
                 "longest %.3f s; %" PRIu64 " still there at its end",
                 p->entered, tv_tcp_state_name(p->state), p->peak.most,
                 tv_in_seconds(p->peak.at - view->subject->quality->start), others, tv_in_seconds(p->median),
                 tv_in_seconds(p->longest), left);
        return text;
}

static const char *
ss_filter(const struct tv_host_view *view, const struct pile *p, const char *state, char text[120])
{
        const struct tv_subject *subject = &view->hosts->subject[p->number];
        char host[TV_PLACE_TEXT], peer[TV_PLACE_TEXT];

        tv_place_text(&subject->address, 0, host);
        if (subject->role == TV_SUBJECT_SERVICE)
                snprintf(text, 120, "on %s: ss -tnp state %s 'sport = :%u' | wc -l", host, state, subject->port);
        else if (p->peer != 0)
                snprintf(text, 120, "on %s: ss -tnp state %s dst %s | wc -l", host, state,
                         tv_subject_text(view, p->peer, peer));
        else
                snprintf(text, 120, "on %s: ss -tnp state %s | wc -l", host, state);
        return text;
}

#define PORT_RANGE_TEXT 80

static const char *
port_range_text(const struct tv_profile *profile, char text[PORT_RANGE_TEXT])
{
        if (profile->port_low.told)
                snprintf(text, PORT_RANGE_TEXT, "net.ipv4.ip_local_port_range (%lld to %lld)", profile->port_low.value,
                         profile->port_high.value);
        else
                snprintf(text, PORT_RANGE_TEXT, "net.ipv4.ip_local_port_range (32768 to 60999 by default)");
        return text;
}

/* ---- TIME_WAIT: who closes first, and in which pattern ---- */

static struct tv_finding *
closes_first(struct tv_host_view *view, const struct pile *p)
{
        const struct tv_subject *subject = &view->hosts->subject[p->number];
        enum tv_closed_first mine = p->end == TV_A ? TV_CLOSED_FIRST_A : TV_CLOSED_FIRST_B;
        uint64_t first = subject->closed_first[mine], closed = first;
        tv_time *idle = malloc((p->list.count + 1) * sizeof *idle),
                *turns = malloc((p->list.count + 1) * sizeof *turns);
        tv_time low, middle, high, fewest, most, usual, quick = 50 * MILLISECOND;
        struct tv_finding *f = NULL;
        char pattern[200] = "", whose[TV_PLACE_TEXT], advice[200];
        const char *who = p->end == TV_B ? "the service" : "the client";
        size_t count = 0;

        closed += subject->closed_first[p->end == TV_A ? TV_CLOSED_FIRST_B : TV_CLOSED_FIRST_A];
        for (size_t i = 0; idle != NULL && turns != NULL && i < p->list.count; i++) {
                const struct tv_digest *d = p->list.at[i];

                if (d->closed_first != mine || d->close_idle == TV_NO_TIME || (d->fin_by >> p->end & 1) == 0)
                        continue;
                idle[count] = d->close_idle;
                turns[count++] = d->turns;
        }
        if (count >= 20 && first * 10 >= closed * 8) {
                low = tv_time_percentile(idle, count, 10);
                middle = tv_time_percentile(idle, count, 50);
                high = tv_time_percentile(idle, count, 90);
                fewest = tv_time_percentile(turns, count, 10);
                usual = tv_time_percentile(turns, count, 50);
                most = tv_time_percentile(turns, count, 90);
                if (subject->rtt.count != 0 && 2 * tv_rtt_percentile(&subject->rtt, 50) > quick)
                        quick = 2 * tv_rtt_percentile(&subject->rtt, 50);
                if (low >= 300 * MILLISECOND &&
                    high - low <= (middle / 10 > 100 * MILLISECOND ? middle / 10 : 100 * MILLISECOND)) {
                        snprintf(pattern, sizeof pattern,
                                 "idle timeout: it closes after %.3f s of silence (%.3f to %.3f s)",
                                 tv_in_seconds(middle), tv_in_seconds(low), tv_in_seconds(high));
                        snprintf(advice, sizeof advice,
                                 "the idle or keep-alive timeout of %s is about %.1f s; the other end should close "
                                 "first, a little earlier",
                                 who, tv_in_seconds(middle));
                } else if (middle <= quick && fewest == most && usual <= 1) {
                        if (p->end == TV_B) {
                                snprintf(pattern, sizeof pattern,
                                         "no keep-alive: it closes right after %s, %.3f s after the last segment",
                                         usual == 1 ? "its first answer" : "the connection opened",
                                         tv_in_seconds(middle));
                                snprintf(advice, sizeof advice,
                                         "let the service keep connections (keep-alive), or let clients close first");
                        } else {
                                snprintf(pattern, sizeof pattern,
                                         "reconnecting client: a new connection for each exchange, %.1f a second",
                                         subject->last > subject->first
                                                 ? (double)subject->connections /
                                                           tv_in_seconds(subject->last - subject->first)
                                                 : (double)subject->connections);
                                snprintf(advice, sizeof advice,
                                         "let the client keep connections and use them again (a pool, keep-alive)");
                        }
                } else if (middle <= quick && fewest == most) {
                        snprintf(pattern, sizeof pattern,
                                 "request limit: it closes right after exchange number %" PRId64, usual);
                        snprintf(advice, sizeof advice,
                                 "a limit of %" PRId64
                                 " requests per connection (max keep-alive requests) seems set: raise it",
                                 usual);
                }
        }
        free(idle);
        free(turns);
        if (pattern[0] == '\0')
                return NULL;
        f = begin(view, p, "host.closes-first", TV_LIKELY, p->end == TV_A ? TV_BLAME_A : TV_BLAME_B);
        if (f == NULL)
                return NULL;
        f->count = first;
        tv_subject_text(view, p->number, whose);
        tv_finding_text(f->what, "%s closed first on %" PRIu64 " of %" PRIu64 " connections; %s", whose, first, closed,
                        pattern);
        tv_finding_text(f->not_, "the other end: its FIN came second on all of these");
        tv_finding_text(f->advice, "%s. Who closes first keeps TIME_WAIT", advice);
        return f;
}

static void
time_wait(struct tv_host_view *view, struct pile *p)
{
        struct tv_finding *cause = closes_first(view, p), *f;
        const struct tv_subject *subject = &view->hosts->subject[p->number];
        const struct tv_profile *profile = view->subject->profile;
        char text[NUMBERS], filter[120], limits[200], range[PORT_RANGE_TEXT], setting[TV_SETTING_TEXT];

        if (p->end == TV_A)
                snprintf(limits, sizeof limits, "but a client can run out of ports: %s, %s",
                         port_range_text(profile, range),
                         tv_setting_text(&profile->tw_reuse, "tcp_tw_reuse", "2", setting));
        else
                snprintf(limits, sizeof limits, "unless %s is reached",
                         tv_setting_text(&profile->max_tw_buckets, "net.ipv4.tcp_max_tw_buckets", NULL, setting));
        f = begin(view, p, "host.time-wait-pileup", TV_CERTAIN, p->end == TV_A ? TV_BLAME_A : TV_BLAME_B);
        if (f == NULL)
                return;
        if (cause != NULL)
                tv_host_caused_by(view, f, cause);
        tv_finding_text(f->what, "%s: it closes first, and keeps each for %.0f s", numbers(view, p, text),
                        tv_in_seconds(view->subject->profile->two_msl));
        tv_finding_text(f->not_, "a leak: these connections are over, and take neither a descriptor nor a thread");
        tv_finding_text(
                f->advice,
                "%s; nstat -az TcpExtTW: this capture explains %" PRIu64
                " of them. Harmless on a server, %s. tcp_tw_recycle broke clients behind NAT and is gone (Linux "
                "4.12), tcp_fin_timeout does not shorten TIME_WAIT",
                ss_filter(view, p, "time-wait", filter), subject->entered[TV_TIME_WAIT], limits);
}

/* ---- the others ---- */

static void
close_wait(struct tv_host_view *view, struct pile *p)
{
        char text[NUMBERS], filter[120];
        const char *why, *look;
        bool stuck = p->left * 2 > p->kept;
        struct tv_finding *f =
                begin(view, p, "host.close-wait-pileup", TV_CERTAIN, p->end == TV_A ? TV_BLAME_A : TV_BLAME_B);

        if (f == NULL)
                return;
        if (p->mute * 10 > p->kept * 8) {
                why = "it never sent a byte on most of them: not accepted, or never served";
                look = "does the application accept() and read()? ss -lnt shows its queue";
        } else if (stuck) {
                why = "it had sent what it had to say, and ignores the end of the stream";
                look = "a read() that returns 0 must lead to close(): look for leaked descriptors (ls /proc/PID/fd | "
                       "wc -l)";
        } else {
                why = "it closes, but late: starved, or busy with something else";
                look = "what does it do between the peer's FIN and its own close(): a queue, a pool of workers, a "
                       "lock?";
        }
        f->explains = "teardown.slow-close teardown.close-wait-stuck teardown.open-at-end teardown.fin-wait-2-stuck "
                      "teardown.half-close";
        tv_finding_text(f->what, "%s; %s", numbers(view, p, text), why);
        tv_finding_text(f->not_,
                        "the network: the peers' FINs were acknowledged at once. TIME_WAIT: here the application has "
                        "not closed");
        tv_finding_text(f->advice, "%s (-p names the process). No sysctl ends CLOSE_WAIT: %s",
                        ss_filter(view, p, "close-wait", filter), look);
}

static void
fin_wait_2(struct tv_host_view *view, struct pile *p)
{
        char text[NUMBERS], filter[120];
        struct tv_finding *f =
                begin(view, p, "host.fin-wait-2-pileup", TV_CERTAIN, p->end == TV_A ? TV_BLAME_B : TV_BLAME_A);

        if (f == NULL)
                return;
        f->explains = "teardown.fin-wait-2-stuck teardown.fin-wait-2-timeout teardown.open-at-end teardown.half-close "
                      "teardown.slow-close teardown.close-wait-stuck";
        tv_finding_text(f->what, "%s: the other ends acknowledged the FIN and %s", numbers(view, p, text),
                        p->left * 2 <= p->kept            ? "close late"
                        : p->peer_fins * 10 > p->left * 8 ? "closed late, but their FINs do not come through"
                                                          : "do not close");
        tv_finding_text(f->not_, "FIN_WAIT_1: these FINs were acknowledged, so the path works");
        tv_finding_text(f->advice,
                        "%s; the fault is at the other ends, in CLOSE_WAIT: why do they not close? "
                        "net.ipv4.tcp_fin_timeout (%.0f s%s) ends it after close(), not after shutdown()",
                        ss_filter(view, p, "fin-wait-2", filter), tv_in_seconds(view->subject->profile->fin_wait_2),
                        view->subject->profile->fin_wait_2 == tv_profile_linux.fin_wait_2 ? " by default" : "");
}

/* Which of the findings of piles follow from one at the other end, or from a host that fell silent; in the end, when
 * all have been made. */
static void
link_pile(struct tv_host_view *view, const struct pile *p)
{
        static const struct {
                enum tv_tcp_state state;
                const char *effect, *cause;
        } links[] = {
                {TV_FIN_WAIT_2, "host.fin-wait-2-pileup", "host.close-wait-pileup"},
                {TV_FIN_WAIT_1, "host.fin-wait-1-pileup", "host.down"},
                {TV_LAST_ACK, "host.last-ack-pileup", "host.down"},
        };

        for (unsigned i = 0; p->peer != 0 && i < sizeof links / sizeof links[0]; i++) {
                struct tv_finding *effect, *cause;

                if (p->state != links[i].state)
                        continue;
                effect = tv_host_found(view, p->number, links[i].effect);
                cause = tv_host_found(view, p->peer, links[i].cause);
                if (cause == NULL)
                        cause = tv_host_found_at(view, &view->hosts->subject[p->peer].address, links[i].cause);
                if (effect != NULL && cause != NULL && cause->time <= effect->until && effect->time <= cause->until)
                        tv_host_caused_by(view, effect, cause);
        }
}

/* FINs that nobody acknowledges. */
static void
unacknowledged(struct tv_host_view *view, struct pile *p, const char *code, const char *state)
{
        char text[NUMBERS], filter[120];
        const char *why;
        uint64_t quiet = p->silent;
        const struct tv_profile *profile = view->subject->profile;
        struct tv_finding *f = begin(view, p, code, TV_CERTAIN, TV_BLAME_UNKNOWN);
        char orphans[TV_SETTING_TEXT];

        if (f == NULL)
                return;
        if (p->left * 10 < p->kept * 2)
                why = "most left it in the end: the FIN or its acknowledgment was lost and repeated, or the peer's "
                      "host "
                      "is overloaded and slow to answer";
        else if (quiet * 10 > p->kept * 8)
                why = "their peers said nothing more: gone, cut off, or never meaning to close";
        else if (quiet * 10 < p->kept * 2)
                why = "their peers were heard again later: until then the FIN, or data before it, was late or lost on "
                      "the way, or they held the window shut, or what they say does not cover it, as of an attacker "
                      "who wants to tie memory up";
        else
                why = "part of their peers said nothing more, part were heard again later";
        if (quiet * 10 > p->kept * 8 && p->left * 10 >= p->kept * 2)
                f->blame = (uint8_t)(p->end == TV_A ? TV_BLAME_B : TV_BLAME_A);
        f->explains = "teardown.fin-wait-1-stuck teardown.last-ack-stuck teardown.open-at-end teardown.fin1-lost "
                      "teardown.fin2-lost data.peer-vanished data.retries-exhausted teardown.one-end-gone";
        tv_finding_text(f->what, "%s; %" PRIu64 " of %" PRIu64 " peers silent: %s", numbers(view, p, text), quiet,
                        p->kept, why);
        tv_finding_text(f->not_,
                        "an application that does not close: it did, its FIN was sent. One lost FIN: that is repeated "
                        "and costs a second");
        tv_finding_text(f->advice,
                        "%s; look at the path to these peers, and whether they are up; net.ipv4.tcp_orphan_retries "
                        "(%u%s) limits how often the FIN is repeated after close(), %s how many such there may be",
                        ss_filter(view, p, state, filter), profile->orphan_retries,
                        profile->orphan_retries == tv_profile_linux.orphan_retries ? ", written as 0, by default" : "",
                        tv_setting_text(&profile->max_orphans, "tcp_max_orphans", NULL, orphans));
}

static void
piles_of(struct tv_host_view *view, uint32_t number)
{
        static const enum tv_tcp_state states[] = {TV_CLOSE_WAIT, TV_FIN_WAIT_1, TV_FIN_WAIT_2, TV_LAST_ACK,
                                                   TV_TIME_WAIT};
        bool service = view->hosts->subject[number].role == TV_SUBJECT_SERVICE;

        for (unsigned i = 0; i < sizeof states / sizeof states[0]; i++) {
                struct pile p = {.number = number, .state = states[i], .end = service ? TV_B : TV_A};

                if (view->hosts->subject[number].entered[states[i]] < 2)
                        continue;
                p.list = service ? tv_host_of_service(view, TV_DIGEST_OPENED, number)
                                 : tv_host_of_client(view, TV_DIGEST_OPENED, number);
                if (!measure(view, &p))
                        continue;
                find_peer(&p);
                switch (states[i]) {
                case TV_CLOSE_WAIT:
                        close_wait(view, &p);
                        break;
                case TV_FIN_WAIT_2:
                        fin_wait_2(view, &p);
                        break;
                case TV_TIME_WAIT:
                        time_wait(view, &p);
                        break;
                case TV_LAST_ACK:
                        unacknowledged(view, &p, "host.last-ack-pileup", "last-ack");
                        break;
                default:
                        unacknowledged(view, &p, "host.fin-wait-1-pileup", "fin-wait-1");
                        break;
                }
        }
}

/* ---- ports ---- */

static int
compare_ports(const void *x, const void *y)
{
        const uint16_t *a = x, *b = y;

        return *a - *b;
}

struct ports {
        uint64_t used; /* different ones */
        uint16_t low, high;
        bool in_order; /* each a little above the one before it, as some systems choose them */
        tv_time first; /* when one was used first */
        tv_time last;  /* when the last connection began */
};

static bool
ports_of(const struct tv_digests *list, uint32_t service, struct ports *out)
{
        uint16_t *port = malloc((list->count + 1) * sizeof *port);
        size_t count = 0, steps = 0;

        memset(out, 0, sizeof *out);
        if (port == NULL)
                return false;
        for (size_t i = 0; i < list->count; i++) {
                if (list->at[i]->service != service)
                        continue;
                if (count != 0 && list->at[i]->port[TV_A] > port[count - 1] &&
                    list->at[i]->port[TV_A] - port[count - 1] <= 4)
                        steps++;
                if (count == 0)
                        out->first = list->at[i]->start;
                port[count++] = list->at[i]->port[TV_A];
                out->last = list->at[i]->start;
        }
        out->in_order = steps * 2 > count;
        if (count != 0)
                qsort(port, count, sizeof *port, compare_ports);
        for (size_t i = 0; i < count; i++)
                out->used += i == 0 || port[i] != port[i - 1];
        out->low = count != 0 ? port[0] : 0;
        out->high = count != 0 ? port[count - 1] : 0;
        free(port);
        return count != 0;
}

static void
port_exhaustion(struct tv_host_view *view, uint32_t number)
{
        const struct tv_subject *client = &view->hosts->subject[number];
        struct pile p = {.number = number,
                         .state = TV_TIME_WAIT,
                         .end = TV_A,
                         .list = tv_host_of_client(view, TV_DIGEST_OPENED, number)};
        const struct tv_profile *profile = view->subject->profile;
        uint64_t begun = 0, reused = 0, waited = 0;
        char range[PORT_RANGE_TEXT], reuse[TV_SETTING_TEXT], host[TV_PLACE_TEXT], service[TV_PLACE_TEXT];
        struct tv_finding *f;
        struct ports ports;
        bool all_used;

        if (client->entered[TV_TIME_WAIT] + client->reuses < 20 || p.list.count < 20)
                return;
        find_peer(&p);
        p.peer = p.usual_peer;
        if (p.peer == 0 || !ports_of(&p.list, p.peer, &ports))
                return;
        /* Every port of a range, no one left out, in no order: the range is used up. */
        all_used = ports.used >= 20 && ports.used == (uint64_t)(ports.high - ports.low) + 1 && !ports.in_order &&
                   tv_hosts_weight(view->hosts, p.peer, TV_DIGEST_OPENED) == 1 &&
                   ports.last - ports.first < profile->two_msl && client->entered[TV_TIME_WAIT] * 10 >= ports.used * 8;
        for (size_t i = 0; i < p.list.count; i++) {
                const struct tv_digest *d = p.list.at[i];

                if (d->service != p.peer)
                        continue;
                begun += client->reuse_first != TV_NO_TIME && d->start >= client->reuse_first &&
                         d->start <= client->reuse_last;
                if (d->reused && (d->state[TV_A] == TV_TIME_WAIT || d->state[TV_B] == TV_TIME_WAIT) &&
                    d->reused_after < profile->two_msl + 5 * SECOND) {
                        if (d->reused_after < profile->two_msl)
                                reused++;
                        else
                                waited++;
                        if (p.frames < 8)
                                p.frame[p.frames++] = d->last_frame;
                }
        }
        if (!(reused >= 10 && reused * 2 >= begun) && !all_used)
                return;
        f = tv_host_finding(view, number, "host.port-exhaustion", reused >= 10 ? TV_LIKELY : TV_POSSIBLE, TV_BLAME_A);
        if (f == NULL)
                return;
        f->time = reused != 0 && client->reuse_first != TV_NO_TIME ? client->reuse_first : ports.last;
        f->until = client->reuse_last != TV_NO_TIME && reused != 0 ? client->reuse_last : view->end;
        f->count = reused != 0 ? reused : ports.used;
        for (unsigned i = 0; i < p.frames; i++)
                tv_finding_frame(f, p.frame[i]);
        f->explains = "teardown.time-wait-reuse handshake.met-old-connection handshake.stale-syn";
        tv_place_text(&client->address, 0, host);
        tv_subject_text(view, p.peer, service);
        if (reused != 0)
                tv_finding_text(f->what,
                                "%s used %" PRIu64 " ports (%u to %u) to %s, and took %" PRIu64
                                " again while the connection before was in TIME_WAIT, %.3f s after it at the earliest",
                                host, ports.used, ports.low, ports.high, service, reused,
                                tv_in_seconds(client->reuse_least != TV_NO_TIME ? client->reuse_least : 0));
        else
                tv_finding_text(f->what,
                                "%s used every port from %u to %u to %s, %" PRIu64
                                " in all, and none was free again yet; for the %.3f s to the end no further connection "
                                "was tried%s",
                                host, ports.low, ports.high, service, ports.used, tv_in_seconds(view->end - ports.last),
                                waited != 0 ? ", but for those that took one right after TIME_WAIT was over" : "");
        if (reused != 0)
                tv_finding_text(
                        f->not_,
                        "chance: of a range with free ports a client takes one in TIME_WAIT rarely; here it was "
                        "%" PRIu64 " of %" PRIu64 " connections",
                        reused, begun);
        else
                tv_finding_text(
                        f->not_,
                        "chance: ports taken in no order from a wider range leave gaps; these leave none. Still "
                        "possible: the client wanted no more; a connect() that fails sends nothing");
        tv_finding_text(
                f->advice,
                "on %s: sysctl %s; ss -tan state time-wait dst %s | wc -l. Keep connections and use them again, let "
                "the "
                "service close first, or use more addresses; connect() fails with EADDRNOTAVAIL, which no capture "
                "shows. %s lets connect() take ports in TIME_WAIT after 1 s (1: everywhere, 2: loopback only, 0: "
                "never)",
                host, port_range_text(profile, range), service,
                tv_setting_text(&profile->tw_reuse, "net.ipv4.tcp_tw_reuse", "2", reuse));
}

static void
link_piles(struct tv_host_view *view)
{
        static const enum tv_tcp_state states[] = {TV_FIN_WAIT_1, TV_FIN_WAIT_2, TV_LAST_ACK};

        for (uint32_t number = 1; number < view->hosts->subjects; number++) {
                bool service = view->hosts->subject[number].role == TV_SUBJECT_SERVICE;
                struct pile p = {.number = number, .end = service ? TV_B : TV_A};

                if (tv_host_found(view, number, "host.fin-wait-1-pileup") == NULL &&
                    tv_host_found(view, number, "host.fin-wait-2-pileup") == NULL &&
                    tv_host_found(view, number, "host.last-ack-pileup") == NULL)
                        continue;
                p.list = service ? tv_host_of_service(view, TV_DIGEST_OPENED, number)
                                 : tv_host_of_client(view, TV_DIGEST_OPENED, number);
                find_peer(&p);
                for (unsigned i = 0; i < sizeof states / sizeof states[0]; i++) {
                        p.state = states[i];
                        link_pile(view, &p);
                }
        }
}

void
tv_diagnose_host_piles(struct tv_host_view *view)
{
        for (uint32_t number = 1; number < view->hosts->subjects; number++)
                if (view->hosts->subject[number].role == TV_SUBJECT_SERVICE)
                        piles_of(view, number);
        for (uint32_t number = 1; number < view->hosts->subjects; number++)
                if (view->hosts->subject[number].role == TV_SUBJECT_CLIENT) {
                        piles_of(view, number);
                        port_exhaustion(view, number);
                }
        link_piles(view);
}
