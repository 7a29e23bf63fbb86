#include "analyzer/flow/zeek.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Plays a dialogue: words of direction and flags, separated by blanks.  '>' the originator sends, '<' the responder;
 * then letters of tcpdump's flags (S F R P .), 'd' for payload, and notes: c bad checksum, t retransmission, g gap,
 * w zero window, o other sequence number.  '^' alone flips the ends. */
static void
play(struct tv_zeek *zeek, const char *dialogue)
{
        while (*dialogue != '\0') {
                bool from_originator = *dialogue == '>';
                uint16_t flags = 0;
                uint32_t payload = 0;
                unsigned notes = 0;

                if (*dialogue == '^') {
                        tv_zeek_flip(zeek);
                        dialogue++;
                } else {
                        for (dialogue++; *dialogue != '\0' && *dialogue != ' '; dialogue++) {
                                switch (*dialogue) {
                                case 'S':
                                        flags |= TV_SYN;
                                        break;
                                case 'F':
                                        flags |= TV_FIN;
                                        break;
                                case 'R':
                                        flags |= TV_RST;
                                        break;
                                case 'P':
                                        flags |= TV_PSH;
                                        break;
                                case '.':
                                        flags |= TV_ACK;
                                        break;
                                case 'd':
                                        payload = 100;
                                        break;
                                case 'c':
                                        notes |= TV_ZEEK_BAD_CHECKSUM;
                                        break;
                                case 't':
                                        notes |= TV_ZEEK_RETRANSMISSION;
                                        break;
                                case 'g':
                                        notes |= TV_ZEEK_GAP;
                                        break;
                                case 'w':
                                        notes |= TV_ZEEK_ZERO_WINDOW;
                                        break;
                                case 'o':
                                        notes |= TV_ZEEK_OTHER_SEQ;
                                        break;
                                default:
                                        fail_msg("unknown letter %c", *dialogue);
                                }
                        }
                        tv_zeek_segment(zeek, from_originator, flags, payload, notes);
                }
                dialogue += strspn(dialogue, " ");
        }
}

static void
assert_conn(const char *dialogue, const char *conn_state, const char *history)
{
        struct tv_zeek zeek = {0};
        char buf[TV_ZEEK_LETTERS + 1];

        play(&zeek, dialogue);
        assert_string_equal(tv_zeek_conn_state(&zeek), conn_state);
        assert_string_equal(tv_zeek_history(&zeek, buf, sizeof buf), history);
}

static void
nothing_seen_is_oth(void **state)
{
        (void)state;
        assert_conn("", "OTH", "");
}

static void
a_normal_connection_is_sf(void **state)
{
        (void)state;
        assert_conn(">S <S. >. >P.d <. <P.d >. >P.d >F. <. <F. >.", "SF", "ShADadFf");
        assert_conn(">S <S. >. >P.d <P.d >. >F.d <F.", "SF", "ShADdFf");
}

static void
an_attempt_without_an_answer_is_s0(void **state)
{
        (void)state;
        assert_conn(">S >S >S", "S0", "S");
        assert_conn(">S <.", "S0", "Sa"); /* an acknowledgment before the SYN-ACK forms no partial connection */
}

static void
an_open_connection_is_s1_and_half_closed_ones_s2_and_s3(void **state)
{
        (void)state;
        assert_conn(">S <S. >. >.d <.", "S1", "ShADa");
        assert_conn(">S <S. >. >F. <.", "S2", "ShAFa");
        assert_conn(">S <S. >. <F. >.", "S3", "ShAf");
}

static void
a_refused_attempt_is_rej(void **state)
{
        (void)state;
        assert_conn(">S <R.", "REJ", "Sr");
        assert_conn(">S <S. >. >R <R", "REJ", "ShARr"); /* both reset, no bytes */
        assert_conn(">S <S. >. >.d >R <R", "RSTR", "ShADRr");
}

static void
resets_tell_who_aborted(void **state)
{
        (void)state;
        assert_conn(">S <S. >. >.d <.d >R.", "RSTO", "ShADdR");
        assert_conn(">S <S. >. >.d <R.", "RSTR", "ShADr");
        assert_conn(">S >R", "RSTOS0", "SR");
        assert_conn(">S >S >R >R", "RSTOS0", "SR");
        assert_conn(">S >. >R", "OTH", "SAR");
        assert_conn("<S. <R", "RSTRH", "hr");
        assert_conn(">R", "OTH", "R");
        assert_conn("^ >S >R", "RSTOS0", "^SR");
}

/* What Zeek itself prints for its test captures of these shapes. */
static void
zeeks_own_examples_come_out_the_same(void **state)
{
        (void)state;
        assert_conn(">R", "OTH", "R");                                     /* single-rst */
        assert_conn(">S >R", "RSTOS0", "SR");                              /* syn-then-rst */
        assert_conn(">S <. >R", "RSTOS0", "SaR");                          /* syn-then-ack-then-rst */
        assert_conn(">S <. >F >R", "OTH", "SaFR");                         /* syn-then-stuff-then-rst */
        assert_conn("^ <S. >. >.d <.d >F. <. <F. >.", "SF", "^hADdFaf");   /* missing-syn */
        assert_conn("^ <.d", "OTH", "^d");                                 /* mpls-in-vlan */
        assert_conn(">S <S. >. <.d >.d <. <F. >. <R", "RSTR", "ShAdDafr"); /* ftp-auth-tls */
}

static void
an_end_that_closed_and_then_reset_has_closed_when_the_other_closes(void **state)
{
        (void)state;
        assert_conn(">S <S. >. >F. >R", "RSTO", "ShAFR");
        assert_conn(">S <S. >. >F. >R <F.", "SF", "ShAFRf");
        assert_conn(">S <S. >. >F. <F. >R", "SF", "ShAFfR");
        assert_conn(">S <S. >. >R <F.", "RSTO", "ShARf"); /* no FIN before the reset */
        assert_conn(">S <S. >. >FR <F.", "RSTO", "ShAIf");
}

static void
half_of_a_connection_has_its_own_states(void **state)
{
        (void)state;
        assert_conn(">S >F", "SH", "SF");
        assert_conn("<S. <F.", "SHR", "hf");
        assert_conn(">.d <. >.d", "OTH", "Da");
        assert_conn(">.d <F.", "SHR", "Df");
        assert_conn("<S. >. >.d <.", "S1", "hADa"); /* only the SYN is missing */
        assert_conn(">. >S", "S0", "AS");
}

static void
the_ends_may_turn_out_the_other_way_round(void **state)
{
        (void)state;
        /* Flipped before the first segment, as when only the port tells who listens. */
        assert_conn("^ <.d >. <F. >F.", "SF", "^dAfF");
        /* Flipped later: what is written stays, each letter in each case comes once. */
        assert_conn(">.d <. ^ >. <. <.d", "OTH", "Da^Ad");
}

static void
letters_of_trouble_come_at_powers_of_ten(void **state)
{
        struct tv_zeek zeek = {0};
        char buf[TV_ZEEK_LETTERS + 1];

        (void)state;
        play(&zeek, ">S <S. >.");
        for (unsigned i = 1; i <= 70000; i++) {
                tv_zeek_segment(&zeek, true, TV_ACK, 1000, TV_ZEEK_RETRANSMISSION);
                tv_zeek_history(&zeek, buf, sizeof buf);
                if (i == 9)
                        assert_string_equal(buf, "ShADT");
                if (i == 10 || i == 99)
                        assert_string_equal(buf, "ShADTT");
        }
        assert_string_equal(buf, "ShADTTTTT"); /* 1, 10, 100, 1000, 10000 */
}

static void
each_kind_of_trouble_has_its_letter_and_side(void **state)
{
        (void)state;
        assert_conn(">S <S. >. >.d >.dt <.w", "S1", "ShADTaw");
        assert_conn(">S <S. >. >.g", "S1", "ShAg"); /* the responder's data is missing */
        assert_conn(">S <S. >. <.d <.dc >.dc", "S1", "ShAdcC");
        assert_conn(">Sc", "OTH", "C");
        assert_conn(">S <S. >St", "S1", "Sh"); /* no data, no letter */
        assert_conn(">S <S. >. >Rw", "RSTO", "ShAR");
        assert_conn(">S <S. >. <F. >.w", "S3", "ShAf");  /* nobody will use the window */
        assert_conn(">S <S. >. <F. >Fg", "SF", "ShAfF"); /* gaps at the end are not trusted */
        assert_conn(">S <S. >. <F.g", "S3", "ShAf");
        assert_conn(">S <S. >. >F. <.g", "S2", "ShAFa");
        assert_conn(">S <.g >R", "OTH", "SaGR");
        assert_conn(">S <S. >. >.d >R >.dt >.w", "RSTO", "ShADR"); /* nor is anything after a reset */
}

static void
odd_flags_have_letters_of_their_own(void **state)
{
        (void)state;
        assert_conn(">SF", "SH", "Q");
        assert_conn(">S <S. >FR >FR", "RSTO", "ShI");
        assert_conn(">S <S. >SR", "RSTO", "ShQ");
        assert_conn(">SFR", "OTH", "I");
}

static void
a_repeated_letter_needs_another_sequence_number(void **state)
{
        (void)state;
        assert_conn(">S >S >So <S. <S. >F. >F.", "S2", "SShF");
        assert_conn(">S <S. >R >Ro", "RSTO", "ShRR");
}

static void
simultaneous_open_is_established(void **state)
{
        (void)state;
        assert_conn(">S <S >. <.", "S1", "SsAa");
}

static void
the_history_is_bounded_and_cut_to_the_buffer(void **state)
{
        struct tv_zeek zeek = {0};
        char buf[TV_ZEEK_LETTERS + 1] = "x", tiny[4];

        (void)state;
        for (unsigned i = 0; i < 100; i++)
                play(&zeek, ">So");
        assert_int_equal(strlen(tv_zeek_history(&zeek, buf, sizeof buf)), TV_ZEEK_LETTERS);
        assert_string_equal(tv_zeek_history(&zeek, tiny, sizeof tiny), "SSS");
        tv_zeek_history(&zeek, tiny, 0);
        assert_string_equal(tiny, "SSS");
        assert_string_equal(tv_zeek_conn_state(&zeek), "S0");
}

/* The short cut for ordinary segments must never change what the long way would. */
static void
the_short_cut_changes_nothing(void **state)
{
        uint32_t seed = 1;

        (void)state;
        for (unsigned round = 0; round < 20000; round++) {
                struct tv_zeek quick = {0}, slow = {0};

                for (unsigned i = 0; i < 12; i++) {
                        bool from;
                        uint16_t flags;
                        uint32_t payload;
                        unsigned notes;

                        seed = seed * 1664525 + 1013904223;
                        from = (seed >> 31) != 0;
                        flags = (uint16_t)((seed >> 8) & (TV_FIN | TV_SYN | TV_RST | TV_ACK));
                        if ((seed >> 16 & 3) != 0)
                                flags &= (uint16_t)TV_ACK;
                        payload = seed >> 18 & 1;
                        notes = (seed >> 20 & 3) == 0 ? seed >> 24 & 0x1f : 0;
                        tv_zeek_segment(&quick, from, flags, payload, notes);
                        tv_zeek_segment_rare(&slow, from, flags, payload, notes);
                        assert_memory_equal(&quick, &slow, sizeof quick);
                }
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(nothing_seen_is_oth),
                cmocka_unit_test(a_normal_connection_is_sf),
                cmocka_unit_test(an_attempt_without_an_answer_is_s0),
                cmocka_unit_test(an_open_connection_is_s1_and_half_closed_ones_s2_and_s3),
                cmocka_unit_test(a_refused_attempt_is_rej),
                cmocka_unit_test(resets_tell_who_aborted),
                cmocka_unit_test(zeeks_own_examples_come_out_the_same),
                cmocka_unit_test(an_end_that_closed_and_then_reset_has_closed_when_the_other_closes),
                cmocka_unit_test(half_of_a_connection_has_its_own_states),
                cmocka_unit_test(the_ends_may_turn_out_the_other_way_round),
                cmocka_unit_test(letters_of_trouble_come_at_powers_of_ten),
                cmocka_unit_test(each_kind_of_trouble_has_its_letter_and_side),
                cmocka_unit_test(odd_flags_have_letters_of_their_own),
                cmocka_unit_test(a_repeated_letter_needs_another_sequence_number),
                cmocka_unit_test(simultaneous_open_is_established),
                cmocka_unit_test(the_history_is_bounded_and_cut_to_the_buffer),
                cmocka_unit_test(the_short_cut_changes_nothing),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
