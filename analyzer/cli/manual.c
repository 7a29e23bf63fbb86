#include "analyzer/cli/manual.h"

#include <string.h>

static const struct {
        const char *name, *operands, *help;
} commands[] = {
#define TV_COMMAND(name, operands, help) {#name, operands, help},
#include "analyzer/cli/command_list.def"
#undef TV_COMMAND
};

static const struct {
        int status;
        const char *meaning;
} exits[] = {
#define TV_EXIT(name, status, meaning) {status, meaning},
#include "analyzer/cli/exit_list.def"
#undef TV_EXIT
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char summary[] = "what both ends of every TCP connection in a capture did";

void
tv_manual_help(FILE *out)
{
        fprintf(out,
                "Usage: tcpverdict [COMMAND] [OPTION...] FILE...\n"
                "Tells %s, in which states they were,\n"
                "what was lost and where.  FILE is a pcap or pcapng capture; - is standard input.\n"
                "\nCommands\n",
                summary);
        for (size_t i = 0; i < COUNT(commands); i++)
                fprintf(out, "  %-9s %-12s %s\n", commands[i].name, commands[i].operands, commands[i].help);
        fputs("\nOptions\n", out);
        for (int i = 0; i < TV_OPTIONS; i++) {
                const struct tv_option *option = tv_option_get((enum tv_option_id)i);
                if (option->help == NULL)
                        continue;
                char letter[] = "    ";
                if (option->letter != 0) {
                        letter[0] = '-';
                        letter[1] = option->letter;
                        letter[2] = ',';
                }
                int width = fprintf(out, "  %s--%s%s%s", letter, option->name, option->argument != NULL ? " " : "",
                                    option->argument != NULL ? option->argument : "");
                fprintf(out, "%*s%s\n", width < 26 ? 26 - width : 1, "", option->help);
        }
        fputs("\nExit status, the worst that applies (from harmless to worst)\n", out);
        for (size_t i = 0; i < COUNT(exits); i++) {
                /* The first clause is enough here; the manual page has the whole sentence. */
                fprintf(out, "  %d  %.*s\n", exits[i].status, (int)strcspn(exits[i].meaning, ":."), exits[i].meaning);
        }
        fputs("\ntcpverdict(1) says more.\n", out);
}

/* Text for roff: a backslash, a hyphen and a leading dot or quote are special there. */
static void
put_roff(FILE *out, const char *text)
{
        if (*text == '.' || *text == '\'')
                fputs("\\&", out);
        for (; *text != '\0'; text++) {
                if (*text == '-')
                        fputs("\\-", out);
                else if (*text == '\\')
                        fputs("\\e", out);
                else
                        fputc(*text, out);
        }
}

static void
put_paragraph(FILE *out, const char *text)
{
        put_roff(out, text);
        fputc('\n', out);
}

void
tv_manual_page(FILE *out, const char *version)
{
        fprintf(out, ".TH TCPVERDICT 1 \"\" \"tcpverdict %s\" \"User Commands\"\n", version);
        fprintf(out, ".SH NAME\ntcpverdict \\- %s\n", summary);
        fputs(".SH SYNOPSIS\n", out);
        for (size_t i = 0; i < COUNT(commands); i++)
                fprintf(out, ".B tcpverdict\n%s%s%s\n[\\fIoption\\fR ...] %s\n.br\n", i == 0 ? "[" : ".B ",
                        commands[i].name, i == 0 ? "]" : "", commands[i].operands);
        fputs(".SH DESCRIPTION\n", out);
        put_paragraph(
                out, "tcpverdict reads captures (pcap and pcapng files, never a live interface) and answers, for every "
                     "TCP connection in them: what did each of the two ends do, in which state of RFC 9293 was it at "
                     "every moment, what was lost and where.  A FILE of - is standard input.  Several files are one "
                     "capture: they are read in the order of their first packets' times, and a connection may go on "
                     "from one file into the next.");
        fputs(".PP\n", out);
        put_paragraph(out,
                      "The text report goes to standard output.  Frames are numbered as Wireshark numbers them; with "
                      "several files they are written FILE:FRAME, FILE being the number in files.csv.  While it reads, "
                      "progress is shown on standard error if that is a terminal.");
        fputs(".SH COMMANDS\n", out);
        for (size_t i = 0; i < COUNT(commands); i++) {
                fprintf(out, ".TP\n.B %s %s\n", commands[i].name, commands[i].operands);
                put_paragraph(out, commands[i].help);
        }
        fputs(".SH OPTIONS\n", out);
        for (int i = 0; i < TV_OPTIONS; i++) {
                const struct tv_option *option = tv_option_get((enum tv_option_id)i);
                fputs(".TP\n", out);
                if (option->letter != 0)
                        fprintf(out, "\\fB\\-%c\\fR, ", option->letter);
                fputs("\\fB\\-\\-", out);
                put_roff(out, option->name);
                fputs("\\fR", out);
                if (option->argument != NULL) {
                        fputs(" \\fI", out);
                        put_roff(out, option->argument);
                        fputs("\\fR", out);
                }
                fputc('\n', out);
                put_paragraph(out, option->manual);
        }
        fputs(".SH EXIT STATUS\n", out);
        put_paragraph(out, "If several apply, the one that comes last here:");
        for (size_t i = 0; i < COUNT(exits); i++) {
                fprintf(out, ".TP\n.B %d\n", exits[i].status);
                put_paragraph(out, exits[i].meaning);
        }
        fputs(".PP\n", out);
        put_paragraph(out,
                      "A reader that closes the pipe, as head(1) does, ends the program quietly and changes nothing of "
                      "this.  SIGINT (Ctrl-C) or SIGTERM ends the reading: the reports are written for what was read, "
                      "and the status is 4.  A second one kills the program.");
        fputs(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\n", out);
        put_paragraph(out, "If set and not empty, the report has no colour, unless --colour asks for it.");
        fputs(".SH FILES\n", out);
        put_paragraph(
                out, "The columns of the files that -o writes, with their units, are described in the data dictionary, "
                     "docs/data-dictionary.md.  What a capture can tell at all, and why the rest is unknown, stands in "
                     "docs/decidability.md.");
        fputs(".SH EXAMPLES\n", out);
        static const char *const examples[] = {
                "tcpverdict incident.pcap",
                "tcpverdict -o out --segments incident.pcap",
                "tcpverdict explain teardown.close-wait-stuck",
                "tcpverdict --conn 192.0.2.1:40000-192.0.2.2:80 incident.pcap",
                "zcat old.pcap.gz | tcpverdict -",
        };
        fputs(".nf\n", out);
        for (size_t i = 0; i < COUNT(examples); i++)
                put_paragraph(out, examples[i]);
        fputs(".fi\n.SH SEE ALSO\n.BR tcpdump (8),\n.BR tshark (1),\n.BR capinfos (1)\n", out);
}

/* The words of "linux|rfc|", separated by spaces. */
static void
put_words(FILE *out, const char *words)
{
        for (const char *p = words; *p != '\0'; p++) {
                if (*p != '|')
                        fputc(*p, out);
                else if (p[1] != '\0')
                        fputc(' ', out);
        }
}

static bool
is_folder(const struct tv_option *option)
{
        return option->values != NULL && option->values[0] == '/';
}

static void
complete_bash(FILE *out)
{
        fputs("# bash completion for tcpverdict\n"
              "_tcpverdict()\n"
              "{\n"
              "        local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
              "        COMPREPLY=()\n"
              "        case $prev in\n",
              out);
        for (int i = 0; i < TV_OPTIONS; i++) {
                const struct tv_option *option = tv_option_get((enum tv_option_id)i);
                if (option->argument == NULL)
                        continue;
                fprintf(out, "        --%s", option->name);
                if (option->letter != 0)
                        fprintf(out, "|-%c", option->letter);
                fputs(")\n", out);
                if (is_folder(option)) {
                        fputs("                compopt -o filenames\n"
                              "                COMPREPLY=($(compgen -d -- \"$cur\"))\n",
                              out);
                } else if (option->values != NULL) {
                        fputs("                COMPREPLY=($(compgen -W '", out);
                        put_words(out, option->values);
                        fputs("' -- \"$cur\"))\n", out);
                }
                fputs("                return\n                ;;\n", out);
        }
        fputs("        esac\n"
              "        if [[ $cur == -* ]]; then\n"
              "                COMPREPLY=($(compgen -W '",
              out);
        const char *space = "";
        for (int i = 0; i < TV_OPTIONS; i++) {
                const struct tv_option *option = tv_option_get((enum tv_option_id)i);
                if (option->help == NULL)
                        continue;
                fprintf(out, "%s--%s", space, option->name);
                space = " ";
                if (option->letter != 0)
                        fprintf(out, " -%c", option->letter);
        }
        fputs("' -- \"$cur\"))\n"
              "                return\n"
              "        fi\n"
              "        if [[ $COMP_CWORD == 1 ]]; then\n"
              "                COMPREPLY=($(compgen -W '",
              out);
        for (size_t i = 0; i < COUNT(commands); i++)
                fprintf(out, "%s%s", i > 0 ? " " : "", commands[i].name);
        fputs("' -- \"$cur\"))\n"
              "        fi\n"
              "        compopt -o filenames\n"
              "        COMPREPLY+=($(compgen -f -- \"$cur\"))\n"
              "}\n"
              "complete -F _tcpverdict tcpverdict\n",
              out);
}

/* Help inside single quotes, with what zsh's _arguments would take for syntax escaped. */
static void
put_quoted(FILE *out, const char *text)
{
        for (; *text != '\0'; text++) {
                if (*text == '\'')
                        fputs("'\\''", out);
                else if (strchr("[]:\\", *text) != NULL)
                        fprintf(out, "\\%c", *text);
                else
                        fputc(*text, out);
        }
}

static void
complete_zsh(FILE *out)
{
        fputs("#compdef tcpverdict\n_arguments -s", out);
        for (int i = 0; i < TV_OPTIONS; i++) {
                const struct tv_option *option = tv_option_get((enum tv_option_id)i);
                if (option->help == NULL)
                        continue;
                bool repeats = i == TV_OPTION_conn;
                fputs(" \\\n        ", out);
                if (option->letter != 0)
                        fprintf(out, "'(-%c --%s)'{-%c,--%s}'[", option->letter, option->name, option->letter,
                                option->name);
                else
                        fprintf(out, "'%s--%s[", repeats ? "*" : "", option->name);
                put_quoted(out, option->help);
                fputc(']', out);
                if (option->argument != NULL)
                        fprintf(out, ":%s:", option->argument);
                if (is_folder(option)) {
                        fputs("_files -/", out);
                } else if (option->values != NULL) {
                        fputc('(', out);
                        put_words(out, option->values);
                        fputc(')', out);
                }
                fputc('\'', out);
        }
        fputs(" \\\n        '*:capture:_files'\n", out);
}

static void
complete_fish(FILE *out)
{
        fputs("# fish completion for tcpverdict\n", out);
        for (size_t i = 0; i < COUNT(commands); i++)
                fprintf(out, "complete -c tcpverdict -n __fish_use_subcommand -a %s -d '%s'\n", commands[i].name,
                        commands[i].help);
        for (int i = 0; i < TV_OPTIONS; i++) {
                const struct tv_option *option = tv_option_get((enum tv_option_id)i);
                if (option->help == NULL)
                        continue;
                fprintf(out, "complete -c tcpverdict -l %s", option->name);
                if (option->letter != 0)
                        fprintf(out, " -s %c", option->letter);
                if (is_folder(option))
                        fputs(" -x -a '(__fish_complete_directories)'", out);
                else if (option->argument != NULL)
                        fputs(" -x", out);
                if (option->values != NULL && !is_folder(option)) {
                        fputs(" -a '", out);
                        put_words(out, option->values);
                        fputc('\'', out);
                }
                fputs(" -d '", out);
                /* In fish's single quotes a backslash escapes a quote. */
                for (const char *p = option->help; *p != '\0'; p++) {
                        if (*p == '\'' || *p == '\\')
                                fputc('\\', out);
                        fputc(*p, out);
                }
                fputs("'\n", out);
        }
}

void
tv_manual_completion(FILE *out, enum tv_shell shell)
{
        switch (shell) {
        case TV_SHELL_BASH:
                complete_bash(out);
                break;
        case TV_SHELL_ZSH:
                complete_zsh(out);
                break;
        case TV_SHELL_FISH:
                complete_fish(out);
                break;
        }
}
