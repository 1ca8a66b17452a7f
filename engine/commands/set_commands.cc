#include "engine/commands/set_commands.h"

#include "engine/commands/value_access.h"
#include "engine/engine.h"
#include "engine/value/set_value.h"

namespace engine {

namespace {

SetView view_of(const CommandContext& context, const Entry* entry) {
  return {entry, context.keyspace().shared().hasher};
}

uint64_t size_of(const ValueEdit& edit, const Entry* entry) {
  return SetView(entry, edit.tools().hasher).size();
}

// Removes the members among words `first` and on; how many.
int64_t remove_words(const CommandContext& context, const Key& key, size_t first, size_t end) {
  ValueEdit edit(context.keyspace(), key);
  uint64_t left = size_of(edit, edit.entry());
  int64_t removed = 0;
  for (size_t i = first; i < end && left > 0; ++i) {
    bool erased = false;
    edit.entry() = set_erase(edit.tools(), edit.entry(), context.word(i), &erased);
    if (!erased) continue;
    ++removed;
    --left;
  }
  edit.finish(left, static_cast<uint64_t>(removed), {notify_event::kSet, "srem"});
  return removed;
}

int64_t add_words(const CommandContext& context, const Key& key, size_t first, size_t end) {
  ValueEdit edit(context.keyspace(), key, new_set);
  int64_t added = 0;
  for (size_t i = first; i < end; ++i) {
    bool is_new = false;
    edit.entry() = set_add(edit.tools(), edit.entry(), context.word(i), &is_new);
    if (is_new) ++added;
  }
  edit.finish(size_of(edit, edit.entry()), static_cast<uint64_t>(added),
              {notify_event::kSet, "sadd"});
  return added;
}

// A clean value stays clean when all of the words are members already.
bool changes_nothing(const CommandContext& context, const Entry* entry) {
  if (entry == nullptr || entry->state() == EntryState::kDirty) return false;
  const SetView view = view_of(context, entry);
  for (size_t i = 2; i < context.argc(); ++i)
    if (!view.contains(context.word(i))) return false;
  return true;
}

}  // namespace

void sadd_command(CommandContext& context) {
  const Key key = context.key(1);
  const std::optional<Entry*> entry = peek_value(context, key, ValueType::kSet);
  if (!entry.has_value()) return;
  if (changes_nothing(context, *entry)) return context.reply().integer(0);
  context.reply().integer(add_words(context, key, 2, context.argc()));
}

void srem_command(CommandContext& context) {
  const Key key = context.key(1);
  const std::optional<Entry*> entry = peek_value(context, key, ValueType::kSet);
  if (!entry.has_value()) return;
  if (*entry == nullptr) return context.reply().integer(0);
  const SetView view = view_of(context, *entry);
  size_t first = 2;
  while (first < context.argc() && !view.contains(context.word(first))) ++first;
  if (first == context.argc()) return context.reply().integer(0);
  context.reply().integer(remove_words(context, key, first, context.argc()));
}

void smove_command(CommandContext& context) {
  const Key from = context.key(1);
  const Key to = context.key(2);
  const Entry* const source = context.keyspace().peek(from);
  if (source == nullptr) return context.reply().integer(0);
  if (source->type() != ValueType::kSet) return context.error(kWrongTypeError);
  if (!peek_value(context, to, ValueType::kSet).has_value()) return;
  // Looking for the destination may have deleted an expired key, but not the source.
  const bool is_member = view_of(context, source).contains(context.word(3));
  if (!is_member || from.text == to.text) return context.reply().integer(is_member ? 1 : 0);
  remove_words(context, from, 3, 4);
  add_words(context, to, 3, 4);
  context.reply().integer(1);
}

void sismember_command(CommandContext& context) {
  const auto entry = read_value(context, context.key(1), ValueType::kSet);
  if (!entry.has_value()) return;
  const bool is_member = *entry != nullptr && view_of(context, *entry).contains(context.word(2));
  context.reply().integer(is_member ? 1 : 0);
}

void smismember_command(CommandContext& context) {
  const auto entry = read_value(context, context.key(1), ValueType::kSet);
  if (!entry.has_value()) return;
  context.reply().array(context.argc() - 2);
  for (size_t i = 2; i < context.argc(); ++i) {
    const bool is_member = *entry != nullptr && view_of(context, *entry).contains(context.word(i));
    context.reply().integer(is_member ? 1 : 0);
  }
}

void scard_command(CommandContext& context) {
  const auto entry = read_value(context, context.key(1), ValueType::kSet);
  if (!entry.has_value()) return;
  context.reply().integer(
      *entry == nullptr ? 0 : static_cast<int64_t>(view_of(context, *entry).size()));
}

void smembers_command(CommandContext& context) {
  const auto entry = read_value(context, context.key(1), ValueType::kSet);
  if (!entry.has_value()) return;
  resp::ReplyWriter& reply = context.reply();
  if (*entry == nullptr) return reply.set(0);
  const SetView view = view_of(context, *entry);
  reply.set(view.size());
  view.for_each([&reply](const Element& member) {
    reply_element(reply, member);
    return true;
  });
}

void sscan_command(CommandContext& context) {
  ElementScan scan;
  if (!parse_scan_cursor(context, &scan)) return;
  const auto entry = read_value(context, context.key(1), ValueType::kSet);
  if (!entry.has_value()) return;
  resp::ReplyWriter& reply = context.reply();
  if (*entry == nullptr) return reply_empty_scan(reply);
  if (!parse_scan_options(context, &scan)) return;
  std::vector<Element> members;
  const auto take = [&](const Element& member) {
    if (scan.accepts(member)) members.push_back(member);
    return true;
  };
  uint64_t cursor = 0;
  const SetView view = view_of(context, *entry);
  if (view.packed()) {
    view.for_each(take);
  } else {
    cursor = scan_tree(context, *(*entry)->tree(), scan,
                       [&](base::ByteSpan element) { take(SetView::member_of(element)); });
  }
  reply.array(2);
  reply.bulk_integer(static_cast<int64_t>(cursor));
  reply.array(members.size());
  for (const Element& member : members) reply_element(reply, member);
}

}  // namespace engine
