// Hashes: fields with values, in an entry of type kHash.
//
//   kPlain  a listpack: field, value, field, value, ... in the order in which they came
//   kPaged  a CountedTree whose elements are two RDB strings, ordered by the hash of the first
//
// As in Redis a hash is packed until it has more fields, or a longer text, than the limits allow,
// and paged from then on.

#ifndef BASALT_ENGINE_VALUE_HASH_VALUE_H_
#define BASALT_ENGINE_VALUE_HASH_VALUE_H_

#include <optional>
#include <string_view>

#include "engine/value/listpack.h"
#include "engine/value/tree_key.h"
#include "engine/value/value_tools.h"

namespace engine {

struct HashPair {
  Element field;
  Element value;
};

// What a hash holds. Views live until the entry changes.
class HashView {
 public:
  // REQUIRES: an entry of type kHash. Both outlive the view.
  HashView(const Entry* entry, const base::KeyHasher* hasher) : entry_(entry), hasher_(hasher) {}

  bool packed() const { return !entry_->out_of_line(); }
  uint64_t size() const;
  std::optional<Element> find(std::string_view field) const;
  // All pairs in order: fn(const HashPair&).
  template <class Fn>
  void for_each(Fn fn) const;
  // Packed hashes are walked by for_each() when many are wanted. REQUIRES: rank < size().
  HashPair at(uint64_t rank) const;

  static HashPair pair_of(base::ByteSpan element);

 private:
  const Entry* const entry_;
  const base::KeyHasher* const hasher_;
};

// An entry for an empty hash under `key`, to be filled at once.
Entry* new_hash(EntryHeap& heap, std::string_view key, EntryOptions options);

// Sets a field; true in `*added` when it is a new one. Returns the entry to use from now on, here
// and below. REQUIRES: type kHash, dirty, of the current epoch; texts that are not the entry's own.
Entry* hash_put(const ValueTools& tools, Entry* entry, std::string_view field,
                std::string_view value, bool* added);
// A hash without fields is the caller's to delete.
Entry* hash_erase(const ValueTools& tools, Entry* entry, std::string_view field, bool* erased);

// ---- How it works

template <class Fn>
void HashView::for_each(Fn fn) const {
  if (!packed()) {
    for (TreeCursor cursor(*entry_->tree()); !cursor.at_end(); cursor.next())
      fn(pair_of(cursor.item().bytes));
    return;
  }
  const Listpack pack(entry_->value());
  for (size_t at = pack.first(); !pack.at_end(at);) {
    HashPair pair;
    pair.field = pack.read(at, &at);
    pair.value = pack.read(at, &at);
    fn(pair);
  }
}

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_HASH_VALUE_H_
