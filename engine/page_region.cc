#include "engine/page_region.h"

#include <sys/mman.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"

namespace engine {

namespace {
constexpr uint64_t kPageBytes = 4096;
}

PageRegion::PageRegion(uint64_t bytes, base::MemoryUse use)
    : bytes_(base::align_up(bytes, kPageBytes)), use_(use) {
  CHECK_GT(bytes, 0u);
  void* const memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(memory != MAP_FAILED);
  data_ = static_cast<std::byte*>(memory);
}

PageRegion::~PageRegion() {
  if (data_ == nullptr) return;
  base::charge(use_, -static_cast<int64_t>(resident_bytes()));
  munmap(data_ + released_, bytes_ - released_);
}

PageRegion::PageRegion(PageRegion&& other) noexcept { *this = std::move(other); }

PageRegion& PageRegion::operator=(PageRegion&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  std::swap(charged_, other.charged_);
  std::swap(released_, other.released_);
  std::swap(use_, other.use_);
  return *this;
}

void PageRegion::charge_to(uint64_t end) {
  end = std::min(base::align_up(end, kPageBytes), bytes_);
  if (end <= charged_) return;
  base::charge(use_, static_cast<int64_t>(end - charged_));
  charged_ = end;
}

bool PageRegion::release_step() {
  if (released_ + kReleaseStepBytes < charged_) release_to(released_ + kReleaseStepBytes);
  return released_ + kReleaseStepBytes < charged_;
}

void PageRegion::release_to(uint64_t end) {
  end = base::align_down(end, kReleaseStepBytes);
  while (released_ < end) {
    // What is behind is never touched again, so its addresses go too.
    CHECK_EQ(munmap(data_ + released_, kReleaseStepBytes), 0);
    released_ += kReleaseStepBytes;
    CHECK_LE(released_, charged_);
    base::charge(use_, -static_cast<int64_t>(kReleaseStepBytes));
  }
}

}  // namespace engine
