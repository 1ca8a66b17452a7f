#include "engine/commands/config_commands.h"

#include "engine/command_docs.h"
#include "engine/commands/help_text.h"
#include "engine/engine.h"

namespace engine {

void config_get_command(CommandContext& context) {
  const auto options = context.engine().config().get(context.words().subspan(2));
  resp::ReplyWriter& reply = context.reply();
  reply.map(options.size());
  for (const auto& [name, value] : options) {
    reply.bulk(name);
    reply.bulk(value);
  }
}

void config_set_command(CommandContext& context) {
  const std::string error =
      context.engine().config().set({.words = context.words().subspan(2),
                                     .local_client = context.session().is_local,
                                     .loading = context.engine().loading() != nullptr});
  error.empty() ? context.reply().ok() : context.error(error);
}

void config_resetstat_command(CommandContext& context) {
  context.engine().reset_statistics();
  context.reply().ok();
}

void config_rewrite_command(CommandContext& context) {
  const std::string error = context.engine().config().rewrite(nullptr);
  if (!error.empty()) {
    context.engine().log().warning("CONFIG REWRITE failed: {}", error);
    return context.error(error);
  }
  context.engine().log().warning("CONFIG REWRITE executed with success.");
  context.reply().ok();
}

void config_help_command(CommandContext& context) {
  static constexpr std::string_view kLines[] = {
      "GET <pattern>",
      "    Return parameters matching the glob-like <pattern> and their values.",
      "SET <directive> <value>",
      "    Set the configuration <directive> to <value>.",
      "RESETSTAT",
      "    Reset statistics reported by the INFO command.",
      "REWRITE",
      "    Rewrite the configuration file.",
  };
  reply_help(context, kLines);
}

void command_command(CommandContext& context) {
  reply_command(context.engine().commands(), context.reply());
}

void command_count_command(CommandContext& context) {
  reply_command_count(context.engine().commands(), context.reply());
}

void command_info_command(CommandContext& context) {
  reply_command_info(context.engine().commands(), context.words(), context.reply());
}

void command_docs_command(CommandContext& context) {
  reply_command_docs(context.engine().commands(), context.words(), context.reply());
}

void command_list_command(CommandContext& context) {
  reply_command_list(context.engine().commands(), context.words(), context.reply());
}

void command_getkeys_command(CommandContext& context) {
  reply_command_getkeys(context.engine().commands(), context.words(), false, context.reply());
}

void command_getkeysandflags_command(CommandContext& context) {
  reply_command_getkeys(context.engine().commands(), context.words(), true, context.reply());
}

void command_help_command(CommandContext& context) { reply_command_help(context.reply()); }

}  // namespace engine
