#include "report/finding_groups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static const struct tv_address service = {.byte = {10, 0, 0, 2}}, elsewhere = {.byte = {10, 0, 0, 3}};

static uint16_t
add(struct tv_groups *groups, const char *code, uint64_t conn, const struct tv_address *b, uint16_t port, tv_time time,
    tv_time until)
{
        struct tv_finding f = {.conn = conn,
                               .severity = TV_NOTICE,
                               .code = code,
                               .time = time,
                               .until = until,
                               .count = 1,
                               .caused_by = TV_UNKNOWN};
        struct tv_connection c = {.conn = conn, .tcp_stream = conn, .port = {40000, port}};

        c.addr[TV_A] = (struct tv_address){.byte = {10, 0, 0, 1}};
        c.addr[TV_B] = *b;
        return tv_groups_add(groups, &f, &c);
}

static void
add_host(struct tv_groups *groups, tv_time time, tv_time until)
{
        struct tv_finding f = {.conn = TV_UNKNOWN,
                               .severity = TV_ERROR,
                               .code = "host.accept-queue-overflow",
                               .has_address = true,
                               .address = service,
                               .port = 80,
                               .time = time,
                               .until = until,
                               .count = 5,
                               .caused_by = TV_UNKNOWN,
                               .explains = "data.stall handshake.syn-lost"};

        tv_groups_add(groups, &f, NULL);
}

static bool
any(const struct tv_group *g)
{
        return g->code != NULL;
}

static void
what_happens_elsewhere_does_not_follow_and_what_happens_there_does(void **state)
{
        struct tv_groups *groups = tv_groups_new();
        uint16_t there, other_place, other_port, order[8];
        const struct tv_group *g;

        (void)state;
        there = add(groups, "handshake.syn-lost", 0, &service, 80, 10 * SECOND, 11 * SECOND);
        other_place = add(groups, "handshake.syn-lost", 1, &elsewhere, 80, 10 * SECOND, 11 * SECOND);
        other_port = add(groups, "handshake.syn-lost", 2, &service, 443, 10 * SECOND, 11 * SECOND);
        add(groups, "handshake.syn-lost", 3, &service, 80, 10 * SECOND, 12 * SECOND);
        add_host(groups, 10 * SECOND, 12 * SECOND);
        tv_groups_explain(groups);
        g = tv_groups_at(groups, there);
        assert_int_equal(g->connections, 2);
        assert_string_equal(tv_groups_at(groups, g->caused_by)->code, "host.accept-queue-overflow");
        /* the other two are one group, and follow from nothing */
        g = tv_groups_at(groups, other_place);
        assert_ptr_equal(g, tv_groups_at(groups, other_port));
        assert_int_equal(g->caused_by, TV_NO_GROUP);
        assert_int_equal(g->connections, 2);
        assert_int_equal(g->first_conn, 1);
        assert_int_equal(g->last_conn, 2);
        assert_int_equal(g->count, 2);
        assert_int_equal(g->victims, 2);
        assert_false(g->end[TV_B].one_address);
        assert_int_equal(tv_groups_number(groups, any, order), 3);
        tv_groups_free(groups);
}

static void
only_what_meets_the_time_follows(void **state)
{
        static const struct {
                tv_time time, until;
                bool follows;
        } other[] = {
                {5 * SECOND, 11 * SECOND, true}, /* it began before, and goes on into it */
                {11 * SECOND, 30 * SECOND, true},
                {5 * SECOND, 8 * SECOND, false},
                {14 * SECOND, 15 * SECOND, false}, /* a later incident of the same kind */
        };

        (void)state;
        for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
                struct tv_groups *groups = tv_groups_new();
                uint16_t index = add(groups, "data.stall", 0, &service, 80, 10 * SECOND, 12 * SECOND);

                add(groups, "data.stall", 1, &service, 80, other[i].time, other[i].until);
                add_host(groups, 10 * SECOND, 12 * SECOND);
                tv_groups_explain(groups);
                assert_int_equal(tv_groups_at(groups, index)->caused_by != TV_NO_GROUP, other[i].follows);
                tv_groups_free(groups);
        }
}

/* Of a thousand services there are not a thousand groups, and none of the findings is lost. */
static void
many_services_share_a_group(void **state)
{
        struct tv_groups *groups = tv_groups_new();
        uint16_t *order, index = TV_NO_GROUP;
        uint64_t connections = 0;
        size_t count;

        (void)state;
        for (unsigned i = 0; i < 1000; i++) {
                uint16_t port = (uint16_t)(1000 + i);

                index = add(groups, "handshake.syn-lost", i, &elsewhere, port, (10 + i) * SECOND, (11 + i) * SECOND);
                assert_int_not_equal(index, TV_NO_GROUP);
        }
        assert_true(tv_groups_count(groups) <= 256);
        assert_int_equal(tv_groups_left_out(groups), 0);
        tv_groups_explain(groups);
        order = calloc(tv_groups_count(groups), sizeof *order);
        assert_non_null(order);
        count = tv_groups_number(groups, any, order);
        for (size_t i = 0; i < count; i++)
                connections += tv_groups_at(groups, order[i])->connections;
        assert_int_equal(count, 1);
        assert_int_equal(connections, 1000);
        assert_int_equal(tv_groups_at(groups, index)->until, 1010 * SECOND);
        free(order);
        tv_groups_free(groups);
}

/* Twelve services have the same: one entry, which names those that count most; two others are entries of their own. */
static void
what_many_services_have_is_one_entry(void **state)
{
        struct tv_groups *groups = tv_groups_new();
        struct tv_finding f = {.conn = TV_UNKNOWN,
                               .severity = TV_NOTICE,
                               .code = "host.time-wait-pileup",
                               .has_address = true,
                               .address = service,
                               .time = SECOND,
                               .until = 2 * SECOND,
                               .caused_by = TV_UNKNOWN};
        uint16_t order[32], index = TV_NO_GROUP;
        const struct tv_group *g;

        (void)state;
        for (unsigned i = 0; i < 12; i++) {
                f.port = (uint16_t)(1000 + i);
                f.count = i == 7 ? 500 : 100 + i;
                index = tv_groups_add(groups, &f, NULL);
        }
        f.code = "host.fin-wait-2-pileup";
        for (unsigned i = 0; i < 2; i++) {
                f.port = (uint16_t)(1000 + i);
                tv_groups_add(groups, &f, NULL);
        }
        tv_groups_explain(groups);
        assert_int_equal(tv_groups_number(groups, any, order), 3);
        g = tv_groups_at(groups, index);
        assert_int_equal(g->findings, 12);
        assert_int_equal(g->place_count, 12);
        assert_false(g->one_place);
        assert_int_equal(g->port, 1007);
        assert_int_equal(g->example.count, 500);
        assert_int_equal(g->place[0].count, 500);
        assert_int_equal(g->place[1].count, 111);
        for (unsigned i = 1; i < TV_GROUP_PLACES; i++)
                assert_true(g->place[i].count <= g->place[i - 1].count);
        assert_int_equal(g->place[TV_GROUP_PLACES - 1].count, 104);
        tv_groups_free(groups);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_happens_elsewhere_does_not_follow_and_what_happens_there_does),
                cmocka_unit_test(only_what_meets_the_time_follows),
                cmocka_unit_test(many_services_share_a_group),
                cmocka_unit_test(what_many_services_have_is_one_entry),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
