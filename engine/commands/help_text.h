// The replies of HELP subcommands.

#ifndef BASALT_ENGINE_COMMANDS_HELP_TEXT_H_
#define BASALT_ENGINE_COMMANDS_HELP_TEXT_H_

#include <span>
#include <string>
#include <string_view>

#include "engine/command.h"

namespace engine {

// The error of a subcommand that has a wrong number of words though its arity allows it.
std::string subcommand_syntax_error(const CommandContext& context);

// "NAME <subcommand> ... Subcommands are:", `lines`, and those about HELP itself.
void reply_help(CommandContext& context, std::span<const std::string_view> lines);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_HELP_TEXT_H_
