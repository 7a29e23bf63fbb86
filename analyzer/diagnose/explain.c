#include "analyzer/diagnose/explain.h"

#include <stdbool.h>
#include <string.h>

static const struct tv_explain_page pages[] = {
#define TV_PAGE(name, text) {name, text},
#include "explain_pages.def"
#undef TV_PAGE
};

#define PAGES (sizeof pages / sizeof pages[0])

const struct tv_explain_page *
tv_explain_pages(size_t *count)
{
        *count = PAGES;
        return pages;
}

/* One spelling for all: small letters, '-' for '_'. */
static char
fold(char c)
{
        if (c >= 'A' && c <= 'Z')
                return (char)(c - 'A' + 'a');
        return (char)(c == '_' ? '-' : c);
}

static bool
alike(const char *x, const char *y)
{
        while (*x != '\0' && fold(*x) == fold(*y)) {
                x++;
                y++;
        }
        return fold(*x) == fold(*y);
}

/* "syn-lost" of "handshake.syn-lost"; all of "CLOSE_WAIT". */
static const char *
without_family(const char *name)
{
        const char *dot = strchr(name, '.');
        return dot != NULL ? dot + 1 : name;
}

const struct tv_explain_page *
tv_explain_find(const char *word)
{
        static const struct {
                const char *netstat, *name;
        } others[] = {
                {"SYN-RECV", "SYN_RCVD"},    {"SYN-RECEIVED", "SYN_RCVD"}, {"FIN-WAIT1", "FIN_WAIT_1"},
                {"FIN-WAIT2", "FIN_WAIT_2"}, {"ESTAB", "ESTABLISHED"},     {"LISTENING", "LISTEN"},
                {"CLOSE", "CLOSED"},
        };
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
                if (alike(word, others[i].netstat))
                        word = others[i].name;
        }
        const struct tv_explain_page *found = NULL;
        for (size_t i = 0; i < PAGES; i++) {
                if (alike(pages[i].name, word))
                        return &pages[i];
        }
        for (size_t i = 0; i < PAGES; i++) {
                if (alike(without_family(pages[i].name), word)) {
                        if (found != NULL)
                                return NULL;
                        found = &pages[i];
                }
        }
        return found;
}

/* The number of edits from |x| to |y|, up to ROOM. */
enum { ROOM = 48 };

static size_t
distance(const char *x, const char *y)
{
        size_t columns = strlen(y);
        if (strlen(x) >= ROOM || columns >= ROOM)
                return ROOM;
        size_t row[ROOM + 1];
        for (size_t j = 0; j <= columns; j++)
                row[j] = j;
        for (size_t i = 0; x[i] != '\0'; i++) {
                size_t diagonal = row[0];
                row[0] = i + 1;
                for (size_t j = 0; j < columns; j++) {
                        size_t change = diagonal + (fold(x[i]) != fold(y[j]));
                        size_t insert = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
                        diagonal = row[j + 1];
                        row[j + 1] = change < insert ? change : insert;
                }
        }
        return row[columns];
}

const char *
tv_explain_nearest(const char *word)
{
        const char *nearest = NULL;
        size_t least = ROOM;
        for (size_t i = 0; i < PAGES; i++) {
                const char *name = pages[i].name;
                const char *compared = strchr(word, '.') != NULL ? name : without_family(name);
                size_t edits = distance(word, compared);
                /* Another word altogether is no mistyped one. */
                if (edits < least && edits * 3 <= strlen(compared) + 2) {
                        least = edits;
                        nearest = name;
                }
        }
        return nearest;
}

const char *
tv_explain_one_line(const struct tv_explain_page *page, size_t *length)
{
        const char *start = strstr(page->text, "\nIN ONE LINE");
        if (start == NULL) {
                *length = 0;
                return "\n";
        }
        start += strlen("\nIN ONE LINE");
        start += strspn(start, " ");
        *length = strcspn(start, "\n");
        return start;
}
