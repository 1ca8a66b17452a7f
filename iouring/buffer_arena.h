// BufferArena: aligned buffers out of one block of memory that can be registered with the kernel.
//
// The block is cut into slabs of 256 KiB; a slab serves one size (4 KiB to 256 KiB, powers of two)
// for as long as one of its buffers is out. No allocation after construction.

#ifndef BASALT_IOURING_BUFFER_ARENA_H_
#define BASALT_IOURING_BUFFER_ARENA_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"

namespace iouring {

class BufferArena {
 public:
  // `bytes` is rounded down to whole slabs; 0 makes an arena that is always full.
  explicit BufferArena(size_t bytes);
  ~BufferArena();
  BufferArena(const BufferArena&) = delete;
  BufferArena& operator=(const BufferArena&) = delete;

  // At most base::kIoBytesMax. Null when nothing of that size is free.
  std::byte* take(size_t bytes);
  void give_back(std::byte* buffer);
  bool contains(const std::byte* address) const {
    return address >= memory_ && address < memory_ + bytes_;
  }
  base::MutableByteSpan memory() const { return {memory_, bytes_}; }

 private:
  static constexpr size_t kSlabBytes = base::kIoBytesMax;
  static constexpr size_t kSizes = 7;
  static_assert(base::kDiskAlignBytes << (kSizes - 1) == kSlabBytes);

  struct Slab {
    size_t size_index = 0;
    uint64_t free = 0;  // A bit per buffer.
  };

  static size_t size_index_of(size_t bytes);
  static uint64_t all_free(size_t size_index);

  size_t bytes_;
  std::byte* memory_ = nullptr;
  std::vector<Slab> slabs_;
  std::vector<uint32_t> empty_;                          // Slabs without a size.
  std::array<std::vector<uint32_t>, kSizes> with_room_;  // Slabs in use with a free buffer.
};

}  // namespace iouring

#endif  // BASALT_IOURING_BUFFER_ARENA_H_
