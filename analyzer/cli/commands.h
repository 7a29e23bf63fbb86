/* commands.h - the commands of command_list.def: cmd_<name>.c defines tv_cmd_<name>. */
#ifndef TV_COMMANDS_H
#define TV_COMMANDS_H

#include "analyzer/cli/options.h"

/* Each runs its command for |options| (already valid), prints its own errors and returns the exit status. */
#define TV_COMMAND(name, operands, help) enum tv_exit tv_cmd_##name(const struct tv_options *options);
#include "analyzer/cli/command_list.def"
#undef TV_COMMAND

#endif
