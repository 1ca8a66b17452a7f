#include "engine/access.h"

#include <algorithm>

namespace engine {

uint8_t AccessClock::frequency(uint32_t access) const {
  const uint16_t elapsed = static_cast<uint16_t>(minutes_ - static_cast<uint16_t>(access >> 8));
  const uint32_t counter = access & 0xff;
  const uint32_t periods = decay_minutes_ == 0 ? 0 : elapsed / decay_minutes_;
  return static_cast<uint8_t>(counter - std::min(counter, periods));
}

uint32_t AccessClock::lfu_touched(uint32_t access) const {
  uint8_t counter = frequency(access);
  if (counter != 255) {
    // One in (counter above the initial one) * factor + 1, as Redis's LFULogIncr.
    const uint32_t above = counter > kLfuInitial ? counter - kLfuInitial : 0;
    if (random_->one_in(static_cast<uint64_t>(above) * log_factor_ + 1)) ++counter;
  }
  return static_cast<uint32_t>(minutes_) << 8 | counter;
}

}  // namespace engine
