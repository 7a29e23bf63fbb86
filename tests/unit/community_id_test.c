#include "analyzer/flow/community_id.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* As the decoder orders the ends of a segment: by address, then by port. */
static bool
make_key(struct tv_flow_key *key, const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
        bool ipv6 = strchr(from, ':') != NULL;
        int family = ipv6 ? AF_INET6 : AF_INET, order;
        uint8_t addr[2][16] = {{0}};
        unsigned low;

        assert_int_equal(inet_pton(family, from, addr[0]), 1);
        assert_int_equal(inet_pton(family, to, addr[1]), 1);
        order = memcmp(addr[0], addr[1], 16);
        low = order > 0 || (order == 0 && from_port > to_port) ? 1 : 0;
        memcpy(key->addr[0], addr[low], 16);
        memcpy(key->addr[1], addr[!low], 16);
        key->port[low] = from_port;
        key->port[!low] = to_port;
        return ipv6;
}

static void
assert_id(const char *x, uint16_t x_port, const char *y, uint16_t y_port, const char *want)
{
        struct tv_flow_key key;
        char id[TV_COMMUNITY_ID_BYTES];
        bool ipv6 = make_key(&key, x, x_port, y, y_port);

        tv_community_id(&key, ipv6, id);
        assert_string_equal(id, want);
        ipv6 = make_key(&key, y, y_port, x, x_port);
        tv_community_id(&key, ipv6, id);
        assert_string_equal(id, want);
}

/* Values from the baseline of the specification, https://github.com/corelight/community-id-spec. */
static void
flows_of_the_specification_have_their_ids(void **state)
{
        (void)state;
        assert_id("128.232.110.120", 34855, "66.35.250.204", 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        assert_id("2001:470:e5bf:dead:4957:2174:e82c:4887", 63943, "2607:f8b0:400c:c03::1a", 25,
                  "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=");
}

/* Values that tshark 4.0 prints for the same flows. */
static void
equal_addresses_are_ordered_by_port_as_a_number_on_the_wire(void **state)
{
        (void)state;
        assert_id("127.0.0.1", 255, "127.0.0.1", 256, "1:k9dyaUB53fS5TVWqB0UQnRgX9r8=");
        assert_id("::1", 40000, "::1", 80, "1:3Rk8OnItwnzTc88p3/Zi0I3u290=");
        assert_id("10.0.0.1", 1, "9.255.255.255", 65535, "1:yVD34OAV8alg9vxamhiw8neRVVs=");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(flows_of_the_specification_have_their_ids),
                cmocka_unit_test(equal_addresses_are_ordered_by_port_as_a_number_on_the_wire),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
