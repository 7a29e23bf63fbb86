#include "analyzer/flow/context_table.h"

#include "analyzer/flow/flow_key.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64, MOST = TV_CONTEXT_NOT_KEPT - 1, ALL_PARTS = TV_WAY_VLAN | TV_WAY_TUNNEL };

void
tv_context_table_init(struct tv_context_table *table, const uint64_t key[2])
{
        *table = (struct tv_context_table){.key = {key[0], key[1]}};
}

void
tv_context_table_clear(struct tv_context_table *table)
{
        free(table->at);
        free(table->slot);
        tv_context_table_init(table, table->key);
}

static bool
equal(const struct tv_context *x, const struct tv_context *y)
{
        return x->steps == y->steps && memcmp(x->kind, y->kind, x->steps) == 0 &&
               memcmp(x->id, y->id, x->steps * sizeof x->id[0]) == 0;
}

static unsigned
part_of(uint8_t kind)
{
        return kind == TV_STEP_VLAN ? TV_WAY_VLAN : TV_WAY_TUNNEL;
}

/* SipHash as in flow_key.h, over a word for each step of |parts|. */
static uint32_t
hash(const struct tv_context *context, unsigned parts, const uint64_t key[2])
{
        uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                         key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};

        for (unsigned i = 0; i < context->steps; i++)
                if ((parts & part_of(context->kind[i])) != 0)
                        TV_SIP_FEED(v, (uint64_t)context->kind[i] << 32 | context->id[i]);
        v[2] ^= 0xff;
        TV_SIP_ROUND(v);
        TV_SIP_ROUND(v);
        TV_SIP_ROUND(v);
        v[0] ^= v[1] ^ v[2] ^ v[3];
        return (uint32_t)(v[0] ^ v[0] >> 32);
}

uint32_t
tv_context_digest(const struct tv_context *context, unsigned parts, const uint64_t key[2])
{
        for (unsigned i = 0; i < context->steps; i++) {
                if ((parts & part_of(context->kind[i])) != 0) {
                        uint32_t digest = hash(context, parts, key);

                        return digest != 0 ? digest : 1;
                }
        }
        return 0;
}

static void
insert(struct tv_context_table *table, uint16_t number, uint32_t at)
{
        while (table->slot[at] != 0)
                at = (at + 1) % (2 * table->room);
        table->slot[at] = number;
}

static bool
grow(struct tv_context_table *table)
{
        uint32_t room = table->room != 0 ? 2 * table->room : FIRST_ROOM;
        struct tv_context *at = realloc(table->at, room * sizeof *at);
        uint16_t *slot;

        if (at == NULL)
                return false;
        table->at = at;
        slot = calloc(2 * (size_t)room, sizeof *slot);
        if (slot == NULL)
                return false;
        free(table->slot);
        table->slot = slot;
        table->room = room;
        table->allocations += 2;
        for (uint32_t i = 0; i < table->count; i++)
                insert(table, (uint16_t)(i + 1), hash(&table->at[i], ALL_PARTS, table->key) % (2 * room));
        return true;
}

uint16_t
tv_context_table_number(struct tv_context_table *table, const struct tv_context *context)
{
        struct tv_context *kept;
        uint32_t h, slots;

        if (context->steps == 0)
                return TV_CONTEXT_PLAIN;
        if (table->newest != 0 && equal(&table->at[table->newest - 1], context))
                return table->newest;
        h = hash(context, ALL_PARTS, table->key);
        slots = 2 * table->room;
        if (slots != 0)
                for (uint32_t at = h % slots; table->slot[at] != 0; at = (at + 1) % slots)
                        if (equal(&table->at[table->slot[at] - 1], context))
                                return table->newest = table->slot[at];
        if (table->count == MOST || (table->count == table->room && !grow(table)))
                return TV_CONTEXT_NOT_KEPT;
        kept = &table->at[table->count++];
        memset(kept, 0, sizeof *kept);
        kept->steps = context->steps;
        memcpy(kept->kind, context->kind, context->steps);
        memcpy(kept->id, context->id, context->steps * sizeof context->id[0]);
        table->newest = (uint16_t)table->count;
        insert(table, table->newest, h % (2 * table->room));
        return table->newest;
}

const struct tv_context *
tv_context_table_at(const struct tv_context_table *table, uint16_t number)
{
        return number == TV_CONTEXT_PLAIN || number == TV_CONTEXT_NOT_KEPT ? NULL : &table->at[number - 1];
}

uint64_t
tv_context_table_bytes(const struct tv_context_table *table)
{
        return (uint64_t)table->room * (sizeof *table->at + 2 * sizeof *table->slot);
}
