#include "analyzer/flow/conn.h"

#include "analyzer/flow/context_table.h"
#include "reassembly/seqnum.h"

#define FAR  (UINT32_C(1) << 28)
#define NEAR UINT32_C(0x10000)
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
                                    distance(ep, seg->seq) > NEAR)
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

/* Does |ack|, of a SYN-ACK, answer the SYN of |ep|, with or without the data that came with it (RFC 7413)? */
static bool
answers_syn(const struct tv_endpoint *ep, uint32_t ack)
{
        uint32_t data;

        if ((ep->bits & TV_EP_ISS_KNOWN) == 0)
                return false;
        data = tv_ledger_started(&ep->sent) ? (uint32_t)ep->sent.nxt - (ep->iss + 1) : 0;
        return ack - (ep->iss + 1) <= (data < NEAR ? data : NEAR);
}

bool
tv_conn_is_elsewhere(const struct tv_tracker *tracker, const struct tv_conn *conn, const struct tv_half_open *other,
                     const struct tv_segment *seg, uint16_t way)
{
        unsigned dir = tv_segment_direction(seg);
        const struct tv_endpoint *ep = &conn->track.ep[dir], *peer = &conn->track.ep[!dir];
        uint32_t other_way = dir == 0 ? TV_CONN_OTHER_WAY_0 : TV_CONN_OTHER_WAY_1;

        if ((seg->flags & (TV_SYN | TV_RST)) != TV_SYN || (ep->bits & TV_EP_SEEN) == 0)
                return false;
        if (way == conn->way[dir] || way == TV_CONTEXT_NOT_KEPT || conn->way[dir] == TV_CONTEXT_NOT_KEPT ||
            (conn->bits & other_way) != 0)
                return false;
        if ((ep->bits & TV_EP_ISS_KNOWN) != 0 ? seg->seq == ep->iss
                                              : !tv_ledger_started(&ep->sent) || distance(ep, seg->seq) <= NEAR)
                return false;
        if (other != NULL) {
                bool from_same = ((other->bits & TV_SEG_FROM_HIGH) != 0) == (dir != 0);

                /* The SYN that did not fit came another way, too, or is answered. */
                if (from_same ? seg->seq == other->seq : (seg->flags & TV_ACK) != 0 && seg->ack == other->seq + 1)
                        return false;
        }
        /* Two answers to one SYN. */
        if ((seg->flags & TV_ACK) != 0 && answers_syn(peer, seg->ack))
                return false;
        return !tv_conn_ended(tracker, conn);
}

/* How far the numbers of |seg| are from those of |conn|, the larger of both; UINT32_MAX: they cannot be its own, or
 * there is nothing to compare them with. */
static uint32_t
foreignness(const struct tv_conn *conn, const struct tv_segment *seg)
{
        unsigned dir = tv_segment_direction(seg);
        const struct tv_endpoint *ep = &conn->track.ep[dir], *peer = &conn->track.ep[!dir];
        bool ack = (seg->flags & TV_ACK) != 0, known = false;
        uint32_t most = 0;

        if ((seg->flags & (TV_SYN | TV_RST)) == TV_SYN) {
                if ((ep->bits & TV_EP_ISS_KNOWN) != 0)
                        return seg->seq == ep->iss ? 0 : UINT32_MAX;
                return ack && answers_syn(peer, seg->ack) ? 0 : UINT32_MAX;
        }
        /* A reset that refuses a SYN has no number of its own (RFC 9293 section 3.10.7.1). */
        if (tv_ledger_started(&ep->sent) && !(ack && (seg->flags & TV_RST) != 0 && seg->seq == 0)) {
                most = distance(ep, seg->seq);
                known = true;
        }
        if (ack && tv_ledger_started(&peer->sent)) {
                uint32_t d = distance(peer, seg->ack);

                most = d > most ? d : most;
                known = true;
        }
        return known && most <= FAR ? most : UINT32_MAX;
}

uint64_t
tv_conn_affinity(const struct tv_conn *conn, const struct tv_segment *seg, uint16_t way)
{
        unsigned dir = tv_segment_direction(seg);
        uint32_t away = foreignness(conn, seg);
        bool fits = away != UINT32_MAX;
        bool seen = (conn->track.ep[dir].bits & TV_EP_SEEN) != 0, known = way != TV_CONTEXT_NOT_KEPT;
        uint64_t rank;

        if (seen && known && way == conn->way[dir])
                rank = fits ? 6 : 4;
        else if (!seen && fits)
                rank = 5;
        else if (!seen && known && way == conn->way[!dir]) /* both directions often go one way */
                rank = 3;
        else
                rank = fits ? 2 : seen;
        return rank << 32 | (UINT32_MAX - away);
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
