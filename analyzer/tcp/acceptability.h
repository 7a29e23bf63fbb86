/* acceptability.h - would the receiver act on this segment?  RFC 9293 section 3.10.7.4 and RFC 5961. */
#ifndef TV_ACCEPTABILITY_H
#define TV_ACCEPTABILITY_H

#include "analyzer/decode/segment.h"

struct tv_track;

enum tv_rst_verdict {
        TV_RST_ACCEPTED,   /* SEQ is (or, with octets in flight, can be) exactly RCV.NXT; or it refuses a SYN */
        TV_RST_CHALLENGED, /* inside the window but not at RCV.NXT: challenge ACK (RFC 5961 3.2) */
        TV_RST_OUTSIDE     /* outside the window: silently dropped */
};

/* Judges an RST that direction |dir| sends, before it is counted as sent. */
enum tv_rst_verdict tv_acceptability_rst(const struct tv_track *track, unsigned dir, const struct tv_segment *seg);

#endif
