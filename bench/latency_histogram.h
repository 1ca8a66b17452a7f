// LatencyHistogram: percentiles of latencies within about 1.6 %, in constant memory.
//
// Buckets are log-linear: 64 of equal width for every power of two above 64 ns.

#ifndef BASALT_BENCH_LATENCY_HISTOGRAM_H_
#define BASALT_BENCH_LATENCY_HISTOGRAM_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace bench {

class LatencyHistogram {
 public:
  void add(uint64_t ns) {
    ++counts_[bucket_of(ns)];
    ++count_;
    max_ns_ = std::max(max_ns_, ns);
  }

  uint64_t count() const { return count_; }
  uint64_t max_ns() const { return max_ns_; }

  // The latency that `fraction` of all samples do not exceed; 0 without samples.
  uint64_t percentile_ns(double fraction) const {
    uint64_t wanted = static_cast<uint64_t>(fraction * static_cast<double>(count_));
    uint64_t seen = 0;
    for (uint32_t bucket = 0; bucket < kBuckets; ++bucket) {
      seen += counts_[bucket];
      if (seen > wanted) return std::min(upper_bound_of(bucket), max_ns_);
    }
    return max_ns_;
  }

 private:
  static constexpr uint32_t kSubBits = 6;
  static constexpr uint32_t kSub = 1u << kSubBits;
  static constexpr uint32_t kBuckets = kSub * (64 - kSubBits + 1);

  static uint32_t bucket_of(uint64_t ns) {
    if (ns < kSub) return static_cast<uint32_t>(ns);
    uint32_t shift = static_cast<uint32_t>(std::bit_width(ns)) - 1 - kSubBits;
    return kSub * (shift + 1) + static_cast<uint32_t>((ns >> shift) - kSub);
  }
  static uint64_t upper_bound_of(uint32_t bucket) {
    if (bucket < kSub) return bucket;
    uint32_t shift = bucket / kSub - 1;
    return ((static_cast<uint64_t>(bucket % kSub) + kSub + 1) << shift) - 1;
  }

  std::array<uint64_t, kBuckets> counts_{};
  uint64_t count_ = 0;
  uint64_t max_ns_ = 0;
};

}  // namespace bench

#endif  // BASALT_BENCH_LATENCY_HISTOGRAM_H_
