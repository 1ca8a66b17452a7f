#include "engine/eviction.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/memory.h"
#include "engine/engine.h"

namespace engine {

namespace {

// Deletes within one command: some hundred microseconds.
constexpr int kEvictionsMax = 256;
constexpr size_t kSamplesMax = 64;

bool is_volatile_policy(MaxmemoryPolicy policy) {
  return policy == MaxmemoryPolicy::kVolatileLru || policy == MaxmemoryPolicy::kVolatileLfu ||
         policy == MaxmemoryPolicy::kVolatileRandom || policy == MaxmemoryPolicy::kVolatileTtl;
}

// Higher goes first.
uint64_t score(const Engine& engine, const AccessClock& access, const Entry* entry) {
  switch (engine.options().maxmemory_policy) {
    case MaxmemoryPolicy::kVolatileTtl:
      return UINT64_MAX - static_cast<uint64_t>(entry->expiry_ms());
    case MaxmemoryPolicy::kVolatileRandom:
    case MaxmemoryPolicy::kAllkeysRandom:
      return 1;
    default:
      return 1 + access.coldness(entry->access());
  }
}

// The best victim of a sample; null when the database has none.
Entry* choose(Engine& engine, Keyspace& keyspace) {
  const bool only_volatile = is_volatile_policy(engine.options().maxmemory_policy);
  if (only_volatile && keyspace.residence().counts().expiring_resident == 0) return nullptr;
  std::array<Entry*, kSamplesMax> sample;
  const size_t wanted =
      std::min<size_t>(static_cast<size_t>(engine.options().maxmemory_samples), kSamplesMax);
  // With few volatile keys a sample may hold none.
  constexpr int kTries = 64;
  for (int i = 0; i < kTries; ++i) {
    const size_t count =
        keyspace.dictionary().sample(*engine.environment().random, {sample.data(), wanted});
    Entry* best = nullptr;
    for (size_t k = 0; k < count; ++k) {
      if (only_volatile && !sample[k]->has_expiry()) continue;
      const AccessClock& access = keyspace.shared().access;
      if (best == nullptr || score(engine, access, sample[k]) > score(engine, access, best))
        best = sample[k];
    }
    if (best != nullptr || count == 0) return best;
  }
  return nullptr;
}

bool evict_one(Engine& engine) {
  Databases& databases = engine.databases();
  const int start = static_cast<int>(
      engine.environment().random->below(static_cast<uint64_t>(databases.count())));
  for (int i = 0; i < databases.count(); ++i) {
    Keyspace& keyspace = databases.at((start + i) % databases.count());
    Entry* const victim = choose(engine, keyspace);
    if (victim == nullptr) continue;
    const std::string text(victim->key());
    const Key key = keyspace.key_of(text);
    keyspace.erase(key);
    engine.effects().on_evicted(keyspace.id(), text);
    ++engine.statistics().evicted_keys;
    keyspace.changed(key, {notify_event::kEvicted, "evicted"});
    return true;
  }
  return false;
}

}  // namespace

bool evict(Engine& engine, uint64_t bytes) {
  if (engine.options().maxmemory_policy == MaxmemoryPolicy::kNoEviction) return false;
  for (int i = 0; i < kEvictionsMax; ++i) {
    if (engine.budget().room(base::memory_used_total()) >= static_cast<int64_t>(bytes)) return true;
    if (!evict_one(engine)) return false;
  }
  return true;
}

}  // namespace engine
