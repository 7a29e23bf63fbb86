#include "analyzer/tcp/tcp_state.h"

const char *
tv_tcp_state_name(enum tv_tcp_state state)
{
        static const char *const names[TV_STATES] = {
                [TV_NO_STATE] = "",
                [TV_CLOSED] = "CLOSED",
                [TV_LISTEN] = "LISTEN",
                [TV_SYN_SENT] = "SYN_SENT",
                [TV_SYN_RCVD] = "SYN_RCVD",
                [TV_ESTABLISHED] = "ESTABLISHED",
                [TV_FIN_WAIT_1] = "FIN_WAIT_1",
                [TV_FIN_WAIT_2] = "FIN_WAIT_2",
                [TV_CLOSE_WAIT] = "CLOSE_WAIT",
                [TV_CLOSING] = "CLOSING",
                [TV_LAST_ACK] = "LAST_ACK",
                [TV_TIME_WAIT] = "TIME_WAIT",
        };

        return (unsigned)state < TV_STATES ? names[state] : "";
}
