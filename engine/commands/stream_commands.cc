#include "engine/commands/stream_commands.h"

#include <vector>

#include "engine/commands/stream_arguments.h"
#include "engine/engine.h"

namespace engine {

namespace {

// As Redis bounds what one entry may take.
constexpr uint64_t kEntryBytesMax = uint64_t{1} << 30;
constexpr KeyEvent kTrimEvent = {notify_event::kStream, "xtrim"};

// The ID of an entry to come after `last`; nothing when there is none.
std::optional<StreamId> next_id(const StreamAddition& addition, StreamId last, int64_t now_ms) {
  StreamId id = addition.id;
  if (!addition.has_id) {
    id = {static_cast<uint64_t>(now_ms), 0};
    if (id.ms <= last.ms) {
      id = last;
      id.increment();
    }
  } else if (!addition.has_sequence && id.ms == last.ms) {
    id.sequence = last.sequence == UINT64_MAX ? 0 : last.sequence + 1;
  }
  if (id <= last) return std::nullopt;
  return id;
}

// The moment and what "~" has trimmed are the effect's, not the words'.
void effect_of_addition(const CommandContext& context, const StreamAddition& addition, StreamId id,
                        const CountedTree* tree) {
  if (!context.wants_effects()) return;
  if (addition.has_id && addition.has_sequence && !addition.trim.whole_nodes) return;
  const bool by_length = addition.trim.by == StreamTrim::By::kLength;
  const bool as_trimmed = addition.trim.whole_nodes;
  const StreamIdText id_text(id);
  const StreamIdText least_text(as_trimmed ? StreamView(tree).first_id() : addition.trim.id);
  std::vector<EffectWord> words = {"XADD", context.word(1)};
  if (addition.trim.by != StreamTrim::By::kNothing) {
    words.emplace_back(by_length ? "MAXLEN" : "MINID");
    words.emplace_back("=");
    if (by_length) {
      words.emplace_back(static_cast<int64_t>(as_trimmed ? tree->size() : addition.trim.length));
    } else {
      words.emplace_back(least_text.view());
    }
  }
  words.emplace_back(id_text.view());
  for (size_t i = addition.id_word + 1; i < context.argc(); ++i)
    words.emplace_back(context.word(i));
  context.effect(words);
}

void range(CommandContext& context, bool back) {
  StreamId start;
  StreamId end;
  if (!interval_start(context, back ? 3 : 2, &start)) return;
  if (!interval_end(context, back ? 2 : 3, &end)) return;
  int64_t count = -1;
  for (size_t i = 4; i < context.argc(); i += 2) {
    if (i + 1 == context.argc() || !context.word_is(i, "count")) return context.error(kSyntaxError);
    if (!context.integer_word(i + 1, &count)) return;
    count = std::max<int64_t>(count, 0);
  }
  const auto entry = read_value(context, context.key(1), ValueType::kStream);
  if (!entry.has_value()) return;
  resp::ReplyWriter& reply = context.reply();
  if (*entry == nullptr) return reply.array(0);
  if (count == 0) return reply.null_array();
  const StreamView stream(*entry);
  const auto length = reply.deferred();
  uint64_t replied = 0;
  const auto take = [&](const StreamNode& node, const StreamEntry& found) {
    reply_entry(reply, node, found);
    ++replied;
    return count < 0 || replied < static_cast<uint64_t>(count);
  };
  back ? stream.for_each_back(start, end, take) : stream.for_each(start, end, take);
  reply.end_array(length, replied);
}

}  // namespace

void xadd_command(CommandContext& context) {
  StreamAddition addition;
  if (!parse_addition(context, true, &addition)) return;
  const size_t first = addition.id_word + 1;
  if (context.argc() < first + 2 || (context.argc() - first) % 2 != 0)
    return context.error(wrong_arity_error(context.command()));
  if (addition.has_id && addition.has_sequence && addition.id.is_zero())
    return context.error("The ID specified in XADD must be greater than 0-0");
  const Key key = context.key(1);
  const auto entry = peek_value(context, key, ValueType::kStream);
  if (!entry.has_value()) return;
  if (*entry == nullptr && !addition.creates) return context.reply().null();
  const StreamId last = *entry == nullptr ? StreamId{} : StreamView(*entry).state().last_id;
  if (last == StreamId::max())
    return context.error("The stream has exhausted the last possible ID, unable to add more items");
  const std::optional<StreamId> id = next_id(addition, last, context.now_ms());
  // What Redis says where the sequence of a given millisecond has come to its end.
  constexpr std::string_view kTooLarge = "Elements are too large to be stored";
  if (addition.has_id && !addition.has_sequence && addition.id.ms == last.ms &&
      last.sequence == UINT64_MAX)
    return context.error(kTooLarge);
  if (!id.has_value())
    return context.error(
        "The ID specified in XADD is equal or smaller than the target stream top item");
  const StreamFields fields = context.words().subspan(first);
  uint64_t bytes = 0;
  for (const std::string_view word : fields) bytes += word.size();
  if (bytes > kEntryBytesMax) return context.error(kTooLarge);

  StreamEdit edit(context.keyspace(), key);
  stream_append(context.keyspace().shared().packed_limits, edit.tree(), *id, fields);
  edit.state().last_id = *id;
  ++edit.state().entries_added;
  const uint64_t trimmed = stream_trim(edit.tree(), addition.trim);
  reply_id(context.reply(), *id);
  edit.finish(1, {notify_event::kStream, "xadd"});
  if (trimmed > 0) context.keyspace().notify(key, kTrimEvent);
  effect_of_addition(context, addition, *id, edit.tree());
}

void xlen_command(CommandContext& context) {
  const auto entry = read_value(context, context.key(1), ValueType::kStream);
  if (!entry.has_value()) return;
  context.reply().integer(*entry == nullptr ? 0
                                            : static_cast<int64_t>(StreamView(*entry).length()));
}

void xrange_command(CommandContext& context) { range(context, false); }
void xrevrange_command(CommandContext& context) { range(context, true); }

void xdel_command(CommandContext& context) {
  const Key key = context.key(1);
  const auto entry = peek_value(context, key, ValueType::kStream);
  if (!entry.has_value()) return;
  if (*entry == nullptr) return context.reply().integer(0);
  std::vector<StreamId> ids(context.argc() - 2);
  for (size_t i = 0; i < ids.size(); ++i)
    if (!id_word(context, i + 2, &ids[i])) return;
  const StreamView stream(*entry);
  size_t first = 0;
  while (first < ids.size() && !stream.contains(ids[first])) ++first;
  if (first == ids.size()) return context.reply().integer(0);
  StreamEdit edit(context.keyspace(), key);
  StreamId& deleted_id = edit.state().max_deleted_id;
  int64_t deleted = 0;
  for (size_t i = first; i < ids.size(); ++i) {
    if (!stream_delete(edit.tree(), ids[i])) continue;
    ++deleted;
    deleted_id = std::max(deleted_id, ids[i]);
  }
  edit.finish(static_cast<uint64_t>(deleted), {notify_event::kStream, "xdel"});
  context.reply().integer(deleted);
}

void xtrim_command(CommandContext& context) {
  StreamAddition options;
  if (!parse_addition(context, false, &options)) return;
  const Key key = context.key(1);
  const auto entry = peek_value(context, key, ValueType::kStream);
  if (!entry.has_value()) return;
  if (*entry == nullptr) return context.reply().integer(0);
  StreamEdit edit(context.keyspace(), key);
  const uint64_t trimmed = stream_trim(edit.tree(), options.trim);
  edit.finish(trimmed, kTrimEvent);
  context.reply().integer(static_cast<int64_t>(trimmed));
  if (trimmed == 0 || !options.trim.whole_nodes) return;
  if (options.trim.by == StreamTrim::By::kLength) {
    const auto length = static_cast<int64_t>(edit.tree()->size());
    context.effect({"XTRIM", key.text, "MAXLEN", "=", length});
  } else {
    const StreamIdText first(StreamView(edit.tree()).first_id());
    context.effect({"XTRIM", key.text, "MINID", "=", first.view()});
  }
}

void xsetid_command(CommandContext& context) {
  StreamId id;
  StreamId max_deleted;
  int64_t entries_added = -1;
  if (!id_word(context, 2, &id)) return;
  for (size_t i = 3; i < context.argc(); i += 2) {
    const bool more = i + 1 < context.argc();
    if (more && context.word_is(i, "entriesadded")) {
      if (!context.integer_word(i + 1, &entries_added)) return;
      if (entries_added < 0) return context.error("entries_added must be positive");
    } else if (more && context.word_is(i, "maxdeletedid")) {
      if (!id_word(context, i + 1, &max_deleted)) return;
      if (id < max_deleted)
        return context.error(
            "The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
    } else {
      return context.error(kSyntaxError);
    }
  }
  const Key key = context.key(1);
  const auto entry = peek_value(context, key, ValueType::kStream);
  if (!entry.has_value()) return;
  if (*entry == nullptr) return context.error(kNoSuchKeyError);
  const StreamView stream(*entry);
  if (stream.length() > 0) {
    if (id < stream.last_present_id())
      return context.error("The ID specified in XSETID is smaller than the target stream top item");
    if (entries_added != -1 && stream.length() > static_cast<uint64_t>(entries_added))
      return context.error(
          "The entries_added specified in XSETID is smaller than the target stream length");
  }
  StreamEdit edit(context.keyspace(), key);
  edit.state().last_id = id;
  if (entries_added != -1) edit.state().entries_added = static_cast<uint64_t>(entries_added);
  if (!max_deleted.is_zero()) edit.state().max_deleted_id = max_deleted;
  edit.finish(1, {notify_event::kStream, "xsetid"});
  context.reply().ok();
}

}  // namespace engine
