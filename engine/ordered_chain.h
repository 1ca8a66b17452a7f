// OrderedChain: the entries of one bucket that a flood of colliding hashes has filled.
//
// Sorted by (hash, second hash, place), in blocks of at most kBlockItems under a directory of their
// first items: finding one among a million is a binary search over some 200 KB, inserting one moves
// at most a block. The second hash has a secret of its own, so that keys chosen to share the first
// do not share it; keys that share both are searched one by one.

#ifndef BASALT_ENGINE_ORDERED_CHAIN_H_
#define BASALT_ENGINE_ORDERED_CHAIN_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/random.h"
#include "engine/entry.h"

namespace engine {

class OrderedChain {
 public:
  struct Item {
    uint64_t hash;
    uint64_t second_hash;
    uint64_t pointer;  // Its lower six bytes are a slot.
    Entry* entry() const { return reinterpret_cast<Entry*>(pointer); }
    std::byte* place() { return reinterpret_cast<std::byte*>(&pointer); }
  };

  // The second hash's secret is derived from that of `hasher`.
  explicit OrderedChain(const base::KeyHasher& hasher);
  ~OrderedChain();
  OrderedChain(const OrderedChain&) = delete;
  OrderedChain& operator=(const OrderedChain&) = delete;

  // REQUIRES: its key is absent.
  void insert(uint64_t hash, Entry* entry);
  // Null when absent. The item stays where it is until the chain changes.
  Item* find(uint64_t hash, std::string_view key) const;
  // The item of `key` that points to `entry`, which is compared, never read.
  Item* find(uint64_t hash, std::string_view key, const Entry* entry) const;
  // Unlinks and returns the entry; null when absent.
  Entry* erase(uint64_t hash, std::string_view key);

  // Appends to `items` those from hash `from` on, in order: at most `items_max`, but always all
  // whose hashes have the same upper bits as the last one's (`equal_shift` lower bits are ignored).
  // True when none lie beyond.
  bool collect(uint64_t from, size_t items_max, unsigned equal_shift,
               std::vector<Item*>* items) const;
  // Unlinks the items below hash `end`, in order; with `end` 0, all.
  void erase_below(uint64_t end);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // REQUIRES: not empty.
  uint64_t front_hash() const;
  uint64_t back_hash() const;
  Entry* random_entry(base::Random& random) const;
  uint64_t allocated_bytes() const;

 private:
  static constexpr size_t kBlockItems = 256;
  struct Block {
    size_t count = 0;
    Item items[kBlockItems];
  };
  // The first item's order beside the block, so that a search stays in the directory.
  struct Directory {
    uint64_t hash;
    uint64_t second_hash;
    Block* block;
  };
  struct Position {
    size_t block;
    size_t index;
  };

  // The first item that is not below (hash, second_hash).
  Position lower_bound(uint64_t hash, uint64_t second_hash) const;
  Position position_of(uint64_t hash, std::string_view key) const;
  bool normalize(Position* position) const;
  void split(size_t block);
  void erase_at(Position position);

  base::KeyHasher second_hasher_;
  std::vector<Directory> directory_;
  size_t size_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_ORDERED_CHAIN_H_
