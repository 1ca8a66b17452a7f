#include "engine/commands/hash_commands.h"

#include <cmath>

#include "engine/commands/value_access.h"
#include "engine/engine.h"
#include "engine/value/hash_value.h"
#include "resp/numbers.h"

namespace engine {

namespace {

uint64_t size_of(const ValueEdit& edit, const Entry* entry) {
  return HashView(entry, edit.tools().hasher).size();
}

void put(const CommandContext& context, std::string_view field, std::string_view value,
         std::string_view event) {
  ValueEdit edit(context.keyspace(), context.key(1), new_hash);
  bool added = false;
  edit.entry() = hash_put(edit.tools(), edit.entry(), field, value, &added);
  edit.finish(size_of(edit, edit.entry()), 1, {notify_event::kHash, event});
}

// The hash at the key, and what it has under the field, if anything; false after the reply.
bool find_field(const CommandContext& context, std::string_view field,
                std::optional<Element>* value) {
  const std::optional<Entry*> entry = peek_value(context, context.key(1), ValueType::kHash);
  if (!entry.has_value()) return false;
  if (*entry != nullptr) *value = HashView(*entry, context.keyspace().shared().hasher).find(field);
  return true;
}

}  // namespace

void hset_command(CommandContext& context) {
  if (context.argc() % 2 != 0) return context.error(wrong_arity_error(context.command()));
  const Key key = context.key(1);
  if (!peek_value(context, key, ValueType::kHash).has_value()) return;
  ValueEdit edit(context.keyspace(), key, new_hash);
  int64_t created = 0;
  for (size_t i = 2; i < context.argc(); i += 2) {
    bool added = false;
    edit.entry() =
        hash_put(edit.tools(), edit.entry(), context.word(i), context.word(i + 1), &added);
    if (added) ++created;
  }
  edit.finish(size_of(edit, edit.entry()), (context.argc() - 2) / 2, {notify_event::kHash, "hset"});
  if (context.command().name == "hmset") return context.reply().ok();
  context.reply().integer(created);
}

void hsetnx_command(CommandContext& context) {
  std::optional<Element> value;
  if (!find_field(context, context.word(2), &value)) return;
  if (value.has_value()) return context.reply().integer(0);
  put(context, context.word(2), context.word(3), "hset");
  context.reply().integer(1);
}

void hdel_command(CommandContext& context) {
  const Key key = context.key(1);
  const std::optional<Entry*> found = peek_value(context, key, ValueType::kHash);
  if (!found.has_value()) return;
  int64_t deleted = 0;
  if (*found != nullptr) {
    const HashView view(*found, context.keyspace().shared().hasher);
    size_t first = 2;
    while (first < context.argc() && !view.find(context.word(first)).has_value()) ++first;
    // Nothing is changed, and the value stays clean, unless there is a field to delete.
    if (first == context.argc()) return context.reply().integer(0);
    ValueEdit edit(context.keyspace(), key);
    uint64_t left = size_of(edit, edit.entry());
    for (size_t i = first; i < context.argc() && left > 0; ++i) {
      bool erased = false;
      edit.entry() = hash_erase(edit.tools(), edit.entry(), context.word(i), &erased);
      if (!erased) continue;
      ++deleted;
      --left;
    }
    edit.finish(left, static_cast<uint64_t>(deleted), {notify_event::kHash, "hdel"});
  }
  context.reply().integer(deleted);
}

void hincrby_command(CommandContext& context) {
  int64_t increment = 0;
  if (!context.integer_word(3, &increment)) return;
  std::optional<Element> old;
  if (!find_field(context, context.word(2), &old)) return;
  int64_t value = 0;
  if (old.has_value()) {
    const bool is_number = old->is_number || resp::parse_int64(old->text, &value);
    if (!is_number) return context.error("hash value is not an integer");
    if (old->is_number) value = old->number;
  }
  if (__builtin_add_overflow(value, increment, &value))
    return context.error("increment or decrement would overflow");
  put(context, context.word(2), ElementText(Element::of_number(value)).view(), "hincrby");
  context.reply().integer(value);
}

void hincrbyfloat_command(CommandContext& context) {
  long double increment = 0;
  if (!resp::parse_long_double(context.word(3), &increment)) return context.error(kNotFloatError);
  if (std::isinf(increment)) return context.error("value is NaN or Infinity");
  std::optional<Element> old;
  if (!find_field(context, context.word(2), &old)) return;
  long double value = 0;
  if (old.has_value() && !resp::parse_long_double(ElementText(*old).view(), &value))
    return context.error("hash value is not a float");
  value += increment;
  if (std::isnan(value) || std::isinf(value))
    return context.error("increment would produce NaN or Infinity");
  char digits[resp::kLongDoubleTextBytes];
  const char* const end = resp::format_human(value, digits);
  const std::string_view sum(digits, static_cast<size_t>(end - digits));
  put(context, context.word(2), sum, "hincrbyfloat");
  context.effect({"HSET", context.word(1), context.word(2), sum});
  context.reply().bulk(sum);
}

}  // namespace engine
