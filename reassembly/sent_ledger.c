#include "reassembly/sent_ledger.h"

#include <stdlib.h>
#include <string.h>

/* So many are looked at, where a look at all would take long. */
#define NEWEST 64

void
tv_ledger_forget(struct tv_ledger *ledger)
{
        free(ledger->ring);
        ledger->ring = NULL;
        ledger->pushed = ledger->done = ledger->mask = 0;
}

void
tv_ledger_clear(struct tv_ledger *ledger)
{
        tv_ledger_forget(ledger);
        tv_range_set_clear(&ledger->holes);
}

void
tv_ledger_start(struct tv_ledger *ledger, uint64_t begin)
{
        ledger->begin = ledger->nxt = ledger->una = begin;
}

void
tv_ledger_extend_down(struct tv_ledger *ledger, uint64_t begin)
{
        if (begin >= ledger->begin)
                return;
        tv_range_set_add_limited(&ledger->holes, begin, ledger->begin, TV_LEDGER_HOLES);
        if (ledger->una == ledger->begin)
                ledger->una = begin;
        ledger->begin = begin;
}

/* Holes far below the acknowledged point can be counted and dropped: nobody resends what was acknowledged long ago. */
static void
drop_old_holes(struct tv_ledger *ledger)
{
        uint64_t una = ledger->una < ledger->nxt ? ledger->una : ledger->nxt;
        struct tv_range_set *holes = &ledger->holes;
        uint64_t below;

        if (holes->count < TV_LEDGER_HOLES / 2 || una <= ledger->begin)
                return;
        below = tv_range_set_covered(holes, ledger->begin, una);
        if (below == 0)
                return;
        ledger->forgotten_missing += (uint32_t)below;
        tv_range_set_drop_below(holes, una);
}

struct tv_overlap
tv_ledger_add(struct tv_ledger *ledger, uint64_t begin, uint64_t end)
{
        struct tv_overlap o = {0, 0, 0};
        uint64_t low_end;

        if (begin == ledger->nxt) { /* in order: nothing to look up */
                o.fresh = end - begin;
                ledger->nxt = end;
                return o;
        }
        if (begin > ledger->nxt) {
                tv_range_set_add_limited(&ledger->holes, ledger->nxt, begin, TV_LEDGER_HOLES);
                o.fresh = end - begin;
                ledger->nxt = end;
                drop_old_holes(ledger);
                return o;
        }
        if (begin < ledger->begin)
                tv_ledger_extend_down(ledger, begin);
        low_end = end < ledger->nxt ? end : ledger->nxt;
        if (ledger->holes.count != 0)
                o.hole = tv_range_set_remove_limited(&ledger->holes, begin, low_end, TV_LEDGER_HOLES);
        o.old = low_end - begin - o.hole;
        if (end > ledger->nxt) {
                o.fresh = end - ledger->nxt;
                ledger->nxt = end;
        }
        return o;
}

static bool
grow(struct tv_ledger *ledger)
{
        uint32_t old = ledger->ring != NULL ? ledger->mask + 1 : 0;
        uint32_t capacity = old != 0 ? old * 4 : TV_SENT_RING_MIN;
        uint32_t kept = ledger->pushed < old ? ledger->pushed : old;
        struct tv_sent *ring;

        if (capacity > TV_SENT_RING_MAX)
                capacity = TV_SENT_RING_MAX;
        ring = calloc(capacity, sizeof *ring); /* frame 0: never filled */
        if (ring == NULL)
                return false;
        for (uint32_t i = 0; i < kept; i++)
                ring[(ledger->pushed - kept + i) & (capacity - 1)] =
                        ledger->ring[(ledger->pushed - kept + i) & ledger->mask];
        free(ledger->ring);
        ledger->ring = ring;
        ledger->mask = capacity - 1;
        return true;
}

struct tv_sent *
tv_ledger_remember(struct tv_ledger *ledger, int64_t now, bool pure)
{
        if (ledger->ring == NULL) {
                if (!grow(ledger))
                        return NULL;
        } else if (ledger->pushed - ledger->done > ledger->mask) {
                /* Everything remembered is still unacknowledged: more room, or forget the oldest. */
                if (ledger->mask + 1 >= (pure ? TV_SENT_RING_PURE : TV_SENT_RING_MAX) || !grow(ledger))
                        ledger->done++;
        } else if (!pure && ledger->mask + 1 < TV_SENT_RING_YOUNG &&
                   now - ledger->ring[ledger->pushed & ledger->mask].time <
                           (ledger->pushed >= 16 ? TV_SENT_YOUNG_NS : TV_SENT_BURST_NS)) {
                grow(ledger);
        }
        return &ledger->ring[ledger->pushed++ & ledger->mask];
}

struct tv_sent *
tv_ledger_find(const struct tv_ledger *ledger, uint64_t offset, bool first)
{
        struct tv_sent *found = NULL, *sent;

        for (uint32_t i = 0; (sent = tv_ledger_recent(ledger, i)) != NULL; i++) {
                if (sent->length == 0 || offset < sent->begin || offset - sent->begin >= sent->length)
                        continue;
                found = sent;
                if (!first)
                        break;
        }
        return found;
}

const struct tv_sent *
tv_ledger_acknowledge(struct tv_ledger *ledger, uint64_t ack)
{
        const struct tv_sent *sample = NULL;
        uint64_t una = ledger->una;
        bool first = true;
        uint8_t bits = 0;

        if (ack <= ledger->una)
                return NULL;
        ledger->una = ack;
        while (ledger->done != ledger->pushed) {
                const struct tv_sent *sent = &ledger->ring[ledger->done & ledger->mask];
                uint64_t end = sent->begin + sent->length;

                if (end > ack || (sent->length == 0 && end == ack && ledger->pushed - ledger->done < 2))
                        break;
                bits |= sent->bits;
                if (sent->length != 0) {
                        if (first && sent->begin > una && una >= ledger->begin)
                                bits |= TV_SENT_AGAIN; /* what belongs before it came later, or never */
                        first = false;
                        if (end == ack)
                                sample = sent;
                }
                ledger->done++;
        }
        /* Where something had to be sent again, the acknowledgment of what came behind it has waited for that. */
        return (bits & (TV_SENT_AGAIN | TV_SENT_COPY)) == 0 ? sample : NULL;
}

void
tv_ledger_echoed(struct tv_ledger *ledger, uint32_t tsecr)
{
        while (ledger->done != ledger->pushed) {
                const struct tv_sent *sent = &ledger->ring[ledger->done & ledger->mask];

                if ((sent->bits & TV_SENT_PURE) == 0 || (int32_t)(sent->tsval - tsecr) >= 0)
                        break;
                ledger->done++;
        }
}

uint64_t
tv_ledger_missing(const struct tv_ledger *ledger, uint64_t from)
{
        uint64_t low = ledger->una < ledger->nxt ? ledger->una : ledger->nxt;
        uint64_t missing = ledger->forgotten_missing;

        if (from < ledger->begin)
                from = ledger->begin;
        if (ledger->holes.count != 0 && low > from)
                missing += tv_range_set_covered(&ledger->holes, from, low);
        if (ledger->una > ledger->nxt)
                missing += ledger->una - ledger->nxt;
        return missing;
}

bool
tv_ledger_damaged_taken(const struct tv_ledger *ledger)
{
        const struct tv_sent *sent;

        for (uint32_t i = 0; i < NEWEST && (sent = tv_ledger_recent(ledger, i)) != NULL; i++)
                if (sent->length != 0 && (sent->bits & (TV_SENT_DAMAGED | TV_SENT_AGAIN)) == TV_SENT_DAMAGED &&
                    sent->begin + sent->length <= ledger->una)
                        return true;
        return false;
}
