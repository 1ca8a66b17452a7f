// LiveMap: which records of the log are their unit's current value (I6).
//
// Per segment one bit per record ordinal, with exact live bytes and counts per segment and per
// namespace. 20M records need 2.5 MB. All memory is counted as MemoryUse::kLiveMap.
//
//   segment 7   bits ──► RecordBits {0,1,1,0,1,...}      shared with frozen maps until written
//               live_bytes, live_records
//               usage[] {namespace, live_bytes, live_records}
//
// (1) A bit is set if and only if that record is its unit's current value, except for the units of
//     a dropped namespace: their bits may stay, and is_live() of their records must be asked with
//     the namespace. They count in no figure.
// (2) freeze() costs O(segments); the first change of a segment's bits afterwards copies them.
// (3) After drop_namespace() the namespace's records may still be named to mark_dead(), which then
//     does nothing: a detached dictionary frees its entries the usual way.
//
// Loop thread only; a FrozenLiveMap may be read (not destroyed) on another.

#ifndef BASALT_LOGSTORE_LIVE_MAP_H_
#define BASALT_LOGSTORE_LIVE_MAP_H_

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/memory.h"
#include "logstore/record_ref.h"

namespace logstore {

// A growing array of bits, all 0 beyond what was set.
class RecordBits {
 public:
  RecordBits() = default;
  RecordBits(const RecordBits& other);
  RecordBits& operator=(const RecordBits&) = delete;
  ~RecordBits();

  bool test(uint32_t ordinal) const {
    return ordinal / 64 < words_ && (word_[ordinal / 64] >> (ordinal % 64) & 1) != 0;
  }
  void set(uint32_t ordinal);
  // REQUIRES: test(ordinal).
  void clear(uint32_t ordinal);
  uint32_t count() const;
  // The first set bit at or after `from`; kNone if there is none.
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t next(uint32_t from) const;

 private:
  void grow(uint32_t words);

  uint64_t* word_ = nullptr;
  uint32_t words_ = 0;
};

// A set of namespace ids as ranges: ids are handed out in order and never reused, so the dropped
// ones run together.
class NamespaceSet {
 public:
  void insert(uint32_t id);
  bool contains(uint32_t id) const;
  size_t range_count() const { return ranges_.size(); }

 private:
  struct Range {
    uint32_t first;
    uint32_t last;
  };
  std::vector<Range> ranges_;  // Ascending, with a gap between neighbours.
};

struct LiveUsage {
  uint64_t bytes = 0;  // Whole records, header and padding included.
  uint64_t records = 0;
};

// The live map at one moment.
class FrozenLiveMap {
 public:
  struct Segment {
    uint32_t id;
    LiveUsage live;
    std::shared_ptr<const RecordBits> bits;
  };

  // Segments with at least one live record, by ascending id.
  const std::vector<Segment>& segments() const { return segments_; }
  // Null when the segment had no live record.
  const Segment* find(uint32_t segment_id) const;
  bool is_live(uint32_t segment_id, uint32_t ordinal, uint32_t namespace_id) const;
  const NamespaceSet& dropped() const { return dropped_; }
  LiveUsage total() const { return total_; }

 private:
  friend class LiveMap;
  std::vector<Segment> segments_;
  NamespaceSet dropped_;
  LiveUsage total_;
};

class LiveMap {
 public:
  LiveMap() = default;
  LiveMap(const LiveMap&) = delete;
  LiveMap& operator=(const LiveMap&) = delete;

  // The record became its unit's current value. REQUIRES: its bit is clear, the namespace was not
  // dropped.
  void mark_live(const RecordRef& ref, uint32_t namespace_id);
  // It no longer is. REQUIRES: its bit is set, under the same length and namespace, or the
  // namespace was dropped.
  void mark_dead(const RecordRef& ref, uint32_t namespace_id);
  bool is_live(uint32_t segment_id, uint32_t ordinal, uint32_t namespace_id) const;

  // All records of the namespace are dead from now on. O(segments).
  void drop_namespace(uint32_t namespace_id);
  bool is_dropped(uint32_t namespace_id) const { return dropped_.contains(namespace_id); }

  // Forgets the segment's bits, before it is reused. REQUIRES: segment_live(id).records == 0.
  void forget_segment(uint32_t segment_id);

  LiveUsage segment_live(uint32_t segment_id) const;
  LiveUsage namespace_live(uint32_t namespace_id) const;
  LiveUsage total() const { return total_; }
  // The current bits, shared: for a scan that looks at one moment. Null when there are none.
  std::shared_ptr<const RecordBits> share_bits(uint32_t segment_id) const;

  FrozenLiveMap freeze() const;

 private:
  struct NamespaceUsage {
    uint32_t namespace_id;
    LiveUsage live;
  };
  struct Segment {
    std::shared_ptr<RecordBits> bits;
    LiveUsage live;
    std::vector<NamespaceUsage> usage;  // Namespaces with live records only.
  };

  // The segment's bits, this map's alone.
  RecordBits& writable_bits(Segment& segment);

  std::vector<Segment> segments_;  // By id.
  std::unordered_map<uint32_t, LiveUsage> namespaces_;
  NamespaceSet dropped_;
  LiveUsage total_;
};

}  // namespace logstore

#endif  // BASALT_LOGSTORE_LIVE_MAP_H_
