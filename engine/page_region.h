// PageRegion: a table's memory, reserved from the kernel at once and resident page by page.
//
// Reserved pages are zero and cost nothing until touched. The owner says how far it has touched
// them (charge_to) and how much of the front it needs no more (release_to); the difference is what
// is counted. Growing tables use two: one given up from the front as the other fills.

#ifndef BASALT_ENGINE_PAGE_REGION_H_
#define BASALT_ENGINE_PAGE_REGION_H_

#include <cstddef>
#include <cstdint>

#include "base/memory.h"

namespace engine {

// Pages are given back in steps of this many bytes: returning a whole table at once would stop the
// loop for milliseconds.
inline constexpr uint64_t kReleaseStepBytes = 256 * 1024;

class PageRegion {
 public:
  PageRegion() = default;
  // Reserves `bytes` > 0 of zeros, aligned to a page; counted as `use`.
  PageRegion(uint64_t bytes, base::MemoryUse use);
  ~PageRegion();
  PageRegion(PageRegion&& other) noexcept;
  PageRegion& operator=(PageRegion&& other) noexcept;

  explicit operator bool() const { return data_ != nullptr; }
  std::byte* data() const { return data_; }

  // Bytes below `end` may have been touched. Never goes back.
  void charge_to(uint64_t end);
  // Bytes below `end` are needed no more; gives whole steps back. Never goes back.
  void release_to(uint64_t end);
  // Gives one step more back, wherever the front is; true while something resident is left.
  bool release_step();
  uint64_t resident_bytes() const { return charged_ - released_; }

 private:
  std::byte* data_ = nullptr;
  uint64_t bytes_ = 0;
  uint64_t charged_ = 0;
  uint64_t released_ = 0;
  base::MemoryUse use_ = base::MemoryUse::kTables;
};

}  // namespace engine

#endif  // BASALT_ENGINE_PAGE_REGION_H_
