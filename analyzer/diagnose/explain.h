/* explain.h - the pages of `tcpverdict explain`: one file explain/NAME.txt per finding and per state, compiled in.
 *
 * A page is plain ASCII, at most 100 columns.  Its first line says who is to blame ("blame: network"), or "state" for a
 * page on a state.  Then come sections, headings at the left margin, text from column 15 on: IN ONE LINE, ON THE WIRE,
 * WHICH CODE, RAISED WHEN, ON THE HOST, NO REMEDY, SEE ALSO of a finding, IN ONE LINE, MEANS, ENTERED BY, LEFT BY, TOO
 * MANY, OFTEN WRONG, SEE ALSO of a state; those that have nothing to say are left out.  The program adds the title with
 * the severity (finding_list.def) and CERTAIN IF (decidability_list.def), so that no page can contradict these. */
#ifndef TV_EXPLAIN_H
#define TV_EXPLAIN_H

#include <stddef.h>

/* Where the text of a section begins. */
#define TV_EXPLAIN_MARGIN 14
#define TV_EXPLAIN_WIDTH  100

struct tv_explain_page {
        const char *name; /* "handshake.syn-lost", "CLOSE_WAIT" */
        const char *text;
};

/* All pages, sorted by name in the order of their octets; |*count| is how many. */
const struct tv_explain_page *tv_explain_pages(size_t *count);

/* The page of a code or state.  The case of letters does not matter, nor '-' for '_' and netstat's SYN_RECV, FIN_WAIT1,
 * FIN_WAIT2; the family may be left out where one code alone has this name.  NULL: there is none. */
const struct tv_explain_page *tv_explain_find(const char *word);

/* The name that |word| is most like, for "did you mean"; NULL: none is near. */
const char *tv_explain_nearest(const char *word);

/* The text of IN ONE LINE: where it begins, without the margin; it ends with a newline, |*length| octets later. */
const char *tv_explain_one_line(const struct tv_explain_page *page, size_t *length);

#endif
