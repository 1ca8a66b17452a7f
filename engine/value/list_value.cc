#include "engine/value/list_value.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "engine/value/tree_key.h"

namespace engine {

namespace {

using Side = TreeNodes::Side;

// A quicklist's packed node, then a string's length of four bytes.
constexpr std::byte kPackedNode{2};
constexpr std::byte kLength32{0x80};
constexpr size_t kPrefixBytes = 6;
// A node's page is as large as Redis's node.
constexpr size_t kPageBytes = TreePage::kHeaderBytes + TreePage::kSlotBytes;
// More nodes than this are not taken out one by one when fewer stay.
constexpr uint64_t kErasedOneByOne = 32;
// A node that has become smaller than a quarter joins its neighbour if both fill three quarters.
constexpr size_t kSparseShare = 4;

// What a node with its prefix may take.
size_t node_bytes_max(const PackedLimits& limits) { return limits.list_node_bytes - kPageBytes; }

bool fits_node(const PackedLimits& limits, size_t node_bytes, size_t entries) {
  return node_bytes <= node_bytes_max(limits) && entries <= limits.list_node_entries;
}

size_t pack_bytes_max(const PackedLimits& limits) { return node_bytes_max(limits) - kPrefixBytes; }

void write_headers(base::MutableByteSpan node, size_t count) {
  node[0] = kPackedNode;
  node[1] = kLength32;
  const size_t pack_bytes = node.size() - kPrefixBytes;
  base::store_be(node.data() + 2, static_cast<uint32_t>(pack_bytes));
  Listpack::write_header(reinterpret_cast<char*>(node.data()) + kPrefixBytes, pack_bytes, count);
}

// A node with these entries.
std::string make_node(std::string_view entries, size_t count) {
  std::string node;
  node.reserve(kPrefixBytes + Listpack::kHeaderBytes + entries.size() + 1);
  node.resize(kPrefixBytes + Listpack::kHeaderBytes);
  node.append(entries);
  node.push_back('\xff');
  write_headers({reinterpret_cast<std::byte*>(node.data()), node.size()}, count);
  return node;
}

std::string entry_of(std::string_view text) {
  std::string entry;
  if (text.size() > 64) entry.reserve(Listpack::entry_bytes_max(text.size()));
  Listpack::append_entry(text, &entry);
  return entry;
}

// In a node's listpack, puts `with` in place of `removed` bytes at `offset`.
void edit_node(TreeNodes nodes, const PackedLimits& limits, NodeCursor* at, size_t offset,
               size_t removed, std::string_view with, int64_t count_change) {
  const uint64_t count = at->weight() + static_cast<uint64_t>(count_change);
  const size_t bytes = at->bytes().size() - removed + with.size();
  const base::MutableByteSpan node =
      nodes.splice(at, {.offset = kPrefixBytes + offset,
                        .removed = removed,
                        .with = base::as_bytes(with),
                        .weight = count_change,
                        .room_wanted = std::min(node_bytes_max(limits), bytes * 2)});
  write_headers(node, count);
}

void insert_node(CountedTree* tree, const NodeCursor& at, Side side, std::string_view entries,
                 size_t count, bool free_in_front = false, size_t room = 0) {
  const std::string node = make_node(entries, count);
  TreeNodes(tree).insert(at, side,
                         {.bytes = base::as_bytes(node),
                          .weight = count,
                          .room = room,
                          .free_in_front = free_in_front});
}

void append_node(CountedTree* tree, std::string_view entries, size_t count) {
  insert_node(tree, NodeCursor::last(*tree), Side::kAfter, entries, count);
}

// A packed list becomes one node.
Entry* to_tree(const ValueTools& tools, Entry* entry) {
  CountedTree* const tree = CountedTree::create();
  const Listpack pack(entry->value());
  if (pack.count() > 0)
    append_node(tree, entry->value().substr(pack.first(), pack.end() - pack.first()), pack.count());
  return tools.heap->with_tree(entry, tree);
}

// Nothing when the list has to become paged first.
Entry* insert_packed(const ValueTools& tools, Entry* entry, bool at_end, uint64_t rank,
                     std::string_view text) {
  if (entry->value().size() + Listpack::entry_bytes_max(text.size()) > kPackedListBytesMax)
    return nullptr;
  const Listpack pack(entry->value());
  const size_t count = pack.count();
  const size_t at = at_end ? pack.end() : pack.place_of(rank);
  entry = splice_value(*tools.heap, entry, at, 0, entry_of(text));
  Listpack::write_header(entry->mutable_value(), entry->value().size(), count + 1);
  return entry;
}

// ---- Trees

void push_to_tree(const PackedLimits& limits, CountedTree* tree, ListEnd end,
                  std::string_view entry) {
  const bool left = end == ListEnd::kLeft;
  NodeCursor at = left ? NodeCursor::first(*tree) : NodeCursor::last(*tree);
  if (!at.at_end() && fits_node(limits, at.bytes().size() + entry.size(), at.weight() + 1)) {
    const size_t offset = left ? Listpack::kHeaderBytes : list_node_pack(at.bytes()).end();
    return edit_node(TreeNodes(tree), limits, &at, offset, 0, entry, 1);
  }
  // More will follow.
  const size_t room = at.at_end() ? 0 : node_bytes_max(limits) / 4;
  insert_node(tree, at, left ? Side::kBefore : Side::kAfter, entry, 1, left, room);
}

// Cuts a node before its entry `within`, which is neither the first nor the end; the cursor is at
// the first part then.
void cut_node(const PackedLimits& limits, CountedTree* tree, NodeCursor* at, uint64_t rank,
              uint64_t within) {
  const Listpack pack = list_node_pack(at->bytes());
  const size_t cut = pack.place_of(within);
  const size_t tail_bytes = pack.end() - cut;
  const uint64_t tail_count = at->weight() - within;
  const std::string tail(base::as_text(at->bytes()).substr(kPrefixBytes + cut, tail_bytes));
  edit_node(TreeNodes(tree), limits, at, cut, tail_bytes, {}, -static_cast<int64_t>(tail_count));
  insert_node(tree, *at, Side::kAfter, tail, tail_count);
  *at = NodeCursor::at(*tree, rank - 1);
}

void insert_into_tree(const PackedLimits& limits, CountedTree* tree, uint64_t rank,
                      std::string_view entry) {
  if (rank == 0) return push_to_tree(limits, tree, ListEnd::kLeft, entry);
  if (rank == tree->size()) return push_to_tree(limits, tree, ListEnd::kRight, entry);
  NodeCursor at = NodeCursor::at(*tree, rank);
  uint64_t within = at.within();
  if (within == 0) {
    at.previous();
    within = at.weight();
  }
  if (!fits_node(limits, at.bytes().size() + entry.size(), at.weight() + 1)) {
    if (within < at.weight()) cut_node(limits, tree, &at, rank, within);
    if (!fits_node(limits, at.bytes().size() + entry.size(), at.weight() + 1))
      return insert_node(tree, at, Side::kAfter, entry, 1);
    within = at.weight();
  }
  edit_node(TreeNodes(tree), limits, &at, list_node_pack(at.bytes()).place_of(within), 0, entry, 1);
}

// After elements have left the node that has, or precedes, the element of this rank.
void join_sparse(const PackedLimits& limits, CountedTree* tree, uint64_t rank) {
  if (tree->nodes() < 2) return;
  NodeCursor at = NodeCursor::at(*tree, std::min(rank, tree->size() - 1));
  if (at.bytes().size() * kSparseShare > node_bytes_max(limits)) return;
  NodeCursor after = at;
  after.next();
  if (after.at_end()) {
    after = at;
    at.previous();
  }
  const size_t bytes = at.bytes().size() + after.bytes().size();
  const uint64_t count = after.weight();
  if (bytes * 4 > node_bytes_max(limits) * 3 ||
      at.weight() + count > std::max<uint64_t>(limits.list_node_entries * 3 / 4, 1))
    return;
  const Listpack pack = list_node_pack(after.bytes());
  const std::string entries(
      base::as_text(after.bytes()).substr(kPrefixBytes + pack.first(), pack.end() - pack.first()));
  edit_node(TreeNodes(tree), limits, &at, list_node_pack(at.bytes()).end(), 0, entries,
            static_cast<int64_t>(count));
  at.next();
  TreeNodes(tree).erase(at);
}

// Removes `count` elements of one node from `within` on.
void erase_within(const PackedLimits& limits, CountedTree* tree, NodeCursor at, uint64_t within,
                  uint64_t count) {
  if (count == at.weight()) return TreeNodes(tree).erase(at);
  const Listpack pack = list_node_pack(at.bytes());
  const size_t first = pack.place_of(within);
  size_t end = first;
  if (within + count == at.weight()) {
    end = pack.end();
  } else {
    for (uint64_t i = 0; i < count; ++i) end = pack.next(end);
  }
  edit_node(TreeNodes(tree), limits, &at, first, end - first, {}, -static_cast<int64_t>(count));
}

void erase_from_tree(const PackedLimits& limits, CountedTree* tree, uint64_t rank, uint64_t count) {
  for (uint64_t left = count; left > 0;) {
    const NodeCursor at = NodeCursor::at(*tree, rank);
    const uint64_t here = std::min(left, at.weight() - at.within());
    erase_within(limits, tree, at, at.within(), here);
    left -= here;
  }
  // Elements popped from an end leave one sparse node there, which goes in the end.
  if (rank > 0 && rank < tree->size()) join_sparse(limits, tree, rank);
}

// Makes a tree of what stays; its nodes share pages with the old one.
CountedTree* without(const PackedLimits& limits, const CountedTree& old, uint64_t rank,
                     uint64_t count) {
  CountedTree* const tree = CountedTree::create();
  TreeNodes nodes(tree);
  NodeCursor at = NodeCursor::first(old);
  for (; tree->size() < rank; at.next()) nodes.append_shared(at);
  // What came along in the nodes at both sides of the cut, from `rank` on.
  uint64_t surplus = tree->size() - rank;
  if (surplus >= count) {
    surplus = count;
  } else {
    at = NodeCursor::at(old, rank + count);
    surplus += at.within();
  }
  for (; !at.at_end(); at.next()) nodes.append_shared(at);
  if (surplus > 0) erase_from_tree(limits, tree, rank, surplus);
  return tree;
}

}  // namespace

Listpack list_node_pack(base::ByteSpan node) {
  return Listpack(base::as_text(node.subspan(kPrefixBytes)));
}

uint64_t ListView::size() const {
  return packed() ? Listpack(entry_->value()).count() : entry_->tree()->size();
}

Element ListView::at(uint64_t rank) const {
  size_t next = 0;
  if (packed()) {
    const Listpack pack(entry_->value());
    return pack.read(pack.place_of(rank), &next);
  }
  const NodeCursor at = NodeCursor::at(*entry_->tree(), rank);
  const Listpack pack = list_node_pack(at.bytes());
  return pack.read(pack.place_of(at.within()), &next);
}

Entry* new_list(EntryHeap& heap, std::string_view key, EntryOptions options) {
  options.type = ValueType::kList;
  options.form = ValueForm::kPlain;
  return heap.create(key, Listpack::empty(), options);
}

Entry* list_push(const ValueTools& tools, Entry* entry, ListEnd end, std::string_view text) {
  if (!entry->out_of_line()) {
    if (Entry* const pushed = insert_packed(tools, entry, end == ListEnd::kRight, 0, text))
      return pushed;
    entry = to_tree(tools, entry);
  }
  push_to_tree(tools.limits, writable_tree(entry), end, entry_of(text));
  return entry;
}

Entry* list_insert(const ValueTools& tools, Entry* entry, uint64_t rank, std::string_view text) {
  if (!entry->out_of_line()) {
    if (Entry* const changed = insert_packed(tools, entry, false, rank, text)) return changed;
    entry = to_tree(tools, entry);
  }
  insert_into_tree(tools.limits, writable_tree(entry), rank, entry_of(text));
  return entry;
}

Entry* list_set(const ValueTools& tools, Entry* entry, uint64_t rank, std::string_view text) {
  const std::string with = entry_of(text);
  if (!entry->out_of_line()) {
    if (entry->value().size() + with.size() <= kPackedListBytesMax) {
      const Listpack pack(entry->value());
      const size_t count = pack.count();
      const size_t at = pack.place_of(rank);
      entry = splice_value(*tools.heap, entry, at, pack.next(at) - at, with);
      Listpack::write_header(entry->mutable_value(), entry->value().size(), count);
      return entry;
    }
    entry = to_tree(tools, entry);
  }
  CountedTree* const tree = writable_tree(entry);
  NodeCursor at = NodeCursor::at(*tree, rank);
  const Listpack pack = list_node_pack(at.bytes());
  const size_t place = pack.place_of(at.within());
  const size_t old_bytes = pack.next(place) - place;
  if (at.weight() == 1 || with.size() <= old_bytes ||
      fits_node(tools.limits, at.bytes().size() - old_bytes + with.size(), at.weight())) {
    edit_node(TreeNodes(tree), tools.limits, &at, place, old_bytes, with, 0);
    return entry;
  }
  erase_within(tools.limits, tree, at, at.within(), 1);
  insert_into_tree(tools.limits, tree, rank, with);
  return entry;
}

Entry* list_erase(const ValueTools& tools, Entry* entry, uint64_t rank, uint64_t count,
                  std::vector<CountedTree*>* condemned) {
  if (count == 0) return entry;
  if (!entry->out_of_line()) {
    const Listpack pack(entry->value());
    const size_t left = pack.count() - count;
    const size_t first = pack.place_of(rank);
    const size_t end = pack.place_of(rank + count);
    entry = splice_value(*tools.heap, entry, first, end - first, {});
    Listpack::write_header(entry->mutable_value(), entry->value().size(), left);
    return entry;
  }
  CountedTree* const old = entry->tree();
  const uint64_t nodes_left = old->nodes() * (old->size() - count) / old->size();
  if (old->nodes() - nodes_left > kErasedOneByOne && nodes_left < old->nodes() / 2) {
    entry->set_tree(without(tools.limits, *old, rank, count));
    condemned->push_back(old);
    return entry;
  }
  erase_from_tree(tools.limits, writable_tree(entry), rank, count);
  return entry;
}

// ---- Building

void ListBuilder::flush() {
  if (pack_.count() == 0) return;
  if (tree_ == nullptr) tree_ = CountedTree::create();
  const size_t count = pack_.count();
  const std::string pack = pack_.finish();
  append_node(tree_,
              std::string_view(pack).substr(Listpack::kHeaderBytes,
                                            pack.size() - Listpack::kHeaderBytes - 1),
              count);
}

void ListBuilder::append(std::string_view text) {
  const size_t more = Listpack::entry_bytes_max(text.size());
  if (pack_.bytes() + more > pack_bytes_max(limits_) || pack_.count() >= limits_.list_node_entries)
    flush();
  pack_.append(text);
}

void ListBuilder::append_pack(const Listpack& pack, size_t count) {
  if (pack.end() + 1 <= pack_bytes_max(limits_) && count <= limits_.list_node_entries &&
      pack_.count() == 0) {
    pack_.append_entries(pack.entries(), count);
    if (pack_.bytes() > kPackedListBytesMax) flush();
    return;
  }
  for (size_t at = pack.first(); !pack.at_end(at);) {
    const size_t begin = at;
    at = pack.next(at);
    if (pack_.bytes() + at - begin > pack_bytes_max(limits_) ||
        pack_.count() >= limits_.list_node_entries)
      flush();
    pack_.append_entries(pack.entries().substr(begin - pack.first(), at - begin), 1);
  }
}

CountedTree* ListBuilder::take_tree() {
  if (tree_ == nullptr && pack_.bytes() <= kPackedListBytesMax) return nullptr;
  flush();
  return std::exchange(tree_, nullptr);
}

}  // namespace engine
