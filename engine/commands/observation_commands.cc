#include "engine/commands/observation_commands.h"

#include <climits>

#include "engine/commands/help_text.h"
#include "engine/engine.h"
#include "engine/transaction.h"

namespace engine {

void monitor_command(CommandContext& context) {
  Session& session = context.session();
  if (session.transaction != nullptr && session.transaction->executing)
    return context.error("MONITOR isn't allowed for DENY BLOCKING client");
  context.engine().command_log().add_monitor(&session);
  context.reply().ok();
}

void slowlog_get_command(CommandContext& context) {
  if (context.argc() > 3) return context.error(subcommand_syntax_error(context));
  const auto& entries = context.engine().command_log().slowlog().entries();
  int64_t count = 10;
  if (context.argc() == 3 &&
      (!resp::parse_int64(context.word(2), &count) || count < -1 || count > LONG_MAX))
    return context.error("count should be greater than or equal to -1");
  const size_t shown =
      count < 0 ? entries.size() : std::min(entries.size(), static_cast<size_t>(count));
  resp::ReplyWriter& reply = context.reply();
  reply.array(shown);
  for (size_t i = 0; i < shown; ++i) {
    const SlowlogEntry& entry = entries[i];
    reply.array(6);
    reply.integer(entry.id);
    reply.integer(entry.time_s);
    reply.integer(static_cast<int64_t>(entry.duration_us));
    reply.array(entry.words.size());
    for (const std::string& word : entry.words) reply.bulk(word);
    reply.bulk(entry.peer_address);
    reply.bulk(entry.client_name);
  }
}

void slowlog_len_command(CommandContext& context) {
  const size_t entries = context.engine().command_log().slowlog().entries().size();
  context.reply().integer(static_cast<int64_t>(entries));
}

void slowlog_reset_command(CommandContext& context) {
  context.engine().command_log().slowlog().clear();
  context.reply().ok();
}

void slowlog_help_command(CommandContext& context) {
  static constexpr std::string_view kLines[] = {
      "GET [<count>]",
      "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
      "    Entries are made of:",
      "    id, timestamp, time in microseconds, arguments array, client IP and port,",
      "    client name",
      "LEN",
      "    Return the length of the slowlog.",
      "RESET",
      "    Reset the slowlog.",
  };
  reply_help(context, kLines);
}

}  // namespace engine
