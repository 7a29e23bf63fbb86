/* tcp_state.h - the eleven states of RFC 9293 section 3.3.2. */
#ifndef TV_TCP_STATE_H
#define TV_TCP_STATE_H

enum tv_tcp_state {
        TV_NO_STATE, /* nothing is known of this end */
        TV_CLOSED,
        TV_LISTEN,
        TV_SYN_SENT,
        TV_SYN_RCVD,
        TV_ESTABLISHED,
        TV_FIN_WAIT_1,
        TV_FIN_WAIT_2,
        TV_CLOSE_WAIT,
        TV_CLOSING,
        TV_LAST_ACK,
        TV_TIME_WAIT,
        TV_STATES
};

/* The name as in design.md ("FIN_WAIT_1"); "" for TV_NO_STATE. */
const char *tv_tcp_state_name(enum tv_tcp_state state);

#endif
