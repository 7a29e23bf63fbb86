/* fragments_fuzz.c - any octets as a sequence of pieces, nine octets each: which datagram, where, how long,
 * how much of it captured, when, and whether its payload is true.  What is true follows from the place alone, so that
 * whatever is put together can be checked. */
#include "reassembly/ip_fragments.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 9, MAX_BYTES = TV_FRAGMENTS_LEAST_BYTES, LONGEST = 65575 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int claim)
{
        if (!claim)
                abort();
}

static uint8_t
true_octet(uint32_t at)
{
        return (uint8_t)(at * 167 + (at >> 8));
}

static void
require_sound(const struct tv_fragments *f)
{
        const struct tv_fragment_counts *c = tv_fragments_counts(f);

        require(c->pieces == c->pieces_used + c->pieces_given_up + c->pieces_waiting + c->invalid.count +
                                     c->too_long.count + c->beyond_end.count);
        require(c->waiting <= c->pieces_waiting && c->datagrams <= c->pieces_used);
        require(c->conflicting.count <= c->overlapping.count);
        require(tv_fragments_bytes(f) <= MAX_BYTES);
}

static void
require_true(const struct tv_datagram *whole, bool lied)
{
        require(whole->header_bytes <= whole->have && whole->have <= whole->length && whole->length <= LONGEST);
        require(whole->pieces > 0 && whole->first_frame > 0);
        require(!whole->conflicting || (whole->overlapped && lied));
        for (uint32_t i = 0; i < whole->header_bytes; i++)
                require(whole->bytes[i] == 0x45);
        for (uint32_t i = whole->header_bytes; i < whole->have; i++) {
                unsigned difference = whole->bytes[i] ^ true_octet(i - whole->header_bytes);
                require(difference == 0 || (lied && difference == 0xff));
        }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const uint64_t seed[2] = {1, 2};
        struct tv_fragments *f = tv_fragments_new(MAX_BYTES, seed);
        uint8_t header[TV_FRAGMENT_IPV6_HEADER_MAX + 1];
        int64_t time_ns = 0;
        bool lied = false;

        if (f == NULL)
                return 0;
        memset(header, 0x45, sizeof header);
        for (size_t n = 1; size >= PIECE; n++, data += PIECE, size -= PIECE) {
                uint32_t offset = ((uint32_t)data[1] << 8 | data[2]) >> (data[0] & 7) / 2 * 2;
                uint32_t length = ((uint32_t)data[3] << 8 | data[4]) >> (data[0] & 7) / 2 * 2;
                bool lie = (data[7] & 0xc0) == 0xc0;

                lied |= lie;
                /* Most of them as they should be, or nothing would ever be whole. */
                if (data[5] & 0x80)
                        offset &= ~7u;
                if (data[5] & 0x40)
                        length = (length + 7) & ~7u;
                time_ns += (int64_t)(int8_t)data[6] * 100000000;

                struct tv_fragment_piece piece = {.key = {.id = (data[7] & 3u) | (uint32_t)data[8] << 2,
                                                          .protocol = (data[7] & 4) ? 6 : 17,
                                                          .ipv6 = (data[7] & 8) != 0},
                                                  .offset = offset,
                                                  .length = length,
                                                  .have = (data[5] & 0x20) ? length : length * (data[5] & 15) / 15,
                                                  .more = (data[7] & 16) != 0,
                                                  .header = header,
                                                  .header_bytes = (data[7] & 32) ? data[5] * 2u + 4 : 40,
                                                  .time_ns = time_ns,
                                                  .frame = n};
                /* Of its exact size, so that a sanitizer sees the first octet read too far. */
                uint8_t *payload = malloc(piece.have > 0 ? piece.have : 1);
                if (payload == NULL)
                        break;
                for (uint32_t i = 0; i < piece.have; i++)
                        payload[i] = (uint8_t)(true_octet(offset + i) ^ (lie ? 0xff : 0));
                piece.payload = payload;

                struct tv_datagram whole;
                bool done = tv_fragments_add(f, &piece, &whole);
                free(payload);
                require_sound(f);
                if (done)
                        require_true(&whole, lied);
        }
        tv_fragments_free(f);
        return 0;
}
