// DEBUG: what tests and curious people need.

#ifndef BASALT_ENGINE_COMMANDS_DEBUG_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_DEBUG_COMMANDS_H_

#include "engine/command.h"
#include "engine/command_keys.h"

namespace engine {

void debug_command(CommandContext& context);
// The keys of DEBUG OBJECT and DIGEST-VALUE, whose values the gate brings in.
void find_debug_keys(CommandWords words, KeyList* keys);

// Its larger subcommands; they have been checked for their number of words.
void debug_populate(CommandContext& context);  // debug_populate.cc
void debug_digest(CommandContext& context);    // debug_data.cc
void debug_digest_value(CommandContext& context);
void debug_reload(CommandContext& context);
void debug_help(CommandContext& context);  // debug_help.cc

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_DEBUG_COMMANDS_H_
