#include "engine/dictionary.h"

#include <algorithm>
#include <array>
#include <bit>
#include <new>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/memory.h"
#include "engine/bucket.h"
#include "engine/ordered_chain.h"

namespace engine {

namespace {

constexpr auto kUse = base::MemoryUse::kTables;
constexpr uint64_t kBucketsMin = 64;
constexpr unsigned kOverflowBucketsMax = 4;
constexpr unsigned kChainEntriesMax = kBucketSlots + kOverflowBucketsMax * kLinkSlot;
// Growing by a quarter at 90 % keeps the table between 11.6 and 12.6 bytes per key; by half at 85 %
// it would be 11.7 to 14.7, for half as many moves per insert.
constexpr uint64_t kFullPercent = 90;
constexpr uint64_t kGrowPercent = 125;
constexpr uint64_t kSparsePercent = 30;
constexpr uint64_t kAfterShrinkPercent = 65;
// While growing, one bucket per insert is done long before the new table is full. A shrinking
// table has up to four times the buckets, mostly empty.
constexpr size_t kGrowStepBuckets = 1;
constexpr size_t kShrinkStepBuckets = 8;
constexpr uint64_t kShrinkFactorMax = 4;
constexpr uint64_t kPrefetchBuckets = 2;
// What a step takes from an ordered chain.
constexpr size_t kOrderedStepItems = 64;
constexpr size_t kOrderedCollectItems = 256;

constexpr uint64_t slots_at(uint64_t buckets, uint64_t percent) {
  return buckets * kBucketSlots * percent / 100;
}

// The lowest hash of bucket `index` of `count`; 0 for index == count.
uint64_t bucket_start(uint64_t index, uint64_t count) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>(((Wide{index} << 64) + count - 1) / count);
}

OrderedChain* new_ordered(const base::KeyHasher& hasher) {
  return new (base::allocate_aligned(sizeof(OrderedChain), alignof(OrderedChain), kUse))
      OrderedChain(hasher);
}

void delete_ordered(OrderedChain* chain) {
  chain->~OrderedChain();
  base::deallocate(chain, kUse);
}

uint64_t hash_default(const base::KeyHasher& hasher, std::string_view key) {
  return hasher.hash64(key);
}

// The first free slot of a chain without an ordered part, which it extends if need be; null when
// that would make it too long.
struct FreeSlot {
  Bucket* bucket;
  unsigned slot;
};

FreeSlot free_slot_in(Bucket* bucket) {
  const unsigned free = bucket->match(0);
  if (free == 0) return {nullptr, 0};
  const auto slot = static_cast<unsigned>(std::countr_zero(free));
  if (slot == kLinkSlot && bucket->link() != 0) return {nullptr, 0};
  return {bucket, slot};
}

}  // namespace

Entry* Dictionary::Slot::entry() const {
  CHECK(place_ != nullptr);
  return reinterpret_cast<Entry*>(load_pointer(place_));
}

Dictionary::Dictionary(EntryHeap* heap, const base::KeyHasher* hasher, HashFunction hash_function)
    : heap_(heap),
      hasher_(hasher),
      hash_function_(hash_function != nullptr ? hash_function : hash_default) {}

Dictionary::~Dictionary() {
  while (drain(64, [this](Entry* entry) { heap_->destroy(entry); })) {
  }
}

Dictionary::Table Dictionary::make_table(uint64_t count) {
  Table table;
  table.pages = PageRegion(count * sizeof(Bucket), kUse);
  // A bucket with overflow has at least eight entries, so twice the buckets is more than there can
  // be; what is not used is never touched.
  table.overflow_pages = PageRegion(2 * count * sizeof(Bucket), kUse);
  table.count = count;
  return table;
}

Bucket* Dictionary::Table::take_overflow() {
  Bucket* bucket = overflow_free;
  if (bucket != nullptr) {
    overflow_free = bucket->overflow();
  } else {
    CHECK_LT(overflow_end, 2 * count);
    bucket = reinterpret_cast<Bucket*>(overflow_pages.data()) + overflow_end++;
    overflow_pages.charge_to(overflow_end * sizeof(Bucket));
  }
  *bucket = Bucket{};
  return bucket;
}

void Dictionary::Table::give_overflow(Bucket* bucket) {
  *bucket = Bucket{};
  if (overflow_free != nullptr) bucket->set_overflow(overflow_free);
  overflow_free = bucket;
}

void Dictionary::reserve(uint64_t keys) {
  CHECK_EQ(table_.count, 0u);
  const uint64_t wanted = keys * 100 / (kBucketSlots * kFullPercent) + 1;
  table_ = make_table(std::max(kBucketsMin, wanted));
  table_.pages.charge_to(table_.count * sizeof(Bucket));
}

// Finding.

Bucket* Dictionary::bucket_of(uint64_t hash) const {
  const Table& table = hash < frontier_ ? next_ : table_;
  return table.buckets() + base::order_preserving_bucket(hash, table.count);
}

void Dictionary::prefetch_bucket(uint64_t hash) const { __builtin_prefetch(bucket_of(hash)); }

bool Dictionary::prefetch_entry(uint64_t hash) const {
  if (table_.count == 0) return false;
  const Bucket* const bucket = bucket_of(hash);
  const unsigned matches = bucket->match(tag_of(hash));
  for (unsigned found = matches; found != 0; found &= found - 1)
    __builtin_prefetch(bucket->entry(static_cast<unsigned>(std::countr_zero(found))));
  const Bucket* const overflow = bucket->overflow();
  if (overflow != nullptr) __builtin_prefetch(overflow);
  return matches != 0 || overflow != nullptr;
}

Entry* Dictionary::find(uint64_t hash, std::string_view key) const {
  const Slot slot = find_slot(hash, key);
  return slot ? slot.entry() : nullptr;
}

Dictionary::Slot Dictionary::find_slot(uint64_t hash, std::string_view key) const {
  if (table_.count == 0) return Slot();
  const uint16_t tag = tag_of(hash);
  for (Bucket* bucket = bucket_of(hash); bucket != nullptr; bucket = bucket->overflow()) {
    for (unsigned found = bucket->match(tag); found != 0; found &= found - 1) {
      const auto slot = static_cast<unsigned>(std::countr_zero(found));
      if (bucket->entry(slot)->key() == key) return Slot(bucket->place(slot));
    }
    if (const OrderedChain* const chain = bucket->ordered()) {
      OrderedChain::Item* const item = chain->find(hash, key);
      return item == nullptr ? Slot() : Slot(item->place());
    }
  }
  return Slot();
}

// Changing.

void Dictionary::insert(uint64_t hash, Entry* entry) {
  CHECK(!draining_);
  if (table_.count == 0) reserve(0);
  resize_after(false);
  place(table_of(hash), hash, entry);
  ++size_;
  hash_xor_ ^= hash;
}

void Dictionary::place(Table& table, uint64_t hash, Entry* entry) {
  Bucket* const head = table.buckets() + base::order_preserving_bucket(hash, table.count);
  Bucket* last = head;
  for (unsigned depth = 0;; ++depth) {
    if (OrderedChain* const chain = last->ordered()) return insert_ordered(chain, hash, entry);
    const FreeSlot free = free_slot_in(last);
    if (free.bucket != nullptr)
      return last->set(free.slot, tag_of(hash), reinterpret_cast<uint64_t>(entry));
    Bucket* const overflow = last->overflow();
    if (overflow != nullptr) {
      last = overflow;
    } else if (depth < kOverflowBucketsMax) {
      break;
    } else {
      return insert_ordered(make_ordered(table, head), hash, entry);
    }
  }
  Bucket* const overflow = table.take_overflow();
  overflow->set(0, last->tags[kLinkSlot], last->pointer(kLinkSlot));
  overflow->set(1, tag_of(hash), reinterpret_cast<uint64_t>(entry));
  last->set_overflow(overflow);
}

void Dictionary::insert_ordered(OrderedChain* chain, uint64_t hash, Entry* entry) {
  ordered_bytes_ -= chain->allocated_bytes();
  chain->insert(hash, entry);
  ordered_bytes_ += chain->allocated_bytes();
}

OrderedChain* Dictionary::make_ordered(Table& table, Bucket* head) {
  std::vector<Entry*> entries;
  take_all(table, head, &entries);
  OrderedChain* const chain = new_ordered(*hasher_);
  ordered_bytes_ += chain->allocated_bytes();
  for (Entry* const entry : entries) insert_ordered(chain, hash_of(entry->key()), entry);
  head->set_ordered(chain);
  return chain;
}

void Dictionary::free_ordered(Bucket* bucket) {
  OrderedChain* const chain = bucket->ordered();
  ordered_bytes_ -= chain->allocated_bytes();
  delete_ordered(chain);
  bucket->clear(kLinkSlot);
}

// Empties the bucket with everything chained to it.
void Dictionary::take_all(Table& table, Bucket* head, std::vector<Entry*>* entries) {
  if (OrderedChain* const chain = head->ordered()) {
    std::vector<OrderedChain::Item*> items;
    chain->collect(0, SIZE_MAX, 0, &items);
    for (const OrderedChain::Item* const item : items) entries->push_back(item->entry());
    return free_ordered(head);
  }
  for (Bucket* bucket = head; bucket != nullptr;) {
    for (unsigned slot = 0; slot < kBucketSlots; ++slot)
      if (bucket->holds_entry(slot)) entries->push_back(bucket->entry(slot));
    Bucket* const overflow = bucket->overflow();
    if (bucket == head) {
      *head = Bucket{};
    } else {
      table.give_overflow(bucket);
    }
    bucket = overflow;
  }
}

void Dictionary::replace(Slot slot, Entry* entry) {
  CHECK(slot.place_ != nullptr);
  store_pointer(slot.place_, reinterpret_cast<uint64_t>(entry));
}

void Dictionary::replace(uint64_t hash, const Entry* was, Entry* entry) {
  CHECK_NE(table_.count, 0u);
  const uint16_t tag = tag_of(hash);
  for (Bucket* bucket = bucket_of(hash); bucket != nullptr; bucket = bucket->overflow()) {
    for (unsigned found = bucket->match(tag); found != 0; found &= found - 1) {
      const auto slot = static_cast<unsigned>(std::countr_zero(found));
      if (bucket->entry(slot) == was) return replace(Slot(bucket->place(slot)), entry);
    }
    if (const OrderedChain* const chain = bucket->ordered()) {
      OrderedChain::Item* const item = chain->find(hash, entry->key(), was);
      CHECK(item != nullptr);
      return replace(Slot(item->place()), entry);
    }
  }
  CHECK(false);
}

Entry* Dictionary::erase(uint64_t hash, std::string_view key) {
  CHECK(!draining_);
  if (table_.count == 0) return nullptr;
  Entry* const entry = unlink(table_of(hash), hash, key);
  if (entry == nullptr) return nullptr;
  --size_;
  hash_xor_ ^= hash;
  resize_after(true);
  return entry;
}

Entry* Dictionary::unlink(Table& table, uint64_t hash, std::string_view key) {
  Bucket* const head = table.buckets() + base::order_preserving_bucket(hash, table.count);
  if (OrderedChain* const chain = head->ordered()) return unlink_ordered(head, chain, hash, key);
  const uint16_t tag = tag_of(hash);
  for (Bucket* bucket = head; bucket != nullptr; bucket = bucket->overflow()) {
    for (unsigned found = bucket->match(tag); found != 0; found &= found - 1) {
      const auto slot = static_cast<unsigned>(std::countr_zero(found));
      Entry* const entry = bucket->entry(slot);
      if (entry->key() != key) continue;
      clear_slot(table, head, bucket, slot);
      return entry;
    }
  }
  return nullptr;
}

Entry* Dictionary::unlink_ordered(Bucket* head, OrderedChain* chain, uint64_t hash,
                                  std::string_view key) {
  ordered_bytes_ -= chain->allocated_bytes();
  Entry* const entry = chain->erase(hash, key);
  ordered_bytes_ += chain->allocated_bytes();
  if (chain->size() > kLinkSlot) return entry;
  std::vector<OrderedChain::Item*> items;
  chain->collect(0, SIZE_MAX, 0, &items);
  Bucket plain{};
  for (unsigned i = 0; i < items.size(); ++i)
    plain.set(i, tag_of(items[i]->hash), items[i]->pointer);
  free_ordered(head);
  *head = plain;
  return entry;
}

// The hole is filled from the end of the chain, so that only its last bucket has holes.
void Dictionary::clear_slot(Table& table, Bucket* head, Bucket* bucket, unsigned slot) {
  Bucket* before = nullptr;
  Bucket* last = head;
  while (Bucket* const overflow = last->overflow()) {
    before = last;
    last = overflow;
  }
  unsigned filler = kBucketSlots;
  while (filler > 0 && !last->holds_entry(filler - 1)) --filler;
  CHECK_GT(filler, 0u);
  --filler;
  bucket->set(slot, last->tags[filler], last->pointer(filler));
  last->clear(filler);
  if (before == nullptr || last->match(0) != (1u << kBucketSlots) - 1) return;
  table.give_overflow(last);
  before->clear(kLinkSlot);
}

// Resizing.

void Dictionary::resize_after(bool erased) {
  if (resizing() || !retired_.empty()) {
    resize_step(next_.count > table_.count ? kGrowStepBuckets : kShrinkStepBuckets);
  } else if (!erased) {
    if (size_ >= slots_at(table_.count, kFullPercent))
      begin_resize(table_.count * kGrowPercent / 100);
  } else if (table_.count > kBucketsMin && size_ < slots_at(table_.count, kSparsePercent)) {
    const uint64_t fitting = size_ * 100 / (kBucketSlots * kAfterShrinkPercent);
    begin_resize(std::max({kBucketsMin, table_.count / kShrinkFactorMax, fitting}));
  }
}

void Dictionary::begin_resize(uint64_t count) {
  next_ = make_table(count);
  frontier_ = 0;
}

void Dictionary::end_resize() {
  retire(table_);
  table_ = std::move(next_);
  next_ = Table{};
  frontier_ = 0;
  table_.pages.charge_to(table_.count * sizeof(Bucket));
}

void Dictionary::retire(Table& table) {
  if (table.overflow_pages.resident_bytes() > kReleaseStepBytes)
    retired_.push_back(std::move(table.overflow_pages));
}

void Dictionary::release_retired() {
  if (!retired_.empty() && !retired_.back().release_step()) retired_.pop_back();
}

bool Dictionary::resize_step(size_t buckets_max) {
  release_retired();
  for (; buckets_max > 0 && resizing(); --buckets_max) move_bucket();
  return resizing() || !retired_.empty();
}

void Dictionary::move_bucket() {
  const uint64_t index = base::order_preserving_bucket(frontier_, table_.count);
  Bucket* const bucket = table_.buckets() + index;
  const uint64_t end = bucket_start(index + 1, table_.count);
  if (OrderedChain* const chain = bucket->ordered()) {
    advance_frontier(move_ordered(bucket, chain, end));
    return;
  }
  prefetch_entries_of(index + kPrefetchBuckets);
  std::array<Entry*, kChainEntriesMax> entries;
  size_t count = 0;
  for (Bucket* from = bucket; from != nullptr;) {
    for (unsigned slot = 0; slot < kBucketSlots; ++slot)
      if (from->holds_entry(slot)) entries[count++] = from->entry(slot);
    Bucket* const overflow = from->overflow();
    if (from != bucket) table_.give_overflow(from);
    from = overflow;
  }
  for (size_t i = 0; i < count; ++i) {
    const uint64_t hash = hash_of(entries[i]->key());
    place(next_, hash, entries[i]);
  }
  advance_frontier(end);
}

// Moves a part of the chain, or the chain as it is if one new bucket takes all of it. Returns the
// new frontier.
uint64_t Dictionary::move_ordered(Bucket* bucket, OrderedChain* chain, uint64_t end) {
  const auto target = [this](uint64_t hash) {
    return next_.buckets() + base::order_preserving_bucket(hash, next_.count);
  };
  Bucket* const first = target(chain->front_hash());
  if (first == target(chain->back_hash()) && first->ordered() == nullptr) {
    std::vector<Entry*> entries;
    take_all(next_, first, &entries);
    for (Entry* const entry : entries) insert_ordered(chain, hash_of(entry->key()), entry);
    first->set_ordered(chain);
    bucket->clear(kLinkSlot);
    return end;
  }
  std::vector<OrderedChain::Item*> items;
  const bool all = chain->collect(0, kOrderedStepItems, 0, &items);
  for (const OrderedChain::Item* const item : items) place(next_, item->hash, item->entry());
  if (all) {
    free_ordered(bucket);
    return end;
  }
  const uint64_t moved_below = items.back()->hash + 1;
  ordered_bytes_ -= chain->allocated_bytes();
  chain->erase_below(moved_below);
  ordered_bytes_ += chain->allocated_bytes();
  return moved_below;
}

void Dictionary::advance_frontier(uint64_t frontier) {
  if (frontier == 0) return end_resize();
  frontier_ = frontier;
  next_.pages.charge_to((base::order_preserving_bucket(frontier - 1, next_.count) + 1) *
                        sizeof(Bucket));
  table_.pages.release_to(base::order_preserving_bucket(frontier, table_.count) * sizeof(Bucket));
}

void Dictionary::prefetch_entries_of(uint64_t index) const {
  if (index >= table_.count) return;
  const Bucket* const bucket = table_.buckets() + index;
  for (unsigned slot = 0; slot < kBucketSlots; ++slot)
    if (bucket->holds_entry(slot)) __builtin_prefetch(bucket->entry(slot));
}

// Walking.

Dictionary::Piece Dictionary::piece_at(uint64_t position) const {
  const bool moved = position < frontier_;
  const Table& table = moved ? next_ : table_;
  const uint64_t index = base::order_preserving_bucket(position, table.count);
  const uint64_t last = bucket_start(index + 1, table.count) - 1;
  return {table.buckets() + index, moved ? std::min(last, frontier_ - 1) : last};
}

uint64_t Dictionary::gather(uint64_t from, size_t buckets_max, uint64_t unit,
                            std::vector<Slot>* slots) const {
  uint64_t position = from;
  for (size_t buckets = 1;; ++buckets) {
    Piece piece = piece_at(position);
    if (OrderedChain* const chain = piece.bucket->ordered()) {
      std::vector<OrderedChain::Item*> items;
      const bool all = chain->collect(position, kOrderedCollectItems, 64 - kScanPrefixBits, &items);
      for (OrderedChain::Item* const item : items) slots->push_back(Slot(item->place()));
      if (!all) piece.last = std::min(piece.last, items.back()->hash | (kScanUnit - 1));
      buckets += items.size() / kBucketSlots;
    } else {
      gather_chain(piece.bucket, slots);
    }
    if (piece.last == UINT64_MAX) return UINT64_MAX;
    const uint64_t end = base::align_down(piece.last + 1, unit);
    if (buckets >= buckets_max && end > from) return end - 1;
    position = piece.last + 1;
  }
}

void Dictionary::gather_chain(Bucket* head, std::vector<Slot>* slots) {
  for (Bucket* bucket = head; bucket != nullptr; bucket = bucket->overflow()) {
    for (unsigned slot = 0; slot < kBucketSlots; ++slot)
      if (bucket->holds_entry(slot)) slots->push_back(Slot(bucket->place(slot)));
  }
}

uint64_t Dictionary::collect(uint64_t from, size_t buckets_max, std::vector<Found>* found) const {
  CHECK_EQ(from % kScanUnit, 0u);
  if (size_ == 0) return 0;
  std::vector<Slot> slots;
  const uint64_t begin = std::max(from, drained_);
  const uint64_t last = gather(begin, buckets_max, kScanUnit, &slots);
  for (const Slot slot : slots) __builtin_prefetch(slot.entry());
  found->reserve(found->size() + slots.size());
  for (const Slot slot : slots) {
    Entry* const entry = slot.entry();
    const uint64_t hash = hash_of(entry->key());
    if (hash >= begin && hash <= last) found->push_back({hash, entry});
  }
  return last + 1;
}

uint64_t Dictionary::collect_slots(uint64_t from, size_t buckets_max,
                                   std::vector<Slot>* slots) const {
  CHECK(!draining_);
  return size_ == 0 ? 0 : gather(from, buckets_max, 1, slots) + 1;
}

// Sampling.

struct Dictionary::Live {
  Bucket* below;     // The buckets of next_ that the frontier has passed,
  uint64_t passed;   // so many,
  Bucket* rest;      // and those of table_ that it has not,
  uint64_t waiting;  // so many.

  uint64_t count() const { return passed + waiting; }
  Bucket* at(uint64_t index) const {
    return index < passed ? below + index : rest + index - passed;
  }
};

Dictionary::Live Dictionary::live() const {
  Live live{next_.buckets(), 0, table_.buckets(), table_.count};
  if (frontier_ == 0) return live;
  live.passed = base::order_preserving_bucket(frontier_ - 1, next_.count) + 1;
  const uint64_t gone = base::order_preserving_bucket(frontier_, table_.count);
  live.rest += gone;
  live.waiting -= gone;
  return live;
}

Entry* Dictionary::random_entry(base::Random& random) const {
  CHECK(!draining_);
  if (size_ == 0) return nullptr;
  const Live buckets = live();
  // A table is never nearly empty (it shrinks), so this ends soon.
  for (;;) {
    const Bucket* const bucket = buckets.at(random.below(buckets.count()));
    const auto slot = static_cast<unsigned>(random.below(kBucketSlots));
    if (bucket->holds_entry(slot)) return bucket->entry(slot);
    if (slot != kLinkSlot || bucket->link() == 0) continue;
    if (const OrderedChain* const chain = bucket->ordered()) return chain->random_entry(random);
    std::vector<Slot> slots;
    gather_chain(bucket->overflow(), &slots);
    return slots[random.below(slots.size())].entry();
  }
}

size_t Dictionary::sample(base::Random& random, std::span<Entry*> out) const {
  CHECK(!draining_);
  if (size_ == 0 || out.empty()) return 0;
  const Live buckets = live();
  const uint64_t begin = random.below(buckets.count());
  size_t taken = 0;
  std::vector<Slot> slots;
  for (uint64_t i = 0; i < buckets.count() && taken < out.size(); ++i) {
    Bucket* const bucket = buckets.at((begin + i) % buckets.count());
    if (const OrderedChain* const chain = bucket->ordered()) {
      out[taken++] = chain->random_entry(random);
      continue;
    }
    slots.clear();
    gather_chain(bucket, &slots);
    for (size_t j = 0; j < slots.size() && taken < out.size(); ++j) {
      out[taken] = slots[j].entry();
      __builtin_prefetch(out[taken++]);
    }
  }
  return taken;
}

// Emptying.

void Dictionary::drain_front(size_t buckets_max, std::vector<Entry*>* entries) {
  draining_ = true;
  for (size_t bucket = 0; bucket < buckets_max && size_ > 0; ++bucket) {
    const Piece piece = piece_at(drained_);
    const size_t before = entries->size();
    take_all(drained_ < frontier_ ? next_ : table_, piece.bucket, entries);
    size_ -= entries->size() - before;
    CHECK(size_ == 0 || piece.last != UINT64_MAX);
    drained_ = piece.last + 1;
    for (size_t i = before; i < entries->size(); ++i) __builtin_prefetch((*entries)[i]);
  }
  release_retired();
  if (size_ == 0) {
    retire(table_);
    retire(next_);
    table_ = Table{};
    next_ = Table{};
    frontier_ = hash_xor_ = drained_ = 0;
    draining_ = false;
    return;
  }
  Table& table = drained_ < frontier_ ? next_ : table_;
  table.pages.release_to(base::order_preserving_bucket(drained_, table.count) * sizeof(Bucket));
}

uint64_t Dictionary::table_bytes() const {
  uint64_t bytes = ordered_bytes_;
  for (const Table* const table : {&table_, &next_})
    bytes += table->pages.resident_bytes() + table->overflow_pages.resident_bytes();
  for (const PageRegion& region : retired_) bytes += region.resident_bytes();
  return bytes;
}

}  // namespace engine
