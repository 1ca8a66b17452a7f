// Access counters: how an entry remembers when, or how often, it was used.
//
// The 24 bits of an entry mean what they mean in Redis: under an LFU policy 16 bits of minutes and
// an 8-bit logarithmic counter, else seconds modulo 2^24. Demotion, eviction, OBJECT FREQ and
// OBJECT IDLETIME read them.

#ifndef BASALT_ENGINE_ACCESS_H_
#define BASALT_ENGINE_ACCESS_H_

#include <cstdint>

#include "base/random.h"

namespace engine {

class AccessClock {
 public:
  static constexpr uint8_t kLfuInitial = 5;

  // `random` outlives the clock.
  explicit AccessClock(base::Random* random) : random_(random) {}

  void configure(bool lfu, uint32_t lfu_log_factor, uint32_t lfu_decay_minutes) {
    lfu_ = lfu;
    log_factor_ = lfu_log_factor;
    decay_minutes_ = lfu_decay_minutes;
  }
  // Once a turn.
  void set_now(int64_t unix_ms) {
    seconds_ = static_cast<uint32_t>(unix_ms / 1000) & 0xffffff;
    minutes_ = static_cast<uint16_t>(unix_ms / 60000);
  }
  bool lfu() const { return lfu_; }

  // The counter of a new entry.
  uint32_t fresh() const {
    return lfu_ ? static_cast<uint32_t>(minutes_) << 8 | kLfuInitial : seconds_;
  }
  // The counter after one more use.
  uint32_t touched(uint32_t access) const { return lfu_ ? lfu_touched(access) : seconds_; }
  // Higher is colder: seconds unused, or 255 less the decayed frequency.
  uint32_t coldness(uint32_t access) const {
    return lfu_ ? 255u - frequency(access) : (seconds_ - access) & 0xffffff;
  }
  // REQUIRES: !lfu().
  uint32_t idle_seconds(uint32_t access) const { return (seconds_ - access) & 0xffffff; }
  // The logarithmic counter after decay. REQUIRES: lfu().
  uint8_t frequency(uint32_t access) const;
  // The counter of an entry unused for so long, or used so often: RESTORE and RDB files.
  uint32_t from_idle(uint64_t idle_seconds) const {
    return (seconds_ - static_cast<uint32_t>(idle_seconds)) & 0xffffff;
  }
  uint32_t from_frequency(uint8_t frequency) const {
    return static_cast<uint32_t>(minutes_) << 8 | frequency;
  }

 private:
  uint32_t lfu_touched(uint32_t access) const;

  base::Random* const random_;
  bool lfu_ = false;
  uint32_t log_factor_ = 10;
  uint32_t decay_minutes_ = 1;
  uint32_t seconds_ = 0;
  uint16_t minutes_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_ACCESS_H_
