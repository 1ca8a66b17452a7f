#include <cmath>

#include "engine/commands/string_commands.h"
#include "engine/engine.h"
#include "resp/numbers.h"

namespace engine {

namespace {

// The value for a command that reads it as a number; false after the reply when it has another
// type. A value in chunks is longer than any number: its text is taken as "".
bool number_text(const CommandContext& context, const Key& key, const Entry** entry,
                 std::string_view* text) {
  *entry = context.keyspace().peek(key);
  if (*entry == nullptr) return true;
  if ((*entry)->type() != ValueType::kString) {
    context.error(kWrongTypeError);
    return false;
  }
  if (!(*entry)->out_of_line()) *text = (*entry)->value();
  return true;
}

// REQUIRES: what is there, if anything, was a number and so is inline.
void store_number(Keyspace& keyspace, const Key& key, bool exists, std::string_view text) {
  if (!exists) return keyspace.set(key, text, {});
  const Dictionary::Slot slot = keyspace.modify(key);
  keyspace.put(slot, keyspace.heap().with_value(slot.entry(), text, ValueForm::kPlain));
}

void add_integer(CommandContext& context, int64_t increment) {
  const Key key = context.key(1);
  const Entry* entry = nullptr;
  std::string_view text;
  if (!number_text(context, key, &entry, &text)) return;
  int64_t value = 0;
  if (entry != nullptr && !resp::parse_int64(text, &value)) return context.error(kNotIntegerError);
  if (__builtin_add_overflow(value, increment, &value))
    return context.error("increment or decrement would overflow");
  char digits[resp::kIntegerTextBytes];
  const char* const end = resp::format_int64(value, digits);
  store_number(context.keyspace(), key, entry != nullptr,
               {digits, static_cast<size_t>(end - digits)});
  context.keyspace().changed(key, {notify_event::kString, "incrby"});
  context.reply().integer(value);
}

}  // namespace

void incr_command(CommandContext& context) { add_integer(context, 1); }

void decr_command(CommandContext& context) { add_integer(context, -1); }

void incrby_command(CommandContext& context) {
  int64_t increment = 0;
  if (context.integer_word(2, &increment)) add_integer(context, increment);
}

void decrby_command(CommandContext& context) {
  int64_t decrement = 0;
  if (!context.integer_word(2, &decrement)) return;
  if (decrement == INT64_MIN) return context.error("decrement would overflow");
  add_integer(context, -decrement);
}

void incrbyfloat_command(CommandContext& context) {
  const Key key = context.key(1);
  const Entry* entry = nullptr;
  std::string_view text;
  if (!number_text(context, key, &entry, &text)) return;
  long double value = 0;
  long double increment = 0;
  if ((entry != nullptr && !resp::parse_long_double(text, &value)) ||
      !resp::parse_long_double(context.word(2), &increment))
    return context.error(kNotFloatError);
  value += increment;
  if (std::isnan(value) || std::isinf(value))
    return context.error("increment would produce NaN or Infinity");
  char digits[resp::kLongDoubleTextBytes];
  const char* const end = resp::format_human(value, digits);
  const std::string_view sum(digits, static_cast<size_t>(end - digits));
  store_number(context.keyspace(), key, entry != nullptr, sum);
  context.keyspace().changed(key, {notify_event::kString, "incrbyfloat"});
  context.effect({"SET", key.text, sum, "KEEPTTL"});
  context.reply().bulk(sum);
}

}  // namespace engine
