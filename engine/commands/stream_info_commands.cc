#include <fmt/format.h>

#include <array>

#include "engine/commands/help_text.h"
#include "engine/commands/stream_arguments.h"
#include "engine/commands/stream_commands.h"
#include "engine/engine.h"

namespace engine {

namespace {

constexpr std::array<std::string_view, 6> kInfoHelp = {
    "CONSUMERS <key> <groupname>",
    "    Show consumers of <groupname>.",
    "GROUPS <key>",
    "    Show the stream consumer groups.",
    "STREAM <key> [FULL [COUNT <count>]",
    "    Show information about the stream.",
};
constexpr int64_t kFullCountDefault = 10;

const Entry* find_stream(const CommandContext& context) {
  const auto entry = read_value(context, context.key(2), ValueType::kStream);
  if (!entry.has_value()) return nullptr;
  if (*entry == nullptr) context.error(kNoSuchKeyError);
  return *entry;
}

void reply_count(resp::ReplyWriter& reply, std::string_view name, uint64_t count) {
  reply.bulk(name);
  reply.integer(static_cast<int64_t>(count));
}

void reply_named_id(resp::ReplyWriter& reply, std::string_view name, StreamId id) {
  reply.bulk(name);
  reply_id(reply, id);
}

// How far a group has come, and how much is before it.
void reply_reads(resp::ReplyWriter& reply, const StreamView& stream, const StreamGroup& group) {
  const auto known = [&reply](std::string_view name, int64_t reads, int64_t value) {
    reply.bulk(name);
    reads == StreamGroup::kUnknown ? reply.null() : reply.integer(value);
  };
  known("entries-read", group.entries_read, group.entries_read);
  const auto added = static_cast<int64_t>(stream.state().entries_added);
  int64_t reads = 0;
  if (added != 0) {
    reads = group.entries_read;
    if (reads == StreamGroup::kUnknown || stream.has_tombstones_from(group.last_id))
      reads = stream.reads_at(group.last_id);
  }
  known("lag", reads, added - reads);
}

// At most `count` of the tree's, 0 for all: reply_one(const Pending&).
template <class Reply>
void reply_some(resp::ReplyWriter& reply, const PendingTree& tree, uint64_t count,
                Reply reply_one) {
  reply.bulk("pending");
  const uint64_t replied = count == 0 ? tree.size() : std::min(count, tree.size());
  reply.array(replied);
  uint64_t left = replied;
  if (left == 0) return;
  tree.for_each(0, [&](const Pending& pending) {
    reply_one(pending);
    return --left > 0;
  });
}

void reply_group(resp::ReplyWriter& reply, const StreamView& stream, const StreamGroup& group,
                 uint64_t count) {
  reply.map(7);
  reply.bulk("name");
  reply.bulk(group.name);
  reply_named_id(reply, "last-delivered-id", group.last_id);
  reply_reads(reply, stream, group);
  reply_count(reply, "pel-count", group.pending().size());
  reply_some(reply, group.pending(), count, [&](const Pending& pending) {
    reply.array(4);
    reply_id(reply, pending.id);
    reply.bulk(group.consumer_of(pending.consumer)->name);
    reply.integer(pending.delivered_ms);
    reply.integer(static_cast<int64_t>(pending.deliveries));
  });
  reply.bulk("consumers");
  reply.array(group.consumers().size());
  for (const auto& consumer : group.consumers()) {
    reply.map(4);
    reply.bulk("name");
    reply.bulk(consumer->name);
    reply.bulk("seen-time");
    reply.integer(consumer->seen_ms);
    reply_count(reply, "pel-count", consumer->pending.size());
    reply_some(reply, consumer->pending, count, [&](const Pending& of_consumer) {
      const Pending pending = *group.pending().find(of_consumer.id);
      reply.array(3);
      reply_id(reply, pending.id);
      reply.integer(pending.delivered_ms);
      reply.integer(static_cast<int64_t>(pending.deliveries));
    });
  }
}

void reply_edges(resp::ReplyWriter& reply, const StreamView& stream) {
  bool found = false;
  const auto take = [&](const StreamNode& node, const StreamEntry& entry) {
    reply_entry(reply, node, entry);
    found = true;
    return false;
  };
  reply.bulk("first-entry");
  stream.for_each({}, StreamId::max(), take);
  if (!found) reply.null();
  found = false;
  reply.bulk("last-entry");
  stream.for_each_back({}, StreamId::max(), take);
  if (!found) reply.null();
}

void reply_entries(resp::ReplyWriter& reply, const StreamView& stream, uint64_t count) {
  reply.bulk("entries");
  const auto length = reply.deferred();
  uint64_t replied = 0;
  stream.for_each({}, StreamId::max(), [&](const StreamNode& node, const StreamEntry& entry) {
    reply_entry(reply, node, entry);
    return ++replied != count;
  });
  reply.end_array(length, replied);
}

// FULL and its COUNT, from word 3 on; false after the reply.
bool parse_full(const CommandContext& context, bool* full, int64_t* count) {
  *full = context.argc() > 3;
  if (!*full) return true;
  const bool has_count = context.argc() == 6;
  if ((context.argc() != 4 && !has_count) || !context.word_is(3, "full") ||
      (has_count && !context.word_is(4, "count"))) {
    subcommand_error(context);
    return false;
  }
  if (has_count && !context.integer_word(5, count)) return false;
  if (*count < 0) *count = kFullCountDefault;
  return true;
}

}  // namespace

void xinfo_help_command(CommandContext& context) { reply_help(context, kInfoHelp); }

void xinfo_stream_command(CommandContext& context) {
  const Entry* const entry = find_stream(context);
  if (entry == nullptr) return;
  bool full = false;
  int64_t count = kFullCountDefault;
  if (!parse_full(context, &full, &count)) return;
  const StreamView stream(entry);
  const StreamState& state = stream.state();
  resp::ReplyWriter& reply = context.reply();
  reply.map(full ? 9 : 10);
  reply_count(reply, "length", stream.length());
  reply_count(reply, "radix-tree-keys", stream.nodes());
  reply_count(reply, "radix-tree-nodes", stream.radix_nodes());
  reply_named_id(reply, "last-generated-id", state.last_id);
  reply_named_id(reply, "max-deleted-entry-id", state.max_deleted_id);
  reply_count(reply, "entries-added", state.entries_added);
  reply_named_id(reply, "recorded-first-entry-id", stream.first_id());
  if (!full) {
    reply_count(reply, "groups", state.groups().size());
    return reply_edges(reply, stream);
  }
  reply_entries(reply, stream, static_cast<uint64_t>(count));
  reply.bulk("groups");
  reply.array(state.groups().size());
  for (const auto& group : state.groups())
    reply_group(reply, stream, *group, static_cast<uint64_t>(count));
}

void xinfo_groups_command(CommandContext& context) {
  const Entry* const entry = find_stream(context);
  if (entry == nullptr) return;
  const StreamView stream(entry);
  resp::ReplyWriter& reply = context.reply();
  reply.array(stream.state().groups().size());
  for (const auto& group : stream.state().groups()) {
    reply.map(6);
    reply.bulk("name");
    reply.bulk(group->name);
    reply_count(reply, "consumers", group->consumers().size());
    reply_count(reply, "pending", group->pending().size());
    reply_named_id(reply, "last-delivered-id", group->last_id);
    reply_reads(reply, stream, *group);
  }
}

void xinfo_consumers_command(CommandContext& context) {
  const Entry* const entry = find_stream(context);
  if (entry == nullptr) return;
  const StreamGroup* const group = StreamView(entry).state().group(context.word(3));
  if (group == nullptr)
    return context.error(fmt::format("-NOGROUP No such consumer group '{}' for key name '{}'",
                                     context.word(3), context.word(2)));
  resp::ReplyWriter& reply = context.reply();
  reply.array(group->consumers().size());
  for (const auto& consumer : group->consumers()) {
    reply.map(3);
    reply.bulk("name");
    reply.bulk(consumer->name);
    reply_count(reply, "pending", consumer->pending.size());
    reply.bulk("idle");
    reply.integer(std::max<int64_t>(context.now_ms() - consumer->seen_ms, 0));
  }
}

}  // namespace engine
