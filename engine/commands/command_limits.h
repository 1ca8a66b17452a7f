// What a command may make or take: the longest string, and memory beyond its own words.

#ifndef BASALT_ENGINE_COMMANDS_COMMAND_LIMITS_H_
#define BASALT_ENGINE_COMMANDS_COMMAND_LIMITS_H_

#include <cstdint>
#include <string>

#include "base/limits.h"
#include "engine/command.h"

namespace engine {

// "invalid expire time in 'set' command".
std::string invalid_expire_error(const Command& command);

// Whether a string of so many bytes may exist; replies with Redis's error when it may not.
bool fits_long_string(const CommandContext& context, uint64_t bytes);
inline bool fits_string(const CommandContext& context, uint64_t bytes) {
  return bytes <= base::kInlineValueBytesMax || fits_long_string(context, bytes);
}

// Whether the command has `bytes` of memory that the gate could not know of, to take for a while or
// for good. When it does not yet, the handler returns without effect or reply: the gate waits for
// the room, or refuses, and the command runs again from the top. REQUIRES: asked once per run.
bool may_take(const CommandContext& context, uint64_t bytes);
// The same for bytes that a value gets beyond the command's words: few are not asked for.
inline bool may_grow(const CommandContext& context, uint64_t bytes) {
  constexpr uint64_t kUnaskedBytesMax = 64 * 1024;
  return bytes <= kUnaskedBytesMax || may_take(context, bytes);
}

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_COMMAND_LIMITS_H_
