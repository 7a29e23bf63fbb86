/* Tables of hosts: bounded whatever comes, and what is not kept is counted. */
#include "analyzer/host/host_table.h"
#include "analyzer/host/series.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define START  INT64_C(1700000000000000000)

/* Connection |n| of client 10.c.c.c to 192.0.2.1:port; a lone SYN unless |complete|. */
static struct tv_passage
passage_of(uint64_t n, uint32_t client, uint16_t port, bool complete)
{
        struct tv_connection row = {
                .conn = n, .first_frame = 1 + n, .last_frame = 1 + n, .start = START + (tv_time)n * 1000000};
        struct tv_passage passage;

        row.addr[TV_A].byte[0] = 10;
        row.addr[TV_A].byte[1] = (uint8_t)(client >> 16);
        row.addr[TV_A].byte[2] = (uint8_t)(client >> 8);
        row.addr[TV_A].byte[3] = (uint8_t)client;
        memcpy(row.addr[TV_B].byte, (const uint8_t[]){192, 0, 2, 1}, 4);
        row.port[TV_A] = 40000;
        row.port[TV_B] = port;
        row.dir[TV_A].segments = 1;
        row.handshake = complete ? TV_HANDSHAKE_COMPLETE : TV_HANDSHAKE_NO_ANSWER;
        row.teardown = TV_TEARDOWN_OPEN;
        row.closed_first = TV_CLOSED_FIRST_NONE;
        tv_passage_of_row(&row, START + 100 * SECOND, false, &passage);
        passage.digest.goes_on = complete;
        passage.digest.answered = complete ? row.start : TV_NO_TIME;
        return passage;
}

static uint64_t
connections_of_all(const struct tv_hosts *hosts, bool services)
{
        uint64_t sum = services ? 0 : hosts->stranger.connections;

        for (uint32_t i = 0; i < hosts->subjects; i++)
                if ((hosts->subject[i].role == TV_SUBJECT_CLIENT) != services)
                        sum += hosts->subject[i].connections;
        return sum;
}

static void
a_scan_of_all_ports_leaves_room_for_those_that_serve(void **state)
{
        struct tv_hosts hosts;
        struct tv_address server = {{192, 0, 2, 1}, false};
        uint32_t number;

        (void)state;
        tv_hosts_init(&hosts, 5);
        for (uint64_t n = 0; n < 60000; n++) {
                struct tv_passage passage =
                        passage_of(n, n % 7 == 0 ? 9 : 5, n % 7 == 0 ? 443 : (uint16_t)(1024 + n), n % 7 == 0);

                tv_hosts_add(&hosts, &passage);
                assert_true(hosts.subjects <= TV_SUBJECTS_LEAST ||
                            hosts.subjects <= hosts.connections / TV_KEEP_EACH * 2);
        }
        number = tv_hosts_find(&hosts, TV_SUBJECT_SERVICE, &server, 443);
        assert_int_not_equal(number, 0);
        assert_int_equal(hosts.subject[number].connections, (60000 + 6) / 7);
        assert_int_equal(connections_of_all(&hosts, true), 60000);
        assert_int_equal(connections_of_all(&hosts, false), 60000);
        assert_true(hosts.given_way > 0);
        assert_true(tv_hosts_bytes(&hosts) < 10 << 20);
        tv_hosts_clear(&hosts);
}

static void
a_flood_takes_no_room_from_what_is_completed(void **state)
{
        struct tv_hosts hosts;
        uint32_t opened = 0, failed = 0;
        uint64_t stands_for = 0;

        (void)state;
        tv_hosts_init(&hosts, 5);
        for (uint64_t n = 0; n < 200000; n++) {
                bool real = n % 1000 == 0;
                struct tv_passage passage = passage_of(n, (uint32_t)n, 80, real);

                tv_hosts_add(&hosts, &passage);
        }
        opened = hosts.log[TV_DIGEST_OPENED].count;
        failed = hosts.log[TV_DIGEST_FAILED].count;
        assert_int_equal(opened, 200);
        assert_in_range(failed, 1000, TV_DIGESTS_MOST);
        stands_for = failed * tv_hosts_weight(&hosts, hosts.log[TV_DIGEST_FAILED].at[0].service, TV_DIGEST_FAILED);
        assert_in_range(stands_for, 180000, 220000);
        assert_int_equal(connections_of_all(&hosts, true), 200000);
        /* Clients that sent one SYN and nothing else are no subjects. */
        assert_in_range(hosts.subjects, 200, 300);
        assert_true(tv_hosts_bytes(&hosts) < 10 << 20);
        tv_hosts_clear(&hosts);
}

static void
the_most_at_once_is_found_and_for_how_long(void **state)
{
        struct tv_hosts hosts;
        struct tv_series series;
        struct tv_peak peak;

        (void)state;
        tv_hosts_init(&hosts, 5);
        /* In CLOSE_WAIT from second n to second n + 4: four at once from 3 s on, until the last ones leave. */
        for (uint64_t n = 0; n < 10; n++) {
                struct tv_passage passage = passage_of(n, 1, 80, true);

                passage.stays = 1;
                passage.stay[0] = (struct tv_stay){START + (tv_time)n * SECOND,
                                                   n == 9 ? TV_NO_TIME : START + (tv_time)(n + 4) * SECOND,
                                                   TV_CLOSE_WAIT, TV_B, true};
                tv_hosts_add(&hosts, &passage);
        }
        tv_series_init(&series, &hosts);
        tv_series_peak(&series,
                       tv_hosts_find(&hosts, TV_SUBJECT_SERVICE, &(struct tv_address){{192, 0, 2, 1}, false}, 80),
                       TV_CLOSE_WAIT, 3, &peak);
        assert_int_equal(peak.most, 4);
        assert_int_equal(peak.at, START + 3 * SECOND);
        assert_int_equal(peak.first, START);
        assert_int_equal(peak.above_from, START + 2 * SECOND);
        assert_int_equal(peak.above_to, START + 11 * SECOND);
        assert_int_equal(peak.at_end, 1);
        assert_int_equal(peak.open_then, 4);
        tv_series_clear(&series);
        tv_hosts_clear(&hosts);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_scan_of_all_ports_leaves_room_for_those_that_serve),
                cmocka_unit_test(a_flood_takes_no_room_from_what_is_completed),
                cmocka_unit_test(the_most_at_once_is_found_and_for_how_long),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
