#include "engine/value/tree_key.h"

#include <cstring>

namespace engine {

TreeKey::TreeKey(const base::KeyHasher& hasher, std::string_view text) {
  reserve(rdb_element_bytes_max(text.size()));
  bytes_ = encode_rdb_element(text, data_);
  tag_ = static_cast<uint32_t>(hasher.hash64(base::as_text({data_, bytes_})) >> 32);
}

void TreeKey::reserve(size_t bytes) {
  if (bytes <= room_) return;
  const bool was_small = large_.empty();
  large_.resize(bytes);
  if (was_small) std::memcpy(large_.data(), small_, bytes_);
  data_ = large_.data();
  room_ = bytes;
}

base::ByteSpan TreeKey::with_value(std::string_view value) {
  reserve(bytes_ + rdb_element_bytes_max(value.size()));
  return {data_, bytes_ + encode_rdb_element(value, data_ + bytes_)};
}

Entry* splice_value(EntryHeap& heap, Entry* entry, size_t offset, size_t removed,
                    std::string_view with) {
  const size_t old_bytes = entry->value().size();
  const size_t tail = offset + removed;
  const size_t new_bytes = old_bytes - removed + with.size();
  CHECK_LE(tail, old_bytes);
  if (new_bytes > old_bytes) entry = heap.with_value_bytes(entry, new_bytes, entry->form());
  char* const value = entry->mutable_value();
  std::memmove(value + offset + with.size(), value + tail, old_bytes - tail);
  if (!with.empty()) std::memcpy(value + offset, with.data(), with.size());
  if (new_bytes < old_bytes) entry = heap.with_value_bytes(entry, new_bytes, entry->form());
  return entry;
}

CountedTree* writable_tree(Entry* entry) {
  CountedTree* const tree = CountedTree::writable(entry->tree());
  entry->set_tree(tree);
  return tree;
}

}  // namespace engine
