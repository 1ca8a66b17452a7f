// CONFIG and COMMAND.

#ifndef BASALT_ENGINE_COMMANDS_CONFIG_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_CONFIG_COMMANDS_H_

#include "engine/command.h"

namespace engine {

void config_get_command(CommandContext& context);
void config_set_command(CommandContext& context);
void config_resetstat_command(CommandContext& context);
void config_rewrite_command(CommandContext& context);
void config_help_command(CommandContext& context);

void command_command(CommandContext& context);
void command_count_command(CommandContext& context);
void command_info_command(CommandContext& context);
void command_docs_command(CommandContext& context);
void command_list_command(CommandContext& context);
void command_getkeys_command(CommandContext& context);
void command_getkeysandflags_command(CommandContext& context);
void command_help_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_CONFIG_COMMANDS_H_
