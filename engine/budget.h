// Budget: how much more memory may be taken before resident memory would pass its limit (P1).
//
// Every 100 ms the engine samples the resident set. Between two samples counted memory
// (base/memory.h) may grow by what was free at the sample:
//
//     maxmemory + 1/32 ------------------------------------------ nothing may be reused
//     target    - 3/100 below maxmemory: what a sample may miss --
//                 room at the sample + what is free inside the allocator (a part of it)
//     resident  = counted + free inside the allocator + what nobody counts
//
// Demotion frees entries here and there, so most of what it frees stays resident until other
// entries take the places or the defragmenter moves them together. Above the target writes go on
// in that free space as long as the resident set shows that they do: it does not grow by them.
//
// With the tier off the limit is on counted memory alone, as Redis means maxmemory.
//
// Reservations are memory that was promised and is not taken yet. All in bytes. Loop thread only.

#ifndef BASALT_ENGINE_BUDGET_H_
#define BASALT_ENGINE_BUDGET_H_

#include <cstdint>

namespace engine {

class Budget {
 public:
  struct Limits {
    uint64_t maxmemory = 0;           // 0: none.
    bool bounds_resident = false;     // The tier is on: the limit is on the resident set.
    uint32_t low_water_percent = 90;  // Demotion starts above this part of the target.
  };

  void set_limits(const Limits& limits);
  const Limits& limits() const { return limits_; }
  bool limited() const { return limits_.maxmemory != 0; }

  // A sample: the resident set, and the counted memory at the same moment.
  void sample(uint64_t resident_bytes, uint64_t counted_bytes);

  // What counted memory may grow by now, reservations taken off; negative when it is over.
  int64_t room(uint64_t counted_bytes) const;
  // What demotion has to free so that writers find room; 0 below the low-water mark.
  uint64_t excess(uint64_t counted_bytes) const;
  // What one request may need at most; UINT64_MAX unless resident memory is bounded.
  uint64_t request_bytes_max() const;

  void reserve(uint64_t bytes) { reserved_ += bytes; }
  // REQUIRES: that much is reserved.
  void release(uint64_t bytes);
  uint64_t reserved_bytes() const { return reserved_; }

  uint64_t resident_bytes() const { return resident_; }
  uint64_t resident_peak_bytes() const { return resident_peak_; }
  // Resident but not counted: free space inside the allocator and libraries' own memory.
  uint64_t uncounted_bytes() const { return uncounted_; }
  // The last samples left no room at all, for a second.
  bool starved() const { return starved_samples_ > kStarvedSamplesMax; }
  // Entries are being moved together: what is free inside the allocator comes back.
  void set_moving(bool moving) { moving_ = moving; }
  // So much of it is free inside the allocator that moving entries together would pay.
  bool worth_defragmenting() const;

 private:
  static constexpr uint32_t kStarvedSamplesMax = 10;

  uint64_t target() const;
  // Free inside the allocator, as of the last sample.
  uint64_t free_bytes() const {
    return limits_.bounds_resident && uncounted_ > uncounted_least_ ? uncounted_ - uncounted_least_
                                                                    : 0;
  }

  Limits limits_;
  uint64_t resident_ = 0;
  uint64_t resident_peak_ = 0;
  uint64_t uncounted_ = 0;
  uint64_t uncounted_least_ = UINT64_MAX;  // The part that is never free space.
  uint64_t ceiling_ = UINT64_MAX;          // For counted memory, until the next sample.
  uint64_t reserved_ = 0;
  uint64_t reuse_ = 0;  // How much of the free space a sample's worth of writes may count on.
  bool moving_ = false;
  uint32_t starved_samples_ = 0;  // The last ones, which left no room.
  uint64_t reusable_ = 0;         // What of it the ceiling has.
};

}  // namespace engine

#endif  // BASALT_ENGINE_BUDGET_H_
