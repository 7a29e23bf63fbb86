#include "report/conn_table.h"

#include "report/words.h"

#include <inttypes.h>
#include <stdlib.h>

#define ROW_GROUPS 3
/* So many rows of a flood may there be; a scan has one for each port. */
#define FEW_ROWS 3

struct row {
        uint64_t first, last, connections; /* numbers of the connections that it stands for */
        tv_time start, duration;           /* of the first */
        uint64_t retransmissions[2];
        uint32_t key;
        struct tv_address addr[2];
        uint16_t port[2];
        uint16_t group[ROW_GROUPS];
        uint8_t groups;
        bool more_groups, several_a;
        uint8_t handshake, teardown, closed_first, state[2], severity;
};

struct tv_conn_table {
        struct row *row;
        size_t rows, room;
        bool folded, incomplete;
        uint64_t connections;
};

struct tv_conn_table *
tv_conn_table_new(bool folded)
{
        struct tv_conn_table *table = calloc(1, sizeof *table);

        if (table != NULL)
                table->folded = folded;
        return table;
}

void
tv_conn_table_free(struct tv_conn_table *table)
{
        if (table != NULL)
                free(table->row);
        free(table);
}

uint64_t
tv_conn_table_connections(const struct tv_conn_table *table)
{
        return table->connections;
}

bool
tv_conn_table_is_complete(const struct tv_conn_table *table)
{
        return !table->incomplete;
}

static bool
same_address(const struct tv_address *a, const struct tv_address *b)
{
        return a->ipv6 == b->ipv6 && memcmp(a->byte, b->byte, a->ipv6 ? 16 : 4) == 0;
}

/* Alike: all that the table shows is equal but the initiator, the times and the numbers. */
static bool
alike(const struct row *a, const struct row *b)
{
        return a->key == b->key && same_address(&a->addr[TV_B], &b->addr[TV_B]) && a->port[TV_B] == b->port[TV_B] &&
               a->retransmissions[0] == b->retransmissions[0] && a->retransmissions[1] == b->retransmissions[1] &&
               a->groups == b->groups && memcmp(a->group, b->group, sizeof a->group) == 0 &&
               a->handshake == b->handshake && a->teardown == b->teardown && a->closed_first == b->closed_first &&
               a->state[0] == b->state[0] && a->state[1] == b->state[1];
}

/* Equal for rows that are alike; only saves comparisons. */
static uint32_t
key_of(const struct row *row)
{
        uint64_t key = row->port[TV_B];

        key = key * 31 + row->retransmissions[0];
        key = key * 31 + row->retransmissions[1];
        key = key * 31 + row->handshake;
        key = key * 31 + row->closed_first;
        key = key * 31 + row->state[0];
        key = key * 31 + row->state[1];
        for (unsigned i = 0; i < row->groups; i++)
                key = key * 31 + row->group[i] + 1;
        return (uint32_t)(key ^ key >> 32);
}

static unsigned
badness(const struct row *row)
{
        return row->severity * 8U + row->groups;
}

/* Where a new row goes; NULL when it is not among the worst, or memory ran out. */
static struct row *
place_for(struct tv_conn_table *table, const struct row *row)
{
        if (table->folded && table->rows == TV_TABLE_KEPT) {
                struct row *least = &table->row[0];

                for (size_t i = 1; i < table->rows; i++)
                        if (badness(&table->row[i]) <= badness(least))
                                least = &table->row[i];
                return badness(row) > badness(least) ? least : NULL;
        }
        if (table->rows == table->room) {
                size_t room = table->room == 0 ? 16 : 2 * table->room;
                struct row *more = realloc(table->row, room * sizeof *more);

                if (more == NULL) {
                        table->incomplete = true;
                        return NULL;
                }
                table->row = more;
                table->room = room;
        }
        return &table->row[table->rows++];
}

void
tv_conn_table_add(struct tv_conn_table *table, const struct tv_connection *conn, const uint16_t *group, size_t groups,
                  unsigned severity)
{
        struct row row = {.first = conn->conn,
                          .last = conn->conn,
                          .connections = 1,
                          .start = conn->start,
                          .duration = conn->duration,
                          .retransmissions = {conn->dir[TV_A].retransmissions, conn->dir[TV_B].retransmissions},
                          .addr = {conn->addr[TV_A], conn->addr[TV_B]},
                          .port = {conn->port[TV_A], conn->port[TV_B]},
                          .handshake = conn->handshake,
                          .teardown = conn->teardown,
                          .closed_first = conn->closed_first,
                          .state = {conn->state[TV_A], conn->state[TV_B]},
                          .severity = (uint8_t)severity};
        struct row *place;

        table->connections++;
        for (size_t i = 0; i < groups; i++) {
                bool known = group[i] == TV_NO_GROUP;

                for (unsigned k = 0; k < row.groups; k++)
                        known = known || row.group[k] == group[i];
                if (known)
                        continue;
                if (row.groups == ROW_GROUPS) {
                        row.more_groups = true;
                        break;
                }
                row.group[row.groups++] = group[i];
        }
        row.key = key_of(&row);
        for (size_t i = 0; table->folded && i < table->rows; i++) {
                struct row *r = &table->row[i];

                if (!alike(r, &row))
                        continue;
                r->several_a = r->several_a || !same_address(&r->addr[TV_A], &row.addr[TV_A]);
                r->connections++;
                if (row.first > r->last)
                        r->last = row.first;
                if (row.first < r->first) {
                        r->first = row.first;
                        r->start = row.start;
                        r->duration = row.duration;
                        r->addr[TV_A] = row.addr[TV_A];
                        r->port[TV_A] = row.port[TV_A];
                }
                return;
        }
        place = place_for(table, &row);
        if (place != NULL)
                *place = row;
}

/* ---- printing ---- */

enum column {
        COL_CONN,
        COL_A,
        COL_A_PORT,
        COL_START,
        COL_DURATION,
        COL_HANDSHAKE,
        COL_CLOSED,
        COL_RTX,
        COL_A_STATE,
        COL_B_STATE,
        COL_FINDING,
        COLUMNS
};

static const struct {
        const char *title;
        bool right;
} columns[COLUMNS] = {
        [COL_CONN] = {"conn", true},
        [COL_A] = {"a", false},
        [COL_A_PORT] = {"a port", true},
        [COL_START] = {"start", false},
        [COL_DURATION] = {"dur s", true},
        [COL_HANDSHAKE] = {"handshake", false},
        [COL_CLOSED] = {"closed first", false},
        [COL_RTX] = {"rtx a/b", true},
        [COL_A_STATE] = {"a ends in", false},
        [COL_B_STATE] = {"b ends in", false},
        [COL_FINDING] = {"finding", false},
};

/* How the addresses are told: once for all, b above its rows, or both above their rows. */
enum mode { ONE_PAIR, BY_SERVICE, BY_PAIR };

struct print {
        const struct tv_layout *layout;
        const struct tv_groups *groups;
        tv_time zero;
        enum mode mode;
        size_t width[COLUMNS]; /* 0: left out */
        bool one_service;      /* all rows have the same b */
        bool narrow;           /* "closed" instead of "closed first" */
};

static const char *
title_of(const struct print *print, enum column column)
{
        return column == COL_CLOSED && print->narrow ? "closed" : columns[column].title;
}

static void
put_conns(struct tv_phrase *p, const struct row *row)
{
        tv_phrase_add(p, "%" PRIu64, row->first);
        if (row->connections == 1)
                return;
        /* Different numbers: as many as fit between the ends are all of them. */
        if (row->last - row->first + 1 == row->connections)
                tv_phrase_add(p, "-%" PRIu64, row->last);
        else
                tv_phrase_add(p, " +%" PRIu64, row->connections - 1);
}

static void
put_cell(const struct print *print, const struct row *row, enum column column, struct tv_phrase *p)
{
        tv_phrase_clear(p);
        switch (column) {
        case COL_CONN:
                put_conns(p, row);
                break;
        case COL_A:
                if (row->several_a)
                        tv_phrase_add(p, "several");
                else
                        tv_phrase_endpoint(p, &row->addr[TV_A], row->port[TV_A]);
                break;
        case COL_A_PORT:
                if (row->several_a)
                        tv_phrase_add(p, "several");
                else
                        tv_phrase_add(p, "%u", (unsigned)row->port[TV_A]);
                break;
        case COL_START:
                if (row->start == TV_NO_TIME || print->zero == TV_NO_TIME)
                        break;
                if (row->start >= print->zero)
                        tv_phrase_add(p, "+");
                tv_phrase_seconds(p, row->start - print->zero, 3);
                break;
        case COL_DURATION:
                if (row->duration != TV_NO_TIME)
                        tv_phrase_seconds(p, row->duration, 3);
                break;
        case COL_HANDSHAKE:
                tv_phrase_add(p, "%s", tv_handshake_word(row->handshake));
                break;
        case COL_CLOSED:
                tv_phrase_add(p, "%s", tv_closed_first_word(row->closed_first));
                if (row->teardown == TV_TEARDOWN_RESET) {
                        tv_phrase_separate(p, ", ");
                        tv_phrase_add(p, "reset");
                }
                break;
        case COL_RTX:
                if (row->retransmissions[0] != 0 || row->retransmissions[1] != 0)
                        tv_phrase_add(p, "%" PRIu64 "/%" PRIu64, row->retransmissions[0], row->retransmissions[1]);
                break;
        case COL_A_STATE:
        case COL_B_STATE:
                tv_phrase_add(p, "%s", tv_tcp_state_name(row->state[column == COL_A_STATE ? TV_A : TV_B]));
                break;
        case COL_FINDING:
                for (unsigned i = 0; i < row->groups; i++) {
                        const struct tv_group *group = tv_groups_at(print->groups, row->group[i]);

                        if (group != NULL && group->number != 0)
                                tv_phrase_add(p, "[%u]", group->number);
                }
                if (row->more_groups)
                        tv_phrase_add(p, "+");
                break;
        case COLUMNS:
                break;
        }
}

static size_t
total(const struct print *print)
{
        size_t sum = 0;

        for (int c = 0; c < COLUMNS; c++)
                if (print->width[c] > 0)
                        sum += print->width[c] + 2;
        return sum > 0 ? sum - 2 : 0;
}

/* Column widths from the rows that will be printed; a column that is empty in all of them is left out. */
static void
measure_once(struct print *print, struct row *const *row, size_t rows)
{
        struct tv_phrase p;

        memset(print->width, 0, sizeof print->width);
        for (size_t i = 0; i < rows; i++) {
                for (int c = 0; c < COLUMNS; c++) {
                        size_t width;

                        if (c == COL_A && print->mode != BY_SERVICE)
                                continue;
                        if (c == COL_A_PORT && print->mode == BY_SERVICE)
                                continue;
                        put_cell(print, row[i], (enum column)c, &p);
                        width = tv_phrase_columns(p.text);
                        if (width > 0 && width < strlen(title_of(print, (enum column)c)))
                                width = strlen(title_of(print, (enum column)c));
                        if (width > print->width[c])
                                print->width[c] = width;
                }
        }
}

static void
measure(struct print *print, struct row *const *row, size_t rows)
{
        static const enum column spare[] = {COL_DURATION, COL_START, COL_CLOSED, COL_RTX};

        print->narrow = false;
        measure_once(print, row, rows);
        if (total(print) > print->layout->columns) {
                print->narrow = true;
                measure_once(print, row, rows);
        }
        if (print->mode == BY_SERVICE)
                return; /* rather another mode than another column less */
        for (size_t i = 0; total(print) > print->layout->columns && i < sizeof spare / sizeof spare[0]; i++)
                print->width[spare[i]] = 0;
}

static void
print_line(const struct print *print, const struct row *row)
{
        struct tv_cells cells = {0};
        struct tv_phrase p;

        for (int c = 0; c < COLUMNS; c++) {
                if (print->width[c] == 0)
                        continue;
                if (row != NULL)
                        put_cell(print, row, (enum column)c, &p);
                tv_layout_cell(print->layout, &cells, print->width[c], columns[c].right,
                               row == NULL ? TV_BOLD : TV_PLAIN,
                               row == NULL ? title_of(print, (enum column)c) : p.text);
        }
        tv_out_text(print->layout->out, "\n");
}

static unsigned
number_of(const struct print *print, uint16_t index)
{
        const struct tv_group *group = tv_groups_at(print->groups, index);

        return group != NULL ? group->number : 0;
}

static void
sort_groups(const struct print *print, struct row *row)
{
        for (unsigned i = 1; i < row->groups; i++) {
                for (unsigned k = i; k > 0; k--) {
                        uint16_t one = row->group[k - 1], other = row->group[k];

                        if (number_of(print, one) <= number_of(print, other))
                                break;
                        row->group[k - 1] = other;
                        row->group[k] = one;
                }
        }
}

static unsigned
first_number(const struct print *print, const struct row *row)
{
        return row->groups > 0 ? number_of(print, row->group[0]) : 0;
}

/* Worst first, then by the finding that is named first, then by service, then by connection. */
static bool
goes_before(const struct print *print, const struct row *a, const struct row *b)
{
        unsigned number_a = first_number(print, a), number_b = first_number(print, b);
        int service;

        if (a->severity != b->severity)
                return a->severity > b->severity;
        if (number_a != number_b)
                return number_a < number_b;
        service = memcmp(&a->addr[TV_B], &b->addr[TV_B], sizeof a->addr[TV_B]);
        if (service != 0)
                return service < 0;
        if (a->port[TV_B] != b->port[TV_B])
                return a->port[TV_B] < b->port[TV_B];
        return a->first < b->first;
}

static int
by_number(const void *a, const void *b)
{
        const struct row *x = a, *y = b;

        return (x->first > y->first) - (x->first < y->first);
}

static bool
same_service(const struct row *a, const struct row *b)
{
        return same_address(&a->addr[TV_B], &b->addr[TV_B]) && a->port[TV_B] == b->port[TV_B];
}

static bool
same_pair(const struct row *a, const struct row *b)
{
        return same_service(a, b) && a->several_a == b->several_a &&
               (a->several_a || same_address(&a->addr[TV_A], &b->addr[TV_A]));
}

static enum mode
choose_mode(struct print *print, struct row *const *row, size_t rows)
{
        bool one = true;

        for (size_t i = 0; i < rows; i++) {
                one = one && same_pair(row[i], row[0]);
                print->one_service = print->one_service && same_service(row[i], row[0]);
        }
        if (one)
                return ONE_PAIR;
        print->mode = BY_SERVICE;
        measure(print, row, rows);
        return total(print) <= print->layout->columns ? BY_SERVICE : BY_PAIR;
}

static void
put_pair(struct tv_phrase *p, const struct row *row)
{
        if (row->several_a)
                tv_phrase_add(p, "several");
        else
                tv_phrase_address(p, &row->addr[TV_A]);
        tv_phrase_add(p, " (a) > ");
        tv_phrase_endpoint(p, &row->addr[TV_B], row->port[TV_B]);
        tv_phrase_add(p, " (b)");
}

static void
put_service(struct tv_phrase *p, const struct row *row)
{
        tv_phrase_add(p, "> ");
        tv_phrase_endpoint(p, &row->addr[TV_B], row->port[TV_B]);
        tv_phrase_add(p, " (b)");
}

/* The line above the rows of one service or pair, when it is another than that of the row before. */
static void
print_heading(const struct print *print, const struct row *before, const struct row *row)
{
        struct tv_phrase p;

        if (print->mode == ONE_PAIR || (print->mode == BY_SERVICE && print->one_service))
                return;
        if (before != NULL && (print->mode == BY_PAIR ? same_pair(before, row) : same_service(before, row)))
                return;
        tv_phrase_clear(&p);
        if (print->mode == BY_PAIR) {
                put_pair(&p, row);
        } else {
                put_service(&p, row);
        }
        tv_layout_wrap(print->layout, 0, 2, p.text);
}

/* Is it a connection that was never opened, and that a finding about a host tells of with the rest of them? */
static bool
is_told_with_others(const struct print *print, const struct row *row)
{
        if (row->handshake == TV_HANDSHAKE_COMPLETE || row->handshake == TV_HANDSHAKE_SIMULTANEOUS ||
            row->handshake == TV_HANDSHAKE_NOT_CAPTURED || row->groups == 0 || row->more_groups)
                return false;
        for (unsigned i = 0; i < row->groups; i++) {
                const struct tv_group *group = tv_groups_at(print->groups, row->group[i]);
                const struct tv_group *cause = group != NULL && group->caused_by != TV_NO_GROUP
                                                       ? tv_groups_at(print->groups, group->caused_by)
                                                       : NULL;

                if (cause == NULL || cause->connections != 0 || cause->number == 0)
                        return false;
        }
        return true;
}

/* The rows in the order of printing; without those of a scan, if |table| is folded.  Returns how many there are;
 * *order is for the caller to free, NULL when memory ran out. */
static size_t
sort_rows(struct tv_conn_table *table, const struct print *print, struct row ***order)
{
        size_t rows = 0, told = 0;

        *order = calloc(table->rows + 1, sizeof(struct row *));
        if (*order == NULL)
                return 0;
        if (!table->folded && table->rows > 0)
                qsort(table->row, table->rows, sizeof table->row[0], by_number);
        for (size_t i = 0; table->folded && i < table->rows; i++)
                told += is_told_with_others(print, &table->row[i]);
        for (size_t i = 0; i < table->rows; i++) {
                size_t at;

                sort_groups(print, &table->row[i]);
                if (told > FEW_ROWS && is_told_with_others(print, &table->row[i]))
                        continue;
                at = rows++;
                /* At most TV_TABLE_KEPT of them. */
                for (; table->folded && at > 0 && goes_before(print, &table->row[i], (*order)[at - 1]); at--)
                        (*order)[at] = (*order)[at - 1];
                (*order)[at] = &table->row[i];
        }
        return rows;
}

uint64_t
tv_conn_table_print(struct tv_conn_table *table, const struct tv_layout *layout, const char *title,
                    const struct tv_groups *groups, tv_time zero, size_t most)
{
        struct print print = {.layout = layout, .groups = groups, .zero = zero, .one_service = true};
        struct row **order;
        size_t rows = sort_rows(table, &print, &order);
        uint64_t shown = 0;
        struct tv_phrase p;

        if (order == NULL)
                return 0;
        if (most != 0 && rows > most)
                rows = most;
        if (rows > 0) {
                print.mode = choose_mode(&print, order, rows);
                measure(&print, order, rows);
                tv_phrase_clear(&p);
                if (print.mode == ONE_PAIR) {
                        if (table->connections > 1 && !order[0]->several_a)
                                tv_phrase_add(&p, "all" TV_GLUED);
                        put_pair(&p, order[0]);
                } else if (print.mode == BY_SERVICE && print.one_service) {
                        tv_phrase_add(&p, "all" TV_GLUED);
                        put_service(&p, order[0]);
                }
                tv_layout_put(layout, TV_BOLD, title);
                tv_out_text(layout->out, p.length > 0 ? "   " : "");
                tv_layout_wrap(layout, tv_phrase_columns(title) + 3, 2, p.text);
                print_line(&print, NULL);
        }
        for (size_t i = 0; i < rows; i++) {
                print_heading(&print, i > 0 ? order[i - 1] : NULL, order[i]);
                print_line(&print, order[i]);
                shown += order[i]->connections;
        }
        free(order);
        return shown;
}
