// MULTI and what belongs to it. EXEC itself is in engine/transactions.h.

#ifndef BASALT_ENGINE_COMMANDS_TRANSACTION_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_TRANSACTION_COMMANDS_H_

#include "engine/command.h"

namespace engine {

void discard_command(CommandContext& context);
// Outside of a transaction.
void exec_command(CommandContext& context);
void multi_command(CommandContext& context);
void unwatch_command(CommandContext& context);
void watch_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_TRANSACTION_COMMANDS_H_
