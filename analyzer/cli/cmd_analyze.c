/* cmd_analyze.c - `tcpverdict [analyze] FILE...`: inputs into the engine, results into the writers. */
#include "analyzer/capture/link_type_name.h"
#include "analyzer/cli/choice.h"
#include "analyzer/cli/commands.h"
#include "analyzer/cli/interrupt.h"
#include "analyzer/cli/packet_filter.h"
#include "analyzer/cli/progress.h"
#include "analyzer/cli/say.h"
#include "analyzer/cli/sources.h"
#include "analyzer/cli/sysctl.h"
#include "analyzer/engine/engine.h"
#include "report/report_csv.h"
#include "report/report_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINK_TYPES      8
#define LINK_TYPES_TEXT 256
#define FORMAT_TEXT     80
#define DAMAGE_TEXT     (TV_READER_MESSAGE + 64)
#define DAMAGES_SAID    10 /* per file; a wrecked one has thousands */

/* What is known of a file, with the texts that |file| points to. */
struct file_record {
        struct tv_file file;
        bool closed; /* read to its end */
        int last_link_type;
        int link_type[LINK_TYPES];
        size_t link_type_count;
        char link_types[LINK_TYPES_TEXT], format[FORMAT_TEXT], damage[DAMAGE_TEXT];
        char *evidence[3]; /* texts of pcapng, most often none */
        /* For rows of segments only: the names of the first interfaces that packets came from, NULL where one has none,
         * and how many interfaces there are at least. */
        char **interface_name;
        uint32_t interface_names, interfaces;
};
#define INTERFACE_NAMES 1024

#define PLACES 256

struct analysis {
        const struct tv_options *options;
        struct tv_profile profile;
        char settings[TV_SYSCTL_TEXT]; /* of --sysctl, "" without it */
        struct tv_engine *engine;
        struct tv_csv *csv;   /* NULL: no files are written */
        struct tv_text *text; /* NULL: no text report */
        struct tv_progress progress;
        struct tv_sources *sources;
        uint64_t packets;
        bool chooses_packets;            /* --filter, --from or --to decide what is reported */
        struct tv_packet_filter *filter; /* NULL: none */
        tv_time start;                   /* of the first packet, once something depends on it */
        /* Rows of segments.csv are written before it is known whether their connection is reported: then they are kept
         * or dropped in the end, by the numbers here. */
        bool keeps_reported;
        struct tv_choice reported;
        /* With a choice: both ends of the connections that are reported, for what is said of hosts. */
        struct {
                struct tv_address address;
                uint16_t port;
        } place[PLACES];
        size_t places;
        bool left_findings_out; /* of hosts */
        bool more_places;       /* than there is room for: then all of them count */
        struct tv_names *names; /* of hosts, NULL before the first */
        bool cut_short;         /* a signal ended the reading before the input's end */
        enum tv_exit status;
};

static void
worsen(struct analysis *run, enum tv_exit status)
{
        run->status = tv_exit_worse(run->status, status);
}

/* ---- the engine's sink ---- */

static void
note_severity(struct analysis *run, const struct tv_finding *finding)
{
        if (run->options->fails && finding->severity >= run->options->fail_on)
                worsen(run, TV_EXIT_found);
}

static bool
has_choice(const struct analysis *run)
{
        return run->chooses_packets || run->options->choice_count > 0;
}

/* Is something said of |address|, and |port| unless that is 0, to be reported? */
static bool
is_chosen_place(const struct analysis *run, const struct tv_address *address, uint16_t port)
{
        if (!has_choice(run) || run->more_places)
                return true;
        for (size_t i = 0; i < run->places; i++)
                if (run->place[i].address.ipv6 == address->ipv6 &&
                    memcmp(run->place[i].address.byte, address->byte, address->ipv6 ? 16 : 4) == 0 &&
                    (port == 0 || port == run->place[i].port))
                        return true;
        return false;
}

static void
note_places(struct analysis *run, const struct tv_connection *conn)
{
        if (!has_choice(run))
                return;
        for (unsigned end = TV_A; end <= TV_B; end++) {
                if (run->more_places || (run->places > 0 && is_chosen_place(run, &conn->addr[end], conn->port[end])))
                        continue;
                run->more_places = run->places == PLACES;
                if (run->more_places)
                        continue;
                run->place[run->places].address = conn->addr[end];
                run->place[run->places++].port = conn->port[end];
        }
}

static void
on_connection(void *context, const struct tv_connection *conn)
{
        struct analysis *run = context;
        if ((run->chooses_packets && !conn->chosen) ||
            !tv_options_choose(run->options, conn->conn, conn->addr, conn->port))
                return;
        note_places(run, conn);
        if (run->keeps_reported && !tv_choice_add(&run->reported, conn->conn))
                tv_csv_fail(run->csv, ENOMEM);
        for (size_t i = 0; i < conn->finding_count; i++)
                note_severity(run, &conn->findings[i]);
        if (run->csv != NULL)
                tv_csv_connection(run->csv, conn);
        if (run->text != NULL)
                tv_text_connection(run->text, conn);
}

static void
on_finding(void *context, const struct tv_finding *finding)
{
        struct analysis *run = context;
        struct tv_finding alone;
        if (finding->has_address && !is_chosen_place(run, &finding->address, finding->port)) {
                run->left_findings_out = true;
                return;
        }
        if (run->left_findings_out && finding->cause_back != 0) {
                alone = *finding;
                alone.cause_back = 0; /* it counts findings that may not be here */
                finding = &alone;
        }
        note_severity(run, finding);
        if (run->csv != NULL)
                tv_csv_finding(run->csv, finding);
        if (run->text != NULL)
                tv_text_finding(run->text, finding);
}

static void
on_listener(void *context, const struct tv_place_row *row)
{
        struct analysis *run = context;
        if (row->has_address ? is_chosen_place(run, &row->address, row->port) : !has_choice(run))
                tv_csv_listener(run->csv, row);
}

static void
on_host(void *context, const struct tv_place_row *row)
{
        struct analysis *run = context;
        if (row->has_address ? is_chosen_place(run, &row->address, 0) : !has_choice(run))
                tv_csv_host(run->csv, row);
}

static void
on_series(void *context, const struct tv_series_row *row)
{
        struct analysis *run = context;
        if (!is_chosen_place(run, &row->address, row->of_host ? 0 : row->port))
                return;
        if (run->csv != NULL)
                tv_csv_series(run->csv, row);
        if (run->text != NULL)
                tv_text_series(run->text, row);
}

/* Whether --conn rules out connection |conn|, of which nothing but the number is known. */
static bool
is_ruled_out(const struct tv_options *options, uint64_t conn)
{
        for (size_t i = 0; i < options->choice_count; i++) {
                if (!options->choices[i].by_number || options->choices[i].number == conn)
                        return false;
        }
        return options->choice_count > 0;
}

/* What segments.csv calls the interface of |row|; NULL: nothing, where there is no other.  |number| has room for it. */
static const char *
interface_of(const struct analysis *run, const struct tv_segment_row *row, char number[12])
{
        const struct tv_source *source = tv_sources_at(run->sources, tv_frame_file(row->frame) - 1);
        const struct file_record *record = source->record;
        if (row->interface < record->interface_names && record->interface_name[row->interface] != NULL)
                return record->interface_name[row->interface];
        if (record->interfaces < 2)
                return NULL;
        snprintf(number, 12, "%" PRIu32, row->interface);
        return number;
}

static void
on_segment(void *context, const struct tv_segment_row *row)
{
        struct analysis *run = context;
        char number[12];
        if (!is_ruled_out(run->options, row->conn))
                tv_csv_segment(run->csv, row, interface_of(run, row, number),
                               tv_engine_comment(run->engine, row->frame));
}

static bool
is_reported(void *context, uint64_t conn)
{
        const struct analysis *run = context;
        return tv_choice_has(&run->reported, conn);
}

/* ---- choosing packets ---- */

/* Tells the engine whether --filter, --from and --to agree with |packet|, which is pushed next. */
static void
choose_packet(struct analysis *run, const struct tv_packet *packet)
{
        const struct tv_options *options = run->options;
        if (!run->chooses_packets)
                return;
        if (run->start == TV_NO_TIME)
                run->start = packet->time;
        bool chosen = (!options->from.given || packet->time >= tv_time_option_get(&options->from, run->start)) &&
                      (!options->to.given || packet->time <= tv_time_option_get(&options->to, run->start));
        if (chosen && run->filter != NULL) {
                char message[TV_PACKET_FILTER_MESSAGE];
                chosen = tv_packet_filter_match(run->filter, packet, message);
                if (message[0] != '\0') {
                        tv_progress_erase(&run->progress);
                        tv_say("%s", message);
                }
        }
        tv_engine_choose(run->engine, chosen);
}

/* ---- reading ---- */

/* Of all that libpcap knows, decoded here or not. */
static const char *
link_type_name(int link_type)
{
        const char *name = tv_link_name(link_type);

        return name ? name : tv_link_type_name(link_type);
}

static void
note_link_type(struct file_record *record, int link_type)
{
        for (size_t i = 0; i < record->link_type_count; i++) {
                if (record->link_type[i] == link_type)
                        return;
        }
        if (record->link_type_count == LINK_TYPES)
                return;
        record->link_type[record->link_type_count++] = link_type;

        size_t used = strlen(record->link_types);
        const char *name = link_type_name(link_type), *separator = used > 0 ? ";" : "";
        if (name != NULL)
                snprintf(record->link_types + used, LINK_TYPES_TEXT - used, "%s%s", separator, name);
        else
                snprintf(record->link_types + used, LINK_TYPES_TEXT - used, "%slink type %d", separator, link_type);
        record->file.link_types = record->link_types;
}

/* The first damage is what files.csv tells; each is said. */
static void
note_damage(struct analysis *run, struct file_record *record, const struct tv_damage *damage)
{
        if (record->file.damage == NULL) {
                snprintf(record->damage, sizeof record->damage, "%s", damage->what);
                record->file.damage = record->damage;
                record->file.damage_offset = damage->offset;
                record->file.damage_frame = damage->frame;
        }
        if (record->file.damages++ < DAMAGES_SAID) {
                tv_progress_erase(&run->progress);
                tv_say("%s: damaged after frame %" PRIu64 ", at byte %" PRIu64 ": %s", record->file.path, damage->frame,
                       damage->offset, damage->what);
        }
        tv_engine_damage(run->engine, tv_frame_make(record->file.number, damage->frame), damage->cut, damage->what);
        worsen(run, TV_EXIT_damaged);
}

static void
note_interruption(struct analysis *run, struct file_record *record)
{
        run->cut_short = true;
        record->file.damage = "reading was interrupted";
        record->file.damage_frame = record->file.packets;
}

/* Every packet of a file is in one bucket; anything else is a mistake of this program, and no report is worth having.
 */
static void
check_buckets(struct analysis *run, const struct tv_file *file)
{
        uint64_t sum = 0;
        for (size_t i = 0; i < TV_BUCKETS; i++)
                sum += file->bucket[i];
        if (sum == file->packets)
                return;
        tv_progress_erase(&run->progress);
        tv_say("%s: internal error: %" PRIu64 " packets were read, %" PRIu64 " were counted", file->path, file->packets,
               sum);
        worsen(run, TV_EXIT_failed);
}

/* The record of |source|, made when it is asked for first; NULL, with a message, when memory runs out. */
static struct file_record *
record_of(struct analysis *run, struct tv_source *source)
{
        if (source->record == NULL) {
                struct file_record *record = calloc(1, sizeof *record);
                if (record == NULL) {
                        tv_say("out of memory");
                        worsen(run, TV_EXIT_failed);
                        return NULL;
                }
                record->last_link_type = -1;
                record->file = (struct tv_file){.number = source->number,
                                                .path = source->path,
                                                .start = TV_NO_TIME,
                                                .end = TV_NO_TIME,
                                                .drops = TV_UNKNOWN,
                                                .packet_comments = TV_UNKNOWN,
                                                .damage_offset = TV_UNKNOWN,
                                                .damage_frame = TV_UNKNOWN};
                source->record = record;
        }
        return source->record;
}

/* Rows are written when the packet is long gone. */
static void
note_interface(struct file_record *record, const struct tv_packet *packet)
{
        const uint32_t i = packet->interface;
        if (i >= record->interfaces)
                record->interfaces = i + 1;
        if (packet->interface_name == NULL || i >= INTERFACE_NAMES)
                return;
        if (record->interface_name == NULL)
                record->interface_name = calloc(INTERFACE_NAMES, sizeof *record->interface_name);
        if (record->interface_name == NULL || record->interface_name[i] != NULL)
                return;
        record->interface_name[i] = strdup(packet->interface_name);
        if (i >= record->interface_names)
                record->interface_names = i + 1;
}

/* Tells the engine what is known of dropped packets by now: what becomes final later depends on it. */
static void
note_drops(struct analysis *run, struct file_record *record, const struct tv_capture_info *info)
{
        if (info->drops == record->file.drops)
                return;
        tv_engine_drops(run->engine, record->file.drops, info->drops);
        record->file.drops = info->drops;
}

static void
count_packet(struct analysis *run, const struct tv_source *source, struct file_record *record,
             const struct tv_packet *packet)
{
        struct tv_file *file = &record->file;
        choose_packet(run, packet);
        note_drops(run, record, tv_reader_info(source->reader));
        if (run->options->segments)
                note_interface(record, packet);
        file->bucket[tv_engine_push(run->engine, packet)]++;
        file->packets++;
        if (file->start == TV_NO_TIME)
                file->start = packet->time;
        file->end = packet->time;
        if (packet->link_type != record->last_link_type) {
                record->last_link_type = packet->link_type;
                note_link_type(record, packet->link_type);
        }
        run->packets++;
}

/* A copy of |text|, NULL when it is empty (or memory runs out: what a file says about itself is no result). */
static const char *
keep_text(char **place, const char *text)
{
        *place = text[0] != '\0' ? strdup(text) : NULL;
        return *place;
}

static void
keep_names(struct analysis *run, const struct tv_capture_info *info)
{
        if (info->names == NULL || run->text == NULL)
                return;
        if (run->names == NULL)
                run->names = calloc(1, sizeof *run->names);
        for (size_t i = 0; run->names != NULL && i < info->names->count; i++) {
                const struct tv_name *name = &info->names->at[i];
                tv_names_add(run->names, name->ipv6, name->address, (const uint8_t *)name->text, strlen(name->text));
        }
}

/* What the reader of |source| knows in the end. */
static void
close_record(struct analysis *run, struct tv_source *source, struct file_record *record)
{
        struct tv_file *file = &record->file;
        const struct tv_capture_info *info = tv_reader_info(source->reader);
        record->closed = true;
        if (record->link_type_count == 0 && info->link_type >= 0)
                note_link_type(record, info->link_type);
        file->capturer = keep_text(&record->evidence[0], info->capturer);
        file->interfaces = keep_text(&record->evidence[1], info->interfaces);
        file->comments = keep_text(&record->evidence[2], info->comments);
        file->packet_comments = info->packet_comments;
        note_drops(run, record, info);
        keep_names(run, info);
        if (file->damages > DAMAGES_SAID) {
                tv_progress_erase(&run->progress);
                tv_say("%s: %" PRIu64 " more damaged places", file->path, file->damages - DAMAGES_SAID);
        }
        check_buckets(run, file);
}

static void
note_trouble(struct analysis *run, const struct tv_source *source, struct file_record *record, enum tv_exit status)
{
        record->file.damage = source->message;
        tv_progress_erase(&run->progress);
        tv_say("%s: %s", source->path, source->message);
        worsen(run, status);
}

/* Reads all sources, until a signal comes or the files have no room. */
static void
read_all(struct analysis *run)
{
        const struct tv_packet *packet;
        struct tv_source *source;
        enum tv_sources_event event;
        while (!tv_interrupted() && (event = tv_sources_next(run->sources, &packet, &source)) != TV_SOURCES_END) {
                struct file_record *record = record_of(run, source);
                if (record == NULL)
                        return;
                switch (event) {
                case TV_SOURCES_BEGIN:
                        snprintf(record->format, sizeof record->format, "%s", tv_reader_info(source->reader)->format);
                        record->file.format = record->format;
                        break;
                case TV_SOURCES_PACKET:
                        count_packet(run, source, record, packet);
                        break;
                case TV_SOURCES_DAMAGED:
                        /* An interrupted read of a pipe looks like damage. */
                        if (!tv_interrupted())
                                note_damage(run, record, tv_reader_damage(source->reader));
                        break;
                case TV_SOURCES_FINISH:
                        close_record(run, source, record);
                        break;
                case TV_SOURCES_FAILED:
                        /* A signal also ends the wait for a pipe's writer. */
                        if (!tv_interrupted())
                                note_trouble(run, source, record, TV_EXIT_failed);
                        break;
                case TV_SOURCES_BROKEN:
                        note_trouble(run, source, record, TV_EXIT_damaged);
                        break;
                case TV_SOURCES_END:
                        break;
                }
                if ((run->packets & (TV_PROGRESS_PACKETS - 1)) == 0) {
                        if (tv_progress_due(&run->progress))
                                tv_progress_show(&run->progress, tv_sources_position(run->sources), run->packets,
                                                 source->path);
                        if (run->csv != NULL && tv_csv_failed(run->csv))
                                return;
                }
        }
}

/* Those whose reading was cut short, and those that were never opened. */
static void
close_records(struct analysis *run)
{
        struct tv_source *source;
        for (size_t i = 0; (source = tv_sources_at(run->sources, i)) != NULL; i++) {
                struct file_record *record = record_of(run, source);
                if (record == NULL)
                        return;
                if (record->file.format != NULL && !record->closed) {
                        close_record(run, source, record);
                        if (tv_interrupted())
                                note_interruption(run, record);
                } else if (record->file.format == NULL && record->file.damage == NULL) {
                        record->file.damage = tv_interrupted() ? "not read: interrupted" : "not read";
                        run->cut_short |= tv_interrupted();
                }
        }
}

static void
say_what_was_left_out(struct analysis *run)
{
        const uint64_t comments = tv_engine_quality(run->engine)->comments_left_out;
        if (comments > 0)
                tv_say("%" PRIu64 " comments on packets of TCP are left out: more than the reports keep", comments);
        const size_t overlap = tv_sources_overlap(run->sources);
        if (overlap > 0)
                tv_say("%zu captures overlap at once, more than can be open: they are merged by time only in part",
                       overlap);
        for (size_t i = 0; i < run->options->file_count; i++) {
                const char *names;
                const uint64_t strangers = tv_sources_strangers(run->sources, i, &names);
                if (strangers > 0)
                        tv_say("%s: %" PRIu64 " %s: %s", run->options->files[i], strangers,
                               strangers == 1 ? "member is no capture" : "members are no captures", names);
        }
}

/* ---- before and after ---- */

/* A key that nobody outside can guess, so that no capture can be made to collide in the flow table.  Results do not
 * depend on it. */
static void
make_hash_key(uint64_t key[2])
{
        FILE *random = fopen("/dev/urandom", "rb");
        if (random != NULL) {
                size_t n = fread(key, sizeof key[0], 2, random);
                fclose(random);
                if (n == 2)
                        return;
        }
        key[0] = (uint64_t)time(NULL);
        key[1] = (uint64_t)getpid() << 32 ^ (uint64_t)(uintptr_t)key;
}

static bool
wants_colour(enum tv_colour colour)
{
        if (colour != TV_COLOUR_AUTO)
                return colour == TV_COLOUR_ALWAYS;
        const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
        return isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0') && terminal != NULL &&
               strcmp(terminal, "dumb") != 0;
}

/* Opens the writers; the files come last, since nothing may be left of them when anything else fails.  False, with a
 * message, when a folder or memory is missing. */
static bool
open_writers(struct analysis *run)
{
        const struct tv_options *options = run->options;
        bool many_files = tv_sources_are_many(run->sources);
        if (!options->quiet) {
                struct tv_text_options text = {.all = options->all,
                                               .selected = options->choice_count > 0 || run->chooses_packets,
                                               .colour = wants_colour(options->colour),
                                               .many_files = many_files,
                                               .settings = run->settings[0] != '\0' ? run->settings : NULL};
                run->text = tv_text_new(&text);
                if (run->text == NULL) {
                        tv_say("out of memory");
                        return false;
                }
        }
        if (options->output_dir != NULL) {
                struct tv_csv_options csv = {.segments = options->segments, .many_files = many_files};
                char message[TV_OUT_MESSAGE];
                run->csv = tv_csv_open(options->output_dir, &csv, message);
                if (run->csv == NULL) {
                        tv_say("%s", message);
                        return false;
                }
                if (run->keeps_reported)
                        tv_csv_keep_segments(run->csv, is_reported, run);
        }
        return true;
}

static bool
open_engine(struct analysis *run)
{
        const struct tv_options *options = run->options;
        struct tv_engine_config config = {.profile = &run->profile,
                                          .max_memory = options->max_memory,
                                          .pileup = options->pileup,
                                          .key = options->key,
                                          .link_type_name = tv_link_type_name};
        make_hash_key(config.hash_key);
        struct tv_sink sink = {.context = run, .connection = on_connection, .finding = on_finding};
        if (options->segments)
                sink.segment = on_segment;
        if (options->output_dir != NULL) {
                sink.listener = on_listener;
                sink.host = on_host;
        }
        if (options->output_dir != NULL || !options->quiet)
                sink.series = on_series;
        run->engine = tv_engine_new(&config, &sink);
        if (run->engine == NULL)
                tv_say("out of memory");
        return run->engine != NULL;
}

/* Finishes the files.  Their message counts before the text report is printed: it may be long. */
static void
close_files(struct analysis *run)
{
        if (run->csv == NULL)
                return;
        const struct tv_source *source;
        for (size_t i = 0; (source = tv_sources_at(run->sources, i)) != NULL; i++) {
                const struct file_record *record = source->record;
                if (record != NULL)
                        tv_csv_file(run->csv, &record->file);
        }
        char message[TV_OUT_MESSAGE];
        if (!tv_csv_close(run->csv, message)) {
                tv_say("%s", message);
                worsen(run, TV_EXIT_failed);
        }
        run->csv = NULL;
}

static void
print_text(struct analysis *run)
{
        const struct tv_source *source;
        bool any_read = false;
        for (size_t i = 0; (source = tv_sources_at(run->sources, i)) != NULL; i++) {
                const struct file_record *record = source->record;
                if (record == NULL)
                        continue;
                any_read |= record->file.format != NULL;
                tv_text_file(run->text, &record->file);
        }
        if (!any_read)
                return;
        for (size_t i = 0; run->names != NULL && i < run->names->count; i++) {
                struct tv_address address = {.ipv6 = run->names->at[i].ipv6};
                memcpy(address.byte, run->names->at[i].address, sizeof address.byte);
                tv_text_name(run->text, &address, run->names->at[i].text);
        }
        struct tv_out out;
        if (tv_out_borrow(&out, STDOUT_FILENO))
                tv_text_print(run->text, tv_engine_quality(run->engine), &out);
        char message[TV_OUT_MESSAGE];
        if (!tv_out_close(&out, message)) {
                tv_say("%s", message);
                worsen(run, TV_EXIT_failed);
        }
}

static void
analyze(struct analysis *run)
{
        tv_progress_start(&run->progress, run->options->quiet, tv_sources_size(run->sources));
        read_all(run);
        close_records(run);
        tv_engine_finish(run->engine);
        tv_progress_erase(&run->progress);

        say_what_was_left_out(run);
        if (run->cut_short) {
                tv_say("interrupted after %" PRIu64 " packets: the reports hold what was read", run->packets);
                worsen(run, TV_EXIT_damaged);
                if (run->text != NULL)
                        tv_text_interrupted(run->text);
        }
        /* Without room for the files the reading ended early: half an answer must not look like a whole one. */
        bool whole = run->csv == NULL || !tv_csv_failed(run->csv);
        close_files(run);
        if (run->text != NULL && whole)
                print_text(run);
}

/* Prepares what chooses connections.  False, with a message, when the filter is none. */
static bool
open_choice(struct analysis *run)
{
        const struct tv_options *options = run->options;
        run->chooses_packets = tv_options_choose_packets(options);
        run->keeps_reported = options->segments && run->chooses_packets;
        for (size_t i = 0; i < options->choice_count; i++)
                run->keeps_reported |= options->segments && !options->choices[i].by_number;
        if (options->filter == NULL)
                return true;
        char message[TV_PACKET_FILTER_MESSAGE];
        run->filter = tv_packet_filter_new(options->filter, message);
        if (run->filter == NULL)
                tv_say("--filter %.200s: %s", options->filter, message);
        return run->filter != NULL;
}

/* Which timers the hosts have: those of --profile, and what --sysctl says in their place. */
static enum tv_exit
open_profile(struct analysis *run)
{
        const struct tv_options *options = run->options;
        run->profile = options->profile == TV_PROFILE_RFC ? tv_profile_rfc : tv_profile_linux;
        if (options->sysctl == NULL)
                return TV_EXIT_done;
        FILE *in = fopen(options->sysctl, "r");
        if (in == NULL) {
                tv_say("--sysctl %.200s: %s", options->sysctl, strerror(errno));
                return TV_EXIT_failed;
        }
        struct tv_sysctl settings;
        char message[TV_SYSCTL_MESSAGE];
        bool good = tv_sysctl_read(in, &settings, message), unreadable = ferror(in) != 0;
        fclose(in);
        if (!good) {
                tv_say("--sysctl %.200s: %s", options->sysctl, message);
                return unreadable ? TV_EXIT_failed : TV_EXIT_usage;
        }
        tv_sysctl_apply(&settings, &run->profile);
        tv_sysctl_tell(&settings, run->settings);
        return TV_EXIT_done;
}

enum tv_exit
tv_cmd_analyze(const struct tv_options *options)
{
        struct analysis run = {.options = options, .start = TV_NO_TIME, .status = TV_EXIT_done};
        struct tv_source *source;
        enum tv_exit opened = open_profile(&run);
        if (opened != TV_EXIT_done)
                return opened;
        if (!open_choice(&run))
                return TV_EXIT_usage;
        run.sources = tv_sources_open(options->files, options->file_count);
        if (run.sources == NULL) {
                tv_say("out of memory");
                worsen(&run, TV_EXIT_failed);
        } else if (open_engine(&run) && open_writers(&run)) {
                analyze(&run);
        } else {
                worsen(&run, TV_EXIT_failed);
        }
        if (run.text != NULL)
                tv_text_free(run.text);
        if (run.engine != NULL)
                tv_engine_free(run.engine);
        for (size_t i = 0; run.sources != NULL && (source = tv_sources_at(run.sources, i)) != NULL; i++) {
                struct file_record *record = source->record;
                for (size_t k = 0; record != NULL && k < sizeof record->evidence / sizeof record->evidence[0]; k++)
                        free(record->evidence[k]);
                for (size_t k = 0; record != NULL && k < record->interface_names; k++)
                        free(record->interface_name[k]);
                if (record != NULL)
                        free(record->interface_name);
                free(record);
        }
        tv_sources_free(run.sources);
        free(run.names);
        tv_packet_filter_free(run.filter);
        tv_choice_clear(&run.reported);
        return run.status;
}
