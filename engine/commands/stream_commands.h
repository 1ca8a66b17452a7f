// Commands on streams.

#ifndef BASALT_ENGINE_COMMANDS_STREAM_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_STREAM_COMMANDS_H_

#include "engine/command.h"

namespace engine {

// stream_commands.cc
void xadd_command(CommandContext& context);
void xdel_command(CommandContext& context);
void xlen_command(CommandContext& context);
void xrange_command(CommandContext& context);
void xrevrange_command(CommandContext& context);
void xsetid_command(CommandContext& context);
void xtrim_command(CommandContext& context);

// stream_read_commands.cc
void xread_command(CommandContext& context);
void xreadgroup_command(CommandContext& context);

// stream_group_commands.cc
void xack_command(CommandContext& context);
void xgroup_create_command(CommandContext& context);
void xgroup_createconsumer_command(CommandContext& context);
void xgroup_delconsumer_command(CommandContext& context);
void xgroup_destroy_command(CommandContext& context);
void xgroup_help_command(CommandContext& context);
void xgroup_setid_command(CommandContext& context);
void xpending_command(CommandContext& context);

// stream_claim_commands.cc
void xautoclaim_command(CommandContext& context);
void xclaim_command(CommandContext& context);

// stream_info_commands.cc
void xinfo_consumers_command(CommandContext& context);
void xinfo_groups_command(CommandContext& context);
void xinfo_help_command(CommandContext& context);
void xinfo_stream_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_STREAM_COMMANDS_H_
