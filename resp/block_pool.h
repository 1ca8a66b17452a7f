// BlockPool: recycled blocks for query and reply buffers of one loop.
//
// Blocks are powers of two; small ones wait in a list per size, last returned first handed out, so
// that the connections of a turn share the few blocks that are in the CPU's cache and an idle
// connection holds none. Everything is counted as MemoryUse::kClients.

#ifndef BASALT_RESP_BLOCK_POOL_H_
#define BASALT_RESP_BLOCK_POOL_H_

#include <array>
#include <bit>
#include <cstddef>
#include <new>

namespace resp {

class BlockPool {
 public:
  static constexpr size_t kBlockBytesMin = 1024;
  // Larger blocks come from the allocator and go back to it.
  static constexpr size_t kPooledBytesMax = 64 * 1024;
  // What one size's list keeps at most.
  static constexpr size_t kSpareBytesMax = 256 * 1024;

  BlockPool() = default;
  ~BlockPool() { release_spare(); }
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // The size of the block that `bytes` need.
  static size_t block_bytes(size_t bytes) {
    return bytes <= kBlockBytesMin ? kBlockBytesMin : std::bit_ceil(bytes);
  }
  // A block of exactly `block_bytes`, a value of block_bytes().
  char* take(size_t block_bytes);
  // Returns a block of take(); null is not allowed.
  void give(char* block, size_t block_bytes);
  // Frees the blocks that wait.
  void release_spare();

 private:
  struct Spare {
    Spare* next;
  };
  struct List {
    Spare* first = nullptr;
    size_t count = 0;
  };
  static constexpr size_t kLists =
      std::countr_zero(kPooledBytesMax) - std::countr_zero(kBlockBytesMin) + 1;

  static size_t list_index(size_t block_bytes) {
    return static_cast<size_t>(std::countr_zero(block_bytes) - std::countr_zero(kBlockBytesMin));
  }

  std::array<List, kLists> lists_;
};

}  // namespace resp

#endif  // BASALT_RESP_BLOCK_POOL_H_
