#include "analyzer/engine/budget.h"

static tv_time
between(tv_time low, tv_time value, tv_time high)
{
        return value < low ? low : value > high ? high : value;
}

/* When the handshake was over. */
static tv_time
established(const struct tv_conn *conn, const struct tv_connection *row)
{
        unsigned a = tv_conn_a(conn);
        tv_time over = row->start;

        switch ((enum tv_handshake)row->handshake) {
        case TV_HANDSHAKE_COMPLETE:
        case TV_HANDSHAKE_SIMULTANEOUS:
                for (unsigned i = 0; i < 2; i++) {
                        const struct tv_milestone *ack = &conn->track.ep[i == 0 ? a : !a].open[TV_GOT_ACK1];
                        tv_time time = ack->earliest != TV_NO_TIME ? ack->earliest : ack->latest;

                        if (tv_milestone_reached(ack) && time > over)
                                over = time;
                }
                return over;
        case TV_HANDSHAKE_NOT_CAPTURED:
                return over;
        default:
                return row->start + row->duration;
        }
}

/* When the first end closed or reset. */
static tv_time
closing(const struct tv_tracker *tracker, const struct tv_conn *conn, const struct tv_connection *row)
{
        tv_time first = row->start + row->duration;

        for (unsigned dir = 0; dir < 2; dir++) {
                static const enum tv_milestone_kind acts[] = {TV_DID_FIN, TV_DID_RST};

                for (unsigned i = 0; i < 2; i++) {
                        const struct tv_milestone *m = tv_track_milestone(tracker, &conn->track, dir, acts[i]);

                        if (tv_milestone_reached(m) && m->latest != TV_NO_TIME && m->latest < first)
                                first = m->latest;
                }
        }
        return first;
}

/* How long repetitions of direction |dir| mended what had died, or met silence. */
static tv_time
recovery(const struct tv_tracker *tracker, const struct tv_endpoint *ep)
{
        const struct tv_trouble *trouble = tv_track_trouble(tracker, ep);
        const struct tv_note *outage;
        tv_time sum;

        if (trouble == NULL)
                return 0;
        outage = tv_note_find(&tracker->notes, trouble->notes, TV_NOTE_OUTAGE);
        sum = trouble->recovery + (outage != NULL ? outage->total : 0);
        if (trouble->silence.retries != 0 && trouble->silence.last > trouble->silence.since)
                sum += trouble->silence.last - trouble->silence.since;
        return sum;
}

void
tv_budget(const struct tv_tracker *tracker, const struct tv_conn *conn, bool stepped, struct tv_connection *row)
{
        const struct tv_track *track = &conn->track;
        unsigned a = tv_conn_a(conn);
        tv_time opened, closed, left;

        if (stepped || (track->ep[0].bits & track->ep[1].bits & TV_EP_SEEN) == 0)
                return;
        opened = between(row->start, established(conn, row), row->start + row->duration);
        closed = between(opened, closing(tracker, conn, row), row->start + row->duration);
        left = closed - opened;
        row->time_handshake = opened - row->start;
        row->time_teardown = row->start + row->duration - closed;
        /* What waits for an application is measured; what is left over of the rest goes to the network. */
        row->time_a_app = between(0, track->waited[a], left);
        left -= row->time_a_app;
        row->time_b_app = between(0, track->waited[!a], left);
        left -= row->time_b_app;
        row->time_recovery = between(0, recovery(tracker, &track->ep[0]) + recovery(tracker, &track->ep[1]), left);
        row->time_network = left - row->time_recovery;
}
