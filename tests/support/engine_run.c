#include "tests/support/engine_run.h"

#include "analyzer/capture/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tv_run_feed {
        struct tv_run *run;
        struct tv_engine *engine;
        struct tv_run_options options;
        tv_time last;
        bool backwards; /* a packet is older than the one before it: raw times then prove nothing about order */
};

static void *
need(void *memory)
{
        if (memory == NULL) {
                fprintf(stderr, "test: out of memory\n");
                exit(EXIT_FAILURE);
        }
        return memory;
}

/* Room for one more in an array of |count|, doubled at powers of two. */
static void *
one_more(void *array, size_t count, size_t size)
{
        return (count & (count - 1)) == 0 ? need(realloc(array, (count == 0 ? 1 : count * 2) * size)) : array;
}

static void *
copy_of(const void *data, size_t count, size_t size)
{
        return count == 0 ? NULL : memcpy(need(malloc(count * size)), data, count * size);
}

static void
check(struct tv_run *run, bool kept, const char *promise, uint64_t number)
{
        if (!kept && run->broken[0] == '\0')
                snprintf(run->broken, sizeof run->broken, "%s (%" PRIu64 ")", promise, number);
}

static void
check_finding(struct tv_run *run, const struct tv_finding *finding)
{
        check(run, finding->code != NULL && strchr(finding->code, '.') != NULL, "a finding's code has a family", 0);
        check(run, finding->frame_count <= TV_FINDING_FRAMES, "frame_count in range", finding->frame_count);
        check(run,
              finding->severity <= TV_ERROR && finding->confidence <= TV_POSSIBLE && finding->blame <= TV_BLAME_UNKNOWN,
              "severity, confidence and blame in range", 0);
        check(run, finding->end <= TV_NO_END, "a finding's end in range", finding->end);
        check(run, finding->count > 0, "a finding counts at least one", 0);
        check(run, memchr(finding->what, 0, sizeof finding->what) != NULL, "what is a string", 0);
        check(run, finding->what[0] != '\0', "a finding says what", 0);
}

static void
check_connection(struct tv_run *run, const struct tv_connection *conn)
{
        const uint64_t n = conn->conn;
        uint8_t at[2] = {TV_NO_STATE, TV_NO_STATE};
        for (size_t i = 0; i < conn->transition_count; i++) {
                const struct tv_transition *t = &conn->transitions[i];
                check(run, t->end <= TV_B, "a transition belongs to a or b", n);
                if (t->end > TV_B)
                        return;
                check(run, t->from == at[t->end], "transitions chain from each to the next", n);
                check(run, t->to > TV_NO_STATE && t->to < TV_STATES, "a transition leads to one of the eleven states",
                      n);
                check(run, t->from != t->to, "a transition changes the state", n);
                check(run, t->certainty <= TV_TIMER, "certainty in range", n);
                check(run, t->trigger != NULL && t->trigger[0] != '\0', "a transition has a trigger", n);
                if (t->certainty == TV_ASSUMED)
                        check(run, t->latest == TV_NO_TIME, "an assumed transition has no latest", n);
                at[t->end] = t->to;
        }
        for (unsigned end = 0; end < 2; end++) {
                check(run, conn->state[end] < TV_STATES, "state in range", n);
                check(run, conn->state[end] == at[end], "the state at the end is that of the last transition", n);
        }
        check(run,
              conn->initiator <= TV_INITIATOR_INFERRED && conn->handshake <= TV_HANDSHAKE_NOT_CAPTURED &&
                      conn->teardown <= TV_TEARDOWN_OPEN && conn->closed_first <= TV_CLOSED_FIRST_NONE,
              "initiator, handshake, teardown, closed_first in range", n);
        check(run, conn->first_frame != 0 && conn->last_frame != 0, "a connection has a first and a last frame", n);
        check(run, conn->addr[0].ipv6 == conn->addr[1].ipv6, "both ends have the same IP version", n);
        check(run, conn->dir[0].segments + conn->dir[1].segments > 0, "a connection has a segment", n);
        check(run, memchr(conn->zeek_history, 0, sizeof conn->zeek_history) != NULL, "zeek_history is a string", n);
        check(run, memchr(conn->community_id, 0, sizeof conn->community_id) != NULL, "community_id is a string", n);
        for (unsigned end = 0; end < 2; end++) {
                const struct tv_direction *d = &conn->dir[end];
                check(run,
                      d->unique_bytes == TV_UNKNOWN || d->unique_bytes <= d->payload_bytes ||
                              d->payload_bytes == TV_UNKNOWN,
                      "unique octets are not more than all", n);
                check(run, d->rtt_samples == TV_UNKNOWN || d->rtt_samples == 0 || d->rtt_min <= d->rtt_max,
                      "the least RTT is not more than the greatest", n);
        }
        for (size_t i = 0; i < conn->finding_count; i++) {
                check_finding(run, &conn->findings[i]);
                check(run, conn->findings[i].conn == n, "a connection's finding names it", n);
        }
}

static void
on_connection(void *context, const struct tv_connection *conn)
{
        struct tv_run *run = context;
        check_connection(run, conn);
        const size_t count = run->connection_count++;
        run->connections = one_more(run->connections, count, sizeof *run->connections);
        run->finals = one_more(run->finals, count, sizeof *run->finals);
        run->finals[count] = conn->conn;
        size_t at = count;
        for (; at > 0 && run->connections[at - 1].conn > conn->conn; at--)
                run->connections[at] = run->connections[at - 1];
        struct tv_connection *mine = &run->connections[at];
        *mine = *conn;
        mine->transitions = copy_of(conn->transitions, conn->transition_count, sizeof *conn->transitions);
        mine->comments = copy_of(conn->comments, conn->comment_count, sizeof *conn->comments);
        mine->findings = copy_of(conn->findings, conn->finding_count, sizeof *conn->findings);
        check(run, at == 0 || run->connections[at - 1].conn != conn->conn, "each connection becomes final once",
              conn->conn);
}

static void
on_finding(void *context, const struct tv_finding *finding)
{
        struct tv_run *run = context;
        check_finding(run, finding);
        run->findings = one_more(run->findings, run->finding_count, sizeof *run->findings);
        run->findings[run->finding_count++] = *finding;
}

static void
on_segment(void *context, const struct tv_segment_row *row)
{
        struct tv_run *run = context;
        check(run, run->row_count == 0 || run->rows[run->row_count - 1].frame < row->frame, "rows come in file order",
              tv_frame_number(row->frame));
        check(run,
              row->sender <= TV_B && row->data_class < TV_DATA_CLASSES && row->reason < TV_REASONS &&
                      row->needed <= TV_NEEDED_UNKNOWN && row->lost <= TV_LOST_UNKNOWN &&
                      row->ack_class < TV_ACK_CLASSES,
              "a row's enums in range", tv_frame_number(row->frame));
        check(run, row->of_frame <= row->frame, "of_frame is not later", tv_frame_number(row->frame));
        run->rows = one_more(run->rows, run->row_count, sizeof *run->rows);
        run->rows[run->row_count++] = *row;
}

static void
on_listener(void *context, const struct tv_place_row *row)
{
        struct tv_run *run = context;
        run->listeners = one_more(run->listeners, run->listener_count, sizeof *run->listeners);
        run->listeners[run->listener_count++] = *row;
}

static void
on_host(void *context, const struct tv_place_row *row)
{
        struct tv_run *run = context;
        run->hosts = one_more(run->hosts, run->host_count, sizeof *run->hosts);
        run->hosts[run->host_count++] = *row;
}

static void
on_series(void *context, const struct tv_series_row *row)
{
        struct tv_run *run = context;
        check(run, row->step > 0, "a step of the series has a length", run->series_count);
        run->series = one_more(run->series, run->series_count, sizeof *run->series);
        run->series[run->series_count++] = *row;
}

struct tv_run_feed *
tv_run_begin(const struct tv_run_options *options)
{
        struct tv_run_feed *feed = need(calloc(1, sizeof *feed));
        feed->run = need(calloc(1, sizeof *feed->run));
        if (options != NULL)
                feed->options = *options;
        const struct tv_engine_config config = {.profile = feed->options.profile,
                                                .max_memory = feed->options.max_memory,
                                                .key = feed->options.key,
                                                .hash_key = {feed->options.hash_key[0], feed->options.hash_key[1]},
                                                .rest_from = feed->options.never_rest ? UINT32_MAX : 1};
        const struct tv_sink sink = {.context = feed->run,
                                     .connection = on_connection,
                                     .finding = on_finding,
                                     .listener = on_listener,
                                     .host = on_host,
                                     .series = on_series,
                                     .segment = feed->options.no_segments ? NULL : on_segment};
        feed->engine = need(tv_engine_new(&config, &sink));
        return feed;
}

enum tv_bucket
tv_run_push(struct tv_run_feed *feed, const struct tv_packet *packet)
{
        /* A copy of the exact size that is gone after the call: the engine must not keep the octets. */
        struct tv_packet mine = *packet;
        uint8_t *octets = need(malloc(packet->captured > 0 ? packet->captured : 1));
        if (packet->captured > 0)
                memcpy(octets, packet->data, packet->captured);
        mine.data = octets;
        char *comment = NULL;
        if (packet->comment != NULL)
                mine.comment = comment = copy_of(packet->comment, strlen(packet->comment) + 1, 1);
        if (feed->options.chosen != NULL)
                tv_engine_choose(feed->engine, feed->options.chosen(feed->run->packets));
        enum tv_bucket bucket = tv_engine_push(feed->engine, &mine);
        free(octets);
        free(comment);
        feed->backwards |= feed->run->packets > 0 && packet->time < feed->last;
        feed->last = packet->time;
        check(feed->run, bucket < TV_BUCKETS, "a packet falls into a bucket", feed->run->packets + 1);
        if (bucket < TV_BUCKETS)
                feed->run->bucket[bucket]++;
        feed->run->packets++;
        return bucket;
}

struct tv_run *
tv_run_end(struct tv_run_feed *feed)
{
        struct tv_run *run = feed->run;
        tv_engine_finish(feed->engine);
        run->quality = *tv_engine_quality(feed->engine);
        tv_engine_free(feed->engine);
        uint64_t all = 0;
        for (unsigned i = 0; i < TV_BUCKETS; i++)
                all += run->bucket[i];
        check(run, all == run->packets, "the buckets add up to the packets", all);
        check(run, run->quality.packets == run->packets, "the engine counts every packet", run->quality.packets);
        check(run, run->quality.tcp_segments == run->bucket[TV_BUCKET_tcp], "the engine counts every segment",
              run->quality.tcp_segments);
        check(run, run->quality.connections == run->connection_count, "every connection became final",
              run->quality.connections);
        if (!feed->options.no_segments)
                check(run, run->row_count == run->bucket[TV_BUCKET_tcp], "every segment has its row", run->row_count);
        for (size_t i = 0; i < run->connection_count && !feed->backwards; i++) {
                const struct tv_connection *c = &run->connections[i];
                for (size_t k = 0; k < c->transition_count; k++)
                        if (c->transitions[k].earliest != TV_NO_TIME && c->transitions[k].latest != TV_NO_TIME)
                                check(run, c->transitions[k].earliest <= c->transitions[k].latest,
                                      "earliest is not after latest", c->conn);
        }
        for (size_t i = 0; i < run->connection_count; i++)
                check(run, run->connections[i].conn == i, "connections are numbered from 0 without gaps", i);
        free(feed);
        return run;
}

struct tv_run *
tv_run_dialogue(const struct tv_dialogue *dialogue, const struct tv_run_options *options)
{
        struct tv_run_feed *feed = tv_run_begin(options);
        size_t count = dialogue->count;
        if (options != NULL && options->packets != 0 && options->packets < count)
                count = options->packets;
        for (size_t i = 0; i < count; i++) {
                struct tv_packet packet = tv_dialogue_packet(dialogue, i);
                tv_run_push(feed, &packet);
        }
        return tv_run_end(feed);
}

struct tv_run *
tv_run_text(const char *text, const struct tv_run_options *options)
{
        char error[TV_DIALOGUE_ERROR];
        struct tv_dialogue *dialogue = tv_dialogue_new(text, NULL, error);
        if (dialogue == NULL) {
                fprintf(stderr, "test: dialogue, %s\n", error);
                exit(EXIT_FAILURE);
        }
        struct tv_run *run = tv_run_dialogue(dialogue, options);
        tv_dialogue_free(dialogue);
        return run;
}

struct tv_run *
tv_run_capture(const char *path, const struct tv_run_options *options)
{
        char message[TV_READER_MESSAGE];
        struct tv_reader *reader = tv_reader_open(path, 1, message);
        if (reader == NULL)
                return NULL;
        struct tv_run_feed *feed = tv_run_begin(options);
        struct tv_packet packet;
        while (tv_reader_next(reader, &packet) == TV_READ_PACKET)
                if (options == NULL || options->packets == 0 || feed->run->packets < options->packets)
                        tv_run_push(feed, &packet);
        tv_reader_close(reader);
        return tv_run_end(feed);
}

void
tv_run_free(struct tv_run *run)
{
        if (run == NULL)
                return;
        for (size_t i = 0; i < run->connection_count; i++) {
                free((void *)(uintptr_t)run->connections[i].transitions);
                free((void *)(uintptr_t)run->connections[i].findings);
                free((void *)(uintptr_t)run->connections[i].comments);
        }
        free(run->connections);
        free(run->finals);
        free(run->findings);
        free(run->rows);
        free(run->listeners);
        free(run->hosts);
        free(run->series);
        free(run);
}

const struct tv_connection *
tv_run_connection(const struct tv_run *run, uint64_t conn)
{
        for (size_t i = 0; i < run->connection_count; i++)
                if (run->connections[i].conn == conn)
                        return &run->connections[i];
        return NULL;
}

const struct tv_segment_row *
tv_run_row(const struct tv_run *run, uint64_t number)
{
        for (size_t i = 0; i < run->row_count; i++)
                if (tv_frame_number(run->rows[i].frame) == number)
                        return &run->rows[i];
        return NULL;
}

static const struct tv_finding *
find(const struct tv_finding *findings, size_t count, const char *code, size_t *found)
{
        const struct tv_finding *last = NULL;
        for (size_t i = 0; i < count; i++) {
                if (strcmp(findings[i].code, code) == 0) {
                        last = &findings[i];
                        ++*found;
                }
        }
        return last;
}

const struct tv_finding *
tv_run_finding(const struct tv_run *run, uint64_t conn, const char *code)
{
        size_t found = 0;
        if (conn == TV_UNKNOWN)
                return find(run->findings, run->finding_count, code, &found);
        const struct tv_connection *c = tv_run_connection(run, conn);
        return c == NULL ? NULL : find(c->findings, c->finding_count, code, &found);
}

size_t
tv_run_findings(const struct tv_run *run, uint64_t conn, const char *code)
{
        size_t found = 0;
        if (conn == TV_UNKNOWN) {
                find(run->findings, run->finding_count, code, &found);
                return found;
        }
        const struct tv_connection *c = tv_run_connection(run, conn);
        if (c != NULL)
                find(c->findings, c->finding_count, code, &found);
        return found;
}

size_t
tv_run_all_findings(const struct tv_run *run, const char *prefix)
{
        size_t found = 0;
        for (size_t i = 0; i < run->finding_count; i++)
                found += strncmp(run->findings[i].code, prefix, strlen(prefix)) == 0;
        for (size_t c = 0; c < run->connection_count; c++)
                for (size_t i = 0; i < run->connections[c].finding_count; i++)
                        found += strncmp(run->connections[c].findings[i].code, prefix, strlen(prefix)) == 0;
        return found;
}

const char *
tv_run_path(const struct tv_run *run, uint64_t conn, enum tv_end end, char text[TV_RUN_PATH])
{
        static const char *const marks[] = {"", "!", "?", "~"};
        const struct tv_connection *c = tv_run_connection(run, conn);
        size_t used = 0;
        text[0] = '\0';
        for (size_t i = 0; c != NULL && i < c->transition_count && used < TV_RUN_PATH - 30; i++)
                if (c->transitions[i].end == end)
                        used += (size_t)snprintf(text + used, TV_RUN_PATH - used, "%s%s%s", used == 0 ? "" : " ",
                                                 tv_tcp_state_name(c->transitions[i].to),
                                                 marks[c->transitions[i].certainty & 3]);
        return text;
}

const struct tv_transition *
tv_run_transition(const struct tv_run *run, uint64_t conn, enum tv_end end, enum tv_tcp_state to)
{
        const struct tv_connection *c = tv_run_connection(run, conn);
        const struct tv_transition *last = NULL;
        for (size_t i = 0; c != NULL && i < c->transition_count; i++)
                if (c->transitions[i].end == end && c->transitions[i].to == to)
                        last = &c->transitions[i];
        return last;
}

static void
print_finding(const struct tv_finding *f)
{
        fprintf(stderr, "  %s  end %u  blame %u  count %" PRIu64 "  frames", f->code, f->end, f->blame, f->count);
        for (unsigned i = 0; i < f->frame_count; i++)
                fprintf(stderr, " %" PRIu64, tv_frame_number(f->frames[i]));
        fprintf(stderr, "  %s\n", f->what);
}

void
tv_run_print(const struct tv_run *run)
{
        char path[TV_RUN_PATH];
        for (size_t i = 0; i < run->connection_count; i++) {
                const struct tv_connection *c = &run->connections[i];
                fprintf(stderr,
                        "conn %" PRIu64 "  frames %" PRIu64 " to %" PRIu64
                        "  initiator %u  handshake %u  teardown %u\n",
                        c->conn, tv_frame_number(c->first_frame), tv_frame_number(c->last_frame), c->initiator,
                        c->handshake, c->teardown);
                fprintf(stderr, "  a: %s\n", tv_run_path(run, c->conn, TV_A, path));
                fprintf(stderr, "  b: %s\n", tv_run_path(run, c->conn, TV_B, path));
                for (size_t k = 0; k < c->finding_count; k++)
                        print_finding(&c->findings[k]);
        }
        for (size_t i = 0; i < run->finding_count; i++)
                print_finding(&run->findings[i]);
        for (size_t i = 0; i < run->row_count; i++) {
                const struct tv_segment_row *r = &run->rows[i];
                fprintf(stderr,
                        "  frame %" PRIu64 " conn %" PRIu64 " %s len %" PRIu32 "  %s %s needed %s lost %s of %" PRIu64
                        "  ack %s\n",
                        tv_frame_number(r->frame), r->conn, r->sender == TV_A ? "a>b" : "b>a", r->length,
                        tv_data_class_name(r->data_class), tv_reason_name(r->reason), tv_needed_name(r->needed),
                        tv_lost_name(r->lost), tv_frame_number(r->of_frame), tv_ack_class_name(r->ack_class));
        }
        if (run->broken[0] != '\0')
                fprintf(stderr, "  broken promise: %s\n", run->broken);
}
