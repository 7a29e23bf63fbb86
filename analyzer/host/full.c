#include "analyzer/host/full.h"

#include "analyzer/host/host_table.h"

void
tv_full_note(struct tv_full_list *list, const struct tv_full *full)
{
        unsigned kept = list->count < TV_FULL_KEPT ? list->count : TV_FULL_KEPT;

        for (unsigned i = 0; i < kept; i++)
                if (list->at[i].conn == full->conn) {
                        list->at[i] = *full;
                        return;
                }
        list->at[list->count++ % TV_FULL_KEPT] = *full;
}

const struct tv_full *
tv_full_find(const struct tv_full_list *list, const struct tv_address *address, uint16_t port, tv_time time)
{
        unsigned kept = list->count < TV_FULL_KEPT ? list->count : TV_FULL_KEPT;

        for (unsigned i = 0; i < kept; i++) {
                const struct tv_full *full = &list->at[i];

                if (full->port == port && full->from <= time && time <= full->until &&
                    tv_address_equal(&full->address, address))
                        return full;
        }
        return NULL;
}
