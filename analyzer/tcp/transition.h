/* transition.h - the arrows of RFC 9293 figure 5 as a table with section numbers. */
#ifndef TV_TRANSITION_H
#define TV_TRANSITION_H

#include "analyzer/tcp/tcp_state.h"

/* What can move an end from one state to the next.  SENT is its own act, GOT a receipt, OVER a timer. */
enum tv_stimulus {
        TV_SENT_SYN,
        TV_GOT_SYN_ALONE, /* a SYN without ACK */
        TV_GOT_SYN_ACK,
        TV_GOT_ACK_OF_SYN,
        TV_SENT_FIN,
        TV_RECEIVED_FIN,
        TV_GOT_ACK_OF_FIN,
        TV_SENT_RST,
        TV_RECEIVED_RST,
        TV_2MSL_OVER,
        TV_RETRIES_OVER,
        TV_FIN_WAIT_2_OVER, /* not in RFC 9293: stacks end an orphan's FIN_WAIT_2 */
        TV_STIMULI
};

struct tv_arrow {
        enum tv_tcp_state to; /* TV_NO_STATE: no such arrow */
        const char *clause;   /* of RFC 9293 */
};

/* The arrow out of |from| for |on|; its |to| is TV_NO_STATE where the stimulus does not move the state. */
const struct tv_arrow *tv_transition(enum tv_tcp_state from, enum tv_stimulus on);

/* What the column `trigger` says: "SYN sent", "ACK of FIN received", "2MSL over". */
const char *tv_stimulus_name(enum tv_stimulus stimulus);

#endif
