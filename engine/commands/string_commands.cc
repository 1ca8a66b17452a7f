#include "engine/commands/string_commands.h"

#include <algorithm>
#include <climits>
#include <optional>

#include "engine/commands/command_limits.h"
#include "engine/commands/key_commands.h"
#include "engine/commands/string_reply.h"
#include "engine/engine.h"
#include "engine/value/chunked_string.h"
#include "resp/numbers.h"

namespace engine {

namespace {

// How an option says when the value expires.
enum class ExpiryForm : uint8_t { kNone, kSeconds, kMilliseconds, kUnixSeconds, kUnixMilliseconds };

constexpr KeyEvent kSetEvent = {notify_event::kString, "set"};
constexpr KeyEvent kPersistEvent = {notify_event::kGeneric, "persist"};

constexpr struct {
  std::string_view word;
  ExpiryForm form;
} kExpiryForms[] = {
    {"ex", ExpiryForm::kSeconds},
    {"px", ExpiryForm::kMilliseconds},
    {"exat", ExpiryForm::kUnixSeconds},
    {"pxat", ExpiryForm::kUnixMilliseconds},
};

ExpiryForm expiry_form_of(std::string_view word) {
  for (const auto& row : kExpiryForms)
    if (equals_folded(word, row.word)) return row.form;
  return ExpiryForm::kNone;
}

// The options of SET, from its fourth word on, and of GETEX, from its third.
struct ValueOptions {
  bool only_new = false;       // NX
  bool only_existing = false;  // XX
  bool get = false;
  bool keep_expiry = false;
  bool persist = false;
  ExpiryForm expiry = ExpiryForm::kNone;
  size_t expiry_word = 0;
};

// One expiry at most, though one form may be repeated: the last one counts.
bool take_expiry(const CommandContext& context, size_t i, ValueOptions* options) {
  const ExpiryForm form = expiry_form_of(context.word(i));
  if (form == ExpiryForm::kNone || i + 1 == context.argc()) return false;
  if (options->keep_expiry || options->persist) return false;
  if (options->expiry != ExpiryForm::kNone && options->expiry != form) return false;
  options->expiry = form;
  options->expiry_word = i + 1;
  return true;
}

bool parse_set_options(const CommandContext& context, ValueOptions* options) {
  for (size_t i = 3; i < context.argc(); ++i) {
    if (context.word_is(i, "nx") && !options->only_existing) {
      options->only_new = true;
    } else if (context.word_is(i, "xx") && !options->only_new) {
      options->only_existing = true;
    } else if (context.word_is(i, "get")) {
      options->get = true;
    } else if (context.word_is(i, "keepttl") && options->expiry == ExpiryForm::kNone) {
      options->keep_expiry = true;
    } else if (take_expiry(context, i, options)) {
      ++i;
    } else {
      context.error(kSyntaxError);
      return false;
    }
  }
  return true;
}

bool parse_getex_options(const CommandContext& context, ValueOptions* options) {
  for (size_t i = 2; i < context.argc(); ++i) {
    if (context.word_is(i, "persist") && options->expiry == ExpiryForm::kNone) {
      options->persist = true;
    } else if (take_expiry(context, i, options)) {
      ++i;
    } else {
      context.error(kSyntaxError);
      return false;
    }
  }
  return true;
}

// Unix time in ms from word `i`; replies with the error when it makes no sense.
std::optional<int64_t> expiry_from(const CommandContext& context, size_t i, ExpiryForm form) {
  int64_t when = 0;
  if (!context.integer_word(i, &when)) return std::nullopt;
  const bool seconds = form == ExpiryForm::kSeconds || form == ExpiryForm::kUnixSeconds;
  const bool relative = form == ExpiryForm::kSeconds || form == ExpiryForm::kMilliseconds;
  if (when > 0 && (!seconds || when <= INT64_MAX / 1000)) {
    if (seconds) when *= 1000;
    if (!relative) return when;
    if (when <= INT64_MAX - context.now_ms()) return when + context.now_ms();
  }
  context.error(invalid_expire_error(context.command()));
  return std::nullopt;
}

// The string at the key, or null after the reply: nothing there, or another type.
Entry* find_string(const CommandContext& context) {
  Entry* const entry = context.keyspace().find(context.key(1));
  if (entry == nullptr) {
    context.reply().null();
    return nullptr;
  }
  if (entry->type() == ValueType::kString) [[likely]]
    return entry;
  context.error(kWrongTypeError);
  return nullptr;
}

// GET inside of SET and GETSET; false when the command ends with that reply.
bool reply_old_value(const CommandContext& context) {
  Entry* const entry = context.keyspace().find(context.key(1));
  if (entry == nullptr) {
    context.reply().null();
  } else if (entry->type() != ValueType::kString) {
    context.error(kWrongTypeError);
    return false;
  } else {
    reply_string(context.reply(), *entry);
  }
  return true;
}

// The value at word `i`, in whatever form it came.
void set_word(const CommandContext& context, const Key& key, size_t i, const SetOptions& how) {
  if (ChunkedString* const chunks = context.take_chunks(i))
    return context.keyspace().set_chunks(key, chunks, how);
  context.keyspace().set_string(key, context.word(i), how);
}

// SET without GET, and with a moment in place of a time to live. The value is word `i`.
void effect_of_set(const CommandContext& context, size_t i, const SetOptions& how) {
  if (how.expiry_ms != kNoExpiry) {
    context.effect({"SET", context.word(1), context.effect_word(i), "PXAT", how.expiry_ms});
  } else if (how.keep_expiry) {
    context.effect({"SET", context.word(1), context.effect_word(i), "KEEPTTL"});
  } else {
    context.effect({"SET", context.word(1), context.effect_word(i)});
  }
}

// set_word, and telling it.
void set_told(const CommandContext& context, const Key& key, size_t i, const SetOptions& how) {
  set_word(context, key, i, how);
  context.keyspace().changed(key, kSetEvent);
  if (how.expiry_ms != kNoExpiry) context.keyspace().changed(key, kExpireEvent);
}

void set_with_options(CommandContext& context) {
  ValueOptions options;
  if (!parse_set_options(context, &options)) return;
  SetOptions how;
  how.keep_expiry = options.keep_expiry;
  if (options.expiry != ExpiryForm::kNone) {
    const auto expiry_ms = expiry_from(context, options.expiry_word, options.expiry);
    if (!expiry_ms.has_value()) return;
    how.expiry_ms = *expiry_ms;
  }
  if (!fits_string(context, context.word_bytes(2))) return;
  const Key key = context.key(1);
  // Of GET the old value is the reply, whether or not it is replaced.
  if (options.get && !reply_old_value(context)) return;
  if (options.only_new || options.only_existing) {
    if (context.keyspace().exists(key) == options.only_new) {
      if (!options.get) context.reply().null();
      return;
    }
  }
  set_told(context, key, 2, how);
  if (options.get || how.expiry_ms != kNoExpiry) effect_of_set(context, 2, how);
  if (!options.get) context.reply().ok();
}

void set_with_expiry(CommandContext& context, ExpiryForm form) {
  const auto expiry_ms = expiry_from(context, 2, form);
  if (!expiry_ms.has_value() || !fits_string(context, context.word_bytes(3))) return;
  const SetOptions how{.expiry_ms = *expiry_ms};
  set_told(context, context.key(1), 3, how);
  effect_of_set(context, 3, how);
  context.reply().ok();
}

// The words come in pairs of key and value, none of them too long.
bool check_pairs(const CommandContext& context) {
  if (context.argc() % 2 == 0) {
    context.error(wrong_arity_error(context.command()));
    return false;
  }
  for (size_t i = 2; i < context.argc(); i += 2)
    if (!fits_string(context, context.word(i).size())) return false;
  return true;
}

void set_pairs(const CommandContext& context) {
  for (size_t i = 1; i < context.argc(); i += 2) {
    const Key key = context.key(i);
    context.keyspace().set_string(key, context.word(i + 1), {});
    context.keyspace().changed(key, kSetEvent);
  }
}

}  // namespace

void get_command(CommandContext& context) {
  if (const Entry* const entry = find_string(context)) reply_string(context.reply(), *entry);
}

void set_command(CommandContext& context) {
  if (context.argc() != 3) return set_with_options(context);
  if (!fits_string(context, context.word_bytes(2))) return;
  const Key key = context.key(1);
  set_word(context, key, 2, {});
  context.keyspace().changed(key, kSetEvent);
  context.reply().ok();
}

void setnx_command(CommandContext& context) {
  if (!fits_string(context, context.word_bytes(2))) return;
  const Key key = context.key(1);
  const bool is_new = !context.keyspace().exists(key);
  if (is_new) set_told(context, key, 2, {});
  context.reply().integer(is_new ? 1 : 0);
}

void setex_command(CommandContext& context) { set_with_expiry(context, ExpiryForm::kSeconds); }

void psetex_command(CommandContext& context) {
  set_with_expiry(context, ExpiryForm::kMilliseconds);
}

void getset_command(CommandContext& context) {
  if (!fits_string(context, context.word_bytes(2))) return;
  if (!reply_old_value(context)) return;
  set_told(context, context.key(1), 2, {});
  effect_of_set(context, 2, {});
}

void getdel_command(CommandContext& context) {
  const Entry* const entry = find_string(context);
  if (entry == nullptr) return;
  reply_string(context.reply(), *entry);
  const Key key = context.key(1);
  context.keyspace().erase(key);
  context.keyspace().changed(key, kDelEvent);
  context.effect({"DEL", context.word(1)});
}

void getex_command(CommandContext& context) {
  ValueOptions options;
  if (!parse_getex_options(context, &options)) return;
  const Entry* const entry = find_string(context);
  if (entry == nullptr) return;
  const Key key = context.key(1);
  Keyspace& keyspace = context.keyspace();
  if (options.expiry == ExpiryForm::kNone) {
    const bool persists = options.persist && entry->has_expiry();
    reply_string(context.reply(), *entry);
    if (!persists) return;
    keyspace.set_expiry(key, kNoExpiry);
    keyspace.changed(key, kPersistEvent);
    context.effect({"PERSIST", key.text});
    return;
  }
  const auto expiry_ms = expiry_from(context, options.expiry_word, options.expiry);
  if (!expiry_ms.has_value()) return;
  reply_string(context.reply(), *entry);
  expire_at(context, key, *expiry_ms);
}

void mget_command(CommandContext& context) {
  resp::ReplyWriter& reply = context.reply();
  reply.array(context.argc() - 1);
  for (size_t i = 1; i < context.argc(); ++i) {
    const Entry* const entry = context.keyspace().find(context.key(i));
    if (entry == nullptr || entry->type() != ValueType::kString) {
      reply.null();
    } else {
      reply_string(reply, *entry);
    }
  }
}

void mset_command(CommandContext& context) {
  if (!check_pairs(context)) return;
  set_pairs(context);
  context.reply().ok();
}

void msetnx_command(CommandContext& context) {
  if (!check_pairs(context)) return;
  for (size_t i = 1; i < context.argc(); i += 2)
    if (context.keyspace().exists(context.key(i))) return context.reply().integer(0);
  set_pairs(context);
  context.reply().integer(1);
}

}  // namespace engine
