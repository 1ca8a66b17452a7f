// HyperLogLogs, which are strings (engine/value/hyperloglog.h).

#ifndef BASALT_ENGINE_COMMANDS_HYPERLOGLOG_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_HYPERLOGLOG_COMMANDS_H_

#include "engine/command.h"

namespace engine {

void pfadd_command(CommandContext& context);
void pfcount_command(CommandContext& context);
void pfdebug_command(CommandContext& context);
void pfmerge_command(CommandContext& context);
void pfselftest_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_HYPERLOGLOG_COMMANDS_H_
