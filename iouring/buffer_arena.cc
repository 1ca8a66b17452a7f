#include "iouring/buffer_arena.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/memory.h"

namespace iouring {

BufferArena::BufferArena(size_t bytes) : bytes_(base::align_down(bytes, kSlabBytes)) {
  if (bytes_ == 0) return;
  memory_ = static_cast<std::byte*>(
      base::allocate_aligned(bytes_, base::kDiskAlignBytes, base::MemoryUse::kIo));
  slabs_.resize(bytes_ / kSlabBytes);
  for (auto& slabs : with_room_) slabs.reserve(slabs_.size());
  for (size_t slab = slabs_.size(); slab > 0; --slab)
    empty_.push_back(static_cast<uint32_t>(slab - 1));
}

BufferArena::~BufferArena() { base::deallocate(memory_, base::MemoryUse::kIo); }

size_t BufferArena::size_index_of(size_t bytes) {
  const size_t pages = (bytes + base::kDiskAlignBytes - 1) / base::kDiskAlignBytes;
  return static_cast<size_t>(std::countr_zero(std::bit_ceil(pages)));
}

uint64_t BufferArena::all_free(size_t size_index) {
  const size_t buffers = size_t{1} << (kSizes - 1 - size_index);
  return buffers == 64 ? UINT64_MAX : (uint64_t{1} << buffers) - 1;
}

std::byte* BufferArena::take(size_t bytes) {
  CHECK(bytes > 0 && bytes <= base::kIoBytesMax);
  const size_t size_index = size_index_of(bytes);
  auto& candidates = with_room_[size_index];
  if (candidates.empty()) {
    if (empty_.empty()) return nullptr;
    const uint32_t fresh = empty_.back();
    empty_.pop_back();
    slabs_[fresh] = {size_index, all_free(size_index)};
    candidates.push_back(fresh);
  }
  const uint32_t index = candidates.back();
  Slab& slab = slabs_[index];
  const auto buffer = static_cast<size_t>(std::countr_zero(slab.free));
  slab.free &= slab.free - 1;
  if (slab.free == 0) candidates.pop_back();
  return memory_ + index * kSlabBytes + buffer * (base::kDiskAlignBytes << size_index);
}

void BufferArena::give_back(std::byte* buffer) {
  CHECK(contains(buffer));
  const auto offset = static_cast<size_t>(buffer - memory_);
  const auto index = static_cast<uint32_t>(offset / kSlabBytes);
  Slab& slab = slabs_[index];
  const size_t size = base::kDiskAlignBytes << slab.size_index;
  CHECK_EQ(offset % size, 0u);
  const uint64_t bit = uint64_t{1} << (offset % kSlabBytes / size);
  CHECK_EQ(slab.free & bit, 0u);
  auto& candidates = with_room_[slab.size_index];
  if (slab.free == 0) candidates.push_back(index);
  slab.free |= bit;
  if (slab.free != all_free(slab.size_index)) return;
  candidates.erase(std::find(candidates.begin(), candidates.end(), index));
  empty_.push_back(index);
}

}  // namespace iouring
