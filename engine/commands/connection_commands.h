// Commands about the connection itself: PING, ECHO, HELLO, AUTH, SELECT, QUIT, RESET.

#ifndef BASALT_ENGINE_COMMANDS_CONNECTION_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_CONNECTION_COMMANDS_H_

#include "engine/command.h"

namespace engine {

void ping_command(CommandContext& context);
void echo_command(CommandContext& context);
void hello_command(CommandContext& context);
void auth_command(CommandContext& context);
void select_command(CommandContext& context);
void quit_command(CommandContext& context);
void reset_command(CommandContext& context);

// Whether a client may call itself so: printable ASCII without blanks.
bool is_client_name(std::string_view name);
inline constexpr std::string_view kClientNameError =
    "-ERR Client names cannot contain spaces, newlines or special characters.";

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_CONNECTION_COMMANDS_H_
