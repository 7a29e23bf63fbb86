#include "report/phrase.h"

#include "report/number.h"
#include "report/utf8.h"

#include <inttypes.h>
#include <stdio.h>

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

static void
append(struct tv_phrase *phrase, const char *text, size_t length)
{
        size_t room = sizeof phrase->text - 1 - phrase->length;

        if (length > room)
                length = room;
        memcpy(phrase->text + phrase->length, text, length);
        phrase->length += length;
        phrase->text[phrase->length] = '\0';
}

void
tv_phrase_add(struct tv_phrase *phrase, const char *format, ...)
{
        va_list arguments;
        size_t room = sizeof phrase->text - phrase->length;
        int n;

        va_start(arguments, format);
        n = vsnprintf(phrase->text + phrase->length, room, format, arguments);
        va_end(arguments);
        if (n > 0)
                phrase->length += (size_t)n < room ? (size_t)n : room - 1;
}

void
tv_phrase_foreign(struct tv_phrase *phrase, const char *text)
{
        tv_utf8_printable(phrase->text + phrase->length, sizeof phrase->text - phrase->length, text);
        phrase->length += strlen(phrase->text + phrase->length);
}

void
tv_phrase_separate(struct tv_phrase *phrase, const char *separator)
{
        if (phrase->length > 0)
                append(phrase, separator, strlen(separator));
}

void
tv_phrase_count(struct tv_phrase *phrase, uint64_t value)
{
        char digits[TV_U64_ROOM];
        size_t length = (size_t)(tv_put_u64(digits, value) - digits);

        for (size_t i = 0; i < length; i++) {
                if (i > 0 && (length - i) % 3 == 0)
                        append(phrase, TV_GLUED, 1);
                append(phrase, digits + i, 1);
        }
}

void
tv_phrase_counted(struct tv_phrase *phrase, uint64_t value, const char *noun)
{
        tv_phrase_count(phrase, value);
        tv_phrase_add(phrase, TV_GLUED "%s%s", noun, value == 1 ? "" : "s");
}

/* |ns| / |unit| with |decimals| decimals, rounded half up. */
static void
fixed(struct tv_phrase *phrase, tv_time ns, tv_time unit, unsigned decimals)
{
        uint64_t value = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns, step = (uint64_t)unit, whole, rest;

        for (unsigned i = 0; i < decimals && step > 1; i++)
                step /= 10;
        value = value / step + (value % step >= (step + 1) / 2);
        step = (uint64_t)unit / step;
        whole = value / step;
        rest = value % step;
        tv_phrase_add(phrase, "%s%" PRIu64, ns < 0 && value > 0 ? "-" : "", whole);
        if (decimals > 0)
                tv_phrase_add(phrase, ".%0*" PRIu64, (int)decimals, rest);
}

void
tv_phrase_seconds(struct tv_phrase *phrase, tv_time ns, unsigned decimals)
{
        fixed(phrase, ns, NS_PER_S, decimals);
}

void
tv_phrase_duration(struct tv_phrase *phrase, tv_time ns)
{
        int64_t minutes = ns / (60 * NS_PER_S), hours = minutes / 60;

        if (ns < 0) {
                append(phrase, "-", 1);
                tv_phrase_duration(phrase, ns == TV_NO_TIME ? INT64_MAX : -ns);
        } else if (ns == 0) {
                tv_phrase_add(phrase, "0" TV_GLUED "s");
        } else if (ns < 1000) {
                tv_phrase_add(phrase, "%" PRId64 TV_GLUED "ns", ns);
        } else if (ns < NS_PER_MS / 10) {
                fixed(phrase, ns, NS_PER_MS, 3);
                tv_phrase_add(phrase, TV_GLUED "ms");
        } else if (ns < 100 * NS_PER_MS) {
                fixed(phrase, ns, NS_PER_MS, 1);
                tv_phrase_add(phrase, TV_GLUED "ms");
        } else if (minutes < 2) {
                fixed(phrase, ns, NS_PER_S, 3);
                tv_phrase_add(phrase, TV_GLUED "s");
        } else if (hours < 2) {
                tv_phrase_add(phrase, "%" PRId64 TV_GLUED "min" TV_GLUED, minutes);
                fixed(phrase, ns % (60 * NS_PER_S) / (NS_PER_S / 10) * (NS_PER_S / 10), NS_PER_S, 1);
                tv_phrase_add(phrase, TV_GLUED "s");
        } else if (hours < 48) {
                tv_phrase_add(phrase, "%" PRId64 TV_GLUED "h" TV_GLUED "%" PRId64 TV_GLUED "min", hours, minutes % 60);
        } else {
                tv_phrase_add(phrase, "%" PRId64 TV_GLUED "d" TV_GLUED "%" PRId64 TV_GLUED "h", hours / 24, hours % 24);
        }
}

void
tv_phrase_address(struct tv_phrase *phrase, const struct tv_address *address)
{
        char text[TV_ADDRESS_ROOM] = "";

        append(phrase, text, (size_t)(tv_put_address(text, address) - text));
}

void
tv_phrase_endpoint(struct tv_phrase *phrase, const struct tv_address *address, uint16_t port)
{
        if (address->ipv6)
                append(phrase, "[", 1);
        tv_phrase_address(phrase, address);
        tv_phrase_add(phrase, "%s:%u", address->ipv6 ? "]" : "", (unsigned)port);
}

void
tv_phrase_frame(struct tv_phrase *phrase, tv_frame frame, bool many_files)
{
        char text[TV_FRAME_ROOM] = "";

        append(phrase, text, (size_t)(tv_put_frame(text, frame, many_files) - text));
}

void
tv_phrase_way(struct tv_phrase *phrase, const struct tv_way *way)
{
        const struct tv_context *first = &way->first;
        size_t begin = phrase->length;

        for (unsigned i = 0; i < first->steps && i < TV_MAX_STEPS; i++) {
                bool has_id;
                const char *name = tv_step_name((enum tv_step)first->kind[i], &has_id);

                tv_phrase_add(phrase, "%s%s", phrase->length > begin ? ", " : "", name);
                if (has_id)
                        tv_phrase_add(phrase, " %" PRIu32, first->id[i]);
        }
        if (way->not_kept)
                tv_phrase_add(phrase, "some");
        if (way->others)
                tv_phrase_add(phrase, phrase->length > begin ? "; and others" : "none; and others");
}

size_t
tv_phrase_columns(const char *text)
{
        size_t columns = 0;

        for (; *text != '\0'; text++)
                columns += ((unsigned char)*text & 0xc0) != 0x80;
        return columns;
}

/* Writes |length| bytes; glue becomes a space. */
static void
put_glued(struct tv_out *out, const char *text, size_t length)
{
        for (size_t i = 0; i < length;) {
                const char *glue = memchr(text + i, TV_GLUE, length - i);
                size_t part = glue != NULL ? (size_t)(glue - text) - i : length - i;

                tv_out_write(out, text + i, part);
                i += part;
                if (glue != NULL) {
                        tv_out_write(out, " ", 1);
                        i++;
                }
        }
}

void
tv_layout_put(const struct tv_layout *layout, enum tv_ink ink, const char *text)
{
        static const char *const codes[] = {
                [TV_PLAIN] = "",          [TV_BOLD] = "\x1b[1m",  [TV_RED] = "\x1b[1;31m",
                [TV_YELLOW] = "\x1b[33m", [TV_CYAN] = "\x1b[36m", [TV_GREEN] = "\x1b[32m",
        };
        bool painted = layout->colour && ink != TV_PLAIN;

        if (painted)
                tv_out_text(layout->out, codes[ink]);
        put_glued(layout->out, text, strlen(text));
        if (painted)
                tv_out_text(layout->out, "\x1b[0m");
}

/* Bytes of |text| that take at most |columns| columns. */
static size_t
bytes_of(const char *text, size_t length, size_t columns)
{
        size_t i = 0;

        for (; i < length; i++) {
                if (((unsigned char)text[i] & 0xc0) == 0x80)
                        continue;
                if (columns == 0)
                        break;
                columns--;
        }
        return i;
}

static size_t
columns_of(const char *text, size_t length)
{
        size_t columns = 0;

        for (size_t i = 0; i < length; i++)
                columns += ((unsigned char)text[i] & 0xc0) != 0x80;
        return columns;
}

static void
new_line(const struct tv_layout *layout, size_t indent)
{
        tv_out_printf(layout->out, "\n%*s", (int)indent, "");
}

void
tv_layout_wrap(const struct tv_layout *layout, size_t at, size_t indent, const char *text)
{
        bool fresh = true; /* nothing on this line yet, after the indent */

        for (;;) {
                size_t spaces = strspn(text, " "), length, width;

                text += spaces;
                length = strcspn(text, " ");
                if (length == 0)
                        break;
                width = columns_of(text, length);
                if (!fresh && at + spaces + width > layout->columns) {
                        new_line(layout, indent);
                        at = indent;
                        fresh = true;
                }
                if (!fresh) {
                        /* Several spaces are a gap that the writer wants, as long as the line goes on. */
                        tv_out_printf(layout->out, "%*s", (int)spaces, "");
                        at += spaces;
                } else if (at > indent && at + width > layout->columns) {
                        new_line(layout, indent);
                        at = indent;
                }
                while (at + width > layout->columns) {
                        size_t part = bytes_of(text, length, layout->columns - at);

                        put_glued(layout->out, text, part);
                        text += part;
                        length -= part;
                        width = columns_of(text, length);
                        new_line(layout, indent);
                        at = indent;
                }
                put_glued(layout->out, text, length);
                text += length;
                at += width;
                fresh = false;
        }
        tv_out_write(layout->out, "\n", 1);
}

void
tv_layout_labelled(const struct tv_layout *layout, const char *label, size_t indent, const char *text)
{
        size_t width = tv_phrase_columns(label);

        tv_layout_put(layout, TV_PLAIN, label);
        if (width < indent)
                tv_out_printf(layout->out, "%*s", (int)(indent - width), "");
        tv_layout_wrap(layout, width < indent ? indent : width, indent, text);
}

void
tv_layout_cell(const struct tv_layout *layout, struct tv_cells *cells, size_t width, bool right, enum tv_ink ink,
               const char *text)
{
        size_t columns = tv_phrase_columns(text), at = cells->at;

        if (right && columns < width)
                at += width - columns;
        if (columns > 0) {
                tv_out_printf(layout->out, "%*s", (int)(at - cells->written), "");
                tv_layout_put(layout, ink, text);
                cells->written = at + columns;
        }
        cells->at += (columns > width ? columns : width) + 2;
}
