#include "analyzer/capture/chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* So many records in a row, or all to the end, are no accident, unless they are long before or after the others. */
enum { IN_A_ROW = 3 };
#define FAR_NS (INT64_C(30) * 24 * 3600 * 1000000000)

/* Parses, and checks what holds in every format. */
static bool
parse(const struct tv_chain *chain, const uint8_t *header, bool strict, struct tv_record *record,
      char what[TV_READER_MESSAGE])
{
        *record = (struct tv_record){.drops = UINT64_MAX};
        if (!chain->format->parse(chain->context, header, strict, record, what))
                return false;
        if (record->bytes < chain->format->header_bytes || record->bytes > TV_CHAIN_RECORD_MAX) {
                snprintf(what, TV_READER_MESSAGE, "a record says that it has %u bytes", record->bytes);
                return false;
        }
        if (!record->skip && (record->data > record->bytes || record->packet.captured > record->bytes - record->data)) {
                snprintf(what, TV_READER_MESSAGE, "a packet of %u bytes in a record of %u bytes",
                         record->packet.captured, record->bytes);
                return false;
        }
        return true;
}

/* |bytes| bytes at |offset|, if there are so many before the end of the records. */
static const uint8_t *
look(struct tv_chain *chain, uint64_t offset, uint32_t bytes, size_t *have)
{
        const uint8_t *p = tv_input_view(chain->input, offset, bytes, have);

        if (!p || offset >= chain->end)
                *have = 0;
        else if (*have > chain->end - offset)
                *have = (size_t)(chain->end - offset);
        return p;
}

static bool
is_plausible(struct tv_chain *chain, uint64_t offset)
{
        char what[TV_READER_MESSAGE];
        struct tv_record record;
        size_t have;

        for (int i = 0; i < IN_A_ROW; i++) {
                const uint8_t *p = look(chain, offset, chain->format->header_bytes, &have);

                if (have == 0)
                        return i > 0;
                if (have < chain->format->header_bytes || !parse(chain, p, true, &record, what))
                        return false;
                if (!record.skip && chain->has_time &&
                    (record.packet.time - chain->time > FAR_NS || chain->time - record.packet.time > FAR_NS))
                        return false;
                (void)look(chain, offset, record.bytes, &have);
                if (have < record.bytes)
                        return false;
                if (record.last)
                        return i > 0;
                offset += record.bytes;
        }
        return true;
}

static void
recover(struct tv_chain *chain, struct tv_damage *damage)
{
        const size_t used = strlen(damage->what);
        const uint64_t at = chain->at;
        size_t have;

        for (uint64_t s = at + 1; look(chain, s, chain->format->header_bytes, &have) && have > 0; s++) {
                tv_input_release(chain->input, s);
                if (is_plausible(chain, s)) {
                        chain->at = s;
                        damage->cut = false;
                        snprintf(damage->what + used, sizeof damage->what - used, "; %" PRIu64 " bytes are skipped",
                                 s - at);
                        return;
                }
        }
        chain->ended = true;
        if (!damage->cut)
                snprintf(damage->what + used, sizeof damage->what - used, "; nothing can be read behind it");
}

static void
note_cut(const struct tv_chain *chain, struct tv_damage *damage, size_t have, uint32_t wanted)
{
        damage->cut = true;
        if (chain->input->error[0] != '\0')
                snprintf(damage->what, sizeof damage->what, "%s", chain->input->error);
        else
                snprintf(damage->what, sizeof damage->what, "the file ends inside a record: %zu of %u bytes", have,
                         wanted);
}

const uint8_t *
tv_chain_read(struct tv_chain *chain, uint64_t offset, struct tv_record *record, struct tv_damage *damage)
{
        const uint32_t header_bytes = chain->format->header_bytes;
        size_t have;
        const uint8_t *p = look(chain, offset, header_bytes, &have);

        damage->offset = offset;
        damage->cut = false;
        if (have < header_bytes) {
                note_cut(chain, damage, have, header_bytes);
                return NULL;
        }
        if (!parse(chain, p, false, record, damage->what))
                return NULL;
        p = look(chain, offset, record->bytes, &have);
        if (have < record->bytes) {
                note_cut(chain, damage, have, record->bytes);
                return NULL;
        }
        if (chain->format->finish)
                chain->format->finish(chain->context, p, record);
        record->packet.data = p + record->data;
        if (record->drops != UINT64_MAX)
                chain->info->drops = record->drops;
        return p;
}

enum tv_read
tv_chain_next(struct tv_chain *chain, struct tv_packet *packet, struct tv_damage *damage)
{
        uint64_t other_frames = 0;

        while (!chain->ended) {
                struct tv_record record;
                size_t have;

                tv_input_release(chain->input, chain->at);
                (void)look(chain, chain->at, chain->format->header_bytes, &have);
                if (have == 0 && chain->input->error[0] == '\0')
                        break;
                if (!tv_chain_read(chain, chain->at, &record, damage)) {
                        if (chain->input->error[0] != '\0')
                                chain->ended = true;
                        else
                                recover(chain, damage);
                        return TV_READ_DAMAGED;
                }
                chain->at += record.bytes;
                chain->ended = record.last;
                other_frames += record.packet.frame;
                if (record.skip)
                        continue;
                *packet = record.packet;
                packet->frame = other_frames;
                chain->has_time = true;
                chain->time = packet->time;
                return TV_READ_PACKET;
        }
        chain->ended = true;
        return TV_READ_END;
}
