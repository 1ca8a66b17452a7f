#include "engine/watches.h"

#include "engine/databases.h"
#include "engine/session.h"

namespace engine {

void Watches::add(Session* session, int database, const Key& key, bool exists, int64_t expiry_ms) {
  for (const Watch& watch : session->watches)
    if (watch.database == database && watch.key == key.text) return;
  session->watches.push_back(
      {session, database, std::string(key.text), key.hash, exists, expiry_ms});
  by_hash_.emplace(key.hash, &session->watches.back());
}

void Watches::end(Session* session) {
  for (Watch& watch : session->watches) {
    auto [at, last] = by_hash_.equal_range(watch.hash);
    while (at != last && at->second != &watch) ++at;
    CHECK(at != last);
    by_hash_.erase(at);
  }
  session->watches.clear();
  session->watch_touched = false;
}

void Watches::touch(int database, const Key& key) {
  const auto [first, last] = by_hash_.equal_range(key.hash);
  for (auto at = first; at != last; ++at) {
    const Watch& watch = *at->second;
    if (watch.database == database && watch.key == key.text) watch.session->watch_touched = true;
  }
}

// Touches what exists now or `exists_afterwards`, and notes that the rest does not.
template <class Exists>
void Watches::touch_where(int database, Exists exists_afterwards) {
  for (const auto& [hash, watch] : by_hash_) {
    if (watch->database != database) continue;
    if (watch->exists || exists_afterwards(Key{watch->key, hash})) {
      watch->session->watch_touched = true;
    }
  }
}

void Watches::touch_flushed(int database) {
  touch_where(database, [](const Key&) { return false; });
}

void Watches::touch_swapped(Databases& databases, int a, int b) {
  // Where a key may be cold, it is taken to exist: a transaction that could have run is tried
  // again.
  const auto exists_in = [&databases](int database) {
    return [&keyspace = databases.at(database)](const Key& key) {
      return keyspace.exists(key) ||
             (keyspace.resident(key) == nullptr && keyspace.may_be_cold(key));
    };
  };
  touch_where(a, exists_in(b));
  touch_where(b, exists_in(a));
}

bool Watches::broken(const Session& session, int64_t now_ms) {
  if (session.watch_touched) return true;
  for (const Watch& watch : session.watches)
    if (watch.exists && watch.expiry_ms != kNoExpiry && watch.expiry_ms <= now_ms) return true;
  return false;
}

}  // namespace engine
