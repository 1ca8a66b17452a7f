// Commands on lists.

#ifndef BASALT_ENGINE_COMMANDS_LIST_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_LIST_COMMANDS_H_

#include "engine/command.h"

namespace engine {

// list_commands.cc
void lindex_command(CommandContext& context);
void linsert_command(CommandContext& context);
void llen_command(CommandContext& context);
void lpos_command(CommandContext& context);
void lrange_command(CommandContext& context);
void lrem_command(CommandContext& context);
void lset_command(CommandContext& context);
void ltrim_command(CommandContext& context);

// list_end_commands.cc: what is pushed to and taken from the ends.
void blmove_command(CommandContext& context);
void blmpop_command(CommandContext& context);
void blpop_command(CommandContext& context);
void brpop_command(CommandContext& context);
void brpoplpush_command(CommandContext& context);
void lmove_command(CommandContext& context);
void lmpop_command(CommandContext& context);
void lpop_command(CommandContext& context);
void lpush_command(CommandContext& context);
void lpushx_command(CommandContext& context);
void rpop_command(CommandContext& context);
void rpoplpush_command(CommandContext& context);
void rpush_command(CommandContext& context);
void rpushx_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_LIST_COMMANDS_H_
