// Commands on hashes.

#ifndef BASALT_ENGINE_COMMANDS_HASH_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_HASH_COMMANDS_H_

#include "engine/command.h"

namespace engine {

// hash_commands.cc
void hdel_command(CommandContext& context);
void hincrby_command(CommandContext& context);
void hincrbyfloat_command(CommandContext& context);
void hset_command(CommandContext& context);  // HMSET too.
void hsetnx_command(CommandContext& context);

// hash_read_commands.cc
void hexists_command(CommandContext& context);
void hget_command(CommandContext& context);
void hgetall_command(CommandContext& context);
void hkeys_command(CommandContext& context);
void hlen_command(CommandContext& context);
void hmget_command(CommandContext& context);
void hrandfield_command(CommandContext& context);
void hscan_command(CommandContext& context);
void hstrlen_command(CommandContext& context);
void hvals_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_HASH_COMMANDS_H_
