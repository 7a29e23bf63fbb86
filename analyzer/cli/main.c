/* main.c - from the command line to a command. */
#include "analyzer/cli/commands.h"
#include "analyzer/cli/interrupt.h"
#include "analyzer/cli/manual.h"
#include "analyzer/cli/say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static enum tv_exit (*const commands[])(const struct tv_options *) = {
#define TV_COMMAND(name, operands, help) tv_cmd_##name,
#include "analyzer/cli/command_list.def"
#undef TV_COMMAND
};

static enum tv_exit
print_about(const struct tv_options *options)
{
        if (options->help)
                tv_manual_help(stdout);
        else if (options->version)
                printf("tcpverdict %s\n", TV_VERSION);
        else if (options->man)
                tv_manual_page(stdout, TV_VERSION);
        else
                tv_manual_completion(stdout, options->shell);
        if ((fflush(stdout) != 0 || ferror(stdout)) && errno != EPIPE) {
                tv_say("cannot write to standard output: %s", strerror(errno));
                return TV_EXIT_failed;
        }
        return TV_EXIT_done;
}

int
main(int argc, char **argv)
{
        tv_interrupt_install();

        struct tv_options options;
        char message[TV_OPTIONS_MESSAGE];
        enum tv_exit status;
        if (!tv_options_parse(&options, argc, argv, message)) {
                tv_say("%s", message);
                status = TV_EXIT_usage;
        } else if (options.help || options.version || options.man || options.completion) {
                status = print_about(&options);
        } else {
                status = commands[options.command](&options);
        }
        tv_options_clear(&options);
        return (int)status;
}
