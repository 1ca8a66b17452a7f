// The replies of HELP subcommands.

#ifndef BASALT_ENGINE_COMMANDS_HELP_TEXT_H_
#define BASALT_ENGINE_COMMANDS_HELP_TEXT_H_

#include <span>
#include <string_view>

#include "engine/command.h"

namespace engine {

// "NAME <subcommand> ... Subcommands are:", `lines`, and those about HELP itself.
void reply_help(CommandContext& context, std::span<const std::string_view> lines);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_HELP_TEXT_H_
