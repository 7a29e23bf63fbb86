#include "analyzer/host/digest.h"

#include <string.h>

#define MILLISECOND INT64_C(1000000)
#define SECOND      INT64_C(1000000000)

/* When a state was entered, as well as that is known. */
static tv_time
time_of(const struct tv_transition *t, tv_time fallback)
{
        return t->estimate != TV_NO_TIME   ? t->estimate
               : t->latest != TV_NO_TIME   ? t->latest
               : t->earliest != TV_NO_TIME ? t->earliest
                                           : fallback;
}

static bool
is_closing(unsigned state)
{
        return state == TV_FIN_WAIT_1 || state == TV_FIN_WAIT_2 || state == TV_CLOSE_WAIT || state == TV_CLOSING ||
               state == TV_LAST_ACK || state == TV_TIME_WAIT;
}

static void
forget_closing(struct tv_digest *d)
{
        for (unsigned end = TV_A; end <= TV_B; end++) {
                memset(d->closing[end], TV_NO_STATE, sizeof d->closing[end]);
                for (unsigned i = 0; i <= TV_CLOSING_STATES; i++)
                        d->closing_at[end][i] = TV_NO_TIME;
        }
}

static void
note_closing(struct tv_digest *d, const struct tv_stay *stay)
{
        unsigned i = 0;

        while (i < TV_CLOSING_STATES && d->closing[stay->end][i] != TV_NO_STATE)
                i++;
        if (!is_closing(stay->state) || i == TV_CLOSING_STATES)
                return;
        d->closing[stay->end][i] = stay->state;
        d->closing_at[stay->end][i] = stay->from;
        d->closing_at[stay->end][i + 1] = stay->to;
}

bool
tv_digest_stay(const struct tv_digest *digest, enum tv_end end, enum tv_tcp_state state, tv_time now, tv_time *from,
               tv_time *length, bool *left)
{
        for (unsigned i = 0; i < TV_CLOSING_STATES; i++) {
                tv_time until = digest->closing_at[end][i + 1];

                if (digest->closing[end][i] != state)
                        continue;
                *left = until != TV_NO_TIME;
                *from = digest->closing_at[end][i];
                *length = (*left ? until : now) - *from;
                if (*length < 0)
                        *length = 0;
                return true;
        }
        return false;
}

static void
stays(const struct tv_connection *row, tv_time now, bool over, struct tv_passage *out)
{
        for (size_t i = 0; i < row->transition_count && out->stays < TV_STAYS; i++) {
                const struct tv_transition *t = &row->transitions[i], *next = t + 1;
                bool last = i + 1 == row->transition_count || next->end != t->end;
                struct tv_stay *stay = &out->stay[out->stays];

                if (t->to == TV_CLOSED || t->to == TV_LISTEN)
                        continue;
                stay->state = t->to;
                stay->end = t->end;
                stay->shown = t->certainty != TV_ASSUMED;
                stay->from = time_of(t, row->start);
                stay->to = !last ? time_of(next, stay->from) : over ? now : TV_NO_TIME;
                if (stay->to != TV_NO_TIME && stay->to < stay->from)
                        stay->to = stay->from;
                out->stays++;
                if (t->end == TV_B && t->to == TV_ESTABLISHED)
                        out->opened = stay->from;
                note_closing(&out->digest, stay);
        }
}

static uint32_t
looks_of(const struct tv_digest *d)
{
        return (uint32_t)d->window << 16 ^ (uint32_t)d->mss << 4 ^ (uint32_t)d->options * 0x9e3779b1u;
}

void
tv_passage_of_row(const struct tv_connection *row, tv_time now, bool over, struct tv_passage *out)
{
        struct tv_digest *d = &out->digest;

        memset(out, 0, sizeof *out);
        d->conn = row->conn;
        d->first_frame = row->first_frame;
        d->last_frame = row->last_frame;
        d->start = row->start;
        d->until = row->start + row->duration;
        d->watched_until = now;
        d->answered = d->last[TV_B] = d->last_synack = d->closed = d->close_idle = TV_NO_TIME;
        d->last[TV_A] = d->until;
        d->unmet_syn = row->handshake == TV_HANDSHAKE_NO_ANSWER ? d->start : TV_NO_TIME;
        d->ignored_from = d->ignored_until = d->rtt = d->unanswered_since = TV_NO_TIME;
        d->unanswered = TV_NO_END;
        d->reused_after = TV_NO_TIME;
        forget_closing(d);
        out->opened = out->reset[TV_A] = out->reset[TV_B] = TV_NO_TIME;
        for (unsigned end = TV_A; end <= TV_B; end++) {
                d->addr[end] = row->addr[end];
                d->port[end] = row->port[end];
                d->payload[end] = row->dir[end].payload_bytes != TV_UNKNOWN ? row->dir[end].payload_bytes : 0;
                d->state[end] = row->state[end];
                out->resets[end] = row->dir[end].resets;
                out->retransmissions[end] = row->dir[end].retransmissions;
                d->sent_again[end] = row->dir[end].retransmissions < UINT32_MAX
                                             ? (uint32_t)row->dir[end].retransmissions
                                             : UINT32_MAX;
        }
        if (row->dir[TV_A].rtt_samples != 0 && row->dir[TV_B].rtt_samples != 0 &&
            row->dir[TV_A].rtt_samples != TV_UNKNOWN && row->dir[TV_B].rtt_samples != TV_UNKNOWN)
                d->rtt = row->dir[TV_A].rtt_min + row->dir[TV_B].rtt_min;
        d->lost_behind = row->dir[TV_A].lost_downstream < UINT32_MAX ? (uint32_t)row->dir[TV_A].lost_downstream : 0;
        d->turns = row->turns < UINT32_MAX ? (uint32_t)row->turns : UINT32_MAX;
        d->initiator = row->initiator;
        d->handshake = row->handshake;
        d->teardown = row->teardown;
        d->closed_first = row->closed_first;
        d->chosen = row->chosen;
        d->evicted = row->evicted;
        d->syns = row->initiator == TV_INITIATOR_SYN;
        stays(row, now, over, out);
}

void
tv_passage_of_half(const struct tv_half_open *half, struct tv_passage *out)
{
        struct tv_digest *d = &out->digest;

        d->window = half->window;
        d->mss = (half->options & TV_OPT_MSS) != 0 ? half->mss : 0;
        d->options = (uint8_t)(half->options & 0x3f);
        d->looks = looks_of(d);
}

/* How an end closed, and when. */
static void
closing(const struct tv_tracker *tracker, const struct tv_conn *conn, struct tv_passage *out)
{
        struct tv_digest *d = &out->digest;

        for (unsigned end = TV_A; end <= TV_B; end++) {
                unsigned dir = end == TV_A ? tv_conn_a(conn) : !tv_conn_a(conn);
                const struct tv_milestone *fin = tv_track_milestone(tracker, &conn->track, dir, TV_DID_FIN);
                const struct tv_milestone *rst = tv_track_milestone(tracker, &conn->track, dir, TV_DID_RST);

                if (tv_milestone_reached(fin)) {
                        d->fin_by |= (uint8_t)(1u << end);
                        if (fin->latest != TV_NO_TIME && (d->closed == TV_NO_TIME || fin->latest < d->closed)) {
                                d->closed = fin->latest;
                                d->close_frame = fin->cause;
                        }
                }
                if (tv_milestone_reached(rst)) {
                        d->reset_by |= (uint8_t)(1u << end);
                        out->reset[end] = rst->latest;
                        if (rst->latest != TV_NO_TIME && (d->closed == TV_NO_TIME || rst->latest < d->closed)) {
                                d->closed = rst->latest;
                                d->close_frame = rst->cause;
                        }
                }
        }
        if (d->closed != TV_NO_TIME && conn->close_idle != 0)
                d->close_idle = (tv_time)(conn->close_idle - 1) * TV_CONN_SILENCE_UNIT;
}

/* Is something of |dir| on its way, again and again, without any answer? */
static void
unanswered(const struct tv_tracker *tracker, const struct tv_conn *conn, struct tv_digest *d)
{
        for (unsigned end = TV_A; end <= TV_B; end++) {
                unsigned dir = end == TV_A ? tv_conn_a(conn) : !tv_conn_a(conn);
                const struct tv_endpoint *ep = &conn->track.ep[dir], *peer = &conn->track.ep[!dir];
                const struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
                const struct tv_sent *sent, *first = NULL;

                if (trouble == NULL || trouble->retries == 0 || (peer->bits & TV_EP_SEEN) == 0 ||
                    ep->sent.una >= ep->sent.nxt || peer->last_time >= ep->last_time)
                        continue;
                for (uint32_t i = 0; (sent = tv_ledger_recent(&ep->sent, i)) != NULL; i++)
                        if (sent->time > peer->last_time && sent->length != 0)
                                first = sent;
                if (first == NULL)
                        continue;
                d->unanswered = (uint8_t)end;
                d->unanswered_since = first->time;
                d->unanswered_fin = (first->flags & TV_FIN) != 0 && first->length == 1;
                d->retries = trouble->retries;
        }
}

/* What an end does with a FIN is assumed where nothing of it shows; where its peer repeats the FIN, and hears nothing,
 * it is not even likely: the end stays where it was, as far as this capture tells. */
static void
doubt_stays(struct tv_passage *out)
{
        struct tv_digest *d = &out->digest;
        struct tv_stay *before = NULL;
        unsigned kept = 0;

        if (d->unanswered == TV_NO_END)
                return;
        for (unsigned i = 0; i < out->stays; i++) {
                struct tv_stay *stay = &out->stay[i];

                if (stay->end != d->unanswered && !stay->shown && is_closing(stay->state) &&
                    stay->from >= d->unanswered_since && before != NULL && before->end == stay->end) {
                        before->to = stay->to;
                        continue;
                }
                out->stay[kept] = *stay;
                before = &out->stay[kept++];
        }
        if (kept == out->stays)
                return;
        out->stays = kept;
        forget_closing(d);
        for (unsigned i = 0; i < kept; i++)
                note_closing(d, &out->stay[i]);
}

static void
silence(const struct tv_conn *conn, struct tv_passage *out)
{
        struct tv_digest *d = &out->digest;
        const struct tv_endpoint *ep = conn->track.ep;
        tv_time reset = TV_NO_TIME;
        bool spoke[2], progress = false;

        d->silence = (tv_time)conn->silence * TV_CONN_SILENCE_UNIT;
        d->silence_end = conn->silence_end;
        d->silence_survived = (tv_time)conn->silence_before * TV_CONN_SILENCE_UNIT;
        if (conn->silence == 0)
                return;
        for (unsigned dir = 0; dir < 2; dir++)
                spoke[dir] = (ep[dir].bits & TV_EP_SEEN) != 0 && ep[dir].last_time >= conn->silence_end;
        for (unsigned end = 0; end < 2; end++)
                if (out->reset[end] != TV_NO_TIME && (reset == TV_NO_TIME || out->reset[end] < reset))
                        reset = out->reset[end];
        /* What a reset acknowledges, its sender need not have: whoever writes it knows the numbers. */
        for (unsigned dir = 0; dir < 2; dir++)
                progress = progress || (ep[dir].una_time >= conn->silence_end && (ep[!dir].bits & TV_EP_ACKED) != 0 &&
                                        (reset == TV_NO_TIME || ep[dir].una_time < reset));
        if (d->reset_by != 0 && d->fin_by == 0) {
                for (unsigned end = 0; end < 2; end++)
                        if (out->reset[end] != TV_NO_TIME && out->reset[end] >= conn->silence_end && !progress)
                                d->silence_fatal = true;
        } else if (spoke[0] != spoke[1] && d->unanswered != TV_NO_END && d->retries >= 2) {
                d->silence_fatal = true;
        }
        if (!d->silence_fatal)
                d->silence_survived = d->silence;
}

static uint32_t
without_copies(const struct tv_endpoint *ep)
{
        return ep->segments - (ep->twins < ep->segments ? ep->twins : 0);
}

/* Linux writes what it has no other place for into the low six bits of the TSval that goes with a SYN cookie, so that
 * this is up to 64 ms too old (RFC 7323 leaves the clock to its sender).  A SYN-ACK that is only late was still sent
 * after its SYN.  Clocks that move in larger steps than a millisecond are off by as much as a step. */
#define STAMP_STEP INT64_C(20000000)
#define STAMP_MOST INT64_C(66000000)

static bool
has_early_stamp(const struct tv_tracker *tracker, const struct tv_conn *conn, const struct tv_digest *d)
{
        unsigned a = tv_conn_a(conn);
        const struct tv_endpoint *ea = &conn->track.ep[a], *eb = &conn->track.ep[!a];
        tv_time syn = ea->open[TV_DID_SYN].latest, synack = eb->open[TV_DID_SYN].latest, late;

        if (d->syns != 1 || d->synacks != 1 || syn == TV_NO_TIME || synack == TV_NO_TIME || synack < syn ||
            (ea->options & eb->options & TV_OPT_TIMESTAMPS) == 0)
                return false;
        /* Once noted, it is not looked up again. */
        late = conn->track.story != 0 ? (tv_time)tv_track_story(tracker, &conn->track)->late_us[!a][TV_LATE_OPEN] * 1000
                                      : tv_track_open_lateness(tracker, &conn->track, !a);
        return late > STAMP_STEP && late > synack - syn + 1000000 && late < STAMP_MOST;
}

void
tv_passage_of_conn(const struct tv_tracker *tracker, const struct tv_conn *conn, const struct tv_connection *row,
                   const struct tv_opening *opening, tv_time now, bool over, struct tv_passage *out)
{
        unsigned a = tv_conn_a(conn);
        const struct tv_endpoint *ea = &conn->track.ep[a], *eb = &conn->track.ep[!a];
        struct tv_digest *d = &out->digest;
        uint32_t mine;

        tv_passage_of_row(row, now, over, out);
        if ((ea->bits & TV_EP_SEEN) == 0)
                d->last[TV_A] = TV_NO_TIME;
        else
                d->last[TV_A] = ea->last_time;
        if ((eb->bits & TV_EP_SEEN) != 0) {
                d->answered = eb->first_time;
                d->last[TV_B] = eb->last_time;
        }
        d->syns = (ea->bits & TV_EP_SYN_SEEN) != 0;
        d->synacks = (eb->bits & TV_EP_SYN_WITH_ACK) != 0;
        if (d->synacks != 0) {
                d->synack_frame = eb->open[TV_DID_SYN].cause;
                d->last_synack = eb->open[TV_DID_SYN].latest;
        }
        if (opening != NULL) {
                unsigned unmet = opening->syns - (d->answered != TV_NO_TIME);

                d->syns += opening->syns;
                /* Of many only the first few are dated. */
                if (unmet > TV_OPENING_TIMES)
                        unmet = TV_OPENING_TIMES;
                if (opening->syns != 0)
                        d->unmet_syn = unmet == 0 ? d->start : opening->syn_again[unmet - 1];
                if (d->synacks != 0)
                        d->synacks += opening->synacks;
                if (opening->synacks != 0) {
                        d->last_synack = opening->last_synack;
                        d->synack_frame = opening->synack_frame;
                }
                d->ignored = opening->done ? opening->ignored : opening->synacks != 0 ? opening->sent : 0;
                d->ignored_data = opening->ignored_data || (!opening->done && opening->waits_data);
                if (d->ignored != 0) {
                        d->ignored_from = opening->ignored_from;
                        d->ignored_until = opening->done ? opening->ignored_until : opening->waits_since;
                        d->ignored_frame = opening->ignored_frame;
                }
                memcpy(out->syn_again, opening->syn_again, sizeof out->syn_again);
                memcpy(out->synack_again, opening->synack_again, sizeof out->synack_again);
        }
        d->window = (ea->bits & TV_EP_HAS_DATA) == 0 ? ea->raw_window : 0;
        d->mss = (ea->options & TV_OPT_MSS) != 0 ? ea->mss : 0;
        d->options = ea->options & TV_EP_OPTIONS;
        d->looks = looks_of(d);
        /* What the capture cut off may have been there. */
        d->answered_options = d->synacks != 0 && ((ea->options | eb->options) & TV_EP_OPTIONS_CUT) == 0
                                      ? eb->options & TV_EP_OPTIONS
                                      : 0;
        d->ttl = eb->ttl;
        d->early_stamp = has_early_stamp(tracker, conn, d);
        /* A SYN is answered at once, or was not taken. */
        for (unsigned i = 0; d->synacks != 0 && d->answered != TV_NO_TIME && i < out->stays; i++) {
                struct tv_stay *stay = &out->stay[i];

                if (stay->end == TV_B && stay->state == TV_SYN_RCVD && stay->from < d->answered &&
                    (stay->to == TV_NO_TIME || stay->to >= d->answered))
                        stay->from = d->answered;
        }
        closing(tracker, conn, out);
        unanswered(tracker, conn, d);
        doubt_stays(out);
        silence(conn, out);
        mine = without_copies(ea);
        d->goes_on = mine > d->syns + (row->dir[TV_A].resets < mine ? (uint32_t)row->dir[TV_A].resets : mine);
        d->spoken = without_copies(eb);
        d->spoken -= d->synacks < d->spoken ? d->synacks : d->spoken;
        d->spoken -= row->dir[TV_B].resets < d->spoken ? (uint32_t)row->dir[TV_B].resets : d->spoken;
        d->odd_reset = (conn->bits & TV_CONN_ODD_RESET) != 0;
        d->waits_accept = d->payload[TV_B] == 0;
        d->window_left = (eb->bits & TV_EP_SEEN) != 0 ? tv_endpoint_window(eb) : 0;
}
