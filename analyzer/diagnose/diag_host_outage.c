/* diag_host_outage.c - services that refuse, hosts that fall silent, shut down, come back. */
#include "analyzer/diagnose/diag_host.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MILLISECOND INT64_C(1000000)
#define SECOND      INT64_C(1000000000)

/* ---- nothing listens ---- */

struct refusals {
        uint64_t count;
        size_t first, last; /* in the list of failed ones */
};

/* Was a connection to the service completed in (from, until)? */
static bool
any_opened(const struct tv_digests *opened, tv_time from, tv_time until)
{
        for (size_t i = 0; i < opened->count; i++)
                if (opened->at[i]->answered != TV_NO_TIME && opened->at[i]->answered > from &&
                    opened->at[i]->answered < until && opened->at[i]->initiator != TV_INITIATOR_INFERRED)
                        return true;
        return false;
}

/* Where only some connections are kept, the counts over time tell what the others did: did one open in [from, until]?
 */
static bool
any_counted(const struct tv_host_view *view, uint32_t number, tv_time from, tv_time until)
{
        tv_time step = tv_tally_step(&view->hosts->tally);
        const struct tv_tally_entry *entry;
        size_t count;

        step = step > SECOND ? step : SECOND; /* as they are counted */
        if (tv_hosts_weight(view->hosts, number, TV_DIGEST_OPENED) == 1 &&
            tv_hosts_weight(view->hosts, number, TV_DIGEST_FAILED) == 1)
                return false;
        entry = tv_series_of(view->series, number, &count);
        for (size_t i = 0; i < count; i++) {
                tv_time time = tv_tally_time(&view->hosts->tally, &entry[i]);

                if (tv_tally_kind(&entry[i]) == TV_COUNT_COMPLETED && entry[i].sum > 0 && time + step > from &&
                    time <= until)
                        return true;
        }
        return false;
}

static void
service_down(struct tv_host_view *view, uint32_t number)
{
        struct tv_digests failed = tv_host_of_service(view, TV_DIGEST_FAILED, number),
                          opened = tv_host_of_service(view, TV_DIGEST_OPENED, number);
        const struct tv_subject *subject = &view->hosts->subject[number];
        struct refusals run = {0, 0, 0}, best = {0, 0, 0};
        char host[TV_PLACE_TEXT], before[80] = "", after[80] = "";
        uint64_t weight = tv_hosts_weight(view->hosts, number, TV_DIGEST_FAILED), sources = 0;
        const struct tv_digest *first, *last;
        struct tv_finding *f, *cause;

        if (subject->handshake[TV_HANDSHAKE_REFUSED] < 5)
                return;
        for (size_t i = 0; i < failed.count; i++) {
                if (failed.at[i]->handshake != TV_HANDSHAKE_REFUSED)
                        continue;
                if (run.count != 0 && (any_opened(&opened, failed.at[run.last]->start, failed.at[i]->start) ||
                                       any_counted(view, number, failed.at[run.last]->start, failed.at[i]->start)))
                        run.count = 0;
                if (run.count++ == 0)
                        run.first = i;
                run.last = i;
                if (run.count > best.count)
                        best = run;
        }
        if (best.count * weight < 5)
                return;
        first = failed.at[best.first];
        last = failed.at[best.last];
        for (size_t i = best.first; i <= best.last; i++)
                sources += failed.at[i]->handshake == TV_HANDSHAKE_REFUSED &&
                           (i == best.first || !tv_address_equal(&failed.at[i]->addr[TV_A], &first->addr[TV_A]));
        /* One connection each to many ports is a scan's doing. */
        cause = NULL;
        for (size_t i = 0; i < view->findings->count; i++)
                if (strcmp(view->findings->at[i].code, "host.syn-scan") == 0 &&
                    tv_address_equal(&view->findings->at[i].address, &first->addr[TV_A]) && sources == 1)
                        return;
        f = tv_host_finding(view, number, "host.service-down", TV_CERTAIN, TV_BLAME_B);
        if (f == NULL)
                return;
        f->time = first->start;
        f->until = last->until;
        f->count = best.count * weight;
        for (size_t i = best.first, shown = 0; i <= best.last && shown < 8; i++)
                if (failed.at[i]->handshake == TV_HANDSHAKE_REFUSED)
                        tv_finding_frame(f, failed.at[i]->close_frame), shown++;
        tv_finding_frame(f, last->close_frame);
        f->explains = "handshake.refused";
        tv_place_text(&subject->address, 0, host);
        if (any_opened(&opened, INT64_MIN + 1, first->start))
                snprintf(before, sizeof before, "; before that it took connections");
        if (any_opened(&opened, last->start, INT64_MAX))
                snprintf(after, sizeof after, "; after that it took connections%s", before[0] != '\0' ? " again" : "");
        tv_finding_text(f->what, "every one of %" PRIu64 " SYNs was refused by a reset, for %.3f s%s%s%s",
                        best.count * weight, tv_in_seconds(last->start - first->start),
                        sources == 1 ? ", all of one client" : "", before, after);
        tv_finding_text(f->not_,
                        "host down or filtered: it answers each SYN at once. Scan: one port only. Flood: these clients "
                        "are refused, none is left half-open. A full queue drops, it does not refuse");
        tv_finding_text(
                f->advice,
                "on %s: ss -lnt 'sport = :%u' (nothing listens, or on another address); is the service up (systemctl "
                "status, its log)? nstat -az TcpOutRsts: this capture explains %" PRIu64
                " of them; a packet filter with REJECT --reject-with tcp-reset looks the same",
                host, subject->port, best.count * weight);
        cause = tv_host_found(view, number, "host.shutdown");
        if (cause != NULL)
                tv_host_caused_by(view, f, cause);
}

/* ---- all at once ---- */

static int
by_closing(const void *x, const void *y)
{
        const struct tv_digest *a = *(const struct tv_digest *const *)x, *b = *(const struct tv_digest *const *)y;

        return a->closed != b->closed ? (a->closed > b->closed) - (a->closed < b->closed)
                                      : (a->conn > b->conn) - (a->conn < b->conn);
}

/* Did the service itself end the connection first? */
static bool
ended_by_service(const struct tv_digest *d)
{
        return d->closed != TV_NO_TIME && d->closed_first == TV_CLOSED_FIRST_B;
}

static void
shutdown_of(struct tv_host_view *view, uint32_t number)
{
        struct tv_digests list = tv_host_of_service(view, TV_DIGEST_OPENED, number),
                          failed = tv_host_of_service(view, TV_DIGEST_FAILED, number);
        const struct tv_subject *subject = &view->hosts->subject[number];
        const struct tv_digest **at = malloc((list.count + 1) * sizeof *at);
        tv_time *start = malloc((list.count + 1) * sizeof *start), from, until, spread, ages, refuses = TV_NO_TIME;
        size_t count = 0, best = 0, best_first = 0, open = 0, resets = 0, refused = 0, unanswered = 0;
        uint64_t weight = tv_hosts_weight(view->hosts, number, TV_DIGEST_OPENED);
        char place[TV_PLACE_TEXT], host[TV_PLACE_TEXT], after[120] = "";
        struct tv_finding *f;

        for (size_t i = 0; at != NULL && i < list.count; i++)
                if (ended_by_service(list.at[i]))
                        at[count++] = list.at[i];
        if (start == NULL || count < 8) {
                free(at);
                free(start);
                return;
        }
        qsort(at, count, sizeof *at, by_closing);
        /* The longest run of one right after the other. */
        for (size_t i = 0, k; i < count; i = k) {
                for (k = i + 1; k < count && at[k]->closed - at[k - 1]->closed <= SECOND / 10 &&
                                at[k]->closed - at[i]->closed <= SECOND;)
                        k++;
                if (k - i > best) {
                        best = k - i;
                        best_first = i;
                }
        }
        from = at[best_first]->closed;
        until = at[best_first + best - 1]->closed;
        spread = until - from;
        for (size_t i = 0; i < list.count; i++) {
                const struct tv_digest *d = list.at[i];

                open += d->start < from && (d->closed == TV_NO_TIME || d->closed >= from) &&
                        d->last[TV_B] != TV_NO_TIME;
        }
        for (size_t i = 0; i < best; i++) {
                start[i] = at[best_first + i]->start;
                resets += (at[best_first + i]->reset_by & 2) != 0 && (at[best_first + i]->fin_by & 2) == 0;
        }
        ages = tv_time_percentile(start, best, 90) - tv_time_percentile(start, best, 10);
        for (size_t i = 0; i < failed.count; i++) {
                const struct tv_digest *d = failed.at[i];

                if (d->start > until && d->handshake == TV_HANDSHAKE_REFUSED && refused++ == 0)
                        refuses = d->start;
                unanswered += d->start > until && d->handshake == TV_HANDSHAKE_NO_ANSWER;
        }
        /* Nearly all that were open, of very different ages, within a moment, and nothing taken for a while: no timeout
         * and no limit of requests does that. */
        if (best < 8 || best * 10 < open * 9 || ages < 4 * spread + 100 * MILLISECOND ||
            (ages < 2 * SECOND && refused + unanswered == 0) ||
            (refused != 0 ? any_opened(&list, until, refuses) : any_opened(&list, until, until + SECOND)) ||
            any_opened(&list, from, until) || any_counted(view, number, from + SECOND, until + SECOND)) {
                free(at);
                free(start);
                return;
        }
        f = tv_host_finding(view, number, "host.shutdown", refused + unanswered != 0 ? TV_LIKELY : TV_POSSIBLE,
                            TV_BLAME_B);
        if (f != NULL) {
                f->time = from;
                f->until = until;
                f->count = best * weight;
                for (size_t i = 0; i < best && i < 8; i++)
                        tv_finding_frame(f, at[best_first + i]->close_frame);
                f->explains = "reset.abort teardown.process-exit reset.unread-data reset.after-close";
                tv_subject_text(view, number, place);
                tv_place_text(&subject->address, 0, host);
                if (refused + unanswered != 0)
                        snprintf(after, sizeof after, "; after that %zu SYNs were refused, %zu not answered", refused,
                                 unanswered);
                tv_finding_text(f->what,
                                "%s ended %" PRIu64
                                " connections within %.3f s, %zu by a reset: %zu of the %zu that were open, "
                                "begun up to %.3f s apart%s",
                                place, best * weight, tv_in_seconds(spread), resets, best, open, tv_in_seconds(ages),
                                after);
                tv_finding_text(
                        f->not_,
                        "an idle timeout or a limit of requests: those end each connection at its own time. The "
                        "network: FINs and resets came from the host in order");
                tv_finding_text(f->advice,
                                "on %s: was the service stopped or restarted, or killed (journalctl, systemctl status, "
                                "dmesg for the OOM killer)? ss -lnt 'sport = :%u'",
                                host, subject->port);
        }
        free(at);
        free(start);
}

/* ---- silence ---- */

/* Somebody asked |address| again and again in vain. */
struct plea {
        tv_time from, until; /* the last it was heard of, or the question; when it was heard of again */
        uint64_t conn;
        tv_frame frame;
        bool at_end; /* it was not heard of again */
        bool syn;
        bool busy; /* the question came soon after it was heard of, and is more than a FIN: no idle connection that
                    * somebody may have forgotten */
};

struct pleas {
        struct plea *at;
        size_t count, room;
};

static void
plead(struct pleas *pleas, struct plea plea)
{
        if (pleas->count == pleas->room || plea.until - plea.from < 2 * SECOND)
                return;
        pleas->at[pleas->count++] = plea;
}

/* After |end| was last heard of: sooner than the connection has been silent before without harm. */
static bool
came_soon(const struct tv_digest *d, enum tv_end end)
{
        tv_time silence = d->unanswered_since - d->last[end];

        /* That nobody acknowledges FINs is a pile-up of its own: of data nothing is known then. */
        return !d->unanswered_fin && (silence < SECOND || silence <= d->silence_survived);
}

static void
pleas_of_service(const struct tv_host_view *view, uint32_t number, struct pleas *pleas)
{
        for (unsigned kind = 0; kind < 2; kind++) {
                struct tv_digests list = tv_host_of_service(view, (enum tv_digest_kind)kind, number);

                for (size_t i = 0; i < list.count; i++) {
                        const struct tv_digest *d = list.at[i];

                        if (d->unanswered == TV_A && d->retries >= 2 && d->last[TV_B] != TV_NO_TIME)
                                plead(pleas, (struct plea){d->last[TV_B], d->until, d->conn, d->last_frame, true, false,
                                                           came_soon(d, TV_B)});
                        if (d->handshake == TV_HANDSHAKE_NO_ANSWER && d->syns >= 2)
                                plead(pleas,
                                      (struct plea){d->start, d->until, d->conn, d->last_frame, true, true, true});
                        else if (d->unmet_syn != TV_NO_TIME && d->answered != TV_NO_TIME && d->syns >= 3)
                                plead(pleas,
                                      (struct plea){d->start, d->answered, d->conn, d->first_frame, false, true, true});
                }
        }
}

static void
pleas_of_client(const struct tv_host_view *view, uint32_t number, struct pleas *pleas)
{
        struct tv_digests list = tv_host_of_client(view, TV_DIGEST_OPENED, number);

        for (size_t i = 0; i < list.count; i++) {
                const struct tv_digest *d = list.at[i];

                if (d->unanswered == TV_B && d->retries >= 2 && d->last[TV_A] != TV_NO_TIME)
                        plead(pleas, (struct plea){d->last[TV_A], d->until, d->conn, d->last_frame, true, false,
                                                   came_soon(d, TV_A)});
        }
}

/* Did the host send anything between, as far as that is kept? */
static bool
is_alive_between(const struct tv_host_view *view, const uint32_t *subject, size_t subjects, tv_time from, tv_time until)
{
        for (size_t i = 0; i < subjects; i++) {
                size_t count;
                const struct tv_tally_entry *entry = tv_series_of(view->series, subject[i], &count);
                tv_time step = tv_tally_step(&view->hosts->tally);

                step = step > SECOND / 4 ? step : SECOND / 4;
                for (size_t k = 0; k < count; k++) {
                        tv_time time = tv_tally_time(&view->hosts->tally, &entry[k]);

                        if (tv_tally_kind(&entry[k]) == TV_COUNT_ALIVE && time > from && time + step < until)
                                return true;
                }
        }
        return false;
}

/* Connections from before |from| that the host reset once it was back; when the last of them. */
static uint64_t
forgotten(const struct tv_host_view *view, const uint32_t *subject, size_t subjects, tv_time from, tv_time back,
          tv_time *last)
{
        uint64_t count = 0;

        for (size_t i = 0; i < subjects; i++) {
                bool service = view->hosts->subject[subject[i]].role == TV_SUBJECT_SERVICE;
                struct tv_digests list = service ? tv_host_of_service(view, TV_DIGEST_OPENED, subject[i])
                                                 : tv_host_of_client(view, TV_DIGEST_OPENED, subject[i]);

                for (size_t k = 0; k < list.count; k++) {
                        const struct tv_digest *d = list.at[k];

                        if (d->start > from || d->reset_by != (service ? 2 : 1) || d->fin_by != 0 || d->closed < back)
                                continue;
                        count += tv_hosts_weight(view->hosts, d->service, TV_DIGEST_OPENED);
                        *last = d->closed > *last ? d->closed : *last;
                }
        }
        return count;
}

static void
note_return(struct tv_host_view *view, const uint32_t *subject, size_t subjects, const struct tv_finding *down,
            tv_time from, tv_time until, uint64_t waiting, tv_frame frame)
{
        struct tv_finding *f = tv_host_finding(view, subject[0], "host.recovered", TV_LIKELY, TV_BLAME_UNKNOWN);
        uint64_t resets;

        if (f == NULL)
                return;
        f->port = 0;
        f->time = f->until = until;
        f->count = waiting;
        tv_finding_frame(f, frame);
        resets = forgotten(view, subject, subjects, from, until, &f->until);
        if (resets != 0) {
                tv_finding_text(f->what,
                                "the host answers again after %.3f s of silence; %" PRIu64
                                " connections had asked for it. It resets %" PRIu64
                                " from before: it knows them no more, so it was started anew",
                                tv_in_seconds(until - from), waiting, resets);
                tv_finding_text(f->not_, "a path that came back: behind it the connections would still be known");
        } else {
                tv_finding_text(f->what,
                                "the host answers again after %.3f s of silence; %" PRIu64
                                " connections had asked for it",
                                tv_in_seconds(until - from), waiting);
                tv_finding_text(f->not_,
                                "a reboot: it would reset the connections from before. Unless there are none left");
        }
        f->explains = "data.recovered-after-outage reset.half-open-peer";
        tv_host_caused_by(view, f, down);
}

/* The subjects [first, end) of |order| have one address. */
static void
silent_host(struct tv_host_view *view, const uint32_t *subject, size_t subjects, struct pleas *pleas)
{
        const struct tv_hosts *hosts = view->hosts;
        const struct tv_address *address = &hosts->subject[subject[0]].address;
        tv_time from = 0, until = 0, last_sent = TV_NO_TIME;
        size_t best = 0, best_at = 0, syns = 0, busy = 0;
        bool at_end = true, ever = false, serves = false;
        tv_frame frame = 0, back = 0;
        char host[TV_PLACE_TEXT], by_syns[48] = "";
        struct tv_finding *f;

        pleas->count = 0;
        for (size_t i = 0; i < subjects; i++) {
                const struct tv_subject *s = &hosts->subject[subject[i]];

                if (s->role == TV_SUBJECT_SERVICE) {
                        /* A listener that drops what it does not want is not silent. */
                        if (tv_host_found(view, subject[i], "host.accept-queue-overflow") != NULL ||
                            tv_host_found(view, subject[i], "host.syn-flood") != NULL)
                                return;
                        serves = true;
                        pleas_of_service(view, subject[i], pleas);
                } else {
                        pleas_of_client(view, subject[i], pleas);
                }
                if (s->last_sent != TV_NO_TIME && (last_sent == TV_NO_TIME || s->last_sent > last_sent))
                        last_sent = s->last_sent;
                ever |= s->last_sent != TV_NO_TIME;
        }
        for (uint32_t i = 0; i < hosts->outages && pleas->count < pleas->room; i++) {
                const struct tv_outage *o = &hosts->outage[i];

                if (tv_address_equal(&o->address, address))
                        plead(pleas, (struct plea){o->from, o->until, o->conn, o->frame, false, false,
                                                   o->asked != TV_NO_TIME && o->asked - o->from < SECOND});
        }
        if (!ever || pleas->count < 2)
                return;
        /* The plea that most others share. */
        for (size_t i = 0; i < pleas->count; i++) {
                size_t same = 0;

                for (size_t k = 0; k < pleas->count; k++) {
                        const struct plea *p = &pleas->at[i], *q = &pleas->at[k];
                        tv_time begin = p->from > q->from ? p->from : q->from,
                                end = p->until < q->until ? p->until : q->until;

                        same += end - begin >= SECOND && (end - begin) * 2 >= q->until - q->from;
                }
                if (same > best) {
                        best = same;
                        best_at = i;
                }
        }
        from = TV_NO_TIME;
        until = INT64_MAX;
        for (size_t k = 0; k < pleas->count; k++) {
                const struct plea *p = &pleas->at[best_at], *q = &pleas->at[k];
                tv_time begin = p->from > q->from ? p->from : q->from, end = p->until < q->until ? p->until : q->until;

                if (end - begin < SECOND || (end - begin) * 2 < q->until - q->from)
                        continue;
                syns += q->syn;
                busy += q->busy;
                at_end = at_end && q->at_end;
                if (!q->syn && (from == TV_NO_TIME || q->from > from))
                        from = q->from;
                if (!q->at_end && q->until < until) {
                        until = q->until;
                        back = q->frame;
                }
                frame = q->frame;
        }
        if (from == TV_NO_TIME)
                from = pleas->at[best_at].from;
        if (last_sent != TV_NO_TIME && last_sent > from && last_sent < pleas->at[best_at].until && at_end)
                from = last_sent; /* the last that was heard of it, on another connection */
        if (until == INT64_MAX)
                until = view->end;
        /* One or two that are not answered are a matter of these connections; where all were idle, somebody on the way
         * may have forgotten them. */
        if (best < 4 || busy == 0 || until - from < 2 * SECOND ||
            is_alive_between(view, subject, subjects, from + SECOND / 4, until))
                return;
        /* It was heard of since; or nothing tells what a client did meanwhile. */
        if (at_end ? last_sent != TV_NO_TIME && last_sent > from : !serves)
                return;
        f = tv_host_finding(view, subject[0], "host.down", best >= 8 ? TV_LIKELY : TV_POSSIBLE, TV_BLAME_UNKNOWN);
        if (f == NULL)
                return;
        f->port = 0;
        f->time = from;
        f->until = until;
        f->count = best;
        tv_finding_frame(f, frame);
        for (size_t k = 0; k < pleas->count && k < 8; k++)
                tv_finding_frame(f, pleas->at[k].frame);
        if (syns != 0)
                snprintf(by_syns, sizeof by_syns, ", %zu of them by SYNs", syns);
        f->explains = "data.peer-vanished data.retries-exhausted handshake.no-answer handshake.syn-lost data.loss "
                      "data.lost-retransmission teardown.fin-wait-1-stuck data.recovered-after-outage";
        tv_place_text(address, 0, host);
        tv_finding_text(f->what,
                        "nothing came from %s for %.3f s%s, while %zu connections asked for it again and again%s", host,
                        tv_in_seconds(until - from), at_end ? ", to the end" : "", best, by_syns);
        tv_finding_text(
                f->not_,
                "a stopped service: its host would refuse or reset. Loss: not one packet of it came through. A path "
                "that is cut looks the same from here");
        tv_finding_text(
                f->advice,
                "is %s up (ping, console)? capture at it: if the packets arrive there, it hangs; if not, look at "
                "the path",
                host);
        if (!at_end && until < view->end)
                note_return(view, subject, subjects, f, from, until, best, back);
}

struct order {
        const struct tv_hosts *hosts;
        uint32_t subject;
};

static int
by_address(const void *x, const void *y)
{
        const struct order *a = x, *b = y;
        const struct tv_address *p = &a->hosts->subject[a->subject].address,
                                *q = &b->hosts->subject[b->subject].address;
        int order = p->ipv6 != q->ipv6 ? p->ipv6 - q->ipv6 : memcmp(p->byte, q->byte, p->ipv6 ? 16 : 4);

        return order != 0 ? order : (a->subject > b->subject) - (a->subject < b->subject);
}

#define PLEAS 512

static void
silent_hosts(struct tv_host_view *view)
{
        const struct tv_hosts *hosts = view->hosts;
        struct order *order = malloc((hosts->subjects + 1) * sizeof *order);
        uint32_t *subject = malloc((hosts->subjects + 1) * sizeof *subject);
        struct pleas pleas = {malloc(PLEAS * sizeof *pleas.at), 0, PLEAS};
        uint32_t count = 0;

        if (order != NULL && subject != NULL && pleas.at != NULL) {
                for (uint32_t i = 1; i < hosts->subjects; i++)
                        order[count++] = (struct order){hosts, i};
                if (count != 0)
                        qsort(order, count, sizeof *order, by_address);
                for (uint32_t i = 0; i < count;) {
                        const struct tv_address *address = &hosts->subject[order[i].subject].address;
                        size_t n = 0;

                        for (; i < count && tv_address_equal(&hosts->subject[order[i].subject].address, address); i++)
                                subject[n++] = order[i].subject;
                        silent_host(view, subject, n, &pleas);
                }
        }
        free(order);
        free(subject);
        free(pleas.at);
}

void
tv_diagnose_host_outage(struct tv_host_view *view)
{
        for (uint32_t number = 1; number < view->hosts->subjects; number++) {
                if (view->hosts->subject[number].role != TV_SUBJECT_SERVICE)
                        continue;
                shutdown_of(view, number);
                service_down(view, number);
        }
        silent_hosts(view);
}
