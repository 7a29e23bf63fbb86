/* engine_fuzz.c - any sequence of packets through the whole engine; what engine.h promises must hold for every one.
 *
 * Input that begins as a pcap file does is read as one, leniently, so that captures are seeds.  Anything else is a
 * compact script: each group of octets is a segment of one of a few connections whose sequence numbers stay near each
 * other, because random 32-bit numbers never meet. */
#include "tests/support/engine_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_PACKETS = 5000, GROUP = 12 };

static uint32_t
read32(const uint8_t *p, bool big)
{
        return big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
                   : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void
push_capture(struct tv_run_feed *feed, const uint8_t *data, size_t size, bool big, int64_t unit)
{
        static const int links[] = {1, 0, 12, 108, 113, 276};
        const uint32_t link = read32(data + 20, big);
        int link_type = link == 101 ? 12 : (int)(link & 0x1ff);
        if (link > 0xffff)
                link_type = links[link % (sizeof links / sizeof *links)];
        size_t at = 24;
        for (uint64_t number = 1; size - at >= 16 && number <= MAX_PACKETS; number++) {
                const uint8_t *record = data + at;
                uint32_t captured = read32(record + 8, big) & 0xffff;
                at += 16;
                if (captured > size - at)
                        captured = (uint32_t)(size - at);
                struct tv_packet packet = {.data = data + at, .captured = captured, .length = read32(record + 12, big)};
                packet.time = (int64_t)read32(record, big) * 1000000000 + (int64_t)read32(record + 4, big) * unit;
                packet.frame = tv_frame_make(1, number);
                packet.link_type = link_type;
                tv_run_push(feed, &packet);
                at += captured;
        }
}

static uint8_t *
be32(uint8_t *p, uint32_t value)
{
        for (int i = 0; i < 4; i++)
                p[i] = (uint8_t)(value >> (24 - 8 * i));
        return p + 4;
}

static void
push_script(struct tv_run_feed *feed, const uint8_t *data, size_t size)
{
        int64_t now = INT64_C(1700000000000000000);
        for (uint64_t number = 1; size >= GROUP && number <= MAX_PACKETS; number++, data += GROUP, size -= GROUP) {
                /* Four networks: the first without a tag, the others as VLANs; in some traffic with ISNs of their own.
                 */
                const uint8_t network = data[0] >> 6;
                uint8_t frame[18 + 20 + 60 + 300] = {0};
                uint8_t *octets = frame + (network != 0 ? 18 : 14);
                octets[0] = 0x45;
                octets[-2] = 0x08;
                if (network != 0)
                        memcpy(frame + 12, (const uint8_t[]){0x81, 0, 0, network}, 4);
                const bool from_b = (data[0] & 1) != 0;
                const uint8_t flow = (data[0] >> 1) & 3;
                const uint32_t isn[2] = {0xffffff00u + flow * 0x101u + ((data[0] & 8) != 0 ? network * 0x10000000u : 0),
                                         0x7fffff80u - flow};
                const unsigned sack_octets = (data[0] & 0x10) != 0 ? 12 : 0;
                const uint32_t length = data[3] & 0xff;
                const uint32_t total = 40 + sack_octets + length;
                octets[2] = (uint8_t)(total >> 8);
                octets[3] = (uint8_t)total;
                octets[5] = data[4];
                octets[8] = 64;
                octets[9] = 6;
                be32(octets + 12, from_b ? 0x0a000002 : 0x0a000001);
                be32(octets + 16, from_b ? 0x0a000001 : 0x0a000002);
                uint8_t *tcp = octets + 20;
                const uint8_t port[4] = {0x9c, (uint8_t)(0x40 + flow), 0, 80};
                memcpy(tcp, from_b ? port + 2 : port, 2);
                memcpy(tcp + 2, from_b ? port : port + 2, 2);
                /* numbers are small steps from the ISN; the top bit of a step makes it a large one */
                const uint32_t seq = data[5] * 16u + (data[6] & 0x7f) + ((data[6] & 0x80) != 0 ? 0x40000000u : 0);
                const uint32_t ack = data[7] * 16u + (data[8] & 0x7f) + ((data[8] & 0x80) != 0 ? 0x40000000u : 0);
                be32(tcp + 4, isn[from_b] + seq);
                be32(tcp + 8, isn[!from_b] + ack);
                tcp[12] = (uint8_t)((20 + sack_octets) / 4 << 4);
                tcp[13] = data[1];
                tcp[14] = data[9];
                if (sack_octets > 0) {
                        tcp[20] = tcp[21] = 1;
                        tcp[22] = 5;
                        tcp[23] = 10;
                        be32(be32(tcp + 24, isn[!from_b] + ack + data[10]), isn[!from_b] + ack + data[10] + data[11]);
                }
                memset(tcp + 20 + sack_octets, (data[0] & 0x20) != 0 ? data[4] : 0x55, length);
                /* steps of 1 us to 2 min, and back */
                const int64_t step = INT64_C(1000) << (data[2] & 0x1f);
                now += (data[2] & 0xe0) == 0xe0 ? -step : step < INT64_C(120000000000) ? step : INT64_C(120000000000);
                struct tv_packet packet = {.data = frame, .time = now};
                packet.captured = packet.length = (uint32_t)(octets - frame) + total;
                packet.frame = tv_frame_make(1, number);
                packet.link_type = 1;
                tv_run_push(feed, &packet);
        }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const struct {
                uint8_t magic[4];
                bool big;
                int64_t unit;
        } kinds[] = {{{0xd4, 0xc3, 0xb2, 0xa1}, false, 1000},
                     {{0xa1, 0xb2, 0xc3, 0xd4}, true, 1000},
                     {{0x4d, 0x3c, 0xb2, 0xa1}, false, 1},
                     {{0xa1, 0xb2, 0x3c, 0x4d}, true, 1}};
        const struct tv_run_options options = {.max_memory = size % 7 == 0 ? 1 << 20 : 0,
                                               .no_segments = size % 5 == 0,
                                               .key = size % 11 & (TV_WAY_VLAN | TV_WAY_TUNNEL)};
        struct tv_run_feed *feed = tv_run_begin(&options);
        bool capture = false;
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !capture; i++) {
                capture = size >= 24 && memcmp(data, kinds[i].magic, 4) == 0;
                if (capture)
                        push_capture(feed, data, size, kinds[i].big, kinds[i].unit);
        }
        if (!capture)
                push_script(feed, data, size);
        struct tv_run *run = tv_run_end(feed);
        if (run->broken[0] != '\0') {
                fprintf(stderr, "broken promise: %s\n", run->broken);
                abort();
        }
        tv_run_free(run);
        return 0;
}
