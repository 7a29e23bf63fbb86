/* icmp_notes.h - the ICMP errors that quote segments of one connection; taken from a pool with the first of them.
 *
 * Anybody can send one, so an error is evidence about the path and never moves a state by itself (RFC 5927, RFC 9293
 * section 3.9.2.2). */
#ifndef TV_ICMP_NOTES_H
#define TV_ICMP_NOTES_H

#include "analyzer/decode/decode.h"

#include <stdbool.h>
#include <stdint.h>

struct tv_icmp_note {
        tv_frame frame; /* 0: none */
        tv_time time;
        uint32_t mtu; /* of the next hop; 0: not told */
        uint32_t seq; /* of the quoted segment */
        uint16_t checksum;
        uint8_t type, code;
        bool ipv6;
        uint8_t sender[16]; /* 4 or 16 octets in network order */
};

struct tv_icmp_notes {
        uint32_t count;                /* all of them */
        uint32_t syn_count;            /* those that say why a SYN did not arrive */
        bool differ, syn_differ;       /* not all say the same, or not by the same sender */
        struct tv_icmp_note at[2];     /* the first and the last */
        struct tv_icmp_note syn_at[2]; /* ... of |syn_count| */
};

/* Does |note| say that the quoted packet was too large for the next link (RFC 1191, RFC 8201)? */
static inline bool
tv_icmp_note_too_large(const struct tv_icmp_note *note)
{
        return note->frame != 0 && (note->ipv6 ? note->type == 2 : note->type == 3 && note->code == 4);
}

/* Notes |error|, captured as |frame| at |time|; |of_syn|: it quotes a SYN.  Another recording of the last message is
 * not counted. */
void tv_icmp_notes_add(struct tv_icmp_notes *notes, const struct tv_icmp_error *error, tv_frame frame, tv_time time,
                       bool of_syn);

#endif
