#include "analyzer/diagnose/diagnose.h"
#include "analyzer/diagnose/explain.h"
#include "analyzer/tcp/tcp_state.h"
#include "report/explain_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const made[] = {
#define TV_FINDING(code, severity, meaning) code,
#include "analyzer/diagnose/finding_list.def"
#undef TV_FINDING
};

/* Every code of design.md section 5, also those that this version does not make. */
static const char *const named[] = {
        ("handshake syn-lost synack-lost ack-lost ack-ignored spurious-retry no-answer refused "
         "unreachable half-open stale-syn met-old-connection accept-queue-overflow aborted "
         "simultaneous-open syncookie fast-open duplicated slow options-stripped"),
        ("data loss spurious-retransmission lost-retransmission ack-loss reordering network-duplicates "
         "zero-window window-update-lost window-limited rtt-inflation jitter congestion-marks stall "
         "peer-vanished recovered-after-outage retries-exhausted keepalive-alive keepalive-dead "
         "pmtu-reduced pmtu-blackhole inconsistent-retransmission injected syn-in-connection "
         "sack-reneging old-duplicate urgent bad-checksum"),
        ("teardown fin1-lost ack1-lost fin2-lost ack2-lost half-close simultaneous-close slow-close "
         "close-wait-stuck fin-wait-1-stuck fin-wait-2-stuck fin-wait-2-timeout last-ack-stuck "
         "one-end-gone time-wait-restarted time-wait-skipped time-wait-reuse time-wait-assassinated "
         "data-after-close open-at-end process-exit"),
        ("reset abort unread-data after-close half-open-peer keepalive timeout injected ignored "
         "challenge-acked"),
        ("host syn-flood syn-scan accept-queue-overflow syn-backlog time-wait-pileup close-wait-pileup "
         "fin-wait-1-pileup fin-wait-2-pileup last-ack-pileup port-exhaustion closes-first idle-timeout "
         "shutdown service-down down recovered"),
        ("capture gap duplicates skew reordered time-backwards cut-off truncated damaged snaplen offload "
         "one-way mid-start unknown-link evicted"),
};

static void
has_page(const char *name)
{
        const struct tv_explain_page *page = tv_explain_find(name);
        if (page == NULL)
                fail_msg("%s has no page: analyzer/diagnose/explain/%s.txt", name, name);
        assert_string_equal(page->name, name);
}

static void
every_finding_and_every_state_has_a_page(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
                has_page(made[i]);
        for (unsigned i = TV_NO_STATE + 1; i < TV_STATES; i++)
                has_page(tv_tcp_state_name((enum tv_tcp_state)i));
        for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
                char words[800];
                assert_true(strlen(named[i]) < sizeof words);
                strcpy(words, named[i]);
                char *rest = words, *family = strtok_r(rest, " ", &rest);
                for (char *word; (word = strtok_r(NULL, " ", &rest)) != NULL;) {
                        char code[80];
                        snprintf(code, sizeof code, "%s.%s", family, word);
                        has_page(code);
                }
        }
}

static const char *const finding_sections[] = {"IN ONE LINE", "ON THE WIRE", "WHICH CODE", "RAISED WHEN",
                                               "ON THE HOST", "NO REMEDY",   "SEE ALSO",   NULL};
static const char *const state_sections[] = {"IN ONE LINE", "MEANS",       "ENTERED BY", "LEFT BY",
                                             "TOO MANY",    "OFTEN WRONG", "SEE ALSO",   NULL};

/* A page's lines: plain, narrow enough, sections in their order, and all that nobody may leave out. */
static void
check_form(const struct tv_explain_page *page)
{
        const char *const *section = strchr(page->name, '.') != NULL ? finding_sections : state_sections;
        size_t length;
        const char *one = tv_explain_one_line(page, &length);
        if (length == 0 || one[length] != '\n' || one[length + 1] != '\n')
                fail_msg("%s: IN ONE LINE is one line", page->name);
        if (strncmp(page->text, section == state_sections ? "state\n" : "blame: ", 6) != 0)
                fail_msg("%s: the first line names who is to blame, or is \"state\"", page->name);

        const char *line = strchr(page->text, '\n');
        while (line != NULL && *++line != '\0') {
                const char *end = strchr(line, '\n');
                if (end == NULL)
                        fail_msg("%s: the last line has no end", page->name);
                if (end - line > TV_EXPLAIN_WIDTH)
                        fail_msg("%s: a line of %d columns: %.40s", page->name, (int)(end - line), line);
                for (const char *p = line; p < end; p++)
                        if (*p < ' ' || *p > '~')
                                fail_msg("%s: not plain ASCII: %.40s", page->name, line);
                if (line[0] != ' ' && line < end) {
                        while (*section != NULL && strncmp(line, *section, strlen(*section)) != 0)
                                section++;
                        if (*section == NULL)
                                fail_msg("%s: no such section, or not in its place: %.20s", page->name, line);
                        section++;
                }
                line = end;
        }
        static const char *const must[] = {"RAISED WHEN", "WHICH CODE", "ON THE WIRE"};
        for (size_t i = 0; i < 3 && strchr(page->name, '.') != NULL; i++)
                if (strstr(page->text, must[i]) == NULL)
                        fail_msg("%s: %s is missing", page->name, must[i]);
}

static void
pages_are_narrow_plain_and_in_order(void **state)
{
        (void)state;
        size_t count;
        const struct tv_explain_page *pages = tv_explain_pages(&count);
        for (size_t i = 0; i < count; i++) {
                check_form(&pages[i]);
                if (i > 0)
                        assert_true(strcmp(pages[i - 1].name, pages[i].name) < 0);
        }
}

/* Words that look like a code, wherever a page has them. */
static void
pages_name_only_codes_that_have_a_page(void **state)
{
        (void)state;
        static const char *const families[] = {"handshake.", "data.", "teardown.", "reset.", "host.", "capture."};
        size_t count, references = 0;
        const struct tv_explain_page *pages = tv_explain_pages(&count);
        for (size_t i = 0; i < count; i++) {
                for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
                        for (const char *p = pages[i].text; (p = strstr(p, families[f])) != NULL; p++) {
                                if (p[-1] >= 'a' && p[-1] <= 'z')
                                        continue;
                                char word[80];
                                size_t length = strlen(families[f]) + strspn(p + strlen(families[f]),
                                                                             "abcdefghijklmnopqrstuvwxyz0123456789-");
                                /* The end of a sentence: "of the host." */
                                if (length == strlen(families[f]))
                                        continue;
                                snprintf(word, sizeof word, "%.*s", (int)length, p);
                                const struct tv_explain_page *page = tv_explain_find(word);
                                if (page == NULL || strcmp(page->name, word) != 0)
                                        fail_msg("%s names %s, which has no page", pages[i].name, word);
                                references++;
                        }
                }
        }
        assert_true(references > 300);
}

static void
words_are_found_as_people_write_them(void **state)
{
        (void)state;
        assert_string_equal(tv_explain_find("close-wait")->name, "CLOSE_WAIT");
        assert_string_equal(tv_explain_find("FIN_WAIT2")->name, "FIN_WAIT_2");
        assert_string_equal(tv_explain_find("SYN-RECV")->name, "SYN_RCVD");
        assert_string_equal(tv_explain_find("Syn-Lost")->name, "handshake.syn-lost");
        /* Two families have one. */
        assert_null(tv_explain_find("accept-queue-overflow"));
        assert_non_null(strstr(tv_explain_nearest("accept-queue-overflow"), ".accept-queue-overflow"));
        assert_null(tv_explain_find(""));
        assert_null(tv_explain_find("handshake."));
        assert_string_equal(tv_explain_nearest("teardown.fin1-lots"), "teardown.fin1-lost");
        assert_string_equal(tv_explain_nearest("TIMEWAIT"), "TIME_WAIT");
        assert_null(tv_explain_nearest("elephants"));
        char longest[4096];
        memset(longest, 'x', sizeof longest - 1);
        longest[sizeof longest - 1] = '\0';
        assert_null(tv_explain_find(longest));
        assert_null(tv_explain_nearest(longest));
}

/* What is often repeated wrongly stands right on the page where it is looked for. */
static void
common_errors_are_corrected(void **state)
{
        (void)state;
        static const struct {
                const char *page, *says;
        } facts[] = {
                {"SYN_SENT", "goes to ESTABLISHED, not to SYN_RCVD"},
                {"SYN_SENT", "Linux repeats a SYN 6 times"},
                {"SYN_SENT", "The delays double from 1 s"},
                {"TIME_WAIT", "tcp_fin_timeout (60 s) does not shorten it"},
                {"TIME_WAIT", "tcp_tw_recycle is gone since Linux 4.12"},
                {"FIN_WAIT_2", "after close(), not after shutdown(SHUT_WR)"},
                {"FIN_WAIT_1", "tcp_orphan_retries reads 0"},
                {"ESTABLISHED", "holds for segments in order only"},
                {"CLOSE_WAIT", "No sysctl and no timer ends CLOSE_WAIT"},
        };
        for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
                /* Lines are broken anywhere. */
                char text[8192];
                size_t length = 0;
                for (const char *p = tv_explain_find(facts[i].page)->text; *p != '\0' && length + 1 < sizeof text;
                     p++) {
                        bool blank = *p == ' ' || *p == '\n';
                        if (!blank || (length > 0 && text[length - 1] != ' '))
                                text[length++] = blank ? ' ' : *p;
                }
                text[length] = '\0';
                if (strstr(text, facts[i].says) == NULL)
                        fail_msg("%s does not say: %s", facts[i].page, facts[i].says);
        }
}

/* What is printed, with the title and what the tables add. */
static void
printed_pages_are_as_narrow(void **state)
{
        (void)state;
        size_t count;
        const struct tv_explain_page *pages = tv_explain_pages(&count);
        for (size_t i = 0; i <= count; i++) {
                char *text = NULL;
                size_t size = 0;
                FILE *out = open_memstream(&text, &size);
                assert_non_null(out);
                if (i < count)
                        tv_explain_page_print(out, &pages[i]);
                else
                        tv_explain_list_print(out);
                fclose(out);
                for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1)
                        if (strcspn(line, "\n") > TV_EXPLAIN_WIDTH)
                                fail_msg("%s, printed: %.60s", i < count ? pages[i].name : "list", line);
                assert_null(strstr(text, "\n\n\n"));
                if (i < count && tv_finding_meaning(pages[i].name, &(enum tv_severity){0}) != NULL)
                        assert_non_null(strstr(text, "\nCERTAIN IF "));
                free(text);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_finding_and_every_state_has_a_page),
                cmocka_unit_test(pages_are_narrow_plain_and_in_order),
                cmocka_unit_test(pages_name_only_codes_that_have_a_page),
                cmocka_unit_test(words_are_found_as_people_write_them),
                cmocka_unit_test(common_errors_are_corrected),
                cmocka_unit_test(printed_pages_are_as_narrow),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
