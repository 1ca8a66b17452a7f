// ColdFilter: answers "this key is not cold" in tens of nanoseconds.
//
// A deletable set of fingerprints in hash order, one for every cold key of a namespace. It never
// says "not cold" of a key that was added and not removed; of others it says "maybe" in less than
// 2 % of cases.
//
// 2^k buckets of 64 bytes; the bucket is the upper k bits of the hash:
//
//     +---------------+---------------+-- ... --+----------------+------------------+
//     | fingerprint 0 | fingerprint 1 |         | fingerprint 29 | overflow bucket  |
//     | 2 B           | 2 B           |         | 2 B            | 4 B, 0: none     |
//     +---------------+---------------+-- ... --+----------------+------------------+
//
// A fingerprint is the next bits of the hash after those of the bucket, upper bits first, then a
// one as the end mark, then zeros: 15 bits when it is added. Doubling the buckets sends each
// fingerprint to the child that its upper bit names and shifts it left by one, so it is one bit
// shorter and still correct; 0 is an empty place. One without bits left (0x8000) matches all and
// is copied to both children. Comparing looks only at the bits above the mark.
//
// Removal takes the longest fingerprint that matches. (Any other rule is wrong: taking a shorter
// one that belongs to another key would leave that key with a longer one that does not match it.
// The owner of the longest agrees with the removed key in at least the bits of the removed key's
// own fingerprint, and so is still matched by that one.)
//
// A full bucket chains overflow buckets, at most four; beyond that (a flood of colliding hashes) it
// is saturated: it keeps nothing more and answers "maybe" until clear().
//
// Doubling begins at 24 fingerprints per bucket on average and moves a frontier through hash
// space: every add moves a bucket, grow_step() the rest in idle time; pages behind the frontier
// are given back in steps of 256 KiB.
//
// Threads: the loop only.

#ifndef BASALT_ENGINE_COLD_FILTER_H_
#define BASALT_ENGINE_COLD_FILTER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/page_region.h"

namespace engine {

struct FilterBucket;

class ColdFilter {
 public:
  // Doubling begins at this many fingerprints per bucket on average; tests of what many doublings
  // do pass fewer.
  static constexpr uint64_t kFullFingerprints = 24;

  explicit ColdFilter(uint64_t full_fingerprints = kFullFingerprints)
      : full_fingerprints_(full_fingerprints) {}
  ~ColdFilter();
  ColdFilter(const ColdFilter&) = delete;
  ColdFilter& operator=(const ColdFilter&) = delete;

  // The key with this hash became cold. Keys with equal hashes are added once each.
  void add(uint64_t hash);
  // It is cold no longer. REQUIRES: it was added and not removed since.
  void remove(uint64_t hash);
  // False: no key with this hash is cold.
  bool may_contain(uint64_t hash) const;
  // Starts fetching what may_contain() reads.
  void prefetch(uint64_t hash) const;

  // Moves up to `buckets_max` buckets of a doubling in progress; true while there is more to do.
  bool grow_step(size_t buckets_max);
  // Forgets everything and gives the memory back.
  void clear();

  // Keys added and not removed.
  uint64_t size() const { return size_; }
  // Resident bytes (base::MemoryUse::kFilter).
  uint64_t bytes() const;

 private:
  struct Table {
    PageRegion pages;
    unsigned bits = 0;  // 2^bits buckets; 0: no table.
    FilterBucket* bucket(uint64_t index) const;
  };
  struct Place {
    FilterBucket* bucket;
    uint16_t fingerprint;
  };

  static Table make_table(unsigned bits);
  Place place_of(uint64_t hash) const;
  void store(FilterBucket* head, uint16_t fingerprint);
  void saturate(FilterBucket* head);
  void split(uint64_t index);
  uint32_t take_overflow();
  void give_overflow(uint32_t index);
  FilterBucket* overflow(uint32_t index) const;

  uint64_t full_fingerprints_;
  Table table_;            // Buckets from the frontier on; all of them when not doubling.
  Table next_;             // Twice as many; those below twice the frontier.
  uint64_t frontier_ = 0;  // A bucket of table_.
  uint64_t size_ = 0;
  std::vector<FilterBucket*> overflow_blocks_;
  uint64_t overflow_bytes_ = 0;
  uint32_t overflow_free_ = 0;  // Head of the list of unused ones.
  uint32_t overflow_end_ = 0;   // Indexes below were handed out once.
};

}  // namespace engine

#endif  // BASALT_ENGINE_COLD_FILTER_H_
