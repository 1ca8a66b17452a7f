// RandomRanks: which elements of an aggregate a random choice without repetition falls on.
//
// A few of many are drawn one by one; a large share is decided element by element on one walk
// (selection sampling, Knuth 3.4.2 S), with no memory for what was drawn.

#ifndef BASALT_ENGINE_COMMANDS_RANDOM_RANKS_H_
#define BASALT_ENGINE_COMMANDS_RANDOM_RANKS_H_

#include <algorithm>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "base/random.h"

namespace engine {

class RandomRanks {
 public:
  // `wanted` of `size` elements, at most all.
  RandomRanks(base::Random& random, uint64_t size, uint64_t wanted)
      : random_(random), size_(size), wanted_(std::min(size, wanted)), left_(wanted_) {}

  uint64_t wanted() const { return wanted_; }
  bool one_by_one() const { return wanted_ * kWalkShare <= size_; }

  // The ranks, in random order. REQUIRES: one_by_one().
  std::vector<uint64_t> chosen() {
    std::vector<uint64_t> ranks;
    std::unordered_set<uint64_t> seen;
    while (ranks.size() < wanted_) {
      const uint64_t rank = random_.below(size_);
      if (seen.insert(rank).second) ranks.push_back(rank);
    }
    return ranks;
  }

  // Whether the next element of the walk is one of them; to be asked for each.
  bool takes_next() {
    const bool takes = random_.below(size_ - passed_) < left_;
    ++passed_;
    if (takes) --left_;
    return takes;
  }

 private:
  static constexpr uint64_t kWalkShare = 3;

  base::Random& random_;
  const uint64_t size_;
  const uint64_t wanted_;
  uint64_t left_;
  uint64_t passed_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_RANDOM_RANKS_H_
