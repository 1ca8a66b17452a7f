// IndexCache: how much of maxmemory the cache of the key index may take.
//
// An index that is in memory saves a device read per cold command, which is worth more than the
// few entries that its room would hold. So the cache begins at an eighth of maxmemory and grows, a
// step a tick, while look-ups miss it and it is smaller than the index:
//
//     least   1/8 of maxmemory
//     wanted  what index and memtables take in memory
//     most    half of maxmemory, less where the fixed costs of the process are a large part of it
//
// A step of growth is first reserved from the budget, so that demotion makes the room, and granted
// when the room is there. The cache shrinks when the index does, and when nothing else can leave;
// then it rests before it grows again.
//
// Loop thread only.

#ifndef BASALT_ENGINE_INDEX_CACHE_H_
#define BASALT_ENGINE_INDEX_CACHE_H_

#include <cstdint>

#include "engine/budget.h"

namespace engine {

class IndexCache {
 public:
  // What a tick knows of the index.
  struct Sample {
    uint64_t cached_bytes = 0;  // In the cache, memtables included.
    uint64_t memtable_bytes = 0;
    uint64_t disk_bytes = 0;    // Of the index's files.
    uint64_t device_reads = 0;  // Blocks that were not in the cache, since the start.
  };

  // `budget` outlives it.
  explicit IndexCache(Budget* budget) : budget_(budget) {}

  // 0: no limit. The cache is what the new limits allow at once.
  void set_maxmemory(uint64_t maxmemory);
  // Once a tick. `counted_bytes` as for Budget; when `pressed` nothing else can make room.
  void tick(const Sample& sample, uint64_t counted_bytes, bool pressed);

  // What the cache may take now.
  uint64_t bytes() const { return bytes_; }
  uint64_t least() const { return least_; }
  uint64_t most() const { return most_; }

 private:
  void reserve(uint64_t bytes);

  Budget* const budget_;
  uint64_t least_ = 0;
  uint64_t most_ = 0;
  uint64_t step_ = 0;
  uint64_t bytes_ = 0;
  uint64_t reserved_ = 0;  // For a step that waits for room.
  uint64_t device_reads_ = 0;
  uint32_t rest_ticks_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_INDEX_CACHE_H_
