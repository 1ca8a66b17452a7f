#include <algorithm>
#include <optional>
#include <span>
#include <string>

#include "engine/blocking.h"
#include "engine/commands/blocking_words.h"
#include "engine/commands/list_commands.h"
#include "engine/commands/value_access.h"
#include "engine/engine.h"
#include "engine/value/list_value.h"

namespace engine {

namespace {

uint64_t size_of(const Entry* entry) { return ListView(entry).size(); }

KeyEvent push_event(ListEnd end) {
  return {notify_event::kList, end == ListEnd::kLeft ? "lpush" : "rpush"};
}
KeyEvent pop_event(ListEnd end) {
  return {notify_event::kList, end == ListEnd::kLeft ? "lpop" : "rpop"};
}

// Pushes texts one after the other: every command that makes a list, or makes one longer at an end,
// comes through here. Returns its length. REQUIRES: no value of another type at the key.
uint64_t push_texts(Keyspace& keyspace, const Key& key, ListEnd end,
                    std::span<const std::string_view> texts) {
  ValueEdit edit(keyspace, key, new_list);
  for (const std::string_view text : texts)
    edit.entry() = list_push(edit.tools(), edit.entry(), end, text);
  const uint64_t size = size_of(edit.entry());
  edit.finish(size, texts.size(), push_event(end));
  return size;
}

void push(CommandContext& context, ListEnd end, bool only_to_existing) {
  const Key key = context.key(1);
  const auto entry = peek_value(context, key, ValueType::kList);
  if (!entry.has_value()) return;
  if (*entry == nullptr && only_to_existing) return context.reply().integer(0);
  const uint64_t size = push_texts(context.keyspace(), key, end, context.words().subspan(2));
  context.reply().integer(static_cast<int64_t>(size));
}

// Takes `count` elements from an end and replies with each as a bulk. REQUIRES: so many are there.
void pop_elements(const CommandContext& context, const Key& key, ListEnd end, uint64_t count) {
  Keyspace& keyspace = context.keyspace();
  ValueEdit edit(keyspace, key);
  const ListView view(edit.entry());
  const uint64_t size = view.size();
  uint64_t left = count;
  const auto reply_next = [&](const Element& element) {
    reply_element(context.reply(), element);
    return --left > 0;
  };
  const bool from_left = end == ListEnd::kLeft;
  from_left ? view.for_each(0, reply_next) : view.for_each_back(size - 1, reply_next);
  if (count < size)
    edit.entry() = list_erase(edit.tools(), edit.entry(), from_left ? 0 : size - count, count,
                              &keyspace.shared().condemned_trees);
  edit.finish(size - count, count, pop_event(end));
}

void pop(CommandContext& context, ListEnd end) {
  if (context.argc() > 3) return context.error(wrong_arity_error(context.command()));
  int64_t count = 0;
  const bool has_count = context.argc() == 3;
  if (has_count && (!resp::parse_int64(context.word(2), &count) || count < 0))
    return context.error("value is out of range, must be positive");
  const Key key = context.key(1);
  const auto entry = peek_value(context, key, ValueType::kList);
  if (!entry.has_value()) return;
  resp::ReplyWriter& reply = context.reply();
  if (*entry == nullptr) return has_count ? reply.null_array() : reply.null();
  if (!has_count) return pop_elements(context, key, end, 1);
  const uint64_t popped = std::min(size_of(*entry), static_cast<uint64_t>(count));
  reply.array(popped);
  if (popped > 0) pop_elements(context, key, end, popped);
}

void move_element(CommandContext& context, ListEnd from_end, ListEnd to_end) {
  Keyspace& keyspace = context.keyspace();
  const Key from = context.key(1);
  const Key to = context.key(2);
  const auto source = peek_value(context, from, ValueType::kList);
  if (!source.has_value()) return;
  if (*source == nullptr) return context.reply().null();
  if (!peek_value(context, to, ValueType::kList).has_value()) return;
  const uint64_t size = size_of(*source);
  const uint64_t rank = from_end == ListEnd::kLeft ? 0 : size - 1;
  const std::string text = text_of(ListView(*source).at(rank));
  const bool same = from.text == to.text;
  const std::string_view texts[] = {text};
  if (!same) push_texts(keyspace, to, to_end, texts);
  ValueEdit edit(keyspace, from);
  edit.entry() =
      list_erase(edit.tools(), edit.entry(), rank, 1, &keyspace.shared().condemned_trees);
  if (same) {
    edit.entry() = list_push(edit.tools(), edit.entry(), to_end, text);
    edit.finish(size, 1, push_event(to_end));
    keyspace.notify(from, pop_event(from_end));
  } else {
    edit.finish(size - 1, 0, {});
    keyspace.changed(from, pop_event(from_end));
    if (size == 1) keyspace.changed(from, kDelEvent);
  }
  context.reply().bulk(text);
}

// LEFT or RIGHT; false after the reply.
bool end_word(const CommandContext& context, size_t i, ListEnd* end) {
  *end = context.word_is(i, "right") ? ListEnd::kRight : ListEnd::kLeft;
  if (*end == ListEnd::kRight || context.word_is(i, "left")) return true;
  context.error(kSyntaxError);
  return false;
}

bool positive_word(const CommandContext& context, size_t i, int64_t* value,
                   std::string_view error) {
  if (resp::parse_int64(context.word(i), value) && *value > 0) return true;
  context.error(error);
  return false;
}

// The list at a key that the command may take from now, or null; nothing after an error.
std::optional<Entry*> list_to_pop(const CommandContext& context, const Key& key) {
  const Blocking& blocking = context.engine().blocking();
  if (!blocking.looks_at(context, key)) return nullptr;
  if (!blocking.runs_again(context)) return peek_value(context, key, ValueType::kList);
  Entry* const entry = context.keyspace().peek(key);
  return entry != nullptr && entry->type() == ValueType::kList ? entry : nullptr;
}

void wait_to_pop(CommandContext& context, ListEnd end) {
  int64_t deadline_ms = 0;
  const size_t timeout = context.argc() - 1;
  if (!timeout_word(context, timeout, &deadline_ms)) return;
  for (size_t i = 1; i < timeout; ++i) {
    const Key key = context.key(i);
    const auto entry = list_to_pop(context, key);
    if (!entry.has_value()) return;
    if (*entry == nullptr) continue;
    context.reply().array(2);
    context.reply().bulk(key.text);
    pop_elements(context, key, end, 1);
    return context.effect({end == ListEnd::kLeft ? "LPOP" : "RPOP", key.text});
  }
  wait_for_keys(context, 1, timeout, deadline_ms);
}

void wait_to_move(CommandContext& context, size_t timeout, ListEnd from, ListEnd to) {
  int64_t deadline_ms = 0;
  if (!timeout_word(context, timeout, &deadline_ms)) return;
  const auto source = list_to_pop(context, context.key(1));
  if (!source.has_value()) return;
  if (*source == nullptr) {
    if (!Blocking::may_wait(context)) return context.reply().null();
    return wait_for_keys(context, 1, 2, deadline_ms);
  }
  if (!peek_value(context, context.key(2), ValueType::kList).has_value()) return;
  move_element(context, from, to);
  const auto name = [](ListEnd end) { return end == ListEnd::kLeft ? "LEFT" : "RIGHT"; };
  context.effect({"LMOVE", context.word(1), context.word(2), name(from), name(to)});
}

// LMPOP, and BLMPOP, which has its timeout before the number of keys at word `number`.
void pop_from_first(CommandContext& context, size_t number) {
  int64_t keys = 0;
  int64_t count = 1;
  ListEnd end = ListEnd::kLeft;
  if (!positive_word(context, number, &keys, "numkeys should be greater than 0")) return;
  if (static_cast<uint64_t>(keys) >= context.argc() - number - 1)
    return context.error(kSyntaxError);
  const size_t first = number + 1;
  const size_t end_index = first + static_cast<size_t>(keys);
  if (!end_word(context, end_index, &end)) return;
  bool has_count = false;
  for (size_t i = end_index + 1; i < context.argc(); i += 2, has_count = true) {
    if (has_count || !context.word_is(i, "count") || i + 1 == context.argc())
      return context.error(kSyntaxError);
    if (!positive_word(context, i + 1, &count, "count should be greater than 0")) return;
  }
  const bool waits = number == 2;
  int64_t deadline_ms = 0;
  if (waits && !timeout_word(context, 1, &deadline_ms)) return;
  for (size_t i = first; i < end_index; ++i) {
    const Key key = context.key(i);
    const auto entry = list_to_pop(context, key);
    if (!entry.has_value()) return;
    if (*entry == nullptr) continue;
    const uint64_t popped = std::min(size_of(*entry), static_cast<uint64_t>(count));
    context.reply().array(2);
    context.reply().bulk(key.text);
    context.reply().array(popped);
    pop_elements(context, key, end, popped);
    return context.effect(
        {end == ListEnd::kLeft ? "LPOP" : "RPOP", key.text, static_cast<int64_t>(popped)});
  }
  waits ? wait_for_keys(context, first, end_index, deadline_ms) : context.reply().null_array();
}

}  // namespace

void lpush_command(CommandContext& context) { push(context, ListEnd::kLeft, false); }
void rpush_command(CommandContext& context) { push(context, ListEnd::kRight, false); }
void lpushx_command(CommandContext& context) { push(context, ListEnd::kLeft, true); }
void rpushx_command(CommandContext& context) { push(context, ListEnd::kRight, true); }
void lpop_command(CommandContext& context) { pop(context, ListEnd::kLeft); }
void rpop_command(CommandContext& context) { pop(context, ListEnd::kRight); }
void rpoplpush_command(CommandContext& context) {
  move_element(context, ListEnd::kRight, ListEnd::kLeft);
}

void lmove_command(CommandContext& context) {
  ListEnd from = ListEnd::kLeft;
  ListEnd to = ListEnd::kLeft;
  if (end_word(context, 3, &from) && end_word(context, 4, &to)) move_element(context, from, to);
}

void lmpop_command(CommandContext& context) { pop_from_first(context, 1); }

// ---- Those that wait. What has a value of another type is passed over when they run again.

void blpop_command(CommandContext& context) { wait_to_pop(context, ListEnd::kLeft); }
void brpop_command(CommandContext& context) { wait_to_pop(context, ListEnd::kRight); }
void blmpop_command(CommandContext& context) { pop_from_first(context, 2); }

void blmove_command(CommandContext& context) {
  ListEnd from = ListEnd::kLeft;
  ListEnd to = ListEnd::kLeft;
  if (end_word(context, 3, &from) && end_word(context, 4, &to)) wait_to_move(context, 5, from, to);
}

void brpoplpush_command(CommandContext& context) {
  wait_to_move(context, 3, ListEnd::kRight, ListEnd::kLeft);
}

}  // namespace engine
