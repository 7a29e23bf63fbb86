#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* mkdir, strnlen */
#endif

#include "report/report_csv.h"

#include "reassembly/data_class.h"
#include "report/columns.h"
#include "report/explainer.h"
#include "report/number.h"
#include "report/phrase.h"
#include "report/utf8.h"
#include "report/words.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A million connections make ten million rows, so these writers format in place.  Text that may hold a comma, a quote
 * or a line break goes through libcsv's csv_write, which quotes always and looks at every byte; numbers, times,
 * addresses and the words of our own enums never hold one, need no quotes by RFC 4180, and are copied as they are. */

/* A word with the comma behind it, copied whole and advanced by its length. */
struct word {
        char text[23];
        uint8_t length;
};

/* Strings that are static by contract (triggers, clauses, codes), made ready once: found again by their address. */
struct cached {
        const char *key;
        uint32_t length;
        char text[172]; /* as a field, with its comma; from at most 84 characters */
};
#define CACHED 256 /* a power of two */

#define CAUSES 128 /* more findings that explain others there are not (TV_HOST_FINDINGS) */

struct tv_csv {
        struct tv_out out[TV_TABLES];
        bool open[TV_TABLES];
        bool many_files;
        uint64_t findings;
        struct cause {
                uint64_t number;
                struct tv_explainer finding;
        } cause[CAUSES];
        size_t causes;
        bool keyed;                                 /* rows of findings.csv wait for their cause */
        bool (*keep)(void *context, uint64_t conn); /* rows of segments.csv; NULL: all */
        void *keep_context;
        struct tv_second second; /* of the last transition */
        struct word state[TV_STATES], certainty[TV_TIMER + 1], data_class[TV_DATA_CLASSES], reason[TV_REASONS],
                needed[TV_NEEDED_UNKNOWN + 1], lost[TV_LOST_UNKNOWN + 1], ack_class[TV_ACK_CLASSES];
        struct cached cache[CACHED];
};

/* ---- opening and closing ---- */

static void
words_prepare(struct tv_csv *csv)
{
#define PREPARE(words, name)                                                                                           \
        for (unsigned i = 0; i < sizeof csv->words / sizeof csv->words[0]; i++) {                                      \
                csv->words[i].length =                                                                                 \
                        (uint8_t)snprintf(csv->words[i].text, sizeof csv->words[i].text, "%s,", name(i));              \
        }
        PREPARE(state, tv_tcp_state_name)
        PREPARE(certainty, tv_certainty_word)
        PREPARE(data_class, tv_data_class_name)
        PREPARE(reason, tv_reason_name)
        PREPARE(needed, tv_needed_name)
        PREPARE(lost, tv_lost_name)
        PREPARE(ack_class, tv_ack_class_name)
#undef PREPARE
}

static void
discard(struct tv_csv *csv)
{
        for (int table = 0; table < TV_TABLES; table++)
                if (csv->open[table])
                        tv_out_clear(&csv->out[table]);
        free(csv);
}

struct tv_csv *
tv_csv_open(const char *dir, const struct tv_csv_options *options, char message[TV_OUT_MESSAGE])
{
        struct tv_csv *csv = calloc(1, sizeof *csv);
        size_t room = strlen(dir) + 32;
        char *path = malloc(room);

        if (csv == NULL || path == NULL) {
                snprintf(message, TV_OUT_MESSAGE, "cannot write %s: out of memory", dir);
                free(csv);
                free(path);
                return NULL;
        }
        csv->many_files = options->many_files;
        csv->second = TV_NO_SECOND;
        words_prepare(csv);
        if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
                snprintf(message, TV_OUT_MESSAGE, "cannot create %s: %s", dir, strerror(errno));
                free(csv);
                free(path);
                return NULL;
        }
        for (int table = 0; table < TV_TABLES; table++) {
                if (table == TV_TABLE_segments && !options->segments)
                        continue;
                snprintf(path, room, "%s/%s.csv", dir, tv_table_name((enum tv_table)table));
                csv->open[table] = true;
                if (!tv_out_open(&csv->out[table], path)) {
                        tv_out_message(&csv->out[table], message);
                        discard(csv);
                        free(path);
                        return NULL;
                }
                tv_columns_header(&csv->out[table], (enum tv_table)table);
        }
        free(path);
        return csv;
}

bool
tv_csv_failed(const struct tv_csv *csv)
{
        for (int table = 0; table < TV_TABLES; table++)
                if (csv->open[table] && csv->out[table].error != 0)
                        return true;
        return false;
}

void
tv_csv_fail(struct tv_csv *csv, int error)
{
        struct tv_out *out = &csv->out[csv->open[TV_TABLE_segments] ? TV_TABLE_segments : TV_TABLE_connections];

        if (out->error == 0)
                out->error = error;
}

void
tv_csv_keep_segments(struct tv_csv *csv, bool (*keep)(void *context, uint64_t conn), void *context)
{
        csv->keep = keep;
        csv->keep_context = context;
}

struct keeper {
        const struct tv_csv *csv;
        bool header_seen, odd; /* |odd|: a row that this program did not write */
};

/* |p| behind the next |commas| commas of a row whose fields up to there are never quoted; NULL: it has not so many. */
static const char *
behind_commas(const char *p, const char *end, unsigned commas)
{
        for (; commas > 0 && p != NULL; commas--) {
                p = memchr(p, ',', (size_t)(end - p));
                p = p != NULL ? p + 1 : NULL;
        }
        return p;
}

/* A row of segments.csv: frame,time,conn,...; none of its fields is ever quoted. */
static size_t
keep_row(void *context, char *line, size_t bytes)
{
        struct keeper *keeper = context;
        const char *end = line + bytes, *p;
        uint64_t conn = 0;

        if (!keeper->header_seen) {
                keeper->header_seen = true;
                return bytes;
        }
        p = behind_commas(line, end, 2);
        if (p == NULL || p == end || *p == ',') {
                keeper->odd = true;
                return 0;
        }
        for (; p < end && *p >= '0' && *p <= '9'; p++)
                conn = conn * 10 + (uint64_t)(*p - '0');
        keeper->odd |= p == end || *p != ',';
        return keeper->csv->keep(keeper->csv->keep_context, conn) ? bytes : 0;
}

/* Takes the rows of other connections out of the finished segments.csv. */
static void
drop_segments(struct tv_csv *csv)
{
        struct keeper keeper = {.csv = csv};

        if (csv->keep == NULL || !csv->open[TV_TABLE_segments] || tv_csv_failed(csv))
                return;
        if (tv_out_edit_lines(&csv->out[TV_TABLE_segments], keep_row, &keeper) && keeper.odd)
                tv_csv_fail(csv, EIO);
}

/* ---- what follows from what ----
 *
 * Rows about connections are written when these end, findings of hosts, which explain them, in the end.  Until then the
 * field caused_by of such a row holds what is needed to tell, so that nothing is kept in memory for it; once the file
 * is finished, one pass puts the number there, or nothing. */

/* What a row keeps in that field: read back by this same process. */
struct key {
        struct tv_address addr[2];
        uint16_t port[2];
        tv_time time, until;
};

#define KEY_MARK '@'
#define KEY_ROOM (1 + 2 * sizeof(struct key) + 1)

static char *
put_key(char *p, const struct tv_connection *conn, const struct tv_finding *f)
{
        static const char digit[] = "0123456789abcdef";
        unsigned char byte[sizeof(struct key)];
        struct key key;

        memset(&key, 0, sizeof key);
        for (unsigned end = TV_A; end <= TV_B; end++) {
                key.addr[end] = conn->addr[end];
                key.port[end] = conn->port[end];
        }
        key.time = f->time;
        key.until = f->until;
        memcpy(byte, &key, sizeof byte);
        *p++ = KEY_MARK;
        for (size_t i = 0; i < sizeof byte; i++) {
                *p++ = digit[byte[i] >> 4];
                *p++ = digit[byte[i] & 0xf];
        }
        *p = ',';
        return p + 1;
}

static unsigned
value_of(char digit)
{
        return digit <= '9' ? (unsigned)(digit - '0') : (unsigned)(digit - 'a') + 10;
}

static void
get_key(const char *p, struct key *key)
{
        unsigned char byte[sizeof(struct key)] = {0};

        for (size_t i = 0; i < sizeof byte; i++)
                byte[i] = (unsigned char)(value_of(p[2 * i]) << 4 | value_of(p[2 * i + 1]));
        memcpy(key, byte, sizeof byte);
}

struct linker {
        const struct tv_csv *csv;
        bool inside, odd; /* |inside|: of a text that the line before began */
};

/* A row of findings.csv,
 * finding,conn,endpoint,address,port,code,severity,confidence,blame,time,end,count,caused_by,...: or the rest of one
 * whose texts have line breaks. */
static size_t
link_row(void *context, char *line, size_t bytes)
{
        struct linker *linker = context;
        char *end = line + bytes, *field, *after;
        const char *code, *code_end;
        bool begins = !linker->inside;
        struct key key;

        for (const char *p = line; (p = memchr(p, '"', (size_t)(end - p))) != NULL; p++)
                linker->inside = !linker->inside;
        code = begins ? behind_commas(line, end, 5) : NULL;
        field = code != NULL ? (char *)behind_commas(code, end, 7) : NULL;
        if (field == NULL || *field != KEY_MARK)
                return bytes;
        code_end = memchr(code, ',', (size_t)(end - code));
        if ((size_t)(end - field) <= KEY_ROOM || field[KEY_ROOM - 1] != ',') {
                linker->odd = true;
                return 0;
        }
        get_key(field + 1, &key);
        after = field + KEY_ROOM - 1; /* the comma */
        for (size_t i = 0; i < linker->csv->causes; i++) {
                const struct cause *cause = &linker->csv->cause[i];

                if (!tv_explains_code(&cause->finding, code, (size_t)(code_end - code)) ||
                    !tv_explains_moment(&cause->finding, key.time, key.until) ||
                    !(tv_explains_place(&cause->finding, &key.addr[TV_A], key.port[TV_A]) ||
                      tv_explains_place(&cause->finding, &key.addr[TV_B], key.port[TV_B])))
                        continue;
                field = tv_put_u64(field, cause->number);
                break;
        }
        memmove(field, after, (size_t)(end - after));
        return bytes - (size_t)(after - field);
}

static void
link_findings(struct tv_csv *csv)
{
        struct linker linker = {.csv = csv};

        if (!csv->keyed || tv_csv_failed(csv))
                return;
        if (tv_out_edit_lines(&csv->out[TV_TABLE_findings], link_row, &linker) && linker.odd)
                tv_csv_fail(csv, EIO);
}

/* A finding of a host that may explain others, without its texts. */
static void
note_cause(struct tv_csv *csv, const struct tv_finding *f)
{
        if (f->explains == NULL || csv->causes == CAUSES)
                return;
        csv->cause[csv->causes].number = csv->findings;
        tv_explainer_take(&csv->cause[csv->causes++].finding, f);
}

bool
tv_csv_close(struct tv_csv *csv, char message[TV_OUT_MESSAGE])
{
        bool ok = true;

        if (csv == NULL)
                return true;
        /* First all of them to the disk, then the names: the files belong together. */
        for (int table = 0; table < TV_TABLES; table++) {
                if (csv->open[table])
                        tv_out_finish(&csv->out[table]);
        }
        drop_segments(csv);
        link_findings(csv);
        for (int table = 0; ok && table < TV_TABLES; table++) {
                if (csv->open[table] && csv->out[table].error != 0) {
                        tv_out_message(&csv->out[table], message);
                        ok = false;
                }
        }
        for (int table = 0; ok && table < TV_TABLES; table++) {
                if (csv->open[table] && !tv_out_publish(&csv->out[table])) {
                        tv_out_message(&csv->out[table], message);
                        ok = false;
                }
        }
        discard(csv);
        return ok;
}

/* ---- fields: each is written with the comma behind it ---- */

/* The most that a field takes which is copied and not measured. */
#define FIELD_ROOM 24

static inline char *
end_row(char *p)
{
        p[-1] = '\r';
        *p = '\n';
        return p + 1;
}

static inline char *
put_count(char *p, uint64_t value)
{
        if (value != TV_UNKNOWN)
                p = tv_put_u64(p, value);
        *p = ',';
        return p + 1;
}

static inline char *
put_time(char *p, tv_time time)
{
        if (time != TV_NO_TIME)
                p = tv_put_seconds(p, time);
        *p = ',';
        return p + 1;
}

static inline char *
put_time_near(char *p, tv_time time, struct tv_second *second)
{
        if (time != TV_NO_TIME)
                p = tv_put_seconds_near(p, time, second);
        *p = ',';
        return p + 1;
}

static inline char *
put_frame(char *p, tv_frame frame, bool many_files)
{
        p = tv_put_frame(p, frame, many_files);
        *p = ',';
        return p + 1;
}

static inline char *
put_address(char *p, const struct tv_address *address)
{
        p = tv_put_address(p, address);
        *p = ',';
        return p + 1;
}

static inline char *
put_word(char *p, const struct word *word)
{
        memcpy(p, word->text, sizeof word->text);
        return p + word->length;
}

#define PUT_WORD(p, words, value) put_word(p, &(words)[(value) < sizeof(words) / sizeof((words)[0]) ? (value) : 0])

/* A word or other plain text of at most |room| - 1 bytes. */
static inline char *
put_plain(char *p, const char *text, size_t room)
{
        size_t length = strnlen(text, room - 1);

        memcpy(p, text, length);
        p[length] = ',';
        return p + length + 1;
}

/* Text of any kind, at most TEXT_MAX bytes of it: quoted by libcsv; bytes that are no UTF-8 become U+FFFD. */
#define TEXT_MAX ((size_t)16 * 1024)

static void
write_text(struct tv_out *out, const char *text, bool last)
{
        size_t length = text != NULL ? strnlen(text, TEXT_MAX) : 0;
        size_t room = 2 * TV_UTF8_REPAIRED * length + 2;
        char *p = tv_out_reserve(out, room + TV_UTF8_REPAIRED * length + 2);

        if (length > 0) {
                size_t repaired = tv_utf8_repair(p + room, text, length);

                p += csv_write(p, room, p + room, repaired);
        }
        *p++ = ',';
        tv_out_commit(out, last ? end_row(p) : p);
}

/* A string that is static by contract, made a field at its first use. */
static inline const struct cached *
cached(struct tv_csv *csv, const char *text)
{
        uint64_t address = (uintptr_t)text;
        struct cached *entry = &csv->cache[(address ^ address >> 7) * UINT64_C(0x9e3779b97f4a7c15) >> 56];

        if (entry->key != text) {
                size_t length = strnlen(text, sizeof entry->text / 2 - 2);

                if (text[strcspn(text, ",\"\r\n")] == '\0')
                        memcpy(entry->text, text, length);
                else
                        length = csv_write(entry->text, sizeof entry->text - 1, text, length);
                entry->text[length] = ',';
                entry->length = (uint32_t)length + 1;
                entry->key = text;
        }
        return entry;
}

/* Room for CACHED_ROOM bytes is needed whatever the length: a copy of fixed size is a few instructions. */
#define CACHED_ROOM sizeof(((struct cached *)0)->text)

static inline char *
put_static(struct tv_csv *csv, char *p, const char *text)
{
        const struct cached *entry;

        if (text == NULL) {
                *p = ',';
                return p + 1;
        }
        entry = cached(csv, text);
        memcpy(p, entry->text, 32);
        if (entry->length > 32)
                memcpy(p + 32, entry->text + 32, sizeof entry->text - 32);
        return p + entry->length;
}

/* ---- rows ---- */

static void
write_transitions(struct tv_csv *csv, const struct tv_connection *conn)
{
        struct tv_out *out = &csv->out[TV_TABLE_transitions];
        char number[FIELD_ROOM] = {0};
        size_t length = (size_t)(tv_put_u64(number, conn->conn) - number);

        number[length++] = ',';
        for (size_t i = 0; i < conn->transition_count; i++) {
                const struct tv_transition *t = &conn->transitions[i];
                char *p = tv_out_reserve(out, 10 * FIELD_ROOM + 2 * CACHED_ROOM + 2);

                memcpy(p, number, sizeof number);
                p += length;
                *p++ = t->end == TV_A ? 'a' : 'b';
                *p++ = ',';
                p = PUT_WORD(p, csv->state, t->from);
                p = PUT_WORD(p, csv->state, t->to);
                p = put_static(csv, p, t->trigger);
                p = put_frame(p, t->cause_frame, csv->many_files);
                p = put_frame(p, t->confirm_frame, csv->many_files);
                p = put_time_near(p, t->earliest, &csv->second);
                p = put_time_near(p, t->latest, &csv->second);
                p = put_time_near(p, t->estimate, &csv->second);
                p = PUT_WORD(p, csv->certainty, t->certainty);
                p = put_static(csv, p, t->clause);
                tv_out_commit(out, end_row(p));
        }
}

static char *
put_direction(char *p, const struct tv_direction *d)
{
        p = put_count(p, d->segments);
        p = put_count(p, d->ip_bytes);
        p = put_count(p, d->payload_bytes);
        p = put_count(p, d->unique_bytes);
        if ((d->retransmissions | d->retransmitted_bytes | d->spurious | d->out_of_order | d->network_duplicates |
             d->capture_duplicates) == 0) { /* a healthy direction, as most are */
                memcpy(p, "0,0,0,0,0,0,", 12);
                p += 12;
        } else {
                p = put_count(p, d->retransmissions);
                p = put_count(p, d->retransmitted_bytes);
                p = put_count(p, d->spurious);
                p = put_count(p, d->out_of_order);
                p = put_count(p, d->network_duplicates);
                p = put_count(p, d->capture_duplicates);
        }
        p = put_count(p, d->missing_bytes);
        p = put_count(p, d->duplicate_acks);
        p = put_count(p, d->zero_windows);
        p = put_count(p, d->resets);
        p = put_count(p, d->isn);
        p = put_count(p, d->mss);
        p = put_count(p, d->wscale);
        p = put_count(p, d->sack);
        p = put_count(p, d->timestamps);
        p = put_count(p, d->initial_window);
        p = put_time(p, d->rtt_min);
        p = put_time(p, d->rtt_p50);
        p = put_time(p, d->rtt_p95);
        p = put_time(p, d->rtt_max);
        p = put_count(p, d->rtt_samples);
        return put_count(p, d->max_in_flight);
}

static bool
is_plain(const struct tv_way *way)
{
        return way->first.steps == 0 && !way->not_kept && !way->others;
}

static void
write_way(struct tv_out *out, const struct tv_way *way, bool last)
{
        struct tv_phrase p;

        tv_phrase_clear(&p);
        tv_phrase_way(&p, way);
        write_text(out, p.text, last);
}

static bool
named_before(const struct tv_connection *conn, size_t index)
{
        for (size_t i = 0; i < index; i++)
                if (strcmp(conn->findings[i].code, conn->findings[index].code) == 0)
                        return true;
        return false;
}

/* |conn|: the connection that it is about; NULL: about none. */
static void
write_finding(struct tv_csv *csv, const struct tv_finding *f, const struct tv_connection *conn)
{
        struct tv_out *out = &csv->out[TV_TABLE_findings];
        char *p = tv_out_reserve(out, 12 * FIELD_ROOM + TV_ADDRESS_ROOM + 1 + CACHED_ROOM + KEY_ROOM);

        p = put_count(p, ++csv->findings);
        p = put_count(p, f->conn);
        p = put_plain(p, tv_end_word(f->end), FIELD_ROOM);
        if (f->has_address)
                p = put_address(p, &f->address);
        else
                *p++ = ',';
        p = put_count(p, f->has_address && f->port != 0 ? f->port : TV_UNKNOWN);
        p = put_static(csv, p, f->code);
        p = put_plain(p, tv_severity_word(f->severity), FIELD_ROOM);
        p = put_plain(p, tv_confidence_word(f->confidence), FIELD_ROOM);
        p = put_plain(p, tv_blame_word(f->blame), FIELD_ROOM);
        p = put_time(p, f->time);
        p = put_time(p, f->until);
        p = put_count(p, f->count);
        if (conn != NULL && f->caused_by == TV_UNKNOWN && f->cause_back == 0) {
                p = put_key(p, conn, f);
                csv->keyed = true;
        } else {
                p = put_count(p, f->cause_back != 0 ? csv->findings - f->cause_back : f->caused_by);
        }
        tv_out_commit(out, p);

        p = tv_out_reserve(out, TV_FINDING_FRAMES * (TV_FRAME_ROOM + 1) + 1);
        for (unsigned i = 0; i < f->frame_count && i < TV_FINDING_FRAMES; i++) {
                if (i > 0)
                        *p++ = ';';
                p = tv_put_frame(p, f->frames[i], csv->many_files);
        }
        *p++ = ',';
        tv_out_commit(out, p);
        write_text(out, f->what, false);
        write_text(out, f->not_, false);
        write_text(out, f->advice, true);
}

void
tv_csv_connection(struct tv_csv *csv, const struct tv_connection *conn)
{
        struct tv_out *out = &csv->out[TV_TABLE_connections];
        /* 28 fields before the directions, twice 26 in them, 8 after, and two addresses and texts that are longer */
        char *p = tv_out_reserve(out, 88 * FIELD_ROOM + 512);

        p = put_count(p, conn->conn);
        p = put_count(p, conn->tcp_stream);
        p = put_frame(p, conn->first_frame, csv->many_files);
        p = put_frame(p, conn->last_frame, csv->many_files);
        p = put_time(p, conn->start);
        p = put_time(p, conn->duration);
        for (int end = TV_A; end <= TV_B; end++) {
                p = put_address(p, &conn->addr[end]);
                p = put_count(p, conn->port[end]);
        }
        p = put_plain(p, tv_initiator_word(conn->initiator), FIELD_ROOM);
        p = put_plain(p, tv_handshake_word(conn->handshake), FIELD_ROOM);
        p = put_plain(p, tv_teardown_word(conn->teardown), FIELD_ROOM);
        p = put_plain(p, tv_closed_first_word(conn->closed_first), FIELD_ROOM);
        p = PUT_WORD(p, csv->state, conn->state[TV_A]);
        p = PUT_WORD(p, csv->state, conn->state[TV_B]);
        p = put_time(p, conn->delay[TV_A]);
        p = put_time(p, conn->delay[TV_B]);
        p = put_count(p, conn->turns);
        p = put_time(p, conn->last_idle);
        p = put_plain(p, conn->zeek_conn_state, sizeof conn->zeek_conn_state);
        p = put_plain(p, conn->zeek_history, sizeof conn->zeek_history);
        p = put_plain(p, conn->community_id, sizeof conn->community_id);
        p = put_direction(p, &conn->dir[TV_A]);
        p = put_direction(p, &conn->dir[TV_B]);
        p = put_time(p, conn->time_handshake);
        p = put_time(p, conn->time_a_app);
        p = put_time(p, conn->time_b_app);
        p = put_time(p, conn->time_network);
        p = put_time(p, conn->time_recovery);
        p = put_time(p, conn->time_teardown);
        for (size_t i = 0, named = 0; i < conn->finding_count; i++) {
                if (named_before(conn, i))
                        continue;
                if (named++ > 0)
                        *p++ = ';';
                p = put_static(csv, p, conn->findings[i].code) - 1; /* without the comma */
                tv_out_commit(out, p);
                p = tv_out_reserve(out, CACHED_ROOM + FIELD_ROOM);
        }
        *p++ = ',';
        *p++ = conn->evicted ? '1' : '0';
        *p++ = ',';
        p = put_count(p, conn->icmp_errors);
        if (is_plain(&conn->dir[TV_A].way) && is_plain(&conn->dir[TV_B].way)) {
                *p++ = ',';
                *p++ = ',';
                tv_out_commit(out, end_row(p));
        } else {
                tv_out_commit(out, p);
                write_way(out, &conn->dir[TV_A].way, false);
                write_way(out, &conn->dir[TV_B].way, true);
        }

        write_transitions(csv, conn);
        for (size_t i = 0; i < conn->finding_count; i++)
                write_finding(csv, &conn->findings[i], conn);
}

void
tv_csv_finding(struct tv_csv *csv, const struct tv_finding *f)
{
        write_finding(csv, f, NULL);
        note_cause(csv, f);
}

/* The letters of the TCP flags as tcpdump writes them, in the order of their bits. */
static char *
put_flags(char *p, unsigned flags)
{
        static const char letters[] = "FSRP.UEWe";
        char *begin = p;

        for (unsigned i = 0; i < sizeof letters - 1; i++)
                if ((flags & 1U << i) != 0)
                        *p++ = letters[i];
        return p > begin ? put_plain(p, "", 1) : put_plain(p, "none", FIELD_ROOM);
}

void
tv_csv_segment(struct tv_csv *csv, const struct tv_segment_row *row, const char *interface, const char *comment)
{
        struct tv_out *out = &csv->out[TV_TABLE_segments];
        char *p;

        if (!csv->open[TV_TABLE_segments])
                return;
        p = tv_out_reserve(out, 20 * FIELD_ROOM);
        p = put_frame(p, row->frame, csv->many_files);
        p = put_time(p, row->time);
        p = put_count(p, row->conn);
        p = put_plain(p, row->sender == TV_A ? "a>b" : "b>a", FIELD_ROOM);
        p = put_count(p, row->seq);
        p = put_count(p, (row->flags & TV_ACK) != 0 ? row->ack : TV_UNKNOWN);
        p = put_count(p, row->length);
        p = put_flags(p, row->flags);
        p = put_count(p, row->window);
        p = put_count(p, row->has_expected_seq ? row->expected_seq : TV_UNKNOWN);
        p = put_count(p, row->has_expected_ack ? row->expected_ack : TV_UNKNOWN);
        p = PUT_WORD(p, csv->data_class, row->data_class);
        p = PUT_WORD(p, csv->reason, row->reason);
        p = PUT_WORD(p, csv->needed, row->needed);
        p = PUT_WORD(p, csv->lost, row->lost);
        p = put_frame(p, row->of_frame, csv->many_files);
        p = PUT_WORD(p, csv->ack_class, row->ack_class);
        p = PUT_WORD(p, csv->state, row->state[TV_A]);
        p = PUT_WORD(p, csv->state, row->state[TV_B]);
        if (interface != NULL) {
                tv_out_commit(out, p);
                write_text(out, interface, false);
                p = tv_out_reserve(out, 2 * FIELD_ROOM);
        } else {
                *p++ = ',';
        }
        p = put_plain(p, tv_passed_word(row->passed), FIELD_ROOM);
        if (comment != NULL) {
                tv_out_commit(out, p);
                write_text(out, comment, true);
        } else {
                *p++ = ',';
                tv_out_commit(out, end_row(p));
        }
}

/* What listeners and hosts have in common. */
static char *
put_place(char *p, const struct tv_place_row *row)
{
        p = put_time(p, row->first);
        p = put_time(p, row->last);
        p = put_count(p, row->connections);
        for (unsigned i = 0; i <= TV_HANDSHAKE_NOT_CAPTURED; i++)
                p = put_count(p, row->handshake[i]);
        p = put_count(p, row->syns);
        p = put_count(p, row->syns_again);
        p = put_count(p, row->synacks);
        p = put_count(p, row->synacks_again);
        p = put_count(p, row->ignored);
        p = put_count(p, row->has_address ? row->half_open_most : TV_UNKNOWN);
        p = put_time(p, row->half_open_time);
        p = put_count(p, row->first_by_it);
        p = put_count(p, row->first_by_peer);
        p = put_count(p, row->first_by_both);
        p = put_count(p, row->sent_resets);
        p = put_count(p, row->got_resets);
        p = put_count(p, row->sent_bytes);
        p = put_count(p, row->got_bytes);
        p = put_count(p, row->sent_again);
        p = put_count(p, row->got_again);
        p = put_time(p, row->rtt_min);
        p = put_time(p, row->rtt_p50);
        p = put_time(p, row->rtt_p95);
        p = put_time(p, row->rtt_max);
        p = put_count(p, row->rtt_samples);
        for (unsigned i = TV_CLOSED; i < TV_STATES; i++)
                p = put_count(p, row->state[i]);
        return p;
}

static char *
put_place_address(char *p, const struct tv_place_row *row)
{
        if (row->has_address)
                return put_address(p, &row->address);
        *p = ',';
        return p + 1;
}

void
tv_csv_listener(struct tv_csv *csv, const struct tv_place_row *row)
{
        struct tv_out *out = &csv->out[TV_TABLE_listeners];
        char *p = tv_out_reserve(out, 56 * FIELD_ROOM + TV_ADDRESS_ROOM);

        p = put_place_address(p, row);
        p = put_count(p, row->has_address ? row->port : TV_UNKNOWN);
        p = put_count(p, row->places);
        tv_out_commit(out, end_row(put_place(p, row)));
}

void
tv_csv_host(struct tv_csv *csv, const struct tv_place_row *row)
{
        struct tv_out *out = &csv->out[TV_TABLE_hosts];
        char *p = tv_out_reserve(out, 56 * FIELD_ROOM + TV_ADDRESS_ROOM);

        p = put_place_address(p, row);
        p = put_count(p, row->has_address ? row->places : TV_UNKNOWN);
        p = put_count(p, row->opened);
        p = put_count(p, row->taken);
        tv_out_commit(out, end_row(put_place(p, row)));
}

void
tv_csv_series(struct tv_csv *csv, const struct tv_series_row *row)
{
        struct tv_out *out = &csv->out[TV_TABLE_series];
        char *p = tv_out_reserve(out, 24 * FIELD_ROOM + TV_ADDRESS_ROOM);

        p = put_time_near(p, row->time, &csv->second);
        p = put_time(p, row->step);
        p = put_address(p, &row->address);
        p = put_count(p, row->of_host ? TV_UNKNOWN : row->port);
        p = put_count(p, row->state[TV_SYN_RCVD]);
        p = put_count(p, row->syns);
        p = put_count(p, row->synacks);
        p = put_count(p, row->synacks_again);
        p = put_count(p, row->completed);
        p = put_count(p, row->resets);
        for (unsigned i = TV_SYN_SENT; i < TV_STATES; i++)
                p = put_count(p, row->state[i]);
        tv_out_commit(out, end_row(p));
}

void
tv_csv_file(struct tv_csv *csv, const struct tv_file *file)
{
        struct tv_out *out = &csv->out[TV_TABLE_files];
        bool opened = file->format != NULL; /* else its counts are unknown, not 0 */
        char *p = tv_out_reserve(out, FIELD_ROOM);

        tv_out_commit(out, put_count(p, file->number));
        write_text(out, file->path, false);
        write_text(out, file->format, false);
        write_text(out, file->link_types, false);
        p = tv_out_reserve(out, (4 + TV_BUCKETS) * FIELD_ROOM);
        p = put_time(p, file->start);
        p = put_time(p, file->end);
        p = put_count(p, opened ? file->packets : TV_UNKNOWN);
        for (int bucket = 0; bucket < TV_BUCKETS; bucket++)
                p = put_count(p, opened ? file->bucket[bucket] : TV_UNKNOWN);
        p = put_count(p, file->drops);
        tv_out_commit(out, p);
        write_text(out, file->damage, false);
        p = tv_out_reserve(out, 3 * FIELD_ROOM);
        p = put_count(p, file->damage != NULL ? file->damage_offset : TV_UNKNOWN);
        p = put_count(p, file->damage != NULL ? file->damage_frame : TV_UNKNOWN);
        tv_out_commit(out, p);
        write_text(out, file->capturer, false);
        write_text(out, file->interfaces, false);
        write_text(out, file->comments, false);
        p = tv_out_reserve(out, FIELD_ROOM);
        tv_out_commit(out, end_row(put_count(p, opened ? file->packet_comments : TV_UNKNOWN)));
}
