// Commands about saving and stopping: SAVE, BGSAVE, LASTSAVE, SHUTDOWN.

#ifndef BASALT_ENGINE_COMMANDS_PERSISTENCE_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_PERSISTENCE_COMMANDS_H_

#include "engine/command.h"

namespace engine {

void save_command(CommandContext& context);
void bgrewriteaof_command(CommandContext& context);
void bgsave_command(CommandContext& context);
void lastsave_command(CommandContext& context);
void shutdown_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_PERSISTENCE_COMMANDS_H_
