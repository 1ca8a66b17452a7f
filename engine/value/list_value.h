// Lists: elements by position, in an entry of type kList.
//
//   kPlain  a listpack
//   kPaged  a CountedTree of nodes (tree_nodes.h), each of which is the node of a quicklist as RDB
//           type 18 has it:  0x02 | an RDB string's header, 5 bytes | a listpack
//
// A list is packed up to kPackedListBytesMax, and paged from then on. A node's listpack takes at
// most what list-max-listpack-size says, unless it is one long element. (Redis 7.0 calls every list
// a quicklist.)

#ifndef BASALT_ENGINE_VALUE_LIST_VALUE_H_
#define BASALT_ENGINE_VALUE_LIST_VALUE_H_

#include <string_view>
#include <vector>

#include "engine/entry.h"
#include "engine/value/listpack.h"
#include "engine/value/tree_nodes.h"
#include "engine/value/value_tools.h"

namespace engine {

inline constexpr size_t kPackedListBytesMax = 2048;

// What a list holds. Views live until the entry changes.
class ListView {
 public:
  // REQUIRES: an entry of type kList, which outlives the view.
  explicit ListView(const Entry* entry) : entry_(entry) {}

  bool packed() const { return !entry_->out_of_line(); }
  uint64_t size() const;
  // REQUIRES: rank < size().
  Element at(uint64_t rank) const;
  // The elements from `rank` on, to the end or to the front: fn(const Element&) returns whether to
  // go on. REQUIRES: rank < size().
  template <class Fn>
  void for_each(uint64_t rank, Fn fn) const;
  template <class Fn>
  void for_each_back(uint64_t rank, Fn fn) const;

 private:
  const Entry* const entry_;
};

// An entry for an empty list under `key`, to be filled at once.
Entry* new_list(EntryHeap& heap, std::string_view key, EntryOptions options);

enum class ListEnd : uint8_t { kLeft, kRight };

// Returns the entry to use from now on, here and below. REQUIRES: type kList, dirty, of the current
// epoch; a text that is not the entry's own; a rank within the list, or at its end to insert.
Entry* list_push(const ValueTools& tools, Entry* entry, ListEnd end, std::string_view text);
Entry* list_insert(const ValueTools& tools, Entry* entry, uint64_t rank, std::string_view text);
Entry* list_set(const ValueTools& tools, Entry* entry, uint64_t rank, std::string_view text);
// Removes `count` elements from `rank` on. A list without elements is the caller's to delete. A
// tree of which little is left is made anew; the old one goes to `*condemned`.
Entry* list_erase(const ValueTools& tools, Entry* entry, uint64_t rank, uint64_t count,
                  std::vector<CountedTree*>* condemned);

// Makes a list's tree, or its listpack, from elements in order.
class ListBuilder {
 public:
  explicit ListBuilder(const PackedLimits& limits) : limits_(limits) {}
  ~ListBuilder() { CountedTree::release(tree_); }
  ListBuilder(const ListBuilder&) = delete;
  ListBuilder& operator=(const ListBuilder&) = delete;

  void append(std::string_view text);
  // All entries of a listpack, which was judged; `count` is how many.
  void append_pack(const Listpack& pack, size_t count);
  uint64_t size() const { return pack_.count() + (tree_ == nullptr ? 0 : tree_->size()); }
  // The tree, which is the caller's; null when all is in pack(), which has a packed list's size.
  CountedTree* take_tree();
  std::string take_pack() { return pack_.finish(); }

 private:
  void flush();

  const PackedLimits& limits_;
  ListpackBuilder pack_;
  CountedTree* tree_ = nullptr;
};

// ---- How it works

// The listpack of a node.
Listpack list_node_pack(base::ByteSpan node);

template <class Fn>
void ListView::for_each(uint64_t rank, Fn fn) const {
  const auto walk = [&fn](const Listpack& pack, uint64_t within) {
    for (size_t at = pack.place_of(within); !pack.at_end(at);)
      if (!fn(pack.read(at, &at))) return false;
    return true;
  };
  if (packed()) {
    walk(Listpack(entry_->value()), rank);
    return;
  }
  for (NodeCursor at = NodeCursor::at(*entry_->tree(), rank); !at.at_end(); at.next())
    if (!walk(list_node_pack(at.bytes()), at.within())) return;
}

template <class Fn>
void ListView::for_each_back(uint64_t rank, Fn fn) const {
  // From the entry before `at` on.
  const auto walk = [&fn](const Listpack& pack, size_t at) {
    while (at > pack.first()) {
      at = pack.previous(at);
      size_t next = 0;
      if (!fn(pack.read(at, &next))) return false;
    }
    return true;
  };
  if (packed()) {
    const Listpack pack(entry_->value());
    walk(pack, pack.place_of(rank + 1));
    return;
  }
  NodeCursor at = NodeCursor::at(*entry_->tree(), rank);
  const Listpack first = list_node_pack(at.bytes());
  if (!walk(first, first.place_of(at.within() + 1))) return;
  for (at.previous(); !at.at_end(); at.previous()) {
    const Listpack pack = list_node_pack(at.bytes());
    if (!walk(pack, pack.end())) return;
  }
}

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_LIST_VALUE_H_
