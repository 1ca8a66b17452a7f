// Databases: which namespace each database number stands for.
//
// SWAPDB swaps two mappings. FLUSHDB maps a fresh namespace and detaches the old one, whose memory
// is given back in slices and whose records die at once. Namespace ids are never reused.

#ifndef BASALT_ENGINE_DATABASES_H_
#define BASALT_ENGINE_DATABASES_H_

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/keyspace.h"

namespace engine {

class Databases {
 public:
  // `hasher` and `random` outlive the databases.
  Databases(int count, const base::KeyHasher* hasher, base::Random* random);
  ~Databases();
  Databases(const Databases&) = delete;
  Databases& operator=(const Databases&) = delete;

  int count() const { return static_cast<int>(mapping_.size()); }
  // REQUIRES: 0 <= index < count().
  Keyspace& at(int index) { return *mapping_[static_cast<size_t>(index)]; }
  const Keyspace& at(int index) const { return *mapping_[static_cast<size_t>(index)]; }
  // Of a mapped namespace; null once it was detached.
  Keyspace* find(NamespaceId id) const;
  // The database that maps the namespace; -1 once it was detached.
  int index_of(NamespaceId id) const;
  KeyspaceShared& shared() { return shared_; }
  const KeyspaceShared& shared() const { return shared_; }

  void swap(int a, int b);
  // Empties a database; returns the keys that were in it.
  uint64_t flush(int index);
  uint64_t keys() const;

  // Frees a slice of what was detached or condemned: about `entries_max` entries, chunks or pages.
  // True while there is more.
  bool free_step(size_t entries_max);
  // Something was detached or condemned and is not freed yet.
  bool has_condemned() const {
    return !detached_.empty() || !shared_.condemned_chunks.empty() ||
           !shared_.condemned_trees.empty();
  }
  // For INFO: what free_step() has to do, and has done.
  uint64_t pending_frees() const;
  uint64_t freed_entries() const { return freed_entries_; }
  // The detached namespaces that still hold entries, for a snapshot that owes them.
  const std::vector<std::unique_ptr<Keyspace>>& detached() const { return detached_; }

 private:
  std::unique_ptr<Keyspace> make_keyspace();
  void take_back_lent();

  KeyspaceShared shared_;
  NamespaceId next_id_ = 1;
  std::vector<std::unique_ptr<Keyspace>> mapping_;
  std::unordered_map<NamespaceId, Keyspace*> by_id_;
  std::vector<std::unique_ptr<Keyspace>> detached_;
  std::vector<ChunkedString*> lent_chunks_;  // Condemned, with other references.
  std::unordered_set<ChunkedString*> lent_;  // The same.
  size_t next_lent_ = 0;
  uint64_t freed_entries_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_DATABASES_H_
