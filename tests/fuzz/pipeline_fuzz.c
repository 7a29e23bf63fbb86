/* pipeline_fuzz.c - any bytes as a capture file, through reader, engine and text report; the results must keep the
 * promises of result.h. */
#define _GNU_SOURCE /* memfd_create */
#include "analyzer/capture/reader.h"
#include "analyzer/engine/engine.h"
#include "report/report_text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct watch {
        struct tv_text *text;
        uint64_t connections, segments;
        tv_frame last_row;
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
        require(row->frame > watch->last_row);
        watch->last_row = row->frame;
}

static void
read_all(struct tv_reader *reader, struct tv_engine *engine, struct tv_file *file)
{
        struct tv_packet packet;
        enum tv_read status;
        while ((status = tv_reader_next(reader, &packet)) != TV_READ_END) {
                if (status == TV_READ_DAMAGED) {
                        const struct tv_damage *damage = tv_reader_damage(reader);
                        require(damage->frame == file->packets && damage->what[0] != '\0');
                        file->damage = damage->what;
                        file->damage_offset = damage->offset;
                        file->damage_frame = damage->frame;
                        tv_engine_damage(engine, tv_frame_make(1, damage->frame), damage->cut, damage->what);
                        continue;
                }
                enum tv_bucket bucket = tv_engine_push(engine, &packet);
                require(bucket < TV_BUCKETS);
                file->bucket[bucket]++;
                require(tv_frame_number(packet.frame) == ++file->packets);
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
        char path[64], message[TV_READER_MESSAGE];
        snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
        struct tv_reader *reader = tv_reader_open(path, 1, message);
        if (reader == NULL)
                return 0;

        struct watch watch = {.text = tv_text_new(&(struct tv_text_options){.all = true, .colour = true})};
        struct tv_sink sink = {
                .context = &watch, .connection = on_connection, .finding = on_finding, .segment = on_segment};
        struct tv_engine_config config = {.max_memory = UINT64_C(1) << 20};
        struct tv_engine *engine = tv_engine_new(&config, &sink);
        require(watch.text != NULL && engine != NULL);
        struct tv_file file = {
                .number = 1, .path = "capture", .start = TV_NO_TIME, .end = TV_NO_TIME, .drops = TV_UNKNOWN};
        file.format = tv_reader_info(reader)->format;
        read_all(reader, engine, &file);
        tv_engine_finish(engine);
        const struct tv_capture_quality *quality = tv_engine_quality(engine);
        require(quality->packets == file.packets && quality->tcp_segments == file.bucket[TV_BUCKET_tcp]);
        require(quality->connections == watch.connections);
        require(watch.segments == quality->tcp_segments);
        tv_text_file(watch.text, &file);

        struct tv_out out;
        require(tv_out_borrow(&out, nowhere));
        tv_text_print(watch.text, quality, &out);
        tv_out_close(&out, NULL);
        tv_text_free(watch.text);
        tv_engine_free(engine);
        tv_reader_close(reader);
        return 0;
}
