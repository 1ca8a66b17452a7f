// Commands on sets.

#ifndef BASALT_ENGINE_COMMANDS_SET_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_SET_COMMANDS_H_

#include "engine/command.h"

namespace engine {

// set_commands.cc
void sadd_command(CommandContext& context);
void scard_command(CommandContext& context);
void sismember_command(CommandContext& context);
void smembers_command(CommandContext& context);
void smismember_command(CommandContext& context);
void smove_command(CommandContext& context);
void srem_command(CommandContext& context);
void sscan_command(CommandContext& context);

// set_random_commands.cc
void spop_command(CommandContext& context);
void srandmember_command(CommandContext& context);

// set_algebra_commands.cc
void sdiff_command(CommandContext& context);
void sdiffstore_command(CommandContext& context);
void sinter_command(CommandContext& context);
void sintercard_command(CommandContext& context);
void sinterstore_command(CommandContext& context);
void sunion_command(CommandContext& context);
void sunionstore_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_SET_COMMANDS_H_
