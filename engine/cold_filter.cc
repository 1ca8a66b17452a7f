#include "engine/cold_filter.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/memory.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace engine {

namespace {

constexpr auto kUse = base::MemoryUse::kFilter;
constexpr unsigned kFingerprints = 30;
constexpr unsigned kBitsMin = 6;
constexpr uint16_t kVoid = 0x8000;  // No bits left: matches every hash.
constexpr uint32_t kSaturated = UINT32_MAX;
constexpr unsigned kOverflowMax = 4;
// With the slack of their alignment these fill 4 KiB.
constexpr uint32_t kOverflowBlockBuckets = 63;

// The 15 bits after the bucket's, and the end mark.
uint16_t fingerprint_of(uint64_t hash, unsigned bucket_bits) {
  return static_cast<uint16_t>((hash << bucket_bits >> 48) | 1);
}

// Bits above the end mark of `fingerprint`, which is not 0.
uint16_t bits_above_mark(uint16_t fingerprint) {
  const unsigned mark = fingerprint & (0u - fingerprint);
  return static_cast<uint16_t>(0u - 2 * mark);
}

bool matches(uint16_t stored, uint16_t wanted) {
  return stored != 0 && ((stored ^ wanted) & bits_above_mark(stored)) == 0;
}

}  // namespace

struct alignas(64) FilterBucket {
  uint16_t fingerprints[kFingerprints];
  uint32_t overflow;

  bool any_match(uint16_t wanted) const;
};
static_assert(sizeof(FilterBucket) == 64);

#ifdef __SSE2__

bool FilterBucket::any_match(uint16_t wanted) const {
  const __m128i zero = _mm_setzero_si128();
  const __m128i all_wanted = _mm_set1_epi16(static_cast<short>(wanted));
  const auto* const lanes = reinterpret_cast<const __m128i*>(fingerprints);
  __m128i matched = zero;
  // The link lies in the last two lanes and is masked off.
  const __m128i no_link = _mm_set_epi16(0, 0, -1, -1, -1, -1, -1, -1);
  for (int i = 0; i < 4; ++i) {
    __m128i stored = _mm_load_si128(lanes + i);
    if (i == 3) stored = _mm_and_si128(stored, no_link);
    const __m128i mark = _mm_and_si128(stored, _mm_sub_epi16(zero, stored));
    const __m128i above = _mm_sub_epi16(zero, _mm_add_epi16(mark, mark));
    const __m128i differ = _mm_and_si128(_mm_xor_si128(stored, all_wanted), above);
    const __m128i empty = _mm_cmpeq_epi16(stored, zero);
    matched = _mm_or_si128(matched, _mm_andnot_si128(empty, _mm_cmpeq_epi16(differ, zero)));
  }
  return _mm_movemask_epi8(matched) != 0;
}

#else

bool FilterBucket::any_match(uint16_t wanted) const {
  return std::any_of(std::begin(fingerprints), std::end(fingerprints),
                     [wanted](uint16_t stored) { return matches(stored, wanted); });
}

#endif

ColdFilter::~ColdFilter() { clear(); }

void ColdFilter::clear() {
  table_ = Table{};
  next_ = Table{};
  frontier_ = size_ = overflow_bytes_ = 0;
  for (FilterBucket* const block : overflow_blocks_) base::deallocate(block, kUse);
  overflow_blocks_ = {};
  overflow_free_ = overflow_end_ = 0;
}

ColdFilter::Table ColdFilter::make_table(unsigned bits) {
  Table table;
  table.pages = PageRegion(sizeof(FilterBucket) << bits, kUse);
  table.bits = bits;
  return table;
}

FilterBucket* ColdFilter::Table::bucket(uint64_t index) const {
  return reinterpret_cast<FilterBucket*>(pages.data()) + index;
}

ColdFilter::Place ColdFilter::place_of(uint64_t hash) const {
  const uint64_t index = hash >> (64 - table_.bits);
  const Table& table = index < frontier_ ? next_ : table_;
  return {table.bucket(hash >> (64 - table.bits)), fingerprint_of(hash, table.bits)};
}

void ColdFilter::prefetch(uint64_t hash) const {
  if (table_.bits != 0) __builtin_prefetch(place_of(hash).bucket);
}

bool ColdFilter::may_contain(uint64_t hash) const {
  if (size_ == 0) return false;
  const Place place = place_of(hash);
  const FilterBucket* bucket = place.bucket;
  for (;;) {
    if (bucket->any_match(place.fingerprint)) return true;
    if (bucket->overflow == 0) return false;
    if (bucket->overflow == kSaturated) return true;
    bucket = overflow(bucket->overflow);
  }
}

void ColdFilter::add(uint64_t hash) {
  if (table_.bits == 0) {
    table_ = make_table(kBitsMin);
    table_.pages.charge_to(sizeof(FilterBucket) << kBitsMin);
  }
  grow_step(1);
  if (next_.bits == 0 && size_ >= full_fingerprints_ << table_.bits)
    next_ = make_table(table_.bits + 1);
  const Place place = place_of(hash);
  store(place.bucket, place.fingerprint);
  ++size_;
}

void ColdFilter::store(FilterBucket* head, uint16_t fingerprint) {
  FilterBucket* bucket = head;
  for (unsigned depth = 0;; ++depth) {
    if (bucket->overflow == kSaturated) return;
    uint16_t* const end = bucket->fingerprints + kFingerprints;
    uint16_t* const free = std::find(bucket->fingerprints, end, uint16_t{0});
    if (free != end) {
      *free = fingerprint;
      return;
    }
    if (bucket->overflow == 0) {
      if (depth == kOverflowMax) return saturate(head);
      bucket->overflow = take_overflow();
    }
    bucket = overflow(bucket->overflow);
  }
}

void ColdFilter::saturate(FilterBucket* head) {
  for (uint32_t index = head->overflow; index != 0;) {
    const uint32_t next = overflow(index)->overflow;
    give_overflow(index);
    index = next;
  }
  *head = FilterBucket{};
  head->overflow = kSaturated;
}

void ColdFilter::remove(uint64_t hash) {
  CHECK_GT(size_, 0u);
  if (--size_ == 0) return clear();
  const Place place = place_of(hash);
  if (place.bucket->overflow == kSaturated) return;
  uint16_t* longest = nullptr;
  FilterBucket* before = nullptr;
  FilterBucket* last = place.bucket;
  for (FilterBucket* bucket = last;; bucket = overflow(bucket->overflow)) {
    for (uint16_t& stored : bucket->fingerprints) {
      if (!matches(stored, place.fingerprint)) continue;
      if (longest == nullptr || std::countr_zero(stored) < std::countr_zero(*longest))
        longest = &stored;
    }
    last = bucket;
    if (bucket->overflow == 0) break;
    before = bucket;
  }
  CHECK(longest != nullptr);
  // The end of the chain fills the hole, so that an empty overflow bucket is always the last.
  uint16_t* filler = last->fingerprints + kFingerprints - 1;
  while (*filler == 0) --filler;
  *longest = *filler;
  *filler = 0;
  if (before != nullptr && last->fingerprints[0] == 0)
    give_overflow(std::exchange(before->overflow, 0));
}

bool ColdFilter::grow_step(size_t buckets_max) {
  if (next_.bits == 0) return false;
  const uint64_t count = uint64_t{1} << table_.bits;
  for (; buckets_max > 0 && frontier_ < count; --buckets_max) split(frontier_++);
  next_.pages.charge_to(2 * frontier_ * sizeof(FilterBucket));
  table_.pages.release_to(frontier_ * sizeof(FilterBucket));
  if (frontier_ < count) return true;
  table_ = std::exchange(next_, Table{});
  frontier_ = 0;
  return false;
}

void ColdFilter::split(uint64_t index) {
  const FilterBucket* from = table_.bucket(index);
  FilterBucket* const children[2] = {next_.bucket(2 * index), next_.bucket(2 * index + 1)};
  for (uint32_t link = 0;;) {
    for (const uint16_t stored : from->fingerprints) {
      if (stored == 0) continue;
      if (stored == kVoid) {
        store(children[0], kVoid);
        store(children[1], kVoid);
      } else {
        store(children[stored >> 15], static_cast<uint16_t>(stored << 1));
      }
    }
    const uint32_t next = from->overflow;
    if (link != 0) give_overflow(link);
    if (next == 0) return;
    if (next == kSaturated) break;
    link = next;
    from = overflow(link);
  }
  saturate(children[0]);
  saturate(children[1]);
}

FilterBucket* ColdFilter::overflow(uint32_t index) const {
  return overflow_blocks_[index / kOverflowBlockBuckets] + index % kOverflowBlockBuckets;
}

uint32_t ColdFilter::take_overflow() {
  uint32_t index = overflow_free_;
  if (index != 0) {
    overflow_free_ = overflow(index)->overflow;
  } else {
    overflow_end_ = std::max(overflow_end_, uint32_t{1});  // Index 0 means none.
    index = overflow_end_++;
    if (index / kOverflowBlockBuckets == overflow_blocks_.size()) {
      void* const block = base::allocate_aligned(kOverflowBlockBuckets * sizeof(FilterBucket),
                                                 alignof(FilterBucket), kUse);
      overflow_bytes_ += base::usable_bytes(block);
      overflow_blocks_.push_back(static_cast<FilterBucket*>(block));
    }
  }
  *overflow(index) = FilterBucket{};
  return index;
}

void ColdFilter::give_overflow(uint32_t index) {
  overflow(index)->overflow = std::exchange(overflow_free_, index);
}

uint64_t ColdFilter::bytes() const {
  return table_.pages.resident_bytes() + next_.pages.resident_bytes() + overflow_bytes_;
}

}  // namespace engine
