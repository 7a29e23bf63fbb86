#include "analyzer/engine/engine.h"

#include "analyzer/diagnose/diagnose.h"
#include "analyzer/engine/budget.h"
#include "analyzer/engine/clock.h"
#include "analyzer/engine/comments.h"
#include "analyzer/engine/place.h"
#include "analyzer/engine/row_queue.h"
#include "analyzer/engine/summary.h"
#include "analyzer/flow/community_id.h"
#include "analyzer/flow/conn.h"
#include "analyzer/flow/context_table.h"
#include "analyzer/flow/flow_key.h"
#include "analyzer/flow/flow_table.h"
#include "analyzer/flow/half_open.h"
#include "analyzer/flow/likeness.h"
#include "analyzer/flow/pool.h"
#include "analyzer/flow/resting.h"
#include "analyzer/flow/stream_table.h"
#include "analyzer/flow/timer_queue.h"
#include "analyzer/host/digest.h"
#include "analyzer/host/full.h"
#include "analyzer/host/host_table.h"
#include "analyzer/host/opening.h"
#include "analyzer/host/series.h"
#include "analyzer/tcp/observe.h"
#include "reassembly/ip_fragments.h"

#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

/* libpcap's DLT_ values: of most captures, and of what capturing on the interface "any" gives. */
#define ETHERNET   1
#define LINUX_SLL  113
#define LINUX_SLL2 276

/* Segments are decoded as they come and tracked a little later: so the memory that each one needs is on its way while
 * others are being decoded.  Of the last LINE segments the newest has its index slot asked for, the one RESOLVE behind
 * it has the slot looked at and its record asked for, the one FOLLOW behind has what the record points to asked for,
 * and the one WORK behind is tracked. */
#define LINE    32
#define RESOLVE 8
#define FOLLOW  16
#define WORK    24

/* Handles name records in the index and in the timer queue.  The two low bits tell the kind: a whole connection, a
 * half-open record, or a connection that is over and rests, packed; then these have their size class in the next six
 * bits.  The rest is the number in the pool. */
enum kind { WHOLE, HALF, REST };
#define KIND(handle)              ((enum kind)((handle)&3))
#define HANDLE(kind, index)       ((uint32_t)(index) << 2 | (uint32_t)(kind))
#define REST_HANDLE(class, index) ((uint32_t)(index) << 8 | (uint32_t)(class) << 2 | (uint32_t)REST)
#define REST_CLASS(handle)        ((handle) >> 2 & 63)

/* A connection at rest: what finds it, and the record packed. */
struct resting {
        struct tv_flow_key key;
        uint32_t hash;
        uint64_t number;
        tv_time due; /* its timer's; others of the same number are left over from an earlier rest */
        uint8_t ipv6, has_story;
        uint8_t packed[];
};
#define REST_STEP    32 /* size classes are so many bytes apart */
#define WORDS        (TV_CONN_WORDS + TV_STORY_WORDS)
#define REST_CLASSES 50
_Static_assert(WORDS <= TV_RESTING_WORDS &&
                       sizeof(struct resting) + TV_RESTING_BOUND(WORDS) + 7 <= REST_CLASSES * REST_STEP,
               "the largest class holds what cannot be packed");

/* With fewer connections than this in memory, or than a quarter of the memory allowed holds, none is laid to rest:
 * packing and unpacking cost more than the memory is worth. */
#define REST_FROM 8192

/* So many ends of a host in one state are a pile-up. */
#define PILE_UP 50

/* No more connections than these have one key at the same time, told apart by their ways alone. */
#define BY_WAY_MOST 64

/* So long after the last segment a connection that is over is left alone, for its trailing segments. */
#define REST_AFTER (SECOND / 50)

const struct tv_profile tv_profile_linux = {
        .name = "linux",
        .two_msl = 60 * SECOND,
        .syn_retries = 6,
        .synack_retries = 5,
        .rto_min = 200000000,
        .rto_initial = SECOND,
        .fin_wait_2 = 60 * SECOND,
        .retries2 = 15,
        .orphan_retries = 8,
        .rto_max = 120 * SECOND,
        .keepalive_time = 7200 * SECOND,
        .keepalive_interval = 75 * SECOND,
        .keepalive_probes = 9,
};
const struct tv_profile tv_profile_rfc = {
        .name = "rfc",
        .two_msl = 240 * SECOND,
        .syn_retries = 6,
        .synack_retries = 5,
        .rto_min = SECOND,
        .rto_initial = SECOND,
        .fin_wait_2 = 0, /* RFC 9293 knows no such timer */
        .retries2 = 15,
        .orphan_retries = 15,
        .rto_max = 120 * SECOND,
        .keepalive_time = 7200 * SECOND,
        .keepalive_interval = 75 * SECOND,
        .keepalive_probes = 9,
};

tv_time
tv_profile_gives_up(const struct tv_profile *profile, unsigned linear, unsigned retries)
{
        tv_time total = (tv_time)linear * profile->rto_initial, wait = profile->rto_initial;

        for (unsigned i = 0; i <= retries; i++) {
                total += wait;
                wait = 2 * wait < profile->rto_max ? 2 * wait : profile->rto_max;
        }
        return total;
}

/* The row of a lone SYN, kept for the next one that differs in nothing but number, place, time and addresses. */
struct lone {
        bool valid, timed_out;
        struct tv_half_open half; /* the SYN that it was made of */
        struct tv_connection row;
        struct tv_transition path[2 * TV_PATH_MAX];
};

/* An ICMP error, whose segment may still come: merged captures are a little out of order. */
struct early {
        struct tv_icmp_error error;
        uint32_t hash;
        tv_frame frame; /* 0: none */
        tv_time time, tick;
        bool chosen;
};
#define EARLY    16
#define EARLY_BY (SECOND / 10)

struct tv_engine {
        struct tv_engine_config config;
        const struct tv_profile *profile;
        struct tv_sink sink;
        struct tv_flow_table table;
        struct tv_context_table contexts;
        struct tv_stream_table streams; /* those that connections share */
        struct tv_pool halves, repeats, conns, openings, rests[REST_CLASSES];
        struct tv_hosts hosts;
        struct tv_full_list full;
        struct tv_place place;
        struct tv_distances distances;
        bool replacing;          /* a connection with the same addresses and ports follows the one that becomes final */
        tv_frame next_syn_frame; /* ... and this SYN begins it, 0: none does */
        tv_time next_syn_time;
        bool next_syn_by_low; /* direction 0 sent it */
        bool next_is_syn;     /* that one begins with a SYN, or the answer to one, whose number is |next_syn_seq| */
        uint32_t next_syn_seq;
        bool finishing; /* the index is gone, records are not given back one by one */
        uint8_t choice; /* TV_SEG_CHOSEN or 0, for the segments that come */
        struct tv_timer_queue timers;
        struct tv_tracker tracker;
        struct tv_clock clock;
        struct tv_row_queue *rows;
        uint64_t next_number;
        uint32_t next_stream;
        uint32_t half_first, half_last; /* half-open records, the one whose last SYN is oldest first */
        tv_time syn_timeout;
        tv_time next_due;               /* nothing is due before */
        const struct tv_conn *settling; /* whose segments the tracker speaks of now */
        struct tv_capture_quality quality;
        uint64_t icmp_errors; /* about TCP segments, known ones or not */
        struct tv_comments comments;
        struct early early[EARLY]; /* the last that matched no connection */
        tv_time early_until;       /* none of them matters later */
        struct tv_capture_case evidence;
        char truncated[256], damaged[256];
        uint64_t decoded, tracked; /* segments so far */
        uint32_t handle[LINE];     /* where a segment's record was when it was looked up; only good for prefetching */
        struct tv_segment segment[LINE];
        struct tv_segment_more more[LINE];
        union tv_aside aside;           /* of the packet at hand */
        struct tv_fragments *fragments; /* NULL before the first */
        uint8_t *inner;     /* a fragment that came in a datagram of fragments: that one's place is needed */
        tv_time tick[LINE]; /* the monotone clock when each came, and the raw time that it stood for */
        tv_time stood_for[LINE];
        /* How each came, for rows of segments. */
        uint32_t interface[LINE];
        uint8_t passed[LINE]; /* enum tv_passed */
        tv_time now, raw;     /* the same two for the segment that is being tracked: the clock itself is further on */
        /* Results on their way out; too large for the stack of a thread. */
        struct tv_connection row;
        struct tv_transition path[2 * TV_PATH_MAX];
        struct tv_findings findings;
        struct tv_comment_seen comment[TV_COMMENTS_SHOWN];
        struct lone lone;
        struct tv_passage passage;
};

static void
settle(void *context, const struct tv_settlement *news)
{
        struct tv_engine *e = context;

        tv_row_queue_settle(e->rows, e->settling->number, news);
}

static void
write_row(void *context, const struct tv_segment_row *row)
{
        struct tv_engine *e = context;

        e->sink.segment(e->sink.context, row);
}

struct tv_engine *
tv_engine_new(const struct tv_engine_config *config, const struct tv_sink *sink)
{
        struct tv_engine *e = calloc(1, sizeof *e);

        if (e == NULL)
                return NULL;
        e->config = *config;
        e->profile = config->profile != NULL ? config->profile : &tv_profile_linux;
        if (e->config.max_memory == 0)
                e->config.max_memory = UINT64_C(4) << 30;
        if (e->config.rest_from == 0)
                e->config.rest_from = REST_FROM;
        e->sink = *sink;
        tv_pool_init(&e->halves, sizeof(struct tv_half_open), 15); /* nearly 4 MiB */
        tv_pool_init(&e->repeats, sizeof(struct tv_half_open_repeats), 10);
        /* Items are whole cache lines, and so begin with one. */
        tv_pool_init(&e->conns, (sizeof(struct tv_conn) + 63) / 64 * 64, 15);
        tv_pool_init(&e->openings, sizeof(struct tv_opening), 8);
        tv_hosts_init(&e->hosts, e->config.hash_key[0]);
        for (unsigned i = 0; i < REST_CLASSES; i++)
                tv_pool_init(&e->rests[i], (i + 1) * REST_STEP, 14);
        tv_tracker_init(&e->tracker, e->profile->rto_min);
        tv_clock_init(&e->clock);
        tv_context_table_init(&e->contexts, e->config.hash_key);
        tv_stream_table_init(&e->streams, e->config.hash_key);
        e->syn_timeout = tv_profile_gives_up(e->profile, e->profile->syn_linear_retries, e->profile->syn_retries);
        e->quality.start = e->quality.end = TV_NO_TIME;
        e->quality.drops = TV_UNKNOWN;
        e->early_until = INT64_MIN;
        if (!tv_flow_table_init(&e->table) ||
            (sink->segment != NULL && (e->rows = tv_row_queue_new(write_row, e, 256)) == NULL)) {
                tv_engine_free(e);
                return NULL;
        }
        if (sink->segment != NULL) {
                e->tracker.settle = settle;
                e->tracker.context = e;
        }
        return e;
}

static struct tv_conn *
conn_at(const struct tv_engine *e, uint32_t handle)
{
        return tv_pool_at(&e->conns, handle >> 2);
}

static struct tv_half_open *
half_at(const struct tv_engine *e, uint32_t handle)
{
        return tv_pool_at(&e->halves, handle >> 2);
}

static struct resting *
rest_at(const struct tv_engine *e, uint32_t handle)
{
        return tv_pool_at(&e->rests[REST_CLASS(handle)], handle >> 8);
}

/* Unpacks a resting connection into |conn|, and its story into the pool. */
static void
unpack(struct tv_engine *e, const struct resting *rest, struct tv_conn *conn)
{
        uint64_t words[WORDS];

        tv_resting_unpack(rest->packed, tv_likeness, words, TV_CONN_WORDS + (rest->has_story ? TV_STORY_WORDS : 0));
        memcpy(conn, words, sizeof *conn);
        conn->key = rest->key;
        conn->hash = rest->hash;
        conn->number = rest->number;
        conn->track.story = 0;
        if (rest->has_story != 0 && (conn->track.story = tv_pool_take(&e->tracker.story)) != 0)
                memcpy(tv_track_story(&e->tracker, &conn->track), &words[TV_CONN_WORDS], sizeof(struct tv_story));
}

void
tv_engine_free(struct tv_engine *e)
{
        if (e == NULL)
                return;
        if (e->table.slot != NULL)
                for (uint64_t i = 0; i <= e->table.mask; i++) {
                        uint32_t handle = e->table.slot[i].value;

                        if (handle == 0)
                                continue;
                        if (KIND(handle) == WHOLE) {
                                tv_track_clear(&e->tracker, &conn_at(e, handle)->track);
                        } else if (KIND(handle) == REST) {
                                struct tv_conn conn;

                                unpack(e, rest_at(e, handle), &conn);
                                tv_track_clear(&e->tracker, &conn.track);
                        }
                }
        tv_row_queue_free(e->rows);
        tv_comments_clear(&e->comments);
        tv_fragments_free(e->fragments);
        free(e->inner);
        tv_flow_table_clear(&e->table);
        tv_context_table_clear(&e->contexts);
        tv_stream_table_clear(&e->streams);
        tv_pool_clear(&e->halves);
        tv_pool_clear(&e->repeats);
        tv_pool_clear(&e->conns);
        tv_pool_clear(&e->openings);
        tv_hosts_clear(&e->hosts);
        for (unsigned i = 0; i < REST_CLASSES; i++)
                tv_pool_clear(&e->rests[i]);
        tv_timer_clear(&e->timers);
        tv_tracker_clear(&e->tracker);
        free(e);
}

uint64_t
tv_engine_allocations(const struct tv_engine *e)
{
        uint64_t rests = 0;

        for (unsigned i = 0; i < REST_CLASSES; i++)
                rests += e->rests[i].allocations;
        return rests + (e->comments.table != NULL) + e->table.allocations + e->contexts.allocations +
               e->streams.index.allocations + e->streams.pool.allocations + e->halves.allocations +
               e->repeats.allocations + e->conns.allocations + e->timers.allocations + e->tracker.allocations +
               e->tracker.trouble.allocations + e->tracker.story.allocations + e->tracker.icmp.allocations;
}

const struct tv_capture_quality *
tv_engine_quality(const struct tv_engine *e)
{
        return &e->quality;
}

const char *
tv_engine_comment(const struct tv_engine *e, tv_frame frame)
{
        return tv_comments_find(&e->comments, frame);
}

static void
note(struct tv_engine *e, enum tv_capture_evidence what, tv_frame frame)
{
        if (e->evidence.first[what] == 0)
                e->evidence.first[what] = frame;
}

void
tv_engine_choose(struct tv_engine *e, bool chosen)
{
        e->choice = chosen ? TV_SEG_CHOSEN : 0;
}

/* ---- results ---- */

/* Is something on its way that nobody acknowledged yet? */
static bool
in_transfer(const struct tv_conn *conn)
{
        for (unsigned dir = 0; dir < 2; dir++) {
                const struct tv_endpoint *ep = &conn->track.ep[dir];

                if ((ep->bits & TV_EP_HAS_DATA) != 0 && ep->sent.una < ep->sent.nxt)
                        return true;
        }
        return false;
}

/* Ranges of |sent| from |from| on that were acknowledged and never captured.  Where holes were forgotten it is one more
 * at least. */
static uint64_t
gaps_of(const struct tv_ledger *sent, uint64_t from)
{
        uint64_t gaps = (sent->una > sent->nxt) + (uint64_t)(sent->forgotten_missing != 0);

        for (size_t i = 0; i < sent->holes.count && sent->holes.at[i].begin < sent->una; i++)
                gaps += sent->holes.at[i].end > from;
        return gaps;
}

static void
count_quality(struct tv_engine *e, const struct tv_conn *conn)
{
        const struct tv_connection *row = &e->row;
        unsigned a = tv_conn_a(conn);
        bool one_way = false;

        for (unsigned i = 0; i < 2; i++) {
                const struct tv_direction *dir = &row->dir[i];
                const struct tv_endpoint *ep = &conn->track.ep[i == TV_A ? a : !a];
                const struct tv_trouble *trouble = tv_track_trouble(&e->tracker, ep);

                if (dir->missing_bytes != TV_UNKNOWN && dir->missing_bytes != 0) {
                        e->quality.missing_bytes += dir->missing_bytes;
                        e->quality.missing_gaps += gaps_of(&ep->sent, trouble != NULL ? trouble->origin : 0);
                }
                e->quality.capture_duplicates += dir->capture_duplicates;
                if (trouble != NULL)
                        e->quality.early_acks_of[i] += trouble->early_acks;
                if (dir->segments == 0 && row->dir[!i].segments > 1 && row->handshake != TV_HANDSHAKE_NO_ANSWER &&
                    row->handshake != TV_HANDSHAKE_UNREACHABLE)
                        one_way = true;
        }
        if (one_way) {
                e->quality.one_way++;
                note(e, TV_EVIDENCE_ONE_WAY, row->first_frame);
        }
        /* What was given up early and goes on looks the same. */
        if (row->initiator != TV_INITIATOR_SYN && row->handshake != TV_HANDSHAKE_REFUSED && e->quality.evicted == 0 &&
            (row->dir[0].segments + row->dir[1].segments > row->dir[0].resets + row->dir[1].resets)) {
                e->quality.mid_start++;
                note(e, TV_EVIDENCE_MID_START, row->first_frame);
        }
        if (row->evicted) {
                e->quality.evicted++;
                note(e, TV_EVIDENCE_EVICTED, row->first_frame);
        }
        if (e->finishing && e->raw - tv_conn_last_time(conn) < SECOND && row->state[TV_A] == TV_ESTABLISHED &&
            row->state[TV_B] == TV_ESTABLISHED && in_transfer(conn)) {
                e->quality.cut_off++;
                note(e, TV_EVIDENCE_CUT_OFF, row->last_frame);
        }
        tv_place_delays(&e->place, row);
}

static void
fill_way(const struct tv_engine *e, const struct tv_conn *conn, unsigned dir, struct tv_way *way)
{
        const struct tv_context *first = tv_context_table_at(&e->contexts, conn->way[dir]);

        way->first.steps = 0;
        if (first != NULL)
                way->first = *first;
        way->not_kept = conn->way[dir] == TV_CONTEXT_NOT_KEPT;
        way->others = (conn->bits & (dir == 0 ? TV_CONN_OTHER_WAY_0 : TV_CONN_OTHER_WAY_1)) != 0;
}

/* The SYN that did not fit into |conn| is its own after all: so is its choice. */
static void
settle_choice(struct tv_engine *e, struct tv_conn *conn)
{
        const struct tv_half_open *other = conn->other != 0 ? tv_pool_at(&e->halves, conn->other) : NULL;

        if (other != NULL && (other->bits & TV_SEG_CHOSEN) != 0)
                conn->bits |= TV_CONN_CHOSEN;
}

/* How long the capture went on after the connection's last segment, until it may have paused. */
static tv_time
watched(const struct tv_engine *e, const struct tv_conn *conn)
{
        tv_time last = tv_conn_last_time(conn), until = e->raw;

        if (e->clock.paused != TV_NO_TIME && e->clock.paused >= last && e->clock.paused < until)
                until = e->clock.paused;
        return until > last ? until - last : 0;
}

/* What |conn|, which becomes final, tells of its hosts. */
static void
tell_hosts(struct tv_engine *e, const struct tv_conn *conn, tv_time now)
{
        struct tv_opening *opening = conn->opening != 0 ? tv_pool_at(&e->openings, conn->opening) : NULL;
        struct tv_passage *passage = &e->passage;

        tv_passage_of_conn(&e->tracker, conn, &e->row, opening, now, !e->finishing, passage);
        if (opening != NULL)
                tv_pool_give(&e->openings, conn->opening);
        passage->digest.watched_until = tv_conn_last_time(conn) + watched(e, conn);
        passage->digest.reused = e->replacing;
        if (e->replacing)
                passage->digest.reused_after = now > passage->digest.until ? now - passage->digest.until : 0;
        tv_hosts_add(&e->hosts, passage);
}

/* Writes the connection and frees it. */
static void
finalize(struct tv_engine *e, uint32_t handle)
{
        struct tv_conn *conn = conn_at(e, handle);
        struct tv_case subject = {.tracker = &e->tracker, .conn = conn, .row = &e->row, .profile = e->profile};
        tv_time now = e->raw;

        settle_choice(e, conn);
        e->settling = conn;
        tv_track_settle_all(&e->tracker, &conn->track);
        tv_summary_distance(&e->distances, conn);
        tv_summary(&e->tracker, e->profile, &e->distances, conn, now, e->path, &e->row);
        tv_budget(&e->tracker, conn, e->clock.steps != 0 || e->clock.agree != 0, &e->row);
        fill_way(e, conn, tv_conn_a(conn), &e->row.dir[TV_A].way);
        fill_way(e, conn, !tv_conn_a(conn), &e->row.dir[TV_B].way);
        subject.now = now;
        if (conn->opening != 0)
                subject.opening = tv_pool_at(&e->openings, conn->opening);
        subject.full = &e->full;
        subject.doubts.misses = e->tracker.first_gap != 0 || e->tracker.drops;
        subject.doubts.stepped = e->clock.steps != 0 || e->clock.agree != 0;
        subject.doubts.paused = e->clock.paused;
        subject.doubts.skew = e->tracker.early_lead.count != 0 ? e->tracker.early_lead.max : 0;
        subject.doubts.watched = watched(e, conn);
        subject.at_end = e->finishing;
        if (e->replacing) {
                subject.next_frame = e->next_syn_frame;
                subject.next_time = e->next_syn_time;
                subject.has_next_seq = e->next_is_syn;
                subject.next_seq = e->next_syn_seq;
                subject.next_by_low = e->next_syn_by_low;
        }
        e->findings.count = 0;
        tv_diagnose_connection(&subject, &e->findings);
        e->row.findings = e->findings.at;
        e->row.finding_count = e->findings.count;
        e->row.comments = e->comment;
        e->row.comment_count = tv_comments_of(&e->comments, conn->number, e->comment, &e->row.comments_more);
        count_quality(e, conn);
        e->sink.connection(e->sink.context, &e->row);
        tell_hosts(e, conn, now);
        if (conn->other != 0)
                tv_pool_give(&e->halves, conn->other);
        if ((conn->bits & TV_CONN_SHARES_STREAM) != 0)
                tv_stream_table_give(&e->streams, &conn->key, (conn->bits & TV_CONN_IPV6) != 0);
        if (!e->finishing)
                tv_flow_table_remove(&e->table, conn->hash, handle);
        tv_track_clear(&e->tracker, &conn->track);
        conn->number = UINT64_MAX; /* other timers of it mean nothing from now on */
        tv_pool_give(&e->conns, handle >> 2);
}

/* ---- Wireshark's stream numbers ---- */

static struct tv_stream
own_stream(const struct tv_conn *conn)
{
        return (struct tv_stream){.now = conn->stream_now,
                                  .base = {conn->base[0], conn->base[1]},
                                  .based = ((conn->bits & TV_CONN_BASE_0) != 0 ? 1u : 0u) |
                                           ((conn->bits & TV_CONN_BASE_1) != 0 ? 2u : 0u)};
}

/* The number that Wireshark's rule gives to |seg|, of |conn|. */
static uint32_t
stream_of(struct tv_engine *e, struct tv_conn *conn, const struct tv_segment *seg, unsigned dir)
{
        if ((conn->bits & TV_CONN_SHARES_STREAM) != 0) {
                struct tv_stream *shared =
                        tv_stream_table_find(&e->streams, &conn->key, (conn->bits & TV_CONN_IPV6) != 0);

                tv_stream_see(shared, seg, dir, &e->next_stream);
                conn->stream_now = shared->now;
        } else {
                struct tv_stream own = own_stream(conn);

                tv_stream_see(&own, seg, dir, &e->next_stream);
                conn->stream_now = own.now;
                conn->base[0] = own.base[0];
                conn->base[1] = own.base[1];
                conn->bits &= ~(uint32_t)(TV_CONN_BASE_0 | TV_CONN_BASE_1);
                conn->bits |=
                        ((own.based & 1) != 0 ? TV_CONN_BASE_0 : 0u) | ((own.based & 2) != 0 ? TV_CONN_BASE_1 : 0u);
        }
        return conn->stream_now;
}

/* The number of |seg|, which begins a flow.  *shared: it is kept in the stream table. */
static uint32_t
begin_stream(struct tv_engine *e, const struct tv_segment *seg, bool *shared)
{
        struct tv_stream *stream = NULL;
        bool is_new;

        if (e->config.key != 0)
                stream = tv_stream_table_take(&e->streams, &seg->key, (seg->bits & TV_SEG_IPV6) != 0, &is_new);
        *shared = stream != NULL;
        if (stream == NULL)
                return e->next_stream++;
        if (is_new)
                stream->now = e->next_stream++;
        tv_stream_see(stream, seg, tv_segment_direction(seg), &e->next_stream);
        return stream->now;
}

/* From here on |conn| shares its stream with others of its key.  False without memory. */
static bool
share_stream(struct tv_engine *e, struct tv_conn *conn)
{
        struct tv_stream *stream;
        bool is_new;

        if ((conn->bits & TV_CONN_SHARES_STREAM) != 0)
                return true;
        stream = tv_stream_table_take(&e->streams, &conn->key, (conn->bits & TV_CONN_IPV6) != 0, &is_new);
        if (stream == NULL)
                return false;
        if (is_new)
                *stream = own_stream(conn);
        conn->bits |= TV_CONN_SHARES_STREAM;
        conn->bits &= ~(uint32_t)(TV_CONN_BASE_0 | TV_CONN_BASE_1); /* so that every segment is seen */
        return true;
}

/* ---- connections ---- */

static void
set_timer(struct tv_engine *e, tv_time deadline, uint64_t number, uint32_t handle)
{
        tv_timer_push(&e->timers, deadline, number, handle);
        if (deadline < e->next_due)
                e->next_due = deadline;
}

static uint32_t
new_conn(struct tv_engine *e, const struct tv_segment *seg)
{
        uint32_t index = tv_pool_take(&e->conns);
        struct tv_conn *conn;

        if (index == 0)
                return 0;
        conn = tv_pool_at(&e->conns, index);
        memset(conn, 0, sizeof *conn);
        tv_track_init(&conn->track);
        conn->key = seg->key;
        conn->hash = seg->hash;
        conn->bits = (seg->bits & TV_SEG_IPV6) != 0 ? TV_CONN_IPV6 : 0;
        conn->first_frame = seg->frame;
        conn->start = seg->time;
        return HANDLE(WHOLE, index);
}

static void
put_row(struct tv_engine *e, const struct tv_conn *conn, const struct tv_segment *seg, unsigned dir,
        const struct tv_seen *seen)
{
        struct tv_segment_row row = {0};
        struct tv_timeline_options options = tv_summary_options(e->profile, &e->distances, conn, seg->time);
        unsigned a = tv_conn_a(conn);
        unsigned waits = (seen->needed_pending ? TV_ROW_NEEDED : 0u) | (seen->class_pending ? TV_ROW_CLASS : 0u) |
                         (seen->ack_pending ? TV_ROW_ACK : 0u);

        row.frame = seg->frame;
        row.time = seg->time;
        row.conn = conn->number;
        row.sender = dir == a ? TV_A : TV_B;
        row.flags = seg->flags;
        row.window = seg->window;
        row.seq = seg->seq;
        row.ack = seg->ack;
        row.length = seg->length;
        row.has_expected_seq = seen->has_expected_seq;
        row.has_expected_ack = seen->has_expected_ack;
        row.expected_seq = seen->expected_seq;
        row.expected_ack = seen->expected_ack;
        row.data_class = seen->data_class;
        row.reason = seen->reason;
        row.needed = seen->needed;
        row.lost = seen->lost;
        row.of_frame = seen->of_frame;
        row.ack_class = seen->ack_class;
        row.interface = e->interface[(e->tracked - 1) % LINE];
        row.passed = e->passed[(e->tracked - 1) % LINE];
        for (unsigned i = 0; i < 2; i++) {
                size_t n = tv_timeline(&e->tracker, &conn->track, i == 0 ? a : !a, (enum tv_end)i, &options, e->path);

                for (size_t k = 0; k < n; k++)
                        /* The other end has not got this very segment yet. */
                        if (e->path[k].cause_frame == seg->frame && i != row.sender)
                                break;
                        else if (e->path[k].estimate == TV_NO_TIME ||
                                 (e->path[k].estimate <= seg->time && e->path[k].certainty != TV_TIMER))
                                row.state[i] = e->path[k].to;
        }
        tv_row_queue_push(e->rows, &row, waits);
}

/* The connection's last segment on the monotone clock.  A single time that was set back does not make it older. */
static tv_time
touched(const struct tv_engine *e, const struct tv_conn *conn)
{
        tv_time last = tv_conn_last_time(conn);

        for (unsigned dir = 0; dir < 2; dir++) {
                tv_time other = conn->track.ep[dir].last_time;

                if (other > last && other <= e->raw)
                        last = other;
        }
        return last + (e->now - e->raw);
}

/* Nothing but resets was ever seen: of a connection that began and ended somewhere else, or of none. */
static bool
is_resets_only(const struct tv_engine *e, const struct tv_conn *conn)
{
        for (unsigned dir = 0; dir < 2; dir++) {
                const struct tv_endpoint *ep = &conn->track.ep[dir];
                const struct tv_trouble *trouble = tv_track_trouble(&e->tracker, ep);

                if (ep->segments != (trouble != NULL ? trouble->resets : 0))
                        return false;
        }
        return true;
}

/* How long an ended connection lingers for trailing segments: 2MSL, after a reset a few RTOs (design.md section 3).
 * Resets alone are no end that was seen, and may be repeated for hours: they wait like a SYN that nobody answers. */
static tv_time
linger_of(const struct tv_engine *e, const struct tv_conn *conn)
{
        tv_time rto = 0;

        if (is_resets_only(e, conn))
                return e->syn_timeout;
        for (unsigned dir = 0; dir < 2; dir++) {
                const struct tv_rtt *rtt = &conn->track.ep[dir].rtt;

                if (tv_milestone_reached(tv_track_milestone(&e->tracker, &conn->track, dir, TV_GOT_ACK2)))
                        return e->profile->two_msl;
                if (rtt->count != 0 && rtt->max > rto)
                        rto = rtt->max;
        }
        rto = 2 * (rto + e->profile->rto_min);
        return rto > 2 * SECOND ? rto : 2 * SECOND;
}

/* Sets the next timer of a connection that is over: to lay it to rest, or to end it. */
static void
rest_or_end(struct tv_engine *e, const struct tv_conn *conn, uint32_t handle, tv_time tick)
{
        tv_time linger = linger_of(e, conn);

        set_timer(e, tick + (linger < REST_AFTER ? linger : REST_AFTER), conn->number, handle);
}

/* Notes how a segment of direction |dir| came. */
static void
note_way(struct tv_conn *conn, unsigned dir, uint16_t way)
{
        if (way != TV_CONTEXT_PLAIN)
                conn->bits |= TV_CONN_TUNNELLED;
        if ((conn->track.ep[dir].bits & TV_EP_SEEN) == 0)
                conn->way[dir] = way;
        else if (conn->way[dir] != way)
                conn->bits |= dir == 0 ? TV_CONN_OTHER_WAY_0 : TV_CONN_OTHER_WAY_1;
}

/* A SYN or SYN-ACK is sent again: from now on it is counted what becomes of the opening. */
static void
begin_opening(struct tv_engine *e, struct tv_conn *conn, unsigned dir, const struct tv_segment *seg)
{
        const struct tv_endpoint *ep = conn->track.ep;
        struct tv_opening *opening;
        unsigned a = tv_conn_a(conn);
        uint32_t syns = ep[a].twins;

        /* One that was completed long ago is not being opened. */
        if (conn->opening != 0 || ((ep[0].bits | ep[1].bits) & TV_EP_FIN_KNOWN) != 0 ||
            ep[!a].sent.una > ep[!a].sent.begin + 1 ||
            ((ep[dir].bits & TV_EP_SYN_SEEN) != 0 && seg->seq != ep[dir].iss))
                return;
        conn->opening = tv_pool_take_zeroed(&e->openings);
        if (conn->opening == 0)
                return;
        conn->bits |= TV_CONN_OPENING;
        opening = tv_pool_at(&e->openings, conn->opening);
        opening->ignored_from = opening->ignored_until = opening->waits_since = opening->last_synack = TV_NO_TIME;
        opening->data_from = TV_NO_TIME;
        /* What a sent until now, beside its one SYN, which the capture may have missed. */
        syns += (ep[a].bits & TV_EP_SYN_SEEN) != 0;
        if (ep[a].segments > syns && dir != a) {
                const struct tv_milestone *ack1 = &ep[!a].open[TV_GOT_ACK1];

                opening->sent = ep[a].segments - syns;
                opening->ignored_from = ack1->earliest != TV_NO_TIME ? ack1->earliest : ep[a].last_time;
                opening->ignored_frame = ack1->cause != 0 ? ack1->cause : ep[a].last_frame;
                opening->waits_since = ep[a].last_time;
                opening->waits_data = (ep[a].bits & TV_EP_HAS_DATA) != 0;
                if (opening->waits_data) {
                        const struct tv_sent *data = tv_ledger_find(&ep[a].sent, ep[a].sent.begin + 1, true);

                        opening->data_from = data != NULL ? data->time : ep[a].last_time;
                }
        }
}

static bool
is_copy(const struct tv_seen *seen)
{
        return seen->data_class == TV_DATA_CAPTURE_DUPLICATE || seen->data_class == TV_DATA_NETWORK_DUPLICATE ||
               seen->class_pending;
}

/* The round trip to whom |ep| talks to, at most, as far as it was measured. */
static tv_time
way_to(const struct tv_engine *e, const struct tv_endpoint *ep)
{
        tv_time skew = e->tracker.early_lead.count != 0 ? e->tracker.early_lead.max : 0;

        return (ep->rtt.count != 0 ? ep->rtt.min + ep->rtt.min / 4 : e->profile->rto_initial / 2) + 2 * skew;
}

static void
note_opening(struct tv_engine *e, struct tv_conn *conn, unsigned dir, const struct tv_segment *seg,
             const struct tv_seen *seen, bool syn_again)
{
        struct tv_opening *opening = tv_pool_at(&e->openings, conn->opening);

        if (is_copy(seen))
                return;
        if (dir != tv_conn_a(conn)) {
                if (syn_again && (seg->flags & TV_ACK) != 0) {
                        tv_opening_synack(opening, seg->time, seg->frame);
                } else if ((seg->flags & TV_SYN) == 0) {
                        opening->done = true;
                        opening->answered = seg->time;
                        conn->bits &= ~(uint32_t)TV_CONN_OPENING;
                }
                if (tv_opening_is_full(opening, way_to(e, &conn->track.ep[!dir]))) {
                        struct tv_full full = {
                                .address = tv_summary_address(&conn->key, dir, (conn->bits & TV_CONN_IPV6) != 0),
                                .port = conn->key.port[dir],
                                .conn = conn->number,
                                .frame = opening->synack_frame,
                                .from = opening->ignored_from,
                                .until = opening->done ? opening->answered
                                                       : 2 * opening->last_synack - opening->ignored_from};

                        tv_full_note(&e->full, &full);
                }
        } else if (syn_again) {
                tv_opening_syn(opening, seg->time);
        } else if ((seg->flags & (TV_SYN | TV_RST)) == 0) {
                tv_opening_sent(opening, seg, seen->data_class == TV_DATA_RETRANSMISSION);
        }
}

/* |seg| ended a silence: notes it if it is among the longest.  What is only said again does not count. */
static void
note_silence(struct tv_conn *conn, unsigned dir, const struct tv_segment *seg, const struct tv_seen *seen, bool probes)
{
        const struct tv_endpoint *ep = conn->track.ep;
        tv_time units = conn->idle / TV_CONN_SILENCE_UNIT;
        uint32_t silence = units < UINT32_MAX ? (uint32_t)units : UINT32_MAX;
        bool again = seen->data_class == TV_DATA_RETRANSMISSION || seen->data_class == TV_DATA_HOLE_FILL ||
                     seen->data_class == TV_DATA_OVERLAP_CONFLICT || is_copy(seen) ||
                     ((seen->data_class == TV_DATA_KEEPALIVE || seen->data_class == TV_DATA_WINDOW_PROBE) && probes);

        if (ep[dir].segments == 2 && seg->length == 0 && (seg->flags & (TV_SYN | TV_FIN | TV_RST)) == 0 &&
            dir == tv_conn_a(conn) && (ep[dir].bits & ep[!dir].bits & TV_EP_SYN_SEEN) != 0 && ep[!dir].segments == 1 &&
            seg->ack == ep[!dir].iss + 1)
                conn->bits |= TV_CONN_SLOW_THIRD;
        if (again || (seg->flags & TV_SYN) != 0 || (ep[!dir].bits & TV_EP_SEEN) == 0 ||
            (conn->bits & (TV_CONN_OPENING | TV_CONN_CLOSED)) != 0)
                return;
        if (silence > conn->silence) {
                conn->silence_before = conn->silence;
                conn->silence = silence;
                conn->silence_end = seg->time;
        } else if (silence > conn->silence_before) {
                conn->silence_before = silence;
        }
}

/* |seg| came after the other end had sent something again and again. */
static void
note_return(struct tv_engine *e, const struct tv_conn *conn, unsigned dir, const struct tv_segment *seg)
{
        const struct tv_endpoint *ep = &conn->track.ep[dir], *peer = &conn->track.ep[!dir];
        struct tv_outage outage = {.from = ep->last_time,
                                   .until = seg->time,
                                   .asked = TV_NO_TIME,
                                   .conn = conn->number,
                                   .frame = seg->frame};
        const struct tv_sent *sent;

        if ((ep->bits & TV_EP_SEEN) == 0 || (conn->bits & TV_CONN_OPENING) != 0 || seg->time - ep->last_time < SECOND ||
            tv_track_trouble(&e->tracker, peer)->retries < 2)
                return;
        for (uint32_t i = 0; (sent = tv_ledger_recent(&peer->sent, i)) != NULL; i++)
                if (sent->time > ep->last_time && sent->length != 0)
                        outage.asked = sent->time;
        outage.address = tv_summary_address(&conn->key, dir, (conn->bits & TV_CONN_IPV6) != 0);
        tv_hosts_outage(&e->hosts, &outage);
}

static void
note_close(struct tv_conn *conn)
{
        tv_time units = conn->idle / TV_CONN_SILENCE_UNIT;

        conn->bits |= TV_CONN_CLOSED;
        conn->close_idle = units + 1 < UINT32_MAX ? (uint32_t)units + 1 : UINT32_MAX;
}

/* |seg| is the first SYN-ACK that was captured.  Is it none: had its receiver acknowledged it long ago? */
static bool
is_missed_synack(const struct tv_conn *conn, unsigned dir, const struct tv_segment *seg)
{
        const struct tv_endpoint *ep = &conn->track.ep[dir], *peer = &conn->track.ep[!dir];

        return (ep->bits & TV_EP_SYN_SEEN) == 0 && (peer->bits & TV_EP_ACKED) != 0 && peer->last_ack == seg->seq + 1 &&
               seg->time - peer->first_time >= SECOND / 2;
}

static void
apply(struct tv_engine *e, uint32_t handle, const struct tv_segment *seg, const struct tv_segment_more *more,
      tv_time tick)
{
        struct tv_conn *conn = conn_at(e, handle);
        unsigned dir = tv_segment_direction(seg), notes = 0;
        bool kept = false; /* in conn->other, which knows whether it was chosen */
        bool syn_again = (seg->flags & TV_SYN) != 0 && (conn->track.ep[dir].bits & TV_EP_SYN_SEEN) != 0 &&
                         seg->seq == conn->track.ep[dir].iss;
        bool probes; /* its last segment was a probe */
        uint32_t zeek_bit;
        struct tv_seen seen;

        if (!syn_again && (seg->flags & (TV_SYN | TV_ACK)) == (TV_SYN | TV_ACK))
                syn_again = is_missed_synack(conn, dir, seg);

        if ((conn->bits & TV_CONN_ROLE_KNOWN) == 0)
                tv_conn_roles(conn, seg);
        if ((conn->bits & TV_CONN_TUNNELLED) != 0 || (seg->bits & TV_SEG_MORE) != 0)
                note_way(conn, dir, (seg->bits & TV_SEG_MORE) != 0 ? more->way : TV_CONTEXT_PLAIN);
        if (((conn->track.ep[0].bits | conn->track.ep[1].bits) & TV_EP_SEEN) != 0) {
                tv_time last = tv_conn_last_time(conn);

                conn->idle = seg->time > last ? seg->time - last : 0;
        }
        probes = (conn->track.ep[dir].bits & (TV_EP_PROBED_ALIVE | TV_EP_PROBED_WINDOW)) != 0;
        if ((seg->flags & (TV_SYN | TV_ACK | TV_RST)) == TV_SYN && (conn->track.ep[dir].bits & TV_EP_SYN_SEEN) != 0 &&
            seg->seq != conn->track.ep[dir].iss && tv_half_open_fits(seg)) {
                settle_choice(e, conn);
                if (conn->other == 0)
                        conn->other = tv_pool_take(&e->halves);
                if (conn->other != 0) {
                        struct tv_half_open *other = tv_pool_at(&e->halves, conn->other);

                        tv_half_open_start(other, seg, more);
                        other->number = UINT64_MAX; /* none of the open ones */
                        other->stream = conn->stream_now;
                        kept = true;
                }
        }
        if ((seg->bits & TV_SEG_CHOSEN) != 0 && !kept)
                conn->bits |= TV_CONN_CHOSEN;
        e->settling = conn;
        if (syn_again)
                begin_opening(e, conn, dir, seg);
        else if (conn->track.ep[!dir].trouble != 0)
                note_return(e, conn, dir, seg);
        tv_track_segment(&e->tracker, &conn->track, dir, seg, (seg->bits & TV_SEG_MORE) != 0 ? more : NULL, &seen);
        if ((seg->flags & (TV_FIN | TV_RST)) != 0)
                tv_summary_distance(&e->distances, conn);
        if (conn->idle >= TV_CONN_SILENCE_LEAST)
                note_silence(conn, dir, seg, &seen, probes);
        if ((conn->bits & (TV_CONN_OPENING | TV_CONN_CLOSED)) == TV_CONN_OPENING)
                note_opening(e, conn, dir, seg, &seen, syn_again);
        if ((seg->flags & (TV_FIN | TV_RST)) != 0 && (conn->bits & TV_CONN_CLOSED) == 0 &&
            seen.data_class != TV_DATA_STALE)
                note_close(conn);
        if ((seg->flags & TV_RST) != 0 && conn->track.ep[dir].ttl != 0 && seg->ttl != conn->track.ep[dir].ttl)
                conn->bits |= TV_CONN_ODD_RESET;
        if (seg->checksum == TV_CHECKSUM_WRONG)
                notes |= TV_ZEEK_BAD_CHECKSUM;
        if (seen.data_class == TV_DATA_RETRANSMISSION || seen.data_class == TV_DATA_OVERLAP_CONFLICT)
                notes |= TV_ZEEK_RETRANSMISSION;
        if (seg->window == 0 && (seg->flags & (TV_SYN | TV_RST)) == 0)
                notes |= TV_ZEEK_ZERO_WINDOW;
        if (seen.ack_class == TV_ACK_UNSEEN)
                notes |= TV_ZEEK_GAP;
        if ((seg->flags & TV_SYN) != 0 && seen.data_class == TV_DATA_OUTSIDE_WINDOW)
                notes |= TV_ZEEK_OTHER_SEQ;
        zeek_bit = (uint32_t)(seg->length != 0 ? TV_CONN_ZEEK_DATA_0 : TV_CONN_ZEEK_ACK_0) << dir;
        if (notes != 0 || (seg->flags & (TV_SYN | TV_FIN | TV_RST)) != 0 || (conn->bits & zeek_bit) == 0) {
                tv_zeek_segment(&conn->zeek, dir == tv_conn_a(conn), seg->flags, seg->length, notes);
                if (notes == 0 && (seg->flags & TV_ACK) != 0)
                        conn->bits |= zeek_bit;
        }
        if (e->rows != NULL)
                put_row(e, conn, seg, dir, &seen);
        if ((conn->bits & TV_CONN_LINGERING) == 0 && conn->track.story != 0 && tv_conn_ended(&e->tracker, conn)) {
                conn->bits |= TV_CONN_LINGERING;
                rest_or_end(e, conn, handle, tick);
        }
}

/* ---- half-open records ---- */

static void
half_unlink(struct tv_engine *e, struct tv_half_open *half)
{
        if (half->prev != 0)
                half_at(e, half->prev)->next = half->next;
        else
                e->half_first = half->next;
        if (half->next != 0)
                half_at(e, half->next)->prev = half->prev;
        else
                e->half_last = half->prev;
}

static tv_time
half_deadline(const struct tv_engine *e, const struct tv_half_open *half)
{
        return half->last_time + (e->now - e->raw) + e->syn_timeout;
}

static void
half_link(struct tv_engine *e, struct tv_half_open *half, uint32_t handle)
{
        half->prev = e->half_last;
        half->next = 0;
        if (e->half_last != 0)
                half_at(e, e->half_last)->next = handle;
        else
                e->half_first = handle;
        e->half_last = handle;
        if (half_deadline(e, half) < e->next_due)
                e->next_due = half_deadline(e, half);
}

static bool
half_repeat(struct tv_engine *e, struct tv_half_open *half, const struct tv_segment *seg,
            const struct tv_segment_more *more)
{
        if (half->repeats_at == 0)
                half->repeats_at = tv_pool_take(&e->repeats);
        return half->repeats_at != 0 && tv_half_open_repeat(half, tv_pool_at(&e->repeats, half->repeats_at), seg, more);
}

/* Makes a connection of a half-open record: its SYNs are tracked as if they came now.  Returns the new handle, or 0
 * when memory ran out (the record stays). */
static uint32_t
promote(struct tv_engine *e, uint32_t handle)
{
        struct tv_half_open half = *half_at(e, handle);
        const struct tv_half_open_repeats *repeats =
                half.repeats_at != 0 ? tv_pool_at(&e->repeats, half.repeats_at) : NULL;
        struct tv_segment seg;
        struct tv_segment_more more;
        struct tv_conn *conn;
        uint32_t full;

        tv_half_open_replay(&half, NULL, 0, &seg, &more);
        full = new_conn(e, &seg);
        if (full == 0)
                return 0;
        conn = conn_at(e, full);
        conn->number = half.number;
        conn->stream = conn->stream_now = half.stream;
        if (half.shares_stream != 0)
                conn->bits |= TV_CONN_SHARES_STREAM;
        for (unsigned i = 0; i <= half.repeats; i++) {
                tv_half_open_replay(&half, repeats, i, &seg, &more);
                if (half.shares_stream == 0) /* else it saw them when they came */
                        stream_of(e, conn, &seg, tv_segment_direction(&seg));
                e->tracker.segments--; /* they were not seen before, but counted: see track() */
                apply(e, full, &seg, &more, e->now - (e->raw - seg.time));
        }
        if (half.icmp != 0)
                tv_track_take_icmp(&e->tracker, &conn->track, half.icmp);
        if (!e->finishing) {
                half_unlink(e, half_at(e, handle));
                tv_flow_table_replace(&e->table, half.hash, handle, full);
                half_at(e, handle)->number = UINT64_MAX;
                if (half.repeats_at != 0)
                        tv_pool_give(&e->repeats, half.repeats_at);
                tv_pool_give(&e->halves, handle >> 2);
        }
        return full;
}

/* Do the rows of two lone SYNs differ in nothing but what finalize_lone() sets? */
static bool
alike(const struct tv_half_open *x, const struct tv_half_open *y)
{
        return x->options == y->options && x->window == y->window && x->header_bytes == y->header_bytes &&
               x->mss == y->mss && x->traffic_class == y->traffic_class && x->checksum == y->checksum &&
               x->wscale == y->wscale && x->flags == y->flags && x->way == y->way &&
               ((x->bits ^ y->bits) & ~(TV_SEG_FROM_HIGH | TV_SEG_CHOSEN)) == 0;
}

/* Writes the kept row as that of |half|.  A flood is mostly these. */
static void
finalize_lone(struct tv_engine *e, const struct tv_half_open *half)
{
        struct tv_connection *row = &e->lone.row;
        unsigned a = (half->bits & TV_SEG_FROM_HIGH) != 0;
        bool ipv6 = (half->bits & TV_SEG_IPV6) != 0;
        tv_time later = half->time - row->start;

        row->conn = half->number;
        row->tcp_stream = half->stream;
        row->first_frame = row->last_frame = half->frame;
        row->start = half->time;
        row->addr[TV_A] = tv_summary_address(&half->key, a, ipv6);
        row->addr[TV_B] = tv_summary_address(&half->key, !a, ipv6);
        row->port[TV_A] = half->key.port[a];
        row->port[TV_B] = half->key.port[!a];
        row->dir[TV_A].isn = half->seq;
        row->chosen = (half->bits & TV_SEG_CHOSEN) != 0;
        tv_community_id(&half->key, ipv6, row->community_id);
        for (size_t i = 0; i < row->transition_count; i++) {
                struct tv_transition *t = &e->lone.path[i];

                t->cause_frame = t->cause_frame != 0 ? half->frame : 0;
                t->confirm_frame = t->confirm_frame != 0 ? half->frame : 0;
                t->earliest += t->earliest != TV_NO_TIME ? later : 0;
                t->latest += t->latest != TV_NO_TIME ? later : 0;
                t->estimate += t->estimate != TV_NO_TIME ? later : 0;
        }
        e->sink.connection(e->sink.context, row);
        tv_passage_of_row(row, e->raw, !e->finishing, &e->passage);
        tv_passage_of_half(half, &e->passage);
        tv_hosts_add(&e->hosts, &e->passage);
}

static void
keep_lone(struct tv_engine *e, const struct tv_half_open *half, bool timed_out)
{
        e->lone.valid = e->row.finding_count == 0;
        e->lone.timed_out = timed_out;
        e->lone.half = *half;
        e->lone.row = e->row;
        e->lone.row.transitions = e->lone.path;
        memcpy(e->lone.path, e->path, e->row.transition_count * sizeof e->path[0]);
}

static void
finalize_half(struct tv_engine *e, uint32_t handle)
{
        struct tv_half_open *half = half_at(e, handle), copy;
        bool timed_out = e->raw - half->time >= e->syn_timeout;
        bool commented = tv_comments_any(&e->comments, half->number);
        uint32_t full;

        if (half->repeats_at == 0 && half->icmp == 0 && !commented && e->lone.valid && timed_out == e->lone.timed_out &&
            alike(half, &e->lone.half)) {
                finalize_lone(e, half);
                if (half->shares_stream != 0)
                        tv_stream_table_give(&e->streams, &half->key, (half->bits & TV_SEG_IPV6) != 0);
                if (!e->finishing) {
                        half_unlink(e, half);
                        tv_flow_table_remove(&e->table, half->hash, handle);
                        half->number = UINT64_MAX;
                        tv_pool_give(&e->halves, handle >> 2);
                }
                return;
        }
        copy = *half;
        full = promote(e, handle);
        if (full == 0)
                return;
        finalize(e, full);
        if (copy.repeats_at == 0 && copy.icmp == 0 && !commented)
                keep_lone(e, &copy, timed_out);
}

/* A connection whose handshake never came to its end gives up too. */
static bool
never_opened(const struct tv_engine *e, const struct tv_conn *conn)
{
        const struct tv_track *track = &conn->track;

        (void)e;
        return !tv_milestone_reached(&track->ep[0].open[TV_GOT_ACK1]) &&
               !tv_milestone_reached(&track->ep[1].open[TV_GOT_ACK1]) &&
               ((track->ep[0].bits | track->ep[1].bits) & TV_EP_HAS_DATA) == 0 &&
               ((track->ep[0].bits | track->ep[1].bits) & TV_EP_SYN_SEEN) != 0;
}

/* Packs a connection that is over; its timer, at |due|, is set by the caller.  Returns its new handle, or the old one
 * when there is no memory for that. */
static uint32_t
rest(struct tv_engine *e, uint32_t handle, tv_time due)
{
        struct tv_conn *conn = conn_at(e, handle);
        const struct tv_story *story = tv_track_story(&e->tracker, &conn->track);
        uint8_t packed[TV_RESTING_BOUND(WORDS) + 7];
        uint64_t words[WORDS];
        struct tv_conn *copy = (struct tv_conn *)words;
        struct resting *rest;
        uint32_t index;
        unsigned class;
        size_t bytes;

        memcpy(words, conn, sizeof *conn);
        memset(&copy->key, 0, sizeof copy->key);
        copy->hash = 0;
        copy->number = 0;
        if (story != NULL)
                memcpy(&words[TV_CONN_WORDS], story, sizeof *story);
        bytes = tv_resting_pack(words, tv_likeness, TV_CONN_WORDS + (story != NULL ? TV_STORY_WORDS : 0), packed);
        class = (unsigned)((offsetof(struct resting, packed) + bytes + 7) /
                           REST_STEP); /* 8 bytes more: see unpacking */
        index = tv_pool_take(&e->rests[class]);
        if (index == 0)
                return handle;
        if (index >> 24 != 0) { /* more than a handle can tell */
                tv_pool_give(&e->rests[class], index);
                return handle;
        }
        rest = tv_pool_at(&e->rests[class], index);
        rest->key = conn->key;
        rest->hash = conn->hash;
        rest->number = conn->number;
        rest->due = due;
        rest->ipv6 = (conn->bits & TV_CONN_IPV6) != 0;
        rest->has_story = story != NULL;
        memcpy(rest->packed, packed, bytes);
        tv_flow_table_replace(&e->table, conn->hash, handle, REST_HANDLE(class, index));
        if (conn->track.story != 0)
                tv_pool_give(&e->tracker.story, conn->track.story);
        conn->number = UINT64_MAX;
        tv_pool_give(&e->conns, handle >> 2);
        return REST_HANDLE(class, index);
}

/* The reverse.  Returns the whole connection's handle, or 0 when memory ran out (it stays at rest). */
static uint32_t
wake(struct tv_engine *e, uint32_t handle)
{
        struct resting *rest = rest_at(e, handle);
        uint32_t index = tv_pool_take(&e->conns);

        if (index == 0)
                return 0;
        unpack(e, rest, tv_pool_at(&e->conns, index));
        if (!e->finishing) {
                tv_flow_table_replace(&e->table, rest->hash, handle, HANDLE(WHOLE, index));
                rest->number = UINT64_MAX;
                tv_pool_give(&e->rests[REST_CLASS(handle)], handle >> 8);
        }
        return HANDLE(WHOLE, index);
}

/* Makes final whatever is due at |now|, in the order of the computed times. */
static bool
is_crowded(const struct tv_engine *e)
{
        return e->conns.in_use >= e->config.rest_from ||
               e->conns.in_use * sizeof(struct tv_conn) * 4 > e->config.max_memory;
}

static void
run_timers(struct tv_engine *e, tv_time now)
{
        for (;;) {
                struct tv_timer timer = {INT64_MAX, UINT64_MAX, 0};
                struct tv_conn *conn;
                bool half_first = false;

                if (!tv_timer_peek(&e->timers, &timer))
                        timer.deadline = INT64_MAX;
                if (e->half_first != 0) {
                        const struct tv_half_open *half = half_at(e, e->half_first);
                        tv_time due = half_deadline(e, half);

                        half_first = due < timer.deadline || (due == timer.deadline && half->number < timer.order);
                        if (half_first && due > now) {
                                e->next_due = due;
                                return;
                        }
                }
                if (half_first) {
                        finalize_half(e, e->half_first);
                        continue;
                }
                if (timer.deadline > now) {
                        e->next_due = timer.deadline;
                        return;
                }
                tv_timer_pop(&e->timers);
                if (KIND(timer.value) == REST) {
                        const struct resting *resting = rest_at(e, timer.value);
                        uint32_t handle = resting->number == timer.order && resting->due == timer.deadline
                                                  ? wake(e, timer.value)
                                                  : 0;

                        if (handle != 0)
                                finalize(e, handle);
                        continue;
                }
                conn = conn_at(e, timer.value);
                if (conn->number != timer.order)
                        continue; /* the record is somebody else's by now */
                if ((conn->bits & TV_CONN_LINGERING) != 0) {
                        tv_time last = touched(e, conn), due = last + linger_of(e, conn);
                        uint32_t handle = timer.value;

                        if (due <= timer.deadline)
                                finalize(e, handle);
                        else if (last + REST_AFTER > timer.deadline)
                                set_timer(e, due < last + REST_AFTER ? due : last + REST_AFTER, timer.order, handle);
                        else {
                                /* Until now second records of its last packets could come. */
                                tv_track_quiet(&e->tracker, &conn->track);
                                if ((conn->bits & TV_CONN_BY_WAY) == 0 && is_crowded(e))
                                        handle = rest(e, handle, due);
                                set_timer(e, due, timer.order, handle);
                        }
                } else if (never_opened(e, conn)) {
                        tv_time due = touched(e, conn) + e->syn_timeout;

                        if (due <= timer.deadline)
                                finalize(e, timer.value);
                        else
                                set_timer(e, due, conn->number, timer.value);
                }
        }
}

/* ---- one segment ---- */

static uint32_t
lookup(const struct tv_engine *e, const struct tv_segment *seg)
{
        struct tv_flow_cursor cursor;
        bool ipv6 = (seg->bits & TV_SEG_IPV6) != 0;

        for (uint32_t handle = tv_flow_table_first(&e->table, seg->hash, &cursor); handle != 0;
             handle = tv_flow_table_next(&e->table, &cursor)) {
                const struct tv_flow_key *key;
                bool of_ipv6;

                if (KIND(handle) == HALF) {
                        key = &half_at(e, handle)->key;
                        of_ipv6 = (half_at(e, handle)->bits & TV_SEG_IPV6) != 0;
                } else if (KIND(handle) == REST) {
                        key = &rest_at(e, handle)->key;
                        of_ipv6 = rest_at(e, handle)->ipv6 != 0;
                } else {
                        key = &conn_at(e, handle)->key;
                        of_ipv6 = (conn_at(e, handle)->bits & TV_CONN_IPV6) != 0;
                }
                if (tv_flow_key_equal(key, &seg->key) && of_ipv6 == ipv6)
                        return handle;
        }
        return 0;
}

/* The whole connection |handle| if it has the key of |seg|, else NULL.  Those that ways tell apart are all whole. */
static const struct tv_conn *
has_key(const struct tv_engine *e, uint32_t handle, const struct tv_segment *seg)
{
        const struct tv_conn *conn = KIND(handle) == WHOLE ? conn_at(e, handle) : NULL;

        return conn != NULL && tv_flow_key_equal(&conn->key, &seg->key) &&
                               ((conn->bits & TV_CONN_IPV6) != 0) == ((seg->bits & TV_SEG_IPV6) != 0)
                       ? conn
                       : NULL;
}

/* Of the connections with one key that ways tell apart, the one that |seg| goes to; the newest if nothing tells. */
static uint32_t
choose_by_way(const struct tv_engine *e, const struct tv_segment *seg, uint16_t way)
{
        struct tv_flow_cursor cursor;
        uint64_t best = 0, number = 0;
        uint32_t chosen = 0;

        for (uint32_t handle = tv_flow_table_first(&e->table, seg->hash, &cursor); handle != 0;
             handle = tv_flow_table_next(&e->table, &cursor)) {
                const struct tv_conn *conn = has_key(e, handle, seg);
                uint64_t affinity;

                if (conn == NULL)
                        continue;
                affinity = tv_conn_affinity(conn, seg, way);
                if (chosen == 0 || affinity > best || (affinity == best && conn->number > number)) {
                        best = affinity;
                        number = conn->number;
                        chosen = handle;
                }
        }
        return chosen;
}

/* Of these the one whose segment of direction |dir| an error quotes; the error came by |way|.  0: none, or nothing
 * tells. */
static uint32_t
choose_by_quote(const struct tv_engine *e, const struct tv_segment *quoted, unsigned dir, uint16_t way)
{
        struct tv_flow_cursor cursor;
        unsigned fit = 0, best = 0;
        uint32_t chosen = 0;

        for (uint32_t handle = tv_flow_table_first(&e->table, quoted->hash, &cursor); handle != 0;
             handle = tv_flow_table_next(&e->table, &cursor)) {
                const struct tv_conn *conn = has_key(e, handle, quoted);
                unsigned rank = 1;

                if (conn == NULL || !tv_track_quotes(&conn->track, dir, quoted->seq))
                        continue;
                for (unsigned i = 0; i < 2; i++)
                        if ((conn->track.ep[i].bits & TV_EP_SEEN) != 0 && conn->way[i] == way)
                                rank = 2;
                if (rank > best) {
                        best = rank;
                        fit = 0;
                        chosen = handle;
                }
                fit += rank == best;
        }
        return fit == 1 ? chosen : 0;
}

/* Joins an error, and the comment on it, to the connection whose segment it quotes; false: there is none. */
static bool
join_icmp(struct tv_engine *e, const struct early *it, tv_time tick)
{
        const struct tv_icmp_error *error = &it->error;
        struct tv_segment quoted = {.key = error->key, .seq = error->seq, .hash = it->hash};
        unsigned dir = error->from_high;
        struct tv_conn *conn;
        uint32_t handle;

        quoted.bits = error->ipv6 ? TV_SEG_IPV6 : 0;
        handle = lookup(e, &quoted);
        if (handle != 0 && KIND(handle) == WHOLE && (conn_at(e, handle)->bits & TV_CONN_BY_WAY) != 0)
                handle = choose_by_quote(e, &quoted, dir, tv_context_table_number(&e->contexts, &error->context));
        if (handle == 0)
                return false;
        if (KIND(handle) == HALF) {
                struct tv_half_open *half = half_at(e, handle);

                if (half->seq != error->seq || ((half->bits & TV_SEG_FROM_HIGH) != 0) != (dir != 0))
                        return false;
                if (half->icmp == 0)
                        half->icmp = tv_pool_take_zeroed(&e->tracker.icmp);
                if (half->icmp != 0)
                        tv_icmp_notes_add(tv_pool_at(&e->tracker.icmp, half->icmp), error, it->frame, it->time, true);
                if (it->chosen)
                        half->bits |= TV_SEG_CHOSEN;
                tv_comments_belong(&e->comments, it->frame, half->number);
                return true;
        }
        if (KIND(handle) == REST) {
                tv_time again = tick + REST_AFTER, end;

                handle = wake(e, handle);
                if (handle == 0)
                        return false;
                /* It was woken, but nothing of it was seen: its end stays where it was. */
                conn = conn_at(e, handle);
                end = touched(e, conn) + linger_of(e, conn);
                set_timer(e, again < end ? again : end, conn->number, handle);
        }
        conn = conn_at(e, handle);
        if (!tv_track_quotes(&conn->track, dir, error->seq))
                return false;
        tv_track_icmp(&e->tracker, &conn->track, dir, error, it->frame, it->time);
        if (it->chosen)
                conn->bits |= TV_CONN_CHOSEN;
        tv_comments_belong(&e->comments, it->frame, conn->number);
        return true;
}

/* |seg| began a flow: was an error about it captured a moment before, by another tap or queue? */
static void
join_early(struct tv_engine *e, const struct tv_segment *seg, tv_time tick)
{
        for (unsigned i = 0; i < EARLY; i++) {
                struct early *it = &e->early[i];

                if (it->frame == 0 || it->hash != seg->hash || tick - it->tick > EARLY_BY ||
                    it->error.seq != seg->seq || !join_icmp(e, it, tick))
                        continue;
                it->frame = 0;
                e->quality.icmp_unmatched--;
        }
}

/* A flow that nothing is known of. */
static void
open_flow(struct tv_engine *e, const struct tv_segment *seg, const struct tv_segment_more *more, tv_time tick)
{
        unsigned dir = tv_segment_direction(seg);
        struct tv_conn *conn;
        uint32_t handle;
        bool shared;

        if (e->rows == NULL && tv_half_open_fits(seg)) {
                uint32_t index = tv_pool_take(&e->halves);

                if (index != 0) {
                        struct tv_half_open *half = tv_pool_at(&e->halves, index);

                        tv_half_open_start(half, seg, more);
                        half->number = e->next_number++;
                        half->stream = begin_stream(e, seg, &shared);
                        half->shares_stream = shared;
                        half_link(e, half, HANDLE(HALF, index));
                        tv_flow_table_insert(&e->table, seg->hash, HANDLE(HALF, index));
                        e->tracker.segments++;
                        return;
                }
        }
        handle = new_conn(e, seg);
        if (handle == 0)
                return;
        conn = conn_at(e, handle);
        conn->number = e->next_number++;
        conn->stream = conn->stream_now = begin_stream(e, seg, &shared);
        if (shared)
                conn->bits |= TV_CONN_SHARES_STREAM;
        else
                stream_of(e, conn, seg, dir);
        tv_flow_table_insert(&e->table, seg->hash, handle);
        apply(e, handle, seg, more, tick);
        if ((seg->flags & TV_SYN) != 0)
                set_timer(e, tick + e->syn_timeout, conn->number, handle);
}

/* |seg| begins another incarnation of the 4-tuple of |old|. */
static void
replace(struct tv_engine *e, uint32_t old_handle, const struct tv_segment *seg, const struct tv_segment_more *more,
        tv_time tick)
{
        struct tv_conn *old = conn_at(e, old_handle), *conn;
        uint32_t handle;
        unsigned dir = tv_segment_direction(seg);
        bool answered = false; /* or repeated */
        struct tv_reset met = {0};
        uint32_t met_ack = 0;
        struct tv_half_open syn = {0};
        struct tv_conn kept;

        /* The SYN that met the old connection began the new one: it counts there, not here. */
        if (old->other != 0 && (seg->flags & TV_SYN) != 0) {
                bool repeats = (seg->flags & TV_ACK) == 0;
                struct tv_endpoint *ep = &old->track.ep[repeats ? dir : !dir];
                struct tv_trouble *trouble = tv_track_trouble(&e->tracker, ep);

                syn = *(struct tv_half_open *)tv_pool_at(&e->halves, old->other);
                answered = (repeats ? seg->seq == syn.seq : seg->ack == syn.seq + 1) &&
                           ((syn.bits & TV_SEG_FROM_HIGH) != 0) == (repeats == (dir != 0));
                if (answered) {
                        const struct tv_closing *closing = tv_track_closing(&e->tracker, &old->track);

                        /* The old connection was answered for, and the reset that this met ended it. */
                        if (closing != NULL && closing->accepted[repeats ? dir : !dir].time >= syn.time)
                                met = closing->accepted[repeats ? dir : !dir];
                        met_ack = old->track.ep[repeats ? !dir : dir].last_ack;
                        tv_comments_belong(&e->comments, syn.frame, e->next_number);
                        ((struct tv_half_open *)tv_pool_at(&e->halves, old->other))->bits &= (uint8_t)~TV_SEG_CHOSEN;
                        ep->segments--;
                        ep->ip_bytes -= syn.header_bytes;
                        if (trouble != NULL)
                                trouble->outside--;
                        if (tv_track_note(&e->tracker, ep, TV_NOTE_SYN_INSIDE) != NULL)
                                tv_note_need(&e->tracker.notes, &trouble->notes, TV_NOTE_SYN_INSIDE)->count--;
                }
        }

        /* What outlives the old one: Wireshark's view of the 4-tuple, and where its numbers stood. */
        kept.stream_now = old->stream_now;
        kept.bits = old->bits & (uint32_t)(TV_CONN_BASE_0 | TV_CONN_BASE_1 | TV_CONN_BY_WAY | TV_CONN_SHARES_STREAM);
        kept.base[0] = old->base[0];
        kept.base[1] = old->base[1];
        kept.track.stale_nxt[0] = (uint32_t)old->track.ep[0].sent.nxt;
        kept.track.stale_nxt[1] = (uint32_t)old->track.ep[1].sent.nxt;
        if (!tv_conn_ended(&e->tracker, old))
                old->bits |= TV_CONN_REPLACED;
        if ((kept.bits & TV_CONN_SHARES_STREAM) != 0) {
                bool is_new;

                tv_stream_table_take(&e->streams, &seg->key, (seg->bits & TV_SEG_IPV6) != 0, &is_new);
        }
        e->replacing = true;
        e->next_syn_frame = 0;
        e->next_syn_seq = answered ? syn.seq : (seg->flags & TV_ACK) != 0 ? seg->ack - 1 : seg->seq;
        e->next_is_syn = (seg->flags & TV_SYN) != 0;
        if (answered || (seg->flags & (TV_SYN | TV_ACK)) == TV_SYN) {
                e->next_syn_frame = answered ? syn.frame : seg->frame;
                e->next_syn_time = answered ? syn.time : seg->time;
                e->next_syn_by_low = (answered ? (syn.bits & TV_SEG_FROM_HIGH) != 0 : dir != 0) == 0;
        }
        finalize(e, old_handle);
        e->replacing = false;

        handle = new_conn(e, seg);
        if (handle == 0) {
                if ((kept.bits & TV_CONN_SHARES_STREAM) != 0)
                        tv_stream_table_give(&e->streams, &seg->key, (seg->bits & TV_SEG_IPV6) != 0);
                return;
        }
        conn = conn_at(e, handle);
        conn->number = e->next_number++;
        conn->stream_now = kept.stream_now;
        conn->bits |= kept.bits;
        conn->base[0] = kept.base[0];
        conn->base[1] = kept.base[1];
        conn->stream = conn->stream_now;
        conn->track.stale_nxt[0] = kept.track.stale_nxt[0];
        conn->track.stale_nxt[1] = kept.track.stale_nxt[1];
        conn->track.has_stale = 3;
        tv_flow_table_insert(&e->table, seg->hash, handle);
        if (answered) {
                struct tv_segment first;
                struct tv_segment_more first_more;
                struct tv_row_queue *rows = e->rows;

                tv_half_open_replay(&syn, NULL, 0, &first, &first_more);
                first.key = seg->key;
                first.hash = seg->hash;
                conn->first_frame = first.frame;
                conn->start = first.time;
                conn->stream = syn.stream;
                e->rows = NULL; /* its row was made when it came, and only changes hands */
                e->tracker.segments--;
                apply(e, handle, &first, &first_more, tick);
                e->rows = rows;
                if (rows != NULL)
                        tv_row_queue_move(rows, first.frame, conn->number);
                if (met.frame != 0 && (met.bits & TV_RESET_ANSWERS) != 0 && met.answered >= syn.time)
                        tv_observe_met_old(&e->tracker, &conn->track, (syn.bits & TV_SEG_FROM_HIGH) == 0, first.frame,
                                           first.time, met.answers, met.answered, met_ack, met.frame);
        }
        apply(e, handle, seg, more, tick);
        if ((seg->flags & TV_SYN) != 0)
                set_timer(e, tick + e->syn_timeout, conn->number, handle);
}

/* |seg| begins a connection beside the one of |old_handle|: another network uses the same addresses and ports.  False:
 * too many do, or there is no memory, and nothing was done. */
static bool
open_beside(struct tv_engine *e, uint32_t old_handle, const struct tv_segment *seg, const struct tv_segment_more *more,
            tv_time tick)
{
        struct tv_conn *old = conn_at(e, old_handle), *conn;
        struct tv_flow_cursor cursor;
        unsigned siblings = 0;
        uint32_t handle;

        for (uint32_t other = tv_flow_table_first(&e->table, seg->hash, &cursor); other != 0;
             other = tv_flow_table_next(&e->table, &cursor))
                siblings += has_key(e, other, seg) != NULL;
        if (siblings >= BY_WAY_MOST || !share_stream(e, old))
                return false;
        handle = new_conn(e, seg);
        if (handle == 0)
                return false;
        conn = conn_at(e, handle);
        if (!tv_flow_table_insert(&e->table, seg->hash, handle) || !share_stream(e, conn)) {
                tv_flow_table_remove(&e->table, seg->hash, handle);
                conn->number = UINT64_MAX;
                tv_pool_give(&e->conns, handle >> 2);
                return false;
        }
        conn->number = e->next_number++;
        conn->stream = conn->stream_now = old->stream_now;
        old->bits |= TV_CONN_BY_WAY;
        conn->bits |= TV_CONN_BY_WAY;
        /* It may have been half-open until now; then its timer waits for |seg| to be answered. */
        if (never_opened(e, old))
                set_timer(e, touched(e, old) + e->syn_timeout, old->number, old_handle);
        apply(e, handle, seg, more, tick);
        set_timer(e, tick + e->syn_timeout, conn->number, handle);
        return true;
}

static void
track(struct tv_engine *e, const struct tv_segment *seg, const struct tv_segment_more *more, tv_time tick)
{
        uint32_t handle = lookup(e, seg);
        unsigned dir = tv_segment_direction(seg);
        struct tv_conn *conn;

        if (handle == 0) {
                open_flow(e, seg, more, tick);
                if (tick <= e->early_until)
                        join_early(e, seg, tick);
                return;
        }
        if (KIND(handle) == REST) {
                handle = wake(e, handle);
                if (handle == 0)
                        return;
                rest_or_end(e, conn_at(e, handle), handle, tick);
        } else if (KIND(handle) == HALF) {
                struct tv_half_open *half = half_at(e, handle);
                bool same_end = ((half->bits ^ seg->bits) & TV_SEG_FROM_HIGH) == 0;
                uint64_t number;

                if (same_end && tv_half_open_fits(seg) && seg->seq == half->seq && half_repeat(e, half, seg, more)) {
                        e->tracker.segments++;
                        half_unlink(e, half);
                        half_link(e, half, handle);
                        if (half->shares_stream != 0)
                                tv_stream_see(
                                        tv_stream_table_find(&e->streams, &half->key, (half->bits & TV_SEG_IPV6) != 0),
                                        seg, dir, &e->next_stream);
                        return;
                }
                number = half->number;
                handle = promote(e, handle);
                if (handle == 0)
                        return;
                set_timer(e, tick + e->syn_timeout, number, handle);
        } else if ((conn_at(e, handle)->bits & TV_CONN_BY_WAY) != 0) {
                handle = choose_by_way(e, seg, tv_segment_way(seg, more));
        }
        conn = conn_at(e, handle);
        if ((seg->flags & TV_SYN) != 0 || (conn->bits & (dir == 0 ? TV_CONN_BASE_0 : TV_CONN_BASE_1)) == 0)
                stream_of(e, conn, seg, dir);
        if ((seg->flags & TV_SYN) != 0 &&
            tv_conn_is_elsewhere(&e->tracker, conn, conn->other != 0 ? tv_pool_at(&e->halves, conn->other) : NULL, seg,
                                 tv_segment_way(seg, more)) &&
            open_beside(e, handle, seg, more, tick)) {
                if (tick <= e->early_until)
                        join_early(e, seg, tick);
                return;
        }
        /* Only a SYN, or anything after the end, can belong to another incarnation. */
        if (((seg->flags & TV_SYN) == 0 && conn->track.story == 0) ||
            tv_conn_belongs(&e->tracker, conn, conn->other != 0 ? tv_pool_at(&e->halves, conn->other) : NULL, seg) ==
                    TV_BELONGS) {
                apply(e, handle, seg, more, tick);
        } else {
                replace(e, handle, seg, more, tick);
                if (tick <= e->early_until)
                        join_early(e, seg, tick);
        }
}

/* The comment on |seg|, which was tracked just now, is its connection's. */
static void
join_comment(struct tv_engine *e, const struct tv_segment *seg)
{
        uint32_t handle = lookup(e, seg);

        if (handle != 0 && KIND(handle) != REST)
                tv_comments_belong(&e->comments, seg->frame,
                                   KIND(handle) == HALF ? half_at(e, handle)->number : conn_at(e, handle)->number);
        tv_comments_pass(&e->comments);
}

/* ---- memory ---- */

static uint64_t
in_use(const struct tv_pool *pool)
{
        return (uint64_t)pool->in_use * pool->item_bytes;
}

/* What is in use, not what the pools ever touched: a record that is given up is used again, so that makes room. */
static uint64_t
memory_used(const struct tv_engine *e)
{
        /* Rings and histograms live on the heap: half a record more on the average covers them. */
        uint64_t rests = 0;

        for (unsigned i = 0; i < REST_CLASSES; i++)
                rests += in_use(&e->rests[i]);
        return rests + in_use(&e->halves) + in_use(&e->repeats) + in_use(&e->conns) + in_use(&e->tracker.trouble) +
               in_use(&e->tracker.story) + in_use(&e->tracker.icmp) + tv_flow_table_bytes(&e->table) +
               tv_context_table_bytes(&e->contexts) + in_use(&e->streams.pool) +
               tv_flow_table_bytes(&e->streams.index) + tv_timer_bytes(&e->timers) + (uint64_t)e->conns.in_use * 512 +
               (e->fragments != NULL ? tv_fragments_bytes(e->fragments) : 0);
}

static void
evict(struct tv_engine *e)
{
        tv_time oldest = INT64_MAX;
        uint32_t victim = 0;
        unsigned given_up = 0;

        /* Half-open first, the oldest of them. */
        while (e->half_first != 0 && given_up < 4096) {
                uint32_t full = promote(e, e->half_first);

                if (full == 0)
                        break;
                conn_at(e, full)->bits |= TV_CONN_EVICTED;
                finalize(e, full);
                given_up++;
        }
        /* Then those that linger, by their timers; then whoever has been silent longest. */
        while (given_up == 0 && e->timers.count != 0 && victim == 0) {
                struct tv_timer timer;

                tv_timer_peek(&e->timers, &timer);
                tv_timer_pop(&e->timers);
                if (KIND(timer.value) == REST) {
                        if (rest_at(e, timer.value)->number == timer.order &&
                            rest_at(e, timer.value)->due == timer.deadline)
                                victim = wake(e, timer.value);
                } else if (conn_at(e, timer.value)->number == timer.order) {
                        victim = timer.value;
                }
        }
        if (given_up == 0 && victim == 0) {
                for (uint64_t i = 0; i <= e->table.mask; i++) {
                        uint32_t handle = e->table.slot[i].value;

                        if (handle != 0 && KIND(handle) == WHOLE && tv_conn_last_time(conn_at(e, handle)) < oldest) {
                                oldest = tv_conn_last_time(conn_at(e, handle));
                                victim = handle;
                        }
                }
        }
        if (victim != 0) {
                conn_at(e, victim)->bits |= TV_CONN_EVICTED;
                finalize(e, victim);
        }
}

/* Asks for the cache lines of |conn| that a segment of direction |dir| will touch: the hot parts of both ends, and the
 * round-trip times of the one that is answered. */
static void
prefetch_conn(const struct tv_conn *conn, unsigned dir)
{
        const char *ep = (const char *)conn->track.ep;

        __builtin_prefetch(conn, 1);
        for (unsigned i = 0; i < 128; i += 64) {
                __builtin_prefetch(ep + i, 1);
                __builtin_prefetch(ep + sizeof(struct tv_endpoint) + i, 1);
        }
        __builtin_prefetch((const char *)&conn->track.ep[!dir].rtt, 1);
}

static void
prefetch_lines(const void *from, size_t bytes)
{
        for (size_t line = 0; line < bytes; line += 64)
                __builtin_prefetch((const char *)from + line, 1);
}

/* Entries are shorter than a line, but do not begin with one. */
static void
prefetch_ring(const struct tv_ledger *ledger, uint32_t next)
{
        const struct tv_sent *at;

        if (ledger->ring == NULL)
                return;
        if (ledger->mask < 4) {
                prefetch_lines(ledger->ring, 4 * sizeof *at);
                return;
        }
        at = &ledger->ring[next & ledger->mask];
        __builtin_prefetch(at, 1);
        __builtin_prefetch((const char *)(at + 1) - 1, 1);
}

/* The second step: what the connection itself points to, and what a segment needs that opens or closes it. */
static void
prefetch_behind(const struct tv_engine *e, const struct tv_conn *conn, unsigned dir)
{
        const struct tv_endpoint *own = &conn->track.ep[dir], *peer = &conn->track.ep[!dir];

        prefetch_ring(&own->sent, own->sent.pushed);
        prefetch_ring(&peer->sent, peer->sent.done);
        if ((own->bits & peer->bits & TV_EP_ACK1_PROVED) == 0) {
                prefetch_lines(own->open, sizeof own->open + 1);
                prefetch_lines(peer->open, sizeof peer->open + 1);
                prefetch_lines(&conn->number, 2 * 64);
        }
        if (conn->track.story != 0) {
                prefetch_lines(tv_track_story(&e->tracker, &conn->track), sizeof(struct tv_story));
                prefetch_lines(&conn->number, 2 * 64);
        }
}

static void
resolve(struct tv_engine *e, uint64_t n)
{
        const struct tv_segment *seg = &e->segment[n % LINE];
        struct tv_flow_cursor cursor;
        uint32_t handle = tv_flow_table_first(&e->table, seg->hash, &cursor);

        e->handle[n % LINE] = handle;
        if (handle == 0)
                return;
        if (KIND(handle) == WHOLE) {
                prefetch_conn(conn_at(e, handle), tv_segment_direction(seg));
        } else {
                const char *record =
                        KIND(handle) == HALF ? (const char *)half_at(e, handle) : (const char *)rest_at(e, handle);

                for (unsigned line = 0; line < sizeof(struct tv_half_open); line += 64)
                        __builtin_prefetch(record + line, 1);
        }
}

static void
follow(struct tv_engine *e, uint64_t n)
{
        uint32_t handle = e->handle[n % LINE];

        if (handle != 0 && KIND(handle) == WHOLE)
                prefetch_behind(e, conn_at(e, handle), tv_segment_direction(&e->segment[n % LINE]));
}

static void
make_room(struct tv_engine *e)
{
        for (unsigned i = 0; i < 4096 && memory_used(e) > e->config.max_memory; i++)
                evict(e);
}

static void
work(struct tv_engine *e)
{
        uint64_t n = e->tracked++;

        e->now = e->tick[n % LINE];
        e->raw = e->stood_for[n % LINE];

        if (e->tick[n % LINE] >= e->next_due)
                run_timers(e, e->tick[n % LINE]);
        track(e, &e->segment[n % LINE], &e->more[n % LINE], e->tick[n % LINE]);
        if (e->segment[n % LINE].frame == e->comments.next)
                join_comment(e, &e->segment[n % LINE]);
        if (n % 2048 == 0)
                make_room(e);
}

/* What the way adds to the hash of a flow.  Where addresses and ports are equal, hashes are equal only if this is: so
 * the index never confuses connections that --key tells apart. */
static uint32_t
key_of(const struct tv_engine *e, const struct tv_context *context)
{
        return e->config.key != 0 ? tv_context_digest(context, e->config.key, e->config.hash_key) : 0;
}

/* The ICMP error of |e->aside| quotes a segment.  Errors are rare: what was captured before is tracked first, so that
 * the connection is known as it was then. */
static void
take_icmp(struct tv_engine *e, const struct tv_packet *packet, uint8_t choice, tv_time tick)
{
        struct early it = {.frame = packet->frame,
                           .time = packet->time,
                           .tick = tick,
                           .error = e->aside.icmp,
                           .chosen = choice != 0};

        while (e->tracked != e->decoded)
                work(e);
        e->now = tick;
        e->raw = e->clock.raw;
        if (tick >= e->next_due)
                run_timers(e, tick);
        if (e->icmp_errors++ % 2048 == 0)
                make_room(e);
        it.hash = tv_flow_hash(&it.error.key, it.error.ipv6, e->config.hash_key) ^ key_of(e, &it.error.context);
        if (packet->comment != NULL) {
                tv_comments_add(&e->comments, packet->frame, packet->comment);
                tv_comments_pass(&e->comments);
        }
        if (join_icmp(e, &it, tick))
                return;
        e->quality.icmp_unmatched++;
        e->early[e->icmp_errors % EARLY] = it;
        e->early_until = tick + EARLY_BY;
}

/* ---- fragments ---- */

enum { FRAGMENTS_BYTES = 16 << 20, DATAGRAM_MAX = 65535 + 40 + TV_FRAGMENT_IPV6_HEADER_MAX, FRAGMENT_DEPTH = 4 };

static bool
has_fragments(struct tv_engine *e)
{
        if (e->fragments == NULL)
                e->fragments = tv_fragments_new(FRAGMENTS_BYTES, e->config.hash_key);
        if (e->inner == NULL)
                e->inner = malloc(DATAGRAM_MAX);
        return e->fragments != NULL && e->inner != NULL;
}

/* Gives the fragment that |packet| turned out to be to those that wait for it.  Returns the bucket of the datagram that
 * it completed, decoded as |packet| would have been, or TV_BUCKET_fragment.  |*choice| is the packet's, then the
 * datagram's: a filter sees a port in the first fragment only, and a choice of any of them is one of the whole. */
static enum tv_bucket
put_together(struct tv_engine *e, const struct tv_packet *packet, struct tv_segment *seg, struct tv_segment_more *more,
             uint8_t *choice)
{
        enum tv_bucket bucket = TV_BUCKET_fragment;
        uint8_t destination[16];

        /* Tunnels may cut a packet that already was a fragment. */
        for (unsigned depth = 0; bucket == TV_BUCKET_fragment && depth < FRAGMENT_DEPTH; depth++) {
                struct tv_fragment *f = &e->aside.fragment;
                struct tv_fragment_piece piece = {.key = {.id = f->id, .protocol = f->protocol, .ipv6 = f->ipv6},
                                                  .offset = f->offset,
                                                  .length = f->length,
                                                  .have = f->have,
                                                  .more = f->more,
                                                  .payload = f->payload,
                                                  .header = f->header,
                                                  .header_bytes = f->header_bytes,
                                                  .time_ns = packet->time, /* the clock hesitates at a leap */
                                                  .frame = packet->frame,
                                                  .chosen = *choice != 0};
                struct tv_datagram whole;

                if (!has_fragments(e) || f->have + f->header_bytes > DATAGRAM_MAX)
                        break;
                memcpy(piece.key.source, f->source, f->ipv6 ? 16 : 4);
                memmove(destination, f->destination, f->ipv6 ? 16 : 4);
                memcpy(piece.key.destination, destination, f->ipv6 ? 16 : 4);
                if (depth != 0) {
                        piece.header = memcpy(e->inner, f->header, f->header_bytes);
                        piece.payload = memcpy(e->inner + f->header_bytes, f->payload, f->have);
                }
                if (!tv_fragments_add(e->fragments, &piece, &whole))
                        break;
                *choice = whole.chosen ? TV_SEG_CHOSEN : 0;
                f->destination = destination;
                f->header = whole.bytes;
                f->header_bytes = whole.header_bytes;
                f->payload = whole.bytes + whole.header_bytes;
                f->have = whole.have - whole.header_bytes;
                f->length = whole.length - whole.header_bytes;
                f->protocol = whole.protocol;
                bucket = tv_decode_datagram(packet, f, seg, more, &e->aside);
        }
        return bucket;
}

static void
note_unknown_link(struct tv_engine *e, int link_type)
{
        struct tv_capture_case *evidence = &e->evidence;

        evidence->unknown_link++;
        for (unsigned i = 0; i < evidence->unknown_link_types; i++) {
                if (evidence->unknown_link_type[i] == link_type)
                        return;
        }
        if (evidence->unknown_link_types < TV_UNKNOWN_LINK_TYPES)
                evidence->unknown_link_type[evidence->unknown_link_types++] = link_type;
}

/* How the packet of the segment in |slot| came: the capturer's side, and what its row tells. */
static void
note_how(struct tv_engine *e, const struct tv_packet *packet, unsigned slot)
{
        const struct tv_segment *seg = &e->segment[slot];
        enum tv_passed passed = tv_decode_passed(packet);

        e->interface[slot] = packet->interface;
        e->passed[slot] = (uint8_t)passed;
        /* What is inside of a tunnel went its own way. */
        if (passed != TV_PASSED_UNKNOWN && ((seg->bits & TV_SEG_MORE) == 0 || e->more[slot].context.steps == 0))
                tv_place_passed(&e->place, passed, seg);
}

enum tv_bucket
tv_engine_push(struct tv_engine *e, const struct tv_packet *packet)
{
        uint64_t n = e->decoded;
        struct tv_segment *seg = &e->segment[n % LINE];
        enum tv_bucket bucket = tv_decode(packet, seg, &e->more[n % LINE], &e->aside);
        struct tv_capture_quality *q = &e->quality;
        tv_time tick = tv_clock_tick(&e->clock, packet->time, packet->frame);
        uint8_t choice = e->choice;

        if (bucket == TV_BUCKET_fragment)
                bucket = put_together(e, packet, seg, &e->more[n % LINE], &choice);

        q->packets++;
        q->cooked_packets += packet->link_type == LINUX_SLL || packet->link_type == LINUX_SLL2;
        if (q->start == TV_NO_TIME || packet->time < q->start)
                q->start = packet->time;
        if (q->end == TV_NO_TIME || packet->time > q->end)
                q->end = packet->time;
        if (packet->captured < packet->length) {
                q->cut_packets++;
                note(e, TV_EVIDENCE_SNAPLEN, packet->frame);
        }
        if (bucket != TV_BUCKET_tcp) {
                if (bucket == TV_BUCKET_icmp && e->aside.icmp.kind != TV_ICMP_NONE)
                        take_icmp(e, packet, choice, tick);
                if (bucket == TV_BUCKET_unknown_link) {
                        note_unknown_link(e, packet->link_type);
                        note(e, TV_EVIDENCE_UNKNOWN_LINK, packet->frame);
                }
                return bucket;
        }
        q->tcp_segments++;
        if (seg->checksum == TV_CHECKSUM_OFFLOADED) {
                q->offload_checksums++;
                note(e, TV_EVIDENCE_OFFLOAD, packet->frame);
        } else if (seg->checksum == TV_CHECKSUM_WRONG) {
                q->wrong_checksums++;
        }
        if (seg->length > 2 * 1460 + 100 && (seg->length > 9000 || (seg->bits & TV_SEG_LENGTH_GUESSED) != 0)) {
                q->super_segments++;
                note(e, TV_EVIDENCE_OFFLOAD, packet->frame);
        }
        if (packet->passed != TV_PASSED_UNKNOWN || packet->link_type != ETHERNET || e->rows != NULL)
                note_how(e, packet, (unsigned)(n % LINE));
        if (packet->comment != NULL)
                tv_comments_add(&e->comments, packet->frame, packet->comment);
        seg->bits |= choice;
        seg->hash = tv_flow_hash(&seg->key, (seg->bits & TV_SEG_IPV6) != 0, e->config.hash_key);
        if ((seg->bits & TV_SEG_MORE) != 0) {
                e->more[n % LINE].way = tv_context_table_number(&e->contexts, &e->more[n % LINE].context);
                seg->hash ^= key_of(e, &e->more[n % LINE].context);
        }
        tv_flow_table_prefetch(&e->table, seg->hash);
        e->tick[n % LINE] = tick;
        e->stood_for[n % LINE] = e->clock.raw;
        e->decoded++;
        if (n >= RESOLVE)
                resolve(e, n - RESOLVE);
        if (n >= FOLLOW)
                follow(e, n - FOLLOW);
        if (e->decoded - e->tracked > WORK)
                work(e);
        return bucket;
}

void
tv_engine_damage(struct tv_engine *e, tv_frame frame, bool cut, const char *message)
{
        char *text = cut ? e->truncated : e->damaged;

        if (text[0] != '\0')
                return;
        strncat(text, message, sizeof e->truncated - 1);
        if (cut) {
                e->evidence.truncated = e->truncated;
                e->evidence.truncated_frame = frame;
        } else {
                e->evidence.damaged = e->damaged;
                e->evidence.damaged_frame = frame;
        }
}

void
tv_engine_drops(struct tv_engine *e, uint64_t before, uint64_t now)
{
        uint64_t all = e->quality.drops != TV_UNKNOWN ? e->quality.drops : 0;

        e->quality.drops = all - (before != TV_UNKNOWN ? before : 0) + now;
        e->tracker.drops |= now != 0;
}

/* Those still open when the input ends, by number; struct tv_flow_slot serves as (low half of the number, handle). */
struct open_list {
        struct tv_flow_slot *at;
        size_t count;
        uint64_t low;
};

static void
list_open(struct open_list *list, uint64_t number, uint32_t handle)
{
        if (number == UINT64_MAX)
                return; /* given back */
        list->at[list->count].hash = (uint32_t)number;
        list->at[list->count++].value = handle;
        list->low = number < list->low ? number : list->low;
}

/* Sorts by 16 bits of (hash - low) from |shift| on; stable. */
static void
sort_by(const struct tv_flow_slot *in, struct tv_flow_slot *out, size_t n, uint32_t low, unsigned shift, size_t *start)
{
        size_t sum = 0;

        memset(start, 0, 65536 * sizeof *start);
        for (size_t i = 0; i < n; i++)
                start[(in[i].hash - low) >> shift & 65535]++;
        for (size_t i = 0; i < 65536; i++) {
                size_t count = start[i];

                start[i] = sum;
                sum += count;
        }
        for (size_t i = 0; i < n; i++)
                out[start[(in[i].hash - low) >> shift & 65535]++] = in[i];
}

/* Asks for the cache lines of a record that is about to become final. */
static void
prefetch_record(const struct tv_engine *e, uint32_t handle)
{
        const char *record;
        size_t bytes;

        switch (KIND(handle)) {
        case WHOLE:
                record = (const char *)conn_at(e, handle);
                bytes = sizeof(struct tv_conn);
                break;
        case HALF:
                record = (const char *)half_at(e, handle);
                bytes = sizeof(struct tv_half_open);
                break;
        default:
                record = (const char *)rest_at(e, handle);
                bytes = (REST_CLASS(handle) + 1) * REST_STEP;
                break;
        }
        for (size_t line = 0; line < bytes; line += 64)
                __builtin_prefetch(record + line, 1);
}

/* The input ends: the rest becomes final, by number. */
static void
finish_all(struct tv_engine *e)
{
        size_t most = (size_t)e->table.used + 1, *start;
        struct open_list list = {NULL, 0, UINT64_MAX};
        struct tv_flow_slot *spare;

        /* From here on nothing is looked up: the index makes room for the list. */
        tv_flow_table_clear(&e->table);
        e->finishing = true;
        list.at = malloc(most * sizeof *list.at);
        spare = malloc(most * sizeof *spare);
        start = malloc(65536 * sizeof *start);
        if (list.at == NULL || spare == NULL || start == NULL) {
                free(list.at);
                free(spare);
                free(start);
                return;
        }
        for (uint32_t i = 1; i < e->halves.next && list.count < most; i++)
                list_open(&list, half_at(e, HANDLE(HALF, i))->number, HANDLE(HALF, i));
        for (uint32_t i = 1; i < e->conns.next && list.count < most; i++)
                list_open(&list, conn_at(e, HANDLE(WHOLE, i))->number, HANDLE(WHOLE, i));
        for (unsigned class = 0; class < REST_CLASSES; class ++)
                for (uint32_t i = 1; i < e->rests[class].next && list.count < most; i++)
                        list_open(&list, rest_at(e, REST_HANDLE(class, i))->number, REST_HANDLE(class, i));
        /* Numbers can exceed 32 bits, those still open hardly spread that far. */
        sort_by(list.at, spare, list.count, (uint32_t)list.low, 0, start);
        sort_by(spare, list.at, list.count, (uint32_t)list.low, 16, start);
        free(spare);
        free(start);
        for (size_t i = 0; i < list.count; i++) {
                uint32_t handle = list.at[i].value;

                /* One connection after the other, none of them in the cache. */
                if (i + 8 < list.count)
                        prefetch_record(e, list.at[i + 8].value);
                if (i + 4 < list.count && KIND(list.at[i + 4].value) == WHOLE)
                        prefetch_behind(e, conn_at(e, list.at[i + 4].value), 0);
                if (KIND(handle) == REST)
                        handle = wake(e, handle);
                if (handle == 0)
                        continue;
                if (KIND(handle) == HALF)
                        finalize_half(e, handle);
                else
                        finalize(e, handle);
        }
        free(list.at);
}

/* The least, the median and the most of |times|; TV_NO_TIME without any.  |least| may be NULL. */
static void
take_spread(const struct tv_rtt *times, tv_time *least, tv_time *median, tv_time *most)
{
        bool any = times->count != 0;

        if (least != NULL)
                *least = any ? times->min : TV_NO_TIME;
        *median = any ? tv_rtt_percentile(times, 50) : TV_NO_TIME;
        *most = any ? times->max : TV_NO_TIME;
}

/* All connections are final: the tables of hosts take their memory. */
static void
give_back(struct tv_engine *e)
{
        tv_pool_clear(&e->conns);
        tv_pool_clear(&e->halves);
        tv_pool_clear(&e->repeats);
        tv_pool_clear(&e->openings);
        for (unsigned i = 0; i < REST_CLASSES; i++)
                tv_pool_clear(&e->rests[i]);
}

static void
diagnose_hosts(struct tv_engine *e)
{
        struct tv_series series;
        struct tv_host_case subject = {.hosts = &e->hosts,
                                       .series = &series,
                                       .profile = e->profile,
                                       .quality = &e->quality,
                                       .end = e->raw,
                                       .pileup = e->config.pileup != 0 ? e->config.pileup : PILE_UP,
                                       .misses = e->tracker.first_gap != 0 || e->tracker.drops};

        e->hosts.end = e->raw;
        tv_series_init(&series, &e->hosts);
        if (e->sink.listener != NULL)
                tv_listener_rows(&series, e->sink.listener, e->sink.context);
        if (e->sink.host != NULL)
                tv_host_rows(&series, e->sink.host, e->sink.context);
        tv_diagnose_hosts(&subject, e->sink.finding, e->sink.context);
        if (e->sink.series != NULL)
                tv_series_rows(&series, e->sink.series, e->sink.context);
        tv_series_clear(&series);
}

void
tv_engine_finish(struct tv_engine *e)
{
        struct tv_capture_quality *q = &e->quality;
        const struct tv_address *taken_at;

        while (e->tracked != e->decoded)
                work(e);
        e->now = e->clock.now;
        e->raw = e->clock.raw;
        tv_clock_finish(&e->clock);
        finish_all(e);
        give_back(e);
        if (e->rows != NULL)
                tv_row_queue_flush(e->rows);
        q->connections = e->next_number;
        q->clock_steps = e->clock.steps;
        q->reordered_frames = e->clock.reordered;
        q->clock_step_most = e->clock.steps != 0 ? e->clock.most_back : TV_NO_TIME;
        q->clock_step_time = e->clock.steps != 0 ? e->clock.step_time : TV_NO_TIME;
        q->early_acks = e->tracker.early_acks;
        q->comments_left_out = e->comments.left_out;
        if (e->fragments != NULL) {
                const struct tv_fragment_counts *counts = tv_fragments_counts(e->fragments);

                q->datagrams = counts->datagrams;
                q->lost_fragments = counts->pieces - counts->pieces_used - counts->copies_waiting;
                q->overlapping_fragments = counts->overlapping.count;
                q->conflicting_fragments = counts->conflicting.count;
                q->overlap_frame = counts->overlapping.first_frame;
                q->conflict_frame = counts->conflicting.first_frame;
        }
        taken_at = tv_place_decide(&e->place);
        if (taken_at != NULL) {
                q->has_taken_at = true;
                q->taken_at = *taken_at;
        }
        take_spread(&e->tracker.early_lead, NULL, &q->skew_typical, &q->skew_most);
        take_spread(&e->tracker.twin_lag, &q->duplicate_lag_min, &q->duplicate_lag_typical, &q->duplicate_lag_max);
        q->duplicates_other_ttl = e->tracker.twins_other_ttl;
        /* Two places, merged, are no place; and delays that are measured across a skew say nothing. */
        if (q->early_acks != 0 || (q->capture_duplicates != 0 && (q->duplicates_other_ttl * 2 > q->capture_duplicates ||
                                                                  q->duplicate_lag_typical >= TV_PLACES_APART)))
                q->has_taken_at = false;
        diagnose_hosts(e);
        e->evidence.quality = q;
        e->evidence.link_type_name = e->config.link_type_name;
        e->evidence.first[TV_EVIDENCE_GAP] = e->tracker.first_gap;
        e->evidence.first[TV_EVIDENCE_DUPLICATE] = e->tracker.first_twin;
        e->evidence.first[TV_EVIDENCE_SKEW] = e->tracker.first_early;
        e->evidence.first[TV_EVIDENCE_STEP] = e->clock.step_frame;
        e->evidence.first[TV_EVIDENCE_REORDERED] = e->clock.reordered_frame;
        tv_diagnose_capture(&e->evidence, e->sink.finding, e->sink.context);
}
