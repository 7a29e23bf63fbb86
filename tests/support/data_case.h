/* data_case.h - dialogues and expectations that the tests of the data family share. */
#ifndef TV_TEST_DATA_CASE_H
#define TV_TEST_DATA_CASE_H

#include "tests/support/expect.h"

/* Captured at the sender a: b is 40 ms away, there and back. */
#define AT_SENDER                                                                                                      \
        "0.0000 a>b S  0:0(0)       win 65535 <mss 1000,sackOK,TS val 1000 ecr 0>\n"                                   \
        "0.0400 b>a S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK,TS val 9000 ecr 1000>\n"                                \
        "0.0401 a>b .  1:1(0) ack 1 <TS val 1040 ecr 9000>\n"                                                          \
        "0.0500 a>b .  1:1001(1000) ack 1 <TS val 1050 ecr 9000>\n"                                                    \
        "0.0900 b>a .  1:1(0) ack 1001 <TS val 9050 ecr 1050>\n"

/* Captured at the receiver b: a is 40 ms away. */
#define AT_RECEIVER                                                                                                    \
        "0.0000 a>b S  0:0(0)       win 65535 <mss 1000,sackOK,TS val 1000 ecr 0>\n"                                   \
        "0.0001 b>a S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK,TS val 9020 ecr 1000>\n"                                \
        "0.0401 a>b .  1:1(0) ack 1 <TS val 1040 ecr 9020>\n"                                                          \
        "0.0500 a>b .  1:1001(1000) ack 1 <TS val 1050 ecr 9020> {id 100}\n"                                           \
        "0.0501 b>a .  1:1(0) ack 1001 <TS val 9070 ecr 1050>\n"

/* The only finding of connection 0 is |code|, about |end|, |count| times, with these frames. */
static inline const struct tv_finding *
only(struct tv_run *run, const char *code, enum tv_end end, uint64_t count, enum tv_blame blame, const char *frames)
{
        const struct tv_finding *f;
        char text[200] = "";
        size_t n = 0;

        EXPECT_KEPT(run);
        EXPECT_FINDINGS(run, 0, code);
        f = tv_run_finding(run, 0, code);
        assert_int_equal(f->end, end);
        assert_int_equal(f->count, count);
        assert_int_equal(f->blame, blame);
        for (unsigned i = 0; i < f->frame_count; i++)
                n += (size_t)snprintf(text + n, sizeof text - n, "%s%" PRIu64, i == 0 ? "" : " ",
                                      tv_frame_number(f->frames[i]));
        tv_expect_same(run, "frames", text, frames, __FILE__, __LINE__);
        return f;
}

/* |text| has |part| in it. */
static inline void
said(struct tv_run *run, const char *text, const char *part)
{
        if (strstr(text, part) == NULL)
                tv_expect_same(run, "text", text, part, __FILE__, __LINE__);
}

#endif
