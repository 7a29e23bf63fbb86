#include "analyzer/flow/conn.h"

#include "reassembly/seqnum.h"

#define FAR (UINT32_C(1) << 28)
/* No capturer merges two directions later than this. */
#define RECORDED_LATE INT64_C(200000000)

static bool
reached(const struct tv_tracker *tracker, const struct tv_conn *conn, unsigned dir, enum tv_milestone_kind kind)
{
        return tv_milestone_reached(tv_track_milestone(tracker, &conn->track, dir, kind));
}

bool
tv_conn_ended(const struct tv_tracker *tracker, const struct tv_conn *conn)
{
        if (conn->track.story == 0)
                return false;
        for (unsigned dir = 0; dir < 2; dir++)
                if (reached(tracker, conn, dir, TV_DID_RST))
                        return true;
        return reached(tracker, conn, 0, TV_GOT_ACK2) && reached(tracker, conn, 1, TV_GOT_ACK2);
}

/* How far |seq| is from where |ep|'s numbers stand. */
static uint32_t
distance(const struct tv_endpoint *ep, uint32_t seq)
{
        uint32_t d = seq - (uint32_t)ep->sent.nxt;

        return d < UINT32_C(0x80000000) ? d : -d;
}

enum tv_belongs
tv_conn_belongs(const struct tv_tracker *tracker, const struct tv_conn *conn, const struct tv_half_open *other,
                const struct tv_segment *seg)
{
        unsigned dir = tv_segment_direction(seg);
        const struct tv_endpoint *ep = &conn->track.ep[dir], *peer = &conn->track.ep[!dir];
        bool syn = (seg->flags & TV_SYN) != 0, ack = (seg->flags & TV_ACK) != 0;

        if (syn && (seg->flags & TV_RST) == 0) {
                if ((ep->bits & TV_EP_SYN_SEEN) != 0 && seg->seq == ep->iss)
                        return TV_BELONGS; /* repeated, however late */
                if (!ack) {
                        if ((ep->bits & TV_EP_SYN_SEEN) == 0) {
                                /* The SYN of what is known so far only from later segments, or of a simultaneous open;
                                 * after the end, it opens the next one. */
                                if ((ep->bits & TV_EP_ISS_KNOWN) != 0)
                                        return seg->seq == ep->iss ? TV_BELONGS : TV_NEW_CONNECTION;
                                /* Recorded behind the reset that refuses it. */
                                if ((ep->bits & TV_EP_SEEN) == 0 && peer->segments == 1 &&
                                    tv_milestone_reached(tv_track_milestone(tracker, &conn->track, !dir, TV_DID_RST)) &&
                                    peer->last_ack == seg->seq + 1 && seg->time - peer->last_time < RECORDED_LATE)
                                        return TV_BELONGS;
                                if (tv_conn_ended(tracker, conn))
                                        return TV_NEW_CONNECTION;
                                if ((ep->bits & TV_EP_SEEN) != 0 && tv_ledger_started(&ep->sent) &&
                                    distance(ep, seg->seq) > 0x10000)
                                        return TV_NEW_CONNECTION;
                                return TV_BELONGS;
                        }
                        if (tv_conn_ended(tracker, conn))
                                return TV_NEW_CONNECTION;
                        /* Never answered: the client gave up and tries again. */
                        if ((peer->bits & TV_EP_SEEN) == 0)
                                return TV_NEW_CONNECTION;
                        return TV_BELONGS; /* into a live connection: RFC 5961 section 4 */
                }
                /* SYN-ACK */
                if (other != NULL && ((other->bits & TV_SEG_FROM_HIGH) != 0) != (dir != 0) &&
                    seg->ack == other->seq + 1)
                        return TV_NEW_CONNECTION; /* the SYN that did not fit is answered */
                if ((peer->bits & TV_EP_SYN_SEEN) != 0 && seg->ack == peer->iss + 1)
                        return TV_BELONGS; /* another answer to the same SYN */
                if (tv_conn_ended(tracker, conn))
                        return TV_NEW_CONNECTION;
                if (tv_ledger_started(&peer->sent) && distance(peer, seg->ack) > FAR && tv_ledger_started(&ep->sent) &&
                    (ep->bits & TV_EP_SEEN) != 0 && distance(ep, seg->seq) > FAR)
                        return TV_NEW_CONNECTION;
                return TV_BELONGS;
        }
        if ((seg->flags & TV_RST) != 0 || !ack || (ep->bits & TV_EP_SEEN) == 0 || (peer->bits & TV_EP_SEEN) == 0)
                return TV_BELONGS;
        /* Without a SYN: both numbers must be foreign.  After the end, far from everything is enough; before it, the
         * timestamps must contradict too. */
        if (!tv_conn_ended(tracker, conn))
                return TV_BELONGS;
        if (distance(ep, seg->seq) > 0x100000 && distance(peer, seg->ack) > 0x100000)
                return TV_NEW_CONNECTION;
        return TV_BELONGS;
}

void
tv_conn_roles(struct tv_conn *conn, const struct tv_segment *seg)
{
        unsigned dir = tv_segment_direction(seg);
        unsigned a = dir;

        if ((conn->bits & TV_CONN_ROLE_KNOWN) != 0)
                return;
        if ((seg->flags & (TV_SYN | TV_ACK)) == TV_SYN) {
                conn->bits &= ~(uint32_t)TV_CONN_BY_SYNACK;
                conn->bits |= TV_CONN_ROLE_KNOWN;
        } else if ((seg->flags & (TV_SYN | TV_ACK)) == (TV_SYN | TV_ACK)) {
                if ((conn->track.ep[dir].bits & TV_EP_SYN_ALONE) != 0)
                        return; /* simultaneous open */
                conn->bits |= TV_CONN_ROLE_KNOWN | TV_CONN_BY_SYNACK;
                a = !dir;
        } else if (conn->track.ep[0].segments + conn->track.ep[1].segments == 0) {
                /* Begun in the middle: the higher port is likelier the client's; equal ones leave the first speaker. */
                a = conn->key.port[0] > conn->key.port[1] ? 0 : conn->key.port[1] > conn->key.port[0] ? 1 : dir;
        } else {
                return;
        }
        if (tv_conn_a(conn) != a) {
                if (conn->track.ep[0].segments + conn->track.ep[1].segments != 0)
                        tv_zeek_flip(&conn->zeek);
                conn->bits = (conn->bits & ~(uint32_t)TV_CONN_A_IS_HIGH) | (a != 0 ? TV_CONN_A_IS_HIGH : 0u);
        }
}
