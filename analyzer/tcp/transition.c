#include "analyzer/tcp/transition.h"

#include <stddef.h>

/* One row per arrow.  No row: the segment does not move the state (it may still be worth an observation).
 * A segment is applied in the RFC's order - RST, SYN, ACK, FIN - so FIN+ACK in FIN_WAIT_1 takes two rows. */
#define ARROW(from, on, to, clause) [from][on] = {to, clause}
/* clang-format off */
static const struct tv_arrow arrows[TV_STATES][TV_STIMULI] = {
        /*    from            stimulus            to              RFC 9293 */
        ARROW(TV_CLOSED,      TV_SENT_SYN,        TV_SYN_SENT,    "3.10.1"),
        ARROW(TV_LISTEN,      TV_GOT_SYN_ALONE,   TV_SYN_RCVD,    "3.10.7.2 third"),
        ARROW(TV_LISTEN,      TV_SENT_SYN,        TV_SYN_SENT,    "3.10.2"),
        ARROW(TV_SYN_SENT,    TV_GOT_SYN_ACK,     TV_ESTABLISHED, "3.10.7.3 fourth"),
        ARROW(TV_SYN_SENT,    TV_GOT_SYN_ALONE,   TV_SYN_RCVD,    "3.10.7.3 fourth"),  /* simultaneous open, figure 7 */
        ARROW(TV_SYN_SENT,    TV_RECEIVED_RST,    TV_CLOSED,      "3.10.7.3 second"),
        ARROW(TV_SYN_SENT,    TV_SENT_RST,        TV_CLOSED,      "3.10.5"),
        ARROW(TV_SYN_SENT,    TV_RETRIES_OVER,    TV_CLOSED,      "3.10.8"),
        ARROW(TV_SYN_RCVD,    TV_GOT_ACK_OF_SYN,  TV_ESTABLISHED, "3.10.7.4 fifth"),
        ARROW(TV_SYN_RCVD,    TV_SENT_FIN,        TV_FIN_WAIT_1,  "3.10.4"),
        ARROW(TV_SYN_RCVD,    TV_RECEIVED_FIN,    TV_CLOSE_WAIT,  "3.10.7.4 eighth"),
        ARROW(TV_SYN_RCVD,    TV_RECEIVED_RST,    TV_CLOSED,      "3.10.7.4 second"),
        ARROW(TV_SYN_RCVD,    TV_SENT_RST,        TV_CLOSED,      "3.10.5"),
        ARROW(TV_SYN_RCVD,    TV_RETRIES_OVER,    TV_CLOSED,      "3.10.8"),
        ARROW(TV_ESTABLISHED, TV_SENT_FIN,        TV_FIN_WAIT_1,  "3.10.4"),
        ARROW(TV_ESTABLISHED, TV_RECEIVED_FIN,    TV_CLOSE_WAIT,  "3.10.7.4 eighth"),
        ARROW(TV_ESTABLISHED, TV_RECEIVED_RST,    TV_CLOSED,      "3.10.7.4 second"),
        ARROW(TV_ESTABLISHED, TV_SENT_RST,        TV_CLOSED,      "3.10.5"),
        ARROW(TV_ESTABLISHED, TV_RETRIES_OVER,    TV_CLOSED,      "3.10.8"),
        ARROW(TV_FIN_WAIT_1,  TV_GOT_ACK_OF_FIN,  TV_FIN_WAIT_2,  "3.10.7.4 fifth"),
        ARROW(TV_FIN_WAIT_1,  TV_RECEIVED_FIN,    TV_CLOSING,     "3.10.7.4 eighth"),  /* simultaneous close, figure 13 */
        ARROW(TV_FIN_WAIT_1,  TV_RECEIVED_RST,    TV_CLOSED,      "3.10.7.4 second"),
        ARROW(TV_FIN_WAIT_1,  TV_SENT_RST,        TV_CLOSED,      "3.10.5"),
        ARROW(TV_FIN_WAIT_1,  TV_RETRIES_OVER,    TV_CLOSED,      "3.10.8"),
        ARROW(TV_FIN_WAIT_2,  TV_RECEIVED_FIN,    TV_TIME_WAIT,   "3.10.7.4 eighth"),
        ARROW(TV_FIN_WAIT_2,  TV_RECEIVED_RST,    TV_CLOSED,      "3.10.7.4 second"),
        ARROW(TV_FIN_WAIT_2,  TV_SENT_RST,        TV_CLOSED,      "3.10.5"),
        ARROW(TV_FIN_WAIT_2,  TV_FIN_WAIT_2_OVER, TV_CLOSED,      NULL),  /* no timer of the RFC's */
        ARROW(TV_CLOSE_WAIT,  TV_SENT_FIN,        TV_LAST_ACK,    "3.10.4"),
        ARROW(TV_CLOSE_WAIT,  TV_RECEIVED_RST,    TV_CLOSED,      "3.10.7.4 second"),
        ARROW(TV_CLOSE_WAIT,  TV_SENT_RST,        TV_CLOSED,      "3.10.5"),
        ARROW(TV_CLOSE_WAIT,  TV_RETRIES_OVER,    TV_CLOSED,      "3.10.8"),
        ARROW(TV_CLOSING,     TV_GOT_ACK_OF_FIN,  TV_TIME_WAIT,   "3.10.7.4 fifth"),
        ARROW(TV_CLOSING,     TV_RECEIVED_RST,    TV_CLOSED,      "3.10.7.4 second"),
        ARROW(TV_CLOSING,     TV_SENT_RST,        TV_CLOSED,      "3.10.5"),
        ARROW(TV_CLOSING,     TV_RETRIES_OVER,    TV_CLOSED,      "3.10.8"),
        ARROW(TV_LAST_ACK,    TV_GOT_ACK_OF_FIN,  TV_CLOSED,      "3.10.7.4 fifth"),
        ARROW(TV_LAST_ACK,    TV_RECEIVED_RST,    TV_CLOSED,      "3.10.7.4 second"),
        ARROW(TV_LAST_ACK,    TV_SENT_RST,        TV_CLOSED,      "3.10.5"),
        ARROW(TV_LAST_ACK,    TV_RETRIES_OVER,    TV_CLOSED,      "3.10.8"),
        ARROW(TV_TIME_WAIT,   TV_2MSL_OVER,       TV_CLOSED,      "3.10.8"),
        ARROW(TV_TIME_WAIT,   TV_RECEIVED_RST,    TV_CLOSED,      "3.10.7.4 second"),
        ARROW(TV_TIME_WAIT,   TV_SENT_RST,        TV_CLOSED,      "3.10.5"),
};
/* clang-format on */

const struct tv_arrow *
tv_transition(enum tv_tcp_state from, enum tv_stimulus on)
{
        return &arrows[from][on];
}

const char *
tv_stimulus_name(enum tv_stimulus stimulus)
{
        static const char *const names[TV_STIMULI] = {
                [TV_SENT_SYN] = "SYN sent",
                [TV_GOT_SYN_ALONE] = "SYN received",
                [TV_GOT_SYN_ACK] = "SYN-ACK received",
                [TV_GOT_ACK_OF_SYN] = "ACK of SYN received",
                [TV_SENT_FIN] = "FIN sent",
                [TV_RECEIVED_FIN] = "FIN received",
                [TV_GOT_ACK_OF_FIN] = "ACK of FIN received",
                [TV_SENT_RST] = "RST sent",
                [TV_RECEIVED_RST] = "RST received",
                [TV_2MSL_OVER] = "2MSL over",
                [TV_RETRIES_OVER] = "retries exhausted",
                [TV_FIN_WAIT_2_OVER] = "FIN_WAIT_2 timeout",
        };

        return names[stimulus];
}
