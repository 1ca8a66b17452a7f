// Watches: the keys that sessions watch, and who of them has to be told that one has changed.
//
// A watch is on a key of a database's number, as in Redis, and knows what the key was when it
// began: WATCH has made an expired key absent, so a watched key exists or not, and one that exists
// ends by a change or at its expiry, which EXEC looks at.
//
// Loop thread only.

#ifndef BASALT_ENGINE_WATCHES_H_
#define BASALT_ENGINE_WATCHES_H_

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/entry.h"
#include "engine/key.h"

namespace engine {

class Databases;
struct Session;

struct Watch {
  Session* session;
  int database;
  std::string key;
  uint64_t hash;
  bool exists;
  int64_t expiry_ms = kNoExpiry;
};

class Watches {
 public:
  bool empty() const { return by_hash_.empty(); }
  size_t size() const { return by_hash_.size(); }

  // Nothing when the session watches the key already.
  void add(Session* session, int database, const Key& key, bool exists, int64_t expiry_ms);
  // Ends all watches of the session; what it has missed is forgotten.
  void end(Session* session);

  // The key has changed: the transactions of those who watch it will fail.
  void touch(int database, const Key& key);
  // The database is about to be emptied.
  void touch_flushed(int database);
  // The two databases are about to change places.
  void touch_swapped(Databases& databases, int a, int b);

  // A watched key has changed, or has expired since.
  static bool broken(const Session& session, int64_t now_ms);

 private:
  template <class Exists>
  void touch_where(int database, Exists exists_afterwards);

  std::unordered_multimap<uint64_t, Watch*> by_hash_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_WATCHES_H_
