// Random: the only source of chance (hash secrets, sampling, LFU counters, run ids), so that a
// simulation with the same seed makes the same choices.

#ifndef BASALT_BASE_RANDOM_H_
#define BASALT_BASE_RANDOM_H_

#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"

namespace base {

// xoshiro256** by Blackman and Vigna (https://prng.di.unimi.it/), seeded through SplitMix64.
// Not for cryptography.
class Random {
 public:
  explicit Random(uint64_t seed);
  // Seeded from the kernel's entropy.
  static Random from_entropy();

  uint64_t next();
  // Uniform in [0, bound). REQUIRES: bound > 0.
  uint64_t below(uint64_t bound) {
    CHECK_GT(bound, 0u);
    return multiply_high(next(), bound);
  }
  // True once in `n` calls on average.
  bool one_in(uint64_t n) { return below(n) == 0; }

 private:
  uint64_t state_[4];
};

}  // namespace base

#endif  // BASALT_BASE_RANDOM_H_
