/* diag_data.c - what befell the data between handshake and close, end by end; the themes are in diag_data_*.c. */
#include "analyzer/diagnose/diag_data.h"

#include <string.h>

const struct tv_note *
tv_data_note(const struct tv_data_case *c, enum tv_note_kind kind)
{
        return c->trouble != NULL ? tv_note_find(&c->subject->tracker->notes, c->trouble->notes, kind) : NULL;
}

void
tv_data_frames(struct tv_finding *finding, const struct tv_note *note)
{
        for (unsigned i = 0; i < note->frames; i++)
                tv_finding_frame(finding, note->frame[i]);
}

struct tv_finding *
tv_data_finding(const struct tv_data_case *c, struct tv_findings *findings, const char *code,
                enum tv_confidence confidence, enum tv_blame blame, const struct tv_note *note)
{
        struct tv_finding *f = tv_finding_new(findings, c->subject, code, confidence, blame);

        if (f == NULL)
                return NULL;
        f->end = (uint8_t)c->end;
        if (note != NULL) {
                f->count = note->count;
                if (note->begin != TV_NO_TIME)
                        f->time = note->begin;
                if (note->end != TV_NO_TIME)
                        f->until = note->end;
                tv_data_frames(f, note);
        }
        return f;
}

enum tv_blame
tv_data_blame(const struct tv_data_case *c)
{
        return c->end == TV_A ? TV_BLAME_A : TV_BLAME_B;
}

enum tv_blame
tv_data_blame_peer(const struct tv_data_case *c)
{
        return c->end == TV_A ? TV_BLAME_B : TV_BLAME_A;
}

#define NEAR INT64_C(250000) /* no network is so fast, but for one within a rack */

static bool
captured_at(const struct tv_data_case *c, enum tv_end here, enum tv_end there)
{
        const tv_time *delay = c->subject->row->delay;

        return c->subject->doubts.skew == 0 && delay[here] != TV_NO_TIME && delay[here] < NEAR &&
               delay[there] != TV_NO_TIME && delay[here] * 4 < delay[there];
}

bool
tv_data_at_sender(const struct tv_data_case *c)
{
        return captured_at(c, c->end, c->other);
}

bool
tv_data_at_receiver(const struct tv_data_case *c)
{
        return captured_at(c, c->other, c->end);
}

const char *
tv_data_where(uint64_t up, uint64_t down, uint64_t count)
{
        return up != 0 && down != 0         ? " on both sides of this capture point"
               : up != 0 && up == count     ? " before this capture point"
               : down != 0 && down == count ? " behind this capture point"
                                            : "";
}

static void
end_case(const struct tv_case *subject, enum tv_end end, struct tv_data_case *c)
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
        c->trouble = tv_track_trouble(subject->tracker, c->ep);
        c->row = &row->dir[end];
        c->port = row->port[c->end];
        c->peer_port = row->port[c->other];
        tv_address_text(&row->addr[c->end], c->address);
        tv_address_text(&row->addr[c->other], c->peer_address);
}

void
tv_diagnose_data(const struct tv_case *subject, struct tv_findings *findings)
{
        const struct tv_track *track = &subject->conn->track;

        /* Everything that these findings are made from is noted as trouble of one end. */
        if (track->ep[0].trouble == 0 && track->ep[1].trouble == 0)
                return;
        for (int end = TV_A; end <= TV_B; end++) {
                struct tv_data_case c;

                end_case(subject, (enum tv_end)end, &c);
                tv_data_silence(&c, findings); /* what follows from it comes behind it */
                tv_data_loss(&c, findings);
                tv_data_window(&c, findings);
                tv_data_path(&c, findings);
                tv_data_odd(&c, findings);
                tv_data_stall(&c, findings);
        }
}
