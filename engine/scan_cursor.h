// ScanCursors: positions of SCAN as clients see them.
//
// A position is a hash whose low bits are zero (Dictionary::scan, KeyIndex::walk): 52 bits, so that
// clients may keep cursors in doubles. Sent as they are, they would tell the order of hashes, and
// with it how to make keys that collide; so they pass through a permutation of the 52-bit numbers
// that is keyed by a secret of this run. Position 0, start and end of every walk, stays 0, and no
// other position becomes 0.

#ifndef BASALT_ENGINE_SCAN_CURSOR_H_
#define BASALT_ENGINE_SCAN_CURSOR_H_

#include <array>
#include <cstdint>

#include "base/random.h"
#include "engine/dictionary.h"

namespace engine {

class ScanCursors {
 public:
  explicit ScanCursors(base::Random& random);

  // REQUIRES: `position` is a multiple of kScanUnit.
  uint64_t cursor_of(uint64_t position) const;
  // Any cursor names a position: what a client makes up is a walk that starts somewhere.
  uint64_t position_of(uint64_t cursor) const;

 private:
  static constexpr size_t kRounds = 6;

  uint64_t permute(uint64_t prefix) const;
  uint64_t restore(uint64_t cursor) const;

  std::array<uint64_t, kRounds> secrets_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_SCAN_CURSOR_H_
