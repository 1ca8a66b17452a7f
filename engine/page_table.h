// PageTable: where the pages of the large strings in the tier lie.
//
// A root names its value by id; the table knows the pages of each id, so that a delete, a
// relocation and a snapshot find them in the step in which they need them, without a read. A value
// of n pages takes about 140 + 12 n bytes here, at most one part in 450 of its length. Like the
// index it can be rebuilt from the segments and the live map.
//
// (1) The live page records of the log are exactly the pages of the values in this table that have
//     a location.
// (2) A value with a root is the value of that clean or cold unit. Others are on their way to disk,
//     or doomed: their unit changed, and their pages are given up in slices.
// (3) Ids are never reused.
//
// The values of one namespace are linked, so that a dropped namespace costs nothing at once: its
// values are gone for everybody but a snapshot, and free_step() frees them. No call does more than
// rehash one of kShards parts of the table.
//
// While a snapshot is frozen, the pages that a value had at the freeze stay to be asked for, even
// when they moved or the value went.

#ifndef BASALT_ENGINE_PAGE_TABLE_H_
#define BASALT_ENGINE_PAGE_TABLE_H_

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/counted_allocator.h"
#include "engine/key.h"
#include "logstore/record_ref.h"

namespace engine {

class PageTable {
 public:
  // A page that is not written yet has a reference of 0 bytes.
  using Pages = std::vector<logstore::Location,
                            base::CountedAllocator<logstore::Location, base::MemoryUse::kIndex>>;
  struct Value {
    NamespaceId namespace_id = 0;
    uint64_t hash = 0;  // Of the root's key.
    uint64_t root = 0;  // Packed reference; 0: none.
    Pages pages;
    // The neighbours in its namespace, by id; 0: none.
    uint64_t previous = 0;
    uint64_t next = 0;
  };

  PageTable() = default;
  PageTable(const PageTable&) = delete;
  PageTable& operator=(const PageTable&) = delete;

  // A new value without a root; returns its id.
  uint64_t add(NamespaceId namespace_id, uint64_t hash, size_t page_count);
  // Null when there is none.
  const Value* find(uint64_t value_id) const;
  // REQUIRES, of all below: the value is here.
  void set_page(uint64_t value_id, size_t page, const logstore::Location& location);
  void set_root(uint64_t value_id, const logstore::RecordRef& root);
  // Root and value part; returns the value's id, whose pages are then given up. REQUIRES: the unit
  // with this root is a large string.
  uint64_t take_root(const logstore::RecordRef& root);
  void move_root(const logstore::RecordRef& from, const logstore::RecordRef& to);
  // Takes a page away; false when the value has none left.
  bool pop_page(uint64_t value_id, logstore::Location* location);
  void erase(uint64_t value_id);
  void drop_namespace(NamespaceId namespace_id);
  // Frees at most so many values of dropped namespaces and of an ended freeze; true when there is
  // more to do.
  bool free_step(size_t values_max);
  // Those of dropped namespaces that are not freed yet included.
  size_t size() const { return size_; }

  void freeze();
  void unfreeze();
  // The pages of a value as they were at the freeze; null when there was none.
  const Pages* frozen_pages(uint64_t value_id) const;

 private:
  template <class Mapped>
  using Map = std::unordered_map<
      uint64_t, Mapped, std::hash<uint64_t>, std::equal_to<uint64_t>,
      base::CountedAllocator<std::pair<const uint64_t, Mapped>, base::MemoryUse::kIndex>>;
  // A rehash of one part of 100,000 values takes some 50 us where the whole would take 3 ms.
  static constexpr size_t kShards = 64;
  template <class Mapped>
  using Shards = std::array<Map<Mapped>, kShards>;

  template <class Mapped>
  static Map<Mapped>& shard(Shards<Mapped>& shards, uint64_t key) {
    return shards[(key * 0x9e3779b97f4a7c15) >> 58];
  }
  template <class Mapped>
  static const Map<Mapped>& shard(const Shards<Mapped>& shards, uint64_t key) {
    return shards[(key * 0x9e3779b97f4a7c15) >> 58];
  }

  Value* find_any(uint64_t value_id);
  Value& at(uint64_t value_id);
  bool is_dropped(NamespaceId namespace_id) const;
  // Before the pages of a value change.
  void keep_frozen(uint64_t value_id, const Value& value);
  void link(uint64_t value_id, Value* value);
  void unlink(const Value& value);
  void free_value(uint64_t value_id, Value* value);

  struct Dropped {
    NamespaceId namespace_id;
    uint64_t first;
  };

  Shards<Value> values_;
  Shards<uint64_t> by_root_;                          // Ids.
  std::unordered_map<NamespaceId, uint64_t> firsts_;  // Of each namespace with values.
  std::vector<Dropped> dropped_;
  size_t size_ = 0;
  uint64_t next_id_ = 1;
  bool is_frozen_ = false;
  uint64_t frozen_id_end_ = 0;  // Ids below may stand in the freeze.
  Shards<Pages> frozen_;        // Of those that changed since.
  Shards<Pages> thawed_;        // Of freezes that ended; to be freed.
};

}  // namespace engine

#endif  // BASALT_ENGINE_PAGE_TABLE_H_
