// CLIENT: what is known of the connections, and what can be done to them.

#ifndef BASALT_ENGINE_COMMANDS_CLIENT_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_CLIENT_COMMANDS_H_

#include "engine/command.h"

namespace engine {

void client_id_command(CommandContext& context);
void client_info_command(CommandContext& context);
void client_list_command(CommandContext& context);
void client_getname_command(CommandContext& context);
void client_getredir_command(CommandContext& context);
void client_pause_command(CommandContext& context);
void client_trackinginfo_command(CommandContext& context);
void client_unblock_command(CommandContext& context);
void client_unpause_command(CommandContext& context);
void client_setname_command(CommandContext& context);
void client_setinfo_command(CommandContext& context);
void client_kill_command(CommandContext& context);
void client_reply_command(CommandContext& context);
void client_no_evict_command(CommandContext& context);
void client_no_touch_command(CommandContext& context);
void client_help_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_CLIENT_COMMANDS_H_
