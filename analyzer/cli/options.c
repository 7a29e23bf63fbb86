#include "analyzer/cli/options.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct tv_option option_list[] = {
#define TV_OPTION(id, name, letter, argument, values, help, manual) {name, letter, argument, values, help, manual},
#include "analyzer/cli/option_list.def"
#undef TV_OPTION
};

static const char *const command_names[] = {
#define TV_COMMAND(name, operands, help) #name,
#include "analyzer/cli/command_list.def"
#undef TV_COMMAND
};

const struct tv_option *
tv_option_get(enum tv_option_id id)
{
        return &option_list[id];
}

enum tv_exit
tv_exit_worse(enum tv_exit x, enum tv_exit y)
{
        static const enum tv_exit order[] = {
#define TV_EXIT(name, status, meaning) TV_EXIT_##name,
#include "analyzer/cli/exit_list.def"
#undef TV_EXIT
        };
        for (size_t i = sizeof order / sizeof order[0]; i-- > 0;) {
                if (order[i] == x || order[i] == y)
                        return order[i];
        }
        return x;
}

/* Which word of "linux|rfc|" |text| is, or -1. */
static int
find_word(const char *words, const char *text)
{
        size_t length = strlen(text);
        int index = 0;
        for (const char *word = words; *word != '\0'; index++) {
                const char *end = strchr(word, '|');
                if ((size_t)(end - word) == length && memcmp(word, text, length) == 0)
                        return index;
                word = end + 1;
        }
        return -1;
}

bool
tv_size_parse(const char *text, uint64_t *bytes)
{
        uint64_t value = 0;
        const char *p = text;
        for (; *p >= '0' && *p <= '9'; p++) {
                uint64_t digit = (uint64_t)(*p - '0');
                if (value > (UINT64_MAX - digit) / 10)
                        return false;
                value = value * 10 + digit;
        }
        if (p == text || value == 0)
                return false;

        static const char suffixes[] = "kmgt";
        unsigned shift = 0;
        if (*p != '\0') {
                const char *suffix = strchr(suffixes, *p | 0x20);
                if (suffix == NULL)
                        return false;
                shift = 10 * (unsigned)(suffix - suffixes + 1);
                p++;
                if (*p == 'i')
                        p++;
                if (*p == 'B')
                        p++;
        }
        if (*p != '\0' || value > UINT64_MAX >> shift)
                return false;
        *bytes = value << shift;
        return true;
}

/* Digits only, up to |max|; *end is what follows them. */
static bool
parse_number(const char *text, uint64_t max, uint64_t *number, const char **end)
{
        uint64_t value = 0;
        const char *p = text;
        for (; *p >= '0' && *p <= '9'; p++) {
                uint64_t digit = (uint64_t)(*p - '0');
                if (digit > max || value > (max - digit) / 10)
                        return false;
                value = value * 10 + digit;
        }
        *number = value;
        *end = p;
        return p != text;
}

/* "192.0.2.1:80" or "[2001:db8::1]:80"; *end is what follows. */
static bool
parse_end(const char *text, struct tv_address *address, uint16_t *port, const char **end)
{
        *address = (struct tv_address){.ipv6 = text[0] == '['};
        const char *start = text + (address->ipv6 ? 1 : 0);
        const char *stop = strchr(start, address->ipv6 ? ']' : ':');
        char word[INET6_ADDRSTRLEN];
        if (stop == NULL || (size_t)(stop - start) >= sizeof word)
                return false;
        memcpy(word, start, (size_t)(stop - start));
        word[stop - start] = '\0';
        if (inet_pton(address->ipv6 ? AF_INET6 : AF_INET, word, address->byte) != 1)
                return false;
        stop += address->ipv6 ? 1 : 0;
        uint64_t number;
        if (*stop != ':' || !parse_number(stop + 1, UINT16_MAX, &number, end))
                return false;
        *port = (uint16_t)number;
        return true;
}

bool
tv_conn_choice_parse(const char *text, struct tv_conn_choice *choice)
{
        const char *p;
        *choice = (struct tv_conn_choice){.by_number = true};
        if (parse_number(text, UINT64_MAX - 1, &choice->number, &p) && *p == '\0')
                return true;

        *choice = (struct tv_conn_choice){.by_number = false};
        return parse_end(text, &choice->addr[0], &choice->port[0], &p) && *p == '-' &&
               parse_end(p + 1, &choice->addr[1], &choice->port[1], &p) && *p == '\0' &&
               choice->addr[0].ipv6 == choice->addr[1].ipv6;
}

static bool
same_end(const struct tv_address *x, uint16_t x_port, const struct tv_address *y, uint16_t y_port)
{
        return x_port == y_port && x->ipv6 == y->ipv6 && memcmp(x->byte, y->byte, x->ipv6 ? 16 : 4) == 0;
}

bool
tv_options_choose(const struct tv_options *options, uint64_t conn, const struct tv_address addr[2],
                  const uint16_t port[2])
{
        if (options->choice_count == 0)
                return true;
        for (size_t i = 0; i < options->choice_count; i++) {
                const struct tv_conn_choice *choice = &options->choices[i];
                if (choice->by_number) {
                        if (choice->number == conn)
                                return true;
                        continue;
                }
                for (int swap = 0; swap < 2; swap++) {
                        if (same_end(&choice->addr[0], choice->port[0], &addr[swap], port[swap]) &&
                            same_end(&choice->addr[1], choice->port[1], &addr[!swap], port[!swap]))
                                return true;
                }
        }
        return false;
}

bool
tv_options_choose_packets(const struct tv_options *options)
{
        return options->filter != NULL || options->from.given || options->to.given;
}

/* The number of edits from |x| to |y|, for "did you mean"; long words are far from everything. */
static size_t
edit_distance(const char *x, const char *y)
{
        enum { ROOM = 32 };
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
                        size_t change = diagonal + (x[i] != y[j]);
                        size_t insert = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
                        diagonal = row[j + 1];
                        row[j + 1] = change < insert ? change : insert;
                }
        }
        return row[columns];
}

static void
unknown_option(const char *word, const char *name, char *message)
{
        const char *nearest = NULL;
        size_t least = 3;
        for (size_t i = 0; i < TV_OPTIONS; i++) {
                size_t distance = edit_distance(name, option_list[i].name);
                /* Another word altogether is no mistyped one. */
                if (option_list[i].help != NULL && distance < least && distance < strlen(option_list[i].name)) {
                        least = distance;
                        nearest = option_list[i].name;
                }
        }
        if (nearest != NULL)
                snprintf(message, TV_OPTIONS_MESSAGE, "unknown option %.80s: did you mean --%s?", word, nearest);
        else
                snprintf(message, TV_OPTIONS_MESSAGE, "unknown option %.80s: tcpverdict --help lists the options",
                         word);
}

/* "vlan,tunnel": each word once or more, in any order. */
static bool
parse_key(const char *text, unsigned *parts)
{
        *parts = 0;
        for (;;) {
                size_t length = strcspn(text, ",");
                if (length == 4 && memcmp(text, "vlan", 4) == 0)
                        *parts |= TV_WAY_VLAN;
                else if (length == 6 && memcmp(text, "tunnel", 6) == 0)
                        *parts |= TV_WAY_TUNNEL;
                else
                        return false;
                if (text[length] == '\0')
                        return true;
                text += length + 1;
        }
}

static bool
parse_pileup(const char *text, unsigned *ends)
{
        uint64_t value;
        const char *end;
        if (!parse_number(text, 1000000, &value, &end) || *end != '\0' || value < 2)
                return false;
        *ends = (unsigned)value;
        return true;
}

static bool
take_time(struct tv_time_option *time, const char *name, const char *value, char *message)
{
        if (tv_time_option_parse(value, time))
                return true;
        snprintf(message, TV_OPTIONS_MESSAGE,
                 "--%s %.80s: it is a time such as 2026-11-20T22:15:29.718Z, 1700000000.5 (since the epoch) or +3.4 "
                 "(since the first packet)",
                 name, value);
        return false;
}

/* Takes one option with its value, which is NULL for an option without one. */
static bool
take(struct tv_options *o, enum tv_option_id id, const char *value, char *message)
{
        const struct tv_option *option = &option_list[id];
        int word = 0;
        if (value != NULL && option->values != NULL && option->values[0] != '/') {
                word = find_word(option->values, value);
                if (word < 0) {
                        snprintf(message, TV_OPTIONS_MESSAGE, "--%s %.80s: it is one of %.*s", option->name, value,
                                 (int)strlen(option->values) - 1, option->values);
                        return false;
                }
        }
        switch (id) {
        case TV_OPTION_output:
                o->output_dir = value;
                return true;
        case TV_OPTION_segments:
                o->segments = true;
                return true;
        case TV_OPTION_conn:
                if (tv_conn_choice_parse(value, &o->choices[o->choice_count])) {
                        o->choice_count++;
                        return true;
                }
                snprintf(message, TV_OPTIONS_MESSAGE,
                         "--conn %.100s: it is a number or ADDR:PORT-ADDR:PORT, IPv6 addresses in brackets", value);
                return false;
        case TV_OPTION_filter:
                o->filter = value;
                return true;
        case TV_OPTION_from:
                return take_time(&o->from, option->name, value, message);
        case TV_OPTION_to:
                return take_time(&o->to, option->name, value, message);
        case TV_OPTION_all:
                o->all = true;
                return true;
        case TV_OPTION_quiet:
                o->quiet = true;
                return true;
        case TV_OPTION_profile:
                o->profile = (enum tv_profile_name)word;
                return true;
        case TV_OPTION_sysctl:
                o->sysctl = value;
                return true;
        case TV_OPTION_key:
                if (parse_key(value, &o->key))
                        return true;
                snprintf(message, TV_OPTIONS_MESSAGE, "--key %.80s: it is vlan, tunnel or vlan,tunnel", value);
                return false;
        case TV_OPTION_max_memory:
                if (tv_size_parse(value, &o->max_memory))
                        return true;
                snprintf(message, TV_OPTIONS_MESSAGE, "--max-memory %.80s: it is a number of bytes, such as 512M or 4G",
                         value);
                return false;
        case TV_OPTION_pileup:
                if (parse_pileup(value, &o->pileup))
                        return true;
                snprintf(message, TV_OPTIONS_MESSAGE, "--pileup %.80s: it is a number from 2 to 1000000", value);
                return false;
        case TV_OPTION_colour:
                o->colour = (enum tv_colour)word;
                return true;
        case TV_OPTION_fail_on:
                o->fails = true;
                o->fail_on = (enum tv_severity)word;
                return true;
        case TV_OPTION_help:
                o->help = true;
                return true;
        case TV_OPTION_version:
                o->version = true;
                return true;
        case TV_OPTION_man:
                o->man = true;
                return true;
        case TV_OPTION_completion:
                o->completion = true;
                o->shell = (enum tv_shell)word;
                return true;
        case TV_OPTIONS:
                break;
        }
        return false;
}

/* Where the parser is in argv. */
struct arguments {
        int argc, at;
        char **argv;
        bool may_be_command; /* no operand was seen yet */
        int standard_inputs; /* how often "-" was given */
};

/* The value of |option|: |attached| to it, or the next argument. */
static bool
take_with_value(struct tv_options *o, enum tv_option_id id, const char *attached, struct arguments *args, char *message)
{
        const struct tv_option *option = &option_list[id];
        if (option->argument == NULL) {
                if (attached == NULL)
                        return take(o, id, NULL, message);
                snprintf(message, TV_OPTIONS_MESSAGE, "--%s takes no value", option->name);
                return false;
        }
        if (attached == NULL && args->at + 1 < args->argc)
                attached = args->argv[++args->at];
        if (attached == NULL || attached[0] == '\0') {
                snprintf(message, TV_OPTIONS_MESSAGE, "--%s needs a value: --%s %s", option->name, option->name,
                         option->argument);
                return false;
        }
        return take(o, id, attached, message);
}

static bool
take_long(struct tv_options *o, const char *word, struct arguments *args, char *message)
{
        char name[64];
        const char *equals = strchr(word + 2, '=');
        size_t length = equals != NULL ? (size_t)(equals - (word + 2)) : strlen(word + 2);
        if (length >= sizeof name)
                length = sizeof name - 1;
        memcpy(name, word + 2, length);
        name[length] = '\0';
        for (size_t i = 0; i < TV_OPTIONS; i++) {
                if (strcmp(option_list[i].name, name) == 0)
                        return take_with_value(o, (enum tv_option_id)i, equals != NULL ? equals + 1 : NULL, args,
                                               message);
        }
        unknown_option(word, name, message);
        return false;
}

/* "-q", "-oDIR", "-qo DIR". */
static bool
take_letters(struct tv_options *o, const char *word, struct arguments *args, char *message)
{
        for (const char *p = word + 1; *p != '\0'; p++) {
                size_t i = 0;
                while (i < TV_OPTIONS && option_list[i].letter != *p)
                        i++;
                if (i == TV_OPTIONS) {
                        unknown_option(word, word + 1, message);
                        return false;
                }
                bool has_value = option_list[i].argument != NULL;
                const char *attached = has_value && p[1] != '\0' ? p + 1 : NULL;
                if (!take_with_value(o, (enum tv_option_id)i, attached, args, message))
                        return false;
                if (has_value)
                        break;
        }
        return true;
}

/* The first operand may be a command. */
static void
take_operand(struct tv_options *o, const char *word, struct arguments *args)
{
        if (args->may_be_command) {
                args->may_be_command = false;
                for (size_t i = 0; i < TV_COMMANDS; i++) {
                        if (strcmp(word, command_names[i]) == 0) {
                                o->command = (enum tv_command)i;
                                return;
                        }
                }
        }
        args->standard_inputs += strcmp(word, "-") == 0;
        o->files[o->file_count++] = word;
}

bool
tv_options_parse(struct tv_options *o, int argc, char **argv, char message[TV_OPTIONS_MESSAGE])
{
        *o = (struct tv_options){.command = (enum tv_command)0};
        message[0] = '\0';
        size_t room = argc > 0 ? (size_t)argc : 1;
        o->files = calloc(room, sizeof o->files[0]);
        o->choices = calloc(room, sizeof o->choices[0]);
        if (o->files == NULL || o->choices == NULL) {
                snprintf(message, TV_OPTIONS_MESSAGE, "out of memory");
                return false;
        }

        struct arguments args = {.argc = argc, .at = 1, .argv = argv, .may_be_command = true};
        bool operands_only = false;
        for (; args.at < argc; args.at++) {
                const char *word = argv[args.at];
                bool good = true;
                if (operands_only || word[0] != '-' || word[1] == '\0')
                        take_operand(o, word, &args);
                else if (strcmp(word, "--") == 0)
                        operands_only = true;
                else if (word[1] == '-')
                        good = take_long(o, word, &args, message);
                else
                        good = take_letters(o, word, &args, message);
                if (!good)
                        return false;
        }

        if (o->help || o->version || o->man || o->completion)
                return true;
        if (o->command == TV_COMMAND_explain)
                return true; /* its operands are no files */
        if (o->file_count == 0) {
                snprintf(message, TV_OPTIONS_MESSAGE,
                         "no file given: tcpverdict [options] FILE... (tcpverdict --help)");
                return false;
        }
        if (o->segments && o->output_dir == NULL) {
                snprintf(message, TV_OPTIONS_MESSAGE, "--segments writes DIR/segments.csv: -o DIR is missing");
                return false;
        }
        if (o->from.given && o->to.given && o->from.relative == o->to.relative && o->from.time > o->to.time) {
                snprintf(message, TV_OPTIONS_MESSAGE, "--from is later than --to: no packet lies between them");
                return false;
        }
        if (args.standard_inputs > 1) {
                snprintf(message, TV_OPTIONS_MESSAGE, "standard input (-) can be read only once");
                return false;
        }
        return true;
}

void
tv_options_clear(struct tv_options *o)
{
        free(o->files);
        free(o->choices);
        *o = (struct tv_options){.command = (enum tv_command)0};
}
