/* pipeline_fuzz.c - any bytes as a capture file or an archive of them, through sources, engine and text report; the
 * results must keep the promises of result.h. */
#define _GNU_SOURCE /* memfd_create */
#include "analyzer/cli/sources.h"
#include "analyzer/engine/engine.h"
#include "report/report_text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILES = 64 };

struct watch {
        struct tv_text *text;
        uint64_t connections, segments;
        tv_frame last_row[FILES]; /* of each file */
};

static void
require(int claim)
{
        if (!claim)
                abort();
}

static void
on_connection(void *context, const struct tv_connection *conn)
{
        struct watch *watch = context;
        uint8_t state[2] = {TV_NO_STATE, TV_NO_STATE};
        watch->connections++;
        require(conn->duration >= 0 || conn->duration == TV_NO_TIME);
        for (size_t i = 0; i < conn->transition_count; i++) {
                const struct tv_transition *row = &conn->transitions[i];
                require(row->end == TV_A || row->end == TV_B);
                /* Each end's rows are one path. */
                require(row->from == state[row->end]);
                state[row->end] = row->to;
                require(row->certainty <= TV_TIMER);
        }
        require(conn->transition_count == 0 || (state[TV_A] == conn->state[TV_A] && state[TV_B] == conn->state[TV_B]));
        for (size_t i = 0; i < conn->finding_count; i++)
                require(conn->findings[i].conn == conn->conn && strchr(conn->findings[i].code, '.') != NULL);
        tv_text_connection(watch->text, conn);
}

static void
on_finding(void *context, const struct tv_finding *finding)
{
        struct watch *watch = context;
        require(finding->conn == TV_UNKNOWN && finding->frame_count <= TV_FINDING_FRAMES);
        tv_text_finding(watch->text, finding);
}

static void
on_segment(void *context, const struct tv_segment_row *row)
{
        struct watch *watch = context;
        watch->segments++;
        uint32_t file = tv_frame_file(row->frame);
        if (file >= FILES)
                return;
        require(row->frame > watch->last_row[file]);
        watch->last_row[file] = row->frame;
}

static void
read_all(struct tv_sources *sources, struct tv_engine *engine)
{
        const struct tv_packet *packet;
        struct tv_source *source;
        enum tv_sources_event event;
        while ((event = tv_sources_next(sources, &packet, &source)) != TV_SOURCES_END) {
                struct tv_file *file = source->record;
                if (file == NULL) {
                        source->record = file = malloc(sizeof *file);
                        require(file != NULL);
                        *file = (struct tv_file){.number = source->number,
                                                 .path = source->path,
                                                 .start = TV_NO_TIME,
                                                 .end = TV_NO_TIME,
                                                 .drops = TV_UNKNOWN};
                }
                if (event == TV_SOURCES_BEGIN) {
                        file->format = "pcap";
                        require(tv_reader_info(source->reader)->format[0] != '\0');
                } else if (event == TV_SOURCES_DAMAGED) {
                        const struct tv_damage *damage = tv_reader_damage(source->reader);
                        require(damage->frame == file->packets && damage->what[0] != '\0');
                        file->damage = "damaged";
                        file->damage_offset = damage->offset;
                        file->damage_frame = damage->frame;
                        tv_engine_damage(engine, tv_frame_make(source->number, damage->frame), damage->cut,
                                         damage->what);
                } else if (event == TV_SOURCES_PACKET) {
                        enum tv_bucket bucket = tv_engine_push(engine, packet);
                        require(bucket < TV_BUCKETS);
                        file->bucket[bucket]++;
                        require(packet->frame == tv_frame_make(source->number, ++file->packets));
                } else if (event != TV_SOURCES_FINISH) {
                        require(source->message[0] != '\0');
                        file->damage = source->message;
                }
        }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static int memory = -1, nowhere = -1;
        if (memory < 0) {
                memory = memfd_create("capture", 0);
                nowhere = open("/dev/null", O_WRONLY);
        }
        require(ftruncate(memory, 0) == 0 && pwrite(memory, data, size, 0) == (ssize_t)size);
        char name[64];
        const char *path = name;
        snprintf(name, sizeof name, "/proc/self/fd/%d", memory);
        struct tv_sources *sources = tv_sources_open(&path, 1);
        require(sources != NULL);

        struct watch watch = {.text = tv_text_new(&(struct tv_text_options){
                                      .all = true, .colour = true, .many_files = tv_sources_are_many(sources)})};
        struct tv_sink sink = {
                .context = &watch, .connection = on_connection, .finding = on_finding, .segment = on_segment};
        struct tv_engine_config config = {.max_memory = UINT64_C(1) << 20,
                                          .rest_from = size % 2 == 0 ? 1 : 0,
                                          .key = (unsigned)size & (TV_WAY_VLAN | TV_WAY_TUNNEL)};
        struct tv_engine *engine = tv_engine_new(&config, &sink);
        require(watch.text != NULL && engine != NULL);
        read_all(sources, engine);
        tv_engine_finish(engine);
        const struct tv_capture_quality *quality = tv_engine_quality(engine);
        uint64_t packets = 0, tcp = 0;
        struct tv_source *source;
        for (size_t i = 0; (source = tv_sources_at(sources, i)) != NULL; i++) {
                const struct tv_file *file = source->record;
                require(file != NULL);
                packets += file->packets;
                tcp += file->bucket[TV_BUCKET_tcp];
                tv_text_file(watch.text, file);
        }
        require(quality->packets == packets && quality->tcp_segments == tcp);
        require(quality->connections == watch.connections);
        require(watch.segments == quality->tcp_segments);

        struct tv_out out;
        require(tv_out_borrow(&out, nowhere));
        tv_text_print(watch.text, quality, &out);
        tv_out_close(&out, NULL);
        tv_text_free(watch.text);
        tv_engine_free(engine);
        for (size_t i = 0; (source = tv_sources_at(sources, i)) != NULL; i++)
                free(source->record);
        tv_sources_free(sources);
        return 0;
}
