/* engine.h - the pipeline of design.md section 10 without files, printing or globals: push packets, take results.
 * The command line, a library and a cluster are its users.
 *
 * Results arrive through the sink, in the order in which connections become final (computed time, then conn); the same
 * packets give the same calls in the same order.  Everything a callback gets is borrowed until it returns. */
#ifndef TV_ENGINE_H
#define TV_ENGINE_H

#include "analyzer/engine/result.h"

#include <stdbool.h>
#include <stdint.h>

/* Timers of the hosts seen, in nanoseconds (design.md section 3). */
/* What a host says of itself (--sysctl), for advice: nothing is computed with it. */
struct tv_setting {
        bool told;
        long long value;
};

struct tv_profile {
        const char *name; /* "linux", "rfc" */
        tv_time two_msl;  /* 60 s; 240 s */
        unsigned syn_retries, synack_retries;
        unsigned syn_linear_retries; /* before these, without doubling: tcp_syn_linear_timeouts; 0: assumed to have none
                                      */
        tv_time rto_min, rto_initial;
        tv_time fin_wait_2; /* orphans only */
        unsigned retries2, orphan_retries;
        tv_time rto_max;
        struct tv_setting somaxconn, max_syn_backlog, syncookies, abort_on_overflow, max_tw_buckets, max_orphans,
                tw_reuse, port_low, port_high;
        tv_time keepalive_time, keepalive_interval; /* where the application does not set its own */
        unsigned keepalive_probes;
};
extern const struct tv_profile tv_profile_linux, tv_profile_rfc;

/* From the first transmission of a SYN or SYN-ACK until its sender gives up: |linear| retries after the initial RTO
 * each, |retries| after 1, 2, 4 ... times it, none later than the largest RTO (RFC 6298 5.5, 2.5), and the last wait.
 */
tv_time tv_profile_gives_up(const struct tv_profile *profile, unsigned linear, unsigned retries);

/* What the whole capture is like; the text report's second line and the capture.* findings come from it. */
struct tv_capture_quality {
        uint64_t packets, tcp_segments, connections;
        tv_time start, end;                   /* first and last packet, TV_NO_TIME without packets */
        uint64_t missing_bytes, missing_gaps; /* acknowledged, never captured: octets, and ranges of them */
        uint64_t drops;              /* packets that the capturer says it dropped; TV_UNKNOWN: it does not say */
        uint64_t capture_duplicates; /* segments that are the second record of a packet */
        /* From a packet to its second record; TV_NO_TIME without any. */
        tv_time duplicate_lag_min, duplicate_lag_typical, duplicate_lag_max;
        uint64_t duplicates_other_ttl; /* second records with another TTL: a router lies between both places */
        uint64_t cooked_packets;       /* of Linux' cooked link types, which "any" interface gives */
        uint64_t cut_packets;          /* payload or headers cut by the snaplen */
        uint64_t clock_steps;          /* times that step back (beyond reordering) */
        tv_time clock_step_most;       /* the largest of them; TV_NO_TIME without any */
        tv_time clock_step_time;       /* the last time before the first of them */
        uint64_t reordered_frames;     /* frames a little out of order in the file */
        uint64_t offload_checksums, wrong_checksums, super_segments;
        uint64_t early_acks;                  /* acknowledgments captured before their data ... */
        uint64_t early_acks_of[2];            /* ... by enum tv_end of who sent the data that come late */
        tv_time skew_typical, skew_most;      /* by how much; TV_NO_TIME without any */
        uint64_t one_way, mid_start, cut_off; /* connections */
        uint64_t datagrams;                   /* put together from IP fragments */
        uint64_t lost_fragments;              /* that found no whole datagram */
        uint64_t overlapping_fragments, conflicting_fragments; /* the latter with other octets; the first copy counts */
        tv_frame overlap_frame, conflict_frame;                /* the first of each */
        uint64_t evicted;
        uint64_t comments_left_out; /* comments on packets of TCP beyond those that are kept */
        uint64_t icmp_unmatched;    /* ICMP errors about a TCP segment that no known connection sent */
        bool has_taken_at;          /* is the capture point at one host? */
        struct tv_address taken_at;
};

struct tv_sink {
        void *context;
        /* A connection became final: its row, its transitions, its findings.  Required. */
        void (*connection)(void *context, const struct tv_connection *conn);
        /* A finding that belongs to no single connection (capture.*), at the end.  Required. */
        void (*finding)(void *context, const struct tv_finding *finding);
        /* One row per TCP segment in file order, once settled.  NULL: no rows are made (and none are held). */
        void (*segment)(void *context, const struct tv_segment_row *row);
        /* At the end, listeners and hosts (by address and port; all others come last); then, behind the findings about
         * them, what happened there second by second (hosts by address, each before its listeners).  NULL: not wanted.
         */
        void (*listener)(void *context, const struct tv_place_row *row);
        void (*host)(void *context, const struct tv_place_row *row);
        void (*series)(void *context, const struct tv_series_row *row);
};

struct tv_engine_config {
        const struct tv_profile *profile; /* NULL: tv_profile_linux; borrowed while the engine lives */
        uint64_t max_memory;              /* bytes for connections; 0: 4 GiB */
        uint64_t hash_key[2];             /* keys the flow hash; results do not depend on it */
        uint32_t rest_from; /* with so many connections in memory, those that are over are packed; 0: 8192.  Results do
                               not depend on it */
        unsigned pileup;    /* so many ends of a host in one state are a pile-up; 0: 50 */
        unsigned key;       /* enum tv_way_part: what else tells connections apart, always */
        /* Names link types that are not decoded, NULL where it knows no name; without it they are numbers. */
        const char *(*link_type_name)(int link_type);
};

struct tv_engine;

/* NULL when memory runs out. */
struct tv_engine *tv_engine_new(const struct tv_engine_config *config, const struct tv_sink *sink);
void tv_engine_free(struct tv_engine *engine);

/* Analyses one packet; its bytes are not needed after the call.  Packets come in capture order.
 * Returns the bucket it was counted in, for files.csv. */
enum tv_bucket tv_engine_push(struct tv_engine *engine, const struct tv_packet *packet);

/* tv_engine_choose says whether the packets that are pushed from now on are chosen; at first they are not.  The engine
 * does nothing with it but tell which connections have such a packet (tv_connection.chosen). */
void tv_engine_choose(struct tv_engine *engine, bool chosen);

/* tv_engine_damage notes that a file is damaged behind |frame|, or |cut| off there; |message| is copied.
 * tv_engine_drops: the capturer of a file, who had said before that it dropped |before| packets (TV_UNKNOWN: nothing),
 * says |now| that many.  Both become findings of the capture, and from then on what connections lack is not held for
 * lost on the way. */
void tv_engine_damage(struct tv_engine *engine, tv_frame frame, bool cut, const char *message);
void tv_engine_drops(struct tv_engine *engine, uint64_t before, uint64_t now);

/* The comment on a packet of TCP, NULL: none, or not kept (tv_capture_quality.comments_left_out).  Valid until
 * tv_engine_free. */
const char *tv_engine_comment(const struct tv_engine *engine, tv_frame frame);

/* The input ends: every connection becomes final, then the capture's findings follow. */
void tv_engine_finish(struct tv_engine *engine);

/* Valid after tv_engine_finish, until tv_engine_free. */
const struct tv_capture_quality *tv_engine_quality(const struct tv_engine *engine);

/* Number of heap allocations that the engine made so far (pools grow, segments do not allocate). */
uint64_t tv_engine_allocations(const struct tv_engine *engine);

#endif
