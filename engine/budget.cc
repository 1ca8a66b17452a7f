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
constexpr uint64_t kReuseBytesMaxShare = 32;  // Of maxmemory.
constexpr uint64_t kReuseBytesMaxMin = 8 * 1024 * 1024;
constexpr uint64_t kReuseSteps = 8;
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
  const uint64_t before = resident_;
  resident_ = resident_bytes;
  resident_peak_ = std::max(resident_peak_, resident_bytes);
  uncounted_ = resident_bytes > counted_bytes ? resident_bytes - counted_bytes : 0;
  uncounted_least_ = std::min(uncounted_least_, uncounted_);
  if (!limited()) return;
  if (!limits_.bounds_resident) {
    ceiling_ = limits_.maxmemory;
    return;
  }
  const uint64_t reuse_max = std::max(limits_.maxmemory / kReuseBytesMaxShare, kReuseBytesMaxMin);
  // Whether writes land in free space shows in the resident set, which then stays where it is.
  const bool grew = resident_bytes > before + reuse_max / kReuseSteps;
  if (grew && resident_bytes > target()) {
    reuse_ /= 2;
  } else {
    reuse_ = std::min(reuse_ + reuse_max / kReuseSteps, reuse_max);
  }
  const bool may_reuse = resident_bytes <= limits_.maxmemory + reuse_max;
  reusable_ = may_reuse ? std::min(free_bytes() / kReusableShare, reuse_) : 0;
  int64_t headroom = static_cast<int64_t>(target()) - static_cast<int64_t>(resident_bytes);
  if (reusable_ > 0) headroom = std::max<int64_t>(headroom, 0) + static_cast<int64_t>(reusable_);
  const int64_t ceiling = static_cast<int64_t>(counted_bytes) + headroom;
  ceiling_ = static_cast<uint64_t>(std::max<int64_t>(ceiling, 0));
  starved_samples_ = headroom < 0 ? starved_samples_ + 1 : 0;
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
  // What is free inside the allocator becomes room when entries have been moved together; freeing
  // more of them would only spread it further. Unless it does not come: not all of it is theirs.
  const bool comes = moving_ && !starved();
  const uint64_t coming = comes ? (free_bytes() - reusable_) / kReusableShare : 0;
  const int64_t missing = wanted - room(counted_bytes) - static_cast<int64_t>(coming);
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
  if (!limited() || !limits_.bounds_resident) return false;
  return free_bytes() > target() / 100 * kDefragmentPercent;
}

}  // namespace engine
