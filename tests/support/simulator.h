/* simulator.h - TCP dialogues with known truth.
 *
 * Two simplified but correct endpoints (RFC 9293; RTO of RFC 6298, SACK of RFC 2018 and 2883, timestamps of RFC 7323,
 * tail loss probes of RFC 8985, challenge ACKs of RFC 5961) talk over a path that delays, loses, duplicates and
 * reorders.  Everything is drawn from a seed.  What each end sent, what became of it, and in which state each end was
 * when, is written down; a recording is what a capture at one of three places shows of it, with or without the faults
 * that captures have. */
#ifndef TV_TEST_SIMULATOR_H
#define TV_TEST_SIMULATOR_H

#include "analyzer/capture/packet.h"
#include "analyzer/tcp/tcp_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tv_sim_point { TV_SIM_AT_A, TV_SIM_BETWEEN, TV_SIM_AT_B, TV_SIM_POINTS };

#define TV_SIM_SACKS 4
#define TV_SIM_NEVER INT64_MAX

/* One transmission by end 0 (a) or 1 (b).  Numbers are offsets: SYN at 0, first octet of data at 1. */
struct tv_sim_sent {
        tv_time time;
        uint64_t begin, ack;
        uint32_t length; /* octets of payload */
        uint32_t tsval, tsecr;
        uint16_t flags, window, ip_id;
        uint8_t end, sacks;
        uint64_t sack[TV_SIM_SACKS][2];
        bool probe; /* of a window, with nothing in it */
};

static inline uint64_t
tv_sim_space(const struct tv_sim_sent *sent)
{
        return sent->length + (uint64_t)((sent->flags & 0x02) != 0) + (uint64_t)((sent->flags & 0x01) != 0);
}

/* What became of it; the network may make several of one. */
struct tv_sim_copy {
        uint32_t sent;                 /* index */
        uint32_t number;               /* 0, or from 1 for copies made by the network */
        tv_time passed[TV_SIM_POINTS]; /* TV_SIM_NEVER: it did not */
        bool arrived;                  /* at the other end */
        bool refused;                  /* that one was no longer (or not yet) of this connection */
};

struct tv_sim_step {
        enum tv_tcp_state to;
        tv_time time;
};
#define TV_SIM_STEPS 12

struct tv_sim {
        uint64_t seed, random;
        /* The hosts. */
        bool sack, timestamps, ipv6;
        bool irregular; /* some segments take much longer than others */
        uint8_t ids[2]; /* enum tv_sim_ids */
        uint32_t isn[2];
        unsigned scale; /* of both windows */
        /* Truth. */
        struct tv_sim_sent *sent;
        struct tv_sim_copy *copy;
        size_t sent_count, copy_count, sent_room, copy_room;
        struct tv_sim_step step[2][TV_SIM_STEPS];
        size_t steps[2];
        tv_time end;
        char story[400]; /* what the seed made of it, for people */
};

enum tv_sim_ids { TV_SIM_ID_ZERO, TV_SIM_ID_COUNTER, TV_SIM_ID_SHARED, TV_SIM_ID_RANDOM, TV_SIM_IDS };

/* Plays the dialogue of |seed| to its end.  The caller frees it. */
struct tv_sim *tv_sim_new(uint64_t seed);
void tv_sim_free(struct tv_sim *sim);

uint64_t tv_sim_random(uint64_t *random);
/* Below |n|. */
uint64_t tv_sim_below(uint64_t *random, uint64_t n);

/* ---- what a capture shows ---- */

/* The faults of one; all zero is a faultless one. */
struct tv_sim_faults {
        double missing;  /* share of frames that the capturer drops */
        tv_time twice;   /* every packet is recorded again, about so much later */
        tv_time late[2]; /* everything that this end sent is recorded so much later */
        double from;     /* begins after this share of all frames */
        uint32_t snaplen;
        uint64_t random;
};

struct tv_sim_frame {
        tv_time time;
        uint32_t copy;
        bool again; /* the second record */
};

struct tv_sim_recording {
        struct tv_sim_frame *at; /* in the order of the file */
        size_t count;
};

struct tv_sim_recording tv_sim_record(const struct tv_sim *sim, enum tv_sim_point point,
                                      const struct tv_sim_faults *faults);
/* As a dialogue (dialogue.h); the caller frees it. */
char *tv_sim_text(const struct tv_sim *sim, const struct tv_sim_recording *recording,
                  const struct tv_sim_faults *faults);

#endif
