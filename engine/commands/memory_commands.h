// MEMORY: what keys and the server take.

#ifndef BASALT_ENGINE_COMMANDS_MEMORY_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_MEMORY_COMMANDS_H_

#include "engine/command.h"

namespace engine {

void memory_usage_command(CommandContext& context);
void memory_doctor_command(CommandContext& context);
void memory_malloc_stats_command(CommandContext& context);
void memory_stats_command(CommandContext& context);
void memory_purge_command(CommandContext& context);
void memory_help_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_MEMORY_COMMANDS_H_
