#include "analyzer/tcp/timeline.h"

#include "analyzer/tcp/transition.h"

#define MILLISECOND INT64_C(1000000)
/* The maximum segment lifetime of RFC 9293 section 3.4.1: no segment is under way for longer. */
#define MSL (120000 * MILLISECOND)

tv_time
tv_timeline_delay(const struct tv_track *track, unsigned dir)
{
        const struct tv_rtt *rtt = &track->ep[!dir].rtt;

        return rtt->count != 0 && rtt->min / 2 <= MSL ? rtt->min / 2 : TV_NO_TIME;
}

bool
tv_timeline_may_have_closed(const struct tv_track *track, unsigned dir)
{
        const struct tv_endpoint *ep = &track->ep[dir];
        const struct tv_ledger *sent = &ep->sent;

        if ((ep->bits & TV_EP_FIN_KNOWN) != 0 || !tv_ledger_started(sent))
                return false;
        if (sent->una > sent->nxt || (sent->holes.count != 0 && sent->holes.at[sent->holes.count - 1].end == sent->nxt))
                return true;
        return (ep->bits & TV_EP_ISS_KNOWN) == 0 && sent->nxt == sent->begin;
}

struct path {
        const struct tv_timeline_options *options;
        struct tv_transition *rows;
        size_t count;
        enum tv_tcp_state state;
        enum tv_end end;
        tv_time delay;          /* 0 when unknown */
        tv_time late[TV_LATES]; /* of struct tv_story */
        tv_time fin_since;      /* what brought the FIN was at the capture point not before this; TV_NO_TIME: unknown */
        bool doubt_fin;         /* the peer repeated its FIN, and nothing tells whether the first copy arrived */
        bool ignores_ack1;      /* it took none of several; the one that it took, it answered */
        bool unsure;            /* a FIN may have passed before it that the capture misses */
        bool old_echo;          /* its answer to the SYN-ACK followed the newest copy, but not as the first answer */
        bool fin_again;         /* ... or that is known, or the acknowledgment of it was lost */
        tv_time newest_syn, newest_fin; /* the peer's last copy, of a FIN that is not answered */
        tv_time last;                   /* estimate of the last row: estimates never go back */
};

static struct tv_transition *
append(struct path *path, enum tv_tcp_state to)
{
        struct tv_transition *row;

        if (path->count == TV_PATH_MAX)
                return NULL;
        row = &path->rows[path->count++];
        row->end = (uint8_t)path->end;
        row->from = (uint8_t)path->state;
        row->to = (uint8_t)to;
        row->certainty = TV_CONFIRMED;
        row->trigger = "";
        row->clause = NULL;
        row->cause_frame = row->confirm_frame = 0;
        row->earliest = row->latest = row->estimate = TV_NO_TIME;
        path->state = to;
        return row;
}

/* Where the path begins: nothing led there that a capture could show. */
static void
begin(struct path *path, enum tv_tcp_state state, const char *why, tv_frame proof, tv_time time, tv_time estimate)
{
        struct tv_transition *row = append(path, state);

        if (row == NULL)
                return;
        row->trigger = why;
        row->confirm_frame = proof;
        row->latest = time;
        row->estimate = path->last = estimate;
}

/* When the last copy of the end's SYN or FIN was captured, as far as that is remembered; TV_NO_TIME. */
static tv_time
newest_copy(const struct tv_endpoint *ep, uint16_t flag)
{
        const struct tv_sent *sent;

        for (uint32_t i = 0; (sent = tv_ledger_recent(&ep->sent, i)) != NULL; i++)
                if ((sent->flags & flag) != 0)
                        return sent->time;
        return TV_NO_TIME;
}

static tv_time
within(tv_time estimate, tv_time earliest, tv_time latest)
{
        if (earliest != TV_NO_TIME && estimate < earliest)
                estimate = earliest;
        if (latest != TV_NO_TIME && estimate > latest)
                estimate = latest;
        return estimate;
}

static void
finish_row(struct path *path, struct tv_transition *row, tv_time estimate)
{
        if (row->latest != TV_NO_TIME && row->earliest > row->latest)
                row->earliest = row->latest; /* the capture's clock went back in between */
        if (estimate != TV_NO_TIME) {
                estimate = within(estimate, row->earliest, row->latest);
                if (path->last != TV_NO_TIME && estimate < path->last)
                        estimate = within(path->last, TV_NO_TIME, row->latest);
                path->last = estimate;
        }
        row->estimate = estimate;
}

/* The row of the arrow that leads on from here; NULL where the table has none. */
static struct tv_transition *
follow(struct path *path, enum tv_stimulus on)
{
        const struct tv_arrow *arrow = tv_transition(path->state, on);
        struct tv_transition *row;

        if (arrow->to == TV_NO_STATE || (row = append(path, arrow->to)) == NULL)
                return NULL;
        row->trigger = tv_stimulus_name(on);
        row->clause = arrow->clause;
        return row;
}

static struct tv_transition *
follow_milestone(struct path *path, enum tv_stimulus on, const struct tv_milestone *m)
{
        struct tv_transition *row = follow(path, on);

        if (row == NULL)
                return NULL;
        row->cause_frame = m->cause;
        row->confirm_frame = m->proof;
        row->earliest = m->earliest;
        row->latest = m->latest;
        return row;
}

/* How much longer than others the segment took to the capture point that is the act |on|, or proves that receipt. */
static tv_time
lateness(const struct path *path, enum tv_stimulus on)
{
        switch (on) {
        case TV_GOT_SYN_ALONE:
        case TV_GOT_SYN_ACK:
                return path->late[TV_LATE_OPEN];
        case TV_SENT_FIN:
                return path->late[TV_LATE(TV_DID_FIN)];
        case TV_RECEIVED_FIN:
                return path->late[TV_LATE(TV_GOT_FIN)];
        case TV_GOT_ACK_OF_FIN:
                return path->late[TV_LATE(TV_GOT_ACK2)];
        case TV_SENT_RST:
                return path->late[TV_LATE(TV_DID_RST)];
        default:
                return 0;
        }
}

/* What need not be true is not proved, and so not dated from above. */
static void
doubt(const struct path *path, struct tv_transition *row)
{
        if (!path->unsure)
                return;
        row->certainty = TV_ASSUMED;
        row->confirm_frame = 0;
        row->latest = TV_NO_TIME;
}

/* The end's own act. */
static bool
act(struct path *path, enum tv_stimulus on, const struct tv_milestone *m)
{
        struct tv_transition *row = follow_milestone(path, on, m);

        if (row == NULL)
                return false;
        row->certainty = m->cause != 0 ? TV_OBSERVED : TV_CONFIRMED;
        doubt(path, row);
        finish_row(path, row, m->latest != TV_NO_TIME ? m->latest - path->delay - lateness(path, on) : TV_NO_TIME);
        return true;
}

/* Something the end received.  A SYN is answered at once: its proof dates it.  So is a FIN by an end that has sent its
 * own, and has nothing to wait for.  Else a FIN may be answered by a delayed acknowledgment, or by the application's
 * own close: there its capture time and the way say more, unless the answer came as soon as it could. */
static bool
receipt(struct path *path, enum tv_stimulus on, const struct tv_milestone *m)
{
        bool closing = path->state == TV_FIN_WAIT_1 || path->state == TV_FIN_WAIT_2;
        struct tv_transition *row = follow_milestone(path, on, m);
        bool syn = on == TV_GOT_SYN_ALONE || (on == TV_GOT_SYN_ACK && !path->old_echo);
        tv_time estimate = TV_NO_TIME, late = lateness(path, on);
        tv_time copy = on == TV_GOT_SYN_ACK ? path->newest_syn : on == TV_RECEIVED_FIN ? path->newest_fin : TV_NO_TIME;
        tv_time since = m->earliest;

        if (row == NULL)
                return false;
        if (on == TV_RECEIVED_FIN && since != TV_NO_TIME && path->fin_since > since)
                since = path->fin_since;
        row->certainty = m->proof != 0 ? TV_CONFIRMED : TV_ASSUMED;
        doubt(path, row);
        if (m->proof != 0 && m->latest != TV_NO_TIME &&
            (m->earliest == TV_NO_TIME || (closing && on == TV_RECEIVED_FIN && !path->fin_again) ||
             (on == TV_GOT_ACK_OF_SYN && path->ignores_ack1) ||
             m->latest - since <= (syn ? 8 : 2) * path->delay + (syn ? 50 : 1) * MILLISECOND + late))
                estimate = m->latest - path->delay - late;
        else if (m->proof != 0 && m->latest != TV_NO_TIME && path->doubt_fin && on == TV_RECEIVED_FIN)
                estimate = m->latest - path->delay - late; /* the likelier of two: it answers the repeated FIN */
        else if (m->earliest != TV_NO_TIME)
                estimate = since + path->delay;
        /* Each further copy shows that no answer to the one before it had come, and both are answered at once. */
        if (m->proof == 0 && since != TV_NO_TIME && copy != TV_NO_TIME && copy > since)
                estimate = copy + path->delay;
        /* What dates the proof may mislead; nothing arrives sooner than the way allows. */
        if (estimate != TV_NO_TIME && since != TV_NO_TIME && estimate < since + path->delay &&
            (m->latest == TV_NO_TIME || since + path->delay <= m->latest - path->delay))
                estimate = since + path->delay;
        finish_row(path, row, estimate);
        return true;
}

static void
timer(struct path *path, enum tv_stimulus on, tv_time when)
{
        struct tv_transition *row;

        if (when == TV_NO_TIME || when > path->options->now || (row = follow(path, on)) == NULL)
                return;
        row->certainty = TV_TIMER;
        finish_row(path, row, when);
}

static void
opening(struct path *path, const struct tv_track *track, unsigned dir)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        const struct tv_milestone *did_syn = &ep->open[TV_DID_SYN];

        if (tv_milestone_reached(did_syn) && (ep->bits & TV_EP_SYN_ALONE) == 0 &&
            (ep->bits & TV_EP_SYN_WITH_ACK) != 0) {
                const struct tv_milestone *got_syn = &ep->open[TV_GOT_SYN];
                const struct tv_milestone *asked = &peer->open[TV_DID_SYN];
                tv_time listens = did_syn->latest - path->delay;

                if (got_syn->earliest != TV_NO_TIME && got_syn->earliest < listens)
                        listens = got_syn->earliest;
                /* A closed port would have answered the first SYN with a reset. */
                if (asked->cause != 0 && asked->latest != TV_NO_TIME && asked->latest < listens)
                        listens = asked->latest;
                begin(path, TV_LISTEN, "SYN-ACK shows a listener",
                      did_syn->cause != 0 ? did_syn->cause : did_syn->proof, did_syn->latest, listens);
                receipt(path, TV_GOT_SYN_ALONE, got_syn);
                if (tv_endpoint_got_ack1(ep))
                        receipt(path, TV_GOT_ACK_OF_SYN, &ep->open[TV_GOT_ACK1]);
        } else if (tv_milestone_reached(did_syn)) {
                const struct tv_milestone *got_syn = &ep->open[TV_GOT_SYN];

                begin(path, TV_CLOSED, "before its SYN", did_syn->cause != 0 ? did_syn->cause : did_syn->proof,
                      did_syn->latest, did_syn->latest - path->delay);
                act(path, TV_SENT_SYN, did_syn);
                if (!tv_milestone_reached(got_syn))
                        return;
                if ((peer->bits & TV_EP_SYN_ALONE) == 0 && (peer->bits & TV_EP_SYN_WITH_ACK) != 0) {
                        receipt(path, TV_GOT_SYN_ACK, got_syn);
                } else {
                        receipt(path, TV_GOT_SYN_ALONE, got_syn);
                        if (tv_endpoint_got_ack1(ep))
                                receipt(path, TV_GOT_ACK_OF_SYN, &ep->open[TV_GOT_ACK1]);
                }
        }
}

/* The peer's FIN, first sent without having seen this end's, and the acknowledgment of this end's FIN: which came
 * first? The acknowledgment, if this end showed that it had that before it acknowledged the FIN.  The FIN, if its first
 * copy was answered before the acknowledgment passed or at once; after a later answer it can have been a later copy. */
enum order { ACK_FIRST, FIN_FIRST, UNPROVED };

static enum order
order_of(const struct tv_milestone *got_fin, const struct tv_milestone *got_ack, tv_time way)
{
        if (!tv_milestone_reached(got_ack))
                return FIN_FIRST;
        if (got_ack->proof != 0 &&
            (got_fin->proof == 0 || tv_frame_earlier(got_ack->proof, got_ack->latest, got_fin->proof, got_fin->latest)))
                return ACK_FIRST;
        if (got_fin->proof == 0 || got_fin->cause == 0)
                return FIN_FIRST; /* assumed anyway */
        if (got_fin->latest <= got_ack->earliest ||
            (tv_frame_earlier(got_fin->cause, got_fin->earliest, got_ack->cause, got_ack->earliest) &&
             got_fin->latest - got_fin->earliest <= way + way / 4 + MILLISECOND / 2))
                return FIN_FIRST;
        return UNPROVED;
}

/* CLOSING or FIN_WAIT_2, and TIME_WAIT, both receipts being certain but not their order: nothing dates the first one
 * from above, and the second is over when both have come.  The copy of the FIN that was taken may seem to have come
 * later than the acknowledgment. */
static void
closing_perhaps(struct path *path, const struct tv_milestone *got_fin, const struct tv_milestone *got_ack)
{
        bool fin_later =
                (path->fin_since > got_fin->earliest ? path->fin_since : got_fin->earliest) > got_ack->earliest;
        struct tv_milestone first = fin_later ? *got_ack : *got_fin, last = fin_later ? *got_fin : *got_ack;

        if (first.proof == 0) {
                last.proof = 0;
                last.latest = TV_NO_TIME;
        } else if (last.proof != 0 && last.latest < first.latest) {
                last.proof = first.proof;
                last.latest = first.latest;
        }
        first.proof = 0;
        first.latest = TV_NO_TIME;
        receipt(path, fin_later ? TV_GOT_ACK_OF_FIN : TV_RECEIVED_FIN, &first);
        receipt(path, fin_later ? TV_RECEIVED_FIN : TV_GOT_ACK_OF_FIN, &last);
}

/* An RST that the end may not have sent itself: who makes one up on the way mostly sends another to this end, at about
 * that time. */
static void
reset_in_its_name(struct path *path, const struct tv_milestone *m)
{
        struct tv_transition *row = follow_milestone(path, TV_SENT_RST, m);

        if (row == NULL)
                return;
        row->certainty = TV_ASSUMED;
        row->latest = TV_NO_TIME;
        finish_row(path, row, m->latest);
}

/* An end that repeats itself into silence gives up in the end; an orphan does not wait for its peer's FIN for ever. */
static void
give_up(struct path *path, const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        const struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
        bool closing = path->state == TV_FIN_WAIT_1 || path->state == TV_CLOSING || path->state == TV_LAST_ACK;
        unsigned retries = closing ? path->options->orphan_retries : path->options->retries2;

        if (path->state == TV_FIN_WAIT_2) {
                /* It is no orphan if it acknowledges data that came after its FIN. */
                if (path->options->fin_wait_2 != 0 && path->last != TV_NO_TIME && track->story != 0 &&
                    peer->sent.una <= tv_track_story(tracker, track)->ack2_mark[dir])
                        timer(path, TV_FIN_WAIT_2_OVER, path->last + path->options->fin_wait_2);
        } else if ((closing || path->state == TV_ESTABLISHED || path->state == TV_CLOSE_WAIT) && trouble != NULL &&
                   trouble->retries >= retries && ep->sent.una < ep->sent.nxt) {
                timer(path, TV_RETRIES_OVER, trouble->last_retransmission + path->options->rto_max);
        }
}

size_t
tv_timeline(const struct tv_tracker *tracker, const struct tv_track *track, unsigned dir, enum tv_end end,
            const struct tv_timeline_options *options, struct tv_transition rows[TV_PATH_MAX])
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        const struct tv_milestone *did_fin = tv_track_milestone(tracker, track, dir, TV_DID_FIN);
        const struct tv_milestone *got_fin = tv_track_milestone(tracker, track, dir, TV_GOT_FIN);
        const struct tv_milestone *got_ack = tv_track_milestone(tracker, track, dir, TV_GOT_ACK2);
        const struct tv_milestone *did_rst = tv_track_milestone(tracker, track, dir, TV_DID_RST);
        const struct tv_milestone *got_rst = tv_track_milestone(tracker, track, dir, TV_GOT_RST);
        const struct tv_losses *losses = tv_track_losses(tracker, track);
        struct path path = {.options = options, .rows = rows, .end = end, .fin_since = TV_NO_TIME, .last = TV_NO_TIME};

        if (options->delay[dir] != TV_NO_TIME)
                path.delay = options->delay[dir];
        for (uint32_t i = 0; losses != NULL && i < losses->count && i < TV_LOSSES; i++) {
                const struct tv_loss *loss = &losses->at[i];
                bool fin = loss->segment == TV_LOST_FIN && loss->sender == !dir;

                path.doubt_fin = path.doubt_fin || (fin && loss->where == TV_LOST_UNKNOWN);
                path.fin_again = path.fin_again || fin || (loss->segment == TV_LOST_ACK2 && loss->sender == dir);
        }
        if (track->story != 0) {
                const struct tv_story *story = tv_track_story(tracker, track);

                for (unsigned i = 0; i < TV_LATES; i++)
                        path.late[i] = (tv_time)story->late_us[dir][i] * 1000;
                path.fin_since =
                        tv_milestone_reached(got_fin) && story->end[!dir][TV_LATE(TV_DID_FIN)].latest != TV_NO_TIME
                                ? story->end[!dir][TV_LATE(TV_DID_FIN)].latest +
                                          (tv_time)(story->fin_wait_us[dir] & ~TV_FIN_ECHOED) * 1000
                                : TV_NO_TIME;
                path.doubt_fin = path.doubt_fin && (story->fin_wait_us[dir] & TV_FIN_ECHOED) == 0;
        }
        path.late[TV_LATE_OPEN] = tv_track_open_lateness(tracker, track, dir);
        path.newest_syn = newest_copy(peer, TV_SYN);
        path.newest_fin = tv_milestone_proved(got_fin) ? TV_NO_TIME : newest_copy(peer, TV_FIN);
        path.ignores_ack1 = (ep->bits & TV_EP_IGNORES_ACK1) != 0;
        path.old_echo = (ep->bits & TV_EP_SYN_OLD_ECHO) != 0;
        opening(&path, track, dir);
        if (path.state == TV_NO_STATE) {
                if ((ep->bits & TV_EP_SEEN) == 0) {
                        /* Never captured; what its peer acknowledged shows that it was there. */
                        if ((peer->bits & TV_EP_ACKED) == 0 || (peer->bits & TV_EP_SYN_ALONE) != 0)
                                return 0;
                        begin(&path, TV_ESTABLISHED, "acknowledged by its peer", peer->first_frame, peer->first_time,
                              peer->first_time);
                } else if (ep->first_frame == did_rst->cause && did_rst->cause != 0) {
                        begin(&path, TV_CLOSED, "RST shows no connection", did_rst->cause, did_rst->latest,
                              did_rst->latest - path.delay);
                        return path.count;
                } else if (ep->first_frame != 0 && tv_track_trouble(tracker, ep) != NULL &&
                           tv_track_trouble(tracker, ep)->resets == ep->segments) {
                        return 0; /* nothing but resets that nobody would act on */
                } else if ((peer->bits & TV_EP_SYN_ALONE) != 0 && (ep->bits & TV_EP_HAS_DATA) == 0 &&
                           !tv_milestone_reached(did_fin)) {
                        return 0; /* a bare ACK to a SYN: of an older connection, or half of a split handshake */
                } else {
                        begin(&path, TV_ESTABLISHED, "seen in mid-connection", ep->first_frame, ep->first_time,
                              ep->first_time - path.delay);
                }
        }

        /* One FIN alone was captured: it is the first one if the other end cannot have sent its own before. */
        path.unsure = (tv_milestone_reached(did_fin) && tv_timeline_may_have_closed(track, !dir)) ||
                      (tv_milestone_reached(got_fin) && tv_timeline_may_have_closed(track, dir));
        if (tv_milestone_reached(got_fin) && (!tv_milestone_reached(did_fin) || (ep->bits & TV_EP_FIN_SAW_FIN) != 0)) {
                receipt(&path, TV_RECEIVED_FIN, got_fin);
                if (tv_milestone_reached(did_fin)) {
                        act(&path, TV_SENT_FIN, did_fin);
                        if (tv_milestone_reached(got_ack))
                                receipt(&path, TV_GOT_ACK_OF_FIN, got_ack);
                }
        } else if (tv_milestone_reached(did_fin)) {
                enum order order = order_of(got_fin, got_ack, tv_track_round_trip(track, dir));

                act(&path, TV_SENT_FIN, did_fin);
                /* The peer's FIN brought the acknowledgment of this one with it, or came after it: unless it was first
                 * sent without. */
                if (tv_milestone_reached(got_ack) &&
                    (!tv_milestone_reached(got_fin) || order == ACK_FIRST || (peer->bits & TV_EP_FIN_SAW_FIN) != 0)) {
                        bool together = got_fin->cause != 0 && got_fin->cause == got_ack->cause;

                        receipt(&path, TV_GOT_ACK_OF_FIN, got_ack);
                        if (tv_milestone_reached(got_fin)) {
                                receipt(&path, TV_RECEIVED_FIN, got_fin);
                                if (together && path.count >= 2)
                                        path.rows[path.count - 2].estimate = path.rows[path.count - 1].estimate;
                        }
                } else if (tv_milestone_reached(got_fin) && order == UNPROVED) {
                        closing_perhaps(&path, got_fin, got_ack);
                } else if (tv_milestone_reached(got_fin)) {
                        receipt(&path, TV_RECEIVED_FIN, got_fin);
                        if (tv_milestone_reached(got_ack))
                                receipt(&path, TV_GOT_ACK_OF_FIN, got_ack);
                }
        }

        path.unsure = false;
        if (tv_milestone_reached(did_rst) && (ep->bits & TV_EP_RST_FOREIGN) != 0 &&
            (got_rst->cause == 0 || got_rst->earliest > did_rst->latest + path.delay / 2 + MILLISECOND))
                reset_in_its_name(&path, did_rst);
        else if (tv_milestone_reached(did_rst) && (ep->bits & TV_EP_RST_FOREIGN) == 0 &&
                 (!tv_milestone_reached(got_rst) || got_rst->earliest == TV_NO_TIME ||
                  did_rst->latest <= got_rst->earliest + path.delay + path.delay))
                act(&path, TV_SENT_RST, did_rst);
        else if (tv_milestone_reached(got_rst))
                receipt(&path, TV_RECEIVED_RST, got_rst);

        give_up(&path, tracker, track, dir);
        if (path.state == TV_TIME_WAIT && ep->last_time != TV_NO_TIME)
                timer(&path, TV_2MSL_OVER, ep->last_time + options->two_msl);
        else if (path.state == TV_SYN_SENT && ep->first_time != TV_NO_TIME && (ep->bits & TV_EP_SEEN) != 0)
                timer(&path, TV_RETRIES_OVER, ep->first_time + options->syn_timeout);
        else if (path.state == TV_SYN_RCVD && (ep->bits & TV_EP_SEEN) != 0)
                timer(&path, TV_RETRIES_OVER, ep->first_time + options->synack_timeout);
        return path.count;
}
