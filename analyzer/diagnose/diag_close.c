/* diag_close.c - why a reset was sent, and what the teardown and reset families share. */
#include "analyzer/diagnose/diag_close.h"

#include "analyzer/tcp/tcp_state.h"

#include <string.h>

#define MILLISECOND INT64_C(1000000)
/* As much as a small segment holds (RFC 9293 3.7.1). */
#define TRANSFER 536

void
tv_close_end_of(const struct tv_case *subject, enum tv_end end, struct tv_close_end *c)
{
        const struct tv_connection *row = subject->row;
        unsigned a = tv_conn_a(subject->conn);

        memset(c, 0, sizeof *c);
        c->subject = subject;
        c->end = end;
        c->other = end == TV_A ? TV_B : TV_A;
        c->name = end == TV_A ? 'a' : 'b';
        c->other_name = end == TV_A ? 'b' : 'a';
        c->dir = end == TV_A ? a : !a;
        c->ep = &subject->conn->track.ep[c->dir];
        c->peer = &subject->conn->track.ep[!c->dir];
        c->story = tv_track_story(subject->tracker, &subject->conn->track);
        c->port = row->port[c->end];
        c->peer_port = row->port[c->other];
        tv_address_text(&row->addr[c->end], c->address);
        tv_address_text(&row->addr[c->other], c->peer_address);
}

const struct tv_milestone *
tv_close_own(const struct tv_close_end *c, enum tv_milestone_kind kind)
{
        return tv_track_milestone(c->subject->tracker, &c->subject->conn->track, c->dir, kind);
}

const struct tv_milestone *
tv_close_peer(const struct tv_close_end *c, enum tv_milestone_kind kind)
{
        return tv_track_milestone(c->subject->tracker, &c->subject->conn->track, !c->dir, kind);
}

enum tv_blame
tv_close_blame(enum tv_end end)
{
        return end == TV_A ? TV_BLAME_A : TV_BLAME_B;
}

struct tv_finding *
tv_close_finding(const struct tv_close_end *c, struct tv_findings *findings, const char *code,
                 enum tv_confidence confidence, enum tv_blame blame, tv_time from, tv_time until)
{
        struct tv_finding *f = tv_finding_new(findings, c->subject, code, confidence, blame);

        if (f == NULL)
                return NULL;
        f->end = (uint8_t)c->end;
        if (from != TV_NO_TIME)
                f->time = from;
        if (until != TV_NO_TIME && until >= f->time)
                f->until = until;
        return f;
}

enum tv_confidence
tv_close_confidence(const struct tv_case *subject, enum tv_confidence sure)
{
        return (subject->doubts.misses || subject->doubts.stepped) && sure < TV_POSSIBLE ? sure + 1 : sure;
}

const char *
tv_close_state(uint8_t state)
{
        return state != TV_NO_STATE ? tv_tcp_state_name((enum tv_tcp_state)state) : "an unknown state";
}

/* Was it sent in time to be the answer to what came before it? */
static bool
in_time(const struct tv_close_end *c, const struct tv_reset *reset)
{
        tv_time way = tv_track_round_trip(&c->subject->conn->track, c->dir);

        return reset->answered != TV_NO_TIME && reset->time - reset->answered <= way * 2 + 20 * MILLISECOND;
}

/* Did the sender meet silence, until it had enough of that? */
static bool
waited_in_vain(const struct tv_close_end *c, const struct tv_reset *reset)
{
        const struct tv_trouble *trouble = tv_track_trouble(c->subject->tracker, c->ep);

        return trouble != NULL && trouble->silence.retries > trouble->silence.probes &&
               c->ep->sent.una < c->ep->sent.nxt &&
               (c->subject->doubts.stepped ||
                (trouble->silence.last <= reset->time && reset->answered < trouble->silence.retry));
}

/* Had the other end said anything when this one sent its FIN? */
static bool
had_begun(const struct tv_close_end *c, const struct tv_reset *reset, const struct tv_milestone *fin)
{
        const struct tv_sent *sent;

        if (reset->peer_una > c->peer->sent.begin + ((c->peer->bits & TV_EP_ISS_KNOWN) != 0))
                return true;
        for (uint32_t i = 0; (sent = tv_ledger_recent(&c->peer->sent, i)) != NULL; i++)
                if (sent->length != 0 && (sent->flags & TV_SYN) == 0 && sent->time < fin->latest)
                        return true;
        return false;
}

/* Was the other end in the middle of a transfer when this one sent its FIN?  A message that happens to cross it is no
 * transfer, nor is what was sent when the FIN had come. */
static bool
in_full_flow(const struct tv_close_end *c, const struct tv_reset *reset, const struct tv_milestone *fin)
{
        tv_time way = tv_track_round_trip(&c->subject->conn->track, !c->dir);
        uint64_t mark = c->story->ack2_mark[c->dir];
        uint64_t end = (reset->bits & TV_RESET_LATE_DATA) != 0 && mark < reset->peer_nxt ? mark : reset->peer_nxt;
        uint64_t octets = end > reset->peer_una ? end - reset->peer_una : 0;
        /* What crossed the FIN was sent before it passed here, at the other end. */
        tv_time met = reset->answered >= fin->latest ? reset->answered : reset->time;

        return had_begun(c, reset, fin) && (reset->bits & TV_RESET_PEER_TALKED) != 0 && octets >= TRANSFER &&
               met >= fin->latest && met - fin->latest <= 2 * way + 20 * MILLISECOND;
}

static enum tv_reset_cause
cause_of(const struct tv_close_end *c, const struct tv_reset *reset, const struct tv_closing *closing)
{
        const struct tv_note *probes = tv_track_note(c->subject->tracker, c->ep, TV_NOTE_KEEPALIVE);
        const struct tv_profile *profile = c->subject->profile;
        const struct tv_milestone *fin = tv_close_own(c, TV_DID_FIN), *acked = tv_close_own(c, TV_GOT_ACK2);
        uint32_t bits = reset->bits;
        bool answers = (bits & TV_RESET_ANSWERS) != 0 && in_time(c, reset);

        if (closing->went_on[c->dir] != 0)
                return TV_CAUSE_INJECTED;
        if ((bits & TV_RESET_OTHER_TTL) != 0 && (bits & TV_RESET_OWN_FIN) == 0)
                return TV_CAUSE_INJECTED;
        /* Nothing else of this end is in the file: nobody knows whether there ever was a connection. */
        if (tv_track_trouble(c->subject->tracker, c->ep) != NULL &&
            tv_track_trouble(c->subject->tracker, c->ep)->resets == c->ep->segments)
                return TV_CAUSE_NONE;
        if ((bits & TV_RESET_OWN_FIN) == 0) {
                if (waited_in_vain(c, reset))
                        return !c->subject->doubts.stepped &&
                                               tv_track_trouble(c->subject->tracker, c->ep)->silence.retries < 3
                                       ? TV_CAUSE_TIMEOUT
                                       : TV_CAUSE_NONE;
                /* The order of times says nothing where the clock stepped. */
                if (probes != NULL && probes->amount != 0 &&
                    (c->subject->doubts.stepped || (reset->answered < probes->end && probes->end <= reset->time)))
                        return TV_CAUSE_NONE; /* data.keepalive-dead */
                if ((bits & TV_RESET_TO_PROBE) != 0 && answers)
                        return TV_CAUSE_KEEPALIVE;
                /* What is acknowledged already needs no other answer, but a bare acknowledgment never has one. */
                if (answers && ((bits & (TV_RESET_TO_DATA | TV_RESET_TO_FIN)) == 0 || (bits & TV_RESET_ACKED) == 0))
                        return TV_CAUSE_FORGOTTEN;
                /* A buffer that is thrown away leaves room: the window is larger than before. */
                if ((bits & TV_RESET_PEER_TALKED) != 0 && (bits & TV_RESET_WINDOW_JUMPED) != 0)
                        return TV_CAUSE_UNREAD;
                return TV_CAUSE_ABORT;
        }
        if ((bits & TV_RESET_PEER_FIN_ACKED) != 0 && (bits & TV_RESET_OWN_FIN_ACKED) != 0) {
                bool last = (c->ep->bits & TV_EP_FIN_SAW_FIN) != 0;

                if (last && (c->peer->bits & TV_EP_FIN_SAW_FIN) == 0)
                        /* Answering the acknowledgment of its FIN, it was gone before it should have been; answering
                         * what came after that, it meets an end that is in TIME_WAIT (RFC 1337). */
                        return answers && reset->answers != acked->cause ? TV_CAUSE_ASSASSIN : TV_CAUSE_AFTER_CLOSE;
                return answers ? TV_CAUSE_NO_TIME_WAIT : TV_CAUSE_AFTER_CLOSE;
        }
        if (!c->subject->doubts.stepped && profile->fin_wait_2 != 0 && acked->earliest != TV_NO_TIME &&
            (bits & TV_RESET_OWN_FIN_ACKED) != 0 && reset->time - acked->earliest >= profile->fin_wait_2 && answers)
                return TV_CAUSE_FIN_WAIT_2;
        if ((bits & TV_RESET_CROSSED) != 0 && fin->cause == 0)
                return TV_CAUSE_AFTER_CLOSE;
        if ((bits & (TV_RESET_LATE_DATA | TV_RESET_CROSSED)) != 0)
                return fin->cause != 0 && in_full_flow(c, reset, fin) ? TV_CAUSE_EXIT : TV_CAUSE_DATA;
        return TV_CAUSE_AFTER_CLOSE;
}

const struct tv_reset *
tv_close_reset(const struct tv_case *subject, enum tv_end *sender, enum tv_reset_cause *cause)
{
        const struct tv_closing *closing = tv_track_closing(subject->tracker, &subject->conn->track);
        const struct tv_reset *first = NULL;
        unsigned a = tv_conn_a(subject->conn);

        *cause = TV_CAUSE_NONE;
        if (closing == NULL ||
            (subject->row->handshake != TV_HANDSHAKE_COMPLETE && subject->row->handshake != TV_HANDSHAKE_SIMULTANEOUS &&
             subject->row->handshake != TV_HANDSHAKE_NOT_CAPTURED))
                return NULL;
        for (unsigned i = 0; i < 2; i++) {
                const struct tv_reset *reset = &closing->accepted[i == 0 ? a : !a];

                if (reset->frame == 0 ||
                    (first != NULL && tv_frame_earlier(first->frame, first->time, reset->frame, reset->time)))
                        continue;
                first = reset;
                *sender = i == 0 ? TV_A : TV_B;
        }
        if (first != NULL) {
                struct tv_close_end c;

                tv_close_end_of(subject, *sender, &c);
                *cause = cause_of(&c, first, closing);
        }
        return first;
}
