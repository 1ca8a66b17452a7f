#include "engine/index_cache.h"

#include <algorithm>

namespace engine {

namespace {

constexpr uint64_t kMiB = 1024 * 1024;

constexpr uint64_t kLeastShare = 8;
constexpr uint64_t kLeastBytesMin = 8 * kMiB;
constexpr uint64_t kLeastBytesMax = 4096 * kMiB;
// Without a limit.
constexpr uint64_t kUnlimitedBytes = 256 * kMiB;
// Rings, arena, libraries and threads take about so much, whatever the limit; of the rest the cache
// may have a little more than half.
constexpr uint64_t kProcessBytes = 32 * kMiB;
constexpr uint64_t kMostPercentOfRest = 55;

// A tick's growth: what demotion frees in a tick.
constexpr uint64_t kStepShare = 64;
constexpr uint64_t kStepBytesMin = 1 * kMiB;
constexpr uint64_t kStepBytesMax = 32 * kMiB;
// So near to its size the cache counts as full.
constexpr uint64_t kFullWithin = 16;
// Ticks without growth after the cache had to give way, so that it does not take the room back at
// once.
constexpr uint32_t kRestTicks = 300;
// A block in the cache takes its handle and its object beside its bytes.
constexpr uint64_t kCachedPercent = 108;
// Memtables take their arenas whole, and blocks of files that are gone leave last.
constexpr uint64_t kSpareBytes = 8 * kMiB;

}  // namespace

void IndexCache::set_maxmemory(uint64_t maxmemory) {
  reserve(0);
  if (maxmemory == 0) {
    least_ = most_ = bytes_ = kUnlimitedBytes;
    return;
  }
  const uint64_t rest = maxmemory - std::min(maxmemory, kProcessBytes);
  least_ = std::clamp(maxmemory / kLeastShare, kLeastBytesMin, kLeastBytesMax);
  most_ = std::max(least_, std::min(maxmemory / 2, rest / 100 * kMostPercentOfRest));
  step_ = std::clamp(maxmemory / kStepShare, kStepBytesMin, kStepBytesMax);
  bytes_ = std::clamp(bytes_, least_, most_);
}

void IndexCache::reserve(uint64_t bytes) {
  if (reserved_ != 0) budget_->release(reserved_);
  reserved_ = bytes;
  if (reserved_ != 0) budget_->reserve(reserved_);
}

void IndexCache::tick(const Sample& sample, uint64_t counted_bytes, bool pressed) {
  const bool missed = sample.device_reads > device_reads_;
  device_reads_ = sample.device_reads;
  const uint64_t wanted =
      std::clamp(sample.disk_bytes / 100 * kCachedPercent + sample.memtable_bytes + kSpareBytes,
                 least_, most_);
  if (pressed) rest_ticks_ = kRestTicks;
  if (pressed || wanted + 2 * step_ < bytes_) {
    reserve(0);
    bytes_ = std::max(pressed ? least_ : wanted, bytes_ - std::min(bytes_, step_));
    return;
  }
  const bool full = sample.cached_bytes + bytes_ / kFullWithin >= bytes_;
  if (rest_ticks_ > 0) --rest_ticks_;
  if (rest_ticks_ > 0 || bytes_ >= wanted || !full || (!missed && reserved_ == 0))
    return reserve(0);
  const uint64_t growth = std::min(step_, wanted - bytes_);
  reserve(growth);
  if (budget_->room(counted_bytes) < 0) return;
  reserve(0);
  bytes_ += growth;
}

}  // namespace engine
