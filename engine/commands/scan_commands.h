// Commands that look for keys without being told one: SCAN, KEYS, RANDOMKEY.
//
// While a namespace has cold keys they answer from a later turn, when the key index has been read.

#ifndef BASALT_ENGINE_COMMANDS_SCAN_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_SCAN_COMMANDS_H_

#include "engine/command.h"

namespace engine {

void scan_command(CommandContext& context);       // scan_commands.cc
void keys_command(CommandContext& context);       // keys_command.cc
void randomkey_command(CommandContext& context);  // randomkey_command.cc

// As Redis does, with strtoul: "-1" and "+7" are cursors. False when the word is none.
bool parse_cursor(std::string_view word, uint64_t* cursor);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_SCAN_COMMANDS_H_
