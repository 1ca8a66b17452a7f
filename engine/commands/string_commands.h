// Commands on strings.

#ifndef BASALT_ENGINE_COMMANDS_STRING_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_STRING_COMMANDS_H_

#include "engine/command.h"

namespace engine {

void get_command(CommandContext& context);
void set_command(CommandContext& context);
void mset_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_STRING_COMMANDS_H_
