// Commands about the connection itself: PING, ECHO, HELLO, AUTH, SELECT, CLIENT, QUIT, RESET.

#ifndef BASALT_ENGINE_COMMANDS_CONNECTION_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_CONNECTION_COMMANDS_H_

#include "engine/command.h"

namespace engine {

void ping_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_CONNECTION_COMMANDS_H_
