#include "analyzer/flow/likeness.h"

#define CONN(field)        (offsetof(struct tv_conn, field) / 8)
#define STORY(field)       (TV_CONN_WORDS + offsetof(struct tv_story, field) / 8)
#define EP(dir, field)     CONN(track.ep[dir].field)
#define OPEN(dir, kind, x) EP(dir, open[TV_##kind].x)
#define END(dir, kind, x)  STORY(end[dir][TV_##kind - TV_OPEN_MILESTONES].x)

/* As in a handshake that [0] began and a close that [0] began, each segment answered by the next; where it was the
 * other way round, the differences are a little larger. */
const uint8_t tv_likeness[] = {
        [EP(0, sent.una)] = EP(0, sent.nxt),
        [EP(0, sent.begin)] = EP(0, sent.nxt),
        [EP(0, wnd_right)] = EP(0, sent.nxt),
        [EP(0, rtt.max)] = EP(0, rtt.min),
        [EP(0, una_time)] = EP(0, last_time),
        [OPEN(0, DID_SYN, earliest)] = EP(0, last_time),
        [OPEN(0, DID_SYN, latest)] = EP(0, last_time),
        [OPEN(0, DID_SYN, cause)] = EP(0, last_frame),
        [OPEN(0, DID_SYN, proof)] = 0,
        [OPEN(0, GOT_SYN, earliest)] = OPEN(0, DID_SYN, latest),
        [OPEN(0, GOT_SYN, latest)] = OPEN(0, GOT_SYN, earliest),
        [OPEN(0, GOT_SYN, cause)] = OPEN(0, DID_SYN, cause),
        [OPEN(0, GOT_SYN, proof)] = OPEN(0, GOT_SYN, cause),
        [OPEN(0, GOT_ACK1, earliest)] = OPEN(0, GOT_SYN, earliest),
        [OPEN(0, GOT_ACK1, latest)] = OPEN(0, GOT_SYN, latest),
        [OPEN(0, GOT_ACK1, cause)] = OPEN(0, GOT_SYN, cause),
        [OPEN(0, GOT_ACK1, proof)] = OPEN(0, GOT_SYN, proof),
        [EP(0, first_frame)] = OPEN(0, DID_SYN, cause),
        [EP(0, first_time)] = OPEN(0, DID_SYN, latest),

        [EP(1, sent.nxt)] = EP(0, sent.nxt),
        [EP(1, sent.una)] = EP(1, sent.nxt),
        [EP(1, sent.begin)] = EP(1, sent.nxt),
        [EP(1, wnd_right)] = EP(1, sent.nxt),
        [EP(1, last_time)] = EP(0, una_time),
        [EP(1, last_frame)] = EP(0, last_frame),
        [EP(1, bits)] = EP(0, bits),
        [EP(1, raw_window)] = EP(0, raw_window),
        [EP(1, rtt.max)] = EP(1, rtt.min),
        [EP(1, rtt.count)] = EP(0, rtt.count),
        [EP(1, una_time)] = EP(0, last_time),
        [OPEN(1, DID_SYN, earliest)] = OPEN(0, DID_SYN, latest),
        [OPEN(1, DID_SYN, latest)] = OPEN(0, GOT_SYN, earliest),
        [OPEN(1, DID_SYN, cause)] = OPEN(0, GOT_SYN, cause),
        [OPEN(1, GOT_SYN, earliest)] = OPEN(0, DID_SYN, latest),
        [OPEN(1, GOT_SYN, latest)] = OPEN(0, GOT_SYN, earliest),
        [OPEN(1, GOT_SYN, cause)] = OPEN(0, DID_SYN, cause),
        [OPEN(1, GOT_SYN, proof)] = OPEN(0, GOT_SYN, cause),
        [OPEN(1, GOT_ACK1, earliest)] = OPEN(0, GOT_SYN, latest),
        [OPEN(1, GOT_ACK1, latest)] = OPEN(0, GOT_SYN, latest),
        [OPEN(1, GOT_ACK1, cause)] = OPEN(0, GOT_SYN, proof),
        [OPEN(1, GOT_ACK1, proof)] = OPEN(0, GOT_SYN, cause),
        [EP(1, first_frame)] = OPEN(0, GOT_SYN, cause),
        [EP(1, first_time)] = OPEN(0, GOT_SYN, earliest),

        [CONN(first_frame)] = EP(0, first_frame),
        [CONN(start)] = EP(0, first_time),

        [END(0, DID_FIN, earliest)] = EP(0, last_time),
        [END(0, DID_FIN, latest)] = EP(0, last_time),
        [END(0, DID_FIN, cause)] = EP(0, last_frame),
        [END(0, GOT_FIN, earliest)] = EP(1, last_time),
        [END(0, GOT_FIN, latest)] = EP(1, una_time),
        [END(0, GOT_FIN, cause)] = EP(1, last_frame),
        [END(0, GOT_FIN, proof)] = EP(0, last_frame),
        [END(0, GOT_ACK2, earliest)] = EP(0, una_time),
        [END(0, GOT_ACK2, latest)] = EP(0, last_time),
        [END(0, GOT_ACK2, cause)] = EP(1, last_frame),
        [END(0, GOT_ACK2, proof)] = EP(0, last_frame),
        [END(1, DID_FIN, earliest)] = END(0, DID_FIN, latest),
        [END(1, DID_FIN, latest)] = END(0, GOT_FIN, earliest),
        [END(1, DID_FIN, cause)] = END(0, GOT_FIN, cause),
        [END(1, GOT_FIN, earliest)] = END(0, DID_FIN, latest),
        [END(1, GOT_FIN, latest)] = EP(0, una_time),
        [END(1, GOT_FIN, cause)] = END(0, DID_FIN, cause),
        [END(1, GOT_FIN, proof)] = END(0, GOT_ACK2, cause),
        [END(1, GOT_ACK2, earliest)] = EP(1, una_time),
        [END(1, GOT_ACK2, latest)] = EP(0, una_time),
        [END(1, GOT_ACK2, cause)] = END(0, GOT_FIN, proof),
        [STORY(fin[0])] = EP(0, sent.nxt),
        [STORY(fin[1])] = EP(1, sent.nxt),
        [STORY(ack2_mark[0])] = EP(1, sent.nxt),
        [STORY(ack2_mark[1])] = EP(0, sent.nxt),
        [TV_CONN_WORDS + TV_STORY_WORDS - 1] = 0,
};
_Static_assert(sizeof tv_likeness == TV_CONN_WORDS + TV_STORY_WORDS, "one for each word");
_Static_assert(sizeof(struct tv_conn) % 8 == 0 && sizeof(struct tv_story) % 8 == 0, "records are whole words");
