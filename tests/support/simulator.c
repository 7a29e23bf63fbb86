#include "tests/support/simulator.h"

#include "analyzer/decode/segment.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MICROSECOND INT64_C(1000)
#define MILLISECOND INT64_C(1000000)
#define SECOND      INT64_C(1000000000)

/* Nobody waits for timers longer than this. */
#define HORIZON (90 * SECOND)

enum { MAX_FLIGHT = 256, MAX_PENDING = 1024, MAX_RANGES = 32, MAX_ACTS = 8, MAX_SENT = 3000 };

/* ---- chance ---- */

uint64_t
tv_sim_random(uint64_t *random)
{
        uint64_t z = *random += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return z ^ z >> 31;
}

uint64_t
tv_sim_below(uint64_t *random, uint64_t n)
{
        return tv_sim_random(random) % n;
}

static bool
happens(uint64_t *random, double share)
{
        return (double)(tv_sim_random(random) >> 11) < share * 9007199254740992.0;
}

static tv_time
between(uint64_t *random, tv_time low, tv_time high)
{
        return low + (tv_time)tv_sim_below(random, (uint64_t)(high - low) + 1);
}

/* ---- the ends ---- */

/* What is sent and not acknowledged, piece by piece. */
struct piece {
        uint64_t begin, end;
        uint16_t flags; /* SYN, FIN */
        tv_time first, last;
        unsigned times;
        bool sacked, lost;
};

enum act_kind { ACT_WRITE, ACT_SHUTDOWN, ACT_CLOSE, ACT_ABORT };

struct act {
        enum act_kind kind;
        tv_time delay; /* after it became possible */
        uint64_t octets;
        uint64_t after_received; /* octets */
        bool after_eof;
};

struct range {
        uint64_t begin, end;
        uint64_t when; /* the last to change was the last to come */
};

struct host {
        enum tv_tcp_state state;
        tv_time last_emit;
        uint16_t id;
        uint32_t clock; /* of the timestamps, at time 0 */
        unsigned tick;  /* milliseconds */
        /* sending */
        uint64_t una, nxt, written, peer_right;
        bool fin_wanted, fin_sent, closed;
        struct piece flight[MAX_FLIGHT];
        unsigned pieces, cwnd, mss, backoff, dup_acks, retries;
        bool in_recovery;
        uint64_t recovery_point;
        tv_time srtt, rttvar, rto_at, tlp_at, give_up_at;
        bool probed; /* a tail loss probe is out */
        bool tlp;
        /* receiving */
        uint64_t rcv_nxt, last_ack_sent, peer_fin;
        bool peer_fin_known, eof;
        struct range ooo[MAX_RANGES];
        unsigned ranges;
        uint64_t dsack[2];
        bool ack_now;
        unsigned unacked;
        tv_time delack_at;
        uint32_t ts_recent;
        bool lenient;                /* a duplicate that ends at the last acknowledgment may still move TS.Recent */
        uint64_t buffer, unread;     /* the application reads all at once ... */
        tv_time read_at, read_every; /* ... now and then */
        uint64_t advertised;         /* right edge */
        /* application */
        struct act act[MAX_ACTS];
        unsigned acts, next_act;
        tv_time act_at;
        bool act_armed;
};

struct half {
        tv_time delay, jitter, last;
        double loss, duplicate, reorder;
        tv_time reorder_by;
};

struct pending {
        tv_time time;
        uint32_t copy;
};

struct game {
        struct tv_sim *sim;
        uint64_t *random;
        struct host host[2];
        struct half half[2][2]; /* by sender: first and second half of the way */
        tv_time outage_from[2], outage_until[2];
        struct pending pending[MAX_PENDING];
        size_t pendings;
        uint64_t arrivals;
        tv_time now;
        bool simultaneous;
        double spike; /* share of segments that take much longer */
};

static void *
need(void *memory)
{
        if (memory == NULL)
                abort();
        return memory;
}

static void
enter(struct game *game, unsigned end, enum tv_tcp_state to, tv_time when)
{
        struct tv_sim *sim = game->sim;

        if (game->host[end].state == to)
                return;
        game->host[end].state = to;
        assert(sim->steps[end] < TV_SIM_STEPS);
        sim->step[end][sim->steps[end]++] = (struct tv_sim_step){to, when};
}

/* ---- the path ---- */

static tv_time
travel(struct game *game, struct half *half, tv_time from)
{
        tv_time at = from + half->delay + (half->jitter != 0 ? between(game->random, 0, half->jitter) : 0);

        if (happens(game->random, half->reorder))
                return at + between(game->random, MICROSECOND, half->reorder_by);
        if (at <= half->last)
                at = half->last + MICROSECOND;
        half->last = at;
        return at;
}

static uint32_t
new_copy(struct game *game, uint32_t sent, uint32_t number)
{
        struct tv_sim *sim = game->sim;

        if (sim->copy_count == sim->copy_room) {
                sim->copy_room = sim->copy_room == 0 ? 256 : sim->copy_room * 2;
                sim->copy = need(realloc(sim->copy, sim->copy_room * sizeof *sim->copy));
        }
        sim->copy[sim->copy_count] =
                (struct tv_sim_copy){sent, number, {TV_SIM_NEVER, TV_SIM_NEVER, TV_SIM_NEVER}, false, false};
        return (uint32_t)sim->copy_count++;
}

static void
second_half(struct game *game, uint32_t copy, unsigned from, tv_time at, uint32_t *number)
{
        struct half *half = &game->half[from][1];
        unsigned far = from == 0 ? TV_SIM_AT_B : TV_SIM_AT_A;

        for (unsigned again = 0; again < 2; again++) {
                struct tv_sim_copy *c;

                if (again != 0) {
                        if (!happens(game->random, half->duplicate))
                                break;
                        copy = new_copy(game, game->sim->copy[copy].sent, ++*number);
                } else if (happens(game->random, half->loss)) {
                        break;
                }
                c = &game->sim->copy[copy];
                c->passed[far] = travel(game, half, at);
                assert(game->pendings < MAX_PENDING);
                game->pending[game->pendings++] = (struct pending){c->passed[far], copy};
        }
}

static void
transmit(struct game *game, uint32_t sent)
{
        const struct tv_sim_sent *s = &game->sim->sent[sent];
        unsigned from = s->end;
        struct half *half = &game->half[from][0];
        uint32_t number = 0, copy = new_copy(game, sent, 0);

        game->sim->copy[copy].passed[from == 0 ? TV_SIM_AT_A : TV_SIM_AT_B] = s->time;
        if (s->time >= game->outage_from[from] && s->time < game->outage_until[from])
                return;
        for (unsigned again = 0; again < 2; again++) {
                tv_time at;

                if (again != 0) {
                        if (!happens(game->random, half->duplicate))
                                break;
                        copy = new_copy(game, sent, ++number);
                } else if (happens(game->random, half->loss)) {
                        break;
                }
                at = travel(game, half, s->time);
                if (happens(game->random, game->spike))
                        at = half->last = at + between(game->random, 50 * MILLISECOND, 600 * MILLISECOND);
                game->sim->copy[copy].passed[TV_SIM_BETWEEN] = at;
                second_half(game, copy, from, at, &number);
        }
}

/* ---- sending ---- */

static uint64_t
window_of(const struct host *host)
{
        return host->unread >= host->buffer ? 0 : host->buffer - host->unread;
}

static void
ack_was_sent(struct host *host)
{
        host->ack_now = false;
        host->unacked = 0;
        host->delack_at = TV_SIM_NEVER;
        host->last_ack_sent = host->rcv_nxt;
        host->dsack[0] = host->dsack[1] = 0;
}

/* Puts one segment on the wire.  Returns when. */
static tv_time
emit(struct game *game, unsigned end, uint16_t flags, uint64_t begin, uint32_t length, uint64_t ack)
{
        struct tv_sim *sim = game->sim;
        struct host *host = &game->host[end];
        struct tv_sim_sent *s;
        uint64_t window;

        if (sim->sent_count == sim->sent_room) {
                sim->sent_room = sim->sent_room == 0 ? 256 : sim->sent_room * 2;
                sim->sent = need(realloc(sim->sent, sim->sent_room * sizeof *sim->sent));
        }
        s = &sim->sent[sim->sent_count];
        memset(s, 0, sizeof *s);
        s->time = game->now > host->last_emit ? game->now : host->last_emit + between(game->random, 500, 3000);
        host->last_emit = s->time;
        s->end = (uint8_t)end;
        s->flags = flags;
        s->begin = begin;
        s->length = length;
        s->ack = (flags & TV_ACK) != 0 ? ack : 0;
        window = window_of(host);
        if ((flags & TV_SYN) != 0) {
                s->window = (uint16_t)(window > 65535 ? 65535 : window);
        } else {
                uint64_t right;

                window >>= sim->scale;
                if (window > 65535)
                        window = 65535;
                /* A window is never taken back (RFC 9293 3.8.6). */
                right = host->rcv_nxt + (window << sim->scale);
                if (right < host->advertised && (flags & TV_RST) == 0)
                        window = (host->advertised - host->rcv_nxt + (UINT64_C(1) << sim->scale) - 1) >> sim->scale;
                if (window > 65535)
                        window = 65535;
                s->window = (uint16_t)window;
        }
        if ((flags & TV_ACK) != 0 && (flags & TV_RST) == 0) {
                uint64_t right = ack + ((uint64_t)s->window << ((flags & TV_SYN) != 0 ? 0 : sim->scale));

                if (right > host->advertised)
                        host->advertised = right;
        }
        if ((flags & TV_RST) != 0)
                s->window = 0;
        if (sim->timestamps) {
                s->tsval = host->clock + (uint32_t)(s->time / (host->tick * MILLISECOND));
                s->tsecr = (flags & TV_ACK) != 0 ? host->ts_recent : 0;
        }
        switch ((enum tv_sim_ids)sim->ids[end]) {
        case TV_SIM_ID_COUNTER:
                s->ip_id = ++host->id;
                break;
        case TV_SIM_ID_SHARED: /* other connections take some in between */
                s->ip_id = host->id = (uint16_t)(host->id + 1 + tv_sim_below(game->random, 6));
                break;
        case TV_SIM_ID_RANDOM:
                s->ip_id = (uint16_t)(1 + tv_sim_below(game->random, 65535));
                break;
        default:
                break;
        }
        if ((flags & TV_ACK) != 0 && (flags & (TV_SYN | TV_RST)) == 0 && sim->sack) {
                unsigned most = sim->timestamps ? 3 : 4;
                bool taken[MAX_RANGES] = {false};

                if (host->dsack[1] != 0) {
                        s->sack[0][0] = host->dsack[0];
                        s->sack[0][1] = host->dsack[1];
                        s->sacks = 1;
                }
                while (s->sacks < most) {
                        unsigned best = MAX_RANGES;

                        for (unsigned i = 0; i < host->ranges; i++)
                                if (!taken[i] && (best == MAX_RANGES || host->ooo[i].when > host->ooo[best].when))
                                        best = i;
                        if (best == MAX_RANGES)
                                break;
                        taken[best] = true;
                        s->sack[s->sacks][0] = host->ooo[best].begin;
                        s->sack[s->sacks++][1] = host->ooo[best].end;
                }
        }
        if ((flags & TV_ACK) != 0 && (flags & TV_RST) == 0)
                ack_was_sent(host);
        sim->sent_count++;
        transmit(game, (uint32_t)(sim->sent_count - 1));
        return s->time;
}

static tv_time
rto_of(const struct host *host)
{
        tv_time rto = host->srtt == 0 ? SECOND : host->srtt + 4 * host->rttvar;

        if (host->srtt != 0 && rto < 200 * MILLISECOND)
                rto = 200 * MILLISECOND;
        rto <<= host->backoff < 7 ? host->backoff : 7;
        return rto > 120 * SECOND ? 120 * SECOND : rto;
}

static void
arm(struct game *game, struct host *host)
{
        bool open = host->state >= TV_ESTABLISHED;

        host->rto_at = host->pieces != 0 ? host->last_emit + rto_of(host) : TV_SIM_NEVER;
        host->tlp_at = TV_SIM_NEVER;
        (void)game;
        if (open && host->tlp && host->pieces != 0 && !host->in_recovery && host->backoff == 0 && !host->probed &&
            host->srtt != 0) {
                tv_time pto = 2 * host->srtt + (host->pieces == 1 ? 200 * MILLISECOND : 2 * MILLISECOND);

                if (host->last_emit + pto < host->rto_at)
                        host->tlp_at = host->last_emit + pto;
        }
}

static uint16_t
flags_of(const struct host *host, const struct piece *piece)
{
        uint16_t flags = piece->flags;

        if ((flags & TV_SYN) == 0 || host->state == TV_SYN_RCVD)
                flags |= TV_ACK;
        if (piece->end - piece->begin > ((flags & (TV_SYN | TV_FIN)) != 0))
                flags |= TV_PSH;
        return flags;
}

/* Sends a piece, for the first time or again. */
static void
send_piece(struct game *game, unsigned end, struct piece *piece)
{
        struct host *host = &game->host[end];
        uint32_t control = (uint32_t)((piece->flags & TV_SYN) != 0) + (uint32_t)((piece->flags & TV_FIN) != 0);
        tv_time when = emit(game, end, flags_of(host, piece), piece->begin,
                            (uint32_t)(piece->end - piece->begin) - control, host->rcv_nxt);

        if (piece->times == 0) {
                piece->first = when;
                if ((piece->flags & TV_FIN) != 0)
                        enter(game, end, host->state == TV_CLOSE_WAIT ? TV_LAST_ACK : TV_FIN_WAIT_1, when);
        }
        piece->last = when;
        piece->times++;
        piece->lost = false;
}

static unsigned
pipe_of(const struct host *host)
{
        unsigned pipe = 0;

        for (unsigned i = 0; i < host->pieces; i++)
                pipe += !host->flight[i].sacked && !host->flight[i].lost;
        return pipe;
}

static bool
may_send(const struct host *host)
{
        switch (host->state) {
        case TV_ESTABLISHED:
        case TV_CLOSE_WAIT:
        case TV_FIN_WAIT_1:
        case TV_CLOSING:
        case TV_LAST_ACK:
                return true;
        default:
                return false;
        }
}

/* Small pieces that follow each other may go out as one when they are sent again. */
static void
melt(struct host *host, unsigned i)
{
        struct piece *p = &host->flight[i], *q = &host->flight[i + 1];

        if (i + 1 >= host->pieces || p->sacked || q->sacked || (p->flags & (TV_SYN | TV_FIN)) != 0 ||
            q->end - p->begin > host->mss)
                return;
        p->end = q->end;
        p->flags |= q->flags;
        host->pieces--;
        memmove(q, q + 1, (host->pieces - i - 1) * sizeof *q);
}

static bool
send_lost(struct game *game, unsigned end)
{
        struct host *host = &game->host[end];

        for (unsigned i = 0; i < host->pieces; i++)
                if (host->flight[i].lost && !host->flight[i].sacked) {
                        if (happens(game->random, 0.5))
                                melt(host, i);
                        send_piece(game, end, &host->flight[i]);
                        return true;
                }
        return false;
}

static bool
send_new(struct game *game, unsigned end)
{
        struct host *host = &game->host[end];
        struct piece *piece;
        uint64_t limit = host->written + 1 < host->peer_right ? host->written + 1 : host->peer_right;
        uint64_t length = limit > host->nxt ? limit - host->nxt : 0;
        bool fin;

        if (host->fin_sent || host->pieces == MAX_FLIGHT || !may_send(host))
                return false;
        if (length > host->mss)
                length = host->mss;
        fin = host->fin_wanted && host->nxt + length == host->written + 1;
        if (length == 0 && !fin)
                return false;
        piece = &host->flight[host->pieces++];
        *piece = (struct piece){.begin = host->nxt, .end = host->nxt + length + fin, .flags = fin ? TV_FIN : 0};
        host->nxt = piece->end;
        host->fin_sent = fin;
        send_piece(game, end, piece);
        return true;
}

static void
output(struct game *game, unsigned end)
{
        struct host *host = &game->host[end];
        bool sent = false;

        if (may_send(host)) {
                while (pipe_of(host) < host->cwnd && send_lost(game, end))
                        sent = true;
                while (pipe_of(host) < host->cwnd && send_new(game, end))
                        sent = true;
        }
        if (sent)
                arm(game, host);
        if (host->ack_now && host->state != TV_CLOSED && host->state != TV_LISTEN && host->state != TV_SYN_SENT)
                emit(game, end, TV_ACK, host->nxt, 0, host->rcv_nxt);
        /* A closed window is probed. */
        if (may_send(host) && host->pieces == 0 && host->rto_at == TV_SIM_NEVER && host->written + 1 > host->nxt &&
            host->peer_right <= host->nxt)
                host->rto_at = game->now + rto_of(host);
}

static void
gone(struct game *game, unsigned end, tv_time when)
{
        struct host *host = &game->host[end];

        enter(game, end, TV_CLOSED, when);
        host->rto_at = host->tlp_at = host->delack_at = host->read_at = TV_SIM_NEVER;
        host->pieces = 0;
        host->ack_now = false;
        host->next_act = host->acts;
}

static void
time_wait(struct game *game, unsigned end)
{
        struct host *host = &game->host[end];

        enter(game, end, TV_TIME_WAIT, game->now);
        host->rto_at = host->tlp_at = host->read_at = TV_SIM_NEVER;
        host->give_up_at = game->now + 60 * SECOND;
}

/* ---- receiving ---- */

static void
note_range(struct game *game, struct host *host, uint64_t begin, uint64_t end)
{
        unsigned i = 0;

        for (unsigned k = 0; k < host->ranges;) {
                if (host->ooo[k].begin <= end && begin <= host->ooo[k].end) {
                        if (host->ooo[k].begin < begin)
                                begin = host->ooo[k].begin;
                        if (host->ooo[k].end > end)
                                end = host->ooo[k].end;
                        host->ooo[k] = host->ooo[--host->ranges];
                } else {
                        k++;
                }
        }
        (void)i;
        if (host->ranges < MAX_RANGES)
                host->ooo[host->ranges++] = (struct range){begin, end, ++game->arrivals};
}

static bool
have_all(const struct host *host, uint64_t begin, uint64_t end)
{
        if (end <= host->rcv_nxt)
                return true;
        for (unsigned i = 0; i < host->ranges; i++)
                if (host->ooo[i].begin <= begin && end <= host->ooo[i].end)
                        return true;
        return false;
}

static void
rtt_sample(struct host *host, tv_time rtt)
{
        if (rtt < MICROSECOND)
                rtt = MICROSECOND;
        if (host->srtt == 0) {
                host->srtt = rtt;
                host->rttvar = rtt / 2;
        } else {
                tv_time off = rtt > host->srtt ? rtt - host->srtt : host->srtt - rtt;

                host->rttvar += (off - host->rttvar) / 4;
                host->srtt += (rtt - host->srtt) / 8;
        }
}

static void
lose(struct host *host, struct piece *piece)
{
        piece->lost = true;
        if (!host->in_recovery) {
                host->in_recovery = true;
                host->recovery_point = host->nxt;
                host->cwnd = host->cwnd > 4 ? host->cwnd / 2 : 2;
        }
}

static void
acknowledged(struct game *game, unsigned end, const struct tv_sim_sent *s)
{
        struct host *host = &game->host[end];
        bool advanced = s->ack > host->una, news = false;
        unsigned kept = 0;

        if (s->ack > host->nxt)
                return;
        if (advanced) {
                tv_time sample = 0;

                for (unsigned i = 0; i < host->pieces; i++) {
                        struct piece *p = &host->flight[i];

                        if (p->end <= s->ack) {
                                if (p->times == 1 && !p->sacked)
                                        sample = game->now - p->first;
                                host->cwnd += host->cwnd < 40;
                        } else {
                                if (p->begin < s->ack)
                                        p->begin = s->ack;
                                host->flight[kept++] = *p;
                        }
                }
                host->pieces = kept;
                host->una = s->ack;
                host->dup_acks = host->backoff = host->retries = 0;
                host->probed = false;
                if (sample != 0)
                        rtt_sample(host, sample);
                if (host->in_recovery && s->ack >= host->recovery_point)
                        host->in_recovery = false;
                if (host->in_recovery && !game->sim->sack && host->pieces != 0 && host->flight[0].times == 1)
                        lose(host, &host->flight[0]);
        } else if (s->ack == host->una && tv_sim_space(s) == 0 && host->pieces != 0 && s->begin >= host->rcv_nxt) {
                host->dup_acks++;
                if (!game->sim->sack && host->dup_acks == 3 && !host->in_recovery)
                        lose(host, &host->flight[0]);
        }
        for (unsigned k = 0; k < s->sacks; k++)
                for (unsigned i = 0; i < host->pieces; i++)
                        if (!host->flight[i].sacked && s->sack[k][0] <= host->flight[i].begin &&
                            host->flight[i].end <= s->sack[k][1])
                                host->flight[i].sacked = news = true;
        if (s->sacks != 0 && host->pieces != 0) {
                unsigned above = 0;
                tv_time newest = -1;

                for (unsigned i = host->pieces; i-- > 0;) {
                        struct piece *p = &host->flight[i];

                        if (p->sacked) {
                                above++;
                                if (p->last > newest)
                                        newest = p->last;
                        } else if (!p->lost && above >= 3 && p->times == 1) {
                                lose(host, p);
                        } else if (!p->lost && p->times > 1 && host->srtt != 0 &&
                                   newest > p->last + host->srtt / 4 + MILLISECOND) {
                                lose(host, p);
                        }
                }
        }
        if (s->ack >= host->una) {
                uint64_t right = s->ack + ((uint64_t)s->window << ((s->flags & TV_SYN) != 0 ? 0 : game->sim->scale));

                if (right > host->peer_right) {
                        host->peer_right = right;
                        if (host->pieces == 0)
                                host->rto_at = TV_SIM_NEVER;
                }
        }
        if (advanced || news) {
                tv_time emitted = host->last_emit;

                host->last_emit = game->now > emitted ? game->now : emitted;
                arm(game, host);
                host->last_emit = emitted;
        }
}

static void
reset_for(struct game *game, unsigned end, const struct tv_sim_sent *s)
{
        if ((s->flags & TV_RST) != 0)
                return;
        if ((s->flags & TV_ACK) != 0)
                emit(game, end, TV_RST, s->ack, 0, 0);
        else
                emit(game, end, TV_RST | TV_ACK, 0, 0, s->begin + tv_sim_space(s));
}

static void
take_fin(struct game *game, unsigned end)
{
        struct host *host = &game->host[end];

        if (!host->peer_fin_known || host->rcv_nxt != host->peer_fin || host->eof)
                return;
        host->rcv_nxt++;
        host->eof = host->ack_now = true;
        if (host->state == TV_ESTABLISHED || host->state == TV_SYN_RCVD)
                enter(game, end, TV_CLOSE_WAIT, game->now);
        else if (host->state == TV_FIN_WAIT_1)
                enter(game, end, TV_CLOSING, game->now);
        else if (host->state == TV_FIN_WAIT_2)
                time_wait(game, end);
}

/* Takes the octets of a segment.  Returns false when that ended the connection. */
static bool
take_data(struct game *game, unsigned end, const struct tv_sim_sent *s)
{
        struct host *host = &game->host[end];
        uint64_t begin = s->begin, data_end = s->begin + s->length, all = s->begin + tv_sim_space(s);

        if (tv_sim_space(s) == 0)
                return true;
        if (host->closed && data_end > host->rcv_nxt && s->length != 0 && host->state != TV_TIME_WAIT) {
                /* Nobody will read it (RFC 9293 3.6.1). */
                emit(game, end, TV_RST, s->ack, 0, 0);
                gone(game, end, game->now);
                return false;
        }
        if ((s->flags & TV_FIN) != 0) {
                host->peer_fin_known = true;
                host->peer_fin = data_end;
        }
        if (have_all(host, begin, all) || (s->length != 0 && have_all(host, begin, data_end) && host->eof)) {
                host->dsack[0] = begin;
                host->dsack[1] = all < host->rcv_nxt ? all : host->rcv_nxt;
                if (all > host->rcv_nxt)
                        host->dsack[1] = all;
                host->ack_now = true;
                return true;
        }
        if (begin > host->rcv_nxt) {
                if (data_end > begin)
                        note_range(game, host, begin, data_end);
                if (data_end > host->advertised)
                        return true; /* cannot be: the sender keeps to the window */
                host->ack_now = true;
                return true;
        }
        if (data_end > host->rcv_nxt) {
                uint64_t before = host->rcv_nxt;
                bool had_holes = host->ranges != 0;

                if (begin < host->rcv_nxt) {
                        host->dsack[0] = begin;
                        host->dsack[1] = host->rcv_nxt;
                }
                host->rcv_nxt = data_end;
                for (unsigned i = 0; i < host->ranges;)
                        if (host->ooo[i].begin <= host->rcv_nxt) {
                                if (host->ooo[i].end > host->rcv_nxt)
                                        host->rcv_nxt = host->ooo[i].end;
                                host->ooo[i] = host->ooo[--host->ranges];
                                i = 0;
                        } else {
                                i++;
                        }
                host->unread += host->rcv_nxt - before;
                if (host->read_at == TV_SIM_NEVER)
                        host->read_at = game->now + host->read_every;
                if (had_holes || ++host->unacked >= 2)
                        host->ack_now = true;
                else if (host->delack_at == TV_SIM_NEVER)
                        host->delack_at = game->now + 40 * MILLISECOND;
        }
        take_fin(game, end);
        return true;
}

static void
established(struct game *game, unsigned end)
{
        enter(game, end, TV_ESTABLISHED, game->now);
}

/* Returns false when the segment was of no use: its receiver has no such connection. */
static bool
receive(struct game *game, unsigned end, const struct tv_sim_sent *s)
{
        struct host *host = &game->host[end];
        uint64_t all = s->begin + tv_sim_space(s), acknowledges_fin;
        bool syn = (s->flags & TV_SYN) != 0, ack = (s->flags & TV_ACK) != 0, rst = (s->flags & TV_RST) != 0;
        bool acceptable;

        if (host->state == TV_CLOSED || host->state == TV_NO_STATE) {
                reset_for(game, end, s);
                return false;
        }
        if (host->state == TV_LISTEN) {
                if (rst)
                        return false;
                if (!syn || ack) {
                        reset_for(game, end, s);
                        return false;
                }
                host->rcv_nxt = host->last_ack_sent = 1;
                host->ts_recent = s->tsval;
                host->peer_right = 0;
                enter(game, end, TV_SYN_RCVD, game->now);
                host->flight[0] = (struct piece){.begin = 0, .end = 1, .flags = TV_SYN};
                host->pieces = 1;
                host->nxt = 1;
                send_piece(game, end, &host->flight[0]);
                host->peer_right = 1 + (uint64_t)s->window;
                arm(game, host);
                return true;
        }
        if (host->state == TV_SYN_SENT) {
                if (ack && s->ack != 1) {
                        reset_for(game, end, s);
                        return false;
                }
                if (rst) {
                        if (ack)
                                gone(game, end, game->now);
                        return ack;
                }
                if (!syn)
                        return false;
                host->rcv_nxt = host->last_ack_sent = 1;
                host->ts_recent = s->tsval;
                if (ack) {
                        acknowledged(game, end, s);
                        established(game, end);
                        host->ack_now = true;
                        output(game, end);
                } else {
                        enter(game, end, TV_SYN_RCVD, game->now);
                        send_piece(game, end, &host->flight[0]);
                        arm(game, host);
                }
                return true;
        }

        /* RFC 9293 3.10.7.4, first: the sequence number.  What ends where the last acknowledgment stood may pass. */
        if (syn)
                acceptable = false;
        else if (tv_sim_space(s) == 0)
                acceptable = s->begin >= host->rcv_nxt && s->begin <= host->advertised;
        else
                acceptable = s->begin < host->advertised + 1 && all > host->rcv_nxt;
        if (game->sim->timestamps && !rst && !syn && s->begin <= host->last_ack_sent &&
            (int32_t)(s->tsval - host->ts_recent) >= 0 && (acceptable || (host->lenient && all >= host->last_ack_sent)))
                host->ts_recent = s->tsval;
        if (rst) {
                if (s->begin == host->rcv_nxt) {
                        gone(game, end, game->now);
                        return true;
                }
                if (acceptable && happens(game->random, 0.99)) {
                        host->ack_now = true;
                        output(game, end);
                }
                return true;
        }
        if (syn) {
                if (host->state == TV_SYN_RCVD && !ack) {
                        /* It asks again. */
                        send_piece(game, end, &host->flight[0]);
                        arm(game, host);
                        return true;
                }
                if (!(host->state == TV_SYN_RCVD && ack && s->ack == 1)) {
                        host->ack_now = true;
                        output(game, end);
                        return true;
                }
        } else if (!acceptable && tv_sim_space(s) != 0) {
                host->dsack[0] = s->begin;
                host->dsack[1] = all;
                host->ack_now = true;
                if (host->state == TV_TIME_WAIT)
                        host->give_up_at = game->now + 60 * SECOND;
                if (ack && s->ack > host->una)
                        acknowledged(game, end, s);
                output(game, end);
                if (host->state != TV_SYN_RCVD)
                        return true;
        } else if (!acceptable) {
                if (s->probe)
                        host->ack_now = true;
                if (ack && s->begin + 1 >= host->rcv_nxt)
                        ; /* fall through to the acknowledgment: old, but harmless */
                else {
                        output(game, end);
                        return true;
                }
        }
        if (!ack)
                return true;
        if (host->state == TV_SYN_RCVD) {
                if (s->ack == 0 || s->ack > host->nxt) {
                        reset_for(game, end, s);
                        return true;
                }
                established(game, end);
        }
        acknowledged(game, end, s);
        acknowledges_fin = host->fin_sent && host->una >= host->nxt;
        if (acknowledges_fin) {
                if (host->state == TV_FIN_WAIT_1) {
                        enter(game, end, TV_FIN_WAIT_2, game->now);
                } else if (host->state == TV_CLOSING) {
                        time_wait(game, end);
                } else if (host->state == TV_LAST_ACK) {
                        gone(game, end, game->now);
                        return true;
                }
        }
        if (!syn && acceptable && !take_data(game, end, s))
                return true;
        output(game, end);
        return true;
}

/* ---- timers and applications ---- */

static void
timeout(struct game *game, unsigned end)
{
        struct host *host = &game->host[end];

        host->rto_at = host->tlp_at = TV_SIM_NEVER;
        if (host->pieces == 0) {
                if (may_send(host) && host->written + 1 > host->nxt && host->peer_right <= host->nxt) {
                        emit(game, end, TV_ACK, host->nxt - 1, 0, host->rcv_nxt);
                        game->sim->sent[game->sim->sent_count - 1].probe = true;
                        if (host->backoff < 6)
                                host->backoff++;
                        host->rto_at = game->now + rto_of(host);
                }
                return;
        }
        host->retries++;
        if ((host->state == TV_SYN_SENT && host->retries > 6) || (host->state == TV_SYN_RCVD && host->retries > 5)) {
                gone(game, end, game->now);
                return;
        }
        host->backoff++;
        host->probed = false;
        if (host->state >= TV_ESTABLISHED) {
                for (unsigned i = 0; i < host->pieces; i++)
                        host->flight[i].lost = !host->flight[i].sacked;
                host->in_recovery = true;
                host->recovery_point = host->nxt;
                host->cwnd = 1;
                if (happens(game->random, 0.5))
                        melt(host, 0);
        }
        send_piece(game, end, &host->flight[0]);
        arm(game, host);
}

static void
tail_probe(struct game *game, unsigned end)
{
        struct host *host = &game->host[end];

        host->tlp_at = TV_SIM_NEVER;
        host->probed = true;
        if (!send_new(game, end)) {
                struct piece *last = &host->flight[host->pieces - 1];

                if (last->sacked)
                        return;
                send_piece(game, end, last);
        }
        host->rto_at = host->last_emit + rto_of(host);
}

static void
read_all(struct game *game, unsigned end)
{
        struct host *host = &game->host[end];
        bool was_small = host->advertised < host->rcv_nxt + 2u * host->mss;

        host->read_at = TV_SIM_NEVER;
        host->unread = 0;
        if (was_small && host->state >= TV_ESTABLISHED && host->state != TV_TIME_WAIT) {
                host->ack_now = true;
                output(game, end);
        }
}

static void
perform(struct game *game, unsigned end)
{
        struct host *host = &game->host[end];
        const struct act *act = &host->act[host->next_act++];

        host->act_armed = false;
        host->act_at = TV_SIM_NEVER;
        switch (act->kind) {
        case ACT_WRITE:
                if (!host->fin_wanted)
                        host->written += act->octets;
                break;
        case ACT_SHUTDOWN:
                host->fin_wanted = true;
                break;
        case ACT_CLOSE:
                host->fin_wanted = host->closed = true;
                break;
        case ACT_ABORT:
                if (host->state >= TV_SYN_RCVD && host->state != TV_TIME_WAIT) {
                        tv_time when = emit(game, end, TV_RST | TV_ACK, host->nxt, 0, host->rcv_nxt);

                        gone(game, end, when);
                } else if (host->state == TV_SYN_SENT) {
                        gone(game, end, game->now);
                }
                return;
        }
        output(game, end);
}

/* Is the next thing that the application wants to do possible now? */
static void
arm_act(struct game *game, unsigned end)
{
        struct host *host = &game->host[end];
        const struct act *act = &host->act[host->next_act];

        if (host->act_armed || host->next_act == host->acts)
                return;
        if (host->state < TV_ESTABLISHED && act->kind != ACT_ABORT)
                return;
        if (host->state == TV_NO_STATE || host->state == TV_LISTEN || host->state == TV_CLOSED)
                return;
        if (host->state >= TV_ESTABLISHED &&
            (host->rcv_nxt < 1 + act->after_received || (act->after_eof && !host->eof)))
                return;
        host->act_armed = true;
        host->act_at = game->now + act->delay;
}

/* ---- a game ---- */

static void
plan_half(struct game *game, struct half *half, double loss, double duplicate, double reorder)
{
        static const tv_time delays[] = {30 * MICROSECOND, 200 * MICROSECOND, 2 * MILLISECOND,
                                         12 * MILLISECOND, 40 * MILLISECOND,  90 * MILLISECOND};

        half->delay = delays[tv_sim_below(game->random, 6)];
        half->delay += between(game->random, 0, half->delay / 2);
        half->jitter = happens(game->random, 0.4) ? half->delay / 3 : half->delay / 50;
        half->loss = loss;
        half->duplicate = duplicate;
        half->reorder = reorder;
        half->reorder_by = between(game->random, 100 * MICROSECOND, 30 * MILLISECOND);
}

static void
plan_path(struct game *game, char *story, size_t room)
{
        static const double losses[] = {0, 0, 0.02, 0.05, 0.1, 0.2};
        double loss[2], duplicate, reorder;

        loss[0] = losses[tv_sim_below(game->random, 6)];
        loss[1] = losses[tv_sim_below(game->random, 6)];
        duplicate = happens(game->random, 0.2) ? 0.04 : 0;
        reorder = happens(game->random, 0.25) ? 0.08 : 0;
        game->spike = happens(game->random, 0.15) ? 0.03 : 0;
        game->sim->irregular = reorder > 0 || game->spike > 0;
        for (unsigned from = 0; from < 2; from++) {
                for (unsigned i = 0; i < 2; i++)
                        plan_half(game, &game->half[from][i], loss[from], duplicate, reorder);
                game->outage_from[from] = game->outage_until[from] = TV_SIM_NEVER;
                if (happens(game->random, 0.1)) {
                        game->outage_from[from] = between(game->random, 0, 2 * SECOND);
                        game->outage_until[from] =
                                game->outage_from[from] + between(game->random, 100 * MILLISECOND, 4 * SECOND);
                }
        }
        snprintf(story, room, "loss %.2f/%.2f dup %.2f reorder %.2f spike %.2f delays %.1f+%.1f, %.1f+%.1f ms", loss[0],
                 loss[1], duplicate, reorder, game->spike, (double)game->half[0][0].delay / 1e6,
                 (double)game->half[0][1].delay / 1e6, (double)game->half[1][0].delay / 1e6,
                 (double)game->half[1][1].delay / 1e6);
}

static tv_time
some_delay(struct game *game)
{
        static const tv_time scales[] = {0, 100 * MICROSECOND, 2 * MILLISECOND, 60 * MILLISECOND, 700 * MILLISECOND};
        tv_time scale = scales[tv_sim_below(game->random, 5)];

        return 20 * MICROSECOND + (scale != 0 ? between(game->random, 0, scale) : 0);
}

static void
plan_talk(struct game *game)
{
        static const uint64_t sizes[] = {1, 40, 300, 1448, 3000, 9000, 25000};
        struct host *a = &game->host[0], *b = &game->host[1];
        unsigned turns = (unsigned)tv_sim_below(game->random, 4);
        uint64_t got[2] = {0, 0};

        for (unsigned i = 0; i < turns; i++) {
                uint64_t ask = sizes[tv_sim_below(game->random, 5)], reply = sizes[tv_sim_below(game->random, 7)];

                a->act[a->acts++] = (struct act){ACT_WRITE, some_delay(game), ask, got[0], false};
                got[1] += ask;
                if (happens(game->random, 0.85)) {
                        b->act[b->acts++] = (struct act){ACT_WRITE, some_delay(game), reply,
                                                         happens(game->random, 0.9) ? got[1] : 0, false};
                        got[0] += reply;
                }
        }
        for (unsigned end = 0; end < 2; end++) {
                struct host *host = &game->host[end];
                bool waits_data = happens(game->random, 0.7);
                struct act act = {ACT_CLOSE, some_delay(game), 0, waits_data ? got[end] : 0, false};

                if (happens(game->random, 0.06))
                        continue; /* never closes */
                if (happens(game->random, 0.08))
                        act.kind = ACT_ABORT;
                else if (happens(game->random, 0.6))
                        act.kind = ACT_SHUTDOWN;
                if (end == 1 ? happens(game->random, 0.5) : happens(game->random, 0.2))
                        act.after_eof = true;
                if (act.kind != ACT_ABORT && act.after_eof && happens(game->random, 0.3)) {
                        /* Half-closed for a while: data follow the other's FIN. */
                        struct act more = {ACT_WRITE, some_delay(game), sizes[tv_sim_below(game->random, 6)], 0, true};

                        host->act[host->acts++] = more;
                }
                host->act[host->acts++] = act;
        }
}

static void
prepare(struct game *game)
{
        struct tv_sim *sim = game->sim;
        static const unsigned mss[] = {536, 1000, 1448};
        size_t told;

        sim->sack = happens(game->random, 0.75);
        sim->timestamps = happens(game->random, 0.6);
        sim->ipv6 = happens(game->random, 0.15);
        sim->scale = happens(game->random, 0.8) ? 7 : 0;
        plan_path(game, sim->story, sizeof sim->story);
        game->simultaneous = happens(game->random, 0.03);
        for (unsigned end = 0; end < 2; end++) {
                struct host *host = &game->host[end];

                host->state = TV_NO_STATE;
                sim->ids[end] = sim->ipv6 ? TV_SIM_ID_ZERO : (uint8_t)tv_sim_below(game->random, TV_SIM_IDS);
                sim->isn[end] = happens(game->random, 0.1) ? UINT32_MAX - (uint32_t)tv_sim_below(game->random, 3000)
                                                           : (uint32_t)tv_sim_random(game->random);
                host->id = (uint16_t)tv_sim_random(game->random);
                host->clock = 1 + (uint32_t)(tv_sim_random(game->random) >> 33);
                host->tick = happens(game->random, 0.8) ? 1 : happens(game->random, 0.5) ? 4 : 10;
                host->mss = mss[tv_sim_below(game->random, 3)];
                host->cwnd = 10;
                host->tlp = happens(game->random, 0.7);
                host->lenient = happens(game->random, 0.6);
                host->buffer = happens(game->random, 0.1) ? 6000 : 64000;
                host->read_every = happens(game->random, 0.9) ? 30 * MICROSECOND : between(game->random, 0, 2 * SECOND);
                host->rto_at = host->tlp_at = host->delack_at = host->act_at = host->read_at = TV_SIM_NEVER;
                host->give_up_at = TV_SIM_NEVER;
                host->last_emit = -1;
        }
        plan_talk(game);
        told = strlen(sim->story);
        snprintf(sim->story + told, sizeof sim->story - told, "%s%s%s ids %u/%u", sim->sack ? " sack" : "",
                 sim->timestamps ? " ts" : "", sim->ipv6 ? " v6" : "", sim->ids[0], sim->ids[1]);
}

static void
open_actively(struct game *game, unsigned end)
{
        struct host *host = &game->host[end];
        struct tv_sim *sim = game->sim;
        tv_time when;

        sim->step[end][sim->steps[end]++] = (struct tv_sim_step){TV_CLOSED, game->now};
        host->state = TV_SYN_SENT;
        host->flight[0] = (struct piece){.begin = 0, .end = 1, .flags = TV_SYN};
        host->pieces = 1;
        host->nxt = 1;
        send_piece(game, end, &host->flight[0]);
        when = host->flight[0].first;
        sim->step[end][sim->steps[end]++] = (struct tv_sim_step){TV_SYN_SENT, when};
        arm(game, host);
}

/* The next thing to happen.  Returns false when there is none. */
static bool
proceed(struct game *game)
{
        tv_time next = TV_SIM_NEVER;
        size_t arrival = SIZE_MAX;
        tv_time *timer = NULL;
        unsigned end = 0;

        for (size_t i = 0; i < game->pendings; i++)
                if (game->pending[i].time < next) {
                        next = game->pending[i].time;
                        arrival = i;
                }
        for (unsigned e = 0; e < 2; e++) {
                struct host *host = &game->host[e];
                tv_time *timers[] = {&host->rto_at, &host->tlp_at,  &host->delack_at,
                                     &host->act_at, &host->read_at, &host->give_up_at};

                for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++)
                        if (*timers[i] < next) {
                                next = *timers[i];
                                timer = timers[i];
                                end = e;
                        }
        }
        if (next > HORIZON || game->sim->sent_count > MAX_SENT)
                return false;
        if (timer == NULL) {
                uint32_t copy = game->pending[arrival].copy;
                const struct tv_sim_sent s = game->sim->sent[game->sim->copy[copy].sent];

                end = !s.end;
                game->pending[arrival] = game->pending[--game->pendings];
                /* From the wire to the stack, which does one thing after the other. */
                game->now = next + between(game->random, 2 * MICROSECOND, 30 * MICROSECOND);
                if (game->now <= game->host[end].last_emit)
                        game->now = game->host[end].last_emit + 1;
                game->host[end].last_emit = game->now;
                game->sim->copy[copy].arrived = true;
                if (!receive(game, end, &s))
                        game->sim->copy[copy].refused = true;
        } else {
                struct host *host = &game->host[end];

                game->now = next <= host->last_emit ? host->last_emit + 1 : next;
                host->last_emit = game->now;
                if (timer == &host->rto_at) {
                        timeout(game, end);
                } else if (timer == &host->tlp_at) {
                        tail_probe(game, end);
                } else if (timer == &host->delack_at) {
                        host->delack_at = TV_SIM_NEVER;
                        host->ack_now = true;
                        output(game, end);
                } else if (timer == &host->act_at) {
                        perform(game, end);
                } else if (timer == &host->read_at) {
                        read_all(game, end);
                } else {
                        host->give_up_at = TV_SIM_NEVER;
                        if (host->state == TV_TIME_WAIT)
                                gone(game, end, game->now);
                }
        }
        for (unsigned e = 0; e < 2; e++)
                arm_act(game, e);
        return true;
}

struct tv_sim *
tv_sim_new(uint64_t seed)
{
        struct tv_sim *sim = need(calloc(1, sizeof *sim));
        struct game *game = need(calloc(1, sizeof *game));

        sim->seed = sim->random = seed;
        game->sim = sim;
        game->random = &sim->random;
        prepare(game);
        if (!game->simultaneous) {
                sim->step[1][sim->steps[1]++] = (struct tv_sim_step){TV_LISTEN, 0};
                game->host[1].state = TV_LISTEN;
        }
        open_actively(game, 0);
        if (game->simultaneous) {
                game->now += between(game->random, 0, 3 * MILLISECOND);
                open_actively(game, 1);
        }
        while (proceed(game))
                ;
        sim->end = game->now;
        /* What is under way at the end has not come. */
        for (size_t i = 0; i < game->pendings; i++)
                sim->copy[game->pending[i].copy].arrived = false;
        free(game);
        return sim;
}

void
tv_sim_free(struct tv_sim *sim)
{
        if (sim == NULL)
                return;
        free(sim->sent);
        free(sim->copy);
        free(sim);
}

/* ---- recordings ---- */

static int
by_time(const void *left, const void *right)
{
        const struct tv_sim_frame *x = left, *y = right;

        if (x->time != y->time)
                return x->time < y->time ? -1 : 1;
        if (x->copy != y->copy)
                return x->copy < y->copy ? -1 : 1;
        return (int)x->again - (int)y->again;
}

struct tv_sim_recording
tv_sim_record(const struct tv_sim *sim, enum tv_sim_point point, const struct tv_sim_faults *faults)
{
        struct tv_sim_recording r = {need(malloc((2 * sim->copy_count + 1) * sizeof *r.at)), 0};
        uint64_t random = faults->random;

        for (size_t i = 0; i < sim->copy_count; i++) {
                const struct tv_sim_copy *copy = &sim->copy[i];
                tv_time time = copy->passed[point];

                if (time == TV_SIM_NEVER || time > sim->end || happens(&random, faults->missing))
                        continue;
                time += faults->late[sim->sent[copy->sent].end];
                r.at[r.count++] = (struct tv_sim_frame){time, (uint32_t)i, false};
                if (faults->twice != 0)
                        r.at[r.count++] = (struct tv_sim_frame){
                                time + faults->twice + between(&random, 0, faults->twice / 4), (uint32_t)i, true};
        }
        qsort(r.at, r.count, sizeof *r.at, by_time);
        if (faults->from > 0) {
                size_t skipped = (size_t)((double)r.count * faults->from);

                r.count -= skipped;
                memmove(r.at, r.at + skipped, r.count * sizeof *r.at);
        }
        return r;
}

char *
tv_sim_text(const struct tv_sim *sim, const struct tv_sim_recording *recording, const struct tv_sim_faults *faults)
{
        size_t room = 400 + recording->count * 320, used;
        char *text = need(malloc(room));

        used = (size_t)snprintf(text, room, "%sclock ns\n", sim->ipv6 ? "v6\n" : "");
        for (unsigned end = 0; end < 2; end++)
                used += (size_t)snprintf(text + used, room - used,
                                         sim->ipv6 ? "%c = [2001:db8::%u]:%u isn %" PRIu32 "\n"
                                                   : "%c = 10.0.0.%u:%u isn %" PRIu32 "\n",
                                         "ab"[end], end + 1, end == 0 ? 40000 : 80, sim->isn[end]);
        if (faults->snaplen != 0)
                used += (size_t)snprintf(text + used, room - used, "snaplen %" PRIu32 "\n", faults->snaplen);
        for (size_t i = 0; i < recording->count; i++) {
                const struct tv_sim_frame *frame = &recording->at[i];
                const struct tv_sim_sent *s = &sim->sent[sim->copy[frame->copy].sent];
                char options[200], flags[8];
                size_t n = 0, k = 0;

                if ((s->flags & TV_FIN) != 0)
                        flags[k++] = 'F';
                if ((s->flags & TV_SYN) != 0)
                        flags[k++] = 'S';
                if ((s->flags & TV_RST) != 0)
                        flags[k++] = 'R';
                if ((s->flags & TV_PSH) != 0)
                        flags[k++] = 'P';
                if ((s->flags & TV_ACK) != 0)
                        flags[k++] = '.';
                flags[k] = '\0';
                used += (size_t)snprintf(text + used, room - used, "%.9f %s %s %" PRIu64 ":%" PRIu64 "(%" PRIu32 ")",
                                         (double)frame->time / 1e9, s->end == 0 ? "a>b" : "b>a", flags, s->begin,
                                         s->begin + s->length, s->length);
                if ((s->flags & TV_ACK) != 0)
                        used += (size_t)snprintf(text + used, room - used, " ack %" PRIu64, s->ack);
                used += (size_t)snprintf(text + used, room - used, " win %u", s->window);
                options[0] = '\0';
                if ((s->flags & TV_SYN) != 0)
                        n += (size_t)snprintf(options + n, sizeof options - n, "mss 1460%s",
                                              sim->sack ? ",sackOK" : "");
                if ((s->flags & TV_SYN) != 0 && sim->scale != 0)
                        n += (size_t)snprintf(options + n, sizeof options - n, ",ws %u", sim->scale);
                if (sim->timestamps && (s->flags & TV_RST) == 0)
                        n += (size_t)snprintf(options + n, sizeof options - n, "%sTS val %" PRIu32 " ecr %" PRIu32,
                                              n != 0 ? "," : "", s->tsval, s->tsecr);
                if (s->sacks != 0)
                        n += (size_t)snprintf(options + n, sizeof options - n, "%ssack", n != 0 ? "," : "");
                for (unsigned b = 0; b < s->sacks; b++)
                        n += (size_t)snprintf(options + n, sizeof options - n, " %" PRIu64 ":%" PRIu64, s->sack[b][0],
                                              s->sack[b][1]);
                if (n != 0)
                        used += (size_t)snprintf(text + used, room - used, " <%s>", options);
                used += sim->ipv6 ? (size_t)snprintf(text + used, room - used, "\n")
                                  : (size_t)snprintf(text + used, room - used, " {id %u}\n", s->ip_id);
        }
        return text;
}
