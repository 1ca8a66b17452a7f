#include "engine/commands/help_text.h"

#include <fmt/format.h>

namespace engine {

namespace {

std::string upper(std::string_view text) {
  std::string name(text);
  for (char& c : name)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return name;
}

}  // namespace

std::string subcommand_syntax_error(const CommandContext& context) {
  return fmt::format("unknown subcommand or wrong number of arguments for '{}'. Try {} HELP.",
                     context.word(1).substr(0, 128), upper(context.word(0)));
}

void reply_help(CommandContext& context, std::span<const std::string_view> lines) {
  resp::ReplyWriter& reply = context.reply();
  reply.array(lines.size() + 3);
  reply.simple_string(fmt::format("{} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                                  upper(context.word(0))));
  for (const std::string_view line : lines) reply.simple_string(line);
  reply.simple_string("HELP");
  reply.simple_string("    Prints this help.");
}

}  // namespace engine
