#include "engine/commands/help_text.h"

#include <fmt/format.h>

namespace engine {

void reply_help(CommandContext& context, std::span<const std::string_view> lines) {
  std::string name(context.word(0));
  for (char& c : name)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  resp::ReplyWriter& reply = context.reply();
  reply.array(lines.size() + 3);
  reply.simple_string(
      fmt::format("{} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", name));
  for (const std::string_view line : lines) reply.simple_string(line);
  reply.simple_string("HELP");
  reply.simple_string("    Prints this help.");
}

}  // namespace engine
