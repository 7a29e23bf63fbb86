/* data_class.h - what a segment was (design.md section 4), and the words for it. */
#ifndef TV_DATA_CLASS_H
#define TV_DATA_CLASS_H

enum tv_data_class {
        TV_DATA_NONE,
        TV_DATA_STALE,
        TV_DATA_CAPTURE_DUPLICATE,
        TV_DATA_NETWORK_DUPLICATE,
        TV_DATA_KEEPALIVE,
        TV_DATA_WINDOW_PROBE,
        TV_DATA_OUTSIDE_WINDOW,
        TV_DATA_OVERLAP_CONFLICT,
        TV_DATA_RETRANSMISSION,
        TV_DATA_OUT_OF_ORDER,
        TV_DATA_HOLE_FILL,
        TV_DATA_NEW,
        TV_DATA_CLASSES
};

/* Why a retransmission was sent. */
enum tv_reason {
        TV_REASON_NONE, /* not a retransmission: the column is empty */
        TV_REASON_RTO,
        TV_REASON_FAST,
        TV_REASON_TLP,
        TV_REASON_RECOVERY,
        TV_REASON_SYN,
        TV_REASON_SYNACK,
        TV_REASON_FIN,
        TV_REASON_UNKNOWN,
        TV_REASONS
};

/* Was a retransmission needed?  Yes: no earlier copy was accepted. */
enum tv_needed { TV_NEEDED_NONE, TV_NEEDED_YES, TV_NEEDED_NO, TV_NEEDED_UNKNOWN };

/* Where the lost copy died, as seen from the capture point. */
enum tv_lost { TV_LOST_EMPTY, TV_LOST_UPSTREAM, TV_LOST_DOWNSTREAM, TV_LOST_ACK, TV_LOST_NONE, TV_LOST_UNKNOWN };

enum tv_ack_class {
        TV_ACK_NONE,
        TV_ACK_ADVANCE,
        TV_ACK_DUPLICATE,
        TV_ACK_WINDOW_UPDATE,
        TV_ACK_SAME,
        TV_ACK_OLD,
        TV_ACK_EARLY,
        TV_ACK_UNSEEN,
        TV_ACK_UNSENT,
        TV_ACK_KEEPALIVE_REPLY,
        TV_ACK_PROBE_REPLY,
        TV_ACK_CHALLENGE,
        TV_ACK_CLASSES
};

/* The words of design.md ("capture-duplicate", "rto", "yes", "upstream", "window-update"); "" for the empty values. */
const char *tv_data_class_name(enum tv_data_class value);
const char *tv_reason_name(enum tv_reason value);
const char *tv_needed_name(enum tv_needed value);
const char *tv_lost_name(enum tv_lost value);
const char *tv_ack_class_name(enum tv_ack_class value);

#endif
