#include "logstore/live_map.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"

namespace logstore {

RecordBits::RecordBits(const RecordBits& other) {
  if (other.words_ == 0) return;
  grow(other.words_);
  std::memcpy(word_, other.word_, static_cast<size_t>(other.words_) * sizeof *word_);
}

RecordBits::~RecordBits() { base::deallocate(word_, base::MemoryUse::kLiveMap); }

void RecordBits::grow(uint32_t words) {
  CHECK_GT(words, words_);
  const size_t bytes = static_cast<size_t>(words) * sizeof *word_;
  auto* grown = static_cast<uint64_t*>(base::allocate(bytes, base::MemoryUse::kLiveMap));
  std::memset(grown, 0, bytes);
  if (words_ != 0) std::memcpy(grown, word_, static_cast<size_t>(words_) * sizeof *word_);
  base::deallocate(word_, base::MemoryUse::kLiveMap);
  word_ = grown;
  words_ = words;
}

void RecordBits::set(uint32_t ordinal) {
  const uint32_t word = ordinal / 64;
  // By a half, not double: a full segment's array has at most that much to spare.
  if (word >= words_) grow(std::max({word + 1, words_ + words_ / 2, 8u}));
  word_[word] |= uint64_t{1} << (ordinal % 64);
}

void RecordBits::clear(uint32_t ordinal) {
  CHECK(test(ordinal));
  word_[ordinal / 64] &= ~(uint64_t{1} << (ordinal % 64));
}

uint32_t RecordBits::count() const {
  uint32_t count = 0;
  for (uint32_t i = 0; i < words_; ++i) count += static_cast<uint32_t>(std::popcount(word_[i]));
  return count;
}

uint32_t RecordBits::next(uint32_t from) const {
  uint32_t word = from / 64;
  if (word >= words_) return kNone;
  uint64_t bits = word_[word] & (~uint64_t{0} << (from % 64));
  while (bits == 0) {
    if (++word == words_) return kNone;
    bits = word_[word];
  }
  return word * 64 + static_cast<uint32_t>(std::countr_zero(bits));
}

void NamespaceSet::insert(uint32_t id) {
  auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), id,
                       [](uint32_t value, const Range& range) { return value < range.first; });
  const bool joins_before = after != ranges_.begin() && id <= uint64_t{std::prev(after)->last} + 1;
  const bool joins_after = after != ranges_.end() && id + uint64_t{1} == after->first;
  if (joins_before) {
    Range& before = *std::prev(after);
    before.last = std::max(before.last, id);
    if (joins_after) {
      before.last = after->last;
      ranges_.erase(after);
    }
  } else if (joins_after) {
    after->first = id;
  } else {
    ranges_.insert(after, Range{id, id});
  }
}

bool NamespaceSet::contains(uint32_t id) const {
  auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), id,
                       [](uint32_t value, const Range& range) { return value < range.first; });
  return after != ranges_.begin() && id <= std::prev(after)->last;
}

const FrozenLiveMap::Segment* FrozenLiveMap::find(uint32_t segment_id) const {
  auto at = std::lower_bound(segments_.begin(), segments_.end(), segment_id,
                             [](const Segment& segment, uint32_t id) { return segment.id < id; });
  return at != segments_.end() && at->id == segment_id ? &*at : nullptr;
}

bool FrozenLiveMap::is_live(uint32_t segment_id, uint32_t ordinal, uint32_t namespace_id) const {
  const Segment* segment = find(segment_id);
  return segment != nullptr && segment->bits->test(ordinal) && !dropped_.contains(namespace_id);
}

RecordBits& LiveMap::writable_bits(Segment& segment) {
  if (!segment.bits) {
    segment.bits = std::make_shared<RecordBits>();
  } else if (segment.bits.use_count() > 1) {
    segment.bits = std::make_shared<RecordBits>(*segment.bits);
  }
  return *segment.bits;
}

void LiveMap::mark_live(const RecordRef& ref, uint32_t namespace_id) {
  CHECK(!is_dropped(namespace_id));
  CHECK_LE(ref.segment, kSegmentIdMax);
  if (ref.segment >= segments_.size()) segments_.resize(ref.segment + 1);
  Segment& segment = segments_[ref.segment];
  RecordBits& bits = writable_bits(segment);
  CHECK(!bits.test(ref.ordinal));
  bits.set(ref.ordinal);
  auto usage = std::find_if(segment.usage.begin(), segment.usage.end(),
                            [&](const auto& row) { return row.namespace_id == namespace_id; });
  if (usage == segment.usage.end()) {
    segment.usage.push_back({namespace_id, {}});
    usage = std::prev(segment.usage.end());
  }
  for (LiveUsage* live : {&usage->live, &segment.live, &namespaces_[namespace_id], &total_}) {
    live->bytes += ref.bytes;
    ++live->records;
  }
}

void LiveMap::mark_dead(const RecordRef& ref, uint32_t namespace_id) {
  if (is_dropped(namespace_id)) return;
  CHECK_LT(ref.segment, segments_.size());
  Segment& segment = segments_[ref.segment];
  CHECK(segment.bits != nullptr);
  writable_bits(segment).clear(ref.ordinal);
  auto usage = std::find_if(segment.usage.begin(), segment.usage.end(),
                            [&](const auto& row) { return row.namespace_id == namespace_id; });
  CHECK(usage != segment.usage.end());
  auto of_namespace = namespaces_.find(namespace_id);
  CHECK(of_namespace != namespaces_.end());
  for (LiveUsage* live : {&usage->live, &segment.live, &of_namespace->second, &total_}) {
    CHECK_GE(live->bytes, ref.bytes);
    CHECK_GE(live->records, 1u);
    live->bytes -= ref.bytes;
    --live->records;
  }
  if (usage->live.records == 0) {
    CHECK_EQ(usage->live.bytes, 0u);
    segment.usage.erase(usage);
  }
  if (of_namespace->second.records == 0) namespaces_.erase(of_namespace);
}

bool LiveMap::is_live(uint32_t segment_id, uint32_t ordinal, uint32_t namespace_id) const {
  if (segment_id >= segments_.size()) return false;
  const Segment& segment = segments_[segment_id];
  return segment.bits != nullptr && segment.bits->test(ordinal) && !is_dropped(namespace_id);
}

void LiveMap::drop_namespace(uint32_t namespace_id) {
  if (is_dropped(namespace_id)) return;
  dropped_.insert(namespace_id);
  for (Segment& segment : segments_) {
    auto usage = std::find_if(segment.usage.begin(), segment.usage.end(),
                              [&](const auto& row) { return row.namespace_id == namespace_id; });
    if (usage == segment.usage.end()) continue;
    for (LiveUsage* live : {&segment.live, &total_}) {
      live->bytes -= usage->live.bytes;
      live->records -= usage->live.records;
    }
    segment.usage.erase(usage);
  }
  namespaces_.erase(namespace_id);
}

void LiveMap::forget_segment(uint32_t segment_id) {
  if (segment_id >= segments_.size()) return;
  Segment& segment = segments_[segment_id];
  CHECK_EQ(segment.live.records, 0u);
  CHECK_EQ(segment.live.bytes, 0u);
  segment.bits.reset();
}

LiveUsage LiveMap::segment_live(uint32_t segment_id) const {
  return segment_id < segments_.size() ? segments_[segment_id].live : LiveUsage{};
}

LiveUsage LiveMap::namespace_live(uint32_t namespace_id) const {
  auto at = namespaces_.find(namespace_id);
  return at == namespaces_.end() ? LiveUsage{} : at->second;
}

std::shared_ptr<const RecordBits> LiveMap::share_bits(uint32_t segment_id) const {
  return segment_id < segments_.size() ? segments_[segment_id].bits : nullptr;
}

FrozenLiveMap LiveMap::freeze() const {
  FrozenLiveMap frozen;
  frozen.dropped_ = dropped_;
  frozen.total_ = total_;
  for (uint32_t id = 0; id < segments_.size(); ++id) {
    const Segment& segment = segments_[id];
    if (segment.live.records != 0) frozen.segments_.push_back({id, segment.live, segment.bits});
  }
  return frozen;
}

}  // namespace logstore
