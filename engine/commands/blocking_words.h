// What commands that wait for keys have in common.

#ifndef BASALT_ENGINE_COMMANDS_BLOCKING_WORDS_H_
#define BASALT_ENGINE_COMMANDS_BLOCKING_WORDS_H_

#include <cstddef>
#include <cstdint>

#include "engine/command.h"

namespace engine {

// Word `i` as a timeout in seconds: the moment in unix time in ms, 0 for ever. False after the
// reply.
bool timeout_word(const CommandContext& context, size_t i, int64_t* deadline_ms);

// The keys at words [first, end) have nothing: waits for them, or replies with a null array where
// that is not allowed.
void wait_for_keys(const CommandContext& context, size_t first, size_t end, int64_t deadline_ms);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_BLOCKING_WORDS_H_
