#include <fmt/format.h>

#include <array>
#include <vector>

#include "engine/commands/help_text.h"
#include "engine/commands/stream_arguments.h"
#include "engine/commands/stream_commands.h"
#include "engine/engine.h"

namespace engine {

namespace {

constexpr std::array<std::string_view, 14> kGroupHelp = {
    "CREATE <key> <groupname> <id|$> [option]",
    "    Create a new consumer group. Options are:",
    "    * MKSTREAM",
    "      Create the empty stream if it does not exist.",
    "    * ENTRIESREAD entries_read",
    "      Set the group's entries_read counter (internal use).",
    "CREATECONSUMER <key> <groupname> <consumer>",
    "    Create a new consumer in the specified group.",
    "DELCONSUMER <key> <groupname> <consumer>",
    "    Remove the specified consumer.",
    "DESTROY <key> <groupname>",
    "    Remove the specified group.",
    "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
    "    Set the current group ID and entries_read counter.",
};

struct GroupOptions {
  bool makes_stream = false;
  int64_t entries_read = StreamGroup::kUnknown;
};

bool parse_group_options(const CommandContext& context, bool creates, GroupOptions* options) {
  for (size_t i = 5; i < context.argc(); ++i) {
    if (creates && context.word_is(i, "mkstream")) {
      options->makes_stream = true;
    } else if (i + 1 < context.argc() && context.word_is(i, "entriesread")) {
      if (!context.integer_word(++i, &options->entries_read)) return false;
      if (options->entries_read < StreamGroup::kUnknown) {
        context.error("value for ENTRIESREAD must be positive or -1");
        return false;
      }
    } else {
      subcommand_error(context);
      return false;
    }
  }
  return true;
}

// The stream of XGROUP; nothing after the reply.
std::optional<const Entry*> find_stream(const CommandContext& context, bool may_miss = false) {
  const auto entry = peek_value(context, context.key(2), ValueType::kStream);
  if (!entry.has_value()) return std::nullopt;
  if (*entry != nullptr || may_miss) return *entry;
  context.error(
      "The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use "
      "the MKSTREAM option to create an empty stream automatically.");
  return std::nullopt;
}

bool has_group(const CommandContext& context, const Entry* entry) {
  if (StreamView(entry).state().group(context.word(3)) != nullptr) return true;
  context.error(fmt::format("-NOGROUP No such consumer group '{}' for key name '{}'",
                            context.word(3), context.word(2)));
  return false;
}

KeyEvent event(std::string_view name) { return {notify_event::kStream, name}; }

}  // namespace

void xgroup_help_command(CommandContext& context) { reply_help(context, kGroupHelp); }

void xgroup_create_command(CommandContext& context) {
  GroupOptions options;
  if (!parse_group_options(context, true, &options)) return;
  const auto entry = find_stream(context, options.makes_stream);
  if (!entry.has_value()) return;
  if (context.argc() > 8) return subcommand_error(context);
  StreamId id;
  if (context.word(4) == "$") {
    if (*entry != nullptr) id = StreamView(*entry).state().last_id;
  } else if (!id_word(context, 4, &id)) {
    return;
  }
  if (*entry != nullptr && StreamView(*entry).state().group(context.word(3)) != nullptr)
    return context.error("-BUSYGROUP Consumer Group name already exists");
  StreamEdit edit(context.keyspace(), context.key(2));
  StreamGroup* const group = edit.state().add_group(context.word(3));
  group->last_id = id;
  group->entries_read = options.entries_read;
  edit.finish(1, event("xgroup-create"));
  context.reply().ok();
}

void xgroup_setid_command(CommandContext& context) {
  GroupOptions options;
  if (!parse_group_options(context, false, &options)) return;
  const auto entry = find_stream(context);
  if (!entry.has_value() || !has_group(context, *entry)) return;
  if (context.argc() != 5 && context.argc() != 7) return subcommand_error(context);
  StreamId id;
  if (context.word(4) == "$") {
    id = StreamView(*entry).state().last_id;
  } else if (!parse_stream_id(context.word(4), &id, 0, true)) {
    return context.error("Invalid stream ID specified as stream command argument");
  }
  StreamEdit edit(context.keyspace(), context.key(2));
  StreamGroup* const group = edit.state().group(context.word(3));
  group->last_id = id;
  group->entries_read = options.entries_read;
  edit.finish(1, event("xgroup-setid"));
  context.reply().ok();
}

void xgroup_destroy_command(CommandContext& context) {
  const auto entry = find_stream(context);
  if (!entry.has_value()) return;
  if (StreamView(*entry).state().group(context.word(3)) == nullptr)
    return context.reply().integer(0);
  StreamEdit edit(context.keyspace(), context.key(2));
  StreamState& state = edit.state();
  state.remove_group(state.group(context.word(3)), &context.keyspace().shared().condemned_trees);
  edit.finish(1, event("xgroup-destroy"));
  context.reply().integer(1);
}

void xgroup_createconsumer_command(CommandContext& context) {
  const auto entry = find_stream(context);
  if (!entry.has_value() || !has_group(context, *entry)) return;
  if (StreamView(*entry).state().group(context.word(3))->consumer(context.word(4)) != nullptr)
    return context.reply().integer(0);
  StreamEdit edit(context.keyspace(), context.key(2));
  edit.state().group(context.word(3))->add_consumer(context.word(4))->seen_ms = context.now_ms();
  edit.finish(1, event("xgroup-createconsumer"));
  context.reply().integer(1);
}

void xgroup_delconsumer_command(CommandContext& context) {
  const auto entry = find_stream(context);
  if (!entry.has_value() || !has_group(context, *entry)) return;
  if (StreamView(*entry).state().group(context.word(3))->consumer(context.word(4)) == nullptr)
    return context.reply().integer(0);
  StreamEdit edit(context.keyspace(), context.key(2));
  StreamGroup* const group = edit.state().group(context.word(3));
  StreamConsumer* const consumer = group->consumer(context.word(4));
  const auto pending = static_cast<int64_t>(consumer->pending.size());
  group->remove_consumer(consumer);
  edit.finish(1, event("xgroup-delconsumer"));
  context.reply().integer(pending);
}

void xack_command(CommandContext& context) {
  const Key key = context.key(1);
  const auto entry = peek_value(context, key, ValueType::kStream);
  if (!entry.has_value()) return;
  const StreamGroup* const group =
      *entry == nullptr ? nullptr : StreamView(*entry).state().group(context.word(2));
  if (group == nullptr) return context.reply().integer(0);
  std::vector<StreamId> ids(context.argc() - 3);
  for (size_t i = 0; i < ids.size(); ++i)
    if (!id_word(context, i + 3, &ids[i])) return;
  size_t first = 0;
  while (first < ids.size() && !group->pending().find(ids[first]).has_value()) ++first;
  if (first == ids.size()) return context.reply().integer(0);
  StreamEdit edit(context.keyspace(), key);
  StreamGroup* const changed = edit.state().group(context.word(2));
  int64_t acknowledged = 0;
  for (size_t i = first; i < ids.size(); ++i)
    if (changed->acknowledge(ids[i])) ++acknowledged;
  edit.finish(static_cast<uint64_t>(acknowledged));
  context.reply().integer(acknowledged);
}

// ---- XPENDING

namespace {

struct PendingOptions {
  int64_t idle_ms = 0;
  int64_t count = 0;
  StreamId start;
  StreamId end;
  size_t consumer_word = 0;  // 0: none.
};

bool parse_pending(const CommandContext& context, PendingOptions* options) {
  size_t first = 3;
  if (context.word_is(3, "idle")) {
    if (!context.integer_word(4, &options->idle_ms)) return false;
    if (context.argc() < 8) {
      context.error(kSyntaxError);
      return false;
    }
    first = 5;
  }
  if (!context.integer_word(first + 2, &options->count)) return false;
  options->count = std::max<int64_t>(options->count, 0);
  if (!interval_start(context, first, &options->start)) return false;
  if (!interval_end(context, first + 1, &options->end)) return false;
  if (first + 3 < context.argc()) options->consumer_word = first + 3;
  return true;
}

void reply_summary(resp::ReplyWriter& reply, const StreamGroup& group) {
  const PendingTree& pending = group.pending();
  reply.array(4);
  reply.integer(static_cast<int64_t>(pending.size()));
  if (pending.size() == 0) {
    reply.null();
    reply.null();
    return reply.null_array();
  }
  reply_id(reply, pending.at(0).id);
  reply_id(reply, pending.at(pending.size() - 1).id);
  const auto length = reply.deferred();
  uint64_t consumers = 0;
  for (const auto& consumer : group.consumers()) {
    if (consumer->pending.size() == 0) continue;
    reply.array(2);
    reply.bulk(consumer->name);
    reply.bulk_integer(static_cast<int64_t>(consumer->pending.size()));
    ++consumers;
  }
  reply.end_array(length, consumers);
}

void reply_pending(const CommandContext& context, const StreamGroup& group,
                   const PendingOptions& options) {
  resp::ReplyWriter& reply = context.reply();
  const StreamConsumer* consumer = nullptr;
  if (options.consumer_word != 0) {
    consumer = group.consumer(context.word(options.consumer_word));
    if (consumer == nullptr) return reply.array(0);
  }
  const PendingTree& tree = consumer != nullptr ? consumer->pending : group.pending();
  const auto length = reply.deferred();
  int64_t replied = 0;
  if (options.count > 0) {
    tree.for_each(tree.rank_of(options.start), [&](const Pending& one) {
      if (one.id > options.end) return false;
      const Pending pending = consumer != nullptr ? *group.pending().find(one.id) : one;
      const int64_t idle_ms = context.now_ms() - pending.delivered_ms;
      if (options.idle_ms != 0 && idle_ms < options.idle_ms) return true;
      reply.array(4);
      reply_id(reply, pending.id);
      reply.bulk(group.consumer_of(pending.consumer)->name);
      reply.integer(std::max<int64_t>(idle_ms, 0));
      reply.integer(static_cast<int64_t>(pending.deliveries));
      return ++replied < options.count;
    });
  }
  reply.end_array(length, static_cast<uint64_t>(replied));
}

}  // namespace

void xpending_command(CommandContext& context) {
  if (context.argc() != 3 && (context.argc() < 6 || context.argc() > 9))
    return context.error(kSyntaxError);
  PendingOptions options;
  if (context.argc() > 3 && !parse_pending(context, &options)) return;
  const auto entry = read_value(context, context.key(1), ValueType::kStream);
  if (!entry.has_value()) return;
  const StreamGroup* const group =
      *entry == nullptr ? nullptr : StreamView(*entry).state().group(context.word(2));
  if (group == nullptr)
    return context.error(fmt::format("-NOGROUP No such key '{}' or consumer group '{}'",
                                     context.word(1), context.word(2)));
  context.argc() == 3 ? reply_summary(context.reply(), *group)
                      : reply_pending(context, *group, options);
}

}  // namespace engine
