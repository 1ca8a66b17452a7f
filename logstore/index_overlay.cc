#include "logstore/index_overlay.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <tuple>

#include "base/check.h"
#include "base/memory.h"
#include "logstore/key_index.h"

namespace logstore {

namespace {

// With fewer writes than this a slice filters the list of age instead of sweeping the buckets.
constexpr size_t kSliceByAgeMax = 256;

bool sorts_before(const OverlaySlice::Entry& a, const OverlaySlice::Entry& b) {
  return std::tie(a.key.hash64, a.key.kind, a.key.key) <
         std::tie(b.key.hash64, b.key.kind, b.key.key);
}

}  // namespace

IndexOverlay::IndexOverlay() : buckets_(kBuckets) {
  base::charge(base::MemoryUse::kIndex, static_cast<int64_t>(kBuckets * sizeof(OverlayWrite*)));
}

IndexOverlay::~IndexOverlay() {
  while (oldest_ != nullptr) destroy_oldest();
  base::charge(base::MemoryUse::kIndex, -static_cast<int64_t>(kBuckets * sizeof(OverlayWrite*)));
}

void IndexOverlay::put(const UnitKey& key, const IndexValue& value, bool with_row) {
  OverlayWrite* const write = find_or_insert(key);
  // A value that replaces an unsent one of the same expiry inherits the duty to write its row.
  const bool row_pending = write->with_row && !write->erased && write->sequence > 0 &&
                           write->value.expire_at_ms == value.expire_at_ms;
  write->value = value;
  write->erased = false;
  write->with_row = (with_row || row_pending) && value.expire_at_ms != kNoExpiry;
  make_youngest(write);
}

void IndexOverlay::erase(const UnitKey& key, int64_t expire_at_ms) {
  OverlayWrite* const write = find_or_insert(key);
  write->value = IndexValue{};
  write->value.expire_at_ms = expire_at_ms;
  write->erased = true;
  write->with_row = expire_at_ms != kNoExpiry;
  make_youngest(write);
}

const OverlayWrite* IndexOverlay::find(const UnitKey& key) const {
  const OverlayWrite* write = buckets_[bucket_of(key.hash64)];
  while (write != nullptr && !(write->key == key)) write = write->chain_next;
  return write;
}

OverlayWrite* IndexOverlay::find_or_insert(const UnitKey& key) {
  if (const OverlayWrite* found = find(key)) return const_cast<OverlayWrite*>(found);
  void* const memory =
      base::allocate(sizeof(OverlayWrite) + key.key.size(), base::MemoryUse::kIndex);
  auto* const write = new (memory) OverlayWrite;
  char* const key_bytes = reinterpret_cast<char*>(write + 1);
  std::memcpy(key_bytes, key.key.data(), key.key.size());
  write->key = key;
  write->key.key = {key_bytes, key.key.size()};
  OverlayWrite*& head = buckets_[bucket_of(key.hash64)];
  write->chain_next = head;
  head = write;
  ++count_;
  bytes_ += base::usable_bytes(memory);
  return write;
}

void IndexOverlay::make_youngest(OverlayWrite* write) {
  if (write->sequence != 0) {
    // Sent writes are older than all unsent ones, so the boundary tells which this is.
    const bool was_unsent = first_unsent_ != nullptr && write->sequence >= first_unsent_->sequence;
    if (write == first_unsent_) first_unsent_ = write->newer;
    if (was_unsent) --unsent_count_;
    unlink_age(write);
  }
  write->sequence = ++last_sequence_;
  write->older = newest_;
  write->newer = nullptr;
  (newest_ == nullptr ? oldest_ : newest_->newer) = write;
  newest_ = write;
  if (first_unsent_ == nullptr) first_unsent_ = write;
  ++unsent_count_;
}

void IndexOverlay::unlink_age(OverlayWrite* write) {
  (write->older == nullptr ? oldest_ : write->older->newer) = write->newer;
  (write->newer == nullptr ? newest_ : write->newer->older) = write->older;
}

void IndexOverlay::sent() {
  CHECK(first_unsent_ != nullptr);
  first_unsent_ = first_unsent_->newer;
  --unsent_count_;
}

void IndexOverlay::unsend_all() {
  first_unsent_ = oldest_;
  unsent_count_ = count_;
}

uint64_t IndexOverlay::oldest_sequence() const {
  CHECK(oldest_ != nullptr);
  return oldest_->sequence;
}

void IndexOverlay::release(uint64_t sequence) {
  while (oldest_ != nullptr && oldest_ != first_unsent_ && oldest_->sequence <= sequence)
    destroy_oldest();
}

void IndexOverlay::destroy_oldest() {
  OverlayWrite* const write = oldest_;
  OverlayWrite** link = &buckets_[bucket_of(write->key.hash64)];
  while (*link != write) link = &(*link)->chain_next;
  *link = write->chain_next;
  unlink_age(write);
  --count_;
  bytes_ -= base::usable_bytes(write);
  write->~OverlayWrite();
  base::deallocate(write, base::MemoryUse::kIndex);
}

OverlaySlice IndexOverlay::slice(uint32_t namespace_id, uint64_t hash_from, bool with_pages,
                                 size_t puts_max, size_t key_bytes_max) const {
  OverlaySlice slice;
  size_t puts = 0;
  size_t key_bytes = 0;
  const auto take = [&](const OverlayWrite* write) {
    if (write->key.namespace_id != namespace_id || write->key.hash64 < hash_from) return;
    if (write->key.kind != UnitKind::kRoot && !with_pages) return;
    slice.entries.push_back({write->key, write->value, write->erased});
    key_bytes += write->key.key.size();
    puts += write->erased ? 0 : 1;
  };
  if (count_ <= kSliceByAgeMax) {
    for (const OverlayWrite* write = oldest_; write != nullptr; write = write->newer) take(write);
  } else {
    static_assert(kBucketBits <= kWalkGroupBits, "a bucket never ends inside a hash group");
    for (size_t bucket = bucket_of(hash_from); bucket < kBuckets; ++bucket) {
      for (const OverlayWrite* write = buckets_[bucket]; write != nullptr;
           write = write->chain_next)
        take(write);
      if ((puts < puts_max && key_bytes < key_bytes_max) || bucket + 1 == kBuckets) continue;
      slice.to_end = false;
      slice.hash_end = static_cast<uint64_t>(bucket + 1) << (64 - kBucketBits);
      break;
    }
  }
  std::sort(slice.entries.begin(), slice.entries.end(), sorts_before);
  slice.key_bytes.reserve(key_bytes);
  for (OverlaySlice::Entry& entry : slice.entries) {
    const size_t start = slice.key_bytes.size();
    slice.key_bytes.insert(slice.key_bytes.end(), entry.key.key.begin(), entry.key.key.end());
    entry.key.key = {slice.key_bytes.data() + start, entry.key.key.size()};
  }
  return slice;
}

}  // namespace logstore
