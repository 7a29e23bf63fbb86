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
        tv_time first, last, median, longest;
        tv_frame frame[8];
        unsigned frames;
        uint32_t peer;       /* the service that most of a client's connections are to, 0: none */
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
                p->answer += d->payload[p->end] != 0 && d->turns != 0;
                if (p->frames < 8)
                        p->frame[p->frames++] = d->close_frame != 0 ? d->close_frame : d->last_frame;
        }
        p->kept = count;
        p->median = tv_time_percentile(length, count, 50);
        free(length);
        return count != 0;
}

/* The service that most connections of a client's pile are to. */
static void
find_peer(struct pile *p)
{
        uint32_t candidate = 0;
        uint64_t votes = 0;

        for (size_t i = 0; i < p->list.count; i++) {
                if (votes == 0)
                        candidate = p->list.at[i]->service;
                votes += p->list.at[i]->service == candidate ? 1 : (uint64_t)-1;
        }
        p->peer = candidate;
        for (size_t i = 0; i < p->list.count; i++)
                p->peer_count += p->list.at[i]->service == candidate;
        if (p->peer_count * 2 <= p->list.count)
                p->peer = 0;
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
        /* For a while, or still so at the end; and each for longer than the network takes. */
        return p->peak.above_from != TV_NO_TIME &&
               (p->peak.above_to - p->peak.above_from >= SECOND / 4 || p->peak.above_to >= view->end) &&
               p->median >= SECOND / 2 && p->median >= 4 * round;
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
        uint64_t left = p->kept != 0 ? p->left * (p->entered / p->kept) : p->left;

        if (left > (uint64_t)(p->peak.at_end > 0 ? p->peak.at_end : 0) || p->entered > p->kept)
                left = (uint64_t)(p->peak.at_end > 0 ? p->peak.at_end : 0);
        snprintf(text, NUMBERS,
                 "%" PRIu64 " ends in %s, at most %" PRId64 " at once, %.3f s after the capture began (%" PRId64
                 " others open); median %.3f s, longest %.3f s; %" PRIu64 " still there at its end",
                 p->entered, tv_tcp_state_name(p->state), p->peak.most,
                 tv_in_seconds(p->peak.at - view->subject->quality->start),
                 p->peak.open_then - (p->state == TV_TIME_WAIT ? 0 : p->peak.most), tv_in_seconds(p->median),
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
        char text[NUMBERS], filter[120];

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
                ss_filter(view, p, "time-wait", filter), subject->entered[TV_TIME_WAIT],
                p->end == TV_A ? "but a client can run out of ports (net.ipv4.ip_local_port_range, tcp_tw_reuse)"
                               : "unless net.ipv4.tcp_max_tw_buckets is reached");
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
        tv_finding_text(f->what, "%s: the other ends acknowledged the FIN and do not close", numbers(view, p, text));
        tv_finding_text(f->not_, "FIN_WAIT_1: these FINs were acknowledged, so the path works");
        tv_finding_text(f->advice,
                        "%s; the fault is at the other ends, in CLOSE_WAIT: why do they not close? "
                        "net.ipv4.tcp_fin_timeout (60 s) ends it after close(), not after shutdown()",
                        ss_filter(view, p, "fin-wait-2", filter));
        if (p->peer != 0) {
                struct tv_finding *cause = tv_host_found(view, p->peer, "host.close-wait-pileup");

                if (cause != NULL)
                        tv_host_caused_by(view, f, cause);
        }
}

/* FINs that nobody acknowledges. */
static void
unacknowledged(struct tv_host_view *view, struct pile *p, const char *code, const char *state)
{
        char text[NUMBERS], filter[120];
        const char *why;
        uint64_t quiet = p->silent;
        struct tv_finding *f = begin(view, p, code, TV_CERTAIN, TV_BLAME_UNKNOWN);

        if (f == NULL)
                return;
        if (quiet * 10 > p->kept * 8)
                why = "their peers said nothing more: gone, cut off, or never meaning to close";
        else if (quiet * 10 < p->kept * 2)
                why = "their peers were heard again later: until then the FIN, or data before it, was late or lost on "
                      "the way, or they held the window shut";
        else
                why = "part of their peers said nothing more, part were heard again later";
        if (quiet * 10 > p->kept * 8)
                f->blame = (uint8_t)(p->end == TV_A ? TV_BLAME_B : TV_BLAME_A);
        f->explains = "teardown.fin-wait-1-stuck teardown.last-ack-stuck teardown.open-at-end teardown.fin1-lost "
                      "teardown.fin2-lost data.peer-vanished data.retries-exhausted teardown.one-end-gone";
        tv_finding_text(f->what, "%s; %" PRIu64 " of %" PRIu64 " peers silent: %s", numbers(view, p, text), quiet,
                        p->kept, why);
        tv_finding_text(f->not_,
                        "an application that does not close: it did, its FIN was sent. One lost FIN: that is repeated "
                        "and costs a second");
        tv_finding_text(f->advice,
                        "%s; look at the path to these peers, and whether they are up; net.ipv4.tcp_orphan_retries (8) "
                        "limits how often the FIN is repeated, tcp_max_orphans how many such there may be",
                        ss_filter(view, p, state, filter));
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
                if (!service)
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
        tv_time last;  /* when the last of them was used first */
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
        uint64_t begun = 0, reused = 0;
        char host[TV_PLACE_TEXT], service[TV_PLACE_TEXT];
        struct tv_finding *f;
        struct ports ports;
        bool all_used;

        if (client->entered[TV_TIME_WAIT] + client->reuses < 20 || p.list.count < 20)
                return;
        find_peer(&p);
        if (p.peer == 0 || !ports_of(&p.list, p.peer, &ports))
                return;
        /* Every port of a range, no one left out, in no order: the range is used up. */
        all_used = ports.used >= 20 && ports.used == (uint64_t)(ports.high - ports.low) + 1 && !ports.in_order &&
                   tv_hosts_weight(view->hosts, p.peer, TV_DIGEST_OPENED) == 1;
        for (size_t i = 0; i < p.list.count; i++) {
                const struct tv_digest *d = p.list.at[i];

                if (d->service != p.peer)
                        continue;
                begun += client->reuse_first != TV_NO_TIME && d->start >= client->reuse_first &&
                         d->start <= client->reuse_last;
                if (d->reused && (d->state[TV_A] == TV_TIME_WAIT || d->state[TV_B] == TV_TIME_WAIT) &&
                    d->reused_after < view->subject->profile->two_msl) {
                        reused++;
                        if (p.frames < 8)
                                p.frame[p.frames++] = d->last_frame;
                }
        }
        if (!(reused >= 10 && reused * 2 >= begun) && !(all_used && view->end - ports.last >= SECOND))
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
                                " in all; %.3f s long no further connection was tried",
                                host, ports.low, ports.high, service, ports.used,
                                tv_in_seconds(view->end - ports.last));
        tv_finding_text(
                f->not_,
                "chance: of a range with free ports a client takes one in TIME_WAIT rarely; here it was %" PRIu64
                " of %" PRIu64 " connections",
                reused, begun);
        tv_finding_text(
                f->advice,
                "on %s: sysctl net.ipv4.ip_local_port_range; ss -tan state time-wait dst %s | wc -l. Keep connections "
                "and use them again, let the service close first, or use more addresses; connect() fails with "
                "EADDRNOTAVAIL, which no capture shows",
                host, service);
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
}
