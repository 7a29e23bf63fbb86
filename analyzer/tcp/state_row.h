/* state_row.h - one step of an end's path through the states: a row of transitions.csv. */
#ifndef TV_STATE_ROW_H
#define TV_STATE_ROW_H

#include "analyzer/capture/packet.h"

#include <stdint.h>

enum tv_end { TV_A, TV_B, TV_NO_END };

enum tv_certainty { TV_OBSERVED, TV_CONFIRMED, TV_ASSUMED, TV_TIMER };

struct tv_transition {
        uint8_t end;  /* enum tv_end */
        uint8_t from; /* enum tv_tcp_state; TV_NO_STATE in an endpoint's first row */
        uint8_t to;
        uint8_t certainty;                  /* enum tv_certainty */
        const char *trigger;                /* static string: "SYN sent", "ACK of FIN got", "2MSL over", ... */
        const char *clause;                 /* static string: section of RFC 9293 ("3.10.7.4 5th") or NULL */
        tv_frame cause_frame;               /* 0: none */
        tv_frame confirm_frame;             /* 0: none */
        tv_time earliest, latest, estimate; /* TV_NO_TIME: empty */
};

#endif
