#include "engine/commands/transaction_commands.h"

#include "engine/engine.h"
#include "engine/transaction.h"
#include "engine/transactions.h"
#include "engine/watches.h"

namespace engine {

void multi_command(CommandContext& context) {
  Session& session = context.session();
  if (session.transaction != nullptr) return context.error("MULTI calls can not be nested");
  context.engine().transactions().begin(&session);
  context.reply().ok();
}

void exec_command(CommandContext& context) { context.error("EXEC without MULTI"); }

void discard_command(CommandContext& context) {
  Session& session = context.session();
  if (session.transaction == nullptr) return context.error("DISCARD without MULTI");
  context.engine().transactions().discard(&session);
  context.reply().ok();
}

void watch_command(CommandContext& context) {
  Session& session = context.session();
  if (session.transaction != nullptr) return context.error("WATCH inside MULTI is not allowed");
  // Its transaction fails already.
  if (session.watch_touched) return context.reply().ok();
  for (size_t i = 1; i < context.argc(); ++i) {
    const Key key = context.key(i);
    const std::optional<KeyFacts> facts = context.keyspace().facts(key);
    const int64_t expiry_ms = facts.has_value() ? facts->expiry_ms : kNoExpiry;
    context.engine().watches().add(&session, session.database, key, facts.has_value(), expiry_ms);
  }
  context.engine().refresh_key_events();
  context.reply().ok();
}

void unwatch_command(CommandContext& context) {
  context.engine().watches().end(&context.session());
  context.engine().refresh_key_events();
  context.reply().ok();
}

}  // namespace engine
