#include "analyzer/flow/flow_table.h"

#include "analyzer/flow/pages.h"

#include <assert.h>

#define FIRST_SLOTS ((size_t)1024)
#define MOST_SLOTS  ((size_t)1 << 31)
#define NO_SLOT     UINT32_MAX

static struct tv_flow_slot *
map_slots(struct tv_flow_table *table, size_t slots)
{
        struct tv_flow_slot *slot = tv_pages_map(slots * sizeof *slot, true);

        if (slot != NULL)
                table->allocations++;
        return slot;
}

bool
tv_flow_table_init(struct tv_flow_table *table)
{
        *table = (struct tv_flow_table){0};
        table->slot = map_slots(table, FIRST_SLOTS);
        if (table->slot == NULL)
                return false;
        table->mask = (uint32_t)(FIRST_SLOTS - 1);
        return true;
}

void
tv_flow_table_clear(struct tv_flow_table *table)
{
        tv_pages_unmap(table->slot, tv_flow_table_bytes(table));
        *table = (struct tv_flow_table){0};
}

/* There is always an empty slot. */
static void
put(struct tv_flow_slot *slot, uint32_t mask, struct tv_flow_slot entry)
{
        uint32_t i = entry.hash & mask;

        while (slot[i].value != 0)
                i = (i + 1) & mask;
        slot[i] = entry;
}

/* Moves everything to a table twice as large.  An entry of home h goes to h or to h + the old number of slots, so a
 * pass over the old table fills the new one in two streams; what was moved is given back on the way, so that both
 * tables are never in RAM at once. */
static bool
grow(struct tv_flow_table *table)
{
        const size_t batch = 2 * TV_HUGE_PAGE / sizeof *table->slot;
        size_t slots = (size_t)table->mask + 1;
        struct tv_flow_slot *slot;
        uint32_t mask;

        if (slots >= MOST_SLOTS)
                return false;
        slot = map_slots(table, 2 * slots);
        if (slot == NULL)
                return false;
        mask = (uint32_t)(2 * slots - 1);
        for (size_t i = 0; i < slots; i++) {
                if (table->slot[i].value != 0)
                        put(slot, mask, table->slot[i]);
                if ((i + 1) % batch == 0)
                        tv_pages_unmap(table->slot + i + 1 - batch, batch * sizeof *slot);
        }
        if (slots < batch)
                tv_pages_unmap(table->slot, slots * sizeof *slot);
        table->slot = slot;
        table->mask = mask;
        return true;
}

bool
tv_flow_table_insert(struct tv_flow_table *table, uint32_t hash, uint32_t value)
{
        size_t slots = (size_t)table->mask + 1;

        assert(value != 0);
        /* When it cannot grow any more, a slow table is better than none, up to 15/16. */
        if (table->used >= slots / 16 * 11 && !grow(table) && table->used >= slots / 16 * 15)
                return false;
        put(table->slot, table->mask, (struct tv_flow_slot){hash, value});
        table->used++;
        return true;
}

static uint32_t
find(const struct tv_flow_table *table, uint32_t hash, uint32_t value)
{
        for (uint32_t i = hash & table->mask; table->slot[i].value != 0; i = (i + 1) & table->mask)
                if (table->slot[i].value == value && table->slot[i].hash == hash)
                        return i;
        return NO_SLOT;
}

bool
tv_flow_table_replace(struct tv_flow_table *table, uint32_t hash, uint32_t old_value, uint32_t new_value)
{
        uint32_t i = find(table, hash, old_value);

        assert(new_value != 0);
        if (i == NO_SLOT)
                return false;
        table->slot[i].value = new_value;
        return true;
}

bool
tv_flow_table_remove(struct tv_flow_table *table, uint32_t hash, uint32_t value)
{
        uint32_t hole = find(table, hash, value);

        if (hole == NO_SLOT)
                return false;
        /* Entries behind the hole move into it unless that would put them before their home. */
        for (uint32_t i = (hole + 1) & table->mask; table->slot[i].value != 0; i = (i + 1) & table->mask) {
                uint32_t home = table->slot[i].hash & table->mask;

                if (((i - home) & table->mask) >= ((i - hole) & table->mask)) {
                        table->slot[hole] = table->slot[i];
                        hole = i;
                }
        }
        table->slot[hole] = (struct tv_flow_slot){0, 0};
        table->used--;
        return true;
}
