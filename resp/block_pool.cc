#include "resp/block_pool.h"

#include "base/memory.h"

namespace resp {

char* BlockPool::take(size_t block_bytes) {
  if (block_bytes <= kPooledBytesMax) {
    List& list = lists_[list_index(block_bytes)];
    if (list.first != nullptr) {
      Spare* const spare = list.first;
      list.first = spare->next;
      --list.count;
      return reinterpret_cast<char*>(spare);
    }
  }
  return static_cast<char*>(base::allocate(block_bytes, base::MemoryUse::kClients));
}

void BlockPool::give(char* block, size_t block_bytes) {
  if (block_bytes <= kPooledBytesMax) {
    List& list = lists_[list_index(block_bytes)];
    if (list.count < kSpareBytesMax / block_bytes) {
      list.first = new (block) Spare{list.first};
      ++list.count;
      return;
    }
  }
  base::deallocate(block, base::MemoryUse::kClients);
}

void BlockPool::release_spare() {
  for (List& list : lists_) {
    while (list.first != nullptr) {
      Spare* const spare = list.first;
      list.first = spare->next;
      base::deallocate(spare, base::MemoryUse::kClients);
    }
    list.count = 0;
  }
}

}  // namespace resp
