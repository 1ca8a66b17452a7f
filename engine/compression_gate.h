// CompressionGate: whether values that leave memory are worth compressing, by how the last ones
// did.
//
// Trying costs some 6 us per KiB, a third of what it costs to take a value in and to write it out;
// values that cannot be compressed (encrypted, compressed already) mostly come from the same
// application as the next ones. While fewer than a quarter of the last ones became smaller, only
// every 16th is tried.

#ifndef BASALT_ENGINE_COMPRESSION_GATE_H_
#define BASALT_ENGINE_COMPRESSION_GATE_H_

#include <cstdint>

namespace engine {

class CompressionGate {
 public:
  // Whether to try the next value.
  bool opens() { return score_ >= kOpen || ++skipped_ % kTryEvery == 0; }
  // A value was tried: did it become smaller?
  void note(bool smaller) {
    score_ += smaller ? (kScale - score_) / kHistory : 0;
    score_ -= smaller ? 0 : score_ / kHistory;
  }

 private:
  static constexpr uint32_t kScale = 1024;
  static constexpr uint32_t kOpen = kScale / 4;
  static constexpr uint32_t kTryEvery = 16;
  static constexpr uint32_t kHistory = 32;

  uint32_t score_ = kScale;
  uint32_t skipped_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_COMPRESSION_GATE_H_
