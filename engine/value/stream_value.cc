#include "engine/value/stream_value.h"

#include <vector>

#include "base/limits.h"

namespace engine {

namespace {

// Redis's bound of a listpack, whatever the options say.
constexpr uint64_t kNodeBytesMax = uint64_t{1} << 30;
// A node that was full took about so much; the next one begins with a quarter of it.
constexpr size_t kUsualRoom = TreePage::kBytesMax - TreePage::kHeaderBytes - TreePage::kSlotBytes;

// Puts the numbers of entries into a node, whose listpack gets `elements` more.
void set_counts(CountedTree* tree, NodeCursor* at, uint64_t live, uint64_t deleted,
                size_t elements) {
  const StreamNode node(at->bytes());
  const size_t count = node.pack().count();
  const bool is_known = count <= Listpack::kCountMax;
  const std::string counts = StreamNode::encode_counts(live, deleted);
  const base::MutableByteSpan bytes =
      TreeNodes(tree).splice(at, {.offset = StreamNode::kPrefixBytes + Listpack::kHeaderBytes,
                                  .removed = node.counts_bytes(),
                                  .with = base::as_bytes(counts)});
  StreamNode::write_headers(bytes, is_known ? count + elements : count);
}

void mark_deleted(CountedTree* tree, NodeCursor* at, const StreamEntry& entry) {
  std::string flags;
  Listpack::append_number(entry.same_fields ? 3 : 1, &flags);
  TreeNodes(tree).splice(at, {.offset = StreamNode::kPrefixBytes + entry.place,
                              .removed = flags.size(),
                              .with = base::as_bytes(flags),
                              .weight = -1});
}

// Deletes the first entries of the first node for which `goes` holds.
template <class Goes>
uint64_t trim_within(CountedTree* tree, Goes goes) {
  NodeCursor at = NodeCursor::first(*tree);
  std::vector<StreamEntry> gone;
  const StreamNode node(at.bytes());
  const uint64_t live = node.live();
  const uint64_t deleted = node.deleted();
  for (size_t place = node.begin(); !node.at_end(place);) {
    const StreamEntry entry = node.read(place);
    place = entry.end;
    if (!goes(entry, gone.size())) break;
    if (!entry.deleted) gone.push_back(entry);
  }
  if (gone.size() == live) {
    TreeNodes(tree).erase(at);
    return live;
  }
  for (const StreamEntry& entry : gone) mark_deleted(tree, &at, entry);
  if (!gone.empty()) set_counts(tree, &at, live - gone.size(), deleted + gone.size(), 0);
  return gone.size();
}

// Of keys that have `from` bytes in common and are in order.
uint64_t radix_nodes_of(std::span<const StreamId> keys, size_t from) {
  const auto byte = [](const StreamId& id, size_t i) {
    return static_cast<uint8_t>((i < 8 ? id.ms : id.sequence) >> (8 * (7 - i % 8)));
  };
  if (from == StreamId::kBytes) return 1;
  if (keys.size() == 1) return 2;
  size_t common = from;
  while (byte(keys.front(), common) == byte(keys.back(), common)) ++common;
  uint64_t nodes = 1 + (common > from ? 1 : 0);
  for (size_t first = 0; first < keys.size();) {
    size_t end = first + 1;
    while (end < keys.size() && byte(keys[end], common) == byte(keys[first], common)) ++end;
    nodes += radix_nodes_of(keys.subspan(first, end - first), common + 1);
    first = end;
  }
  return nodes;
}

}  // namespace

StreamKey::StreamKey(StreamId id) : tag_(id.tag()) {
  bytes_[0] = std::byte{StreamId::kBytes};
  id.write(bytes_.data() + 1);
}

StreamId first_id_of(const CountedTree& tree) { return StreamView(&tree).first_id(); }

uint64_t StreamView::radix_nodes() const {
  std::vector<StreamId> keys;
  for (NodeCursor at = NodeCursor::first(*tree_); !at.at_end(); at.next())
    keys.push_back(StreamNode(at.bytes()).first_id());
  return keys.empty() ? 1 : radix_nodes_of(keys, 0);
}

StreamId StreamView::first_id() const {
  StreamId id;
  for_each({}, StreamId::max(), [&id](const StreamNode&, const StreamEntry& entry) {
    id = entry.id;
    return false;
  });
  return id;
}

StreamId StreamView::last_present_id() const {
  StreamId id;
  for_each_back({}, StreamId::max(), [&id](const StreamNode&, const StreamEntry& entry) {
    id = entry.id;
    return false;
  });
  return id;
}

bool StreamView::contains(StreamId id) const {
  bool found = false;
  for_each(id, id, [&found](const StreamNode&, const StreamEntry&) {
    found = true;
    return false;
  });
  return found;
}

bool StreamView::has_tombstones_from(StreamId start) const {
  const StreamId deleted = state().max_deleted_id;
  if (length() == 0 || deleted.is_zero() || first_id() > deleted) return false;
  return start <= deleted;
}

int64_t StreamView::reads_at(StreamId id) const {
  const auto added = static_cast<int64_t>(state().entries_added);
  if (added == 0) return 0;
  const StreamId last = state().last_id;
  if (id == last || (length() == 0 && id < last)) return added;
  if (id > last) return StreamGroup::kUnknown;
  const StreamId first = first_id();
  if (state().max_deleted_id.is_zero() || state().max_deleted_id < first) {
    const auto before = added - static_cast<int64_t>(length());
    if (id < first) return before;
    if (id == first) return before + 1;
  }
  return StreamGroup::kUnknown;
}

Entry* new_stream(EntryHeap& heap, std::string_view key, EntryOptions options) {
  options.type = ValueType::kStream;
  CountedTree* const tree = CountedTree::create();
  tree->set_tail(new StreamState);
  return heap.create_paged(key, tree, options);
}

StreamState& stream_state(CountedTree* tree) {
  return static_cast<StreamState&>(*tree->mutable_tail());
}

void stream_append(const PackedLimits& limits, CountedTree* tree, StreamId id,
                   StreamFields fields) {
  uint64_t bytes = 0;
  for (const std::string_view word : fields) bytes += word.size();
  const uint64_t bytes_max = limits.stream_node_bytes == 0
                                 ? kNodeBytesMax
                                 : std::min(limits.stream_node_bytes, kNodeBytesMax);
  NodeCursor at = NodeCursor::last(*tree);
  if (!at.at_end()) {
    const StreamNode node(at.bytes());
    const bool fits = node.pack().end() + 1 + bytes < bytes_max &&
                      (limits.stream_node_entries == 0 ||
                       node.live() + node.deleted() < limits.stream_node_entries);
    if (fits) {
      std::string entry;
      node.encode_entry(id, fields, &entry);
      const uint64_t live = node.live() + 1;
      const uint64_t deleted = node.deleted();
      const size_t before = at.bytes().size();
      const size_t after = before + entry.size();
      TreeNodes(tree).splice(
          &at, {.offset = StreamNode::kPrefixBytes + node.pack().end(),
                .with = base::as_bytes(entry),
                .weight = 1,
                .room_wanted =
                    after * 2 <= kUsualRoom ? after * 2 : std::max(after + after / 8, kUsualRoom)});
      const bool same =
          StreamNode(at.bytes()).read(before - StreamNode::kPrefixBytes - 1).same_fields;
      return set_counts(tree, &at, live, deleted, same ? fields.size() / 2 + 4 : fields.size() + 5);
    }
  }
  const std::string node = StreamNode::make(id, fields);
  TreeNodes(tree).insert(
      at, TreeNodes::Side::kAfter,
      {.tag = id.tag(), .bytes = base::as_bytes(node), .room = at.at_end() ? 0 : kUsualRoom / 4});
}

bool stream_delete(CountedTree* tree, StreamId id) {
  const StreamKey key(id);
  NodeCursor at = NodeCursor::covering(*tree, key.probe());
  if (at.at_end()) return false;
  const StreamNode node(at.bytes());
  for (size_t place = node.begin(); !node.at_end(place);) {
    const StreamEntry entry = node.read(place);
    place = entry.end;
    if (entry.id != id) continue;
    if (entry.deleted) return false;
    const uint64_t live = node.live();
    const uint64_t deleted = node.deleted();
    if (live == 1) {
      TreeNodes(tree).erase(at);
    } else {
      mark_deleted(tree, &at, entry);
      set_counts(tree, &at, live - 1, deleted + 1, 0);
    }
    return true;
  }
  return false;
}

uint64_t stream_trim(CountedTree* tree, const StreamTrim& trim) {
  if (trim.by == StreamTrim::By::kNothing) return 0;
  const bool by_length = trim.by == StreamTrim::By::kLength;
  uint64_t gone = 0;
  for (NodeCursor at = NodeCursor::first(*tree); !at.at_end(); at = NodeCursor::first(*tree)) {
    if (by_length && tree->size() <= trim.length) break;
    const uint64_t live = at.weight();
    if (trim.limit != 0 && gone + live > trim.limit) break;
    const StreamNode node(at.bytes());
    const bool whole = by_length ? tree->size() - live >= trim.length
                                 : node.read_before(node.pack().end()).id < trim.id;
    if (whole) {
      TreeNodes(tree).erase(at);
      gone += live;
      continue;
    }
    if (trim.whole_nodes) break;
    const uint64_t surplus = by_length ? tree->size() - trim.length : 0;
    gone += trim_within(tree, [&](const StreamEntry& entry, uint64_t already) {
      return by_length ? already < surplus : entry.id < trim.id;
    });
    break;
  }
  return gone;
}

}  // namespace engine
