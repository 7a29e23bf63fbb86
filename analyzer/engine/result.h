/* result.h - what the analysis hands to its users: plain values, complete, const.  A writer needs nothing else.
 *
 * Unknown is not zero: counters that cannot be known hold TV_UNKNOWN, times TV_NO_TIME, enums their *_UNKNOWN or
 * *_NONE value, strings NULL.  Writers leave such fields empty. */
#ifndef TV_RESULT_H
#define TV_RESULT_H

#include "analyzer/capture/packet.h"
#include "analyzer/decode/decode.h"
#include "analyzer/tcp/state_row.h"
#include "analyzer/tcp/tcp_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TV_UNKNOWN UINT64_MAX

/* An IP address for printing; bytes in network order, four of them for IPv4. */
struct tv_address {
        uint8_t byte[16];
        bool ipv6;
};

/* ---- findings.csv ---- */

enum tv_severity { TV_INFO, TV_NOTICE, TV_WARNING, TV_ERROR };
enum tv_confidence { TV_CERTAIN, TV_LIKELY, TV_POSSIBLE };
enum tv_blame { TV_BLAME_A, TV_BLAME_B, TV_BLAME_NETWORK, TV_BLAME_CAPTURE, TV_BLAME_UNKNOWN };

#define TV_FINDING_FRAMES 16
#define TV_FINDING_TEXT   600

struct tv_finding {
        uint64_t conn; /* TV_UNKNOWN: of the capture or of a host, not of one connection */
        uint8_t end;   /* enum tv_end; TV_NO_END */
        uint8_t severity, confidence, blame;
        const char *code; /* static string "family.code" from finding_list.def */
        bool has_address;
        struct tv_address address;
        uint16_t port;       /* with has_address; 0: none */
        tv_time time, until; /* when it began and ended */
        uint64_t count;
        uint64_t caused_by;   /* number of the finding that this one follows from, or TV_UNKNOWN */
        uint16_t cause_back;  /* findings of hosts: it follows from the one so many before it; 0: from none of them */
        const char *explains; /* likewise: codes of findings of connections to its address and port that it explains,
                                 separated by blanks; NULL: none */
        tv_frame frames[TV_FINDING_FRAMES];
        uint8_t frame_count;
        char what[TV_FINDING_TEXT], not_[TV_FINDING_TEXT], advice[TV_FINDING_TEXT]; /* UTF-8, "" when none */
};

/* ---- connections.csv ---- */

enum tv_initiator { TV_INITIATOR_SYN, TV_INITIATOR_SYNACK, TV_INITIATOR_INFERRED };
enum tv_handshake {
        TV_HANDSHAKE_COMPLETE,
        TV_HANDSHAKE_NO_ANSWER,
        TV_HANDSHAKE_HALF_OPEN,
        TV_HANDSHAKE_REFUSED,
        TV_HANDSHAKE_UNREACHABLE,
        TV_HANDSHAKE_ABORTED,
        TV_HANDSHAKE_SIMULTANEOUS,
        TV_HANDSHAKE_NOT_CAPTURED,
};
enum tv_teardown {
        TV_TEARDOWN_ORDERLY,
        TV_TEARDOWN_SIMULTANEOUS,
        TV_TEARDOWN_RESET,
        TV_TEARDOWN_HALF_CLOSED,
        TV_TEARDOWN_ABANDONED,
        TV_TEARDOWN_REPLACED,
        TV_TEARDOWN_OPEN,
};
enum tv_closed_first { TV_CLOSED_FIRST_A, TV_CLOSED_FIRST_B, TV_CLOSED_FIRST_BOTH, TV_CLOSED_FIRST_NONE };

/* Tags and tunnels that an end's packets came with. */
struct tv_way {
        struct tv_context first; /* of the first segment; no steps: plain */
        bool not_kept;           /* |first| is not known: the capture has too many */
        bool others;             /* later segments came otherwise */
};

/* The columns with prefix a_ / b_: what this end sent. Durations in nanoseconds. */
struct tv_direction {
        uint64_t segments, ip_bytes, payload_bytes, unique_bytes;
        uint64_t retransmissions, retransmitted_bytes, spurious, out_of_order;
        uint64_t network_duplicates, capture_duplicates, missing_bytes, duplicate_acks, zero_windows, resets;
        uint64_t isn, mss, wscale; /* TV_UNKNOWN: no SYN seen, or option absent */
        uint64_t sack, timestamps; /* 0, 1 or TV_UNKNOWN: offered in this end's SYN */
        uint64_t initial_window;
        tv_time rtt_min, rtt_p50, rtt_p95,
                rtt_max; /* TV_NO_TIME without samples: capture point -> peer -> capture point */
        uint64_t rtt_samples;
        uint64_t max_in_flight;
        uint64_t needed, lost_upstream, lost_downstream; /* retransmitted segments; not columns, for the text report */
        struct tv_way way;
};

/* An ICMP error that quotes a segment of the connection. */
struct tv_icmp_seen {
        tv_frame frame;
        uint8_t type, code; /* tv_icmp_meaning(sender.ipv6, type, code) has the words */
        uint32_t mtu;       /* of the next hop; 0: not told */
        struct tv_address sender;
};

/* A comment that somebody wrote on the packet of a segment, or of an ICMP error about it. */
struct tv_comment_seen {
        tv_frame frame;
        char text[TV_PACKET_COMMENT + 1];
};

struct tv_connection {
        uint64_t conn, tcp_stream;
        tv_frame first_frame, last_frame;
        tv_time start, duration;
        struct tv_address addr[2]; /* by enum tv_end */
        uint16_t port[2];
        uint8_t initiator, handshake, teardown, closed_first;
        uint8_t state[2];  /* enum tv_tcp_state at the last packet of the capture */
        tv_time delay[2];  /* from the capture point to that end; TV_NO_TIME unknown */
        uint64_t turns;    /* request-response exchanges */
        tv_time last_idle; /* silence before the last segment */
        char zeek_conn_state[8], zeek_history[40], community_id[40];
        struct tv_direction dir[2]; /* by sender */
        tv_time time_handshake, time_a_app, time_b_app, time_network, time_recovery, time_teardown;
        bool evicted; /* written early to make memory: "partly analysed" */
        bool chosen;  /* one of its segments, a fragment of one, or an ICMP error about it came in a packet that the
                         engine's user chose (tv_engine_choose) */
        uint64_t icmp_errors;
        bool icmp_differ;            /* they do not all say the same, or not by the same sender */
        struct tv_icmp_seen icmp[2]; /* with icmp_errors: the first and the last */

        const struct tv_transition *transitions;
        size_t transition_count;
        const struct tv_finding *findings; /* of this connection */
        size_t finding_count;
        const struct tv_comment_seen *comments; /* the first of them */
        size_t comment_count;
        uint64_t comments_more; /* kept as well */
};

/* ---- listeners.csv, hosts.csv ---- */

/* A listening address and port, a host, or all of those that are not kept one by one (|places| of them).  What "it"
 * did is what its own ends did. */
struct tv_place_row {
        bool has_address; /* no: all others */
        struct tv_address address;
        uint16_t port;   /* of a listener */
        uint64_t places; /* of all others: at least so many; else 1.  Of a host: its listeners */
        tv_time first, last;
        uint64_t opened, taken; /* of a host: connections that it opened, and that were opened to it */
        uint64_t connections, handshake[TV_HANDSHAKE_NOT_CAPTURED + 1], teardown[TV_TEARDOWN_OPEN + 1];
        uint64_t syns, syns_again, synacks, synacks_again; /* that came to it, and that it sent */
        uint64_t ignored;        /* segments that it dropped without a word after the handshake */
        uint64_t half_open_most; /* ends in SYN_RCVD at once */
        tv_time half_open_time;  /* when; TV_NO_TIME: never */
        uint64_t first_by_it, first_by_peer, first_by_both; /* who closed first */
        uint64_t sent_resets, got_resets, sent_bytes, got_bytes, sent_again, got_again;
        tv_time rtt_min, rtt_p50, rtt_p95, rtt_max; /* of connections: there and back, the least of each */
        uint64_t rtt_samples;
        uint64_t state[TV_STATES]; /* of its own ends, at the last packet of the capture */
};

/* ---- series.csv ---- */

/* What happened at a listener, or at all of a host, in a second, or in a longer step in long captures.  Of states the
 * most at once.  A step without any change has no row. */
struct tv_series_row {
        tv_time time, step;
        bool of_host; /* the whole host */
        struct tv_address address;
        uint16_t port;
        uint64_t syns, synacks, synacks_again, completed, resets;
        uint64_t state[TV_STATES];
        uint64_t after[TV_STATES]; /* at the end of the step */
};

/* ---- segments.csv ---- */

struct tv_segment_row {
        tv_frame frame;
        tv_time time;
        uint64_t conn;
        uint8_t sender; /* enum tv_end */
        uint16_t flags, window;
        uint32_t seq, ack, length;
        bool has_expected_seq, has_expected_ack;
        uint32_t expected_seq, expected_ack;
        uint8_t data_class, reason, needed, lost, ack_class; /* reassembly/data_class.h */
        tv_frame of_frame;
        uint8_t state[2];
        uint8_t passed;     /* enum tv_passed */
        uint32_t interface; /* as in struct tv_packet */
};

/* ---- files.csv ---- */

struct tv_file {
        uint32_t number;        /* from 1 */
        const char *path;       /* as given */
        const char *format;     /* "pcap", "pcapng", ...; NULL when it could not be opened */
        const char *link_types; /* names joined by ';' */
        tv_time start, end;
        uint64_t packets;
        uint64_t bucket[TV_BUCKETS]; /* their sum is |packets| */
        uint64_t drops;              /* reported by the capturer, TV_UNKNOWN when it does not say */
        const char *damage;          /* one line, or NULL */
        uint64_t damage_offset;      /* byte offset, TV_UNKNOWN */
        uint64_t damage_frame;       /* frame before the damage, TV_UNKNOWN */
        uint64_t damages;            /* places in all; |damage| is about the first */
        /* What the file says about itself; NULL: nothing. */
        const char *capturer, *interfaces, *comments;
        uint64_t packet_comments; /* TV_UNKNOWN: the format has no place for any */
};

#endif
