/* decode.h - packet to TCP segment.  The only entry point of the decoders: allocates nothing, prints nothing, trusts no
 * length field, and puts every packet into exactly one bucket. */
#ifndef TV_DECODE_H
#define TV_DECODE_H

#include "analyzer/capture/packet.h"
#include "analyzer/decode/segment.h"

/* Every packet falls into exactly one of these; files.csv has a column for each (bucket_list.def). */
enum tv_bucket {
#define TV_BUCKET(name, meaning) TV_BUCKET_##name,
#include "analyzer/decode/bucket_list.def"
#undef TV_BUCKET
        TV_BUCKETS
};

/* tv_decode reads |packet| and, when it is a whole TCP segment, fills in |seg| (and |more|, when there is anything for
 * it; see TV_SEG_MORE).  seg->hash is left 0.
 *
 * Returns the bucket the packet belongs to: TV_BUCKET_tcp when |seg| was filled in; otherwise |seg| and |more| hold
 * nothing of use. */
enum tv_bucket tv_decode(const struct tv_packet *packet, struct tv_segment *seg, struct tv_segment_more *more);

/* The column name and the meaning (one sentence) of a bucket. */
const char *tv_bucket_name(enum tv_bucket bucket);
const char *tv_bucket_meaning(enum tv_bucket bucket);

/* The name of a link type as users know it ("Ethernet"), or NULL when this program cannot decode it. */
const char *tv_link_name(int link_type);

#endif
