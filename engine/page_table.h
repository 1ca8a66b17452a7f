// PageTable: where the pages of the large strings in the tier lie.
//
// A root names its value by id; the table knows the pages of each id, so that a delete, a
// relocation and a snapshot find them in the step in which they need them, without a read. A value
// of n pages takes about 120 + 12 n bytes here, at most one part in 500 of its length. Like the
// index it can be rebuilt from the segments and the live map.
//
// (1) The live page records of the log are exactly the pages of the values in this table that have
//     a location.
// (2) A value with a root is the value of that clean or cold unit. Others are on their way to disk,
//     or doomed: their unit changed, and their pages are given up in slices.
// (3) Ids are never reused.
//
// While a snapshot is frozen, the pages that a value had at the freeze stay to be asked for, even
// when they moved or the value went.

#ifndef BASALT_ENGINE_PAGE_TABLE_H_
#define BASALT_ENGINE_PAGE_TABLE_H_

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
  size_t size() const { return values_.size(); }

  void freeze();
  void unfreeze();
  // The pages of a value as they were at the freeze; null when there was none.
  const Pages* frozen_pages(uint64_t value_id) const;

 private:
  template <class Key, class Mapped>
  using Map = std::unordered_map<
      Key, Mapped, std::hash<Key>, std::equal_to<Key>,
      base::CountedAllocator<std::pair<const Key, Mapped>, base::MemoryUse::kIndex>>;

  Value& at(uint64_t value_id);
  // Before the pages of a value change.
  void keep_frozen(uint64_t value_id, const Value& value);

  Map<uint64_t, Value> values_;
  Map<uint64_t, uint64_t> by_root_;  // Ids.
  uint64_t next_id_ = 1;
  bool is_frozen_ = false;
  uint64_t frozen_id_end_ = 0;   // Ids below may stand in the freeze.
  Map<uint64_t, Pages> frozen_;  // Of those that changed since.
};

}  // namespace engine

#endif  // BASALT_ENGINE_PAGE_TABLE_H_
