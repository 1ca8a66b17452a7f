#include "engine/commands/key_commands.h"

#include <fmt/format.h>

#include <climits>
#include <optional>

#include "engine/commands/command_limits.h"
#include "engine/commands/string_reply.h"
#include "engine/engine.h"
#include "engine/value/chunked_string.h"
#include "engine/value/counted_tree.h"
#include "engine/value/value_type.h"
#include "resp/numbers.h"

namespace engine {

namespace {

constexpr std::string_view kSameObjectError = "-ERR source and destination objects are the same";
constexpr std::string_view kDatabaseRangeError = "DB index is out of range";

// The number of a database in word `i`; replies with the error when there is no such database.
std::optional<int> database_word(const CommandContext& context, size_t i) {
  int64_t number = 0;
  if (!context.integer_word(i, &number)) return std::nullopt;
  if (number < INT_MIN || number > INT_MAX) {
    context.error(
        fmt::format("value is out of range, value must between {} and {}", INT_MIN, INT_MAX));
    return std::nullopt;
  }
  if (number < 0 || number >= context.engine().databases().count()) {
    context.error(kDatabaseRangeError);
    return std::nullopt;
  }
  return static_cast<int>(number);
}

void rename(CommandContext& context, bool only_to_free_name) {
  Keyspace& keyspace = context.keyspace();
  const Key from = context.key(1);
  const Key to = context.key(2);
  if (keyspace.peek(from) == nullptr) return context.error(kNoSuchKeyError);
  const bool stays = from.text == to.text || (only_to_free_name && keyspace.exists(to));
  if (!stays) {
    keyspace.rename(from, keyspace, to);
    keyspace.changed(from, {notify_event::kGeneric, "rename_from"});
    keyspace.changed(to, {notify_event::kGeneric, "rename_to"});
  }
  if (!only_to_free_name) return context.reply().ok();
  context.reply().integer(stays ? 0 : 1);
}

struct CopyOptions {
  int database;
  bool replace = false;
};

bool parse_copy_options(const CommandContext& context, CopyOptions* options) {
  for (size_t i = 3; i < context.argc(); ++i) {
    if (context.word_is(i, "replace")) {
      options->replace = true;
    } else if (context.word_is(i, "db") && i + 1 < context.argc()) {
      const auto database = database_word(context, ++i);
      if (!database.has_value()) return false;
      options->database = *database;
    } else {
      context.error(kSyntaxError);
      return false;
    }
  }
  return true;
}

// Adds what `entry` has under `key`. REQUIRES: the key is absent.
void add_copy(Keyspace& keyspace, const Key& key, const Entry& entry) {
  EntryOptions options = keyspace.fresh_options();
  options.type = entry.type();
  options.form = entry.form();
  options.expiry_ms = entry.expiry_ms();
  EntryHeap& heap = keyspace.heap();
  // Chunks and pages are shared until one of the two values changes.
  switch (entry.form()) {
    case ValueForm::kPlain:
    case ValueForm::kRaw:
      return keyspace.add(key, heap.create(key.text, entry.value(), options));
    case ValueForm::kChunked:
      return keyspace.add(key, heap.create_chunked(key.text, entry.chunks()->freeze(), options));
    case ValueForm::kPaged:
      return keyspace.add(key, heap.create_paged(key.text, entry.tree()->freeze(), options));
  }
}

}  // namespace

void del_command(CommandContext& context) {
  int64_t deleted = 0;
  for (size_t i = 1; i < context.argc(); ++i) {
    const Key key = context.key(i);
    if (!context.keyspace().erase(key)) continue;
    context.keyspace().changed(key, kDelEvent);
    ++deleted;
  }
  context.reply().integer(deleted);
}

void exists_command(CommandContext& context) {
  int64_t found = 0;
  for (size_t i = 1; i < context.argc(); ++i)
    if (context.keyspace().facts(context.key(i), true).has_value()) ++found;
  context.reply().integer(found);
}

void touch_command(CommandContext& context) {
  Keyspace& keyspace = context.keyspace();
  int64_t found = 0;
  for (size_t i = 1; i < context.argc(); ++i) {
    const Key key = context.key(i);
    // A cold key has no counter to touch.
    const bool exists = keyspace.resident(key) != nullptr ? keyspace.find(key) != nullptr
                                                          : keyspace.facts(key, true).has_value();
    if (exists) ++found;
  }
  context.reply().integer(found);
}

void type_command(CommandContext& context) {
  const std::optional<KeyFacts> facts = context.keyspace().facts(context.key(1), true);
  context.reply().simple_string(facts.has_value() ? value_type_name(facts->type) : "none");
}

void rename_command(CommandContext& context) { rename(context, false); }

void renamenx_command(CommandContext& context) { rename(context, true); }

void copy_command(CommandContext& context) {
  CopyOptions options{.database = context.session().database};
  if (!parse_copy_options(context, &options)) return;
  Keyspace& to_keyspace = context.engine().databases().at(options.database);
  const Key from = context.key(1);
  const Key to = context.key(2);
  if (&to_keyspace == &context.keyspace() && from.text == to.text)
    return context.error(kSameObjectError);
  const Entry* const entry = context.keyspace().find(from);
  if (entry == nullptr) return context.reply().integer(0);
  if (to_keyspace.exists(to)) {
    if (!options.replace) return context.reply().integer(0);
    to_keyspace.erase(to);
  }
  add_copy(to_keyspace, to, *entry);
  to_keyspace.changed(to, {notify_event::kGeneric, "copy_to"});
  context.reply().integer(1);
}

void move_command(CommandContext& context) {
  const auto database = database_word(context, 2);
  if (!database.has_value()) return;
  Keyspace& to_keyspace = context.engine().databases().at(*database);
  if (&to_keyspace == &context.keyspace()) return context.error(kSameObjectError);
  const Key key = context.key(1);
  if (context.keyspace().peek(key) == nullptr || to_keyspace.exists(key))
    return context.reply().integer(0);
  context.keyspace().rename(key, to_keyspace, key);
  context.keyspace().changed(key, {notify_event::kGeneric, "move_from"});
  to_keyspace.changed(key, {notify_event::kGeneric, "move_to"});
  context.reply().integer(1);
}

void swapdb_command(CommandContext& context) {
  int64_t first = 0;
  int64_t second = 0;
  const auto is_int = [&](size_t i, int64_t* value) {
    return resp::parse_int64(context.word(i), value) && *value >= INT_MIN && *value <= INT_MAX;
  };
  if (!is_int(1, &first)) return context.error("invalid first DB index");
  if (!is_int(2, &second)) return context.error("invalid second DB index");
  Databases& databases = context.engine().databases();
  if (first < 0 || second < 0 || first >= databases.count() || second >= databases.count())
    return context.error(kDatabaseRangeError);
  databases.swap(static_cast<int>(first), static_cast<int>(second));
  ++databases.shared().changes;
  context.reply().ok();
}

void dbsize_command(CommandContext& context) {
  context.reply().integer(static_cast<int64_t>(context.keyspace().size()));
}

}  // namespace engine
