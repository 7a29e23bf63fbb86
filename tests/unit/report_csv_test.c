#include "report/columns.h"
#include "report/report_csv.h"

#include "reassembly/data_class.h"

#include <csv.h>
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "csv-test-XXXXXX";

static int
folder_make(void **state)
{
        (void)state;
        return mkdtemp(folder) != NULL ? 0 : -1;
}

static void
folder_empty(void)
{
        DIR *dir = opendir(folder);

        assert_non_null(dir);
        for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
                char path[512];

                if (entry->d_name[0] == '.')
                        continue;
                snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
                unlink(path);
        }
        closedir(dir);
}

static int
files_in_folder(void)
{
        DIR *dir = opendir(folder);
        int count = 0;

        assert_non_null(dir);
        for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
                count += entry->d_name[0] != '.';
        closedir(dir);
        return count;
}

static int
folder_remove(void **state)
{
        (void)state;
        folder_empty();
        return rmdir(folder);
}

/* ---- reading back, with libcsv's parser in strict mode ---- */

#define ROWS   64
#define FIELDS 128

static struct {
        char *field[ROWS][FIELDS];
        size_t fields[ROWS], rows;
        char raw[1 << 20];
        size_t length;
} table;

static void
on_field(void *text, size_t length, void *context)
{
        char *copy = calloc(1, length + 1);

        (void)context;
        assert_non_null(copy);
        if (length > 0)
                memcpy(copy, text, length);
        assert_true(table.rows < ROWS && table.fields[table.rows] < FIELDS);
        table.field[table.rows][table.fields[table.rows]++] = copy;
}

static void
on_row(int end, void *context)
{
        (void)context;
        assert_int_equal(end, '\r'); /* CR LF, of which the parser reports the first */
        table.rows++;
}

static void
forget(void)
{
        for (size_t row = 0; row < table.rows; row++)
                for (size_t i = 0; i < table.fields[row]; i++)
                        free(table.field[row][i]);
        memset(&table, 0, sizeof table);
}

static void
load(const char *name)
{
        struct csv_parser parser;
        char path[128];
        FILE *file;

        forget();
        snprintf(path, sizeof path, "%s/%s.csv", folder, name);
        file = fopen(path, "r");
        assert_non_null(file);
        table.length = fread(table.raw, 1, sizeof table.raw, file);
        fclose(file);
        assert_true(table.length > 2 && table.length < sizeof table.raw);
        assert_memory_equal(table.raw + table.length - 2, "\r\n", 2);
        assert_int_equal(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI), 0);
        assert_int_equal(csv_parse(&parser, table.raw, table.length, on_field, on_row, NULL), table.length);
        assert_int_equal(csv_fini(&parser, on_field, on_row, NULL), 0);
        csv_free(&parser);
        for (size_t row = 0; row < table.rows; row++)
                assert_int_equal(table.fields[row], table.fields[0]);
}

/* The field of the row (1: the first after the header) in the column. */
static const char *
cell(size_t row, const char *column)
{
        assert_true(row < table.rows);
        for (size_t i = 0; i < table.fields[0]; i++)
                if (strcmp(table.field[0][i], column) == 0)
                        return table.field[row][i];
        fail_msg("no column %s", column);
        return NULL;
}

static struct tv_csv *
begin(bool segments, bool many_files)
{
        char message[TV_OUT_MESSAGE];
        struct tv_csv *csv;

        folder_empty();
        csv = tv_csv_open(folder, &(struct tv_csv_options){.segments = segments, .many_files = many_files}, message);
        assert_non_null(csv);
        return csv;
}

static void
end(struct tv_csv *csv)
{
        char message[TV_OUT_MESSAGE] = "";

        assert_true(tv_csv_close(csv, message));
        assert_string_equal(message, "");
}

#define UNKNOWN_DIRECTION                                                                                              \
        {                                                                                                              \
                .isn = TV_UNKNOWN, .mss = TV_UNKNOWN, .wscale = TV_UNKNOWN, .sack = TV_UNKNOWN,                        \
                .timestamps = TV_UNKNOWN, .initial_window = TV_UNKNOWN, .missing_bytes = TV_UNKNOWN,                   \
                .rtt_min = TV_NO_TIME, .rtt_p50 = TV_NO_TIME, .rtt_p95 = TV_NO_TIME, .rtt_max = TV_NO_TIME             \
        }

/* A connection of which little is known. */
static const struct tv_connection unknown = {
        .conn = 7,
        .tcp_stream = TV_UNKNOWN,
        .start = 1700000000123456789,
        .duration = 0,
        .addr = {{.byte = {10, 0, 0, 1}}, {.byte = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, .ipv6 = true}},
        .port = {40000, 443},
        .initiator = TV_INITIATOR_INFERRED,
        .handshake = TV_HANDSHAKE_NOT_CAPTURED,
        .teardown = TV_TEARDOWN_OPEN,
        .closed_first = TV_CLOSED_FIRST_NONE,
        .state = {TV_NO_STATE, TV_ESTABLISHED},
        .delay = {TV_NO_TIME, 0},
        .turns = TV_UNKNOWN,
        .last_idle = TV_NO_TIME,
        .dir = {UNKNOWN_DIRECTION, UNKNOWN_DIRECTION},
        .time_handshake = TV_NO_TIME,
        .time_a_app = 5,
        .time_b_app = TV_NO_TIME,
        .time_network = TV_NO_TIME,
        .time_recovery = TV_NO_TIME,
        .time_teardown = TV_NO_TIME,
};

static void
what_is_unknown_is_empty_and_what_is_zero_is_zero(void **state)
{
        struct tv_csv *csv = begin(false, false);

        (void)state;
        tv_csv_connection(csv, &unknown);
        end(csv);
        load("connections");
        assert_int_equal(table.rows, 2);
        assert_string_equal(cell(1, "conn"), "7");
        assert_string_equal(cell(1, "tcp_stream"), "");
        assert_string_equal(cell(1, "first_frame"), "");
        assert_string_equal(cell(1, "start"), "1700000000.123456789");
        assert_string_equal(cell(1, "duration"), "0.000000000");
        assert_string_equal(cell(1, "b_addr"), "2001:db8::1");
        assert_string_equal(cell(1, "closed_first"), "");
        assert_string_equal(cell(1, "a_state"), "");
        assert_string_equal(cell(1, "b_state"), "ESTABLISHED");
        assert_string_equal(cell(1, "a_delay"), "");
        assert_string_equal(cell(1, "b_delay"), "0.000000000");
        assert_string_equal(cell(1, "turns"), "");
        assert_string_equal(cell(1, "a_isn"), "");
        assert_string_equal(cell(1, "a_sack"), "");
        assert_string_equal(cell(1, "b_missing_bytes"), "");
        assert_string_equal(cell(1, "b_retransmissions"), "0");
        assert_string_equal(cell(1, "a_rtt_min"), "");
        assert_string_equal(cell(1, "time_handshake"), "");
        assert_string_equal(cell(1, "time_a_app"), "0.000000005");
        assert_string_equal(cell(1, "findings"), "");
        assert_string_equal(cell(1, "evicted"), "0");
        assert_string_equal(cell(1, "icmp_errors"), "0");
}

static void
every_value_lands_in_the_column_of_its_name(void **state)
{
        struct tv_csv *csv = begin(false, false);
        struct tv_connection c = {
                .conn = 1,
                .tcp_stream = 2,
                .first_frame = tv_frame_make(1, 3),
                .last_frame = tv_frame_make(1, 4),
                .start = 5,
                .duration = 6,
                .addr = {{.byte = {7, 7, 7, 7}}, {.byte = {9, 9, 9, 9}}},
                .port = {8, 10},
                .initiator = TV_INITIATOR_SYNACK,
                .handshake = TV_HANDSHAKE_SIMULTANEOUS,
                .teardown = TV_TEARDOWN_HALF_CLOSED,
                .closed_first = TV_CLOSED_FIRST_BOTH,
                .state = {TV_FIN_WAIT_1, TV_CLOSE_WAIT},
                .delay = {11, 12},
                .turns = 13,
                .last_idle = 14,
                .zeek_conn_state = "SF",
                .zeek_history = "ShADad",
                .community_id = "1:abc=",
                .time_handshake = 15,
                .time_a_app = 16,
                .time_b_app = 17,
                .time_network = 18,
                .time_recovery = 19,
                .time_teardown = 20,
                .evicted = true,
                .icmp_errors = 4711,
        };
        static const char *const columns[] = {"segments",
                                              "ip_bytes",
                                              "payload_bytes",
                                              "unique_bytes",
                                              "retransmissions",
                                              "retransmitted_bytes",
                                              "spurious",
                                              "out_of_order",
                                              "network_duplicates",
                                              "capture_duplicates",
                                              "missing_bytes",
                                              "duplicate_acks",
                                              "zero_windows",
                                              "resets",
                                              "isn",
                                              "mss",
                                              "wscale",
                                              "sack",
                                              "timestamps",
                                              "initial_window"};

        (void)state;
        for (unsigned d = 0; d < 2; d++) {
                uint64_t base = 100 * (d + 1);
                /* In the order of |columns|. */
                struct tv_direction dir = {
                        base,
                        base + 1,
                        base + 2,
                        base + 3,
                        base + 4,
                        base + 5,
                        base + 6,
                        base + 7,
                        base + 8,
                        base + 9,
                        base + 10,
                        base + 11,
                        base + 12,
                        base + 13,
                        base + 14,
                        base + 15,
                        base + 16,
                        base + 17,
                        base + 18,
                        base + 19,
                        (tv_time)base + 20,
                        (tv_time)base + 21,
                        (tv_time)base + 22,
                        (tv_time)base + 23,
                        base + 24,
                        base + 25,
                        0,
                        0,
                        0,
                        {{2, {TV_STEP_VLAN, TV_STEP_GRE}, {30 + d, 0}}, false, d == 1},
                };

                c.dir[d] = dir;
        }
        tv_csv_connection(csv, &c);
        end(csv);
        load("connections");
        assert_string_equal(cell(1, "conn"), "1");
        assert_string_equal(cell(1, "tcp_stream"), "2");
        assert_string_equal(cell(1, "first_frame"), "3");
        assert_string_equal(cell(1, "last_frame"), "4");
        assert_string_equal(cell(1, "start"), "0.000000005");
        assert_string_equal(cell(1, "duration"), "0.000000006");
        assert_string_equal(cell(1, "a_addr"), "7.7.7.7");
        assert_string_equal(cell(1, "a_port"), "8");
        assert_string_equal(cell(1, "b_addr"), "9.9.9.9");
        assert_string_equal(cell(1, "b_port"), "10");
        assert_string_equal(cell(1, "initiator"), "synack");
        assert_string_equal(cell(1, "handshake"), "simultaneous");
        assert_string_equal(cell(1, "teardown"), "half-closed");
        assert_string_equal(cell(1, "closed_first"), "both");
        assert_string_equal(cell(1, "a_state"), "FIN_WAIT_1");
        assert_string_equal(cell(1, "b_state"), "CLOSE_WAIT");
        assert_string_equal(cell(1, "a_delay"), "0.000000011");
        assert_string_equal(cell(1, "b_delay"), "0.000000012");
        assert_string_equal(cell(1, "turns"), "13");
        assert_string_equal(cell(1, "last_idle"), "0.000000014");
        assert_string_equal(cell(1, "zeek_conn_state"), "SF");
        assert_string_equal(cell(1, "zeek_history"), "ShADad");
        assert_string_equal(cell(1, "community_id"), "1:abc=");
        for (unsigned d = 0; d < 2; d++) {
                char column[40], want[40];

                for (unsigned i = 0; i < sizeof columns / sizeof columns[0]; i++) {
                        snprintf(column, sizeof column, "%c_%s", "ab"[d], columns[i]);
                        snprintf(want, sizeof want, "%u", 100 * (d + 1) + i);
                        assert_string_equal(cell(1, column), want);
                }
        }
        assert_string_equal(cell(1, "a_rtt_min"), "0.000000120");
        assert_string_equal(cell(1, "a_rtt_p50"), "0.000000121");
        assert_string_equal(cell(1, "a_rtt_p95"), "0.000000122");
        assert_string_equal(cell(1, "b_rtt_max"), "0.000000223");
        assert_string_equal(cell(1, "b_rtt_samples"), "224");
        assert_string_equal(cell(1, "b_max_in_flight"), "225");
        assert_string_equal(cell(1, "time_handshake"), "0.000000015");
        assert_string_equal(cell(1, "time_a_app"), "0.000000016");
        assert_string_equal(cell(1, "time_b_app"), "0.000000017");
        assert_string_equal(cell(1, "time_network"), "0.000000018");
        assert_string_equal(cell(1, "time_recovery"), "0.000000019");
        assert_string_equal(cell(1, "time_teardown"), "0.000000020");
        assert_string_equal(cell(1, "evicted"), "1");
        assert_string_equal(cell(1, "icmp_errors"), "4711");
        assert_string_equal(cell(1, "a_way"), "vlan 30, gre");
        assert_string_equal(cell(1, "b_way"), "vlan 31, gre; and others");
}

static void
the_longest_values_of_everything_make_one_row(void **state)
{
        struct tv_csv *csv = begin(true, true);
        struct tv_connection c = unknown;
        struct tv_transition t = {.end = TV_B,
                                  .from = TV_ESTABLISHED,
                                  .to = TV_ESTABLISHED,
                                  .certainty = TV_CONFIRMED,
                                  .trigger = "something, \"quoted\" and longer than any other trigger",
                                  .clause = "3.10.7.4 5th",
                                  .cause_frame = UINT64_MAX,
                                  .confirm_frame = UINT64_MAX,
                                  .earliest = INT64_MIN + 1,
                                  .latest = INT64_MIN + 1,
                                  .estimate = INT64_MIN + 1};
        struct tv_segment_row row = {.frame = UINT64_MAX,
                                     .time = INT64_MIN + 1,
                                     .conn = UINT64_MAX - 1,
                                     .sender = TV_B,
                                     .flags = 0xfff,
                                     .window = UINT16_MAX,
                                     .seq = UINT32_MAX,
                                     .ack = UINT32_MAX,
                                     .length = UINT32_MAX,
                                     .has_expected_seq = true,
                                     .has_expected_ack = true,
                                     .expected_seq = UINT32_MAX,
                                     .expected_ack = UINT32_MAX,
                                     .data_class = TV_DATA_CAPTURE_DUPLICATE,
                                     .reason = TV_REASON_RECOVERY,
                                     .needed = TV_NEEDED_UNKNOWN,
                                     .lost = TV_LOST_DOWNSTREAM,
                                     .ack_class = TV_ACK_KEEPALIVE_REPLY,
                                     .of_frame = UINT64_MAX,
                                     .state = {TV_ESTABLISHED, TV_ESTABLISHED}};

        char long_text[201];

        (void)state;
        memset(long_text, '"', sizeof long_text - 1);
        long_text[sizeof long_text - 1] = '\0';
        c.conn = UINT64_MAX - 1;
        c.tcp_stream = UINT64_MAX - 1;
        c.first_frame = c.last_frame = UINT64_MAX;
        c.start = c.duration = c.last_idle = c.delay[0] = c.delay[1] = INT64_MIN + 1;
        c.time_handshake = c.time_a_app = c.time_b_app = c.time_network = INT64_MIN + 1;
        c.time_recovery = c.time_teardown = INT64_MIN + 1;
        c.turns = UINT64_MAX - 1;
        memset(&c.addr, 0xff, sizeof c.addr);
        c.addr[0].ipv6 = c.addr[1].ipv6 = true;
        memset(&c.zeek_history, 'D', sizeof c.zeek_history); /* no NUL */
        memset(&c.community_id, '=', sizeof c.community_id);
        memset(&c.zeek_conn_state, 'S', sizeof c.zeek_conn_state);
        for (int d = 0; d < 2; d++)
                c.dir[d] = (struct tv_direction){.segments = UINT64_MAX - 1,
                                                 .isn = UINT64_MAX - 1,
                                                 .rtt_min = INT64_MIN + 1,
                                                 .rtt_p50 = INT64_MIN + 1,
                                                 .rtt_p95 = INT64_MIN + 1,
                                                 .rtt_max = INT64_MIN + 1};
        c.transitions = &t;
        c.transition_count = 1;
        tv_csv_connection(csv, &c);
        tv_csv_segment(csv, &row, long_text, long_text);
        end(csv);
        load("connections");
        assert_string_equal(cell(1, "conn"), "18446744073709551614");
        assert_int_equal(strlen(cell(1, "zeek_history")), sizeof c.zeek_history - 1);
        load("transitions");
        assert_string_equal(cell(1, "conn"), "18446744073709551614");
        assert_string_equal(cell(1, "confirm_frame"), "16777215:1099511627775");
        assert_string_equal(cell(1, "trigger"), t.trigger);
        load("segments");
        assert_string_equal(cell(1, "flags"), "FSRP.UEWe");
        assert_string_equal(cell(1, "b_state"), "ESTABLISHED");
}

static void
transitions_name_end_states_frames_and_clause(void **state)
{
        struct tv_csv *csv = begin(false, false);
        struct tv_connection c = unknown;
        const struct tv_transition t[] = {
                {.end = TV_A,
                 .from = TV_NO_STATE,
                 .to = TV_SYN_SENT,
                 .certainty = TV_OBSERVED,
                 .trigger = "SYN sent",
                 .clause = "3.10.1",
                 .cause_frame = tv_frame_make(1, 1),
                 .earliest = TV_NO_TIME,
                 .latest = 1000000001,
                 .estimate = 1000000001},
                {.end = TV_B,
                 .from = TV_TIME_WAIT,
                 .to = TV_CLOSED,
                 .certainty = TV_TIMER,
                 .trigger = "2MSL over",
                 .earliest = 61000000000,
                 .latest = TV_NO_TIME,
                 .estimate = 61000000000},
        };

        (void)state;
        c.transitions = t;
        c.transition_count = 2;
        tv_csv_connection(csv, &c);
        end(csv);
        load("transitions");
        assert_int_equal(table.rows, 3);
        assert_string_equal(cell(1, "conn"), "7");
        assert_string_equal(cell(1, "endpoint"), "a");
        assert_string_equal(cell(1, "from"), "");
        assert_string_equal(cell(1, "to"), "SYN_SENT");
        assert_string_equal(cell(1, "trigger"), "SYN sent");
        assert_string_equal(cell(1, "cause_frame"), "1");
        assert_string_equal(cell(1, "confirm_frame"), "");
        assert_string_equal(cell(1, "earliest"), "");
        assert_string_equal(cell(1, "latest"), "1.000000001");
        assert_string_equal(cell(1, "certainty"), "observed");
        assert_string_equal(cell(1, "clause"), "3.10.1");
        assert_string_equal(cell(2, "endpoint"), "b");
        assert_string_equal(cell(2, "from"), "TIME_WAIT");
        assert_string_equal(cell(2, "cause_frame"), "");
        assert_string_equal(cell(2, "latest"), "");
        assert_string_equal(cell(2, "certainty"), "timer");
        assert_string_equal(cell(2, "clause"), "");
}

static void
a_host_finding_follows_from_one_before_it(void **state)
{
        struct tv_csv *csv = begin(false, false);
        struct tv_finding f = {.conn = TV_UNKNOWN,
                               .end = TV_NO_END,
                               .code = "host.syn-flood",
                               .time = TV_NO_TIME,
                               .until = TV_NO_TIME,
                               .count = 1,
                               .caused_by = TV_UNKNOWN};

        (void)state;
        for (unsigned i = 0; i < 4; i++) {
                f.cause_back = (uint16_t)(i == 3 ? 2 : 0);
                tv_csv_finding(csv, &f);
        }
        end(csv);
        load("findings");
        assert_string_equal(cell(3, "caused_by"), "");
        assert_string_equal(cell(4, "caused_by"), "2");
}

static void
places_and_seconds_have_their_rows(void **state)
{
        struct tv_csv *csv = begin(false, false);
        struct tv_place_row place = {.has_address = true,
                                     .address = unknown.addr[1],
                                     .port = 443,
                                     .places = 1,
                                     .first = 1000000000,
                                     .last = 2000000000,
                                     .connections = 12,
                                     .handshake = {[TV_HANDSHAKE_COMPLETE] = 9, [TV_HANDSHAKE_NOT_CAPTURED] = 3},
                                     .opened = 5,
                                     .taken = 7,
                                     .syns = 14,
                                     .syns_again = 2,
                                     .ignored = 4,
                                     .half_open_most = 6,
                                     .half_open_time = 1500000000,
                                     .first_by_it = 8,
                                     .got_resets = 11,
                                     .rtt_min = 1000000,
                                     .rtt_p50 = TV_NO_TIME,
                                     .rtt_p95 = TV_NO_TIME,
                                     .rtt_max = 9000000,
                                     .rtt_samples = 2,
                                     .state = {[TV_CLOSED] = 3, [TV_TIME_WAIT] = 9}};
        struct tv_series_row second = {.time = 3000000000,
                                       .step = 1000000000,
                                       .address = unknown.addr[1],
                                       .port = 443,
                                       .syns = 21,
                                       .completed = 20,
                                       .state = {[TV_SYN_RCVD] = 5, [TV_TIME_WAIT] = 17}};

        (void)state;
        tv_csv_listener(csv, &place);
        tv_csv_host(csv, &place);
        tv_csv_series(csv, &second);
        place.has_address = false;
        place.places = 77;
        tv_csv_listener(csv, &place);
        second.of_host = true;
        tv_csv_series(csv, &second);
        end(csv);
        load("listeners");
        assert_string_equal(cell(1, "address"), "2001:db8::1");
        assert_string_equal(cell(1, "port"), "443");
        assert_string_equal(cell(1, "places"), "1");
        assert_string_equal(cell(1, "first"), "1.000000000");
        assert_string_equal(cell(1, "connections"), "12");
        assert_string_equal(cell(1, "complete"), "9");
        assert_string_equal(cell(1, "not_captured"), "3");
        assert_string_equal(cell(1, "syns"), "14");
        assert_string_equal(cell(1, "syn_retries"), "2");
        assert_string_equal(cell(1, "ignored"), "4");
        assert_string_equal(cell(1, "most_half_open"), "6");
        assert_string_equal(cell(1, "most_half_open_time"), "1.500000000");
        assert_string_equal(cell(1, "closed_first"), "8");
        assert_string_equal(cell(1, "resets_received"), "11");
        assert_string_equal(cell(1, "rtt_min"), "0.001000000");
        assert_string_equal(cell(1, "rtt_p50"), "");
        assert_string_equal(cell(1, "rtt_max"), "0.009000000");
        assert_string_equal(cell(1, "rtt_samples"), "2");
        assert_string_equal(cell(1, "closed"), "3");
        assert_string_equal(cell(1, "time_wait"), "9");
        assert_string_equal(cell(2, "address"), "");
        assert_string_equal(cell(2, "port"), "");
        assert_string_equal(cell(2, "places"), "77");
        assert_string_equal(cell(2, "most_half_open"), "");
        load("hosts");
        assert_string_equal(cell(1, "listeners"), "1");
        assert_string_equal(cell(1, "opened"), "5");
        assert_string_equal(cell(1, "accepted"), "7");
        assert_string_equal(cell(1, "time_wait"), "9");
        load("series");
        assert_string_equal(cell(1, "time"), "3.000000000");
        assert_string_equal(cell(1, "step"), "1.000000000");
        assert_string_equal(cell(1, "port"), "443");
        assert_string_equal(cell(1, "half_open"), "5");
        assert_string_equal(cell(1, "syn_rcvd"), "5");
        assert_string_equal(cell(1, "syns"), "21");
        assert_string_equal(cell(1, "completed"), "20");
        assert_string_equal(cell(1, "time_wait"), "17");
        assert_string_equal(cell(2, "port"), "");
}

static void
findings_are_numbered_over_all_connections_and_each_code_is_listed_once(void **state)
{
        struct tv_csv *csv = begin(false, false);
        struct tv_connection c = unknown;
        struct tv_finding f[3] = {
                {.conn = 7,
                 .end = TV_NO_END,
                 .code = "handshake.syn-lost",
                 .severity = TV_WARNING,
                 .confidence = TV_LIKELY,
                 .blame = TV_BLAME_NETWORK,
                 .time = 1000000000,
                 .until = TV_NO_TIME,
                 .count = 2,
                 .caused_by = TV_UNKNOWN,
                 .frames = {tv_frame_make(1, 9), tv_frame_make(1, 12)},
                 .frame_count = 2,
                 .what = "a, then \"b\"",
                 .not_ = "",
                 .advice = "line\r\nnext"},
        };
        struct tv_finding capture = {.conn = TV_UNKNOWN,
                                     .end = TV_NO_END,
                                     .code = "capture.gap",
                                     .blame = TV_BLAME_CAPTURE,
                                     .time = TV_NO_TIME,
                                     .until = TV_NO_TIME,
                                     .count = TV_UNKNOWN,
                                     .caused_by = 2};

        (void)state;
        f[1] = f[0];
        f[1].code = "data.loss";
        f[1].has_address = true;
        f[1].address = unknown.addr[1];
        f[1].port = 443;
        f[1].end = TV_B;
        f[1].caused_by = 1;
        f[2] = f[0];
        c.findings = f;
        c.finding_count = 3;
        tv_csv_connection(csv, &c);
        tv_csv_connection(csv, &c);
        tv_csv_finding(csv, &capture);
        end(csv);
        load("connections");
        assert_string_equal(cell(1, "findings"), "handshake.syn-lost;data.loss");
        assert_string_equal(cell(2, "findings"), "handshake.syn-lost;data.loss");
        load("findings");
        assert_int_equal(table.rows, 8);
        assert_string_equal(cell(1, "finding"), "1");
        assert_string_equal(cell(6, "finding"), "6");
        assert_string_equal(cell(7, "finding"), "7");
        assert_string_equal(cell(1, "conn"), "7");
        assert_string_equal(cell(1, "endpoint"), "");
        assert_string_equal(cell(1, "address"), "");
        assert_string_equal(cell(1, "port"), "");
        assert_string_equal(cell(1, "severity"), "warning");
        assert_string_equal(cell(1, "confidence"), "likely");
        assert_string_equal(cell(1, "blame"), "network");
        assert_string_equal(cell(1, "end"), "");
        assert_string_equal(cell(1, "caused_by"), "");
        assert_string_equal(cell(1, "frames"), "9;12");
        assert_string_equal(cell(1, "what"), "a, then \"b\"");
        assert_string_equal(cell(1, "not"), "");
        assert_string_equal(cell(1, "advice"), "line\r\nnext");
        assert_string_equal(cell(2, "endpoint"), "b");
        assert_string_equal(cell(2, "address"), "2001:db8::1");
        assert_string_equal(cell(2, "port"), "443");
        assert_string_equal(cell(2, "caused_by"), "1");
        assert_string_equal(cell(7, "conn"), "");
        assert_string_equal(cell(7, "count"), "");
        assert_string_equal(cell(7, "frames"), "");
        assert_non_null(strstr(table.raw, "\"a, then \"\"b\"\"\"")); /* RFC 4180 2.7 */
}

/* The finding of a host comes long after those of the connections that follow from it. */
static void
what_a_host_finding_explains_names_it(void **state)
{
        static const struct {
                const char *code;
                uint8_t last; /* octet of the service's address */
                uint16_t port;
                tv_time time, until;
                const char *caused_by;
        } row[] = {
                {"handshake.syn-lost", 1, 443, 20, 21, "11"}, {"handshake.syn-lost", 1, 443, 5, 30, "11"},
                {"handshake.syn-lost", 1, 443, 20, -1, "11"}, /* no known end */
                {"handshake.syn", 1, 443, 20, 21, ""},        {"handshake.syn-lost-more", 1, 443, 20, 21, ""},
                {"handshake.syn-lost", 1, 443, 40, 41, ""},   {"handshake.syn-lost", 1, 443, 5, 6, ""},
                {"handshake.syn-lost", 1, 80, 20, 21, ""},    {"handshake.syn-lost", 2, 443, 20, 21, ""},
                {"data.loss", 2, 80, 20, 21, "12"}, /* the second is about a client, whatever the port */
        };
        enum { COUNT = sizeof row / sizeof row[0] };
        struct tv_csv *csv = begin(false, false);
        struct tv_finding host = {.conn = TV_UNKNOWN,
                                  .end = TV_NO_END,
                                  .code = "host.accept-queue-overflow",
                                  .has_address = true,
                                  .port = 443,
                                  .time = 10 * INT64_C(1000000000),
                                  .until = 30 * INT64_C(1000000000),
                                  .caused_by = TV_UNKNOWN,
                                  .explains = "data.stall handshake.syn-lost"};
        uint64_t before = 0;

        (void)state;
        host.address = unknown.addr[TV_B];
        for (size_t i = 0; i < COUNT; i++) {
                struct tv_connection c = unknown;
                struct tv_finding f = {.conn = i,
                                       .end = TV_NO_END,
                                       .code = row[i].code,
                                       .time = row[i].time * INT64_C(1000000000),
                                       .until = row[i].until < 0 ? TV_NO_TIME : row[i].until * INT64_C(1000000000),
                                       .caused_by = TV_UNKNOWN,
                                       .what = "a \"b\", and\r\n1,2,3,4,5,6,7,8,9,10,11,12,@13,14"};

                c.addr[TV_B].byte[15] = row[i].last;
                c.port[TV_B] = row[i].port;
                c.findings = &f;
                c.finding_count = 1;
                tv_csv_connection(csv, &c);
        }
        tv_csv_finding(csv, &host);
        host.address = unknown.addr[TV_A];
        host.port = 0;
        host.explains = "data.loss";
        tv_csv_finding(csv, &host);
        end(csv);
        load("findings");
        assert_int_equal(table.rows, 1 + COUNT + 2);
        for (size_t i = 0; i < COUNT; i++) {
                assert_string_equal(cell(i + 1, "caused_by"), row[i].caused_by);
                assert_string_equal(cell(i + 1, "what"), "a \"b\", and\r\n1,2,3,4,5,6,7,8,9,10,11,12,@13,14");
                assert_int_equal(strtoull(cell(i + 1, "finding"), NULL, 10), before + 1);
                before++;
        }
        assert_string_equal(cell(COUNT + 1, "caused_by"), "");
}

static void
a_connection_with_a_hundred_findings_has_one_row(void **state)
{
        struct tv_csv *csv = begin(false, false);
        struct tv_connection c = unknown;
        static struct tv_finding f[100];
        static char code[100][40];

        (void)state;
        for (int i = 0; i < 100; i++) {
                snprintf(code[i], sizeof code[i], "family.a-rather-long-code-%04d", i);
                f[i] = (struct tv_finding){.conn = 7, .code = code[i], .caused_by = TV_UNKNOWN};
        }
        c.findings = f;
        c.finding_count = 100;
        for (int i = 0; i < 60; i++)
                tv_csv_connection(csv, &c); /* beyond the buffer */
        end(csv);
        load("connections");
        assert_int_equal(table.rows, 61);
        assert_int_equal(strlen(cell(60, "findings")), 100 * 31 - 1);
        assert_non_null(strstr(cell(60, "findings"), ";family.a-rather-long-code-0099"));
}

static void
several_files_have_frames_with_their_file(void **state)
{
        struct tv_csv *csv = begin(true, true);
        const struct tv_segment_row row = {.frame = tv_frame_make(2, 5), .of_frame = tv_frame_make(1, 77), .flags = 2};

        (void)state;
        tv_csv_segment(csv, &row, NULL, NULL);
        end(csv);
        load("segments");
        assert_string_equal(cell(1, "frame"), "2:5");
        assert_string_equal(cell(1, "of_frame"), "1:77");
}

static void
segments_show_flags_as_tcpdump_does_and_no_ack_without_its_flag(void **state)
{
        struct tv_csv *csv = begin(true, false);
        struct tv_segment_row row = {.frame = tv_frame_make(1, 1),
                                     .time = 0,
                                     .flags = TV_SYN,
                                     .sender = TV_A,
                                     .ack = 99,
                                     .data_class = TV_DATA_NEW,
                                     .ack_class = TV_ACK_NONE,
                                     .state = {TV_SYN_SENT, TV_NO_STATE}};

        (void)state;
        tv_csv_segment(csv, &row, NULL, NULL);
        row.flags = TV_PSH | TV_ACK;
        row.sender = TV_B;
        row.has_expected_seq = true;
        row.expected_seq = 0;
        row.data_class = TV_DATA_RETRANSMISSION;
        row.reason = TV_REASON_TLP;
        row.needed = TV_NEEDED_NO;
        row.lost = TV_LOST_ACK;
        row.ack_class = TV_ACK_DUPLICATE;
        tv_csv_segment(csv, &row, NULL, NULL);
        row.flags = 0;
        tv_csv_segment(csv, &row, NULL, NULL);
        end(csv);
        load("segments");
        assert_string_equal(cell(1, "flags"), "S");
        assert_string_equal(cell(1, "direction"), "a>b");
        assert_string_equal(cell(1, "ack"), "");
        assert_string_equal(cell(1, "expected_seq"), "");
        assert_string_equal(cell(1, "data_class"), "new");
        assert_string_equal(cell(1, "reason"), "");
        assert_string_equal(cell(1, "needed"), "");
        assert_string_equal(cell(1, "lost"), "");
        assert_string_equal(cell(1, "of_frame"), "");
        assert_string_equal(cell(1, "ack_class"), "none");
        assert_string_equal(cell(1, "a_state"), "SYN_SENT");
        assert_string_equal(cell(1, "b_state"), "");
        assert_string_equal(cell(2, "flags"), "P.");
        assert_string_equal(cell(2, "direction"), "b>a");
        assert_string_equal(cell(2, "ack"), "99");
        assert_string_equal(cell(2, "expected_seq"), "0");
        assert_string_equal(cell(2, "data_class"), "retransmission");
        assert_string_equal(cell(2, "reason"), "tlp");
        assert_string_equal(cell(2, "needed"), "no");
        assert_string_equal(cell(2, "lost"), "ack");
        assert_string_equal(cell(2, "ack_class"), "duplicate");
        assert_string_equal(cell(3, "flags"), "none");
}

static void
segments_tell_interface_direction_and_comment(void **state)
{
        static const struct {
                uint8_t passed;
                const char *interface, *comment, *word;
        } rows[] = {
                {TV_PASSED_UNKNOWN, NULL, NULL, ""},
                {TV_PASSED_IN, "eth0", NULL, "in"},
                {TV_PASSED_OUT, NULL, "said \"no\", twice", "out"},
                {TV_PASSED_BY, "a,b", "\xff", "in"},
                {TV_PASSED_UNKNOWN, NULL, NULL, ""},
        };
        struct tv_csv *csv = begin(true, false);

        (void)state;
        for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                const struct tv_segment_row row = {.frame = tv_frame_make(1, i + 1), .passed = rows[i].passed};

                tv_csv_segment(csv, &row, rows[i].interface, rows[i].comment);
        }
        end(csv);
        load("segments");
        for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                const char *comment = rows[i].comment != NULL ? rows[i].comment : "";

                assert_string_equal(cell(i + 1, "interface"), rows[i].interface != NULL ? rows[i].interface : "");
                assert_string_equal(cell(i + 1, "passed"), rows[i].word);
                assert_string_equal(cell(i + 1, "comment"), comment[0] == '\xff' ? "\xef\xbf\xbd" : comment);
        }
}

static void
segments_are_written_only_when_asked_for(void **state)
{
        struct tv_csv *csv = begin(false, false);
        const struct tv_segment_row row = {.frame = tv_frame_make(1, 1)};

        (void)state;
        tv_csv_segment(csv, &row, NULL, NULL);
        end(csv);
        assert_int_equal(files_in_folder(), 7);
}

static bool
is_odd(void *context, uint64_t conn)
{
        ++*(unsigned *)context;
        return conn % 2 != 0;
}

static void
segments_keeps_the_rows_of_some_connections(void **state)
{
        static const uint64_t conns[] = {0, 1, 2, 1, UINT64_MAX - 2, UINT64_MAX - 1, 10, 101, 0, 7};
        struct tv_csv *csv = begin(true, true);
        unsigned asked = 0;

        (void)state;
        tv_csv_keep_segments(csv, is_odd, &asked);
        for (uint64_t i = 0; i < sizeof conns / sizeof conns[0]; i++) {
                const struct tv_segment_row row = {.frame = tv_frame_make(2, i + 1), .conn = conns[i]};

                tv_csv_segment(csv, &row, NULL, NULL);
        }
        tv_csv_connection(csv, &unknown);
        end(csv);
        assert_int_equal(asked, 10);
        load("segments");
        assert_int_equal(table.rows, 1 + 5);
        assert_string_equal(cell(1, "frame"), "2:2");
        assert_string_equal(cell(2, "frame"), "2:4");
        assert_string_equal(cell(3, "conn"), "18446744073709551613");
        assert_string_equal(cell(4, "conn"), "101");
        assert_string_equal(cell(5, "frame"), "2:10");
        load("connections");
        assert_int_equal(table.rows, 2);

        csv = begin(true, false);
        tv_csv_keep_segments(csv, is_odd, &asked);
        end(csv);
        load("segments");
        assert_int_equal(table.rows, 1);
}

static void
a_row_that_is_none_of_ours_spoils_the_files(void **state)
{
        static const char *const rows[] = {"1,2\n", "1,2,\n", "1,2,x,\n", "1,2,3", "1,2,3\n", "\n", "1,2,\"3\",\n"};

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                char message[TV_OUT_MESSAGE], path[64];
                struct tv_csv *csv = begin(true, false);
                unsigned asked = 0;
                FILE *file;

                tv_csv_keep_segments(csv, is_odd, &asked);
                snprintf(path, sizeof path, "%s/segments.csv.partial", folder);
                /* as if another process had written to it: behind what is written when the file is closed */
                file = fopen(path, "w");
                assert_non_null(file);
                fseek(file, (long)TV_OUT_BUFFER, SEEK_SET);
                fputs("\n", file);
                fputs(rows[i], file);
                fclose(file);
                assert_false(tv_csv_close(csv, message));
                assert_non_null(strstr(message, "segments.csv: Input/output error"));
                assert_int_equal(files_in_folder(), 0);
        }
}

static void
what_the_caller_cannot_do_is_as_a_failed_write(void **state)
{
        (void)state;
        for (int segments = 0; segments < 2; segments++) {
                char message[TV_OUT_MESSAGE];
                struct tv_csv *csv = begin(segments != 0, false);

                assert_false(tv_csv_failed(csv));
                tv_csv_fail(csv, ENOMEM);
                tv_csv_fail(csv, EIO);
                assert_true(tv_csv_failed(csv));
                assert_false(tv_csv_close(csv, message));
                assert_non_null(strstr(message, "Cannot allocate memory"));
                assert_int_equal(files_in_folder(), 0);
        }
}

static void
a_file_that_could_not_be_opened_has_a_row_without_numbers(void **state)
{
        struct tv_csv *csv = begin(false, false);
        const struct tv_file good = {.number = 1,
                                     .path = "odd \"name\", with comma.pcap",
                                     .format = "pcap",
                                     .link_types = "Ethernet;raw IP",
                                     .start = 0,
                                     .end = 1500000000,
                                     .packets = 3,
                                     .bucket = {[TV_BUCKET_tcp] = 2, [TV_BUCKET_unknown_link] = 1},
                                     .drops = TV_UNKNOWN,
                                     .damage = "cut off in the middle of a packet",
                                     .damage_offset = 1024,
                                     .damage_frame = 3};
        const struct tv_file bad = {.number = 2,
                                    .path = "bad\xff\xc3\xa4.pcap",
                                    .start = TV_NO_TIME,
                                    .end = TV_NO_TIME,
                                    .drops = TV_UNKNOWN,
                                    .damage = "No such file or directory",
                                    .damage_offset = TV_UNKNOWN,
                                    .damage_frame = TV_UNKNOWN};

        (void)state;
        tv_csv_file(csv, &good);
        tv_csv_file(csv, &bad);
        end(csv);
        load("files");
        assert_int_equal(table.rows, 3);
        assert_string_equal(cell(1, "path"), "odd \"name\", with comma.pcap");
        assert_string_equal(cell(1, "link_types"), "Ethernet;raw IP");
        assert_string_equal(cell(1, "start"), "0.000000000");
        assert_string_equal(cell(1, "tcp"), "2");
        assert_string_equal(cell(1, "udp"), "0");
        assert_string_equal(cell(1, "unknown_link"), "1");
        assert_string_equal(cell(1, "drops"), "");
        assert_string_equal(cell(1, "damage_offset"), "1024");
        assert_string_equal(cell(2, "path"), "bad\xef\xbf\xbd\xc3\xa4.pcap"); /* UTF-8 whatever the name is */
        assert_string_equal(cell(2, "format"), "");
        assert_string_equal(cell(2, "packets"), "");
        assert_string_equal(cell(2, "tcp"), "");
        assert_string_equal(cell(2, "damage"), "No such file or directory");
        assert_string_equal(cell(2, "damage_offset"), "");
}

static void
a_folder_is_made_and_kept_files_are_replaced(void **state)
{
        char path[64], message[TV_OUT_MESSAGE];
        const struct tv_csv_options options = {0};
        struct tv_csv *csv;

        (void)state;
        folder_empty();
        assert_int_equal(rmdir(folder), 0);
        for (int run = 0; run < 2; run++) {
                csv = tv_csv_open(folder, &options, message);
                assert_non_null(csv);
                end(csv);
                assert_int_equal(files_in_folder(), 7);
        }
        snprintf(path, sizeof path, "%s/files.csv/no", folder);
        assert_null(tv_csv_open(path, &options, message));
        assert_non_null(strstr(message, path));
}

static void
a_full_disk_leaves_no_file_at_all_and_one_message(void **state)
{
        char path[64], message[TV_OUT_MESSAGE] = "";
        struct tv_csv *csv;

        (void)state;
        folder_empty();
        snprintf(path, sizeof path, "%s/transitions.csv.partial", folder);
        assert_int_equal(symlink("/dev/full", path), 0);
        csv = tv_csv_open(folder, &(struct tv_csv_options){0}, message);
        assert_non_null(csv);
        assert_false(tv_csv_failed(csv));
        for (int i = 0; i < 20000; i++) {
                const struct tv_transition t = {.trigger = "SYN sent", .latest = i};
                struct tv_connection c = unknown;

                c.transitions = &t;
                c.transition_count = 1;
                tv_csv_connection(csv, &c);
        }
        assert_true(tv_csv_failed(csv));
        assert_false(tv_csv_close(csv, message));
        assert_non_null(strstr(message, "transitions.csv: No space left"));
        assert_int_equal(files_in_folder(), 0);
}

static void
reports_of_an_earlier_run_outlive_a_failed_one(void **state)
{
        char path[64], message[TV_OUT_MESSAGE];
        struct tv_csv *csv = begin(false, false);

        (void)state;
        tv_csv_connection(csv, &unknown);
        end(csv);
        snprintf(path, sizeof path, "%s/findings.csv.partial", folder);
        assert_int_equal(symlink("/dev/full", path), 0);
        csv = tv_csv_open(folder, &(struct tv_csv_options){0}, message);
        assert_non_null(csv);
        assert_false(tv_csv_close(csv, message));
        load("connections");
        assert_int_equal(table.rows, 2);
        assert_int_equal(files_in_folder(), 7);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_unknown_is_empty_and_what_is_zero_is_zero),
                cmocka_unit_test(every_value_lands_in_the_column_of_its_name),
                cmocka_unit_test(the_longest_values_of_everything_make_one_row),
                cmocka_unit_test(transitions_name_end_states_frames_and_clause),
                cmocka_unit_test(a_host_finding_follows_from_one_before_it),
                cmocka_unit_test(places_and_seconds_have_their_rows),
                cmocka_unit_test(findings_are_numbered_over_all_connections_and_each_code_is_listed_once),
                cmocka_unit_test(what_a_host_finding_explains_names_it),
                cmocka_unit_test(a_connection_with_a_hundred_findings_has_one_row),
                cmocka_unit_test(several_files_have_frames_with_their_file),
                cmocka_unit_test(segments_show_flags_as_tcpdump_does_and_no_ack_without_its_flag),
                cmocka_unit_test(segments_tell_interface_direction_and_comment),
                cmocka_unit_test(segments_are_written_only_when_asked_for),
                cmocka_unit_test(segments_keeps_the_rows_of_some_connections),
                cmocka_unit_test(a_row_that_is_none_of_ours_spoils_the_files),
                cmocka_unit_test(what_the_caller_cannot_do_is_as_a_failed_write),
                cmocka_unit_test(a_file_that_could_not_be_opened_has_a_row_without_numbers),
                cmocka_unit_test(a_folder_is_made_and_kept_files_are_replaced),
                cmocka_unit_test(a_full_disk_leaves_no_file_at_all_and_one_message),
                cmocka_unit_test(reports_of_an_earlier_run_outlive_a_failed_one),
        };
        int failed = cmocka_run_group_tests(tests, folder_make, folder_remove);

        forget();
        return failed;
}
