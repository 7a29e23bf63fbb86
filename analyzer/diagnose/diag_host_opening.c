/* diag_host_opening.c - connections that do not come to be: a full accept queue, a SYN flood and who suffers from it, a
 * scan. */
#include "analyzer/diagnose/diag_host.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MILLISECOND INT64_C(1000000)
#define SECOND      INT64_C(1000000000)

static uint64_t
weight(const struct tv_host_view *view, const struct tv_digest *d, enum tv_digest_kind kind)
{
        return tv_hosts_weight(view->hosts, d->service, kind);
}

static const char *
plural(uint64_t count, const char *one, const char *many)
{
        return count == 1 ? one : many;
}

/* ---- the accept queue ---- */

/* Segments of a connection whose handshake is over for the initiator, dropped without a word: more than one lost
 * acknowledgment explains, and data among them, for which a deferred accept would have waited. */
static bool
is_ignored(const struct tv_digest *d)
{
        return d->ignored >= 3 && d->ignored_data && d->synacks >= 2;
}

/* How many SYNs of |d| were not answered. */
static uint32_t
unmet_syns(const struct tv_digest *d)
{
        if (d->answered == TV_NO_TIME)
                return d->handshake == TV_HANDSHAKE_NO_ANSWER ? d->syns : 0;
        return d->unmet_syn != TV_NO_TIME && d->syns > 1 && d->answered - d->start > SECOND / 2 ? d->syns - 1 : 0;
}

#define BURSTS_TOLD 3

struct overflow {
        uint64_t victims, by_ack, by_syn, dropped, dropped_syns, dropped_acks, synacks, waited, never;
        tv_time from, until;
        uint64_t by_passing; /* connections that lost segments of the handshake's end, but no more */
        bool slow;           /* SYNs were answered now and then */
        uint64_t places;     /* connections that waited in the queue when it was full; 0: not known */
        uint64_t bursts;
        tv_time burst[BURSTS_TOLD][2];

        tv_frame ack_frame[5], synack_frame[4], syn_frame[5];
        unsigned acks, again, syns;
        bool certain; /* without an ignored handshake: many wait, many are not let in */
};

static void
note_moment(struct overflow *o, tv_time from, tv_time until)
{
        o->from = o->from == TV_NO_TIME || from < o->from ? from : o->from;
        o->until = o->until == TV_NO_TIME || until > o->until ? until : o->until;
}

/* A connection that found the queue full, and when. */
struct victim {
        tv_time from, until;
        const struct tv_digest *digest;
        enum tv_digest_kind kind;
        bool ignored; /* its handshake was; else its SYN was dropped */
};

static int
compare_victims(const void *x, const void *y)
{
        const struct victim *a = x, *b = y;

        return a->from != b->from ? (a->from > b->from) - (a->from < b->from)
                                  : (a->digest->conn > b->digest->conn) - (a->digest->conn < b->digest->conn);
}

static void
add_syns(struct overflow *o, const struct tv_digest *d, uint64_t w)
{
        uint32_t unmet = unmet_syns(d);

        o->by_syn += unmet != 0 ? w : 0;
        o->dropped += w * unmet;
        o->dropped_syns += w * unmet;
        if (unmet != 0 && o->syns < 5)
                o->syn_frame[o->syns++] = d->first_frame;
}

static void
add_ignored(struct overflow *o, const struct tv_digest *d, uint64_t w)
{
        o->by_ack += w;
        o->dropped += w * d->ignored;
        o->dropped_acks += w * d->ignored;
        o->synacks += w * (d->synacks - 1);
        if (o->acks < 5)
                o->ack_frame[o->acks++] = d->ignored_frame;
        if (o->again < 4)
                o->synack_frame[o->again++] = d->synack_frame;
}

/* The SYN of |d| met a queue that was full already. */
static bool
meets_full_queue(const struct tv_digest *d)
{
        return d->initiator == TV_INITIATOR_SYN && d->syns >= 2 && unmet_syns(d) != 0 && !is_ignored(d);
}

/* Was |d|, open when |from| came, left without a word by the application until about |until|, while its host
 * acknowledged what came? */
static bool
waits_for_accept(const struct tv_digest *d, tv_time from, tv_time until)
{
        tv_time half = (until - from) / 2;

        if (d->answered == TV_NO_TIME || d->answered >= from || d->sent_again[TV_A] != 0 || d->payload[TV_A] == 0 ||
            d->spoken == 0)
                return false;
        if (d->payload[TV_B] == 0)
                return d->closed == TV_NO_TIME || d->closed > from + half;
        return !d->silence_fatal && d->silence > half && d->silence_end >= from + half &&
               d->silence_end - d->silence < until;
}

/* Until when |d| waited for the application, as long as it can be seen: it asked, and its host answered nothing. */
static tv_time
waits_until(const struct tv_digest *d)
{
        if (d->payload[TV_A] == 0)
                return d->answered;
        if (d->payload[TV_B] == 0)
                return d->closed != TV_NO_TIME ? d->closed : d->watched_until;
        return d->silence > 50 * MILLISECOND && d->silence_end - d->silence < d->answered + SECOND ? d->silence_end
                                                                                                   : d->answered;
}

static size_t
not_after(const tv_time *times, size_t count, tv_time time)
{
        size_t low = 0, high = count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (times[middle] <= time)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* How many wait at |time|. */
static size_t
waiting_at(const tv_time *begin, const tv_time *end, size_t count, tv_time time)
{
        return not_after(begin, count, time) - not_after(end, count, time);
}

static int
compare_counts(const void *x, const void *y)
{
        const size_t *a = x, *b = y;

        return (*a > *b) - (*a < *b);
}

static int
compare_moments(const void *x, const void *y)
{
        const tv_time *a = x, *b = y;

        return (*a > *b) - (*a < *b);
}

/* A slow application takes one now and then: SYNs are dropped when so many wait for it, and answered when fewer do. */
static bool
drops_when_full(struct tv_digests opened, const struct victim *victim, size_t count, tv_time from, tv_time until,
                struct overflow *o)
{
        tv_time *begin = malloc((opened.count + 1) * sizeof *begin), *end = malloc((opened.count + 1) * sizeof *end);
        size_t *wait = malloc((count + 1) * sizeof *wait);
        size_t waits = 0, taken = 0, taken_full = 0, full;
        bool found = false;

        for (size_t i = 0; begin != NULL && end != NULL && i < opened.count; i++) {
                if (opened.at[i]->answered == TV_NO_TIME)
                        continue;
                begin[waits] = opened.at[i]->answered;
                end[waits++] = waits_until(opened.at[i]);
        }
        if (wait != NULL && waits != 0 && count >= 5) {
                qsort(begin, waits, sizeof *begin, compare_moments);
                qsort(end, waits, sizeof *end, compare_moments);
                for (size_t i = 0; i < count; i++)
                        wait[i] = waiting_at(begin, end, waits, victim[i].digest->start);
                qsort(wait, count, sizeof *wait, compare_counts);
                full = wait[count / 10];
                for (size_t i = 0; i < opened.count; i++) {
                        const struct tv_digest *d = opened.at[i];

                        if (unmet_syns(d) != 0 || d->answered == TV_NO_TIME || d->start < from - SECOND ||
                            d->start > until + SECOND)
                                continue;
                        taken++;
                        taken_full += waiting_at(begin, end, waits, d->start) >= full;
                }
                found = full >= 3 && taken >= 5 && taken_full * 10 <= taken;
        }
        free(wait);
        free(begin);
        free(end);
        if (found)
                o->slow = true;
        return found;
}

/* When clients come one by one, each finds the queue full with its SYN, and no handshake is ever ignored: what tells
 * then is that no SYN is answered for a while, and that those who are in the queue are not served. */
static bool
full_for_syns(struct tv_digests opened, const struct victim *victim, size_t count, struct overflow *o)
{
        uint64_t victims = 0, waiting = 0, served = 0;
        tv_time first = INT64_MAX, last = INT64_MIN; /* when those that waited were served */
        tv_time from = victim[0].from, until = victim[0].until;

        for (size_t i = 0; i < count; i++) {
                victims += meets_full_queue(victim[i].digest);
                until = victim[i].until > until ? victim[i].until : until;
        }
        if (victims < 3)
                return false;
        for (size_t i = 0; i < opened.count; i++) {
                const struct tv_digest *d = opened.at[i];

                if (waits_for_accept(d, from, until)) {
                        waiting++;
                        if (d->payload[TV_B] != 0) {
                                first = d->silence_end < first ? d->silence_end : first;
                                last = d->silence_end > last ? d->silence_end : last;
                        }
                }
                served += !meets_full_queue(d) && d->answered != TV_NO_TIME && d->start > from && d->start < until;
        }
        if (waiting < 2 || served != 0 || (first <= last && last - first > (until - from) / 4 + 100 * MILLISECOND))
                return drops_when_full(opened, victim, count, from, until, o);
        o->certain = o->certain || (waiting >= 3 && victims >= 5);
        return true;
}

/* One time in which the queue was full: |count| victims in the order in which they came. */
static void
add_burst(const struct tv_host_view *view, struct tv_digests opened, const struct victim *victim, size_t count,
          struct overflow *o)
{
        tv_time from = TV_NO_TIME, until = TV_NO_TIME;
        uint64_t ignored = 0, waiting = 0;

        for (size_t i = 0; i < count; i++)
                ignored += victim[i].ignored;
        if (ignored == 0 && !full_for_syns(opened, victim, count, o))
                return;
        for (size_t i = 0; i < count; i++) {
                const struct victim *v = &victim[i];
                uint64_t w = weight(view, v->digest, v->kind);

                o->victims += w;
                add_syns(o, v->digest, w);
                if (v->ignored)
                        add_ignored(o, v->digest, w);
                if (v->kind == TV_DIGEST_OPENED)
                        o->waited += w;
                else
                        o->never += w;
                from = from == TV_NO_TIME || v->from < from ? v->from : from;
                until = until == TV_NO_TIME || v->until > until ? v->until : until;
        }
        for (size_t i = 0; i < opened.count; i++)
                waiting += waits_for_accept(opened.at[i], from, until) && !is_ignored(opened.at[i]);
        o->places = waiting > o->places ? waiting : o->places;
        if (o->bursts < BURSTS_TOLD) {
                o->burst[o->bursts][0] = from;
                o->burst[o->bursts][1] = until;
        }
        o->bursts++;
        note_moment(o, from, until);
}

static size_t
collect_victims(struct tv_digests list, enum tv_digest_kind kind, struct victim *victim)
{
        size_t count = 0;

        for (size_t i = 0; i < list.count; i++) {
                const struct tv_digest *d = list.at[i];

                if (is_ignored(d))
                        victim[count++] = (struct victim){d->ignored_from, d->ignored_until, d, kind, true};
                /* A lone SYN that nobody repeats may be anything. */
                else if (unmet_syns(d) != 0 && (d->answered != TV_NO_TIME || d->syns >= 2))
                        victim[count++] = (struct victim){
                                d->start, d->unmet_syn != TV_NO_TIME ? d->unmet_syn : d->start, d, kind, false};
        }
        return count;
}

/* Was a connection begun in (from, until), and taken at once?  |list| is in the order of their beginnings; *next is how
 * far earlier questions came, whose |from| was smaller. */
static bool
takes_between(struct tv_digests list, size_t *next, tv_time from, tv_time until)
{
        while (*next < list.count && list.at[*next]->start <= from)
                ++*next;
        for (size_t i = *next; i < list.count && list.at[i]->start < until; i++)
                if (list.at[i]->initiator == TV_INITIATOR_SYN && unmet_syns(list.at[i]) == 0 && !is_ignored(list.at[i]))
                        return true;
        return false;
}

/* Segments that a full queue dropped of a connection whose SYN-ACK was not repeated, since the queue had room again
 * soon: the third of the handshake, and what followed it in vain. */
static uint64_t
dropped_in_passing(const struct tv_digest *d, const struct overflow *o)
{
        uint32_t syns;

        if (is_ignored(d) || d->answered == TV_NO_TIME || !d->goes_on || d->answered < o->from - SECOND ||
            d->answered > o->until + SECOND)
                return 0;
        if (d->ignored != 0 && d->ignored_data && d->synacks >= 2)
                return d->ignored;
        syns = d->syns > 1 ? d->syns - 1 : 0; /* these are counted with the SYNs */
        return d->synacks == 1 && d->lost_behind > syns && d->lost_behind == d->sent_again[TV_A]
                       ? 1 + d->lost_behind - syns
                       : 0;
}

static void
add_passing(const struct tv_host_view *view, struct tv_digests list, enum tv_digest_kind kind, struct overflow *o)
{
        tv_time last = o->until;

        for (size_t i = 0; i < list.count; i++) {
                uint64_t w = weight(view, list.at[i], kind), dropped = dropped_in_passing(list.at[i], o);

                if (dropped == 0)
                        continue;
                o->by_passing += w;
                last = list.at[i]->answered > last ? list.at[i]->answered : last;
                o->dropped += w * dropped;
                if (unmet_syns(list.at[i]) == 0) {
                        o->victims += w;
                        o->waited += w;
                }
        }
        o->until = last;
}

/* SYNs that found the queue full belong to the time in which others were ignored, or follow it closely, since a client
 * comes back only after a second; where none is ignored, to one time as long as nobody is let in. */
static void
measure_overflow(const struct tv_host_view *view, struct tv_digests opened, struct tv_digests failed,
                 struct overflow *o)
{
        struct victim *victim = malloc((opened.count + failed.count + 1) * sizeof *victim);
        size_t count, next = 0;

        if (victim == NULL)
                return;
        count = collect_victims(opened, TV_DIGEST_OPENED, victim);
        count += collect_victims(failed, TV_DIGEST_FAILED, victim + count);
        if (count != 0)
                qsort(victim, count, sizeof *victim, compare_victims);
        for (size_t first = 0, i; first < count; first = i) {
                tv_time until = victim[first].until;
                bool ignored = victim[first].ignored;

                for (i = first + 1; i < count; i++) {
                        if (victim[i].from > until + SECOND &&
                            (ignored || victim[i].ignored || takes_between(opened, &next, until, victim[i].from)))
                                break;
                        ignored = ignored || victim[i].ignored;
                        until = victim[i].until > until ? victim[i].until : until;
                }
                add_burst(view, opened, &victim[first], i - first, o);
        }
        free(victim);
        if (o->bursts != 0)
                add_passing(view, opened, TV_DIGEST_OPENED, o);
}

/* With tcp_abort_on_overflow the host resets what it would otherwise ignore: right after the handshake, without a word,
 * while it served others before. */
static bool
is_turned_away(const struct tv_digest *d)
{
        return d->initiator == TV_INITIATOR_SYN && d->synacks != 0 && d->goes_on && d->reset_by == 2 &&
               d->fin_by == 0 && d->payload[TV_B] == 0 && d->spoken == 0 && d->closed != TV_NO_TIME &&
               d->answered != TV_NO_TIME &&
               d->closed - d->answered < (d->rtt != TV_NO_TIME ? 2 * d->rtt : 0) + 300 * MILLISECOND;
}

static void
turned_away(struct tv_host_view *view, uint32_t number)
{
        struct tv_digests opened = tv_host_of_service(view, TV_DIGEST_OPENED, number),
                          failed = tv_host_of_service(view, TV_DIGEST_FAILED, number);
        const struct tv_subject *subject = &view->hosts->subject[number];
        struct overflow o = {.from = TV_NO_TIME, .until = TV_NO_TIME};
        uint64_t served = 0, before = 0, kept = 0;
        char host[TV_PLACE_TEXT];
        struct tv_finding *f;

        for (unsigned kind = 0; kind < 2; kind++) {
                struct tv_digests list = kind == TV_DIGEST_OPENED ? opened : failed;

                for (size_t i = 0; i < list.count; i++) {
                        if (!is_turned_away(list.at[i]))
                                continue;
                        kept++;
                        o.victims += weight(view, list.at[i], (enum tv_digest_kind)kind);
                        note_moment(&o, list.at[i]->closed, list.at[i]->closed);
                        if (o.acks < 5)
                                o.ack_frame[o.acks++] = list.at[i]->close_frame;
                }
        }
        if (kept < 5)
                return;
        for (size_t i = 0; i < opened.count; i++) {
                const struct tv_digest *d = opened.at[i];
                uint64_t w = weight(view, d, TV_DIGEST_OPENED);

                before += d->answered != TV_NO_TIME && d->answered < o.from && !is_turned_away(d) ? w : 0;
                served += d->answered != TV_NO_TIME && d->answered > o.from && d->answered < o.until &&
                                          d->payload[TV_B] != 0 && !is_turned_away(d)
                                  ? w
                                  : 0;
        }
        if (before < 2 || served * 4 > o.victims)
                return;
        f = tv_host_finding(view, number, "host.accept-queue-overflow", TV_POSSIBLE, TV_BLAME_B);
        if (f == NULL)
                return;
        f->time = o.from;
        f->until = o.until;
        f->count = o.victims;
        for (unsigned i = 0; i < o.acks; i++)
                tv_finding_frame(f, o.ack_frame[i]);
        f->explains = "handshake.aborted reset.abort reset.unread-data handshake.accept-queue-overflow";
        tv_place_text(&subject->address, 0, host);
        tv_finding_text(f->what,
                        "%" PRIu64
                        " connections were reset right after their handshake, without a word, in %.3f s; %" PRIu64
                        " before that were taken. A full accept queue with tcp_abort_on_overflow=1 does that",
                        o.victims, tv_in_seconds(o.until - o.from), before);
        tv_finding_text(
                f->not_,
                "closed port: the SYNs were answered. Still possible: an application that accepts and resets at "
                "once, or a filter in its name");
        tv_finding_text(
                f->advice,
                "on %s: sysctl net.ipv4.tcp_abort_on_overflow; ss -lnt 'sport = :%u' (Recv-Q above Send-Q: full now); "
                "nstat -az TcpExtListenOverflows: this capture explains %" PRIu64
                " of them. Why does the application not accept()?",
                host, subject->port, o.victims);
}

#define WHEN_TEXT 160

/* "for 0.927 s", "3 times, +0.812 to +1.905, ..." */
static void
burst_text(const struct tv_host_view *view, const struct overflow *o, char text[WHEN_TEXT])
{
        tv_time zero = view->subject->quality->start;
        size_t length;

        if (o->bursts == 1) {
                snprintf(text, WHEN_TEXT, "for %.3f s", tv_in_seconds(o->until - o->from));
                return;
        }
        length = (size_t)snprintf(text, WHEN_TEXT, "%" PRIu64 " times (", o->bursts);
        for (unsigned i = 0; i < BURSTS_TOLD && i < o->bursts; i++)
                length += (size_t)snprintf(text + length, WHEN_TEXT - length, "%s%+.3f to %+.3f s", i != 0 ? ", " : "",
                                           tv_in_seconds(o->burst[i][0] - zero), tv_in_seconds(o->burst[i][1] - zero));
        snprintf(text + length, WHEN_TEXT - length, "%s)", o->bursts > BURSTS_TOLD ? ", ..." : "");
}

#define PARTS_TEXT 240

/* "16 SYNs of 16, the third ACK and 35 packets in all of 7 (SYN-ACK repeated 7 times)" */
static void
dropped_text(const struct overflow *o, char text[PARTS_TEXT])
{
        size_t length = 0;

        text[0] = '\0';
        if (o->by_syn != 0)
                length = (size_t)snprintf(text, PARTS_TEXT, "%" PRIu64 " SYNs of %" PRIu64, o->dropped_syns, o->by_syn);
        if (o->by_ack != 0)
                length += (size_t)snprintf(text + length, PARTS_TEXT - length,
                                           "%sthe third ACK and %" PRIu64 " packets in all of %" PRIu64
                                           " (SYN-ACK repeated %" PRIu64 " times)",
                                           length != 0 ? ", " : "", o->dropped_acks, o->by_ack, o->synacks);
        if (o->by_passing != 0)
                snprintf(text + length, PARTS_TEXT - length,
                         "%s%" PRIu64 " packets of %" PRIu64 " that got through with the next attempt",
                         length != 0 ? ", " : "", o->dropped - o->dropped_syns - o->dropped_acks, o->by_passing);
}

static void
accept_queue(struct tv_host_view *view, uint32_t number)
{
        struct tv_digests opened = tv_host_of_service(view, TV_DIGEST_OPENED, number),
                          failed = tv_host_of_service(view, TV_DIGEST_FAILED, number);
        struct overflow o = {.from = TV_NO_TIME, .until = TV_NO_TIME};
        const struct tv_subject *subject = &view->hosts->subject[number];
        bool here = tv_host_is_here(view, &subject->address);
        const struct tv_profile *profile = view->subject->profile;
        char host[TV_PLACE_TEXT], when[WHEN_TEXT], parts[PARTS_TEXT], ends[80], fits[112] = "", most[TV_SETTING_TEXT],
                                                                                abort_[TV_SETTING_TEXT];
        struct tv_finding *f;

        measure_overflow(view, opened, failed, &o);
        if (o.bursts == 0) {
                turned_away(view, number);
                return;
        }
        /* One connection alone may have met a path that lets SYNs pass and nothing else. */
        if (o.by_ack + o.by_syn < 2 && !here)
                return;
        f = tv_host_finding(view, number, "host.accept-queue-overflow",
                            o.by_ack >= 2 || (here && o.by_ack != 0) || o.certain ? TV_LIKELY : TV_POSSIBLE,
                            TV_BLAME_B);
        if (f == NULL)
                return;
        f->time = o.from;
        f->until = o.until;
        f->count = o.dropped;
        for (unsigned i = 0; i < o.acks; i++)
                tv_finding_frame(f, o.ack_frame[i]);
        for (unsigned i = 0; i < o.again; i++)
                tv_finding_frame(f, o.synack_frame[i]);
        for (unsigned i = 0; i < o.syns; i++)
                tv_finding_frame(f, o.syn_frame[i]);
        f->explains = "handshake.ack-ignored handshake.accept-queue-overflow handshake.syn-lost handshake.no-answer "
                      "handshake.half-open handshake.ack-lost handshake.slow data.loss data.spurious-retransmission "
                      "data.stall data.peer-vanished data.lost-retransmission handshake.spurious-retry "
                      "teardown.open-at-end teardown.close-wait-stuck";
        tv_place_text(&subject->address, 0, host);
        burst_text(view, &o, when);
        /* A queue takes one more than its limit. */
        if (o.places >= 2 && tv_hosts_weight(view->hosts, number, TV_DIGEST_OPENED) == 1)
                snprintf(fits, sizeof fits, " (%" PRIu64 " waited in the queue: a limit of %" PRIu64 " fits)", o.places,
                         o.places - 1);
        dropped_text(&o, parts);
        if (o.never == 0)
                snprintf(ends, sizeof ends, "all got in late");
        else if (o.waited == 0)
                snprintf(ends, sizeof ends, "none ever got in");
        else
                snprintf(ends, sizeof ends, "%" PRIu64 " got in late, %" PRIu64 " never", o.waited, o.never);
        if (o.by_ack == 0)
                tv_finding_text(f->what,
                                "%s %s: %s; %s, while other connections waited in vain for the application to take "
                                "them: the accept queue is full",
                                when, o.slow ? "SYNs were answered only now and then" : "no SYN was answered", parts,
                                ends);
        else
                tv_finding_text(f->what,
                                "accept queue full %s: %" PRIu64 " packets dropped of %" PRIu64 " connections: %s; %s",
                                when, o.dropped, o.victims, parts, ends);
        if (o.by_ack == 0)
                tv_finding_text(f->not_,
                                "host down: it acknowledged what came on open connections. SYN flood: these clients go "
                                "on. Loss: nothing else was repeated. Still possible: a rate limit on SYNs");
        else
                tv_finding_text(
                        f->not_,
                        "lost ACK: data after it was ignored too%s. Deferred accept: that takes data. SYN flood: these "
                        "clients go on. Still possible: a packet filter %s that drops what is no SYN",
                        here ? ", and this capture was taken at the host" : "",
                        here ? "behind the capture" : "or a loss in front of the host");
        tv_finding_text(
                f->advice,
                "on %s: ss -lnt 'sport = :%u' (Recv-Q above Send-Q: full now); nstat -az TcpExtListenOverflows: "
                "this capture explains %" PRIu64
                " of them. Why does the application not accept()? listen(backlog) and %s: the smaller counts%s; a "
                "longer queue only hides a stuck application, %s=1 turns waits into resets",
                host, subject->port, o.dropped,
                tv_setting_text(&profile->somaxconn, "net.core.somaxconn", "4096", most), fits,
                tv_setting_text(&profile->abort_on_overflow, "tcp_abort_on_overflow", NULL, abort_));
}

/* ---- the flood ---- */

/* A SYN whose sender never said another word (or only: not mine, by a reset). */
static bool
is_dead(const struct tv_digest *d)
{
        return d->initiator == TV_INITIATOR_SYN && !d->goes_on &&
               (d->handshake == TV_HANDSHAKE_NO_ANSWER || d->handshake == TV_HANDSHAKE_HALF_OPEN ||
                (d->handshake == TV_HANDSHAKE_ABORTED && d->reset_by == 1));
}

/* The capture shows for how long nothing more came from it. */
static tv_time
watched(const struct tv_digest *d)
{
        return d->watched_until > d->start ? d->watched_until - d->start : 0;
}

struct flood {
        uint64_t dead, syns, answered, unanswered, watched, patient, cookies, cookies_most, repeated, resets;
        uint64_t rude;                     /* answered, and watched for longer than any client takes to go on */
        uint64_t others, real, slow, lost; /* connections that are none of it, those of them that went on ... */
        tv_time from, until, slowest;
        uint64_t sources, most_each, held, alike;
        unsigned prefix; /* bits that all sources share */
        struct tv_address source, top;
        uint64_t top_count;
        uint32_t retries_most;
        bool retries_all; /* one more would have shown */
        bool sampled;     /* not all of it was kept: numbers are scaled, and not exact */
};

static int
compare_sources(const void *x, const void *y)
{
        const struct tv_digest *a = *(const struct tv_digest *const *)x, *b = *(const struct tv_digest *const *)y;
        int order = memcmp(a->addr[TV_A].byte, b->addr[TV_A].byte, a->addr[TV_A].ipv6 ? 16 : 4);

        return order != 0 ? order : (a->conn > b->conn) - (a->conn < b->conn);
}

static unsigned
common_bits(const struct tv_address *a, const struct tv_address *b)
{
        unsigned bits = 0;

        for (unsigned i = 0; i < (a->ipv6 ? 16u : 4u); i++) {
                uint8_t differ = a->byte[i] ^ b->byte[i];

                if (differ == 0) {
                        bits += 8;
                        continue;
                }
                while ((differ & 0x80) == 0) {
                        differ = (uint8_t)(differ << 1);
                        bits++;
                }
                break;
        }
        return bits;
}

struct edge {
        tv_time time;
        int change;
};

static int
compare_edges(const void *x, const void *y)
{
        const struct edge *a = x, *b = y;

        return a->time != b->time ? (a->time > b->time) - (a->time < b->time)
                                  : a->change - b->change; /* out before in */
}

/* Places that half-open connections took at once.  Only a request that has a place is answered again; it keeps it
 * until the last answer has waited its time. */
static uint64_t
held_at_once(const struct tv_digest **at, size_t count, bool cookies, tv_time rto)
{
        struct edge *edge = malloc((2 * count + 1) * sizeof *edge);
        int64_t now = 0, most = 0;
        size_t edges = 0;

        for (size_t i = 0; edge != NULL && i < count; i++) {
                const struct tv_digest *d = at[i];
                unsigned sent = d->synacks < 7 ? d->synacks : 7;

                if (d->answered == TV_NO_TIME || sent == 0 || (sent == 1 && cookies))
                        continue;
                edge[edges++] = (struct edge){d->answered, 1};
                edge[edges++] = (struct edge){d->answered + rto * ((INT64_C(1) << sent) - 1), -1};
        }
        if (edges != 0)
                qsort(edge, edges, sizeof *edge, compare_edges);
        for (size_t i = 0; i < edges; i++) {
                now += edge[i].change;
                most = now > most ? now : most;
        }
        free(edge);
        return (uint64_t)most;
}

/* Ranks the sources of |at|, which it sorts by them. */
static void
rank_sources(const struct tv_digest **at, size_t count, struct flood *flood)
{
        flood->prefix = at[0]->addr[TV_A].ipv6 ? 128 : 32;
        flood->source = at[0]->addr[TV_A];
        qsort(at, count, sizeof *at, compare_sources);
        for (size_t i = 0; i < count;) {
                size_t first = i;
                unsigned common = common_bits(&flood->source, &at[i]->addr[TV_A]);

                flood->prefix = common < flood->prefix ? common : flood->prefix;
                while (i < count && tv_address_equal(&at[i]->addr[TV_A], &at[first]->addr[TV_A]))
                        i++;
                flood->sources++;
                if (i - first > flood->most_each)
                        flood->most_each = i - first;
        }
        /* Which /24 (/64) has most of them: they are sorted, so its addresses are neighbours. */
        for (size_t i = 0; i < count;) {
                size_t first = i;
                unsigned bits = at[i]->addr[TV_A].ipv6 ? 64 : 24;

                while (i < count && common_bits(&at[i]->addr[TV_A], &at[first]->addr[TV_A]) >= bits)
                        i++;
                if (i - first > flood->top_count) {
                        flood->top_count = i - first;
                        flood->top = at[first]->addr[TV_A];
                }
        }
}

static uint64_t
most_alike(const struct tv_digest **at, size_t count, uint32_t *looks)
{
        uint64_t most = 0;

        *looks = 0;

        /* The first ones tell: what is alike mostly is alike with one of them. */
        for (size_t i = 0; i < count && i < 8; i++) {
                uint64_t same = 0;

                for (size_t k = 0; k < count; k++)
                        same += at[k]->looks == at[i]->looks;
                if (same > most) {
                        most = same;
                        *looks = at[i]->looks;
                }
        }
        return most;
}

static void
mask(struct tv_address *address, unsigned bits)
{
        for (unsigned i = 0; i < 16; i++) {
                unsigned kept = bits > 8 * i ? bits - 8 * i : 0;

                if (kept < 8)
                        address->byte[i] &= (uint8_t)(0xff00u >> kept);
        }
}

static void
from_where(const struct flood *flood, char *text, size_t room)
{
        char place[TV_PLACE_TEXT], each[40] = "one SYN each";
        const char *more = flood->sampled ? "more than " : "";
        struct tv_address network = flood->source;
        unsigned bits = network.ipv6 ? 128 : 32, whole = network.ipv6 ? 16 : 8;

        if (flood->most_each != 1)
                snprintf(each, sizeof each, "at most %" PRIu64 " each", flood->most_each);
        if (flood->sources == 1) {
                snprintf(text, room, "one address, %s", tv_place_text(&network, 0, place));
                return;
        }
        if (flood->prefix >= whole && flood->prefix < bits) {
                unsigned round = flood->prefix - flood->prefix % 8;

                mask(&network, round);
                snprintf(text, room, "%s%" PRIu64 " addresses of %s/%u, %s", more, flood->sources,
                         tv_place_text(&network, 0, place), round, each);
                return;
        }
        network = flood->top;
        mask(&network, network.ipv6 ? 64 : 24);
        snprintf(text, room, "%s%" PRIu64 " addresses of everywhere (most, %" PRIu64 ", of %s/%u), %s", more,
                 flood->sources, flood->top_count, tv_place_text(&network, 0, place), network.ipv6 ? 64u : 24u, each);
}

/* The longest run of dead SYNs of |list| without a pause; [*first, *end). */
static uint64_t
busiest(const struct tv_host_view *view, struct tv_digests list, size_t *first, size_t *end)
{
        uint64_t best = 0;

        for (size_t i = 0; i < list.count;) {
                uint64_t run = 0;
                size_t from, last;

                if (!is_dead(list.at[i])) {
                        i++;
                        continue;
                }
                for (from = last = i; i < list.count; i++) {
                        if (!is_dead(list.at[i]))
                                continue;
                        if (list.at[i]->start - list.at[last]->start > 5 * SECOND)
                                break;
                        run += weight(view, list.at[i], TV_DIGEST_FAILED);
                        last = i;
                }
                if (run > best) {
                        best = run;
                        *first = from;
                        *end = last + 1;
                }
        }
        return best;
}

/* Other connections while the flood lasts: real clients, and what it cost them. */
static void
real_clients(const struct tv_host_view *view, struct tv_digests list, enum tv_digest_kind kind, struct flood *flood,
             const struct tv_digest *victim[4], unsigned *victims)
{
        for (size_t i = 0; i < list.count; i++) {
                const struct tv_digest *d = list.at[i];
                uint64_t w = weight(view, d, kind);
                uint32_t unmet = unmet_syns(d);

                if (d->start < flood->from - 10 * MILLISECOND || d->start > flood->until + 10 * SECOND || is_dead(d) ||
                    d->initiator != TV_INITIATOR_SYN)
                        continue;
                flood->others += d->start <= flood->until ? w : 0;
                if (d->goes_on)
                        flood->real += d->start <= flood->until ? w : 0;
                if (unmet == 0)
                        continue;
                flood->lost += w * unmet;
                if (kind == TV_DIGEST_OPENED) {
                        flood->slow += w;
                        if (d->answered - d->start > flood->slowest)
                                flood->slowest = d->answered - d->start;
                }
                if (*victims < 4)
                        victim[(*victims)++] = d;
        }
}

static bool
asks_again(const struct tv_digest *d)
{
        return d->handshake == TV_HANDSHAKE_NO_ANSWER && d->syns >= 2;
}

static void
backlog(struct tv_host_view *view, uint32_t number, const struct flood *flood, struct tv_finding *cause,
        const struct tv_digest *const victim[4], unsigned victims, uint64_t never)
{
        const struct tv_subject *subject = &view->hosts->subject[number];
        const struct tv_profile *profile = view->subject->profile;
        struct tv_finding *f;
        char host[TV_PLACE_TEXT], first[TV_PLACE_TEXT], most[TV_SETTING_TEXT], queue[TV_SETTING_TEXT],
                cookies[TV_SETTING_TEXT], late[64] = "", lost[40] = "";

        if (victims == 0 && never == 0)
                return;
        f = tv_host_finding(view, number, "host.syn-backlog", TV_LIKELY, TV_BLAME_B);
        if (f == NULL)
                return;
        f->time = victims != 0 ? victim[0]->start : flood->from;
        f->until = flood->until;
        f->count = flood->slow + never;
        for (unsigned i = 0; i < victims; i++) {
                tv_finding_frame(f, victim[i]->first_frame);
                f->until = victim[i]->answered != TV_NO_TIME && victim[i]->answered > f->until ? victim[i]->answered
                                                                                               : f->until;
        }
        f->explains = "handshake.syn-lost handshake.no-answer handshake.slow";
        tv_place_text(&subject->address, 0, host);
        if (victims != 0)
                tv_place_text(&victim[0]->addr[TV_A], victim[0]->port[TV_A], first);
        if (flood->slow != 0)
                snprintf(late, sizeof late, "; %" PRIu64 " connected late, after %.3f s at most", flood->slow,
                         tv_in_seconds(flood->slowest));
        if (never != 0)
                snprintf(lost, sizeof lost, "; %" PRIu64 " never got in", never);
        tv_finding_text(f->what,
                        "no place for half-open connections: %" PRIu64 " SYNs of %" PRIu64
                        " real %s dropped%s%s%s%s. At most %" PRIu64 " places were taken at once",
                        flood->lost, flood->slow + never, plural(flood->slow + never, "client", "clients"),
                        victims != 0 ? ", the first " : "", victims != 0 ? first : "", late, lost, flood->held);
        tv_finding_text(
                f->not_,
                "lost on the path: those that repeat their SYN get in as soon as places are free. Accept queue: "
                "no completed handshake was ignored");
        tv_finding_text(f->advice,
                        "on %s: ss -n state syn-recv 'sport = :%u' | wc -l; %s; %s; %s; nstat -az TcpExtListenDrops: "
                        "this capture explains %" PRIu64 " of them",
                        host, subject->port,
                        tv_setting_text(&profile->max_syn_backlog, "sysctl net.ipv4.tcp_max_syn_backlog", NULL, most),
                        tv_setting_text(&profile->somaxconn, "net.core.somaxconn", "4096", queue),
                        tv_setting_text(&profile->syncookies, "net.ipv4.tcp_syncookies", "1", cookies),
                        flood->unanswered + flood->lost);
        if (cause != NULL)
                tv_host_caused_by(view, f, cause);
}

#define FITS_TEXT 112

/* Which settings fit that so many places were taken: where cookies go out beyond it, it is the listener's backlog and
 * one; else also three quarters of tcp_max_syn_backlog and one. */
static const char *
capacity_text(const struct flood *flood, bool cookies, char text[FITS_TEXT])
{
        text[0] = '\0';
        if (flood->held < 2 || flood->sampled || (!cookies && flood->unanswered == 0))
                return text;
        if (cookies)
                snprintf(text, FITS_TEXT, " (listen(%" PRIu64 ") fits)", flood->held - 1);
        else
                snprintf(text, FITS_TEXT, " (tcp_max_syn_backlog = %" PRIu64 " or listen(%" PRIu64 ") fits)",
                         (flood->held - 1) * 4 / 3, flood->held - 1);
        return text;
}

static void
flood_text(const struct tv_host_view *view, uint32_t number, const struct flood *flood, bool cookies,
           struct tv_finding *f)
{
        const struct tv_subject *subject = &view->hosts->subject[number];
        const struct tv_profile *profile = view->subject->profile;
        char host[TV_PLACE_TEXT], from[160], counter[300], retries[100], fits[FITS_TEXT], cookies_set[TV_SETTING_TEXT],
                backlog_set[TV_SETTING_TEXT];
        char held[200] = "", patient[24] = "none", resets[80] = "", again[40] = "", dropped[48] = "", real[100] = "";

        tv_place_text(&subject->address, 0, host);
        from_where(flood, from, sizeof from);
        if (profile->synack_retries != tv_profile_linux.synack_retries)
                snprintf(retries, sizeof retries, "net.ipv4.tcp_synack_retries is %u", profile->synack_retries);
        else
                snprintf(retries, sizeof retries, "net.ipv4.tcp_synack_retries = %u%s fits what b did (default 5)",
                         flood->retries_most, flood->retries_all ? "" : " or more");
        if (flood->held != 0)
                snprintf(held, sizeof held, "; at most %s%" PRIu64 " half-open held at once%s",
                         flood->sampled ? "about " : "", flood->held, capacity_text(flood, cookies, fits));
        if (flood->patient != 0)
                snprintf(patient, sizeof patient, "%" PRIu64, flood->patient);
        if (flood->resets != 0)
                snprintf(resets, sizeof resets, "; %" PRIu64 " said so by a reset: hosts whose address was borrowed",
                         flood->resets);
        if (flood->repeated != 0 && flood->repeated == flood->answered)
                snprintf(again, sizeof again, " (all of them again)");
        else if (flood->repeated != 0)
                snprintf(again, sizeof again, " (%" PRIu64 " of them again)", flood->repeated);
        if (flood->unanswered != 0)
                snprintf(dropped, sizeof dropped, " and dropped %" PRIu64, flood->unanswered);
        if (flood->real != 0 && flood->slow != 0)
                snprintf(real, sizeof real, ". Real clients meanwhile: %" PRIu64 " got in, %" PRIu64 " of them late",
                         flood->real, flood->slow);
        else if (flood->real != 0)
                snprintf(real, sizeof real, ". Real clients meanwhile: %" PRIu64 " got in, none late", flood->real);
        tv_finding_text(f->what,
                        "%s%" PRIu64 " SYNs in %.3f s from %s; none went on%s. b answered %" PRIu64
                        "%s%s%s%s%s; %.0f %% of the SYNs look alike",
                        flood->sampled ? "about " : "", flood->syns, tv_in_seconds(flood->until - flood->from), from,
                        resets, flood->answered, cookies ? ", mostly with cookies" : "", again, dropped, held, real,
                        100.0 * (double)flood->alike / (double)flood->dead);
        tv_finding_text(f->not_,
                        "busy clients: these complete their handshakes, or ask again; of %" PRIu64
                        " watched long enough for that %s did. Scan: one port only. Accept queue: no completed "
                        "handshake was ignored",
                        flood->watched, patient);
        if (cookies || flood->unanswered + flood->lost == 0)
                snprintf(counter, sizeof counter,
                         "nstat -az TcpExtSyncookiesSent TcpExtTCPReqQFullDoCookies: this capture explains %" PRIu64
                         " to %" PRIu64 " of them%s",
                         flood->cookies, flood->cookies_most + flood->real,
                         cookies ? "; tcp_syncookies is on and keeps real clients served" : "");
        else
                snprintf(counter, sizeof counter,
                         "nstat -az TcpExtListenDrops TcpExtTCPReqQFullDrop: this capture explains %" PRIu64
                         " of the first; sysctl %s%s, %s: three quarters of it, or listen(backlog), is the limit",
                         flood->unanswered + flood->lost,
                         tv_setting_text(&profile->syncookies, "net.ipv4.tcp_syncookies", NULL, cookies_set),
                         flood->unanswered != 0 && !profile->syncookies.told ? " (off, it seems)" : "",
                         tv_setting_text(&profile->max_syn_backlog, "net.ipv4.tcp_max_syn_backlog", NULL, backlog_set));
        /* Cookies take no place, and are not repeated: that says nothing of retries. */
        if (cookies && flood->retries_most == 0)
                retries[0] = '\0';
        tv_finding_text(f->advice, "on %s: ss -n state syn-recv 'sport = :%u' | wc -l; %s%s%s%s", host, subject->port,
                        counter, retries[0] != '\0' ? ". " : "", retries,
                        retries[0] != '\0' ? ": fewer free places sooner" : "");
}

static void
syn_flood(struct tv_host_view *view, uint32_t number)
{
        struct tv_digests failed = tv_host_of_service(view, TV_DIGEST_FAILED, number),
                          opened = tv_host_of_service(view, TV_DIGEST_OPENED, number);
        const struct tv_digest **dead, *victim[4];
        struct flood flood = {.from = TV_NO_TIME};
        unsigned victims = 0;
        size_t first = 0, end = 0, count = 0;
        uint64_t never = 0, at_all = 0;
        uint32_t looks;
        bool cookies;
        struct tv_finding *f;
        const struct tv_subject *subject = &view->hosts->subject[number];
        /* A client acknowledges a SYN-ACK at once. */
        tv_time patience = 5 * (subject->rtt.count != 0 ? tv_rtt_percentile(&subject->rtt, 95) : 100 * MILLISECOND) +
                           200 * MILLISECOND;

        flood.dead = busiest(view, failed, &first, &end);
        if (flood.dead < 50 || end - first < 20)
                return;
        dead = malloc((end - first) * sizeof *dead);
        if (dead == NULL)
                return;
        for (size_t i = first; i < end; i++) {
                const struct tv_digest *d = failed.at[i];
                uint64_t w = weight(view, d, TV_DIGEST_FAILED);

                if (!is_dead(d))
                        continue;
                dead[count++] = d;
                flood.syns += w * d->syns;
                flood.answered += d->answered != TV_NO_TIME ? w : 0;
                flood.unanswered += d->answered == TV_NO_TIME ? w : 0;
                flood.repeated += d->synacks > 1 ? w : 0;
                flood.cookies_most += d->synacks == 1 && d->reset_by == 0 ? w : 0;
                flood.resets += d->reset_by == 1 ? w : 0;
                if (watched(d) >= (d->answered != TV_NO_TIME ? patience : SECOND + 200 * MILLISECOND)) {
                        flood.watched += w;
                        flood.patient += d->syns > 1 ? w : 0;
                        flood.rude += d->answered != TV_NO_TIME ? w : 0;
                        if (d->synacks == 1 && watched(d) >= SECOND + 500 * MILLISECOND && d->reset_by == 0)
                                flood.cookies += w;
                        if (d->synacks != 0 && d->synacks - 1 > flood.retries_most)
                                flood.retries_most = d->synacks - 1;
                }
                /* A source that completes connections is no invention. */
                if (d->client != 0 && view->hosts->subject[d->client].handshake[TV_HANDSHAKE_COMPLETE] != 0)
                        at_all += w;
        }
        flood.from = dead[0]->start;
        flood.until = dead[count - 1]->start;
        flood.alike = most_alike(dead, count, &looks) * (flood.dead / count);
        for (size_t i = 0; i < count; i++)
                flood.retries_all |= dead[i]->answered != TV_NO_TIME && dead[i]->synacks == flood.retries_most + 1 &&
                                     flood.retries_most < 16 &&
                                     watched(dead[i]) > ((INT64_C(2) << flood.retries_most) - 1) *
                                                                        view->subject->profile->rto_initial +
                                                                SECOND / 4;
        /* Those that look otherwise, and ask again, are clients that never got in. */
        for (size_t i = 0; i < count; i++)
                never += asks_again(dead[i]) && dead[i]->looks != looks ? weight(view, dead[i], TV_DIGEST_FAILED) : 0;
        /* A host that sends cookies drops none. */
        cookies = flood.cookies * 2 > flood.answered && flood.answered != 0 && flood.unanswered * 10 < flood.answered;
        rank_sources(dead, count, &flood);
        flood.sampled = flood.dead > count;
        /* Where all SYNs are answered, those that are not repeated may be cookies. */
        flood.held = held_at_once(dead, count, flood.unanswered == 0, view->subject->profile->rto_initial) *
                     (flood.dead / count);
        real_clients(view, opened, TV_DIGEST_OPENED, &flood, victim, &victims);
        real_clients(view, failed, TV_DIGEST_FAILED, &flood, victim, &victims);
        free(dead);
        /* Clients that nobody answers ask again; a capture that ends too soon does not show it, one that was filtered
         * for SYNs shows of no client anything else. */
        if ((flood.watched * 2 < flood.dead && (flood.rude < 20 || flood.alike * 10 < flood.dead * 8)) ||
            flood.patient * 4 > flood.watched || at_all * 4 > flood.dead || flood.dead * 2 < flood.others ||
            (double)flood.dead * 1e9 < 2.0 * (double)(flood.until - flood.from))
                return;
        f = tv_host_finding(view, number, "host.syn-flood",
                            flood.repeated + flood.unanswered + flood.real != 0 ? TV_LIKELY : TV_POSSIBLE, TV_BLAME_A);
        if (f == NULL)
                return;
        f->time = flood.from;
        f->until = flood.until;
        f->count = flood.syns;
        for (size_t i = first, shown = 0; i < end && shown < 6; i++)
                if (is_dead(failed.at[i]))
                        tv_finding_frame(f, failed.at[i]->first_frame), shown++;
        for (size_t i = first, shown = 0; i < end && shown < 5; i++)
                if (is_dead(failed.at[i]) && failed.at[i]->synacks > 1)
                        tv_finding_frame(f, failed.at[i]->synack_frame), shown++;
        tv_finding_frame(f, failed.at[end - 1]->first_frame);
        f->explains = "handshake.half-open handshake.no-answer handshake.aborted";
        flood_text(view, number, &flood, cookies, f);
        if (flood.unanswered != 0)
                backlog(view, number, &flood, f, victim, victims, never);
}

/* ---- the scan ---- */

static int
compare_targets(const void *x, const void *y)
{
        const struct tv_digest *a = *(const struct tv_digest *const *)x, *b = *(const struct tv_digest *const *)y;
        int order = a->addr[TV_A].ipv6 != b->addr[TV_A].ipv6 ? a->addr[TV_A].ipv6 - b->addr[TV_A].ipv6
                                                             : memcmp(a->addr[TV_A].byte, b->addr[TV_A].byte, 16);

        if (order == 0)
                order = memcmp(a->addr[TV_B].byte, b->addr[TV_B].byte, 16);
        if (order == 0)
                order = (a->port[TV_B] > b->port[TV_B]) - (a->port[TV_B] < b->port[TV_B]);
        return order != 0 ? order : (a->conn > b->conn) - (a->conn < b->conn);
}

/* It touched the port and went: refused, unanswered, reset at once, or closed without a word. */
static bool
is_touch(const struct tv_digest *d)
{
        return d->initiator == TV_INITIATOR_SYN && d->payload[TV_A] == 0 && d->payload[TV_B] < 200 &&
               (d->handshake != TV_HANDSHAKE_COMPLETE ||
                (d->closed_first == TV_CLOSED_FIRST_A && d->closed != TV_NO_TIME && d->closed - d->start < 2 * SECOND));
}

/* " (ports 135, 139 ...)": what of |at| answered the scanner, in the order of hosts and ports; "" when nothing did. */
static const char *
ports_open(const struct tv_digest **at, size_t count, char text[80])
{
        const struct tv_digest *last = NULL;
        unsigned shown = 0;
        size_t n = 0;

        text[0] = '\0';
        for (size_t i = 0; i < count; i++) {
                const struct tv_digest *d = at[i];

                if (d->initiator != TV_INITIATOR_SYN ||
                    (d->handshake != TV_HANDSHAKE_COMPLETE && d->handshake != TV_HANDSHAKE_HALF_OPEN &&
                     d->handshake != TV_HANDSHAKE_ABORTED) ||
                    (last != NULL && last->port[TV_B] == d->port[TV_B]))
                        continue;
                if (shown++ == 6) {
                        n += (size_t)snprintf(text + n, 80 - n, " ...");
                        break;
                }
                n += (size_t)snprintf(text + n, 80 - n, "%s%u", last == NULL ? " (ports " : ", ", d->port[TV_B]);
                last = d;
        }
        if (last != NULL)
                snprintf(text + n, 80 - n, ")");
        return text;
}

/* Findings name the address that they are about; |source| may be no subject. */
static void
scan_of(struct tv_host_view *view, const struct tv_digest **at, size_t count)
{
        uint64_t targets = 0, hosts = 0, refused = 0, silent = 0, open = 0, touches = 0;
        tv_time from = TV_NO_TIME, until = TV_NO_TIME;
        const struct tv_digest *last = NULL;
        char source[TV_PLACE_TEXT], target[TV_PLACE_TEXT], found[80], used[60];
        uint16_t low = UINT16_MAX, high = 0, one_port = 0;
        bool same_port = true;
        struct tv_finding *f;
        const struct tv_subject *client;
        char sample[80] = "";

        for (size_t i = 0; i < count; i++) {
                const struct tv_digest *d = at[i];
                bool new_host = last == NULL || !tv_address_equal(&last->addr[TV_B], &d->addr[TV_B]);

                if (!is_touch(d))
                        continue;
                touches++;
                if (new_host || last->port[TV_B] != d->port[TV_B]) {
                        targets++;
                        hosts += new_host;
                        refused += d->handshake == TV_HANDSHAKE_REFUSED;
                        silent += d->handshake == TV_HANDSHAKE_NO_ANSWER || d->handshake == TV_HANDSHAKE_UNREACHABLE;
                        open += d->handshake == TV_HANDSHAKE_COMPLETE || d->handshake == TV_HANDSHAKE_HALF_OPEN ||
                                d->handshake == TV_HANDSHAKE_ABORTED;
                }
                low = d->port[TV_B] < low ? d->port[TV_B] : low;
                high = d->port[TV_B] > high ? d->port[TV_B] : high;
                same_port = same_port && (one_port == 0 || one_port == d->port[TV_B]);
                one_port = d->port[TV_B];
                from = from == TV_NO_TIME || d->start < from ? d->start : from;
                until = until == TV_NO_TIME || d->start > until ? d->start : until;
                last = d;
        }
        /* Most of what a scanner touches is not there; who knows what it wants finds it. */
        if (targets < 20 || touches * 10 < count * 8 || (refused + silent) * 2 < targets || touches > targets * 4 ||
            targets * 60 < (uint64_t)((until - from) / SECOND))
                return;
        f = tv_host_finding(view, 0, "host.syn-scan", hosts > 1 && same_port && refused == 0 ? TV_POSSIBLE : TV_LIKELY,
                            TV_BLAME_A);
        if (f == NULL)
                return;
        f->has_address = true;
        f->address = at[0]->addr[TV_A];
        f->port = 0;
        f->time = from;
        f->until = until;
        f->count = targets;
        /* Where not all of its connections are kept: these show how, the sums how many. */
        client = &view->hosts->subject[at[0]->client];
        if (at[0]->client != 0 && client->connections > count) {
                uint64_t asked = client->connections;

                f->count = asked;
                refused = client->handshake[TV_HANDSHAKE_REFUSED];
                silent = client->handshake[TV_HANDSHAKE_NO_ANSWER] + client->handshake[TV_HANDSHAKE_UNREACHABLE];
                open = asked > refused + silent ? asked - refused - silent : 0;
                snprintf(sample, sizeof sample, ", %" PRIu64 " times in all (not all of them kept)", asked);
        }
        for (size_t i = 0, shown = 0; i < count && shown < 8; i++)
                if (is_touch(at[i]))
                        tv_finding_frame(f, at[i]->first_frame), shown++;
        f->explains =
                "handshake.refused handshake.no-answer handshake.unreachable handshake.half-open handshake.aborted "
                "reset.abort";
        tv_place_text(&f->address, 0, source);
        tv_place_text(&last->addr[TV_B], 0, target);
        ports_open(at, count, found);
        if (touches == count)
                snprintf(used, sizeof used, "none was used");
        else
                snprintf(used, sizeof used, "%zu other connection%s of it", count - (size_t)touches,
                         count - touches == 1 ? "" : "s");
        if (hosts == 1)
                tv_finding_text(f->what,
                                "%s touched %s%" PRIu64 " ports of %s (%u to %u) in %.3f s%s: %" PRIu64
                                " refused, %" PRIu64 " silent, %" PRIu64 " open; %s",
                                source, sample[0] != '\0' ? "at least " : "", targets, target, low, high,
                                tv_in_seconds(until - from), sample, refused, silent, open, used);
        else
                tv_finding_text(f->what,
                                "%s touched %s%" PRIu64 " ports of %" PRIu64 " hosts in %.3f s%s%s: %" PRIu64
                                " refused, %" PRIu64 " silent, %" PRIu64 " open; %s",
                                source, sample[0] != '\0' ? "at least " : "", targets, hosts,
                                tv_in_seconds(until - from), same_port ? ", one port each" : "", sample, refused,
                                silent, open, used);
        tv_finding_text(
                f->not_,
                "SYN flood: that meets one port. Service down: its clients ask for one port, again and again; here "
                "%" PRIu64 " places were asked %" PRIu64 " times",
                targets, touches);
        tv_finding_text(f->advice,
                        "whose is %s, and may it do this? What it found open%s: ss -lnt on the hosts touched; close or "
                        "filter what need not be reached",
                        source, found);
}

static void
scans(struct tv_host_view *view)
{
        const struct tv_hosts *hosts = view->hosts;
        size_t all = (size_t)hosts->log[0].count + hosts->log[1].count;
        const struct tv_digest **at = malloc((all + 1) * sizeof *at);
        size_t count = 0;

        if (at == NULL)
                return;
        for (unsigned kind = 0; kind < 2; kind++)
                for (uint32_t i = 0; i < hosts->log[kind].count; i++)
                        at[count++] = &hosts->log[kind].at[i];
        if (count != 0)
                qsort(at, count, sizeof *at, compare_targets);
        for (size_t i = 0; i < count;) {
                size_t first = i;

                while (i < count && tv_address_equal(&at[i]->addr[TV_A], &at[first]->addr[TV_A]))
                        i++;
                if (i - first >= 20)
                        scan_of(view, &at[first], i - first);
        }
        free(at);
}

void
tv_diagnose_host_opening(struct tv_host_view *view)
{
        for (uint32_t number = 1; number < view->hosts->subjects; number++) {
                if (view->hosts->subject[number].role != TV_SUBJECT_SERVICE)
                        continue;
                syn_flood(view, number);
                if (tv_host_found(view, number, "host.syn-flood") == NULL)
                        accept_queue(view, number);
        }
        scans(view);
}
