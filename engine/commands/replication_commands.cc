// There is no replication: this server is a primary without replicas, and says so.

#include "engine/blocking.h"
#include "engine/commands/observation_commands.h"
#include "engine/engine.h"

namespace engine {

void role_command(CommandContext& context) {
  resp::ReplyWriter& reply = context.reply();
  reply.array(3);
  reply.bulk("master");
  reply.integer(0);
  reply.array(0);
}

void replicaof_command(CommandContext& context) {
  if (!context.word_is(1, "no") || !context.word_is(2, "one"))
    return context.error("Basalt does not replicate from another server");
  context.reply().ok();
}

// No replica ever acknowledges anything.
void wait_command(CommandContext& context) {
  int64_t replicas = 0;
  int64_t timeout_ms = 0;
  if (!context.integer_word(1, &replicas)) return;
  if (!resp::parse_int64(context.word(2), &timeout_ms))
    return context.error("timeout is not an integer or out of range");
  if (timeout_ms < 0 || timeout_ms > INT64_MAX - context.now_ms())
    return context.error("timeout is negative");
  if (replicas <= 0 || !Blocking::may_wait(context)) return context.reply().integer(0);
  const int64_t deadline_ms = timeout_ms == 0 ? 0 : context.now_ms() + timeout_ms;
  context.engine().blocking().wait(context,
                                   {.deadline_ms = deadline_ms, .answer = Blocking::Answer::kZero});
}

}  // namespace engine
