#include "analyzer/flow/zeek.h"

#define WORD_LETTERS (TV_ZEEK_LETTERS / 2)
#define LETTER_BITS  5

/* Letters of the history, as 5-bit codes: which letter, and by whom. */
enum letter {
        SYN,
        SYN_ACK,
        ACK,
        DATA,
        FIN,
        RST,
        INCONSISTENT,
        MULTI_FLAG,
        CHECKSUM,
        GAP,
        RETRANSMISSION,
        WINDOW,
        FLIPPED
};
static const char letter_names[] = "shadfriqcgtw^";
#define BY_ORIGINATOR 0x10

/* Bits of tv_zeek.seen beside those in zeek.h. */
enum { SEEN_SYN = 0x08, SEEN_FIN = 0x10, SEEN_RST = 0x20, SEEN_INCONSISTENT = 0x40, SEEN_MULTI_FLAG = 0x80 };

static unsigned
code_at(const struct tv_zeek *zeek, unsigned i)
{
        return (unsigned)(zeek->letters[i / WORD_LETTERS] >> (i % WORD_LETTERS * LETTER_BITS)) & 0x1f;
}

static void
append(struct tv_zeek *zeek, bool by_originator, enum letter letter)
{
        uint64_t code = (unsigned)letter | (by_originator ? BY_ORIGINATOR : 0U);

        if (zeek->length == TV_ZEEK_LETTERS)
                return;
        zeek->letters[zeek->length / WORD_LETTERS] |= code << (zeek->length % WORD_LETTERS * LETTER_BITS);
        zeek->length++;
}

/* A letter that comes once, or |again| when the caller says so. */
static void
append_once(struct tv_zeek *zeek, bool by_originator, enum letter letter, unsigned seen, bool again)
{
        if ((zeek->seen[by_originator] & seen) != 0 && !again)
                return;
        zeek->seen[by_originator] |= (uint8_t)seen;
        append(zeek, by_originator, letter);
}

/* A letter that comes at the 1st, 10th, 100th, ... time. */
static void
append_scaled(struct tv_zeek *zeek, bool by_originator, enum letter letter)
{
        uint16_t *count = &zeek->count[by_originator][letter - CHECKSUM];

        if (*count == UINT16_MAX)
                return;
        ++*count;
        for (unsigned step = 1; step <= *count; step *= 10)
                if (step == *count)
                        append(zeek, by_originator, letter);
}

static enum tv_zeek_state
state_of(const struct tv_zeek *zeek, bool originator)
{
        return (enum tv_zeek_state)(zeek->state[originator] & 0x0f);
}

static enum tv_zeek_state
state_before(const struct tv_zeek *zeek, bool originator)
{
        return (enum tv_zeek_state)(zeek->state[originator] >> 4);
}

static void
set_state(struct tv_zeek *zeek, bool originator, enum tv_zeek_state state)
{
        enum tv_zeek_state old = state_of(zeek, originator);

        if (state != old)
                zeek->state[originator] = (uint8_t)(old << 4 | state);
}

/* ---- history ---- */

static void
note_flags(struct tv_zeek *zeek, bool sender, uint16_t flags, uint32_t payload, bool again)
{
        switch (flags & (TV_SYN | TV_FIN | TV_RST)) {
        case 0:
                if (payload > 0)
                        append_once(zeek, sender, DATA, TV_ZEEK_SEEN_DATA, false);
                else if ((flags & TV_ACK) != 0)
                        append_once(zeek, sender, ACK, TV_ZEEK_SEEN_ACK, false);
                break;
        case TV_SYN:
                append_once(zeek, sender, (flags & TV_ACK) != 0 ? SYN_ACK : SYN, SEEN_SYN, again);
                break;
        case TV_FIN:
                append_once(zeek, sender, FIN, SEEN_FIN, again);
                break;
        case TV_RST:
                append_once(zeek, sender, RST, SEEN_RST, again);
                break;
        case TV_FIN | TV_RST:
        case TV_SYN | TV_FIN | TV_RST:
                append_once(zeek, sender, INCONSISTENT, SEEN_INCONSISTENT, false);
                break;
        default:
                append_once(zeek, sender, MULTI_FLAG, SEEN_MULTI_FLAG, false);
        }
}

/* ---- endpoint states ---- */

static void
first_segment(struct tv_zeek *zeek, bool sender, uint16_t flags, uint32_t payload)
{
        enum tv_zeek_state peer = state_of(zeek, !sender);

        if ((flags & TV_SYN) != 0) {
                if (sender) {
                        set_state(zeek, sender, (flags & TV_ACK) != 0 ? TV_ZEEK_SYN_ACK_SENT : TV_ZEEK_SYN_SENT);
                } else {
                        if (peer == TV_ZEEK_SYN_SENT)
                                set_state(zeek, !sender, TV_ZEEK_ESTABLISHED);
                        set_state(zeek, sender, TV_ZEEK_ESTABLISHED);
                }
        }
        if ((flags & TV_FIN) != 0)
                set_state(zeek, sender, TV_ZEEK_CLOSED);
        if ((flags & TV_RST) != 0)
                set_state(zeek, sender, TV_ZEEK_RESET);
        if (state_of(zeek, sender) != TV_ZEEK_INACTIVE)
                return;
        if (!sender && payload == 0 && peer == TV_ZEEK_SYN_SENT)
                return; /* acknowledges the SYN before its own SYN: no partial connection yet */
        if ((flags & TV_ACK) != 0 && peer == TV_ZEEK_ESTABLISHED)
                set_state(zeek, sender, TV_ZEEK_ESTABLISHED); /* only the SYN is missing */
        else
                set_state(zeek, sender, TV_ZEEK_PARTIAL);
}

static void
move(struct tv_zeek *zeek, bool sender, uint16_t flags, uint32_t payload)
{
        switch (state_of(zeek, sender)) {
        case TV_ZEEK_INACTIVE:
                first_segment(zeek, sender, flags, payload);
                break;
        case TV_ZEEK_PARTIAL:
                if ((flags & (TV_SYN | TV_ACK)) == TV_SYN && state_of(zeek, !sender) == TV_ZEEK_INACTIVE)
                        set_state(zeek, sender, TV_ZEEK_SYN_SENT);
                /* fall through */
        case TV_ZEEK_ESTABLISHED:
                if ((flags & (TV_FIN | TV_RST)) == TV_FIN) {
                        set_state(zeek, sender, TV_ZEEK_CLOSED);
                        /* The peer sent FIN, then RST: after this FIN it was a normal end. */
                        if (state_of(zeek, !sender) == TV_ZEEK_RESET && state_before(zeek, !sender) == TV_ZEEK_CLOSED)
                                set_state(zeek, !sender, TV_ZEEK_CLOSED);
                }
                if ((flags & TV_RST) != 0)
                        set_state(zeek, sender, TV_ZEEK_RESET);
                break;
        case TV_ZEEK_SYN_SENT:
        case TV_ZEEK_SYN_ACK_SENT:
                if ((flags & TV_FIN) != 0)
                        set_state(zeek, sender, TV_ZEEK_CLOSED);
                if ((flags & TV_RST) != 0)
                        set_state(zeek, sender, TV_ZEEK_RESET);
                break;
        case TV_ZEEK_CLOSED:
                if ((flags & TV_RST) != 0 && state_of(zeek, !sender) != TV_ZEEK_CLOSED)
                        set_state(zeek, sender, TV_ZEEK_RESET);
                break;
        case TV_ZEEK_RESET:
                break;
        }
}

void
tv_zeek_segment_rare(struct tv_zeek *zeek, bool sender, uint16_t flags, uint32_t payload, unsigned notes)
{
        if ((notes & TV_ZEEK_BAD_CHECKSUM) != 0) {
                append_scaled(zeek, sender, CHECKSUM);
                return;
        }
        note_flags(zeek, sender, flags, payload, (notes & TV_ZEEK_OTHER_SEQ) != 0);
        if ((notes & TV_ZEEK_ZERO_WINDOW) != 0 && (flags & TV_RST) == 0 && state_of(zeek, !sender) != TV_ZEEK_CLOSED &&
            state_of(zeek, sender) != TV_ZEEK_RESET)
                append_scaled(zeek, sender, WINDOW);
        if ((notes & TV_ZEEK_RETRANSMISSION) != 0 && payload > 0 && state_of(zeek, sender) != TV_ZEEK_RESET)
                append_scaled(zeek, sender, RETRANSMISSION);
        if (payload > 0 && (flags & TV_RST) == 0)
                zeek->seen[sender] |= TV_ZEEK_SEEN_PAYLOAD;
        move(zeek, sender, flags, payload);
        /* Zeek does not trust a gap that shows at the end of a connection. */
        if ((notes & TV_ZEEK_GAP) != 0 && state_of(zeek, sender) < TV_ZEEK_CLOSED &&
            state_of(zeek, !sender) < TV_ZEEK_CLOSED)
                append_scaled(zeek, !sender, GAP);
}

void
tv_zeek_flip(struct tv_zeek *zeek)
{
        uint8_t state = zeek->state[0];

        zeek->state[0] = zeek->state[1];
        zeek->state[1] = state;
        for (unsigned i = 0; i < 4; i++) {
                uint16_t count = zeek->count[0][i];

                zeek->count[0][i] = zeek->count[1][i];
                zeek->count[1][i] = count;
        }
        /* |seen| stays: it tells which letters are written, and those keep their case. */
        append(zeek, false, FLIPPED);
}

/* SYN, then RST, and nothing of the kind h, a, f, g, i, q between them, all by the originator:
 * ^?S[^HAFGIQ]*R at the beginning of the history. */
static bool
is_syn_then_reset(const struct tv_zeek *zeek)
{
        unsigned i = 0;

        if (i < zeek->length && (code_at(zeek, i) & ~(unsigned)BY_ORIGINATOR) == FLIPPED)
                i++;
        if (i >= zeek->length || code_at(zeek, i) != (SYN | BY_ORIGINATOR))
                return false;
        for (i++; i < zeek->length; i++) {
                switch (code_at(zeek, i)) {
                case RST | BY_ORIGINATOR:
                        return true;
                case SYN_ACK | BY_ORIGINATOR:
                case ACK | BY_ORIGINATOR:
                case FIN | BY_ORIGINATOR:
                case GAP | BY_ORIGINATOR:
                case INCONSISTENT | BY_ORIGINATOR:
                case MULTI_FLAG | BY_ORIGINATOR:
                        return false;
                default:
                        break;
                }
        }
        return false;
}

const char *
tv_zeek_conn_state(const struct tv_zeek *zeek)
{
        enum tv_zeek_state o = state_of(zeek, true), r = state_of(zeek, false);
        bool o_inactive = o == TV_ZEEK_INACTIVE || o == TV_ZEEK_PARTIAL;
        bool r_inactive = r == TV_ZEEK_INACTIVE || r == TV_ZEEK_PARTIAL;
        bool no_bytes = ((zeek->seen[0] | zeek->seen[1]) & TV_ZEEK_SEEN_PAYLOAD) == 0;

        if (r == TV_ZEEK_RESET) {
                if (o == TV_ZEEK_SYN_SENT || o == TV_ZEEK_SYN_ACK_SENT || (o == TV_ZEEK_RESET && no_bytes))
                        return "REJ";
                return o_inactive ? "RSTRH" : "RSTR";
        }
        if (o == TV_ZEEK_RESET) {
                if (r_inactive)
                        return is_syn_then_reset(zeek) ? "RSTOS0" : "OTH";
                return "RSTO";
        }
        if (o == TV_ZEEK_CLOSED && r == TV_ZEEK_CLOSED)
                return "SF";
        if (o == TV_ZEEK_CLOSED)
                return r_inactive ? "SH" : "S2";
        if (r == TV_ZEEK_CLOSED)
                return o_inactive ? "SHR" : "S3";
        if (o == TV_ZEEK_SYN_SENT && r == TV_ZEEK_INACTIVE)
                return "S0";
        if (o == TV_ZEEK_ESTABLISHED && r == TV_ZEEK_ESTABLISHED)
                return "S1";
        return "OTH";
}

char *
tv_zeek_history(const struct tv_zeek *zeek, char *buf, size_t size)
{
        size_t used = 0;

        for (unsigned i = 0; i < zeek->length && used + 1 < size; i++) {
                unsigned code = code_at(zeek, i);
                char letter = letter_names[code & ~(unsigned)BY_ORIGINATOR];

                buf[used++] = (char)((code & BY_ORIGINATOR) != 0 && letter != '^' ? letter - 'a' + 'A' : letter);
        }
        if (size > 0)
                buf[used] = '\0';
        return buf;
}
