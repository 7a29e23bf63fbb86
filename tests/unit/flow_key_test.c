#include "analyzer/flow/flow_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* SipHash-c-d of |n| bytes, written from the paper, one byte at a time. */
static uint64_t
siphash(unsigned c, unsigned d, const uint64_t k[2], const uint8_t *message, size_t n)
{
        uint64_t v[4] = {k[0] ^ UINT64_C(0x736f6d6570736575), k[1] ^ UINT64_C(0x646f72616e646f6d),
                         k[0] ^ UINT64_C(0x6c7967656e657261), k[1] ^ UINT64_C(0x7465646279746573)};

        for (size_t i = 0; i <= n / 8; i++) {
                uint64_t word = 0;

                for (size_t j = 8 * i; j < 8 * i + 8 && j < n; j++)
                        word |= (uint64_t)message[j] << (j % 8 * 8);
                if (i == n / 8)
                        word |= (uint64_t)(n & 0xff) << 56;
                v[3] ^= word;
                for (unsigned r = 0; r < c; r++)
                        TV_SIP_ROUND(v);
                v[0] ^= word;
        }
        v[2] ^= 0xff;
        for (unsigned r = 0; r < d; r++)
                TV_SIP_ROUND(v);
        return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static const uint64_t paper_key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};

static void
the_round_gives_the_test_value_of_the_paper(void **state)
{
        uint8_t message[15];

        (void)state;
        for (unsigned i = 0; i < sizeof message; i++)
                message[i] = (uint8_t)i;
        assert_true(siphash(2, 4, paper_key, message, sizeof message) == UINT64_C(0xa129ca6149be45e5));
}

static void
the_hash_is_siphash_1_3_of_the_packed_key(void **state)
{
        (void)state;
        srand(1);
        for (unsigned round = 0; round < 1000; round++) {
                struct tv_flow_key key;
                uint8_t packed[36];
                uint64_t k[2] = {(uint64_t)rand() << 33 ^ (uint64_t)rand(), (uint64_t)rand()};
                uint64_t hash;

                for (unsigned end = 0; end < 2; end++) {
                        for (unsigned i = 0; i < 16; i++)
                                key.addr[end][i] = (uint8_t)rand();
                        key.port[end] = (uint16_t)rand();
                        packed[32 + 2 * end] = (uint8_t)key.port[end];
                        packed[33 + 2 * end] = (uint8_t)(key.port[end] >> 8);
                        memcpy(packed + end * 16, key.addr[end], 16);
                }
                hash = siphash(1, 3, k, packed, 36);
                assert_int_equal(tv_flow_hash(&key, true, k), (uint32_t)(hash ^ hash >> 32));
                memmove(packed + 4, packed + 16, 4);
                memmove(packed + 8, packed + 32, 4);
                hash = siphash(1, 3, k, packed, 12);
                assert_int_equal(tv_flow_hash(&key, false, k), (uint32_t)(hash ^ hash >> 32));
        }
}

static void
address_port_version_and_secret_all_count(void **state)
{
        struct tv_flow_key key = {.addr = {{10, 0, 0, 1}, {10, 0, 0, 2}}, .port = {40000, 80}}, other = key;
        uint32_t hash = tv_flow_hash(&key, false, paper_key);
        const uint64_t secret[2] = {1, 2};

        (void)state;
        assert_true(tv_flow_key_equal(&key, &other));
        assert_int_not_equal(hash, tv_flow_hash(&key, true, paper_key));
        assert_int_not_equal(hash, tv_flow_hash(&key, false, secret));
        other.port[1] = 81;
        assert_false(tv_flow_key_equal(&key, &other));
        assert_int_not_equal(hash, tv_flow_hash(&other, false, paper_key));
        other = key;
        other.addr[0][3] = 9;
        assert_false(tv_flow_key_equal(&key, &other));
        assert_int_not_equal(hash, tv_flow_hash(&other, false, paper_key));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_round_gives_the_test_value_of_the_paper),
                cmocka_unit_test(the_hash_is_siphash_1_3_of_the_packed_key),
                cmocka_unit_test(address_port_version_and_secret_all_count),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
