#include "engine/budget.h"

#include <algorithm>

#include "base/check.h"

namespace engine {

namespace {

// A sample is 100 ms old at worst and resident memory grows in the allocator's steps.
constexpr uint64_t kTargetPerMille = 970;
// Free space inside the allocator is reused by entries of the same size only, so that just a part
// of it counts as room, and never more than a sample's worth of filling.
constexpr uint64_t kReusableShare = 2;
constexpr uint64_t kReusableBytesMax = 8 * 1024 * 1024;
constexpr uint64_t kRequestShare = 4;
constexpr uint64_t kDefragmentPercent = 10;

}  // namespace

void Budget::set_limits(const Limits& limits) {
  limits_ = limits;
  ceiling_ = limited() ? target() : UINT64_MAX;
  if (limited() && limits_.bounds_resident && resident_ != 0)
    sample(resident_, resident_ - uncounted_);
}

uint64_t Budget::target() const {
  return limits_.bounds_resident ? limits_.maxmemory / 1000 * kTargetPerMille : limits_.maxmemory;
}

void Budget::sample(uint64_t resident_bytes, uint64_t counted_bytes) {
  resident_ = resident_bytes;
  resident_peak_ = std::max(resident_peak_, resident_bytes);
  uncounted_ = resident_bytes > counted_bytes ? resident_bytes - counted_bytes : 0;
  uncounted_least_ = std::min(uncounted_least_, uncounted_);
  if (!limited()) return;
  if (!limits_.bounds_resident) {
    ceiling_ = limits_.maxmemory;
    return;
  }
  const uint64_t reusable =
      resident_bytes < limits_.maxmemory
          ? std::min((uncounted_ - uncounted_least_) / kReusableShare, kReusableBytesMax)
          : 0;
  // Unsigned on purpose: counted + target - resident may be below counted, never below zero, since
  // what is counted is resident but for pages not touched yet.
  const uint64_t headroom_end = counted_bytes + target() + reusable;
  ceiling_ = headroom_end > resident_bytes ? headroom_end - resident_bytes : 0;
}

int64_t Budget::room(uint64_t counted_bytes) const {
  if (!limited()) return INT64_MAX;
  return static_cast<int64_t>(ceiling_) - static_cast<int64_t>(counted_bytes) -
         static_cast<int64_t>(reserved_);
}

uint64_t Budget::excess(uint64_t counted_bytes) const {
  if (!limited()) return 0;
  const int64_t wanted =
      static_cast<int64_t>(target() / 100 * (100 - std::min(limits_.low_water_percent, 100u)));
  const int64_t missing = wanted - room(counted_bytes);
  return missing > 0 ? static_cast<uint64_t>(missing) : 0;
}

uint64_t Budget::request_bytes_max() const {
  const bool bounded = limited() && limits_.bounds_resident;
  return bounded ? limits_.maxmemory / kRequestShare : UINT64_MAX;
}

void Budget::release(uint64_t bytes) {
  CHECK_LE(bytes, reserved_);
  reserved_ -= bytes;
}

bool Budget::worth_defragmenting() const {
  if (!limited() || !limits_.bounds_resident || uncounted_ <= uncounted_least_) return false;
  return uncounted_ - uncounted_least_ > target() / 100 * kDefragmentPercent;
}

}  // namespace engine
