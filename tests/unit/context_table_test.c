/* The table of ways, and what connections keep of them. */
#include "analyzer/flow/context_table.h"

#include "report/phrase.h"
#include "tests/support/expect.h"

#include <stdlib.h>

static const uint64_t key[2] = {1, 2};

static struct tv_context
way_of(uint8_t steps, uint32_t id)
{
        struct tv_context way;

        memset(&way, 0xa5, sizeof way); /* what is not used may hold anything */
        way.steps = steps;
        for (uint8_t i = 0; i < steps; i++) {
                way.kind[i] = TV_STEP_VLAN;
                way.id[i] = id + i;
        }
        return way;
}

static void
equal_ways_have_one_number_and_different_ones_have_others(void **state)
{
        struct tv_context_table table;
        struct tv_context plain = way_of(0, 0), one = way_of(1, 10), two = way_of(2, 10), other = way_of(2, 10);
        struct tv_context again = way_of(1, 10);
        uint16_t first, second, third;

        (void)state;
        tv_context_table_init(&table, key);
        assert_int_equal(tv_context_table_number(&table, &plain), TV_CONTEXT_PLAIN);
        other.kind[1] = TV_STEP_MPLS;
        again.id[1] = 77; /* behind its last step */
        first = tv_context_table_number(&table, &one);
        second = tv_context_table_number(&table, &two);
        third = tv_context_table_number(&table, &other);
        assert_int_not_equal(first, TV_CONTEXT_PLAIN);
        assert_int_not_equal(second, TV_CONTEXT_PLAIN);
        assert_int_not_equal(first, second);
        assert_int_not_equal(second, third);
        assert_int_not_equal(first, third);
        assert_int_equal(tv_context_table_number(&table, &again), first);
        assert_int_equal(tv_context_table_number(&table, &two), second);
        assert_null(tv_context_table_at(&table, TV_CONTEXT_PLAIN));
        assert_int_equal(tv_context_table_at(&table, third)->steps, 2);
        assert_int_equal(tv_context_table_at(&table, third)->kind[1], TV_STEP_MPLS);
        assert_int_equal(tv_context_table_at(&table, third)->id[1], 11);
        tv_context_table_clear(&table);
}

static void
a_full_table_keeps_what_it_has_and_no_more(void **state)
{
        struct tv_context_table table;
        uint64_t bytes;

        (void)state;
        tv_context_table_init(&table, key);
        for (uint32_t i = 0; i < TV_CONTEXT_NOT_KEPT - 1; i++) {
                struct tv_context way = way_of(1, i);

                assert_int_equal(tv_context_table_number(&table, &way), i + 1);
        }
        bytes = tv_context_table_bytes(&table);
        assert_in_range(bytes, 1, 4u << 20);
        for (uint32_t i = 0; i < 100000; i++) {
                struct tv_context way = way_of(2, i);

                assert_int_equal(tv_context_table_number(&table, &way), TV_CONTEXT_NOT_KEPT);
        }
        assert_null(tv_context_table_at(&table, TV_CONTEXT_NOT_KEPT));
        for (uint32_t i = 0; i < TV_CONTEXT_NOT_KEPT - 1; i += 997) {
                struct tv_context way = way_of(1, i);

                assert_int_equal(tv_context_table_number(&table, &way), i + 1);
                assert_int_equal(tv_context_table_at(&table, (uint16_t)(i + 1))->id[0], i);
        }
        assert_int_equal(tv_context_table_bytes(&table), bytes);
        tv_context_table_clear(&table);
}

static void
a_digest_is_of_the_parts_that_are_asked_for(void **state)
{
        struct tv_context plain = {.steps = 0};
        struct tv_context nested = {
                .steps = 3, .kind = {TV_STEP_VLAN, TV_STEP_VXLAN, TV_STEP_VLAN}, .id = {10, 100, 20}};
        struct tv_context vlans = {.steps = 2, .kind = {TV_STEP_VLAN, TV_STEP_VLAN}, .id = {10, 20}};
        struct tv_context swapped = {.steps = 2, .kind = {TV_STEP_VLAN, TV_STEP_VLAN}, .id = {20, 10}};
        struct tv_context vxlan = {.steps = 1, .kind = {TV_STEP_VXLAN}, .id = {100}};
        struct tv_context geneve = {.steps = 1, .kind = {TV_STEP_GENEVE}, .id = {100}};

        (void)state;
        for (unsigned parts = 0; parts < 4; parts++)
                assert_int_equal(tv_context_digest(&plain, parts, key), 0);
        assert_int_equal(tv_context_digest(&nested, 0, key), 0);
        assert_int_equal(tv_context_digest(&vlans, TV_WAY_TUNNEL, key), 0);
        assert_int_equal(tv_context_digest(&vxlan, TV_WAY_VLAN, key), 0);
        assert_int_not_equal(tv_context_digest(&vxlan, TV_WAY_TUNNEL, key), 0);
        assert_int_equal(tv_context_digest(&nested, TV_WAY_VLAN, key), tv_context_digest(&vlans, TV_WAY_VLAN, key));
        assert_int_equal(tv_context_digest(&nested, TV_WAY_TUNNEL, key), tv_context_digest(&vxlan, TV_WAY_TUNNEL, key));
        assert_int_not_equal(tv_context_digest(&nested, TV_WAY_VLAN | TV_WAY_TUNNEL, key),
                             tv_context_digest(&vlans, TV_WAY_VLAN | TV_WAY_TUNNEL, key));
        assert_int_not_equal(tv_context_digest(&vlans, TV_WAY_VLAN, key),
                             tv_context_digest(&swapped, TV_WAY_VLAN, key));
        assert_int_not_equal(tv_context_digest(&vxlan, TV_WAY_TUNNEL, key),
                             tv_context_digest(&geneve, TV_WAY_TUNNEL, key));
}

/* ---- connections ---- */

static void
assert_ways(const struct tv_run *run, uint64_t conn, const char *a, const char *b)
{
        const struct tv_connection *c = tv_run_connection(run, conn);
        struct tv_phrase p;

        assert_non_null(c);
        tv_phrase_clear(&p);
        tv_phrase_way(&p, &c->dir[TV_A].way);
        assert_string_equal(p.text, a);
        tv_phrase_clear(&p);
        tv_phrase_way(&p, &c->dir[TV_B].way);
        assert_string_equal(p.text, b);
}

/* With and without rows of segments: then SYNs are half-open records at first. */
static void
check(const char *text, size_t connections, const char *a, const char *b)
{
        for (int no_segments = 0; no_segments < 2; no_segments++) {
                struct tv_run_options options = {.no_segments = no_segments != 0};
                struct tv_run *run = tv_run_text(text, &options);

                EXPECT_KEPT(run);
                assert_int_equal(run->connection_count, connections);
                assert_ways(run, connections - 1, a, b);
                tv_run_free(run);
        }
}

#define SYN     "0.0 a>b S 0:0(0)"
#define SYN_ACK "0.1 b>a S. 0:0(0) ack 1"
#define ACK     "0.2 a>b . 1:1(0) ack 1"
#define DATA    "0.3 a>b P. 1:11(10) ack 1"
#define ANSWER  "0.4 b>a . 1:1(0) ack 11"
#define RESET   "0.5 a>b R. 11:11(0) ack 1"

static void
directions_that_differ_in_their_way_are_one_connection(void **state)
{
        (void)state;
        check(SYN "\n" SYN_ACK "\n" ACK "\n", 1, "", "");
        check(SYN " {vlan 10} {vxlan 100} {vlan 20}\n" SYN_ACK "\n" ACK " {vlan 10} {vxlan 100} {vlan 20}\n", 1,
              "vlan 10, vxlan 100, vlan 20", "");
        check(SYN "\n" SYN_ACK " {gre}\n" ACK "\n", 1, "", "gre");
        check(SYN " {gtp 1}\n" SYN_ACK " {gtp 4294967295}\n" ACK " {gtp 1}\n", 1, "gtp 1", "gtp 4294967295");
}

static void
a_way_that_changes_is_told(void **state)
{
        (void)state;
        check(SYN " {vlan 1}\n" SYN_ACK " {vlan 1}\n" ACK " {vlan 2}\n" DATA " {vlan 1}\n", 1, "vlan 1; and others",
              "vlan 1");
        /* from plain to a tunnel and the reverse */
        check(SYN "\n" SYN_ACK "\n" ACK "\n" DATA "\n" ANSWER " {gre}\n", 1, "", "none; and others");
        check(SYN " {gre}\n" SYN_ACK " {gre}\n" ACK " {gre}\n" DATA "\n", 1, "gre; and others", "gre");
        check(SYN " {gre}\n" SYN_ACK "\n" ACK " {gre}\n" DATA " {gre}\n" ANSWER "\n", 1, "gre", "");
        check(SYN "\n" SYN_ACK "\n" ACK "\n" DATA " {mpls 5} {ipip}\n", 1, "none; and others", "");
}

static void
repeated_syns_keep_their_ways(void **state)
{
        (void)state;
        check(SYN " {vlan 3}\n1 a>b S 0:0(0) {vlan 3}\n", 1, "vlan 3", "");
        check(SYN " {vlan 3}\n1 a>b S 0:0(0) {vlan 4}\n", 1, "vlan 3; and others", "");
        check(SYN "\n1 a>b S 0:0(0) {vlan 4}\n", 1, "none; and others", "");
        check(SYN " {vlan 3}\n1 a>b S 0:0(0)\n", 1, "vlan 3; and others", "");
}

/* Rows of lone SYNs that differ in nothing but addresses and times are made from one kept row. */
static void
lone_syns_do_not_borrow_the_way_of_others(void **state)
{
        static const char *const ways[] = {"", "vlan 5", "vlan 6", "vlan 6", "", "vlan 5"};
        char text[1000] = "";
        struct tv_run_options options = {.no_segments = true};
        struct tv_run *run;

        (void)state;
        for (unsigned i = 0; i < sizeof ways / sizeof ways[0]; i++)
                snprintf(text + strlen(text), sizeof text - strlen(text), "0.%u a%u>b%u S 0:0(0)%s%s%s\n", i, i, i,
                         ways[i][0] != '\0' ? " {" : "", ways[i], ways[i][0] != '\0' ? "}" : "");
        run = tv_run_text(text, &options);
        EXPECT_KEPT(run);
        for (unsigned i = 0; i < sizeof ways / sizeof ways[0]; i++)
                assert_ways(run, i, ways[i], "");
        tv_run_free(run);
}

/* Closed connections are packed 20 ms after their end and unpacked when they become final, after 2MSL. */
static void
connections_at_rest_keep_their_ways(void **state)
{
        (void)state;
        check("0.0 a1>b1 S 0:0(0) {vlan 8}\n0.1 b1>a1 S. 0:0(0) ack 1 {vlan 9}\n0.2 a1>b1 . 1:1(0) ack 1 {vlan 7}\n"
              "0.3 a1>b1 F. 1:1(0) ack 1 {vlan 8}\n0.4 b1>a1 F. 1:1(0) ack 2 {vlan 9}\n"
              "0.5 a1>b1 . 2:2(0) ack 2 {vlan 8}\n"
              "10 a1>b1 . 2:2(0) ack 2 {vlan 8}\n"
              "20 b1>a1 F. 1:1(0) ack 2 {vlan 9}\n",
              1, "vlan 8; and others", "vlan 9");
}

static void
a_new_incarnation_has_its_own_way(void **state)
{
        (void)state;
        check(SYN " {vlan 1}\n" SYN_ACK " {vlan 1}\n" ACK " {vlan 1}\n" DATA " {vlan 1}\n" RESET
                  " {vlan 1}\n5 a>b S @5000000:5000000(0) {vlan 2}\n",
              2, "vlan 2", "");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(equal_ways_have_one_number_and_different_ones_have_others),
                cmocka_unit_test(a_full_table_keeps_what_it_has_and_no_more),
                cmocka_unit_test(a_digest_is_of_the_parts_that_are_asked_for),
                cmocka_unit_test(directions_that_differ_in_their_way_are_one_connection),
                cmocka_unit_test(a_way_that_changes_is_told),
                cmocka_unit_test(repeated_syns_keep_their_ways),
                cmocka_unit_test(lone_syns_do_not_borrow_the_way_of_others),
                cmocka_unit_test(connections_at_rest_keep_their_ways),
                cmocka_unit_test(a_new_incarnation_has_its_own_way),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
