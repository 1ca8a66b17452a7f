// TreePage: a page of a CountedTree (counted_tree.h), leaf or inner.
//
//     leaf    header | slots, 8 bytes each, in order -->      free      <-- the elements' bytes
//     big     header | one slot | one element longer than kElementBytesMax
//     node    header | one slot |  free  | a run of bytes |  free  (tree_nodes.h)
//     inner   header | children, 24 bytes each, in order
//
// A slot is the element's tag, its place in the page and its length. The bytes of removed elements
// are reclaimed when room runs out. A page is allocated as large as it needs to be, a leaf or inner
// page at most kBytesMax with its header, so that a small tree is a small page.
//
// Pages are counted references. One with several is frozen: whoever wants to change it makes a
// copy, which takes a reference to each child. Any thread may release a page.

#ifndef BASALT_ENGINE_VALUE_TREE_PAGE_H_
#define BASALT_ENGINE_VALUE_TREE_PAGE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace engine {

// An element with its place in the order.
struct TreeItem {
  uint32_t tag = 0;
  base::ByteSpan bytes;
};

// What a parent knows of the tags on a page: from its own on, to its neighbour's. A guess saves
// looking; what is wrong costs time only.
struct TagBounds {
  uint32_t low = 0;
  uint32_t high = UINT32_MAX;
};

class alignas(8) TreePage {
 public:
  static constexpr size_t kBytesMax = 4096;
  static constexpr size_t kSlotBytes = 8;
  static constexpr size_t kElementBytesMax = 1024;

  struct Child {
    TreePage* page;
    uint64_t elements;
    uint32_t tag;  // Of its first element.
  };

  // Each returns a page with one reference.
  //
  // With room for `cost` bytes of items (item_cost) at least; at most kPayloadMax.
  static TreePage* new_leaf(size_t cost);
  static TreePage* new_leaf(std::span<const TreeItem> items, size_t cost);
  static TreePage* new_big(const TreeItem& item);
  // A node without bytes that has room for so many.
  static TreePage* new_node(uint32_t tag, size_t room);
  // REQUIRES: `children` is 1 to kChildrenMax long. Takes over their references.
  static TreePage* new_inner(uint8_t level, std::span<const Child> children);
  // The same content; children get one more reference.
  TreePage* copy() const;
  // Gives up a reference. The last one frees the page and gives up its references to children.
  static void unref(TreePage* page);
  // Frees the page alone. REQUIRES: the last reference; children are somebody else's now.
  static void destroy(TreePage* page);
  void ref() { refs_.fetch_add(1, std::memory_order_relaxed); }
  bool shared() const { return refs_.load(std::memory_order_acquire) > 1; }

  uint8_t level() const { return level_; }
  bool is_leaf() const { return level_ == 0; }
  bool is_big() const { return big_; }  // Nodes too.
  bool is_node() const { return node_; }
  // Slots or children.
  size_t count() const { return count_; }
  size_t allocated_bytes() const;

  // ---- Leaves
  static constexpr size_t item_cost(size_t element_bytes) { return kSlotBytes + element_bytes; }
  // What its items cost, of capacity().
  size_t cost() const { return used_ + count_ * kSlotBytes; }
  size_t capacity() const { return capacity_; }
  uint32_t tag(size_t i) const { return slots()[i].tag; }
  base::ByteSpan element(size_t i) const {
    if (big_) return {payload() + heap_begin_, used_};
    const Slot& slot = slots()[i];
    return {payload() + slot.offset, slot.bytes};
  }
  TreeItem item(size_t i) const { return {tag(i), element(i)}; }
  // The first slot whose tag is not below `tag`, or is above it.
  size_t lower_bound(uint32_t tag, TagBounds bounds) const;
  size_t upper_bound(uint32_t tag) const;
  // False when the page has no room for it as it is. REQUIRES: !shared(), not of this page.
  bool insert(size_t i, const TreeItem& item);
  void remove(size_t i);
  // Overwrites an element by one of the same length.
  void overwrite(size_t i, base::ByteSpan bytes);

  // ---- Nodes
  // How many elements of the tree a leaf stands for: its items, or what was said of a node.
  uint64_t weight() const { return node_ ? weight_ : count_; }
  void set_weight(uint64_t weight) { weight_ = static_cast<uint32_t>(weight); }
  void set_tag(uint32_t tag) { slots()[0].tag = tag; }
  size_t room() const { return capacity_ - kSlotBytes; }
  base::MutableByteSpan node() { return {payload() + heap_begin_, used_}; }
  // Puts `with` in place of `removed` bytes at `offset` and moves the smaller part of the rest, if
  // there is room on its side. False when the bytes would exceed the node's room. REQUIRES:
  // !shared(); `with` is not of this page.
  bool splice_node(size_t offset, size_t removed, base::ByteSpan with);
  // Fills an empty node. `at_end`: what is free is in front.
  void fill_node(base::ByteSpan bytes, bool at_end);

  // ---- Inner pages
  const Child& child(size_t i) const { return children()[i]; }
  Child& child(size_t i) { return children()[i]; }
  std::span<const Child> all_children() const { return {children(), count_}; }
  // The first child whose tag is above `tag`, or is not below it.
  size_t child_above(uint32_t tag, TagBounds bounds) const;
  size_t child_from(uint32_t tag) const;
  // Replaces `count` children. False when there is no room for the new ones.
  bool splice(size_t first, size_t count, std::span<const Child> with);

 private:
  struct Slot {
    uint32_t tag;
    uint16_t offset;
    uint16_t bytes;
  };
  static_assert(sizeof(Slot) == kSlotBytes);

  TreePage(uint8_t level, size_t capacity)
      : capacity_(static_cast<uint32_t>(capacity)), level_(level) {}
  static TreePage* allocate(uint8_t level, size_t payload_bytes);
  void compact();
  void place(size_t i, const TreeItem& item);
  size_t room_between() const { return heap_begin_ - count_ * kSlotBytes; }

  std::byte* payload() { return reinterpret_cast<std::byte*>(this + 1); }
  const std::byte* payload() const { return reinterpret_cast<const std::byte*>(this + 1); }
  Slot* slots() { return reinterpret_cast<Slot*>(this + 1); }
  const Slot* slots() const { return reinterpret_cast<const Slot*>(this + 1); }
  Child* children() { return reinterpret_cast<Child*>(this + 1); }
  const Child* children() const { return reinterpret_cast<const Child*>(this + 1); }

  std::atomic<uint32_t> refs_{1};
  uint32_t capacity_;        // Bytes behind the header.
  uint32_t used_ = 0;        // Leaf: of elements that are there.
  uint16_t heap_begin_ = 0;  // Leaf: offset of the lowest element.
  uint16_t count_ = 0;
  uint8_t level_;
  bool big_ = false;
  bool node_ = false;
  uint32_t weight_ = 0;  // Of a node.

 public:
  static constexpr size_t kHeaderBytes = 24;
  static constexpr size_t kPayloadMax = kBytesMax - kHeaderBytes;
  static constexpr size_t kChildrenMax = kPayloadMax / sizeof(Child);
};

static_assert(sizeof(TreePage) == TreePage::kHeaderBytes);
static_assert(sizeof(TreePage::Child) == 24);

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_TREE_PAGE_H_
