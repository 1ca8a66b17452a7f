#include "engine/commands/blocking_words.h"

#include <cmath>
#include <vector>

#include "engine/blocking.h"
#include "engine/engine.h"
#include "resp/numbers.h"

namespace engine {

bool timeout_word(const CommandContext& context, size_t i, int64_t* deadline_ms) {
  long double seconds = 0;
  // Beyond what a sum with the time can hold.
  constexpr long double kMillisecondsMax = 9.0e18L;
  if (!resp::parse_long_double(context.word(i), &seconds)) {
    context.error("timeout is not a float or out of range");
    return false;
  }
  const long double ms = std::ceil(seconds * 1000);
  // What no integer holds is negative to Redis.
  if (ms < 0 || !(ms <= kMillisecondsMax - static_cast<long double>(context.now_ms()))) {
    context.error("timeout is negative");
    return false;
  }
  *deadline_ms = ms == 0 ? 0 : context.now_ms() + static_cast<int64_t>(ms);
  return true;
}

void wait_for_keys(const CommandContext& context, size_t first, size_t end, int64_t deadline_ms) {
  if (!Blocking::may_wait(context)) return context.reply().null_array();
  std::vector<size_t> words;
  for (size_t i = first; i < end; ++i) words.push_back(i);
  context.engine().blocking().wait(context, {.key_words = words, .deadline_ms = deadline_ms});
}

}  // namespace engine
