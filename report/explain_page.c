#include "report/explain_page.h"

#include "analyzer/diagnose/decidability.h"
#include "analyzer/diagnose/diagnose.h"
#include "report/words.h"

#include <stdbool.h>
#include <string.h>

static bool
is_state(const struct tv_explain_page *page)
{
        return strchr(page->name, '.') == NULL;
}

/* |text| from |column| on, broken between words; further lines begin at |indent|. */
static void
put_wrapped(FILE *out, int column, int indent, const char *text)
{
        bool begun = false;
        while (*text != '\0') {
                int length = (int)strcspn(text, " ");
                if (begun && column + 1 + length > TV_EXPLAIN_WIDTH) {
                        column = indent;
                        fprintf(out, "\n%*s", column, "");
                } else if (begun) {
                        fputc(' ', out);
                        column++;
                }
                begun = true;
                column += length;
                fprintf(out, "%.*s", length, text);
                text += length;
                text += strspn(text, " ");
        }
        fputc('\n', out);
}

/* The capture points for which |row| has the clause of |point|, or "" where an earlier one has said so. */
static void
name_points(const struct tv_decidable *row, int point, char text[80])
{
        bool one_between = row->point[TV_POINT_BEFORE] == row->point[TV_POINT_BEHIND];
        bool loss = row->family == TV_FAMILY_LOSS;
        const char *const names[TV_POINTS] = {"at its end",
                                              one_between ? "in between"
                                              : loss      ? "before the loss"
                                                          : "before the place",
                                              one_between ? ""
                                              : loss      ? "behind the loss"
                                                          : "behind the place",
                                              "at its peer"};
        size_t length = 0;
        text[0] = '\0';
        for (int i = 0; i < TV_POINTS; i++) {
                if (row->point[i] != row->point[point] || names[i][0] == '\0')
                        continue;
                if (i < point) {
                        text[0] = '\0';
                        return;
                }
                length += (size_t)snprintf(text + length, 80 - length, "%s%s", length > 0 ? ", " : "", names[i]);
        }
}

static void
put_certain(FILE *out, const struct tv_decidable *row)
{
        char line[1024];
        snprintf(line, sizeof line, "its end: the one of which it is true that %s; the capture was taken ...",
                 row->event);
        fprintf(out, "%-*s", TV_EXPLAIN_MARGIN, "CERTAIN IF");
        put_wrapped(out, TV_EXPLAIN_MARGIN, TV_EXPLAIN_MARGIN, line);
        for (int i = 0; i < TV_POINTS; i++) {
                char points[80];
                name_points(row, i, points);
                if (points[0] == '\0')
                        continue;
                static const char *const verdicts[] = {[TV_VERDICT_KNOWN] = "always: ",
                                                       [TV_VERDICT_IF] = "",
                                                       [TV_VERDICT_UNKNOWN] = "never: ",
                                                       [TV_VERDICT_NEVER] = "it does not happen there"};
                const struct tv_clause *clause = row->point[i];
                const char *text = clause->evidence[0] != '\0' ? clause->evidence : clause->why;
                snprintf(line, sizeof line, "%s: %s%s", points, verdicts[clause->verdict], text);
                fprintf(out, "%*s", TV_EXPLAIN_MARGIN, "");
                put_wrapped(out, TV_EXPLAIN_MARGIN, TV_EXPLAIN_MARGIN + 2, line);
        }
}

void
tv_explain_page_print(FILE *out, const struct tv_explain_page *page)
{
        const char *text = page->text;
        size_t line = strcspn(text, "\n");
        if (is_state(page)) {
                fprintf(out, "%s     a state of RFC 9293 section 3.3.2", page->name);
        } else {
                enum tv_severity severity;
                bool made = tv_finding_meaning(page->name, &severity) != NULL;
                fprintf(out, "%s     %.*s     %s%s", page->name, (int)line, text,
                        made ? "severity: " : "not reported by this version", made ? tv_severity_word(severity) : "");
        }
        text += line;

        const struct tv_decidable *row = is_state(page) ? NULL : tv_decidability_of("findings.code", page->name);
        /* Behind what raises it, before what to do about it. */
        static const char *const behind[] = {"\n\nON THE HOST", "\n\nNO REMEDY", "\n\nSEE ALSO"};
        const char *place = NULL;
        for (size_t i = 0; place == NULL && i < sizeof behind / sizeof behind[0]; i++)
                place = strstr(text, behind[i]);
        if (row == NULL || place == NULL) {
                fputs(text, out);
                return;
        }
        fprintf(out, "%.*s\n", (int)(place + 1 - text), text);
        put_certain(out, row);
        fputs(place + 1, out);
}

void
tv_explain_list_print(FILE *out)
{
        size_t count;
        const struct tv_explain_page *pages = tv_explain_pages(&count);
        static const char *const families[] = {"handshake", "data", "teardown", "reset", "host", "capture", ""};
        bool missing = false;
        for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
                const char *family = families[f];
                size_t prefix = strlen(family);
                fprintf(out, "%s%s\n", f > 0 ? "\n" : "", prefix > 0 ? family : "states");
                for (size_t i = 0; i < count; i++) {
                        const char *dot = strchr(pages[i].name, '.');
                        if (prefix == 0 ? dot != NULL
                                        : dot == NULL || (size_t)(dot - pages[i].name) != prefix ||
                                                  memcmp(pages[i].name, family, prefix) != 0)
                                continue;
                        enum tv_severity severity;
                        bool made = prefix == 0 || tv_finding_meaning(pages[i].name, &severity) != NULL;
                        missing |= !made;
                        size_t length;
                        const char *one = tv_explain_one_line(&pages[i], &length);
                        char line[TV_EXPLAIN_WIDTH + 1];
                        snprintf(line, sizeof line, "%.*s", (int)length, one);
                        int column = fprintf(out, "%c %-32s ", made ? ' ' : '*', pages[i].name);
                        put_wrapped(out, column, column, line);
                }
        }
        if (missing)
                fputs("\n* this version does not report it\n", out);
        fputs("\ntcpverdict explain WORD prints the page.\n", out);
}
