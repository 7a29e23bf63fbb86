#include "analyzer/tcp/icmp_notes.h"

#include <string.h>

/* No message about another packet has the same checksum, which covers what is quoted; that packet sent again, quoted
 * octet for octet, would need a timer faster than any (RFC 6298 section 2). */
#define SAME_MESSAGE INT64_C(100000000)

static bool
recorded_twice(const struct tv_icmp_note *last, const struct tv_icmp_error *error, tv_time time)
{
        return last->frame != 0 && time - last->time < SAME_MESSAGE && last->time - time < SAME_MESSAGE &&
               last->checksum == error->checksum && last->type == error->type && last->code == error->code &&
               last->seq == error->seq && memcmp(last->sender, error->sender, sizeof last->sender) == 0;
}

/* Returns whether |note| says something else than the first one. */
static bool
put(struct tv_icmp_note at[2], const struct tv_icmp_note *note)
{
        if (at[0].frame == 0)
                at[0] = *note;
        at[1] = *note;
        return at[0].type != note->type || at[0].code != note->code || at[0].mtu != note->mtu ||
               memcmp(at[0].sender, note->sender, sizeof note->sender) != 0;
}

void
tv_icmp_notes_add(struct tv_icmp_notes *notes, const struct tv_icmp_error *error, tv_frame frame, tv_time time,
                  bool of_syn)
{
        struct tv_icmp_note note = {
                .frame = frame,
                .time = time,
                .mtu = error->mtu,
                .seq = error->seq,
                .checksum = error->checksum,
                .type = error->type,
                .code = error->code,
                .ipv6 = error->ipv6,
        };

        if (recorded_twice(&notes->at[1], error, time))
                return;
        memcpy(note.sender, error->sender, sizeof note.sender);
        notes->count++;
        if (put(notes->at, &note))
                notes->differ = true;
        if (!of_syn)
                return;
        switch ((enum tv_icmp_kind)error->kind) {
        case TV_ICMP_UNREACHABLE:
        case TV_ICMP_TIME_EXCEEDED:
        case TV_ICMP_PARAMETER:
                notes->syn_count++;
                if (put(notes->syn_at, &note))
                        notes->syn_differ = true;
                break;
        default: /* advice, not a refusal */
                break;
        }
}
