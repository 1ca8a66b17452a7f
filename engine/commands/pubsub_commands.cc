#include "engine/commands/pubsub_commands.h"

#include <optional>

#include "engine/commands/help_text.h"
#include "engine/engine.h"
#include "engine/glob.h"
#include "engine/pubsub.h"

namespace engine {

namespace {

using enum SubscriptionKind;

// What the confirmations count: shard channels apart, the other two together.
size_t count_of(const Session& session, SubscriptionKind kind) {
  const Subscriptions* const own = session.subscriptions.get();
  if (own == nullptr) return 0;
  return kind == kShard ? own->count(kShard) : own->count(kChannel) + own->count(kPattern);
}

// Confirms one subscription or its end; without a name there was none to end.
void confirm(const CommandContext& context, SubscriptionKind kind, std::string_view verb,
             std::optional<std::string_view> name) {
  constexpr std::string_view kPrefixes[] = {"", "p", "s"};
  const std::string_view prefix = kPrefixes[static_cast<size_t>(kind)];
  Session& session = context.session();
  std::string text = fmt::format("3\r\n${}\r\n{}{}\r\n", prefix.size() + verb.size(), prefix, verb);
  if (name.has_value()) {
    text += fmt::format("${}\r\n", name->size());
    text.append(*name).append("\r\n");
  } else {
    text += session.reply.protocol() == resp::Protocol::kResp2 ? "$-1\r\n" : "_\r\n";
  }
  text += fmt::format(":{}\r\n", count_of(session, kind));
  push_to(&session, text);
}

void subscribe(CommandContext& context, SubscriptionKind kind) {
  for (size_t i = 1; i < context.argc(); ++i) {
    context.engine().pubsub().subscribe(&context.session(), kind, context.word(i));
    confirm(context, kind, "subscribe", context.word(i));
  }
  context.engine().refresh_key_events();
}

void unsubscribe(CommandContext& context, SubscriptionKind kind) {
  Session& session = context.session();
  const auto end_one = [&](std::string_view name) {
    context.engine().pubsub().unsubscribe(&session, kind, name);
    confirm(context, kind, "unsubscribe", name);
  };
  for (size_t i = 1; i < context.argc(); ++i) end_one(context.word(i));
  if (context.argc() == 1) {
    const Subscriptions* const own = session.subscriptions.get();
    if (own == nullptr || own->count(kind) == 0) {
      confirm(context, kind, "unsubscribe", std::nullopt);
    } else {
      for (const std::string& name : own->names(kind)) end_one(name);
    }
  }
  context.engine().refresh_key_events();
}

void list_channels(CommandContext& context, SubscriptionKind kind) {
  if (context.argc() > 3) return context.error(subcommand_syntax_error(context));
  resp::ReplyWriter& reply = context.reply();
  const resp::ReplyWriter::Deferred header = reply.deferred();
  uint64_t channels = 0;
  context.engine().pubsub().for_each(kind, [&](std::string_view name) {
    if (context.argc() == 3 && !glob_match(context.word(2), name)) return;
    reply.bulk(name);
    ++channels;
  });
  reply.end_array(header, channels);
}

void count_listeners(CommandContext& context, SubscriptionKind kind) {
  resp::ReplyWriter& reply = context.reply();
  reply.array((context.argc() - 2) * 2);
  for (size_t i = 2; i < context.argc(); ++i) {
    reply.bulk(context.word(i));
    reply.integer(static_cast<int64_t>(context.engine().pubsub().listeners(kind, context.word(i))));
  }
}

}  // namespace

void subscribe_command(CommandContext& context) { subscribe(context, kChannel); }
void psubscribe_command(CommandContext& context) { subscribe(context, kPattern); }
void ssubscribe_command(CommandContext& context) { subscribe(context, kShard); }
void unsubscribe_command(CommandContext& context) { unsubscribe(context, kChannel); }
void punsubscribe_command(CommandContext& context) { unsubscribe(context, kPattern); }
void sunsubscribe_command(CommandContext& context) { unsubscribe(context, kShard); }

void publish_command(CommandContext& context) {
  const size_t receivers = context.engine().pubsub().publish(context.word(1), context.word(2));
  context.reply().integer(static_cast<int64_t>(receivers));
}

void spublish_command(CommandContext& context) {
  const size_t receivers =
      context.engine().pubsub().publish_to_shard(context.word(1), context.word(2));
  context.reply().integer(static_cast<int64_t>(receivers));
}

void pubsub_channels_command(CommandContext& context) { list_channels(context, kChannel); }
void pubsub_shardchannels_command(CommandContext& context) { list_channels(context, kShard); }
void pubsub_numsub_command(CommandContext& context) { count_listeners(context, kChannel); }
void pubsub_shardnumsub_command(CommandContext& context) { count_listeners(context, kShard); }

void pubsub_numpat_command(CommandContext& context) {
  context.reply().integer(static_cast<int64_t>(context.engine().pubsub().count(kPattern)));
}

void pubsub_help_command(CommandContext& context) {
  static constexpr std::string_view kLines[] = {
      "CHANNELS [<pattern>]",
      "    Return the currently active channels matching a <pattern> (default: '*').",
      "NUMPAT",
      "    Return number of subscriptions to patterns.",
      "NUMSUB [<channel> ...]",
      "    Return the number of subscribers for the specified channels, excluding",
      "    pattern subscriptions(default: no channels).",
      "SHARDCHANNELS [<pattern>]",
      "    Return the currently active shard level channels matching a <pattern> (default: '*').",
      "SHARDNUMSUB [<shardchannel> ...]",
      "    Return the number of subscribers for the specified shard level channel(s)",
  };
  reply_help(context, kLines);
}

}  // namespace engine
