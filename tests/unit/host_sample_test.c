/* Of a busy host only some connections are kept: what the sample lacks must not be taken for what did not happen. */
#include "analyzer/diagnose/diagnose.h"
#include "analyzer/host/host_table.h"
#include "analyzer/host/series.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define START  INT64_C(1700000000000000000)

/* One a millisecond, of client 10.c.c.c to 192.0.2.1:port. */
static void
add(struct tv_hosts *hosts, uint64_t n, uint32_t client, uint16_t port, enum tv_handshake handshake)
{
        struct tv_connection row = {.conn = n,
                                    .first_frame = 1 + n,
                                    .last_frame = 1 + n,
                                    .start = START + (tv_time)n * 1000000,
                                    .initiator = TV_INITIATOR_SYN,
                                    .handshake = (uint8_t)handshake,
                                    .teardown = TV_TEARDOWN_OPEN,
                                    .closed_first = TV_CLOSED_FIRST_NONE};
        struct tv_passage passage;

        row.addr[TV_A] =
                (struct tv_address){{10, (uint8_t)(client >> 16), (uint8_t)(client >> 8), (uint8_t)client}, false};
        row.addr[TV_B] = (struct tv_address){{192, 0, 2, 1}, false};
        row.port[TV_A] = 40000;
        row.port[TV_B] = port;
        row.dir[TV_A].segments = 1;
        tv_passage_of_row(&row, START + 100 * SECOND, false, &passage);
        if (handshake == TV_HANDSHAKE_COMPLETE) {
                passage.digest.goes_on = true;
                passage.digest.answered = passage.opened = row.start;
        } else if (handshake == TV_HANDSHAKE_REFUSED) {
                passage.digest.answered = passage.digest.closed = row.start;
                passage.digest.close_frame = row.last_frame;
                passage.digest.reset_by = 2;
        }
        tv_hosts_add(hosts, &passage);
}

struct seen {
        unsigned findings;
        struct tv_finding last;
};

static void
take(void *context, const struct tv_finding *finding)
{
        struct seen *seen = context;

        seen->findings++;
        seen->last = *finding;
}

static void
diagnose(struct tv_hosts *hosts, struct seen *seen)
{
        struct tv_capture_quality quality = {.start = START};
        struct tv_series series;
        struct tv_host_case subject = {.hosts = hosts,
                                       .series = &series,
                                       .profile = &tv_profile_linux,
                                       .quality = &quality,
                                       .end = START + 100 * SECOND,
                                       .pileup = 50};

        memset(seen, 0, sizeof *seen);
        tv_series_init(&series, hosts);
        tv_diagnose_hosts(&subject, take, seen);
        tv_series_clear(&series);
        tv_hosts_clear(hosts);
}

static void
refusals_among_thousands_that_are_served_are_no_outage(void **state)
{
        struct tv_hosts hosts;
        struct seen seen;
        uint32_t number;

        (void)state;
        tv_hosts_init(&hosts, 5);
        for (uint64_t n = 0; n < 60000; n++)
                add(&hosts, n, (uint32_t)n % 5000, 80, n % 97 < 4 ? TV_HANDSHAKE_REFUSED : TV_HANDSHAKE_COMPLETE);
        number = tv_hosts_find(&hosts, TV_SUBJECT_SERVICE, &(struct tv_address){{192, 0, 2, 1}, false}, 80);
        assert_true(tv_hosts_weight(&hosts, number, TV_DIGEST_OPENED) >
                    4 * tv_hosts_weight(&hosts, number, TV_DIGEST_FAILED));
        diagnose(&hosts, &seen);
        assert_int_equal(seen.findings, 0);
}

static void
an_outage_between_thousands_that_are_served_is_told(void **state)
{
        struct tv_hosts hosts;
        struct seen seen;

        (void)state;
        tv_hosts_init(&hosts, 5);
        for (uint64_t n = 0; n < 60000; n++)
                add(&hosts, n, (uint32_t)n % 5000, 80,
                    n >= 30000 && n < 36000 ? TV_HANDSHAKE_REFUSED : TV_HANDSHAKE_COMPLETE);
        diagnose(&hosts, &seen);
        assert_int_equal(seen.findings, 1);
        assert_string_equal(seen.last.code, "host.service-down");
        /* To within the second in which the last was served. */
        assert_in_range(seen.last.time - START, 30 * SECOND, 31 * SECOND);
        assert_in_range(seen.last.until - START, 35 * SECOND, 36 * SECOND);
}

static void
of_a_scan_all_is_counted_though_not_all_is_kept(void **state)
{
        struct tv_hosts hosts;
        struct seen seen;

        (void)state;
        tv_hosts_init(&hosts, 5);
        for (uint64_t n = 0; n < 50000; n++)
                add(&hosts, n, 7, (uint16_t)(1 + n), TV_HANDSHAKE_REFUSED);
        diagnose(&hosts, &seen);
        assert_int_equal(seen.findings, 1);
        assert_string_equal(seen.last.code, "host.syn-scan");
        assert_int_equal(seen.last.count, 50000);
        assert_non_null(strstr(seen.last.what, "50000 times in all (not all of them kept): 50000 refused"));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(refusals_among_thousands_that_are_served_are_no_outage),
                cmocka_unit_test(an_outage_between_thousands_that_are_served_is_told),
                cmocka_unit_test(of_a_scan_all_is_counted_though_not_all_is_kept),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
