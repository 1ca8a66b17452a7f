#include "engine/commands/value_access.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>

#include "engine/commands/scan_commands.h"
#include "engine/engine.h"
#include "engine/glob.h"

namespace engine {

namespace {

// What COUNT may ask for in one call; more is answered with this many and a cursor.
constexpr int64_t kCountMax = 16 * 1024;

bool has_type(const CommandContext& context, const Entry* entry, ValueType type) {
  if (entry == nullptr || entry->type() == type) return true;
  context.error(kWrongTypeError);
  return false;
}

}  // namespace

std::optional<const Entry*> read_value(const CommandContext& context, const Key& key,
                                       ValueType type) {
  const Entry* const entry = context.keyspace().find(key);
  if (!has_type(context, entry, type)) return std::nullopt;
  return entry;
}

std::optional<Entry*> peek_value(const CommandContext& context, const Key& key, ValueType type) {
  Entry* const entry = context.keyspace().peek(key);
  if (!has_type(context, entry, type)) return std::nullopt;
  return entry;
}

ValueEdit::ValueEdit(Keyspace& keyspace, const Key& key, Make make)
    : keyspace_(keyspace),
      key_(key),
      tools_(keyspace.shared().value_tools()),
      slot_(keyspace.modify(key)),
      entry_(slot_ ? slot_.entry() : make(keyspace.heap(), key.text, keyspace.fresh_options())) {}

ValueEdit::ValueEdit(Keyspace& keyspace, const Key& key)
    : keyspace_(keyspace),
      key_(key),
      tools_(keyspace.shared().value_tools()),
      slot_(keyspace.modify(key)),
      entry_(slot_.entry()) {}

void ValueEdit::finish(uint64_t elements, uint64_t changes, const KeyEvent& event) {
  uint64_t& counted = keyspace_.shared().changes;
  const uint64_t before = counted - (slot_ ? 1 : 0);
  if (slot_) {
    keyspace_.put(slot_, entry_);
    if (elements == 0) keyspace_.erase(key_);
  } else {
    keyspace_.add(key_, entry_);
  }
  counted = before + changes;
  if (changes == 0) return;
  keyspace_.changed(key_, event);
  if (elements == 0) keyspace_.changed(key_, kDelEvent);
}

void reply_element(resp::ReplyWriter& reply, const Element& element) {
  element.is_number ? reply.bulk_integer(element.number) : reply.bulk(element.text);
}

bool count_word(const CommandContext& context, size_t i, int64_t* count) {
  if (!context.integer_word(i, count)) return false;
  if (*count >= -LONG_MAX) return true;
  context.error(
      fmt::format("value is out of range, value must between {} and {}", -LONG_MAX, LONG_MAX));
  return false;
}

bool ElementScan::accepts(const Element& element) const {
  return !pattern.has_value() || glob_match(*pattern, ElementText(element).view());
}

bool parse_scan_cursor(const CommandContext& context, ElementScan* scan) {
  if (parse_cursor(context.word(2), &scan->cursor)) return true;
  context.error("invalid cursor");
  return false;
}

bool parse_scan_options(const CommandContext& context, ElementScan* scan) {
  for (size_t i = 3; i < context.argc(); i += 2) {
    const bool more = i + 1 < context.argc();
    int64_t count = 0;
    if (more && context.word_is(i, "count")) {
      if (!context.integer_word(i + 1, &count)) return false;
      if (count < 1) {
        context.error(kSyntaxError);
        return false;
      }
      scan->count = static_cast<uint64_t>(std::min(count, kCountMax));
    } else if (more && context.word_is(i, "match")) {
      scan->pattern.reset();
      if (context.word(i + 1) != "*") scan->pattern = context.word(i + 1);
    } else {
      context.error(kSyntaxError);
      return false;
    }
  }
  return true;
}

void reply_empty_scan(resp::ReplyWriter& reply) {
  reply.array(2);
  reply.bulk("0");
  reply.array(0);
}

// A cursor is a place in the order of hashes, of which the tag is the upper half.
uint32_t scan_position(const CommandContext& context, uint64_t cursor) {
  return static_cast<uint32_t>(context.engine().cursors().position_of(cursor) >> 32);
}

uint64_t scan_cursor(const CommandContext& context, uint32_t tag) {
  return context.engine().cursors().cursor_of(uint64_t{tag} << 32);
}

}  // namespace engine
