// Sets: members, in an entry of type kSet.
//
//   kPlain  an intset: integers in ascending order
//   kPaged  a CountedTree whose elements are one RDB string, ordered by its hash
//
// As in Redis 7.0 a set is packed while it holds integers only, no more than the limit, and paged
// from then on.

#ifndef BASALT_ENGINE_VALUE_SET_VALUE_H_
#define BASALT_ENGINE_VALUE_SET_VALUE_H_

#include <string_view>

#include "engine/value/intset.h"
#include "engine/value/tree_key.h"
#include "engine/value/value_tools.h"

namespace engine {

// What a set holds. Views live until the entry changes.
class SetView {
 public:
  // REQUIRES: an entry of type kSet. Both outlive the view.
  SetView(const Entry* entry, const base::KeyHasher* hasher) : entry_(entry), hasher_(hasher) {}

  bool packed() const { return !entry_->out_of_line(); }
  uint64_t size() const;
  bool contains(std::string_view member) const;
  // All members in order: fn(const Element&) returns whether to go on.
  template <class Fn>
  void for_each(Fn fn) const;
  // REQUIRES: rank < size().
  Element at(uint64_t rank) const;

  static Element member_of(base::ByteSpan element);

 private:
  const Entry* const entry_;
  const base::KeyHasher* const hasher_;
};

// An entry for an empty set under `key`, to be filled at once.
Entry* new_set(EntryHeap& heap, std::string_view key, EntryOptions options);

// Returns the entry to use from now on, here and below. REQUIRES: type kSet, dirty, of the current
// epoch; a text that is not the entry's own.
Entry* set_add(const ValueTools& tools, Entry* entry, std::string_view member, bool* added);
// A set without members is the caller's to delete.
Entry* set_erase(const ValueTools& tools, Entry* entry, std::string_view member, bool* erased);

// ---- How it works

template <class Fn>
void SetView::for_each(Fn fn) const {
  if (!packed()) {
    for (TreeCursor cursor(*entry_->tree()); !cursor.at_end(); cursor.next())
      if (!fn(member_of(cursor.item().bytes))) return;
    return;
  }
  const Intset integers(entry_->value());
  for (size_t i = 0; i < integers.count(); ++i)
    if (!fn(Element::of_number(integers.at(i)))) return;
}

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_SET_VALUE_H_
