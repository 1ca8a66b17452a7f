// Commands about the whole server: INFO, TIME, LOLWUT, FLUSHDB, FLUSHALL, and FUNCTION for a
// library that is always empty.

#ifndef BASALT_ENGINE_COMMANDS_SERVER_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_SERVER_COMMANDS_H_

#include "engine/command.h"

namespace engine {

void info_command(CommandContext& context);
void time_command(CommandContext& context);
void lolwut_command(CommandContext& context);
void flushdb_command(CommandContext& context);
void flushall_command(CommandContext& context);

void function_flush_command(CommandContext& context);
void function_list_command(CommandContext& context);
void function_stats_command(CommandContext& context);
void function_dump_command(CommandContext& context);
void function_help_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_SERVER_COMMANDS_H_
