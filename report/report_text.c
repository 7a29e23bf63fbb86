#include "report/report_text.h"

#include "analyzer/capture/names.h"
#include "report/conn_page.h"
#include "report/conn_table.h"
#include "report/finding_groups.h"
#include "report/number.h"
#include "report/phrase.h"
#include "report/seconds.h"
#include "report/services.h"
#include "report/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LABEL 14 /* columns of the labels of the first lines */
#define TEXT  10 /* columns before the text of a finding */

#define FILES_SHOWN    5
#define BAD_SHOWN      20
#define FINDINGS_SHOWN 10
#define ROWS_SHOWN     12

/* What is kept of a file that gets a line of its own. */
struct shown_file {
        uint32_t number;
        char *path, *damage;
        bool opened;
        tv_time start, end;
        uint64_t packets, damage_offset, damage_frame, damages;
};

struct tv_text {
        struct tv_text_options options;
        struct tv_groups *groups;
        struct tv_conn_table *trouble, *all;
        struct tv_services *services;
        struct tv_seconds *seconds;
        struct tv_connection *only; /* the first connection; the report is its page when it stays the only one */
        char name[2][TV_NAME_ROOM]; /* of its hosts, "": none known */
        bool out_of_memory, interrupted;
        uint64_t findings;

        uint64_t connections, in_order;
        uint64_t retransmissions, needed, missing, late, duplicates, zero_windows; /* of all connections */
        uint64_t handshake[TV_HANDSHAKE_NOT_CAPTURED + 1], teardown[TV_TEARDOWN_OPEN + 1];

        struct shown_file good[FILES_SHOWN], bad[BAD_SHOWN];
        size_t goods, bads;
        uint64_t files, unread, damaged, packets, bucket[TV_BUCKETS], drops;
};

struct tv_text *
tv_text_new(const struct tv_text_options *options)
{
        struct tv_text *text = calloc(1, sizeof *text);

        if (text == NULL)
                return NULL;
        text->options = *options;
        text->groups = tv_groups_new();
        text->trouble = tv_conn_table_new(true);
        text->all = options->all ? tv_conn_table_new(false) : NULL;
        text->services = tv_services_new();
        text->seconds = tv_seconds_new();
        if (text->groups == NULL || text->trouble == NULL || (options->all && text->all == NULL) ||
            text->services == NULL || text->seconds == NULL) {
                tv_text_free(text);
                return NULL;
        }
        return text;
}

static void
forget_file(struct shown_file *file)
{
        free(file->path);
        free(file->damage);
}

void
tv_text_free(struct tv_text *text)
{
        if (text == NULL)
                return;
        for (size_t i = 0; i < text->goods; i++)
                forget_file(&text->good[i]);
        for (size_t i = 0; i < text->bads; i++)
                forget_file(&text->bad[i]);
        tv_groups_free(text->groups);
        tv_conn_table_free(text->trouble);
        tv_conn_table_free(text->all);
        tv_services_free(text->services);
        tv_seconds_free(text->seconds);
        tv_connection_free(text->only);
        free(text);
}

void
tv_text_interrupted(struct tv_text *text)
{
        text->interrupted = true;
}

/* ---- taking in ---- */

static bool
is_about_capture(const char *code)
{
        return strncmp(code, "capture.", 8) == 0;
}

/* What gets an entry of its own.  What is noted about the capture stands in the capture line already. */
static bool
deserves_entry(const char *code, unsigned severity)
{
        return severity >= TV_WARNING || (severity == TV_NOTICE && !is_about_capture(code));
}

static bool
group_deserves_entry(const struct tv_group *group)
{
        return deserves_entry(group->code, group->severity);
}

static uint64_t
known(uint64_t count)
{
        return count != TV_UNKNOWN ? count : 0;
}

/* Nothing happened to the segments that a healthy connection would not have. */
static bool
is_smooth(const struct tv_text *text)
{
        return text->retransmissions + text->missing + text->late + text->duplicates + text->zero_windows == 0;
}

void
tv_text_name(struct tv_text *text, const struct tv_address *address, const char *name)
{
        for (int end = TV_A; text->only != NULL && end <= TV_B; end++) {
                const struct tv_address *a = &text->only->addr[end];

                if (text->name[end][0] == '\0' && a->ipv6 == address->ipv6 &&
                    memcmp(a->byte, address->byte, address->ipv6 ? 16 : 4) == 0)
                        strncat(text->name[end], name, sizeof text->name[end] - 1);
        }
}

void
tv_text_connection(struct tv_text *text, const struct tv_connection *conn)
{
        uint16_t group[32];
        size_t groups = 0;
        unsigned worst = TV_INFO;
        bool trouble = false;
        bool opened = conn->handshake == TV_HANDSHAKE_COMPLETE || conn->handshake == TV_HANDSHAKE_SIMULTANEOUS;
        bool closed = conn->teardown == TV_TEARDOWN_ORDERLY || conn->teardown == TV_TEARDOWN_SIMULTANEOUS;

        if (text->connections++ == 0) {
                text->only = tv_connection_copy(conn);
                text->out_of_memory = text->only == NULL;
        }
        text->in_order += opened && closed;
        if (conn->handshake <= TV_HANDSHAKE_NOT_CAPTURED)
                text->handshake[conn->handshake]++;
        if (conn->teardown <= TV_TEARDOWN_OPEN)
                text->teardown[conn->teardown]++;
        for (int end = TV_A; end <= TV_B; end++) {
                const struct tv_direction *d = &conn->dir[end];

                text->retransmissions += known(d->retransmissions);
                text->needed += known(d->needed);
                text->missing += known(d->missing_bytes);
                text->late += known(d->out_of_order);
                text->duplicates += known(d->network_duplicates);
                text->zero_windows += known(d->zero_windows);
        }
        for (size_t i = 0; i < conn->finding_count; i++) {
                const struct tv_finding *f = &conn->findings[i];
                uint16_t index = tv_groups_add(text->groups, f, conn);

                if (!deserves_entry(f->code, f->severity))
                        continue;
                trouble = true;
                if (f->severity > worst)
                        worst = f->severity;
                if (groups < sizeof group / sizeof group[0])
                        group[groups++] = index;
        }
        for (size_t i = 0; i < conn->finding_count; i++)
                if (conn->findings[i].caused_by != TV_UNKNOWN)
                        tv_groups_link(text->groups, text->findings + i + 1, conn->findings[i].caused_by);
        text->findings += conn->finding_count;
        if (trouble)
                tv_conn_table_add(text->trouble, conn, group, groups, worst);
        if (text->all != NULL)
                tv_conn_table_add(text->all, conn, group, groups, worst);
        tv_services_add(text->services, conn);
}

void
tv_text_finding(struct tv_text *text, const struct tv_finding *finding)
{
        tv_groups_add(text->groups, finding, NULL);
        tv_seconds_want(text->seconds, finding);
        text->findings++;
        if (finding->cause_back != 0)
                tv_groups_link(text->groups, text->findings, text->findings - finding->cause_back);
        else if (finding->caused_by != TV_UNKNOWN)
                tv_groups_link(text->groups, text->findings, finding->caused_by);
}

void
tv_text_series(struct tv_text *text, const struct tv_series_row *row)
{
        tv_seconds_add(text->seconds, row);
}

static char *
copy_of(const char *string)
{
        size_t length = strlen(string) + 1;
        char *copy = malloc(length);

        if (copy != NULL)
                memcpy(copy, string, length);
        return copy;
}

void
tv_text_file(struct tv_text *text, const struct tv_file *file)
{
        bool opened = file->format != NULL, bad = !opened || file->damage != NULL;
        struct shown_file *shown = NULL;

        text->files++;
        text->unread += !opened;
        text->damaged += opened && bad;
        if (opened) {
                text->packets += file->packets;
                for (int i = 0; i < TV_BUCKETS; i++)
                        text->bucket[i] += file->bucket[i];
                if (file->drops != TV_UNKNOWN)
                        text->drops += file->drops;
        }
        if (bad && text->bads < BAD_SHOWN)
                shown = &text->bad[text->bads++];
        else if (!bad && text->goods < FILES_SHOWN)
                shown = &text->good[text->goods++];
        if (shown == NULL)
                return;
        *shown = (struct shown_file){.number = file->number,
                                     .path = copy_of(file->path),
                                     .damage = file->damage != NULL ? copy_of(file->damage) : NULL,
                                     .opened = opened,
                                     .start = file->start,
                                     .end = file->end,
                                     .packets = file->packets,
                                     .damage_offset = file->damage_offset,
                                     .damage_frame = file->damage_frame,
                                     .damages = file->damages};
}

/* ---- the first lines ---- */

static void
put_when(struct tv_phrase *p, tv_time start, tv_time end)
{
        const tv_time second = 1000000000;
        char utc[TV_UTC_ROOM + 1];

        if (start == TV_NO_TIME)
                return;
        *tv_put_utc(utc, start) = '\0';
        utc[10] = TV_GLUE;
        tv_phrase_add(p, "%s" TV_GLUED "UTC", utc);
        if (end == TV_NO_TIME)
                return;
        tv_phrase_add(p, "," TV_GLUED);
        if (end - start >= 1000000 && end - start < 120 * second) {
                tv_phrase_seconds(p, end - start, 3);
                tv_phrase_add(p, TV_GLUED "s");
        } else {
                tv_phrase_duration(p, end - start);
        }
}

/* "57 packets, all TCP" or "57 packets: 50 TCP, 7 UDP".  The parts add up. */
static void
put_packets(struct tv_phrase *p, uint64_t packets, const uint64_t bucket[TV_BUCKETS])
{
        static const char *const names[TV_BUCKETS] = {
                [TV_BUCKET_tcp] = "TCP",
                [TV_BUCKET_udp] = "UDP",
                [TV_BUCKET_icmp] = "ICMP",
                [TV_BUCKET_other_ip] = "other IP",
                [TV_BUCKET_fragment] = "fragments",
                [TV_BUCKET_not_ip] = "not IP",
                [TV_BUCKET_cut] = "cut in the headers",
                [TV_BUCKET_malformed] = "malformed",
                [TV_BUCKET_unknown_link] = "of unknown link types",
        };
        const char *separator = ": ";

        if (packets == 0) {
                tv_phrase_add(p, "no packets");
                return;
        }
        tv_phrase_counted(p, packets, "packet");
        if (bucket[TV_BUCKET_tcp] == packets) {
                tv_phrase_add(p, "," TV_GLUED "all" TV_GLUED "TCP");
                return;
        }
        for (int i = 0; i < TV_BUCKETS; i++) {
                if (bucket[i] == 0)
                        continue;
                tv_phrase_add(p, "%s", separator);
                tv_phrase_count(p, bucket[i]);
                tv_phrase_add(p, TV_GLUED "%s", names[i] != NULL ? names[i] : tv_bucket_name((enum tv_bucket)i));
                separator = ", ";
        }
}

static void
put_connections(const struct tv_text *text, const struct tv_capture_quality *quality, struct tv_phrase *p)
{
        if (text->options.selected) {
                tv_phrase_count(p, text->connections);
                tv_phrase_add(p, TV_GLUED "of" TV_GLUED);
                tv_phrase_counted(p, quality->connections, "connection");
                tv_phrase_add(p, TV_GLUED "selected");
        } else if (text->connections > 0) {
                tv_phrase_counted(p, text->connections, "connection");
        }
}

static void
put_path(struct tv_phrase *p, const struct shown_file *file)
{
        tv_phrase_foreign(p, file->path == NULL ? "?" : strcmp(file->path, "-") == 0 ? "standard input" : file->path);
}

/* Why a file was not read, or how far; the reason only with |reason|. */
static void
put_damage(struct tv_phrase *p, const struct shown_file *file, bool reason)
{
        if (!file->opened) {
                tv_phrase_add(p, "not read: ");
                tv_phrase_foreign(p, file->damage != NULL ? file->damage : "unknown reason");
                return;
        }
        tv_phrase_add(p, "damaged");
        if (file->damage_offset != TV_UNKNOWN) {
                tv_phrase_add(p, " at byte ");
                tv_phrase_count(p, file->damage_offset);
        }
        if (file->damage_frame != TV_UNKNOWN && file->damage_frame != 0)
                tv_phrase_add(p, " after frame %" PRIu64, file->damage_frame);
        if (file->damages > 1) {
                tv_phrase_add(p, " and at ");
                tv_phrase_count(p, file->damages - 1);
                tv_phrase_add(p, file->damages == 2 ? " more place" : " more places");
        }
        if (reason && file->damage != NULL) {
                tv_phrase_add(p, ": ");
                tv_phrase_foreign(p, file->damage);
        }
}

/* Between the parts of a line; one gap where a part is empty. */
static void
put_gap(struct tv_phrase *p)
{
        if (p->length > 0 && p->text[p->length - 1] != ' ')
                tv_phrase_add(p, "   ");
}

static void
print_file(const struct tv_layout *layout, const struct shown_file *file)
{
        struct tv_phrase p;

        tv_phrase_clear(&p);
        tv_phrase_add(&p, "%" PRIu32 TV_GLUED TV_GLUED, file->number);
        put_path(&p, file);
        if (file->opened) {
                put_gap(&p);
                put_when(&p, file->start, file->end);
                put_gap(&p);
                tv_phrase_counted(&p, file->packets, "packet");
        }
        if (file->damage != NULL || !file->opened) {
                put_gap(&p);
                put_damage(&p, file, true);
        }
        tv_layout_labelled(layout, "file", LABEL, p.text);
}

static void
print_head(const struct tv_text *text, const struct tv_capture_quality *quality, const struct tv_layout *layout)
{
        const struct shown_file *single = text->bads > 0 ? text->bad : text->good;
        struct tv_phrase p;
        uint64_t unshown = text->files - text->goods - text->bads;

        tv_phrase_clear(&p);
        if (text->files == 1) {
                put_path(&p, single);
        } else {
                for (size_t g = 0, b = 0; g < text->goods || b < text->bads;) {
                        bool good = b == text->bads || (g < text->goods && text->good[g].number < text->bad[b].number);

                        print_file(layout, good ? &text->good[g++] : &text->bad[b++]);
                }
                if (unshown > 0) {
                        tv_phrase_add(&p, "and ");
                        tv_phrase_counted(&p, unshown, "more file");
                        tv_layout_labelled(layout, "", LABEL, p.text);
                        tv_phrase_clear(&p);
                }
                tv_phrase_counted(&p, text->files, "file");
                if (text->unread > 0) {
                        tv_phrase_add(&p, "," TV_GLUED);
                        tv_phrase_count(&p, text->unread);
                        tv_phrase_add(&p, TV_GLUED "not" TV_GLUED "read");
                }
        }
        if (text->files == 1 && !single->opened) {
                put_gap(&p);
                put_damage(&p, single, true);
        } else if (text->unread < text->files) {
                put_gap(&p);
                put_when(&p, quality->start, quality->end);
                put_gap(&p);
                put_packets(&p, text->packets, text->bucket);
                put_gap(&p);
                put_connections(text, quality, &p);
        }
        tv_layout_wrap(layout, 0, LABEL, p.text);
}

static void
list(struct tv_phrase *p, uint64_t count, const char *one, const char *many)
{
        if (count == 0)
                return;
        tv_phrase_separate(p, ", ");
        tv_phrase_count(p, count);
        tv_phrase_add(p, " %s", count == 1 ? one : many);
}

static void
add_good(struct tv_phrase *p, bool good, const char *what)
{
        if (!good)
                return;
        tv_phrase_separate(p, ", ");
        tv_phrase_add(p, "%s", what);
}

/* "; taken at 10.0.0.1 (a)": which end only where there are just two; then that alone when an IPv6 address would need
 * another line. */
static void
put_taken_at(const struct tv_text *text, const struct tv_capture_quality *q, struct tv_phrase *p)
{
        struct tv_phrase address;
        const char *end = "";

        tv_phrase_clear(&address);
        tv_phrase_address(&address, &q->taken_at);
        for (unsigned i = TV_A; text->connections == 1 && text->only != NULL && i <= TV_B; i++) {
                const struct tv_address *a = &text->only->addr[i];

                if (a->ipv6 == q->taken_at.ipv6 && memcmp(a->byte, q->taken_at.byte, a->ipv6 ? 16 : 4) == 0)
                        end = tv_end_word(i);
        }
        tv_phrase_add(p, "; taken" TV_GLUED "at" TV_GLUED);
        if (end[0] != '\0' && LABEL + tv_phrase_columns(p->text) + address.length + 4 > TV_TEXT_COLUMNS)
                tv_phrase_add(p, "%s", end);
        else
                tv_phrase_add(p, end[0] != '\0' ? "%s" TV_GLUED "(%s)" : "%s", address.text, end);
}

static bool
has_finding(const struct tv_text *text, const char *code)
{
        for (size_t i = 0; i < tv_groups_count(text->groups); i++)
                if (strcmp(tv_groups_at(text->groups, i)->code, code) == 0)
                        return true;
        return false;
}

/* Microseconds are what lags of capturers are told in. */
static void
put_span(struct tv_phrase *p, tv_time ns)
{
        if (ns >= 1000 && ns < 1000000)
                tv_phrase_add(p, "%" PRId64 TV_GLUED "us", (ns + 500) / 1000);
        else
                tv_phrase_duration(p, ns);
}

static void
put_duplicates(struct tv_phrase *p, const struct tv_capture_quality *q)
{
        uint64_t packets = q->tcp_segments > q->capture_duplicates ? q->tcp_segments - q->capture_duplicates : 1;

        if (q->capture_duplicates == 0)
                return;
        if (q->capture_duplicates % packets == 0 && packets > 1) {
                tv_phrase_separate(p, ", ");
                if (q->capture_duplicates == packets)
                        tv_phrase_add(p, "every packet twice");
                else
                        tv_phrase_add(p, "every packet %" PRIu64 TV_GLUED "times", q->capture_duplicates / packets + 1);
        } else {
                list(p, q->capture_duplicates, "packet twice", "packets twice");
                tv_phrase_add(p, " (%.*f" TV_GLUED "%%)", q->capture_duplicates * 10 < packets,
                              100.0 * (double)q->capture_duplicates / (double)packets);
        }
        if (q->duplicate_lag_typical > 0) {
                tv_phrase_add(p, ", the second" TV_GLUED "copy ");
                put_span(p, q->duplicate_lag_typical);
                tv_phrase_add(p, " later");
        }
        if (q->duplicates_other_ttl * 2 > q->capture_duplicates)
                tv_phrase_add(p, " behind a router");
}

static void
put_skew(struct tv_phrase *p, const struct tv_capture_quality *q)
{
        const uint64_t *of = q->early_acks_of;

        if (q->early_acks == 0)
                return;
        list(p, q->early_acks, "ACK before its data", "ACKs before their data");
        if (q->skew_most <= 0)
                return;
        tv_phrase_add(p, " (%s at least ",
                      of[TV_A] > 9 * of[TV_B]   ? "what a sent comes"
                      : of[TV_B] > 9 * of[TV_A] ? "what b sent comes"
                                                : "one of both comes");
        put_span(p, q->skew_most);
        tv_phrase_add(p, TV_GLUED "late)");
}

/* Fragments that overlap others: what a receiver made of them, no capture tells. */
static void
put_overlaps(const struct tv_text *text, struct tv_phrase *p, const struct tv_capture_quality *q)
{
        bool conflict = q->conflicting_fragments != 0;

        if (q->overlapping_fragments == 0)
                return;
        list(p, q->overlapping_fragments, "IP fragment overlaps", "IP fragments overlap");
        tv_phrase_add(p, conflict ? " with other octets (frame" TV_GLUED : " (frame" TV_GLUED);
        tv_phrase_frame(p, conflict ? q->conflict_frame : q->overlap_frame, text->options.many_files);
        tv_phrase_add(p, conflict ? "; the first copy counts)" : ")");
}

/* What is wrong with the capture, with numbers; then what is right; then what the reader should know about it. */
static void
print_capture(const struct tv_text *text, const struct tv_capture_quality *q, const struct tv_layout *layout)
{
        struct tv_phrase wrong, right, notes, all;

        tv_phrase_clear(&wrong);
        tv_phrase_clear(&right);
        tv_phrase_clear(&notes);
        tv_phrase_clear(&all);
        if (q->missing_bytes > 0) {
                tv_phrase_count(&wrong, q->missing_bytes);
                tv_phrase_add(&wrong, TV_GLUED "bytes missing in ");
                tv_phrase_counted(&wrong, q->missing_gaps, "gap");
        } else if (q->missing_gaps > 0) {
                tv_phrase_counted(&wrong, q->missing_gaps, "gap");
        }
        list(&wrong, text->drops, "packet dropped by the capturer", "packets dropped by the capturer");
        put_duplicates(&wrong, q);
        list(&wrong, q->clock_steps, "step of the clock", "steps of the clock");
        if (q->clock_steps != 0 && q->clock_step_most > 0) {
                tv_phrase_add(&wrong, TV_GLUED "(");
                put_span(&wrong, q->clock_step_most);
                tv_phrase_add(&wrong, TV_GLUED "back)");
        }
        list(&wrong, q->reordered_frames, "frame out of order", "frames out of order");
        put_skew(&wrong, q);
        list(&wrong, q->one_way, "connection seen one way only", "connections seen one way only");
        list(&wrong, q->lost_fragments, "IP fragment without its datagram", "IP fragments without their datagram");
        put_overlaps(text, &wrong, q);
        list(&wrong, q->evicted, "connection partly analysed (memory)", "connections partly analysed (memory)");
        if (text->files == 1 && text->bads == 1) {
                tv_phrase_separate(&wrong, ", ");
                put_damage(&wrong, &text->bad[0],
                           !has_finding(text, "capture.damaged") && !has_finding(text, "capture.truncated"));
        } else {
                list(&wrong, text->damaged, "file damaged", "files damaged");
        }

        if (q->tcp_segments > 0) {
                add_good(&right, q->missing_bytes == 0 && q->missing_gaps == 0 && text->drops == 0 && q->one_way == 0,
                         "none missing");
                add_good(&right, q->capture_duplicates == 0, "none twice");
        }
        if (q->packets > 0) {
                add_good(&right, q->cut_packets == 0, "whole packets");
                add_good(&right, q->clock_steps == 0 && q->reordered_frames == 0, "clock steady");
        }

        /* Cut payload hides nothing from this analysis; its lengths are in the headers. */
        list(&notes, q->cut_packets, "packet cut by the snaplen", "packets cut by the snaplen");
        list(&notes, q->datagrams, "datagram put together from fragments", "datagrams put together from fragments");
        list(&notes, q->mid_start, "connection began before it", "connections began before it");
        list(&notes, q->cut_off, "connection goes on after it", "connections go on after it");
        if (q->offload_checksums > 0 || q->super_segments > 0) {
                tv_phrase_separate(&notes, ", ");
                tv_phrase_add(&notes, "offload (");
                if (q->super_segments > 0)
                        tv_phrase_counted(&notes, q->super_segments, "super-segment");
                if (q->offload_checksums > 0) {
                        tv_phrase_add(&notes, "%s", q->super_segments > 0 ? ", " : "");
                        tv_phrase_counted(&notes, q->offload_checksums, "checksum");
                        tv_phrase_add(&notes, " not filled in");
                }
                tv_phrase_add(&notes, ")");
        }
        list(&notes, q->wrong_checksums, "wrong checksum", "wrong checksums");
        list(&notes, q->icmp_unmatched, "ICMP error about a segment of no connection here",
             "ICMP errors about segments of no connection here");

        if (wrong.length > 0) {
                tv_phrase_add(&all, "%s", wrong.text);
                if (right.length > 0)
                        tv_phrase_add(&all, "; otherwise %s", right.text);
        } else {
                tv_phrase_add(&all, "%s%s", right.length > 0 ? "good: " : "nothing to judge", right.text);
        }
        if (notes.length > 0)
                tv_phrase_add(&all, "; %s", notes.text);
        if (q->has_taken_at)
                put_taken_at(text, q, &all);
        tv_layout_labelled(layout, "capture", LABEL, all.text);
        if (text->options.settings != NULL)
                tv_layout_labelled(layout, "settings", LABEL, text->options.settings);
        if (text->interrupted)
                tv_layout_labelled(layout, "stopped", LABEL, "by the user: this is about what was read until then");
}

/* ---- the verdict ---- */

/* Where a group of findings happened: "10.0.0.1:80", "64 services", "conn 4", "conn 0 to 3", "61 connections", "" for
 * the capture. */
static void
put_place(struct tv_phrase *p, const struct tv_group *g, bool with_end)
{
        if (g->one_place && g->has_address && g->connections != 1) {
                if (g->port != 0)
                        tv_phrase_endpoint(p, &g->address, g->port);
                else
                        tv_phrase_address(p, &g->address);
        } else if (g->place_count > 1) {
                tv_phrase_counted(p, g->place_count, g->port != 0 ? "service" : "host");
        } else if (g->connections == 1) {
                tv_phrase_add(p, "conn" TV_GLUED "%" PRIu64, g->first_conn);
                if (with_end && (g->example.end == TV_A || g->example.end == TV_B))
                        tv_phrase_add(p, "," TV_GLUED "%s", tv_end_word(g->example.end));
        } else if (g->connections > 1 && g->last_conn - g->first_conn + 1 == g->connections) {
                tv_phrase_add(p, "conn" TV_GLUED "%" PRIu64 TV_GLUED "%s" TV_GLUED "%" PRIu64, g->first_conn,
                              g->connections == 2 ? "and" : "to", g->last_conn);
        } else if (g->connections > 1) {
                tv_phrase_counted(p, g->connections, "connection");
        }
}

/* The first clause of |text|, by its punctuation. */
static size_t
first_clause(const char *text)
{
        for (size_t i = 0; text[i] != '\0'; i++) {
                if (text[i] == '\n')
                        return i;
                if ((text[i] == '.' || text[i] == ';' || text[i] == ':') && (text[i + 1] == ' ' || text[i + 1] == '\0'))
                        return i;
        }
        return strlen(text);
}

static void
put_clock(struct tv_phrase *p, tv_time time, const struct tv_capture_quality *q)
{
        const tv_time day = INT64_C(86400) * 1000000000;
        char utc[TV_UTC_ROOM + 1];
        bool one_day = q->start != TV_NO_TIME && q->end != TV_NO_TIME && q->start / day == q->end / day;

        if (time == TV_NO_TIME)
                return;
        *tv_put_utc(utc, time) = '\0';
        utc[10] = TV_GLUE;
        tv_phrase_add(p, ", at" TV_GLUED "%s", one_day ? utc + 11 : utc);
}

/* "1 error, 2 notices" */
static void
put_severities(struct tv_phrase *p, const struct tv_groups *groups, const uint16_t *order, size_t count)
{
        for (unsigned severity = TV_ERROR; severity >= TV_NOTICE; severity--) {
                uint64_t n = 0;

                for (size_t i = 0; i < count; i++)
                        n += tv_groups_at(groups, order[i])->severity == severity;
                if (n == 0)
                        continue;
                tv_phrase_separate(p, ", ");
                tv_phrase_counted(p, n, tv_severity_word(severity));
        }
}

/* The list's sentence about a code, or NULL. */
static const char *
meaning_of(const char *code)
{
        static const struct {
                const char *code, *meaning;
        } list_of_findings[] = {
#define TV_FINDING(code, severity, meaning) {code, meaning},
#include "analyzer/diagnose/finding_list.def"
#undef TV_FINDING
        };

        for (size_t i = 0; i < sizeof list_of_findings / sizeof list_of_findings[0]; i++)
                if (strcmp(list_of_findings[i].code, code) == 0)
                        return list_of_findings[i].meaning;
        return NULL;
}

/* Begins |words| with the first clause of |text|. */
static void
put_first_clause(struct tv_phrase *words, const char *text)
{
        size_t length = first_clause(text);

        tv_phrase_clear(words);
        tv_phrase_foreign(words, text);
        if (length < words->length)
                words->text[words->length = length] = '\0';
}

/* The worst finding in its own words, else by its code; with its place and its time as long as they fit. */
static void
put_headline(const struct tv_text *text, const struct tv_capture_quality *q, const uint16_t *order, size_t count,
             struct tv_phrase *p)
{
        const struct tv_group *g = tv_groups_at(text->groups, order[0]);
        const size_t room = TV_TEXT_COLUMNS - LABEL;
        const char *meaning = meaning_of(g->code);
        struct tv_phrase words, place, clock;
        size_t used;

        put_severities(p, text->groups, order, count);
        tv_phrase_add(p, ": ");
        used = tv_phrase_columns(p->text);
        tv_phrase_clear(&words);
        tv_phrase_clear(&place);
        tv_phrase_clear(&clock);
        put_clock(&clock, g->time, q);
        if (text->connections != 1)
                put_place(&place, g, false);

        /* Its own words, if it stands alone and they are few; else the list's; else the code. */
        if (g->connections <= 1)
                put_first_clause(&words, g->example.what);
        if (words.length == 0 || used + tv_phrase_columns(words.text) + tv_phrase_columns(place.text) + 3 > room)
                put_first_clause(&words, meaning != NULL ? meaning : g->code);
        if (g->connections > 1) {
                tv_phrase_add(&words, ", on ");
                tv_phrase_counted(&words, g->connections, "connection");
                if (!g->one_place || !g->has_address)
                        tv_phrase_clear(&place); /* says the same */
        }
        tv_phrase_add(p, "%s", words.text);
        if (place.length > 0 && tv_phrase_columns(p->text) + tv_phrase_columns(place.text) + 3 <= room)
                tv_phrase_add(p, " (%s)", place.text);
        if (tv_phrase_columns(p->text) + tv_phrase_columns(clock.text) <= room)
                tv_phrase_add(p, "%s", clock.text);
}

/* Adds ", |count| |words|" in one piece.  Returns false when there was no room for it. */
static bool
add_if_it_fits(struct tv_phrase *p, uint64_t count, const char *one, const char *many)
{
        struct tv_phrase longer = *p;

        list(&longer, count, one, many);
        if (LABEL + tv_phrase_columns(longer.text) > TV_TEXT_COLUMNS)
                return false;
        *p = longer;
        return true;
}

/* What became of the connections, and of their segments; what matters most first.  Returns false when the line was too
 * short for all of it. */
static bool
put_outcomes(const struct tv_text *text, struct tv_phrase *p)
{
        const uint64_t *handshake = text->handshake, *teardown = text->teardown;
        bool all_lost = text->needed == text->retransmissions;
        const struct {
                uint64_t count;
                const char *one, *many;
        } parts[] = {
                {handshake[TV_HANDSHAKE_NO_ANSWER], "without answer", "without answer"},
                {handshake[TV_HANDSHAKE_HALF_OPEN], "half-open", "half-open"},
                {handshake[TV_HANDSHAKE_REFUSED], "refused", "refused"},
                {handshake[TV_HANDSHAKE_UNREACHABLE], "unreachable", "unreachable"},
                {handshake[TV_HANDSHAKE_ABORTED], "aborted", "aborted"},
                {teardown[TV_TEARDOWN_RESET], "reset", "reset"},
                {teardown[TV_TEARDOWN_HALF_CLOSED], "half-closed", "half-closed"},
                {teardown[TV_TEARDOWN_ABANDONED], "abandoned", "abandoned"},
                {teardown[TV_TEARDOWN_REPLACED], "replaced", "replaced"},
                {handshake[TV_HANDSHAKE_NOT_CAPTURED], "began earlier", "began earlier"},
                {teardown[TV_TEARDOWN_OPEN], "open at the end", "open at the end"},
                {text->retransmissions, all_lost ? "segment lost and repeated" : "segment repeated",
                 all_lost ? "segments lost and repeated" : "segments repeated"},
                {text->zero_windows, "zero window", "zero windows"},
                {text->late, "late", "late"},
                {text->duplicates, "delivered twice", "delivered twice"},
        };
        bool fits = true;

        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
                fits = add_if_it_fits(p, parts[i].count, parts[i].one, parts[i].many) && fits;
        return fits;
}

/* Without a finding: what is known to be well, and what else is to be said, in one line. */
static void
put_all_clear(const struct tv_text *text, struct tv_phrase *p)
{
        static const char clean[] = ", nothing lost or repeated, no zero window";
        bool all = text->in_order == text->connections;
        bool healthy = all && is_smooth(text);
        struct tv_phrase begun;

        tv_phrase_add(p, healthy ? "healthy: " : all ? "works: " : "no trouble found: ");
        tv_phrase_count(p, text->in_order);
        tv_phrase_add(p, TV_GLUED "of" TV_GLUED);
        tv_phrase_count(p, text->connections);
        begun = *p;
        tv_phrase_add(p, " opened and closed in order");
        if (!healthy) {
                if (put_outcomes(text, p))
                        return;
                *p = begun;
                tv_phrase_add(p, " in order");
                put_outcomes(text, p);
                return;
        }
        if (LABEL + tv_phrase_columns(p->text) + strlen(clean) <= TV_TEXT_COLUMNS) {
                tv_phrase_add(p, "%s", clean);
                return;
        }
        tv_phrase_clear(p);
        tv_phrase_add(p, "healthy: all" TV_GLUED);
        tv_phrase_count(p, text->connections);
        tv_phrase_add(p, " opened and closed in order; no loss, repetition or zero window");
}

static enum tv_ink
severity_ink(unsigned severity)
{
        return severity == TV_ERROR     ? TV_RED
               : severity == TV_WARNING ? TV_YELLOW
               : severity == TV_NOTICE  ? TV_CYAN
                                        : TV_PLAIN;
}

static void
print_verdict(const struct tv_text *text, const struct tv_capture_quality *q, const struct tv_layout *layout,
              const uint16_t *order, size_t count)
{
        enum tv_ink ink = severity_ink(count > 0 ? tv_groups_at(text->groups, order[0])->severity : TV_INFO);
        struct tv_phrase p;

        tv_phrase_clear(&p);
        if (count > 0)
                put_headline(text, q, order, count, &p);
        else if (text->files > 0 && text->unread == text->files)
                tv_phrase_add(&p, "nothing could be read");
        else if (q->packets == 0)
                tv_phrase_add(&p, "no packets in this capture");
        else if (q->tcp_segments == 0)
                tv_phrase_add(&p, "no TCP in this capture");
        else if (text->connections == 0)
                tv_phrase_add(&p, "no connection matches what was asked for");
        else
                put_all_clear(text, &p);
        if (strncmp(p.text, "healthy", 7) == 0)
                ink = TV_GREEN;
        tv_layout_put(layout, TV_BOLD, "verdict");
        tv_out_printf(layout->out, "%*s", LABEL - 7, "");
        if (layout->colour && tv_phrase_columns(p.text) + LABEL <= layout->columns) {
                tv_layout_put(layout, ink, p.text);
                tv_out_text(layout->out, "\n");
        } else {
                tv_layout_wrap(layout, LABEL, LABEL, p.text);
        }
}

/* ---- findings ---- */

static void
put_relative(struct tv_phrase *p, tv_time time, tv_time zero)
{
        if (time >= zero)
                tv_phrase_add(p, "+");
        tv_phrase_seconds(p, time - zero, 3);
}

/* Text of a finding under its label; a line break in it begins a new line. */
static void
print_text(const struct tv_layout *layout, const char *label, const char *text)
{
        bool first = true;

        while (text[0] != '\0') {
                size_t length = strcspn(text, "\n");
                struct tv_phrase p, head;
                char line[TV_FINDING_TEXT * 2];

                snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line - 1), text);
                tv_phrase_clear(&p);
                tv_phrase_foreign(&p, line);
                tv_phrase_clear(&head);
                tv_phrase_add(&head, "    %s", first ? label : "");
                tv_layout_labelled(layout, head.text, TEXT, p.text);
                first = false;
                text += length + (text[length] == '\n');
        }
}

/* The places of a finding that many have, the worst first. */
static void
print_places(const struct tv_layout *layout, const struct tv_group *g)
{
        unsigned shown = g->place_count < TV_GROUP_PLACES ? g->place_count : TV_GROUP_PLACES;
        struct tv_phrase p;

        if (g->place_count < 2)
                return;
        tv_phrase_clear(&p);
        for (unsigned i = 0; i < shown; i++) {
                tv_phrase_separate(&p, ", ");
                if (g->place[i].port != 0)
                        tv_phrase_endpoint(&p, &g->place[i].address, g->place[i].port);
                else
                        tv_phrase_address(&p, &g->place[i].address);
                if (g->place[i].count != TV_UNKNOWN) {
                        tv_phrase_add(&p, TV_GLUED "(");
                        tv_phrase_count(&p, g->place[i].count);
                        tv_phrase_add(&p, ")");
                }
        }
        if (shown < g->place_count)
                tv_phrase_add(&p, " and %u more: findings.csv (-o DIR)", g->place_count - shown);
        tv_layout_labelled(layout, "    where", TEXT, p.text);
}

static void
print_see(const struct tv_text *text, const struct tv_layout *layout, const struct tv_group *g)
{
        struct tv_phrase p;

        if (g->victims == 0)
                return;
        tv_phrase_clear(&p);
        if (g->connections > 1) {
                tv_phrase_add(&p, g->connections > g->victims ? "worst:" : "conn");
                for (unsigned i = 0; i < g->victims; i++)
                        tv_phrase_add(&p, "%s%" PRIu64,
                                      i == 0 && g->connections > g->victims ? TV_GLUED "conn" TV_GLUED : TV_GLUED,
                                      g->victim[i].conn);
        }
        /* Wireshark numbers streams in each file anew. */
        if (!text->options.many_files && g->victim[0].stream != TV_UNKNOWN) {
                tv_phrase_separate(&p, "   ");
                tv_phrase_add(&p, g->victims == 1 ? "tcp.stream" TV_GLUED "eq" TV_GLUED
                                                  : "tcp.stream" TV_GLUED "in" TV_GLUED "{");
                for (unsigned i = 0; i < g->victims; i++)
                        tv_phrase_add(&p, "%s%" PRIu64, i > 0 ? "," TV_GLUED : "", g->victim[i].stream);
                tv_phrase_add(&p, g->victims == 1 ? "" : "}");
        }
        if (p.length > 0)
                tv_layout_labelled(layout, "    see", TEXT, p.text);
}

static void
print_entry(const struct tv_text *text, const struct tv_capture_quality *q, const struct tv_layout *layout,
            const struct tv_group *g, size_t code_width)
{
        const struct tv_finding *f = &g->example;
        struct tv_phrase p;
        size_t at;

        tv_phrase_clear(&p);
        tv_phrase_add(&p, "[%u] ", g->number);
        at = p.length + 8;
        tv_out_text(layout->out, p.text);
        tv_phrase_clear(&p);
        tv_phrase_add(&p, "%-8s", tv_severity_word(g->severity));
        tv_layout_put(layout, severity_ink(g->severity), p.text);

        tv_phrase_clear(&p);
        tv_phrase_add(&p, "%-*s   ", (int)code_width, g->code);
        put_place(&p, g, true);
        tv_phrase_add(&p, "   %s", tv_confidence_word(f->confidence));
        /* Of what follows from a host, that host's finding tells who is to blame. */
        if (g->blame != TV_BLAME_UNKNOWN && (g->connections == 0 || g->caused_by == TV_NO_GROUP))
                tv_phrase_add(&p, "," TV_GLUED "blame" TV_GLUED "%s", tv_blame_word(g->blame));
        if (g->time != TV_NO_TIME && q->start != TV_NO_TIME) {
                tv_phrase_add(&p, "   ");
                put_relative(&p, g->time, q->start);
                if (g->until != TV_NO_TIME && g->until - g->time >= 500000) { /* something to see in milliseconds */
                        tv_phrase_add(&p, TV_GLUED "to" TV_GLUED);
                        put_relative(&p, g->until, q->start);
                }
                tv_phrase_add(&p, TV_GLUED "s");
        }
        tv_layout_wrap(layout, at, TEXT, p.text);

        tv_phrase_clear(&p);
        if (g->place_count > 1) {
                if (g->port != 0)
                        tv_phrase_endpoint(&p, &g->address, g->port);
                else
                        tv_phrase_address(&p, &g->address);
                tv_phrase_add(&p, ": ");
        } else if (g->findings > 1) {
                if (g->connections > 1)
                        tv_phrase_counted(&p, g->connections, "connection");
                if (g->count != TV_UNKNOWN && g->count > g->connections) {
                        tv_phrase_separate(&p, ", ");
                        tv_phrase_count(&p, g->count);
                        tv_phrase_add(&p, TV_GLUED "times in all");
                }
                if (f->what[0] != '\0' && p.length > 0) {
                        tv_phrase_add(&p, "; ");
                        if (f->conn != TV_UNKNOWN && g->connections > 1)
                                tv_phrase_add(&p, "conn" TV_GLUED "%" PRIu64 ": ", f->conn);
                }
        }
        tv_phrase_foreign(&p, f->what);
        if (g->caused_by != TV_NO_GROUP && tv_groups_at(text->groups, g->caused_by)->number != 0)
                tv_phrase_add(&p, "   caused" TV_GLUED "by" TV_GLUED "[%u]",
                              tv_groups_at(text->groups, g->caused_by)->number);
        if (p.length > 0)
                tv_layout_labelled(layout, "    what", TEXT, p.text);
        if (f->frame_count > 0) {
                tv_phrase_clear(&p);
                tv_phrase_add(&p, f->frame_count == 1 ? "frame" : "frames");
                for (unsigned i = 0; i < f->frame_count && i < TV_FINDING_FRAMES; i++) {
                        tv_phrase_add(&p, " ");
                        tv_phrase_frame(&p, f->frames[i], text->options.many_files);
                }
                tv_layout_labelled(layout, "    why", TEXT, p.text);
        }
        /* What follows from another one has its rivals and its remedy there. */
        if (g->connections > 0 && g->caused_by != TV_NO_GROUP)
                return;
        print_text(layout, "not", f->not_);
        print_text(layout, "do", f->advice);
        print_places(layout, g);
        print_see(text, layout, g);
        if (g->connections == 0 && g->has_address)
                tv_seconds_print(text->seconds, layout, &g->address, g->port, q->start, q->end);
}

static void
print_findings(const struct tv_text *text, const struct tv_capture_quality *q, const struct tv_layout *layout,
               const uint16_t *order, size_t count)
{
        size_t shown = count < FINDINGS_SHOWN ? count : FINDINGS_SHOWN, code_width = 0;
        struct tv_phrase p;

        if (count == 0)
                return;
        for (size_t i = 0; i < shown; i++) {
                size_t width = strlen(tv_groups_at(text->groups, order[i])->code);

                if (width > code_width)
                        code_width = width;
        }
        tv_out_text(layout->out, "\n");
        tv_layout_put(layout, TV_BOLD, "WHAT HAPPENED");
        tv_out_text(layout->out, "\n");
        for (size_t i = 0; i < shown; i++) {
                if (i > 0)
                        tv_out_text(layout->out, "\n");
                print_entry(text, q, layout, tv_groups_at(text->groups, order[i]), code_width);
        }
        if (shown < count) {
                tv_phrase_clear(&p);
                tv_phrase_add(&p, "and");
                for (size_t i = shown; i < count; i++) {
                        const struct tv_group *g = tv_groups_at(text->groups, order[i]);

                        tv_phrase_add(&p, "%s [%u]" TV_GLUED "%s", i > shown ? "," : "", g->number, g->code);
                }
                tv_phrase_add(&p, ": findings.csv (-o DIR) tells");
                tv_out_text(layout->out, "\n");
                tv_layout_wrap(layout, 0, 4, p.text);
        }
        if (tv_groups_left_out(text->groups) > 0) {
                tv_phrase_clear(&p);
                tv_phrase_counted(&p, tv_groups_left_out(text->groups), "finding");
                tv_phrase_add(&p, " of further kinds not shown: see findings.csv (-o DIR)");
                tv_layout_wrap(layout, 0, 4, p.text);
        }
}

/* Kinds of findings that need no action, in one line. */
static void
print_notes(const struct tv_text *text, const struct tv_layout *layout)
{
        struct tv_phrase p;

        tv_phrase_clear(&p);
        for (size_t i = 0; i < tv_groups_count(text->groups); i++) {
                const struct tv_group *g = tv_groups_at(text->groups, i);

                if (!tv_groups_stands(text->groups, i) || group_deserves_entry(g) || is_about_capture(g->code))
                        continue;
                tv_phrase_separate(&p, ", ");
                tv_phrase_add(&p, "%s", g->code);
                if (g->connections > 1) {
                        tv_phrase_add(&p, TV_GLUED "(");
                        tv_phrase_counted(&p, g->connections, "connection");
                        tv_phrase_add(&p, ")");
                } else if (g->connections == 1 && text->connections > 1) {
                        tv_phrase_add(&p, TV_GLUED "(conn" TV_GLUED "%" PRIu64 ")", g->first_conn);
                }
        }
        if (p.length == 0)
                return;
        tv_out_text(layout->out, "\n");
        tv_layout_labelled(layout, "also noted", LABEL, p.text);
}

/* ---- connections ---- */

static void
print_trouble(struct tv_text *text, const struct tv_capture_quality *q, const struct tv_layout *layout)
{
        uint64_t troubled = tv_conn_table_connections(text->trouble), shown;
        struct tv_phrase p;

        if (troubled == 0)
                return;
        tv_phrase_clear(&p);
        tv_phrase_add(&p, "CONNECTIONS WITH TROUBLE, ");
        tv_phrase_count(&p, troubled);
        tv_phrase_add(&p, " of ");
        tv_phrase_count(&p, text->connections);
        tv_out_text(layout->out, "\n");
        shown = tv_conn_table_print(text->trouble, layout, p.text, text->groups, q->start, ROWS_SHOWN);
        if (shown == 0)
                tv_layout_wrap(layout, 0, 0, p.text);
        if (shown < troubled) {
                tv_phrase_clear(&p);
                tv_phrase_add(&p, shown == 0 ? "all of them told above" : "and ");
                if (shown != 0)
                        tv_phrase_counted(&p, troubled - shown, "connection");
                tv_phrase_add(&p, "%s: --all lists them, connections.csv (-o DIR) has them", shown == 0 ? "" : " more");
                tv_layout_wrap(layout, 0, 0, p.text);
        }
}

void
tv_text_print(struct tv_text *text, const struct tv_capture_quality *q, struct tv_out *out)
{
        const struct tv_layout layout = {.out = out, .columns = TV_TEXT_COLUMNS, .colour = text->options.colour};
        size_t kinds = tv_groups_count(text->groups);
        uint16_t *order = calloc(kinds + 1, sizeof *order);
        size_t count;
        bool page;

        if (order == NULL) {
                tv_out_text(out, "out of memory: no report\n");
                return;
        }
        tv_groups_explain(text->groups);
        count = tv_groups_number(text->groups, group_deserves_entry, order);
        page = text->connections == 1 && text->only != NULL &&
               (count > 0 || text->options.selected || text->in_order == 0 || !is_smooth(text));
        print_head(text, q, &layout);
        if (q->packets > 0 || text->damaged > 0)
                print_capture(text, q, &layout);
        print_verdict(text, q, &layout, order, count);
        if (page) {
                const char *const names[2] = {text->name[TV_A], text->name[TV_B]};

                tv_out_text(out, "\n");
                tv_conn_page_ends(&layout, text->only, names);
                tv_conn_page_icmp(&layout, text->only, text->options.many_files);
                tv_conn_page_comments(&layout, text->only, q->comments_left_out, text->options.many_files);
        }
        print_findings(text, q, &layout, order, count);
        if (page) {
                tv_conn_page_time(&layout, text->only);
                tv_conn_page_states(&layout, text->only, text->options.many_files);
        } else {
                print_trouble(text, q, &layout);
                if (tv_conn_table_connections(text->trouble) < text->connections) {
                        tv_out_text(out, "\n");
                        tv_services_print(text->services, &layout);
                }
        }
        print_notes(text, &layout);
        if (text->all != NULL && text->connections > 0) {
                tv_out_text(out, "\n");
                tv_conn_table_print(text->all, &layout, "ALL CONNECTIONS", text->groups, q->start, 0);
                if (!tv_conn_table_is_complete(text->all))
                        tv_out_text(out, "out of memory: some connections are missing here\n");
        }
        free(order);
}
