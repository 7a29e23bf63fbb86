/* Every pair of state and stimulus against figure 5 of RFC 9293 and the text of section 3.10, each under its own name:
 * "SYN_SENT: SYN-ACK received leads to ESTABLISHED", "LISTEN: FIN sent leads nowhere". */
#include "analyzer/tcp/transition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct expected {
        enum tv_tcp_state from;
        enum tv_stimulus on;
        enum tv_tcp_state to;
};

/* The arrows of figure 5. Two of them have no stimulus that a capture could show: the passive OPEN, and CLOSE in LISTEN
 * and SYN_SENT.  Note 1 lets a reset in SYN_RCVD after a passive OPEN lead back to LISTEN; that is the listener, which
 * never left it: the connection itself is CLOSED. */
static const struct expected figure_5[] = {
        {TV_CLOSED, TV_SENT_SYN, TV_SYN_SENT},
        {TV_LISTEN, TV_GOT_SYN_ALONE, TV_SYN_RCVD},
        {TV_LISTEN, TV_SENT_SYN, TV_SYN_SENT},
        {TV_SYN_SENT, TV_GOT_SYN_ALONE, TV_SYN_RCVD},
        {TV_SYN_SENT, TV_GOT_SYN_ACK, TV_ESTABLISHED},
        {TV_SYN_RCVD, TV_GOT_ACK_OF_SYN, TV_ESTABLISHED},
        {TV_SYN_RCVD, TV_SENT_FIN, TV_FIN_WAIT_1},
        {TV_SYN_RCVD, TV_RECEIVED_RST, TV_CLOSED},
        {TV_ESTABLISHED, TV_SENT_FIN, TV_FIN_WAIT_1},
        {TV_ESTABLISHED, TV_RECEIVED_FIN, TV_CLOSE_WAIT},
        {TV_FIN_WAIT_1, TV_GOT_ACK_OF_FIN, TV_FIN_WAIT_2},
        {TV_FIN_WAIT_1, TV_RECEIVED_FIN, TV_CLOSING},
        {TV_CLOSE_WAIT, TV_SENT_FIN, TV_LAST_ACK},
        {TV_FIN_WAIT_2, TV_RECEIVED_FIN, TV_TIME_WAIT},
        {TV_CLOSING, TV_GOT_ACK_OF_FIN, TV_TIME_WAIT},
        {TV_LAST_ACK, TV_GOT_ACK_OF_FIN, TV_CLOSED},
        {TV_TIME_WAIT, TV_2MSL_OVER, TV_CLOSED},
};

/* What the figure leaves to the text: a FIN in SYN_RCVD (3.10.7.4 eighth), resets received (3.10.7.3 second, 3.10.7.4
 * second) and sent (ABORT, 3.10.5, which deletes the TCB where note 3 would linger), a SYN or
 * SYN-ACK given up (3.10.8), data or a FIN given up (R2 of 3.8.3), and, not of the RFC, an orphan's FIN_WAIT_2 given
 * up. */
static const struct expected by_text[] = {
        {TV_SYN_RCVD, TV_RECEIVED_FIN, TV_CLOSE_WAIT}, {TV_SYN_SENT, TV_RECEIVED_RST, TV_CLOSED},
        {TV_ESTABLISHED, TV_RECEIVED_RST, TV_CLOSED},  {TV_FIN_WAIT_1, TV_RECEIVED_RST, TV_CLOSED},
        {TV_FIN_WAIT_2, TV_RECEIVED_RST, TV_CLOSED},   {TV_CLOSE_WAIT, TV_RECEIVED_RST, TV_CLOSED},
        {TV_CLOSING, TV_RECEIVED_RST, TV_CLOSED},      {TV_LAST_ACK, TV_RECEIVED_RST, TV_CLOSED},
        {TV_TIME_WAIT, TV_RECEIVED_RST, TV_CLOSED},    {TV_SYN_SENT, TV_SENT_RST, TV_CLOSED},
        {TV_SYN_RCVD, TV_SENT_RST, TV_CLOSED},         {TV_ESTABLISHED, TV_SENT_RST, TV_CLOSED},
        {TV_FIN_WAIT_1, TV_SENT_RST, TV_CLOSED},       {TV_FIN_WAIT_2, TV_SENT_RST, TV_CLOSED},
        {TV_CLOSE_WAIT, TV_SENT_RST, TV_CLOSED},       {TV_CLOSING, TV_SENT_RST, TV_CLOSED},
        {TV_LAST_ACK, TV_SENT_RST, TV_CLOSED},         {TV_TIME_WAIT, TV_SENT_RST, TV_CLOSED},
        {TV_SYN_SENT, TV_RETRIES_OVER, TV_CLOSED},     {TV_SYN_RCVD, TV_RETRIES_OVER, TV_CLOSED},
        {TV_ESTABLISHED, TV_RETRIES_OVER, TV_CLOSED},  {TV_FIN_WAIT_1, TV_RETRIES_OVER, TV_CLOSED},
        {TV_CLOSE_WAIT, TV_RETRIES_OVER, TV_CLOSED},   {TV_CLOSING, TV_RETRIES_OVER, TV_CLOSED},
        {TV_LAST_ACK, TV_RETRIES_OVER, TV_CLOSED},     {TV_FIN_WAIT_2, TV_FIN_WAIT_2_OVER, TV_CLOSED},
};

/* "For any state if the user timeout expires ... enter the CLOSED state" (3.10.8): true of these too; whether the table
 * has a row depends on whether the program concludes it from a silence.  Where it has one, it leads to CLOSED. */
static const enum tv_tcp_state give_up[] = {TV_ESTABLISHED, TV_FIN_WAIT_1, TV_FIN_WAIT_2,
                                            TV_CLOSE_WAIT,  TV_CLOSING,    TV_LAST_ACK};

static const struct expected *
find(const struct expected *list, size_t count, enum tv_tcp_state from, enum tv_stimulus on)
{
        for (size_t i = 0; i < count; i++)
                if (list[i].from == from && list[i].on == on)
                        return &list[i];
        return NULL;
}

static enum tv_tcp_state
expected_to(enum tv_tcp_state from, enum tv_stimulus on)
{
        const struct expected *found = find(figure_5, COUNT(figure_5), from, on);

        if (found == NULL)
                found = find(by_text, COUNT(by_text), from, on);
        return found != NULL ? found->to : TV_NO_STATE;
}

struct pair {
        enum tv_tcp_state from;
        enum tv_stimulus on;
        char name[100];
};

static void
arrow(void **state)
{
        const struct pair *pair = *state;
        const struct tv_arrow *arrow = tv_transition(pair->from, pair->on);

        assert_int_equal(arrow->to, expected_to(pair->from, pair->on));
        /* each arrow can be held against the standard */
        if (pair->on == TV_FIN_WAIT_2_OVER) { /* but this one is not from there */
                assert_null(arrow->clause);
                return;
        }
        assert_non_null(arrow->clause);
        assert_memory_equal(arrow->clause, "3.10.", 5);
}

static void
no_arrow(void **state)
{
        const struct pair *pair = *state;

        assert_int_equal(tv_transition(pair->from, pair->on)->to, TV_NO_STATE);
}

static void
closed_if_anything(void **state)
{
        const struct pair *pair = *state;
        const struct tv_arrow *arrow = tv_transition(pair->from, pair->on);

        if (arrow->to != TV_NO_STATE)
                assert_string_equal(arrow->clause, "3.10.8");
        assert_true(arrow->to == TV_NO_STATE || arrow->to == TV_CLOSED);
}

/* RFC 9293 3.3.2: FIN_WAIT_2 waits for a FIN, CLOSING for an acknowledgment, and so on: the clause of each arrow names
 * the step of 3.10.7 that handles its kind of segment. */
static void
clauses_name_the_step_for_the_kind_of_segment(void **state)
{
        static const struct {
                enum tv_stimulus on;
                const char *step;
        } steps[] = {
                {TV_RECEIVED_FIN, "eighth"},         {TV_GOT_ACK_OF_FIN, "fifth"}, {TV_GOT_ACK_OF_SYN, "fifth"},
                {TV_RECEIVED_RST, "second"},         {TV_SENT_FIN, "3.10.4"},      {TV_SENT_RST, "3.10.5"},
                {TV_GOT_SYN_ACK, "3.10.7.3 fourth"},
        };

        (void)state;
        for (size_t i = 0; i < COUNT(steps); i++)
                for (unsigned from = TV_CLOSED; from < TV_STATES; from++) {
                        const struct tv_arrow *a = tv_transition((enum tv_tcp_state)from, steps[i].on);

                        if (a->to != TV_NO_STATE)
                                assert_non_null(strstr(a->clause, steps[i].step));
                }
}

static void
nothing_is_known_of_an_end_without_a_state(void **state)
{
        (void)state;
        for (unsigned on = 0; on < TV_STIMULI; on++)
                assert_int_equal(tv_transition(TV_NO_STATE, (enum tv_stimulus)on)->to, TV_NO_STATE);
}

static void
every_stimulus_has_a_name_of_its_own(void **state)
{
        (void)state;
        for (unsigned on = 0; on < TV_STIMULI; on++) {
                assert_non_null(tv_stimulus_name((enum tv_stimulus)on));
                assert_true(tv_stimulus_name((enum tv_stimulus)on)[0] != '\0');
                for (unsigned other = 0; other < on; other++)
                        assert_string_not_equal(tv_stimulus_name((enum tv_stimulus)on),
                                                tv_stimulus_name((enum tv_stimulus)other));
        }
}

static void
states_have_the_names_of_the_contract(void **state)
{
        static const char *const names[TV_STATES] = {"",           "CLOSED",      "LISTEN",     "SYN_SENT",
                                                     "SYN_RCVD",   "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2",
                                                     "CLOSE_WAIT", "CLOSING",     "LAST_ACK",   "TIME_WAIT"};

        (void)state;
        for (unsigned i = 0; i < TV_STATES; i++)
                assert_string_equal(tv_tcp_state_name((enum tv_tcp_state)i), names[i]);
}

int
main(void)
{
        static const struct CMUnitTest others[] = {
                cmocka_unit_test(clauses_name_the_step_for_the_kind_of_segment),
                cmocka_unit_test(nothing_is_known_of_an_end_without_a_state),
                cmocka_unit_test(every_stimulus_has_a_name_of_its_own),
                cmocka_unit_test(states_have_the_names_of_the_contract),
        };
        static struct pair pairs[(TV_STATES - 1) * TV_STIMULI];
        static struct CMUnitTest tests[COUNT(pairs) + COUNT(others)];
        size_t n = 0;

        for (unsigned from = TV_CLOSED; from < TV_STATES; from++)
                for (unsigned on = 0; on < TV_STIMULI; on++, n++) {
                        struct pair *pair = &pairs[n];
                        enum tv_tcp_state to = expected_to((enum tv_tcp_state)from, (enum tv_stimulus)on);
                        bool may_give_up = false;

                        pair->from = (enum tv_tcp_state)from;
                        pair->on = (enum tv_stimulus)on;
                        for (size_t i = 0; i < COUNT(give_up); i++)
                                may_give_up = may_give_up || (on == TV_RETRIES_OVER && from == give_up[i]);
                        snprintf(pair->name, sizeof pair->name, "%s: %s leads %s%s", tv_tcp_state_name(pair->from),
                                 tv_stimulus_name(pair->on),
                                 to != TV_NO_STATE ? "to "
                                 : may_give_up     ? "nowhere or to CLOSED"
                                                   : "nowhere",
                                 tv_tcp_state_name(to));
                        tests[n].name = pair->name;
                        tests[n].test_func = to != TV_NO_STATE ? arrow : may_give_up ? closed_if_anything : no_arrow;
                        tests[n].initial_state = pair;
                }
        memcpy(&tests[n], others, sizeof others);
        return _cmocka_run_group_tests("transition", tests, COUNT(tests), NULL, NULL);
}
