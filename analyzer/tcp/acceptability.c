#include "analyzer/tcp/acceptability.h"

#include "analyzer/tcp/tracker.h"
#include "reassembly/seqnum.h"

/* No window is larger, whatever its scale (RFC 7323 2.3). */
#define WINDOW_MOST (UINT64_C(65535) << 14)

enum tv_rst_verdict
tv_acceptability_rst(const struct tv_track *track, unsigned dir, const struct tv_segment *seg)
{
        const struct tv_endpoint *ep = &track->ep[dir], *peer = &track->ep[!dir];
        uint64_t seq, rcv_nxt;

        /* Against a SYN that nothing answered: the acknowledgment decides (RFC 9293 3.10.7.3 second). */
        if (!tv_milestone_reached(&ep->open[TV_DID_SYN]) && (peer->bits & TV_EP_SYN_ALONE) != 0 &&
            (ep->bits & (TV_EP_SEEN | TV_EP_ISS_KNOWN)) == 0) {
                if ((seg->flags & TV_ACK) == 0)
                        return TV_RST_OUTSIDE;
                return seg->ack - peer->iss >= 1 &&
                                       seg->ack - peer->iss <= (uint32_t)(peer->sent.nxt - peer->sent.begin)
                               ? TV_RST_ACCEPTED
                               : TV_RST_OUTSIDE;
        }
        if (!tv_ledger_started(&ep->sent))
                return TV_RST_ACCEPTED; /* nothing to hold it against: one-way or begun in the middle */
        seq = tv_seq_unwrap(ep->sent.nxt, seg->seq);
        rcv_nxt = ep->sent.una; /* as far as the peer said; octets in flight may move it up to SND.NXT */
        if ((peer->bits & TV_EP_ACKED) == 0)
                rcv_nxt = ep->sent.begin;
        if (seq >= rcv_nxt && seq <= ep->sent.nxt)
                return TV_RST_ACCEPTED;
        if ((ep->bits & TV_EP_WINDOW_KNOWN) == 0)
                return seq < rcv_nxt || seq - rcv_nxt > WINDOW_MOST ? TV_RST_OUTSIDE : TV_RST_ACCEPTED;
        return seq > rcv_nxt && seq < ep->wnd_right ? TV_RST_CHALLENGED : TV_RST_OUTSIDE;
}
