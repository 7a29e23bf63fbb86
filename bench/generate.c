/* generate.c - writes the captures that the benchmark measures with.  The same arguments give the same octets.
 *
 *   generate WORKLOAD small|large FILE
 *
 *   w1   many connections of all kinds: 96 octets of each packet, IPv6, VLANs, resets, a little loss, some UDP
 *   w2   64 bulk transfers, whole packets
 *   w3   a SYN flood: no two from the same address and port, nothing answered
 *   w4   short connections, ten packets each
 *   w5   long replies over a path that loses 2 % and reorders 0.2 %
 *   cN   N thousand small connections, all open at once (memory per connection)
 *   sN   N thousand unanswered SYNs (memory per half-open flow)
 *
 * The model: a and b exchange requests and replies over a path with a capture point near a.  Each end is a small TCP:
 * slow start up to a fixed window, acknowledgment of every second segment or after 40 ms, SACK, fast recovery,
 * retransmission timer with backoff, timestamps, FIN and RST.  A packet may die before the capture point (the capture
 * shows only its repetition) or behind it (the capture shows both), or be late before it.  Events are kept in a heap by
 * time; memory follows the connections alive. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define US      INT64_C(1000)
#define MS      INT64_C(1000000)
#define SEC     INT64_C(1000000000)
#define NEVER   INT64_MAX
#define NOWHERE UINT64_MAX

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { SPANS = 12, PAYLOAD_TABLE = 1 << 16, MAX_SEGMENT = 1448, SCALE = 7 };

struct workload {
        const char *name;
        uint64_t seed, connections[2], alive[2], packets[2]; /* [0] small, [1] large; packets 0: no limit */
        double exchanges, reply;                             /* means: exchanges a connection, segments a reply */
        uint64_t bulk[2];                                    /* octets of one reply instead, for w2 */
        double loss, late, reset, ipv6, vlan, noise;
        uint32_t snaplen;
        bool every_segment_acked, flood;
};

static const struct workload workloads[] = {
        {.name = "w1",
         .seed = 11,
         .connections = {20000, 200000},
         .alive = {20000, 20000},
         .exchanges = 2.9,
         .reply = 4,
         .loss = 0.002,
         .late = 0.001,
         .reset = 0.05,
         .ipv6 = 0.1,
         .vlan = 0.02,
         .noise = 0.01,
         .snaplen = 96},
        {.name = "w2",
         .seed = 12,
         .connections = {64, 64},
         .alive = {64, 64},
         .exchanges = 1,
         .bulk = {200000000 / 64, 2000000000 / 64},
         .loss = 0.0002,
         .snaplen = 65535},
        {.name = "w3", .seed = 13, .connections = {300000, 3000000}, .flood = true, .snaplen = 65535},
        {.name = "w4",
         .seed = 14,
         .connections = {50000, 1000000},
         .alive = {10000, 10000},
         .exchanges = 1,
         .reply = 1,
         .snaplen = 96,
         .every_segment_acked = true},
        {.name = "w5",
         .seed = 15,
         .connections = {400, 2000},
         .alive = {200, 500},
         .packets = {200000, 1000000},
         .exchanges = 12,
         .reply = 60,
         .loss = 0.02,
         .late = 0.002,
         .snaplen = 96},
};

/* ---- random numbers (xorshift64*, seeded through splitmix64) ---- */

static uint64_t random_state;

static uint64_t
scatter(uint64_t x)
{
        x += UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
        return x ^ x >> 31;
}

static uint64_t
any(void)
{
        random_state ^= random_state >> 12;
        random_state ^= random_state << 25;
        random_state ^= random_state >> 27;
        return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

static bool
chance(double p)
{
        return p > 0 && (double)(any() >> 11) * 0x1p-53 < p;
}

static uint64_t
below(uint64_t limit)
{
        return (uint64_t)((unsigned __int128)any() * limit >> 64);
}

/* At least one; geometric with this mean. */
static uint64_t
around(double mean)
{
        uint64_t n = 1;
        while (n < 2000 && chance(1 - 1 / mean))
                n++;
        return n;
}

/* ---- the model ---- */

struct span {
        uint64_t begin, end;
};

/* Sorted and disjoint; when full, the youngest knowledge is dropped, as a receiver short of memory may. */
struct spans {
        struct span at[SPANS];
        unsigned count;
};

struct end {
        uint64_t una, nxt, top;     /* what is acknowledged, sent, and given by the application; SYN is octet 0 */
        uint64_t fin;               /* offset of its FIN, NOWHERE before close() */
        struct spans sacked;        /* of what it sent */
        uint64_t recover, hole;     /* fast recovery: until where, and what to send again next */
        uint64_t rcv;               /* next octet expected from the peer, 0 before its SYN */
        struct spans held;          /* received beyond a hole */
        uint64_t peer_fin, awaited; /* the peer's FIN; what the application waits for */
        int64_t timer, delayed_ack, wake, free_at;    /* free_at: when its line has sent what it was given */
        uint32_t isn, window, threshold, clock, echo; /* window and threshold in segments */
        uint16_t ip_id;
        uint8_t repeated, backoff, unacked;
        bool open, recovering, dead;
};

enum ending { A_CLOSES, B_CLOSES, REFUSED, A_RESETS, B_RESETS };

struct connection {
        struct end end[2];
        int64_t delay[2]; /* from the capture point to each end */
        int64_t due;      /* time of its timer event that counts */
        uint8_t address[2][16];
        uint16_t port[2];
        uint32_t segment, exchanges, in_flight;
        uint8_t ending;
        bool ipv6, vlan, alive;
        uint64_t request, reply;
};

struct packet {
        uint64_t offset, ack;
        struct span sack[3];
        uint32_t connection, next_free, length, tsval, tsecr;
        uint16_t ip_id;
        uint8_t flags, sacks, from;
        bool dies, passed; /* dies behind the capture point; passed it already */
};

struct event {
        int64_t time;
        uint64_t order; /* first come, first served at one time */
        uint32_t what;  /* START, TIMER, PACKET */
        uint32_t which;
};
enum { START, TIMER, PACKET };

static const struct workload *load;
static int size_index;
static struct connection *connections;
static struct packet *packets;
static uint32_t packet_room, first_free = UINT32_MAX;
static struct event *heap;
static size_t heap_count, heap_room;
static uint64_t events, started, written, connection_limit, packet_limit;
static int64_t now;
static FILE *out;
static uint8_t payload[2][PAYLOAD_TABLE + 65536];

static void *
grow(void *memory, size_t count, size_t size)
{
        void *grown = realloc(memory, count * size);
        if (grown == NULL) {
                fprintf(stderr, "generate: out of memory\n");
                exit(1);
        }
        return grown;
}

static bool
earlier(const struct event *x, const struct event *y)
{
        return x->time != y->time ? x->time < y->time : x->order < y->order;
}

static void
schedule(int64_t time, uint32_t what, uint32_t which)
{
        if (heap_count == heap_room) {
                heap_room = heap_room == 0 ? 4096 : heap_room * 2;
                heap = grow(heap, heap_room, sizeof *heap);
        }
        struct event event = {time, events++, what, which};
        size_t at = heap_count++;
        for (; at > 0 && earlier(&event, &heap[(at - 1) / 2]); at = (at - 1) / 2)
                heap[at] = heap[(at - 1) / 2];
        heap[at] = event;
}

static struct event
next_event(void)
{
        struct event first = heap[0], last = heap[--heap_count];
        size_t at = 0;
        for (size_t child; (child = 2 * at + 1) < heap_count; at = child) {
                if (child + 1 < heap_count && earlier(&heap[child + 1], &heap[child]))
                        child++;
                if (!earlier(&heap[child], &last))
                        break;
                heap[at] = heap[child];
        }
        heap[at] = last;
        return first;
}

static void
add_span(struct spans *spans, uint64_t begin, uint64_t end)
{
        unsigned i = 0, joined;
        while (i < spans->count && spans->at[i].end < begin)
                i++;
        for (joined = i; joined < spans->count && spans->at[joined].begin <= end; joined++) {
                if (spans->at[joined].begin < begin)
                        begin = spans->at[joined].begin;
                if (spans->at[joined].end > end)
                        end = spans->at[joined].end;
        }
        if (joined == i && spans->count == SPANS)
                return;
        memmove(&spans->at[i + 1], &spans->at[joined], (spans->count - joined) * sizeof *spans->at);
        spans->count = spans->count - (joined - i) + 1;
        spans->at[i] = (struct span){begin, end};
}

static void
forget_below(struct spans *spans, uint64_t offset)
{
        unsigned gone = 0;
        while (gone < spans->count && spans->at[gone].end <= offset)
                gone++;
        memmove(spans->at, spans->at + gone, (spans->count - gone) * sizeof *spans->at);
        spans->count -= gone;
}

/* ---- octets ---- */

static uint8_t *
be16(uint8_t *p, uint32_t value)
{
        p[0] = (uint8_t)(value >> 8);
        p[1] = (uint8_t)value;
        return p + 2;
}

static uint8_t *
be32(uint8_t *p, uint32_t value)
{
        return be16(be16(p, value >> 16), value);
}

static uint64_t
sum_words(const uint8_t *p, size_t size)
{
        uint64_t sum = 0;
        for (; size >= 2; p += 2, size -= 2)
                sum += (uint32_t)p[0] << 8 | p[1];
        return size > 0 ? sum + ((uint32_t)p[0] << 8) : sum;
}

static uint32_t
fold(uint64_t sum)
{
        while (sum > 0xffff)
                sum = (sum & 0xffff) + (sum >> 16);
        return (uint32_t)sum;
}

static void
write_record(const uint8_t *headers, size_t header_octets, const uint8_t *data, size_t data_octets)
{
        size_t length = header_octets + data_octets;
        size_t captured = length < load->snaplen ? length : load->snaplen;
        uint32_t record[4] = {(uint32_t)(1700000000 + now / SEC), (uint32_t)(now % SEC / US), (uint32_t)captured,
                              (uint32_t)length};
        fwrite(record, sizeof record, 1, out);
        fwrite(headers, 1, captured < header_octets ? captured : header_octets, out);
        if (captured > header_octets)
                fwrite(data, 1, captured - header_octets, out);
        written++;
}

/* Ethernet, VLAN tag, IPv4 or IPv6.  |*pseudo| becomes the sum of the addresses, for the checksum behind. */
static uint8_t *
put_lower_headers(uint8_t *p, const struct connection *c, unsigned from, uint32_t octets, uint8_t protocol,
                  uint16_t ip_id, uint64_t *pseudo)
{
        static const uint8_t macs[2][12] = {{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}};
        memcpy(p, macs[from], 12);
        p += 12;
        if (c->vlan)
                p = be16(be16(p, 0x8100), 100);
        const size_t address = c->ipv6 ? 16 : 4;
        *pseudo = sum_words(c->address[0], address) + sum_words(c->address[1], address) + octets + protocol;
        if (c->ipv6) {
                p = be32(be16(p, 0x86dd), 0x60000000);
                p = be16(p, octets);
                *p++ = protocol;
                *p++ = 64;
        } else {
                uint8_t *ip = p = be16(p, 0x0800);
                p = be16(be16(be16(be16(p, 0x4500), 20 + octets), ip_id), 0x4000);
                *p++ = 64;
                *p++ = protocol;
                p = be16(p, 0);
                memcpy(p, c->address[from], 4);
                memcpy(p + 4, c->address[!from], 4);
                be16(ip + 10, ~fold(sum_words(ip, 20)));
                return p + 8;
        }
        memcpy(p, c->address[from], 16);
        memcpy(p + 16, c->address[!from], 16);
        return p + 32;
}

static void
capture_packet(const struct packet *x)
{
        const struct connection *c = &connections[x->connection];
        const struct end *sender = &c->end[x->from], *receiver = &c->end[!x->from];
        uint8_t headers[160], option[40], *o = option;
        if ((x->flags & SYN) != 0) {
                o = be32(o, 0x02040000 | (c->ipv6 ? 1440 : 1460));
                o = be32(o, 0x0402080a);
                o = be32(be32(o, x->tsval), x->tsecr);
                o = be32(o, 0x01030300 | SCALE);
        } else if ((x->flags & RST) == 0) {
                o = be32(be32(be32(o, 0x0101080a), x->tsval), x->tsecr);
                if (x->sacks > 0)
                        o = be32(o, 0x01010500 | (2 + 8u * x->sacks));
                for (unsigned i = 0; i < x->sacks; i++)
                        o = be32(be32(o, receiver->isn + (uint32_t)x->sack[i].begin),
                                 receiver->isn + (uint32_t)x->sack[i].end);
        }
        const uint32_t tcp_octets = 20 + (uint32_t)(o - option);
        uint64_t pseudo;
        uint8_t *tcp = put_lower_headers(headers, c, x->from, tcp_octets + x->length, 6, x->ip_id, &pseudo);
        uint8_t *p = be16(be16(tcp, c->port[x->from]), c->port[!x->from]);
        p = be32(p, (x->flags & (RST | ACK)) == (RST | ACK) && !sender->open ? 0 : sender->isn + (uint32_t)x->offset);
        p = be32(p, (x->flags & ACK) != 0 ? receiver->isn + (uint32_t)x->ack : 0);
        p = be16(p, tcp_octets / 4 << 12 | x->flags);
        p = be16(p, (x->flags & RST) != 0 ? 0 : (x->flags & SYN) != 0 ? 64240 : 8192);
        p = be32(p, 0);
        memcpy(p, option, (size_t)(o - option));
        const uint8_t *data = payload[x->from] + x->offset % PAYLOAD_TABLE;
        be16(tcp + 16, ~fold(pseudo + sum_words(tcp, tcp_octets) + sum_words(data, x->length)));
        write_record(headers, (size_t)(tcp - headers) + tcp_octets, data, x->length);
}

static void
capture_noise(void)
{
        struct connection c = {.address = {{10, 0, 0, 1}, {198, 18, 255, 53}}};
        uint8_t headers[80];
        uint64_t pseudo;
        const uint32_t length = 30 + (uint32_t)below(200);
        const uint8_t *data = payload[0] + below(PAYLOAD_TABLE);
        uint8_t *udp = put_lower_headers(headers, &c, 0, 8 + length, 17, (uint16_t)any(), &pseudo);
        be16(be16(be16(be16(udp, 20000 + (uint32_t)below(40000)), 53), 8 + length), 0);
        be16(udp + 6, ~fold(pseudo + sum_words(udp, 8) + sum_words(data, length)));
        write_record(headers, (size_t)(udp - headers) + 8, data, length);
}

/* ---- the two ends ---- */

static int64_t
round_trip(const struct connection *c)
{
        return 2 * (c->delay[0] + c->delay[1]);
}

static void
send_packet(struct connection *c, unsigned from, uint8_t flags, uint64_t offset, uint32_t length)
{
        struct end *e = &c->end[from];
        if (first_free == UINT32_MAX) {
                uint32_t room = packet_room == 0 ? 4096 : packet_room * 2;
                packets = grow(packets, room, sizeof *packets);
                for (uint32_t i = packet_room; i < room; i++)
                        packets[i].next_free = i + 1 < room ? i + 1 : UINT32_MAX;
                first_free = packet_room;
                packet_room = room;
        }
        const uint32_t index = first_free;
        struct packet *x = &packets[index];
        first_free = x->next_free;
        *x = (struct packet){.offset = offset, .length = length, .ack = e->rcv, .flags = flags, .from = (uint8_t)from};
        x->connection = (uint32_t)(c - connections);
        x->ip_id = e->ip_id++;
        x->tsval = e->clock + (uint32_t)(now / MS);
        x->tsecr = e->echo;
        if ((flags & (ACK | RST)) == ACK) {
                for (unsigned i = e->held.count; i > 0 && x->sacks < 3; i--)
                        x->sack[x->sacks++] = e->held.at[i - 1];
                e->unacked = 0;
                e->delayed_ack = NEVER;
        }
        const bool dies_before = chance(load->loss / 2);
        x->dies = !dies_before && chance(load->loss / 2);
        /* one line of 1 Gbit/s for each end: 8 ns an octet */
        if (e->free_at < now)
                e->free_at = now;
        e->free_at += 8 * (80 + (int64_t)length);
        if (dies_before) {
                x->next_free = first_free;
                first_free = index;
                return;
        }
        int64_t late = length > 0 && chance(load->late) ? MS + (int64_t)below(3 * (uint64_t)MS) : 0;
        c->in_flight++;
        schedule(e->free_at + c->delay[from] + late, PACKET, index);
}

static void
set_timer(const struct connection *c, struct end *e)
{
        if (e->una == e->nxt) {
                e->timer = NEVER;
                e->backoff = 0;
                return;
        }
        int64_t wait = e->open ? 200 * MS + round_trip(c) : SEC;
        e->timer = now + (wait << (e->backoff < 8 ? e->backoff : 8));
}

static void
repeat_from(struct connection *c, unsigned from, uint64_t offset)
{
        struct end *e = &c->end[from];
        uint64_t end = offset + c->segment;
        if (end > e->top)
                end = e->top;
        for (unsigned i = 0; i < e->sacked.count; i++)
                if (e->sacked.at[i].begin > offset && e->sacked.at[i].begin < end)
                        end = e->sacked.at[i].begin;
        const bool fin = offset + (end > offset ? end - offset : 0) == e->fin && e->nxt > e->fin;
        send_packet(c, from, (uint8_t)(ACK | (fin ? FIN : 0)), offset, end > offset ? (uint32_t)(end - offset) : 0);
        e->hole = end + fin;
}

static void
send_allowed(struct connection *c, unsigned from)
{
        struct end *e = &c->end[from];
        if (!e->open || e->dead)
                return;
        while (e->nxt < e->top && e->nxt - e->una < (uint64_t)e->window * c->segment) {
                uint64_t length = e->top - e->nxt < c->segment ? e->top - e->nxt : c->segment;
                const bool last = e->nxt + length == e->top;
                send_packet(c, from, (uint8_t)(ACK | (last ? PSH : 0)), e->nxt, (uint32_t)length);
                e->nxt += length;
        }
        if (e->nxt == e->fin && e->nxt == e->top) {
                send_packet(c, from, FIN | ACK, e->nxt, 0);
                e->nxt++;
        }
        if (e->timer == NEVER)
                set_timer(c, e);
}

static void
end_here(struct end *e)
{
        e->dead = true;
        e->timer = e->delayed_ack = e->wake = NEVER;
}

static void
close_end(struct connection *c, unsigned side)
{
        struct end *e = &c->end[side];
        if (e->fin == NOWHERE && !e->dead) {
                e->fin = e->top;
                send_allowed(c, side);
        }
}

/* The application of |side| has something to do: send the next request or reply, or end the connection. */
static void
application(struct connection *c, unsigned side)
{
        struct end *e = &c->end[side];
        const bool over = side == 0 ? c->exchanges == 0 : c->exchanges == 0 && c->ending == B_CLOSES && e->top > 1;
        if ((c->ending == A_RESETS && side == 0 && e->top > 1) || (c->ending == B_RESETS && side == 1)) {
                send_packet(c, side, RST | ACK, e->nxt, 0);
                end_here(e);
                return;
        }
        if (e->peer_fin != NOWHERE && e->rcv > e->peer_fin) {
                close_end(c, side);
                return;
        }
        if (side == 0) {
                if (over) {
                        if (c->ending != B_CLOSES)
                                close_end(c, 0);
                        return;
                }
                e->top += c->request;
                e->awaited += c->reply;
                c->end[1].awaited += c->request;
        } else {
                e->top += c->reply;
                if (--c->exchanges == 0 && c->ending == B_CLOSES)
                        e->fin = e->top;
        }
        send_allowed(c, side);
}

static void
take_acknowledgment(struct connection *c, unsigned side, const struct packet *x)
{
        struct end *e = &c->end[side];
        bool news = false;
        for (unsigned i = 0; i < x->sacks; i++) {
                news = true;
                add_span(&e->sacked, x->sack[i].begin, x->sack[i].end);
        }
        if (x->ack > e->una && x->ack <= e->nxt) {
                e->una = x->ack;
                e->repeated = 0;
                e->backoff = 0;
                forget_below(&e->sacked, e->una);
                if (e->recovering && e->una >= e->recover) {
                        e->recovering = false;
                        e->window = e->threshold;
                } else if (!e->recovering) {
                        e->window += e->window < e->threshold ? 1 : chance(1.0 / e->window);
                        if (e->window > 700)
                                e->window = 700;
                }
                set_timer(c, e);
        } else if (x->ack == e->una && x->length == 0 && news && e->nxt > e->una) {
                if (++e->repeated == 3 && !e->recovering) {
                        e->recovering = true;
                        e->recover = e->nxt;
                        e->threshold = e->window = e->window / 2 > 2 ? e->window / 2 : 2;
                        repeat_from(c, side, e->una);
                }
        }
        if (e->recovering && e->sacked.count > 0) {
                /* the next octets below the highest SACKed ones that nobody has */
                if (e->hole < e->una)
                        e->hole = e->una;
                for (unsigned i = 0; i < e->sacked.count; i++)
                        if (e->hole >= e->sacked.at[i].begin && e->hole < e->sacked.at[i].end)
                                e->hole = e->sacked.at[i].end;
                if (e->hole < e->sacked.at[e->sacked.count - 1].begin)
                        repeat_from(c, side, e->hole);
        }
}

static void
take_data(struct connection *c, unsigned side, const struct packet *x)
{
        struct end *e = &c->end[side];
        const uint64_t end = x->offset + x->length;
        const uint64_t before = e->rcv;
        bool at_once = load->every_segment_acked;
        if ((x->flags & FIN) != 0)
                e->peer_fin = end;
        if (x->length > 0 && end > e->rcv) {
                if (x->offset <= e->rcv) {
                        e->rcv = end;
                        forget_below(&e->held, e->rcv);
                        if (e->held.count > 0 && e->held.at[0].begin <= e->rcv) {
                                e->rcv = e->held.at[0].end;
                                forget_below(&e->held, e->rcv);
                                at_once = true;
                        }
                } else {
                        add_span(&e->held, x->offset, end);
                        at_once = true;
                }
        } else if (x->length > 0) {
                at_once = true;
        }
        const bool fin_taken = e->peer_fin != NOWHERE && e->rcv >= e->peer_fin;
        if (fin_taken && e->rcv == e->peer_fin)
                e->rcv++;
        if (fin_taken && e->fin == NOWHERE) {
                if (chance(0.8))
                        close_end(c, side); /* its FIN carries the acknowledgment */
                else
                        e->wake = now + MS + (int64_t)below(30 * (uint64_t)MS);
        } else if (!fin_taken && e->rcv != before && e->rcv >= e->awaited && e->wake == NEVER) {
                e->wake = now + 50 * US + (int64_t)below(side == 0 ? 20 * (uint64_t)MS : 2 * (uint64_t)MS);
        }
        if (e->dead || e->nxt == e->fin + 1 ? !fin_taken && x->length == 0 : false)
                return;
        if (x->length == 0 && (x->flags & FIN) == 0)
                return;
        if (fin_taken && e->delayed_ack == NEVER && e->unacked == 0 && e->nxt == e->fin + 1 && e->una < e->nxt &&
            before != e->rcv)
                return; /* the FIN sent just now has said it */
        if (at_once || fin_taken || ++e->unacked >= 2)
                send_packet(c, side, ACK, e->nxt, 0);
        else if (e->delayed_ack == NEVER)
                e->delayed_ack = now + 40 * MS;
}

static void
open_end(struct connection *c, unsigned side)
{
        struct end *e = &c->end[side];
        e->open = true;
        e->window = 10;
        if (side == 0)
                e->wake = now + 20 * US + (int64_t)below(2 * (uint64_t)MS);
}

static void
arrive(struct connection *c, unsigned side, const struct packet *x)
{
        struct end *e = &c->end[side];
        if ((x->flags & RST) != 0) {
                end_here(e);
                return;
        }
        if (e->dead) {
                if (x->length > 0 || (x->flags & FIN) != 0)
                        send_packet(c, side, RST, x->ack, 0);
                return;
        }
        e->echo = x->tsval;
        if ((x->flags & SYN) != 0) {
                if (side == 1 && c->ending == REFUSED) {
                        e->rcv = 1;
                        send_packet(c, 1, RST | ACK, 0, 0);
                        end_here(e);
                        return;
                }
                const bool first = e->rcv == 0;
                e->rcv = 1;
                if (side == 1 && !e->open) {
                        send_packet(c, 1, SYN | ACK, 0, 0);
                        e->nxt = 1;
                        if (first)
                                set_timer(c, e);
                        return;
                }
                if (side == 0) {
                        if (!e->open)
                                open_end(c, 0);
                        e->una = 1;
                        set_timer(c, e);
                        send_packet(c, 0, ACK, e->nxt, 0);
                        return;
                }
        }
        if (!e->open) {
                if (side == 0 || (x->flags & ACK) == 0)
                        return;
                open_end(c, side);
        }
        take_acknowledgment(c, side, x);
        if (!e->dead)
                take_data(c, side, x);
        send_allowed(c, side);
}

static void
run_timers(struct connection *c)
{
        for (unsigned side = 0; side < 2; side++) {
                struct end *e = &c->end[side];
                if (e->wake <= now) {
                        e->wake = NEVER;
                        application(c, side);
                }
                if (e->delayed_ack <= now)
                        send_packet(c, side, ACK, e->nxt, 0);
                if (e->timer > now || e->dead)
                        continue;
                if (++e->backoff > 6) {
                        end_here(e);
                        continue;
                }
                if (!e->open) {
                        send_packet(c, side, (uint8_t)(side == 0 ? SYN : SYN | ACK), 0, 0);
                } else {
                        e->threshold = e->window / 2 > 2 ? e->window / 2 : 2;
                        e->window = 2;
                        e->recovering = true;
                        e->recover = e->nxt;
                        repeat_from(c, side, e->una);
                }
                set_timer(c, e);
        }
}

static void
start_connection(struct connection *c)
{
        const uint64_t id = started++;
        const uint64_t mark = scatter(id ^ load->seed << 40);
        memset(c, 0, sizeof *c);
        c->alive = true;
        c->due = NEVER;
        c->ipv6 = chance(load->ipv6);
        c->vlan = chance(load->vlan);
        c->segment = c->ipv6 ? MAX_SEGMENT - 20 : MAX_SEGMENT;
        c->ending = chance(load->reset) ? (uint8_t)(REFUSED + below(3)) : chance(0.7) ? A_CLOSES : B_CLOSES;
        c->exchanges = load->exchanges > 1 ? (uint32_t)around(load->exchanges) : 1;
        c->request = 80 + below(400);
        c->reply = load->bulk[size_index] > 0 ? load->bulk[size_index]
                   : load->reply > 1          ? c->segment * around(load->reply) - below(c->segment)
                                              : 200 + below(1000);
        if (load->bulk[size_index] > 0 && (id & 1) != 0) { /* an upload: the large half is the request */
                uint64_t large = c->reply;
                c->reply = c->request;
                c->request = large;
        }
        /* clients in 10/8 or 2001:db8:1::/48 with a port that the pair of client and server has not used before */
        const uint64_t client = id % 4096, turn = id / 4096, server = mark % 64;
        if (c->ipv6) {
                memcpy(c->address[0], (const uint8_t[]){0x20, 0x01, 0x0d, 0xb8, 0, 1}, 6);
                memcpy(c->address[1], (const uint8_t[]){0x20, 0x01, 0x0d, 0xb8, 0, 2}, 6);
                be32(c->address[0] + 12, (uint32_t)client + 1);
                be32(c->address[1] + 12, (uint32_t)server + 1);
        } else {
                be32(c->address[0], 10u << 24 | ((uint32_t)client * 2654435761u >> 8));
                be32(c->address[1], (198u << 24 | 18u << 16) + (uint32_t)server + 1);
        }
        c->port[0] = (uint16_t)(1024 + (turn * 13 + client * 7) % 64000);
        c->port[1] = (uint16_t)(server % 3 == 0 ? 443 : server % 3 == 1 ? 80 : 5432);
        c->delay[0] = 5 * US + (int64_t)below(200 * (uint64_t)US);
        c->delay[1] = 100 * US + (int64_t)(below(20 * (uint64_t)MS) * below(1000) / 1000);
        for (unsigned side = 0; side < 2; side++) {
                struct end *e = &c->end[side];
                e->isn = (uint32_t)any();
                e->clock = (uint32_t)any();
                e->ip_id = (uint16_t)any();
                e->fin = e->peer_fin = NOWHERE;
                e->top = e->awaited = 1;
                e->window = 10;
                e->threshold = 600;
                e->timer = e->delayed_ack = e->wake = NEVER;
        }
        send_packet(c, 0, SYN, 0, 0);
        c->end[0].nxt = 1;
        set_timer(c, &c->end[0]);
}

/* After each event of a connection: when has it to be looked at again, or is it over? */
static void
settle(struct connection *c)
{
        int64_t due = NEVER;
        for (unsigned side = 0; side < 2; side++) {
                const struct end *e = &c->end[side];
                const int64_t times[3] = {e->timer, e->delayed_ack, e->wake};
                for (unsigned i = 0; i < 3; i++)
                        if (times[i] < due)
                                due = times[i];
        }
        if (due < c->due) {
                c->due = due;
                schedule(due, TIMER, (uint32_t)(c - connections));
        }
        if (due == NEVER && c->in_flight == 0) {
                c->alive = false;
                if (started < connection_limit)
                        schedule(now + 20 * US + (int64_t)below(400 * (uint64_t)US), START,
                                 (uint32_t)(c - connections));
        }
}

static void
simulate(uint64_t alive)
{
        connections = grow(NULL, alive, sizeof *connections);
        memset(connections, 0, alive * sizeof *connections);
        for (uint32_t i = 0; i < alive; i++)
                schedule((int64_t)i * 15 * US + (int64_t)below(10 * (uint64_t)US), START, i);
        while (heap_count > 0 && (packet_limit == 0 || written < packet_limit)) {
                struct event event = next_event();
                now = event.time;
                struct connection *c;
                if (event.what == START) {
                        if (started >= connection_limit)
                                continue;
                        c = &connections[event.which];
                        start_connection(c);
                } else if (event.what == TIMER) {
                        c = &connections[event.which];
                        if (!c->alive || c->due != event.time)
                                continue; /* superseded */
                        c->due = NEVER;
                        run_timers(c);
                } else {
                        struct packet x = packets[event.which];
                        c = &connections[x.connection];
                        if (!x.passed) {
                                capture_packet(&x);
                                if (chance(load->noise))
                                        capture_noise();
                                if (!x.dies) {
                                        packets[event.which].passed = true;
                                        schedule(now + c->delay[!x.from], PACKET, event.which);
                                        continue;
                                }
                        }
                        packets[event.which].next_free = first_free;
                        first_free = event.which;
                        c->in_flight--;
                        if (x.passed)
                                arrive(c, !x.from, &x);
                }
                settle(c);
        }
}

static void
flood(void)
{
        for (uint64_t i = 0; i < connection_limit; i++) {
                /* an odd factor permutes the 40 bits of address and port, so no pair comes twice */
                uint64_t pair = (i * UINT64_C(0x9e3779b97f) + 12345) & UINT64_C(0xffffffffff);
                struct connection c = {.address = {{0}, {198, 18, 0, 1}}, .port = {0, 80}};
                uint8_t headers[80];
                uint64_t pseudo;
                be32(c.address[0], (uint32_t)(pair >> 15) & 0x1ffffff);
                c.address[0][0] = (uint8_t)(16 + (c.address[0][0] & 1) * 16);
                c.port[0] = (uint16_t)(1024 + (pair & 0x7fff));
                now = (int64_t)i * 2 * US;
                uint8_t *tcp = put_lower_headers(headers, &c, 0, 24, 6, (uint16_t)scatter(i), &pseudo);
                uint8_t *p = be16(be16(tcp, c.port[0]), c.port[1]);
                p = be32(be32(p, (uint32_t)scatter(i ^ 77)), 0);
                p = be32(be16(be16(p, 0x6002), 1024), 0);
                be32(p, 0x020405b4);
                be16(tcp + 16, ~fold(pseudo + sum_words(tcp, 24)));
                static const uint8_t padding[8];
                write_record(headers, (size_t)(tcp - headers) + 24, padding, 60 - 58);
        }
}

static const struct workload *
find_workload(const char *name)
{
        static struct workload growth;
        for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++)
                if (strcmp(workloads[i].name, name) == 0)
                        return &workloads[i];
        char *end;
        uint64_t thousands = name[0] != '\0' ? strtoull(name + 1, &end, 10) : 0;
        if ((name[0] != 'c' && name[0] != 's') || thousands == 0 || thousands > 20000 || *end != '\0')
                return NULL;
        growth = (struct workload){.name = name, .seed = 16, .snaplen = 96, .exchanges = 2, .reply = 2};
        growth.flood = name[0] == 's';
        for (int i = 0; i < 2; i++)
                growth.connections[i] = growth.alive[i] = thousands * 1000;
        return &growth;
}

int
main(int argc, char **argv)
{
        if (argc == 4)
                load = find_workload(argv[1]);
        if (load == NULL || (strcmp(argv[2], "small") != 0 && strcmp(argv[2], "large") != 0)) {
                fprintf(stderr, "usage: generate w1|w2|w3|w4|w5|cN|sN small|large FILE\n");
                return 2;
        }
        size_index = strcmp(argv[2], "large") == 0;
        connection_limit = load->connections[size_index];
        packet_limit = load->packets[size_index];
        random_state = scatter(load->seed);
        for (size_t i = 0; i < sizeof payload[0]; i++) {
                payload[0][i] = (uint8_t)(scatter(i % PAYLOAD_TABLE) >> 13);
                payload[1][i] = (uint8_t)(scatter(i % PAYLOAD_TABLE) >> 37);
        }
        out = fopen(argv[3], "wb");
        if (out == NULL) {
                perror(argv[3]);
                return 1;
        }
        setvbuf(out, NULL, _IOFBF, 1 << 20);
        const uint32_t header[6] = {0xa1b2c3d4, 4u << 16 | 2, 0, 0, load->snaplen, 1};
        fwrite(header, sizeof header, 1, out);
        if (load->flood)
                flood();
        else
                simulate(load->alive[size_index]);
        if (ferror(out) != 0 || fclose(out) != 0) {
                perror(argv[3]);
                return 1;
        }
        printf("%" PRIu64 " %" PRIu64 "\n", written, load->flood ? connection_limit : started);
        free(connections);
        free(packets);
        free(heap);
        return 0;
}
