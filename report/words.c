#include "report/words.h"

#include "analyzer/engine/result.h"

#include <stddef.h>

#define WORD(words, value) ((value) < sizeof(words) / sizeof((words)[0]) ? (words)[value] : "")

const char *
tv_end_word(unsigned end)
{
        static const char *const words[] = {[TV_A] = "a", [TV_B] = "b"};

        return WORD(words, end);
}

const char *
tv_certainty_word(unsigned certainty)
{
        static const char *const words[] = {
                [TV_OBSERVED] = "observed",
                [TV_CONFIRMED] = "confirmed",
                [TV_ASSUMED] = "assumed",
                [TV_TIMER] = "timer",
        };

        return WORD(words, certainty);
}

const char *
tv_severity_word(unsigned severity)
{
        static const char *const words[] = {
                [TV_INFO] = "info",
                [TV_NOTICE] = "notice",
                [TV_WARNING] = "warning",
                [TV_ERROR] = "error",
        };

        return WORD(words, severity);
}

const char *
tv_confidence_word(unsigned confidence)
{
        static const char *const words[] = {
                [TV_CERTAIN] = "certain",
                [TV_LIKELY] = "likely",
                [TV_POSSIBLE] = "possible",
        };

        return WORD(words, confidence);
}

const char *
tv_blame_word(unsigned blame)
{
        static const char *const words[] = {
                [TV_BLAME_A] = "a",
                [TV_BLAME_B] = "b",
                [TV_BLAME_NETWORK] = "network",
                [TV_BLAME_CAPTURE] = "capture",
                [TV_BLAME_UNKNOWN] = "unknown",
        };

        return WORD(words, blame);
}

const char *
tv_initiator_word(unsigned initiator)
{
        static const char *const words[] = {
                [TV_INITIATOR_SYN] = "syn",
                [TV_INITIATOR_SYNACK] = "synack",
                [TV_INITIATOR_INFERRED] = "inferred",
        };

        return WORD(words, initiator);
}

const char *
tv_handshake_word(unsigned handshake)
{
        static const char *const words[] = {
                [TV_HANDSHAKE_COMPLETE] = "complete",         [TV_HANDSHAKE_NO_ANSWER] = "no-answer",
                [TV_HANDSHAKE_HALF_OPEN] = "half-open",       [TV_HANDSHAKE_REFUSED] = "refused",
                [TV_HANDSHAKE_UNREACHABLE] = "unreachable",   [TV_HANDSHAKE_ABORTED] = "aborted",
                [TV_HANDSHAKE_SIMULTANEOUS] = "simultaneous", [TV_HANDSHAKE_NOT_CAPTURED] = "not-captured",
        };

        return WORD(words, handshake);
}

const char *
tv_teardown_word(unsigned teardown)
{
        static const char *const words[] = {
                [TV_TEARDOWN_ORDERLY] = "orderly",     [TV_TEARDOWN_SIMULTANEOUS] = "simultaneous",
                [TV_TEARDOWN_RESET] = "reset",         [TV_TEARDOWN_HALF_CLOSED] = "half-closed",
                [TV_TEARDOWN_ABANDONED] = "abandoned", [TV_TEARDOWN_REPLACED] = "replaced",
                [TV_TEARDOWN_OPEN] = "open",
        };

        return WORD(words, teardown);
}

const char *
tv_closed_first_word(unsigned closed)
{
        static const char *const words[] = {
                [TV_CLOSED_FIRST_A] = "a",
                [TV_CLOSED_FIRST_B] = "b",
                [TV_CLOSED_FIRST_BOTH] = "both",
                [TV_CLOSED_FIRST_NONE] = "",
        };

        return WORD(words, closed);
}

const char *
tv_passed_word(unsigned passed)
{
        static const char *const words[] = {
                [TV_PASSED_UNKNOWN] = "",
                [TV_PASSED_IN] = "in",
                [TV_PASSED_OUT] = "out",
                [TV_PASSED_BY] = "in",
        };

        return WORD(words, passed);
}
