#include "report/report_text.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>

#define MS    INT64_C(1000000)
#define START INT64_C(1795213058189000000) /* 2026-11-20 22:17:38.189 UTC */

static struct tv_address
address(const char *text)
{
        struct tv_address a = {.ipv6 = strchr(text, ':') != NULL};

        assert_int_equal(inet_pton(a.ipv6 ? AF_INET6 : AF_INET, text, a.byte), 1);
        return a;
}

/* A healthy connection as a capture at b shows it. */
static struct tv_connection
healthy(uint64_t number)
{
        struct tv_connection c = {.conn = number,
                                  .tcp_stream = number,
                                  .start = START + (tv_time)number * MS,
                                  .duration = 77 * MS,
                                  .addr = {address("10.66.1.1"), address("10.66.1.2")},
                                  .port = {(uint16_t)(40000 + number), 10010},
                                  .closed_first = TV_CLOSED_FIRST_A,
                                  .state = {TV_TIME_WAIT, TV_CLOSED},
                                  .delay = {TV_NO_TIME, TV_NO_TIME},
                                  .turns = 1,
                                  .last_idle = TV_NO_TIME,
                                  .time_handshake = TV_NO_TIME,
                                  .time_a_app = TV_NO_TIME,
                                  .time_b_app = MS * 3 / 10,
                                  .time_network = TV_NO_TIME,
                                  .time_recovery = TV_NO_TIME,
                                  .time_teardown = TV_NO_TIME};

        for (int end = TV_A; end <= TV_B; end++)
                c.dir[end] = (struct tv_direction){.segments = 8,
                                                   .payload_bytes = 100,
                                                   .unique_bytes = 100,
                                                   .isn = 1,
                                                   .mss = 1460,
                                                   .wscale = 10,
                                                   .sack = 1,
                                                   .timestamps = 1,
                                                   .rtt_min = end == TV_A ? MS / 10 : 20 * MS + MS / 2,
                                                   .rtt_p50 = TV_NO_TIME,
                                                   .rtt_p95 = TV_NO_TIME,
                                                   .rtt_max = TV_NO_TIME,
                                                   .rtt_samples = 1};
        return c;
}

static struct tv_finding
finding(const char *code, enum tv_severity severity, uint64_t conn)
{
        struct tv_finding f = {.conn = conn,
                               .end = TV_NO_END,
                               .code = code,
                               .severity = (uint8_t)severity,
                               .confidence = TV_LIKELY,
                               .blame = TV_BLAME_NETWORK,
                               .time = START + 211 * MS,
                               .until = TV_NO_TIME,
                               .count = 1,
                               .caused_by = TV_UNKNOWN};

        return f;
}

struct scene {
        struct tv_text *text;
        struct tv_text_options options;
        struct tv_capture_quality quality;
        struct tv_file file;
        char *output;
        size_t length;
};

static void
begin(struct scene *s, struct tv_text_options options)
{
        *s = (struct scene){
                .text = tv_text_new(&options),
                .options = options,
                .quality = {.packets = 16, .tcp_segments = 16, .start = START, .end = START + 77 * MS},
                .file = {.number = 1,
                         .path = "server.pcap",
                         .format = "pcap",
                         .start = START,
                         .end = START + 77 * MS,
                         .packets = 16,
                         .bucket = {[TV_BUCKET_tcp] = 16},
                         .drops = TV_UNKNOWN,
                         .damage_offset = TV_UNKNOWN,
                         .damage_frame = TV_UNKNOWN},
        };
        s->quality.has_taken_at = true;
        s->quality.taken_at = address("10.66.1.2");
        assert_non_null(s->text);
}

static void
add(struct scene *s, const struct tv_connection *conn)
{
        tv_text_connection(s->text, conn);
        s->quality.connections++;
}

static void
add_with(struct scene *s, struct tv_connection conn, const struct tv_finding *findings, size_t count)
{
        conn.findings = findings;
        conn.finding_count = count;
        add(s, &conn);
}

/* The columns of the longest line. */
static size_t
longest_line(const char *text)
{
        size_t longest = 0, columns = 0;

        for (; *text != '\0'; text++) {
                columns = *text == '\n' ? 0 : columns + (((unsigned char)*text & 0xc0) != 0x80);
                if (columns > longest)
                        longest = columns;
        }
        return longest;
}

/* The report without its file; what every report must keep is checked here. */
static const char *
print_without_file(struct scene *s)
{
        struct tv_out out;

        assert_true(tv_out_borrow(&out, -1));
        tv_text_print(s->text, &s->quality, &out);
        s->output = calloc(1, out.used + 1);
        assert_non_null(s->output);
        memcpy(s->output, out.buffer, out.used);
        tv_out_clear(&out);
        if (!s->options.colour) {
                assert_in_range(longest_line(s->output), 1, TV_TEXT_COLUMNS);
                assert_null(strchr(s->output, '\x1b'));
        }
        assert_null(strstr(s->output, " \n")); /* no blanks at the end of lines */
        assert_null(strchr(s->output, '\x1f'));
        return s->output;
}

static const char *
print(struct scene *s)
{
        tv_text_file(s->text, &s->file);
        return print_without_file(s);
}

static void
end(struct scene *s)
{
        tv_text_free(s->text);
        free(s->output);
}

static unsigned
lines_of(const char *text)
{
        unsigned lines = 0;

        for (; *text != '\0'; text++)
                lines += *text == '\n';
        return lines;
}

static unsigned
times(const char *text, const char *part)
{
        unsigned count = 0;

        for (; (text = strstr(text, part)) != NULL; text++)
                count++;
        return count;
}

#define assert_has(text, part)                                                                                         \
        do {                                                                                                           \
                if (strstr((text), (part)) == NULL)                                                                    \
                        fail_msg("\"%s\" is not in:\n%s", (part), (text));                                             \
        } while (0)
#define assert_lacks(text, part)                                                                                       \
        do {                                                                                                           \
                if (strstr((text), (part)) != NULL)                                                                    \
                        fail_msg("\"%s\" is in:\n%s", (part), (text));                                                 \
        } while (0)

static void
healthy_is_six_lines(void **state)
{
        struct scene s;
        struct tv_connection c = healthy(0);

        (void)state;
        begin(&s, (struct tv_text_options){0});
        add(&s, &c);
        assert_string_equal(
                print(&s),
                "server.pcap   2026-11-20 22:17:38.189 UTC, 0.077 s   16 packets, all TCP   1 connection\n"
                "capture       good: none missing, none twice, whole packets, clock steady; taken at 10.66.1.2 (b)\n"
                "verdict       healthy: 1 of 1 opened and closed in order, nothing lost or repeated, no zero window\n"
                "\n"
                "service          conns  closed first  RTT min  reply after  a ends in  b ends in\n"
                "10.66.1.2:10010      1  a 1           20.6 ms       0.3 ms  TIME_WAIT  CLOSED\n");
        end(&s);
}

static void
fifty_thousand_healthy_connections_are_their_ten_busiest_services(void **state)
{
        struct scene s;
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        for (uint64_t i = 0; i < 50000; i++) {
                struct tv_connection c = healthy(i);

                c.port[TV_B] = i % 10 == 3 ? 443 : (uint16_t)(1000 + i % 20000);
                add(&s, &c);
        }
        text = print(&s);
        assert_has(text, "healthy: all 50 000 opened and closed in order; no loss, repetition or zero window\n");
        assert_has(text, "\n10.66.1.2:443   5 000  a 5 000 ");
        assert_int_equal(lines_of(text), 5 + 10 + 1);
        assert_has(text, " connections to other services\n");
        end(&s);
}

static void
a_scan_of_all_ports_does_not_hide_a_busy_service_that_comes_late(void **state)
{
        struct scene s;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        for (uint64_t i = 0; i < 100000; i++) {
                struct tv_connection c = healthy(i);

                c.port[TV_B] = i >= 50000 && i % 5 == 0 ? 443 : (uint16_t)(i % 65000 + 500);
                add(&s, &c);
        }
        assert_has(print(&s), "\n10.66.1.2:443 ");
        end(&s);
}

static void
not_closed_is_not_called_healthy(void **state)
{
        struct scene s;
        struct tv_connection open = healthy(1), repeated = healthy(2), fine = healthy(0);
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        open.teardown = TV_TEARDOWN_OPEN;
        repeated.dir[TV_A].retransmissions = 4;
        add(&s, &fine);
        add(&s, &open);
        add(&s, &repeated);
        text = print(&s);
        assert_lacks(text, "healthy");
        assert_lacks(text, "nothing lost");
        assert_has(text, "no trouble found: 2 of 3 in order, 1 open at the end, 4 segments repeated\n");
        end(&s);
}

static void
packets_that_are_no_tcp_are_counted_by_kind_and_add_up(void **state)
{
        struct scene s;
        struct tv_connection c = healthy(0);
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        add(&s, &c);
        s.file.packets = 12345;
        s.file.bucket[TV_BUCKET_tcp] = 12300;
        s.file.bucket[TV_BUCKET_udp] = 40;
        s.file.bucket[TV_BUCKET_malformed] = 5;
        text = print(&s);
        assert_has(text, "12 345 packets: 12 300 TCP, 40 UDP, 5 malformed");
        assert_lacks(text, "ICMP");
        assert_lacks(text, "all TCP");
        end(&s);
}

static void
a_capture_without_tcp_says_so(void **state)
{
        struct scene s;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        s.quality.tcp_segments = 0;
        s.quality.has_taken_at = false;
        s.file.bucket[TV_BUCKET_tcp] = 0;
        s.file.bucket[TV_BUCKET_udp] = 16;
        assert_string_equal(print(&s), "server.pcap   2026-11-20 22:17:38.189 UTC, 0.077 s   16 packets: 16 UDP\n"
                                       "capture       good: whole packets, clock steady\n"
                                       "verdict       no TCP in this capture\n");
        end(&s);
}

static void
a_capture_without_packets_says_so(void **state)
{
        struct scene s;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        s.quality = (struct tv_capture_quality){.start = TV_NO_TIME, .end = TV_NO_TIME};
        s.file.start = s.file.end = TV_NO_TIME;
        s.file.packets = s.file.bucket[TV_BUCKET_tcp] = 0;
        assert_string_equal(print(&s), "server.pcap   no packets\n"
                                       "verdict       no packets in this capture\n");
        end(&s);
}

static void
flaws_of_the_capture_are_told_with_numbers(void **state)
{
        struct scene s;
        struct tv_connection c = healthy(0);
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        add(&s, &c);
        s.quality.missing_bytes = 14480;
        s.quality.missing_gaps = 2;
        s.quality.capture_duplicates = 1;
        s.quality.super_segments = 3;
        s.file.drops = 7;
        s.file.damage = "the file ends in the middle of a packet";
        s.file.damage_offset = 4096;
        s.file.damage_frame = 16;
        text = print(&s);
        assert_has(text, "14 480 bytes missing in 2 gaps, 7 packets dropped by the capturer, 1 packet twice");
        assert_has(text, "(6.7 %), damaged");
        assert_has(text, "damaged at byte 4 096 after frame 16");
        assert_has(text, "the file ends in the middle of a");
        assert_has(text, "otherwise whole packets, clock steady");
        assert_has(text, "offload (3 super-segments)");
        assert_lacks(text, "good");
        assert_lacks(text, "none missing");
        end(&s);
}

/* How often, how much, whose: what a reader needs to know which numbers to trust. */
static void
duplicates_skew_and_steps_are_measured(void **state)
{
        struct scene s;
        struct tv_connection c = healthy(0);
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        add(&s, &c);
        s.quality.capture_duplicates = s.quality.tcp_segments / 2;
        s.quality.duplicate_lag_typical = 5000;
        s.quality.duplicates_other_ttl = s.quality.capture_duplicates;
        s.quality.early_acks = s.quality.early_acks_of[TV_A] = 3;
        s.quality.skew_most = 1200 * 1000;
        s.quality.clock_steps = 1;
        s.quality.clock_step_most = 50 * MS;
        text = print(&s);
        assert_has(text, "capture       every packet twice, the second copy 5 us later behind a router, 1 step of the");
        assert_has(text, "clock (50.0 ms back), 3 ACKs before their data (what a sent comes at least\n"
                         "              1.2 ms late)");
        end(&s);

        begin(&s, (struct tv_text_options){0});
        add(&s, &c);
        s.quality.tcp_segments = 30;
        s.quality.capture_duplicates = 20;
        text = print(&s);
        assert_has(text, "capture       every packet 3 times");
        end(&s);
}

static void
files_that_could_not_be_read_are_named_with_the_reason(void **state)
{
        struct scene s;
        struct tv_connection c = healthy(0);
        struct tv_file missing = {.number = 2,
                                  .path = "nosuch.pcap",
                                  .start = TV_NO_TIME,
                                  .end = TV_NO_TIME,
                                  .drops = TV_UNKNOWN,
                                  .damage = "No such file or directory",
                                  .damage_offset = TV_UNKNOWN,
                                  .damage_frame = TV_UNKNOWN};
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){.many_files = true});
        add(&s, &c);
        tv_text_file(s.text, &s.file);
        tv_text_file(s.text, &missing);
        text = print_without_file(&s);
        assert_has(text, "file          1  server.pcap   2026-11-20 22:17:38.189 UTC, 0.077 s   16 packets\n");
        assert_has(text, "file          2  nosuch.pcap   not read: No such file or directory\n");
        assert_has(text, "2 files, 1 not read   ");
        end(&s);
}

static void
of_a_thousand_files_the_broken_ones_are_named_and_all_are_counted(void **state)
{
        struct scene s;
        struct tv_connection c = healthy(0);
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){.many_files = true});
        add(&s, &c);
        for (uint32_t i = 1; i <= 1000; i++) {
                s.file.number = i;
                s.file.path = i == 777 ? "broken.pcap" : "whole.pcap";
                s.file.damage = i == 777 ? "makes no sense" : NULL;
                tv_text_file(s.text, &s.file);
        }
        text = print_without_file(&s);
        assert_has(text, "777  broken.pcap");
        assert_has(text, "and 994 more files\n");
        assert_has(text, "1 000 files   ");
        assert_has(text, "16 000 packets, all TCP");
        end(&s);
}

static void
a_thousand_victims_are_one_entry_with_the_worst_five(void **state)
{
        struct scene s;
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        for (uint64_t i = 0; i < 1000; i++) {
                struct tv_finding f = finding("handshake.syn-lost", TV_WARNING, i);

                f.count = i >= 990 ? i - 980 : 1;
                snprintf(f.what, sizeof f.what, "a sent its SYN %u times", (unsigned)f.count);
                add_with(&s, healthy(i), &f, 1);
        }
        text = print(&s);
        assert_has(text, "verdict       1 warning: a SYN was lost, on 1 000 connections, at 22:17:38.400\n");
        assert_int_equal(times(text, "handshake.syn-lost"), 1);
        assert_has(text, "1 000 connections, 1 135 times in all; conn 999: a sent its SYN 19 times\n");
        assert_has(text, "worst: conn 999 998 997 996 995   tcp.stream in {999, 998, 997, 996, 995}\n");
        assert_has(text, "CONNECTIONS WITH TROUBLE, 1 000 of 1 000   all 10.66.1.1 (a) > 10.66.1.2:10010 (b)\n");
        assert_has(text, "\n0-999   ");
        assert_true(lines_of(text) < 15);
        end(&s);
}

static void
errors_come_before_warnings_and_rows_name_their_findings(void **state)
{
        struct scene s;
        struct tv_finding warning = finding("handshake.syn-lost", TV_WARNING, 0);
        struct tv_finding error = finding("data.peer-vanished", TV_ERROR, 1);
        struct tv_connection ok = healthy(2), gone = healthy(1);
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        gone.handshake = TV_HANDSHAKE_COMPLETE;
        gone.teardown = TV_TEARDOWN_ABANDONED;
        gone.closed_first = TV_CLOSED_FIRST_NONE;
        gone.dir[TV_A].retransmissions = 9;
        strcpy(error.what, "b fell silent: a repeated its data 9 times");
        add_with(&s, healthy(0), &warning, 1);
        add_with(&s, gone, &error, 1);
        add(&s, &ok);
        text = print(&s);
        assert_has(text, "verdict       1 error, 1 warning: b fell silent (conn 1), at 22:17:38.400\n");
        assert_has(text, "[1] error   data.peer-vanished   conn 1   likely, blame network   +0.211 s\n");
        assert_has(text, "[2] warning handshake.syn-lost   conn 0   likely, blame network   +0.211 s\n");
        assert_has(text, "CONNECTIONS WITH TROUBLE, 2 of 3");
        assert_has(text, "\n   1   40001  +0.001  0.077  complete                     9/0  TIME_WAIT  CLOSED     [1]\n"
                         "   0   40000  +0.000  0.077  complete   a                      TIME_WAIT  CLOSED     [2]\n");
        end(&s);
}

static void
a_finding_names_the_one_that_caused_it(void **state)
{
        struct scene s;
        struct tv_finding f[2] = {finding("data.stall", TV_NOTICE, 1), finding("data.zero-window", TV_WARNING, 1)};

        (void)state;
        begin(&s, (struct tv_text_options){0});
        add_with(&s, healthy(0), f + 1, 1); /* findings 1 */
        strcpy(f[0].what, "a waited");
        f[0].caused_by = 3; /* and 2, 3 */
        add_with(&s, healthy(1), f, 2);
        assert_has(print(&s), "what  a waited   caused by [1]\n");
        end(&s);
}

/* What is caused stands below its cause, and that where the worst of both belongs. */
static void
consequences_follow_their_cause(void **state)
{
        struct scene s;
        struct tv_finding other = finding("handshake.syn-lost", TV_WARNING, 0);
        struct tv_finding f[2] = {finding("data.peer-vanished", TV_ERROR, 1),
                                  finding("teardown.one-end-gone", TV_WARNING, 1)};
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        add_with(&s, healthy(0), &other, 1); /* findings 1 */
        f[0].caused_by = 3;                  /* and 2, 3 */
        add_with(&s, healthy(1), f, 2);
        text = print(&s);
        assert_has(text, "[1] warning teardown.one-end-gone");
        assert_has(text, "[2] error   data.peer-vanished");
        assert_has(text, "caused by [1]\n");
        assert_has(text, "[3] warning handshake.syn-lost");
        end(&s);
}

/* One line for each port of a scan would be the whole report. */
static void
what_a_scan_touched_is_not_listed(void **state)
{
        struct scene s;
        struct tv_finding scan = finding("host.syn-scan", TV_WARNING, TV_UNKNOWN);
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        for (uint64_t i = 0; i < 20; i++) {
                struct tv_finding f = finding("handshake.refused", TV_WARNING, i);
                struct tv_connection c = healthy(i);

                c.handshake = TV_HANDSHAKE_REFUSED;
                c.port[TV_B] = (uint16_t)(100 + i);
                add_with(&s, c, &f, 1);
        }
        add_with(&s, healthy(20), NULL, 0);
        scan.has_address = true;
        scan.address = address("10.66.1.1");
        scan.port = 0;
        scan.explains = "handshake.refused";
        scan.time = START;
        scan.until = START + 60000 * MS;
        tv_text_finding(s.text, &scan);
        text = print(&s);
        assert_has(text, "[2] warning handshake.refused   conn 0 to 19");
        assert_has(text, "CONNECTIONS WITH TROUBLE, 20 of 21\n"
                         "all of them told above: --all lists them, connections.csv (-o DIR) has them\n");
        assert_null(strstr(text, "10.66.1.2:105"));
        assert_has(text, "10.66.1.2:10010      1  ");
        assert_has(text, "and 20 connections to 20 places where none was established\n");
        end(&s);
}

static void
rows_that_are_alike_fold_and_others_do_not(void **state)
{
        struct scene s;
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        for (uint64_t i = 0; i < 7; i++) {
                struct tv_finding f = finding("teardown.open-at-end", TV_NOTICE, i);
                struct tv_connection c = healthy(i);

                c.state[TV_B] = i < 4 ? TV_CLOSE_WAIT : i == 5 ? TV_SYN_RCVD : TV_LAST_ACK;
                add_with(&s, c, &f, 1);
        }
        text = print(&s);
        assert_has(text, "\n 0-3   40000 ");
        assert_has(text, "\n4 +1   40004 ");
        assert_has(text, "\n   5   40005 ");
        end(&s);
}

static void
one_troubled_connection_is_a_page(void **state)
{
        const struct tv_transition transitions[] = {
                {.end = TV_A, .to = TV_SYN_SENT, .cause_frame = tv_frame_make(1, 1)},
                {.end = TV_B, .to = TV_LISTEN, .certainty = TV_CONFIRMED},
                {.end = TV_B,
                 .to = TV_SYN_RCVD,
                 .cause_frame = tv_frame_make(1, 1),
                 .confirm_frame = tv_frame_make(1, 2),
                 .certainty = TV_CONFIRMED},
                {.end = TV_B,
                 .to = TV_FIN_WAIT_2,
                 .cause_frame = tv_frame_make(1, 259),
                 .confirm_frame = tv_frame_make(1, 260),
                 .certainty = TV_CONFIRMED},
                {.end = TV_B,
                 .to = TV_TIME_WAIT,
                 .cause_frame = tv_frame_make(1, 259),
                 .confirm_frame = tv_frame_make(1, 260),
                 .certainty = TV_CONFIRMED},
                {.end = TV_A, .to = TV_CLOSED, .cause_frame = tv_frame_make(1, 260), .certainty = TV_ASSUMED},
        };
        struct scene s;
        struct tv_finding f = finding("data.loss", TV_NOTICE, 0);
        struct tv_connection c = healthy(0);
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        c.transitions = transitions;
        c.transition_count = sizeof transitions / sizeof transitions[0];
        c.dir[TV_B].payload_bytes = 204344;
        c.dir[TV_B].unique_bytes = 200000;
        c.dir[TV_B].retransmissions = c.dir[TV_B].needed = 3;
        c.dir[TV_B].retransmitted_bytes = 4344;
        f.frames[0] = tv_frame_make(1, 65);
        f.frames[1] = tv_frame_make(1, 118);
        f.frame_count = 2;
        strcpy(f.what, "3 segments lost on the way to a: each was filled one round trip later");
        strcpy(f.not_, "reordering: the fills came after a's SACKs");
        strcpy(f.advice, "look at the path\nfrom b to a");
        add_with(&s, c, &f, 1);
        text = print(&s);
        assert_has(text, "conn 0        a 10.66.1.1:40000 > b 10.66.1.2:10010     opened by a, closed first by a, "
                         "orderly\n");
        assert_has(text, "200 000 B unique, 204 344 B sent\n");
        assert_has(text, "3 segments (4 344 B), all needed\n");
        assert_has(text, "verdict       1 notice: 3 segments lost on the way to a, at 22:17:38.400\n");
        assert_has(text, "    why   frames 65 118\n");
        assert_has(text, "    not   reordering: the fills came after a's SACKs\n");
        assert_has(text, "    do    look at the path\n          from b to a\n");
        assert_has(text, "    see   tcp.stream eq 0\n");
        assert_has(text, "\na  SYN_SENT 1 > CLOSED 260 (assumed)\n"
                         "b  LISTEN > SYN_RCVD 1 (2) > FIN_WAIT_2, TIME_WAIT 259 (260)\n");
        assert_lacks(text, "TIME  "); /* the budget is not known */
        assert_lacks(text, "CONNECTIONS WITH TROUBLE");
        end(&s);
}

static void
the_time_budget_is_printed_when_all_of_it_is_known(void **state)
{
        struct scene s;
        struct tv_finding f = finding("data.loss", TV_NOTICE, 0);
        struct tv_connection c = healthy(0);
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        c.time_handshake = 100 * MS;
        c.time_a_app = 0;
        c.time_b_app = 50 * MS;
        c.time_network = 700 * MS;
        c.time_recovery = 100 * MS;
        c.time_teardown = 50 * MS;
        add_with(&s, c, &f, 1);
        text = print(&s);
        assert_has(text, "1.000 s = 100 %\n");
        assert_has(text, "network         0.700   70 %  ####");
        assert_lacks(text, "application a"); /* nothing that is zero */
        end(&s);
}

static void
a_selected_connection_gets_its_page_even_when_healthy(void **state)
{
        struct scene s;
        struct tv_connection c = healthy(5);
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){.selected = true});
        add(&s, &c);
        s.quality.connections = 62;
        text = print(&s);
        assert_has(text, "1 of 62 connections selected");
        assert_has(text, "conn 5        a 10.66.1.1:40005 > b 10.66.1.2:10010");
        end(&s);
}

static void
nothing_selected_is_said(void **state)
{
        struct scene s;

        (void)state;
        begin(&s, (struct tv_text_options){.selected = true});
        s.quality.connections = 62;
        assert_has(print(&s), "verdict       no connection matches what was asked for\n");
        end(&s);
}

static void
all_lists_every_connection_in_order(void **state)
{
        struct scene s;
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){.all = true});
        for (uint64_t i = 0; i < 100; i++) {
                struct tv_connection c = healthy(99 - i);

                add(&s, &c);
        }
        text = print(&s);
        assert_has(text, "ALL CONNECTIONS   all 10.66.1.1 (a) > 10.66.1.2:10010 (b)\n");
        for (unsigned i = 0; i < 100; i++) {
                char row[32];

                snprintf(row, sizeof row, "\n%4u   %u ", i, 40000 + i);
                assert_int_equal(times(text, row), 1);
        }
        end(&s);
}

static void
long_ipv6_addresses_codes_and_words_stay_within_100_columns(void **state)
{
        static char word[300];

        (void)state;
        memset(word, 'w', sizeof word - 1);
        for (unsigned variant = 0; variant < 8; variant++) {
                struct scene s;
                const char *text;
                bool one_pair = variant & 1, single = variant & 2;

                begin(&s, (struct tv_text_options){.all = true, .many_files = (variant & 4) != 0});
                s.quality.taken_at = address("2001:db8:1111:2222:3333:4444:5555:6666");
                s.file.path = word;
                for (uint64_t i = 0; i < (single ? 1 : 30); i++) {
                        struct tv_finding f =
                                finding("handshake.a-code-that-is-longer-than-all-that-there-are", TV_ERROR, i);
                        struct tv_connection c = healthy(i);

                        c.conn = 1000000000 + i;
                        c.start = START + (tv_time)i * 86400000 * MS;
                        c.duration = 123456789 * MS;
                        c.addr[TV_A] = address("2001:db8:1111:2222:3333:4444:5555:6666");
                        c.addr[TV_B] = address("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff");
                        if (!one_pair) {
                                c.addr[TV_A].byte[15] = (uint8_t)i;
                                c.port[TV_B] = (uint16_t)(60000 + i);
                        }
                        c.teardown = TV_TEARDOWN_RESET;
                        c.state[TV_A] = c.state[TV_B] = TV_ESTABLISHED;
                        c.dir[TV_A].retransmissions = 123456 + i;
                        c.dir[TV_B].retransmissions = 123456;
                        c.dir[TV_A].zero_windows = c.dir[TV_A].out_of_order = c.dir[TV_A].network_duplicates =
                                1234567890;
                        c.dir[TV_A].missing_bytes = 1234567890;
                        f.has_address = true;
                        f.address = c.addr[TV_B];
                        f.port = 65535;
                        memset(f.what, 'x', sizeof f.what - 1);
                        memcpy(f.not_,
                               "word word word word word word word word word word word word word word word "
                               "word word word word",
                               90);
                        f.frame_count = TV_FINDING_FRAMES;
                        for (unsigned k = 0; k < TV_FINDING_FRAMES; k++)
                                f.frames[k] = tv_frame_make(999999, 1000000000000 + k);
                        add_with(&s, c, &f, 1);
                }
                text = print(&s); /* measures every line */
                assert_has(text, "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:");
                assert_has(text, "2001:db8:1111:2222:3333:4444:5555:6");
                assert_has(text, "ESTABLISHED");
                end(&s);
        }
}

static void
addresses_get_a_column_when_they_differ_and_fit(void **state)
{
        struct scene s;
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        for (uint64_t i = 0; i < 3; i++) {
                struct tv_finding f = finding("handshake.half-open", TV_WARNING, i);
                struct tv_connection c = healthy(i);

                c.addr[TV_A].byte[3] = (uint8_t)(100 + i);
                c.port[TV_B] = i == 2 ? 443 : 10010;
                c.dir[TV_A].retransmissions = i;
                add_with(&s, c, &f, 1);
        }
        text = print(&s);
        assert_has(text, "CONNECTIONS WITH TROUBLE, 3 of 3\nconn  a ");
        assert_has(text, "\n> 10.66.1.2:443 (b)\n   2  10.66.1.102:40002  ");
        assert_has(text, "\n> 10.66.1.2:10010 (b)\n   0  10.66.1.100:40000  ");
        assert_has(text, "\n   1  10.66.1.101:40001  ");
        end(&s);
}

static void
rows_of_one_service_and_many_clients_fold_to_several(void **state)
{
        struct scene s;
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        for (uint64_t i = 0; i < 60; i++) {
                struct tv_finding f = finding("handshake.half-open", TV_WARNING, i);
                struct tv_connection c = healthy(i);

                c.addr[TV_A].byte[3] = (uint8_t)(100 + i);
                add_with(&s, c, &f, 1);
        }
        text = print(&s);
        assert_has(text, "CONNECTIONS WITH TROUBLE, 60 of 60   several (a) > 10.66.1.2:10010 (b)\n");
        assert_has(text, "\n0-59  several  ");
        end(&s);
}

static void
repeated_segments_without_a_finding_are_not_called_healthy(void **state)
{
        struct scene s;
        struct tv_connection c = healthy(0);
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        c.dir[TV_B].retransmissions = 3;
        c.dir[TV_A].zero_windows = 2;
        add(&s, &c);
        text = print(&s);
        assert_has(text,
                   "verdict       works: 1 of 1 opened and closed in order, 3 segments repeated, 2 zero windows\n");
        assert_has(text, "\nretransmitted  "); /* its page tells more */
        assert_has(text, "\ntrouble       2 zero windows\n");
        end(&s);
}

static void
colour_adds_nothing_but_colour(void **state)
{
        char *plain = NULL;

        (void)state;
        for (int colour = 0; colour < 2; colour++) {
                struct scene s;
                struct tv_finding f[2] = {finding("data.loss", TV_WARNING, 0), finding("data.stall", TV_ERROR, 1)};
                struct tv_connection ok = healthy(2);

                begin(&s, (struct tv_text_options){.colour = colour == 1});
                strcpy(f[0].what, "something that is long enough to be wrapped at the end of a line of one hundred "
                                  "columns, twice even: something that is long enough to be wrapped");
                add_with(&s, healthy(0), &f[0], 1);
                add_with(&s, healthy(1), &f[1], 1);
                add(&s, &ok);
                print(&s);
                if (colour == 0) {
                        plain = s.output;
                        s.output = NULL;
                } else {
                        char *to = s.output;

                        assert_non_null(strchr(s.output, '\x1b'));
                        for (const char *from = s.output; *from != '\0';) {
                                if (*from == '\x1b')
                                        from += strcspn(from, "m") + 1;
                                else
                                        *to++ = *from++;
                        }
                        *to = '\0';
                        assert_string_equal(s.output, plain);
                }
                end(&s);
        }
        free(plain);
}

static void
names_cannot_control_the_terminal(void **state)
{
        struct scene s;
        struct tv_connection c = healthy(0);
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        add(&s, &c);
        s.file.path = "evil\x1b]0;title\a\xc2\x9b\xff\r\n.pcap";
        text = print(&s);
        assert_has(text, "evil?]0;title?????.pcap   2026");
        end(&s);
}

static void
the_time_zone_does_not_matter(void **state)
{
        struct scene s;
        struct tv_connection c = healthy(0);

        (void)state;
        assert_int_equal(setenv("TZ", "Pacific/Auckland", 1), 0);
        begin(&s, (struct tv_text_options){0});
        add(&s, &c);
        assert_has(print(&s), "2026-11-20 22:17:38.189 UTC");
        end(&s);
        unsetenv("TZ");
}

/* A blank stands between the columns, however much happens in one. */
static void
a_flood_of_millions_has_readable_columns(void **state)
{
        struct scene s;
        struct tv_finding flood = finding("host.syn-flood", TV_ERROR, TV_UNKNOWN);
        struct tv_series_row row = {.step = 1000 * MS, .address = address("10.66.1.2"), .port = 80};
        struct tv_connection c = healthy(0), d = healthy(1);
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        s.quality.end = START + 2500 * MS;
        add(&s, &c);
        add(&s, &d);
        flood.has_address = true;
        flood.address = row.address;
        flood.port = row.port;
        tv_text_finding(s.text, &flood);
        for (unsigned i = 0; i < 2; i++) {
                row.time = START - START % (1000 * MS) + 1000 * MS * i;
                row.syns = i == 0 ? 999999 : 123456789;
                tv_text_series(s.text, &row);
        }
        text = print(&s);
        assert_has(text, " 999999   123M      .   124M\n");
        end(&s);
}

static void
notes_about_the_capture_stand_in_the_capture_line_alone(void **state)
{
        struct scene s;
        struct tv_finding notice = finding("capture.duplicates", TV_NOTICE, TV_UNKNOWN);
        struct tv_finding warning = finding("capture.gap", TV_WARNING, TV_UNKNOWN);
        struct tv_connection c = healthy(0), d = healthy(1);
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        add(&s, &c);
        add(&s, &d);
        tv_text_finding(s.text, &notice);
        tv_text_finding(s.text, &warning);
        s.quality.capture_duplicates = 5;
        text = print(&s);
        assert_has(text, "capture       5 packets twice (45 %);");
        assert_lacks(text, "capture.duplicates");
        assert_has(text, "[1] warning capture.gap");
        assert_has(text, "verdict       1 warning: ");
        end(&s);
}

static void
findings_that_need_no_action_are_one_line(void **state)
{
        struct scene s;
        struct tv_connection ok = healthy(2);
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        for (uint64_t i = 0; i < 2; i++) {
                struct tv_finding f[2] = {finding("handshake.fast-open", TV_INFO, i),
                                          finding("teardown.simultaneous-close", TV_INFO, i)};

                add_with(&s, healthy(i), f, i == 0 ? 1 : 2);
        }
        add(&s, &ok);
        text = print(&s);
        assert_has(text, "verdict       healthy: 3 of 3");
        assert_has(text, "\nalso noted    handshake.fast-open (2 connections), teardown.simultaneous-close (conn 1)\n");
        assert_lacks(text, "WHAT HAPPENED");
        end(&s);
}

static void
an_interrupted_run_says_that_it_was_one(void **state)
{
        struct scene s;
        struct tv_connection c = healthy(0);

        (void)state;
        begin(&s, (struct tv_text_options){0});
        add(&s, &c);
        tv_text_interrupted(s.text);
        assert_has(print(&s), "\nstopped       by the user");
        end(&s);
}

static void
hundreds_of_kinds_of_findings_are_cut_short_and_counted(void **state)
{
        static char codes[400][32];
        struct scene s;
        const char *text;

        (void)state;
        begin(&s, (struct tv_text_options){0});
        for (uint64_t i = 0; i < 400; i++) {
                struct tv_finding f;

                snprintf(codes[i], sizeof codes[i], "data.kind-%03u", (unsigned)i);
                f = finding(codes[i], TV_WARNING, i);
                add_with(&s, healthy(i), &f, 1);
        }
        text = print(&s);
        assert_has(text, "verdict       256 warnings: ");
        assert_has(text, "144 findings of further kinds not shown");
        assert_has(text, "CONNECTIONS WITH TROUBLE, 400 of 400");
        assert_has(text, "connections more: --all lists them");
        end(&s);
}

static void
a_report_that_cannot_be_written_is_an_error(void **state)
{
        struct scene s;
        struct tv_connection c = healthy(0);
        struct tv_out out;
        char message[TV_OUT_MESSAGE];
        int fd = open("/dev/full", O_WRONLY);

        (void)state;
        assert_true(fd >= 0);
        begin(&s, (struct tv_text_options){0});
        add(&s, &c);
        tv_text_file(s.text, &s.file);
        assert_true(tv_out_borrow(&out, fd));
        tv_text_print(s.text, &s.quality, &out);
        assert_false(tv_out_close(&out, message));
        assert_has(message, "standard output");
        close(fd);
        end(&s);
}

static void
page_names_hosts_and_shows_comments(void **state)
{
        struct tv_comment_seen comments[10];
        struct tv_connection c = healthy(0);
        const struct tv_address a = address("10.66.1.1"), b = address("10.66.1.2"), other = address("10.66.1.3");
        struct scene s;
        const char *text;

        (void)state;
        for (unsigned i = 0; i < 10; i++)
                comments[i] = (struct tv_comment_seen){tv_frame_make(1, 10 + i), "why"};
        strcpy(comments[1].text, "an escape \x1b[31m and an end");
        memset(comments[2].text, 'x', sizeof comments[2].text - 1);
        c.comments = comments;
        c.comment_count = 10;
        c.comments_more = 1;
        begin(&s, (struct tv_text_options){.selected = true});
        add(&s, &c);
        memset(comments, 0, sizeof comments); /* they were borrowed */
        tv_text_name(s.text, &other, "other.example");
        tv_text_name(s.text, &b, "server.example");
        tv_text_name(s.text, &b, "second.example");
        tv_text_name(s.text, &a, "client\x1b");
        s.quality.comments_left_out = 2;
        text = print(&s);
        assert_has(text,
                   "conn 0        a 10.66.1.1:40000 (client?) > b 10.66.1.2:10010 (server.example)     opened by a");
        assert_has(text, "\ncomment       frame 10: why\n              frame 11: an escape ?[31m and an end\n");
        assert_has(text,
                   "\n              frame 19: why\n              and 1 comment more: segments.csv (--segments) has "
                   "them; 2 comments of the capture");
        assert_lacks(text, "other.example");
        assert_lacks(text, "second.example");
        end(&s);

        c = healthy(0);
        begin(&s, (struct tv_text_options){.selected = true});
        add(&s, &c);
        text = print(&s);
        assert_has(text, "conn 0        a 10.66.1.1:40000 > b 10.66.1.2:10010     opened by a");
        assert_lacks(text, "comment");
        end(&s);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(page_names_hosts_and_shows_comments),
                cmocka_unit_test(healthy_is_six_lines),
                cmocka_unit_test(fifty_thousand_healthy_connections_are_their_ten_busiest_services),
                cmocka_unit_test(a_scan_of_all_ports_does_not_hide_a_busy_service_that_comes_late),
                cmocka_unit_test(not_closed_is_not_called_healthy),
                cmocka_unit_test(packets_that_are_no_tcp_are_counted_by_kind_and_add_up),
                cmocka_unit_test(a_capture_without_tcp_says_so),
                cmocka_unit_test(a_capture_without_packets_says_so),
                cmocka_unit_test(flaws_of_the_capture_are_told_with_numbers),
                cmocka_unit_test(duplicates_skew_and_steps_are_measured),
                cmocka_unit_test(files_that_could_not_be_read_are_named_with_the_reason),
                cmocka_unit_test(of_a_thousand_files_the_broken_ones_are_named_and_all_are_counted),
                cmocka_unit_test(a_thousand_victims_are_one_entry_with_the_worst_five),
                cmocka_unit_test(errors_come_before_warnings_and_rows_name_their_findings),
                cmocka_unit_test(a_finding_names_the_one_that_caused_it),
                cmocka_unit_test(consequences_follow_their_cause),
                cmocka_unit_test(what_a_scan_touched_is_not_listed),
                cmocka_unit_test(rows_that_are_alike_fold_and_others_do_not),
                cmocka_unit_test(one_troubled_connection_is_a_page),
                cmocka_unit_test(the_time_budget_is_printed_when_all_of_it_is_known),
                cmocka_unit_test(a_selected_connection_gets_its_page_even_when_healthy),
                cmocka_unit_test(nothing_selected_is_said),
                cmocka_unit_test(all_lists_every_connection_in_order),
                cmocka_unit_test(long_ipv6_addresses_codes_and_words_stay_within_100_columns),
                cmocka_unit_test(addresses_get_a_column_when_they_differ_and_fit),
                cmocka_unit_test(rows_of_one_service_and_many_clients_fold_to_several),
                cmocka_unit_test(repeated_segments_without_a_finding_are_not_called_healthy),
                cmocka_unit_test(colour_adds_nothing_but_colour),
                cmocka_unit_test(names_cannot_control_the_terminal),
                cmocka_unit_test(the_time_zone_does_not_matter),
                cmocka_unit_test(notes_about_the_capture_stand_in_the_capture_line_alone),
                cmocka_unit_test(a_flood_of_millions_has_readable_columns),
                cmocka_unit_test(findings_that_need_no_action_are_one_line),
                cmocka_unit_test(an_interrupted_run_says_that_it_was_one),
                cmocka_unit_test(hundreds_of_kinds_of_findings_are_cut_short_and_counted),
                cmocka_unit_test(a_report_that_cannot_be_written_is_an_error),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
