#include "engine/commands/connection_commands.h"

#include "engine/engine.h"

namespace engine {

void ping_command(CommandContext& context) {
  if (context.argc() > 2) return context.error(wrong_arity_error(context.command()));
  if (context.argc() == 2) return context.reply().bulk(context.word(1));
  context.reply().pong();
}

}  // namespace engine
