/* reference.c - the least that any pass over a capture by connection can cost, to measure an analyzer against:
 * read with libpcap, decode, hash the addresses and ports, find a small record, update it.  Nothing is kept of the
 * packets, nothing is concluded, nothing is written but the totals.
 *
 *   reference FILE
 *
 * Ethernet with VLAN tags, IPv4 and IPv6 without extension headers: what generate.c writes. */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 32, RECORDS_PER_PAGE = 8192 };

struct descriptor {
        uint64_t key[5]; /* both addresses and ports, the lower end first */
        int64_t time;
        uint32_t hash, seq, ack, length;
        uint16_t window;
        uint8_t flags;
        bool from_high;
};

struct side {
        uint32_t next, acked;
        uint64_t octets;
        uint32_t segments, repeated;
        uint16_t window;
        uint8_t flags;
};

struct record {
        uint64_t key[5];
        int64_t first, last;
        struct side side[2];
};

struct slot {
        uint32_t hash, record; /* record 0: empty */
};

struct table {
        struct slot *slots;
        uint32_t mask, count, pages;
        struct record **page;
};

struct pass {
        struct table table;
        struct descriptor batch[BATCH];
        unsigned filled;
        uint64_t packets, segments;
};

static void *
need(void *memory)
{
        if (memory == NULL) {
                fprintf(stderr, "reference: out of memory\n");
                exit(1);
        }
        return memory;
}

static uint16_t
read16(const uint8_t *p)
{
        return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
read32(const uint8_t *p)
{
        return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t
rotate(uint64_t x, unsigned by)
{
        return x << by | x >> (64 - by);
}

static inline void
sip_round(uint64_t v[4])
{
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 of the key's words: what a table that strangers fill has to use. */
static uint32_t
hash_key(const uint64_t *key, unsigned words)
{
        uint64_t v[4] = {UINT64_C(0x736f6d6570736575), UINT64_C(0x646f72616e646f6d), UINT64_C(0x6c7967656e657261),
                         UINT64_C(0x7465646279746573)};
        for (unsigned i = 0; i < words; i++) {
                v[3] ^= key[i];
                sip_round(v);
                v[0] ^= key[i];
        }
        v[2] ^= 0xff;
        for (unsigned i = 0; i < 3; i++)
                sip_round(v);
        return (uint32_t)(v[0] ^ v[1] ^ v[2] ^ v[3]);
}

static bool
decode(const uint8_t *p, uint32_t captured, struct descriptor *d)
{
        const uint8_t *end = p + captured;
        if (captured < 14)
                return false;
        uint16_t type = read16(p + 12);
        p += 14;
        while ((type == 0x8100 || type == 0x88a8) && end - p >= 4) {
                type = read16(p + 2);
                p += 4;
        }
        uint32_t header, total;
        size_t address;
        const uint8_t *source;
        if (type == 0x0800 && end - p >= 20 && p[9] == 6 && (read16(p + 6) & 0x1fff) == 0) {
                header = (p[0] & 15) * 4u;
                total = read16(p + 2);
                source = p + 12;
                address = 4;
        } else if (type == 0x86dd && end - p >= 40 && p[6] == 6) {
                header = 40;
                total = 40u + read16(p + 4);
                source = p + 8;
                address = 16;
        } else {
                return false;
        }
        const uint8_t *tcp = p + header;
        if (header < 20 || end - tcp < 20)
                return false;
        const uint32_t tcp_header = (tcp[12] >> 4) * 4u;
        if (tcp_header < 20 || header + tcp_header > total)
                return false;
        const uint16_t from = read16(tcp), to = read16(tcp + 2);
        const int order = memcmp(source, source + address, address);
        d->from_high = order > 0 || (order == 0 && from > to);
        const uint8_t *low = d->from_high ? source + address : source, *high = d->from_high ? source : source + address;
        d->key[0] = d->from_high ? (uint64_t)to << 16 | from : (uint64_t)from << 16 | to;
        if (address == 4) {
                d->key[1] = (uint64_t)read32(low) << 32 | read32(high);
                d->key[2] = d->key[3] = d->key[4] = 0;
                d->hash = hash_key(d->key, 2);
        } else {
                memcpy(&d->key[1], low, 16);
                memcpy(&d->key[3], high, 16);
                d->hash = hash_key(d->key, 5);
        }
        d->seq = read32(tcp + 4);
        d->ack = read32(tcp + 8);
        d->length = total - header - tcp_header;
        d->window = read16(tcp + 14);
        d->flags = tcp[13];
        return true;
}

static struct record *
record_at(const struct table *table, uint32_t index)
{
        return &table->page[index / RECORDS_PER_PAGE][index % RECORDS_PER_PAGE];
}

static void
double_slots(struct table *table)
{
        const uint32_t mask = table->mask * 2 + 1;
        struct slot *slots = need(calloc((size_t)mask + 1, sizeof *slots));
        for (uint32_t i = 0; i <= table->mask && table->slots != NULL; i++) {
                uint32_t at = table->slots[i].hash & mask;
                if (table->slots[i].record == 0)
                        continue;
                while (slots[at].record != 0)
                        at = (at + 1) & mask;
                slots[at] = table->slots[i];
        }
        free(table->slots);
        table->slots = slots;
        table->mask = mask;
}

static struct record *
find(struct table *table, const struct descriptor *d)
{
        uint32_t at = d->hash & table->mask;
        for (; table->slots[at].record != 0; at = (at + 1) & table->mask) {
                if (table->slots[at].hash != d->hash)
                        continue;
                struct record *record = record_at(table, table->slots[at].record);
                if (memcmp(record->key, d->key, sizeof d->key) == 0)
                        return record;
        }
        const uint32_t index = ++table->count;
        if (index / RECORDS_PER_PAGE >= table->pages) {
                table->page = need(realloc(table->page, (table->pages + 1) * sizeof(struct record *)));
                table->page[table->pages++] = need(calloc(RECORDS_PER_PAGE, sizeof(struct record)));
        }
        table->slots[at] = (struct slot){d->hash, index};
        struct record *record = record_at(table, index);
        memcpy(record->key, d->key, sizeof d->key);
        record->first = d->time;
        if (table->count > table->mask / 8 * 5)
                double_slots(table);
        return record;
}

static void
update(struct record *record, const struct descriptor *d)
{
        struct side *sender = &record->side[d->from_high];
        const uint32_t end = d->seq + d->length + ((d->flags & 3) != 0);
        if (sender->segments++ == 0 || (int32_t)(end - sender->next) > 0)
                sender->next = end;
        else if (end != d->seq)
                sender->repeated++;
        if ((d->flags & 16) != 0 && (sender->acked == 0 || (int32_t)(d->ack - sender->acked) > 0))
                sender->acked = d->ack;
        sender->octets += d->length;
        sender->window = d->window;
        sender->flags |= d->flags;
        record->last = d->time;
}

static void
run_batch(struct pass *pass)
{
        struct table *table = &pass->table;
        for (unsigned i = 0; i < pass->filled; i++) {
                uint32_t index = table->slots[pass->batch[i].hash & table->mask].record;
                if (index != 0) {
                        __builtin_prefetch(record_at(table, index), 1);
                        __builtin_prefetch((const char *)record_at(table, index) + 64, 1);
                }
        }
        for (unsigned i = 0; i < pass->filled; i++)
                update(find(table, &pass->batch[i]), &pass->batch[i]);
        pass->filled = 0;
}

static void
on_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
        struct pass *pass = (struct pass *)(void *)user;
        struct descriptor *d = &pass->batch[pass->filled];
        pass->packets++;
        if (!decode(bytes, header->caplen, d))
                return;
        pass->segments++;
        d->time = (int64_t)header->ts.tv_sec * 1000000000 + header->ts.tv_usec;
        __builtin_prefetch(&pass->table.slots[d->hash & pass->table.mask]);
        if (++pass->filled == BATCH)
                run_batch(pass);
}

int
main(int argc, char **argv)
{
        static struct pass pass;
        char error[PCAP_ERRBUF_SIZE];
        if (argc != 2) {
                fprintf(stderr, "usage: reference FILE\n");
                return 2;
        }
        pcap_t *pcap = pcap_open_offline_with_tstamp_precision(argv[1], PCAP_TSTAMP_PRECISION_NANO, error);
        if (pcap == NULL) {
                fprintf(stderr, "reference: %s\n", error);
                return 1;
        }
        /* nobody else reads this stream: no lock for each packet */
        __fsetlocking(pcap_file(pcap), FSETLOCKING_BYCALLER);
        pass.table.mask = (1u << 12) - 1;
        double_slots(&pass.table);
        pcap_loop(pcap, -1, on_packet, (u_char *)&pass);
        run_batch(&pass);
        uint64_t repeated = 0;
        for (uint32_t i = 1; i <= pass.table.count; i++)
                for (unsigned side = 0; side < 2; side++)
                        repeated += record_at(&pass.table, i)->side[side].repeated;
        printf("%" PRIu64 " packets, %" PRIu64 " TCP segments, %" PRIu32 " connections, %" PRIu64 " repeated\n",
               pass.packets, pass.segments, pass.table.count, repeated);
        pcap_close(pcap);
        for (uint32_t i = 0; i < pass.table.pages; i++)
                free(pass.table.page[i]);
        free(pass.table.page);
        free(pass.table.slots);
        return 0;
}
