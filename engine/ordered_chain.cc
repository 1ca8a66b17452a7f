#include "engine/ordered_chain.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/check.h"
#include "base/memory.h"

namespace engine {

namespace {

constexpr auto kUse = base::MemoryUse::kTables;

template <class A, class B>
bool below(const A& a, const B& b) {
  return a.hash != b.hash ? a.hash < b.hash : a.second_hash < b.second_hash;
}

base::KeyHasher second_hasher(const base::KeyHasher& hasher) {
  base::KeyHasher::Secret secret = hasher.secret();
  std::reverse(secret.begin(), secret.end());
  for (std::byte& b : secret) b ^= std::byte{0x5c};
  return base::KeyHasher(secret);
}

}  // namespace

OrderedChain::OrderedChain(const base::KeyHasher& hasher) : second_hasher_(second_hasher(hasher)) {}

OrderedChain::~OrderedChain() {
  for (const Directory& entry : directory_) base::deallocate(entry.block, kUse);
}

OrderedChain::Position OrderedChain::lower_bound(uint64_t hash, uint64_t second_hash) const {
  const Item wanted{hash, second_hash, 0};
  // Equal items may begin in the block before the first that starts with them.
  const auto at = std::lower_bound(directory_.begin(), directory_.end(), wanted,
                                   [](const Directory& a, const Item& b) { return below(a, b); });
  if (at == directory_.begin()) return {0, 0};
  const auto block_index = static_cast<size_t>(at - directory_.begin()) - 1;
  const Block& block = *directory_[block_index].block;
  const Item* const item =
      std::lower_bound(block.items, block.items + block.count, wanted,
                       [](const Item& a, const Item& b) { return below(a, b); });
  return {block_index, static_cast<size_t>(item - block.items)};
}

// Moves a position at a block's end to the next block; false at the end of all.
bool OrderedChain::normalize(Position* position) const {
  while (position->block < directory_.size()) {
    if (position->index < directory_[position->block].block->count) return true;
    *position = {position->block + 1, 0};
  }
  return false;
}

OrderedChain::Position OrderedChain::position_of(uint64_t hash, std::string_view key) const {
  const uint64_t second = second_hasher_.hash64(key);
  Position at = lower_bound(hash, second);
  for (; normalize(&at); ++at.index) {
    const Item& item = directory_[at.block].block->items[at.index];
    if (item.hash != hash || item.second_hash != second) break;
    if (item.entry()->key() == key) return at;
  }
  return {directory_.size(), 0};
}

OrderedChain::Item* OrderedChain::find(uint64_t hash, std::string_view key) const {
  const Position at = position_of(hash, key);
  return at.block == directory_.size() ? nullptr : &directory_[at.block].block->items[at.index];
}

OrderedChain::Item* OrderedChain::find(uint64_t hash, std::string_view key,
                                       const Entry* entry) const {
  const uint64_t second = second_hasher_.hash64(key);
  Position at = lower_bound(hash, second);
  for (; normalize(&at); ++at.index) {
    Item& item = directory_[at.block].block->items[at.index];
    if (item.hash != hash || item.second_hash != second) break;
    if (item.entry() == entry) return &item;
  }
  return nullptr;
}

void OrderedChain::insert(uint64_t hash, Entry* entry) {
  const uint64_t second = second_hasher_.hash64(entry->key());
  if (directory_.empty())
    directory_.push_back({hash, second, new (base::allocate(sizeof(Block), kUse)) Block});
  Position at = lower_bound(hash, second);
  if (directory_[at.block].block->count == kBlockItems) {
    split(at.block);
    at = lower_bound(hash, second);
  }
  Block& block = *directory_[at.block].block;
  CHECK_LT(block.count, kBlockItems);
  Item* const place = block.items + at.index;
  std::memmove(place + 1, place, (block.count - at.index) * sizeof(Item));
  *place = {hash, second, reinterpret_cast<uint64_t>(entry)};
  ++block.count;
  if (at.index == 0) directory_[at.block] = {hash, second, &block};
  ++size_;
}

void OrderedChain::split(size_t index) {
  Block& full = *directory_[index].block;
  auto* const upper = new (base::allocate(sizeof(Block), kUse)) Block;
  const size_t kept = full.count / 2;
  upper->count = full.count - kept;
  std::copy_n(full.items + kept, upper->count, upper->items);
  full.count = kept;
  directory_.insert(directory_.begin() + static_cast<ptrdiff_t>(index) + 1,
                    {upper->items[0].hash, upper->items[0].second_hash, upper});
}

void OrderedChain::erase_at(Position at) {
  Block& block = *directory_[at.block].block;
  Item* const place = block.items + at.index;
  std::memmove(place, place + 1, (block.count - at.index - 1) * sizeof(Item));
  --block.count;
  --size_;
  if (block.count == 0) {
    base::deallocate(&block, kUse);
    directory_.erase(directory_.begin() + static_cast<ptrdiff_t>(at.block));
  } else if (at.index == 0) {
    directory_[at.block] = {block.items[0].hash, block.items[0].second_hash, &block};
  }
}

Entry* OrderedChain::erase(uint64_t hash, std::string_view key) {
  const Position at = position_of(hash, key);
  if (at.block == directory_.size()) return nullptr;
  Entry* const entry = directory_[at.block].block->items[at.index].entry();
  erase_at(at);
  return entry;
}

bool OrderedChain::collect(uint64_t from, size_t items_max, unsigned equal_shift,
                           std::vector<Item*>* items) const {
  size_t taken = 0;
  uint64_t last = 0;
  for (Position at = lower_bound(from, 0); normalize(&at); ++at.index) {
    Item& item = directory_[at.block].block->items[at.index];
    if (taken >= items_max && item.hash >> equal_shift != last >> equal_shift) return false;
    items->push_back(&item);
    last = item.hash;
    ++taken;
  }
  return true;
}

void OrderedChain::erase_below(uint64_t end) {
  size_t blocks = 0;
  const auto gone = [end](const Item& item) { return end == 0 || item.hash < end; };
  while (blocks < directory_.size()) {
    Block& block = *directory_[blocks].block;
    if (!gone(block.items[block.count - 1])) break;
    size_ -= block.count;
    base::deallocate(&block, kUse);
    ++blocks;
  }
  directory_.erase(directory_.begin(), directory_.begin() + static_cast<ptrdiff_t>(blocks));
  if (directory_.empty()) return;
  Block& block = *directory_[0].block;
  size_t count = 0;
  while (gone(block.items[count])) ++count;
  std::memmove(block.items, block.items + count, (block.count - count) * sizeof(Item));
  block.count -= count;
  size_ -= count;
  directory_[0] = {block.items[0].hash, block.items[0].second_hash, &block};
}

uint64_t OrderedChain::front_hash() const {
  CHECK(!empty());
  return directory_.front().hash;
}

uint64_t OrderedChain::back_hash() const {
  CHECK(!empty());
  const Block& block = *directory_.back().block;
  return block.items[block.count - 1].hash;
}

Entry* OrderedChain::random_entry(base::Random& random) const {
  CHECK(!empty());
  const Block& block = *directory_[random.below(directory_.size())].block;
  return block.items[random.below(block.count)].entry();
}

uint64_t OrderedChain::allocated_bytes() const {
  return sizeof *this + directory_.capacity() * sizeof(Directory) +
         directory_.size() * sizeof(Block);
}

}  // namespace engine
