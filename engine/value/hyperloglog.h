// HyperLogLog: an estimate of how many different elements were added, in a string of Redis's bytes.
//
//   offset 0   "HYLL"
//          4   encoding: 0 dense, 1 sparse
//          5   three zeros
//          8   the estimate, 8 bytes little-endian, highest bit set while it is out of date
//         16   16384 registers
//                dense   6 bits each, the first in the lowest bits of the first byte
//                sparse  runs: 00xxxxxx          x+1 registers of 0
//                              01xxxxxx yyyyyyyy xy+1 registers of 0
//                              1vvvvvxx          x+1 registers of v+1
//
// Both encodings and the choice between them are those of redis-server 7.0, byte for byte. The
// estimator is Otmar Ertl's, "New cardinality estimation algorithms for HyperLogLog sketches",
// arXiv:1702.01284.

#ifndef BASALT_ENGINE_VALUE_HYPERLOGLOG_H_
#define BASALT_ENGINE_VALUE_HYPERLOGLOG_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace engine {

inline constexpr size_t kHllRegisters = 16384;
inline constexpr size_t kHllHeaderBytes = 16;
inline constexpr size_t kHllDenseBytes = kHllHeaderBytes + kHllRegisters * 6 / 8;

// A register that an element raises.
struct HllHit {
  uint32_t index;  // Below kHllRegisters.
  uint8_t value;   // 1 to 51.
};
HllHit hll_hit(std::string_view element);

using HllRegisters = std::array<uint8_t, kHllRegisters>;

// By the registers' values.
uint64_t hll_estimate(const HllRegisters& registers);

class HyperLogLog {
 public:
  enum class Update : uint8_t { kUnchanged, kRaised, kCorrupt };

  // Sparse, all registers 0.
  HyperLogLog();
  // REQUIRES: looks_valid(bytes).
  explicit HyperLogLog(std::string bytes) : bytes_(std::move(bytes)) {}

  // The header and, of a dense one, the length. What a sparse one holds may still be corrupt.
  static bool looks_valid(std::string_view bytes);

  const std::string& bytes() const { return bytes_; }
  bool is_dense() const { return bytes_[4] == 0; }

  // Raises a register to `hit.value` if it is lower. A sparse one that would outgrow
  // `sparse_bytes_max` becomes dense.
  Update raise(HllHit hit, size_t sparse_bytes_max);
  // False when it is corrupt.
  bool make_dense();
  // Takes the higher of each register into `registers`; false when it is corrupt.
  bool merge_into(HllRegisters* registers) const;

  // The estimate that it carries, unless out of date.
  std::optional<uint64_t> cached_estimate() const;
  void set_cached_estimate(uint64_t estimate);
  void invalidate_estimate();

  // The runs of a sparse one as PFDEBUG DECODE prints them.
  std::string decode_sparse() const;

 private:
  Update raise_dense(HllHit hit);
  Update raise_sparse(HllHit hit, size_t sparse_bytes_max);
  // Joins neighbours of one value around `at`.
  void join_runs(size_t at);

  std::string bytes_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_HYPERLOGLOG_H_
