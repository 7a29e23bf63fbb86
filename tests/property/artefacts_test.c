/* A capture artefact is never a finding about the network or a host (design.md section 5).  Every committed capture is
 * spoilt as capturers spoil captures: recorded twice, with packets missing, with one direction late, with a clock that
 * steps.  Nobody may be accused then of what the untouched capture does not say. */
#include "analyzer/capture/reader.h"
#include "analyzer/decode/decode.h"
#include "tests/support/engine_run.h"
#include "tests/support/testdata.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MICROSECOND INT64_C(1000)
#define MILLISECOND INT64_C(1000000)
#define SECOND      INT64_C(1000000000)

struct recorded {
        struct tv_packet packet;
        int from; /* direction bit of a TCP segment, -1 for others */
        size_t order;
};

struct recording {
        struct recorded *at;
        size_t count;
};

/* ---- recordings ---- */

static void
add(struct recording *r, const struct tv_packet *packet, tv_time time)
{
        struct recorded *one;
        uint8_t *bytes = malloc(packet->captured + 1);
        struct tv_segment segment;
        struct tv_segment_more more;
        union tv_aside aside;

        r->at = realloc(r->at, (r->count + 1) * sizeof *r->at);
        assert_non_null(r->at);
        assert_non_null(bytes);
        memcpy(bytes, packet->data, packet->captured);
        one = &r->at[r->count];
        one->packet = *packet;
        one->packet.data = bytes;
        one->packet.comment = one->packet.interface_name = NULL;
        one->packet.time = time;
        one->order = r->count++;
        one->from = tv_decode(packet, &segment, &more, &aside) == TV_BUCKET_tcp ? tv_segment_direction(&segment) : -1;
}

static void
discard(struct recording *r)
{
        for (size_t i = 0; i < r->count; i++)
                free((void *)(uintptr_t)r->at[i].packet.data);
        free(r->at);
        *r = (struct recording){NULL, 0};
}

static int
by_time(const void *left, const void *right)
{
        const struct recorded *x = left, *y = right;

        if (x->packet.time != y->packet.time)
                return x->packet.time < y->packet.time ? -1 : 1;
        return x->order < y->order ? -1 : x->order > y->order;
}

static void
sort(struct recording *r)
{
        if (r->count != 0)
                qsort(r->at, r->count, sizeof r->at[0], by_time);
}

/* Without rows of segments, lone SYNs take another way through the engine. */
static bool with_rows = true;

static struct tv_run *
analyse(const struct recording *r)
{
        struct tv_run_feed *feed = tv_run_begin(&(struct tv_run_options){.no_segments = !with_rows});

        for (size_t i = 0; i < r->count; i++) {
                struct tv_packet packet = r->at[i].packet;

                packet.frame = tv_frame_make(1, i + 1);
                tv_run_push(feed, &packet);
        }
        return tv_run_end(feed);
}

static bool
load(const char *name, struct recording *r)
{
        char path[TV_TEST_PATH], message[TV_READER_MESSAGE];
        struct tv_packet packet;
        struct tv_reader *reader;

        *r = (struct recording){NULL, 0};
        snprintf(path, sizeof path, "%s/%s", TV_TESTDATA, name);
        reader = tv_reader_open(path, 1, message);
        if (reader == NULL)
                return false;
        while (tv_reader_next(reader, &packet) == TV_READ_PACKET)
                add(r, &packet, packet.time);
        tv_reader_close(reader);
        return true;
}

/* One router further: the time to live is one less.  False where this test does not know the link layer. */
static bool
age(const struct tv_packet *packet)
{
        uint8_t *bytes = (uint8_t *)(uintptr_t)packet->data;

        if (packet->link_type != 1 || packet->captured < 34)
                return false;
        if (bytes[12] == 0x08 && bytes[13] == 0x00 && bytes[22] > 1) {
                uint32_t sum = (uint32_t)(bytes[24] << 8 | bytes[25]) + 0x100;

                bytes[22]--;
                sum = (sum & 0xffff) + (sum >> 16);
                bytes[24] = (uint8_t)(sum >> 8);
                bytes[25] = (uint8_t)sum;
                return true;
        }
        if (bytes[12] == 0x86 && bytes[13] == 0xdd && bytes[21] > 1) {
                bytes[21]--;
                return true;
        }
        return false;
}

/* ---- who is accused of what ---- */

/* A warning that is merely possible and blames nobody says that the capture does not tell. */
static bool
accuses(const struct tv_finding *f)
{
        return strncmp(f->code, "capture.", 8) != 0 &&
               (f->blame != TV_BLAME_UNKNOWN || (f->severity >= TV_NOTICE && f->confidence != TV_POSSIBLE));
}

/* Which exchange of segments a finding is about: a loss in one may show as the loss of either half of it. */
static int
exchange(const char *code)
{
        static const struct {
                const char *code;
                int exchange;
        } known[] = {{"handshake.syn-lost", 1},    {"handshake.synack-lost", 1}, {"handshake.ack-lost", 1},
                     {"handshake.ack-ignored", 1}, {"teardown.fin1-lost", 2},    {"teardown.ack1-lost", 2},
                     {"teardown.fin2-lost", 2},    {"teardown.ack2-lost", 2}};
        /* What a reset was depends on what it answers, and that on what the capture has and when. */
        static const char *const resets[] = {"teardown.data-after-close", "teardown.process-exit",
                                             "teardown.fin-wait-2-timeout", "teardown.time-wait-skipped",
                                             "teardown.time-wait-assassinated"};

        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
                if (strcmp(known[i].code, code) == 0)
                        return known[i].exchange;
        for (size_t i = 0; i < sizeof resets / sizeof resets[0]; i++)
                if (strcmp(resets[i], code) == 0)
                        return 3;
        return strncmp(code, "reset.", 6) == 0 ? 3 : 0;
}

static bool
same_ends(const struct tv_connection *x, const struct tv_connection *y)
{
        for (unsigned swap = 0; swap < 2; swap++)
                if (x->port[0] == y->port[swap] && x->port[1] == y->port[!swap] &&
                    memcmp(x->addr[0].byte, y->addr[swap].byte, 16) == 0 &&
                    memcmp(x->addr[1].byte, y->addr[!swap].byte, 16) == 0)
                        return true;
        return false;
}

/* How often |code| is found between the ends of |of|; with |exchange|, any code of that exchange. */
static uint64_t
times_found(const struct tv_run *run, const struct tv_connection *of, const char *code, int whole_exchange)
{
        uint64_t times = 0;

        for (size_t i = 0; i < run->connection_count; i++) {
                const struct tv_connection *c = &run->connections[i];

                if (!same_ends(c, of))
                        continue;
                for (size_t k = 0; k < c->finding_count; k++)
                        if (whole_exchange != 0 ? exchange(c->findings[k].code) == whole_exchange
                                                : strcmp(c->findings[k].code, code) == 0)
                                times += c->findings[k].count;
        }
        return times;
}

static unsigned complaints;

static void
complain(const char *name, const char *what, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        fprintf(stderr, "%s, %s: ", name, what);
        vfprintf(stderr, format, arguments);
        fprintf(stderr, "\n");
        va_end(arguments);
        complaints++;
}

static void
judge_findings(const char *name, const char *what, const struct tv_run *clean, const struct tv_run *spoilt)
{
        if (spoilt->broken[0] != '\0')
                complain(name, what, "%s", spoilt->broken);
        for (size_t i = 0; i < spoilt->connection_count; i++) {
                const struct tv_connection *c = &spoilt->connections[i];

                for (size_t k = 0; k < c->finding_count; k++) {
                        const struct tv_finding *f = &c->findings[k];
                        int whole = exchange(f->code);

                        if (!accuses(f) || times_found(spoilt, c, f->code, 0) <= times_found(clean, c, f->code, 0))
                                continue;
                        /* Something was lost in this exchange.  Without the missing packet it cannot be known which
                         * half of it, and the finding does not pretend to. */
                        if (whole != 0 && f->confidence != TV_CERTAIN &&
                            times_found(spoilt, c, NULL, whole) <= times_found(clean, c, NULL, whole))
                                continue;
                        complain(name, what, "conn %u %s x%u, blame %d, confidence %d: %s", (unsigned)c->conn, f->code,
                                 (unsigned)f->count, f->blame, f->confidence, f->what);
                }
        }
}

/* Counters that tell of the network, of all connections together. */
enum counter { RETRANSMISSIONS, SPURIOUS, NETWORK_DUPLICATES, LOST_UPSTREAM, LOST_DOWNSTREAM, COUNTERS };
static const char *const counter_names[COUNTERS] = {"retransmissions", "spurious", "network_duplicates",
                                                    "lost_upstream", "lost_downstream"};

static uint64_t
counted(const struct tv_run *run, enum counter counter)
{
        uint64_t sum = 0;

        for (size_t i = 0; i < run->connection_count; i++)
                for (unsigned end = 0; end < 2; end++) {
                        const struct tv_direction *d = &run->connections[i].dir[end];
                        const uint64_t values[COUNTERS] = {d->retransmissions, d->spurious, d->network_duplicates,
                                                           d->lost_upstream, d->lost_downstream};

                        sum += values[counter];
                }
        return sum;
}

/* No more retransmissions, losses and duplicates than there are.  Where the capture lacks the copy that died, |gaps|,
 * it may pass for one that died before the capture point. */
static void
judge_counters(const char *name, const char *what, const struct tv_run *clean, const struct tv_run *spoilt, bool gaps)
{
        for (unsigned i = 0; i < COUNTERS; i++) {
                uint64_t is = counted(spoilt, i), was = counted(clean, i);

                if (gaps && (i == LOST_UPSTREAM || i == LOST_DOWNSTREAM)) {
                        is = counted(spoilt, LOST_UPSTREAM) + counted(spoilt, LOST_DOWNSTREAM);
                        was = counted(clean, LOST_UPSTREAM) + counted(clean, LOST_DOWNSTREAM);
                }
                if (is > was)
                        complain(name, what, "%s %u, not %u", counter_names[i], (unsigned)is, (unsigned)was);
        }
}

/* What became of each connection: the same, or unknown. */
static void
judge_fates(const char *name, const char *what, const struct tv_run *clean, const struct tv_run *spoilt)
{
        if (clean->connection_count != spoilt->connection_count) {
                complain(name, what, "%u connections, not %u", (unsigned)spoilt->connection_count,
                         (unsigned)clean->connection_count);
                return;
        }
        for (size_t i = 0; i < clean->connection_count; i++) {
                const struct tv_connection *x = &clean->connections[i], *y = &spoilt->connections[i];

                if (x->handshake != y->handshake)
                        complain(name, what, "conn %u: handshake %d, not %d", (unsigned)i, y->handshake, x->handshake);
                if (x->teardown != y->teardown)
                        complain(name, what, "conn %u: teardown %d, not %d", (unsigned)i, y->teardown, x->teardown);
                /* Resets acknowledge no resets: which of two came first, only their order in the file tells. */
                if (x->closed_first != y->closed_first && y->closed_first != TV_CLOSED_FIRST_NONE &&
                    x->teardown != TV_TEARDOWN_RESET && memcmp(x->addr[0].byte, y->addr[0].byte, 16) == 0)
                        complain(name, what, "conn %u: closed_first %d, not %d", (unsigned)i, y->closed_first,
                                 x->closed_first);
        }
}

/* Calls |spoil| for every capture that can be read. */
static void
for_each_capture(void (*spoil)(const char *name, const struct recording *r, const struct tv_run *clean))
{
        DIR *folder = opendir(TV_TESTDATA);
        struct dirent *entry;
        unsigned captures = 0;

        assert_non_null(folder);
        complaints = 0;
        while ((entry = readdir(folder)) != NULL) {
                struct recording r;

                if (strstr(entry->d_name, ".pcap") == NULL || !load(entry->d_name, &r))
                        continue;
                for (unsigned rows = 0; rows < 2; rows++) {
                        struct tv_run *clean;

                        with_rows = rows != 0;
                        clean = analyse(&r);
                        spoil(entry->d_name, &r, clean);
                        tv_run_free(clean);
                }
                captures++;
                discard(&r);
        }
        closedir(folder);
        assert_true(captures > 60);
        assert_int_equal(complaints, 0);
}

/* Sorting by time would mend what is the point of some captures. */
static bool
is_in_order(const struct recording *r)
{
        for (size_t i = 1; i < r->count; i++)
                if (r->at[i].packet.time < r->at[i - 1].packet.time)
                        return false;
        return true;
}

/* ---- recorded twice ---- */

static void
double_all(const char *name, const struct recording *r, const struct tv_run *clean, tv_time lag, bool routed)
{
        struct recording twice = {NULL, 0};
        char what[80];
        struct tv_run *run;
        bool known = true;

        for (size_t i = 0; i < r->count; i++) {
                add(&twice, &r->at[i].packet, r->at[i].packet.time);
                add(&twice, &r->at[i].packet, r->at[i].packet.time + lag);
                if (routed)
                        known &= age(&twice.at[twice.count - 1].packet);
        }
        if (known) {
                sort(&twice);
                run = analyse(&twice);
                snprintf(what, sizeof what, "twice, %u us later%s", (unsigned)(lag / MICROSECOND),
                         routed ? ", one hop on" : "");
                judge_findings(name, what, clean, run);
                judge_counters(name, what, clean, run, false);
                judge_fates(name, what, clean, run);
                tv_run_free(run);
        }
        discard(&twice);
}

static void
spoil_by_doubling(const char *name, const struct recording *r, const struct tv_run *clean)
{
        if (!is_in_order(r))
                return;
        double_all(name, r, clean, 5 * MICROSECOND, false);
        double_all(name, r, clean, 200 * MICROSECOND, false);
        double_all(name, r, clean, 5 * MICROSECOND, true);
        double_all(name, r, clean, 200 * MICROSECOND, true);
}

static void
packets_recorded_twice_accuse_nobody(void **state)
{
        (void)state;
        for_each_capture(spoil_by_doubling);
}

/* ---- packets missing ---- */

static void
spoil_by_dropping(const char *name, const struct recording *r, const struct tv_run *clean)
{
        for (size_t gone = 0; gone < r->count; gone++) {
                struct recording rest = {NULL, 0};
                struct tv_run *run;
                char what[80];

                rest.at = malloc(r->count * sizeof *rest.at);
                assert_non_null(rest.at);
                for (size_t i = 0; i < r->count; i++)
                        if (i != gone)
                                rest.at[rest.count++] = r->at[i];
                run = analyse(&rest);
                snprintf(what, sizeof what, "without packet %u", (unsigned)gone + 1);
                judge_findings(name, what, clean, run);
                judge_counters(name, what, clean, run, true);
                tv_run_free(run);
                free(rest.at);
        }
}

static void
packets_that_the_capture_missed_accuse_nobody(void **state)
{
        (void)state;
        for_each_capture(spoil_by_dropping);
}

/* ---- one direction late ---- */

static void
spoil_by_skew(const char *name, const struct recording *r, const struct tv_run *clean)
{
        static const tv_time lags[] = {200 * MICROSECOND, MILLISECOND, 3 * MILLISECOND, 10 * MILLISECOND,
                                       30 * MILLISECOND};

        /* One skew can mend another. */
        if (!is_in_order(r) || clean->quality.early_acks != 0)
                return;
        for (size_t k = 0; k < 2 * sizeof lags / sizeof lags[0]; k++) {
                struct recording late = {NULL, 0};
                struct tv_run *run;
                char what[80];

                late.at = malloc((r->count + 1) * sizeof *late.at);
                assert_non_null(late.at);
                for (size_t i = 0; i < r->count; i++) {
                        late.at[late.count] = r->at[i];
                        if (r->at[i].from == (int)(k % 2))
                                late.at[late.count].packet.time += lags[k / 2];
                        late.count++;
                }
                sort(&late);
                run = analyse(&late);
                snprintf(what, sizeof what, "direction %u late by %u us", (unsigned)(k % 2),
                         (unsigned)(lags[k / 2] / MICROSECOND));
                judge_findings(name, what, clean, run);
                judge_counters(name, what, clean, run, false);
                judge_fates(name, what, clean, run);
                tv_run_free(run);
                free(late.at);
        }
}

static void
direction_recorded_late_accuses_nobody(void **state)
{
        (void)state;
        for_each_capture(spoil_by_skew);
}

/* ---- the clock ---- */

static void
spoil_by_clock(const char *name, const struct recording *r, const struct tv_run *clean)
{
        /* With a skew, which of two times is wrong is not to be known. */
        if (clean->quality.early_acks != 0)
                return;
        for (size_t at = 0; at < r->count; at++)
                for (unsigned kind = 0; kind < 3; kind++) {
                        static const char *const kinds[] = {"one time an hour back", "all later times an hour back",
                                                            "all later times an hour on"};
                        struct recording stepped = {NULL, 0};
                        struct tv_run *run;
                        char what[80];

                        stepped.at = malloc(r->count * sizeof *stepped.at);
                        assert_non_null(stepped.at);
                        for (size_t i = 0; i < r->count; i++) {
                                stepped.at[stepped.count] = r->at[i];
                                if (kind == 0 ? i == at : i >= at)
                                        stepped.at[stepped.count].packet.time +=
                                                kind == 2 ? 3600 * SECOND : -3600 * SECOND;
                                stepped.count++;
                        }
                        run = analyse(&stepped);
                        snprintf(what, sizeof what, "%s, packet %u", kinds[kind], (unsigned)at + 1);
                        judge_findings(name, what, clean, run);
                        judge_counters(name, what, clean, run, false);
                        tv_run_free(run);
                        free(stepped.at);
                }
}

static void
clock_that_steps_accuses_nobody(void **state)
{
        (void)state;
        for_each_capture(spoil_by_clock);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(packets_recorded_twice_accuse_nobody),
                cmocka_unit_test(packets_that_the_capture_missed_accuse_nobody),
                cmocka_unit_test(direction_recorded_late_accuses_nobody),
                cmocka_unit_test(clock_that_steps_accuses_nobody),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
