#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "engine/commands/command_limits.h"
#include "engine/commands/key_commands.h"
#include "engine/engine.h"

namespace engine {

namespace {

enum class Unit : uint8_t { kSeconds, kMilliseconds };

struct ExpireOptions {
  bool only_without = false;  // NX
  bool only_with = false;     // XX
  bool only_later = false;    // GT
  bool only_sooner = false;   // LT
};

bool parse_options(const CommandContext& context, ExpireOptions* options) {
  for (size_t i = 3; i < context.argc(); ++i) {
    if (context.word_is(i, "nx")) {
      options->only_without = true;
    } else if (context.word_is(i, "xx")) {
      options->only_with = true;
    } else if (context.word_is(i, "gt")) {
      options->only_later = true;
    } else if (context.word_is(i, "lt")) {
      options->only_sooner = true;
    } else {
      context.error(fmt::format("Unsupported option {}", context.word(i)));
      return false;
    }
  }
  if (options->only_without &&
      (options->only_with || options->only_later || options->only_sooner)) {
    context.error("NX and XX, GT or LT options at the same time are not compatible");
    return false;
  }
  if (options->only_later && options->only_sooner) {
    context.error("GT and LT options at the same time are not compatible");
    return false;
  }
  return true;
}

// None is later than any moment.
bool allows(const ExpireOptions& options, int64_t now_has_ms, int64_t wanted_ms) {
  const bool has = now_has_ms != kNoExpiry;
  if (options.only_without && has) return false;
  if (options.only_with && !has) return false;
  if (options.only_later && (!has || wanted_ms <= now_has_ms)) return false;
  return !options.only_sooner || !has || wanted_ms < now_has_ms;
}

void expire(CommandContext& context, int64_t base_ms, Unit unit) {
  ExpireOptions options;
  if (!parse_options(context, &options)) return;
  int64_t when_ms = 0;
  if (!context.integer_word(2, &when_ms)) return;
  if ((unit == Unit::kSeconds && __builtin_mul_overflow(when_ms, 1000, &when_ms)) ||
      __builtin_add_overflow(when_ms, base_ms, &when_ms))
    return context.error(invalid_expire_error(context.command()));
  Keyspace& keyspace = context.keyspace();
  const Key key = context.key(1);
  const Entry* const entry = keyspace.peek(key);
  if (entry == nullptr || !allows(options, entry->expiry_ms(), when_ms))
    return context.reply().integer(0);
  expire_at(context, key, when_ms);
  context.reply().integer(1);
}

void reply_expiry(CommandContext& context, bool absolute, Unit unit) {
  const std::optional<KeyFacts> facts = context.keyspace().facts(context.key(1), true);
  if (!facts.has_value()) return context.reply().integer(-2);
  if (facts->expiry_ms == kNoExpiry) return context.reply().integer(-1);
  const int64_t ms =
      std::max<int64_t>(absolute ? facts->expiry_ms : facts->expiry_ms - context.now_ms(), 0);
  context.reply().integer(unit == Unit::kMilliseconds ? ms : ms / 1000 + (ms % 1000 >= 500));
}

}  // namespace

void expire_at(const CommandContext& context, const Key& key, int64_t when_ms) {
  Keyspace& keyspace = context.keyspace();
  // What is loaded is kept until the loading has ended.
  if (when_ms <= context.now_ms() && keyspace.shared().expires_keys) {
    keyspace.erase(key);
    keyspace.changed(key, kDelEvent);
    const bool lazy = context.engine().options().lazyfree_lazy_expire;
    context.effect({lazy ? "UNLINK" : "DEL", key.text});
  } else {
    keyspace.set_expiry(key, when_ms);
    keyspace.changed(key, kExpireEvent);
    context.effect({"PEXPIREAT", key.text, when_ms});
  }
}

void expire_command(CommandContext& context) { expire(context, context.now_ms(), Unit::kSeconds); }

void pexpire_command(CommandContext& context) {
  expire(context, context.now_ms(), Unit::kMilliseconds);
}

void expireat_command(CommandContext& context) { expire(context, 0, Unit::kSeconds); }

void pexpireat_command(CommandContext& context) { expire(context, 0, Unit::kMilliseconds); }

void ttl_command(CommandContext& context) { reply_expiry(context, false, Unit::kSeconds); }

void pttl_command(CommandContext& context) { reply_expiry(context, false, Unit::kMilliseconds); }

void expiretime_command(CommandContext& context) { reply_expiry(context, true, Unit::kSeconds); }

void pexpiretime_command(CommandContext& context) {
  reply_expiry(context, true, Unit::kMilliseconds);
}

void persist_command(CommandContext& context) {
  Keyspace& keyspace = context.keyspace();
  const Key key = context.key(1);
  const Entry* const entry = keyspace.peek(key);
  const bool persists = entry != nullptr && entry->has_expiry();
  if (persists) {
    keyspace.set_expiry(key, kNoExpiry);
    keyspace.changed(key, {notify_event::kGeneric, "persist"});
  }
  context.reply().integer(persists ? 1 : 0);
}

}  // namespace engine
