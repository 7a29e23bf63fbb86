#include "reassembly/data_class.h"

#include <stddef.h>

#define NAME(names, value) ((size_t)(value) < sizeof(names) / sizeof((names)[0]) ? (names)[value] : "")

const char *
tv_data_class_name(enum tv_data_class value)
{
        static const char *const names[TV_DATA_CLASSES] = {
                [TV_DATA_NONE] = "none",
                [TV_DATA_STALE] = "stale",
                [TV_DATA_CAPTURE_DUPLICATE] = "capture-duplicate",
                [TV_DATA_NETWORK_DUPLICATE] = "network-duplicate",
                [TV_DATA_KEEPALIVE] = "keepalive",
                [TV_DATA_WINDOW_PROBE] = "window-probe",
                [TV_DATA_OUTSIDE_WINDOW] = "outside-window",
                [TV_DATA_OVERLAP_CONFLICT] = "overlap-conflict",
                [TV_DATA_RETRANSMISSION] = "retransmission",
                [TV_DATA_OUT_OF_ORDER] = "out-of-order",
                [TV_DATA_HOLE_FILL] = "hole-fill",
                [TV_DATA_NEW] = "new",
        };

        return NAME(names, value);
}

const char *
tv_reason_name(enum tv_reason value)
{
        static const char *const names[TV_REASONS] = {
                [TV_REASON_NONE] = "",         [TV_REASON_RTO] = "rto",           [TV_REASON_FAST] = "fast",
                [TV_REASON_TLP] = "tlp",       [TV_REASON_RECOVERY] = "recovery", [TV_REASON_SYN] = "syn",
                [TV_REASON_SYNACK] = "synack", [TV_REASON_FIN] = "fin",           [TV_REASON_UNKNOWN] = "unknown",
        };

        return NAME(names, value);
}

const char *
tv_needed_name(enum tv_needed value)
{
        static const char *const names[] = {
                [TV_NEEDED_NONE] = "",
                [TV_NEEDED_YES] = "yes",
                [TV_NEEDED_NO] = "no",
                [TV_NEEDED_UNKNOWN] = "unknown",
        };

        return NAME(names, value);
}

const char *
tv_lost_name(enum tv_lost value)
{
        static const char *const names[] = {
                [TV_LOST_EMPTY] = "",  [TV_LOST_UPSTREAM] = "upstream", [TV_LOST_DOWNSTREAM] = "downstream",
                [TV_LOST_ACK] = "ack", [TV_LOST_NONE] = "none",         [TV_LOST_UNKNOWN] = "unknown",
        };

        return NAME(names, value);
}

const char *
tv_ack_class_name(enum tv_ack_class value)
{
        static const char *const names[TV_ACK_CLASSES] = {
                [TV_ACK_NONE] = "none",
                [TV_ACK_ADVANCE] = "advance",
                [TV_ACK_DUPLICATE] = "duplicate",
                [TV_ACK_WINDOW_UPDATE] = "window-update",
                [TV_ACK_SAME] = "same",
                [TV_ACK_OLD] = "old",
                [TV_ACK_EARLY] = "early",
                [TV_ACK_UNSEEN] = "unseen",
                [TV_ACK_UNSENT] = "unsent",
                [TV_ACK_KEEPALIVE_REPLY] = "keepalive-reply",
                [TV_ACK_PROBE_REPLY] = "probe-reply",
                [TV_ACK_CHALLENGE] = "challenge",
        };

        return NAME(names, value);
}
