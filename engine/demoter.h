// Demoter: decides which entries leave memory, and when.
//
// While the budget has less room than its low-water mark wants, a hand moves through the
// dictionaries in hash order, a few buckets a step, and picks the coldest quarter of what it sees:
// clean entries are dropped, dirty ones written to the log. It works in small steps from the mark
// on, so that writers never meet a burst.
//
// Loop thread only.

#ifndef BASALT_ENGINE_DEMOTER_H_
#define BASALT_ENGINE_DEMOTER_H_

#include <cstdint>
#include <vector>

#include "engine/databases.h"
#include "engine/tier.h"

namespace engine {

class Demoter {
 public:
  Demoter(Databases* databases, Tier* tier) : databases_(databases), tier_(tier) {}

  void set_compress(bool compress) { compress_ = compress; }

  // Frees, or starts to free, about `bytes` of entries in at most `buckets_max` buckets. Returns
  // how much it has found. Clean entries are freed at once; the memory of dirty ones follows when
  // their records are written.
  uint64_t step(uint64_t bytes, size_t buckets_max);

  // One key on request: false when it cannot leave now (absent, in flight, pinned).
  bool demote_key(Keyspace& keyspace, const Key& key);

  // Two full rounds found nothing that may leave: demotion cannot help.
  bool found_nothing() const { return rounds_without_find_ >= 2; }

 private:
  struct Candidate {
    uint64_t hash;
    Entry* entry;
    uint32_t coldness;
  };

  uint64_t take_coldest(Keyspace& keyspace, uint64_t bytes);
  // What it frees, 0 when it cannot go now.
  uint64_t take(Keyspace& keyspace, uint64_t hash, Entry* entry);
  void advance_database();

  Databases* const databases_;
  Tier* const tier_;
  bool compress_ = true;
  int database_ = 0;
  uint64_t position_ = 0;  // Of the hand, in hash order.
  uint64_t found_this_round_ = 0;
  uint32_t rounds_without_find_ = 0;
  bool round_waited_ = false;  // For the log, in this round.
  std::vector<Candidate> candidates_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_DEMOTER_H_
