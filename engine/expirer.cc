#include "engine/expirer.h"

#include <string>

namespace engine {

namespace {

// Each takes some 3 us of the turn in which the answer comes.
constexpr uint32_t kDueEntriesMax = 128;

}  // namespace

Expirer::Expirer(Databases* databases, Tier* tier) : databases_(databases), tier_(tier) {}

void Expirer::tick(int64_t now_ms) {
  resting_ = false;
  if (active_ && tier_ != nullptr && !asking_) ask_index(now_ms);
}

bool Expirer::step(size_t buckets_max) {
  if (!active_ || resting_) return false;
  for (int passed = 0; passed < databases_->count(); ++passed) {
    Keyspace& keyspace = databases_->at(database_);
    if (position_ == 0 && keyspace.residence().counts().expiring_resident == 0) {
      database_ = (database_ + 1) % databases_->count();
      if (database_ == 0) resting_ = true;
      continue;
    }
    const int64_t now_ms = keyspace.shared().now_ms;
    std::vector<std::string> expired;
    position_ = keyspace.dictionary().scan(
        position_, buckets_max, [&expired, now_ms](Entry* entry, uint64_t) {
          if (entry->has_expiry() && entry->expiry_ms() <= now_ms)
            expired.emplace_back(entry->key());
        });
    for (const std::string& key : expired) keyspace.expire_if_due(keyspace.key_of(key));
    if (position_ == 0) {
      database_ = (database_ + 1) % databases_->count();
      if (database_ == 0) resting_ = true;
    }
    return !resting_;
  }
  return false;
}

void Expirer::ask_index(int64_t now_ms) {
  bool any = false;
  for (int i = 0; i < databases_->count(); ++i)
    any = any || databases_->at(i).residence().counts().expiring_cold != 0;
  if (!any) return;
  asking_ = true;
  tier_->index().due(now_ms, kDueEntriesMax, [this](base::Result<logstore::DuePage> page) {
    asking_ = false;
    if (!page.ok()) return;
    if (!active_) return;
    expire_cold(*page);
    // A full page: there is more that is due already.
    if (!page->complete) ask_index(databases_->shared().now_ms);
  });
}

void Expirer::expire_cold(const logstore::DuePage& page) {
  for (const logstore::IndexEntry& entry : page.entries) {
    Keyspace* const keyspace = databases_->find(entry.key.namespace_id);
    if (keyspace == nullptr || entry.key.kind != logstore::UnitKind::kRoot) continue;
    const Key key{entry.key.key, entry.key.hash64};
    // The page is that of this moment, as every answer of the index; a resident entry is the
    // hand's.
    if (keyspace->resident(key) != nullptr) {
      keyspace->expire_if_due(key);
      continue;
    }
    keyspace->note_cold(key, entry.value);
    keyspace->expire_if_due(key);
    keyspace->clear_cold_notes();
  }
}

}  // namespace engine
