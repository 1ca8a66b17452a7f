// XREAD and XREADGROUP. Where there is nothing to read they may wait (engine/blocking.h), with the
// IDs that "$" stood for when they came.

#include <fmt/format.h>

#include <vector>

#include "engine/blocking.h"
#include "engine/commands/stream_arguments.h"
#include "engine/commands/stream_commands.h"
#include "engine/commands/stream_effects.h"
#include "engine/engine.h"
#include "resp/numbers.h"

namespace engine {

namespace {

struct ReadOptions {
  uint64_t count = 0;  // 0: any number.
  bool acknowledges = true;
  std::string_view group;
  std::string_view consumer;
  bool has_group = false;
  size_t first_key = 0;  // The word.
  size_t keys = 0;
  bool waits = false;
  int64_t deadline_ms = 0;  // 0: for ever.
};

bool block_word(const CommandContext& context, size_t i, ReadOptions* options) {
  int64_t timeout_ms = 0;
  if (!integer_or(context, i, &timeout_ms, "timeout is not an integer or out of range"))
    return false;
  options->waits = true;
  options->deadline_ms = timeout_ms == 0 ? 0 : context.now_ms() + timeout_ms;
  if (timeout_ms >= 0 && timeout_ms < INT64_MAX - context.now_ms()) return true;
  context.error("timeout is negative");
  return false;
}

bool fail(const CommandContext& context, std::string_view error) {
  context.error(error);
  return false;
}

// Options up to STREAMS.
bool parse_read(const CommandContext& context, bool of_group, ReadOptions* options) {
  for (size_t i = 1; i < context.argc(); ++i) {
    const size_t more = context.argc() - i - 1;
    if (more > 0 && context.word_is(i, "block")) {
      if (!block_word(context, ++i, options)) return false;
    } else if (more > 0 && context.word_is(i, "count")) {
      int64_t count = 0;
      if (!context.integer_word(++i, &count)) return false;
      options->count = static_cast<uint64_t>(std::max<int64_t>(count, 0));
    } else if (more > 0 && context.word_is(i, "streams")) {
      if (more % 2 != 0)
        return fail(context,
                    "Unbalanced XREAD list of streams: for each stream key an ID or '$' must be "
                    "specified.");
      options->first_key = i + 1;
      options->keys = more / 2;
      break;
    } else if (more > 1 && context.word_is(i, "group")) {
      if (!of_group)
        return fail(context,
                    "The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
      options->has_group = true;
      options->group = context.word(++i);
      options->consumer = context.word(++i);
    } else if (context.word_is(i, "noack")) {
      if (!of_group)
        return fail(context,
                    "The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
      options->acknowledges = false;
    } else {
      return fail(context, kSyntaxError);
    }
  }
  if (options->first_key == 0) return fail(context, kSyntaxError);
  if (of_group && !options->has_group) return fail(context, "Missing GROUP option for XREADGROUP");
  return true;
}

// The ID behind which key number `i` is read; false after the reply. For a group, UINT64_MAX twice
// stands for what nobody was given.
bool parse_position(const CommandContext& context, const ReadOptions& options, size_t i,
                    const Entry* entry, StreamId* id) {
  const size_t word = options.first_key + options.keys + i;
  if (options.has_group) {
    const bool exists =
        entry != nullptr && StreamView(entry).state().group(options.group) != nullptr;
    if (!exists) {
      context.error(fmt::format(
          "-NOGROUP No such key '{}' or consumer group '{}' in XREADGROUP with GROUP option",
          context.word(options.first_key + i), options.group));
      return false;
    }
  }
  if (context.word(word) == "$") {
    if (options.has_group)
      return fail(context,
                  "The $ ID is meaningless in the context of XREADGROUP: you want to read the "
                  "history of this consumer by specifying a proper ID, or use the > ID to get new "
                  "messages. The $ ID would just return an empty result set.");
    *id = entry == nullptr ? StreamId{} : StreamView(entry).state().last_id;
    return true;
  }
  if (context.word(word) == ">") {
    if (!options.has_group)
      return fail(context,
                  "The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
                  "<consumer> option.");
    *id = StreamId::max();
    return true;
  }
  return id_word(context, word, id);
}

bool parse_positions(const CommandContext& context, const ReadOptions& options,
                     std::vector<StreamId>* ids) {
  for (size_t i = 0; i < options.keys; ++i) {
    const auto entry = read_value(context, context.key(options.first_key + i), ValueType::kStream);
    if (!entry.has_value()) return false;
    ids->emplace_back();
    if (!parse_position(context, options, i, *entry, &ids->back())) return false;
  }
  return true;
}

// Entries after `id`, as an array.
void reply_after(resp::ReplyWriter& reply, const StreamView& stream, StreamId id, uint64_t count) {
  const auto length = reply.deferred();
  uint64_t replied = 0;
  id.increment();
  stream.for_each(id, StreamId::max(), [&](const StreamNode& node, const StreamEntry& entry) {
    reply_entry(reply, node, entry);
    return ++replied != count;
  });
  reply.end_array(length, replied);
}

// With the positions that were found for the IDs.
void wait_for_streams(const CommandContext& context, const ReadOptions& options,
                      std::span<const StreamId> ids) {
  const size_t first_id = options.first_key + options.keys;
  std::vector<std::string_view> words(context.words().begin(), context.words().end());
  std::vector<std::string> texts;
  for (const StreamId& id : ids) texts.push_back(fmt::format("{}-{}", id.ms, id.sequence));
  std::vector<size_t> keys;
  for (size_t i = 0; i < options.keys; ++i) {
    keys.push_back(options.first_key + i);
    if (i < texts.size() && !options.has_group) words[first_id + i] = texts[i];
  }
  context.engine().blocking().wait(
      context, {.key_words = keys, .deadline_ms = options.deadline_ms, .words = words});
}

// Where the group stands once it has been given this entry.
void advance(const StreamView& stream, StreamId id, StreamGroup* group) {
  if (id <= group->last_id) return;
  if (group->entries_read != StreamGroup::kUnknown && !stream.has_tombstones_from(id)) {
    ++group->entries_read;
  } else if (stream.state().entries_added != 0) {
    group->entries_read = stream.reads_at(id);
  }
  group->last_id = id;
}

class GroupRead {
 public:
  GroupRead(const CommandContext& context, const ReadOptions& options, const Key& key)
      : context_(context),
        options_(options),
        key_(key),
        edit_(context.keyspace(), key),
        group_(edit_.state().group(options.group)),
        effects_(context, key.text, options.group) {
    consumer_ = group_->consumer(options.consumer);
    if (consumer_ == nullptr) {
      consumer_ = group_->add_consumer(options.consumer);
      created_ = true;
    }
    consumer_->seen_ms = context.now_ms();
  }

  // What the group has not given to anybody.
  void reply_new() {
    const StreamView stream(edit_.tree());
    resp::ReplyWriter& reply = context_.reply();
    if (created_ && !options_.acknowledges) effects_.created(*consumer_);
    const auto length = reply.deferred();
    uint64_t replied = 0;
    StreamId start = group_->last_id;
    start.increment();
    stream.for_each(start, StreamId::max(), [&](const StreamNode& node, const StreamEntry& entry) {
      advance(stream, entry.id, group_);
      reply_entry(reply, node, entry);
      if (options_.acknowledges) {
        const Pending pending{entry.id, consumer_->id, context_.now_ms(), 1};
        group_->give(pending);
        effects_.given(*group_, *consumer_, pending);
      }
      return ++replied != options_.count;
    });
    if (!options_.acknowledges) effects_.moved(*group_);
    reply.end_array(length, replied);
  }

  // What the consumer was given after `id` and has not acknowledged.
  void reply_history(StreamId id) {
    const StreamView stream(edit_.tree());
    resp::ReplyWriter& reply = context_.reply();
    id.increment();
    std::vector<Pending> pending;
    consumer_->pending.for_each(consumer_->pending.rank_of(id), [&](const Pending& one) {
      pending.push_back(one);
      return pending.size() != options_.count;
    });
    reply.array(pending.size());
    for (const Pending& one : pending) {
      if (!reply_entry_of(reply, stream, one.id)) {
        reply.array(2);
        reply_id(reply, one.id);
        reply.null_array();
        continue;
      }
      Pending again = *group_->pending().find(one.id);
      again.delivered_ms = context_.now_ms();
      ++again.deliveries;
      group_->give(again);
    }
  }

  void finish() {
    edit_.finish(1);
    if (created_)
      context_.keyspace().notify(key_, {notify_event::kStream, "xgroup-createconsumer"});
    effects_.finish();
  }

 private:
  const CommandContext& context_;
  const ReadOptions& options_;
  const Key key_;
  StreamEdit edit_;
  StreamGroup* const group_;
  StreamEffects effects_;
  StreamConsumer* consumer_ = nullptr;
  bool created_ = false;
};

// The command runs again since something happened to this key. False when it goes on waiting, or
// has been told that what it waited for is gone.
bool may_read_again(const CommandContext& context, const ReadOptions& options, const Key& key) {
  const Entry* const entry = context.keyspace().peek(key);
  const bool is_stream = entry != nullptr && entry->type() == ValueType::kStream;
  if (is_stream &&
      (!options.has_group || StreamView(entry).state().group(options.group) != nullptr))
    return true;
  if (!options.has_group) {
    wait_for_streams(context, options, {});
  } else if (is_stream) {
    context.error("-NOGROUP the consumer group this client was blocked on no longer exists");
  } else {
    context.error("-UNBLOCKED the stream key no longer exists");
  }
  return false;
}

// Whether there is something to reply with for the key.
bool has_news(const StreamView& stream, StreamId after) {
  return stream.length() > 0 && stream.last_present_id() > after;
}

void read(CommandContext& context, bool of_group) {
  ReadOptions options;
  std::vector<StreamId> ids;
  if (!parse_read(context, of_group, &options)) return;
  const Blocking& blocking = context.engine().blocking();
  if (blocking.runs_again(context)) {
    for (size_t i = 0; i < options.keys; ++i) {
      const Key key = context.key(options.first_key + i);
      if (blocking.looks_at(context, key) && !may_read_again(context, options, key)) return;
    }
  }
  if (!parse_positions(context, options, &ids)) return;
  resp::ReplyWriter& reply = context.reply();
  std::optional<resp::ReplyWriter::Deferred> length;
  uint64_t replied = 0;
  for (size_t i = 0; i < options.keys; ++i) {
    const Key key = context.key(options.first_key + i);
    const Entry* const entry = context.keyspace().peek(key);
    if (entry == nullptr || !blocking.looks_at(context, key)) continue;
    const StreamView stream(entry);
    const bool history = of_group && ids[i] != StreamId::max();
    const StreamId after =
        of_group && !history ? stream.state().group(options.group)->last_id : ids[i];
    if (!history && !has_news(stream, after)) continue;
    if (replied++ == 0) length = reply.deferred();
    if (reply.protocol() == resp::Protocol::kResp2) reply.array(2);
    reply.bulk(key.text);
    if (!of_group) {
      reply_after(reply, stream, after, options.count);
      continue;
    }
    GroupRead group(context, options, key);
    history ? group.reply_history(ids[i]) : group.reply_new();
    group.finish();
  }
  if (replied == 0 && options.waits && Blocking::may_wait(context))
    return wait_for_streams(context, options, ids);
  if (replied == 0) return reply.null_array();
  reply.protocol() == resp::Protocol::kResp2 ? reply.end_array(*length, replied)
                                             : reply.end_map(*length, replied);
}

}  // namespace

void xread_command(CommandContext& context) { read(context, false); }
void xreadgroup_command(CommandContext& context) { read(context, true); }

}  // namespace engine
