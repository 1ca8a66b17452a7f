#include "engine/demoter.h"

#include <algorithm>

#include "engine/value/value_codec.h"

namespace engine {

namespace {

// One in so many of the entries that the hand sees leaves.
constexpr size_t kColdestShare = 4;
constexpr size_t kBucketsPerLook = 16;

}  // namespace

uint64_t Demoter::step(uint64_t bytes, size_t buckets_max) {
  uint64_t found = 0;
  size_t buckets = 0;
  int databases_passed = 0;
  while (found < bytes && buckets < buckets_max && databases_passed <= databases_->count()) {
    Keyspace& keyspace = databases_->at(database_);
    if (keyspace.dictionary().empty()) {
      advance_database();
      ++databases_passed;
      continue;
    }
    const bool was_able = tier_->can_demote();
    if (!was_able && tier_->demotion_has_to_wait()) round_waited_ = true;
    candidates_.clear();
    position_ = keyspace.dictionary().scan(
        position_, kBucketsPerLook, [this, &keyspace](Entry* entry, uint64_t hash) {
          // Those that are on their way, and cannot go, must not fill the coldest share.
          if (entry->state() == EntryState::kDemoting || !is_demotable(*entry)) return;
          candidates_.push_back({hash, entry, keyspace.shared().access.coldness(entry->access())});
        });
    buckets += kBucketsPerLook;
    found += take_coldest(keyspace, bytes - found);
    if (position_ == 0) {
      advance_database();
      ++databases_passed;
    }
    if (!was_able && found == 0) break;  // Only dirty entries here, and nowhere to put them.
  }
  found_this_round_ += found;
  if (found > 0) rounds_without_find_ = 0;
  return found;
}

void Demoter::advance_database() {
  position_ = 0;
  database_ = (database_ + 1) % databases_->count();
  if (database_ != 0) return;
  // A round that met a log which was not ready does not say that nothing may leave.
  if (found_this_round_ != 0) {
    rounds_without_find_ = 0;
  } else if (!round_waited_) {
    ++rounds_without_find_;
  }
  found_this_round_ = 0;
  round_waited_ = false;
}

uint64_t Demoter::take_coldest(Keyspace& keyspace, uint64_t bytes) {
  const size_t wanted = (candidates_.size() + kColdestShare - 1) / kColdestShare;
  std::partial_sort(candidates_.begin(), candidates_.begin() + static_cast<ptrdiff_t>(wanted),
                    candidates_.end(),
                    [](const Candidate& a, const Candidate& b) { return a.coldness > b.coldness; });
  uint64_t taken = 0;
  for (size_t i = 0; i < wanted && taken < bytes; ++i)
    taken += take(keyspace, candidates_[i].hash, candidates_[i].entry);
  return taken;
}

uint64_t Demoter::take(Keyspace& keyspace, uint64_t hash, Entry* entry) {
  const Key key{entry->key(), hash};
  if (tier_->is_pinned(keyspace.id(), key)) return 0;
  const uint64_t bytes = Tier::resident_bytes_of(entry);
  switch (entry->state()) {
    case EntryState::kDemoting:
      return 0;
    case EntryState::kClean:
      tier_->drop(keyspace, hash, entry);
      return bytes;
    case EntryState::kDirty:
      break;
  }
  if (!is_demotable(*entry) || !tier_->can_demote()) return 0;
  if (!keyspace.residence().ready_to_demote(hash, entry)) return 0;
  return tier_->demote(keyspace, hash, entry, compress_) ? bytes : 0;
}

bool Demoter::demote_key(Keyspace& keyspace, const Key& key) {
  Entry* const entry = keyspace.peek(key);
  return entry != nullptr && take(keyspace, key.hash, entry) > 0;
}

}  // namespace engine
