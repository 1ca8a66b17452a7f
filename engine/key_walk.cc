#include "engine/key_walk.h"

#include <algorithm>

#include "engine/engine.h"
#include "engine/glob.h"
#include "engine/value/value_type.h"

namespace engine {

namespace {

// Of the buckets that a step looks at in vain before it ends with fewer keys than asked for.
constexpr size_t kBucketsPerKey = 10;
constexpr size_t kBucketsAtOnce = 64;
constexpr size_t kKeysPerBucket = 4;

bool has_expired(int64_t expiry_ms, const KeyspaceShared& shared) {
  return expiry_ms != kNoExpiry && expiry_ms <= shared.now_ms && shared.expires_keys;
}

bool comes_before(const KeyStep::Found& a, const KeyStep::Found& b) {
  return a.hash != b.hash ? a.hash < b.hash : a.key < b.key;
}

void keep_resident(Keyspace& keyspace, const Dictionary::Found& found, KeyStep* step) {
  const std::string_view key = found.entry->key();
  if (!step->filter.accepts(key, found.entry->type())) return;
  if (!has_expired(found.entry->expiry_ms(), keyspace.shared())) {
    step->keys.push_back({found.hash, std::string(key)});
  } else if (step->deletes_expired) {
    const std::string gone(key);  // The entry is freed.
    keyspace.expire_if_due({gone, found.hash});
  }
}

void take_resident(Keyspace& keyspace, KeyStep* step) {
  const size_t buckets = std::clamp<size_t>(step->keys_max / kKeysPerBucket, 1, kBucketsAtOnce);
  size_t buckets_left = step->keys_max * kBucketsPerKey;
  std::vector<Dictionary::Found> found;
  size_t seen = 0;
  step->next = step->from;
  do {
    found.clear();
    step->next = keyspace.dictionary().collect(step->next, buckets, &found);
    for (const Dictionary::Found& one : found) keep_resident(keyspace, one, step);
    seen += found.size();
    buckets_left -= std::min(buckets_left, buckets);
  } while (step->next != 0 && seen < step->keys_max && buckets_left > 0);
  std::sort(step->keys.begin(), step->keys.end(), comes_before);
}

// Where the part of a page ends that has all keys before it; 0: the end of the namespace.
uint64_t end_of(const logstore::WalkPage& page) {
  return page.complete ? 0 : page.hash_next / kScanUnit * kScanUnit;
}

void merge(const KeyspaceShared& shared, const logstore::WalkPage& page, KeyStep* step) {
  const uint64_t cold_end = end_of(page);
  if (cold_end != 0 && (step->next == 0 || cold_end < step->next)) {
    CHECK_GT(cold_end, step->from);
    step->next = cold_end;
    const auto is_beyond = [&](const KeyStep::Found& found) { return found.hash >= cold_end; };
    std::erase_if(step->keys, is_beyond);
  }
  const size_t resident = step->keys.size();
  for (const logstore::IndexEntry& entry : page.entries) {
    if (step->next != 0 && entry.key.hash64 >= step->next) break;
    if (has_expired(entry.value.expire_at_ms, shared)) continue;
    if (!step->filter.accepts(entry.key.key, value_type_of(entry.value.rdb_type))) continue;
    KeyStep::Found found{entry.key.hash64, std::string(entry.key.key)};
    const auto end = step->keys.begin() + static_cast<ptrdiff_t>(resident);
    if (!std::binary_search(step->keys.begin(), end, found, comes_before))
      step->keys.push_back(std::move(found));
  }
}

void on_page(Engine& engine, std::unique_ptr<KeyStep> step,
             const base::Result<logstore::WalkPage>& page) {
  step->gone = engine.databases().find(step->namespace_id) == nullptr;
  step->failed = !page.ok();
  if (step->gone || step->failed) {
    step->keys.clear();
    step->next = 0;
  } else {
    merge(engine.databases().shared(), *page, step.get());
  }
  auto done = std::move(step->done);
  done(std::move(step));
}

}  // namespace

bool KeyFilter::accepts(std::string_view key, ValueType type) const {
  if (pattern.has_value() && !glob_match(*pattern, key)) return false;
  return !type_name.has_value() || equals_folded(*type_name, value_type_name(type));
}

std::unique_ptr<KeyStep> take_step(Engine& engine, std::unique_ptr<KeyStep> step) {
  Keyspace* const keyspace = engine.databases().find(step->namespace_id);
  CHECK(keyspace != nullptr);
  CHECK_GT(step->keys_max, 0u);
  take_resident(*keyspace, step.get());
  if (keyspace->residence().counts().cold_keys == 0) return step;
  logstore::WalkOptions options;
  options.namespace_id = step->namespace_id;
  options.hash_from = step->from;
  options.entries_max = static_cast<uint32_t>(step->keys_max);
  engine.tier()->index().walk(
      options, [&engine, step = std::move(step)](base::Result<logstore::WalkPage> page) mutable {
        on_page(engine, std::move(step), page);
      });
  return nullptr;
}

}  // namespace engine
