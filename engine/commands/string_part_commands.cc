#include <algorithm>
#include <string>

#include "base/limits.h"
#include "engine/commands/command_limits.h"
#include "engine/commands/string_commands.h"
#include "engine/commands/string_reply.h"
#include "engine/engine.h"
#include "engine/value/chunked_string.h"

namespace engine {

namespace {

// Growth that the gate has not allowed for: bytes that no word brings.
constexpr uint64_t kUnaskedGrowthMax = 64 * 1024;
constexpr KeyEvent kAppendEvent = {notify_event::kString, "append"};
constexpr KeyEvent kSetrangeEvent = {notify_event::kString, "setrange"};

// The slot's string as chunks that nobody else refers to, whatever it was before.
ChunkedString* chunks_to_change(Keyspace& keyspace, Dictionary::Slot slot) {
  Entry* const entry = slot.entry();
  if (entry->form() == ValueForm::kChunked) {
    ChunkedString* const chunks = ChunkedString::writable(entry->chunks());
    entry->set_chunks(chunks);
    return chunks;
  }
  ChunkedString* const chunks = ChunkedString::create(base::as_bytes(entry->value()));
  keyspace.put(slot, keyspace.heap().with_chunks(entry, chunks));
  return chunks;
}

// Writes word `i` at `offset`, padding with zeros in between. REQUIRES: the key has a string.
void overwrite(const CommandContext& context, const Key& key, uint64_t offset, size_t i) {
  Keyspace& keyspace = context.keyspace();
  const Dictionary::Slot slot = keyspace.modify(key);
  if (ChunkedString* const chunks = context.take_chunks(i))
    return chunks_to_change(keyspace, slot)->set_range(offset, chunks);
  const std::string_view bytes = context.word(i);
  Entry* const entry = slot.entry();
  const uint64_t size = std::max(string_bytes(*entry), offset + bytes.size());
  if (entry->out_of_line() || size > base::kInlineValueBytesMax) {
    chunks_to_change(keyspace, slot)->set_range(offset, base::as_bytes(bytes));
    return;
  }
  Entry* const grown = keyspace.heap().with_value_bytes(entry, size, ValueForm::kRaw);
  std::copy(bytes.begin(), bytes.end(), grown->mutable_value() + offset);
  keyspace.put(slot, grown);
}

void create_padded(const CommandContext& context, const Key& key, uint64_t offset, size_t i) {
  Keyspace& keyspace = context.keyspace();
  if (ChunkedString* const received = context.take_chunks(i)) {
    ChunkedString* const chunks = ChunkedString::create();
    chunks->set_range(offset, received);
    return keyspace.set_chunks(key, chunks, {});
  }
  const std::string_view bytes = context.word(i);
  if (offset + bytes.size() <= base::kInlineValueBytesMax) {
    std::string value(offset, '\0');
    value.append(bytes);
    return keyspace.set(key, value, {.form = ValueForm::kRaw});
  }
  ChunkedString* const chunks = ChunkedString::create();
  chunks->set_range(offset, base::as_bytes(bytes));
  keyspace.set_chunks(key, chunks, {});
}

}  // namespace

void append_command(CommandContext& context) {
  Keyspace& keyspace = context.keyspace();
  const Key key = context.key(1);
  const uint64_t bytes = context.word_bytes(2);
  const Entry* const entry = keyspace.peek(key);
  if (entry == nullptr) {
    if (!fits_string(context, bytes)) return;
    ChunkedString* const chunks = context.take_chunks(2);
    chunks != nullptr ? keyspace.set_chunks(key, chunks, {})
                      : keyspace.set_string(key, context.word(2), {});
    keyspace.changed(key, kAppendEvent);
    return context.reply().integer(static_cast<int64_t>(bytes));
  }
  if (entry->type() != ValueType::kString) return context.error(kWrongTypeError);
  const uint64_t old_bytes = string_bytes(*entry);
  if (!fits_string(context, old_bytes + bytes)) return;
  overwrite(context, key, old_bytes, 2);
  keyspace.changed(key, kAppendEvent);
  context.reply().integer(static_cast<int64_t>(old_bytes + bytes));
}

void setrange_command(CommandContext& context) {
  int64_t from = 0;
  if (!context.integer_word(2, &from)) return;
  if (from < 0) return context.error("offset is out of range");
  Keyspace& keyspace = context.keyspace();
  const Key key = context.key(1);
  const auto offset = static_cast<uint64_t>(from);
  const uint64_t bytes = context.word_bytes(3);
  const Entry* const entry = keyspace.peek(key);
  if (entry != nullptr && entry->type() != ValueType::kString)
    return context.error(kWrongTypeError);
  const uint64_t old_bytes = entry == nullptr ? 0 : string_bytes(*entry);
  if (bytes == 0) return context.reply().integer(static_cast<int64_t>(old_bytes));
  if (!fits_string(context, offset + bytes)) return;
  const uint64_t end = std::max(old_bytes, offset + bytes);
  if (end - old_bytes > bytes + kUnaskedGrowthMax && !may_take(context, end - old_bytes)) return;
  if (entry == nullptr) {
    create_padded(context, key, offset, 3);
  } else {
    overwrite(context, key, offset, 3);
  }
  keyspace.changed(key, kSetrangeEvent);
  context.reply().integer(static_cast<int64_t>(end));
}

void getrange_command(CommandContext& context) {
  int64_t start = 0;
  int64_t end = 0;
  if (!context.integer_word(2, &start) || !context.integer_word(3, &end)) return;
  const Entry* const entry = context.keyspace().find(context.key(1));
  if (entry == nullptr) return context.reply().bulk("");
  if (entry->type() != ValueType::kString) return context.error(kWrongTypeError);
  const auto bytes = static_cast<int64_t>(string_bytes(*entry));
  if (start < 0 && end < 0 && start > end) return context.reply().bulk("");
  // Sums of a negative and a length do not overflow.
  if (start < 0) start = std::max<int64_t>(bytes + start, 0);
  if (end < 0) end = std::max<int64_t>(bytes + end, 0);
  end = std::min(end, bytes - 1);
  if (start > end) return context.reply().bulk("");
  const auto offset = static_cast<uint64_t>(start);
  const auto count = static_cast<uint64_t>(end - start + 1);
  if (entry->out_of_line()) return reply_chunks(context.reply(), entry->chunks(), offset, count);
  context.reply().bulk(entry->value().substr(offset, count));
}

void strlen_command(CommandContext& context) {
  const Entry* const entry = context.keyspace().find(context.key(1));
  if (entry == nullptr) return context.reply().integer(0);
  if (entry->type() != ValueType::kString) return context.error(kWrongTypeError);
  context.reply().integer(static_cast<int64_t>(string_bytes(*entry)));
}

}  // namespace engine
