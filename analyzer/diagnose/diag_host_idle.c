/* diag_host_idle.c - something on the way forgets idle connections: they die after the same silence, while their ends
 * are up and shorter silences do no harm. */
#include "analyzer/diagnose/diag_host.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MILLISECOND INT64_C(1000000)
#define SECOND      INT64_C(1000000000)

struct deaths {
        uint64_t all, sure, by_reset, by_silence, forged, unprovoked;
        tv_time survived; /* the longest silence that did no harm */
        tv_time shortest, longest, first, last;
        tv_frame frame[10];
        unsigned frames;
};

static bool
died(const struct tv_digest *d)
{
        return d->silence_fatal && d->silence >= 500 * MILLISECOND;
}

/* Was the reset the very segment that ended the silence?  Then no packet provoked it, as far as this capture shows. */
static bool
is_unprovoked(const struct tv_digest *d)
{
        return d->reset_by != 0 && d->closed != TV_NO_TIME && d->closed <= d->silence_end;
}

static bool
is_alive_after(const struct tv_digests *list, tv_time time)
{
        for (size_t i = 0; i < list->count; i++) {
                const struct tv_digest *d = list->at[i];

                if (!died(d) && d->last[TV_B] != TV_NO_TIME && d->last[TV_B] > time &&
                    (d->answered > time || d->payload[TV_B] != 0))
                        return true;
        }
        return false;
}

static void
idle_timeout(struct tv_host_view *view, uint32_t number)
{
        struct tv_digests list = tv_host_of_service(view, TV_DIGEST_OPENED, number);
        struct deaths it = {.shortest = INT64_MAX, .first = TV_NO_TIME, .last = TV_NO_TIME};
        char reset[120] = "", place[TV_PLACE_TEXT], others[100], limit[40];
        uint64_t weight = tv_hosts_weight(view->hosts, number, TV_DIGEST_OPENED), survivors = 0;
        struct tv_finding *f;

        for (size_t i = 0; i < list.count; i++)
                if (list.at[i]->silence_survived > it.survived)
                        it.survived = list.at[i]->silence_survived;
        for (size_t i = 0; i < list.count; i++) {
                const struct tv_digest *d = list.at[i];

                survivors += !died(d);
                if (!died(d))
                        continue;
                it.all++;
                if (d->silence <= it.survived)
                        continue;
                it.sure++;
                it.by_reset += d->reset_by != 0;
                it.by_silence += d->reset_by == 0;
                it.forged += d->odd_reset || d->reset_by == 3;
                it.unprovoked += is_unprovoked(d);
                it.shortest = d->silence < it.shortest ? d->silence : it.shortest;
                it.longest = d->silence > it.longest ? d->silence : it.longest;
                it.first = it.first == TV_NO_TIME || d->silence_end < it.first ? d->silence_end : it.first;
                it.last = it.last == TV_NO_TIME || d->silence_end > it.last ? d->silence_end : it.last;
                if (it.frames < 10)
                        it.frame[it.frames++] = d->close_frame != 0 ? d->close_frame : d->last_frame;
        }
        if (it.sure < 3 || it.sure * 10 < it.all * 9 || (it.survived == 0 && it.sure < 5) ||
            it.last - it.first < SECOND / 4)
                return;
        /* All at one moment is a host or a path that failed.  A reset that nothing provoked may be the end's own.  But
         * not where resets do not look like those of the end. */
        if (it.forged * 2 < it.sure &&
            (it.last - it.first < SECOND || !is_alive_after(&list, it.first) || it.unprovoked * 2 > it.sure))
                return;
        f = tv_host_finding(view, number, "host.idle-timeout", TV_LIKELY, TV_BLAME_NETWORK);
        if (f == NULL)
                return;
        f->time = it.first;
        f->until = it.last;
        f->count = it.sure * weight;
        for (unsigned i = 0; i < it.frames; i++)
                tv_finding_frame(f, it.frame[i]);
        f->explains =
                "reset.injected reset.abort reset.half-open-peer reset.unread-data reset.after-close reset.keepalive "
                "reset.timeout data.peer-vanished data.retries-exhausted data.keepalive-dead teardown.process-exit "
                "teardown.one-end-gone data.loss";
        if (it.by_reset != 0)
                snprintf(reset, sizeof reset, "%" PRIu64 " by a reset%s", it.by_reset * weight,
                         it.forged * 2 > it.sure ? " that neither end sent (other TTL, or to both)" : "");
        if (it.by_silence != 0)
                snprintf(reset + strlen(reset), sizeof reset - strlen(reset), "%s%" PRIu64 " without any answer",
                         it.by_reset != 0 ? ", " : "", it.by_silence * weight);
        tv_subject_text(view, number, place);
        if (it.survived != 0) {
                snprintf(others, sizeof others, "The longest silence that one of %" PRIu64 " others survived is %.3f s",
                         survivors * weight, tv_in_seconds(it.survived));
                snprintf(limit, sizeof limit, "between %.1f and %.1f s", tv_in_seconds(it.survived),
                         tv_in_seconds(it.shortest));
        } else {
                snprintf(others, sizeof others, "No connection survived a silence of note");
                snprintf(limit, sizeof limit, "%.1f s or less", tv_in_seconds(it.shortest));
        }
        tv_finding_text(f->what,
                        "%" PRIu64
                        " connections died with the first packet after a silence: %.3f s at the least, %.3f s at the "
                        "most; %s. %s: something on the way forgets them",
                        it.sure * weight, tv_in_seconds(it.shortest), tv_in_seconds(it.longest), reset, others);
        tv_finding_text(f->not_,
                        "%s down: %s. Loss: who was not silent for long had none. An application's own timeout: that "
                        "closes with a FIN",
                        place,
                        is_alive_after(&list, it.first) ? "it answered others meanwhile"
                                                        : "these resets are not its own");
        tv_finding_text(f->advice,
                        "look for a firewall, NAT or load balancer between the clients and %s whose idle timeout is "
                        "%s; raise it, "
                        "or keep connections awake sooner: SO_KEEPALIVE with TCP_KEEPIDLE below %.1f s "
                        "(net.ipv4.tcp_keepalive_time is 7200 s)",
                        place, limit, tv_in_seconds(it.shortest));
}

void
tv_diagnose_host_idle(struct tv_host_view *view)
{
        for (uint32_t number = 1; number < view->hosts->subjects; number++)
                if (view->hosts->subject[number].role == TV_SUBJECT_SERVICE)
                        idle_timeout(view, number);
}
