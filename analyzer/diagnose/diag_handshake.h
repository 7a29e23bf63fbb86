/* diag_handshake.h - what the files of the handshake family share.  One file per theme. */
#ifndef TV_DIAG_HANDSHAKE_H
#define TV_DIAG_HANDSHAKE_H

#include "analyzer/diagnose/diagnose.h"

/* Is |loss|, of a SYN, none: was that SYN answered for an older connection, or sent again because of a reset? */
bool tv_handshake_met_something(const struct tv_case *subject, const struct tv_loss *loss);

/* Is |loss|, a SYN-ACK that was sent again before it could be answered, no repetition by a timer but the answer to a
 * SYN that came twice? */
bool tv_handshake_answers_twice(const struct tv_case *subject, const struct tv_loss *loss);

/* A responder whose accept queue is full: it drops what a sends as if it had not come.  Returns whether that was said
 * of what followed the SYN. */
bool tv_handshake_full_queue(const struct tv_case *subject, struct tv_findings *findings);

/* Is |loss| that of a SYN which came while the accept queue was full, as other connections show? */
bool tv_handshake_dropped_syn(const struct tv_case *subject, const struct tv_loss *loss);

/* A SYN that met an older connection.  Returns whether it was said. */
bool tv_handshake_met_old(const struct tv_case *subject, struct tv_findings *findings);

/* An old SYN that was answered, and reset; of the connection that began meanwhile.  Returns whether it was said. */
bool tv_handshake_stale_syn(const struct tv_case *subject, struct tv_findings *findings);

/* The SYN of this connection was answered and reset: was it an old one, sent while a tried another?  Returns whether
 * that was said, instead of "aborted". */
bool tv_handshake_was_stale(const struct tv_case *subject, struct tv_findings *findings);

/* Segments of the handshake that the network doubled. */
void tv_handshake_duplicated(const struct tv_case *subject, struct tv_findings *findings);

/* Data in the SYN: taken, not taken, or swallowed with it. */
void tv_handshake_fast_open(const struct tv_case *subject, struct tv_findings *findings);

/* A handshake without loss that took much longer than the path does. */
void tv_handshake_slow(const struct tv_case *subject, struct tv_findings *findings);

/* Fills in what |f|, one of this family, is not, and what to do, where that is not said yet. */
void tv_handshake_advise(const struct tv_case *subject, struct tv_finding *f);

/* Options that an end uses although its SYN does not have them here. */
void tv_handshake_stripped(const struct tv_case *subject, struct tv_findings *findings);

static inline double
tv_handshake_seconds(tv_time t)
{
        return (double)t / 1e9;
}

#endif
