// TreeKey: keys of trees as the operations on aggregates look for them, and how they change values.

#ifndef BASALT_ENGINE_VALUE_TREE_KEY_H_
#define BASALT_ENGINE_VALUE_TREE_KEY_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "engine/entry.h"
#include "engine/value/counted_tree.h"
#include "engine/value/element.h"

namespace engine {

// A key of a tree, in its own memory: an RDB string and its place in the order.
class TreeKey {
 public:
  TreeKey(const base::KeyHasher& hasher, std::string_view text);
  TreeKey(const TreeKey&) = delete;
  TreeKey& operator=(const TreeKey&) = delete;

  TreeProbe probe() const { return {tag_, {data_, bytes_}}; }
  // The element of the key with a value behind it. Valid until the next call.
  base::ByteSpan with_value(std::string_view value);
  base::ByteSpan alone() const { return {data_, bytes_}; }

 private:
  static constexpr size_t kSmallBytes = 256;

  void reserve(size_t bytes);

  std::byte small_[kSmallBytes];
  std::vector<std::byte> large_;
  std::byte* data_ = small_;
  size_t room_ = kSmallBytes;
  size_t bytes_ = 0;  // Of the key.
  uint32_t tag_ = 0;
};

// In an inline value, puts `with` in place of `removed` bytes at `offset`. Returns the entry to use
// from now on. `with` must not lie inside the entry.
Entry* splice_value(EntryHeap& heap, Entry* entry, size_t offset, size_t removed,
                    std::string_view with);

// The entry's tree as one that nobody else refers to. REQUIRES: form() == kPaged.
CountedTree* writable_tree(Entry* entry);

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_TREE_KEY_H_
