/* cmd_explain.c - `tcpverdict explain CODE|STATE`: the page on it; without a word, the list of pages. */
#include "analyzer/cli/commands.h"
#include "analyzer/cli/say.h"
#include "report/explain_page.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void
say_unknown(const char *word)
{
        const char *nearest = tv_explain_nearest(word);
        if (nearest != NULL)
                tv_say("explain %.80s: there is no such page; did you mean %s?", word, nearest);
        else
                tv_say("explain %.80s: there is no such page; tcpverdict explain lists them", word);
}

enum tv_exit
tv_cmd_explain(const struct tv_options *options)
{
        for (size_t i = 0; i < options->file_count; i++) {
                if (tv_explain_find(options->files[i]) == NULL) {
                        say_unknown(options->files[i]);
                        return TV_EXIT_usage;
                }
        }
        if (options->file_count == 0)
                tv_explain_list_print(stdout);
        for (size_t i = 0; i < options->file_count; i++) {
                if (i > 0)
                        putchar('\n');
                tv_explain_page_print(stdout, tv_explain_find(options->files[i]));
        }
        if ((fflush(stdout) != 0 || ferror(stdout)) && errno != EPIPE) {
                tv_say("cannot write to standard output: %s", strerror(errno));
                return TV_EXIT_failed;
        }
        return TV_EXIT_done;
}
