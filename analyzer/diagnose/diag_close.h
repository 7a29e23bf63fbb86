/* diag_close.h - what the files of the teardown and reset families share: one end and its peer, and why a reset was
 * sent. */
#ifndef TV_DIAG_CLOSE_H
#define TV_DIAG_CLOSE_H

#include "analyzer/diagnose/diagnose.h"
#include "analyzer/flow/address.h"
#include "analyzer/tcp/closing.h"

/* One end of a connection that closes or is reset. */
struct tv_close_end {
        const struct tv_case *subject;
        enum tv_end end, other;
        char name, other_name;               /* 'a' and 'b', or the reverse */
        unsigned dir;                        /* direction index of what this end sends */
        const struct tv_endpoint *ep, *peer; /* this end, and its peer */
        const struct tv_story *story;        /* NULL: neither FIN nor RST came */
        char address[TV_ADDRESS_TEXT], peer_address[TV_ADDRESS_TEXT];
        uint16_t port, peer_port;
};

void tv_close_end_of(const struct tv_case *subject, enum tv_end end, struct tv_close_end *c);

/* Its milestone, or its peer's. */
const struct tv_milestone *tv_close_own(const struct tv_close_end *c, enum tv_milestone_kind kind);
const struct tv_milestone *tv_close_peer(const struct tv_close_end *c, enum tv_milestone_kind kind);

enum tv_blame tv_close_blame(enum tv_end end);

/* A new finding about the end of |c|, from |from| to |until|; NULL when full. */
struct tv_finding *tv_close_finding(const struct tv_close_end *c, struct tv_findings *findings, const char *code,
                                    enum tv_confidence confidence, enum tv_blame blame, tv_time from, tv_time until);

/* |sure|, or less where the capture misses packets or its clock stepped. */
enum tv_confidence tv_close_confidence(const struct tv_case *subject, enum tv_confidence sure);

/* "ESTABLISHED" and so on; of enum tv_tcp_state. */
const char *tv_close_state(uint8_t state);

/* Why an end sent an acceptable reset, first match wins.  The ones up to the blank line are told by the family reset,
 * the others by the family teardown. */
enum tv_reset_cause {
        TV_CAUSE_NONE,        /* there is none, or another family tells it: handshake, given up, keepalive */
        TV_CAUSE_INJECTED,    /* it was not its purported sender's */
        TV_CAUSE_TIMEOUT,     /* its sender had waited for an answer in vain */
        TV_CAUSE_KEEPALIVE,   /* it answers a keepalive probe */
        TV_CAUSE_FORGOTTEN,   /* its sender has no such connection, and had not closed it */
        TV_CAUSE_ABORT,       /* its sender's application ended the connection without a FIN */
        TV_CAUSE_UNREAD,      /* ... and left octets unread */
        TV_CAUSE_AFTER_CLOSE, /* its sender had closed, and nothing of the peer's data was refused */

        TV_CAUSE_DATA,         /* its sender had closed, and octets came that nobody could read any more */
        TV_CAUSE_EXIT,         /* ... which were under way when it closed */
        TV_CAUSE_FIN_WAIT_2,   /* its sender had waited for the peer's FIN for as long as FIN_WAIT_2 lasts */
        TV_CAUSE_NO_TIME_WAIT, /* its sender should have been in TIME_WAIT */
        TV_CAUSE_ASSASSIN,     /* it met an end in TIME_WAIT */
};

/* The reset that ended the connection, and why it was sent: the first acceptable one of both ends.  NULL: none. */
const struct tv_reset *tv_close_reset(const struct tv_case *subject, enum tv_end *sender, enum tv_reset_cause *cause);

static inline double
tv_close_seconds(tv_time t)
{
        return (double)t / 1e9;
}

/* The themes. */
void tv_diagnose_stuck(const struct tv_case *subject, struct tv_findings *findings);
void tv_diagnose_time_wait(const struct tv_case *subject, struct tv_findings *findings);

#endif
