/* options.h - the command line, as one table (option_list.def) that the parser, --help, the manual page and the shell
 * completions share. */
#ifndef TV_OPTIONS_H
#define TV_OPTIONS_H

#include "analyzer/cli/time_option.h"
#include "analyzer/engine/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit statuses; their values are the contract with scripts. */
enum tv_exit {
#define TV_EXIT(name, status, meaning) TV_EXIT_##name = (status),
#include "analyzer/cli/exit_list.def"
#undef TV_EXIT
};

/* Of two statuses the one that counts: the later one in exit_list.def. */
enum tv_exit tv_exit_worse(enum tv_exit x, enum tv_exit y);

enum tv_command {
#define TV_COMMAND(name, operands, help) TV_COMMAND_##name,
#include "analyzer/cli/command_list.def"
#undef TV_COMMAND
        TV_COMMANDS
};

enum tv_option_id {
#define TV_OPTION(id, name, letter, argument, values, help, manual) TV_OPTION_##id,
#include "analyzer/cli/option_list.def"
#undef TV_OPTION
        TV_OPTIONS
};

/* One row of option_list.def, which explains the fields. */
struct tv_option {
        const char *name;
        char letter;
        const char *argument, *values, *help, *manual;
};

/* The row of an option. */
const struct tv_option *tv_option_get(enum tv_option_id id);

enum tv_colour { TV_COLOUR_AUTO, TV_COLOUR_ALWAYS, TV_COLOUR_NEVER };
enum tv_profile_name { TV_PROFILE_LINUX, TV_PROFILE_RFC };
enum tv_shell { TV_SHELL_BASH, TV_SHELL_ZSH, TV_SHELL_FISH };

/* --conn: a connection by its number, or by both ends in either order. */
struct tv_conn_choice {
        bool by_number;
        uint64_t number;
        struct tv_address addr[2];
        uint16_t port[2];
};

/* What the command line asks for.  Strings are borrowed from argv. */
struct tv_options {
        enum tv_command command;
        bool help, version, man, completion; /* print that, and nothing else */
        enum tv_shell shell;                 /* with |completion| */

        const char *output_dir; /* NULL: no files */
        bool segments, all, quiet;
        bool fails; /* --fail-on was given */
        enum tv_severity fail_on;
        enum tv_profile_name profile;
        const char *sysctl; /* NULL: the defaults of |profile| */
        enum tv_colour colour;
        uint64_t max_memory; /* bytes; 0: the engine's default */
        unsigned key;        /* enum tv_way_part */
        unsigned pileup;     /* ends in one state; 0: the engine's default */

        struct tv_conn_choice *choices; /* none: every connection */
        size_t choice_count;
        const char *filter; /* NULL: every packet matches */
        struct tv_time_option from, to;
        const char **files; /* at least one, unless something is to be printed; the words to explain */
        size_t file_count;
};

#define TV_OPTIONS_MESSAGE 256

/* tv_options_parse reads |argv|.  Options and files may be mixed; "--" ends the options; "-" is standard input.
 * Returns false when it is no valid command line, with one line for the user in |message| (no newline).  In either case
 * tv_options_clear frees what |options| owns. */
bool tv_options_parse(struct tv_options *options, int argc, char **argv, char message[TV_OPTIONS_MESSAGE]);
void tv_options_clear(struct tv_options *options);

/* tv_conn_choice_parse reads "N" or "ADDR:PORT-ADDR:PORT" (IPv6 addresses in brackets).  False: neither. */
bool tv_conn_choice_parse(const char *text, struct tv_conn_choice *choice);

/* Whether --conn allows this connection; true without any --conn. */
bool tv_options_choose(const struct tv_options *options, uint64_t conn, const struct tv_address addr[2],
                       const uint16_t port[2]);

/* Whether packets decide which connections are reported: --filter, --from or --to was given. */
bool tv_options_choose_packets(const struct tv_options *options);

/* tv_size_parse reads a number of bytes with an optional suffix K, M, G or T (or KiB, MB, ...: powers of 1024).
 * False: no such number, zero, or more than 64 bits. */
bool tv_size_parse(const char *text, uint64_t *bytes);

#endif
