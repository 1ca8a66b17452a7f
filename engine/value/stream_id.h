// StreamId: when an entry of a stream was added, and which it was in that millisecond.

#ifndef BASALT_ENGINE_VALUE_STREAM_ID_H_
#define BASALT_ENGINE_VALUE_STREAM_ID_H_

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace engine {

struct StreamId {
  static constexpr size_t kBytes = 16;

  uint64_t ms = 0;
  uint64_t sequence = 0;

  static constexpr StreamId max() { return {UINT64_MAX, UINT64_MAX}; }
  // From its bytes, both numbers big-endian, so that they compare as the numbers do.
  static StreamId from(const std::byte* bytes) {
    return {base::load_be<uint64_t>(bytes), base::load_be<uint64_t>(bytes + 8)};
  }
  void write(std::byte* to) const {
    base::store_be(to, ms);
    base::store_be(to + 8, sequence);
  }
  std::array<std::byte, kBytes> bytes() const {
    std::array<std::byte, kBytes> to;
    write(to.data());
    return to;
  }
  // Where it stands among the tags of a tree: ascending, about a minute wide.
  uint32_t tag() const { return static_cast<uint32_t>(std::min<uint64_t>(ms >> 16, UINT32_MAX)); }

  bool is_zero() const { return ms == 0 && sequence == 0; }
  // The neighbours. False when there is none.
  bool increment() {
    if (sequence != UINT64_MAX) {
      ++sequence;
    } else if (ms != UINT64_MAX) {
      ++ms;
      sequence = 0;
    } else {
      return false;
    }
    return true;
  }
  bool decrement() {
    if (sequence != 0) {
      --sequence;
    } else if (ms != 0) {
      --ms;
      sequence = UINT64_MAX;
    } else {
      return false;
    }
    return true;
  }

  friend auto operator<=>(const StreamId&, const StreamId&) = default;
};

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_STREAM_ID_H_
