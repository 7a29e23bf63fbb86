/* chain.h - reads the formats that are records one after the other, each with a header that tells its length, and goes
 * on after damage where several records in a row make sense. */
#ifndef TV_CHAIN_H
#define TV_CHAIN_H

#include "analyzer/capture/format.h"

/* What the header of a record says. */
struct tv_record {
        uint32_t bytes;          /* of the whole record, its header and what pads it included */
        uint32_t data;           /* where in it the packet begins */
        bool skip;               /* it is no packet */
        bool last;               /* nothing comes after it */
        uint64_t drops;          /* since the capture began; UINT64_MAX: it does not tell */
        struct tv_packet packet; /* |data| is left out; |frame| as from a format's next */
};

struct tv_chain_format {
        uint32_t header_bytes;
        /* Reads the |header_bytes| bytes of a header.  False, with a line in |what|, when it makes no sense.  |strict|:
         * after damage, where a header that only might be one is none. */
        bool (*parse)(void *context, const uint8_t *header, bool strict, struct tv_record *record,
                      char what[TV_READER_MESSAGE]);
        /* Takes from the whole record, at |bytes|, what stands behind the packet; NULL: nothing does. */
        void (*finish)(void *context, const uint8_t *bytes, struct tv_record *record);
};

/* Begins as {format, context, input, info, at, end}; |input| and |info| are borrowed. */
struct tv_chain {
        const struct tv_chain_format *format;
        void *context;
        struct tv_input *input;
        struct tv_capture_info *info;
        uint64_t at;  /* the next record */
        uint64_t end; /* where the records end; UINT64_MAX: with the input */
        bool ended;
        bool has_time;
        tv_time time; /* of the latest packet */
};

/* Records are no larger.  Wireshark reads packets of up to 256 KiB. */
#define TV_CHAIN_RECORD_MAX (UINT32_C(1) << 20)

/* tv_chain_read reads the record at |offset|, which need not be the next one: NULL, with |damage| filled in but for
 * where to go on, when there is no whole one that makes sense, else its bytes, borrowed until the next view. */
const uint8_t *tv_chain_read(struct tv_chain *chain, uint64_t offset, struct tv_record *record,
                             struct tv_damage *damage);

/* As a format's next (format.h). */
enum tv_read tv_chain_next(struct tv_chain *chain, struct tv_packet *packet, struct tv_damage *damage);

#endif
