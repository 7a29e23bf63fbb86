#include "report/columns.h"

#include <assert.h>

struct entry {
        enum tv_table table;
        bool each_end;
        const char *name, *unit, *meaning;
};

static const struct entry entries[] = {
#define TV_COLUMN(table, name, unit, meaning) {TV_TABLE_##table, false, #name, unit, meaning},
#define TV_COLUMN_EACH(name, unit, meaning)   {TV_TABLE_connections, true, #name, unit, meaning},
#include "report/columns.def"
#undef TV_COLUMN
#undef TV_COLUMN_EACH
};

#define ENTRIES (sizeof entries / sizeof entries[0])

_Static_assert(2 * ENTRIES <= TV_COLUMNS_MAX, "room for every column");

static const struct {
        const char *name, *row;
} tables[TV_TABLES] = {
        [TV_TABLE_files] = {"files", "input file"},
        [TV_TABLE_connections] = {"connections", "connection"},
        [TV_TABLE_transitions] = {"transitions", "state transition of one endpoint"},
        [TV_TABLE_findings] = {"findings", "finding"},
        [TV_TABLE_segments] = {"segments", "TCP segment (with --segments)"},
        [TV_TABLE_listeners] = {"listeners",
                                "listening address and port; the last one, without an address, is all others"},
        [TV_TABLE_hosts] = {"hosts", "host; the last one, without an address, is all others"},
        [TV_TABLE_series] = {"series", "second in which something changed, and host or listener"},
};

const char *
tv_table_name(enum tv_table table)
{
        return tables[table].name;
}

const char *
tv_table_row(enum tv_table table)
{
        return tables[table].row;
}

static struct tv_column *
put(struct tv_column *to, const struct entry *from, const char *prefix)
{
        *to = (struct tv_column){
                .table = from->table, .name = from->name, .unit = from->unit, .meaning = from->meaning};
        memcpy(to->prefix, prefix, strlen(prefix) + 1);
        return to + 1;
}

size_t
tv_columns(struct tv_column column[TV_COLUMNS_MAX])
{
        struct tv_column *next = column;

        for (int table = 0; table < TV_TABLES; table++) {
                for (size_t i = 0; i < ENTRIES; i++) {
                        size_t end = i;

                        if ((int)entries[i].table != table)
                                continue;
                        while (end < ENTRIES && entries[end].each_end)
                                end++;
                        if (end == i) {
                                next = put(next, &entries[i], "");
                                continue;
                        }
                        for (size_t k = i; k < end; k++)
                                next = put(next, &entries[k], "a_");
                        for (size_t k = i; k < end; k++)
                                next = put(next, &entries[k], "b_");
                        i = end - 1;
                }
        }
        return (size_t)(next - column);
}

void
tv_columns_header(struct tv_out *out, enum tv_table table)
{
        struct tv_column column[TV_COLUMNS_MAX];
        size_t count = tv_columns(column);
        const char *separator = "";

        for (size_t i = 0; i < count; i++) {
                if (column[i].table != table)
                        continue;
                tv_out_printf(out, "%s%s%s", separator, column[i].prefix, column[i].name);
                separator = ",";
        }
        tv_out_text(out, "\r\n");
}

void
tv_columns_dictionary(struct tv_out *out)
{
        struct tv_column column[TV_COLUMNS_MAX];
        size_t count = tv_columns(column);
        int table = -1;

        tv_out_text(
                out,
                "# Data dictionary\n\n"
                "The files that `tcpverdict -o DIR` writes. This page is generated from `report/columns.def`.\n\n"
                "CSV by RFC 4180: UTF-8, a header line, fields separated by commas, lines ended by CRLF, free text in "
                "quotes.\n"
                "Columns keep their order; new ones come at the end. Empty means unknown or not applicable, never 0.\n"
                "Times are seconds since the epoch (UTC), durations seconds, both with always nine decimals:\n"
                "`1700000000.123456789`. Sequence numbers are absolute. A frame is the packet's number in its file as\n"
                "Wireshark counts, from 1; with several input files it is written `FILE:FRAME`, FILE being the number\n"
                "in `files.csv`. Columns with prefix `a_` or `b_` tell what that end sent: `a` is the initiator, `b`\n"
                "the responder.\n");
        for (size_t i = 0; i < count; i++) {
                const struct tv_column *c = &column[i];

                if (table != (int)c->table) {
                        table = (int)c->table;
                        tv_out_printf(out,
                                      "\n## %s.csv\n\nOne row per %s.\n\n| column | unit | meaning |\n|---|---|---|\n",
                                      tv_table_name(c->table), tv_table_row(c->table));
                }
                tv_out_printf(out, "| `%s%s` | %s | %s |\n", c->prefix, c->name, c->unit, c->meaning);
        }
}
