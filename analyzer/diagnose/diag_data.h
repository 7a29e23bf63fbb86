/* diag_data.h - what the files of the data family share.  One file per theme; each function looks at what one end sent
 * or did, and adds what it finds. */
#ifndef TV_DIAG_DATA_H
#define TV_DIAG_DATA_H

#include "analyzer/diagnose/diagnose.h"
#include "analyzer/flow/address.h"

/* What is asked of one end. */
struct tv_data_case {
        const struct tv_case *subject;
        enum tv_end end, other;              /* this end, and its peer */
        char name, other_name;               /* 'a' and 'b', or the reverse */
        unsigned dir;                        /* direction index of what this end sends */
        const struct tv_endpoint *ep, *peer; /* this end, and its peer */
        const struct tv_trouble *trouble;    /* NULL: none */
        const struct tv_direction *row;      /* the columns of what this end sent */
        char address[TV_ADDRESS_TEXT], peer_address[TV_ADDRESS_TEXT];
        uint16_t port, peer_port;
};

/* The note of |kind|; NULL: none. */
const struct tv_note *tv_data_note(const struct tv_data_case *c, enum tv_note_kind kind);

/* A new finding about this end, with the times and frames of |note| (NULL: none); NULL when full. */
struct tv_finding *tv_data_finding(const struct tv_data_case *c, struct tv_findings *findings, const char *code,
                                   enum tv_confidence confidence, enum tv_blame blame, const struct tv_note *note);

/* Takes over the frames of another note. */
void tv_data_frames(struct tv_finding *finding, const struct tv_note *note);

/* Who is to blame for what this end does, or its peer. */
enum tv_blame tv_data_blame(const struct tv_data_case *c);
enum tv_blame tv_data_blame_peer(const struct tv_data_case *c);

/* Was it captured at this end's host, or at its peer's?  By the delays, which may be unknown: then at neither. */
bool tv_data_at_sender(const struct tv_data_case *c);
bool tv_data_at_receiver(const struct tv_data_case *c);

/* " before this capture point" where |up| of |count| died there, " behind it" where |down| did, else " somewhere". */
const char *tv_data_where(uint64_t up, uint64_t down, uint64_t count);

static inline double
tv_data_seconds(tv_time t)
{
        return (double)t / 1e9;
}

/* The themes. */
void tv_data_loss(const struct tv_data_case *c, struct tv_findings *findings);
void tv_data_silence(const struct tv_data_case *c, struct tv_findings *findings);
void tv_data_window(const struct tv_data_case *c, struct tv_findings *findings);
void tv_data_path(const struct tv_data_case *c, struct tv_findings *findings);
void tv_data_odd(const struct tv_data_case *c, struct tv_findings *findings);
void tv_data_stall(const struct tv_data_case *c, struct tv_findings *findings);

#endif
