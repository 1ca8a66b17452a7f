// LatencyHistogram: how often which duration occurred, in constant space.
//
// Buckets are powers of two of nanoseconds, each split in four: a quantile is at most 25 % above
// the true one. 1 KiB, no allocation, an addition costs a few cycles.

#ifndef BASALT_IOURING_LATENCY_HISTOGRAM_H_
#define BASALT_IOURING_LATENCY_HISTOGRAM_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace iouring {

class LatencyHistogram {
 public:
  void add(uint64_t ns) {
    ++counts_[bucket_of(ns)];
    ++count_;
    sum_ns_ += ns;
    if (ns > max_ns_) max_ns_ = ns;
  }

  uint64_t count() const { return count_; }
  uint64_t sum_ns() const { return sum_ns_; }
  uint64_t max_ns() const { return max_ns_; }

  // The upper end of the bucket in which the quantile lies, never above max_ns(); 0 when empty.
  // `per_mille` is 500 for the median, 999 for p99.9.
  uint64_t quantile_ns(uint32_t per_mille) const {
    if (count_ == 0) return 0;
    const uint64_t rank = (count_ * per_mille + 999) / 1000;
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
      seen += counts_[bucket];
      if (seen >= rank && seen > 0) {
        const uint64_t upper = upper_ns(bucket);
        return upper < max_ns_ ? upper : max_ns_;
      }
    }
    return max_ns_;
  }

  // How many were shorter. REQUIRES: a power of two, at least 4.
  uint64_t count_below(uint64_t ns) const {
    uint64_t below = 0;
    for (size_t bucket = 0; bucket < bucket_of(ns); ++bucket) below += counts_[bucket];
    return below;
  }

  void reset() { *this = LatencyHistogram(); }

 private:
  // Durations from 2^41 ns (37 minutes) on share the last bucket.
  static constexpr size_t kBuckets = 160;

  static size_t bucket_of(uint64_t ns) {
    if (ns < 4) return static_cast<size_t>(ns);
    const auto exponent = static_cast<size_t>(std::bit_width(ns)) - 1;
    const size_t bucket = (exponent - 1) * 4 + ((ns >> (exponent - 2)) & 3);
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }
  static uint64_t upper_ns(size_t bucket) {
    if (bucket < 4) return bucket;
    const size_t exponent = bucket / 4 + 1;
    return ((uint64_t{4} + bucket % 4 + 1) << (exponent - 2)) - 1;
  }

  std::array<uint64_t, kBuckets> counts_{};
  uint64_t count_ = 0;
  uint64_t sum_ns_ = 0;
  uint64_t max_ns_ = 0;
};

}  // namespace iouring

#endif  // BASALT_IOURING_LATENCY_HISTOGRAM_H_
