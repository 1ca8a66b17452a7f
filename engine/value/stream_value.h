// Streams: entries by ID, in an entry of type kStream, which is always kPaged: a CountedTree of
// nodes (stream_node.h), whose tail is a StreamState (stream_groups.h). A node's weight is how many
// of its entries are not deleted, so that the tree's size is the stream's length.

#ifndef BASALT_ENGINE_VALUE_STREAM_VALUE_H_
#define BASALT_ENGINE_VALUE_STREAM_VALUE_H_

#include <cstdint>
#include <string_view>

#include "engine/entry.h"
#include "engine/value/stream_groups.h"
#include "engine/value/stream_node.h"
#include "engine/value/tree_nodes.h"
#include "engine/value/value_tools.h"

namespace engine {

// The first bytes of a node, to look for it.
class StreamKey {
 public:
  explicit StreamKey(StreamId id);
  TreeProbe probe() const { return {tag_, bytes_}; }

 private:
  uint32_t tag_;
  std::array<std::byte, StreamNode::kKeyBytes> bytes_;
};

// What a stream holds. Views live until the entry changes.
class StreamView {
 public:
  // REQUIRES: an entry of type kStream, which outlives the view.
  explicit StreamView(const Entry* entry) : tree_(entry->tree()) {}
  explicit StreamView(const CountedTree* tree) : tree_(tree) {}

  uint64_t length() const { return tree_->size(); }
  uint64_t nodes() const { return tree_->nodes(); }
  // How many nodes Redis's radix tree would have for the keys of these.
  uint64_t radix_nodes() const;
  const StreamState& state() const { return static_cast<const StreamState&>(*tree_->tail()); }
  // Of the first and last entries that are there; 0-0 when none is.
  StreamId first_id() const;
  StreamId last_present_id() const;
  bool contains(StreamId id) const;
  // Whether an entry from `start` on was deleted, as far as is known.
  bool has_tombstones_from(StreamId start) const;
  // How many entries were ever added up to this ID; StreamGroup::kUnknown when that cannot be told.
  int64_t reads_at(StreamId id) const;

  // Entries of [start, end] in their order, or back: fn(const StreamNode&, const StreamEntry&)
  // returns whether to go on.
  template <class Fn>
  void for_each(StreamId start, StreamId end, Fn fn) const;
  template <class Fn>
  void for_each_back(StreamId start, StreamId end, Fn fn) const;

 private:
  const CountedTree* const tree_;
};

// An entry for an empty stream under `key`.
Entry* new_stream(EntryHeap& heap, std::string_view key, EntryOptions options);
// REQUIRES: a tree that nobody else refers to.
StreamState& stream_state(CountedTree* tree);

struct StreamTrim {
  enum class By : uint8_t { kNothing, kLength, kId };

  By by = By::kNothing;
  bool whole_nodes = false;  // "~"
  uint64_t length = 0;
  StreamId id;         // Entries before it go.
  uint64_t limit = 0;  // At most about so many; 0: any number.
};

// Changes of the entries; the state is the caller's to change. REQUIRES: a tree that nobody else
// refers to.
//
// REQUIRES: `id` is above all that were there.
void stream_append(const PackedLimits& limits, CountedTree* tree, StreamId id, StreamFields fields);
// False when there is no such entry.
bool stream_delete(CountedTree* tree, StreamId id);
// How many entries went.
uint64_t stream_trim(CountedTree* tree, const StreamTrim& trim);

// ---- How it works

template <class Fn>
void StreamView::for_each(StreamId start, StreamId end, Fn fn) const {
  const StreamKey key(start);
  for (NodeCursor at = NodeCursor::covering(*tree_, key.probe()); !at.at_end(); at.next()) {
    const StreamNode node(at.bytes());
    if (node.first_id() > end) return;
    for (size_t place = node.begin(); !node.at_end(place);) {
      const StreamEntry entry = node.read(place);
      place = entry.end;
      if (entry.id > end) return;
      if (entry.deleted || entry.id < start) continue;
      if (!fn(node, entry)) return;
    }
  }
}

template <class Fn>
void StreamView::for_each_back(StreamId start, StreamId end, Fn fn) const {
  const StreamKey key(end);
  for (NodeCursor at = NodeCursor::covering(*tree_, key.probe()); !at.at_end(); at.previous()) {
    const StreamNode node(at.bytes());
    for (size_t place = node.pack().end(); place > node.begin();) {
      const StreamEntry entry = node.read_before(place);
      place = entry.place;
      if (entry.id < start) return;
      if (entry.deleted || entry.id > end) continue;
      if (!fn(node, entry)) return;
    }
  }
}

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_STREAM_VALUE_H_
