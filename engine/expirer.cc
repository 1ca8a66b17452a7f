#include "engine/expirer.h"

#include <string>

namespace engine {

namespace {

constexpr uint32_t kDueEntriesMax = 512;

}  // namespace

Expirer::Expirer(Databases* databases, Tier* tier) : databases_(databases), tier_(tier) {
  if (tier_ == nullptr) return;
  tier_->set_on_due([this](NamespaceId id, const Key& key, const logstore::IndexValue* where) {
    --lookups_in_flight_;
    Keyspace* const keyspace = databases_->find(id);
    if (where != nullptr && keyspace != nullptr && active_) expire_located(*keyspace, key, *where);
    ask_again();
  });
}

void Expirer::tick(int64_t now_ms) {
  resting_ = false;
  if (active_ && tier_ != nullptr && !asking_ && lookups_in_flight_ == 0) ask_index(now_ms);
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
    more_is_due_ = !page->complete;
    expire_cold(*page);
    ask_again();
  });
}

// A full page: there is more that is due already. The rows of this one come first until they are
// gone, so all of it is answered before.
void Expirer::ask_again() {
  if (lookups_in_flight_ == 0 && more_is_due_ && active_ && !asking_)
    ask_index(databases_->shared().now_ms);
}

void Expirer::expire_cold(const logstore::DuePage& page) {
  for (const logstore::IndexEntry& entry : page.entries) {
    Keyspace* const keyspace = databases_->find(entry.key.namespace_id);
    if (keyspace == nullptr || entry.key.kind != logstore::UnitKind::kRoot) continue;
    const Key key{entry.key.key, entry.key.hash64};
    // The page is a moment old: a resident entry is the hand's, a changed one nobody's.
    if (keyspace->resident(key) != nullptr) {
      keyspace->expire_if_due(key);
      continue;
    }
    const logstore::Lookup now = tier_->index().lookup(entry.key);
    if (now.state == logstore::LookupState::kNotCached) {
      if (tier_->locate_due(*keyspace, key)) ++lookups_in_flight_;
    } else if (now.state == logstore::LookupState::kFound && now.value == entry.value) {
      expire_located(*keyspace, key, now.value);
    }
  }
}

void Expirer::expire_located(Keyspace& keyspace, const Key& key,
                             const logstore::IndexValue& where) {
  keyspace.note_cold(key, where);
  keyspace.expire_if_due(key);
  keyspace.clear_cold_notes();
}

}  // namespace engine
