/* phrase.h - builds short texts for people: counts with thin groups, durations, times; and lays them out in lines of
 * limited width.  No locale. */
#ifndef TV_PHRASE_H
#define TV_PHRASE_H

#include "analyzer/engine/result.h"
#include "report/out.h"

#include <stdbool.h>
#include <stddef.h>

/* A space at which no line is broken ("1 912", "4.2 s"); written as a space. */
#define TV_GLUE  '\x1f'
#define TV_GLUED "\x1f"

#define TV_PHRASE_MAX 4096

/* Text being built; what does not fit is cut off. */
struct tv_phrase {
        size_t length;
        char text[TV_PHRASE_MAX];
};

static inline void
tv_phrase_clear(struct tv_phrase *phrase)
{
        phrase->length = 0;
        phrase->text[0] = '\0';
}

void tv_phrase_add(struct tv_phrase *phrase, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Text that comes from outside: control characters become '?'. */
void tv_phrase_foreign(struct tv_phrase *phrase, const char *text);
/* |separator| unless the phrase is empty. */
void tv_phrase_separate(struct tv_phrase *phrase, const char *separator);
/* "1 234 567" */
void tv_phrase_count(struct tv_phrase *phrase, uint64_t value);
/* "1 packet", "1 234 packets": |noun| with "s" unless |value| is 1. */
void tv_phrase_counted(struct tv_phrase *phrase, uint64_t value, const char *noun);
/* |ns| in seconds with |decimals| (0 to 9) decimals, rounded: "0.123", "-1.500".  No unit. */
void tv_phrase_seconds(struct tv_phrase *phrase, tv_time ns, unsigned decimals);
/* |ns| as people say it: "0.031 ms", "40.3 ms", "4.177 s", "2 min 4.8 s", "3 h 20 min", "2 d 4 h". */
void tv_phrase_duration(struct tv_phrase *phrase, tv_time ns);
/* "10.0.0.1", "2001:db8::1" */
void tv_phrase_address(struct tv_phrase *phrase, const struct tv_address *address);
/* "10.0.0.1:80", "[2001:db8::1]:80" */
void tv_phrase_endpoint(struct tv_phrase *phrase, const struct tv_address *address, uint16_t port);
/* "57", "2:57" */
void tv_phrase_frame(struct tv_phrase *phrase, tv_frame frame, bool many_files);

/* "vlan 10, gre, vxlan 100; and others"; nothing for packets that all came plain. */
void tv_phrase_way(struct tv_phrase *phrase, const struct tv_way *way);

/* Columns that the phrase takes: characters, not bytes. */
size_t tv_phrase_columns(const char *text);

enum tv_ink { TV_PLAIN, TV_BOLD, TV_RED, TV_YELLOW, TV_CYAN, TV_GREEN };

struct tv_layout {
        struct tv_out *out;
        size_t columns; /* of a line */
        bool colour;
};

/* Writes |text| as it is, in |ink| where colours are wanted.  No line end. */
void tv_layout_put(const struct tv_layout *layout, enum tv_ink ink, const char *text);

/* tv_layout_wrap writes |text| in lines of layout->columns, the first of which begins at column |at| (something is
 * there already) and the others at column |indent|, and ends the last.  A word longer than a line is broken. */
void tv_layout_wrap(const struct tv_layout *layout, size_t at, size_t indent, const char *text);

/* |label|, filled up with spaces to |indent|, then |text| wrapped at that indent. */
void tv_layout_labelled(const struct tv_layout *layout, const char *label, size_t indent, const char *text);

/* A line of a table being written: cells go to their columns, and no spaces to the end of the line. */
struct tv_cells {
        size_t at;      /* column where the next cell begins */
        size_t written; /* columns written */
};

/* tv_layout_cell writes |text| into a cell of |width| columns, to the right of it when |right|, and leaves two columns
 * free behind it. */
void tv_layout_cell(const struct tv_layout *layout, struct tv_cells *cells, size_t width, bool right, enum tv_ink ink,
                    const char *text);

#endif
